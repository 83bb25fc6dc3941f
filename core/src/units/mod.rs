//! SI quantities as newtypes, and the unit strings people write for them.
//!
//! Inside the program a quantity is a finite `f64` in SI base units wrapped in its own type, so a
//! voltage cannot be passed for a time. Outside it is a string with a unit: `"9.41 ms"`, `"7 uA"`
//! (or `"7 µA"`), `"100 Hz"`. A number without a unit is an error, because the unit would be a guess.
//!
//! Parsing shifts the decimal exponent in the text instead of multiplying, so `"9.41 ms"` is the
//! `f64` nearest to 0.00941, and printing does the reverse: `parse(x.to_string()) == x` for every
//! finite `x`.
//!
//! Quantities multiply, divide and add as their units do, and nothing else compiles: see [`Squared`] and the
//! operators of each type. `Ohm * Ampere` is a [`Volt`], `Volt * Siemens` an [`Ampere`], `Watt * Second` a
//! [`Joule`], `Second * Hertz` a plain number.

mod arithmetic;
mod text;

pub use arithmetic::Squared;
pub use text::{ParseQuantityError, parse_number_unit, parse_percent};

use ordered_float::OrderedFloat;

/// A physical quantity that has a symbol and a finite value in SI units.
pub trait Quantity: Copy + Ord + std::fmt::Display {
    /// Unit symbol without prefix, as printed: `"s"`, `"V"`, `"Ohm"`.
    const UNIT: &'static str;
    /// What the quantity is called in a message: `"time"`, `"voltage"`.
    const NAME: &'static str;
    /// A string in the right form, for hints: `"9.41 ms"`.
    const EXAMPLE: &'static str;

    /// Wraps a value in SI units; `None` unless it is finite.
    fn from_si(value: f64) -> Option<Self>;

    /// The value in SI units.
    fn si(self) -> f64;

    /// The quantity itself if it is finite, as the result of arithmetic need not be.
    #[must_use]
    fn finite(self) -> Option<Self> {
        Self::from_si(self.si())
    }

    /// Reads `"<number> <prefix><unit>"`.
    ///
    /// # Errors
    /// Says what was read and what is allowed: a missing unit, another unit, not a number, not finite.
    fn parse(text: &str) -> Result<Self, ParseQuantityError> {
        text::parse::<Self>(text).map(|(quantity, _)| quantity)
    }

    /// As [`Quantity::parse`], with the digits of the text in SI units, before they were rounded to an `f64`:
    /// `"9.41 ms"` has `9.41e-3`. They are what a time becomes femtoseconds from.
    ///
    /// # Errors
    /// As [`Quantity::parse`].
    fn parse_digits(text: &str) -> Result<(Self, String), ParseQuantityError> {
        text::parse::<Self>(text)
    }
}

macro_rules! quantities {
    ($($(#[$doc:meta])* $name:ident, $unit:literal, $what:literal, $example:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(try_from = "f64", into = "f64")]
        pub struct $name(f64);

        impl $name {
            /// Zero.
            pub const ZERO: Self = Self(0.0);

            /// Wraps a value in SI units.
            ///
            /// # Panics
            /// If the value is not finite. Values from outside go through [`Quantity::parse`] or
            /// [`Quantity::from_si`].
            #[must_use]
            pub const fn new(value: f64) -> Self {
                assert!(value.is_finite(), "a quantity must be finite");
                Self(value)
            }

            /// A computed value in SI units, as arithmetic gives it: not checked to be finite.
            #[must_use]
            pub const fn of(value: f64) -> Self {
                Self(value)
            }

            /// The value in SI units.
            #[must_use]
            pub const fn get(self) -> f64 {
                self.0
            }

            /// The magnitude.
            #[must_use]
            pub const fn abs(self) -> Self {
                Self(self.0.abs())
            }
        }

        impl Quantity for $name {
            const UNIT: &'static str = $unit;
            const NAME: &'static str = $what;
            const EXAMPLE: &'static str = $example;

            fn from_si(value: f64) -> Option<Self> {
                value.is_finite().then_some(Self(value))
            }

            fn si(self) -> f64 {
                self.0
            }
        }

        impl Eq for $name {}

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                OrderedFloat(self.0).cmp(&OrderedFloat(other.0))
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&text::format(self.0, $unit))
            }
        }

        impl std::str::FromStr for $name {
            type Err = ParseQuantityError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl From<$name> for f64 {
            fn from(quantity: $name) -> f64 {
                quantity.0
            }
        }

        impl TryFrom<f64> for $name {
            type Error = &'static str;

            fn try_from(value: f64) -> Result<Self, Self::Error> {
                Self::from_si(value).ok_or("a quantity must be finite")
            }
        }
    )*};
}

quantities! {
    /// A time in seconds (model parameters; instants of a run are [`crate::time::Time`]).
    Second, "s", "time", "9.41 ms";
    /// A voltage in volts.
    Volt, "V", "voltage", "0.25 V";
    /// A current in amperes.
    Ampere, "A", "current", "7 uA";
    /// A resistance in ohms.
    Ohm, "Ohm", "resistance", "1 MOhm";
    /// A conductance in siemens.
    Siemens, "S", "conductance", "35 uS";
    /// A power in watts.
    Watt, "W", "power", "1.4 uW";
    /// An energy in joules.
    Joule, "J", "energy", "0.14 nJ";
    /// A charge in coulombs.
    Coulomb, "C", "charge", "10 pC";
    /// A capacitance in farads.
    Farad, "F", "capacitance", "66 pF";
    /// A frequency or rate in hertz.
    Hertz, "Hz", "frequency", "100 Hz";
    /// A sweep rate in volts per second.
    VoltPerSecond, "V/s", "sweep rate", "10 mV/s";
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_papers_quantities_are_read_to_the_nearest_f64() {
        assert_eq!(Second::parse("9.41 ms").unwrap().get(), 0.00941);
        assert_eq!(Ampere::parse("7 uA").unwrap().get(), 7e-6);
        assert_eq!(Ampere::parse("7 µA").unwrap().get(), 7e-6); // U+00B5 micro sign
        assert_eq!(Ampere::parse("7 μA").unwrap().get(), 7e-6); // U+03BC Greek mu
        assert_eq!(Volt::parse("0.43 mV").unwrap().get(), 0.43e-3);
        assert_eq!(Watt::parse("1.4 uW").unwrap().get(), 1.4e-6);
        assert_eq!(Hertz::parse("100 Hz").unwrap().get(), 100.0);
        assert_eq!(VoltPerSecond::parse("10 mV/s").unwrap().get(), 0.01);
        assert_eq!(Ohm::parse("1 MΩ").unwrap().get(), 1e6);
    }

    #[test]
    fn quantities_are_printed_with_the_prefix_a_person_would_choose() {
        for (value, text) in [
            (0.00941, "9.41 ms"),
            (0.1, "100 ms"),
            (1.0, "1 s"),
            (0.0, "0 s"),
            (-2.5e-7, "-250 ns"),
            (1e-15, "1 fs"),
            (3600.0, "3.6 ks"),
        ] {
            assert_eq!(Second::new(value).to_string(), text);
        }
        assert_eq!(Ampere::new(7e-6).to_string(), "7 uA");
    }

    proptest! {
        #[test]
        fn printing_and_reading_gives_the_same_bits(value in proptest::num::f64::NORMAL | proptest::num::f64::ZERO) {
            let text = Volt::new(value).to_string();
            prop_assert_eq!(Volt::parse(&text).unwrap().get(), value, "{}", text);
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in ".{0,20}") {
            let _ = Second::parse(&text);
        }
    }
}
