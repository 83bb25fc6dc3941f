//! Weights of layers as their devices have them.

use super::passage::Parameters;
use crate::crossbar::{Alone, Draw, Writer};
use crate::engine::lockstep::Net;
use crate::engine::{Divergence, SimulationError, Team};
use crate::numeric::Real;
use crate::synapse::{Mapping, Spread};

/// The devices of a projection.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Programmed {
    /// Its index.
    pub projection: usize,
    /// From weights in units of the threshold; they are kept within it.
    pub mapping: Mapping,
    /// How far from its target a conductance ends up.
    pub spread: Spread,
    /// What becomes of it until samples are shown.
    pub alone: Alone,
}

/// Programmings of a training begin with this draw: they are those of no test.
const FIRST_DRAW: u64 = 1 << 40;

/// (No early end within a block: it is worked through in vectors.)
fn all_finite<R: Real>(weights: &[R]) -> bool {
    let finite = |w: &R| w.abs() < R::from_f64(f64::INFINITY);
    weights.chunks(1024).all(|block| block.iter().fold(true, |all, w| all & finite(w)))
}

/// Puts weights into devices, with a seed and the number of the step: of rows at the source those of these lines, which are all
/// that will be seen. What a device draws depends on none of the others.
pub(super) fn program<R: Real>(
    team: &Team,
    net: &Net,
    devices: &[Programmed],
    (seed, step): (u64, u64),
    lines: impl Iterator<Item = u32>,
    parameters: &Parameters<R>,
    programmed: &mut Parameters<R>,
) -> Result<(), SimulationError> {
    programmed.delays.clone_from(&parameters.delays);
    let mut shown = vec![false; net.network.sources.iter().map(|source| source.size as usize).sum()];
    lines.for_each(|line| shown[line as usize] = true);
    let matrices = parameters.weights.iter().zip(&mut programmed.weights);
    for (layer, (from, into)) in net.layers.iter().zip(matrices) {
        for input in &layer.inputs {
            // A listed input has an array of its weights, one after another.
            let listed = input.reach.is_some();
            let (stride, size) = if listed { (1, 1) } else { (layer.stride, layer.size) };
            let range = input.first_weight..input.first_weight + input.weights;
            let (from, into) = (&from[range.clone()], &mut into[range]);
            let Some(devices) = devices.iter().find(|one| one.projection == input.projection) else {
                into.copy_from_slice(from);
                continue;
            };
            if !all_finite(from) {
                let population = net.network.populations[layer.population].name.clone();
                return Err(SimulationError::Diverged { population, why: Divergence::NoNumber });
            }
            let draw = Draw { seed, entity: devices.projection as u32, draw: FIRST_DRAW + step };
            let writer = Writer { cols: size, mapping: &devices.mapping, spread: &devices.spread, draw };
            let rows = from.chunks(stride).zip(into.chunks_mut(stride)).enumerate();
            let rows = rows.filter(|(row, _)| listed || input.from.is_some() || shown[*row]);
            team.share(rows.collect::<Vec<_>>(), |(row, (from, into))| {
                let mut conductances = vec![R::ZERO; size * devices.mapping.devices()];
                writer.write(row, &from[..size], &mut conductances);
                if !devices.alone.is_nothing() {
                    let ends = devices.mapping.range().ends();
                    devices.alone.leave(ends, draw, row * conductances.len(), &mut conductances);
                }
                devices.mapping.weights(&conductances, into);
            });
        }
    }
    Ok(())
}
