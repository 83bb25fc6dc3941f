//! The preset that a fit writes.

use super::super::device::source;
use super::super::failure::Failure;
use super::super::measured::Measured;
use super::args::{FitArgs, Model};
use super::found::{Found, Shape};
use super::table::with_error;
use memspike::device::kinds::SHIPPED;
use memspike::device::memory::DoseMemory;
use memspike::device::overlap::SpikePulse;
use memspike::device::preset::Preset;
use memspike::device::resistive::Rate;
use memspike::fit::{
    Change, FittedParameter, Head, Polarity, PulseLaw, WindowDevice, device_of_window, write_preset,
};
use memspike::units::{Ampere, Ohm, Quantity, Second, Siemens, Volt};
use memspike::written::Diagnostic;
use std::path::Path;

pub fn text(args: &FitArgs, path: &Path, data: &Measured, found: &Found) -> Result<String, Failure> {
    let base_name = args.base.as_deref().unwrap_or_else(|| usual_base(args.model, &found.shape));
    let base = source::find(base_name, &[], &SHIPPED)?;
    let (model, changes) = changes(args, data, found, &base.preset)?;
    written(&base, &head(args, path, data, &base.preset), &model, &changes)
}

/// The text of a base with changes.
///
/// # Errors
/// If no device comes out.
pub fn written(
    base: &source::Found,
    head: &Head,
    model: &[(&str, &str)],
    changes: &[Change],
) -> Result<String, Failure> {
    write_preset(&base.text, head, model, changes).map_err(|faults| {
        let hint = "take another preset with --base; `memspike models` lists them";
        let told = |fault: &Diagnostic| {
            (format!("no preset can be made of this fit: {}", fault.what), Some(hint.to_owned()))
        };
        Failure::Several(faults.iter().map(told).collect())
    })
}

/// Laws and numbers of a base that a fit replaces.
type Changed = (Vec<(&'static str, &'static str)>, Vec<Change>);

/// A number as a preset writes it.
pub struct Written {
    text: String,
    /// In `unit`.
    value: f64,
    unit: &'static str,
}

