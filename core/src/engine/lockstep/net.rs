//! Which networks run in lockstep, and as what.

use super::reach::Reach;
use crate::network::{Effect, Fixed, Network, Origin, Population, Projection, Rows};
use crate::neuron::{Lif, Neuron, Reset, Switch};
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
    /// Whether drives are pulses; else they fade.
    pub pulsed: bool,
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
    /// tau_m, in ms; currents that fade do so with half of it.
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
    /// r_m/theta: weights in units of the threshold per weight in amperes.
    pub gain: f64,
}

/// Why a network does not run in lockstep, with exact gradients: what has the property, and which it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// Something about a population.
    #[error("population `{name}` {what}; lockstep layers need {wanted}")]
    Population {
        /// Its name.
        name: String,
        /// What it has.
        what: String,
        /// What it may have.
        wanted: &'static str,
        /// The key of its table that says so; empty: none alone.
        key: &'static str,
    },
    /// Something about a projection.
    #[error("projection `{name}` {what}; lockstep layers need {wanted}")]
    Projection {
        /// Its name.
        name: String,
        /// What it has.
        what: String,
        /// What it may have.
        wanted: &'static str,
        /// The key of its table that says so.
        key: &'static str,
    },
    /// A population that nothing reaches.
    #[error(
        "nothing reaches population `{name}`; every layer needs a projection from the data set or from another layer"
    )]
    Unreached {
        /// Its name.
        name: String,
    },
    /// Populations that drive each other.
    #[error(
        "population `{name}` is part of a circle of several populations; lockstep layers lead forward, or back to themselves"
    )]
    Circle {
        /// The name of one of them.
        name: String,
    },
    /// There is not exactly one source.
    #[error("there are {count} sources; lockstep layers are driven by one")]
    Sources {
        /// How many there are.
        count: usize,
    },
}

impl Net {
    /// The layers of a network.
    ///
    /// # Errors
    /// Everything that keeps it from running in lockstep.
    pub fn new(network: &Arc<Network>) -> Result<Self, Vec<Unfit>> {
        let mut faults = Vec::new();
        if network.sources.len() != 1 {
            faults.push(Unfit::Sources { count: network.sources.len() });
        }
        for population in &network.populations {
            faults.extend(unfit_population(population));
        }
        for projection in &network.projections {
            let target = &network.populations[projection.to];
            faults.extend(unfit_projection(projection, &target.lif));
            if projection.from == Origin::Population(projection.to) {
                faults.extend(unfit_recurrence(projection, &target.lif));
            }
        }
        for (index, population) in network.populations.iter().enumerate() {
            let mut forms = driving(network, index).map(|(_, projection)| width(projection).is_some());
            let name = || population.name.clone();
            let Some(first) = forms.next() else {
                faults.push(Unfit::Unreached { name: name() });
                continue;
            };
            if forms.any(|form| form != first) {
                faults.push(Unfit::Population {
                    name: name(),
                    what: "is driven by currents that fade and by pulses".into(),
                    wanted: "one kind of kernel for all projections to a population",
                    key: "",
                });
            }
        }
        let order = match order(network) {
            Ok(order) => order,
            Err(circle) => {
                faults.push(circle);
                Vec::new()
            }
        };
        if !faults.is_empty() {
            return Err(faults);
        }
        let place = |population: usize| order.iter().position(|&other| other == population);
        let layers = order.iter().map(|&population| layer(network, population, &place)).collect();
        Ok(Self { network: Arc::clone(network), layers })
    }
}

