//! Reading a preset file: spans, units, provenance, and what is wrong where.

use super::{Parameter, Provenance};
use crate::hint::nearest;
use crate::renamed;
use crate::units::Quantity;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A fault of a preset file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}: {message}", place(file, *line, key))]
pub struct PresetError {
    pub file: String,
    /// From 1; zero if it has no place in the file.
    pub line: usize,
    /// Empty if it belongs to none.
    pub key: String,
    pub message: String,
}

fn place(file: &str, line: usize, key: &str) -> String {
    match (line, key.is_empty()) {
        (0, _) => file.to_owned(),
        (line, true) => format!("{file}:{line}"),
        (line, false) => format!("{file}:{line}: `{key}`"),
    }
}

impl PresetError {
    pub(super) fn unknown_preset(name: &str, names: &[&str]) -> Self {
        Self {
            file: format!("preset `{name}`"),
            line: 0,
            key: String::new(),
            message: format!(
                "there is none of this name{}; known are {}",
                hint(name, names),
                names.join(", ")
            ),
        }
    }
}

/// `", did you mean `x`?"` for the nearest of `known`, if one is near.
fn hint(name: &str, known: &[&str]) -> String {
    nearest(name, known.iter().copied()).map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"))
}

/// A file being read; collects its faults.
pub(super) struct Reader<'a> {
    file: &'a str,
    text: &'a str,
    root: DeTable<'a>,
    used: Vec<(&'static str, String)>,
    pub parameters: Vec<Parameter>,
    pub faults: Vec<PresetError>,
}

/// The tables of a preset.
const SECTIONS: [&str; 2] = ["model", "parameters"];

impl<'a> Reader<'a> {
    pub fn new(file: &'a str, text: &'a str) -> Result<Self, PresetError> {
        match DeTable::parse(text) {
            Ok(root) => Ok(Self {
                file,
                text,
                root: root.into_inner(),
                used: Vec::new(),
                parameters: Vec::new(),
                faults: Vec::new(),
            }),
            Err(e) => Err(PresetError {
                file: file.to_owned(),
                line: e.span().map_or(0, |s| line_of(text, s.start)),
                key: String::new(),
                message: format!("not TOML: {}", e.message()),
            }),
        }
    }

    pub fn fault(&mut self, at: usize, key: &str, message: impl Into<String>) {
        let line = line_of(self.text, at);
        self.faults.push(PresetError {
            file: self.file.to_owned(),
            line,
            key: key.to_owned(),
            message: message.into(),
        });
    }

    /// A fault of the file as a whole: what a model says about its parameters.
    pub fn model_fault(&mut self, message: impl std::fmt::Display) {
        let at = self.root.get("parameters").map_or(0, |t| t.span().start);
        self.fault(at, "", message.to_string());
    }

