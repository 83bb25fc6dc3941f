//! What a projection learns by: a rule, and the law by which its steps depend on the weight.

use super::behind::Pulsed;
use super::dependence::{Any, Bounds, Dependence, Gain as _, Unit};
use super::local::{Decay, Local, TRACES};
use super::overlap::Overlap;
use super::pair::{AtZero, Pair};
use crate::device::resistive::{PulseDraw, Resistive as _};
use crate::hint::number;
use crate::numeric::{exp, phase::TAUS};
use crate::units::Second;
use serde::{Deserialize, Serialize};

/// A learning rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Rule {
    /// Pairs of spikes.
    Pair(Pair),
    /// Any rule that is local to its synapse: [`Rule::local`].
    #[serde(skip_deserializing)]
    Local(Local),
    /// By pulses that overlap on a device.
    Overlap(Overlap),
}

/// How the size of a change depends on the weight, and where it ends.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Law {
    /// How a change depends on the weight.
    pub dependence: Dependence,
    /// What an amplitude is a fraction of.
    pub unit: Unit,
    /// Between which the weight stays.
    pub bounds: Bounds,
}

impl Law {
    /// The span where amplitudes are fractions of it, else 1.
    #[must_use]
    pub fn scale(&self) -> f64 {
        match self.unit {
            Unit::Span => self.bounds.span(),
            Unit::Weight => 1.0,
        }
    }
}

impl Rule {
    /// What a relative change of a weight is one of: the weight, or the conductance under pulses.
    #[must_use]
    pub fn measured(&self, w: f64) -> f64 {
        match self {
            Self::Overlap(overlap) => overlap.conductance(w),
            _ => w,
        }
    }

    /// What an arrival is at a device whose own state is the weight, of a rule that is about such: [`super::LocalRule::pulsed`].
    #[must_use]
    pub fn pulsed(&self, high: f64) -> Option<Pulsed> {
        match self {
            Self::Local(local) => local.pulsed(high),
            _ => None,
        }
    }

    /// The weight that one pair of spikes makes of `w`, dt = t_post - t_arrival in seconds, by the closed form of the
    /// rule; `None` for rules that are not about pairs. Of an overlap it is that of the nominal device.
    #[must_use]
    pub fn after_pair(&self, w: f64, dt: f64) -> Option<f64> {
        match self {
            Self::Pair(pair) => {
                let law = &pair.law;
                let gain = Any::new(law.dependence, law.unit, law.bounds);
                let (up, down) = (law.scale() * gain.up(w), law.scale() * gain.down(w));
                let dt = Second::of(dt);
                let change = if dt > Second::ZERO {
                    pair.a_plus * up * exp(-dt / pair.tau_plus)
                } else if dt < Second::ZERO {
                    -pair.a_minus * down * exp(dt / pair.tau_minus)
                } else {
                    match pair.at_zero {
                        AtZero::None => 0.0,
                        AtZero::Ltp => pair.a_plus * up,
                        AtZero::Ltd => -pair.a_minus * down,
                    }
                };
                Some(law.bounds.clip(w + change))
            }
            Self::Overlap(overlap) => {
                let across = overlap.pulses.across(dt);
                let applied = overlap.device.apply_pulse(overlap.conductance(w), &across, PulseDraw::None);
                Some(overlap.weight(applied.g))
            }
            _ => None,
        }
    }
}

/// A constant that is not valid for its rule.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RuleError {
    /// A time constant that no trace can have.
    #[error("{name} is {} s; a time constant must be from 1 ps to 1000 s", number(*value))]
    TimeConstant {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// An amplitude that is negative or not finite.
    #[error(
        "{name} is {}; an amplitude must be finite and zero or more (depression has its minus already)", number(*value)
    )]
    Amplitude {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// Bounds in the wrong order, or not finite.
    #[error(
        "the weight is bounded by {} and {}; a rule needs two finite bounds in this order", number(*w_min), number(*w_max)
    )]
    Bounds {
        /// The lower bound.
        w_min: f64,
        /// The upper bound.
        w_max: f64,
    },
    /// An exponent that is negative or not finite.
    #[error("{name} is {}; it must be finite and zero or more", number(*value))]
    Exponent {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// More traces than are kept.
    #[error("the rule has {found} traces of one side; there may be {TRACES}")]
    Traces {
        /// How many.
        found: usize,
    },
    /// What is not valid about device or pulse.
    #[error("{0}")]
    Pulse(String),
}

impl Rule {
    /// Name and version: what its memory is saved under.
    #[must_use]
    pub fn identity(&self) -> (&'static str, u32) {
        match self {
            Self::Pair(_) => Pair::IDENTITY,
            Self::Local(local) => local.identity(),
            Self::Overlap(_) => Overlap::IDENTITY,
        }
    }

