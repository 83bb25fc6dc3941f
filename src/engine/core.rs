//! What happens at an instant. Both engines run this code; they differ only in how they find the next
//! instant.

use super::key::{EventKey, Kind, STEPS};
use super::own_time::{Membrane, OwnParameters};
use super::probe::{Instant, Probe, Spike};
use super::queue::Queue;
use super::route::{each_target, schedule_arrival, schedule_step};
use super::scaled::{Scaled, ScaledParameters};
use super::shared_decay::{Delivery, RowSink, SharedDecay, SharedParameters};
use super::state::{Counts, Membranes};
use crate::encoding::BlockRate;
use crate::network::{Form, Kernel, Network, Weights, predicts, stride};
use crate::numeric::{Columns, Real};
use crate::time::Time;

/// Constants of one population.
pub(super) enum Parameters<R: Real> {
    Shared { parameters: SharedParameters<R>, at_rest: R },
    Own { parameters: OwnParameters, predicts: bool },
    Scaled(ScaledParameters),
}

/// Membranes and counts, and the scratch space of an instant.
pub(super) struct Core<R: Real> {
    pub parameters: Vec<Parameters<R>>,
    pub membranes: Vec<Membranes<R>>,
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

impl<R: Real> Core<R> {
    pub fn new(network: &Network) -> Self {
        let parameters: Vec<Parameters<R>> = network
            .populations
            .iter()
            .enumerate()
            .map(|(index, population)| match population.form {
                Form::SharedDecay => Parameters::Shared {
                    parameters: SharedParameters::new(population.size, &population.lif),
                    at_rest: R::from_f64(-(population.lif.r_m.get() * population.lif.i_bias.get())),
                },
                Form::OwnTime => Parameters::Own {
                    parameters: OwnParameters::new(&population.lif),
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
        Self { parameters, membranes, counts, scratch, by_rank, spikes: Vec::new() }
    }

    /// Back to rest, with all counts zero.
    pub fn begin<Q: Queue<R>>(&mut self, queue: &mut Q) {
        for (index, membranes) in self.membranes.iter_mut().enumerate() {
            match (membranes, &self.parameters[index]) {
                (Membranes::Shared(state), Parameters::Shared { parameters, at_rest }) => {
                    state.restart(parameters, *at_rest);
                }
                (Membranes::Own(neurons), Parameters::Own { parameters, predicts }) => {
                    neurons.fill(Membrane::rest());
                    if *predicts {
                        for (neuron, membrane) in neurons.iter_mut().enumerate() {
                            membrane.fires = membrane.predict(parameters);
                            queue.predict(index as u32, neuron as u32, membrane.fires);
                        }
                    }
                }
                (Membranes::Scaled(state), Parameters::Scaled(parameters)) => state.restart(parameters),
                _ => unreachable!("membranes have the form of their parameters"),
            }
        }
        let counts = &mut self.counts;
        (counts.poisson, counts.source, counts.arrival, counts.fire, counts.synaptic) = (0, 0, 0, 0, 0);
        counts.spikes.iter_mut().for_each(|spikes| spikes.fill(0));
        counts.rows.iter_mut().for_each(|rows| rows.fill(0));
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
        if network.sources[source].kind == crate::network::SourceKind::Poisson {
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
        let breakpoint = breakpoints[step];
        let (starts, ends) = (step == 0, step + 1 == breakpoints.len());
        let r_m = parameters.lif.r_m.get();
        each_target(description, network, &weights.projections[projection], row, |target, weight| {
            let neuron = &mut neurons[target as usize];
            let drive = weight * r_m;
            neuron.advance(parameters, time);
            neuron.change(drive * breakpoint.level, drive * breakpoint.slope, starts, ends);
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
            neuron.advance(parameters, event.time);
            // At threshold by definition, whatever was rounded; above it if subtraction left it there and
            // a stronger drive raises it.
            neuron.x = neuron.x.max(parameters.theta);
            neuron.fire(parameters);
            self.scratch[population].fired.push(event.row);
            self.scratch[population].repredict.push(event.row);
            self.spike(network, population, event.row, event.time, queue, probe);
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
        let values = &weights.projections[index];
        match (&mut self.membranes[projection.to], &self.parameters[projection.to]) {
            (Membranes::Shared(state), Parameters::Shared { parameters, .. }) => {
                let stride = stride(columns);
                let start = event.row as usize * stride;
                let before = if P::TAPE { state.x.clone() } else { Vec::new() };
                // Later rows of the instant decay by exactly one.
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
            for neuron in 0..network.populations[population].size {
                if let (Membranes::Shared(state), Parameters::Shared { parameters, .. }) =
                    (&mut self.membranes[population], &self.parameters[population])
                {
                    if !state.above(parameters, neuron as usize) {
                        continue;
                    }
                    state.fire(parameters, neuron as usize);
                }
                self.spike(network, population, neuron, time, queue, probe);
            }
            return;
        }
        let mut touched = std::mem::take(&mut self.scratch[population].touched);
        if let Some(scale) = self.scratch[population].scale.take() {
            let mut firing = std::mem::take(&mut self.scratch[population].fired);
            if let (Membranes::Scaled(state), Parameters::Scaled(parameters)) =
                (&mut self.membranes[population], &self.parameters[population])
            {
                let mut all = state.all(parameters);
                all.test(&mut touched, time.fs(), scale, |neuron| firing.push(neuron));
            }
            for &neuron in &firing {
                self.spike(network, population, neuron, time, queue, probe);
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
            if let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
                (&mut self.membranes[population], &self.parameters[population])
            {
                let neuron = &mut neurons[target as usize];
                neuron.advance(parameters, time);
                let fired = self.scratch[population].fired.contains(&target);
                if neuron.refractory() {
                    continue; // The jump is lost.
                }
                neuron.x += jump;
                self.scratch[population].repredict.push(target);
                if fired || neuron.x < parameters.theta {
                    continue;
                }
                neuron.fire(parameters);
            }
            self.spike(network, population, target, time, queue, probe);
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
                neuron.advance(parameters, time);
                neuron.fires = neuron.predict(parameters);
                queue.predict(population as u32, target, neuron.fires);
            }
        }
        changed.clear();
        self.scratch[population].repredict = changed;
    }

    fn spike<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        neuron: u32,
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
        if let Parameters::Own { parameters, predicts: true } = &self.parameters[population]
            && parameters.refractory > Time::ZERO
        {
            queue.push(EventKey {
                time: time.after(parameters.refractory),
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
    pub fn membrane_at(&self, network: &Network, population: usize, time: Time) -> Vec<f64> {
        match (&self.membranes[population], &self.parameters[population]) {
            (Membranes::Shared(state), Parameters::Shared { parameters, .. }) => {
                let lif = &network.populations[population].lif;
                let u_inf = lif.u_rest.get() + lif.r_m.get() * lif.i_bias.get();
                state.at(parameters, time).into_iter().map(|x| x.to_f64() + u_inf).collect()
            }
            (Membranes::Own(neurons), Parameters::Own { parameters, .. }) => {
                neurons.iter().map(|neuron| neuron.u_at(parameters, time)).collect()
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
        let (Membranes::Shared(state), Parameters::Shared { parameters, .. }) =
            (&mut self.membranes[population], &self.parameters[population])
        else {
            return None;
        };
        self.spikes.clear();
        let mut sink = Sink {
            probe,
            projection: projection as u32,
            population: population as u32,
            source: source.0,
            times,
            feedback,
            spikes: &mut self.spikes,
            real: std::marker::PhantomData::<R>,
        };
        let first_row = source.1;
        let delivery =
            Delivery { state, parameters, times, rows, first_row, weights: values, sink: &mut sink };
        let taken = crate::simd::vectorised(delivery);
        let last = taken.checked_sub(1).map(|last| Time::from_fs(times[last]))?;
        if !P::UNCOUNTED {
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

/// Connects the row kernel to a probe.
struct Sink<'a, R, P> {
    probe: &'a mut P,
    projection: u32,
    population: u32,
    source: u32,
    times: &'a [u64],
    /// Shortest delay of the population's own projections: a spike may cause nothing before that.
    feedback: Option<u64>,
    spikes: &'a mut Vec<Spike>,
    real: std::marker::PhantomData<R>,
}

impl<R: Real, P: Probe<R>> RowSink<R> for Sink<'_, R, P> {
    const ROWS: bool = P::STREAM || P::TAPE;
    const ORDERED: bool = P::STREAM;

    #[inline(always)]
    fn stops(&self) -> bool {
        self.feedback.is_some()
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, index: usize, row: u32, decay: R, before: X, x: X) {
        if P::STREAM {
            let time = Time::from_fs(self.times[index]);
            self.probe.emit(time, self.source, row);
            self.probe.arrival(time, self.projection, row);
        }
        if P::TAPE {
            self.probe.row(self.projection, row, decay, before, x);
        }
    }

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32) -> usize {
        let time = Time::from_fs(self.times[index]);
        let spike = Spike { time, population: self.population, neuron };
        self.probe.spike(spike);
        self.spikes.push(spike);
        match self.feedback {
            None => self.times.len(),
            Some(delay) => {
                let horizon = time.fs() + delay;
                let after = self.times[index + 1..].iter().take_while(|&&later| later < horizon).count();
                index + 1 + after
            }
        }
    }
}
