//! `[source.NAME]`: what sends spikes, from Poisson processes to the samples of a data set.

use super::kinds::{COUNT, POSITIVE_SPAN, RATE, RATE_OR_NONE, SPAN};
use super::word::words;
use super::{Bounds, Choice, Key, Kind};
use crate::dataset::Name;

pub static SOURCE: &[Key] = &[
    Key::new("kind", Kind::word::<SourceWord>(), "What kind of source it is."),
    Key::new("size", COUNT, "Number of independent lines.")
        .when(
            "kind",
            &["poisson", "poisson_steps", "poisson_sine", "spike_list", "replay", "regular", "bursts"],
        ),
    Key::new("rate", RATE_OR_NONE, "Rate of each Poisson process; with `poisson_sine` its mean over a period.")
        .when("kind", &["poisson", "poisson_sine"]),
    Key::new(
        "dead_time",
        SPAN,
        "Time after each spike in which a line cannot spike again; `rate` is what is left, so it is below 1/dead_time.",
    )
    .setting("\"0 s\"")
    .when("kind", &["poisson"]),
    Key::new(
        "rates",
        Kind::RateRows,
        "The rate of each Poisson process, as [time, rate]: each from its time on until the next, none before the first.",
    )
    .when("kind", &["poisson_steps"]),
    Key::new(
        "depth",
        Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0)),
        "Depth of the modulation: the rate is rate (1 + depth sin(2 pi (t/period + phase))).",
    )
    .setting("1.0")
    .when("kind", &["poisson_sine"]),
    Key::new("phase", Kind::Number(Bounds::ANY.from(-1.0).up_to(1.0)), "Phase at time 0, in periods.")
        .setting("0.0")
        .when("kind", &["poisson_sine"]),
    Key::new("spikes", Kind::SpikeRows, "The spikes, as [time, line]; or give `file`.")
        .absent("they are in `file`")
        .when("kind", &["spike_list"]),
    Key::new(
        "file",
        Kind::Text,
        "A CSV file of the spikes with the header `time [ms],id` (any unit of time), beside the scenario.",
    )
    .absent("they are in `spikes`")
    .when("kind", &["spike_list"]),
    Key::new("start", SPAN, "Instant of the first spikes.")
        .setting("\"0 s\"")
        .when("kind", &["regular", "bursts"]),
    Key::new(
        "period",
        POSITIVE_SPAN,
        "Time between spikes, between the beginnings of bursts, or of one cycle of the rate.",
    )
    .when("kind", &["regular", "bursts", "poisson_sine"]),
    Key::new("count", COUNT, "Spikes in a burst.").when("kind", &["bursts"]),
    Key::new("interval", POSITIVE_SPAN, "Time between two spikes of a burst; a burst ends before the next one begins.")
        .when("kind", &["bursts"]),
    Key::new("run", Kind::Text, "A run directory with spikes.csv, beside the scenario.").when("kind", &["replay"]),
    Key::new("recorded", Kind::Text, "Which of the populations and sources recorded there is replayed.")
        .when("kind", &["replay"]),
    Key::new(
        "episode",
        Kind::Integer { min: 0, max: u64::MAX },
        "Which episode is replayed, where several were recorded.",
    )
    .setting("0")
    .when("kind", &["replay"]),
    Key::new("dataset", Kind::Choice(&DATASETS), "Which data set is shown.").when("kind", &["dataset"]),
    Key::new("encode", Kind::Table(ENCODE), "How a sample becomes spikes.")
        .setting("{}")
        .when("kind", &["dataset"]),
];

words! {
    /// What kind of source it is.
    pub enum SourceWord {
        Poisson = "poisson": "independent Poisson processes of one rate, with or without dead time",
        PoissonSteps = "poisson_steps": "independent Poisson processes whose rate changes at given times",
        PoissonSine = "poisson_sine": "independent Poisson processes of a sinusoidal rate",
        SpikeList = "spike_list": "given spikes, inline or from a CSV file",
        Replay = "replay": "the spikes that an earlier run recorded",
        Regular = "regular": "all lines together, every `period`",
        Bursts = "bursts": "all lines together, `count` spikes every `period`",
        Dataset = "dataset": "the samples of a data set, one line per pixel",
    }
}

/// The data sets that are shipped; a scenario may name others that its registry has.
const DATASETS: [Choice; Name::ALL.len()] = {
    let mut choices = [Choice { name: "", doc: "" }; Name::ALL.len()];
    let mut k = 0;
    while k < choices.len() {
        choices[k] = Choice { name: Name::ALL[k].word(), doc: Name::ALL[k].known().about };
        k += 1;
    }
    choices
};

words! {
    /// How a sample becomes spikes.
    pub enum Code {
        Poisson = "poisson": "each pixel a Poisson process, rate proportional to intensity",
    }
}

static ENCODE: &[Key] = &[
    Key::new("kind", Kind::word::<Code>(), "Code.").setting("\"poisson\""),
    Key::new("max_rate", RATE, "Rate of a pixel of full intensity.")
        .assumed("\"100 Hz\"", "Yan et al. give no rate"),
    Key::new(
        "normalise",
        Kind::Flag,
        "Scale the rates of each sample so that all have the mean total intensity of the training samples.",
    )
    .setting("false"),
];
