//! Keys of populations: those of the models that are built in, and those of registered ones, read off their entries.

use super::population::POPULATION;
use super::{Bounds, Choice, Key, Kind, NeuronModel, Unit, Word as _};
use crate::keys::{FLAG, ModelKey, Unstated};
use crate::registry::{NeuronEntry, Registry};
use std::sync::{Mutex, PoisonError};

/// The keys of a population with this `model` (`None` or unknown: of a built-in one).
///
/// Keys are static, as those of the table are: what a registry brings is made once for every different set of names.
#[must_use]
pub fn population_keys(registry: &Registry, model: Option<&str>) -> &'static [Key] {
    let entry = model.and_then(|model| registry.find(model));
    let built_in = NeuronModel::CHOICES.iter().copied();
    let open = registry.neurons().iter().map(|entry| Choice { name: entry.name, doc: entry.title });
    let choices: Vec<Choice> = built_in.chain(open).collect();
    let rest = match entry {
        None => POPULATION[1..].to_vec(),
        Some(entry) => {
            let size = POPULATION.iter().copied().filter(|key| key.name == "size");
            size.chain(entry.keys.iter().map(key)).collect()
        }
    };
    known(entry, &choices, rest)
}

/// What a registered model has besides `model` and `size`.
#[must_use]
pub fn model_keys(entry: &NeuronEntry) -> Vec<Key> {
    entry.keys.iter().map(key).collect()
}

/// Sets of keys by the names that they were made for.
type Known = (Option<&'static [ModelKey]>, Vec<&'static str>, &'static [Key]);

fn known(entry: Option<&NeuronEntry>, choices: &[Choice], rest: Vec<Key>) -> &'static [Key] {
    static KNOWN: Mutex<Vec<Known>> = Mutex::new(Vec::new());
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    let names: Vec<&'static str> = choices.iter().map(|choice| choice.name).collect();
    let keys = entry.map(|entry| entry.keys);
    if let Some((.., found)) = known.iter().find(|(of, words, _)| *of == keys && *words == names) {
        return found;
    }
    let choices: &'static [Choice] = Box::leak(choices.to_vec().into_boxed_slice());
    let model = Key { kind: Kind::Choice(choices), ..POPULATION[0] };
    let made: Vec<Key> = std::iter::once(model).chain(rest).collect();
    let made: &'static [Key] = Box::leak(made.into_boxed_slice());
    known.push((keys, names, made));
    made
}

/// A key of a registered model as one of the table.
fn key(key: &ModelKey) -> Key {
    let unit = Unit::ALL.into_iter().find(|unit| unit.symbol() == key.unit);
    let kind = match unit {
        _ if key.words == FLAG => Kind::Flag,
        _ if !key.words.is_empty() => {
            let choices: Vec<Choice> = key.words.iter().map(|&(name, doc)| Choice { name, doc }).collect();
            Kind::Choice(Box::leak(choices.into_boxed_slice()))
        }
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
