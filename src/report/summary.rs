//! `summary.json`: the results of a run, in keys that stay.
//!
//! Counts are logical (spikes and arrivals, not queue operations), fractions are fractions, and a key
//! is absent only where it has no meaning. `performance` is the only part that may differ between two
//! runs of one scenario and seed.

use super::device::{Agreement, ExperimentSummary};
use crate::energy::{Category, Ledger};
use crate::record::rundir::{RunDir, SUMMARY};
use crate::record::{RecordError, read_json, to_json};
use crate::scenario::outcome::{InferenceEnergy, Outcome, PhaseTime, PlasticResult, Status};
use crate::scenario::plan::{Plan, Protocol};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Version of the keys. Adding a key does not change it.
pub const SCHEMA_VERSION: u32 = 1;

/// The results of a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    pub schema_version: u32,
    pub status: Status,
    pub scenario: String,
    pub title: String,
    pub seed: u64,
    /// Presentations, sweeps or simulations.
    pub episodes: u64,
    pub sim_time_s: f64,
    pub events: Events,
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub energy_per_inference_j: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inference: Option<Inference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<Accuracy>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub programming: Vec<Programming>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shown: Option<Shown>,
    /// Projections that learnt from spikes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub plasticity: Vec<PlasticResult>,
    /// How many of the paper's numbers came out, where devices were measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Agreement>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub experiments: Vec<ExperimentSummary>,
    pub fingerprint: String,
    /// Every value nobody measured: "parameter = value (why)".
    pub assumed: Vec<String>,
    /// What the engine chose and what is not modelled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    pub performance: Performance,
}

/// Logical events.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
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

/// Fractions of right answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<f64>,
    /// Test samples behind `test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_samples: Option<u64>,
    /// Epoch whose weights were tested last, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested_epoch: Option<u32>,
    pub test_by_epoch: Vec<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights_from: Option<String>,
}

impl Accuracy {
    /// Standard error of `test` as the mean of independent answers: sqrt(p (1 - p) / n).
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        let (p, n) = (self.test?, self.test_samples? as f64);
        (n > 0.0).then(|| (p * (1.0 - p) / n).sqrt())
    }
}

/// One test presentation, on average.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Inference {
    pub inferences: u64,
    pub input_spikes: f64,
    pub output_spikes: f64,
    pub synaptic_events: f64,
    pub energy_j: ByName<f64>,
    /// Root mean square of the membrane potential behind the leakage, where it was integrated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub membrane_rms_v: Option<f64>,
    /// The same net as float multiply-accumulates.
    pub mac_reference_j: f64,
    /// Energy of one multiply-accumulate behind it.
    pub mac_energy_j: f64,
}

/// Accuracy after programming the weights onto devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Programming {
    pub name: String,
    pub draws: usize,
    pub mean: f64,
    pub sd: f64,
    pub loss: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_loss: Option<f64>,
    pub read_energy_per_inference_j: f64,
}

/// Rates of the outputs for the shown sample.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Shown {
    pub class: u32,
    pub index: u32,
    pub rates_hz: Vec<f64>,
}

/// What the run cost the computer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Performance {
    pub wall_s: f64,
    pub cpu_s: f64,
    pub phases: ByName<Phase>,
    /// Presentations per second of wall time.
    pub samples_per_s: ByName<f64>,
    /// Logical events per second of wall time, building left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub events_per_s: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub calibrate: Option<Calibration>,
}

/// One phase.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    pub wall_s: f64,
    pub cpu_s: f64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub samples: u64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub events: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// How fast the machine was at the start: by it, times of two machines can be compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// One link of a chain of dependent `exp`.
    pub exp_ns: f64,
    /// One of a chain of dependent reads at random places of 16 MiB.
    pub memory_read_ns: f64,
}

/// What the host measured around the run; the library has no clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HostPerformance {
    pub wall_s: f64,
    pub cpu_s: f64,
    pub peak_rss_bytes: Option<u64>,
    pub calibrate: Option<Calibration>,
}

