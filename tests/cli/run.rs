//! Runs: what they leave behind, how they end, how they are shown and compared.

use crate::common::{Place, code, err, json, out};
use std::fs;

#[test]
fn a_run_leaves_a_directory_with_a_number_a_manifest_a_summary_and_a_report() {
    let place = Place::with_scenario();
    let first = place.memspike(&["run", "small.toml"]);
    assert_eq!(code(&first), 0);
    assert!(out(&first).contains("fingerprint") && err(&first).contains("report.html"));
    assert_eq!(code(&place.memspike(&["run", "small.toml"])), 0);
    let scenario = fs::read_dir(place.path().join("runs")).unwrap().next().unwrap().unwrap().path();
    for number in ["001", "002"] {
        let run = scenario.join(number);
        let manifest = json(&fs::read_to_string(run.join("manifest.json")).unwrap());
        assert_eq!(manifest["status"], "done");
        assert_eq!(manifest["memspike"], env!("CARGO_PKG_VERSION"));
        assert!(manifest["plan"].is_object() && manifest["command"][1] == "run");
        let summary = json(&fs::read_to_string(run.join("summary.json")).unwrap());
        assert_eq!(summary["schema_version"], 1);
        assert_eq!(summary["status"], "done");
        assert!(fs::read_to_string(run.join("report.html")).unwrap().starts_with("<!DOCTYPE html>"));
        let parts = fs::read_dir(&run)
            .unwrap()
            .filter(|e| e.as_ref().unwrap().file_name().to_string_lossy().ends_with(".part"));
        assert_eq!(parts.count(), 0, "no unfinished file is left");
    }
}

#[test]
fn json_on_stdout_is_the_summary_and_nothing_else() {
    let place = Place::with_scenario();
    let output = place.memspike(&["run", "small.toml", "--out", "here", "--format", "json", "--seed", "7"]);
    assert_eq!(code(&output), 0);
    let printed = json(&out(&output));
    assert_eq!(printed["seed"], 7);
    assert_eq!(out(&output), fs::read_to_string(place.path().join("here/summary.json")).unwrap());
}

#[test]
fn quiet_says_only_what_went_wrong_and_what_was_asked_for_as_json() {
    let place = Place::with_scenario();
    for args in [
        &["run", "small.toml", "--out", "a"][..],
        &["run", "small.toml", "--out", "b", "--seed", "9"],
        &["sweep", "small.toml", "--repeat", "2", "--out", "s"],
        &["check", "small.toml"],
        &["compare", "a", "b"],
    ] {
        let output = place.memspike(&[args, &["--quiet"]].concat());
        assert_eq!(code(&output), i32::from(args[0] == "compare"), "{args:?}");
        assert_eq!((out(&output), err(&output)), (String::new(), String::new()), "{args:?}");
        let again = [args, &["--quiet", "--format", "json", "--force"]].concat();
        let again = if ["run", "sweep"].contains(&args[0]) { &again[..] } else { &again[..again.len() - 1] };
        json(&out(&place.memspike(again)));
    }
    let wrong = place.memspike(&["run", "none.toml", "--quiet"]);
    assert_eq!(code(&wrong), 2);
    assert!(err(&wrong).contains("none.toml"));
}

#[test]
fn what_is_printed_for_people_is_printed_as_json_too() {
    let place = Place::with_scenario();
    for (seed, out) in [("1", "a"), ("2", "b")] {
        assert_eq!(code(&place.memspike(&["run", "small.toml", "--seed", seed, "--out", out])), 0);
    }
    let printed = |args: &[&str]| json(&out(&place.memspike(&[args, &["--format", "json"]].concat())));
    let compared = printed(&["compare", "a", "b"]);
    assert_eq!((&compared["same"], &compared["parameters"][0]["key"]), (&false.into(), &"seed".into()));
    assert!(
        compared["first_rows"]["spikes"]["first"].is_string()
            && compared["differences"][0]["key"].is_string()
    );
    assert_eq!(printed(&["compare", "a", "a"])["same"], true);
    let checked = printed(&["check", "small.toml"]);
    assert_eq!((&checked[0]["valid"], &checked[0]["warnings"]), (&true.into(), &0.into()));
    assert_eq!(printed(&["scenarios"])[0]["name"], "digits");
    assert!(printed(&["models"]).as_array().unwrap().iter().any(|model| model["name"] == "lif"));
    assert_eq!(printed(&["models", "lif"])["name"], "lif");
    let resolved = printed(&["resolve", "small.toml"]);
    assert_eq!((&resolved[0]["seed"], &resolved[0]["name"]), (&3.into(), &"small".into()));
    let points = printed(&["device", "ag-tio2-pt-ts", "iv"]);
    let first = &points.as_array().unwrap()[0];
    assert!(first["voltage [V]"].is_number() && first["current [A]"].is_number(), "{first}");
}

