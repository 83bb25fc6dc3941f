//! Tails of the distributions that tests are judged by: normal, chi squared, F. Degrees of freedom are whole.

use crate::numeric::{exp, ln};

/// Terms after which a series or fraction has long converged.
const TERMS: usize = 10_000;
const ENOUGH: f64 = 1e-16;

/// P(Z > z) of the standard normal.
pub(super) fn normal_tail(z: f64) -> f64 {
    let half = 0.5 * chi_squared_tail(z * z, 1);
    if z >= 0.0 { half } else { 1.0 - half }
}

/// P(X > x) of chi squared with `k` degrees of freedom: the upper incomplete gamma function Q(k/2, x/2).
pub(super) fn chi_squared_tail(x: f64, k: usize) -> f64 {
    let (a, x) = (0.5 * k as f64, 0.5 * x);
    if x <= 0.0 {
        return 1.0;
    }
    let front = exp(a * ln(x) - x - ln_gamma(k));
    if x < a + 1.0 {
        // P = x^a e^-x/Gamma(a) sum_n x^n/(a (a + 1) ... (a + n))
        let (mut term, mut sum) = (1.0 / a, 1.0 / a);
        for n in 1..TERMS {
            term *= x / (a + n as f64);
            sum += term;
            if term < ENOUGH * sum {
                break;
            }
        }
        return 1.0 - front * sum;
    }
    // Q = x^a e^-x/Gamma(a) 1/(x + 1 - a - 1 (1 - a)/(x + 3 - a - ...))
    let fraction = continued(x + 1.0 - a, |n| {
        let n = n as f64;
        (-n * (n - a), x + 2.0 * n + 1.0 - a)
    });
    front / fraction
}

/// P(X > f) of F with `a` and `b` degrees of freedom: the incomplete beta function I_y(b/2, a/2), y = b/(b + a f).
pub(super) fn f_tail(f: f64, a: usize, b: usize) -> f64 {
    if f <= 0.0 {
        return 1.0;
    }
    let y = b as f64 / (b as f64 + a as f64 * f);
    let (p, q) = (0.5 * b as f64, 0.5 * a as f64);
    let front = exp(ln_gamma(a + b) - ln_gamma(a) - ln_gamma(b) + p * ln(y) + q * ln(1.0 - y));
    if y < (p + 1.0) / (p + q + 2.0) {
        front * beta(p, q, y) / p
    } else {
        1.0 - front * beta(q, p, 1.0 - y) / q
    }
}

/// The continued fraction of the incomplete beta function.
///
/// Source: Abramowitz & Stegun, 26.5.8.
fn beta(p: f64, q: f64, y: f64) -> f64 {
    1.0 / continued(1.0, |n| {
        let m = (n / 2) as f64;
        let d = if n.is_multiple_of(2) {
            m * (q - m) * y / ((p + 2.0 * m - 1.0) * (p + 2.0 * m))
        } else {
            -(p + m) * (p + q + m) * y / ((p + 2.0 * m) * (p + 2.0 * m + 1.0))
        };
        (d, 1.0)
    })
}

/// b_0 + a_1/(b_1 + a_2/(b_2 + ...)), by Lentz's method.
fn continued(first: f64, term: impl Fn(usize) -> (f64, f64)) -> f64 {
    let tiny = |x: f64| if x.abs() < 1e-300 { 1e-300 } else { x };
    let mut value = tiny(first);
    let (mut c, mut d) = (value, 0.0);
    for n in 1..TERMS {
        let (a, b) = term(n);
        d = 1.0 / tiny(b + a * d);
        c = tiny(b + a / c);
        value *= c * d;
        if (c * d - 1.0).abs() < ENOUGH {
            break;
        }
    }
    value
}

/// ln Gamma(k/2).
fn ln_gamma(k: usize) -> f64 {
    let (from, start) = if k.is_multiple_of(2) { (2, 0.0) } else { (1, 0.5 * ln(std::f64::consts::PI)) };
    (from..k).step_by(2).fold(start, |sum, j| sum + ln(0.5 * j as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tails_are_those_of_a_table_in_thirty_digits() {
        // Computed with mpmath: regularised incomplete gamma and beta functions.
        for (x, k, want) in [
            (3.841, 1, 0.050_013_683_763_956_7),
            (0.5, 3, 0.918_891_411_654_675_9),
            (18.3, 10, 0.050_109_061_411_462_45),
            (40.0, 10, 1.694_474_393_006_739e-5),
            (1000.0, 100, 2.306_076_738_035_398e-148),
        ] {
            let own = chi_squared_tail(x, k);
            assert!((own / want - 1.0).abs() < 1e-12, "{x} {k}: {own} {want}");
        }
        for (f, a, b, want) in [
            (4.26, 2, 9, 0.049_910_030_381_548_98),
            (0.3, 5, 7, 0.898_155_764_327_884_7),
            (12.0, 3, 40, 9.654_458_319_372_917e-6),
            (1.0, 10, 10, 0.5),
        ] {
            let own = f_tail(f, a, b);
            assert!((own / want - 1.0).abs() < 1e-12, "{f} {a} {b}: {own} {want}");
        }
        assert!((normal_tail(1.96) / 0.024_997_895_148_220_436 - 1.0).abs() < 1e-12);
        assert!((normal_tail(-1.96) + 0.024_997_895_148_220_436 - 1.0).abs() < 1e-12);
        assert!((normal_tail(6.0) / 9.865_876_450_376_98e-10 - 1.0).abs() < 1e-11);
        assert_eq!((chi_squared_tail(0.0, 3), f_tail(0.0, 1, 1), normal_tail(0.0)), (1.0, 1.0, 0.5));
    }
}
