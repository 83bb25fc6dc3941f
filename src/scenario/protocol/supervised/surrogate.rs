//! One projection of jumps, by the surrogate gradient of spike counts.

use super::teach::{Exam, Lessons, Of, Teacher, settings};
use crate::encoding::RateCode;
use crate::engine::{SimulationError, Spike, Threads};
use crate::network::Weights;
use crate::scenario::run::context::RunError;
use crate::scenario::run::data::Data;
use crate::training::{
    self, Advance, EpochReport, Evaluation, OptimizerState, Presenter, Reporting, Samples, Scalar, Test,
    Trainer, evaluate,
};

/// The projection that learns, and its trainer.
pub struct Surrogate<R: Scalar> {
    projection: usize,
    trainer: Trainer<R>,
}

impl<R: Scalar> Teacher<R> for Surrogate<R> {
    type Code = RateCode;

    fn new(of: Of<'_>, data: &Data, weights: Weights<R>) -> Result<Self, RunError> {
        let Of { engine, protocol, network, .. } = of;
        let surrogate = training::Surrogate {
            engine,
            projection: protocol.projection,
            count_gain: protocol.count_gain,
            steepness: protocol.surrogate_steepness,
        };
        let trainer = Trainer::new(network, settings(of, data.train_labels.len()), surrogate, weights);
        Ok(Self { projection: protocol.projection, trainer })
    }

    fn trained(&self) -> Vec<usize> {
        vec![self.projection]
    }

    fn weights(&self) -> Weights<R> {
        self.trainer.tested()
    }

    fn kept(&self) -> (Weights<R>, &OptimizerState<R>) {
        (self.trainer.weights.clone(), &self.trainer.adam)
    }

    fn go_on(&mut self, numbers: Weights<R>, adam: OptimizerState<R>) {
        (self.trainer.weights, self.trainer.adam) = (numbers, adam);
    }

    fn epoch<'a>(
        &mut self,
        data: &'a Data,
        so_far: EpochReport,
        (order, first, until, fingerprint, observer): Lessons<'a>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError> {
        let samples = data.to_train();
        let lessons = (samples, order, first, until, fingerprint, observer);
        self.trainer.epoch(so_far, lessons, threads, advance)
    }

    fn test(
        &self,
        of: Of<'_>,
        weights: &Weights<R>,
        samples: Samples<'_>,
        (exam, so_far): (Exam<'_>, Evaluation),
        reporting: &mut Reporting<'_>,
    ) -> Result<Evaluation, SimulationError> {
        let Exam { first_episode, duration, what } = exam;
        let population = of.plan.projections[self.projection].to;
        let (engine, seed) = (of.engine, of.plan.seed);
        let test = Test { engine, population, seed, first_episode, duration, what };
        evaluate(of.network, weights, samples, (test, so_far), reporting)
    }

    fn show(
        &self,
        of: Of<'_>,
        weights: &Weights<R>,
        (code, index): (&RateCode, usize),
        exam: Exam<'_>,
    ) -> Vec<Spike> {
        let population = of.plan.projections[self.projection].to;
        let mut presenter = Presenter::<R>::new(of.engine, of.network, population, of.plan.seed);
        presenter.show(weights, (code, index, exam.first_episode + index as u64, exam.duration))
    }
}
