//! Values that can be computed with, but hardly meant: warnings, never errors.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::{Fields, Filled};
use super::plan::{Input, Plan, PlasticityPlan, Protocol, Supervised, Unsupervised};
use super::spec::Unit;
use crate::device::overlap::{SpikePulse, dose_balance};
use crate::device::resistive::{DoseDevice, StateLaw};
use crate::network::{Origin, SourceKind};
use crate::neuron::Neuron;
use crate::plasticity::{Dependence, Rule};
use crate::synapse::Placement;
use crate::training::unsupervised::{Pulses, WinnerRule};
use crate::units::Second;

/// Share of the range that a pulse without a partner may program before somebody should know that it is left out: a
/// pixel that is lit in one image of five, ten spikes each, sends a hundred thousand in a pass over MNIST.
const MUCH_ALONE: f64 = 1e-7;
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
        let Some(table) = fields.table("device") else { continue };
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
        if device.placement == Placement::Balanced && !bounded(plan) {
            warnings.push(balanced(table));
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
    let Some(protocol) = filled.one("protocol") else { return };
    match &plan.protocol {
        Protocol::Simulate { duration } => super::load_estimate::warn(plan, *duration, protocol, warnings),
        Protocol::Device { experiments } => super::device::plausible(experiments, filled, warnings),
        Protocol::Supervised(supervised) => {
            presentations(plan, supervised, filled, protocol, warnings);
            for (case, fields) in supervised.programming.iter().zip(protocol.tables("programming")) {
                if case.placement == Placement::Balanced && !bounded(plan) {
                    warnings.push(balanced(fields));
                }
            }
        }
        Protocol::Unsupervised(unsupervised) => learning(plan, unsupervised, protocol, warnings),
    }
}

/// What makes learning without labels fail quietly.
fn learning(plan: &Plan, unsupervised: &Unsupervised, protocol: &Fields, warnings: &mut Diagnostics) {
    let Some(projection) = plan.projections.get(unsupervised.projection) else { return };
    let neuron = plan.populations[projection.to].neuron.membrane();
    let shown = unsupervised.presentation.as_seconds();
    let w_max = unsupervised.learning.w_max.get();
    if neuron.tau_m.get() < 0.1 * shown {
        warnings.push(
            Diagnostic::warning(format!(
                "tau_m of the neurons that compete is {}, much less than a sample is shown",
                neuron.tau_m
            ))
            .maybe_at(protocol.place("presentation"))
            .label("the winner is whoever gets the last few spikes")
            .allowed("tau_m about as long as `presentation`, or longer")
            .hint(
                "dividing every time and multiplying every rate by the same number keeps the device's tau_m",
            ),
        );
    }
    if let (WinnerRule::Overlap(rule), None, Some(table)) =
        (&unsupervised.learning.rule, unsupervised.learning.normalise, protocol.table("learning"))
    {
        pulses_running_away(&rule.device, &rule.pulse, table, warnings);
    }
    if let WinnerRule::Overlap(rule) = &unsupervised.learning.rule {
        let [row, _] = Pulses::lone_dose(rule);
        if row > MUCH_ALONE {
            warnings.push(
                Diagnostic::warning(format!(
                    "a pulse on a row alone programs {row:.1e} of the range, and is left out while its column rests"
                ))
                .maybe_at(protocol.table("learning").and_then(|fields| fields.place("window")))
                .allowed(format!("up to {MUCH_ALONE:.0e} of the range"))
                .hint("a lower `time_scale`, or a device whose onset is above the peak of its pulse"),
            );
        }
    }
    if neuron.theta() < 2.0 * w_max {
        warnings.push(
            Diagnostic::warning(format!(
                "w_max is {}, and the threshold {} above rest: one or two spikes fire a neuron",
                unsupervised.learning.w_max,
                Unit::Volt.print(neuron.theta())
            ))
            .maybe_at(protocol.table("learning").and_then(|fields| fields.place("w_max")))
            .allowed("a w_max of a hundredth of the threshold or less"),
        );
    }
}

/// Additive pair STDP whose window potentiates more than it depresses.
fn running_away(plasticity: &PlasticityPlan, fields: &Fields, warnings: &mut Diagnostics) {
    if let Rule::Overlap(overlap) = &plasticity.rule {
        return pulses_running_away(&overlap.device, &overlap.pulse, fields, warnings);
    }
    let Rule::Pair(pair) = &plasticity.rule else { return };
    let balance = pair.balance();
    if pair.law.dependence != Dependence::Additive || balance <= 1.0 {
        return;
    }
    let ratio = if balance.is_finite() {
        format!("{balance:.2} times as much as it depresses")
    } else {
        "and never depresses".to_string()
    };
    let papers = if (balance - 2.94).abs() < 0.005 { " (the ratio of Yan et al., fig. 3c)" } else { "" };
    warnings.push(
        Diagnostic::warning(format!("the window of {} potentiates {ratio}{papers}", fields.what))
            .maybe_at(fields.place("a_plus"))
            .label("weights will run away to w_max")
            .allowed("a_plus tau_plus below a_minus tau_minus with dependence = \"additive\"")
            .hint("dependence = \"multiplicative\" or \"power\" has a fixed point inside the bounds"),
    );
}

