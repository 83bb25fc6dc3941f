//! Stopping, going on, and what is left of a run that could not be finished.

use crate::common::{Place, code, err, json, out};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

/// A simulation that takes long.
const LONG: [&str; 6] =
    ["run", "small.toml", "--set", "protocol.duration=9000 s", "--set", "source.noise.rate=500 Hz"];

/// Waits until a file is there.
fn wait_for(path: &Path, child: &mut Child) {
    while !path.exists() {
        assert!(child.try_wait().unwrap().is_none(), "it ended before {}", path.display());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn begun(place: &Place, args: &[&str]) -> Child {
    place.command(args).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Stops a program and returns its code, what it said, and how long that took.
fn stopped(mut child: Child, signal: Signal) -> (Option<i32>, String, Duration) {
    let asked = Instant::now();
    kill_process(Pid::from_child(&child), signal).unwrap();
    let took = loop {
        if child.try_wait().unwrap().is_some() {
            break asked.elapsed();
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let output = child.wait_with_output().unwrap();
    (output.status.code(), err(&output), took)
}

fn fingerprint(place: &Place, run: &str) -> String {
    let text = fs::read_to_string(place.path().join(run).join("summary.json")).unwrap();
    json(&text)["fingerprint"].as_str().unwrap().to_string()
}

/// Its own directory is all that has to be named, from another folder too, and of several scenarios the one that was stopped.
#[test]
fn a_run_is_gone_on_with_by_its_directory_alone() {
    let place = Place::with_scenario();
    fs::create_dir(place.path().join("elsewhere")).unwrap();
    fs::write(place.path().join("longer.toml"), "[protocol]\nduration = \"200 s\"\n").unwrap();
    let args = ["run", "small.toml", "--seed", "9", "--set-file", "longer.toml", "--record", "noise"];
    let mut child = begun(&place, &[&args[..], &["--out", "cut", "--checkpoint-every", "0.1 s"]].concat());
    wait_for(&place.path().join("cut/checkpoint.bin"), &mut child);
    let (ended, said, _) = stopped(child, Signal::HUP);
    assert_eq!(ended, Some(129), "{said}");
    assert!(said.contains("`memspike run --resume cut` goes on from there"), "{said}");
    // What was not asked for is refused, and what it was begun with stays.
    let other = place.memspike(&["run", "--resume", "cut", "--seed", "8"]);
    assert_eq!(code(&other), 2);
    assert!(err(&other).contains("another plan"), "{}", err(&other));
    let resumed =
        place.command(&["run", "--resume", "../cut"]).current_dir(place.path().join("elsewhere")).output();
    assert_eq!(code(&resumed.unwrap()), 0);
    assert_eq!(code(&place.memspike(&[&args[..], &["--out", "whole"]].concat())), 0);
    assert_eq!(fingerprint(&place, "cut"), fingerprint(&place, "whole"));
    let read = |run: &str| fs::read(place.path().join(run).join("spikes.csv")).unwrap();
    assert!(read("cut") == read("whole"));
    let manifest =
        |run: &str| json(&fs::read_to_string(place.path().join(run).join("manifest.json")).unwrap());
    let (cut, whole) = (manifest("cut"), manifest("whole"));
    assert!(cut.get("asked").is_none() && cut["status"] == "done");
    // The files have the names that were typed when it was begun.
    assert_eq!(cut["made_from"], whole["made_from"]);
    assert_eq!(whole["made_from"]["files"][0]["source"], "longer.toml");
    let done = place.memspike(&["run", "--resume", "cut"]);
    assert_eq!(code(&done), 2);
    assert!(err(&done).contains("is finished"), "{}", err(&done));
}

/// One command, whatever has become of the run: what a queue needs.
#[test]
fn continue_begins_goes_on_and_says_that_it_is_done() {
    let place = Place::with_scenario();
    let args = ["run", "small.toml", "--continue"];
    assert_eq!(code(&place.memspike(&args)), 0);
    let first = fingerprint(&place, "runs/small/001");
    let again = place.memspike(&args);
    assert_eq!(code(&again), 0);
    assert!(err(&again).contains("the run in `runs/small/001` is done"), "{}", err(&again));
    assert!(!place.path().join("runs/small/002").exists());
    // Another plan is another run.
    assert_eq!(code(&place.memspike(&[&args[..], &["--seed", "5"]].concat())), 0);
    assert_ne!(fingerprint(&place, "runs/small/002"), first);
    let other = place.memspike(&[&args[..], &["--out", "runs/small/001", "--seed", "5"]].concat());
    assert_eq!(code(&other), 2);
    assert!(err(&other).contains("--continue goes on with the run in `runs/small/001`"), "{}", err(&other));
    // Killed before it was done.
    let manifest = place.path().join("runs/small/001/manifest.json");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("\"done\"", "\"running\"")).unwrap();
    assert_eq!(code(&place.memspike(&args)), 0);
    assert_eq!(fingerprint(&place, "runs/small/001"), first);
    assert_eq!(json(&fs::read_to_string(&manifest).unwrap())["status"], "done");
}

#[test]
fn how_often_is_a_time_that_passes() {
    let place = Place::with_scenario();
    for wrong in ["0 s", "10 ms", "5", "often"] {
        let output = place.memspike(&["run", "small.toml", "--checkpoint-every", wrong]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains("at least 0.1 s"), "{}", err(&output));
    }
    assert!(!place.path().join("runs").exists());
}

/// A presentation that takes hours, and synapses that take long to be drawn.
#[test]
fn a_signal_is_answered_whatever_runs() {
    let place = Place::with_scenario();
    let trained = |scenario: &'static str, out: &'static str| {
        let set = ["--set", "protocol.presentation=9000 s", "--set", "protocol.train_samples=8"];
        [&["run", scenario, "--out", out, "--set", "protocol.epochs=1"][..], &set].concat()
    };
    let drawn = "[population.a]\nsize = 200000\n[projection.p]\nfrom = \"a\"\nto = \"a\"\n\
                 connect = \"fixed_in_degree\"\nin_degree = 1000\nweight = { normal = [\"1 mV\", \"0.1 mV\"] }\n\
                 delay = \"1 ms\"\n[protocol]\nkind = \"simulate\"\nduration = \"1 s\"\n";
    fs::write(place.path().join("drawn.toml"), drawn).unwrap();
    let simulated = [&LONG[..], &["--out", "simulated"]].concat();
    for (args, out) in [
        (trained("digits", "supervised"), "supervised"),
        (trained("stdp/digits", "unsupervised"), "unsupervised"),
        (vec!["run", "drawn.toml", "--out", "drawn"], "drawn"),
        (simulated, "simulated"),
    ] {
        let mut child = begun(&place, &args);
        wait_for(&place.path().join(out).join("manifest.json"), &mut child);
        std::thread::sleep(Duration::from_millis(700));
        let (ended, said, took) = stopped(child, Signal::TERM);
        assert_eq!(ended, Some(143), "{out}: {said}");
        // Far less than any of these takes; one second where nothing else runs.
        assert!(took < Duration::from_secs(120), "{out}: {took:?}");
        assert!(said.contains(&format!("memspike run --resume {out}` goes on")), "{out}: {said}");
        let manifest = json(&fs::read_to_string(place.path().join(out).join("manifest.json")).unwrap());
        assert_eq!(manifest["status"], "interrupted", "{out}");
    }
}

/// As on a disk that is full: the page is too large for the limit, what comes before it is not.
#[test]
fn a_page_that_cannot_be_written_loses_no_result() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "whole"])), 0);
    let entries = fs::read_dir(place.path().join("whole")).unwrap().map(|entry| entry.unwrap());
    let mut sizes: Vec<(u64, String)> = entries
        .map(|entry| (entry.metadata().unwrap().len(), entry.file_name().into_string().unwrap()))
        .collect();
    sizes.sort();
    let (page, before) = (sizes.pop().unwrap(), sizes.pop().unwrap());
    assert_eq!(page.1, "report.html");
    let limit = (page.0 - 1) / 1024;
    assert!(before.0 < limit * 1024, "{before:?} {page:?}");
    let script = format!(
        "trap '' XFSZ; ulimit -f {limit}; exec {} run small.toml --out here",
        env!("CARGO_BIN_EXE_memspike")
    );
    let mut shell = std::process::Command::new("bash");
    let Ok(output) = shell.args(["-c", &script]).current_dir(place.path()).output() else { return };
    assert_eq!(code(&output), 2);
    assert!(
        err(&output).contains("report.html") && err(&output).contains("memspike show here"),
        "{}",
        err(&output)
    );
    let shown = place.memspike(&["show", "here"]);
    assert_eq!(code(&shown), 0);
    assert_eq!(fingerprint(&place, "here"), fingerprint(&place, "whole"));
    assert_eq!(code(&place.memspike(&["run", "--resume", "here"])), 0);
    assert!(place.path().join("here/report.html").exists());
    assert!(out(&place.memspike(&["compare", "here", "whole"])).contains("fingerprint  equal"));
}

