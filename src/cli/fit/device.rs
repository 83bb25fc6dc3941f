//! `memspike fit device`: one device from several measurements, each parameter from the data that determine it.
//!
//! Measurements are fitted one by one, the base taking up what each found before the next is turned into kinetics. What
//! two of them determine is compared: one value for both, if it is as likely as two, else a contradiction.

use super::super::device::source::{self, Found as Base};
use super::super::failure::Failure;
use super::super::measured::{Back, Measured};
use super::super::values::Format;
use super::args::{FitArgs, Model};
use super::found::{self, Found, Shape};
use super::{measured, preset, table};
use memspike::device::kinds::SHIPPED;
use memspike::device::memory::DoseMemory;
use memspike::device::resistive::{Bounds, Rate, StateLaw};
use memspike::fit::{
    Bend, Change, Curve, FittedParameter, Head, Polarity, PulseLaw, agree, compare_laws, fit_window, reml,
};
use memspike::plot::number::{si, significant, trimmed};
use memspike::units::{Quantity as _, Volt};
use std::path::Path;

/// A measurement and what was found in it.
pub struct Part {
    pub args: FitArgs,
    pub data: Measured,
    pub found: Found,
}

/// The device.
pub struct Device {
    pub parts: Vec<Part>,
    /// What was chosen, and how.
    pub notes: Vec<String>,
    /// Measurements that do not go together.
    pub contradictions: Vec<String>,
    /// The preset.
    pub text: Option<String>,
}

/// What a train or a window is of, if nobody says otherwise.
const SYNAPSE: &str = "ag-tio2-pt-rs-analog";
/// The probability below which two measurements contradict each other.
const CONTRADICTION: f64 = 0.001;

/// Fits every measurement and makes one device of them.
///
/// # Errors
/// All measurements that cannot be read or fitted; kinds of device that do not go together.
pub fn find(args: &FitArgs) -> Result<Device, Failure> {
    let files = args.files();
    let unused: Vec<&str> = [
        (args.data.is_some(), "a file without an option"),
        (!args.layout.columns.is_empty(), "--columns"),
        (args.layout.skip > 0, "--skip"),
        (args.from.is_some() || args.to.is_some(), "--from and --to"),
        (!args.param.is_empty(), "--param"),
    ]
    .into_iter()
    .filter_map(|(given, name)| given.then_some(name))
    .collect();
    if !unused.is_empty() {
        return Err(Failure::new(format!("{} has no meaning for `fit device`", unused.join(", ")))
            .with_hint("give each file with --iv, --pulses, --stdp, --relaxation or --retention; fit one alone to see it"));
    }
    if files.is_empty() {
        return Err(Failure::new("`fit device` needs a measurement")
            .with_hint("give at least one of --iv, --pulses, --stdp, --relaxation and --retention"));
    }
    let (mut parts, mut faults, mut notes) = (Vec::new(), Vec::new(), Vec::new());
    for (model, path) in files {
        let from = if model == Model::Stdp { lobes(args)? } else { None };
        let own = FitArgs { model, data: Some(path), from, ..args.clone() };
        let part = measured::read(&own).and_then(|data| one(own, data, &parts, &mut notes));
        match part {
            Ok(own) => parts.extend(own),
            Err(Failure::Several(several)) => faults.extend(several),
            Err(failure) => faults.push((failure.to_string(), failure.hint())),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::Several(faults));
    }
    let volatile = kind(&parts)?;
    spreads(&mut parts, &mut notes);
    let mut device = Device { parts, notes, contradictions: Vec::new(), text: None };
    if let Some(path) = &args.out {
        let text = written(args, path, volatile, &mut device)?;
        device.text = Some(text);
    }
    Ok(device)
}

