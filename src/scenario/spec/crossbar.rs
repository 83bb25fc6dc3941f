//! `device` of a projection: the devices that make a weight, their range, spread and read pulse.

use super::kinds::{CV, LEVELS, POSITIVE_SPAN, positive};
use super::word::words;
use super::{Key, Kind, Unit};
use crate::synapse::Placement;

pub static DEVICE: &[Key] = &[
    Key::new("arrangement", Kind::word::<ArrangementKind>(), "Which devices make one weight.")
        .setting("\"differential\""),
    Key::new("pairs", Kind::Integer { min: 2, max: 1024 }, "Pairs that share one weight.")
        .when("arrangement", &["parallel"]),
    Key::new("placement", Kind::word::<Placement>(), "Where the two devices of a pair sit.")
        .setting("\"one_sided\"")
        .when("arrangement", &["differential", "parallel"]),
    Key::new("g_min", positive(Unit::Siemens), "Lowest conductance of a device; below `g_max`.")
        .assumed("\"10 nS\"", "the ratio of 1e4 is measured (Yan et al., fig. 2a), the scale is not"),
    Key::new("g_max", positive(Unit::Siemens), "Highest conductance of a device.")
        .assumed("\"100 uS\"", "the ratio of 1e4 is measured (Yan et al., fig. 2a), the scale is not"),
    Key::new("levels", LEVELS, "Evenly spaced conductances a device can be programmed to.")
        .absent("continuous"),
    Key::new("spread", Kind::Spread(SPREAD), "Spread of a programmed conductance.").setting("\"none\""),
    Key::new("read", Kind::Table(READ), "The pulse that reads a row.").setting("{}"),
    Key::new("w_max", Kind::WeightLimit, "The weight at the end of the conductance range.")
        .absent("the largest weight at the time of programming"),
];

words! {
    /// Which devices make one weight.
    pub enum ArrangementKind {
        Single = "single": "one device against a fixed reference",
        Unipolar = "unipolar": "one device, w = s (G - g_min): from 0 to w_max",
        Differential = "differential": "two devices, w = s (G+ - G-)",
        Parallel = "parallel": "`pairs` pairs side by side, each with a part of the weight",
    }
}

words! {
    impl Placement {
        OneSided = "one_sided": "the device of a pair that is not needed rests at g_min",
        Balanced = "balanced": "both devices sit symmetrically around the middle of the range",
    }
}

words! {
    /// A spread of programming that needs no numbers.
    pub enum SpreadWord {
        None = "none": "no spread",
        Paper = "paper": "cv_on = 0.0081 and cv_off = 0.0115 (Yan et al., fig. 2a)",
    }
}

pub static SPREAD: &[Key] = &[
    Key::new("cv_on", CV, "Coefficient of variation at g_max.").setting("0.0"),
    Key::new("cv_off", CV, "Coefficient of variation at g_min; between, interpolated in ln G.")
        .setting("0.0"),
    Key::new("cv_device", CV, "Coefficient of variation of each device's own g_max.").setting("0.0"),
];

static READ: &[Key] = &[
    Key::new("amplitude", positive(Unit::Volt), "Height of the read pulse.")
        .assumed("\"100 mV\"", "the hold voltage, below the onset of SET at 0.12 V"),
    Key::new("width", POSITIVE_SPAN, "Width of the read pulse.")
        .assumed("\"1 us\"", "Yan et al. give no pulse width; read energy is proportional to it"),
];
