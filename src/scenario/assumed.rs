//! The values that were stated or that nobody measured, for the head of every report.

use super::filled::{Datum, Entry, Fields, Filled, ValueOrigin};
use super::plan::{Assumed, Plan, PopulationPlan, ProjectionPlan};
use super::population::NeuronModel;
use super::resolve::written;
use super::sections::SECTIONS;
use super::spec::{Fallback, Word as _};
use super::text::{Node, Value, literal};
use crate::device::preset::{Preset, Provenance, STATED};
use std::collections::BTreeMap;
use std::path::Path;

/// Every value whose default is assumed, and every value that is stated in place of a default, wherever that is from:
/// writing a number down does not measure it.
#[must_use]
pub fn list(filled: &Filled, plan: &Plan) -> Vec<Assumed> {
    let mut lines = Vec::new();
    let plan_of = Planned::of(plan);
    for (name, fields) in filled.all("device") {
        if let Some(preset) = filled.device(name) {
            of_device(name, fields, preset, &mut lines);
        }
    }
    for section in SECTIONS.iter() {
        for (_, fields) in filled.all(section.name) {
            let named = match fields.if_there("device") {
                Some(Entry { datum: Some(Datum::Text(name)), .. }) => {
                    filled.all("device").iter().find(|(known, _)| known == name)
                }
                _ => None,
            };
            let own = match named {
                Some((_, device)) => own_file(device).map(|_| Own::Told),
                None => own_file(fields).map(Own::File),
            };
            collect(fields, own, &plan_of, &mut lines);
        }
    }
    let ranges = plan.projections.iter().filter_map(|projection| projection.device.as_ref());
    let ranges = ranges.flat_map(|device| {
        let parameters = filled.device(&device.name).map_or(&[][..], |preset| &preset.parameters);
        let own = parameters
            .iter()
            .filter(|of| of.provenance == Provenance::Assumed && RANGE.contains(&of.key.as_str()));
        own.map(|parameter| Assumed {
            parameter: format!("device.{}.{}", device.name, parameter.key),
            value: parameter.value.clone(),
            why: parameter.source.clone(),
        })
    });
    let leaks = before_firing(filled, plan);
    for line in ranges.chain(plan.protocol.assumed()).chain(leaks) {
        if !lines.iter().any(|there| there.parameter == line.parameter) {
            lines.push(line);
        }
    }
    lines
}

/// The conductance of switches before they fire, where their leakage is booked and nobody measured it.
fn before_firing(filled: &Filled, plan: &Plan) -> Vec<Assumed> {
    if plan.protocol.as_it_is().is_none() || !plan.record.energy {
        return Vec::new();
    }
    let of = |(population, (name, fields)): (&PopulationPlan, &(String, Fields))| {
        population.g_pre?;
        let parameters = &fields.preset.as_ref()?.parameters;
        let parameter = parameters.iter().find(|of| of.key == G_PRE)?;
        (parameter.provenance == Provenance::Assumed).then(|| Assumed {
            parameter: format!("population.{name}.switch.{G_PRE}"),
            value: parameter.value.clone(),
            why: parameter.source.clone(),
        })
    };
    plan.populations.iter().zip(filled.all("population")).filter_map(of).collect()
}

/// Of a threshold switch: what it conducts until it fires.
const G_PRE: &str = "g_pre";

/// What any network takes of a device that makes weights.
const RANGE: [&str; 4] = ["g_min", "g_max", "r_on", "r_off"];

/// The name of a preset that is a file of the user's own.
fn own_file(fields: &Fields) -> Option<&str> {
    match &fields.if_there("preset")?.datum {
        Some(Datum::Text(name)) if Preset::embedded_text(name).is_none() => Some(name),
        _ => None,
    }
}

/// A preset of the user's own.
#[derive(Clone, Copy)]
enum Own<'a> {
    /// Its file, which a population names.
    File(&'a str),
    /// It is that of a device, where all of it is told.
    Told,
}

/// What is stated of a device: what the scenario changes in its preset, and all of a preset of the user's own.
fn of_device(name: &str, fields: &Fields, preset: &Preset, lines: &mut Vec<Assumed>) {
    let own = own_file(fields);
    let base = fields.text("preset").and_then(|name| Preset::named(name).ok());
    let changes = |table: &str| match fields.raw(table) {
        Some(Node { value: Value::Table(changes), .. }) => changes.entries.clone(),
        _ => Vec::new(),
    };
    let mut line = |key: &str, value: String, why: String| {
        lines.push(Assumed { parameter: format!("device.{name}.{key}"), value, why });
    };
    for item in changes("model") {
        line(&item.key, written(&item.node).trim_matches('"').to_string(), STATED.to_string());
    }
    let changed = changes("parameters");
    for parameter in &preset.parameters {
        let usual = base.iter().flat_map(|base| &base.parameters).find(|of| of.key == parameter.key);
        if changed.iter().any(|item| item.key == parameter.key) {
            let usual = usual.filter(|usual| usual.value != parameter.value);
            let why = usual.map_or_else(
                || STATED.to_string(),
                |of| stated(&format!("the preset has {}", of.value), of.provenance, &of.source),
            );
            line(&parameter.key, parameter.value.clone(), why);
        } else if let Some(file) = own {
            let why = in_file(file, parameter.provenance, &parameter.source);
            line(&parameter.key, parameter.value.clone(), why);
        }
    }
}

