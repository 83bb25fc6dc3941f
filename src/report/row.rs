//! Lines of a table, and values in them that more than one table has.

use crate::plot::number::trimmed;
use crate::time::Time;

/// A line of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// What stands on the left.
    pub name: String,
    /// What stands on the right, with its unit.
    pub value: String,
}

pub(super) fn row(name: &str, value: impl Into<String>) -> Row {
    Row { name: name.into(), value: value.into() }
}

pub(super) fn time(time: Time) -> String {
    time.to_string()
}

pub(super) fn cv(fraction: f64) -> String {
    trimmed(&format!("{:.3}", 100.0 * fraction))
}
