//! Training of all layers of a network: batches in pieces, one order of adding up, Adam.

use super::loss::Loss;
use super::passage::{Parameters, Passage};
use super::show::{Samples, Shown, Shows};
use crate::crossbar::{Array, Draw, Shape};
use crate::engine::lockstep::Net;
use crate::engine::{SimulationError, Threads};
use crate::network::Weights;
use crate::numeric::Real;
use crate::simd::{Work, vectorised};
use crate::synapse::{Mapping, Spread};
use crate::time::Time;
use crate::training::adam::{AdamState, AdamStep, Schedule};
use crate::training::supervised::{Advance, EpochReport};
use crate::training::{PIECES, Scalar, Until, piece};
use serde::{Deserialize, Serialize};

/// What training needs to know besides network and data.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Of what is drawn.
    pub seed: u64,
    /// Samples per update.
    pub batch: usize,
    /// How long a sample is shown.
    pub presentation: Time,
    /// What is wanted of the read-out.
    pub loss: Loss,
    /// The least V' of a spike that is divided by, per tau_m and in units of the threshold: a spike that only just comes about
    /// moves far with its weights, and its gradient is cut there.
    pub least_slope: f64,
    /// Keeps neurons from falling silent for good, if so.
    pub activity: Option<Activity>,
    /// In units of the threshold.
    pub schedule: Schedule,
    /// Decay per step of Adam's two means.
    pub betas: (f64, f64),
    /// Added to Adam's root, so that nothing is divided by zero.
    pub epsilon: f64,
    /// Bound on |w| in units of the threshold.
    pub bound: Option<f64>,
    /// How delays of single synapses learn; `None`: they stay.
    pub delays: Option<LearnedDelays>,
    /// Devices that weights are programmed onto anew for every batch: samples see what these have, and the gradient is applied to
    /// the weights as it comes (straight through).
    pub devices: Vec<Programmed>,
}

/// The devices of a projection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Programmed {
    /// Its index.
    pub projection: usize,
    /// From weights in units of the threshold; they are kept within it.
    pub mapping: Mapping,
    /// How far from its target a conductance ends up.
    pub spread: Spread,
}

/// Programmings of a training begin with this draw: they are those of no test.
const FIRST_DRAW: u64 = 1 << 40;

/// How delays of single synapses learn: by Adam, with the means of the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LearnedDelays {
    /// In ms.
    pub schedule: Schedule,
    /// The longest there may be, in ms.
    pub longest: f64,
}

/// An auxiliary term outside the gradient: a neuron that is not of the read-out, and fired in the samples of a batch less often
/// than `floor` times per sample, gets `raise` more (in units of the threshold) on all weights that lead to it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Activity {
    /// Spikes per sample.
    pub floor: f64,
    /// In units of the threshold.
    pub raise: f64,
}

/// Weights of all layers in training.
pub struct Layered<R: Scalar> {
    settings: Settings,
    net: Net,
    /// As they are now, in units of the threshold.
    pub parameters: Parameters<R>,
    /// Adam's means of their gradient, layer after layer.
    pub adam: AdamState<R>,
    pieces: Vec<Piece<R>>,
    /// What the devices have of `parameters`, where there are any.
    programmed: Option<Parameters<R>>,
}

