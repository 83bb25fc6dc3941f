//! Simulated time: a whole number of femtoseconds since the start of an episode.
//!
//! An absolute instant is never a floating-point number: near one hour a `f64` of seconds resolves
//! only 0.5 ps, and two ways of adding up the same delays would disagree. Differences are taken in
//! integers and then converted to seconds, so a duration has the same relative precision everywhere.
//!
//! Decimal text becomes femtoseconds digit by digit ([`Time::parse`]), and a stated `f64` from the shortest decimal
//! that reads as it ([`Time::from_seconds`]): "4000.1 ms" is 4 000 100 000 000 000 fs by every way in.

use crate::numeric::decimal::Decimal;
use crate::units::{ParseQuantityError, Quantity, Second};
use serde::{Deserialize, Serialize};

/// Femtoseconds in one second.
pub const FS_PER_SECOND: f64 = 1e15;

/// An instant or a span of an episode in femtoseconds, below 2^63 (2.56 h).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Time(u64);

/// Why a number of seconds is not a [`Time`].
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum TimeError {
    /// Negative times do not exist within an episode.
    #[error("{} s is negative; a time within an episode starts at 0", crate::hint::number(*seconds))]
    Negative {
        /// The number that was given.
        seconds: f64,
    },
    /// Beyond the horizon of an episode.
    #[error("{} s is beyond the horizon of one episode, 9223.37 s (2.56 h)", crate::hint::number(*seconds))]
    BeyondHorizon {
        /// The number that was given.
        seconds: f64,
    },
}