/// A signal while synapses are drawn, or written out, ends a run within the time that all of them have.
#[cfg(unix)]
#[test]
fn a_signal_while_synapses_are_drawn_is_answered() {
    use rustix::process::{Pid, Signal, kill_process};
    use std::io::BufRead as _;
    let place = Place::new();
    let mut child = place
        .command(&["run", "networks/brunel", "--out", "here", "--progress", "json"])
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    let begun = said.by_ref().map(Result::unwrap).find(|line| line.contains("\"build\""));
    assert!(begun.is_some(), "no word of drawing");
    let asked = std::time::Instant::now();
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    let rest: Vec<String> = said.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(143), "{rest:?}");
    let strict = std::env::var("MEMSPIKE_PATIENCE").ok().map(|text| text.parse().unwrap());
    assert!(asked.elapsed().as_secs_f64() < strict.unwrap_or(20.0), "{:?}", asked.elapsed());
    assert!(!rest.iter().any(|line| line.contains("\"simulate\"")), "drawing was over: {rest:?}");
}

#[test]
fn spikes_that_were_asked_for_are_written_with_their_unit() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "here"])), 0);
    let spikes = fs::read_to_string(place.path().join("here/spikes.csv")).unwrap();
    assert!(spikes.starts_with("time [ms],population,id\n"), "{}", &spikes[..40]);
    let both = ["run", "small.toml", "--out", "both", "--record-format", "npz,csv"];
    assert_eq!(code(&place.memspike(&both)), 0);
    assert_eq!(fs::read_to_string(place.path().join("both/spikes.csv")).unwrap(), spikes);
    assert!(fs::read(place.path().join("both/spikes.npz")).unwrap().starts_with(b"PK"));
    assert!(!place.path().join("here/spikes.npz").exists() && !place.path().join("both/spikes.log").exists());
    let unknown = place.memspike(&["run", "small.toml", "--record-format", "feather"]);
    assert_eq!(code(&unknown), 2);
    assert!(err(&unknown).contains("`feather`") || err(&unknown).contains("'feather'"), "{}", err(&unknown));
    assert!(err(&unknown).contains("csv, npz"), "{}", err(&unknown));
    let wrong = place.memspike(&["run", "small.toml", "--out", "there", "--record", "outputs"]);
    assert_eq!(code(&wrong), 2);
    let said = err(&wrong);
    assert!(said.contains("names `outputs`") && said.contains("--> --record\n  |\n1 | outputs"), "{said}");
    assert!(said.contains("did you mean `output`?"), "{said}");
    assert!(!place.path().join("there").exists());
}

#[test]
fn samples_at_given_times_are_those_of_a_grid_that_has_them() {
    let place = Place::with_scenario();
    let run = |out: &str, more: &[&str]| {
        let set: Vec<&str> = more.iter().flat_map(|value| ["--set", value]).collect();
        let args = [&["run", "small.toml", "--out", out][..], &set].concat();
        assert_eq!(code(&place.memspike(&args)), 0);
        let rows = fs::read_to_string(place.path().join(out).join("membrane.csv")).unwrap();
        rows.lines().skip(1).map(str::to_string).collect::<Vec<_>>()
    };
    let membrane = "record.membrane=[\"output\"]";
    let grid = run("grid", &[membrane, "record.membrane_interval=\"0.5 ms\""]);
    let given = run("given", &[membrane, "record.times=[\"120 ms\", \"1.5 ms\", \"0 ms\", \"200 ms\"]"]);
    let at = |times: &[&str]| -> Vec<String> {
        grid.iter().filter(|row| times.contains(&row.split(',').next().unwrap())).cloned().collect()
    };
    assert_eq!(given, at(&["0", "1.5", "120", "200"]));
    assert_eq!(given.len(), 40);
    // Beside a grid they add what it does not have, once.
    let both =
        run("both", &[membrane, "record.membrane_interval=\"1 ms\"", "record.times=[\"1.5 ms\", \"2 ms\"]"]);
    assert_eq!(both.len(), 201 * 10 + 10);
    let fingerprint = |out: &str| {
        json(&fs::read_to_string(place.path().join(out).join("summary.json")).unwrap())["fingerprint"].clone()
    };
    assert_eq!(fingerprint("grid"), fingerprint("given"));
    for (values, what) in [
        (&["record.times=[\"1 ms\"]"][..], "nothing is sampled"),
        (&[membrane, "record.times=[\"-1 ms\"]"], "out of range"),
        (&[membrane, "record.times=[\"1 mV\"]"], "time"),
    ] {
        let set: Vec<&str> = values.iter().flat_map(|value| ["--set", value]).collect();
        let refused = place.memspike(&[&["check", "small.toml"][..], &set].concat());
        assert_eq!(code(&refused), 2, "{values:?}");
        assert!(err(&refused).contains(what), "{values:?}: {}", err(&refused));
    }
    let late = place.memspike(&["check", "small.toml", "--set", membrane, "--set", "record.times=[\"1 s\"]"]);
    assert!(err(&late).contains("too late"), "{}", err(&late));
}

