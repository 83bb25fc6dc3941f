//! Whether an objective can be asked of the data: of classes, or of numbers, and whether its scores reach these.

use super::plan::Supervised;
use crate::scenario::data_plan::DataPlan;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::plan::{Input, Plan};
use crate::training::exact::Loss;

/// Says of an objective that it cannot be asked of the data.
pub fn unfit(plan: &Plan, filled: &Filled, faults: &mut Diagnostics) {
    let loss = plan.protocol.get().and_then(|supervised: &Supervised| supervised.gradient.loss());
    let data = plan.sources.iter().find_map(|source| match &source.input {
        Input::Dataset { dataset, .. } => Some(dataset),
        _ => None,
    });
    let Some((loss, data)) = loss.zip(data) else { return };
    let gradient = filled.one("protocol").and_then(|protocol| protocol.table("gradient"));
    let Some(why) = loss.objective.unfit(data.targets() > 0) else {
        out_of_reach(plan, (&loss, data), gradient, faults);
        return;
    };
    let table = gradient.and_then(|gradient| gradient.table("objective"));
    let at =
        table.and_then(|table| table.if_there("right").and(table.written("right")).or(table.place("kind")));
    let allowed = match data.targets() {
        0 => "one of classes: \"cross_entropy\", \"hinge\", or \"squared_error\" with `right`",
        _ => "one of numbers: objective = { kind = \"squared_error\" } or { kind = \"huber\" }",
    };
    let samples = if data.targets() > 0 { "numbers as targets" } else { "classes" };
    faults.push(
        Diagnostic::error(format!(
            "the objective `{}` does not fit samples with {samples}: {why}",
            loss.objective.name()
        ))
        .maybe_at(at.or(gradient.and_then(|gradient| gradient.at.as_ref())))
        .allowed(allowed),
    );
}

/// Says of targets that no score can have.
fn out_of_reach(
    plan: &Plan,
    (loss, data): (&Loss, &DataPlan),
    gradient: Option<&Fields>,
    faults: &mut Diagnostics,
) {
    let DataPlan::Own(own) = data else { return };
    let until = plan.protocol.episode(0).as_seconds() * 1e3;
    let ([least, most], Some([low, high])) = (loss.scores_within(until), own.span) else { return };
    let Some(wrong) = [low, high].into_iter().find(|target| !(least..=most).contains(target)) else { return };
    let kind = gradient.and_then(|gradient| gradient.table("loss")).and_then(|loss| loss.place("kind"));
    let allowed = match (least.is_finite(), most.is_finite()) {
        (true, true) => format!("targets from {least:.4} to {most:.4}, -t/tau of times in the presentation"),
        (true, false) => format!(
            "targets of at least {least}, or loss = {{ kind = \"mean_voltage\" }}, whose scores have both signs"
        ),
        _ => format!("targets from {least} to {most}"),
    };
    faults.push(
        Diagnostic::error(format!("a target of the data is {wrong}, and no score of this loss can be"))
            .maybe_at(kind.or(gradient.and_then(|gradient| gradient.at.as_ref())))
            .allowed(allowed),
    );
}
