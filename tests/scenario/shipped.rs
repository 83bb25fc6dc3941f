//! Every shipped scenario loads, resolves to itself, and follows the schema.

use memspike::registry::Registry;
use memspike::scenario::plan::{Plan, ProjectionPlan};
use memspike::scenario::{load, load_all, load_set, load_text, schema, shipped};
use serde_json::Value;
use std::path::Path;

#[test]
fn every_shipped_scenario_loads_without_a_word() {
    let names = shipped::names();
    assert!(names.len() >= 7, "{names:?}");
    for name in names {
        match load(name, &[], None) {
            Ok(loaded) => {
                // What the paper's devices ask of one another is told: neurons of 7 uA and synapses of millisiemens.
                let told = loaded.warnings.render(false);
                let warned = told.lines().filter(|line| line.starts_with("warning")).collect::<Vec<_>>();
                assert!(warned.iter().all(|line| line.starts_with("warning: overload: ")), "{told}");
                let both = |plan: &Plan| {
                    let on =
                        |p: &ProjectionPlan| p.device.is_some() && plan.populations[p.to].switch.is_some();
                    plan.projections.iter().any(on)
                };
                // Of microsiemens, read for as long as a filament takes, they ask nothing.
                let fits = name.starts_with("stdp/") && name.contains("memristor");
                assert_eq!(!warned.is_empty(), both(&loaded.plan) && !fits, "{name}: {told}");
                assert_eq!(loaded.plan.name, name);
            }
            Err(faults) => panic!("{name}:\n{faults}"),
        }
    }
}

#[test]
fn what_resolve_prints_loads_back_to_the_same_plan() {
    for name in shipped::names() {
        let loaded = load(name, &[], None).unwrap();
        let text = loaded.resolve();
        let again =
            load_text("resolved.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}\n{text}"));
        assert_eq!(again.plan, loaded.plan, "{name}:\n{text}");
    }
}

#[test]
fn shipped_scenarios_from_disk_are_the_same_as_embedded_ones() {
    for name in shipped::names() {
        let directory = shipped::find(name).unwrap().path();
        let path = format!("{}/scenarios/{}", env!("CARGO_MANIFEST_DIR"), directory.display());
        let from_disk = load(&path, &[], None).unwrap();
        assert_eq!(from_disk.plan, load(name, &[], None).unwrap().plan);
    }
}

#[test]
fn every_scenario_of_the_directory_is_embedded() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
    // By its own name in a set that has a file about itself, by its path elsewhere.
    fn name(root: &Path, path: &Path) -> String {
        let own = path.parent().is_some_and(|parent| parent.join("set.toml").is_file());
        let name = if own { Path::new(path.file_name().unwrap()) } else { path.strip_prefix(root).unwrap() };
        name.to_str().unwrap().replace('\\', "/")
    }
    fn collect(root: &Path, directory: &Path, names: &mut Vec<String>) {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.join("scenario.toml").is_file() {
                names.push(name(root, &path));
            } else if path.is_dir() {
                collect(root, &path, names);
            }
        }
    }
    let mut names = Vec::new();
    collect(&root, &root, &mut names);
    names.sort();
    // If this fails after a scenario was added, the crate was not rebuilt since: touch `shipped.rs`.
    let mut embedded = shipped::names();
    embedded.sort_unstable();
    assert_eq!(names, embedded);
}

#[test]
fn a_set_is_found_by_its_name_and_says_what_it_is() {
    let set = shipped::set("paper").unwrap();
    assert!(set.about().is_some() && set.scenarios().len() >= 11);
    let names: Vec<String> =
        load_all("paper", Default::default()).unwrap().into_iter().map(|loaded| loaded.plan.name).collect();
    assert_eq!(names, set.scenarios().iter().map(|one| one.name()).collect::<Vec<_>>());
    // One of them by its path, too.
    let one = load("paper/fig3c-stdp", &[], None).unwrap();
    assert_eq!(one.plan, load("fig3c-stdp", &[], None).unwrap().plan);
    assert!(load("paper", &[], None).unwrap_err().to_string().contains("one scenario"));
    let from_disk = load_set(&format!("{}/scenarios/paper", env!("CARGO_MANIFEST_DIR"))).unwrap();
    assert_eq!(from_disk, load_set("paper").unwrap());
    assert_eq!(load_set("networks/ring").unwrap(), None);
}

#[test]
fn every_shipped_scenario_says_what_it_shows_and_what_to_expect() {
    for scenario in shipped::all() {
        assert!(scenario.readme().starts_with("# "), "{} has no README", scenario.name());
        assert!(!scenario.expected().is_empty(), "{} has no expected.toml", scenario.name());
    }
}

