//! The little of ZIP that `.npz` needs: files written as they are, read plain or deflated.
//!
//! Source: PKWARE, APPNOTE.TXT 6.3.10, sections 4.3 and 4.5.3. All numbers are little-endian. Sizes and places from
//! 4 GiB on stand in the ZIP64 fields, and 0xffffffff where they would have stood.

use flate2::read::{DeflateDecoder, DeflateEncoder};
use flate2::{Compression, Crc};
use std::io::Read as _;

const LOCAL: u32 = 0x0403_4b50;
const CENTRAL: u32 = 0x0201_4b50;
const END: u32 = 0x0605_4b50;
const END_64: u32 = 0x0606_4b50;
const LOCATOR_64: u32 = 0x0706_4b50;
/// Names are UTF-8.
const UTF_8: u16 = 1 << 11;
/// The first of January 1980: the same arrays make the same file.
const DATE: u16 = 0x21;
/// In place of a number that stands in the ZIP64 field.
const ELSEWHERE: u32 = u32::MAX;
const STORED: u16 = 0;
const DEFLATED: u16 = 8;

/// An archive that is being put together.
#[derive(Debug, Default)]
pub(super) struct Writer {
    bytes: Vec<u8>,
    directory: Vec<u8>,
    files: u64,
}

/// Bytes as DEFLATE has them (RFC 1951), without a head.
#[must_use]
pub fn deflated(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    // Reading from a slice into a vector cannot fail.
    let _ = DeflateEncoder::new(bytes, Compression::best()).read_to_end(&mut out);
    out
}

/// As 32 bits, if it fits.
fn short(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(ELSEWHERE)
}

fn put<const N: usize>(bytes: &mut Vec<u8>, number: [u8; N]) {
    bytes.extend_from_slice(&number);
}

impl Writer {
    /// Adds a file with these contents, one after the other.
    pub(super) fn add(&mut self, name: &str, parts: &[&[u8]]) {
        let at = self.bytes.len() as u64;
        let size: u64 = parts.iter().map(|part| part.len() as u64).sum();
        let mut crc = Crc::new();
        parts.iter().for_each(|part| crc.update(part));
        let sizes: Vec<u64> = [size, size].into_iter().filter(|&size| short(size) == ELSEWHERE).collect();
        let place = Some(at).filter(|&at| short(at) == ELSEWHERE);
        let name_len = u16::try_from(name.len()).unwrap_or(u16::MAX);
        let name = &name.as_bytes()[..usize::from(name_len)];

        put(&mut self.bytes, LOCAL.to_le_bytes());
        common(&mut self.bytes, crc.sum(), size, name_len, &sizes);
        self.bytes.extend_from_slice(name);
        extra(&mut self.bytes, &sizes);
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));

        let numbers: Vec<u64> = sizes.into_iter().chain(place).collect();
        put(&mut self.directory, CENTRAL.to_le_bytes());
        put(&mut self.directory, version(&numbers).to_le_bytes());
        common(&mut self.directory, crc.sum(), size, name_len, &numbers);
        // No comment, the first disk, no attributes.
        put(&mut self.directory, [0; 10]);
        put(&mut self.directory, short(at).to_le_bytes());
        self.directory.extend_from_slice(name);
        extra(&mut self.directory, &numbers);
        self.files += 1;
    }

    /// The whole archive.
    pub(super) fn finish(self) -> Vec<u8> {
        let Self { mut bytes, directory, files } = self;
        let (at, size) = (bytes.len() as u64, directory.len() as u64);
        bytes.extend_from_slice(&directory);
        let few = u16::try_from(files).unwrap_or(u16::MAX);
        if short(at) == ELSEWHERE || short(size) == ELSEWHERE || few == u16::MAX {
            let end = bytes.len() as u64;
            put(&mut bytes, END_64.to_le_bytes());
            put(&mut bytes, 44_u64.to_le_bytes());
            put(&mut bytes, [45, 0, 45, 0]);
            put(&mut bytes, [0; 8]);
            for number in [files, files, size, at] {
                put(&mut bytes, number.to_le_bytes());
            }
            put(&mut bytes, LOCATOR_64.to_le_bytes());
            put(&mut bytes, [0; 4]);
            put(&mut bytes, end.to_le_bytes());
            put(&mut bytes, 1_u32.to_le_bytes());
        }
        put(&mut bytes, END.to_le_bytes());
        put(&mut bytes, [0; 4]);
        put(&mut bytes, few.to_le_bytes());
        put(&mut bytes, few.to_le_bytes());
        put(&mut bytes, short(size).to_le_bytes());
        put(&mut bytes, short(at).to_le_bytes());
        put(&mut bytes, [0; 2]);
        bytes
    }
}