    fn section(&self, section: &str) -> Option<&DeTable<'a>> {
        if section.is_empty() { Some(&self.root) } else { self.root.get(section)?.get_ref().as_table() }
    }

    /// Position at which a missing key of `section` is reported.
    fn section_start(&self, section: &str) -> usize {
        self.root.get(section).map_or(0, |t| t.span().start)
    }

    fn value(&mut self, section: &'static str, key: &str) -> Option<Spanned<DeValue<'a>>> {
        self.used.push((section, key.to_owned()));
        self.section(section)?.get(key).cloned()
    }

    /// A required text of the file's head.
    pub fn text(&mut self, key: &str) -> String {
        let Some(value) = self.value("", key) else {
            self.fault(0, key, "is missing; expected a text");
            return String::new();
        };
        match value.get_ref().as_str() {
            Some(text) if !text.trim().is_empty() => text.to_owned(),
            _ => {
                self.fault(value.span().start, key, "must be a text that says something");
                String::new()
            }
        }
    }

    /// One of `allowed`, from `section` (the head, or `[model]`); the first if it is missing and `optional`.
    pub fn choice(
        &mut self,
        section: &'static str,
        key: &str,
        allowed: &[&'static str],
        optional: bool,
    ) -> Option<&'static str> {
        let Some(value) = self.value(section, key) else {
            if optional {
                return allowed.first().copied();
            }
            self.fault(
                self.section_start(section),
                key,
                format!("is missing; allowed are {}", quoted(allowed)),
            );
            return None;
        };
        let written = value.get_ref().as_str().unwrap_or_default();
        let found = allowed.iter().find(|a| **a == written).copied();
        if found.is_none() {
            let message = format!(
                "is {}; allowed are {}{}",
                shown(value.get_ref()),
                quoted(allowed),
                renamed::preset_hint(key, written)
                    .map_or_else(|| hint(written, allowed), |renamed| format!(" ({renamed})"))
            );
            self.fault(value.span().start, key, message);
            // Read on as what was meant, so that the other faults are found too.
            let meant = renamed::current_in_preset(key, written);
            return allowed.iter().find(|a| **a == meant).copied();
        }
        found
    }

    /// The `value` of a parameter, its provenance noted.
    fn parameter(&mut self, key: &str) -> Option<Spanned<DeValue<'a>>> {
        let entry = self.value("parameters", key)?;
        let at = entry.span().start;
        let Some(table) = entry.get_ref().as_table() else {
            let form = "{ value = ..., provenance = \"measured\", source = \"...\" }";
            self.fault(at, key, format!("is {}; expected {form}", shown(entry.get_ref())));
            return None;
        };
        let table = table.clone();
        for (name, _) in &table {
            if !["value", "provenance", "source"].contains(&name.get_ref().as_ref()) {
                let message = format!("has `{}`; allowed are value, provenance, source", name.get_ref());
                self.fault(name.span().start, key, message);
            }
        }
        let names = Provenance::ALL.map(Provenance::name);
        let written =
            table.get("provenance").and_then(|p| p.get_ref().as_str()).unwrap_or_default().to_owned();
        let provenance = Provenance::ALL.into_iter().find(|p| p.name() == written);
        if provenance.is_none() {
            self.fault(at, key, format!("has provenance \"{written}\"; allowed are {}", quoted(&names)));
        }
        let source = table.get("source").and_then(|s| s.get_ref().as_str()).unwrap_or_default().to_owned();
        if source.trim().is_empty() {
            self.fault(at, key, "has no source; say where the number comes from, or why it is assumed");
        }
        let Some(value) = table.get("value").cloned() else {
            self.fault(at, key, "has no value");
            return None;
        };
        self.parameters.push(Parameter {
            key: key.to_owned(),
            value: shown(value.get_ref()),
            provenance: provenance.unwrap_or(Provenance::Assumed),
            source,
        });
        Some(value)
    }

    fn missing(&mut self, key: &str, expected: &str) {
        self.fault(self.section_start("parameters"), key, format!("is missing; expected {expected}"));
    }

    /// Whether the parameter is there.
    pub fn has(&self, key: &str) -> bool {
        self.section("parameters").is_some_and(|t| t.contains_key(key))
    }

    /// A required quantity.
    pub fn quantity<Q: Quantity>(&mut self, key: &str) -> Option<Q> {
        if !self.has(key) {
            self.used.push(("parameters", key.to_owned()));
            self.missing(key, &format!("a {} such as \"{}\"", Q::NAME, Q::EXAMPLE));
            return None;
        }
        let value = self.parameter(key)?;
        self.parsed(key, &value)
    }

    fn parsed<Q: Quantity>(&mut self, key: &str, value: &Spanned<DeValue<'a>>) -> Option<Q> {
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            other => shown(other),
        };
        match Q::parse(&text) {
            Ok(quantity) => Some(quantity),
            Err(e) => {
                self.fault(value.span().start, key, e.to_string());
                None
            }
        }
    }

    /// A quantity that may be missing.
    pub fn optional<Q: Quantity>(&mut self, key: &str) -> Option<Q> {
        self.used.push(("parameters", key.to_owned()));
        if self.has(key) { self.quantity(key) } else { None }
    }

    /// A plain number; `default` if it may be missing.
    pub fn number(&mut self, key: &str, default: Option<f64>) -> Option<f64> {
        if !self.has(key) {
            self.used.push(("parameters", key.to_owned()));
            if default.is_none() {
                self.missing(key, "a number without unit, such as 0.05");
            }
            return default;
        }
        let value = self.parameter(key)?;
        let number = match value.get_ref() {
            DeValue::Float(f) => f.as_str().replace('_', "").parse::<f64>().ok(),
            DeValue::Integer(i) if i.radix() == 10 => i.as_str().replace('_', "").parse::<f64>().ok(),
            _ => None,
        };
        let number = number.filter(|n| n.is_finite());
        if number.is_none() {
            let message =
                format!("is {}; expected a finite number without unit, such as 0.05", shown(value.get_ref()));
            self.fault(value.span().start, key, message);
        }
        number
    }

    /// A list of quantities.
    pub fn list<Q: Quantity>(&mut self, key: &str) -> Option<Vec<Q>> {
        if !self.has(key) {
            self.used.push(("parameters", key.to_owned()));
            self.missing(key, &format!("a list such as [\"{}\", ...]", Q::EXAMPLE));
            return None;
        }
        let value = self.parameter(key)?;
        let Some(array) = value.get_ref().as_array() else {
            let message =
                format!("is {}; expected a list such as [\"{}\", ...]", shown(value.get_ref()), Q::EXAMPLE);
            self.fault(value.span().start, key, message);
            return None;
        };
        let items: Vec<_> = array.iter().cloned().collect();
        let all: Vec<Option<Q>> = items.iter().map(|item| self.parsed(key, item)).collect();
        all.into_iter().collect()
    }

    /// Reports every key that nothing asked for.
    pub fn finish(&mut self) {
        let mut unknown = Vec::new();
        for (key, value) in &self.root {
            let name = key.get_ref().as_ref();
            if SECTIONS.contains(&name) {
                if value.get_ref().as_table().is_none() {
                    unknown.push((key.span().start, name.to_owned(), "must be a table".to_owned()));
                }
            } else if !self.used.iter().any(|(s, k)| s.is_empty() && k == name) {
                unknown.push((key.span().start, name.to_owned(), self.not_known("", name)));
            }
        }
        for section in SECTIONS {
            let Some(table) = self.section(section) else { continue };
            for key in table.keys() {
                let name = key.get_ref().as_ref();
                if !self.used.iter().any(|(s, k)| *s == section && k == name) {
                    unknown.push((key.span().start, name.to_owned(), self.not_known(section, name)));
                }
            }
        }
        for (at, key, message) in unknown {
            self.fault(at, &key, message);
        }
        self.faults.sort_by_key(|f| f.line);
    }

    fn not_known(&self, section: &str, name: &str) -> String {
        let known: Vec<&str> =
            self.used.iter().filter(|(s, _)| *s == section).map(|(_, k)| k.as_str()).collect();
        format!("is not a key of this kind of preset{}; known are {}", hint(name, &known), known.join(", "))
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ")
}

/// A value as a message or a report shows it.
fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Integer(i) => i.as_str().to_owned(),
        DeValue::Float(f) => f.as_str().to_owned(),
        DeValue::Boolean(b) => b.to_string(),
        DeValue::Array(items) => format!("a list of {}", items.len()),
        DeValue::Table(_) => "a table".to_owned(),
        DeValue::Datetime(d) => d.to_string(),
    }
}

/// Line of a byte offset, from 1.
fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes().iter().take(at).filter(|b| **b == b'\n').count()
}