/// What an epoch reads, and where it reports: as [`crate::training::Epoch`].
pub type LayeredEpoch<'a, 'b> = (Samples<'a>, &'a [u32], u64, Until<'a>, Shows<'a, 'b>);

struct Piece<R: Scalar> {
    passage: Passage<R>,
    shown: Shown<R>,
    gradient: Parameters<R>,
    loss: f64,
    correct: u64,
    silent: u64,
    /// Spikes of every neuron of each layer.
    active: Vec<Vec<u32>>,
}

impl<R: Scalar> Layered<R> {
    /// Training that starts from these weights, in the unit of their kernels.
    #[must_use]
    pub fn new(net: Net, settings: Settings, weights: &Weights<R>) -> Self {
        let parameters = Parameters::of(&net, weights);
        let mut gradient = parameters.zeroed();
        if settings.delays.is_none() {
            // What stays has no gradient.
            gradient.delays.clear();
        }
        let learned = net.layers.iter().map(|layer| layer.learned);
        let count = learned.chain(gradient.delays.iter().map(Vec::len)).sum();
        let pieces = (0..PIECES).map(|_| Piece {
            passage: Passage::default(),
            shown: Shown::default(),
            gradient: gradient.clone(),
            loss: 0.0,
            correct: 0,
            silent: 0,
            active: net.layers.iter().map(|layer| vec![0; layer.size]).collect(),
        });
        let pieces = pieces.collect();
        let programmed = (!settings.devices.is_empty()).then(|| parameters.clone());
        Self { settings, pieces, net, parameters, adam: AdamState::new(count), programmed }
    }

    /// The weights in the unit of their kernels.
    #[must_use]
    pub fn weights(&self) -> Weights<R> {
        self.parameters.to_weights(&self.net)
    }

    /// Trains on the samples at `order`, in that order; sample k of it is episode `first_episode` + k. `so_far` is what it did
    /// before it came back early, or nothing; it comes back between two batches.
    ///
    /// # Errors
    /// If weights are no longer finite.
    pub fn epoch(
        &mut self,
        so_far: EpochReport,
        epoch: LayeredEpoch<'_, '_>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError> {
        (R::entries().layered)(self, so_far, epoch, threads, advance)
    }

    pub(in crate::training) fn epoch_in(
        &mut self,
        mut report: EpochReport,
        (samples, order, first_episode, until, mut shows): LayeredEpoch<'_, '_>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError> {
        let size = self.settings.batch.max(1);
        let done = report.presented.div_ceil(size as u64) as usize;
        let team = threads.team();
        for (number, batch) in order.chunks(size).enumerate().skip(done) {
            if until.stops() {
                break;
            }
            let first = first_episode + (number * size) as u64;
            self.program()?;
            let Self { settings, net, parameters, pieces, programmed, .. } = &mut *self;
            let parameters = programmed.as_ref().unwrap_or(parameters);
            let observed = shows.observed();
            let lesson = Lesson { settings, net, parameters, samples, observed };
            team.share(pieces.iter_mut().enumerate(), |(index, worker)| {
                worker.gradient.clear();
                for position in piece(batch.len(), index, PIECES) {
                    worker.train(&lesson, batch[position] as usize, first + position as u64);
                }
            });
            report.learning_rate = self.settings.schedule.at(self.adam.steps);
            self.step(batch.len(), report.learning_rate);
            self.keep_active(batch.len());
            self.keep_within();
            for piece in &mut self.pieces {
                piece.shown.hand_on("training", &mut shows);
                report.loss_sum += std::mem::take(&mut piece.loss);
                report.correct += std::mem::take(&mut piece.correct);
                report.silent += std::mem::take(&mut piece.silent);
                report.totals.merge(&std::mem::take(&mut piece.shown.totals));
            }
            report.presented += batch.len() as u64;
            if !report.loss_sum.is_finite() {
                return Err(self.diverged());
            }
            advance(report.presented, report.loss(), report.accuracy());
            if (until.due)() {
                break;
            }
        }
        Ok(report)
    }

    /// Puts the weights into their devices.
    fn program(&mut self) -> Result<(), SimulationError> {
        let Self { settings, net, parameters, adam, programmed: Some(programmed), .. } = &mut *self else {
            return Ok(());
        };
        programmed.clone_from(parameters);
        for devices in &settings.devices {
            let layers = net.layers.iter().zip(&mut programmed.weights);
            for (layer, matrix) in layers {
                let own = layer.inputs.iter().filter(|input| input.projection == devices.projection);
                for input in own {
                    let own = &mut matrix[input.first_weight..input.first_weight + input.weights];
                    // A listed input has an array of its weights, one after another.
                    let (stride, size) =
                        if input.reach.is_some() { (1, 1) } else { (layer.stride, layer.size) };
                    let rows = own.chunks(stride);
                    let values: Vec<f64> =
                        rows.flat_map(|row| row[..size].iter().map(|w| w.to_f64())).collect();
                    let shape = Shape { rows: input.weights / stride, cols: size };
                    let (seed, entity) = (settings.seed, devices.projection as u32);
                    let draw = Draw { seed, entity, draw: FIRST_DRAW + adam.steps };
                    let array = Array::program(shape, &values, &devices.mapping, &devices.spread, draw);
                    let Ok(array) = array else {
                        let population = net.network.populations[layer.population].name.clone();
                        return Err(SimulationError::Diverged { population });
                    };
                    for (row, values) in own.chunks_mut(stride).zip(array.weights().chunks(size)) {
                        row.iter_mut().zip(values).for_each(|(w, &value)| *w = R::from_f64(value));
                    }
                }
            }
        }
        Ok(())
    }

    /// Keeps weights where their devices can have them.
    fn keep_within(&mut self) {
        let Self { settings, net, parameters, .. } = self;
        for devices in &settings.devices {
            let most = R::from_f64(devices.mapping.w_max());
            for (layer, matrix) in net.layers.iter().zip(&mut parameters.weights) {
                for input in layer.inputs.iter().filter(|input| input.projection == devices.projection) {
                    for w in &mut matrix[input.first_weight..input.first_weight + input.weights] {
                        *w = if *w > most { most } else { *w };
                        *w = if *w < -most { -most } else { *w };
                    }
                }
            }
        }
    }

    /// Which layer has weights that are no numbers, or too large ones.
    fn diverged(&self) -> SimulationError {
        let layers = self.net.layers.iter().zip(&self.parameters.weights);
        let bad = layers.filter(|(_, weights)| weights.iter().any(|w| !w.to_f64().is_finite()));
        let first = bad.map(|(layer, _)| layer.population).next();
        let population = first.or(self.net.layers.last().map(|layer| layer.population)).unwrap_or(0);
        SimulationError::Diverged { population: self.net.network.populations[population].name.clone() }
    }

    /// Adds the pieces' gradients in order and takes one step of Adam.
    fn step(&mut self, samples: usize, rate: f64) {
        let Self { settings, net, parameters, adam, pieces, .. } = self;
        let bound = settings.bound.map(R::from_f64);
        let step = adam.next(rate, settings.betas, settings.epsilon, bound);
        let mean = R::from_f64(1.0 / samples as f64);
        let Some((sum, rest)) = pieces.split_first_mut() else { return };
        let (mut first, mut second) = (&mut adam.first[..], &mut adam.second[..]);
        for (layer, (weights, sum)) in
            parameters.weights.iter_mut().zip(&mut sum.gradient.weights).enumerate()
        {
            let learned = net.layers[layer].learned;
            let (weights, sum) = (&mut weights[..learned], &mut sum[..learned]);
            let (one, more) = first.split_at_mut(learned);
            let (two, others) = second.split_at_mut(learned);
            (first, second) = (more, others);
            for part in rest.iter() {
                vectorised(AddUp(sum, &part.gradient.weights[layer][..learned]));
            }
            vectorised(Step { step, mean, weights, sum, first: one, second: two });
        }
        let Some(learned) = settings.delays else { return };
        let step = step.with_rate(learned.schedule.at(adam.steps - 1) / (1.0 - adam.beta1_power));
        let longest = R::from_f64(learned.longest);
        for (layer, (delays, sum)) in parameters.delays.iter_mut().zip(&mut sum.gradient.delays).enumerate() {
            let (one, more) = first.split_at_mut(delays.len());
            let (two, others) = second.split_at_mut(delays.len());
            (first, second) = (more, others);
            for part in rest.iter() {
                vectorised(AddUp(sum, &part.gradient.delays[layer]));
            }
            vectorised(Step { step, mean, weights: delays, sum, first: one, second: two });
            for delay in delays {
                *delay = if *delay > longest { longest } else { *delay };
                *delay = if *delay < R::ZERO { R::ZERO } else { *delay };
            }
        }
    }

    /// Raises the weights to neurons that hardly fired in a batch; of those that share weights, to kinds that hardly did.
    fn keep_active(&mut self, samples: usize) {
        let Self { settings, net, parameters, pieces, .. } = self;
        let last = net.layers.len().saturating_sub(1);
        for (index, layer) in net.layers.iter().enumerate() {
            let activity = settings.activity.filter(|_| index < last);
            let each = layer.size / layer.maps;
            let mut silent = vec![false; layer.size];
            for map in silent.chunks_mut(each).enumerate() {
                let neurons = map.0 * each..(map.0 + 1) * each;
                let mut fired = 0;
                for piece in pieces.iter_mut() {
                    fired += piece.active[index][neurons.clone()].iter().sum::<u32>();
                    piece.active[index][neurons.clone()].fill(0);
                }
                let floor = activity.map_or(0.0, |activity| activity.floor);
                map.1.fill(f64::from(fired) < floor * (samples * each) as f64);
            }
            if let Some(activity) = activity.filter(|_| silent.contains(&true)) {
                let raise = R::from_f64(activity.raise);
                layer.weights_to(&silent, |place| parameters.weights[index][place] += raise);
            }
        }
    }
}

struct AddUp<'a, R>(&'a mut [R], &'a [R]);

impl<R: Real> Work for AddUp<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        self.0.iter_mut().zip(self.1).for_each(|(sum, &part)| *sum += part);
    }
}

struct Step<'a, R> {
    step: AdamStep<R>,
    mean: R,
    weights: &'a mut [R],
    sum: &'a mut [R],
    first: &'a mut [R],
    second: &'a mut [R],
}

