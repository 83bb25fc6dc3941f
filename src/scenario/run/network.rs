//! What the engine chose for a network, and how it cuts time.

use super::context::RunError;
use crate::engine::window;
use crate::network::{Form, Network};
use crate::scenario::assemble::{describe, skeleton};
use crate::scenario::plan::Plan;
use crate::scenario::spec::Word as _;
use crate::scenario::synapses;
use crate::time::Time;

/// Forms, storage, lanes, windows, memory.
///
/// # Errors
/// If the plan is not a network.
pub fn choices(plan: &Plan) -> Result<Vec<String>, RunError> {
    let network = skeleton(plan).map_err(RunError::Assemble)?;
    let mut lines = describe(&network, plan.protocol.precision().word());
    lines.push(windows(&network, plan));
    lines.extend(synapses::estimate(plan).lines);
    Ok(lines)
}

/// Why instants follow one after the other, on one thread.
pub fn alone(network: &Network) -> String {
    let pulses = network.projections.iter().find(|p| !p.kernel.steps().is_empty() && p.delays.is_some());
    let whole = network.populations.iter().find(|population| population.form == Form::SharedDecay);
    match (pulses, whole) {
        (Some(projection), _) => {
            format!("pulses of projection `{}` begin after delays of single synapses", projection.name)
        }
        (None, whole) => format!(
            "every arrival reaches all of population `{}`, whose membranes decay together",
            whole.map_or("", |population| population.name.as_str())
        ),
    }
}

/// How time is cut.
fn windows(network: &Network, plan: &Plan) -> String {
    match window(network) {
        None => format!("windows: none, one instant after the other ({})", alone(network)),
        Some(Time::MAX) => "windows: as long as their events fit the memory".to_string(),
        Some(window) => format!(
            "windows: {}, the shortest delay between populations",
            plan.engine.window.map_or(window, |shorter| window.min(shorter))
        ),
    }
}
