//! The complete scenario as TOML: every value of the plan, each with where it comes from.
//!
//! What is printed loads back to the same plan, from any directory: rows of CSV files are written out.

use super::diagnostic::Base;
use super::filled::{Datum, Entry, Fields, Filled, ValueOrigin};
use super::plan::{Connect, Input, Own, Plan};
use super::sections::SECTIONS;
use super::spec::{Amount, Fallback, Kind, Unit};
use super::text::{Node, Value};
use crate::device::preset::Provenance;
use crate::network::SourceKind;
use crate::time::Time;
use crate::units::{Quantity, Second};
use std::fmt::Write as _;

/// Writes the plan as a scenario.
#[must_use]
pub fn resolve(filled: &Filled, plan: &Plan) -> String {
    let mut writer = Writer { out: String::new(), filled, plan };
    let _ = writeln!(
        writer.out,
        "# Scenario `{}` with every value filled in; behind each, where it comes from.",
        plan.name
    );
    for section in SECTIONS.iter() {
        for (_, fields) in filled.all(section.name) {
            writer.table(fields, &fields.path, false);
        }
    }
    writer.out
}

struct Writer<'a> {
    out: String,
    filled: &'a Filled,
    plan: &'a Plan,
}

impl Writer<'_> {
    /// `path`: that of its header, which does not count the elements of a list.
    fn table(&mut self, fields: &Fields, path: &str, element: bool) {
        let header = if element { format!("[[{path}]]") } else { format!("[{path}]") };
        let _ = write!(self.out, "\n{header}\n");
        let entries = || fields.entries.iter().filter(|entry| entry.active);
        for entry in entries() {
            if !opens_table(entry) {
                self.line(fields, entry);
            }
        }
        for entry in entries() {
            let path = format!("{path}.{}", entry.key.name);
            match &entry.datum {
                Some(Datum::Table(inner)) if opens_table(entry) => self.table(inner, &path, false),
                Some(Datum::Tables(list)) => list.iter().for_each(|inner| self.table(inner, &path, true)),
                _ => {}
            }
        }
    }

    fn line(&mut self, fields: &Fields, entry: &Entry) {
        let name = entry.key.name;
        if let (ValueOrigin::SameAs(other), Some(Datum::Raw(_))) = (&entry.origin, &entry.datum) {
            // Written out, a distribution would be drawn anew.
            let _ = writeln!(self.out, "# {name} of each neuron is its `{other}`");
            return;
        }
        if let Some((key, rows, comment)) = self.listed(fields, entry) {
            let _ = writeln!(self.out, "{key} = {rows}  # {comment}");
            return;
        }
        if let ("protocol", "weights_from") = (fields.path.as_str(), name)
            && let Some(from) = self.plan.protocol.weights_from()
        {
            // A path from the working directory, where the original is from the scenario's own.
            let _ = writeln!(self.out, "{name} = {}  # {}", quoted(from), origin(entry));
            return;
        }
        if let Some(file) = preset_file(entry) {
            let _ = writeln!(self.out, "{name} = {}  # {}", quoted(&file), origin(entry));
            return;
        }
        match &entry.datum {
            Some(datum) => {
                let _ = writeln!(self.out, "{name} = {}  # {}", value(datum), origin(entry));
            }
            None => {
                let meaning = match entry.key.default {
                    Fallback::Absent(meaning) => meaning,
                    _ => "",
                };
                if !matches!(entry.key.kind, Kind::SpikeRows | Kind::SynapseRows) && name != "file" {
                    let _ = writeln!(self.out, "# {name} is not set: {meaning}");
                }
            }
        }
    }

    /// Rows and delays that come from a file are written out.
    fn listed(&self, fields: &Fields, entry: &Entry) -> Option<(&'static str, String, String)> {
        let (section, name) = fields.path.split_once('.')?;
        if section == "population" && entry.key.each {
            let population = &self.plan.populations[self.filled.find(section, name)?.0];
            let own = population.own.iter().find(|own| own.key == entry.key.name)?;
            let from_file = matches!(&entry.datum, Some(Datum::Raw(node)) if node.table().is_some_and(|table| table.get("file").is_some()));
            let Own::List(values) = &own.values else { return None };
            if !from_file {
                return None;
            }
            let unit =
                own.unit.as_ref().and_then(|symbol| Unit::ALL.into_iter().find(|u| u.symbol() == symbol));
            let shown = |&value: &f64| unit.map_or_else(|| float(value), |unit| quoted(&unit.print(value)));
            let values = values.iter().map(shown).collect::<Vec<_>>().join(", ");
            return Some((entry.key.name, format!("[{values}]"), origin(entry)));
        }
        if !matches!(section, "source" | "projection") || name.contains('.') || fields.text("file").is_none()
        {
            return None;
        }
        let rows = |lines: Vec<String>| format!("[\n{}]", lines.concat());
        match (section, entry.key.name) {
            ("source", "file") => {
                let source = &self.plan.sources[self.filled.find(section, name)?.0];
                if let Some(current) = source.current() {
                    let row = |(at, value): (Time, f64)| {
                        format!("  [\"{}\", \"{}\"],\n", instant(at), Unit::Ampere.print(value))
                    };
                    let lines = current.points().into_iter().map(row).collect();
                    return Some(("currents", rows(lines), origin(entry)));
                }
                let Input::Train(SourceKind::List(spikes)) = &source.input else { return None };
                let lines =
                    spikes.iter().map(|(at, id)| format!("  [\"{}\", {id}],\n", instant(*at))).collect();
                Some(("spikes", rows(lines), origin(entry)))
            }
            ("projection", "file") => {
                let projection = &self.plan.projections[self.filled.find(section, name)?.0];
                let Connect::List { synapses, delays, .. } = &projection.connect else { return None };
                let symbol = projection.kernel.weight_unit();
                let unit = Unit::ALL.into_iter().find(|unit| unit.symbol() == symbol);
                let shown = |weight: f64| match unit {
                    Some(unit) => format!("\"{}\"", unit.print(weight)),
                    None => format!("{weight:?}"),
                };
                let lines = synapses
                    .iter()
                    .enumerate()
                    .map(|(k, (pre, post, weight))| {
                        let late = delays.get(k).map(|at| format!(", \"{}\"", instant(*at)));
                        let late = late.unwrap_or_default();
                        format!("  [{pre}, {post}, {}{late}],\n", shown(*weight))
                    })
                    .collect();
                Some(("synapses", rows(lines), origin(entry)))
            }
            ("projection", "delay") => {
                let projection = &self.plan.projections[self.filled.find(section, name)?.0];
                if matches!(&projection.connect, Connect::List { delays, .. } if !delays.is_empty()) {
                    return Some(("# delay", "[]".into(), "with the synapses".into()));
                }
                let from_column = !entry_written(entry) && projection.delay != Time::ZERO;
                let why = if from_column { origin(fields.entry("file")) } else { origin(entry) };
                Some(("delay", format!("\"{}\"", instant(projection.delay)), why))
            }
            _ => None,
        }
    }
}

