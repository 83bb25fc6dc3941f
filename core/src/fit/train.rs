//! Trains of pulses: what each pulse does differs, and the next begins where it ended.
//!
//! The noise of a train is a random walk: a conductance that is off by e_k when pulse k has come is off by
//!
//! e_(k+1) = a_k e_k + s m_k z,   y_k = f(n_k) + e_k + r z'
//!
//! when the next has, where m_k = f(n_(k+1)) - f(n_k) is the step of the curve, a_k = f'(n_(k+1))/f'(n_k) how the law pulls
//! together or apart what begins apart, s the noise of a dose from pulse to pulse and r that of reading. Taken for noise of reading, such
//! a walk gives errors that are several times too small.
//!
//! The likelihood of the one-step increments (Kalman) has its scale concentrated out: with the parts w of the walk and 1 - w of
//! reading, innovations v_k of variance F_k, the sum of (v_k^2/F_k) times the geometric mean of the F_k is least. The filter is linear, so
//! curve and derivatives go through it as data do, and what is searched is least squares of what comes out; w and what depends on the
//! curve are found in turn with it. A walk is in the model from a likelihood ratio of 2.7 on, the 5 % point at the border of w.
//!
//! The part of reading is known less well than its likeliest value says: where pulses differ by more than a reading does, that may be
//! none, and the first conductance, which is one reading, would be known to nothing at all. So errors are at least those with
//! an r that is one standard error above its mean over the likelihood.
//!
//! Source: Harvey, Forecasting, structural time series models and the Kalman filter (1989), sections 3.4 and 4.2.

use super::least_squares::{Held, Unknown, least_squares_alike, least_squares_holding};
use super::{FitError, Fitted, FittedParameter};
use crate::numeric::{exp, ln};
use std::cell::RefCell;

/// A curve and its derivatives by the unknowns, at one place.
type Model<'a> = dyn Fn(f64, &[f64], &mut [f64]) -> f64 + 'a;

/// Twice the logarithm of the ratio of likelihoods from which on there is a walk.
const THERE: f64 = 2.7;
/// How often the walk and the curve are found in turn.
const ROUNDS: usize = 6;
/// The part of reading is never less: the first conductance is then known to that.
const LEAST_READ: f64 = 1e-6;
/// What the noise of a dose is called, as presets do.
const SIGMA: &str = "dose_sigma";

/// How deviations go on from row to row, and what each step adds to their variance, in the mean of all 1.
struct Walk {
    pull: Vec<f64>,
    adds: Vec<f64>,
    /// The mean square of the steps, in S^2.
    square: f64,
}

impl Walk {
    /// Along a curve through these rows; `None` if it stands still.
    fn along(points: &[(f64, f64)], curve: &dyn Fn(f64) -> f64) -> Option<Self> {
        let (mut pull, mut adds) = (Vec::new(), Vec::new());
        for pair in points.windows(2) {
            let (n, next) = (pair[0].0, pair[1].0);
            let pulses = (next - n).max(f64::MIN_POSITIVE);
            let near = 1e-3 * pulses;
            let speed = |n: f64| curve(n + near) - curve(n - near);
            let ratio = speed(next) / speed(n);
            pull.push(if ratio.is_finite() { ratio.clamp(0.0, 2.0) } else { 0.0 });
            let step = curve(next) - curve(n);
            adds.push(step * step / pulses);
        }
        let square = adds.iter().sum::<f64>() / adds.len().max(1) as f64;
        if !(square > 0.0 && square.is_finite()) {
            return None;
        }
        adds.iter_mut().for_each(|add| *add /= square);
        Some(Self { pull, adds, square })
    }

    /// Innovations of a series divided by the roots of their variances, and the mean of the logarithms of these, for the part `w` of
    /// the walk.
    fn filtered(&self, w: f64, series: &mut [f64]) -> f64 {
        let read = (1.0 - w).max(LEAST_READ);
        let (mut expected, mut variance, mut logs) = (0.0, 0.0, 0.0);
        for (k, value) in series.iter_mut().enumerate() {
            let (innovation, f) = (*value - expected, variance + read);
            let gain = variance / f;
            let known = expected + gain * innovation;
            *value = innovation / f.sqrt();
            logs += ln(f);
            if k < self.pull.len() {
                expected = self.pull[k] * known;
                variance = self.pull[k] * self.pull[k] * variance * read / f + w * self.adds[k];
            }
        }
        logs / series.len().max(1) as f64
    }

