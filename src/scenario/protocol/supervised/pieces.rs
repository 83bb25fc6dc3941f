//! Presentations that a layer would have to be worked through in pieces without end.

use super::plan::Supervised;
use crate::engine::lockstep::Net;
use crate::hint::three;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::filled::Filled;
use crate::scenario::plan::Plan;
use crate::scenario::spec::Unit;

/// Refuses them.
pub fn unfit(plan: &Plan, net: &Net, filled: &Filled, faults: &mut Diagnostics) {
    let Some(protocol) = plan.protocol.get::<Supervised>() else { return };
    let longest = protocol.presentation.max(protocol.test_presentation);
    for layer in &net.layers {
        let (pieces, most) = (layer.pieces(longest.as_seconds() * 1e3), layer.most_pieces());
        if pieces <= most as f64 {
            continue;
        }
        let name = &plan.populations[layer.population].name;
        let by_time = layer.kind.span() * layer.tau;
        let (what, span, is) = if layer.unheard() < by_time {
            ("delay to itself", layer.unheard(), "that delay")
        } else {
            ("time constants", by_time, "tau_m")
        };
        let least = if is == "tau_m" { layer.tau } else { span } * pieces / most as f64;
        let fields = filled.find("population", name).map(|(_, fields)| fields);
        let at = fields.and_then(|fields| fields.place("tau_m").or(fields.at.as_ref()));
        faults.push(
            Diagnostic::error(format!(
                "a presentation of {longest} is {pieces:.1e} pieces of {} for population `{name}`, whose {what} cut it",
                about(span),
            ))
            .maybe_at(at)
            .allowed(format!("{most} pieces: {is} from {} on", about(1.01 * least)))
            .hint("a shorter presentation, or a longer time constant: are they in the right units?"),
        );
    }
}

/// A time in ms, of three digits.
fn about(ms: f64) -> String {
    Unit::Second.print(three(ms / 1e3))
}
