//! A scenario after reading: every key of the specification with its value and where that comes from.

use super::diagnostic::At;
use super::spec::{Amount, Choice, Fallback, Key, Kind, Refers, Unit, Word};
use super::text::Node;
use crate::device::preset::{Preset, Provenance};
use crate::time::Time;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A checked value.
#[derive(Clone, Debug)]
pub enum Datum {
    Text(String),
    Flag(bool),
    Integer(u64),
    Counts(Vec<u64>),
    Number(f64),
    Quantity(Unit, Amount),
    Quantities(Unit, Vec<Amount>),
    Choice(&'static str),
    Names(Vec<(String, At)>),
    Table(Box<Fields>),
    Tables(Vec<Fields>),
    /// Checked when the rest is known: weights, rows, overrides, the paper's figures, parameters of single neurons.
    Raw(Box<Node>),
}

/// Where a value comes from.
#[derive(Clone, Debug)]
pub enum ValueOrigin {
    /// A file or an argument.
    Written(At),
    /// The specification.
    Default,
    /// Another key of the same table.
    SameAs(&'static str),
    /// The rest of the scenario.
    Derived(&'static str),
    /// The device preset of this name: see [`Entry::preset`].
    Preset(String),
    /// Nothing is there.
    Absent,
}

/// One key of the specification with its value in this scenario.
#[derive(Clone, Debug)]
pub struct Entry {
    pub key: &'static Key,
    /// Whether the key exists for the kind that was chosen. The value of one that does not is its default.
    pub active: bool,
    pub origin: ValueOrigin,
    /// `None`: absent, or faulty and reported.
    pub datum: Option<Datum>,
    /// What a device preset says about the key, whether or not something else is written.
    pub preset: Option<Box<PresetValue>>,
}

/// A value of a device preset.
#[derive(Clone, Debug)]
pub struct PresetValue {
    pub datum: Datum,
    pub provenance: Provenance,
    pub source: String,
}

/// A table with every key of the specification.
#[derive(Clone, Debug)]
pub struct Fields {
    /// "population `output`".
    pub what: String,
    /// "population.output".
    pub path: String,
    /// Its header.
    pub at: Option<At>,
    /// In the order of the specification; those that are alike in many tables are kept once.
    pub entries: Vec<Arc<Entry>>,
    /// The device preset of a population of switches.
    pub preset: Option<Box<Preset>>,
}

impl Fields {
    /// The entry of a key.
    ///
    /// # Panics
    /// If the specification has no such key: then the code that asks is wrong, whatever was written.
    #[must_use]
    pub fn entry(&self, name: &str) -> &Entry {
        let entry = self.entries.iter().find(|entry| entry.key.name == name);
        entry.unwrap_or_else(|| panic!("`{name}` is not in the specification of {}", self.path))
    }

    /// The value of a key that not every table of this section has.
    #[must_use]
    pub fn if_there(&self, name: &str) -> Option<&Entry> {
        self.entries.iter().map(Arc::as_ref).find(|entry| entry.key.name == name && entry.active)
    }

    #[must_use]
    pub fn datum(&self, name: &str) -> Option<&Datum> {
        self.entry(name).datum.as_ref()
    }

    /// What the word of a key stands for.
    ///
    /// # Panics
    /// If the words of the key are not those of `W`: a mistake in the code, as with [`Fields::entry`].
    #[must_use]
    pub fn choice<W: Word>(&self, name: &str) -> Option<W> {
        let words = |choices: &'static [Choice]| choices.iter().map(|choice| choice.name);
        let known = match self.entry(name).key.kind {
            Kind::Choice(choices) => choices,
            _ => &[],
        };
        // After them there may be those of a registry, which stand for no value of `W`.
        let begins = words(known).take(W::CHOICES.len());
        assert!(begins.eq(words(W::CHOICES)), "`{name}` of {} has other words", self.path);
        W::from_word(self.word(name)?)
    }

    /// The word of a key as it is written, for messages.
    #[must_use]
    pub fn word(&self, name: &str) -> Option<&'static str> {
        match self.datum(name)? {
            Datum::Choice(word) => Some(word),
            _ => None,
        }
    }

    #[must_use]
    pub fn quantity(&self, name: &str) -> Option<f64> {
        match self.datum(name)? {
            Datum::Quantity(_, amount) => Some(amount.si),
            _ => None,
        }
    }

    /// A time, exactly as it was written.
    #[must_use]
    pub fn time(&self, name: &str) -> Option<Time> {
        match self.datum(name)? {
            Datum::Quantity(_, amount) => amount.time,
            _ => None,
        }
    }

    #[must_use]
    pub fn quantities(&self, name: &str) -> &[Amount] {
        match self.datum(name) {
            Some(Datum::Quantities(_, values)) => values,
            _ => &[],
        }
    }

    /// A list of so many whole numbers.
    #[must_use]
    pub fn counts<const N: usize>(&self, name: &str) -> Option<[u32; N]> {
        let Datum::Counts(values) = self.datum(name)? else { return None };
        let values: Vec<u32> = values.iter().filter_map(|&value| u32::try_from(value).ok()).collect();
        values.try_into().ok()
    }

    #[must_use]
    pub fn raw(&self, name: &str) -> Option<&Node> {
        match self.datum(name)? {
            Datum::Raw(node) => Some(node),
            _ => None,
        }
    }

    /// Keys whose values differ from neuron to neuron.
    pub fn own(&self) -> impl Iterator<Item = &Entry> {
        let own =
            |entry: &&Entry| entry.active && entry.key.each && matches!(entry.datum, Some(Datum::Raw(_)));
        self.entries.iter().map(Arc::as_ref).filter(own)
    }

    /// Whether there is one.
    #[must_use]
    pub fn differ(&self) -> bool {
        self.own().next().is_some()
    }

    #[must_use]
    pub fn number(&self, name: &str) -> Option<f64> {
        match self.datum(name)? {
            Datum::Number(value) => Some(*value),
            _ => None,
        }
    }

    /// A number with a unit, in SI units, or without.
    #[must_use]
    pub fn amount(&self, name: &str) -> Option<f64> {
        self.quantity(name).or_else(|| self.number(name))
    }

    #[must_use]
    pub fn integer(&self, name: &str) -> Option<u64> {
        match self.datum(name)? {
            Datum::Integer(value) => Some(*value),
            _ => None,
        }
    }

    /// An integer whose range in the specification fits 32 bits.
    #[must_use]
    pub fn count(&self, name: &str) -> Option<u32> {
        self.integer(name).and_then(|value| u32::try_from(value).ok())
    }

    #[must_use]
    pub fn flag(&self, name: &str) -> Option<bool> {
        match self.datum(name)? {
            Datum::Flag(value) => Some(*value),
            _ => None,
        }
    }

    #[must_use]
    pub fn text(&self, name: &str) -> Option<&str> {
        match self.datum(name)? {
            Datum::Text(value) => Some(value),
            _ => None,
        }
    }

    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Self> {
        match self.datum(name)? {
            Datum::Table(fields) => Some(fields),
            _ => None,
        }
    }

    #[must_use]
    pub fn tables(&self, name: &str) -> &[Self] {
        match self.datum(name) {
            Some(Datum::Tables(list)) => list,
            _ => &[],
        }
    }

    #[must_use]
    pub fn names(&self, name: &str) -> &[(String, At)] {
        match self.datum(name) {
            Some(Datum::Names(names)) => names,
            _ => &[],
        }
    }

    /// Where a value was written; `None` for a default.
    #[must_use]
    pub fn written(&self, name: &str) -> Option<&At> {
        match &self.entry(name).origin {
            ValueOrigin::Written(at) => Some(at),
            _ => None,
        }
    }

    /// Where a quantity or a number is written that is another than without being written: what `resolve` prints says nothing new.
    #[must_use]
    pub fn changed(&self, name: &str) -> Option<&At> {
        let entry = self.entry(name);
        let usual = match (entry.preset.as_deref(), entry.key.default, entry.key.kind) {
            (Some(PresetValue { datum: Datum::Quantity(_, amount), .. }), ..) => Some(amount.si),
            (None, Fallback::Value(text, ..), Kind::Quantity(unit, _)) => {
                unit.parse(text.trim_matches('"')).ok()
            }
            (None, Fallback::Value(text, ..), Kind::Number(_)) => text.parse().ok(),
            _ => None,
        };
        self.written(name)
            .filter(|_| usual.is_none() || self.quantity(name).or_else(|| self.number(name)) != usual)
    }

    /// Where a value was written, or else the header of its table.
    #[must_use]
    pub fn place(&self, name: &str) -> Option<&At> {
        self.written(name).or(self.at.as_ref())
    }
}

/// The sections that a reference may name something in.
fn named(refers: Refers) -> &'static [&'static str] {
    match refers {
        Refers::Source => &["source"],
        Refers::Population => &["population"],
        Refers::Projection => &["projection"],
        Refers::SourceOrPopulation => &["source", "population"],
        Refers::Device => &["device"],
        Refers::Format => &[],
    }
}

/// Whether a source gives a current, on one line, instead of spikes; `None` if its kind is faulty.
pub fn is_current(source: &Fields) -> Option<bool> {
    source.word("kind").map(|kind| kind.starts_with("current"))
}

/// Whether a source shows the samples of a data set.
pub fn is_dataset(source: &Fields) -> Option<bool> {
    source.word("kind").map(|kind| kind == "dataset")
}

/// All sections of a scenario, checked one by one.
#[derive(Clone, Debug, Default)]
pub struct Filled {
    pub(super) sections: Vec<(&'static str, Vec<(String, Fields)>)>,
    /// Of each section, where a name stands in it.
    places: Vec<BTreeMap<String, usize>>,
    /// What the devices are, in the order of their section; `None`: faulty, and reported.
    pub(super) devices: Vec<Option<Preset>>,
}

impl Filled {
    /// Adds a section that is read.
    pub(super) fn push(&mut self, section: &'static str, tables: Vec<(String, Fields)>) {
        let mut places = BTreeMap::new();
        for (place, (name, _)) in tables.iter().enumerate() {
            places.entry(name.clone()).or_insert(place);
        }
        self.sections.push((section, tables));
        self.places.push(places);
    }

