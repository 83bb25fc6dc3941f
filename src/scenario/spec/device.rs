//! The part of the table that is about devices on their own: `[device.NAME]` and `[experiment.NAME]`.

use super::kinds::VOLTAGE;
use super::population::SwitchCircuit;
use super::word::words;
use super::{Bounds, Key, Kind, Refers, Unit};

const ABOVE: Bounds = Bounds::POSITIVE;
/// Retention lasts longer than an episode of a network may.
const SPAN: Kind = Kind::Quantity(Unit::Second, ABOVE.up_to(1e12));
/// Pulses are waveforms in femtoseconds.
const PULSE: Kind = Kind::Quantity(Unit::Second, Bounds::ANY.from(1e-15).up_to(4000.0));
const MANY: Kind = Kind::Integer { min: 1, max: 1_000_000 };

pub static DEVICE: &[Key] = &[
    Key::new(
        "preset",
        Kind::Text,
        "Where its parameters come from: a shipped preset, or a preset file beside the scenario (`NAME.toml`).",
    ),
    Key::new(
        "parameters",
        Kind::Overrides,
        "Parameters of the preset that are different here; which there are its kind says, below.",
    )
    .setting("{}"),
    Key::new("model", Kind::Overrides, "Laws of the preset that are different here.").setting("{}"),
];

pub static EXPERIMENT: &[Key] = &[
    Key::new("kind", Kind::word::<ExperimentKind>(), "What is done with the device."),
    Key::new("device", Kind::Name(Refers::Device), "Which device it is done with.")
        .derived("the only device"),
    Key::new("title", Kind::Text, "One line for pictures and tables.").derived("its name"),
    Key::new(
        "points",
        Kind::Quantities(Unit::Volt, Bounds::ANY),
        "Turning points of the sweep, from first to last.",
    )
    .when("kind", &["iv"]),
    Key::new("rate", Kind::Quantity(Unit::VoltPerSecond, ABOVE), "How fast the voltage is swept.")
        .measured("\"10 mV/s\"", "Yan et al., figs. 2c and 2d")
        .when("kind", &["iv"]),
    Key::new("repeat", Kind::Integer { min: 1, max: 10_000 }, "How often the sweep is made.")
        .setting("1")
        .when("kind", &["iv"]),
    Key::new("amplitude", VOLTAGE, "Height of the pulse or of the constant drive.")
        .when("kind", &["pulses", "integration"]),
    Key::new("width", PULSE, "Width of a pulse.").when("kind", &["pulses"]),
    Key::new("period", PULSE, "Time from the start of a pulse to that of the next; at least `width`.")
        .when("kind", &["pulses"]),
    Key::new("count", MANY, "Number of pulses.").when("kind", &["pulses"]),
    Key::new("cycles", Kind::Integer { min: 2, max: 1_000_000 }, "Number of SET and RESET cycles.")
        .when("kind", &["cycles"]),
    Key::new("v_set", VOLTAGE, "Where the SET half of a cycle turns round; above zero.")
        .measured("\"200 mV\"", "Yan et al., fig. 1d")
        .when("kind", &["cycles"]),
    Key::new("v_reset", VOLTAGE, "Where the RESET half of a cycle turns round; below zero.")
        .measured("\"-100 mV\"", "Yan et al., fig. 1d")
        .when("kind", &["cycles"]),
    Key::new("edge", PULSE, "Duration of each of the four edges of a cycle.")
        .assumed("\"20 s\"", "0.2 V at the 10 mV/s of the sweeps; the paper gives no rate for the cycles")
        .when("kind", &["cycles"]),
    Key::new("length", SPAN, "How long the device is watched.")
        .when("kind", &["retention", "relaxation", "integration"]),
    Key::new(
        "devices",
        Kind::Integer { min: 1, max: 1_000_000 },
        "Devices, each with a lifetime of its own.",
    )
    .setting("1")
    .when("kind", &["retention"]),
    Key::new("floor", Kind::Number(ABOVE), "Ratio of the two states below which they count as lost.")
        .measured("1e4", "Yan et al., fig. 2a: window above 1e4")
        .when("kind", &["retention"]),
    Key::new("shape", Kind::word::<ShapeKind>(), "Pulse on each electrode.")
        .setting("\"biphasic\"")
        .when("kind", &["spike_pulses"]),
    Key::new("peak", Kind::Quantity(Unit::Volt, ABOVE), "Height of the triangle.")
        .when("shape", &["unipolar"]),
    Key::new("base", PULSE, "Width of the triangle at its base.").when("shape", &["unipolar"]),
    Key::new("dt", PULSE, "Interval between the two spikes that is drawn, in both orders.")
        .when("kind", &["spike_pulses"]),
    Key::new("reach", PULSE, "Largest |dt| of the window.").when("kind", &["stdp", "spike_pulses"]),
    Key::new("step", PULSE, "Step of |dt|.").when("kind", &["stdp", "spike_pulses"]),
    Key::new("fit_from", PULSE, "Smallest |dt| of the fit; the main lobes must be apart.")
        .when("kind", &["stdp"]),
    Key::new("fine_step", PULSE, "Step of |dt| below `fit_from`, where lobes overlap.")
        .same_as("step")
        .when("kind", &["stdp"]),
    Key::new("circuit", Kind::word::<SwitchCircuit>(), "What is around a threshold switch.")
        .setting("\"bare\"")
        .when("kind", DRIVEN),
    Key::new(
        "open_after",
        Kind::Quantity(Unit::Second, Bounds::ANY.from(0.0).up_to(4000.0)),
        "How long after firing the drive still flows.",
    )
    .assumed("\"100 us\"", "the periphery is not reported")
    .when("circuit", &["reset"]),
    Key::new("r_s", Kind::Quantity(Unit::Ohm, ABOVE), "Resistor in series with the switch.")
        .when("circuit", &["series"]),
    Key::new(
        "samples",
        Kind::Integer { min: 1, max: 100_000 },
        "Samples: of a leg of a sweep, of a pulse and of a pause, or of the whole stretch.",
    )
    .setting("200")
    .when("kind", &["iv", "pulses", "integration", "relaxation", "retention", "power"]),
    Key::new("g_start", Kind::Quantity(Unit::Siemens, ABOVE), "Conductance a resistive device starts from.")
        .absent("the off state of a binary switch, the g_start of a dose device")
        .when("kind", &["iv", "pulses", "stdp", "spike_pulses"]),
    Key::new("noise", Kind::Flag, "Whether the spread from cycle to cycle that the preset states is drawn.")
        .setting("false")
        .when("kind", &["iv", "pulses"]),
    Key::new(
        "compare",
        Kind::Tables(COMPARE),
        "What the paper says of this experiment, and how close the result must come.",
    )
    .setting("[]"),
];