/// A partial summary is there until there is another one.
#[test]
fn what_a_stopped_run_has_told_is_kept_until_it_can_go_on() {
    let place = Place::with_scenario();
    let mut child = begun(&place, &[&LONG[..], &["--out", "cut", "--checkpoint-every", "0.1 s"]].concat());
    wait_for(&place.path().join("cut/checkpoint.bin"), &mut child);
    assert_eq!(stopped(child, Signal::INT).0, Some(130));
    let partial = fs::read(place.path().join("cut/summary.json")).unwrap();
    let checkpoint = place.path().join("cut/checkpoint.bin");
    let whole = fs::read(&checkpoint).unwrap();
    let mut later = whole.clone();
    later[8] = 99;
    for damaged in [&whole[..whole.len() / 2], b"something else", &later] {
        fs::write(&checkpoint, damaged).unwrap();
        let output = place.memspike(&["run", "--resume", "cut"]);
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains("checkpoint.bin"), "{}", err(&output));
        assert!(fs::read(place.path().join("cut/summary.json")).unwrap() == partial);
    }
    fs::write(&checkpoint, &whole).unwrap();
    let mut child = begun(&place, &["run", "--resume", "cut"]);
    std::thread::sleep(Duration::from_millis(500));
    assert!(fs::read(place.path().join("cut/summary.json")).unwrap() == partial);
    let _ = child.try_wait();
    assert_eq!(stopped(child, Signal::INT).0, Some(130));
    let reached = |bytes: &[u8]| json(&String::from_utf8_lossy(bytes))["sim_time_s"].as_f64().unwrap();
    let now = fs::read(place.path().join("cut/summary.json")).unwrap();
    assert!(reached(&now) >= reached(&partial) && reached(&partial) > 0.0);
}

