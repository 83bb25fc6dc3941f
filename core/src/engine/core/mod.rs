//! What happens at an instant. Both engines run this code; they differ only in how they find the next
//! instant.

mod arrivals;
pub(super) mod batches;
mod firing;
mod looking;

use super::competition::{Competing, CompetingParameters};
use super::free::{Fires, FreeOf};
use super::held::Wide;
use super::key::{EventKey, Kind};
use super::probe::{Instant, Probe, Spike};
use super::queue::Queue;
use super::route::{at_once, schedule_arrival};
use super::scaled::{Scaled, ScaledParameters};
use super::shared_decay::{SharedDecay, SharedParameters};
use super::sink::Left;
use super::state::{Counts, Membranes, OnTimes};
use super::switching::Switching;
use crate::network::{Form, Network, Weights, decays, predicts};
use crate::neuron::MAX_AT_ONCE;
use crate::numeric::Real;
use crate::time::Time;

/// One population: its constants and everything of it that changes.
pub(super) enum Part<R: Real> {
    Shared {
        parameters: SharedParameters<R>,
        state: SharedDecay<R>,
        /// Thresholds, where they differ.
        switching: Option<Switching>,
    },
    Competing {
        parameters: CompetingParameters<R>,
        state: Competing<R>,
        /// Thresholds of switches, where they differ.
        switching: Option<Switching>,
    },
    Scaled {
        parameters: ScaledParameters,
        state: Scaled,
    },
    Free(FreeOf),
}

impl<R: Real> Part<R> {
    /// Whether a spike may leave a neuron above threshold, which fires again when its refractory time ends.
    fn may_fire_again(&self) -> bool {
        matches!(self, Self::Shared { state, .. } if !state.until.is_empty())
    }

    /// Population `index`, whose first neuron has the number `first`.
    pub fn new(network: &Network, index: usize, first: u32) -> Self {
        let population = &network.populations[index];
        match population.form {
            Form::SharedDecay => {
                let model = population.neuron.switch().filter(|model| model.varies());
                let switching = model.map(|model| Switching::new(model, first, population.size));
                if let Some(parameters) = CompetingParameters::new(population) {
                    let state = Competing::new(&parameters);
                    return Self::Competing { parameters, state, switching };
                }
                let parameters = SharedParameters::new(population);
                let state = SharedDecay::new(&parameters);
                Self::Shared { parameters, state, switching }
            }
            Form::OwnTime => {
                let taus = decays(network.arriving(index));
                Self::Free(FreeOf::new(population, &taus, predicts(index, network), first))
            }
            Form::Scaled => {
                let parameters = ScaledParameters::new(population);
                let state = Scaled::new(&parameters, population.size);
                Self::Scaled { parameters, state }
            }
        }
    }

    /// Back to the start.
    fn begin(&mut self, seed: u64, episode: u64) {
        match self {
            Self::Shared { parameters, state, switching } => {
                state.restart(parameters);
                if let Some(switching) = switching {
                    switching.begin(seed, episode, std::iter::repeat_n(0, parameters.size));
                }
            }
            Self::Competing { parameters, state, switching } => {
                state.restart();
                if let Some(switching) = switching {
                    switching.begin(seed, episode, std::iter::repeat_n(0, parameters.size));
                    state.draw(parameters, switching);
                }
            }
            Self::Scaled { parameters, state } => state.restart(parameters),
            Self::Free(free) => free.begin(seed, episode),
        }
    }

    /// What draws depend on after so many spikes of each neuron, of a population that is about to be given its state.
    pub fn restore_spikes(&mut self, seed: u64, episode: u64, spikes: &[u32]) {
        if let Self::Free(free) = self {
            let saved = free.saved();
            free.restore(seed, episode, saved, spikes);
        }
    }

