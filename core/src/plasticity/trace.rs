//! Exponential traces of spikes, all of one time constant.
//!
//! z_i(t) = v_i / s(t) with s(t) = e^(t / tau), a function of t alone (see [`Phase`]): a mark at t adds (or writes) s(t),
//! reading takes one factor for all, and nothing is done in between. s and v are kept relative to 2^epoch, and the epoch
//! is that of the time at which something happens to the trace. Changing it is exact: a trace depends on its marks and
//! not on when it was looked at.

use super::layout::Layout;
use super::share::{Spans, copy};
use crate::numeric::phase::{Phase, rescale};
use crate::time::{FS_PER_SECOND, Time};
use crate::units::Second;
use serde::{Deserialize, Serialize};

/// What a spike does to its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Adds 1: every pair counts.
    Add,
    /// Sets to 1: only the last spike counts.
    Set,
}

/// What there is one trace of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Of {
    Row,
    Column,
    /// By its place among the weights.
    Synapse,
}

/// Traces; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    of: Of,
    phase: Phase,
    mark: Mark,
    epoch: i64,
    /// Before this time it is in its epoch.
    steady: u64,
    values: Vec<f64>,
}

impl Trace {
    /// One for each, zero: no spike has been.
    #[must_use]
    pub fn new(of: Of, layout: &Layout, tau: Second, mark: Mark) -> Self {
        let size = match of {
            Of::Row => layout.rows(),
            Of::Column => layout.cols(),
            Of::Synapse => layout.weights(),
        };
        let phase = Phase::new(tau.get() * FS_PER_SECOND);
        Self { of, phase, mark, epoch: 0, steady: phase.steady(0), values: vec![0.0; size] }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.values.len()
    }

    /// Back to no spikes at time 0.
    pub fn restart(&mut self) {
        self.enter(0);
        self.values.fill(0.0);
    }

    fn enter(&mut self, epoch: i64) {
        (self.epoch, self.steady) = (epoch, self.phase.steady(epoch));
    }

    /// Whether its epoch is over at `time`, which is not before its last mark.
    #[inline(always)]
    #[must_use]
    pub fn is_behind(&self, time: Time) -> bool {
        time.fs() >= self.steady && self.phase.epoch(time.fs()) != self.epoch
    }

    /// Whether this could be a trace at `time`: a damaged one must not mislead later.
    #[must_use]
    pub fn is_of(&self, time: Time) -> bool {
        self.epoch == self.phase.epoch(time.fs()) && self.steady == self.phase.steady(self.epoch)
    }

    /// Moves the epoch to that of `time`, which is not before the last mark.
    pub fn bring(&mut self, time: Time) {
        let epoch = self.phase.epoch(time.fs());
        if epoch != self.epoch {
            rescale(&mut self.values, self.epoch, epoch);
            self.enter(epoch);
        }
    }

    /// 1 / s: times a value it is the trace at `time`, which is in the epoch.
    #[inline(always)]
    #[must_use]
    pub fn factor(&self, time: Time) -> f64 {
        1.0 / self.worth(time)
    }

    /// s: what a mark at `time` is worth, which is in the epoch.
    #[inline(always)]
    #[must_use]
    pub fn worth(&self, time: Time) -> f64 {
        self.phase.scale(time.fs(), self.epoch)
    }

    /// A spike with its [`Trace::worth`].
    #[inline(always)]
    pub fn mark(&mut self, index: usize, worth: f64) {
        match self.mark {
            Mark::Add => self.values[index] += worth,
            Mark::Set => self.values[index] = worth,
        }
    }

    /// No spikes since now.
    #[inline(always)]
    pub fn clear(&mut self, index: usize) {
        self.values[index] = 0.0;
    }

    /// Values before the factor.
    #[inline(always)]
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Takes over values of another trace of the same kind, and its epoch.
    pub fn take(&mut self, other: &Self, spans: &Spans) {
        (self.epoch, self.steady) = (other.epoch, other.steady);
        let spans = match self.of {
            Of::Row => &spans.rows,
            Of::Column => &spans.columns,
            Of::Synapse => &spans.weights,
        };
        copy(&other.values, &mut self.values, spans, 1);
    }

    /// Whether the two have the same shape and constants.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        let kind = |trace: &Self| (trace.of, trace.phase, trace.mark, trace.values.len());
        kind(self) == kind(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn two(tau: Second, mark: Mark) -> Trace {
        Trace::new(Of::Row, &Layout::OneToOne { size: 2 }, tau, mark)
    }

    fn ms(t: f64) -> Time {
        Time::from_fs((t * 1e12) as u64)
    }

    #[test]
    fn a_trace_is_the_sum_of_its_spikes() {
        let spikes = [0.0, 3.0, 3.5, 90.0, 500.0, 1200.0, 1201.0];
        let tau = 20.0;
        for mark in [Mark::Add, Mark::Set] {
            let mut trace = two(Second::new(tau * 1e-3), mark);
            for (k, &t) in spikes.iter().enumerate() {
                trace.bring(ms(t));
                let worth = trace.worth(ms(t));
                trace.mark(1, worth);
                let now = t + 2.5;
                trace.bring(ms(now));
                let mut each = spikes[..=k].iter().map(|s| (-(now - s) / tau).exp());
                let want: f64 = if mark == Mark::Add { each.sum() } else { each.next_back().unwrap() };
                let got = trace.values()[1] * trace.factor(ms(now));
                assert!((got - want).abs() < 1e-14 * want, "{got} {want}");
                assert_eq!(trace.values()[0], 0.0);
            }
        }
    }

    proptest! {
        #[test]
        fn when_it_was_looked_at_changes_no_bit(
            marks in proptest::collection::vec((0u64..60_000, any::<bool>()), 1..30),
            looks in proptest::collection::vec(0u64..60_000, 0..30),
            add in any::<bool>(),
        ) {
            let mark = if add { Mark::Add } else { Mark::Set };
            let mut alone = two(Second::new(1e-3), mark);
            let mut watched = alone.clone();
            let tick = |n: u64| Time::from_fs(n * 10_000_000_007);
            let mut events: Vec<(u64, Option<usize>)> =
                marks.into_iter().map(|(n, second)| (n, Some(usize::from(second)))).collect();
            events.extend(looks.into_iter().map(|n| (n, None)));
            events.sort_unstable();
            for &(n, event) in &events {
                watched.bring(tick(n));
                if let Some(index) = event {
                    alone.bring(tick(n));
                    for trace in [&mut alone, &mut watched] {
                        let worth = trace.worth(tick(n));
                        trace.mark(index, worth);
                    }
                }
            }
            let end = tick(events.last().unwrap().0);
            alone.bring(end);
            prop_assert_eq!(alone, watched);
        }
    }

    #[test]
    fn an_old_trace_is_nothing_and_never_denormal() {
        let mut trace = two(Second::new(1e-3), Mark::Add);
        trace.mark(0, 1.0);
        for k in 1..200 {
            trace.bring(ms(20.0 * f64::from(k)));
            assert!(trace.values()[0] == 0.0 || trace.values()[0].is_normal());
        }
        assert_eq!(trace.values()[0], 0.0);
    }
}
