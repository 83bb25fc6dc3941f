//! What a run leaves on disk: the run directory, spikes, arrays and the fingerprint. Everything takes a path or returns bytes; nothing here reads a clock or prints.

pub mod csv;
pub mod fingerprint;
pub mod npz;
pub mod rundir;
pub mod table;

pub use fingerprint::Fingerprint;
pub use rundir::{RunDir, RunStatus};

use std::io;
use std::path::{Path, PathBuf};

/// Why a record could not be written or read.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The operating system refused.
    #[error("cannot {action} `{}`: {}", path.display(), reason(source))]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// The directory asked for holds something already.
    #[error("`{}` exists and is not empty", path.display())]
    Exists { path: PathBuf, is_run: bool },
    /// `--force` would have removed something that memspike did not write.
    #[error("`{}` is not a run directory: it has no memspike manifest.json", path.display())]
    NotARun { path: PathBuf },
    /// A directory was expected and something else is there.
    #[error("`{}` is not a directory", path.display())]
    NotADirectory { path: PathBuf },
    /// No run is there to be read.
    #[error("no {what} of `{scenario}` in `{}`", root.display())]
    NoRun { what: &'static str, scenario: String, root: PathBuf },
    /// A file of a run directory does not have the form memspike writes.
    #[error("`{}` cannot be read: {message}", path.display())]
    Malformed { path: PathBuf, message: String },
    /// An array or table could not be put into its format.
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
                    Some("free some space or write elsewhere with --out DIR; finished files were kept".into())
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
            Self::NotARun { .. } => {
                Some("--force replaces run directories only; remove the directory yourself".into())
            }
            Self::NotADirectory { .. } => Some("give a directory, not a file".into()),
            Self::NoRun { scenario, .. } => Some(format!("make one with `memspike run {scenario}`")),
            Self::Malformed { .. } => {
                Some("it was cut short or edited; run the scenario again or take another run".into())
            }
            Self::Encode { .. } => None,
        }
    }
}

/// The operating system's reason without the number Rust appends.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or(&text).to_lowercase()
}

/// Indented JSON with a newline at the end.
pub(crate) fn to_json<T: serde::Serialize>(name: &str, value: &T) -> Result<Vec<u8>, RecordError> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| RecordError::Encode { name: name.into(), message: error.to_string() })?;
    bytes.push(b'\n');
    Ok(bytes)
}

pub(crate) fn read_json<T: serde::de::DeserializeOwned>(path: &Path) -> Result<T, RecordError> {
    let bytes = std::fs::read(path).map_err(RecordError::io("read", path))?;
    serde_json::from_slice(&bytes)
        .map_err(|error| RecordError::Malformed { path: path.to_path_buf(), message: error.to_string() })
}
