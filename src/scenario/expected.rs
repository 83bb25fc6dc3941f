//! What a run of a scenario must come out with: `expected.toml` beside it.
//!
//! ```toml
//! [[check]]
//! key = "accuracy.test"   # path into summary.json; a number picks an element of a list
//! min = 0.922
//! max = 1.0
//! why = "mean of three seeds 0.924"
//! ```

use serde::Deserialize;
use serde_json::Value;

/// The checks of one scenario.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    #[serde(default, rename = "check")]
    pub checks: Vec<Check>,
}

/// One number of the summary and the range it must lie in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Check {
    /// Path into summary.json, dotted.
    pub key: String,
    pub min: Option<f64>,
    pub max: Option<f64>,
    /// Where the range comes from.
    #[serde(default)]
    pub why: String,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Verdict {
    Within(f64),
    Outside(f64),
    /// The summary has no number there.
    Missing,
}

impl Expected {
    /// Reads the text of an `expected.toml`.
    ///
    /// # Errors
    /// What is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| error.to_string())
    }

    /// Every check with its verdict on a summary.
    #[must_use]
    pub fn compare(&self, summary: &Value) -> Vec<(&Check, Verdict)> {
        self.checks.iter().map(|check| (check, check.verdict(summary))).collect()
    }
}

impl Check {
    /// Whether the summary has a number at `key` within the range; both ends belong to it.
    #[must_use]
    pub fn verdict(&self, summary: &Value) -> Verdict {
        let found = self.key.split('.').try_fold(summary, |value, name| match value {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            _ => value.get(name),
        });
        let Some(number) = found.and_then(Value::as_f64) else { return Verdict::Missing };
        let within = self.min.is_none_or(|min| number >= min) && self.max.is_none_or(|max| number <= max);
        if within { Verdict::Within(number) } else { Verdict::Outside(number) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_number_is_found_by_its_path_and_held_against_the_range() {
        let summary = json!({ "accuracy": { "test": 0.92, "test_by_epoch": [0.9, 0.91] } });
        let check = |key: &str, min, max| Check { key: key.into(), min, max, why: String::new() };
        assert_eq!(check("accuracy.test", Some(0.92), None).verdict(&summary), Verdict::Within(0.92));
        assert_eq!(
            check("accuracy.test_by_epoch.1", None, Some(0.9)).verdict(&summary),
            Verdict::Outside(0.91)
        );
        assert_eq!(check("accuracy.train", None, None).verdict(&summary), Verdict::Missing);
        assert_eq!(check("accuracy.test_by_epoch.x", None, None).verdict(&summary), Verdict::Missing);
    }

    #[test]
    fn an_unknown_word_is_refused() {
        assert!(Expected::parse("[[check]]\nkey = \"a\"\nminimum = 1").is_err());
    }
}
