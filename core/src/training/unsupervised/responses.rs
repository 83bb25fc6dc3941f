//! Which neurons answer to each sample, with learning off; the same whatever the threads.

use super::super::evaluate::Reporting;
use super::super::presenter::{Presenter, Samples, Totals};
use super::super::scalar::Scalar;
use super::super::{PIECES, piece};
use crate::engine::{Engine, SimulationError, Spike, Thresholds};
use crate::network::{Network, Weights};
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Samples that are shown together; asking comes back early between two rounds.
const ROUND: usize = 512;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// Which engine presents the samples.
    pub engine: Engine,
    /// The population that answers.
    pub population: usize,
    /// Of each of its neurons; they stand still while it answers.
    pub thresholds: &'a Thresholds,
    /// Of the samples' spikes.
    pub seed: u64,
    /// Episode of the first sample; each further one has the next.
    pub first_episode: u64,
    /// How long a sample is shown.
    pub duration: Time,
    /// How many samples, from the front.
    pub count: usize,
    /// Shown to observers: "test of epoch 3".
    pub what: &'a str,
}

/// Spikes of the answering population for each sample.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Responses {
    neurons: Vec<u32>,
    ends: Vec<usize>,
    /// Spikes and other events, over all presentations.
    pub totals: Totals,
}

impl Responses {
    /// Number of samples; fewer than asked for if it came back early.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Ids of the neurons that spiked for sample `k`, in order of time.
    #[must_use]
    pub fn of(&self, k: usize) -> &[u32] {
        let start = if k == 0 { 0 } else { self.ends[k - 1] };
        &self.neurons[start..self.ends[k]]
    }

    /// All samples in order.
    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|k| self.of(k))
    }
}

impl AsRef<Totals> for Responses {
    fn as_ref(&self) -> &Totals {
        &self.totals
    }
}

struct Worker<R: Scalar> {
    presenter: Presenter<R>,
    spikes: Vec<Spike>,
    neurons: Vec<u32>,
    counts: Vec<usize>,
    totals: Totals,
}

/// Presents the first samples once each and collects who spikes. `network` has thresholds that do not
/// adapt; `so_far` is what was collected before it came back early, or nothing.
///
/// # Errors
/// If the thresholds do not fit the population, or a sample cannot be presented.
pub fn respond<R: Scalar>(
    network: &Arc<Network>,
    weights: &Weights<R>,
    samples: Samples<'_>,
    (question, so_far): (Question<'_>, Responses),
    reporting: &mut Reporting<'_>,
) -> Result<Responses, SimulationError> {
    (R::entries().respond)(network, weights, samples, (question, so_far), reporting)
}

pub(in crate::training) fn respond_in<R: Scalar>(
    network: &Arc<Network>,
    weights: &Weights<R>,
    samples: Samples<'_>,
    (question, mut responses): (Question<'_>, Responses),
    reporting: &mut Reporting<'_>,
) -> Result<Responses, SimulationError> {
    let fixed = Thresholds { base: question.thresholds.total(), raised: Vec::new() };
    let mut workers: Vec<Worker<R>> = Vec::new();
    for _ in 0..PIECES {
        let mut presenter = Presenter::new(question.engine, network, question.population, question.seed);
        presenter.observe(reporting.observer.is_some());
        presenter.simulation().set_thresholds(question.population, fixed.clone())?;
        workers.push(Worker {
            presenter,
            spikes: Vec::new(),
            neurons: Vec::new(),
            counts: Vec::new(),
            totals: Totals::default(),
        });
    }
    let count = question.count.min(samples.labels.len());
    let team = reporting.threads.team();
    let mut start = responses.len();
    let until = reporting.until;
    while start < count && !until.stops() {
        let length = ROUND.min(count - start);
        team.share(workers.iter_mut().enumerate(), |(index, worker)| {
            for offset in piece(length, index, PIECES) {
                worker.present(weights, samples, (&question, until.stop), start + offset);
            }
        });
        if workers.iter().any(|worker| worker.presenter.cut()) {
            break;
        }
        for worker in &mut workers {
            worker.presenter.hand_on(question.what, reporting.fingerprint, &mut reporting.observer)?;
            for count in worker.counts.drain(..) {
                let end = responses.ends.last().copied().unwrap_or(0) + count;
                responses.ends.push(end);
            }
            responses.neurons.append(&mut worker.neurons);
            responses.totals.merge(&std::mem::take(&mut worker.totals));
        }
        start += length;
        (reporting.advance)(length as u64);
        if (until.due)() {
            break;
        }
    }
    Ok(responses)
}

impl<R: Scalar> Worker<R> {
    fn present(
        &mut self,
        weights: &Weights<R>,
        samples: Samples<'_>,
        (question, stop): (&Question<'_>, &AtomicBool),
        sample: usize,
    ) {
        let episode = question.first_episode + sample as u64;
        self.spikes.clear();
        let duration = question.duration;
        if !self.presenter.present(weights, (samples.code, sample, episode, duration), stop, &mut self.spikes)
        {
            return;
        }
        self.presenter.encode(episode, &self.spikes);
        let population = question.population as u32;
        let before = self.neurons.len();
        self.neurons.extend(
            self.spikes.iter().filter(|spike| spike.population == population).map(|spike| spike.neuron),
        );
        self.counts.push(self.neurons.len() - before);
        self.presenter.count(&mut self.totals, duration);
    }
}
