//! The real MNIST files, where `MEMSPIKE_DATA` says they are; elsewhere there is nothing to test.

use memspike::dataset::{Name, Search, Split, open};
#[cfg(feature = "fetch")]
fn sha256(bytes: &[u8]) -> String {
    use sha2::{Digest as _, Sha256};
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn class_counts(split: &Split) -> [usize; 10] {
    let mut counts = [0; 10];
    split.labels.iter().for_each(|&label| counts[usize::from(label)] += 1);
    counts
}

/// SHA-256 of the pixels and of the labels with the headers that the files have.
#[cfg(feature = "fetch")]
fn digests(split: &Split) -> [String; 2] {
    let n = split.len() as u32;
    let classes: Vec<u8> = split.labels.iter().map(|&label| label as u8).collect();
    let images = [&[0x0803, n, 28, 28].map(u32::to_be_bytes).concat()[..], split.images()].concat();
    let labels = [&[0x0801, n].map(u32::to_be_bytes).concat()[..], &classes].concat();
    [sha256(&images), sha256(&labels)]
}

#[test]
fn the_real_mnist_files_are_read_whole() {
    let Some(folder) = std::env::var_os("MEMSPIKE_DATA") else {
        println!("MEMSPIKE_DATA is not set: nothing tested (set it to a folder with mnist/ in it)");
        return;
    };
    let search = Search { environment: Some(folder.into()), ..Search::default() };
    let mnist = open(Name::MNIST, &search).unwrap_or_else(|faults| panic!("{faults}"));
    assert_eq!((mnist.train.len(), mnist.test.len()), (60_000, 10_000));
    assert_eq!(class_counts(&mnist.train), [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]);
    assert_eq!(class_counts(&mnist.test), [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    #[cfg(feature = "fetch")]
    have_the_published_sums(&mnist);
}

#[cfg(feature = "fetch")]
fn have_the_published_sums(mnist: &memspike::dataset::Dataset) {
    assert_eq!(
        digests(&mnist.train),
        [
            "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5"
        ]
    );
    assert_eq!(
        digests(&mnist.test),
        [
            "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2"
        ]
    );
}
