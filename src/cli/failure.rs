//! Why a command could not be carried out.

use memspike::dataset::{self, Faults};
use memspike::record::RecordError;
use memspike::scenario::diagnostic::Sort;
use memspike::scenario::{Diagnostic, Diagnostics, Severity};
use std::io::ErrorKind;

/// What stands behind a failure, for programs: `cause` of an error as an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// What was asked for cannot be done.
    Value,
    /// A key that nobody knows.
    Unknown,
    /// A file, a data set, a scenario or a run that is not there.
    Missing,
    /// A file that cannot be read or written.
    File,
    /// More memory than there is.
    Memory,
}

impl Cause {
    /// As an object has it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Unknown => "unknown",
            Self::Missing => "missing",
            Self::File => "file",
            Self::Memory => "memory",
        }
    }
}

/// Anything that ends in exit code 2, and the closed pipe that does not.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A message with, perhaps, a hint.
    #[error("{message}")]
    Message { message: String, hint: Option<String>, cause: Cause },
    /// Several faults at once, each with, perhaps, a hint.
    #[error("{}", .0.iter().map(|(message, _)| message.as_str()).collect::<Vec<_>>().join("\n"))]
    Several(Vec<(String, Option<String>)>),
    /// Failures of different kinds, all to be told.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    All(Vec<Failure>),
    /// Files of a data set that are not there or not right.
    #[error("{0}")]
    Data(Faults),
    /// Faults of a scenario, to be shown with their source lines.
    #[error("{0}")]
    Scenario(Diagnostics),
    #[error(transparent)]
    Record(RecordError),
    /// What a run was to go on from is of no use, and how to begin it anew.
    #[error("{message}")]
    CannotGoOn { message: String, hint: String },
    /// Stopped as it was asked to, before there was a result.
    #[error("the run was stopped")]
    Stopped,
    /// Nobody reads our output any more.
    #[error("the output was closed")]
    ClosedPipe,
}

impl From<RecordError> for Failure {
    fn from(error: RecordError) -> Self {
        match error {
            RecordError::Stopped => Self::Stopped,
            error => Self::Record(error),
        }
    }
}

impl From<Diagnostics> for Failure {
    fn from(faults: Diagnostics) -> Self {
        Self::Scenario(faults)
    }
}

impl From<Diagnostic> for Failure {
    fn from(fault: Diagnostic) -> Self {
        Self::Scenario(fault.into())
    }
}

impl Failure {
    /// Nothing, or everything that is wrong.
    ///
    /// # Errors
    /// If anything is.
    pub fn unless_none(mut failures: Vec<Self>) -> Result<(), Self> {
        match (failures.pop(), failures.is_empty()) {
            (None, _) => Ok(()),
            (Some(one), true) => Err(one),
            (Some(last), false) => {
                failures.push(last);
                Err(Self::All(failures))
            }
        }
    }

    pub fn new(message: impl Into<String>) -> Self {
        Self::Message { message: message.into(), hint: None, cause: Cause::Value }
    }

    /// `what` needs a feature that this program was built without.
    #[cfg(not(all(feature = "png", feature = "fetch", feature = "spreadsheet")))]
    pub fn lacking(what: &str, feature: &str) -> Self {
        Self::new(format!("{what} needs the feature `{feature}`, which this memspike was built without"))
            .with_hint(format!(
                "`cargo install memspike --features {feature}` installs one with it, `--features full` one with \
                 everything; in memspike's own folder it is `cargo install --path . --features {feature}`"
            ))
    }

    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        match self {
            Self::Message { message, cause, .. } => Self::Message { message, hint: Some(hint.into()), cause },
            other => other,
        }
    }

    #[must_use]
    pub fn because(self, cause: Cause) -> Self {
        match self {
            Self::Message { message, hint, .. } => Self::Message { message, hint, cause },
            other => other,
        }
    }

    /// What stands behind it; of several faults what all of them have in common.
    pub fn cause(&self) -> Cause {
        match self {
            Self::Message { cause, .. } => *cause,
            Self::Data(faults) => {
                let missing = |fault: &dataset::Fault| {
                    matches!(fault, dataset::Fault::NotFound { .. } | dataset::Fault::Incomplete { .. })
                };
                if faults.0.iter().all(missing) { Cause::Missing } else { Cause::File }
            }
            Self::Scenario(faults) => {
                let all = |sort| {
                    let mut errors = faults.iter().filter(|fault| fault.severity == Severity::Error);
                    errors.all(|fault| fault.sort == sort)
                };
                match (all(Sort::Unknown), all(Sort::Missing)) {
                    (true, _) => Cause::Unknown,
                    (_, true) => Cause::Missing,
                    _ => Cause::Value,
                }
            }
            Self::Record(RecordError::NoRun { .. } | RecordError::NotARun { .. }) => Cause::Missing,
            Self::Record(RecordError::Io { source, .. }) if source.kind() == ErrorKind::NotFound => {
                Cause::Missing
            }
            Self::CannotGoOn { .. } => Cause::File,
            Self::Record(RecordError::Exists { .. }) => Cause::Value,
            Self::Record(_) => Cause::File,
            Self::All(failures) => {
                let first = failures.first().map_or(Cause::Value, Self::cause);
                if failures.iter().all(|failure| failure.cause() == first) { first } else { Cause::Value }
            }
            Self::Several(_) | Self::Stopped | Self::ClosedPipe => Cause::Value,
        }
    }

    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Message { hint, .. } => hint.clone(),
            Self::Record(error) => error.hint(),
            Self::CannotGoOn { hint, .. } => Some(hint.clone()),
            Self::Several(_)
            | Self::All(_)
            | Self::Data(_)
            | Self::Scenario(_)
            | Self::Stopped
            | Self::ClosedPipe => None,
        }
    }
}
