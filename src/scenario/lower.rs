//! Checked sections to a plan: what belongs together must fit together.
//!
//! Every rule that takes more than one key is here and in the files of the sections. All of them are tried
//! before the plan is given up, so that one reading of the messages is enough to mend a scenario.

use super::about::About;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::{Fields, Filled};
use super::plan::{Plan, ProjectionPlan, Protocol};
use super::section::{Lower, time};
use super::spec::{ProtocolKind, SourceWord};
use super::{assumed, device, supervised, unsupervised};
use crate::registry::Registry;

/// The plan, or `None` when there is a fault; every fault is in `faults`.
pub fn lower(filled: &Filled, registry: &Registry, faults: &mut Diagnostics) -> Option<Plan> {
    let mut lower = Lower { filled, registry, faults, weight_unit: None };
    lower.same_names();
    let sources = lower.each("source", |lower, name, fields| lower.source(name, fields));
    let populations = lower.each("population", |lower, name, fields| lower.population(name, fields));
    let projections = lower.each("projection", |lower, name, fields| lower.projection(name, fields));
    lower.zero_delay_circle(&projections);
    let protocol = filled.one("protocol").and_then(|fields| lower.protocol(fields, &projections));
    let record = filled.one("record").and_then(|fields| lower.made(fields));
    let engine = filled.one("engine").and_then(|fields| lower.made(fields));
    if let Some(Protocol::Simulate { duration }) = &protocol {
        lower.countable(&sources, *duration);
        lower.countable_neurons(&populations, *duration);
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
            if let Some((_, source)) = self.filled.all("source").iter().find(|(other, _)| other == name) {
                self.faults.push(
                    Diagnostic::error(format!("a source and a population are both called `{name}`"))
                        .maybe_at(population.at.as_ref())
                        .also(source.at.as_ref(), "the source")
                        .allowed("different names: `from` could mean either"),
                );
            }
        }
    }

    fn protocol(&mut self, fields: &Fields, projections: &[Option<ProjectionPlan>]) -> Option<Protocol> {
        let kind = fields.choice("kind")?;
        if kind != ProtocolKind::Device {
            device::lower::unused(self, fields);
        }
        match kind {
            ProtocolKind::Simulate => {
                for (name, source) in self.filled.all("source") {
                    if source.choice("kind") == Some(SourceWord::Dataset) {
                        self.faults.push(
                            Diagnostic::error(format!(
                                "source `{name}` shows a data set, and nothing presents it"
                            ))
                            .maybe_at(source.place("kind"))
                            .also(fields.written("kind"), "this runs the network once, without samples")
                            .allowed(
                                "kind = \"supervised\" or \"unsupervised\" in [protocol], or a source of another kind",
                            ),
                        );
                    }
                }
                Some(Protocol::Simulate { duration: time(fields, "duration")? })
            }
            ProtocolKind::Supervised => supervised::lower(self, fields).map(Protocol::Supervised),
            ProtocolKind::Unsupervised => {
                unsupervised::lower(self, fields, projections).map(Protocol::Unsupervised)
            }
            ProtocolKind::Device => {
                device::lower::lower(self, fields).map(|experiments| Protocol::Device { experiments })
            }
        }
    }
}
