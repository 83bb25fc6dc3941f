//! Scaled potentials: membranes that stand still between arrivals.
//!
//! x_j = u_j - u_inf with u_inf = u_rest + R I_bias decays as e^(-t / tau_m), so v_j = x_j s(t) with
//! s(t) = e^(t / tau_m) does not change until something arrives. An arrival of weight w at t adds w s(t),
//! and the neuron fires if v_j >= theta s(t): no exponential per target, and a neuron that nothing reaches
//! costs nothing.
//!
//! s(t) is a function of t alone, whatever was computed before (see [`Phase`]). It is kept relative to 2^epoch.
//! Changing the epoch multiplies every v by a power of two, which is exact, so when and how often it is done cannot
//! be seen in any bit.
//! (Only what has decayed to 2^-600 of a volt and is set to zero then could be; no weight is small enough
//! to tell it from zero.)
//!
//! While a neuron is refractory its v is minus infinity: it loses what arrives without a question being
//! asked. Where the membrane goes on from is kept beside it.

use super::cuts::Cuts;
use super::levels::Levels;
use super::route::Values;
use crate::network::{Fixed, Population, Projection, Rows, Targets, stride};
use crate::neuron::Spent;
use crate::numeric::Real;
use crate::numeric::phase::{Phase, rescale};
use crate::simd::prefetch;
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;
use std::ops::Range;

/// Membranes of one population; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaled {
    /// x_j s 2^-epoch in volts; minus infinity while refractory.
    pub v: Vec<f64>,
    /// Binary exponent of the common scale.
    pub epoch: i64,
    /// Refractory neurons by the end of their period: one list per group of `group` consecutive neurons.
    pub held: Vec<VecDeque<Held>>,
    /// Number of neurons of one list of `held`.
    pub group: u32,
}

/// A refractory neuron.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd, Serialize, Deserialize)]
pub struct Held {
    /// End of the period.
    pub until: Time,
    /// Number of the neuron.
    pub neuron: u32,
    /// Where the membrane is held, relative to u_inf (volts).
    pub x: f64,
}

/// Neurons from which on the membranes a row reaches are asked for ahead, since they are in no near cache, and how many.
const FAR: usize = 1 << 17;
const TOGETHER: usize = 32;

/// Constants of one population.
#[derive(Clone, Debug)]
pub struct ScaledParameters {
    pub phase: Phase,
    pub levels: Levels<f64>,
    pub refractory: u64,
}

impl ScaledParameters {
    pub fn new(population: &Population) -> Self {
        let (lif, levels) = (&population.lif, Levels::new(population));
        Self {
            phase: Phase::new(lif.tau_m.get() * FS_PER_SECOND),
            levels,
            refractory: Time::from_seconds(lif.t_ref).unwrap_or(Time::MAX).fs(),
        }
    }

    /// Threshold of a neuron.
    #[inline(always)]
    pub fn theta(&self, neuron: u32) -> f64 {
        self.levels.of(neuron as usize).firing.threshold
    }

    /// Threshold of all, unless they differ.
    #[inline(always)]
    pub fn one_theta(&self) -> Option<f64> {
        (!self.levels.differ()).then_some(self.levels.common().firing.threshold)
    }
}

impl Scaled {
    /// Where it is at the start of an episode.
    pub fn new(parameters: &ScaledParameters, size: u32) -> Self {
        let (v, held) = (vec![0.0; size as usize], vec![VecDeque::new()]);
        let mut this = Self { v, epoch: 0, held, group: size.max(1) };
        this.restart(parameters);
        this
    }

    /// Back there, without moving the buffers.
    pub fn restart(&mut self, parameters: &ScaledParameters) {
        for (neuron, v) in self.v.iter_mut().enumerate() {
            *v = parameters.levels.of(neuron).start;
        }
        self.epoch = 0;
        self.held.iter_mut().for_each(VecDeque::clear);
    }

