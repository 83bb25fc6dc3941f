//! How commands end.

/// How a command ended, if it could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Done.
    Done,
    /// Done, and the answer is no.
    No,
    /// Stopped because it was asked to, with what was done until then kept.
    Stopped,
}
