//! The keys of a model: what a user may state about it, what is taken if nothing is stated, and why.
//!
//! Whatever can be registered (a neuron model, a rule, a kind of device) says its keys as a list of [`ModelKey`], from
//! which the scenario's table, the reference chapter and messages are read, and takes their values through a [`Reader`].
//! All values are in SI units.

use crate::numeric::phase::TAUS;
use crate::time::Time;
use crate::units::{Ampere, Farad, Hertz, Ohm, Quantity, Second, Siemens, Volt, parse_percent};
use crate::written::{Node, Value};
use std::fmt::Display;

/// One key of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelKey {
    /// As a user writes it.
    pub name: &'static str,
    /// Symbol of its unit, empty for a plain number; in brackets for a list.
    pub unit: &'static str,
    /// The words it may be, each with a sentence; empty for a number. Its value is the place of the word.
    pub words: &'static [(&'static str, &'static str)],
    /// What it is where nothing is stated.
    pub default: Unstated,
    /// What it is.
    pub what: &'static str,
    /// Where the default is from: measured, fitted, literature or assumed, and by whom.
    pub origin: &'static str,
}

/// What a key is where nothing is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unstated {
    /// It has to be stated.
    Required,
    /// This, as a user would write it.
    Value(&'static str),
    /// What the key of this name is.
    As(&'static str),
    /// Nothing; the words say what that means.
    Nothing(&'static str),
}

impl ModelKey {
    /// The value of its own that it has by default, in SI units.
    #[must_use]
    pub fn default_value(&self) -> Option<f64> {
        let Unstated::Value(default) = self.default else { return None };
        if self.words.is_empty() { number(default, self.unit) } else { self.place(default) }
    }

    /// The value that stands for a word.
    #[must_use]
    pub fn place(&self, word: &str) -> Option<f64> {
        self.words.iter().position(|(name, _)| *name == word).map(|place| place as f64)
    }

    /// A value as a user would write it.
    #[must_use]
    pub fn shown(&self, value: f64) -> String {
        match self.words.iter().enumerate().find(|(place, _)| *place as f64 == value) {
            Some((_, (word, _))) => (*word).to_owned(),
            None => shown(value, self.unit),
        }
    }
}

/// What a key that is true or false has for words.
pub const FLAG: &[(&str, &str)] = &[("false", ""), ("true", "")];

/// A key with a default, for tables.
#[must_use]
pub const fn key(
    name: &'static str,
    unit: &'static str,
    default: &'static str,
    what: &'static str,
    origin: &'static str,
) -> ModelKey {
    ModelKey { name, unit, words: &[], default: Unstated::Value(default), what, origin }
}

/// A key that has to be stated.
#[must_use]
pub const fn required(name: &'static str, unit: &'static str, what: &'static str) -> ModelKey {
    ModelKey { name, unit, words: &[], default: Unstated::Required, what, origin: "stated" }
}

/// A key that may be left out; `meaning` says what that means.
#[must_use]
pub const fn optional(
    name: &'static str,
    unit: &'static str,
    what: &'static str,
    meaning: &'static str,
) -> ModelKey {
    ModelKey { default: Unstated::Nothing(meaning), ..required(name, unit, what) }
}

/// A key that is one of several words, or of [`FLAG`].
#[must_use]
pub const fn choice(
    name: &'static str,
    words: &'static [(&'static str, &'static str)],
    default: &'static str,
    what: &'static str,
) -> ModelKey {
    ModelKey { name, unit: "", words, default: Unstated::Value(default), what, origin: "setting" }
}

/// A value that makes no model.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}` is {value}; {allowed}")]
pub struct ModelFault {
    /// The key.
    pub key: &'static str,
    /// What it was set to, with its unit.
    pub value: String,
    /// What it may be, as a sentence.
    pub allowed: String,
}

/// Takes the values of a model one by one and collects what is wrong with them.
pub struct Reader<'a> {
    keys: &'static [ModelKey],
    value: &'a dyn Fn(&str) -> Option<f64>,
    faults: Vec<ModelFault>,
}

impl<'a> Reader<'a> {
    /// Of these keys and values in SI units.
    #[must_use]
    pub fn new(keys: &'static [ModelKey], value: &'a dyn Fn(&str) -> Option<f64>) -> Self {
        Self { keys, value, faults: Vec::new() }
    }

    fn key(&self, name: &str) -> &'static ModelKey {
        let key = self.keys.iter().find(|key| key.name == name);
        key.unwrap_or_else(|| unreachable!("`{name}` is not in the table of keys"))
    }

    /// What is stated, or stands for it; of a key that may be left out, whether it was.
    pub fn stated(&self, name: &str) -> Option<f64> {
        let key = self.key(name);
        (self.value)(name).or_else(|| match key.default {
            Unstated::As(other) => self.stated(other),
            _ => key.default_value(),
        })
    }

    /// Whether something has been found to be wrong with a key.
    #[must_use]
    pub fn faulty(&self, name: &str) -> bool {
        self.faults.iter().any(|fault| fault.key == name)
    }

    /// Any finite value of a key that may be left out.
    pub fn maybe(&mut self, name: &str) -> Option<f64> {
        self.stated(name).map(|_| self.any(name))
    }

    /// Any finite value.
    pub fn any(&mut self, name: &str) -> f64 {
        let key = self.key(name);
        let Some(value) = self.stated(name) else {
            let allowed = "state it: there is no default".to_owned();
            self.faults.push(ModelFault { key: key.name, value: "missing".to_owned(), allowed });
            return f64::NAN;
        };
        // What it takes from another key is at fault there.
        let own = (self.value)(name).is_some() || !matches!(key.default, Unstated::As(_));
        self.require(name, value, value.is_finite() || !own, "it must be a finite number");
        value
    }

    /// A value for which `holds`; `allowed` says so in words.
    pub fn checked(&mut self, name: &str, holds: impl Fn(f64) -> bool, allowed: &str) -> f64 {
        let value = self.any(name);
        if value.is_finite() {
            self.require(name, value, holds(value), allowed);
        }
        value
    }

    /// The place of a word.
    pub fn word(&mut self, name: &str) -> usize {
        let words = self.key(name).words;
        let known = |value: f64| value >= 0.0 && value.fract() == 0.0 && value < words.len() as f64;
        let allowed = || words.iter().map(|(word, _)| *word).collect::<Vec<_>>().join(", ");
        self.checked(name, known, &allowed()) as usize
    }

    /// True or false, of a key of [`FLAG`].
    pub fn flag(&mut self, name: &str) -> bool {
        self.word(name) == 1
    }

    /// A value above zero.
    pub fn above_zero(&mut self, name: &str) -> f64 {
        self.checked(name, |value| value > 0.0, "it must be above zero")
    }

    /// A value that is not negative.
    pub fn zero_or_more(&mut self, name: &str) -> f64 {
        self.checked(name, |value| value >= 0.0, "it must be zero or more")
    }

    /// A time constant in seconds.
    pub fn time_constant(&mut self, name: &str) -> f64 {
        self.checked(name, |tau| tau >= 1e-15, "it must be a femtosecond or more")
    }

    /// The time constant of a trace of a learning rule, in seconds.
    pub fn trace_constant(&mut self, name: &str) -> f64 {
        self.checked(name, |tau| TAUS.contains(&tau), "it must be from 1 ps to 1000 s")
    }

    /// A share of one.
    pub fn share(&mut self, name: &str) -> f64 {
        self.checked(name, |value| (0.0..=1.0).contains(&value), "it must be from 0 to 1")
    }

    /// A whole number.
    pub fn count(&mut self, name: &str, least: u32, most: u32) -> u32 {
        let (from, to) = (f64::from(least), f64::from(most));
        let allowed = format!("it must be a whole number from {least} to {most}");
        self.checked(name, |value| value.fract() == 0.0 && (from..=to).contains(&value), &allowed) as u32
    }

    /// A span of time that is not nothing.
    pub fn positive_span(&mut self, name: &str) -> Time {
        let span = self.span(name);
        self.require(name, span.as_seconds(), span > Time::ZERO, "it must be a femtosecond or more");
        span
    }

    /// A span of time, such as a dead time.
    pub fn span(&mut self, name: &str) -> Time {
        let seconds = self.zero_or_more(name);
        let time = Second::from_si(seconds).filter(|t| t.get() >= 0.0).map(Time::from_seconds);
        if let Some(Err(_)) = time {
            self.require(name, seconds, false, "it must be below 9223 s, the longest episode");
        }
        time.and_then(Result::ok).unwrap_or(Time::ZERO)
    }

    /// The tolerance of an error-controlled integration.
    pub fn tolerance(&mut self, name: &str) -> f64 {
        self.checked(name, |tolerance| (1e-12..=1e-6).contains(&tolerance), "it must be 1e-12 to 1e-6")
    }

    /// A fault of `name` unless it `holds`. What already has a fault gets no second one.
    pub fn require(&mut self, name: &str, value: f64, holds: bool, allowed: impl Display) {
        let key = self.key(name);
        if !holds && !self.faulty(name) {
            let value = key.shown(value);
            self.faults.push(ModelFault { key: key.name, value, allowed: allowed.to_string() });
        }
    }

    /// The model, or all that is wrong.
    ///
    /// # Errors
    /// The faults found.
    pub fn finish<M>(self, model: M) -> Result<M, Vec<ModelFault>> {
        if self.faults.is_empty() { Ok(model) } else { Err(self.faults) }
    }
}

