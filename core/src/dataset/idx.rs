//! IDX files: big-endian header, then unsigned bytes; plain or gzip, told apart by content.
//!
//! | byte | images       | labels       |
//! |------|--------------|--------------|
//! | 0    | 0x00000803   | 0x00000801   |
//! | 4    | number       | number       |
//! | 8    | rows         | first label  |
//! | 12   | columns      |              |
//! | 16   | first pixel  |              |
//!
//! Source: LeCun, Cortes and Burges, description of the MNIST files.
//!
//! What a header claims is believed only as far as bytes arrive: memory grows with what was read, a
//! plain file must have the claimed length before it is read at all, and a gzip file one that
//! deflate (at most 1032 to 1) could have made.

use super::{Fault, Faults, Readable, Split};
#[cfg(feature = "formats")]
use crate::record::array::{self, Array, Values};
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read};
use std::path::Path;

/// More images than any set of this kind has; a header that says more is wrong.
pub const MAX_ITEMS: u32 = 1_000_000;

/// What the files of a data set must hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Pixels per row of an image.
    pub width: usize,
    /// Rows of an image.
    pub height: usize,
    /// Labels must be below this; 1 to 256.
    pub classes: usize,
}

impl Expect {
    /// Pixels of one image.
    #[must_use]
    pub const fn pixels(self) -> usize {
        self.width * self.height
    }
}

/// Images as read: `count` of `rows` x `columns` bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    /// How many images there are.
    pub count: usize,
    /// One image after the other, row by row; 0 is background, 255 full ink.
    pub pixels: Vec<u8>,
}

/// Images and labels of one split, checked against each other.
///
/// # Errors
/// Every fault of both files.
pub fn read_split(images_file: &Path, labels_file: &Path, expect: Expect) -> Result<Split, Faults> {
    let images = read_images(images_file, expect);
    let labels = read_labels(labels_file, expect.classes);
    match (images, labels) {
        (Ok(images), Ok(labels)) => {
            let count = labels.len();
            let labels = labels.into_iter().map(u16::from).collect();
            Split::new(images.pixels, labels, expect.width * expect.height).ok_or_else(|| {
                Faults::from(Fault::CountMismatch {
                    images_file: images_file.into(),
                    images: images.count,
                    labels_file: labels_file.into(),
                    count,
                })
            })
        }
        (images, labels) => Err(Faults(images.err().into_iter().chain(labels.err()).collect())),
    }
}

/// The images of a file.
///
/// # Errors
/// The first fault of the file: what follows a fault in a byte stream has no meaning.
pub fn read_images(file: &Path, expect: Expect) -> Result<Images, Fault> {
    with_content(file, Readable::Images, |content| images(content, expect))
}

/// The labels of a file.
///
/// # Errors
/// As [`read_images`]; of labels that are out of range the first, and how many.
pub fn read_labels(file: &Path, classes: usize) -> Result<Vec<u8>, Fault> {
    with_content(file, Readable::Labels, |content| labels(content, classes))
}

/// As [`read_images`], of bytes in memory; `file` is named in faults.
///
/// # Errors
/// As [`read_images`].
pub fn parse_images(file: &Path, bytes: &[u8], expect: Expect) -> Result<Images, Fault> {
    decode(file, Readable::Images, bytes, bytes.len() as u64, |content| images(content, expect))
}

/// As [`read_labels`], of bytes in memory; `file` is named in faults.
///
/// # Errors
/// As [`read_labels`].
pub fn parse_labels(file: &Path, bytes: &[u8], classes: usize) -> Result<Vec<u8>, Fault> {
    decode(file, Readable::Labels, bytes, bytes.len() as u64, |content| labels(content, classes))
}

/// The numbers of a file, of any of the six types and any number of dimensions: two zero bytes, the type (8 unsigned bytes, 9 signed
/// ones, 11 and 12 integers of two and four bytes, 13 and 14 real numbers of four and eight), the number of dimensions, their
/// lengths, the values; all big-endian.
///
/// # Errors
/// As [`read_images`].
#[cfg(feature = "formats")]
pub fn read_array(file: &Path) -> Result<Array, Fault> {
    with_content(file, Readable::Array, array)
}

