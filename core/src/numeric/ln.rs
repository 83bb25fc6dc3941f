//! ln x by splitting off the exponent and an odd polynomial, without branches.
//!
//! x = 2^n m with m in [sqrt(1/2), sqrt 2); with s = (m - 1)/(m + 1),
//! ln m = 2 s + s z P(z), z = s^2, P a Chebyshev fit (relative error 3e-16 of a term that is at
//! most 1 % of the result).

const LN2_HI: f64 = f64::from_bits(0x3FE6_2E42_FEE0_0000);
const LN2_LO: f64 = 1.908_214_929_270_587_7e-10;
const SQRT_HALF_BITS: u64 = 0x3FE6_A09E_667F_3BCD;

/// Chebyshev fit of (ln((1+s)/(1-s)) - 2 s) / (s z) in z = s^2 on the reduced interval.
const P: [f64; 7] = [
    0.666_666_666_666_667,
    0.399_999_999_998_994_44,
    0.285_714_286_260_032_7,
    0.222_222_111_302_598_78,
    0.181_828_894_556_749_47,
    0.153_317_106_182_107_73,
    0.146_165_854_248_886_23,
];

/// ln x for finite normal x > 0, within 1 ulp (2 ulp next to 1).
#[inline(always)]
#[must_use]
pub fn ln(x: f64) -> f64 {
    let parts = Parts::of(x);
    parts.ln(parts.tail())
}

/// x = 2^n (1 + f) on the way to its logarithm, with s = f / (2 + f). A loop over an array takes the steps one
/// after the other for the whole array: each is then short enough for a processor to have several in flight.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Parts {
    pub n: f64,
    pub f: f64,
    pub s: f64,
}

impl Parts {
    #[inline(always)]
    pub fn of(x: f64) -> Self {
        // A bias of 2^11 keeps the shifted exponent a small non-negative integer, so that it converts
        // to f64 by OR-ing it into the mantissa of 2^52: instructions every vector unit has.
        let offset = x.to_bits().wrapping_sub(SQRT_HALF_BITS).wrapping_add(1024 << 52);
        let exponent = offset >> 52;
        let n = f64::from_bits(exponent | 0x4330_0000_0000_0000) - (4_503_599_627_370_496.0 + 1024.0);
        let m = f64::from_bits(x.to_bits().wrapping_sub(exponent.wrapping_sub(1024) << 52));
        let f = m - 1.0;
        Self { n, f, s: f / (2.0 + f) }
    }

    /// s^2 P(s^2).
    #[inline(always)]
    pub fn tail(self) -> f64 {
        let z = self.s * self.s;
        let z2 = z * z;
        z * ((P[0] + P[1] * z) + z2 * ((P[2] + P[3] * z) + z2 * ((P[4] + P[5] * z) + z2 * P[6])))
    }

    /// ln x, given the tail.
    #[inline(always)]
    pub fn ln(self, tail: f64) -> f64 {
        let Self { n, f, s } = self;
        // ln m = f - f^2/2 + s (f^2/2 + z P): the large part f is exact, so nothing is lost near 1.
        let half_f2 = 0.5 * f * f;
        let tail = s * (half_f2 + tail) + n * LN2_LO;
        n * LN2_HI + (f - (half_f2 - tail))
    }
}

/// (ln(1 + f) - f + f^2/2)/f^3 by powers of f: a Chebyshev fit on the reduced interval, of 1.5e-9.
const P_F32: [f32; 9] = [
    0.333_333_3,
    -0.249_999_8,
    0.200_006_89,
    -0.166_691_51,
    0.142_511_56,
    -0.123_967_01,
    0.116_346_63,
    -0.116_599_29,
    0.073_325_29,
];
const SQRT_HALF_BITS_F32: u32 = 0x3F35_04F3;

/// ln x in f32 for finite normal x > 0, within 1e-7 of the larger of it and 1.
#[inline(always)]
#[must_use]
pub fn ln_f32(x: f32) -> f32 {
    let n = (x.to_bits() as i32).wrapping_sub(SQRT_HALF_BITS_F32 as i32) >> 23;
    let f = f32::from_bits(x.to_bits().wrapping_sub((n << 23) as u32)) - 1.0;
    let f2 = f * f;
    let f4 = f2 * f2;
    let low = (P_F32[0] + P_F32[1] * f) + (P_F32[2] + P_F32[3] * f) * f2;
    let high = (P_F32[4] + P_F32[5] * f) + (P_F32[6] + P_F32[7] * f) * f2;
    let p = low + (high + P_F32[8] * f4) * f4;
    n as f32 * std::f32::consts::LN_2 + (f - f2 * (0.5 - f * p))
}

/// -ln u for u uniform on (0, 1], made from the upper 52 bits of a random word:
/// u = 1 - k 2^-52, so u is never 0 and the result lies in [0, 36.05].
#[inline(always)]
#[must_use]
pub fn neg_ln_unit(word: u64) -> f64 {
    -ln(unit(word))
}

/// u of [`neg_ln_unit`].
#[inline(always)]
pub(crate) fn unit(word: u64) -> f64 {
    2.0 - f64::from_bits((word >> 12) | 0x3FF0_0000_0000_0000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ln_is_within_two_ulp_of_the_platform() {
        let mut worst = 0.0f64;
        for i in 1..400_000 {
            for x in [f64::from(i) / 400_000.0, f64::from(i) * 1e-12, f64::from(i) * 1e9] {
                let want = x.ln();
                let ulp = want.abs().next_up() - want.abs();
                worst = worst.max((ln(x) - want).abs() / ulp);
            }
        }
        assert!(worst <= 2.0, "worst error {worst} ulp");
    }

    #[test]
    fn ln_of_single_precision_is_within_1e_7() {
        let mut worst = 0.0f64;
        for i in 1..400_000 {
            for x in [i as f32 / 400_000.0, i as f32 * 1e-15, i as f32 * 1e20, f32::MIN_POSITIVE * i as f32] {
                let want = f64::from(x).ln();
                worst = worst.max((f64::from(ln_f32(x)) - want).abs() / want.abs().max(1.0));
            }
        }
        assert!(worst < 1.2e-7, "{worst:e}");
        assert_eq!(ln_f32(1.0), 0.0);
    }

    #[test]
    fn the_exponential_of_a_random_word_is_finite_and_never_negative() {
        assert_eq!(neg_ln_unit(0), 0.0);
        let longest = neg_ln_unit(u64::MAX);
        assert!((36.0..36.1).contains(&longest), "{longest}");
    }

    #[test]
    fn the_exponential_has_the_right_mean_and_variance() {
        // A low-discrepancy sweep of the unit interval integrates -ln u to 1 and its square to 2.
        let n = 1u64 << 20;
        let (mut mean, mut square) = (0.0, 0.0);
        for i in 0..n {
            let e = neg_ln_unit((2 * i + 1) << 43);
            mean += e;
            square += e * e;
        }
        assert!((mean / n as f64 - 1.0).abs() < 1e-5);
        assert!((square / n as f64 - 2.0).abs() < 1e-4);
    }
}
