//! What a run hands to reports: plain data, no formatting.

use super::device::{MeasuredIn, PaperValue};
use crate::device::protocol::Table;
use crate::energy::Ledger;
pub use crate::record::npz::NamedArray;
pub use crate::training::unsupervised::Vote;
use serde::{Deserialize, Serialize};

/// How a run ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    Done,
    /// Until it is known to be done.
    #[default]
    Interrupted,
}

/// Logical event counts (not queue operations).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventCounts {
    /// Spikes of Poisson sources.
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
    pub episodes: u64,
    /// Simulated time in femtoseconds, over all episodes.
    pub sim_time_fs: u128,
    pub events: EventCounts,
    pub synaptic_events: u64,
    /// Spikes per population, by index.
    pub spikes: Vec<u64>,
}

/// Wall and CPU seconds of a phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PhaseTime {
    /// "build", "train", "test", "simulate".
    pub phase: String,
    pub wall_s: f64,
    pub cpu_s: f64,
    /// Presentations in this phase.
    pub samples: u64,
    /// Logical events in this phase.
    pub events: u64,
}

/// One epoch of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochResult {
    pub epoch: u32,
    pub loss: f64,
    pub train_accuracy: f64,
    pub validation_accuracy: Option<f64>,
    pub test_accuracy: f64,
    pub learning_rate: f64,
}

/// One programming case: accuracy of each draw beside the float accuracy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgrammingResult {
    pub name: String,
    pub float_accuracy: f64,
    pub accuracy: Vec<f64>,
    pub mean: f64,
    pub sd: f64,
    /// float_accuracy - mean.
    pub loss: f64,
    pub max_loss: Option<f64>,
    pub read_energy_per_inference_j: f64,
}

/// Output rates for one shown sample (figure 5b).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownSample {
    pub class: u32,
    pub index: u32,
    pub rates_hz: Vec<f64>,
    /// Spike times of each output, in ms.
    pub spikes_ms: Vec<Vec<f64>>,
}

/// Results of the supervised protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SupervisedResult {
    pub epochs: Vec<EpochResult>,
    /// Accuracy of the reported model on the test set.
    pub test_accuracy: Option<f64>,
    /// Epoch whose weights were tested last (chosen on validation, or the last).
    pub tested_epoch: Option<u32>,
    /// Rows: true class; columns: answer.
    pub confusion: Vec<Vec<u64>>,
    pub programming: Vec<ProgrammingResult>,
    pub shown: Option<ShownSample>,
    /// Where the weights came from when they were not trained here.
    pub weights_from: Option<String>,
}

/// What a projection that learns has done.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PlasticResult {
    pub projection: String,
    /// Synapses looked at by arrivals and by post-synaptic spikes.
    pub pre_updates: u64,
    pub post_updates: u64,
    /// Programming pulses of all devices, and of the one that took most; `None` without devices.
    pub pulses: Option<u64>,
    pub pulses_max: Option<u64>,
    /// Joules in the devices while they were programmed.
    pub programming_j: Option<f64>,
    /// Initial weights that had to be moved to be possible.
    pub moved: u64,
    pub weight_mean: f64,
    pub weight_sd: f64,
    /// Shares of the weights at their bounds.
    pub at_min: f64,
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

/// Fractions of right answers by the two votes; a sample without a spike counts as wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Votes {
    pub class_mean: f64,
    pub log_likelihood: f64,
}

impl Votes {
    /// The one that was asked for.
    #[must_use]
    pub fn by(&self, vote: Vote) -> f64 {
        match vote {
            Vote::ClassMean => self.class_mean,
            Vote::LogLikelihood => self.log_likelihood,
        }
    }
}

/// One epoch of learning without labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedEpoch {
    pub epoch: u32,
    /// Of the samples whose labels were looked at, and of those held out.
    pub labelled: Votes,
    pub validation: Option<Votes>,
    pub test: Votes,
    /// Spikes per training sample, and the share of those without any.
    pub spikes_per_sample: f64,
    pub silent: f64,
    /// Mean of v_th - u_rest over the neurons (volts).
    pub theta_mean: f64,
    /// Step upwards at the end of the epoch, as a share of the range.
    pub a_plus: f64,
    /// Joules per training sample, all categories.
    pub energy_per_sample_j: f64,
}

