//! Learning without labels, one presentation after another: each changes the weights that the next one
//! meets, so there is one thread.

use super::super::presenter::{Presenter, Samples, Totals};
use super::super::scalar::{Epoch, Scalar};
use super::device_model::DeviceModel;
use super::devices::{DeviceState, Synapses};
use super::pulses::{PulseState, Pulses};
use super::rule::{NEVER, WinnerRule};
use crate::engine::{Engine, Probe, SimulationError, Spike, StateError, Thresholds};
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::Ordering;

/// Presentations between two looks at the cancel flag.
const ROUND: usize = 256;

/// What learning needs to know besides network and data.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Which engine presents the samples.
    pub engine: Engine,
    /// The projection that learns; its population competes.
    pub projection: usize,
    /// Of spikes and devices.
    pub seed: u64,
    /// How long a sample is shown.
    pub presentation: Time,
    /// Pause after each sample: membranes start anew, thresholds go on decaying.
    pub rest: Time,
    /// The weight at the upper end (volts).
    pub w_max: f64,
    /// What a spike of the winner does to its synapses.
    pub rule: WinnerRule,
    /// Presentations of the whole schedule.
    pub schedule: u64,
    /// Sum of a neuron's weights after each presentation in which it spiked, in units of w_max.
    pub normalise: Option<f64>,
    /// What makes the steps; `None`: weights are numbers.
    pub device: Option<DeviceModel>,
}

impl Settings {
    /// Share of the schedule before presentation `number`, counted from 0.
    fn progress(&self, number: u64) -> f64 {
        number as f64 / self.schedule.max(1) as f64
    }
}

/// What an epoch did.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// Presentations made; fewer than the samples if interrupted.
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
    /// Rates of the last presentation, where the rule has rates.
    pub rates: Option<(f64, f64)>,
}

/// Everything that changes; enough to go on elsewhere.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct LearnerState<R: Scalar> {
    /// Row-major, of all projections.
    pub weights: Weights<R>,
    /// Of the competing population, as they have adapted.
    pub thresholds: Thresholds,
    /// Presentations made so far, over all epochs.
    pub presented: u64,
    /// What every device has become.
    pub devices: DeviceState,
    /// Of devices under pulses that overlap.
    pub pulses: Option<PulseState>,
}

/// Weights that learn.
pub struct Learner<R: Scalar> {
    settings: Settings,
    population: usize,
    presenter: Presenter<R>,
    /// As they are now, of all projections.
    pub weights: Weights<R>,
    synapses: Synapses<R>,
    pulses: Option<Pulses>,
    watch: Watch,
    recent: Vec<R>,
    presented: u64,
}

/// Sees the arrivals and spikes of a presentation.
struct Watch {
    projection: u32,
    population: u32,
    /// When each input last spiked.
    last: Vec<u64>,
    /// Conductance sum of each row, empty for ideal weights, and the sum over all reads.
    row_sums: Vec<f64>,
    read: f64,
    spikes: Vec<Spike>,
    /// Spikes that have been learned from.
    learned: usize,
}

impl<R: Real> Probe<R> for Watch {
    const STREAM: bool = true;
    const UNCOUNTED: bool = true;
    const PAUSE: bool = true;

    #[inline(always)]
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        if projection == self.projection {
            if let Some(last) = self.last.get_mut(row as usize) {
                *last = time.fs();
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

/// Sees a presentation in which pulses run on the devices.
struct Both<'a> {
    watch: &'a mut Watch,
    pulses: &'a mut Pulses,
    weights: usize,
}

impl<R: Real> Probe<R> for Both<'_> {
    const STREAM: bool = true;
    const UNCOUNTED: bool = true;
    const PAUSE: bool = true;

    fn before(&mut self, time: Time, projection: u32, row: u32, weights: &mut Weights<R>) {
        if projection == self.watch.projection {
            let weights = &mut weights.projections[self.weights];
            self.pulses.before(time, row as usize, weights, &mut self.watch.row_sums);
        }
    }

    #[inline]
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        if projection == self.watch.projection {
            self.pulses.arrive(time, row as usize);
        }
        Probe::<R>::arrival(self.watch, time, projection, row);
    }

    #[inline]
    fn spike(&mut self, spike: Spike) {
        Probe::<R>::spike(self.watch, spike);
    }
}

