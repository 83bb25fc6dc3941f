//! How fast this machine is just now: two figures to scale the times of a report by.

use memspike::numeric::exp;
use memspike::report::performance::Calibration;
use std::hint::black_box;
use std::time::Instant;

/// Dependent `exp` in one stretch.
const LINKS: u32 = 5_000;
/// Words of 4 bytes read at random places: 16 MiB, beyond most second-level caches.
const WORDS: u32 = 1 << 22;
/// Dependent reads in one stretch.
const READS: u32 = 2_000;
/// Stretches of each kind. The fastest counts: others on the machine can only make one slower.
const STRETCHES: u32 = 10;

/// Takes about 15 ms.
pub fn measure() -> Calibration {
    let mut x = black_box(0.5);
    let exp_ns = fastest(LINKS, || {
        // Runs into the fixed point of e^-x; the next value always waits for this one.
        x = exp(-x);
    });
    black_box(x);

    // One cycle through all words: a full-period congruential generator modulo 2^22.
    let next: Vec<u32> =
        (0..WORDS).map(|k| k.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) % WORDS).collect();
    let mut at = black_box(0u32);
    let memory_read_ns = fastest(READS, || at = next.get(at as usize).copied().unwrap_or(0));
    black_box(at);
    Calibration { exp_ns, memory_read_ns }
}

/// Nanoseconds per step in the fastest of some stretches of `steps`.
fn fastest(steps: u32, mut step: impl FnMut()) -> f64 {
    let mut least = f64::INFINITY;
    for _ in 0..STRETCHES {
        let start = Instant::now();
        for _ in 0..steps {
            step();
        }
        least = least.min(start.elapsed().as_secs_f64() * 1e9 / f64::from(steps));
    }
    least
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_figures_are_positive() {
        let calibration = super::measure();
        assert!(calibration.exp_ns > 0.0 && calibration.memory_read_ns > 0.0);
    }
}
