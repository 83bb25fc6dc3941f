//! Training of all layers of a network: batches in pieces, one order of adding up, Adam.

use super::backward::Slopes;
use super::in_situ::{InSitu, State};
use super::loss::{Loss, Target};
use super::passage::{Parameters, Passage};
use super::programmed::{Programmed, program};
use super::pulsed::Pulsed;
use super::show::Shown;
use super::steps::{Lists, front, squares, update};
use super::surrogate::Surrogate;
use crate::encoding::FirstSpikes;
use crate::engine::lockstep::{NONE, Net, Runaway};
use crate::engine::{Divergence, Observer, SimulationError, Team, Threads};
use crate::network::{Network, Weights};
use crate::record::Fingerprint;
use crate::time::Time;
use crate::training::epoch::{Advance, Descent, EpochReport, Settings};
use crate::training::optimizer::{OptimizerState, Schedule};
use crate::training::scalar::Epoch;
use crate::training::{PIECES, Samples, Scalar, piece};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

/// The exact gradient of layers.
#[derive(Clone, Debug, PartialEq)]
pub struct Exact {
    /// What is wanted of the read-out.
    pub loss: Loss,
    /// The least V' of a spike that is divided by, per tau_m and in units of the threshold: a spike that only just comes about
    /// moves far with its weights, and its gradient is cut there.
    pub least_slope: f64,
    /// What stands for the derivative of spikes of layers of jumps. `None`: that they are there has no gradient, and their weights do not
    /// learn by it; times that pass through them have one.
    pub surrogate: Option<Surrogate>,
    /// Length of the windows, from the start of a presentation, to whose beginnings the gradient goes back; `None`: to the start. Time
    /// constants do not learn with them.
    pub window: Option<Time>,
    /// Keeps neurons from falling silent for good, and from firing more than they should, if so.
    pub activity: Option<Activity>,
    /// How delays of single synapses learn, in ms; `None`: they stay.
    pub delays: Option<Learned>,
    /// How thresholds of neurons that fire learn, in units of that of the layer; `None`: they stay. Those of devices do.
    pub thresholds: Option<Learned>,
    /// How tau_m of each layer learns, in ms; `None`: it stays. That of devices does.
    pub taus: Option<Learned>,
    /// Devices that weights are programmed onto anew for every batch: samples see what these have, and the gradient is applied to
    /// the weights as it comes (straight through).
    pub devices: Vec<Programmed>,
    /// Devices that weights are learned in: steps become pulses on them, and they are what samples see. Those of all projections that
    /// learn, or none.
    pub in_situ: Vec<Pulsed>,
}

/// The gradient is looked at in every so many steps: all of it is seldom in a cache.
const EVERY: u64 = 8;

/// Weights that one thread keeps within the range of their devices.
const STRETCH: usize = 1 << 14;

/// How parameters that are no weights learn: by Adam, with the means of the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Learned {
    /// In their unit.
    pub schedule: Schedule,
    /// The least there may be.
    pub least: f64,
    /// The largest there may be.
    pub most: f64,
}

/// Auxiliary terms outside the gradient, which no count of spikes has: a neuron that is not of the read-out, and fired in the samples of a
/// batch less often than `floor` times per sample, gets `raise` more (in units of the threshold) on all weights that lead to it; one that
/// fired more often than `ceiling` times gets `lower` less.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Spikes per sample.
    pub floor: f64,
    /// In units of the threshold.
    pub raise: f64,
    /// Spikes per sample; infinite: there is none.
    pub ceiling: f64,
    /// In units of the threshold.
    pub lower: f64,
}

