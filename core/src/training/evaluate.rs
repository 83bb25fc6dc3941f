//! Testing: every sample once, answers in order, whatever the threads.

use super::leakage::Leakage;
use super::presenter::{Presenter, Samples, Totals};
use super::scalar::Scalar;
use super::{PIECES, piece};
use crate::engine::{Engine, Observer, SimulationError};
use crate::network::{Network, Weights};
use crate::numeric::exp;
use crate::record::fingerprint::Fingerprint;
use crate::time::{FS_PER_SECOND, Time};
use rayon::prelude::*;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Samples between two looks at the cancel flag.
const ROUND: usize = 512;

/// What testing found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Evaluation {
    /// Answer to each sample, in order; shorter than the samples if interrupted.
    pub answers: Vec<u8>,
    /// How many of `answers` are the sample's label.
    pub correct: u64,
    /// Spikes and other events, over all presentations.
    pub totals: Totals,
    /// Integral of u^2 over all read-out neurons and presentations (V^2 s), if asked for: see [`Leakage`].
    pub square_voltage: Option<f64>,
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
    /// Set from outside to stop early.
    pub cancel: &'a AtomicBool,
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

/// Presents every sample once and collects the answers.
///
/// # Errors
/// If a sample cannot be presented.
pub fn evaluate<R: Scalar>(
    network: &Arc<Network>,
    weights: &Weights<R>,
    samples: Samples<'_>,
    test: Test<'_>,
    reporting: &mut Reporting<'_>,
) -> Result<Evaluation, SimulationError> {
    (R::entries().evaluate)(network, weights, samples, test, reporting)
}

pub(super) fn evaluate_in<R: Scalar>(
    network: &Arc<Network>,
    weights: &Weights<R>,
    samples: Samples<'_>,
    test: Test<'_>,
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
    let several = workers.first().is_none_or(|worker| worker.presenter.may_be_several(weights));
    for worker in &mut workers {
        worker.presenter.observe(reporting.observer.is_some());
        worker.presenter.allow_several(several);
    }
    let mut evaluation = Evaluation { square_voltage: test.leakage.then_some(0.0), ..Evaluation::default() };
    let count = samples.labels.len();
    let mut start = 0;
    while start < count && !reporting.cancel.load(Ordering::Relaxed) {
        let length = ROUND.min(count - start);
        workers.par_iter_mut().enumerate().for_each(|(index, worker)| {
            for offset in piece(length, index, PIECES) {
                worker.present(network, weights, samples, &test, start + offset);
            }
        });
        for worker in &mut workers {
            worker.presenter.hand_on(test.what, reporting.fingerprint, &mut reporting.observer)?;
            evaluation.answers.append(&mut worker.answers);
        }
        start += length;
        (reporting.advance)(length as u64);
    }
    for worker in &workers {
        evaluation.totals.merge(&worker.totals);
        if let Some(square) = &mut evaluation.square_voltage {
            *square += worker.square;
        }
    }
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
        test: &Test<'_>,
        sample: usize,
    ) {
        let episode = test.first_episode + sample as u64;
        let presenter = &mut self.presenter;
        presenter.present(weights, samples.code, sample, episode, test.duration, &mut self.leakage);
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
