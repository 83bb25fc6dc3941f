//! From the tree of a preset to its device.

use super::{Preset, RANGE};
use crate::device::kinds::SHIPPED;
use crate::device::open::DeviceEntry;
use crate::device::parameters::Reader;
use crate::units::Volt;
use crate::written::{Diagnostic, Diagnostics, Source, Table, nearest, text};
use std::sync::Arc;

impl Preset {
    /// Reads a preset; `file` is only named in messages.
    ///
    /// # Errors
    /// All faults.
    pub fn parse(file: &str, text: &str) -> Result<Self, Diagnostics> {
        Self::read(&tree(&Source::file(file, text))?, &format!("preset `{file}`"), &SHIPPED)
    }

    /// An embedded preset.
    ///
    /// # Errors
    /// If there is none of this name (with the nearest one as a hint).
    pub fn named(name: &str) -> Result<Self, Diagnostics> {
        match Self::embedded(name) {
            Some(source) => Self::read(&tree(&source)?, &format!("preset `{name}`"), &SHIPPED),
            None => Err(Self::unknown(name).into()),
        }
    }

    /// The fault that no embedded preset has this name.
    #[must_use]
    pub fn unknown(name: &str) -> Diagnostic {
        let names = Self::names();
        let close = nearest(name, names.iter().copied());
        Diagnostic::error(format!("there is no preset `{name}`"))
            .allowed(format!("{}, or a file NAME.toml", names.join(", ")))
            .maybe_hint(close.map(|close| format!("did you mean `{close}`?")))
    }

    /// Reads a preset of one of `kinds` from its tree; `what` is its name in messages.
    ///
    /// # Errors
    /// All faults.
    pub fn read(tree: &Table, what: &str, kinds: &[DeviceEntry]) -> Result<Self, Diagnostics> {
        preset(Reader::new(tree, what), kinds)
    }
}

/// The tree of a preset.
///
/// # Errors
/// Where it is not TOML.
pub fn tree(source: &Arc<Source>) -> Result<Table, Diagnostics> {
    let mut faults = Diagnostics::default();
    let tree = text::parse(source, &mut faults);
    if faults.is_empty() { Ok(tree) } else { Err(faults) }
}

/// Everything of the file, or all its faults.
fn preset(mut r: Reader<'_>, kinds: &[DeviceEntry]) -> Result<Preset, Diagnostics> {
    let (name, title) = (r.text("name"), r.text("title"));
    let (source, validity) = (r.text("source"), r.text("validity"));
    let names: Vec<&'static str> = kinds.iter().map(|kind| kind.name).collect();
    let kind = r.choice("", "kind", &names, None);
    // Without a kind the other keys cannot be judged.
    let Some(kind) = kinds.iter().find(|entry| Some(entry.name) == kind) else { return Err(r.finish().1) };
    r.with_keys(kind.keys);
    let device = kind.read(&mut r);
    let [max, min] = RANGE;
    let v_max: Option<Volt> = r.value(max);
    let v_max = r.held(max, v_max, |v| v > Volt::ZERO, "a voltage above 0 V");
    let v_min: Option<Volt> = r.value_or(min, v_max.map(|v| -v));
    let v_min = r.held(min, v_min, |v| v <= Volt::ZERO, "a voltage of at most 0 V");
    r.no_others();
    let (parameters, faults) = r.finish();
    match (device, v_min, v_max) {
        (Some(device), Some(v_min), Some(v_max)) if faults.is_empty() => {
            Ok(Preset { name, title, source, validity, v_min, v_max, device, parameters })
        }
        _ => Err(faults),
    }
}
