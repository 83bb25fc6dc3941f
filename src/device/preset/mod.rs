//! Presets: published parameter sets, each number with where it comes from.
//!
//! A preset is a TOML file (`presets/NAME.toml`, embedded in the program). Its `[parameters]` are tables of
//! `value`, `provenance` (measured, literature, fitted or assumed) and `source`; `[model]` chooses among laws. A
//! preset states the range it holds for; [`Preset::check_voltage`] holds a protocol to it.

mod build;
mod change;
mod read;

pub use build::tree;
pub use change::change;

use super::endurance::Endurance;
use super::overlap::SpikePulse;
use super::resistive::{BinarySwitch, DeviceSpread, DoseDevice, Resistive};
use super::retention::Retention;
use super::threshold::{RelaxationOscillator, ThresholdSpread, ThresholdSwitch};
use crate::units::{Siemens, Volt};
use crate::written::Source;
use include_dir::{Dir, include_dir};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/presets");

/// Where a number comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provenance {
    /// Read off this device's own measurement.
    Measured,
    /// Published by others for this device or model.
    Literature,
    /// Chosen so that the model reproduces measurements.
    Fitted,
    /// Neither: a reasonable guess, listed by every report.
    Assumed,
}

impl Provenance {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Measured, Self::Literature, Self::Fitted, Self::Assumed];

    /// Name as in files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Measured => "measured",
            Self::Literature => "literature",
            Self::Fitted => "fitted",
            Self::Assumed => "assumed",
        }
    }
}

/// One number (or list of numbers) of a preset, as written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    pub key: String,
    /// As written: `"9.41 ms"`, `0.05`.
    pub value: String,
    pub provenance: Provenance,
    pub source: String,
}

/// As reports list it: `g_off = 0.1 uS (no off current can be read off)`.
impl std::fmt::Display for Parameter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} = {} ({})", self.key, self.value, self.source)
    }
}

/// The device a preset describes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PresetDevice {
    ThresholdSwitch {
        switch: ThresholdSwitch,
        spread: ThresholdSpread,
    },
    BinarySwitch {
        device: BinarySwitch,
        retention: Retention,
        endurance: Endurance,
    },
    DoseDevice {
        device: DoseDevice,
        spread: DeviceSpread,
        retention: Retention,
        /// Conductance protocols start from.
        g_start: Siemens,
        /// The spike pulse it learns with, if one is known.
        pulse: Option<SpikePulse>,
    },
    Oscillator {
        oscillator: RelaxationOscillator,
    },
}

impl PresetDevice {
    /// Names of the kinds, as in files.
    pub const KINDS: [&'static str; 4] = ["threshold_switch", "binary_switch", "dose_device", "oscillator"];

    /// The non-volatile device, if it is one.
    #[must_use]
    pub fn resistive(&self) -> Option<&dyn Resistive> {
        match self {
            Self::BinarySwitch { device, .. } => Some(device),
            Self::DoseDevice { device, .. } => Some(device),
            _ => None,
        }
    }
}

/// A published parameter set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    pub name: String,
    pub title: String,
    /// Citation.
    pub source: String,
    /// Where the numbers hold.
    pub validity: String,
    /// Largest magnitude of voltage they hold for.
    pub v_max: Volt,
    pub device: PresetDevice,
    /// In the order of the file.
    pub parameters: Vec<Parameter>,
}

/// A voltage outside a preset's range.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{voltage} is outside the range of preset `{preset}`, up to {v_max}; it is stated for: {validity}")]
pub struct OutOfRange {
    pub preset: String,
    pub voltage: Volt,
    pub v_max: Volt,
    pub validity: String,
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
    /// If |v| exceeds it.
    pub fn check_voltage(&self, v: Volt) -> Result<(), OutOfRange> {
        if v.get().abs() <= self.v_max.get() {
            return Ok(());
        }
        Err(OutOfRange {
            preset: self.name.clone(),
            voltage: v,
            v_max: self.v_max,
            validity: self.validity.clone(),
        })
    }

    /// What is assumed.
    pub fn assumed(&self) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(|p| p.provenance == Provenance::Assumed)
    }
}

#[cfg(test)]
mod tests;
