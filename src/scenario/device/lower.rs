//! Devices and experiments: from checked sections to plans.

use super::super::diagnostic::{At, Diagnostic, nearest};
use super::super::filled::Fields;
use super::super::load;
use super::super::lower::{Lower, quantity};
use super::super::spec::{Refers, Unit};
use super::super::text::{Node, Value};
use super::quantity::{Measure, MeasuredIn, kind_of, quantities, takes};
use super::{DeviceUnderTest, Experiment, ExperimentPlan, PaperValue, PulseShape, Relation, Tolerance};
use crate::device::preset::{Preset, PresetDevice, PresetError, Provenance};
use crate::units::{Quantity, Siemens, Volt};

/// Samples of an experiment that a machine has memory for.
const MAX_ROWS: u64 = 20_000_000;

/// The experiments of `kind = "device"`, if nothing is wrong with them.
pub fn lower(lower: &mut Lower<'_>, protocol: &Fields) -> Option<Vec<ExperimentPlan>> {
    for section in ["source", "population", "projection"] {
        for (_, fields) in lower.filled.all(section) {
            lower.faults.push(
                Diagnostic::error(format!("{} has no part in measuring a device", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .also(protocol.written("kind"), "there is no network here")
                    .allowed("[device.NAME] and [experiment.NAME]")
                    .hint("delete it, or choose kind = \"simulate\""),
            );
        }
    }
    let filled = lower.filled;
    let devices: Vec<Option<Preset>> =
        filled.all("device").iter().map(|(_, fields)| preset(lower, fields)).collect();
    if filled.all("experiment").is_empty() {
        lower.faults.push(
            Diagnostic::error("there is no [experiment.NAME]")
                .maybe_at(protocol.place("kind"))
                .label("nothing to do")
                .allowed("[experiment.NAME] with kind = \"iv\" and points = [\"0 V\", \"0.5 V\", \"0 V\"]")
                .hint("`memspike models` lists the kinds of experiment"),
        );
    }
    let experiments: Vec<Option<ExperimentPlan>> = filled
        .all("experiment")
        .iter()
        .map(|(name, fields)| experiment(lower, name, fields, &devices))
        .collect();
    experiments.into_iter().collect()
}

/// What stands in a scenario that has a network instead.
pub fn unused(lower: &mut Lower<'_>, protocol: &Fields) {
    for section in ["device", "experiment"] {
        for (_, fields) in lower.filled.all(section) {
            lower.faults.push(
                Diagnostic::error(format!("{} is not measured here", fields.what))
                    .maybe_at(fields.at.as_ref())
                    .also(protocol.written("kind"), "this runs a network")
                    .allowed("[device.NAME] and [experiment.NAME] with kind = \"device\" in [protocol]"),
            );
        }
    }
}

/// The preset of a device with what the scenario changes in it.
fn preset(lower: &mut Lower<'_>, fields: &Fields) -> Option<Preset> {
    let (name, at) = (fields.text("preset")?, fields.written("preset")?);
    let is_file = std::path::Path::new(name).extension().is_some_and(|extension| extension == "toml");
    let (file, text) = if is_file {
        let source = load::beside(name, at).map_err(|fault| lower.faults.push(fault)).ok()?;
        (source.name.clone(), source.text.clone())
    } else if let Some(text) = Preset::embedded_text(name) {
        (format!("preset {name}"), text.to_string())
    } else {
        let names = Preset::names();
        let close = nearest(name, names.iter().copied());
        lower.faults.push(
            Diagnostic::error(format!("`preset` of {} is \"{name}\", which is none", fields.what))
                .at(at)
                .label("not known")
                .allowed(format!("{}, or a file NAME.toml", names.join(", ")))
                .maybe_hint(close.map(|close| format!("did you mean \"{close}\"?"))),
        );
        return None;
    };
    // The preset itself must be right before anything is changed in it.
    if let Err(faults) = Preset::parse(&file, &text) {
        for fault in faults {
            lower.faults.push(
                Diagnostic::error(fault.to_string())
                    .at(at)
                    .label("the preset of this file")
                    .allowed("a preset as in the chapter on presets"),
            );
        }
        return None;
    }
    let mut changes = Vec::new();
    for table in ["model", "parameters"] {
        let Some(Node { value: Value::Table(entries), .. }) = fields.raw(table) else { continue };
        for item in &entries.entries {
            changes.push(Change::of(table, &item.key, &item.node, &item.key_at));
        }
    }
    let revised = revise(lower, fields, &text, &changes)?;
    match Preset::parse(&file, &revised) {
        Ok(mut preset) => {
            for parameter in &mut preset.parameters {
                if changes.iter().any(|change| change.table == "parameters" && change.key == parameter.key) {
                    parameter.provenance = Provenance::Assumed;
                    parameter.source = "the scenario says so; not measured".into();
                }
            }
            Some(preset)
        }
        Err(faults) => {
            for PresetError { key, message, .. } in faults {
                let change = changes.iter().find(|change| change.key == key);
                let what = if key.is_empty() {
                    format!("{}: {message}", fields.what)
                } else {
                    format!("`{key}` of {} {message}", fields.what)
                };
                lower.faults.push(
                    Diagnostic::error(what)
                        .maybe_at(change.map_or(fields.place("parameters"), |change| Some(&change.at)))
                        .label(if change.is_some() { "as changed here" } else { "with these parameters" }),
                );
            }
            None
        }
    }
}

/// One changed line of a preset.
struct Change {
    table: &'static str,
    key: String,
    /// As TOML; `None` if it is no text and no number.
    value: Option<String>,
    at: At,
    key_at: At,
}

impl Change {
    fn of(table: &'static str, key: &str, node: &Node, key_at: &At) -> Self {
        let value = match &node.value {
            Value::Text(text) => Some(toml::Value::String(text.clone()).to_string()),
            Value::Integer(number) => Some(number.to_string()),
            Value::Float(number) if number.is_finite() => Some(format!("{number:?}")),
            _ => None,
        };
        Self { table, key: key.to_string(), value, at: node.at.clone(), key_at: key_at.clone() }
    }

    fn line(&self, value: &str) -> String {
        match self.table {
            "model" => format!("{} = {value}", self.key),
            _ => format!(
                "{} = {{ value = {value}, provenance = \"assumed\", source = \"the scenario\" }}",
                self.key
            ),
        }
    }
}

/// The text of a preset with some of its lines changed; a fault for what it does not have.
fn revise(lower: &mut Lower<'_>, fields: &Fields, text: &str, changes: &[Change]) -> Option<String> {
    let mut section = String::new();
    // (section, key, line)
    let lines: Vec<(String, String, &str)> = text
        .lines()
        .map(|line| {
            let trimmed = line.trim();
            if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
                section = name.trim().to_string();
            }
            let key = trimmed.split_once('=').map_or("", |(key, _)| key.trim());
            (section.clone(), key.to_string(), line)
        })
        .collect();
    let mut right = true;
    for change in changes {
        let known = || {
            lines
                .iter()
                .filter(|l| l.0 == change.table && !l.1.is_empty() && !l.1.starts_with('#'))
                .map(|l| l.1.as_str())
        };
        if change.value.is_none() {
            lower.faults.push(
                Diagnostic::error(format!(
                    "`{}` of the {} of {} is no text and no number",
                    change.key, change.table, fields.what
                ))
                .at(&change.at)
                .allowed("a quantity with its unit, a number, or the name of a law"),
            );
            right = false;
        }
        if !known().any(|key| key == change.key) {
            let close = nearest(&change.key, known());
            lower.faults.push(
                Diagnostic::error(format!(
                    "the preset of {} has no `{}` in its [{}]",
                    fields.what, change.key, change.table
                ))
                .at(&change.key_at)
                .label("not known")
                .allowed(known().collect::<Vec<_>>().join(", "))
                .maybe_hint(close.map(|close| format!("did you mean `{close}`?"))),
            );
            right = false;
        }
    }
    let line = |(section, key, line): &(String, String, &str)| {
        let change = changes.iter().find(|change| change.table == section && change.key == *key);
        match change.and_then(|change| Some(change.line(change.value.as_ref()?))) {
            Some(changed) => changed + "\n",
            None => format!("{line}\n"),
        }
    };
    right.then(|| lines.iter().map(line).collect())
}

fn experiment(
    lower: &mut Lower<'_>,
    name: &str,
    fields: &Fields,
    devices: &[Option<Preset>],
) -> Option<ExperimentPlan> {
    let kind = fields.text("kind")?;
    let device = device(lower, fields, devices);
    let experiment = described(lower, fields, kind);
    let preset = device?;
    if !takes(kind).contains(&kind_of(&preset.preset.device)) {
        let wanted = takes(kind);
        lower.faults.push(
            Diagnostic::error(format!(
                "device `{}` is a {}, and {} cannot be made with one",
                preset.name,
                kind_of(&preset.preset.device),
                fields.what
            ))
            .maybe_at(fields.place("device"))
            .also(fields.written("kind"), "of this kind")
            .allowed(format!("a device of kind {}", wanted.join(", "))),
        );
        return None;
    }
    fits(lower, fields, &preset.preset, experiment.as_ref());
    let compare = compare(lower, fields, kind, &preset.preset.device);
    Some(ExperimentPlan {
        name: name.to_string(),
        title: fields.text("title")?.to_string(),
        device: preset,
        experiment: experiment?,
        compare: compare?,
    })
}

fn device(lower: &mut Lower<'_>, fields: &Fields, devices: &[Option<Preset>]) -> Option<DeviceUnderTest> {
    let names = lower.filled.names(Refers::Device);
    let Some(name) = fields.text("device") else {
        if fields.written("device").is_none() {
            lower.faults.push(
                Diagnostic::error(format!("{} names no device, and there are {}", fields.what, names.len()))
                    .maybe_at(fields.at.as_ref())
                    .label("`device` is missing")
                    .allowed(if names.is_empty() {
                        "[device.NAME] with preset = \"ag-tio2-pt-ts\"".to_string()
                    } else {
                        names.join(", ")
                    }),
            );
        }
        return None;
    };
    let name = name.to_string();
    let index = lower.index(
        &name,
        fields.place("device"),
        &format!("`device` of {}", fields.what),
        Refers::Device,
    )?;
    Some(DeviceUnderTest { name, preset: devices.get(index)?.clone()? })
}

fn described(lower: &mut Lower<'_>, fields: &Fields, kind: &str) -> Option<Experiment> {
    let samples = fields.count("samples");
    let g_start = || quantity::<Siemens>(fields, "g_start");
    Some(match kind {
        "iv" => {
            let points: Vec<Volt> =
                fields.quantities("points").iter().filter_map(|v| Volt::from_si(*v)).collect();
            let distinct = points.windows(2).any(|pair| pair[0] != pair[1]);
            if !distinct && fields.datum("points").is_some() {
                lower.faults.push(
                    Diagnostic::error(format!("`points` of {} do not lead anywhere", fields.what))
                        .maybe_at(fields.place("points"))
                        .label("no sweep")
                        .allowed(
                            "two voltages or more, not all the same, such as [\"0 V\", \"0.5 V\", \"0 V\"]",
                        ),
                );
                return None;
            }
            let repeat = fields.count("repeat")?;
            rows(lower, fields, points.len() as u64 * u64::from(samples?) * u64::from(repeat));
            Experiment::Iv {
                points,
                rate: quantity(fields, "rate")?,
                samples: samples?,
                repeat,
                g_start: g_start(),
                noise: fields.flag("noise")?,
            }
        }
        "pulses" => {
            let count = fields.count("count");
            not_above(
                lower,
                fields,
                "width",
                "period",
                "the next pulse would begin before the last one ends",
            );
            rows(lower, fields, 2 * u64::from(samples?) * u64::from(count?));
            Experiment::Pulses {
                amplitude: quantity(fields, "amplitude")?,
                width: quantity(fields, "width")?,
                period: quantity(fields, "period")?,
                count: count?,
                samples: samples?,
                g_start: g_start(),
                noise: fields.flag("noise")?,
            }
        }
        "integration" => Experiment::Integration {
            amplitude: quantity(fields, "amplitude")?,
            length: quantity(fields, "length")?,
            samples: samples?,
        },
        "relaxation" => Experiment::Relaxation { length: quantity(fields, "length")?, samples: samples? },
        "power" => Experiment::Power { samples: samples? },
        "cycles" => {
            for (name, above) in [("v_set", true), ("v_reset", false)] {
                let wrong = fields.quantity(name).is_some_and(|v| if above { v <= 0.0 } else { v >= 0.0 });
                if wrong {
                    let sign = if above { "above" } else { "below" };
                    lower.faults.push(
                        Diagnostic::error(format!(
                            "`{name}` of {} is {}",
                            fields.what,
                            Unit::Volt.print(fields.quantity(name).unwrap_or(0.0))
                        ))
                        .maybe_at(fields.place(name))
                        .label("wrong sign")
                        .allowed(format!(
                            "a voltage {sign} 0 V: SET is at positive, RESET at negative voltage"
                        )),
                    );
                }
            }
            Experiment::Cycles {
                cycles: fields.integer("cycles")?,
                v_set: quantity(fields, "v_set")?,
                v_reset: quantity(fields, "v_reset")?,
                edge: quantity(fields, "edge")?,
            }
        }
        "retention" => {
            let devices = fields.count("devices")?;
            rows(lower, fields, u64::from(samples?) * u64::from(devices));
            Experiment::Retention {
                length: quantity(fields, "length")?,
                samples: samples?,
                devices,
                floor: fields.number("floor")?,
            }
        }
        "stdp" => {
            window_rows(lower, fields, "step");
            window_rows(lower, fields, "fine_step");
            not_above(lower, fields, "fit_from", "reach", "nothing would be left to fit");
            Experiment::Stdp {
                reach: quantity(fields, "reach")?,
                step: quantity(fields, "step")?,
                fit_from: quantity(fields, "fit_from")?,
                fine_step: quantity(fields, "fine_step")?,
                g_start: g_start(),
            }
        }
        "spike-pulses" => {
            window_rows(lower, fields, "step");
            Experiment::SpikePulses {
                shape: match fields.text("shape")? {
                    "unipolar" => PulseShape::Unipolar {
                        peak: quantity(fields, "peak")?,
                        base: quantity(fields, "base")?,
                    },
                    _ => PulseShape::Biphasic,
                },
                dt: quantity(fields, "dt")?,
                reach: quantity(fields, "reach")?,
                step: quantity(fields, "step")?,
                g_start: g_start(),
            }
        }
        _ => return None,
    })
}

/// `small` must not be above `large`.
fn not_above(lower: &mut Lower<'_>, fields: &Fields, small: &str, large: &str, why: &str) {
    let (Some(a), Some(b)) = (fields.quantity(small), fields.quantity(large)) else { return };
    if a <= b {
        return;
    }
    lower.faults.push(
        Diagnostic::error(format!(
            "`{small}` of {} is {}, above `{large}`, which is {}",
            fields.what,
            Unit::Second.print(a),
            Unit::Second.print(b)
        ))
        .maybe_at(fields.place(small))
        .label("too large")
        .also(fields.written(large), "against this")
        .allowed(format!("`{small}` up to `{large}`"))
        .hint(why),
    );
}

fn window_rows(lower: &mut Lower<'_>, fields: &Fields, step: &str) {
    not_above(lower, fields, step, "reach", "the window would have no point but dt = 0");
    let (Some(reach), Some(step)) = (fields.quantity("reach"), fields.quantity(step)) else { return };
    // More points than a picture has dots, and each is a whole waveform.
    rows(lower, fields, (2.0 * reach / step).min(1e18) as u64 * 200);
}

fn rows(lower: &mut Lower<'_>, fields: &Fields, rows: u64) {
    if rows > MAX_ROWS {
        lower.faults.push(
            Diagnostic::error(format!("{} would give {rows} points", fields.what))
                .maybe_at(fields.at.as_ref())
                .label("too many")
                .allowed(format!("at most {MAX_ROWS}"))
                .hint("fewer samples, repetitions or pulses, or a larger step"),
        );
    }
}

/// What experiment and device must agree in.
fn fits(lower: &mut Lower<'_>, fields: &Fields, preset: &Preset, experiment: Option<&Experiment>) {
    match &preset.device {
        PresetDevice::DoseDevice { device, pulse, .. } => {
            if let Some(g) = fields.quantity("g_start").and_then(Siemens::from_si)
                && !(device.g_min..=device.g_max).contains(&g)
            {
                lower.faults.push(
                    Diagnostic::error(format!(
                        "`g_start` of {} is {g}, outside the range of the device",
                        fields.what
                    ))
                    .maybe_at(fields.place("g_start"))
                    .label("out of range")
                    .allowed(format!("{} to {}", device.g_min, device.g_max)),
                );
            }
            let learns = matches!(
                experiment,
                Some(Experiment::Stdp { .. } | Experiment::SpikePulses { shape: PulseShape::Biphasic, .. })
            );
            if learns && pulse.is_none() {
                lower.faults.push(
                    Diagnostic::error(format!(
                        "preset `{}` of {} states no spike pulse",
                        preset.name, fields.what
                    ))
                    .maybe_at(fields.place("device"))
                    .allowed("a preset with pulse_peak, pulse_half_width, pulse_tail and pulse_tail_length"),
                );
            }
        }
        PresetDevice::ThresholdSwitch { .. } => {
            if fields.quantity("g_start").is_some() {
                lower.faults.push(
                    Diagnostic::error(format!(
                        "{} has a `g_start`, and its device is a threshold switch",
                        fields.what
                    ))
                    .maybe_at(fields.place("g_start"))
                    .label("has no effect")
                    .allowed("`g_start` for a resistive device; a threshold switch starts at rest")
                    .hint("delete it"),
                );
            }
        }
        _ => {}
    }
}

fn compare(
    lower: &mut Lower<'_>,
    fields: &Fields,
    kind: &str,
    device: &PresetDevice,
) -> Option<Vec<PaperValue>> {
    let rows = fields.tables("compare");
    let mut made: Vec<Option<PaperValue>> = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let name = row.text("quantity");
        if let Some(earlier) =
            rows[..index].iter().find(|earlier| name.is_some() && earlier.text("quantity") == name)
        {
            lower.faults.push(
                Diagnostic::error(format!("{} compares `{}` twice", fields.what, name.unwrap_or_default()))
                    .maybe_at(row.place("quantity"))
                    .also(earlier.written("quantity"), "the first time")
                    .allowed("one row per quantity"),
            );
        }
        made.push(paper_value(lower, row, kind, device));
    }
    made.into_iter().collect()
}

