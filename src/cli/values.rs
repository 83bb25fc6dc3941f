//! Values of options: how they are read, and the choices that several commands share.

use clap::ValueEnum;
use memspike::time::{ParseTimeError, Time};
use memspike::units::{Quantity, Second, parse_percent};
use serde::{Deserialize, Serialize};

/// How a table is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TableFormat {
    Csv,
    Json,
}

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub enum Format {
    Text,
    Json,
}

/// How progress is told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub enum How {
    /// One line that changes on a terminal, lines elsewhere.
    #[default]
    Auto,
    /// A line for each epoch.
    Lines,
    /// JSON objects, one per line, with everything else that is said too.
    Json,
}

/// `KEY=VALUE`.
pub fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().into(), value.trim().into())),
        _ => Err("expected KEY=VALUE, such as protocol.epochs=5 or population.output.tau_m=\"10 ms\"".into()),
    }
}

/// A quantity with its unit.
pub fn quantity<Q: Quantity>(text: &str) -> Result<Q, String> {
    Q::parse(text).map_err(|error| error.to_string())
}

/// As [`quantity`], above zero.
pub fn positive<Q: Quantity>(text: &str) -> Result<Q, String> {
    let value: Q = quantity(text)?;
    if value.si() > 0.0 {
        Ok(value)
    } else {
        Err(format!("it must be above zero, such as \"{}\"", Q::EXAMPLE))
    }
}

/// A step of time.
pub fn step(text: &str) -> Result<Time, String> {
    let allowed = "expected a time of at least 1 fs, such as \"0.1 ms\"";
    let time = Time::parse(text).map_err(|error| match error {
        ParseTimeError::Quantity(_) => allowed.to_string(),
        ParseTimeError::Range(range) => range.to_string(),
    })?;
    if time == Time::ZERO { Err(allowed.into()) } else { Ok(time) }
}

/// How far apart two numbers may be, relative to the larger.
pub fn tolerance(text: &str) -> Result<f64, String> {
    let value = text.trim().parse::<f64>().ok().or_else(|| parse_percent(text));
    value
        .filter(|fraction| (0.0..1.0).contains(fraction))
        .ok_or_else(|| "expected a fraction from 0 to below 1, such as 1e-9 or 0.1 %".into())
}

/// Seconds that pass on a clock, at least one tenth: seconds, `min` or `h`.
pub fn patience(text: &str) -> Result<f64, String> {
    let longer = [("min", 60.0), ("h", 3600.0)];
    let longer = longer.iter().find_map(|(unit, seconds)| Some((text.trim().strip_suffix(unit)?, seconds)));
    let time = match longer {
        Some((number, seconds)) => number.trim().parse::<f64>().ok().map(|number| number * seconds),
        None => quantity::<Second>(text).ok().map(Second::get),
    };
    let allowed = || "expected a time of at least 0.1 s, such as \"30 s\" or \"5 min\"".to_string();
    time.filter(|time| *time >= 0.1 && time.is_finite()).ok_or_else(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_keeps_what_follows_the_first_equals_sign() {
        assert_eq!(key_value("a.b = \"x=1\""), Ok(("a.b".into(), "\"x=1\"".into())));
        assert!(key_value("a.b").is_err());
        assert!(key_value("=1").is_err());
    }

    #[test]
    fn patience_is_at_least_a_tenth_of_a_second() {
        for (text, seconds) in [("30 s", 30.0), ("5 min", 300.0), ("1.5h", 5400.0), ("100 ms", 0.1)] {
            assert_eq!(patience(text), Ok(seconds), "{text}");
        }
        for text in ["0 s", "99 ms", "-1 min", "5", "five min", "inf h", "NaN min", "1 V"] {
            assert!(patience(text).is_err(), "{text}");
        }
    }
}
