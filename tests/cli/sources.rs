//! Sources, kernels and the clocked engine, from a scenario file to a run.

use crate::common::{Place, code, err};
use memspike::network::SourceKind;
use memspike::scenario::plan::{Input, SourcePlan};
use memspike::scenario::{Loaded, load_text};
use std::fs;

const NETWORK: &str = r#"
[population.cells]
size = 3
tau_m = "10 ms"
v_th = "0.25 V"
t_ref = "1 ms"

[projection.input]
from = "in"
to = "cells"
kernel = "alpha"
tau_syn = "5 ms"
weight = "0.12 uA"

[protocol]
kind = "simulate"
duration = "200 ms"

[record]
spikes = ["in", "cells"]
"#;

fn scenario(source: &str) -> String {
    format!("[source.in]\n{source}\n{NETWORK}")
}

fn loaded(source: &str) -> Loaded {
    load_text("test.toml", &scenario(source), &[], None)
        .unwrap_or_else(|faults| panic!("{}", faults.render(false)))
}

fn refusal(source: &str) -> String {
    load_text("test.toml", &scenario(source), &[], None).unwrap_err().render(false)
}

const STEPS: &str =
    "kind = \"poisson_steps\"\nsize = 20\nrates = [[\"0 ms\", \"0 Hz\"], [\"50 ms\", \"80 Hz\"]]";
const SINE: &str = "kind = \"poisson_sine\"\nsize = 20\nrate = \"40 Hz\"\nperiod = \"100 ms\"\ndepth = 0.8";
const DEAD: &str = "kind = \"poisson\"\nsize = 20\nrate = \"40 Hz\"\ndead_time = \"5 ms\"";
const BURSTS: &str = "kind = \"bursts\"\nsize = 20\nperiod = \"50 ms\"\ncount = 4\ninterval = \"2 ms\"";

const GAMMA: &str = "kind = \"gamma\"\nsize = 20\nrate = \"40 Hz\"\ncv = 1.5";

#[test]
fn every_source_reads_resolves_and_reads_again_to_the_same_plan() {
    for source in [STEPS, SINE, DEAD, BURSTS, GAMMA] {
        let first = loaded(source);
        let again = load_text("test.toml", &first.resolve(), &[], None)
            .unwrap_or_else(|faults| panic!("{}\n{}", faults.render(false), first.resolve()));
        assert_eq!(first.plan.sources, again.plan.sources);
        assert_eq!(first.plan.projections, again.plan.projections);
    }
    let source = |text: &str| -> SourcePlan { loaded(text).plan.sources[0].clone() };
    let dead = source(DEAD);
    assert!(dead.size == 20 && matches!(dead.input, Input::Train(SourceKind::DeadTime { .. })));
    assert_eq!(loaded(GAMMA).warnings.counts(), (0, 0), "intervals may vary by more than their mean");
    let none = source(&DEAD.replace("5 ms", "0 s"));
    assert!(none.size == 20 && matches!(none.input, Input::Poisson { .. }));
}

#[test]
fn impossible_sources_are_refused_with_what_is_allowed() {
    let pages = [
        ("a rate that a dead time forbids", refusal(&DEAD.replace("5 ms", "25 ms"))),
        ("bursts that overlap", refusal(&BURSTS.replace("50 ms", "6 ms"))),
        ("a modulation below zero", refusal(&SINE.replace("0.8", "1.2"))),
        (
            "rates out of order, negative, without unit, and past the horizon",
            refusal(
                "kind = \"poisson_steps\"\nsize = 2\nrates = [[\"5 ms\", \"1 Hz\"], [\"5 ms\", \"-1 Hz\"], [\"4 ms\", \"2 Hz\"], [7, \"1 Hz\"], [\"3 h\", \"1 Hz\"], [\"10000 s\", \"1 Hz\"], [\"1 s\"]]",
            ),
        ),
        ("a variation that is out of range", refusal(&GAMMA.replace("1.5", "5"))),
        ("no rates", refusal("kind = \"poisson_steps\"\nsize = 2\nrates = []")),
        (
            "a run that is not there",
            refusal("kind = \"replay\"\nsize = 2\nrun = \"runs/x/001\"\nrecorded = \"in\""),
        ),
    ];
    let text: String =
        pages.iter().map(|(title, message)| format!("---- {title} ----\n{message}\n")).collect();
    insta::assert_snapshot!(text);
}

