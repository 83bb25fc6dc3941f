//! The plan: a scenario with every value filled in and checked. Nothing is written back into it.
//!
//! Sources, populations and projections are in the order of their names in the file, and refer to
//! each other by index. Everything is in SI units; the engine's own choices (lanes, arithmetic form,
//! storage) are made from the network and printed beside the plan.

use super::device::ExperimentPlan;
pub use super::spec::{Precision, Storage};
use crate::dataset;
use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::device::retention::Retention;
use crate::network::{Competition, Current, Distribution, DrawRule, Kernel, Origin, SourceKind};
use crate::neuron::Neuron;
use crate::plasticity::{ProgramPulse, Rule};
use crate::synapse::{Arrangement, DeviceRange, Placement, ReadPulse, Spread};
use crate::time::Time;
use crate::training::unsupervised::{DeviceModel, Vote, WinnerRule};
use crate::units::{Hertz, Joule, Second, Volt};
use serde::{Deserialize, Serialize};

/// A complete scenario.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Plan {
    /// Short name: the shipped scenario's, or the file's or directory's.
    pub name: String,
    /// One line, at the top of a report.
    pub title: String,
    /// What it shows, in sentences.
    pub description: String,
    /// The published figure it is compared with.
    pub reproduces: Option<Reproduces>,
    /// Of all random draws.
    pub seed: u64,
    /// Where spikes come from; projections name them by index.
    pub sources: Vec<SourcePlan>,
    /// The neurons; projections name them by index.
    pub populations: Vec<PopulationPlan>,
    /// The synapses between them.
    pub projections: Vec<ProjectionPlan>,
    /// What is done with the network.
    pub protocol: Protocol,
    /// What is kept besides the results.
    pub record: RecordPlan,
    /// How the engine works; changes no result but for the storage of drawn synapses.
    #[serde(default)]
    pub engine: EnginePlan,
    /// Every value nobody measured.
    pub assumed: Vec<Assumed>,
}

/// A value nobody measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenAssumed")]
pub struct Assumed {
    /// `projection.input.device.g_min`
    pub parameter: String,
    /// With its unit.
    pub value: String,
    /// Why it is this value.
    pub why: String,
}

impl std::fmt::Display for Assumed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {} ({})", self.parameter, self.value, self.why)
    }
}

/// How manifests have it: version 0.1 wrote a line.
#[derive(Deserialize)]
#[serde(untagged)]
enum WrittenAssumed {
    Parts { parameter: String, value: String, why: String },
    Line(String),
}

impl From<WrittenAssumed> for Assumed {
    fn from(written: WrittenAssumed) -> Self {
        match written {
            WrittenAssumed::Parts { parameter, value, why } => Self { parameter, value, why },
            WrittenAssumed::Line(line) => {
                let (parameter, rest) = line.split_once(" = ").unwrap_or(("", &line));
                let (value, why) = rest.split_once(" (").unwrap_or((rest, ""));
                let why = why.strip_suffix(')').unwrap_or(why);
                Self { parameter: parameter.into(), value: value.into(), why: why.into() }
            }
        }
    }
}

/// Which published figure a scenario reproduces.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reproduces {
    /// Authors and title.
    pub paper: String,
    /// Its number there: `5a`.
    pub figure: String,
    /// The accuracy that was published, as a fraction: a line in pictures and a word beside ours.
    #[serde(default)]
    pub accuracy: Option<f64>,
}

impl Plan {
    /// The accuracy that was published for what this scenario reproduces.
    #[must_use]
    pub fn published_accuracy(&self) -> Option<f64> {
        self.reproduces.as_ref().and_then(|reproduces| reproduces.accuracy)
    }
}

/// Where spikes enter: a number of lines, each of which spikes on its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourcePlan {
    /// Projections and results name it so.
    pub name: String,
    /// Number of lines.
    pub size: u32,
    /// What its lines spike like.
    pub input: Input,
}

/// Where input spikes come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Independent Poisson processes of one rate, which is told to the network when an episode begins.
    Poisson {
        /// Of each line.
        rate: Hertz,
    },
    /// The samples of a data set, each pixel a Poisson process of rate `max_rate` x intensity.
    ///
    /// With `normalise`, every sample's rates are scaled to the mean total intensity of the training samples.
    Dataset {
        /// Whose samples.
        dataset: dataset::Name,
        /// Of a pixel of full intensity.
        max_rate: Hertz,
        /// Whether samples are brought to one mean total intensity.
        normalise: bool,
    },
    /// Everything else, as the network has it; spikes of a list sorted by (time, line).
    Train(SourceKind),
}

