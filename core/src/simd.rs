//! Wider vector instructions where the machine has them: the only `unsafe` of the crate.
//!
//! [`vectorised`] runs a piece of work that the compiler inlines into a function compiled for AVX-512 or
//! AVX2, if the processor has it. The same operations are done on more lanes at a time; fused multiply-add
//! is never used, so the results have the same bits (a test compares them). It pays for the loops over
//! arrays: drawing Poisson spikes, delivering rows, the backward sweep (see `benches/engine.rs`).

/// A loop worth compiling for each width. `run` must be `#[inline(always)]`, or it stays narrow. (A trait, because
/// a closure cannot carry that attribute.)
pub trait Work {
    type Output;
    fn run(self) -> Self::Output;
}

/// An array that starts where a cache line does: loads of whole vectors from anywhere else cross lines, and take
/// about a third longer.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub struct Lined<T>(pub T);

/// Where assertions are on, as in tests, the middle width is left out: it is a third of all that is compiled for vectors, and has
/// the bits of the others.
#[cfg(target_arch = "x86_64")]
const QUICK_TO_BUILD: bool = cfg!(debug_assertions);

/// Runs `work` with the widest vector unit there is.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn vectorised<W: Work>(work: W) -> W::Output {
    if has_avx512() {
        // SAFETY: the processor has what the function asks for (and the system keeps its registers: the macro asks for
        // both).
        #[expect(unsafe_code, reason = "measured: see the module's text")]
        unsafe {
            with_avx512(work)
        }
    } else if !QUICK_TO_BUILD && std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as above.
        #[expect(unsafe_code, reason = "measured: see the module's text")]
        unsafe {
            with_avx2(work)
        }
    } else {
        work.run()
    }
}

/// Whether there are vectors of eight doubles, with masks and rotations, for shorter vectors too. AVX2 comes with them,
/// and is asked for all the same: the functions that this guards name it.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn has_avx512() -> bool {
    std::arch::is_x86_feature_detected!("avx2")
        && std::arch::is_x86_feature_detected!("avx512f")
        && std::arch::is_x86_feature_detected!("avx512dq")
        && std::arch::is_x86_feature_detected!("avx512bw")
        && std::arch::is_x86_feature_detected!("avx512vl")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,avx512f,avx512dq,avx512bw,avx512vl")]
fn with_avx512<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn with_avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

/// Runs `work`: other targets have one vector unit, which the compiler already uses.
#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
pub fn vectorised<W: Work>(work: W) -> W::Output {
    work.run()
}

/// One bit per value, the first lowest: whether it reaches `bound`. (The compiler does not find these two
/// instructions by itself.)
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn reaching_f32(values: [f32; 4], bound: f32) -> u32 {
    use std::arch::x86_64::{_mm_cmpge_ps, _mm_movemask_ps, _mm_set1_ps, _mm_setr_ps};

    #[inline]
    #[target_feature(enable = "sse2")]
    fn mask([a, b, c, d]: [f32; 4], bound: f32) -> i32 {
        _mm_movemask_ps(_mm_cmpge_ps(_mm_setr_ps(a, b, c, d), _mm_set1_ps(bound)))
    }
    // SAFETY: every x86-64 processor has SSE2.
    #[expect(unsafe_code, reason = "measured: a tenth of the inference of digits")]
    unsafe { mask(values, bound) }.cast_unsigned()
}

/// As [`reaching_f32`].
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn reaching_f64(values: [f64; 4], bound: f64) -> u32 {
    use std::arch::x86_64::{_mm_cmpge_pd, _mm_movemask_pd, _mm_set1_pd, _mm_setr_pd};

    #[inline]
    #[target_feature(enable = "sse2")]
    fn mask([a, b, c, d]: [f64; 4], bound: f64) -> i32 {
        let bound = _mm_set1_pd(bound);
        let low = _mm_movemask_pd(_mm_cmpge_pd(_mm_setr_pd(a, b), bound));
        low | _mm_movemask_pd(_mm_cmpge_pd(_mm_setr_pd(c, d), bound)) << 2
    }
    // SAFETY: every x86-64 processor has SSE2.
    #[expect(unsafe_code, reason = "measured: as above")]
    unsafe { mask(values, bound) }.cast_unsigned()
}

/// Rounds of four xoshiro256++ generators side by side: in turn a word of every lane to `first` and one to
/// `second`, until either is full. `state[i]` is word i of every lane's state. Called from [`vectorised`] work,
/// it is inlined there.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn xoshiro_rounds(state: &mut [[u64; 4]; 4], first: &mut [[u64; 4]], second: &mut [[u64; 4]]) {
    if has_avx512() {
        // SAFETY: the processor has what the function asks for.
        #[expect(
            unsafe_code,
            reason = "measured: half of what a Poisson spike costs with one scalar generator"
        )]
        unsafe {
            xoshiro_avx512(state, first, second);
        }
    } else if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: as above.
        #[expect(unsafe_code, reason = "measured: as above")]
        unsafe {
            xoshiro_avx2(state, first, second);
        }
    } else {
        portable::xoshiro_rounds(state, first, second);
    }
}

