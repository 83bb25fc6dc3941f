//! Decimal numbers as people write them, and what is formed from them before anything is rounded.
//!
//! -55 mV and -70 mV are 15 mV apart, but the `f64` nearest to -0.055 and the one nearest to -0.07 are
//! 0.015000000000000006 apart, and a jump of 15 mV would not reach that threshold. So differences and products of
//! stated numbers are formed in decimal and rounded once. A stated number that is an `f64` by now stands for the
//! shortest decimal that reads as it: what was written, if that had no more than 15 digits.

/// Digits that are kept of a text; one more is room for a carry, and all of them fit 128 bits.
const MOST_DIGITS: u32 = 37;

/// The number `digits` x 10^`exponent`, exactly. Without zeros at its end, so equal numbers have equal fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Decimal {
    digits: i128,
    exponent: i32,
}

impl Decimal {
    const fn new(mut digits: i128, mut exponent: i32) -> Self {
        if digits == 0 {
            return Self { digits: 0, exponent: 0 };
        }
        while digits % 10 == 0 {
            digits /= 10;
            exponent = exponent.saturating_add(1);
        }
        Self { digits, exponent }
    }

    /// Reads `-12.5e-3`. What follows the 37th digit that counts is cut off: it cannot change a whole number of
    /// femtoseconds. `None` for what is not a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (number, written) = match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, exponent.parse::<i32>().ok()?),
            None => (text, 0),
        };
        let (negative, number) = match number.as_bytes().first()? {
            b'-' => (true, &number[1..]),
            b'+' => (false, &number[1..]),
            _ => (false, number),
        };
        let (mut digits, mut exponent) = (0_i128, i64::from(written));
        let (mut kept, mut any, mut fraction) = (0, false, false);
        for byte in number.bytes() {
            match byte {
                b'0'..=b'9' => {
                    any = true;
                    let cut = kept == MOST_DIGITS;
                    if !cut {
                        digits = 10 * digits + i128::from(byte - b'0');
                        kept += u32::from(digits != 0);
                    }
                    exponent += i64::from(cut) - i64::from(fraction);
                }
                b'.' if !fraction => fraction = true,
                _ => return None,
            }
        }
        let exponent = i32::try_from(exponent).ok()?;
        any.then(|| Self::new(if negative { -digits } else { digits }, exponent))
    }

    /// The shortest decimal that reads as `value`; `None` unless that is finite.
    #[must_use]
    pub fn shortest(value: f64) -> Option<Self> {
        value.is_finite().then(|| Self::parse(&format!("{value:e}"))).flatten()
    }

    /// The sum; `None` if it has more digits than 128 bits hold.
    #[must_use]
    pub fn plus(self, other: Self) -> Option<Self> {
        if self.digits == 0 || other.digits == 0 {
            return Some(if self.digits == 0 { other } else { self });
        }
        let exponent = self.exponent.min(other.exponent);
        let aligned = |number: Self| {
            let places = number.exponent.checked_sub(exponent)?;
            number.digits.checked_mul(10_i128.checked_pow(u32::try_from(places).ok()?)?)
        };
        aligned(self)?.checked_add(aligned(other)?).map(|digits| Self::new(digits, exponent))
    }

    /// The difference, as [`Decimal::plus`].
    #[must_use]
    pub fn minus(self, other: Self) -> Option<Self> {
        self.plus(Self { digits: -other.digits, ..other })
    }

    /// The product, as [`Decimal::plus`]; two shortest decimals always have one.
    #[must_use]
    pub fn times(self, other: Self) -> Option<Self> {
        let digits = self.digits.checked_mul(other.digits)?;
        Some(Self::new(digits, self.exponent.checked_add(other.exponent)?))
    }

    /// 10^`places` times as much.
    #[must_use]
    pub const fn shifted(self, places: i32) -> Self {
        Self::new(self.digits, self.exponent.saturating_add(places))
    }

    /// The nearest whole number, halves away from zero; `None` if that is beyond 128 bits.
    #[must_use]
    pub fn round(self) -> Option<i128> {
        if self.exponent >= 0 {
            return self.digits.checked_mul(10_i128.checked_pow(self.exponent.unsigned_abs())?);
        }
        // A unit beyond 128 bits: the digits, which are within them, do not make a fifth of it.
        let Some(unit) = 10_i128.checked_pow(self.exponent.unsigned_abs()) else { return Some(0) };
        let (whole, rest) = (self.digits / unit, self.digits % unit);
        Some(if rest.abs() >= unit - rest.abs() { whole + rest.signum() } else { whole })
    }

    /// The nearest `f64`.
    #[must_use]
    pub fn to_f64(self) -> f64 {
        // Digits, an exponent: always a number, and read to the nearest.
        format!("{}e{}", self.digits, self.exponent).parse().unwrap_or(f64::NAN)
    }
}

