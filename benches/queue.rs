//! Lanes against the `priority-queue` crate, and rows of sparse networks against what the memory allows.
//!
//! Machines differ and are shared: quote ratios within one run only.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use memspike::engine::{Entry, EventKey, General, Kind, Lanes, MinTree, Silent, Simulation, Threads, Wheel};
use memspike::network::{
    Builder, Distribution, DrawRule, Drawing, Fixed, Kernel, Network, Rows, SourceKind, Weights, draw,
};
use memspike::neuron::Lif;
use memspike::random::{Purpose, Stream};
use memspike::time::Time;
use memspike::units::{Second, Volt};
use priority_queue::PriorityQueue;
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::sync::Arc;

fn key(time: u64, source: u32, row: u32) -> EventKey {
    EventKey { time: Time::from_fs(time), rank: 1, kind: Kind::Arrival, source, row, occurrence: 0 }
}

/// One event in, one out, N on the way, after one of eight constant delays.
fn constant_delays(criterion: &mut Criterion) {
    const LANES: usize = 8;
    let mut group = criterion.benchmark_group("eight constant delays, N on the way");
    group.throughput(Throughput::Elements(1));
    for pending in [1_000u64, 1_000_000] {
        let delay = |lane: usize| pending * (lane as u64 + 1) / 4;
        let mut lanes: Vec<VecDeque<EventKey>> = vec![VecDeque::new(); LANES];
        let mut general = General::default();
        let mut now = 0;
        for k in 0..2 * pending {
            let lane = k as usize % LANES;
            let event = key(k + delay(lane), lane as u32, k as u32);
            if event.time.fs() >= 2 * pending {
                lanes[lane].push_back(event);
                general.push(event);
            }
            now = k;
        }
        let mut at = now;
        group.bench_function(BenchmarkId::new("lanes", pending), |bencher| {
            bencher.iter(|| {
                at += 1;
                let lane = at as usize % LANES;
                lanes[lane].push_back(key(at + delay(lane), lane as u32, at as u32));
                let first = (0..LANES)
                    .filter(|&lane| !lanes[lane].is_empty())
                    .min_by_key(|&lane| lanes[lane][0].time);
                first.and_then(|lane| lanes[lane].pop_front())
            });
        });
        let mut at = now;
        group.bench_function(BenchmarkId::new("priority-queue", pending), |bencher| {
            bencher.iter(|| {
                at += 1;
                let lane = at as usize % LANES;
                general.push(key(at + delay(lane), lane as u32, at as u32));
                general.pop()
            });
        });
    }
    group.finish();
}

/// One event in, one out, N on the way, each after a delay of its own.
fn own_delays(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("delays of single synapses, N on the way");
    group.throughput(Throughput::Elements(1));
    for pending in [1_000u64, 100_000, 1_000_000] {
        const SPAN: u64 = 10_000_000_000_000;
        let mut stream = Stream::new(1, Purpose::Delay, 0, 0);
        let delays: Vec<u64> = (0..1 << 16).map(|_| stream.next_word() % SPAN).collect();
        let mut wheel = Wheel::new(SPAN, 1 << 12);
        let mut general = General::default();
        for k in 0..pending {
            let time = delays[k as usize % delays.len()];
            wheel.push(Entry { time, synapse: k as u32, target: 0 });
            general.push(key(time, 0, k as u32));
        }
        let mut at = pending;
        let mut now = 0;
        group.bench_function(BenchmarkId::new("wheel", pending), |bencher| {
            bencher.iter(|| {
                at += 1;
                let time = now + delays[at as usize % delays.len()];
                wheel.push(Entry { time, synapse: at as u32, target: 0 });
                now = wheel.next_time().unwrap_or(0);
                wheel.consume(1);
                now
            });
        });
        let mut at = pending;
        let mut now = 0;
        group.bench_function(BenchmarkId::new("priority-queue", pending), |bencher| {
            bencher.iter(|| {
                at += 1;
                general.push(key(now + delays[at as usize % delays.len()], 0, at as u32));
                now = general.pop().map_or(0, |key| key.time.fs());
                now
            });
        });
    }
    group.finish();
}

/// Replacing predicted firings: N neurons, a hundred of them anew after each firing.
fn predictions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("re-scheduling 100 of N predicted firings");
    group.throughput(Throughput::Elements(100));
    for size in [1_000usize, 100_000] {
        let mut stream = Stream::new(1, Purpose::Measurement, 0, 0);
        let mut tree = MinTree::new(size);
        let mut heap: PriorityQueue<u32, Reverse<u64>> = PriorityQueue::new();
        for neuron in 0..size {
            let time = stream.next_word() >> 20;
            tree.set(neuron, Some(time));
            heap.push(neuron as u32, Reverse(time));
        }
        let draws: Vec<(usize, u64)> = (0..1 << 16)
            .map(|_| ((stream.next_word() % size as u64) as usize, stream.next_word() >> 20))
            .collect();
        let (mut at, mut now) = (0, 0);
        group.bench_function(BenchmarkId::new("min-tree", size), |bencher| {
            bencher.iter(|| {
                now += 1000;
                for _ in 0..100 {
                    let (neuron, ahead) = draws[at % draws.len()];
                    tree.set(neuron, Some(now + ahead));
                    at += 1;
                }
                tree.min()
            });
        });
        let (mut at, mut now) = (0, 0);
        group.bench_function(BenchmarkId::new("priority-queue", size), |bencher| {
            bencher.iter(|| {
                now += 1000;
                for _ in 0..100 {
                    let (neuron, ahead) = draws[at % draws.len()];
                    heap.change_priority(&(neuron as u32), Reverse(now + ahead));
                    at += 1;
                }
                heap.peek().map(|(_, time)| time.0)
            });
        });
    }
    group.finish();
}

