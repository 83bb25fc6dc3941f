//! The body of a snapshot, chunk by chunk: what bincode writes into and reads from.

use super::SnapshotError;
use bincode::de::read::Reader;
use bincode::enc::write::Writer;
use bincode::error::{DecodeError, EncodeError};
use std::io::{self, Read, Write};
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// Bytes of a chunk.
pub const CHUNK: usize = 1 << 20;

/// Counts bytes.
#[derive(Default)]
pub struct Count {
    pub bytes: u64,
}

impl Writer for Count {
    #[inline]
    fn write(&mut self, bytes: &[u8]) -> Result<(), EncodeError> {
        self.bytes += bytes.len() as u64;
        Ok(())
    }
}

/// Collects bytes into chunks and writes each with its checksum.
pub struct BodyWriter<'a> {
    out: &'a mut dyn Write,
    chunk: Vec<u8>,
    number: u64,
    failed: Option<io::Error>,
}

impl<'a> BodyWriter<'a> {
    pub fn new(out: &'a mut dyn Write) -> Self {
        Self { out, chunk: Vec::new(), number: 0, failed: None }
    }

    fn flush(&mut self) -> io::Result<()> {
        let checksum = xxh3_64_with_seed(&self.chunk, self.number);
        self.out.write_all(&self.chunk)?;
        self.out.write_all(&checksum.to_le_bytes())?;
        self.chunk.clear();
        self.number += 1;
        Ok(())
    }

    /// Writes the last chunk, if anything is left for it.
    ///
    /// # Errors
    /// The first failure of a write.
    pub fn finish(mut self) -> io::Result<()> {
        match self.failed.take() {
            Some(error) => Err(error),
            None if self.chunk.is_empty() => Ok(()),
            None => self.flush(),
        }
    }
}

impl Writer for BodyWriter<'_> {
    #[inline]
    fn write(&mut self, mut bytes: &[u8]) -> Result<(), EncodeError> {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(CHUNK - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            if self.chunk.len() == CHUNK
                && let Err(error) = self.flush()
            {
                self.failed = Some(error);
                return Err(EncodeError::Other("it cannot be written"));
            }
            bytes = later;
        }
        Ok(())
    }
}

/// Reads chunks and hands on what is in them once their checksum was found right.
pub struct BodyReader<'a> {
    input: &'a mut dyn Read,
    /// Bytes of the body that are not in `chunk` yet.
    ahead: u64,
    chunk: Vec<u8>,
    /// How much of the chunk has been handed on.
    used: usize,
    number: u64,
    pub failed: Option<SnapshotError>,
}

impl<'a> BodyReader<'a> {
    /// Reads a body of `length` bytes.
    pub fn new(input: &'a mut dyn Read, length: u64) -> Self {
        Self { input, ahead: length, chunk: Vec::new(), used: 0, number: 0, failed: None }
    }

    /// Bytes that have not been handed on.
    pub fn left(&self) -> u64 {
        self.ahead + (self.chunk.len() - self.used) as u64
    }

    fn next(&mut self) -> Result<(), SnapshotError> {
        let length = self.ahead.min(CHUNK as u64) as usize;
        self.chunk.resize(length, 0);
        self.used = 0;
        let mut checksum = [0; 8];
        self.input.read_exact(&mut self.chunk).map_err(super::io("read"))?;
        self.input.read_exact(&mut checksum).map_err(super::io("read"))?;
        let (found, expected) = (xxh3_64_with_seed(&self.chunk, self.number), u64::from_le_bytes(checksum));
        if found != expected {
            let what = format!("its chunk {}", self.number + 1);
            return Err(SnapshotError::Checksum { what, found, expected });
        }
        self.ahead -= length as u64;
        self.number += 1;
        Ok(())
    }
}

impl Reader for BodyReader<'_> {
    #[inline]
    fn read(&mut self, bytes: &mut [u8]) -> Result<(), DecodeError> {
        let mut done = 0;
        while done < bytes.len() {
            if self.used == self.chunk.len() {
                if self.ahead == 0 {
                    return Err(DecodeError::UnexpectedEnd { additional: bytes.len() - done });
                }
                if let Err(error) = self.next() {
                    self.failed = Some(error);
                    return Err(DecodeError::Other("it is damaged"));
                }
            }
            let now = (bytes.len() - done).min(self.chunk.len() - self.used);
            bytes[done..done + now].copy_from_slice(&self.chunk[self.used..self.used + now]);
            self.used += now;
            done += now;
        }
        Ok(())
    }
}
