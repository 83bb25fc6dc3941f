//! From the weights and delays of a network to the matrices of its layers, and back.

use super::passage::Parameters;
use crate::engine::lockstep::{Layer, Net};
use crate::network::{Rows, Weights, stride};
use crate::numeric::Real;

impl<R: Real> Parameters<R> {
    /// The matrices of a network in lockstep, from weights in the unit of their kernels. Learned delays are lists after those of all
    /// projections, layer by layer; without them delays are those of the network.
    #[must_use]
    pub fn of(net: &Net, weights: &Weights<R>) -> Self {
        let learned = weights.projections.get(net.network.projections.len()..).unwrap_or_default();
        let delays = net.layers.iter().enumerate().map(|(index, layer)| match learned.get(index) {
            Some(delays) => delays.clone(),
            None => delays(net, layer),
        });
        Self {
            weights: net.layers.iter().map(|layer| matrix(net, layer, weights)).collect(),
            delays: delays.collect(),
            masks: net.layers.iter().map(|layer| mask(net, layer)).collect(),
        }
    }

    /// Back to the unit of the kernels, with the delays, if there are any, after the weights.
    #[must_use]
    pub fn to_weights(&self, net: &Net) -> Weights<R> {
        let mut projections = vec![Vec::new(); net.network.projections.len()];
        for (layer, matrix) in net.layers.iter().zip(&self.weights) {
            let packed = stride(layer.size as u32);
            for input in &layer.inputs {
                let projection = &net.network.projections[input.projection];
                let of = |w: R| R::from_f64(w.to_f64() / input.gain);
                let list = &mut projections[input.projection];
                if projection.connect == Rows::Dense {
                    let rows = matrix[input.first_row * layer.stride..].chunks(layer.stride);
                    for row in rows.take(input.rows) {
                        list.extend(row[..layer.size].iter().map(|&w| of(w)));
                        list.resize(list.len() + packed - layer.size, R::ZERO);
                    }
                } else {
                    let places = places(net, layer, input.projection, input.first_row);
                    list.extend(places.map(|place| of(matrix[place])));
                }
            }
        }
        if self.delays.iter().any(|delays| !delays.is_empty()) {
            projections.extend(self.delays.iter().cloned());
        }
        Weights { projections }
    }

    /// The delays of the synapses of a projection in ms, in the order of its weights, where they have their own.
    #[must_use]
    pub fn delays_of_projection(&self, net: &Net, projection: usize) -> Option<Vec<f64>> {
        let (index, layer, input) = net.layers.iter().enumerate().find_map(|(index, layer)| {
            let input = layer.inputs.iter().find(|input| input.projection == projection)?;
            Some((index, layer, input))
        })?;
        let delays = self.delays_of(index).filter(|_| input.own_delays)?;
        let places = places(net, layer, projection, input.first_row);
        Some(places.map(|place| delays[place].to_f64()).collect())
    }
}

/// Where the synapses of a projection are in the matrix of its layer.
fn places<'a>(
    net: &'a Net,
    layer: &Layer,
    projection: usize,
    first_row: usize,
) -> impl Iterator<Item = usize> + 'a {
    let stride = layer.stride;
    let ends = net.network.projections[projection].ends(layer.size as u32);
    ends.map(move |(row, column)| (first_row + row as usize) * stride + column as usize)
}

fn matrix<R: Real>(net: &Net, layer: &Layer, weights: &Weights<R>) -> Vec<R> {
    let mut matrix = vec![R::ZERO; layer.rows * layer.stride];
    for input in &layer.inputs {
        let into = places(net, layer, input.projection, input.first_row);
        let mut from = Vec::new();
        weights.each(&net.network, input.projection, |w| from.push(w));
        for (place, w) in into.zip(from) {
            matrix[place] = R::from_f64(w * input.gain);
        }
    }
    matrix
}

fn delays<R: Real>(net: &Net, layer: &Layer) -> Vec<R> {
    if layer.inputs.iter().all(|input| !input.own_delays) {
        return Vec::new();
    }
    let mut matrix = vec![R::ZERO; layer.rows * layer.stride];
    for input in &layer.inputs {
        let Some(delays) = &net.network.projections[input.projection].delays else { continue };
        for (k, place) in places(net, layer, input.projection, input.first_row).enumerate() {
            matrix[place] = R::from_f64(delays.fs(k) as f64 / 1e12);
        }
    }
    matrix
}

fn mask<R: Real>(net: &Net, layer: &Layer) -> Vec<R> {
    let dense = |projection: usize| net.network.projections[projection].connect == Rows::Dense;
    if layer.inputs.iter().all(|input| dense(input.projection)) {
        return Vec::new();
    }
    let mut matrix = vec![R::ZERO; layer.rows * layer.stride];
    for input in &layer.inputs {
        for place in places(net, layer, input.projection, input.first_row) {
            matrix[place] = R::ONE;
        }
    }
    matrix
}
