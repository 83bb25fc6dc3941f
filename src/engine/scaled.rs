//! Scaled potentials: membranes that stand still between arrivals.
//!
//! x_j = u_j - u_inf with u_inf = u_rest + R I_bias decays as e^(-t / tau_m), so v_j = x_j s(t) with
//! s(t) = e^(t / tau_m) does not change until something arrives. An arrival of weight w at t adds w s(t),
//! and the neuron fires if v_j >= theta s(t): no exponential per target, and a neuron that nothing reaches
//! costs nothing.
//!
//! s(t) = 2^phase with phase = t / (tau_m ln 2) in fixed point, a product of two 64-bit integers: a function of
//! t alone, whatever was computed before. It is kept relative to 2^epoch. Changing the epoch multiplies
//! every v by a power of two, which is exact, so when and how often it is done cannot be seen in any bit.
//! (Only what has decayed to 2^-600 of a volt and is set to zero then could be; no weight is small enough
//! to tell it from zero.)
//!
//! While a neuron is refractory its v is minus infinity: it loses what arrives without a question being
//! asked. Where the membrane goes on from is kept beside it.

use crate::network::{Fixed, Projection, Rows, stride};
use crate::neuron::{Lif, Reset};
use crate::numeric::Real;
use crate::simd::Lined;
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// Membranes of one population; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// x_j s 2^-epoch in volts; minus infinity while refractory.
    pub v: Vec<f64>,
    pub epoch: i64,
    /// Refractory neurons by the end of their period: one list per group of `group` consecutive neurons.
    pub held: Vec<VecDeque<Held>>,
    pub group: u32,
}

/// A refractory neuron.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Held {
    /// End of the period.
    pub until: Time,
    pub neuron: u32,
    /// Where the membrane is held, relative to u_inf (volts).
    pub x: f64,
}

/// log2 e^(t / tau_m) in fixed point.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// 2^shift / (tau_m ln 2) per femtosecond, between 2^62 and 2^63.
    rate: u64,
    /// `shift` - 64, between 1 and 63.
    low: u32,
}

/// Octaves between two epochs.
const OCTAVES: i64 = 64;
/// Most octaves that the phase may be ahead of the epoch: far from overflow.
const MOST: i64 = 256;
/// Smaller v are set to zero when the epoch changes: far above what `f64` still resolves fully.
const NOTHING: f64 = 2.409_919_865_102_884e-181; // 2^-600

impl Phase {
    fn new(tau_m: f64) -> Self {
        // Octaves per femtosecond: 1e-18 to 1.5e-3 for tau_m from 1 ps to 1000 s.
        let octaves = 1.0 / (tau_m * FS_PER_SECOND * std::f64::consts::LN_2);
        let mut shift = 64;
        let mut rate = octaves * 18_446_744_073_709_551_616.0;
        // Exact: only the exponent changes.
        while rate < 4_611_686_018_427_387_904.0 && shift < 127 {
            rate *= 2.0;
            shift += 1;
        }
        Self { rate: rate as u64, low: shift - 64 }
    }

    /// Whole octaves, rounded to nearest, and the fraction above (n - 1/2) in units of 2^-52.
    #[inline(always)]
    fn at(self, t: u64) -> (i64, u64) {
        let half = 1u64 << (self.low - 1);
        let product = u128::from(t) * u128::from(self.rate) + (u128::from(half) << 64);
        let (high, low) = ((product >> 64) as u64, product as u64);
        let fraction = high << (64 - self.low) | low >> self.low;
        ((high >> self.low) as i64, fraction >> 12)
    }

    /// s(t) 2^-epoch.
    #[inline(always)]
    pub fn scale(self, t: u64, epoch: i64) -> f64 {
        let (octave, fraction) = self.at(t);
        power(octave - epoch, fraction)
    }

    /// The epoch that a state at `t` is kept in.
    fn epoch(self, t: u64) -> i64 {
        self.at(t).0 / OCTAVES * OCTAVES
    }

