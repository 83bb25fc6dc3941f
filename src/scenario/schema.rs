//! JSON Schema (2020-12) of a scenario, so that editors complete and check the file as it is written.

use super::opened::Opened;
use super::protocol;
use super::sections::{SECTIONS, choices};
use super::spec::{
    Bounds, Choice, Fallback, Key, Kind, Section, SpreadWord, Unit, Word as _, model_key, model_keys,
    neuron_keys, population_keys,
};
use super::text::{Node, Value as Toml, literal};
use crate::device::parameters::section as section_of;
use crate::device::preset::Provenance;
use crate::registry::Registry;
use serde_json::{Map, Value, json};

/// The schema of a scenario file that may name what `registry` has.
#[must_use]
pub fn schema(registry: &Registry) -> Value {
    let mut properties = Map::new();
    properties.insert(
        "extends".into(),
        json!({ "type": "string", "description": "Scenario this one is a variant of: a shipped name, or a path beside this file." }),
    );
    let mut demands = Map::new();
    for section in SECTIONS.iter() {
        properties.insert(section.name.into(), section_shape(section, registry));
        if let Some(inner) = demand(section.keys) {
            let inner = if section.named { json!({ "additionalProperties": inner }) } else { inner };
            demands.insert(section.name.into(), inner);
        }
    }
    // Without a network there is nothing to require but the protocol.
    let required: Vec<&str> =
        SECTIONS.iter().filter(|section| section.required && !section.named).map(|s| s.name).collect();
    let of_network: Vec<&str> =
        SECTIONS.iter().filter(|section| section.required && section.named).map(|s| s.name).collect();
    let alone = protocol::SHIPPED.iter().filter(|entry| !entry.network).map(|entry| entry.word);
    let words = alone.collect::<Vec<_>>();
    let device = json!({ "properties": { "kind": { "enum": words } }, "required": ["kind"] });
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "memspike scenario",
        "description": "A network of memristive neurons and synapses, or single devices, and what is done with them.",
        "type": "object",
        "properties": properties,
        "additionalProperties": false,
        // A variant may leave out what the scenario it extends says.
        "if": { "not": { "required": ["extends"] } },
        "then": {
            "required": required,
            "properties": demands,
            "if": { "not": { "properties": { "protocol": device }, "required": ["protocol"] } },
            "then": { "required": of_network },
        },
    })
}

fn section_shape(section: &Section, registry: &Registry) -> Value {
    let mut shape = table(section.keys);
    match section.name {
        "population" => {
            let of_models = registry.neurons().iter().flat_map(|entry| neuron_keys(entry.keys));
            with_models(&mut shape, &population_keys(registry, None)[..1], of_models);
        }
        "source" => {
            let key = section.keys.iter().find(|key| key.name == "dataset");
            let known = key.and_then(|key| choices(key, registry)).unwrap_or_default();
            shape["properties"]["dataset"]["oneOf"] = words(&known)["oneOf"].take();
        }
        // A kind may be brought by a program, so what presets have is not closed.
        "device" => {
            for table in ["parameters", "model"] {
                let shape = &mut shape["properties"][table];
                shape["properties"] = json!({});
                let keys = registry.devices().iter().flat_map(|kind| kind.keys);
                with_models(shape, &[], keys.filter(|key| section_of(key) == table).map(model_key));
            }
        }
        _ => {}
    }
    if let Some(opened) = Opened::section(section) {
        let added = opened.added(registry);
        with_models(
            &mut shape,
            &opened.common(registry)[..1],
            added.iter().flat_map(|one| model_keys(one.keys)),
        );
    }
    open(&mut shape, section.keys, registry);
    shape["description"] = json!(section.doc);
    if !section.named {
        return shape;
    }
    json!({
        "type": "object",
        "description": section.doc,
        "propertyNames": { "pattern": "^[A-Za-z0-9_-]{1,64}$" },
        "additionalProperties": shape,
    })
}

/// Adds what a registry adds to tables, wherever they are.
fn open(shape: &mut Value, keys: &[Key], registry: &Registry) {
    for key in keys {
        let Kind::Table(inner) = key.kind else { continue };
        let shape = &mut shape["properties"][key.name];
        match Opened::of(key) {
            Some(opened) => {
                let added = opened.added(registry);
                let of_added = added.iter().flat_map(|one| model_keys(one.keys));
                with_models(shape, opened.common(registry), of_added);
            }
            None => open(shape, inner, registry),
        }
    }
}