    /// The table of this name in a section, and which one it is there.
    #[must_use]
    pub fn find(&self, section: &str, name: &str) -> Option<(usize, &Fields)> {
        let at = self.sections.iter().position(|(other, _)| *other == section)?;
        let place = *self.places[at].get(name)?;
        Some((place, &self.sections[at].1.get(place)?.1))
    }

    /// Which of what a reference may name it names, in the order of [`Filled::names`].
    #[must_use]
    pub fn place(&self, name: &str, refers: Refers) -> Option<usize> {
        let mut before = 0;
        for section in named(refers) {
            if let Some((place, _)) = self.find(section, name) {
                return Some(before + place);
            }
            before += self.all(section).len();
        }
        None
    }

    /// The one table of a section without names.
    #[must_use]
    pub fn one(&self, section: &str) -> Option<&Fields> {
        self.all(section).first().map(|(_, fields)| fields)
    }

    /// The tables of a section with names, in the order of the file.
    #[must_use]
    pub fn all(&self, section: &str) -> &[(String, Fields)] {
        self.sections.iter().find(|(name, _)| *name == section).map_or(&[], |(_, tables)| tables)
    }

    /// The device of that name, if it is one and in order.
    #[must_use]
    pub fn device(&self, name: &str) -> Option<&Preset> {
        let index = self.all("device").iter().position(|(known, _)| known == name)?;
        self.devices.get(index)?.as_ref()
    }

    /// What a reference may name, in the order in which plans count them.
    #[must_use]
    pub fn names(&self, refers: Refers) -> Vec<&str> {
        named(refers).iter().flat_map(|section| self.all(section)).map(|(name, _)| name.as_str()).collect()
    }
}
