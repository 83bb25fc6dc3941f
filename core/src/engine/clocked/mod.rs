//! The clocked mode: the same models on a grid, to converge to and to compare with.
//!
//! Every `dt`: (1) every neuron advances by one step, exactly; (2) what has arrived since the last step takes
//! effect; (3) every neuron is compared with its threshold and spikes on the grid. Delays, pulse widths and
//! refractory times are rounded to whole steps; source spikes, drawn exactly as the event engine draws them, and changes
//! of currents act at the end of their step, where a current has the value that it has by then. The subthreshold state
//! has no error of its own, so all of the difference to the event engine is that of spikes on a grid: it shrinks like `dt`.
//!
//! Within a step the ranks of the network are gone through in order, as within an instant of the event engine.
//!
//! Source: the scheme is that of Morrison, Straube, Plesser & Diesmann, "Exact subthreshold integration
//! with continuous spike times in discrete-time neural network simulations", Neural Comput. 19 (2007) 47,
//! there for comparison with the one that keeps exact spike times.

mod group;

use super::fault::{RatesError, SimulationError, check_counts, check_rates, too_often};
use super::key::{EventKey, Kind};
use super::onlooker::{Watched, Watcher};
use super::probe::{Probe, Spike};
use super::queue::{Episode, Lanes, Queue, block_sources};
use super::route::{Values, changes, current_of, each_target, step_of};
use super::state::Counts;
use crate::encoding::BlockRate;
use crate::network::{Effect, Fade, Network, Weights};
use crate::neuron::synaptic::Decay;
use crate::neuron::{MAX_AT_ONCE, Neuron};
use crate::time::Time;
use group::Group;
use std::sync::atomic::{AtomicBool, Ordering};

/// Why a network cannot run on a grid.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ClockedError {
    /// Rates that the blocks cannot have.
    #[error(transparent)]
    Rates(#[from] RatesError),
    /// A step of zero.
    #[error("a time step of {dt} is not valid; allowed: 1 fs or more")]
    NoStep {
        /// The step.
        dt: Time,
    },
    /// Thresholds that differ need exact firing times.
    #[error("population `{population}` is of a model whose cycles differ, which is not kept on a grid")]
    Varies {
        /// Name of the population.
        population: String,
    },
    /// A model that is not stepped.
    #[error("population `{population}` is of model `{model}`, which is computed by the event engines alone")]
    Model {
        /// Name of the population.
        population: String,
        /// Name of the model.
        model: &'static str,
    },
    /// A pulse, or a piece of a current, shorter than a step.
    #[error("what projection `{projection}` carries changes after {length}, less than a step of {dt}")]
    ShortPulse {
        /// Name of the projection.
        projection: String,
        /// Length of the pulse or the piece.
        length: Time,
        /// The step.
        dt: Time,
    },
    /// A competition needs the order of spikes within a step.
    #[error("the neurons of `{population}` compete, which is computed by the event engines alone")]
    Competition {
        /// Name of the population.
        population: String,
    },
    /// More steps than can be counted.
    #[error("`{what}` takes {steps} steps of {dt}; allowed: up to {MAX_STEPS}")]
    ManySteps {
        /// What has that many.
        what: String,
        /// How many.
        steps: u64,
        /// The step.
        dt: Time,
    },
}

/// Longest delay or pulse in steps: each has a place of its own in memory.
const MAX_STEPS: u64 = 10_000_000;

/// What takes effect at a step: an arrival (`part` 0), a later part of its pulse, or a change of a current.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    projection: u32,
    row: u32,
    part: u32,
    /// Femtoseconds from the change of a current to the step.
    late: i64,
}

