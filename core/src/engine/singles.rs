//! Arrivals of single synapses, each at an instant of its own: many at once, without the ceremony of an instant.

use super::queue::Entry;
use super::scaled::Part;
use super::units::{Given, Unit, fire, synapse};
use crate::encoding::BlockRate;
use crate::network::{Fixed, Network, Weights};
use crate::numeric::Real;
use crate::numeric::phase::{Phase, Start};
use crate::simd::{Lined, Work, prefetch, vectorised};

/// Arrivals whose scales are computed at once.
const TOGETHER: usize = 64;

impl Given<'_> {
    /// Arrivals of single synapses before `until`, as long as each has its instant to itself.
    pub(super) fn single_synapses<R: Real>(&mut self, network: &Network, weights: &Weights<R>, until: u64) {
        let Self { unit, part, .. } = self;
        let Some(mut wheel) = unit.wheel.take() else { return };
        let weight_of = |projection: u32, synapse: u32| {
            let values = &weights.projections[projection as usize];
            network.projections[projection as usize].weight(values, synapse as usize)
        };
        // One weight for all, and nothing to count: what arrives need not be looked up.
        let alike = match unit.own[..] {
            [(_, only)] if !network.projections[only as usize].counted => {
                match network.projections[only as usize].fixed {
                    Some(Fixed::Constant(weight)) => Some(weight),
                    _ => None,
                }
            }
            _ => None,
        };
        let mut scales = Lined([0.0; TOGETHER]);
        let mut known = Start::default();
        loop {
            let front = wheel.front();
            let count = front.iter().take(TOGETHER).take_while(|entry| entry.time < until).count();
            let Some(later) = front.get(count..).filter(|_| count > 0) else { break };
            // Membranes are asked for well before they are needed: they are seldom near.
            for entry in later.iter().take(TOGETHER) {
                let place = (entry.target - part.first) as usize;
                prefetch(part.v, place..place + 1);
            }
            part.scales(&front[..count], |entry| entry.time, &mut known, &mut scales.0);
            let done = match alike {
                Some(weight) => part.singles(front, &scales.0[..count], &mut unit.spikes, |_| weight),
                None => {
                    let Unit { own, counted, spikes, .. } = &mut **unit;
                    part.singles(front, &scales.0[..count], spikes, |entry| {
                        let (projection, synapse) = synapse(own, entry.synapse);
                        if network.projections[projection as usize].counted {
                            counted.push((projection, synapse));
                        }
                        weight_of(projection, synapse)
                    })
                }
            };
            if unit.told.is_some() {
                unit.tell_singles(&wheel.front()[..done]);
            }
            wheel.consume(done);
            unit.synaptic += done as u64;
            if done < count {
                break;
            }
        }
        unit.wheel = Some(wheel);
    }

    /// As [`Self::single_synapses`] where there are private blocks too: before an arrival come the spikes of the
    /// block that its neuron is in. Those of other blocks do not matter to it.
    pub(super) fn single_synapses_and_blocks<R: Real>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate],
        until: u64,
    ) {
        let Some(mut wheel) = self.unit.wheel.take() else { return };
        let (mut scales, mut known) = ([0.0; TOGETHER], Start::default());
        let one = self.part.parameters.one_theta();
        loop {
            let front = wheel.front();
            let count = front.iter().take(TOGETHER).take_while(|entry| entry.time < until).count();
            if count == 0 {
                break;
            }
            self.part.scales(&front[..count], |entry| entry.time, &mut known, &mut scales);
            let mut done = 0;
            for (entry, &scale) in front[..count].iter().zip(&scales) {
                if front.get(done + 1).is_some_and(|next| next.time == entry.time) {
                    break;
                }
                let place = (entry.target - self.part.first) as usize;
                let group = place / self.part.group as usize;
                if let Some(index) = self.block_of(group) {
                    if self.blocks[index].next_time() < entry.time {
                        self.private(network, weights, rates, index, entry.time);
                    }
                    if self.blocks[index].next_time() == entry.time {
                        break;
                    }
                }
                while self.part.held[group].front().is_some_and(|held| held.until.fs() <= entry.time) {
                    self.part.release_first(group);
                }
                let (projection, synapse) = self.unit.synapse(entry.synapse);
                let description = &network.projections[projection as usize];
                if description.counted {
                    self.unit.counted.push((projection, synapse));
                }
                let weight = description.weight(&weights.projections[projection as usize], synapse as usize);
                let v = self.part.v[place] + weight * scale;
                self.part.v[place] = v;
                if v >= one.unwrap_or_else(|| self.part.parameters.theta(entry.target)) * scale {
                    let times = self.part.fire(place, entry.time, scale);
                    self.unit.fire(entry.time, entry.target, times);
                }
                done += 1;
            }
            if self.unit.told.is_some() {
                self.unit.tell_singles(&wheel.front()[..done]);
            }
            wheel.consume(done);
            self.unit.synaptic += done as u64;
            if done < count {
                break;
            }
        }
        self.unit.wheel = Some(wheel);
    }

    /// The private block of a group of neurons, if it has one; they are in order of their neurons.
    #[inline]
    fn block_of(&self, group: usize) -> Option<usize> {
        let first = self.part.first + group as u32 * self.part.group;
        match self.unit.privates.get(group) {
            Some(private) if private.first == first => Some(group),
            _ => self.unit.privates.binary_search_by_key(&first, |private| private.first).ok(),
        }
    }
}

