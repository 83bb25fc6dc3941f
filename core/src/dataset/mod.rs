//! Labelled images: IDX files on disk, found or fetched by name, and digits and points drawn by code.

pub mod drawn;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod idx;
pub mod known;
pub mod locate;
pub mod yin_yang;

mod error;
#[cfg(feature = "formats")]
mod gzip;

pub use error::{Fault, Faults, Readable};
pub use known::Name;
pub use locate::Search;

use known::Origin;

/// Grey-scale images of one size with their class labels, split into training and test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dataset {
    /// As [`Name::as_str`].
    pub name: String,
    /// Pixels per row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Labels are below this.
    pub classes: usize,
    /// The images to learn from.
    pub train: Split,
    /// The images to test on, never learned from.
    pub test: Split,
}

/// Real values are kept in steps of 2^-31: exactly, and so that equal data sets are equal.
const SCALE: f64 = 2_147_483_648.0;

/// Images and labels of one split, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Row by row, one image after the other; 0 is background, 255 full ink.
    pub images: Vec<u8>,
    /// One per image.
    pub labels: Vec<u8>,
    pixels: usize,
    /// What `images` has in 255ths, from 0 to 1, where samples are real numbers; else empty.
    reals: Vec<u32>,
}

impl Split {
    /// Images of `pixels` bytes each; `None` unless there is exactly one image per label.
    #[must_use]
    pub fn new(images: Vec<u8>, labels: Vec<u8>, pixels: usize) -> Option<Self> {
        let matching = pixels > 0 && labels.len().checked_mul(pixels) == Some(images.len());
        matching.then_some(Self { images, labels, pixels, reals: Vec::new() })
    }

    /// Samples of `size` real numbers from 0 to 1 each; as bytes they are rounded. `None` unless there is exactly one sample per
    /// label.
    #[must_use]
    pub fn real(values: &[f64], labels: Vec<u8>, size: usize) -> Option<Self> {
        let images = values.iter().map(|value| (255.0 * value).round() as u8).collect();
        let reals = values.iter().map(|value| (value * SCALE).round() as u32).collect();
        Some(Self { reals, ..Self::new(images, labels, size)? })
    }

    /// The values of image `i`, from 0 to 1.
    ///
    /// # Panics
    /// If `i` is not below [`Split::len`].
    pub fn values(&self, i: usize) -> impl Iterator<Item = f64> + '_ {
        let range = i * self.pixels..(i + 1) * self.pixels;
        let reals = self.reals.get(range.clone()).unwrap_or_default();
        let bytes = if reals.is_empty() { &self.images[range] } else { &[] };
        let reals = reals.iter().map(|&value| f64::from(value) / SCALE);
        reals.chain(bytes.iter().map(|&byte| f64::from(byte) / 255.0))
    }

    /// Number of images.
    #[must_use]
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no image.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Pixels of image `i`, row by row.
    ///
    /// # Panics
    /// If `i` is not below [`Split::len`].
    #[must_use]
    pub fn image(&self, i: usize) -> &[u8] {
        &self.images[i * self.pixels..][..self.pixels]
    }

    /// Class of image `i`.
    ///
    /// # Panics
    /// If `i` is not below [`Split::len`].
    #[must_use]
    pub fn label(&self, i: usize) -> u8 {
        self.labels[i]
    }

    /// Images with their labels.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[u8], u8)> {
        self.images.chunks_exact(self.pixels.max(1)).zip(self.labels.iter().copied())
    }
}

impl Dataset {
    /// Pixels of one image.
    #[must_use]
    pub const fn pixels(&self) -> usize {
        self.width * self.height
    }
}

