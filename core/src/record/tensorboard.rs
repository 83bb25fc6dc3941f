//! Event files of TensorBoard: numbers that a run measures on its way, which the viewer shows while it goes on.
//!
//! ```text
//! record   length u64, masked CRC-32C of the length, an `Event`, masked CRC-32C of the event
//! Event    wall_time double 1, step int64 2, file_version string 3, summary 5 { value 1 { tag string 1, simple_value float 2 } }
//! ```
//!
//! Source: TensorFlow, `tensorflow/core/util/event.proto`, `framework/summary.proto`, `lib/io/record_writer.cc`.

use super::RecordError;
use super::crc::{CASTAGNOLI, Crc};
use super::protobuf::{Field, double, fields, fixed32, message, number, text};
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

/// The name of the file: the viewer looks for `tfevents`.
pub const FILE: &str = "events.out.tfevents.memspike";

/// An event file that is being written.
///
/// Tags begin with what their steps count, such as `epoch/loss`. A run that is gone on with measures again what came after
/// its checkpoint: the first step that comes cuts off what has the same axis and is not before it, so no step is there twice.
#[derive(Debug)]
pub struct EventFile {
    path: PathBuf,
    file: File,
    /// What an earlier part of the run has written, until the first step comes: end of each event, axis and step.
    before: Option<Vec<Written>>,
}

#[derive(Debug)]
struct Written {
    start: u64,
    axis: String,
    step: u64,
}

impl EventFile {
    /// A new file; what is there is replaced.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn create(path: &Path, wall_s: f64) -> Result<Self, RecordError> {
        let file = File::create(path).map_err(RecordError::io("write", path))?;
        let mut made = Self { path: path.to_path_buf(), file, before: None };
        let mut event = Vec::new();
        double(&mut event, 1, wall_s);
        text(&mut event, 3, "brain.Event:2");
        made.append(&event)?;
        Ok(made)
    }

    /// Goes on with the file of a run that was stopped, or begins it if there is none.
    ///
    /// # Errors
    /// If it cannot be read or written.
    pub fn resume(path: &Path, wall_s: f64) -> Result<Self, RecordError> {
        let mut file = match OpenOptions::new().read(true).write(true).open(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::create(path, wall_s),
            file => file.map_err(RecordError::io("open", path))?,
        };
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(RecordError::io("read", path))?;
        let (before, whole) = written(&bytes);
        if before.is_empty() {
            return Self::create(path, wall_s);
        }
        let mut made = Self { path: path.to_path_buf(), file, before: Some(before) };
        // What was being written when the process ended.
        made.cut(whole)?;
        Ok(made)
    }

    /// Adds what was measured at a step; `axis` is what the steps count.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn measured(
        &mut self,
        wall_s: f64,
        (axis, step): (&str, u64),
        values: &[(&str, f64)],
    ) -> Result<(), RecordError> {
        if let Some(before) = self.before.take()
            && let Some(again) = before.iter().find(|written| written.axis == axis && written.step >= step)
        {
            self.cut(again.start)?;
        }
        let mut event = Vec::new();
        double(&mut event, 1, wall_s);
        number(&mut event, 2, step);
        message(&mut event, 5, |summary| {
            for (name, value) in values {
                message(summary, 1, |one| {
                    text(one, 1, &format!("{axis}/{name}"));
                    fixed32(one, 2, (*value as f32).to_bits());
                });
            }
        });
        self.append(&event)
    }

    fn cut(&mut self, to: u64) -> Result<(), RecordError> {
        self.file.set_len(to).map_err(RecordError::io("write", &self.path))?;
        self.file.seek(SeekFrom::Start(to)).map_err(RecordError::io("write", &self.path))?;
        Ok(())
    }

    /// One write for each event: whoever looks sees whole ones.
    fn append(&mut self, event: &[u8]) -> Result<(), RecordError> {
        let length = (event.len() as u64).to_le_bytes();
        let record =
            [&length[..], &masked(&length).to_le_bytes(), event, &masked(event).to_le_bytes()].concat();
        self.file.write_all(&record).map_err(RecordError::io("write", &self.path))
    }
}

/// The checksum of the format: CRC-32C, turned and shifted so that checksums of checksums differ.
fn masked(bytes: &[u8]) -> u32 {
    let mut crc = Crc::<CASTAGNOLI>::default();
    crc.add(bytes);
    crc.value().rotate_right(15).wrapping_add(0xA282_EAD8)
}

/// The events of a file, and where the last whole one ends.
fn written(bytes: &[u8]) -> (Vec<Written>, u64) {
    let (mut found, mut at) = (Vec::new(), 0);
    while let Some(event) = whole(&bytes[at..]) {
        let (mut step, mut axis) = (0, String::new());
        for (field, value) in fields(event) {
            match (field, value) {
                (2, Field::Number(value)) => step = value,
                (5, Field::Bytes(summary)) => {
                    let tag = fields(summary).find_map(|(_, value)| match value {
                        Field::Bytes(value) => fields(value).find_map(|field| match field {
                            (1, Field::Bytes(tag)) => std::str::from_utf8(tag).ok(),
                            _ => None,
                        }),
                        _ => None,
                    });
                    axis = tag.and_then(|tag| tag.split('/').next()).unwrap_or_default().to_string();
                }
                _ => {}
            }
        }
        found.push(Written { start: at as u64, axis, step });
        at += event.len() + 16;
    }
    (found, at as u64)
}