/// Why a stated value is what it is: what else it would be.
fn stated(otherwise: &str, provenance: Provenance, source: &str) -> String {
    let colon = if source.is_empty() { "" } else { ": " };
    format!("{STATED}; {otherwise}, {}{colon}{source}", provenance.name())
}

/// Why a value of a preset of the user's own is what it is: what that says, from whatever directory it is named.
fn in_file(file: &str, provenance: Provenance, source: &str) -> String {
    let name = Path::new(file).file_name().map_or(file.into(), |name| name.to_string_lossy());
    format!("{STATED} in {name}: {}: {source}", provenance.name())
}

/// A value that has a unit, is a number or is a word, as it is shown.
fn shown(datum: &Datum) -> Option<String> {
    match datum {
        Datum::Quantity(unit, value) => Some(unit.print(value.si)),
        Datum::Number(value) => Some(value.to_string()),
        Datum::Choice(word) => Some((*word).to_string()),
        _ => None,
    }
}

fn collect(fields: &Fields, own: Option<Own<'_>>, plan: &Planned<'_>, lines: &mut Vec<Assumed>) {
    for entry in fields.entries.iter().filter(|entry| entry.active) {
        match &entry.datum {
            Some(Datum::Table(inner)) => collect(inner, own, plan, lines),
            Some(Datum::Tables(list)) => list.iter().for_each(|inner| collect(inner, own, plan, lines)),
            Some(datum) if matters(fields, entry, plan) => {
                let each = matches!(datum, Datum::Raw(_)) && entry.key.each;
                let value = match datum {
                    Datum::Raw(node) if each => Some(node.type_name().to_string()),
                    other => shown(other),
                };
                if let (Some(value), Some(why)) = (value, why(fields, entry, own)) {
                    let parameter = format!("{}.{}", fields.path, entry.key.name);
                    lines.push(Assumed { parameter, value, why });
                }
            }
            _ => {}
        }
    }
}

/// Why a value is what it is, where that is to be told.
fn why(fields: &Fields, entry: &Entry, own: Option<Own<'_>>) -> Option<String> {
    let written = matches!(entry.origin, ValueOrigin::Written(_));
    let value = entry.datum.as_ref().and_then(shown);
    if let Some(given) = &entry.preset {
        let usual = shown(&given.datum);
        let (provenance, source) = (given.provenance, &given.source);
        if written && value != usual {
            let usual = usual.unwrap_or_default();
            return Some(stated(&format!("the preset has {usual}"), provenance, source));
        }
        return match own {
            Some(Own::File(file)) => Some(in_file(file, provenance, source)),
            // What is stated of a device is told there.
            Some(Own::Told) => None,
            None => (provenance == Provenance::Assumed && source != STATED).then(|| source.clone()),
        };
    }
    let Fallback::Value(default, Some(provenance), source) = entry.key.default else { return None };
    let derived = entry.key.name == "reset" && fields.word("model") == Some(NeuronModel::Switch.word());
    let usual = match (&entry.datum, literal(default).value) {
        // A switch has one reset.
        _ if derived => return None,
        (Some(Datum::Quantity(unit, value)), Value::Text(text)) => unit.amount(&text).ok() == Some(*value),
        (Some(Datum::Number(value)), Value::Float(usual)) => *value == usual,
        (Some(Datum::Number(value)), Value::Integer(usual)) => *value == usual as f64,
        (Some(Datum::Choice(word)), Value::Text(usual)) => *word == usual,
        _ => false,
    };
    match (usual, provenance) {
        (true, Provenance::Assumed) => Some(source.to_string()),
        (false, _) if written => {
            Some(stated(&format!("by default {}", default.trim_matches('"')), provenance, source))
        }
        _ => None,
    }
}
/// Whether a value can influence a result: a resistance that no current meets cannot.
fn matters(fields: &Fields, entry: &Entry, plan: &Planned<'_>) -> bool {
    if let Some(name) = fields.path.strip_suffix(".plasticity.program") {
        let projection = name.strip_prefix("projection.").and_then(|name| plan.projections.get(name));
        return projection.is_none_or(|projection| projection.device.is_some());
    }
    if entry.key.name != "r_m" {
        return true;
    }
    let population = fields.path.strip_prefix("population.").and_then(|name| plan.populations.get(name));
    population.is_none_or(|(population, currents)| {
        *currents || population.kinds().any(|neuron| neuron.membrane().i_bias.get() != 0.0)
    })
}

