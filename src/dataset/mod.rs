//! Labelled images: IDX files on disk, found or fetched by name, and digits drawn by code.

pub mod drawn;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod idx;
pub mod locate;

mod error;
#[cfg(feature = "formats")]
mod gzip;

pub use error::{Fault, Faults, Readable};
pub use locate::Search;

use crate::hint::nearest;
use idx::Expect;
use serde::{Deserialize, Serialize};

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

/// Images and labels of one split, in the order of the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// Row by row, one image after the other; 0 is background, 255 full ink.
    pub images: Vec<u8>,
    /// One per image.
    pub labels: Vec<u8>,
    pixels: usize,
}

impl Split {
    /// Images of `pixels` bytes each; `None` unless there is exactly one image per label.
    #[must_use]
    pub fn new(images: Vec<u8>, labels: Vec<u8>, pixels: usize) -> Option<Self> {
        let matching = pixels > 0 && labels.len().checked_mul(pixels) == Some(images.len());
        matching.then_some(Self { images, labels, pixels })
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

/// The data sets known by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Name {
    /// Digits drawn by code, embedded: see [`drawn`].
    DrawnDigits,
    /// Handwritten digits (LeCun, Cortes and Burges, 1998): 60 000 + 10 000 images of 28 x 28.
    Mnist,
    /// Articles of clothing (Xiao, Rasul and Vollgraf, 2017), in the form of MNIST.
    FashionMnist,
}

impl Name {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::DrawnDigits, Self::Mnist, Self::FashionMnist];

    /// On the command line, and of the folder with its files.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DrawnDigits => "drawn_digits",
            Self::Mnist => "mnist",
            Self::FashionMnist => "fashion-mnist",
        }
    }

    /// In a sentence.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::DrawnDigits => "drawn digits",
            Self::Mnist => "MNIST",
            Self::FashionMnist => "Fashion-MNIST",
        }
    }

    /// Whether it is read from files.
    #[must_use]
    pub const fn has_files(self) -> bool {
        !matches!(self, Self::DrawnDigits)
    }

    /// Its shape and classes: what its files must hold.
    #[must_use]
    pub const fn expect(self) -> Expect {
        Expect { width: 28, height: 28, classes: 10 }
    }

    /// Pixels of an image: lines of a source that shows it.
    #[must_use]
    pub const fn pixels(self) -> u32 {
        self.expect().pixels() as u32
    }

    /// Number of classes.
    #[must_use]
    pub const fn classes(self) -> u32 {
        self.expect().classes as u32
    }

    /// Labels of the first ten test images, which tell the files of one set from those of another:
    /// both sets use the same file names.
    const fn first_test_labels(self) -> Option<[u8; 10]> {
        match self {
            Self::DrawnDigits => None,
            Self::Mnist => Some([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]),
            Self::FashionMnist => Some([9, 2, 1, 1, 6, 1, 4, 6, 5, 7]),
        }
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for Name {
    type Err = Fault;

    fn from_str(text: &str) -> Result<Self, Fault> {
        let named = |text: &str| Self::ALL.into_iter().find(|name| name.as_str() == text);
        named(text).ok_or_else(|| Fault::UnknownName {
            name: text.to_owned(),
            nearest: nearest(text, Self::ALL.iter().map(|name| name.as_str())).and_then(named),
        })
    }
}

/// The data set `name`: drawn, or read from the files that `search` finds.
///
/// # Errors
/// Every fault of the four files, not the first only.
pub fn open(name: Name, search: &Search) -> Result<Dataset, Faults> {
    if !name.has_files() {
        return Ok(drawn::digits(drawn::TRAIN, drawn::TEST));
    }
    let files = locate::find(name, search)?;
    let expect = name.expect();
    let train = idx::read_split(&files.train_images, &files.train_labels, expect);
    let test = idx::read_split(&files.test_images, &files.test_labels, expect);
    let mut faults = Vec::new();
    let train = train.map_err(|e| faults.extend(e.0)).ok();
    let test = test.map_err(|e| faults.extend(e.0)).ok();
    if let Some(test) = &test {
        let other = Name::ALL.into_iter().find(|other| {
            *other != name && other.first_test_labels().is_some_and(|first| test.labels.starts_with(&first))
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
    fn a_mistyped_name_is_answered_with_the_nearest() {
        for name in Name::ALL {
            assert_eq!(name.as_str().parse::<Name>().unwrap(), name);
        }
        let fault = "fashon-mnist".parse::<Name>().unwrap_err();
        assert_eq!(
            fault.to_string(),
            "unknown data set `fashon-mnist`; known are drawn_digits, mnist, fashion-mnist"
        );
        assert_eq!(fault.hint().as_deref(), Some("did you mean `fashion-mnist`?"));
        assert_eq!("qqq".parse::<Name>().unwrap_err().hint(), None);
    }
}
