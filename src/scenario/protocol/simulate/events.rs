//! One episode on an event engine.

use super::episode::{self, Begun, Course, Weight};
use crate::engine::{
    Counts, Engine, LearningState, Record, Run, SimulationError, Spike, Tell, Threads, Watcher, window,
};
use crate::network::{Network, Weights};
use crate::plasticity::Change;
use crate::record::fingerprint::Fingerprint;
use crate::scenario::assemble::{Assembled, assemble_with};
use crate::scenario::live;
use crate::scenario::load_estimate;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Connect, Plan};
use crate::scenario::run::arrays::{named_arrays, programmed};
use crate::scenario::run::books::{book, overlapping, spent};
use crate::scenario::run::connections;
use crate::scenario::run::context::{RunContext, RunError, Store};
use crate::scenario::run::network::alone;
use crate::scenario::run::pairs::Pairs;
use crate::scenario::run::plastic;
use crate::scenario::run::training::{Identity, models, same};
use crate::scenario::synapses;
use crate::snapshot::{self, Payload};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};

pub fn simulate(
    engine: Engine,
    plan: &Plan,
    duration: Time,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    let start = context.clock.now();
    let Assembled { network, weights: mut values, mut notes } = build(plan, context)?;
    let arrays = programmed(plan, &mut values, context.stop)?;
    connections::tell(plan, &network, |index| values[index].clone(), context)?;
    let fast = engine == Engine::Fast;
    let (mut run, moved) = live::begin(plan, &network, (&values, &arrays), engine, context.stop)?;
    let mut pairs = Pairs::new(&run);
    let begun = match restored(plan, context)? {
        None => None,
        Some(Checkpoint { mut state, fingerprint, pairs: kept, .. }) => {
            same(kept.fits(&pairs), "network")?;
            pairs = kept;
            let begun = Begun { reached: state.simulation.now, fingerprint };
            if !plastic::learns(plan) {
                state.weights = Weights::from_values(&network, &values);
            }
            run = live::resumed(plan, &network, &arrays, (state, engine), context.stop)?;
            Some(begun)
        }
    };
    if let Some(window) = plan.engine.window {
        run.shorten_windows(window);
    }
    let threads = match few(&network, plan, duration) {
        Some(why) if context.threads.count() > 1 && fast => {
            // Not a note of the outcome, which is the same for any number of threads.
            tracing::info!(target: "memspike::note", kind = "note", "one thread: {why}");
            Threads::one()
        }
        Some(_) => Threads::one(),
        None => context.threads.clone(),
    };
    let threads = match plan.engine.partitions {
        Some(partitions) => threads.cut_into(partitions as usize),
        None => threads,
    };
    if context.observer.as_ref().is_some_and(|observer| observer.wants_changes()) {
        run.tell_changes();
    }
    let mut events = Events { run, threads, pairs };
    let episode = episode::run(plan, duration, start, (&mut events, begun), context)?;
    let Events { mut run, pairs, .. } = events;
    let mut energy = book((plan, &network), &arrays, &episode.totals);
    notes.extend(spent(plan, &run, &mut energy));
    notes.extend(overlapping(plan, &episode.totals));
    let last = run.finish();
    if let Some(observer) = &mut context.observer {
        let last = last.into_iter().map(|(projection, change)| Record::Change { projection, change });
        last.for_each(|record| observer.record(0, &record));
    }
    let mut learnt = Vec::new();
    if let Some(learning) = run.learning() {
        plastic::book(plan, learning, &episode.totals, &mut energy);
        let (results, more) = plastic::results(plan, &network, learning, run.all_weights(), &moved, &pairs);
        learnt = results;
        notes.extend(more);
        for (index, values) in values.iter_mut().enumerate() {
            *values = run.all_weights().values(&network, index);
        }
    }
    let mut named = named_arrays(plan, &network, &values, &arrays, &mut notes);
    if let Some(learning) = run.learning() {
        plastic::conductances(plan, &network, learning, run.all_weights(), &mut named);
    }
    let outcome = episode.close(&network, run.all_weights(), energy, named, notes);
    Ok(Outcome { plastic: learnt, ..outcome })
}

/// What an episode that was stopped goes on from.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    of: Identity,
    state: LearningState,
    pairs: Pairs,
    fingerprint: Fingerprint,
}

/// The checkpoint to go on from, if there is one.
fn restored(plan: &Plan, context: &mut RunContext<'_>) -> Result<Option<Checkpoint>, RunError> {
    let Some(mut source) = context.store.load()? else { return Ok(None) };
    let checkpoint: Checkpoint = source.read(Payload::Simulation, &models(plan))?;
    source.finish()?;
    checkpoint.of.check(plan, None)?;
    Ok(Some(checkpoint))
}

