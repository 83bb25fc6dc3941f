//! Checked sections to a plan: what belongs together must fit together.
//!
//! Every rule that takes more than one key is here and in the files of the sections. All of them are tried
//! before the plan is given up, so that one reading of the messages is enough to mend a scenario.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::{Fields, Filled};
use super::plan::{EnginePlan, Plan, Protocol, RecordPlan, Reproduces};
use super::section::{Lower, quantity, time};
use super::spec::{ProtocolKind, Refers, SourceWord};
use super::{assumed, device, supervised, unsupervised};
use crate::registry::Registry;

/// The plan, or `None` when there is a fault; every fault is in `faults`.
pub fn lower(filled: &Filled, registry: &Registry, faults: &mut Diagnostics) -> Option<Plan> {
    let mut lower = Lower { filled, registry, faults };
    lower.same_names();
    let sources = lower.each("source", |lower, name, fields| lower.source(name, fields));
    let populations = lower.each("population", |lower, name, fields| lower.population(name, fields));
    let projections = lower.each("projection", |lower, name, fields| lower.projection(name, fields));
    lower.zero_delay_circle(&projections);
    let protocol = filled.one("protocol").and_then(|fields| lower.protocol(fields));
    let record = filled.one("record").and_then(|fields| lower.record(fields));
    let engine = filled.one("engine").map(|fields| EnginePlan {
        window: time(fields, "window"),
        partitions: fields.count("partitions"),
        storage: fields.choice("storage").unwrap_or_default(),
        memory: fields.number("memory_gb").map(|gb| (gb * 1e9) as u64),
    });
    if let Some(Protocol::Simulate { duration }) = &protocol {
        lower.countable(&sources, *duration);
        lower.countable_neurons(&populations, *duration);
    }
    let scenario = filled.one("scenario")?;
    if lower.faults.has_errors() {
        return None;
    }
    let mut plan = Plan {
        name: scenario.text("name")?.to_string(),
        title: scenario.text("title")?.to_string(),
        description: scenario.text("description")?.to_string(),
        reproduces: scenario.table("reproduces").and_then(|fields| {
            Some(Reproduces {
                paper: fields.text("paper")?.into(),
                figure: fields.text("figure")?.into(),
                accuracy: fields.number("accuracy"),
            })
        }),
        seed: scenario.integer("seed")?,
        sources: sources.into_iter().collect::<Option<_>>()?,
        populations: populations.into_iter().collect::<Option<_>>()?,
        projections: projections.into_iter().collect::<Option<_>>()?,
        protocol: protocol?,
        record: record?,
        engine: engine.unwrap_or_default(),
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

    fn protocol(&mut self, fields: &Fields) -> Option<Protocol> {
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
            ProtocolKind::Unsupervised => unsupervised::lower(self, fields).map(Protocol::Unsupervised),
            ProtocolKind::Device => {
                device::lower::lower(self, fields).map(|experiments| Protocol::Device { experiments })
            }
        }
    }

    fn record(&mut self, fields: &Fields) -> Option<RecordPlan> {
        let mut names = |key: &str, refers: Refers| -> Vec<String> {
            fields
                .names(key)
                .iter()
                .filter_map(|(name, at)| {
                    self.index(name, Some(at), &format!("`{key}` of the record"), refers)?;
                    Some(name.clone())
                })
                .collect()
        };
        let spikes = names("spikes", Refers::SourceOrPopulation);
        let membrane = names("membrane", Refers::Population);
        let formats = names("formats", Refers::Format);
        for (name, at) in fields.names("spikes") {
            let source = self.filled.all("source").iter().find(|(source, _)| source == name);
            if source.and_then(|(_, source)| source.choice("kind")).is_some_and(SourceWord::is_current) {
                self.faults.push(
                    Diagnostic::error(format!(
                        "`spikes` of the record names `{name}`, which gives a current"
                    ))
                    .at(at)
                    .label("has no spikes")
                    .allowed("populations, and sources of spikes"),
                );
            }
        }
        let membrane_interval = time(fields, "membrane_interval");
        if membrane_interval.is_none()
            && !membrane.is_empty()
            && fields.written("membrane_interval").is_none()
        {
            self.faults.push(
                Diagnostic::error("`membrane` of the record names populations, and there is no interval")
                    .maybe_at(fields.written("membrane"))
                    .allowed("membrane_interval, such as \"0.1 ms\""),
            );
        }
        let nothing = spikes.is_empty() && membrane.is_empty() && formats != ["csv"];
        if let Some(at) = fields.written("formats").filter(|_| nothing || fields.names("formats").is_empty())
        {
            let (label, allowed) = if fields.names("formats").is_empty() {
                ("no format", "one or more names, such as [\"csv\"]")
            } else {
                ("nothing is recorded", "`formats` beside `spikes` or `membrane`")
            };
            let fault = Diagnostic::error("`formats` of the record would do nothing").at(at);
            self.faults.push(fault.label(label).allowed(allowed));
        }
        Some(RecordPlan {
            spikes,
            membrane,
            membrane_interval,
            formats,
            energy: fields.flag("energy")?,
            mac_energy: quantity(fields, "mac_energy")?,
        })
    }
}
