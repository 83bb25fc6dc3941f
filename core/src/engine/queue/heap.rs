//! The reference queue: one `priority-queue` heap, one entry per pending event.
//!
//! Slow and plain on purpose. It is the specification that the fast queue is compared with.

use super::{Cursor, Episode, ProcessOf, Queue, Saved, block_sources};
use crate::encoding::{Block, BlockRate, Process};
use crate::engine::key::{EventKey, Kind};
use crate::network::Network;
use crate::numeric::Real;
use crate::time::Time;
use priority_queue::PriorityQueue;
use std::cmp::Reverse;

/// One entry of the heap. A prediction and a source keep their entry and change its priority.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Entry {
    Event(EventKey),
    Prediction { population: u32, neuron: u32 },
    Block(usize),
    Cursor(usize),
    Process(usize),
}

/// One heap for everything.
pub struct Heap {
    heap: PriorityQueue<Entry, Reverse<EventKey>>,
    blocks: Vec<Block>,
    /// Source and first line of every block.
    block_sources: Vec<(u32, u32)>,
    cursors: Vec<Cursor>,
    processes: Vec<(ProcessOf, Process)>,
    ranks: Vec<u16>,
}

impl Heap {
    fn emission(&self, index: usize, rates: &[BlockRate]) -> Option<EventKey> {
        let block = &self.blocks[index];
        if block.next_time() > Time::MAX.fs() {
            return None;
        }
        // The line is not known until the spike is taken; the block's first line orders it.
        let (source, first) = self.block_sources[index];
        let _ = rates;
        Some(EventKey {
            time: Time::from_fs(block.next_time()),
            rank: 0,
            kind: Kind::Emit,
            source,
            row: first,
            occurrence: 0,
        })
    }

    fn set(&mut self, entry: Entry, key: Option<EventKey>) {
        match key {
            Some(key) => {
                self.heap.push(entry, Reverse(key));
            }
            None => {
                self.heap.remove(&entry);
            }
        }
    }
}

impl<R: Real> Queue<R> for Heap {
    const NAME: &'static str = "reference";
    const REFERENCE: bool = true;

    fn new(network: &Network) -> Self {
        Self {
            heap: PriorityQueue::new(),
            blocks: Vec::new(),
            block_sources: block_sources(network),
            cursors: Vec::new(),
            processes: Vec::new(),
            ranks: network.populations.iter().map(|population| population.rank + 1).collect(),
        }
    }

    fn begin(&mut self, network: &Network, episode: &Episode<'_>) {
        self.heap.clear();
        self.cursors = Cursor::all(network);
        self.blocks = episode
            .rates
            .iter()
            .enumerate()
            .map(|(index, rate)| {
                let (handed, last) = episode.resume.map_or((0, Time::ZERO), |saved| saved.blocks[index]);
                Block::resume(episode.seed, index as u32, episode.number, rate, handed, last)
            })
            .collect();
        if let Some(saved) = episode.resume {
            for (cursor, &handed) in self.cursors.iter_mut().zip(&saved.cursors) {
                cursor.handed = handed;
            }
            for &key in &saved.pending {
                self.heap.push(Entry::Event(key), Reverse(key));
            }
        }
        for index in 0..self.blocks.len() {
            let key = self.emission(index, episode.rates);
            self.set(Entry::Block(index), key);
        }
        for index in 0..self.cursors.len() {
            let key = self.cursors[index].next(network);
            self.set(Entry::Cursor(index), key);
        }
        self.processes = ProcessOf::start(network, episode);
        for index in 0..self.processes.len() {
            let (of, process) = &self.processes[index];
            let key = of.emission(process);
            self.set(Entry::Process(index), key);
        }
    }

    fn push(&mut self, key: EventKey) {
        let merged = self.heap.push(Entry::Event(key), Reverse(key));
        debug_assert!(merged.is_none(), "two pending events with the key {key:?}");
    }

    fn predict(&mut self, population: u32, neuron: u32, time: Option<Time>) {
        let rank = self.ranks[population as usize];
        let key = time.map(|time| EventKey {
            time,
            rank,
            kind: Kind::Fire,
            source: population,
            row: neuron,
            occurrence: 0,
        });
        self.set(Entry::Prediction { population, neuron }, key);
    }

    fn peek(&mut self) -> Option<(Time, u16)> {
        self.heap.peek().map(|(_, key)| key.0.instant())
    }

    fn pop_instant(&mut self, network: &Network, rates: &[BlockRate], events: &mut Vec<EventKey>) {
        events.clear();
        let Some(instant) = Queue::<R>::peek(self) else { return };
        while let Some((&entry, &Reverse(key))) = self.heap.peek() {
            if key.instant() != instant {
                break;
            }
            match entry {
                Entry::Event(_) | Entry::Prediction { .. } => {
                    events.push(key);
                    self.heap.pop();
                }
                Entry::Block(index) => {
                    let (_, line) = self.blocks[index].pop(&rates[index]);
                    events.push(EventKey { row: self.block_sources[index].1 + u32::from(line), ..key });
                    let next = self.emission(index, rates);
                    self.set(entry, next);
                }
                Entry::Cursor(index) => {
                    events.push(key);
                    self.cursors[index].handed += 1;
                    let next = self.cursors[index].next(network);
                    self.set(entry, next);
                }
                Entry::Process(index) => {
                    events.push(key);
                    let (of, process) = &mut self.processes[index];
                    if let Some(law) = of.law(network) {
                        process.pop(law);
                    }
                    let next = of.emission(process);
                    self.set(entry, next);
                }
            }
        }
        events.sort_unstable();
    }

    fn save(&self) -> Saved {
        let mut pending: Vec<EventKey> = self
            .heap
            .iter()
            .filter_map(|(entry, _)| match entry {
                Entry::Event(key) => Some(*key),
                _ => None,
            })
            .collect();
        pending.sort_unstable();
        Saved {
            blocks: self.blocks.iter().map(Block::position).collect(),
            cursors: self.cursors.iter().map(|cursor| cursor.handed).collect(),
            processes: self.processes.iter().map(|(_, process)| process.position()).collect(),
            pending,
        }
    }
}
