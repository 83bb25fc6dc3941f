//! Experiments that can be made, but hardly meant.

use super::super::diagnostic::{Diagnostic, Diagnostics};
use super::super::filled::Filled;
use super::{Experiment, ExperimentPlan, PulseShape};

/// Adds a warning for everything implausible.
pub fn plausible(experiments: &[ExperimentPlan], filled: &Filled, warnings: &mut Diagnostics) {
    for (plan, (_, fields)) in experiments.iter().zip(filled.all("experiment")) {
        let key = match &plan.experiment {
            Experiment::Iv { .. } => "points",
            Experiment::Pulses { .. } | Experiment::Integration { .. } => "amplitude",
            Experiment::Cycles { .. } => "v_set",
            Experiment::SpikePulses { shape: PulseShape::Unipolar { .. }, .. } => "peak",
            _ => "device",
        };
        if let Some(out) = plan.out_of_range() {
            warnings.push(
                Diagnostic::warning(format!("{}: {out}", fields.what))
                    .maybe_at(fields.place(key))
                    .label("outside the range of the preset")
                    .allowed(out.allowed())
                    .hint("what comes out is extrapolated"),
            );
        }
        if let Some(wrong) = plan.wrong_sign() {
            warnings.push(
                Diagnostic::warning(format!("{}: {}", fields.what, wrong.what))
                    .maybe_at(fields.place(key))
                    .label("of this sign")
                    .allowed(wrong.allowed)
                    .hint(wrong.hint),
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