fn version(numbers: &[u64]) -> u16 {
    if numbers.is_empty() { 20 } else { 45 }
}

/// What a file's header and its line of the directory have in common.
fn common(bytes: &mut Vec<u8>, crc: u32, size: u64, name_len: u16, numbers: &[u64]) {
    for short in [version(numbers), UTF_8, STORED, 0, DATE] {
        put(bytes, short.to_le_bytes());
    }
    put(bytes, crc.to_le_bytes());
    put(bytes, short(size).to_le_bytes());
    put(bytes, short(size).to_le_bytes());
    put(bytes, name_len.to_le_bytes());
    let extra = if numbers.is_empty() { 0 } else { 4 + 8 * numbers.len() as u16 };
    put(bytes, extra.to_le_bytes());
}

/// The ZIP64 field with the numbers that did not fit.
fn extra(bytes: &mut Vec<u8>, numbers: &[u64]) {
    if !numbers.is_empty() {
        put(bytes, 1_u16.to_le_bytes());
        put(bytes, (8 * numbers.len() as u16).to_le_bytes());
        numbers.iter().for_each(|number| put(bytes, number.to_le_bytes()));
    }
}

/// Every file of an archive with its name, in the order of its directory.
///
/// # Errors
/// If the bytes are no archive, end too soon, are compressed in another way or have the wrong checksum.
pub(super) fn read(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let (mut at, files) = directory(bytes).ok_or("it has no ZIP directory at its end")?;
    let mut all = Vec::new();
    for number in 1..=files {
        let entry = Entry::read(bytes, &mut at).ok_or_else(|| {
            format!("file {number} of {files} in its ZIP directory is cut short or damaged")
        })?;
        let content = entry.content(bytes)?;
        all.push((entry.name, content));
    }
    Ok(all)
}

/// Reads numbers one after the other.
struct Cursor<'a> {
    bytes: &'a [u8],
    at: u64,
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: u64) -> Option<&'a [u8]> {
        let from = usize::try_from(self.at).ok()?;
        let taken = self.bytes.get(from..)?.get(..usize::try_from(length).ok()?)?;
        self.at += length;
        Some(taken)
    }

    fn number(&mut self, length: u64) -> Option<u64> {
        let bytes = self.take(length)?;
        Some(bytes.iter().rev().fold(0, |number, &byte| number << 8 | u64::from(byte)))
    }

    fn is(&mut self, signature: u32) -> Option<()> {
        (self.number(4)? == u64::from(signature)).then_some(())
    }
}

/// Where the directory begins and how many files it has.
fn directory(bytes: &[u8]) -> Option<(u64, u64)> {
    // The end record has 22 bytes and a comment of up to 65535.
    let last = bytes.len().checked_sub(22)?;
    let end = (last.saturating_sub(usize::from(u16::MAX))..=last)
        .rev()
        .find(|&at| bytes[at..].starts_with(&END.to_le_bytes()))?;
    let mut cursor = Cursor { bytes, at: end as u64 + 10 };
    let (files, _, at) = (cursor.number(2)?, cursor.number(4)?, cursor.number(4)?);
    if files < u64::from(u16::MAX) && at < u64::from(ELSEWHERE) {
        return Some((at, files));
    }
    let mut cursor = Cursor { bytes, at: (end as u64).checked_sub(20)? };
    cursor.is(LOCATOR_64)?;
    cursor.take(4)?;
    let mut cursor = Cursor { bytes, at: cursor.number(8)? };
    cursor.is(END_64)?;
    cursor.take(28)?;
    let (files, _, at) = (cursor.number(8)?, cursor.number(8)?, cursor.number(8)?);
    Some((at, files))
}

