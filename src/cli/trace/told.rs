//! The events of a network as a trace tells them.

use memspike::engine::{Counts, Observer, Record, Spike, Switching};
use memspike::scenario::plan::Plan;
use memspike::time::Time;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use tracing::{Level, enabled, trace};

/// What a trace needs to know of the plan, and the span of the presentation that is being shown.
pub struct Trace {
    /// Whether spikes of sources and arrivals are wanted.
    all: bool,
    changes: bool,
    sources: Vec<String>,
    populations: Vec<String>,
    /// Name and population of each projection.
    projections: Vec<(String, usize)>,
    presentation: tracing::Span,
    switches: Switches,
}

impl Trace {
    /// For events that come from records: names of sources and populations, name and population of each projection.
    pub fn of_records(
        sources: Vec<String>,
        populations: Vec<String>,
        projections: Vec<(String, usize)>,
    ) -> Self {
        let switches = Switches { wanted: false, seed: 0, each: Vec::new(), on: BinaryHeap::new() };
        let presentation = tracing::Span::none();
        Self { all: true, changes: true, sources, populations, projections, presentation, switches }
    }

    /// Nothing if nothing of it is wanted.
    pub fn new(plan: &Plan) -> Option<Self> {
        let all = enabled!(target: "memspike::source", Level::TRACE)
            || enabled!(target: "memspike::arrival", Level::TRACE);
        let changes = enabled!(target: "memspike::weight", Level::TRACE);
        let switches = enabled!(target: "memspike::switch", Level::TRACE);
        let others = enabled!(target: "memspike::fire", Level::TRACE)
            || enabled!(target: "memspike::membrane", Level::TRACE)
            || enabled!(target: "memspike::state", Level::TRACE)
            || enabled!(target: "memspike::sample", Level::TRACE);
        if !(all || changes || switches || others) {
            return None;
        }
        Some(Self {
            all,
            changes,
            sources: plan.sources.iter().map(|source| source.name.clone()).collect(),
            populations: plan.populations.iter().map(|population| population.name.clone()).collect(),
            projections: plan
                .projections
                .iter()
                .map(|projection| (projection.name.clone(), projection.to))
                .collect(),
            presentation: tracing::Span::none(),
            switches: Switches::new(plan, switches),
        })
    }

    fn emit(&mut self, record: &Record) {
        if let Record::Emit { time, .. } | Record::Arrival { time, .. } | Record::Spike(Spike { time, .. }) =
            record
        {
            self.turn_off(*time);
        }
        let population = |index: usize| self.populations.get(index).map_or("", String::as_str);
        let projection = |index: u32| {
            let (name, to) =
                self.projections.get(index as usize).map_or(("", 0), |(name, to)| (name.as_str(), *to));
            (name, population(to))
        };
        match record {
            Record::Emit { time, source, line } => {
                let (time, time_s) = stamp(*time);
                let source = self.sources.get(*source as usize).map_or("", String::as_str);
                trace!(target: "memspike::source", kind = "source", time_fs = time, time_s, source, line);
            }
            Record::Arrival { time, projection: index, row } => {
                let (time, time_s) = stamp(*time);
                let (projection, population) = projection(*index);
                trace!(
                    target: "memspike::arrival",
                    kind = "arrival", time_fs = time, time_s, projection, population, row
                );
            }
            Record::Change { projection: index, change } => {
                let stamp = change.time.map(stamp);
                let (projection, population) = projection(*index);
                trace!(
                    target: "memspike::weight",
                    kind = "weight",
                    time_fs = stamp.map(|stamp| stamp.0),
                    time_s = stamp.map(|stamp| stamp.1),
                    projection,
                    population,
                    pre = change.row,
                    post = change.column,
                    before_v = change.before,
                    after_v = change.after,
                    joules = change.joules
                );
            }
            Record::Spike(spike) => {
                let (time, time_s) = stamp(spike.time);
                let (population, neuron) =
                    (self.populations[spike.population as usize].as_str(), spike.neuron);
                trace!(target: "memspike::fire", kind = "fire", time_fs = time, time_s, population, neuron);
                if self.switches.turns_on(*spike) {
                    let on = true;
                    trace!(
                        target: "memspike::switch",
                        kind = "switch", time_fs = time, time_s, population, neuron, on
                    );
                }
            }
            Record::Sample { time, population: index, u } => {
                let name = population(*index as usize);
                u.iter().zip(0..).for_each(|(u, neuron)| self.membrane(*time, name, neuron, *u));
            }
            Record::Weight { time, projection: index, row, column, weight, .. } => {
                let (time, time_s) = stamp(*time);
                let (projection, population) = projection(*index);
                trace!(
                    target: "memspike::sample",
                    kind = "sample", time_fs = time, time_s, projection, population, pre = row, post = column, weight
                );
            }
            Record::Trained { samples, projection: index, row, column, weight, .. } => {
                let (projection, population) = projection(*index);
                trace!(
                    target: "memspike::sample",
                    kind = "sample", samples, projection, population, pre = row, post = column, weight
                );
            }
            Record::State { time, population: index, neuron, variable, value } => {
                self.state(*time, (population(*index as usize), *neuron), variable, *value);
            }
            Record::Synapse { .. } => {}
        }
    }

