//! Learning without labels, one presentation after another: each changes the weights that the next one
//! meets, so there is one thread.
//!
//! The rule is that of the projection, as anywhere else. Its weights are kept in full precision and column by column, which is
//! how a winner changes them; the network has a copy of them, in its own precision and as devices are read.

use super::super::presenter::{Presenter, Samples, Totals};
use super::super::sampled::Sampled;
use super::super::scalar::{Epoch, Scalar};
use crate::engine::{Engine, Observer, Probe, SimulationError, Spike, StateError, Stream, Thresholds};
use crate::network::{Network, Weights, stride};
use crate::numeric::{Real, exp, ln, standard_normal};
use crate::plasticity::{Devices, Layout, Memory, Plastic, Rule, RuleError};
use crate::random::{Purpose, Stream as Random};
use crate::synapse::ReadPulse;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Presentations that are handed on together.
const ROUND: usize = 256;

/// Synaptic events of a presentation after which the next one is taken to be long, a tenth of a second at least, and how
/// many there are then for each weight, so that a copy of everything costs little beside them.
const LONG: u64 = 20_000_000;
const COPIED: u64 = 50;

/// What learning needs to know besides network and data.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which engine presents the samples.
    pub engine: Engine,
    /// The projection that learns, which is dense; its population competes.
    pub projection: usize,
    /// Of spikes.
    pub seed: u64,
    /// How long a sample is shown.
    pub presentation: Time,
    /// Pause after each sample: membranes start anew, thresholds go on decaying.
    pub rest: Time,
    /// What spikes do to the weights.
    pub rule: Rule,
    /// The devices behind them, and the pulse that reads one, if that is not what the rule does; `None`: weights are numbers.
    pub devices: Option<(Devices, Option<ReadPulse>)>,
    /// Presentations of the whole schedule.
    pub schedule: u64,
    /// Share of all steps that is left at the end of the schedule; they fall geometrically.
    pub final_share: f64,
    /// Sum of a neuron's weights after each presentation in which it spiked, in volts.
    pub normalise: Option<f64>,
    /// Coefficient of variation of the neurons' thresholds before they adapt, besides that of the population.
    pub threshold_cv: f64,
}

impl Settings {
    /// What is left of the steps before presentation `number`, counted from 0.
    #[must_use]
    pub fn share(&self, number: u64) -> f64 {
        exp(ln(self.final_share) * (number as f64 / self.schedule.max(1) as f64))
    }
}

/// What an epoch did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Presentations made; fewer than the samples if it came back early.
    pub presented: u64,
    /// Presentations without any spike of the population.
    pub silent: u64,
    /// Spikes of each neuron.
    pub wins: Vec<u64>,
    /// Arrivals at the rows of other projections are not distinguished: see [`Totals`].
    pub totals: Totals,
    /// Joules of programming the devices.
    pub programmed: f64,
    /// Joules of reading them.
    pub read: f64,
    /// Joules in the limiters of devices under pulses that overlap.
    pub limited: f64,
    /// What was left of the steps at the last presentation.
    pub share: f64,
    /// Conductance of all reads, in siemens.
    conductance: f64,
    /// What devices and their limiters had spent before the epoch.
    before: (f64, f64),
}

/// Everything that changes; enough to go on elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct LearnerState<R: Scalar> {
    /// Row-major, of all projections.
    pub weights: Weights<R>,
    /// Of the projection that learns, column by column, as its rule has them.
    pub learned: Vec<f64>,
    /// What the rule remembers, and what every device has become.
    pub memory: Memory,
    /// Conductance sum of each row of devices.
    pub row_sums: Vec<f64>,
    /// Of the competing population, as they have adapted.
    pub thresholds: Thresholds,
    /// Presentations made so far, over all epochs.
    pub presented: u64,
}

