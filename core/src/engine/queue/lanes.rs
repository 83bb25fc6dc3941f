//! The fast queue: a merge of lanes, each ordered by construction.
//!
//! A Poisson block is one marked process; a constant delay is a first-in-first-out; what neurons wait for
//! is a min-tree; lists are read by a cursor; delays of single synapses are a wheel, which windows have of their
//! own; everything else is on the general lane. The next instant
//! is the least head. Where one Poisson block feeds one shared-decay population directly, its drawn
//! spikes are handed out as a batch up to the next head of any other lane.

use super::{Cursor, Entry, Episode, General, MinTree, ProcessOf, Queue, Saved, Wheel, block_sources};
use crate::encoding::{Block, BlockRate, Process};
use crate::engine::key::{EventKey, Kind, STEPS};
use crate::engine::route::{first_step, schedule_step};
use crate::engine::windows::{RowArrival, window};
use crate::network::{Form, Network, Projection, predicts};
use crate::numeric::Real;
use crate::time::Time;
use std::collections::VecDeque;

/// A merge of lanes.
pub struct Lanes {
    blocks: Vec<Block>,
    block_sources: Vec<(u32, u32)>,
    /// Whether a block's spikes may be delivered as a batch.
    batched: Vec<bool>,
    cursors: Vec<Cursor>,
    cursor_heads: Vec<Option<EventKey>>,
    /// Modulated blocks and lines with a dead time, and when each spikes next.
    processes: Vec<(ProcessOf, Process)>,
    process_heads: MinTree,
    fifos: Vec<VecDeque<EventKey>>,
    /// Fifo of a projection's arrivals, or of the changes of its current, then of each step of its pulse; and their number.
    first_fifo: Vec<usize>,
    /// Whether the synapses of a projection have delays of their own: nothing is first in, first out.
    own_delays: Vec<bool>,
    /// The arrivals of such a projection and their rank, unless the network is run in windows.
    wheels: Vec<Option<(Wheel, u16)>>,
    /// Population, rank and tree of every population whose firings are predicted.
    trees: Vec<(u32, u16, MinTree)>,
    tree_of: Vec<Option<usize>>,
    general: General,
    /// Whether the general lane may hold arrivals of synapses with own delays.
    strays: bool,
}

impl Lanes {
    fn fifo_of(&self, key: &EventKey) -> Option<usize> {
        match key.kind {
            Kind::Arrival if self.own_delays[key.source as usize] => None,
            Kind::Arrival => Some(self.first_fifo[key.source as usize]),
            Kind::Release => {
                let source = key.source as usize;
                let step = (key.occurrence % STEPS) as usize;
                // The changes of a current are all on its only lane.
                Some((self.first_fifo[source] + step).min(self.first_fifo[source + 1] - 1))
            }
            Kind::Emit | Kind::Fire | Kind::Sample | Kind::Protocol => None,
        }
    }

    /// Least (time, rank) of all lanes except Poisson blocks.
    fn least_other(&mut self) -> (u64, u16) {
        let mut least = (u64::MAX, u16::MAX);
        for head in self.cursor_heads.iter().flatten() {
            least = least.min((head.time.fs(), head.rank));
        }
        if !self.processes.is_empty()
            && let Some(time) = self.process_heads.min()
        {
            least = least.min((time, 0));
        }
        for head in self.fifos.iter().filter_map(VecDeque::front) {
            least = least.min((head.time.fs(), head.rank));
        }
        for (wheel, rank) in self.wheels.iter_mut().flatten() {
            if let Some(time) = wheel.next_time() {
                least = least.min((time, *rank));
            }
        }
        for (_, rank, tree) in &self.trees {
            if let Some(time) = tree.min() {
                least = least.min((time, *rank));
            }
        }
        if let Some(head) = self.general.peek() {
            least = least.min((head.time.fs(), head.rank));
        }
        least
    }
}

/// What windows ask for.
impl Lanes {
    /// Whether arrivals of synapses with own delays are on the general lane.
    pub(in crate::engine) fn has_strays(&self) -> bool {
        self.strays
    }

    /// Takes those arrivals.
    pub(in crate::engine) fn take_strays(&mut self) -> Vec<EventKey> {
        self.strays = false;
        let (strays, rest): (Vec<_>, Vec<_>) =
            self.general.pending().partition(|key| key.kind == Kind::Arrival);
        self.general.clear();
        rest.into_iter().for_each(|key| self.general.push(key));
        strays
    }

