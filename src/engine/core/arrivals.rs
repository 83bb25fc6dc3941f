//! What an arrival does to the membranes it reaches, in each of their forms, and what the later steps of a
//! pulse do.

use super::{Core, Parameters, Scratch, of};
use crate::engine::competition::{Competing, CompetingParameters};
use crate::engine::held::columns_at;
use crate::engine::key::{EventKey, Kind, STEPS};
use crate::engine::probe::Probe;
use crate::engine::queue::Queue;
use crate::engine::route::{each_target, schedule_step};
use crate::engine::shared_decay::{SharedDecay, SharedParameters};
use crate::engine::state::Membranes;
use crate::engine::switching::Switching;
use crate::network::{Kernel, Network, Weights};
use crate::neuron::synaptic::ALPHA_PEAK;
use crate::numeric::Real;
use crate::time::Time;

impl<R: Real> Core<R> {
    /// An arrival at one row: jumps are added, currents and pulses begin.
    pub(super) fn arrive<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        event: &EventKey,
        queue: &mut Q,
        probe: &mut P,
    ) {
        let index = event.source as usize;
        let projection = &network.projections[index];
        let columns = network.populations[projection.to].size;
        self.counts.arrival += 1;
        if !P::UNCOUNTED && projection.counted {
            self.counts.rows[index][event.row as usize] += 1;
        }
        self.counts.synaptic +=
            if projection.delays.is_some() { 1 } else { projection.fan_out(event.row, columns) as u64 };
        if P::STREAM {
            probe.arrival(event.time, event.source, event.row);
        }
        if let Kernel::Pulse(_) = projection.kernel {
            self.change_drive(network, weights, index, event.row, 0, event.time);
            let first = EventKey {
                kind: Kind::Release,
                source: 2 * event.source,
                occurrence: event.occurrence * STEPS,
                ..*event
            };
            schedule_step(network, index, &first, 0, queue);
            return;
        }
        if let Kernel::Exponential { .. } | Kernel::Alpha { .. } = projection.kernel {
            self.add_current(network, weights, index, event.row, event.time);
            return;
        }
        let (to, values) = (projection.to, weights.projections[index].as_slice());
        match (&mut self.membranes[to], &self.parameters[to]) {
            (Membranes::Shared(state), Parameters::Shared { parameters, .. }) => {
                self.scratch[to].advanced = true;
                into_shared(state, parameters, self.switching[to].as_ref(), event, values, probe);
            }
            (Membranes::Competing(state), Parameters::Competing(parameters)) => {
                self.scratch[to].advanced |= into_competing(state, parameters, event, values, probe);
            }
            (Membranes::Own(_), _) => {
                let scratch = &mut self.scratch[to];
                each_target(projection, network, values, event.row, |target, weight| {
                    scratch.jump[target as usize] += weight;
                    scratch.touched.push(target);
                });
            }
            (Membranes::Scaled(state), Parameters::Scaled(parameters)) => {
                let Scratch { scale, touched, .. } = &mut self.scratch[to];
                let time = event.time.fs();
                let scale = *scale.get_or_insert_with(|| {
                    state.settle(parameters, time);
                    state.all(parameters).release(time);
                    parameters.phase.scale(time, state.epoch)
                });
                state.all(parameters).arrive(projection, None, values, event.row, scale, touched);
            }
            _ => unreachable!("membranes have the form of their parameters"),
        }
    }

    /// A pulse changes its level or slope, or a refractory period ends.
    pub(super) fn release<Q: Queue<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        event: &EventKey,
        queue: &mut Q,
    ) {
        let index = event.source as usize / 2;
        if event.source % 2 == 1 {
            self.scratch[index].repredict.push(event.row);
            return;
        }
        let step = (event.occurrence % STEPS) as usize;
        self.change_drive(network, weights, index, event.row, step, event.time);
        schedule_step(network, index, event, step, queue);
    }

    /// Applies one step of a pulse to every target of a row.
    fn change_drive(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        projection: usize,
        row: u32,
        step: usize,
        time: Time,
    ) {
        let description = &network.projections[projection];
        let Kernel::Pulse(breakpoints) = &description.kernel else { return };
        let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
            (&mut self.membranes[description.to], &self.parameters[description.to])
        else {
            return;
        };
        let scratch = &mut self.scratch[description.to];
        let currents = &mut self.currents[description.to];
        let breakpoint = breakpoints[step];
        let (starts, ends) = (step == 0, step + 1 == breakpoints.len());
        let r_m = parameters.lif.r_m.get();
        each_target(description, network, &weights.projections[projection], row, |target, weight| {
            let neuron = &mut neurons[target as usize];
            let drive = weight * r_m;
            neuron.advance(parameters, of(currents, parameters, target as usize), time);
            neuron.change(drive * breakpoint.level, drive * breakpoint.slope, starts, ends);
            scratch.repredict.push(target);
        });
    }

    /// Adds to the synaptic current of every target of a row.
    fn add_current(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        projection: usize,
        row: u32,
        time: Time,
    ) {
        let description = &network.projections[projection];
        let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
            (&mut self.membranes[description.to], &self.parameters[description.to])
        else {
            return;
        };
        let (tau, alpha) = match description.kernel {
            Kernel::Exponential { tau } => (tau.get(), false),
            Kernel::Alpha { tau } => (tau.get(), true),
            Kernel::Delta | Kernel::Pulse(_) => return,
        };
        let Some(decay) = parameters.decays.iter().position(|decay| decay.tau == tau) else { return };
        let scratch = &mut self.scratch[description.to];
        let currents = &mut self.currents[description.to];
        let r_m = parameters.lif.r_m.get();
        each_target(description, network, &weights.projections[projection], row, |target, weight| {
            let currents = of(currents, parameters, target as usize);
            neurons[target as usize].advance(parameters, currents, time);
            if alpha {
                currents[decay].q += weight * r_m * ALPHA_PEAK;
            } else {
                currents[decay].p += weight * r_m;
            }
            scratch.repredict.push(target);
        });
    }
}

