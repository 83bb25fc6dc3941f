//! A tree of text against the specification: checked values, every gap filled, every fault reported.

use super::diagnostic::{At, Diagnostic, Diagnostics, nearest};
use super::filled::{Datum, Entry, Fields, Filled, Origin};
use super::preset;
use super::spec::{self, Fallback, Key, Kind, SECTIONS, Section, Unit};
use super::text::{self, Node, Table, Value};
use crate::device::preset::Preset;
use crate::units::{ParseQuantityError, parse_number_unit};

/// Checks a tree against the specification. `name` is what the scenario is called if it does not say.
pub fn read(root: &Table, name: &str, faults: &mut Diagnostics) -> Filled {
    let filled = Filled { sections: Vec::new() };
    let mut reader = Reader { faults, name, filled, model: None, preset: None };
    let root = reader.unknown_sections(root);
    for section in SECTIONS {
        let tables = reader.section(section, &root);
        reader.filled.sections.push((section.name, tables));
    }
    reader.filled
}

struct Reader<'a> {
    faults: &'a mut Diagnostics,
    name: &'a str,
    filled: Filled,
    /// `model` of the population that is being read: its tables depend on it too.
    model: Option<String>,
    /// The device preset of that population.
    preset: Option<Preset>,
}

impl Reader<'_> {
    /// Reports unknown sections. A slip is read on as what was meant, so that it is the only fault.
    fn unknown_sections(&mut self, root: &Table) -> Table {
        let names = || SECTIONS.iter().map(|section| section.name);
        let mut mended = root.clone();
        for (index, item) in root.entries.iter().enumerate() {
            if spec::section(&item.key).is_some() {
                continue;
            }
            let is_table = matches!(item.node.value, Value::Table(_) | Value::List(_));
            let home = SECTIONS.iter().find(|section| section.keys.iter().any(|key| key.name == item.key));
            let hint = match (nearest(&item.key, names()), home) {
                (Some(close), _) if is_table => {
                    if root.get(close).is_none() {
                        mended.entries[index].key = close.to_string();
                    }
                    Some(format!("did you mean `{close}`?"))
                }
                (_, Some(home)) => Some(format!("`{}` belongs in {}", item.key, header(home))),
                (close, None) => close.map(|close| format!("did you mean the section `{close}`?")),
            };
            let kind = if is_table { "section" } else { "key" };
            self.faults.push(
                Diagnostic::error(format!("unknown {kind} `{}`", item.key))
                    .at(&item.key_at)
                    .label("not known")
                    .allowed(format!(
                        "{}, and `extends` before the first section",
                        SECTIONS.iter().map(header).collect::<Vec<_>>().join(", ")
                    ))
                    .maybe_hint(hint),
            );
        }
        mended
    }

    fn section(&mut self, section: &'static Section, root: &Table) -> Vec<(String, Fields)> {
        let item = root.get(section.name);
        let required = section.required && !(section.name == "population" && without_network(root));
        if item.is_none() && required {
            self.faults.push(
                Diagnostic::error(format!("there is no {}", header(section)))
                    .maybe_at(root.entries.last().map(|item| &item.key_at))
                    .label("the last section")
                    .allowed(example(section))
                    .hint(section.doc),
            );
        }
        let empty = Table::default();
        let table = match item.map(|item| (&item.node.value, item)) {
            None => &empty,
            Some((Value::Table(table), _)) => table,
            Some((_, item)) => {
                self.faults.push(
                    Diagnostic::error(format!("`{}` is {}", section.name, item.node.type_name()))
                        .at(&item.node.at)
                        .allowed(format!("a section {}", header(section))),
                );
                &empty
            }
        };
        if !section.named {
            // What is missing altogether was reported once, not key by key.
            if item.is_none() && required {
                return Vec::new();
            }
            let what = format!("the {}", section.noun);
            let at = item.map(|item| &item.key_at);
            return vec![(String::new(), self.fields(table, section.keys, what, section.name.into(), at))];
        }
        let mut tables = Vec::new();
        let mut nameless = false;
        for item in &table.entries {
            let what = format!("{} `{}`", section.noun, item.key);
            let path = format!("{}.{}", section.name, item.key);
            let Value::Table(inner) = &item.node.value else {
                // Once is enough: the rest of the section is nameless too.
                if std::mem::replace(&mut nameless, true) {
                    continue;
                }
                let fault =
                    Diagnostic::error(format!("`{}` stands in [{}] without a name", item.key, section.name))
                        .at(&item.key_at)
                        .allowed(format!("tables {}", header(section)))
                        .hint(format!("write [{}.NAME] above it, with a name of your choice", section.name));
                self.faults.push(fault);
                continue;
            };
            let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
            if item.key.is_empty() || item.key.len() > 64 || !item.key.chars().all(plain) {
                self.faults.push(
                    Diagnostic::error(format!("`{}` cannot be the name of a {}", item.key, section.noun))
                        .at(&item.key_at)
                        .allowed("1 to 64 letters, digits, `_` and `-`"),
                );
            }
            (self.model, self.preset) = (None, None);
            let fields = self.fields(inner, section.keys, what, path, Some(&item.key_at));
            (self.model, self.preset) = (None, None);
            tables.push((item.key.clone(), fields));
        }
        if tables.is_empty() && required && item.is_some() {
            self.faults.push(
                Diagnostic::error(format!("there is no {}", header(section)))
                    .maybe_at(item.map(|item| &item.key_at))
                    .allowed(example(section)),
            );
        }
        tables
    }

    /// Reads one table: unknown keys, then every known one in the order of the specification.
    fn fields(
        &mut self,
        table: &Table,
        keys: &'static [Key],
        what: String,
        path: String,
        at: Option<&At>,
    ) -> Fields {
        let mut mended = table.clone();
        for (index, item) in table.entries.iter().enumerate() {
            if !keys.iter().any(|key| key.name == item.key)
                && let Some(close) = self.unknown_key(item, keys, &what)
                && table.get(close).is_none()
            {
                mended.entries[index].key = close.to_string();
            }
        }
        let mut fields = Fields { what, path, at: at.cloned(), entries: Vec::with_capacity(keys.len()) };
        for key in keys {
            let entry = self.entry(&mended, key, &fields);
            match (key.name, &entry.datum) {
                ("model", Some(Datum::Choice(model))) => self.model = Some((*model).to_string()),
                // A device to be measured has a preset of any kind, which `device::lower` reads.
                ("preset", Some(Datum::Text(name)))
                    if entry.active && fields.path.starts_with("population.") =>
                {
                    let at = match &entry.origin {
                        Origin::Written(at) => Some(at),
                        _ => None,
                    };
                    self.preset = preset::read(name, at, self.faults);
                }
                _ => {}
            }
            fields.entries.push(entry);
        }
        fields
    }

    /// Reports an unknown key; the known one it is a slip of, if any.
    fn unknown_key(&mut self, item: &text::Item, keys: &'static [Key], what: &str) -> Option<&'static str> {
        let close = nearest(&item.key, keys.iter().map(|key| key.name));
        let names: Vec<&str> = keys.iter().map(|key| key.name).collect();
        let hint = if item.key == "extends" {
            Some("`extends` goes to the top of the file, before the first section".to_string())
        } else if let Some(close) = close {
            Some(format!("did you mean `{close}`?"))
        } else {
            home_of(&item.key).map(|home| format!("`{}` belongs in {home}", item.key))
        };
        self.faults.push(
            Diagnostic::error(format!("unknown key `{}` in {what}", item.key))
                .at(&item.key_at)
                .label("not known")
                .allowed(names.join(", "))
                .maybe_hint(hint),
        );
        close
    }

    fn entry(&mut self, table: &Table, key: &'static Key, so_far: &Fields) -> Entry {
        let item = table.get(key.name);
        // `None`: the deciding key is itself faulty, so nothing can be said about this one.
        let active = match key.when {
            None => Some(true),
            Some((decider, values)) => self.decision(decider, so_far).map(|value| values.contains(&value)),
        };
        if let (Some(item), Some(false), Some((decider, values))) = (item, active, key.when) {
            // A value inherited from below a changed choice is left behind silently.
            let here = so_far.entries.iter().any(|entry| entry.key.name == decider);
            let decided = if here { so_far.written(decider) } else { None };
            if decided.is_none_or(|at| at.source.layer <= item.key_at.source.layer) {
                let names = values.iter().map(|v| format!("\"{v}\"")).collect::<Vec<_>>().join(" or ");
                self.faults.push(
                    Diagnostic::error(format!(
                        "`{}` of {} has no meaning with {decider} = \"{}\"",
                        key.name,
                        so_far.what,
                        self.decision(decider, so_far).unwrap_or_default()
                    ))
                    .at(&item.key_at)
                    .label("has no effect")
                    .also(decided, "because of this")
                    .allowed(format!("`{}` with {decider} = {names}", key.name))
                    .hint("delete it, or choose the other kind"),
                );
            }
        }
        // So is a reset that the model does not leave open.
        let left_behind = key.name == "reset"
            && self.model.as_deref() == Some("switch")
            && item
                .zip(so_far.written("model"))
                .is_some_and(|(item, model)| model.source.layer > item.key_at.source.layer);
        match item {
            Some(item) if active != Some(false) && !left_behind => {
                let datum = self.value(&item.node, key, &so_far.what, &so_far.path, Some(&item.key_at));
                let preset = self.preset.as_ref().and_then(|preset| preset::default(preset, key));
                Entry { key, active: true, origin: Origin::Written(item.node.at.clone()), datum, preset }
            }
            _ => self.gap(key, active, so_far),
        }
    }

    /// What the key that decides about others says, in this table or, for the model, in the one around it.
    fn decision<'s>(&'s self, decider: &str, so_far: &'s Fields) -> Option<&'s str> {
        if so_far.entries.iter().any(|entry| entry.key.name == decider) {
            return so_far.text(decider);
        }
        if decider == "model" { self.model.as_deref() } else { None }
    }

    /// What the population's preset, or its being a switch, says about a key that is not written.
    fn device_default(&self, key: &'static Key) -> Option<(Origin, Datum)> {
        if key.name == "reset" && self.model.as_deref() == Some("switch") {
            return Some((Origin::Derived("a switch turns off at v_hold"), Datum::Choice("hold")));
        }
        let preset = self.preset.as_ref()?;
        Some((Origin::Preset(preset.name.clone()), preset::default(preset, key)?.datum))
    }

    /// What stands where nothing is written.
    fn gap(&mut self, key: &'static Key, active: Option<bool>, so_far: &Fields) -> Entry {
        if active != Some(false)
            && let Some((origin, datum)) = self.device_default(key)
        {
            let preset = self.preset.as_ref().and_then(|preset| preset::default(preset, key));
            return Entry { key, active: true, origin, datum: Some(datum), preset };
        }
        let (origin, datum) = match key.default {
            Fallback::Required => {
                if active == Some(true) {
                    self.faults.push(
                        Diagnostic::error(format!("{} has no `{}`", so_far.what, key.name))
                            .maybe_at(so_far.at.as_ref())
                            .label(format!("`{}` is missing", key.name))
                            .allowed(spec::allowed(&key.kind))
                            .hint(format!("`{}`: {}", key.name, key.doc)),
                    );
                }
                (Origin::Absent, None)
            }
            Fallback::Absent(_) => (Origin::Absent, None),
            Fallback::Value(literal, ..) => {
                let node = text::literal(literal);
                let datum = self.value(&node, key, &so_far.what, &so_far.path, None);
                (Origin::Default, datum)
            }
            Fallback::SameAs(other) => (Origin::SameAs(other), so_far.datum(other).cloned()),
            Fallback::Derived(how) => match self.derive(&so_far.path, key.name) {
                Some(datum) => (Origin::Derived(how), Some(datum)),
                None => (Origin::Absent, None),
            },
        };
        Entry { key, active: active != Some(false), origin, datum, preset: None }
    }

    /// Defaults that depend on the rest of the scenario.
    fn derive(&self, path: &str, key: &str) -> Option<Datum> {
        let projections = self.filled.all("projection");
        match (path, key) {
            ("scenario", "name") => Some(Datum::Text(self.name.to_string())),
            (experiment, "title") if experiment.starts_with("experiment.") => {
                experiment.split_once('.').map(|(_, name)| Datum::Text(name.to_string()))
            }
            (experiment, "device") if experiment.starts_with("experiment.") => {
                match self.filled.all("device") {
                    [(only, _)] => Some(Datum::Text(only.clone())),
                    _ => None,
                }
            }
            ("protocol", "projection") => match projections {
                [(only, _)] => Some(Datum::Text(only.clone())),
                _ => None,
            },
            (case, "placement") if case.starts_with("protocol.programming") => match projections {
                [(_, fields)] => fields.table("device")?.datum("placement").cloned(),
                _ => Some(Datum::Choice("one_sided")),
            },
            _ => None,
        }
    }

    /// Reads one value; a fault is reported and gives `None`.
    fn value(
        &mut self,
        node: &Node,
        key: &'static Key,
        what: &str,
        path: &str,
        key_at: Option<&At>,
    ) -> Option<Datum> {
        let name = key.name;
        let wrong_type = |faults: &mut Diagnostics| {
            faults.push(
                Diagnostic::error(format!("`{name}` of {what} is {}", shown_with_type(node)))
                    .at(&node.at)
                    .allowed(spec::allowed(&key.kind)),
            );
            None
        };
        let kind = match (key.kind, &node.value) {
            // One value; a table is a distribution.
            (Kind::Delay(bounds), Value::Text(_) | Value::Integer(_) | Value::Float(_)) => {
                Kind::Quantity(Unit::Second, bounds)
            }
            (kind, _) => kind,
        };
        match (&kind, &node.value) {
            (Kind::Text | Kind::Name(_), Value::Text(text)) => Some(Datum::Text(text.clone())),
            (Kind::Flag, Value::Flag(flag)) => Some(Datum::Flag(*flag)),
            (Kind::Integer { min, max }, Value::Integer(number)) => {
                match u64::try_from(*number).ok().filter(|value| (min..=max).contains(&value)) {
                    Some(value) => Some(Datum::Integer(value)),
                    None => self.out_of_range(node, key, what, &number.to_string()),
                }
            }
            (Kind::Number(bounds), Value::Integer(_) | Value::Float(_)) => {
                let number = match node.value {
                    Value::Integer(number) => number as f64,
                    Value::Float(number) => number,
                    _ => f64::NAN,
                };
                if bounds.contains(number) {
                    Some(Datum::Number(number))
                } else {
                    self.out_of_range(node, key, what, &number.to_string())
                }
            }
            (Kind::Quantity(unit, bounds), Value::Text(text)) => {
                let value =
                    quantity(text, *unit, &format!("`{name}` of {what}"), &spec::allowed(&key.kind), node)
                        .map_err(|fault| self.faults.push(fault))
                        .ok()?;
                if bounds.contains(value) {
                    Some(Datum::Quantity(*unit, value))
                } else {
                    self.out_of_range(node, key, what, text.trim())
                }
            }
            (Kind::Quantity(unit, _), Value::Integer(_) | Value::Float(_)) => {
                let what = format!("`{name}` of {what}");
                self.faults.push(without_unit(node, *unit, &what, &spec::allowed(&key.kind)));
                None
            }
            (Kind::Quantities(unit, bounds), Value::List(list)) => {
                let allowed = spec::allowed(&Kind::Quantity(*unit, *bounds));
                let mut values = Vec::with_capacity(list.len());
                for (index, item) in list.iter().enumerate() {
                    let what = format!("number {index} of `{name}` of {what}");
                    let fault = match &item.value {
                        Value::Text(text) => match quantity(text, *unit, &what, &allowed, item) {
                            Ok(value) => {
                                values.push(value);
                                continue;
                            }
                            Err(fault) => fault,
                        },
                        Value::Integer(_) | Value::Float(_) => without_unit(item, *unit, &what, &allowed),
                        _ => Diagnostic::error(format!("{what} is {}", shown_with_type(item)))
                            .at(&item.at)
                            .allowed(allowed.clone()),
                    };
                    self.faults.push(fault);
                }
                (values.len() == list.len()).then_some(Datum::Quantities(*unit, values))
            }
            (Kind::Overrides, Value::Table(_))
            | (Kind::Figure, Value::Text(_) | Value::Integer(_) | Value::Float(_)) => {
                Some(Datum::Raw(node.clone()))
            }
            (Kind::Choice(choices), Value::Text(text)) => {
                let found = choices.iter().find(|choice| choice.name == text);
                if found.is_none() {
                    let close = nearest(text, choices.iter().map(|choice| choice.name));
                    self.faults.push(
                        Diagnostic::error(format!("`{name}` of {what} is {}", node.shown()))
                            .at(&node.at)
                            .label("not known")
                            .allowed(spec::allowed(&key.kind))
                            .maybe_hint(close.map(|close| format!("did you mean \"{close}\"?"))),
                    );
                }
                found.map(|choice| Datum::Choice(choice.name))
            }
            (Kind::Names(_), Value::List(list)) => {
                let mut names = Vec::new();
                for item in list {
                    match &item.value {
                        Value::Text(text) => names.push((text.clone(), item.at.clone())),
                        _ => self.faults.push(
                            Diagnostic::error(format!("`{name}` of {what} contains {}", item.shown()))
                                .at(&item.at)
                                .allowed(spec::allowed(&key.kind)),
                        ),
                    }
                }
                Some(Datum::Names(names))
            }
            (Kind::Table(keys), Value::Table(table)) => {
                let at = key_at.unwrap_or(&node.at);
                let (what, path) = (format!("the {name} of {what}"), format!("{path}.{name}"));
                Some(Datum::Table(self.fields(table, keys, what, path, Some(at))))
            }
            (Kind::Tables(keys), Value::List(list)) => {
                let mut tables = Vec::new();
                for (index, item) in list.iter().enumerate() {
                    let what = format!("`{name}` number {index} of {what}");
                    match &item.value {
                        Value::Table(table) => {
                            let path = format!("{path}.{name}.{index}");
                            tables.push(self.fields(table, keys, what, path, Some(&item.at)));
                        }
                        _ => self.faults.push(
                            Diagnostic::error(format!("{what} is {}", item.shown()))
                                .at(&item.at)
                                .allowed(spec::allowed(&key.kind)),
                        ),
                    }
                }
                Some(Datum::Tables(tables))
            }
            (Kind::Spread(keys), Value::Table(table)) => {
                let (what, path) = (format!("the {name} of {what}"), format!("{path}.{name}"));
                Some(Datum::Table(self.fields(table, keys, what, path, Some(&node.at))))
            }
            (Kind::Spread(_), Value::Text(text)) => match text.as_str() {
                "none" => Some(Datum::Choice("none")),
                "paper" => Some(Datum::Choice("paper")),
                _ => wrong_type(self.faults),
            },
            (Kind::Weight, Value::Text(_) | Value::Table(_) | Value::Integer(_) | Value::Float(_))
            | (Kind::WeightLimit, Value::Text(_) | Value::Integer(_) | Value::Float(_))
            | (Kind::SpikeRows | Kind::RateRows | Kind::SynapseRows, Value::List(_))
            | (Kind::Delay(_), Value::Table(_)) => Some(Datum::Raw(node.clone())),
            _ => wrong_type(self.faults),
        }
    }

    fn out_of_range(&mut self, node: &Node, key: &Key, what: &str, shown: &str) -> Option<Datum> {
        let negative = shown.starts_with('-');
        self.faults.push(
            Diagnostic::error(format!("`{}` of {what} is {shown}", key.name))
                .at(&node.at)
                .label(if negative { "negative" } else { "out of range" })
                .allowed(spec::allowed(&key.kind))
                .hint(format!("`{}`: {}", key.name, key.doc)),
        );
        None
    }
}