    /// Twice the negative logarithm of the likelihood of deviations, but for a constant, with its scale concentrated out.
    fn misfit(&self, w: f64, deviations: &[f64]) -> f64 {
        let mut series = deviations.to_vec();
        let logs = self.filtered(w, &mut series);
        let n = series.len() as f64;
        n * (ln(series.iter().map(|v| v * v).sum::<f64>() / n) + logs)
    }

    /// The part of the walk that is likeliest.
    fn likeliest(&self, deviations: &[f64]) -> (f64, f64) {
        // By its odds, over eight decades either way.
        let at = |place: f64| 1.0 / (1.0 + exp(-place));
        let misfit = |place: f64| self.misfit(at(place), deviations);
        let mut best = (-14.0, f64::INFINITY);
        for k in 0..=56 {
            let place = -14.0 + 0.5 * f64::from(k);
            let value = misfit(place);
            if value < best.1 {
                best = (place, value);
            }
        }
        let mut reach = 0.25;
        while reach > 1e-3 {
            for place in [best.0 - reach, best.0 + reach] {
                let value = misfit(place);
                if value < best.1 {
                    best = (place, value);
                }
            }
            reach *= 0.7;
        }
        (at(best.0), best.1)
    }

    /// The part of the walk with which the noise r of reading is one standard error above its mean, over its likelihood with every r
    /// alike before.
    fn with_more_reading(&self, deviations: &[f64]) -> f64 {
        let at = |k: i32| 1.0 / (1.0 + exp(14.0 - 0.25 * f64::from(k)));
        // (w, -2 ln L, r) from the least part of the walk to the largest; r falls.
        let rows: Vec<(f64, f64, f64)> = (0..=112)
            .map(|k| {
                let mut series = deviations.to_vec();
                let logs = self.filtered(at(k), &mut series);
                let scale = series.iter().map(|v| v * v).sum::<f64>() / series.len() as f64;
                let misfit = series.len() as f64 * (ln(scale) + logs);
                (at(k), misfit, (scale * (1.0 - at(k)).max(LEAST_READ)).sqrt())
            })
            .collect();
        let best = rows.iter().map(|row| row.1).fold(f64::INFINITY, f64::min);
        let moment = |power: usize| -> f64 {
            let likely =
                |row: &(f64, f64, f64)| (0..power).fold(exp(0.5 * (best - row.1)), |sum, _| sum * row.2);
            rows.windows(2)
                .map(|pair| (pair[0].2 - pair[1].2).abs() * (likely(&pair[0]) + likely(&pair[1])))
                .sum()
        };
        let mean = moment(1) / moment(0);
        let above = mean + (moment(2) / moment(0) - mean * mean).max(0.0).sqrt();
        rows.iter().rev().find(|row| row.2 >= above).map_or(1.0, |row| row.0)
    }

    /// The noise of a dose and its standard error: from the curvature of the likelihood in the logarithms of both noises.
    fn sigma(&self, w: f64, deviations: &[f64], fitted: f64) -> (f64, f64) {
        let n = deviations.len() as f64;
        let mut series = deviations.to_vec();
        self.filtered(w, &mut series);
        let scale = series.iter().map(|v| v * v).sum::<f64>() / n;
        let sigma = (scale * w / self.square * n / (n - fitted)).sqrt();
        let (walk, read) = (scale * w, scale * (1.0 - w).max(LEAST_READ));
        // -2 ln L of (ln s, ln r), half of it.
        let lack = |s: f64, r: f64| {
            let (walk, read) = (walk * exp(2.0 * s), read * exp(2.0 * r));
            let (sum, mut series) = (walk + read, deviations.to_vec());
            let logs = self.filtered(walk / sum, &mut series);
            0.5 * (n * (logs + ln(sum)) + series.iter().map(|v| v * v).sum::<f64>() / sum)
        };
        let h = 0.05;
        let (middle, cross) =
            (lack(0.0, 0.0), (lack(h, h) - lack(h, -h) - lack(-h, h) + lack(-h, -h)) / (4.0 * h * h));
        let ss = (lack(h, 0.0) + lack(-h, 0.0) - 2.0 * middle) / (h * h);
        let rr = (lack(0.0, h) + lack(0.0, -h) - 2.0 * middle) / (h * h);
        // Reading of which nothing is seen does not make up for the walk.
        let information = if rr > 1e-3 * ss { ss - cross * cross / rr } else { ss };
        (sigma, sigma / information.max(f64::MIN_POSITIVE).sqrt())
    }
}