#[cfg(feature = "formats")]
fn array(content: &mut Content<'_>) -> Result<Array, Fault> {
    let head = content.number("magic number")?;
    let wrong = |what: String, allowed: &str| Fault::Own {
        file: content.file.into(),
        place: String::new(),
        what,
        allowed: allowed.into(),
        hint: None,
    };
    let [zero, none, kind, axes] = head.to_be_bytes();
    let Some((kind, size)) =
        [(8, "u1", 1), (9, "i1", 1), (11, "i2", 2), (12, "i4", 4), (13, "f4", 4), (14, "f8", 8)]
            .into_iter()
            .find_map(|(code, name, size)| (code == kind).then_some((name, size)))
            .filter(|_| (zero, none) == (0, 0) && (1..=8).contains(&axes))
    else {
        return Err(wrong(
            format!("magic number at byte 0 is 0x{head:08x}"),
            "0x000008NN to 0x00000eNN of an IDX file with 1 to 8 dimensions",
        ));
    };
    let shape: Vec<usize> =
        (0..axes).map(|_| Ok(content.number("length of an axis")? as usize)).collect::<Result<_, Fault>>()?;
    let product = shape.iter().try_fold(1_u64, |product, &length| product.checked_mul(length as u64));
    let bytes = product.and_then(|count| count.checked_mul(size)).filter(|&bytes| bytes < 1 << 62);
    let shown = crate::hint::shape(&shape);
    let why = format!("values of {shown}, {} each", crate::hint::many(size, "byte"));
    let bytes = content.rest(bytes.unwrap_or(1 << 62), &why)?;
    let values = array::values(&format!(">{kind}"), &bytes).unwrap_or(Values::Bytes(Vec::new()));
    Ok(Array { shape, values })
}

fn images(content: &mut Content<'_>, expect: Expect) -> Result<Images, Fault> {
    let count = content.count()?;
    let [rows, columns] = [content.number("image size")?, content.number("image size")?];
    if (rows as usize, columns as usize) != (expect.height, expect.width) {
        let Expect { width, height, .. } = expect;
        return Err(Fault::WrongSize { file: content.file.into(), rows, columns, height, width });
    }
    let payload = u64::from(count) * u64::from(rows) * u64::from(columns);
    let pixels = content.rest(payload, &format!("{count} images of {rows} x {columns}"))?;
    Ok(Images { count: count as usize, pixels })
}

fn labels(content: &mut Content<'_>, classes: usize) -> Result<Vec<u8>, Fault> {
    let count = content.count()?;
    let labels = content.rest(u64::from(count), &format!("{count} labels"))?;
    let is_bad = |label: &u8| usize::from(*label) >= classes;
    match labels.iter().position(is_bad) {
        None => Ok(labels),
        Some(index) => Err(Fault::BadLabel {
            file: content.file.into(),
            at: 8 + index as u64,
            index,
            label: labels[index],
            classes,
            count: labels.iter().filter(|label| is_bad(label)).count(),
        }),
    }
}

fn with_content<T>(
    file: &Path,
    what: Readable,
    read: impl FnOnce(&mut Content<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let unreadable =
        |error: std::io::Error| Fault::Unreadable { file: file.into(), reason: error.to_string() };
    let metadata = std::fs::metadata(file).map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(Fault::IsDirectory { file: file.into(), what });
    }
    if !metadata.is_file() {
        return Err(Fault::NotAFile { file: file.into(), what });
    }
    let open = File::open(file).map_err(unreadable)?;
    decode(file, what, BufReader::with_capacity(1 << 16, open), metadata.len(), read)
}