/// What is asked of a plan by name, and whether currents reach a population.
struct Planned<'a> {
    populations: BTreeMap<&'a str, (&'a PopulationPlan, bool)>,
    projections: BTreeMap<&'a str, &'a ProjectionPlan>,
}

impl<'a> Planned<'a> {
    fn of(plan: &'a Plan) -> Self {
        let mut currents = vec![false; plan.populations.len()];
        for projection in plan.projections.iter().filter(|projection| projection.kernel.is_current()) {
            currents[projection.to] = true;
        }
        let populations = plan.populations.iter().zip(currents);
        let projections = plan.projections.iter().map(|projection| (projection.name.as_str(), projection));
        Self {
            populations: populations.map(|(one, currents)| (one.name.as_str(), (one, currents))).collect(),
            projections: projections.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::scenario::load;

    /// The line of a parameter of a shipped scenario with changes.
    fn line(scenario: &str, set: &[&str], parameter: &str) -> Option<String> {
        let set: Vec<String> = set.iter().map(ToString::to_string).collect();
        let loaded = load(scenario, &set, None).unwrap_or_else(|faults| panic!("{}", faults.render(false)));
        let found: Vec<_> = loaded.plan.assumed.iter().filter(|line| line.parameter == parameter).collect();
        assert!(found.len() < 2, "{found:?}");
        found.first().map(ToString::to_string)
    }

    #[test]
    fn a_value_in_place_of_a_measured_default_is_stated() {
        let tau = "population.output.tau_m";
        assert_eq!(line("digits", &[], tau), None);
        assert_eq!(line("digits", &["population.output.tau_m=9.41 ms"], tau), None);
        let said = line("digits", &["population.output.tau_m=20 ms"], tau).unwrap();
        assert!(
            said.starts_with("population.output.tau_m = 20 ms (stated; the preset has 9.41 ms, "),
            "{said}"
        );
    }

    #[test]
    fn a_value_in_place_of_that_of_a_preset_is_stated() {
        let said = |set: &str, parameter: &str| line("mnist-switch", &[set], parameter);
        let v_th = "population.output.v_th";
        assert_eq!(line("mnist-switch", &[], v_th), None);
        let changed = said("population.output.v_th=0.3 V", v_th).unwrap();
        assert!(changed.contains("= 300 mV (stated; the preset has 250 mV, measured: "), "{changed}");
    }

    #[test]
    fn a_changed_parameter_of_a_device_is_stated_and_told_once() {
        let g_max = "device.synapse.g_max";
        let said = line("digits", &["device.synapse.parameters.g_max=3 mS"], g_max).unwrap();
        assert!(said.contains("= 3 mS (stated; the preset has 4 mS, assumed: "), "{said}");
        let law = line("stdp/pairs-device", &["device.synapse.model.law=soft_bound"], "device.synapse.law");
        assert_eq!(law.as_deref(), Some("device.synapse.law = soft_bound (stated)"));
    }

    #[test]
    fn all_of_a_preset_of_ones_own_is_stated() {
        let directory = std::env::temp_dir().join(format!("memspike-own-preset-{}", std::process::id()));
        std::fs::create_dir_all(&directory).unwrap();
        let shipped = crate::device::preset::Preset::embedded_text("ag-tio2-pt-ts").unwrap();
        std::fs::write(directory.join("mine.toml"), shipped.replace("\"0.25 V\"", "\"0.3 V\"")).unwrap();
        let network = |population: &str| {
            format!(
                "{population}[source.in]\nkind = \"poisson\"\nsize = 1\nrate = \"10 Hz\"\n[projection.p]\nfrom = \"in\"\n\
                 to = \"out\"\nweight = \"1 mV\"\n[protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n"
            )
        };
        let file = directory.join("scenario.toml");
        for (population, parameter) in [
            (
                "[population.out]\nmodel = \"switch\"\nsize = 1\npreset = \"mine.toml\"\n",
                "population.out.v_th",
            ),
            (
                "[device.d]\npreset = \"mine.toml\"\n[population.out]\nmodel = \"switch\"\nsize = 1\ndevice = \"d\"\n",
                "device.d.v_th",
            ),
        ] {
            std::fs::write(&file, network(population)).unwrap();
            let said = line(file.to_str().unwrap(), &[], parameter).unwrap();
            assert!(said.contains("V (stated in mine.toml: measured: "), "{said}");
        }
        std::fs::remove_dir_all(&directory).unwrap();
    }
}