/// A network on a grid of step `dt`.
pub struct Clocked<'n> {
    network: &'n Network,
    weights: &'n Weights<f64>,
    dt: Time,
    /// The next step to take.
    step: u64,
    sources: Lanes,
    rates: Vec<BlockRate>,
    groups: Vec<Group>,
    /// Effects of the steps to come, in a ring.
    ring: Vec<Vec<Due>>,
    /// Effects of this step, by the rank of what they reach.
    due: Vec<Vec<Due>>,
    by_rank: Vec<Vec<usize>>,
    delays: Vec<u64>,
    counts: Counts,
    emitted: Vec<EventKey>,
    /// A neuron that would have spiked more often at once than there is.
    excess: Option<Spike>,
}

impl<'n> Clocked<'n> {
    /// A network at the start of episode 0.
    ///
    /// # Errors
    /// If something in it is too short or too long for the step, or the rates do not fit.
    pub fn new(
        network: &'n Network,
        weights: &'n Weights<f64>,
        rates: &[BlockRate],
        seed: u64,
        dt: Time,
    ) -> Result<Self, Vec<ClockedError>> {
        if dt.fs() == 0 {
            return Err(vec![ClockedError::NoStep { dt }]);
        }
        check_rates(network, &block_sources(network), rates).map_err(|fault| vec![fault.into()])?;
        let steps = |time: Time| (time.fs() + dt.fs() / 2) / dt.fs();
        let mut faults = Vec::new();
        for population in &network.populations {
            if population.competition.is_some() {
                faults.push(ClockedError::Competition { population: population.name.clone() });
            }
            if population.neuron.open().is_some() {
                let (population, model) = (population.name.clone(), population.neuron.model());
                faults.push(ClockedError::Model { population, model });
            }
            if population.kinds().any(Neuron::varies) {
                faults.push(ClockedError::Varies { population: population.name.clone() });
            }
        }
        let mut longest = 1;
        let mut delays = Vec::new();
        for projection in &network.projections {
            let mut delay = steps(projection.delay);
            if projection.delay > Time::ZERO
                && matches!(projection.from, crate::network::Origin::Population(_))
            {
                delay = delay.max(1);
            }
            delays.push(delay);
            let mut whole = delay.max(steps(projection.longest));
            let breakpoints = projection.kernel.steps();
            for pair in breakpoints.windows(2) {
                let length = Time::from_fs(pair[1].at.fs() - pair[0].at.fs());
                if length < dt {
                    let projection = projection.name.clone();
                    faults.push(ClockedError::ShortPulse { projection, length, dt });
                }
            }
            whole += breakpoints.last().map_or(0, |last| steps(last.at));
            if let Some(length) = current_of(network, projection).and_then(|current| current.shortest())
                && length < dt
            {
                let projection = projection.name.clone();
                faults.push(ClockedError::ShortPulse { projection, length, dt });
            }
            if whole > MAX_STEPS {
                faults.push(ClockedError::ManySteps { what: projection.name.clone(), steps: whole, dt });
            }
            longest = longest.max(whole);
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let groups = (0..network.populations.len()).map(|index| Group::new(network, index, dt)).collect();
        let ranks =
            network.populations.iter().map(|population| population.rank as usize + 1).max().unwrap_or(0);
        let mut by_rank = vec![Vec::new(); ranks];
        for (index, population) in network.populations.iter().enumerate() {
            by_rank[population.rank as usize].push(index);
        }
        let mut sources = <Lanes as Queue<f64>>::new(network);
        Queue::<f64>::begin(&mut sources, network, &Episode { seed, number: 0, rates, resume: None });
        Ok(Self {
            network,
            weights,
            dt,
            step: 0,
            sources,
            rates: rates.to_vec(),
            groups,
            ring: vec![Vec::new(); longest as usize + 2],
            due: vec![Vec::new(); ranks],
            by_rank,
            delays,
            counts: Counts::new(network),
            emitted: Vec::new(),
            excess: None,
        })
    }

    /// Samples the membranes of a population every `interval`, in whole steps, from time 0 on.
    pub fn sample_every(&mut self, population: usize, interval: Time) {
        self.groups[population].sampled = Some(((interval.fs() + self.dt.fs() / 2) / self.dt.fs()).max(1));
    }

    /// Logical event counts so far.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Membranes of a population now, in volts.
    #[must_use]
    pub fn membranes(&self, population: usize) -> Vec<f64> {
        self.groups[population].u()
    }

    /// Shows a probe the membranes of a population at the next step, before what happens then.
    pub fn sample<P: Probe<f64>>(&self, population: usize, probe: &mut P) {
        let (time, u) = self.sampled(population);
        probe.sample(time, population as u32, &u);
    }

    /// The same as a value.
    #[must_use]
    pub fn sampled(&self, population: usize) -> (Time, Vec<f64>) {
        let mut group = self.groups[population].clone();
        if self.step > 0 {
            group.advance(self.step, self.dt.as_seconds());
        }
        (Time::from_fs(self.step.saturating_mul(self.dt.fs()).min(Time::MAX.fs())), group.u())
    }

    /// As [`Clocked::run`], watched, or less far if `stop` is set meanwhile: the time reached. `all` says whether the spikes of
    /// sources and the arrivals are to be seen too.
    ///
    /// # Errors
    /// As [`Clocked::run`].
    pub fn run_watched(
        &mut self,
        end: Time,
        stop: &AtomicBool,
        all: bool,
        watcher: &mut dyn Watcher,
    ) -> Result<Time, SimulationError> {
        let stopped = || stop.load(Ordering::Relaxed);
        if all {
            self.advance(end, |probe| stopped() || probe.0.enough(), &mut Watched::<true>(watcher))
        } else {
            self.advance(end, |probe| stopped() || probe.0.enough(), &mut Watched::<false>(watcher))
        }
    }

    /// Takes every step before `end`.
    ///
    /// # Errors
    /// If a membrane is not finite then, or a neuron would spike more than 65535 times at once.
    pub fn run<P: Probe<f64>>(&mut self, end: Time, probe: &mut P) -> Result<(), SimulationError> {
        self.advance(end, |_| false, probe).map(|_| ())
    }

    fn advance<P: Probe<f64>>(
        &mut self,
        end: Time,
        stopped: impl Fn(&P) -> bool,
        probe: &mut P,
    ) -> Result<Time, SimulationError> {
        let mut reached = end;
        while let Some(fs) = self.step.checked_mul(self.dt.fs()).filter(|&fs| fs < end.fs()) {
            if stopped(probe) {
                reached = Time::from_fs(fs);
                break;
            }
            self.take_step(Time::from_fs(fs), probe);
            if let Some(spike) = self.excess {
                return Err(too_often(self.network, self.weights, spike));
            }
        }
        for (population, group) in self.network.populations.iter().zip(&self.groups) {
            if let Some(neuron) = group.x.iter().position(|x| !x.is_finite()) {
                let (population, u) = (population.name.clone(), group.x[neuron]);
                return Err(SimulationError::NotFinite { population, neuron, time: reached, u });
            }
        }
        check_counts(self.network, &self.counts).map(|()| reached)
    }

    fn take_step<P: Probe<f64>>(&mut self, time: Time, probe: &mut P) {
        let k = self.step;
        if k > 0 {
            let dt = self.dt.as_seconds();
            self.groups.iter_mut().for_each(|group| group.advance(k, dt));
        }
        let slot = (k % self.ring.len() as u64) as usize;
        for due in std::mem::take(&mut self.ring[slot]) {
            let rank = self.rank_of(due.projection as usize);
            self.due[rank].push(due);
        }
        self.emit(time, probe);
        for rank in 0..self.by_rank.len() {
            let mut all = std::mem::take(&mut self.due[rank]);
            all.sort_unstable();
            for &due in &all {
                self.apply(due, time, probe);
            }
            all.clear();
            self.due[rank] = all;
            for position in 0..self.by_rank[rank].len() {
                self.test(self.by_rank[rank][position], time, probe);
            }
        }
        for (population, group) in self.groups.iter().enumerate() {
            if group.sampled.is_some_and(|every| k.is_multiple_of(every)) {
                probe.sample(time, population as u32, &group.u());
            }
        }
        self.step += 1;
    }

    fn rank_of(&self, projection: usize) -> usize {
        self.network.populations[self.network.projections[projection].to].rank as usize
    }

    /// Source spikes since the last step.
    fn emit<P: Probe<f64>>(&mut self, time: Time, probe: &mut P) {
        let mut emitted = std::mem::take(&mut self.emitted);
        while Queue::<f64>::peek(&mut self.sources).is_some_and(|(at, _)| at <= time) {
            Queue::<f64>::pop_instant(&mut self.sources, self.network, &self.rates, &mut emitted);
            for event in emitted.iter().filter(|event| event.kind == Kind::Emit) {
                let source = event.source as usize;
                let kind = &self.network.sources[source].kind;
                self.counts.emission(kind);
                if kind.is_current() {
                    self.vary(event, time);
                    continue;
                }
                if P::STREAM {
                    probe.emit(time, event.source, event.row);
                }
                for index in 0..self.network.from_source[source].len() {
                    self.schedule(self.network.from_source[source][index], event.row, 0, 0);
                }
            }
        }
        self.emitted = emitted;
    }

    /// Schedules what a current that has changed since the last step does.
    fn vary(&mut self, event: &EventKey, time: Time) {
        for &index in &self.network.from_source[event.source as usize] {
            let (delay, wait) = (self.network.projections[index].delay.fs(), self.delays[index]);
            let rounded = i128::from(wait) * i128::from(self.dt.fs()) - i128::from(delay);
            let late = rounded + i128::from(time.fs() - event.time.fs());
            let (projection, late) = (index as u32, late as i64);
            self.place(Due { projection, row: event.row, part: event.occurrence, late }, wait);
        }
    }

    /// Schedules an effect `after` steps beyond the projection's delay (none for parts of a pulse in progress).
    fn schedule(&mut self, projection: usize, row: u32, part: u32, after: u64) {
        let description = &self.network.projections[projection];
        let due = Due { projection: projection as u32, row, part, late: 0 };
        if let (Some(delays), 0) = (&description.delays, part) {
            // Each synapse arrives by itself, and its number stands for the row.
            for k in description.row(row) {
                let wait = (delays.fs(k) + self.dt.fs() / 2) / self.dt.fs();
                let least = u64::from(self.delays[projection] > 0);
                self.place(Due { row: k as u32, ..due }, wait.max(least));
            }
            return;
        }
        let wait = if part == 0 { self.delays[projection] } else { after };
        self.place(due, wait);
    }

    fn place(&mut self, due: Due, wait: u64) {
        let projection = due.projection as usize;
        if wait == 0 {
            let rank = self.rank_of(projection);
            self.due[rank].push(due);
        } else {
            let slot = ((self.step + wait) % self.ring.len() as u64) as usize;
            self.ring[slot].push(due);
        }
    }

    fn apply<P: Probe<f64>>(&mut self, due: Due, time: Time, probe: &mut P) {
        let (index, k) = (due.projection as usize, self.step);
        let network = self.network;
        let projection = &network.projections[index];
        if due.part == 0 && projection.kernel.effect() != Effect::Follows {
            self.counts.arrival += 1;
            if projection.counted {
                self.counts.row(index, due.row, 1);
            }
            self.counts.synaptic += if projection.delays.is_some() {
                1
            } else {
                projection.fan_out(due.row, network.populations[projection.to].size) as u64
            };
            if P::STREAM {
                probe.arrival(time, due.projection, due.row);
            }
        }
        let columns = network.populations[projection.to].size;
        let group = &mut self.groups[projection.to];
        let values = Values::All(&self.weights.projections[index][..]);
        let each = group.kinds[0].decays.len();
        match projection.kernel.effect() {
            Effect::Jump => {
                each_target(projection, columns, values, due.row, 0..columns, |target, weight| {
                    let target = target as usize;
                    // What is left above threshold fires before it arrives, and it is lost.
                    if group.until[target] <= k && !group.left(target, k) {
                        group.x[target] += weight;
                        group.jumped[target] = true;
                        group.touched.push(target as u32);
                    }
                })
            }
            // Models with receptors have been refused.
            Effect::Opens(_) => {}
            Effect::Fades(fades) => {
                let current = |fade: Fade| {
                    let same = |decay: &Decay| decay.tau == fade.tau.get();
                    Some((group.kinds[0].decays.iter().position(same)?, fade))
                };
                let fades = fades.map(|fade| fade.and_then(current));
                each_target(projection, columns, values, due.row, 0..columns, |target, weight| {
                    let r_m = group.kind(target as usize).lif.r_m.get();
                    for (current, fade) in fades.iter().flatten() {
                        fade.add(&mut group.currents[target as usize * each + current], weight * r_m);
                    }
                });
            }
            Effect::Follows => {
                let (changes, late) = (changes(network, index, due.part), due.late as f64 * 1e-15);
                each_target(projection, columns, values, due.row, 0..columns, |target, weight| {
                    let drive = weight * group.kind(target as usize).lif.r_m.get();
                    group.change(target as usize, &changes, drive, late);
                });
            }
            Effect::Steps(breakpoints) => {
                let part = due.part as usize;
                let changes = step_of(breakpoints, part);
                each_target(projection, columns, values, due.row, 0..columns, |target, weight| {
                    let drive = weight * group.kind(target as usize).lif.r_m.get();
                    group.change(target as usize, &changes, drive, 0.0);
                });
                if let [here, next, ..] = breakpoints[part..] {
                    let at = |time: Time| (time.fs() + self.dt.fs() / 2) / self.dt.fs();
                    let wait = (at(next.at) - at(here.at)).max(1);
                    self.schedule(index, due.row, due.part + 1, wait);
                }
            }
        }
    }

    /// Compares every neuron of a population with its threshold.
    fn test<P: Probe<f64>>(&mut self, population: usize, time: Time, probe: &mut P) {
        let k = self.step;
        for neuron in 0..self.groups[population].x.len() {
            let group = &mut self.groups[population];
            let lowest = group.kind(neuron).lif.floor.lowest();
            if group.x[neuron] < lowest {
                group.x[neuron] = lowest;
            }
            let (x, kind) = (group.x[neuron], group.kind(neuron));
            // A jump fires at threshold, and what it left there when it may; a drive only above it.
            let drive = !group.jumped[neuron] && !group.left(neuron, k);
            if x < kind.theta || group.until[neuron] > k || (x == kind.theta && drive) {
                continue;
            }
            // What a single subtraction left above threshold waits until something raises it.
            if x > kind.theta && !group.jumped[neuron] && !group.raised(neuron) {
                continue;
            }
            // A crossing under a drive is one spike.
            let jump = kind.firing.jump(x);
            let (times, x) =
                if group.jumped[neuron] { (jump.times, jump.x) } else { (1, kind.firing.once(x)) };
            let until = k + kind.refractory;
            (group.x[neuron], group.until[neuron]) = (x, until);
            let spike = Spike { time, population: population as u32, neuron: neuron as u32 };
            if times > MAX_AT_ONCE {
                self.excess = self.excess.or(Some(spike));
                return;
            }
            self.counts.fire += u64::from(times);
            self.counts.spike(population, neuron as u32, time, times);
            (0..times).for_each(|_| probe.spike(spike));
            for index in 0..self.network.from_population[population].len() {
                let projection = self.network.from_population[population][index];
                (0..times).for_each(|_| self.schedule(projection, neuron as u32, 0, 0));
            }
        }
        let group = &mut self.groups[population];
        for target in group.touched.drain(..) {
            group.jumped[target as usize] = false;
        }
    }
}
