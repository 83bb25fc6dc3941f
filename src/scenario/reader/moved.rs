//! What was written in another way in 0.1, with what it is now.

use super::super::diagnostic::Diagnostic;
use super::super::resolve::written;
use super::super::text::{Item, Node, Table, Value};

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

/// The refusal of a table by which a protocol learned by a rule of its own, with what both of them are now.
pub fn learned_by_itself(item: &Item, protocol: &Table) -> Diagnostic {
    let name = protocol.get("projection").and_then(|item| item.node.text()).unwrap_or("NAME");
    let entries = |name: &str| match protocol.get(name).map(|item| &item.node.value) {
        Some(Value::Table(table)) => table.entries.clone(),
        _ => Vec::new(),
    };
    let learning = entries("learning");
    let of = |key: &str| learning.iter().find(|item| item.key == key);
    let window = of("window").and_then(|item| item.node.text()).unwrap_or("rectangular");
    let overlap = window == "overlap";
    let mut rule = vec![match window {
        "overlap" => "rule = \"overlap\"".to_string(),
        "trace" => "rule = \"post_trace\"".into(),
        _ => "rule = \"rectangular\"".into(),
    }];
    if !overlap {
        if of("dependence").is_none() {
            rule.push("dependence = \"multiplicative\"".into());
        }
        rule.push("relative_to = \"span\"".into());
    } else if of("spread").is_none() {
        rule.push("spread = \"device\"".into());
    }
    let mut schedule = String::new();
    for item in &learning {
        let value = written(&item.node);
        match (item.key.as_str(), window) {
            ("window", _) | ("a_minus", "trace") => {}
            ("final_share", _) => schedule = format!("; [protocol] final_share = {value}"),
            ("width", _) => rule.push(format!("window = {value}")),
            ("tau", _) => rule.push(format!("tau_plus = {value}")),
            (key, _) => rule.push(format!("{key} = {value}")),
        }
    }
    let mut stuck = Vec::new();
    for item in entries("devices") {
        let value = written(&item.node);
        match item.key.as_str() {
            "cycle" => rule.push(format!("cv_cycle = {value}")),
            // Their heights and widths are those of `program`.
            "set" | "reset" => {}
            "stuck_on" | "stuck_off" => stuck.push(format!("{} = {value}", item.key)),
            key => rule.push(format!("{key} = {value}")),
        }
    }
    if !stuck.is_empty() {
        schedule += &format!("; [projection.{name}.crossbar] faults = {{ {} }}", stuck.join(", "));
    }
    if !overlap && protocol.get("devices").is_some() {
        rule.push("program = { v_set = \"280 mV\", v_reset = \"280 mV\" }".into());
    }
    Diagnostic::error(format!("`{}` is no table of the protocol any more", item.key))
        .at(&item.key_at)
        .label("was one in 0.1")
        .allowed(
            "[projection.NAME.plasticity], which says how weights learn in every protocol, and what their devices make of it",
        )
        .hint(format!("now: [projection.{name}.plasticity] {}{schedule}", rule.join(", ")))
}
