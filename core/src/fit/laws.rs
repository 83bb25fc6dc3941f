//! Which law of state a train of equal pulses follows: each that devices have is fitted, and they are compared by what
//! they leave over and how many numbers they need for it.
//!
//! AICc = n ln(RSS/n) + 2 k + 2 k (k + 1)/(n - k - 1) with k the numbers fitted, the size of the noise among them (Hurvich &
//! Tsai, Biometrika 76, 297 (1989)). A law is told from another by a difference of ten or more; within it the one with
//! the fewest numbers is kept.

use super::curves::Curve;
use super::least_squares::Unknown;
use super::train::train;
use super::{FitError, Fitted};
use crate::numeric::{ln, ln_1p};

/// A law of state in closed form over the number n of a pulse, counted from the first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PulseLaw {
    /// G = g_0 + step n.
    Linear,
    /// 1/G = 1/g_0 - step n.
    LinearResistance,
    /// G = g_0 + (g_end - g_0)(1 - e^(-dose n)).
    SoftBound,
    /// G = g_0 + scale ln(1 + dose n).
    Querlioz,
}

impl PulseLaw {
    /// All, those with the fewest numbers first.
    pub const ALL: [Self; 4] = [Self::Linear, Self::LinearResistance, Self::SoftBound, Self::Querlioz];

    /// As presets name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::LinearResistance => "linear_resistance",
            Self::SoftBound => "soft_bound",
            Self::Querlioz => "querlioz",
        }
    }

    /// Fits it to (pulse, conductance).
    ///
    /// # Errors
    /// See [`FitError`].
    pub fn fit(self, points: &[(f64, f64)]) -> Result<Fitted, FitError> {
        if self == Self::SoftBound {
            return Curve::Pulses.fit(points, &[]);
        }
        let what = "a pulse train";
        let (Some(first), Some(last)) = (points.first(), points.last()) else {
            return Err(FitError::TooFewPoints { points: 0, parameters: 2, needed: 3, what });
        };
        let length = (last.0 - first.0).max(f64::MIN_POSITIVE);
        let g_0 = Unknown { name: "g_0", unit: "S", start: first.1, scale: true };
        let shifted: Vec<(f64, f64)> = points.iter().map(|p| (p.0 - first.0, p.1)).collect();
        let fit = match self {
            Self::Linear => {
                let step = Unknown { name: "step", start: (last.1 - first.1) / length, ..g_0 };
                train(what, &shifted, &[g_0, step], &[], |n, p, d| {
                    (d[0], d[1]) = (1.0, n);
                    p[0] + p[1] * n
                })
            }
            Self::LinearResistance => {
                let start = (1.0 / first.1 - 1.0 / last.1) / length;
                let step = Unknown { name: "step", unit: "Ohm", start, scale: true };
                train(what, &shifted, &[g_0, step], &[], |n, p, d| {
                    let share = 1.0 / (1.0 - p[0] * p[1] * n);
                    (d[0], d[1]) = (share * share, p[0] * p[0] * n * share * share);
                    p[0] * share
                })
            }
            Self::SoftBound | Self::Querlioz => {
                let scale = Unknown { name: "scale", start: (last.1 - first.1) / ln(4.0), ..g_0 };
                let dose = Unknown { name: "dose", unit: "", start: 3.0 / length, scale: true };
                train(what, &shifted, &[g_0, scale, dose], &[], |n, p, d| {
                    if 1.0 + p[2] * n <= 0.0 {
                        return f64::NAN;
                    }
                    let log = ln_1p(p[2] * n);
                    (d[0], d[1], d[2]) = (1.0, log, p[1] * n / (1.0 + p[2] * n));
                    p[0] + p[1] * log
                })
            }
        }?;
        Ok(Fitted { origin: first.0, ..fit })
    }
}

/// A law that fits all trains of a device, and how well.
#[derive(Clone, Debug, PartialEq)]
pub struct LawFit {
    /// Which one.
    pub law: PulseLaw,
    /// Its numbers, of each train.
    pub fits: Vec<Fitted>,
    /// Less is better: the sum over the trains, whose noise may differ.
    pub aicc: f64,
}

/// Difference of AICc from which on one law is preferred to another: odds of 150 to 1.
const TOLD_APART: f64 = 10.0;

/// All laws that the data determine, the kept one first and then those that are not distinguishable from it, how many these
/// are with it, and the others, the better first. Trains are of one device, up and down; the curvature of Querlioz's law is one
/// number for both directions, which two trains do not determine one by one: it is compared for one train alone.
///
/// # Errors
/// That of the soft bound, if the data determine none.
pub fn compare_laws(trains: &[&[(f64, f64)]]) -> Result<(Vec<LawFit>, usize), FitError> {
    let (mut all, mut refused) = (Vec::new(), None);
    for law in PulseLaw::ALL {
        if law == PulseLaw::Querlioz && trains.len() > 1 {
            continue;
        }
        let fits: Vec<Fitted> = match trains.iter().map(|train| law.fit(train)).collect() {
            Ok(fits) => fits,
            Err(error) => {
                // That of the soft bound tells most.
                if refused.is_none() || law == PulseLaw::SoftBound {
                    refused = Some(error);
                }
                continue;
            }
        };
        let each = trains.iter().zip(&fits).map(|(train, fit)| criterion(train, fit));
        if let Some(aicc) = each.sum::<Option<f64>>() {
            all.push(LawFit { law, fits, aicc });
        }
    }
    all.sort_by(|a, b| a.aicc.total_cmp(&b.aicc));
    let Some(best) = all.first().map(|best| best.aicc) else {
        let points = trains.iter().map(|train| train.len()).min().unwrap_or(0);
        let few = FitError::TooFewPoints { points, parameters: 2, needed: 5, what: "a pulse train" };
        return Err(refused.unwrap_or(few));
    };
    let alike = all.iter().filter(|law| law.aicc < best + TOLD_APART).count();
    all[..alike].sort_by_key(|law| law.fits.iter().map(|fit| fit.parameters.len()).sum::<usize>());
    Ok((all, alike))
}

