//! Weights while they are trained, told every so many samples.

use crate::engine::{Observer, Record};
use crate::numeric::Real;

/// Who is told of the weights of a projection, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sampled {
    every: u64,
    projection: u32,
    columns: usize,
}

impl Sampled {
    /// Nothing if nobody wants them. `columns` is how many neurons the projection goes to.
    pub(super) fn wanted(
        observer: Option<&&mut dyn Observer>,
        projection: usize,
        columns: usize,
    ) -> Option<Self> {
        let every = observer?.wants_weights()?.max(1);
        Some(Self { every, projection: projection as u32, columns })
    }

    /// Samples until they are told again, after so many.
    pub(super) fn next(&self, samples: u64) -> u64 {
        self.every - samples % self.every
    }

    /// Tells the weights, whose rows have `stride` of them, if a step is due between two numbers of samples; before the
    /// first they always are.
    pub(super) fn tell<R: Real>(
        &self,
        (from, to): (u64, u64),
        (weights, stride): (&[R], usize),
        observer: &mut Option<&mut dyn Observer>,
    ) {
        let Some(observer) = observer else { return };
        if to > 0 && from / self.every == to / self.every {
            return;
        }
        for (row, weights) in (0..).zip(weights.chunks(stride)) {
            for (column, weight) in (0..).zip(&weights[..self.columns.min(weights.len())]) {
                let (projection, weight) = (self.projection, weight.to_f64());
                observer.record(0, &Record::Trained { samples: to, projection, row, column, weight });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Every(Vec<(u64, u32, u32, f64)>);

    impl Observer for Every {
        fn wants_weights(&self) -> Option<u64> {
            Some(10)
        }

        fn record(&mut self, _: u64, record: &Record) {
            if let Record::Trained { samples, row, column, weight, .. } = *record {
                self.0.push((samples, row, column, weight));
            }
        }
    }

    #[test]
    fn weights_are_told_when_so_many_samples_are_over() {
        let mut seen = Every(Vec::new());
        let mut observer = Some(&mut seen as &mut dyn Observer);
        let sampled = Sampled::wanted(observer.as_ref(), 0, 2).unwrap();
        // Two rows of two weights, and padding.
        let weights = [1.0, 2.0, 0.0, 0.0, 3.0, 4.0, 0.0, 0.0];
        for (from, to) in [(0, 0), (0, 8), (8, 16), (16, 19), (19, 20)] {
            sampled.tell((from, to), (&weights, 4), &mut observer);
        }
        assert_eq!((sampled.next(0), sampled.next(8), sampled.next(20)), (10, 2, 10));
        let want = |samples| {
            [(samples, 0, 0, 1.0), (samples, 0, 1, 2.0), (samples, 1, 0, 3.0), (samples, 1, 1, 4.0)]
        };
        assert_eq!(seen.0, [want(0), want(16), want(20)].concat());
        assert!(Sampled::wanted(None, 0, 2).is_none());
    }
}
