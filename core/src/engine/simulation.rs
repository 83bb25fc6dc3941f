//! A simulation of one network: episodes begin, run, stop anywhere and go on.

use super::competition::Thresholds;
use super::core::batches::may_be_several;
use super::core::{Core, Part};
use super::fault::{SimulationError, Taped, check_counts, check_rates, too_often};
use super::key::{EventKey, Kind};
use super::onlooker::Through;
use super::probe::{Probe, Tell};
use super::queue::{Episode, Queue, block_sources};
use super::resume::StateError;
use super::state::Counts;
use super::windows::Windows;
use crate::encoding::BlockRate;
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::threads::Threads;
use crate::time::Time;
use std::ops::Range;
use std::sync::Arc;

/// A network in motion, with its pending events in a `Q`: [`super::Lanes`] is the fast engine, [`super::Heap`] the
/// reference. Weights and membranes are in the precision `R`. What looks at it is a [`Probe`] of one's own, compiled in:
/// most programs need no more than a [`super::Run`], which has neither.
///
/// ```
/// use memspike::prelude::*;
///
/// # let mut builder = Builder::default();
/// # let input = builder.poisson("input", 10, Hertz::new(100.0));
/// # let pair = builder.population("pair", 2, Lif::default());
/// # builder.projection("drive", input, pair, Kernel::Delta, Time::ZERO, Rows::Dense);
/// # let network = builder.finish().unwrap();
/// # let weights = Weights::from_values(&network, &[vec![0.05; 20]]);
/// let mut simulation = Simulation::<f64, Lanes>::new(&network, 7);
/// let mut spikes: Vec<Spike> = Vec::new();
/// simulation.run(&weights, Time::from_ms(200), &mut spikes)?;
///
/// // It may be stopped anywhere: the rest of a run, under the other engine, has the same bits.
/// let mut first: Vec<Spike> = Vec::new();
/// let mut begun = Simulation::<f64, Lanes>::new(&network, 7);
/// begun.run(&weights, Time::from_ms(77), &mut first)?;
/// let rates = network.rates();
/// let mut resumed = Simulation::<f64, Heap>::resume(&network, begun.state(), &rates)?;
/// resumed.run(&weights, Time::from_ms(200), &mut first)?;
/// assert_eq!(first, spikes);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct Simulation<R: Real, Q: Queue<R>> {
    pub(super) network: Arc<Network>,
    pub(super) core: Core<R>,
    pub(super) queue: Q,
    pub(super) block_sources: Vec<(u32, u32)>,
    pub(super) seed: u64,
    pub(super) episode: u64,
    pub(super) rates: Vec<BlockRate>,
    pub(super) now: Time,
    pub(super) events: Vec<EventKey>,
    /// Many instants at a time, where the queue and the network allow it.
    pub(super) windows: Option<Windows>,
    taped: Taped,
}

impl<R: Real, Q: Queue<R>> Simulation<R, Q> {
    /// A simulation at the start of episode 0, with Poisson sources at the rates of the network
    /// ([`Network::rates`]; silent without).
    #[must_use]
    pub fn new(network: &Arc<Network>, seed: u64) -> Self {
        let mut simulation = Self {
            network: Arc::clone(network),
            core: Core::new(network),
            queue: Q::new(network),
            block_sources: block_sources(network),
            seed,
            episode: 0,
            rates: Vec::new(),
            now: Time::ZERO,
            events: Vec::new(),
            windows: None,
            taped: Taped::of(network),
        };
        if simulation.queue.lanes().is_some() {
            simulation.windows = Windows::new(network);
        }
        simulation.start(0, &network.rates());
        simulation
    }

    /// Number of Poisson blocks: [`Simulation::begin`] wants one rate for each.
    #[must_use]
    pub fn blocks(&self) -> usize {
        self.block_sources.len()
    }

    /// Starts episode `number`: everything at rest, time 0.
    ///
    /// # Errors
    /// If there is not one rate per Poisson block, or one is higher than can be drawn. Nothing is changed then.
    pub fn begin(&mut self, number: u64, rates: &[BlockRate]) -> Result<(), SimulationError> {
        check_rates(&self.network, &self.block_sources, rates)?;
        self.start(number, rates);
        Ok(())
    }

