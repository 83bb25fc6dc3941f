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
use crate::network::{Competition, Distribution, DrawRule, Kernel, Origin, SourceKind};
use crate::neuron::Neuron;
use crate::plasticity::{ProgramPulse, Rule};
use crate::synapse::{Arrangement, DeviceRange, Placement, ReadPulse, Spread};
use crate::time::Time;
use crate::training::unsupervised::{DeviceModel, Vote, WinnerRule};
use crate::units::{Hertz, Joule, Second, Volt};
use serde::{Deserialize, Serialize};

/// A complete scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// Short name: the shipped scenario's, or the file's or directory's.
    pub name: String,
    pub title: String,
    pub description: String,
    pub reproduces: Option<Reproduces>,
    pub seed: u64,
    pub sources: Vec<SourcePlan>,
    pub populations: Vec<PopulationPlan>,
    pub projections: Vec<ProjectionPlan>,
    pub protocol: Protocol,
    pub record: RecordPlan,
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
    pub paper: String,
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SourcePlan {
    pub name: String,
    /// Number of lines.
    pub size: u32,
    pub input: Input,
}

/// Where input spikes come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Independent Poisson processes of one rate, which is told to the network when an episode begins.
    Poisson { rate: Hertz },
    /// The samples of a data set, each pixel a Poisson process of rate `max_rate` x intensity.
    ///
    /// With `normalise`, every sample's rates are scaled to the mean total intensity of the training samples.
    Dataset { dataset: dataset::Name, max_rate: Hertz, normalise: bool },
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
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PopulationPlan {
    pub name: String,
    pub size: u32,
    /// Of neurons that differ, the first.
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
    pub key: String,
    /// Symbol of its unit; `None` for a plain number.
    pub unit: Option<String>,
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

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProjectionPlan {
    pub name: String,
    pub from: Origin,
    /// Index into `Plan::populations`.
    pub to: usize,
    pub connect: Connect,
    pub kernel: Kernel,
    /// Initial weights, in SI units of the kernel (volts for `Delta`, amperes otherwise).
    pub weight: Distribution,
    /// The delay of every synapse, or the shortest there may be.
    pub delay: Time,
    /// Delays of single synapses, in seconds.
    #[serde(default)]
    pub delays: Option<Distribution>,
    pub device: Option<DevicePlan>,
    /// How its weights learn, if they do.
    pub plasticity: Option<PlasticityPlan>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Connect {
    AllToAll,
    OneToOne,
    /// (pre, post, weight in SI units of the kernel), sorted by (pre, post).
    List {
        synapses: Vec<(u32, u32, f64)>,
        /// A delay for each of them; empty: one for all.
        #[serde(default)]
        delays: Vec<Time>,
        #[serde(default)]
        multapses: bool,
    },
    /// Drawn pairs.
    Drawn {
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
    pub storage: Storage,
    /// Memory that may be used, in bytes; `None`: what the machine has.
    pub memory: Option<u64>,
}

/// The devices that make a projection's weights.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DevicePlan {
    pub arrangement: Arrangement,
    pub placement: Placement,
    pub range: DeviceRange,
    pub spread: Spread,
    pub read: ReadPulse,
    /// The weight (volts) at the end of the conductance range; `None`: the largest |w| when programmed.
    pub w_max: Option<f64>,
}

/// How the weights of a projection learn, and what their devices make of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlasticityPlan {
    pub rule: Rule,
    /// Cycle-to-cycle spread of a change: sigma of its logarithm.
    pub cycle_sigma: f64,
    pub program: ProgramPulse,
    pub faults: FaultRates,
    pub endurance: Option<Endurance>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
#[expect(clippy::large_enum_variant, reason = "there is one in a plan")]
pub enum Protocol {
    /// One episode of the network as it is.
    Simulate {
        duration: Time,
    },
    Supervised(Supervised),
    Unsupervised(Unsupervised),
    /// No network: devices measured on their own.
    Device {
        experiments: Vec<ExperimentPlan>,
    },
}

/// Train a projection from a data set to a population of one neuron per class, and test it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Supervised {
    /// Index of the projection that learns (from a dataset source to the read-out population).
    pub projection: usize,
    pub precision: Precision,
    pub epochs: u32,
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
    pub rate: f64,
    pub rate_final: f64,
    pub beta1: f64,
    pub beta2: f64,
    pub epsilon: f64,
}

/// One way of programming the trained weights, tested over several draws.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgrammingCase {
    pub name: String,
    pub placement: Placement,
    pub levels: Option<u32>,
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
    pub precision: Precision,
    pub epochs: u32,
    /// Training samples used, from the front of the set; `None`: all.
    pub train_samples: Option<u32>,
    /// Test samples used, from the front of the set; `None`: all.
    pub test_samples: Option<u32>,
    /// Training samples whose labels are looked at; `None`: all.
    pub label_samples: Option<u32>,
    /// Fraction of the training samples held out to choose the epoch that is tested; 0: last epoch.
    pub validation: f64,
    pub presentation: Time,
    pub rest: Time,
    pub label_presentation: Time,
    pub test_presentation: Time,
    pub vote: Vote,
    pub learning: WinnerLearning,
    pub devices: Option<DeviceModel>,
    pub retention: Option<Retention>,
    /// Ages at which the trained devices are tested again.
    pub ageing: Vec<Second>,
    pub variation: Vec<VariationCase>,
}

/// What a spike of the winner does to its synapses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WinnerLearning {
    pub rule: WinnerRule,
    pub w_max: Volt,
    pub normalise: Option<f64>,
}

/// Training anew with other devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariationCase {
    pub name: String,
    pub cv: f64,
    pub seeds: u32,
    /// Largest loss against the first case that is accepted, as a fraction.
    pub max_loss: Option<f64>,
}

/// What is written beside the summary.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RecordPlan {
    /// Names of populations (and sources) whose spikes are written to spikes.csv.
    pub spikes: Vec<String>,
    /// Names of populations whose membrane is sampled, and the interval.
    pub membrane: Vec<String>,
    pub membrane_interval: Option<Time>,
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
