//! `manifest.json`: everything that is needed to make the same run again.

use super::performance::Calibration;
use crate::record::rundir::{MANIFEST, RunDir, RunStatus};
use crate::record::{RecordError, read_json, to_json};
use crate::scenario::plan::{Plan, Reproduces};
use serde::{Deserialize, Serialize};
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
    /// Running until the summary is there.
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
    /// The scenario with every value filled in.
    pub plan: Plan,
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
    plan: PlanHead,
}

/// Whether a run was made from a plan: the plan of its manifest as it was written.
#[derive(Clone, Debug, Deserialize)]
pub struct MadeFrom {
    /// How it ended.
    pub status: RunStatus,
    plan: serde_json::Value,
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
        serde_json::to_value(plan).is_ok_and(|here| here == self.plan)
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &serde_json::Value {
        &self.plan
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
