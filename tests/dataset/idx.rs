//! IDX files that are right, wrong in every way we know, and wrong in ways we do not.

use flate2::Compression;
use flate2::write::GzEncoder;
use memspike::dataset::idx::{self, Expect, MAX_ITEMS, parse_images, parse_labels};
use memspike::dataset::{Fault, Faults, Name, Readable, Search, locate, open};
use proptest::prelude::*;
use std::io::Write as _;
use std::path::{Path, PathBuf};

const EXPECT: Expect = Expect { width: 3, height: 2, classes: 10 };

fn images(count: u32, rows: u32, columns: u32) -> Vec<u8> {
    let mut bytes = [0x0803, count, rows, columns].map(u32::to_be_bytes).concat();
    bytes.extend((0..count * rows * columns).map(|i| (i * 7) as u8));
    bytes
}

fn labels(labels: &[u8]) -> Vec<u8> {
    let mut bytes = [0x0801, labels.len() as u32].map(u32::to_be_bytes).concat();
    bytes.extend(labels);
    bytes
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

fn images_fault(bytes: &[u8]) -> Fault {
    parse_images(Path::new("im"), bytes, EXPECT).unwrap_err()
}

fn labels_fault(bytes: &[u8]) -> Fault {
    parse_labels(Path::new("la"), bytes, 10).unwrap_err()
}

/// Message and hint as the user sees them.
fn shown(fault: Fault) -> String {
    Faults::from(fault).to_string()
}

#[test]
fn plain_and_gzip_give_the_same_images_and_labels() {
    let (plain, marks) = (images(4, 2, 3), labels(&[0, 9, 5, 5]));
    for (image_bytes, label_bytes) in [(plain.clone(), marks.clone()), (gzip(&plain), gzip(&marks))] {
        let read = parse_images(Path::new("im"), &image_bytes, EXPECT).unwrap();
        assert_eq!((read.count, &read.pixels[..]), (4, &plain[16..]));
        assert_eq!(parse_labels(Path::new("la"), &label_bytes, 10).unwrap(), [0, 9, 5, 5]);
    }
}

#[test]
fn exchanged_files_are_recognised_as_such() {
    assert_eq!(
        shown(images_fault(&gzip(&labels(&[1, 2])))),
        "im: magic number at byte 0 is 0x00000801; expected 0x00000803 (IDX images)\n  \
         hint: this is a file of labels: are the image and label files exchanged?"
    );
    assert_eq!(
        shown(labels_fault(&images(1, 2, 3))),
        "la: magic number at byte 0 is 0x00000803; expected 0x00000801 (IDX labels)\n  \
         hint: this is a file of images: are the image and label files exchanged?"
    );
}

#[test]
fn other_magic_numbers_are_shown_with_what_they_look_like() {
    let hint = |bytes: &[u8]| images_fault(bytes).hint().unwrap_or_default();
    assert!(hint(b"<html><body>404</body></html>").contains("web page"));
    assert!(hint(&gzip(&gzip(&images(1, 2, 3)))).contains("twice"));
    assert!(hint(&0x0803u32.to_le_bytes()).contains("reverse order"));
    assert!(hint(b"PNG..............").contains("not such a file"));
    assert!(hint(&[0; 16]).contains("not such a file"));
}

#[test]
fn a_truncated_file_says_how_long_it_is_and_should_be() {
    let plain = images(4, 2, 3);
    assert_eq!(
        shown(images_fault(&plain[..30])),
        "im: ends after 30 bytes; expected 40 (4 images of 2 x 3)\n  \
         hint: the file is damaged: delete it and fetch it again (`memspike data fetch NAME`)"
    );
    assert!(
        shown(images_fault(&plain[..6])).starts_with("im: ends after 6 bytes; expected 8 (number of items)")
    );
    assert!(
        shown(images_fault(&plain[..13])).starts_with("im: ends after 13 bytes; expected 16 (image size)")
    );
    assert!(shown(images_fault(b"")).starts_with("im: ends after 0 bytes; expected 4 (magic number)"));
    let short = gzip(&plain[..30]);
    assert!(
        shown(images_fault(&short))
            .starts_with("im: ends after 30 bytes of content; expected 40 (4 images of 2 x 3)")
    );
}

#[test]
fn a_gzip_file_cut_anywhere_is_an_error() {
    let whole = gzip(&images(50, 2, 3));
    for end in 0..whole.len() {
        let fault = images_fault(&whole[..end]);
        assert!(
            matches!(fault, Fault::Truncated { .. } | Fault::DamagedGzip { .. } | Fault::WrongMagic { .. }),
            "{end}: {fault}"
        );
    }
}

#[test]
fn a_wrong_checksum_and_bytes_after_the_end_are_errors() {
    let mut bytes = gzip(&images(4, 2, 3));
    let crc = bytes.len() - 8;
    bytes[crc] ^= 1;
    let fault = images_fault(&bytes);
    assert!(matches!(&fault, Fault::DamagedGzip { at: 40, .. }), "{fault}");
    assert!(fault.to_string().starts_with("im: gzip data is damaged after 40 bytes of content ("), "{fault}");

    let mut trailing = gzip(&images(4, 2, 3));
    let length = trailing.len() as u64;
    trailing.push(0);
    assert_eq!(images_fault(&trailing), Fault::TrailingGzip { file: "im".into(), at: length });

    let mut longer = images(4, 2, 3);
    longer.push(0);
    for (bytes, of) in [(longer.clone(), ""), (gzip(&longer), " of content")] {
        assert!(
            images_fault(&bytes).to_string()
                == format!(
                    "im: more bytes follow at byte 40{of}; expected the end of the file (4 images of 2 x 3)"
                )
        );
    }
}

#[test]
fn a_hostile_header_is_refused_before_anything_is_allocated() {
    let claim = |count: u32| [0x0803, count, 2, 3].map(u32::to_be_bytes).concat();
    for bytes in [claim(u32::MAX), gzip(&claim(u32::MAX))] {
        assert_eq!(
            images_fault(&bytes),
            Fault::TooMany { file: "im".into(), what: Readable::Images, found: u32::MAX, max: MAX_ITEMS }
        );
    }
    assert_eq!(
        images_fault(&claim(u32::MAX)).to_string(),
        "im: number of images at byte 4 is 4294967295; expected 1 to 1000000"
    );
    assert!(matches!(images_fault(&claim(MAX_ITEMS)), Fault::Truncated { expected: 6_000_016, .. }));
    // Thirty-odd bytes of gzip cannot hold six million: refused before decompression.
    assert!(matches!(images_fault(&gzip(&claim(MAX_ITEMS))), Fault::DamagedGzip { at: 16, .. }));
    let size = [0x0803, 1, u32::MAX, u32::MAX].map(u32::to_be_bytes).concat();
    assert_eq!(
        images_fault(&size).to_string(),
        "im: image size at byte 8 is 4294967295 x 4294967295; expected 2 x 3"
    );
}

#[test]
fn no_images_wrong_size_and_bad_labels_are_shown_with_what_is_allowed() {
    assert_eq!(
        images_fault(&images(0, 2, 3)).to_string(),
        "im: number of images at byte 4 is 0; expected 1 to 1000000"
    );
    assert_eq!(
        labels_fault(&labels(&[])).to_string(),
        "la: number of labels at byte 4 is 0; expected 1 to 1000000"
    );
    assert_eq!(
        images_fault(&images(1, 3, 2)).to_string(),
        "im: image size at byte 8 is 3 x 2; expected 2 x 3"
    );
    assert_eq!(
        labels_fault(&labels(&[0, 1, 10, 3, 255])).to_string(),
        "la: label at byte 10 is 10 (image 2, and 1 more); expected 0 to 9"
    );
    assert_eq!(
        labels_fault(&labels(&[47])).to_string(),
        "la: label at byte 8 is 47 (image 0); expected 0 to 9"
    );
}

/// Four good files of 28 x 28 in DIR/mnist.
fn write_set(dir: &Path, train: usize, test: usize) -> PathBuf {
    let mnist = dir.join("mnist");
    std::fs::create_dir_all(&mnist).unwrap();
    for (count, names) in [(train, &locate::FILES[..2]), (test, &locate::FILES[2..])] {
        let marks: Vec<u8> = (0..count).map(|i| (i % 10) as u8).collect();
        std::fs::write(mnist.join(names[0]), images(count as u32, 28, 28)).unwrap();
        std::fs::write(mnist.join(names[1]), labels(&marks)).unwrap();
    }
    mnist
}

fn in_dir(dir: &Path) -> Search {
    Search { explicit: Some(dir.to_owned()), ..Search::default() }
}

/// The faults of opening `mnist` in `dir`, with the folder called DIR.
fn open_faults(dir: &Path) -> String {
    let faults = open(Name::MNIST, &in_dir(dir)).unwrap_err();
    faults.to_string().replace(&dir.display().to_string(), "DIR")
}

#[test]
fn a_set_opens_by_name() {
    let dir = tempfile::tempdir().unwrap();
    write_set(dir.path(), 30, 20);
    let set = open(Name::MNIST, &in_dir(dir.path())).unwrap();
    assert_eq!((set.train.len(), set.test.len()), (30, 20));
    assert_eq!((set.size(), set.classes, set.test.label(13)), (784, 10, 3));
    assert_eq!(set.train.image(1)[0], (784 * 7 % 256) as u8);
}

#[test]
fn all_faults_of_all_files_are_reported_at_once() {
    let dir = tempfile::tempdir().unwrap();
    let mnist = write_set(dir.path(), 30, 20);
    std::fs::write(mnist.join(locate::FILES[0]), b"<html>").unwrap();
    std::fs::write(mnist.join(locate::FILES[1]), labels(&[77; 30])).unwrap();
    std::fs::write(mnist.join(locate::FILES[3]), labels(&[1; 19])).unwrap();
    assert_eq!(
        open_faults(dir.path()),
        "DIR/mnist/train-images-idx3-ubyte: magic number at byte 0 is 0x3c68746d; expected 0x00000803 (IDX images)\n  \
         hint: this looks like a web page, perhaps the answer of a server that no longer has the file\n\
         DIR/mnist/train-labels-idx1-ubyte: label at byte 8 is 77 (image 0, and 29 more); expected 0 to 9\n  \
         hint: only sets with labels 0 to 9 can be read\n\
         DIR/mnist/t10k-labels-idx1-ubyte: holds 19 labels; expected 20, one for each image in DIR/mnist/t10k-images-idx3-ubyte\n  \
         hint: do both files belong to the same split (train, t10k)?"
    );
}

#[test]
fn a_directory_in_the_place_of_a_file_is_called_one() {
    let dir = tempfile::tempdir().unwrap();
    let mnist = write_set(dir.path(), 30, 20);
    std::fs::remove_file(mnist.join(locate::FILES[2])).unwrap();
    std::fs::create_dir(mnist.join(locate::FILES[2])).unwrap();
    assert_eq!(
        open_faults(dir.path()),
        "DIR/mnist/t10k-images-idx3-ubyte: is a directory; expected a file of IDX images\n  \
         hint: move the file out of the directory that has its name"
    );
}

#[cfg(unix)]
#[test]
fn a_dangling_link_is_unreadable_and_named() {
    let dir = tempfile::tempdir().unwrap();
    let mnist = write_set(dir.path(), 30, 20);
    std::fs::remove_file(mnist.join(locate::FILES[1])).unwrap();
    std::os::unix::fs::symlink("/nonexistent/labels", mnist.join(locate::FILES[1])).unwrap();
    let text = open_faults(dir.path());
    assert!(text.starts_with("DIR/mnist/train-labels-idx1-ubyte: cannot be read ("), "{text}");
}

#[test]
fn files_of_another_set_under_the_same_names_are_noticed() {
    let dir = tempfile::tempdir().unwrap();
    let mnist = write_set(dir.path(), 30, 10);
    std::fs::write(mnist.join(locate::FILES[3]), labels(&[9, 2, 1, 1, 6, 1, 4, 6, 5, 7])).unwrap();
    assert_eq!(
        open_faults(dir.path()),
        "DIR/mnist/t10k-labels-idx1-ubyte: the test labels are those of `fashion-mnist`; expected data set `mnist`\n  \
         hint: put each data set into a folder of its own name: DIR/fashion-mnist, and `memspike data fetch` does the same"
    );
}

#[test]
fn reading_a_missing_file_says_so() {
    let fault = idx::read_labels(Path::new("/nonexistent/labels"), 10).unwrap_err();
    assert!(fault.to_string().starts_with("/nonexistent/labels: cannot be read ("), "{fault}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200), kind in 0..4) {
        // Bare, and behind beginnings that lead further into the reader.
        let start: &[u8] = match kind {
            0 => &[],
            1 => &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3],
            2 => &[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3],
            _ => &[0, 0, 8, 1],
        };
        let bytes = [start, &bytes].concat();
        let _ = parse_images(Path::new("im"), &bytes, EXPECT);
        let _ = parse_labels(Path::new("la"), &bytes, 10);
    }

    #[test]
    fn no_bit_flip_in_a_gzip_file_changes_the_images_unnoticed(bit in 0usize..100_000) {
        let plain = images(40, 2, 3);
        let mut bytes = gzip(&plain);
        let bit = bit % (bytes.len() * 8);
        bytes[bit / 8] ^= 1 << (bit % 8);
        // Only the header's time and system bytes are not covered by the checksum.
        if let Ok(read) = parse_images(Path::new("im"), &bytes, EXPECT) {
            prop_assert_eq!(&read.pixels[..], &plain[16..]);
        }
    }

    #[test]
    fn a_flipped_header_bit_of_a_plain_file_is_an_error(bit in 0usize..16 * 8) {
        let mut bytes = images(4, 2, 3);
        bytes[bit / 8] ^= 1 << (bit % 8);
        prop_assert!(parse_images(Path::new("im"), &bytes, EXPECT).is_err());
    }
}

/// The golden files were written by Python's `struct` and `gzip`, with the file name in the gzip
/// header, as the public files have it; pixel i of an image file is (31 i + 7 (i / 28)) mod 256.
#[test]
fn files_of_another_writer_are_read() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/idx");
    let set = open(Name::MNIST, &in_dir(&folder)).unwrap();
    let pixel = |i: usize| ((i * 31 + i / 28 * 7) % 256) as u8;
    assert_eq!(set.train.images(), (0..3 * 784).map(pixel).collect::<Vec<_>>());
    assert_eq!(set.test.images(), (0..2 * 784).map(pixel).collect::<Vec<_>>());
    assert_eq!((&set.train.labels[..], &set.test.labels[..]), (&[4, 0, 9][..], &[4, 0][..]));
}