#[test]
fn synapses_that_were_asked_for_are_written_with_the_unit_of_each() {
    let place = Place::with_scenario();
    let scenario = include_str!("../data/records.toml");
    fs::write(place.path().join("synapses.toml"), scenario).unwrap();
    let ran = place.memspike(&["run", "synapses.toml", "--out", "here"]);
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    let read = |name: &str| fs::read_to_string(place.path().join("here").join(name)).unwrap();
    assert_eq!(
        read("connections.csv"),
        "delay [ms],projection,pre,post,weight,unit\n\
         1,listed,0,2,0.001,V\n0.0005,listed,1,0,-0.002,V\n2,currents,1,1,0.000000000003,A\n"
    );
    let weights = read("weight_samples.csv");
    let rows: Vec<&str> = weights.lines().collect();
    assert_eq!(rows[..2], ["time [ms],projection,pre,post,weight,unit", "0,learning,0,0,0.002,V"]);
    let times = ["0,", "15,", "20,"].map(|time| rows.iter().filter(|row| row.starts_with(time)).count());
    assert_eq!((times, rows.len()), ([6; 3], 19), "{weights}");
    for name in ["connections", "weight_samples"] {
        assert!(place.path().join(format!("here/{name}.npz")).is_file());
        assert!(!place.path().join(format!("here/{name}.log")).exists());
    }
}