/// Pulses on devices that potentiate more than they depress, by the same amount wherever a device is.
fn pulses_running_away(device: &DoseDevice, pulse: &SpikePulse, fields: &Fields, warnings: &mut Diagnostics) {
    let balance = dose_balance(device, pulse).filter(|balance| *balance > 1.0);
    let Some(balance) = balance.filter(|_| device.law == StateLaw::Linear) else { return };
    let papers = if (balance - 2.94).abs() < 0.005 { " (the ratio of Yan et al., fig. 3c)" } else { "" };
    warnings.push(
        Diagnostic::warning(format!(
            "the pulses of {} potentiate {balance:.2} times as much as they depress{papers}",
            fields.what
        ))
        .maybe_at(fields.place("preset").or(fields.at.as_ref()))
        .label("devices will run away to g_max")
        .allowed("something that brings them back, such as `normalise` in [protocol.learning]")
        .hint("inputs that are silent are not depressed at all: nothing overlaps with their electrode"),
    );
}

fn bounded(plan: &Plan) -> bool {
    match &plan.protocol {
        Protocol::Supervised(supervised) => supervised.weight_bound.is_some(),
        // Weights that learn without labels lie between 0 and w_max.
        Protocol::Simulate { .. } | Protocol::Device { .. } | Protocol::Unsupervised(_) => true,
    }
}

fn balanced(fields: &Fields) -> Diagnostic {
    Diagnostic::warning(format!("{} places pairs balanced, and the weights are unbounded", fields.what))
        .maybe_at(fields.place("placement"))
        .label("every weight gets the noise of the largest")
        .allowed("weight_bound in [protocol], such as 0.3, or placement = \"one_sided\"")
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

/// What must be short against a presentation.
fn presentations(
    plan: &Plan,
    supervised: &Supervised,
    filled: &Filled,
    protocol: &Fields,
    warnings: &mut Diagnostics,
) {
    let shown = supervised.presentation.as_seconds();
    let shown_text = Unit::Second.print(shown);
    let target = plan.projections.get(supervised.projection).map(|projection| projection.to);
    let Some(index) = target else { return };
    let (Some(population), Some((_, fields))) =
        (plan.populations.get(index), filled.all("population").get(index))
    else {
        return;
    };
    let mut longer = |seconds: f64, text: String, name: &str, table: Option<&Fields>| {
        if seconds > shown {
            warnings.push(
                Diagnostic::warning(format!("{text}, longer than a sample is shown"))
                    .maybe_at(table.and_then(|table| table.place(name)))
                    .label("longer than `presentation`")
                    .also(protocol.written("presentation"), "a sample is shown for this long")
                    .allowed(format!("at most {shown_text}")),
            );
        }
    };
    let neuron = population.neuron.membrane();
    let (period, is_switch) = match &population.neuron {
        Neuron::Lif(_) => ("t_ref", false),
        Neuron::Switch(_) => ("on_time", true),
        // Its dead time is one of its own keys, if it has one.
        Neuron::Open(_) => return,
    };
    longer(
        neuron.t_ref.get(),
        format!("`{period}` of {} is {}", fields.what, neuron.t_ref),
        period,
        Some(fields),
    );
    if let (false, Some(switch)) = (is_switch, &population.switch) {
        longer(
            switch.on_time.get(),
            format!("`on_time` of {} is {}", fields.what, switch.on_time),
            "on_time",
            fields.table("switch"),
        );
    }
    if shown < neuron.tau_m.get() {
        warnings.push(
            Diagnostic::warning(format!(
                "a sample is shown for {shown_text}, less than tau_m of {}",
                fields.what
            ))
            .maybe_at(protocol.place("presentation"))
            .label("short")
            .allowed(format!("several times tau_m, {}", neuron.tau_m)),
        );
    }
    let source = plan.projections.get(supervised.projection).map(|projection| projection.from);
    if let Some(Origin::Source(source)) = source
        && let Some(Input::Dataset { max_rate, .. }) = plan.sources.get(source).map(|source| &source.input)
        && max_rate.get() * shown < 1.0
    {
        warnings.push(
            Diagnostic::warning(format!(
                "a pixel of full intensity spikes {:.2} times",
                max_rate.get() * shown
            ))
            .maybe_at(protocol.place("presentation"))
            .label("per presentation")
            .allowed("several spikes; ten at 100 Hz and 100 ms"),
        );
    }
}
