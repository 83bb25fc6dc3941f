//! A run that belongs to whoever holds it: no type parameters, no lifetimes, nothing but itself to keep alive.

use super::fault::SimulationError;
use super::learn::{Learning, LearningState};
use super::motion::{Engine, Motion};
use super::onlooker::{Watched, Watcher};
use super::probe::{Spike, Tell};
use super::queue::Queue;
use super::simulation::Simulation;
use super::state::Counts;
use crate::encoding::BlockRate;
use crate::network::{Network, Weights};
use crate::plasticity::Change;
use crate::threads::Threads;
use crate::time::Time;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What is kept of a run while it goes on. It may be changed between two calls of [`Run::run`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recording {
    /// Spikes of neurons, and what [`Run::sample_every`] asked for.
    pub spikes: bool,
    /// Spikes of sources and arrivals of rows too.
    pub all: bool,
    /// [`Run::run`] returns early with so many entries, for somebody to take them: memory stays bounded.
    pub at_most: usize,
}

impl Default for Recording {
    /// Spikes of neurons and samples, as many as there are.
    fn default() -> Self {
        Self { spikes: true, all: false, at_most: usize::MAX }
    }
}

/// A sample of the membranes of a population.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// When.
    pub time: Time,
    /// Index of the population.
    pub population: u32,
    /// Of every neuron, relative to ground, in volts.
    pub u: Vec<f64>,
}

/// What was recorded, each list in the order in which it happened.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Harvest {
    /// Spikes of neurons.
    pub spikes: Vec<Spike>,
    /// Membranes.
    pub samples: Vec<Sample>,
    /// Spikes of sources: when, which source, which of its lines.
    pub emissions: Vec<(Time, u32, u32)>,
    /// Arrivals: when, at which projection, of which row.
    pub arrivals: Vec<(Time, u32, u32)>,
}

impl Harvest {
    /// Number of entries in all lists.
    #[must_use]
    pub fn len(&self) -> usize {
        self.spikes.len() + self.samples.len() + self.emissions.len() + self.arrivals.len()
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Fills a harvest, until there is enough.
struct Reaper {
    harvest: Harvest,
    recording: Recording,
}

impl Watcher for Reaper {
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        self.harvest.emissions.push((time, source, line));
    }

    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        self.harvest.arrivals.push((time, projection, row));
    }

    fn spike(&mut self, spike: Spike) {
        if self.recording.spikes || self.recording.all {
            self.harvest.spikes.push(spike);
        }
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.harvest.samples.push(Sample { time, population, u: u.to_vec() });
    }

    fn enough(&self) -> bool {
        self.harvest.len() >= self.recording.at_most
    }
}

/// A network that runs: state, weights, rules and what was recorded, in one value that can be sent to another thread,
/// held by another language, cloned, saved under one number of threads and resumed under another.
///
/// ```
/// use memspike::prelude::*;
/// use std::sync::atomic::AtomicBool;
///
/// let mut builder = Builder::default();
/// let input = builder.poisson("input", 10, Hertz::new(100.0));
/// let pair = builder.population("pair", 2, Lif::default());
/// builder.projection("drive", input, pair, Kernel::Delta, Time::ZERO, Rows::Dense);
/// let network = builder.finish()?;
///
/// let mut run = Run::new(&network, &[vec![0.05; 20]], 1)?;
/// run.until(Time::from_ms(200))?;
/// let mut branch = run.clone();
/// // Another thread, two threads of its own, a flag that stops it: the same bits.
/// let branch = std::thread::spawn(move || {
///     branch.run(Time::from_ms(500), &Threads::new(2)?, &AtomicBool::new(false))?;
///     Ok::<_, SimulationError>(branch)
/// });
/// run.until(Time::from_ms(500))?;
/// let branch = branch.join().unwrap()?;
/// assert_eq!(branch.counts(), run.counts());
/// assert_eq!(run.harvest().spikes.len() as u64, branch.counts().fire);
/// # Ok::<(), SimulationError>(())
/// ```
pub struct Run {
    network: Arc<Network>,
    weights: Weights<f64>,
    learning: Option<Learning>,
    motion: Motion<f64>,
    /// Shares that the populations are cut into.
    shares: usize,
    /// What is recorded from now on.
    pub recording: Recording,
    harvest: Harvest,
}

