//! The `simulate` protocol: one episode of the network as it is.

use super::super::assemble::{Assembled, assemble_with, program};
use super::super::outcome::{NamedArray, Outcome, PhaseCounts, Status};
use super::super::plan::{Connect, Plan, SourceKind};
use super::super::synapses;
use super::books::book;
use super::phases::{Phases, count};
use super::plastic;
use super::{RunContext, RunError};
use crate::crossbar::Array;
use crate::encoding::{AliasTable, BLOCK, BlockRate};
use crate::engine::{
    Collect as _, Highlights, Learning, Probe, Queue, Record, Simulation, Spike, Stream, window,
};
use crate::network::{Fixed, Form, Network, Rows, Weights};
use crate::record::fingerprint::Fingerprint;
use crate::time::Time;
use crate::training::Totals;
use std::sync::atomic::Ordering;

/// Slices of a simulation between two looks at the stop flag and the progress bar.
pub(super) const SLICES: u64 = 200;

pub fn simulate<Q: Queue<f64>>(
    plan: &Plan,
    duration: Time,
    pool: &rayon::ThreadPool,
    context: &mut RunContext<'_>,
) -> Result<Outcome, RunError> {
    let start = (context.clock)();
    let mut phases = Phases::default();
    let Assembled { network, weights: mut values, mut notes } = build(plan, pool, context)?;
    let mut arrays: Vec<Option<Array>> = Vec::new();
    for (index, projection) in plan.projections.iter().enumerate() {
        let array = match &projection.device {
            Some(device) => {
                let array = program(plan, index, device, &values[index], None, 0)
                    .map_err(|error| RunError::Assemble(vec![error]))?;
                values[index] = array.weights();
                Some(array)
            }
            None => None,
        };
        arrays.push(array);
    }
    let mut weights = Weights::<f64>::from_values(&network, &values);
    // The reference engine does everything at once.
    let wait = Q::NAME == "fast";
    let mut learning =
        if plastic::learns(plan) { Some(plastic::learning(plan, &network, &arrays, wait)?) } else { None };
    let moved = learning.as_ref().map_or_else(Vec::new, |learning| learning.admit(&mut weights));
    let tables = alias_tables(plan);
    let rates: Vec<BlockRate<'_>> =
        tables.iter().map(|(table, rate)| BlockRate::steady(&table.cells, *rate)).collect();
    let mut simulation = Simulation::<f64, Q>::new(&network, plan.seed);
    if let Some(window) = plan.engine.window {
        simulation.shorten_windows(window);
    }
    let threads = match few(&network, &rates, plan) {
        Some(why) if context.threads > 1 && Q::NAME == "fast" => {
            // Not a note of the outcome, which is the same for any number of threads.
            tracing::info!("one thread: {why}");
            1
        }
        Some(_) => 1,
        None => context.threads.max(1),
    };
    let partitions = plan.engine.partitions.map_or(threads, |partitions| partitions as usize);
    simulation.partition(partitions, (threads > 1).then_some(pool));
    simulation.begin(0, &rates);
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
                let records = if observer.wants_all() {
                    let mut probe = Stream::default();
                    go(&mut simulation, &mut weights, end, learning.as_mut(), &mut probe);
                    probe.take()
                } else {
                    let mut probe = Highlights::default();
                    go(&mut simulation, &mut weights, end, learning.as_mut(), &mut probe);
                    probe.take()
                };
                for record in &records {
                    if let Record::Spike(spike) = record {
                        fingerprint.spike(0, spike.time.fs(), spike.population, spike.neuron);
                    }
                    observer.record(0, record);
                }
            }
            None => {
                let mut spikes = Hashing { fingerprint: &mut fingerprint };
                go(&mut simulation, &mut weights, end, learning.as_mut(), &mut spikes);
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
    let mut energy = book(plan, &arrays, &totals, None);
    let mut learnt = Vec::new();
    if let Some(learning) = &mut learning {
        learning.finish(&mut weights, reached);
        plastic::book(plan, learning, &totals, &mut energy);
        let (results, more) = plastic::results(plan, &network, learning, &weights, &moved);
        learnt = results;
        notes.extend(more);
        for (index, values) in values.iter_mut().enumerate() {
            *values = weights.values(&network, index);
        }
    }
    fingerprint.seal();
    for index in 0..network.projections.len() {
        fingerprint.weights(weights.values(&network, index));
    }
    let mut named = named_arrays(plan, &network, &values, &arrays, &mut notes);
    if let Some(learning) = &learning {
        plastic::conductances(plan, &network, learning, &weights, &mut named);
    }
    Ok(Outcome {
        status,
        counts,
        energy,
        inference: None,
        supervised: None,
        plastic: learnt,
        unsupervised: None,
        experiments: Vec::new(),
        arrays: named,
        fingerprint: fingerprint.hex(),
        phases: phases.times,
        notes,
    })
}

/// Runs to `end`, with weights that learn if any do.
fn go<Q: Queue<f64>, P: Probe<f64>>(
    simulation: &mut Simulation<'_, f64, Q>,
    weights: &mut Weights<f64>,
    end: Time,
    learning: Option<&mut Learning>,
    probe: &mut P,
) {
    match learning {
        Some(learning) => simulation.run_learning(weights, end, learning, probe),
        None => simulation.run(weights, end, probe),
    }
}

