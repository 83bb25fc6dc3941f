//! Who fires at an instant: predicted firings, the test of thresholds, and new predictions.

use super::{Core, Parameters, Scratch, of};
use crate::engine::held::shared_theta;
use crate::engine::key::EventKey;
use crate::engine::own_time::OwnParameters;
use crate::engine::probe::Probe;
use crate::engine::queue::Queue;
use crate::engine::state::Membranes;
use crate::engine::switching::Switching;
use crate::network::Network;
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
        network: &Network,
        event: &EventKey,
        queue: &mut Q,
        probe: &mut P,
    ) {
        let population = event.source as usize;
        if let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
            (&mut self.membranes[population], &self.parameters[population])
        {
            let neuron = &mut neurons[event.row as usize];
            let currents = of(&mut self.currents[population], parameters, event.row as usize);
            let switching = &mut self.switching[population];
            if !neuron.certain {
                let theta = theta(parameters, switching.as_ref(), event.row as usize);
                let due = neuron.predict(parameters, currents, theta);
                if due.is_none_or(|due| due > event.time) {
                    (neuron.fires, neuron.certain) = (due, true);
                    queue.predict(event.source, event.row, due);
                    return;
                }
            }
            neuron.advance(parameters, currents, event.time);
            // At threshold by definition, whatever was rounded; above it if subtraction left it there and
            // a stronger drive raises it.
            neuron.x = neuron.x.max(theta(parameters, switching.as_ref(), event.row as usize));
            let refractory = on_time(parameters.refractory, switching, event.row as usize);
            neuron.fire(parameters, refractory);
            self.scratch[population].fired.push(event.row);
            self.scratch[population].repredict.push(event.row);
            self.spike(network, population, event.row, refractory, event.time, queue, probe);
        }
    }

    /// Tests every touched neuron of a population by id, then predicts what has to be predicted anew.
    pub(super) fn test<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        time: Time,
        queue: &mut Q,
        probe: &mut P,
    ) {
        if std::mem::take(&mut self.scratch[population].advanced) {
            if let Membranes::Competing(_) = &self.membranes[population] {
                self.test_competing(network, population, time, queue, probe);
            } else {
                self.test_shared(network, population, time, queue, probe);
            }
        } else if let Some(scale) = self.scratch[population].scale.take() {
            self.test_scaled(network, population, time, scale, queue, probe);
        } else {
            self.test_own(network, population, time, queue, probe);
            self.predict(population, time, queue);
        }
    }

    fn test_competing<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        time: Time,
        queue: &mut Q,
        probe: &mut P,
    ) {
        if let (Membranes::Competing(state), Parameters::Competing(parameters)) =
            (&mut self.membranes[population], &self.parameters[population])
            && let Some(winner) = state.winner(parameters)
        {
            state.fire(parameters, winner);
            self.spike(network, population, winner as u32, Time::ZERO, time, queue, probe);
        }
    }

    fn test_shared<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        time: Time,
        queue: &mut Q,
        probe: &mut P,
    ) {
        for neuron in 0..network.populations[population].size {
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
            self.spike(network, population, neuron, refractory, time, queue, probe);
        }
    }

    fn test_scaled<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        time: Time,
        scale: f64,
        queue: &mut Q,
        probe: &mut P,
    ) {
        let (Membranes::Scaled(state), Parameters::Scaled(parameters)) =
            (&mut self.membranes[population], &self.parameters[population])
        else {
            return;
        };
        let refractory = Time::from_fs(parameters.refractory);
        let Scratch { touched, fired, .. } = &mut self.scratch[population];
        let mut firing = std::mem::take(fired);
        state.all(parameters).test(touched, time.fs(), scale, |neuron| firing.push(neuron));
        for &neuron in &firing {
            self.spike(network, population, neuron, refractory, time, queue, probe);
        }
        firing.clear();
        self.scratch[population].fired = firing;
    }

    fn test_own<Q: Queue<R>, P: Probe<R>>(
        &mut self,
        network: &Network,
        population: usize,
        time: Time,
        queue: &mut Q,
        probe: &mut P,
    ) {
        let mut touched = std::mem::take(&mut self.scratch[population].touched);
        touched.sort_unstable();
        touched.dedup();
        for &target in &touched {
            let (Membranes::Own(neurons), Parameters::Own { parameters, .. }) =
                (&mut self.membranes[population], &self.parameters[population])
            else {
                break;
            };
            let place = target as usize;
            let jump = std::mem::take(&mut self.scratch[population].jump[place]);
            let neuron = &mut neurons[place];
            neuron.advance(parameters, of(&mut self.currents[population], parameters, place), time);
            if neuron.refractory() {
                continue; // The jump is lost.
            }
            neuron.x += jump;
            let scratch = &mut self.scratch[population];
            scratch.repredict.push(target);
            let switching = &mut self.switching[population];
            // In order of the neurons, as the events of an instant are.
            let fired = scratch.fired.binary_search(&target).is_ok();
            if fired || neuron.x < theta(parameters, switching.as_ref(), place) {
                continue;
            }
            let refractory = on_time(parameters.refractory, switching, place);
            neuron.fire(parameters, refractory);
            self.spike(network, population, target, refractory, time, queue, probe);
        }
        touched.clear();
        self.scratch[population].touched = touched;
        self.scratch[population].fired.clear();
    }

    /// Predicts anew when those whose drive changed will fire.
    fn predict<Q: Queue<R>>(&mut self, population: usize, time: Time, queue: &mut Q) {
        let mut changed = std::mem::take(&mut self.scratch[population].repredict);
        if let (Membranes::Own(neurons), Parameters::Own { parameters, predicts: true }) =
            (&mut self.membranes[population], &self.parameters[population])
        {
            changed.sort_unstable();
            changed.dedup();
            for &target in &changed {
                let neuron = &mut neurons[target as usize];
                let currents = of(&mut self.currents[population], parameters, target as usize);
                neuron.advance(parameters, currents, time);
                let switching = self.switching[population].as_ref();
                let theta = theta(parameters, switching, target as usize);
                let before = neuron.fires;
                neuron.foresee(parameters, currents, theta, time);
                if neuron.fires != before {
                    queue.predict(population as u32, target, neuron.fires);
                }
            }
        }
        changed.clear();
        self.scratch[population].repredict = changed;
    }
}
