//! Exponential traces of spikes, all of one time constant and one reference time.
//!
//! z_i(t) = v_i e^(-(t - t_0)/tau): a mark at t adds (or writes) e^(+(t - t_0)/tau), reading takes one factor for
//! all, and nothing is multiplied in between. Before t - t_0 passes 16 tau the values are referred to a new t_0, so
//! no exponent grows large; when that happens is a function of the events alone.

use crate::numeric::exp;
use crate::time::{FS_PER_SECOND, Time};
use crate::units::Second;
use serde::{Deserialize, Serialize};

/// Time constants after which the reference time moves on.
const REACH: f64 = 16.0;
/// Below this a trace is nothing: denormal numbers would only cost time.
const NOTHING: f64 = 1e-200;

/// What a spike does to its trace.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// Adds 1: every pair counts.
    Add,
    /// Sets to 1: only the last spike counts.
    Set,
}

/// Traces; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    /// 1/tau in 1/fs.
    rate: f64,
    mark: Mark,
    since: Time,
    values: Vec<f64>,
}

impl Trace {
    /// `size` traces, zero: no spike has been.
    #[must_use]
    pub fn new(size: usize, tau: Second, mark: Mark) -> Self {
        Self { rate: 1.0 / (tau.get() * FS_PER_SECOND), mark, since: Time::ZERO, values: vec![0.0; size] }
    }

    /// Back to no spikes at time 0.
    pub fn restart(&mut self) {
        self.since = Time::ZERO;
        self.values.fill(0.0);
    }

    #[inline(always)]
    fn age(&self, time: Time) -> f64 {
        (time.fs() - self.since.fs()) as i64 as f64 * self.rate
    }

    /// Whether the reference time must move before `time` can be marked.
    #[inline(always)]
    #[must_use]
    pub fn stale(&self, time: Time) -> bool {
        self.age(time) > REACH
    }

    /// Moves the reference time to `time`.
    pub fn refer(&mut self, time: Time) {
        let factor = self.factor(time);
        for value in &mut self.values {
            let moved = *value * factor;
            *value = if moved < NOTHING { 0.0 } else { moved };
        }
        self.since = time;
    }

    /// e^(-(time - t_0)/tau): times a value it is the trace.
    #[inline(always)]
    #[must_use]
    pub fn factor(&self, time: Time) -> f64 {
        exp(-self.age(time))
    }

    /// e^(+(time - t_0)/tau): what a mark at `time` is worth.
    #[inline(always)]
    #[must_use]
    pub fn worth(&self, time: Time) -> f64 {
        exp(self.age(time))
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

    /// Whether the two have the same shape and constants.
    #[must_use]
    pub fn fits(&self, other: &Self) -> bool {
        self.rate == other.rate && self.mark == other.mark && self.values.len() == other.values.len()
    }

    /// When the values were referred to.
    #[must_use]
    pub fn since(&self) -> Time {
        self.since
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(t: f64) -> Time {
        Time::from_fs((t * 1e12) as u64)
    }

    #[test]
    fn a_trace_is_the_sum_of_its_spikes() {
        let spikes = [0.0, 3.0, 3.5, 90.0, 500.0, 1200.0, 1201.0];
        let tau = 20.0;
        for mark in [Mark::Add, Mark::Set] {
            let mut trace = Trace::new(2, Second::new(tau * 1e-3), mark);
            for (k, &t) in spikes.iter().enumerate() {
                if trace.stale(ms(t)) {
                    trace.refer(ms(t));
                }
                let worth = trace.worth(ms(t));
                trace.mark(1, worth);
                let now = t + 2.5;
                let mut each = spikes[..=k].iter().map(|s| (-(now - s) / tau).exp());
                let want: f64 = if mark == Mark::Add { each.sum() } else { each.next_back().unwrap() };
                let got = trace.values()[1] * trace.factor(ms(now));
                assert!((got - want).abs() < 1e-14 * want, "{got} {want}");
                assert_eq!(trace.values()[0], 0.0);
            }
        }
    }

    #[test]
    fn an_old_trace_is_nothing_and_never_denormal() {
        let mut trace = Trace::new(1, Second::new(1e-3), Mark::Add);
        trace.mark(0, 1.0);
        for k in 1..200 {
            trace.refer(ms(20.0 * f64::from(k)));
            assert!(trace.values()[0] == 0.0 || trace.values()[0].is_normal());
        }
        assert_eq!(trace.values()[0], 0.0);
    }
}