/// A line spikes at 10 ms and three neurons at 20 ms. It arrives 7 ms before, at that instant and 4 ms after it, by the delays of a
/// table: the weights are those of the pair rule, from the file to the report.
#[test]
fn synapses_of_a_table_learn_after_their_own_delays() {
    let place = Place::new();
    let table = "pre,post,weight [mV],delay [ms]\n0,0,0.5,3\n0,1,0.5,10\n0,2,0.5,14\n";
    fs::write(place.path().join("synapses.csv"), table).unwrap();
    let scenario = r#"
[source.line]
kind = "spike_list"
size = 1
spikes = [["10 ms", 0]]
[source.teacher]
kind = "spike_list"
size = 3
spikes = [["20 ms", 0], ["20 ms", 1], ["20 ms", 2]]
[population.cells]
size = 3
[projection.learning]
from = "line"
to = "cells"
connect = "list"
file = "synapses.csv"
[projection.learning.plasticity]
rule = "stdp_pair"
at_zero = "ltp"
a_plus = 0.021
a_minus = 0.0247
tau_plus = "16.8 ms"
tau_minus = "33.7 ms"
relative_to = "span"
w_max = "1 mV"
[projection.telling]
from = "teacher"
to = "cells"
connect = "one_to_one"
weight = "300 mV"
[protocol]
kind = "simulate"
duration = "30 ms"
[record]
weights = ["learning"]
weights_interval = "15 ms"
weight_changes = ["learning"]
connections = ["learning"]
"#;
    fs::write(place.path().join("late.toml"), scenario).unwrap();
    let ran = place.memspike(&["run", "late.toml", "--out", "here"]);
    assert_eq!(code(&ran), 0, "{}", err(&ran));
    let rows = |name: &str| -> Vec<Vec<String>> {
        let text = fs::read_to_string(place.path().join("here").join(name)).unwrap();
        text.lines().skip(1).map(|line| line.split(',').map(String::from).collect()).collect()
    };
    let number = |text: &String| text.parse::<f64>().unwrap();
    let want = [0.5 + 0.021 * (-7.0f64 / 16.8).exp(), 0.5 + 0.021, 0.5 - 0.0247 * (-4.0f64 / 33.7).exp()]
        .map(|w| w * 1e-3);
    let samples = rows("weight_samples.csv");
    assert_eq!(samples.len(), 9);
    let changes = rows("weight_changes.csv");
    // (time, post) of every change: two at the spikes, and one when the line arrives after that.
    let when: Vec<_> =
        changes.iter().map(|row| (row[0].as_str(), row[2].as_str(), row[3].as_str())).collect();
    assert_eq!(when, [("20", "0", "0"), ("20", "0", "1"), ("24", "0", "2")]);
    for (post, want) in want.iter().enumerate() {
        let last = samples.iter().rfind(|row| row[3] == post.to_string()).unwrap();
        assert!((number(&last[4]) - want).abs() < 1e-15, "{last:?} {want}");
        let change = changes.iter().rfind(|row| row[3] == post.to_string()).unwrap();
        assert_eq!((number(&change[4]), &change[5]), (5e-4, &last[4]));
    }
    let delays: Vec<_> = rows("connections.csv").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(delays, ["3", "10", "14"]);
    let summary = json(&fs::read_to_string(place.path().join("here/summary.json")).unwrap());
    let learned = &summary["plasticity"][0];
    assert_eq!((&learned["pre_updates"], &learned["post_updates"]), (&3.into(), &3.into()), "{summary:#}");
    let mean = want.iter().sum::<f64>() / 3.0;
    assert!((learned["weight_mean"].as_f64().unwrap() - mean).abs() < 1e-15, "{learned}");
    let page = fs::read_to_string(place.path().join("here/report.html")).unwrap();
    assert!(page.contains("learning"));
}

#[test]
fn an_existing_directory_is_kept_unless_it_is_a_run_and_force_is_given() {
    let place = Place::with_scenario();
    fs::create_dir(place.path().join("mine")).unwrap();
    fs::write(place.path().join("mine/thesis.tex"), "years").unwrap();
    for args in
        [&["run", "small.toml", "--out", "mine"][..], &["run", "small.toml", "--out", "mine", "--force"]]
    {
        let output = place.memspike(args);
        assert_eq!(code(&output), 2);
        assert!(out(&output).is_empty());
    }
    assert!(place.path().join("mine/thesis.tex").exists());

    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    let again = place.memspike(&["run", "small.toml", "--out", "run"]);
    assert_eq!(code(&again), 2);
    insta::assert_snapshot!("run_exists", err(&again));
    fs::write(place.path().join("run/summary.json"), "of the run before").unwrap();
    fs::write(place.path().join("run/notes.txt"), "mine").unwrap();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run", "--force"])), 0);
    let now = |name: &str| fs::read_to_string(place.path().join("run").join(name)).unwrap();
    assert!(now("summary.json").contains("fingerprint"));
    assert_eq!(now("notes.txt"), "mine", "no run wrote it");
}

