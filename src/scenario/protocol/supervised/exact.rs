//! Layers of any depth, by the exact gradient of their spikes.

use super::layers;
use super::plan::Gradient;
use super::teach::{Exam, Lessons, Of, Teacher, settings};
use crate::crossbar::Alone;
use crate::encoding::FirstSpikes;
use crate::engine::lockstep::{Layer, Net};
use crate::engine::{SimulationError, Spike, Threads};
use crate::network::Weights;
use crate::scenario::assemble::AssembleError;
use crate::scenario::run::context::RunError;
use crate::scenario::run::data::Data;
use crate::synapse::Mapping;
use crate::training::exact::{
    Activity, InSitu, Layered, Loss, Parameters, Programmed, Question, State, answers, read_out,
};
use crate::training::{self, Advance, EpochReport, Evaluation, OptimizerState, Reporting, Samples, Scalar};
use std::sync::Arc;

/// All layers, and their trainer.
pub struct Exact<R: Scalar> {
    net: Net,
    loss: Loss,
    trainer: Layered<R>,
}

impl<R: Scalar> Teacher<R> for Exact<R> {
    type Code = FirstSpikes;

    fn new(of: Of<'_>, data: &Data<FirstSpikes>, weights: Weights<R>) -> Result<Self, RunError> {
        let protocol = of.protocol;
        let (
            Some(loss),
            gradient @ &Gradient::Exact {
                least_slope,
                surrogate,
                truncate,
                activity_floor: floor,
                activity_raise: raise,
                activity_ceiling: ceiling,
                activity_lower: lower,
                ..
            },
        ) = (protocol.gradient.loss(), &protocol.gradient)
        else {
            return Err(RunError::NoDataset);
        };
        let trains =
            protocol.weights_from.is_none().then_some(("training", &data.train, protocol.presentation));
        for (what, code, shown) in
            trains.into_iter().chain([("test", &data.test, protocol.test_presentation)])
        {
            if !code.is_empty() && code.silent(shown) == code.len() {
                return Err(RunError::Unheard { what, shown, first: code.earliest() });
            }
        }
        let net = layers::net(of.network)?;
        let neurons = net.layers.last().map_or(1, |layer| layer.size);
        let net = net.read_out(!loss.integrates(), neurons / data.classes.max(1));
        let inputs = net.layers.iter().flat_map(|layer| &layer.inputs);
        let (mut devices, mut learning) = (Vec::new(), Vec::new());
        for input in inputs {
            let Some(device) = &of.plan.projections[input.projection].device else { continue };
            // Without devices that differ from numbers the range is all there is to them.
            let w_max = device.w_max.unwrap_or(f64::INFINITY) * input.gain;
            let mapping = Mapping::new(device.arrangement, device.placement, device.range, w_max);
            let mapping = mapping.map_err(|faults| {
                let projection = of.plan.projections[input.projection].name.clone();
                let message = faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ");
                RunError::Assemble(vec![AssembleError::Devices { projection, message }])
            })?;
            if let Some(in_situ) = protocol.gradient.in_situ() {
                learning.extend(in_situ.pulsed(input.projection, device, mapping));
                continue;
            }
            let alone = Alone { faults: device.faults, after: device.age, retention: device.retention };
            devices.push(Programmed { projection: input.projection, mapping, spread: device.spread, alone });
        }
        let settings = settings(of, data.train_labels.len());
        let [delays, thresholds, taus] = gradient.learned(settings.schedule);
        let exact = training::exact::Exact {
            devices,
            in_situ: learning,
            loss: loss.clone(),
            least_slope,
            surrogate: surrogate.map(Into::into),
            window: truncate,
            activity: (floor > 0.0 || ceiling.is_some()).then_some(Activity {
                floor,
                raise,
                ceiling: ceiling.unwrap_or(f64::INFINITY),
                lower,
            }),
            delays,
            thresholds,
            taus,
        };
        let trainer = Layered::new(net.clone(), settings, exact, &weights);
        Ok(Self { net, loss, trainer })
    }

    fn trained(&self) -> Vec<usize> {
        let inputs = self.net.layers.iter().flat_map(|layer| &layer.inputs);
        inputs.filter(|input| input.learns).map(|input| input.projection).collect()
    }

    fn weights(&self) -> Weights<R> {
        self.trainer.weights()
    }

    fn kept(&self) -> (Weights<R>, &OptimizerState<R>) {
        let Parameters { weights, delays, thresholds, taus } = &self.trainer.parameters;
        let lists = weights.iter().chain(delays).chain(thresholds).chain(taus).cloned().map(Arc::new);
        (Weights { projections: lists.collect() }, &self.trainer.adam)
    }

    fn go_on(&mut self, numbers: Weights<R>, adam: OptimizerState<R>) {
        let mut kept = numbers.projections.into_iter().map(Arc::unwrap_or_clone);
        let Parameters { weights, delays, thresholds, taus } = &mut self.trainer.parameters;
        for list in weights.iter_mut().chain(delays).chain(thresholds).chain(taus) {
            kept.next().into_iter().for_each(|numbers| *list = numbers);
        }
        self.trainer.adam = adam;
    }

    fn in_situ(&self) -> Option<&InSitu<R>> {
        self.trainer.in_situ()
    }

    fn go_on_in_situ(&mut self, state: State<R>) {
        self.trainer.go_on_in_situ(state);
    }

    fn beside(&self, of: Of<'_>, weights: &Weights<R>) -> Vec<(String, Vec<f64>)> {
        let net = &self.net;
        let parameters = Parameters::of(net, weights);
        let delays = self.trained().into_iter().filter_map(|projection| {
            let ms = parameters.delays_of_projection(net, projection)?;
            let name = &of.plan.projections[projection].name;
            Some((format!("delay.{name}"), ms.iter().map(|ms| ms / 1e3).collect()))
        });
        let each = |lists: &[Vec<R>], what: &str, unit: &dyn Fn(&Layer, f64) -> f64| -> Vec<_> {
            let learned = net.layers.iter().zip(lists).filter(|(_, list)| !list.is_empty());
            let named = learned.map(|(layer, list)| {
                let name = &of.plan.populations[layer.population].name;
                (format!("{what}.{name}"), list.iter().map(|value| unit(layer, value.to_f64())).collect())
            });
            named.collect()
        };
        let u_rest = |layer: &Layer| net.network.populations[layer.population].lif.u_rest.get();
        let volts = each(&parameters.thresholds, "v_th", &|layer, v| u_rest(layer) + layer.theta * v);
        delays.chain(volts).chain(each(&parameters.taus, "tau_m", &|_, ms| ms / 1e3)).collect()
    }

    fn epoch<'a>(
        &mut self,
        data: &'a Data<FirstSpikes>,
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
        samples: Samples<'_, FirstSpikes>,
        (exam, so_far): (Exam<'_>, Evaluation),
        reporting: &mut Reporting<'_>,
    ) -> Result<Evaluation, SimulationError> {
        let Exam { first_episode, duration, what } = exam;
        let question = Question { loss: &self.loss, seed: of.plan.seed, first_episode, duration, what };
        Ok(answers(&self.net, weights, samples, (question, so_far), reporting))
    }

    fn show(
        &self,
        of: Of<'_>,
        weights: &Weights<R>,
        (code, index): (&FirstSpikes, usize),
        exam: Exam<'_>,
    ) -> Vec<Spike> {
        let draws = (of.plan.seed, exam.first_episode + index as u64);
        read_out(&self.net, weights, (code.sample(index), draws, exam.duration))
    }
}
