//! The values nobody measured, for the head of every report.

use super::filled::{Datum, Entry, Fields, Filled};
use super::plan::{Assumed, Plan};
use super::sections::SECTIONS;
use super::spec::Fallback;
use super::text::{Value, literal};
use crate::device::preset::Provenance;

/// Why a value is what it is, where only the scenario knows.
const STATED: &str = "the scenario says so; not measured";

/// Every value whose default is assumed or fitted by inference.
///
/// A value that the scenario states is listed too: writing a number down does not measure it.
#[must_use]
pub fn list(filled: &Filled, plan: &Plan) -> Vec<Assumed> {
    let mut lines = Vec::new();
    for section in SECTIONS.iter() {
        for (_, fields) in filled.all(section.name) {
            collect(fields, plan, &mut lines);
        }
    }
    for device in plan.projections.iter().filter_map(|projection| projection.device.as_ref()) {
        let parameters = filled.device(&device.name).map_or(&[][..], |preset| &preset.parameters);
        let own = parameters
            .iter()
            .filter(|of| of.provenance == Provenance::Assumed && RANGE.contains(&of.key.as_str()));
        for parameter in own {
            let line = Assumed {
                parameter: format!("device.{}.{}", device.name, parameter.key),
                value: parameter.value.clone(),
                why: parameter.source.clone(),
            };
            if !lines.contains(&line) {
                lines.push(line);
            }
        }
    }
    lines.extend(plan.protocol.assumed());
    lines
}

/// What any network takes of a device that makes weights.
const RANGE: [&str; 4] = ["g_min", "g_max", "r_on", "r_off"];

fn collect(fields: &Fields, plan: &Plan, lines: &mut Vec<Assumed>) {
    for entry in fields.entries.iter().filter(|entry| entry.active) {
        if let Some(given) = &entry.preset {
            let (printed, usual) = match (&entry.datum, &given.datum) {
                (Some(Datum::Quantity(unit, value)), Datum::Quantity(_, usual)) => {
                    (unit.print(value.si), value == usual)
                }
                (Some(Datum::Number(value)), Datum::Number(usual)) => (value.to_string(), value == usual),
                _ => continue,
            };
            if given.provenance == Provenance::Assumed {
                let why = if usual { &given.source } else { STATED };
                lines.push(assumed(fields, entry, printed, why));
            }
            continue;
        }
        match &entry.datum {
            Some(Datum::Table(inner)) => collect(inner, plan, lines),
            Some(Datum::Tables(list)) => list.iter().for_each(|inner| collect(inner, plan, lines)),
            Some(Datum::Quantity(unit, value)) => {
                let Fallback::Value(default, Some(Provenance::Assumed), why) = entry.key.default else {
                    continue;
                };
                if !matters(fields, entry, plan) {
                    continue;
                }
                let usual = match literal(default).value {
                    Value::Text(text) => unit.amount(&text).ok() == Some(*value),
                    _ => false,
                };
                let why = if usual { why } else { STATED };
                lines.push(assumed(fields, entry, unit.print(value.si), why));
            }
            Some(Datum::Raw(node)) if entry.key.each => {
                if let Fallback::Value(_, Some(Provenance::Assumed), _) = entry.key.default
                    && matters(fields, entry, plan)
                {
                    lines.push(assumed(fields, entry, node.type_name().to_string(), STATED));
                }
            }
            _ => {}
        }
    }
}

fn assumed(fields: &Fields, entry: &Entry, value: String, why: &str) -> Assumed {
    Assumed { parameter: format!("{}.{}", fields.path, entry.key.name), value, why: why.into() }
}

/// Whether a value can influence a result: a resistance that no current meets cannot.
fn matters(fields: &Fields, entry: &Entry, plan: &Plan) -> bool {
    if let Some(name) = fields.path.strip_suffix(".plasticity.program") {
        let projection = plan.projections.iter().find(|p| name == format!("projection.{}", p.name));
        return projection.is_none_or(|projection| projection.device.is_some());
    }
    if entry.key.name != "r_m" {
        return true;
    }
    let Some(index) = plan.populations.iter().position(|p| fields.path == format!("population.{}", p.name))
    else {
        return true;
    };
    plan.populations[index].kinds().any(|neuron| neuron.membrane().i_bias.get() != 0.0)
        || plan.projections.iter().any(|projection| projection.to == index && projection.kernel.is_current())
}
