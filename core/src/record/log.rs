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
//! broken off leaves a log without its end, perhaps with half a chunk: the reader says at which byte. Results
//! are written from it in one of the formats of [`super::format`].

use super::RecordError;
use super::log_reader::LogReader;
use super::recorder::{Position, Recorder};
use super::table::{Rows, Schema};
use crate::hint::many;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Seek as _, SeekFrom, Write as _};
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
    chunks: Chunks,
    /// Where the chunks end that are written.
    bytes: u64,
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
        let open = |file, bytes| Open { file, chunks: Chunks::new(width), bytes };
        if let Some(from) = self.from {
            long_enough(path, from)?;
            if *LogReader::open(path).map_err(|error| unusable(error, from))?.schema() != *schema {
                let why = "it has other columns or labels than this run".to_string();
                return Err(RecordError::NoSuchPosition { path: path.clone(), position: from, why });
            }
            let file = OpenOptions::new().read(true).write(true).open(path);
            let file = file.map_err(RecordError::io("open", path))?;
            self.open = Some(open(file, 0));
            return self.truncate(from);
        }
        let head = head(schema)?;
        let mut file = File::create(path).map_err(RecordError::io("write", path))?;
        file.write_all(&head).map_err(RecordError::io("write", path))?;
        self.open = Some(open(file, head.len() as u64));
        Ok(())
    }

    fn append(&mut self, rows: &Rows) -> Result<(), RecordError> {
        let (path, open) = self.opened()?;
        if rows.width() != open.chunks.width {
            let message = format!("rows have {} bytes, those of the log {}", rows.width(), open.chunks.width);
            return Err(RecordError::Encode { name: path.display().to_string(), message });
        }
        let Open { file, chunks, bytes } = open;
        chunks.add(rows.bytes(), |chunk| written(path, file, bytes, chunk))
    }

    fn position(&mut self) -> Result<Position, RecordError> {
        let (path, open) = self.opened()?;
        open.flush(path)?;
        // A checkpoint that names this place must not reach the disk before what it names.
        open.file.sync_data().map_err(RecordError::io("write", path))?;
        Ok(Position { rows: open.chunks.rows, bytes: open.bytes })
    }

    fn truncate(&mut self, to: Position) -> Result<(), RecordError> {
        let (path, open) = self.opened()?;
        let of = |error| unusable(error, to);
        let mut reader = LogReader::open(path).map_err(of)?;
        while reader.position().bytes < to.bytes && reader.next_rows().map_err(of)?.is_some() {}
        if reader.position() != to {
            let why = "no chunk ends there".to_string();
            return Err(RecordError::NoSuchPosition { path: path.to_path_buf(), position: to, why });
        }
        open.file.set_len(to.bytes).map_err(RecordError::io("write", path))?;
        open.file.seek(SeekFrom::Start(to.bytes)).map_err(RecordError::io("write", path))?;
        open.chunks.restart(to.rows);
        open.bytes = to.bytes;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), RecordError> {
        let (path, open) = self.opened()?;
        let Open { file, chunks, bytes } = open;
        chunks.end(|chunk| written(path, file, bytes, chunk))?;
        self.open = None;
        Ok(())
    }
}

impl Open {
    /// Writes the rows that wait, if there are any.
    fn flush(&mut self, path: &Path) -> Result<(), RecordError> {
        let Self { file, chunks, bytes } = self;
        chunks.flush(|chunk| written(path, file, bytes, chunk))
    }
}

/// A log that is not as long as it was at a position has been cut short, or is not there.
fn long_enough(path: &Path, from: Position) -> Result<(), RecordError> {
    let why = match std::fs::metadata(path) {
        Ok(there) if there.len() >= from.bytes => return Ok(()),
        Ok(there) => format!(
            "it was cut short: it is {} long, and had at least {} when the checkpoint was written",
            many(there.len(), "byte"),
            from.bytes
        ),
        Err(error) if error.kind() == ErrorKind::NotFound => "it is not there any more".to_string(),
        Err(error) => return Err(RecordError::io("open", path)(error)),
    };
    Err(RecordError::NoSuchPosition { path: path.to_path_buf(), position: from, why })
}

