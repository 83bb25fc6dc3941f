//! One episode on a grid: what `--engine clocked` does.

use super::episode::{self, Course};
use crate::engine::{Clocked, Counts, SimulationError, Watcher};
use crate::network::Weights;
use crate::scenario::assemble::{Assembled, assemble_with};
use crate::scenario::outcome::Outcome;
use crate::scenario::plan::Plan;
use crate::scenario::run::arrays::{named_arrays, programmed};
use crate::scenario::run::books::{book, overlapping};
use crate::scenario::run::connections;
use crate::scenario::run::context::{RunContext, RunError};
use crate::scenario::run::plastic;
use crate::time::Time;
use std::sync::atomic::{AtomicBool, Ordering};

pub fn simulate(
    plan: &Plan,
    duration: Time,
    dt: Time,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    if plastic::learns(plan) {
        return Err(RunError::ClockedLearning);
    }
    let start = context.clock.now();
    let going_on = &mut |_| !context.stop.load(Ordering::Relaxed);
    let built = assemble_with(plan, Some(&context.threads), going_on).map_err(RunError::of_network)?;
    let Assembled { network, weights: mut values, mut notes } = built;
    let arrays = programmed(plan, &mut values, context.stop)?;
    connections::tell(plan, &network, |index| values[index].clone(), context)?;
    let weights = Weights::<f64>::from_values(&network, &values);
    let mut clocked =
        Clocked::new(&network, &weights, &network.rates(), plan.seed, dt).map_err(RunError::Clocked)?;
    let episode = episode::run(plan, duration, start, (&mut clocked, None), context)?;
    let energy = book((plan, &network), &arrays, &episode.totals);
    notes.push(format!(
        "engine clocked, dt {dt}: spikes are on the grid; delays, widths and refractory times are whole steps"
    ));
    notes.extend(overlapping(plan, &episode.totals));
    let arrays = named_arrays(plan, &network, &values, &arrays, &mut notes);
    Ok(episode.close(&network, &weights, energy, arrays, notes))
}

impl Course for Clocked<'_> {
    fn sample_every(&mut self, population: usize, interval: Time) {
        Clocked::sample_every(self, population, interval);
    }

    fn run(
        &mut self,
        end: Time,
        stop: &AtomicBool,
        all: bool,
        watcher: &mut dyn Watcher,
    ) -> Result<Time, SimulationError> {
        self.run_watched(end, stop, all, watcher)
    }

    fn sample(&self, population: usize) -> (Time, Vec<f64>) {
        self.sampled(population)
    }

    fn counts(&self) -> &Counts {
        Clocked::counts(self)
    }
}
