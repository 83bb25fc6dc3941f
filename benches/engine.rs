//! What the engine's parts cost. Machines differ and are shared: quote ratios within one run only.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use memspike::dataset::drawn;
use memspike::encoding::{AliasTable, Block, BlockRate};
use memspike::engine::{EventKey, SharedDecay};
use memspike::engine::{General, Heap, Kind, Lanes, MinTree, Queue, Silent, Simulation};
use memspike::network::{Builder, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::numeric::{Real, standard_normal};
use memspike::random::{Purpose, Stream};
use memspike::time::Time;
use priority_queue::PriorityQueue;
use std::cmp::Reverse;
use std::collections::VecDeque;
use std::hint::black_box;
use std::sync::Arc;

const PIXELS: u32 = 784;
const OUTPUTS: u32 = 10;
const LOOK: Time = Time::from_fs(100_000_000_000_000); // 100 ms

/// 784 x 10 with the lines cut into sources of at most `cut`: each source is a Poisson block of its own.
fn crossbar(cut: u32) -> Arc<Network> {
    let mut builder = Builder::default();
    let lif = Lif { reset: Reset::Subtract, ..Lif::default() };
    let mut sources = Vec::new();
    let mut first = 0;
    while first < PIXELS {
        let size = cut.min(PIXELS - first);
        sources.push(builder.source(&format!("pixels {first}"), size, SourceKind::Poisson));
        first += size;
    }
    let output = builder.population("output", OUTPUTS, lif);
    for (number, &source) in sources.iter().enumerate() {
        let name = format!("rows {number}");
        builder.projection(&name, source, output, Kernel::Delta, Time::ZERO, Rows::Dense);
    }
    builder.finish().expect("a network without faults")
}

/// Weights that let the outputs fire some tens of times per look, the same for every cut.
fn weights<R: Real>(network: &Arc<Network>) -> Weights<R> {
    let mut stream = Stream::new(1, Purpose::InitialWeight, 0, 0);
    let values = network.projections.iter().map(|projection| {
        let count = projection.synapses(OUTPUTS);
        (0..count).map(|_| 0.25 * (0.01 + 0.05 * standard_normal(stream.next_word()))).collect()
    });
    Weights::from_values(network, &values.collect::<Vec<Vec<f64>>>())
}

/// Alias tables and rates of one drawn digit, block by block.
fn tables(cut: u32) -> Vec<(AliasTable, f64)> {
    let digits = drawn::digits(1, 0);
    let image = &digits.train.image(0);
    let blocks = image.chunks(cut as usize).map(|part| {
        let levels: Vec<u32> = part.iter().map(|&level| u32::from(level)).collect();
        let table = AliasTable::new(&levels);
        let rate = 100.0 * table.total as f64 / 255.0;
        (table, rate)
    });
    blocks.collect()
}

fn rates(tables: &[(AliasTable, f64)]) -> Vec<BlockRate> {
    tables.iter().map(|(table, rate)| BlockRate::new(&table.cells, *rate)).collect()
}

fn look<R: Real, Q: Queue<R>>(
    simulation: &mut Simulation<R, Q>,
    weights: &Weights<R>,
    rates: &[BlockRate],
    episode: u64,
) -> u64 {
    simulation.begin(episode, rates).unwrap();
    simulation.run(weights, LOOK, &mut Silent).unwrap();
    simulation.counts().arrival
}

fn bench_looks<R: Real, Q: Queue<R>>(criterion: &mut Criterion, group: &str, name: &str, cut: u32) {
    let network = crossbar(cut);
    let weights = weights::<R>(&network);
    let tables = tables(cut);
    let rates = rates(&tables);
    let mut simulation = Simulation::<R, Q>::new(&network, 1);
    let arrivals =
        (0..100).map(|episode| look(&mut simulation, &weights, &rates, episode)).sum::<u64>() / 100;
    let mut group = criterion.benchmark_group(group);
    group.throughput(Throughput::Elements(arrivals));
    let mut episode = 0;
    group.bench_function(name, |bencher| {
        bencher.iter(|| {
            episode += 1;
            look(&mut simulation, &weights, &rates, episode)
        });
    });
    group.finish();
}

/// Spike generation and delivery together, per input spike: precision, engine, cut of the input.
fn looks(criterion: &mut Criterion) {
    bench_looks::<f32, Lanes>(criterion, "look at a digit, 784 x 10", "f32, lanes", 1024);
    bench_looks::<f64, Lanes>(criterion, "look at a digit, 784 x 10", "f64, lanes", 1024);
    bench_looks::<f32, Heap>(criterion, "look at a digit, 784 x 10", "f32, heap", 1024);
    bench_looks::<f64, Heap>(criterion, "look at a digit, 784 x 10", "f64, heap", 1024);
    for cut in [1024, 256] {
        let blocks = PIXELS.div_ceil(cut);
        let name = format!("f32, lanes, {blocks} x {cut}");
        bench_looks::<f32, Lanes>(criterion, "cut of the input into Poisson blocks", &name, cut);
    }
}

/// Drawing alone, per spike: one block handed out as it was drawn, and four smaller ones merged into a
/// buffer first, which is what delivery in batches would need of them.
fn drawing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("drawing the spikes of a digit");
    group.throughput(Throughput::Elements(64));
    let whole = tables(1024);
    let rate = rates(&whole)[0].clone();
    let mut block = Block::start(1, 0, 0, &rate);
    group.bench_function("1 x 1024", |bencher| {
        bencher.iter(|| {
            let (times, lines) = block.ready(u64::MAX);
            let sum = times[times.len() - 1] ^ u64::from(lines[0]);
            let count = times.len();
            block.consume(count, &rate);
            if block.next_time() > Time::MAX.fs() / 2 {
                block.restart(1, 0, 0, &rate);
            }
            sum
        });
    });
    let parts = tables(256);
    let rates = rates(&parts);
    let mut blocks: Vec<Block> =
        rates.iter().enumerate().map(|(index, rate)| Block::start(1, index as u32, 0, rate)).collect();
    let mut buffer = [(0u64, 0u16); 64];
    group.bench_function("4 x 256, merged", |bencher| {
        bencher.iter(|| {
            for slot in &mut buffer {
                let mut least = 0;
                for index in 1..blocks.len() {
                    if blocks[index].next_time() < blocks[least].next_time() {
                        least = index;
                    }
                }
                let (time, line) = blocks[least].pop(&rates[least]);
                *slot = (time, 256 * least as u16 + line);
            }
            if buffer[63].0 > Time::MAX.fs() / 2 {
                for (index, block) in blocks.iter_mut().enumerate() {
                    block.restart(1, index as u32, 0, &rates[index]);
                }
            }
            buffer[63].0 ^ u64::from(buffer[0].1)
        });
    });
    group.finish();
}