/// Weights of all layers in training.
pub struct Layered<R: Scalar> {
    settings: Settings,
    exact: Exact,
    net: Net,
    /// As they are now, in units of the threshold.
    pub parameters: Parameters<R>,
    /// Means of their gradient, layer after layer.
    pub adam: OptimizerState<R>,
    /// What the gradient of the last step was multiplied by.
    clipped: f64,
    pieces: Vec<Piece<R>>,
    /// As [`EpochReport::gradients`], since they were last handed on, and of how many steps.
    gradients: (Vec<f64>, u64),
    observed: bool,
    /// What the devices have of `parameters`, where there are any.
    programmed: Option<Parameters<R>>,
    /// The devices that `parameters` are read off, where they learn.
    in_situ: Option<InSitu<R>>,
}

pub(super) struct Piece<R: Scalar> {
    passage: Passage<R>,
    shown: Shown<R>,
    /// Of weights and their delays nothing but the blocks that are touched: the others are as an earlier batch left them.
    pub(super) gradient: Parameters<R>,
    /// Blocks of weights of each layer, as long as a row, over which something arrived in the batch.
    pub(super) touched: Vec<Vec<bool>>,
    loss: f64,
    correct: u64,
    squared_error: f64,
    silent: u64,
    /// The first layer that came to no end, and why.
    runaway: Option<(usize, Runaway)>,
    /// Spikes of every neuron of each layer.
    active: Vec<Vec<u32>>,
}

impl<R: Scalar> Layered<R> {
    /// Training that starts from these weights, in the unit of their kernels.
    #[must_use]
    pub fn new(net: Net, settings: Settings, exact: Exact, weights: &Weights<R>) -> Self {
        let mut parameters = Parameters::of(&net, weights);
        parameters.own_where_learned(&net, &exact);
        let learning = (!exact.in_situ.is_empty())
            .then(|| InSitu::new(&net, &exact.in_situ, settings.seed, &mut parameters));
        let mut gradient = parameters.zeroed();
        if exact.delays.is_none() {
            // What stays has no gradient.
            gradient.delays.clear();
        }
        let learned = net.layers.iter().map(|layer| layer.learned);
        let Parameters { delays, thresholds, taus, .. } = &gradient;
        let others = delays.iter().chain(thresholds).chain(taus).map(Vec::len);
        let count = learned.chain(others).sum();
        let pieces = (0..PIECES).map(|_| Piece {
            passage: Passage::default(),
            shown: Shown::default(),
            gradient: gradient.clone(),
            touched: net
                .layers
                .iter()
                .map(|layer| vec![false; layer.weights.div_ceil(layer.stride)])
                .collect(),
            loss: 0.0,
            correct: 0,
            squared_error: 0.0,
            silent: 0,
            runaway: None,
            active: net.layers.iter().map(|layer| vec![0; layer.size]).collect(),
        });
        let pieces = pieces.collect();
        let programmed = (!exact.devices.is_empty()).then(|| parameters.clone());
        let (mut adam, observed) = (OptimizerState::new(count), false);
        adam.begin_average(&settings.optimizer, parameters.learned(&net));
        let gradients = (vec![0.0; net.network.populations.len()], 0);
        Self {
            settings,
            exact,
            pieces,
            gradients,
            net,
            parameters,
            adam,
            clipped: 1.0,
            observed,
            programmed,
            in_situ: learning,
        }
    }

    /// The devices that learn, if weights are learned in them.
    #[must_use]
    pub fn in_situ(&self) -> Option<&InSitu<R>> {
        self.in_situ.as_ref()
    }

    /// Goes on with devices that were kept.
    pub fn go_on_in_situ(&mut self, state: State<R>) {
        let Self { in_situ: Some(learning), net, parameters, .. } = self else { return };
        learning.go_on(net, state, parameters);
    }

    /// How.
    #[must_use]
    pub fn exact(&self) -> &Exact {
        &self.exact
    }

    /// What is trained.
    #[must_use]
    pub fn net(&self) -> &Net {
        &self.net
    }

