//! What an experiment measures: names, units and words, said once.

use super::super::spec::{ExperimentKind, Unit};
use crate::device::preset::PresetDevice;
use serde::{Deserialize, Serialize};

/// The unit a measured number is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MeasuredIn {
    /// A voltage.
    #[serde(rename = "V")]
    Volt,
    /// A current.
    #[serde(rename = "A")]
    Ampere,
    /// A conductance.
    #[serde(rename = "S")]
    Siemens,
    /// A resistance.
    #[serde(rename = "Ohm")]
    Ohm,
    /// A time.
    #[serde(rename = "s")]
    Second,
    /// A power.
    #[serde(rename = "W")]
    Watt,
    /// An energy.
    #[serde(rename = "J")]
    Joule,
    /// Shown in percent.
    #[serde(rename = "fraction")]
    Fraction,
    /// How many.
    #[serde(rename = "count")]
    Count,
    /// A plain number.
    #[serde(rename = "ratio")]
    Ratio,
}

impl MeasuredIn {
    /// The unit of the scenario file, if it has one there.
    #[must_use]
    pub const fn unit(self) -> Option<Unit> {
        Some(match self {
            Self::Volt => Unit::Volt,
            Self::Ampere => Unit::Ampere,
            Self::Siemens => Unit::Siemens,
            Self::Ohm => Unit::Ohm,
            Self::Second => Unit::Second,
            Self::Watt => Unit::Watt,
            Self::Joule => Unit::Joule,
            Self::Fraction | Self::Count | Self::Ratio => return None,
        })
    }

    /// "V", "%"; empty for a plain number.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match (self, self.unit()) {
            (_, Some(unit)) => unit.symbol(),
            (Self::Fraction, None) => "%",
            (_, None) => "",
        }
    }
}

/// A quantity an experiment measures.
#[derive(Clone, Copy, Debug)]
pub struct Measure {
    /// What `compare` names it by: `v_th`.
    pub name: &'static str,
    /// The unit of its values.
    pub unit: MeasuredIn,
    /// Words for tables: "turn-on voltage".
    pub what: &'static str,
    /// Kinds of preset it exists for; empty for all that the experiment takes.
    of: &'static [&'static str],
}

impl Measure {
    /// Whether a device of this kind of preset has it.
    #[must_use]
    pub fn exists_for(&self, device: &PresetDevice) -> bool {
        self.of.is_empty() || self.of.contains(&kind_of(device))
    }
}

/// Name of the kind of a preset, as in its file.
#[must_use]
pub const fn kind_of(device: &PresetDevice) -> &'static str {
    match device {
        PresetDevice::ThresholdSwitch { .. } => SWITCH,
        PresetDevice::BinarySwitch { .. } => BINARY,
        PresetDevice::DoseDevice { .. } => DOSE,
        PresetDevice::Oscillator { .. } => OSCILLATOR,
    }
}

const SWITCH: &str = "threshold_switch";
const BINARY: &str = "binary_switch";
const DOSE: &str = "dose_device";
const OSCILLATOR: &str = "oscillator";

/// Kinds of preset an experiment takes.
#[must_use]
pub const fn takes(experiment: ExperimentKind) -> &'static [&'static str] {
    match experiment {
        ExperimentKind::Iv => &[SWITCH, BINARY, DOSE, OSCILLATOR],
        ExperimentKind::Pulses | ExperimentKind::Cycles => &[SWITCH, BINARY, DOSE],
        ExperimentKind::Integration | ExperimentKind::Relaxation | ExperimentKind::Power => &[SWITCH],
        ExperimentKind::Retention => &[BINARY, DOSE],
        ExperimentKind::Stdp | ExperimentKind::SpikePulses => &[DOSE],
    }
}

const fn measure(name: &'static str, unit: MeasuredIn, what: &'static str) -> Measure {
    Measure { name, unit, what, of: &[] }
}

const fn of(
    name: &'static str,
    unit: MeasuredIn,
    what: &'static str,
    of: &'static [&'static str],
) -> Measure {
    Measure { name, unit, what, of }
}

use MeasuredIn::{Ampere, Count, Fraction, Joule, Ohm, Ratio, Second, Siemens, Volt, Watt};

/// What an experiment of this kind measures.
#[must_use]
pub fn quantities(experiment: ExperimentKind) -> &'static [Measure] {
    match experiment {
        ExperimentKind::Iv => IV,
        ExperimentKind::Pulses => PULSES,
        ExperimentKind::Integration => INTEGRATION,
        ExperimentKind::Relaxation => RELAXATION,
        ExperimentKind::Power => POWER,
        ExperimentKind::Cycles => CYCLES,
        ExperimentKind::Retention => RETENTION,
        ExperimentKind::Stdp => STDP,
        ExperimentKind::SpikePulses => SPIKE_PULSES,
    }
}

static IV: &[Measure] = &[
    of("v_th", Volt, "turn-on voltage", &[SWITCH, OSCILLATOR]),
    of("v_hold", Volt, "turn-off voltage", &[SWITCH, OSCILLATOR]),
    of("v_set", Volt, "SET voltage", &[BINARY]),
    of("v_reset", Volt, "RESET voltage", &[BINARY]),
    of("window", Ratio, "R_off / R_on after the loop", &[BINARY]),
    of("sweeps_up", Count, "sweeps that raise the conductance", &[DOSE]),
    of("sweeps_down", Count, "sweeps that lower the conductance", &[DOSE]),
    of("change_per_sweep", Fraction, "change per sweep, of the range", &[DOSE]),
    of("g_start", Siemens, "conductance before the first sweep", &[DOSE]),
    of("g_end", Siemens, "conductance after the last sweep", &[DOSE]),
    measure("largest_current", Ampere, "largest current"),
    measure("device_energy", Joule, "energy in the device"),
    measure("limiter_energy", Joule, "energy in the limiter"),
];

