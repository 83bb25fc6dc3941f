//! What an experiment measures: names, units and words, said once.

use super::super::spec::Unit;
use crate::device::model::{Measure, MeasuredIn, measure};
use crate::device::threshold::VolatileSwitch;
use crate::device::{DeviceEntry, Open};

/// The unit of the scenario file, if it has one there.
#[must_use]
pub const fn unit_of(measured: MeasuredIn) -> Option<Unit> {
    Some(match measured {
        MeasuredIn::Volt => Unit::Volt,
        MeasuredIn::Ampere => Unit::Ampere,
        MeasuredIn::Siemens => Unit::Siemens,
        MeasuredIn::Ohm => Unit::Ohm,
        MeasuredIn::Second => Unit::Second,
        MeasuredIn::Watt => Unit::Watt,
        MeasuredIn::Joule => Unit::Joule,
        MeasuredIn::Fraction | MeasuredIn::Count | MeasuredIn::Ratio => return None,
    })
}

/// A quantity of an experiment, and the devices that have it.
struct Of {
    measure: Measure,
    has: fn(&Open) -> bool,
}

const fn all(name: &'static str, unit: MeasuredIn, what: &'static str) -> Of {
    Of { measure: measure(name, unit, what), has: |_| true }
}

/// Of a device whose conductance stays.
const fn kept(name: &'static str, unit: MeasuredIn, what: &'static str) -> Of {
    Of { measure: measure(name, unit, what), has: |device| device.memory().is_some() }
}

/// Of a volatile switch.
const fn volatile(name: &'static str, unit: MeasuredIn, what: &'static str) -> Of {
    Of { measure: measure(name, unit, what), has: |device| device.get::<VolatileSwitch>().is_some() }
}

use MeasuredIn::{Ampere, Count, Fraction, Joule, Ohm, Ratio, Second, Siemens, Volt, Watt};

/// What an experiment of this kind measures of a device.
#[must_use]
pub fn quantities(experiment: &str, device: &Open) -> Vec<Measure> {
    let of_loop = if experiment == "iv" { device.kind().of_loop } else { &[] };
    let others = table(experiment).iter().filter(|of| (of.has)(device)).map(|of| of.measure);
    of_loop.iter().copied().chain(others).collect()
}

/// What it measures of devices of any of these kinds.
#[must_use]
pub fn all_quantities(experiment: &str, kinds: &[DeviceEntry]) -> Vec<Measure> {
    let kinds = if experiment == "iv" { kinds } else { &[] };
    let mut all: Vec<Measure> = Vec::new();
    let others = table(experiment).iter().map(|of| of.measure);
    for measure in kinds.iter().flat_map(|kind| kind.of_loop.iter().copied()).chain(others) {
        if all.iter().all(|other| other.name != measure.name) {
            all.push(measure);
        }
    }
    all
}

fn table(experiment: &str) -> &'static [Of] {
    match experiment {
        "iv" => IV,
        "pulses" => PULSES,
        "integration" => INTEGRATION,
        "relaxation" => RELAXATION,
        "power" => POWER,
        "cycles" => CYCLES,
        "retention" => RETENTION,
        "stdp" => STDP,
        "spike_pulses" => SPIKE_PULSES,
        _ => &[],
    }
}

static IV: &[Of] = &[
    all("largest_current", Ampere, "largest current"),
    all("device_energy", Joule, "energy in the device"),
    all("limiter_energy", Joule, "energy in the limiter"),
];

static PULSES: &[Of] = &[
    volatile("first_spike", Count, "pulse at which it fires first"),
    volatile("spikes", Count, "spikes"),
    volatile("tau", Second, "time constant of the rise"),
    kept("g_start", Siemens, "conductance before the first pulse"),
    kept("g_end", Siemens, "conductance after the last pulse"),
    all("device_energy", Joule, "energy in the device"),
    all("limiter_energy", Joule, "energy in the limiter"),
];

static INTEGRATION: &[Of] = &[
    all("tau", Second, "time constant of integration"),
    all("u_rest", Volt, "where it starts (u_rest)"),
    all("u_end", Volt, "where it tends to (u_rest + R I)"),
    all("fires_after", Second, "time to the first firing"),
];

static RELAXATION: &[Of] = &[
    all("tau", Second, "time constant of relaxation"),
    all("u_rest", Volt, "where it relaxes to (u_rest)"),
    all("on_time", Second, "time it stays on by itself"),
];

static POWER: &[Of] = &[
    all("on_power", Watt, "power of the device in compliance"),
    all("compliance_from", Volt, "voltage at which compliance begins"),
    all("source_power_at_v_th", Watt, "power of the source at the turn-on voltage"),
    all("device_power_at_v_hold", Watt, "power of the device at the hold voltage"),
    all("energy_per_spike", Joule, "energy of a spike that ends by itself"),
];