impl Layer {
    /// For how long a spike of its own cannot reach it, in ms; infinite if none ever does.
    #[must_use]
    pub fn unheard(&self) -> f64 {
        let own = self.inputs.iter().filter(|input| input.from == Some(self.place));
        own.fold(f64::INFINITY, |least, input| least.min(input.delay))
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

fn driving(network: &Network, population: usize) -> impl Iterator<Item = (usize, &Projection)> {
    network.projections.iter().enumerate().filter(move |(_, projection)| projection.to == population)
}

/// Populations in such an order that each comes after the others that drive it.
fn order(network: &Network) -> Result<Vec<usize>, Unfit> {
    let mut order: Vec<usize> = Vec::new();
    while order.len() < network.populations.len() {
        let ready = (0..network.populations.len()).find(|&population| {
            let driven = |projection: &Projection| match projection.from {
                Origin::Source(_) => true,
                Origin::Population(from) => from == population || order.contains(&from),
            };
            !order.contains(&population) && driving(network, population).all(|(_, p)| driven(p))
        });
        let Some(next) = ready else {
            let left = (0..network.populations.len()).find(|population| !order.contains(population));
            let name = left.map_or(String::new(), |population| network.populations[population].name.clone());
            return Err(Unfit::Circle { name });
        };
        order.push(next);
    }
    Ok(order)
}

fn layer(network: &Network, index: usize, place: &dyn Fn(usize) -> Option<usize>) -> Layer {
    let population = &network.populations[index];
    let lif = &population.lif;
    let (theta, size) = (lif.theta(), population.size as usize);
    let stride = size.next_multiple_of(LANES);
    let mut inputs: Vec<Input> = driving(network, index)
        .map(|(number, projection)| {
            let listed = projection.connect != Rows::Dense || projection.fixed.is_some();
            let rows = projection.rows as usize;
            Input {
                projection: number,
                from: match projection.from {
                    Origin::Source(_) => None,
                    Origin::Population(from) => place(from),
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
                gain: lif.r_m.get() / theta,
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
        place: place(index).unwrap_or(0),
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
        varying: population.neuron.switch().filter(|switch| switch.varies()).map(|switch| Varying {
            switch: switch.clone(),
            first: network.populations[..index].iter().map(|population| population.size).sum(),
        }),
        pulsed: inputs.iter().any(|input| input.width.is_some()),
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

/// The least delay from a layer to itself, in tau_m: its time is worked through in pieces that are no longer.
const LEAST_DELAY: f64 = 1e-3;

/// What a layer cannot tell itself.
fn unfit_recurrence(projection: &Projection, target: &Lif) -> Option<Unfit> {
    let least = LEAST_DELAY * target.tau_m.get();
    let unfit = |what: String, wanted: &'static str| {
        let name = projection.name.clone();
        Some(Unfit::Projection { name, what, wanted, key: "delay" })
    };
    if projection.delays.is_some() {
        return unfit(
            "leads back to its own population, and has delays of single synapses".into(),
            "one delay for all synapses that lead back",
        );
    }
    if projection.delay.as_seconds() < least {
        return unfit(
            format!("leads back to its own population after {}", projection.delay),
            "a delay of a thousandth of tau_m or more",
        );
    }
    None
}

/// How long a rectangular pulse lasts, in ms; `None` for any other kernel.
fn width(projection: &Projection) -> Option<f64> {
    let Effect::Steps([up, down]) = projection.kernel.effect() else { return None };
    let rectangle = up.level == 1.0 && down.level == -1.0 && up.slope == 0.0 && down.slope == 0.0;
    rectangle.then(|| down.at.as_seconds() * 1e3)
}

fn unfit_population(population: &Population) -> Vec<Unfit> {
    let mut faults = Vec::new();
    let mut unfit = |key: &'static str, what: String, wanted: &'static str| {
        faults.push(Unfit::Population { name: population.name.clone(), what, wanted, key });
    };
    if matches!(population.neuron, Neuron::Open(_)) {
        unfit(
            "model",
            "is of a model without a closed form".into(),
            "lif, or a switch in the circuit `reset`",
        );
        return faults;
    }
    let lif = &population.lif;
    if population.differ() {
        unfit("", "has neurons that differ".into(), "one set of parameters for all");
    }
    if !lif.floor.is_none() {
        unfit(
            "floor",
            "has a floor, under which inhibition is forgotten".into(),
            "floor = \"none\": what inhibition leaves has to be remembered",
        );
    }
    if lif.i_bias.get() != 0.0 {
        unfit("i_bias", format!("has a bias current of {}", lif.i_bias), "i_bias = \"0 A\"");
    }
    if lif.u_0.is_some_and(|start| start != lif.u_rest) {
        unfit("u_0", "does not begin at rest".into(), "u_0 = u_rest");
    }
    if population.competition.is_some() {
        unfit("competition", "competes".into(), "neurons that do not know of each other");
    }
    faults
}

fn unfit_projection(projection: &Projection, target: &Lif) -> Vec<Unfit> {
    let mut faults = Vec::new();
    let mut unfit = |key: &'static str, what: String, wanted: &'static str| {
        faults.push(Unfit::Projection { name: projection.name.clone(), what, wanted, key });
    };
    let kernel = &projection.kernel;
    let half = 0.5 * target.tau_m.get();
    match kernel.effect() {
        Effect::Fades([Some(fade), None]) if fade.q == 0.0 => {
            if (fade.tau.get() / half - 1.0).abs() > 1e-9 {
                unfit(
                    "kernel",
                    format!("has the kernel {kernel}, beside tau_m {}", target.tau_m),
                    "tau_syn = tau_m/2: for other ratios the instant of a spike has no closed form",
                );
            }
        }
        Effect::Steps(_) if width(projection).is_some() => {}
        Effect::Jump => unfit(
            "kernel",
            format!("has the kernel {kernel}"),
            "currents, \"exponential\" or \"rect\": a jump has no slope, so its spikes have no exact gradient",
        ),
        _ => unfit(
            "kernel",
            format!("has the kernel {kernel}"),
            "\"exponential\" or \"rect\": the others have no closed form of the instant of a spike",
        ),
    }
    if projection.multapses {
        unfit(
            "multapses",
            "has several synapses from one line to one neuron".into(),
            "one synapse for a pair",
        );
    }
    if projection.shared.is_some() && projection.delays.is_some() {
        unfit(
            "delay",
            "shares its weights, and has delays of single synapses".into(),
            "one delay for all places of a kernel",
        );
    }
    faults
}
