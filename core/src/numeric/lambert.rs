//! The Lambert W function: the solutions w of w e^w = x.
//!
//! For -1/e <= x < 0 there are two real ones, W0 >= -1 and W-1 <= -1; for x >= 0 only W0. They give
//! the instant at which an exponential meets a straight line.
//!
//! 1. Next to the branch point x = -1/e, where every iteration is ill-conditioned, the series in
//!    p = sqrt(2 (e x + 1)) is summed; x + 1/e is exact there, with 1/e in two parts.
//! 2. Elsewhere the iteration of Fritsch, Shafer & Crowley (Comm. ACM 16, 123, 1973) solves the
//!    logarithmic form ln(x/w) = w, whose residual is a relative one and cannot overflow. Its order
//!    is four: from starts within 10 % two steps reach the last place, and a third costs little.
//!
//! Series and branches: Corless et al., "On the Lambert W function", Adv. Comput. Math. 5 (1996).

use super::{ln, ln_1p};

/// 1/e in two parts, so that x + 1/e keeps all its digits next to the branch point.
const INV_E_HI: f64 = 0.367_879_441_171_442_33;
const INV_E_LO: f64 = -1.242_875_367_278_836_3e-17;

/// Coefficients of W in powers of p (W-1 in powers of -p), from the recurrence of Corless et al. (4.23).
const BRANCH: [f64; 19] = [
    -1.0,
    1.0,
    -0.333_333_333_333_333_3,
    0.152_777_777_777_777_8,
    -0.079_629_629_629_629_63,
    0.044_502_314_814_814_814,
    -0.025_984_714_873_603_76,
    0.015_635_632_532_333_92,
    -0.009_616_892_024_299_432,
    0.006_014_543_252_956_118,
    -0.003_811_298_034_891_999_3,
    0.002_440_877_991_143_982_6,
    -0.001_576_930_344_686_784_1,
    0.001_026_263_320_507_607_1,
    -0.000_672_061_631_156_136_2,
    0.000_442_473_061_814_620_9,
    -0.000_292_677_224_729_627_46,
    0.000_194_387_276_054_539_33,
    -0.000_129_574_266_852_748_85,
];

/// Below this p the series is exact to the last place (the first term left out is 2e-20).
const SERIES_P: f64 = 0.15;

/// W0(x), the branch with W >= -1, to 1e-14 relative; `None` unless x >= -1/e.
///
/// The number nearest to -1/e counts as -1/e.
#[must_use]
pub fn lambert_w0(x: f64) -> Option<f64> {
    let p = branch_parameter(x)?;
    if p < SERIES_P {
        return Some(branch_series(p));
    }
    if x.abs() < 1e-5 {
        // The Maclaurin series; the term left out is 16/3 x^4 < 1e-19 relative to x.
        return Some(x * (1.0 - x * (1.0 - x * (1.5 - x * (8.0 / 3.0)))));
    }
    if x == f64::INFINITY {
        return Some(x);
    }
    let mut w = if p < 1.0 {
        start_near_branch(p)
    } else {
        // Winitzki's uniform approximation, within 2 % for all x > 0.
        let l = ln_1p(x);
        l * (1.0 - ln_1p(l) / (2.0 + l))
    };
    for _ in 0..3 {
        w = fritsch_step(w, ln(x / w) - w);
    }
    Some(w)
}

/// W-1(x), the branch with W <= -1, to 1e-14 relative; `None` unless -1/e <= x < 0.
///
/// The number nearest to -1/e counts as -1/e.
#[must_use]
pub fn lambert_wm1(x: f64) -> Option<f64> {
    let p = branch_parameter(x).filter(|_| x < 0.0)?;
    if p < SERIES_P {
        return Some(branch_series(-p));
    }
    let ln_x = if -x < f64::MIN_POSITIVE {
        ln(-x * 18_014_398_509_481_984.0) - 54.0 * std::f64::consts::LN_2 // denormal: times 2^54
    } else {
        ln(-x)
    };
    let mut w = if p < 1.0 {
        start_near_branch(-p)
    } else {
        let l = ln(-ln_x);
        ln_x - l + l / ln_x
    };
    for _ in 0..3 {
        w = fritsch_step(w, ln_x - ln(-w) - w);
    }
    Some(w)
}

/// p = sqrt(2 (e x + 1)); `None` below the branch point and for NaN.
fn branch_parameter(x: f64) -> Option<f64> {
    let above = (x + INV_E_HI) + INV_E_LO;
    if x == -INV_E_HI {
        Some(0.0)
    } else if above >= 0.0 {
        Some((2.0 * std::f64::consts::E * above).sqrt())
    } else {
        None
    }
}

