//! Membranes as they are at a time, without touching them: for samples, states and energies.

use super::{Core, Parameters};
use crate::engine::held::columns_at;
use crate::engine::scaled::Scaled;
use crate::engine::state::Membranes;
use crate::network::Network;
use crate::numeric::Real;
use crate::time::Time;

impl<R: Real> Core<R> {
    /// All membranes, as any engine would keep them at `now`.
    pub fn canonical(&self, now: Time) -> Vec<Membranes<R>> {
        let both = self.membranes.iter().zip(&self.parameters);
        both.map(|(membranes, parameters)| match (membranes, parameters) {
            (Membranes::Scaled(state), Parameters::Scaled(parameters)) => {
                Membranes::Scaled(state.canonical(parameters, now))
            }
            _ => membranes.clone(),
        })
        .collect()
    }

    /// Whether a state could be that of a scaled population at `now`.
    pub fn fits(&self, population: usize, state: &Scaled, now: Time) -> bool {
        matches!(&self.parameters[population], Parameters::Scaled(parameters) if state.fits(parameters, now))
    }

    /// Membranes of a population at `time`, in volts.
    ///
    /// A switch that is on shows the filament on its way from threshold to hold.
    pub fn membrane_at(&self, network: &Network, population: usize, time: Time) -> Vec<f64> {
        let mut u = self.integrated_at(network, population, time);
        if let Some(switch) = network.populations[population].neuron.switch() {
            for (neuron, u) in u.iter_mut().enumerate() {
                let until = match &self.membranes[population] {
                    Membranes::Shared(state) => state.until.get(neuron).copied().unwrap_or(Time::ZERO),
                    Membranes::Own(neurons) => neurons[neuron].until,
                    // Switches do not compete, and differ from each other, which a common form cannot.
                    Membranes::Competing(_) | Membranes::Scaled(_) => Time::ZERO,
                };
                if until > time {
                    *u = switch.u_on(until.seconds_since(time));
                }
            }
        }
        u
    }

    /// What multiplies each column of a shared-decay population whose neurons are held, if nothing arrives
    /// until `time` (1 where the hold lasts longer), and how many femtoseconds of holds lie beyond `time`.
    pub fn holds_at(&self, population: usize, time: Time) -> Option<(Vec<R>, u128)> {
        let (Membranes::Shared(state), Parameters::Shared { parameters, .. }) =
            (&self.membranes[population], &self.parameters[population])
        else {
            return None;
        };
        if state.until.is_empty() {
            return None;
        }
        let (factors, _) = columns_at(state, parameters, self.switching[population].as_ref(), time);
        let beyond = state.until.iter().map(|until| u128::from(until.fs().saturating_sub(time.fs()))).sum();
        Some((factors, beyond))
    }

    fn integrated_at(&self, network: &Network, population: usize, time: Time) -> Vec<f64> {
        match (&self.membranes[population], &self.parameters[population]) {
            (Membranes::Shared(state), Parameters::Shared { parameters, .. }) => {
                let lif = &network.populations[population].lif;
                let u_inf = lif.u_inf();
                state.at(parameters, time).into_iter().map(|x| x.to_f64() + u_inf).collect()
            }
            (Membranes::Competing(state), Parameters::Competing(parameters)) => {
                let u_rest = network.populations[population].lif.u_rest.get();
                state.at(parameters, time).into_iter().map(|x| x.to_f64() + u_rest).collect()
            }
            (Membranes::Own(neurons), Parameters::Own { parameters, .. }) => {
                let (currents, each) = (&self.currents[population], parameters.decays.len());
                let of = |index: usize| &currents[index * each..(index + 1) * each];
                neurons
                    .iter()
                    .enumerate()
                    .map(|(index, neuron)| neuron.u_at(parameters, of(index), time))
                    .collect()
            }
            (Membranes::Scaled(state), Parameters::Scaled(parameters)) => state.at(parameters, time),
            _ => unreachable!("membranes have the form of their parameters"),
        }
    }
}