impl<R: Real> Work for Step<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { step, mean, weights, sum, first, second } = self;
        sum.iter_mut().for_each(|g| *g *= mean);
        step.apply(weights, sum, first, second);
    }
}

/// What every piece of a batch is given.
struct Lesson<'a, R: Scalar> {
    settings: &'a Settings,
    net: &'a Net,
    parameters: &'a Parameters<R>,
    samples: Samples<'a>,
    observed: bool,
}

impl<R: Scalar> Piece<R> {
    fn train(&mut self, lesson: &Lesson<'_, R>, sample: usize, episode: u64) {
        let Lesson { settings, net, parameters, samples, observed } = *lesson;
        let (passage, end) = (&mut self.passage, settings.presentation);
        let presented = (samples.code.sample(sample), (settings.seed, episode), end);
        let until = self.shown.present(net, parameters, presented, observed, passage);
        let label = usize::from(samples.labels[sample]);
        let answer = passage.judge(net, parameters, until, &settings.loss, Some(label));
        self.loss += answer.loss;
        self.correct += u64::from(answer.class == label);
        self.silent += u64::from(answer.decided.is_none());
        let least = R::from_f64(settings.least_slope);
        passage.backward(net, parameters, least, &mut self.gradient);
        for (active, tape) in self.active.iter_mut().zip(&passage.tapes) {
            tape.spikes.iter().for_each(|&(_, neuron)| active[neuron as usize] += 1);
        }
    }
}
