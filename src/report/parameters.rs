//! In which parameters two runs differ: their plans side by side.

use super::compare::{self, Difference};
use crate::registry::Registry;
use crate::scenario::SECTIONS;
use crate::scenario::spec::{Key, Kind, Unit, model_keys};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// Parts of a plan that tell of it and change nothing.
const TOLD: [&str; 6] = ["name", "title", "description", "reproduces", "assumed", "record"];

/// Most rows that are shown.
const ROWS: usize = 20;

/// The values of two plans that differ, of populations, sources, projections and experiments by their names. Values are in SI
/// units.
#[must_use]
pub fn differing(left: &Value, right: &Value) -> Vec<Difference> {
    compare::runs(&by_name(left), &by_name(right)).differences
}

/// Whether two plans differ in their seed alone, or not at all.
#[must_use]
pub fn same_but_seed(left: &Value, right: &Value) -> bool {
    differing(left, right).iter().all(|difference| difference.key == "seed")
}

/// A plan without what changes nothing, whose lists of named things are tables.
fn by_name(plan: &Value) -> Value {
    let Value::Object(parts) = plan else { return plan.clone() };
    let kept = parts.iter().filter(|(key, _)| !TOLD.contains(&key.as_str()));
    Value::Object(kept.map(|(key, part)| (key.clone(), tables(part))).collect())
}

fn tables(value: &Value) -> Value {
    match value {
        Value::Object(parts) => {
            Value::Object(parts.iter().map(|(key, part)| (key.clone(), tables(part))).collect())
        }
        Value::Array(items) if !items.is_empty() && items.iter().all(|item| item["name"].is_string()) => {
            let named = |item: &Value| {
                let mut inner = tables(item);
                if let Value::Object(parts) = &mut inner {
                    parts.remove("name");
                }
                (item["name"].as_str().unwrap_or("").to_string(), inner)
            };
            Value::Object(items.iter().map(named).collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// The unit of every key that has one and the same wherever it stands; `None` where it has several.
static UNITS: LazyLock<BTreeMap<&'static str, Option<Unit>>> = LazyLock::new(|| {
    fn collect(keys: &[Key], into: &mut BTreeMap<&'static str, Option<Unit>>) {
        for key in keys {
            let unit = match key.kind {
                Kind::Quantity(unit, _) | Kind::Quantities(unit, _) => Some(unit),
                Kind::Delay(_) => Some(Unit::Second),
                Kind::Table(keys) | Kind::Tables(keys) => {
                    collect(keys, into);
                    continue;
                }
                _ => None,
            };
            let known = *into.entry(key.name).or_insert(unit);
            if known != unit {
                into.insert(key.name, None);
            }
        }
    }
    let mut units = BTreeMap::new();
    SECTIONS.iter().for_each(|section| collect(section.keys, &mut units));
    let registry = Registry::shipped();
    let neurons = registry.neurons().iter().map(|entry| entry.keys);
    let rules = registry.rules().iter().map(|entry| entry.keys);
    neurons.chain(rules).for_each(|keys| collect(&model_keys(keys), &mut units));
    units
});

/// A value of a plan as a person writes it: with its unit, if its key has one, and with all of its digits.
#[must_use]
pub fn shown(key: &str, value: Option<&Value>) -> String {
    // Of a list it is that of its elements.
    let name = key.rsplit('.').find(|part| part.parse::<usize>().is_err()).unwrap_or(key);
    let unit = UNITS.get(name).copied().flatten();
    match (unit, value) {
        // A time within an episode is a whole number of femtoseconds.
        (Some(Unit::Second), Some(Value::Number(number))) if number.is_u64() => {
            time(number.as_u64().unwrap_or_default())
        }
        (Some(unit), Some(Value::Number(number))) if number.is_f64() => {
            unit.print(number.as_f64().unwrap_or_default())
        }
        _ => compare::shown(value),
    }
}

/// Femtoseconds in the largest unit of which they are one or more.
fn time(fs: u64) -> String {
    let units = ["s", "ms", "us", "ns", "ps", "fs"].into_iter().zip((0..6).rev().map(|k| 1000_u64.pow(k)));
    let Some((unit, of)) = units.into_iter().find(|(_, of)| fs >= *of) else { return "0 s".into() };
    let places = of.ilog10() as usize;
    let fraction = format!("{:0places$}", fs % of);
    let fraction = if places == 0 { "" } else { fraction.trim_end_matches('0') };
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction} {unit}", fs / of)
}

/// The table for the terminal; empty if nothing differs.
#[must_use]
pub fn text(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let first = differences.iter().take(ROWS);
    let rows: Vec<[String; 3]> = first
        .map(|one| {
            let value = |value: &Option<Value>| shown(&one.key, value.as_ref());
            [one.key.clone(), value(&one.left), value(&one.right)]
        })
        .collect();
    let mut text = compare::table(&["parameter", "first", "second"], &rows);
    if differences.len() > ROWS {
        let _ = writeln!(text, "and {} more", differences.len() - ROWS);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::load;

    fn plan(set: &[&str], seed: u64) -> Value {
        let set: Vec<String> = set.iter().map(|text| (*text).to_string()).collect();
        serde_json::to_value(load("digits", &set, Some(seed)).unwrap().plan).unwrap()
    }

    #[test]
    fn what_was_set_is_what_differs() {
        let (a, b) = (plan(&[], 1), plan(&["population.output.tau_m=20 ms", "protocol.epochs=3"], 1));
        let found = differing(&a, &b);
        let keys: Vec<&str> = found.iter().map(|one| one.key.as_str()).collect();
        assert!(
            keys.contains(&"populations.output.neuron.lif.tau_m") && keys.contains(&"protocol.epochs"),
            "{keys:?}"
        );
        assert!(found.iter().any(|one| one.right == Some(Value::from(0.02))), "{found:?}");
        assert!(text(&found).starts_with("parameter"));
        let told = text(&found);
        let row = told.lines().find(|line| line.contains("tau_m")).unwrap();
        let row: Vec<&str> = row.split("  ").filter(|cell| !cell.trim().is_empty()).map(str::trim).collect();
        assert_eq!(row, ["populations.output.neuron.lif.tau_m", "9.41 ms", "20 ms"]);
        assert!(same_but_seed(&a, &plan(&[], 7)) && !same_but_seed(&a, &b));
        assert_eq!(text(&differing(&a, &a)), "");
    }

    #[test]
    fn times_have_a_unit_and_all_their_digits() {
        for (fs, text) in [
            (0, "0 s"),
            (1, "1 fs"),
            (1_500_000_000_000, "1.5 ms"),
            (300_500_000_000_000, "300.5 ms"),
            (9_000_000_000_000_000_000, "9000 s"),
            (1_000_000_000_000_001, "1.000000000000001 s"),
            (123_456_789, "123.456789 ns"),
        ] {
            assert_eq!(time(fs), text);
            assert_eq!(crate::time::Time::parse(text).unwrap().fs(), fs);
            assert_eq!(shown("projections.input.delay", Some(&Value::from(fs))), text);
        }
        assert_eq!(shown("sources.noise.kind.poisson.rate", Some(&Value::from(0.5))), "0.5");
        assert_eq!(shown("protocol.epochs", Some(&Value::from(3))), "3");
        assert_eq!(shown("protocol.duration", None), "-");
    }
}
