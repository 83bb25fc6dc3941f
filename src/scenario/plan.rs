//! The plan: a scenario with every value filled in and checked. Nothing is written back into it.
//!
//! Sources, populations and projections are in the order of their names in the file, and refer to
//! each other by index. Everything is in SI units; the engine's own choices (lanes, arithmetic form,
//! storage) are made from the network and printed beside the plan.

pub use super::about::{EnginePlan, Reproduces, Storage};
pub use super::cost::CostTable;
use super::data_plan::DataPlan;
pub use super::device_plan::DevicePlan;
pub use super::plasticity::PlasticityPlan;
pub use super::projection::{Connect, ProjectionPlan};
pub use super::record::RecordPlan;
pub use super::spec::Precision;
use super::value::Value;
use crate::device::preset::STATED;
use crate::encoding::{Augment, Timed};
use crate::network::{Competition, Current, Distribution, SourceKind};
use crate::neuron::Neuron;
use crate::neuron::model::Model as _;
use crate::numeric::decimal::difference;
use crate::time::Time;
use crate::units::{Hertz, Siemens};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

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
    pub protocol: Planned,
    /// What is kept besides the results.
    pub record: RecordPlan,
    /// How the engine works; changes no result but for the storage of drawn synapses.
    #[serde(default)]
    pub engine: EnginePlan,
    /// Every value that is assumed, or stated in place of a default.
    pub assumed: Vec<Assumed>,
}

/// A value that nobody measured, or that is stated in place of a default.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "WrittenAssumed")]
pub struct Assumed {
    /// `device.synapse.g_min`
    pub parameter: String,
    /// With its unit.
    pub value: String,
    /// Why it is this value.
    pub why: String,
}

impl Assumed {
    /// Whether it is stated, in place of a default or in a preset of the user's own.
    #[must_use]
    pub fn is_stated(&self) -> bool {
        self.why.starts_with(STATED)
    }
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

impl Plan {
    /// The accuracy that was published for what this scenario reproduces.
    #[must_use]
    pub fn published_accuracy(&self) -> Option<f64> {
        self.reproduces.as_ref().and_then(|reproduces| reproduces.accuracy)
    }

    /// Indices of the projections that are trained.
    #[must_use]
    pub fn trained(&self) -> Vec<usize> {
        if !self.protocol.trains_all() {
            return self.protocol.trains().into_iter().collect();
        }
        let learns = |index: &usize| !matches!(self.projections[*index].connect, Connect::Pooling { .. });
        (0..self.projections.len()).filter(learns).collect()
    }
}

/// Where spikes enter: a number of lines, each of which spikes on its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SourcePlan {
    /// Projections and results name it so.
    pub name: String,
    /// Number of lines.
    pub size: u32,
    /// What its lines spike like.
    pub input: Input,
}

/// Where input spikes come from.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Input {
    /// Independent Poisson processes of one rate, which is told to the network when an episode begins.
    Poisson {
        /// Of each line.
        rate: Hertz,
    },
    /// The samples of a data set.
    Dataset {
        /// Whose samples.
        dataset: DataPlan,
        /// How a sample is changed before.
        #[serde(default, skip_serializing_if = "Augment::is_none")]
        augment: Augment,
        /// How a sample becomes spikes.
        code: Code,
    },
    /// Everything else, as the network has it; spikes of a list sorted by (time, line).
    Train(SourceKind),
}

/// How a sample becomes spikes.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// Each pixel is a Poisson process of rate `max_rate` x intensity.
    ///
    /// With `normalise`, every sample's rates are scaled to the mean total intensity of the training samples.
    Rate {
        /// Of a pixel of full intensity.
        max_rate: Hertz,
        /// Whether samples are brought to one mean total intensity.
        normalise: bool,
    },
    /// Values are spikes at given times.
    Timed(Timed),
    /// The events of a sample as they were recorded.
    Events,
}

