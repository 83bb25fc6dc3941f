//! From the keys of a preset to typed devices.

use super::read::Reader;
use super::{Preset, PresetDevice};
use crate::device::circuit::Conduction;
use crate::device::endurance::Endurance;
use crate::device::overlap::SpikePulse;
use crate::device::resistive::{BinarySwitch, DeviceSpread, DoseDevice, Rate, ResistanceSpread, StateLaw};
use crate::device::retention::{DecayLaw, Retention};
use crate::device::threshold::{RelaxationOscillator, ThresholdLaw, ThresholdSpread, ThresholdSwitch};
use crate::units::{Ampere, Siemens, Volt};
use crate::written::{Diagnostic, Diagnostics, Source, Table, nearest, text};
use std::sync::Arc;

impl Preset {
    /// Reads a preset; `file` is only named in messages.
    ///
    /// # Errors
    /// All faults.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        Self::read(&tree(&Source::file(file, text))?, &format!("preset `{file}`"))
    }

    /// An embedded preset.
    ///
    /// # Errors
    /// If there is none of this name (with the nearest one as a hint).
    pub fn named(name: &str) -> Result<Self, Diagnostics> {
        match Self::embedded(name) {
            Some(source) => Self::read(&tree(&source)?, &format!("preset `{name}`")),
            None => Err(Self::unknown(name).into()),
        }
    }

    /// The fault that no embedded preset has this name.
    #[must_use]
    pub fn unknown(name: &str) -> Diagnostic {
        let names = Self::names();
        let close = nearest(name, names.iter().copied());
        Diagnostic::error(format!("there is no preset `{name}`"))
            .allowed(format!("{}, or a file NAME.toml", names.join(", ")))
            .maybe_hint(close.map(|close| format!("did you mean `{close}`?")))
    }

    /// Reads a preset from its tree; `what` is its name in messages.
    ///
    /// # Errors
    /// All faults.
    pub fn read(tree: &Table, what: &str) -> Result<Self, Diagnostics> {
        preset(Reader::new(tree, what))
    }
}

/// The tree of a preset.
///
/// # Errors
/// Where it is not TOML.
pub fn tree(source: &Arc<Source>) -> Result<Table, Diagnostics> {
    let mut faults = Diagnostics::default();
    let tree = text::parse(source, &mut faults);
    if faults.is_empty() { Ok(tree) } else { Err(faults) }
}

/// Everything of the file, or all its faults.
fn preset(mut r: Reader<'_>) -> Result<Preset, Diagnostics> {
    let (name, title) = (r.text("name"), r.text("title"));
    let (source, validity) = (r.text("source"), r.text("validity"));
    let kind = r.choice("", "kind", &PresetDevice::KINDS, false);
    let device = match kind {
        Some("threshold_switch") => threshold_switch(&mut r),
        Some("binary_switch") => binary_switch(&mut r),
        Some("dose_device") => dose_device(&mut r),
        Some("oscillator") => oscillator(&mut r),
        // Without a kind the other keys cannot be judged.
        _ => return Err(r.finish().1),
    };
    let v_max: Option<Volt> = r.quantity("v_max");
    r.no_others();
    let (parameters, faults) = r.finish();
    match (device, v_max) {
        (Some(device), Some(v_max)) if faults.is_empty() => {
            Ok(Preset { name, title, source, validity, v_max, device, parameters })
        }
        _ => Err(faults),
    }
}

fn threshold_switch(r: &mut Reader<'_>) -> Option<PresetDevice> {
    let (tau, u_rest, v_th) = (r.quantity("tau"), r.quantity("u_rest"), r.quantity("v_th"));
    let (v_hold, i_cc) = (r.quantity("v_hold"), r.quantity("i_cc"));
    let (g_off, g_on) = (r.quantity("g_off"), r.quantity("g_on"));
    let law = r.choice("model", "threshold_law", &["log_normal", "weibull"], true)?;
    let law = if law == "weibull" { ThresholdLaw::Weibull } else { ThresholdLaw::LogNormal };
    let (cycle, device) = (r.number("cycle_cv", Some(0.0)), r.number("device_cv", Some(0.0)));
    let switch = ThresholdSwitch {
        tau: tau?,
        u_rest: u_rest?,
        v_th: v_th?,
        v_hold: v_hold?,
        i_cc: i_cc?,
        g_off: g_off?,
        g_on: g_on?,
    };
    for fault in switch.faults() {
        r.model_fault(fault);
    }
    let spread = ThresholdSpread { cycle: not_negative(r, "cycle_cv", cycle?), device: device?, law };
    not_negative(r, "device_cv", spread.device);
    Some(PresetDevice::ThresholdSwitch { switch, spread })
}

