//! Simulated time: a whole number of femtoseconds since the start of an episode.
//!
//! An absolute instant is never a floating-point number: near one hour a `f64` of seconds resolves
//! only 0.5 ps, and two ways of adding up the same delays would disagree. Differences are taken in
//! integers and then converted to seconds, so a duration has the same relative precision everywhere.

use crate::units::{Quantity, Second};
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
    #[error("{seconds} s is negative; a time within an episode starts at 0")]
    Negative {
        /// The number that was given.
        seconds: f64,
    },
    /// Beyond the horizon of an episode.
    #[error("{seconds} s is beyond the horizon of one episode, 9223.37 s (2.56 h)")]
    BeyondHorizon {
        /// The number that was given.
        seconds: f64,
    },
}

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

    /// The one conversion from real seconds: to the nearest femtosecond.
    ///
    /// # Errors
    /// If `seconds` is negative or not below 2^63 fs.
    pub fn from_seconds(seconds: Second) -> Result<Self, TimeError> {
        Self::rounded(seconds, f64::round)
    }

    /// As [`Time::from_seconds`], rounded up: a crossing is never reported before it happened.
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
        } else if fs >= 9_223_372_036_854_775_808.0 {
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
    fn times_outside_an_episode_are_refused() {
        assert!(matches!(Time::from_seconds(Second::new(-1e-3)), Err(TimeError::Negative { .. })));
        assert!(matches!(Time::from_seconds(Second::new(9224.0)), Err(TimeError::BeyondHorizon { .. })));
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
