//! A preset of which some values are others, each with the place where that was written.

use crate::written::{Item, Node, Table, Value};

/// Puts a value into the tree of a preset: into `[model]`, or as a parameter that is assumed because of `why`.
///
/// What is wrong with the preset as a whole from then on is told at the place of the change.
pub fn change(tree: &mut Table, section: &str, item: &Item, why: &str) {
    let (key_at, at) = (&item.key_at, &item.node.at);
    let node = |value: Value| Node { value, at: at.clone() };
    let text = |text: &str| node(Value::Text(text.to_owned()));
    let mut table = match tree.get(section).map(|item| &item.node.value) {
        Some(Value::Table(table)) => table.clone(),
        _ => Table::default(),
    };
    let value = if section == "parameters" {
        let mut parameter = Table::default();
        parameter.put("value", key_at.clone(), item.node.clone());
        parameter.put("provenance", key_at.clone(), text("assumed"));
        parameter.put("source", key_at.clone(), text(why));
        node(Value::Table(parameter))
    } else {
        item.node.clone()
    };
    table.put(&item.key, key_at.clone(), value);
    tree.put(section, key_at.clone(), node(Value::Table(table)));
    for other in tree.entries.iter_mut().filter(|item| matches!(item.node.value, Value::Table(_))) {
        other.key_at = key_at.clone();
    }
}
