//! What both protocols that train have in common: arithmetic and queue are chosen once, and a
//! checkpoint belongs to one run.

use super::super::outcome::Outcome;
use super::super::plan::{Plan, Precision, Protocol};
use super::context::{RunContext, RunError};
use crate::dataset;
use crate::engine::{self, Observer};
use crate::network::Weights;
use crate::snapshot::Models;
use crate::training::Scalar;
use serde::{Deserialize, Serialize};

/// A protocol that trains a projection from a data set.
pub trait Training: Protocol {
    /// Trains and tests.
    ///
    /// # Errors
    /// As [`super::run`].
    fn carry_out<R: Scalar>(
        &self,
        engine: engine::Engine,
        plan: &Plan,
        context: &mut RunContext<'_>,
    ) -> Result<Outcome, RunError>;
}

/// Carries out `protocol` with the engine that is asked for.
///
/// # Errors
/// As [`super::run`]; the clocked engine does not train.
pub fn run(plan: &Plan, protocol: &impl Training, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
    let engine = context.engine.events().ok_or(RunError::ClockedTraining)?;
    match protocol.precision() {
        Precision::F64 => protocol.carry_out::<f64>(engine, plan, context),
        Precision::F32 => protocol.carry_out::<f32>(engine, plan, context),
    }
}

/// Which run a checkpoint belongs to.
#[derive(Debug, Serialize, Deserialize)]
pub struct Identity {
    scenario: String,
    seed: u64,
    /// The plan without its prose, as text: another plan is another run.
    plan: String,
    /// SHA-256 of the data, where there are any.
    data: String,
}

impl Identity {
    pub fn of(plan: &Plan, data: Option<&dataset::Identity>) -> Self {
        let (scenario, seed) = (plan.name.clone(), plan.seed);
        let mut plan = plan.clone();
        plan.title.clear();
        plan.description.clear();
        let plan = serde_json::to_string(&plan).unwrap_or_default();
        Self { scenario, seed, plan, data: data.map(|data| data.sha256.clone()).unwrap_or_default() }
    }

    /// Whether the checkpoint is one of this plan and these data.
    ///
    /// # Errors
    /// What differs.
    pub fn check(&self, plan: &Plan, data: Option<&dataset::Identity>) -> Result<(), RunError> {
        let wanted = Self::of(plan, data);
        if self.scenario != wanted.scenario {
            let values = Some((format!("`{}`", self.scenario), format!("`{}`", wanted.scenario)));
            return Err(RunError::OtherRun { what: "scenario", values });
        }
        if self.seed != wanted.seed {
            let values = Some((self.seed.to_string(), wanted.seed.to_string()));
            return Err(RunError::OtherRun { what: "seed", values });
        }
        same(self.plan == wanted.plan, "plan")?;
        if self.data != wanted.data {
            let values = Some((format!("SHA-256 {}", self.data), wanted.data));
            return Err(RunError::OtherRun { what: "data", values });
        }
        Ok(())
    }
}

/// The models whose state a checkpoint of this plan holds, with the versions of their states.
pub fn models(plan: &Plan) -> Models {
    let neurons = plan.populations.iter().map(|population| population.neuron.identity());
    let rules = plan.projections.iter().filter_map(|projection| projection.plasticity.as_ref());
    let rules = rules.map(|plasticity| plasticity.rule.identity());
    let neurons = neurons.map(|(name, version)| (name.to_string(), version));
    neurons.chain(rules.map(|(name, version)| (format!("rule {name}"), version))).collect()
}

/// A part of a checkpoint that must be as the run has it.
///
/// # Errors
/// That `what` differs.
pub fn same(equal: bool, what: &'static str) -> Result<(), RunError> {
    if equal { Ok(()) } else { Err(RunError::OtherRun { what, values: None }) }
}

/// Synapses of each projection that has weights of its own.
pub fn lengths<R: Scalar>(weights: &Weights<R>) -> Vec<usize> {
    weights.projections.iter().map(|list| list.len()).collect()
}

pub fn reborrow<'b>(observer: &'b mut Option<&mut dyn Observer>) -> Option<&'b mut dyn Observer> {
    match observer {
        Some(observer) => Some(&mut **observer),
        None => None,
    }
}

/// Mean and standard deviation (n - 1) of repeated accuracies.
pub fn mean_and_sd(values: &[f64]) -> (f64, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().fold(0.0, |sum, value| sum + value) / n;
    let squares = values.iter().fold(0.0, |sum, value| sum + (value - mean) * (value - mean));
    (mean, (squares / (n - 1.0).max(1.0)).sqrt())
}
