//! Initial weights that a projection cannot have: they are moved to the nearest one that it can have, which is told before.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::Filled;
use super::plan::{Connect, Plan, ProjectionPlan};
use crate::network::Distribution;
use crate::synapse::Arrangement;

/// Share of the weights from which on it is told.
const SOME: f64 = 0.01;
/// Quantiles of a law that are looked at.
const QUANTILES: u64 = 1000;

/// Lowest and highest weight, and what bounds them.
fn bounds(projection: &ProjectionPlan) -> Option<(f64, f64, &'static str)> {
    if let Some(plasticity) = &projection.plasticity {
        let bounds = plasticity.rule.bounds();
        return Some((bounds.w_min, bounds.w_max, "its rule keeps, `w_min` to `w_max`"));
    }
    // Those beyond the range of devices are an overload.
    let unipolar = projection.device.as_ref()?.arrangement == Arrangement::Unipolar;
    unipolar.then_some((0.0, f64::INFINITY, "its devices have, none of which is below zero"))
}

/// Share of the weights of a projection that lie outside.
fn outside(projection: &ProjectionPlan, low: f64, high: f64) -> f64 {
    // As far as last digits: a bound that is a weight is meant.
    let slack = 1e-9 * high.abs().min(1.0);
    let out = |w: f64| !(low - slack..=high + slack).contains(&w);
    if let Connect::List { synapses, .. } = &projection.connect {
        let count = synapses.iter().filter(|synapse| out(synapse.2)).count();
        return count as f64 / synapses.len().max(1) as f64;
    }
    quantiles(&projection.weight).filter(|&w| out(w)).count() as f64 / QUANTILES as f64
}

/// Values of a law, as many from each thousandth.
pub fn quantiles(law: &Distribution) -> impl Iterator<Item = f64> {
    (0..QUANTILES).map(|k| law.sample((2 * k + 1) * (u64::MAX / (2 * QUANTILES))))
}

/// Warns of them.
pub fn warn(plan: &Plan, filled: &Filled, warnings: &mut Diagnostics) {
    for (projection, (name, fields)) in plan.projections.iter().zip(filled.all("projection")) {
        let Some((low, high, what)) = bounds(projection) else { continue };
        let share = outside(projection, low, high);
        if share >= SOME {
            let text = format!(
                "{:.0} % of the initial weights of projection `{name}` are not among those that {what}",
                100.0 * share
            );
            warnings.push(
                Diagnostic::warning(text)
                    .maybe_at(fields.place("weight"))
                    .label("moved to the nearest one")
                    .hint("a law of weights within them keeps what it says"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_text;

    fn warned(projection: &str) -> String {
        let device = if projection.contains("device") {
            "[device.synapse]\npreset = \"ag-tio2-pt-rs-analog\"\n"
        } else {
            ""
        };
        let text = format!(
            "[source.s]\nkind = \"poisson\"\nsize = 100\nrate = \"1 Hz\"\n[population.a]\nsize = 100\n\
             {device}[projection.p]\nfrom = \"s\"\nto = \"a\"\n\
             {projection}\n[protocol]\nkind = \"simulate\"\nduration = \"10 ms\"\n"
        );
        match load_text("test.toml", &text, &[], None) {
            Ok(loaded) => loaded.warnings.render(false),
            Err(faults) => panic!("{}", faults.render(false)),
        }
    }

    #[test]
    fn half_of_a_normal_law_is_below_zero() {
        let unipolar = "device = \"synapse\"\ncrossbar = { arrangement = \"unipolar\" }\n";
        let text = warned(&format!("{unipolar}weight = {{ normal = [\"0 mV\", \"1 mV\"] }}"));
        assert!(text.contains("50 % of the initial weights of projection `p`"), "{text}");
        assert!(text.contains("none of which is below zero"), "{text}");
        let text = warned(&format!("{unipolar}weight = {{ uniform = [\"0 mV\", \"1 mV\"] }}"));
        assert!(!text.contains("initial weights"), "{text}");
    }

    #[test]
    fn what_a_rule_does_not_keep_is_told() {
        let rule = "plasticity = { rule = \"stdp_pair\", w_max = \"1 mV\" }\n";
        let text = warned(&format!("{rule}weight = {{ uniform = [\"0 mV\", \"4 mV\"] }}"));
        assert!(text.contains("75 % of the initial weights of projection `p`"), "{text}");
        let text = warned(&format!("{rule}weight = \"1 mV\""));
        assert!(!text.contains("initial weights"), "{text}");
    }
}
