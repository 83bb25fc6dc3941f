//! The synapses that learn: ideal weights, or one device each with its bounds, spread and wear.
//!
//! G = g_min + (g_max - g_min) w / w_max. Every spike of a winner pulses all devices of its column once:
//! a SET pulse where the weight grows, a RESET pulse elsewhere.

use super::rule::{Dependence, Rates};
use crate::device::endurance::Endurance;
use crate::device::fault::{Fault, FaultRates};
use crate::network::stride;
use crate::numeric::{Real, exp, ln, standard_normal};
use crate::random::{Purpose, Stream};
use crate::synapse::{DeviceRange, ReadPulse};
use serde::{Deserialize, Serialize};

/// Device-to-device coefficients of variation, normal numbers drawn once per device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dispersion {
    /// Of the step a+; a negative one is none.
    pub a_plus: f64,
    /// Of the step a-.
    pub a_minus: f64,
    /// Of the highest conductance; never below the device's lowest.
    pub g_max: f64,
    /// Of the lowest conductance.
    pub g_min: f64,
}

/// What the devices are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceModel {
    /// Bounds, and the levels a programmed conductance is rounded to.
    pub range: DeviceRange,
    pub read: ReadPulse,
    /// The pulses that change a conductance.
    pub set: ReadPulse,
    pub reset: ReadPulse,
    pub dispersion: Dispersion,
    /// Cycle to cycle: coefficient of variation of every single step.
    pub cycle: f64,
    pub faults: FaultRates,
    pub endurance: Option<Endurance>,
}

impl DeviceModel {
    /// Siemens per volt of weight.
    #[must_use]
    pub fn slope(&self, w_max: f64) -> f64 {
        (self.range.g_max.get() - self.range.g_min.get()) / w_max
    }

    /// The conductance that makes a weight.
    #[must_use]
    pub fn conductance(&self, w: f64, w_max: f64) -> f64 {
        self.range.g_min.get() + self.slope(w_max) * w
    }

    /// The weight that a conductance makes.
    #[must_use]
    pub fn weight(&self, g: f64, w_max: f64) -> f64 {
        (g - self.range.g_min.get()) / self.slope(w_max)
    }
}

/// What of the devices changes; the rest is a function of model and seed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct DeviceState {
    /// Pulses that each device of a column has taken.
    pub updates: Vec<u64>,
    /// Sum of the conductances of each row.
    pub row_sums: Vec<f64>,
}

/// The synapses of a dense projection while they learn.
pub struct Synapses<R: Real> {
    rows: usize,
    cols: usize,
    stride: usize,
    w_max: R,
    seed: u64,
    devices: Option<Devices<R>>,
    /// Pulses that each synapse of a column has taken.
    pub updates: Vec<u64>,
    /// Joules spent on programming since it was last taken.
    pub programmed: f64,
}

struct Devices<R> {
    model: DeviceModel,
    /// Siemens per volt of weight.
    slope: f64,
    /// Per device, column by column; empty without dispersion and faults.
    own: Vec<Own<R>>,
    /// Pulses each device survives, column by column; empty without endurance.
    survives: Vec<f64>,
}

/// One device's own parameters: factors of the steps, ends of its range as weights.
#[derive(Clone, Copy)]
struct Own<R> {
    plus: R,
    minus: R,
    bottom: R,
    top: R,
}

impl<R: Real> Synapses<R> {
    /// `weights` are padded row-major. They are brought onto the devices: inside each one's range, or where
    /// it is stuck.
    ///
    /// Device k (row-major) uses words 4k to 4k + 3 of (seed, device-to-device, `entity`, 1): a+, a-, g_max,
    /// g_min.
    #[must_use]
    pub fn new(
        (rows, cols): (u32, u32),
        w_max: f64,
        model: Option<DeviceModel>,
        seed: u64,
        entity: u32,
        weights: &mut [R],
    ) -> Self {
        let mut this = Self {
            rows: rows as usize,
            cols: cols as usize,
            stride: stride(cols),
            w_max: R::from_f64(w_max),
            seed,
            devices: None,
            updates: vec![0; cols as usize],
            programmed: 0.0,
        };
        this.devices = model.map(|model| this.draw(model, w_max, entity));
        let plain = Own { plus: R::ONE, minus: R::ONE, bottom: R::ZERO, top: this.w_max };
        for row in 0..this.rows {
            for col in 0..this.cols {
                let k = col * this.rows + row;
                let own = this.devices.as_ref().and_then(|d| d.own.get(k)).copied().unwrap_or(plain);
                let w = &mut weights[row * this.stride + col];
                *w = clamp(*w, own.bottom, own.top);
                if let Some(devices) = &this.devices {
                    let synapse = (row * this.cols + col) as u32;
                    match devices.model.faults.of(seed, synapse) {
                        None => {}
                        Some(Fault::StuckOn) => *w = own.top,
                        Some(Fault::StuckOff) => *w = own.bottom,
                        Some(Fault::StuckAt(g)) => {
                            let at = (g.get() - devices.model.range.g_min.get()) / devices.slope;
                            *w = clamp(R::from_f64(at), own.bottom, own.top);
                        }
                    }
                }
            }
        }
        this
    }

