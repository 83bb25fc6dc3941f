//! The shipped scenarios through the program: shortened where they are long, and held against what their
//! directories say to expect.

use crate::common::{Place, code, err, json, out};
use std::fs;
use std::path::Path;

fn expected(scenario: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("scenarios")
        .join(scenario)
        .join("expected.toml")
        .display()
        .to_string()
}

const SHORT: &[&str] = &[
    "--set",
    "protocol.epochs=2",
    "--set",
    "protocol.train_samples=300",
    "--set",
    "protocol.test_samples=100",
];

#[test]
fn ring_and_fan_give_what_their_directories_expect() {
    let place = Place::new();
    for scenario in ["networks/ring", "fan"] {
        assert_eq!(code(&place.memspike(&["run", scenario])), 0);
        let verdict = place.memspike(&["compare", scenario, &expected(scenario)]);
        assert_eq!(code(&verdict), 0);
    }
}

#[test]
fn a_scenario_of_a_set_is_recognised_by_its_own_name() {
    let place = Place::new();
    for args in [&["run", "ring"][..], &["check", "scenarios/ring"], &["new", "mine", "--from", "ring"]] {
        let output = place.memspike(args);
        assert_eq!(code(&output), 2, "{args:?}");
        assert!(err(&output).contains("did you mean `networks/ring`?"), "{args:?}: {}", err(&output));
    }
    assert!(!place.path().join("mine").exists());
}

#[test]
fn digits_shortened_to_three_epochs_gives_what_its_directory_expects_of_them() {
    let place = Place::new();
    let run = ["run", "digits", "--set", "protocol.epochs=3", "--set", "record.energy=false"];
    assert_eq!(code(&place.memspike(&run)), 0);
    // What is expected after ten epochs, with two points off for the seven that are left out.
    let text = fs::read_to_string(expected("digits")).unwrap();
    let mut checks: toml::Table = text.parse().unwrap();
    let check = checks["check"].as_array_mut().unwrap();
    check.retain(|check| check["key"].as_str() == Some("accuracy.test"));
    let bound = check[0]["min"].as_float().unwrap() - 0.02;
    check[0].as_table_mut().unwrap().insert("min".into(), bound.into());
    fs::write(place.path().join("short.toml"), checks.to_string()).unwrap();
    assert_eq!(code(&place.memspike(&["compare", "digits", "short.toml"])), 0);
}

#[test]
fn every_shipped_scenario_has_an_expectation_that_is_one() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    for one in memspike::scenario::shipped::all() {
        // 2 would say that the file cannot be read as a list of checks.
        let output = place.memspike(&["compare", "run", &expected(one.path().to_str().unwrap())]);
        assert_eq!(code(&output), 1, "{}", one.name());
    }
}

#[test]
fn neither_engine_nor_threads_nor_observers_change_a_result() {
    let place = Place::new();
    let ways: [(&str, &[&str]); 5] = [
        ("one", &["--threads", "1"]),
        ("two", &["--threads", "2"]),
        ("many", &["--threads", "67"]),
        ("reference", &["--engine", "reference", "--threads", "2"]),
        ("observed", &["--record", "output,retina"]),
    ];
    for (name, options) in ways {
        let args = [&["run", "digits", "--out", name][..], SHORT, options].concat();
        assert_eq!(code(&place.memspike(&args)), 0);
        if name != "one" {
            let same = place.memspike(&["compare", "one", name]);
            assert_eq!(code(&same), 0, "{name}");
        }
    }
    let spikes = fs::read_to_string(place.path().join("observed/spikes.csv")).unwrap();
    let summary = json(&fs::read_to_string(place.path().join("observed/summary.json")).unwrap());
    let of = |name: &str| spikes.lines().filter(|line| line.split(',').nth(2) == Some(name)).count() as u64;
    assert_eq!(spikes.lines().next(), Some("episode,time [ms],population,id"));
    assert_eq!((summary["events"]["poisson"].as_u64(), summary["spikes"]["output"].as_u64()), {
        (Some(of("retina")), Some(of("output")))
    });
}

#[test]
fn a_directory_of_scenarios_is_run_one_after_the_other() {
    let place = Place::new();
    for (name, from) in [("many/a", "networks/ring"), ("many/b", "fan")] {
        assert_eq!(code(&place.memspike(&["new", name, "--from", from])), 0);
    }
    let output = place.memspike(&["run", "many"]);
    assert_eq!(code(&output), 0);
    assert_eq!(out(&output).matches("fingerprint").count(), 2);
    assert!(place.path().join("runs/a/001/summary.json").exists());
    assert!(place.path().join("runs/b/001/summary.json").exists());
    let output = place.memspike(&["run", "many", "--out", "one"]);
    assert_eq!(code(&output), 0);
    assert!(
        place.path().join("one/a/summary.json").exists() && place.path().join("one/b/report.html").exists()
    );
}

