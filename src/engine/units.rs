//! What one thread does within a window: the instants of some neurons of a population.

use super::queue::{Entry, Wheel};
use super::scaled::{Part, Phase};
use super::windows::RowArrival;
use crate::encoding::{BATCH, Block, BlockRate};
use crate::network::{Delays, Fixed, Network, Origin, Rows, Weights};
use crate::numeric::Real;
use crate::simd::{Work, prefetch, vectorised};

/// Some neurons of a population, and what arrives at nobody else.
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
    /// Spikes of the window, (time, neuron).
    pub spikes: Vec<(u64, u32)>,
    /// Private spikes, and arrivals of single synapses, in the window.
    pub poisson: u64,
    pub synaptic: u64,
    /// (projection, synapse) of those arrivals that are counted.
    pub counted: Vec<(u32, u32)>,
    touched: Vec<u32>,
    mixed: Vec<(u32, u32)>,
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
            spikes: Vec::new(),
            poisson: 0,
            synaptic: 0,
            counted: Vec::new(),
            touched: Vec::new(),
            mixed: Vec::new(),
        }
    }

    /// The projection and its synapse that a number on the wheel stands for.
    #[inline]
    pub fn synapse(&self, number: u32) -> (u32, u32) {
        let mut found = (0, 0);
        for &own in self.own.iter().take_while(|own| own.0 <= number) {
            found = own;
        }
        (found.1, number - found.0)
    }

    /// Puts what some spikes cause here, after delays of single synapses, on the wheel.
    pub fn schedule(&mut self, network: &Network, fired: &[Fired]) {
        let Some(wheel) = &mut self.wheel else { return };
        let (first, count) = (self.first, self.count);
        for &(base, number) in &self.own {
            let projection = &network.projections[number as usize];
            let (Rows::Sparse { start, targets }, Some(delays)) = (&projection.connect, &projection.delays)
            else {
                continue;
            };
            let row = |fired: &Fired| start[fired.line as usize]..start[fired.line as usize + 1];
            let mut push = |time: u64, k: usize, target: u32| {
                if target.wrapping_sub(first) < count && time < crate::time::Time::MAX.fs() {
                    wheel.push(Entry { time, synapse: base + k as u32, target });
                }
            };
            for (index, spike) in fired.iter().enumerate() {
                if let Some(next) = fired.get(index + 1).filter(|next| next.origin == projection.from) {
                    prefetch(targets, row(next));
                    match delays {
                        Delays::Exact(delays) => prefetch(delays, row(next)),
                        Delays::Compact { units, .. } => prefetch(units, row(next)),
                    }
                }
                if spike.origin != projection.from {
                    continue;
                }
                let (row, time) = (row(spike), spike.time);
                let (begin, targets) = (row.start, &targets[row.clone()]);
                match delays {
                    Delays::Exact(delays) => {
                        for (k, (&target, &delay)) in targets.iter().zip(&delays[row]).enumerate() {
                            push(time + delay, begin + k, target);
                        }
                    }
                    Delays::Compact { shift, units } => {
                        for (k, (&target, &delay)) in targets.iter().zip(&units[row]).enumerate() {
                            push(time + (u64::from(delay) << shift), begin + k, target);
                        }
                    }
                }
            }
        }
    }
}

/// A spike of a line of a source or population.
#[derive(Clone, Copy, Debug)]
pub struct Fired {
    pub time: u64,
    pub origin: Origin,
    pub line: u32,
}

/// A Poisson block whose lines each have a neuron of their own.
pub struct Private {
    pub block: usize,
    pub projection: u32,
    /// The neuron of its first line.
    first: u32,
    /// s at the drawn spikes from number `from` on, at this epoch.
    scales: [f64; BATCH],
    from: u64,
    count: u64,
    epoch: i64,
}

impl Private {
    pub fn new(block: usize, projection: u32, first: u32) -> Self {
        Self { block, projection, first, scales: [0.0; BATCH], from: u64::MAX, count: 0, epoch: 0 }
    }

    /// Number of the next spike's scale.
    #[inline]
    fn at(&mut self, block: &Block, phase: Phase, epoch: i64) -> usize {
        let handed = block.position().0;
        if self.epoch != epoch || handed < self.from || handed - self.from >= self.count {
            let (times, _) = block.ready(u64::MAX);
            vectorised(Scales { phase, epoch, times, scales: &mut self.scales });
            (self.from, self.count, self.epoch) = (handed, times.len() as u64, epoch);
        }
        (handed - self.from) as usize
    }
}

