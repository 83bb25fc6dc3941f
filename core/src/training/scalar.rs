//! The precisions that training is compiled for.

use super::evaluate::{Evaluation, Reporting, Test, evaluate_in};
use super::presenter::{Presenter, Samples};
use super::supervised::{Advance, EpochReport, Trainer};
use super::unsupervised::{Learner, Question, Report, Responses, respond_in};
use crate::encoding::RateCode;
use crate::engine::{Engine, Observer, SimulationError, Spike};
use crate::network::{Network, Weights};
use crate::numeric::Real;
use crate::record::Fingerprint;
use crate::time::Time;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// What an epoch reads, and where it reports: samples, their order, the episode of the first, a flag that stops it,
/// fingerprint and observer.
pub type Epoch<'a> =
    (Samples<'a>, &'a [u32], u64, &'a AtomicBool, &'a mut Fingerprint, Option<&'a mut dyn Observer>);

/// `f32` or `f64`: what training spends its time on, compiled in this crate once for each. Whoever is generic over the
/// precision calls it through here, and does not compile the engine again.
///
/// The methods are those of the types and functions of these names.
#[expect(missing_docs, clippy::missing_errors_doc, reason = "said there")]
pub trait Scalar: Real {
    fn train(
        trainer: &mut Trainer<Self>,
        epoch: Epoch<'_>,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError>;

    fn learn(
        learner: &mut Learner<Self>,
        epoch: Epoch<'_>,
        advance: &mut dyn FnMut(u64, &Report),
    ) -> Result<Report, SimulationError>;

    fn evaluate(
        network: &Arc<Network>,
        weights: &Weights<Self>,
        samples: Samples<'_>,
        test: Test<'_>,
        reporting: &mut Reporting<'_>,
    ) -> Result<Evaluation, SimulationError>;

    fn respond(
        network: &Arc<Network>,
        weights: &Weights<Self>,
        samples: Samples<'_>,
        question: Question<'_>,
        reporting: &mut Reporting<'_>,
    ) -> Result<Responses, SimulationError>;

    fn presenter(engine: Engine, network: &Arc<Network>, population: usize, seed: u64) -> Presenter<Self>;

    fn show(
        presenter: &mut Presenter<Self>,
        weights: &Weights<Self>,
        shown: (&RateCode, usize, u64, Time),
    ) -> Vec<Spike>;
}

macro_rules! compiled {
    ($($real:ty),+) => {$(
        impl Scalar for $real {
            fn train(
                trainer: &mut Trainer<Self>,
                epoch: Epoch<'_>,
                advance: Advance<'_>,
            ) -> Result<EpochReport, SimulationError> {
                trainer.epoch_in(epoch, advance)
            }

            fn learn(
                learner: &mut Learner<Self>,
                epoch: Epoch<'_>,
                advance: &mut dyn FnMut(u64, &Report),
            ) -> Result<Report, SimulationError> {
                learner.epoch_in(epoch, advance)
            }

            fn evaluate(
                network: &Arc<Network>,
                weights: &Weights<Self>,
                samples: Samples<'_>,
                test: Test<'_>,
                reporting: &mut Reporting<'_>,
            ) -> Result<Evaluation, SimulationError> {
                evaluate_in(network, weights, samples, test, reporting)
            }

            fn respond(
                network: &Arc<Network>,
                weights: &Weights<Self>,
                samples: Samples<'_>,
                question: Question<'_>,
                reporting: &mut Reporting<'_>,
            ) -> Result<Responses, SimulationError> {
                respond_in(network, weights, samples, question, reporting)
            }

            fn presenter(
                engine: Engine,
                network: &Arc<Network>,
                population: usize,
                seed: u64,
            ) -> Presenter<Self> {
                Presenter::new_in(engine, network, population, seed)
            }

            fn show(
                presenter: &mut Presenter<Self>,
                weights: &Weights<Self>,
                (code, sample, episode, duration): (&RateCode, usize, u64, Time),
            ) -> Vec<Spike> {
                let mut spikes = Vec::new();
                presenter.present(weights, code, sample, episode, duration, &mut spikes);
                spikes
            }
        }
    )+};
}

compiled!(f32, f64);
