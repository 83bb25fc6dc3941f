//! A quantity as it is stated: its value, or what is wrong with it.

use super::diagnostic::Diagnostic;
use super::spec::{self, Amount, Unit};
use super::text::{Node, Value};
use crate::units::{ParseQuantityError, parse_number_unit};

/// Reads a quantity, or says what is wrong with it.
///
/// # Errors
/// The fault, ready to be reported.
pub fn quantity(
    text: &str,
    unit: Unit,
    what: &str,
    allowed: &str,
    node: &Node,
) -> Result<Amount, Diagnostic> {
    let error = match unit.amount(text) {
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
                format!("`{symbol}` is not a known unit")
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
        Unit::Farad => "p",
        Unit::Ohm => "M",
        Unit::Hertz => "k",
        Unit::Joule => "p",
    };
    format!("is it \"{number} {symbol}\" or \"{number} {prefix}{symbol}\"? The unit is never guessed")
}
