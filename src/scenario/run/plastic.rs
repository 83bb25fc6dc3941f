//! Plasticity of a run: from the plan to the learning engine, and from there to energy and results.

use super::super::outcome::{NamedArray, PlasticResult};
use super::super::plan::Plan;
use super::context::RunError;
use super::filaments::{self, filaments};
use super::pairs::Pairs;
use crate::crossbar::Array;
use crate::device::endurance::Endurance;
use crate::device::fault::Fault;
use crate::device::resistive::{DeviceSpread, Kinetics};
use crate::device::retention::{DecayLaw, Retention};
use crate::energy::{Category, Ledger};
use crate::engine::{Learning, layout};
use crate::network::{Network, Weights};
use crate::numeric::standard_normal;
use crate::plasticity::{Bounds, Devices, Plastic, Rule, entity};
use crate::random::{Purpose, Stream};
use crate::scenario::assemble::AssembleError;
use crate::synapse::Arrangement;
use crate::training::Totals;
use std::sync::atomic::{AtomicBool, Ordering};

/// Bins of a histogram of weights.
const BINS: usize = 20;

/// Whether any projection learns.
pub fn learns(plan: &Plan) -> bool {
    plan.projections.iter().any(|projection| projection.plasticity.is_some())
}

/// The learning of every projection that learns. `wait`: see [`Learning::new`].
///
/// # Errors
/// If a rule does not fit its projection: the scenario's own checks come first, so this is rare; and if `stop` was set meanwhile.
pub fn learning(
    plan: &Plan,
    network: &Network,
    arrays: &[Option<Array>],
    wait: bool,
    stop: &AtomicBool,
) -> Result<Learning, RunError> {
    let fault = |projection: &str, message: String| {
        RunError::Assemble(vec![AssembleError::Devices { projection: projection.into(), message }])
    };
    let mut plastic = Vec::new();
    for (index, projection) in plan.projections.iter().enumerate() {
        let Some(plasticity) = &projection.plasticity else {
            plastic.push(None);
            continue;
        };
        let layout = layout(network, &network.projections[index]);
        let devices = devices((plan, network), index, arrays, stop)?;
        let made = Plastic::new(plasticity.rule.clone(), layout, devices).map_err(|faults| {
            let text: Vec<String> = faults.iter().map(ToString::to_string).collect();
            fault(&projection.name, text.join("; "))
        })?;
        plastic.push(Some(made));
    }
    Learning::new(network, plastic, wait).map_err(|error| fault("of the network", error.to_string()))
}

/// Multiplies the weights that devices start to learn from by what each of them makes of it.
pub fn start(plan: &Plan, values: &mut [Vec<f64>]) {
    for (index, (projection, values)) in plan.projections.iter().zip(values).enumerate() {
        if let Some(plasticity) = &projection.plasticity {
            plasticity.dispersion.start(plan.seed, index as u32, values);
        }
    }
}

/// Devices that are drawn between two looks at whether to stop.
const STRETCH: usize = 1 << 16;

