//! The table itself: every section, and the keys of the small ones. A new key is one entry in the file of
//! its section and one line in `lower`.

use super::device::{DEVICE as DEVICE_ALONE, EXPERIMENT};
use super::kinds::{ABOVE_ZERO, POSITIVE_SPAN, SHARE, non_negative};
use super::population::POPULATION;
use super::projection::PROJECTION;
use super::protocol::PROTOCOL;
use super::source::SOURCE;
use super::word::words;
use super::{Key, Kind, Refers, Section, Unit};

/// Every section of a scenario, in the order `resolve` writes them.
pub static SECTIONS: &[Section] = &[
    Section {
        name: "scenario",
        noun: "scenario",
        named: false,
        required: false,
        doc: "What this scenario is called and shows.",
        keys: SCENARIO,
    },
    Section {
        name: "source",
        noun: "source",
        named: true,
        required: false,
        doc: "Where input spikes come from. A source has no state and is not influenced by the network.",
        keys: SOURCE,
    },
    Section {
        name: "population",
        noun: "population",
        named: true,
        required: true,
        doc: "A group of like neurons. Not needed with `kind = \"device\"` of the protocol.",
        keys: POPULATION,
    },
    Section {
        name: "projection",
        noun: "projection",
        named: true,
        required: false,
        doc: "The synapses from one source or population to one population.",
        keys: PROJECTION,
    },
    Section {
        name: "device",
        noun: "device",
        named: true,
        required: false,
        doc: "A device to be measured on its own. Positive voltage SETs.",
        keys: DEVICE_ALONE,
    },
    Section {
        name: "experiment",
        noun: "experiment",
        named: true,
        required: false,
        doc: "One measurement of one device, with `kind = \"device\"` of the protocol. They are made in the order of the file.",
        keys: EXPERIMENT,
    },
    Section {
        name: "protocol",
        noun: "protocol",
        named: false,
        required: true,
        doc: "What is done.",
        keys: PROTOCOL,
    },
    Section {
        name: "record",
        noun: "record",
        named: false,
        required: false,
        doc: "What is written beside the summary.",
        keys: RECORD,
    },
    Section {
        name: "engine",
        noun: "engine",
        named: false,
        required: false,
        doc: "How the engine goes about it. No spike depends on `window` or `partitions`.",
        keys: ENGINE,
    },
];

static SCENARIO: &[Key] = &[
    Key::new("name", Kind::Text, "Short name; run directories carry it.")
        .derived("the name of the file or its directory"),
    Key::new("title", Kind::Text, "One line for the head of a report.").same_as("name"),
    Key::new("description", Kind::Text, "What the scenario shows, in a few sentences.").setting("\"\""),
    Key::new("reproduces", Kind::Table(REPRODUCES), "The published figure it reproduces.").absent("none"),
    Key::new(
        "seed",
        Kind::Integer { min: 0, max: u64::MAX },
        "Seed of every random draw; `--seed` replaces it.",
    )
    .setting("1"),
];

static REPRODUCES: &[Key] = &[
    Key::new("paper", Kind::Text, "Authors of the paper."),
    Key::new("figure", Kind::Text, "Figure, such as \"5c\"."),
    Key::new("accuracy", SHARE, "The accuracy that was published, for a line in pictures and beside ours.")
        .absent("no line"),
];

static RECORD: &[Key] = &[
    Key::new(
        "spikes",
        Kind::Names(Refers::SourceOrPopulation),
        "Populations (and sources) whose spikes are written to spikes.csv.",
    )
    .setting("[]"),
    Key::new("membrane", Kind::Names(Refers::Population), "Populations whose membrane is sampled.")
        .setting("[]"),
    Key::new(
        "membrane_interval",
        POSITIVE_SPAN,
        "Time between two samples of the membrane, from time 0 on; there is one more at the end.",
    )
    .absent("no samples; needed when `membrane` names a population"),
    Key::new(
        "formats",
        Kind::Names(Refers::Format),
        "How spikes and membranes are written; `--record-format` replaces it.",
    )
    .setting("[\"csv\"]"),
    Key::new("energy", Kind::Flag, "Book the leakage of the off state exactly during the final test.")
        .setting("false"),
    Key::new(
        "mac_energy",
        non_negative(Unit::Joule),
        "Energy of one float multiply-accumulate, for comparison.",
    )
    .literature("\"4.6 pJ\"", "Horowitz 2014, 45 nm: 32-bit multiply 3.7 pJ, add 0.9 pJ"),
];

static ENGINE: &[Key] = &[
    Key::new("window", POSITIVE_SPAN, "Longest stretch of time handled at once.")
        .absent("the shortest delay between populations"),
    Key::new("partitions", Kind::Integer { min: 1, max: 1024 }, "Parts that the neurons are cut into.")
        .absent("one, or several for every thread"),
    Key::new("storage", Kind::word::<Storage>(), "How drawn and listed synapses are kept.")
        .setting("\"auto\""),
    Key::new("memory_gb", ABOVE_ZERO, "Memory that the network may take, in units of 1e9 bytes.")
        .absent("what is free on this machine"),
];

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
