//! What one thread does within a window: the instants of some neurons of a population.

use super::cuts::Cuts;
use super::free::Lookout;
use super::learners::Learners;
use super::private::Private;
use super::queue::{Entry, Wheel};
use super::route::Values;
use super::scaled::Part;
use super::windows::RowArrival;
use crate::encoding::{Block, BlockRate};
use crate::network::{Delays, Fixed, Network, Origin, Rows, Targets, Weights};
use crate::numeric::Real;
use crate::numeric::phase::Start;
use crate::simd::prefetch;
use crate::time::Time;
use std::ops::Range;

/// Some neurons of a population, and what arrives at nobody else. Its neighbour is another thread's: no cache line is both's.
#[repr(align(64))]
pub struct Unit {
    pub population: usize,
    pub first: u32,
    pub count: u32,
    /// Neurons in every unit of the population but the last.
    pub piece: u32,
    /// Arrivals of synapses with own delays.
    pub wheel: Option<Wheel>,
    /// The projections they come through, by the number of their first synapse on the wheel.
    pub own: Vec<(u32, u32)>,
    /// Poisson blocks whose lines each have one of the neurons.
    pub privates: Vec<Private>,
    /// What the neurons wait for, if they keep their own time.
    pub lookout: Option<Lookout>,
    /// What learns here.
    pub learners: Learners,
    /// Spikes of the window, (time, neuron).
    pub spikes: Vec<(u64, u32)>,
    /// Those that were predicted, and the refractory time that they and the others began where it may differ: of neurons
    /// in their own time.
    pub predicted: Vec<(u64, u32)>,
    pub held: u128,
    /// Private spikes, and arrivals of single synapses, in the window.
    pub poisson: u64,
    pub synaptic: u64,
    /// (projection, synapse) of those arrivals that are counted.
    pub counted: Vec<(u32, u32)>,
    /// What somebody wants to see of them.
    pub told: Option<Told>,
    touched: Vec<u32>,
    mixed: Vec<(u32, u32)>,
    /// s at the arrivals of rows of the window.
    row_scales: Vec<f64>,
}

/// What a unit took by itself in the window, as (time, projection, row or synapse).
#[derive(Debug, Default)]
pub struct Told {
    /// Private spikes.
    pub private: Vec<(u64, u32, u32)>,
    /// Arrivals of single synapses.
    pub single: Vec<(u64, u32, u32)>,
}

impl Unit {
    pub fn new(population: usize, first: u32, count: u32, piece: u32) -> Self {
        Self {
            population,
            first,
            count,
            piece,
            wheel: None,
            own: Vec::new(),
            privates: Vec::new(),
            lookout: None,
            learners: Learners::default(),
            spikes: Vec::new(),
            predicted: Vec::new(),
            held: 0,
            poisson: 0,
            synaptic: 0,
            counted: Vec::new(),
            told: None,
            touched: Vec::new(),
            mixed: Vec::new(),
            row_scales: Vec::new(),
        }
    }

    /// A neuron fires so many spikes at once. If that is more than there can be, so many are noted, and found later.
    #[inline]
    pub fn fire(&mut self, time: u64, neuron: u32, times: u32) {
        fire(&mut self.spikes, time, neuron, times);
    }

    /// The projection and its synapse that a number on the wheel stands for.
    #[inline]
    pub fn synapse(&self, number: u32) -> (u32, u32) {
        synapse(&self.own, number)
    }

    /// Notes a private spike of row `row`.
    #[inline]
    pub fn tell_private(&mut self, time: u64, projection: u32, row: u32) {
        if let Some(told) = &mut self.told {
            told.private.push((time, projection, row));
        }
    }

    /// Notes the arrivals that are taken from the wheel next.
    #[inline]
    pub fn tell_singles(&mut self, entries: &[Entry]) {
        if let Some(told) = &mut self.told {
            told.single.extend(entries.iter().map(|entry| {
                let (projection, synapse) = synapse(&self.own, entry.synapse);
                (entry.time, projection, synapse)
            }));
        }
    }

    /// Which of the pieces of its population this is.
    fn number(&self) -> usize {
        (self.first / self.piece.max(1)) as usize
    }