    /// The first time at which the phase is too far ahead of the epoch of `t`.
    #[must_use]
    pub fn limit(self, t: u64) -> u64 {
        let octaves = u128::from((self.epoch(t) + MOST) as u64);
        if octaves.leading_zeros() <= 64 + self.low {
            return u64::MAX;
        }
        let limit = (octaves << (64 + self.low)) / u128::from(self.rate.max(1));
        u64::try_from(limit).unwrap_or(u64::MAX)
    }

    /// Scales of many times in order: the same values, in operations that every vector unit has.
    #[inline(always)]
    pub fn scales(self, times: &[u64], epoch: i64, scales: &mut [f64]) {
        let [Some(&first), Some(&last)] = [times.first(), times.last()] else { return };
        debug_assert!(times.is_sorted());
        let (rate_low, rate_high) = (self.rate & LOW, self.rate >> 32);
        let half = 1u64 << (self.low - 1);
        if last.wrapping_sub(first) <= LOW && self.low >= 20 {
            // t rate = first rate + (t - first) rate, whose first factor has 32 bits. What is wanted of it begins at
            // bit `cut`; below there is only what may carry.
            let product = u128::from(first) * u128::from(self.rate) + (u128::from(half) << 64);
            let cut = self.low + 12;
            let whole = ((product >> cut) as u64).wrapping_sub((epoch as u64) << 52);
            let below = product & ((1 << cut) - 1);
            let (below_high, below_low) = ((below >> 32) as u64, below as u64 & LOW);
            powers(times, scales, |time| {
                let since = time.wrapping_sub(first) & LOW;
                let carry = (since * rate_low + below_low) >> 32;
                whole.wrapping_add((since * rate_high + below_high + carry) >> (cut - 32))
            });
        } else {
            powers(times, scales, |time| {
                // 64 x 64 -> 128 bits out of four 32 x 32 -> 64.
                let (low, high) = (time & LOW, time >> 32);
                let (p00, p01) = (low * rate_low, low * rate_high);
                let (p10, p11) = (high * rate_low, high * rate_high);
                let middle = (p00 >> 32) + (p01 & LOW) + (p10 & LOW);
                let above = p11 + (p01 >> 32) + (p10 >> 32) + (middle >> 32) + half;
                let below = middle << 32 | p00 & LOW;
                let fraction = above << (64 - self.low) | below >> self.low;
                (above >> self.low).wrapping_sub(epoch as u64) << 52 | fraction >> 12
            });
        }
    }
}

/// Powers of two of what `at` says of each time: octaves above bit 52, and the fraction above a half below. Two short
/// loops: of one long one hardly two rounds fit in the processor's window at a time.
#[inline(always)]
fn powers(times: &[u64], scales: &mut [f64], at: impl Fn(u64) -> u64) {
    let mut octaves = Lined([0.0; TOGETHER]);
    for (scales, times) in scales.chunks_mut(TOGETHER).zip(times.chunks(TOGETHER)) {
        let count = times.len().min(scales.len());
        let (times, scales, octaves) = (&times[..count], &mut scales[..count], &mut octaves.0[..count]);
        for index in 0..count {
            let at = at(times[index]);
            scales[index] = exponent(at & FRACTION);
            octaves[index] = f64::from_bits((at & !FRACTION).wrapping_add(1023 << 52));
        }
        for (scale, &octaves) in scales.iter_mut().zip(&*octaves) {
            *scale = crate::numeric::exp_near_zero(*scale) * octaves;
        }
    }
}

/// Scales that are computed at once.
const TOGETHER: usize = 64;
/// The fraction of an octave.
const FRACTION: u64 = (1 << 52) - 1;

/// The low half of a word.
const LOW: u64 = 0xFFFF_FFFF;

/// 2^(octaves - 1/2 + fraction 2^-52), within 2 ulp.
#[inline(always)]
fn power(octaves: i64, fraction: u64) -> f64 {
    // From -`MOST` to `MOST` octaves: never a denormal.
    crate::numeric::exp_near_zero(exponent(fraction)) * f64::from_bits(((octaves + 1023) as u64) << 52)
}