/// Weights that learn.
pub struct Learner<R: Scalar> {
    settings: Settings,
    population: usize,
    presenter: Presenter<R>,
    /// As they are now, of all projections.
    pub weights: Weights<R>,
    watch: Watch,
    presented: u64,
    /// Synaptic events of the last presentation; the first may have any number.
    events: u64,
}

/// Sees the arrivals and spikes of a presentation, and learns.
struct Watch {
    projection: u32,
    population: u32,
    plastic: Plastic,
    /// The weights as the rule has them, column by column.
    learned: Vec<f64>,
    rows: usize,
    stride: usize,
    /// Conductance sum of each row, empty for ideal weights, the sum over all reads, and siemens per volt of weight.
    row_sums: Vec<f64>,
    read: f64,
    siemens: f64,
    spikes: Vec<Spike>,
    /// Spikes that have been learned from.
    heard: usize,
    /// Whether every instant is told as it comes, and what arrives at this one.
    told: bool,
    now: (Time, Vec<u32>),
    columns: Vec<u32>,
}

impl Watch {
    /// Gives the network what the rule has changed.
    fn copy<R: Real>(&mut self, weights: &mut [R]) {
        let Self { plastic, learned, rows, stride, row_sums, siemens, .. } = self;
        let mut one = |plastic: &Plastic, row: usize, col: usize| {
            let new = R::from_f64(plastic.read(learned[col * *rows + row]));
            let w = &mut weights[row * *stride + col];
            if let Some(sum) = row_sums.get_mut(row) {
                *sum += *siemens * (new.to_f64() - w.to_f64());
            }
            *w = new;
        };
        let mut reached = std::mem::take(plastic.reached());
        for &row in &reached.rows {
            match plastic.pulsed() {
                Some(columns) => columns.iter().for_each(|&col| one(plastic, row as usize, col as usize)),
                None => (0..learned.len() / *rows).for_each(|col| one(plastic, row as usize, col)),
            }
        }
        for &col in &reached.columns {
            (0..*rows).for_each(|row| one(plastic, row, col as usize));
        }
        reached.clear();
        *plastic.reached() = reached;
    }

    /// Learns from what has happened since it was asked last, of which nothing is later than `reached`; whether every instant is to be
    /// told from here on, and when it wants to be asked again at the latest: devices age then.
    fn learn<R: Real>(&mut self, weights: &mut [R], reached: Time) -> (bool, Time) {
        let population = self.population;
        let Self { plastic, learned, spikes, heard, now: (time, rows), columns, .. } = self;
        loop {
            columns.clear();
            let first = spikes.get(*heard).map(|spike| spike.time);
            while let Some(spike) = spikes.get(*heard).filter(|spike| Some(spike.time) == first) {
                *heard += 1;
                columns.extend((spike.population == population).then_some(spike.neuron));
            }
            if first.is_none() && rows.is_empty() {
                break;
            }
            columns.sort_unstable();
            if !(rows.is_empty() && columns.is_empty()) {
                plastic.settle(first.unwrap_or(*time), rows, columns, learned);
            }
            rows.clear();
        }
        self.plastic.age(reached, &mut self.learned);
        self.copy(weights);
        self.told = self.plastic.wants_instants();
        (self.told, self.plastic.ages_at())
    }
}

impl<R: Real> Probe<R> for Watch {
    const STREAM: bool = true;
    const UNCOUNTED: bool = true;
    const PAUSE: bool = true;

    fn before(&mut self, time: Time, projection: u32, row: u32, weights: &mut Weights<R>) {
        if projection == self.projection {
            self.plastic.arrive(time, &[row], &mut self.learned);
            self.copy(weights.own(projection as usize));
        }
    }

    #[inline(always)]
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        if projection == self.projection {
            if self.told {
                self.now.0 = time;
                self.now.1.push(row);
            } else {
                self.plastic.hear(time, row);
            }
            if let Some(sum) = self.row_sums.get(row as usize) {
                self.read += sum;
            }
        }
    }

    #[inline]
    fn spike(&mut self, spike: Spike) {
        self.spikes.push(spike);
    }
}

