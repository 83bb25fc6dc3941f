//! Comparison of two summaries, and of a summary with what a scenario is expected to give.

use super::table::is_fraction;
use crate::hint::LARGE;
use crate::renamed;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt::Write as _;

/// Parts of a summary that say how fast a machine was, not what came out.
const NOT_COMPARED: &[&str] = &["performance", "notes"];

/// A key whose values differ between two summaries.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Its path in the summary: `energy_j.total`.
    pub key: String,
    /// Its value in the first summary; `None`: it is not there.
    pub left: Option<Value>,
    /// The same of the second.
    pub right: Option<Value>,
}

impl Difference {
    /// (right - left) / |left| where both are numbers.
    #[must_use]
    pub fn relative(&self) -> Option<f64> {
        let (left, right) = (self.left.as_ref()?.as_f64()?, self.right.as_ref()?.as_f64()?);
        (left != 0.0).then(|| (right - left) / left.abs())
    }

    /// How far apart they are, as a person says it: accuracies in points, other numbers relative to the first.
    #[must_use]
    pub fn change(&self) -> String {
        let numbers = || Some((self.left.as_ref()?.as_f64()?, self.right.as_ref()?.as_f64()?));
        match (is_fraction(&self.key), numbers()) {
            (true, Some((left, right))) => format!("{:+.2} points", 100.0 * (right - left)),
            _ => self.relative().map_or_else(String::new, |r| match 100.0 * r {
                // Beside next to nothing.
                percent if percent.abs() >= LARGE => format!("{percent:+.3e} %"),
                percent => format!("{percent:+.3} %"),
            }),
        }
    }

    /// Whether they are numbers that differ by no more than this fraction of the larger one.
    #[must_use]
    pub fn within(&self, tolerance: f64) -> bool {
        let numbers = || Some((self.left.as_ref()?.as_f64()?, self.right.as_ref()?.as_f64()?));
        numbers().is_some_and(|(a, b)| (a - b).abs() <= tolerance * a.abs().max(b.abs()))
    }
}

/// What differs between two summaries.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// Of the first and of the second; `none` where a summary has none.
    pub fingerprints: (String, String),
    /// In the order of the first summary's keys.
    pub differences: Vec<Difference>,
}

impl Comparison {
    /// Whether the two runs gave the same results.
    #[must_use]
    pub fn same(&self) -> bool {
        self.differences.is_empty()
    }

    /// Leaves out numbers that differ by no more than this fraction. Fingerprints are of exact results: they are told, and are
    /// no difference any more.
    #[must_use]
    pub fn beyond(mut self, tolerance: f64) -> Self {
        self.differences.retain(|one| one.key != "fingerprint" && !one.within(tolerance));
        self
    }
}

/// Compares two summaries key by key; what depends on the machine is left out.
#[must_use]
pub fn runs(left: &Value, right: &Value) -> Comparison {
    let fingerprint = |summary: &Value| summary["fingerprint"].as_str().unwrap_or("none").to_string();
    let mut differences = Vec::new();
    compare("", left, right, &mut differences);
    Comparison { fingerprints: (fingerprint(left), fingerprint(right)), differences }
}

fn compare(key: &str, left: &Value, right: &Value, into: &mut Vec<Difference>) {
    let join = |part: &str| if key.is_empty() { part.to_string() } else { format!("{key}.{part}") };
    let mut differ = |key: String, left: Option<&Value>, right: Option<&Value>| match (left, right) {
        (Some(left), Some(right)) => compare(&key, left, right, into),
        _ => into.push(Difference { key, left: left.cloned(), right: right.cloned() }),
    };
    match (left, right) {
        (Value::Object(a), Value::Object(b)) => {
            let only_right = b.keys().filter(|name| !a.contains_key(*name));
            for name in a.keys().chain(only_right) {
                if key.is_empty() && NOT_COMPARED.contains(&name.as_str()) {
                    continue;
                }
                differ(join(&quoted(name)), a.get(name), b.get(name));
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            for index in 0..a.len().max(b.len()) {
                differ(join(&index.to_string()), a.get(index), b.get(index));
            }
        }
        _ if left == right => {}
        // A word of a run of 0.1 that is written otherwise now.
        (Value::String(a), Value::String(b)) if current(key, a) == current(key, b) => {}
        _ => into.push(Difference {
            key: key.to_string(),
            left: Some(left.clone()),
            right: Some(right.clone()),
        }),
    }
}

/// A word of a summary as it is written now.
fn current<'a>(key: &str, word: &'a str) -> &'a str {
    renamed::current(key.rsplit('.').next().unwrap_or(key), word)
}

