//! Membranes as they are at a time, without touching them: for samples, states and energies.

use super::{Core, Part};
use crate::engine::state::Membranes;
use crate::network::Network;
use crate::numeric::Real;
use crate::simd::{Work, vectorised};
use crate::time::Time;
use std::collections::VecDeque;

impl<R: Real> Core<R> {
    /// All membranes, as any engine would keep them at `now`.
    pub fn canonical(&self, now: Time) -> Vec<Membranes<R>> {
        let saved = |part: &Part<R>| match part {
            Part::Shared { state, .. } => Membranes::Shared(state.clone()),
            Part::Competing { state, .. } => Membranes::Competing(state.clone()),
            Part::Scaled { parameters, state } => Membranes::Scaled(state.canonical(parameters, now)),
            Part::Free(free) => Membranes::Free(free.saved()),
        };
        self.parts.iter().map(saved).collect()
    }

    /// A neuron whose membrane, or what drives it, is not finite as it was left at its last event: its population, its
    /// number, and the value.
    pub fn not_finite(&self) -> Option<(usize, usize, f64)> {
        // All values first, without a branch: nearly always nothing is wrong.
        fn find<R: Real>(values: &[R], finite: impl Fn(f64) -> bool) -> Option<(usize, f64)> {
            if values.iter().fold(true, |all, x| all & finite(x.to_f64())) {
                return None;
            }
            values.iter().map(|x| x.to_f64()).enumerate().find(|&(_, x)| !finite(x))
        }
        self.parts.iter().enumerate().find_map(|(population, part)| {
            let found = match part {
                Part::Shared { state, .. } => find(&state.x, f64::is_finite),
                Part::Competing { state, .. } => find(&state.x, f64::is_finite),
                Part::Scaled { state, .. } => {
                    // Minus infinity marks those that are refractory: there are as many as are listed.
                    let held: usize = state.held.iter().map(VecDeque::len).sum();
                    let listed =
                        |at: usize| state.held.iter().flatten().any(|held| held.neuron as usize == at);
                    let wrong =
                        |&(at, &v): &(usize, &f64)| !v.is_finite() && (v != f64::NEG_INFINITY || !listed(at));
                    let marked = vectorised(Marked(&state.v));
                    let all = || state.v.iter().enumerate();
                    (marked != Some(held)).then(|| all().find(wrong).map(|(at, &v)| (at, v))).flatten()
                }
                Part::Free(free) => free.not_finite(),
            };
            found.map(|(neuron, u)| (population, neuron, u))
        })
    }

    /// Membranes of a population at `time`, in volts.
    ///
    /// A switch that is on shows the filament on its way from threshold to hold.
    pub fn membrane_at(&self, network: &Network, population: usize, time: Time) -> Vec<f64> {
        let description = &network.populations[population];
        match &self.parts[population] {
            Part::Shared { parameters, state, .. } => {
                let x = state.at(parameters, time).into_iter().enumerate();
                let mut u: Vec<f64> =
                    x.map(|(neuron, x)| x.to_f64() + parameters.levels.of(neuron).u_inf).collect();
                if let Some(switch) = description.neuron.switch() {
                    for (u, &until) in u.iter_mut().zip(&state.until).filter(|(_, until)| **until > time) {
                        *u = switch.u_on(until.seconds_since(time));
                    }
                }
                u
            }
            Part::Competing { parameters, state, .. } => state.at(parameters, time),
            Part::Scaled { parameters, state } => state.at(parameters, time),
            Part::Free(free) => free.potentials_at(time),
        }
    }
}

/// How many of some values are minus infinity, if the others are finite.
struct Marked<'a>(&'a [f64]);

impl Work for Marked<'_> {
    type Output = Option<usize>;

    #[inline(always)]
    fn run(self) -> Option<usize> {
        let (mut fine, mut marked) = (true, 0u64);
        for &v in self.0 {
            fine &= v < f64::INFINITY;
            marked += u64::from(v == f64::NEG_INFINITY);
        }
        fine.then_some(marked as usize)
    }
}
