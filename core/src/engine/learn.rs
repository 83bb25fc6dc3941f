//! Weights that change while a network runs.
//!
//! An instant is handled as without learning; before its arrivals are delivered the plastic projections among them
//! depress, and after the threshold test those whose targets spiked potentiate. Both engines give the same
//! instants, so they give the same weights.

use super::core::{Moment, Part};
use super::fault::SimulationError;
use super::free::Fires;
use super::key::{EventKey, Kind};
use super::learners::Shares;
use super::plastic_rows::Held;
use super::probe::{Instant, Probe, Spike};
use super::queue::Queue;
use super::resume::StateError;
use super::simulation::Simulation;
use super::state::State;
use crate::encoding::BlockRate;
use crate::network::{Effect, Network, Projection, Rows, Weights, stride};
use crate::plasticity::{Change, Layout, Memory, MemoryError, Plastic};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The plastic projections of a network.
#[derive(Clone, Debug)]
pub struct Learning {
    /// One entry per projection.
    pub(super) plastic: Vec<Option<Plastic>>,
    /// Plastic projections that end at each population.
    pub(super) into: Vec<Vec<usize>>,
    rows: Vec<u32>,
    columns: Vec<u32>,
    spikes: Spikes,
    /// Of each population, where single rows are delivered.
    held: Vec<Held>,
    /// What the units of windows have of them.
    pub(super) shares: Shares,
    /// Whether somebody is told of every change.
    tells: bool,
}

/// A learning run between two instants: what to go on from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearningState {
    /// The network.
    pub simulation: State<f64>,
    /// Weights as learned so far.
    pub weights: Weights<f64>,
    /// Traces and devices of each projection that learns.
    pub memories: Vec<Option<Memory>>,
}

/// Why a projection cannot learn, or a state cannot be continued.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum LearningError {
    /// The network's state does not fit.
    #[error(transparent)]
    State(#[from] StateError),
    /// A list of another length.
    #[error("the state has {found} {what}, the network {expected}: it belongs to another network")]
    Shape {
        /// What the list holds.
        what: &'static str,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A memory of another rule or projection.
    #[error("the memory of projection `{projection}` cannot be used: {error}")]
    Memory {
        /// Name of the projection.
        projection: String,
        /// What is wrong with it.
        error: MemoryError,
    },
    /// Learning and a memory must belong together.
    #[error("projection `{projection}` learns here and not in the state: it belongs to another network")]
    Plastic {
        /// Name of the projection.
        projection: String,
    },
    /// A kernel that cannot learn.
    #[error(
        "projection `{projection}` has pulses of current, or a current, whose later steps would use another weight than the first; it cannot learn"
    )]
    Kernel {
        /// Name of the projection.
        projection: String,
    },
    /// More synapses than a list of them can name.
    #[error(
        "projection `{projection}` has {synapses} synapses that learn, by themselves; allowed: up to 4294967295"
    )]
    TooMany {
        /// Name of the projection.
        projection: String,
        /// How many it has.
        synapses: usize,
    },
    /// Weights that are kept in the network cannot learn.
    #[error("projection `{projection}` has weights that are kept in the network for good; it cannot learn")]
    Fixed {
        /// Name of the projection.
        projection: String,
    },
}

/// The synapses of a projection as learning rules count them.
#[must_use]
pub fn layout(network: &Network, projection: &Projection) -> Layout {
    let cols = network.populations[projection.to].size;
    match &projection.connect {
        Rows::Dense => {
            Layout::Dense { rows: projection.rows as usize, cols: cols as usize, stride: stride(cols) }
        }
        Rows::OneToOne => Layout::OneToOne { size: cols as usize },
        Rows::Sparse { start, targets } => {
            let targets: Vec<u32> = targets.of(0..targets.len()).collect();
            match projection.delays {
                Some(_) => Layout::singles(start.clone(), targets, cols as usize, Vec::new()),
                None => Layout::sparse(start, &targets, cols as usize),
            }
        }
    }
}

/// Collects the spikes of one instant.
#[derive(Clone, Debug, Default)]
struct Spikes(Vec<Spike>);

impl Probe<f64> for Spikes {
    const LEARN: bool = true;

