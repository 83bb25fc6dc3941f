//! Laws of weights and delays of single synapses.

use crate::network::storage::quantum_shift;
use crate::numeric::{exp, standard_normal};
use crate::random::unit;
use crate::time::{FS_PER_SECOND, Time, TimeError};
use crate::units::{Quantity as _, Second};

/// A law of weights or delays, in SI units.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Always the same value.
    Constant(f64),
    /// Uniform on (low, high].
    Uniform {
        /// Lower end (exclusive).
        low: f64,
        /// Upper end.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        sd: f64,
    },
    /// median e^(sigma z), z standard normal.
    LogNormal {
        /// Median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
}

impl Distribution {
    /// The value that a random word stands for, by inversion.
    #[inline]
    #[must_use]
    pub fn sample(&self, word: u64) -> f64 {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { low, high } => low + (high - low) * unit(word),
            Self::Normal { mean, sd } => mean + sd * standard_normal(word),
            Self::LogNormal { median, sigma } => median * exp(sigma * standard_normal(word)),
        }
    }

    /// No sample is smaller.
    #[must_use]
    pub fn lowest(&self) -> f64 {
        self.reach().0
    }

    /// The delay that a random word stands for: a drawn one to the nearest femtosecond, a stated one as it was
    /// written. `None` if it is negative; what is beyond the horizon is at it.
    #[inline]
    #[must_use]
    pub fn delay(&self, word: u64) -> Option<Time> {
        let seconds = Second::from_si(self.sample(word));
        let time = seconds.map(match self {
            Self::Constant(_) => Time::from_seconds,
            _ => Time::nearest,
        });
        match time {
            Some(Ok(time)) => Some(time),
            Some(Err(TimeError::Negative { .. })) => None,
            Some(Err(TimeError::BeyondHorizon { .. })) | None => Some(Time::MAX),
        }
    }

    /// No sample is larger.
    #[must_use]
    pub fn highest(&self) -> f64 {
        self.reach().1
    }

    fn reach(&self) -> (f64, f64) {
        // A normal number by inversion of 53 bits stays within 8.3 standard deviations.
        match *self {
            Self::Constant(value) => (value, value),
            Self::Uniform { low, high } => (low, high),
            Self::Normal { mean, sd } => (mean - 8.3 * sd, mean + 8.3 * sd),
            Self::LogNormal { median, sigma } => (median * exp(-8.3 * sigma), median * exp(8.3 * sigma)),
        }
    }

    /// The mean of the law.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Constant(value) => value,
            Self::Uniform { low, high } => 0.5 * (low + high),
            Self::Normal { mean, .. } => mean,
            Self::LogNormal { median, sigma } => median * exp(0.5 * sigma * sigma),
        }
    }
}

/// The longest delay that such a law, in seconds, may give.
#[must_use]
pub fn longest_delay(law: Distribution) -> Time {
    if let Distribution::Constant(_) = law {
        return law.delay(0).unwrap_or(Time::ZERO);
    }
    Time::from_fs((law.highest() * FS_PER_SECOND).clamp(0.0, Time::MAX.fs() as f64) as u64)
}

/// The quantum of compact delays: 2^shift fs.
#[must_use]
pub fn delay_shift(law: Distribution) -> u32 {
    quantum_shift(longest_delay(law))
}
