//! A tree of text against the specification: checked values, every gap filled, every fault reported.

mod moved;
mod value;

use self::moved::learned_by_itself;
use super::device::device_preset;
use super::diagnostic::{At, Diagnostic, Diagnostics, nearest};
use super::filled::{Datum, Entry, Fields, Filled, ValueOrigin};
use super::opened::Opened;
use super::population::NeuronModel;
use super::preset;
use super::protocol;
use super::section::Lower;
use super::sections::{self, SECTIONS};
use super::spec::{self, Fallback, Key, Kind, Refers, Section, Word as _};
use super::text::{self, Table, Value};
use crate::device::model::Model as _;
use crate::device::preset::Preset;
use crate::device::threshold::VolatileSwitch;
use crate::neuron::Reset;
use crate::registry::Registry;
use crate::synapse::Placement;
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Checks a tree against the specification. `name` is what the scenario is called if it does not say.
pub fn read(root: &Table, name: &str, registry: &Registry, faults: &mut Diagnostics) -> Filled {
    let filled = Filled::default();
    let usual = BTreeMap::new();
    let mut reader =
        Reader { faults, name, registry, filled, model: None, preset: None, usual, homes: OnceCell::new() };
    let root = reader.unknown_sections(root);
    for section in SECTIONS.iter() {
        let tables = reader.section(section, &root);
        if section.name == "device" {
            reader.devices(&tables);
        }
        reader.filled.push(section.name, tables);
    }
    reader.filled
}

struct Reader<'a> {
    faults: &'a mut Diagnostics,
    name: &'a str,
    registry: &'a Registry,
    filled: Filled,
    /// `model` of the population that is being read: its tables depend on it too.
    model: Option<NeuronModel>,
    /// The device preset of that population.
    preset: Option<Preset>,
    /// What stands where nothing is written and nothing else decides, by key, model and whether it has a meaning.
    usual: BTreeMap<(*const Key, Option<&'static str>, bool), Arc<Entry>>,
    /// The section that each key would be at home in, as soon as one is looked for.
    homes: OnceCell<BTreeMap<&'static str, String>>,
}

