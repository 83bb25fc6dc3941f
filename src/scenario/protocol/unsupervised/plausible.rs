//! What makes learning without labels fail quietly.

use super::plan::Unsupervised;
use crate::device::electrodes::SpikePulses;
use crate::network::Homeostasis;
use crate::plasticity::{Overlap, Rule};
use crate::scenario::diagnostic::{At, Diagnostic, Diagnostics};
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::plan::Plan;
use crate::scenario::spec::Unit;
use crate::units::Second;

/// Share of the range that a pulse without a partner may program before somebody should know that it is left out: a
/// pixel that is lit in one image of five, ten spikes each, sends a hundred thousand in a pass over MNIST.
const MUCH_ALONE: f64 = 1e-7;

pub fn check(
    plan: &Plan,
    unsupervised: &Unsupervised,
    (filled, protocol): (&Filled, &Fields),
    warnings: &mut Diagnostics,
) {
    let Some(projection) = plan.projections.get(unsupervised.projection) else { return };
    let neuron = plan.populations[projection.to].neuron.membrane();
    let shown = unsupervised.presentation.as_seconds();
    let Some(learning) = &projection.plasticity else { return };
    let w_max = learning.rule.bounds().w_max;
    // Winners that come often look at another part of the sample each.
    let wanted = match plan.populations[projection.to].competition.as_ref().and_then(|c| c.homeostasis) {
        Some(Homeostasis::RateTarget { spikes, .. }) => spikes.max(1.0),
        _ => 1.0,
    };
    let tau_m = neuron.tau_m.get();
    if tau_m < 0.1 * shown && wanted * tau_m < 0.3 * shown {
        warnings.push(
            Diagnostic::warning(format!(
                "tau_m of the neurons that learn is {}, much less than a sample is shown",
                neuron.tau_m
            ))
            .maybe_at(protocol.place("presentation"))
            .label("the winner is whoever gets the last few spikes")
            .allowed("tau_m about as long as `presentation`, or longer")
            .hint(
                "dividing every time and multiplying every rate by the same number keeps the device's tau_m; so do more wanted \
                 spikes with smaller steps",
            ),
        );
    }
    let table = filled.all("projection").get(unsupervised.projection);
    let table = table.and_then(|(_, fields)| fields.table("plasticity"));
    let place = |key: &str| table.and_then(|table| table.place(key));
    if let Rule::Overlap(rule) = &learning.rule {
        cut_off(plan, projection.to, rule, place("column"), warnings);
        let [(set, reset), _] = rule.pulses.lone_doses(&rule.device);
        if set + reset > MUCH_ALONE {
            warnings.push(
                Diagnostic::warning(format!(
                    "a pulse on a row alone programs {:.1e} of the range, and is left out while its column rests",
                    set + reset
                ))
                .maybe_at(place("rule"))
                .allowed(format!("up to {MUCH_ALONE:.0e} of the range"))
                .hint("a lower `time_scale`, or a device whose onset is above the peak of its pulse"),
            );
        }
    }
    if neuron.theta() < 2.0 * w_max {
        warnings.push(
            Diagnostic::warning(format!(
                "w_max is {}, and the threshold {} above rest: one or two spikes fire a neuron",
                Unit::Volt.print(w_max),
                Unit::Volt.print(neuron.theta())
            ))
            .maybe_at(place("w_max"))
            .allowed("a w_max of a hundredth of the threshold or less"),
        );
    }
}

/// Lobes of a column that its next spike, or that of another winner, may cut off or meet.
fn cut_off(plan: &Plan, to: usize, rule: &Overlap, column: Option<&At>, warnings: &mut Diagnostics) {
    let SpikePulses::Own(lobes) = &rule.pulses else { return };
    let population = &plan.populations[to];
    let Some(switch) = population.neuron.switch() else { return };
    let (both, on) = (2.0 * lobes.width, switch.membrane().t_ref);
    if both > on {
        let [both, on] = [both, on].map(|time: Second| Unit::Second.print(time.get()));
        warnings.push(
            Diagnostic::warning(format!(
                "the lobes of a column last {both}, and its neuron may fire again after {on}"
            ))
            .maybe_at(column)
            .label("the next spike cuts the RESET lobe off")
            .allowed(format!("two lobes within {on}")),
        );
    }
}