/// Reads a quantity, or says what is wrong with it.
///
/// # Errors
/// The fault, ready to be reported.
pub fn quantity(text: &str, unit: Unit, what: &str, allowed: &str, node: &Node) -> Result<f64, Diagnostic> {
    let error = match unit.parse(text) {
        Ok(value) => return Ok(value),
        Err(error) => error,
    };
    let shown = text.trim();
    let (found, symbol) = parse_number_unit(shown);
    let (problem, label, hint) = match error {
        ParseQuantityError::NoUnit { .. } => {
            (format!("{what} is `{shown}`, without a unit"), "no unit", Some(write_unit(found, unit)))
        }
        ParseQuantityError::WrongUnit { .. } => {
            let other = spec::unit_of(shown);
            let found_name = other.map_or_else(String::new, |other| format!(", a {}", other.name()));
            let case = symbol.to_lowercase().ends_with(&unit.symbol().to_lowercase());
            let hint = if case {
                format!("upper and lower case differ: the unit of a {} is {}", unit.name(), unit.symbol())
            } else if other.is_none() {
                format!("`{symbol}` is no unit known here")
            } else {
                format!("the unit of a {} is {}", unit.name(), unit.symbol())
            };
            (format!("{what} is {shown}{found_name}"), "wrong unit", Some(hint))
        }
        ParseQuantityError::NotANumber { .. } => {
            (format!("{what} is `{shown}`, not a finite number with a unit"), "not a number", None)
        }
    };
    Err(Diagnostic::error(problem).at(&node.at).label(label).allowed(allowed).maybe_hint(hint))
}