    /// Moves the epoch up if the phase has left it far enough behind.
    #[inline]
    pub fn settle(&mut self, parameters: &ScaledParameters, time: u64) {
        let epoch = parameters.phase.epoch(time);
        if epoch > self.epoch {
            rescale(&mut self.v, self.epoch, epoch);
            self.epoch = epoch;
        }
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
        let v = copy.v.into_iter().enumerate();
        v.map(|(neuron, v)| v / scale + parameters.levels.of(neuron).u_inf).collect()
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

    /// Resets neuron `first + index`, which fires at `time`; `scale` is s(time). Returns how many spikes that is.
    #[inline]
    pub fn fire(&mut self, index: usize, time: u64, scale: f64) -> u32 {
        let parameters = self.parameters;
        let firing = &parameters.levels.of(self.first as usize + index).firing;
        if parameters.refractory == 0 {
            let Spent { times, x } = firing.scaled(scale).jump(self.v[index]);
            self.v[index] = x;
            return times;
        }
        let x = firing.once(self.v[index] / scale);
        self.v[index] = f64::NEG_INFINITY;
        let neuron = self.first + index as u32;
        let until = Time::from_fs(time).after(Time::from_fs(parameters.refractory));
        self.held[index / self.group as usize].push_back(Held { until, neuron, x });
        1
    }

    /// Adds the weights of a row times s, and notes the neurons that reach theta s.
    ///
    /// `row` is a row, or the number of a synapse that has a delay of its own, with the number of spikes that arrive. `cut`: where the projection's rows are
    /// cut, and which of the pieces this part is; without it, it is the whole population.
    #[inline]
    pub fn arrive<R: Real>(
        &mut self,
        projection: &Projection,
        cut: Option<(&Cuts, usize)>,
        values: Values<'_, R>,
        (row, times): (u32, u32),
        scale: f64,
        touched: &mut Vec<u32>,
    ) {
        let at = Scale::new(self.parameters, scale, times);
        let values = match values {
            Values::All(values) => values,
            Values::Own(layout, weights) => {
                let (first, row) = (self.first, layout.own(row) as usize);
                layout.row(row, |k, col| self.add_one(first + col as u32, weights[k], at, touched));
                return;
            }
        };
        let size = self.v.len();
        match &projection.connect {
            Rows::Sparse { start, targets } => {
                let range = match projection.delays {
                    None => {
                        let whole = start[row as usize]..start[row as usize + 1];
                        cut.map_or(whole.clone(), |(cuts, piece)| cuts.stretch(whole, row, piece))
                    }
                    Some(_) => row as usize..row as usize + 1,
                };
                let weights = |range: Range<usize>| match &projection.fixed {
                    Some(Fixed::Constant(weight)) => RowWeights::Constant(*weight),
                    Some(Fixed::Compact(weights)) => RowWeights::Compact(&weights[range]),
                    None => RowWeights::Wide(&values[range]),
                };
                match targets {
                    Targets::Narrow(targets) => {
                        self.add(&targets[range.clone()], weights(range), at, touched)
                    }
                    Targets::Wide(targets) if size < FAR => {
                        self.add(&targets[range.clone()], weights(range), at, touched);
                    }
                    Targets::Wide(targets) => {
                        for begin in range.clone().step_by(TOGETHER) {
                            let next = begin + TOGETHER;
                            let later = &targets[next.min(range.end)..(next + TOGETHER).min(range.end)];
                            for &target in later {
                                let index = (target as usize).wrapping_sub(self.first as usize);
                                prefetch(self.v, index..index.wrapping_add(1));
                            }
                            let now = begin..next.min(range.end);
                            self.add(&targets[now.clone()], weights(now), at, touched);
                        }
                    }
                }
            }
            Rows::OneToOne => {
                let weight = projection.weight(values, row as usize);
                self.add_one(row, weight, at, touched);
            }
            Rows::Dense => {
                let start = row as usize * self.stride;
                for index in 0..size {
                    let target = self.first + index as u32;
                    let weight = projection.weight(values, start + target as usize);
                    self.add_one(target, weight, at, touched);
                }
            }
        }
    }

    /// Adds w s to some targets.
    #[inline]
    fn add<R: Real, T: Copy + Into<u32>>(
        &mut self,
        targets: &[T],
        weights: RowWeights<'_, R>,
        at: Scale,
        touched: &mut Vec<u32>,
    ) {
        let (first, parameters) = (self.first as usize, self.parameters);
        let v = &mut *self.v;
        match (weights, at.threshold) {
            // What lowers every membrane makes none fire, unless one was left above threshold by a single subtraction.
            (RowWeights::Constant(weight), _)
                if weight < 0.0 && !parameters.levels.common().firing.leaves() =>
            {
                let jump = weight * at.all;
                for &target in targets {
                    if let Some(v) = v.get_mut((target.into() as usize).wrapping_sub(first)) {
                        *v += jump;
                    }
                }
            }
            (RowWeights::Constant(weight), Some(threshold)) => {
                let jump = weight * at.all;
                for &target in targets {
                    if let Some(v) = v.get_mut((target.into() as usize).wrapping_sub(first)) {
                        *v += jump;
                        if *v >= threshold {
                            touched.push(target.into());
                        }
                    }
                }
            }
            (RowWeights::Constant(weight), None) => {
                targets.iter().for_each(|&target| self.add_one(target.into(), weight, at, touched));
            }
            (RowWeights::Wide(weights), _) => {
                for (&target, &weight) in targets.iter().zip(weights) {
                    self.add_one(target.into(), weight.to_f64(), at, touched);
                }
            }
            (RowWeights::Compact(weights), _) => {
                for (&target, &weight) in targets.iter().zip(weights) {
                    self.add_one(target.into(), f64::from(weight), at, touched);
                }
            }
        }
    }

    /// Adds one weight.
    #[inline(always)]
    pub fn add_one(&mut self, target: u32, weight: f64, at: Scale, touched: &mut Vec<u32>) {
        if let Some(v) = self.v.get_mut((target as usize).wrapping_sub(self.first as usize)) {
            *v += weight * at.all;
            if *v >= at.threshold.unwrap_or_else(|| self.parameters.theta(target) * at.one) {
                touched.push(target);
            }
        }
    }

    /// Fires, by id, those of the touched neurons that are above threshold once all has been added; `spike` is told who
    /// does and how many spikes that is.
    #[inline]
    pub fn test(&mut self, touched: &mut Vec<u32>, time: u64, scale: f64, mut spike: impl FnMut(u32, u32)) {
        if touched.is_empty() {
            return;
        }
        touched.sort_unstable();
        touched.dedup();
        for &neuron in touched.iter() {
            let index = (neuron - self.first) as usize;
            if self.v[index] >= self.parameters.theta(neuron) * scale {
                let times = self.fire(index, time, scale);
                spike(neuron, times);
            }
        }
        touched.clear();
    }
}

/// s of an instant, and times the spikes of an arrival.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    one: f64,
    all: f64,
    /// theta s, if there is one theta.
    threshold: Option<f64>,
}

