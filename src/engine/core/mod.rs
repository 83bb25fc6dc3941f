//! What happens at an instant. Both engines run this code; they differ only in how they find the next
//! instant.

mod arrivals;
mod batches;
mod firing;
mod looking;

use super::competition::{Competing, CompetingParameters};
use super::held::Wide;
use super::key::{EventKey, Kind};
use super::own_part::{OwnInstant, OwnPart, of};
use super::own_time::{Membrane, OwnParameters};
use super::probe::{Instant, Probe, Spike};
use super::queue::Queue;
use super::route::schedule_arrival;
use super::scaled::{Scaled, ScaledParameters};
use super::shared_decay::{SharedDecay, SharedParameters};
use super::state::{Counts, Membranes};
use super::switching::Switching;
use crate::network::{Form, Network, Weights, decays, predicts};
use crate::neuron::synaptic::Current;
use crate::numeric::Real;
use crate::time::Time;
use firing::theta;

/// Constants of one population.
pub(super) enum Parameters<R: Real> {
    Shared { parameters: SharedParameters<R>, at_rest: R },
    Own { parameters: OwnParameters, predicts: bool },
    Competing(CompetingParameters<R>),
    Scaled(ScaledParameters),
}

/// Membranes and counts, and the scratch space of an instant.
pub(super) struct Core<R: Real> {
    pub parameters: Vec<Parameters<R>>,
    /// Thresholds of the populations in which they differ.
    pub(super) switching: Vec<Option<Switching>>,
    pub membranes: Vec<Membranes<R>>,
    /// Per population, neuron by neuron, one per time constant; empty without decaying currents.
    pub currents: Vec<Vec<Current>>,
    pub counts: Counts,
    scratch: Vec<Scratch>,
    wide: Wide<R>,
    /// Populations of each rank.
    by_rank: Vec<Vec<usize>>,
    spikes: Vec<Spike>,
    /// Who fires in its own time at this instant, and for how long it is refractory.
    firing: Vec<(u32, Time)>,
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
    /// Neurons of a scaled population that reached their threshold, and those that fire.
    touched: Vec<u32>,
    fired: Vec<u32>,
    /// Of a population in its own time.
    own: OwnInstant,
    /// A shared-decay population has been advanced to this instant.
    advanced: bool,
    /// s of a scaled population at this instant.
    scale: Option<f64>,
}

impl<R: Real> Core<R> {
    pub fn new(network: &Network) -> Self {
        let parameters: Vec<Parameters<R>> = network
            .populations
            .iter()
            .enumerate()
            .map(|(index, population)| match population.form {
                Form::SharedDecay if population.competition.is_some() => CompetingParameters::new(population)
                    .map_or_else(|| unreachable!("it competes"), Parameters::Competing),
                Form::SharedDecay => Parameters::Shared {
                    parameters: SharedParameters::new(population.size, &population.lif),
                    at_rest: R::from_f64(-population.lif.bias()),
                },
                Form::OwnTime => Parameters::Own {
                    parameters: OwnParameters::new(&population.lif, &decays(index, &network.projections)),
                    predicts: predicts(index, network),
                },
                Form::Scaled => Parameters::Scaled(ScaledParameters::new(&population.lif)),
            })
            .collect();
        let membranes = parameters
            .iter()
            .zip(&network.populations)
            .map(|(parameters, population)| match parameters {
                Parameters::Shared { parameters, at_rest } => {
                    Membranes::Shared(SharedDecay::new(parameters, *at_rest))
                }
                Parameters::Own { .. } => Membranes::Own(vec![Membrane::rest(); population.size as usize]),
                Parameters::Competing(parameters) => Membranes::Competing(Competing::new(parameters)),
                Parameters::Scaled(parameters) => Membranes::Scaled(Scaled::new(parameters, population.size)),
            })
            .collect();
        let counts = Counts::new(network);
        let scratch = network
            .populations
            .iter()
            .map(|population| Scratch {
                own: OwnInstant::new(if population.form == Form::OwnTime {
                    population.size as usize
                } else {
                    0
                }),
                ..Scratch::default()
            })
            .collect();
        let ranks =
            network.populations.iter().map(|population| population.rank as usize + 1).max().unwrap_or(0);
        let mut by_rank = vec![Vec::new(); ranks + 1];
        for (index, population) in network.populations.iter().enumerate() {
            by_rank[population.rank as usize + 1].push(index);
        }
        let mut first = 0u32;
        let switching = network
            .populations
            .iter()
            .map(|population| {
                let of = first;
                first = first.wrapping_add(population.size);
                let model = population.neuron.switch().filter(|model| model.varies())?;
                Some(Switching::new(model, of, population.size))
            })
            .collect();
        let currents = parameters
            .iter()
            .zip(&network.populations)
            .map(|(parameters, population)| match parameters {
                Parameters::Own { parameters, .. } => {
                    vec![Current::default(); parameters.decays.len() * population.size as usize]
                }
                Parameters::Shared { .. } | Parameters::Competing(_) | Parameters::Scaled(_) => Vec::new(),
            })
            .collect();
        let (wide, spikes, firing) = (Wide::default(), Vec::new(), Vec::new());
        Self { parameters, switching, membranes, currents, counts, scratch, wide, by_rank, spikes, firing }
    }