impl<R: Scalar> Learner<R> {
    /// A learner that starts from `weights`.
    #[must_use]
    pub fn new(network: &Arc<Network>, settings: Settings, mut weights: Weights<R>) -> Self {
        let projection = &network.projections[settings.projection];
        let population = projection.to;
        let shape = (projection.rows, network.populations[population].size);
        let values = &mut weights.projections[settings.projection];
        let synapses = Synapses::new(
            shape,
            settings.w_max,
            settings.device,
            settings.seed,
            settings.projection as u32,
            values,
        );
        let pulses = match (&settings.rule, settings.device) {
            (WinnerRule::Overlap(rule), Some(model)) => {
                let (rows, cols, stride) = synapses.shape();
                let differs = |row, col| synapses.differs(row, col);
                let made = Pulses::new(
                    (rows, cols),
                    stride,
                    settings.w_max,
                    (rule, model),
                    settings.seed,
                    values,
                    differs,
                );
                made.write(values);
                Some(made)
            }
            _ => None,
        };
        let watch = Watch {
            projection: settings.projection as u32,
            population: population as u32,
            last: vec![NEVER; projection.rows as usize],
            row_sums: synapses.row_sums(values),
            read: 0.0,
            spikes: Vec::new(),
            learned: 0,
        };
        let mut presenter = Presenter::new(settings.engine, network, population, settings.seed);
        if let Some(device) = &settings.device {
            let (count, entity) = (network.populations[population].size as usize, settings.projection as u32);
            let factors = device.dispersion.thresholds(count, settings.seed, entity);
            let simulation = presenter.simulation();
            if let Some(mut thresholds) = simulation.thresholds(population).cloned()
                && !factors.is_empty()
            {
                thresholds.base.iter_mut().zip(factors).for_each(|(theta, factor)| *theta *= factor);
                // They are as many as they were.
                let _ = simulation.set_thresholds(population, thresholds);
            }
        }
        Self {
            presenter,
            settings,
            population,
            pulses,
            recent: vec![R::ZERO; watch.last.len()],
            weights,
            synapses,
            watch,
            presented: 0,
        }
    }

    /// Thresholds now.
    #[must_use]
    pub fn thresholds(&mut self) -> Thresholds {
        self.presenter.simulation().thresholds(self.population).cloned().unwrap_or_default()
    }

    /// Pulses that each synapse of a neuron has taken; where they differ, those of the one that took most.
    #[must_use]
    pub fn updates(&self) -> Vec<u64> {
        self.pulses.as_ref().map_or_else(|| self.synapses.updates.clone(), Pulses::most_taken)
    }

    /// Conductances now, row-major; empty for ideal weights.
    #[must_use]
    pub fn conductances(&self) -> Vec<f64> {
        self.synapses.conductances(&self.weights.projections[self.settings.projection])
    }

