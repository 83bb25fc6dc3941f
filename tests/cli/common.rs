//! Runs the binary in an empty directory.

// Each test file is a crate of its own and uses a part of this.
#![allow(dead_code)]

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

/// A network that is done in an instant.
pub const SCENARIO: &str = r#"
[scenario]
title = "A hundred sources and ten neurons"
seed = 3

[source.noise]
kind = "poisson"
size = 100
rate = "50 Hz"

[population.output]
model = "lif"
size = 10

[projection.input]
from = "noise"
to = "output"
connect = "all_to_all"
kernel = "delta"
weight = { normal = ["10 mV", "2 mV"] }

[protocol]
kind = "simulate"
duration = "200 ms"

[record]
spikes = ["output"]
"#;

pub struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    /// An empty directory.
    pub fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A directory with `small.toml`.
    pub fn with_scenario() -> Self {
        let place = Self::new();
        std::fs::write(place.path().join("small.toml"), SCENARIO).unwrap();
        place
    }

    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_memspike"));
        command.args(args).current_dir(self.path()).env_remove("NO_COLOR").env_remove("MEMSPIKE_DATA");
        // Data sets of whoever runs the tests are not to be found.
        let home = self.path().join("home");
        command.env("HOME", &home).env("XDG_DATA_HOME", home.join("share")).env("APPDATA", &home);
        command
    }

    pub fn memspike(&self, args: &[&str]) -> Output {
        self.command(args).output().unwrap()
    }
}

pub fn out(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

pub fn err(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

pub fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// The exit code, with what was said if the test is about to fail for it.
pub fn code(output: &Output) -> i32 {
    eprintln!("{}{}", out(output), err(output));
    output.status.code().unwrap()
}

/// What was said on stderr to several refused commands, for one snapshot.
#[derive(Default)]
pub struct Page {
    text: String,
}

impl Page {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a command that has to end with 2, say why, and put nothing but the results of others on stdout.
    pub fn refused(&mut self, what: &str, place: &Place, output: &Output) {
        // Strange bytes may have been asked for.
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{what}: {said}");
        assert!(said.contains("error: "), "{what}: {said}");
        let said = said.replace(&place.path().display().to_string(), "[PLACE]");
        let _ = writeln!(self.text, "## {what}\n\n{}\n", said.trim_end());
    }

    /// All that was said; the snapshot belongs to the test file.
    pub fn text(self) -> String {
        self.text
    }
}
