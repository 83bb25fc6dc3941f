//! Reads a record log chunk by chunk and checks every byte of it.

use super::RecordError;
use super::log::{CHUNK_HEAD, MAGIC, VERSION, rows_per_chunk};
use super::recorder::Position;
use super::table::Schema;
use std::fs::File;
use std::io::{BufReader, ErrorKind, Read as _, Seek as _, SeekFrom};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use xxhash_rust::xxh3::xxh3_64;

/// Names of columns and labels have no more bytes than this: a damaged length asks for no more memory.
const LONGEST_SCHEMA: usize = 1 << 24;

/// A log that is being read.
#[derive(Debug)]
pub struct LogReader {
    path: PathBuf,
    input: BufReader<File>,
    schema: Schema,
    width: usize,
    chunk: Vec<u8>,
    start: u64,
    at: Position,
    ended: bool,
    stop: Option<Arc<AtomicBool>>,
    /// The rows that are read.
    only: Range<u64>,
}

impl LogReader {
    /// Opens a log and reads its head.
    ///
    /// # Errors
    /// If it cannot be read, is not a log, or its head is damaged.
    pub fn open(path: &Path) -> Result<Self, RecordError> {
        let file = File::open(path).map_err(RecordError::io("open", path))?;
        let mut reader = Self {
            path: path.to_path_buf(),
            input: BufReader::new(file),
            schema: Schema::default(),
            width: 0,
            chunk: Vec::new(),
            start: 0,
            at: Position::default(),
            ended: false,
            stop: None,
            only: 0..u64::MAX,
        };
        reader.read(0, MAGIC.len() + 8, "its head is cut short")?;
        if reader.chunk[..MAGIC.len()] != MAGIC {
            return Err(reader.damaged("it does not begin like a record log"));
        }
        let word = |bytes: &[u8]| bytes.iter().rev().fold(0u32, |word, byte| word << 8 | u32::from(*byte));
        let (version, length) = (word(&reader.chunk[8..12]), word(&reader.chunk[12..16]) as usize);
        if length > LONGEST_SCHEMA {
            return Err(reader.damaged("its head has an impossible length"));
        }
        let head = MAGIC.len() + 8;
        reader.read(head, length + 8, "its head is cut short")?;
        reader.check("its head does not have its checksum")?;
        if version != VERSION {
            return Err(reader.damaged(&format!("it is of version {version}, this program reads {VERSION}")));
        }
        let schema = toml::from_slice(&reader.chunk[head..head + length]);
        reader.schema = match schema {
            Ok(schema) => schema,
            Err(error) => return Err(reader.damaged(&format!("its columns cannot be read: {error}"))),
        };
        reader.width = reader.schema.width();
        if reader.width == 0 {
            return Err(reader.damaged("it has no columns"));
        }
        reader.start = reader.chunk.len() as u64;
        reader.at.bytes = reader.start;
        Ok(reader)
    }

    /// Reading fails with [`RecordError::Stopped`] once this is set.
    #[must_use]
    pub fn unless(mut self, stop: &Arc<AtomicBool>) -> Self {
        self.stop = Some(Arc::clone(stop));
        self
    }

    /// Only these rows are read, counted from 0.
    #[must_use]
    pub fn only(mut self, rows: Range<u64>) -> Self {
        self.only = rows;
        self
    }

    /// Rows of a finished log, as its end mark says.
    ///
    /// # Errors
    /// If it was not finished, or cannot be read.
    pub fn rows(&mut self) -> Result<u64, RecordError> {
        let here = self.input.stream_position().map_err(RecordError::io("read", &self.path))?;
        let end = CHUNK_HEAD + 8;
        let found = self.input.seek(SeekFrom::End(-(end as i64)));
        found.map_err(RecordError::io("read", &self.path))?;
        self.read(0, end, "it ends here without its end mark")?;
        self.check("it ends here without its end mark")?;
        let (mark, rows) = self.chunk[..CHUNK_HEAD].split_at(4);
        if mark != [0; 4] {
            return Err(self.damaged("it ends here without its end mark"));
        }
        let rows = rows.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
        self.input.seek(SeekFrom::Start(here)).map_err(RecordError::io("read", &self.path))?;
        Ok(rows)
    }

