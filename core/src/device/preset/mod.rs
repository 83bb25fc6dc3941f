//! Presets: published parameter sets, each number with where it comes from.
//!
//! A preset is a TOML file (`presets/NAME.toml`, embedded in the program). Its `kind` says what device it describes, and
//! with that which keys it has. Its `[parameters]` are tables of `value`, `provenance` (measured, literature, fitted or
//! assumed) and `source`; `[model]` chooses among laws. A preset states the range it holds for; [`Preset::check_voltage`]
//! holds a protocol to it.

mod build;
mod change;

pub use super::parameters::{Parameter, Provenance, STATED};
pub use build::tree;
pub use change::change;

use super::open::Open;
use crate::units::Volt;
use crate::written::Source;
use include_dir::{Dir, include_dir};
use serde::Serialize;
use std::sync::Arc;

/// Parameters of every preset, whatever its kind: the voltages that it is stated for. `v_min` may be left away.
pub const RANGE: [&str; 2] = ["v_max", "v_min"];

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../presets");

/// A published parameter set.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Preset {
    /// What it is called: the name of its file.
    pub name: String,
    /// One line.
    pub title: String,
    /// Citation.
    pub source: String,
    /// Where the numbers hold.
    pub validity: String,
    /// The lowest voltage they hold for: that of `v_max` with the other sign where the file states none.
    pub v_min: Volt,
    /// The highest voltage they hold for.
    pub v_max: Volt,
    /// The device it describes.
    pub device: Open,
    /// In the order of the file.
    pub parameters: Vec<Parameter>,
}

/// A voltage outside a preset's range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{voltage} is outside the range of preset `{preset}`, {}; it is stated for: {validity}", self.allowed())]
pub struct OutOfRange {
    /// Name of the preset.
    pub preset: String,
    /// What was asked for.
    pub voltage: Volt,
    /// The lowest and the highest there are.
    pub range: [Volt; 2],
    /// Where the numbers of the preset hold.
    pub validity: String,
}

impl OutOfRange {
    /// The voltages there are, in words.
    #[must_use]
    pub fn allowed(&self) -> String {
        let [low, high] = self.range;
        if low == -high { format!("up to {high} either way") } else { format!("{low} to {high}") }
    }
}

impl Preset {
    /// Names of the embedded presets, sorted.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        let stem = |f: &include_dir::File<'static>| f.path().file_stem().and_then(|s| s.to_str());
        let toml = |f: &&include_dir::File<'static>| f.path().extension().is_some_and(|e| e == "toml");
        let mut names: Vec<_> = EMBEDDED.files().filter(toml).filter_map(stem).collect();
        names.sort_unstable();
        names
    }

    /// An embedded preset as a text to read.
    #[must_use]
    pub fn embedded(name: &str) -> Option<Arc<Source>> {
        Some(Source::file(&format!("presets/{name}.toml"), Self::embedded_text(name)?))
    }

    /// The file of an embedded preset.
    #[must_use]
    pub fn embedded_text(name: &str) -> Option<&'static str> {
        EMBEDDED.get_file(format!("{name}.toml")).and_then(include_dir::File::contents_utf8)
    }

    /// Holds a voltage to the range the preset is stated for.
    ///
    /// # Errors
    /// If it is below `v_min` or above `v_max`.
    pub fn check_voltage(&self, v: Volt) -> Result<(), OutOfRange> {
        if (self.v_min..=self.v_max).contains(&v) {
            return Ok(());
        }
        Err(OutOfRange {
            preset: self.name.clone(),
            voltage: v,
            range: [self.v_min, self.v_max],
            validity: self.validity.clone(),
        })
    }

    /// Parameters that are likely percentages which were written as plain numbers.
    pub fn likely_percentages(&self) -> impl Iterator<Item = (&str, f64)> {
        self.parameters.iter().filter_map(Parameter::likely_percent)
    }

    /// What is assumed.
    pub fn assumed(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| p.provenance == Provenance::Assumed)
    }
}

#[cfg(test)]
mod tests;
