//! In which parameters two runs differ: their plans side by side.

use super::compare::{self, Difference};
use serde_json::{Map, Value};
use std::fmt::Write as _;

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

/// The table for the terminal; empty if nothing differs.
#[must_use]
pub fn text(differences: &[Difference]) -> String {
    if differences.is_empty() {
        return String::new();
    }
    let shown = differences.iter().take(ROWS);
    let rows: Vec<[String; 3]> = shown
        .map(|one| {
            let value = |value: &Option<Value>| compare::shown(value.as_ref());
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
        assert!(same_but_seed(&a, &plan(&[], 7)) && !same_but_seed(&a, &b));
        assert_eq!(text(&differing(&a, &a)), "");
    }
}