impl<R: Scalar> Learner<R> {
    /// A learner that starts from `weights`, as far as its devices can have them.
    ///
    /// # Errors
    /// All faults of the rule.
    pub fn new(
        network: &Arc<Network>,
        settings: Settings,
        mut weights: Weights<R>,
    ) -> Result<Self, Vec<RuleError>> {
        let projection = &network.projections[settings.projection];
        let population = projection.to;
        let (rows, cols) = (projection.rows as usize, network.populations[population].size);
        let values = weights.own(settings.projection);
        let stride = stride(cols);
        let layout = Layout::Columns { rows, cols: cols as usize };
        let mut learned = vec![0.0; layout.weights()];
        for (k, w) in learned.iter_mut().enumerate() {
            *w = values[k % rows * stride + k / rows].to_f64();
        }
        let devices = settings.devices.as_ref().map(|(devices, _)| devices.clone());
        let plastic = Plastic::new(settings.rule.clone(), layout, devices)?;
        plastic.admit(&mut learned);
        let (mut row_sums, mut siemens) = (Vec::new(), 0.0);
        for (k, &w) in learned.iter().enumerate() {
            values[k % rows * stride + k / rows] = R::from_f64(plastic.read(w));
        }
        let read = settings.devices.as_ref().and_then(|(_, read)| *read);
        if let (Some(devices), Some(_)) = (plastic.devices(), read) {
            siemens = devices.siemens_per_weight;
            row_sums = (0..rows)
                .map(|row| devices.row_conductance(row, &values[row * stride..][..cols as usize]))
                .collect();
        }
        let watch = Watch {
            projection: settings.projection as u32,
            population: population as u32,
            plastic,
            learned,
            rows,
            stride,
            row_sums,
            read: 0.0,
            siemens,
            spikes: Vec::new(),
            heard: 0,
            told: false,
            now: (Time::ZERO, Vec::new()),
            columns: Vec::new(),
        };
        let mut presenter = Presenter::new(settings.engine, network, population, settings.seed);
        let simulation = presenter.simulation();
        if settings.threshold_cv > 0.0
            && let Some(mut thresholds) = simulation.thresholds(population).cloned()
        {
            let mut draws =
                Random::new(settings.seed, Purpose::DeviceToDevice, settings.projection as u32, 3);
            let mut factor = || 1.0 + settings.threshold_cv * standard_normal(draws.next_word());
            thresholds.base.iter_mut().for_each(|theta| *theta *= factor().max(0.01));
            // They are as many as they were.
            let _ = simulation.set_thresholds(population, thresholds);
        }
        Ok(Self { presenter, settings, population, weights, watch, presented: 0, events: u64::MAX })
    }

    /// Thresholds now.
    #[must_use]
    pub fn thresholds(&mut self) -> Thresholds {
        self.presenter.simulation().thresholds(self.population).cloned().unwrap_or_default()
    }

    /// The rule, with all that it remembers.
    #[must_use]
    pub fn plastic(&self) -> &Plastic {
        &self.watch.plastic
    }

    /// Everything that changes.
    #[must_use]
    pub fn state(&mut self) -> LearnerState<R> {
        LearnerState {
            weights: self.weights.clone(),
            learned: self.watch.learned.clone(),
            memory: self.watch.plastic.memory().clone(),
            row_sums: self.watch.row_sums.clone(),
            thresholds: self.thresholds(),
            presented: self.presented,
        }
    }