    /// Puts what some spikes cause here, after delays of single synapses, on the wheel.
    pub fn schedule(&mut self, network: &Network, cuts: &[Cuts], fired: &[Fired]) {
        let piece = self.number();
        let Some(wheel) = &mut self.wheel else { return };
        for &(base, number) in &self.own {
            let projection = &network.projections[number as usize];
            let (Rows::Sparse { start, targets }, Some(delays)) = (&projection.connect, &projection.delays)
            else {
                continue;
            };
            let row = |fired: &Fired| {
                let whole = start[fired.line as usize]..start[fired.line as usize + 1];
                cuts[number as usize].stretch(whole, fired.line, piece)
            };
            let ahead = |spike: Option<&Fired>| {
                if let Some(spike) = spike.filter(|spike| spike.origin == projection.from) {
                    targets.ask_for(row(spike));
                    match delays {
                        Delays::Exact(delays) => prefetch(delays, row(spike)),
                        Delays::Compact { units, .. } => prefetch(units, row(spike)),
                    }
                }
            };
            fired.iter().take(ROWS_AHEAD).for_each(|spike| ahead(Some(spike)));
            for (index, spike) in fired.iter().enumerate() {
                if let Some(later) = fired.get(index + 2 * ROWS_AHEAD) {
                    prefetch(start, later.line as usize..later.line as usize + 1);
                }
                ahead(fired.get(index + ROWS_AHEAD));
                if spike.origin != projection.from {
                    continue;
                }
                let (row, time) = (row(spike), spike.time);
                let last = time.saturating_add(projection.longest.fs());
                let (first, from) = (base + row.start as u32, (time, last));
                match targets {
                    Targets::Wide(targets) => put(wheel, (&targets[row.clone()], first), delays, row, from),
                    Targets::Narrow(targets) => put(wheel, (&targets[row.clone()], first), delays, row, from),
                }
            }
        }
    }
}

/// Puts the synapses `row`, the first of which is number `first` on the wheel, on it after their delays from `time` on, none
/// of them after `last`.
#[inline]
fn put<T: Copy + Into<u32>>(
    wheel: &mut Wheel,
    (targets, first): (&[T], u32),
    delays: &Delays,
    row: Range<usize>,
    (time, last): (u64, u64),
) {
    let targets = targets.iter().zip(first..first + targets.len() as u32);
    let entry = |((&target, synapse), delay): ((&T, u32), u64)| Entry {
        time: time + delay,
        synapse,
        target: target.into(),
    };
    match delays {
        Delays::Exact(delays) => {
            extend(wheel, targets.zip(delays[row].iter().copied()).map(entry), last);
        }
        Delays::Compact { shift, units } => {
            let delays = units[row].iter().map(|&units| u64::from(units) << shift);
            extend(wheel, targets.zip(delays).map(entry), last);
        }
    }
}

/// Puts arrivals on the wheel, none of them after `last`; at the end of time there is nothing to arrive any more.
#[inline(always)]
fn extend(wheel: &mut Wheel, arrivals: impl ExactSizeIterator<Item = Entry>, last: u64) {
    let end = Time::MAX.fs();
    if last < end {
        wheel.extend(arrivals);
    } else {
        arrivals.filter(|entry| entry.time < end).for_each(|entry| wheel.push(entry));
    }
}

/// As [`Unit::fire`].
#[inline]
pub(super) fn fire(spikes: &mut Vec<(u64, u32)>, time: u64, neuron: u32, times: u32) {
    spikes.push((time, neuron));
    for _ in 1..times {
        spikes.push((time, neuron));
    }
}

/// As [`Unit::synapse`].
#[inline]
pub(super) fn synapse(own: &[(u32, u32)], number: u32) -> (u32, u32) {
    let mut found = (0, 0);
    for &own in own.iter().take_while(|own| own.0 <= number) {
        found = own;
    }
    (found.1, number - found.0)
}

/// A spike of a line of a source or population.
#[derive(Clone, Copy, Debug)]
pub struct Fired {
    pub time: u64,
    pub origin: Origin,
    pub line: u32,
}

/// A unit with what it works on in one window.
pub struct Given<'a> {
    pub unit: &'a mut Unit,
    pub part: Part<'a>,
    /// Of each of its private blocks.
    pub blocks: Vec<&'a mut Block>,
    pub rows: &'a [RowArrival],
    /// Of every projection.
    pub cuts: &'a [Cuts],
}

/// How many arrivals ahead the synapses are asked for.
const AHEAD: usize = 2;
/// How many spikes ahead, where each synapse has a delay of its own: rows are short then, and lie anywhere.
const ROWS_AHEAD: usize = 4;