impl Scale {
    fn new(parameters: &ScaledParameters, scale: f64, times: u32) -> Self {
        let threshold = parameters.one_theta().map(|theta| theta * scale);
        Self { one: scale, all: f64::from(times) * scale, threshold }
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
    use crate::network::Builder;
    use crate::neuron::{Lif, Reset};
    use proptest::prelude::*;

    fn population(lif: Lif) -> Population {
        let mut builder = Builder::default();
        builder.population("one", 1, lif);
        builder.finish().unwrap().populations[0].clone()
    }

    proptest! {
        #[test]
        fn an_epoch_changes_no_bit(
            v in proptest::collection::vec(-1e3..1e3f64, 1..20), steps in proptest::collection::vec(1u64..200, 1..6),
        ) {
            let parameters = ScaledParameters::new(&population(Lif::default()));
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
    fn a_refractory_neuron_loses_what_arrives_and_goes_on_from_its_reset() {
        let lif = Lif {
            reset: Reset::Value,
            u_rest: crate::units::Volt::new(0.0),
            u_reset: crate::units::Volt::new(0.1),
            t_ref: crate::units::Second::new(2e-3),
            ..Lif::default()
        };
        let parameters = ScaledParameters::new(&population(lif));
        let mut state = Scaled::new(&parameters, 1);
        let ms = |ms: u64| ms * 1_000_000_000_000;
        let arrive = |state: &mut Scaled, time: u64, weight: f64| {
            let scale = parameters.phase.scale(time, state.epoch);
            let (mut touched, mut fired) = (Vec::new(), Vec::new());
            let mut all = state.all(&parameters);
            all.release(time);
            all.add_one(0, weight, Scale::new(&parameters, scale, 1), &mut touched);
            all.test(&mut touched, time, scale, |neuron, _| fired.push(neuron));
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
