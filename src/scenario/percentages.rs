//! Numbers without unit that are likely percentages: warnings, with the percentage as it is written.

use super::diagnostic::{At, Diagnostic, Diagnostics};
use super::filled::{Datum, Fields, Filled};
use super::spec::Kind;
use super::spec::kinds::CV;
use super::text::{Node, Value};
use crate::device::preset::Preset;
use crate::hint::number;
use crate::keys::{likely_percent, plain};
use crate::numeric::decimal::product;

/// Adds a warning for every spread above 1 and every amplitude above 10 that is stated.
pub fn check(filled: &Filled, warnings: &mut Diagnostics) {
    for (section, tables) in &filled.sections {
        for (index, (_, fields)) in tables.iter().enumerate() {
            // Intervals between the spikes of a source vary as they do: above 1 is more irregular than a Poisson process.
            if *section != "source" {
                table(fields, warnings);
            }
            let preset = match *section {
                "device" => filled.devices.get(index).and_then(Option::as_ref),
                // That of a named device is asked about there.
                "population" if fields.if_there("device").is_none_or(|entry| entry.datum.is_none()) => {
                    fields.preset.as_deref()
                }
                _ => None,
            };
            if let Some(preset) = preset {
                of_preset(preset, fields, warnings);
            }
        }
    }
}

fn table(fields: &Fields, warnings: &mut Diagnostics) {
    for entry in fields.entries.iter().filter(|entry| entry.active) {
        match &entry.datum {
            Some(Datum::Table(inner)) => table(inner, warnings),
            Some(Datum::Tables(list)) => list.iter().for_each(|inner| table(inner, warnings)),
            _ => {}
        }
        let Some(at) = fields.written(entry.key.name) else { continue };
        let spread = matches!((entry.key.kind, CV), (Kind::Number(a), Kind::Number(b)) if a == b);
        let name = if spread { "cv" } else { entry.key.name };
        let numbers = match (&entry.datum, entry.key.kind) {
            (Some(Datum::Number(value)), _) => vec![(*value, at.clone())],
            (Some(Datum::Raw(node)), Kind::Number(_)) => all(node),
            (Some(Datum::Raw(node)), Kind::Weight | Kind::Delay(_)) => sigma(node).into_iter().collect(),
            _ => continue,
        };
        let name = if matches!(entry.key.kind, Kind::Weight | Kind::Delay(_)) { "sigma" } else { name };
        if let Some((value, at)) =
            numbers.into_iter().find(|(value, at)| likely_percent(name, *value) && !at.text().contains('%'))
        {
            warnings.push(warning(&format!("`{}` of {}", entry.key.name, fields.what), value, Some(&at)));
        }
    }
}

/// The numbers of a list, and of a law: those of single neurons.
fn all(node: &Node) -> Vec<(f64, At)> {
    match &node.value {
        Value::List(items) => items.iter().flat_map(all).collect(),
        Value::Table(table) => table.entries.iter().flat_map(|item| all(&item.node)).collect(),
        _ => plain(node).into_iter().map(|value| (value, node.at.clone())).collect(),
    }
}

/// The spread of a log-normal law.
fn sigma(node: &Node) -> Option<(f64, At)> {
    let Value::Table(table) = &node.value else { return None };
    match &table.get("log_normal")?.node.value {
        Value::List(pair) => pair.get(1).and_then(|sigma| Some((plain(sigma)?, sigma.at.clone()))),
        _ => None,
    }
}

/// What a preset has, changed here or in a file of its own.
fn of_preset(preset: &Preset, fields: &Fields, warnings: &mut Diagnostics) {
    for (key, value) in preset.likely_percentages() {
        let changed = match fields.if_there("parameters").and_then(|entry| entry.datum.as_ref()) {
            Some(Datum::Raw(node)) => node.table().and_then(|table| table.get(key)),
            _ => None,
        };
        let named = fields.if_there("preset").and_then(|_| fields.written("preset"));
        let at = changed.map(|item| &item.node.at).or(named).or(fields.at.as_ref());
        warnings.push(warning(&format!("`{key}` of {}, `{}`,", fields.what, preset.name), value, at));
    }
}

