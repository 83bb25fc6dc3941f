//! One episode of a network on any engine: run in slices, watched, hashed and counted.

use crate::energy::Ledger;
use crate::engine::{Counts, Observer, Record, SimulationError, Spike, Tell, Watcher};
use crate::network::{Network, Weights};
use crate::plasticity::Change;
use crate::record::fingerprint::Fingerprint;
use crate::record::{Selected, SelectedSynapses};
use crate::scenario::outcome::{NamedArray, Outcome, Status};
use crate::scenario::plan::Plan;
use crate::scenario::progress::{Measured, Progress};
use crate::scenario::run::context::{RunContext, RunError, Store};
use crate::scenario::run::logbook::Logbook;
use crate::scenario::run::measured::rates;
use crate::scenario::run::training::reborrow;
use crate::scenario::synapses;
use crate::time::Time;
use crate::training::Totals;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

/// Slices of an episode between two looks at the stop flag and the progress bar.
const SLICES: u64 = 200;
/// Slices after each of which rates are told.
const TOLD: u64 = 10;
/// Most slices that are run as one, and the synaptic events of one below which the next is twice as long.
const TOGETHER: u64 = 16;
const FEW: u64 = 50_000;

/// An engine with its network and weights, ready to run.
pub trait Course {
    fn sample_every(&mut self, population: usize, interval: Time);
    /// Runs to `end`, or less far if `stop` is set meanwhile: the time reached. The watcher sees the spikes of sources
    /// and the arrivals if it is to see `all`.
    fn run(
        &mut self,
        end: Time,
        stop: &AtomicBool,
        all: bool,
        watcher: &mut dyn Watcher,
    ) -> Result<Time, SimulationError>;
    /// Membranes of a population now, and when that is.
    fn sample(&self, population: usize) -> (Time, Vec<f64>);
    /// The weights of a projection now, with row and column of each, and what their devices conduct. Only projections that learn are
    /// asked for.
    fn weights(&mut self, projection: usize, visit: Weight<'_>) {
        let _ = (projection, visit);
    }
    /// Tells the states of some neurons now, by variable. An engine that keeps none tells nothing.
    fn states(&self, population: usize, neurons: Range<u32>, tell: Tell<'_>) {
        let _ = (population, neurons, tell);
    }
    fn counts(&self) -> &Counts;
    /// Keeps what to go on from, where that can be done.
    fn save(
        &mut self,
        plan: &Plan,
        fingerprint: &Fingerprint,
        store: &mut dyn Store,
    ) -> Result<(), RunError> {
        let _ = (plan, fingerprint, store);
        Ok(())
    }
}

/// What a weight is shown to: its ends, itself, and what its devices conduct.
pub type Weight<'a> = &'a mut dyn FnMut((u32, u32), f64, Option<[f64; 2]>);

/// An episode that is gone on with.
#[derive(Default)]
pub struct Begun {
    pub reached: Time,
    pub fingerprint: Fingerprint,
}

/// Pieces of an episode if all were as short as the first, and how long one may take in seconds: the length of a piece
/// grows and shrinks to fit, so that whatever runs looks up often enough to be stopped, to keep a checkpoint, and to see
/// how much memory it has.
const PIECES: u64 = 1 << 30;
const SHORT: f64 = 0.02;
const LONG: f64 = 0.2;

/// What is sampled in simulated time without being an event: at multiples of an interval.
#[derive(Clone, Copy)]
struct Grid(Time);

impl Grid {
    /// The last sample up to `time`.
    fn at(self, time: Time) -> Time {
        Time::from_fs(time.fs() - time.fs() % self.0.fs())
    }

    /// The first sample after `time`.
    fn next(self, time: Time) -> Time {
        Time::from_fs(self.at(time).fs().saturating_add(self.0.fs())).min(Time::MAX)
    }
}

/// Instants at which everything that is named is sampled, in order.
struct Given(Vec<Time>);

