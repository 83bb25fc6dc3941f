//! What `--measure` asks for, held to what there can be: before anything is computed, and when the first run has ended.

use super::super::failure::Failure;
use memspike::hint::nearest;
use memspike::report::sweep::{Possible, Verdict};
use memspike::report::table;
use serde_json::Value;
use std::path::Path;

/// A measure that is not there, and the one that may have been meant.
type Unknown = (String, Option<String>);

/// Refuses what no run of the sweep can have.
///
/// # Errors
/// All such measures.
pub fn check(measures: &[String], possible: &Possible, scenario: &str) -> Result<(), Failure> {
    let unknown = measures.iter().filter_map(|name| match possible.of(name) {
        Verdict::Impossible(near) => Some((
            format!("no run of `{scenario}` gives a number `{name}`, which --measure asks for"),
            Some(near.map_or_else(|| such_as(possible), |near| format!("did you mean `{near}`?"))),
        )),
        _ => None,
    });
    let unknown: Vec<_> = unknown.collect();
    if unknown.is_empty() { Ok(()) } else { Err(Failure::Several(unknown)) }
}

/// Numbers that there are.
fn such_as(possible: &Possible) -> String {
    let some: Vec<String> = possible.examples(3).map(|name| format!("`{name}`")).collect();
    format!("there is, among others, {}; `memspike table RUN` has all numbers of a run", some.join(", "))
}

/// The measures of which only a run tells, and that no run has yet.
pub fn open<'a>(
    measures: &[String],
    possible: &Possible,
    done: impl Iterator<Item = &'a Value> + Clone,
) -> Vec<String> {
    let open = measures.iter().filter(|name| possible.of(name) == Verdict::Open);
    open.filter(|name| !done.clone().any(|summary| lacking(&[(*name).clone()], summary).is_empty()))
        .cloned()
        .collect()
}

/// Those that a summary has not.
pub fn lacking(open: &[String], summary: &Value) -> Vec<Unknown> {
    let row = table::row(summary);
    let numbers = || row.iter().filter(|(_, _, value)| value.is_number()).map(|(name, ..)| name.as_str());
    let unknown = open.iter().filter(|name| numbers().all(|number| number != name.as_str()));
    unknown.map(|name| (name.clone(), nearest(name, numbers()).map(String::from))).collect()
}

/// Says so of the run of a point.
pub fn missing(unknown: &[Unknown], point: &str, place: &Path) -> Failure {
    let mut faults: Vec<(String, Option<String>)> = unknown
        .iter()
        .map(|(name, near)| {
            let hint = near.as_ref().map_or_else(
                || format!("`memspike table {}` has all numbers there are;", place.join(point).display()),
                |near| format!("did you mean `{near}`?"),
            );
            (format!("`{point}` has no number `{name}`, which --measure asks for"), Some(hint))
        })
        .collect();
    // Once, after the last of them.
    let kept = format!(
        "what is computed is kept: the same command with --out {}, and a measure that is there or none, goes on",
        place.display()
    );
    if let Some((_, Some(hint))) = faults.last_mut() {
        *hint = format!("{hint} {kept}");
    }
    Failure::Several(faults)
}
