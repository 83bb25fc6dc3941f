//! `device` of a projection: the devices that make a weight, their range, spread and read pulse.

use super::filled::Fields;
use super::section::Lower;
use super::spec::kinds::{CV, LEVELS, POSITIVE_SPAN, positive};
use super::spec::{Kind, SpreadWord, Unit, Word as _, words};
use super::table::{inner, table};
use crate::synapse::{Arrangement, DeviceRange, Placement, ReadPulse, Spread};
use crate::units::{Second, Siemens, Volt};

table! {
    /// The devices that make a projection's weights.
    #[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct DevicePlan {
        /// Which devices make one weight.
        arrangement: Arrangement;
        /// Where the two devices of a pair sit.
        placement: Placement = Kind::word::<Placement>(),
            setting("\"one_sided\""), when("arrangement", &["differential", "parallel"]);
        /// Bounds of a conductance, and its levels.
        range: DeviceRange;
        /// Spread of a programmed conductance.
        spread: Spread = Kind::Spread(Spread::KEYS), setting("\"none\"");
        /// The pulse that reads a row.
        read: ReadPulse = inner::<ReadPulse>(), setting("{}");
        /// The weight at the end of the conductance range.
        w_max: Option<f64> = Kind::WeightLimit, absent("the largest weight at the time of programming");
    }
    rules(rules);
}

fn rules(lower: &mut Lower<'_>, fields: &Fields) {
    lower.below(fields, "g_min", "g_max", "g_min is the off state, g_max the on state");
}

table! {
    impl Arrangement by "arrangement", "Which devices make one weight.", setting("\"differential\"") {
        Single = "single": "one device against a fixed reference" {}
        Unipolar = "unipolar": "one device, w = s (G - g_min): from 0 to w_max" {}
        Differential = "differential": "two devices, w = s (G+ - G-)" {}
        Parallel = "parallel": "`pairs` pairs side by side, each with a part of the weight" {
            /// Pairs that share one weight.
            pairs: u32 = Kind::Integer { min: 2, max: 1024 };
        }
    }
}

words! {
    impl Placement {
        OneSided = "one_sided": "the device of a pair that is not needed rests at g_min",
        Balanced = "balanced": "both devices sit symmetrically around the middle of the range",
    }
}

table! {
    impl DeviceRange {
        /// Lowest conductance of a device; below `g_max`.
        g_min: Siemens = positive(Unit::Siemens),
            assumed("\"10 nS\"", "the ratio of 1e4 is measured (Yan et al., fig. 2a), the scale is not");
        /// Highest conductance of a device.
        g_max: Siemens = positive(Unit::Siemens),
            assumed("\"100 uS\"", "the ratio of 1e4 is measured (Yan et al., fig. 2a), the scale is not");
        /// Evenly spaced conductances a device can be programmed to.
        levels: Option<u32> = LEVELS, absent("continuous");
    }
}

table! {
    impl Spread {
        /// Coefficient of variation at g_max.
        cv_on: f64 = CV, setting("0.0");
        /// Coefficient of variation at g_min; between, interpolated in ln G.
        cv_off: f64 = CV, setting("0.0");
        /// Coefficient of variation of each device's own g_max.
        cv_device: f64 = CV, setting("0.0");
    }
    words(spread);
}

/// A spread of programming that needs no numbers.
fn spread(word: &str) -> Option<Spread> {
    Some(match SpreadWord::from_word(word)? {
        SpreadWord::None => Spread::NONE,
        // Of Yan et al., fig. 2a: R_on 0.81 %, R_off 1.15 %.
        SpreadWord::Paper => Spread { cv_on: 0.0081, cv_off: 0.0115, cv_device: 0.0 },
    })
}

table! {
    impl ReadPulse {
        /// Height of the read pulse.
        amplitude: Volt = positive(Unit::Volt),
            assumed("\"100 mV\"", "the hold voltage, below the onset of SET at 0.12 V");
        /// Width of the read pulse.
        width: Second = POSITIVE_SPAN,
            assumed("\"1 us\"", "Yan et al. give no pulse width; read energy is proportional to it");
    }
}