/// A preset that is a file, from any directory: an absolute path.
fn preset_file(entry: &Entry) -> Option<String> {
    let (Datum::Text(name), ValueOrigin::Written(at)) = (entry.datum.as_ref()?, &entry.origin) else {
        return None;
    };
    let Base::Directory(directory) = &at.source.base else { return None };
    if entry.key.name != "preset" || !name.ends_with(".toml") {
        return None;
    }
    std::fs::canonicalize(directory.join(name)).ok().map(|path| path.display().to_string())
}

/// A time that reads back to the same femtosecond.
fn instant(time: Time) -> String {
    let seconds = time.as_seconds();
    if is_time(seconds, time) { Unit::Second.print(seconds) } else { time.to_string() }
}

/// Whether seconds say all that a time does.
fn is_time(seconds: f64, time: Time) -> bool {
    Second::from_si(seconds).is_some_and(|seconds| Time::from_seconds(seconds) == Ok(time))
}

fn entry_written(entry: &Entry) -> bool {
    matches!(entry.origin, ValueOrigin::Written(_))
}

/// Whether a value is written under a header of its own.
fn opens_table(entry: &Entry) -> bool {
    match &entry.datum {
        Some(Datum::Table(_)) => matches!(entry.key.kind, Kind::Table(_)),
        Some(Datum::Tables(list)) => !list.is_empty(),
        _ => false,
    }
}