#[test]
fn an_output_that_cannot_be_written_is_refused_with_path_and_reason() {
    let place = Place::with_scenario();
    let below_a_file = place.memspike(&["run", "small.toml", "--out", "small.toml/run"]);
    assert_eq!(code(&below_a_file), 2);
    insta::assert_snapshot!("out_below_a_file", err(&below_a_file));
    let a_file = place.memspike(&["run", "small.toml", "--out", "small.toml"]);
    assert_eq!(code(&a_file), 2);
    insta::assert_snapshot!("out_is_a_file", err(&a_file));
    let trace = place.memspike(&["run", "small.toml", "--trace", "all", "--trace-file", "none/trace.txt"]);
    assert_eq!(code(&trace), 2);
    insta::assert_snapshot!("trace_file_unwritable", err(&trace));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_named() {
    let place = Place::with_scenario();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = place.command(&["models"]).stdout(full).output().unwrap();
    assert_eq!(code(&output), 2);
    assert!(
        err(&output).contains("no space left") || err(&output).contains("No space left"),
        "{}",
        err(&output)
    );
}

#[test]
fn a_run_is_shown_again_by_directory_and_by_name() {
    let place = Place::with_scenario();
    let run = place.memspike(&["run", "small.toml"]);
    assert_eq!(code(&run), 0);
    let scenario = fs::read_dir(place.path().join("runs")).unwrap().next().unwrap().unwrap().file_name();
    let name = scenario.to_str().unwrap();
    let by_name = place.memspike(&["show", name]);
    assert_eq!(code(&by_name), 0);
    assert_eq!(out(&by_name), out(&run));
    assert_eq!(out(&place.memspike(&["show", &format!("runs/{name}/001")])), out(&run));
    let as_json = place.memspike(&["show", name, "--format", "json"]);
    let file = fs::read_to_string(place.path().join("runs").join(name).join("001/summary.json")).unwrap();
    assert_eq!(out(&as_json), file);
}

/// A summary may come from anybody.
#[test]
fn a_summary_of_others_does_nothing_to_the_terminal() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "here"])), 0);
    let path = place.path().join("here/summary.json");
    let summary = fs::read_to_string(&path).unwrap();
    let mut value: serde_json::Value = serde_json::from_str(&summary).unwrap();
    value["scenario"] = "\u{1b}[31mred\u{7}".into();
    value["title"] = "\u{1b}[31mred\u{7}".into();
    fs::write(&path, value.to_string()).unwrap();
    let shown = place.memspike(&["show", "here"]);
    assert_eq!(code(&shown), 0, "{}", err(&shown));
    let text = out(&shown) + &err(&shown);
    assert!(text.contains("[31mred") && !text.contains(['\u{1b}', '\u{7}']), "{text}");
}

/// Killed between the manifest, which says that it is done, and the summary: it is gone on with.
#[test]
fn a_run_without_its_summary_is_not_finished() {
    let place = Place::with_scenario();
    let run = ["run", "small.toml", "--out", "here", "--quiet"];
    assert_eq!(code(&place.memspike(&run)), 0);
    let path = place.path().join("here/summary.json");
    let whole = fs::read_to_string(&path).unwrap();
    fs::remove_file(&path).unwrap();
    assert_eq!(code(&place.memspike(&["show", "here"])), 2);
    let resumed = place.memspike(&[&run[..], &["--resume"]].concat());
    assert_eq!(code(&resumed), 0, "{}", err(&resumed));
    let fingerprint = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text).unwrap()["fingerprint"].as_str().map(str::to_string)
    };
    assert!(fingerprint(&whole).is_some());
    assert_eq!(fingerprint(&fs::read_to_string(&path).unwrap()), fingerprint(&whole));
    assert_eq!(code(&place.memspike(&[&run[..], &["--resume"]].concat())), 2);
}

#[test]
fn what_is_no_run_is_not_shown() {
    let place = Place::with_scenario();
    for path in ["nothing", "small.toml", "."] {
        let output = place.memspike(&["show", path]);
        assert_eq!(code(&output), 2, "{path}");
        assert!(err(&output).contains("hint: "), "{path}");
    }
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    fs::write(place.path().join("run/summary.json"), "{\"schema_version\": 1").unwrap();
    let cut = place.memspike(&["show", "run"]);
    assert_eq!(code(&cut), 2);
    assert!(err(&cut).contains("run/summary.json` cannot be read"));
    fs::remove_file(place.path().join("run/summary.json")).unwrap();
    let unfinished = place.memspike(&["show", "run"]);
    assert_eq!(code(&unfinished), 2);
    assert!(err(&unfinished).contains("is not finished"));
}

#[test]
fn one_seed_gives_one_result_and_compare_says_so() {
    let place = Place::with_scenario();
    for (out, seed) in [("a", "1"), ("b", "1"), ("c", "2")] {
        assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", out, "--seed", seed])), 0);
    }
    let same = place.memspike(&["compare", "a", "b"]);
    assert_eq!(code(&same), 0);
    assert!(out(&same).contains("fingerprint  equal"));
    let other = place.memspike(&["compare", "a", "c"]);
    assert_eq!(code(&other), 1);
    assert!(out(&other).contains("seed"));
}