fn branch_series(p: f64) -> f64 {
    BRANCH.iter().rev().fold(0.0, |sum, mu| sum * p + mu)
}

fn start_near_branch(p: f64) -> f64 {
    BRANCH[..4].iter().rev().fold(0.0, |sum, mu| sum * p + mu)
}

/// One step from w with residual z = ln(x/w) - w.
fn fritsch_step(w: f64, z: f64) -> f64 {
    let w1 = 1.0 + w;
    let q = 2.0 * w1 * (w1 + (2.0 / 3.0) * z);
    w * (1.0 + z / w1 * ((q - z) / (q - 2.0 * z)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// (x, W0(x)) from mpmath with 60 digits.
    const W0: [(f64, f64); 21] = [
        (-0.36787944117, -0.9999971997634111),
        (-0.3678794, -0.9995269666077006),
        (-0.367, -0.9323991847479283),
        (-0.36, -0.8060843159708176),
        (-0.35, -0.7166388164560736),
        (-0.3, -0.4894022271802149),
        (-0.2, -0.25917110181907377),
        (-0.1, -0.11183255915896297),
        (-0.001, -0.001001001502671886),
        (-1e-10, -1.0000000001000001e-10),
        (1e-300, 1e-300),
        (1e-20, 1e-20),
        (1e-8, 9.999999900000002e-9),
        (0.1, 0.09127652716086226),
        (0.5, 0.35173371124919584),
        (1.0, 0.5671432904097838),
        (std::f64::consts::E, 1.0),
        (10.0, 1.7455280027406994),
        (1e5, 9.284571428622108),
        (1e50, 110.42491882731335),
        (1e308, 702.6413620341068),
    ];

    /// (x, W-1(x)) from mpmath with 60 digits.
    const WM1: [(f64, f64); 13] = [
        (-0.36787944117, -1.0000028002418166),
        (-0.3678794, -1.0004731826130855),
        (-0.367, -1.0707918867680521),
        (-0.36, -1.2227701339785062),
        (-0.35, -1.3497172521922491),
        (-0.3, -1.7813370234216277),
        (-0.2, -2.5426413577735265),
        (-0.1, -3.577152063957297),
        (-0.001, -9.11800647040274),
        (-1e-10, -26.295238819246926),
        (-1e-100, -235.72115887568532),
        (-1e-307, -713.4637551861808),
        (-5e-324, -751.0615595398791),
    ];

    #[test]
    fn both_branches_have_the_values_of_a_60_digit_computation() {
        for (branch, table) in [(lambert_w0 as fn(f64) -> Option<f64>, &W0[..]), (lambert_wm1, &WM1[..])] {
            for &(x, want) in table {
                let got = branch(x).unwrap();
                assert!(((got - want) / want).abs() <= 1e-14, "W({x:e}) = {got}, not {want}");
            }
        }
    }

    #[test]
    fn w_e_to_the_w_gives_x_back() {
        // One unit in the last place of w is |1 + w| of them in w e^w.
        let holds = |x: f64, w: f64| {
            let back = w * (w * 0.5).exp() * (w * 0.5).exp();
            let tolerance = 1e-14 * (1.0 + w).abs().max(1.0);
            assert!(((back - x) / x).abs() <= tolerance, "x = {x:e}, w = {w}, w e^w = {back:e}");
        };
        for i in 1..20_000 {
            let t = f64::from(i) / 20_000.0;
            let negative = -INV_E_HI * t;
            holds(negative, lambert_w0(negative).unwrap());
            holds(negative, lambert_wm1(negative).unwrap());
            let positive = 10f64.powf(600.0 * t - 300.0);
            holds(positive, lambert_w0(positive).unwrap());
            let tiny = -(10f64.powf(-300.0 * t)) * INV_E_HI;
            holds(tiny, lambert_w0(tiny).unwrap());
            holds(tiny, lambert_wm1(tiny).unwrap());
        }
    }

    #[test]
    fn the_branches_meet_at_minus_one_over_e_and_end_there() {
        assert_eq!(lambert_w0(-INV_E_HI), Some(-1.0));
        assert_eq!(lambert_wm1(-INV_E_HI), Some(-1.0));
        for x in [-INV_E_HI.next_up(), -1.0, f64::NEG_INFINITY, f64::NAN] {
            assert_eq!((lambert_w0(x), lambert_wm1(x)), (None, None), "x = {x}");
        }
        assert_eq!(lambert_wm1(0.0), None);
        assert_eq!(lambert_wm1(1.0), None);
        assert_eq!(lambert_w0(0.0), Some(0.0));
        assert_eq!(lambert_w0(f64::INFINITY), Some(f64::INFINITY));
    }
}
