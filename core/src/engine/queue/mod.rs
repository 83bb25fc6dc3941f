//! Pending events. Two queues with one contract: the fast one is a merge of lanes, the reference one
//! a single heap on the `priority-queue` crate.

mod general;
mod heap;
mod lanes;
mod min_tree;
mod wheel;

pub use general::General;
pub use heap::Heap;
pub use lanes::Lanes;
pub use min_tree::MinTree;
pub use wheel::{Entry, Wheel};

use super::key::EventKey;
use crate::encoding::{BlockRate, Law, Process};
use crate::network::Network;
use crate::numeric::Real;
use crate::time::Time;

mod sealed {
    /// The engine looks into the queues that it knows, so nobody else can bring one.
    pub trait Sealed {}
    impl Sealed for super::Heap {}
    impl Sealed for super::Lanes {}
}

/// What the engine needs of its pending events. Sealed: [`Lanes`] or [`Heap`].
pub trait Queue<R: Real>: sealed::Sealed {
    /// Name in plans and manifests.
    const NAME: &'static str;
    /// Whether it is the reference, where looking need not be fast.
    const REFERENCE: bool;

    /// An empty queue for a network.
    fn new(network: &Network) -> Self;

    /// Starts an episode: sources at their beginning (or where a state left them), nothing pending.
    fn begin(&mut self, network: &Network, episode: &Episode<'_>);

    /// Schedules an event.
    fn push(&mut self, key: EventKey);

    /// Replaces what a neuron waits for: its predicted firing, or the end of its dead time.
    fn predict(&mut self, population: u32, neuron: u32, time: Option<Time>);

    /// Time and rank of the next event.
    fn peek(&mut self) -> Option<(Time, u16)>;

    /// Moves all events of the next instant into `events`, in key order. What neurons wait for
    /// stays until it is replaced.
    fn pop_instant(&mut self, network: &Network, rates: &[BlockRate], events: &mut Vec<EventKey>);

    /// A Poisson block whose drawn spikes may be delivered in one batch, and up to where (exclusive):
    /// no other event is pending before that time. `None`: go on instant by instant.
    fn batch(&mut self, end: Time) -> Option<(usize, u64)> {
        let _ = end;
        None
    }

    /// Access to a Poisson block for a batch.
    fn block(&mut self, index: usize) -> Option<&mut crate::encoding::Block> {
        let _ = index;
        None
    }

    /// The lanes, if that is what this is: many instants are then handled at once where they can be.
    fn lanes(&mut self) -> Option<&mut Lanes> {
        None
    }

    /// Positions of the Poisson blocks and cursors, and everything pending except sources and
    /// predictions, sorted: the queue's part of a state.
    fn save(&self) -> Saved;
}

/// The queue's part of a state.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Saved {
    /// As [`super::State::blocks`].
    pub blocks: Vec<(u64, Time)>,
    /// As [`super::State::cursors`].
    pub cursors: Vec<u64>,
    /// Spikes handed out by each single process, and the time of the last one.
    pub processes: Vec<(u64, Time)>,
    /// As [`super::State::pending`].
    pub pending: Vec<EventKey>,
}

/// Where an episode's sources start.
#[derive(Clone, Copy, Debug)]
pub struct Episode<'a> {
    /// Seed of the run.
    pub seed: u64,
    /// Number of the episode.
    pub number: u64,
    /// One per Poisson block, in order of sources.
    pub rates: &'a [BlockRate],
    /// `None`: at the beginning.
    pub resume: Option<&'a Saved>,
}

/// The spikes of list and regular sources, and the changes of currents, handed out in order.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cursor {
    /// Index of the source.
    pub source: u32,
    /// Spikes handed out.
    pub handed: u64,
}

impl Cursor {
    /// Cursors of a network's sources, at their beginning.
    pub fn all(network: &Network) -> Vec<Self> {
        let cursors = network.sources.iter().enumerate();
        cursors
            .filter(|(_, source)| !source.kind.is_drawn())
            .map(|(index, _)| Self { source: index as u32, handed: 0 })
            .collect()
    }