/// The event that bytes begin with, if it is whole.
fn whole(bytes: &[u8]) -> Option<&[u8]> {
    let (length, rest) = bytes.split_at_checked(8)?;
    let (check, rest) = rest.split_at_checked(4)?;
    if masked(length).to_le_bytes() != check {
        return None;
    }
    let length = u64::from_le_bytes(length.try_into().ok()?);
    let (event, rest) = rest.split_at_checked(usize::try_from(length).ok()?)?;
    (rest.get(..4)? == masked(event).to_le_bytes()).then_some(event)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A CRC-32C of its own, bit by bit. Vectors: RFC 3720, B.4.
    fn crc32c(bytes: &[u8]) -> u32 {
        let mut crc = u32::MAX;
        for byte in bytes {
            crc ^= u32::from(*byte);
            for _ in 0..8 {
                crc = if crc & 1 == 1 { crc >> 1 ^ 0x82F6_3B78 } else { crc >> 1 };
            }
        }
        !crc
    }

    #[test]
    fn the_checksum_is_the_published_one() {
        let up: Vec<u8> = (0..32).collect();
        let down: Vec<u8> = (0..32).rev().collect();
        for (bytes, want) in [
            (&[0; 32][..], 0x8A91_36AA),
            (&[0xFF; 32][..], 0x62A8_AB43),
            (&up[..], 0x46DD_794E),
            (&down[..], 0x113F_DB5C),
            (b"123456789", 0xE306_9283),
        ] {
            let mut crc = Crc::<CASTAGNOLI>::default();
            crc.add(bytes);
            assert_eq!((crc.value(), crc32c(bytes)), (want, want));
            let masked_by_hand = want.rotate_right(15).wrapping_add(0xA282_EAD8);
            assert_eq!(masked(bytes), masked_by_hand);
        }
    }

    /// Steps, tags and values of a file, read by hand: the order of fields is that of the writer.
    fn read(path: &Path) -> Vec<(u64, String, f32)> {
        let bytes = std::fs::read(path).unwrap();
        let (mut rest, mut all) = (&bytes[..], Vec::new());
        while !rest.is_empty() {
            let length = u64::from_le_bytes(rest[..8].try_into().unwrap()) as usize;
            let sum = |bytes: &[u8]| {
                let crc = crc32c(bytes);
                crc.rotate_right(15).wrapping_add(0xA282_EAD8).to_le_bytes()
            };
            assert_eq!(rest[8..12], sum(&rest[..8]));
            let event = &rest[12..12 + length];
            assert_eq!(rest[12 + length..16 + length], sum(event));
            rest = &rest[16 + length..];
            // A double of field 1, then a varint of field 2 or a text of field 3.
            assert_eq!(event[0], 0x09);
            if event[9] == 0x1A {
                assert!(all.is_empty() && &event[11..] == b"brain.Event:2");
                continue;
            }
            assert_eq!(event[9], 0x10);
            let (mut at, mut step, mut shift) = (10, 0, 0);
            loop {
                step |= u64::from(event[at] & 127) << shift;
                (at, shift) = (at + 1, shift + 7);
                if event[at - 1] < 128 {
                    break;
                }
            }
            assert_eq!((event[at], usize::from(event[at + 1])), (0x2A, event.len() - at - 2));
            at += 2;
            while at < event.len() {
                assert_eq!((event[at], event[at + 2]), (0x0A, 0x0A));
                let tag = usize::from(event[at + 3]);
                let name = String::from_utf8(event[at + 4..at + 4 + tag].to_vec()).unwrap();
                at += 4 + tag;
                assert_eq!(event[at], 0x15);
                let value = f32::from_le_bytes(event[at + 1..at + 5].try_into().unwrap());
                all.push((step, name, value));
                at += 5;
            }
        }
        all
    }

    #[test]
    fn a_run_that_goes_on_has_every_step_once() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join(FILE);
        let epoch = |file: &mut EventFile, number: u64| {
            for sample in [100 * number - 50, 100 * number] {
                file.measured(1.5, ("sample", sample), &[("loss", 0.5)]).unwrap();
            }
            file.measured(2.5, ("epoch", number), &[("loss", 0.25), ("accuracy/test", number as f64)])
                .unwrap();
        };
        let mut file = EventFile::create(&path, 0.0).unwrap();
        (1..=4).for_each(|number| epoch(&mut file, number));
        drop(file);
        let whole = (std::fs::read(&path).unwrap(), read(&path));
        assert_eq!(whole.1[..4].iter().map(|one| one.0).collect::<Vec<_>>(), [50, 100, 1, 1]);
        assert_eq!(whole.1[3], (1, "epoch/accuracy/test".into(), 1.0));
        assert_eq!(whole.1.len(), 16);

        // Killed in the middle of a write in epoch 4; the checkpoint is that of epoch 2.
        let cut = OpenOptions::new().write(true).open(&path).unwrap();
        cut.set_len(whole.0.len() as u64 - 7).unwrap();
        let mut file = EventFile::resume(&path, 9.0).unwrap();
        assert_eq!(read(&path).len(), 14, "what was cut is gone, nothing else is");
        (3..=4).for_each(|number| epoch(&mut file, number));
        assert!(std::fs::read(&path).unwrap() == whole.0);

        // It begins anew where nothing was kept.
        let mut file = EventFile::resume(&path, 0.0).unwrap();
        (1..=4).for_each(|number| epoch(&mut file, number));
        assert!(std::fs::read(&path).unwrap() == whole.0);
        std::fs::remove_file(&path).unwrap();
        let mut file = EventFile::resume(&path, 0.0).unwrap();
        (1..=4).for_each(|number| epoch(&mut file, number));
        assert!(std::fs::read(&path).unwrap() == whole.0);
    }
}
