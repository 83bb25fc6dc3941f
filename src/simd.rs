//! Wider vector instructions where the machine has them: the only `unsafe` of the crate.
//!
//! [`vectorised`] runs a piece of work that the compiler inlines into a function compiled for AVX2, if
//! the processor has it. The same operations are done on more lanes at a time; fused multiply-add is
//! never enabled, so the results have the same bits (a test compares them). It pays for the loops over
//! arrays: drawing Poisson spikes, delivering rows, the backward sweep (see `benches/engine.rs`).

/// A loop worth compiling twice. `run` must be `#[inline(always)]`, or it stays narrow. (A trait, because
/// a closure cannot carry that attribute.)
pub trait Work {
    type Output;
    fn run(self) -> Self::Output;
}

/// Runs `work` with the widest vector unit there is.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn vectorised<W: Work>(work: W) -> W::Output {
    if std::arch::is_x86_feature_detected!("avx2") {
        // SAFETY: the processor has AVX2, which is all that the function asks for.
        #[expect(unsafe_code, reason = "measured: see the module's text")]
        unsafe {
            with_avx2(work)
        }
    } else {
        work.run()
    }
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

/// Asks for a range of a slice to be brought to the cache. Nothing depends on it but time.
#[inline(always)]
pub fn prefetch<T>(slice: &[T], range: std::ops::Range<usize>) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        let per_line = (64 / size_of::<T>().max(1)).max(1);
        if let Some(wanted) = slice.get(range) {
            for item in wanted.iter().step_by(per_line) {
                // SAFETY: a hint about an address that exists.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::{exp, exp_f32, ln};

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
        assert_eq!(vectorised(Sample(&xs)), Sample(std::hint::black_box(&xs)).run());
    }
}
