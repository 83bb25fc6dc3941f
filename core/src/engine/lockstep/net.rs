//! Which networks run in lockstep, and as what.

use super::fit::{Unfit, fit, neuron};
use super::kind::{Kind, width};
use super::reach::Reach;
use crate::network::{Effect, Fixed, Network, Origin, Rows};
use crate::neuron::{Reset, Switch};
use crate::numeric::Real;
use std::sync::Arc;

/// Columns of a layer's matrix are padded to a multiple of this.
pub const LANES: usize = 8;

/// A network whose layers are worked through one after another, each over all of its time. A layer may lead back to itself, not to
/// one before it.
#[derive(Clone, Debug)]
pub struct Net {
    /// What it is.
    pub network: Arc<Network>,
    /// In such an order that each is driven by those before it.
    pub layers: Vec<Layer>,
}

/// A population in lockstep.
#[derive(Clone, Debug, PartialEq)]
pub struct Layer {
    /// Index of the population.
    pub population: usize,
    /// Its own among the layers.
    pub place: usize,
    /// Number of neurons.
    pub size: usize,
    /// Columns of its matrix of weights, and of everything that its neurons have.
    pub stride: usize,
    /// tau_m, in ms.
    pub tau: f64,
    /// v_th - u_rest, in volts.
    pub theta: f64,
    /// Where a spike puts the membrane, in units of `theta`.
    pub reset: f64,
    /// For how long it stays there, in ms.
    pub dead: f64,
    /// What draws a threshold for every cycle, and so a dead time, if they differ.
    pub varying: Option<Varying>,
    /// What drives them.
    pub kind: Kind,
    /// Whether its neurons fire; else they integrate, and their membranes are read.
    pub fires: bool,
    /// Whether its neurons are devices, which have the time constant and the thresholds that they have.
    pub given: bool,
    /// How many neurons, one after another, answer for one class, if it is the read-out.
    pub per_class: usize,
    /// What drives it.
    pub inputs: Vec<Input>,
    /// Rows of its matrix: of the inputs that reach all neurons, one after another. Rows of the others are numbered after them.
    pub dense: usize,
    /// How many weights it has: those of the matrix, padding included, then those of listed inputs, then those that do not learn.
    pub weights: usize,
    /// The first so many learn.
    pub learned: usize,
    /// Of neurons that share weights: how many kinds there are, one after another; elsewhere each is of a kind of its own.
    pub maps: usize,
}

/// Parameters of the neurons of a layer that may learn, beside its weights.
#[derive(Clone, Copy, Debug)]
pub struct Own<'a, R> {
    /// tau_m, in ms; the time constants of currents stay as large beside it.
    pub tau: R,
    /// What each neuron fires at, in units of the layer's threshold; empty: at one, or at what is drawn for it.
    pub thresholds: &'a [R],
}

impl<R: Real> Own<'_, R> {
    /// What a neuron fires at, where it is not drawn.
    #[inline]
    #[must_use]
    pub fn threshold(&self, neuron: usize) -> R {
        self.thresholds.get(neuron).copied().unwrap_or(R::ONE)
    }
}

/// Switches whose thresholds differ.
#[derive(Clone, Debug, PartialEq)]
pub struct Varying {
    /// All of them.
    pub switch: Switch,
    /// Number of the first, counted over all populations.
    pub first: u32,
}

/// A projection to a layer.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Its index.
    pub projection: usize,
    /// The layer it comes from, which may be this one; `None`: the source.
    pub from: Option<usize>,
    /// Its rows begin here.
    pub first_row: usize,
    /// How many there are.
    pub rows: usize,
    /// Its weights begin here among those of the layer.
    pub first_weight: usize,
    /// How many there are.
    pub weights: usize,
    /// Whether they learn.
    pub learns: bool,
    /// Which neurons each row reaches, where that is not all of them.
    pub reach: Option<Arc<Reach>>,
    /// From a spike to its arrival, in ms, where that is the same for all synapses.
    pub delay: f64,
    /// Whether every synapse has a delay of its own.
    pub own_delays: bool,
    /// How long the pulse of an arrival lasts, in ms; `None`: currents fade.
    pub width: Option<f64>,
    /// Weights in units of the threshold per weight in the unit of the kernel: r_m/theta per ampere, 1/theta per volt of a jump.
    pub gain: f64,
}

impl Net {
    /// The layers of a network.
    ///
    /// # Errors
    /// Everything that keeps it from running in lockstep.
    pub fn new(network: &Arc<Network>) -> Result<Self, Vec<Unfit>> {
        let into = into(network);
        let order = fit(network, &into)?;
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, &population)| places[population] = place);
        let mut firsts = Vec::with_capacity(order.len());
        firsts.extend(network.populations.iter().scan(0, |first, population| {
            *first += population.size;
            Some(*first - population.size)
        }));
        let layer = |&index: &usize| layer(network, (index, firsts[index]), &into[index], &places);
        Ok(Self { layers: order.iter().map(layer).collect(), network: Arc::clone(network) })
    }
}

/// Spikes of a layer in one presentation, at most: what would fire more often is left at that, and the tape says so. As many
/// pieces of time may have to be gone through in which nothing happens.
pub const MOST: usize = 1 << 17;