/// Fits y = model(x, p) to a train. Where there is a walk, its noise is a parameter too, [`SIGMA`], and what is left over are
/// innovations.
///
/// # Errors
/// As [`least_squares_holding`].
pub fn train(
    what: &'static str,
    points: &[(f64, f64)],
    unknowns: &[Unknown],
    held: &[Held],
    model: impl Fn(f64, &[f64], &mut [f64]) -> f64,
) -> Result<Fitted, FitError> {
    let model: &Model<'_> = &model;
    let read_alone = least_squares_holding(what, points, unknowns, held, model);
    let m = unknowns.len();
    let values = |fit: &Fitted| fit.parameters.iter().take(m).map(|p| p.value).collect::<Vec<f64>>();
    let deviations = |p: &[f64]| -> Vec<f64> {
        let mut gradient = vec![0.0; m];
        points.iter().map(|&(x, y)| y - model(x, p, &mut gradient)).collect()
    };
    // Nothing but rounding is left over.
    let size = points.iter().fold(0.0, |most: f64, p| most.max(p.1.abs()));
    if points.len() < m + 5 || read_alone.as_ref().is_ok_and(|fit| fit.rms <= 1e-9 * size) {
        return read_alone;
    }
    // What noise of reading leaves open, that of pulses may not.
    let given =
        |unknown: &Unknown| held.iter().find(|h| h.name == unknown.name).map_or(unknown.start, |h| h.value);
    let mut p = match &read_alone {
        Ok(fit) => values(fit),
        Err(_) => unknowns.iter().map(given).collect(),
    };
    let mut found = None;
    for _ in 0..ROUNDS {
        let curve = |x: f64| model(x, &p, &mut vec![0.0; m]);
        let Some(walk) = Walk::along(points, &curve) else { return read_alone };
        let (w, misfit) = walk.likeliest(&deviations(&p));
        let Ok(next) = of_increments((what, points), (unknowns, &p), held, model, (&walk, w)) else { break };
        let n = points.len() as f64;
        let read = read_alone
            .as_ref()
            .map_or_else(|_| walk.misfit(0.0, &deviations(&values(&next))), |fit| n * 2.0 * ln(fit.rms));
        p = values(&next);
        found = Some((next, walk, w, read - misfit));
    }
    let Some((mut fit, walk, w, _)) = found.filter(|(.., ratio)| *ratio > THERE) else { return read_alone };
    let free = (unknowns.len() - held.len().min(unknowns.len())) as f64;
    let less = walk.with_more_reading(&deviations(&p));
    if less < w {
        let wider = of_increments((what, points), (unknowns, &p), held, model, (&walk, less))?;
        for (own, other) in fit.parameters.iter_mut().zip(&wider.parameters) {
            own.error = own.error.max(other.error);
        }
    }
    let (value, error) = walk.sigma(w, &deviations(&p), free);
    if value.is_finite() && error.is_finite() {
        fit.parameters.push(FittedParameter { name: SIGMA.to_owned(), unit: String::new(), value, error });
    }
    Ok(fit)
}

