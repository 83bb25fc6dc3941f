//! Whether what a fit leaves over is noise: residuals in the order of x are tested for a pattern.
//!
//! - Too few runs of one sign (Wald & Wolfowitz, Ann. Math. Stat. 11, 147 (1940)).
//! - Autocorrelation over ten rows (Ljung & Box, Biometrika 65, 297 (1978)), of residuals divided by the median size of their
//!   twenty neighbours, since noise may grow with the value.
//! - Where rows repeat an x: means of the repeats farther from the curve than the repeats are from each other (F test of lack
//!   of fit), divided likewise.
//!
//! Residuals of rows that were weighted are first divided by their noise (see [`super::noise`]).
//!
//! Together they call a good fit bad in one case of a thousand (Holm, Scand. J. Stat. 6, 65 (1979)), by their
//! distributions of many rows; of 60 to 100 rows it was up to seven of a thousand.

use super::Fitted;
use super::distributions::{chi_squared_tail, f_tail, normal_tail};
use super::noise::EXACT;
use super::statistics::median;

/// The probability that a good fit is called bad.
const FAMILY: f64 = 0.001;
/// Rows below which nothing is tested.
const LEAST_ROWS: usize = 10;

/// One test and its outcome.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Test {
    /// In a sentence.
    pub name: &'static str,
    /// The probability of as clear a pattern in noise.
    pub p: f64,
    /// Whether it says that there is one.
    pub rejects: bool,
}

/// What the tests say of a fit; none of one that is exact, or has few rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Judgement {
    /// Those that could be made.
    pub tests: Vec<Test>,
}

impl Judgement {
    /// Whether what is left over may be noise.
    #[must_use]
    pub fn fits(&self) -> bool {
        self.tests.iter().all(|test| !test.rejects)
    }
}

/// Judges residuals of a fit to these points; `scale` is the size of what is fitted, in the unit of the residuals.
pub(super) fn judge(points: &[(f64, f64)], fit: &Fitted, scale: f64) -> Judgement {
    if points.len() < LEAST_ROWS || fit.rms.is_nan() || fit.rms <= EXACT * scale {
        return Judgement::default();
    }
    // By the noise of each row, where it is known to grow.
    let one = |(p, r): (&(f64, f64), &f64)| (p.0, fit.noise.map_or(*r, |noise| r / noise.of(p.1 - r)));
    let mut rows: Vec<(f64, f64)> = points.iter().zip(&fit.residuals).map(one).collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let residuals: Vec<f64> = rows.iter().map(|row| row.1).collect();
    let scaled = scaled(&residuals);
    let fitted = fit.parameters.iter().filter(|p| p.error > 0.0).count();
    let found = [
        ("runs of one sign", runs(&residuals)),
        ("autocorrelation", autocorrelation(&scaled)),
        ("lack of fit", lack_of_fit(&rows, &scaled, fitted)),
    ];
    let mut tests: Vec<Test> =
        found.into_iter().filter_map(|(name, p)| Some(Test { name, p: p?, rejects: false })).collect();
    // Holm: the smallest against alpha/m, the next against alpha/(m - 1), until one is not below.
    let mut order: Vec<usize> = (0..tests.len()).collect();
    order.sort_by(|&a, &b| tests[a].p.total_cmp(&tests[b].p));
    for (k, &at) in order.iter().enumerate() {
        if tests[at].p >= FAMILY / (order.len() - k) as f64 {
            break;
        }
        tests[at].rejects = true;
    }
    Judgement { tests }
}

/// Probability of as few runs of one sign or fewer, in the normal approximation.
fn runs(residuals: &[f64]) -> Option<f64> {
    let signs: Vec<bool> = residuals.iter().filter(|r| **r != 0.0).map(|r| *r > 0.0).collect();
    let (n, above) = (signs.len() as f64, signs.iter().filter(|sign| **sign).count() as f64);
    let below = n - above;
    let runs = 1.0 + signs.windows(2).filter(|pair| pair[0] != pair[1]).count() as f64;
    let twice = 2.0 * above * below;
    let variance = twice * (twice - n) / (n * n * (n - 1.0));
    (variance > 0.0).then(|| normal_tail((1.0 + twice / n - runs) / variance.sqrt()))
}

/// Each divided by the median size of those up to ten rows away.
fn scaled(residuals: &[f64]) -> Vec<f64> {
    let sizes: Vec<f64> = residuals.iter().map(|r| r.abs()).collect();
    let least = 1e-3 * sizes.iter().fold(0.0, |most: f64, size| most.max(*size));
    let near = |k: usize| &sizes[k.saturating_sub(10)..(k + 11).min(sizes.len())];
    residuals.iter().enumerate().map(|(k, r)| r / median(near(k)).max(least)).collect()
}

