//! No text makes the reader panic, and what belongs together in the specification does.

use memspike::network::SourceKind;
use memspike::neuron::{Lif, Neuron};
use memspike::registry::Registry;
use memspike::report::compare::{Check, Expected};
use memspike::scenario::plan::Input;
use memspike::scenario::protocol::supervised::Supervised;
use memspike::scenario::spec::{Fallback, Key, Kind};
use memspike::scenario::{Opened, SECTIONS};
use memspike::scenario::{load, load_text, shipped};
use proptest::prelude::*;

/// Loads and, if it fails, renders: neither may panic.
fn try_load(text: &str, overrides: &[String]) {
    match load_text("any.toml", text, overrides, None) {
        Ok(loaded) => {
            let _ = loaded.resolve();
        }
        Err(faults) => {
            assert!(faults.has_errors());
            let _ = faults.render(true);
        }
    }
}

/// A shipped scenario with a piece taken out and another text put in.
fn damaged() -> impl Strategy<Value = String> {
    let texts: Vec<&'static str> = shipped::all().map(|scenario| scenario.scenario()).collect();
    (prop::sample::select(texts), any::<prop::sample::Index>(), 0usize..40, "[\\[\\]{}\"=., a-z0-9-]{0,12}")
        .prop_map(|(text, place, length, insert)| {
            let characters: Vec<char> = text.chars().collect();
            let start = place.index(characters.len());
            let end = (start + length).min(characters.len());
            characters[..start]
                .iter()
                .chain(insert.chars().collect::<Vec<_>>().iter())
                .chain(&characters[end..])
                .collect()
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn arbitrary_text_is_refused_in_peace(text in "\\PC{0,200}") {
        try_load(&text, &[]);
    }

    #[test]
    fn a_damaged_scenario_is_refused_or_read(text in damaged()) {
        try_load(&text, &[]);
    }

    #[test]
    fn an_arbitrary_override_is_refused_or_applied(argument in "[a-z.]{0,30}=?\\PC{0,20}") {
        try_load(shipped::find("networks/ring").unwrap().scenario(), &[argument]);
    }

    #[test]
    fn an_arbitrary_value_anywhere_is_refused_or_taken(
        path in prop::sample::select(paths()),
        value in prop::sample::select(vec!["1", "-1", "nan", "\"1 V\"", "\"1 s\"", "[]", "{}", "[[1]]", "true", "\"\"", "1979-05-27", "99999999999999999999999999999999999999999999", "{ normal = [1] }"]),
        scenario in prop::sample::select(shipped::names()),
    ) {
        if let Err(faults) = load(scenario, &[format!("{path}={value}")], None) {
            prop_assert!(faults.has_errors());
            let _ = faults.render(false);
        }
    }

    #[test]
    fn an_arbitrary_list_file_is_refused_or_read(csv in "(pre|post|weight \\[mV\\]|delay \\[ms\\]|,|\n|[0-9.]|e|-|x){0,60}") {
        let directory = tempfile::tempdir().unwrap();
        let ring = shipped::find("networks/ring").unwrap();
        std::fs::write(directory.path().join("scenario.toml"), ring.scenario()).unwrap();
        std::fs::write(directory.path().join("ring.csv"), csv).unwrap();
        if let Err(faults) = load(directory.path().to_str().unwrap(), &[], None) {
            let _ = faults.render(false);
        }
    }
}

/// Every key there is, as a path into the shipped scenarios.
fn paths() -> Vec<String> {
    fn walk(keys: &[Key], path: &str, paths: &mut Vec<String>) {
        for key in keys {
            let inner_path = format!("{path}.{}", key.name);
            if let Some(inner) = key.inner() {
                let element = if matches!(key.kind, Kind::Tables(_)) { ".0" } else { "" };
                walk(inner, &format!("{inner_path}{element}"), paths);
            }
            paths.push(inner_path);
        }
    }
    let names = |section: &str| match section {
        "source" => vec!["retina", "kick", "noise", "new"],
        "population" => vec!["output", "ring", "new"],
        "projection" => vec!["input", "next", "new"],
        _ => Vec::new(),
    };
    let mut paths = vec!["extends".to_string()];
    for section in SECTIONS.iter() {
        paths.push(section.name.to_string());
        if section.named {
            for name in names(section.name) {
                walk(section.keys, &format!("{}.{name}", section.name), &mut paths);
            }
        } else {
            walk(section.keys, section.name, &mut paths);
        }
    }
    paths
}

#[test]
fn text_nested_without_end_is_refused() {
    for text in [
        format!("{}x = 1", "a.".repeat(200_000)),
        format!("[{}x]\n", "a.".repeat(200_000)),
        format!("x = {}", "[".repeat(200_000)),
        format!("x = {}", "{a=".repeat(200_000)),
        format!("x = {{ {}x = 1 }}", "a . ".repeat(200_000)),
        format!("{}x = 1", "\"a\".".repeat(200_000)),
        format!("{}x = 1", "'a b'.".repeat(200_000)),
        format!("{}x = 1", "\"a#[=\".".repeat(200_000)),
    ] {
        assert!(load_text("deep.toml", &text, &[], None).is_err());
    }
    let deep = format!("{}x=1", "a.".repeat(200_000));
    assert!(load("networks/ring", &[deep], None).is_err());
    assert!(load("networks/ring", &[format!("a={}1", "[".repeat(200_000))], None).is_err());
    assert!(load("networks/ring", &[format!("a={{{}b=1}}", "a.".repeat(200_000))], None).is_err());
}

#[test]
fn every_default_of_the_specification_is_a_value_of_its_kind() {
    // A scenario of every kind takes every default; a faulty one would be refused.
    for name in shipped::names() {
        load(name, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    }
    load("networks/ring", &["population.ring.reset=hold".into()], None).unwrap();
    load("stdp/digits", &["projection.input.crossbar.spread={ cv_on = 0.1 }".into()], None).unwrap();
}

#[test]
fn every_condition_names_a_choice_that_exists() {
    fn walk(keys: &'static [Key], around: &'static [Key]) {
        for key in keys {
            if let Some((decider, values)) = key.when {
                // The model of a population decides about its tables too.
                let outer = around.iter().filter(|other| other.name == "model");
                let before = keys.iter().take_while(|other| other.name != key.name).chain(outer);
                let choices =
                    before.filter(|other| other.name == decider).find_map(|other| match other.kind {
                        Kind::Choice(choices) => Some(choices),
                        _ => None,
                    });
                let choices = choices.unwrap_or_else(|| panic!("{decider} of {} comes no earlier", key.name));
                assert!(values.iter().all(|value| choices.iter().any(|choice| choice.name == *value)));
            }
            if let Fallback::SameAs(other) = key.default {
                assert!(keys.iter().take_while(|k| k.name != key.name).any(|k| k.name == other));
            }
            assert!(key.doc.ends_with('.'), "{}: {}", key.name, key.doc);
            let inner = match Opened::of(key) {
                Some(opened) => Some(opened.common(&Registry::shipped())),
                None => key.inner(),
            };
            inner.into_iter().for_each(|inner| walk(inner, keys));
        }
    }
    SECTIONS.iter().for_each(|section| walk(section.keys, &[]));
}

#[test]
fn the_defaults_of_the_neuron_are_those_of_the_model() {
    let plan = load_text(
        "a.toml",
        "[population.a]\nsize = 1\n[protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n",
        &[],
        None,
    )
    .unwrap()
    .plan;
    assert_eq!(plan.populations[0].neuron, Neuron::Lif(Lif::default()));
}

#[test]
fn overrides_beat_the_file_and_the_file_what_it_extends() {
    let text = "extends = \"mnist-devices\"\n[protocol]\nepochs = 7\nbatch = 32\n";
    let loaded = load_text(
        "mine.toml",
        text,
        &[
            "protocol.batch=16".into(),
            "population.output.tau_m=10 ms".into(),
            "protocol.programming.1.draws=3".into(),
            "scenario.seed=5".into(),
        ],
        Some(9),
    )
    .unwrap();
    let protocol = loaded.plan.protocol.get::<Supervised>().unwrap();
    assert_eq!((protocol.epochs, protocol.batch, protocol.weight_bound), (7, 16, Some(0.3)));
    assert_eq!(protocol.programming.iter().map(|case| case.draws).collect::<Vec<_>>(), [10, 3]);
    assert_eq!(loaded.plan.seed, 9);
    assert_eq!(loaded.plan.name, "mine");
    assert_eq!(loaded.plan.populations[0].neuron.membrane().tau_m.get(), 0.01);
    assert_eq!(loaded.sources, ["mine.toml", "mnist-devices (shipped)", "mnist (shipped)"]);
}

#[test]
fn a_changed_kind_leaves_the_keys_of_the_old_one_behind() {
    let base = shipped::find("fan").unwrap().scenario();
    let loaded = load_text(
        "a.toml",
        base,
        &["source.noise.kind=regular".into(), "source.noise.period=1 ms".into()],
        None,
    )
    .unwrap();
    let source = &loaded.plan.sources[0];
    assert!(source.size == 200 && matches!(source.input, Input::Train(SourceKind::Regular { .. })));
}

#[test]
fn the_largest_seed_is_taken_and_printed() {
    let loaded = load("networks/ring", &[], Some(u64::MAX)).unwrap();
    assert_eq!(loaded.plan.seed, u64::MAX);
    let again = load_text("a.toml", &loaded.resolve(), &[], None).unwrap();
    assert_eq!(again.plan.seed, u64::MAX);
}

#[test]
fn a_scenario_is_found_as_file_directory_and_name() {
    let root = env!("CARGO_MANIFEST_DIR");
    for argument in [
        "networks/ring".to_string(),
        format!("{root}/scenarios/networks/ring"),
        format!("{root}/scenarios/networks/ring/scenario.toml"),
    ] {
        assert_eq!(load(&argument, &[], None).unwrap().plan.name, "networks/ring", "{argument}");
    }
    let all = memspike::scenario::load_all(&format!("{root}/scenarios"), Default::default()).unwrap();
    let names: Vec<_> = all.iter().map(|loaded| loaded.plan.name.as_str()).collect();
    assert_eq!(names, shipped::names());
}

#[test]
fn names_in_a_scenario_are_looked_for_beside_it() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("mine.toml", "extends = \"digits\"\n");
    write("mine-long.toml", "extends = \"mine\"\n[protocol]\nweights_from = \"mine\"\n");
    let loaded = load(directory.path().join("mine-long.toml").to_str().unwrap(), &[], None).unwrap();
    let protocol = loaded.plan.protocol.get::<Supervised>().unwrap();
    let from = protocol.weights_from.clone().unwrap();
    assert_eq!(load(&from, &[], None).unwrap().plan.name, "mine");
    let again = load_text("resolved.toml", &loaded.resolve(), &[], None).unwrap();
    assert_eq!(again.plan, loaded.plan);
}

#[test]
fn the_assumptions_are_listed_whoever_states_them() {
    let loaded = load("digits", &["projection.input.crossbar.read.width=2 us".into()], None).unwrap();
    let lines: Vec<String> = loaded.plan.assumed.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn resolve_prints_every_value_with_its_origin() {
    insta::assert_snapshot!(
        "resolve_ring",
        load("networks/ring", &["population.ring.v_th=0.2 V".into()], None).unwrap().resolve()
    );
    insta::assert_snapshot!("resolve_mnist_devices", load("mnist-devices", &[], Some(3)).unwrap().resolve());
}

#[test]
fn every_shipped_expectation_can_be_read() {
    for scenario in shipped::all() {
        let expected = Expected::parse(scenario.expected()).unwrap_or_else(|error| panic!("{error}"));
        assert!(!expected.checks.is_empty(), "{}", scenario.name());
        let bound = |check: &Check| check.min.is_some() || check.max.is_some() || check.equals.is_some();
        assert!(expected.checks.iter().all(bound));
    }
}
