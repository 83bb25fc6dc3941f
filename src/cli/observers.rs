//! Who looks at the event stream of a run: spikes.csv, membrane.csv, and the trace.

use super::failure::Failure;
use memspike::engine::{Observer, Record};
use memspike::record::csv::{SpikeRow, SpikeWriter};
use memspike::record::{PendingFile, RecordError, RunDir};
use memspike::scenario::plan::Plan;
use std::fmt::Write as _;

/// All observers of a run as one.
pub struct Observers<'a> {
    spikes: Option<&'a mut SpikeWriter>,
    /// Label of every source and population in the spike file, if it is recorded.
    source_labels: Vec<Option<u32>>,
    population_labels: Vec<Option<u32>>,
    membrane: Option<Membrane>,
    trace: Option<Trace>,
}

struct Membrane {
    file: PendingFile,
    names: Vec<String>,
    failed: Option<RecordError>,
}

/// Names for the trace, and the span of the presentation that is being shown.
struct Trace {
    sources: Vec<String>,
    /// Whether each source is a Poisson process.
    poisson: Vec<bool>,
    populations: Vec<String>,
    projections: Vec<String>,
    presentation: tracing::Span,
}

impl<'a> Observers<'a> {
    /// Observers for what the plan records and, if `trace` and its filter want them, single events.
    ///
    /// # Errors
    /// If a file cannot be created.
    pub fn new(
        plan: &Plan,
        dir: &RunDir,
        spikes: Option<&'a mut SpikeWriter>,
        trace: bool,
    ) -> Result<Self, Failure> {
        let label = |name: &str| plan.record.spikes.iter().position(|other| other == name).map(|i| i as u32);
        let membrane = if plan.record.membrane.is_empty() || plan.record.membrane_interval.is_none() {
            None
        } else {
            let mut file = dir.begin("membrane.csv")?;
            file.write(b"time [ms],population,id,u [V]\n")?;
            let names = plan.populations.iter().map(|population| population.name.clone()).collect();
            Some(Membrane { file, names, failed: None })
        };
        let events = trace && tracing::enabled!(target: "memspike::engine", tracing::Level::TRACE);
        Ok(Self {
            spikes,
            source_labels: plan.sources.iter().map(|source| label(&source.name)).collect(),
            population_labels: plan.populations.iter().map(|population| label(&population.name)).collect(),
            membrane,
            trace: events.then(|| Trace {
                sources: plan.sources.iter().map(|source| source.name.clone()).collect(),
                poisson: plan.sources.iter().map(|source| source.is_drawn()).collect(),
                populations: plan.populations.iter().map(|population| population.name.clone()).collect(),
                projections: plan.projections.iter().map(|projection| projection.name.clone()).collect(),
                presentation: tracing::Span::none(),
            }),
        })
    }

    /// Whether anybody looks.
    pub fn wanted(&self) -> bool {
        self.spikes.is_some() || self.membrane.is_some() || self.trace.is_some()
    }

    /// Puts the files into place.
    ///
    /// # Errors
    /// The first failure of a write.
    pub fn finish(self) -> Result<(), Failure> {
        match self.membrane {
            Some(Membrane { failed: Some(error), .. }) => Err(error.into()),
            Some(Membrane { file, .. }) => Ok(file.finish()?),
            None => Ok(()),
        }
    }
}

impl Observer for Observers<'_> {
    fn begin(&mut self, episode: u64, what: &str) {
        if let Some(trace) = &mut self.trace {
            trace.presentation =
                tracing::trace_span!(target: "memspike::engine", "presentation", episode, what);
        }
    }

    fn wants_all(&self) -> bool {
        self.trace.is_some() || self.source_labels.iter().any(Option::is_some)
    }

    fn record(&mut self, episode: u64, record: &Record) {
        if let Some(trace) = &self.trace {
            trace.presentation.in_scope(|| trace.emit(record));
        }
        let labelled = match record {
            Record::Emit { time, source, line } => {
                self.source_labels.get(*source as usize).copied().flatten().map(|l| (*time, l, *line))
            }
            Record::Spike(spike) => {
                let label = self.population_labels.get(spike.population as usize).copied().flatten();
                label.map(|label| (spike.time, label, spike.neuron))
            }
            Record::Sample { time, population, u } => {
                if let Some(membrane) = &mut self.membrane {
                    membrane.write(&time.to_string(), *population, u);
                }
                None
            }
            Record::Arrival { .. } => None,
        };
        if let (Some(writer), Some((time, label, id))) = (self.spikes.as_deref_mut(), labelled) {
            writer.push(SpikeRow { episode, time, label, id });
        }
    }
}

impl Membrane {
    fn write(&mut self, time: &str, population: u32, u: &[f64]) {
        if self.failed.is_some() {
            return;
        }
        let time = time.trim_end_matches(" ms");
        let name = self.names.get(population as usize).map_or("", String::as_str);
        let mut lines = String::new();
        for (id, u) in u.iter().enumerate() {
            let _ = writeln!(lines, "{time},{name},{id},{u}");
        }
        self.failed = self.file.write(lines.as_bytes()).err();
    }
}

impl Trace {
    fn emit(&self, record: &Record) {
        let name = |names: &[String], index: u32| names.get(index as usize).cloned().unwrap_or_default();
        match record {
            Record::Emit { time, source, line }
                if self.poisson.get(*source as usize).copied().unwrap_or_default() =>
            {
                tracing::trace!(
                    target: "memspike::engine",
                    time_ms = %Ms(*time), source = name(&self.sources, *source), id = line, "poisson"
                );
            }
            Record::Emit { time, source, line } => tracing::trace!(
                target: "memspike::engine",
                time_ms = %Ms(*time), source = name(&self.sources, *source), id = line, "source"
            ),
            Record::Arrival { time, projection, row } => tracing::trace!(
                target: "memspike::engine",
                time_ms = %Ms(*time), projection = name(&self.projections, *projection), row, "arrival"
            ),
            Record::Spike(spike) => tracing::trace!(
                target: "memspike::engine",
                time_ms = %Ms(spike.time),
                population = name(&self.populations, spike.population),
                id = spike.neuron,
                "fire"
            ),
            Record::Sample { .. } => {}
        }
    }
}

/// Milliseconds with every digit down to the femtosecond.
struct Ms(memspike::time::Time);

impl std::fmt::Display for Ms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.to_string().trim_end_matches(" ms"))
    }
}