/// The data set `name`: made, or read from the files that `search` finds.
///
/// # Errors
/// Every fault of the four files, not the first only; images that were made and are not what is known of them.
pub fn open(name: Name, search: &Search) -> Result<Dataset, Faults> {
    let expect = name.expect();
    if let Origin::Made(make) = name.known().origin {
        let set = make();
        let fits = |split: &Split| {
            let labels = split.labels.iter().all(|&label| usize::from(label) < expect.classes);
            labels && split.pixels == set.pixels() && split.images.len() == split.len() * split.pixels
        };
        let same = (set.width, set.height, set.classes) == (expect.width, expect.height, expect.classes);
        let fine = same && fits(&set.train) && fits(&set.test);
        return if fine { Ok(set) } else { Err(Fault::NotAsKnown { name }.into()) };
    }
    let files = locate::find(name, search)?;
    let train = idx::read_split(&files.train_images, &files.train_labels, expect);
    let test = idx::read_split(&files.test_images, &files.test_labels, expect);
    let mut faults = Vec::new();
    let train = train.map_err(|e| faults.extend(e.0)).ok();
    let test = test.map_err(|e| faults.extend(e.0)).ok();
    if let Some(test) = &test {
        let other = Name::ALL.into_iter().find(|other| {
            *other != name
                && other.files().is_some_and(|files| test.labels.starts_with(&files.first_test_labels))
        });
        if let Some(found) = other {
            faults.push(Fault::OtherDataset { file: files.test_labels.clone(), asked: name, found });
        }
    }
    match (train, test) {
        (Some(train), Some(test)) if faults.is_empty() => Ok(Dataset {
            name: name.as_str().to_owned(),
            width: expect.width,
            height: expect.height,
            classes: expect.classes,
            train,
            test,
        }),
        _ => Err(Faults(faults)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_needs_one_image_per_label() {
        let split = Split::new(vec![1, 2, 3, 4, 5, 6], vec![7, 8], 3).unwrap();
        assert_eq!((split.len(), split.image(1), split.label(1)), (2, &[4u8, 5, 6][..], 8));
        assert_eq!(split.iter().map(|(image, label)| image.len() + usize::from(label)).sum::<usize>(), 21);
        assert!(Split::new(vec![0; 5], vec![0, 1], 3).is_none());
        assert!(Split::new(vec![], vec![], 0).is_none());
    }

    #[test]
    fn images_that_are_not_what_is_known_of_them_are_refused() {
        fn made(classes: usize, labels: Vec<u8>) -> Dataset {
            let split = |labels| Split::new(vec![0; 4], labels, 2).unwrap();
            let (train, test) = (split(labels), split(vec![0, 1]));
            Dataset { name: "own".into(), width: 2, height: 1, classes, train, test }
        }
        const fn known(make: fn() -> Dataset) -> known::Known {
            let shape = idx::Expect { width: 2, height: 1, classes: 2 };
            known::Known {
                word: "own",
                folder: "own",
                title: "own",
                about: "",
                shape,
                origin: Origin::Made(make),
            }
        }
        static GOOD: known::Known = known(|| made(2, vec![1, 0]));
        static CLASSES: known::Known = known(|| made(3, vec![1, 0]));
        static LABEL: known::Known = known(|| made(2, vec![1, 2]));
        let open = |known| open(Name::of(known), &Search::default());
        assert_eq!(open(&GOOD).unwrap().train.label(0), 1);
        for wrong in [&CLASSES, &LABEL] {
            let faults = open(wrong).unwrap_err();
            assert_eq!(faults.0, [Fault::NotAsKnown { name: Name::of(wrong) }]);
        }
    }

    #[test]
    fn a_mistyped_name_is_answered_with_the_nearest() {
        for name in Name::ALL {
            assert_eq!(name.as_str().parse::<Name>().unwrap(), name);
        }
        let fault = "fashon-mnist".parse::<Name>().unwrap_err();
        assert_eq!(
            fault.to_string(),
            "unknown data set `fashon-mnist`; known are drawn_digits, yin-yang, mnist, fashion-mnist"
        );
        assert_eq!(fault.hint().as_deref(), Some("did you mean `fashion-mnist`?"));
        assert_eq!("qqq".parse::<Name>().unwrap_err().hint(), None);
    }
}
