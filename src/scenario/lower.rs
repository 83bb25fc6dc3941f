//! Checked sections to a plan: what belongs together must fit together.
//!
//! Every rule that takes more than one key is here and in the files of the sections. All of them are tried
//! before the plan is given up, so that one reading of the messages is enough to mend a scenario.

use super::about::About;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::{Fields, Filled};
use super::plan::{Plan, Planned, PopulationPlan, ProjectionPlan};
use super::section::Lower;
use super::{assumed, device, protocol, synapses};
use crate::registry::Registry;

/// The plan, or `None` when there is a fault; every fault is in `faults`.
pub fn lower(filled: &Filled, registry: &Registry, faults: &mut Diagnostics) -> Option<Plan> {
    let named = filled.one("protocol").and_then(protocol::named);
    let no_rules = named.and_then(|entry| entry.no_rules);
    let presents = named.is_some_and(|entry| entry.presents);
    let mut lower = Lower { no_rules, presents, ..Lower::new(filled, registry, faults) };
    lower.same_names();
    let sources = lower.each("source", |lower, name, fields| lower.source(name, fields));
    lower.lines = sources.iter().map(|source| source.as_ref().map(|source| source.size)).collect();
    let populations = lower.each("population", |lower, name, fields| lower.population(name, fields));
    let threshold = |population: &Option<PopulationPlan>| population.as_ref()?.threshold();
    lower.thresholds = populations.iter().map(threshold).collect();
    let projections = lower.each("projection", |lower, name, fields| lower.projection(name, fields));
    lower.zero_delay_circle(&projections);
    lower.shapes();
    lower.takes(&populations, &projections);
    let protocol = filled.one("protocol").and_then(|fields| lower.protocol(fields, &projections));
    let record = filled.one("record").and_then(|fields| lower.made(fields));
    let engine = filled.one("engine").and_then(|fields| lower.made(fields));
    if let Some(duration) = protocol.as_ref().and_then(|protocol| protocol.as_it_is()) {
        lower.countable(&sources, duration);
        lower.countable_neurons(&populations, duration);
    }
    let about = filled.one("scenario").and_then(|fields| lower.made(fields));
    if lower.faults.has_errors() {
        return None;
    }
    let About { name, title, description, reproduces, seed } = about?;
    let mut plan = Plan {
        name,
        title,
        description,
        reproduces,
        seed,
        sources: sources.into_iter().collect::<Option<_>>()?,
        populations: populations.into_iter().collect::<Option<_>>()?,
        projections: projections.into_iter().collect::<Option<_>>()?,
        protocol: protocol?,
        record: record?,
        engine: engine?,
        assumed: Vec::new(),
    };
    plan.assumed = assumed::list(filled, &plan);
    if plan.protocol.trains_all() {
        protocol::supervised::unfit(&plan, filled, faults);
    }
    if let Some((needed, allowed)) = synapses::beyond(&plan, None, 0.0) {
        let at = filled.one("engine").and_then(|engine| engine.place("memory_gb"));
        let (needed, allowed) = (synapses::shown(needed), synapses::shown(allowed));
        faults.push(
            Diagnostic::error(format!("the network takes about {needed}, and `memory_gb` allows {allowed}"))
                .maybe_at(at)
                .allowed(format!("{needed} or more"))
                .hint("fewer synapses, one weight or delay for all, or storage = \"compact\" take less"),
        );
    }
    if faults.has_errors() {
        return None;
    }
    Some(plan)
}

impl Lower<'_> {
    /// Every table of a section; `None` for one that could not be made.
    fn each<T>(
        &mut self,
        section: &str,
        mut make: impl FnMut(&mut Self, &str, &Fields) -> Option<T>,
    ) -> Vec<Option<T>> {
        let filled = self.filled;
        filled.all(section).iter().map(|(name, fields)| make(self, name, fields)).collect()
    }

    /// `from` names a source or a population, so no two of them may share a name.
    fn same_names(&mut self) {
        for (name, population) in self.filled.all("population") {
            if let Some((_, source)) = self.filled.find("source", name) {
                self.faults.push(
                    Diagnostic::error(format!("a source and a population are both called `{name}`"))
                        .maybe_at(population.at.as_ref())
                        .also(source.at.as_ref(), "the source")
                        .allowed("different names: `from` could mean either"),
                );
            }
        }
    }

    fn protocol(&mut self, fields: &Fields, projections: &[Option<ProjectionPlan>]) -> Option<Planned> {
        let entry = protocol::named(fields)?;
        if entry.network {
            device::lower::unused(self, fields);
        }
        (entry.lower)(self, fields, projections)
    }
}