/// Files of one's own beside those of a run.
#[test]
fn force_removes_what_runs_have_written_and_nothing_else() {
    let place = Place::with_scenario();
    let run = ["run", "small.toml", "--out", "here", "--quiet"];
    assert_eq!(code(&place.memspike(&run)), 0);
    fs::write(place.path().join("here/notes.txt"), "mine").unwrap();
    fs::create_dir(place.path().join("here/figures")).unwrap();
    fs::write(place.path().join("here/figures/spikes.csv"), "mine").unwrap();
    let more = ["--force", "--set", "record.spikes=[]"];
    assert_eq!(code(&place.memspike(&[&run[..], &more].concat())), 0);
    assert!(!place.path().join("here/spikes.csv").exists(), "of the run before");
    for file in ["notes.txt", "figures/spikes.csv"] {
        assert_eq!(fs::read_to_string(place.path().join("here").join(file)).unwrap(), "mine");
    }
}

/// Nobody knows before how often neurons fire: what is on its way is bounded while they do.
#[cfg(target_os = "linux")]
#[test]
fn arrivals_on_their_way_do_not_take_more_memory_than_there_is() {
    let place = Place::new();
    let text = "[source.s]\nkind = \"poisson\"\nsize = 100\nrate = \"1 kHz\"\n[population.a]\nsize = 1000\n\
                [projection.in]\nfrom = \"s\"\nto = \"a\"\nweight = \"100 mV\"\n\
                [projection.p]\nfrom = \"a\"\nto = \"a\"\nconnect = \"fixed_in_degree\"\nin_degree = 500\n\
                weight = \"1 mV\"\ndelay = { uniform = [\"1 s\", \"2 s\"] }\n\
                [protocol]\nkind = \"simulate\"\nduration = \"100 s\"\n[engine]\nmemory_gb = 0.15\n";
    fs::write(place.path().join("many.toml"), text).unwrap();
    let output = place.memspike(&["run", "many.toml", "--out", "many", "--threads", "1"]);
    assert_eq!(code(&output), 2);
    let said = err(&output);
    assert!(said.contains("of memory, and there is 150 MB"), "{said}");
}