    fn draw(&self, model: DeviceModel, w_max: f64, entity: u32) -> Devices<R> {
        let (g_min, g_max) = (model.range.g_min.get(), model.range.g_max.get());
        let slope = model.slope(w_max);
        let Dispersion { a_plus, a_minus, g_max: cv_max, g_min: cv_min } = model.dispersion;
        let spread = model.dispersion != Dispersion::default();
        let count = self.rows * self.cols;
        let mut own = Vec::new();
        if spread || model.faults != FaultRates::default() {
            let plain = Own { plus: R::ONE, minus: R::ONE, bottom: R::ZERO, top: self.w_max };
            own.resize(count, plain);
            let mut stream = Stream::new(self.seed, Purpose::DeviceToDevice, entity, 1);
            for k in 0..count {
                let at = k % self.cols * self.rows + k / self.cols;
                if spread {
                    let mut factor = |cv: f64| 1.0 + cv * standard_normal(stream.next_word());
                    let (plus, minus) = (factor(a_plus), factor(a_minus));
                    let (high, low) = (g_max * factor(cv_max), g_min * factor(cv_min));
                    let low = low.max(0.0);
                    let high = high.max(low);
                    own[at] = Own {
                        plus: R::from_f64(plus.max(0.0)),
                        minus: R::from_f64(minus.max(0.0)),
                        bottom: R::from_f64((low - g_min) / slope),
                        top: R::from_f64((high - g_min) / slope),
                    };
                }
                if model.faults.of(self.seed, k as u32).is_some() {
                    (own[at].plus, own[at].minus) = (R::ZERO, R::ZERO);
                }
            }
        }
        let survives = match &model.endurance {
            Some(endurance) if endurance.weibull_shape.is_some() => (0..count)
                .map(|at| endurance.survives(self.seed, (at % self.rows * self.cols + at / self.rows) as u32))
                .collect(),
            _ => Vec::new(),
        };
        Devices { model, slope, own, survives }
    }

    /// Conductance sums of every row; empty for ideal weights.
    #[must_use]
    pub fn row_sums(&self, weights: &[R]) -> Vec<f64> {
        let Some(devices) = &self.devices else { return Vec::new() };
        let row = |row: &[R]| row[..self.cols].iter().fold(0.0, |sum, w| sum + devices.conductance(*w));
        weights.chunks_exact(self.stride).map(row).collect()
    }

    /// Conductances, row-major; empty for ideal weights.
    #[must_use]
    pub fn conductances(&self, weights: &[R]) -> Vec<f64> {
        let Some(devices) = &self.devices else { return Vec::new() };
        let rows = weights.chunks_exact(self.stride);
        rows.flat_map(|row| row[..self.cols].iter().map(|w| devices.conductance(*w))).collect()
    }

    /// The winner `column` spiked: `recent` tells how recently each input did.
    ///
    /// `row_sums` (of [`Synapses::row_sums`]) are kept up to date.
    pub fn learn(
        &mut self,
        weights: &mut [R],
        row_sums: &mut [f64],
        column: usize,
        recent: &[R],
        rates: Rates,
        dependence: Dependence,
    ) {
        match dependence {
            Dependence::Multiplicative => {
                let w_max = self.w_max;
                self.step(weights, row_sums, column, recent, rates, |w| (w_max - w, w));
            }
            Dependence::Exponential { .. } => {
                let w_max = self.w_max;
                self.step(weights, row_sums, column, recent, rates, |w| dependence.factors(w, w_max));
            }
        }
        self.updates[column] += 1;
    }

