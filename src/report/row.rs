//! Lines of a table, and values in them that more than one table has.

use crate::plot::number::{percent, trimmed};
use crate::time::Time;
use maud::{Markup, html};

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

/// Cells of a case that was tried several times: its accuracy, what it costs, and what it may.
pub(super) fn cost(mean: f64, sd: f64, loss: f64, max_loss: Option<f64>) -> Markup {
    html! {
        td.n { (percent(mean)) " \u{b1} " (format!("{:.2}", 100.0 * sd)) }
        td.n.bad[max_loss.is_some_and(|max| loss > max)] { (format!("{:.2} points", 100.0 * loss)) }
        td.n { @if let Some(max) = max_loss { (format!("{:.2} points", 100.0 * max)) } }
    }
}