/// How a number of a preset is known.
#[derive(Clone, Copy)]
enum Known<'n> {
    /// It is this parameter of the fit.
    Fitted(&'n str),
    /// It follows from this parameter of the fit, with a relative error of its own.
    From(&'n str, f64),
    /// It was given or read beside what was fitted, as the voltage of the pulses.
    Given,
    /// The data do not say it.
    Assumed,
}

/// Takes up a number of a preset under its key, with how it is known and what else is to be said of it.
type Put<'p> = dyn FnMut(Known<'_>, &'static str, Option<Written>, &str) + 'p;

/// What a fit changes in a base.
///
/// # Errors
/// If the fit is not of such a device.
pub fn changes(args: &FitArgs, data: &Measured, found: &Found, base: &Preset) -> Result<Changed, Failure> {
    let (mut model, mut changes) = (Vec::new(), Vec::new());
    let mut put = |known: Known<'_>, key: &'static str, value: Option<Written>, how: &str| {
        if let Some(change) = value.and_then(|value| change(data, found, known, key, value, how)) {
            changes.push(change);
        }
    };
    let value = |name: &str| found.fit.get(name).map(|p| p.value);
    // The inverse of a conductance.
    let ohms = |name: &str| value(name).map(|g| 1.0 / g).and_then(quantity::<Ohm>);
    let inverse = |name: &'static str| Known::From(name, relative(found, name));
    match (args.model, &found.shape) {
        (Model::Lif, _) => {
            put(Known::Fitted("tau"), "tau", value("tau").and_then(quantity::<Second>), "");
            put(Known::Fitted("u_rest"), "u_rest", value("u_rest").and_then(quantity::<Volt>), "");
        }
        (Model::Retention, _) => {
            put(Known::Fitted("tau"), "retention_tau", value("tau").and_then(quantity::<Second>), "");
            match value("b") {
                Some(b) => put(Known::Fitted("b"), "retention_b", Some(number(b)), ""),
                None => put(Known::Assumed, "retention_b", Some(number(1.0)), "; that of the law fitted"),
            }
            put(inverse("g_p"), "r_on", ohms("g_p"), ", 1/g_p");
            // The fit takes G_inf as zero: a base whose own could be told from it in the data is not kept.
            let least = data.points.iter().map(|p| p.1).fold(f64::INFINITY, f64::min);
            let memory = base.device.memory();
            if memory.is_some_and(|memory| memory.retention.g_inf.get() >= 0.01 * least) {
                put(Known::Assumed, "g_inf", quantity::<Siemens>(0.0), "; the fit takes G_inf as zero");
            }
        }
        (Model::Iv, Shape::Loop(_)) => {
            for name in ["v_th", "v_hold", "v_set", "v_reset", "off_v0"] {
                put(Known::Fitted(name), key(name), value(name).and_then(quantity::<Volt>), "");
            }
            put(Known::Fitted("i_cc"), "i_cc", value("i_cc").and_then(quantity::<Ampere>), "");
            for name in ["g_on", "g_off"] {
                put(Known::Fitted(name), key(name), value(name).and_then(quantity::<Siemens>), "");
            }
            // A loop tells one conductance of the off state.
            if base.device.kind().keys.iter().any(|key| key.name == "g_pre") {
                put(
                    Known::Fitted("g_off"),
                    "g_pre",
                    value("g_off").and_then(quantity::<Siemens>),
                    "; one conductance while off",
                );
            }
            for name in ["r_on", "r_off"] {
                put(Known::Fitted(name), key(name), value(name).and_then(quantity::<Ohm>), "");
            }
            let cv = value("cycle_cv").map(number);
            let key = if matches!(&found.shape, Shape::Loop(l) if l.polarity == Polarity::Bipolar) {
                "threshold_cv"
            } else {
                "cycle_cv"
            };
            put(Known::Fitted("cycle_cv"), key, cv, "");
            put(Known::Fitted("device_cv"), "device_cv", value("device_cv").map(number), "");
        }
        (Model::Iv, Shape::Curve(_)) => {
            put(inverse("g"), "r_off", ohms("g"), ", 1/g");
            put(Known::Fitted("v0"), "off_v0", value("v0").and_then(quantity::<Volt>), "");
        }
        (Model::Pulses, _) => {
            model.push(("law", found.law.name()));
            pulses(args, data, found, base, &mut put)?;
        }
        (Model::Stdp, _) => window(args, data, found, base, &mut put)?,
        (Model::Device, _) => {}
    }
    if matches!(args.model, Model::Iv) {
        let voltages = || data.points.iter().map(|p| p.0);
        let (low, high) = (voltages().fold(0.0, f64::min), voltages().fold(0.0, f64::max));
        // A device that was driven one way alone is stated for that way as it was connected.
        let most = if high > 0.0 { high } else { -low };
        put(Known::Given, "v_max", quantity::<Volt>(most), "the largest voltage in it");
        // A switch that forgets turns on at one sign alone: what the other does is told as that, not as a range.
        let stays = base.device.memory().is_some();
        if stays && high > 0.0 && (-low != high || base.v_min != -base.v_max) {
            put(Known::Given, "v_min", quantity::<Volt>(low), "the lowest voltage in it");
        }
    }
    Ok((model, changes))
}

/// A number of the preset with its error, in its own unit; `None` where the fit does not have what it is known by.
fn change(
    data: &Measured,
    found: &Found,
    known: Known<'_>,
    key: &'static str,
    Written { text, value, unit }: Written,
    how: &str,
) -> Option<Change> {
    let (error, held) = match known {
        Known::Fitted(name) => {
            let p = found.fit.get(name)?;
            (Some(p.error), p.error == 0.0)
        }
        Known::From(name, relative) => {
            (Some((relative * value).abs()), found.fit.get(name)?.error == 0.0 && relative == 0.0)
        }
        Known::Given | Known::Assumed => (None, false),
    };
    let told = match error {
        _ if held => ", held in the fit".to_owned(),
        Some(error) => {
            let p = FittedParameter { name: String::new(), unit: unit.to_owned(), value, error };
            format!(", \u{b1} {}", with_error(&p).1)
        }
        None => String::new(),
    };
    let provenance = match known {
        Known::Given => "measured",
        Known::Fitted(_) | Known::From(..) if !held => "fitted",
        _ => "assumed",
    };
    // What stands alone behind the name of the file needs something between.
    let between = if told.is_empty() && !how.starts_with([',', ';']) { ", " } else { "" };
    Some(Change { key, value: text, provenance, source: format!("{}{told}{between}{how}", data.name()) })
}

/// The standard error of a parameter as a share of its value.
fn relative(found: &Found, name: &str) -> f64 {
    found.fit.get(name).map_or(f64::NAN, |p| (p.error / p.value).abs())
}

fn usual_base(model: Model, shape: &Shape) -> &'static str {
    match (model, shape) {
        (Model::Iv, Shape::Loop(found)) if found.polarity == Polarity::Volatile => "ag-tio2-pt-ts",
        (Model::Lif | Model::Device, _) => "ag-tio2-pt-ts",
        (Model::Iv | Model::Retention, _) => "ag-tio2-pt-rs-binary",
        (Model::Pulses | Model::Stdp, _) => "ag-tio2-pt-rs-analog",
    }
}