/// a - b of stated numbers: the difference of their shortest decimals, rounded once.
///
/// Where that has more than 38 digits (numbers that differ by a factor beyond 10^20), of the numbers themselves.
#[must_use]
pub fn difference(a: f64, b: f64) -> f64 {
    let exact = || Decimal::shortest(a)?.minus(Decimal::shortest(b)?);
    exact().map_or(a - b, Decimal::to_f64)
}

/// a b of stated numbers: the product of their shortest decimals, rounded once.
#[must_use]
pub fn product(a: f64, b: f64) -> f64 {
    let exact = || Decimal::shortest(a)?.times(Decimal::shortest(b)?);
    exact().map_or(a * b, Decimal::to_f64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn a_number_is_read_with_all_its_digits() {
        assert_eq!(read("-12.50e-3"), Decimal { digits: -125, exponent: -4 });
        assert_eq!(read("+.5"), read("5e-1"));
        assert_eq!(read("0.000"), read("-0"));
        assert_eq!(read("4000.123456789012"), Decimal { digits: 4_000_123_456_789_012, exponent: -12 });
        assert_eq!(read("1E3"), Decimal { digits: 1, exponent: 3 });
        for text in ["", ".", "-", "e5", "1e", "1.2.3", "1 2", "nan", "inf", "0x1", "1e99999999999"] {
            assert_eq!(Decimal::parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_stated_is_subtracted_and_multiplied_before_it_is_rounded() {
        assert_ne!(-0.055 - -0.07, 0.015);
        assert_eq!(difference(-0.055, -0.07), 0.015);
        assert_ne!(0.1 * 3.0, 0.3);
        assert_eq!(product(0.1, 3.0), 0.3);
        assert_eq!(difference(0.3, 0.0), 0.3);
        assert_eq!(product(1e6, 0.0), 0.0);
        assert_eq!(difference(1e300, 1e-300), 1e300, "too far apart for decimals, and no matter");
        assert!(difference(f64::INFINITY, 1.0).is_infinite() && product(f64::NAN, 1.0).is_nan());
    }

    #[test]
    fn halves_are_rounded_away_from_zero_and_nothing_else_is() {
        for (text, whole) in [
            ("0.5", 1),
            ("-0.5", -1),
            ("0.4999999999999999999999999999999999999", 0),
            ("2.5", 3),
            ("-2.4", -2),
            ("12e2", 1200),
            ("1e-300", 0),
            ("9.99e-1", 1),
        ] {
            assert_eq!(read(text).round(), Some(whole), "{text}");
        }
        // 60 digits: the 37 that are kept say it.
        let long = format!("1.4{}", "9".repeat(60));
        assert_eq!(read(&long).round(), Some(1));
        assert_eq!(read("1e60").round(), None);
        assert_eq!(read("99999999999999999999999999999999999999").shifted(-36).round(), Some(100));
    }

    proptest! {
        #[test]
        fn the_shortest_decimal_reads_as_the_number(value in proptest::num::f64::ANY) {
            match Decimal::shortest(value) {
                Some(decimal) => prop_assert_eq!(decimal.to_f64(), value),
                None => prop_assert!(!value.is_finite()),
            }
        }

        #[test]
        fn sums_and_products_are_those_of_whole_numbers(
            a in -1_000_000_000_i64..1_000_000_000, b in -1_000_000_000_i64..1_000_000_000,
            i in 0_i32..8, j in 0_i32..8,
        ) {
            let (x, y) = (read(&format!("{a}e-{i}")), read(&format!("{b}e-{j}")));
            let (a, b) = (i128::from(a) * 10_i128.pow(8 - i as u32), i128::from(b) * 10_i128.pow(8 - j as u32));
            prop_assert_eq!(x.plus(y), Some(Decimal::new(a + b, -8)));
            prop_assert_eq!(x.minus(y), Some(Decimal::new(a - b, -8)));
            prop_assert_eq!(x.times(y), Some(Decimal::new(a * b, -16)));
        }

        #[test]
        fn an_offset_does_not_change_a_difference(a in -9999_i32..9999, b in -9999_i32..9999, offset in -9999_i32..9999) {
            let volts = |tenths: i32| format!("{tenths}e-4").parse::<f64>().unwrap();
            let moved = difference(volts(a + offset), volts(b + offset));
            prop_assert_eq!(moved.to_bits(), volts(a - b).to_bits());
        }

        #[test]
        fn no_text_makes_the_parser_panic(text in "[0-9.eE+-]{0,60}") {
            let _ = Decimal::parse(&text).and_then(Decimal::round);
        }
    }
}
