//! Testing: every sample once, answers in order, whatever the threads.

use super::presenter::{Presenter, Samples, Totals};
use super::scalar::Scalar;
use super::{PIECES, Until, piece};
#[cfg(doc)]
use crate::dataset::explained;
use crate::engine::{Engine, Observer, SimulationError, Spike};
use crate::network::{Network, Weights};
use crate::record::fingerprint::Fingerprint;
use crate::threads::Threads;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Samples that are shown together; a test comes back early between two rounds.
const ROUND: usize = 512;

/// What testing found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Answer to each sample, in order; shorter than the samples if it came back early.
    pub answers: Vec<u16>,
    /// How many of `answers` are the sample's label.
    pub correct: u64,
    /// Of samples with targets: the scores of the read-out, sample after sample.
    pub outputs: Vec<f64>,
    /// Of samples with targets: what is explained of the variance of all of them together, as [`explained`].
    pub explained: Option<f64>,
    /// Presentations that were cut short, because a population fired without end ([`MOST`](crate::engine::lockstep::MOST) times).
    pub endless: u64,
    /// Spikes and other events, over all presentations.
    pub totals: Totals,
}

impl Evaluation {
    /// Fraction of samples answered rightly; of targets, what is explained of their variance.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        if let Some(explained) = self.explained {
            return explained;
        }
        if self.answers.is_empty() { 0.0 } else { self.correct as f64 / self.answers.len() as f64 }
    }

    /// Rows: true class; columns: answer.
    #[must_use]
    pub fn confusion(&self, labels: &[u16], classes: usize) -> Vec<Vec<u64>> {
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
    /// Shown to observers: "test of epoch 3".
    pub what: &'a str,
}

/// Where a test reports while it runs.
pub struct Reporting<'a> {
    /// Who does it.
    pub threads: &'a Threads,
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
    spikes: Vec<Spike>,
    answers: Vec<u16>,
    totals: Totals,
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
    let mut workers: Vec<Worker<R>> = (0..PIECES)
        .map(|_| Worker {
            presenter: Presenter::new(test.engine, network, test.population, test.seed),
            spikes: Vec::new(),
            answers: Vec::new(),
            totals: Totals::default(),
        })
        .collect();
    let several = workers.first().is_none_or(|worker| worker.presenter.may_be_several(weights));
    for worker in &mut workers {
        worker.presenter.observe(reporting.observer.is_some());
        worker.presenter.allow_several(several);
    }
    let count = samples.labels.len();
    let team = reporting.threads.team();
    let mut start = evaluation.answers.len();
    let until = reporting.until;
    while start < count && !until.stops() {
        let length = ROUND.min(count - start);
        team.share(workers.iter_mut().enumerate(), |(index, worker)| {
            for offset in piece(length, index, PIECES) {
                worker.present(weights, samples, (&test, until.stop), start + offset);
            }
        });
        if workers.iter().any(|worker| worker.presenter.cut()) {
            break;
        }
        for worker in &mut workers {
            worker.presenter.hand_on(test.what, reporting.fingerprint, &mut reporting.observer)?;
            evaluation.answers.append(&mut worker.answers);
            evaluation.totals.merge(&std::mem::take(&mut worker.totals));
        }
        start += length;
        (reporting.advance)(length as u64);
        if (until.due)() {
            break;
        }
    }
    let right = evaluation.answers.iter().zip(samples.labels).filter(|(answer, label)| answer == label);
    evaluation.correct = right.count() as u64;
    Ok(evaluation)
}

impl<R: Scalar> Worker<R> {
    fn present(
        &mut self,
        weights: &Weights<R>,
        samples: Samples<'_>,
        (test, stop): (&Test<'_>, &AtomicBool),
        sample: usize,
    ) {
        let episode = test.first_episode + sample as u64;
        self.spikes.clear();
        let shown = (samples.code, sample, episode, test.duration);
        if !self.presenter.present(weights, shown, stop, &mut self.spikes) {
            return;
        }
        self.presenter.encode(episode, &self.spikes);
        self.answers.push(self.presenter.answer() as u16);
        self.presenter.count(&mut self.totals, test.duration);
    }
}
