//! The file a fit writes: a preset whose fitted numbers are the fit's, and all others assumed from another preset.
//!
//! Numbers that belong to somebody else's device keep their value and lose their standing: what was measured there
//! is assumed here, and says so.

use crate::device::preset::Preset;
use crate::written::{Diagnostic, Diagnostics};
use std::fmt::Write as _;

/// What stands at the top of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// What scenarios and `memspike device` call it by.
    pub name: String,
    /// One line about the device.
    pub title: String,
    /// The data.
    pub source: String,
    /// Where they were taken.
    pub validity: String,
    /// What the base is called: one that takes up a measurement after the other has the name above in between.
    pub base: String,
    /// Whether the base is of the same device, whose other numbers then keep their standing.
    pub own: bool,
}

/// A parameter that the data gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The key of the preset whose value is replaced.
    pub key: &'static str,
    /// As a preset writes it: `9.41 ms`, `0.05`.
    pub value: String,
    /// `"measured"` or `"fitted"`.
    pub provenance: &'static str,
    /// Its error, and how it follows from the data.
    pub source: String,
}

/// Keys that only some laws have.
const LAWS: [&str; 2] = ["alpha", "beta"];

/// The text of a preset: that of `base` with `model` laws and `changes` put in. Parameters that `base` does not have
/// are left out, unless none of them is there.
///
/// # Errors
/// The faults of `base`, or of what came out: values that are not valid for a device.
pub fn write_preset(
    base: &str,
    head: &Head,
    model: &[(&str, &str)],
    changes: &[Change],
) -> Result<String, Diagnostics> {
    let preset = Preset::parse("the base preset", base)?;
    let fault = |message: String| Diagnostics::from(Diagnostic::error(message));
    let root: toml::Table = base.parse().map_err(|e: toml::de::Error| fault(e.message().to_owned()))?;
    let known = |key: &str| preset.parameters.iter().any(|p| p.key == key);
    if !changes.iter().any(|change| known(change.key)) {
        let keys: Vec<&str> = changes.iter().map(|change| change.key).collect();
        return Err(fault(format!(
            "the preset `{}` does not have the parameters {}",
            preset.name,
            keys.join(", ")
        )));
    }
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = writeln!(
        text,
        "# Fitted; what the data do not say is {} in the preset `{}`.",
        if head.own && head.base == preset.name { "as" } else { "assumed as" },
        head.base
    );
    let kind = root.get("kind").map_or_else(String::new, ToString::to_string);
    let _ = writeln!(text, "name = {}\nkind = {kind}", quoted(&head.name));
    let _ = writeln!(
        text,
        "title = {}\nsource = {}\nvalidity = {}",
        quoted(&head.title),
        quoted(&head.source),
        quoted(&head.validity)
    );
    let own: Vec<(String, String)> = root
        .get("model")
        .and_then(toml::Value::as_table)
        .into_iter()
        .flatten()
        .map(|(key, value)| {
            let changed = model.iter().find(|(name, _)| name == key);
            (key.clone(), changed.map_or_else(|| value.to_string(), |(_, law)| quoted(law)))
        })
        .collect();
    if !own.is_empty() {
        text.push_str("\n[model]\n");
        for (key, value) in own {
            let _ = writeln!(text, "{key} = {value}");
        }
    }
    text.push_str("\n[parameters]\n");
    let parameters = root.get("parameters").and_then(toml::Value::as_table);
    for parameter in &preset.parameters {
        let key = &parameter.key;
        let (value, provenance, source) = match changes.iter().find(|change| change.key == key) {
            Some(change) => {
                let number = change.value.parse::<f64>().is_ok();
                let value = if number { change.value.clone() } else { quoted(&change.value) };
                (value, change.provenance, change.source.clone())
            }
            None => {
                let value = parameters.and_then(|p| p.get(key)).and_then(|p| p.get("value"));
                let value = value.map_or_else(String::new, ToString::to_string);
                if head.own {
                    (value, parameter.provenance.name(), parameter.source.clone())
                } else {
                    let origin = format!(
                        "not in the data; as in the preset {} ({}: {})",
                        preset.name,
                        parameter.provenance.name(),
                        parameter.source
                    );
                    (value, "assumed", origin)
                }
            }
        };
        let source = quoted(&source);
        let _ =
            writeln!(text, "{key} = {{ value = {value}, provenance = \"{provenance}\", source = {source} }}");
    }
    // Numbers that a law asks for which the base does not have.
    for change in changes.iter().filter(|c| !model.is_empty() && LAWS.contains(&c.key) && !known(c.key)) {
        let source = quoted(&change.source);
        let (key, value, provenance) = (change.key, &change.value, change.provenance);
        let _ =
            writeln!(text, "{key} = {{ value = {value}, provenance = \"{provenance}\", source = {source} }}");
    }
    // What is written is read: a device that is none is told before anyone uses it.
    Preset::parse(&head.name, &text)?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::preset::Provenance;
    use crate::device::threshold::VolatileSwitch;

    fn head() -> Head {
        Head {
            name: "mine".into(),
            title: "My \"switch\"".into(),
            source: "relaxation.csv".into(),
            validity: "0 to 40 ms".into(),
            base: "ag-tio2-pt-ts".into(),
            own: false,
        }
    }

    fn tau(value: &str) -> Change {
        let source = "relaxation.csv, +- 0.1 ms".to_owned();
        Change { key: "tau", value: value.into(), provenance: "fitted", source }
    }

    #[test]
    fn fitted_numbers_are_the_fits_and_all_others_are_assumed() {
        let base = Preset::embedded_text("ag-tio2-pt-ts").unwrap();
        let text = write_preset(base, &head(), &[], &[tau("8.7 ms")]).unwrap();
        let preset = Preset::parse("mine.toml", &text).unwrap();
        let VolatileSwitch { switch, .. } = preset.device.get().unwrap();
        assert_eq!((switch.tau.get(), preset.title.as_str()), (8.7e-3, "My \"switch\""));
        for p in &preset.parameters {
            let expected = if p.key == "tau" { Provenance::Fitted } else { Provenance::Assumed };
            assert_eq!(p.provenance, expected, "{p:?}");
        }
        let assumed = preset.assumed().next().unwrap();
        assert!(assumed.source.contains("as in the preset ag-tio2-pt-ts"), "{assumed}");
    }

    #[test]
    fn numbers_of_the_same_device_keep_their_standing() {
        let base = Preset::embedded_text("ag-tio2-pt-ts").unwrap();
        let first = write_preset(base, &head(), &[], &[tau("8.7 ms")]).unwrap();
        let v_th =
            Change { key: "v_th", value: "0.3 V".into(), provenance: "fitted", source: "loops.csv".into() };
        let both = write_preset(&first, &Head { own: true, ..head() }, &[], &[v_th]).unwrap();
        let preset = Preset::parse("mine.toml", &both).unwrap();
        let fitted: Vec<&str> = preset
            .parameters
            .iter()
            .filter(|p| p.provenance == Provenance::Fitted)
            .map(|p| p.key.as_str())
            .collect();
        assert_eq!(fitted, ["tau", "v_th"]);
        assert!(both.contains("relaxation.csv, +- 0.1 ms"), "{both}");
    }

    #[test]
    fn every_embedded_preset_can_be_a_base() {
        for name in Preset::names() {
            let base = Preset::embedded_text(name).unwrap();
            let change =
                Change { key: "v_max", value: "0.3 V".into(), provenance: "measured", source: "me".into() };
            let text = write_preset(base, &head(), &[], &[change]).unwrap();
            let (own, was) = (Preset::parse("x", &text).unwrap(), Preset::named(name).unwrap());
            assert_eq!(own.device, was.device, "{name}");
        }
    }

    #[test]
    fn a_law_can_be_changed_and_a_device_that_is_none_is_refused() {
        let base = Preset::embedded_text("ag-tio2-pt-rs-analog").unwrap();
        let change = Change { key: "g_max", value: "3 mS".into(), provenance: "fitted", source: "me".into() };
        let text = write_preset(base, &head(), &[("law", "soft_bound")], &[change]).unwrap();
        assert!(text.contains("law = \"soft_bound\""));
        let change =
            Change { key: "g_max", value: "0.1 mS".into(), provenance: "fitted", source: "me".into() };
        assert!(write_preset(base, &head(), &[], &[change]).is_err());
        let nowhere = Change { key: "tau", ..tau("1 s") };
        let faults = write_preset(base, &head(), &[], &[nowhere]).unwrap_err().to_string();
        assert!(faults.contains("does not have the parameters tau"), "{faults}");
    }
}
