//! A preset, with what a scenario changes in it.

use super::super::diagnostic::{At, Diagnostic, nearest};
use super::super::filled::Fields;
use super::super::locate;
use super::super::section::Lower;
use super::super::text::{Node, Value};
use crate::device::preset::{Preset, PresetError, Provenance};

/// The preset of a device with what the scenario changes in it.
pub(super) fn preset(lower: &mut Lower<'_>, fields: &Fields) -> Option<Preset> {
    let (name, at) = (fields.text("preset")?, fields.written("preset")?);
    let is_file = std::path::Path::new(name).extension().is_some_and(|extension| extension == "toml");
    let (file, text) = if is_file {
        let source = locate::beside(name, at).map_err(|fault| lower.faults.push(fault)).ok()?;
        (source.name.clone(), source.text.clone())
    } else if let Some(text) = Preset::embedded_text(name) {
        (format!("preset {name}"), text.to_string())
    } else {
        let names = Preset::names();
        let close = nearest(name, names.iter().copied());
        lower.faults.push(
            Diagnostic::error(format!("`preset` of {} is \"{name}\", which is not a preset", fields.what))
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
                    // "is missing", "has no value", or a sentence of its own.
                    let verb = ["is ", "has ", "must "].iter().any(|verb| message.starts_with(verb));
                    format!("`{key}` of {}{} {message}", fields.what, if verb { "" } else { ":" })
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
    /// As TOML; `None` if it is neither text nor a number.
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
                    "`{}` of the {} of {} is neither text nor a number",
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
