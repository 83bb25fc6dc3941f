//! Kinds of device whose conductance stays: a resistive device with what time and use do to it.
//!
//! State: the conductance. Drive alone moves it; what is lost in hours and days is asked of [`Retention`] apart.

mod binary;
mod dose;

pub use binary::BinaryMemory;
pub use dose::DoseMemory;

use super::circuit::Conduction;
use super::parameters::Reader;
use super::retention::{DecayLaw, Retention};
use crate::keys::{ModelKey, choice, key, required};

crate::plain! {
    /// State of a device whose conductance stays.
    pub struct Programmed {
        /// What it was last programmed to.
        conductance: "S",
    }
}

/// Keys of the retention of every memory.
const RETENTION: [ModelKey; 7] = [
    choice(
        "decay",
        &[("perfect", "it stays"), ("exponential", "e^(-(t/tau)^b)"), ("power", "(1 + t/t0)^-nu")],
        "perfect",
        "How its conductance decays when it is left alone.",
    ),
    required("g_inf", "S", "Where a decay ends: the state without a filament."),
    key(
        "lifetime_sigma",
        "",
        "0",
        "Spread of the lifetime from device to device: sigma of its logarithm.",
        "setting",
    ),
    required("retention_tau", "s", "Lifetime, with decay = \"exponential\"."),
    key("retention_b", "", "1.0", "Exponent of e^(-(t/tau)^b), with decay = \"exponential\".", "setting"),
    required("retention_t0", "s", "Time from which on a power law shows, with decay = \"power\"."),
    required("retention_nu", "", "Exponent of the power law, with decay = \"power\"."),
];

fn retention(r: &mut Reader<'_>) -> Option<Retention> {
    let law = r.law("decay")?;
    if law == "perfect" {
        return Some(Retention::PERFECT);
    }
    let (g_inf, sigma) = (r.quantity("g_inf"), r.number("lifetime_sigma"));
    let law = if law == "exponential" {
        let (tau, b) = (r.quantity("retention_tau"), r.number("retention_b"));
        DecayLaw::Exponential { tau: tau?, b: b? }
    } else {
        let (t0, nu) = (r.quantity("retention_t0"), r.number("retention_nu"));
        DecayLaw::PowerLaw { t0: t0?, nu: nu? }
    };
    let retention = Retention { law, g_inf: g_inf?, lifetime_sigma: sigma? };
    for fault in retention.faults() {
        r.model_fault(fault);
    }
    Some(retention)
}

/// Words of a key that chooses a conduction.
const CONDUCTIONS: &[(&str, &str)] = &[("ohmic", "I = G V"), ("sinh", "I = G V0 sinh(V/V0)")];

fn conduction(r: &mut Reader<'_>, key: &str, v0: &str) -> Option<Conduction> {
    match r.law(key)? {
        "sinh" => Some(Conduction::Sinh { v0: r.quantity(v0)? }),
        _ => Some(Conduction::Ohmic),
    }
}
