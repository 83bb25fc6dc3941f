//! `plasticity` of a projection: weights that learn from spikes, and the devices that bear it.

use super::kinds::{ABOVE_ZERO, CV, POSITIVE_SPAN, SHARE, TIME_CONSTANT, VOLTAGE, positive};
use super::word::words;
use super::{Bounds, Key, Kind, Unit};
use crate::plasticity::{AtZero, Pairing, Unit as Fraction};

const PAIRS: &[&str] = &["stdp_pair", "stdp_triplet"];
const WINDOWS: &[&str] = &["stdp_pair", "stdp_triplet", "rectangular"];
const LAWS: &[&str] = &["stdp_pair", "stdp_triplet", "rectangular", "post_trace"];
const AMPLITUDE: Kind = Kind::Number(Bounds::NON_NEGATIVE);

pub static PLASTICITY: &[Key] = &[
    Key::new("rule", Kind::word::<RuleKind>(), "Learning rule; times are those at the synapse.")
        .setting("\"stdp_pair\""),
    Key::new("pairing", Kind::word::<Pairing>(), "Which pairs of spikes count.")
        .setting("\"all_to_all\"")
        .when("rule", PAIRS),
    Key::new(
        "at_zero",
        Kind::word::<AtZero>(),
        "What an arrival and a spike of the same instant do to each other.",
    )
    .setting("\"none\"")
    .when("rule", &["stdp_pair"]),
    Key::new(
        "dependence",
        Kind::word::<DependenceKind>(),
        "How a change depends on the weight, x = (w - w_min)/(w_max - w_min).",
    )
    .setting("\"additive\"")
    .when("rule", LAWS),
    Key::new("mu", AMPLITUDE, "Exponent: 0 is additive, 1 multiplicative.").when("dependence", &["power"]),
    Key::new("beta", AMPLITUDE, "Exponent, per range of the weight.")
        .literature("3.0", "Querlioz et al. 2013")
        .when("dependence", &["exponential"]),
    Key::new("relative_to", Kind::word::<Fraction>(), "What amplitudes are fractions of.")
        .setting("\"weight\"")
        .when("rule", LAWS),
    Key::new("a_plus", AMPLITUDE, "Amplitude of potentiation; the default is for `stdp_pair` only.")
        .fitted("1.3861", "Yan et al., fig. 3c: 138.61 percent of the conductance")
        .when("rule", LAWS),
    Key::new("a_minus", AMPLITUDE, "Amplitude of depression; the default is for `stdp_pair` only.")
        .fitted("1.0346", "Yan et al., fig. 3c: 103.46 percent of the conductance")
        .when("rule", WINDOWS),
    Key::new("tau_plus", TIME_CONSTANT, "Time constant of potentiation (of the trace of arrivals).")
        .fitted("\"64.1 ms\"", "Yan et al., fig. 3c")
        .when("rule", &["stdp_pair", "stdp_triplet", "post_trace"]),
    Key::new("tau_minus", TIME_CONSTANT, "Time constant of depression (of the trace of spikes).")
        .fitted("\"29.2 ms\"", "Yan et al., fig. 3c")
        .when("rule", PAIRS),
    Key::new("a3_plus", AMPLITUDE, "Amplitude of post-pre-post triplets.")
        .literature("6.2e-3", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp_triplet"]),
    Key::new("a3_minus", AMPLITUDE, "Amplitude of pre-post-pre triplets.")
        .literature("2.3e-4", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp_triplet"]),
    Key::new("tau_x", TIME_CONSTANT, "Time constant of the slow trace of arrivals.")
        .literature("\"101 ms\"", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp_triplet"]),
    Key::new("tau_y", TIME_CONSTANT, "Time constant of the slow trace of spikes.")
        .literature("\"125 ms\"", "Pfister & Gerstner 2006, visual cortex, all to all")
        .when("rule", &["stdp_triplet"]),
    Key::new("window", TIME_CONSTANT, "An arrival this long ago still counts.")
        .when("rule", &["rectangular"]),
    Key::new("target", AMPLITUDE, "The trace at which nothing changes: below it a spike depresses.")
        .setting("0.0")
        .when("rule", &["post_trace"]),
    Key::new("saturate", Kind::Flag, "Whether an arrival sets the trace to 1 instead of adding 1.")
        .setting("false")
        .when("rule", &["post_trace"]),
    OVERLAP_PRESET.when("rule", &["overlap"]),
    OVERLAP_SCALE.when("rule", &["overlap"]),
    OVERLAP_SPREAD.setting("\"none\"").when("rule", &["overlap"]),
    Key::new("w_min", VOLTAGE, "Lower bound of the weight.").setting("\"0 V\"").when("rule", LAWS),
    Key::new("w_max", positive(Unit::Volt), "Upper bound of the weight; every update is clipped.")
        .absent("`w_max` of the device"),
    Key::new(
        "cv_cycle",
        CV,
        "Cycle-to-cycle coefficient of variation of a change: dw e^(s z - s^2/2), s^2 = ln(1 + cv^2).",
    )
    .setting("0.0"),
    Key::new("program", Kind::Table(PROGRAM), "The pulse an update is programmed with, for its energy.")
        .setting("{}")
        .when("rule", LAWS),
    Key::new("faults", Kind::Table(FAULTS), "Devices that do not learn.").setting("{}"),
    Key::new("endurance", Kind::Table(ENDURANCE), "How devices wear; updates are counted in any case.")
        .absent("they do not"),
];

pub const OVERLAP_PRESET: Key = Key::new(
    "preset",
    Kind::Text,
    "The device whose kinetics and pulse learn; its range is that of `device`.",
)
.setting("\"ag-tio2-pt-rs-analog\"");

pub const OVERLAP_SCALE: Key = Key::new(
    "time_scale",
    ABOVE_ZERO,
    "Multiplies all times of the preset's pulse: so it does the time constants of the window, and every dose.",
)
.setting("1.0");

pub const OVERLAP_SPREAD: Key = Key::new(
    "spread",
    Kind::word::<OverlapSpread>(),
    "How devices differ: their own kinetics and ranges, drawn once.",
);

words! {
    /// How devices under overlapping pulses differ.
    pub enum OverlapSpread {
        None = "none": "all are alike",
        Preset = "preset": "the coefficients of variation of the preset",
    }
}

words! {
    /// Learning rule of a projection.
    pub enum RuleKind {
        StdpPair = "stdp_pair": "exponential window of pairs of spikes",
        StdpTriplet = "stdp_triplet": "pairs and triplets (Pfister & Gerstner 2006)",
        Rectangular = "rectangular": "at a spike: recent inputs up, all others down (Querlioz et al. 2013)",
        PostTrace = "post_trace": "at a spike: by the trace of each input (Diehl & Cook 2015)",
        Overlap = "overlap": "what the overlap of two pulses does to the device",
    }
}

words! {
    impl Pairing {
        AllToAll = "all_to_all": "every spike with every earlier one of the other side",
        Nearest = "nearest": "every spike with the last earlier one of the other side",
        PreCentred = "pre_centred": "every arrival with the last spike and with the next one",
        Restricted = "restricted": "as nearest, if no spike of the same side lies between",
    }
}

words! {
    impl AtZero {
        None = "none": "nothing",
        Ltp = "ltp": "potentiation by a_plus",
        Ltd = "ltd": "depression by a_minus",
    }
}

words! {
    /// How a change depends on the weight.
    pub enum DependenceKind {
        Additive = "additive": "f+ = f- = 1",
        Multiplicative = "multiplicative": "f+ = 1 - x, f- = x",
        Power = "power": "f+ = (1 - x)^mu, f- = x^mu",
        Exponential = "exponential": "f+ = e^(-beta x), f- = e^(-beta (1 - x))",
    }
}

words! {
    impl Fraction {
        Weight = "weight": "the present weight, as windows are measured",
        Span = "span": "w_max - w_min",
    }
}

static PROGRAM: &[Key] = &[
    Key::new("v_set", positive(Unit::Volt), "Height of a potentiating pulse.")
        .measured("\"0.2 V\"", "Yan et al., fig. 2c: end of the sweep"),
    Key::new("v_reset", positive(Unit::Volt), "Height of a depressing pulse.")
        .measured("\"0.25 V\"", "Yan et al., fig. 2d: end of the sweep"),
    Key::new("width", POSITIVE_SPAN, "Width of the pulse; programming energy is proportional to it.")
        .assumed("\"1 ms\"", "Yan et al. give no pulse width"),
];

static FAULTS: &[Key] = &[
    Key::new("stuck_on", SHARE, "Share of devices stuck at g_max.").setting("0.0"),
    Key::new("stuck_off", SHARE, "Share of devices stuck at g_min.").setting("0.0"),
];

static ENDURANCE: &[Key] = &[
    Key::new("n_f", ABOVE_ZERO, "Scale of the number of updates after which a device sticks where it is.")
        .assumed("1e6", "Yan et al. cycle 100 times"),
    Key::new("weibull_shape", ABOVE_ZERO, "Shape of its Weibull law.").assumed("1.5", "not measured"),
];