static CYCLES: &[Of] = &[
    kept("cv_on", Fraction, "CV of R_on"),
    kept("cv_off", Fraction, "CV of R_off"),
    kept("log_cv_on", Fraction, "CV of log10 R_on"),
    kept("log_cv_off", Fraction, "CV of log10 R_off"),
    kept("r_on", Ohm, "mean R_on"),
    kept("r_off", Ohm, "mean R_off"),
    kept("window", Ratio, "mean R_off / mean R_on"),
    volatile("cv_v_on", Fraction, "CV of the turn-on voltage"),
    volatile("cv_v_off", Fraction, "CV of the turn-off voltage"),
    volatile("v_on", Volt, "mean turn-on voltage"),
    volatile("v_off", Volt, "mean turn-off voltage"),
    all("failed_sets", Count, "SETs that failed"),
    kept("failed_resets", Count, "RESETs that failed"),
    all("device_energy", Joule, "energy in the device"),
    all("limiter_energy", Joule, "energy in the limiter"),
];

static RETENTION: &[Of] = &[
    all("held", Second, "time with the window above the floor"),
    all("window", Ratio, "window at the end"),
    all("loss_on", Fraction, "on state lost at the end"),
    all("change_off", Fraction, "off state changed at the end"),
];

static STDP: &[Of] = &[
    all("w_plus", Fraction, "W+"),
    all("tau_plus", Second, "tau1 (potentiation)"),
    all("w_minus", Fraction, "W\u{2212}"),
    all("tau_minus", Second, "tau2 (depression)"),
    all("rms_plus", Fraction, "rms residual of the fit, potentiation"),
    all("largest_plus", Fraction, "largest residual, potentiation"),
    all("rms_minus", Fraction, "rms residual of the fit, depression"),
    all("largest_minus", Fraction, "largest residual, depression"),
    all("change_at_zero", Fraction, "change at dt = 0"),
    all("dead_zone", Second, "dead zone: change below 0.05 % up to this dt"),
    all("peak_plus", Fraction, "largest potentiation"),
    all("peak_minus", Fraction, "largest depression"),
    all("lone_pre", Ratio, "dose of a lone presynaptic spike"),
    all("lone_post", Ratio, "dose of a lone postsynaptic spike"),
    all("pair_energy", Joule, "energy of a pair far apart"),
];

static SPIKE_PULSES: &[Of] = &[
    all("at_zero", Volt, "largest voltage across at dt = 0"),
    all("antisymmetry", Volt, "largest |V(dt) + V(\u{2212}dt)|"),
    all("peak_near", Volt, "largest voltage across at the smallest dt"),
    all("peak_far", Volt, "largest voltage across at the largest dt"),
    all("change_near", Fraction, "change at the smallest dt"),
    all("change_far", Fraction, "change at the largest dt"),
    all("kept", Fraction, "part of the largest change that is left at the largest dt"),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::kinds::SHIPPED;
    use crate::device::preset::Preset;
    use crate::scenario::device::Experiment;
    use crate::scenario::spec::{Choice, Kind};
    use crate::scenario::table::Table as _;

    fn kinds() -> &'static [Choice] {
        match Experiment::KEYS[0].kind {
            Kind::Choice(choices) => choices,
            _ => unreachable!("`kind` is one of several words"),
        }
    }

    #[test]
    fn every_kind_of_experiment_measures_something_on_some_device() {
        let presets: Vec<Preset> =
            Preset::names().into_iter().map(|name| Preset::named(name).unwrap()).collect();
        for choice in kinds() {
            let kind = choice.name;
            let taking = presets.iter().filter(|preset| preset.device.kind().takes(choice.name));
            let lists: Vec<Vec<Measure>> = taking.map(|preset| quantities(kind, &preset.device)).collect();
            assert!(!lists.is_empty(), "{}", choice.name);
            let all = all_quantities(kind, &SHIPPED);
            for list in lists {
                assert!(!list.is_empty(), "{}", choice.name);
                for (index, measure) in list.iter().enumerate() {
                    assert!(list[..index].iter().all(|other| other.name != measure.name), "{}", measure.name);
                    assert!(all.contains(measure), "{}", measure.name);
                }
            }
        }
    }

    #[test]
    fn every_experiment_that_a_kind_takes_is_one() {
        for entry in &SHIPPED {
            for word in entry.experiments {
                assert!(kinds().iter().any(|kind| kind.name == *word), "{word} of {}", entry.name);
            }
        }
    }
}
