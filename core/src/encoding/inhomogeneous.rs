//! Rates that change with time, and spikes at them by inversion of the integrated rate.
//!
//! A Poisson process of rate r(t) has its next spike after t0 where the integrated rate has grown by an
//! exponential number E: int_t0^t r = E (time rescaling). One draw gives one spike and none is rejected, so
//! spike k is a function of the k-th draw and of the spike before.
//!
//! Source: Devroye, Non-Uniform Random Variate Generation (1986), VI.1.3.

use crate::numeric::{cos_pi, rising_root};
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};

/// A rate in hertz as a function of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "shape")]
pub enum RateProfile {
    /// Each rate from its time on, until the next one; zero before the first. In order of time.
    Steps {
        /// Instants, and the rate (hertz) from each on.
        steps: Vec<(Time, f64)>,
    },
    /// r(t) = mean (1 + depth sin(2 pi (t/period + phase))), 0 <= depth <= 1, phase in cycles.
    Sine {
        /// Mean rate, in hertz.
        mean: f64,
        /// Modulation: 0 is none, at 1 the rate touches zero.
        depth: f64,
        /// Length of one cycle.
        period: Time,
        /// Phase at time 0, in cycles.
        phase: f64,
    },
}

impl RateProfile {
    /// What is wrong with it, in words; `None` if nothing is.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        let rate = |rate: f64| {
            (!rate.is_finite() || rate < 0.0).then(|| format!("a rate of {} Hz", crate::hint::number(rate)))
        };
        match self {
            Self::Steps { steps } if steps.is_empty() => Some("no rate at all".into()),
            Self::Steps { steps } => {
                let order = steps.windows(2).find(|pair| pair[0].0 >= pair[1].0);
                let order =
                    order.map(|pair| format!("a rate from {} on after one from {} on", pair[1].0, pair[0].0));
                steps.iter().find_map(|&(_, hertz)| rate(hertz)).or(order)
            }
            Self::Sine { mean, depth, period, phase } => rate(*mean).or_else(|| {
                if !(0.0..=1.0).contains(depth) {
                    Some(format!("a depth of {depth}; from 0 to 1 it keeps the rate positive"))
                } else if period.fs() == 0 || !phase.is_finite() {
                    Some("no period".into())
                } else {
                    None
                }
            }),
        }
    }

    /// The highest rate it has at any time, in hertz.
    #[must_use]
    pub fn peak(&self) -> f64 {
        match self {
            Self::Steps { steps } => steps.iter().fold(0.0, |peak, &(_, rate)| rate.max(peak)),
            Self::Sine { mean, depth, .. } => mean * (1.0 + depth),
        }
    }

    /// Integrated rate from 0 to `until`: the spikes to expect of one line.
    #[must_use]
    pub fn expected(&self, until: Time) -> f64 {
        match self {
            Self::Steps { steps } => {
                let ends = steps.iter().skip(1).map(|&(time, _)| time).chain([Time::MAX]);
                steps.iter().zip(ends).fold(0.0, |sum, (&(start, rate), end)| {
                    let end = end.min(until);
                    if end > start { sum + rate * end.seconds_since(start) } else { sum }
                })
            }
            Self::Sine { mean, depth, period, phase } => {
                let cycles = until.fs() as f64 / period.fs() as f64;
                let start = phase - phase.floor();
                let (whole, part) = (cycles.floor(), cycles - cycles.floor());
                (whole + rescaled(*depth, start, part).0) * mean * (period.fs() as f64 / FS_PER_SECOND)
            }
        }
    }

    /// When the integrated rate of one line has grown by `growth` since `last`: in whole femtoseconds, later
    /// than `last`; `None` beyond the horizon.
    #[must_use]
    pub fn next(&self, last: Time, growth: f64) -> Option<Time> {
        let fs = match self {
            Self::Steps { steps } => next_step(steps, last, growth)?,
            Self::Sine { mean, depth, period, phase } => {
                let period_fs = period.fs();
                let cycles = growth / (mean * (period_fs as f64 / FS_PER_SECOND));
                if !cycles.is_finite() || cycles * period_fs as f64 > Time::MAX.fs() as f64 {
                    return None;
                }
                let start = phase + (last.fs() % period_fs) as f64 / period_fs as f64;
                let (whole, part) = (cycles.floor(), cycles - cycles.floor());
                // The integral grows by one in every cycle, so the rest lies within one.
                let within = rising_root(0.0, 1.0, part, |c| {
                    let (value, slope) = rescaled(*depth, start - start.floor(), c);
                    (value - part, slope)
                });
                last.fs() + whole as u64 * period_fs + (within * period_fs as f64).round() as u64
            }
        };
        let fs = fs.max(last.fs() + 1);
        (fs <= Time::MAX.fs()).then(|| Time::from_fs(fs))
    }
}

