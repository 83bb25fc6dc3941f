//! Keys of what a registry brings, read off its entries; and the keys of populations, which are of built-in or registered
//! models.

use super::super::population::{Described, NeuronModel};
use super::super::table::Table as _;
use super::{Bounds, Choice, Key, Kind, Unit, Word as _};
use crate::keys::{FLAG, ModelKey, Unstated};
use crate::registry::Registry;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// The keys of a population with this `model` (`None` or unknown: of a built-in one).
///
/// Keys are static, as those of the table are: what a registry brings is made once for everything that is different.
#[must_use]
pub fn population_keys(registry: &Registry, model: Option<&str>) -> &'static [Key] {
    let entry = model.and_then(|model| registry.find(model));
    let built_in = NeuronModel::CHOICES.iter().copied();
    let open = registry.neurons().iter().map(|entry| Choice { name: entry.name, doc: entry.title });
    let choices: Vec<Choice> = built_in.chain(open).collect();
    let rest = || match entry {
        None => Described::KEYS[1..].to_vec(),
        Some(entry) => {
            let device = registry.devices().iter().find(|kind| Some(kind.name) == entry.device);
            let any = |key: &&Key| {
                ["size", "shape", "cost"].contains(&key.name) || key.name == "device" && device.is_some()
            };
            let any = Described::KEYS.iter().filter(any).map(|key| Key { when: None, ..*key });
            let of_device =
                |key: Key| match device.filter(|kind| kind.keys.iter().any(|k| k.name == key.name)) {
                    Some(_) => key.preset(key.name),
                    None => key,
                };
            any.chain(neuron_keys(entry.keys).into_iter().map(of_device)).collect()
        }
    };
    let kinds: Vec<&str> = registry.devices().iter().map(|kind| kind.name).collect();
    let of = format!("{:?}{choices:?}{kinds:?}", entry.map(|entry| (entry.keys, entry.device)));
    kept(of, || {
        let choices: &'static [Choice] = Box::leak(choices.into_boxed_slice());
        let model = Key { kind: Kind::Choice(choices), ..Described::KEYS[0] };
        std::iter::once(model).chain(rest()).collect()
    })
}

/// What a registered neuron model has as keys of the table: each neuron may have its own number.
#[must_use]
pub fn neuron_keys(keys: &[ModelKey]) -> Vec<Key> {
    let key = |key: &ModelKey| if key.words.is_empty() { model_key(key).each() } else { model_key(key) };
    keys.iter().map(key).collect()
}

/// What a registered model has as keys of the table.
#[must_use]
pub fn model_keys(keys: &[ModelKey]) -> Vec<Key> {
    keys.iter().map(model_key).collect()
}

/// The keys that `make` makes, once for all that have the same text `of`.
pub fn kept(of: String, make: impl FnOnce() -> Vec<Key>) -> &'static [Key] {
    static KEPT: Mutex<BTreeMap<String, &'static [Key]>> = Mutex::new(BTreeMap::new());
    let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
    kept.entry(of).or_insert_with(|| Box::leak(make().into_boxed_slice()))
}

/// A key of a registered model as one of the table.
pub fn model_key(key: &ModelKey) -> Key {
    let list = key.unit.starts_with('[');
    let symbol = key.unit.trim_matches(['[', ']']);
    let unit = Unit::ALL.into_iter().find(|unit| unit.symbol() == symbol);
    let kind = match unit {
        _ if key.words == FLAG => Kind::Flag,
        _ if !key.words.is_empty() => {
            let choices: Vec<Choice> = key.words.iter().map(|&(name, doc)| Choice { name, doc }).collect();
            Kind::Choice(Box::leak(choices.into_boxed_slice()))
        }
        Some(unit) if list => Kind::Quantities(unit, Bounds::ANY),
        Some(unit) => Kind::Quantity(unit, Bounds::ANY),
        None => Kind::Number(Bounds::ANY),
    };
    let of = Key::new(key.name, kind, key.what);
    let default = match key.default {
        Unstated::Required => return of,
        Unstated::As(other) => return of.same_as(other),
        Unstated::Nothing(meaning) => return of.absent(meaning),
        Unstated::Value(text) => text,
    };
    let literal: &'static str = match kind {
        Kind::Quantity(..) | Kind::Choice(_) => Box::leak(format!("\"{default}\"").into_boxed_str()),
        _ => default,
    };
    let (word, why) = key.origin.split_once([':', ' ']).unwrap_or((key.origin, ""));
    let why = why.trim_start_matches([' ', ':', ';']).trim_matches(['(', ')']);
    match word {
        "measured" => of.measured(literal, why),
        "fitted" => of.fitted(literal, why),
        "literature" => of.literature(literal, why),
        "assumed" | "assumed;" => {
            of.assumed(literal, if why.is_empty() { "nothing is reported" } else { why })
        }
        _ => of.setting(literal),
    }
}