/// Where the main lobes of the base's spike pulse no longer overlap: from there on a window is exponential.
fn lobes(args: &FitArgs) -> Result<Option<String>, Failure> {
    let base = source::find(args.base.as_deref().unwrap_or(SYNAPSE), &[], &SHIPPED)?;
    let pulse = base.preset.device.get::<DoseMemory>().and_then(|memory| memory.pulse.as_ref());
    Ok(pulse.and_then(|pulse| preset::seconds(2.0 * pulse.half_width.get())))
}

/// One measurement; of trains the law that they follow, each of them a part.
fn one(
    args: FitArgs,
    data: Measured,
    before: &[Part],
    notes: &mut Vec<String>,
) -> Result<Vec<Part>, Failure> {
    let refused = |error: memspike::fit::FitError| {
        Failure::new(format!("{}: {error}", data.file)).with_hint(error.hint())
    };
    if args.model != Model::Pulses {
        let bent = soft_bound(before).filter(|_| args.model == Model::Stdp);
        let found = match bent {
            Some((bounds, g_0, file)) => {
                let g0 = args.start.map_or(g_0, |start| start.get());
                let bend = Bend { law: &StateLaw::SoftBound, bounds, g0 };
                let fit = fit_window(&data.points, &bend).map_err(refused)?;
                notes.push(format!(
                    "{}: its doses are exponential, on the soft bound of {file} and from {}; W is by the slope there",
                    data.name(),
                    si(g0, "S")
                ));
                let (shape, law) = (Shape::Curve(Curve::Stdp), PulseLaw::SoftBound);
                let judgement = Curve::Stdp.judge(&data.points, &fit);
                Found { fit, shape, notes: Vec::new(), judgement, law, of_doses: true }
            }
            None => found::find(&args, &data)?,
        };
        return Ok(vec![Part { args, data, found }]);
    }
    let trains: Vec<&[(f64, f64)]> =
        std::iter::once(&data.points[..]).chain(data.back.iter().map(|back| &back.points[..])).collect();
    let (mut laws, alike) = compare_laws(&trains).map_err(refused)?;
    let best = laws.iter().fold(f64::INFINITY, |least, law| least.min(law.aicc));
    let list: Vec<String> =
        laws.iter().map(|law| format!("{} {:.0}", law.law.name(), law.aicc - best)).collect();
    let open: Vec<&str> = PulseLaw::ALL
        .iter()
        .filter(|law| laws.iter().all(|own| own.law != **law))
        .map(|law| law.name())
        .collect();
    let open = if open.is_empty() {
        String::new()
    } else {
        format!("; the data do not determine {}", open.join(", "))
    };
    let verdict = if alike > 1 { ", not distinguishable from the next; the simplest is kept" } else { "" };
    let both = data.back.as_ref().map_or_else(String::new, |back| {
        format!("; the train of {} after it is fitted with it", si(back.volts, "V"))
    });
    notes.push(format!(
        "{}: the law is {}{verdict} (AICc above the least: {}){open}{both}",
        data.name(),
        laws[0].law.name(),
        list.join(", ")
    ));
    let kept = laws.swap_remove(0);
    let found = |fit: memspike::fit::Fitted, points: &[(f64, f64)]| {
        let judgement = Curve::Pulses.judge(points, &fit);
        let shape = Shape::Curve(Curve::Pulses);
        Found { fit, shape, notes: Vec::new(), judgement, law: kept.law, of_doses: false }
    };
    let volts = |volts: Option<f64>| volts.and_then(Volt::from_si);
    let mut fits = kept.fits.into_iter();
    let mut parts = Vec::new();
    if let Some(fit) = fits.next() {
        let args = FitArgs { amplitude: args.amplitude.or(volts(data.train)), ..args.clone() };
        let found = found(fit, &data.points);
        parts.push(Part { args, data: data.clone(), found });
    }
    if let (Some(fit), Some(back)) = (fits.next(), data.back) {
        let args = FitArgs { amplitude: volts(Some(back.volts)), ..args };
        let found = found(fit, &back.points);
        let first = Back { volts: data.train.unwrap_or(0.0), points: data.points, first: true };
        let own = Measured {
            points: back.points,
            notes: Vec::new(),
            train: Some(back.volts),
            back: Some(first),
            ..data
        };
        parts.push(Part { args, data: own, found });
    }
    Ok(parts)
}