/// Hashes population spikes as they come.
struct Hashing<'a> {
    fingerprint: &'a mut Fingerprint,
}

impl Probe<f64> for Hashing<'_> {
    #[inline]
    fn spike(&mut self, spike: Spike) {
        self.fingerprint.spike(0, spike.time.fs(), spike.population, spike.neuron);
    }
}

pub(super) fn hash(fingerprint: &mut Fingerprint, spikes: &[Spike]) {
    for spike in spikes {
        fingerprint.spike(0, spike.time.fs(), spike.population, spike.neuron);
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
fn few(network: &Network, rates: &[BlockRate<'_>], plan: &Plan) -> Option<String> {
    let Some(window) = window(network) else {
        return Some(alone(network));
    };
    let seconds = plan.engine.window.map_or(window, |shorter| window.min(shorter)).as_seconds();
    // Every spike of a source makes about one spike of its targets, if that.
    let spikes: f64 = rates.iter().map(|rate| 1e15 / rate.mean_gap_fs).sum();
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

fn alone(network: &Network) -> String {
    match network.populations.iter().find(|population| population.form != Form::Scaled) {
        Some(population) => format!("population `{}` is not driven by jumps alone", population.name),
        None => "a spike reaches another population without delay".to_string(),
    }
}

/// How time is cut, for `check` and `resolve`.
pub fn windows(network: &Network, plan: &Plan) -> String {
    match window(network) {
        None => format!("windows: none, one instant after the other ({})", alone(network)),
        Some(Time::MAX) => "windows: as long as their events fit the memory".to_string(),
        Some(window) => format!(
            "windows: {}, the shortest delay between populations",
            plan.engine.window.map_or(window, |shorter| window.min(shorter))
        ),
    }
}

/// Marks and total rate of every Poisson block of a plan.
pub(super) fn alias_tables(plan: &Plan) -> Vec<(AliasTable, f64)> {
    let mut tables = Vec::new();
    for source in &plan.sources {
        match &source.kind {
            SourceKind::Poisson { size, rate } => {
                let mut first = 0;
                while first < *size {
                    let lines = (size - first).min(BLOCK);
                    let table = AliasTable::new(&vec![1; lines as usize]);
                    tables.push((table, rate.get() * f64::from(lines)));
                    first += lines;
                }
            }
            // A data set has no sample to show here: its blocks are silent.
            SourceKind::Dataset { .. } => tables.push((AliasTable::default(), 0.0)),
            SourceKind::PoissonDeadTime { .. }
            | SourceKind::PoissonSteps { .. }
            | SourceKind::PoissonSine { .. }
            | SourceKind::SpikeList { .. }
            | SourceKind::Regular { .. }
            | SourceKind::Bursts { .. } => {}
        }
    }
    tables
}

/// Most weights of a projection without devices that are written.
const WRITTEN: usize = 4_000_000;

/// Weights of every projection, and the conductances of those that have devices.
pub fn named_arrays(
    plan: &Plan,
    network: &Network,
    values: &[Vec<f64>],
    arrays: &[Option<Array>],
    notes: &mut Vec<String>,
) -> Vec<NamedArray> {
    let mut named = Vec::new();
    for (index, projection) in plan.projections.iter().enumerate() {
        let listed = &network.projections[index];
        let fixed = match &listed.fixed {
            Some(Fixed::Constant(weight)) => Some(vec![*weight]),
            Some(Fixed::Compact(weights)) if weights.len() <= WRITTEN => {
                Some(weights.iter().map(|&weight| weight.into()).collect())
            }
            Some(Fixed::Compact(_)) => None,
            None if values[index].len() <= WRITTEN || listed.connect == Rows::Dense => {
                Some(values[index].clone())
            }
            None => None,
        };
        let Some(data) = fixed else {
            let synapses = values[index].len().max(listed.synapses(0));
            notes.push(format!("the {synapses} weights of `{}` are not written", projection.name));
            continue;
        };
        let columns = network.populations[projection.to].size as usize;
        let dense = network.projections[index].connect == crate::network::Rows::Dense;
        let (rows, cols) = if dense { (data.len() / columns, columns) } else { (data.len(), 1) };
        named.push(NamedArray { name: format!("weight.{}", projection.name), rows, cols, data });
        if let Some(array) = &arrays[index] {
            let devices = array.mapping().devices();
            for device in 0..devices {
                let side = match (devices, device % 2) {
                    (1, _) => "device".to_string(),
                    (2, 0) => "plus".into(),
                    (2, _) => "minus".into(),
                    (_, 0) => format!("{}.plus", device / 2 + 1),
                    (_, _) => format!("{}.minus", device / 2 + 1),
                };
                let data = array.conductances().iter().skip(device).step_by(devices).copied().collect();
                named.push(NamedArray {
                    name: format!("conductance.{}.{side}", projection.name),
                    rows,
                    cols,
                    data,
                });
            }
        }
    }
    named
}
