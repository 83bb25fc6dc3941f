//! A simulation under one of the two engines, which is a value and not a type.

use super::competition::Thresholds;
use super::fault::SimulationError;
use super::learn::{Learning, LearningState};
use super::probe::{Probe, Tell};
use super::queue::{Heap, Lanes};
use super::resume::StateError;
use super::simulation::Simulation;
use super::state::Counts;
use crate::encoding::BlockRate;
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::threads::Threads;
use crate::time::Time;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Which engine finds what happens next. They give the same bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Engine {
    /// [`Lanes`], many instants at a time where the network allows it.
    #[default]
    Fast,
    /// [`Heap`]: one heap, one instant after the other, slowly.
    Reference,
}

/// A [`Simulation`] under the one or the other.
pub(crate) enum Motion<R: Real> {
    /// Under [`Engine::Fast`].
    Fast(Box<Simulation<R, Lanes>>),
    /// Under [`Engine::Reference`].
    Reference(Box<Simulation<R, Heap>>),
}

/// Does the same with either.
macro_rules! either {
    ($motion:expr, $simulation:ident => $work:expr) => {
        match $motion {
            Motion::Fast($simulation) => $work,
            Motion::Reference($simulation) => $work,
        }
    };
}

/// As the methods of [`Simulation`] of these names.
impl<R: Real> Motion<R> {
    pub fn new(engine: Engine, network: &Arc<Network>, seed: u64) -> Self {
        match engine {
            Engine::Fast => Self::Fast(Box::new(Simulation::new(network, seed))),
            Engine::Reference => Self::Reference(Box::new(Simulation::new(network, seed))),
        }
    }

    pub fn begin(&mut self, number: u64, rates: &[BlockRate]) -> Result<(), SimulationError> {
        either!(self, simulation => simulation.begin(number, rates))
    }

    #[inline]
    pub fn run_unless<P: Probe<R>>(
        &mut self,
        weights: &Weights<R>,
        end: Time,
        stop: impl Fn(&Counts) -> bool,
        probe: &mut P,
    ) -> Result<bool, SimulationError> {
        either!(self, simulation => simulation.run_unless(weights, end, stop, probe))
    }

    pub fn reach(&mut self, end: Time) -> Result<(), SimulationError> {
        either!(self, simulation => simulation.reach(end))
    }

    #[inline]
    pub fn step<P: Probe<R>>(
        &mut self,
        weights: &Weights<R>,
        end: Time,
        probe: &mut P,
    ) -> Result<bool, SimulationError> {
        either!(self, simulation => simulation.step(weights, end, probe))
    }

    #[inline]
    pub fn step_told<P: Probe<R>>(
        &mut self,
        weights: &mut Weights<R>,
        end: Time,
        probe: &mut P,
    ) -> Result<bool, SimulationError> {
        either!(self, simulation => simulation.step_told(weights, end, probe))
    }

    pub fn network(&self) -> &Network {
        either!(self, simulation => &simulation.network)
    }

    pub fn blocks(&self) -> usize {
        either!(self, simulation => simulation.blocks())
    }

    pub fn may_be_several(&self, weights: &Weights<R>) -> bool {
        either!(self, simulation => simulation.may_be_several(weights))
    }

    pub fn allow_several(&mut self, whether: bool) {
        either!(self, simulation => simulation.allow_several(whether));
    }

    pub fn counts(&self) -> &Counts {
        either!(self, simulation => simulation.counts())
    }

    pub fn spent(&self, population: usize) -> Option<[f64; 3]> {
        either!(self, simulation => simulation.spent(population))
    }

    pub fn last_update(&self, population: usize) -> (&[R], Time) {
        either!(self, simulation => simulation.last_update(population))
    }

    pub fn thresholds(&self, population: usize) -> Option<&Thresholds> {
        either!(self, simulation => simulation.thresholds(population))
    }

    pub fn set_thresholds(&mut self, population: usize, thresholds: Thresholds) -> Result<(), StateError> {
        either!(self, simulation => simulation.set_thresholds(population, thresholds))
    }

    pub fn adapt(&mut self, elapsed: Time) {
        either!(self, simulation => simulation.adapt(elapsed));
    }
}

/// What only runs in full precision do.
impl Motion<f64> {
    /// Handles every event before `end`, or fewer if `stop` is set meanwhile or `enough` of the probe; the time reached.
    pub fn run_while<P: Probe<f64>>(
        &mut self,
        weights: &mut Weights<f64>,
        learning: Option<&mut Learning>,
        end: Time,
        (stop, enough): (&AtomicBool, impl Fn(&P) -> bool),
        probe: &mut P,
    ) -> Result<Time, SimulationError> {
        either!(self, simulation => simulation.run_while(weights, learning, end, (stop, enough), probe))
    }

    /// Goes on from a state, with weights that learn if there are rules, made anew for the same network.
    pub fn resume(
        engine: Engine,
        network: &Arc<Network>,
        state: LearningState,
        learning: Option<&mut Learning>,
        rates: &[BlockRate],
    ) -> Result<(Self, Weights<f64>), SimulationError> {
        let mut none = Learning::new(network, vec![None; network.projections.len()], false)?;
        let learning = learning.unwrap_or(&mut none);
        Ok(match engine {
            Engine::Fast => {
                let (simulation, weights) = Simulation::resume_learning(network, state, learning, rates)?;
                (Self::Fast(Box::new(simulation)), weights)
            }
            Engine::Reference => {
                let (simulation, weights) = Simulation::resume_learning(network, state, learning, rates)?;
                (Self::Reference(Box::new(simulation)), weights)
            }
        })
    }

    /// What to go on from: the weights too, if they learn.
    pub fn state(&self, weights: &mut Weights<f64>, learning: Option<&mut Learning>) -> LearningState {
        either!(self, simulation => match learning {
            Some(learning) => simulation.learning_state(weights, learning),
            None => LearningState {
                simulation: simulation.state(),
                weights: weights.clone(),
                memories: vec![None; simulation.network.projections.len()],
            },
        })
    }

    pub fn now(&self) -> Time {
        either!(self, simulation => simulation.now)
    }

    pub fn partition(&mut self, threads: &Threads) -> bool {
        either!(self, simulation => simulation.partition(threads))
    }

    pub fn lend(&mut self, threads: &Threads) {
        either!(self, simulation => simulation.lend(threads));
    }

    pub fn membranes(&self, population: usize) -> Vec<f64> {
        either!(self, simulation => simulation.membranes(population))
    }

    /// As [`Simulation::states`].
    pub fn states(&self, population: usize, neurons: Range<u32>, tell: Tell<'_>) {
        either!(self, simulation => simulation.states(population, neurons, tell));
    }

    pub fn shorten_windows(&mut self, window: Time) {
        either!(self, simulation => simulation.shorten_windows(window));
    }

    pub fn sample_every(&mut self, population: usize, interval: Time) {
        either!(self, simulation => simulation.sample_every(population, interval));
    }
}