impl Summary {
    /// Puts together what was planned, what came out and what it cost.
    #[must_use]
    pub fn new(plan: &Plan, outcome: &Outcome, host: &HostPerformance) -> Self {
        let counts = &outcome.counts;
        let sim_time_s = counts.sim_time_fs as f64 / crate::time::FS_PER_SECOND;
        let spikes = || plan.populations.iter().zip(&counts.spikes);
        let events = counts.events;
        let other_sources = plan.sources.iter().any(|source| !source.kind.is_drawn());
        let supervised = outcome.supervised.as_ref();
        Self {
            schema_version: SCHEMA_VERSION,
            status: outcome.status,
            scenario: plan.name.clone(),
            title: plan.title.clone(),
            seed: plan.seed,
            episodes: counts.episodes,
            sim_time_s,
            events: Events {
                total: events.poisson + events.source + events.arrival + events.fire,
                poisson: events.poisson,
                source: (other_sources || events.source > 0).then_some(events.source),
                arrival: events.arrival,
                fire: events.fire,
            },
            synaptic_events: counts.synaptic_events,
            spikes: spikes().map(|(population, &n)| (population.name.clone(), n)).collect(),
            rate_hz: spikes()
                .filter(|(population, _)| population.size > 0 && sim_time_s > 0.0)
                .map(|(population, &n)| {
                    (population.name.clone(), n as f64 / f64::from(population.size) / sim_time_s)
                })
                .collect(),
            energy_j: by_category(&outcome.energy),
            energy_not_modelled: outcome.energy.not_modelled.clone(),
            energy_per_inference_j: outcome.inference.as_ref().map(|i| i.per_inference.total()),
            inference: outcome.inference.as_ref().map(|inference| Inference {
                inferences: inference.inferences,
                input_spikes: inference.input_spikes,
                output_spikes: inference.output_spikes,
                synaptic_events: inference.synaptic_events,
                energy_j: by_category(&inference.per_inference),
                membrane_rms_v: membrane_rms_v(plan, inference),
                mac_reference_j: inference.mac_reference_j,
                mac_energy_j: plan.record.mac_energy.get(),
            }),
            accuracy: supervised.map(|result| Accuracy {
                train: result.epochs.last().map(|epoch| epoch.train_accuracy),
                validation: result.epochs.last().and_then(|epoch| epoch.validation_accuracy),
                test: result.test_accuracy,
                test_samples: result
                    .test_accuracy
                    .is_some()
                    .then(|| result.confusion.iter().flatten().sum())
                    .filter(|&n| n > 0),
                tested_epoch: result.tested_epoch,
                test_by_epoch: result.epochs.iter().map(|epoch| epoch.test_accuracy).collect(),
                weights_from: result.weights_from.clone(),
            }),
            programming: supervised.map_or_else(Vec::new, |result| {
                result
                    .programming
                    .iter()
                    .map(|case| Programming {
                        name: case.name.clone(),
                        draws: case.accuracy.len(),
                        mean: case.mean,
                        sd: case.sd,
                        loss: case.loss,
                        max_loss: case.max_loss,
                        read_energy_per_inference_j: case.read_energy_per_inference_j,
                    })
                    .collect()
            }),
            shown: supervised.and_then(|result| result.shown.as_ref()).map(|shown| Shown {
                class: shown.class,
                index: shown.index,
                rates_hz: shown.rates_hz.clone(),
            }),
            plasticity: outcome.plastic.clone(),
            paper: agreement(plan, outcome),
            experiments: outcome.experiments.iter().map(ExperimentSummary::new).collect(),
            fingerprint: outcome.fingerprint.clone(),
            assumed: plan.assumed.clone(),
            notes: outcome.notes.clone(),
            performance: performance(&outcome.phases, host),
        }
    }

