//! Two figures that scale with a machine: the time of a dependent `exp` and of a dependent read from
//! memory. Runs print them too (`performance.calibrate` in summary.json); times of two machines are
//! compared after dividing by them.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memspike::numeric::exp;
use std::hint::black_box;

const LINKS: u64 = 10_000;
/// Words of 4 bytes: 64 MiB, beyond the second-level cache of any machine we know.
const WORDS: u32 = 1 << 24;
const READS: u64 = 10_000;

fn chain_of_exp(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("calibrate");
    group.throughput(Throughput::Elements(LINKS));
    group.bench_function("exp, each waiting for the one before", |bencher| {
        bencher.iter(|| {
            let mut x = black_box(0.5);
            for _ in 0..LINKS {
                x = exp(-x);
            }
            x
        });
    });
    group.finish();
}

fn memory_read(criterion: &mut Criterion) {
    // One cycle through all words: a full-period congruential generator modulo 2^24.
    let next: Vec<u32> =
        (0..WORDS).map(|k| k.wrapping_mul(1_664_525).wrapping_add(1_013_904_223) % WORDS).collect();
    let mut group = criterion.benchmark_group("calibrate");
    group.throughput(Throughput::Elements(READS));
    let mut at = 0u32;
    group.bench_function("read from memory, each waiting for the one before", |bencher| {
        bencher.iter(|| {
            // Goes on where the last round stopped, so that nothing it reads is in a cache.
            for _ in 0..READS {
                at = next[at as usize];
            }
            at
        });
    });
    group.finish();
}

criterion_group!(benches, chain_of_exp, memory_read);
criterion_main!(benches);