/// Q = n (n + 2) sum rho_k^2/(n - k) is chi squared.
fn autocorrelation(r: &[f64]) -> Option<f64> {
    let n = r.len();
    let lags = (n / 5).min(10);
    let square: f64 = r.iter().map(|r| r * r).sum();
    let rho = |k: usize| r.iter().zip(&r[k..]).map(|(a, b)| a * b).sum::<f64>() / square;
    let q: f64 = (1..=lags).map(|k| rho(k) * rho(k) / (n - k) as f64).sum();
    (square > 0.0 && lags > 0).then(|| chi_squared_tail((n * (n + 2)) as f64 * q, lags))
}

/// Spread of the means of repeats about the curve, against that of the repeats about their means.
fn lack_of_fit(rows: &[(f64, f64)], scaled: &[f64], fitted: usize) -> Option<f64> {
    let (mut within, mut between, mut groups, mut start) = (0.0, 0.0, 0_usize, 0);
    for group in rows.chunk_by(|a, b| a.0 == b.0) {
        let own = &scaled[start..start + group.len()];
        start += group.len();
        let mean = own.iter().sum::<f64>() / own.len() as f64;
        within += own.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>();
        between += own.len() as f64 * mean * mean;
        groups += 1;
    }
    let (free, repeats) = (groups.checked_sub(fitted)?, rows.len() - groups);
    if free == 0 || repeats < 5 || within <= 0.0 {
        return None;
    }
    Some(f_tail((between / free as f64) / (within / repeats as f64), free, repeats))
}

#[cfg(test)]
mod tests {
    use super::super::Curve;
    use super::*;
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    fn noise(seed: u64, k: usize) -> f64 {
        standard_normal(word(seed, Purpose::Measurement, 0, k as u64))
    }

    /// A relaxation of 100 rows, with another exponential of this share in it and 0.4 % of noise.
    fn judged(seed: u64, share: f64) -> Judgement {
        let points: Vec<(f64, f64)> = (0..100)
            .map(|k| {
                let t = 0.05 * f64::from(k);
                (t, (1.0 - share) * (-t).exp() + share * (-0.2 * t).exp() + 0.004 * noise(seed, k as usize))
            })
            .collect();
        Curve::Relaxation.judge(&points, &Curve::Relaxation.fit(&points, &[]).unwrap())
    }

    #[test]
    fn noise_is_noise_and_another_law_is_a_pattern() {
        // One in a thousand may be called bad; of 200 the chance of more than two is 1e-3.
        let bad = (0..200).filter(|&seed| !judged(seed, 0.0).fits()).count();
        assert!(bad <= 2, "{bad} of 200");
        // Two exponentials of 3:2 are no one.
        let found = (0..20).filter(|&seed| !judged(seed, 0.4).fits()).count();
        assert!(found >= 19, "{found} of 20");
    }

    #[test]
    fn noise_that_grows_with_the_value_is_noise() {
        let law = |t: f64| 5e-3 * (-t).exp();
        let bad = (0..100).filter(|&seed| {
            let points: Vec<(f64, f64)> = (0..120)
                .map(|k| {
                    (0.02 * f64::from(k), law(0.02 * f64::from(k)) * (1.0 + 0.05 * noise(seed, k as usize)))
                })
                .collect();
            let fit = Curve::Relaxation.fit(&points, &[]).unwrap();
            !Curve::Relaxation.judge(&points, &fit).fits()
        });
        assert!(bad.count() <= 2);
    }

    #[test]
    fn repeats_tell_a_curve_that_misses_their_means() {
        // Four repeats at eight places of a straight line, fitted as one through zero: y = 1 + x.
        let rows = |bend: f64| -> Vec<(f64, f64)> {
            (0..32usize).map(|k| ((k / 4) as f64, bend + (k / 4) as f64 + 0.1 * noise(5, k))).collect()
        };
        for (bend, fits) in [(0.0, true), (1.0, false)] {
            let points = rows(bend);
            let fit = Curve::Iv { ohmic: true }.fit(&points, &[]).unwrap();
            let judgement = Curve::Iv { ohmic: true }.judge(&points, &fit);
            let test = judgement.tests.iter().find(|test| test.name == "lack of fit").unwrap();
            assert_eq!((test.rejects, judgement.fits()), (!fits, fits), "{judgement:?}");
        }
    }

    #[test]
    fn runs_are_those_of_the_textbook() {
        // + + + - - - - +: 3 runs of 4 and 4: mean 5, variance 4 * 4 * 2 * (32 - 8)/(64 * 7).
        let p = runs(&[1.0, 2.0, 1.0, -1.0, -2.0, -1.0, 0.0, -1.0, 3.0]).unwrap();
        let z = 2.0 / (32.0 * 24.0 / (64.0 * 7.0f64)).sqrt();
        assert!((p - normal_tail(z)).abs() < 1e-15);
    }

    #[test]
    fn what_is_exact_or_short_is_not_judged() {
        let exact: Vec<(f64, f64)> = (0..50).map(|k| (f64::from(k), (-0.1 * f64::from(k)).exp())).collect();
        let fit = Curve::Relaxation.fit(&exact, &[]).unwrap();
        assert_eq!(Curve::Relaxation.judge(&exact, &fit), Judgement::default());
    }
}
