//! Solutions of ordinary differential equations as power series, step by step.
//!
//! 1. The coefficients of the solution around now follow from the equation one by one: x_(k+1) = f_k/(k + 1), with f_k
//!    coefficient k of the right-hand side, for which products and exponentials have recurrences ([`product`],
//!    [`exponential`]).
//! 2. The step is as long as the last two terms stay within what is allowed ([`reach`]): what is left out is smaller than
//!    they are.
//! 3. Within the step the solution is a polynomial. Where it first rises over a level is found in its Bernstein form, whose
//!    coefficients change sign at least as often as the polynomial does ([`first_rise`]); nothing is sampled.
//!
//! With order N and a step that keeps the last term at the tolerance, what is left out is of order N + 1: the error goes
//! down with the tolerance in proportion.
//!
//! Source: Jorba & Zou, Experimental Mathematics 14, 99 (2005); sign changes in Bernstein form, Lane & Riesenfeld, BIT 21,
//! 112 (1981).

use super::{exp, ln, rising_root};

/// Order of every series.
pub const ORDER: usize = 20;

/// Coefficients of 1, t, t^2, ...
pub type Series = [f64; ORDER + 1];

/// How often a step is halved in search of a rise.
const HALVINGS: u32 = 30;

/// Of the sum of all terms: what is rounded at most.
const ROUNDED: f64 = 8.0 * f64::EPSILON;

/// Coefficient k of x y.
#[inline]
#[must_use]
pub fn product(x: &Series, y: &Series, k: usize) -> f64 {
    x[..=k].iter().zip(y[..=k].iter().rev()).fold(0.0, |sum, (x, y)| sum + x * y)
}

/// Coefficient k > 0 of e^x from those of x up to k and those of e^x below: from (e^x)' = x' e^x.
#[inline]
#[must_use]
pub fn exponential(x: &Series, e: &Series, k: usize) -> f64 {
    let mut sum = 0.0;
    for i in 1..=k {
        sum += i as f64 * x[i] * e[k - i];
    }
    sum / k as f64
}

/// The solution that starts at `start`; `derivative` gives coefficient k of every derivative from coefficients 0 to k of
/// the solution.
#[must_use]
pub fn expand<const D: usize>(
    start: [f64; D],
    mut derivative: impl FnMut(usize, &[Series; D]) -> [f64; D],
) -> [Series; D] {
    let mut series = [[0.0; ORDER + 1]; D];
    for (x, start) in series.iter_mut().zip(start) {
        x[0] = start;
    }
    for k in 0..ORDER {
        let slopes = derivative(k, &series);
        for (x, slope) in series.iter_mut().zip(slopes) {
            x[k + 1] = slope / (k + 1) as f64;
        }
    }
    series
}

/// The t up to which the last two terms are at most `allowed`; infinite if they are zero.
#[must_use]
pub fn reach(x: &Series, allowed: f64) -> f64 {
    let mut least = f64::INFINITY;
    for k in [ORDER - 1, ORDER] {
        let size = x[k].abs();
        if size > 0.0 {
            let ratio = (allowed / size).clamp(1e-300, 1e300);
            least = least.min(exp(ln(ratio) / k as f64));
        }
    }
    least
}

/// The polynomial at t.
#[inline]
#[must_use]
pub fn at(x: &Series, t: f64) -> f64 {
    x.iter().rev().fold(0.0, |sum, c| sum * t + c)
}

/// The polynomial and its derivative at t.
#[inline]
fn with_slope(x: &Series, t: f64) -> (f64, f64) {
    x.iter().rev().fold((0.0, 0.0), |(value, slope), c| (value * t + c, slope * t + value))
}

/// The first t in [0, end] from which on the polynomial is above zero; `None` if it stays at or below.
///
/// A maximum of zero, or above it by less than rounding, is no rise.
#[must_use]
pub fn first_rise(x: &Series, end: f64) -> Option<f64> {
    if x[0] > 0.0 || (x[0] == 0.0 && x[1] > 0.0) {
        return Some(0.0);
    }
    let mut scaled = [0.0; ORDER + 1];
    let (mut power, mut top, mut whole) = (1.0, 0.0, 0.0);
    for (scaled, c) in scaled.iter_mut().zip(x) {
        *scaled = c * power;
        power *= end;
        top += scaled.max(0.0);
        whole += scaled.abs();
    }
    if x[0] + top <= 0.0 {
        return None; // Most steps end here.
    }
    scaled[0] -= ROUNDED * whole;
    let (lo, hi) = bracket(&bernstein(&scaled), 0.0, 1.0, HALVINGS)?;
    Some(rising_root(lo * end, hi * end, 0.5 * (lo + hi) * end, |t| with_slope(x, t)))
}

/// Of a polynomial on [0, 1]: b_j = sum over i <= j of a_i C(j, i)/C(N, i).
fn bernstein(a: &Series) -> Series {
    let mut b = [0.0; ORDER + 1];
    for (j, b) in b.iter_mut().enumerate() {
        let mut ratio = 1.0;
        for (i, a) in a[..=j].iter().enumerate() {
            *b += ratio * a;
            ratio *= (j - i) as f64 / (ORDER - i).max(1) as f64;
        }
    }
    b
}