    #[inline(always)]
    fn step(
        &mut self,
        weights: &mut [R],
        row_sums: &mut [f64],
        column: usize,
        recent: &[R],
        rates: Rates,
        factors: impl Fn(R) -> (R, R),
    ) {
        let (a_plus, a_minus) = (R::from_f64(rates.plus), R::from_f64(rates.minus));
        let w_max = self.w_max;
        let synapses = weights[column..].iter_mut().step_by(self.stride).zip(recent);
        let Some(devices) = &self.devices else {
            for (w, &x) in synapses {
                let (up, down) = factors(*w);
                *w = clamp(*w + (a_plus * x * up - a_minus * (R::ONE - x) * down), R::ZERO, w_max);
            }
            return;
        };
        let taken = self.updates[column];
        let worn = devices.worn(taken);
        let model = &devices.model;
        let mut noise = Stream::new(self.seed, Purpose::CycleToCycle, column as u32, taken);
        let first = column * self.rows;
        let (mut set, mut reset) = (0.0, 0.0);
        for (row, ((w, &x), sum)) in synapses.zip(row_sums).enumerate() {
            let own = devices.own.get(first + row);
            let (plus, minus) = own.map_or((a_plus, a_minus), |own| (a_plus * own.plus, a_minus * own.minus));
            let (bottom, top) = own.map_or((R::ZERO, w_max), |own| (own.bottom, own.top));
            let (up, down) = factors(*w);
            let mut delta = plus * x * up - minus * (R::ONE - x) * down;
            if model.cycle > 0.0 {
                delta *= R::from_f64(1.0 + model.cycle * standard_normal(noise.next_word()));
            }
            if devices.survives.get(first + row).is_some_and(|&survives| taken as f64 >= survives) {
                delta = R::ZERO;
            }
            let before = devices.conductance(*w);
            if delta != R::ZERO {
                let mut new = *w + delta;
                if model.range.levels.is_some() {
                    let g = model.range.nearest(devices.conductance(new));
                    new = R::from_f64((g - model.range.g_min.get()) / devices.slope);
                }
                let bottom = if worn > bottom { worn } else { bottom };
                *w = clamp(new, bottom, if top > bottom { top } else { bottom });
            }
            let after = devices.conductance(*w);
            let mean = 0.5 * (before + after);
            if delta > R::ZERO {
                set += mean;
            } else {
                reset += mean;
            }
            *sum += after - before;
        }
        self.programmed += model.set.energy(set) + model.reset.energy(reset);
    }

    /// Scales the weights of a column so that their sum is `target` times w_max: one more pulse on each of
    /// its devices, and paid for like any other.
    pub fn normalise(&mut self, weights: &mut [R], row_sums: &mut [f64], column: usize, target: f64) {
        let w_max = self.w_max.to_f64();
        let sum = weights[column..].iter().step_by(self.stride).fold(0.0, |sum, w| sum + w.to_f64());
        if sum <= 0.0 {
            return;
        }
        let factor = R::from_f64(target * w_max / sum);
        let first = column * self.rows;
        let (mut set, mut reset) = (0.0, 0.0);
        for row in 0..self.rows {
            let w = &mut weights[row * self.stride + column];
            let own = self.devices.as_ref().and_then(|devices| devices.own.get(first + row));
            let stuck = own.is_some_and(|own| own.plus == R::ZERO && own.minus == R::ZERO);
            let (bottom, top) = own.map_or((R::ZERO, self.w_max), |own| (own.bottom, own.top));
            let new = if stuck { *w } else { clamp(*w * factor, bottom, top) };
            if let Some(devices) = &self.devices {
                let (before, after) = (devices.conductance(*w), devices.conductance(new));
                let mean = 0.5 * (before + after);
                if new > *w {
                    set += mean;
                } else {
                    reset += mean;
                }
                row_sums[row] += after - before;
            }
            *w = new;
        }
        if let Some(devices) = &self.devices {
            self.programmed += devices.model.set.energy(set) + devices.model.reset.energy(reset);
        }
        self.updates[column] += 1;
    }
}

impl<R: Real> Devices<R> {
    fn conductance(&self, w: R) -> f64 {
        self.model.range.g_min.get() + self.slope * w.to_f64()
    }

    /// The lowest weight that worn devices can be brought to: the off state rises towards the on state.
    fn worn(&self, taken: u64) -> R {
        let Some(endurance) = &self.model.endurance else { return R::from_f64(f64::NEG_INFINITY) };
        let (g_min, g_max) = (self.model.range.g_min.get(), self.model.range.g_max.get());
        let lowest = g_max * exp(-endurance.window_share(taken) * ln(g_max / g_min));
        R::from_f64((lowest - g_min).max(0.0) / self.slope)
    }
}

#[inline(always)]
fn clamp<R: Real>(value: R, low: R, high: R) -> R {
    let value = if value < low { low } else { value };
    if value > high { high } else { value }
}
