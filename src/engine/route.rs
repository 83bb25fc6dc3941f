//! Where a spike goes: its arrivals, the steps of its pulses, the targets of a row.

use super::key::{EventKey, Kind};
use super::queue::Queue;
use crate::network::{Kernel, Network, Projection, Rows, stride};
use crate::numeric::Real;
use crate::time::Time;

/// Schedules the arrival that a spike of line `row` at `time` causes in a projection.
pub(super) fn schedule_arrival<R: Real, Q: Queue<R>>(
    network: &Network,
    projection: usize,
    time: Time,
    row: u32,
    occurrence: u32,
    queue: &mut Q,
) {
    let description = &network.projections[projection];
    let time = time.after(description.delay);
    if time < Time::MAX {
        queue.push(EventKey {
            time,
            rank: network.populations[description.to].rank + 1,
            kind: Kind::Arrival,
            source: projection as u32,
            row,
            occurrence,
        });
    }
}

/// Schedules the step after `step` of the pulse that `event` belongs to.
pub(super) fn schedule_step<R: Real, Q: Queue<R>>(
    network: &Network,
    projection: usize,
    event: &EventKey,
    step: usize,
    queue: &mut Q,
) {
    let Kernel::Pulse(breakpoints) = &network.projections[projection].kernel else { return };
    if let Some(next) = breakpoints.get(step + 1) {
        let wait = Time::from_fs(next.at.fs() - breakpoints[step].at.fs());
        let time = event.time.after(wait);
        if time < Time::MAX {
            queue.push(EventKey { time, occurrence: event.occurrence + 1, ..*event });
        }
    }
}

/// Calls `visit` with every target of a row and its weight, in ascending order.
#[inline]
pub(super) fn each_target<R: Real>(
    projection: &Projection,
    network: &Network,
    values: &[R],
    row: u32,
    mut visit: impl FnMut(u32, R),
) {
    let columns = network.populations[projection.to].size;
    match &projection.connect {
        Rows::Dense => {
            let start = row as usize * stride(columns);
            for (target, &weight) in values[start..start + columns as usize].iter().enumerate() {
                visit(target as u32, weight);
            }
        }
        Rows::OneToOne => visit(row, values[row as usize]),
        Rows::Sparse { start, targets } => {
            let range = start[row as usize]..start[row as usize + 1];
            for (&target, &weight) in targets[range.clone()].iter().zip(&values[range]) {
                visit(target, weight);
            }
        }
    }
}
