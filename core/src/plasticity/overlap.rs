//! Learning by the overlap of pulses, through the kinetics of the device.
//!
//! Between two spikes at a synapse the voltage across its device is known: V = f(t - t_pre) - h(t - t_post), straight
//! from breakpoint to breakpoint. So a device is followed when one of its electrodes gets a new pulse, from the last
//! time to this one, in closed form; nothing happens in between that could not be worked out later.

use super::cells::{Bank, DeviceState, entity};
use super::layout::Layout;
use super::memory::{Last, Memory};
use crate::device::electrodes::SpikePulses;
use crate::device::passage::pass;
use crate::device::resistive::{Applied, DeviceSpread, Kinetics, PulseDraw};
use crate::time::Time;
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// The device's own kinetics under the overlap of two pulses (see [`crate::device::overlap`] and
/// [`crate::device::electrodes`]).
///
/// A spike starts the pulse on its electrode and a new one restarts it; w = w_max (G - g_min)/(g_max - g_min). What
/// happens is what the waveforms give, so it happens during a pulse and not at a spike. Of an abrupt device the bounds are the
/// medians of its two states, and a drawn state may lie beyond them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Overlap {
    /// The nominal device.
    pub device: Kinetics,
    /// The pulses of a spike on either electrode.
    pub pulses: SpikePulses,
    /// How devices differ. What each one is, is in [`super::Devices::kinetics`].
    pub spread: DeviceSpread,
    /// The weight at the nominal g_max; the nominal g_min is 0.
    pub w_max: f64,
}

/// One synapse: its weight, row and column.
#[derive(Clone, Copy)]
pub(super) struct Synapse {
    pub weight: usize,
    pub row: usize,
    pub col: usize,
}

/// What all devices of a row or column have in common.
pub(super) struct Around<'a> {
    pub pulses: [&'a Waveform; 2],
    pub bank: Option<&'a Bank>,
    pub layout: &'a Layout,
    pub time: Time,
}

impl Overlap {
    pub(super) const IDENTITY: (&'static str, u32) = ("overlap", 1);

    /// What is remembered of a projection: the pulses on its electrodes, and up to when each device was followed.
    pub(super) fn remember(memory: &mut Memory, layout: &Layout) {
        let (rows, cols) = (layout.rows(), layout.cols());
        memory.last_pre = vec![Last::NEVER; rows];
        memory.last_post = vec![Last::NEVER; cols];
        memory.until = vec![Time::ZERO; layout.weights()];
        memory.spikes = vec![0; rows + cols];
    }

    /// Conductance of a weight (siemens).
    #[must_use]
    pub fn conductance(&self, w: f64) -> f64 {
        let bounds = self.device.ends();
        bounds.g_min + bounds.span() * (w / self.w_max)
    }

    /// Weight of a conductance, which may be that of a device whose range is wider than the nominal one.
    #[must_use]
    pub fn weight(&self, g: f64) -> f64 {
        let bounds = self.device.ends();
        self.w_max * ((g - bounds.g_min) / bounds.span())
    }

    /// Brings one device to `around.time`.
    pub(super) fn follow(
        &self,
        around: &Around<'_>,
        memory: &mut Memory,
        weights: &mut [f64],
        synapse: Synapse,
    ) {
        let &Around { pulses, bank, layout, time } = around;
        let Synapse { weight, row, col } = synapse;
        let from = std::mem::replace(&mut memory.until[weight], time);
        let starts = [memory.last_pre[row], memory.last_post[col]].map(Last::time);
        let n = layout.number(weight);
        if from >= time {
            return;
        }
        let count = memory.spikes[row] + memory.spikes[layout.rows() + col];
        let own = bank.map(|bank| (&*bank.all, bank.device(n)));
        let draw = own.map_or(PulseDraw::None, |(devices, device)| PulseDraw::Keyed {
            seed: devices.seed,
            entity: entity(devices.projection, device),
            count,
        });
        let stuck = memory.devices.stuck.get(n).copied().unwrap_or(false);
        let device = self.of(bank, n);
        let draw = (!stuck).then_some(draw);
        let g = self.conductance(weights[weight]);
        let Applied { g, dose, energies } = pass(device, pulses, starts, (from, time), g, draw);
        if dose > 0.0 {
            let w = self.weight(g);
            let taken = memory.devices.pulses.get(n).copied().unwrap_or(0);
            weights[weight] = own.map_or(w, |(devices, device)| devices.above(device, taken, w));
        }
        if let Some((devices, device)) = own {
            memory.devices.joules[n] += energies.device;
            memory.devices.limiter[n] += energies.limiter;
            let DeviceState { pulses, stuck, .. } = &mut memory.devices;
            devices.wear(device, dose, (&mut pulses[n], &mut stuck[n]));
        }
    }

    /// Brings the devices of a row to `time`.
    pub(super) fn follow_row(
        &self,
        memory: &mut Memory,
        bank: Option<&Bank>,
        layout: &Layout,
        weights: &mut [f64],
        row: usize,
        time: Time,
    ) {
        let [before, after] = &self.pulses.waveforms();
        let around = Around { pulses: [before, after], bank, layout, time };
        layout.row(row, |weight, col| self.follow(&around, memory, weights, Synapse { weight, row, col }));
    }

    /// Brings the devices of a column to `time`.
    pub(super) fn follow_column(
        &self,
        memory: &mut Memory,
        bank: Option<&Bank>,
        layout: &Layout,
        weights: &mut [f64],
        col: usize,
        time: Time,
    ) {
        let [before, after] = &self.pulses.waveforms();
        let around = Around { pulses: [before, after], bank, layout, time };
        layout.column(col, |weight, row| self.follow(&around, memory, weights, Synapse { weight, row, col }));
    }

    /// New pulses on the electrodes.
    pub(super) fn mark(memory: &mut Memory, rows: &[u32], spikes: &[u32], time: Time) {
        let posts = memory.last_pre.len();
        for &row in rows {
            memory.last_pre[row as usize] = Last::at(time);
            memory.spikes[row as usize] += 1;
        }
        for &col in spikes {
            memory.last_post[col as usize] = Last::at(time);
            memory.spikes[posts + col as usize] += 1;
        }
    }
}