/// Why a text is not a [`Time`].
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ParseTimeError {
    /// It is not a number of seconds.
    #[error(transparent)]
    Quantity(#[from] ParseQuantityError),
    /// It is, and none that an episode has.
    #[error(transparent)]
    Range(#[from] TimeError),
}

/// 2^63 fs, which no time reaches.
const HORIZON: f64 = 9_223_372_036_854_775_808.0;

impl Time {
    /// The start of an episode.
    pub const ZERO: Self = Self(0);
    /// The latest instant of an episode, 2^63 - 1 fs.
    pub const MAX: Self = Self((1 << 63) - 1);

    /// From femtoseconds; clamps at the horizon.
    #[must_use]
    pub const fn from_fs(fs: u64) -> Self {
        if fs > Self::MAX.0 { Self::MAX } else { Self(fs) }
    }

    /// From whole milliseconds; clamps at the horizon.
    #[must_use]
    pub const fn from_ms(ms: u64) -> Self {
        Self::from_fs(ms.saturating_mul(1_000_000_000_000))
    }

    /// Femtoseconds since the start of the episode.
    #[must_use]
    pub const fn fs(self) -> u64 {
        self.0
    }

    /// Reads `"9.41 ms"`: every digit down to the femtosecond, and what is written below it rounded to the
    /// nearest, halves up.
    ///
    /// # Errors
    /// If it is not a quantity in seconds, is negative (by half a femtosecond or more) or not below 2^63 fs.
    pub fn parse(text: &str) -> Result<Self, ParseTimeError> {
        let (seconds, digits) = Second::parse_digits(text)?;
        Ok(Self::from_digits(seconds, &digits)?)
    }

    /// From digits in seconds as [`Quantity::parse_digits`] gives them; rounded as [`Time::parse`] does.
    ///
    /// # Errors
    /// If the time is negative or not below 2^63 fs.
    pub fn from_digits(seconds: Second, digits: &str) -> Result<Self, TimeError> {
        Self::exactly(seconds.si(), Decimal::parse(digits))
    }

    /// From stated seconds, to the nearest femtosecond: of the shortest decimal that reads as them, so that a number
    /// of no more than 15 digits is the time that was written.
    ///
    /// # Errors
    /// If `seconds` is negative, not below 2^63 fs, or no number.
    pub fn from_seconds(seconds: Second) -> Result<Self, TimeError> {
        let seconds = seconds.si();
        let fs = (seconds * FS_PER_SECOND).round();
        // Below 8 s numbers lie closer than femtoseconds, so at most one whole number of those reads as `seconds`.
        if (0.0..8e15).contains(&fs) && fs / FS_PER_SECOND == seconds {
            return Ok(Self(fs as u64));
        }
        Self::exactly(seconds, Decimal::shortest(seconds))
    }

    fn exactly(seconds: f64, decimal: Option<Decimal>) -> Result<Self, TimeError> {
        let beyond = TimeError::BeyondHorizon { seconds };
        let fs = decimal.and_then(|decimal| decimal.shifted(15).round());
        match fs {
            Some(fs) if fs < 0 => Err(TimeError::Negative { seconds }),
            Some(fs) => u64::try_from(fs).ok().filter(|&fs| fs <= Self::MAX.0).map(Self).ok_or(beyond),
            None if seconds < 0.0 => Err(TimeError::Negative { seconds }),
            None => Err(beyond),
        }
    }

    /// Computed seconds, to the nearest femtosecond.
    ///
    /// # Errors
    /// As [`Time::from_seconds`].
    #[inline(always)]
    pub fn nearest(seconds: Second) -> Result<Self, TimeError> {
        let fs = seconds.si() * FS_PER_SECOND;
        if !(0.0..HORIZON).contains(&fs) {
            return Self::rounded(seconds, f64::round);
        }
        // As `f64::round`, which is a call: what is cut off is exact.
        let whole = fs as i64;
        Ok(Self(whole as u64 + u64::from(fs - whole as f64 >= 0.5)))
    }

    /// As [`Time::nearest`], rounded up: a crossing is never reported before it happened.
    ///
    /// # Errors
    /// As [`Time::from_seconds`].
    pub fn from_seconds_up(seconds: Second) -> Result<Self, TimeError> {
        Self::rounded(seconds, f64::ceil)
    }

    fn rounded(seconds: Second, round: fn(f64) -> f64) -> Result<Self, TimeError> {
        let fs = round(seconds.si() * FS_PER_SECOND);
        if fs < 0.0 {
            Err(TimeError::Negative { seconds: seconds.si() })
        } else if fs.is_nan() || fs >= HORIZON {
            Err(TimeError::BeyondHorizon { seconds: seconds.si() })
        } else {
            Ok(Self(fs as u64))
        }
    }

    /// The span from `earlier` to `self` in seconds: an integer difference, converted once.
    ///
    /// # Panics
    /// In debug builds, if `earlier` is later than `self`.
    #[must_use]
    pub fn seconds_since(self, earlier: Self) -> f64 {
        debug_assert!(self.0 >= earlier.0, "time ran backwards: {self:?} < {earlier:?}");
        (self.0 - earlier.0) as f64 / FS_PER_SECOND
    }

    /// `self + span`, saturating at the horizon (where nothing is delivered any more).
    #[must_use]
    pub const fn after(self, span: Self) -> Self {
        Self::from_fs(self.0 + span.0)
    }

    /// Seconds since the start of the episode, for reports and files only.
    #[must_use]
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / FS_PER_SECOND
    }
}

impl std::fmt::Display for Time {
    /// Milliseconds with all digits down to the femtosecond, trailing zeros removed.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        const FS_PER_MS: u64 = 1_000_000_000_000;
        let fraction = format!("{:012}", self.0 % FS_PER_MS);
        let fraction = fraction.trim_end_matches('0');
        if fraction.is_empty() {
            write!(f, "{} ms", self.0 / FS_PER_MS)
        } else {
            write!(f, "{}.{fraction} ms", self.0 / FS_PER_MS)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_become_the_nearest_femtosecond() {
        assert_eq!(Time::from_seconds(Second::new(0.00941)).unwrap().fs(), 9_410_000_000_000);
        assert_eq!(Time::from_seconds(Second::new(1.4e-15)).unwrap().fs(), 1);
        assert_eq!(Time::from_seconds_up(Second::new(1.1e-15)).unwrap().fs(), 2);
    }

    #[test]
    fn every_digit_of_a_text_counts_and_what_is_below_a_femtosecond_is_rounded() {
        for (text, fs) in [
            ("9.41 ms", 9_410_000_000_000),
            ("4000.1 ms", 4_000_100_000_000_000),
            ("4000.123456789012 ms", 4_000_123_456_789_012),
            ("9000.000000000000001 s", 9_000_000_000_000_000_001),
            ("9223372.036854775807 ms", (1 << 63) - 1),
            ("0.4999999999999999999 fs", 0),
            ("0.5 fs", 1),
            ("1e-15 s", 1),
            ("-0.4 fs", 0),
            ("-0 s", 0),
        ] {
            assert_eq!(Time::parse(text).unwrap().fs(), fs, "{text}");
        }
        let refused = |text| Time::parse(text).unwrap_err().to_string();
        assert_eq!(refused("-0.5 fs"), "-5e-16 s is negative; a time within an episode starts at 0");
        assert_eq!(
            refused("9223372.036854775808 ms"),
            "9223.372036854777 s is beyond the horizon of one episode, 9223.37 s (2.56 h)"
        );
        assert!(matches!(
            Time::parse("1e300 s"),
            Err(ParseTimeError::Range(TimeError::BeyondHorizon { .. }))
        ));
        assert!(matches!(Time::parse("-1e300 s"), Err(ParseTimeError::Range(TimeError::Negative { .. }))));
        assert!(matches!(Time::parse("3"), Err(ParseTimeError::Quantity(ParseQuantityError::NoUnit { .. }))));
    }

    #[test]
    fn a_stated_number_is_the_decimal_that_was_written() {
        // Through a product with 1e15 these are off by up to a picosecond.
        for tenths in (0..92_233_720_u64).step_by(4_999).chain([40_001, 80_001, 92_233_720]) {
            let text = format!("{}.{} ms", tenths / 10, tenths % 10);
            let want = Time::from_fs(tenths * 100_000_000_000);
            assert_eq!(Time::parse(&text), Ok(want));
            assert_eq!(Time::from_seconds(Second::parse(&text).unwrap()), Ok(want));
            assert_eq!(want.to_string().parse::<Second>().map(Time::from_seconds), Ok(Ok(want)));
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_printed_is_read_back(fs in 0..=Time::MAX.fs()) {
            let time = Time::from_fs(fs);
            proptest::prop_assert_eq!(Time::parse(&time.to_string()), Ok(time));
        }

        #[test]
        fn the_short_way_from_seconds_is_the_long_one(fs in 0..9_000_000_000_000_000_u64, below in 0.0..1.0_f64) {
            for seconds in [fs as f64 / FS_PER_SECOND, (fs as f64 + below) / FS_PER_SECOND] {
                let long = Time::exactly(seconds, Decimal::shortest(seconds));
                proptest::prop_assert_eq!(Time::from_seconds(Second::new(seconds)), long);
            }
        }
    }

    #[test]
    fn times_outside_an_episode_are_refused() {
        assert!(matches!(Time::from_seconds(Second::new(-1e-3)), Err(TimeError::Negative { .. })));
        assert!(matches!(Time::from_seconds(Second::new(9224.0)), Err(TimeError::BeyondHorizon { .. })));
        // (`from_si` takes finite numbers alone; a product of units is what it is.)
        for seconds in [f64::NAN, f64::INFINITY].map(Second::of) {
            for made in [Time::from_seconds, Time::nearest, Time::from_seconds_up] {
                assert!(matches!(made(seconds), Err(TimeError::BeyondHorizon { .. })));
            }
        }
        assert_eq!(Time::MAX.after(Time::from_fs(5)), Time::MAX);
        assert_eq!((Time::from_ms(7).fs(), Time::from_ms(u64::MAX)), (7_000_000_000_000, Time::MAX));
    }

    #[test]
    fn a_difference_keeps_its_digits_late_in_an_episode() {
        let late = Time::from_seconds(Second::new(9000.0)).unwrap();
        assert_eq!(late.after(Time::from_fs(3)).seconds_since(late), 3e-15);
    }

    #[test]
    fn a_time_prints_every_digit_it_has() {
        assert_eq!(Time::from_fs(9_410_000_000_000).to_string(), "9.41 ms");
        assert_eq!(Time::from_fs(100_000_000_000_001).to_string(), "100.000000000001 ms");
        assert_eq!(Time::ZERO.to_string(), "0 ms");
    }
}
