//! Who fires at an instant: predicted firings, the test of thresholds, and new predictions.

use super::{Core, Moment, Parameters, Scratch};
use crate::engine::held::shared_theta;
use crate::engine::key::EventKey;
use crate::engine::own_part::Due;
use crate::engine::own_time::OwnParameters;
use crate::engine::probe::Probe;
use crate::engine::queue::Queue;
use crate::engine::state::Membranes;
use crate::engine::switching::Switching;
use crate::numeric::Real;
use crate::time::Time;

/// Threshold of a neuron in its own time, relative to rest.
#[inline]
pub(super) fn theta(parameters: &OwnParameters, switching: Option<&Switching>, neuron: usize) -> f64 {
    switching.map_or(parameters.theta, |switching| switching.v_th(neuron) - parameters.lif.u_rest.get())
}

/// How long a neuron that fires now is refractory; a switch draws its next threshold.
#[inline]
fn on_time(refractory: Time, switching: &mut Option<Switching>, neuron: usize) -> Time {
    switching.as_mut().map_or(refractory, |switching| switching.fire(neuron))
}

impl<R: Real> Core<R> {
    /// The time has come before which a neuron did not fire: it fires now, or is looked at again when it does.
    pub(super) fn fire_predicted<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        event: &EventKey,
        moment: &mut Moment<'_, Q, P>,
    ) {
        let population = event.source as usize;
        let Some(mut part) = self.own(population) else { return };
        match part.due(event.row, moment.time) {
            Due::Later(due) => moment.queue.predict(event.source, event.row, due),
            Due::Fires(refractory) => self.spike(population, event.row, refractory, moment),
        }
    }

    /// Tests every touched neuron of a population by id, then predicts what has to be predicted anew.
    pub(super) fn test<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        population: usize,
        moment: &mut Moment<'_, Q, P>,
    ) {
        if std::mem::take(&mut self.scratch[population].advanced) {
            if let Membranes::Competing(_) = &self.membranes[population] {
                self.test_competing(population, moment);
            } else {
                self.test_shared(population, moment);
            }
        } else if let Some(scale) = self.scratch[population].scale.take() {
            self.test_scaled(population, scale, moment);
        } else {
            self.test_own(population, moment);
            self.predict(population, moment.time, moment.queue);
        }
    }

    fn test_competing<Q: Queue<R>, P: Probe<R>>(&mut self, population: usize, moment: &mut Moment<'_, Q, P>) {
        if let (Membranes::Competing(state), Parameters::Competing(parameters)) =
            (&mut self.membranes[population], &self.parameters[population])
            && let Some(winner) = state.winner(parameters)
        {
            state.fire(parameters, winner);
            self.spike(population, winner as u32, Time::ZERO, moment);
        }
    }

    fn test_shared<Q: Queue<R>, P: Probe<R>>(&mut self, population: usize, moment: &mut Moment<'_, Q, P>) {
        for neuron in 0..moment.network.populations[population].size {
            let (Membranes::Shared(state), Parameters::Shared { parameters, .. }) =
                (&mut self.membranes[population], &self.parameters[population])
            else {
                return;
            };
            let (switching, place) = (&mut self.switching[population], neuron as usize);
            if !state.above(shared_theta(parameters, switching.as_ref(), place), place) {
                continue;
            }
            let refractory = on_time(parameters.refractory, switching, place);
            state.fire(parameters, place, refractory);
            self.spike(population, neuron, refractory, moment);
        }
    }

    fn test_scaled<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        population: usize,
        scale: f64,
        moment: &mut Moment<'_, Q, P>,
    ) {
        let (Membranes::Scaled(state), Parameters::Scaled(parameters)) =
            (&mut self.membranes[population], &self.parameters[population])
        else {
            return;
        };
        let refractory = Time::from_fs(parameters.refractory);
        let Scratch { touched, fired, .. } = &mut self.scratch[population];
        let mut firing = std::mem::take(fired);
        state.all(parameters).test(touched, moment.time.fs(), scale, |neuron| firing.push(neuron));
        for &neuron in &firing {
            self.spike(population, neuron, refractory, moment);
        }
        firing.clear();
        self.scratch[population].fired = firing;
    }

    fn test_own<Q: Queue<R>, P: Probe<R>>(&mut self, population: usize, moment: &mut Moment<'_, Q, P>) {
        let mut firing = std::mem::take(&mut self.firing);
        if let Some(mut part) = self.own(population) {
            part.test(moment.time, |neuron, refractory| firing.push((neuron, refractory)));
        }
        for &(neuron, refractory) in &firing {
            self.spike(population, neuron, refractory, moment);
        }
        firing.clear();
        self.firing = firing;
    }

    /// Predicts anew when those whose drive changed will fire.
    fn predict<Q: Queue<R>>(&mut self, population: usize, time: Time, queue: &mut Q) {
        if let Some(mut part) = self.own(population) {
            part.predict(time, |neuron, membrane| queue.predict(population as u32, neuron, membrane.fires));
        }
    }
}