/// A bare number where a quantity is wanted.
#[must_use]
pub fn without_unit(node: &Node, unit: Unit, what: &str, allowed: &str) -> Diagnostic {
    if matches!(node.value, Value::Float(value) if !value.is_finite()) {
        return Diagnostic::error(format!("{what} is {}, not a finite number with a unit", node.shown()))
            .at(&node.at)
            .label("not a number")
            .allowed(allowed);
    }
    Diagnostic::error(format!("{what} is {}, without a unit", node.shown()))
        .at(&node.at)
        .label("no unit")
        .allowed(allowed)
        .hint(write_unit(node.at.text(), unit))
}

/// The two readings a bare number may have had.
fn write_unit(number: &str, unit: Unit) -> String {
    let symbol = unit.symbol();
    let prefix = match unit {
        Unit::Second | Unit::Volt | Unit::VoltPerSecond => "m",
        Unit::Ampere | Unit::Siemens | Unit::Watt => "u",
        Unit::Ohm => "M",
        Unit::Hertz => "k",
        Unit::Joule => "p",
    };
    format!("is it \"{number} {symbol}\" or \"{number} {prefix}{symbol}\"? The unit is never guessed")
}

fn shown_with_type(node: &Node) -> String {
    match node.value {
        Value::List(_) | Value::Table(_) => node.type_name().to_string(),
        _ => format!("{}, {}", node.shown(), node.type_name()),
    }
}