    fn instant(&mut self, instant: Instant<'_>) {
        self.0.extend_from_slice(instant.spikes);
    }
}

/// Projections that learn, each with its weights.
pub(super) fn those_that_learn<'a>(
    plastic: &'a mut [Option<Plastic>],
    weights: &'a mut Weights<f64>,
) -> impl Iterator<Item = (&'a mut Plastic, &'a mut [f64])> {
    let pairs = plastic.iter_mut().zip(&mut weights.projections);
    pairs.filter_map(|(plastic, weights)| {
        let plastic = plastic.as_mut()?;
        let weights: &mut Vec<f64> = Arc::make_mut(weights);
        Some((plastic, weights.as_mut_slice()))
    })
}

impl Learning {
    /// `plastic` has one entry per projection, made for its [`layout`]. `wait`: potentiation may wait until
    /// a row is looked at, which changes no bit.
    ///
    /// # Errors
    /// If there is not one entry per projection, a layout is another, or a projection cannot learn: it has
    /// pulses or a current, or fixed weights.
    pub fn new(
        network: &Network,
        mut plastic: Vec<Option<Plastic>>,
        wait: bool,
    ) -> Result<Self, LearningError> {
        let (found, expected) = (plastic.len(), network.projections.len());
        if found != expected {
            return Err(LearningError::Shape { what: "projections", found, expected });
        }
        let mut into = vec![Vec::new(); network.populations.len()];
        for (index, (plastic, projection)) in plastic.iter_mut().zip(&network.projections).enumerate() {
            let Some(plastic) = plastic else { continue };
            let name = || projection.name.clone();
            if matches!(projection.kernel.effect(), Effect::Steps(_) | Effect::Follows) {
                return Err(LearningError::Kernel { projection: name() });
            }
            if projection.fixed.is_some() {
                return Err(LearningError::Fixed { projection: name() });
            }
            let wanted = layout(network, projection);
            if *plastic.layout() != wanted {
                let (found, expected) = (plastic.layout().weights(), wanted.weights());
                return Err(LearningError::Shape { what: "plastic synapses", found, expected });
            }
            let listed = matches!(wanted, Layout::Sparse { .. } | Layout::Singles { .. });
            if listed && wanted.weights() > u32::MAX as usize {
                return Err(LearningError::TooMany { projection: name(), synapses: wanted.weights() });
            }
            plastic.may_wait(wait);
            into[projection.to].push(index);
        }
        let held = vec![Held::default(); network.populations.len()];
        let (rows, columns, spikes, shares) = (Vec::new(), Vec::new(), Spikes::default(), Shares::default());
        Ok(Self { plastic, into, rows, columns, spikes, held, shares, tells: false })
    }

    /// Tells [`Probe::change`] of every change of a weight from here on. It changes no bit, and takes time: a network is run
    /// instant by instant then.
    pub fn tell(&mut self, weights: &mut Weights<f64>) {
        self.gather(weights);
        self.tells = true;
        for (plastic, weights) in those_that_learn(&mut self.plastic, weights) {
            plastic.tell(weights);
        }
    }

    /// What has changed since somebody was told last, by projection: after [`Learning::finish`], what it did.
    pub fn changes(&mut self) -> impl Iterator<Item = (u32, Change)> {
        self.plastic.iter_mut().enumerate().flat_map(|(index, plastic)| {
            plastic.iter_mut().flat_map(Plastic::changes).map(move |change| (index as u32, change))
        })
    }

    /// The learning of one projection. What it remembers is complete after [`Learning::settle_waiting`].
    #[must_use]
    pub fn plastic(&self, projection: usize) -> Option<&Plastic> {
        self.plastic.get(projection)?.as_ref()
    }

    /// Makes weights such as the projections can have; returns how many of each had to be moved.
    pub fn admit(&self, weights: &mut Weights<f64>) -> Vec<usize> {
        let pairs = self.plastic.iter().enumerate();
        pairs
            .map(|(k, plastic)| plastic.as_ref().map_or(0, |plastic| plastic.admit(weights.own(k))))
            .collect()
    }

