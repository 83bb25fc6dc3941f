//! The tables of `kind = "unsupervised"`: the rule of the winner, its devices, and what becomes of them.

use super::kinds::{ABOVE_ZERO, CV, POSITIVE_SPAN, SHARE, TIME_CONSTANT, non_negative, positive};
use super::plasticity::{OVERLAP_PRESET, OVERLAP_SCALE, OVERLAP_SPREAD};
use super::word::words;
use super::{Bounds, Key, Kind, Unit};
use crate::training::unsupervised::Vote;

pub static LEARNING: &[Key] = &[
    Key::new("window", Kind::word::<WindowKind>(), "Which inputs count as recent.")
        .setting("\"rectangular\""),
    Key::new("width", POSITIVE_SPAN, "How long a spike is recent.").when("window", &["rectangular"]),
    Key::new("tau", TIME_CONSTANT, "Time constant of the trace.").when("window", &["trace"]),
    Key::new("dependence", Kind::word::<StepDependence>(), "How a step depends on the weight.")
        .setting("\"multiplicative\"")
        .when("window", STEPS),
    Key::new("beta", Kind::Number(Bounds::NON_NEGATIVE), "Exponent of the dependence.")
        .setting("3.0")
        .when("dependence", &["exponential"]),
    Key::new("w_max", positive(Unit::Volt), "Weight at the upper end; the lower end is 0."),
    Key::new("a_plus", SHARE, "Step of recent inputs, as a share of the range.").when("window", STEPS),
    Key::new("a_minus", SHARE, "Step of the others.").when("window", STEPS),
    Key::new(
        "final_share",
        Kind::Number(Bounds::POSITIVE.up_to(1.0)),
        "Share of both steps that is left at the end; they fall geometrically over all epochs.",
    )
    .setting("1.0")
    .when("window", STEPS),
    OVERLAP_PRESET.when("window", &["overlap"]),
    OVERLAP_SCALE.when("window", &["overlap"]),
    OVERLAP_SPREAD.setting("\"preset\"").when("window", &["overlap"]),
    Key::new(
        "normalise",
        ABOVE_ZERO,
        "Sum of a neuron's weights, in units of w_max, restored after each presentation in which it spiked.",
    )
    .absent("weights are not normalised"),
];

const STEPS: &[&str] = &["rectangular", "trace"];

words! {
    /// Which inputs count as recent.
    pub enum WindowKind {
        Rectangular = "rectangular": "a spike within `width` before the winner's (Querlioz et al. 2013)",
        Trace = "trace": "the exponential trace of the last spike",
        Overlap = "overlap": "no step: pulses overlap across the devices, whose kinetics do the rest",
    }
}

words! {
    /// How a step depends on the weight.
    pub enum StepDependence {
        Multiplicative = "multiplicative": "a_plus (w_max - w) up, a_minus w down",
        Exponential = "exponential": "a_plus w_max e^(-beta w/w_max) up, a_minus w_max e^(-beta (1 - w/w_max)) down",
    }
}

pub static LEARNING_DEVICES: &[Key] = &[
    Key::new("set", Kind::Table(SET_PULSE), "The pulse behind each step upwards.").setting("{}"),
    Key::new("reset", Kind::Table(RESET_PULSE), "The pulse behind each step downwards.").setting("{}"),
    Key::new("dispersion", Kind::Table(DISPERSION), "How devices differ; drawn once.").setting("{}"),
    Key::new("cycle", CV, "Coefficient of variation of every single step (of the doses of a pulse).")
        .setting("0.0"),
    Key::new("stuck_on", SHARE, "Share of devices stuck at g_max.").setting("0.0"),
    Key::new("stuck_off", SHARE, "Share of devices stuck at g_min.").setting("0.0"),
    Key::new("endurance", Kind::Table(WEAR), "How pulses wear the devices.").absent("they do not wear"),
];

static SET_PULSE: &[Key] = &[
    Key::new("amplitude", positive(Unit::Volt), "Height of the pulse.").assumed(
        "\"280 mV\"",
        "a fifth of the range in 1 ms by the kinetics fitted to Yan et al., figs. 2c, 3c",
    ),
    Key::new("width", POSITIVE_SPAN, "Width of the pulse.")
        .assumed("\"1 ms\"", "Yan et al. give no pulse width; smaller steps are booked as whole pulses"),
];