/// Names of a loop are those of the presets.
fn key(name: &str) -> &'static str {
    const KEYS: [&str; 9] =
        ["v_th", "v_hold", "v_set", "v_reset", "off_v0", "g_on", "g_off", "r_on", "r_off"];
    KEYS.into_iter().find(|key| *key == name).unwrap_or("v_th")
}

fn head(args: &FitArgs, path: &Path, data: &Measured, base: &Preset) -> Head {
    let stem =
        path.file_stem().map_or_else(|| "fitted".to_owned(), |stem| stem.to_string_lossy().into_owned());
    Head {
        base: base.name.clone(),
        name: stem,
        title: format!("Fitted to {} ({})", data.name(), args.model.name()),
        own: args.base.as_deref().is_some_and(is_file),
        source: data.name(),
        validity: format!(
            "{}; what is assumed holds as in the preset {}: {}",
            range(args.model, data),
            base.name,
            base.validity
        ),
    }
}

/// Where data were taken.
pub fn range(model: Model, data: &Measured) -> String {
    let (lo, hi) =
        data.points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), p| (lo.min(p.0), hi.max(p.0)));
    let (what, unit) = match model {
        Model::Iv => ("voltages", "V"),
        Model::Pulses => ("pulses", ""),
        Model::Stdp => ("pairs of spikes", "s"),
        Model::Lif | Model::Retention | Model::Device => ("times", "s"),
    };
    let si = memspike::plot::number::si;
    let range = if unit.is_empty() {
        format!("{lo} to {hi}")
    } else {
        format!("{} to {}", si(lo, unit), si(hi, unit))
    };
    format!("{what} from {range}")
}

/// Whether a base is a file of the user's and not one that comes with the program.
pub fn is_file(base: &str) -> bool {
    Preset::embedded(base).is_none()
}

pub fn ohms(value: f64) -> Option<String> {
    quantity::<Ohm>(value).map(|written| written.text)
}

pub fn seconds(value: f64) -> Option<String> {
    quantity::<Second>(value).map(|written| written.text)
}

/// A time or a resistance as a preset writes it, in SI units.
pub fn si_value(text: &str) -> Option<f64> {
    Second::parse(text).map(Quantity::si).ok().or_else(|| Ohm::parse(text).map(Quantity::si).ok())
}

/// Seven digits: no fit has more.
fn rounded(value: f64) -> Option<f64> {
    format!("{value:.6e}").parse().ok().filter(|v: &f64| v.is_finite())
}

fn quantity<Q: Quantity>(value: f64) -> Option<Written> {
    let text = rounded(value).and_then(Q::from_si)?.to_string();
    Some(Written { text, value, unit: Q::UNIT })
}

fn number(value: f64) -> Written {
    let text = rounded(value).unwrap_or(value).to_string();
    let text = if text.contains(['.', 'e']) { text } else { format!("{text}.0") };
    Written { text, value, unit: "" }
}

