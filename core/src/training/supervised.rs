//! Supervised training of one dense projection: softmax over spike counts, surrogate gradient at the
//! input events, Adam. Data-parallel over the pieces of a batch with one fixed reduction order.

use super::epoch::{Advance, CHUNK, Descent, EpochReport, Settings, Update, squared_norm};
use super::held_tape::HeldTape;
use super::optimizer::OptimizerState;
use super::presenter::{Presenter, Samples, Totals};
use super::scalar::{Epoch, Scalar};
use super::tape::{Recorder, Tape};
use super::{PIECES, piece};
use crate::encoding::RateCode;
use crate::engine::{Engine, Observer, SimulationError, Team, Threads};
use crate::network::{Network, Population, Weights, stride};
use crate::neuron::Reset;
use crate::readout::cross_entropy;
use crate::record::Fingerprint;
use crate::simd::vectorised;
use std::borrow::Cow;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// The surrogate gradient of spike counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Surrogate {
    /// Which engine presents the samples.
    pub engine: Engine,
    /// The projection that learns.
    pub projection: usize,
    /// Softmax gain on counts.
    pub count_gain: f64,
    /// beta of the surrogate, per (v_th - u_rest).
    pub steepness: f64,
}

/// Weights in training and the workers that compute their gradient.
pub struct Trainer<R: Scalar> {
    network: Arc<Network>,
    settings: Settings,
    surrogate: Surrogate,
    theta: f64,
    /// As they are now, of all projections.
    pub weights: Weights<R>,
    /// Adam's means of their gradient.
    pub adam: OptimizerState<R>,
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
    pub fn new(
        network: &Arc<Network>,
        settings: Settings,
        surrogate: Surrogate,
        weights: Weights<R>,
    ) -> Self {
        let population = network.projections[surrogate.projection].to;
        let columns = network.populations[population].size;
        let length = weights.projections[surrogate.projection].len();
        let pieces = (0..PIECES)
            .map(|_| Piece {
                presenter: Presenter::new(surrogate.engine, network, population, settings.seed),
                gradient: vec![R::ZERO; length],
                error: vec![0.0; stride(columns)],
                rounded: vec![R::ZERO; stride(columns)],
                loss: 0.0,
                correct: 0,
                totals: Totals::default(),
            })
            .collect();
        let readout = &network.populations[population];
        let mut adam = OptimizerState::new(length);
        adam.begin_average(&settings.optimizer, weights.projections[surrogate.projection].iter().copied());
        Self {
            network: Arc::clone(network),
            settings,
            surrogate,
            theta: readout.lif.theta(),
            readout: Readout::of(readout),
            weights,
            adam,
            pieces,
            tapes: Mutex::default(),
            held_tapes: Mutex::default(),
        }
    }

