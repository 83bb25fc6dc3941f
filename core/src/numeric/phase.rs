//! The factor of what decays exponentially and is kept scaled, s(t) = e^(t / tau): potentials and traces.
//!
//! x(t) that decays as e^(-t / tau) is kept as v = x s(t), which stands still between events. v is kept relative to
//! 2^epoch; a change of epoch multiplies it by a power of two, which is exact, so it can be seen in no bit.
//!
//! Time is cut into cells of 2^g fs, at most tau / 1024. At the start of a cell s is a power of two of a phase in
//! fixed point; within the cell a polynomial of degree 4 of the time since then goes on from there. Both are functions
//! of t alone. Events come in order, often many to a cell: then the polynomial is all that each of them costs.

use serde::{Deserialize, Serialize};
use std::ops::RangeInclusive;

/// log2 e^(t / tau) in fixed point, and the cells.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Phase {
    /// 2^shift / (tau ln 2) per femtosecond, between 2^62 and 2^63.
    rate: u64,
    /// `shift` - 64, between 1 and 63.
    low: u32,
    /// log2 of the length of a cell in femtoseconds.
    cell: u32,
    /// 1 / tau per femtosecond.
    per_fs: f64,
}

/// s at the start of the cell that was asked for last.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    cell: u64,
    epoch: i64,
    /// Nothing is known while this is zero, which s never is.
    scale: f64,
}

/// Time constants that it is precise for, in seconds.
pub const TAUS: RangeInclusive<f64> = 1e-12..=1e3;

/// Octaves between two epochs.
const OCTAVES: i64 = 64;
/// Most octaves that the phase may be ahead of the epoch: far from overflow.
const MOST: i64 = 256;
/// Cells in a time constant, at least: the first term that the polynomial leaves out, x^5 / 120, is then below 2^-56.
const CELLS: f64 = 1024.0;

impl Phase {
    /// For a time constant in femtoseconds, one of [`TAUS`].
    #[must_use]
    pub fn new(tau_fs: f64) -> Self {
        // Octaves per femtosecond: 1e-18 to 1.5e-3.
        let octaves = 1.0 / (tau_fs * std::f64::consts::LN_2);
        let mut shift = 64;
        let mut rate = octaves * 18_446_744_073_709_551_616.0;
        // Exact: only the exponent changes.
        while rate < 4_611_686_018_427_387_904.0 && shift < 127 {
            rate *= 2.0;
            shift += 1;
        }
        let cell = ((tau_fs / CELLS) as u64).checked_ilog2().unwrap_or(0);
        Self { rate: rate as u64, low: shift - 64, cell, per_fs: 1.0 / tau_fs }
    }

    /// Whole octaves, rounded to nearest, and the fraction above (n - 1/2) in units of 2^-52.
    #[inline(always)]
    fn at(self, t: u64) -> (i64, u64) {
        let half = 1u64 << (self.low - 1);
        let product = u128::from(t) * u128::from(self.rate) + (u128::from(half) << 64);
        let (high, low) = ((product >> 64) as u64, product as u64);
        let fraction = high << (64 - self.low) | low >> self.low;
        ((high >> self.low) as i64, fraction >> 12)
    }

    /// s(t) 2^-epoch at the start of a cell.
    #[inline(always)]
    fn start(self, cell: u64, epoch: i64) -> f64 {
        let (octave, fraction) = self.at(cell << self.cell);
        power(octave - epoch, fraction)
    }

    /// s 2^-epoch `since` femtoseconds into a cell that has the value `start` where it begins.
    #[inline(always)]
    fn within(self, since: u64, start: f64) -> f64 {
        let x = small(since) * self.per_fs;
        let x2 = x * x;
        let beyond = (0.5 + x * (1.0 / 6.0)) + x2 * (1.0 / 24.0);
        start * (1.0 + (x + x2 * beyond))
    }

    /// s(t) 2^-epoch.
    #[inline(always)]
    pub fn scale(self, t: u64, epoch: i64) -> f64 {
        let cell = t >> self.cell;
        self.within(t - (cell << self.cell), self.start(cell, epoch))
    }

    /// The epoch that a state at `t` is kept in.
    #[must_use]
    pub fn epoch(self, t: u64) -> i64 {
        self.at(t).0 / OCTAVES * OCTAVES
    }