struct Scales<'a> {
    phase: Phase,
    epoch: i64,
    times: &'a [u64],
    scales: &'a mut [f64],
}

impl Work for Scales<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.phase.scales(self.times, self.epoch, self.scales);
    }
}

/// A unit with what it works on in one window.
pub struct Given<'a> {
    pub unit: &'a mut Unit,
    pub part: Part<'a>,
    /// Of each of its private blocks.
    pub blocks: Vec<&'a mut Block>,
    pub rows: &'a [RowArrival],
}

/// How many arrivals ahead the synapses are asked for.
const AHEAD: usize = 2;
/// Entries of a wheel whose scales are computed at once.
const TOGETHER: usize = 32;

impl Given<'_> {
    /// Handles every instant before `to`.
    pub fn run<R: Real>(mut self, network: &Network, weights: &Weights<R>, rates: &[BlockRate<'_>], to: u64) {
        let mut rows = self.rows;
        loop {
            let row_time = rows.first().map_or(to, |row| row.time);
            let mut time = row_time;
            if self.unit.wheel.is_some() {
                if self.blocks.is_empty() {
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
            let (now, later) = rows.split_at(count);
            rows = later;
            self.instant(network, weights, rates, time, now);
        }
        if !self.unit.spikes.is_sorted() {
            self.unit.spikes.sort_unstable();
        }
    }

    /// Asks for the synapses of a row that will arrive soon, as far as they end here.
    fn ask_for(&self, network: &Network, arrival: &RowArrival) {
        let projection = &network.projections[arrival.projection as usize];
        let Rows::Sparse { start, targets } = &projection.connect else { return };
        let (begin, end) = (start[arrival.row as usize], start[arrival.row as usize + 1]);
        // Targets are spread evenly, or near enough for a guess.
        let size = network.populations[projection.to].size as usize;
        let (first, count) = (self.part.first as usize, self.part.v.len());
        let place = |neuron: usize| begin + (end - begin) * neuron / size;
        let range = place(first)..place(first + count);
        prefetch(targets, range.clone());
        if let Some(Fixed::Compact(weights)) = &projection.fixed {
            prefetch(weights, range);
        }
    }

    /// As [`Self::single_synapses`] where there are private blocks too: before an arrival come the spikes of the
    /// block that its neuron is in. Those of other blocks do not matter to it.
    fn single_synapses_and_blocks<R: Real>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate<'_>],
        until: u64,
    ) {
        let Some(mut wheel) = self.unit.wheel.take() else { return };
        let mut times = [0u64; TOGETHER];
        let mut scales = [0.0; TOGETHER];
        loop {
            let front = wheel.front();
            let mut count = 0;
            for (time, entry) in times.iter_mut().zip(front).take_while(|(_, entry)| entry.time < until) {
                *time = entry.time;
                count += 1;
            }
            if count == 0 {
                break;
            }
            let (phase, epoch) = (self.part.parameters.phase, self.part.epoch);
            vectorised(Scales { phase, epoch, times: &times[..count], scales: &mut scales });
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
                if v >= self.part.parameters.theta * scale {
                    self.part.fire(place, entry.time, scale);
                    self.unit.spikes.push((entry.time, entry.target));
                }
                done += 1;
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

    /// Everything that arrives at one time, then one test.
    fn instant<R: Real>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate<'_>],
        time: u64,
        rows: &[RowArrival],
    ) {
        let scale = self.part.parameters.phase.scale(time, self.part.epoch);
        let Self { unit, part, blocks, .. } = self;
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
            if let Some(wheel) = &mut unit.wheel {
                wheel.consume(1);
            }
        }
        for (private, block) in unit.privates.iter().zip(blocks) {
            if block.next_time() == time {
                let (_, line) = block.pop(&rates[private.block]);
                mixed.push((private.projection, private.first + u32::from(line)));
                unit.poisson += 1;
            }
        }
        let touched = &mut unit.touched;
        let mut arrive = |projection: u32, row: u32| {
            let description = &network.projections[projection as usize];
            part.arrive(description, &weights.projections[projection as usize], row, scale, touched);
        };
        if mixed.is_empty() {
            rows.iter().for_each(|row| arrive(row.projection, row.row));
        } else {
            mixed.extend(rows.iter().map(|row| (row.projection, row.row)));
            mixed.sort_unstable();
            mixed.iter().for_each(|&(projection, row)| arrive(projection, row));
            mixed.clear();
        }
        let spikes = &mut unit.spikes;
        part.test(touched, time, scale, |neuron| spikes.push((time, neuron)));
        unit.mixed = mixed;
    }

    /// Spikes of a private block before `until`, and the refractory periods of its neurons that end up to
    /// then.
    fn private<R: Real>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate<'_>],
        index: usize,
        until: u64,
    ) {
        let Self { unit, part, blocks, .. } = self;
        let (private, block) = (&mut unit.privates[index], &mut *blocks[index]);
        let rate = &rates[private.block];
        let group = ((private.first - part.first) / part.group) as usize;
        let offset = (private.first - part.first) as usize;
        let projection = &network.projections[private.projection as usize];
        let values = &weights.projections[private.projection as usize];
        let constant = match &projection.fixed {
            Some(Fixed::Constant(weight)) => Some(*weight),
            _ => None,
        };
        let theta = part.parameters.theta;
        loop {
            let release = part.held[group].front().map_or(u64::MAX, |held| held.until.fs());
            let limit = until.min(release);
            let mut fired = false;
            while !fired && block.next_time() < limit {
                let at = private.at(block, part.parameters.phase, part.epoch);
                let (times, lines) = block.ready(u64::MAX);
                let spikes = times.iter().zip(lines).zip(&private.scales[at..]);
                let v = &mut part.v[offset..];
                let mut count = 0;
                let mut last = 0;
                for ((&time, &line), &scale) in spikes {
                    if time >= limit {
                        break;
                    }
                    let line = usize::from(line);
                    let weight = match constant {
                        Some(weight) => weight,
                        None => projection.weight(values, private.first as usize + line),
                    };
                    let Some(v) = v.get_mut(line) else { break };
                    count += 1;
                    *v += weight * scale;
                    if *v >= theta * scale {
                        fired = true;
                        last = line;
                        break;
                    }
                }
                if fired {
                    let (time, scale) = (times[count - 1], private.scales[at + count - 1]);
                    part.fire(offset + last, time, scale);
                    unit.spikes.push((time, private.first + last as u32));
                }
                unit.poisson += count as u64;
                block.consume(count, rate);
            }
            if fired {
                continue;
            }
            if release > until {
                return;
            }
            part.release_first(group);
        }
    }

    /// Arrivals of single synapses before `until`, as long as each has its instant to itself.
    fn single_synapses<R: Real>(&mut self, network: &Network, weights: &Weights<R>, until: u64) {
        let Self { unit, part, .. } = self;
        let Some(mut wheel) = unit.wheel.take() else { return };
        let theta = part.parameters.theta;
        let mut times = [0u64; TOGETHER];
        let mut scales = [0.0; TOGETHER];
        loop {
            let front = wheel.front();
            let mut count = 0;
            for (time, entry) in times.iter_mut().zip(front) {
                if entry.time >= until {
                    break;
                }
                *time = entry.time;
                count += 1;
            }
            if count == 0 {
                break;
            }
            let (phase, epoch) = (part.parameters.phase, part.epoch);
            vectorised(Scales { phase, epoch, times: &times[..count], scales: &mut scales });
            // All membranes are asked for before the first is needed: they are seldom near.
            let asked =
                front[..count].iter().filter_map(|entry| part.v.get((entry.target - part.first) as usize));
            std::hint::black_box(asked.fold(0, |sum, v| sum ^ v.to_bits()));
            let mut done = 0;
            for (entry, &scale) in front[..count].iter().zip(&scales) {
                if front.get(done + 1).is_some_and(|next| next.time == entry.time) {
                    break;
                }
                part.release(entry.time);
                let (projection, synapse) = unit.synapse(entry.synapse);
                let description = &network.projections[projection as usize];
                let values = &weights.projections[projection as usize];
                let weight = description.weight(values, synapse as usize);
                if description.counted {
                    unit.counted.push((projection, synapse));
                }
                let place = (entry.target - part.first) as usize;
                let v = part.v[place] + weight * scale;
                part.v[place] = v;
                if v >= theta * scale {
                    part.fire(place, entry.time, scale);
                    unit.spikes.push((entry.time, entry.target));
                }
                done += 1;
            }
            wheel.consume(done);
            unit.synaptic += done as u64;
            if done < count {
                break;
            }
        }
        unit.wheel = Some(wheel);
    }
}
