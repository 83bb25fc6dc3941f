//! Which neurons of a layer a line reaches, where that is not all of them.

use super::tape::{Arrival, NONE};
use crate::network::{Projection, Shared};
use crate::numeric::Real;

/// A synapse of a listed input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synapse {
    /// The neuron it ends at.
    pub column: u32,
    /// Its weight, among all of the layer. Several may have one.
    pub weight: u32,
}

/// The synapses of an input, row by row: a spike is added where it arrives, and nowhere else.
#[derive(Clone, Debug, PartialEq)]
pub struct Reach {
    start: Vec<u32>,
    synapses: Vec<Synapse>,
}

impl Reach {
    /// Those of a projection to a population of `columns` neurons, whose weights are numbered from `first` on: one for all, where it
    /// has one constant weight, one for those that share it, or one for each.
    #[must_use]
    pub fn of(projection: &Projection, columns: usize, first: usize) -> Self {
        let mut start = vec![0; projection.rows as usize + 1];
        let mut synapses = Vec::new();
        for (k, (row, column)) in projection.ends(columns as u32).enumerate() {
            let number = match (&projection.fixed, &projection.shared) {
                (Some(crate::network::Fixed::Constant(_)), _) => 0,
                (_, Some(Shared { of, .. })) => of[k],
                _ => k as u32,
            };
            synapses.push(Synapse { column, weight: first as u32 + number });
            start[row as usize + 1] = synapses.len() as u32;
        }
        // Rows without synapses end where they begin.
        (1..start.len()).for_each(|row| start[row] = start[row].max(start[row - 1]));
        Self { start, synapses }
    }

    /// All of them, in the order of the projection's weights.
    #[must_use]
    pub fn synapses(&self) -> &[Synapse] {
        &self.synapses
    }

    /// Those of one row, ascending by column.
    #[inline]
    #[must_use]
    pub fn row(&self, row: u32) -> &[Synapse] {
        &self.synapses[self.start[row as usize] as usize..self.start[row as usize + 1] as usize]
    }
}

/// Adds an arrival over these synapses to the numbers of the membranes, with what a unit of weight adds to them, or the end of a
/// pulse, which takes it.
#[inline]
pub fn drive<R: Real, const N: usize>(
    synapses: &[Synapse],
    weights: &[R],
    (unit, ends): (&[R; N], bool),
    numbers: &mut [&mut [R]; N],
) {
    for synapse in synapses {
        let (column, w) = (synapse.column as usize, weights[synapse.weight as usize]);
        let w = if ends { -w } else { w };
        for (list, &unit) in numbers.iter_mut().zip(unit) {
            list[column] += w * unit;
        }
    }
}

/// The adjoint of [`drive`]: adds what each weight gains by what its neuron would gain of a unit.
#[inline]
pub fn credit<R: Real>(synapses: &[Synapse], gradient: &mut [R], ends: bool, unit: &[R]) {
    for synapse in synapses {
        let gain = unit[synapse.column as usize];
        gradient[synapse.weight as usize] += if ends { -gain } else { gain };
    }
}

/// What an arrival over these synapses gains by being later, from what each neuron would gain of a unit that is.
#[inline]
pub fn later<R: Real>(synapses: &[Synapse], weights: &[R], moved: &[R]) -> R {
    synapses
        .iter()
        .fold(R::ZERO, |sum, synapse| sum + weights[synapse.weight as usize] * moved[synapse.column as usize])
}

impl super::Layer {
    /// The synapses of an arrival that does not reach all neurons and has more than one: of a listed input.
    #[inline]
    #[must_use]
    pub fn listed<R>(&self, arrival: &Arrival<R>) -> Option<&[Synapse]> {
        if arrival.column != NONE || (arrival.row as usize) < self.dense {
            return None;
        }
        let input = &self.inputs[usize::from(arrival.input)];
        input.reach.as_ref().map(|reach| reach.row(arrival.row - input.first_row as u32))
    }

    /// The weight by which an arrival reaches a neuron, if it does.
    #[must_use]
    pub fn weight_of<R: Copy>(&self, arrival: &Arrival<R>, neuron: u32) -> Option<usize> {
        if arrival.column != NONE {
            return (arrival.column == neuron).then_some(arrival.row as usize);
        }
        match self.listed(arrival) {
            None => Some(arrival.row as usize * self.stride + neuron as usize),
            Some(row) => {
                let found = row.binary_search_by_key(&neuron, |synapse| synapse.column);
                found.ok().map(|k| row[k].weight as usize)
            }
        }
    }

    /// Tells every weight that learns and leads to one of some neurons, once.
    pub fn weights_to(&self, neurons: &[bool], mut tell: impl FnMut(usize)) {
        let columns: Vec<usize> = (0..self.size).filter(|&column| neurons[column]).collect();
        (0..self.dense).for_each(|row| columns.iter().for_each(|column| tell(row * self.stride + column)));
        for input in self.inputs.iter().filter(|input| input.learns) {
            let Some(reach) = &input.reach else { continue };
            let mut told = vec![false; input.weights];
            for synapse in reach.synapses().iter().filter(|synapse| neurons[synapse.column as usize]) {
                let place = synapse.weight as usize;
                if !std::mem::replace(&mut told[place - input.first_weight], true) {
                    tell(place);
                }
            }
        }
    }
}
