//! Windows of one minimum delay: networks of scaled populations and of such as keep their own time, many instants at a
//! time.
//!
//! What a population does within the shortest delay between populations cannot come back to any of them
//! before that delay is over, but for those that follow it without delay: they have a higher rank, and the graph of
//! such projections has no circle. So the time from the next event up to then is a window that is gone through rank by
//! rank: the arrivals at the populations of a rank are all known when its turn comes, and its neurons are independent
//! of each other. A window takes these steps:
//!
//! 1. Sources: every spike of theirs in the window becomes arrivals. (A Poisson source whose lines each have
//!    a neuron of their own is left to the units.)
//! 2. For every rank, rows: the arrivals in the window of its populations, the later steps of their pulses and the changes
//!    of their currents, in content order.
//! 3. Units, on as many threads as there are: each works through the instants of its own neurons.
//! 4. Spikes of the rank's units, in content order: counted and made into arrivals.
//! 5. Spikes of all ranks, in content order: shown to the probe.
//!
//! Neurons see the same operations in the same order as when instants are handled one by one, so window
//! length, cut into units and number of threads cannot be seen in any bit.

mod handover;
mod known;
mod shares;
mod stream;

pub use known::window;

use super::core::{Core, Part};
use super::cuts::Cuts;
use super::free::{self, Line};
use super::key::{EventKey, Kind};
use super::private::Private;
use super::probe::{Probe, Spike};
use super::queue::{Lanes, Wheel};
use super::route::kind;
use super::scaled;
use super::units::{Fired, Given, Told, Unit};
use crate::encoding::{BLOCK, BlockRate};
use crate::network::{Form, Network, Origin, Weights};
use crate::neuron::{Leaky, MAX_AT_ONCE, Open};
use crate::numeric::Real;
use crate::threads::Team;
use crate::time::Time;
use known::{has_own, private};
use stream::Streamed;

/// Source spikes that are made arrivals at once, on average.
const AHEAD: f64 = 50_000.0;
/// The first window, in femtoseconds, of neurons that may fire by themselves: a microsecond, doubled as long as little
/// happens.
const FIRST: u64 = 1_000_000_000;
/// Private spikes per block and window below which they are merged like any others.
const FEW: f64 = 32.0;

/// An arrival of a row within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowArrival {
    pub time: u64,
    pub projection: u32,
    pub row: u32,
}

/// What a network is run with in windows.
pub struct Windows {
    /// Shortest delay between populations.
    shortest: u64,
    /// A shorter window, for tests.
    asked: u64,
    /// Longest window that keeps the lists short, given the rates.
    ahead: u64,
    /// The same, given what neurons did before whose firing nothing needs to drive.
    stride: u64,
    units: Vec<Unit>,
    /// Where the rows of each projection pass from unit to unit.
    cuts: Vec<Cuts>,
    /// Arrivals of each population in the window.
    rows: Vec<Vec<RowArrival>>,
    /// The same of those in their own time, with the steps of pulses.
    events: Vec<Vec<EventKey>>,
    /// Whether what neurons in their own time wait for is kept here, not in the lanes.
    keeps: bool,
    /// Projections with one delay that end at each population.
    incoming: Vec<Vec<u32>>,
    /// Whether any synapse has a delay of its own.
    own_delays: bool,
    /// First number of each projection among the synapses with own delays of its target.
    base: Vec<u32>,
    /// Projection of each source that may be left to the units, if there is one.
    private: Vec<Option<u32>>,
    /// Whether each block is, at these rates.
    taken: Vec<bool>,
    emissions: Vec<EventKey>,
    /// By time and rank; predicted firings of an instant come before those that arrivals cause.
    spikes: Vec<(Time, u16, bool, Spike)>,
    /// Ranks of populations.
    ranks: u16,
    /// As `ahead`, with the spikes that are left to the units.
    ahead_of_all: u64,
    /// Everything of the window, if a probe wants to see it: in content order once it is sorted.
    stream: Vec<Streamed>,
    /// Either of them, for synapses that have delays of their own.
    fired: Vec<Fired>,
    team: Team,
}