    /// The bytes of `summary.json`.
    ///
    /// # Errors
    /// Never for a summary made by [`Summary::new`].
    pub fn to_json(&self) -> Result<Vec<u8>, RecordError> {
        to_json(SUMMARY, self)
    }

    /// Writes it into the run directory; the last file of a run.
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

fn agreement(plan: &Plan, outcome: &Outcome) -> Option<Agreement> {
    let rows = || outcome.experiments.iter().flat_map(|experiment| &experiment.compared);
    (rows().next().is_some()).then(|| Agreement {
        figure: plan.reproduces.as_ref().map(|reproduces| reproduces.figure.clone()),
        compared: rows().count(),
        within: rows().filter(|row| row.within).count(),
    })
}

/// Sums a ledger by category, in the order of the categories, with `total` at the end.
/// Leakage is G_off times the integral of u^2: turned round, it tells how far from rest the membranes were.
fn membrane_rms_v(plan: &Plan, inference: &InferenceEnergy) -> Option<f64> {
    let Protocol::Supervised(protocol) = &plan.protocol else { return None };
    let leaks = inference.per_inference.entries.iter().find(|entry| entry.category == Category::Leakage)?;
    let population = plan.populations.iter().find(|population| population.name == leaks.owner)?;
    let per_square =
        population.switch.g_off.get() * f64::from(population.size) * protocol.test_presentation.as_seconds();
    let square = leaks.joules / per_square;
    (square.is_finite() && square > 0.0).then(|| square.sqrt())
}

fn by_category(ledger: &Ledger) -> ByName<f64> {
    ledger
        .by_category()
        .into_iter()
        .map(|(category, joules)| (category.name().to_string(), joules))
        .chain([("total".to_string(), ledger.total())])
        .collect()
}

fn performance(phases: &[PhaseTime], host: &HostPerformance) -> Performance {
    let working = || phases.iter().filter(|phase| phase.phase != "build");
    let events: u64 = working().map(|phase| phase.events).sum();
    let wall: f64 = working().map(|phase| phase.wall_s).sum();
    Performance {
        wall_s: host.wall_s,
        cpu_s: host.cpu_s,
        phases: phases
            .iter()
            .map(|phase| {
                let PhaseTime { wall_s, cpu_s, samples, events, .. } = *phase;
                (phase.phase.clone(), Phase { wall_s, cpu_s, samples, events })
            })
            .collect(),
        samples_per_s: phases
            .iter()
            .filter(|phase| phase.samples > 0 && phase.wall_s > 0.0)
            .map(|phase| (phase.phase.clone(), phase.samples as f64 / phase.wall_s))
            .collect(),
        events_per_s: (events > 0 && wall > 0.0).then(|| events as f64 / wall),
        peak_rss_bytes: host.peak_rss_bytes,
        calibrate: host.calibrate,
    }
}

/// A JSON object whose keys keep the order they were given in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByName<T>(Vec<(String, T)>);

impl<T> ByName<T> {
    /// The value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Pairs<T> {
            type Value = ByName<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(ByName(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(std::marker::PhantomData))
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

    #[test]
    fn categories_sum_to_the_total_and_owners_are_added_up() {
        let (_, outcome) = example::trained();
        let sums = by_category(&outcome.energy);
        let total = *sums.get("total").unwrap();
        let parts: f64 = sums.iter().filter(|(name, _)| *name != "total").map(|(_, j)| j).sum();
        let entries: f64 = outcome.energy.entries.iter().map(|entry| entry.joules).sum();
        assert!((parts - total).abs() <= 1e-15 * total && (entries - total).abs() <= 1e-12 * total);
    }

    #[test]
    fn the_standard_error_is_that_of_a_fraction() {
        let accuracy = summary().accuracy.unwrap();
        let (p, n) = (accuracy.test.unwrap(), accuracy.test_samples.unwrap() as f64);
        assert!((accuracy.standard_error().unwrap() - (p * (1.0 - p) / n).sqrt()).abs() < 1e-15);
    }
}