/// The range of a device whose train up and train down have both shown a soft bound, its conductance before them, and their file.
fn soft_bound(parts: &[Part]) -> Option<(Bounds, f64, String)> {
    let soft = |part: &&Part| part.args.model == Model::Pulses && part.found.law == PulseLaw::SoftBound;
    let mut trains = parts.iter().filter(soft);
    let (first, second) = (trains.next()?, trains.next()?);
    let value = |part: &Part, name: &str| part.found.fit.get(name).map(|p| p.value);
    let ends = [value(first, "g_end")?, value(second, "g_end")?];
    let bounds = Bounds { g_min: ends[0].min(ends[1]), g_max: ends[0].max(ends[1]) };
    Some((bounds, value(first, "g_0")?, first.data.name()))
}

/// Whether it is volatile, which all measurements have to agree in.
fn kind(parts: &[Part]) -> Result<bool, Failure> {
    let volatile = |part: &Part| match (&part.found.shape, part.args.model) {
        (Shape::Loop(found), _) => Some(found.polarity == Polarity::Volatile),
        (_, Model::Lif) => Some(true),
        (_, Model::Pulses | Model::Stdp | Model::Retention) => Some(false),
        _ => None,
    };
    let of = |which: bool| -> Vec<String> {
        parts.iter().filter(|part| volatile(part) == Some(which)).map(|part| part.data.name()).collect()
    };
    let (forgets, keeps) = (of(true), of(false));
    if forgets.is_empty() || keeps.is_empty() {
        return Ok(!forgets.is_empty());
    }
    let (forgets, keeps) = (forgets.join(", "), keeps.join(", "));
    Err(Failure::new(format!(
        "{forgets} shows a volatile switch, and {keeps} a device that keeps its conductance"
    ))
    .with_hint("fit them as two devices"))
}

/// Thresholds of the loops of several devices, with their spread from cycle to cycle and from device to device.
fn spreads(parts: &mut Vec<Part>, notes: &mut Vec<String>) {
    let loops: Vec<usize> =
        (0..parts.len()).filter(|&k| matches!(parts[k].found.shape, Shape::Loop(_))).collect();
    let [first, others @ ..] = loops.as_slice() else { return };
    let volts = |parts: &[Part], which: usize| -> Vec<Vec<f64>> {
        let of = |&k: &usize| match &parts[k].found.shape {
            Shape::Loop(found) => found.volts[which].clone(),
            Shape::Curve(_) => Vec::new(),
        };
        loops.iter().map(of).collect()
    };
    if others.is_empty() {
        return;
    }
    let named = |fit: &memspike::fit::Fitted, which: usize| fit.parameters[which].name.clone();
    let mut combined = parts[*first].found.fit.clone();
    for p in &mut combined.parameters {
        let values: Vec<(f64, f64)> = loops
            .iter()
            .filter_map(|&k| parts[k].found.fit.get(&p.name))
            .filter(|p| p.error > 0.0)
            .map(|p| (p.value, p.error))
            .collect();
        if values.len() > 1 {
            (p.value, p.error, _) = agree(&values);
        }
    }
    combined.parameters.retain(|p| p.name != "cycle_cv");
    for which in 0..2 {
        let name = named(&combined, which);
        let Some(spread) = reml(&volts(parts, which)) else { continue };
        let (mean, within, between) = (spread.mean, spread.within, spread.between);
        combined.parameters[which].value = mean.0;
        combined.parameters[which].error = mean.1.max(f64::MIN_POSITIVE);
        let share = |of: (f64, f64)| (of.0 / mean.0, of.1 / mean.0);
        let percent = |of: (f64, f64)| format!("{} %", trimmed(&significant(100.0 * of.0, 3)));
        notes.push(format!(
            "{name} of {} devices: {} from cycle to cycle, {} from device to device",
            loops.len(),
            percent(share(within)),
            percent(share(between))
        ));
        if which == 0 {
            for (name, of) in [("cycle_cv", share(within)), ("device_cv", share(between))] {
                if of.0 > 0.0 {
                    let (name, unit) = (name.to_owned(), String::new());
                    combined.parameters.push(FittedParameter { name, unit, value: of.0, error: of.1 });
                }
            }
        }
    }
    parts[*first].found.fit = combined;
    for &k in others.iter().rev() {
        let part = parts.remove(k);
        parts[*first].data.file = format!("{}, {}", parts[*first].data.name(), part.data.name());
    }
}

