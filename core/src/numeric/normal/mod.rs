//! Standard normal numbers by inversion: one random word, one number.
//!
//! The ziggurat of `rand_distr` rejects some words, so how many it has used depends on their values;
//! Box-Muller makes two numbers from two words and needs sine and cosine. Inversion uses one word
//! per number, so that number k of a stream is a function of k alone, and only `ln` and a square root.
//!
//! Quantile: Wichura, "Algorithm AS 241: the percentage points of the normal distribution", Appl.
//! Statist. 37, 477 (1988), routine PPND16: rational functions of 1e-16 relative accuracy.

mod single;

pub use single::standard_normals_f32;

use super::{Real, ln, ln_1p};
use crate::simd::{Work, vectorised};

/// The z below which a standard normal number lies with probability `p` in (0, 1).
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if (p - 0.5).abs() <= CENTRE { centre(p) } else { tail(p) }
}

/// How far from 1/2 the centre reaches.
const CENTRE: f64 = 0.425;

#[inline(always)]
fn centre(p: f64) -> f64 {
    let q = p - 0.5;
    let r = 0.180_625 - q * q;
    q * polynomial(&CENTRE_NUM, r) / polynomial(&CENTRE_DEN, r)
}

fn tail(p: f64) -> f64 {
    let r = depth(p);
    if r <= DEEP {
        return near(p);
    }
    let z = polynomial(&FAR_NUM, r - 5.0) / polynomial(&FAR_DEN, r - 5.0);
    if p - 0.5 < 0.0 { -z } else { z }
}

/// Where the tail has other coefficients: p of 1.4e-11.
const DEEP: f64 = 5.0;

/// A p with more is not there.
const NEAR_DEEP: f64 = 2e-11;

#[inline(always)]
fn depth(p: f64) -> f64 {
    let tail = if p - 0.5 < 0.0 { p } else { 1.0 - p };
    (-ln(tail)).sqrt()
}

#[inline(always)]
fn near(p: f64) -> f64 {
    let r = depth(p);
    let z = polynomial(&NEAR_NUM, r - 1.6) / polynomial(&NEAR_DEN, r - 1.6);
    if p - 0.5 < 0.0 { -z } else { z }
}

/// What a positive quantity with this coefficient of variation is multiplied by, from a standard normal number: see
/// [`LogNormal`].
#[must_use]
pub fn log_normal(cv: f64, z: f64) -> f64 {
    LogNormal::of(cv).factor(z)
}

/// e^(s z - s^2/2) with s^2 = ln(1 + CV^2), of a standard normal number z.
///
/// Log-normal with the mean 1 and the standard deviation CV, both exactly, whatever CV is: nothing has to be cut off to keep
/// the quantity positive. Of X = m e^(mu + s z) the mean is m e^(mu + s^2/2), which is m for mu = -s^2/2, and the variance
/// m^2 (e^(s^2) - 1).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogNormal {
    s: f64,
    half: f64,
}

impl LogNormal {
    /// With this coefficient of variation.
    #[must_use]
    pub fn of(cv: f64) -> Self {
        let variance = ln_1p(cv * cv);
        Self { s: variance.sqrt(), half: 0.5 * variance }
    }

    /// Of a number.
    #[inline(always)]
    #[must_use]
    pub fn factor<R: Real>(&self, z: R) -> R {
        Real::exp(R::from_f64(self.s) * z - R::from_f64(self.half))
    }
}

/// A standard normal number from the upper 52 bits k of a random word: the quantile of (k + 1/2) 2^-52,
/// which is never 0 or 1, so |z| <= 8.21.
#[must_use]
pub fn standard_normal(word: u64) -> f64 {
    normal_quantile(probability(word))
}

#[inline(always)]
fn probability(word: u64) -> f64 {
    ((word >> 12) as f64 + 0.5) * (1.0 / 4_503_599_627_370_496.0)
}

/// [`standard_normal`] of as many words as there is room for.
pub fn standard_normals(words: &[u64], numbers: &mut [f64]) {
    vectorised(Normals { words, numbers });
}

struct Normals<'a> {
    words: &'a [u64],
    numbers: &'a mut [f64],
}

impl Work for Normals<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (words, numbers) in self.words.chunks(BLOCK).zip(self.numbers.chunks_mut(BLOCK)) {
            block(words, numbers);
        }
    }
}

/// Numbers that are worked on together.
const BLOCK: usize = 256;

#[inline(always)]
fn block(words: &[u64], numbers: &mut [f64]) {
    for (number, &word) in numbers.iter_mut().zip(words) {
        *number = probability(word);
    }
    // The tails are 15 % of all: they are taken out, and put back when they are done.
    let (mut places, mut tails, mut count) = ([0; BLOCK], [0.0; BLOCK], 0);
    for (place, &p) in numbers.iter().enumerate() {
        (places[count], tails[count]) = (place, p);
        count += usize::from((p - 0.5).abs() > CENTRE);
    }
    let (places, tails) = (&places[..count], &tails[..count]);
    // (Loops, and no `for_each`: what that calls is not compiled for these vectors.)
    for p in &mut *numbers {
        *p = centre(*p);
    }
    let mut near_ones = [0.0; BLOCK];
    for (near_one, &p) in near_ones.iter_mut().zip(tails) {
        *near_one = near(p);
    }
    for (&place, (&p, &near)) in places.iter().zip(tails.iter().zip(&near_ones)) {
        numbers[place] = if p.min(1.0 - p) < NEAR_DEEP { tail(p) } else { near };
    }
}