    /// Goes on from a state.
    ///
    /// # Errors
    /// If it does not fit the network.
    pub fn restore(&mut self, state: LearnerState<R>) -> Result<(), StateError> {
        let shape = |what, found: usize, expected: usize| {
            if found == expected { Ok(()) } else { Err(StateError::Shape { what, found, expected }) }
        };
        let sizes = |weights: &Weights<R>| weights.projections.iter().map(|list| list.len()).sum::<usize>();
        shape("projections", state.weights.projections.len(), self.weights.projections.len())?;
        shape("weights", sizes(&state.weights), sizes(&self.weights))?;
        shape("weights that learn", state.learned.len(), self.watch.learned.len())?;
        shape("rows", state.row_sums.len(), self.watch.row_sums.len())?;
        let (found, expected) = (&state.memory.devices, &self.watch.plastic.memory().devices);
        shape("devices", found.pulses.len(), expected.pulses.len())?;
        shape("memories", usize::from(self.watch.plastic.resume(state.memory, Time::MAX).is_ok()), 1)?;
        self.presenter.simulation().set_thresholds(self.population, state.thresholds)?;
        self.weights = state.weights;
        self.watch.learned = state.learned;
        self.watch.row_sums = state.row_sums;
        self.presented = state.presented;
        Ok(())
    }

    /// Learns from the samples at `order`, in that order; sample k of it is episode `first_episode` + k. `so_far` is what it
    /// did before it came back early, or nothing; it comes back between two presentations.
    ///
    /// # Errors
    /// If a sample cannot be presented.
    pub fn epoch(
        &mut self,
        so_far: Report,
        epoch: Epoch<'_>,
        advance: &mut dyn FnMut(u64, &Report),
    ) -> Result<Report, SimulationError> {
        (R::entries().learn)(self, so_far, epoch, advance)
    }

    pub(in crate::training) fn epoch_in(
        &mut self,
        mut report: Report,
        (samples, order, first_episode, until, fingerprint, mut observer): Epoch<'_>,
        advance: &mut dyn FnMut(u64, &Report),
    ) -> Result<Report, SimulationError> {
        if report.presented == 0 {
            report.wins = vec![0; self.watch.plastic.layout().cols()];
            report.before = self.spent();
        }
        self.watch.read = report.conductance;
        self.presenter.observe(observer.is_some());
        if observer.as_ref().is_some_and(|observer| observer.wants_changes()) {
            self.watch.plastic.tell(&mut self.watch.learned);
        }
        let sampled = Sampled::wanted(observer.as_ref());
        if let (Some(sampled), 0) = (&sampled, self.presented) {
            self.tell(sampled, (0, 0), &mut observer);
        }
        let mut went_on = true;
        while went_on && (report.presented as usize) < order.len() && !until.stops() {
            let (begun, before) = (report.presented, self.presented);
            let left = &order[begun as usize..];
            // A round ends where weights are told.
            let most = sampled.map_or(usize::MAX, |sampled| sampled.next(before) as usize);
            for (position, &sample) in left[..left.len().min(ROUND).min(most)].iter().enumerate() {
                if let Some(&next) = left.get(position + 1) {
                    samples.code.touch(next as usize);
                }
                let episode = first_episode + begun + position as u64;
                went_on = self.present_unless(until.stop, samples, sample as usize, episode, &mut report)?;
                if !went_on {
                    break;
                }
            }
            self.presenter.hand_on("training", fingerprint, &mut observer)?;
            if let Some(sampled) = &sampled {
                self.tell(sampled, (before, self.presented), &mut observer);
            }
            advance(report.presented - begun, &report);
            went_on &= !(until.due)();
        }
        report.conductance = self.watch.read;
        if let Some((_, Some(pulse))) = &self.settings.devices {
            report.read = pulse.energy(report.conductance);
        }
        let (now, before) = (self.spent(), report.before);
        (report.programmed, report.limited) = (now.0 - before.0, now.1 - before.1);
        Ok(report)
    }

    /// Tells the weights that learn, if a step is due between two numbers of samples.
    fn tell(&self, sampled: &Sampled, span: (u64, u64), observer: &mut Option<&mut dyn Observer>) {
        let Some(observer) = observer.as_mut().filter(|_| sampled.due(span)) else { return };
        let projection = self.settings.projection;
        let plastic = &self.watch.plastic;
        let rows = self.weights.projections[projection].chunks(self.watch.stride);
        for (row, weights) in (0..).zip(rows) {
            for (column, weight) in (0..).zip(&weights[..plastic.layout().cols().min(weights.len())]) {
                let synapse = [projection as u32, row, column];
                let weight = weight.to_f64();
                let device = row as usize * plastic.layout().cols() + column as usize;
                let devices = plastic.devices().map(|devices| devices.sides(device, weight));
                sampled.tell(span.1, synapse, (weight, devices), &mut **observer);
            }
        }
    }

