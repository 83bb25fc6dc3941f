//! How synapses are kept: what one costs in memory, and what a compact one is rounded to.
//!
//! A weight is part of [`super::Weights`] (eight bytes, may change), one number for a whole projection, or
//! an `f32`. A delay is one for a projection, or one per synapse: eight bytes of femtoseconds, or four
//! bytes in units of a power of two femtoseconds. Everything that reads a synapse reads it here, so all
//! engines see the same rounded values.

use crate::time::Time;

/// Weights that never change, kept apart from [`super::Weights`].
#[derive(Clone, Debug, PartialEq)]
pub enum Fixed {
    /// One weight for every synapse of the projection.
    Constant(f64),
    /// One per synapse, rounded to `f32`.
    Compact(Vec<f32>),
}

/// Delays of single synapses, in the order of the synapses.
#[derive(Clone, Debug, PartialEq)]
pub enum Delays {
    /// In femtoseconds.
    Exact(Vec<u64>),
    /// In units of 2^`shift` fs.
    Compact {
        /// Binary logarithm of the quantum in femtoseconds.
        shift: u32,
        /// Delays in quanta, one per synapse.
        units: Vec<u32>,
    },
}

impl Delays {
    /// Number of synapses.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Exact(delays) => delays.len(),
            Self::Compact { units, .. } => units.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Delay of synapse k in femtoseconds.
    #[inline(always)]
    #[must_use]
    pub fn fs(&self, k: usize) -> u64 {
        match self {
            Self::Exact(delays) => delays[k],
            Self::Compact { shift, units } => u64::from(units[k]) << shift,
        }
    }

    /// Shortest and longest; `None` without synapses.
    #[must_use]
    pub fn range(&self) -> Option<(Time, Time)> {
        let (low, high) = match self {
            Self::Exact(delays) => (*delays.iter().min()?, *delays.iter().max()?),
            Self::Compact { shift, units } => {
                (u64::from(*units.iter().min()?) << shift, u64::from(*units.iter().max()?) << shift)
            }
        };
        Some((Time::from_fs(low), Time::from_fs(high)))
    }
}

/// The smallest power of two femtoseconds in which `longest` fits 32 bits: 2^shift.
#[must_use]
pub fn quantum_shift(longest: Time) -> u32 {
    (64 - longest.fs().leading_zeros()).saturating_sub(32)
}

/// A delay in units of 2^shift fs, to the nearest unit; no delay above zero becomes zero.
#[must_use]
pub fn quantised(delay: u64, shift: u32) -> u32 {
    let half = (1u64 << shift) >> 1;
    let units = (delay + half) >> shift;
    units.clamp(u64::from(delay > 0), u64::from(u32::MAX)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantum_is_the_least_power_of_two_that_fits() {
        assert_eq!(quantum_shift(Time::from_fs(u64::from(u32::MAX))), 0);
        assert_eq!(quantum_shift(Time::from_fs(1 << 32)), 1);
        // 10 ms: 2^12 fs = 4.1 ps.
        assert_eq!(quantum_shift(Time::from_fs(10_000_000_000_000)), 12);
    }

    #[test]
    fn compact_delays_are_nearest_and_never_vanish() {
        let shift = 12;
        for delay in [0, 1, 2047, 2048, 4096, 6143, 6145, 10_000_000_000_000] {
            let back = u64::from(quantised(delay, shift)) << shift;
            assert!(back.abs_diff(delay) <= 2048 || (delay < 2048 && back == 4096), "{delay} -> {back}");
            assert_eq!(back == 0, delay == 0);
        }
    }
}