/// The devices of a projection that learns, from what was programmed; `None` without.
///
/// # Errors
/// If `stop` was set meanwhile.
pub fn devices(
    (plan, network): (&Plan, &Network),
    index: usize,
    arrays: &[Option<Array>],
    stop: &AtomicBool,
) -> Result<Option<Devices>, RunError> {
    let projection = &plan.projections[index];
    if projection.filaments().is_some() {
        let described = &network.projections[index];
        let synapses = described.synapses(network.populations[described.to].size);
        return Ok(filaments(plan, index, synapses));
    }
    let (Some(device), Some(plasticity), Some(array)) =
        (&projection.device, &projection.plasticity, &arrays[index])
    else {
        return Ok(None);
    };
    let going_on = |n: &usize| !(n.is_multiple_of(STRETCH) && stop.load(Ordering::Relaxed));
    let mapping = array.mapping();
    let per_weight = mapping.devices();
    let scale = mapping.scale().0;
    let (g_min, g_max) = (mapping.range().g_min.get(), mapping.range().g_max.get());
    // What the learning device of each weight has at w = 0: the reference, its lowest, or as much as its partner.
    let at_zero = |g: &[f64]| match device.arrangement {
        Arrangement::Single => 0.5 * (g_min + g_max),
        Arrangement::Unipolar => g_min,
        Arrangement::Differential | Arrangement::Parallel { .. } => g.iter().skip(1).step_by(2).sum(),
    };
    let base: Vec<f64> = array.conductances().chunks_exact(per_weight).map(at_zero).collect();
    let partners = if per_weight == 1 { 1.0 } else { 2.0 };
    let differs = plasticity.dispersion.draw(plan.seed, index as u32, base.len());
    let law = plasticity.rule.bounds();
    let kinetics: Vec<Kinetics> = match &plasticity.rule {
        Rule::Overlap(overlap) if overlap.spread != DeviceSpread::default() || !differs.is_empty() => {
            let device = |n| overlap.device.own(&overlap.spread, plan.seed, entity(index as u32, n));
            let of = |n| match (device(n), differs.get(n)) {
                (Kinetics::Dose(device), Some(differs)) => differs.of(&device).into(),
                (device, _) => device,
            };
            (0..base.len()).take_while(going_on).map(of).collect()
        }
        _ => Vec::new(),
    };
    let mut own: Vec<Bounds> = if let Rule::Overlap(overlap) = &plasticity.rule {
        let bounds = |device: &Kinetics| {
            let ends = device.ends();
            let [w_min, w_max] = [ends.g_min, ends.g_max].map(|g| overlap.weight(g));
            Bounds { w_min, w_max }
        };
        kinetics.iter().map(bounds).collect()
    } else if device.spread.cv_device > 0.0 {
        let mut stream = Stream::new(plan.seed, Purpose::DeviceToDevice, index as u32, 0);
        let span = (mapping.range().g_max.get() - g_min) * (per_weight as f64 / 2.0).max(1.0);
        (0..base.len())
            .take_while(going_on)
            .map(|_| {
                let mut stretched = 0.0;
                for k in 0..per_weight {
                    let z = standard_normal(stream.next_word());
                    if k % 2 == 0 {
                        stretched += device.spread.own_max(mapping.range(), z) - g_min;
                    }
                }
                let w_max = law.w_max * (stretched / span);
                // A device without a range keeps a thousandth of one.
                Bounds { w_min: law.w_min, w_max: w_max.max(law.w_min + 1e-3 * law.span()) }
            })
            .collect()
    } else {
        Vec::new()
    };
    let law_of_steps = !matches!(plasticity.rule, Rule::Overlap(_));
    if law_of_steps && !differs.is_empty() {
        own.resize(base.len(), law);
        for (own, differs) in own.iter_mut().zip(&differs) {
            let w_min = own.w_min + (differs.low - 1.0) * g_min * scale;
            let w_max = own.w_max + (differs.high - 1.0) * g_max * scale;
            *own = Bounds { w_min, w_max: w_max.max(w_min + 1e-3 * law.span()) };
        }
    }
    let steps = if law_of_steps { differs.iter().map(|differs| differs.steps).collect() } else { Vec::new() };
    // What is on or off by itself is read as it is.
    let abrupt = matches!(&plasticity.rule, Rule::Overlap(overlap) if overlap.device.dose().is_none());
    let mut made = Devices {
        seed: plan.seed,
        projection: index as u32,
        siemens_per_weight: 1.0 / scale,
        base,
        partners,
        own,
        steps,
        range: [g_min, g_max],
        ends: Vec::new(),
        kinetics,
        levels: device.range.levels.filter(|_| !abrupt),
        cycle_sigma: plasticity.cycle_sigma,
        pulse: plasticity.program,
        endurance: plasticity.endurance,
        retention: decays(&device.retention, per_weight),
        stuck: Vec::new(),
    };
    made.stuck = (0..made.base.len())
        .take_while(going_on)
        .filter_map(|n| {
            let fault = device.faults.of(plan.seed, entity(index as u32, n))?;
            let bounds = made.bounds(n, law);
            let w = match fault {
                Fault::StuckOn => bounds.w_max,
                Fault::StuckOff => bounds.w_min,
            };
            Some((n, w))
        })
        .collect();
    // What was left out makes no difference to a run that ends here.
    if stop.load(Ordering::Relaxed) { Err(RunError::Stopped) } else { Ok(Some(made)) }
}

/// The decay of the devices that make a weight together, as one of them.
fn decays(retention: &Retention, per_weight: usize) -> Option<Retention> {
    let decays = retention.law != DecayLaw::Perfect;
    let side = (per_weight as f64 / 2.0).max(1.0);
    decays.then(|| Retention { g_inf: retention.g_inf * side, ..*retention })
}