    /// Goes on from a state that has been checked, after so many spikes of each neuron.
    pub fn restore(&mut self, seed: u64, episode: u64, saved: Membranes<R>, spikes: &[u32]) {
        match (self, saved) {
            (Self::Shared { state, switching, .. }, Membranes::Shared(saved)) => {
                *state = saved;
                if let Some(switching) = switching {
                    switching.begin(seed, episode, spikes.iter().copied());
                }
            }
            (Self::Competing { parameters, state, switching }, Membranes::Competing(saved)) => {
                *state = saved;
                if let Some(switching) = switching {
                    switching.begin(seed, episode, spikes.iter().copied());
                    state.draw(parameters, switching);
                }
            }
            (Self::Scaled { state, .. }, Membranes::Scaled(saved)) => *state = saved,
            (Self::Free(free), Membranes::Free(saved)) => free.restore(seed, episode, saved, spikes),
            _ => unreachable!("a state of another form has been refused"),
        }
    }
}

/// Populations and counts, and the scratch space of an instant.
pub(super) struct Core<R: Real> {
    pub parts: Vec<Part<R>>,
    pub counts: Counts,
    scratch: Vec<Scratch>,
    wide: Wide<R>,
    /// What a batch has left.
    left: Left<R>,
    /// Populations of each rank.
    by_rank: Vec<Vec<usize>>,
    spikes: Vec<Spike>,
    /// Who fires in its own time at this instant, and how.
    firing: Vec<Fires>,
    /// Neurons that wait for something else now.
    waiting: Vec<(u32, Option<Time>)>,
    /// A neuron that would have spiked more often at once than there is: nothing after it means anything.
    pub excess: Option<Spike>,
    /// Whether rows of batches may make a neuron fire several spikes at once.
    pub several: bool,
}

/// When somebody fires: where spikes go and who is told.
pub(super) struct Moment<'a, Q, P> {
    pub network: &'a Network,
    pub time: Time,
    pub queue: &'a mut Q,
    pub probe: &'a mut P,
}

/// Per population: what this instant has done so far.
#[derive(Default)]
struct Scratch {
    /// Neurons of a scaled population that reached their threshold, and those that fire, with the number of spikes.
    touched: Vec<u32>,
    fired: Vec<(u32, u32)>,
    /// A shared-decay population has been advanced to this instant.
    advanced: bool,
    /// s of a scaled population at this instant.
    scale: Option<f64>,
}

impl<R: Real> Core<R> {
    pub fn new(network: &Network) -> Self {
        let mut first = 0u32;
        let part = |index: usize| {
            let of = first;
            first = first.wrapping_add(network.populations[index].size);
            Part::new(network, index, of)
        };
        let parts = (0..network.populations.len()).map(part).collect();
        let ranks =
            network.populations.iter().map(|population| population.rank as usize + 1).max().unwrap_or(0);
        let mut by_rank = vec![Vec::new(); ranks + 1];
        for (index, population) in network.populations.iter().enumerate() {
            by_rank[population.rank as usize + 1].push(index);
        }
        Self {
            parts,
            counts: Counts::new(network),
            scratch: network.populations.iter().map(|_| Scratch::default()).collect(),
            wide: Wide::default(),
            left: Left::default(),
            by_rank,
            spikes: Vec::new(),
            excess: None,
            several: true,
            firing: Vec::new(),
            waiting: Vec::new(),
        }
    }

    /// Back to rest, with all counts zero.
    pub fn begin<Q: Queue<R>>(&mut self, queue: &mut Q, seed: u64, episode: u64) {
        let counts = &mut self.counts;
        (counts.poisson, counts.source, counts.arrival, counts.fire, counts.synaptic) = (0, 0, 0, 0, 0);
        counts.spikes.iter_mut().for_each(|spikes| spikes.fill(0));
        counts.on.iter_mut().for_each(OnTimes::begin);
        counts.rows.iter_mut().for_each(|rows| rows.fill(0));
        counts.held.fill(0);
        self.excess = None;
        self.parts.iter_mut().for_each(|part| part.begin(seed, episode));
        self.expect(queue);
    }

    /// Tells a queue what every neuron in its own time waits for.
    pub fn expect<Q: Queue<R>>(&self, queue: &mut Q) {
        for (population, part) in self.parts.iter().enumerate() {
            if let Part::Free(free) = part {
                free.each_next(|neuron, next| queue.predict(population as u32, neuron, next));
            }
        }
    }