/// [`xoshiro_rounds`] out of a rotation to the left, by a number of bits and by what is left of 64, and the exclusive or
/// of three.
#[cfg(target_arch = "x86_64")]
macro_rules! xoshiro {
    ($name:ident, $features:literal, $rotate:ident, $xor3:ident) => {
        #[inline]
        #[target_feature(enable = $features)]
        fn $name(state: &mut [[u64; 4]; 4], first: &mut [[u64; 4]], second: &mut [[u64; 4]]) {
            use std::arch::x86_64::{
                __m256i, _mm256_add_epi64, _mm256_loadu_si256, _mm256_slli_epi64, _mm256_storeu_si256,
                _mm256_xor_si256,
            };
            let load = |lanes: &[u64; 4]| {
                // SAFETY: four words are the 32 bytes that are read; unaligned places are allowed.
                #[expect(unsafe_code, reason = "measured: made of single words, a batch waits for them")]
                unsafe {
                    _mm256_loadu_si256(lanes.as_ptr().cast())
                }
            };
            let store = |place: &mut [u64; 4], lanes: __m256i| {
                // SAFETY: four words are the 32 bytes that are written; unaligned places are allowed.
                #[expect(unsafe_code, reason = "there is no safe store")]
                unsafe {
                    _mm256_storeu_si256(place.as_mut_ptr().cast(), lanes);
                }
            };
            let [mut s0, mut s1, mut s2, mut s3] = state.each_ref().map(load);
            for places in first.iter_mut().zip(second) {
                for place in [places.0, places.1] {
                    let sum = _mm256_add_epi64(s0, s3);
                    store(place, _mm256_add_epi64($rotate::<23, 41>(sum), s0));
                    (s0, s1, s2, s3) = (
                        $xor3(s1, s3, s0),
                        $xor3(s0, s2, s1),
                        $xor3(s0, s2, _mm256_slli_epi64::<17>(s1)),
                        $rotate::<45, 19>(_mm256_xor_si256(s1, s3)),
                    );
                }
            }
            for (place, lanes) in state.iter_mut().zip([s0, s1, s2, s3]) {
                store(place, lanes);
            }
        }
    };
}

#[cfg(target_arch = "x86_64")]
xoshiro!(xoshiro_avx2, "avx2", rotate_avx2, xor3_avx2);
#[cfg(target_arch = "x86_64")]
xoshiro!(xoshiro_avx512, "avx2,avx512f,avx512vl", rotate_avx512, xor3_avx512);
#[cfg(target_arch = "x86_64")]
use x86_parts::{rotate_avx2, rotate_avx512, xor3_avx2, xor3_avx512};

