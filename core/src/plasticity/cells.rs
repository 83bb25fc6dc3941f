//! What a change does to a weight: nothing but the bounds for an ideal one, the device's nature for a real one.

use super::dependence::{Any, Bounds, Gain};
use super::layout::Layout;
use super::rule::Law;
use crate::device::endurance::Endurance;
use crate::device::resistive::DoseDevice;
use crate::energy::pulse_energy;
use crate::numeric::{exp, standard_normal};
use crate::random::{Purpose, word};
use crate::units::{Second, Siemens, Volt};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The weights of a projection under change.
pub trait Cells {
    type G: Gain;
    /// s(w) f(w) of one weight.
    fn gain(&self, weight: usize) -> Self::G;
    /// w <- w + dw, as far as it goes.
    fn change(&mut self, weight: usize, w: &mut f64, dw: f64);
}

/// Weights that are numbers.
pub struct Ideal<G> {
    pub gain: G,
    pub bounds: Bounds,
}

impl<G: Gain> Cells for Ideal<G> {
    type G = G;

    #[inline(always)]
    fn gain(&self, _: usize) -> G {
        self.gain
    }

    #[inline(always)]
    fn change(&mut self, _: usize, w: &mut f64, dw: f64) {
        *w = self.bounds.clip(*w + dw);
    }
}

/// The rectangular pulse an update is programmed with, as far as its energy is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramPulse {
    /// Magnitude of a potentiating pulse.
    pub v_set: Volt,
    /// Magnitude of a depressing pulse.
    pub v_reset: Volt,
    /// Length of either pulse.
    pub width: Second,
}

/// The devices behind the weights: what is constant.
///
/// One device of each synapse learns, G = base + w k; the others stay as they were programmed.
#[derive(Clone, Debug, PartialEq)]
pub struct Devices {
    /// Seed of the network.
    pub seed: u64,
    /// The projection: part of the address of every draw.
    pub projection: u32,
    /// k: siemens per unit of weight.
    pub siemens_per_weight: f64,
    /// Conductance of the learning device at w = 0, per synapse without padding.
    pub base: Vec<f64>,
    /// Conductance of all devices of a synapse at w = 0 in units of `base`: 2 for pairs.
    pub partners: f64,
    /// Bounds of each weight where devices have ranges of their own; empty: all have the rule's.
    pub own: Vec<Bounds>,
    /// Overlap: kinetics of each device where they differ; empty: all have the rule's.
    pub kinetics: Vec<DoseDevice>,
    /// Evenly spaced weights a device can have, from bound to bound; `None`: continuous.
    pub levels: Option<u32>,
    /// Cycle-to-cycle spread s of a change: dw <- dw e^(s z - s^2/2), whose mean is dw and whose coefficient of
    /// variation is sqrt(e^(s^2) - 1).
    pub cycle_sigma: f64,
    /// What an update is programmed with.
    pub pulse: ProgramPulse,
    /// How devices wear out; `None`: they do not.
    pub endurance: Option<Endurance>,
    /// Devices that are stuck from the start, and the weight they are stuck at.
    pub stuck: Vec<(usize, f64)>,
}

/// The devices behind some synapses: those of a projection, or of a share of it.
#[derive(Clone, Debug)]
pub struct Bank {
    /// Those of the whole projection.
    pub all: Arc<Devices>,
    /// Which of them each synapse has, by its number; empty: all, in order.
    pub of: Vec<u32>,
}

impl Bank {
    /// The device of synapse number `n`, as the projection counts them: what its constants and draws go by.
    #[inline]
    #[must_use]
    pub fn device(&self, n: usize) -> usize {
        self.of.get(n).map_or(n, |&device| device as usize)
    }
}

/// The devices behind the weights: what changes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    /// Programming pulses of every device: what wears, and the count behind the next draw.
    pub pulses: Vec<u64>,
    /// Whether each device is stuck.
    pub stuck: Vec<bool>,
    /// Joules spent on programming each device.
    pub joules: Vec<f64>,
    /// Joules spent in the limiter of each device.
    pub limiter: Vec<f64>,
    /// Of each column, the sum of the weights that it was read with: of its synapses, at every arrival of their rows.
    pub read: Vec<f64>,
}

