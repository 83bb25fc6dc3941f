//! The record log: what a record is on disk while a run goes on, in chunks that can be checked.
//!
//! ```text
//! head   "MEMSPLOG", version u32, length u32 of the schema, schema (TOML), XXH3-64 of all this
//! chunk  rows u32 (not 0), number of the first row u64, the rows, XXH3-64 of all this
//! ...
//! end    0 u32, rows in all u64, XXH3-64 of both
//! ```
//!
//! All numbers are little-endian; a row has its values in the order of the columns, without gaps. A chunk holds up to
//! 64 KiB of rows, so writing and reading take that much memory whatever the length of the record. A run that is
//! broken off leaves a log without its end, perhaps with half a chunk: the reader says at which byte. It is not
//! kept for long: results are written from it in one of the formats of [`super::format`].

use super::RecordError;
use super::log_reader::LogReader;
use super::recorder::{Position, Recorder};
use super::table::{Rows, Schema};
use std::fs::{File, OpenOptions};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use xxhash_rust::xxh3::xxh3_64;

pub(super) const MAGIC: [u8; 8] = *b"MEMSPLOG";
pub(super) const VERSION: u32 = 1;
/// Bytes before the rows of a chunk.
pub(super) const CHUNK_HEAD: usize = 12;
/// Bytes of rows in a chunk, at most, unless one row has more.
const CHUNK: usize = 1 << 16;

/// Rows that a chunk holds at most.
pub(super) fn rows_per_chunk(width: usize) -> usize {
    (CHUNK / width.max(1)).max(1)
}

/// Writes a record into a log file.
#[derive(Debug)]
pub struct LogRecorder {
    path: PathBuf,
    from: Option<Position>,
    open: Option<Open>,
}

#[derive(Debug)]
struct Open {
    file: File,
    width: usize,
    /// The head of the next chunk, and its rows so far.
    chunk: Vec<u8>,
    /// Where the chunks end that are written.
    at: Position,
}

impl LogRecorder {
    /// A new log at `path`; what is there is replaced when the record begins.
    #[must_use]
    pub fn new(path: &Path) -> Self {
        Self { path: path.to_path_buf(), from: None, open: None }
    }

    /// Goes on with the log at `path` from a position that a checkpoint names. What comes after it is cut off.
    #[must_use]
    pub fn from(path: &Path, position: Position) -> Self {
        Self { path: path.to_path_buf(), from: Some(position), open: None }
    }

    /// Where the log is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn opened(&mut self) -> Result<(&Path, &mut Open), RecordError> {
        match &mut self.open {
            Some(open) => Ok((&self.path, open)),
            None => Err(RecordError::Malformed {
                path: self.path.clone(),
                message: "the record has not begun, or is finished".into(),
            }),
        }
    }
}

impl Recorder for LogRecorder {
    fn begin(&mut self, schema: &Schema) -> Result<(), RecordError> {
        let path = &self.path;
        let width = schema.width();
        if width == 0 {
            let message = "it has no columns".to_string();
            return Err(RecordError::Encode { name: schema.name.clone(), message });
        }
        let open = |file, at| Open { file, width, chunk: vec![0; CHUNK_HEAD], at };
        if let Some(from) = self.from {
            if *LogReader::open(path)?.schema() != *schema {
                let why = "it has other columns or labels than this run".to_string();
                return Err(RecordError::NoSuchPosition { path: path.clone(), position: from, why });
            }
            let file = OpenOptions::new().read(true).write(true).open(path);
            let file = file.map_err(RecordError::io("open", path))?;
            self.open = Some(open(file, Position::default()));
            return self.truncate(from);
        }
        let text = toml::to_string(schema)
            .map_err(|error| RecordError::Encode { name: schema.name.clone(), message: error.to_string() })?;
        let mut head = MAGIC.to_vec();
        head.extend_from_slice(&VERSION.to_le_bytes());
        head.extend_from_slice(&(text.len() as u32).to_le_bytes());
        head.extend_from_slice(text.as_bytes());
        head.extend_from_slice(&xxh3_64(&head).to_le_bytes());
        let mut file = File::create(path).map_err(RecordError::io("write", path))?;
        file.write_all(&head).map_err(RecordError::io("write", path))?;
        self.open = Some(open(file, Position { rows: 0, bytes: head.len() as u64 }));
        Ok(())
    }