    /// As [`Simulation::begin`] at rates that are known to fit.
    pub(super) fn start(&mut self, number: u64, rates: &[BlockRate]) {
        self.rates.clear();
        self.rates.extend_from_slice(rates);
        self.episode = number;
        self.now = Time::ZERO;
        let episode = Episode { seed: self.seed, number, rates, resume: None };
        self.queue.begin(&self.network, &episode);
        self.core.begin(&mut self.queue, self.seed, number);
        if let Some(windows) = &mut self.windows {
            windows.begin(&self.network, &mut self.core, &self.block_sources, &self.rates);
        }
    }

    /// Windows no longer than `window` from now on: no bit depends on it, which is what it is for.
    pub fn shorten_windows(&mut self, window: Time) {
        if let Some(windows) = &mut self.windows {
            windows.shorten(window.fs());
        }
    }

    /// Cuts the network for these threads, from now on. Returns false where instants are handled one by one: on one thread.
    pub fn partition(&mut self, threads: &Threads) -> bool {
        self.leave_windows();
        let Some(windows) = &mut self.windows else { return false };
        windows.partition(&self.network, threads);
        windows.begin(&self.network, &mut self.core, &self.block_sources, &self.rates);
        true
    }

    /// Lends threads, or takes them back for this one; nothing is cut anew.
    pub(super) fn lend(&mut self, threads: &Threads) {
        if let Some(windows) = &mut self.windows {
            windows.lend(threads);
        }
    }

    /// Handles every event before `end`.
    ///
    /// # Errors
    /// If the probe is a tape for another kind of population, a neuron would spike more than 65535 times at once, or a
    /// membrane is not finite at the end.
    pub fn run<P: Probe<R>>(
        &mut self,
        weights: &Weights<R>,
        end: Time,
        probe: &mut P,
    ) -> Result<(), SimulationError> {
        self.run_unless(weights, end, |_| false, probe).map(drop)
    }

    /// As [`Simulation::run`], unless it is to `stop` at the counts it has come to: whether everything before `end` was handled.
    ///
    /// # Errors
    /// As [`Simulation::run`].
    pub fn run_unless<P: Probe<R>>(
        &mut self,
        weights: &Weights<R>,
        end: Time,
        stop: impl Fn(&Counts) -> bool,
        probe: &mut P,
    ) -> Result<bool, SimulationError> {
        self.can_be_taped(probe)?;
        while self.step(weights, end, probe)? {
            if stop(&self.core.counts) {
                return Ok(false);
            }
        }
        self.reach(end)?;
        Ok(true)
    }

    /// Nothing happens any more before `end`.
    ///
    /// # Errors
    /// As [`Simulation::check_finite`].
    pub fn reach(&mut self, end: Time) -> Result<(), SimulationError> {
        self.now = self.now.max(end);
        self.check_finite()
    }

    /// Whether a probe, if it is a tape, sees the rows of every population.
    #[inline]
    pub(super) fn can_be_taped<P: Probe<R>>(&self, probe: &P) -> Result<(), SimulationError> {
        let (free, held) = probe.kinds_of_rows();
        if P::TAPE && probe.taped() { self.taped.check(&self.network, free, held) } else { Ok(()) }
    }

    /// Whether these weights may make a neuron fire several spikes at once in a batch of drawn spikes.
    pub(crate) fn may_be_several(&self, weights: &Weights<R>) -> bool {
        may_be_several(&self.network, weights)
    }

    /// Says what [`Simulation::may_be_several`] found of the weights to come; until then it is asked row by row.
    pub(crate) fn allow_several(&mut self, whether: bool) {
        self.core.several = whether;
    }

    /// Whether no neuron would have spiked more often at once than there is.
    #[inline]
    pub(super) fn check_excess(&self, weights: &Weights<R>) -> Result<(), SimulationError> {
        match self.core.excess {
            None => Ok(()),
            Some(spike) => Err(too_often(&self.network, weights, spike)),
        }
    }

