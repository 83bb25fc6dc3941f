//! A preset, with what a scenario changes in it.

use super::super::diagnostic::{Diagnostic, Diagnostics, nearest};
use super::super::filled::Fields;
use super::super::locate;
use super::super::section::Lower;
use super::super::spec::Kind;
use super::super::table::table;
use super::super::text::{Node, Value};
use crate::device::preset::{Preset, STATED, change, tree};

table! {
    /// A device, as it is described.
    pub(in crate::scenario) struct Device {
        /// Where its parameters come from: a shipped preset, or a preset file beside the scenario (`NAME.toml`).
        preset: Preset = Kind::Text => preset;
        /// Parameters of the preset that are different here; which there are its kind says, below.
        parameters: () = Kind::Overrides, setting("{}");
        /// Laws of the preset that are different here.
        model: () = Kind::Overrides, setting("{}");
    }
}

/// The preset of a device as it is described.
pub(in crate::scenario) fn device_preset(lower: &mut Lower<'_>, fields: &Fields) -> Option<Preset> {
    let Device { preset, parameters: (), model: () } = lower.made(fields)?;
    Some(preset)
}

/// The preset that is named, with what the scenario changes in it.
fn preset(lower: &mut Lower<'_>, fields: &Fields) -> Option<Preset> {
    let (name, at) = (fields.text("preset")?, fields.written("preset")?);
    let is_file = std::path::Path::new(name).extension().is_some_and(|extension| extension == "toml");
    let source = if is_file {
        locate::beside(name, at).map_err(|fault| lower.faults.push(fault)).ok()?
    } else if let Some(source) = Preset::embedded(name) {
        source
    } else {
        let names = Preset::names();
        let close = nearest(name, names.iter().copied());
        lower.faults.push(
            Diagnostic::error(format!("`preset` of {} is \"{name}\", which is not a preset", fields.what))
                .at(at)
                .label("not known")
                .allowed(format!("{}, or a file NAME.toml", names.join(", ")))
                .maybe_hint(close.map(|close| format!("did you mean \"{close}\"?"))),
        );
        return None;
    };
    // The preset itself must be right before anything is changed in it.
    let read = tree(&source).and_then(|tree| {
        Preset::read(&tree, &format!("preset `{name}`"), lower.registry.devices()).map(|p| (tree, p))
    });
    let (mut tree, preset) = read
        .map_err(|faults: Diagnostics| {
            for fault in faults {
                lower.faults.push(fault.asked_for(Some(at), "this preset"));
            }
        })
        .ok()?;
    let mut changed = false;
    for table in ["model", "parameters"] {
        let Some(Node { value: Value::Table(changes), .. }) = fields.raw(table) else { continue };
        for item in &changes.entries {
            change(&mut tree, table, item, STATED);
            changed = true;
        }
    }
    if !changed {
        return Some(preset);
    }
    Preset::read(&tree, &fields.what, lower.registry.devices())
        .map_err(|faults| lower.faults.extend(faults))
        .ok()
}