impl Given {
    fn of(plan: &Plan) -> Self {
        let mut times = plan.record.times.clone();
        times.sort_unstable();
        Self(times)
    }

    fn has(&self, time: Time) -> bool {
        self.0.binary_search(&time).is_ok()
    }

    /// The first after `time`.
    fn next(&self, time: Time) -> Time {
        self.0.get(self.0.partition_point(|given| *given <= time)).copied().unwrap_or(Time::MAX)
    }
}

/// The membranes that are sampled, and how often; the engine does what an interval says.
struct Watched {
    populations: Vec<usize>,
    interval: Option<Time>,
}

impl Watched {
    fn of(plan: &Plan) -> Self {
        let index = |chosen: &Selected| plan.populations.iter().position(|one| one.name == chosen.name);
        let populations = plan.record.membrane.iter().filter_map(index).collect();
        Self { populations, interval: plan.record.membrane_interval }
    }

    /// Whether the engine has this instant.
    fn on_grid(&self, time: Time) -> bool {
        self.interval.is_some_and(|interval| Grid(interval).at(time) == time)
    }

    fn sample(&self, course: &mut impl Course, observer: &mut Option<&mut dyn Observer>) {
        let Some(observer) = observer else { return };
        for &population in &self.populations {
            let (time, u) = course.sample(population);
            observer.record(0, &Record::Sample { time, population: population as u32, u });
        }
    }
}

/// The neurons whose states are sampled, and how often.
struct Stated {
    populations: Vec<(usize, Range<u32>)>,
    grid: Grid,
}

impl Stated {
    fn of(plan: &Plan) -> Self {
        let chosen = |chosen: &Selected| {
            let at = plan.populations.iter().position(|one| one.name == chosen.name)?;
            Some((at, chosen.of(plan.populations[at].size)))
        };
        let populations: Vec<_> = plan.record.states.iter().filter_map(chosen).collect();
        let interval = if populations.is_empty() { None } else { plan.record.states_interval };
        Self { populations, grid: Grid(interval.unwrap_or(Time::MAX)) }
    }

    fn on_grid(&self) -> bool {
        self.grid.0 < Time::MAX
    }

    fn sample(&self, course: &impl Course, time: Time, observer: &mut Option<&mut dyn Observer>) {
        let Some(observer) = observer else { return };
        for (index, neurons) in &self.populations {
            let population = *index as u32;
            course.states(*index, neurons.clone(), &mut |neuron, (variable, _), value| {
                observer.record(0, &Record::State { time, population, neuron, variable, value });
            });
        }
    }
}

/// The projections whose weights are sampled, and how often.
struct Weighed {
    projections: Vec<usize>,
    grid: Grid,
}

impl Weighed {
    fn of(plan: &Plan) -> Self {
        let index =
            |chosen: &SelectedSynapses| plan.projections.iter().position(|one| one.name == chosen.name);
        let projections: Vec<usize> = plan.record.sampled_synapses().filter_map(index).collect();
        let interval = if projections.is_empty() { None } else { plan.record.weights_interval };
        Self { projections, grid: Grid(interval.unwrap_or(Time::MAX)) }
    }

    fn on_grid(&self) -> bool {
        self.grid.0 < Time::MAX
    }

    fn sample(&self, course: &mut impl Course, time: Time, observer: &mut Option<&mut dyn Observer>) {
        let Some(observer) = observer else { return };
        for &index in &self.projections {
            let projection = index as u32;
            course.weights(index, &mut |(row, column), weight, devices| {
                observer.record(0, &Record::Weight { time, projection, row, column, weight, devices });
            });
        }
    }
}

/// Tells the mean rates of populations so far.
fn tell(plan: &Plan, counts: &Counts, reached: Time, progress: &mut dyn Progress) {
    let sum = |spikes: &Vec<u32>| spikes.iter().map(|&spikes| u64::from(spikes)).sum();
    let spikes: Vec<u64> = counts.spikes.iter().map(sum).collect();
    let rates: Vec<(String, f64)> = rates(plan, &spikes, reached.as_seconds()).collect();
    if let [(name, rate), ..] = rates.as_slice() {
        let name = name.trim_start_matches("rate/").trim_end_matches(" [Hz]");
        progress.message(&format!("{name} {rate:.1} Hz"));
    }
    progress.measured(Measured { axis: "time", step: reached.fs() / 1_000_000, values: &rates });
}

