//! Supervised training of one dense projection: softmax over spike counts, surrogate gradient at the
//! input events, Adam. Data-parallel over the pieces of a batch with one fixed reduction order.

use super::adam::{AdamState, AdamStep, Schedule};
use super::held_tape::HeldTape;
use super::presenter::{Presenter, Samples, Totals};
use super::sampled::Sampled;
use super::scalar::{Epoch, Scalar};
use super::tape::{Recorder, Tape};
use super::{PIECES, piece};
use crate::engine::{Engine, Observer, Record, SimulationError, Team, Threads};
use crate::network::{Network, Population, Weights, stride};
use crate::neuron::Reset;
use crate::numeric::Real;
use crate::plasticity::Change;
use crate::random::{Purpose, Stream};
use crate::readout::cross_entropy;
use crate::simd::{Work, vectorised};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// What training needs to know besides network and data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Which engine presents the samples.
    pub engine: Engine,
    /// The projection that learns.
    pub projection: usize,
    /// Of the samples' spikes.
    pub seed: u64,
    /// Samples per update of the weights.
    pub batch: usize,
    /// How long a sample is shown.
    pub presentation: Time,
    /// Softmax gain on counts.
    pub count_gain: f64,
    /// beta of the surrogate, per (v_th - u_rest).
    pub steepness: f64,
    /// In units of v_th - u_rest.
    pub schedule: Schedule,
    /// Decay per step of Adam's two means.
    pub betas: (f64, f64),
    /// Added to Adam's root, so that nothing is divided by zero.
    pub epsilon: f64,
    /// Bound on |w| in units of v_th - u_rest.
    pub bound: Option<f64>,
}

/// What an epoch did.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochReport {
    /// Presentations made; fewer than the samples if it came back early.
    pub presented: u64,
    /// How many were answered rightly, as they were shown.
    pub correct: u64,
    /// Presentations in which no neuron of the read-out fired, where that is told.
    pub silent: u64,
    /// Softmax cross-entropy, summed over the presentations.
    pub loss_sum: f64,
    /// Spikes and other events, over all presentations.
    pub totals: Totals,
    /// That of the last step, in units of v_th - u_rest.
    pub learning_rate: f64,
}

impl EpochReport {
    /// Mean loss per presentation.
    #[must_use]
    pub fn loss(&self) -> f64 {
        if self.presented == 0 { 0.0 } else { self.loss_sum / self.presented as f64 }
    }

    /// Fraction answered rightly while training.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        if self.presented == 0 { 0.0 } else { self.correct as f64 / self.presented as f64 }
    }
}

/// Called after every batch: presentations so far in this epoch, mean loss, accuracy.
pub type Advance<'a> = &'a mut dyn FnMut(u64, f64, f64);

/// Weights in training and the workers that compute their gradient.
pub struct Trainer<R: Scalar> {
    settings: Settings,
    theta: f64,
    /// Neurons that the projection goes to.
    columns: usize,
    /// As they are now, of all projections.
    pub weights: Weights<R>,
    /// Adam's means of their gradient.
    pub adam: AdamState<R>,
    pieces: Vec<Piece<R>>,
    readout: Readout,
    /// Tapes not in use: as many as there are threads, so that they stay in the cache. One of the two lists
    /// is used.
    tapes: Mutex<Vec<Tape<R>>>,
    held_tapes: Mutex<Vec<HeldTape<R>>>,
}

/// What a spike does to the neurons of the read-out.
#[derive(Clone, Copy, Debug)]
struct Readout {
    /// The reset goes to a level, whatever the membrane was.
    forgets: bool,
    /// Some arrivals are lost, or thresholds differ.
    holds: bool,
    /// A jump may be several spikes.
    drains: bool,
}

impl Readout {
    fn of(population: &Population) -> Self {
        Self {
            forgets: !population.lif.reset.subtracts(),
            holds: population.lif.t_ref.get() > 0.0
                || population.neuron.varies()
                || !population.lif.floor.is_none(),
            drains: population.lif.reset == Reset::Subtract,
        }
    }
}

