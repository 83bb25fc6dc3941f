//! What a change does to a weight: nothing but the bounds for an ideal one, the device's nature for a real one.

use super::ageing::Since;
use super::behind::Behind;
use super::dependence::{Any, Bounds, Gain};
use super::layout::Layout;
use super::rule::Law;
use crate::device::endurance::Endurance;
use crate::device::resistive::Kinetics;
use crate::device::retention::Retention;
use crate::energy::pulse_energy;
use crate::numeric::{exp, ln, standard_normal};
use crate::random::{Purpose, word};
use crate::simd::{Work, vectorised};
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
    /// Whether all weights have the gain of the law.
    fn alike(&self) -> bool;
    /// Between which a weight may lie.
    fn bounds(&self, weight: usize) -> Bounds;
    /// The device of one weight, if there is one.
    fn behind(&mut self, weight: usize) -> Option<Behind<'_>>;
    /// [`Cells::change`] of weights that lie side by side, from `first` on.
    fn change_all(&mut self, first: usize, weights: &mut [f64], dw: &[f64]) {
        for (k, (w, &dw)) in weights.iter_mut().zip(dw).enumerate() {
            self.change(first + k, w, dw);
        }
    }
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

    fn alike(&self) -> bool {
        true
    }

    #[inline(always)]
    fn bounds(&self, _: usize) -> Bounds {
        self.bounds
    }

    #[inline(always)]
    fn behind(&mut self, _: usize) -> Option<Behind<'_>> {
        None
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
    /// Factors of what each device's weight rises and falls by, where they differ; empty: all have the rule's. Where there are some,
    /// steps depend on the weight as those of the nominal device, and end where its own range does.
    pub steps: Vec<[f64; 2]>,
    /// Lowest and highest conductance of the nominal device: of a range that wears.
    pub range: [f64; 2],
    /// Factors of these where devices whose own state is the weight differ; empty: they do not.
    pub ends: Vec<[f64; 2]>,
    /// Overlap: kinetics of each device where they differ; empty: all have the rule's.
    pub kinetics: Vec<Kinetics>,
    /// Evenly spaced weights a device can have, from bound to bound; `None`: continuous.
    pub levels: Option<u32>,
    /// Cycle-to-cycle spread s of a change: dw <- dw e^(s z - s^2/2), whose mean is dw and whose coefficient of
    /// variation is sqrt(e^(s^2) - 1).
    pub cycle_sigma: f64,
    /// What an update is programmed with.
    pub pulse: ProgramPulse,
    /// How updates wear devices out; `None`: they do not.
    pub endurance: Option<Endurance>,
    /// How they decay between updates, to the g_inf of those that make a weight together; `None`: they do not.
    pub retention: Option<Retention>,
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
    /// What all of them have at w = 0, if they are alike and a step is nothing but a step: see [`Devices::plain`].
    pub plain: Option<f64>,
}

/// Programmes the device of synapse number `n` towards a weight, up or down: a pulse more on it, which is paid for and wears it.
#[inline(always)]
pub fn put(bank: &Bank, state: &mut DeviceState, n: usize, w: &mut f64, (wanted, up): (f64, bool)) {
    let (devices, device) = (&*bank.all, bank.device(n));
    state.pulses[n] += 1;
    let before = *w;
    *w = devices.above(device, state.pulses[n] - 1, wanted);
    pay(bank, state, n, (0.5 * (before + *w), up));
    if let Some(endurance) = &devices.endurance
        && state.pulses[n] as f64 >= endurance.survives(devices.seed, entity(devices.projection, device))
    {
        state.stuck[n] = true;
    }
}

/// Books what a pulse takes on the device of synapse number `n` at a weight, V^2 G t: also of one that no pulse changes, which whoever
/// drives it does not know.
#[inline(always)]
fn pay(bank: &Bank, state: &mut DeviceState, n: usize, (w, up): (f64, bool)) {
    let (devices, device) = (&*bank.all, bank.device(n));
    let v = if up { devices.pulse.v_set } else { devices.pulse.v_reset };
    let g = Siemens::of(devices.base[device] + w * devices.siemens_per_weight);
    state.joules[n] += pulse_energy(g, v, devices.pulse.width).get();
}

