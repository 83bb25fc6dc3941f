//! How a change of weight depends on the weight: additive, multiplicative, power law, exponential.
//!
//! dw+ = c s(w) f+(w), dw- = -c s(w) f-(w) with x = (w - w_min)/(w_max - w_min) and
//!
//! | dependence | f+ | f- | source |
//! |---|---|---|---|
//! | additive | 1 | 1 | Song, Miller & Abbott, Nat. Neurosci. 3, 919 (2000) |
//! | multiplicative | 1 - x | x | Rubin, Lee & Sompolinsky, PRL 86, 364 (2001) |
//! | power | (1 - x)^mu | x^mu | Guetig et al., J. Neurosci. 23, 3697 (2003) |
//! | exponential | e^(-beta x) | e^(-beta (1 - x)) | Querlioz et al., IEEE Trans. Nanotechnol. 12, 288 (2013) |
//!
//! mu = 0 is additive and mu = 1 multiplicative. The unit s(w) of a change is the span w_max - w_min, or the present
//! weight (a window measured in percent of the conductance, such as that of Yan et al.).

use crate::numeric::{exp, ln};
use serde::{Deserialize, Serialize};

/// f+ and f-.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Dependence {
    /// f+ = f- = 1.
    Additive,
    /// f+ = 1 - x, f- = x.
    Multiplicative,
    /// f+ = (1 - x)^mu, f- = x^mu.
    Power {
        /// Between additive (0) and multiplicative (1).
        mu: f64,
    },
    /// f+ = e^(-beta x), f- = e^(-beta (1 - x)).
    Exponential {
        /// How much smaller a step is at the far bound.
        beta: f64,
    },
}

impl Dependence {
    /// "multiplicative".
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Additive => "additive".into(),
            Self::Multiplicative => "multiplicative".into(),
            Self::Power { mu } => format!("power, mu {mu}"),
            Self::Exponential { beta } => format!("exponential, beta {beta}"),
        }
    }
}

/// What an amplitude is a fraction of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// The span of the weight, w_max - w_min.
    Span,
    /// The present weight: dG/G, as windows are measured.
    Weight,
}

/// Bounds of a weight; every change is clipped to them.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bounds {
    /// The lower one.
    pub w_min: f64,
    /// The upper one.
    pub w_max: f64,
}

impl Bounds {
    /// w_max - w_min.
    #[must_use]
    pub fn span(self) -> f64 {
        self.w_max - self.w_min
    }

    /// `w` if it is inside, else the bound it has passed.
    #[inline(always)]
    #[must_use]
    pub fn clip(self, w: f64) -> f64 {
        floor(ceiling(w, self.w_max), self.w_min)
    }
}

/// The larger of a weight and its lower bound, as one instruction of every vector unit.
#[inline(always)]
#[must_use]
pub fn floor(w: f64, w_min: f64) -> f64 {
    if w > w_min { w } else { w_min }
}

/// The smaller of a weight and its upper bound.
#[inline(always)]
#[must_use]
pub fn ceiling(w: f64, w_max: f64) -> f64 {
    if w < w_max { w } else { w_max }
}

/// s(w) f(w) of one rule: a loop is compiled for each kind of it.
pub trait Gain: Copy {
    fn up(self, w: f64) -> f64;
    fn down(self, w: f64) -> f64;
}

/// 1: additive in units of the span (the span is in the coefficient).
#[derive(Clone, Copy, Debug)]
pub struct Constant;

impl Gain for Constant {
    #[inline(always)]
    fn up(self, _: f64) -> f64 {
        1.0
    }
    #[inline(always)]
    fn down(self, _: f64) -> f64 {
        1.0
    }
}

/// Multiplicative in units of the span.
#[derive(Clone, Copy, Debug)]
pub struct Soft {
    pub bounds: Bounds,
    pub over_span: f64,
}

impl Gain for Soft {
    #[inline(always)]
    fn up(self, w: f64) -> f64 {
        (self.bounds.w_max - w) * self.over_span
    }
    #[inline(always)]
    fn down(self, w: f64) -> f64 {
        (w - self.bounds.w_min) * self.over_span
    }
}

/// Any dependence in any unit.
#[derive(Clone, Copy, Debug)]
pub struct Any {
    pub dependence: Dependence,
    pub unit: Unit,
    pub soft: Soft,
}