/// What a scenario is expected to give: `expected.toml` beside it.
///
/// ```toml
/// [[check]]
/// key = "accuracy.test"
/// min = 0.90
/// why = "three seeds gave 0.912 to 0.917"
/// ```
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    /// One `[[check]]` each.
    #[serde(rename = "check")]
    pub checks: Vec<Check>,
}

/// Bounds on one value of a summary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Path into `summary.json`: names apart by dots; an element of a list by its number, by `last`,
    /// or by its `name`, which is quoted if it has a dot: `programming."CV 0.5".loss`.
    pub key: String,
    /// Least value that passes.
    pub min: Option<f64>,
    /// Largest value that passes.
    pub max: Option<f64>,
    /// The one value that passes; numbers are compared as numbers.
    pub equals: Option<toml::Value>,
    /// Where the bounds come from.
    pub why: Option<String>,
}

impl Expected {
    /// Reads the text of an `expected.toml`.
    ///
    /// # Errors
    /// With line and column if it is not TOML of this form; names every check without a bound.
    pub fn parse(text: &str) -> Result<Self, String> {
        let expected: Self =
            toml::from_str(text).map_err(|error| error.to_string().trim_end().to_string())?;
        let mut faults = Vec::new();
        for check in &expected.checks {
            if check.min.is_none() && check.max.is_none() && check.equals.is_none() {
                faults.push(format!("check of `{}` has no bound; give `min`, `max` or `equals`", check.key));
            }
            if path(&check.key).is_none() {
                faults.push(format!("key `{}` has an empty part or an open quote", check.key));
            }
        }
        if expected.checks.is_empty() {
            faults.push("no check is given; a run would pass whatever it gave".to_string());
        }
        if faults.is_empty() { Ok(expected) } else { Err(faults.join("\n")) }
    }

    /// Checks a summary.
    #[must_use]
    pub fn judge(&self, summary: &Value) -> Vec<Verdict> {
        self.checks
            .iter()
            .map(|check| {
                let found = lookup(summary, &check.key).cloned();
                let passed = found.as_ref().is_some_and(|value| check.accepts(value));
                Verdict { check: check.clone(), found, passed }
            })
            .collect()
    }
}

impl Check {
    fn accepts(&self, value: &Value) -> bool {
        let within = match (self.min, self.max) {
            (None, None) => true,
            (min, max) => value
                .as_f64()
                .is_some_and(|x| min.is_none_or(|min| x >= min) && max.is_none_or(|max| x <= max)),
        };
        let equal = self.equals.as_ref().is_none_or(|expected| {
            match (serde_json::to_value(expected), value.as_f64()) {
                // 10 and 10.0 are one number.
                (Ok(expected), Some(x)) => expected.as_f64() == Some(x),
                (Ok(expected), None) => expected == *value,
                (Err(_), _) => false,
            }
        });
        within && equal
    }

    fn bounds(&self) -> String {
        // As in a summary, where a small number has an exponent.
        let [min, max] = [self.min, self.max].map(|bound| bound.map(|bound| Value::from(bound).to_string()));
        let mut parts = Vec::new();
        match (min, max) {
            (Some(min), Some(max)) => parts.push(format!("{min} to {max}")),
            (Some(min), None) => parts.push(format!("at least {min}")),
            (None, Some(max)) => parts.push(format!("at most {max}")),
            (None, None) => {}
        }
        if let Some(value) = &self.equals {
            parts.push(format!("exactly {value}"));
        }
        parts.join(", ")
    }
}