impl Reader<'_> {
    /// Reports unknown sections. A slip is read on as what was meant, so that it is the only fault.
    fn unknown_sections<'a>(&mut self, root: &'a Table) -> Cow<'a, Table> {
        let names = || SECTIONS.iter().map(|section| section.name);
        let mut mended = Cow::Borrowed(root);
        for (index, item) in root.entries.iter().enumerate() {
            if sections::section(&item.key).is_some() {
                continue;
            }
            let is_table = matches!(item.node.value, Value::Table(_) | Value::List(_) | Value::Rows(_));
            let home = SECTIONS.iter().find(|section| section.keys.iter().any(|key| key.name == item.key));
            let hint = match (nearest(&item.key, names()), home) {
                (Some(close), _) if is_table => {
                    if root.get(close).is_none() {
                        mended.to_mut().entries[index].key = close.to_string();
                    }
                    Some(format!("did you mean `{close}`?"))
                }
                (_, Some(home)) => Some(format!("`{}` belongs in {}", item.key, header(home))),
                (close, None) => close.map(|close| format!("did you mean the section `{close}`?")),
            };
            let kind = if is_table { "section" } else { "key" };
            self.faults.push(
                Diagnostic::error(format!("unknown {kind} `{}`", item.key))
                    .unknown()
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
                    .hint(format!("{}: {}", header(section), section.doc)),
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
        let mut tables = Vec::with_capacity(table.entries.len());
        let mut nameless = false;
        // Of each model the keys are looked up once.
        let mut of_model: BTreeMap<Option<&str>, &'static [Key]> = BTreeMap::new();
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
            let keys = if let Some(opened) = Opened::section(section) {
                let word = inner.get(opened.decider()).and_then(|item| item.node.text());
                opened.keys(self.registry, word)
            } else if section.name == "population" {
                let model = inner.get("model").and_then(|item| item.node.text());
                of_model.entry(model).or_insert_with(|| spec::population_keys(self.registry, model))
            } else {
                section.keys
            };
            let fields = self.fields(inner, keys, what, path, Some(&item.key_at));
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
        let mut mended = Cow::Borrowed(table);
        let mut names = None;
        for (index, item) in table.entries.iter().enumerate() {
            if !keys.iter().any(|key| key.name == item.key)
                && let Some(close) = self.unknown_key(item, (keys, &mut names), table, &what)
                && table.get(close).is_none()
            {
                mended.to_mut().entries[index].key = close.to_string();
            }
        }
        let entries = Vec::with_capacity(keys.len());
        let mut fields = Fields { what, path, at: at.cloned(), entries, preset: None };
        for key in keys {
            let entry = self.entry(&mended, key, &fields);
            match (key.name, &entry.datum) {
                ("model", Some(Datum::Choice(model))) => self.model = NeuronModel::from_word(model),
                ("device", Some(Datum::Text(name)))
                    if entry.active && fields.path.starts_with("population.") =>
                {
                    let name = name.clone();
                    self.preset = self.device(&name, &entry, &fields);
                }
                // A volatile one gives the rule of its filament what it is.
                ("device", Some(Datum::Text(name)))
                    if entry.active && fields.path.starts_with("projection.") =>
                {
                    let index = self.filled.place(name, Refers::Device);
                    let preset = index.and_then(|index| self.filled.devices[index].clone());
                    self.preset = preset.filter(|preset| preset.device.memory().is_none());
                }
                // A device to be measured has a preset of any kind, which `device::lower` reads.
                ("preset", Some(Datum::Text(name)))
                    if entry.active && fields.path.starts_with("population.") =>
                {
                    let at = match &entry.origin {
                        ValueOrigin::Written(at) => Some(at),
                        _ => None,
                    };
                    self.preset = preset::read(name, at, self.faults);
                }
                _ => {}
            }
            fields.entries.push(entry);
        }
        fields.preset = self.preset.clone().map(Box::new);
        fields
    }

    /// The preset of the device that a population names, if a population can be made of it.
    fn device(&mut self, name: &str, entry: &Entry, population: &Fields) -> Option<Preset> {
        let at = match &entry.origin {
            ValueOrigin::Written(at) => Some(at),
            _ => None,
        };
        let mut lower = Lower::new(&self.filled, self.registry, self.faults);
        let index = lower.index(name, at, &format!("`device` of {}", population.what), Refers::Device)?;
        let device = format!("device `{name}`");
        // Of what kind: that of a registered model, or a switch.
        let model = self.registry.find(population.word("model").unwrap_or_default());
        let wanted = model.and_then(|entry| entry.device).unwrap_or(VolatileSwitch::NAME);
        let preset = self.filled.devices[index].clone();
        preset.filter(|preset| preset::fires(preset, (&device, wanted), at, self.faults))
    }

    /// Reads the presets of all devices.
    fn devices(&mut self, tables: &[(String, Fields)]) {
        let mut lower = Lower::new(&self.filled, self.registry, self.faults);
        self.filled.devices = tables.iter().map(|(_, fields)| device_preset(&mut lower, fields)).collect();
    }

    /// Whether a key exists with what a table says about the key that decides; true where that is not known.
    fn exists(&self, key: &Key, keys: &'static [Key], table: &Table) -> bool {
        let Some((decider, words)) = key.when else { return true };
        let Some(deciding) = keys.iter().find(|key| key.name == decider) else {
            return self.model.is_none_or(|model| words.contains(&model.word()));
        };
        let written = table.get(decider).map(|item| item.node.text().unwrap_or_default());
        let word = written.or(match deciding.default {
            Fallback::Value(literal, ..) => Some(literal.trim_matches('"')),
            _ => None,
        });
        let known = sections::choices(deciding, self.registry).unwrap_or_default();
        let known = word.filter(|word| known.iter().any(|choice| choice.name == *word));
        known.is_none_or(|word| words.contains(&word)) && self.exists(deciding, keys, table)
    }

    /// Reports an unknown key; the known one it is a slip of, if any.
    fn unknown_key(
        &mut self,
        item: &text::Item,
        (keys, names): (&'static [Key], &mut Option<Vec<&'static str>>),
        table: &Table,
        what: &str,
    ) -> Option<&'static str> {
        // One message for both tables, which became one.
        if what == "the protocol" && ["learning", "devices"].contains(&item.key.as_str()) {
            if item.key == "learning" || table.get("learning").is_none() {
                self.faults.push(learned_by_itself(item, table));
            }
            return None;
        }
        // Looked up once for all unknown keys of a table.
        let names = names.get_or_insert_with(|| {
            keys.iter().filter(|key| self.exists(key, keys, table)).map(|key| key.name).collect()
        });
        let close = nearest(&item.key, names.iter().copied())
            .or_else(|| nearest(&item.key, keys.iter().map(|key| key.name)));
        let hint = if item.key == "extends" {
            Some("`extends` goes to the top of the file, before the first section".to_string())
        } else if let Some(close) = close {
            Some(format!("did you mean `{close}`?"))
        } else {
            let homes = self.homes.get_or_init(|| homes(self.registry));
            homes.get(item.key.as_str()).map(|home| format!("`{}` belongs in [{home}]", item.key))
        };
        self.faults.push(
            Diagnostic::error(format!("unknown key `{}` in {what}", item.key))
                .unknown()
                .at(&item.key_at)
                .label("not known")
                .allowed(names.join(", "))
                .maybe_hint(hint),
        );
        close
    }

    fn entry(&mut self, table: &Table, key: &'static Key, so_far: &Fields) -> Arc<Entry> {
        let mut item = table.get(key.name);
        // A population of a named device has no other preset.
        let named = key.name == "preset"
            && so_far.path.starts_with("population.")
            && so_far.written("device").is_some();
        if let (true, Some(both)) = (named, item.take_if(|_| named)) {
            self.faults.push(
                Diagnostic::error(format!("{} has both `device` and `preset`", so_far.what))
                    .at(&both.key_at)
                    .also(so_far.written("device"), "and here")
                    .allowed("one of the two")
                    .hint("[device.NAME] has a `preset` of its own"),
            );
        }
        // A key decides nothing where it has no meaning itself: what decided that does.
        let mut when = key.when;
        while let Some(idle) = when.and_then(|(decider, _)| {
            so_far.entries.iter().find(|entry| entry.key.name == decider && !entry.active)
        }) {
            when = idle.key.when;
        }
        // `None`: the deciding key is itself faulty, so nothing can be said about this one.
        let active = if named || self.around_nothing(item, key, so_far) {
            Some(false)
        } else {
            match when {
                None => Some(true),
                Some((decider, values)) => {
                    self.decision(decider, so_far).map(|value| values.contains(&value))
                }
            }
        };
        if let (Some(item), Some(false), Some((decider, values))) = (item, active, when) {
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
            && self.model == Some(NeuronModel::Switch)
            && item
                .zip(so_far.written("model"))
                .is_some_and(|(item, model)| model.source.layer > item.key_at.source.layer);
        match item {
            Some(item) if active != Some(false) && !left_behind => {
                let datum = self.value(&item.node, key, &so_far.what, &so_far.path, Some(&item.key_at));
                let preset =
                    self.preset.as_ref().and_then(|preset| preset::default(preset, key)).map(Box::new);
                let origin = ValueOrigin::Written(item.node.at.clone());
                Arc::new(Entry { key, active: true, origin, datum, preset })
            }
            _ => self.gap(key, active, so_far),
        }
    }

    /// Whether this is what stands around a device where there is none; stated, it is refused.
    fn around_nothing(&mut self, item: Option<&text::Item>, key: &Key, so_far: &Fields) -> bool {
        let around = match key.name {
            "crossbar" => so_far.path.starts_with("projection."),
            "switch" => so_far.path.starts_with("population.") && self.model == Some(NeuronModel::Lif),
            _ => false,
        };
        let nothing = around && so_far.written("device").is_none();
        if let (true, Some(item)) = (nothing, item) {
            self.faults.push(
                Diagnostic::error(format!("{} has a `{}`, and no device", so_far.what, key.name))
                    .at(&item.key_at)
                    .label("has no effect")
                    .allowed(format!(
                        "device = \"NAME\", as [device.NAME] describes it, or no `{}`",
                        key.name
                    )),
            );
        }
        nothing
    }

    /// What the key that decides about others says, in this table or, for the model, in the one around it.
    fn decision<'s>(&'s self, decider: &str, so_far: &'s Fields) -> Option<&'s str> {
        if so_far.entries.iter().any(|entry| entry.key.name == decider) {
            return so_far.word(decider);
        }
        if decider == "model" { self.model.map(NeuronModel::word) } else { None }
    }

    /// What the population's preset, or its being a switch, says about a key that is not written.
    fn device_default(&self, key: &'static Key) -> Option<(ValueOrigin, Datum)> {
        if key.name == "reset" && self.model == Some(NeuronModel::Switch) {
            return Some((
                ValueOrigin::Derived("a switch turns off at v_hold"),
                Datum::Choice(Reset::Hold.word()),
            ));
        }
        let preset = self.preset.as_ref()?;
        Some((ValueOrigin::Preset(preset.name.clone()), preset::default(preset, key)?.datum))
    }

    /// What stands where nothing is written.
    fn gap(&mut self, key: &'static Key, active: Option<bool>, so_far: &Fields) -> Arc<Entry> {
        let meant = active != Some(false);
        if let (true, Some((origin, datum))) = (meant, self.device_default(key)) {
            let preset = self.preset.as_ref().and_then(|preset| preset::default(preset, key)).map(Box::new);
            return Arc::new(Entry { key, active: true, origin, datum: Some(datum), preset });
        }
        let alike = match key.default {
            Fallback::Absent(_) => true,
            // A table has its own path, which matters where it has a meaning.
            Fallback::Value(..) if meant => {
                !matches!(key.kind, Kind::Table(_) | Kind::Tables(_) | Kind::Spread(_))
            }
            Fallback::Value(..) => self.preset.is_none(),
            _ => false,
        };
        if !alike {
            return Arc::new(self.unwritten(key, active, so_far));
        }
        let usual = (std::ptr::from_ref(key), self.model.map(NeuronModel::word), meant);
        if let Some(entry) = self.usual.get(&usual) {
            return Arc::clone(entry);
        }
        let entry = Arc::new(self.unwritten(key, active, so_far));
        self.usual.insert(usual, Arc::clone(&entry));
        entry
    }

    /// What the specification has for a key that is not written, and no device says anything about.
    fn unwritten(&mut self, key: &'static Key, active: Option<bool>, so_far: &Fields) -> Entry {
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
                (ValueOrigin::Absent, None)
            }
            Fallback::Absent(_) => (ValueOrigin::Absent, None),
            Fallback::Value(literal, ..) => {
                let node = text::literal(literal);
                let datum = self.value(&node, key, &so_far.what, &so_far.path, None);
                (ValueOrigin::Default, datum)
            }
            Fallback::SameAs(other) => (ValueOrigin::SameAs(other), so_far.datum(other).cloned()),
            Fallback::Derived(how) => match self.derive(&so_far.path, key.name) {
                Some(datum) => (ValueOrigin::Derived(how), Some(datum)),
                None => (ValueOrigin::Absent, None),
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
            ("protocol", "projection") => {
                // Projections from a population to itself inhibit, where any are allowed beside the one that learns.
                let lateral = |fields: &Fields| fields.text("from") == fields.text("to");
                let mut outer =
                    projections.iter().filter(|(_, fields)| projections.len() == 1 || !lateral(fields));
                match (outer.next(), outer.next()) {
                    (Some((only, _)), None) => Some(Datum::Text(only.clone())),
                    _ => None,
                }
            }
            (case, "placement") if case.starts_with("protocol.programming") => match projections {
                [(_, fields)] => fields.table("crossbar")?.datum("placement").cloned(),
                _ => Some(Datum::Choice(Placement::OneSided.word())),
            },
            _ => None,
        }
    }
}

