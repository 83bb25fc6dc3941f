//! The quantile in single precision: one polynomial for all but the far tails, numbers side by side.
//!
//! With q the smaller of p and 1 - p, x = 1 - 2q and w = -ln(1 - x^2) = -ln(4 q (1 - q)), the number is x P(w), P a polynomial up
//! to w = 5 (q of 1/600), as Giles has it for the inverse error function ("Approximating the erfinv function", GPU
//! Computing Gems, Jade edition, 2011). Of a Chebyshev fit of P the relative error is 1.3e-8. Further out the number is that of
//! double precision, to the nearest.

use super::standard_normal;
use crate::numeric::ln_f32;
use crate::simd::{Work, vectorised};

/// P by powers of w - 2.5.
const P: [f32; 10] = [
    2.123_313_4,
    0.348_802_06,
    -0.005_907_713_4,
    -0.001_771_675_5,
    3.087_825_3e-4,
    -7.001_012_4e-6,
    -4.896_170_6e-6,
    6.553_193_5e-7,
    3.278_758_2e-8,
    -1.214_864_4e-8,
];

/// 2^32 q below which w is above 5.
const FAR: u32 = 7_247_000;

/// Numbers that are worked on together.
const LANES: usize = 32;

/// [`standard_normal`] of as many words as there is room for, of which it takes the upper 32 bits, to 4e-7 of 1 and of itself.
pub fn standard_normals_f32(words: &[u64], numbers: &mut [f32]) {
    vectorised(Normals { words, numbers });
}

struct Normals<'a> {
    words: &'a [u64],
    numbers: &'a mut [f32],
}

impl Work for Normals<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let (blocks, rest) = self.numbers.as_chunks_mut::<LANES>();
        let (words, last) = self.words.as_chunks::<LANES>();
        for (numbers, words) in blocks.iter_mut().zip(words) {
            *numbers = block(words);
        }
        if !rest.is_empty() {
            let mut words = [0; LANES];
            words.iter_mut().zip(last).for_each(|(word, &drawn)| *word = drawn);
            rest.copy_from_slice(&block(&words)[..rest.len()]);
        }
    }
}

#[inline(always)]
fn block(words: &[u64; LANES]) -> [f32; LANES] {
    let mut numbers = [0.0; LANES];
    for (number, &word) in numbers.iter_mut().zip(words) {
        let (tail, upper) = tail(word);
        let q = (tail as i32 as f32 + 0.5) * (1.0 / 4_294_967_296.0);
        let w = -ln_f32(4.0 * q * (1.0 - q));
        let z = (1.0 - 2.0 * q) * polynomial(w - 2.5);
        *number = f32::from_bits(z.to_bits() | (!upper & 1 << 31));
    }
    if words.iter().fold(u32::MAX, |least, &word| least.min(tail(word).0)) < FAR {
        for (number, &word) in numbers.iter_mut().zip(words) {
            if tail(word).0 < FAR {
                *number = standard_normal(word >> 32 << 32 | 1 << 31) as f32;
            }
        }
    }
    numbers
}

/// 2^32 q - 1/2, and all ones if p is 1/2 or more: then what is left of 1 counts.
#[inline(always)]
fn tail(word: u64) -> (u32, u32) {
    let high = (word >> 32) as u32;
    let upper = ((high as i32) >> 31) as u32;
    (high ^ upper, upper)
}

#[inline(always)]
fn polynomial(t: f32) -> f32 {
    let t2 = t * t;
    let t4 = t2 * t2;
    let low = (P[0] + P[1] * t) + (P[2] + P[3] * t) * t2;
    let middle = (P[4] + P[5] * t) + (P[6] + P[7] * t) * t2;
    low + (middle + (P[8] + P[9] * t) * t4) * t4
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(words: &[u64]) -> Vec<f32> {
        let mut numbers = vec![0.0; words.len()];
        standard_normals_f32(words, &mut numbers);
        numbers
    }

    #[test]
    fn numbers_are_those_of_double_precision() {
        let mut words: Vec<u64> = (0..400_003u64).map(|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        let near_far = (u64::from(FAR) - 20..u64::from(FAR) + 20).map(|tail| tail << 32);
        words.extend(near_far.flat_map(|word| [word, !word]));
        words.extend([0, u64::MAX, 1 << 63, (1 << 63) - 1, 1 << 32, 12_345 << 32]);
        let mut worst: f64 = 0.0;
        for (&word, number) in words.iter().zip(drawn(&words)) {
            // Of all words that begin with these bits the one in the middle.
            let want = standard_normal(word >> 32 << 32 | 1 << 31);
            worst = worst.max((f64::from(number) - want).abs() / want.abs().max(1.0));
        }
        assert!(worst < 4e-7, "{worst:e}");
    }

    #[test]
    fn a_number_does_not_depend_on_those_beside_it() {
        let words: Vec<u64> = (0..100u64).map(|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        let all = drawn(&words);
        for first in [1, 7, 90] {
            assert_eq!(drawn(&words[first..]), all[first..]);
        }
    }
}