/// A line of the directory.
struct Entry {
    name: String,
    method: u16,
    crc: u32,
    packed: u64,
    size: u64,
    at: u64,
}

impl Entry {
    fn read(bytes: &[u8], at: &mut u64) -> Option<Self> {
        let mut cursor = Cursor { bytes, at: *at };
        cursor.is(CENTRAL)?;
        cursor.take(6)?;
        let method = cursor.number(2)? as u16;
        cursor.take(4)?;
        let crc = cursor.number(4)? as u32;
        let mut numbers = [cursor.number(4)?, cursor.number(4)?, 0];
        let lengths = [cursor.number(2)?, cursor.number(2)?, cursor.number(2)?];
        cursor.take(8)?;
        numbers[2] = cursor.number(4)?;
        let name = String::from_utf8_lossy(cursor.take(lengths[0])?).into_owned();
        let mut extra = Cursor { bytes: cursor.take(lengths[1])?, at: 0 };
        cursor.take(lengths[2])?;
        *at = cursor.at;
        // Packed size, size and place; ZIP64 has size, packed size and place, each only if it is missing here.
        while let (Some(id), Some(length)) = (extra.number(2), extra.number(2)) {
            let mut field = Cursor { bytes: extra.take(length)?, at: 0 };
            for index in [1, 0, 2] {
                if id == 1 && numbers[index] == u64::from(ELSEWHERE) {
                    numbers[index] = field.number(8)?;
                }
            }
        }
        let [packed, size, at] = numbers;
        Some(Self { name, method, crc, packed, size, at })
    }

    fn content(&self, bytes: &[u8]) -> Result<Vec<u8>, String> {
        let name = &self.name;
        let packed = self.packed_bytes(bytes).ok_or_else(|| format!("`{name}` in it is cut short"))?;
        let content = match self.method {
            STORED => packed.to_vec(),
            DEFLATED => {
                let mut content = Vec::new();
                let mut decoder = DeflateDecoder::new(packed).take(self.size.saturating_add(1));
                decoder
                    .read_to_end(&mut content)
                    .map_err(|error| format!("`{name}` in it cannot be decompressed: {error}"))?;
                content
            }
            other => {
                return Err(format!(
                    "`{name}` in it is compressed by method {other}; expected 0 (stored) or 8 (deflated)"
                ));
            }
        };
        let mut crc = Crc::new();
        crc.update(&content);
        if content.len() as u64 != self.size || crc.sum() != self.crc {
            return Err(format!(
                "`{name}` in it does not have the size and checksum that its directory says"
            ));
        }
        Ok(content)
    }

