//! Carrying out a plan: network, data, protocol, outcome.

pub(super) mod arrays;
pub(super) mod books;
pub(super) mod connections;
pub mod context;
pub(super) mod data;
pub(super) mod device;
pub(super) mod filaments;
pub mod given;
pub(super) mod journal;
pub(super) mod logbook;
pub(super) mod measured;
pub(super) mod network;
pub(super) mod pairs;
pub(super) mod plastic;
pub(super) mod training;

pub use device::experiment;

use super::outcome::Outcome;
use super::plan::Plan;
use super::progress::Silent;
use super::{load_estimate, protocol, synapses};
use crate::dataset::Search;
use crate::engine::Threads;
use context::{Engine, NoStore, RunContext, RunError};
use std::sync::atomic::AtomicBool;

/// What the engine chose for a plan: forms, storage, lanes, partitions; or what will be measured.
///
/// # Errors
/// If the plan is not a network.
pub fn choices(plan: &Plan) -> Result<Vec<String>, RunError> {
    (protocol::of(plan).choices)(plan)
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
            threads: Threads::new(threads)?,
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
    let _span =
        tracing::info_span!(target: "memspike::span", "run", scenario = plan.name.as_str(), seed = plan.seed)
            .entered();
    let (pending, _) = load_estimate::needs(plan);
    if let Some((needed, allowed)) = synapses::beyond(plan, context.memory, pending) {
        let (needed, allowed) = (synapses::shown(needed), synapses::shown(allowed));
        return Err(RunError::Memory { needed, allowed });
    }
    (protocol::of(plan).run)(plan, context)
}
