//! Noise that grows with the value, and least squares that know of it.
//!
//! An instrument has a noise of its own and one that is a share of what it reads: the variance of a row is a^2 + b^2 f^2, with f what
//! is fitted there. Where every row counts alike, the largest alone place the curve, which then lies off the small ones by many
//! times their own noise: long runs of one sign that say nothing against the law. So a and b are those of the greatest
//! likelihood of the residuals, rows are weighted with the variance, and both are found in turn (Carroll & Ruppert, Transformation and
//! weighting in regression (1988), section 3.2). Only where the likelihood is far greater than that of one variance for all rows
//! (a ratio that chance gives once in a thousand): equally uncertain rows count alike.

use super::least_squares::{Held, Unknown, least_squares_holding};
use super::{FitError, Fitted};
use crate::numeric::{exp, ln};
use serde::{Deserialize, Serialize};

/// Twice the logarithm of the ratio of likelihoods from which on noise grows: 0.1 % of chi squared with one degree of freedom.
const THERE: f64 = 10.83;
/// How often weights and curve are found in turn.
const ROUNDS: usize = 12;
/// Rows below which no variance is told from another.
const LEAST_ROWS: usize = 20;
/// The noise at zero is never taken for less than this share of that at the largest value: a row at which curve and data are both zero
/// would count without end.
const LEAST_FLOOR: f64 = 1e-4;
/// The noise at zero that a search begins with, as a share of that at the largest value.
const START: f64 = 0.01;
/// sqrt(a^2 + b^2).
fn root_of_squares(a: f64, b: f64) -> f64 {
    (a * a + b * b).sqrt()
}

/// Residuals that no instrument would show, as a share of what is fitted.
pub(super) const EXACT: f64 = 1e-5;

/// The standard deviation of a row: the root of `floor`^2 + (`share` f)^2, with f what is fitted.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// At zero, in the unit of the data.
    pub floor: f64,
    /// Of the value.
    pub share: f64,
}

impl Noise {
    /// The standard deviation of a row with this fitted value.
    #[must_use]
    pub fn of(self, fitted: f64) -> f64 {
        root_of_squares(self.floor, self.share * fitted)
    }
}

/// The likeliest noise of rows (fitted, residual), if it grows.
fn growing(rows: &[(f64, f64)]) -> Option<Noise> {
    // What lies exactly on the curve, as at zero volts, tells of no spread.
    let rows: Vec<(f64, f64)> = rows.iter().filter(|row| row.1 != 0.0).copied().collect();
    let size = rows.iter().fold(0.0, |most: f64, row| most.max(row.0.abs()));
    let n = rows.len() as f64;
    if rows.len() < LEAST_ROWS || size == 0.0 {
        return None;
    }
    // With the floor c in units of the largest value's share: the scale, and -2 ln L but for a constant.
    let at = |place: f64| {
        let c = exp(place);
        let variance = |row: &(f64, f64)| c * c + (row.0 / size) * (row.0 / size);
        let scale = rows.iter().map(|row| row.1 * row.1 / variance(row)).sum::<f64>() / n;
        (scale, n * ln(scale) + rows.iter().map(|row| ln(variance(row))).sum::<f64>())
    };
    let mut best = (f64::INFINITY, f64::INFINITY);
    let (low, high) = (ln(LEAST_FLOOR), ln(10.0));
    for k in 0..=40 {
        let place = low + (high - low) * f64::from(k) / 40.0;
        let misfit = at(place).1;
        if misfit < best.1 {
            best = (place, misfit);
        }
    }
    let mut reach = 0.12;
    while reach > 1e-4 {
        for place in [best.0 - reach, best.0 + reach] {
            let misfit = at(place.max(low)).1;
            if misfit < best.1 {
                best = (place.max(low), misfit);
            }
        }
        reach *= 0.7;
    }
    let alike = n * ln(rows.iter().map(|row| row.1 * row.1).sum::<f64>() / n);
    let share = at(best.0).0.sqrt() / size;
    (alike - best.1 > THERE).then(|| Noise { floor: exp(best.0) * share * size, share })
}