    /// Time of the next event in femtoseconds; `u64::MAX` if there is none.
    pub(in crate::engine) fn first_time(&mut self) -> u64 {
        let other = self.least_other().0;
        self.blocks.iter().map(Block::next_time).min().unwrap_or(u64::MAX).min(other)
    }

    /// Time and rank of the next event on the general lane.
    pub(in crate::engine) fn general_instant(&self) -> Option<(Time, u16)> {
        self.general.peek().map(EventKey::instant)
    }

    /// Moves the next instant of the general lane into `events`.
    pub(in crate::engine) fn pop_general(&mut self, events: &mut Vec<EventKey>) {
        let instant = self.general.peek().map(EventKey::instant);
        while self.general.peek().map(EventKey::instant) == instant
            && let Some(key) = self.general.pop()
        {
            events.push(key);
        }
    }

    /// Appends every spike before `to` of a source whose blocks are not `taken`.
    pub(in crate::engine) fn emissions(
        &mut self,
        network: &Network,
        rates: &[BlockRate],
        to: u64,
        taken: &[bool],
        events: &mut Vec<EventKey>,
    ) {
        for (index, block) in self.blocks.iter_mut().enumerate().filter(|(index, _)| !taken[*index]) {
            let (source, first) = self.block_sources[index];
            while block.next_time() < to {
                let (time, line) = block.pop(&rates[index]);
                let (time, row) = (Time::from_fs(time), first + u32::from(line));
                events.push(EventKey { time, rank: 0, kind: Kind::Emit, source, row, occurrence: 0 });
            }
        }
        for (cursor, head) in self.cursors.iter_mut().zip(&mut self.cursor_heads) {
            while let Some(key) = head.filter(|key| key.time.fs() < to) {
                events.push(key);
                cursor.handed += 1;
                *head = cursor.next(network);
            }
        }
        while let Some(time) =
            self.process_heads.min().filter(|&time| time < to && !self.processes.is_empty())
        {
            let mut index = 0;
            self.process_heads.each_at(time, |at| index = at);
            let (of, process) = &mut self.processes[index];
            events.extend(of.emission(process));
            if let Some(law) = of.law(network) {
                process.pop(law);
            }
            self.process_heads.set(index, process.next().map(|(time, _)| time.fs()));
        }
    }

    /// Moves the arrivals of a projection before `to` into `rows`.
    pub(in crate::engine) fn arrivals(&mut self, projection: u32, to: u64, rows: &mut Vec<RowArrival>) {
        let lane = &mut self.fifos[self.first_fifo[projection as usize]];
        while let Some(&key) = lane.front().filter(|key| key.time.fs() < to) {
            lane.pop_front();
            rows.push(RowArrival { time: key.time.fs(), projection, row: key.row });
        }
    }

    /// Moves the arrivals of a projection before `to`, the later steps of its pulses and the changes of its current into
    /// `events`.
    pub(in crate::engine) fn arrivals_and_steps(
        &mut self,
        network: &Network,
        projection: u32,
        to: u64,
        events: &mut Vec<EventKey>,
    ) {
        let steps = network.projections[projection as usize].kernel.steps().len();
        for step in 0..steps.max(1) {
            let lane = self.first_fifo[projection as usize] + step;
            while let Some(key) = self.fifos[lane].front().copied().filter(|key| key.time.fs() < to) {
                self.fifos[lane].pop_front();
                events.push(key);
                if steps > 0 {
                    let key = if step == 0 { first_step(&key) } else { key };
                    schedule_step::<f64, _>(network, projection as usize, &key, step, self);
                }
            }
        }
    }

    /// Forgets what neurons wait for, which windows keep from here on.
    pub(in crate::engine) fn forget_neurons(&mut self) {
        self.trees.iter_mut().for_each(|tree| tree.2.clear());
    }

    /// The Poisson blocks.
    pub(in crate::engine) fn blocks_mut(&mut self) -> &mut [Block] {
        &mut self.blocks
    }
}

/// Buckets of a wheel.
const BUCKETS: u64 = 1 << 12;

/// A wheel for every projection whose synapses have delays of their own, unless windows bring theirs.
fn wheels(network: &Network) -> Vec<Option<(Wheel, u16)>> {
    let windows = window(network).is_some();
    let of = |projection: &Projection| {
        let wanted = !windows && projection.delays.as_ref().is_some_and(|delays| !delays.is_empty());
        wanted.then(|| {
            let rank = network.populations[projection.to].rank + 1;
            (Wheel::new(projection.longest.fs(), BUCKETS), rank)
        })
    };
    network.projections.iter().map(of).collect()
}