static RESET_PULSE: &[Key] = &[
    Key::new("amplitude", positive(Unit::Volt), "Height of the pulse.").assumed(
        "\"280 mV\"",
        "a tenth of the range in 1 ms by the kinetics fitted to Yan et al., figs. 2d, 3c",
    ),
    Key::new("width", POSITIVE_SPAN, "Width of the pulse.")
        .assumed("\"1 ms\"", "Yan et al. give no pulse width; smaller steps are booked as whole pulses"),
];

static DISPERSION: &[Key] = &[
    Key::new("a_plus", CV, "Coefficient of variation of the step upwards (of SET doses).").setting("0.0"),
    Key::new("a_minus", CV, "Coefficient of variation of the step downwards (of RESET doses).")
        .setting("0.0"),
    Key::new("g_max", CV, "Coefficient of variation of the highest conductance.").setting("0.0"),
    Key::new("g_min", CV, "Coefficient of variation of the lowest conductance.").setting("0.0"),
    Key::new("initial", CV, "Coefficient of variation of the initial weight, besides that of `weight`.")
        .setting("0.0"),
    Key::new("threshold", CV, "Coefficient of variation of the neurons' thresholds before they adapt.")
        .setting("0.0"),
];

static WEAR: &[Key] = &[
    Key::new("n_f", ABOVE_ZERO, "Pulses after which the range has closed.").setting("1e6"),
    Key::new("m", ABOVE_ZERO, "Exponent of the shrinking.").setting("1.0"),
    Key::new("weibull_shape", ABOVE_ZERO, "Shape of the Weibull law of sudden death.")
        .absent("the range shrinks and no device dies"),
];

pub static RETENTION: &[Key] = &[
    Key::new("law", Kind::word::<DecayKind>(), "Law of the decay of G - g_inf.").setting("\"exponential\""),
    Key::new("tau", TIME_CONSTANT, "Time constant.")
        .assumed("\"78 ks\"", "lower bound from 4000 s without visible loss (Yan et al., fig. 2b)")
        .when("law", &["exponential"]),
    Key::new("b", ABOVE_ZERO, "Stretching exponent; 1 is mono-exponential.")
        .setting("1.0")
        .when("law", &["exponential"]),
    Key::new("t0", TIME_CONSTANT, "Time scale.").when("law", &["power"]),
    Key::new("nu", ABOVE_ZERO, "Exponent.").when("law", &["power"]),
    Key::new("g_inf", non_negative(Unit::Siemens), "Where everything ends.")
        .assumed("\"10 nS\"", "the lowest conductance"),
    Key::new(
        "lifetime_sigma",
        Kind::Number(Bounds::NON_NEGATIVE.up_to(10.0)),
        "Standard deviation of ln tau (or ln t0) over devices.",
    )
    .setting("0.0"),
];

words! {
    /// Law of the decay of a conductance.
    pub enum DecayKind {
        Exponential = "exponential": "e^(-(t/tau)^b)",
        Power = "power": "((t + t0)/t0)^-nu",
    }
}

pub static AGEING: &[Key] =
    &[Key::new("after", non_negative(Unit::Second), "Time since the last step of learning.")];

pub static VARIATION: &[Key] = &[
    Key::new("name", Kind::Text, "What the case is called in the report."),
    Key::new("cv", CV, "Coefficient of variation of both steps, g_max, g_min, initial weight and threshold."),
    Key::new("seeds", Kind::Integer { min: 1, max: 1000 }, "Runs, each with the next seed.").setting("3"),
    Key::new(
        "max_loss",
        Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0)),
        "Largest loss of accuracy against the first case that is accepted, as a fraction.",
    )
    .absent("any"),
];

words! {
    impl Vote {
        ClassMean = "class_mean": "the class whose neurons spike most on average (Diehl & Cook 2015)",
        LogLikelihood = "log_likelihood": "the class with the largest sum over spikes of ln(P(class | neuron) + 0.01)",
    }
}
