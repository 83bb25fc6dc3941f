//! Labelled samples: a shape, classes, and grey values, events or sound. They are found or fetched by name (IDX files), read from
//! files of one's own, or drawn by code.

pub mod delayed_match;
pub mod drawn;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod idx;
pub mod known;
pub mod locate;
pub mod moving_digits;
pub mod yin_yang;

mod error;
#[cfg(feature = "formats")]
mod gzip;
#[cfg(feature = "formats")]
mod identity;
#[cfg(feature = "formats")]
pub mod own;
#[cfg(feature = "formats")]
pub mod recording;
mod sound;
mod split;
mod targets;

pub use error::{Fault, Faults, Readable};
#[cfg(feature = "formats")]
pub use identity::Identity;
pub use known::Name;
pub use locate::Search;
pub use sound::Sound;
pub use split::{Holds, Split};
pub use targets::{Targets, explained};

use known::Origin;

/// Samples of one shape with their classes or targets, split into training and test.
#[derive(Clone, Debug, PartialEq)]
pub struct Dataset {
    /// As [`Name::as_str`], or what its user calls it.
    pub name: String,
    /// Which of its versions it is.
    pub version: String,
    /// Lengths of the axes of a sample; the last runs fastest.
    pub shape: Vec<usize>,
    /// Labels are below this; 1 of samples with targets.
    pub classes: usize,
    /// The samples to learn from.
    pub train: Split,
    /// The samples to test on, never learned from.
    pub test: Split,
}

impl Dataset {
    /// Values of a sample, or lines of its events.
    #[must_use]
    pub fn size(&self) -> usize {
        self.shape.iter().product()
    }
}

/// Channels, rows and columns of samples of this shape.
#[must_use]
pub fn maps(shape: &[usize]) -> [u32; 3] {
    let (&columns, rest) = shape.split_last().unwrap_or((&1, &[]));
    let (&rows, rest) = rest.split_last().unwrap_or((&1, &[]));
    [rest.iter().product::<usize>() as u32, rows as u32, columns as u32]
}

/// The data set `name`: made, or read from the files that `search` finds.
///
/// # Errors
/// Every fault of the four files, not the first only; images that were made and are not what is known of them.
pub fn open(name: Name, search: &Search) -> Result<Dataset, Faults> {
    let (expect, known) = (name.expect(), name.known());
    if let Origin::Made(make) = known.origin {
        let set = make();
        let fits = |split: &Split| {
            let labels = split.labels.iter().all(|&label| usize::from(label) < expect.classes);
            labels && split.size() == set.size() && split.holds() == known.holds
        };
        let same = set.shape == known.shape && set.classes == expect.classes;
        let fine = same && fits(&set.train) && fits(&set.test);
        return if fine { Ok(set) } else { Err(Fault::NotAsKnown { name }.into()) };
    }
    if let Origin::Sound(files) = &known.origin {
        #[cfg(feature = "formats")]
        return own::recordings_of(name, files, search);
        #[cfg(not(feature = "formats"))]
        return Err(Fault::Own {
            file: files.folder.into(),
            place: String::new(),
            what: "recordings are WAV files".into(),
            allowed: "another data set: this build reads none".into(),
            hint: Some("build memspike with the feature `formats`".into()),
        }
        .into());
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
        (Some(train), Some(test)) if faults.is_empty() => {
            let (shape, version) = (known.shape.to_vec(), known.version.to_owned());
            let name = name.as_str().to_owned();
            let set = Dataset { name, version, shape, classes: expect.classes, train, test };
            #[cfg(feature = "formats")]
            let set = identity::named_rightly(set, &files, known);
            Ok(set)
        }
        _ => Err(Faults(faults)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_that_are_not_what_is_known_of_them_are_refused() {
        fn made(classes: usize, labels: Vec<u16>) -> Dataset {
            let split = |labels| Split::new(vec![0; 4], labels, 2).unwrap();
            let (train, test) = (split(labels), split(vec![0, 1]));
            let shape = vec![1, 2];
            Dataset { name: "own".into(), version: "1".into(), shape, classes, train, test }
        }
        const fn known(make: fn() -> Dataset) -> known::Known {
            known::Known {
                word: "own",
                folder: "own",
                title: "own",
                about: "",
                version: "1",
                shape: &[1, 2],
                holds: Holds::Values,
                classes: 2,
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
            "unknown data set `fashon-mnist`; known are drawn_digits, moving-digits, yin-yang, delayed-match, mnist, fashion-mnist, fsdd"
        );
        assert_eq!(fault.hint().as_deref(), Some("did you mean `fashion-mnist`?"));
        assert_eq!("qqq".parse::<Name>().unwrap_err().hint(), None);
    }
}
