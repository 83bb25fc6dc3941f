//! What a run hands to reports: plain data, no formatting.

use super::value::Value;
use crate::dataset::Identity;
use crate::energy::Ledger;
pub use crate::record::npz::NamedArray;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// To its planned end.
    Done,
    /// Until it is known to be done.
    #[default]
    Interrupted,
}

/// Logical event counts (not queue operations).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCounts {
    /// Spikes of sources that draw them.
    pub poisson: u64,
    /// Spikes of the other sources.
    pub source: u64,
    /// Row arrivals.
    pub arrival: u64,
    /// Spikes of populations.
    pub fire: u64,
}

/// Counts of one phase or of a whole run.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseCounts {
    /// Presentations, sweeps or simulations.
    pub episodes: u64,
    /// Simulated time in femtoseconds, over all episodes.
    pub sim_time_fs: u128,
    /// Logical events of each kind.
    pub events: EventCounts,
    /// Synapses reached by arrivals.
    pub synaptic_events: u64,
    /// Spikes per population, by index.
    pub spikes: Vec<u64>,
}

/// Wall and CPU seconds of a phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseTime {
    /// "build", "train", "test", "simulate".
    pub phase: String,
    /// From start to end.
    pub wall_s: f64,
    /// Of all processors together.
    pub cpu_s: f64,
    /// Presentations in this phase.
    pub samples: u64,
    /// Logical events in this phase.
    pub events: u64,
}

/// What a projection that learns has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlasticResult {
    /// The projection that learns.
    pub projection: String,
    /// Synapses looked at by arrivals.
    pub pre_updates: u64,
    /// Synapses looked at by post-synaptic spikes.
    pub post_updates: u64,
    /// Programming pulses of all devices; `None` without devices.
    pub pulses: Option<u64>,
    /// Of the device that took most.
    pub pulses_max: Option<u64>,
    /// Joules in the devices while they were programmed.
    pub programming_j: Option<f64>,
    /// Initial weights that had to be moved to be possible.
    pub moved: u64,
    /// Mean of the weights at the end, in the unit of its kernel.
    pub weight_mean: f64,
    /// Their standard deviation, in the same unit.
    pub weight_sd: f64,
    /// Share of the weights at their lower bound.
    pub at_min: f64,
    /// Share at their upper bound.
    pub at_max: f64,
    /// Weights in twenty bins of equal width from bound to bound.
    pub histogram: Vec<u64>,
    /// Where pairs of neurons had one arrival and one spike each: what became of their weights, in order of dt.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub window: Vec<PairPoint>,
}

/// One point of a learning window, measured through the network.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PairPoint {
    /// Spike minus arrival, seconds.
    pub dt_s: f64,
    /// (w - w0)/w0; of the conductance where pulses move it.
    pub change: f64,
    /// What the rule says of a lone pair, where it has a closed form.
    pub closed_form: Option<f64>,
}

/// Energy of the inference phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InferenceEnergy {
    /// Per test presentation.
    pub per_inference: Ledger,
    /// Test presentations that were averaged over.
    pub inferences: u64,
    /// The same net as float multiply-accumulates, joules per inference.
    pub mac_reference_j: f64,
    /// Spikes of the sources per inference.
    pub input_spikes: f64,
    /// Spikes of the read-out population per inference.
    pub output_spikes: f64,
    /// Synapses reached by arrivals per inference.
    pub synaptic_events: f64,
}

/// A test sample whose answer was wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Missed {
    /// Its place in the test set, from 0.
    pub index: u32,
    /// Its true class.
    pub class: u32,
    /// What was answered; `None`: nothing.
    pub answer: Option<u32>,
    /// Its image, row by row.
    pub image: Vec<u8>,
}

/// Wrong answers that a run keeps to be shown: the first ones.
pub const MISSED: usize = 10;

/// What a protocol found out besides what every run has, as a value of a type of its own.
#[derive(Clone, Debug, Default)]
pub struct Found(Option<Arc<dyn Value>>);

impl Found {
    /// Of any type.
    #[must_use]
    pub fn new(found: impl Value) -> Self {
        Self(Some(Arc::new(found)))
    }

    /// What was found, if it is of this type.
    #[must_use]
    pub fn get<T: Value>(&self) -> Option<&T> {
        // Of the value itself: what holds it is a value too.
        (**self.0.as_ref()?).any().downcast_ref()
    }

    /// As it stands in files; `None`: nothing was found.
    #[must_use]
    pub fn json(&self) -> Option<serde_json::Value> {
        Some((**self.0.as_ref()?).json())
    }
}

impl PartialEq for Found {
    fn eq(&self, other: &Self) -> bool {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => (**one).equals((**other).any()),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

/// Everything a run found out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Outcome {
    /// How the run ended.
    pub status: Status,
    /// Over all phases.
    pub counts: PhaseCounts,
    /// What all of it spent, in joules.
    pub energy: Ledger,
    /// Where presentations were tested.
    pub inference: Option<InferenceEnergy>,
    /// Of each projection that learns from spikes.
    pub plastic: Vec<PlasticResult>,
    /// Which data it was made with.
    pub data: Vec<Identity>,
    /// What the protocol found out besides.
    pub found: Found,
    /// Final weights, and conductances where devices hold them; what is in them, [`npz`](crate::record::npz) says.
    pub arrays: Vec<NamedArray>,
    /// XXH3-128 in hex over (episode, time, population, id) of population spikes, then final weights.
    pub fingerprint: String,
    /// What each phase took; the one thing here that may differ from run to run.
    pub phases: Vec<PhaseTime>,
    /// Lines for a person: what the engine chose, what is not modelled.
    pub notes: Vec<String>,
}
