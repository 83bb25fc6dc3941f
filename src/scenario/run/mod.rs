//! Carrying out a plan: network, data, protocol, outcome.

mod arrays;
mod books;
mod clocked;
mod data;
mod device;
mod episode;
mod logbook;
mod pairs;
mod plastic;
mod simulate;
mod supervised;
mod training;
mod unsupervised;
mod variation;

pub use supervised::GivenWeights;

use super::assemble::{AssembleError, describe, skeleton};
use super::diagnostic::At;
use super::outcome::Outcome;
use super::plan::{Plan, Precision, Protocol};
use super::progress::Progress;
use super::synapses;
use crate::dataset::{Faults, Search};
use crate::engine::{ClockedError, Heap, Lanes, Observer, StateError};
use crate::snapshot::SnapshotError;
use crate::time::Time;
use std::sync::atomic::AtomicBool;

/// How the next event is found. The two event engines give the same bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// A merge of lanes.
    #[default]
    Fast,
    /// One `priority-queue` heap.
    Reference,
    /// The same models on a grid of this step: other results, which converge to those of the event engines.
    Clocked(Time),
}

/// Where a run keeps what it needs to go on later.
pub trait Store {
    /// The last checkpoint, if the run is to go on from it.
    fn load(&mut self) -> Option<Vec<u8>>;
    /// Replaces the checkpoint.
    ///
    /// # Errors
    /// If it cannot be kept: what the user should read.
    fn save(&mut self, bytes: &[u8]) -> Result<(), String>;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoStore;

impl Store for NoStore {
    fn load(&mut self) -> Option<Vec<u8>> {
        None
    }

    fn save(&mut self, _: &[u8]) -> Result<(), String> {
        Ok(())
    }
}

/// Everything a run is given besides its plan.
pub struct RunContext<'a> {
    pub threads: usize,
    /// Free memory in bytes, if that is known: a network that needs more is refused.
    pub memory: Option<u64>,
    pub engine: Engine,
    /// Where data sets are looked for.
    pub search: &'a Search,
    /// Set from outside to stop early.
    pub stop: &'a AtomicBool,
    /// (wall, CPU) seconds since some start.
    pub clock: &'a (dyn Fn() -> (f64, f64) + Sync),
    pub progress: &'a mut dyn Progress,
    /// Receives the event stream, if anybody wants it.
    pub observer: Option<&'a mut dyn Observer>,
    pub store: &'a mut (dyn Store + Send),
    /// Trained weights for a plan that takes them from another run.
    pub given: Option<GivenWeights>,
}

/// Why a plan could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{0}")]
    Data(Faults),
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Assemble(Vec<AssembleError>),
    #[error("the checkpoint cannot be used: {0}")]
    Checkpoint(#[from] SnapshotError),
    #[error("the checkpoint cannot be used: {0}")]
    State(#[from] StateError),
    #[error("the checkpoint belongs to another run: its {what} {}", differs(values.as_ref()))]
    OtherRun {
        what: &'static str,
        /// That of the checkpoint and that of the run, where they are short.
        values: Option<(String, String)>,
    },
    #[error("the checkpoint cannot be kept: {0}")]
    Store(String),
    #[error("{given} weights for a projection of {expected} synapses, from {origin}")]
    GivenWeights { given: usize, expected: usize, origin: String, at: Option<At> },
    #[error("the network needs about {needed} of memory, and there is {allowed}")]
    Memory { needed: String, allowed: String },
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))]
    Clocked(Vec<ClockedError>),
    #[error("weights do not learn on a grid: spikes of one step have no order; leave out `--engine clocked`")]
    ClockedLearning,
    #[error("the clocked engine does not train")]
    ClockedTraining,
    #[error("{count} threads cannot be started: {cause}")]
    Threads { count: usize, cause: String },
}

fn differs(values: Option<&(String, String)>) -> String {
    values.map_or_else(
        || "differs".into(),
        |(found, expected)| format!("is {found}, and that of this run {expected}"),
    )
}

/// What the engine chose for a plan: forms, storage, lanes, partitions.
///
/// # Errors
/// If the plan is not a network.
pub fn choices(plan: &Plan) -> Result<Vec<String>, RunError> {
    if let Protocol::Device { experiments } = &plan.protocol {
        return Ok(device::choices(experiments));
    }
    let network = skeleton(plan).map_err(RunError::Assemble)?;
    let mut lines = describe(&network, precision(plan));
    lines.push(simulate::windows(&network, plan));
    lines.extend(synapses::estimate(plan).lines);
    Ok(lines)
}

fn precision(plan: &Plan) -> &'static str {
    match &plan.protocol {
        Protocol::Supervised(supervised) if supervised.precision == Precision::F32 => "f32",
        Protocol::Unsupervised(unsupervised) if unsupervised.precision == Precision::F32 => "f32",
        _ => "f64",
    }
}

/// Carries out a plan.
///
/// # Errors
/// If data are missing or wrong, the network cannot be built, or a checkpoint does not fit. A run that
/// is stopped early is not an error: its outcome says so.
pub fn run(plan: &Plan, context: &mut RunContext<'_>) -> Result<Outcome, RunError> {
    let _span = tracing::info_span!("run", scenario = plan.name.as_str(), seed = plan.seed).entered();
    let threads = context.threads.max(1);
    if let Some((needed, allowed)) = synapses::beyond(plan, context.memory) {
        let (needed, allowed) = (synapses::shown(needed), synapses::shown(allowed));
        return Err(RunError::Memory { needed, allowed });
    }
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .build()
        .map_err(|error| RunError::Threads { count: threads, cause: error.to_string() })?;
    match (&plan.protocol, context.engine) {
        (Protocol::Simulate { duration }, Engine::Fast) => {
            simulate::simulate::<Lanes>(plan, *duration, &pool, context)
        }
        (Protocol::Simulate { duration }, Engine::Reference) => {
            simulate::simulate::<Heap>(plan, *duration, &pool, context)
        }
        (Protocol::Device { experiments }, _) => Ok(device::measure(plan, experiments, context)),
        (Protocol::Simulate { duration }, Engine::Clocked(dt)) => {
            clocked::simulate(plan, *duration, dt, context)
        }
        (Protocol::Supervised(protocol), _) => training::run(plan, protocol, &pool, context),
        (Protocol::Unsupervised(protocol), _) => training::run(plan, protocol, &pool, context),
    }
}