/// Adds the keys of registered models. One of several models may be of another kind in each.
fn with_models(table: &mut Value, common: &[Key], of_models: impl Iterator<Item = Key>) {
    let Some(properties) = table["properties"].as_object_mut() else { return };
    for key in common {
        properties.insert(key.name.into(), shape(key));
    }
    for key in of_models {
        let new = shape(&key);
        match properties.get_mut(key.name) {
            None => _ = properties.insert(key.name.into(), new),
            Some(old) if same_values(old, &new) => {}
            Some(old) => match old.get_mut("anyOf").and_then(Value::as_array_mut) {
                Some(several) if several.iter().any(|one| same_values(one, &new)) => {}
                Some(several) => several.push(new),
                None => *old = json!({ "anyOf": [old.take(), new] }),
            },
        }
    }
}

/// Whether two shapes take the same values, whatever they say about them.
fn same_values(one: &Value, other: &Value) -> bool {
    let bare = |shape: &Value| {
        let mut bare = shape.clone();
        if let Some(bare) = bare.as_object_mut() {
            bare.retain(|key, _| {
                !matches!(key.as_str(), "description" | "default" | "minimum" | "exclusiveMinimum")
            });
        }
        bare
    };
    bare(one) == bare(other)
}

fn table(keys: &[Key]) -> Value {
    let properties: Map<String, Value> = keys.iter().map(|key| (key.name.to_string(), shape(key))).collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// What must be there when nothing is inherited.
fn demand(keys: &[Key]) -> Option<Value> {
    let required = |key: &&Key| matches!(key.default, Fallback::Required);
    let always: Vec<&str> =
        keys.iter().filter(|key| key.when.is_none()).filter(required).map(|k| k.name).collect();
    let mut rules = Vec::new();
    for key in keys.iter().filter(required) {
        if let Some((decider, values)) = key.when {
            let default =
                keys.iter().find(|other| other.name == decider).and_then(|other| match other.default {
                    Fallback::Value(text, ..) => Some(text.trim_matches('"')),
                    _ => None,
                });
            // Where the default decides so, leaving the decider out decides so too.
            let present = if default.is_some_and(|value| values.contains(&value)) {
                json!([])
            } else {
                json!([decider])
            };
            rules.push(json!({
                "if": { "properties": { decider: { "enum": values } }, "required": present },
                "then": { "required": [key.name] },
            }));
        }
    }
    if always.is_empty() && rules.is_empty() {
        return None;
    }
    let mut demand = Map::new();
    demand.insert("required".into(), json!(always));
    if !rules.is_empty() {
        demand.insert("allOf".into(), json!(rules));
    }
    Some(Value::Object(demand))
}

fn shape(key: &Key) -> Value {
    let mut shape = match key.kind {
        Kind::Text | Kind::Name(_) => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Integer { min, max } => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Kind::Counts { count, min } => json!({
            "type": "array",
            "items": { "type": "integer", "minimum": min },
            "minItems": count,
            "maxItems": count,
        }),
        Kind::Number(bounds) => json!({ "anyOf": [number(&bounds), percentage()] }),
        Kind::Quantity(unit, _) => quantity(unit),
        Kind::Quantities(unit, _) => json!({ "type": "array", "items": quantity(unit) }),
        Kind::Overrides => json!({ "type": "object" }),
        Kind::Figure => json!({ "anyOf": [{ "type": "string" }, { "type": "number" }] }),
        Kind::Choice(choices) => words(choices),
        Kind::Names(_) => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Table(keys) => {
            let mut shape = table(keys);
            if let (Some(demand), true) = (demand(keys), matches!(key.default, Fallback::Absent(_))) {
                shape["required"] = demand["required"].clone();
            }
            shape
        }
        Kind::Tables(keys) => {
            let mut items = table(keys);
            if let Some(demand) = demand(keys) {
                items["required"] = demand["required"].clone();
            }
            json!({ "type": "array", "items": items })
        }
        Kind::Spread(keys) => {
            let words: Vec<&str> = SpreadWord::CHOICES.iter().map(|word| word.name).collect();
            json!({ "anyOf": [{ "enum": words }, table(keys)] })
        }
        Kind::Weight => weight(),
        Kind::Delay(_) => law(&quantity(Unit::Second)),
        Kind::WeightLimit => electric(),
        Kind::TimedRows(unit) => rows(vec![quantity(Unit::Second), quantity(unit)]),
        Kind::SpikeRows => rows(vec![quantity(Unit::Second), json!({ "type": "integer", "minimum": 0 })]),
        Kind::SynapseRows => {
            let id = json!({ "type": "integer", "minimum": 0 });
            let mut rows = rows(vec![id.clone(), id, electric(), quantity(Unit::Second)]);
            rows["items"]["minItems"] = json!(3);
            rows
        }
    };
    if key.each {
        shape = of_each(&shape);
    }
    let mut description = key.doc.to_string();
    if let Some((decider, values)) = key.when {
        description.push_str(&format!(" Only with {decider} = {}.", values.join(" or ")));
    }
    match key.default {
        Fallback::Required => {}
        Fallback::Absent(meaning) => description.push_str(&format!(" If absent: {meaning}.")),
        Fallback::Value(text, provenance, why) => {
            if let Some(value) = json(&literal(text)) {
                shape["default"] = value;
            }
            if !why.is_empty() {
                description.push_str(&format!(
                    " Default {}: {why}.",
                    provenance.map_or("setting", Provenance::name)
                ));
            }
        }
        Fallback::SameAs(other) => description.push_str(&format!(" Default: as {other}.")),
        Fallback::Derived(how) => description.push_str(&format!(" Default: {how}.")),
    }
    shape["description"] = json!(description);
    shape
}

fn words(choices: &[Choice]) -> Value {
    let each: Vec<Value> =
        choices.iter().map(|choice| json!({ "const": choice.name, "description": choice.doc })).collect();
    json!({ "oneOf": each })
}

fn number(bounds: &Bounds) -> Value {
    let mut shape = json!({ "type": "number" });
    if bounds.min.is_finite() {
        shape[if bounds.above { "exclusiveMinimum" } else { "minimum" }] = json!(bounds.min);
    }
    if bounds.max.is_finite() {
        shape[if bounds.below { "exclusiveMaximum" } else { "maximum" }] = json!(bounds.max);
    }
    shape
}

const NUMBER: &str = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?";

fn percentage() -> Value {
    json!({ "type": "string", "pattern": format!("{NUMBER}\\s*%\\s*$"), "examples": ["5 %"] })
}

fn pattern(symbols: &str) -> Value {
    json!({
        "type": "string",
        "pattern": format!("{NUMBER}\\s*(f|p|n|u|\u{b5}|\u{3bc}|m|k|M|G|T)?({symbols})\\s*$"),
    })
}

fn quantity(unit: Unit) -> Value {
    let symbols = if unit == Unit::Ohm { "Ohm|ohm|\u{3a9}|\u{2126}" } else { unit.symbol() };
    let mut shape = pattern(symbols);
    shape["examples"] = json!([unit.example()]);
    shape
}

/// A voltage or a current.
fn electric() -> Value {
    pattern("V|A")
}

fn weight() -> Value {
    let one = json!({ "anyOf": [electric(), { "type": "number" }] });
    let mut weight = law(&one);
    weight["anyOf"][0] = electric();
    weight["anyOf"][1]["properties"]["unit"] =
        json!({ "const": "threshold", "description": "Plain numbers in units of v_th - u_rest." });
    weight
}

/// One value or a distribution.
fn law(one: &Value) -> Value {
    let pair = json!({ "type": "array", "items": one, "minItems": 2, "maxItems": 2 });
    let sigma = json!({ "type": "number", "minimum": 0 });
    let log_normal = json!({ "type": "array", "prefixItems": [one, sigma], "minItems": 2, "maxItems": 2 });
    json!({ "anyOf": [one, {
        "type": "object",
        "properties": { "constant": one, "normal": pair, "uniform": pair, "log_normal": log_normal },
        "additionalProperties": false,
    }] })
}

/// One value for all neurons, or one for each: listed, drawn or from a file.
fn of_each(one: &Value) -> Value {
    let file = json!({
        "type": "object",
        "properties": { "file": { "type": "string" }, "column": { "type": "string" } },
        "required": ["file", "column"],
        "additionalProperties": false,
    });
    let mut each = law(one);
    if let Some(forms) = each["anyOf"].as_array_mut() {
        forms.extend([json!({ "type": "array", "items": one }), file]);
    }
    each
}

fn rows(items: Vec<Value>) -> Value {
    let length = items.len();
    json!({ "type": "array", "items": {
        "type": "array", "prefixItems": items, "minItems": length, "maxItems": length,
    } })
}

/// A TOML value as JSON.
fn json(node: &Node) -> Option<Value> {
    Some(match &node.value {
        Toml::Text(text) => json!(text),
        Toml::Integer(number) => json!(i64::try_from(*number).ok()?),
        Toml::Float(number) => json!(number),
        Toml::Flag(flag) => json!(flag),
        Toml::Date(date) => json!(date),
        Toml::List(list) => Value::Array(list.iter().map(json).collect::<Option<_>>()?),
        Toml::Rows(rows) => Value::Array(rows.iter().map(|row| json(&row)).collect::<Option<_>>()?),
        Toml::Table(table) => Value::Object(
            table
                .entries
                .iter()
                .map(|item| Some((item.key.clone(), json(&item.node)?)))
                .collect::<Option<_>>()?,
        ),
    })
}
