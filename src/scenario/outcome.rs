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
    /// To its planned end.
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

/// One epoch of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochResult {
    /// Counted from 1.
    pub epoch: u32,
    /// Mean softmax cross-entropy of the training samples, as they were answered while training.
    pub loss: f64,
    /// Fraction of them answered rightly.
    pub train_accuracy: f64,
    /// The same of the samples held out, with the weights at the end of the epoch.
    pub validation_accuracy: Option<f64>,
    /// The same of the test set.
    pub test_accuracy: f64,
    /// Adam's rate in the last step, in units of v_th - u_rest.
    pub learning_rate: f64,
}

/// One programming case: accuracy of each draw beside the float accuracy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgrammingResult {
    /// What the scenario calls the case.
    pub name: String,
    /// Of the weights as trained.
    pub float_accuracy: f64,
    /// Of each draw.
    pub accuracy: Vec<f64>,
    /// Of `accuracy`.
    pub mean: f64,
    /// Standard deviation of `accuracy` (n - 1).
    pub sd: f64,
    /// float_accuracy - mean.
    pub loss: f64,
    /// Largest `loss` that the scenario accepts.
    pub max_loss: Option<f64>,
    /// Joules in the devices per test presentation, mean over the draws.
    pub read_energy_per_inference_j: f64,
}

/// Output rates for one shown sample (figure 5b).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownSample {
    /// Its true class.
    pub class: u32,
    /// Its place in the test set, from 0.
    pub index: u32,
    /// Of each output, in hertz.
    pub rates_hz: Vec<f64>,
    /// Spike times of each output, in ms.
    pub spikes_ms: Vec<Vec<f64>>,
}

/// Results of the supervised protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SupervisedResult {
    /// In their order; fewer than planned if interrupted.
    pub epochs: Vec<EpochResult>,
    /// Accuracy of the reported model on the test set.
    pub test_accuracy: Option<f64>,
    /// Epoch whose weights were tested last (chosen on validation, or the last).
    pub tested_epoch: Option<u32>,
    /// Rows: true class; columns: answer.
    pub confusion: Vec<Vec<u64>>,
    /// One for each way of programming that the scenario has.
    pub programming: Vec<ProgrammingResult>,
    /// The sample whose outputs are to be shown, if there is one.
    pub shown: Option<ShownSample>,
    /// Where the weights came from when they were not trained here.
    pub weights_from: Option<String>,
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

/// Fractions of right answers by the two votes; a sample without a spike counts as wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Votes {
    /// By [`Vote::ClassMean`].
    pub class_mean: f64,
    /// By [`Vote::LogLikelihood`].
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
    /// Counted from 1.
    pub epoch: u32,
    /// Of the samples whose labels were looked at.
    pub labelled: Votes,
    /// Of the samples held out.
    pub validation: Option<Votes>,
    /// Of the test set.
    pub test: Votes,
    /// Spikes of the population per training sample.
    pub spikes_per_sample: f64,
    /// Share of the training samples without any.
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
    /// Seconds since the last step of learning.
    pub after_s: f64,
    /// With the thresholds as they were.
    pub test: Votes,
    /// With all thresholds brought down by the one factor by which the mean weight fell.
    pub recalibrated: Votes,
    /// Mean conductance of the devices (siemens).
    pub conductance: f64,
}

/// Training anew with other devices: the accuracies of each seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariationResult {
    /// What the scenario calls the case.
    pub name: String,
    /// Coefficient of variation of the devices.
    pub cv: f64,
    /// Of each seed.
    pub test: Vec<Votes>,
    /// By the vote that was asked for.
    pub mean: f64,
    /// Standard deviation over the seeds (n - 1), by the same vote.
    pub sd: f64,
    /// Mean of the first case less that of this one.
    pub loss: f64,
    /// Largest `loss` that the scenario accepts.
    pub max_loss: Option<f64>,
}

/// Results of the unsupervised protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnsupervisedResult {
    /// The vote behind the accuracy that is reported.
    pub vote: Vote,
    /// In their order; fewer than planned if interrupted.
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
    /// Samples learned from, all epochs together.
    pub learned: u64,
    /// Joules that learning from them took.
    pub learning: Ledger,
    /// Pulses that a device has taken, in the mean over the neurons.
    pub pulses_mean: f64,
    /// Pulses on the device that took most.
    pub pulses_max: u64,
    /// The trained devices tested again, for each age.
    pub ageing: Vec<AgedResult>,
    /// Training anew with other devices, for each case.
    pub variation: Vec<VariationResult>,
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

/// Everything a run found out; a protocol fills in what it has.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Outcome {
    /// How the run ended.
    pub status: Status,
    /// Over all phases.
    pub counts: PhaseCounts,
    /// What all of it spent, in joules.
    pub energy: Ledger,
    /// Where presentations were tested.
    pub inference: Option<InferenceEnergy>,
    /// Of the supervised protocol.
    pub supervised: Option<SupervisedResult>,
    /// Of each projection that learns from spikes.
    pub plastic: Vec<PlasticResult>,
    /// Of the unsupervised protocol.
    pub unsupervised: Option<UnsupervisedResult>,
    /// What devices on their own did.
    pub experiments: Vec<ExperimentResult>,
    /// Final weights, and conductances where devices hold them; what is in them, [`npz`](crate::record::npz) says.
    pub arrays: Vec<NamedArray>,
    /// XXH3-128 in hex over (episode, time, population, id) of population spikes, then final weights.
    pub fingerprint: String,
    /// What each phase took; the one thing here that may differ from run to run.
    pub phases: Vec<PhaseTime>,
    /// Lines for a person: what the engine chose, what is not modelled.
    pub notes: Vec<String>,
}

/// One experiment with a device: its curves, what was measured on them, and the paper's values beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentResult {
    /// What the scenario calls it.
    pub name: String,
    /// "iv", "stdp".
    pub kind: String,
    /// The title of its pictures.
    pub title: String,
    /// The preset of the device.
    pub device: String,
    /// The main table first, then what belongs to it.
    pub curves: Vec<Curve>,
    /// What was read off them.
    pub measured: Vec<MeasuredValue>,
    /// Beside the paper's values.
    pub compared: Vec<Compared>,
    /// What a reader must know, such as a spread that was not drawn.
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
    /// Columns with their units, and rows.
    pub table: Table,
}

/// A number read off the curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredValue {
    /// The quantity, as `compare` names it.
    pub name: String,
    /// The same in words: "turn-on voltage".
    pub what: String,
    /// The unit of `value`.
    pub unit: MeasuredIn,
    /// SI; a percentage as a fraction. `None`: it did not happen, or cannot be determined.
    pub value: Option<f64>,
}

/// A number of the paper and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What the paper says.
    pub paper: PaperValue,
    /// What came out, in SI units; `None`: it did not happen.
    pub simulated: Option<f64>,
    /// Whether it is there and close enough.
    pub within: bool,
}
