//! What an objective asks of the data: classes, or numbers that are to be learned.

use super::plan::Supervised;
use crate::hint::many;
use crate::scenario::data_plan::DataPlan;
use crate::scenario::diagnostic::{Diagnostic, Diagnostics};
use crate::scenario::filled::{Fields, Filled};
use crate::scenario::plan::{Input, Plan};
use crate::scenario::section::Lower;
use crate::training::exact::Loss;

/// Refuses a read-out of another size than samples have targets (0: they have classes), and keys of classes where there are none.
pub fn fits(lower: &mut Lower<'_>, protocol: &Fields, read_out: &Fields, targets: u32) {
    let Some(gradient) = protocol.table("gradient").filter(|_| targets > 0) else { return };
    if let Some(size) = read_out.count("size")
        && size != targets
    {
        lower.faults.push(
            Diagnostic::error(format!(
                "{} has {}, and a sample {}",
                read_out.what,
                many(size, "neuron"),
                many(targets, "target")
            ))
            .maybe_at(read_out.place("size"))
            .allowed(format!("size = {targets}: one neuron per target")),
        );
    }
    let loss = gradient.table("loss").filter(|loss| loss.word("kind") == Some("first_spike"));
    let early =
        loss.and_then(|loss| loss.changed("early").or(loss.changed("tau_early")).map(|at| (loss, at)));
    if let Some((loss, at)) = early {
        lower.faults.push(
            Diagnostic::error(format!("{} wants a right neuron early", loss.what))
                .at(at)
                .label("no effect")
                .allowed("neither `early` nor `tau_early`: a target says when a neuron is to fire"),
        );
    }
    if let Some(at) = protocol.changed("show_class") {
        lower.faults.push(
            Diagnostic::error(format!("`show_class` of {} has no effect", protocol.what))
                .at(at)
                .allowed("samples with classes: these have numbers as targets"),
        );
    }
}

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
