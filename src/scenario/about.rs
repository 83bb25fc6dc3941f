//! `[scenario]`, what it is called and shows, and `[engine]`, how the engine goes about it.

use super::diagnostic::Diagnostic;
use super::filled::Fields;
use super::section::Lower;
use super::spec::kinds::{ABOVE_ZERO, POSITIVE_SPAN, SHARE};
use super::spec::{Kind, words};
use super::table::{inner, table};
use crate::time::Time;

table! {
    /// What a scenario is called and shows.
    #[derive(Clone, Debug, PartialEq, serde::Serialize)]
    pub struct About {
        /// Short name; run directories carry it.
        name: String = Kind::Text, derived("the name of the file or its directory");
        /// One line for the head of a report.
        title: String = Kind::Text, same_as("name");
        /// What the scenario shows, in a few sentences.
        description: String = Kind::Text, setting("\"\"");
        /// The published figure it reproduces.
        reproduces: Option<Reproduces> = inner::<Reproduces>(), absent("none");
        /// Seed of every random draw; `--seed` replaces it.
        seed: u64 = Kind::Integer { min: 0, max: u64::MAX }, setting("1");
    }
    rules(rules);
}

/// Longest name, in bytes: directories are called so.
const LONGEST: usize = 200;

/// What is wrong with a name that directories get, below the one for runs.
fn not_a_name(name: &str) -> Option<&'static str> {
    let part = |part: &str| part.is_empty() || part == "." || part == "..";
    match name {
        "" => Some("is empty"),
        _ if name.len() > LONGEST => Some("is longer than 200 bytes"),
        _ if name.contains('\\') => Some("has a backslash"),
        _ if name.split('/').any(part) => Some("does not lead to a directory below that of all runs"),
        _ => None,
    }
}

fn rules(lower: &mut Lower<'_>, fields: &Fields) {
    if let Some(name) = fields.text("name")
        && let Some(why) = not_a_name(name)
    {
        lower.faults.push(
            Diagnostic::error(format!("`name` of {} {why}", fields.what))
                .maybe_at(fields.place("name"))
                .allowed("a word, or words with a slash between them, such as \"stdp/mine\""),
        );
    }
}

table! {
    /// Which published figure a scenario reproduces.
    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Reproduces {
        /// Authors of the paper.
        paper: String = Kind::Text;
        /// Figure, such as "5c".
        figure: String = Kind::Text;
        /// The accuracy that was published, for a line in pictures and beside ours.
        #[serde(default)]
        accuracy: Option<f64> = SHARE, absent("no line");
    }
}

table! {
    /// How the engine is told to go about it. No result depends on any of it, except on the rounding of
    /// compact synapses.
    #[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct EnginePlan {
        /// Longest stretch of time handled at once.
        window: Option<Time> = POSITIVE_SPAN, absent("the shortest delay between populations");
        /// Parts that the neurons are cut into.
        partitions: Option<u32> = Kind::Integer { min: 1, max: 1024 },
            absent("one, or several for every thread");
        /// How drawn and listed synapses are kept.
        storage: Storage = Kind::word::<Storage>(), setting("\"auto\"");
        /// Memory that the network may take, in units of 1e9 bytes.
        memory_gb: Option<f64> = ABOVE_ZERO, absent("what is free on this machine");
    }
}

words! {
    /// How synapses that have something of their own are kept.
    #[derive(Default, serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Storage {
        #[default]
        Auto = "auto": "compact above 1e7 drawn synapses, otherwise f64",
        F64 = "f64": "12 bytes per synapse, 20 with a delay of its own",
        Compact = "compact": "8 bytes per synapse, 12 with a delay of its own; weights are rounded to f32, delays to a power of two femtoseconds",
    }
}