/// The event that waits on the wheel of a projection: the arrival of one synapse.
fn waiting(projection: usize, rank: u16, entry: &Entry) -> EventKey {
    let (time, source) = (Time::from_fs(entry.time), projection as u32);
    EventKey { time, rank, kind: Kind::Arrival, source, row: entry.synapse, occurrence: entry.target }
}

/// Whether all spikes of a source go, without delay, to one shared-decay population and nowhere else.
fn feeds_one_crossbar(network: &Network, source: usize) -> bool {
    let [projection] = network.from_source[source][..] else { return false };
    let projection = &network.projections[projection];
    let target = &network.populations[projection.to];
    projection.delay == Time::ZERO && target.form == Form::SharedDecay
}

impl<R: Real> Queue<R> for Lanes {
    const NAME: &'static str = "fast";
    const REFERENCE: bool = false;

    fn new(network: &Network) -> Self {
        let block_sources = block_sources(network);
        let batched =
            block_sources.iter().map(|&(source, _)| feeds_one_crossbar(network, source as usize)).collect();
        let mut count = 0;
        let mut first_fifo = Vec::new();
        for projection in &network.projections {
            first_fifo.push(count);
            count += projection.kernel.steps().len().max(1);
        }
        first_fifo.push(count);
        let mut trees = Vec::new();
        let mut tree_of = Vec::new();
        for (index, population) in network.populations.iter().enumerate() {
            if predicts(index, network) {
                tree_of.push(Some(trees.len()));
                trees.push((index as u32, population.rank + 1, MinTree::new(population.size as usize)));
            } else {
                tree_of.push(None);
            }
        }
        Self {
            blocks: Vec::new(),
            block_sources,
            batched,
            cursors: Vec::new(),
            cursor_heads: Vec::new(),
            processes: Vec::new(),
            process_heads: MinTree::new(ProcessOf::all(network).len()),
            fifos: vec![VecDeque::new(); count],
            first_fifo,
            own_delays: network.projections.iter().map(|p| p.delays.is_some()).collect(),
            wheels: wheels(network),
            trees,
            tree_of,
            general: General::default(),
            strays: false,
        }
    }

    fn begin(&mut self, network: &Network, episode: &Episode<'_>) {
        let Episode { seed, number, rates, resume } = *episode;
        if resume.is_none() && self.blocks.len() == rates.len() {
            for (index, (block, rate)) in self.blocks.iter_mut().zip(rates).enumerate() {
                block.restart(seed, index as u32, number, rate);
            }
        } else {
            self.blocks.clear();
            for (index, rate) in rates.iter().enumerate() {
                let (handed, last) = resume.map_or((0, Time::ZERO), |saved| saved.blocks[index]);
                self.blocks.push(Block::resume(seed, index as u32, number, rate, handed, last));
            }
        }
        self.fifos.iter_mut().for_each(VecDeque::clear);
        self.trees.iter_mut().for_each(|tree| tree.2.clear());
        self.general.clear();
        self.strays = false;
        self.wheels.iter_mut().flatten().for_each(|(wheel, _)| wheel.clear());
        self.cursors = Cursor::all(network);
        if let Some(saved) = resume {
            for (cursor, &handed) in self.cursors.iter_mut().zip(&saved.cursors) {
                cursor.handed = handed;
            }
            for &key in &saved.pending {
                Queue::<R>::push(self, key);
            }
        }
        self.cursor_heads.clear();
        self.cursor_heads.extend(self.cursors.iter().map(|cursor| cursor.next(network)));
        self.processes = ProcessOf::start(network, episode);
        self.process_heads.clear();
        for (index, (_, process)) in self.processes.iter().enumerate() {
            self.process_heads.set(index, process.next().map(|(time, _)| time.fs()));
        }
    }

    fn push(&mut self, key: EventKey) {
        match self.fifo_of(&key) {
            Some(lane) => {
                let lane = &mut self.fifos[lane];
                debug_assert!(
                    lane.back().is_none_or(|last| last.time <= key.time),
                    "a lane must not go back"
                );
                lane.push_back(key);
            }
            None => {
                if key.kind == Kind::Arrival {
                    if let Some((wheel, _)) = &mut self.wheels[key.source as usize] {
                        wheel.push(Entry { time: key.time.fs(), synapse: key.row, target: key.occurrence });
                        return;
                    }
                    self.strays = true;
                }
                self.general.push(key);
            }
        }
    }