    /// The weights that are tested, in the unit of their kernels: their average, if one is kept.
    #[must_use]
    pub fn weights(&self) -> Weights<R> {
        if self.adam.average.is_empty() {
            return self.parameters.to_weights(&self.net);
        }
        let mut averaged = self.parameters.clone();
        averaged.learn(&self.net, self.adam.average.iter().copied());
        averaged.to_weights(&self.net)
    }

    /// Trains on the samples at `order`, in that order; sample k of it is episode `first_episode` + k. `so_far` is what it did
    /// before it came back early, or nothing; it comes back between two batches.
    ///
    /// # Errors
    /// If weights are no longer finite.
    pub fn epoch(
        &mut self,
        so_far: EpochReport,
        epoch: Epoch<'_, FirstSpikes>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError> {
        (R::entries().layered)(self, so_far, epoch, threads, advance)
    }

    /// Keeps weights where their devices can have them.
    fn keep_within(&mut self, team: &Team) {
        let Self { exact, net, parameters, .. } = self;
        for devices in &exact.devices {
            let most = R::from_f64(devices.mapping.w_max());
            for (layer, matrix) in net.layers.iter().zip(&mut parameters.weights) {
                for input in layer.inputs.iter().filter(|input| input.projection == devices.projection) {
                    let weights = &mut matrix[input.first_weight..input.first_weight + input.weights];
                    team.share(weights.chunks_mut(STRETCH), |weights| {
                        for w in weights {
                            *w = if *w > most { most } else { *w };
                            *w = if *w < -most { -most } else { *w };
                        }
                    });
                }
            }
        }
    }

    /// Looks at the gradient of a step that has been taken.
    fn look(&mut self) {
        let Self { gradients: (sums, steps), net, pieces, clipped, .. } = self;
        let Some(first) = pieces.first() else { return };
        for (index, layer) in net.layers.iter().enumerate() {
            let learned = &first.gradient.weights[index][..layer.learned];
            let touched =
                learned.chunks(layer.stride).zip(&first.touched[index]).filter(|(_, touched)| **touched);
            let square = |block: &[R]| block.iter().fold(0.0, |sum, g| sum + g.to_f64() * g.to_f64());
            let sum = touched.fold(0.0, |sum, (block, _)| sum + square(block));
            // As it was before it was clipped.
            sums[layer.population] += (sum / layer.learned.max(1) as f64).sqrt() / *clipped;
        }
        *steps += 1;
    }

    /// Which layer has weights that are no numbers, or too large ones.
    fn diverged(&self) -> SimulationError {
        let finite = |weights: &Vec<R>| weights.iter().all(|w| w.to_f64().is_finite());
        let bad = self.parameters.weights.iter().position(|weights| !finite(weights));
        let endless = self.pieces.iter().find_map(|piece| piece.runaway).filter(|_| bad.is_none());
        let layer =
            bad.or(endless.map(|(layer, _)| layer)).unwrap_or(self.net.layers.len().saturating_sub(1));
        let largest = |weights: &Vec<R>| weights.iter().fold(0.0, |most: f64, w| most.max(w.to_f64().abs()));
        let why = match endless {
            None => Divergence::NoNumber,
            Some((_, Runaway::Pieces)) => Divergence::Pieces,
            Some((_, Runaway::Arrivals)) => Divergence::Arrivals,
            // The first batch has had its step by now.
            Some((_, Runaway::Spikes)) if self.adam.steps <= 1 => {
                Divergence::FromTheStart { largest: self.parameters.weights.get(layer).map_or(0.0, largest) }
            }
            Some((_, Runaway::Spikes)) => Divergence::Spikes,
        };
        let population = self.net.layers.get(layer).map_or(0, |layer| layer.population);
        SimulationError::Diverged { population: self.net.network.populations[population].name.clone(), why }
    }