fn not_negative(r: &mut Reader<'_>, key: &str, value: f64) -> f64 {
    if value < 0.0 {
        r.model_fault(format!("{key} is {value}; it must be zero or more"));
    }
    value
}

fn conduction(r: &mut Reader<'_>, key: &'static str, v0: &'static str) -> Option<Conduction> {
    match r.choice("model", key, &["ohmic", "sinh"], true)? {
        "sinh" => Some(Conduction::Sinh { v0: r.quantity(v0)? }),
        _ => Some(Conduction::Ohmic),
    }
}

fn retention(r: &mut Reader<'_>) -> Option<Retention> {
    let law = r.choice("model", "decay", &["perfect", "exponential", "power"], true)?;
    if law == "perfect" {
        return Some(Retention::PERFECT);
    }
    let (g_inf, sigma) = (r.quantity("g_inf"), r.number("lifetime_sigma", Some(0.0)));
    let law = if law == "exponential" {
        let (tau, b) = (r.quantity("retention_tau"), r.number("retention_b", Some(1.0)));
        DecayLaw::Exponential { tau: tau?, b: b? }
    } else {
        let (t0, nu) = (r.quantity("retention_t0"), r.number("retention_nu", None));
        DecayLaw::PowerLaw { t0: t0?, nu: nu? }
    };
    let retention = Retention { law, g_inf: g_inf?, lifetime_sigma: sigma? };
    for fault in retention.faults() {
        r.model_fault(fault);
    }
    Some(retention)
}

fn binary_switch(r: &mut Reader<'_>) -> Option<PresetDevice> {
    let (r_on, r_off) = (r.quantity("r_on"), r.quantity("r_off"));
    let (v_set, v_reset) = (r.quantity("v_set"), r.quantity("v_reset"));
    let (on, off) = (r.number("cv_on", Some(0.0)), r.number("cv_off", Some(0.0)));
    let threshold_cv = r.number("threshold_cv", Some(0.0));
    let i_cc: Option<Ampere> = r.optional("i_cc");
    let off_conduction = conduction(r, "off_conduction", "off_v0");
    let retention = retention(r);
    let n_f = r.number("endurance", Some(Endurance::default().n_f));
    let device = BinarySwitch {
        r_on: r_on?,
        r_off: r_off?,
        v_set: v_set?,
        v_reset: v_reset?,
        spread: ResistanceSpread { on: on?, off: off? },
        threshold_cv: threshold_cv?,
        i_cc,
        off_conduction: off_conduction?,
    };
    let endurance = Endurance { n_f: n_f?, ..Endurance::default() };
    for fault in device.faults() {
        r.model_fault(fault);
    }
    for fault in endurance.faults() {
        r.model_fault(fault);
    }
    Some(PresetDevice::BinarySwitch { device, retention: retention?, endurance })
}

fn rate(r: &mut Reader<'_>, side: &'static str) -> Option<Rate> {
    let key = |name: &str| format!("{side}_{name}");
    let kind = r.choice("model", side, &["exponential", "power", "pulses"], false)?;
    let v_on = r.quantity(&key("v_on"));
    match kind {
        "exponential" => {
            let (v_ref, v_scale) = (r.quantity(&key("v_ref")), r.quantity(&key("v_scale")));
            let tau = r.quantity(&key("tau"));
            Some(Rate::Exponential { v_on: v_on?, v_ref: v_ref?, v_scale: v_scale?, tau: tau? })
        }
        "power" => {
            let (k, alpha) = (r.quantity(&key("k")), r.number(&key("alpha"), None));
            Some(Rate::Power { v_on: v_on?, k: k?, alpha: alpha? })
        }
        _ => Some(Rate::Pulses { width: r.quantity(&key("width"))?, v_on: v_on? }),
    }
}

