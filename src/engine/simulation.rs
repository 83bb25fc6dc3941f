//! A simulation of one network: episodes begin, run, stop anywhere and go on.

use super::core::Core;
use super::key::{EventKey, Kind};
use super::probe::Probe;
use super::queue::{Episode, Queue, Saved, block_sources};
use super::state::{Counts, Membranes, State};
use crate::encoding::BlockRate;
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::time::Time;

/// A network in motion, with its pending events in a `Q`.
pub struct Simulation<'n, R: Real, Q: Queue<R>> {
    network: &'n Network,
    core: Core<R>,
    queue: Q,
    block_sources: Vec<(u32, u32)>,
    seed: u64,
    episode: u64,
    rates: Vec<BlockRate<'n>>,
    now: Time,
    events: Vec<EventKey>,
}

/// Why a state cannot be continued on a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("the state has {found} {what}, the network {expected}: it belongs to another network")]
    Shape { what: &'static str, found: usize, expected: usize },
    #[error("the state's population {population} is kept in another arithmetic form than the network's")]
    Form { population: usize },
}

impl<'n, R: Real, Q: Queue<R>> Simulation<'n, R, Q> {
    /// A simulation at the start of episode 0 with silent Poisson sources.
    #[must_use]
    pub fn new(network: &'n Network, seed: u64) -> Self {
        let mut simulation = Self {
            network,
            core: Core::new(network),
            queue: Q::new(network),
            block_sources: block_sources(network),
            seed,
            episode: 0,
            rates: Vec::new(),
            now: Time::ZERO,
            events: Vec::new(),
        };
        let silent = vec![BlockRate::new(&[], 0.0); simulation.block_sources.len()];
        simulation.begin(0, &silent);
        simulation
    }

    /// Number of Poisson blocks: [`Simulation::begin`] wants one rate for each.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.block_sources.len()
    }

    /// Starts episode `number`: everything at rest, time 0.
    ///
    /// # Panics
    /// If there is not one rate per Poisson block.
    pub fn begin(&mut self, number: u64, rates: &[BlockRate<'n>]) {
        assert_eq!(rates.len(), self.block_sources.len(), "one rate per Poisson block");
        self.rates.clear();
        self.rates.extend_from_slice(rates);
        self.episode = number;
        self.now = Time::ZERO;
        let episode = Episode { seed: self.seed, number, rates, resume: None };
        self.queue.begin(self.network, &episode);
        self.core.begin(&mut self.queue);
    }

    /// Handles every event before `end`.
    pub fn run<P: Probe<R>>(&mut self, weights: &Weights<R>, end: Time, probe: &mut P) {
        while self.step(weights, end, probe) {}
        self.now = self.now.max(end);
    }

    /// Handles the next instant (or batch of instants) before `end`; false if there is none.
    #[inline]
    pub fn step<P: Probe<R>>(&mut self, weights: &Weights<R>, end: Time, probe: &mut P) -> bool {
        if !P::LEARN {
            if let Some((block, horizon)) = self.queue.batch(end) {
                let (source, rate) = (self.block_sources[block], self.rates[block]);
                self.core.batch(self.network, weights, block, source, horizon, &rate, &mut self.queue, probe);
                return true;
            }
        }
        match self.queue.peek() {
            Some((time, _)) if time < end => {
                self.now = time;
                let mut events = std::mem::take(&mut self.events);
                self.queue.pop_instant(self.network, &self.rates, &mut events);
                self.core.instant(self.network, weights, &events, &mut self.queue, probe);
                self.events = events;
                true
            }
            _ => false,
        }
    }

    /// Samples the membranes of a population every `interval` from now on.
    pub fn sample_every(&mut self, population: usize, interval: Time) {
        let interval = interval.fs().max(1);
        self.queue.push(EventKey {
            time: self.now.after(Time::from_fs(interval)),
            rank: self.network.populations[population].rank + 1,
            kind: Kind::Sample,
            source: population as u32,
            row: (interval >> 32) as u32,
            occurrence: interval as u32,
        });
    }

    /// Logical event counts of the episode.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.core.counts
    }

    /// Membranes of a population now, in volts.
    #[must_use]
    pub fn membranes(&self, population: usize) -> Vec<f64> {
        self.core.membrane_at(self.network, population, self.now)
    }

    /// Membranes of a shared-decay population as last updated (relative to u_inf, padded), and when
    /// that was. Empty for other forms, whose neurons have no common update time.
    #[must_use]
    pub fn last_update(&self, population: usize) -> (&[R], Time) {
        match &self.core.membranes[population] {
            Membranes::Shared(state) => (&state.x, state.last),
            Membranes::Own(_) => (&[], self.now),
        }
    }

    /// Everything that is needed to go on elsewhere. Complete between two calls of [`Simulation::run`].
    #[must_use]
    pub fn state(&self) -> State<R> {
        let Saved { blocks, cursors, pending } = self.queue.save();
        State {
            seed: self.seed,
            episode: self.episode,
            now: self.now,
            populations: self.core.membranes.clone(),
            blocks,
            cursors,
            pending,
            counts: self.core.counts.clone(),
        }
    }

    /// Goes on from a state, under this engine whichever engine it was saved by.
    ///
    /// # Errors
    /// If the state does not fit the network.
    ///
    /// # Panics
    /// If there is not one rate per Poisson block.
    pub fn resume(
        network: &'n Network,
        state: State<R>,
        rates: &[BlockRate<'n>],
    ) -> Result<Self, StateError> {
        let mut simulation = Self::new(network, state.seed);
        check(network, &simulation.core, &state)?;
        simulation.begin(state.episode, rates);
        let saved = Saved { blocks: state.blocks, cursors: state.cursors, pending: state.pending };
        let episode = Episode { seed: state.seed, number: state.episode, rates, resume: Some(&saved) };
        simulation.queue.begin(network, &episode);
        for (population, membranes) in state.populations.iter().enumerate() {
            if let Membranes::Own(neurons) = membranes {
                for (neuron, membrane) in neurons.iter().enumerate() {
                    simulation.queue.predict(population as u32, neuron as u32, membrane.fires);
                }
            }
        }
        simulation.core.membranes = state.populations;
        simulation.core.counts = state.counts;
        simulation.now = state.now;
        Ok(simulation)
    }
}

fn check<R: Real>(network: &Network, core: &Core<R>, state: &State<R>) -> Result<(), StateError> {
    let shape = |what, found, expected| {
        if found == expected { Ok(()) } else { Err(StateError::Shape { what, found, expected }) }
    };
    shape("populations", state.populations.len(), network.populations.len())?;
    for (index, (found, expected)) in state.populations.iter().zip(&core.membranes).enumerate() {
        match (found, expected) {
            (Membranes::Own(found), Membranes::Own(expected)) => {
                shape("neurons", found.len(), expected.len())?
            }
            (Membranes::Shared(found), Membranes::Shared(expected)) => {
                shape("neurons", found.x.len(), expected.x.len())?;
                shape("refractory neurons", found.until.len(), expected.until.len())?;
            }
            _ => return Err(StateError::Form { population: index }),
        }
    }
    shape("Poisson blocks", state.blocks.len(), block_sources(network).len())?;
    let cursors = network.sources.iter().filter(|source| source.kind != crate::network::SourceKind::Poisson);
    shape("cursors", state.cursors.len(), cursors.count())?;
    shape("rows", state.counts.rows.len(), network.projections.len())?;
    shape("spike counts", state.counts.spikes.len(), network.populations.len())
}
