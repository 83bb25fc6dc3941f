//! The synapses that learn: ideal weights, or one device each with its bounds, spread and wear.
//!
//! G = g_min + (g_max - g_min) w / w_max. Every spike of a winner pulses all devices of its column once:
//! a SET pulse where the weight grows, a RESET pulse elsewhere.

use super::device_model::{DeviceModel, Dispersion};
use super::pulses::Differs;
use super::rule::{Dependence, Rates};
use crate::device::fault::{Fault, FaultRates};
use crate::network::stride;
use crate::numeric::{Real, standard_normal};
use crate::random::{Purpose, Stream};
use serde::{Deserialize, Serialize};

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
    /// g_min; its initial weight uses word k of (seed, device-to-device, `entity`, 2).
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
        let initial = this.devices.as_ref().map_or(0.0, |devices| devices.model.dispersion.initial);
        let mut stream = Stream::new(seed, Purpose::DeviceToDevice, entity, 2);
        for row in 0..this.rows {
            for col in 0..this.cols {
                let k = col * this.rows + row;
                let own = this.devices.as_ref().and_then(|d| d.own.get(k)).copied().unwrap_or(plain);
                let w = &mut weights[row * this.stride + col];
                if initial > 0.0 {
                    *w *= R::from_f64(1.0 + initial * standard_normal(stream.next_word()));
                }
                *w = clamp(*w, own.bottom, own.top);
                if let Some(devices) = &this.devices {
                    let synapse = (row * this.cols + col) as u32;
                    match devices.model.faults.of(seed, synapse) {
                        None => {}
                        Some(Fault::StuckOn) => *w = own.top,
                        Some(Fault::StuckOff) => *w = own.bottom,
                    }
                }
            }
        }
        this
    }

    /// What dispersion makes of device (row, column); `None` without dispersion.
    #[must_use]
    pub fn differs(&self, row: usize, col: usize) -> Option<Differs> {
        let devices = self.devices.as_ref()?;
        let own = devices.own.get(col * self.rows + row)?;
        let (g_min, g_max) = devices.model.range.ends();
        let g = |w: R| devices.conductance(w);
        let (plus, minus) = (own.plus.to_f64(), own.minus.to_f64());
        Some(Differs { plus, minus, low: g(own.bottom) / g_min, high: g(own.top) / g_max })
    }

    /// How weights lie in memory: rows, columns, and the length of a padded row.
    #[must_use]
    pub fn shape(&self) -> (usize, usize, usize) {
        (self.rows, self.cols, self.stride)
    }

    fn draw(&self, model: DeviceModel, w_max: f64, entity: u32) -> Devices<R> {
        let (g_min, g_max) = model.range.ends();
        let slope = model.slope(w_max);
        let Dispersion { a_plus, a_minus, g_max: cv_max, g_min: cv_min, .. } = model.dispersion;
        let spread = model.dispersion.of_devices();
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
        let survives = model.survives((self.rows, self.cols), self.seed);
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
                *w = devices.reach(*w + delta, bottom, top, worn);
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

    /// Scales the weights of a column so that their sum is `target` times w_max, as far as its devices go: one more
    /// pulse on each of them, bounded, rounded to levels, wearing and paid for like any other, but without the
    /// spread from cycle to cycle (the pulse that hits what was asked for is assumed to be known).
    pub fn normalise(&mut self, weights: &mut [R], row_sums: &mut [f64], column: usize, target: f64) {
        let w_max = self.w_max.to_f64();
        let sum = weights[column..].iter().step_by(self.stride).fold(0.0, |sum, w| sum + w.to_f64());
        if sum <= 0.0 {
            return;
        }
        let factor = R::from_f64(target * w_max / sum);
        let first = column * self.rows;
        let taken = self.updates[column];
        self.updates[column] += 1;
        let column = weights[column..].iter_mut().step_by(self.stride);
        let Some(devices) = &self.devices else {
            column.for_each(|w| *w = clamp(*w * factor, R::ZERO, self.w_max));
            return;
        };
        let worn = devices.worn(taken);
        let (mut set, mut reset) = (0.0, 0.0);
        for (row, (w, sum)) in column.zip(row_sums).enumerate() {
            let own = devices.own.get(first + row);
            let stuck = own.is_some_and(|own| own.plus == R::ZERO && own.minus == R::ZERO);
            let dead = devices.survives.get(first + row).is_some_and(|&survives| taken as f64 >= survives);
            let (bottom, top) = own.map_or((R::ZERO, self.w_max), |own| (own.bottom, own.top));
            let new = if stuck || dead { *w } else { devices.reach(*w * factor, bottom, top, worn) };
            let (before, after) = (devices.conductance(*w), devices.conductance(new));
            let mean = 0.5 * (before + after);
            if new > *w {
                set += mean;
            } else {
                reset += mean;
            }
            *sum += after - before;
            *w = new;
        }
        self.programmed += devices.model.set.energy(set) + devices.model.reset.energy(reset);
    }
}

