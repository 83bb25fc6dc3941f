//! What a dose does to the conductance, in closed form: G after dose D from G0, and back.

use crate::numeric::{exp, ln, ln_1p, relaxation};
use serde::{Deserialize, Serialize};

/// Which way a dose drives the conductance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Up: SET, potentiation.
    Set,
    /// Down: RESET, depression.
    Reset,
}

/// State law: x = (G - G_min)/(G_max - G_min), D the dose.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StateLaw {
    /// Each dose covers a share of what is left: G <- G_max - (G_max - G) e^-D, mirrored for RESET.
    SoftBound,
    /// G <- G +- (G_max - G_min) D, clipped.
    Linear,
    /// dx = alpha e^(-beta x) dD: x <- min(1, (1/beta) ln(e^(beta x) + alpha beta D)), mirrored for RESET.
    ///
    /// Source: Querlioz, Bichler, Dollfus & Gamrat, IEEE Trans. Nanotechnol. 12, 288 (2013).
    Querlioz {
        /// Strength of a dose.
        alpha: f64,
        /// Curvature.
        beta: f64,
    },
    /// 1/G <- 1/G -+ (1/G_min - 1/G_max) D, clipped: a boundary between two resistances in series moves
    /// (VTEAM with its linear current-voltage relation and no window).
    LinearResistance,
    /// Conductances (siemens) after 0, 1, 2 ... SET pulses from g_min, and after 0, 1, 2 ... RESET pulses from
    /// g_max, as measured; straight between them. Each list is strictly monotone from bound to bound.
    Table {
        /// Rising.
        set: Vec<f64>,
        /// Falling.
        reset: Vec<f64>,
    },
}

/// Conductance bounds in siemens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounds {
    /// Lowest, in siemens.
    pub g_min: f64,
    /// Highest, in siemens.
    pub g_max: f64,
}

impl Bounds {
    /// G_max - G_min.
    #[must_use]
    pub fn span(self) -> f64 {
        self.g_max - self.g_min
    }

    pub(super) fn clamp(self, g: f64) -> f64 {
        g.max(self.g_min).min(self.g_max)
    }

    /// Where a direction ends.
    #[must_use]
    pub fn end(self, direction: Direction) -> f64 {
        match direction {
            Direction::Set => self.g_max,
            Direction::Reset => self.g_min,
        }
    }
}

impl StateLaw {
    /// Conductance after `dose` >= 0 from `g`.
    #[must_use]
    pub fn after(&self, bounds: Bounds, g: f64, dose: f64, direction: Direction) -> f64 {
        let Bounds { g_min, g_max } = bounds;
        let set = direction == Direction::Set;
        if dose <= 0.0 {
            return g;
        }
        let moved = match self {
            Self::SoftBound if set => g + (g_max - g) * relaxation(dose).0,
            Self::SoftBound => g - (g - g_min) * relaxation(dose).0,
            Self::Linear if set => g + bounds.span() * dose,
            Self::Linear => g - bounds.span() * dose,
            Self::Querlioz { alpha, beta } => {
                let x = if set { g - g_min } else { g_max - g } / bounds.span();
                let step = ln_1p(alpha * beta * dose * exp(-beta * x)) / beta;
                if x + step >= 1.0 {
                    return bounds.end(direction);
                }
                g + if set { step } else { -step } * bounds.span()
            }
            Self::LinearResistance => {
                let step = (1.0 / g_min - 1.0 / g_max) * dose;
                let r = 1.0 / g + if set { -step } else { step };
                if r <= 1.0 / g_max {
                    return g_max;
                }
                1.0 / r
            }
            Self::Table { set: up, reset: down } => {
                let table = if set { up } else { down };
                interpolate(table, position(table, g) + dose)
            }
        };
        bounds.clamp(moved)
    }

    /// The dose that leads from `g` to `target`, which must lie ahead; infinite if it is only approached.
    #[must_use]
    pub fn dose_to(&self, bounds: Bounds, g: f64, target: f64, direction: Direction) -> f64 {
        let set = direction == Direction::Set;
        let Bounds { g_min, g_max } = bounds;
        let dose = match self {
            Self::SoftBound => {
                let (left, ahead) =
                    if set { (g_max - g, g_max - target) } else { (g - g_min, target - g_min) };
                if ahead <= 0.0 { f64::INFINITY } else { ln(left / ahead) }
            }
            Self::Linear => (target - g).abs() / bounds.span(),
            Self::Querlioz { alpha, beta } => {
                let x = |g: f64| if set { g - g_min } else { g_max - g } / bounds.span();
                (exp(beta * x(target)) - exp(beta * x(g))) / (alpha * beta)
            }
            Self::LinearResistance => (1.0 / g - 1.0 / target).abs() / (1.0 / g_min - 1.0 / g_max),
            Self::Table { set: up, reset: down } => {
                let table = if set { up } else { down };
                position(table, target) - position(table, g)
            }
        };
        dose.max(0.0)
    }