    fn append(&mut self, rows: &Rows) -> Result<(), RecordError> {
        let (path, open) = self.opened()?;
        if rows.width() != open.width {
            let message = format!("rows have {} bytes, those of the log {}", rows.width(), open.width);
            return Err(RecordError::Encode { name: path.display().to_string(), message });
        }
        let full = CHUNK_HEAD + rows_per_chunk(open.width) * open.width;
        let mut bytes = rows.bytes();
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(full - open.chunk.len()));
            open.chunk.extend_from_slice(now);
            if open.chunk.len() == full {
                open.flush(path)?;
            }
            bytes = later;
        }
        Ok(())
    }

    fn position(&mut self) -> Result<Position, RecordError> {
        let (path, open) = self.opened()?;
        open.flush(path)?;
        // A checkpoint that names this place must not reach the disk before what it names.
        open.file.sync_data().map_err(RecordError::io("write", path))?;
        Ok(open.at)
    }

    fn truncate(&mut self, to: Position) -> Result<(), RecordError> {
        let (path, open) = self.opened()?;
        let mut reader = LogReader::open(path)?;
        while reader.position().bytes < to.bytes && reader.next_rows()?.is_some() {}
        if reader.position() != to {
            let why = "no chunk ends there".to_string();
            return Err(RecordError::NoSuchPosition { path: path.to_path_buf(), position: to, why });
        }
        open.file.set_len(to.bytes).map_err(RecordError::io("write", path))?;
        open.file.seek(SeekFrom::Start(to.bytes)).map_err(RecordError::io("write", path))?;
        open.chunk.truncate(CHUNK_HEAD);
        open.at = to;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), RecordError> {
        let (path, open) = self.opened()?;
        open.flush(path)?;
        let rows = open.at.rows;
        open.write(path, 0, rows)?;
        self.open = None;
        Ok(())
    }
}

impl Open {
    /// Writes the rows that wait, if there are any.
    fn flush(&mut self, path: &Path) -> Result<(), RecordError> {
        let rows = (self.chunk.len() - CHUNK_HEAD) / self.width;
        if rows > 0 {
            self.write(path, rows as u32, self.at.rows)?;
            self.at.rows += rows as u64;
        }
        Ok(())
    }

    fn write(&mut self, path: &Path, rows: u32, first: u64) -> Result<(), RecordError> {
        self.chunk[..4].copy_from_slice(&rows.to_le_bytes());
        self.chunk[4..CHUNK_HEAD].copy_from_slice(&first.to_le_bytes());
        let checksum = xxh3_64(&self.chunk);
        self.chunk.extend_from_slice(&checksum.to_le_bytes());
        let written = self.file.write_all(&self.chunk).map_err(RecordError::io("write", path));
        self.at.bytes += self.chunk.len() as u64;
        self.chunk.truncate(CHUNK_HEAD);
        written
    }
}

#[cfg(test)]
mod tests {
    use super::super::table::{Column, ColumnKind, Value};
    use super::*;
    use crate::time::Time;
    use proptest::prelude::*;

    fn schema() -> Schema {
        Schema {
            name: "spikes".into(),
            columns: vec![
                Column::new("time", ColumnKind::Time),
                Column::new("population", ColumnKind::Label),
                Column::new("id", ColumnKind::Index),
            ],
            labels: vec!["e".into(), "i".into()],
        }
    }

    fn rows(range: std::ops::Range<u64>) -> Rows {
        let mut rows = Rows::new(&schema());
        for k in range {
            let row =
                [Value::Time(Time::from_fs(k * k)), Value::Label((k % 2) as u32), Value::Index(k as u32)];
            rows.push(&row).unwrap();
        }
        rows
    }

    fn read(path: &Path) -> Result<Vec<u8>, RecordError> {
        let (mut reader, mut all) = (LogReader::open(path)?, Vec::new());
        while let Some(rows) = reader.next_rows()? {
            all.extend_from_slice(rows);
        }
        Ok(all)
    }

    /// A log of rows 0 to `count`, in batches of 1000.
    fn written(path: &Path, count: u64) {
        let mut log = LogRecorder::new(path);
        log.begin(&schema()).unwrap();
        for first in (0..count).step_by(1000) {
            log.append(&rows(first..count.min(first + 1000))).unwrap();
        }
        log.finish().unwrap();
    }

