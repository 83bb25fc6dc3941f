//! Learning by the overlap of pulses, through the kinetics of the device.
//!
//! Between two spikes at a synapse the voltage across its device is known: V = f(t - t_pre) - f(t - t_post), straight
//! from breakpoint to breakpoint. So a device is followed when one of its electrodes gets a new pulse, from the last
//! time to this one, in closed form; nothing happens in between that could not be worked out later.

use super::cells::{Devices, entity};
use super::layout::Layout;
use super::memory::Memory;
use super::rule::Overlap;
use crate::device::circuit::Ramp;
use crate::device::resistive::{PulseDraw, Resistive as _};
use crate::time::{FS_PER_SECOND, Time};
use crate::waveform::Waveform;

/// One synapse: its weight, row and column.
#[derive(Clone, Copy)]
struct Synapse {
    weight: usize,
    row: usize,
    col: usize,
}

/// What all devices of a row or column have in common.
struct Around<'a> {
    pulse: Waveform,
    devices: Option<&'a Devices>,
    layout: &'a Layout,
    time: Time,
}

impl Overlap {
    /// Conductance of a weight (siemens).
    #[must_use]
    pub fn conductance(&self, w: f64) -> f64 {
        let bounds = self.device.bounds();
        bounds.g_min + bounds.span() * (w / self.w_max)
    }

    /// Weight of a conductance.
    #[must_use]
    pub fn weight(&self, g: f64) -> f64 {
        let bounds = self.device.bounds();
        (self.w_max * ((g - bounds.g_min) / bounds.span())).clamp(0.0, self.w_max)
    }

    /// Brings one device to `around.time`.
    fn follow(&self, around: &Around<'_>, memory: &mut Memory, weights: &mut [f64], synapse: Synapse) {
        let &Around { ref pulse, devices, layout, time } = around;
        let Synapse { weight, row, col } = synapse;
        let from = std::mem::replace(&mut memory.until[weight], time);
        let starts = [memory.last_pre[row], memory.last_post[col]];
        let n = layout.number(weight);
        if from >= time || memory.devices.stuck.get(n).copied().unwrap_or(false) {
            return;
        }
        let mut breaks = vec![from.fs(), time.fs()];
        for start in starts.iter().flatten() {
            let ends = pulse.segments.iter().map(|segment| start.fs().saturating_add(segment.end.fs()));
            breaks.extend(ends.filter(|&at| at > from.fs() && at < time.fs()));
        }
        breaks.sort_unstable();
        breaks.dedup();
        let count = memory.spikes[row] + memory.spikes[layout.rows() + col];
        let draw = devices.map_or(PulseDraw::None, |devices| PulseDraw::Keyed {
            seed: devices.seed,
            entity: entity(devices.projection, n),
            count,
        });
        let mut g = self.conductance(weights[weight]);
        let (mut dose, mut device, mut limiter) = (0.0, 0.0, 0.0);
        for window in breaks.windows(2) {
            let (pre, post) = (piece(pulse, starts[0], window), piece(pulse, starts[1], window));
            let (a, b) = (pre.0 - post.0, pre.1 - post.1);
            if a == 0.0 && b == 0.0 {
                continue;
            }
            let length = (window[1] - window[0]) as f64 / FS_PER_SECOND;
            let applied = self.device.apply(g, Ramp { from: a, to: b, length }, draw);
            g = applied.g;
            dose += applied.dose;
            device += applied.energies.device;
            limiter += applied.energies.limiter;
        }
        if dose > 0.0 {
            weights[weight] = self.weight(g);
        }
        if let Some(devices) = devices {
            memory.devices.joules[n] += device;
            memory.devices.limiter[n] += limiter;
            if let Some(endurance) = &devices.endurance
                && dose > endurance.d_min
            {
                memory.devices.pulses[n] += 1;
                let life = endurance.survives(devices.seed, entity(devices.projection, n));
                memory.devices.stuck[n] = memory.devices.pulses[n] as f64 >= life;
            } else if devices.endurance.is_none() && dose > 0.0 {
                memory.devices.pulses[n] += 1;
            }
        }
    }

    /// Brings the devices of a row to `time`.
    pub(super) fn follow_row(
        &self,
        memory: &mut Memory,
        devices: Option<&Devices>,
        layout: &Layout,
        weights: &mut [f64],
        row: usize,
        time: Time,
    ) {
        let around = Around { pulse: self.pulse.waveform(), devices, layout, time };
        layout.row(row, |weight, col| self.follow(&around, memory, weights, Synapse { weight, row, col }));
    }

    /// Brings the devices of a column to `time`.
    pub(super) fn follow_column(
        &self,
        memory: &mut Memory,
        devices: Option<&Devices>,
        layout: &Layout,
        weights: &mut [f64],
        col: usize,
        time: Time,
    ) {
        let around = Around { pulse: self.pulse.waveform(), devices, layout, time };
        layout.column(col, |weight, row| self.follow(&around, memory, weights, Synapse { weight, row, col }));
    }

    /// New pulses on the electrodes.
    pub(super) fn mark(memory: &mut Memory, rows: &[u32], spikes: &[u32], time: Time) {
        let posts = memory.last_pre.len();
        for &row in rows {
            memory.last_pre[row as usize] = Some(time);
            memory.spikes[row as usize] += 1;
        }
        for &col in spikes {
            memory.last_post[col as usize] = Some(time);
            memory.spikes[posts + col as usize] += 1;
        }
    }
}

/// Voltages at both ends of a window in which a pulse that started at `start` is straight.
fn piece(pulse: &Waveform, start: Option<Time>, window: &[u64]) -> (f64, f64) {
    let Some(start) = start else { return (0.0, 0.0) };
    let [a, b] = [0, 1].map(|end| Time::from_fs(window[end].saturating_sub(start.fs())));
    let segment = pulse.segments.iter().find(|segment| segment.start <= a && a < segment.end);
    segment.map_or((0.0, 0.0), |segment| (segment.value_at(a), segment.value_at(b)))
}
