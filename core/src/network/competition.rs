//! Competition: the members of a population inhibit one another without delay, and their thresholds adapt.
//!
//! A rule of the population instead of projections without delay, which would form a circle. At one
//! instant at most one member fires: of those at threshold the one with the largest u - theta, of equal
//! ones the lowest id.

use crate::neuron::Neuron;
use crate::time::Time;
use crate::units::Volt;
use serde::{Deserialize, Serialize};

/// How the members of a population compete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Competition {
    /// What a spike does to the others.
    pub kind: Rivalry,
    /// Time after a spike during which no arrival reaches any member.
    pub inhibition: Time,
    /// What every arrival takes from every member in volts: the current of a reference column, whose devices all have this
    /// weight.
    #[serde(default)]
    pub reference: f64,
    /// What moves the thresholds; `None`: they stay where they are. Of switches it moves the gain between column and
    /// device, and the device's threshold stays what it is: u reaches V_th where gain times the column's sum does, which is
    /// the same arithmetic as a threshold of V_th/gain.
    pub homeostasis: Option<Homeostasis>,
}

/// What a spike does to the other members.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Rivalry {
    /// All membranes go to the reset value.
    WinnerTakeAll,
    /// The winner is reset; every other membrane falls by `strength` (volts).
    LateralInhibition {
        /// How far a spike pushes the others down, in volts.
        strength: f64,
    },
    /// The members are volatile switches in the circuit `reset`. The winner's spike takes the drive of the whole layer away
    /// until the winner is off again, t_on = tau ln((V_th - u_rest)/(V_h - u_rest)) later; it relaxes from its threshold to
    /// its hold voltage. Filaments do not go below rest.
    Switches {
        /// What the others do meanwhile.
        losers: Losers,
    },
}

/// What filaments that have not fired do while the drive of their layer is away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Losers {
    /// They relax by the law of the winner: u - u_rest falls by e^(-t_on/tau), the ratio of hold to threshold.
    #[default]
    Relax,
    /// A pulse erases them: u = u_rest. The ledger has it.
    Erased,
}

/// How thresholds adapt, so that no member wins always and none never.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Homeostasis {
    /// After each presentation theta_j <- theta_j exp(gain (n_j - spikes / N)), n_j the spikes of member j
    /// in it, N the members, theta_j = v_th,j - u_rest (Querlioz et al., IEEE Trans. Nanotechnol. 12
    /// (2013) 288, raise and lower thresholds towards a target rate).
    RateTarget {
        /// Change of ln theta per spike too many or too few.
        gain: f64,
        /// Spikes per presentation to aim at, of all members together.
        spikes: f64,
    },
    /// theta_j = v_th - u_rest + a_j; each spike of member j adds `step` (volts) to a_j, which decays with
    /// `tau` (seconds), also between presentations (Diehl & Cook, Front. Comput. Neurosci. 9 (2015) 99).
    Decay {
        /// Rise of the threshold at each spike, in volts.
        step: f64,
        /// Time constant of its decay, in seconds.
        tau: f64,
    },
}

/// Why a competition cannot be computed.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum CompetitionFault {
    /// A row that does not reach every member with a delta kernel.
    #[error("its members compete, which needs every row to reach every member with a delta kernel")]
    NotShared,
    /// A refractory time, which the competition would not keep.
    #[error("its members compete and have a refractory time; use `inhibition` of the competition instead")]
    Refractory,
    /// Switches under another kind of competition.
    #[error(
        "its members compete and are threshold switches, which a spike leaves deaf until they are off: only kind \"switches\" does that"
    )]
    Switches,
    /// Another model under the competition of switches.
    #[error(
        "its members compete as switches and are of model \"{model}\"; only \"switch\" in the circuit \"reset\" can"
    )]
    NotSwitches {
        /// Name of the model.
        model: &'static str,
    },
    /// Switches whose inhibition is stated.
    #[error(
        "its members compete as switches and have an `inhibition` of {inhibition}; their on-time is that"
    )]
    Inhibition {
        /// What was stated.
        inhibition: Time,
    },
    /// A bias current: a threshold that moves could fall below it.
    #[error("its members compete and have a bias current; a threshold that moves could fall below it")]
    Bias,
    /// A start that is not at rest: a threshold that moves could fall below it.
    #[error("its members compete and start at u_0 = {u_0}; a threshold that moves could fall below it")]
    Start {
        /// Where they would start.
        u_0: Volt,
    },
    /// Reset by subtraction, of which the losers have nothing.
    #[error("its members compete and reset by subtraction; the losers have nothing to subtract from")]
    Subtract,
    /// Members that decay or are reset each in their own way.
    #[error("its members compete and differ in time constant or reset, which they must share")]
    Clock,
    /// A parameter out of its range.
    #[error("{name} of its competition is {}; it must be finite and {allowed}", crate::hint::number(*value))]
    Value {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
        /// What would be valid.
        allowed: &'static str,
    },
}

impl Competition {
    /// The winner takes all, at once, with fixed thresholds.
    #[must_use]
    pub fn winner_take_all() -> Self {
        Self { kind: Rivalry::WinnerTakeAll, inhibition: Time::ZERO, reference: 0.0, homeostasis: None }
    }

    /// All faults of this competition among neurons of these parameters.
    #[must_use]
    pub fn faults(&self, neuron: &Neuron) -> Vec<CompetitionFault> {
        let mut faults = Vec::new();
        let lif = &neuron.membrane();
        match (self.kind, neuron) {
            (Rivalry::Switches { .. }, Neuron::Switch(_)) if self.inhibition == Time::ZERO => {}
            (Rivalry::Switches { .. }, Neuron::Switch(_)) => {
                faults.push(CompetitionFault::Inhibition { inhibition: self.inhibition });
            }
            (Rivalry::Switches { .. }, _) => {
                faults.push(CompetitionFault::NotSwitches { model: neuron.model() });
            }
            (_, Neuron::Switch(_)) => faults.push(CompetitionFault::Switches),
            _ if lif.t_ref.get() != 0.0 => faults.push(CompetitionFault::Refractory),
            _ => {}
        }
        if lif.bias() != 0.0 {
            faults.push(CompetitionFault::Bias);
        }
        if let Some(u_0) = lif.u_0 {
            faults.push(CompetitionFault::Start { u_0 });
        }
        if lif.reset.subtracts() {
            faults.push(CompetitionFault::Subtract);
        }
        let mut wanted = |name, value: f64, fine: bool, allowed| {
            if !(value.is_finite() && fine) {
                faults.push(CompetitionFault::Value { name, value, allowed });
            }
        };
        if let Rivalry::LateralInhibition { strength } = self.kind {
            wanted("strength", strength, strength >= 0.0, "zero or more");
        }
        wanted("reference", self.reference, self.reference >= 0.0, "zero or more");
        match self.homeostasis {
            None => {}
            Some(Homeostasis::RateTarget { gain, spikes }) => {
                wanted("gain", gain, gain >= 0.0, "zero or more");
                wanted("spikes", spikes, spikes > 0.0, "above zero");
            }
            Some(Homeostasis::Decay { step, tau }) => {
                wanted("step", step, step >= 0.0, "zero or more");
                wanted("tau", tau, tau > 0.0, "above zero");
            }
        }
        faults
    }
}
