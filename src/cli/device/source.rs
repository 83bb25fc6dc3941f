//! The preset a command names: embedded or a file, with what `--set` changes.

use super::super::failure::Failure;
use super::super::files;
use memspike::device::preset::{Preset, PresetError};
use memspike::hint::nearest;
use std::path::Path;

/// A preset and the text it was read from.
pub struct Source {
    pub preset: Preset,
    pub text: String,
}

/// Keys that choose a law; all others are parameters.
const MODEL_KEYS: [&str; 8] =
    ["law", "set", "reset", "conduction", "off_conduction", "decay", "threshold_law", "kind"];

/// Finds and reads a preset.
///
/// # Errors
/// All faults of the file, or of what `--set` changes.
pub fn find(name: &str, set: &[(String, String)]) -> Result<Source, Failure> {
    let (file, text) = match Preset::embedded_text(name) {
        Some(text) => (format!("presets/{name}.toml"), text.to_owned()),
        None if looks_like_a_file(name) => (name.to_owned(), files::read_text(Path::new(name), "preset")?),
        None => return Err(unknown(name)),
    };
    let preset = Preset::parse(&file, &text).map_err(|faults| several(&faults))?;
    if set.is_empty() {
        return Ok(Source { preset, text });
    }
    let text = changed(&text, set)?;
    let preset = Preset::parse(&file, &text).map_err(|faults| {
        Failure::Several(
            faults
                .iter()
                .map(|fault| {
                    let key = if fault.key.is_empty() { String::new() } else { format!("`{}`: ", fault.key) };
                    (format!("{file} with --set: {key}{}", fault.message), Some(SET_HINT.to_owned()))
                })
                .collect(),
        )
    })?;
    Ok(Source { preset, text })
}

const SET_HINT: &str = "`memspike models NAME` shows the parameters of a preset";

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

fn several(faults: &[PresetError]) -> Failure {
    Failure::Several(
        faults
            .iter()
            .map(|fault| {
                let hint = "`memspike fit` writes presets, and those in presets/ of the sources are examples";
                (fault.to_string(), Some(hint.to_owned()))
            })
            .collect(),
    )
}

/// The text with some values replaced or added.
fn changed(text: &str, set: &[(String, String)]) -> Result<String, Failure> {
    let mut root: toml::Table = text
        .parse()
        .map_err(|error: toml::de::Error| Failure::new(format!("not TOML: {}", error.message())))?;
    for (key, value) in set {
        let written = written(value);
        if MODEL_KEYS.contains(&key.as_str()) {
            let model = root.entry("model").or_insert_with(|| toml::Table::new().into());
            if let Some(model) = model.as_table_mut() {
                model.insert(key.clone(), written);
            }
            continue;
        }
        let mut parameter = toml::Table::new();
        parameter.insert("value".into(), written);
        parameter.insert("provenance".into(), "assumed".into());
        parameter.insert("source".into(), "set on the command line".into());
        let parameters = root.entry("parameters").or_insert_with(|| toml::Table::new().into());
        if let Some(parameters) = parameters.as_table_mut() {
            parameters.insert(key.clone(), parameter.into());
        }
    }
    Ok(root.to_string())
}

/// A number where it is one, else a text, with or without the quotes a shell leaves.
fn written(value: &str) -> toml::Value {
    let plain = value.trim();
    let bare = plain.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(plain);
    match bare.parse::<f64>() {
        Ok(number) => number.into(),
        Err(_) => bare.into(),
    }
}