/// What AVX-512 does in one instruction, and what it is made of in AVX2.
#[cfg(target_arch = "x86_64")]
mod x86_parts {
    use std::arch::x86_64::{
        __m256i, _mm256_or_si256, _mm256_rol_epi64, _mm256_slli_epi64, _mm256_srli_epi64,
        _mm256_ternarylogic_epi64, _mm256_xor_si256,
    };

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn rotate_avx2<const LEFT: i32, const RIGHT: i32>(x: __m256i) -> __m256i {
        _mm256_or_si256(_mm256_slli_epi64::<LEFT>(x), _mm256_srli_epi64::<RIGHT>(x))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vl")]
    pub fn rotate_avx512<const LEFT: i32, const RIGHT: i32>(x: __m256i) -> __m256i {
        _mm256_rol_epi64::<LEFT>(x)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    pub fn xor3_avx2(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        _mm256_xor_si256(_mm256_xor_si256(a, b), c)
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512vl")]
    pub fn xor3_avx512(a: __m256i, b: __m256i, c: __m256i) -> __m256i {
        _mm256_ternarylogic_epi64::<0x96>(a, b, c)
    }
}

#[cfg(not(target_arch = "x86_64"))]
pub use portable::xoshiro_rounds;
#[cfg(not(target_arch = "x86_64"))]
pub use portable::{reaching as reaching_f32, reaching as reaching_f64};

/// The definitions.
mod portable {
    #[cfg(any(test, not(target_arch = "x86_64")))]
    #[inline(always)]
    pub fn reaching<R: Copy + PartialOrd>(values: [R; 4], bound: R) -> u32 {
        values.iter().rev().fold(0, |bits, &value| bits << 1 | u32::from(value >= bound))
    }

    pub fn xoshiro_rounds(state: &mut [[u64; 4]; 4], first: &mut [[u64; 4]], second: &mut [[u64; 4]]) {
        for places in first.iter_mut().zip(second) {
            for place in [places.0, places.1] {
                for (lane, word) in place.iter_mut().enumerate() {
                    let [mut s0, mut s1, mut s2, mut s3] = state.map(|words| words[lane]);
                    *word = s0.wrapping_add(s3).rotate_left(23).wrapping_add(s0);
                    let shifted = s1 << 17;
                    s2 ^= s0;
                    s3 ^= s1;
                    s1 ^= s2;
                    s0 ^= s3;
                    s2 ^= shifted;
                    s3 = s3.rotate_left(45);
                    for (words, new) in state.iter_mut().zip([s0, s1, s2, s3]) {
                        words[lane] = new;
                    }
                }
            }
        }
    }
}

/// Asks for a range of a slice to be brought to the cache. Nothing depends on it but time.
#[inline(always)]
pub fn prefetch<T>(slice: &[T], range: std::ops::Range<usize>) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let per_line = (64 / size_of::<T>().max(1)).max(1);
        if let Some(wanted) = slice.get(range) {
            for item in wanted.iter().step_by(per_line) {
                // SAFETY: a hint reads nothing and cannot fault, and every x86-64 processor has it (SSE).
                #[expect(unsafe_code, reason = "measured: rows of sparse networks lie far from each other")]
                unsafe {
                    _mm_prefetch::<_MM_HINT_T0>(std::ptr::from_ref(item).cast());
                }
            }
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, range);
}

/// Asks for the place `ahead` items after the end of a slice, to which the list that it is part of may grow.
#[inline(always)]
pub fn prefetch_after<T>(slice: &[T], ahead: usize) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let place = slice.as_ptr().wrapping_add(slice.len() + ahead);
        // SAFETY: a hint reads nothing and cannot fault wherever it points, and every x86-64 processor has it (SSE).
        #[expect(unsafe_code, reason = "measured: a tenth of putting an arrival on the wheel")]
        unsafe {
            _mm_prefetch::<_MM_HINT_T0>(place.cast());
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (slice, ahead);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_are_those_of_the_definition() {
        let values = [-1.0f32, 0.0, -0.0, 1.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, 1.5];
        for bound in values {
            for start in 0..5 {
                let four = [values[start], values[start + 1], values[start + 2], values[start + 3]];
                assert_eq!(reaching_f32(four, bound), portable::reaching(four, bound));
                let four = four.map(f64::from);
                assert_eq!(reaching_f64(four, f64::from(bound)), portable::reaching(four, f64::from(bound)));
            }
        }
    }
    use crate::numeric::{exp, exp_f32, ln};

    #[test]
    fn xoshiro_is_the_same_with_and_without_vectors() {
        let mut state = [[1, 2, 3, 4], [5, 6, 7, 8], [u64::MAX, 10, 11, 12], [13, 14, 15, 1 << 63]];
        let mut oracle = state;
        let (mut a, mut b) = ([[0; 4]; 33], [[0; 4]; 33]);
        let (mut c, mut d) = (a, b);
        let start = state;
        xoshiro_rounds(&mut state, &mut a, &mut b);
        portable::xoshiro_rounds(&mut oracle, &mut c, &mut d);
        assert_eq!((state, a, b), (oracle, c, d));
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            (state, a, b) = (start, [[0; 4]; 33], [[0; 4]; 33]);
            // SAFETY: the processor has AVX2.
            #[expect(
                unsafe_code,
                reason = "the middle width, which is not chosen where there is a larger one"
            )]
            unsafe {
                xoshiro_avx2(&mut state, &mut a, &mut b);
            }
            assert_eq!((state, a, b), (oracle, c, d));
        }
    }

    struct Sample<'a>(&'a [f64]);

    impl Work for Sample<'_> {
        type Output = Vec<u64>;

        #[inline(always)]
        fn run(self) -> Vec<u64> {
            let mut ys = vec![0.0; self.0.len()];
            for (y, &x) in ys.iter_mut().zip(self.0) {
                *y = exp(x) * 3.7 + ln(1.5 - x) + f64::from(exp_f32(x as f32));
            }
            ys.into_iter().map(f64::to_bits).collect()
        }
    }

    #[test]
    fn wide_and_narrow_loops_have_the_same_bits() {
        let xs: Vec<f64> = (0..4096).map(|i| -0.0173 * f64::from(i)).collect();
        let narrow = Sample(std::hint::black_box(&xs)).run();
        assert_eq!(vectorised(Sample(&xs)), narrow);
        #[cfg(target_arch = "x86_64")]
        if std::arch::is_x86_feature_detected!("avx2") {
            // SAFETY: the processor has AVX2.
            #[expect(
                unsafe_code,
                reason = "the middle width, which is not chosen where there is a larger one"
            )]
            let middle = unsafe { with_avx2(Sample(&xs)) };
            assert_eq!(middle, narrow);
        }
    }
}