    /// Bounds of the weight.
    #[must_use]
    pub fn bounds(&self) -> Bounds {
        match self {
            Self::Overlap(overlap) => Bounds { w_min: 0.0, w_max: overlap.w_max },
            _ => self.law().map_or(Bounds { w_min: 0.0, w_max: 1.0 }, |law| law.bounds),
        }
    }

    /// The law of a phenomenological rule; a device's own kinetics have none.
    #[must_use]
    pub fn law(&self) -> Option<&Law> {
        match self {
            Self::Pair(Pair { law, .. }) | Self::Local(Local { law, .. }) => Some(law),
            Self::Overlap(_) => None,
        }
    }

    /// All faults of the constants.
    #[must_use]
    pub fn faults(&self) -> Vec<RuleError> {
        let mut faults = Vec::new();
        type Named<T> = Vec<(&'static str, T)>;
        let (taus, amplitudes): (Named<Second>, Named<f64>) = match self {
            Self::Pair(p) => (
                vec![("tau_plus", p.tau_plus), ("tau_minus", p.tau_minus)],
                vec![("a_plus", p.a_plus), ("a_minus", p.a_minus)],
            ),
            Self::Local(local) => {
                let [arrivals, spikes] = local.traces();
                faults.extend(
                    [arrivals, spikes]
                        .iter()
                        .filter(|traces| traces.len() > TRACES)
                        .map(|traces| RuleError::Traces { found: traces.len() }),
                );
                let tau = |decay: &Decay| ("the time constant of a trace", decay.tau);
                (arrivals.iter().chain(spikes).map(tau).collect(), Vec::new())
            }
            Self::Overlap(o) => {
                faults.extend(o.device.faults().iter().map(|f| RuleError::Pulse(f.to_string())));
                faults.extend(o.pulses.faults().iter().map(|f| RuleError::Pulse(f.to_string())));
                (Vec::new(), Vec::new())
            }
        };
        for (name, tau) in taus {
            if !TAUS.contains(&tau.get()) {
                faults.push(RuleError::TimeConstant { name, value: tau.get() });
            }
        }
        for (name, value) in amplitudes {
            if !(value.is_finite() && value >= 0.0) {
                faults.push(RuleError::Amplitude { name, value });
            }
        }
        let Bounds { w_min, w_max } = self.bounds();
        if !(w_min.is_finite() && w_max.is_finite() && w_min < w_max) {
            faults.push(RuleError::Bounds { w_min, w_max });
        }
        match self.law().map(|law| law.dependence) {
            Some(Dependence::Power { mu }) if !(mu.is_finite() && mu >= 0.0) => {
                faults.push(RuleError::Exponent { name: "mu", value: mu });
            }
            Some(Dependence::Exponential { beta }) if !(beta.is_finite() && beta >= 0.0) => {
                faults.push(RuleError::Exponent { name: "beta", value: beta });
            }
            _ => {}
        }
        faults
    }
}

#[cfg(test)]
mod tests {
    use super::super::pair::Pairing;
    use super::*;

    pub fn paper() -> Pair {
        Pair {
            pairing: Pairing::AllToAll,
            at_zero: AtZero::None,
            a_plus: 1.3861,
            a_minus: 1.0346,
            tau_plus: Second::new(64.1e-3),
            tau_minus: Second::new(29.2e-3),
            law: Law {
                dependence: Dependence::Additive,
                unit: Unit::Weight,
                bounds: Bounds { w_min: 0.0, w_max: 1.0 },
            },
        }
    }

    #[test]
    fn the_papers_window_is_out_of_balance_by_2_94() {
        assert!((paper().balance() - 2.94).abs() < 0.005, "{}", paper().balance());
        assert_eq!(Rule::Pair(paper()).faults(), []);
    }

    #[test]
    fn every_fault_is_found() {
        let mut pair = paper();
        pair.tau_plus = Second::ZERO;
        pair.a_minus = -1.0346;
        pair.law.dependence = Dependence::Power { mu: -1.0 };
        pair.law.bounds.w_max = f64::INFINITY;
        let text: Vec<String> = Rule::Pair(pair).faults().iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "tau_plus is 0 s; a time constant must be from 1 ps to 1000 s",
                "a_minus is -1.0346; an amplitude must be finite and zero or more (depression has its minus already)",
                "the weight is bounded by 0 and inf; a rule needs two finite bounds in this order",
                "mu is -1; it must be finite and zero or more",
            ]
        );
    }
}