    /// An episode begins.
    pub fn begin(&mut self, weights: &mut Weights<f64>) {
        self.gather(weights);
        for (plastic, weights) in those_that_learn(&mut self.plastic, weights) {
            plastic.restart(weights);
        }
    }

    /// Applies what waits, and puts together what threads have learned. It changes no bit of what comes.
    pub fn settle_waiting(&mut self, weights: &mut Weights<f64>) {
        self.gather(weights);
        for (plastic, weights) in those_that_learn(&mut self.plastic, weights) {
            plastic.settle_waiting(weights);
        }
    }

    /// The same, with memories as every engine would keep them at `now`.
    fn bring(&mut self, now: Time, weights: &mut Weights<f64>) {
        self.settle_waiting(weights);
        for (plastic, weights) in those_that_learn(&mut self.plastic, weights) {
            plastic.bring(now, weights);
        }
    }

    /// The weights as they are at `now`, without touching anything.
    #[must_use]
    pub fn current(&self, weights: &Weights<f64>, now: Time) -> Weights<f64> {
        let mut weights = weights.clone();
        self.clone().finish(&mut weights, now);
        weights
    }

    /// Ends a run at `end`: what is still going on in devices goes on until then.
    pub fn finish(&mut self, weights: &mut Weights<f64>, end: Time) {
        self.gather(weights);
        for (plastic, weights) in those_that_learn(&mut self.plastic, weights) {
            plastic.finish(weights, end);
        }
    }

    /// Arrivals of an instant, before delivery.
    fn arrive(&mut self, events: &[EventKey], weights: &mut Weights<f64>) {
        for arrivals in by_projection(events) {
            let projection = arrivals[0].source as usize;
            if let Some(plastic) = &mut self.plastic[projection] {
                self.rows.clear();
                self.rows.extend(arrivals.iter().map(|event| event.row));
                let weights = weights.own(projection);
                plastic.age(arrivals[0].time, weights);
                plastic.arrive(arrivals[0].time, &self.rows, weights);
            }
        }
    }

    /// The rest of an instant, after the test.
    fn settle(&mut self, network: &Network, time: Time, events: &[EventKey], weights: &mut Weights<f64>) {
        for arrivals in by_projection(events) {
            let projection = arrivals[0].source as usize;
            if let Some(plastic) = &mut self.plastic[projection] {
                let to = network.projections[projection].to as u32;
                self.rows.clear();
                self.rows.extend(arrivals.iter().map(|event| event.row));
                columns(&self.spikes.0, to, &mut self.columns);
                let weights = weights.own(projection);
                plastic.age(time, weights);
                plastic.settle(time, &self.rows, &self.columns, weights);
            }
        }
        // Spikes come in order of populations: each is looked for once.
        let mut last = None;
        for index in 0..self.spikes.0.len() {
            let population = self.spikes.0[index].population;
            if last.replace(population) == Some(population) {
                continue;
            }
            columns(&self.spikes.0, population, &mut self.columns);
            for &projection in &self.into[population as usize] {
                let arrives = by_projection(events).any(|group| group[0].source as usize == projection);
                if let (Some(plastic), false) = (&mut self.plastic[projection], arrives) {
                    let weights = weights.own(projection);
                    plastic.age(time, weights);
                    plastic.settle(time, &[], &self.columns, weights);
                }
            }
        }
    }
}

/// The arrivals among the events of an instant, projection by projection.
fn by_projection(events: &[EventKey]) -> impl Iterator<Item = &[EventKey]> {
    events
        .chunk_by(|one, other| one.kind == other.kind && one.source == other.source)
        .filter(|group| group[0].kind == Kind::Arrival)
}

/// Neurons of a population that spiked, ascending.
fn columns(spikes: &[Spike], population: u32, columns: &mut Vec<u32>) {
    columns.clear();
    let own = spikes.iter().filter(|spike| spike.population == population);
    columns.extend(own.map(|spike| spike.neuron));
    columns.sort_unstable();
}