    /// Columns and labels.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// Where the log is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What has been read so far.
    #[must_use]
    pub fn position(&self) -> Position {
        self.at
    }

    /// The rows of the next chunk, without gaps; `None` at the end of a finished log.
    ///
    /// # Errors
    /// If the chunk is cut short or damaged, or the log was not finished (everything before it was whole), or it was
    /// stopped.
    pub fn next_rows(&mut self) -> Result<Option<&[u8]>, RecordError> {
        loop {
            let first = self.at.rows;
            if self.only.end <= first && self.only.end < u64::MAX || !self.next_chunk()? {
                return Ok(None);
            }
            let within = |row: u64| (row.clamp(first, self.at.rows) - first) as usize * self.width;
            let (from, to) = (within(self.only.start), within(self.only.end));
            if from < to {
                return Ok(Some(&self.chunk[CHUNK_HEAD + from..CHUNK_HEAD + to]));
            }
        }
    }

    /// Reads the next chunk; false at the end.
    fn next_chunk(&mut self) -> Result<bool, RecordError> {
        if self.ended {
            return Ok(false);
        }
        if self.stop.as_ref().is_some_and(|stop| stop.load(Ordering::Relaxed)) {
            return Err(RecordError::Stopped);
        }
        self.read(0, CHUNK_HEAD, "it ends here without its end mark")?;
        let mut rows = [0; 4];
        rows.copy_from_slice(&self.chunk[..4]);
        let rows = u32::from_le_bytes(rows) as usize;
        if rows > rows_per_chunk(self.width) {
            return Err(self.damaged("the chunk that begins here has an impossible length"));
        }
        self.read(CHUNK_HEAD, rows * self.width + 8, "the chunk that begins here is cut short")?;
        self.check("the chunk that begins here does not have its checksum")?;
        if self.chunk[4..CHUNK_HEAD] != self.at.rows.to_le_bytes() {
            return Err(self.damaged("the chunk that begins here does not follow the one before"));
        }
        self.at.bytes += self.chunk.len() as u64;
        self.at.rows += rows as u64;
        if rows == 0 {
            self.ended = true;
            return match self.input.read(&mut [0]) {
                Ok(0) => Ok(false),
                Ok(_) => Err(self.damaged("something follows its end mark")),
                Err(error) => Err(RecordError::io("read", &self.path)(error)),
            };
        }
        Ok(true)
    }

    /// Goes back to the first row.
    ///
    /// # Errors
    /// If the file cannot be read from the start again.
    pub fn rewind(&mut self) -> Result<(), RecordError> {
        self.input.seek(SeekFrom::Start(self.start)).map_err(RecordError::io("read", &self.path))?;
        self.at = Position { rows: 0, bytes: self.start };
        self.ended = false;
        Ok(())
    }

    /// Reads `more` bytes behind the first `have` of the chunk buffer.
    fn read(&mut self, have: usize, more: usize, short: &str) -> Result<(), RecordError> {
        self.chunk.resize(have + more, 0);
        match self.input.read_exact(&mut self.chunk[have..]) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => Err(self.damaged(short)),
            Err(error) => Err(RecordError::io("read", &self.path)(error)),
        }
    }

    /// Whether the chunk buffer ends with the checksum of what is before it.
    fn check(&self, otherwise: &str) -> Result<(), RecordError> {
        let (body, checksum) = self.chunk.split_at(self.chunk.len() - 8);
        if xxh3_64(body).to_le_bytes() == *checksum { Ok(()) } else { Err(self.damaged(otherwise)) }
    }

    pub(super) fn damaged(&self, what: &str) -> RecordError {
        RecordError::Damaged {
            path: self.path.clone(),
            offset: self.at.bytes,
            rows: self.at.rows,
            what: what.to_string(),
        }
    }
}
