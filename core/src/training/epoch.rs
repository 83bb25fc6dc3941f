//! An epoch of training with labels, whatever the gradient: batches in their order, one step for each, and who is told.

use super::optimizer::{Optimizer, OptimizerState, Schedule, Step};
use super::presenter::{Samples, Totals};
use super::sampled::Sampled;
use super::scalar::{Epoch, Scalar};
use crate::dataset::explained;
use crate::engine::{Observer, Record, SimulationError, Team, Threads};
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::plasticity::Change;
use crate::random::{Purpose, Stream};
use crate::record::Fingerprint;
use crate::simd::Work;
use crate::time::Time;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::atomic::AtomicBool;

/// What training with labels needs to know, whatever the gradient.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Of what is drawn.
    pub seed: u64,
    /// Samples per update of the weights.
    pub batch: usize,
    /// How long a sample is shown.
    pub presentation: Time,
    /// In units of v_th - u_rest.
    pub schedule: Schedule,
    /// How weights go down their gradient.
    pub optimizer: Optimizer,
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
    /// Of samples with targets: squared distance of all scores, summed over the presentations.
    pub squared_error: f64,
    /// Of samples with targets: the variance of all of them, summed over a sample's; of classes 0.
    pub variance: f64,
    /// Presentations in which no neuron of the read-out fired, where that is told.
    pub silent: u64,
    /// The loss, summed over the presentations.
    pub loss_sum: f64,
    /// Spikes and other events, over all presentations.
    pub totals: Totals,
    /// That of the last step, in units of v_th - u_rest.
    pub learning_rate: f64,
    /// Of layers: root mean square of the loss by a weight in units of v_th - u_rest, by population, summed over steps that were looked at.
    pub gradients: Vec<f64>,
    /// How many steps that were.
    pub looked_at: u64,
}

impl EpochReport {
    /// Mean loss per presentation.
    #[must_use]
    pub fn loss(&self) -> f64 {
        if self.presented == 0 { 0.0 } else { self.loss_sum / self.presented as f64 }
    }

    /// Fraction answered rightly while training; of targets, what is explained of their variance.
    #[must_use]
    pub fn accuracy(&self) -> f64 {
        match self.presented as f64 {
            0.0 => 0.0,
            shown if self.variance > 0.0 => explained(self.squared_error / shown, self.variance),
            shown => self.correct as f64 / shown,
        }
    }
}

/// Called after every batch: presentations so far in this epoch, mean loss, accuracy.
pub type Advance<'a> = &'a mut dyn FnMut(u64, f64, f64);

/// A gradient, and the weights that go down it.
pub(super) trait Descent<R: Scalar> {
    /// How samples are shown.
    type Code;

    fn settings(&self) -> &Settings;

    /// Steps taken.
    fn adam(&self) -> &OptimizerState<R>;

    /// The network, and the projections that learn.
    fn learned(&self) -> (&Network, Vec<usize>);

    /// Its weights as they are now.
    fn current(&self) -> Cow<'_, Weights<R>>;

    /// What the devices of a weight are programmed to, as [`Record::Trained`] has it; `None`: it is a number while it is trained.
    fn devices(&self, projection: usize, weight: f64) -> Option<[f64; 2]> {
        let _ = (projection, weight);
        None
    }

    /// Whether anybody wants the event stream of what is shown from now on.
    fn observe(&mut self, observed: bool);

