//! How fast this machine is just now: two figures to scale the times of a report by.

use memspike::numeric::exp;
use memspike::report::summary::Calibration;
use std::hint::black_box;
use std::time::Instant;

/// Dependent `exp`.
const LINKS: u32 = 50_000;
/// Words of 4 bytes read at random places: 16 MiB, beyond most second-level caches.
const WORDS: u32 = 1 << 22;
/// Dependent reads.
const READS: u32 = 20_000;

/// Takes about 15 ms.
pub fn measure() -> Calibration {
    let start = Instant::now();
    let mut x = black_box(0.5);
    for _ in 0..LINKS {
        // Runs into the fixed point of e^-x; the next value always waits for this one.
        x = exp(-x);
    }
    black_box(x);
    let exp_ns = start.elapsed().as_secs_f64() * 1e9 / f64::from(LINKS);

    // One cycle through all words: a full-period congruential generator modulo 2^22.
    let next: Vec<u32> =
        (0..WORDS).map(|k| k.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) % WORDS).collect();
    let start = Instant::now();
    let mut at = black_box(0u32);
    for _ in 0..READS {
        at = next.get(at as usize).copied().unwrap_or(0);
    }
    black_box(at);
    let memory_read_ns = start.elapsed().as_secs_f64() * 1e9 / f64::from(READS);
    Calibration { exp_ns, memory_read_ns }
}

#[cfg(test)]
mod tests {
    #[test]
    fn both_figures_are_positive() {
        let calibration = super::measure();
        assert!(calibration.exp_ns > 0.0 && calibration.memory_read_ns > 0.0);
    }
}
