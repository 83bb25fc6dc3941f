//! Functions that keep their digits where the obvious expression cancels.

use super::{exp, ln};

/// ln(1 + u) for u > -1, within 3 ulp however small u is (Kahan's correction of the rounded 1 + u).
#[must_use]
pub fn ln_1p(u: f64) -> f64 {
    let w = 1.0 + u;
    if w == 1.0 {
        u
    } else if w >= 1e17 {
        ln(u)
    } else {
        ln(w) * (u / (w - 1.0))
    }
}

/// (1 - e^-s, s - (1 - e^-s)) for s >= 0: the shares of a step and of a ramp that a first-order
/// system has followed after s time constants, within 1e-15 relative.
#[inline]
#[must_use]
pub fn relaxation(s: f64) -> (f64, f64) {
    if s < 0.5 {
        // s - 1 + e^-s = s^2 (1/2! - s/3! + s^2/4! ...); the term left out is 4e-20 relative.
        small_relaxation(s)
    } else {
        let step = 1.0 - exp(-s);
        (step, s - step)
    }
}

/// As [`relaxation`] for s below a half, without a branch.
#[inline(always)]
#[must_use]
pub fn small_relaxation(s: f64) -> (f64, f64) {
    let ramp = s * s * RAMP.iter().rev().fold(0.0, |sum, c| c - sum * s);
    (s - ramp, ramp)
}

/// 1 / (k + 2)!
const RAMP: [f64; 14] = [
    0.5,
    0.166_666_666_666_666_66,
    0.041_666_666_666_666_664,
    0.008_333_333_333_333_333,
    0.001_388_888_888_888_889,
    0.000_198_412_698_412_698_4,
    2.480_158_730_158_73e-5,
    2.755_731_922_398_589e-6,
    2.755_731_922_398_589e-7,
    2.505_210_838_544_172e-8,
    2.087_675_698_786_81e-9,
    1.605_904_383_682_161_3e-10,
    1.147_074_559_772_972_5e-11,
    7.647_163_731_819_816e-13,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_1p_agrees_with_the_platform_over_forty_decades() {
        for i in 0..4000 {
            let u = 10f64.powf(f64::from(i) / 100.0 - 20.0);
            for u in [u, -u] {
                if u > -1.0 {
                    assert!((ln_1p(u) / u.ln_1p() - 1.0).abs() < 1e-15, "u = {u:e}");
                }
            }
        }
        assert_eq!(ln_1p(0.0), 0.0);
    }

    #[test]
    fn step_and_ramp_shares_agree_with_a_60_digit_computation() {
        // s, 1 - e^-s, s - 1 + e^-s from mpmath.
        for (s, step, ramp) in [
            (1e-12, 9.999999999995e-13, 4.999999999998333e-25),
            (1e-3, 0.0009995001666250085, 4.998333749916681e-07),
            (0.1, 0.09516258196404043, 0.0048374180359595734),
            (0.4999, 0.39340868418864094, 0.10649131581135908),
            (0.5, 0.3934693402873666, 0.10653065971263342),
            (1.0, 0.6321205588285577, 0.36787944117144233),
            (40.0, 1.0, 39.0),
        ] {
            let got = relaxation(s);
            assert!((got.0 / step - 1.0).abs() < 1e-15, "s = {s}: {got:?}");
            assert!((got.1 / ramp - 1.0).abs() < 1e-15, "s = {s}: {got:?}");
        }
        assert_eq!(relaxation(0.0), (0.0, 0.0));
        assert_eq!(relaxation(f64::INFINITY), (1.0, f64::INFINITY));
    }
}
