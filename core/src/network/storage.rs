//! How synapses are kept: what one costs in memory, and what a compact one is rounded to.
//!
//! A target is four bytes, or two where the population has no more neurons than these can count. A weight is part of [`super::Weights`] (eight bytes, may change), one number for a whole projection, or
//! an `f32`. A delay is one for a projection, or one per synapse: eight bytes of femtoseconds, or four
//! bytes in units of a power of two femtoseconds. Everything that reads a synapse reads it here, so all
//! engines see the same rounded values.

use crate::simd::prefetch;
use crate::time::Time;
use std::ops::Range;

/// Targets of the synapses of sparse rows, row after row.
#[derive(Clone, Debug, PartialEq)]
pub enum Targets {
    /// Of any population.
    Wide(Vec<u32>),
    /// Of one of at most 65 536 neurons: half the memory to read at every arrival.
    Narrow(Vec<u16>),
}

impl From<Vec<u32>> for Targets {
    fn from(targets: Vec<u32>) -> Self {
        Self::Wide(targets)
    }
}

impl Targets {
    /// None yet, with room for `synapses` that end in a population of `size` neurons.
    pub(super) fn room(size: u32, synapses: usize) -> Self {
        if size <= NARROW {
            Self::Narrow(Vec::with_capacity(synapses))
        } else {
            Self::Wide(Vec::with_capacity(synapses))
        }
    }

    /// So many, zero where there was none.
    pub(super) fn resize(&mut self, synapses: usize) {
        match self {
            Self::Wide(targets) => targets.resize(synapses, 0),
            Self::Narrow(targets) => targets.resize(synapses, 0),
        }
    }

    /// Adds some at the end, which fit.
    pub(super) fn extend(&mut self, more: &[u32]) {
        match self {
            Self::Wide(targets) => targets.extend_from_slice(more),
            Self::Narrow(targets) => targets.extend(more.iter().map(|&target| target as u16)),
        }
    }

    /// Where they are kept.
    pub(super) fn places(&mut self) -> Places<'_> {
        match self {
            Self::Wide(targets) => Places::Wide(targets),
            Self::Narrow(targets) => Places::Narrow(targets),
        }
    }

    /// Number of synapses.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Wide(targets) => targets.len(),
            Self::Narrow(targets) => targets.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Bytes of one target.
    #[must_use]
    pub fn bytes(&self) -> usize {
        match self {
            Self::Wide(_) => 4,
            Self::Narrow(_) => 2,
        }
    }

    /// Bytes of one that ends in a population of `size` neurons, as a network keeps it.
    #[must_use]
    pub fn bytes_within(size: u32) -> usize {
        if size <= NARROW { 2 } else { 4 }
    }

    /// Target of synapse k.
    #[inline(always)]
    #[must_use]
    pub fn get(&self, k: usize) -> u32 {
        match self {
            Self::Wide(targets) => targets[k],
            Self::Narrow(targets) => targets[k].into(),
        }
    }

    /// Those of some synapses, in order.
    pub fn of(&self, synapses: Range<usize>) -> impl DoubleEndedIterator<Item = u32> + ExactSizeIterator {
        synapses.map(|k| self.get(k))
    }

    /// How many of some synapses, whose targets ascend, end below `target`.
    #[must_use]
    pub fn below(&self, synapses: Range<usize>, target: u32) -> usize {
        match self {
            Self::Wide(targets) => targets[synapses].partition_point(|&t| t < target),
            Self::Narrow(targets) => targets[synapses].partition_point(|&t| u32::from(t) < target),
        }
    }

    /// Whether those of a row ascend, without repeats unless these are allowed, and end within a population of `size`.
    pub(super) fn ascend(&self, row: Range<usize>, size: u32, repeats: bool) -> bool {
        fn all<T: Copy + Ord + Into<u32>>(row: &[T], size: u32, repeats: bool) -> bool {
            let pairs = row.iter().zip(row.iter().skip(1));
            row.last().is_none_or(|&last| last.into() < size)
                && pairs.fold(true, |all, (one, next)| all & (one < next || (repeats & (one == next))))
        }
        match self {
            Self::Wide(targets) => all(&targets[row], size, repeats),
            Self::Narrow(targets) => all(&targets[row], size, repeats),
        }
    }

    /// Asks for those of some synapses to be brought to the cache.
    #[inline]
    pub fn ask_for(&self, synapses: Range<usize>) {
        match self {
            Self::Wide(targets) => prefetch(targets, synapses),
            Self::Narrow(targets) => prefetch(targets, synapses),
        }
    }

    /// The same, kept as narrow as a population of `size` neurons allows.
    #[must_use]
    pub fn within(self, size: u32) -> Self {
        match self {
            Self::Wide(targets) if size <= NARROW => {
                Self::Narrow(targets.into_iter().map(|target| target as u16).collect())
            }
            kept => kept,
        }
    }
}

/// Neurons that two bytes can count.
const NARROW: u32 = 1 << 16;

/// Where some targets are kept.
pub(super) enum Places<'a> {
    Wide(&'a mut [u32]),
    Narrow(&'a mut [u16]),
}

impl<'a> Places<'a> {
    /// The first `count`, which these lose.
    pub(super) fn take(&mut self, count: usize) -> Places<'a> {
        match self {
            Self::Wide(targets) => Self::Wide(take(targets, count)),
            Self::Narrow(targets) => Self::Narrow(take(targets, count)),
        }
    }

    /// Puts a target, which fits, at a place.
    #[inline]
    pub(super) fn put(&mut self, place: usize, target: u32) {
        match self {
            Self::Wide(targets) => targets[place] = target,
            Self::Narrow(targets) => targets[place] = target as u16,
        }
    }
}

/// The first `count` of a slice (or none of an empty one), which loses them.
pub(super) fn take<'a, T>(slice: &mut &'a mut [T], count: usize) -> &'a mut [T] {
    let count = count.min(slice.len());
    let (first, rest) = std::mem::take(slice).split_at_mut(count);
    *slice = rest;
    first
}

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
    fn targets_are_the_same_narrow_and_wide() {
        let all = [0u32, 3, 9, 9, 65_535];
        let mut narrow = Targets::room(NARROW, 0);
        narrow.resize(5);
        let mut places = narrow.places();
        let (mut first, mut rest) = (places.take(2), places);
        (0..2).for_each(|k| first.put(k, all[k]));
        (2..5).for_each(|k| rest.put(k - 2, all[k]));
        let wide = Targets::from(all.to_vec());
        assert_eq!((narrow.bytes(), wide.bytes()), (2, 4));
        assert_eq!(wide.clone().within(NARROW), narrow);
        assert_eq!(wide.clone().within(NARROW + 1), wide);
        for targets in [&wide, &narrow] {
            assert_eq!(targets.of(1..5).collect::<Vec<_>>(), all[1..]);
            assert!(targets.ascend(0..5, NARROW, true) && targets.ascend(0..3, 10, false));
            assert!(!targets.ascend(0..5, NARROW, false) && !targets.ascend(0..5, NARROW - 1, true));
            assert_eq!([0, 4, 9, 10].map(|target| targets.below(1..5, target)), [0, 1, 1, 3]);
        }
    }

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