impl SourcePlan {
    /// As a source of a network.
    #[must_use]
    pub fn kind(&self) -> SourceKind {
        match &self.input {
            // The spikes of a sample are no part of the network.
            Input::Dataset { code: Code::Timed(_) | Code::Events, .. } => SourceKind::List(Vec::new()),
            Input::Poisson { .. } | Input::Dataset { .. } => SourceKind::Poisson,
            Input::Train(kind) => kind.clone(),
        }
    }

    /// Whether its spikes are drawn.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        match &self.input {
            Input::Dataset { code, .. } => matches!(code, Code::Rate { .. }),
            Input::Poisson { .. } => true,
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
            Input::Train(SourceKind::Open(train)) => train.expected(duration),
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
    /// Conductance of that switch before it fires.
    #[serde(skip)]
    pub g_pre: Option<Siemens>,
    /// The chip that its synaptic events are priced as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost: Option<CostTable>,
    /// Parameters of a registered model, as text.
    pub keys: Vec<(String, String)>,
    /// How its neurons compete, if they do.
    pub competition: Option<Competition>,
}

impl PopulationPlan {
    /// How far a jump from rest must go to make a neuron fire, if that is one positive number for all.
    #[must_use]
    pub fn threshold(&self) -> Option<f64> {
        let of = |neuron: &Neuron| match neuron.open() {
            Some(open) => open.scale().threshold,
            None => {
                let membrane = neuron.membrane();
                difference(membrane.v_th.get(), membrane.u_rest.get())
            }
        };
        let distance = of(&self.neuron);
        (distance > 0.0 && self.each.iter().all(|neuron| of(neuron) == distance)).then_some(distance)
    }

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

/// What is done: the plan of a protocol, and what others ask of it. How that is made and carried
/// out, [`protocol`](super::protocol) has.
pub trait Protocol: Value {
    /// `kind` in a scenario.
    fn word(&self) -> &'static str;

    /// How long the network is run as it is, once; `None`: it is shown samples, or there is none.
    fn as_it_is(&self) -> Option<Time> {
        None
    }

    /// Whether it trains all projections, one and all, but those that pool.
    fn trains_all(&self) -> bool {
        false
    }

    /// Index of the projection that it trains.
    fn trains(&self) -> Option<usize> {
        None
    }

    /// Of the membranes and the weights.
    fn precision(&self) -> Precision {
        Precision::F64
    }

    /// How long an episode lasts.
    fn episode(&self, number: u64) -> Time;

    /// The scenario or run whose weights it takes.
    fn weights_from(&self) -> Option<&str> {
        None
    }

    /// What nobody measured of the presets it names.
    fn assumed(&self) -> Vec<Assumed> {
        Vec::new()
    }
}

/// The protocol of a plan.
#[derive(Clone, Debug)]
pub struct Planned(Arc<dyn Protocol>);

impl Planned {
    /// Of any type.
    #[must_use]
    pub fn new(protocol: impl Protocol) -> Self {
        Self(Arc::new(protocol))
    }

    /// The plan, if it is one of this type.
    #[must_use]
    pub fn get<P: Protocol>(&self) -> Option<&P> {
        self.0.any().downcast_ref()
    }

    /// Changes the plan, if it is one of this type.
    pub fn change<P: Protocol + Clone>(&mut self, change: impl FnOnce(&mut P)) {
        if let Some(mut changed) = self.get::<P>().cloned() {
            change(&mut changed);
            *self = Self::new(changed);
        }
    }
}

impl std::ops::Deref for Planned {
    type Target = dyn Protocol;

    fn deref(&self) -> &Self::Target {
        &*self.0
    }
}

impl PartialEq for Planned {
    fn eq(&self, other: &Self) -> bool {
        self.0.equals(other.0.any())
    }
}

impl Serialize for Planned {
    /// Its values under the word of its kind.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let values = self.0.json();
        let kind = ("kind".to_string(), serde_json::Value::from(self.0.word()));
        let entries = values.as_object().into_iter().flatten();
        serializer.collect_map(
            std::iter::once(kind).chain(entries.map(|(key, value)| (key.clone(), value.clone()))),
        )
    }
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
