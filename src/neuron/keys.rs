//! The keys of a neuron model: what a user may state about it, what is taken if nothing is stated, and why.
//!
//! Scenario table, reference chapter and messages are read from [`Described::KEYS`]; a library user sets the same keys
//! through [`Described::with`]. All values are in SI units.

use super::model::Model;
use crate::numeric::decimal::{difference, product};
use crate::time::Time;
use crate::units::{Ampere, Farad, Ohm, Quantity, Second, Siemens, Volt};
use std::fmt::Display;

/// One key of a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ModelKey {
    /// As a user writes it.
    pub name: &'static str,
    /// Symbol of its unit, empty for a plain number.
    pub unit: &'static str,
    /// As a user would write it; `None` if it has to be stated.
    pub default: Option<&'static str>,
    /// What it is.
    pub what: &'static str,
    /// Where the default is from: measured, fitted, literature or assumed, and by whom.
    pub origin: &'static str,
}

impl ModelKey {
    /// Its default in SI units.
    #[must_use]
    pub fn default_value(&self) -> Option<f64> {
        self.default.and_then(|text| number(text, self.unit))
    }
}

/// A key with a default, for tables.
#[must_use]
pub const fn key(
    name: &'static str,
    unit: &'static str,
    default: &'static str,
    what: &'static str,
    origin: &'static str,
) -> ModelKey {
    ModelKey { name, unit, default: Some(default), what, origin }
}

/// A value that makes no neuron of its model.
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

/// A model that a scenario can describe: its [`Model::NAME`] and these.
pub trait Described: Model {
    /// One line for a list of models.
    const TITLE: &'static str;
    /// Every key, in the order of the reference.
    const KEYS: &'static [ModelKey];

    /// The model of these values in SI units; what `value` does not know has its default.
    ///
    /// # Errors
    /// Every value that makes no neuron.
    fn from_keys(value: &dyn Fn(&str) -> Option<f64>) -> Result<Self, Vec<ModelFault>>;

    /// Values that are allowed and probably not meant, with a reason each.
    fn remarks(&self) -> Vec<ModelFault> {
        Vec::new()
    }

    /// [`Described::from_keys`] from a list.
    ///
    /// # Errors
    /// As there, and names that are not among its keys.
    fn with(values: &[(&'static str, f64)]) -> Result<Self, Vec<ModelFault>> {
        let known = |name: &str| Self::KEYS.iter().any(|key| key.name == name);
        let unknown: Vec<ModelFault> = values
            .iter()
            .filter(|(name, _)| !known(name))
            .map(|&(name, value)| {
                let keys: Vec<&str> = Self::KEYS.iter().map(|key| key.name).collect();
                let allowed = format!("`{}` does not have this key; it has {}", Self::NAME, keys.join(", "));
                ModelFault { key: name, value: value.to_string(), allowed }
            })
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        Self::from_keys(&|name| values.iter().rev().find(|(key, _)| *key == name).map(|&(_, value)| value))
    }
}

/// Where a membrane rests, fires and is reset to, in volts.
pub struct Potentials {
    /// Rest.
    pub u_rest: f64,
    /// Threshold above rest.
    pub theta: f64,
    /// Reset above rest.
    pub x_reset: f64,
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

    /// Any finite value.
    pub fn any(&mut self, name: &str) -> f64 {
        let key = self.key(name);
        let stated = (self.value)(name).or_else(|| key.default_value());
        let Some(value) = stated else {
            let allowed = "state it: there is no default".to_owned();
            self.faults.push(ModelFault { key: key.name, value: "missing".to_owned(), allowed });
            return f64::NAN;
        };
        self.require(name, value, value.is_finite(), "it must be a finite number");
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

    /// A dead time.
    pub fn dead_time(&mut self, name: &str) -> Time {
        let seconds = self.zero_or_more(name);
        let time = Second::from_si(seconds).filter(|t| t.get() >= 0.0).map(Time::from_seconds);
        if let Some(Err(_)) = time {
            self.require(name, seconds, false, "it must be below 9223 s, the longest episode");
        }
        time.and_then(Result::ok).unwrap_or(Time::ZERO)
    }

    /// `u_rest`, `v_th` and `u_reset` of a neuron that fires at a threshold and is reset below it.
    pub fn potentials(&mut self) -> Potentials {
        let [u_rest, v_th, u_reset] = ["u_rest", "v_th", "u_reset"].map(|name| self.any(name));
        let theta = above_rest(v_th, u_rest);
        self.require("v_th", v_th, theta > 0.0, "it must be above u_rest, or the neuron fires without input");
        self.require(
            "u_reset",
            u_reset,
            u_reset < v_th,
            "it must be below v_th, or the neuron fires for ever",
        );
        Potentials { u_rest, theta, x_reset: above_rest(u_reset, u_rest) }
    }

    /// The tolerance of an error-controlled integration.
    pub fn tolerance(&mut self, name: &str) -> f64 {
        self.checked(name, |tolerance| (1e-12..=1e-6).contains(&tolerance), "it must be 1e-12 to 1e-6")
    }

    /// A fault of `name` unless it `holds`. What already has a fault gets no second one.
    pub fn require(&mut self, name: &str, value: f64, holds: bool, allowed: impl Display) {
        let key = self.key(name);
        if !holds && !self.faults.iter().any(|fault| fault.key == key.name) {
            let value = shown(value, key.unit);
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

/// What a potential is above rest, in volts: of the decimals that were stated, rounded once.
#[must_use]
pub fn above_rest(potential: f64, rest: f64) -> f64 {
    difference(potential, rest)
}

/// What a current is as a part of the drive, R I, in volts: of the decimals that were stated, rounded once.
#[must_use]
pub fn in_volts(resistance: f64, current: f64) -> f64 {
    product(resistance, current)
}

/// A quantity as text, read with the unit of its key.
fn number(text: &str, unit: &str) -> Option<f64> {
    fn of<Q: Quantity>(text: &str) -> Option<f64> {
        Q::parse(text).ok().map(Quantity::si)
    }
    match unit {
        "" => text.parse().ok(),
        "s" => of::<Second>(text),
        "V" => of::<Volt>(text),
        "A" => of::<Ampere>(text),
        "S" => of::<Siemens>(text),
        "F" => of::<Farad>(text),
        "Ohm" => of::<Ohm>(text),
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
        _ => None,
    };
    text.unwrap_or_else(|| if unit.is_empty() { value.to_string() } else { format!("{value} {unit}") })
}