/// How weights are kept.
#[derive(Clone, Copy)]
enum Kept {
    Constant,
    F64,
    Compact,
}

const K: u32 = 1000;

/// `rows` lines that spike one after the other, each reaching K of `neurons`.
fn fan(rows: u32, neurons: u32, kept: Kept) -> (Arc<Network>, Weights<f64>) {
    let law = Distribution::Uniform { low: 1e-9, high: 2e-9 };
    let drawn = draw(
        &Drawing {
            seed: 1,
            entity: 0,
            rows,
            columns: neurons,
            rule: DrawRule::OutDegree(K),
            recurrent: false,
            autapses: true,
            multapses: false,
            weight: if matches!(kept, Kept::Constant) { None } else { Some(law) },
            delay: None,
            least_delay: Time::ZERO,
            compact: matches!(kept, Kept::Compact),
        },
        &Threads::one(),
        &mut |_| true,
    );
    let mut builder = Builder::default();
    // A new order of the lines in every round of one second.
    let mut stream = Stream::new(1, Purpose::Shuffle, 0, 0);
    let spikes = (0..4 * rows).map(|k| {
        let line = (stream.next_word() % u64::from(rows)) as u32;
        (Time::from_fs(u64::from(k) * 1_000_000_000), line)
    });
    let source = builder.source("lines", rows, SourceKind::List(spikes.collect()));
    let lif = Lif { tau_m: Second::new(20e-3), u_rest: Volt::ZERO, v_th: Volt::new(20e-3), ..Lif::default() };
    let cells = builder.population("cells", neurons, lif);
    let rows = Rows::Sparse { start: drawn.start, targets: drawn.targets };
    builder.projection("net", source, cells, Kernel::Delta, Time::ZERO, rows);
    builder.uncounted(0);
    match kept {
        Kept::Constant => builder.fixed(0, Fixed::Constant(1e-9)),
        Kept::Compact => builder.fixed(0, Fixed::Compact(drawn.compact_weights)),
        Kept::F64 => {}
    }
    let network = builder.finish().expect("a network without faults");
    let weights = Weights::from_values(&network, &[drawn.weights]);
    (network, weights)
}

/// Rows of a sparse network, and the same additions with nothing else.
fn delivery(criterion: &mut Criterion) {
    for (neurons, rows) in [(10_000u32, 10_000u32), (1_000_000, 20_000)] {
        let mut group = criterion.benchmark_group(format!("a row of {K} of {neurons} neurons"));
        group.throughput(Throughput::Elements(u64::from(4 * rows) * u64::from(K)));
        for (name, kept) in [("one weight", Kept::Constant), ("f64", Kept::F64), ("compact", Kept::Compact)] {
            let (network, weights) = fan(rows, neurons, kept);
            let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
            group.bench_function(BenchmarkId::new("delivery", name), |bencher| {
                bencher.iter(|| {
                    simulation.begin(0, &[]).unwrap();
                    simulation.run(&weights, Time::from_fs(1 << 62), &mut Silent).unwrap();
                    simulation.counts().synaptic
                });
            });
            let projection = &network.projections[0];
            let Rows::Sparse { start, targets } = &projection.connect else { unreachable!() };
            let targets: Vec<u32> = targets.of(0..targets.len()).collect();
            let SourceKind::List(spikes) = &network.sources[0].kind else { unreachable!() };
            let mut x = vec![0.0f64; neurons as usize];
            group.bench_function(BenchmarkId::new("roofline", name), |bencher| {
                bencher.iter(|| {
                    for &(_, line) in spikes {
                        let range = start[line as usize]..start[line as usize + 1];
                        match &projection.fixed {
                            Some(Fixed::Constant(weight)) => {
                                targets[range].iter().for_each(|&target| x[target as usize] += weight);
                            }
                            Some(Fixed::Compact(weights)) => {
                                for (&target, &weight) in targets[range.clone()].iter().zip(&weights[range]) {
                                    x[target as usize] += f64::from(weight);
                                }
                            }
                            None => {
                                let weights = &weights.projections[0][range.clone()];
                                for (&target, &weight) in targets[range].iter().zip(weights) {
                                    x[target as usize] += weight;
                                }
                            }
                        }
                    }
                    x[0]
                });
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2)).sample_size(10);
    targets = constant_delays, own_delays, predictions, delivery
}
criterion_main!(benches);
