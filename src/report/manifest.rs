//! `manifest.json`: everything that is needed to make the same run again.

use super::performance::Calibration;
use crate::dataset::Identity;
use crate::record::rundir::{MANIFEST, RunDir, RunStatus};
use crate::record::{Fingerprint, RecordError, read_json, to_json};
use crate::scenario::kept::Kept;
use crate::scenario::plan::{Plan, Reproduces};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::{Value, json};
use std::path::Path;

/// The machine a run was made on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// `"linux"`, `"macos"`, `"windows"`.
    pub os: String,
    /// `"x86_64"`, `"aarch64"`.
    pub arch: String,
    /// Processors this process may use.
    pub cpus: usize,
    /// Model name of the processor, where the system tells.
    pub cpu: Option<String>,
}

/// What a run was made from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Manifest {
    /// Of this file; see [`SCHEMA_VERSION`](super::summary::SCHEMA_VERSION).
    pub schema_version: u32,
    /// Running until everything is there.
    pub status: RunStatus,
    /// Version of memspike.
    pub memspike: String,
    /// Commit it was built from, if it was built from a repository.
    pub commit: Option<String>,
    /// The command line.
    pub command: Vec<String>,
    /// When it started, in UTC: `"2024-05-01T12:00:00Z"`.
    pub started: String,
    /// The machine it ran on.
    pub host: Host,
    /// Generator of random draws: `random::GENERATOR`.
    pub generator: String,
    /// What handled the events: `event`, `reference` or `clocked`.
    pub engine: String,
    /// How many were used; they change nothing but the time it took.
    pub threads: usize,
    /// Of all random draws.
    pub seed: u64,
    /// How fast the machine does a known piece of work, if that was asked for.
    pub calibrate: Option<Calibration>,
    /// Which data it was made with; until the run has ended once, none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub data: Vec<Identity>,
    /// What it was loaded from: `memspike run manifest.json` loads it again.
    pub made_from: Kept,
    /// The arguments of the command, until the run is done: what it is gone on with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub asked: Option<Value>,
    /// The scenario with every value filled in; in the file, long lists are their length and hash.
    #[serde(serialize_with = "as_condensed")]
    pub plan: Plan,
}

/// Elements of a list that is written whole.
const LONGEST: usize = 1000;

/// A plan as manifests have it: a list of more than a thousand elements, such as given spikes or synapses, is its length and the
/// hash of its JSON text (XXH3-128, chained every 1.5 MiB as a fingerprint is).
#[must_use]
pub fn condensed(plan: &Plan) -> Value {
    condense(serde_json::to_value(plan).unwrap_or_default())
}

fn as_condensed<S: serde::Serializer>(plan: &Plan, serializer: S) -> Result<S::Ok, S::Error> {
    condensed(plan).serialize(serializer)
}

fn condense(value: Value) -> Value {
    match value {
        Value::Array(items) if items.len() > LONGEST => {
            let mut hash = Fingerprint::new();
            items.iter().for_each(|item| hash.encoded(format!("{item}\n").as_bytes()));
            json!({ "elements": items.len(), "hash": hash.hex() })
        }
        Value::Array(items) => Value::Array(items.into_iter().map(condense).collect()),
        Value::Object(parts) => {
            Value::Object(parts.into_iter().map(|(key, part)| (key, condense(part))).collect())
        }
        other => other,
    }
}

/// What a manifest of any version says about its run: the plan of another version need not be readable.
#[derive(Clone, Debug, Deserialize)]
pub struct ManifestHead {
    /// What became of the run.
    pub status: RunStatus,
    /// Version of the program.
    pub memspike: String,
    /// When it began, in UTC.
    pub started: String,
    /// Of all random draws.
    pub seed: u64,
    /// The command line that began it.
    #[serde(default)]
    pub command: Vec<String>,
    /// What it was loaded from; nothing in those of 0.1.
    #[serde(default)]
    pub made_from: Kept,
    plan: PlanHead,
}

/// Whether a run was made from a plan: the plan of its manifest as it was written.
#[derive(Clone, Debug, Deserialize)]
pub struct MadeFrom {
    /// How it ended.
    pub status: RunStatus,
    #[serde(deserialize_with = "read_condensed")]
    plan: Value,
}

/// What was written before lists were condensed is read as if they had been.
fn read_condensed<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Value, D::Error> {
    Value::deserialize(deserializer).map(condense)
}