    /// Presents a sample unless `stop` is set: whether it was learned from. A presentation may take long, and what it has
    /// taught cannot be taken back: before such a one everything is copied.
    fn present_unless(
        &mut self,
        stop: &AtomicBool,
        samples: Samples<'_>,
        sample: usize,
        episode: u64,
        report: &mut Report,
    ) -> Result<bool, SimulationError> {
        if stop.load(Ordering::Relaxed) {
            return Ok(false);
        }
        let long = self.events > LONG.max(COPIED * self.watch.learned.len() as u64);
        let copy = long.then(|| (self.state(), self.watch.read, report.share));
        let heeded = if long { Some(stop) } else { None };
        if self.present(samples, sample, episode, heeded, report) {
            return Ok(true);
        }
        if let Some((state, read, share)) = copy {
            self.restore(state).map_err(SimulationError::State)?;
            (self.watch.read, report.share) = (read, share);
        }
        Ok(false)
    }

    /// Joules that all devices and their limiters have spent so far.
    fn spent(&self) -> (f64, f64) {
        let devices = &self.watch.plastic.memory().devices;
        let sum = |joules: &[f64]| joules.iter().fold(0.0, |sum, joules| sum + joules);
        (sum(&devices.joules) + devices.alone, sum(&devices.limiter))
    }

    fn present(
        &mut self,
        samples: Samples<'_>,
        sample: usize,
        episode: u64,
        stop: Option<&AtomicBool>,
        report: &mut Report,
    ) -> bool {
        let Self { settings, watch, weights, presenter, presented, population, events } = self;
        let (population, index) = (*population as u32, settings.projection);
        report.share = settings.share(*presented);
        if settings.final_share < 1.0 {
            watch.plastic.weaken(report.share);
        }
        watch.spikes.clear();
        watch.heard = 0;
        watch.plastic.restart(&mut watch.learned);
        let shown = (samples.code, sample, episode, settings.presentation);
        let shown = presenter.learn(weights, shown, stop, watch, |watch, weights, reached, stream| {
            let told = watch.learn(weights.own(index), reached);
            tell::<R>(&mut watch.plastic, index, stream);
            told
        });
        if !shown {
            return false;
        }
        let end = settings.presentation.after(settings.rest);
        watch.plastic.finish(&mut watch.learned, end);
        presenter.encode(episode, &watch.spikes);
        presenter.simulation().adapt(end);
        *presented += 1;
        let mut winners: Vec<u32> = Vec::new();
        for spike in watch.spikes.iter().filter(|spike| spike.population == population) {
            report.wins[spike.neuron as usize] += 1;
            winners.push(spike.neuron);
        }
        report.silent += u64::from(winners.is_empty());
        if let Some(sum) = settings.normalise {
            winners.sort_unstable();
            winners.dedup();
            winners.iter().for_each(|&winner| watch.plastic.normalise(winner, sum, &mut watch.learned));
        }
        watch.copy(weights.own(index));
        presenter.tell(|stream| tell::<R>(&mut watch.plastic, index, Some(stream)));
        report.presented += 1;
        presenter.count(&mut report.totals, end);
        *events = presenter.all_counts().arrival * watch.plastic.layout().cols() as u64;
        true
    }
}

/// Tells an observer of what has changed.
fn tell<R: Real>(plastic: &mut Plastic, projection: usize, stream: Option<&mut Stream>) {
    if let Some(stream) = stream {
        let changes = plastic.changes();
        changes.for_each(|change| Probe::<R>::change(stream, projection as u32, &change));
    }
}