/// A row added to ten membranes that are kept in memory, without the batch kernel around it.
fn row_alone<R: Real>(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("one row of 10, one by one");
    let row = vec![R::from_f64(1e-6); 12];
    let mut state = SharedDecay::<R> { x: vec![R::ZERO; 12], last: Time::ZERO, until: Vec::new(), held: 0 };
    group.bench_function(R::NAME, |bencher| {
        bencher.iter(|| {
            state.add(black_box(&row));
            state.x[0]
        });
    });
    group.finish();
}

fn rows(criterion: &mut Criterion) {
    row_alone::<f32>(criterion);
    row_alone::<f64>(criterion);
}

/// Replacing predicted firings: N neurons, ten of them anew after each firing.
fn predictions(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("re-scheduling 10 of N predicted firings");
    group.throughput(Throughput::Elements(10));
    for size in [100usize, 10_000] {
        let mut stream = Stream::new(1, Purpose::Measurement, 0, 0);
        let mut tree = MinTree::new(size);
        let mut heap: PriorityQueue<u32, Reverse<u64>> = PriorityQueue::new();
        for neuron in 0..size {
            let time = stream.next_word() >> 20;
            tree.set(neuron, Some(time));
            heap.push(neuron as u32, Reverse(time));
        }
        let draws: Vec<(usize, u64)> = (0..4096)
            .map(|_| ((stream.next_word() % size as u64) as usize, stream.next_word() >> 30))
            .collect();
        let mut at = 0;
        let mut now = 0;
        group.bench_function(BenchmarkId::new("min-tree", size), |bencher| {
            bencher.iter(|| {
                now += 1000;
                for _ in 0..10 {
                    let (neuron, ahead) = draws[at % 4096];
                    tree.set(neuron, Some(now + ahead));
                    at += 1;
                }
                tree.min()
            });
        });
        let mut at = 0;
        let mut now = 0;
        group.bench_function(BenchmarkId::new("priority-queue", size), |bencher| {
            bencher.iter(|| {
                now += 1000;
                for _ in 0..10 {
                    let (neuron, ahead) = draws[at % 4096];
                    heap.change_priority(&(neuron as u32), Reverse(now + ahead));
                    at += 1;
                }
                heap.peek().map(|(_, time)| time.0)
            });
        });
    }
    group.finish();
}

/// A constant delay with N events on the way: first in, first out against a heap.
fn constant_delay(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("a constant delay, N on the way");
    group.throughput(Throughput::Elements(1));
    let key = |time: u64, row: u32| EventKey {
        time: Time::from_fs(time),
        rank: 1,
        kind: Kind::Arrival,
        source: 0,
        row,
        occurrence: 0,
    };
    for pending in [100u64, 10_000] {
        let mut fifo: VecDeque<EventKey> = (0..pending).map(|k| key(k, k as u32)).collect();
        let mut now = pending;
        group.bench_function(BenchmarkId::new("fifo", pending), |bencher| {
            bencher.iter(|| {
                now += 1;
                fifo.push_back(key(now, now as u32));
                fifo.pop_front()
            });
        });
        let mut general = General::default();
        (0..pending).for_each(|k| general.push(key(k, k as u32)));
        let mut now = pending;
        group.bench_function(BenchmarkId::new("priority-queue", pending), |bencher| {
            bencher.iter(|| {
                now += 1;
                general.push(key(now, now as u32));
                general.pop()
            });
        });
    }
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().warm_up_time(std::time::Duration::from_millis(500))
        .measurement_time(std::time::Duration::from_secs(2)).sample_size(30);
    targets = looks, drawing, rows, predictions, constant_delay
}
criterion_main!(benches);