/// What has been done so far, for how long it took.
fn happened(counts: &Counts) -> u64 {
    counts.poisson + counts.source + counts.arrival + counts.synaptic + counts.fire
}

/// What an episode came to.
pub struct Episode {
    pub totals: Totals,
    status: Status,
    log: Logbook,
}

/// Runs `course` to `duration`, from where it was left if it was `begun`; what has passed since `start` was spent on
/// building it.
pub fn run(
    plan: &Plan,
    duration: Time,
    start: (f64, f64),
    (course, begun): (&mut impl Course, Option<Begun>),
    context: &mut RunContext<'_>,
) -> Result<Episode, RunError> {
    let (watched, given) = (Watched::of(plan), Given::of(plan));
    // What is gone on with has its next samples among what is pending, and has been announced.
    if let (None, Some(interval)) = (&begun, watched.interval) {
        for &population in &watched.populations {
            course.sample_every(population, interval);
        }
    }
    let (weighed, stated) = (Weighed::of(plan), Stated::of(plan));
    let mut log = Logbook::built(start, context);
    let started = context.clock.now();
    match (&mut context.observer, &begun) {
        (Some(observer), None) => observer.begin(0, "simulation"),
        (Some(observer), Some(_)) => observer.go_on(0, course.counts()),
        (None, _) => {}
    }
    let fresh = begun.is_none();
    let Begun { mut reached, fingerprint } = begun.unwrap_or_default();
    log.fingerprint = fingerprint;
    let fingerprint = &mut log.fingerprint;
    let mut piece = (duration.fs() / PIECES).max(1);
    context.progress.phase("simulate", SLICES);
    context.progress.steps(duration.as_seconds() / SLICES as f64, "s");
    let mut status = Status::Done;
    if fresh {
        // The engine samples membranes at time 0 if it does at all.
        if given.has(reached) && watched.interval.is_none() {
            watched.sample(course, &mut context.observer);
        }
        if stated.on_grid() || given.has(reached) {
            stated.sample(course, reached, &mut context.observer);
        }
        if weighed.on_grid() || given.has(reached) {
            weighed.sample(course, reached, &mut context.observer);
        }
    }
    let (mut slice, mut together, mut looked) = (0, 1, started.0);
    while slice < SLICES {
        let next = (slice + together).min((slice + 1).next_multiple_of(TOLD));
        let end = Time::from_fs((u128::from(duration.fs()) * u128::from(next) / u128::from(SLICES)) as u64);
        if end > reached {
            if context.stop.load(Ordering::Relaxed) {
                status = Status::Interrupted;
                break;
            }
            let before = happened(course.counts());
            while reached < end {
                let length = Time::from_fs(reached.fs().saturating_add(piece).min(end.fs()));
                let sampled = weighed.grid.next(reached).min(stated.grid.next(reached));
                let next = sampled.min(given.next(reached)).min(length);
                let begun = context.clock.wall();
                let observer = reborrow(&mut context.observer);
                let all = observer.as_ref().is_some_and(|observer| observer.wants_all());
                reached = course.run(next, context.stop, all, &mut Hashing { fingerprint, observer })?;
                if reached < next {
                    break;
                }
                let asked = given.has(reached);
                if asked && reached < duration && !watched.on_grid(reached) {
                    watched.sample(course, &mut context.observer);
                }
                if (asked || reached == stated.grid.at(reached)) && reached < duration {
                    stated.sample(course, reached, &mut context.observer);
                }
                if (asked || reached == weighed.grid.at(reached)) && reached < duration {
                    weighed.sample(course, reached, &mut context.observer);
                }
                let now = context.clock.wall();
                match now - begun {
                    took if took < SHORT / 16.0 => piece = piece.saturating_mul(8),
                    took if took < SHORT => piece = piece.saturating_mul(2),
                    took if took > LONG => piece = (piece / 2).max(1),
                    _ => {}
                }
                if context.stop.load(Ordering::Relaxed) {
                    break;
                }
                // To ask takes as long as a thousand events: the first pieces are shorter than that.
                if now - looked >= SHORT {
                    looked = now;
                    if let Some((needed, allowed)) = context.store.beyond_memory() {
                        let [needed, allowed] = [needed, allowed].map(|bytes| synapses::shown(bytes as f64));
                        return Err(RunError::Memory { needed, allowed });
                    }
                }
                if reached < duration && context.store.due() {
                    course.save(plan, fingerprint, context.store)?;
                }
            }
            if reached < end {
                status = Status::Interrupted;
                break;
            }
            let few = happened(course.counts()) - before < FEW;
            together = if few { (2 * together).min(TOGETHER) } else { 1 };
        }
        context.progress.advance(next - slice);
        slice = next;
        // Of an episode that is gone on with, what is before the checkpoint has been told.
        if end >= reached && slice.is_multiple_of(TOLD) {
            tell(plan, course.counts(), reached, context.progress);
        }
    }
    context.progress.done();
    if status == Status::Interrupted || context.store.due_at_end() {
        // Before the samples of the end, which are no part of what goes on.
        course.save(plan, fingerprint, context.store)?;
    }
    // Who is sampled on a grid is sampled once more at the end, and others if the end was asked for.
    let asked = given.has(reached) && reached == duration;
    if stated.on_grid() || asked {
        stated.sample(course, reached, &mut context.observer);
    }
    if weighed.on_grid() || asked {
        weighed.sample(course, reached, &mut context.observer);
    }
    if watched.interval.is_some() || asked {
        watched.sample(course, &mut context.observer);
    }
    if let Some(observer) = context.observer.as_deref_mut() {
        observer.end(0, reached);
    }

    let mut totals = Totals::default();
    totals.add(course.counts(), reached);
    log.count(&totals, reached);
    log.book("simulate", started, context, 1, totals.events());
    Ok(Episode { totals, status, log })
}