    /// The gradient of a batch, whose first sample is this episode. `false`: it was stopped, and has left nothing.
    fn descend(
        &mut self,
        team: &Team,
        shown: (Samples<'_, Self::Code>, &AtomicBool),
        batch: &[u32],
        first: u64,
    ) -> Result<bool, SimulationError>;

    /// A step with the gradient of so many samples.
    fn step(&mut self, team: &Team, samples: usize, rate: f64);

    /// Hands on what the presentations of the batch have left, in their order.
    fn hand_on(
        &mut self,
        report: &mut EpochReport,
        fingerprint: &mut Fingerprint,
        observer: &mut Option<&mut dyn Observer>,
    ) -> Result<(), SimulationError>;
}

/// Trains on the samples of an epoch, or on the rest of them.
pub(super) fn descend<R: Scalar, D: Descent<R>>(
    descent: &mut D,
    mut report: EpochReport,
    (samples, order, first_episode, until, fingerprint, mut observer): Epoch<'_, D::Code>,
    threads: &Threads,
    advance: Advance<'_>,
) -> Result<EpochReport, SimulationError> {
    let Settings { batch: size, schedule, .. } = *descent.settings();
    let size = size.max(1);
    let done = report.presented.div_ceil(size as u64) as usize;
    report.variance = samples.targets.map_or(0.0, |targets| targets.variances().iter().sum());
    let team = threads.team();
    descent.observe(observer.is_some());
    let sampled = Sampled::wanted(observer.as_ref());
    // Epochs before this one had as many samples.
    let batches = order.len().div_ceil(size).max(1) as u64;
    let earlier = descent.adam().steps / batches * order.len() as u64;
    let tell = |descent: &D, span: (u64, u64), observer: &mut Option<&mut dyn Observer>| {
        let (Some(sampled), Some(observer)) = (&sampled, observer) else { return };
        if sampled.due(span) {
            each(descent, &mut |synapse, weight| {
                let devices = descent.devices(synapse[0] as usize, weight);
                sampled.tell(span.1, synapse, (weight, devices), &mut **observer);
            });
        }
    };
    if descent.adam().steps == 0 {
        tell(descent, (0, 0), &mut observer);
    }
    for (number, batch) in order.chunks(size).enumerate().skip(done) {
        if until.stops() {
            break;
        }
        let _span = tracing::debug_span!(target: "memspike::span", "batch", number).entered();
        let first = first_episode + (number * size) as u64;
        if !descent.descend(&team, (samples, until.stop), batch, first)? {
            break;
        }
        report.learning_rate = schedule.at(descent.adam().steps);
        let told = observer.as_ref().is_some_and(|observer| observer.wants_changes());
        let before = if told { values(descent) } else { Vec::new() };
        descent.step(&team, batch.len(), report.learning_rate);
        descent.hand_on(&mut report, fingerprint, &mut observer)?;
        if let (Some(observer), true) = (&mut observer, told) {
            tell_changes(descent, &before, first, *observer);
        }
        let shown = earlier + report.presented;
        report.presented += batch.len() as u64;
        tell(descent, (shown, earlier + report.presented), &mut observer);
        advance(report.presented, report.loss(), report.accuracy());
        if (until.due)() {
            break;
        }
    }
    Ok(report)
}

/// Shows every weight that learns: its projection, row and column.
fn each<R: Scalar, D: Descent<R>>(descent: &D, visit: &mut dyn FnMut([u32; 3], f64)) {
    let (network, learned) = descent.learned();
    let weights = descent.current();
    for projection in learned {
        let described = &network.projections[projection];
        let mut ends = described.ends(network.populations[described.to].size);
        weights.each(network, projection, |weight| {
            if let Some((row, column)) = ends.next() {
                visit([projection as u32, row, column], weight);
            }
        });
    }
}

/// All weights that learn.
fn values<R: Scalar, D: Descent<R>>(descent: &D) -> Vec<f64> {
    let mut values = Vec::new();
    each(descent, &mut |_, weight| values.push(weight));
    values
}

/// Tells of what a step has changed.
fn tell_changes<R: Scalar, D: Descent<R>>(
    descent: &D,
    before: &[f64],
    episode: u64,
    observer: &mut dyn Observer,
) {
    let mut before = before.iter();
    each(descent, &mut |[projection, row, column], after| {
        if let Some(&before) = before.next().filter(|before| **before != after) {
            let change = Change { time: None, row, column, before, after, joules: None };
            observer.record(episode, &Record::Change { projection, change });
        }
    });
}

/// Weights that are brought up to date together: their gradients stay in the first-level cache.
pub(super) const CHUNK: usize = 1024;

/// One step of some weights: `sum` is the gradient of the first piece, `parts` are those of the others, in their order, and
/// where in `sum` each of them begins.
pub(super) struct Update<'a, R, P> {
    pub step: Step<R>,
    pub mean: R,
    pub weights: &'a mut [R],
    pub sum: &'a mut [R],
    pub parts: P,
    pub first: &'a mut [R],
    pub second: &'a mut [R],
}

impl<'a, R: Real, P: Iterator<Item = (usize, &'a [R])>> Work for Update<'_, R, P> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { step, mean, weights, sum, parts, first, second } = self;
        for (start, part) in parts {
            for (sum, &part) in sum[start..].iter_mut().zip(part) {
                *sum += part;
            }
        }
        sum.iter_mut().for_each(|g| *g *= mean);
        step.apply(weights, sum, first, second);
    }
}

/// Sum of the squares of what lists of one length are together, list after list.
pub(super) fn squared_norm<R: Real>(lists: &[&[R]]) -> f64 {
    let count = lists.first().map_or(0, |list| list.len());
    let sum = |k: usize| lists.iter().fold(R::ZERO, |sum, list| sum + list[k]).to_f64();
    (0..count).fold(0.0, |all, k| all + sum(k) * sum(k))
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
