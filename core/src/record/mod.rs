//! What a run leaves on disk: the run directory, records, arrays and the fingerprint. Everything takes a path or
//! returns bytes; nothing here reads a clock or prints.
//!
//! A record (spikes, membranes, synapses, or what a program adds) is a [`table::Schema`] of columns and rows of them. While the
//! run goes on a [`Recorder`] takes its rows; [`LogRecorder`] keeps them in a checked log on disk, which a checkpoint
//! can be gone on with. At the end the log is written in a [`format::Format`].

#[cfg(feature = "formats")]
pub mod array;
pub mod courses;
mod crc;
pub mod csv;
pub mod export;
pub mod fingerprint;
pub mod format;
pub mod kept;
pub mod log;
mod log_reader;
pub mod matrix;
pub mod membrane;
#[cfg(feature = "formats")]
pub mod npz;
mod pending;
pub mod presentations;
mod protobuf;
pub mod recorder;
#[cfg(feature = "scenario")]
pub mod rundir;
pub mod selected;
pub mod spikes;
pub mod states;
pub mod synapses;
pub mod table;
pub mod tensorboard;
pub mod timeline;
#[cfg(feature = "formats")]
mod zip;

#[cfg(feature = "scenario")]
pub use export::export;
pub use fingerprint::Fingerprint;
pub use format::{Format, Formats, WriteError};
pub use kept::{Positions, Records, Take};
pub use log::LogRecorder;
pub use log_reader::LogReader;
pub use pending::PendingFile;
pub use recorder::{Position, Recorder};
#[cfg(feature = "scenario")]
pub use rundir::{RunDir, RunStatus};
pub use selected::{Selected, SelectedSynapses};
pub use spikes::SpikeRow;
#[cfg(feature = "formats")]
pub use zip::deflated;

use std::io;
use std::path::{Path, PathBuf};

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
pub enum RecordError {
    /// The operating system refused to do `action` to `path`, and says why in `source`.
    #[error("cannot {action} `{}`: {}", path.display(), reason(source))]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// The directory `path` asked for holds something already; `--force` may replace it if it `is_run`.
    #[error("`{}` exists and is not empty", path.display())]
    Exists { path: PathBuf, is_run: bool },
    /// Another process writes the directory `path`.
    #[error("another run is writing `{}`", path.display())]
    Busy { path: PathBuf },
    /// The directory `path` was to be read as a run, and memspike did not write it.
    #[error("`{}` is not a run directory: it has no memspike manifest.json", path.display())]
    NotARun { path: PathBuf },
    /// A directory was expected and `path` is something else.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory { path: PathBuf },
    /// Below `root` there is no run of `scenario` to be read, of the kind `what`: "finished run".
    #[error("no {what} of `{scenario}` in `{}`", root.display())]
    NoRun { what: &'static str, scenario: String, root: PathBuf },
    /// The file `path` of a run directory does not have the form memspike writes; `message` says where.
    #[error("`{}` cannot be read: {message}", path.display())]
    Malformed { path: PathBuf, message: String },
    /// The record log `path` is cut short or damaged (`what`) at byte `offset`; `rows` rows before it are whole.
    #[error(
        "`{}` is damaged at byte {offset}: {what}; what is before it, {}, is whole", path.display(), crate::hint::many(rows, "row")
    )]
    Damaged { path: PathBuf, offset: u64, rows: u64, what: String },
    /// The record `path` cannot go on from `position`, where a checkpoint says, and `why`.
    #[error(
        "`{}` cannot go on from row {}, byte {}: {why}", path.display(), position.rows, position.bytes
    )]
    NoSuchPosition { path: PathBuf, position: Position, why: String },
    /// It was stopped while a record was read.
    #[error("it was stopped while records were written")]
    Stopped,
    /// The array or table `name` could not be put into its format; `message` says what its values lack.
    #[error("cannot encode `{name}`: {message}")]
    Encode { name: String, message: String },
}

impl RecordError {
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self::Io { action, path, source }
    }

    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<String> {
        use io::ErrorKind as Kind;
        match self {
            Self::Io { action, path, source } => match source.kind() {
                Kind::PermissionDenied => {
                    Some("the directory must be writable; choose another one with --out DIR".into())
                }
                Kind::StorageFull | Kind::QuotaExceeded => {
                    Some("free some space or write elsewhere with --out DIR".into())
                }
                Kind::ReadOnlyFilesystem => {
                    Some("the file system is read-only; write elsewhere with --out DIR".into())
                }
                Kind::NotADirectory => {
                    Some("a part of the path is a file; choose another one with --out DIR".into())
                }
                Kind::NotFound if *action == "create the directory" => {
                    Some("choose another one with --out DIR".into())
                }
                Kind::NotFound if path.file_name().is_some_and(|name| name == "manifest.json") => {
                    Some("a run directory holds manifest.json; `memspike run` makes one".into())
                }
                _ => None,
            },
            Self::Exists { is_run: true, .. } => {
                Some("replace the run with --force, or choose another directory".into())
            }
            Self::Exists { is_run: false, .. } => {
                Some("choose an empty or new directory; --force replaces run directories only".into())
            }
            Self::Busy { .. } => Some("wait until it has ended, or choose another directory with --out".into()),
            Self::NotARun { .. } => {
                Some("name a directory that `memspike run` has made, such as runs/digits/001".into())
            }
            Self::NotADirectory { .. } => Some("give a directory, not a file".into()),
            Self::NoRun { scenario, .. } => Some(format!("make one with `memspike run {scenario}`")),
            Self::Malformed { .. } => {
                Some("it was cut short or edited; run the scenario again or take another run".into())
            }
            Self::Damaged { .. } => Some(
                "run the scenario again; of a run that is not done, `memspike run --resume DIR` cuts off what came after its \
                 last checkpoint"
                    .into(),
            ),
            Self::NoSuchPosition { .. } => {
                Some("a run keeps no other checkpoint: begin it anew, in its place with --out DIR --force".into())
            }
            Self::Encode { .. } | Self::Stopped => None,
        }
    }
}

/// The operating system's reason without the number Rust appends.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Indented JSON with a newline at the end, for the file `name`.
///
/// # Errors
/// If the value cannot be written as JSON.
#[cfg(feature = "scenario")]
pub fn to_json<T: serde::Serialize>(name: &str, value: &T) -> Result<Vec<u8>, RecordError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| RecordError::Encode { name: name.into(), message: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// A value from a file of JSON.
///
/// # Errors
/// If the file cannot be read, or holds something else.
#[cfg(feature = "scenario")]
pub fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RecordError> {
    let bytes = std::fs::read(path).map_err(RecordError::io("read", path))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| RecordError::Malformed { path: path.to_path_buf(), message: error.to_string() })
}