/// (fraction 2^-52 - 1/2) ln 2.
#[inline(always)]
fn exponent(fraction: u64) -> f64 {
    // Fraction and exponent bits of a number in [1, 2); both differences are exact.
    let g = (f64::from_bits(fraction | 0x3FF0_0000_0000_0000) - 1.0) - 0.5;
    g * std::f64::consts::LN_2
}

/// Constants of one population.
#[derive(Clone, Debug)]
pub struct ScaledParameters {
    pub phase: Phase,
    pub theta: f64,
    reset: Reset,
    /// What `reset` writes, or for [`Reset::Subtract`] takes away.
    level: f64,
    pub refractory: u64,
    at_rest: f64,
    u_inf: f64,
}

impl ScaledParameters {
    pub fn new(lif: &Lif) -> Self {
        let u_inf = lif.u_rest.get() + lif.bias();
        let level = match lif.reset {
            Reset::Rest => lif.u_rest.get() - u_inf,
            Reset::Value => lif.u_reset.get() - u_inf,
            Reset::Hold => lif.v_hold.get() - u_inf,
            Reset::Subtract => lif.v_th.get() - lif.u_rest.get(),
        };
        Self {
            phase: Phase::new(lif.tau_m.get()),
            theta: lif.v_th.get() - u_inf,
            reset: lif.reset,
            level,
            refractory: Time::from_seconds(lif.t_ref).unwrap_or(Time::MAX).fs(),
            at_rest: -lif.bias(),
            u_inf,
        }
    }
}

impl Scaled {
    /// At rest at the start of an episode.
    pub fn new(parameters: &ScaledParameters, size: u32) -> Self {
        Self {
            v: vec![parameters.at_rest; size as usize],
            epoch: 0,
            held: vec![VecDeque::new()],
            group: size.max(1),
        }
    }

    /// Back to rest, without moving the buffers.
    pub fn restart(&mut self, parameters: &ScaledParameters) {
        self.v.fill(parameters.at_rest);
        self.epoch = 0;
        self.held.iter_mut().for_each(VecDeque::clear);
    }

    /// Moves the epoch up if the phase has left it far enough behind.
    #[inline]
    pub fn settle(&mut self, parameters: &ScaledParameters, time: u64) {
        let epoch = parameters.phase.epoch(time);
        if epoch > self.epoch {
            self.rescale(epoch);
        }
    }

    #[cold]
    fn rescale(&mut self, epoch: i64) {
        // Beyond 2^-1022 everything is nothing.
        let octaves = (self.epoch - epoch).max(-1000);
        let factor = f64::from_bits(((octaves + 1023) as u64) << 52);
        for v in &mut self.v {
            *v *= factor;
            // Minus infinity stays.
            if v.abs() < NOTHING {
                *v = 0.0;
            }
        }
        self.epoch = epoch;
    }

    /// Cuts the refractory neurons into groups of `group` neurons.
    pub fn regroup(&mut self, group: u32) {
        let group = group.max(1);
        if group == self.group {
            return;
        }
        let mut all: Vec<Held> = self.held.iter().flatten().copied().collect();
        all.sort_unstable_by_key(|held| (held.until, held.neuron));
        self.group = group;
        self.held = vec![VecDeque::new(); self.v.len().div_ceil(group as usize)];
        for held in all {
            self.held[(held.neuron / group) as usize].push_back(held);
        }
    }

    /// The same membranes as every engine would keep them at `now`.
    #[must_use]
    pub fn canonical(&self, parameters: &ScaledParameters, now: Time) -> Self {
        let mut copy = self.clone();
        copy.settle(parameters, now.fs());
        copy.all(parameters).release(now.fs());
        copy.regroup(copy.v.len() as u32);
        copy
    }

    /// Whether this could be the state of a population at `now`: a damaged one must not panic later.
    pub fn fits(&self, parameters: &ScaledParameters, now: Time) -> bool {
        let sorted = |held: &VecDeque<Held>| {
            held.iter().zip(held.iter().skip(1)).all(|(a, b)| (a.until, a.neuron) < (b.until, b.neuron))
        };
        let size = self.v.len();
        self.group as usize == size.max(1)
            && self.held.len() == 1
            && self.held.iter().all(sorted)
            && self.held.iter().flatten().all(|held| (held.neuron as usize) < size && held.until > now)
            && self.epoch == parameters.phase.epoch(now.fs())
    }