#[inline(always)]
fn polynomial(coefficients: &[f64; 8], r: f64) -> f64 {
    coefficients.iter().rev().fold(0.0, |sum, c| sum * r + c)
}

const CENTRE_NUM: [f64; 8] = [
    3.387_132_872_796_366_5,
    133.141_667_891_784_38,
    1_971.590_950_306_551_3,
    13_731.693_765_509_46,
    45_921.953_931_549_87,
    67_265.770_927_008_7,
    33_430.575_583_588_13,
    2_509.080_928_730_122_7,
];
const CENTRE_DEN: [f64; 8] = [
    1.0,
    42.313_330_701_600_91,
    687.187_007_492_057_9,
    5_394.196_021_424_751,
    21_213.794_301_586_597,
    39_307.895_800_092_71,
    28_729.085_735_721_943,
    5_226.495_278_852_854,
];
const NEAR_NUM: [f64; 8] = [
    1.423_437_110_749_683_5,
    4.630_337_846_156_546,
    5.769_497_221_460_691,
    3.647_848_324_763_204_5,
    1.270_458_252_452_368_4,
    0.241_780_725_177_450_6,
    0.022_723_844_989_269_184,
    0.000_774_545_014_278_341_4,
];
const NEAR_DEN: [f64; 8] = [
    1.0,
    2.053_191_626_637_759,
    1.676_384_830_183_803_8,
    0.689_767_334_985_1,
    0.148_103_976_427_480_08,
    0.015_198_666_563_616_457,
    0.000_547_593_808_499_534_5,
    1.050_750_071_644_416_9e-9,
];
const FAR_NUM: [f64; 8] = [
    6.657_904_643_501_103,
    5.463_784_911_164_114,
    1.784_826_539_917_291_3,
    0.296_560_571_828_504_87,
    0.026_532_189_526_576_124,
    0.001_242_660_947_388_078_4,
    2.711_555_568_743_487_6e-5,
    2.010_334_399_292_288_1e-7,
];
const FAR_DEN: [f64; 8] = [
    1.0,
    0.599_832_206_555_888,
    0.136_929_880_922_735_8,
    0.014_875_361_290_850_615,
    0.000_786_869_131_145_613_3,
    1.846_318_317_510_054_8e-5,
    1.421_511_758_316_446e-7,
    2.044_263_103_389_939_7e-15,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_agree_with_a_40_digit_computation() {
        // k and the quantile of (k + 1/2) 2^-52 from mpmath.
        for (k, want) in [
            (0, -8.209536151601387),
            (1, -8.076571004130125),
            (12_345, -6.892487701380117),
            (1 << 20, -6.230260063289479),
            (1 << 40, -3.4871041041143096),
            (1 << 45, -2.4175590162365),
            (3 << 49, -0.31863936396437487),
            ((1 << 51) - 1, -2.782916424671767e-16),
            (1 << 51, 2.782916424671767e-16),
            ((1 << 52) - 1, 8.209536151601387),
        ] {
            let got = standard_normal(k << 12);
            assert!((got / want - 1.0f64).abs() < 1e-15, "k = {k}: {got}, not {want}");
        }
    }

    #[test]
    fn many_words_have_the_numbers_of_each() {
        let mut words: Vec<u64> = (0..5000u64).map(|k| k.wrapping_mul(0x9E37_79B9_7F4A_7C15)).collect();
        words.extend([0, 1 << 12, 12_345 << 12, 1 << 44, u64::MAX, u64::MAX - (1 << 40)]);
        let want: Vec<f64> = words.iter().map(|&word| standard_normal(word)).collect();
        let mut got = vec![0.0; words.len()];
        standard_normals(&words, &mut got);
        assert_eq!(got, want);
    }

    #[test]
    fn the_quantile_is_odd_and_increases_across_its_pieces() {
        let mut before = f64::NEG_INFINITY;
        for i in 1..4096u32 {
            let p = f64::from(i) / 4096.0;
            let z = normal_quantile(p);
            assert!(z > before, "p = {p}");
            assert!((z + normal_quantile(1.0 - p)).abs() < 1e-15, "p = {p}");
            before = z;
        }
    }

    #[test]
    fn the_moments_are_those_of_the_normal_distribution() {
        let n = 1u64 << 16;
        let (mut square, mut fourth) = (0.0, 0.0);
        for i in 0..n {
            let z = standard_normal((2 * i + 1) << 47);
            square += z * z;
            fourth += z * z * z * z;
        }
        assert!((square / n as f64 - 1.0).abs() < 1e-3);
        assert!((fourth / n as f64 - 3.0).abs() < 2e-2);
    }
}