    /// Tells of a membrane that was sampled.
    pub fn membrane(&self, time: Time, population: &str, neuron: u32, u_v: f64) {
        let (time, time_s) = stamp(time);
        trace!(target: "memspike::membrane", kind = "membrane", time_fs = time, time_s, population, neuron, u_v);
    }

    /// Tells of something in the state of a neuron.
    pub fn state(&self, time: Time, (population, neuron): (&str, u32), variable: &str, value: f64) {
        let (time, time_s) = stamp(time);
        trace!(
            target: "memspike::state",
            kind = "state", time_fs = time, time_s, population, neuron, variable, value
        );
    }

    /// Does `act` as part of the presentation that is being shown.
    pub fn within(&mut self, act: impl FnOnce(&mut Self)) {
        let span = self.presentation.clone();
        span.in_scope(|| act(self));
    }

    /// Tells of the switches that turn off until then.
    fn turn_off(&mut self, until: Time) {
        while let Some((time, population, neuron)) = self.switches.next_off(until) {
            let (time, time_s) = stamp(time);
            let (population, on) = (self.populations[population as usize].as_str(), false);
            trace!(target: "memspike::switch", kind = "switch", time_fs = time, time_s, population, neuron, on);
        }
    }
}

impl Observer for Trace {
    fn begin(&mut self, episode: u64, what: &str) {
        self.presentation = tracing::trace_span!(target: "memspike::span", "presentation", episode, what);
        self.switches.begin(episode, |_| None);
    }

    fn go_on(&mut self, episode: u64, counts: &Counts) {
        self.begin(episode, "simulation");
        self.switches.begin(episode, |population| counts.spikes.get(population).map(Vec::as_slice));
    }

    fn wants_all(&self) -> bool {
        self.all
    }

    fn wants_changes(&self) -> bool {
        self.changes
    }

    fn record(&mut self, _: u64, record: &Record) {
        // What changes between presentations belongs to none of them.
        let between = matches!(record, Record::Change { change, .. } if change.time.is_none());
        let span = if between { tracing::Span::none() } else { self.presentation.clone() };
        span.in_scope(|| self.emit(record));
    }

    fn end(&mut self, _: u64, reached: Time) {
        self.within(|trace| trace.turn_off(reached));
    }
}

/// Femtoseconds, which are exact, and seconds.
fn stamp(time: Time) -> (u64, f64) {
    (time.fs(), time.as_seconds())
}

/// The threshold switches among the populations, and when those that are on turn off.
///
/// How long one stays on follows from its threshold, a function of seed, neuron, episode and count of its spikes, so it can
/// be told from outside. In circuits that leave the drive on, it depends on what is to come, and is not told.
struct Switches {
    wanted: bool,
    seed: u64,
    each: Vec<Option<Kind>>,
    on: BinaryHeap<Reverse<(Time, u32, u32)>>,
}

enum Kind {
    /// It turns off when the filament has relaxed.
    Reset(Box<Switching>),
    /// Who knows when it turns off.
    Driven,
}

impl Switches {
    fn new(plan: &Plan, wanted: bool) -> Self {
        let mut first = 0;
        let each = plan.populations.iter().map(|population| {
            let start = first;
            first += population.size;
            match population.neuron.switch() {
                Some(switch) if population.each.is_empty() => {
                    Some(Kind::Reset(Box::new(Switching::new(switch, start, population.size))))
                }
                Some(_) => Some(Kind::Driven),
                None => (population.neuron.identity().0 == "driven_switch").then_some(Kind::Driven),
            }
        });
        Self { wanted, seed: plan.seed, each: each.collect(), on: BinaryHeap::new() }
    }

    /// Begins an episode after each neuron of a population has fired so many times.
    fn begin<'a>(&mut self, episode: u64, fired: impl Fn(usize) -> Option<&'a [u32]>) {
        self.on.clear();
        for (population, kind) in self.each.iter_mut().enumerate() {
            if let Some(Kind::Reset(switching)) = kind {
                let fired = fired(population).unwrap_or_default().iter().copied().chain(std::iter::repeat(0));
                switching.begin(self.seed, episode, fired);
            }
        }
    }

    /// Whether the neuron that spikes is a switch, which is on then.
    fn turns_on(&mut self, spike: Spike) -> bool {
        if !self.wanted {
            return false;
        }
        match self.each.get_mut(spike.population as usize) {
            Some(Some(Kind::Reset(switching))) => {
                let off = spike.time.after(switching.fire(spike.neuron as usize));
                self.on.push(Reverse((off, spike.population, spike.neuron)));
                true
            }
            Some(Some(Kind::Driven)) => true,
            Some(None) | None => false,
        }
    }

    fn next_off(&mut self, until: Time) -> Option<(Time, u32, u32)> {
        let Reverse((time, ..)) = self.on.peek()?;
        if *time > until { None } else { self.on.pop().map(|Reverse(off)| off) }
    }
}