/// The rate of a device from what one pulse does, by the law that was found.
fn pulses(
    args: &FitArgs,
    data: &Measured,
    found: &Found,
    base: &Preset,
    put: &mut Put<'_>,
) -> Result<(), Failure> {
    let (Some(amplitude), Some(width)) = (args.amplitude, args.width) else {
        let missing = if args.amplitude.is_none() { "--amplitude" } else { "--width" };
        return Err(Failure::new(format!(
            "a preset needs the pulse behind these data: {missing} is missing"
        ))
        .with_hint(
            "give both, such as --amplitude \"0.2 V\" --width \"1 ms\"; without --out they are not needed",
        ));
    };
    let get = |name: &str| found.fit.get(name).map_or(f64::NAN, |p| p.value);
    let last = data.points.last().map_or(f64::NAN, |p| p.1);
    let (g_0, end) = (get("g_0"), if found.law == PulseLaw::SoftBound { get("g_end") } else { last });
    let up = end > g_0;
    let v = amplitude.get();
    let sign = if up { "above" } else { "below" };
    if v == 0.0 || (v > 0.0) != up {
        return Err(Failure::new(format!(
            "--amplitude {amplitude} does not fit these data, whose conductance {}",
            if up { "rises" } else { "falls" }
        ))
        .with_hint(format!("positive voltages SET: give a voltage {sign} zero")));
    }
    if let Some(train) = data.train.filter(|train| (train > &0.0) != (v > 0.0)) {
        return Err(Failure::new(format!(
            "--amplitude {amplitude} does not fit the file, which says {train}"
        ))
        .with_hint("give the voltage of the first train"));
    }
    let Some(DoseMemory { device, retention, .. }) = base.device.get() else {
        return Err(Failure::new(format!("the preset `{}` is not an analog device", base.name))
            .with_hint("take another with --base, such as ag-tio2-pt-rs-analog"));
    };
    let soft = found.law == PulseLaw::SoftBound;
    let (low, high) = (g_0.min(end), g_0.max(end));
    let bounds = (device.g_min.get(), device.g_max.get());
    // The bound that a soft one approached is fitted; the others must only lie beyond what was seen, by the other train too.
    let other = data.back.iter().filter(|_| !soft).flat_map(|back| back.points.iter().map(|p| p.1));
    let seen = other.fold((low, high), |(low, high), g| (low.min(g), high.max(g)));
    let beyond = (bounds.0.min(0.999 * seen.0), bounds.1.max(1.001 * seen.1));
    let g_min = if soft && !up { low } else { beyond.0 };
    let g_max = if soft && up { high } else { beyond.1 };
    let span = g_max - g_min;
    let (rate, dose) = match found.law {
        PulseLaw::SoftBound => ("dose", get("dose")),
        PulseLaw::Linear => ("step", get("step").abs() / span),
        PulseLaw::LinearResistance => ("step", get("step").abs() / (1.0 / g_min - 1.0 / g_max)),
        PulseLaw::Querlioz => ("dose", 1.0),
    };
    if found.law == PulseLaw::Querlioz {
        // g_0 + scale ln(1 + dose n) with scale = span/beta, dose = alpha beta e^(-beta x_0).
        let beta = span / get("scale").abs();
        let x_0 = if up { g_0 - g_min } else { g_max - g_0 } / span;
        let alpha = get("dose") * memspike::numeric::exp(beta * x_0) / beta;
        // By d ln(alpha)/d ln(dose) = 1 and d ln(alpha)/d ln(scale) = 1 - beta x_0.
        let error = relative(found, "dose").hypot((1.0 - beta * x_0) * relative(found, "scale"));
        put(Known::From("scale", relative(found, "scale")), "beta", Some(number(beta)), "");
        put(Known::From("dose", error), "alpha", Some(number(alpha)), "");
    }
    if let Some(sigma) = found.fit.get("dose_sigma") {
        let how = "; steps differ by it from pulse to pulse";
        put(Known::Fitted("dose_sigma"), "dose_sigma", Some(number(sigma.value)), how);
    }
    let tau = width.get() / dose;
    let magnitude = v.abs();
    let how = format!(", one pulse of {amplitude} and {width} has the dose {dose:.4}");
    let keys =
        if up { ["set_v_ref", "set_tau", "set_v_on"] } else { ["reset_v_ref", "reset_tau", "reset_v_on"] };
    put(Known::Given, keys[0], quantity::<Volt>(magnitude), "the voltage of the pulses");
    if found.law == PulseLaw::Querlioz {
        // The dose of one pulse is the unit there.
        put(Known::Given, keys[1], quantity::<Second>(tau), &how);
    } else {
        put(Known::From(rate, relative(found, rate)), keys[1], quantity::<Second>(tau), &how);
    }
    // The onset must lie below the pulses, or they would do nothing.
    let onset = if up { device.set.v_on() } else { device.reset.v_on() };
    if onset >= magnitude {
        let how = "; not in the data, half the voltage of the pulses";
        put(Known::Assumed, keys[2], quantity::<Volt>(0.5 * magnitude), how);
    }
    if data.back.as_ref().is_none_or(|back| !back.first) {
        put(Known::Fitted("g_0"), "g_start", quantity::<Siemens>(g_0), "");
    }
    let beyond = "; a bound beyond the data, not in them";
    let bound = |fitted: bool| if fitted { (Known::Fitted("g_end"), "") } else { (Known::Assumed, beyond) };
    if g_min != bounds.0 {
        let (known, why) = bound(soft && !up);
        put(known, "g_min", quantity::<Siemens>(g_min), why);
        if retention.g_inf == device.g_min {
            let how = "; the lowest conductance, as in the base";
            put(Known::Assumed, "g_inf", quantity::<Siemens>(g_min), how);
        }
    }
    if g_max != bounds.1 {
        let (known, why) = bound(soft && up);
        put(known, "g_max", quantity::<Siemens>(g_max), why);
    }
    let largest = g_max * magnitude.max(base.v_max.get());
    if device.i_cc.is_some_and(|i_cc| i_cc.get() < largest) {
        let how = "; out of reach, since no limit shows in the data";
        put(Known::Assumed, "i_cc", quantity::<Ampere>(2.0 * largest), how);
    }
    if magnitude > base.v_max.get() {
        put(Known::Given, "v_max", quantity::<Volt>(magnitude), "the voltage of the pulses");
    }
    if -magnitude < base.v_min.get() && base.v_min != -base.v_max {
        put(Known::Given, "v_min", quantity::<Volt>(-magnitude), "the voltage of the pulses");
    }
    Ok(())
}