impl DeviceState {
    /// New devices: no pulse yet.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        let synapses = (0..layout.rows()).map(|row| layout.fan_out(row)).sum();
        Self {
            pulses: vec![0; synapses],
            stuck: vec![false; synapses],
            joules: vec![0.0; synapses],
            limiter: vec![0.0; synapses],
            read: vec![0.0; layout.cols()],
        }
    }
}

impl Devices {
    /// Bounds of weight number `n`.
    #[must_use]
    pub fn bounds(&self, n: usize, law: Bounds) -> Bounds {
        self.own.get(n).copied().unwrap_or(law)
    }

    /// The weight a device takes when it is asked for `w`: the nearest level.
    #[must_use]
    pub fn nearest(&self, w: f64, bounds: Bounds) -> f64 {
        let w = bounds.clip(w);
        let Some(levels) = self.levels else { return w };
        let last = f64::from(levels.saturating_sub(1));
        let k = ((w - bounds.w_min) / bounds.span() * last + 0.5).floor();
        if k >= last { bounds.w_max } else { bounds.w_min + bounds.span() * (k / last) }
    }
}

/// Weights made by devices.
pub struct Real<'a> {
    pub bank: &'a Bank,
    pub state: &'a mut DeviceState,
    pub layout: &'a Layout,
    pub law: Law,
}

/// The gain of a device with a range of its own.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    any: Any,
    /// Its own span over that of the rule.
    stretch: f64,
}

impl Gain for Own {
    #[inline]
    fn up(self, w: f64) -> f64 {
        self.any.up(w) * self.stretch
    }
    #[inline]
    fn down(self, w: f64) -> f64 {
        self.any.down(w) * self.stretch
    }
}

impl Cells for Real<'_> {
    type G = Own;

    fn gain(&self, weight: usize) -> Own {
        let device = self.bank.device(self.layout.number(weight));
        let bounds = self.bank.all.bounds(device, self.law.bounds);
        let stretch = match self.law.unit {
            super::Unit::Span => bounds.span() / self.law.bounds.span(),
            super::Unit::Weight => 1.0,
        };
        Own { any: Any::new(self.law.dependence, self.law.unit, bounds), stretch }
    }

    fn change(&mut self, weight: usize, w: &mut f64, dw: f64) {
        let n = self.layout.number(weight);
        if dw == 0.0 || self.state.stuck[n] {
            return;
        }
        let (devices, device) = (&*self.bank.all, self.bank.device(n));
        let count = self.state.pulses[n];
        self.state.pulses[n] += 1;
        let dw = if devices.cycle_sigma > 0.0 {
            // The projection stands in the high bits of the count: no two devices share a draw.
            let address = u64::from(devices.projection) << 48 | count;
            let z = standard_normal(word(devices.seed, Purpose::CycleToCycle, device as u32, address));
            let s = devices.cycle_sigma;
            dw * exp(s * z - 0.5 * s * s)
        } else {
            dw
        };
        let before = *w;
        *w = devices.nearest(before + dw, devices.bounds(device, self.law.bounds));
        let v = if dw > 0.0 { devices.pulse.v_set } else { devices.pulse.v_reset };
        let g = Siemens::of(devices.base[device] + 0.5 * (before + *w) * devices.siemens_per_weight);
        self.state.joules[n] += pulse_energy(g, v, devices.pulse.width).get();
        if let Some(endurance) = &devices.endurance
            && self.state.pulses[n] as f64
                >= endurance.survives(devices.seed, entity(devices.projection, device))
        {
            self.state.stuck[n] = true;
        }
    }
}

/// One number for a device of a projection, where a draw has room for no more.
#[must_use]
pub fn entity(projection: u32, device: usize) -> u32 {
    (device as u32).wrapping_add(projection.wrapping_mul(0x9E37_79B1))
}
