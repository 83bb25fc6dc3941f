//! The rules and their constants.

use super::dependence::{Any, Bounds, Dependence, Gain as _, Unit};
use crate::device::overlap::SpikePulse;
use crate::device::resistive::{DeviceSpread, DoseDevice, PulseDraw, Resistive as _};
use crate::numeric::exp;
use crate::units::Second;
use serde::{Deserialize, Serialize};

/// A learning rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum Rule {
    /// Pairs of spikes.
    Pair(Pair),
    /// Triplets of spikes.
    Triplet(Triplet),
    /// One step up or down at each spike, by a window before it.
    Rectangular(Rectangular),
    /// By a trace of the arrivals, at each spike.
    PostTrace(PostTrace),
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

/// Which pairs of spikes count (Morrison, Diesmann & Gerstner, Biol. Cybern. 98, 459 (2008), fig. 7).
///
/// There is no spike before the first one, and none at time 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// Every post with every earlier pre, every pre with every earlier post.
    AllToAll,
    /// Every post with the last earlier pre, every pre with the last earlier post.
    Nearest,
    /// Every pre with the last earlier post and with the next post: a post takes all pres since the
    /// post before it, summed.
    PreCentred,
    /// As `Nearest`, if no spike of the same side lies between the two. An arrival at the instant of a post lies
    /// after it: between that post and the next arrival, and not between itself and the next post.
    Restricted,
}

impl Pairing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AllToAll, Self::Nearest, Self::PreCentred, Self::Restricted];
}

/// What a pair at dt = 0 contributes, whatever the pairing and beside what it does otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtZero {
    /// Nothing: equal pulses cancel across a device.
    #[default]
    None,
    /// a_plus f+.
    Ltp,
    /// -a_minus f-.
    Ltd,
}

/// Exponential pair STDP.
///
/// dt = t_post - t_arrival: dw = +a_plus s f+(w) e^(-dt/tau_plus) for dt > 0, at the post-synaptic spike;
/// dw = -a_minus s f-(w) e^(+dt/tau_minus) for dt < 0, at the arrival. Several pairs of one instant are summed
/// first, the weight is clipped after every update.
///
/// Source: Song, Miller & Abbott, Nat. Neurosci. 3, 919 (2000); all-to-all sums by traces as in Morrison, Diesmann &
/// Gerstner (2008). The constants of Yan et al. (fitted to their fig. 3c, in percent of the present conductance) are
/// in [`crate::device::overlap::ExponentialWindow`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Which pairs count.
    pub pairing: Pairing,
    /// What an arrival and a spike at the same instant do.
    pub at_zero: AtZero,
    /// Size of a change at dt -> 0, as a fraction of `law.unit`; both are positive.
    pub a_plus: f64,
    /// Depression, as `a_plus`.
    pub a_minus: f64,
    /// Time constant of the potentiating side.
    pub tau_plus: Second,
    /// Time constant of the depressing side.
    pub tau_minus: Second,
    /// How a change becomes a weight.
    pub law: Law,
}

impl Pair {
    /// Area of potentiation over that of depression: above 1, uncorrelated spikes drive additive weights up.
    #[must_use]
    pub fn balance(&self) -> f64 {
        self.a_plus * self.tau_plus / (self.a_minus * self.tau_minus)
    }
}

/// Triplet STDP (Pfister & Gerstner, J. Neurosci. 26, 9673 (2006), eqs. 3 and 4).
///
/// At an arrival w -= s f-(w) o1 (a_minus + a3_minus r2), at a post-synaptic spike
/// w += s f+(w) r1 (a_plus + a3_plus o2); r1, r2 are traces of the arrivals with tau_plus, tau_x and o1, o2 traces
/// of the spikes with tau_minus, tau_y, all of strictly earlier times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Triplet {
    /// Whether traces keep only the last spike instead of adding up.
    pub nearest: bool,
    /// Size of the pair term at a spike, as a fraction of `law.unit`; all sizes are positive.
    pub a_plus: f64,
    /// Size of the pair term at an arrival.
    pub a_minus: f64,
    /// Size of the triplet term at a spike.
    pub a3_plus: f64,
    /// Size of the triplet term at an arrival.
    pub a3_minus: f64,
    /// Time constant of r1.
    pub tau_plus: Second,
    /// Time constant of o1.
    pub tau_minus: Second,
    /// Time constant of r2.
    pub tau_x: Second,
    /// Time constant of o2.
    pub tau_y: Second,
    /// How a change becomes a weight.
    pub law: Law,
}