#[test]
fn compare_with_expectations_answers_yes_no_and_cannot() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    for (name, text, expected) in [
        ("yes.toml", "[[check]]\nkey = \"events.total\"\nmin = 1\n", 0),
        ("no.toml", "[[check]]\nkey = \"events.total\"\nmax = 0\n", 1),
        ("absent.toml", "[[check]]\nkey = \"events.totall\"\nmin = 1\n", 1),
        ("broken.toml", "[[check]\n", 2),
        ("empty.toml", "", 2),
    ] {
        fs::write(place.path().join(name), text).unwrap();
        assert_eq!(code(&place.memspike(&["compare", "run", name])), expected, "{name}");
    }
}

#[test]
fn resume_needs_something_to_go_on_with() {
    let place = Place::with_scenario();
    let nothing = place.memspike(&["run", "small.toml", "--resume"]);
    assert_eq!(code(&nothing), 2);
    assert!(err(&nothing).contains("no interrupted run"));
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    let finished = place.memspike(&["run", "small.toml", "--out", "run", "--resume"]);
    assert_eq!(code(&finished), 2);
    assert!(err(&finished).contains("is finished"));
    assert!(place.path().join("run/summary.json").exists());
}

#[test]
fn a_new_scenario_is_valid_and_runs() {
    let place = Place::new();
    assert_eq!(code(&place.memspike(&["new", "mine"])), 0);
    assert_eq!(code(&place.memspike(&["check", "mine"])), 0);
    assert_eq!(code(&place.memspike(&["run", "mine", "--quiet"])), 0);
    let again = place.memspike(&["new", "mine"]);
    assert_eq!(code(&again), 2);
    assert!(err(&again).contains("`mine` exists"));
    // What is told to be typed is what a shell hands on, and no option.
    for (args, told) in
        [(&["new", "a b"][..], "`memspike run 'a b'`"), (&["new", "--", "-x"], "`memspike run ./-x`")]
    {
        let made = place.memspike(args);
        assert!(code(&made) == 0 && err(&made).contains(told), "{}", err(&made));
    }
    assert_eq!(code(&place.memspike(&["check", "a b"])), 0);
    assert_eq!(code(&place.memspike(&["check", "./-x"])), 0);
}

#[cfg(unix)]
#[test]
fn a_signal_ends_a_run_with_its_code_and_keeps_what_is_done() {
    use rustix::process::{Pid, Signal, kill_process};
    for (signal, expected) in [(Signal::INT, 130), (Signal::TERM, 143)] {
        let place = Place::with_scenario();
        let long = [
            "run",
            "small.toml",
            "--out",
            "here",
            "--set",
            "protocol.duration=9000 s",
            "--set",
            "record.spikes=[]",
            "--checkpoint-every",
            "0.1 s",
        ];
        let child = place
            .command(&long)
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        // Before the first instant there is nothing to tell.
        while !place.path().join("here/checkpoint.bin").exists() {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        kill_process(Pid::from_child(&child), signal).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), expected);
        assert!(out(&output).contains("interrupted"), "{}", err(&output));
        let manifest = json(&fs::read_to_string(place.path().join("here/manifest.json")).unwrap());
        assert_eq!(manifest["status"], "interrupted");
        let summary = json(&fs::read_to_string(place.path().join("here/summary.json")).unwrap());
        assert_eq!(summary["status"], "interrupted");
    }
}

/// Runs until the first checkpoint is there and then stops the run. A run that was done before it was
/// stopped has to be tried again.
#[cfg(unix)]
fn interrupted(place: &Place, args: &[&str], signals: u32) -> i32 {
    use rustix::process::{Pid, Signal, kill_process};
    for _ in 0..5 {
        let _ = fs::remove_dir_all(place.path().join("cut"));
        let mut child = place.command(args).stdout(std::process::Stdio::null()).spawn().unwrap();
        while !place.path().join("cut/checkpoint.bin").exists() && child.try_wait().unwrap().is_none() {
            std::thread::sleep(std::time::Duration::from_millis(2));
        }
        for _ in 0..signals {
            let _ = kill_process(Pid::from_child(&child), Signal::INT);
        }
        let status = child.wait().unwrap().code().unwrap();
        if status != 0 {
            return status;
        }
    }
    panic!("the run was done before it could be stopped");
}

#[cfg(unix)]
const STOPPED: &[&str] = &[
    "run",
    "digits",
    "--quiet",
    "--set",
    "protocol.epochs=60",
    "--set",
    "protocol.train_samples=200",
    "--set",
    "protocol.test_samples=50",
    "--record",
    "output",
    "--out",
    "cut",
];