    /// The next place ahead where the law has a kink: its dose from `g` and the conductance there.
    #[must_use]
    pub fn next_kink(&self, bounds: Bounds, g: f64, direction: Direction) -> Option<(f64, f64)> {
        let end = bounds.end(direction);
        if g == end {
            return None;
        }
        match self {
            Self::SoftBound => None,
            Self::Table { set, reset } => {
                let table = if direction == Direction::Set { set } else { reset };
                let at = position(table, g);
                // A conductance on a point belongs to the piece ahead.
                let next = at.floor() as usize + 1;
                let &point = table.get(next)?;
                Some((next as f64 - at, point))
            }
            _ => Some((self.dose_to(bounds, g, end, direction), end)),
        }
    }

    /// A dose from `g` over which G(D) is as smooth as a short polynomial (unless a kink comes first).
    #[must_use]
    pub fn smooth_dose(&self, bounds: Bounds, g: f64, direction: Direction) -> f64 {
        match self {
            Self::SoftBound => 1.0,
            Self::Linear | Self::Table { .. } => f64::INFINITY,
            // x moves by 1/beta: its rate changes by a factor of e.
            Self::Querlioz { alpha, beta } => {
                let x = match direction {
                    Direction::Set => g - bounds.g_min,
                    Direction::Reset => bounds.g_max - g,
                } / bounds.span();
                1.7 * exp(beta * x) / (alpha * beta)
            }
            // The resistance changes by a third.
            Self::LinearResistance => 0.33 / (g * (1.0 / bounds.g_min - 1.0 / bounds.g_max)),
        }
    }

    /// int_0^dose G dD from `g`, where no kink lies in between: over a rate r it is int G dt at constant voltage.
    #[must_use]
    pub fn integral(&self, bounds: Bounds, g: f64, dose: f64, direction: Direction) -> f64 {
        let end = self.after(bounds, g, dose, direction);
        match self {
            Self::SoftBound => {
                let bound = bounds.end(direction);
                bound * dose + (g - bound) * relaxation(dose).0
            }
            Self::Linear | Self::Table { .. } => 0.5 * (g + end) * dose,
            Self::LinearResistance => {
                // int dD/R = ln(R0/R1)/(dR/dD)
                let ratio = end / g;
                if (ratio - 1.0).abs() < 0.01 {
                    return crate::numeric::gauss(0.0, dose, |d| self.after(bounds, g, d, direction));
                }
                (ln(ratio) / (1.0 / bounds.g_min - 1.0 / bounds.g_max)).abs()
            }
            Self::Querlioz { alpha, beta } => {
                let x =
                    |g: f64| if direction == Direction::Set { g - bounds.g_min } else { bounds.g_max - g };
                let x0 = x(g) / bounds.span();
                // int x dD with y = e^(beta x): dD = dy/(alpha beta), int ln y dy = y ln y - y.
                let (y0, grown) = (exp(beta * x0), alpha * beta * dose);
                let mean = if grown < 1e-3 * y0 {
                    crate::numeric::gauss(0.0, 1.0, |s| x0 + ln_1p(grown * s / y0) / beta)
                } else {
                    let y1 = y0 + grown;
                    (y1 * (ln(y1) - 1.0) - y0 * (ln(y0) - 1.0)) / (beta * grown)
                };
                let g_mean = if direction == Direction::Set {
                    bounds.g_min + mean * bounds.span()
                } else {
                    bounds.g_max - mean * bounds.span()
                };
                g_mean * dose
            }
        }
    }
}

/// Position of `g` in a strictly monotone table, as a real number of pulses; its ends beyond it.
fn position(table: &[f64], g: f64) -> f64 {
    let rising = table.first() < table.last();
    let passed = table.partition_point(|&point| if rising { point <= g } else { point >= g });
    match (passed, table.get(passed)) {
        (0, _) => 0.0,
        (n, None) => (n - 1) as f64,
        (n, Some(&next)) => {
            let before = table[n - 1];
            (n - 1) as f64 + (g - before) / (next - before)
        }
    }
}

