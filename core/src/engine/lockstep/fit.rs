//! What keeps a network from running in lockstep.

use super::adapting::unfit_adaptation;
use super::kind::{Kind, SHORTEST};
use crate::network::{Effect, Network, Origin, Population, Projection};
use crate::neuron::model::Adapting;
use crate::neuron::{Lif, Reset};
use std::collections::BTreeSet;

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

/// Populations in the order of their layers, of a network in which these projections lead to each.
pub fn fit(network: &Network, into: &[Vec<usize>]) -> Result<Vec<usize>, Vec<Unfit>> {
    let mut faults = Vec::new();
    if network.sources.len() != 1 {
        faults.push(Unfit::Sources { count: network.sources.len() });
    }
    for population in &network.populations {
        faults.extend(unfit_population(population));
    }
    let neurons: Vec<Adapting> = network.populations.iter().map(neuron).collect();
    for projection in &network.projections {
        let target = &neurons[projection.to];
        faults.extend(unfit_projection(projection, target));
        faults.extend(unfit_jumps(network, projection, into));
        if projection.from == Origin::Population(projection.to) {
            faults.extend(unfit_recurrence(projection, &target.lif));
        }
    }
    for (index, population) in network.populations.iter().enumerate() {
        let kind = |&number: &usize| Kind::of(&network.projections[number], &neurons[index]);
        let mut forms = into[index].iter().map(kind);
        let name = || population.name.clone();
        let Some(first) = forms.next() else {
            faults.push(Unfit::Unreached { name: name() });
            continue;
        };
        let resets = [Reset::Subtract, Reset::SubtractOnce];
        if first == Some(Kind::Jumps) && resets.contains(&population.lif.reset) {
            faults.push(Unfit::Population {
                name: name(),
                what: "keeps what a jump leaves above the threshold".into(),
                wanted: "reset = \"rest\", \"value\" or \"hold\"",
                key: "reset",
            });
        }
        // (What has no form is named by itself.)
        if let Some(first) = first
            && let Some(other) = forms.flatten().find(|form| *form != first)
        {
            faults.push(Unfit::Population {
                name: name(),
                what: format!("is driven by {first} and by {other}"),
                wanted: "one kind of kernel, with one time constant, for all projections to a population",
                key: "",
            });
        }
    }
    match order(network) {
        Ok(order) if faults.is_empty() => return Ok(order),
        Ok(_) => {}
        Err(circle) => faults.push(circle),
    }
    Err(faults)
}

/// The neurons of a population as layers take them; what they do not take is told elsewhere.
pub fn neuron(population: &Population) -> Adapting {
    population.neuron.adapting().unwrap_or_else(|| population.lif.clone().into())
}

/// Populations in such an order that each comes after the others that drive it; of those that could be next, the first.
fn order(network: &Network) -> Result<Vec<usize>, Unfit> {
    let count = network.populations.len();
    let (mut waits_for, mut drives) = (vec![0_usize; count], vec![Vec::new(); count]);
    for projection in &network.projections {
        if let Origin::Population(from) = projection.from
            && from != projection.to
        {
            waits_for[projection.to] += 1;
            drives[from].push(projection.to);
        }
    }
    let mut ready: BTreeSet<usize> = (0..count).filter(|&population| waits_for[population] == 0).collect();
    let mut order = Vec::with_capacity(count);
    while let Some(next) = ready.pop_first() {
        order.push(next);
        for &driven in &drives[next] {
            waits_for[driven] -= 1;
            if waits_for[driven] == 0 {
                ready.insert(driven);
            }
        }
    }
    match waits_for.iter().position(|&left| left > 0) {
        Some(left) => Err(Unfit::Circle { name: network.populations[left].name.clone() }),
        None => Ok(order),
    }
}

/// What a surrogate gradient knows nothing of.
fn unfit_jumps(network: &Network, projection: &Projection, into: &[Vec<usize>]) -> Option<Unfit> {
    let unfit = |what: &str, wanted: &'static str, key: &'static str| {
        let name = projection.name.clone();
        Some(Unfit::Projection { name, what: what.into(), wanted, key })
    };
    let jumps = |population: usize| {
        into[population].iter().any(|&number| network.projections[number].kernel.effect() == Effect::Jump)
    };
    let back = projection.from == Origin::Population(projection.to);
    if back && projection.kernel.effect() == Effect::Jump {
        return unfit(
            "leads jumps back to their own population",
            "currents, or jumps that lead forward",
            "kernel",
        );
    }
    if let Origin::Population(from) = projection.from
        && projection.delays.is_some()
        && jumps(from)
    {
        return unfit(
            "starts at neurons that jump, and has delays of single synapses",
            "one delay for all synapses from such a population",
            "delay",
        );
    }
    None
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

fn unfit_population(population: &Population) -> Vec<Unfit> {
    let mut faults = Vec::new();
    let mut unfit = |key: &'static str, what: String, wanted: &'static str| {
        faults.push(Unfit::Population { name: population.name.clone(), what, wanted, key });
    };
    let Some(neuron) = population.neuron.adapting() else {
        unfit(
            "model",
            "is of a model without a closed form".into(),
            "lif, adaptive_lif, or a switch in the circuit `reset`",
        );
        return faults;
    };
    if let Some((key, tau)) = unfit_adaptation(&neuron) {
        unfit(
            key,
            format!("adapts with a time constant of {tau:.3e} tau_m"),
            "a time constant of a thousandth of tau_m or more",
        );
    }
    let lif = &neuron.lif;
    if neuron.adapts() && lif.reset.subtracts() {
        unfit("reset", "adapts, and keeps what a spike leaves".into(), "a reset to a potential");
    }
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

fn unfit_projection(projection: &Projection, target: &Adapting) -> Vec<Unfit> {
    let mut faults = Vec::new();
    let mut unfit = |key: &'static str, what: String, wanted: &'static str| {
        faults.push(Unfit::Projection { name: projection.name.clone(), what, wanted, key });
    };
    let kernel = &projection.kernel;
    match Kind::of(projection, target) {
        Some(Kind::Jumps) if target.adapts() => unfit(
            "kernel",
            "jumps, to neurons whose spikes adapt them".into(),
            "\"exponential\", \"alpha\" or \"rect\" to such neurons",
        ),
        Some(kind) => {
            if kind.tau().is_some_and(|tau| tau < SHORTEST) {
                unfit(
                    "kernel",
                    format!("has the kernel {kernel}, beside tau_m {}", target.lif.tau_m),
                    "tau_syn of a thousandth of tau_m or more",
                );
            }
        }
        _ => unfit("kernel", format!("has the kernel {kernel}"), "\"exponential\", \"alpha\" or \"rect\""),
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
