//! `summary.json`: the results of a run, in keys that stay.
//!
//! Counts are logical (spikes and arrivals, not queue operations), fractions are fractions, and a key
//! is absent only where it has no meaning. `performance` is the only part that may differ between two
//! runs of one scenario and seed.

use super::accuracy::Accuracy;
use super::by_name::ByName;
use super::device::{Agreement, ExperimentSummary};
use super::performance::Performance;
use super::unsupervised::{Aged, Learning, Variation};
use crate::dataset::Identity;
use crate::energy::Category;
use crate::record::rundir::{RunDir, SUMMARY};
use crate::record::{RecordError, read_json, to_json};
use crate::scenario::outcome::{PlasticResult, Status};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the keys. Adding a key does not change it.
pub const SCHEMA_VERSION: u32 = 1;

/// The results of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SCHEMA_VERSION`] of the program that wrote it.
    pub schema_version: u32,
    /// How the run ended.
    pub status: Status,
    /// Short name of the scenario.
    pub scenario: String,
    /// The scenario's own line about itself.
    pub title: String,
    /// Of all random draws.
    pub seed: u64,
    /// Presentations, sweeps or simulations.
    pub episodes: u64,
    /// Simulated time over all episodes, in seconds.
    pub sim_time_s: f64,
    /// How many of each kind were handled.
    pub events: Events,
    /// Synapses reached by arrivals.
    pub synaptic_events: u64,
    /// Spikes of each population.
    pub spikes: ByName<u64>,
    /// Mean rate of one neuron of each population.
    pub rate_hz: ByName<f64>,
    /// Joules by category, and `total`.
    pub energy_j: ByName<f64>,
    /// Categories that exist in the hardware but are not in `energy_j`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub energy_not_modelled: Vec<Category>,
    /// Joules per test presentation, all categories together.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy_per_inference_j: Option<f64>,
    /// The same in detail, where presentations were tested.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference: Option<Inference>,
    /// Which data the run was made with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<Identity>,
    /// Where there are labels.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
    /// One for each way of programming the trained weights that was tested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programming: Vec<Programming>,
    /// What learning without labels did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub learning: Option<Learning>,
    /// What learning in the devices took, where weights were learned there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_situ: Option<InSitu>,
    /// The trained devices tested again, for each age.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ageing: Vec<Aged>,
    /// Training anew with other devices, for each case.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub variation: Vec<Variation>,
    /// The sample whose outputs are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// Projections that learnt from spikes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plasticity: Vec<PlasticResult>,
    /// How many of the paper's numbers came out, where devices were measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Agreement>,
    /// Experiments with single devices.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiments: Vec<ExperimentSummary>,
    /// What a protocol found out that has no place of its own above.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub results: Option<serde_json::Value>,
    /// XXH3-128 in hex of all population spikes, then the final weights: equal if two runs did the same.
    pub fingerprint: String,
    /// Every value nobody measured: "parameter = value (why)".
    pub assumed: Vec<String>,
    /// What the engine chose and what is not modelled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// What it cost the computer; the only part that may differ from run to run.
    pub performance: Performance,
}

/// Logical events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// The sum of the others.
    pub total: u64,
    /// Spikes of Poisson sources and of data set encoders.
    pub poisson: u64,
    /// Spikes of the other sources; absent without such a source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<u64>,
    /// Pulses that arrived at a row.
    pub arrival: u64,
    /// Spikes of populations.
    pub fire: u64,
}

/// One test presentation, on average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inference {
    /// Test presentations that were averaged over.
    pub inferences: u64,
    /// Spikes of the sources.
    pub input_spikes: f64,
    /// Spikes of the read-out population.
    pub output_spikes: f64,
    /// Synapses reached by arrivals.
    pub synaptic_events: f64,
    /// Joules by category, and `total`.
    pub energy_j: ByName<f64>,
    /// The same net as float multiply-accumulates.
    pub mac_reference_j: f64,
    /// Energy of one multiply-accumulate behind it.
    pub mac_energy_j: f64,
}