    /// Raises the weights to neurons that hardly fired in a batch, and lowers those to neurons that fired too often; of neurons that
    /// share weights, to kinds that did.
    fn keep_active(&mut self, samples: usize) {
        let Self { exact: Exact { activity: Some(activity), .. }, net, parameters, pieces, in_situ, .. } =
            self
        else {
            return;
        };
        let lists = in_situ.as_mut().map_or(&mut parameters.weights, |learning| &mut learning.state.chi);
        let hidden = net.layers.len().saturating_sub(1);
        for (index, layer) in net.layers[..hidden].iter().enumerate() {
            let each = layer.size / layer.maps;
            let fired = |map: usize| {
                let neurons = map * each..(map + 1) * each;
                let fired = pieces.iter().flat_map(|piece| &piece.active[index][neurons.clone()]);
                f64::from(fired.sum::<u32>()) / (samples * each) as f64
            };
            let rates: Vec<f64> = (0..layer.maps).map(fired).collect();
            let (floor, ceiling) = (activity.floor, activity.ceiling);
            let few: &dyn Fn(f64) -> bool = &|rate| rate < floor;
            for (which, change) in [(few, activity.raise), (&|rate| rate > ceiling, -activity.lower)] {
                let which = |&rate: &f64| std::iter::repeat_n(which(rate), each);
                let neurons: Vec<bool> = rates.iter().flat_map(which).collect();
                if neurons.contains(&true) {
                    let change = R::from_f64(change);
                    layer.weights_to(&neurons, |place| lists[index][place] += change);
                }
            }
        }
    }
}

impl<R: Scalar> Descent<R> for Layered<R> {
    type Code = FirstSpikes;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn adam(&self) -> &OptimizerState<R> {
        &self.adam
    }

    fn learned(&self) -> (&Network, Vec<usize>) {
        let inputs = self.net.layers.iter().flat_map(|layer| &layer.inputs).filter(|input| input.learns);
        (&self.net.network, inputs.map(|input| input.projection).collect())
    }