#[test]
fn copies_of_shipped_scenarios_stand_for_themselves() {
    let place = Place::new();
    let names = [
        "networks/brunel-small",
        "networks/sparse-million",
        "networks/ring",
        "stdp/pairs-device",
        "mnist-devices-wide",
    ];
    for (index, name) in names.into_iter().enumerate() {
        let copy = format!("copy-{index}");
        assert_eq!(code(&place.memspike(&["new", &copy, "--from", name])), 0);
        let checked = place.memspike(&["check", &copy]);
        assert!(
            out(&checked).contains(&format!("{copy}: valid")),
            "{name}: {}{}",
            out(&checked),
            err(&checked)
        );
    }
}

#[test]
fn weights_are_taken_from_the_last_run_of_the_plan_that_is_named_or_trained_first() {
    let place = Place::new();
    fs::write(
        place.path().join("short.toml"),
        "extends = \"digits\"\n[protocol]\nepochs = 1\ntrain_samples = 200\ntest_samples = 100\n",
    )
    .unwrap();
    fs::write(
        place.path().join("long-look.toml"),
        "extends = \"short\"\n[protocol]\nweights_from = \"short\"\ntest_presentation = \"300 ms\"\n",
    )
    .unwrap();
    // A run of another seed is not the same plan.
    assert_eq!(code(&place.memspike(&["run", "short.toml", "--seed", "9", "--quiet"])), 0);
    let output = place.memspike(&["run", "long-look.toml", "--format", "json"]);
    assert_eq!(code(&output), 0);
    // One document on stdout, although two scenarios were run.
    assert_eq!(json(&out(&output))["accuracy"]["weights_from"], "runs/short/002");
    let said = err(&output);
    assert!(said.contains("training it first") && said.contains("`short` is trained"), "{said}");
    assert!(said.contains("weights_from=runs/short/001"), "{said}");

    let again = place.memspike(&["run", "long-look.toml", "--out", "again"]);
    assert_eq!(code(&again), 0);
    assert!(err(&again).contains("weights from runs/short/002"));
    assert!(!place.path().join("runs/short/003").exists());
    assert_eq!(code(&place.memspike(&["compare", "long-look", "again"])), 0);

    // A run directory can be named itself, whatever its plan.
    let set = ["--set", "protocol.weights_from=runs/short/001", "--out", "other"];
    let other = place.memspike(&[&["run", "long-look.toml"][..], &set].concat());
    assert_eq!(code(&other), 0);
    assert!(err(&other).contains("weights from runs/short/001"));
    assert_eq!(code(&place.memspike(&["compare", "again", "other"])), 1);
}

#[test]
fn a_resolved_scenario_is_the_scenario() {
    let place = Place::new();
    let resolved = place.memspike(&["resolve", "fan"]);
    assert_eq!(code(&resolved), 0);
    for choice in ["form own-time", "lane fifo", "lane min-tree", "precision f64", "partitions"] {
        assert!(out(&resolved).contains(choice), "{choice}");
    }
    fs::write(place.path().join("again.toml"), out(&resolved)).unwrap();
    assert_eq!(code(&place.memspike(&["run", "again.toml", "--out", "again"])), 0);
    assert_eq!(code(&place.memspike(&["run", "fan", "--out", "fan"])), 0);
    assert_eq!(code(&place.memspike(&["compare", "again", "fan"])), 0);
    let said = place.memspike(&["check", "digits", "--verbose"]);
    assert_eq!(code(&said), 0);
    assert!(err(&said).contains("shared-decay") && err(&said).contains("precision f32"));
}

#[test]
fn the_plan_of_a_million_neurons_is_a_page() {
    let said = Place::new().memspike(&["check", "networks/sparse-million", "--verbose"]);
    assert_eq!(code(&said), 0);
    assert!(out(&said).contains("sparse-million: valid, takes about 9"), "{}", out(&said));
    let said = err(&said);
    assert!(said.lines().count() < 20, "{said}");
    for choice in ["lane poisson: kicks: 977 blocks", "lane wheel: weak: arrivals after 1 ms to 10 ms"] {
        assert!(said.contains(choice), "{said}");
    }
}