impl SourcePlan {
    /// As a source of a network.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        match &self.input {
            Input::Poisson { .. } | Input::Dataset { .. } => SourceKind::Poisson,
            Input::Train(kind) => kind.clone(),
        }
    }

    /// Whether its spikes are drawn.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        match &self.input {
            Input::Poisson { .. } | Input::Dataset { .. } => true,
            Input::Train(kind) => kind.is_drawn(),
        }
    }

    /// Spikes of one line to expect within `duration`; of a data set, without its samples, none.
    #[must_use]
    pub fn expected(&self, duration: Time) -> f64 {
        let seconds = duration.as_seconds();
        match &self.input {
            Input::Poisson { rate } => rate.get() * seconds,
            Input::Dataset { .. } | Input::Train(SourceKind::Poisson) => 0.0,
            Input::Train(SourceKind::DeadTime { rate, .. }) => rate * seconds,
            Input::Train(SourceKind::Modulated(profile)) => profile.expected(duration),
            Input::Train(SourceKind::Regular { period, .. }) => seconds / period.as_seconds(),
            Input::Train(SourceKind::Bursts { period, count, .. }) => {
                f64::from(*count) * (seconds / period.as_seconds()).ceil()
            }
            Input::Train(SourceKind::List(spikes)) => spikes.len() as f64 / f64::from(self.size),
            Input::Train(SourceKind::Current(_)) => 0.0,
        }
    }

    /// Its current, if it gives one.
    #[must_use]
    pub fn current(&self) -> Option<&Current> {
        if let Input::Train(SourceKind::Current(current)) = &self.input { Some(current) } else { None }
    }
}

/// Neurons of one model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopulationPlan {
    /// Projections and results name it so.
    pub name: String,
    /// Number of neurons.
    pub size: u32,
    /// Model and parameters; of neurons that differ, the first.
    pub neuron: Neuron,
    /// Each of them, where they differ: made of `own`.
    #[serde(skip)]
    pub each: Vec<Neuron>,
    /// Parameters that each neuron has for itself.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub own: Vec<OwnPlan>,
    /// What a spike of its switch costs; `None` where no device is behind its neurons.
    pub switch: Option<SwitchEnergy>,
    /// Parameters of a registered model, as text.
    pub keys: Vec<(String, String)>,
    /// How its neurons compete, if they do.
    pub competition: Option<Competition>,
}

impl PopulationPlan {
    /// Every neuron where they differ, the one that all of them are where they do not.
    pub fn kinds(&self) -> impl Iterator<Item = &Neuron> {
        let alike = self.each.is_empty().then_some(&self.neuron);
        alike.into_iter().chain(&self.each)
    }
}

/// A parameter that each neuron of a population has for itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnPlan {
    /// As the scenario has it.
    pub key: String,
    /// Symbol of its unit; `None` for a plain number.
    pub unit: Option<String>,
    /// What each neuron has.
    pub values: Own,
}

/// Values of neurons in SI units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Own {
    /// As they are written, here or in a file.
    List(Vec<f64>),
    /// Drawn, one for each neuron.
    Drawn(Distribution),
}

pub use crate::energy::SwitchEnergy;

/// Synapses from the lines of a source or the neurons of a population to a population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectionPlan {
    /// Results name it so.
    pub name: String,
    /// Source or population that it starts at.
    pub from: Origin,
    /// Index into `Plan::populations`.
    pub to: usize,
    /// Which synapses there are.
    pub connect: Connect,
    /// What an arrival does to the neuron.
    pub kernel: Kernel,
    /// Initial weights, in SI units of the kernel.
    pub weight: Distribution,
    /// The delay of every synapse, or the shortest there may be.
    pub delay: Time,
    /// Delays of single synapses, in seconds.
    #[serde(default)]
    pub delays: Option<Distribution>,
    /// The devices behind the weights; `None`: weights are numbers.
    pub device: Option<DevicePlan>,
    /// How its weights learn, if they do.
    pub plasticity: Option<PlasticityPlan>,
}

