//! From the weights and delays of a network to those of its layers, and back.

use super::passage::Parameters;
use super::trainer::Exact;
use crate::engine::lockstep::{Input, Layer, Net};
use crate::network::{Weights, stride};
use crate::numeric::Real;
use std::sync::Arc;

impl<R: Real> Parameters<R> {
    /// Those of a network in lockstep, from weights in the unit of their kernels; of synapses that share one they have to be the
    /// same. Delays, where they learn, are lists after those of all projections, layer by layer, and thresholds and time constants after
    /// these; without them they are those of the network.
    #[must_use]
    pub fn of(net: &Net, weights: &Weights<R>) -> Self {
        let learned = weights.projections.get(net.network.projections.len()..).unwrap_or_default();
        let delays = net.layers.iter().enumerate().map(|(index, layer)| match learned.get(index) {
            Some(delays) => delays.to_vec(),
            None => delays(net, layer),
        });
        let count = net.layers.len();
        let own = |first: usize| {
            let lists = learned.get(first..first + count).unwrap_or_default();
            lists.iter().map(|list| list.to_vec()).collect()
        };
        Self {
            weights: net.layers.iter().map(|layer| of_layer(net, layer, weights)).collect(),
            delays: delays.collect(),
            thresholds: own(count),
            taus: own(2 * count),
        }
    }

    /// Thresholds and time constants get numbers where they learn, which are those of the network to begin with.
    pub(super) fn own_where_learned(&mut self, net: &Net, exact: &Exact) {
        let begin = |lists: &mut Vec<Vec<R>>, of: &dyn Fn(&Layer) -> Vec<R>| {
            if lists.is_empty() {
                lists.extend(net.layers.iter().map(|layer| if layer.given { Vec::new() } else { of(layer) }));
            }
        };
        if exact.thresholds.is_some() {
            let of = |layer: &Layer| vec![R::ONE; if layer.fires { layer.size } else { 0 }];
            begin(&mut self.thresholds, &of);
        }
        if exact.taus.is_some() {
            begin(&mut self.taus, &|layer| vec![R::from_f64(layer.tau)]);
        }
    }

    /// Back to the unit of the kernels, with what else there is after the weights.
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
        let Self { delays, thresholds, taus, .. } = self;
        let own = !thresholds.is_empty() || !taus.is_empty();
        if own || delays.iter().any(|delays| !delays.is_empty()) {
            let count = net.layers.len();
            for lists in [delays, thresholds, taus].into_iter().take(if own { 3 } else { 1 }) {
                projections.extend((0..count).map(|index| lists.get(index).cloned().unwrap_or_default()));
            }
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