/// A watcher, who may not want to see `all`, and the pairs of spikes.
struct Both<'a> {
    watcher: &'a mut dyn Watcher,
    all: bool,
    pairs: &'a mut Pairs,
}

impl Watcher for Both<'_> {
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        if self.all {
            self.watcher.emit(time, source, line);
        }
    }

    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        self.pairs.arrival(time, projection, row);
        if self.all {
            self.watcher.arrival(time, projection, row);
        }
    }

    fn spike(&mut self, spike: Spike) {
        self.pairs.spike(spike);
        self.watcher.spike(spike);
    }

    fn change(&mut self, projection: u32, change: &Change) {
        self.watcher.change(projection, change);
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.watcher.sample(time, population, u);
    }
}

/// A run, and the pairs of spikes that are watched in it.
struct Events {
    run: Run,
    threads: Threads,
    pairs: Pairs,
}

impl Course for Events {
    fn sample_every(&mut self, population: usize, interval: Time) {
        self.run.sample_every(population, interval);
    }

    fn run(
        &mut self,
        end: Time,
        stop: &AtomicBool,
        all: bool,
        watcher: &mut dyn Watcher,
    ) -> Result<Time, SimulationError> {
        let Self { run, threads, pairs } = self;
        if pairs.any() {
            return run.run_watched(end, threads, stop, (true, &mut Both { watcher, all, pairs }));
        }
        run.run_watched(end, threads, stop, (all, watcher))
    }

    fn save(
        &mut self,
        plan: &Plan,
        fingerprint: &Fingerprint,
        store: &mut dyn Store,
    ) -> Result<(), RunError> {
        let checkpoint = Checkpoint {
            of: Identity::of(plan, None),
            // What does not learn is drawn again.
            state: self.run.state_but_constants(),
            pairs: self.pairs.clone(),
            fingerprint: fingerprint.clone(),
        };
        let models = models(plan);
        store
            .save(&mut |out| snapshot::write(out, Payload::Simulation, &models, &checkpoint))
            .map_err(RunError::Store)
    }

    fn sample(&self, population: usize) -> (Time, Vec<f64>) {
        (self.run.now(), self.run.membranes(population))
    }

    fn states(&self, population: usize, neurons: Range<u32>, tell: Tell<'_>) {
        self.run.states(population, neurons, tell);
    }

    fn weights(&mut self, projection: usize, visit: Weight<'_>) {
        let weights = self.run.weights(projection);
        let network = self.run.network();
        let described = &network.projections[projection];
        let ends = described.ends(network.populations[described.to].size);
        let devices = self.run.learning().and_then(|learning| learning.plastic(projection)?.devices());
        for (device, (ends, weight)) in ends.zip(weights).enumerate() {
            visit(ends, weight, devices.map(|devices| devices.sides(device, weight)));
        }
    }

    fn counts(&self) -> &Counts {
        self.run.counts()
    }
}

/// Builds the network on all threads, with a bar.
fn build(plan: &Plan, context: &mut RunContext<'_>) -> Result<Assembled, RunError> {
    let drawn = plan.projections.iter().filter(|p| matches!(p.connect, Connect::Drawn { .. }));
    let total = drawn.map(|projection| synapses::count(plan, projection)).sum::<f64>();
    // Small ones are there before a bar is drawn.
    let shown = total > 1e6;
    if shown {
        context.progress.phase("build", total as u64);
    }
    let (progress, stop) = (&mut context.progress, context.stop);
    let built = assemble_with(plan, Some(&context.threads), &mut |synapses| {
        if shown {
            progress.advance(synapses);
        }
        !stop.load(Ordering::Relaxed)
    });
    if shown {
        context.progress.done();
    }
    built.map_err(RunError::of_network)
}

/// Synaptic events in a window below which threads would only wait for each other.
const FEW: f64 = 2000.0;

/// Why a network is run by one thread, if it is.
fn few(network: &Network, plan: &Plan, duration: Time) -> Option<String> {
    let Some(window) = window(network) else {
        return Some(alone(network));
    };
    let seconds = plan.engine.window.map_or(window, |shorter| window.min(shorter)).as_seconds();
    // Every spike of a source makes about one spike of its targets, if that.
    let spikes = load_estimate::spikes(plan, duration) / duration.as_seconds();
    let fan_out = network.populations.iter().enumerate().map(|(index, population)| {
        let outgoing = network.from_population[index].iter();
        let synapses: usize = outgoing
            .map(|&out| {
                network.projections[out].synapses(network.populations[network.projections[out].to].size)
            })
            .sum();
        synapses as f64 / f64::from(population.size)
    });
    let events = spikes * seconds * (1.0 + fan_out.fold(0.0, f64::max));
    (events < FEW).then(|| format!("a window of {window} holds too few events, about {events:.0}"))
}
