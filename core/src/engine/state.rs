//! Everything that changes during a run, as plain data: enough to stop anywhere and go on elsewhere,
//! under either engine, to the same bits.

use super::competition::Competing;
use super::free::Saved;
use super::key::EventKey;
use super::scaled::Scaled;
use super::shared_decay::SharedDecay;
use crate::network::{Network, Population, Projection, SourceKind};
use crate::numeric::Real;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// Membranes of one population.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub enum Membranes<R: Real> {
    /// One decay multiplies all of them.
    Shared(SharedDecay<R>),
    /// Each neuron has its own time.
    Free(Saved),
    /// They compete.
    Competing(Competing<R>),
    /// On the fixed-point clock.
    Scaled(Scaled),
}

/// Logical event counts since the episode began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Spikes of Poisson sources.
    pub poisson: u64,
    /// Spikes of all other sources.
    pub source: u64,
    /// Arrivals of rows.
    pub arrival: u64,
    /// Spikes of neurons.
    pub fire: u64,
    /// Synapses that arrivals passed through.
    pub synaptic: u64,
    /// Spikes of every neuron of every population.
    pub spikes: Vec<Vec<u32>>,
    /// Arrivals of every row of every projection: what the read energy is computed from.
    pub rows: Vec<Vec<u32>>,
    /// Femtoseconds of refractory time (of a switch: on-time) that the spikes of each population began.
    pub held: Vec<u128>,
    /// For how long the switches of each population were on.
    pub on: Vec<OnTimes>,
}

/// For how long the spikes of a population keep its switches on: the length of the union of the intervals of
/// `span` from each spike of a neuron.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OnTimes {
    /// Femtoseconds for which one spike does; zero: nobody asks.
    span: u64,
    /// When the last interval of each neuron ends, in femtoseconds.
    until: Vec<u64>,
    /// Femtoseconds of all unions, those after now included.
    on: u128,
    /// Femtoseconds that lie in two intervals of a neuron.
    twice: u128,
}

impl OnTimes {
    fn new(population: &Population) -> Self {
        let span = population.on.fs();
        let size = if span > 0 { population.size as usize } else { 0 };
        Self { span, until: vec![0; size], ..Self::default() }
    }

    /// An episode begins, with all switches off.
    pub(super) fn begin(&mut self) {
        self.until.fill(0);
        (self.on, self.twice) = (0, 0);
    }

    /// How many neurons it follows.
    pub(super) fn switches(&self) -> usize {
        self.until.len()
    }

    /// A neuron spikes, so many times at once.
    #[inline]
    fn spike(&mut self, neuron: u32, time: Time, times: u32) {
        let Some(until) = self.until.get_mut(neuron as usize) else { return };
        let end = time.fs().saturating_add(self.span);
        let more = end - (*until).max(time.fs());
        *until = end;
        self.on += u128::from(more);
        self.twice += u128::from(self.span) * u128::from(times) - u128::from(more);
    }

    /// Femtoseconds for which switches were on up to the end of the episode, summed over them; and how much of the
    /// intervals was lost because a switch was on already.
    #[must_use]
    pub fn by(&self, end: Time) -> (u128, u128) {
        let after = |until: &u64| u128::from(until.saturating_sub(end.fs()));
        (self.on - self.until.iter().map(after).sum::<u128>(), self.twice)
    }
}

/// What is counted by itself: in a population or a projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Counted {
    Neuron(usize),
    Row(usize),
}

impl Counts {
    /// Counts spikes of a neuron at one time.
    #[inline]
    pub(super) fn spike(&mut self, population: usize, neuron: u32, time: Time, times: u32) {
        let count = &mut self.spikes[population][neuron as usize];
        *count = count.saturating_add(times);
        self.on[population].spike(neuron, time, times);
    }

    /// Counts spikes that arrive at a row.
    #[inline]
    pub(super) fn row(&mut self, projection: usize, row: u32, times: u32) {
        let count = &mut self.rows[projection][row as usize];
        *count = count.saturating_add(times);
    }

    /// The first population or projection with a neuron or row that has come to the end of its count, and which that is.
    pub(super) fn full(&self) -> Option<(Counted, u32)> {
        // Without so many of all there is none with so many alone.
        let end = u64::from(u32::MAX);
        let find = |all: u64, lists: &[Vec<u32>]| {
            let mut lists = lists.iter().enumerate().filter(|_| all >= end);
            lists.find_map(|(index, list)| Some((index, list.iter().position(|&n| n == u32::MAX)? as u32)))
        };
        let spikes = find(self.fire, &self.spikes).map(|(index, at)| (Counted::Neuron(index), at));
        spikes.or_else(|| find(self.arrival, &self.rows).map(|(index, at)| (Counted::Row(index), at)))
    }

    /// Nothing has happened yet.
    #[must_use]
    pub fn new(network: &Network) -> Self {
        let rows = |projection: &Projection| {
            if projection.counted { vec![0; projection.arrival_rows()] } else { Vec::new() }
        };
        Self {
            spikes: network.populations.iter().map(|p| vec![0; p.size as usize]).collect(),
            rows: network.projections.iter().map(rows).collect(),
            held: vec![0; network.populations.len()],
            on: network.populations.iter().map(OnTimes::new).collect(),
            ..Self::default()
        }
    }

    /// Counts the spike of a source; the change of a current is none.
    pub(super) fn emission(&mut self, kind: &SourceKind) {
        if kind.is_drawn() {
            self.poisson += 1;
        } else if !kind.is_current() {
            self.source += 1;
        }
    }
}

/// State of a simulation between two instants.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct State<R: Real> {
    /// Seed of the run.
    pub seed: u64,
    /// Number of the episode.
    pub episode: u64,
    /// Every event before this time has been handled, none after it. (Of those at it, a run has handled
    /// none; after a single step the first ranks may be done.)
    pub now: Time,
    /// Membranes of each population.
    pub populations: Vec<Membranes<R>>,
    /// Spikes handed out by each Poisson block, and the time of the last one.
    pub blocks: Vec<(u64, Time)>,
    /// Spikes handed out by each list or regular source, or changes of each current.
    pub cursors: Vec<u64>,
    /// Spikes handed out by each modulated block and each line with a dead time, and the time of the last.
    pub processes: Vec<(u64, Time)>,
    /// Pending arrivals, pulse changes, samples and protocol events, by key.
    pub pending: Vec<EventKey>,
    /// Counts since the episode began.
    pub counts: Counts,
}