/// A fit that is made with the standard deviation of each row, up to a factor; of none, all are alike. Residuals are those of the data.
///
/// # Errors
/// Those of the fit in which every row counts alike.
pub(super) fn weighed(
    points: &[(f64, f64)],
    fit: impl Fn(&[f64]) -> Result<Fitted, FitError>,
) -> Result<Fitted, FitError> {
    let alike = fit(&[]);
    let size = points.iter().fold(0.0, |most: f64, p| most.max(p.1.abs()));
    if alike.as_ref().is_ok_and(|fit| fit.rms.is_nan() || fit.rms <= EXACT * size) {
        return alike;
    }
    // What the noise of large values leaves open, small ones may not: from shares of the values themselves.
    let open = matches!(alike, Err(FitError::Undetermined { .. })) && size > 0.0;
    let shares = || points.iter().map(|p| root_of_squares(p.1, START * size)).collect::<Vec<f64>>();
    let mut found = if open { fit(&shares()).ok() } else { None };
    for _ in 0..ROUNDS {
        let Some(last) = found.as_ref().or(alike.as_ref().ok()) else { return alike };
        let rows: Vec<(f64, f64)> = points.iter().zip(&last.residuals).map(|(p, r)| (p.1 - r, *r)).collect();
        let Some(noise) = growing(&rows) else { return alike };
        let done = last.noise.is_some_and(|last| {
            (last.floor - noise.floor).abs() <= 1e-4 * noise.floor
                && (last.share - noise.share).abs() <= 1e-4 * noise.share
        });
        if done {
            break;
        }
        let sigmas: Vec<f64> = rows.iter().map(|row| noise.of(row.0)).collect();
        // What is open with weights is told as it is without.
        let Ok(next) = fit(&sigmas) else { return alike };
        found = Some(Fitted { noise: Some(noise), ..next });
    }
    found.map_or(alike, Ok)
}

/// As [`least_squares_holding`], with a standard deviation of each row.
///
/// # Errors
/// As [`least_squares_holding`].
pub(super) fn least_squares_with(
    sigmas: &[f64],
    what: &'static str,
    points: &[(f64, f64)],
    unknowns: &[Unknown],
    held: &[Held],
    model: impl Fn(f64, &[f64], &mut [f64]) -> f64,
) -> Result<Fitted, FitError> {
    if sigmas.is_empty() {
        return least_squares_holding(what, points, unknowns, held, model);
    }
    // By their place, in units of their noise.
    let rows: Vec<(f64, f64)> =
        points.iter().zip(sigmas).enumerate().map(|(k, (p, sigma))| (k as f64, p.1 / sigma)).collect();
    let mut fit = least_squares_holding(what, &rows, unknowns, held, |k, p, d| {
        let (x, sigma) = (points[k as usize].0, sigmas[k as usize]);
        let value = model(x, p, d);
        d.iter_mut().for_each(|d| *d /= sigma);
        value / sigma
    })?;
    fit.residuals.iter_mut().zip(sigmas).for_each(|(r, sigma)| *r *= sigma);
    fit.rms = (fit.residuals.iter().map(|r| r * r).sum::<f64>() / points.len() as f64).sqrt();
    Ok(fit)
}

#[cfg(test)]
mod tests {
    use super::super::Curve;
    use super::*;
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    fn z(seed: u64, k: usize) -> f64 {
        standard_normal(word(seed, Purpose::Measurement, 11, k as u64))
    }

    /// Data of a law in x, with a share of each value and a noise of its own.
    fn noisy(
        seed: u64,
        x: impl Iterator<Item = f64>,
        law: impl Fn(f64) -> f64,
        noise: Noise,
    ) -> Vec<(f64, f64)> {
        x.enumerate().map(|(k, x)| (x, law(x) + noise.of(law(x)) * z(seed, k))).collect()
    }

    fn times() -> impl Iterator<Item = f64> {
        (0..=100).map(|k| 0.5e-3 * f64::from(k))
    }

    #[test]
    fn both_noises_come_back_and_one_noise_for_all_rows_stays_one() {
        let law = |t: f64| 0.25 * (-t / 0.01).exp();
        let (mut share, mut floor, mut grew) = (0.0, 0.0, 0);
        for seed in 0..100 {
            let both = Noise { floor: 0.5e-3, share: 0.03 };
            let rows = |noise: Noise| -> Vec<(f64, f64)> {
                noisy(seed, times(), law, noise).iter().map(|p| (law(p.0), p.1 - law(p.0))).collect()
            };
            let found = growing(&rows(both)).unwrap();
            share += found.share / 100.0;
            floor += found.floor / 100.0;
            grew += u32::from(growing(&rows(Noise { floor: 0.5e-3, share: 0.0 })).is_some());
        }
        // Each to some 15 % a time, and so in the mean of a hundred to 2 %.
        assert!((share / 0.03 - 1.0).abs() < 0.06 && (floor / 0.5e-3 - 1.0).abs() < 0.06, "{share} {floor}");
        // Of a thousand one; more than two of a hundred have a probability of 2e-4.
        assert!(grew <= 2, "{grew}");
    }

