//! What is hardly meant where a projection is trained with labels.

use super::plan::Supervised;
use crate::network::Origin;
use crate::neuron::Neuron;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::plan::{Code, Input, Plan};
use crate::scenario::spec::Unit;
use crate::synapse::Placement;

/// Adds a warning for everything implausible.
pub fn check(
    plan: &Plan,
    supervised: &Supervised,
    filled: &Filled,
    protocol: &Fields,
    warnings: &mut Diagnostics,
) {
    presentations(plan, supervised, filled, protocol, warnings);
    if supervised.weight_bound.is_some() {
        return;
    }
    let of_projections =
        plan.projections.iter().zip(filled.all("projection")).filter_map(|(projection, (_, fields))| {
            Some((projection.device.as_ref()?.placement, fields.table("crossbar")?))
        });
    let cases = supervised.programming.iter().map(|case| case.placement).zip(protocol.tables("programming"));
    for (placement, fields) in of_projections.chain(cases) {
        if placement == Placement::Balanced {
            warnings.push(balanced(fields));
        }
    }
}

fn balanced(fields: &Fields) -> Diagnostic {
    Diagnostic::warning(format!("{} places pairs balanced, and the weights are unbounded", fields.what))
        .maybe_at(fields.place("placement"))
        .label("every weight gets the noise of the largest")
        .allowed("weight_bound in [protocol], such as 0.3, or placement = \"one_sided\"")
}

/// What must be short against a presentation.
fn presentations(
    plan: &Plan,
    supervised: &Supervised,
    filled: &Filled,
    protocol: &Fields,
    warnings: &mut Diagnostics,
) {
    let shown = supervised.presentation.as_seconds();
    let shown_text = Unit::Second.print(shown);
    let target = plan.projections.get(supervised.projection).map(|projection| projection.to);
    let Some(index) = target else { return };
    let (Some(population), Some((_, fields))) =
        (plan.populations.get(index), filled.all("population").get(index))
    else {
        return;
    };
    let mut longer = |seconds: f64, text: String, name: &str, table: Option<&Fields>| {
        if seconds > shown {
            warnings.push(
                Diagnostic::warning(format!("{text}, longer than a sample is shown"))
                    .maybe_at(table.and_then(|table| table.place(name)))
                    .label("longer than `presentation`")
                    .also(protocol.written("presentation"), "a sample is shown for this long")
                    .allowed(format!("at most {shown_text}")),
            );
        }
    };
    let neuron = population.neuron.membrane();
    let (period, is_switch) = match &population.neuron {
        Neuron::Lif(_) => ("t_ref", false),
        Neuron::Switch(_) => ("on_time", true),
        // Its dead time is one of its own keys, if it has one.
        Neuron::Open(_) => return,
    };
    longer(
        neuron.t_ref.get(),
        format!("`{period}` of {} is {}", fields.what, neuron.t_ref),
        period,
        Some(fields),
    );
    if let (false, Some(switch)) = (is_switch, &population.switch) {
        longer(
            switch.on_time.get(),
            format!("`on_time` of {} is {}", fields.what, switch.on_time),
            "on_time",
            fields.table("switch"),
        );
    }
    if shown < neuron.tau_m.get() {
        warnings.push(
            Diagnostic::warning(format!(
                "a sample is shown for {shown_text}, less than tau_m of {}",
                fields.what
            ))
            .maybe_at(protocol.place("presentation"))
            .label("short")
            .allowed(format!("several times tau_m, {}", neuron.tau_m)),
        );
    }
    let source = plan.projections.get(supervised.projection).map(|projection| projection.from);
    if let Some(Origin::Source(source)) = source
        && let Some(Input::Dataset { code: Code::Rate { max_rate, .. }, .. }) =
            plan.sources.get(source).map(|source| &source.input)
        && max_rate.get() * shown < 1.0
    {
        warnings.push(
            Diagnostic::warning(format!(
                "a pixel of full intensity spikes {:.2} times",
                max_rate.get() * shown
            ))
            .maybe_at(protocol.place("presentation"))
            .label("per presentation")
            .allowed("several spikes; ten at 100 Hz and 100 ms"),
        );
    }
}