    /// All neurons.
    #[inline]
    pub fn all<'a>(&'a mut self, parameters: &'a ScaledParameters) -> Part<'a> {
        let stride = stride(self.v.len() as u32);
        Part {
            parameters,
            first: 0,
            whole: true,
            stride,
            v: &mut self.v,
            held: &mut self.held,
            group: self.group,
            epoch: self.epoch,
        }
    }

    /// Membranes at `time` in volts, without touching the state.
    pub fn at(&self, parameters: &ScaledParameters, time: Time) -> Vec<f64> {
        let mut copy = self.canonical(parameters, time);
        let scale = parameters.phase.scale(time.fs(), copy.epoch);
        for held in copy.held.iter().flatten() {
            copy.v[held.neuron as usize] = held.x * scale;
        }
        copy.v.into_iter().map(|v| v / scale + parameters.u_inf).collect()
    }
}

/// Some consecutive neurons of a population: what one thread works on.
pub struct Part<'a> {
    pub parameters: &'a ScaledParameters,
    /// The first neuron.
    pub first: u32,
    pub v: &'a mut [f64],
    /// One list per group of neurons, the first of them the group of `first`.
    pub held: &'a mut [VecDeque<Held>],
    pub group: u32,
    pub epoch: i64,
    /// Whether this is the whole population.
    pub whole: bool,
    /// Length of a dense row.
    pub stride: usize,
}