#[test]
fn a_recorded_run_replays_to_the_same_spikes() {
    let place = Place::new();
    fs::write(place.path().join("first.toml"), scenario(SINE)).unwrap();
    assert_eq!(code(&place.memspike(&["run", "first.toml", "--out", "first"])), 0);
    let replay = "kind = \"replay\"\nsize = 20\nrun = \"first\"\nrecorded = \"in\"";
    fs::write(place.path().join("second.toml"), scenario(replay)).unwrap();
    let second = place.memspike(&["run", "second.toml", "--out", "second"]);
    assert_eq!(code(&second), 0, "{}", err(&second));
    let spikes = |run: &str| fs::read_to_string(place.path().join(run).join("spikes.csv")).unwrap();
    assert!(
        spikes("first").lines().filter(|line| line.contains(",cells,")).count() > 3,
        "{}",
        spikes("first")
    );
    assert_eq!(spikes("first"), spikes("second"));
    // What is read is what every run keeps, in whatever format it was to be written.
    fs::remove_file(place.path().join("first/spikes.csv")).unwrap();
    assert_eq!(code(&place.memspike(&["run", "second.toml", "--out", "again"])), 0);
    assert_eq!(spikes("again"), spikes("second"));
    let seventh = format!("{replay}\nepisode = 7");
    fs::write(place.path().join("seventh.toml"), scenario(&seventh)).unwrap();
    let output = place.memspike(&["check", "seventh.toml"]);
    assert_eq!(code(&output), 2, "{}", err(&output));
    let said = err(&output);
    assert!(said.contains("has no spikes of `in` in episode 7") && said.contains("allowed: 0"), "{said}");
    fs::write(place.path().join("third.toml"), scenario(&replay.replace("\"in\"", "\"eyes\""))).unwrap();
    let third = place.memspike(&["check", "third.toml"]);
    assert_eq!(code(&third), 2);
    assert!(
        err(&third).contains("no spikes of `eyes`") && err(&third).contains("in, cells"),
        "{}",
        err(&third)
    );
    // A source of fewer lines than the spikes have, a directory that is no run, a run without spikes, and a damaged record.
    let refused = |text: &str| {
        fs::write(place.path().join("fourth.toml"), scenario(text)).unwrap();
        let output = place.memspike(&["check", "fourth.toml"]);
        assert_eq!(code(&output), 2, "{}", err(&output));
        err(&output)
    };
    let narrow = refused(&replay.replace("size = 20", "size = 19"));
    assert!(narrow.contains("on line 19") && narrow.contains("a size of at least 20"), "{narrow}");
    fs::create_dir(place.path().join("other")).unwrap();
    let other = refused(&replay.replace("\"first\"", "\"other\""));
    assert!(other.contains("`other` is not a run"), "{other}");
    let rows = place.path().join("first/spikes.rows");
    let bytes = fs::read(&rows).unwrap();
    fs::write(&rows, &bytes[..bytes.len() - 3]).unwrap();
    let damaged = refused(replay);
    assert!(damaged.contains("spikes.rows") && damaged.contains("is damaged at byte"), "{damaged}");
    fs::remove_file(&rows).unwrap();
    let without = refused(replay);
    assert!(without.contains("`first` has recorded no spikes"), "{without}");
}

#[test]
fn a_rate_of_nothing_is_a_silent_source() {
    let place = Place::new();
    let plain = "kind = \"poisson\"\nsize = 20\nrate = \"40 Hz\"";
    for source in [plain, SINE, DEAD] {
        fs::write(place.path().join("net.toml"), scenario(&source.replace("40 Hz", "0 Hz"))).unwrap();
        for engine in ["fast", "reference", "clocked"] {
            let step: &[&str] = if engine == "clocked" { &["--dt", "0.1 ms"] } else { &[] };
            let arguments = ["run", "net.toml", "--out", "silent", "--force", "--engine", engine];
            let run = place.memspike(&[&arguments, step].concat());
            assert_eq!(code(&run), 0, "{engine}: {}", err(&run));
            let spikes = fs::read_to_string(place.path().join("silent/spikes.csv")).unwrap();
            assert_eq!(
                spikes.lines().filter(|line| line.contains("in,") || line.contains("cells,")).count(),
                0
            );
        }
    }
}

