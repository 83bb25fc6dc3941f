//! The `simulate` protocol on a grid: what `--engine clocked` does.

use super::super::assemble::{assemble, program};
use super::super::outcome::{Outcome, PhaseCounts, Status};
use super::super::plan::Plan;
use super::books::book;
use super::phases::{Phases, count};
use super::simulate::{SLICES, alias_tables, hash, named_arrays};
use super::{RunContext, RunError};
use crate::encoding::BlockRate;
use crate::engine::{Clocked, Collect as _, Spike, Stream};
use crate::network::Weights;
use crate::record::fingerprint::Fingerprint;
use crate::time::Time;
use crate::training::Totals;
use std::sync::atomic::Ordering;

pub fn simulate(
    plan: &Plan,
    duration: Time,
    dt: Time,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    if super::plastic::learns(plan) {
        return Err(RunError::ClockedLearning);
    }
    let start = (context.clock)();
    let mut phases = Phases::default();
    let assembled = assemble(plan).map_err(RunError::Assemble)?;
    let network = assembled.network;
    let mut values = assembled.weights;
    let mut arrays = Vec::new();
    for (index, projection) in plan.projections.iter().enumerate() {
        let array = match &projection.device {
            Some(device) => Some(
                program(plan, index, device, &values[index], None, 0)
                    .map_err(|error| RunError::Assemble(vec![error]))?,
            ),
            None => None,
        };
        if let Some(array) = &array {
            values[index] = array.weights();
        }
        arrays.push(array);
    }
    let weights = Weights::<f64>::from_values(&network, &values);
    let tables = alias_tables(plan);
    let rates: Vec<BlockRate<'_>> =
        tables.iter().map(|(table, rate)| BlockRate::new(&table.cells, *rate)).collect();
    let mut simulation =
        Clocked::new(&network, &weights, &rates, plan.seed, dt).map_err(RunError::Clocked)?;
    for name in &plan.record.membrane {
        if let (Some(population), Some(interval)) =
            (plan.populations.iter().position(|p| &p.name == name), plan.record.membrane_interval)
        {
            simulation.sample_every(population, interval);
        }
    }
    let built = (context.clock)();
    phases.book("build", start, built, 0, 0);

    let mut fingerprint = Fingerprint::new();
    if let Some(observer) = &mut context.observer {
        observer.begin(0, "simulation");
    }
    context.progress.phase("simulate", SLICES);
    let mut reached = Time::ZERO;
    let mut status = Status::Done;
    for slice in 1..=SLICES {
        if context.stop.load(Ordering::Relaxed) {
            status = Status::Interrupted;
            break;
        }
        let end = Time::from_fs((u128::from(duration.fs()) * u128::from(slice) / u128::from(SLICES)) as u64);
        match context.observer.as_deref_mut() {
            Some(observer) => {
                let mut probe = (Vec::<Spike>::new(), Stream::default());
                simulation.run(end, &mut probe);
                hash(&mut fingerprint, &probe.0);
                probe.1.take().iter().for_each(|record| observer.record(0, record));
            }
            None => {
                let mut spikes = Vec::<Spike>::new();
                simulation.run(end, &mut spikes);
                hash(&mut fingerprint, &spikes);
            }
        }
        reached = end;
        context.progress.advance(1);
    }
    context.progress.done();

    let mut totals = Totals::default();
    totals.add(simulation.counts());
    let mut counts = PhaseCounts::default();
    count(&mut counts, &totals, reached);
    phases.book("simulate", built, (context.clock)(), 1, totals.events());
    let energy = book(plan, &arrays, &totals, None);
    fingerprint.seal();
    for index in 0..network.projections.len() {
        fingerprint.weights(weights.values(&network, index));
    }
    let mut notes = assembled.notes;
    notes.push(format!(
        "engine clocked, dt {dt}: spikes are on the grid; delays, widths and refractory times are whole steps"
    ));
    let arrays = named_arrays(plan, &network, &values, &arrays, &mut notes);
    Ok(Outcome {
        status,
        counts,
        energy,
        inference: None,
        supervised: None,
        plastic: Vec::new(),
        unsupervised: None,
        experiments: Vec::new(),
        arrays,
        fingerprint: fingerprint.hex(),
        phases: phases.times,
        notes,
    })
}
