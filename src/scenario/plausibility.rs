//! Values that can be computed with, but hardly meant: warnings, never errors.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::{Fields, Filled};
use super::percentages;
use super::plan::{Input, Plan, ProjectionPlan};
use super::protocol;
use super::running_away::running_away;
use super::spec::Unit;
use crate::network::{Distribution, Kernel, Origin, SourceKind};
use crate::neuron::Neuron;
use crate::synapse::{Arrangement, Mapping};
use crate::units::Second;

/// Onset of SET of the paper's resistive device (Yan et al., fig. 1d): a read above it writes.
const V_SET: f64 = 0.12;
/// Membrane time constants outside this range are more likely slips of a prefix, in seconds.
const TAU_RANGE: (f64, f64) = (1e-6, 10.0);
/// A read pulse longer than this part of tau_m is no longer a jump.
const DELTA_LIMIT: f64 = 0.1;
/// Adds a warning for everything implausible.
pub fn check(plan: &Plan, filled: &Filled, warnings: &mut Diagnostics) {
    for (population, (_, fields)) in plan.populations.iter().zip(filled.all("population")) {
        if population.neuron.open().is_some() {
            continue; // Its constructor remarks on what is unusual.
        }
        let unusual = |tau_m: &Second| !(TAU_RANGE.0..=TAU_RANGE.1).contains(&tau_m.get());
        if let Some(tau_m) = population.kinds().map(|neuron| neuron.membrane().tau_m).find(unusual) {
            warnings.push(
                Diagnostic::warning(format!("`tau_m` of {} is {tau_m}", fields.what))
                    .maybe_at(fields.place("tau_m"))
                    .label("unusual")
                    .allowed("membranes of memristive neurons relax in 1 us to 10 s")
                    .hint("is the prefix meant as written?"),
            );
        }
    }
    for (projection, (_, fields)) in plan.projections.iter().zip(filled.all("projection")) {
        let Some(device) = &projection.device else { continue };
        let Some(table) = fields.table("crossbar") else { continue };
        let Some(read) = table.table("read") else { continue };
        if device.read.amplitude.get() > V_SET {
            warnings.push(
                Diagnostic::warning(format!(
                    "the read pulse of {} is {}",
                    fields.what, device.read.amplitude
                ))
                .maybe_at(read.place("amplitude"))
                .label("above the onset of SET")
                .allowed("below 120 mV, where the device of Yan et al. begins to SET (fig. 1d)")
                .hint("reading would write; this is not modelled"),
            );
        }
        overload(plan, projection, (fields, filled), warnings);
        let tau =
            plan.populations.get(projection.to).map_or(f64::INFINITY, |p| p.neuron.membrane().tau_m.get());
        if !projection.kernel.is_current() && device.read.width.get() > DELTA_LIMIT * tau {
            warnings.push(
                Diagnostic::warning(format!(
                    "the read pulse of {} is {} wide",
                    fields.what, device.read.width
                ))
                .maybe_at(read.place("width"))
                .label("too wide for a jump")
                .allowed("at most a tenth of tau_m with kernel = \"delta\"")
                .hint("use kernel = \"rect\" with this width"),
            );
        }
    }
    for (projection, (_, fields)) in plan.projections.iter().zip(filled.all("projection")) {
        // Given spikes are a measurement; they are not uncorrelated by nature.
        let given = matches!(projection.from, Origin::Source(source)
            if matches!(plan.sources[source].input, Input::Train(SourceKind::List(_))));
        if let (Some(plasticity), Some(table), false) =
            (&projection.plasticity, fields.table("plasticity"), given)
        {
            running_away(plasticity, table, warnings);
        }
    }
    isolated(plan, filled, warnings);
    percentages::check(filled, warnings);
    if let Some(fields) = filled.one("protocol") {
        (protocol::of(plan).plausible)(plan, filled, fields, warnings);
    }
}