/// An interval at whose beginning the polynomial is not above zero, at whose end it is, and which has one rise: the first.
fn bracket(b: &Series, lo: f64, width: f64, halvings: u32) -> Option<(f64, f64)> {
    if b.iter().all(|&b| b <= 0.0) {
        return None;
    }
    if b[0] > 0.0 {
        return Some((lo, lo));
    }
    let mut changes = 0;
    let mut above = false;
    for &b in b.iter().filter(|&&b| b != 0.0) {
        changes += u32::from((b > 0.0) != above);
        above = b > 0.0;
    }
    if changes == 1 {
        return Some((lo, lo + width));
    }
    if halvings == 0 {
        return above.then_some((lo, lo + width));
    }
    // De Casteljau: both halves in one triangle.
    let (mut first, mut second) = (*b, *b);
    for level in 1..=ORDER {
        for j in (level..=ORDER).rev() {
            first[j] = 0.5 * (first[j - 1] + first[j]);
        }
        for j in 0..=ORDER - level {
            second[j] = 0.5 * (second[j] + second[j + 1]);
        }
    }
    let half = 0.5 * width;
    bracket(&first, lo, half, halvings - 1).or_else(|| bracket(&second, lo + half, half, halvings - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x' = x^2 from 1: x = 1/(1 - t).
    fn pole(start: f64) -> [Series; 1] {
        expand([start], |k, [x]| [product(x, x, k)])
    }

    #[test]
    fn a_simple_pole_has_coefficients_of_one() {
        assert!(pole(1.0)[0].iter().all(|c| (c - 1.0).abs() < 1e-14));
    }

    #[test]
    fn the_exponential_of_a_polynomial_follows_its_recurrence() {
        // e^(t^2): coefficients 1/k! of t^(2k).
        let mut square = [0.0; ORDER + 1];
        square[2] = 1.0;
        let mut e = [0.0; ORDER + 1];
        e[0] = 1.0;
        for k in 1..=ORDER {
            e[k] = exponential(&square, &e, k);
        }
        let mut factorial = 1.0;
        for k in 1..=ORDER / 2 {
            factorial *= k as f64;
            assert!((e[2 * k] * factorial - 1.0).abs() < 1e-14 && e[2 * k - 1] == 0.0);
        }
    }

    #[test]
    fn the_error_goes_down_with_the_tolerance_in_proportion() {
        // x' = x^2 from 1 to t = 0.95: x = 20.
        let error = |tolerance: f64| {
            let (mut x, mut t) = (1.0, 0.0);
            while t < 0.95 {
                let series = pole(x);
                let h = reach(&series[0], tolerance * x).min(0.95 - t);
                x = at(&series[0], h);
                t += h;
            }
            (x / 20.0 - 1.0).abs().max(1e-16)
        };
        let errors: Vec<f64> = (3..=11).map(|digits| error(10f64.powi(-digits))).collect();
        for (pair, digits) in errors.windows(2).zip(3..) {
            assert!(pair[0] < 100.0 * 10f64.powi(-digits), "{errors:?}");
        }
        let slope = (errors[0] / errors[8]).log10() / 8.0;
        assert!(slope > 0.9, "{slope}: {errors:?}");
    }

    /// Coefficients of a product of (t - root), times `sign`.
    fn with_roots(roots: &[f64], sign: f64) -> Series {
        let mut x = [0.0; ORDER + 1];
        x[0] = sign;
        for (degree, root) in roots.iter().enumerate() {
            for k in (0..=degree + 1).rev() {
                x[k] = if k > 0 { x[k - 1] } else { 0.0 } - root * x[k];
            }
        }
        x
    }

    #[test]
    fn the_first_of_several_rises_is_found() {
        let rise = |roots: &[f64], sign: f64, end: f64| first_rise(&with_roots(roots, sign), end);
        let near =
            |got: Option<f64>, want: f64| assert!((got.unwrap() - want).abs() < 1e-12, "{got:?}, {want}");
        // Between two roots a millionth apart the slope is 1e-6 of what it is elsewhere, and so are the digits.
        let close = rise(&[0.7, 0.700_001, 3.0], 1.0, 2.0).unwrap();
        assert!((close - 0.7).abs() < 1e-8, "{close}");
        near(rise(&[0.3], 1.0, 1.0), 0.3);
        assert_eq!(rise(&[0.3], 1.0, 0.29), None);
        near(rise(&[0.2, 0.5, 0.9], 1.0, 1.0), 0.2);
        near(rise(&[0.4, 0.400_1], -1.0, 1.0), 0.4);
        assert_eq!(rise(&[0.5, 0.5], -1.0, 1.0), None, "touches zero");
        near(rise(&[0.5, 0.5, 0.8], 1.0, 1.0), 0.8);
        assert_eq!(first_rise(&with_roots(&[-0.3], 1.0), 1.0), Some(0.0), "above already");
    }

    #[test]
    fn nothing_that_sampling_sees_is_missed() {
        let mut seed = 7u64;
        let mut unit = || {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 11) as f64 / (1u64 << 53) as f64
        };
        let (mut found, mut none) = (0, 0);
        for _ in 0..2000 {
            let mut x = [0.0; ORDER + 1];
            x.iter_mut().for_each(|c| *c = 2.0 * unit() - 1.0);
            x[0] = -unit();
            let first = (1..=2000).map(|k| f64::from(k) / 2000.0).find(|&t| at(&x, t) > 0.0);
            match (first_rise(&x, 1.0), first) {
                (Some(t), Some(sample)) => {
                    assert!(t <= sample && at(&x, t).abs() < 1e-13, "{t} {sample}");
                    found += 1;
                }
                (Some(t), None) => assert!(at(&x, t).abs() < 1e-13, "between two samples: {t}"),
                (None, sample) => {
                    assert_eq!(sample, None);
                    none += 1;
                }
            }
        }
        assert!(found > 300 && none > 300, "{found} {none}");
    }
}
