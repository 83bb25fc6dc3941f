//! What an experiment does with a device if nobody says otherwise.

use memspike::device::circuit::Ramp;
use memspike::device::preset::{Preset, PresetDevice};
use memspike::device::resistive::{DoseDevice, Rate, Resistive as _};
use memspike::units::{Quantity as _, Second};

/// The voltages a device is driven to, in volts: (SET, RESET), the second negative, or zero for none.
pub fn voltages(preset: &Preset) -> (f64, f64) {
    let most = preset.v_max.get();
    match &preset.device {
        PresetDevice::ThresholdSwitch { switch, .. } => (most.min(1.6 * switch.v_th.get()), 0.0),
        PresetDevice::Oscillator { oscillator } => (most.min(1.5 * oscillator.v_th.get()), 0.0),
        PresetDevice::BinarySwitch { device, .. } => {
            (most.min(device.v_set.get() * 5.0 / 3.0), -most.min(device.v_reset.get() * 1.25))
        }
        PresetDevice::DoseDevice { device, .. } => {
            let usual = |rate: &Rate| match rate {
                Rate::Exponential { v_ref, .. } => v_ref.get().abs().min(most),
                // The range is stated a little above the pulses that were measured.
                Rate::Pulses { .. } => most / 1.05,
                Rate::Power { .. } => most,
            };
            (usual(&device.set), -usual(&device.reset))
        }
    }
}

/// Rate of sweeps: 10 mV/s, in volts per second.
pub const SLOW: f64 = 0.01;

/// [`SLOW`], or for devices of quite another speed the rate at which the first half covers most of the range.
pub fn rate(device: &PresetDevice, amplitude: f64) -> f64 {
    match device {
        PresetDevice::DoseDevice { device, g_start, .. }
            if !matches!(device.set, Rate::Exponential { .. }) && amplitude > 0.0 =>
        {
            amplitude / time_to_cover(device, g_start.get(), amplitude).unwrap_or(amplitude / SLOW)
        }
        _ => SLOW,
    }
}

/// Seconds from zero to `amplitude` after which 0.4 of the range above `g` are covered.
fn time_to_cover(device: &DoseDevice, g: f64, amplitude: f64) -> Option<f64> {
    let bounds = device.bounds();
    let goal = g + 0.4 * (bounds.g_max - g);
    let mut length = 1e-15;
    while length < 1e9 {
        if device.conductance_after(g, Ramp { from: 0.0, to: amplitude, length }, 1.0) >= goal {
            return Some(length);
        }
        length *= 1.25;
    }
    None
}

/// Width and number of the pulses of a train; of a dose device a width of which 50 pulses of the faster side have a dose
/// of 1, or those of the pulses that were measured.
pub fn train(device: &PresetDevice, (up, down): (f64, f64)) -> (Second, u32) {
    let usual = Second::new(1e-3);
    match device {
        PresetDevice::ThresholdSwitch { switch, .. } => {
            (rounded(switch.tau.get() / 10.0, 0).unwrap_or(usual), 40)
        }
        PresetDevice::DoseDevice { device, .. } => {
            if let Rate::Pulses { width, .. } = &device.set {
                return (*width, 100);
            }
            let per_second = |rate: &Rate, v: f64| rate.dose(Ramp { from: v, to: v, length: 1.0 });
            let dose = per_second(&device.set, up.max(0.0)).max(per_second(&device.reset, (-down).max(0.0)));
            let width = if dose > 0.0 { 0.02 / dose } else { usual.get() };
            (rounded(width, 1).unwrap_or(usual), 50)
        }
        PresetDevice::BinarySwitch { .. } | PresetDevice::Oscillator { .. } => (usual, 5),
    }
}

/// Few digits are all that a default needs.
fn rounded(seconds: f64, places: usize) -> Option<Second> {
    format!("{seconds:.places$e}").parse().ok().and_then(Second::from_si).filter(|s| s.get() > 0.0)
}
