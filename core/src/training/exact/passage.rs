//! One sample through all layers, and back.

use super::backward::{Credits, Gradient, Slopes, Sweep, backward};
use super::loss::{Answer, Loss, Scores, Target};
use crate::engine::lockstep::{Kind, Layer, Membranes, Net, Own, Peak, Runaway, Tape, forward};
use crate::numeric::Real;

/// What a network may learn, layer by layer, as [`Layer::weights`](crate::engine::lockstep::Layer::weights) puts it in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parameters<R> {
    /// Weights in units of the target's threshold.
    pub weights: Vec<Vec<R>>,
    /// Delays in ms, one for each weight, of layers whose synapses have delays of their own; empty for the others, or by layer empty.
    pub delays: Vec<Vec<R>>,
    /// Thresholds of the neurons of layers that learn them, in units of that of the layer; empty for the others, or by layer empty.
    pub thresholds: Vec<Vec<R>>,
    /// tau_m in ms, a list of one, of layers that learn theirs; empty for the others, or by layer empty.
    pub taus: Vec<Vec<R>>,
}

impl<R: Real> Parameters<R> {
    /// The delays of a layer, if its synapses have their own.
    #[must_use]
    pub fn delays_of(&self, layer: usize) -> Option<&[R]> {
        self.delays.get(layer).filter(|delays| !delays.is_empty()).map(Vec::as_slice)
    }

    /// What the neurons of a layer have beside their weights.
    #[must_use]
    pub fn own(&self, index: usize, layer: &Layer) -> Own<'_, R> {
        let tau = self.taus.get(index).and_then(|list| list.first()).copied();
        Own {
            tau: tau.unwrap_or(R::from_f64(layer.tau)),
            thresholds: self.thresholds.get(index).map_or(&[], Vec::as_slice),
        }
    }

    /// All numbers that learn or might, list after list.
    pub fn learned(&self, net: &Net) -> impl Iterator<Item = R> {
        let Self { weights, delays, thresholds, taus } = self;
        let weights = weights.iter().zip(&net.layers).flat_map(|(list, layer)| &list[..layer.learned]);
        weights.chain(delays.iter().chain(thresholds).chain(taus).flatten()).copied()
    }

    /// Takes the place of what [`Parameters::learned`] gives.
    pub fn learn(&mut self, net: &Net, numbers: impl Iterator<Item = R>) {
        let Self { weights, delays, thresholds, taus } = self;
        let weights =
            weights.iter_mut().zip(&net.layers).flat_map(|(list, layer)| &mut list[..layer.learned]);
        let places = weights.chain(delays.iter_mut().chain(thresholds).chain(taus).flatten());
        places.zip(numbers).for_each(|(place, number)| *place = number);
    }

    /// As many, all zero.
    #[must_use]
    pub fn zeroed(&self) -> Self {
        let zeros = |lists: &[Vec<R>]| lists.iter().map(|list| vec![R::ZERO; list.len()]).collect();
        Self {
            weights: zeros(&self.weights),
            delays: zeros(&self.delays),
            thresholds: zeros(&self.thresholds),
            taus: zeros(&self.taus),
        }
    }

    /// All numbers to zero.
    pub fn clear(&mut self) {
        let Self { weights, delays, thresholds, taus } = self;
        let lists = weights.iter_mut().chain(delays).chain(thresholds).chain(taus);
        lists.for_each(|list| list.fill(R::ZERO));
    }
}

/// Tapes and room for one sample at a time.
#[derive(Clone, Debug, Default)]
pub struct Passage<R> {
    /// Of each layer, as the last sample left them.
    pub tapes: Vec<Tape<R>>,
    membranes: Vec<Membranes<R>>,
    credits: Vec<Credits<R>>,
    sweep: Sweep<R>,
    scores: Scores,
}

