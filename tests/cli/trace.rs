//! `--trace`: every event once, with its simulated time and ids, within the spans it belongs to.

use crate::common::{Place, code, err, json, out};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;

fn lines(place: &Place, name: &str) -> Vec<Value> {
    let text = fs::read_to_string(place.path().join(name)).unwrap();
    assert!(text.ends_with('\n'), "the last line is whole");
    text.lines().map(json).collect()
}

fn count(lines: &[Value]) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for line in lines {
        *counts.entry(line["fields"]["message"].as_str().unwrap_or("?").to_string()).or_default() += 1;
    }
    counts
}

const TRACE: &[&str] =
    &["--trace", "memspike=trace", "--trace-format", "json", "--trace-file", "trace.jsonl"];

#[test]
fn every_event_of_a_training_run_is_a_line_of_json_in_its_spans() {
    let place = Place::new();
    let run = [
        "run",
        "digits",
        "--out",
        "run",
        "--format",
        "json",
        "--set",
        "protocol.epochs=2",
        "--set",
        "protocol.train_samples=20",
        "--set",
        "protocol.batch=8",
        "--set",
        "protocol.test_samples=5",
    ];
    let output = place.memspike(&[&run[..], TRACE].concat());
    assert_eq!(code(&output), 0);
    let summary = json(&out(&output));
    let lines = lines(&place, "trace.jsonl");
    let counts = count(&lines);
    for kind in ["poisson", "arrival", "fire"] {
        assert_eq!(summary["events"][kind], counts[kind], "{kind}");
    }
    assert_eq!(counts["program"], 2 * 784 * 10, "one per device of a pair");
    assert_eq!(counts["new"], counts["close"], "every span that is opened is closed");

    let mut spans: BTreeMap<String, u64> = BTreeMap::new();
    for line in &lines {
        let stack: Vec<&str> =
            line["spans"].as_array().unwrap().iter().map(|span| span["name"].as_str().unwrap()).collect();
        match line["fields"]["message"].as_str().unwrap() {
            "new" => *spans.entry(line["span"]["name"].as_str().unwrap().to_string()).or_default() += 1,
            "poisson" | "arrival" | "fire" => {
                let time: f64 = line["fields"]["time_ms"].as_str().unwrap().parse().unwrap();
                assert!((0.0..100.0).contains(&time), "{line}");
                assert!(
                    matches!(
                        stack[..],
                        ["run", "epoch", "batch", "presentation"]
                            | ["run", "epoch", "presentation"]
                            | ["run", "presentation"]
                    ),
                    "{line}"
                );
            }
            "program" => assert!(line["fields"]["conductance_s"].as_f64().unwrap() > 0.0),
            _ => {}
        }
    }
    assert_eq!(
        spans,
        [("batch", 6), ("epoch", 2), ("presentation", 2 * 25 + 5), ("run", 1)]
            .map(|(name, n)| (name.to_string(), n))
            .into()
    );
    let fire = lines.iter().find(|line| line["fields"]["message"] == "fire").unwrap();
    assert_eq!(fire["fields"]["population"], "output");
    assert!(fire["fields"]["id"].as_u64().unwrap() < 10);
}

#[test]
fn tracing_changes_no_result_and_costs_nothing_to_those_who_leave_it_out() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&[&["run", "small.toml", "--out", "traced"][..], TRACE].concat())), 0);
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "plain"])), 0);
    assert_eq!(code(&place.memspike(&["compare", "traced", "plain"])), 0);
    assert_eq!(fs::read(place.path().join("traced/spikes.csv")).unwrap(), {
        fs::read(place.path().join("plain/spikes.csv")).unwrap()
    });
}

#[test]
fn given_spikes_are_not_called_poisson() {
    let place = Place::new();
    assert_eq!(code(&place.memspike(&[&["run", "networks/ring", "--out", "run"][..], TRACE].concat())), 0);
    let counts = count(&lines(&place, "trace.jsonl"));
    assert_eq!((counts["source"], counts["arrival"], counts["fire"]), (2, 97, 97));
    assert!(!counts.contains_key("poisson"));
}

#[test]
fn a_filter_chooses_and_lines_for_people_go_to_stderr() {
    let place = Place::new();
    let output = place.memspike(&["run", "networks/ring", "--out", "run", "--trace", "info", "--quiet"]);
    assert_eq!(code(&output), 0);
    let said = err(&output);
    assert!(said.contains("INFO run{scenario=\"networks/ring\" seed=1}") && !said.contains("fire"), "{said}");
    let output =
        place.memspike(&["run", "networks/ring", "--out", "all", "--trace", "memspike::engine=trace"]);
    assert!(err(&output).contains("fire time_ms=1.5 population=\"ring\" id=0"), "{}", err(&output));
}
