//! Single processes that are no Poisson block of one rate: modulated blocks, lines with a dead time, and trains that are open
//! ([`super::Train`]).
//!
//! All are drawn one spike ahead, each spike from its own words and from the time of the one before, so the
//! state of a process is the number of spikes handed out and the time of the last.

use super::{OpenTrain, RateProfile, TRAIN_WORDS};
use crate::numeric::{ln, neg_ln_unit};
use crate::random::{Purpose, Stream, unit};
use crate::time::{FS_PER_SECOND, Time};

/// What a process is.
#[derive(Clone, Copy, Debug)]
pub enum Law<'a> {
    /// `lines` independent lines of one changing rate as one marked process: spike k uses words 2k
    /// (growth of the integrated rate) and 2k + 1 (line).
    Modulated {
        /// How the rate of each line changes.
        profile: &'a RateProfile,
        /// Number of lines of the block.
        lines: u32,
    },
    /// One line of a Poisson process with dead time, rate (hertz) counted over all time: gaps dead +
    /// exponential of mean 1/rate - dead. Spike k uses word k. The process is stationary: the first gap
    /// is the rest of one that began before 0.
    DeadTime {
        /// Spikes per second, the dead time counted in.
        rate: f64,
        /// Time after a spike in which there is no other.
        dead: Time,
    },
    /// One line of a train that says itself what comes next. Spike k uses words from 64 k on.
    Open(&'a OpenTrain),
}

impl Law<'_> {
    fn purpose(self) -> Purpose {
        match self {
            Self::Modulated { .. } => Purpose::Modulated,
            Self::DeadTime { .. } => Purpose::DeadTime,
            Self::Open(_) => Purpose::Train,
        }
    }

    fn words(self) -> u64 {
        match self {
            Self::Modulated { .. } => 2,
            Self::DeadTime { .. } => 1,
            Self::Open(_) => TRAIN_WORDS,
        }
    }
}

/// One process, drawn one spike ahead.
#[derive(Clone, Debug)]
pub struct Process {
    stream: Stream,
    handed: u64,
    last: Time,
    /// Time and line (within the process) of the next spike.
    next: Option<(Time, u32)>,
}

impl Process {
    /// The process after `handed` spikes, the last of them at `last`; 0 spikes: from the beginning.
    #[must_use]
    pub fn resume(seed: u64, entity: u32, episode: u64, law: Law<'_>, handed: u64, last: Time) -> Self {
        let stream = Stream::at(seed, law.purpose(), entity, episode, law.words().wrapping_mul(handed));
        let mut this = Self { stream, handed, last, next: None };
        this.draw(law);
        this
    }

    /// Time and line of the next spike; `None` beyond the horizon.
    #[must_use]
    pub fn next(&self) -> Option<(Time, u32)> {
        self.next
    }

    /// Hands out the next spike.
    pub fn pop(&mut self, law: Law<'_>) {
        if let Some((time, _)) = self.next {
            self.handed += 1;
            self.last = time;
            self.draw(law);
        }
    }

    /// Spikes handed out, and the time of the last one: all there is to save.
    #[must_use]
    pub fn position(&self) -> (u64, Time) {
        (self.handed, self.last)
    }

    fn draw(&mut self, law: Law<'_>) {
        if let Law::Open(train) = law {
            // What a spike leaves of its words is not used.
            let mut words = self.stream.clone();
            self.stream.skip(TRAIN_WORDS);
            let last = (self.handed > 0).then_some(self.last);
            self.next = self.after(train.gap(last, &mut words)).map(|time| (time, 0));
            return;
        }
        let word = self.stream.next_word();
        self.next = match law {
            Law::Open(_) => None,
            Law::Modulated { profile, lines } => {
                let line = (u128::from(self.stream.next_word()) * u128::from(lines)) >> 64;
                let next = profile.next(self.last, neg_ln_unit(word) / f64::from(lines));
                next.map(|time| (time, line as u32))
            }
            Law::DeadTime { rate, dead } => {
                let (mean, live) = (1.0 / rate - dead.as_seconds(), 1.0 - rate * dead.as_seconds());
                let u = unit(word);
                let seconds = if self.handed > 0 {
                    neg_ln_unit(word) * mean + dead.as_seconds()
                } else if u > live {
                    // From 0 on, the rest of a gap has the density rate (1 - F(t)), F the law of gaps (Cox, Renewal
                    // Theory (1962), 5.1): the rate itself within the dead time, and the exponential tail beyond.
                    (1.0 - u) / rate
                } else {
                    dead.as_seconds() - ln(u / live) * mean
                };
                self.after(seconds).map(|time| (time, 0))
            }
        };
    }