/// Damage before a position that is to be gone on from: going on cannot cut it off.
fn unusable(error: RecordError, position: Position) -> RecordError {
    match error {
        RecordError::Damaged { path, offset, what, .. } => {
            let why = format!("it is damaged at byte {offset}, before that: {what}");
            RecordError::NoSuchPosition { path, position, why }
        }
        other => other,
    }
}

/// Appends a chunk to the file of a log, which has `bytes`.
fn written(path: &Path, file: &mut File, bytes: &mut u64, chunk: &[u8]) -> Result<(), RecordError> {
    *bytes += chunk.len() as u64;
    file.write_all(chunk).map_err(RecordError::io("write", path))
}

/// What stands before the chunks.
pub(super) fn head(schema: &Schema) -> Result<Vec<u8>, RecordError> {
    let text = toml::to_string(schema)
        .map_err(|error| RecordError::Encode { name: schema.name.clone(), message: error.to_string() })?;
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&VERSION.to_le_bytes());
    head.extend_from_slice(&(text.len() as u32).to_le_bytes());
    head.extend_from_slice(text.as_bytes());
    head.extend_from_slice(&xxh3_64(&head).to_le_bytes());
    Ok(head)
}

/// Makes chunks of rows, wherever they are written.
#[derive(Debug)]
pub(super) struct Chunks {
    width: usize,
    /// The head of the next chunk, and its rows so far.
    chunk: Vec<u8>,
    /// Rows of the chunks that are written.
    rows: u64,
}

impl Chunks {
    /// Of rows of so many bytes.
    pub(super) fn new(width: usize) -> Self {
        Self { width, chunk: vec![0; CHUNK_HEAD], rows: 0 }
    }

    /// Forgets what waits and goes on after so many rows.
    fn restart(&mut self, rows: u64) {
        self.chunk.truncate(CHUNK_HEAD);
        self.rows = rows;
    }

    /// Adds rows, and puts every chunk that is full.
    pub(super) fn add<E>(
        &mut self,
        mut bytes: &[u8],
        mut put: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let full = CHUNK_HEAD + rows_per_chunk(self.width) * self.width;
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(full - self.chunk.len()));
            self.chunk.extend_from_slice(now);
            if self.chunk.len() == full {
                self.flush(&mut put)?;
            }
            bytes = later;
        }
        Ok(())
    }

    /// Puts the rows that wait, if there are any.
    fn flush<E>(&mut self, put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        let rows = (self.chunk.len() - CHUNK_HEAD) / self.width;
        if rows == 0 {
            return Ok(());
        }
        let first = self.rows;
        self.rows += rows as u64;
        self.put(rows as u32, first, put)
    }

    /// Puts the rows that wait, and the mark of the end.
    pub(super) fn end<E>(&mut self, mut put: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.flush(&mut put)?;
        self.put(0, self.rows, put)
    }

    fn put<E>(
        &mut self,
        rows: u32,
        first: u64,
        mut put: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.chunk[..4].copy_from_slice(&rows.to_le_bytes());
        self.chunk[4..CHUNK_HEAD].copy_from_slice(&first.to_le_bytes());
        let checksum = xxh3_64(&self.chunk);
        self.chunk.extend_from_slice(&checksum.to_le_bytes());
        let written = put(&self.chunk);
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
            ..Schema::default()
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
        // Cut short, or damaged, before where it is to go on.
        let short = Position { rows: 5000, bytes: 1 << 40 };
        let said = refused(short, &schema()).to_string();
        let long = format!("it is {} bytes long, and had at least {} when", whole.len(), short.bytes);
        assert!(said.contains("cannot go on from row 5000") && said.contains(&long), "{said}");
        let mut damaged = whole.clone();
        damaged[300] ^= 1;
        std::fs::write(&path, &damaged).unwrap();
        let end = Position { rows: 5000, bytes: whole.len() as u64 - 20 };
        let error = LogRecorder::from(&path, end).begin(&schema()).unwrap_err();
        assert!(error.to_string().contains("it is damaged at byte"), "{error}");
        assert!(error.hint().unwrap().contains("--force"), "{error}");
        std::fs::remove_file(&path).unwrap();
        let error = LogRecorder::from(&path, end).begin(&schema()).unwrap_err();
        assert!(error.to_string().contains("it is not there any more"), "{error}");
        std::fs::write(&path, &whole).unwrap();
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