impl<R: Real> Devices<R> {
    fn conductance(&self, w: R) -> f64 {
        self.model.range.g_min.get() + self.slope * w.to_f64()
    }

    /// The weight that a device takes when it is brought towards `w`: the nearest level, within its own range and above
    /// what wear leaves of it.
    #[inline(always)]
    fn reach(&self, mut w: R, bottom: R, top: R, worn: R) -> R {
        let range = &self.model.range;
        if range.levels.is_some() {
            let g = range.nearest(self.conductance(w));
            w = R::from_f64((g - range.g_min.get()) / self.slope);
        }
        let bottom = if worn > bottom { worn } else { bottom };
        clamp(w, bottom, if top > bottom { top } else { bottom })
    }

    /// The lowest weight that worn devices can be brought to: the off state rises towards the on state.
    fn worn(&self, taken: u64) -> R {
        let Some(endurance) = &self.model.endurance else { return R::from_f64(f64::NEG_INFINITY) };
        let g_min = self.model.range.g_min.get();
        let lowest = self.model.lowest(endurance, taken);
        R::from_f64((lowest - g_min).max(0.0) / self.slope)
    }
}

#[inline(always)]
fn clamp<R: Real>(value: R, low: R, high: R) -> R {
    let value = if value < low { low } else { value };
    if value > high { high } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::endurance::Endurance;
    use crate::synapse::{DeviceRange, ReadPulse};
    use crate::units::{Second, Siemens, Volt};

    const W_MAX: f64 = 1e-3;
    const RATES: Rates = Rates { plus: 0.2, minus: 0.1 };

    fn model() -> DeviceModel {
        let pulse = |volts: f64| ReadPulse { amplitude: Volt::new(volts), width: Second::new(1e-3) };
        DeviceModel {
            range: DeviceRange { g_min: Siemens::new(1e-8), g_max: Siemens::new(1e-4), levels: None },
            read: pulse(0.1),
            set: pulse(0.3),
            reset: pulse(0.2),
            dispersion: Dispersion::default(),
            cycle: 0.0,
            faults: FaultRates::default(),
            endurance: None,
        }
    }

    /// `rows` x 3 synapses at half their range.
    fn synapses(rows: u32, model: Option<DeviceModel>) -> (Synapses<f64>, Vec<f64>, Vec<f64>) {
        let mut weights = vec![0.5 * W_MAX; rows as usize * stride(3)];
        let synapses = Synapses::new((rows, 3), W_MAX, model, 1, 0, &mut weights);
        let sums = synapses.row_sums(&weights);
        (synapses, weights, sums)
    }

    fn learn(s: &mut Synapses<f64>, weights: &mut [f64], sums: &mut [f64], recent: &[f64]) {
        s.learn(weights, sums, 1, recent, RATES, Dependence::Multiplicative);
    }

    #[test]
    fn a_step_moves_the_winners_column_and_books_its_pulses() {
        let (mut s, mut weights, mut sums) = synapses(2, Some(model()));
        learn(&mut s, &mut weights, &mut sums, &[1.0, 0.0]);
        let (up, down) = (0.6 * W_MAX, 0.45 * W_MAX);
        assert!((weights[1] - up).abs() < 1e-18 && (weights[stride(3) + 1] - down).abs() < 1e-18);
        assert_eq!((weights[0], weights[2]), (0.5 * W_MAX, 0.5 * W_MAX), "the others stay");
        let g = |w: f64| model().conductance(w, W_MAX);
        let joules =
            0.09 * 1e-3 * 0.5 * (g(0.5 * W_MAX) + g(up)) + 0.04 * 1e-3 * 0.5 * (g(0.5 * W_MAX) + g(down));
        assert!((s.programmed / joules - 1.0).abs() < 1e-12, "{} {joules}", s.programmed);
        for (kept, fresh) in sums.iter().zip(s.row_sums(&weights)) {
            assert!((kept / fresh - 1.0).abs() < 1e-14);
        }
        assert_eq!(s.updates, [0, 1, 0]);
    }

    #[test]
    fn the_multiplicative_rule_has_its_closed_form() {
        let (mut s, mut weights, mut sums) = synapses(2, None);
        for _ in 0..7 {
            learn(&mut s, &mut weights, &mut sums, &[1.0, 0.0]);
        }
        let (up, down) = (1.0 - 0.5 * 0.8f64.powi(7), 0.5 * 0.9f64.powi(7));
        assert!((weights[1] / W_MAX - up).abs() < 1e-14);
        assert!((weights[stride(3) + 1] / W_MAX - down).abs() < 1e-14);
        assert_eq!(s.programmed, 0.0);
    }

    #[test]
    fn the_exponential_rule_stays_within_its_bounds() {
        let (mut s, mut weights, mut sums) = synapses(2, None);
        for _ in 0..200 {
            let rule = Dependence::Exponential { beta: 0.0 };
            s.learn(&mut weights, &mut sums, 1, &[1.0, 0.0], RATES, rule);
        }
        assert_eq!((weights[1], weights[stride(3) + 1]), (W_MAX, 0.0));
    }

    #[test]
    fn stuck_devices_are_where_they_are_and_stay_there() {
        let faults = FaultRates { stuck_on: 0.3, stuck_off: 0.3 };
        let (mut s, mut weights, mut sums) = synapses(400, Some(DeviceModel { faults, ..model() }));
        let before: Vec<f64> = weights.iter().skip(1).step_by(stride(3)).copied().collect();
        learn(&mut s, &mut weights, &mut sums, &vec![1.0; 400]);
        s.normalise(&mut weights, &mut sums, 1, 100.0);
        let after: Vec<f64> = weights.iter().skip(1).step_by(stride(3)).copied().collect();
        let (mut on, mut off) = (0, 0);
        for (row, (before, after)) in before.iter().zip(&after).enumerate() {
            match faults.of(1, row as u32 * 3 + 1) {
                Some(Fault::StuckOn) => {
                    assert_eq!((*before, *after), (W_MAX, W_MAX));
                    on += 1;
                }
                Some(_) => {
                    assert_eq!((*before, *after), (0.0, 0.0));
                    off += 1;
                }
                None => assert!(after != before),
            }
        }
        assert!(on > 80 && off > 80, "{on} {off}");
    }

    #[test]
    fn levels_are_the_only_conductances() {
        let range = DeviceRange { levels: Some(5), ..model().range };
        let (mut s, mut weights, mut sums) = synapses(2, Some(DeviceModel { range, ..model() }));
        let rates = Rates { plus: 0.3, minus: 0.3 };
        s.learn(&mut weights, &mut sums, 1, &[1.0, 0.0], rates, Dependence::Multiplicative);
        // 0.65 and 0.35 of the range: the nearest of 0, 1/4, ... 1.
        assert!((weights[1] / W_MAX - 0.75).abs() < 1e-12);
        assert!((weights[stride(3) + 1] / W_MAX - 0.25).abs() < 1e-12);
    }

    #[test]
    fn dispersion_has_the_spread_that_was_asked_for() {
        let dispersion = Dispersion { a_plus: 0.2, g_max: 0.1, ..Dispersion::default() };
        let (mut s, mut weights, mut sums) = synapses(4000, Some(DeviceModel { dispersion, ..model() }));
        learn(&mut s, &mut weights, &mut sums, &vec![1.0; 4000]);
        // w + a (1 - w) with a = 0.2 (1 + 0.2 z): mean 0.6, standard deviation 0.02.
        let first: Vec<f64> = weights.iter().skip(1).step_by(stride(3)).map(|w| w / W_MAX).collect();
        let moments = |values: &[f64]| {
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / values.len() as f64;
            (mean, square.sqrt())
        };
        let (mean, sd) = moments(&first);
        assert!((mean - 0.6).abs() < 0.002 && (sd / 0.02 - 1.0).abs() < 0.06, "{mean} {sd}");
        for _ in 0..400 {
            s.learn(
                &mut weights,
                &mut sums,
                1,
                &vec![1.0; 4000],
                RATES,
                Dependence::Exponential { beta: 0.0 },
            );
        }
        // Every device at its own upper end.
        let last: Vec<f64> = weights.iter().skip(1).step_by(stride(3)).map(|w| w / W_MAX).collect();
        let (mean, sd) = moments(&last);
        assert!((mean - 1.0).abs() < 0.006 && (sd / 0.1 - 1.0).abs() < 0.06, "{mean} {sd}");
    }

    #[test]
    fn worn_devices_no_longer_turn_off_and_dead_ones_stay() {
        let endurance = Some(Endurance { n_f: 10.0, m: 1.0, weibull_shape: None, ..Endurance::default() });
        let (mut s, mut weights, mut sums) = synapses(1, Some(DeviceModel { endurance, ..model() }));
        for _ in 0..6 {
            learn(&mut s, &mut weights, &mut sums, &[0.0]);
        }
        // The sixth pulse is the first to meet the worn bound: after five, half of four decades are left.
        let g = model().conductance(weights[1], W_MAX);
        assert!((g / 1e-6 - 1.0).abs() < 1e-9 || g > 1e-6, "{g}");
        for _ in 0..60 {
            learn(&mut s, &mut weights, &mut sums, &[0.0]);
        }
        assert!((weights[1] / W_MAX - 1.0).abs() < 1e-12, "closed: on for ever");
        let endurance = Some(Endurance { n_f: 1e-9, weibull_shape: Some(1.5), ..Endurance::default() });
        let (mut s, mut weights, mut sums) = synapses(1, Some(DeviceModel { endurance, ..model() }));
        learn(&mut s, &mut weights, &mut sums, &[1.0]);
        learn(&mut s, &mut weights, &mut sums, &[1.0]);
        let once = weights[1];
        learn(&mut s, &mut weights, &mut sums, &[0.0]);
        assert_eq!(weights[1], once, "dead after its first pulse");
    }

    #[test]
    fn normalisation_is_made_of_pulses_like_any_other() {
        // To the nearest level: a quarter of the range is asked for, a third is the nearest of 0, 1/3, 2/3, 1.
        let range = DeviceRange { levels: Some(4), ..model().range };
        let (mut s, mut weights, mut sums) = synapses(40, Some(DeviceModel { range, ..model() }));
        s.normalise(&mut weights, &mut sums, 1, 10.0);
        assert!(weights.iter().skip(1).step_by(stride(3)).all(|w| (w / W_MAX - 1.0 / 3.0).abs() < 1e-12));
        // Dead devices stay.
        let endurance = Some(Endurance { n_f: 1e-9, weibull_shape: Some(1.5), ..Endurance::default() });
        let (mut s, mut weights, mut sums) = synapses(40, Some(DeviceModel { endurance, ..model() }));
        s.normalise(&mut weights, &mut sums, 1, 10.0);
        let once = weights.clone();
        assert!((once[1] / W_MAX - 0.25).abs() < 1e-12);
        s.normalise(&mut weights, &mut sums, 1, 20.0);
        assert_eq!(weights, once, "dead after their first pulse");
        // Worn ones no longer turn off: after half of ten cycles two of four decades are left.
        let endurance = Some(Endurance { n_f: 10.0, m: 1.0, weibull_shape: None, ..Endurance::default() });
        let (mut s, mut weights, mut sums) = synapses(40, Some(DeviceModel { endurance, ..model() }));
        for _ in 0..6 {
            s.normalise(&mut weights, &mut sums, 1, 1e-9);
        }
        let g = model().conductance(weights[1], W_MAX);
        assert!((g / 1e-6 - 1.0).abs() < 1e-6, "{g}");
        for (kept, fresh) in sums.iter().zip(s.row_sums(&weights)) {
            assert!((kept / fresh - 1.0).abs() < 1e-9);
        }
    }

    #[test]
    fn normalisation_restores_the_sum_and_is_paid_for() {
        let (mut s, mut weights, mut sums) = synapses(40, Some(model()));
        s.normalise(&mut weights, &mut sums, 1, 10.0);
        let sum: f64 = weights.iter().skip(1).step_by(stride(3)).sum();
        assert!((sum / W_MAX - 10.0).abs() < 1e-12);
        // Forty RESET pulses from a half to a quarter of the range.
        let g = |w: f64| model().conductance(w * W_MAX, W_MAX);
        let joules = 40.0 * 0.04 * 1e-3 * 0.5 * (g(0.5) + g(0.25));
        assert!((s.programmed / joules - 1.0).abs() < 1e-12);
        assert_eq!(s.updates, [0, 1, 0]);
    }
}