    fn current(&self) -> Cow<'_, Weights<R>> {
        Cow::Owned(self.parameters.to_weights(&self.net))
    }

    fn devices(&self, projection: usize, weight: f64) -> Option<[f64; 2]> {
        let devices = self.exact.devices.iter().find(|devices| devices.projection == projection)?;
        let mut inputs = self.net.layers.iter().flat_map(|layer| &layer.inputs);
        let input = inputs.find(|input| input.projection == projection)?;
        Some(devices.mapping.sides(weight * input.gain))
    }

    fn observe(&mut self, observed: bool) {
        self.observed = observed;
    }

    fn descend(
        &mut self,
        team: &Team,
        (samples, _): (Samples<'_, FirstSpikes>, &AtomicBool),
        batch: &[u32],
        first: u64,
    ) -> Result<bool, SimulationError> {
        let Self { settings, exact, net, parameters, pieces, programmed, adam, observed, .. } = &mut *self;
        let parameters = match programmed {
            Some(programmed) => {
                let draw = (settings.seed, adam.steps);
                let lines = batch.iter().flat_map(|&sample| samples.code.sample(sample as usize));
                program(team, net, &exact.devices, draw, lines.map(|spike| spike.1), parameters, programmed)?;
                &*programmed
            }
            None => &*parameters,
        };
        let observed = *observed;
        let lesson = Lesson { settings, exact, net, parameters, samples, observed };
        team.share(pieces.iter_mut().enumerate(), |(index, worker)| {
            worker.forget();
            for position in piece(batch.len(), index, PIECES) {
                worker.train(&lesson, batch[position] as usize, first + position as u64);
            }
        });
        Ok(true)
    }

    fn step(&mut self, team: &Team, samples: usize, rate: f64) {
        let Self { settings, exact, net, parameters, adam, pieces, in_situ, clipped, .. } = &mut *self;
        let bound = settings.bound.map(R::from_f64);
        let step = adam.next(&settings.optimizer, (rate, 1.0), bound);
        let mut mean = 1.0 / samples as f64;
        *clipped = 1.0;
        if settings.optimizer.clip.is_some() {
            let layers = net.layers.iter().enumerate();
            let squares = layers.fold(0.0, |sum, (index, layer)| sum + squares(pieces, index, layer));
            *clipped = settings.optimizer.scale(mean * squares.sqrt());
            mean *= *clipped;
        }
        let mean = R::from_f64(mean);
        let mut moments = (&mut adam.first[..], &mut adam.second[..]);
        for (index, layer) in net.layers.iter().enumerate() {
            let learned = layer.learned;
            let list = match in_situ {
                Some(learning) => &mut learning.state.chi[index],
                None => &mut parameters.weights[index],
            };
            let numbers = (&mut list[..learned], front(&mut moments, learned));
            update(team, (step, mean), (index, layer.stride), numbers, pieces, |all| &mut all.weights);
        }
        if let Some(learned) = exact.delays {
            let step = step.with_rate(learned.schedule.at(adam.steps - 1));
            for (index, delays) in parameters.delays.iter_mut().enumerate().filter(|(_, d)| !d.is_empty()) {
                let of_delays = front(&mut moments, delays.len());
                let numbers = (&mut delays[..], of_delays);
                let stride = net.layers[index].stride;
                update(team, (step, mean), (index, stride), numbers, pieces, |all| &mut all.delays);
                learned.keep_within(delays);
            }
        }
        let thresholds: Lists<R> = |all| &mut all.thresholds;
        for (learned, lists) in [(exact.thresholds, thresholds), (exact.taus, |all| &mut all.taus)] {
            let Some(learned) = learned else { continue };
            let step = step.with_rate(learned.schedule.at(adam.steps - 1));
            for (index, values) in lists(parameters).iter_mut().enumerate() {
                let (first, second) = front(&mut moments, values.len());
                let of_pieces = pieces.iter_mut().map(|piece| &lists(&mut piece.gradient)[index]);
                let mut sum = vec![R::ZERO; values.len()];
                for list in of_pieces {
                    sum.iter_mut().zip(list).for_each(|(sum, &gain)| *sum += gain);
                }
                sum.iter_mut().for_each(|gain| *gain *= mean);
                step.apply(values, &sum, first, second);
                learned.keep_within(values);
            }
        }
        if let Some((sum, rest)) = pieces.split_first_mut() {
            for (index, touched) in sum.touched.iter_mut().enumerate() {
                for (block, touched) in touched.iter_mut().enumerate() {
                    *touched |= rest.iter().any(|piece| piece.touched[index][block]);
                }
            }
        }
        if self.adam.steps % EVERY == 1 {
            self.look();
        }
        self.keep_active(samples);
        self.keep_within(team);
        self.adam.take_average(&self.settings.optimizer, self.parameters.learned(&self.net));
        let Self { in_situ: Some(learning), net, parameters, pieces, .. } = self else { return };
        learning.book_reads(net, |projection| {
            let mut counts = Vec::new();
            for rows in pieces.iter().filter_map(|piece| piece.shown.totals.rows.get(projection)) {
                counts.resize(counts.len().max(rows.len()), 0);
                counts.iter_mut().zip(rows).for_each(|(sum, count)| *sum += count);
            }
            counts
        });
        learning.apply(team, net, parameters);
    }

    fn hand_on(
        &mut self,
        report: &mut EpochReport,
        fingerprint: &mut Fingerprint,
        observer: &mut Option<&mut dyn Observer>,
    ) -> Result<(), SimulationError> {
        for piece in &mut self.pieces {
            piece.shown.hand_on("training", fingerprint, observer);
            report.loss_sum += std::mem::take(&mut piece.loss);
            report.correct += std::mem::take(&mut piece.correct);
            report.squared_error += std::mem::take(&mut piece.squared_error);
            report.silent += std::mem::take(&mut piece.silent);
            report.totals.merge(&std::mem::take(&mut piece.shown.totals));
        }
        let (sums, steps) = &mut self.gradients;
        report.gradients.resize(sums.len(), 0.0);
        report.gradients.iter_mut().zip(sums).for_each(|(sum, part)| *sum += std::mem::take(part));
        report.looked_at += std::mem::take(steps);
        let finite = self.in_situ.as_ref().is_none_or(InSitu::is_finite);
        if report.loss_sum.is_finite() && finite { Ok(()) } else { Err(self.diverged()) }
    }
}

