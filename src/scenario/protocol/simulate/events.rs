//! One episode on an event engine.

use super::episode::{self, Begun, Course, alias_tables};
use crate::encoding::BlockRate;
use crate::energy::{Category, Ledger};
use crate::engine::{
    Counts, Engine, Learning, LearningError, LearningState, Motion, Record, SimulationError, Spike, State,
    Watcher, window,
};
use crate::network::{Network, Weights};
use crate::plasticity::{Change, Memory};
use crate::record::fingerprint::Fingerprint;
use crate::scenario::assemble::{Assembled, assemble_with};
use crate::scenario::load_estimate;
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::{Connect, Plan};
use crate::scenario::run::arrays::{named_arrays, programmed};
use crate::scenario::run::books::{book, overlapping};
use crate::scenario::run::context::{RunContext, RunError, Store};
use crate::scenario::run::network::alone;
use crate::scenario::run::pairs::Pairs;
use crate::scenario::run::plastic;
use crate::scenario::run::training::{Identity, models, same};
use crate::scenario::synapses;
use crate::snapshot::{self, Payload};
use crate::time::Time;
use crate::units::Ampere;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub fn simulate(
    engine: Engine,
    plan: &Plan,
    duration: Time,
    pool: &Arc<rayon::ThreadPool>,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    let start = (context.clock)();
    let Assembled { network, weights: mut values, mut notes } = build(plan, pool, context)?;
    let arrays = programmed(plan, &mut values)?;
    let mut weights = Weights::<f64>::from_values(&network, &values);
    // The reference engine does everything at once.
    let fast = engine == Engine::Fast;
    let mut learning =
        if plastic::learns(plan) { Some(plastic::learning(plan, &network, &arrays, fast)?) } else { None };
    let moved = learning.as_ref().map_or_else(Vec::new, |learning| learning.admit(&mut weights));
    let untouched =
        learning.as_ref().map(|learning| Pairs::new(&network, learning, &weights)).unwrap_or_default();
    let tables = alias_tables(plan);
    let rates: Vec<BlockRate> =
        tables.iter().map(|(table, rate)| BlockRate::steady(&table.cells, *rate)).collect();
    let checkpoint = restored(plan, context)?;
    let (mut simulation, begun) = match checkpoint {
        None => {
            let mut simulation = Motion::new(engine, &network, plan.seed);
            simulation.begin(0, &rates)?;
            (simulation, None)
        }
        Some(Checkpoint { state, learned, fingerprint, pairs, .. }) => {
            let memories = vec![None; network.projections.len()];
            let (learned, memories) = learned.unwrap_or_else(|| {
                let nothing = Weights { projections: Vec::new() };
                (std::mem::replace(&mut weights, nothing), memories)
            });
            same(pairs.fits(&untouched), "network")?;
            let begun = Begun { reached: state.now, fingerprint };
            let state = LearningState { simulation: state, weights: learned, memories };
            let resumed = Motion::resume(engine, &network, state, learning.as_mut(), &rates);
            let (simulation, kept) = resumed.map_err(|fault| match fault {
                SimulationError::State(fault) | SimulationError::Learning(LearningError::State(fault)) => {
                    fault.into()
                }
                other => RunError::Simulation(other),
            })?;
            weights = kept;
            (simulation, Some((begun, pairs)))
        }
    };
    if let Some(window) = plan.engine.window {
        simulation.shorten_windows(window);
    }
    let threads = match few(&network, plan, duration) {
        Some(why) if context.threads > 1 && fast => {
            // Not a note of the outcome, which is the same for any number of threads.
            tracing::info!(target: "memspike::note", kind = "note", "one thread: {why}");
            1
        }
        Some(_) => 1,
        None => context.threads.max(1),
    };
    let partitions = plan.engine.partitions.map_or(threads, |partitions| partitions as usize);
    simulation.partition(partitions, (threads > 1).then_some(pool));
    if let (Some(learning), Some(true)) =
        (&mut learning, context.observer.as_ref().map(|o| o.wants_changes()))
    {
        learning.tell(&mut weights);
    }
    let (begun, pairs) = begun.unzip();
    let pairs = pairs.unwrap_or(untouched);
    let mut events = Events { simulation, weights, learning, pairs };
    let episode = episode::run(plan, duration, start, (&mut events, begun), context)?;
    let mut energy = book((plan, &network), &arrays, &episode.totals, None);
    notes.extend(spent(plan, &events.simulation, &mut energy));
    notes.extend(overlapping(plan, &episode.totals));
    let Events { mut weights, mut learning, pairs, .. } = events;
    let mut learnt = Vec::new();
    if let Some(learning) = &mut learning {
        learning.finish(&mut weights, episode.reached);
        if let Some(observer) = &mut context.observer {
            let last = learning.changes().map(|(projection, change)| Record::Change { projection, change });
            last.for_each(|record| observer.record(0, &record));
        }
        plastic::book(plan, learning, &episode.totals, &mut energy);
        let (results, more) = plastic::results(plan, &network, learning, &weights, &moved, &pairs);
        learnt = results;
        notes.extend(more);
        for (index, values) in values.iter_mut().enumerate() {
            *values = weights.values(&network, index);
        }
    }
    let mut named = named_arrays(plan, &network, &values, &arrays, &mut notes);
    if let Some(learning) = &learning {
        plastic::conductances(plan, &network, learning, &weights, &mut named);
    }
    let outcome = episode.close(&network, &weights, energy, named, notes);
    Ok(Outcome { plastic: learnt, ..outcome })
}