fn paper_value(lower: &mut Lower<'_>, row: &Fields, kind: &str, device: &PresetDevice) -> Option<PaperValue> {
    let name = row.text("quantity")?;
    let there = || quantities(kind).iter().filter(|measure| measure.exists_for(device));
    let Some(measure) = there().find(|measure| measure.name == name) else {
        let close = nearest(name, there().map(|measure| measure.name));
        lower.faults.push(
            Diagnostic::error(format!("`quantity` of {} is \"{name}\", which is not measured", row.what))
                .maybe_at(row.place("quantity"))
                .label("not known")
                .allowed(there().map(|measure| measure.name).collect::<Vec<_>>().join(", "))
                .maybe_hint(close.map(|close| format!("did you mean \"{close}\"?"))),
        );
        return None;
    };
    let paper = figure(lower, row, "paper", measure);
    let relation = match row.text("relation")? {
        "at_least" => Relation::AtLeast,
        "at_most" => Relation::AtMost,
        _ => Relation::Equal,
    };
    let absolute = row.raw("tolerance").map(|_| figure(lower, row, "tolerance", measure));
    let relative = row.number("relative_tolerance");
    let tolerance = match (absolute, relative) {
        (Some(_), Some(_)) => {
            lower.faults.push(
                Diagnostic::error(format!("{} has both `tolerance` and `relative_tolerance`", row.what))
                    .maybe_at(row.written("relative_tolerance"))
                    .also(row.written("tolerance"), "and here")
                    .allowed("one of the two"),
            );
            None
        }
        (Some(absolute), None) => {
            let value = absolute?;
            if value < 0.0 {
                lower.faults.push(
                    Diagnostic::error(format!("`tolerance` of {} is below zero", row.what))
                        .maybe_at(row.place("tolerance"))
                        .label("negative")
                        .allowed("zero or more"),
                );
                return None;
            }
            Some(Tolerance::Absolute(value))
        }
        (None, Some(part)) => Some(Tolerance::Relative(part)),
        (None, None) if relation != Relation::Equal => Some(Tolerance::Absolute(0.0)),
        (None, None) => {
            if row.written("tolerance").is_none() && row.written("relative_tolerance").is_none() {
                lower.faults.push(
                    Diagnostic::error(format!("{} has no tolerance", row.what))
                        .maybe_at(row.at.as_ref())
                        .label("`tolerance` is missing")
                        .allowed("tolerance = \"1 mV\" or relative_tolerance = 0.005")
                        .hint("no simulation and no reading of an axis is exact; say how close is close enough, and why"),
                );
            }
            None
        }
    };
    Some(PaperValue {
        quantity: name.to_string(),
        what: row.text("what").unwrap_or(measure.what).to_string(),
        unit: measure.unit,
        relation,
        paper: paper?,
        tolerance: tolerance?,
        why: row.text("why")?.to_string(),
    })
}