/// Adds a row to membranes of common decay.
#[inline]
fn into_shared<R: Real, P: Probe<R>>(
    state: &mut SharedDecay<R>,
    parameters: &SharedParameters<R>,
    switching: Option<&Switching>,
    event: &EventKey,
    values: &[R],
    probe: &mut P,
) {
    let before = if P::TAPE { state.x.clone() } else { Vec::new() };
    let holds = !state.until.is_empty() || switching.is_some();
    let columns = (P::TAPE && holds).then(|| columns_at(state, parameters, switching, event.time));
    // Later rows of the instant decay by exactly one.
    let decay = state.advance(parameters, event.time);
    state.add(row_of(values, event.row, state.x.len()));
    let (before, x) = (before.as_slice(), state.x.as_slice());
    match &columns {
        Some((factor, bar)) => probe.held_row(event.source, event.row, &factor[..], &bar[..], before, x),
        None if P::TAPE => probe.row(event.source, event.row, decay, before, x),
        None => {}
    }
}

/// Adds a row to membranes that compete; false if they are inhibited and it is lost.
#[inline]
fn into_competing<R: Real, P: Probe<R>>(
    state: &mut Competing<R>,
    parameters: &CompetingParameters<R>,
    event: &EventKey,
    values: &[R],
    probe: &mut P,
) -> bool {
    if state.inhibited(event.time) {
        if P::TAPE {
            probe.row(event.source, event.row, R::ONE, state.x.as_slice(), state.x.as_slice());
        }
        return false;
    }
    let before = if P::TAPE { state.x.clone() } else { Vec::new() };
    let decay = state.advance(parameters, event.time);
    state.add(row_of(values, event.row, state.x.len()));
    if P::TAPE {
        probe.row(event.source, event.row, decay, before.as_slice(), state.x.as_slice());
    }
    true
}

/// A row of a dense matrix of so many columns, padding included.
#[inline]
fn row_of<R>(values: &[R], row: u32, columns: usize) -> &[R] {
    let start = row as usize * columns;
    &values[start..start + columns]
}