/// Least squares of what the filter makes of the train and of its curve.
fn of_increments(
    (what, points): (&'static str, &[(f64, f64)]),
    (unknowns, start): (&[Unknown], &[f64]),
    held: &[Held],
    model: &Model<'_>,
    (walk, w): (&Walk, f64),
) -> Result<Fitted, FitError> {
    let m = unknowns.len();
    let mut seen: Vec<f64> = points.iter().map(|p| p.1).collect();
    let even = exp(0.5 * walk.filtered(w, &mut seen));
    // By their place: what the filter makes of a row depends on those before it.
    let rows: Vec<(f64, f64)> = seen.iter().enumerate().map(|(k, y)| (k as f64, even * y)).collect();
    let from: Vec<Unknown> =
        unknowns.iter().zip(start).map(|(unknown, &start)| Unknown { start, ..*unknown }).collect();
    let last: RefCell<(Vec<f64>, Vec<Vec<f64>>)> = RefCell::default();
    least_squares_alike(what, &rows, &from, held, |k, p, d| {
        let mut last = last.borrow_mut();
        if last.0 != p {
            let mut series = vec![Vec::with_capacity(points.len()); m + 1];
            let mut gradient = vec![0.0; m];
            for point in points {
                series[m].push(model(point.0, p, &mut gradient));
                gradient.iter().enumerate().for_each(|(j, g)| series[j].push(*g));
            }
            for one in &mut series {
                walk.filtered(w, one);
                one.iter_mut().for_each(|value| *value *= even);
            }
            *last = (p.to_vec(), series);
        }
        let k = k as usize;
        d.iter_mut().enumerate().for_each(|(j, d)| *d = last.1[j][k]);
        last.1[m][k]
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Curve, PulseLaw};
    use super::*;
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    fn noise(seed: u64, k: u32) -> f64 {
        standard_normal(word(seed, Purpose::Measurement, 0, u64::from(k)))
    }

    /// What a device does on a soft bound whose doses differ by `sigma`, read to `read` siemens.
    fn soft(seed: u64, sigma: f64, read: f64) -> Vec<(f64, f64)> {
        let mut g = 0.2e-3;
        (0..100)
            .map(|k| {
                let seen = (f64::from(k), g + read * noise(seed, 2 * k));
                let dose = 0.04 * exp(sigma * noise(seed, 2 * k + 1) - 0.5 * sigma * sigma);
                g = 4e-3 - (4e-3 - g) * exp(-dose);
                seen
            })
            .collect()
    }

    #[test]
    fn the_noise_of_a_dose_comes_back_beside_that_of_reading() {
        let (mut sum, mut covered) = (0.0, 0);
        for seed in 0..60 {
            let fit = Curve::Pulses.fit(&soft(3000 + seed, 0.2, 5e-6), &[]).unwrap();
            let sigma = fit.get(SIGMA).unwrap_or_else(|| panic!("{fit:?}"));
            sum += sigma.value / 60.0;
            covered += u32::from((sigma.value - 0.2).abs() < 2.0 * sigma.error);
        }
        // A step differs by D e^-D/(1 - e^-D) = 0.98 of what its dose does.
        assert!((sum / 0.2 - 1.0).abs() < 0.08, "{sum}");
        assert!(covered >= 50, "{covered}");
    }

    #[test]
    fn the_first_conductance_is_known_to_a_reading_and_no_better() {
        // 100 uS to 400 uS by doses of 0.03 that differ by half of it, read to 0.3 uS: 4.5 uS for the first pulse, 0.4 uS for the last.
        let (mut stated, mut far, mut within) = (0.0, 0, 0);
        for seed in 0..100 {
            let mut g = 100e-6;
            let data: Vec<(f64, f64)> = (0..=80)
                .map(|k| {
                    let seen = (f64::from(k), g + 0.3e-6 * noise(7000 + seed, 2 * k));
                    let dose = 0.03 * exp(0.5 * noise(7000 + seed, 2 * k + 1) - 0.125);
                    g = 400e-6 - (400e-6 - g) * exp(-dose);
                    seen
                })
                .collect();
            let fit = Curve::Pulses.fit(&data, &[]).unwrap();
            let g_0 = fit.get("g_0").unwrap();
            // What it is off by is the noise of one reading, whatever the fit.
            let off = (g_0.value - 100e-6).abs();
            stated += g_0.error / 100.0;
            far += u32::from(off > 5.0 * g_0.error);
            within += u32::from(off < 1.96 * g_0.error);
        }
        // The noise of the first step is fifteen times that of reading.
        assert!(far == 0 && within >= 87, "{far} far, {within} within");
        assert!((0.25e-6..0.75e-6).contains(&stated), "{stated}");
    }

    #[test]
    fn without_a_walk_it_is_least_squares_and_has_no_noise_of_a_dose() {
        let told = (0..40).filter(|seed| {
            Curve::Pulses.fit(&soft(5000 + seed, 0.0, 1e-5), &[]).unwrap().get(SIGMA).is_some()
        });
        // One of twenty at the 5 % point.
        assert!(told.count() <= 7);
    }

    #[test]
    fn the_walk_of_a_straight_line_has_the_error_of_its_increments() {
        // Alone, s m z: the mean step is (last - first)/n, and known to s m/sqrt(n).
        let mut g = 1e-3;
        let data: Vec<(f64, f64)> = (0..200)
            .map(|k| {
                let seen = (f64::from(k), g);
                g += 1e-5 * (1.0 + 0.3 * noise(77, k));
                seen
            })
            .collect();
        let fit = PulseLaw::Linear.fit(&data).unwrap();
        let step = fit.get("step").unwrap();
        let want = (data[199].1 - data[0].1) / 199.0;
        assert!((step.value / want - 1.0).abs() < 1e-3, "{step:?}, not {want}");
        assert!((step.error / (0.3 * want / 199.0_f64.sqrt()) - 1.0).abs() < 0.2, "{step:?}");
    }
}
