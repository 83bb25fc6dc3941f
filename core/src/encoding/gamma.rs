//! Gamma processes: spikes that are more regular than a Poisson process, or less.
//!
//! A renewal process whose intervals have the density t^(k - 1) e^(-t/theta)/(Gamma(k) theta^k), with k = 1/CV^2 and k theta = 1/rate:
//! mean 1/rate, coefficient of variation CV. CV = 1 is a Poisson process. It is stationary: the first gap is what is left of an interval that
//! began before 0, a uniform share of one that was chosen by its length, which is gamma of shape k + 1 (Cox, *Renewal Theory* (1962),
//! chapter 5). As a model of cortical spike trains: Nawrot et al., *J. Neurosci. Methods* 169, 374 (2008).
//!
//! Drawn by rejection: G. Marsaglia and W. W. Tsang, *ACM Trans. Math. Software* 26, 363 (2000); at most one trial in twenty fails.

use super::train::Train;
use crate::keys::{ModelKey, Reader, required};
use crate::numeric::{exp, ln, normal_quantile};
use crate::random::{Stream, unit};
use crate::time::Time;
use crate::units::Hertz;

/// Independent gamma processes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Gamma {
    /// Of each line.
    pub rate: Hertz,
    /// Standard deviation of the intervals over their mean.
    pub cv: f64,
}

/// How often a trial may fail; each takes two words.
const TRIALS: u32 = 30;

/// A gamma variable of this shape and scale 1.
fn gamma(shape: f64, words: &mut Stream) -> f64 {
    if shape < 1.0 {
        // G(k) = G(k + 1) U^(1/k).
        let small = exp(ln(unit(words.next_word())) / shape);
        return gamma(shape + 1.0, words) * small;
    }
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / (3.0 * d.sqrt());
    for _ in 0..TRIALS {
        let (z, u) = (normal_quantile(unit(words.next_word())), unit(words.next_word()));
        let root = 1.0 + c * z;
        let v = root * root * root;
        if root > 0.0 && ln(u) < 0.5 * z * z + d * (1.0 - v + ln(v)) {
            return d * v;
        }
    }
    // Once in 1e39.
    shape
}

impl Train for Gamma {
    const NAME: &'static str = "gamma";
    const TITLE: &'static str = "independent gamma processes: intervals of a given coefficient of variation";
    const KEYS: &'static [ModelKey] = &[
        required("rate", "Hz", "mean rate of each line"),
        required(
            "cv",
            "",
            "standard deviation of the intervals over their mean: 1 is a Poisson process, below 1 is more regular",
        ),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let rate = read.above_zero("rate");
        let cv = read.checked("cv", |cv| (0.01..=3.0).contains(&cv), "it must be from 0.01 to 3");
        Self { rate: Hertz::of(rate), cv }
    }

    fn gap(&self, last: Option<Time>, words: &mut Stream) -> f64 {
        let shape = 1.0 / (self.cv * self.cv);
        let scale = 1.0 / (shape * self.rate.get());
        match last {
            Some(_) => scale * gamma(shape, words),
            None => scale * unit(words.next_word()) * gamma(shape + 1.0, words),
        }
    }

    fn expected(&self, duration: Time) -> f64 {
        self.rate.get() * duration.as_seconds()
    }

    fn told(&self) -> String {
        format!("gamma, {}, CV {}", self.rate, self.cv)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::encoding::{Law, OpenTrain, Process};

    /// Gaps of one line, the first among them.
    fn gaps(cv: f64, entity: u32, count: usize) -> Vec<f64> {
        let train = OpenTrain::new(Gamma { rate: Hertz::new(100.0), cv });
        let law = Law::Open(&train);
        let mut process = Process::resume(3, entity, 0, law, 0, Time::ZERO);
        let mut last = 0.0;
        let gap = |_| {
            let now = process.next().unwrap().0.as_seconds();
            process.pop(law);
            let gap = now - last;
            last = now;
            gap
        };
        (0..count).map(gap).collect()
    }

    /// Largest distance of the values from a distribution function, times the root of their number.
    fn kolmogorov(mut values: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
        values.sort_by(f64::total_cmp);
        let n = values.len() as f64;
        let distance = values.iter().zip(0_u32..).fold(0.0f64, |most, (&value, k)| {
            let (f, k) = (cdf(value), f64::from(k));
            most.max((f - k / n).abs()).max(((k + 1.0) / n - f).abs())
        });
        distance * n.sqrt()
    }

    /// 0.1 % point of the Kolmogorov distribution.
    const CRITICAL: f64 = 1.95;

    /// Distribution of the sum of so many exponential variables of mean 1.
    fn erlang(stages: u32, x: f64) -> f64 {
        let mut term = 1.0;
        let mut sum = 0.0;
        for k in 0..stages {
            sum += term;
            term *= x / f64::from(k + 1);
        }
        1.0 - (-x).exp() * sum
    }

    #[test]
    fn intervals_of_a_whole_shape_are_sums_of_exponential_ones() {
        for (cv, stages) in [(1.0, 1), (0.5, 4)] {
            let of = gaps(cv, 5, 20_000).split_off(1);
            let distance = kolmogorov(of, |t| erlang(stages, t * 100.0 * f64::from(stages)));
            assert!(distance < CRITICAL, "{cv}: {distance}");
        }
    }

    #[test]
    fn the_first_gap_is_the_rest_of_an_interval() {
        let first: Vec<f64> = (0..4_000).map(|entity| gaps(0.5, entity, 1)[0]).collect();
        // What is left of a sum of four stages is a sum of one, two, three or four, each as likely.
        let rest = |t: f64| (1..=4).map(|stages| erlang(stages, 400.0 * t)).sum::<f64>() / 4.0;
        let distance = kolmogorov(first, rest);
        assert!(distance < CRITICAL, "{distance}");
    }

    #[test]
    fn mean_and_variation_are_those_asked_for_on_either_side_of_poisson() {
        for cv in [0.05, 0.7, 1.7] {
            let of = gaps(cv, 1, 40_001).split_off(1);
            let n = of.len() as f64;
            let mean = of.iter().sum::<f64>() / n;
            let variance = of.iter().map(|gap| (gap - mean) * (gap - mean)).sum::<f64>() / n;
            assert!((mean / 0.01 - 1.0).abs() < 4.0 * cv / n.sqrt(), "{cv}: {mean}");
            // The variance of a variance: (2 + excess)/n of its square, the excess of gamma being 6 cv^2.
            let spread = 4.0 * ((2.0 + 6.0 * cv * cv) / n).sqrt();
            assert!((variance / (1e-4 * cv * cv) - 1.0).abs() < spread, "{cv}: {}", variance.sqrt() / mean);
        }
    }
}