fn next_step(steps: &[(Time, f64)], last: Time, growth: f64) -> Option<u64> {
    let mut index = steps.partition_point(|&(start, _)| start <= last);
    let (mut at, mut left) = (last.fs(), growth);
    loop {
        let rate = index.checked_sub(1).map_or(0.0, |current| steps[current].1);
        let end = steps.get(index).map_or(Time::MAX.fs(), |&(start, _)| start.fs());
        let span = (end - at) as f64;
        let gap = left / rate * FS_PER_SECOND;
        if gap <= span {
            return Some(at + gap.round() as u64);
        }
        if index == steps.len() {
            return None;
        }
        left = (left - span / FS_PER_SECOND * rate).max(0.0);
        at = end;
        index += 1;
    }
}

/// c + depth/(2 pi) (cos 2 pi a - cos 2 pi (a + c)) for 0 <= a < 1, 0 <= c <= 1, and its derivative: the
/// integrated rate in cycles.
fn rescaled(depth: f64, a: f64, c: f64) -> (f64, f64) {
    let value = c + depth * (cosine(a) - cosine(a + c)) / std::f64::consts::TAU;
    (value, 1.0 + depth * cosine(a + c + 0.75))
}

/// cos 2 pi x for 0 <= x < 3; sin 2 pi x is its value at x + 3/4.
fn cosine(x: f64) -> f64 {
    let half_turns = 2.0 * (x - x.floor());
    cos_pi(if half_turns > 1.0 { 2.0 - half_turns } else { half_turns })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: u64 = 1_000_000_000_000;

    fn ms(count: u64) -> Time {
        Time::from_fs(count * MS)
    }

    fn steps() -> RateProfile {
        RateProfile::Steps { steps: vec![(ms(10), 100.0), (ms(20), 0.0), (ms(50), 1000.0)] }
    }

    #[test]
    fn steps_integrate_and_invert_piece_by_piece() {
        let profile = steps();
        assert_eq!(profile.expected(ms(5)), 0.0);
        assert!((profile.expected(ms(15)) - 0.5).abs() < 1e-15);
        assert!((profile.expected(ms(60)) - 11.0).abs() < 1e-13);
        assert_eq!(profile.next(Time::ZERO, 0.5), Some(ms(15)));
        assert_eq!(profile.next(ms(15), 0.5), Some(ms(20)), "the end of a piece");
        assert_eq!(profile.next(ms(15), 1.5), Some(ms(51)), "silence is stepped over");
        assert_eq!(profile.next(ms(55), 2.0), Some(ms(57)));
        assert_eq!(profile.next(ms(55), 1e30), None);
        assert_eq!(profile.next(ms(55), 0.0), Some(Time::from_fs(55 * MS + 1)), "later, never at once");
        let silent = RateProfile::Steps { steps: vec![(Time::ZERO, 0.0)] };
        assert_eq!(silent.next(ms(1), 1.0), None);
    }

    #[test]
    fn the_sine_inverts_its_integral_at_every_phase_and_depth() {
        for depth in [0.0, 0.5, 0.99, 1.0] {
            for phase in [0.0, 0.25, 0.7, -0.4, 3.1] {
                let profile = RateProfile::Sine { mean: 50.0, depth, period: ms(100), phase };
                for (from, growth) in [(0, 1e-6), (0, 0.3), (37, 2.0), (99, 4.999), (1234, 17.25)] {
                    let next = profile.next(ms(from), growth).unwrap();
                    let grown = profile.expected(next) - profile.expected(ms(from));
                    // A femtosecond of rounding, and the flat place of a full modulation.
                    assert!((grown - growth).abs() < 2e-12, "{depth} {phase} {from} {growth}: {grown}");
                }
            }
        }
    }

    #[test]
    fn the_sine_is_the_rate_it_says() {
        let profile = RateProfile::Sine { mean: 50.0, depth: 0.8, period: ms(100), phase: 0.1 };
        for k in 0..200u64 {
            let (a, b) = (profile.expected(ms(k)), profile.expected(ms(k + 1)));
            let middle = (k as f64 + 0.5) / 100.0 + 0.1;
            let want = 0.05 * (1.0 + 0.8 * (std::f64::consts::TAU * middle).sin());
            assert!((b - a - want).abs() < 1e-5, "{k}: {} {want}", b - a);
        }
    }

    #[test]
    fn faults_say_what_is_wrong() {
        let fault = |steps: &[(u64, f64)]| {
            RateProfile::Steps { steps: steps.iter().map(|&(t, r)| (ms(t), r)).collect() }.fault()
        };
        assert_eq!(fault(&[(0, 1.0), (5, 0.0)]), None);
        assert_eq!(fault(&[]), Some("no rate at all".into()));
        assert_eq!(fault(&[(0, -1.0)]), Some("a rate of -1 Hz".into()));
        assert_eq!(fault(&[(5, 1.0), (5, 2.0)]), Some("a rate from 5 ms on after one from 5 ms on".into()));
        let sine =
            |depth, period| RateProfile::Sine { mean: 1.0, depth, period: ms(period), phase: 0.0 }.fault();
        assert_eq!(sine(1.0, 1), None);
        assert!(sine(1.1, 1).is_some() && sine(f64::NAN, 1).is_some() && sine(0.5, 0).is_some());
    }
}
