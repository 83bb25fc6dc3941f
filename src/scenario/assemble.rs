//! Plan -> network and initial weights.

use super::plan::{Connect, DevicePlan, Input, Plan, SwitchEnergy};
use super::synapses::{self, rows_of};
use crate::crossbar::{Alone, Array, Draw, ProgramError, Shape};
use crate::device::fault::FaultRates;
use crate::engine::Threads;
use crate::hint::many;
use crate::network::{self, Builder, Distribution, Network, Origin, Rows, Shared};
use crate::neuron::Behind;
use crate::random::{Purpose, Stream};
use crate::synapse::{Mapping, Spread};
use crate::time::Time;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A network and the weights it starts with: one list per projection, row-major.
#[derive(Clone, Debug)]
pub struct Assembled {
    /// Frozen and checked.
    pub network: Arc<Network>,
    /// In the unit of the projection's kernel; empty where the network keeps them.
    pub weights: Vec<Vec<f64>>,
    /// What was not taken as it was asked for.
    pub notes: Vec<String>,
}

/// Why a plan is not a network. The scenario's own checks come first, so this is rare.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum AssembleError {
    /// What the network's own checks found.
    #[error("{0}")]
    Network(network::Fault),
    /// Whoever waited for its synapses to be drawn wants them no more.
    #[error("it was stopped while synapses were drawn or devices programmed")]
    Stopped,
    /// The weights of a projection cannot be put into its devices.
    #[error("the devices of projection `{projection}`: {message}")]
    Devices {
        /// As the scenario names it.
        projection: String,
        /// What stands against it.
        message: String,
    },
}

/// Builds the network of a plan.
///
/// # Errors
/// Every fault of the network.
pub fn assemble(plan: &Plan) -> Result<Assembled, Vec<AssembleError>> {
    assemble_with(plan, Some(&Threads::one()), &mut |_| true)
}

/// The network of a plan without its drawn synapses: enough to see what the engine chooses.
///
/// # Errors
/// As [`assemble`].
pub fn skeleton(plan: &Plan) -> Result<Arc<Network>, Vec<AssembleError>> {
    assemble_with(plan, None, &mut |_| true).map(|assembled| assembled.network)
}

