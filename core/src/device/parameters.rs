//! The parameters of preset files: how those that a kind of device asks for are read, with units and provenance, and what
//! is wrong where.

use crate::hint::{nearest, number};
use crate::keys::{ModelKey, Unstated, likely_percent, plain, required};
use crate::renamed;
use crate::units::Quantity;
use crate::written::{At, Diagnostic, Diagnostics, Item, Node, Table, Value};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Read off this device's own measurement.
    Measured,
    /// Published by others for this device or model.
    Literature,
    /// Chosen so that the model reproduces measurements.
    Fitted,
    /// Neither: a reasonable guess, listed by every report.
    Assumed,
}

impl Provenance {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Measured, Self::Literature, Self::Fitted, Self::Assumed];

    /// Name as in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Literature => "literature",
            Self::Fitted => "fitted",
            Self::Assumed => "assumed",
        }
    }
}

/// One number (or list of numbers) of a preset, as written.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Parameter {
    /// Its key.
    pub key: String,
    /// As written: `"9.41 ms"`, `0.05`.
    pub value: String,
    /// Where it comes from.
    pub provenance: Provenance,
    /// The same in words: who, which figure, why.
    pub source: String,
}

impl Parameter {
    /// Its key and value, if that is a plain number which is likely a percentage.
    #[must_use]
    pub fn likely_percent(&self) -> Option<(&str, f64)> {
        let value = self.value.parse().ok().filter(|value| likely_percent(&self.key, *value))?;
        Some((&self.key, value))
    }
}

/// As reports list it: `g_off = 0.1 uS (no off current can be read off)`.
impl std::fmt::Display for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {} ({})", self.key, self.value, self.source)
    }
}

/// A choice among laws that has to be stated. It stands in `[model]`, as every key of several words.
#[must_use]
pub const fn law(
    name: &'static str,
    words: &'static [(&'static str, &'static str)],
    what: &'static str,
) -> ModelKey {
    ModelKey { words, ..required(name, "", what) }
}

/// The table of a preset file that a key stands in.
#[must_use]
pub const fn section(key: &ModelKey) -> &'static str {
    if key.words.is_empty() { "parameters" } else { "model" }
}

/// A preset being read; collects its faults.
///
/// What is asked for is known; every other key of the file is a fault. `None` is an answer after a fault.
pub struct Reader<'a> {
    root: &'a Table,
    /// Of the kind of device.
    keys: &'static [ModelKey],
    /// How messages call it: "preset `mine.toml`".
    what: &'a str,
    used: Vec<(&'static str, String)>,
    parameters: Vec<Parameter>,
    faults: Vec<Diagnostic>,
}

/// The tables of a preset.
const SECTIONS: [&str; 2] = ["model", "parameters"];

/// The source of a parameter that whoever uses a preset states, where it is not that of the preset.
pub const STATED: &str = "stated";

/// What a parameter is written as.
const FORM: &str = "{ value = ..., provenance = \"measured\", source = \"...\" }";

impl<'a> Reader<'a> {
    pub(super) fn new(root: &'a Table, what: &'a str) -> Self {
        Self { root, what, keys: &[], used: Vec::new(), parameters: Vec::new(), faults: Vec::new() }
    }

    /// What may be asked for from now on.
    pub(super) fn with_keys(&mut self, keys: &'static [ModelKey]) {
        self.keys = keys;
    }

