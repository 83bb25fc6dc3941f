//! Measured numbers as a person writes them, in the prefix of what they stand beside.

use super::number::{PREFIXES, count, significant, trimmed};
use crate::hint::LARGE;
use crate::scenario::device::MeasuredIn;

/// A measured number with its unit; "none" where there is none.
#[must_use]
pub fn shown(value: Option<f64>, unit: MeasuredIn) -> String {
    value.map_or_else(|| "none".into(), |value| Scale::of(unit, value).rounded(value))
}

/// Unit and prefix in which numbers that belong together are shown.
pub struct Scale {
    factor: f64,
    suffix: String,
    whole: bool,
}

impl Scale {
    #[must_use]
    pub fn of(unit: MeasuredIn, value: f64) -> Self {
        let symbol = match unit {
            MeasuredIn::Ohm => "\u{3a9}",
            _ => unit.symbol(),
        };
        match unit {
            MeasuredIn::Fraction => Self { factor: 0.01, suffix: " %".into(), whole: false },
            MeasuredIn::Count => Self { factor: 1.0, suffix: String::new(), whole: true },
            MeasuredIn::Ratio => Self { factor: 1.0, suffix: String::new(), whole: value.abs() >= 1000.0 },
            _ => {
                // Volts as the field writes them: 0.25 V, not 250 mV; 0.43 mV, not 430 uV.
                let limit = if matches!(unit, MeasuredIn::Volt) { 0.05 } else { 0.9995 };
                // And nobody counts kiloseconds.
                let largest = if matches!(unit, MeasuredIn::Second) { 1.0 } else { f64::INFINITY };
                let found = PREFIXES[1..10]
                    .iter()
                    .find(|(_, factor)| *factor <= largest && value.abs() >= factor * limit);
                let (prefix, factor) = found.copied().unwrap_or(("", 1.0));
                Self { factor, suffix: format!(" {prefix}{symbol}"), whole: false }
            }
        }
    }

    /// Every digit of a number that was written by a person.
    #[must_use]
    pub fn exact(&self, value: f64) -> String {
        let scaled = value / self.factor;
        // Ten digits: enough for what is printed in a paper, few enough to leave out what a prefix adds.
        self.with_suffix(&trimmed(&significant(scaled, 10)), scaled)
    }

    #[must_use]
    pub fn rounded(&self, value: f64) -> String {
        let scaled = value / self.factor;
        if scaled != 0.0 && !(1e-4..1e12).contains(&scaled.abs()) {
            return format!("{scaled:.2e}{}", self.suffix).replace('-', "\u{2212}");
        }
        self.with_suffix(&trimmed(&significant(scaled, 5)), scaled)
    }

    /// A difference, with as many digits as its tolerance needs.
    #[must_use]
    pub fn signed(&self, value: f64, margin: f64) -> String {
        let places = (3 - (margin.max(f64::MIN_POSITIVE) / self.factor).log10().ceil() as i32).clamp(0, 9);
        let scaled = value / self.factor;
        if scaled.abs() >= LARGE {
            return format!("{scaled:+.2e}{}", self.suffix).replace('-', "\u{2212}");
        }
        let text = trimmed(&format!("{scaled:+.*}", places as usize));
        format!("{text}{}", self.suffix).replace('-', "\u{2212}")
    }

    fn with_suffix(&self, digits: &str, scaled: f64) -> String {
        if self.whole && scaled.abs() < 1e15 && scaled >= 0.0 {
            return format!("{}{}", count(scaled.round() as u64), self.suffix);
        }
        format!("{digits}{}", self.suffix).replace('-', "\u{2212}")
    }
}
