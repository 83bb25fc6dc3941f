//! Weights that learn where they are: no number stands behind them, steps of the gradient become pulses on their devices.

use super::passage::Parameters;
use super::pulsed::{Bank, Cell, Pulsed};
use crate::engine::Team;
use crate::engine::lockstep::{Input, Layer, Net};
use crate::numeric::Real;
use serde::{Deserialize, Serialize};

/// Weights of an input that is listed are shared among threads in stretches of this many.
const STRETCH: usize = 256;

/// All devices of a network in training.
#[derive(Debug)]
pub struct InSitu<R: Real> {
    banks: Vec<Bank>,
    /// What changes.
    pub state: State<R>,
}

/// What training has made of devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct State<R: Real> {
    /// Of each layer, the accumulators of its weights that learn, in units of the threshold.
    pub chi: Vec<Vec<R>>,
    /// Of each projection with devices, in order: its devices, those of a synapse side by side.
    pub cells: Vec<Vec<Cell>>,
    /// Of each, the joules of reading rows while samples were shown.
    pub read: Vec<f64>,
}

/// What learning in the devices of a projection has taken.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Taken {
    /// Its index.
    pub projection: usize,
    /// The granularity: the weight that a SET and a RESET pulse makes of the nominal device in the middle of its range, in units of the threshold.
    pub granularity: [f64; 2],
    /// How many devices there are.
    pub devices: u64,
    /// Pulses on all of them.
    pub pulses: u64,
    /// Of the device that took most.
    pub pulses_max: u64,
    /// How often pairs were refreshed.
    pub refreshes: u64,
    /// Devices that no pulse changes at the end.
    pub stuck: u64,
    /// Joules of reading: rows while samples were shown, devices while their pairs were refreshed.
    pub read: f64,
    /// Joules of pulses in devices.
    pub programmed: f64,
    /// Joules of pulses in their limiters.
    pub limited: f64,
}

/// The input of a layer that a projection is.
fn input(net: &Net, projection: usize) -> Option<(usize, &Layer, &Input)> {
    net.layers.iter().enumerate().find_map(|(index, layer)| {
        let input = layer.inputs.iter().find(|input| input.projection == projection)?;
        Some((index, layer, input))
    })
}

/// Weights that lie side by side in the list of a layer, and how many of these are of synapses.
fn stretch(layer: &Layer, input: &Input) -> (usize, usize) {
    if input.reach.is_some() { (STRETCH, STRETCH) } else { (layer.stride, layer.size) }
}

impl<R: Real> InSitu<R> {
    /// Devices that are programmed to `parameters`, which become what the devices make of them.
    pub fn new(net: &Net, devices: &[Pulsed], seed: u64, parameters: &mut Parameters<R>) -> Self {
        let (mut banks, mut cells) = (Vec::new(), Vec::new());
        for of in devices {
            let Some((index, layer, input)) = input(net, of.projection) else { continue };
            let per = of.mapping.devices();
            let listed = input.reach.is_some();
            let (stride, size) = if listed { (1, 1) } else { (layer.stride, layer.size) };
            let synapses = input.weights / stride * size;
            let bank = Bank::new(of.clone(), seed, synapses * per);
            let mut own = vec![Cell::default(); synapses * per];
            let weights = &mut parameters.weights[index][input.first_weight..][..input.weights];
            let rows = weights.chunks_mut(stride).zip(own.chunks_mut(size * per));
            for (row, (weights, cells)) in rows.enumerate() {
                let asked: Vec<f64> = weights[..size].iter().map(|w| w.to_f64()).collect();
                bank.program((row, size), &asked, cells);
                for (w, cells) in weights.iter_mut().zip(cells.chunks(per)) {
                    *w = R::from_f64(bank.weight(cells));
                }
            }
            banks.push(bank);
            cells.push(own);
        }
        let chi = net.layers.iter().map(|layer| vec![R::ZERO; layer.learned]).collect();
        let read = vec![0.0; banks.len()];
        Self { banks, state: State { chi, cells, read } }
    }

    /// Goes on with what was kept, and reads the weights off the devices.
    pub fn go_on(&mut self, net: &Net, state: State<R>, parameters: &mut Parameters<R>) {
        self.state = state;
        for (bank, cells) in self.banks.iter().zip(&self.state.cells) {
            let Some((index, layer, input)) = input(net, bank.of.projection) else { continue };
            let (stride, size) = stretch(layer, input);
            let per = bank.of.mapping.devices();
            let weights = &mut parameters.weights[index][input.first_weight..][..input.weights];
            for (weights, cells) in weights.chunks_mut(stride).zip(cells.chunks(size * per)) {
                for (w, cells) in weights.iter_mut().zip(cells.chunks(per)) {
                    *w = R::from_f64(bank.weight(cells));
                }
            }
        }
    }

