//! What was written in another way in 0.1, with what it is now.

use super::super::diagnostic::Diagnostic;
use super::super::resolve::written;
use super::super::text::{Item, Node, Table};

/// The refusal of the table that `device` of a projection was, with what it is now.
pub fn was_a_table(node: &Node, table: &Table, what: &str, path: &str) -> Diagnostic {
    let (range, around): (Vec<&Item>, Vec<&Item>) =
        table.entries.iter().partition(|item| ["g_min", "g_max"].contains(&item.key.as_str()));
    let lines = |items: &[&Item]| {
        let line = |item: &&Item| format!("{} = {}", item.key, written(&item.node));
        items.iter().map(line).collect::<Vec<_>>().join(", ")
    };
    let mut now = "[device.synapse] preset = \"ag-tio2-pt-rs-analog\"".to_string();
    if !range.is_empty() {
        // What the preset starts from may lie outside.
        let start = range.iter().find(|item| item.key == "g_min");
        let start = start.map_or_else(String::new, |item| format!(", g_start = {}", written(&item.node)));
        now = format!("{now}, parameters = {{ {}{start} }}", lines(&range));
    }
    now = format!("{now}; [{path}] device = \"synapse\"");
    if !around.is_empty() {
        now = format!("{now}; [{path}.crossbar] {}", lines(&around));
    }
    Diagnostic::error(format!("`device` of {what} is a table"))
        .at(&node.at)
        .label("was one in 0.1")
        .allowed(
            "the name of a [device.NAME], which says what the device is; what is around it is `crossbar`",
        )
        .hint(format!("now: {now}"))
}