impl Windows {
    /// Windows for a network, if it can be run in them.
    pub fn new(network: &Network) -> Option<Self> {
        let shortest = window(network)?.fs();
        let mut base = vec![0u32; network.projections.len()];
        let mut counts = vec![0u64; network.populations.len()];
        for (index, projection) in network.projections.iter().enumerate() {
            if let Some(delays) = &projection.delays {
                base[index] = u32::try_from(counts[projection.to]).ok()?;
                counts[projection.to] += delays.len() as u64;
                u32::try_from(counts[projection.to]).ok()?;
            }
        }
        // A source's spikes of a window are on the wheel at once, and it must hold them.
        let own = network.projections.iter().filter(|projection| has_own(projection));
        let shortest = own.fold(shortest, |shortest, own| shortest.min(own.longest.fs().max(1)));
        let incoming = (0..network.populations.len()).map(|population| {
            let ends_here = |&index: &usize| {
                let projection = &network.projections[index];
                projection.to == population && projection.delays.is_none()
            };
            (0..network.projections.len()).filter(ends_here).map(|index| index as u32).collect()
        });
        let mut windows = Self {
            shortest,
            asked: u64::MAX,
            ahead: u64::MAX,
            stride: u64::MAX,
            units: Vec::new(),
            cuts: Vec::new(),
            rows: vec![Vec::new(); network.populations.len()],
            events: vec![Vec::new(); network.populations.len()],
            keeps: false,
            incoming: incoming.collect(),
            own_delays: network.projections.iter().any(has_own),
            base,
            private: private(network),
            taken: Vec::new(),
            emissions: Vec::new(),
            spikes: Vec::new(),
            ahead_of_all: u64::MAX,
            stream: Vec::new(),
            ranks: network.populations.iter().map(|population| population.rank + 1).max().unwrap_or(0),
            fired: Vec::new(),
            team: Team::default(),
        };
        windows.cut(network, 1);
        Some(windows)
    }

    /// Starts an episode: nothing pending here, and rates that say who draws which block.
    pub fn begin<R: Real>(
        &mut self,
        network: &Network,
        core: &mut Core<R>,
        block_sources: &[(u32, u32)],
        rates: &[BlockRate],
    ) {
        self.keeps = false;
        for unit in &mut self.units {
            unit.privates.clear();
            if let Some(lookout) = &mut unit.lookout {
                lookout.privates.clear();
            }
            if let Some(wheel) = &mut unit.wheel {
                wheel.clear();
            }
        }
        let window = self.shortest.min(self.asked) as f64;
        self.taken.clear();
        let (mut listed, mut left) = (0.0, 0.0);
        for (index, (&(source, first), rate)) in block_sources.iter().zip(rates).enumerate() {
            let private = self.private[source as usize].filter(|_| window / rate.mean_gap_fs >= FEW);
            self.taken.push(private.is_some());
            let Some(projection) = private else {
                listed += 1.0 / rate.mean_gap_fs;
                continue;
            };
            left += 1.0 / rate.mean_gap_fs;
            let description = &network.projections[projection as usize];
            let to = description.to;
            for unit in self.units.iter_mut().filter(|unit| unit.population == to) {
                if (unit.first..unit.first + unit.count).contains(&first) {
                    match &mut unit.lookout {
                        Some(lookout) => lookout.privates.push(Line { block: index, projection, first }),
                        None => {
                            let private = Private::new(index, description, projection, first, unit.first);
                            unit.privates.push(private);
                        }
                    }
                }
            }
        }
        self.ahead = (AHEAD / listed).min(9e18) as u64;
        self.ahead_of_all = (AHEAD / (listed + left)).min(9e18) as u64;
        for population in 0..network.populations.len() {
            let of = |unit: &&Unit| unit.population == population;
            let private = self.units.iter().filter(of).any(|unit| !unit.privates.is_empty());
            let group = self.units.iter().find(of).map_or(1, |unit| unit.piece);
            if let Part::Scaled { state, .. } = &mut core.parts[population] {
                state.regroup(if private { BLOCK } else { group });
            }
        }
    }