impl<R: Real> Passage<R> {
    /// Shows the spikes of the source (ms and line, in order of time) to the network, up to `until` (ms). Thresholds are those of
    /// a seed and an episode, where they are drawn.
    pub fn forward(
        &mut self,
        net: &Net,
        parameters: &Parameters<R>,
        draws: (u64, u64),
        source: &[(R, u32)],
        until: R,
    ) {
        self.tapes.resize_with(net.layers.len(), Tape::default);
        self.membranes.resize_with(net.layers.len(), Membranes::default);
        for (index, layer) in net.layers.iter().enumerate() {
            let (before, rest) = self.tapes.split_at_mut(index);
            let tape = &mut rest[0];
            tape.clear();
            let delays = parameters.delays_of(index);
            for (number, input) in (0..).zip(&layer.inputs) {
                let into = (number, input, layer.stride);
                match input.from {
                    None => {
                        let none = crate::engine::lockstep::NONE;
                        let spikes = source.iter().map(|&(time, line)| (time, line, none));
                        tape.gather(into, spikes, delays, until);
                    }
                    // What it tells itself is known when it is.
                    Some(from) if from == index => {}
                    Some(from) => {
                        tape.gather(into, before[from].in_order(), delays, until);
                        if net.layers[from].kind == Kind::Jumps {
                            tape.watch((number, input), &before[from], until);
                        }
                    }
                }
            }
            tape.sort();
            let (of, membranes) = ((layer, parameters.own(index, layer)), &mut self.membranes[index]);
            forward(of, &parameters.weights[index], draws, until, membranes, tape);
            if tape.runaway.is_some() {
                // Nobody wants to know what comes of that.
                self.tapes[index + 1..].iter_mut().for_each(Tape::clear);
                return;
            }
        }
    }

    /// What the last layer answered to the last sample; with what it should have, the loss is remembered for [`Passage::backward`].
    pub fn judge(
        &mut self,
        net: &Net,
        parameters: &Parameters<R>,
        until: R,
        loss: &Loss,
        target: Option<Target<'_>>,
    ) -> Answer {
        self.credits.resize_with(net.layers.len(), Credits::default);
        let (Some(layer), Some(weights), Some(tape), Some(credits)) =
            (net.layers.last(), parameters.weights.last(), self.tapes.last(), self.credits.last_mut())
        else {
            return Answer::default();
        };
        let of = (layer, parameters.own(net.layers.len() - 1, layer));
        let answer = loss.judge(of, (weights, tape, until.to_f64()), target, credits, &mut self.scores);
        Answer { loss: if self.runaway().is_some() { f64::INFINITY } else { answer.loss }, ..answer }
    }

    /// Which layer of the last sample came to no end, and why.
    #[must_use]
    pub fn runaway(&self) -> Option<(usize, Runaway)> {
        self.tapes.iter().enumerate().find_map(|(layer, tape)| Some((layer, tape.runaway?)))
    }

    /// z of each neuron of the read-out, of the last sample that was judged beside what should have been answered.
    #[must_use]
    pub fn scores(&self) -> &[f64] {
        self.scores.last()
    }

    /// Silent neurons of the read-out that the loss of the last sample depends on, and their largest potentials.
    pub fn peaks(&self) -> impl Iterator<Item = (u32, Peak<R>)> + '_ {
        self.credits
            .last()
            .into_iter()
            .flat_map(|credits| &credits.peaks)
            .map(|&(neuron, peak, _)| (neuron, peak))
    }

    /// Adds the gradient of the loss of the last sample.
    pub fn backward(
        &mut self,
        net: &Net,
        parameters: &Parameters<R>,
        slopes: Slopes<R>,
        gradient: &mut Parameters<R>,
    ) {
        let Some(last) = net.layers.len().checked_sub(1) else { return };
        for (credits, tape) in self.credits[..last].iter_mut().zip(&self.tapes) {
            credits.begin(tape);
        }
        for (index, layer) in net.layers.iter().enumerate().rev() {
            let (earlier, rest) = self.credits.split_at_mut(index);
            let Parameters { weights, delays, thresholds, taus } = &mut *gradient;
            let mut into = Gradient {
                weights: &mut weights[index],
                delays: of_layer(delays, index),
                thresholds: of_layer(thresholds, index),
                tau: of_layer(taus, index).first_mut(),
            };
            let from = (layer, parameters.own(index, layer), &parameters.weights[index][..]);
            backward(from, &self.tapes[..=index], &mut rest[0], earlier, slopes, &mut into, &mut self.sweep);
        }
    }
}

fn of_layer<R>(lists: &mut [Vec<R>], index: usize) -> &mut [R] {
    lists.get_mut(index).map_or(&mut [], Vec::as_mut_slice)
}