    /// The key of a kind of device that has this name.
    fn key(&mut self, name: &str) -> Option<&'static ModelKey> {
        let key = self.keys.iter().find(|key| key.name == name);
        if key.is_none() {
            self.model_fault(format!("`{name}` is read, and is not among the keys of this kind of device"));
        }
        key
    }

    /// What was read, and what was wrong, in the order in which it is written.
    pub(super) fn finish(mut self) -> (Vec<Parameter>, Diagnostics) {
        self.faults.sort_by_key(|fault| fault.span().map_or(0, |span| span.start));
        (self.parameters, self.faults.into())
    }

    /// "`tau` of preset `mine.toml` ...".
    fn fault(&self, key: &str, message: &str) -> Diagnostic {
        Diagnostic::error(format!("`{key}` of {} {message}", self.what))
    }

    /// A fault of the preset as a whole: what a model says about its parameters.
    pub fn model_fault(&mut self, message: impl std::fmt::Display) {
        let percent = self.parameters.iter().find_map(Parameter::likely_percent);
        let percent =
            percent.map(|(key, v)| format!("if {0} % is meant, write `{key}` as \"{0} %\"", number(v)));
        let fault = Diagnostic::error(format!("{}: {message}", self.what)).maybe_hint(percent);
        self.faults
            .push(fault.maybe_at(self.section_at("parameters").as_ref()).label("with these parameters"));
    }

    fn section(&self, section: &str) -> Option<&'a Table> {
        if section.is_empty() {
            return Some(self.root);
        }
        match &self.root.get(section)?.node.value {
            Value::Table(table) => Some(table),
            _ => None,
        }
    }

    /// Where a missing key of `section` is reported.
    fn section_at(&self, section: &str) -> Option<At> {
        let item = self.root.get(section).or(self.root.entries.first())?;
        Some(item.key_at.clone())
    }

    fn item(&mut self, section: &'static str, key: &str) -> Option<&'a Item> {
        self.used.push((section, key.to_owned()));
        self.section(section)?.get(key)
    }

    fn missing(&mut self, section: &str, key: &str, expected: impl Into<Box<str>>) {
        let fault = self.fault(key, "is missing").maybe_at(self.section_at(section).as_ref());
        self.faults.push(fault.label("not in this preset").allowed(expected));
    }

    /// A required text of the file's head.
    pub(super) fn text(&mut self, key: &str) -> String {
        let Some(item) = self.item("", key) else {
            self.missing("", key, "a text");
            return String::new();
        };
        match &item.node.value {
            Value::Text(text) if !text.trim().is_empty() => text.clone(),
            _ => {
                let fault = self.fault(key, &format!("is {}", item.node.shown())).at(&item.node.at);
                self.faults.push(fault.label("wrong form").allowed("a text that says something"));
                String::new()
            }
        }
    }

    /// The word that `[model]` has for a key that chooses a law, or its default.
    pub fn law(&mut self, key: &str) -> Option<&'static str> {
        let known = self.key(key)?;
        let words: Vec<&'static str> = known.words.iter().map(|(word, _)| *word).collect();
        let default = words.iter().copied().find(|word| known.default == Unstated::Value(word));
        self.choice("model", key, &words, default)
    }

    /// One of `allowed`, from `section` (the head, or `[model]`), or its default.
    pub(super) fn choice(
        &mut self,
        section: &'static str,
        key: &str,
        allowed: &[&'static str],
        default: Option<&'static str>,
    ) -> Option<&'static str> {
        let Some(item) = self.item(section, key) else {
            if default.is_some() {
                return default;
            }
            self.missing(section, key, quoted(allowed));
            return None;
        };
        let written = match &item.node.value {
            Value::Text(text) => text.as_str(),
            _ => "",
        };
        let found = allowed.iter().find(|a| **a == written).copied();
        if found.is_none() {
            let renamed = renamed::preset_hint(key, written);
            let close = nearest(written, allowed.iter().copied());
            let hint = renamed.or_else(|| close.map(|close| format!("did you mean \"{close}\"?")));
            let fault = self.fault(key, &format!("is {}", item.node.shown())).at(&item.node.at);
            self.faults.push(fault.label("not known").allowed(quoted(allowed)).maybe_hint(hint));
            // Read on as what was meant, so that the other faults are found too.
            let meant = renamed::current_in_preset(key, written);
            return allowed.iter().find(|a| **a == meant).copied();
        }
        found
    }

    /// The `value` of a parameter, its provenance noted.
    fn parameter(&mut self, key: &str) -> Option<&'a Node> {
        let item = self.item("parameters", key)?;
        let Value::Table(table) = &item.node.value else {
            let fault = self.fault(key, &format!("is {}", item.node.shown())).at(&item.node.at);
            self.faults.push(fault.label("wrong form").allowed(FORM));
            return None;
        };
        for other in table.entries.iter().filter(|i| !["value", "provenance", "source"].contains(&&*i.key)) {
            let fault = self.fault(key, &format!("has `{}`", other.key)).at(&other.key_at);
            self.faults.push(fault.label("not known").allowed("value, provenance, source"));
        }
        let text = |name: &str| match table.get(name).map(|item| &item.node.value) {
            Some(Value::Text(text)) => text.as_str(),
            _ => "",
        };
        let at = |name: &str| table.get(name).map_or(&item.key_at, |item| &item.node.at);
        let names = Provenance::ALL.map(Provenance::name);
        let written = text("provenance");
        let provenance = Provenance::ALL.into_iter().find(|p| p.name() == written);
        if provenance.is_none() {
            let close = nearest(written, names);
            let fault = self.fault(key, &format!("has provenance \"{written}\"")).at(at("provenance"));
            self.faults.push(
                fault
                    .label("not known")
                    .allowed(quoted(&names))
                    .maybe_hint(close.map(|close| format!("did you mean \"{close}\"?"))),
            );
        }
        let source = text("source").to_owned();
        if source.trim().is_empty() {
            let fault = self.fault(key, "has no source").at(at("source"));
            self.faults
                .push(fault.allowed("a text").hint("say where the number comes from, or why it is assumed"));
        }
        let Some(value) = table.get("value").map(|item| &item.node) else {
            let fault = self.fault(key, "has no value").at(&item.key_at);
            self.faults.push(fault.allowed(FORM));
            return None;
        };
        self.parameters.push(Parameter {
            key: key.to_owned(),
            value: shown(value),
            provenance: provenance.unwrap_or(Provenance::Assumed),
            source,
        });
        Some(value)
    }

    /// Whether the parameter is stated.
    pub fn has(&self, key: &str) -> bool {
        self.section("parameters").is_some_and(|table| table.get(key).is_some())
    }

    /// A required quantity.
    pub fn quantity<Q: Quantity>(&mut self, key: &str) -> Option<Q> {
        self.key(key)?;
        self.value(key)
    }

    /// A required quantity that is no key of the kind: what every preset has.
    pub(super) fn value<Q: Quantity>(&mut self, key: &str) -> Option<Q> {
        if !self.has(key) {
            self.used.push(("parameters", key.to_owned()));
            self.missing("parameters", key, format!("a {} such as \"{}\"", Q::NAME, Q::EXAMPLE));
            return None;
        }
        let value = self.parameter(key)?;
        self.parsed(key, value)
    }

    /// The same, and what it is where it is missing.
    pub(super) fn value_or<Q: Quantity>(&mut self, key: &str, other: Option<Q>) -> Option<Q> {
        if self.has(key) {
            return self.value(key);
        }
        self.used.push(("parameters", key.to_owned()));
        other
    }

    /// A quantity that was read, if it is one of those that are `allowed`.
    pub(super) fn held<Q: Quantity>(
        &mut self,
        key: &str,
        value: Option<Q>,
        holds: impl Fn(Q) -> bool,
        allowed: &str,
    ) -> Option<Q> {
        let value = value?;
        if !holds(value) {
            let at =
                self.section("parameters").and_then(|table| table.get(key)).map(|item| item.key_at.clone());
            let fault = self.fault(key, &format!("is {value}")).maybe_at(at.as_ref());
            self.faults.push(fault.label("wrong value").allowed(allowed));
        }
        Some(value)
    }

    fn parsed<Q: Quantity>(&mut self, key: &str, value: &Node) -> Option<Q> {
        match Q::parse(&shown(value)) {
            Ok(quantity) => Some(quantity),
            Err(error) => {
                let fault = Diagnostic::error(format!("`{key}` of {}: {error}", self.what)).at(&value.at);
                self.faults.push(fault.label("wrong value").allowed(format!(
                    "a {} such as \"{}\"",
                    Q::NAME,
                    Q::EXAMPLE
                )));
                None
            }
        }
    }

    /// A quantity that may be missing.
    pub fn optional<Q: Quantity>(&mut self, key: &str) -> Option<Q> {
        if self.has(key) {
            return self.quantity(key);
        }
        self.used.push(("parameters", key.to_owned()));
        None
    }

    /// A plain number; its default if it is missing and has one.
    pub fn number(&mut self, key: &str) -> Option<f64> {
        const ALLOWED: &str = "a finite number without unit, such as 0.05, or \"5 %\"";
        let default = self.key(key)?.default_value();
        if !self.has(key) {
            self.used.push(("parameters", key.to_owned()));
            if default.is_none() {
                self.missing("parameters", key, ALLOWED);
            }
            return default;
        }
        let value = self.parameter(key)?;
        let number = plain(value);
        if number.is_none() {
            let fault = self.fault(key, &format!("is {}", value.shown())).at(&value.at);
            self.faults.push(fault.label("wrong value").allowed(ALLOWED));
        }
        number
    }

    /// A number that is not negative; a default as for [`Self::number`].
    pub fn not_negative(&mut self, key: &str) -> Option<f64> {
        let value = self.number(key)?;
        if value < 0.0 {
            self.model_fault(format!("{key} is {}; it must be zero or more", number(value)));
        }
        Some(value)
    }

    /// A list of quantities.
    pub fn list<Q: Quantity>(&mut self, key: &str) -> Option<Vec<Q>> {
        self.key(key)?;
        let allowed = || format!("a list such as [\"{}\", ...]", Q::EXAMPLE);
        if !self.has(key) {
            self.used.push(("parameters", key.to_owned()));
            self.missing("parameters", key, allowed());
            return None;
        }
        let value = self.parameter(key)?;
        let Value::List(items) = &value.value else {
            let fault = self.fault(key, &format!("is {}", value.shown())).at(&value.at);
            self.faults.push(fault.label("wrong form").allowed(allowed()));
            return None;
        };
        let all: Vec<Option<Q>> = items.iter().map(|item| self.parsed(key, item)).collect();
        all.into_iter().collect()
    }

    /// Reports every key that nothing asked for.
    pub(super) fn no_others(&mut self) {
        for item in &self.root.entries {
            if !SECTIONS.contains(&item.key.as_str()) {
                self.known("", item);
            } else if !matches!(item.node.value, Value::Table(_)) {
                let fault = self.fault(&item.key, &format!("is {}", item.node.shown())).at(&item.node.at);
                self.faults.push(fault.label("wrong form").allowed("a table"));
            }
        }
        for section in SECTIONS {
            for item in self.section(section).map_or(&[][..], |table| &table.entries) {
                self.known(section, item);
            }
        }
    }

    /// Whether a parameter is that of a law of its file which somebody else has put another in place of: it is left out.
    fn of_another_law(&self, item: &Item) -> bool {
        let laws = self.section("model").map_or(&[][..], |model| &model.entries);
        self.keys.iter().any(|key| key.name == item.key)
            && laws.iter().any(|law| !Arc::ptr_eq(&law.node.at.source, &item.node.at.source))
    }

    /// Reports a key that nothing asked for.
    fn known(&mut self, section: &str, item: &Item) {
        let known: Vec<&str> =
            self.used.iter().filter(|(s, _)| *s == section).map(|(_, key)| key.as_str()).collect();
        if known.contains(&item.key.as_str()) || (section == "parameters" && self.of_another_law(item)) {
            return;
        }
        let close = nearest(&item.key, known.iter().copied());
        let fault = self.fault(&item.key, "is not a key of this kind of preset").at(&item.key_at);
        let fault = fault
            .label("not known")
            .allowed(known.join(", "))
            .maybe_hint(close.map(|close| format!("did you mean `{close}`?")));
        self.faults.push(fault);
    }
}

fn quoted(names: &[&str]) -> String {
    names.iter().map(|n| format!("\"{n}\"")).collect::<Vec<_>>().join(", ")
}

/// A value as a report shows it: a text without its quotes, a number as it was written.
fn shown(value: &Node) -> String {
    match &value.value {
        Value::Text(text) => text.clone(),
        Value::List(items) => format!("a list of {}", items.len()),
        Value::Table(_) => "a table".to_owned(),
        _ => value.at.text().trim().to_owned(),
    }
}