/// AICc of a law that was fitted to a train; `None` if there are too few points.
fn criterion(points: &[(f64, f64)], fit: &Fitted) -> Option<f64> {
    // Differences that are rounding tell nothing apart.
    let least = 1e-9 * points.iter().fold(0.0, |most: f64, p| most.max(p.1.abs()));
    let (n, k) = (points.len() as f64, fit.parameters.len() as f64 + 1.0);
    (n > k + 1.0).then(|| 2.0 * n * ln(fit.rms.max(least)) + 2.0 * k + 2.0 * k * (k + 1.0) / (n - k - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::resistive::{Bounds, Direction, StateLaw};
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    const BOUNDS: Bounds = Bounds { g_min: 0.2e-3, g_max: 4e-3 };

    /// A train of what the device itself does, with this noise.
    fn train(law: &StateLaw, dose: f64, noise: f64) -> Vec<(f64, f64)> {
        (0..60)
            .map(|n| {
                let g = law.after(BOUNDS, 0.5e-3, dose * f64::from(n), Direction::Set);
                (f64::from(n), g + noise * standard_normal(word(9, Purpose::Measurement, 0, n as u64)))
            })
            .collect()
    }

    #[test]
    fn every_law_of_a_device_is_found_again() {
        for (law, dose, want) in [
            (StateLaw::Linear, 0.01, PulseLaw::Linear),
            (StateLaw::LinearResistance, 0.005, PulseLaw::LinearResistance),
            (StateLaw::SoftBound, 0.05, PulseLaw::SoftBound),
            (StateLaw::Querlioz { alpha: 0.7, beta: 3.0 }, 0.1, PulseLaw::Querlioz),
        ] {
            let (laws, alike) = compare_laws(&[&train(&law, dose, 5e-6)]).unwrap();
            assert_eq!((laws[0].law, alike), (want, 1), "{laws:?}");
        }
    }

    #[test]
    fn what_noise_hides_is_not_told_apart_and_the_simplest_is_kept() {
        // A soft bound of which a tenth of an e-fold is seen, in noise of its bend.
        let (laws, alike) = compare_laws(&[&train(&StateLaw::SoftBound, 0.002, 3e-5)]).unwrap();
        assert_eq!(laws[0].law, PulseLaw::Linear, "{laws:?}");
        let soft = laws.iter().position(|law| law.law == PulseLaw::SoftBound);
        assert!(soft.is_none_or(|at| at < alike), "undetermined, or within ten: {laws:?}");
    }

    #[test]
    fn the_criterion_is_that_of_its_definition() {
        let points = train(&StateLaw::Linear, 0.01, 5e-6);
        let (laws, _) = compare_laws(&[&points]).unwrap();
        let rss: f64 = laws[0].fits[0].residuals.iter().map(|r| r * r).sum();
        let want = 60.0 * (rss / 60.0).ln() + 2.0 * 3.0 + 2.0 * 3.0 * 4.0 / (60.0 - 3.0 - 1.0);
        assert!((laws[0].aicc - want).abs() < 1e-6);
    }

    #[test]
    fn a_train_up_and_one_down_are_of_one_law() {
        for (law, dose, want) in [
            (StateLaw::Linear, 0.01, PulseLaw::Linear),
            (StateLaw::LinearResistance, 0.005, PulseLaw::LinearResistance),
            (StateLaw::SoftBound, 0.05, PulseLaw::SoftBound),
        ] {
            let up = train(&law, dose, 5e-6);
            let top = law.after(BOUNDS, 0.5e-3, 59.0 * dose, Direction::Set);
            let fall = |n: i32| law.after(BOUNDS, top, 1.5 * dose * f64::from(n), Direction::Reset);
            let z = |n: i32| standard_normal(word(10, Purpose::Measurement, 0, n as u64));
            let down: Vec<(f64, f64)> = (0..40).map(|n| (f64::from(59 + n), fall(n) + 5e-6 * z(n))).collect();
            let (laws, alike) = compare_laws(&[&up, &down]).unwrap();
            assert_eq!((laws[0].law, alike), (want, 1), "{laws:?}");
            let value = |which: usize, name: &str| laws[0].fits[which].get(name).unwrap().value;
            if law == StateLaw::SoftBound {
                let ends = [value(0, "g_end"), value(1, "g_end"), value(0, "dose"), value(1, "dose")];
                for (got, want) in ends.into_iter().zip([4e-3, 0.2e-3, 0.05, 0.075]) {
                    assert!((got / want - 1.0).abs() < 0.03, "{got} {want}");
                }
            }
        }
    }
}
