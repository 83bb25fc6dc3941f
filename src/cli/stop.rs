//! Whether a command is asked to stop.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Asks a command to stop: from another thread, or from a handler of signals, which sets the flags.
///
/// Commands that take long keep what is done and end with [`STOPPED`](super::STOPPED); others do not look.
#[derive(Clone, Debug)]
pub struct Stop {
    asked: Arc<AtomicBool>,
    unheeded: Arc<AtomicBool>,
}

impl Default for Stop {
    /// Asks nobody yet.
    fn default() -> Self {
        Self { asked: Arc::default(), unheeded: Arc::new(AtomicBool::new(true)) }
    }
}

impl Stop {
    /// Asks.
    pub fn ask(&self) {
        self.asked.store(true, Ordering::Relaxed);
    }

    /// The flag that asks.
    #[must_use]
    pub fn asked(&self) -> &Arc<AtomicBool> {
        &self.asked
    }

    /// Whether nobody looks at the flag, so that a signal may end the process as it usually does.
    #[must_use]
    pub fn unheeded(&self) -> &Arc<AtomicBool> {
        &self.unheeded
    }

    /// Asks if nobody has asked before; whether that is so.
    pub(super) fn ask_first(&self) -> bool {
        !self.asked.swap(true, Ordering::Relaxed)
    }

    /// Takes back what was asked.
    pub(super) fn withdraw(&self) {
        self.asked.store(false, Ordering::Relaxed);
    }

    /// Somebody looks at it from here on; returns the flag.
    pub(super) fn heed(&self) -> &AtomicBool {
        self.unheeded.store(false, Ordering::Relaxed);
        &self.asked
    }

    /// Nobody looks at it any more.
    pub(super) fn leave(&self) {
        self.unheeded.store(true, Ordering::Relaxed);
    }
}
