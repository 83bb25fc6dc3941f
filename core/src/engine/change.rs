//! Neurons that are given other parameters while they run.
//!
//! The change takes place between two instants: everything before it was done with the old parameters, everything from it on is
//! with the new ones. What goes on is the potential u of each neuron relative to ground, the dead time that it is in, the
//! variables of its model besides u, and the currents that flow into it, in amperes. What was foretold is foretold anew, and
//! the arithmetic form is that of the new parameters.

use super::core::Part;
use super::free::Left;
use super::scaled::Held;
use super::state::{Membranes, State};
use crate::network::{Network, Population};
use crate::neuron::Neuron;
use crate::time::Time;

/// Why neurons cannot be given other parameters.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RetuneError {
    /// What they are is tied to more than their membranes.
    #[error(
        "the neurons of population `{population}` {why}; allowed: those of neurons without a device that do not compete"
    )]
    Tied {
        /// Name of the population.
        population: String,
        /// What ties them.
        why: &'static str,
    },
    /// A membrane would be above a threshold that has been lowered.
    #[error(
        "neuron {neuron} of population `{population}` is at {} V, which is at or above its new threshold; allowed: a threshold above \
             every membrane that is not in its dead time", crate::hint::number(*u)
    )]
    Above {
        /// Name of the population.
        population: String,
        /// Number of the neuron.
        neuron: usize,
        /// Its potential.
        u: f64,
    },
}

/// Makes the state of a population of `old` that of the same neurons with the parameters that they have in `new`.
///
/// # Errors
/// If they are tied to a device or to each other, or one would be above its threshold. The state is as before then.
pub fn retune(old: &Network, new: &Network, index: usize, state: &mut State<f64>) -> Result<(), RetuneError> {
    let (before, after) = (&old.populations[index], &new.populations[index]);
    let name = || after.name.clone();
    for population in [before, after] {
        let why = if population.competition.is_some() {
            Some("compete")
        } else if population.neuron.switch().is_some()
            || population.behind.is_some()
            || population.on > Time::ZERO
        {
            Some("are made of a device, whose parameters these are")
        } else {
            None
        };
        if let Some(why) = why {
            return Err(RetuneError::Tied { population: name(), why });
        }
    }
    let first = old.populations[..index].iter().map(|population| population.size).sum();
    let (seed, episode, now) = (state.seed, state.episode, state.now);
    let spikes = &state.counts.spikes[index];
    let mut was = Part::new(old, index, first);
    was.restore(seed, episode, state.populations[index].clone(), spikes);
    let left = left(&was, after, now);
    let mut is = Part::new(new, index, first);
    is.restore_spikes(seed, episode, spikes);
    let above = match &mut is {
        Part::Free(free) => {
            let driven = if let Part::Free(was) = &was { Some(was) } else { None };
            free.go_on(&left, driven, now)
        }
        Part::Shared { parameters, state, .. } => {
            state.last = now;
            for (neuron, left) in left.iter().enumerate() {
                state.x[neuron] = left.u - parameters.levels.of(neuron).u_inf;
                if let Some(until) = state.until.get_mut(neuron) {
                    *until = left.until;
                    state.held += u32::from(left.until > now);
                }
            }
            let above = |&(neuron, left): &(usize, &Left)| {
                left.until <= now && state.x[neuron] >= parameters.levels.of(neuron).firing.threshold
            };
            left.iter().enumerate().find(above).map(|(neuron, _)| neuron)
        }
        Part::Scaled { parameters, state } => {
            state.epoch = parameters.phase.epoch(now.fs());
            let scale = parameters.phase.scale(now.fs(), state.epoch);
            let mut held = Vec::new();
            let mut above = None;
            for (neuron, left) in left.iter().enumerate() {
                let level = parameters.levels.of(neuron);
                let x = left.u - level.u_inf;
                if left.until > now {
                    held.push(Held { until: left.until, neuron: neuron as u32, x });
                } else if x >= level.firing.threshold {
                    above.get_or_insert(neuron);
                }
                state.v[neuron] = if left.until > now { f64::NEG_INFINITY } else { x * scale };
            }
            held.sort_unstable_by_key(|held| (held.until, held.neuron));
            state.held = vec![held.into()];
            above
        }
        Part::Competing { .. } => None,
    };
    // What was above its threshold before stays there, as `subtract_once` leaves it.
    let lowered = |neuron| threshold(after, neuron) < threshold(before, neuron);
    if let Some(neuron) = above.filter(|&neuron| lowered(neuron)) {
        return Err(RetuneError::Above { population: name(), neuron, u: left[neuron].u });
    }
    state.populations[index] = match is {
        Part::Free(free) => Membranes::Free(free.saved()),
        Part::Shared { state, .. } => Membranes::Shared(state),
        Part::Scaled { parameters, state } => Membranes::Scaled(state.canonical(&parameters, now)),
        Part::Competing { state, .. } => Membranes::Competing(state),
    };
    Ok(())
}