impl Given<'_> {
    /// Handles every instant before `to`.
    pub fn run<R: Real>(mut self, network: &Network, weights: &Weights<R>, rates: &[BlockRate], to: u64) {
        let mut rows = self.rows;
        let mut row_scales = std::mem::take(&mut self.unit.row_scales);
        row_scales.resize(rows.len(), 0.0);
        self.part.scales(rows, |row| row.time, &mut Start::default(), &mut row_scales);
        loop {
            let row_time = rows.first().map_or(to, |row| row.time);
            let mut time = row_time;
            if self.unit.wheel.is_some() {
                if self.unit.learners.any_apart() {
                    // Each of their instants is told.
                } else if self.blocks.is_empty() {
                    self.single_synapses(network, weights, row_time);
                } else {
                    self.single_synapses_and_blocks(network, weights, rates, row_time);
                }
                let next = self.unit.wheel.as_mut().and_then(Wheel::next_time);
                time = time.min(next.unwrap_or(u64::MAX));
            }
            for index in 0..self.blocks.len() {
                self.private(network, weights, rates, index, time);
            }
            if time >= to {
                break;
            }
            // A private block releases its own neurons; there may be others.
            self.part.release(time);
            let count = rows.iter().take_while(|row| row.time == time).count();
            for ahead in rows.iter().skip(AHEAD).take(count) {
                self.ask_for(network, ahead);
            }
            let known = row_scales[self.rows.len() - rows.len()..].first().filter(|_| count > 0);
            let scale =
                known.copied().unwrap_or_else(|| self.part.parameters.phase.scale(time, self.part.epoch));
            let (now, later) = rows.split_at(count);
            rows = later;
            self.instant(network, weights, rates, time, scale, now);
        }
        self.unit.row_scales = row_scales;
        let unit = self.unit;
        unit.learners.end(unit.first, to, [&[], &unit.spikes]);
        if !unit.spikes.is_sorted() {
            unit.spikes.sort_unstable();
        }
    }

    /// Asks for the synapses of a row that will arrive soon, as far as they end here.
    fn ask_for(&self, network: &Network, arrival: &RowArrival) {
        if self.unit.learners.ask_for(arrival.projection, arrival.row) {
            return;
        }
        let projection = &network.projections[arrival.projection as usize];
        let Rows::Sparse { start, targets } = &projection.connect else { return };
        let whole = start[arrival.row as usize]..start[arrival.row as usize + 1];
        let range = self.cuts[arrival.projection as usize].stretch(whole, arrival.row, self.unit.number());
        targets.ask_for(range.clone());
        if let Some(Fixed::Compact(weights)) = &projection.fixed {
            prefetch(weights, range);
        }
    }

    /// Everything that arrives at one time, then one test; `scale` is s at that time.
    fn instant<R: Real>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate],
        time: u64,
        scale: f64,
        rows: &[RowArrival],
    ) {
        let piece = self.unit.number();
        let Self { unit, part, blocks, cuts, .. } = self;
        let mut mixed = std::mem::take(&mut unit.mixed);
        while let Some(entry) = unit.wheel.as_mut().and_then(|wheel| wheel.front().first().copied())
            && entry.time == time
        {
            let (projection, synapse) = unit.synapse(entry.synapse);
            mixed.push((projection, synapse));
            if network.projections[projection as usize].counted {
                unit.counted.push((projection, synapse));
            }
            unit.synaptic += 1;
            unit.tell_singles(&[entry]);
            if let Some(wheel) = &mut unit.wheel {
                wheel.consume(1);
            }
        }
        for (private, block) in unit.privates.iter().zip(blocks) {
            if block.next_time() == time {
                let (_, line) = block.pop(&rates[private.block]);
                let row = private.first + u32::from(line);
                mixed.push((private.projection, row));
                if let Some(told) = &mut unit.told {
                    told.private.push((time, private.projection, row));
                }
                unit.poisson += 1;
            }
        }
        let alone = rows.iter().map(|row| (row.projection, row.row));
        if !mixed.is_empty() {
            mixed.extend(alone.clone());
            mixed.sort_unstable();
        }
        let Unit { touched, learners, spikes, first, .. } = &mut **unit;
        let learns = match &mixed[..] {
            [] => learners.arrive(*first, time, alone.clone(), [&[], &spikes[..]]),
            mixed => learners.arrive(*first, time, mixed.iter().copied(), [&[], &spikes[..]]),
        };
        let mut arrive = |projection: u32, row: u32, times: u32| {
            let description = &network.projections[projection as usize];
            let cut = Some((&cuts[projection as usize], piece));
            let values = Values::of(weights, learners, projection);
            part.arrive(description, cut, values, (row, times), scale, touched);
        };
        let gathers = |projection: u32| network.projections[projection as usize].gathers();
        if mixed.is_empty() {
            for alike in rows.chunk_by(|a, b| a == b && gathers(a.projection)) {
                arrive(alike[0].projection, alike[0].row, alike.len() as u32);
            }
        } else {
            for alike in mixed.chunk_by(|a, b| a == b && gathers(a.0)) {
                arrive(alike[0].0, alike[0].1, alike.len() as u32);
            }
        }
        part.test(touched, time, scale, |neuron, times| fire(spikes, time, neuron, times));
        match &mixed[..] {
            _ if !learns => {}
            [] => learners.settle(*first, time, alone, [&[], &spikes[..]]),
            mixed => learners.settle(*first, time, mixed.iter().copied(), [&[], &spikes[..]]),
        }
        mixed.clear();
        unit.mixed = mixed;
    }
}