impl Bank {
    /// The devices of a whole projection.
    #[must_use]
    pub fn new(devices: Devices, layout: &Layout) -> Self {
        let plain = devices.plain();
        Self { all: Arc::new(devices), of: layout.devices(), plain }
    }

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
    /// When each device was programmed, where its decay asks for it; else empty.
    pub since: Vec<Since>,
    /// Joules spent on programming each device.
    pub joules: Vec<f64>,
    /// Joules spent in the limiter of each device.
    pub limiter: Vec<f64>,
    /// Of each column, the sum of the weights that it was read with: of its synapses, at every arrival of their rows.
    pub read: Vec<f64>,
    /// Overlap where only devices with a pulse on their column are followed: conductance sum of each row over the columns that
    /// rest, in siemens, and the joules that pulses of rows have spent there.
    pub resting: Vec<f64>,
    /// Those joules.
    pub alone: f64,
}

impl DeviceState {
    /// New devices: no pulse yet.
    #[must_use]
    pub fn new(layout: &Layout) -> Self {
        let synapses = (0..layout.rows()).map(|row| layout.fan_out(row)).sum();
        Self {
            pulses: vec![0; synapses],
            stuck: vec![false; synapses],
            since: Vec::new(),
            joules: vec![0.0; synapses],
            limiter: vec![0.0; synapses],
            read: vec![0.0; layout.cols()],
            resting: Vec::new(),
            alone: 0.0,
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

    /// `w`, or the lowest weight that a device can be brought to after so many pulses: the off state of a range that wears
    /// rises towards its on state.
    #[inline]
    #[must_use]
    pub fn above(&self, device: usize, pulses: u64, w: f64) -> f64 {
        let Some(endurance) = self.endurance.as_ref().filter(|endurance| endurance.m.is_some()) else {
            return w;
        };
        let [low, high] = self.range;
        let lowest = high * exp(-endurance.window_share(pulses) * ln(high / low));
        w.max(self.weight(device, lowest))
    }

    /// Counts a drive of this dose on a device: a pulse more, if it programs, and perhaps the last that the device survives.
    #[inline]
    pub fn wear(&self, device: usize, dose: f64, (pulses, stuck): (&mut u64, &mut bool)) {
        let Some(endurance) = &self.endurance else {
            *pulses += u64::from(dose > 0.0);
            return;
        };
        if dose > endurance.d_min {
            *pulses += 1;
            *stuck = *pulses as f64 >= endurance.survives(self.seed, entity(self.projection, device));
        }
    }

    /// Conductance of the device that learns at weight `w`, in siemens.
    #[must_use]
    pub fn conductance(&self, device: usize, w: f64) -> f64 {
        self.base[device] + self.siemens_per_weight * w
    }

    /// What the devices of a synapse conduct at weight `w`, in siemens: that which learns, and what it is compared with.
    #[must_use]
    pub fn sides(&self, device: usize, w: f64) -> [f64; 2] {
        [self.conductance(device, w), self.base[device]]
    }

    /// The weight that conductance makes.
    #[must_use]
    pub fn weight(&self, device: usize, g: f64) -> f64 {
        (g - self.base[device]) / self.siemens_per_weight
    }

    /// What all devices of a row of a dense projection conduct, with these weights.
    #[must_use]
    pub fn row_conductance<R: crate::numeric::Real>(&self, row: usize, weights: &[R]) -> f64 {
        let base = &self.base[row * weights.len()..];
        let synapse = |(base, w): (&f64, &R)| base * self.partners + self.siemens_per_weight * w.to_f64();
        base.iter().zip(weights).map(synapse).fold(0.0, |sum, g| sum + g)
    }

    /// The conductance of all of them at w = 0, if they are alike and an update is a step within their bounds and nothing else.
    #[must_use]
    pub fn plain(&self) -> Option<f64> {
        let alike = self.own.is_empty() && self.steps.is_empty() && self.stuck.is_empty();
        let steps = self.levels.is_none() && self.cycle_sigma == 0.0 && self.endurance.is_none();
        let &first = self.base.first().filter(|_| alike && steps)?;
        self.base.iter().all(|&base| base == first).then_some(first)
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
    /// Its own span over that of the rule, times the factors of its own steps.
    stretch: [f64; 2],
}

impl Gain for Own {
    #[inline]
    fn up(self, w: f64) -> f64 {
        self.any.up(w) * self.stretch[0]
    }
    #[inline]
    fn down(self, w: f64) -> f64 {
        self.any.down(w) * self.stretch[1]
    }
}

impl Cells for Real<'_> {
    type G = Own;

    fn gain(&self, weight: usize) -> Own {
        let (devices, device) = (&*self.bank.all, self.bank.device(self.layout.number(weight)));
        let (law, own) = (self.law.bounds, devices.bounds(device, self.law.bounds));
        let (bounds, stretch) = match (devices.steps.get(device), self.law.unit) {
            (Some(&factors), _) => (law, factors),
            (None, super::Unit::Span) => (own, [own.span() / law.span(); 2]),
            (None, super::Unit::Weight) => (own, [1.0; 2]),
        };
        Own { any: Any::new(self.law.dependence, self.law.unit, bounds), stretch }
    }

    fn change(&mut self, weight: usize, w: &mut f64, dw: f64) {
        let n = self.layout.number(weight);
        if dw == 0.0 {
            return;
        }
        if self.state.stuck[n] {
            pay(self.bank, self.state, n, (*w, dw > 0.0));
            return;
        }
        let (devices, device) = (&*self.bank.all, self.bank.device(n));
        let count = self.state.pulses[n];
        let dw = if devices.cycle_sigma > 0.0 {
            // The projection stands in the high bits of the count: no two devices share a draw.
            let address = u64::from(devices.projection) << 48 | count;
            let z = standard_normal(word(devices.seed, Purpose::CycleToCycle, device as u32, address));
            let s = devices.cycle_sigma;
            dw * exp(s * z - 0.5 * s * s)
        } else {
            dw
        };
        let wanted = devices.nearest(*w + dw, devices.bounds(device, self.law.bounds));
        put(self.bank, self.state, n, w, (wanted, dw > 0.0));
    }

    fn alike(&self) -> bool {
        self.bank.plain.is_some()
    }

    fn bounds(&self, weight: usize) -> Bounds {
        self.bank.all.bounds(self.bank.device(self.layout.number(weight)), self.law.bounds)
    }

    fn behind(&mut self, weight: usize) -> Option<Behind<'_>> {
        Some(Behind::of(self.bank, self.state, self.layout.number(weight)))
    }

    fn change_all(&mut self, first: usize, weights: &mut [f64], dw: &[f64]) {
        let all = first..first + weights.len();
        let Some(base) = self.bank.plain else {
            for ((k, w), &dw) in all.zip(weights).zip(dw) {
                self.change(k, w, dw);
            }
            return;
        };
        let (devices, DeviceState { pulses, joules, .. }) = (&*self.bank.all, &mut *self.state);
        vectorised(Steps {
            bounds: self.law.bounds,
            base,
            siemens_per_weight: devices.siemens_per_weight,
            pulse: devices.pulse,
            weights,
            dw,
            pulses: &mut pulses[all.clone()],
            joules: &mut joules[all],
        });
    }
}

/// Steps of devices that are alike, side by side: as [`Real::change`] of each.
struct Steps<'a> {
    bounds: Bounds,
    base: f64,
    siemens_per_weight: f64,
    pulse: ProgramPulse,
    weights: &'a mut [f64],
    dw: &'a [f64],
    pulses: &'a mut [u64],
    joules: &'a mut [f64],
}

impl Work for Steps<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { bounds, base, siemens_per_weight, pulse, weights, dw, pulses, joules } = self;
        let changes = weights.iter_mut().zip(dw).zip(pulses.iter_mut().zip(joules));
        for ((w, &dw), (pulses, joules)) in changes {
            let before = *w;
            let after = bounds.clip(before + dw);
            let v = if dw > 0.0 { pulse.v_set } else { pulse.v_reset };
            let g = Siemens::of(base + 0.5 * (before + after) * siemens_per_weight);
            let spent = pulse_energy(g, v, pulse.width).get();
            let moves = dw != 0.0;
            *w = if moves { after } else { before };
            *pulses += u64::from(moves);
            *joules += if moves { spent } else { 0.0 };
        }
    }
}

/// One number for a device of a projection, where a draw has room for no more.
#[must_use]
pub fn entity(projection: u32, device: usize) -> u32 {
    (device as u32).wrapping_add(projection.wrapping_mul(0x9E37_79B1))
}