/// One piece of every batch.
struct Piece<R: Scalar> {
    presenter: Presenter<R>,
    gradient: Vec<R>,
    error: Vec<f64>,
    rounded: Vec<R>,
    loss: f64,
    correct: u64,
    totals: Totals,
}

impl<R: Scalar> Trainer<R> {
    /// A trainer that starts from `weights`.
    #[must_use]
    pub fn new(network: &Arc<Network>, settings: Settings, weights: Weights<R>) -> Self {
        let population = network.projections[settings.projection].to;
        let columns = network.populations[population].size;
        let length = weights.projections[settings.projection].len();
        let pieces = (0..PIECES)
            .map(|_| Piece {
                presenter: Presenter::new(settings.engine, network, population, settings.seed),
                gradient: vec![R::ZERO; length],
                error: vec![0.0; stride(columns)],
                rounded: vec![R::ZERO; stride(columns)],
                loss: 0.0,
                correct: 0,
                totals: Totals::default(),
            })
            .collect();
        let readout = &network.populations[population];
        Self {
            settings,
            theta: readout.lif.theta(),
            readout: Readout::of(readout),
            weights,
            columns: columns as usize,
            adam: AdamState::new(length),
            pieces,
            tapes: Mutex::default(),
            held_tapes: Mutex::default(),
        }
    }

    /// Trains on the samples at `order`, in that order; sample k of it is episode `first_episode` + k. `so_far` is what it
    /// did before it came back early, or nothing; it comes back between two batches.
    ///
    /// # Errors
    /// If a sample cannot be presented.
    pub fn epoch(
        &mut self,
        so_far: EpochReport,
        epoch: Epoch<'_>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError> {
        (R::entries().train)(self, so_far, epoch, threads, advance)
    }

    pub(super) fn epoch_in(
        &mut self,
        mut report: EpochReport,
        (samples, order, first_episode, until, fingerprint, mut observer): Epoch<'_>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError> {
        let size = self.settings.batch.max(1);
        let done = report.presented.div_ceil(size as u64) as usize;
        let team = threads.team();
        for piece in &mut self.pieces {
            piece.presenter.observe(observer.is_some());
        }
        let sampled = Sampled::wanted(observer.as_ref(), self.settings.projection, self.columns);
        // Epochs before this one had as many samples.
        let batches = order.len().div_ceil(size).max(1) as u64;
        let earlier = self.adam.steps / batches * order.len() as u64;
        let stride = stride(self.columns as u32);
        if let (Some(sampled), 0) = (&sampled, self.adam.steps) {
            sampled.tell((0, 0), (self.learned(), stride), &mut observer);
        }
        for (number, batch) in order.chunks(size).enumerate().skip(done) {
            if until.stops() {
                break;
            }
            let _span = tracing::debug_span!(target: "memspike::span", "batch", number).entered();
            let first = first_episode + (number * size) as u64;
            self.gradients(&team, (samples, until.stop), batch, first);
            if self.pieces.iter().any(|piece| piece.presenter.cut()) {
                self.pieces.iter_mut().for_each(Piece::discard);
                break;
            }
            report.learning_rate = self.settings.schedule.at(self.adam.steps);
            let told = observer.as_ref().is_some_and(|observer| observer.wants_changes());
            let before = if told { self.learned().to_vec() } else { Vec::new() };
            self.step(&team, batch.len(), report.learning_rate);
            for piece in &mut self.pieces {
                piece.presenter.hand_on("training", fingerprint, &mut observer)?;
                report.loss_sum += std::mem::take(&mut piece.loss);
                report.correct += std::mem::take(&mut piece.correct);
                report.totals.merge(&std::mem::take(&mut piece.totals));
            }
            if let (Some(observer), true) = (&mut observer, told) {
                self.tell(&before, first, *observer);
            }
            let shown = earlier + report.presented;
            report.presented += batch.len() as u64;
            if let Some(sampled) = &sampled {
                let weights = (self.learned(), stride);
                sampled.tell((shown, earlier + report.presented), weights, &mut observer);
            }
            advance(report.presented, report.loss(), report.accuracy());
            if (until.due)() {
                break;
            }
        }
        Ok(report)
    }