impl Part<'_> {
    /// s at the times of some items in order, `known` being that of the items before them.
    #[inline(always)]
    pub(super) fn scales<T>(
        &self,
        items: &[T],
        time: impl Fn(&T) -> u64,
        known: &mut Start,
        scales: &mut [f64],
    ) {
        let (phase, epoch) = (self.parameters.phase, self.epoch);
        vectorised(ScalesOf { phase, epoch, items, time, known, scales });
    }

    /// The first arrivals of a wheel, one for each scale, up to one that shares its instant with the next: how many
    /// were handled.
    #[inline(always)]
    fn singles(
        &mut self,
        front: &[Entry],
        scales: &[f64],
        spikes: &mut Vec<(u64, u32)>,
        weight: impl FnMut(&Entry) -> f64,
    ) -> usize {
        let parameters = self.parameters;
        match parameters.one_theta() {
            Some(theta) => self.singles_to(front, scales, spikes, weight, |_| theta),
            None => self.singles_to(front, scales, spikes, weight, |target| parameters.theta(target)),
        }
    }

    /// The same, with the threshold of a neuron.
    #[inline(always)]
    fn singles_to(
        &mut self,
        front: &[Entry],
        scales: &[f64],
        spikes: &mut Vec<(u64, u32)>,
        mut weight: impl FnMut(&Entry) -> f64,
        theta: impl Fn(u32) -> f64,
    ) -> usize {
        let mut release = self.next_release();
        for (index, (entry, &scale)) in front.iter().zip(scales).enumerate() {
            if front.get(index + 1).is_some_and(|next| next.time == entry.time) {
                return index;
            }
            if entry.time >= release {
                self.release(entry.time);
                release = self.next_release();
            }
            let place = (entry.target - self.first) as usize;
            let v = self.v[place] + weight(entry) * scale;
            self.v[place] = v;
            if v >= theta(entry.target) * scale {
                let times = self.fire(place, entry.time, scale);
                release = self.next_release();
                fire(spikes, entry.time, entry.target, times);
            }
        }
        scales.len()
    }
}

/// Scales of what has a time, in order.
struct ScalesOf<'a, T, F> {
    phase: Phase,
    epoch: i64,
    items: &'a [T],
    time: F,
    known: &'a mut Start,
    scales: &'a mut [f64],
}

impl<T, F: Fn(&T) -> u64> Work for ScalesOf<'_, T, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let mut times = Lined([0; TOGETHER]);
        for (items, scales) in self.items.chunks(TOGETHER).zip(self.scales.chunks_mut(TOGETHER)) {
            for (time, item) in times.0.iter_mut().zip(items) {
                *time = (self.time)(item);
            }
            let times = &times.0[..items.len()];
            self.phase.scales(times, self.epoch, self.known, &mut scales[..times.len()]);
        }
    }
}