impl Layer {
    /// Columns of everything that the neurons have whose spikes are the lines of an input.
    #[must_use]
    pub fn before(&self, input: &Input) -> usize {
        input.rows.next_multiple_of(LANES)
    }

    /// For how long a spike of its own cannot reach it, in ms; infinite if none ever does.
    #[must_use]
    pub fn unheard(&self) -> f64 {
        let own = self.inputs.iter().filter(|input| input.from == Some(self.place));
        own.fold(f64::INFINITY, |least, input| least.min(input.delay))
    }

    /// Into how many pieces a presentation until then (ms) is cut, whatever happens in it: none is longer than [`Kind::span`], nor
    /// than the layer does not hear itself.
    #[must_use]
    pub fn pieces(&self, until: f64) -> f64 {
        until / (self.kind.span() * self.tau).min(self.unheard())
    }

    /// How many of them a tape takes. Layers of jumps remember the potentials of all neurons with each.
    #[must_use]
    pub fn most_pieces(&self) -> usize {
        if self.kind == Kind::Jumps { (16 * MOST / self.stride.max(1)).min(MOST) } else { MOST }
    }
}

impl Net {
    /// The same with a read-out whose neurons fire or integrate, and so many of them for each class.
    #[must_use]
    pub fn read_out(mut self, fires: bool, per_class: usize) -> Self {
        if let Some(layer) = self.layers.last_mut() {
            (layer.fires, layer.per_class) = (fires, per_class.max(1));
        }
        self
    }
}

/// The numbers of the projections to each population.
fn into(network: &Network) -> Vec<Vec<usize>> {
    let mut into = vec![Vec::new(); network.populations.len()];
    network.projections.iter().enumerate().for_each(|(number, projection)| into[projection.to].push(number));
    into
}

/// A population, the first of whose neurons has this number among all, with the projections that lead to it.
fn layer(network: &Network, (index, first): (usize, u32), into: &[usize], places: &[usize]) -> Layer {
    let population = &network.populations[index];
    let neuron = neuron(population);
    let lif = &neuron.lif;
    let (theta, size) = (lif.theta(), population.size as usize);
    let stride = size.next_multiple_of(LANES);
    let mut inputs: Vec<Input> = into
        .iter()
        .map(|&number| {
            let projection = &network.projections[number];
            let listed = projection.connect != Rows::Dense || projection.fixed.is_some();
            let rows = projection.rows as usize;
            Input {
                projection: number,
                from: match projection.from {
                    Origin::Source(_) => None,
                    Origin::Population(from) => Some(places[from]),
                },
                first_row: 0,
                rows,
                first_weight: 0,
                weights: match (&projection.fixed, &projection.shared) {
                    (Some(Fixed::Constant(_)), _) => 1,
                    (_, Some(shared)) => shared.count(),
                    _ if listed => projection.synapses(size as u32),
                    _ => rows * stride,
                },
                learns: projection.fixed.is_none(),
                reach: None,
                delay: projection.delay.as_seconds() * 1e3,
                own_delays: projection.delays.is_some(),
                width: width(projection),
                gain: match projection.kernel.effect() {
                    Effect::Jump => 1.0 / theta,
                    _ => lif.r_m.get() / theta,
                },
            }
        })
        .collect();
    let dense = |input: &Input| {
        let projection = &network.projections[input.projection];
        projection.connect == Rows::Dense && input.learns
    };
    let (mut rows, mut weights, mut ends) = (0, 0, [0; 3]);
    for (kind, end) in ends.iter_mut().enumerate() {
        let of_kind = |input: &&mut Input| usize::from(!dense(input)) + usize::from(!input.learns) == kind;
        for input in inputs.iter_mut().filter(of_kind) {
            (input.first_row, input.first_weight) = (rows, weights);
            (rows, weights) = (rows + input.rows, weights + input.weights);
            if kind > 0 {
                let projection = &network.projections[input.projection];
                input.reach = Some(Arc::new(Reach::of(projection, size, input.first_weight)));
            }
        }
        *end = if kind == 0 { rows } else { weights };
    }
    let [dense, learned, weights] = ends;
    let shared = inputs.iter().find_map(|input| network.projections[input.projection].shared.as_ref());
    Layer {
        population: index,
        place: places[index],
        size,
        stride,
        tau: lif.tau_m.get() * 1e3,
        theta,
        reset: match lif.reset {
            // Under a drive a spike is a crossing: what is left of the threshold after it is subtracted is nothing.
            Reset::Rest | Reset::Subtract | Reset::SubtractOnce => 0.0,
            Reset::Value => (lif.u_reset.get() - lif.u_rest.get()) / theta,
            Reset::Hold => (lif.v_hold.get() - lif.u_rest.get()) / theta,
        },
        dead: lif.t_ref.get() * 1e3,
        varying: population
            .neuron
            .switch()
            .filter(|switch| switch.varies())
            .map(|switch| Varying { switch: switch.clone(), first }),
        kind: into
            .iter()
            .find_map(|&number| Kind::of(&network.projections[number], &neuron))
            .unwrap_or(Kind::Pulses),
        fires: true,
        given: population.neuron.switch().is_some(),
        per_class: 1,
        inputs,
        dense,
        weights,
        learned,
        maps: shared.map_or(size, |shared| shared.columns as usize),
    }
}