/// Whether the protocol is about devices on their own.
fn without_network(root: &Table) -> bool {
    let protocol = root.get("protocol").map(|item| &item.node.value);
    // Where the protocol is missing, what there is tells what was meant.
    let Some(Value::Table(protocol)) = protocol else { return root.get("experiment").is_some() };
    matches!(protocol.get("kind").map(|item| &item.node.value), Some(Value::Text(kind)) if kind == "device")
}

/// `[source.NAME]` or `[protocol]`.
#[must_use]
pub fn header(section: &Section) -> String {
    if section.named { format!("[{}.NAME]", section.name) } else { format!("[{}]", section.name) }
}

fn example(section: &Section) -> String {
    match section.name {
        "protocol" => {
            "[protocol] with kind = \"simulate\" and duration = \"1 s\", or kind = \"supervised\", or kind = \"device\"".into()
        }
        "population" => "[population.NAME] with size = 10".into(),
        _ => header(section),
    }
}

/// The section a key would be at home in.
fn home_of(name: &str) -> Option<String> {
    fn find(keys: &'static [Key], name: &str, path: String) -> Option<String> {
        keys.iter().find_map(|key| {
            if key.name == name {
                return Some(format!("[{path}]"));
            }
            find(key.inner()?, name, format!("{path}.{}", key.name))
        })
    }
    SECTIONS.iter().find_map(|section| {
        let path = if section.named { format!("{}.NAME", section.name) } else { section.name.to_string() };
        find(section.keys, name, path)
    })
}
