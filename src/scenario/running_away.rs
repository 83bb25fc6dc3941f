//! Rules that potentiate more than they depress, so that weights run away: warnings.

use super::diagnostic::{Diagnostic, Diagnostics};
use super::filled::Fields;
use super::plan::PlasticityPlan;
use crate::device::electrodes::SpikePulses;
use crate::device::overlap::dose_balance;
use crate::device::resistive::{DoseDevice, StateLaw};
use crate::plasticity::{Dependence, Rule};

/// Additive pair STDP whose window potentiates more than it depresses.
pub fn running_away(plasticity: &PlasticityPlan, fields: &Fields, warnings: &mut Diagnostics) {
    if plasticity.normalise.is_some() {
        return;
    }
    if let Rule::Overlap(overlap) = &plasticity.rule {
        if let Some(device) = overlap.device.dose() {
            pulses_running_away(device, &overlap.pulses, fields, warnings);
        }
        return;
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
fn pulses_running_away(
    device: &DoseDevice,
    pulses: &SpikePulses,
    fields: &Fields,
    warnings: &mut Diagnostics,
) {
    let SpikePulses::Shared(pulse) = pulses else { return };
    let balance = dose_balance(device, pulse).filter(|balance| *balance > 1.0);
    let Some(balance) = balance.filter(|_| device.law == StateLaw::Linear) else { return };
    let papers = if (balance - 2.94).abs() < 0.005 { " (the ratio of Yan et al., fig. 3c)" } else { "" };
    warnings.push(
        Diagnostic::warning(format!(
            "the pulses of {} potentiate {balance:.2} times as much as they depress{papers}",
            fields.what
        ))
        .maybe_at(fields.at.as_ref())
        .label("devices will run away to g_max")
        .allowed("something that brings them back, such as `normalise` where samples are presented")
        .hint("inputs that are silent are not depressed at all: nothing overlaps with their electrode"),
    );
}