/// What `make` makes of a list of values of the model `name`.
///
/// # Errors
/// As `make`, and names that are not among `keys`.
pub fn from_list<M>(
    name: &str,
    keys: &[ModelKey],
    values: &[(&'static str, f64)],
    make: impl FnOnce(&dyn Fn(&str) -> Option<f64>) -> Result<M, Vec<ModelFault>>,
) -> Result<M, Vec<ModelFault>> {
    let unknown = values.iter().filter(|(name, _)| !keys.iter().any(|key| key.name == *name));
    let unknown: Vec<ModelFault> = unknown
        .map(|&(unknown, value)| {
            let keys: Vec<&str> = keys.iter().map(|key| key.name).collect();
            let allowed = format!("`{name}` does not have this key; it has {}", keys.join(", "));
            ModelFault { key: unknown, value: value.to_string(), allowed }
        })
        .collect();
    if !unknown.is_empty() {
        return Err(unknown);
    }
    make(&|name| values.iter().rev().find(|(key, _)| *key == name).map(|&(_, value)| value))
}

/// A number without unit as a user states it: `0.05`, or as the percentage that it is, `"5 %"`. `None` for anything else,
/// and for what is not finite.
#[must_use]
pub fn plain(node: &Node) -> Option<f64> {
    let number = match &node.value {
        Value::Integer(number) => *number as f64,
        Value::Float(number) => *number,
        Value::Text(text) => parse_percent(text)?,
        _ => return None,
    };
    Some(number).filter(|number| number.is_finite())
}

/// Whether a number without unit is likely the percentage that it was meant to be: a spread (`cv`, `spread`, `sigma` in its
/// name) above 1, or an amplitude of a learning rule (`a_...`) above 10.
#[must_use]
pub fn likely_percent(name: &str, value: f64) -> bool {
    let mut words = name.split('_');
    let spread = name.split('_').any(|word| ["cv", "spread", "sigma"].contains(&word));
    let amplitude = words
        .next()
        .is_some_and(|word| word.starts_with('a') && word[1..].bytes().all(|b| b.is_ascii_digit()))
        && words.next().is_some_and(|word| ["plus", "minus"].contains(&word));
    spread && value > 1.0 || amplitude && value > 10.0
}

/// A quantity as text, read with the unit of its key.
#[must_use]
pub fn number(text: &str, unit: &str) -> Option<f64> {
    fn of<Q: Quantity>(text: &str) -> Option<f64> {
        Q::parse(text).ok().map(Quantity::si)
    }
    match unit {
        "" => text.parse().ok().or_else(|| parse_percent(text)),
        "s" => of::<Second>(text),
        "V" => of::<Volt>(text),
        "A" => of::<Ampere>(text),
        "S" => of::<Siemens>(text),
        "F" => of::<Farad>(text),
        "Ohm" => of::<Ohm>(text),
        "Hz" => of::<Hertz>(text),
        _ => None,
    }
}

/// A value as text, with the unit of its key.
#[must_use]
pub fn shown(value: f64, unit: &str) -> String {
    fn of<Q: Quantity>(value: f64) -> Option<String> {
        Q::from_si(value).map(|quantity| quantity.to_string())
    }
    let text = match unit {
        "s" => of::<Second>(value),
        "V" => of::<Volt>(value),
        "A" => of::<Ampere>(value),
        "S" => of::<Siemens>(value),
        "F" => of::<Farad>(value),
        "Ohm" => of::<Ohm>(value),
        "Hz" => of::<Hertz>(value),
        _ => None,
    };
    text.unwrap_or_else(|| match unit {
        "" => crate::hint::number(value),
        _ => format!("{} {unit}", crate::hint::number(value)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: &[ModelKey] = &[
        key("tau", "s", "9.41 ms", "time constant", "assumed"),
        required("gain", "", "gain"),
        choice("order", &[("first", "one"), ("last", "the other")], "last", "which counts"),
        choice("saturate", FLAG, "false", "whether it saturates"),
    ];

    fn read(values: &[(&str, f64)]) -> Result<(f64, f64, usize, bool), Vec<String>> {
        let value = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        let mut read = Reader::new(KEYS, &value);
        let made =
            (read.time_constant("tau"), read.zero_or_more("gain"), read.word("order"), read.flag("saturate"));
        read.finish(made).map_err(|faults| faults.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn values_words_and_flags_are_taken_or_have_their_defaults() {
        assert_eq!(read(&[("gain", 2.0)]), Ok((9.41e-3, 2.0, 1, false)));
        let order = KEYS[2].place("first").unwrap();
        assert_eq!(read(&[("gain", 0.0), ("order", order), ("saturate", 1.0)]), Ok((9.41e-3, 0.0, 0, true)));
        assert_eq!([KEYS[0].shown(2e-3), KEYS[2].shown(1.0), KEYS[3].shown(0.0)], ["2 ms", "last", "false"]);
    }

    #[test]
    fn every_fault_is_said_once() {
        let want = [
            "`tau` is 0 s; it must be a femtosecond or more",
            "`gain` is missing; state it: there is no default",
            "`order` is 2; first, last",
            "`saturate` is 0.5; false, true",
        ];
        assert_eq!(
            read(&[("tau", 0.0), ("order", 2.0), ("saturate", 0.5)]),
            Err(want.map(String::from).to_vec())
        );
    }
}
