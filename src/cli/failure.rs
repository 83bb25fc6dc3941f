//! Why a command could not be carried out.

use memspike::record::RecordError;
use memspike::scenario::{Diagnostic, Diagnostics};

/// Anything that ends in exit code 2, and the closed pipe that does not.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A message with, perhaps, a hint.
    #[error("{message}")]
    Message { message: String, hint: Option<String> },
    /// Several faults at once, each with, perhaps, a hint.
    #[error("{}", .0.iter().map(|(message, _)| message.as_str()).collect::<Vec<_>>().join("\n"))]
    Several(Vec<(String, Option<String>)>),
    /// Faults of a scenario, to be shown with their source lines.
    #[error("{0}")]
    Scenario(Diagnostics),
    #[error(transparent)]
    Record(RecordError),
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
    pub fn new(message: impl Into<String>) -> Self {
        Self::Message { message: message.into(), hint: None }
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
            Self::Message { message, .. } => Self::Message { message, hint: Some(hint.into()) },
            other => other,
        }
    }

    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Message { hint, .. } => hint.clone(),
            Self::Record(error) => error.hint(),
            Self::Several(_) | Self::Scenario(_) | Self::Stopped | Self::ClosedPipe => None,
        }
    }
}
