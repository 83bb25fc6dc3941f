//! Values of options: how they are read, and the choices that several commands share.

use clap::ValueEnum;
use memspike::time::{ParseTimeError, Time};
use memspike::units::{Quantity, parse_percent};

/// How an answer is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Format {
    Text,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_keeps_what_follows_the_first_equals_sign() {
        assert_eq!(key_value("a.b = \"x=1\""), Ok(("a.b".into(), "\"x=1\"".into())));
        assert!(key_value("a.b").is_err());
        assert!(key_value("=1").is_err());
    }
}