impl<Q: Queue<f64>> Simulation<f64, Q> {
    /// As [`Simulation::step`] with weights that learn; false if nothing is due before `end`.
    ///
    /// The weights are current after [`Learning::settle_waiting`].
    ///
    /// # Errors
    /// As [`Simulation::step`].
    pub fn step_learning<P: Probe<f64>>(
        &mut self,
        weights: &mut Weights<f64>,
        end: Time,
        learning: &mut Learning,
        probe: &mut P,
    ) -> Result<bool, SimulationError> {
        self.can_be_taped(probe)?;
        if let Some(done) = self.window_learning(weights, end, learning, probe) {
            self.check_excess(weights)?;
            return Ok(done);
        }
        self.leave_windows();
        learning.gather(weights);
        match self.queue.peek() {
            Some((time, rank)) if time < end => {
                self.now = time;
                let mut events = std::mem::take(&mut self.events);
                self.queue.pop_instant(&self.network, &self.rates, &mut events);
                if self.single(&events, weights, learning, probe) {
                    // Done.
                } else if rank == 0 {
                    self.handle(weights, &events, probe);
                } else {
                    if events.iter().any(|event| event.kind == Kind::Fire) {
                        learning.held.iter_mut().for_each(Held::forget);
                    }
                    learning.arrive(&events, weights);
                    learning.spikes.0.clear();
                    let mut both = (&mut *probe, &mut learning.spikes);
                    self.handle(weights, &events, &mut both);
                    learning.settle(&self.network, time, &events, weights);
                }
                if learning.tells {
                    learning.changes().for_each(|(projection, change)| probe.change(projection, &change));
                }
                self.events = events;
                self.check_excess(weights)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// As [`Simulation::window`] with weights that learn.
    fn window_learning<P: Probe<f64>>(
        &mut self,
        weights: &mut Weights<f64>,
        end: Time,
        learning: &mut Learning,
        probe: &mut P,
    ) -> Option<bool> {
        if P::LEARN || P::TAPE || learning.tells {
            return None;
        }
        let learns = |projection: u32| learning.plastic[projection as usize].is_some();
        if self.windows.as_mut()?.watch(learns) {
            self.leave_windows();
            let windows = self.windows.as_mut()?;
            windows.begin(&self.network, &mut self.core, &self.block_sources, &self.rates);
        }
        learning.lend(self.windows.as_mut()?, weights);
        let done = self.window(weights, end, probe);
        learning.regain(self.windows.as_mut()?, weights);
        if self.core.excess.is_some() {
            learning.gather(weights);
        }
        done
    }

    /// An instant of one arrival at a dense plastic projection to a population of common decay; false if it is
    /// not one. The same bits as the general way.
    #[inline]
    fn single<P: Probe<f64>>(
        &mut self,
        events: &[EventKey],
        weights: &mut Weights<f64>,
        learning: &mut Learning,
        probe: &mut P,
    ) -> bool {
        if P::LEARN || P::TAPE {
            return false;
        }
        let [EventKey { kind: Kind::Arrival, time, row, source, .. }] = *events else { return false };
        let index = source as usize;
        let projection = &self.network.projections[index];
        let population = projection.to;
        let Learning { plastic, into, columns, held, .. } = learning;
        let (Some(plastic), Rows::Dense) = (&mut plastic[index], &projection.connect) else { return false };
        // Switches that differ have thresholds and on-times of their own.
        let Part::Shared { parameters, state, switching: None, .. } = &mut self.core.parts[population] else {
            return false;
        };
        let refractory = parameters.refractory;
        let values = weights.own(index);
        plastic.age(time, values);
        plastic.arrive(time, &[row], values);
        let start = row as usize * state.x.len();
        columns.clear();
        let held = &mut held[population];
        if held.deliver(state, parameters, time, &values[start..start + state.x.len()]) {
            for neuron in 0..parameters.size {
                if state.above(parameters.levels.of(neuron).firing.threshold, neuron) {
                    let times = state.fire(parameters, neuron, refractory);
                    held.hold(state, neuron as u32);
                    columns.extend((0..times).map(|_| neuron as u32));
                }
            }
        }
        let counts = &mut self.core.counts;
        counts.arrival += 1;
        counts.synaptic += parameters.size as u64;
        if probe.counted() && projection.counted {
            counts.row(index, row, 1);
        }
        if P::STREAM {
            probe.arrival(time, source, row);
        }
        let moment = &mut Moment { network: &self.network, time, queue: &mut self.queue, probe };
        for spikes in columns.chunk_by(|one, other| one == other) {
            let times = spikes.len() as u32;
            self.core.spike(population, Fires { times, ..Fires::once(spikes[0], refractory) }, moment);
        }
        plastic.settle(time, &[row], columns, values);
        if !columns.is_empty() {
            for &other in into[population].iter().filter(|&&other| other != index) {
                if let Some(plastic) = &mut learning.plastic[other] {
                    let others = weights.own(other);
                    plastic.age(time, others);
                    plastic.settle(time, &[], columns, others);
                }
            }
        }
        true
    }

    /// Handles every event before `end`. The weights are current afterwards.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_learning<P: Probe<f64>>(
        &mut self,
        weights: &mut Weights<f64>,
        end: Time,
        learning: &mut Learning,
        probe: &mut P,
    ) -> Result<(), SimulationError> {
        let never = (&AtomicBool::new(false), |_: &P| false);
        let done = self.run_while(weights, Some(learning), end, never, probe);
        learning.settle_waiting(weights);
        done.map(drop)
    }

    /// As [`Simulation::run`] or [`Simulation::run_learning`], until `stop` is set or `enough` says so of the probe: the
    /// time reached.
    pub(super) fn run_while<P: Probe<f64>>(
        &mut self,
        weights: &mut Weights<f64>,
        mut learning: Option<&mut Learning>,
        end: Time,
        (stop, enough): (&AtomicBool, impl Fn(&P) -> bool),
        probe: &mut P,
    ) -> Result<Time, SimulationError> {
        loop {
            let went_on = match &mut learning {
                Some(learning) => self.step_learning(weights, end, learning, probe)?,
                None => self.step(weights, end, probe)?,
            };
            if !went_on {
                self.now = self.now.max(end);
                break;
            }
            if stop.load(Ordering::Relaxed) || enough(probe) {
                break;
            }
        }
        self.check_finite()?;
        Ok(self.now)
    }

    /// Everything that is needed to go on elsewhere, between any two steps.
    #[must_use]
    pub fn learning_state(&self, weights: &mut Weights<f64>, learning: &mut Learning) -> LearningState {
        learning.bring(self.now, weights);
        let memories = learning.plastic.iter().map(|plastic| Some(plastic.as_ref()?.memory().clone()));
        LearningState { simulation: self.state(), weights: weights.clone(), memories: memories.collect() }
    }

    /// Goes on from a state: the simulation and its weights. `learning` is made anew for the same network.
    ///
    /// # Errors
    /// If the state does not fit the network or its rules, or the rates do not.
    pub fn resume_learning(
        network: &Arc<Network>,
        state: LearningState,
        learning: &mut Learning,
        rates: &[BlockRate],
    ) -> Result<(Self, Weights<f64>), LearningError> {
        let LearningState { simulation, weights, memories } = state;
        learning.shares = Shares::default();
        let now = simulation.now;
        let simulation = Self::resume(network, simulation, rates)?;
        for (what, found) in [("projections", memories.len()), ("weight matrices", weights.projections.len())]
        {
            if found != network.projections.len() {
                return Err(LearningError::Shape { what, found, expected: network.projections.len() });
            }
        }
        for (values, projection) in weights.projections.iter().zip(&network.projections) {
            // Fixed weights are kept in the network.
            let expected = if projection.fixed.is_some() { 0 } else { layout(network, projection).weights() };
            let found = values.len();
            if found != expected {
                return Err(LearningError::Shape { what: "weights", found, expected });
            }
        }
        for ((memory, plastic), projection) in
            memories.into_iter().zip(&mut learning.plastic).zip(&network.projections)
        {
            let name = || projection.name.clone();
            match (memory, plastic) {
                (Some(memory), Some(plastic)) => plastic
                    .resume(memory, now)
                    .map_err(|error| LearningError::Memory { projection: name(), error })?,
                (None, None) => {}
                _ => return Err(LearningError::Plastic { projection: name() }),
            }
        }
        Ok((simulation, weights))
    }
}