    fn learned(&self) -> &[R] {
        &self.weights.projections[self.settings.projection]
    }

    /// Tells of what a step of Adam has changed.
    fn tell(&self, before: &[R], episode: u64, observer: &mut dyn Observer) {
        let padded = self.pieces[0].error.len();
        for (k, (before, after)) in before.iter().zip(self.learned()).enumerate().filter(|(_, (b, a))| b != a)
        {
            let (row, column) = ((k / padded) as u32, (k % padded) as u32);
            let (before, after) = (before.to_f64(), after.to_f64());
            let change = Change { time: None, row, column, before, after, joules: None };
            let projection = self.settings.projection as u32;
            observer.record(episode, &Record::Change { projection, change });
        }
    }

    /// Each piece's gradient, in parallel.
    fn gradients(
        &mut self,
        team: &Team,
        (samples, stop): (Samples<'_>, &AtomicBool),
        batch: &[u32],
        first_episode: u64,
    ) {
        let Self { settings, theta, weights, pieces, readout, tapes, held_tapes, .. } = self;
        // Where no weight reaches the threshold, no membrane reaches two.
        let bar = R::from_f64(*theta);
        let several = readout.drains && weights.projections[settings.projection].iter().any(|&w| w >= bar);
        let at_once = pieces.first().is_none_or(|piece| piece.presenter.may_be_several(weights));
        pieces.iter_mut().for_each(|piece| piece.presenter.allow_several(at_once));
        let lesson =
            Lesson { settings, theta: *theta, weights, samples, stop, forgets: readout.forgets, several };
        if readout.forgets || readout.holds {
            teach(team, pieces, &lesson, held_tapes, (batch, first_episode));
        } else {
            teach(team, pieces, &lesson, tapes, (batch, first_episode));
        }
    }

    /// Adds the pieces' gradients in order and takes one step of Adam, some weights at a time.
    fn step(&mut self, team: &Team, samples: usize, rate: f64) {
        let Self { settings, theta, weights, adam, pieces, .. } = self;
        let bound = settings.bound.map(|bound| R::from_f64(bound * *theta));
        let step = adam.next(rate * *theta, settings.betas, settings.epsilon, bound);
        let mean = R::from_f64(1.0 / samples as f64);
        let Some((sum, rest)) = pieces.split_first_mut() else { return };
        let chunks =
            (weights.projections[settings.projection].chunks_mut(CHUNK).zip(sum.gradient.chunks_mut(CHUNK)))
                .zip(adam.first.chunks_mut(CHUNK).zip(adam.second.chunks_mut(CHUNK)))
                .enumerate();
        let rest = &*rest;
        team.share(chunks, |(number, ((weights, sum), (first, second)))| {
            let range = number * CHUNK..number * CHUNK + sum.len();
            let parts = rest.iter().map(|piece| &piece.gradient[range.clone()]);
            vectorised(Update { step, mean, weights, sum, parts, first, second });
        });
    }
}

/// Weights that are brought up to date together: their gradients stay in the first-level cache.
const CHUNK: usize = 1024;

/// One step of some weights: `sum` is the gradient of the first piece, `parts` are those of the others.
struct Update<'a, R, P> {
    step: AdamStep<R>,
    mean: R,
    weights: &'a mut [R],
    sum: &'a mut [R],
    parts: P,
    first: &'a mut [R],
    second: &'a mut [R],
}

