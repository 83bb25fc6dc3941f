//! Testing: every sample once, answers in order, whatever the threads.

use super::leakage::Leakage;
use super::presenter::{Presenter, Samples, Totals};
use super::scalar::Scalar;
use super::{PIECES, Until, piece};
use crate::engine::{Engine, Observer, SimulationError};
use crate::network::{Network, Weights};
use crate::numeric::exp;
use crate::record::fingerprint::Fingerprint;
use crate::time::{FS_PER_SECOND, Time};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Samples that are shown together; a test comes back early between two rounds.
const ROUND: usize = 512;

/// What testing found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Answer to each sample, in order; shorter than the samples if it came back early.
    pub answers: Vec<u8>,
    /// How many of `answers` are the sample's label.
    pub correct: u64,
    /// Spikes and other events, over all presentations.
    pub totals: Totals,
    /// Integral of u^2 over all read-out neurons and presentations (V^2 s), if asked for: see [`Leakage`].
    pub square_voltage: Option<f64>,
    /// The summands of that, one for each piece of a round.
    squares: Vec<f64>,
}

impl Evaluation {
    /// Fraction of samples answered rightly.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        if self.answers.is_empty() { 0.0 } else { self.correct as f64 / self.answers.len() as f64 }
    }

    /// Rows: true class; columns: answer.
    #[must_use]
    pub fn confusion(&self, labels: &[u8], classes: usize) -> Vec<Vec<u64>> {
        let mut matrix = vec![vec![0; classes]; classes];
        for (&label, &answer) in labels.iter().zip(&self.answers) {
            matrix[usize::from(label)][usize::from(answer)] += 1;
        }
        matrix
    }
}

impl AsRef<Totals> for Evaluation {
    fn as_ref(&self) -> &Totals {
        &self.totals
    }
}

/// What to test.
#[derive(Clone, Copy, Debug)]
pub struct Test<'a> {
    /// Which engine presents the samples.
    pub engine: Engine,
    /// The one that answers.
    pub population: usize,
    /// Of the samples' spikes.
    pub seed: u64,
    /// Episode of the first sample; each further one has the next.
    pub first_episode: u64,
    /// How long a sample is shown.
    pub duration: Time,
    /// Integrate the off-state leakage (costs about a third).
    pub leakage: bool,
    /// Shown to observers: "test of epoch 3".
    pub what: &'a str,
}

/// Where a test reports while it runs.
pub struct Reporting<'a> {
    /// When it comes back early.
    pub until: Until<'a>,
    /// Takes every population spike, in the order of the samples.
    pub fingerprint: &'a mut Fingerprint,
    /// Receives the event stream, if anybody wants it.
    pub observer: Option<&'a mut dyn Observer>,
    /// Told how many more samples have been shown.
    pub advance: &'a mut dyn FnMut(u64),
}

struct Worker<R: Scalar> {
    presenter: Presenter<R>,
    leakage: Leakage<R>,
    answers: Vec<u8>,
    totals: Totals,
    square: f64,
}

/// Presents every sample once and collects the answers. `so_far` is what it found before it came back early, or nothing.
///
/// # Errors
/// If a sample cannot be presented.
pub fn evaluate<R: Scalar>(
    network: &Arc<Network>,
    weights: &Weights<R>,
    samples: Samples<'_>,
    (test, so_far): (Test<'_>, Evaluation),
    reporting: &mut Reporting<'_>,
) -> Result<Evaluation, SimulationError> {
    (R::entries().evaluate)(network, weights, samples, (test, so_far), reporting)
}

pub(super) fn evaluate_in<R: Scalar>(
    network: &Arc<Network>,
    weights: &Weights<R>,
    samples: Samples<'_>,
    (test, mut evaluation): (Test<'_>, Evaluation),
    reporting: &mut Reporting<'_>,
) -> Result<Evaluation, SimulationError> {
    let lif = &network.populations[test.population].lif;
    let mut workers: Vec<Worker<R>> = (0..PIECES)
        .map(|_| Worker {
            presenter: Presenter::new(test.engine, network, test.population, test.seed),
            leakage: Leakage::new(test.leakage.then(|| R::from_f64(lif.above_u_inf(lif.v_th)))),
            answers: Vec::new(),
            totals: Totals::default(),
            square: 0.0,
        })
        .collect();
    evaluation.squares.resize(PIECES, 0.0);
    let several = workers.first().is_none_or(|worker| worker.presenter.may_be_several(weights));
    for worker in &mut workers {
        worker.presenter.observe(reporting.observer.is_some());
        worker.presenter.allow_several(several);
    }
    let count = samples.labels.len();
    let mut start = evaluation.answers.len();
    for (worker, square) in workers.iter_mut().zip(&evaluation.squares) {
        worker.square = *square;
    }
    let until = reporting.until;
    while start < count && !until.stops() {
        let length = ROUND.min(count - start);
        workers.par_iter_mut().enumerate().for_each(|(index, worker)| {
            for offset in piece(length, index, PIECES) {
                worker.present(network, weights, samples, (&test, until.stop), start + offset);
            }
        });
        if workers.iter().any(|worker| worker.presenter.cut()) {
            break;
        }
        for (worker, square) in workers.iter_mut().zip(&mut evaluation.squares) {
            worker.presenter.hand_on(test.what, reporting.fingerprint, &mut reporting.observer)?;
            evaluation.answers.append(&mut worker.answers);
            evaluation.totals.merge(&std::mem::take(&mut worker.totals));
            *square = worker.square;
        }
        start += length;
        (reporting.advance)(length as u64);
        if (until.due)() {
            break;
        }
    }
    evaluation.square_voltage =
        test.leakage.then(|| evaluation.squares.iter().fold(0.0, |sum, square| sum + square));
    let right = evaluation.answers.iter().zip(samples.labels).filter(|(answer, label)| answer == label);
    evaluation.correct = right.count() as u64;
    Ok(evaluation)
}

impl<R: Scalar> Worker<R> {
    fn present(
        &mut self,
        network: &Network,
        weights: &Weights<R>,
        samples: Samples<'_>,
        (test, stop): (&Test<'_>, &AtomicBool),
        sample: usize,
    ) {
        let episode = test.first_episode + sample as u64;
        let presenter = &mut self.presenter;
        let shown = (samples.code, sample, episode, test.duration);
        if !presenter.present(weights, shown, stop, &mut self.leakage) {
            return;
        }
        presenter.encode(episode, &self.leakage.spikes);
        if test.leakage {
            let population = &network.populations[test.population];
            let tau = population.lif.tau_m.get();
            let (last, time) = presenter.residual();
            let decay = R::from_f64(exp(-test.duration.seconds_since(time) / tau));
            let mut on = 0.0;
            let (linear, square) = match presenter.holds_at(test.duration) {
                None => self.leakage.finish(last, decay),
                Some((factors, beyond)) => {
                    let begun = presenter.all_counts().held[test.population];
                    on = begun.saturating_sub(beyond) as f64 / FS_PER_SECOND;
                    self.leakage.finish_held(last, &factors)
                }
            };
            let u_inf = population.lif.u_inf();
            self.square += u_inf * u_inf * (test.duration.as_seconds() * f64::from(population.size) - on)
                + 2.0 * u_inf * tau * linear
                + 0.5 * tau * square;
        } else {
            self.leakage.spikes.clear();
        }
        self.answers.push(presenter.answer() as u8);
        self.totals.add(presenter.all_counts(), test.duration);
    }
}
