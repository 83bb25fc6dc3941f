//! What happens at an instant. Both engines run this code; they differ only in how they find the next
//! instant.

use super::competition::{Competing, CompetingParameters, Contest};
use super::held::{HeldDelivery, columns_at, shared_theta};
use super::key::{EventKey, Kind, STEPS};
use super::own_time::{Membrane, OwnParameters};
use super::probe::{Instant, Probe, Spike};
use super::queue::Queue;
use super::route::{each_target, schedule_arrival, schedule_step};
use super::scaled::{Scaled, ScaledParameters};
use super::shared_decay::{Delivery, SharedDecay, SharedParameters};
use super::sink::{Sink, deliver_held};
use super::state::{Counts, Membranes};
use super::switching::Switching;
use crate::encoding::BlockRate;
use crate::network::{Form, Kernel, Network, Weights, decays, predicts, stride};
use crate::neuron::synaptic::{ALPHA_PEAK, Current};
use crate::numeric::Real;
use crate::time::Time;

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
    /// Populations of each rank.
    by_rank: Vec<Vec<usize>>,
    spikes: Vec<Spike>,
}

/// Per population: what this instant has done so far.
#[derive(Default)]
struct Scratch {
    /// Sum of the jumps of each neuron, and the neurons that have one (with repeats until sorted).
    jump: Vec<f64>,
    touched: Vec<u32>,
    /// Neurons whose drive changed, so that their firing must be predicted anew.
    repredict: Vec<u32>,
    /// Neurons that already fired at this instant.
    fired: Vec<u32>,
    /// A shared-decay population has been advanced to this instant.
    advanced: bool,
    /// s of a scaled population at this instant.
    scale: Option<f64>,
}

/// Threshold of a neuron in its own time, relative to rest.
#[inline]
fn theta(parameters: &OwnParameters, switching: Option<&Switching>, neuron: usize) -> f64 {
    switching.map_or(parameters.theta, |switching| switching.v_th(neuron) - parameters.lif.u_rest.get())
}