/// Which pairs of a row and a neuron have a synapse.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Connect {
    /// Every row to every neuron.
    AllToAll,
    /// Row k to neuron k; both have one size.
    OneToOne,
    /// (pre, post, weight in SI units of the kernel), sorted by (pre, post).
    List {
        /// The pairs with their weights.
        synapses: Vec<(u32, u32, f64)>,
        /// A delay for each of them; empty: one for all.
        #[serde(default)]
        delays: Vec<Time>,
        /// Whether a pair may be there several times.
        #[serde(default)]
        multapses: bool,
    },
    /// Drawn pairs.
    Drawn {
        /// How many partners, or how likely each pair.
        rule: DrawRule,
        /// Whether a neuron may reach itself.
        autapses: bool,
        /// Whether a pair may be drawn more than once.
        multapses: bool,
    },
}

/// How the engine is told to go about it. No result depends on any of it, except on the rounding of
/// compact synapses.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EnginePlan {
    /// Longest window handled at once; `None`: one minimum delay.
    pub window: Option<Time>,
    /// Parts the neurons are cut into; `None`: as the threads ask for.
    pub partitions: Option<u32>,
    /// Whether drawn synapses are kept in full or in fewer bytes.
    pub storage: Storage,
    /// Memory that may be used, in bytes; `None`: what the machine has.
    pub memory: Option<u64>,
}

/// The devices that make a projection's weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DevicePlan {
    /// Whether one device, two or 2n devices make a weight.
    pub arrangement: Arrangement,
    /// Where the two devices of a pair sit.
    pub placement: Placement,
    /// Bounds of a conductance, and its levels.
    pub range: DeviceRange,
    /// Of a programmed conductance.
    pub spread: Spread,
    /// What a read applies to a device.
    pub read: ReadPulse,
    /// The weight (volts) at the end of the conductance range; `None`: the largest |w| when programmed.
    pub w_max: Option<f64>,
}

/// How the weights of a projection learn, and what their devices make of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlasticityPlan {
    /// What spikes do to a weight.
    pub rule: Rule,
    /// Cycle-to-cycle spread of a change: sigma of its logarithm.
    pub cycle_sigma: f64,
    /// What a programming pulse applies to a device.
    pub program: ProgramPulse,
    /// Shares of devices stuck at their bounds.
    pub faults: FaultRates,
    /// How pulses wear the devices; `None`: they do not.
    pub endurance: Option<Endurance>,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(clippy::large_enum_variant, reason = "there is one in a plan")]
pub enum Protocol {
    /// One episode of the network as it is.
    Simulate {
        /// Simulated time.
        duration: Time,
    },
    /// Training with labels.
    Supervised(Supervised),
    /// Learning without labels, and labels afterwards.
    Unsupervised(Unsupervised),
    /// No network: devices measured on their own.
    Device {
        /// In the order they are made.
        experiments: Vec<ExperimentPlan>,
    },
}

/// Train a projection from a data set to a population of one neuron per class, and test it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Supervised {
    /// Index of the projection that learns (from a dataset source to the read-out population).
    pub projection: usize,
    /// Of the membranes and the weights.
    pub precision: Precision,
    /// Passes over the training samples.
    pub epochs: u32,
    /// Samples per update of the weights.
    pub batch: u32,
    /// Training samples used, from the front of the set; `None`: all.
    pub train_samples: Option<u32>,
    /// Test samples used, from the front of the set; `None`: all.
    pub test_samples: Option<u32>,
    /// Fraction of the training samples held out to choose the epoch that is tested; 0: last epoch.
    pub validation: f64,
    /// How long a training sample is shown.
    pub presentation: Time,
    /// How long a test sample is shown.
    pub test_presentation: Time,
    /// Softmax gain on spike counts.
    pub count_gain: f64,
    /// Steepness of the fast-sigmoid surrogate, per (v_th - u_rest).
    pub surrogate_steepness: f64,
    /// How a gradient becomes a step.
    pub optimizer: Adam,
    /// Bound on |w| during training, in units of v_th - u_rest; `None`: unbounded.
    pub weight_bound: Option<f64>,
    /// Take trained weights from the last finished run of this scenario; train it if there is none.
    pub weights_from: Option<String>,
    /// Report the output rates for the first test sample of this class (figure 5b).
    pub show_class: Option<u32>,
    /// After training: programme the weights onto devices and test again.
    pub programming: Vec<ProgrammingCase>,
}