/// Rectangular window at the post-synaptic spike (Querlioz et al., IEEE Trans. Nanotechnol. 12, 288 (2013)).
///
/// An arrival within `window` (this instant's included: it caused the spike) potentiates, dw = a_plus s f+(w);
/// none depresses, dw = -a_minus s f-(w). Their exponents beta+ and beta- are one here ([`Dependence::Exponential`]).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rectangular {
    /// Size of a potentiating step, as a fraction of `law.unit`; both are positive.
    pub a_plus: f64,
    /// Size of a depressing step.
    pub a_minus: f64,
    /// How long before a spike an arrival still potentiates.
    pub window: Second,
    /// How a step becomes a weight.
    pub law: Law,
}

/// Trace of arrivals read at the post-synaptic spike (Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015)).
///
/// dw = a_plus s f+(w) (x - target), x the trace with this instant's arrivals: inputs that are silent lose. With the
/// power law it is theirs: dw = eta (x_pre - x_tar) (w_max - w)^mu, eta = a_plus s/(w_max - w_min)^mu.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PostTrace {
    /// Size of a change at x - target = 1, as a fraction of `law.unit`.
    pub a_plus: f64,
    /// The trace at which nothing changes; a single arrival makes 1.
    pub target: f64,
    /// Time constant of the trace.
    pub tau_plus: Second,
    /// Whether an arrival sets the trace to 1 instead of adding 1.
    pub saturate: bool,
    /// How a change becomes a weight.
    pub law: Law,
}

/// The device's own kinetics under the overlap of two pulses (see [`crate::device::overlap`]).
///
/// A spike starts the pulse on its electrode and a new one restarts it; w = w_max (G - g_min)/(g_max - g_min). What
/// happens is what the waveforms give, so it happens during a pulse and not at a spike.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// The nominal device.
    pub device: DoseDevice,
    /// The pulse of a spike, on either electrode.
    pub pulse: SpikePulse,
    /// How devices differ. What each one is, is in [`super::Devices::kinetics`].
    pub spread: DeviceSpread,
    /// The weight at the nominal g_max; the nominal g_min is 0.
    pub w_max: f64,
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
                let across = overlap.pulse.across(dt);
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
    /// A time constant that is not above zero.
    #[error("{name} is {value} s; a time constant must be above zero")]
    TimeConstant {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// An amplitude that is negative or not finite.
    #[error(
        "{name} is {value}; an amplitude must be finite and zero or more (depression has its minus already)"
    )]
    Amplitude {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// Bounds in the wrong order, or not finite.
    #[error("the weight is bounded by {w_min} and {w_max}; a rule needs two finite bounds in this order")]
    Bounds {
        /// The lower bound.
        w_min: f64,
        /// The upper bound.
        w_max: f64,
    },
    /// An exponent that is negative or not finite.
    #[error("{name} is {value}; it must be finite and zero or more")]
    Exponent {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// What is not valid about device or pulse.
    #[error("{0}")]
    Pulse(String),
}

impl Rule {
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
            Self::Pair(Pair { law, .. })
            | Self::Triplet(Triplet { law, .. })
            | Self::Rectangular(Rectangular { law, .. })
            | Self::PostTrace(PostTrace { law, .. }) => Some(law),
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
            Self::Triplet(t) => (
                vec![
                    ("tau_plus", t.tau_plus),
                    ("tau_minus", t.tau_minus),
                    ("tau_x", t.tau_x),
                    ("tau_y", t.tau_y),
                ],
                vec![
                    ("a_plus", t.a_plus),
                    ("a_minus", t.a_minus),
                    ("a3_plus", t.a3_plus),
                    ("a3_minus", t.a3_minus),
                ],
            ),
            Self::Rectangular(r) => {
                (vec![("window", r.window)], vec![("a_plus", r.a_plus), ("a_minus", r.a_minus)])
            }
            Self::PostTrace(p) => {
                (vec![("tau_plus", p.tau_plus)], vec![("a_plus", p.a_plus), ("target", p.target)])
            }
            Self::Overlap(o) => {
                faults.extend(o.device.faults().iter().map(|f| RuleError::Pulse(f.to_string())));
                faults.extend(o.pulse.faults().iter().map(|f| RuleError::Pulse(f.to_string())));
                (Vec::new(), Vec::new())
            }
        };
        for (name, tau) in taus {
            if tau <= Second::ZERO {
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
                "tau_plus is 0 s; a time constant must be above zero",
                "a_minus is -1.0346; an amplitude must be finite and zero or more (depression has its minus already)",
                "the weight is bounded by 0 and inf; a rule needs two finite bounds in this order",
                "mu is -1; it must be finite and zero or more",
            ]
        );
    }
}