/// As [`assemble`], or without drawn synapses where no threads draw them; `progress` is told how many synapses were drawn since the last call, and says whether to go on.
///
/// # Errors
/// As [`assemble`], and if it was not to go on.
pub fn assemble_with(
    plan: &Plan,
    draw: Option<&Threads>,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Result<Assembled, Vec<AssembleError>> {
    let mut stopped = false;
    let mut progress = |synapses| {
        stopped |= !progress(synapses);
        !stopped
    };
    let mut notes = Vec::new();
    let mut drawn_values = vec![None; plan.projections.len()];
    let mut builder = Builder::default();
    for source in &plan.sources {
        match source.input {
            Input::Poisson { rate } => builder.poisson(&source.name, source.size, rate),
            _ => builder.source(&source.name, source.size, source.kind()),
        };
    }
    for population in &plan.populations {
        let index = if population.each.is_empty() {
            builder.population(&population.name, population.size, population.neuron.clone())
        } else {
            builder.neurons(&population.name, population.each.iter().cloned())
        };
        let on = population.switch.as_ref().map(|switch| Time::from_seconds(switch.on_time));
        builder.on_time(index, on.and_then(Result::ok).unwrap_or_default());
        if let (true, Some(switch), Some(g_pre)) = (plan.record.energy, &population.switch, population.g_pre)
        {
            let SwitchEnergy { i_cc, g_off, g_on, .. } = *switch;
            builder.behind(index, Behind { i_cc, g_off, g_pre, g_on });
        }
        if let Some(competition) = &population.competition {
            builder.compete(index, competition.clone());
        }
    }
    for (index, projection) in plan.projections.iter().enumerate() {
        let mut shared = None;
        let connect = match &projection.connect {
            Connect::AllToAll => Rows::Dense,
            Connect::OneToOne => Rows::OneToOne,
            Connect::List { synapses, .. } => sparse(rows_of(plan, projection.from), synapses),
            Connect::Convolution { of } => {
                let (rows, of) = of.synapses();
                shared = Some(of);
                rows
            }
            Connect::Pooling { of } => of.synapses().0,
            Connect::Drawn { .. } => {
                let start = vec![0; rows_of(plan, projection.from) as usize + 1];
                Rows::sparse(start, Vec::new())
            }
        };
        let mut made = draw.and_then(|threads| synapses::drawn(plan, index, threads, &mut progress));
        if !progress(0) {
            return Err(vec![AssembleError::Stopped]);
        }
        let connect = made.as_mut().map_or(connect, |made| std::mem::replace(&mut made.rows, Rows::OneToOne));
        let number = builder.projection(
            &projection.name,
            projection.from,
            projection.to,
            projection.kernel.clone(),
            projection.delay,
            connect,
        );
        shared.into_iter().for_each(|shared| builder.share(number, shared));
        synapses::keep(plan, index, &mut builder, number);
        if let Some(law) = projection.delays {
            builder.longest(number, network::longest_delay(law));
        }
        if let Some(made) = made {
            if made.multapses {
                builder.multapses(number);
            }
            made.fixed.into_iter().for_each(|fixed| builder.fixed(number, fixed));
            made.delays.into_iter().for_each(|delays| builder.delays(number, delays));
            drawn_values[index] = Some(made.values);
            if made.raised > 0 {
                let least = if matches!(projection.from, Origin::Population(_)) { "1 fs" } else { "0 s" };
                notes.push(format!(
                    "{} of the delays of projection `{}` were drawn below {least} and are {least}",
                    made.raised, projection.name
                ));
            }
        }
    }
    let network = builder
        .finish()
        .map_err(|faults| faults.into_iter().map(AssembleError::Network).collect::<Vec<_>>())?;
    let mut weights = Vec::with_capacity(drawn_values.len());
    for (index, drawn) in drawn_values.into_iter().enumerate() {
        let made = match drawn {
            None if draw.is_none() => Some(Vec::new()),
            None => initial(plan, &network, index, &mut progress),
            drawn => drawn,
        };
        weights.push(made.ok_or_else(|| vec![AssembleError::Stopped])?);
    }
    Ok(Assembled { network, weights, notes })
}

/// Rows of a list sorted by (pre, post).
fn sparse(rows: u32, synapses: &[(u32, u32, f64)]) -> Rows {
    let mut start = vec![0; rows as usize + 1];
    for &(pre, _, _) in synapses {
        if let Some(end) = start.get_mut(pre as usize + 1) {
            *end += 1;
        }
    }
    for row in 0..rows as usize {
        start[row + 1] += start[row];
    }
    let targets: Vec<u32> = synapses.iter().map(|synapse| synapse.1).collect();
    Rows::sparse(start, targets)
}

/// Weights that are drawn between two looks at whether they are still wanted.
const STRETCH: usize = 1 << 20;

/// Initial weights of a projection; synapse k, or of those that share them weight k, uses word k of its stream. `None`: they are
/// wanted no more.
fn initial(
    plan: &Plan,
    network: &Network,
    index: usize,
    progress: &mut dyn FnMut(u64) -> bool,
) -> Option<Vec<f64>> {
    let projection = &plan.projections[index];
    if network.projections[index].fixed.is_some() {
        return Some(Vec::new());
    }
    if let Connect::List { synapses, .. } = &projection.connect {
        return Some(synapses.iter().map(|synapse| synapse.2).collect());
    }
    let listed = &network.projections[index];
    let synapses = || listed.synapses(network.populations[projection.to].size);
    let count = listed.shared.as_ref().map_or_else(synapses, Shared::count);
    let mut stream = Stream::new(plan.seed, Purpose::InitialWeight, index as u32, 0);
    let mut weights = Vec::with_capacity(count);
    match projection.weight {
        Distribution::Constant(value) => weights.resize(count, value),
        law => {
            while weights.len() < count {
                let stretch = STRETCH.min(count - weights.len());
                weights.extend((0..stretch).map(|_| law.sample(stream.next_word())));
                if !progress(0) {
                    return None;
                }
            }
        }
    }
    Some(match &listed.shared {
        Some(shared) => shared.expand(&weights),
        None => weights,
    })
}

/// Programs the weights of a projection onto its devices: one by one, or those that are shared, each once.
///
/// `w_max` stands for the end of the conductance range where the plan leaves it open.
///
/// # Errors
/// If the devices cannot be programmed: said in one line; and if `stop` was set meanwhile.
pub fn program(
    plan: &Plan,
    projection: usize,
    device: &DevicePlan,
    weights: &[f64],
    (w_max, draw): (Option<f64>, u64),
    stop: &AtomicBool,
) -> Result<Array, AssembleError> {
    let description = &plan.projections[projection];
    let fault = |message: String| AssembleError::Devices { projection: description.name.clone(), message };
    let shared = match &description.connect {
        Connect::Convolution { of } => Some(of.synapses().1.gather(weights)),
        _ => None,
    };
    let weights = shared.as_deref().unwrap_or(weights);
    let largest = weights.iter().fold(0.0f64, |largest, w| largest.max(w.abs()));
    let w_max = device.w_max.or(w_max).unwrap_or(if largest > 0.0 { largest } else { 1.0 });
    let mapping = Mapping::new(device.arrangement, device.placement, device.range, w_max)
        .map_err(|faults| fault(join(&faults)))?;
    let cols = plan.populations[description.to].size as usize;
    let shape = match description.connect {
        Connect::AllToAll => Shape { rows: weights.len() / cols.max(1), cols },
        // One device group per weight: each is its own row.
        _ => Shape { rows: weights.len(), cols: 1 },
    };
    let draw = Draw { seed: plan.seed, entity: projection as u32, draw };
    let array = Array::program_unless(stop, (shape, weights), &mapping, &device.spread, draw);
    let array = array.map_err(|faults| match faults.as_slice() {
        [ProgramError::Stopped] => AssembleError::Stopped,
        faults => fault(join(faults)),
    })?;
    // Of what learns the devices that do are stuck while they learn.
    let faults = if description.plasticity.is_some() { FaultRates::default() } else { device.faults };
    let alone = Alone { faults, after: device.age, retention: device.retention };
    let array = array.left_alone(&alone, draw, stop);
    let array = array.ok_or(AssembleError::Stopped)?;
    if tracing::enabled!(target: "memspike::program", tracing::Level::TRACE) {
        let population = plan.populations[description.to].name.as_str();
        trace_programming((&description.name, population), &array, draw.draw);
    }
    Ok(array)
}

/// One event per device that was programmed. Programming takes place between episodes, so it has a draw
/// and no simulated time.
fn trace_programming((projection, population): (&str, &str), array: &Array, draw: u64) {
    let Shape { cols, .. } = array.shape();
    let devices = array.mapping().devices();
    for (k, &conductance) in array.conductances().iter().enumerate() {
        let synapse = k / devices.max(1);
        tracing::trace!(
            target: "memspike::program",
            kind = "program",
            projection,
            population,
            draw,
            pre = synapse / cols.max(1),
            post = synapse % cols.max(1),
            device = k % devices.max(1),
            conductance_siemens = conductance
        );
    }
}

/// The same devices without any spread, with continuous levels, none of them stuck and just programmed: what ideal programming
/// would give.
#[must_use]
pub fn ideal(device: &DevicePlan) -> DevicePlan {
    let mut ideal = device.clone();
    ideal.spread = Spread::NONE;
    ideal.range.levels = None;
    ideal.faults = FaultRates::default();
    ideal.age = None;
    ideal
}

fn join<T: std::fmt::Display>(faults: &[T]) -> String {
    faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

/// What the program does with the plan, for `check` and `resolve`: forms, ranks, lanes, storage.
#[must_use]
pub fn describe(network: &Network, precision: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for population in &network.populations {
        let form = match population.form {
            network::Form::SharedDecay if population.competition.is_some() => {
                "shared-decay (one decay factor per event for all), one winner per instant"
            }
            network::Form::SharedDecay => "shared-decay (one decay factor per event for all)",
            network::Form::OwnTime if !population.one_clock() => {
                "own-time (each neuron advances at its own events: what they differ in takes clocks of their own)"
            }
            network::Form::OwnTime => "own-time (each neuron advances at its own events)",
            network::Form::Scaled => "scaled (u e^(t/tau_m) stands still between arrivals)",
        };
        lines.push(format!(
            "population {}: {}, form {form}, rank {}, precision {}",
            population.name,
            many(population.size, "neuron"),
            population.rank,
            if population.form == network::Form::SharedDecay { precision } else { "f64" }
        ));
    }
    for projection in &network.projections {
        let columns = network.populations[projection.to].size;
        let synapses = projection.synapses(columns);
        if matches!(&projection.connect, Rows::Sparse { targets, .. } if targets.is_empty()) {
            continue; // Not drawn yet: the estimate of memory says what it will be.
        }
        let bytes = match projection.fixed {
            Some(network::Fixed::Constant(_)) => 0,
            Some(network::Fixed::Compact(_)) => 4,
            None if precision == "f32" => 4,
            None => 8,
        };
        let (layout, per_synapse) = match &projection.connect {
            Rows::Dense => ("dense rows", bytes),
            Rows::OneToOne => ("one weight per row", bytes),
            Rows::Sparse { targets, .. } => ("sparse rows", bytes + targets.bytes()),
        };
        let delay = if projection.longest > projection.delay {
            format!("delays of their own, {} to {}", projection.delay, projection.longest)
        } else {
            format!("delay {}", projection.delay)
        };
        lines.push(format!(
            "projection {}: {}, {layout}, {per_synapse} bytes each, {delay}",
            projection.name,
            many(synapses, "synapse"),
        ));
    }
    for lane in &network.lanes {
        lines.push(format!("lane {}: {}", lane_name(lane.kind), lane.label));
    }
    lines
}

fn lane_name(kind: network::LaneKind) -> &'static str {
    match kind {
        network::LaneKind::Poisson => "poisson",
        network::LaneKind::Cursor => "cursor",
        network::LaneKind::Fifo => "fifo",
        network::LaneKind::Wheel => "wheel",
        network::LaneKind::MinTree => "min-tree",
        network::LaneKind::General => "general",
    }
}
