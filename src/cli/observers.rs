//! Who looks at the event stream of a run: its records, and the trace.

use super::records::Shared;
use super::trace::told::Trace;
use memspike::engine::{Counts, Observer, Record};
use memspike::scenario::plan::Plan;
use memspike::time::Time;

/// All observers of a run as one.
pub struct Observers {
    /// If anything is recorded.
    records: Option<Shared>,
    trace: Option<Trace>,
}

impl Observers {
    /// Observers for what the plan records and for a trace, if one is taken.
    pub fn new(plan: &Plan, records: Shared) -> Self {
        let any = records.get().any();
        Self { records: any.then_some(records), trace: Trace::new(plan) }
    }

    /// Whether anybody looks.
    pub fn wanted(&self) -> bool {
        self.records.is_some() || self.trace.is_some()
    }
}

impl Observer for Observers {
    fn begin(&mut self, episode: u64, what: &str) {
        if let Some(records) = &self.records {
            records.get().begin(episode, what);
        }
        if let Some(trace) = &mut self.trace {
            trace.begin(episode, what);
        }
    }

    fn go_on(&mut self, episode: u64, counts: &Counts) {
        if let Some(records) = &self.records {
            records.get().go_on(episode, counts);
        }
        if let Some(trace) = &mut self.trace {
            trace.go_on(episode, counts);
        }
    }

    fn wants_all(&self) -> bool {
        self.trace.as_ref().is_some_and(Observer::wants_all)
            || self.records.as_ref().is_some_and(|records| records.get().wants_all())
    }

    fn wants_changes(&self) -> bool {
        self.trace.as_ref().is_some_and(Observer::wants_changes)
            || self.records.as_ref().is_some_and(|records| records.get().wants_changes())
    }

    fn wants_weights(&self) -> Option<u64> {
        self.records.as_ref().and_then(|records| records.get().wants_weights())
    }

    fn record(&mut self, episode: u64, record: &Record) {
        if let Some(trace) = &mut self.trace {
            trace.record(episode, record);
        }
        if let Some(records) = &self.records {
            records.get().record(episode, record);
        }
    }

    fn end(&mut self, episode: u64, reached: Time) {
        if let Some(records) = &self.records {
            records.get().end(episode, reached);
        }
        if let Some(trace) = &mut self.trace {
            trace.end(episode, reached);
        }
    }
}
