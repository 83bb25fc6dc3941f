//! Experiments that can be made, but hardly meant.

use super::super::diagnostic::{Diagnostic, Diagnostics};
use super::super::filled::Filled;
use super::{Experiment, ExperimentPlan, PulseShape};
use crate::units::{Quantity as _, Volt};

/// Adds a warning for everything implausible.
pub fn plausible(experiments: &[ExperimentPlan], filled: &Filled, warnings: &mut Diagnostics) {
    for (plan, (_, fields)) in experiments.iter().zip(filled.all("experiment")) {
        let (key, volts): (&str, Vec<f64>) = match &plan.experiment {
            Experiment::Iv { points, .. } => ("points", points.iter().map(|v| v.get()).collect()),
            Experiment::Pulses { amplitude, .. } | Experiment::Integration { amplitude, .. } => {
                ("amplitude", vec![amplitude.get()])
            }
            Experiment::Cycles { v_set, v_reset, .. } => ("v_set", vec![v_set.get(), v_reset.get()]),
            Experiment::SpikePulses { shape: PulseShape::Unipolar { peak, .. }, .. } => {
                ("peak", vec![peak.get()])
            }
            _ => ("", Vec::new()),
        };
        let largest =
            volts.into_iter().fold(0.0f64, |largest, v| if v.abs() > largest.abs() { v } else { largest });
        let preset = &plan.device.preset;
        if let Some(Err(out)) = Volt::from_si(largest).map(|v| preset.check_voltage(v)) {
            warnings.push(
                Diagnostic::warning(format!("{}: {out}", fields.what))
                    .maybe_at(fields.place(key))
                    .label("outside the range of the preset")
                    .allowed(format!("up to {} either way", out.v_max))
                    .hint("what comes out is extrapolated"),
            );
        }
    }
    for (name, fields) in filled.all("device") {
        if !experiments.iter().any(|plan| plan.device.name == *name) {
            warnings.push(
                Diagnostic::warning(format!("no experiment is made with {}", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .label("unused"),
            );
        }
    }
}