/// The part of JSON Schema that the generated schema uses, without patterns.
fn accepts(schema: &Value, value: &Value, path: &str, faults: &mut Vec<String>) {
    if let Some(options) = schema.get("anyOf").or(schema.get("oneOf")).and_then(Value::as_array) {
        let fits = options.iter().any(|option| {
            let mut inner = Vec::new();
            accepts(option, value, path, &mut inner);
            inner.is_empty()
        });
        if !fits {
            faults.push(format!("{path}: {value} fits none of the options"));
        }
    }
    if schema.get("const").is_some_and(|wanted| wanted != value)
        || schema.get("enum").and_then(Value::as_array).is_some_and(|list| !list.contains(value))
    {
        faults.push(format!("{path}: {value} is not the value"));
    }
    let right = match schema.get("type").and_then(Value::as_str) {
        Some("object") => value.is_object(),
        Some("array") => value.is_array(),
        Some("string") => value.is_string(),
        Some("boolean") => value.is_boolean(),
        Some("integer") => value.is_u64() || value.is_i64(),
        Some("number") => value.is_number(),
        _ => true,
    };
    if !right {
        faults.push(format!("{path}: {value} has the wrong type"));
    }
    let required = schema.get("required").and_then(Value::as_array).into_iter().flatten();
    for key in required.filter_map(Value::as_str) {
        if value.is_object() && value.get(key).is_none() {
            faults.push(format!("{path}: no {key}"));
        }
    }
    for (key, inner) in value.as_object().into_iter().flatten() {
        let path = format!("{path}.{key}");
        match (schema.get("properties").and_then(|p| p.get(key)), schema.get("additionalProperties")) {
            (Some(shape), _) => accepts(shape, inner, &path, faults),
            (None, Some(Value::Bool(false))) => faults.push(format!("{path} is not known")),
            (None, Some(shape)) => accepts(shape, inner, &path, faults),
            (None, None) => {}
        }
    }
    for (index, inner) in value.as_array().into_iter().flatten().enumerate() {
        let shape = schema.get("prefixItems").and_then(|items| items.get(index)).or(schema.get("items"));
        if let Some(shape) = shape {
            accepts(shape, inner, &format!("{path}.{index}"), faults);
        }
    }
    for rule in schema.get("allOf").and_then(Value::as_array).into_iter().flatten().chain([schema]) {
        let Some(condition) = rule.get("if") else { continue };
        let mut inner = Vec::new();
        match condition.get("not") {
            Some(not) => {
                accepts(not, value, path, &mut inner);
                inner = if inner.is_empty() { vec!["not".into()] } else { Vec::new() };
            }
            None => accepts(condition, value, path, &mut inner),
        }
        if let (true, Some(then)) = (inner.is_empty(), rule.get("then")) {
            accepts(then, value, path, faults);
        }
    }
}

fn faults_against_schema(text: &str) -> Vec<String> {
    let value: Value = toml::from_str(text).unwrap();
    let mut faults = Vec::new();
    accepts(&schema(&Registry::shipped()), &value, "", &mut faults);
    faults
}

#[test]
fn the_schema_accepts_shipped_scenarios_and_their_resolved_forms() {
    for scenario in shipped::all() {
        assert_eq!(faults_against_schema(scenario.scenario()), Vec::<String>::new(), "{}", scenario.name());
        let resolved = load(scenario.name(), &[], None).unwrap().resolve();
        assert_eq!(faults_against_schema(&resolved), Vec::<String>::new(), "{}", scenario.name());
    }
}

#[test]
fn the_schema_takes_what_each_neuron_has_for_itself() {
    let ring = shipped::find("networks/ring").unwrap().scenario();
    let with = |value: &str| ring.replace("t_ref = \"1 ms\"", &format!("t_ref = {value}"));
    for value in [
        "[\"1 ms\", \"2 ms\"]",
        "{ normal = [\"1 ms\", \"0.1 ms\"] }",
        "{ log_normal = [\"1 ms\", 0.2] }",
        "{ file = \"ring.csv\", column = \"t_ref\" }",
    ] {
        assert_eq!(faults_against_schema(&with(value)), Vec::<String>::new(), "{value}");
    }
    for value in ["[1, 2]", "{ file = \"ring.csv\" }", "{ constant = 1 }"] {
        assert!(!faults_against_schema(&with(value)).is_empty(), "{value}");
        assert!(load_text("ring.toml", &with(value), &[], None).is_err(), "{value}");
    }
}

#[test]
fn the_schema_refuses_what_the_reader_refuses() {
    let ring = shipped::find("networks/ring").unwrap().scenario();
    for (from, to) in [
        ("t_ref = \"1 ms\"", "t_reff = \"1 ms\""),
        ("size = 8", "size = 0.5"),
        ("kind = \"simulate\"", "kind = \"simulation\""),
        ("duration = \"100 ms\"", ""),
        ("[protocol]\n", "[protokoll]\n"),
    ] {
        assert!(ring.contains(from));
        let text = ring.replace(from, to);
        assert!(!faults_against_schema(&text).is_empty(), "{to}");
        assert!(load_text("ring.toml", &text, &[], None).is_err(), "{to}");
    }
}

#[test]
fn the_reference_chapter_is_up_to_date() {
    let path = format!("{}/docs/src/reference/scenario.md", env!("CARGO_MANIFEST_DIR"));
    let wanted = memspike::scenario::reference();
    let found = std::fs::read_to_string(&path).unwrap_or_default();
    if found != wanted {
        if std::env::var_os("MEMSPIKE_BLESS").is_some() {
            std::fs::create_dir_all(std::path::Path::new(&path).parent().unwrap()).unwrap();
            std::fs::write(&path, &wanted).unwrap();
            return;
        }
        panic!("{path} is out of date; run this test with MEMSPIKE_BLESS=1 to write it");
    }
}
