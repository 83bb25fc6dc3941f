//! Protocols that present data to a network: supervised training and testing, event by event.
//!
//! Training is the engine's own delivery with a tape: there is no second simulator and no time grid.

mod epoch;
mod evaluate;
pub mod exact;
mod held_tape;
mod optimizer;
mod presenter;
mod sampled;
mod scalar;
mod supervised;
mod tape;
pub mod unsupervised;

use std::sync::atomic::{AtomicBool, Ordering};

pub use epoch::{Advance, EpochReport, Settings, shuffled};
pub use evaluate::{Evaluation, Reporting, Test, evaluate};
pub use held_tape::HeldTape;
pub use optimizer::{Course, Optimizer, OptimizerState, Rule, Schedule};
pub use presenter::{Presenter, Samples, Totals};
pub use scalar::{Entries, Epoch, Scalar};
pub use supervised::{Surrogate, Trainer};
pub use tape::Tape;

/// When training or testing comes back before it is done.
#[derive(Clone, Copy)]
pub struct Until<'a> {
    /// Set from outside to stop early: what is being shown then is abandoned, as if it had not been begun.
    pub stop: &'a AtomicBool,
    /// Asked between batches or rounds: whether a checkpoint is to be made now, after which the call is made again.
    pub due: &'a dyn Fn() -> bool,
}

impl<'a> Until<'a> {
    /// Not before it is done, unless `stop` is set.
    #[must_use]
    pub fn stopped(stop: &'a AtomicBool) -> Self {
        Self { stop, due: &|| false }
    }

    fn stops(self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

/// Pieces that a batch is always cut into, whatever the number of threads: the reduction order of the
/// gradient, and with it every bit of the weights, depends on this number and on nothing else.
pub const PIECES: usize = 8;

/// Range of piece `piece` of `pieces` of `length` items.
#[must_use]
pub fn piece(length: usize, piece: usize, pieces: usize) -> std::ops::Range<usize> {
    length * piece / pieces..length * (piece + 1) / pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_cover_everything_once() {
        for length in [0, 1, 7, 8, 63, 64, 1000] {
            let mut next = 0;
            for index in 0..PIECES {
                let range = piece(length, index, PIECES);
                assert_eq!(range.start, next);
                next = range.end;
            }
            assert_eq!(next, length);
        }
    }
}