impl Part<'_> {
    /// Ends every refractory period that is over at `time`.
    #[inline]
    pub fn release(&mut self, time: u64) {
        for group in 0..self.held.len() {
            while self.held[group].front().is_some_and(|held| held.until.fs() <= time) {
                self.release_first(group);
            }
        }
    }

    /// The end of the earliest refractory period; `u64::MAX` if there is none.
    #[inline]
    pub fn next_release(&self) -> u64 {
        if self.parameters.refractory == 0 {
            return u64::MAX;
        }
        self.held.iter().filter_map(VecDeque::front).map(|held| held.until.fs()).min().unwrap_or(u64::MAX)
    }

    /// Ends the earliest refractory period of a group.
    #[inline]
    pub fn release_first(&mut self, group: usize) {
        if let Some(held) = self.held[group].pop_front() {
            let scale = self.parameters.phase.scale(held.until.fs(), self.epoch);
            self.v[(held.neuron - self.first) as usize] = held.x * scale;
        }
    }

    /// Resets neuron `first + index`, which fires at `time`; `scale` is s(time).
    #[inline]
    pub fn fire(&mut self, index: usize, time: u64, scale: f64) {
        let parameters = self.parameters;
        let subtract = parameters.reset == Reset::Subtract;
        if parameters.refractory == 0 {
            let level = parameters.level * scale;
            self.v[index] = if subtract { self.v[index] - level } else { level };
            return;
        }
        let x = if subtract { self.v[index] / scale - parameters.level } else { parameters.level };
        self.v[index] = f64::NEG_INFINITY;
        let neuron = self.first + index as u32;
        let until = Time::from_fs(time).after(Time::from_fs(parameters.refractory));
        self.held[index / self.group as usize].push_back(Held { until, neuron, x });
    }

    /// Adds the weights of a row times s, and notes the neurons that reach `threshold` = theta s.
    ///
    /// `row` is a row, or the number of a synapse that has a delay of its own.
    #[inline]
    pub fn arrive<R: Real>(
        &mut self,
        projection: &Projection,
        values: &[R],
        row: u32,
        scale: f64,
        touched: &mut Vec<u32>,
    ) {
        let size = self.v.len();
        match &projection.connect {
            Rows::Sparse { start, targets } => {
                let mut range = match projection.delays {
                    None => start[row as usize]..start[row as usize + 1],
                    Some(_) => row as usize..row as usize + 1,
                };
                if !self.whole && projection.delays.is_none() {
                    let row = &targets[range.clone()];
                    let low = row.partition_point(|&target| target < self.first);
                    let high =
                        row.partition_point(|&target| ((target - self.first.min(target)) as usize) < size);
                    range = range.start + low..range.start + high.max(low);
                }
                let weights = match &projection.fixed {
                    Some(Fixed::Constant(weight)) => RowWeights::Constant(*weight),
                    Some(Fixed::Compact(weights)) => RowWeights::Compact(&weights[range.clone()]),
                    None => RowWeights::Wide(&values[range.clone()]),
                };
                self.add(&targets[range], weights, scale, touched);
            }
            Rows::OneToOne => {
                let weight = projection.weight(values, row as usize);
                self.add_one(row, weight, scale, self.parameters.theta * scale, touched);
            }
            Rows::Dense => {
                let threshold = self.parameters.theta * scale;
                let start = row as usize * self.stride;
                for index in 0..size {
                    let target = self.first + index as u32;
                    let weight = projection.weight(values, start + target as usize);
                    self.add_one(target, weight, scale, threshold, touched);
                }
            }
        }
    }

    /// Adds w s to some targets.
    #[inline]
    fn add<R: Real>(
        &mut self,
        targets: &[u32],
        weights: RowWeights<'_, R>,
        scale: f64,
        touched: &mut Vec<u32>,
    ) {
        let threshold = self.parameters.theta * scale;
        let (v, first) = (&mut *self.v, self.first as usize);
        match weights {
            // What lowers every membrane makes none fire, unless one was left above threshold.
            RowWeights::Constant(weight) if weight < 0.0 && self.parameters.reset != Reset::Subtract => {
                let jump = weight * scale;
                for &target in targets {
                    if let Some(v) = v.get_mut((target as usize).wrapping_sub(first)) {
                        *v += jump;
                    }
                }
            }
            RowWeights::Constant(weight) => {
                let jump = weight * scale;
                for &target in targets {
                    if let Some(v) = v.get_mut((target as usize).wrapping_sub(first)) {
                        *v += jump;
                        if *v >= threshold {
                            touched.push(target);
                        }
                    }
                }
            }
            RowWeights::Wide(weights) => {
                for (&target, &weight) in targets.iter().zip(weights) {
                    self.add_one(target, weight.to_f64(), scale, threshold, touched);
                }
            }
            RowWeights::Compact(weights) => {
                for (&target, &weight) in targets.iter().zip(weights) {
                    self.add_one(target, f64::from(weight), scale, threshold, touched);
                }
            }
        }
    }

    /// Adds one weight.
    #[inline(always)]
    pub fn add_one(&mut self, target: u32, weight: f64, scale: f64, threshold: f64, touched: &mut Vec<u32>) {
        if let Some(v) = self.v.get_mut((target as usize).wrapping_sub(self.first as usize)) {
            *v += weight * scale;
            if *v >= threshold {
                touched.push(target);
            }
        }
    }

    /// Fires, by id, those of the touched neurons that are above threshold once all has been added.
    #[inline]
    pub fn test(&mut self, touched: &mut Vec<u32>, time: u64, scale: f64, mut spike: impl FnMut(u32)) {
        if touched.is_empty() {
            return;
        }
        touched.sort_unstable();
        touched.dedup();
        let threshold = self.parameters.theta * scale;
        for &neuron in touched.iter() {
            let index = (neuron - self.first) as usize;
            if self.v[index] >= threshold {
                self.fire(index, time, scale);
                spike(neuron);
            }
        }
        touched.clear();
    }
}