    /// Whether all membranes are finite as they were left at their last events, and everything could be counted: what
    /// [`Simulation::run`] asks at its end.
    ///
    /// # Errors
    /// If not.
    pub fn check_finite(&self) -> Result<(), SimulationError> {
        check_counts(&self.network, &self.core.counts)?;
        match self.core.not_finite() {
            None => Ok(()),
            Some((population, neuron, u)) => {
                let population = self.network.populations[population].name.clone();
                Err(SimulationError::NotFinite { population, neuron, time: self.now, u })
            }
        }
    }

    /// Handles the next instant (or batch of instants) before `end`; false if there is none.
    ///
    /// # Errors
    /// If the probe is a tape for another kind of population, or a neuron would spike more than 65535 times at once.
    #[inline]
    pub fn step<P: Probe<R>>(
        &mut self,
        weights: &Weights<R>,
        end: Time,
        probe: &mut P,
    ) -> Result<bool, SimulationError> {
        self.can_be_taped(probe)?;
        if let Some(done) = self.window(weights, end, probe) {
            self.check_excess(weights)?;
            return Ok(done);
        }
        self.leave_windows();
        if !(P::LEARN || Q::REFERENCE)
            && let Some((block, horizon)) = self.queue.batch(end)
        {
            let (source, rate) = (self.block_sources[block], &self.rates[block]);
            let queue = &mut self.queue;
            if let Some(last) =
                self.core.batch(&self.network, weights, block, source, horizon, rate, queue, probe)
            {
                self.now = last;
                self.check_excess(weights)?;
                return Ok(true);
            }
        }
        match self.queue.peek() {
            Some((time, _)) if time < end => {
                self.now = time;
                let mut events = std::mem::take(&mut self.events);
                self.queue.pop_instant(&self.network, &self.rates, &mut events);
                self.handle(weights, &events, probe);
                self.events = events;
                self.check_excess(weights)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// All instants of the next window before `end`, if the network is run in windows and the probe does not need each
    /// instant for itself; false if there is none.
    #[inline]
    pub(super) fn window<P: Probe<R>>(
        &mut self,
        weights: &Weights<R>,
        end: Time,
        probe: &mut P,
    ) -> Option<bool> {
        if P::LEARN || P::PAUSE || (P::TAPE && probe.taped()) {
            return None;
        }
        let (windows, lanes) = (self.windows.as_mut()?, self.queue.lanes()?);
        let (network, rates) = (&*self.network, &self.rates);
        let done = windows.step(network, weights, rates, end, &mut self.core, lanes, probe);
        self.now = done.map_or(self.now, |done| self.now.max(done));
        Some(done.is_some())
    }

    /// As [`Simulation::step`], always a single instant; the probe is notified of its arrivals before they are
    /// delivered: it may change the weights they deliver.
    ///
    /// # Errors
    /// As [`Simulation::step`].
    pub fn step_told<P: Probe<R>>(
        &mut self,
        weights: &mut Weights<R>,
        end: Time,
        probe: &mut P,
    ) -> Result<bool, SimulationError> {
        self.can_be_taped(probe)?;
        self.leave_windows();
        match self.queue.peek() {
            Some((time, _)) if time < end => {
                self.now = time;
                let mut events = std::mem::take(&mut self.events);
                self.queue.pop_instant(&self.network, &self.rates, &mut events);
                for event in events.iter().filter(|event| event.kind == Kind::Arrival) {
                    probe.before(time, event.source, event.row, weights);
                }
                self.handle(weights, &events, probe);
                self.events = events;
                self.check_excess(weights)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// What happens at an instant. The reference looks through a pointer, so that it is compiled once for all probes.
    #[inline]
    pub(super) fn handle<P: Probe<R>>(&mut self, weights: &Weights<R>, events: &[EventKey], probe: &mut P) {
        let (network, queue) = (&*self.network, &mut self.queue);
        if Q::REFERENCE {
            self.core.instant(network, weights, events, queue, &mut Through::<_, true>::new(probe));
        } else {
            self.core.instant(network, weights, events, queue, probe);
        }
    }

    /// From here on instants are handled one by one.
    #[inline]
    pub(super) fn leave_windows(&mut self) {
        if let (Some(windows), Some(lanes)) = (&mut self.windows, self.queue.lanes())
            && windows.holds_any()
        {
            windows.surrender(&self.network, &self.core, lanes);
        }
    }

    /// Samples the membranes of a population at every multiple of `interval` from now on, time 0 included, after what
    /// happens then. Asking twice for the same is asking once. The end of a run is no part of it, and is seen by
    /// [`Simulation::sample`].
    ///
    /// # Panics
    /// If there is no such population.
    pub fn sample_every(&mut self, population: usize, interval: Time) {
        let interval = interval.fs().max(1);
        let first = self.now.fs().div_ceil(interval).saturating_mul(interval);
        if first >= Time::MAX.fs() {
            return;
        }
        let key = EventKey {
            time: Time::from_fs(first),
            rank: self.network.populations[population].rank + 1,
            kind: Kind::Sample,
            source: population as u32,
            row: (interval >> 32) as u32,
            occurrence: interval as u32,
        };
        if !self.queue.save().pending.contains(&key) {
            self.queue.push(key);
        }
    }

    /// Shows a probe the membranes of a population now, before what happens now.
    pub fn sample<P: Probe<R>>(&self, population: usize, probe: &mut P) {
        probe.sample(self.now, population as u32, &self.membranes(population));
    }

    /// Logical event counts of the episode.
    #[must_use]
    pub fn counts(&self) -> &Counts {
        &self.core.counts
    }

    /// Membranes of a population now, in volts.
    #[must_use]
    pub fn membranes(&self, population: usize) -> Vec<f64> {
        self.core.membrane_at(&self.network, population, self.now)
    }

    /// Joules that the neurons of a population have spent up to now, in their devices while on, in what limits them, and in
    /// their devices while off, if their states tell: those of switches whose drive stays do, and those of neurons in their
    /// own time with a device [behind](crate::network::Builder::behind) them the last, the rest being counted by spikes.
    #[must_use]
    pub fn spent(&self, population: usize) -> Option<[f64; 3]> {
        match &self.core.parts[population] {
            Part::Free(free) => free.spent_at(self.now),
            _ => None,
        }
    }

    /// Tells the states of some neurons of a population now, by variable: those in their own time have one besides the
    /// membrane ([`crate::neuron::Neuron::told`]).
    pub fn states(&self, population: usize, neurons: Range<u32>, tell: Tell<'_>) {
        if let Part::Free(free) = &self.core.parts[population] {
            free.states_at(neurons, self.now, tell);
        }
    }

    /// Membranes of a shared-decay population as last updated (relative to u_inf, padded), and when
    /// that was. Empty for other forms, whose neurons have no common update time.
    #[must_use]
    pub fn last_update(&self, population: usize) -> (&[R], Time) {
        match &self.core.parts[population] {
            Part::Shared { state, .. } => (&state.x, state.last),
            Part::Competing { state, .. } => (&state.x, state.last),
            Part::Free(_) | Part::Scaled { .. } => (&[], self.now),
        }
    }

    /// Thresholds of a population that competes, relative to u_rest: as of its last spike, or of
    /// [`Simulation::adapt`].
    #[must_use]
    pub fn thresholds(&self, population: usize) -> Option<&Thresholds> {
        match &self.core.parts[population] {
            Part::Competing { state, .. } => Some(&state.thresholds),
            _ => None,
        }
    }

    /// Replaces the thresholds of a population that competes.
    ///
    /// # Errors
    /// If they do not fit it.
    pub fn set_thresholds(&mut self, population: usize, thresholds: Thresholds) -> Result<(), StateError> {
        if let Part::Competing { state, .. } = &mut self.core.parts[population] {
            for (found, expected) in [
                (thresholds.base.len(), state.thresholds.base.len()),
                (thresholds.raised.len(), state.thresholds.raised.len()),
            ] {
                if found != expected {
                    return Err(StateError::Shape { what: "thresholds", found, expected });
                }
            }
            state.set(thresholds);
        }
        Ok(())
    }

    /// The presentation is over, `elapsed` after it began: thresholds of populations that compete adapt to
    /// its spikes and go on decaying.
    pub fn adapt(&mut self, elapsed: Time) {
        for (part, spikes) in self.core.parts.iter_mut().zip(&self.core.counts.spikes) {
            if let Part::Competing { parameters, state, .. } = part {
                state.adapt(parameters, spikes, elapsed);
            }
        }
    }
}
