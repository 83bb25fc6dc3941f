//! From the weights and delays of a network to those of its layers, and back.

use super::passage::Parameters;
use crate::engine::lockstep::{Input, Layer, Net};
use crate::network::{Weights, stride};
use crate::numeric::Real;
use std::sync::Arc;

impl<R: Real> Parameters<R> {
    /// Those of a network in lockstep, from weights in the unit of their kernels; of synapses that share one they have to be the
    /// same. Learned delays are lists after those of all projections, layer by layer; without them delays are those of the network.
    #[must_use]
    pub fn of(net: &Net, weights: &Weights<R>) -> Self {
        let learned = weights.projections.get(net.network.projections.len()..).unwrap_or_default();
        let delays = net.layers.iter().enumerate().map(|(index, layer)| match learned.get(index) {
            Some(delays) => delays.to_vec(),
            None => delays(net, layer),
        });
        Self {
            weights: net.layers.iter().map(|layer| of_layer(net, layer, weights)).collect(),
            delays: delays.collect(),
        }
    }

    /// Back to the unit of the kernels, with the delays, if there are any, after the weights.
    #[must_use]
    pub fn to_weights(&self, net: &Net) -> Weights<R> {
        let mut projections = vec![Vec::new(); net.network.projections.len()];
        for (layer, weights) in net.layers.iter().zip(&self.weights) {
            let packed = stride(layer.size as u32);
            for input in layer.inputs.iter().filter(|input| input.learns) {
                let of = |w: R| R::from_f64(w.to_f64() / input.gain);
                let list = &mut projections[input.projection];
                if input.reach.is_some() {
                    list.extend(places(layer, input).map(|place| of(weights[place])));
                    continue;
                }
                for row in weights[input.first_weight..].chunks(layer.stride).take(input.rows) {
                    list.extend(row[..layer.size].iter().map(|&w| of(w)));
                    list.resize(list.len() + packed - layer.size, R::ZERO);
                }
            }
        }
        if self.delays.iter().any(|delays| !delays.is_empty()) {
            projections.extend(self.delays.iter().cloned());
        }
        Weights { projections: projections.into_iter().map(Arc::new).collect() }
    }

    /// The delays of the synapses of a projection in ms, in the order of its weights, where they have their own.
    #[must_use]
    pub fn delays_of_projection(&self, net: &Net, projection: usize) -> Option<Vec<f64>> {
        let (index, layer, input) = net.layers.iter().enumerate().find_map(|(index, layer)| {
            let input = layer.inputs.iter().find(|input| input.projection == projection)?;
            Some((index, layer, input))
        })?;
        let delays = self.delays_of(index).filter(|_| input.own_delays)?;
        Some(places(layer, input).map(|place| delays[place].to_f64()).collect())
    }
}

/// Where the synapses of an input, in the order of the projection, have their weights among those of its layer.
fn places<'a>(layer: &Layer, input: &'a Input) -> Box<dyn Iterator<Item = usize> + 'a> {
    let (stride, size) = (layer.stride, layer.size);
    match &input.reach {
        Some(reach) => Box::new(reach.synapses().iter().map(|synapse| synapse.weight as usize)),
        None => {
            let row = move |row| (0..size).map(move |column| input.first_weight + row * stride + column);
            Box::new((0..input.rows).flat_map(row))
        }
    }
}

fn of_layer<R: Real>(net: &Net, layer: &Layer, weights: &Weights<R>) -> Vec<R> {
    let mut all = vec![R::ZERO; layer.weights];
    for input in &layer.inputs {
        let mut into = places(layer, input);
        weights.each(&net.network, input.projection, |w| {
            if let Some(place) = into.next() {
                all[place] = R::from_f64(w * input.gain);
            }
        });
    }
    all
}

fn delays<R: Real>(net: &Net, layer: &Layer) -> Vec<R> {
    if layer.inputs.iter().all(|input| !input.own_delays) {
        return Vec::new();
    }
    let mut all = vec![R::ZERO; layer.weights];
    for input in &layer.inputs {
        let Some(delays) = &net.network.projections[input.projection].delays else { continue };
        for (k, place) in places(layer, input).enumerate() {
            all[place] = R::from_f64(delays.fs(k) as f64 / 1e12);
        }
    }
    all
}