static PULSES: &[Measure] = &[
    of("first_spike", Count, "pulse at which it fires first", &[SWITCH]),
    of("spikes", Count, "spikes", &[SWITCH]),
    of("tau", Second, "time constant of the rise", &[SWITCH]),
    of("g_start", Siemens, "conductance before the first pulse", &[BINARY, DOSE]),
    of("g_end", Siemens, "conductance after the last pulse", &[BINARY, DOSE]),
    measure("device_energy", Joule, "energy in the device"),
    measure("limiter_energy", Joule, "energy in the limiter"),
];

static INTEGRATION: &[Measure] = &[
    measure("tau", Second, "time constant of integration"),
    measure("u_rest", Volt, "where it starts (u_rest)"),
    measure("u_end", Volt, "where it tends to (u_rest + R I)"),
    measure("fires_after", Second, "time to the first firing"),
];

static RELAXATION: &[Measure] = &[
    measure("tau", Second, "time constant of relaxation"),
    measure("u_rest", Volt, "where it relaxes to (u_rest)"),
    measure("on_time", Second, "time it stays on by itself"),
];

static POWER: &[Measure] = &[
    measure("on_power", Watt, "power of the device in compliance"),
    measure("compliance_from", Volt, "voltage at which compliance begins"),
    measure("source_power_at_v_th", Watt, "power of the source at the turn-on voltage"),
    measure("device_power_at_v_hold", Watt, "power of the device at the hold voltage"),
    measure("energy_per_spike", Joule, "energy of a spike that ends by itself"),
];

static CYCLES: &[Measure] = &[
    of("cv_on", Fraction, "CV of R_on", &[BINARY, DOSE]),
    of("cv_off", Fraction, "CV of R_off", &[BINARY, DOSE]),
    of("log_cv_on", Fraction, "CV of log10 R_on", &[BINARY, DOSE]),
    of("log_cv_off", Fraction, "CV of log10 R_off", &[BINARY, DOSE]),
    of("r_on", Ohm, "mean R_on", &[BINARY, DOSE]),
    of("r_off", Ohm, "mean R_off", &[BINARY, DOSE]),
    of("window", Ratio, "mean R_off / mean R_on", &[BINARY, DOSE]),
    of("cv_v_on", Fraction, "CV of the turn-on voltage", &[SWITCH]),
    of("cv_v_off", Fraction, "CV of the turn-off voltage", &[SWITCH]),
    of("v_on", Volt, "mean turn-on voltage", &[SWITCH]),
    of("v_off", Volt, "mean turn-off voltage", &[SWITCH]),
    measure("failed_sets", Count, "SETs that failed"),
    of("failed_resets", Count, "RESETs that failed", &[BINARY, DOSE]),
    measure("device_energy", Joule, "energy in the device"),
    measure("limiter_energy", Joule, "energy in the limiter"),
];

static RETENTION: &[Measure] = &[
    measure("held", Second, "time with the window above the floor"),
    measure("window", Ratio, "window at the end"),
    measure("loss_on", Fraction, "on state lost at the end"),
    measure("change_off", Fraction, "off state changed at the end"),
];

static STDP: &[Measure] = &[
    measure("w_plus", Fraction, "W+"),
    measure("tau_plus", Second, "tau1 (potentiation)"),
    measure("w_minus", Fraction, "W\u{2212}"),
    measure("tau_minus", Second, "tau2 (depression)"),
    measure("rms_plus", Fraction, "rms residual of the fit, potentiation"),
    measure("largest_plus", Fraction, "largest residual, potentiation"),
    measure("rms_minus", Fraction, "rms residual of the fit, depression"),
    measure("largest_minus", Fraction, "largest residual, depression"),
    measure("change_at_zero", Fraction, "change at dt = 0"),
    measure("dead_zone", Second, "dead zone: change below 0.05 % up to this dt"),
    measure("peak_plus", Fraction, "largest potentiation"),
    measure("peak_minus", Fraction, "largest depression"),
    measure("lone_pre", Ratio, "dose of a lone presynaptic spike"),
    measure("lone_post", Ratio, "dose of a lone postsynaptic spike"),
    measure("pair_energy", Joule, "energy of a pair far apart"),
];

static SPIKE_PULSES: &[Measure] = &[
    measure("at_zero", Volt, "largest voltage across at dt = 0"),
    measure("antisymmetry", Volt, "largest |V(dt) + V(\u{2212}dt)|"),
    measure("peak_near", Volt, "largest voltage across at the smallest dt"),
    measure("peak_far", Volt, "largest voltage across at the largest dt"),
    measure("change_near", Fraction, "change at the smallest dt"),
    measure("change_far", Fraction, "change at the largest dt"),
    measure("kept", Fraction, "part of the largest change that is left at the largest dt"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::spec::Word as _;

    #[test]
    fn every_kind_of_experiment_measures_something_on_some_device() {
        for choice in ExperimentKind::CHOICES {
            let kind = ExperimentKind::from_word(choice.name).unwrap();
            let list = quantities(kind);
            assert!(!list.is_empty() && !takes(kind).is_empty(), "{}", choice.name);
            for (index, measure) in list.iter().enumerate() {
                assert!(list[..index].iter().all(|other| other.name != measure.name), "{}", measure.name);
                assert!(measure.of.iter().all(|of| takes(kind).contains(of)), "{}", measure.name);
            }
        }
    }
}
