//! Neuron models: what a membrane does between events, when it fires and where it resets to.
//!
//! A model answers, the engine acts: nothing here schedules anything or knows what time it is.
//!
//! [`Lif`] is the paper's eq. (2), [`Switch`] the same device seen as a volatile threshold switch. Both obey the
//! same equation between spikes ([`membrane`]); what tells them apart is asked at a spike: for how long is the neuron
//! deaf, and what is its next threshold? Any other model is a [`model::Model`] behind [`Open`]: the crate around
//! this one has a file for each.

pub mod driven;
mod firing;
pub mod foretell;
pub mod integrate;
pub mod keys;
mod leaky;
mod lif;
mod metered;
pub mod model;
mod open;
mod switch;
pub mod synaptic;

/// The membrane's equation; a volatile filament obeys the same one.
pub use crate::numeric::first_order as membrane;
pub use firing::{Firing, MAX_AT_ONCE, Spent};
pub use leaky::{Leaky, LeakyState};
pub use lif::{Floor, Lif, LifError, Reset};
pub use metered::{Behind, Metered, MeteredState};
pub use open::Open;
pub use switch::{OnTimes, Switch, SwitchNeuronError};

use serde::{Deserialize, Serialize};

/// A neuron of any model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Neuron {
    /// Leaky integrate-and-fire.
    Lif(Lif),
    /// A threshold switch in the circuit `reset`; `Neuron::from` makes one in any circuit.
    Switch(Switch),
    /// Any other model.
    #[serde(skip_deserializing)]
    Open(Open),
}

/// What a state tells besides the variables of the model: the sum of the synaptic currents that fade, what a device conducts,
/// and what it and its limiter have spent, where there is one.
pub const TOLD: [(&str, &str); 3] = [("i_syn", "A"), ("g", "S"), ("energy", "J")];

/// A parameter that is not valid for its neuron model.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum NeuronError {
    /// Of the leaky integrate-and-fire neuron.
    #[error(transparent)]
    Lif(#[from] LifError),
    /// Of the threshold switch.
    #[error(transparent)]
    Switch(#[from] SwitchNeuronError),
}

impl Neuron {
    /// All faults of its parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<NeuronError> {
        match self {
            Self::Lif(lif) => lif.faults().into_iter().map(NeuronError::Lif).collect(),
            Self::Switch(switch) => {
                let circuit = switch.circuit.name();
                let driven = (!switch.is_reset()).then_some(SwitchNeuronError::NotReset { circuit });
                let own = switch.faults();
                let driven = driven.filter(|_| own.is_empty());
                own.into_iter().chain(driven).map(NeuronError::Switch).collect()
            }
            // Made by its own constructor, which has checked them.
            Self::Open(_) => Vec::new(),
        }
    }

    /// The leaky integrator it is between spikes, with the nominal threshold and refractory time; of an open model one
    /// of the same scale.
    #[must_use]
    pub fn membrane(&self) -> Lif {
        match self {
            Self::Lif(lif) => lif.clone(),
            Self::Switch(switch) => switch.membrane(),
            Self::Open(open) => open.stand_in(),
        }
    }

    /// As a leaky membrane that its own spikes adapt, if it is no more than that.
    #[must_use]
    pub fn adapting(&self) -> Option<model::Adapting> {
        match self {
            Self::Lif(_) | Self::Switch(_) => Some(self.membrane().into()),
            Self::Open(open) => model::Model::adapting(open),
        }
    }

    /// The lowest threshold it can have, relative to rest, in volts.
    #[must_use]
    pub fn lowest_theta(&self) -> f64 {
        match self {
            Self::Lif(lif) => lif.theta(),
            Self::Switch(switch) => switch.lowest_theta(),
            Self::Open(open) => model::Model::scale(open).threshold,
        }
    }

    /// The switch, if it is one.
    #[must_use]
    pub fn switch(&self) -> Option<&Switch> {
        match self {
            Self::Lif(_) | Self::Open(_) => None,
            Self::Switch(switch) => Some(switch),
        }
    }

    /// Name of its model.
    #[must_use]
    pub fn model(&self) -> &'static str {
        self.identity().0
    }

    /// Name of its model and version of its state.
    #[must_use]
    pub fn identity(&self) -> (&'static str, u32) {
        match self {
            Self::Lif(_) => ("lif", 1),
            Self::Switch(_) => ("switch", 1),
            Self::Open(open) => model::Model::identity(open),
        }
    }

    /// Names and units of what a state of it may tell ([`crate::engine::Record::State`]): variables of its model, then
    /// [`TOLD`].
    #[must_use]
    pub fn told(&self) -> Vec<(&'static str, &'static str)> {
        use crate::plain::Plain as _;
        let own: Vec<_> = match self {
            Self::Open(open) => model::Model::variables(open).to_vec(),
            Self::Lif(_) | Self::Switch(_) => [LeakyState::NAMES, metered::MeteredState::NAMES].concat(),
        };
        own.into_iter().chain(TOLD).collect()
    }

    /// The open model, if it is of one.
    #[must_use]
    pub fn open(&self) -> Option<&Open> {
        match self {
            Self::Open(open) => Some(open),
            Self::Lif(_) | Self::Switch(_) => None,
        }
    }

    /// Whether it decays with the same time constant as another, is reset by the same rule and refractory for as long, so that
    /// what tells them apart are constants of a membrane.
    #[must_use]
    pub fn keeps_time_with(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Lif(one), Self::Lif(two)) => {
                (one.tau_m, one.reset, one.t_ref, one.floor) == (two.tau_m, two.reset, two.t_ref, two.floor)
            }
            (Self::Switch(one), Self::Switch(two)) => {
                (&one.device, one.spread, one.on_time, one.floor)
                    == (&two.device, two.spread, two.on_time, two.floor)
            }
            _ => false,
        }
    }

    /// Whether a spike takes something away from the membrane.
    #[must_use]
    pub fn subtracts(&self) -> bool {
        matches!(self, Self::Lif(lif) if lif.reset.subtracts())
    }

    /// Whether threshold and refractory time differ between neurons or cycles.
    #[must_use]
    pub fn varies(&self) -> bool {
        self.switch().is_some_and(Switch::varies)
    }
}

impl From<Lif> for Neuron {
    fn from(lif: Lif) -> Self {
        Self::Lif(lif)
    }
}

impl From<Switch> for Neuron {
    /// As its circuit makes it; one with faults stays as it is, to be told.
    fn from(switch: Switch) -> Self {
        let driven = !switch.is_reset() && switch.faults().is_empty();
        if driven { Self::Open(Open::new(driven::Driven::new(switch))) } else { Self::Switch(switch) }
    }
}

impl From<Open> for Neuron {
    fn from(open: Open) -> Self {
        Self::Open(open)
    }
}

// The registered models, of the crate around this one, use the rest of it.
#[cfg(test)]
#[expect(dead_code, reason = "said there")]
mod tests;
// One of them that layers know what to do with.
#[cfg(test)]
#[path = "../../../src/neuron/adaptive_lif.rs"]
pub(crate) mod adaptive_lif;