impl<'a, R: Real, P: Iterator<Item = &'a [R]>> Work for Update<'_, R, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { step, mean, weights, sum, parts, first, second } = self;
        for part in parts {
            for (sum, &part) in sum.iter_mut().zip(part) {
                *sum += part;
            }
        }
        sum.iter_mut().for_each(|g| *g *= mean);
        step.apply(weights, sum, first, second);
    }
}

/// Each piece's gradient, in parallel, recorded on tapes of one kind.
fn teach<R, T>(
    team: &Team,
    pieces: &mut [Piece<R>],
    lesson: &Lesson<'_, R>,
    tapes: &Mutex<Vec<T>>,
    (batch, first_episode): (&[u32], u64),
) where
    R: Scalar,
    T: Recorder<R>,
{
    team.share(pieces.iter_mut().enumerate(), |(index, worker)| {
        worker.gradient.fill(R::ZERO);
        // A lock that another thread died holding still guards usable tapes.
        let mut tape = lock(tapes).pop().unwrap_or_default();
        let positions = piece(batch.len(), index, PIECES);
        for position in positions.clone() {
            if position + 1 < positions.end {
                lesson.samples.code.touch(batch[position + 1] as usize);
            }
            let sample = batch[position] as usize;
            let episode = first_episode + position as u64;
            worker.train(lesson, sample, episode, &mut tape);
        }
        lock(tapes).push(tape);
    });
}

/// What every piece of a batch is given.
struct Lesson<'a, R: Scalar> {
    settings: &'a Settings,
    theta: f64,
    weights: &'a Weights<R>,
    samples: Samples<'a>,
    /// Set when nobody wants its gradient any more.
    stop: &'a AtomicBool,
    forgets: bool,
    /// Whether a weight alone may carry a membrane past several thresholds.
    several: bool,
}

impl<R: Scalar> Piece<R> {
    /// Forgets the batch, which is shown again when training goes on.
    fn discard(&mut self) {
        self.presenter.discard();
        (self.loss, self.correct, self.totals) = (0.0, 0, Totals::default());
    }

    fn train<T: Recorder<R>>(&mut self, lesson: &Lesson<'_, R>, sample: usize, episode: u64, tape: &mut T) {
        let Lesson { settings, theta, weights, samples, stop, forgets, several } = *lesson;
        tape.prepare(R::from_f64(theta), forgets);
        if !self.presenter.present(
            weights,
            (samples.code, sample, episode, settings.presentation),
            stop,
            tape,
        ) {
            return;
        }
        self.presenter.encode(episode, tape.spikes());
        let label = usize::from(samples.labels[sample]);
        self.loss += cross_entropy(self.presenter.counts(), label, settings.count_gain, &mut self.error);
        self.correct += u64::from(self.presenter.answer() == label);
        for (rounded, &error) in self.rounded.iter_mut().zip(&self.error) {
            *rounded = R::from_f64(error);
        }
        let steepness = R::from_f64(settings.steepness / theta);
        tape.backward(&self.rounded, R::from_f64(theta), steepness, several, &mut self.gradient);
        self.totals.add_without_rows(self.presenter.all_counts(), settings.presentation);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// A random order of `count` samples for an epoch: Fisher-Yates, one word per exchange.
#[must_use]
pub fn shuffled(count: u32, seed: u64, epoch: u64) -> Vec<u32> {
    let mut order: Vec<u32> = (0..count).collect();
    let mut stream = Stream::new(seed, Purpose::Shuffle, 0, epoch);
    for last in (1..order.len()).rev() {
        let chosen = (u128::from(stream.next_word()) * (last as u128 + 1)) >> 64;
        order.swap(last, chosen as usize);
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_is_a_permutation_that_depends_on_the_epoch() {
        let first = shuffled(1000, 1, 0);
        let mut sorted = first.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
        assert_ne!(first, shuffled(1000, 1, 1));
        assert_eq!(first, shuffled(1000, 1, 0));
    }
}