/// Whether the protocol is about devices on their own.
fn without_network(root: &Table) -> bool {
    let protocol = root.get("protocol").map(|item| &item.node.value);
    // Where the protocol is missing, what there is tells what was meant.
    let Some(Value::Table(protocol)) = protocol else { return root.get("experiment").is_some() };
    let kind = protocol.get("kind").and_then(|item| item.node.text());
    kind.and_then(protocol::find).is_some_and(|entry| !entry.network)
}

/// `[source.NAME]` or `[protocol]`.
#[must_use]
pub fn header(section: &Section) -> String {
    if section.named { format!("[{}.NAME]", section.name) } else { format!("[{}]", section.name) }
}

fn example(section: &Section) -> String {
    match section.name {
        "protocol" => {
            let words = protocol::SHIPPED.iter().map(|entry| format!("\"{}\"", entry.word));
            let others: Vec<String> = words.filter(|word| word != "\"simulate\"").collect();
            let (last, others) =
                others.split_last().map_or(("", String::new()), |(last, others)| (last, others.join(", ")));
            format!(
                "[protocol] with kind = \"simulate\" and duration = \"1 s\", or kind = {others} or {last}"
            )
        }
        "population" => "[population.NAME] with size = 10".into(),
        _ => header(section),
    }
}

/// The section that each key would be at home in: the first that has it.
fn homes(registry: &Registry) -> BTreeMap<&'static str, String> {
    fn collect(
        keys: &'static [Key],
        path: &str,
        registry: &Registry,
        homes: &mut BTreeMap<&'static str, String>,
    ) {
        for key in keys {
            homes.entry(key.name).or_insert_with(|| path.to_string());
            if let Some(inner) = sections::inner(key, registry) {
                collect(inner, &format!("{path}.{}", key.name), registry, homes);
            }
        }
    }
    let mut homes = BTreeMap::new();
    for section in SECTIONS.iter() {
        let path = if section.named { format!("{}.NAME", section.name) } else { section.name.to_string() };
        let keys = Opened::section(section).map_or(section.keys, |opened| opened.keys(registry, None));
        collect(keys, &path, registry, &mut homes);
    }
    homes
}