fn origin(entry: &Entry) -> String {
    match (&entry.origin, entry.key.default) {
        (ValueOrigin::Written(at), _) => one_line(&at.to_string()),
        (ValueOrigin::Default, Fallback::Value(_, None, "")) => "default".to_string(),
        (ValueOrigin::Default, Fallback::Value(_, provenance, why)) => {
            format!("default, {}: {why}", provenance.map_or("setting", Provenance::name))
        }
        (ValueOrigin::SameAs(other), _) => format!("default: as `{other}`"),
        (ValueOrigin::Preset(name), _) => {
            let said =
                entry.preset.as_ref().map(|given| format!(", {}: {}", given.provenance.name(), given.source));
            one_line(&format!("preset {name}{}", said.unwrap_or_default()))
        }
        (ValueOrigin::Derived(how), _) => format!("default: {how}"),
        (ValueOrigin::Default | ValueOrigin::Absent, _) => "default".to_string(),
    }
}

/// File names and arguments may hold anything; a comment ends with its line.
fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn value(datum: &Datum) -> String {
    match datum {
        Datum::Text(text) => quoted(text),
        Datum::Choice(word) => quoted(word),
        Datum::Flag(flag) => flag.to_string(),
        Datum::Integer(number) => number.to_string(),
        Datum::Counts(numbers) => {
            let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
            format!("[{}]", numbers.join(", "))
        }
        Datum::Number(number) => float(*number),
        Datum::Quantity(_, Amount { time: Some(time), si }) if !is_time(*si, *time) => {
            quoted(&instant(*time))
        }
        Datum::Quantity(unit, amount) => quoted(&unit.print(amount.si)),
        Datum::Quantities(unit, numbers) => {
            let shown = |amount: &Amount| match amount.time {
                Some(time) if !is_time(amount.si, time) => quoted(&instant(time)),
                _ => quoted(&unit.print(amount.si)),
            };
            let numbers: Vec<String> = numbers.iter().map(shown).collect();
            format!("[{}]", numbers.join(", "))
        }
        Datum::Names(names) => {
            let names: Vec<String> = names.iter().map(|(name, _)| quoted(name)).collect();
            format!("[{}]", names.join(", "))
        }
        Datum::Table(fields) => {
            let keys: Vec<String> = fields
                .entries
                .iter()
                .filter_map(|entry| Some(format!("{} = {}", entry.key.name, value(entry.datum.as_ref()?))))
                .collect();
            format!("{{ {} }}", keys.join(", "))
        }
        Datum::Tables(_) => "[]".to_string(),
        Datum::Raw(node) => written(node),
    }
}

/// A value as it was written, in one line.
pub(super) fn written(node: &Node) -> String {
    match &node.value {
        Value::Text(text) => quoted(text),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => float(*number),
        Value::Flag(flag) => flag.to_string(),
        Value::Date(date) => date.clone(),
        Value::List(list) => format!("[{}]", list.iter().map(written).collect::<Vec<_>>().join(", ")),
        Value::Rows(rows) => {
            format!("[{}]", rows.iter().map(|row| written(&row)).collect::<Vec<_>>().join(", "))
        }
        Value::Table(table) => {
            let keys: Vec<String> =
                table.entries.iter().map(|item| format!("{} = {}", item.key, written(&item.node))).collect();
            format!("{{ {} }}", keys.join(", "))
        }
    }
}

/// The shortest digits that read back to the same bits; always a TOML float.
fn float(number: f64) -> String {
    format!("{number:?}")
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
