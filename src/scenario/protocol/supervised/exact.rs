//! Layers of any depth, by the exact gradient of their spikes.

use super::layers;
use super::plan::Gradient;
use super::surrogate::schedule;
use super::teach::{Exam, Lessons, Of, Teacher};
use crate::encoding::FirstSpikes;
use crate::engine::lockstep::Net;
use crate::engine::{SimulationError, Spike, Threads};
use crate::network::Weights;
use crate::scenario::run::context::RunError;
use crate::scenario::run::data::Data;
use crate::training::exact::{
    Activity, Layered, Loss, Parameters, Question, Samples, Settings, Shows, answers, read_out,
};
use crate::training::{AdamState, Advance, EpochReport, Evaluation, Reporting, Scalar};

/// All layers, and their trainer.
pub struct Exact<R: Scalar> {
    net: Net,
    loss: Loss,
    trainer: Layered<R>,
}

impl<R: Scalar> Teacher<R> for Exact<R> {
    type Code = FirstSpikes;

    fn new(of: Of<'_>, data: &Data<FirstSpikes>, weights: Weights<R>) -> Result<Self, RunError> {
        let net = layers::net(of.network)?;
        let protocol = of.protocol;
        let (Some(loss), &Gradient::Exact { least_slope, activity_floor, activity_raise, .. }) =
            (protocol.gradient.loss(), &protocol.gradient)
        else {
            return Err(RunError::NoDataset);
        };
        let settings = Settings {
            batch: protocol.batch as usize,
            presentation: protocol.presentation,
            loss,
            least_slope,
            activity: (activity_floor > 0.0)
                .then_some(Activity { floor: activity_floor, raise: activity_raise }),
            schedule: schedule(of, data.train_labels.len()),
            betas: (protocol.optimizer.beta1, protocol.optimizer.beta2),
            epsilon: protocol.optimizer.epsilon,
            bound: protocol.weight_bound,
        };
        let trainer = Layered::new(net.clone(), settings, &weights);
        Ok(Self { net, loss, trainer })
    }

    fn trained(&self) -> Vec<usize> {
        let inputs = self.net.layers.iter().flat_map(|layer| &layer.inputs);
        inputs.map(|input| input.projection).collect()
    }

    fn weights(&self) -> Weights<R> {
        self.trainer.weights()
    }

    fn kept(&self) -> (Weights<R>, &AdamState<R>) {
        (Weights { projections: self.trainer.parameters.weights.clone() }, &self.trainer.adam)
    }

    fn go_on(&mut self, numbers: Weights<R>, adam: AdamState<R>) {
        self.trainer.parameters = Parameters { weights: numbers.projections, delays: Vec::new() };
        self.trainer.adam = adam;
    }

    fn epoch<'a>(
        &mut self,
        data: &'a Data<FirstSpikes>,
        so_far: EpochReport,
        (order, first, until, fingerprint, observer): Lessons<'a>,
        threads: &Threads,
        advance: Advance<'_>,
    ) -> Result<EpochReport, SimulationError> {
        let samples = Samples { code: &data.train, labels: &data.train_labels };
        let lessons = (samples, order, first, until, Shows { fingerprint, observer });
        self.trainer.epoch(so_far, lessons, threads, advance)
    }

    fn test(
        &self,
        _: Of<'_>,
        weights: &Weights<R>,
        (code, labels): (&FirstSpikes, &[u8]),
        (exam, so_far): (Exam<'_>, Evaluation),
        reporting: &mut Reporting<'_>,
    ) -> Result<Evaluation, SimulationError> {
        let Exam { first_episode, duration, what } = exam;
        let question = Question { loss: &self.loss, first_episode, duration, what };
        Ok(answers(&self.net, weights, Samples { code, labels }, (question, so_far), reporting))
    }

    fn show(
        &self,
        _: Of<'_>,
        weights: &Weights<R>,
        (code, index): (&FirstSpikes, usize),
        exam: Exam<'_>,
    ) -> Vec<Spike> {
        read_out(&self.net, weights, code.sample(index), exam.duration)
    }
}