/// Replaces the read energy of learning projections by that of the conductances they had when they were read,
/// and books programming.
pub fn book(plan: &Plan, learning: &Learning, totals: &Totals, ledger: &mut Ledger) {
    let (mut all, mut any) = (true, false);
    for (index, projection) in plan.projections.iter().enumerate() {
        let Some(plastic) = learning.plastic(index) else {
            continue;
        };
        let state = &plastic.memory().devices;
        if projection.filaments().is_some() {
            any = true;
            filaments::book(&projection.name, sum(&state.joules), sum(&state.limiter), ledger);
            continue;
        }
        let (Some(devices), Some(device)) = (plastic.devices(), &projection.device) else {
            all = false;
            continue;
        };
        any = true;
        let mut base = vec![0.0; plastic.layout().rows()];
        for (row, base) in base.iter_mut().enumerate() {
            let layout = plastic.layout();
            layout.row(row, |k, _| *base += devices.base[layout.number(k)] * devices.partners);
        }
        let counts = totals.rows.get(index).map_or(&[][..], Vec::as_slice);
        let fixed = counts.iter().zip(&base).fold(0.0, |sum, (&count, base)| sum + count as f64 * base);
        let conductance = state.read.iter().fold(fixed, |sum, read| sum + read * devices.siemens_per_weight);
        let joules = device.read.energy(conductance);
        let line = |entry: &&mut crate::energy::Entry| {
            entry.owner == projection.name && entry.category == Category::Read
        };
        match ledger.entries.iter_mut().find(line) {
            Some(entry) => entry.joules = joules,
            None => ledger.book(&projection.name, Category::Read, joules),
        }
        ledger.book(&projection.name, Category::Program, sum(&state.joules));
        if matches!(plastic.rule(), Rule::Overlap(_)) {
            ledger.book(&projection.name, Category::Limiter, sum(&state.limiter));
        }
    }
    if all && any {
        ledger.not_modelled.retain(|&category| category != Category::Program);
    }
}

fn sum(list: &[f64]) -> f64 {
    list.iter().fold(0.0, |sum, joules| sum + joules)
}

/// What each learning projection has done, and lines for a person.
pub fn results(
    plan: &Plan,
    network: &Network,
    learning: &Learning,
    weights: &Weights<f64>,
    moved: &[usize],
    pairs: &Pairs,
) -> (Vec<PlasticResult>, Vec<String>) {
    let (mut results, mut notes) = (Vec::new(), Vec::new());
    for (index, projection) in plan.projections.iter().enumerate() {
        let Some(plastic) = learning.plastic(index) else { continue };
        let values = weights.values(network, index);
        let bounds = plastic.rule().bounds();
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let square = values.iter().map(|w| (w - mean) * (w - mean)).sum::<f64>() / count;
        let share = |at: f64| values.iter().filter(|&&w| w == at).count() as f64 / count;
        let mut histogram = vec![0; BINS];
        for w in &values {
            let bin = ((w - bounds.w_min) / bounds.span() * BINS as f64).max(0.0) as usize;
            histogram[bin.min(BINS - 1)] += 1;
        }
        let memory = plastic.memory();
        let state = plastic.devices().map(|_| &memory.devices);
        let result = PlasticResult {
            projection: projection.name.clone(),
            pre_updates: memory.pre_updates,
            post_updates: memory.post_updates,
            pulses: state.map(|state| state.pulses.iter().sum()),
            pulses_max: state.map(|state| state.pulses.iter().copied().max().unwrap_or(0)),
            programming_j: state.filter(|_| projection.device.is_some()).map(|state| sum(&state.joules)),
            moved: moved.get(index).copied().unwrap_or(0) as u64,
            weight_mean: mean,
            weight_sd: square.sqrt(),
            at_min: share(bounds.w_min),
            at_max: share(bounds.w_max),
            histogram,
            window: pairs.window(plan, index, &values),
        };
        if result.moved > 0 {
            notes.push(format!(
                "{} initial weights of projection {} were outside its bounds and were moved to them",
                result.moved, projection.name
            ));
        }
        let endurance = projection.plasticity.as_ref().and_then(|plasticity| plasticity.endurance);
        // Of what forgets no cycles were measured: what wears it is said, or it does not.
        let endurance = endurance.or_else(|| projection.device.as_ref().map(|_| Endurance::default()));
        notes.extend(filaments::told(projection, result.pulses_max));
        if let Some(warning) = result.pulses_max.and_then(|pulses| endurance?.warning(pulses)) {
            notes.push(format!("projection {}: {warning}", projection.name));
        }
        results.push(result);
    }
    (results, notes)
}

/// The conductances that learning has left.
pub fn conductances(
    plan: &Plan,
    network: &Network,
    learning: &Learning,
    weights: &Weights<f64>,
    arrays: &mut [NamedArray],
) {
    for (index, projection) in plan.projections.iter().enumerate() {
        let Some(devices) = learning.plastic(index).and_then(Plastic::devices) else { continue };
        left(&projection.name, devices, &weights.values(network, index), arrays);
    }
}

/// Writes what the devices of a projection conduct with these weights in place of what they were programmed to.
pub fn left(projection: &str, devices: &Devices, values: &[f64], arrays: &mut [NamedArray]) {
    let prefix = format!("conductance.{projection}.");
    let learns = |array: &NamedArray| array.name.starts_with(&prefix) && !array.name.ends_with("minus");
    let pairs = arrays.iter().filter(|array| learns(array)).count().max(1) as f64;
    for array in arrays.iter_mut().filter(|array| learns(array)) {
        for ((g, w), base) in array.data.iter_mut().zip(values).zip(&devices.base) {
            *g = (base + w * devices.siemens_per_weight) / pairs;
        }
    }
}