    /// The neurons of a population in its own time.
    #[inline]
    fn own(&mut self, population: usize) -> Option<OwnPart<'_>> {
        let (Membranes::Own(neurons), Parameters::Own { parameters, predicts }) =
            (&mut self.membranes[population], &self.parameters[population])
        else {
            return None;
        };
        Some(OwnPart {
            parameters,
            predicts: *predicts,
            first: 0,
            columns: neurons.len() as u32,
            neurons,
            currents: &mut self.currents[population],
            switches: self.switching[population].as_mut().map(Switching::all),
            instant: &mut self.scratch[population].own,
        })
    }

    /// Draws the thresholds of an episode after as many spikes as have been counted.
    pub fn draw_thresholds(&mut self, seed: u64, episode: u64) {
        for (switching, spikes) in self.switching.iter_mut().zip(&self.counts.spikes) {
            if let Some(switching) = switching {
                switching.begin(seed, episode, spikes.iter().copied());
            }
        }
    }

    /// Back to rest, with all counts zero.
    pub fn begin<Q: Queue<R>>(&mut self, queue: &mut Q, seed: u64, episode: u64) {
        let counts = &mut self.counts;
        (counts.poisson, counts.source, counts.arrival, counts.fire, counts.synaptic) = (0, 0, 0, 0, 0);
        counts.spikes.iter_mut().for_each(|spikes| spikes.fill(0));
        counts.rows.iter_mut().for_each(|rows| rows.fill(0));
        counts.held.fill(0);
        self.draw_thresholds(seed, episode);
        for (index, membranes) in self.membranes.iter_mut().enumerate() {
            match (membranes, &self.parameters[index]) {
                (Membranes::Shared(state), Parameters::Shared { parameters, at_rest }) => {
                    state.restart(parameters, *at_rest);
                }
                (Membranes::Competing(state), _) => state.restart(),
                (Membranes::Own(neurons), Parameters::Own { parameters, predicts }) => {
                    neurons.fill(Membrane::rest());
                    self.currents[index].fill(Current::default());
                    if *predicts {
                        for (neuron, membrane) in neurons.iter_mut().enumerate() {
                            let theta = theta(parameters, self.switching[index].as_ref(), neuron);
                            let currents = of(&mut self.currents[index], parameters, neuron);
                            membrane.foresee(parameters, currents, theta, Time::ZERO);
                            queue.predict(index as u32, neuron as u32, membrane.fires);
                        }
                    }
                }
                (Membranes::Scaled(state), Parameters::Scaled(parameters)) => state.restart(parameters),
                _ => unreachable!("membranes have the form of their parameters"),
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
        for event in events {
            match event.kind {
                Kind::Release => self.release(network, weights, event, moment.queue),
                Kind::Fire => self.fire_predicted(event, moment),
                Kind::Arrival => self.arrive(network, weights, event, moment.queue, moment.probe),
                Kind::Sample => {}
                Kind::Protocol | Kind::Emit => {}
            }
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
        if network.sources[source].kind.is_drawn() {
            self.counts.poisson += 1;
        } else {
            self.counts.source += 1;
        }
        if P::STREAM {
            probe.emit(event.time, event.source, event.row);
        }
        for &projection in &network.from_source[source] {
            schedule_arrival(network, projection, event.time, event.row, event.occurrence, queue);
        }
    }

    /// Neuron `neuron` fires: it is counted, told, and on its way; its refractory time begins.
    pub(super) fn spike<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        population: usize,
        neuron: u32,
        refractory: Time,
        moment: &mut Moment<'_, Q, P>,
    ) {
        let Moment { network, time, .. } = *moment;
        self.counts.fire += 1;
        self.counts.spikes[population][neuron as usize] += 1;
        let spike = Spike { time, population: population as u32, neuron };
        moment.probe.spike(spike);
        if P::LEARN {
            self.spikes.push(spike);
        }
        self.counts.held[population] += u128::from(refractory.fs());
        if let Parameters::Own { predicts: true, .. } = &self.parameters[population]
            && refractory > Time::ZERO
        {
            moment.queue.push(EventKey {
                time: time.after(refractory),
                rank: network.populations[population].rank + 1,
                kind: Kind::Release,
                source: 2 * population as u32 + 1,
                row: neuron,
                occurrence: 0,
            });
        }
        for &projection in &network.from_population[population] {
            schedule_arrival(network, projection, time, neuron, 0, moment.queue);
        }
    }
}
