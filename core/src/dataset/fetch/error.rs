//! Why a data set could not be fetched.

use super::spec::{MAX_BYTES, Mismatch};
use crate::dataset::Name;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

/// What went wrong with one mirror; the next one may do better.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
pub enum MirrorFault {
    /// Another answer than the file or the rest of it; `status` is that of HTTP.
    #[error("the server answered {status}; expected 200 or 206")]
    Status { status: u16 },
    /// The rest of the file from byte `asked` on was wanted, and another stretch came.
    #[error("the server answered {status} with another range than the one from byte {asked}")]
    Range { status: u16, asked: u64 },
    /// The connection broke, for `reason`, when `have` bytes were there.
    #[error("the connection failed after {} of the file ({reason})", crate::hint::many(have, "byte"))]
    Connection { have: u64, reason: String },
    /// More bytes than any file of a data set has; the rest was not read.
    #[error("the server sent more than {MAX_BYTES} bytes; no file of a data set is that long")]
    TooLong,
    /// All of it came, and it is another file.
    #[error("the file is not the right one: {0}")]
    Wrong(Mismatch),
}

/// Why a file is not there now.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
pub enum FetchFault {
    /// The list of mirrors has no address for `name`.
    #[error("no mirror is known for data set `{name}`")]
    NoMirror { name: Name },
    /// All `mirrors` of `file` failed; each address with what was wrong there.
    #[error("{file} could not be fetched:{}", list(mirrors))]
    AllMirrors { file: String, mirrors: Vec<(String, MirrorFault)> },
    /// The disk, not a mirror: `doing` it to `path` failed with `kind`, for `reason`.
    #[error("{}: cannot {doing} ({reason})", path.display())]
    Local { path: PathBuf, doing: &'static str, kind: io::ErrorKind, reason: String },
    /// The unfinished file `path` is locked by another download.
    #[error("{}: another process is downloading this file", path.display())]
    Busy { path: PathBuf },
    /// The user stopped when `bytes` of `file` were in `part`, from which the next attempt goes on.
    #[error("interrupted; {} of {file} kept in {}", crate::hint::many(bytes, "byte"), part.display())]
    Cancelled { file: String, part: PathBuf, bytes: u64 },
}

impl FetchFault {
    pub(super) fn local(path: &Path, doing: &'static str, error: &io::Error) -> Self {
        Self::Local { path: path.into(), doing, kind: error.kind(), reason: error.to_string() }
    }

    /// Whether going on with the next file is pointless.
    pub(super) const fn ends_all(&self) -> bool {
        matches!(self, Self::NoMirror { .. } | Self::Local { .. } | Self::Cancelled { .. })
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::NoMirror { .. } => "give the address of a mirror",
            Self::AllMirrors { .. } => {
                "try again later: what has arrived is kept and continued; or give another mirror; or put the \
                 files there by hand. The embedded data set `drawn_digits` needs no files"
            }
            Self::Local { kind: io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded, .. } => {
                "make room, then fetch again: what has arrived is kept and continued; or choose another folder \
                 with --data DIR"
            }
            Self::Local {
                kind: io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem, ..
            } => "choose a folder that can be written to with --data DIR",
            Self::Local { kind: io::ErrorKind::AlreadyExists | io::ErrorKind::NotADirectory, .. } => {
                "a file stands where a folder is needed: move it, or choose another folder with --data DIR"
            }
            Self::Local { .. } => "choose another folder with --data DIR",
            Self::Busy { .. } => "wait for it to finish",
            Self::Cancelled { .. } => "fetch again to continue",
        })
    }
}

/// Every fault, in the order of the files. Never empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FetchFaults(pub Vec<FetchFault>);

impl FetchFaults {
    /// Whether the user's interruption is what ended it.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.iter().any(|fault| matches!(fault, FetchFault::Cancelled { .. }))
    }
}

impl fmt::Display for FetchFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, fault) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { "\n" };
            write!(f, "{separator}{fault}")?;
            let hint = fault.hint();
            if self.0.get(i + 1).and_then(FetchFault::hint) != hint
                && let Some(hint) = hint
            {
                write!(f, "\n  hint: {hint}")?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for FetchFaults {}

fn list(mirrors: &[(String, MirrorFault)]) -> String {
    mirrors.iter().map(|(address, fault)| format!("\n  {address}: {fault}")).collect()
}
