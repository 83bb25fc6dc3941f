//! `[source.NAME]`: what sends spikes, from Poisson processes to the samples of a data set, and currents from outside.

use super::kinds::{COUNT, POSITIVE_SPAN, RATE, RATE_OR_NONE, SPAN};
use super::word::words;
use super::{Bounds, Choice, Key, Kind, Unit};
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
        Kind::TimedRows(Unit::Hertz),
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
    Key::new("phase", Kind::Number(Bounds::ANY.from(-1.0).up_to(1.0)), "Phase at time 0 (of a current at `start`), in periods.")
        .setting("0.0")
        .when("kind", &["poisson_sine", "current_sine"]),
    Key::new("currents", Kind::TimedRows(Unit::Ampere), "The current, as [time, current], from `start` on (two at one time: ramps jump); or give `file`.")
        .absent("they are in `file`")
        .when("kind", LISTED_CURRENT),
    Key::new("amplitude", Kind::Quantity(Unit::Ampere, Bounds::ANY), "Largest deviation from `offset`.")
        .when("kind", &["current_sine"]),
    Key::new("offset", Kind::Quantity(Unit::Ampere, Bounds::ANY), "What the sine is added to.")
        .setting("\"0 A\"")
        .when("kind", &["current_sine"]),
    Key::new(
        "segments",
        Kind::Integer { min: 4, max: 100_000 },
        "Straight pieces of a period: N of them are off by at most amplitude (1 - cos(pi/N)), 4.9e-4 of it at 100.",
    )
    .setting("100")
    .when("kind", &["current_sine"]),
    Key::new("spikes", Kind::SpikeRows, "The spikes, as [time, line]; or give `file`.")
        .absent("they are in `file`")
        .when("kind", &["spike_list"]),
    Key::new(
        "file",
        Kind::Text,
        "A CSV file beside the scenario: of spikes with the header `time [ms],id`, of a current `time [ms],current [nA]`.",
    )
    .absent("they are written here")
    .when("kind", &["spike_list", "current_steps", "current_ramps"]),
    Key::new("start", SPAN, "Instant of the first spikes, or from which on the times of a current count.")
        .setting("\"0 s\"")
        .when("kind", &["regular", "bursts", "current_steps", "current_ramps", "current_sine"]),
    Key::new("repeat", POSITIVE_SPAN, "After what time the current begins anew; until then the last value holds.")
        .absent("once: the last value holds")
        .when("kind", LISTED_CURRENT),
    Key::new(
        "period",
        POSITIVE_SPAN,
        "Time between spikes, between the beginnings of bursts, or of one cycle of the rate or the current.",
    )
    .when("kind", &["regular", "bursts", "poisson_sine", "current_sine"]),
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

/// Kinds of current that are given as a list.
const LISTED_CURRENT: &[&str] = &["current_steps", "current_ramps"];

impl SourceWord {
    /// Whether it gives a current, on one line, instead of spikes.
    #[must_use]
    pub const fn is_current(self) -> bool {
        matches!(self, Self::CurrentSteps | Self::CurrentRamps | Self::CurrentSine)
    }
}

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
        CurrentSteps = "current_steps": "a current that changes at given times, inline or from a CSV file",
        CurrentRamps = "current_ramps": "a current in straight lines between points, inline or from a CSV file",
        CurrentSine = "current_sine": "a sinusoidal current, in straight pieces",
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