impl Run {
    /// A run at its start, with one list of weights per projection (row by row; volts, amperes or siemens as its kernel
    /// says) and the rates that [`crate::network::Builder::poisson`] was given.
    ///
    /// # Errors
    /// If a list does not have one finite weight for each synapse.
    pub fn new(network: &Arc<Network>, weights: &[Vec<f64>], seed: u64) -> Result<Self, SimulationError> {
        Self::with(network, weights, seed, Engine::Fast)
    }

    /// As [`Run::new`] under one of the engines.
    ///
    /// # Errors
    /// As there.
    pub fn with(
        network: &Arc<Network>,
        weights: &[Vec<f64>],
        seed: u64,
        engine: Engine,
    ) -> Result<Self, SimulationError> {
        let weights = Weights::new(network, weights)?;
        let motion = Motion::new(engine, network, seed);
        Ok(Self::of(network, motion, weights, None))
    }

    fn of(
        network: &Arc<Network>,
        motion: Motion<f64>,
        weights: Weights<f64>,
        learning: Option<Learning>,
    ) -> Self {
        let (network, recording) = (Arc::clone(network), Recording::default());
        Self { network, weights, learning, motion, shares: 1, recording, harvest: Harvest::default() }
    }

    /// Lets weights learn from now on, made admissible first. Returns how many had to be moved in each projection.
    pub fn learn(&mut self, learning: Learning) -> Vec<usize> {
        let moved = learning.admit(&mut self.weights);
        self.learning = Some(learning);
        moved
    }

    /// Starts episode `number` at these rates, one for each Poisson block: everything at rest, time 0. Weights stay.
    ///
    /// # Errors
    /// If there is not one rate for each block, or one is higher than can be drawn.
    pub fn begin(&mut self, number: u64, rates: &[BlockRate]) -> Result<(), SimulationError> {
        self.harvest = Harvest::default();
        self.motion.begin(number, rates)
    }

    /// Samples the membranes of a population at every multiple of `interval` from now on.
    ///
    /// # Panics
    /// If there is no such population.
    pub fn sample_every(&mut self, population: usize, interval: Time) {
        self.motion.sample_every(population, interval);
    }

    /// Runs to `end` on the calling thread; the time reached, which is earlier only if [`Recording::at_most`] entries
    /// are there.
    ///
    /// # Errors
    /// If a neuron would spike more than 65 535 times at once, or a membrane is not finite at the end.
    pub fn until(&mut self, end: Time) -> Result<Time, SimulationError> {
        self.run(end, &Threads::one(), &AtomicBool::new(false))
    }

    /// Handles every event before `end`, on `threads`, and returns the time reached: `end`, or earlier if `stop` was set
    /// meanwhile, or [`Recording::at_most`] entries are there. Going on from there gives the same bits.
    ///
    /// # Errors
    /// As [`Run::until`].
    pub fn run(&mut self, end: Time, threads: &Threads, stop: &AtomicBool) -> Result<Time, SimulationError> {
        let mut reaper = Reaper { harvest: std::mem::take(&mut self.harvest), recording: self.recording };
        let done = self.run_watched(end, threads, stop, (self.recording.all, &mut reaper));
        self.harvest = reaper.harvest;
        done
    }

    /// As [`Run::run`], shown to a watcher in place of recorded, who may say when it has seen enough: the spikes of sources
    /// and the arrivals only if it is to see `all`.
    ///
    /// # Errors
    /// As [`Run::until`].
    pub fn run_watched(
        &mut self,
        end: Time,
        threads: &Threads,
        stop: &AtomicBool,
        (all, watcher): (bool, &mut dyn Watcher),
    ) -> Result<Time, SimulationError> {
        if all {
            self.handle(end, threads, stop, &mut Watched::<true>(watcher))
        } else {
            self.handle(end, threads, stop, &mut Watched::<false>(watcher))
        }
    }

