//! `kind = "device"`: no network; experiments, one after the other, each on its device.

use super::entry::Described;
use crate::scenario::device::{self, ExperimentPlan, ExperimentResult};
use crate::scenario::diagnostic::Diagnostics;
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Assumed, Plan, ProjectionPlan, Protocol};
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::device::{choices, measure};
use crate::scenario::section::Lower;
use crate::scenario::spec::Key;
use crate::time::Time;
use serde::Serialize;

/// Devices measured on their own.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Devices {
    /// In the order they are made.
    pub experiments: Vec<ExperimentPlan>,
}

/// What experiments came to, if they are what a run was about.
#[must_use]
pub fn experiments(outcome: &Outcome) -> &[ExperimentResult] {
    outcome.found.get::<Vec<ExperimentResult>>().map_or(&[], Vec::as_slice)
}

impl Protocol for Devices {
    fn word(&self) -> &'static str {
        Self::WORD
    }

    fn episode(&self, _: u64) -> Time {
        Time::ZERO
    }

    fn assumed(&self) -> Vec<Assumed> {
        let mut seen = Vec::new();
        let mut assumed = Vec::new();
        for device in self.experiments.iter().map(|experiment| &experiment.device) {
            let name = device.name.as_str();
            if !seen.contains(&name) {
                seen.push(name);
                assumed.extend(device.preset.assumed().map(|parameter| Assumed {
                    parameter: format!("device.{name}.{}", parameter.key),
                    value: parameter.value.clone(),
                    why: parameter.source.clone(),
                }));
            }
        }
        assumed
    }
}

impl Described for Devices {
    const WORD: &'static str = "device";
    const DOC: &'static str = "no network: the experiments, one after the other, each on its device";
    const KEYS: &'static [Key] = &[];
    const NETWORK: bool = false;

    fn lower(lower: &mut Lower<'_>, fields: &Fields, _: &[Option<ProjectionPlan>]) -> Option<Self> {
        device::lower::lower(lower, fields).map(|experiments| Self { experiments })
    }

    fn plausible(&self, _: &Plan, filled: &Filled, _: &Fields, warnings: &mut Diagnostics) {
        device::plausible(&self.experiments, filled, warnings);
    }

    fn choices(&self, _: &Plan) -> Result<Vec<String>, RunError> {
        Ok(choices(&self.experiments))
    }

    fn run(&self, plan: &Plan, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
        measure(plan, &self.experiments, context)
    }
}