    #[test]
    fn rows_come_back_in_order_from_many_chunks() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("spikes.log");
        for count in [0, 1, 4096, 4097, 50_000] {
            written(&path, count);
            assert_eq!(*LogReader::open(&path).unwrap().schema(), schema());
            assert!(read(&path).unwrap() == rows(0..count).bytes(), "{count}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]

        /// As after a checkpoint: the process ends some time later, perhaps in the middle of a write.
        #[test]
        fn a_log_cut_back_to_a_position_ends_like_one_never_cut(
            at in 0u64..20_000, lost in 0u64..20_000, torn in 0u64..3000
        ) {
            let root = tempfile::tempdir().unwrap();
            let path = root.path().join("spikes.log");
            let mut log = LogRecorder::new(&path);
            log.begin(&schema()).unwrap();
            log.append(&rows(0..at)).unwrap();
            let position = log.position().unwrap();
            log.append(&rows(at..at + lost)).unwrap();
            drop(log);
            let length = std::fs::metadata(&path).unwrap().len();
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(position.bytes.max(length.saturating_sub(torn))).unwrap();

            let mut log = LogRecorder::from(&path, position);
            log.begin(&schema()).unwrap();
            log.append(&rows(at..20_000)).unwrap();
            log.finish().unwrap();
            prop_assert!(read(&path).unwrap() == rows(0..20_000).bytes());
        }
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed_at_its_chunk() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("spikes.log");
        let mut log = LogRecorder::new(&path);
        log.begin(&schema()).unwrap();
        let head = log.position().unwrap().bytes;
        log.append(&rows(0..3)).unwrap();
        let second = log.position().unwrap().bytes;
        log.append(&rows(3..5)).unwrap();
        log.finish().unwrap();
        let whole = std::fs::read(&path).unwrap();
        let fault = |bytes: &[u8]| {
            std::fs::write(&path, bytes).unwrap();
            match read(&path).unwrap_err() {
                RecordError::Damaged { offset, rows, .. } => (offset, rows),
                other => panic!("{other}"),
            }
        };
        let expected = |at: u64| match at {
            at if at < head => (0, 0),
            at if at < second => (head, 0),
            at if at < whole.len() as u64 - 20 => (second, 3),
            _ => (whole.len() as u64 - 20, 5),
        };
        for bit in 0..whole.len() * 8 {
            let mut damaged = whole.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(fault(&damaged), expected(bit as u64 / 8), "bit {bit}");
        }
        for length in 0..whole.len() {
            assert_eq!(fault(&whole[..length]), expected(length as u64), "cut at {length}");
        }
        assert_eq!(fault(&[&whole[..], b"x"].concat()), (whole.len() as u64, 5));
    }

    #[test]
    fn a_damaged_log_is_told_with_file_byte_and_what_to_do() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("spikes.log");
        written(&path, 5000);
        let whole = std::fs::read(&path).unwrap();
        std::fs::write(&path, &whole[..whole.len() - 30]).unwrap();
        let error = read(&path).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("spikes.log") && text.contains("cut short") && text.contains("4096 rows"),
            "{text}"
        );
        assert!(text.contains(&format!("byte {}", whole.len() - 20 - 904 * 16 - 20)), "{text}");
        assert!(error.hint().unwrap().contains("--resume"));
    }

    #[test]
    fn what_cannot_be_gone_on_with_is_refused_and_left_as_it_was() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("spikes.log");
        written(&path, 5000);
        let whole = std::fs::read(&path).unwrap();
        let refused = |position: Position, schema: &Schema| {
            let error = LogRecorder::from(&path, position).begin(schema).unwrap_err();
            assert!(std::fs::read(&path).unwrap() == whole);
            error
        };
        for (rows, bytes) in [(10, 500), (5000, 1 << 40), (4095, whole.len() as u64 - 20 - 904 * 16 - 20)] {
            let error = refused(Position { rows, bytes }, &schema());
            assert!(matches!(error, RecordError::NoSuchPosition { .. }), "{error}");
        }
        let other = Schema { labels: vec!["e".into()], ..schema() };
        let error = refused(Position::default(), &other);
        assert!(error.to_string().contains("other columns"), "{error}");
    }

    #[test]
    fn a_recorder_that_has_not_begun_says_so() {
        let root = tempfile::tempdir().unwrap();
        let mut log = LogRecorder::new(&root.path().join("spikes.log"));
        assert!(log.append(&rows(0..1)).unwrap_err().to_string().contains("has not begun"));
    }
}
