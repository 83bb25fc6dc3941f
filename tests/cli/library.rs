//! The command line called by a program that has a neuron of its own.

#[allow(dead_code)]
#[path = "../../examples/own_neuron.rs"]
mod own_neuron;

use memspike::cli::{self, Stop, Streams};
use memspike::registry::Registry;
use own_neuron::{Counter, SCENARIO};
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::{Arc, Mutex};

/// What was written, for who holds a copy.
#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Text {
    fn take(&self) -> String {
        String::from_utf8(std::mem::take(&mut *self.0.lock().unwrap())).unwrap()
    }
}

/// Exit code, data and messages of a command.
fn command(args: &[&str], registry: &Registry, stop: &Stop) -> (u8, String, String) {
    let (data, messages) = (Text::default(), Text::default());
    let args = ["counting"].iter().chain(args).map(OsString::from);
    let code = cli::run_to(args, registry, stop, Streams::new(data.clone(), messages.clone()));
    (code, data.take(), messages.take())
}

fn own() -> Registry {
    let mut registry = Registry::shipped();
    registry.neuron::<Counter>().unwrap();
    registry
}

fn counting(place: &Path) -> String {
    let file = place.join("counting.toml");
    std::fs::write(&file, SCENARIO).unwrap();
    file.display().to_string()
}

#[test]
fn messages_as_objects_say_the_cause_whatever_the_command() {
    let place = tempfile::tempdir().unwrap();
    let gone = place.path().join("gone").display().to_string();
    let nowhere = place.path().join("gone/loops.svg").display().to_string();
    let iv = place.path().join("iv.csv").display().to_string();
    std::fs::write(&iv, "nothing,at,all\n").unwrap();
    for (args, cause) in [
        (&["show", &gone][..], "missing"),
        (&["device", "ag-tio2-pt-rs-binary", "iv", "--plot", &nowhere], "file"),
        (&["fit", "iv", &iv], "value"),
        (&["check", "yin-yan"], "missing"),
        (&["show", "--fromat", "json"], "value"),
        (&["shwo"], "value"),
    ] {
        let (data, messages) = (Text::default(), Text::default());
        let words = ["memspike"].iter().chain(args).map(OsString::from);
        let streams = Streams::new(data.clone(), messages.clone()).in_objects();
        let code = cli::run_to(words, &Registry::shipped(), &Stop::default(), streams);
        let said = messages.take();
        let objects: Vec<serde_json::Value> = said
            .lines()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("{line}")))
            .collect();
        assert_eq!(code, 2, "{args:?}: {said}");
        assert!(objects.iter().any(|o| o["kind"] == "error" && o["cause"] == cause), "{args:?}: {said}");
        assert_eq!(data.take(), "", "{args:?}");
    }
}

#[test]
fn every_command_knows_what_its_caller_registered() {
    let place = tempfile::tempdir().unwrap();
    let file = counting(place.path());
    let of = |args: &[&str]| command(args, &own(), &Stop::default());

    let (code, data, _) = of(&["models", "counter"]);
    assert!(code == 0 && data.starts_with("counter (population model)"), "{data}");
    let (code, data, _) = of(&["check", &file]);
    assert_eq!((code, data.as_str()), (0, "counting: valid\n"));
    let (code, data, _) = of(&["resolve", &file]);
    assert!(code == 0 && data.contains("model = \"counter\""), "{data}");
    let (code, data, _) = of(&["schema"]);
    assert!(code == 0 && data.contains("\"const\": \"counter\""));

    let out = place.path().join("out");
    let (code, data, messages) = of(&["run", &file, "--out", &out.display().to_string(), "--format", "json"]);
    assert_eq!(code, 0, "{messages}");
    let summary: serde_json::Value = serde_json::from_str(&data).unwrap();
    // 100 arrivals at each of two neurons, of which every fourth makes a spike.
    assert_eq!(summary["spikes"]["counters"], 50, "{data}");
    assert!(messages.contains("report in") && out.join("report.html").is_file(), "{messages}");
}

#[test]
fn every_run_of_a_program_has_its_own_trace() {
    let place = tempfile::tempdir().unwrap();
    let file = counting(place.path());
    for run in ["one", "two"] {
        let out = place.path().join(run).display().to_string();
        let args = ["run", &file, "--out", &out, "--quiet", "--trace", "kind=fire"];
        let (code, _, messages) = command(&args, &own(), &Stop::default());
        assert_eq!((code, messages.lines().count()), (0, 50), "{messages}");
        assert!(messages.lines().all(|line| line.contains("kind=\"fire\"")), "{messages}");
    }
}

#[test]
fn what_is_not_registered_or_not_an_argument_is_told_to_the_streams_of_the_caller() {
    let place = tempfile::tempdir().unwrap();
    let file = counting(place.path());
    let (code, data, messages) = command(&["check", &file], &Registry::shipped(), &Stop::default());
    assert!(code == 2 && data.is_empty() && messages.contains("`model` of population"), "{messages}");
    let (code, data, messages) = command(&["count"], &own(), &Stop::default());
    assert!(
        code == 2 && data.is_empty() && messages.contains("unrecognized subcommand 'count'"),
        "{messages}"
    );
    let (code, data, _) = command(&["--version"], &own(), &Stop::default());
    assert_eq!((code, data), (0, format!("memspike {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_run_that_is_asked_to_stop_keeps_what_is_done_and_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let (file, out) = (counting(place.path()), place.path().join("out").display().to_string());
    let stop = Stop::default();
    stop.ask();
    let (code, _, messages) = command(&["run", &file, "--out", &out], &own(), &stop);
    assert_eq!(code, cli::STOPPED, "{messages}");
    let (code, data, messages) =
        command(&["run", &file, "--out", &out, "--resume", "--format", "json"], &own(), &Stop::default());
    assert_eq!(code, 0, "{messages}");
    let summary: serde_json::Value = serde_json::from_str(&data).unwrap();
    assert_eq!(summary["spikes"]["counters"], 50);
}