/// A number in the unit of what is measured.
fn figure(lower: &mut Lower<'_>, row: &Fields, key: &str, measure: &Measure) -> Option<f64> {
    let node = row.raw(key)?;
    let what = format!("`{key}` of {}", row.what);
    let wrong = |lower: &mut Lower<'_>, allowed: &str| {
        lower.faults.push(
            Diagnostic::error(format!("{what} is {}", node.shown()))
                .at(&node.at)
                .label("wrong form")
                .allowed(allowed)
                .hint(format!("`{}` is the {}", measure.name, measure.what)),
        );
        None
    };
    match (measure.unit.unit(), &node.value) {
        (Some(unit), Value::Text(text)) => {
            let allowed = format!("a {} with its unit, such as \"{}\"", unit.name(), unit.example());
            super::super::reader::quantity(text, unit, &what, &allowed, node)
                .map_err(|fault| lower.faults.push(fault))
                .ok()
        }
        (Some(unit), _) => {
            let allowed = format!("a {} with its unit, such as \"{}\"", unit.name(), unit.example());
            lower.faults.push(super::super::reader::without_unit(node, unit, &what, &allowed));
            None
        }
        (None, Value::Text(text)) if measure.unit == MeasuredIn::Fraction => {
            let percent = text.trim().strip_suffix('%').and_then(|number| number.trim().parse::<f64>().ok());
            match percent.filter(|value| value.is_finite()) {
                Some(value) => Some(value / 100.0),
                None => wrong(lower, "a percentage such as \"138.61 %\""),
            }
        }
        (None, _) if measure.unit == MeasuredIn::Fraction => {
            wrong(lower, "a percentage such as \"138.61 %\"")
        }
        (None, Value::Integer(number)) => Some(*number as f64),
        (None, Value::Float(number)) if number.is_finite() => Some(*number),
        (None, _) => wrong(lower, "a number without unit"),
    }
}
