//! Whether the numbers of two runs, or of two sets of seeds, differ by more than seeds make.

use super::compare;
use super::spread::{Difference, Spread, difference};
use super::sweep::shown;
use super::table::{self, is_fraction};
use serde_json::Value;
use std::fmt::Write as _;

/// One number of both sides.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Weighed {
    /// Its path in summaries.
    pub key: String,
    /// Mean and spread of each side.
    pub sides: (Spread, Spread),
    /// The difference; `None` where nothing is known of the spread.
    pub difference: Option<Difference>,
}

/// The numbers of two sets of summaries that differ, each set of one plan with several seeds.
#[must_use]
pub fn weigh(first: &[Value], second: &[Value]) -> Vec<Weighed> {
    let number = |summary: &Value, key: &str| compare::lookup(summary, key).and_then(single);
    let of = |summaries: &[Value], key: &str| {
        let numbers: Vec<f64> = summaries.iter().filter_map(|summary| number(summary, key)).collect();
        Spread::of(&numbers)
    };
    let keys = first.first().map(table::row).unwrap_or_default();
    let keys = keys.into_iter().map(|(key, _, _)| key);
    keys.filter(|key| key != "seed" && !key.starts_with("performance"))
        .filter_map(|key| {
            let sides = (of(first, &key)?, of(second, &key)?);
            let weighed = difference(&sides.0, &sides.1);
            let differ = weighed.map_or(sides.0.mean != sides.1.mean, |w| w.difference != 0.0);
            differ.then_some(Weighed { key, sides, difference: weighed })
        })
        .collect()
}

/// A number, or one with its unit.
fn single(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value["value"].as_f64())
}

/// The table for the terminal.
#[must_use]
pub fn text(weighed: &[Weighed]) -> String {
    let rows: Vec<[String; 5]> = weighed
        .iter()
        .map(|one| {
            let (unit, factor) = if is_fraction(&one.key) { (" points", 100.0) } else { ("", 1.0) };
            let number = |x: f64| match unit {
                "" => crate::plot::number::significant(factor * x, 3),
                _ => format!("{:.2}", factor * x),
            };
            let sign = |x: f64| if x > 0.0 { "+" } else { "" };
            let (change, verdict) = match one.difference {
                Some(d) => (
                    format!(
                        "{}{} \u{b1} {}{unit}",
                        sign(d.difference),
                        number(d.difference),
                        number(d.margin)
                    ),
                    if d.exceeds { "exceeds it" } else { "within it" },
                ),
                None => (String::new(), "not known"),
            };
            let of = |spread: &Spread| format!("{} (n {})", shown(&one.key, spread), spread.n);
            [one.key.clone(), of(&one.sides.0), of(&one.sides.1), change, verdict.to_string()]
        })
        .collect();
    if rows.is_empty() {
        return "no number differs\n".into();
    }
    let heads = ["over seeds", "first", "second", "difference", "spread over seeds"];
    let mut text = compare::table(&heads, &rows);
    let _ = writeln!(text, "(\u{b1} behind a difference: what seeds alone make in 19 of 20 cases)");
    text.replace(['\u{202f}', '\u{a0}'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn set(tests: &[f64]) -> Vec<Value> {
        let of = |(k, test): (usize, &f64)| json!({"scenario": "a", "seed": k, "status": "done", "accuracy": {"test": test}, "spikes": {"output": 7}});
        tests.iter().enumerate().map(of).collect()
    }

    #[test]
    fn a_difference_is_told_in_points_with_what_seeds_make() {
        // Each has a standard deviation of 0.01: t(4) 0.01 sqrt(2/3) = 0.02267.
        let (a, b) = (set(&[0.90, 0.91, 0.92]), set(&[0.94, 0.95, 0.96]));
        let weighed = weigh(&a, &b);
        assert_eq!(weighed.len(), 1, "what is equal is left out");
        insta::assert_snapshot!(text(&weighed), @r"
        over seeds     first                 second                difference           spread over seeds
        accuracy.test  91.00 ± 1.00 % (n 3)  95.00 ± 1.00 % (n 3)  +4.00 ± 2.27 points  exceeds it
        (± behind a difference: what seeds alone make in 19 of 20 cases)
        ");
        assert!(weigh(&a[..1], &b[..1])[0].difference.is_none());
    }
}
