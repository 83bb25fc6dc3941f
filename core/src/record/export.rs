//! Finished logs as files in a format.

#[cfg(feature = "scenario")]
use super::RunDir;
use super::format::JOINED;
use super::{Format, LogReader, PendingFile, RecordError, WriteError};
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

/// The files that logs become in a format, and what each is made of: `NAME.EXTENSION` for every log that it takes, or one
/// for all of them where the format joins.
///
/// # Errors
/// If a log cannot be read, or is none.
pub fn files(logs: &[PathBuf], format: &dyn Format) -> Result<Vec<(String, Vec<PathBuf>)>, RecordError> {
    let called = |name: &str| format!("{name}.{}", format.extension());
    let mut taken = Vec::new();
    for log in logs {
        if format.takes(LogReader::open(log)?.schema()) {
            taken.push(log.clone());
        }
    }
    Ok(if !format.joins() {
        taken.into_iter().map(|log| (called(&name(&log)), vec![log])).collect()
    } else if taken.is_empty() {
        Vec::new()
    } else {
        vec![(called(JOINED), taken)]
    })
}

/// Writes finished logs into one file, unless `stop` is set meanwhile.
///
/// # Errors
/// If a log is damaged or the file cannot be written, and if it was stopped.
pub fn write(
    logs: &[PathBuf],
    place: &Path,
    format: &dyn Format,
    stop: Option<&Arc<AtomicBool>>,
) -> Result<(), RecordError> {
    let open = |log: &PathBuf| {
        let reader = LogReader::open(log)?;
        Ok(match stop {
            Some(stop) => reader.unless(stop),
            None => reader,
        })
    };
    let mut readers = logs.iter().map(open).collect::<Result<Vec<_>, RecordError>>()?;
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
    files.try_for_each(|(name, logs)| write(&logs, &dir.claim(&name)?, format, stop))
}