    /// Handles one instant: all events of one time and rank, in key order.
    pub fn instant<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        events: &[EventKey],
        queue: &mut Q,
        probe: &mut P,
    ) {
        let Some(first) = events.first() else { return };
        let (time, rank) = first.instant();
        if rank == 0 {
            for event in events {
                self.emit(network, event, queue, probe);
            }
            return;
        }
        let moment = &mut Moment { network, time, queue, probe };
        self.spikes.clear();
        let mut rest = events;
        while let Some(event) = rest.first() {
            let times = at_once(network, rest);
            match event.kind {
                Kind::Release => self.change_drive(network, weights, event, moment.queue),
                Kind::Fire => self.due(event, moment),
                Kind::Arrival => self.arrive(network, weights, (event, times), moment.queue, moment.probe),
                Kind::Sample => {}
                Kind::Protocol | Kind::Emit => {}
            }
            rest = &rest[times as usize..];
        }
        for position in 0..self.by_rank[rank as usize].len() {
            let population = self.by_rank[rank as usize][position];
            self.test(population, moment);
        }
        if P::LEARN {
            let arrivals =
                events.iter().position(|event| event.kind == Kind::Arrival).map_or(&[][..], |start| {
                    let end = events.iter().rposition(|event| event.kind == Kind::Arrival).unwrap_or(start);
                    &events[start..=end]
                });
            moment.probe.instant(Instant { time, arrivals, spikes: &self.spikes });
        }
        for event in events.iter().filter(|event| event.kind == Kind::Sample) {
            let u = self.membrane_at(network, event.source as usize, time);
            moment.probe.sample(time, event.source, &u);
            // The interval travels in `row` and `occurrence`, so that the event carries all it needs.
            let interval = u64::from(event.row) << 32 | u64::from(event.occurrence);
            let next = time.after(Time::from_fs(interval));
            if next < Time::MAX {
                moment.queue.push(EventKey { time: next, ..*event });
            }
        }
    }

    fn emit<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        event: &EventKey,
        queue: &mut Q,
        probe: &mut P,
    ) {
        let source = event.source as usize;
        let kind = &network.sources[source].kind;
        self.counts.emission(kind);
        if P::STREAM && !kind.is_current() {
            probe.emit(event.time, event.source, event.row);
        }
        for &projection in &network.from_source[source] {
            schedule_arrival(network, projection, event.time, event.row, event.occurrence, queue);
        }
    }

    /// Neuron `neuron` fires: it is counted, shown, and on its way.
    pub(super) fn spike<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        population: usize,
        Fires { neuron, dead: refractory, times, before }: Fires,
        moment: &mut Moment<'_, Q, P>,
    ) {
        let Moment { network, time, .. } = *moment;
        let spike = Spike { time, population: population as u32, neuron };
        if before + times > MAX_AT_ONCE {
            self.excess = self.excess.or(Some(spike));
            return;
        }
        self.counts.fire += u64::from(times);
        self.counts.spike(population, neuron, time, times);
        for _ in 0..times {
            moment.probe.spike(spike);
            if P::LEARN {
                self.spikes.push(spike);
            }
        }
        self.counts.held[population] += u128::from(refractory.fs());
        self.await_end(network, spike, moment.queue);
        for &projection in &network.from_population[population] {
            for occurrence in before..before + times {
                schedule_arrival(network, projection, time, neuron, occurrence, moment.queue);
            }
        }
    }

    /// Schedules the end of the refractory time that a spike began, if its neuron, of common decay, was left above
    /// threshold.
    fn await_end<Q: Queue<R>>(&self, network: &Network, spike: Spike, queue: &mut Q) {
        let (population, neuron) = (spike.population as usize, spike.neuron);
        if let Part::Shared { parameters, state, .. } = &self.parts[population]
            && let Some(until) = state.again(parameters, neuron as usize)
            && until == spike.time.after(parameters.refractory)
        {
            queue.push(EventKey {
                time: until,
                rank: network.populations[population].rank + 1,
                kind: Kind::Fire,
                source: spike.population,
                row: neuron,
                occurrence: 0,
            });
        }
    }
}