    /// Whether another state has the shape of this.
    #[must_use]
    pub fn fits(&self, state: &State<R>) -> bool {
        let lengths = |state: &State<R>| -> (Vec<usize>, Vec<usize>, usize) {
            let chi = state.chi.iter().map(Vec::len).collect();
            (chi, state.cells.iter().map(Vec::len).collect(), state.read.len())
        };
        lengths(state) == lengths(&self.state)
    }

    /// Applies what the accumulators ask for, and reads the weights that this has changed.
    pub fn apply(&mut self, team: &Team, net: &Net, parameters: &mut Parameters<R>) {
        let State { chi, cells, .. } = &mut self.state;
        for (bank, cells) in self.banks.iter().zip(cells) {
            let Some((index, layer, input)) = input(net, bank.of.projection) else { continue };
            let (stride, size) = stretch(layer, input);
            let per = bank.of.mapping.devices();
            let range = input.first_weight..input.first_weight + input.weights;
            let numbers = chi[index][range.clone()].chunks_mut(stride);
            let numbers = numbers.zip(parameters.weights[index][range].chunks_mut(stride));
            let rows = numbers.zip(cells.chunks_mut(size * per)).enumerate();
            team.share(rows, |(row, ((chi, weights), cells))| {
                let synapses = chi.iter_mut().zip(weights).zip(cells.chunks_mut(per));
                for (k, ((chi, w), cells)) in synapses.enumerate() {
                    if let Some(left) = bank.step(row * size + k, chi.to_f64(), cells) {
                        *chi = R::from_f64(left);
                        *w = R::from_f64(bank.weight(cells));
                    }
                }
            });
        }
    }

    /// Books the reads of rows that arrivals were, so many of each row of a projection, at the conductances that devices have now.
    pub fn book_reads(&mut self, net: &Net, counts: impl Fn(usize) -> Vec<u64>) {
        let State { cells, read, .. } = &mut self.state;
        for ((bank, cells), read) in self.banks.iter().zip(cells).zip(read) {
            let Some((_, layer, input)) = input(net, bank.of.projection) else { continue };
            let per = bank.of.mapping.devices();
            let sum = |cells: &[Cell]| cells.iter().fold(0.0, |sum, cell| sum + cell.g);
            let mut conductance = 0.0;
            for (row, count) in counts(bank.of.projection).into_iter().enumerate().filter(|(_, n)| *n > 0) {
                let of_row = match &input.reach {
                    None => sum(&cells[row * layer.size * per..][..layer.size * per]),
                    Some(reach) => reach.row(row as u32).iter().fold(0.0, |total, synapse| {
                        let first = (synapse.weight as usize - input.first_weight) * per;
                        total + sum(&cells[first..first + per])
                    }),
                };
                conductance += count as f64 * of_row;
            }
            *read += bank.of.read.energy(conductance);
        }
    }

    /// Whether all accumulators are numbers.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        self.state.chi.iter().flatten().all(|chi| chi.to_f64().is_finite())
    }

    /// Conductances of the devices of a projection in siemens, those of a synapse side by side.
    #[must_use]
    pub fn conductances(&self) -> Vec<(usize, Vec<f64>)> {
        let of = |(bank, cells): (&Bank, &Vec<Cell>)| {
            (bank.of.projection, cells.iter().map(|cell| cell.g).collect())
        };
        self.banks.iter().zip(&self.state.cells).map(of).collect()
    }

    /// What it has taken so far.
    #[must_use]
    pub fn taken(&self) -> Vec<Taken> {
        let parts = self.banks.iter().zip(&self.state.cells).zip(&self.state.read);
        let of = |((bank, cells), read): ((&Bank, &Vec<Cell>), &f64)| {
            let sum = |of: fn(&Cell) -> f64| cells.iter().map(of).fold(0.0, |sum, joules| sum + joules);
            let refreshed: u64 = cells.iter().map(|cell| cell.refreshed).sum();
            Taken {
                projection: bank.of.projection,
                granularity: bank.granularity(),
                devices: cells.len() as u64,
                pulses: cells.iter().map(|cell| cell.pulses).sum(),
                pulses_max: cells.iter().map(|cell| cell.pulses).max().unwrap_or(0),
                // Both devices of a pair count it.
                refreshes: refreshed / 2,
                stuck: cells.iter().filter(|cell| cell.stuck).count() as u64,
                read: read + sum(|cell| cell.checked),
                programmed: sum(|cell| cell.programmed),
                limited: sum(|cell| cell.limited),
            }
        };
        parts.map(of).collect()
    }
}