/// A check and what was found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// What was expected.
    pub check: Check,
    /// `None`: the summary has no such key.
    pub found: Option<Value>,
    /// Whether it is there and within its bounds.
    pub passed: bool,
}

/// The value under a path such as `accuracy.test` or `accuracy.test_by_epoch.last`.
#[must_use]
pub fn lookup<'a>(summary: &'a Value, key: &str) -> Option<&'a Value> {
    path(key)?.into_iter().try_fold(summary, |value, part| match value {
        Value::Object(map) => map.get(&part),
        Value::Array(items) if part == "last" => items.last(),
        Value::Array(items) => match part.parse::<usize>() {
            Ok(index) => items.get(index),
            Err(_) => items.iter().find(|item| item["name"] == part.as_str()),
        },
        _ => None,
    })
}

/// Splits a path at its dots, but not within quotes; `None` if a part is empty or a quote is open.
fn path(key: &str) -> Option<Vec<String>> {
    let mut parts = vec![String::new()];
    let mut quoted = false;
    for c in key.chars() {
        match c {
            '"' => quoted = !quoted,
            '.' if !quoted => parts.push(String::new()),
            c => parts.last_mut()?.push(c),
        }
    }
    (!quoted && parts.iter().all(|part| !part.is_empty())).then_some(parts)
}

fn quoted(name: &str) -> String {
    if name.contains('.') { format!("\"{name}\"") } else { name.to_string() }
}

/// The table for the terminal.
#[must_use]
pub fn text_of_runs(comparison: &Comparison) -> String {
    let mut text = String::new();
    let (left, right) = &comparison.fingerprints;
    if left == right {
        let _ = writeln!(text, "fingerprint  equal      {left}");
    } else {
        let _ = writeln!(text, "fingerprint  different  {left}\n                        {right}");
    }
    if comparison.differences.is_empty() {
        text.push_str("all other keys equal (performance and notes are not compared)\n");
        return text;
    }
    let rows: Vec<[String; 4]> = comparison
        .differences
        .iter()
        .filter(|difference| difference.key != "fingerprint")
        .map(|difference| {
            [
                difference.key.clone(),
                shown(difference.left.as_ref()),
                shown(difference.right.as_ref()),
                difference.change(),
            ]
        })
        .collect();
    if !rows.is_empty() {
        text.push('\n');
        text.push_str(&table(&["key", "first", "second", "change"], &rows));
    }
    text
}

/// The table for the terminal.
#[must_use]
pub fn text_of_verdicts(verdicts: &[Verdict]) -> String {
    let rows: Vec<[String; 4]> = verdicts
        .iter()
        .map(|verdict| {
            let result = if verdict.passed { "ok" } else { "FAILED" };
            let found = match &verdict.found {
                None => "no such key".to_string(),
                value => shown(value.as_ref()),
            };
            [result.to_string(), verdict.check.key.clone(), found, verdict.check.bounds()]
        })
        .collect();
    let failed = verdicts.iter().filter(|verdict| !verdict.passed).count();
    let mut text = table(&["", "key", "found", "expected"], &rows);
    for verdict in verdicts.iter().filter(|verdict| !verdict.passed) {
        if let Some(why) = &verdict.check.why {
            let _ = writeln!(text, "  {}: {why}", verdict.check.key);
        }
    }
    let _ = match failed {
        0 if verdicts.len() == 1 => writeln!(text, "the check passed"),
        0 => writeln!(text, "all {} checks passed", verdicts.len()),
        _ => writeln!(text, "{failed} of {} checks failed", verdicts.len()),
    };
    text
}