impl MadeFrom {
    /// Of the run in `path`.
    ///
    /// # Errors
    /// If it has no manifest or that is not one of ours.
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        read_json(&path.join(MANIFEST))
    }

    /// Whether it was this plan.
    #[must_use]
    pub fn is(&self, plan: &Plan) -> bool {
        condensed(plan) == self.plan
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Value {
        &self.plan
    }
}

/// What is needed of a manifest to make its run again.
#[derive(Clone, Debug, Deserialize)]
pub struct Repeatable {
    /// What became of the run.
    pub status: RunStatus,
    /// Version of the program.
    pub memspike: String,
    /// What handled the events.
    pub engine: String,
    /// What it was loaded from; absent in those of 0.1.
    pub made_from: Option<Kept>,
    /// The plan, condensed.
    #[serde(deserialize_with = "read_condensed")]
    pub plan: Value,
}

impl Repeatable {
    /// Of the manifest in `file`.
    ///
    /// # Errors
    /// If it cannot be read or is not one of ours.
    pub fn read(file: &Path) -> Result<Self, RecordError> {
        read_json(file)
    }
}

#[derive(Clone, Debug, Deserialize)]
struct PlanHead {
    reproduces: Option<Reproduces>,
}

impl ManifestHead {
    /// Reads the head of the manifest of the run in `path`.
    ///
    /// # Errors
    /// If there is none or it is not one of ours.
    pub fn read(path: &Path) -> Result<Self, RecordError> {
        read_json(&path.join(MANIFEST))
    }

    /// As [`Plan::published_accuracy`].
    #[must_use]
    pub fn published_accuracy(&self) -> Option<f64> {
        self.plan.reproduces.as_ref().and_then(|reproduces| reproduces.accuracy)
    }
}

impl Manifest {
    /// Writes it into the run directory.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, dir: &RunDir) -> Result<(), RecordError> {
        dir.write(MANIFEST, &to_json(MANIFEST, self)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load_text;

    #[test]
    fn a_long_list_is_its_length_and_a_hash_that_any_element_changes() {
        let plan = |spikes: usize, last: &str| {
            let rows: Vec<String> = (1..spikes).map(|k| format!("[\"{k} us\", 0]")).collect();
            let text = format!(
                "[source.a]\nkind = \"spike_list\"\nsize = 1\nspikes = [{}, [\"{last}\", 0]]\n[population.b]\nmodel = \"lif\"\n\
                 size = 1\n[projection.c]\nfrom = \"a\"\nto = \"b\"\nconnect = \"all_to_all\"\nweight = \"1 mV\"\n\
                 [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n",
                rows.join(", ")
            );
            load_text("x.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan
        };
        let long = plan(5000, "10 ms");
        let written = condensed(&long);
        assert!(written.to_string().len() < 5000, "{written}");
        let list = &written["sources"][0]["input"]["train"]["list"];
        assert_eq!(list["elements"], 5000, "{written}");
        assert_ne!(written, condensed(&plan(5000, "11 ms")));
        assert_eq!(
            condensed(&plan(10, "10 ms"))["sources"][0]["input"]["train"]["list"].as_array().unwrap().len(),
            10
        );
        // One of a version that wrote all of it.
        let whole = serde_json::json!({ "status": RunStatus::Interrupted, "plan": long }).to_string();
        let made: MadeFrom = serde_json::from_str(&whole).unwrap();
        assert!(made.is(&long));
    }

    #[test]
    fn a_manifest_knows_its_plan_whatever_models_are_in_it() {
        let network = "[source.a]\nkind = \"poisson\"\nsize = 1\nrate = \"10 Hz\"\n\n\
                       [population.b]\nmodel = \"adex\"\nsize = 2\n\n\
                       [projection.c]\nfrom = \"a\"\nto = \"b\"\nconnect = \"all_to_all\"\nweight = \"1 mV\"\n\n\
                       [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n";
        let device = "[device.a]\npreset = \"vo2-debets-2026\"\n\n\
                      [experiment.b]\nkind = \"iv\"\npoints = [\"0 V\", \"2 V\"]\n\n[protocol]\nkind = \"device\"\n";
        for text in [network, device] {
            let plan = load_text("x.toml", text, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan;
            let written = serde_json::json!({ "status": RunStatus::Interrupted, "plan": plan }).to_string();
            let made: MadeFrom = serde_json::from_str(&written).unwrap();
            assert!(made.is(&plan));
            assert!(!made.is(&Plan { seed: plan.seed + 1, ..plan }));
        }
    }
}