/// Weights along a row.
enum RowWeights<'a, R> {
    Constant(f64),
    Wide(&'a [R]),
    Compact(&'a [f32]),
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn scales_of_many_times_are_those_of_each(
            times in proptest::collection::vec(0u64..1 << 63, 1..40),
            tau in prop_oneof![1e-12..1e-9f64, 1e-3..0.1, 1.0..1e3],
            later in any::<bool>(),
            most in prop_oneof![Just(u64::MAX), 1u64..1 << 32, 1u64..1 << 34],
        ) {
            let phase = Phase::new(tau);
            let epoch = phase.epoch(times[0]);
            // Within reach of the epoch, as in a window.
            let reach = phase.limit(times[0]).saturating_sub(times[0]);
            let mut times: Vec<u64> =
                times.iter().map(|time| times[0] + if later { time % reach.max(1) % most } else { 0 }).collect();
            times.sort_unstable();
            let mut scales = vec![0.0; times.len()];
            phase.scales(&times, epoch, &mut scales);
            for (&time, scale) in times.iter().zip(scales) {
                prop_assert_eq!(phase.scale(time, epoch).to_bits(), scale.to_bits());
                prop_assert!(scale.is_normal() && scale < 1e90);
            }
        }

        #[test]
        fn two_scales_differ_by_the_decay_between_them(
            start in 0u64..1 << 62, wait in 0u64..1 << 46, tau in 5e-3..0.1f64,
        ) {
            let phase = Phase::new(tau);
            let epoch = phase.epoch(start);
            let ratio = phase.scale(start + wait, epoch) / phase.scale(start, epoch);
            let exact = (wait as f64 * 1e-15 / tau).exp();
            // tau itself is resolved to 2^-53, the phase to 2^-52.
            let tolerance = 2e-15 + 4e-16 * (wait as f64 * 1e-15 / tau);
            prop_assert!((ratio / exact - 1.0).abs() < tolerance, "{} against {}", ratio, exact);
        }

        #[test]
        fn an_epoch_changes_no_bit(
            v in proptest::collection::vec(-1e3..1e3f64, 1..20), steps in proptest::collection::vec(1u64..200, 1..6),
        ) {
            let parameters = ScaledParameters::new(&Lif::default());
            let octave = (9.41e-3 * std::f64::consts::LN_2 * 1e15) as u64;
            let mut stepped = Scaled { v, ..Scaled::new(&parameters, 1) };
            let mut whole = stepped.clone();
            let mut time = 0;
            for step in steps {
                time += step * octave;
                stepped.settle(&parameters, time);
            }
            whole.settle(&parameters, time);
            prop_assert_eq!(stepped, whole);
        }
    }

    #[test]
    fn the_scale_is_one_at_the_start() {
        for tau in [1e-12, 9.41e-3, 1e3] {
            assert_eq!(Phase::new(tau).scale(0, 0), 1.0);
        }
    }

    #[test]
    fn a_refractory_neuron_loses_what_arrives_and_goes_on_from_its_reset() {
        let lif = Lif {
            reset: Reset::Value,
            u_rest: crate::units::Volt::new(0.0),
            u_reset: crate::units::Volt::new(0.1),
            t_ref: crate::units::Second::new(2e-3),
            ..Lif::default()
        };
        let parameters = ScaledParameters::new(&lif);
        let mut state = Scaled::new(&parameters, 1);
        let ms = |ms: u64| ms * 1_000_000_000_000;
        let arrive = |state: &mut Scaled, time: u64, weight: f64| {
            let scale = parameters.phase.scale(time, state.epoch);
            let (mut touched, mut fired) = (Vec::new(), Vec::new());
            let mut all = state.all(&parameters);
            all.release(time);
            all.add_one(0, weight, scale, parameters.theta * scale, &mut touched);
            all.test(&mut touched, time, scale, |neuron| fired.push(neuron));
            !fired.is_empty()
        };
        assert!(arrive(&mut state, ms(1), 0.25));
        assert!(!arrive(&mut state, ms(2), 1.0));
        assert!((state.at(&parameters, Time::from_fs(ms(2)))[0] - 0.1).abs() < 1e-16);
        // Exactly at the end an arrival counts.
        assert!(!arrive(&mut state, ms(3), 0.05));
        assert!((state.at(&parameters, Time::from_fs(ms(3)))[0] - 0.15).abs() < 1e-15);
        let later = 0.15 * (-7.0f64 / 9.41).exp();
        assert!((state.at(&parameters, Time::from_fs(ms(10)))[0] - later).abs() < 1e-15);
    }
}