/// What a checkpoint names is not there, or not whole: which file, how long it was and is, and a command that helps.
#[test]
fn a_run_whose_files_were_cut_says_how_and_what_to_do() {
    let place = Place::with_scenario();
    let args = ["run", "small.toml", "--set", "protocol.duration=9000 s", "--seed", "9", "--out", "cut"];
    let mut child = begun(&place, &[&args[..], &["--checkpoint-every", "0.1 s"]].concat());
    wait_for(&place.path().join("cut/checkpoint.bin"), &mut child);
    let (ended, said, _) = stopped(child, Signal::INT);
    assert_eq!(ended, Some(130), "{said}");
    let (log, checkpoint) = (place.path().join("cut/spikes.log"), place.path().join("cut/checkpoint.bin"));
    let (records, state) = (fs::read(&log).unwrap(), fs::read(&checkpoint).unwrap());
    let refused = |told: &str| {
        let resumed = place.memspike(&["run", "--resume", "cut"]);
        assert_eq!(code(&resumed), 2);
        let said = err(&resumed);
        assert!(said.contains(told), "{told}: {said}");
        let anew = "`memspike run small.toml --set 'protocol.duration=9000 s' --seed 9 --out cut --checkpoint-every '0.1 s' \
                    --force` begins it anew, in its place";
        let hint = said.lines().find(|line| line.starts_with("hint: ")).unwrap_or_default();
        assert!(hint.contains(anew.split_once("memspike ").unwrap().1), "{said}");
        // Nothing that cannot be done is said to help.
        assert!(!hint.contains("--resume") && !said.contains("note: its last checkpoint"), "{said}");
    };
    for length in [0, 30, 500] {
        fs::write(&log, &records[..length]).unwrap();
        refused(&format!("it was cut short: it is {length} bytes long, and had at least "));
        assert_eq!(fs::read(&log).unwrap().len(), length, "it is left as it is");
    }
    let mut damaged = records.clone();
    damaged[400] ^= 1;
    fs::write(&log, &damaged).unwrap();
    refused("error: `cut/spikes.log` cannot go on from row ");
    refused("it is damaged at byte ");
    fs::remove_file(&log).unwrap();
    refused("it is not there any more");
    fs::write(&log, &records).unwrap();
    fs::write(&checkpoint, &state[..300]).unwrap();
    refused("--resume goes on from `cut/checkpoint.bin`, and the checkpoint cannot be used");
    // With what was there everything goes on.
    fs::write(&checkpoint, &state).unwrap();
    let mut child = begun(&place, &["run", "--resume", "cut"]);
    std::thread::sleep(Duration::from_millis(500));
    assert!(child.try_wait().unwrap().is_none());
    assert_eq!(stopped(child, Signal::INT).0, Some(130));
}