    #[test]
    fn weighted_least_squares_are_those_of_the_textbook() {
        // A line through zero: g = sum (v i/s^2)/sum (v^2/s^2), with the error sqrt(sum (r/s)^2/(n - 1)/sum (v^2/s^2)).
        let points = noisy(
            3,
            (1..=40).map(|k| 0.025 * f64::from(k)),
            |v| 1e-5 * v,
            Noise { floor: 1e-9, share: 0.02 },
        );
        let fit = Curve::Iv { ohmic: true }.fit(&points, &[]).unwrap();
        let noise = fit.noise.unwrap();
        let g = fit.get("g").unwrap();
        let sum = |f: &dyn Fn(f64, f64, f64) -> f64| -> f64 {
            points.iter().map(|p| f(p.0, p.1, noise.of(1e-5 * p.0 * g.value / 1e-5))).sum()
        };
        let (vi, vv) = (sum(&|v, i, s| v * i / (s * s)), sum(&|v, _, s| v * v / (s * s)));
        assert!((g.value / (vi / vv) - 1.0).abs() < 1e-4, "{g:?}");
        let left = sum(&|v, i, s| ((i - g.value * v) / s) * ((i - g.value * v) / s));
        let error = (left / 39.0 / vv).sqrt();
        assert!((0.99..1.5).contains(&(g.error / error)), "{g:?}, not {error}");
        for (p, r) in points.iter().zip(&fit.residuals) {
            assert!((p.1 - g.value * p.0 - r).abs() < 1e-12 * p.1.abs());
        }
    }

    #[test]
    fn good_fits_of_noise_that_is_a_share_of_the_value_are_not_refused_and_other_laws_are() {
        let sinh = Curve::Iv { ohmic: false };
        let volts = || (-50..=50).map(|k| 0.02 * f64::from(k));
        let pairs = || (-30..=30i32).filter(|k| *k != 0).map(|k| 5e-3 * f64::from(k));
        let window = |t: f64| if t > 0.0 { 40.0 * (-t / 0.02).exp() } else { -20.0 * (t / 0.03).exp() };
        let of = |share: f64| Noise { floor: 0.0, share };
        let bad = |curve: Curve, data: &dyn Fn(u64) -> Vec<(f64, f64)>| {
            let refused = |seed: &u64| {
                let points = data(*seed);
                curve.fit(&points, &[]).is_ok_and(|fit| !curve.judge(&points, &fit).fits())
            };
            (0..150).filter(refused).count()
        };
        let relaxation = |t: f64| 0.43e-3 + 0.24957 * (-t / 0.01).exp();
        let found = [
            bad(Curve::Relaxation, &|seed| noisy(seed, times(), relaxation, of(0.03))),
            bad(Curve::Stdp, &|seed| noisy(seed, pairs(), window, of(0.05))),
            bad(sinh, &|seed| noisy(seed, volts(), |v| 3e-6 * (v / 0.3).sinh(), of(0.02))),
            bad(sinh, &|seed| noisy(seed, volts(), |v| 1e-6 * (v / 0.1).sinh(), of(0.02))),
        ];
        // Five in a thousand (measured): more than five of 150 have a probability of 2e-4.
        assert!(found.iter().all(|bad| *bad <= 5), "{found:?} of 150");
        // A cubic is no sinh, a sinh no line, whatever the noise.
        let cubic = |v: f64| 1e-5 * (v + 3.0 * v * v * v);
        assert!(bad(sinh, &|seed| noisy(seed, volts(), cubic, of(0.02))) >= 148);
        let bent = |v: f64| 5e-6 * (v / 0.5).sinh();
        assert!(bad(Curve::Iv { ohmic: true }, &|seed| noisy(seed, volts(), bent, of(0.02))) >= 148);
    }
}