    /// A time before which everything from the beginning of an epoch on is in it.
    #[must_use]
    pub fn steady(self, epoch: i64) -> u64 {
        // An octave early: octaves are rounded.
        self.reaches(epoch + OCTAVES - 1)
    }

    /// The first time at which the phase is too far ahead of the epoch of `t`.
    #[must_use]
    pub fn limit(self, t: u64) -> u64 {
        self.reaches(self.epoch(t) + MOST)
    }

    /// The time, rounded down, at which the phase is so many octaves.
    fn reaches(self, octaves: i64) -> u64 {
        let octaves = u128::from(octaves as u64);
        if octaves.leading_zeros() <= 64 + self.low {
            return u64::MAX;
        }
        let limit = (octaves << (64 + self.low)) / u128::from(self.rate.max(1));
        u64::try_from(limit).unwrap_or(u64::MAX)
    }

    /// Scales of many times in order: the same values, two cells at a time.
    #[inline(always)]
    pub fn scales(self, times: &[u64], epoch: i64, known: &mut Start, scales: &mut [f64]) {
        debug_assert!(times.is_sorted());
        let length = 1u64 << self.cell;
        let (mut times, mut scales) = (times, &mut scales[..times.len()]);
        while let (Some(&first), Some(&last)) = (times.first(), times.last()) {
            let cell = first >> self.cell;
            let from = cell << self.cell;
            let count = if last - first < length {
                times.len()
            } else {
                times.iter().take_while(|&&time| time - from < 2 * length).count()
            };
            if known.cell != cell || known.epoch != epoch || known.scale == 0.0 {
                *known = Start { cell, epoch, scale: self.start(cell, epoch) };
            }
            let early = known.scale;
            if times[count - 1] - from >= length {
                *known = Start { cell: cell + 1, epoch, scale: self.start(cell + 1, epoch) };
            }
            let late = known.scale;
            let (these, later) = std::mem::take(&mut scales).split_at_mut(count);
            for (scale, &time) in these.iter_mut().zip(times) {
                let since = time - from;
                // Signed: one instruction, and what is compared is far below 2^63.
                let in_next = since.cast_signed() >= length.cast_signed();
                let (begin, start) = if in_next { (length, late) } else { (0, early) };
                *scale = self.within(since - begin, start);
            }
            (times, scales) = (&times[count..], later);
        }
    }
}

/// Values below this become zero when the epoch changes: far above what `f64` still resolves fully. Whether one does
/// depends on the epoch that it is brought to, not on those in between.
const NOTHING: f64 = 2.409_919_865_102_884e-181; // 2^-600

/// Brings values that are kept relative to 2^from to 2^to.
pub fn rescale(values: &mut [f64], from: i64, to: i64) {
    // Beyond 2^-1022 everything is nothing.
    let octaves = (from - to).max(-1000);
    let factor = f64::from_bits(((octaves + 1023) as u64) << 52);
    for value in values {
        *value *= factor;
        // Minus infinity stays.
        if value.abs() < NOTHING {
            *value = 0.0;
        }
    }
}

/// A number below 2^52 as it is: two operations that every vector unit has.
#[inline(always)]
fn small(n: u64) -> f64 {
    f64::from_bits(n | 4_503_599_627_370_496.0f64.to_bits()) - 4_503_599_627_370_496.0
}

/// 2^(octaves - 1/2 + fraction 2^-52), within 2 ulp.
#[inline(always)]
fn power(octaves: i64, fraction: u64) -> f64 {
    // From -`MOST` to `MOST` octaves: never a denormal.
    super::exp_near_zero(exponent(fraction)) * f64::from_bits(((octaves + 1023) as u64) << 52)
}