/// What every piece of a batch is given.
struct Lesson<'a, R: Scalar> {
    settings: &'a Settings,
    exact: &'a Exact,
    net: &'a Net,
    parameters: &'a Parameters<R>,
    samples: Samples<'a, FirstSpikes>,
    observed: bool,
}

impl<R: Scalar> Piece<R> {
    /// Back to no gradient and no spikes. (The first piece's has become the sum of all.)
    fn forget(&mut self) {
        self.active.iter_mut().for_each(|active| active.fill(0));
        let Parameters { thresholds, taus, .. } = &mut self.gradient;
        thresholds.iter_mut().chain(taus).for_each(|list| list.fill(R::ZERO));
        self.touched.iter_mut().for_each(|touched| touched.fill(false));
    }

    /// Notes the blocks over which something arrived in the sample, and begins the gradient of those that are new in the batch.
    fn touch(&mut self, net: &Net) {
        let Parameters { weights, delays, .. } = &mut self.gradient;
        let layers = net.layers.iter().zip(&self.passage.tapes).zip(&mut self.touched);
        for (index, ((layer, tape), touched)) in layers.enumerate() {
            let mut touch = |block: usize| {
                if std::mem::replace(&mut touched[block], true) {
                    return;
                }
                let lists = [weights.get_mut(index), delays.get_mut(index)];
                for list in lists.into_iter().flatten().filter(|list| !list.is_empty()) {
                    let end = list.len().min((block + 1) * layer.stride);
                    list[block * layer.stride..end].fill(R::ZERO);
                }
            };
            for arrival in &tape.arrivals {
                match layer.listed(arrival) {
                    _ if arrival.column != NONE => touch(arrival.row as usize / layer.stride),
                    None => touch(arrival.row as usize),
                    Some(synapses) => {
                        synapses.iter().for_each(|synapse| touch(synapse.weight as usize / layer.stride));
                    }
                }
            }
        }
    }

    fn train(&mut self, lesson: &Lesson<'_, R>, sample: usize, episode: u64) {
        let Lesson { settings, exact, net, parameters, samples, observed } = *lesson;
        let (passage, end) = (&mut self.passage, settings.presentation);
        let presented = (samples.code.sample(sample), (settings.seed, episode), end);
        let until = self.shown.present(net, parameters, presented, observed, passage);
        let label = usize::from(samples.labels[sample]);
        let target = samples.targets.map_or(Target::Class(label), |all| Target::Scores(all.of(sample)));
        let answer = passage.judge(net, parameters, until, &exact.loss, Some(target));
        self.loss += answer.loss;
        self.correct += u64::from(answer.class == label);
        self.squared_error += answer.squared_error;
        self.silent += u64::from(answer.decided.is_none());
        if let Some(runaway) = passage.runaway() {
            // What led there is no gradient.
            self.runaway.get_or_insert(runaway);
            return;
        }
        self.touch(net);
        let slopes = Slopes {
            least: R::from_f64(exact.least_slope),
            surrogate: exact.surrogate,
            window: exact.window.map(|window| R::from_f64(window.as_seconds() * 1e3)),
        };
        self.passage.backward(net, parameters, slopes, &mut self.gradient);
        for (active, tape) in self.active.iter_mut().zip(&self.passage.tapes) {
            tape.spikes.iter().for_each(|&(_, neuron)| active[neuron as usize] += 1);
        }
    }
}
