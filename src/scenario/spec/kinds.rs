//! Kinds of value that several sections share.

use super::word::words;
use super::{Bounds, Kind, Unit};

/// The latest instant of an episode in whole seconds; 2^63 fs is 9223.37 s.
pub const HORIZON: f64 = 9223.0;

pub const SPAN: Kind = Kind::Quantity(Unit::Second, Bounds::NON_NEGATIVE.up_to(HORIZON));
pub const POSITIVE_SPAN: Kind = Kind::Quantity(Unit::Second, Bounds::ANY.from(1e-15).up_to(HORIZON));
/// What is left alone may be so for longer than an episode lasts.
pub const LASTING: Kind = Kind::Quantity(Unit::Second, Bounds::POSITIVE.up_to(1e12));
/// Some instants of an episode.
pub const INSTANTS: Kind = Kind::Quantities(Unit::Second, Bounds::NON_NEGATIVE.up_to(HORIZON));
pub const TIME_CONSTANT: Kind = positive(Unit::Second);
pub const VOLTAGE: Kind = Kind::Quantity(Unit::Volt, Bounds::ANY);
pub const RATE: Kind = Kind::Quantity(Unit::Hertz, Bounds::POSITIVE.up_to(1e12));
/// A rate that may be nothing: where a sweep begins.
pub const RATE_OR_NONE: Kind = Kind::Quantity(Unit::Hertz, Bounds::NON_NEGATIVE.up_to(1e12));
pub const COUNT: Kind = Kind::Integer { min: 1, max: 100_000_000 };
pub const LEVELS: Kind = Kind::Integer { min: 2, max: 1_000_000 };
pub const CV: Kind = Kind::Number(Bounds::NON_NEGATIVE.up_to(10.0));
pub const ABOVE_ZERO: Kind = Kind::Number(Bounds::POSITIVE);
pub const SHARE: Kind = Kind::Number(Bounds::NON_NEGATIVE.up_to(1.0));
pub const DECAY: Kind = Kind::Number(Bounds::NON_NEGATIVE.below(1.0));

pub const fn positive(unit: Unit) -> Kind {
    Kind::Quantity(unit, Bounds::POSITIVE)
}

pub const fn non_negative(unit: Unit) -> Kind {
    Kind::Quantity(unit, Bounds::NON_NEGATIVE)
}

words! {
    /// Arithmetic of membranes and weights.
    #[derive(serde::Serialize, serde::Deserialize)]
    #[serde(rename_all = "snake_case")]
    pub enum Precision {
        F64 = "f64": "64-bit floating point",
        F32 = "f32": "32-bit floating point",
    }
}
