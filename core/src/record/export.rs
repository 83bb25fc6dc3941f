//! Finished logs as files in a format.

#[cfg(feature = "scenario")]
use super::RunDir;
use super::format::JOINED;
use super::{Format, LogReader, PendingFile, RecordError, WriteError};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What logs that are kept in a run end in.
pub const KEPT: &str = "rows";

/// The name of a record, from the file of its log.
#[must_use]
pub fn name(log: &Path) -> String {
    log.file_stem().map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

/// A file that logs become in a format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// Its name.
    pub file: String,
    /// What it is made of.
    pub logs: Vec<PathBuf>,
    /// The rows of them.
    pub rows: Range<u64>,
}

/// The files that logs become in a format: `NAME.EXTENSION` for every log that it takes, or one for all of them where the format
/// joins; `NAME-1.EXTENSION` and so on where a file may not have all rows.
///
/// # Errors
/// If a log cannot be read, or is none.
pub fn files(logs: &[PathBuf], format: &dyn Format) -> Result<Vec<Piece>, RecordError> {
    let called = |name: &str| format!("{name}.{}", format.extension());
    let mut taken = Vec::new();
    for log in logs {
        if format.takes(LogReader::open(log)?.schema()) {
            taken.push(log.clone());
        }
    }
    let all = 0..u64::MAX;
    if format.joins() {
        let one = Piece { file: called(JOINED), logs: taken, rows: all };
        return Ok(if one.logs.is_empty() { Vec::new() } else { vec![one] });
    }
    let mut pieces = Vec::new();
    for log in taken {
        let name = name(&log);
        let parts = match format.most() {
            Some(most) => (LogReader::open(&log)?.rows()?.div_ceil(most), most),
            None => (1, u64::MAX),
        };
        match parts {
            (0 | 1, _) => pieces.push(Piece { file: called(&name), logs: vec![log], rows: all.clone() }),
            (parts, most) => pieces.extend((0..parts).map(|part| Piece {
                file: called(&format!("{name}-{}", part + 1)),
                logs: vec![log.clone()],
                rows: part * most..(part + 1) * most,
            })),
        }
    }
    Ok(pieces)
}

/// Writes a piece of finished logs into one file, unless `stop` is set meanwhile.
///
/// # Errors
/// If a log is damaged or the file cannot be written, and if it was stopped.
pub fn write(
    piece: &Piece,
    place: &Path,
    format: &dyn Format,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<(), RecordError> {
    let open = |log: &PathBuf| {
        let reader = LogReader::open(log)?.only(piece.rows.clone());
        Ok(match stop {
            Some(stop) => reader.unless(stop),
            None => reader,
        })
    };
    let mut readers = piece.logs.iter().map(open).collect::<Result<Vec<_>, RecordError>>()?;
    let mut file = PendingFile::create(place)?;
    let written = match readers.as_mut_slice() {
        [one] => format.write(one, &mut file.writer()),
        several => format.write_all(several, &mut file.writer()),
    };
    written.map_err(|error| match error {
        WriteError::Log(error) => error,
        WriteError::Out(error) => RecordError::io("write", place)(error),
    })?;
    file.finish()
}

/// Writes finished logs into a run directory, as [`files`] names them.
///
/// # Errors
/// As [`write()`].
#[cfg(feature = "scenario")]
pub fn export(
    logs: &[PathBuf],
    dir: &RunDir,
    format: &dyn Format,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<(), RecordError> {
    let mut files = files(logs, format)?.into_iter();
    files.try_for_each(|piece| write(&piece, &dir.claim(&piece.file)?, format, stop))
}