#[test]
fn the_clocked_engine_runs_says_so_and_comes_close() {
    let place = Place::new();
    fs::write(place.path().join("net.toml"), scenario(DEAD)).unwrap();
    assert_eq!(code(&place.memspike(&["run", "net.toml", "--out", "exact"])), 0);
    assert_eq!(code(&place.memspike(&["run", "net.toml", "--out", "heap", "--engine", "reference"])), 0);
    let grid =
        place.memspike(&["run", "net.toml", "--out", "grid", "--engine", "clocked", "--dt", "0.01 ms"]);
    assert_eq!(code(&grid), 0, "{}", err(&grid));
    let read = |run: &str, file: &str| fs::read_to_string(place.path().join(run).join(file)).unwrap();
    assert_eq!(read("exact", "spikes.csv"), read("heap", "spikes.csv"));
    assert!(read("grid", "manifest.json").contains("clocked, dt 0.01 ms"));
    assert!(read("grid", "summary.json").contains("engine clocked, dt 0.01 ms"));
    let cells = |run: &str| -> Vec<f64> {
        let text = read(run, "spikes.csv");
        let rows = text.lines().filter(|line| line.contains(",cells,"));
        rows.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
    };
    let (exact, grid) = (cells("exact"), cells("grid"));
    assert!(exact.len() > 5 && exact.len() == grid.len(), "{} {}", exact.len(), grid.len());
    assert!(exact.iter().zip(&grid).all(|(a, b)| (a - b).abs() < 0.5), "{exact:?} {grid:?}");
}

#[test]
fn a_step_and_the_clocked_engine_belong_together_and_do_not_train() {
    let place = Place::with_scenario();
    let refused = |args: &[&str], words: &[&str]| {
        let output = place.memspike(args);
        assert_eq!(code(&output), 2, "{args:?}");
        words.iter().for_each(|word| assert!(err(&output).contains(word), "{word} in {}", err(&output)));
    };
    refused(&["run", "small.toml", "--engine", "clocked"], &["--dt"]);
    refused(&["run", "small.toml", "--engine", "clocked", "--dt", "0 s"], &["at least 1 fs"]);
    refused(&["run", "small.toml", "--engine", "clocked", "--dt", "0.1"], &["0.1 ms"]);
    refused(&["run", "small.toml", "--dt", "0.1 ms"], &["clocked engine"]);
    refused(
        &["run", "digits", "--engine", "clocked", "--dt", "0.1 ms"],
        &["and `digits` is not", "--engine fast"],
    );
    assert!(!place.path().join("runs").exists(), "nothing is left behind");
}

/// 100 000 arrivals, each at the very end of the refractory period that the one before began: one femtosecond less
/// between two of them, and one is lost.
#[test]
fn arrivals_at_the_end_of_a_refractory_period_count_whatever_file_they_come_from() {
    const COUNT: usize = 100_000;
    let network = |source: &str| {
        format!(
            "[source.in]\nsize = 1\n{source}\n[population.cells]\nsize = 1\nt_ref = \"0.1 ms\"\n\
             [projection.input]\nfrom = \"in\"\nto = \"cells\"\nkernel = \"delta\"\nweight = \"1 V\"\n\
             [protocol]\nkind = \"simulate\"\nduration = \"10 s\"\n[record]\nspikes = [\"in\", \"cells\"]\n"
        )
    };
    let place = Place::new();
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    let times: Vec<String> = (0..COUNT).map(|k| format!("{}.{}", k / 10, k % 10)).collect();
    write(
        "list.csv",
        &format!("time [ms],id\n{}", times.iter().map(|t| format!("{t},0\n")).collect::<String>()),
    );
    write(
        "micro.csv",
        &format!("time [s],id\n{}", (0..COUNT).map(|k| format!("{k}e-4,0\n")).collect::<String>()),
    );
    let rows = times.iter().map(|t| format!("[\"{t} ms\", 0],\n")).collect::<String>();
    let mut recorded = Vec::new();
    for (name, source) in [
        ("regular", "kind = \"regular\"\nstart = \"0 ms\"\nperiod = \"0.1 ms\""),
        ("file", "kind = \"spike_list\"\nfile = \"list.csv\""),
        ("seconds", "kind = \"spike_list\"\nfile = \"micro.csv\""),
        ("inline", &format!("kind = \"spike_list\"\nspikes = [{rows}]")),
        ("again", "kind = \"replay\"\nrun = \"regular\"\nrecorded = \"in\""),
    ] {
        write("net.toml", &network(source));
        assert_eq!(code(&place.memspike(&["run", "net.toml", "--out", name])), 0, "{name}");
        let spikes = fs::read_to_string(place.path().join(name).join("spikes.csv")).unwrap();
        assert_eq!(spikes.lines().filter(|line| line.contains(",cells,")).count(), COUNT, "{name}");
        recorded.push(spikes);
    }
    assert!(recorded.iter().all(|spikes| *spikes == recorded[0]));
}
