//! The shares that a network is cut into, and the threads that work on them.

use super::super::cuts::Cuts;
use super::super::free::Lookout;
use super::super::learners::Learner;
use super::super::queue::Wheel;
use super::super::units::Unit;
use super::Windows;
use super::known::has_own;
use crate::encoding::BLOCK;
use crate::network::{Form, Network};
use crate::threads::{Team, Threads};
use crate::time::Time;
use std::ops::Range;

impl Windows {
    /// Windows no longer than this.
    pub fn shorten(&mut self, window: u64) {
        self.asked = window.max(1);
    }

    /// Cuts the neurons into units for these threads.
    pub fn partition(&mut self, network: &Network, threads: &Threads) {
        self.lend(threads);
        self.cut(network, threads.shares());
    }

    /// Has these threads from now on.
    pub fn lend(&mut self, threads: &Threads) {
        self.team = threads.team();
    }

    /// Cuts the neurons into units for so many threads.
    pub(super) fn cut(&mut self, network: &Network, threads: usize) {
        let total: u64 = network.populations.iter().map(|population| u64::from(population.size)).sum();
        // Several units per thread, so that they can be dealt out evenly.
        let wanted = if threads == 1 { u64::MAX } else { total.div_ceil(2 * threads as u64) };
        self.units.clear();
        let mut pieces_of = vec![0; network.populations.len()];
        self.keeps = false;
        for (index, population) in network.populations.iter().enumerate() {
            let size = u64::from(population.size);
            let pieces = size.div_ceil(wanted).max(1);
            let piece = size.div_ceil(pieces);
            // A Poisson block is not cut.
            let piece = if pieces == 1 { piece } else { piece.next_multiple_of(u64::from(BLOCK)) };
            pieces_of[index] = piece as u32;
            let mut first = 0;
            while first < size {
                let count = piece.min(size - first);
                let mut unit = Unit::new(index, first as u32, count as u32, piece as u32);
                unit.wheel = self.wheel(network, index);
                unit.lookout = (population.form == Form::OwnTime).then(|| Lookout::new(count as usize));
                let own = |&number: &usize| {
                    let projection = &network.projections[number];
                    projection.to == index && projection.delays.is_some()
                };
                let own = (0..network.projections.len()).filter(own);
                unit.own = own.map(|number| (self.base[number], number as u32)).collect();
                self.units.push(unit);
                first += count;
            }
        }
        let cuts =
            |index: usize| Cuts::new(network, index, pieces_of[network.projections[index].to], &self.team);
        self.cuts = (0..network.projections.len()).map(cuts).collect();
    }

    /// The threads.
    pub fn team(&self) -> &Team {
        &self.team
    }

    /// Population and neurons of every unit.
    pub fn cut_into(&self) -> impl Iterator<Item = (usize, Range<u32>)> {
        self.units.iter().map(|unit| (unit.population, unit.first..unit.first + unit.count))
    }

    /// Exchanges what learns in every unit for something else.
    pub fn exchange<'a>(&mut self, learners: impl Iterator<Item = &'a mut Vec<Learner>>) {
        self.units
            .iter_mut()
            .zip(learners)
            .for_each(|(unit, other)| std::mem::swap(&mut unit.learners.each, other));
    }

    /// Lets no unit draw a Poisson block by itself whose synapses learn; whether any would have, from the next
    /// [`Windows::begin`] on.
    pub fn watch(&mut self, learns: impl Fn(u32) -> bool) -> bool {
        let private = self.private.iter_mut().filter(|private| private.is_some_and(&learns));
        private.map(|private| *private = None).count() > 0
    }

    /// A wheel for the arrivals at a population, if it has synapses with own delays.
    fn wheel(&self, network: &Network, population: usize) -> Option<Wheel> {
        let own = network.projections.iter().filter(|p| p.to == population && has_own(p));
        let longest = own.clone().map(|projection| projection.longest.fs()).max()?;
        let synapses: usize = own.filter_map(|p| p.delays.as_ref()).map(crate::network::Delays::len).sum();
        // Some hundred arrivals in a bucket while neurons fire at a few hertz: to be sorted in the first-level cache.
        let buckets = if synapses > 20_000_000 { 1 << 12 } else { 1 << 9 };
        // A source's spike may be a window ahead of what is taken next.
        Some(Wheel::new(longest.saturating_add(longest).min(Time::MAX.fs()), buckets))
    }
}
