//! Carrying out a plan: network, data, protocol, outcome.

mod arrays;
mod books;
mod clocked;
pub mod context;
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

pub use device::experiment;

use super::assemble::{describe, skeleton};
use super::outcome::Outcome;
use super::plan::{Plan, Precision, Protocol};
use super::progress::Silent;
use super::synapses;
use crate::dataset::Search;
use context::{Engine, NoStore, RunContext, RunError};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

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

/// Carries a plan out on so many threads, showing and keeping nothing but its outcome. Data sets are looked for in no
/// folder but what `search` names.
///
/// # Errors
/// As [`run`].
pub fn quietly(plan: &Plan, threads: usize, search: &Search) -> Result<Outcome, RunError> {
    run(
        plan,
        &mut RunContext {
            threads,
            memory: None,
            engine: Engine::default(),
            search,
            stop: &AtomicBool::new(false),
            clock: &|| (0.0, 0.0),
            progress: &mut Silent,
            observer: None,
            store: &mut NoStore,
            given: None,
        },
    )
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
    let pool = Arc::new(pool);
    match (&plan.protocol, context.engine) {
        (Protocol::Device { experiments }, _) => Ok(device::measure(plan, experiments, context)),
        (Protocol::Simulate { duration }, Engine::Clocked(dt)) => {
            clocked::simulate(plan, *duration, dt, context)
        }
        (Protocol::Simulate { duration }, engine) => {
            simulate::simulate(engine.events().unwrap_or_default(), plan, *duration, &pool, context)
        }
        (Protocol::Supervised(protocol), _) => training::run(plan, protocol, &pool, context),
        (Protocol::Unsupervised(protocol), _) => training::run(plan, protocol, &pool, context),
    }
}