    fn predict(&mut self, population: u32, neuron: u32, time: Option<Time>) {
        if let Some(tree) = self.tree_of[population as usize] {
            self.trees[tree].2.set(neuron as usize, time.map(Time::fs));
        }
    }

    fn peek(&mut self) -> Option<(Time, u16)> {
        let mut least = self.least_other();
        for block in &self.blocks {
            least = least.min((block.next_time(), 0));
        }
        (least.0 <= Time::MAX.fs()).then_some((Time::from_fs(least.0), least.1))
    }

    fn pop_instant(&mut self, network: &Network, rates: &[BlockRate], events: &mut Vec<EventKey>) {
        events.clear();
        let Some((time, rank)) = Queue::<R>::peek(self) else { return };
        if rank == 0 {
            for (index, block) in self.blocks.iter_mut().enumerate() {
                if block.next_time() == time.fs() {
                    let (_, line) = block.pop(&rates[index]);
                    let (source, first) = self.block_sources[index];
                    let row = first + u32::from(line);
                    events.push(EventKey { time, rank, kind: Kind::Emit, source, row, occurrence: 0 });
                }
            }
            for (cursor, head) in self.cursors.iter_mut().zip(&mut self.cursor_heads) {
                while let Some(key) = head.filter(|key| key.time == time) {
                    events.push(key);
                    cursor.handed += 1;
                    *head = cursor.next(network);
                }
            }
            while !self.processes.is_empty() && self.process_heads.min() == Some(time.fs()) {
                let mut index = 0;
                self.process_heads.each_at(time.fs(), |at| index = at);
                let (of, process) = &mut self.processes[index];
                events.extend(of.emission(process));
                if let Some(law) = of.law(network) {
                    process.pop(law);
                }
                self.process_heads.set(index, process.next().map(|(time, _)| time.fs()));
            }
        } else {
            for lane in &mut self.fifos {
                while lane.front().is_some_and(|key| key.instant() == (time, rank)) {
                    events.extend(lane.pop_front());
                }
            }
            for (projection, lane) in self.wheels.iter_mut().enumerate() {
                let Some((wheel, _)) = lane.as_mut().filter(|(_, its)| *its == rank) else { continue };
                while let Some(entry) = wheel.front().first().filter(|entry| entry.time == time.fs()).copied()
                {
                    events.push(waiting(projection, rank, &entry));
                    wheel.consume(1);
                }
            }
            for (population, tree_rank, tree) in &self.trees {
                if *tree_rank == rank && tree.min() == Some(time.fs()) {
                    tree.each_at(time.fs(), |neuron| {
                        events.push(EventKey {
                            time,
                            rank,
                            kind: Kind::Fire,
                            source: *population,
                            row: neuron as u32,
                            occurrence: 0,
                        });
                    });
                }
            }
        }
        while self.general.peek().is_some_and(|key| key.instant() == (time, rank)) {
            events.extend(self.general.pop());
        }
        events.sort_unstable();
    }

    fn batch(&mut self, end: Time) -> Option<(usize, u64)> {
        let mut horizon = self.least_other().0.min(end.fs());
        let (index, time) = self
            .blocks
            .iter()
            .enumerate()
            .map(|(index, block)| (index, block.next_time()))
            .min_by_key(|&(_, time)| time)?;
        if !self.batched[index] || time >= horizon {
            return None;
        }
        for (other, block) in self.blocks.iter().enumerate() {
            if other != index {
                horizon = horizon.min(block.next_time());
            }
        }
        self.blocks[index].expect_end(end.fs());
        (time < horizon).then_some((index, horizon))
    }

    fn lanes(&mut self) -> Option<&mut Lanes> {
        Some(self)
    }

    fn block(&mut self, index: usize) -> Option<&mut Block> {
        self.blocks.get_mut(index)
    }

    fn save(&self) -> Saved {
        let mut pending: Vec<EventKey> = self.fifos.iter().flatten().copied().collect();
        pending.extend(self.general.pending());
        for (projection, lane) in self.wheels.iter().enumerate() {
            let Some((wheel, rank)) = lane else { continue };
            pending.extend(wheel.pending().map(|entry| waiting(projection, *rank, entry)));
        }
        pending.sort_unstable();
        Saved {
            blocks: self.blocks.iter().map(Block::position).collect(),
            cursors: self.cursors.iter().map(|cursor| cursor.handed).collect(),
            processes: self.processes.iter().map(|(_, process)| process.position()).collect(),
            pending,
        }
    }
}