    /// The next one as an emission; `None` when there are no more.
    pub fn next(&self, network: &Network) -> Option<EventKey> {
        use super::key::Kind;
        use crate::network::SourceKind;
        let source = &network.sources[self.source as usize];
        let (time, line, occurrence) = match &source.kind {
            SourceKind::Poisson
            | SourceKind::Modulated(_)
            | SourceKind::DeadTime { .. }
            | SourceKind::Open(_) => return None,
            SourceKind::List(spikes) => {
                let handed = usize::try_from(self.handed).ok()?;
                let spike = *spikes.get(handed)?;
                let before = spikes[..handed].iter().rev().take_while(|&&other| other == spike).count();
                (spike.0, spike.1, before as u32)
            }
            SourceKind::Regular { start, period } => {
                let size = u64::from(source.size);
                let round = self.handed / size;
                let time = period.fs().checked_mul(round)?.checked_add(start.fs())?;
                if time >= Time::MAX.fs() {
                    return None;
                }
                (Time::from_fs(time), (self.handed % size) as u32, 0)
            }
            SourceKind::Bursts { start, period, count, interval } => {
                let (size, count) = (u64::from(source.size), u64::from(*count));
                let round = self.handed / size;
                let burst = period.fs().checked_mul(round / count)?;
                let time =
                    interval.fs().checked_mul(round % count)?.checked_add(burst)?.checked_add(start.fs())?;
                if time >= Time::MAX.fs() {
                    return None;
                }
                (Time::from_fs(time), (self.handed % size) as u32, 0)
            }
            SourceKind::Current(current) => {
                let size = u64::from(source.size);
                let (time, number) = current.event(self.handed / size)?;
                (time, (self.handed % size) as u32, number)
            }
        };
        Some(EventKey { time, rank: 0, kind: Kind::Emit, source: self.source, row: line, occurrence })
    }
}

/// A process that is drawn by itself: a modulated block, a line with a dead time, or one of an open train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProcessOf {
    /// Index of the source.
    pub source: u32,
    /// First line, and how many.
    pub first: u32,
    /// Number of lines.
    pub lines: u32,
    /// Number among the processes of its kind: what its draws are for.
    pub entity: u32,
}

impl ProcessOf {
    /// All processes of a network.
    pub fn all(network: &Network) -> Vec<Self> {
        use crate::encoding::BLOCK;
        use crate::network::SourceKind;
        let (mut modulated, mut dead, mut open) = (0, 0, 0);
        let mut processes = Vec::new();
        for (index, source) in network.sources.iter().enumerate() {
            let (each, entity) = match source.kind {
                SourceKind::Modulated(_) => (BLOCK, &mut modulated),
                SourceKind::DeadTime { .. } => (1, &mut dead),
                SourceKind::Open(_) => (1, &mut open),
                _ => continue,
            };
            for first in (0..source.size).step_by(each as usize) {
                let lines = each.min(source.size - first);
                processes.push(Self { source: index as u32, first, lines, entity: *entity });
                *entity += 1;
            }
        }
        processes
    }

    /// What it draws.
    pub fn law(self, network: &Network) -> Option<Law<'_>> {
        use crate::network::SourceKind;
        match &network.sources[self.source as usize].kind {
            SourceKind::Modulated(profile) => Some(Law::Modulated { profile, lines: self.lines }),
            SourceKind::DeadTime { rate, dead } => Some(Law::DeadTime { rate: *rate, dead: *dead }),
            SourceKind::Open(train) => Some(Law::Open(train)),
            _ => None,
        }
    }

    /// All of them where an episode starts.
    pub fn start(network: &Network, episode: &Episode<'_>) -> Vec<(Self, Process)> {
        let processes = Self::all(network).into_iter().enumerate();
        processes
            .filter_map(|(index, of)| {
                let (handed, last) = episode.resume.map_or((0, Time::ZERO), |saved| saved.processes[index]);
                let law = of.law(network)?;
                Some((of, Process::resume(episode.seed, of.entity, episode.number, law, handed, last)))
            })
            .collect()
    }

    /// Its next spike as an emission.
    pub fn emission(self, process: &Process) -> Option<EventKey> {
        let (time, line) = process.next()?;
        let row = self.first + line;
        Some(EventKey {
            time,
            rank: 0,
            kind: super::key::Kind::Emit,
            source: self.source,
            row,
            occurrence: 0,
        })
    }
}

/// Number of single processes.
pub(super) fn process_count(network: &Network) -> usize {
    ProcessOf::all(network).len()
}

/// First block of each Poisson source among all blocks, and the source of each block.
pub(super) fn block_sources(network: &Network) -> Vec<(u32, u32)> {
    use crate::encoding::BLOCK;
    use crate::network::SourceKind;
    let mut blocks = Vec::new();
    for (index, source) in network.sources.iter().enumerate() {
        if source.kind == SourceKind::Poisson {
            for block in 0..source.size.div_ceil(BLOCK) {
                blocks.push((index as u32, block * BLOCK));
            }
        }
    }
    blocks
}
