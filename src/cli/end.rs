//! How commands end.

/// How a command ended, if it could be carried out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Done.
    Done,
    /// Done, and the answer is no.
    No,
    /// Stopped by a signal, with what was done until then kept.
    Signal(i32),
}
