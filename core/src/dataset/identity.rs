//! Which data a run was made with: name, version, shape, counts and hash.

use super::known::{IdxFiles, Known, Origin, Sum};
use super::locate::Files;
use super::{Dataset, Split, Targets};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::path::Path;

/// Which data a run was made with.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// What the data set is called.
    pub name: String,
    /// Which of its versions it is.
    pub version: String,
    /// Lengths of the axes of a sample.
    pub shape: Vec<usize>,
    /// Number of classes; 1 of samples with targets.
    pub classes: usize,
    /// Numbers that are wanted of a sample, where samples have no classes; else 0.
    #[serde(default, skip_serializing_if = "is_none")]
    pub targets: usize,
    /// Samples to learn from.
    pub train: usize,
    /// Samples to test on.
    pub test: usize,
    /// SHA-256 in hexadecimal of shape, samples and labels as they were read: the same data in another format have the same.
    pub sha256: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
fn is_none(targets: &usize) -> bool {
    *targets == 0
}

impl Dataset {
    /// Which data it is.
    #[must_use]
    pub fn identity(&self) -> Identity {
        let mut hash = Sha256::new();
        hash.update((self.shape.len() as u64).to_le_bytes());
        self.shape.iter().for_each(|&length| hash.update((length as u64).to_le_bytes()));
        self.train.bytes(|part| hash.update(part));
        self.test.bytes(|part| hash.update(part));
        Identity {
            name: self.name.clone(),
            version: self.version.clone(),
            shape: self.shape.clone(),
            classes: self.classes,
            targets: self.train.targets().map_or(0, Targets::each),
            train: self.train.len(),
            test: self.test.len(),
            sha256: hexadecimal(hash),
        }
    }
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The set under the name of what it was looked for as, if its files have the published sums; else it is not called so.
pub(super) fn named_rightly(set: Dataset, files: &Files, known: &Known) -> Dataset {
    let Origin::Files(published) = &known.origin else { return set };
    if has_sums(&set, files, published) {
        return set;
    }
    Dataset {
        name: format!("not {}: other files of these names", known.title),
        version: "unknown".into(),
        ..set
    }
}

fn has_sums(set: &Dataset, files: &Files, published: &IdxFiles) -> bool {
    let [images, labels, test_images, test_labels] = &published.sums;
    let same = |(split, is_labels): (&Split, bool), file: &Path, sum: &Sum| match sum {
        Sum::Content(expected) => content(split, &set.shape, is_labels) == *expected,
        // The sum of a file that was unpacked is not known.
        Sum::Download(expected) => std::fs::read(file).is_ok_and(|bytes| {
            let mut hash = Sha256::new();
            hash.update(&bytes);
            hexadecimal(hash) == *expected
        }),
    };
    same((&set.train, false), &files.train_images, images)
        && same((&set.train, true), &files.train_labels, labels)
        && same((&set.test, false), &files.test_images, test_images)
        && same((&set.test, true), &files.test_labels, test_labels)
}

/// SHA-256 of the IDX file, unpacked, that holds the labels or the images.
fn content(split: &Split, shape: &[usize], labels: bool) -> String {
    let mut hash = Sha256::new();
    let count = split.len() as u32;
    let put = |hash: &mut Sha256, number: u32| hash.update(number.to_be_bytes());
    put(&mut hash, if labels { 0x0801 } else { 0x0803 });
    put(&mut hash, count);
    if labels {
        hash.update(split.labels.iter().map(|&label| label as u8).collect::<Vec<_>>());
    } else {
        shape.iter().for_each(|&length| put(&mut hash, length as u32));
        hash.update(split.images());
    }
    hexadecimal(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_label_or_one_pixel_makes_other_data() {
        let set = |image: Vec<u8>, label| Dataset {
            name: "own".into(),
            version: "1".into(),
            shape: vec![1, 2],
            classes: 2,
            train: Split::new(image, vec![label], 2).unwrap(),
            test: Split::default(),
        };
        let first = set(vec![1, 2], 0).identity();
        assert_eq!(first, set(vec![1, 2], 0).identity());
        assert_ne!(first.sha256, set(vec![1, 3], 0).identity().sha256);
        assert_ne!(first.sha256, set(vec![1, 2], 1).identity().sha256);
        let turned = Dataset { shape: vec![2, 1], ..set(vec![1, 2], 0) };
        assert_ne!(first.sha256, turned.identity().sha256);
        assert_eq!((first.sha256.len(), first.train, first.test), (64, 1, 0));
    }
}