impl Episode {
    /// The outcome, whose fingerprint covers the spikes and the weights at the end.
    pub fn close(
        mut self,
        network: &Network,
        weights: &Weights<f64>,
        energy: Ledger,
        arrays: Vec<NamedArray>,
        notes: Vec<String>,
    ) -> Outcome {
        self.log.notes = notes;
        let closed = self.log.close(self.status, |fingerprint| {
            for index in 0..network.projections.len() {
                // One by one: a copy of a billion weights would not fit.
                weights.each(network, index, |weight| fingerprint.weights([weight]));
            }
        });
        Outcome { energy, arrays, ..closed }
    }
}

/// Hashes population spikes as they come, and hands them and samples on.
struct Hashing<'a> {
    fingerprint: &'a mut Fingerprint,
    observer: Option<&'a mut dyn Observer>,
}

impl Hashing<'_> {
    fn record(&mut self, record: &Record) {
        if let Some(observer) = &mut self.observer {
            observer.record(0, record);
        }
    }
}

impl Watcher for Hashing<'_> {
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        self.record(&Record::Emit { time, source, line });
    }

    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        self.record(&Record::Arrival { time, projection, row });
    }

    fn spike(&mut self, spike: Spike) {
        hash(self.fingerprint, spike);
        self.record(&Record::Spike(spike));
    }

    fn change(&mut self, projection: u32, change: &Change) {
        self.record(&Record::Change { projection, change: *change });
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        if self.observer.is_some() {
            self.record(&Record::Sample { time, population, u: u.to_vec() });
        }
    }
}

#[inline]
fn hash(fingerprint: &mut Fingerprint, spike: Spike) {
    fingerprint.spike(0, spike.time.fs(), spike.population, spike.neuron);
}
