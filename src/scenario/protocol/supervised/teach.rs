//! What both gradients are asked for: epochs, tests, and what a checkpoint keeps.

use super::plan::Supervised;
use crate::engine::{Engine, Observer, SimulationError, Spike, Threads};
use crate::network::{Network, Weights};
use crate::record::Fingerprint;
use crate::scenario::plan::Plan;
use crate::scenario::run::context::RunError;
use crate::scenario::run::data::{Data, Encoded};
use crate::time::Time;
use crate::training::exact::{InSitu, State};
use crate::training::{
    Advance, EpochReport, Evaluation, OptimizerState, Reporting, Samples, Scalar, Settings, Until,
};
use std::sync::Arc;

/// What training is of.
#[derive(Clone, Copy)]
pub struct Of<'a> {
    pub engine: Engine,
    pub plan: &'a Plan,
    pub protocol: &'a Supervised,
    pub network: &'a Arc<Network>,
}

/// What training of so many samples needs to know, whatever the gradient.
pub fn settings(of: Of<'_>, samples: usize) -> Settings {
    let Of { plan, protocol, .. } = of;
    let batches = (samples as u64).div_ceil(u64::from(protocol.batch.max(1)));
    let optimizer = &protocol.optimizer;
    let steps = batches * u64::from(protocol.epochs);
    Settings {
        seed: plan.seed,
        batch: protocol.batch as usize,
        presentation: protocol.presentation,
        schedule: optimizer.schedule(batches, steps),
        optimizer: optimizer.optimizer(),
        bound: protocol.weight_bound,
    }
}

/// Training samples of an epoch: their order, the episode of the first, when it comes back early, and who is told.
pub type Lessons<'a> = (&'a [u32], u64, Until<'a>, &'a mut Fingerprint, Option<&'a mut dyn Observer>);

/// Samples of a test: the episode of the first, for how long each is shown, and what the test is called.
#[derive(Clone, Copy)]
pub struct Exam<'a> {
    pub first_episode: u64,
    pub duration: Time,
    pub what: &'a str,
}

/// A gradient, and the weights that it trains.
pub trait Teacher<R: Scalar>: Sized {
    /// How samples are shown.
    type Code: Encoded + Clone;

    /// Training from these weights.
    ///
    /// # Errors
    /// If the network is not one that it can train.
    fn new(of: Of<'_>, data: &Data<Self::Code>, weights: Weights<R>) -> Result<Self, RunError>;

    /// The projections that learn, the last of which leads to the read-out.
    fn trained(&self) -> Vec<usize>;

    /// The weights in the units of their kernels.
    fn weights(&self) -> Weights<R>;

    /// What a checkpoint keeps: numbers that learn, in its own units, and Adam's means.
    fn kept(&self) -> (Weights<R>, &OptimizerState<R>);

    /// Goes on with what a checkpoint kept.
    fn go_on(&mut self, numbers: Weights<R>, adam: OptimizerState<R>);

    /// The devices that learn, if weights are learned in them.
    fn in_situ(&self) -> Option<&InSitu<R>> {
        None
    }

    /// Goes on with the devices that a checkpoint kept.
    fn go_on_in_situ(&mut self, _: State<R>) {}

    /// What else goes with weights, by name, in SI units: delays of the synapses of a projection, thresholds of the neurons and the time
    /// constant of a population.
    fn beside(&self, _: Of<'_>, _: &Weights<R>) -> Vec<(String, Vec<f64>)> {
        Vec::new()
    }

    /// An epoch, or the rest of one.
    ///
    /// # Errors
    /// If a sample cannot be presented.
    fn epoch<'a>(
        &mut self,
        data: &'a Data<Self::Code>,
        so_far: EpochReport,
        lessons: Lessons<'a>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError>;

    /// Tests weights on samples, or on the rest of them.
    ///
    /// # Errors
    /// If a sample cannot be presented.
    fn test(
        &self,
        of: Of<'_>,
        weights: &Weights<R>,
        samples: Samples<'_, Self::Code>,
        exam: (Exam<'_>, Evaluation),
        reporting: &mut Reporting<'_>,
    ) -> Result<Evaluation, SimulationError>;

    /// The spikes of the read-out when one sample is shown.
    fn show(
        &self,
        of: Of<'_>,
        weights: &Weights<R>,
        sample: (&Self::Code, usize),
        exam: Exam<'_>,
    ) -> Vec<Spike>;
}
