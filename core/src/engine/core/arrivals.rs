//! What an arrival does to the membranes it reaches, in each of their forms, and what the later steps of a
//! pulse, or the changes of a current, do.

use super::{Core, Part, Scratch};
use crate::engine::competition::{Competing, CompetingParameters};
use crate::engine::held::columns_at;
use crate::engine::key::{EventKey, STEPS};
use crate::engine::probe::Probe;
use crate::engine::queue::Queue;
use crate::engine::route::{Values, changes, first_step, schedule_step};
use crate::engine::shared_decay::{SharedDecay, SharedParameters};
use crate::engine::switching::Switching;
use crate::network::{Network, Weights};
use crate::numeric::Real;

impl<R: Real> Core<R> {
    /// An arrival at one row, of so many spikes: jumps are added, currents and pulses begin.
    pub(super) fn arrive<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        (event, times): (&EventKey, u32),
        queue: &mut Q,
        probe: &mut P,
    ) {
        let index = event.source as usize;
        let projection = &network.projections[index];
        let columns = network.populations[projection.to].size;
        self.counts.arrival += u64::from(times);
        if probe.counted() && projection.counted {
            self.counts.row(index, event.row, times);
        }
        let reached =
            if projection.delays.is_some() { 1 } else { projection.fan_out(event.row, columns) as u64 };
        self.counts.synaptic += u64::from(times) * reached;
        if P::STREAM {
            (0..times).for_each(|_| probe.arrival(event.time, event.source, event.row));
        }
        let (to, values) = (projection.to, weights.projections[index].as_slice());
        match &mut self.parts[to] {
            Part::Shared { parameters, state, switching, .. } => {
                self.scratch[to].advanced = true;
                into_shared(state, parameters, switching.as_ref(), (event, times), values, probe);
            }
            Part::Competing { parameters, state, .. } => {
                self.scratch[to].advanced |= into_competing(state, parameters, (event, times), values, probe);
            }
            Part::Free(free) => {
                free.arrive(projection, values, (event.row, times), event.time);
                if !projection.kernel.steps().is_empty() {
                    schedule_step(network, index, &first_step(event), 0, queue);
                }
            }
            Part::Scaled { parameters, state } => {
                let Scratch { scale, touched, .. } = &mut self.scratch[to];
                let time = event.time.fs();
                let scale = *scale.get_or_insert_with(|| {
                    state.settle(parameters, time);
                    state.all(parameters).release(time);
                    parameters.phase.scale(time, state.epoch)
                });
                let row = (event.row, times);
                state.all(parameters).arrive(projection, None, Values::All(values), row, scale, touched);
            }
        }
    }

    /// A pulse, or a current, changes its level or slope.
    pub(super) fn change_drive<Q: Queue<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        event: &EventKey,
        queue: &mut Q,
    ) {
        let index = event.source as usize;
        let projection = &network.projections[index];
        if let Part::Free(free) = &mut self.parts[projection.to] {
            let changes = changes(network, index, event.occurrence);
            free.change_drive(projection, &weights.projections[index], event.row, &changes, event.time);
        }
        schedule_step(network, index, event, (event.occurrence % STEPS) as usize, queue);
    }
}

/// Adds a row to membranes of common decay.
#[inline]
fn into_shared<R: Real, P: Probe<R>>(
    state: &mut SharedDecay<R>,
    parameters: &SharedParameters<R>,
    switching: Option<&Switching>,
    (event, times): (&EventKey, u32),
    values: &[R],
    probe: &mut P,
) {
    let taped = P::TAPE && probe.taped();
    let before = if taped { state.x.clone() } else { Vec::new() };
    let holds = state.by_column(parameters, switching.is_some());
    let columns = (taped && holds).then(|| columns_at(state, parameters, switching, event.time));
    // Later rows of the instant decay by exactly one.
    let decay = state.advance(parameters, event.time);
    let row = row_of(values, event.row, state.x.len());
    if times == 1 {
        state.add(row)
    } else {
        state.add(&several(row, times))
    }
    let (before, x) = (before.as_slice(), state.x.as_slice());
    match &columns {
        Some((factor, bar)) => probe.held_row(event.source, event.row, &factor[..], &bar[..], before, x),
        None if taped => probe.row(event.source, event.row, decay, before, x),
        None => {}
    }
}

/// Adds a row to membranes that compete; false if they are inhibited and it is lost.
#[inline]
fn into_competing<R: Real, P: Probe<R>>(
    state: &mut Competing<R>,
    parameters: &CompetingParameters<R>,
    (event, times): (&EventKey, u32),
    values: &[R],
    probe: &mut P,
) -> bool {
    let taped = P::TAPE && probe.taped();
    if state.inhibited(event.time) {
        if taped {
            probe.row(event.source, event.row, R::ONE, state.x.as_slice(), state.x.as_slice());
        }
        return false;
    }
    let before = if taped { state.x.clone() } else { Vec::new() };
    let decay = state.advance(parameters, event.time);
    let row = row_of(values, event.row, state.x.len());
    if times == 1 {
        state.add(parameters, row, 1)
    } else {
        state.add(parameters, &several(row, times), times)
    }
    if taped {
        probe.row(event.source, event.row, decay, before.as_slice(), state.x.as_slice());
    }
    true
}

/// The weights of a row that several spikes of its neuron at once deliver.
#[cold]
fn several<R: Real>(row: &[R], times: u32) -> Vec<R> {
    let times = R::from_f64(f64::from(times));
    row.iter().map(|&weight| weight * times).collect()
}

/// A row of a dense matrix of so many columns, padding included.
#[inline]
fn row_of<R>(values: &[R], row: u32, columns: usize) -> &[R] {
    let start = row as usize * columns;
    &values[start..start + columns]
}
