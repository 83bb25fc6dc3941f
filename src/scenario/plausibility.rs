//! Values that can be computed with, but hardly meant: warnings, never errors.

use super::clipped;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::Filled;
use super::overload::overload;
use super::percentages;
use super::plan::{Input, Plan};
use super::protocol;
use super::running_away::running_away;
use super::spec::Unit;
use crate::network::{Origin, SourceKind};
use crate::units::Second;

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
        // Reads are positive, and a positive voltage SETs.
        let onset = filled.device(&device.name).and_then(|preset| {
            let (set, _) = preset.device.memory()?.device.onsets();
            Some((set, &preset.name)).filter(|_| device.read.amplitude.get() > set)
        });
        if let Some((set, preset)) = onset {
            let set = Unit::Volt.print(set);
            warnings.push(
                Diagnostic::warning(format!(
                    "the read pulse of {} is {}",
                    fields.what, device.read.amplitude
                ))
                .maybe_at(read.place("amplitude").or(fields.place("device")))
                .label("above the onset of SET")
                .allowed(format!(
                    "up to {set}, where device `{}` (preset `{preset}`) begins to SET",
                    device.name
                ))
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
    overdriven(plan, filled, warnings);
    isolated(plan, filled, warnings);
    clipped::warn(plan, filled, warnings);
    percentages::check(filled, warnings);
    if let Some(fields) = filled.one("protocol") {
        (protocol::of(plan).plausible)(plan, filled, fields, warnings);
    }
}

/// Programming pulses beyond the voltages that a device is known for: what they take is extrapolated.
fn overdriven(plan: &Plan, filled: &Filled, warnings: &mut Diagnostics) {
    for (projection, (_, fields)) in plan.projections.iter().zip(filled.all("projection")) {
        let (Some(plasticity), Some(device)) = (&projection.plasticity, &projection.device) else { continue };
        let program =
            fields.table("plasticity").and_then(|rule| rule.if_there("program").and(rule.table("program")));
        let (Some(program), Some(preset)) = (program, filled.device(&device.name)) else { continue };
        for (key, v) in [("v_set", plasticity.program.v_set), ("v_reset", plasticity.program.v_reset)] {
            let Some(out) = preset.check_voltage(v).err() else { continue };
            warnings.push(
                Diagnostic::warning(format!("`{key}` of {}: {out}", program.what))
                    .maybe_at(program.place(key))
                    .label("outside the range of the preset")
                    .allowed(out.allowed())
                    .hint("the joules of programming go by its square"),
            );
        }
    }
}

/// Populations nothing arrives at, and sources nothing leaves.
fn isolated(plan: &Plan, filled: &Filled, warnings: &mut Diagnostics) {
    let (mut driven, mut used) = (vec![false; plan.populations.len()], vec![false; plan.sources.len()]);
    for projection in &plan.projections {
        driven[projection.to] = true;
        if let Origin::Source(source) = projection.from {
            used[source] = true;
        }
    }
    for ((population, (_, fields)), driven) in
        plan.populations.iter().zip(filled.all("population")).zip(driven)
    {
        if !driven && population.kinds().all(|neuron| neuron.membrane().i_bias.get() == 0.0) {
            warnings.push(
                Diagnostic::warning(format!("nothing arrives at {}", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .label("stays silent")
                    .hint("give it a projection or `i_bias`"),
            );
        }
    }
    for ((_, fields), used) in filled.all("source").iter().zip(used) {
        if !used {
            warnings.push(
                Diagnostic::warning(format!("no projection starts at {}", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .label("unused"),
            );
        }
    }
}
