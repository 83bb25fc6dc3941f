//! Where a spike goes: its arrivals, the steps of its pulses, the targets of a row.

use super::key::{EventKey, Kind, STEPS};
use super::learners::Learners;
use super::queue::Queue;
use crate::network::{
    Current, Effect, Network, Origin, Projection, Rows, SourceKind, Targets, Weights, stride,
};
use crate::numeric::Real;
use crate::plasticity::Layout;
use crate::time::Time;
use crate::waveform::Breakpoint;
use std::ops::Range;

/// What comes of an emission: spikes arrive, and a current changes.
pub(super) fn kind(projection: &Projection) -> Kind {
    if projection.kernel.effect() == Effect::Follows { Kind::Release } else { Kind::Arrival }
}

/// Schedules the arrival that a spike of line `row` at `time` causes in a projection, or the change of its current.
pub(super) fn schedule_arrival<R: Real, Q: Queue<R>>(
    network: &Network,
    projection: usize,
    time: Time,
    row: u32,
    occurrence: u32,
    queue: &mut Q,
) {
    let description = &network.projections[projection];
    if let Some(delays) = &description.delays {
        let rank = network.populations[description.to].rank + 1;
        for k in description.row(row) {
            let time = time.after(Time::from_fs(delays.fs(k)));
            if time < Time::MAX {
                let (kind, source, row) = (Kind::Arrival, projection as u32, k as u32);
                queue.push(EventKey { time, rank, kind, source, row, occurrence });
            }
        }
        return;
    }
    let time = time.after(description.delay);
    if time < Time::MAX {
        queue.push(EventKey {
            time,
            rank: network.populations[description.to].rank + 1,
            kind: kind(description),
            source: projection as u32,
            row,
            occurrence,
        });
    }
}

/// A change of level and slope, for a weight of one; a pulse, or a piece of a current, begins or ends with it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Change {
    pub level: f64,
    pub slope: f64,
    pub starts: bool,
    pub ends: bool,
}

/// The changes of one event, in order.
pub(super) type Changes = [Option<Change>; 2];

/// What one step of a pulse changes.
pub(super) fn step_of(breakpoints: &[Breakpoint], step: usize) -> Changes {
    let change = |at: &Breakpoint| {
        let (starts, ends) = (step == 0, step + 1 == breakpoints.len());
        Change { level: at.level, slope: at.slope, starts, ends }
    };
    [breakpoints.get(step).map(change), None]
}

/// What a later step of a pulse, or a current, changes: one piece of it ends, and the next begins.
pub(super) fn changes(network: &Network, projection: usize, occurrence: u32) -> Changes {
    let description = &network.projections[projection];
    if let Effect::Steps(breakpoints) = description.kernel.effect() {
        return step_of(breakpoints, (occurrence % STEPS) as usize);
    }
    let pieces = current_of(network, description).and_then(|current| current.change(occurrence));
    let Some((before, piece)) = pieces else { return [None; 2] };
    let ends = before.filter(|before| !before.is_silent());
    let starts = Some(piece).filter(|piece| !piece.is_silent());
    [
        ends.map(|p| Change { level: -p.to, slope: -p.slope, starts: false, ends: true }),
        starts.map(|p| Change { level: p.from, slope: p.slope, starts: true, ends: false }),
    ]
}

/// The current that a projection carries, if it does.
pub(super) fn current_of<'n>(network: &'n Network, projection: &Projection) -> Option<&'n Current> {
    let Origin::Source(source) = projection.from else { return None };
    if let SourceKind::Current(current) = &network.sources[source].kind { Some(current) } else { None }
}

/// The pulse that an arrival begins, as the event of its later steps.
pub(super) fn first_step(event: &EventKey) -> EventKey {
    let occurrence = event.occurrence * STEPS;
    EventKey { kind: Kind::Release, occurrence, ..*event }
}

/// Schedules the step after `step` of the pulse that `event` belongs to.
pub(super) fn schedule_step<R: Real, Q: Queue<R>>(
    network: &Network,
    projection: usize,
    event: &EventKey,
    step: usize,
    queue: &mut Q,
) {
    if let [here, next, ..] = network.projections[projection].kernel.steps().get(step..).unwrap_or_default() {
        let wait = Time::from_fs(next.at.fs() - here.at.fs());
        let time = event.time.after(wait);
        if time < Time::MAX {
            queue.push(EventKey { time, occurrence: event.occurrence + 1, ..*event });
        }
    }
}

/// How many of the next events are one arrival: those of a neuron that spiked several times at once, which are delivered
/// together. (Pulses have later steps, each an event of its own, and begin one by one.)
#[inline]
pub(super) fn at_once(network: &Network, events: &[EventKey]) -> u32 {
    let [first, second, ..] = events else { return 1 };
    let like_first =
        |event: &&EventKey| (event.kind, event.source, event.row) == (Kind::Arrival, first.source, first.row);
    if first.kind != Kind::Arrival
        || !like_first(&second)
        || !network.projections[first.source as usize].gathers()
    {
        return 1;
    }
    events.iter().take_while(like_first).count() as u32
}

/// The weights of a projection.
#[derive(Clone, Copy)]
pub enum Values<'a, R> {
    /// All of them.
    All(&'a [R]),
    /// Those of the synapses that end among the neurons that are worked on, which learn.
    Own(&'a Layout, &'a [f64]),
}

impl<'a, R: Real> Values<'a, R> {
    /// Those of projection `index`, if it does not learn in a unit.
    #[inline]
    pub fn of(weights: &'a Weights<R>, learners: &'a Learners, index: u32) -> Self {
        match learners.of(index) {
            Some((layout, weights)) => Self::Own(layout, weights),
            None => Self::All(&weights.projections[index as usize]),
        }
    }
}

/// Calls `visit` with every target of a row (or of the synapse of that number, if it has a delay of its
/// own) among some neurons of a population of size `columns`, and its weight, in ascending order.
#[inline]
pub(super) fn each_target<R: Real>(
    projection: &Projection,
    columns: u32,
    values: Values<'_, R>,
    row: u32,
    neurons: Range<u32>,
    mut visit: impl FnMut(u32, f64),
) {
    let values = match values {
        Values::All(values) => values,
        Values::Own(layout, weights) => {
            let row = layout.own(row) as usize;
            layout.row(row, |k, col| visit(neurons.start + col as u32, weights[k]));
            return;
        }
    };
    match &projection.connect {
        Rows::Dense => {
            let start = row as usize * stride(columns);
            for target in neurons {
                visit(target, projection.weight(values, start + target as usize));
            }
        }
        Rows::OneToOne => {
            if neurons.contains(&row) {
                visit(row, projection.weight(values, row as usize));
            }
        }
        Rows::Sparse { targets, .. } => {
            let mut synapses = if projection.delays.is_some() {
                row as usize..row as usize + 1
            } else {
                projection.row(row)
            };
            let mut ends = targets.of(synapses.clone());
            let outside = |target: u32| !neurons.contains(&target);
            if ends.next().is_some_and(outside) || ends.next_back().is_some_and(outside) {
                let below = |target| synapses.start + targets.below(synapses.clone(), target);
                synapses = below(neurons.start)..below(neurons.end);
            }
            match targets {
                Targets::Wide(targets) => {
                    synapses.for_each(|k| visit(targets[k], projection.weight(values, k)));
                }
                Targets::Narrow(targets) => {
                    synapses.for_each(|k| visit(targets[k].into(), projection.weight(values, k)));
                }
            }
        }
    }
}