/// The preset, measurement after measurement.
fn written(args: &FitArgs, path: &Path, volatile: bool, device: &mut Device) -> Result<String, Failure> {
    let has = |model: Model| device.parts.iter().any(|part| part.args.model == model);
    let usual = match volatile {
        true => "ag-tio2-pt-ts",
        false if has(Model::Pulses) || has(Model::Stdp) => SYNAPSE,
        false => "ag-tio2-pt-rs-binary",
    };
    let name = args.base.as_deref().unwrap_or(usual);
    let mut base = source::find(name, &[], &SHIPPED)?;
    // Both trains of a file are parts.
    let mut names: Vec<String> = Vec::new();
    for name in device.parts.iter().map(|part| part.data.name()) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let ranges: Vec<String> =
        device.parts.iter().map(|part| preset::range(part.args.model, &part.data)).collect();
    let mut head = Head {
        base: name.to_owned(),
        name: path
            .file_stem()
            .map_or_else(|| "fitted".to_owned(), |stem| stem.to_string_lossy().into_owned()),
        title: format!("Fitted to {}", names.join(", ")),
        source: names.join(", "),
        validity: format!("{}; what is assumed holds as in the preset {name}", ranges.join("; ")),
        own: args.base.is_some() && preset::is_file(name),
    };
    // (key, file, ln of the value, its relative error) of what more than one of them may determine.
    let mut shared: Vec<(&'static str, String, f64, f64)> = Vec::new();
    for part in &device.parts {
        let (model, changes) = preset::changes(&part.args, &part.data, &part.found, &base.preset)?;
        for (key, value, error) in speeds(part, &changes, lever(&base.preset)) {
            shared.push((key, part.data.name(), value, error));
        }
        if changes.iter().any(|change| base.preset.parameters.iter().any(|p| p.key == change.key)) {
            base = again(&base, &head, &model, &changes)?;
            head.own = true;
        }
    }
    let mut joint = Vec::new();
    for key in ["r_on", "set_tau", "reset_tau"] {
        let own: Vec<_> = shared.iter().filter(|of| of.0 == key).collect();
        if own.len() < 2 || !base.preset.parameters.iter().any(|p| p.key == key) {
            continue;
        }
        let unit = if key == "r_on" { "Ohm" } else { "s" };
        let (ln, error, p) = agree(&own.iter().map(|of| (of.2, of.3)).collect::<Vec<_>>());
        let each: Vec<String> =
            own.iter().map(|of| format!("{} in {}", si(memspike::numeric::exp(of.2), unit), of.1)).collect();
        let told = format!("{key} is {}", each.join(" and "));
        let p_text = trimmed(&significant(p, 2));
        if p < CONTRADICTION {
            device
                .contradictions
                .push(format!("{told}: one value for both is out of the question (p = {p_text})"));
        } else {
            let files: Vec<&str> = own.iter().map(|of| of.1.as_str()).collect();
            let source = format!("{} together, \u{b1} {:.1} %", files.join(" and "), 100.0 * error);
            let value = memspike::numeric::exp(ln);
            let value = if key == "r_on" { preset::ohms(value) } else { preset::seconds(value) };
            joint.extend(value.map(|value| Change { key, value, provenance: "fitted", source }));
            device
                .notes
                .push(format!("{told}; together {} (p = {p_text})", si(memspike::numeric::exp(ln), unit)));
        }
    }
    if !joint.is_empty() {
        base = again(&base, &head, &[], &joint)?;
    }
    let assumed: Vec<&str> = base.preset.assumed().map(|p| p.key.as_str()).collect();
    if !assumed.is_empty() {
        device
            .notes
            .push(format!("assumed as in {name}, since no measurement says it: {}", assumed.join(", ")));
    }
    Ok(base.text)
}

/// The base with what was found in it.
fn again(base: &Base, head: &Head, model: &[(&str, &str)], changes: &[Change]) -> Result<Base, Failure> {
    let text = preset::written(base, head, model, changes)?;
    let preset = memspike::device::preset::Preset::parse(&head.name, &text)?;
    Ok(Base { preset, text })
}

/// What another measurement may determine too: (key, ln of the value, relative error).
fn speeds(part: &Part, changes: &[Change], lever: f64) -> Vec<(&'static str, f64, f64)> {
    let relative = |name: &str| part.found.fit.get(name).map_or(f64::NAN, |p| (p.error / p.value).abs());
    let value = |key: &str| {
        let change = changes.iter().find(|change| change.key == key)?;
        let (number, _) = memspike::units::parse_number_unit(&change.value);
        number.parse::<f64>().ok()?;
        preset::si_value(&change.value)
    };
    let ln = memspike::numeric::ln;
    match part.args.model {
        Model::Iv => value("r_on").map(|r| ("r_on", ln(r), relative("r_on"))).into_iter().collect(),
        Model::Retention => value("r_on").map(|r| ("r_on", ln(r), relative("g_p"))).into_iter().collect(),
        Model::Pulses => {
            let error =
                if part.found.fit.get("dose").is_some() { relative("dose") } else { relative("step") };
            let of = |key: &'static str| value(key).map(|tau| (key, ln(tau), error));
            of("set_tau").or_else(|| of("reset_tau")).into_iter().collect()
        }
        Model::Stdp => [("set_tau", "w_plus", "tau_plus"), ("reset_tau", "w_minus", "tau_minus")]
            .into_iter()
            .filter_map(|(key, w, tau)| {
                let error = relative(w).hypot(lever * relative(tau));
                Some((key, ln(value(key)?), error))
            })
            .collect(),
        Model::Lif | Model::Device => Vec::new(),
    }
}

/// How many e-folds of the rate lie between the peak of the spike pulse and the voltage at which a rate is stated.
fn lever(preset: &memspike::device::preset::Preset) -> f64 {
    let Some(DoseMemory { device, pulse: Some(pulse), .. }) = preset.device.get() else { return 0.0 };
    let Rate::Exponential { v_ref, v_scale, .. } = device.set else { return 0.0 };
    preset::lever(pulse, v_ref.get(), v_scale.get())
}

/// The tables of all measurements of a device.
pub fn tables(args: &FitArgs, device: &Device) -> Result<String, Failure> {
    let own = |part: &Part| table::text(&part.args, &part.data, &part.found);
    if args.format == Format::Text {
        let titled =
            |part: &Part| Ok(format!("{} ({})\n{}", part.data.name(), part.args.model.name(), own(part)?));
        return Ok(device.parts.iter().map(titled).collect::<Result<Vec<String>, Failure>>()?.join("\n"));
    }
    let failed = |error: serde_json::Error| Failure::new(error.to_string());
    let parts: Vec<serde_json::Value> = device
        .parts
        .iter()
        .map(|part| serde_json::from_str(&own(part)?).map_err(failed))
        .collect::<Result<_, Failure>>()?;
    let value = serde_json::json!({
        "schema_version": 1,
        "model": args.model.name(),
        "measurements": parts,
        "contradictions": device.contradictions,
    });
    serde_json::to_string_pretty(&value).map_err(failed)
}