/// Books what the neurons themselves tell of their devices, and says of which they cannot tell what they spend off.
fn spent(plan: &Plan, simulation: &Motion<f64>, energy: &mut Ledger) -> Vec<String> {
    let (mut told, mut notes) = (false, Vec::new());
    for (index, population) in plan.populations.iter().enumerate() {
        let incoming = || plan.projections.iter().filter(|projection| projection.to == index);
        let driven = population.switch.is_none();
        let flows = incoming().any(|projection| !projection.kernel.jumps())
            || population.kinds().any(|neuron| neuron.membrane().i_bias != Ampere::ZERO);
        let spent = simulation.spent(index).filter(|_| driven || flows);
        if let Some([device, limiter, off]) = spent {
            // Of other switches what is spent on is counted by spikes.
            if driven {
                energy.book(&population.name, Category::Neuron, device);
            }
            energy.book(&population.name, Category::Limiter, limiter);
            energy.book(&population.name, Category::Leakage, off);
            told = true;
        }
        let asked = if driven { spent.is_some() } else { plan.record.energy };
        if asked && incoming().any(|projection| projection.kernel.jumps()) {
            notes.push(format!(
                "population {}: the jumps that reach it are impulses of voltage, whose energy depends on their \
                 unknown width and is not in the leakage",
                population.name
            ));
        }
    }
    if told {
        energy.not_modelled.retain(|category| *category != Category::Leakage);
    }
    notes
}

/// What an episode that was stopped goes on from.
#[derive(Serialize, Deserialize)]
struct Checkpoint {
    of: Identity,
    state: State<f64>,
    /// Weights and memories of the rules, if any projection learns.
    learned: Option<(Weights<f64>, Vec<Option<Memory>>)>,
    pairs: Pairs,
    fingerprint: Fingerprint,
}

/// The checkpoint to go on from, if there is one.
fn restored(plan: &Plan, context: &mut RunContext<'_>) -> Result<Option<Checkpoint>, RunError> {
    let Some(mut source) = context.store.load()? else { return Ok(None) };
    let checkpoint: Checkpoint = source.read(Payload::Simulation, &models(plan))?;
    source.finish()?;
    checkpoint.of.check(plan)?;
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

/// An event engine with weights that learn, if any do.
struct Events {
    simulation: Motion<f64>,
    weights: Weights<f64>,
    learning: Option<Learning>,
    pairs: Pairs,
}

impl Course for Events {
    fn sample_every(&mut self, population: usize, interval: Time) {
        self.simulation.sample_every(population, interval);
    }

    fn run(
        &mut self,
        end: Time,
        stop: &AtomicBool,
        all: bool,
        watcher: &mut dyn Watcher,
    ) -> Result<Time, SimulationError> {
        let Self { simulation, weights, learning, pairs } = self;
        let learning = learning.as_mut();
        if pairs.any() {
            let mut both = Both { watcher, all, pairs };
            return simulation.run_watched(weights, learning, end, stop, (true, &mut both));
        }
        simulation.run_watched(weights, learning, end, stop, (all, watcher))
    }

    fn save(
        &mut self,
        plan: &Plan,
        fingerprint: &Fingerprint,
        store: &mut dyn Store,
    ) -> Result<(), RunError> {
        let Self { simulation, weights, learning, pairs } = self;
        let learns = learning.is_some();
        // What does not learn is drawn again.
        let mut nothing = Weights { projections: Vec::new() };
        let of = if learns { weights } else { &mut nothing };
        let LearningState { simulation: state, weights, memories } = simulation.state(of, learning.as_mut());
        let checkpoint = Checkpoint {
            of: Identity::of(plan),
            state,
            learned: learns.then_some((weights, memories)),
            pairs: pairs.clone(),
            fingerprint: fingerprint.clone(),
        };
        let models = models(plan);
        store
            .save(&mut |out| snapshot::write(out, Payload::Simulation, &models, &checkpoint))
            .map_err(RunError::Store)
    }

    fn sample(&self, population: usize) -> (Time, Vec<f64>) {
        (self.simulation.now(), self.simulation.membranes(population))
    }

    fn counts(&self) -> &Counts {
        self.simulation.counts()
    }
}

/// Builds the network on all threads, with a bar.
fn build(plan: &Plan, pool: &rayon::ThreadPool, context: &mut RunContext<'_>) -> Result<Assembled, RunError> {
    let drawn = plan.projections.iter().filter(|p| matches!(p.connect, Connect::Drawn { .. }));
    let total = drawn.map(|projection| synapses::count(plan, projection)).sum::<f64>();
    // Small ones are there before a bar is drawn.
    let shown = total > 1e6;
    if shown {
        context.progress.phase("build", total as u64);
    }
    let progress = &mut context.progress;
    let built = pool.install(|| {
        assemble_with(plan, true, &mut |synapses| {
            if shown {
                progress.advance(synapses);
            }
        })
    });
    if shown {
        context.progress.done();
    }
    built.map_err(RunError::Assemble)
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
