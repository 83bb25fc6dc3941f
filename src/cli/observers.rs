//! Who looks at the event stream of a run: its records, and the trace.

use super::records::Shared;
use memspike::engine::{Observer, Record};
use memspike::scenario::plan::Plan;

/// All observers of a run as one.
pub struct Observers {
    /// If anything is recorded.
    records: Option<Shared>,
    trace: Option<Trace>,
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

impl Observers {
    /// Observers for what the plan records and, if `trace` and its filter want them, single events.
    pub fn new(plan: &Plan, records: Shared, trace: bool) -> Self {
        let events = trace && tracing::enabled!(target: "memspike::engine", tracing::Level::TRACE);
        let any = records.get().any();
        Self {
            records: any.then_some(records),
            trace: events.then(|| Trace {
                sources: plan.sources.iter().map(|source| source.name.clone()).collect(),
                poisson: plan.sources.iter().map(|source| source.is_drawn()).collect(),
                populations: plan.populations.iter().map(|population| population.name.clone()).collect(),
                projections: plan.projections.iter().map(|projection| projection.name.clone()).collect(),
                presentation: tracing::Span::none(),
            }),
        }
    }

    /// Whether anybody looks.
    pub fn wanted(&self) -> bool {
        self.records.is_some() || self.trace.is_some()
    }
}

impl Observer for Observers {
    fn begin(&mut self, episode: u64, what: &str) {
        if let Some(trace) = &mut self.trace {
            trace.presentation =
                tracing::trace_span!(target: "memspike::engine", "presentation", episode, what);
        }
    }

    fn wants_all(&self) -> bool {
        self.trace.is_some() || self.records.as_ref().is_some_and(|records| records.get().wants_all())
    }

    fn record(&mut self, episode: u64, record: &Record) {
        if let Some(trace) = &self.trace {
            trace.presentation.in_scope(|| trace.emit(record));
        }
        if let Some(records) = &self.records {
            records.get().record(episode, record);
        }
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