/// Where the neurons are at `now`; a dead time ends if they are to have none from now on.
fn left(part: &Part<f64>, after: &Population, now: Time) -> Vec<Left> {
    let mut left: Vec<Left> = match part {
        Part::Free(free) => free.left_at(now),
        Part::Shared { parameters, state, .. } => {
            let x = state.at(parameters, now).into_iter().enumerate();
            let until = |neuron: usize| state.until.get(neuron).copied().unwrap_or_default();
            x.map(|(neuron, x)| Left { u: x + parameters.levels.of(neuron).u_inf, until: until(neuron) })
                .collect()
        }
        Part::Scaled { parameters, state } => {
            let mut left: Vec<Left> =
                state.at(parameters, now).into_iter().map(|u| Left { u, until: Time::ZERO }).collect();
            for held in state.canonical(parameters, now).held.iter().flatten() {
                let neuron = held.neuron as usize;
                let u = held.x + parameters.levels.of(neuron).u_inf;
                left[neuron] = Left { u, until: held.until };
            }
            left
        }
        Part::Competing { .. } => Vec::new(),
    };
    for (neuron, left) in left.iter_mut().enumerate() {
        if let Neuron::Lif(lif) = after.member(neuron as u32)
            && lif.refractory() == Time::ZERO
        {
            left.until = left.until.min(now);
        }
    }
    left
}

/// Threshold of a neuron relative to ground, in volts.
fn threshold(population: &Population, neuron: usize) -> f64 {
    let neuron = population.member(neuron as u32);
    neuron.lowest_theta() + neuron.membrane().u_rest.get()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Engine, Run};
    use crate::network::{Builder, Kernel, Rows, SourceKind};
    use crate::neuron::Lif;
    use crate::units::{Ampere, Ohm, Second, Volt};
    use std::sync::Arc;

    const MS: f64 = 1e-3;

    /// One neuron that jumps by `jump` volts at 1 ms and at 4 ms.
    fn jumping(jump: f64, lif: &Lif) -> Run {
        let mut builder = Builder::default();
        let spikes = vec![(Time::from_ms(1), 0), (Time::from_ms(4), 0)];
        let clock = builder.source("clock", 1, SourceKind::List(spikes));
        let cell = builder.population("cell", 1, lif.clone());
        builder.projection("in", clock, cell, Kernel::Delta, Time::ZERO, Rows::Dense);
        Run::new(&builder.finish().unwrap(), &[vec![jump]], 1).unwrap()
    }

    fn lif(tau: f64) -> Lif {
        let (u_rest, v_th) = (Volt::ZERO, Volt::new(0.02));
        Lif { tau_m: Second::new(tau), u_rest, v_th, u_reset: u_rest, r_m: Ohm::new(1e8), ..Lif::default() }
    }

    /// The same run with another neuron from now on.
    fn retuned(run: &mut Run, neuron: &Lif) -> Result<Run, RetuneError> {
        let network = run.network().with_neurons(0, &[neuron.clone().into()]).unwrap();
        let mut state = run.state();
        retune(run.network(), &network, 0, &mut state.simulation)?;
        Ok(Run::resume(&network, state, None, &network.rates(), Engine::Fast).unwrap())
    }

    #[test]
    fn a_membrane_decays_with_the_time_constant_it_has_then() {
        let mut run = jumping(0.005, &lif(20.0 * MS));
        run.until(Time::from_ms(3)).unwrap();
        let mut run = retuned(&mut run, &lif(5.0 * MS)).unwrap();
        run.until(Time::from_ms(6)).unwrap();
        let expected = 0.005 * (-2.0f64 / 20.0 - 3.0 / 5.0).exp() + 0.005 * (-2.0f64 / 5.0).exp();
        assert!((run.membranes(0)[0] / expected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_bias_above_the_threshold_changes_the_form_and_fires_when_the_closed_form_says() {
        let mut run = jumping(0.005, &lif(20.0 * MS));
        run.until(Time::from_ms(2)).unwrap();
        let before = run.network().populations[0].form;
        let u = run.membranes(0)[0];
        let driven = Lif { i_bias: Ampere::new(2e-9), ..lif(20.0 * MS) };
        let mut run = retuned(&mut run, &driven).unwrap();
        assert_ne!(run.network().populations[0].form, before);
        run.until(Time::from_ms(4)).unwrap();
        // u = R I + (u_0 - R I) e^(-t/tau) reaches 20 mV.
        let span = 20.0 * MS * ((0.2 - u) / (0.2 - 0.02)).ln();
        let found = run.harvest().spikes[0].time.as_seconds();
        assert!((found - 2.0 * MS - span).abs() < 2e-15, "{found}");
        // And back: what has come about stays.
        let mut run = retuned(&mut run, &lif(20.0 * MS)).unwrap();
        assert_eq!(run.network().populations[0].form, before);
        let u = run.membranes(0)[0];
        run.until(Time::from_ms(14)).unwrap();
        let expected = (u + 0.005) * (-0.5f64).exp();
        assert!((run.membranes(0)[0] / expected - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_threshold_below_a_membrane_is_refused_and_changes_nothing() {
        let mut run = jumping(0.005, &lif(20.0 * MS));
        run.until(Time::from_ms(2)).unwrap();
        let state = run.state();
        let low = Lif { v_th: Volt::new(0.004), ..lif(20.0 * MS) };
        assert!(matches!(retuned(&mut run, &low), Err(RetuneError::Above { neuron: 0, .. })));
        assert_eq!(run.state().simulation, state.simulation);
        let network = Arc::clone(run.network());
        assert_eq!(network.populations[0].lif.v_th, Volt::new(0.02));
    }
}