/// Looks at the first two bytes and reads the rest plain or through gzip.
fn decode<T>(
    file: &Path,
    what: Readable,
    mut raw: impl BufRead,
    length: u64,
    read: impl FnOnce(&mut Content<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    let start =
        raw.fill_buf().map_err(|error| Fault::Unreadable { file: file.into(), reason: error.to_string() })?;
    if start.starts_with(&[0x1f, 0x8b]) {
        return decode_gzip(file, what, raw, length, read);
    }
    read(&mut Content { file, what, reader: &mut raw, gzip: false, most: length, at: 0 })
}

#[cfg(not(feature = "formats"))]
fn decode_gzip<T>(
    file: &Path,
    _what: Readable,
    _raw: impl BufRead,
    _length: u64,
    _read: impl FnOnce(&mut Content<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    Err(Fault::Gzip { file: file.into() })
}

#[cfg(feature = "formats")]
fn decode_gzip<T>(
    file: &Path,
    what: Readable,
    raw: impl BufRead,
    length: u64,
    read: impl FnOnce(&mut Content<'_>) -> Result<T, Fault>,
) -> Result<T, Fault> {
    use super::gzip::{CountBytes, DEFLATE_RATIO};
    use flate2::bufread::GzDecoder;
    let most = length.saturating_mul(DEFLATE_RATIO);
    let mut decoder = GzDecoder::new(CountBytes::new(raw));
    let result = read(&mut Content { file, what, reader: &mut decoder, gzip: true, most, at: 0 })?;
    let mut raw = decoder.into_inner();
    let at = raw.used();
    match raw.fill_buf() {
        Ok([]) => Ok(result),
        Ok(_) => Err(Fault::TrailingGzip { file: file.into(), at }),
        Err(error) => Err(Fault::Unreadable { file: file.into(), reason: error.to_string() }),
    }
}

/// The uncompressed bytes of a file, and where in them we are.
struct Content<'a> {
    file: &'a Path,
    what: Readable,
    reader: &'a mut dyn Read,
    gzip: bool,
    /// No more bytes than this can come.
    most: u64,
    at: u64,
}

impl Content<'_> {
    /// Magic number and number of items.
    fn count(&mut self) -> Result<u32, Fault> {
        let found = self.number("magic number")?;
        if found != self.what.magic() {
            return Err(Fault::WrongMagic { file: self.file.into(), what: self.what, found });
        }
        let (count, what) = (self.number("number of items")?, self.what);
        if count == 0 {
            return Err(Fault::Empty { file: self.file.into(), what, max: MAX_ITEMS });
        }
        if count > MAX_ITEMS {
            return Err(Fault::TooMany { file: self.file.into(), what, found: count, max: MAX_ITEMS });
        }
        Ok(count)
    }

    fn number(&mut self, what: &str) -> Result<u32, Fault> {
        let mut bytes = [0; 4];
        let mut filled = 0;
        while let Some(space) = bytes.get_mut(filled..).filter(|space| !space.is_empty()) {
            match self.reader.read(space) {
                Ok(0) => return Err(self.truncated(filled as u64, 4, what)),
                Ok(n) => filled += n,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(filled as u64, 4, what, &error)),
            }
        }
        self.at += 4;
        Ok(u32::from_be_bytes(bytes))
    }

    /// The `payload` bytes that must be left, and then the end.
    fn rest(&mut self, payload: u64, why: &str) -> Result<Vec<u8>, Fault> {
        if self.at + payload > self.most {
            // A gzip file too short for its claim cannot be measured without reading it.
            if self.gzip {
                return Err(Fault::DamagedGzip {
                    file: self.file.into(),
                    at: self.at,
                    reason: format!("too short to hold {why}"),
                });
            }
            return Err(self.truncated(self.most - self.at, payload, why));
        }
        let mut bytes = Vec::new();
        if let Err(error) = (&mut *self.reader).take(payload).read_to_end(&mut bytes) {
            return Err(self.failed(bytes.len() as u64, payload, why, &error));
        }
        let got = bytes.len() as u64;
        if got < payload {
            return Err(self.truncated(got, payload, why));
        }
        // Reading on to the end also makes gzip compare its checksum.
        loop {
            match self.reader.read(&mut [0]) {
                Ok(0) => break,
                Ok(_) => {
                    return Err(Fault::Trailing {
                        file: self.file.into(),
                        gzip: self.gzip,
                        expected: self.at + payload,
                        why: why.to_owned(),
                    });
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) => return Err(self.failed(got, payload, why, &error)),
            }
        }
        bytes.shrink_to_fit();
        Ok(bytes)
    }

    fn truncated(&self, got: u64, wanted: u64, why: &str) -> Fault {
        Fault::Truncated {
            file: self.file.into(),
            gzip: self.gzip,
            found: self.at + got,
            expected: self.at + wanted,
            why: why.to_owned(),
        }
    }

    fn failed(&self, got: u64, wanted: u64, why: &str, error: &std::io::Error) -> Fault {
        if !self.gzip {
            return Fault::Unreadable { file: self.file.into(), reason: error.to_string() };
        }
        match error.kind() {
            ErrorKind::UnexpectedEof if got < wanted => self.truncated(got, wanted, why),
            ErrorKind::UnexpectedEof => Fault::DamagedGzip {
                file: self.file.into(),
                at: self.at + got,
                reason: "the checksum at its end is cut off".to_owned(),
            },
            _ => Fault::DamagedGzip { file: self.file.into(), at: self.at + got, reason: error.to_string() },
        }
    }
}
