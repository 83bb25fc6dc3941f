//! What learning costs: 1000 Poisson inputs at 20 Hz onto 100 LIF outputs near 40 Hz, exponential pair STDP, every
//! pair, clipped at every update. Counted are arrivals times 100; spikes of the outputs update 1000 weights each
//! besides.
//!
//! `cargo bench --bench plasticity` measures both; `-- cpu` prints events per CPU second of the process over
//! 10 s of simulated time and nothing else. Machines differ and are shared: quote ratios within one run only.

use criterion::{Criterion, Throughput, criterion_group};
use memspike::encoding::{AliasTable, BlockRate};
use memspike::engine::{Heap, Lanes, Learning, Queue, Silent, Simulation, layout};
use memspike::network::{Builder, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::plasticity::{AtZero, Bounds, Dependence, Law, Pair, Pairing, Plastic, Rule, Unit};
use memspike::random::{Purpose, Stream, unit};
use memspike::time::Time;
use memspike::units::{Second, Volt};
use std::sync::Arc;

const INPUTS: u32 = 1000;
const OUTPUTS: u32 = 100;
const SECOND: u64 = 1_000_000_000_000_000;

fn network() -> Arc<Network> {
    let mut builder = Builder::default();
    let input = builder.source("input", INPUTS, SourceKind::Poisson);
    let lif = Lif {
        tau_m: Second::new(9.41e-3),
        u_rest: Volt::ZERO,
        v_th: Volt::new(1.0),
        reset: Reset::Rest,
        t_ref: Second::new(2e-3),
        ..Lif::default()
    };
    let output = builder.population("output", OUTPUTS, lif);
    let delay = Time::from_fs(SECOND / 1000);
    builder.projection("synapses", input, output, Kernel::Delta, delay, Rows::Dense);
    builder.finish().expect("a network without faults")
}

fn rule(dependence: Dependence) -> Rule {
    Rule::Pair(Pair {
        pairing: Pairing::AllToAll,
        at_zero: AtZero::None,
        a_plus: 0.005,
        a_minus: 1.05 * 0.005,
        tau_plus: Second::new(20e-3),
        tau_minus: Second::new(20e-3),
        law: Law { dependence, unit: Unit::Span, bounds: Bounds { w_min: 0.0, w_max: 0.012 } },
    })
}

struct Bench {
    network: Arc<Network>,
    weights: Weights<f64>,
    table: AliasTable,
}

impl Bench {
    fn new() -> Self {
        let network = network();
        let mut stream = Stream::new(1, Purpose::InitialWeight, 0, 0);
        let values = (0..INPUTS * OUTPUTS).map(|_| 0.004 + 0.004 * unit(stream.next_word())).collect();
        let weights = Weights::from_values(&network, &[values]);
        Self { network, weights, table: AliasTable::new(&vec![1; INPUTS as usize]) }
    }

    /// (arrivals, spikes, a sum over the final weights) of a run of `end`.
    fn run<Q: Queue<f64>>(&self, dependence: Dependence, wait: bool, end: Time) -> (u64, u64, u64) {
        let layout = layout(&self.network, &self.network.projections[0]);
        let plastic = Plastic::new(rule(dependence), layout, None).expect("a rule");
        let mut learning = Learning::new(&self.network, vec![Some(plastic)], wait).expect("learning");
        let mut weights = self.weights.clone();
        let rates = [BlockRate::new(&self.table.cells, 20.0 * f64::from(INPUTS))];
        let mut simulation = Simulation::<f64, Q>::new(&self.network, 1);
        simulation.begin(0, &rates).unwrap();
        simulation.run_learning(&mut weights, end, &mut learning, &mut Silent).unwrap();
        let bits = weights.projections[0].iter().fold(0u64, |sum, w| sum.rotate_left(7) ^ w.to_bits());
        let counts = simulation.counts();
        (counts.arrival, counts.fire, bits)
    }
}

fn benches(criterion: &mut Criterion) {
    let bench = Bench::new();
    let end = Time::from_fs(SECOND / 2);
    let mut group = criterion.benchmark_group("plastic synapses");
    let (arrivals, ..) = bench.run::<Lanes>(Dependence::Additive, true, end);
    group.throughput(Throughput::Elements(arrivals * u64::from(OUTPUTS)));
    group.sample_size(20);
    for (name, wait) in [("waiting", true), ("at once", false)] {
        group.bench_function(name, |bencher| {
            bencher.iter(|| bench.run::<Lanes>(Dependence::Additive, wait, end));
        });
    }
    group.bench_function("waiting, power law", |bencher| {
        bencher.iter(|| bench.run::<Lanes>(Dependence::Power { mu: 0.1 }, true, end));
    });
    group.bench_function("reference", |bencher| {
        bencher.iter(|| bench.run::<Heap>(Dependence::Additive, false, end));
    });
    group.finish();
}

/// Seconds of CPU this process has used.
fn cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 * 1e-9
}

fn print_cpu() {
    let bench = Bench::new();
    let end = Time::from_fs(10 * SECOND);
    let mut bits = None;
    let mut line = |name: &str, run: &dyn Fn() -> (u64, u64, u64)| {
        let mut best = f64::INFINITY;
        let mut result = (0, 0, 0);
        for _ in 0..5 {
            let start = cpu();
            result = run();
            best = best.min(cpu() - start);
        }
        let (arrivals, spikes, weights) = result;
        assert_eq!(*bits.get_or_insert(result), result, "the same bits");
        println!(
            "{name:<12} {:6.1} M events per CPU second ({arrivals} arrivals x {OUTPUTS}, outputs at {:.2} Hz, weights {weights:016x}, {best:.4} s)",
            arrivals as f64 * f64::from(OUTPUTS) / best * 1e-6,
            spikes as f64 / f64::from(OUTPUTS) / 10.0,
        );
    };
    let additive = Dependence::Additive;
    line("waiting", &|| bench.run::<Lanes>(additive, true, end));
    line("at once", &|| bench.run::<Lanes>(additive, false, end));
    line("reference", &|| bench.run::<Heap>(additive, false, end));
}

criterion_group!(plasticity, benches);

fn main() {
    if std::env::args().any(|argument| argument == "cpu") {
        print_cpu();
    } else {
        plasticity();
        Criterion::default().configure_from_args().final_summary();
    }
}