    /// Everything that changes.
    #[must_use]
    pub fn state(&mut self) -> LearnerState<R> {
        LearnerState {
            weights: self.weights.clone(),
            thresholds: self.thresholds(),
            presented: self.presented,
            devices: DeviceState {
                updates: self.synapses.updates.clone(),
                row_sums: self.watch.row_sums.clone(),
            },
            pulses: self.pulses.as_ref().map(|pulses| pulses.state.clone()),
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
        let sizes = |weights: &Weights<R>| weights.projections.iter().map(Vec::len).sum::<usize>();
        shape("projections", state.weights.projections.len(), self.weights.projections.len())?;
        shape("weights", sizes(&state.weights), sizes(&self.weights))?;
        shape("columns", state.devices.updates.len(), self.synapses.updates.len())?;
        shape("rows", state.devices.row_sums.len(), self.watch.row_sums.len())?;
        let sizes = |state: Option<&PulseState>| {
            state.map_or([0; 3], |s| [s.conductance.len(), s.taken.len(), s.spikes.len()])
        };
        let found = sizes(state.pulses.as_ref());
        let expected = sizes(self.pulses.as_ref().map(|pulses| &pulses.state));
        for (found, expected) in found.into_iter().zip(expected) {
            shape("devices under pulses", found, expected)?;
        }
        self.presenter.simulation().set_thresholds(self.population, state.thresholds)?;
        if let (Some(pulses), Some(state)) = (&mut self.pulses, state.pulses) {
            pulses.state = state;
        }
        self.weights = state.weights;
        self.presented = state.presented;
        self.synapses.updates = state.devices.updates;
        self.watch.row_sums = state.devices.row_sums;
        Ok(())
    }

    /// Learns from the samples at `order`, in that order; sample k of it is episode `first_episode` + k.
    ///
    /// # Errors
    /// If a sample cannot be presented.
    pub fn epoch(
        &mut self,
        epoch: Epoch<'_>,
        advance: &mut dyn FnMut(u64, &Report),
    ) -> Result<Report, SimulationError> {
        (R::entries().learn)(self, epoch, advance)
    }

    pub(in crate::training) fn epoch_in(
        &mut self,
        (samples, order, first_episode, cancel, fingerprint, mut observer): Epoch<'_>,
        advance: &mut dyn FnMut(u64, &Report),
    ) -> Result<Report, SimulationError> {
        let neurons = self.synapses.updates.len();
        let mut report = Report { wins: vec![0; neurons], ..Report::default() };
        self.presenter.observe(observer.is_some());
        let mut first = first_episode;
        for round in order.chunks(ROUND) {
            if cancel.load(Ordering::Relaxed) {
                break;
            }
            for (position, &sample) in round.iter().enumerate() {
                if let Some(&next) = round.get(position + 1) {
                    samples.code.touch(next as usize);
                }
                self.present(samples, sample as usize, first + position as u64, &mut report);
            }
            first += round.len() as u64;
            self.presenter.hand_on("training", fingerprint, &mut observer)?;
            advance(round.len() as u64, &report);
        }
        if let Some(device) = &self.settings.device {
            report.read = device.read.energy(std::mem::take(&mut self.watch.read));
        }
        report.programmed = std::mem::take(&mut self.synapses.programmed);
        if let Some(pulses) = &mut self.pulses {
            report.programmed += std::mem::take(&mut pulses.programmed);
            report.limited = std::mem::take(&mut pulses.limited);
        }
        Ok(report)
    }

    fn present(&mut self, samples: Samples<'_>, sample: usize, episode: u64, report: &mut Report) {
        let settings = &self.settings;
        self.watch.last.fill(NEVER);
        self.watch.spikes.clear();
        self.watch.learned = 0;
        let shown = (samples.code, sample, episode, settings.presentation);
        match (&settings.rule, &mut self.pulses) {
            (WinnerRule::Overlap(_), Some(pulses)) => {
                pulses.begin(&self.watch.row_sums, settings.progress(self.presented));
                let population = self.population as u32;
                let (weights, projection) = (&mut self.weights, settings.projection);
                let mut both = Both { watch: &mut self.watch, pulses, weights: projection };
                self.presenter.learn(weights, shown, &mut both, |both, weights| {
                    while let Some(&spike) = both.watch.spikes.get(both.watch.learned) {
                        both.watch.learned += 1;
                        if spike.population == population {
                            let weights = &mut weights.projections[projection];
                            let (column, sums) = (spike.neuron as usize, &mut both.watch.row_sums);
                            both.pulses.spike(spike.time, column, weights, sums);
                        }
                    }
                    both.pulses.running()
                });
                let end = settings.presentation.after(settings.rest);
                let weights = &mut self.weights.projections[projection];
                both.pulses.end(end, weights, &mut both.watch.row_sums);
            }
            (WinnerRule::Overlap(_), None) => {}
            (WinnerRule::Step(step), _) => {
                let rates = step.rates(settings.progress(self.presented));
                let (synapses, recent) = (&mut self.synapses, &mut self.recent);
                self.presenter.learn(&mut self.weights, shown, &mut self.watch, |watch, weights| {
                    while let Some(&spike) = watch.spikes.get(watch.learned) {
                        watch.learned += 1;
                        if spike.population == watch.population {
                            step.window.recent(&watch.last, spike.time.fs(), recent);
                            synapses.learn(
                                &mut weights.projections[settings.projection],
                                &mut watch.row_sums,
                                spike.neuron as usize,
                                recent,
                                rates,
                                step.dependence,
                            );
                        }
                    }
                    false
                });
                report.rates = Some((rates.plus, rates.minus));
            }
        }
        self.presenter.encode(episode, &self.watch.spikes);
        self.presenter.simulation().adapt(settings.presentation.after(settings.rest));
        self.presented += 1;
        let population = self.population as u32;
        let winners = self.watch.spikes.iter().filter(|spike| spike.population == population);
        let mut any = false;
        for spike in winners.clone() {
            report.wins[spike.neuron as usize] += 1;
            any = true;
        }
        if let Some(target) = settings.normalise {
            let mut winners: Vec<u32> = winners.map(|spike| spike.neuron).collect();
            winners.sort_unstable();
            winners.dedup();
            let weights = &mut self.weights.projections[settings.projection];
            let sums = &mut self.watch.row_sums;
            for winner in winners {
                match &mut self.pulses {
                    Some(pulses) => {
                        pulses.normalise(winner as usize, target * settings.w_max, weights, sums);
                    }
                    None => self.synapses.normalise(weights, sums, winner as usize, target),
                }
            }
        }
        report.presented += 1;
        report.silent += u64::from(!any);
        report.totals.add(self.presenter.all_counts(), settings.presentation.after(settings.rest));
    }
}
