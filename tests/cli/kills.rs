//! Runs that are killed or stopped at some time, perhaps again and again, and gone on with: in the end every file of theirs is
//! what it is without that, but for how long it took and when it was.
//!
//! `.ci/kills N SEED` makes N of them with the program it is told; here are a few.

use crate::common::{Place, json};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A network that learns from noise, with everything recorded.
const PLASTIC: &str = r#"
[source.noise]
kind = "poisson"
size = 40
rate = "60 Hz"

[population.cells]
size = 20
v_th = "12 mV"

[projection.learning]
from = "noise"
to = "cells"
weight = { uniform = ["1 mV", "3 mV"] }
plasticity = { rule = "stdp_pair", dependence = "multiplicative", w_max = "4 mV" }

[projection.back]
from = "cells"
to = "cells"
connect = "fixed_in_degree"
in_degree = 5
weight = "-1 mV"
delay = "1.5 ms"

[protocol]
kind = "simulate"
duration = "10 s"

[record]
spikes = ["cells", "noise"]
membrane = ["cells"]
membrane_interval = "50 ms"
weights = ["learning"]
weights_interval = "1 s"
connections = ["learning", "back"]
formats = ["csv", "npz"]
"#;

/// What is run: a name, and a command.
const CASES: [(&str, &str); 7] = [
    ("simulate", "run networks/brunel-small --set protocol.duration=100ms --record e"),
    ("plastic", "run plastic.toml"),
    (
        "supervised",
        "run digits --record output --set protocol.epochs=2 --set protocol.train_samples=200 \
         --set protocol.test_samples=520 --set protocol.validation=0.1 --set protocol.presentation=50ms",
    ),
    (
        "layers",
        "run layers/yin-yang --record output --set protocol.epochs=3 --set protocol.train_samples=900 \
         --set protocol.test_samples=300",
    ),
    (
        "unsupervised",
        "run stdp/digits --png --record output --set protocol.epochs=1 --set protocol.train_samples=300 \
         --set protocol.label_samples=50 --set protocol.test_samples=50 --set population.output.size=20",
    ),
    ("device", "run fig2a-cycles"),
    (
        "sweep",
        "sweep digits --vary protocol.epochs=1,2 --repeat 2 --jobs 2 --record output \
         --set protocol.train_samples=100 --set protocol.test_samples=100 --set protocol.presentation=50ms",
    ),
];

/// Time that a program which is asked to stop may take: one second for an optimised one that has a processor to itself, which
/// `MEMSPIKE_PATIENCE` says, in seconds.
fn patience() -> Duration {
    let strict = std::env::var("MEMSPIKE_PATIENCE").ok().map(|text| text.parse().unwrap());
    Duration::from_secs_f64(strict.unwrap_or(120.0))
}