/// Experiments that apply a voltage for longer than a moment.
const DRIVEN: &[&str] = &["iv", "pulses", "integration", "cycles"];

words! {
    /// What is done with a device.
    pub enum ExperimentKind {
        Iv = "iv": "a voltage sweep through turning points: current, state, energy",
        Pulses = "pulses": "a train of equal rectangular pulses; a threshold switch integrates and fires",
        Integration = "integration": "a threshold switch under a constant drive, from rest",
        Relaxation = "relaxation": "a threshold switch left alone after it has fired",
        Power = "power": "what a threshold switch that is on takes at each voltage, and its limiter",
        Cycles = "cycles": "a device through SET and RESET again and again: spread of what it turns to",
        Retention = "retention": "both states left alone",
        Stdp = "stdp": "pairs of spike pulses dt apart, each on a fresh device: the window",
        SpikePulses = "spike_pulses": "what two spikes put across a device, and what that does for every dt",
    }
}

words! {
    /// The pulse on each electrode.
    pub enum ShapeKind {
        Biphasic = "biphasic": "the spike pulse of the preset: a short main lobe, a long opposite tail",
        Unipolar = "unipolar": "a symmetric triangle of one sign",
    }
}

static COMPARE: &[Key] = &[
    Key::new(
        "quantity",
        Kind::Text,
        "A quantity this experiment measures; `memspike models KIND` lists them.",
    ),
    Key::new("paper", Kind::Figure, "What the paper says: a quantity with its unit, or a number."),
    Key::new("relation", Kind::word::<Relation>(), "How the result must stand to it.").setting("\"equal\""),
    Key::new("tolerance", Kind::Figure, "Largest difference that is accepted, in the unit of the quantity.")
        .absent("`relative_tolerance`; for \"at_least\" and \"at_most\" zero"),
    Key::new(
        "relative_tolerance",
        Kind::Number(ABOVE.below(1.0)),
        "Largest difference that is accepted, as a fraction of the paper's value.",
    )
    .absent("`tolerance`"),
    Key::new("why", Kind::Text, "Why this tolerance, in a sentence."),
    Key::new("what", Kind::Text, "The row's words in tables and pictures.").absent("those of the quantity"),
];

words! {
    /// How a result must stand to the paper's value.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Relation {
        Equal = "equal": "within the tolerance on either side",
        AtLeast = "at_least": "not below, but for the tolerance",
        AtMost = "at_most": "not above, but for the tolerance",
    }
}
