//! Current-voltage curves of one state.

use super::curves::needs;
use super::least_squares::{Held, Unknown};
use super::noise::{least_squares_with, weighed};
use super::start::likeliest;
use super::{FitError, Fitted};
use crate::numeric::exp;

/// V/V0 beyond which e^x is not computed any more: the squares of it must be numbers.
const MOST: f64 = 300.0;
/// Voltages (V) whose squares are no numbers any more lie below it.
const SMALLEST: f64 = 1e-100;

/// Current-voltage curve of one state: I = G V0 sinh(V/V0), or I = G V if `ohmic`. Points are (voltage, current).
///
/// Parameters `g` and `v0`. The law is even in V0: what a search ends at is as good with either sign, and the positive one is told.
///
/// # Errors
/// See [`FitError`]: a straight curve leaves `v0` open.
pub(super) fn fit_iv(points: &[(f64, f64)], ohmic: bool, held: &[Held]) -> Result<Fitted, FitError> {
    weighed(points, |sigmas| fit_with(sigmas, points, ohmic, held))
}

/// The same with the standard deviation of each row; of none, all count alike.
///
/// # Errors
/// As [`fit_iv`].
pub(super) fn fit_with(
    sigmas: &[f64],
    points: &[(f64, f64)],
    ohmic: bool,
    held: &[Held],
) -> Result<Fitted, FitError> {
    let what = "a current-voltage curve";
    needs(what, points, if ohmic { &["g"] } else { &["g", "v0"] }, held)?;
    let largest = points.iter().map(|p| p.0.abs()).fold(0.0, f64::max);
    if largest < SMALLEST {
        let why = if largest == 0.0 { "every voltage is zero" } else { "no voltage is larger than 1e-100 V" };
        return Err(FitError::Undetermined { parameter: "g".to_owned(), why: why.to_owned() });
    }
    let square = points.iter().fold(0.0, |sum, p| sum + p.0 * p.0);
    let g = points.iter().fold(0.0, |sum, p| sum + p.0 * p.1) / square;
    let conductance = Unknown { name: "g", unit: "S", start: g, scale: true };
    if ohmic {
        return least_squares_with(sigmas, what, points, &[conductance], held, |v, p, d| {
            d[0] = v;
            p[0] * v
        });
    }
    // From a curve that bends within a hundredth of the sweep to one that hardly bends.
    let grid = (0..=24).map(|k| 3.0 * largest * exp(-0.25 * f64::from(k)));
    let of = |v: f64, v0: f64| v0 * sinh_cosh(v / v0).0;
    let (g, v0) = likeliest(points, grid, of).unwrap_or((0.5 * g, 0.7 * largest));
    let unknowns =
        [Unknown { start: g, ..conductance }, Unknown { name: "v0", unit: "V", start: v0, scale: true }];
    let mut fit = least_squares_with(sigmas, what, points, &unknowns, held, |v, p, d| {
        let x = v / p[1];
        let (sinh, cosh) = sinh_cosh(x);
        (d[0], d[1]) = (p[1] * sinh, p[0] * (sinh - x.clamp(-MOST, MOST) * cosh));
        p[0] * p[1] * sinh
    })?;
    if let Some(v0) = fit.parameters.iter_mut().find(|p| p.name == "v0") {
        v0.value = v0.value.abs();
    }
    Ok(fit)
}

/// sinh and cosh of x, whose magnitude is cut at [`MOST`].
fn sinh_cosh(x: f64) -> (f64, f64) {
    let x = x.clamp(-MOST, MOST);
    let (up, down) = (exp(x), exp(-x));
    (0.5 * (up - down), 0.5 * (up + down))
}

#[cfg(test)]
mod tests {
    use super::super::Curve;
    use super::*;
    use crate::numeric::standard_normal;
    use crate::random::{Purpose, word};

    const SINH: Curve = Curve::Iv { ohmic: false };

    /// Sweeps from -1 V (or 0 V) to 1 V of a conductance of 10 uS.
    fn sweep(v0: f64, from: i32, noise: impl Fn(usize) -> f64) -> Vec<(f64, f64)> {
        let rows = (from..=50).map(|k| 0.02 * f64::from(k)).enumerate();
        rows.map(|(k, v)| (v, 1e-5 * v0 * (v / v0).sinh() * (1.0 + noise(k)))).collect()
    }

    #[test]
    fn a_sinh_is_found_wherever_it_bends_and_whatever_the_sign_of_the_sweep() {
        for k in 2..=150 {
            let v0 = 0.02 * f64::from(k);
            for from in [-50, 0] {
                let fit = SINH.fit(&sweep(v0, from, |_| 0.0), &[]).unwrap();
                for (name, want) in [("g", 1e-5), ("v0", v0)] {
                    let p = fit.get(name).unwrap();
                    assert!((p.value / want - 1.0).abs() < 1e-6, "{name} of {v0}: {p:?}");
                }
            }
        }
    }

    #[test]
    fn noise_of_two_percent_leaves_v0_and_its_error_is_true() {
        let mut within = 0;
        for seed in 0..100 {
            let z = |k: usize| 0.02 * standard_normal(word(seed, Purpose::Measurement, 5, k as u64));
            let fit = SINH.fit(&sweep(0.3, -50, z), &[]).unwrap();
            let v0 = fit.get("v0").unwrap();
            assert!(v0.value > 0.0 && v0.error < 0.05 * v0.value, "{v0:?}");
            within += u32::from((v0.value - 0.3).abs() < 1.96 * v0.error);
        }
        // Of 100 intervals of 95 %, fewer than 87 hold it with a probability of 1e-3.
        assert!(within >= 87, "{within}");
    }

    #[test]
    fn a_held_v0_counts_by_its_size() {
        let points = sweep(0.3, -50, |_| 0.0);
        for value in [0.3, -0.3] {
            let held = [Held { name: "v0".to_owned(), value }];
            let fit = SINH.fit(&points, &held).unwrap();
            assert!((fit.get("g").unwrap().value / 1e-5 - 1.0).abs() < 1e-9);
            assert_eq!(fit.get("v0").map(|p| (p.value, p.error)), Some((0.3, 0.0)));
        }
    }
    #[test]
    fn voltages_without_squares_are_called_what_they_are() {
        let told = |volts: f64| {
            let points: Vec<(f64, f64)> = (-5..=5).map(|k| (f64::from(k) * volts, f64::from(k))).collect();
            [true, false].map(|ohmic| fit_iv(&points, ohmic, &[]).unwrap_err().to_string())
        };
        for said in told(1e300) {
            assert!(said.starts_with("row 1: (-5e300, -5.0); required: numbers of at most 1e100"), "{said}");
        }
        for said in told(1e-300) {
            assert!(said.ends_with("`g`: no voltage is larger than 1e-100 V"), "{said}");
        }
        for said in told(0.0) {
            assert!(said.ends_with("`g`: every voltage is zero"), "{said}");
        }
        // Far beyond any instrument, and still numbers.
        let points: Vec<(f64, f64)> = (-5..=5).map(f64::from).map(|k| (1e90 * k, 3e90 * k)).collect();
        let g = fit_iv(&points, true, &[]).unwrap().get("g").unwrap().value;
        assert!((g / 3.0 - 1.0).abs() < 1e-12, "{g}");
    }
}