fn dose_device(r: &mut Reader<'_>) -> Option<PresetDevice> {
    let (g_min, g_max): (Option<Siemens>, Option<Siemens>) = (r.quantity("g_min"), r.quantity("g_max"));
    let g_start: Option<Siemens> = r.quantity("g_start");
    let (set, reset) = (rate(r, "set"), rate(r, "reset"));
    let laws = ["linear", "soft_bound", "querlioz", "linear_resistance", "table"];
    let law = match r.choice("model", "law", &laws, false) {
        Some("linear") => Some(StateLaw::Linear),
        Some("soft_bound") => Some(StateLaw::SoftBound),
        Some("linear_resistance") => Some(StateLaw::LinearResistance),
        Some("querlioz") => {
            let (alpha, beta) = (r.number("alpha", None), r.number("beta", None));
            alpha.zip(beta).map(|(alpha, beta)| StateLaw::Querlioz { alpha, beta })
        }
        Some("table") => {
            let (set, reset) = (r.list::<Siemens>("set_table"), r.list::<Siemens>("reset_table"));
            let plain = |list: Vec<Siemens>| list.into_iter().map(Siemens::get).collect();
            set.zip(reset).map(|(set, reset)| StateLaw::Table { set: plain(set), reset: plain(reset) })
        }
        _ => None,
    };
    let conduction = conduction(r, "conduction", "v0");
    let i_cc: Option<Ampere> = r.optional("i_cc");
    let dose_sigma = r.number("dose_sigma", Some(0.0));
    let pulse = spike_pulse(r);
    let mut spread = [0.0; 5];
    for (value, key) in spread.iter_mut().zip(["g_min", "g_max", "v_set", "v_reset", "v_scale"]) {
        let key = format!("spread_{key}");
        let cv = r.number(&key, Some(0.0)).unwrap_or(0.0);
        *value = not_negative(r, &key, cv);
    }
    let [f_min, f_max, v_set, v_reset, v_scale] = spread;
    let spread = DeviceSpread { g_min: f_min, g_max: f_max, v_set, v_reset, v_scale };
    let retention = retention(r);
    let device = DoseDevice {
        g_min: g_min?,
        g_max: g_max?,
        set: set?,
        reset: reset?,
        law: law?,
        conduction: conduction?,
        i_cc,
        dose_sigma: dose_sigma?,
    };
    for fault in device.faults() {
        r.model_fault(fault);
    }
    let g_start = g_start?;
    if g_start < device.g_min || g_start > device.g_max {
        r.model_fault(format!("g_start is {g_start}, outside {} to {}", device.g_min, device.g_max));
    }
    Some(PresetDevice::DoseDevice { device, spread, retention: retention?, g_start, pulse: pulse? })
}

/// The spike pulse: all four keys or none. The outer `None`: there are faults.
fn spike_pulse(r: &mut Reader<'_>) -> Option<Option<SpikePulse>> {
    let keys = ["pulse_peak", "pulse_half_width", "pulse_tail", "pulse_tail_length"];
    if !keys.iter().any(|k| r.has(k)) {
        let (_, _): (Option<Volt>, Option<Volt>) = (r.optional(keys[0]), r.optional(keys[2]));
        let (_, _): (Option<Volt>, Option<Volt>) = (r.optional(keys[1]), r.optional(keys[3]));
        return Some(None);
    }
    let (peak, half_width) = (r.quantity(keys[0]), r.quantity(keys[1]));
    let (tail, tail_length) = (r.quantity(keys[2]), r.quantity(keys[3]));
    let pulse = SpikePulse { peak: peak?, half_width: half_width?, tail: tail?, tail_length: tail_length? };
    for fault in pulse.faults() {
        r.model_fault(fault);
    }
    Some(Some(pulse))
}

fn oscillator(r: &mut Reader<'_>) -> Option<PresetDevice> {
    let (v_dc, r_s, c) = (r.quantity("v_dc"), r.quantity("r_s"), r.quantity("c"));
    let (r_off, r_on) = (r.quantity("r_off"), r.quantity("r_on"));
    let (v_th, v_hold) = (r.quantity("v_th"), r.quantity("v_hold"));
    let oscillator = RelaxationOscillator {
        v_dc: v_dc?,
        r_s: r_s?,
        c: c?,
        r_off: r_off?,
        r_on: r_on?,
        v_th: v_th?,
        v_hold: v_hold?,
    };
    if !oscillator.oscillates() {
        let ((off, _), (on, _)) = (oscillator.thevenin(false), oscillator.thevenin(true));
        r.model_fault(format!(
            "it does not oscillate: off, the capacitor goes to {off} and must pass v_th = {}; on, to {on}, below v_hold = {}",
            oscillator.v_th, oscillator.v_hold
        ));
    }
    Some(PresetDevice::Oscillator { oscillator })
}