    fn packed_bytes<'a>(&self, bytes: &'a [u8]) -> Option<&'a [u8]> {
        let mut cursor = Cursor { bytes, at: self.at };
        cursor.is(LOCAL)?;
        cursor.take(22)?;
        let (name, extra) = (cursor.number(2)?, cursor.number(2)?);
        cursor.take(name + extra)?;
        cursor.take(self.packed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    fn archive() -> Vec<u8> {
        let mut writer = Writer::default();
        writer.add("a.npy", &[b"one, ", b"two"]);
        writer.add("µ.npy", &[]);
        writer.finish()
    }

    #[test]
    fn files_are_read_back() {
        let files = read(&archive()).unwrap();
        assert_eq!(files, [("a.npy".into(), b"one, two".to_vec()), ("µ.npy".into(), Vec::new())]);
        assert_eq!(read(&Writer::default().finish()).unwrap(), []);
    }

    /// As Info-ZIP's `zip -X -z` writes it: deflated, with a comment at the end.
    #[test]
    fn deflated_files_and_a_comment_are_understood() {
        let content = b"again and again and again and again";
        let mut deflate = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        deflate.write_all(content).unwrap();
        let packed = deflate.finish().unwrap();
        let mut writer = Writer::default();
        writer.add("a.npy", &[&packed]);
        let mut bytes = writer.finish();
        let mut crc = Crc::new();
        crc.update(content);
        let central = bytes.len() - 22 - 51;
        assert!(bytes[central..].starts_with(&CENTRAL.to_le_bytes()));
        bytes[central + 10] = 8;
        bytes[central + 16..central + 20].copy_from_slice(&crc.sum().to_le_bytes());
        bytes[central + 24] = content.len() as u8;
        *bytes.last_mut().unwrap() = 1;
        let comment = bytes.len() - 2;
        bytes[comment..].copy_from_slice(&3_u16.to_le_bytes());
        bytes.extend_from_slice(b"hey");
        assert_eq!(read(&bytes).unwrap(), [("a.npy".into(), content.to_vec())]);
        bytes[central + 10] = 12;
        assert!(read(&bytes).unwrap_err().contains("method 12"));
    }

    /// Numbers of 64 bits, where a tool has put them although they are small.
    #[test]
    fn sizes_and_places_of_64_bits_are_understood() {
        let mut writer = Writer::default();
        writer.add("first", &[b"0123456789"]);
        writer.add("a", &[b"content"]);
        let plain = writer.finish();
        let end = plain.len() - 22;
        let second = end - 47;
        let mut bytes = plain[..second].to_vec();
        let mut line = plain[second..end].to_vec();
        let place = u64::from(u32::from_le_bytes(line[42..46].try_into().unwrap()));
        line[20..28].fill(0xff);
        line[42..46].fill(0xff);
        line[30] = 28;
        bytes.extend_from_slice(&line);
        extra(&mut bytes, &[7, 7, place]);
        let start = plain[end + 16..end + 20].to_vec();
        let at = bytes.len() as u64;
        put(&mut bytes, END_64.to_le_bytes());
        put(&mut bytes, [0; 20]);
        put(&mut bytes, 2_u64.to_le_bytes());
        put(&mut bytes, 2_u64.to_le_bytes());
        put(&mut bytes, [0; 8]);
        bytes.extend_from_slice(&start);
        put(&mut bytes, [0; 4]);
        put(&mut bytes, LOCATOR_64.to_le_bytes());
        put(&mut bytes, [0; 4]);
        put(&mut bytes, at.to_le_bytes());
        put(&mut bytes, [0; 4]);
        put(&mut bytes, END.to_le_bytes());
        put(&mut bytes, [0xff; 16]);
        put(&mut bytes, [0; 2]);
        assert_eq!(read(&bytes).unwrap()[1], ("a".into(), b"content".to_vec()));
    }

    #[test]
    fn no_damage_is_taken_for_content() {
        let whole = archive();
        let intact = read(&whole).unwrap();
        for length in 0..whole.len() {
            assert!(read(&whole[..length]).is_err(), "{length}");
        }
        for at in 0..whole.len() {
            for bit in 0..8 {
                let mut bytes = whole.clone();
                bytes[at] ^= 1 << bit;
                // Refused, or the change is in a name, a date or another field that content does not depend on.
                if let Ok(files) = read(&bytes) {
                    let contents = |files: &[(String, Vec<u8>)]| {
                        files.iter().map(|(_, content)| content.clone()).collect::<Vec<_>>()
                    };
                    let (found, right) = (contents(&files), contents(&intact));
                    assert_eq!(found, right[..found.len()], "byte {at}, bit {bit}");
                }
            }
        }
    }
}