pub(super) fn shown(value: Option<&Value>) -> String {
    let text = match value {
        None => return "-".to_string(),
        Some(Value::String(text)) => text.clone(),
        Some(value) => value.to_string(),
    };
    if text.chars().count() > 40 { text.chars().take(39).chain(['\u{2026}']).collect() } else { text }
}

/// Left-aligned columns two spaces apart.
pub(super) fn table<const N: usize>(header: &[&str; N], rows: &[[String; N]]) -> String {
    let mut width = header.map(|name| name.chars().count());
    for row in rows {
        for (width, cell) in width.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    for row in std::iter::once(&header.map(String::from)).chain(rows) {
        let line: String = row.iter().zip(width).map(|(cell, width)| format!("{cell:width$}  ")).collect();
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn summary() -> Value {
        json!({
            "fingerprint": "ab",
            "accuracy": {"test": 0.91, "test_by_epoch": [0.8, 0.91]},
            "spikes": {"output": 10},
            "programming": [{"name": "CV 0.5", "loss": 0.01}],
            "performance": {"wall_s": 1.0}
        })
    }

    #[test]
    fn runs_that_differ_only_in_speed_are_the_same() {
        let mut other = summary();
        other["performance"]["wall_s"] = json!(2.0);
        let comparison = runs(&summary(), &other);
        assert!(comparison.same());
        insta::assert_snapshot!(text_of_runs(&comparison), @r"
        fingerprint  equal      ab
        all other keys equal (performance and notes are not compared)
        ");
    }

    #[test]
    fn every_key_that_differs_is_listed_with_its_change() {
        let mut other = summary();
        other["fingerprint"] = json!("cd");
        other["accuracy"]["test_by_epoch"] = json!([0.84]);
        other["spikes"] = json!({"output": 11, "hidden": 3});
        let comparison = runs(&summary(), &other);
        assert!(!comparison.same());
        insta::assert_snapshot!(text_of_runs(&comparison));
    }

    #[test]
    fn a_key_reaches_into_objects_and_lists() {
        let summary = summary();
        assert_eq!(lookup(&summary, "accuracy.test_by_epoch.0"), Some(&json!(0.8)));
        assert_eq!(lookup(&summary, "accuracy.test_by_epoch.last"), Some(&json!(0.91)));
        assert_eq!(lookup(&summary, "programming.\"CV 0.5\".loss"), Some(&json!(0.01)));
        assert_eq!(lookup(&summary, "programming.none.loss"), None);
        assert_eq!(lookup(&summary, "accuracy..test"), None);
        assert_eq!(lookup(&summary, "accuracy.\"test"), None);
    }

    #[test]
    fn a_check_fails_below_above_and_without_its_key() {
        let expected = Expected::parse(
            "[[check]]\nkey = \"accuracy.test\"\nmin = 0.92\nwhy = \"the prototype\"\n\
             [[check]]\nkey = \"accuracy.test\"\nmax = 0.92\n\
             [[check]]\nkey = \"spikes.output\"\nequals = 10.0\n\
             [[check]]\nkey = \"fingerprint\"\nequals = \"ab\"\n\
             [[check]]\nkey = \"accuracy.train\"\nmin = 0.5\n",
        )
        .unwrap();
        let verdicts = expected.judge(&summary());
        let passed: Vec<bool> = verdicts.iter().map(|verdict| verdict.passed).collect();
        assert_eq!(passed, [false, true, true, true, false]);
        insta::assert_snapshot!(text_of_verdicts(&verdicts));
    }

    #[test]
    fn a_check_that_cannot_fail_is_refused() {
        let error = Expected::parse("[[check]]\nkey = \"accuracy.test\"\n").unwrap_err();
        assert_eq!(error, "check of `accuracy.test` has no bound; give `min`, `max` or `equals`");
        assert!(Expected::parse("check = []\n").unwrap_err().contains("no check"));
        assert!(Expected::parse("[[check]]\nkey = \"a\"\nmni = 1\n").unwrap_err().contains("mni"));
    }
}