/// What a projection of devices asks of the neurons that it reads into, beyond what they can take.
fn overload(
    plan: &Plan,
    projection: &ProjectionPlan,
    (fields, filled): (&Fields, &Filled),
    warnings: &mut Diagnostics,
) {
    let (Some(device), Some(population)) = (&projection.device, plan.populations.get(projection.to)) else {
        return;
    };
    let Some(at) = fields.written("device") else { return };
    let pairs = match device.arrangement {
        Arrangement::Parallel { pairs } => f64::from(pairs),
        _ => 1.0,
    };
    if let Some(switch) = &population.switch {
        let current = device.read.amplitude.get() * device.range.g_max.get() * pairs;
        let times = current / switch.i_cc.get();
        if times > 1.0 {
            let fits = device.read.amplitude.get() / times;
            warnings.push(
                Diagnostic::warning(format!(
                    "overload: one weight of {} at g_max draws {}, {} times the compliance of `{}`, {}",
                    fields.what,
                    Unit::Ampere.print(three(current)),
                    three(times),
                    population.name,
                    switch.i_cc
                ))
                .at(at)
                .label("more than the neuron takes")
                .allowed(format!(
                    "a transimpedance stage between column and neuron, which is assumed and not paid for; or a read pulse of {}, or a device of at most {}",
                    Unit::Volt.print(three(fits)),
                    Unit::Siemens.print(three(device.range.g_max.get() / times))
                )),
            );
        }
    }
    let membrane = population.neuron.membrane();
    let mapping = |w_max| Mapping::new(device.arrangement, device.placement, device.range, w_max).ok();
    if let Some(mapping) = device.w_max.and_then(mapping).filter(|_| projection.kernel == Kernel::Delta) {
        let ohms = mapping.scale().transimpedance(&device.read, membrane.tau_m).get();
        if ohms > MOST_OHMS {
            let wide = device.read.width.get() * ohms / MOST_OHMS;
            warnings.push(
                Diagnostic::warning(format!(
                    "overload: weights of {} need a transimpedance of {}",
                    fields.what,
                    Unit::Ohm.print(three(ohms))
                ))
                .at(at)
                .label("more than a circuit has at such speed")
                .allowed(format!(
                    "100 MOhm, such as with a read pulse {} wide",
                    Unit::Second.print(three(wide))
                )),
            );
        }
    }
    let preset = filled.all("population").get(projection.to).and_then(|(_, fields)| fields.preset.as_ref());
    if let (Some(preset), Neuron::Switch(switch), Kernel::Delta) =
        (preset, &population.neuron, &projection.kernel)
    {
        let jump = typical(&projection.weight).max(device.w_max.unwrap_or(0.0));
        let across = jump * switch.device.tau.get() / device.read.width.get();
        if across > preset.v_max.get() {
            let wide = jump * switch.device.tau.get() / preset.v_max.get();
            warnings.push(
                Diagnostic::warning(format!(
                    "overload: a jump of {} within a read pulse of {} puts {} across the switches of `{}`, which `{}` knows up to {}",
                    Unit::Volt.print(three(jump)),
                    device.read.width,
                    Unit::Volt.print(three(across)),
                    population.name,
                    preset.name,
                    preset.v_max
                ))
                .at(at)
                .label("a filament that fast is extrapolated")
                .allowed(format!("read pulses of at least {}", Unit::Second.print(three(wide)))),
            );
        }
    }
}

/// Largest transimpedance that is not remarked on.
const MOST_OHMS: f64 = 1e8;

/// A number to three digits, for messages.
fn three(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

/// A weight that is usual under a law: its mean and a standard deviation, or its upper end.
fn typical(law: &Distribution) -> f64 {
    match *law {
        Distribution::Constant(value) => value.abs(),
        Distribution::Normal { mean, sd } => mean.abs() + sd,
        Distribution::Uniform { low, high } => low.abs().max(high.abs()),
        Distribution::LogNormal { median, .. } => median.abs(),
    }
}

/// Populations nothing arrives at, and sources nothing leaves.
fn isolated(plan: &Plan, filled: &Filled, warnings: &mut Diagnostics) {
    for (index, (population, (_, fields))) in
        plan.populations.iter().zip(filled.all("population")).enumerate()
    {
        let driven = plan.projections.iter().any(|projection| projection.to == index);
        if !driven && population.kinds().all(|neuron| neuron.membrane().i_bias.get() == 0.0) {
            warnings.push(
                Diagnostic::warning(format!("nothing arrives at {}", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .label("stays silent")
                    .hint("give it a projection or `i_bias`"),
            );
        }
    }
    for (index, (_, fields)) in filled.all("source").iter().enumerate() {
        if !plan.projections.iter().any(|projection| projection.from == Origin::Source(index)) {
            warnings.push(
                Diagnostic::warning(format!("no projection starts at {}", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .label("unused"),
            );
        }
    }
}
