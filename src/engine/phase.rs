//! The factor of scaled potentials, s(t) = e^(t / tau_m), as a power of two of a phase in fixed point.

use crate::simd::Lined;
use crate::time::FS_PER_SECOND;

/// log2 e^(t / tau_m) in fixed point.
#[derive(Clone, Copy, Debug)]
pub struct Phase {
    /// 2^shift / (tau_m ln 2) per femtosecond, between 2^62 and 2^63.
    rate: u64,
    /// `shift` - 64, between 1 and 63.
    low: u32,
}

/// Octaves between two epochs.
const OCTAVES: i64 = 64;
/// Most octaves that the phase may be ahead of the epoch: far from overflow.
const MOST: i64 = 256;
impl Phase {
    #[must_use]
    pub fn new(tau_m: f64) -> Self {
        // Octaves per femtosecond: 1e-18 to 1.5e-3 for tau_m from 1 ps to 1000 s.
        let octaves = 1.0 / (tau_m * FS_PER_SECOND * std::f64::consts::LN_2);
        let mut shift = 64;
        let mut rate = octaves * 18_446_744_073_709_551_616.0;
        // Exact: only the exponent changes.
        while rate < 4_611_686_018_427_387_904.0 && shift < 127 {
            rate *= 2.0;
            shift += 1;
        }
        Self { rate: rate as u64, low: shift - 64 }
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

    /// s(t) 2^-epoch.
    #[inline(always)]
    pub fn scale(self, t: u64, epoch: i64) -> f64 {
        let (octave, fraction) = self.at(t);
        power(octave - epoch, fraction)
    }

    /// The epoch that a state at `t` is kept in.
    #[must_use]
    pub fn epoch(self, t: u64) -> i64 {
        self.at(t).0 / OCTAVES * OCTAVES
    }

    /// The first time at which the phase is too far ahead of the epoch of `t`.
    #[must_use]
    pub fn limit(self, t: u64) -> u64 {
        let octaves = u128::from((self.epoch(t) + MOST) as u64);
        if octaves.leading_zeros() <= 64 + self.low {
            return u64::MAX;
        }
        let limit = (octaves << (64 + self.low)) / u128::from(self.rate.max(1));
        u64::try_from(limit).unwrap_or(u64::MAX)
    }

    /// Scales of many times in order: the same values, in operations that every vector unit has.
    #[inline(always)]
    pub fn scales(self, times: &[u64], epoch: i64, scales: &mut [f64]) {
        let [Some(&first), Some(&last)] = [times.first(), times.last()] else { return };
        debug_assert!(times.is_sorted());
        let (rate_low, rate_high) = (self.rate & LOW, self.rate >> 32);
        let half = 1u64 << (self.low - 1);
        if last.wrapping_sub(first) <= LOW && self.low >= 20 {
            // t rate = first rate + (t - first) rate, whose first factor has 32 bits. What is wanted of it begins at
            // bit `cut`; below there is only what may carry.
            let product = u128::from(first) * u128::from(self.rate) + (u128::from(half) << 64);
            let cut = self.low + 12;
            let whole = ((product >> cut) as u64).wrapping_sub((epoch as u64) << 52);
            let below = product & ((1 << cut) - 1);
            let (below_high, below_low) = ((below >> 32) as u64, below as u64 & LOW);
            powers(times, scales, |time| {
                let since = time.wrapping_sub(first) & LOW;
                let carry = (since * rate_low + below_low) >> 32;
                whole.wrapping_add((since * rate_high + below_high + carry) >> (cut - 32))
            });
        } else {
            powers(times, scales, |time| {
                // 64 x 64 -> 128 bits out of four 32 x 32 -> 64.
                let (low, high) = (time & LOW, time >> 32);
                let (p00, p01) = (low * rate_low, low * rate_high);
                let (p10, p11) = (high * rate_low, high * rate_high);
                let middle = (p00 >> 32) + (p01 & LOW) + (p10 & LOW);
                let above = p11 + (p01 >> 32) + (p10 >> 32) + (middle >> 32) + half;
                let below = middle << 32 | p00 & LOW;
                let fraction = above << (64 - self.low) | below >> self.low;
                (above >> self.low).wrapping_sub(epoch as u64) << 52 | fraction >> 12
            });
        }
    }
}

/// Powers of two of what `at` says of each time: octaves above bit 52, and the fraction above a half below. Two short
/// loops: of one long one hardly two rounds fit in the processor's window at a time.
#[inline(always)]
fn powers(times: &[u64], scales: &mut [f64], at: impl Fn(u64) -> u64) {
    let mut octaves = Lined([0.0; TOGETHER]);
    for (scales, times) in scales.chunks_mut(TOGETHER).zip(times.chunks(TOGETHER)) {
        let count = times.len().min(scales.len());
        let (times, scales, octaves) = (&times[..count], &mut scales[..count], &mut octaves.0[..count]);
        for index in 0..count {
            let at = at(times[index]);
            scales[index] = exponent(at & FRACTION);
            octaves[index] = f64::from_bits((at & !FRACTION).wrapping_add(1023 << 52));
        }
        for (scale, &octaves) in scales.iter_mut().zip(&*octaves) {
            *scale = crate::numeric::exp_near_zero(*scale) * octaves;
        }
    }
}

/// Scales that are computed at once.
const TOGETHER: usize = 64;
/// The fraction of an octave.
const FRACTION: u64 = (1 << 52) - 1;

/// The low half of a word.
const LOW: u64 = 0xFFFF_FFFF;

/// 2^(octaves - 1/2 + fraction 2^-52), within 2 ulp.
#[inline(always)]
fn power(octaves: i64, fraction: u64) -> f64 {
    // From -`MOST` to `MOST` octaves: never a denormal.
    crate::numeric::exp_near_zero(exponent(fraction)) * f64::from_bits(((octaves + 1023) as u64) << 52)
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

    proptest! {
        #[test]
        fn scales_of_many_times_are_those_of_each(
            times in proptest::collection::vec(0u64..1 << 63, 1..40),
            tau in prop_oneof![1e-12..1e-9f64, 1e-3..0.1, 1.0..1e3],
            later in any::<bool>(),
            most in prop_oneof![Just(u64::MAX), 1u64..1 << 32, 1u64..1 << 34],
        ) {
            let phase = Phase::new(tau);
            let epoch = phase.epoch(times[0]);
            // Within reach of the epoch, as in a window.
            let reach = phase.limit(times[0]).saturating_sub(times[0]);
            let mut times: Vec<u64> =
                times.iter().map(|time| times[0] + if later { time % reach.max(1) % most } else { 0 }).collect();
            times.sort_unstable();
            let mut scales = vec![0.0; times.len()];
            phase.scales(&times, epoch, &mut scales);
            for (&time, scale) in times.iter().zip(scales) {
                prop_assert_eq!(phase.scale(time, epoch).to_bits(), scale.to_bits());
                prop_assert!(scale.is_normal() && scale < 1e90);
            }
        }

        #[test]
        fn two_scales_differ_by_the_decay_between_them(
            start in 0u64..1 << 62, wait in 0u64..1 << 46, tau in 5e-3..0.1f64,
        ) {
            let phase = Phase::new(tau);
            let epoch = phase.epoch(start);
            let ratio = phase.scale(start + wait, epoch) / phase.scale(start, epoch);
            let exact = (wait as f64 * 1e-15 / tau).exp();
            // tau itself is resolved to 2^-53, the phase to 2^-52.
            let tolerance = 2e-15 + 4e-16 * (wait as f64 * 1e-15 / tau);
            prop_assert!((ratio / exact - 1.0).abs() < tolerance, "{} against {}", ratio, exact);
        }
    }

    #[test]
    fn the_scale_is_one_at_the_start() {
        for tau in [1e-12, 9.41e-3, 1e3] {
            assert_eq!(Phase::new(tau).scale(0, 0), 1.0);
        }
    }
}
