//! Device-cycles per second of the abrupt switch: what the 10 000-cycle statistics of figure 2a cost.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use memspike::device::protocol::{CycleOptions, cycles};
use memspike::device::resistive::BinarySwitch;

const CYCLES: u64 = 100_000;

fn switching(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("device");
    group.sample_size(10).throughput(Throughput::Elements(CYCLES));
    group.bench_function("cycles of SET and RESET", |bencher| {
        let options = CycleOptions { cycles: CYCLES, ..CycleOptions::default() };
        let device = BinarySwitch::default();
        bencher.iter(|| cycles(&device, device.median(false), None, &options));
    });
    group.finish();
}

criterion_group!(benches, switching);
criterion_main!(benches);