/// Accuracy after programming the weights onto devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programming {
    /// What the scenario calls the case.
    pub name: String,
    /// How often the weights were programmed, each time with other random errors.
    pub draws: usize,
    /// Mean over the draws, as a fraction.
    pub mean: f64,
    /// Standard deviation over the draws (n - 1).
    pub sd: f64,
    /// Accuracy of the weights as trained less `mean`.
    pub loss: f64,
    /// Largest `loss` that the scenario accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_loss: Option<f64>,
    /// Joules in the devices per test presentation, mean over the draws.
    pub read_energy_per_inference_j: f64,
}

/// Weights that were learned in their devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InSitu {
    /// Samples learned from.
    pub samples: u64,
    /// Joules of learning by category, and `total`.
    pub energy_j: ByName<f64>,
    /// The same per sample.
    pub energy_per_sample_j: ByName<f64>,
    /// Categories that exist in the hardware but are not in `energy_j`.
    pub energy_not_modelled: Vec<Category>,
    /// Cycles that were measured on the founding paper's device.
    pub pulses_measured: u64,
    /// Each projection that learned.
    pub projections: Vec<PulsedProjection>,
}

/// The devices of a projection that learned in them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulsedProjection {
    /// Its name.
    pub projection: String,
    /// How many devices there are.
    pub devices: u64,
    /// Weight that a SET and a RESET pulse make of the nominal device in the middle of its range, in units of v_th - u_rest.
    pub granularity: [f64; 2],
    /// Pulses on all devices.
    pub pulses: u64,
    /// Pulses on a device, in the mean.
    pub pulses_mean: f64,
    /// Pulses on the device that took most.
    pub pulses_max: u64,
    /// How often pairs were refreshed.
    pub refreshes: u64,
    /// Devices that no pulse changes at the end.
    pub stuck: u64,
    /// Joules of pulses in devices and their limiters.
    pub programming_j: f64,
}

/// Rates of the outputs for the shown sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    /// Its true class.
    pub class: u32,
    /// Its place in the test set, from 0.
    pub index: u32,
    /// Of each output, in hertz.
    pub rates_hz: Vec<f64>,
}

impl Summary {
    /// The bytes of `summary.json`.
    ///
    /// # Errors
    /// Never for a summary made by [`Summary::new`].
    pub fn to_json(&self) -> Result<Vec<u8>, RecordError> {
        to_json(SUMMARY, self)
    }

    /// Writes it into the run directory.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, dir: &RunDir) -> Result<(), RecordError> {
        dir.write(SUMMARY, &self.to_json()?)
    }

    /// Reads the summary of the run in `path`.
    ///
    /// # Errors
    /// If there is none or it is not one of ours.
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        read_json(&path.join(SUMMARY))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::example;

    fn summary() -> Summary {
        let (plan, outcome) = example::trained();
        Summary::new(&plan, &outcome, &example::host())
    }

    /// The keys are a promise: this snapshot only ever grows.
    #[test]
    fn the_keys_are_those_that_were_promised() {
        fn keys(prefix: &str, value: &serde_json::Value, into: &mut Vec<String>) {
            match value {
                serde_json::Value::Object(map) => {
                    for (key, value) in map {
                        keys(&format!("{prefix}.{key}"), value, into);
                    }
                }
                serde_json::Value::Array(items)
                    if items.first().is_some_and(serde_json::Value::is_object) =>
                {
                    keys(&format!("{prefix}[]"), &items[0], into);
                }
                _ => into.push(prefix.trim_start_matches('.').to_string()),
            }
        }
        let mut found = Vec::new();
        keys("", &serde_json::to_value(summary()).unwrap(), &mut found);
        insta::assert_snapshot!(found.join("\n"));
    }

    #[test]
    fn a_summary_is_read_back_as_it_was_written() {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create_at(root.path(), false).unwrap();
        let written = summary();
        written.write(&dir).unwrap();
        assert_eq!(Summary::read(root.path()).unwrap(), written);
    }
}
