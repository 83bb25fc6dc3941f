//! The synapses of the projections that a scenario records, told to whoever looks on when the run begins.

use super::super::plan::Plan;
use super::context::{RunContext, RunError};
use crate::engine::Record;
use crate::network::{Fixed, Network};
use crate::time::Time;
use std::sync::atomic::Ordering;

/// Synapses that are told between two looks at the stop flag.
const STRETCH: usize = 1 << 16;

/// Tells them with their weights, which `values` has of each projection. Who goes on from a checkpoint has been told.
///
/// # Errors
/// If there is a checkpoint and it cannot be read, or the run is stopped meanwhile.
pub fn tell(
    plan: &Plan,
    network: &Network,
    values: impl Fn(usize) -> Vec<f64>,
    context: &mut RunContext<'_>,
) -> Result<(), RunError> {
    if plan.record.connections.is_empty() || context.store.load()?.is_some() {
        return Ok(());
    }
    let Some(observer) = context.observer.as_deref_mut() else { return Ok(()) };
    let recorded = |name: &String| plan.record.connections.iter().any(|chosen| chosen.name == *name);
    for (index, projection) in network.projections.iter().enumerate().filter(|(_, one)| recorded(&one.name)) {
        let own = if projection.fixed.is_none() { values(index) } else { Vec::new() };
        let ends = projection.ends(network.populations[projection.to].size);
        for (k, (row, column)) in ends.enumerate() {
            let weight = match &projection.fixed {
                Some(Fixed::Constant(weight)) => *weight,
                Some(Fixed::Compact(weights)) => weights[k].into(),
                None => own[k],
            };
            if k % STRETCH == 0 && context.stop.load(Ordering::Relaxed) {
                return Err(RunError::Stopped);
            }
            let delay =
                projection.delays.as_ref().map_or(projection.delay, |delays| Time::from_fs(delays.fs(k)));
            let projection = index as u32;
            observer.record(0, &Record::Synapse { projection, row, column, weight, delay });
        }
    }
    Ok(())
}
