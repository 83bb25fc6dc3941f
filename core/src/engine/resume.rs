//! Stopping and going on elsewhere: what a simulation leaves as its state, and whether a state belongs to a network.

use super::core::{Core, Part};
use super::fault::{RatesError, check_rates};
use super::free::Foreign;
use super::key::{EventKey, Kind, STEPS};
use super::queue::{Episode, Queue, Saved, block_sources, process_count};
use super::route::current_of;
use super::simulation::Simulation;
use super::state::{Counts, Membranes, State};
use crate::encoding::BlockRate;
use crate::network::{Effect, Form, Network};
use crate::numeric::Real;
use crate::time::Time;
use std::sync::Arc;

/// Why a state cannot be continued on a network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StateError {
    /// A list of another length.
    #[error("the state has {found} {what}, the network {expected}: it belongs to another network")]
    Shape {
        /// What it is about.
        what: &'static str,
        /// How many the state has.
        found: usize,
        /// How many the network has.
        expected: usize,
    },
    /// Membranes of another arithmetic form.
    #[error("the state's population {population} is kept in another arithmetic form than the network's")]
    Form {
        /// Index of the population.
        population: usize,
    },
    /// Neurons of another model, or of another version of it.
    #[error(
        "the neurons of the state's population {population} are of model `{model}`, version {version}, not of the network's"
    )]
    Model {
        /// Index of the population.
        population: usize,
        /// Name of their model.
        model: String,
        /// Its version.
        version: u32,
    },
    /// An event of something that is not there.
    #[error("the state has a pending event that this network cannot have: {key:?}")]
    Pending {
        /// The event.
        key: EventKey,
    },
    /// Times that contradict each other.
    #[error("the state contradicts itself: {what} does not fit time {now}")]
    Time {
        /// What it is about.
        what: &'static str,
        /// The time of the state.
        now: Time,
    },
    /// Rates that the blocks cannot have.
    #[error(transparent)]
    Rates(#[from] RatesError),
}

impl<R: Real, Q: Queue<R>> Simulation<R, Q> {
    /// Everything that is needed to go on elsewhere, between any two calls of [`Simulation::step`] or
    /// [`Simulation::run`].
    #[must_use]
    pub fn state(&self) -> State<R> {
        let Saved { blocks, cursors, processes, mut pending } = self.queue.save();
        if let Some(windows) = &self.windows {
            pending.extend(windows.pending(&self.network));
            pending.sort_unstable();
        }
        State {
            seed: self.seed,
            episode: self.episode,
            now: self.now,
            populations: self.core.canonical(self.now),
            blocks,
            cursors,
            processes,
            pending,
            counts: self.core.counts.clone(),
        }
    }

    /// Goes on from a state, under this engine whichever engine it was saved by.
    ///
    /// # Errors
    /// If the state does not fit the network, or the rates do not.
    pub fn resume(network: &Arc<Network>, state: State<R>, rates: &[BlockRate]) -> Result<Self, StateError> {
        let mut simulation = Self::new(network, state.seed);
        check(network, &simulation.core, &state)?;
        check_rates(network, &simulation.block_sources, rates)?;
        simulation.start(state.episode, rates);
        let State { blocks, cursors, processes, pending, .. } = state;
        let saved = Saved { blocks, cursors, processes, pending };
        let episode = Episode { seed: state.seed, number: state.episode, rates, resume: Some(&saved) };
        simulation.queue.begin(network, &episode);
        let populations = state.populations.into_iter().zip(&state.counts.spikes);
        for (part, (saved, spikes)) in simulation.core.parts.iter_mut().zip(populations) {
            part.restore(state.seed, state.episode, saved, spikes);
        }
        simulation.core.expect(&mut simulation.queue);
        if let Some(windows) = &mut simulation.windows {
            windows.begin(network, &mut simulation.core, &simulation.block_sources, &simulation.rates);
        }
        simulation.core.counts = state.counts;
        simulation.now = state.now;
        Ok(simulation)
    }
}

