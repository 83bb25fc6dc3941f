//! The preset a command names: embedded or a file, with what `--set` changes.

use super::super::failure::Failure;
use super::super::files;
use memspike::device::DeviceEntry;
use memspike::device::parameters::section;
use memspike::device::preset::{Preset, change, tree};
use memspike::hint::nearest;
use memspike::written::text::argument_value;
use memspike::written::{At, Item, Source};
use std::path::Path;
use std::sync::Arc;

/// The source of a parameter that `--set` changes.
pub const SET: &str = "stated with --set";

/// A preset and the text it was read from.
pub struct Found {
    pub preset: Preset,
    pub text: String,
}

/// Finds and reads a preset.
///
/// # Errors
/// All faults of the file, or of what `--set` changes.
pub fn find(name: &str, set: &[(String, String)], kinds: &[DeviceEntry]) -> Result<Found, Failure> {
    let source = match Preset::embedded(name) {
        Some(source) => source,
        None if looks_like_a_file(name) => Source::file(name, &files::read_text(Path::new(name), "preset")?),
        None => return Err(unknown(name)),
    };
    let (what, text) = (format!("preset `{name}`"), source.text.to_string());
    let mut tree = tree(&source)?;
    // The preset itself must be right before anything is changed in it.
    let mut preset = Preset::read(&tree, &what, kinds)?;
    if !set.is_empty() {
        for (key, value) in set {
            let known = preset.device.kind().keys.iter().find(|known| known.name == key);
            let table = known.map_or("parameters", section);
            change(&mut tree, table, &argument(key, value), SET);
        }
        preset = Preset::read(&tree, &what, kinds)?;
    }
    Ok(Found { preset, text })
}

/// `KEY=VALUE` as an item of a tree.
fn argument(key: &str, value: &str) -> Item {
    let source = Source::argument("--set", &format!("{key}={value}"));
    let key_at = At { source: Arc::clone(&source), span: 0..key.len() };
    Item { key: key.to_owned(), key_at, node: argument_value(&source, key.len() + 1) }
}

fn looks_like_a_file(name: &str) -> bool {
    name.contains(['/', '\\'])
        || Path::new(name).extension().is_some_and(|e| e.eq_ignore_ascii_case("toml"))
        || Path::new(name).exists()
}

fn unknown(name: &str) -> Failure {
    let names = Preset::names();
    let hint = match nearest(name, names.iter().copied()) {
        Some(known) => {
            format!("did you mean `{known}`? A file is named by its path, such as ./{name}.toml")
        }
        None => format!("known are {}; a file is named by its path, such as ./my.toml", names.join(", ")),
    };
    Failure::new(format!("no device is named `{name}`")).with_hint(hint)
}