fn warning(what: &str, value: f64, at: Option<&At>) -> Diagnostic {
    let percent = number(product(value, 100.0));
    let value = number(value);
    Diagnostic::warning(format!("{what} is {value}: {percent} %"))
        .maybe_at(at)
        .label("is it a percentage?")
        .allowed("spreads of at most 1 (100 %), amplitudes of at most 10 (1000 %)")
        .hint(format!("if {value} % is meant, write \"{value} %\""))
}

#[cfg(test)]
mod tests {
    use crate::scenario::load_text;

    /// What is warned of in a scenario of two populations, a crossbar between them, and a rule.
    fn warned(neurons: &str, crossbar: &str, rule: &str) -> Vec<String> {
        let text = format!(
            "[source.in]\nkind = \"poisson\"\nsize = 2\nrate = \"10 Hz\"\n[device.d]\npreset = \"ag-tio2-pt-rs-analog\"\n\
             [population.out]\nmodel = \"switch\"\nsize = 2\n{neurons}\n[projection.p]\nfrom = \"in\"\nto = \"out\"\n\
             weight = \"1 mV\"\ndevice = \"d\"\n[projection.p.crossbar]\nw_max = \"2 mV\"\n{crossbar}\n{rule}\n\
             [protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n"
        );
        match load_text("test.toml", &text, &[], None) {
            Ok(loaded) => {
                let hints = loaded.warnings.iter().filter(|warning| &*warning.label == "is it a percentage?");
                hints.map(|warning| warning.hint.as_deref().unwrap_or_default().to_string()).collect()
            }
            Err(faults) => vec![faults.render(false)],
        }
    }

    #[test]
    fn spreads_above_1_and_amplitudes_above_10_are_asked_about() {
        let rule = |a: &str| format!("[projection.p.plasticity]\nrule = \"stdp_pair\"\na_plus = {a}");
        let none: [String; 0] = [];
        let hint = |value: &str| vec![format!("if {value} % is meant, write \"{value} %\"")];
        for (neurons, crossbar, rule, want) in [
            ("cycle_cv = 1.0", "", String::new(), none.to_vec()),
            ("cycle_cv = 1.01", "", String::new(), hint("1.01")),
            ("cycle_cv = \"5 %\"", "", String::new(), none.to_vec()),
            ("cycle_cv = [0.05, 5]", "", String::new(), hint("5")),
            ("device_cv = { normal = [\"5 %\", \"1 %\"] }", "", String::new(), none.to_vec()),
            ("", "spread = { cv_on = 5 }", String::new(), hint("5")),
            ("", "spread = { cv_on = \"5 %\", cv_off = \"17 %\" }", String::new(), none.to_vec()),
            ("", "", rule("138.61"), hint("138.61")),
            ("", "", rule("10.0"), none.to_vec()),
            ("", "", rule("\"138.61 %\""), none.to_vec()),
        ] {
            assert_eq!(warned(neurons, crossbar, &rule), want, "{neurons} {crossbar} {rule}");
        }
    }

    #[test]
    fn the_parameters_of_a_device_are_asked_about_too() {
        let warned = |parameters: &str| {
            let text = format!(
                "[device.d]\npreset = \"ag-tio2-pt-ts\"\nparameters = {{ {parameters} }}\n\
                 [protocol]\nkind = \"device\"\n[experiment.e]\nkind = \"cycles\"\ncycles = 10\n"
            );
            let loaded = load_text("test.toml", &text, &[], None);
            loaded.unwrap_or_else(|faults| panic!("{}", faults.render(false))).warnings.render(false)
        };
        let told = warned("cycle_cv = 5");
        for part in ["`cycle_cv` of device `d`", "is 5: 500 %", "write \"5 %\"", "test.toml:3:"] {
            assert!(told.contains(part), "{part}: {told}");
        }
        for parameters in ["cycle_cv = \"5 %\"", "cycle_cv = 1", "cycle_cv = \"500 %\""] {
            assert_eq!(warned(parameters), "", "{parameters}");
        }
    }

    #[test]
    fn a_spread_that_makes_no_device_is_asked_about_where_it_is_refused() {
        let text = "[device.d]\npreset = \"ag-tio2-pt-rs-binary\"\nparameters = { cv_on = 5 }\n[protocol]\nkind = \"device\"\n\
                    [experiment.e]\nkind = \"cycles\"\ncycles = 10\n";
        let faults = load_text("test.toml", text, &[], None).unwrap_err().render(false);
        assert!(faults.contains("if 5 % is meant, write `cv_on` as \"5 %\""), "{faults}");
    }
}