/// SplitMix64.
fn word(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// The program that is killed: that of the tests, or `MEMSPIKE_PROGRAM`.
fn program(place: &Place, args: &[&str]) -> Command {
    let usual = place.command(args);
    let Some(program) = std::env::var_os("MEMSPIKE_PROGRAM") else { return usual };
    let mut command = Command::new(program);
    command.args(args).current_dir(place.path());
    command
}

fn run(place: &Place, args: &[&str]) -> i32 {
    let output = program(place, args).output().unwrap();
    let code = output.status.code();
    assert!(code == Some(0), "{args:?}: {code:?}: {}", String::from_utf8_lossy(&output.stderr));
    0
}

fn begun(place: &Place, args: &[&str]) -> Child {
    program(place, args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// What may differ is left out: what a run took of the computer, and when.
fn essence(name: &str, bytes: &[u8]) -> Vec<u8> {
    let without = |keys: &[&str]| {
        let mut value = json(&String::from_utf8_lossy(bytes));
        let Value::Object(all) = &mut value else { panic!("{name} is no object") };
        keys.iter().for_each(|key| drop(all.remove(*key)));
        value.to_string().into_bytes()
    };
    match name {
        "summary.json" => without(&["performance"]),
        // (The last points of a sweep have the processors of those that are done.)
        "manifest.json" => without(&["command", "started", "calibrate", "threads"]),
        "sweep.json" => without(&["command", "started"]),
        // The same numbers once more.
        "table.parquet" => Vec::new(),
        "table.csv" => {
            // What the machine was like stands at the end of each row.
            let text = String::from_utf8_lossy(bytes);
            let head = text.lines().next().unwrap();
            let machine = head.split(',').skip_while(|column| !column.starts_with("performance.")).count();
            let kept = text.lines().map(|line| line.rsplitn(machine + 1, ',').last().unwrap().to_string());
            kept.collect::<Vec<_>>().join("\n").into_bytes()
        }
        "report.html" | "sweep.html" => {
            let text = String::from_utf8_lossy(bytes);
            let above = text.split("How it was computed").next().unwrap();
            let mut parts = above.split("computed in ");
            let mut kept = parts.next().unwrap().to_string();
            parts.for_each(|part| kept.push_str(&part[part.find('<').unwrap()..]));
            kept.into_bytes()
        }
        _ => bytes.to_vec(),
    }
}

/// Every file of a run or of the runs of a sweep; the list of them is in the order in which they were made.
fn files(run: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(run).unwrap().map(|entry| entry.unwrap()) {
        let (name, path) = (entry.file_name().into_string().unwrap(), entry.path());
        if path.is_dir() {
            found.extend(files(&path).into_iter().map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
        } else if name != ".memspike-files" {
            found.insert(name.clone(), essence(&name, &fs::read(path).unwrap()));
        }
    }
    found
}

/// A run that nobody disturbs, and how long it took.
struct Whole {
    files: BTreeMap<String, Vec<u8>>,
    took: Duration,
}

fn whole(place: &Place, (name, command): (&str, &str)) -> Whole {
    let start = Instant::now();
    let out = format!("whole-{name}");
    let mut command: Vec<&str> = command.split_whitespace().collect();
    command.extend(["--quiet", "--out", &out]);
    run(place, &command);
    let took = start.elapsed();
    Whole { files: files(&place.path().join(&out)), took }
}

/// Begins a run and kills it after some time, goes on with it and perhaps kills it again, until it is done.
fn killed(place: &Place, (name, command): (&str, &str), whole: &Whole, state: &mut u64) {
    let out = format!("cut-{name}");
    let path = place.path().join(&out);
    let _ = fs::remove_dir_all(&path);
    let mut fresh: Vec<&str> = command.split_whitespace().collect();
    fresh.extend(["--quiet", "--out", &out]);
    fresh.extend(["--checkpoint-every", "0.1 s"]);
    // The same command of a sweep goes on by itself.
    let sweep = fresh[0] == "sweep";
    let on = if sweep { fresh.clone() } else { [&fresh[..], &["--continue"]].concat() };
    let mut told = Vec::new();
    for kill in 0..1 + word(state) % 3 {
        // The first time it begins; later on nothing is typed again, or all of it, as a queue does.
        let known = path.join("manifest.json").exists();
        let again: Vec<&str> = match word(state) % 2 {
            0 if known && kill > 0 && !sweep => vec!["run", "--quiet", "--resume", &out],
            _ => on.clone(),
        };
        let mut child = begun(place, &again);
        let share = (word(state) >> 11) as f64 / (1u64 << 53) as f64;
        let wait = whole.took.mul_f64(1.1 * share);
        let signal = [Signal::KILL, Signal::INT, Signal::TERM, Signal::HUP][(word(state) % 4) as usize];
        told.push(format!("{signal:?} after {wait:?} of {again:?}"));
        std::thread::sleep(wait);
        let _ = kill_process(Pid::from_child(&child), signal);
        let asked = Instant::now();
        let code = child.wait().unwrap().code();
        let answered = asked.elapsed();
        assert!(answered <= patience(), "{name}: {told:#?}: answered after {answered:?}");
        // Done before, or ended by the signal: by itself where nothing is kept yet.
        let expected = [None, Some(0), Some(128 + signal.as_raw())];
        // Finished between our look and its start.
        let finished = code == Some(2) && path.join("summary.json").exists();
        assert!(expected.contains(&code) || finished, "{name}: {told:#?}: ended with {code:?}");
    }
    run(place, &on);
    // What is done stays so.
    run(place, &on);
    let cut = files(&path);
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&cut), names(&whole.files), "{name}: {told:#?}");
    for (file, bytes) in &cut {
        let other = &whole.files[file];
        assert!(bytes == other, "{name}: {told:#?}: {file} differs{}", first_difference(bytes, other));
    }
}

/// Where the second begins to differ from the first, and what stands there in both.
fn first_difference(one: &[u8], other: &[u8]) -> String {
    let at = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let part = |bytes: &[u8]| {
        let part = &bytes[at.saturating_sub(40)..(at + 80).min(bytes.len())];
        String::from_utf8_lossy(part).into_owned()
    };
    format!(" at byte {at}:\n{:?}\n{:?}", part(one), part(other))
}

/// The number is `MEMSPIKE_KILLS`, the choice of cases, signals and times that of `MEMSPIKE_KILLS_SEED`.
#[test]
fn runs_that_are_killed_end_like_those_that_are_not() {
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let kills = number("MEMSPIKE_KILLS").unwrap_or(CASES.len() as u64);
    let mut state = number("MEMSPIKE_KILLS_SEED").unwrap_or(1);
    let place = Place::new();
    fs::write(place.path().join("plastic.toml"), PLASTIC).unwrap();
    let wholes = CASES.map(|case| whole(&place, case));
    for kill in 0..kills {
        let case = (kill % CASES.len() as u64) as usize;
        killed(&place, CASES[case], &wholes[case], &mut state);
        eprintln!("{} of {kills} killed and gone on with: {}", kill + 1, CASES[case].0);
    }
}