impl Any {
    #[must_use]
    pub fn new(dependence: Dependence, unit: Unit, bounds: Bounds) -> Self {
        Self { dependence, unit, soft: Soft { bounds, over_span: 1.0 / bounds.span() } }
    }

    #[inline]
    fn factor(self, share: f64, other: f64, w: f64) -> f64 {
        let f = match self.dependence {
            Dependence::Additive => 1.0,
            Dependence::Multiplicative => share,
            Dependence::Power { mu } => power(share, mu),
            Dependence::Exponential { beta } => exp(-beta * other),
        };
        match self.unit {
            Unit::Span => f,
            Unit::Weight => w * f,
        }
    }
}

impl Gain for Any {
    #[inline]
    fn up(self, w: f64) -> f64 {
        self.factor(self.soft.up(w), self.soft.down(w), w)
    }
    #[inline]
    fn down(self, w: f64) -> f64 {
        self.factor(self.soft.down(w), self.soft.up(w), w)
    }
}

/// share^mu for share >= 0; 1 for mu = 0 (also at share = 0).
fn power(share: f64, mu: f64) -> f64 {
    if mu == 0.0 {
        1.0
    } else if share < f64::MIN_POSITIVE {
        0.0
    } else {
        exp(mu * ln(share))
    }
}

/// A loop to be compiled for each kind of gain.
pub trait Loop {
    type Output;
    fn run<G: Gain>(self, gain: G) -> Self::Output;
}

/// Runs a loop with the gain of a rule.
#[inline]
pub fn with_gain<L: Loop>(dependence: Dependence, unit: Unit, bounds: Bounds, work: L) -> L::Output {
    match (dependence, unit) {
        (Dependence::Additive, Unit::Span) => work.run(Constant),
        (Dependence::Multiplicative, Unit::Span) => work.run(Soft { bounds, over_span: 1.0 / bounds.span() }),
        _ => work.run(Any::new(dependence, unit, bounds)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BOUNDS: Bounds = Bounds { w_min: -0.5, w_max: 1.5 };

    #[test]
    fn mu_leads_from_additive_to_multiplicative() {
        for w in [-0.5, -0.1, 0.4, 1.0, 1.5] {
            let gain = |dependence| Any::new(dependence, Unit::Span, BOUNDS);
            let x: f64 = (w + 0.5) / 2.0;
            assert_eq!(gain(Dependence::Power { mu: 0.0 }).up(w), 1.0);
            assert_eq!(gain(Dependence::Additive).down(w), 1.0);
            for (mu, up, down) in
                [(1.0, 1.0 - x, x), (0.5, (1.0 - x).sqrt(), x.sqrt()), (3.0, (1.0 - x).powi(3), x.powi(3))]
            {
                let power = gain(Dependence::Power { mu });
                assert!((power.up(w) - up).abs() < 1e-14 && (power.down(w) - down).abs() < 1e-14, "{mu} {w}");
            }
            let soft = gain(Dependence::Multiplicative);
            assert!((soft.up(w) - (1.0 - x)).abs() < 1e-15 && (soft.down(w) - x).abs() < 1e-15);
            let querlioz = gain(Dependence::Exponential { beta: 3.0 });
            assert!((querlioz.up(w) - (-3.0 * x).exp()).abs() < 1e-15);
            assert!((querlioz.down(w) - (-3.0 * (1.0 - x)).exp()).abs() < 1e-15);
        }
    }

    #[test]
    fn in_units_of_the_weight_a_change_is_a_share_of_it() {
        let any = Any::new(Dependence::Additive, Unit::Weight, BOUNDS);
        assert_eq!((any.up(0.3), any.down(0.3)), (0.3, 0.3));
    }

    #[test]
    fn every_kind_of_gain_is_the_general_one() {
        struct Both(f64);
        impl Loop for Both {
            type Output = (f64, f64);
            fn run<G: Gain>(self, gain: G) -> (f64, f64) {
                (gain.up(self.0), gain.down(self.0))
            }
        }
        for dependence in [Dependence::Additive, Dependence::Multiplicative] {
            for w in [-0.5, 0.1, 1.5] {
                let any = Any::new(dependence, Unit::Span, BOUNDS);
                assert_eq!(with_gain(dependence, Unit::Span, BOUNDS, Both(w)), (any.up(w), any.down(w)));
            }
        }
    }
}