    fn handle<const ALL: bool>(
        &mut self,
        end: Time,
        threads: &Threads,
        stop: &AtomicBool,
        probe: &mut Watched<'_, ALL>,
    ) -> Result<Time, SimulationError> {
        if std::mem::replace(&mut self.shares, threads.shares()) != threads.shares() {
            self.motion.partition(threads);
        }
        self.motion.lend(threads);
        let until = (stop, |probe: &Watched<'_, ALL>| probe.0.enough());
        let done = self.motion.run_while(&mut self.weights, self.learning.as_mut(), end, until, probe);
        self.motion.lend(&Threads::one());
        done
    }

    /// Windows no longer than `window` from now on: no bit depends on it, which is what it is for.
    pub fn shorten_windows(&mut self, window: Time) {
        self.motion.shorten_windows(window);
    }

    /// Shows a watcher every change of a weight from now on, instant by instant and so on one thread.
    pub fn tell_changes(&mut self) {
        if let Some(learning) = &mut self.learning {
            learning.tell(&mut self.weights);
        }
    }

    /// Ends learning: what is still going on in devices goes on until now. What that changes is returned, by projection,
    /// after [`Run::tell_changes`].
    pub fn finish(&mut self) -> Vec<(u32, Change)> {
        let Some(learning) = &mut self.learning else { return Vec::new() };
        learning.finish(&mut self.weights, self.motion.now());
        learning.changes().collect()
    }

    /// What was recorded since the last call.
    pub fn harvest(&mut self) -> Harvest {
        std::mem::take(&mut self.harvest)
    }

    /// The time up to which everything has been handled.
    #[must_use]
    pub fn now(&self) -> Time {
        self.motion.now()
    }

    /// Counts since the episode began.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        self.motion.counts()
    }

    /// Membranes of a population now, in volts.
    #[must_use]
    pub fn membranes(&self, population: usize) -> Vec<f64> {
        self.motion.membranes(population)
    }

    /// Joules that the neurons of a population have spent up to now: as [`Simulation::spent`].
    #[must_use]
    pub fn spent(&self, population: usize) -> Option<[f64; 3]> {
        self.motion.spent(population)
    }

    /// Tells the states of some neurons of a population now: as [`Simulation::states`].
    pub fn states(&self, population: usize, neurons: Range<u32>, tell: Tell<'_>) {
        self.motion.states(population, neurons, tell);
    }

    /// The network.
    #[must_use]
    pub fn network(&self) -> &Arc<Network> {
        &self.network
    }

    /// Weights of a projection, row by row: as they are now, if they learn, in the middle of a pulse too.
    #[must_use]
    pub fn weights(&self, projection: usize) -> Vec<f64> {
        match &self.learning {
            Some(learning) => learning.current(&self.weights, self.now()).values(&self.network, projection),
            None => self.weights.values(&self.network, projection),
        }
    }

    /// What learns. It is up to date after [`Run::finish`].
    #[must_use]
    pub fn learning(&self) -> Option<&Learning> {
        self.learning.as_ref()
    }

    /// The weights of all projections, as up to date as [`Run::learning`].
    #[must_use]
    pub fn all_weights(&self) -> &Weights<f64> {
        &self.weights
    }

    /// Everything that is needed to go on elsewhere, but what was recorded: see [`crate::snapshot`] for its bytes.
    pub fn state(&mut self) -> LearningState {
        self.motion.state(&mut self.weights, self.learning.as_mut())
    }

    /// As [`Run::state`], without the weights if none of them learns: who makes them anew puts them there before
    /// [`Run::resume`], and a billion of them are not written.
    pub fn state_but_constants(&mut self) -> LearningState {
        let mut nothing = Weights { projections: Vec::new() };
        let weights = if self.learning.is_some() { &mut self.weights } else { &mut nothing };
        self.motion.state(weights, self.learning.as_mut())
    }

    /// Goes on from a state under one of the engines, at these rates, and with rules made anew for the same network.
    ///
    /// # Errors
    /// If the state does not fit the network, its rules or the rates.
    pub fn resume(
        network: &Arc<Network>,
        state: LearningState,
        learning: Option<Learning>,
        rates: &[BlockRate],
        engine: Engine,
    ) -> Result<Self, SimulationError> {
        let mut rules = learning;
        let (motion, weights) = Motion::resume(engine, network, state, rules.as_mut(), rates)?;
        Ok(Self::of(network, motion, weights, rules))
    }
}

impl Clone for Run {
    /// Another run that has got as far, with the same recorded so far.
    fn clone(&self) -> Self {
        let motion = match &self.motion {
            Motion::Fast(simulation) => Motion::Fast(Box::new(again(simulation))),
            Motion::Reference(simulation) => Motion::Reference(Box::new(again(simulation))),
        };
        let copy = Self::of(&self.network, motion, self.weights.clone(), self.learning.clone());
        Self { recording: self.recording, harvest: self.harvest.clone(), ..copy }
    }
}

/// A simulation in the same state.
fn again<Q: Queue<f64>>(simulation: &Simulation<f64, Q>) -> Simulation<f64, Q> {
    match Simulation::resume(&simulation.network, simulation.state(), &simulation.rates) {
        Ok(again) => again,
        Err(fault) => unreachable!("its own state: {fault}"),
    }
}