#[cfg(unix)]
#[test]
fn a_run_that_was_stopped_goes_on_to_the_result_of_one_that_was_not() {
    let place = Place::new();
    assert_eq!(interrupted(&place, STOPPED, 1), 130);
    let summary = json(&fs::read_to_string(place.path().join("cut/summary.json")).unwrap());
    assert_eq!(summary["status"], "interrupted");
    assert!(place.path().join("cut/spikes.log").exists(), "what was recorded is gone on with too");
    // Stopped at the first checkpoint, which a slow machine makes before an epoch is over.
    let done = summary["accuracy"]["test_by_epoch"].as_array().map_or(0, Vec::len);
    assert!(done < 60, "{done}");
    let shown = place.memspike(&["show", "cut"]);
    let told = |what: &str| out(&shown).contains(what);
    assert!(done == 0 || (told("not booked") && told("no final test")), "{}", out(&shown));

    let other = place.memspike(&[STOPPED, &["--seed", "5", "--resume"]].concat());
    assert_eq!(code(&other), 2);
    assert!(err(&other).contains("another plan"));
    assert_eq!(code(&place.memspike(&[STOPPED, &["--resume"]].concat())), 0);
    assert!(!place.path().join("cut/checkpoint.bin").exists(), "nothing is left to go on with");
    let whole = [&STOPPED[..STOPPED.len() - 1], &["whole"]].concat();
    assert_eq!(code(&place.memspike(&whole)), 0);
    assert_eq!(code(&place.memspike(&["compare", "cut", "whole"])), 0);
    let spikes = |run: &str| fs::read(place.path().join(run).join("spikes.csv")).unwrap();
    assert!(spikes("cut") == spikes("whole") && spikes("cut").len() > 10_000);
    assert!(!place.path().join("cut/spikes.log").exists() && !place.path().join("whole/spikes.log").exists());
}

#[cfg(unix)]
#[test]
fn a_simulation_that_was_stopped_goes_on_from_there() {
    use rustix::process::{Pid, Signal, kill_process};
    let place = Place::new();
    let args = |out: &'static str| {
        let set = ["--set", "protocol.duration=1 s", "--record", "e", "--threads", "2"];
        [&["run", "networks/brunel-small", "--out", out][..], &set].concat()
    };
    let mut child = place.command(&args("cut")).stdout(std::process::Stdio::null()).spawn().unwrap();
    let begun = || fs::metadata(place.path().join("cut/spikes.log")).is_ok_and(|log| log.len() > 20_000);
    while !begun() && child.try_wait().unwrap().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    let _ = kill_process(Pid::from_child(&child), Signal::INT);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    let summary = json(&fs::read_to_string(place.path().join("cut/summary.json")).unwrap());
    assert_eq!(summary["status"], "interrupted");
    let resumed = place.memspike(&[&args("cut")[..], &["--resume"]].concat());
    assert_eq!(code(&resumed), 0, "{}", err(&resumed));
    assert_eq!(code(&place.memspike(&args("whole"))), 0);
    assert_eq!(code(&place.memspike(&["compare", "cut", "whole"])), 0);
    let spikes = |run: &str| fs::read(place.path().join(run).join("spikes.csv")).unwrap();
    assert!(spikes("cut") == spikes("whole") && spikes("cut").len() > 10_000);
}

#[cfg(unix)]
#[test]
fn a_second_ctrl_c_stops_at_once_and_the_checkpoint_is_still_good() {
    let place = Place::new();
    assert_eq!(interrupted(&place, STOPPED, 2), 130);
    // Whether the run was quick enough to put its results in order after the first is its own affair.
    assert_eq!(code(&place.memspike(&[STOPPED, &["--resume"]].concat())), 0);
}

#[test]
fn a_run_that_was_broken_off_is_named_when_there_is_none_to_go_on_with() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml"])), 0);
    let manifest = place.path().join("runs/small/001/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"done\"", "\"running\"")).unwrap();
    let output = place.memspike(&["run", "small.toml", "--resume"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("runs/small/001") && err(&output).contains("--out"), "{}", err(&output));
}

#[test]
fn a_reader_of_results_that_goes_away_is_no_error() {
    let place = Place::with_scenario();
    let mut child = place
        .command(&["run", "small.toml", "--out", "run"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(place.path().join("run/report.html").exists());
}