/// The kinetics behind a learning window, with the pulse of the base.
fn window(
    args: &FitArgs,
    data: &Measured,
    found: &Found,
    base: &Preset,
    put: &mut Put<'_>,
) -> Result<(), Failure> {
    let Some(DoseMemory { device, pulse: Some(pulse), g_start, .. }) = base.device.get() else {
        return Err(Failure::new(format!(
            "the preset `{}` has no spike pulse that could make a window",
            base.name
        ))
        .with_hint("take another with --base, such as ag-tio2-pt-rs-analog"));
    };
    let get = |name: &str| found.fit.get(name).map_or(f64::NAN, |p| p.value);
    let reach = data.points.iter().map(|p| p.0.abs()).fold(0.0, f64::max);
    // Where the main lobes are apart: below, no exponential comes out of overlapping pulses.
    let from = 2.0 * pulse.half_width.get();
    let g0 = args.start.unwrap_or(*g_start).get();
    let of_doses = found.of_doses;
    let given = WindowDevice { device, pulse, g0, from, to: reach.max(3.0 * from), of_doses };
    let sides = [(get("w_plus"), get("tau_plus")), (get("w_minus"), get("tau_minus"))];
    let own = device_of_window(&given, sides).ok_or_else(|| {
        Failure::new(format!(
            "no rate makes this window from {} with the spike pulse of the base and a conductance of {} to {}",
            Siemens::of(g0),
            device.g_min,
            device.g_max
        ))
        .with_hint("give the conductance before the pairs with --start, a train up and down with --pulses, or another base with --base")
    })?;
    let told = |name: &str| found.fit.get(name).map_or_else(String::new, |p| with_error(p).0);
    for (rate, w, tau_name, keys) in [
        (&own.set, "w_plus", "tau_plus", ["set_v_scale", "set_tau"]),
        (&own.reset, "w_minus", "tau_minus", ["reset_v_scale", "reset_tau"]),
    ] {
        if let Rate::Exponential { v_ref, v_scale, tau, .. } = rate {
            let (w_error, tau_error) = (relative(found, w), relative(found, tau_name));
            let how = format!(
                "; so that the pulse of {} makes W {} and tau {}",
                base.name,
                told(w),
                told(tau_name)
            );
            put(Known::From(tau_name, tau_error), keys[0], quantity::<Volt>(v_scale.get()), &how);
            // The speed at the peak of the pulse is that of W; at the voltage it is stated at the slope counts too.
            let error = w_error.hypot(lever(pulse, v_ref.get(), v_scale.get()) * tau_error);
            put(Known::From(w, error), keys[1], quantity::<Second>(tau.get()), &how);
        }
    }
    if args.start.is_some() {
        put(Known::Given, "g_start", quantity::<Siemens>(g0), "given with --start");
    }
    Ok(())
}

/// How many e-folds of a rate lie between the peak of the spike pulse and the voltage (V) at which the rate is stated, one for each
/// `v_scale` (V).
pub fn lever(pulse: &SpikePulse, v_ref: f64, v_scale: f64) -> f64 {
    ((pulse.peak.get() + pulse.tail.get() - v_ref) / v_scale).abs()
}