/// How long a neuron that fires now is refractory; a switch draws its next threshold.
#[inline]
fn on_time(refractory: Time, switching: &mut Option<Switching>, neuron: usize) -> Time {
    switching.as_mut().map_or(refractory, |switching| switching.fire(neuron))
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
                    at_rest: R::from_f64(-(population.lif.r_m.get() * population.lif.i_bias.get())),
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
        let counts = Counts {
            spikes: network.populations.iter().map(|p| vec![0; p.size as usize]).collect(),
            rows: network
                .projections
                .iter()
                .map(|p| if p.counted { vec![0; p.arrival_rows()] } else { Vec::new() })
                .collect(),
            held: vec![0; network.populations.len()],
            ..Counts::default()
        };
        let scratch = network
            .populations
            .iter()
            .map(|population| Scratch {
                jump: if population.form == Form::OwnTime {
                    vec![0.0; population.size as usize]
                } else {
                    Vec::new()
                },
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
        Self { parameters, switching, membranes, currents, counts, scratch, by_rank, spikes: Vec::new() }
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
                            membrane.fires = membrane.predict(parameters, currents, theta);
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
        self.spikes.clear();
        for event in events {
            match event.kind {
                Kind::Release => self.release(network, weights, event, queue),
                Kind::Fire => self.fire_predicted(network, event, queue, probe),
                Kind::Arrival => self.arrive(network, weights, event, queue, probe),
                Kind::Sample => {}
                Kind::Protocol | Kind::Emit => {}
            }
        }
        for position in 0..self.by_rank[rank as usize].len() {
            let population = self.by_rank[rank as usize][position];
            self.test(network, population, time, queue, probe);
        }
        if P::LEARN {
            let arrivals =
                events.iter().position(|event| event.kind == Kind::Arrival).map_or(&[][..], |start| {
                    let end = events.iter().rposition(|event| event.kind == Kind::Arrival).unwrap_or(start);
                    &events[start..=end]
                });
            probe.instant(Instant { time, arrivals, spikes: &self.spikes });
        }
        for event in events.iter().filter(|event| event.kind == Kind::Sample) {
            let u = self.membrane_at(network, event.source as usize, time);
            probe.sample(time, event.source, &u);
            // The interval travels in `row` and `occurrence`, so that the event carries all it needs.
            let interval = u64::from(event.row) << 32 | u64::from(event.occurrence);
            let next = time.after(Time::from_fs(interval));
            if next < Time::MAX {
                queue.push(EventKey { time: next, ..*event });
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

    /// A pulse changes its level or slope, or a refractory period ends.
    fn release<Q: Queue<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        event: &EventKey,
        queue: &mut Q,
    ) {
        let index = event.source as usize / 2;
        if event.source % 2 == 1 {
            self.scratch[index].repredict.push(event.row);
            return;
        }
        let step = (event.occurrence % STEPS) as usize;
        self.change_drive(network, weights, index, event.row, step, event.time);
        schedule_step(network, index, event, step, queue);
    }

    /// Applies one step of a pulse to every target of a row.
    fn change_drive(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        projection: usize,
        row: u32,
        step: usize,
        time: Time,
    ) {
        let description = &network.projections[projection];
        let Kernel::Pulse(breakpoints) = &description.kernel else { return };
        let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
            (&mut self.membranes[description.to], &self.parameters[description.to])
        else {
            return;
        };
        let scratch = &mut self.scratch[description.to];
        let currents = &mut self.currents[description.to];
        let breakpoint = breakpoints[step];
        let (starts, ends) = (step == 0, step + 1 == breakpoints.len());
        let r_m = parameters.lif.r_m.get();
        each_target(description, network, &weights.projections[projection], row, |target, weight| {
            let neuron = &mut neurons[target as usize];
            let drive = weight * r_m;
            neuron.advance(parameters, of(currents, parameters, target as usize), time);
            neuron.change(drive * breakpoint.level, drive * breakpoint.slope, starts, ends);
            scratch.repredict.push(target);
        });
    }

    /// Adds to the synaptic current of every target of a row.
    fn add_current(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        projection: usize,
        row: u32,
        time: Time,
    ) {
        let description = &network.projections[projection];
        let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
            (&mut self.membranes[description.to], &self.parameters[description.to])
        else {
            return;
        };
        let (tau, alpha) = match description.kernel {
            Kernel::Exponential { tau } => (tau.get(), false),
            Kernel::Alpha { tau } => (tau.get(), true),
            Kernel::Delta | Kernel::Pulse(_) => return,
        };
        let Some(decay) = parameters.decays.iter().position(|decay| decay.tau == tau) else { return };
        let scratch = &mut self.scratch[description.to];
        let currents = &mut self.currents[description.to];
        let r_m = parameters.lif.r_m.get();
        each_target(description, network, &weights.projections[projection], row, |target, weight| {
            let currents = of(currents, parameters, target as usize);
            neurons[target as usize].advance(parameters, currents, time);
            if alpha {
                currents[decay].q += weight * r_m * ALPHA_PEAK;
            } else {
                currents[decay].p += weight * r_m;
            }
            scratch.repredict.push(target);
        });
    }

    fn fire_predicted<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        event: &EventKey,
        queue: &mut Q,
        probe: &mut P,
    ) {
        let population = event.source as usize;
        if let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
            (&mut self.membranes[population], &self.parameters[population])
        {
            let neuron = &mut neurons[event.row as usize];
            let currents = of(&mut self.currents[population], parameters, event.row as usize);
            neuron.advance(parameters, currents, event.time);
            let switching = &mut self.switching[population];
            // At threshold by definition, whatever was rounded; above it if subtraction left it there and
            // a stronger drive raises it.
            neuron.x = neuron.x.max(theta(parameters, switching.as_ref(), event.row as usize));
            let refractory = on_time(parameters.refractory, switching, event.row as usize);
            neuron.fire(parameters, refractory);
            self.scratch[population].fired.push(event.row);
            self.scratch[population].repredict.push(event.row);
            self.spike(network, population, event.row, refractory, event.time, queue, probe);
        }
    }

    fn arrive<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        event: &EventKey,
        queue: &mut Q,
        probe: &mut P,
    ) {
        let index = event.source as usize;
        let projection = &network.projections[index];
        let columns = network.populations[projection.to].size;
        self.counts.arrival += 1;
        if !P::UNCOUNTED && projection.counted {
            self.counts.rows[index][event.row as usize] += 1;
        }
        self.counts.synaptic +=
            if projection.delays.is_some() { 1 } else { projection.fan_out(event.row, columns) as u64 };
        if P::STREAM {
            probe.arrival(event.time, event.source, event.row);
        }
        if let Kernel::Pulse(_) = projection.kernel {
            self.change_drive(network, weights, index, event.row, 0, event.time);
            let first = EventKey {
                kind: Kind::Release,
                source: 2 * event.source,
                occurrence: event.occurrence * STEPS,
                ..*event
            };
            schedule_step(network, index, &first, 0, queue);
            return;
        }
        if let Kernel::Exponential { .. } | Kernel::Alpha { .. } = projection.kernel {
            self.add_current(network, weights, index, event.row, event.time);
            return;
        }
        let values = &weights.projections[index];
        match (&mut self.membranes[projection.to], &self.parameters[projection.to]) {
            (Membranes::Shared(state), Parameters::Shared { parameters, .. }) => {
                let stride = stride(columns);
                let start = event.row as usize * stride;
                let before = if P::TAPE { state.x.clone() } else { Vec::new() };
                let switching = self.switching[projection.to].as_ref();
                let holds = !state.until.is_empty() || switching.is_some();
                let columns = if P::TAPE && holds {
                    Some(columns_at(state, parameters, switching, event.time))
                } else {
                    None
                };
                // Later rows of the instant decay by exactly one.
                let decay = state.advance(parameters, event.time);
                self.scratch[projection.to].advanced = true;
                state.add(&values[start..start + stride]);
                let (before, x) = (before.as_slice(), state.x.as_slice());
                match &columns {
                    Some((factor, bar)) => {
                        probe.held_row(event.source, event.row, &factor[..], &bar[..], before, x);
                    }
                    None if P::TAPE => probe.row(event.source, event.row, decay, before, x),
                    None => {}
                }
            }
            (Membranes::Competing(state), Parameters::Competing(parameters)) => {
                if state.inhibited(event.time) {
                    // The arrival is lost.
                    if P::TAPE {
                        probe.row(event.source, event.row, R::ONE, state.x.as_slice(), state.x.as_slice());
                    }
                    return;
                }
                let stride = stride(columns);
                let start = event.row as usize * stride;
                let before = if P::TAPE { state.x.clone() } else { Vec::new() };
                let decay = state.advance(parameters, event.time);
                self.scratch[projection.to].advanced = true;
                state.add(&values[start..start + stride]);
                if P::TAPE {
                    probe.row(event.source, event.row, decay, before.as_slice(), state.x.as_slice());
                }
            }
            (Membranes::Own(_), _) => {
                let scratch = &mut self.scratch[projection.to];
                each_target(projection, network, values, event.row, |target, weight| {
                    scratch.jump[target as usize] += weight;
                    scratch.touched.push(target);
                });
            }
            (Membranes::Scaled(state), Parameters::Scaled(parameters)) => {
                let scratch = &mut self.scratch[projection.to];
                let time = event.time.fs();
                if scratch.scale.is_none() {
                    state.settle(parameters, time);
                    state.all(parameters).release(time);
                    scratch.scale = Some(parameters.phase.scale(time, state.epoch));
                }
                let scale = scratch.scale.unwrap_or_default();
                state.all(parameters).arrive(projection, values, event.row, scale, &mut scratch.touched);
            }
            _ => unreachable!("membranes have the form of their parameters"),
        }
    }

    /// Tests every touched neuron of a population by id, then predicts what has to be predicted anew.
    fn test<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        time: Time,
        queue: &mut Q,
        probe: &mut P,
    ) {
        if std::mem::take(&mut self.scratch[population].advanced) {
            if let (Membranes::Competing(state), Parameters::Competing(parameters)) =
                (&mut self.membranes[population], &self.parameters[population])
            {
                if let Some(winner) = state.winner(parameters) {
                    state.fire(parameters, winner);
                    self.spike(network, population, winner as u32, Time::ZERO, time, queue, probe);
                }
                return;
            }
            for neuron in 0..network.populations[population].size {
                let mut refractory = Time::ZERO;
                if let (Membranes::Shared(state), Parameters::Shared { parameters, .. }) =
                    (&mut self.membranes[population], &self.parameters[population])
                {
                    let switching = &mut self.switching[population];
                    if !state
                        .above(shared_theta(parameters, switching.as_ref(), neuron as usize), neuron as usize)
                    {
                        continue;
                    }
                    refractory = on_time(parameters.refractory, switching, neuron as usize);
                    state.fire(parameters, neuron as usize, refractory);
                }
                self.spike(network, population, neuron, refractory, time, queue, probe);
            }
            return;
        }
        let mut touched = std::mem::take(&mut self.scratch[population].touched);
        if let Some(scale) = self.scratch[population].scale.take() {
            let mut firing = std::mem::take(&mut self.scratch[population].fired);
            let mut refractory = Time::ZERO;
            if let (Membranes::Scaled(state), Parameters::Scaled(parameters)) =
                (&mut self.membranes[population], &self.parameters[population])
            {
                let mut all = state.all(parameters);
                all.test(&mut touched, time.fs(), scale, |neuron| firing.push(neuron));
                refractory = Time::from_fs(parameters.refractory);
            }
            for &neuron in &firing {
                self.spike(network, population, neuron, refractory, time, queue, probe);
            }
            firing.clear();
            self.scratch[population].fired = firing;
            self.scratch[population].touched = touched;
            return;
        }
        touched.sort_unstable();
        touched.dedup();
        for &target in &touched {
            let jump = std::mem::take(&mut self.scratch[population].jump[target as usize]);
            let mut refractory = Time::ZERO;
            if let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
                (&mut self.membranes[population], &self.parameters[population])
            {
                let neuron = &mut neurons[target as usize];
                let currents = of(&mut self.currents[population], parameters, target as usize);
                neuron.advance(parameters, currents, time);
                let fired = self.scratch[population].fired.contains(&target);
                if neuron.refractory() {
                    continue; // The jump is lost.
                }
                neuron.x += jump;
                self.scratch[population].repredict.push(target);
                let switching = &mut self.switching[population];
                if fired || neuron.x < theta(parameters, switching.as_ref(), target as usize) {
                    continue;
                }
                refractory = on_time(parameters.refractory, switching, target as usize);
                neuron.fire(parameters, refractory);
            }
            self.spike(network, population, target, refractory, time, queue, probe);
        }
        touched.clear();
        self.scratch[population].touched = touched;
        self.scratch[population].fired.clear();
        self.predict(population, time, queue);
    }

    fn predict<Q: Queue<R>>(&mut self, population: usize, time: Time, queue: &mut Q) {
        let mut changed = std::mem::take(&mut self.scratch[population].repredict);
        if let (Membranes::Own(neurons), Parameters::Own { parameters, predicts: true }) =
            (&mut self.membranes[population], &self.parameters[population])
        {
            changed.sort_unstable();
            changed.dedup();
            for &target in &changed {
                let neuron = &mut neurons[target as usize];
                let currents = of(&mut self.currents[population], parameters, target as usize);
                neuron.advance(parameters, currents, time);
                let switching = self.switching[population].as_ref();
                let theta = theta(parameters, switching, target as usize);
                neuron.fires = neuron.predict(parameters, currents, theta);
                queue.predict(population as u32, target, neuron.fires);
            }
        }
        changed.clear();
        self.scratch[population].repredict = changed;
    }

    #[expect(clippy::too_many_arguments, reason = "one spike and where it goes")]
    pub(super) fn spike<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        neuron: u32,
        refractory: Time,
        time: Time,
        queue: &mut Q,
        probe: &mut P,
    ) {
        self.counts.fire += 1;
        self.counts.spikes[population][neuron as usize] += 1;
        let spike = Spike { time, population: population as u32, neuron };
        probe.spike(spike);
        if P::LEARN {
            self.spikes.push(spike);
        }
        self.counts.held[population] += u128::from(refractory.fs());
        if let Parameters::Own { predicts: true, .. } = &self.parameters[population]
            && refractory > Time::ZERO
        {
            queue.push(EventKey {
                time: time.after(refractory),
                rank: network.populations[population].rank + 1,
                kind: Kind::Release,
                source: 2 * population as u32 + 1,
                row: neuron,
                occurrence: 0,
            });
        }
        for &projection in &network.from_population[population] {
            schedule_arrival(network, projection, time, neuron, 0, queue);
        }
    }

    /// All membranes, as any engine would keep them at `now`.
    pub fn canonical(&self, now: Time) -> Vec<Membranes<R>> {
        let both = self.membranes.iter().zip(&self.parameters);
        both.map(|(membranes, parameters)| match (membranes, parameters) {
            (Membranes::Scaled(state), Parameters::Scaled(parameters)) => {
                Membranes::Scaled(state.canonical(parameters, now))
            }
            _ => membranes.clone(),
        })
        .collect()
    }

    /// Whether a state could be that of a scaled population at `now`.
    pub fn fits(&self, population: usize, state: &Scaled, now: Time) -> bool {
        matches!(&self.parameters[population], Parameters::Scaled(parameters) if state.fits(parameters, now))
    }

    /// Membranes of a population at `time`, in volts.
    ///
    /// A switch that is on shows the filament on its way from threshold to hold.
    pub fn membrane_at(&self, network: &Network, population: usize, time: Time) -> Vec<f64> {
        let mut u = self.integrated_at(network, population, time);
        if let Some(switch) = network.populations[population].neuron.switch() {
            for (neuron, u) in u.iter_mut().enumerate() {
                let until = match &self.membranes[population] {
                    Membranes::Shared(state) => state.until.get(neuron).copied().unwrap_or(Time::ZERO),
                    Membranes::Own(neurons) => neurons[neuron].until,
                    // Switches do not compete, and differ from each other, which a common form cannot.
                    Membranes::Competing(_) | Membranes::Scaled(_) => Time::ZERO,
                };
                if until > time {
                    *u = switch.u_on(until.seconds_since(time));
                }
            }
        }
        u
    }

    /// What multiplies each column of a shared-decay population whose neurons are held, if nothing arrives
    /// until `time` (1 where the hold lasts longer), and how many femtoseconds of holds lie beyond `time`.
    pub fn holds_at(&self, population: usize, time: Time) -> Option<(Vec<R>, u128)> {
        let (Membranes::Shared(state), Parameters::Shared { parameters, .. }) =
            (&self.membranes[population], &self.parameters[population])
        else {
            return None;
        };
        if state.until.is_empty() {
            return None;
        }
        let (factors, _) = columns_at(state, parameters, self.switching[population].as_ref(), time);
        let beyond = state.until.iter().map(|until| u128::from(until.fs().saturating_sub(time.fs()))).sum();
        Some((factors, beyond))
    }

    fn integrated_at(&self, network: &Network, population: usize, time: Time) -> Vec<f64> {
        match (&self.membranes[population], &self.parameters[population]) {
            (Membranes::Shared(state), Parameters::Shared { parameters, .. }) => {
                let lif = &network.populations[population].lif;
                let u_inf = lif.u_rest.get() + lif.r_m.get() * lif.i_bias.get();
                state.at(parameters, time).into_iter().map(|x| x.to_f64() + u_inf).collect()
            }
            (Membranes::Competing(state), Parameters::Competing(parameters)) => {
                let u_rest = network.populations[population].lif.u_rest.get();
                state.at(parameters, time).into_iter().map(|x| x.to_f64() + u_rest).collect()
            }
            (Membranes::Own(neurons), Parameters::Own { parameters, .. }) => {
                let (currents, each) = (&self.currents[population], parameters.decays.len());
                let of = |index: usize| &currents[index * each..(index + 1) * each];
                neurons
                    .iter()
                    .enumerate()
                    .map(|(index, neuron)| neuron.u_at(parameters, of(index), time))
                    .collect()
            }
            (Membranes::Scaled(state), Parameters::Scaled(parameters)) => state.at(parameters, time),
            _ => unreachable!("membranes have the form of their parameters"),
        }
    }

    /// Delivers drawn spikes of one block before `horizon` in one go. Same bits as one by one. Returns the
    /// time of the last one; `None` if it could take none.
    #[inline(always)]
    #[expect(clippy::too_many_arguments, reason = "inlined into the one place that calls it")]
    pub fn batch<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        index: usize,
        source: (u32, u32),
        horizon: u64,
        rate: &BlockRate<'_>,
        queue: &mut Q,
        probe: &mut P,
    ) -> Option<Time> {
        let projection = network.from_source[source.0 as usize][0];
        let population = network.projections[projection].to;
        let values = &weights.projections[projection];
        let outgoing = &network.from_population[population];
        let feedback = outgoing.iter().map(|&out| network.projections[out].delay.fs()).min();
        let block = queue.block(index)?;
        let (times, rows) = block.ready(horizon);
        self.spikes.clear();
        let mut sink = Sink {
            probe,
            projection: projection as u32,
            population: population as u32,
            source: source.0,
            times,
            feedback,
            spikes: &mut self.spikes,
            held: 0,
            real: std::marker::PhantomData::<R>,
        };
        let first_row = source.1;
        let (weights, sink) = (values.as_slice(), &mut sink);
        let taken = match (&mut self.membranes[population], &self.parameters[population]) {
            (Membranes::Shared(state), Parameters::Shared { parameters, .. })
                if state.until.is_empty() && self.switching[population].is_none() =>
            {
                crate::simd::vectorised(Delivery { state, parameters, times, rows, first_row, weights, sink })
            }
            (Membranes::Shared(state), Parameters::Shared { parameters, .. }) => {
                let switching = &mut self.switching[population];
                deliver_held(HeldDelivery {
                    state,
                    parameters,
                    switching,
                    times,
                    rows,
                    first_row,
                    weights,
                    sink,
                })
            }
            (Membranes::Competing(state), Parameters::Competing(parameters)) => {
                crate::simd::vectorised(Contest { state, parameters, times, rows, first_row, weights, sink })
            }
            _ => return None,
        };
        let held = sink.held;
        let last = taken.checked_sub(1).map(|last| Time::from_fs(times[last]))?;
        if !P::UNCOUNTED && network.projections[projection].counted {
            let counts = &mut self.counts.rows[projection][source.1 as usize..];
            for &row in &rows[..taken] {
                counts[usize::from(row)] += 1;
            }
        }
        block.consume(taken, rate);
        let columns = u64::from(network.populations[population].size);
        self.counts.poisson += taken as u64;
        self.counts.arrival += taken as u64;
        self.counts.synaptic += taken as u64 * columns;
        self.counts.fire += self.spikes.len() as u64;
        self.counts.held[population] += held;
        for spike in &self.spikes {
            self.counts.spikes[population][spike.neuron as usize] += 1;
        }
        for index in 0..self.spikes.len() {
            let spike = self.spikes[index];
            for &out in outgoing {
                schedule_arrival(network, out, spike.time, spike.neuron, 0, queue);
            }
        }
        Some(last)
    }
}

/// The currents of one neuron.
#[inline]
fn of<'a>(currents: &'a mut [Current], parameters: &OwnParameters, neuron: usize) -> &'a mut [Current] {
    let each = parameters.decays.len();
    &mut currents[neuron * each..(neuron + 1) * each]
}
