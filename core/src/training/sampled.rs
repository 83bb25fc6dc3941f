//! Weights while they are trained, told every so many samples.

use crate::engine::{Observer, Record};

/// When weights are told.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampled {
    every: u64,
}

impl Sampled {
    /// Nothing if nobody wants them.
    pub(super) fn wanted(observer: Option<&&mut dyn Observer>) -> Option<Self> {
        Some(Self { every: observer?.wants_weights()?.max(1) })
    }

    /// Samples until they are told again, after so many.
    pub(super) fn next(&self, samples: u64) -> u64 {
        self.every - samples % self.every
    }

    /// Whether a step is due between two numbers of samples; before the first it always is.
    pub(super) fn due(&self, (from, to): (u64, u64)) -> bool {
        to == 0 || from / self.every != to / self.every
    }

    /// Tells the weight of a synapse (projection, row, column) after so many samples, and what its devices conduct.
    pub(super) fn tell(
        &self,
        samples: u64,
        [projection, row, column]: [u32; 3],
        (weight, devices): (f64, Option<[f64; 2]>),
        observer: &mut dyn Observer,
    ) {
        observer.record(0, &Record::Trained { samples, projection, row, column, weight, devices });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Every(u64);

    impl Observer for Every {
        fn wants_weights(&self) -> Option<u64> {
            Some(self.0)
        }

        fn record(&mut self, _: u64, _: &Record) {}
    }

    #[test]
    fn weights_are_told_when_so_many_samples_are_over() {
        let mut every = Every(10);
        let observer = Some(&mut every as &mut dyn Observer);
        let sampled = Sampled::wanted(observer.as_ref()).unwrap();
        let due = [(0, 0), (0, 8), (8, 16), (16, 19), (19, 20)].map(|span| sampled.due(span));
        assert_eq!(due, [true, false, true, false, true]);
        assert_eq!((sampled.next(0), sampled.next(8), sampled.next(20)), (10, 2, 10));
        assert!(Sampled::wanted(None).is_none());
    }
}