    /// So many seconds after the last spike, to the femtosecond, at least one; `None` beyond the horizon.
    fn after(&self, seconds: f64) -> Option<Time> {
        let gap = (seconds * FS_PER_SECOND).round();
        let fits = gap < (Time::MAX.fs() - self.last.fs()) as f64;
        fits.then(|| self.last.after(Time::from_fs((gap as u64).max(1))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spikes(law: Law<'_>, entity: u32, until: f64) -> Vec<(f64, u32)> {
        let mut process = Process::resume(7, entity, 0, law, 0, Time::ZERO);
        let mut spikes = Vec::new();
        while let Some((time, line)) = process.next()
            && time.as_seconds() < until
        {
            spikes.push((time.as_seconds(), line));
            process.pop(law);
        }
        spikes
    }

    /// Largest distance of the sorted values from a distribution function, times the root of their number.
    fn kolmogorov(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let distance = values.iter().enumerate().fold(0.0f64, |most, (k, &value)| {
            let f = cdf(value);
            most.max((f - k as f64 / n).abs()).max(((k + 1) as f64 / n - f).abs())
        });
        distance * n.sqrt()
    }

    /// 0.1 % point of the Kolmogorov distribution.
    const CRITICAL: f64 = 1.95;

    #[test]
    fn rescaled_intervals_of_every_line_and_of_all_are_exponential() {
        let ms = |k: u64| Time::from_fs(k * 1_000_000_000_000);
        let sine = RateProfile::Sine { mean: 40.0, depth: 1.0, period: ms(250), phase: 0.3 };
        let steps = RateProfile::Steps {
            steps: (0..40u64).map(|k| (ms(250 * k), [80.0, 0.0, 20.0, 5.0][k as usize % 4])).collect(),
        };
        for profile in [&sine, &steps] {
            let lines = 5;
            let all = spikes(Law::Modulated { profile, lines }, 0, 10.0);
            let grown = |t: f64| profile.expected(Time::from_fs((t * 1e15) as u64));
            let expected = f64::from(lines) * grown(10.0);
            assert!((all.len() as f64 - expected).abs() < 4.0 * expected.sqrt(), "{} {expected}", all.len());
            let gaps = |times: Vec<f64>, scale: f64| -> Vec<f64> {
                times.windows(2).map(|pair| scale * (grown(pair[1]) - grown(pair[0]))).collect()
            };
            let exponential = |x: f64| 1.0 - (-x).exp();
            let whole = gaps(all.iter().map(|spike| spike.0).collect(), f64::from(lines));
            assert!(kolmogorov(whole, exponential) < CRITICAL);
            for line in 0..lines {
                let one = all.iter().filter(|spike| spike.1 == line).map(|spike| spike.0).collect();
                assert!(kolmogorov(gaps(one, 1.0), exponential) < CRITICAL, "line {line}");
            }
        }
    }

    #[test]
    fn dead_time_keeps_the_mean_rate_and_shifts_exponential_gaps() {
        let (rate, dead) = (100.0, Time::from_fs(6_000_000_000_000));
        let law = Law::DeadTime { rate, dead };
        let spikes = spikes(law, 3, 200.0);
        // Renewal process of CV 1 - rate dead = 0.4: the count's variance is 0.16 of the mean.
        let expected = rate * 200.0;
        assert!((spikes.len() as f64 - expected).abs() < 4.0 * 0.4 * expected.sqrt(), "{}", spikes.len());
        let gaps: Vec<f64> = spikes.windows(2).map(|pair| pair[1].0 - pair[0].0).collect();
        assert!(gaps.iter().all(|&gap| gap >= 6e-3 - 1e-12));
        assert!(kolmogorov(gaps, |t| 1.0 - (-(t - 6e-3).max(0.0) / 4e-3).exp()) < CRITICAL);
    }

    #[test]
    fn the_first_gap_is_the_rest_of_one_so_that_the_rate_is_there_from_the_start() {
        let law = Law::DeadTime { rate: 100.0, dead: Time::from_fs(6_000_000_000_000) };
        let first: Vec<f64> = (0..4000)
            .map(|entity| Process::resume(1, entity, 0, law, 0, Time::ZERO).next().unwrap().0.as_seconds())
            .collect();
        let cdf = |t: f64| if t < 6e-3 { 100.0 * t } else { 1.0 - 0.4 * (-(t - 6e-3) / 4e-3).exp() };
        assert!(kolmogorov(first, cdf) < CRITICAL);
    }

    #[test]
    fn a_process_goes_on_from_its_position() {
        let profile =
            RateProfile::Sine { mean: 40.0, depth: 0.9, period: Time::from_fs(10u64.pow(14)), phase: 0.0 };
        let train = OpenTrain::new(super::super::Gamma { rate: crate::units::Hertz::new(50.0), cv: 1.5 });
        let laws = [
            Law::Open(&train),
            Law::Modulated { profile: &profile, lines: 3 },
            Law::DeadTime { rate: 50.0, dead: Time::from_fs(10u64.pow(12)) },
        ];
        for law in laws {
            let mut process = Process::resume(5, 2, 9, law, 0, Time::ZERO);
            for _ in 0..50 {
                let (handed, last) = process.position();
                assert_eq!(Process::resume(5, 2, 9, law, handed, last).next(), process.next());
                process.pop(law);
            }
        }
    }
}