fn interpolate(table: &[f64], at: f64) -> f64 {
    let index = at.max(0.0).floor() as usize;
    match (table.get(index), table.get(index.saturating_add(1))) {
        (Some(&a), Some(&b)) => a + (b - a) * (at - index as f64),
        (Some(&a), None) => a,
        _ => table.last().copied().unwrap_or(f64::NAN),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::gauss;
    use proptest::prelude::*;

    const BOUNDS: Bounds = Bounds { g_min: 0.2e-3, g_max: 4e-3 };

    fn laws() -> Vec<StateLaw> {
        vec![
            StateLaw::SoftBound,
            StateLaw::Linear,
            StateLaw::Querlioz { alpha: 0.7, beta: 3.0 },
            StateLaw::LinearResistance,
            StateLaw::Table {
                set: vec![0.2e-3, 1.5e-3, 2.5e-3, 3.5e-3, 4e-3],
                reset: vec![4e-3, 1e-3, 0.2e-3],
            },
        ]
    }

    #[test]
    fn the_laws_are_the_solutions_of_their_equations() {
        // dG/dD at G by a small dose against the stated derivative.
        let g = 1e-3;
        let span = BOUNDS.span();
        let x = (g - 0.2e-3) / span;
        let want = [
            (3e-3, 0.8e-3),
            (span, span),
            (span * 0.7 * f64::exp(-3.0 * x), span * 0.7 * f64::exp(-3.0 * (1.0 - x))),
            (g * g * 4750.0, g * g * 4750.0),
            (1.3e-3, 0.8e-3),
        ];
        for (law, (up, down)) in laws().iter().zip(want) {
            let d = 1e-6;
            let slope = |dir| (law.after(BOUNDS, g, d, dir) - g).abs() / d;
            assert!((slope(Direction::Set) / up - 1.0).abs() < 1e-4, "{law:?}: {}", slope(Direction::Set));
            assert!(
                (slope(Direction::Reset) / down - 1.0).abs() < 1e-4,
                "{law:?}: {}",
                slope(Direction::Reset)
            );
        }
    }

    #[test]
    fn a_table_steps_from_point_to_point() {
        let table = &laws()[4];
        let g = table.after(BOUNDS, 0.2e-3, 2.0, Direction::Set);
        assert!((g - 2.5e-3).abs() < 1e-18);
        assert!((table.after(BOUNDS, 4e-3, 1.0, Direction::Reset) - 1e-3).abs() < 1e-18);
        assert_eq!(table.after(BOUNDS, 1e-3, 99.0, Direction::Set), 4e-3);
        assert_eq!(table.next_kink(BOUNDS, 2.5e-3, Direction::Set), Some((1.0, 3.5e-3)));
        assert_eq!(table.next_kink(BOUNDS, 4e-3, Direction::Set), None);
    }

    proptest! {
        #[test]
        fn doses_add_stay_in_bounds_and_can_be_undone(
            law in 0..5usize, g in 0.2e-3..4e-3f64, d1 in 0.0..3.0f64, d2 in 0.0..3.0f64, up: bool,
        ) {
            let law = &laws()[law];
            let dir = if up { Direction::Set } else { Direction::Reset };
            let whole = law.after(BOUNDS, g, d1 + d2, dir);
            let parts = law.after(BOUNDS, law.after(BOUNDS, g, d1, dir), d2, dir);
            prop_assert!((whole - parts).abs() < 1e-14, "{:?}", law);
            prop_assert!((0.2e-3..=4e-3).contains(&whole));
            let ahead = if up { whole >= g } else { whole <= g };
            prop_assert!(ahead);
            if whole != BOUNDS.end(dir) && (whole - BOUNDS.end(dir)).abs() > 1e-6 {
                let back = law.dose_to(BOUNDS, g, whole, dir);
                prop_assert!((back - d1 - d2).abs() < 1e-9, "{:?} {} {}", law, back, d1 + d2);
            }
        }

        #[test]
        fn the_integral_is_that_of_the_law(law in 0..5usize, g in 0.3e-3..3.9e-3f64, part in 0.01..1.0f64, up: bool) {
            let law = &laws()[law];
            let dir = if up { Direction::Set } else { Direction::Reset };
            let dose = part * law.next_kink(BOUNDS, g, dir).map_or(3.0, |kink| kink.0.min(3.0));
            let piece = |k: f64| gauss(k * dose / 32.0, (k + 1.0) * dose / 32.0, |d| law.after(BOUNDS, g, d, dir));
            let want: f64 = (0..32).map(|k| piece(f64::from(k))).sum();
            let got = law.integral(BOUNDS, g, dose, dir);
            prop_assert!((got / want - 1.0).abs() < 1e-9, "{:?} {} {}", law, got, want);
        }
    }
}