/// Accuracy after ageing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgedResult {
    pub after_s: f64,
    pub test: Votes,
    /// With all thresholds brought down by the one factor by which the mean weight fell.
    pub recalibrated: Votes,
    /// Mean conductance of the devices (siemens).
    pub conductance: f64,
}

/// Training anew with other devices: the accuracies of each seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariationResult {
    pub name: String,
    pub cv: f64,
    pub test: Vec<Votes>,
    /// By the vote that was asked for.
    pub mean: f64,
    pub sd: f64,
    /// Mean of the first case less that of this one.
    pub loss: f64,
    pub max_loss: Option<f64>,
}

/// Results of the unsupervised protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnsupervisedResult {
    pub vote: Vote,
    pub epochs: Vec<LearnedEpoch>,
    /// Of the reported model.
    pub test: Option<Votes>,
    /// Epoch whose weights were tested last (chosen on validation, or the last).
    pub tested_epoch: Option<u32>,
    /// Rows: true class; columns: answer.
    pub confusion: Vec<Vec<u64>>,
    /// Test samples without an answer.
    pub unanswered: u64,
    /// Class of each neuron; `None`: it never spiked while labels were looked at.
    pub classes: Vec<Option<u8>>,
    /// v_th - u_rest of each neuron (volts).
    pub theta: Vec<f64>,
    /// Samples learned from, and what that took.
    pub learned: u64,
    pub learning: Ledger,
    /// Pulses that a device has taken: mean over neurons, and most.
    pub pulses_mean: f64,
    pub pulses_max: u64,
    pub ageing: Vec<AgedResult>,
    pub variation: Vec<VariationResult>,
}

/// Energy of the inference phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InferenceEnergy {
    /// Per test presentation.
    pub per_inference: Ledger,
    pub inferences: u64,
    /// The same net as float multiply-accumulates, joules per inference.
    pub mac_reference_j: f64,
    /// Spikes per inference: input, output; synaptic events per inference.
    pub input_spikes: f64,
    pub output_spikes: f64,
    pub synaptic_events: f64,
}

/// Everything a run found out; a protocol fills in what it has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    pub status: Status,
    pub counts: PhaseCounts,
    pub energy: Ledger,
    pub inference: Option<InferenceEnergy>,
    pub supervised: Option<SupervisedResult>,
    pub plastic: Vec<PlasticResult>,
    pub unsupervised: Option<UnsupervisedResult>,
    /// What devices on their own did.
    pub experiments: Vec<ExperimentResult>,
    pub arrays: Vec<NamedArray>,
    /// XXH3-128 in hex over (episode, time, population, id) of population spikes, then final weights.
    pub fingerprint: String,
    pub phases: Vec<PhaseTime>,
    /// Lines for a person: what the engine chose, what is not modelled.
    pub notes: Vec<String>,
}

/// One experiment with a device: its curves, what was measured on them, and the paper's values beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentResult {
    pub name: String,
    /// "iv", "stdp".
    pub kind: String,
    pub title: String,
    /// The preset of the device.
    pub device: String,
    pub curves: Vec<Curve>,
    pub measured: Vec<MeasuredValue>,
    pub compared: Vec<Compared>,
    pub notes: Vec<String>,
}

impl ExperimentResult {
    /// Whether every comparison came out within its tolerance.
    #[must_use]
    pub fn agrees(&self) -> bool {
        self.compared.iter().all(|row| row.within)
    }

    /// A measured value.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        self.measured.iter().find(|measured| measured.name == name)?.value
    }

    /// A curve by its name.
    #[must_use]
    pub fn curve(&self, name: &str) -> Option<&Table> {
        self.curves.iter().find(|curve| curve.name == name).map(|curve| &curve.table)
    }
}

/// A table of numbers that an experiment gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Empty for the curve itself.
    pub name: String,
    pub table: Table,
}

/// A number read off the curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredValue {
    pub name: String,
    pub what: String,
    pub unit: MeasuredIn,
    /// SI; a percentage as a fraction. `None`: it did not happen, or cannot be determined.
    pub value: Option<f64>,
}

/// A number of the paper and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    pub paper: PaperValue,
    pub simulated: Option<f64>,
    pub within: bool,
}
