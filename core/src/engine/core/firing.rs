//! Who fires at an instant: predicted firings, the test of thresholds, and new predictions.

use super::{Core, Moment, Part, Scratch};
use crate::engine::free::{Due, Fires};
use crate::engine::held::shared_theta;
use crate::engine::key::EventKey;
use crate::engine::probe::Probe;
use crate::engine::queue::Queue;
use crate::engine::switching::Switching;
use crate::numeric::Real;
use crate::time::Time;

/// How long a neuron that fires now is refractory; a switch draws its next threshold.
#[inline]
fn on_time(refractory: Time, switching: &mut Option<Switching>, neuron: usize) -> Time {
    switching.as_mut().map_or(refractory, |switching| switching.fire(neuron))
}

impl<R: Real> Core<R> {
    /// What a neuron waited for has come: it fires, or is looked at again later, or its dead time ends.
    pub(super) fn due<Q: Queue<R>, P: Probe<R>>(&mut self, event: &EventKey, moment: &mut Moment<'_, Q, P>) {
        let population = event.source as usize;
        let Part::Free(free) = &mut self.parts[population] else {
            return self.end_refractory(event, moment);
        };
        match free.due(event.row, moment.time) {
            Due::Released => {}
            Due::Later(due) => moment.queue.predict(event.source, event.row, due),
            Due::Fires(fired) => self.spike(population, Fires::once(event.row, fired.dead), moment),
        }
    }

    /// The refractory time of a neuron of common decay ends: what was left above threshold fires.
    fn end_refractory<Q: Queue<R>, P: Probe<R>>(&mut self, event: &EventKey, moment: &mut Moment<'_, Q, P>) {
        let (population, neuron) = (event.source as usize, event.row);
        if let Part::Shared { parameters, state, .. } = &mut self.parts[population]
            && state.fire_again(parameters, neuron as usize, moment.time)
        {
            let refractory = parameters.refractory;
            self.spike(population, Fires::once(neuron, refractory), moment);
        }
    }

    /// Tests every touched neuron of a population by id, then predicts what has to be predicted anew.
    pub(super) fn test<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        population: usize,
        moment: &mut Moment<'_, Q, P>,
    ) {
        match &self.parts[population] {
            Part::Shared { .. } if std::mem::take(&mut self.scratch[population].advanced) => {
                self.test_shared(population, moment);
            }
            Part::Competing { .. } if std::mem::take(&mut self.scratch[population].advanced) => {
                self.test_competing(population, moment);
            }
            Part::Scaled { .. } => {
                if let Some(scale) = self.scratch[population].scale.take() {
                    self.test_scaled(population, scale, moment);
                }
            }
            Part::Free(_) => {
                self.test_free(population, moment);
                self.predict(population, moment.time, moment.queue);
            }
            Part::Shared { .. } | Part::Competing { .. } => {}
        }
    }

    fn test_competing<Q: Queue<R>, P: Probe<R>>(&mut self, population: usize, moment: &mut Moment<'_, Q, P>) {
        let Part::Competing { parameters, state, switching } = &mut self.parts[population] else { return };
        state.settle(parameters);
        if let Some(winner) = state.winner(parameters) {
            let on = state.fire(parameters, winner, switching.as_mut());
            self.spike(population, Fires::once(winner as u32, on), moment);
        }
    }

    fn test_shared<Q: Queue<R>, P: Probe<R>>(&mut self, population: usize, moment: &mut Moment<'_, Q, P>) {
        if let Part::Shared { parameters, state, .. } = &mut self.parts[population]
            && parameters.floored
        {
            let taped = P::TAPE && moment.probe.taped();
            state.lift(parameters, |neuron| {
                if taped {
                    moment.probe.lifted(neuron as u32);
                }
            });
        }
        for neuron in 0..moment.network.populations[population].size {
            let Part::Shared { parameters, state, switching, .. } = &mut self.parts[population] else {
                return;
            };
            let place = neuron as usize;
            if !state.above(shared_theta(parameters, switching.as_ref(), place), place) {
                continue;
            }
            let refractory = on_time(parameters.refractory, switching, place);
            let times = state.fire(parameters, place, refractory);
            self.spike(population, Fires { times, ..Fires::once(neuron, refractory) }, moment);
        }
    }

    fn test_scaled<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        population: usize,
        scale: f64,
        moment: &mut Moment<'_, Q, P>,
    ) {
        let Part::Scaled { parameters, state } = &mut self.parts[population] else { return };
        let refractory = Time::from_fs(parameters.refractory);
        let Scratch { touched, fired, .. } = &mut self.scratch[population];
        let mut firing = std::mem::take(fired);
        state
            .all(parameters)
            .test(touched, moment.time.fs(), scale, |neuron, times| firing.push((neuron, times)));
        for &(neuron, times) in &firing {
            self.spike(population, Fires { times, ..Fires::once(neuron, refractory) }, moment);
        }
        firing.clear();
        self.scratch[population].fired = firing;
    }

    fn test_free<Q: Queue<R>, P: Probe<R>>(&mut self, population: usize, moment: &mut Moment<'_, Q, P>) {
        let mut firing = std::mem::take(&mut self.firing);
        if let Part::Free(free) = &mut self.parts[population] {
            free.test(moment.time, &mut firing);
        }
        for &fires in &firing {
            self.spike(population, fires, moment);
        }
        firing.clear();
        self.firing = firing;
    }

    /// Predicts anew when those whose drive changed will fire.
    fn predict<Q: Queue<R>>(&mut self, population: usize, time: Time, queue: &mut Q) {
        if let Part::Free(free) = &mut self.parts[population] {
            free.predict(time, &mut self.waiting);
            for (neuron, next) in self.waiting.drain(..) {
                queue.predict(population as u32, neuron, next);
            }
        }
    }
}
