//! What devices ask of the neurons behind them, and weights of devices, beyond what they can take: warnings with figures,
//! and with what would mend them.

use super::clipped;
use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::{Fields, Filled};
use super::plan::{Connect, Plan, ProjectionPlan};
use super::spec::Unit;
use crate::hint::three;
use crate::network::{Distribution, Kernel};
use crate::neuron::Neuron;
use crate::synapse::{Arrangement, Mapping};

/// What a projection of devices asks of the neurons that it reads into, beyond what they can take.
pub fn overload(
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
    if let Some(w_max) = device.w_max {
        let largest = largest(projection);
        if largest > w_max {
            let unit = Unit::ALL.into_iter().find(|unit| unit.symbol() == projection.kernel.weight_unit());
            let shown = |w: f64| unit.map_or_else(|| three(w).to_string(), |unit| unit.print(three(w)));
            warnings.push(
                Diagnostic::warning(format!(
                    "overload: weights of {} go up to {}; the range of its devices ends at {}",
                    fields.what,
                    shown(largest),
                    shown(w_max)
                ))
                .maybe_at(fields.place("weight"))
                .label("cut to the range")
                .also(
                    fields.table("crossbar").and_then(|crossbar| crossbar.written("w_max")),
                    "the end of the range",
                )
                .allowed(format!(
                    "weights up to {}, or w_max = \"{}\"",
                    shown(w_max),
                    shown(largest)
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

/// The largest weight that a projection has to start with: of a list, or one that is usual under its law, beyond which there is one
/// in a hundred at most.
fn largest(projection: &ProjectionPlan) -> f64 {
    match &projection.connect {
        Connect::List { synapses, .. } => synapses.iter().fold(0.0, |most, (_, _, w)| w.abs().max(most)),
        _ => {
            let mut sizes: Vec<f64> = clipped::quantiles(&projection.weight).map(f64::abs).collect();
            sizes.sort_unstable_by(f64::total_cmp);
            typical(&projection.weight).max(sizes[sizes.len() - sizes.len() / 100 - 1])
        }
    }
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

#[cfg(test)]
mod tests {
    use crate::scenario::load_text;

    /// What is warned of where a weight, the end of the range and the read pulse are these.
    fn warned(weight: &str, w_max: &str, amplitude: &str, width: &str) -> Vec<String> {
        let text = format!(
            "[source.in]\nkind = \"poisson\"\nsize = 2\nrate = \"10 Hz\"\n[device.d]\npreset = \"ag-tio2-pt-rs-analog\"\n\
             [device.s]\npreset = \"ag-tio2-pt-ts\"\n[population.out]\nmodel = \"switch\"\ndevice = \"s\"\nsize = 2\n\
             [projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = {weight}\ndevice = \"d\"\n[projection.p.crossbar]\n\
             w_max = \"{w_max}\"\nread = {{ amplitude = \"{amplitude}\", width = \"{width}\" }}\n\
             [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n"
        );
        let loaded = load_text("test.toml", &text, &[], None);
        let loaded = loaded.unwrap_or_else(|faults| panic!("{}", faults.render(false)));
        loaded.warnings.iter().map(|warning| warning.what.to_string()).collect()
    }

    /// Nothing is said of the first, and only this of the second.
    fn begins(quiet: [&str; 4], loud: [&str; 4], said: &str) {
        let [of_quiet, of_loud] = [quiet, loud].map(|[weight, w_max, v, t]| warned(weight, w_max, v, t));
        assert_eq!(of_quiet, Vec::<String>::new());
        assert!(of_loud.len() == 1 && of_loud[0].contains(said), "{of_loud:?}");
    }

    const FITS: [&str; 4] = ["\"1 mV\"", "2 mV", "1.7 mV", "40 us"];

    #[test]
    fn a_weight_draws_more_than_the_compliance_from_7_ua_on() {
        let [weight, w_max, _, width] = FITS;
        // 7 uA through 4 mS.
        begins(
            [weight, w_max, "1.75 mV", width],
            [weight, w_max, "1.76 mV", width],
            "at g_max draws 7.04 uA, 1.01 times the compliance of `out`, 7 uA",
        );
    }

    #[test]
    fn a_jump_takes_more_than_v_max_where_it_is_too_short() {
        let [weight, w_max, amplitude, _] = FITS;
        // 2 mV x 9.41 ms / 0.5 V = 37.64 us.
        begins(
            [weight, w_max, amplitude, "37.65 us"],
            [weight, w_max, amplitude, "37.6 us"],
            "a jump of 2 mV within a read pulse of 37.6 us puts 501 mV across the switches of `out`",
        );
    }

    #[test]
    fn a_transimpedance_is_too_large_from_100_mohm_on() {
        let said = |width: &str| {
            let warned = warned(FITS[0], FITS[1], FITS[2], width);
            warned.into_iter().find(|what| what.contains("transimpedance"))
        };
        // w_max tau / (g_max - g_min) / (V t) = 2 mV x 9.41 ms / 3.8 mS / (1.7 mV x 29.13 ns).
        assert_eq!(said("29.2 ns"), None);
        let loud = said("29 ns").unwrap();
        assert!(loud.contains("need a transimpedance of 100 MOhm"), "{loud}");
    }

    #[test]
    fn weights_are_beyond_the_devices_from_w_max_on() {
        let [_, w_max, amplitude, width] = FITS;
        begins(
            ["\"2 mV\"", w_max, amplitude, width],
            ["\"2.01 mV\"", w_max, amplitude, "40 us"],
            "weights of projection `p` go up to 2.01 mV; the range of its devices ends at 2 mV",
        );
        let law = "{ uniform = [\"0 mV\", \"3 mV\"] }";
        let said = warned(law, w_max, amplitude, "80 us");
        assert!(said.len() == 1 && said[0].contains("up to 3 mV; the range"), "{said:?}");
        // One in a hundred lies beyond 2.576 standard deviations.
        for (sd, beyond) in [("0.77 mV", false), ("0.79 mV", true)] {
            let said = warned(&format!("{{ normal = [\"0 mV\", \"{sd}\"] }}"), w_max, amplitude, width);
            assert_eq!(
                said.iter().any(|what| what.contains("the range of its devices ends")),
                beyond,
                "{said:?}"
            );
        }
    }
}