/// Whether a state is one of this network: a damaged or foreign one must not panic later.
fn check<R: Real>(network: &Network, core: &Core<R>, state: &State<R>) -> Result<(), StateError> {
    let shape = |what, found, expected| {
        if found == expected { Ok(()) } else { Err(StateError::Shape { what, found, expected }) }
    };
    let now = state.now;
    let time = |what, fits| if fits { Ok(()) } else { Err(StateError::Time { what, now }) };
    time("now", now <= Time::MAX)?;
    shape("populations", state.populations.len(), network.populations.len())?;
    for (index, (found, expected)) in state.populations.iter().zip(&core.parts).enumerate() {
        match (found, expected) {
            (Membranes::Free(found), Part::Free(expected)) => {
                expected.check(found, now).map_err(|foreign| match foreign {
                    Foreign::Shape(what, found, expected) => StateError::Shape { what, found, expected },
                    Foreign::Model(model, version) => StateError::Model { population: index, model, version },
                    Foreign::Time => StateError::Time { what: "a neuron", now },
                })?;
            }
            (Membranes::Shared(found), Part::Shared { state: expected, .. }) => {
                shape("neurons", found.x.len(), expected.x.len())?;
                shape("refractory neurons", found.until.len(), expected.until.len())?;
                let held = found.until.iter().filter(|&&until| until > found.last).count();
                shape("held neurons", found.held as usize, held)?;
                time("a membrane", found.last <= now)?;
            }
            (Membranes::Competing(found), Part::Competing { parameters, state: expected, .. }) => {
                found.check(expected).map_err(|(what, found, expected)| StateError::Shape {
                    what,
                    found,
                    expected,
                })?;
                time("a membrane", found.last <= parameters.latest(now) && found.raised_at <= now)?;
            }
            (Membranes::Scaled(found), Part::Scaled { parameters, state: expected }) => {
                shape("neurons", found.v.len(), expected.v.len())?;
                time("a membrane", found.fits(parameters, now))?;
            }
            _ => return Err(StateError::Form { population: index }),
        }
    }
    shape("Poisson blocks", state.blocks.len(), block_sources(network).len())?;
    // Gaps are at least 1 fs.
    let fits = |&(handed, last): &(u64, Time)| handed <= last.fs() && last <= now;
    time("a Poisson block", state.blocks.iter().all(fits))?;
    let cursors = network.sources.iter().filter(|source| !source.kind.is_drawn());
    shape("cursors", state.cursors.len(), cursors.count())?;
    shape("processes", state.processes.len(), process_count(network))?;
    time("a process", state.processes.iter().all(fits))?;
    shape("projections", state.counts.rows.len(), network.projections.len())?;
    for (rows, projection) in state.counts.rows.iter().zip(&network.projections) {
        shape("rows", rows.len(), if projection.counted { projection.arrival_rows() } else { 0 })?;
    }
    shape("on-times", state.counts.held.len(), network.populations.len())?;
    shape("spike counts", state.counts.spikes.len(), network.populations.len())?;
    for (spikes, population) in state.counts.spikes.iter().zip(&network.populations) {
        shape("neurons", spikes.len(), population.size as usize)?;
    }
    let new = Counts::new(network);
    shape("on-times", state.counts.on.len(), new.on.len())?;
    for (found, made) in state.counts.on.iter().zip(&new.on) {
        shape("switches", found.switches(), made.switches())?;
    }
    let mut before = None;
    for &key in &state.pending {
        if before.is_some_and(|before| before >= key) || key.time < now || !has(network, &key) {
            return Err(StateError::Pending { key });
        }
        before = Some(key);
    }
    Ok(())
}

/// Whether a network can have a pending event.
fn has(network: &Network, key: &EventKey) -> bool {
    let source = key.source as usize;
    let projection = |index: usize| {
        let projection = network
            .projections
            .get(index)
            .filter(|projection| (key.row as usize) < projection.arrival_rows())?;
        Some((projection, network.populations[projection.to].rank + 1))
    };
    let population = |index: usize| {
        let population = network.populations.get(index)?;
        Some((population, population.rank + 1))
    };
    match key.kind {
        Kind::Arrival => projection(source).is_some_and(|(projection, rank)| {
            rank == key.rank && projection.kernel.effect() != Effect::Follows
        }),
        Kind::Release => projection(source).is_some_and(|(projection, rank)| {
            let step = (key.occurrence % STEPS) as usize;
            let known = match projection.kernel.effect() {
                Effect::Steps(breakpoints) => (1..breakpoints.len()).contains(&step),
                _ => current_of(network, projection).is_some_and(|c| c.change(key.occurrence).is_some()),
            };
            rank == key.rank && known
        }),
        Kind::Sample => population(source).is_some_and(|(_, rank)| rank == key.rank),
        // The end of a refractory time of a neuron of common decay that was left above threshold.
        Kind::Fire => population(source).is_some_and(|(population, rank)| {
            rank == key.rank && population.form == Form::SharedDecay && key.row < population.size
        }),
        // Sources and what other neurons wait for are kept elsewhere, and nothing schedules the rest.
        Kind::Emit | Kind::Protocol => false,
    }
}