/// Adam with a cosine schedule from `rate` to `rate_final`, in units of v_th - u_rest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Adam {
    /// At the first step.
    pub rate: f64,
    /// At the last step.
    pub rate_final: f64,
    /// Decay of the mean of the gradient.
    pub beta1: f64,
    /// Decay of the mean of its square.
    pub beta2: f64,
    /// Added to the root, so that nothing is divided by zero.
    pub epsilon: f64,
}

/// One way of programming the trained weights, tested over several draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgrammingCase {
    /// What the case is called in the report.
    pub name: String,
    /// Where the two devices of a pair sit.
    pub placement: Placement,
    /// Evenly spaced conductances; `None`: any in the range.
    pub levels: Option<u32>,
    /// Of a programmed conductance.
    pub spread: Spread,
    /// Programming draws (each with its own random streams) to average over.
    pub draws: u32,
    /// Largest loss against the float weights that `expected` accepts, as a fraction.
    pub max_loss: Option<f64>,
}

/// A competing population learns a data set without labels, gets them afterwards, and is tested.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Unsupervised {
    /// Index of the projection that learns (from a dataset source to the competing population).
    pub projection: usize,
    /// Of the membranes and the weights.
    pub precision: Precision,
    /// Passes over the training samples.
    pub epochs: u32,
    /// Training samples used, from the front of the set; `None`: all.
    pub train_samples: Option<u32>,
    /// Test samples used, from the front of the set; `None`: all.
    pub test_samples: Option<u32>,
    /// Training samples whose labels are looked at; `None`: all.
    pub label_samples: Option<u32>,
    /// Fraction of the training samples held out to choose the epoch that is tested; 0: last epoch.
    pub validation: f64,
    /// How long a training sample is shown.
    pub presentation: Time,
    /// Pause after it: membranes start anew, thresholds go on decaying.
    pub rest: Time,
    /// How long a sample whose label is looked at is shown.
    pub label_presentation: Time,
    /// How long a test sample is shown.
    pub test_presentation: Time,
    /// The vote behind the accuracy that is reported; both are stated.
    pub vote: Vote,
    /// What a spike of the winner does.
    pub learning: WinnerLearning,
    /// What makes the steps; `None`: weights are numbers.
    pub devices: Option<DeviceModel>,
    /// How conductances decay when left alone; `None`: not at all.
    pub retention: Option<Retention>,
    /// Ages at which the trained devices are tested again.
    pub ageing: Vec<Second>,
    /// Training anew with other devices, each case over several seeds.
    pub variation: Vec<VariationCase>,
}

/// What a spike of the winner does to its synapses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WinnerLearning {
    /// The step and how it depends on the weight.
    pub rule: WinnerRule,
    /// The weight at the upper end; the lower end is 0.
    pub w_max: Volt,
    /// Sum of a neuron's weights after each presentation in which it spiked, in units of `w_max`; `None`: left as it is.
    pub normalise: Option<f64>,
}

/// Training anew with other devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariationCase {
    /// What the case is called in the report.
    pub name: String,
    /// Coefficient of variation of both steps, g_max, g_min, initial weight and threshold.
    pub cv: f64,
    /// Runs, each with the next seed.
    pub seeds: u32,
    /// Largest loss against the first case that is accepted, as a fraction.
    pub max_loss: Option<f64>,
}

/// What is written beside the summary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordPlan {
    /// Names of populations (and sources) whose spikes are written to spikes.csv.
    pub spikes: Vec<String>,
    /// Names of populations whose membrane is sampled.
    pub membrane: Vec<String>,
    /// Time between two samples; `None` where no membrane is sampled.
    pub membrane_interval: Option<Time>,
    /// Names of the formats in which both are written.
    #[serde(default)]
    pub formats: Vec<String>,
    /// Book the leakage of the off-state exactly during the final test.
    pub energy: bool,
    /// Energy of one float multiply-accumulate for comparison. Default 4.6 pJ (45 nm: Horowitz 2014).
    pub mac_energy: Joule,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_assumed_value_is_read_as_parts_and_as_the_line_of_version_0_1() {
        let parts = Assumed {
            parameter: "population.output.switch.on_time".into(),
            value: "100 us".into(),
            why: "needs an active reset (of the switch)".into(),
        };
        let read = |json: &str| serde_json::from_str::<Assumed>(json).unwrap();
        assert_eq!(read(&serde_json::to_string(&parts).unwrap()), parts);
        assert_eq!(read(&format!("\"{parts}\"")), parts);
    }
}