/// (fraction 2^-52 - 1/2) ln 2.
#[inline(always)]
fn exponent(fraction: u64) -> f64 {
    // Fraction and exponent bits of a number in [1, 2); both differences are exact.
    let g = (f64::from_bits(fraction | 0x3FF0_0000_0000_0000) - 1.0) - 0.5;
    g * std::f64::consts::LN_2
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Of a time constant in seconds.
    fn of(tau: f64) -> Phase {
        Phase::new(tau * 1e15)
    }

    proptest! {
        #[test]
        fn scales_of_many_times_are_those_of_each(
            times in proptest::collection::vec(0u64..1 << 63, 1..40),
            tau in prop_oneof![1e-12..1e-9f64, 1e-3..0.1, 1.0..1e3],
            later in any::<bool>(),
            most in prop_oneof![Just(u64::MAX), 1u64..1 << 32, 1u64..1 << 34],
        ) {
            let phase = of(tau);
            let epoch = phase.epoch(times[0]);
            // Within reach of the epoch, as in a window.
            let reach = phase.limit(times[0]).saturating_sub(times[0]);
            let mut times: Vec<u64> =
                times.iter().map(|time| times[0] + if later { time % reach.max(1) % most } else { 0 }).collect();
            times.sort_unstable();
            let mut scales = vec![0.0; times.len()];
            let mut known = Start::default();
            // In two parts: what is known from the first must not mislead the second.
            let half = times.len() / 2;
            phase.scales(&times[..half], epoch, &mut known, &mut scales[..half]);
            phase.scales(&times[half..], epoch, &mut known, &mut scales[half..]);
            for (&time, scale) in times.iter().zip(scales) {
                prop_assert_eq!(phase.scale(time, epoch).to_bits(), scale.to_bits());
                prop_assert!(scale.is_normal() && scale < 1e90);
            }
        }

        #[test]
        fn two_scales_differ_by_the_decay_between_them(
            start in 0u64..1 << 62, wait in 0u64..1 << 46, tau in 5e-3..0.1f64,
        ) {
            let phase = of(tau);
            let epoch = phase.epoch(start);
            let ratio = phase.scale(start + wait, epoch) / phase.scale(start, epoch);
            let exact = (wait as f64 * 1e-15 / tau).exp();
            // tau itself is resolved to 2^-53, the phase to 2^-52.
            let tolerance = 2e-15 + 4e-16 * (wait as f64 * 1e-15 / tau);
            prop_assert!((ratio / exact - 1.0).abs() < tolerance, "{} against {}", ratio, exact);
        }
    }

    #[test]
    fn the_last_cell_before_the_horizon_is_like_the_others() {
        let phase = of(20e-3);
        let horizon = i64::MAX.cast_unsigned();
        let epoch = phase.epoch(horizon);
        let times = [horizon - (1 << phase.cell) - 5, horizon - 1000, horizon - 1, horizon];
        let mut scales = [0.0; 4];
        phase.scales(&times, epoch, &mut Start::default(), &mut scales);
        for (time, scale) in times.into_iter().zip(scales) {
            assert_eq!(scale.to_bits(), phase.scale(time, epoch).to_bits());
            let ago = (horizon - time) as f64 * 1e-15 / 20e-3;
            assert!((scale / scales[3] / (-ago).exp() - 1.0).abs() < 2e-15, "{scale}");
        }
    }

    #[test]
    fn a_cell_ends_where_the_next_begins() {
        for tau in [1e-12, 3e-12, 9.41e-3, 20e-3, 1e3] {
            let phase = of(tau);
            let length = 1u64 << phase.cell;
            assert!(length as f64 <= (tau * 1e15 / CELLS).max(1.0));
            for cell in [1u64, 2, 777, 1000] {
                let next = cell << phase.cell;
                let ends = phase.within(length, phase.start(cell - 1, 0));
                // Two starts within 2 ulp each, and the rounding of the polynomial; tau_m is resolved to 2^-53.
                assert!((ends / phase.scale(next, 0) - 1.0).abs() < 1e-15, "tau_m {tau}, cell {cell}");
            }
        }
    }

    #[test]
    fn an_epoch_is_steady_up_to_its_last_octave() {
        for tau in [1e-12, 9.41e-3, 1e3] {
            let phase = of(tau);
            for epoch in [0, 64, 64 * 5] {
                let steady = phase.steady(epoch);
                assert_eq!(
                    phase.epoch(steady.min(i64::MAX as u64) - 1),
                    if steady == u64::MAX { 0 } else { epoch }
                );
                let octave = (tau * std::f64::consts::LN_2 * 1e15) as u64;
                assert!(
                    steady == u64::MAX || phase.epoch(steady + octave) == epoch + OCTAVES,
                    "{tau} {epoch}"
                );
            }
        }
    }

    #[test]
    fn the_scale_is_one_at_the_start() {
        for tau in [1e-12, 9.41e-3, 1e3] {
            assert_eq!(of(tau).scale(0, 0), 1.0);
        }
    }
}