    /// Handles everything from the next event to the end of its window, at most `end`; the time up to
    /// which all is done, or `None` if nothing is left before `end`.
    #[expect(clippy::too_many_arguments, reason = "what a simulation is made of, borrowed part by part")]
    pub fn step<R: Real, P: Probe<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        rates: &[BlockRate],
        end: Time,
        core: &mut Core<R>,
        lanes: &mut Lanes,
        probe: &mut P,
    ) -> Option<Time> {
        if lanes.has_strays() {
            self.adopt(network, lanes);
        }
        if !self.keeps {
            self.keep(core, lanes);
        }
        let mut from = lanes.first_time();
        for unit in &mut self.units {
            from = unit.lookout.as_ref().map_or(from, |lookout| from.min(lookout.next()));
            from = from.min(unit.wheel.as_mut().and_then(Wheel::next_time).unwrap_or(u64::MAX));
        }
        if from >= end.fs() {
            return None;
        }
        let ahead = if P::STREAM { self.ahead_of_all } else { self.ahead };
        let length = self.shortest.min(self.asked).min(ahead).min(self.stride).max(1);
        for unit in self.units.iter_mut().filter(|unit| unit.told.is_some() != P::STREAM) {
            unit.told = P::STREAM.then(Told::default);
        }
        let mut to = from.saturating_add(length).min(end.fs());
        for part in &mut core.parts {
            if let Part::Scaled { parameters, state } = part {
                state.settle(parameters, from);
                to = to.min(parameters.phase.limit(from));
            }
        }
        // A sample comes after everything else of its time and rank, so its window ends with its time.
        if let Some((sample, _)) = lanes.general_instant() {
            to = to.min(sample.fs() + 1);
        }
        self.emit(network, rates, to, core, lanes);
        self.spikes.clear();
        for rank in 0..self.ranks {
            self.collect(network, rank, to, core, lanes);
            self.run_units(network, rank, weights, rates, to, core, lanes);
            self.gather(network, rank, core, lanes);
        }
        self.pace(length);
        if P::STREAM {
            self.put_in_order(network);
        } else if self.ranks > 1 {
            // Stable: it finds the sorted runs of the ranks and merges them.
            self.spikes.sort();
        }
        let mut shown = 0;
        // A sample of one rank is seen before what higher ranks do at its time.
        while let Some((time, rank)) = lanes.general_instant().filter(|(time, _)| time.fs() < to) {
            shown = self.show(shown, Some((time, rank)), probe);
            let mut events = Vec::new();
            lanes.pop_general(&mut events);
            core.instant(network, weights, &events, lanes, probe);
        }
        self.show(shown, None, probe);
        Some(Time::from_fs(to))
    }

    /// Keeps what is listed in a window within bounds, where it cannot be foreseen.
    fn pace(&mut self, length: u64) {
        if self.stride < u64::MAX {
            let listed = (self.emissions.len() + self.spikes.len()) as f64;
            if listed > AHEAD {
                self.stride = (length / 2).max(1);
            } else if listed < AHEAD / 4.0 && length >= self.stride {
                self.stride = self.stride.saturating_mul(2).min(u64::MAX / 2);
            }
        }
    }

    /// Step 1.
    fn emit<R: Real>(
        &mut self,
        network: &Network,
        rates: &[BlockRate],
        to: u64,
        core: &mut Core<R>,
        lanes: &mut Lanes,
    ) {
        self.emissions.clear();
        lanes.emissions(network, rates, to, &self.taken, &mut self.emissions);
        if !self.emissions.is_sorted() {
            self.emissions.sort_unstable();
        }
        for event in &self.emissions {
            core.counts.emission(&network.sources[event.source as usize].kind);
            let (time, line) = (event.time, event.row);
            for &projection in &network.from_source[event.source as usize] {
                schedule_row(network, projection, time, line, event.occurrence, lanes);
            }
        }
        if self.own_delays && !self.emissions.is_empty() {
            self.fired.clear();
            self.fired.extend(self.emissions.iter().map(|event| Fired {
                time: event.time.fs(),
                origin: Origin::Source(event.source as usize),
                line: event.row,
            }));
            for unit in &mut self.units {
                unit.schedule(network, &self.cuts, &self.fired);
            }
        }
    }

    /// Step 2.
    fn collect<R: Real>(
        &mut self,
        network: &Network,
        rank: u16,
        to: u64,
        core: &mut Core<R>,
        lanes: &mut Lanes,
    ) {
        for (population, rows) in self.rows.iter_mut().enumerate() {
            if network.populations[population].rank != rank {
                continue;
            }
            rows.clear();
            let columns = network.populations[population].size;
            if network.populations[population].form == Form::OwnTime {
                let events = &mut self.events[population];
                events.clear();
                for &projection in &self.incoming[population] {
                    lanes.arrivals_and_steps(network, projection, to, events);
                }
                for event in events.iter().filter(|event| event.kind == Kind::Arrival) {
                    let description = &network.projections[event.source as usize];
                    core.counts.arrival += 1;
                    core.counts.synaptic += description.fan_out(event.row, columns) as u64;
                    if description.counted {
                        core.counts.row(event.source as usize, event.row, 1);
                    }
                }
                // As below.
                events.sort();
                continue;
            }
            for &projection in &self.incoming[population] {
                let description = &network.projections[projection as usize];
                let before = rows.len();
                lanes.arrivals(projection, to, rows);
                core.counts.arrival += (rows.len() - before) as u64;
                for arrival in &rows[before..] {
                    core.counts.synaptic += description.fan_out(arrival.row, columns) as u64;
                    if description.counted {
                        core.counts.row(projection as usize, arrival.row, 1);
                    }
                }
            }
            // Stable: it finds the sorted runs of the projections and merges them.
            rows.sort();
        }
    }

    /// Step 3.
    #[expect(clippy::too_many_arguments, reason = "what a simulation is made of, borrowed part by part")]
    fn run_units<R: Real>(
        &mut self,
        network: &Network,
        rank: u16,
        weights: &Weights<R>,
        rates: &[BlockRate],
        to: u64,
        core: &mut Core<R>,
        lanes: &mut Lanes,
    ) {
        let mut blocks: Vec<_> = lanes.blocks_mut().iter_mut().map(Some).collect();
        let mut jobs = Vec::with_capacity(self.units.len());
        let mut units = self.units.iter_mut().peekable();
        for (population, part) in core.parts.iter_mut().enumerate() {
            if network.populations[population].rank != rank {
                while units.next_if(|unit| unit.population == population).is_some() {}
                continue;
            }
            let (parameters, state) = match part {
                Part::Scaled { parameters, state } => (&*parameters, state),
                Part::Free(free) => {
                    let units = std::iter::from_fn(|| units.next_if(|unit| unit.population == population));
                    free.deal(units, &mut blocks, &self.events[population], &mut jobs);
                    continue;
                }
                Part::Shared { .. } | Part::Competing { .. } => continue,
            };
            let scaled::Part { mut v, mut held, group, epoch, stride, .. } = state.all(parameters);
            while let Some(unit) = units.next_if(|unit| unit.population == population) {
                let (mine, rest) = v.split_at_mut(unit.count as usize);
                let (mine_held, rest_held) =
                    held.split_at_mut((unit.count.div_ceil(group) as usize).min(held.len()));
                let blocks =
                    unit.privates.iter().filter_map(|private| blocks[private.block].take()).collect();
                let part = scaled::Part {
                    parameters,
                    first: unit.first,
                    v: mine,
                    held: mine_held,
                    group,
                    epoch,
                    stride,
                };
                jobs.push(Job::Scaled(Given {
                    unit,
                    part,
                    blocks,
                    rows: &self.rows[population],
                    cuts: &self.cuts,
                }));
                (v, held) = (rest, rest_held);
            }
        }
        // The largest first: what is dealt out last makes the others wait.
        jobs.sort_by_key(|job| std::cmp::Reverse(job.neurons()));
        self.team.share(jobs, |job| match job {
            Job::Scaled(given) => given.run(network, weights, rates, to),
            Job::Leaky(given) => given.run(network, weights, rates, to),
            Job::Open(given) => given.run(network, weights, rates, to),
        });
    }

    /// Step 4.
    fn gather<R: Real>(&mut self, network: &Network, rank: u16, core: &mut Core<R>, lanes: &mut Lanes) {
        let before = self.spikes.len();
        let of_rank = |unit: &&mut Unit| network.populations[unit.population].rank == rank;
        for unit in self.units.iter_mut().filter(of_rank) {
            let population = unit.population as u32;
            let spike = |tested: bool| {
                move |(time, neuron): (u64, u32)| {
                    let time = Time::from_fs(time);
                    (time, rank, tested, Spike { time, population, neuron })
                }
            };
            self.spikes.extend(unit.predicted.drain(..).map(spike(false)));
            self.spikes.extend(unit.spikes.iter().copied().map(spike(true)));
            core.counts.held[unit.population] += std::mem::take(&mut unit.held);
            if let Part::Scaled { parameters, .. } = &core.parts[unit.population] {
                core.counts.held[unit.population] +=
                    unit.spikes.len() as u128 * u128::from(parameters.refractory);
            }
            unit.spikes.clear();
            let (private, own) = (std::mem::take(&mut unit.poisson), std::mem::take(&mut unit.synaptic));
            core.counts.poisson += private;
            core.counts.arrival += private + own;
            core.counts.synaptic += private + own;
            for synapse in unit.counted.drain(..) {
                core.counts.row(synapse.0 as usize, synapse.1, 1);
            }
        }
        let spikes = &mut self.spikes[before..];
        // Stable: it finds the sorted runs of the units and merges them.
        spikes.sort();
        core.counts.fire += spikes.len() as u64;
        let mut occurrence = 0;
        for index in 0..spikes.len() {
            let (time, _, tested, spike) = spikes[index];
            occurrence = if index > 0 && spikes[index - 1] == spikes[index] {
                occurrence + 1
            } else if tested
                && network.populations[spike.population as usize].member(spike.neuron).subtracts()
            {
                // It may have fired by its drive before its arrivals were added.
                u32::from(spikes[..index].binary_search(&(time, rank, false, spike)).is_ok())
            } else {
                0
            };
            if occurrence >= MAX_AT_ONCE {
                core.excess = core.excess.or(Some(spike));
                break;
            }
            core.counts.spike(spike.population as usize, spike.neuron, spike.time, 1);
            for &projection in &network.from_population[spike.population as usize] {
                schedule_row(network, projection, spike.time, spike.neuron, occurrence, lanes);
            }
        }
        if !self.own_delays || spikes.is_empty() {
            return;
        }
        self.fired.clear();
        self.fired.extend(spikes.iter().map(|(.., spike)| Fired {
            time: spike.time.fs(),
            origin: Origin::Population(spike.population as usize),
            line: spike.neuron,
        }));
        let (fired, cuts) = (&self.fired, &self.cuts);
        self.team.share(self.units.iter_mut(), |unit| unit.schedule(network, cuts, fired));
    }
}

/// The work of one unit.
pub(super) enum Job<'a> {
    Scaled(Given<'a>),
    Leaky(free::Given<'a, Leaky>),
    Open(free::Given<'a, Open>),
}

impl Job<'_> {
    fn neurons(&self) -> u32 {
        match self {
            Self::Scaled(given) => given.unit.count,
            Self::Leaky(given) => given.unit.count,
            Self::Open(given) => given.unit.count,
        }
    }
}

/// Schedules an arrival, or the change of a current, in a projection with one delay.
fn schedule_row(
    network: &Network,
    projection: usize,
    time: Time,
    row: u32,
    occurrence: u32,
    lanes: &mut Lanes,
) {
    let description = &network.projections[projection];
    let time = time.after(description.delay);
    if description.delays.is_none() && time < Time::MAX {
        let rank = network.populations[description.to].rank + 1;
        let (kind, source) = (kind(description), projection as u32);
        super::queue::Queue::<f64>::push(lanes, EventKey { time, rank, kind, source, row, occurrence });
    }
}