    /// The weights that are tested: their average, if one is kept.
    #[must_use]
    pub fn tested(&self) -> Weights<R> {
        let mut weights = self.weights.clone();
        if !self.adam.average.is_empty() {
            weights.own(self.surrogate.projection).copy_from_slice(&self.adam.average);
        }
        weights
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

    /// Each piece's gradient, in parallel.
    fn gradients(
        &mut self,
        team: &Team,
        (samples, stop): (Samples<'_>, &AtomicBool),
        batch: &[u32],
        first_episode: u64,
    ) {
        let Self { settings, surrogate, theta, weights, pieces, readout, tapes, held_tapes, .. } = self;
        // Where no weight reaches the threshold, no membrane reaches two.
        let bar = R::from_f64(*theta);
        let several = readout.drains && weights.projections[surrogate.projection].iter().any(|&w| w >= bar);
        let at_once = pieces.first().is_none_or(|piece| piece.presenter.may_be_several(weights));
        pieces.iter_mut().for_each(|piece| piece.presenter.allow_several(at_once));
        let (theta, forgets) = (*theta, readout.forgets);
        let lesson = Lesson { settings, surrogate, theta, weights, samples, stop, forgets, several };
        if readout.forgets || readout.holds {
            teach(team, pieces, &lesson, held_tapes, (batch, first_episode));
        } else {
            teach(team, pieces, &lesson, tapes, (batch, first_episode));
        }
    }
}

impl<R: Scalar> Descent<R> for Trainer<R> {
    type Code = RateCode;

    fn settings(&self) -> &Settings {
        &self.settings
    }

    fn adam(&self) -> &OptimizerState<R> {
        &self.adam
    }

    fn learned(&self) -> (&Network, Vec<usize>) {
        (&self.network, vec![self.surrogate.projection])
    }

    fn current(&self) -> Cow<'_, Weights<R>> {
        Cow::Borrowed(&self.weights)
    }

    fn observe(&mut self, observed: bool) {
        self.pieces.iter_mut().for_each(|piece| piece.presenter.observe(observed));
    }

    fn descend(
        &mut self,
        team: &Team,
        shown: (Samples<'_>, &AtomicBool),
        batch: &[u32],
        first: u64,
    ) -> Result<bool, SimulationError> {
        self.gradients(team, shown, batch, first);
        let cut = self.pieces.iter().any(|piece| piece.presenter.cut());
        if cut {
            self.pieces.iter_mut().for_each(Piece::discard);
        }
        Ok(!cut)
    }

    fn step(&mut self, team: &Team, samples: usize, rate: f64) {
        let Self { settings, surrogate, theta, weights, adam, pieces, .. } = self;
        let bound = settings.bound.map(|bound| R::from_f64(bound * *theta));
        let optimizer = &settings.optimizer;
        let step = adam.next(optimizer, (rate, *theta), bound);
        let mut mean = 1.0 / samples as f64;
        if optimizer.clip.is_some() {
            let lists: Vec<&[R]> = pieces.iter().map(|piece| &piece.gradient[..]).collect();
            mean *= optimizer.scale(mean * *theta * squared_norm(&lists).sqrt());
        }
        let mean = R::from_f64(mean);
        let Some((sum, rest)) = pieces.split_first_mut() else { return };
        let own = weights.own(surrogate.projection).chunks_mut(CHUNK);
        let moments = adam.first.chunks_mut(CHUNK).zip(adam.second.chunks_mut(CHUNK));
        let chunks = own.zip(sum.gradient.chunks_mut(CHUNK)).zip(moments).enumerate();
        let rest = &*rest;
        team.share(chunks, |(number, ((weights, sum), (first, second)))| {
            let range = number * CHUNK..number * CHUNK + sum.len();
            let parts = rest.iter().map(|piece| (0, &piece.gradient[range.clone()]));
            vectorised(Update { step, mean, weights, sum, parts, first, second });
        });
        adam.take_average(optimizer, weights.projections[surrogate.projection].iter().copied());
    }

    fn hand_on(
        &mut self,
        report: &mut EpochReport,
        fingerprint: &mut Fingerprint,
        observer: &mut Option<&mut dyn Observer>,
    ) -> Result<(), SimulationError> {
        for piece in &mut self.pieces {
            piece.presenter.hand_on("training", fingerprint, observer)?;
            report.loss_sum += std::mem::take(&mut piece.loss);
            report.correct += std::mem::take(&mut piece.correct);
            report.totals.merge(&std::mem::take(&mut piece.totals));
        }
        Ok(())
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
    surrogate: &'a Surrogate,
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
        let Lesson { settings, surrogate, theta, weights, samples, stop, forgets, several } = *lesson;
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
        self.loss += cross_entropy(self.presenter.counts(), label, surrogate.count_gain, &mut self.error);
        self.correct += u64::from(self.presenter.answer() == label);
        for (rounded, &error) in self.rounded.iter_mut().zip(&self.error) {
            *rounded = R::from_f64(error);
        }
        let steepness = R::from_f64(surrogate.steepness / theta);
        tape.backward(&self.rounded, R::from_f64(theta), steepness, several, &mut self.gradient);
        self.totals.add_without_rows(self.presenter.all_counts(), settings.presentation);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
