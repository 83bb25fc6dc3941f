//! Sparse networks of jumps: against an independent implementation, and the same bits however they are run.

use memspike::encoding::{AliasTable, BLOCK, BlockRate};
use memspike::engine::{Heap, Lanes, Queue, Silent, Simulation, Spike, State, Threads};
use memspike::network::{Builder, Delays, Fixed, Form, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use memspike::units::{Ampere, Second, Volt};
use memspike::waveform::Waveform;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;

/// SplitMix64 in [0, 1).
fn draw(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

fn lif(reset: Reset, t_ref_ms: f64) -> Lif {
    Lif {
        tau_m: Second::new(20e-3),
        u_rest: Volt::ZERO,
        v_th: Volt::new(20e-3),
        u_reset: Volt::new(10e-3),
        v_hold: Volt::new(5e-3),
        reset,
        t_ref: Second::new(t_ref_ms * 1e-3),
        ..Lif::default()
    }
}

/// A network as lists: (pre, post, weight in volts, delay in fs), and kicks (time in fs, neuron, volts).
#[derive(Clone, Debug)]
struct Listed {
    size: u32,
    lif: Lif,
    synapses: Vec<(u32, u32, f64, u64)>,
    kicks: Vec<(u64, u32)>,
    kick: f64,
}

impl Listed {
    /// A random network that goes on firing for some time.
    fn random(size: u32, seed: u64, lif: Lif, grid: Option<u64>) -> Self {
        let mut state = seed;
        let mut synapses = Vec::new();
        for pre in 0..size {
            for post in 0..size {
                if draw(&mut state) < 0.2 {
                    let inhibitory = pre % 5 == 4;
                    // Too weak to grow without bound, where no refractory time would stop it.
                    let weight = 32e-3 / f64::from(size) * (1.0 + 4.0 * draw(&mut state));
                    let weight = if inhibitory { -1.5 * weight } else { weight };
                    let delay = MS / 2 + (9.5 * MS as f64 * draw(&mut state)) as u64;
                    let delay = grid.map_or(delay, |grid| (delay / grid).max(1) * grid);
                    synapses.push((pre, post, weight, delay));
                }
            }
        }
        let kicks = (0..40 * size).map(|_| {
            let time = (200.0 * MS as f64 * draw(&mut state)) as u64;
            let neuron = (f64::from(size) * draw(&mut state)) as u32;
            (grid.map_or(time, |grid| time / grid * grid), neuron)
        });
        let mut kicks: Vec<_> = kicks.collect();
        kicks.sort_unstable();
        kicks.dedup();
        Self { size, lif, synapses, kicks, kick: 12e-3 }
    }

    fn build(&self, compact: bool) -> (Arc<Network>, Weights<f64>) {
        let mut builder = Builder::default();
        let kicks = self.kicks.iter().map(|&(time, id)| (Time::from_fs(time), id)).collect();
        let source = builder.source("kicks", self.size, SourceKind::List(kicks));
        let cells = builder.population("cells", self.size, self.lif.clone());
        builder.projection("kick", source, cells, Kernel::Delta, Time::ZERO, Rows::OneToOne);
        builder.fixed(0, Fixed::Constant(self.kick));
        let mut start = vec![0; self.size as usize + 1];
        self.synapses.iter().for_each(|s| start[s.0 as usize + 1] += 1);
        (0..self.size as usize).for_each(|row| start[row + 1] += start[row]);
        let targets = self.synapses.iter().map(|s| s.1).collect();
        let rows = Rows::sparse(start, targets);
        let net = builder.projection(
            "net",
            Origin::Population(cells),
            cells,
            Kernel::Delta,
            Time::from_fs(1),
            rows,
        );
        builder.delays(net, Delays::Exact(self.synapses.iter().map(|s| s.3).collect()));
        if compact {
            builder.fixed(net, Fixed::Compact(self.synapses.iter().map(|s| s.2 as f32).collect()));
        }
        let network = builder.finish().unwrap();
        let weights = self.synapses.iter().map(|s| s.2).collect();
        let weights = Weights::from_values(&network, &[Vec::new(), weights]);
        (network, weights)
    }

    fn run<Q: Queue<f64>>(&self, end: Time) -> (Vec<Spike>, Vec<f64>) {
        let (network, weights) = self.build(false);
        assert_eq!(network.populations[0].form, Form::Scaled);
        let mut simulation = Simulation::<f64, Q>::new(&network, 1);
        let mut spikes = Vec::new();
        simulation.run(&weights, end, &mut spikes).unwrap();
        (spikes, simulation.membranes(0))
    }

    /// The same by other means: a table of what arrives when, one exponential per arrival, floating-point
    /// milliseconds since each neuron's last event.
    fn straightforward(&self, end: u64) -> (Vec<(f64, u32)>, Vec<f64>) {
        let tau = self.lif.tau_m.get() * 1e3;
        let theta = self.lif.v_th.get() - self.lif.u_rest.get();
        let size = self.size as usize;
        let (mut u, mut last, mut free) = (vec![0.0f64; size], vec![0u64; size], vec![0u64; size]);
        let t_ref = (self.lif.t_ref.get() * 1e15).round() as u64;
        let mut due: BTreeMap<u64, Vec<(u32, f64)>> = BTreeMap::new();
        for &(time, neuron) in &self.kicks {
            due.entry(time).or_default().push((neuron, self.kick));
        }
        let decayed = |u: f64, from: u64, to: u64| u * (-((to - from) as f64 * 1e-12) / tau).exp();
        let mut spikes = Vec::new();
        while let Some((&time, _)) = due.iter().next() {
            if time >= end {
                break;
            }
            let mut sums: BTreeMap<u32, f64> = BTreeMap::new();
            for (neuron, weight) in due.remove(&time).unwrap() {
                *sums.entry(neuron).or_default() += weight;
            }
            for (neuron, sum) in sums {
                let i = neuron as usize;
                if free[i] > time {
                    continue;
                }
                u[i] = decayed(u[i], last[i].max(free[i]), time) + sum;
                last[i] = time;
                while u[i] >= theta {
                    spikes.push((time as f64 * 1e-12, neuron));
                    u[i] = match self.lif.reset {
                        Reset::Rest => 0.0,
                        Reset::Value => self.lif.u_reset.get(),
                        Reset::Hold => self.lif.v_hold.get(),
                        Reset::Subtract | Reset::SubtractOnce => u[i] - theta,
                    };
                    free[i] = time + t_ref;
                    for s in self.synapses.iter().filter(|s| s.0 == neuron) {
                        due.entry(time + s.3).or_default().push((s.1, s.2));
                    }
                }
            }
        }
        let at_end =
            (0..size).map(|i| if free[i] > end { u[i] } else { decayed(u[i], last[i].max(free[i]), end) });
        let at_end = at_end.collect();
        (spikes, at_end)
    }
}

#[test]
fn random_networks_agree_with_an_independent_implementation() {
    let end = 250 * MS;
    let mut total = 0;
    for (index, size) in [40u32, 60].into_iter().enumerate() {
        for (variant, (reset, t_ref)) in
            [(Reset::Value, 2.0), (Reset::Rest, 0.0), (Reset::Subtract, 0.0), (Reset::Hold, 5.0)]
                .into_iter()
                .enumerate()
        {
            for seed in 0..3 {
                let seed = 100 * index as u64 + 10 * variant as u64 + seed;
                let listed = Listed::random(size, seed, lif(reset, t_ref), None);
                let (want, u_want) = listed.straightforward(end);
                let (fast, u) = listed.run::<Lanes>(Time::from_fs(end));
                let (reference, u_reference) = listed.run::<Heap>(Time::from_fs(end));
                assert!(fast == reference && u == u_reference, "{size} neurons, seed {seed}");
                assert_eq!(fast.len(), want.len(), "{size} neurons, {reset:?}, seed {seed}");
                for (got, want) in fast.iter().zip(&want) {
                    assert_eq!(got.neuron, want.1);
                    assert!((got.time.fs() as f64 * 1e-12 - want.0).abs() <= 1e-9);
                }
                for (neuron, (got, want)) in u.iter().zip(&u_want).enumerate() {
                    let tolerance = 1e-12 * want.abs().max(1e-3);
                    assert!((got - want).abs() <= tolerance, "u of {neuron} is {got:e}, not {want:e}");
                }
                total += want.len();
            }
        }
    }
    assert!(total > 10_000, "the networks are hardly active: {total} spikes");
}

/// A network large enough to be cut, with everything that windows distinguish: private Poisson lines, a
/// Poisson source and a list that reach many, one delay, delays of single synapses, two populations.
#[derive(Clone, Debug)]
struct Large {
    sizes: [u32; 2],
    rates: [f64; 2],
    reset: Reset,
    t_ref_ms: f64,
    /// Delays are multiples of this.
    grid: u64,
    seed: u64,
    compact: bool,
    /// Synaptic currents, so that neurons keep their own time: of both populations, or of `b` alone.
    currents: [bool; 2],
}

struct Built {
    network: Arc<Network>,
    weights: Weights<f64>,
    tables: Vec<(AliasTable, f64)>,
    seed: u64,
}

impl Large {
    fn build(&self) -> Built {
        let mut builder = Builder::default();
        let mut tables = Vec::new();
        let mut poisson = |builder: &mut Builder, name: &str, size: u32, rate: f64| {
            for first in (0..size).step_by(BLOCK as usize) {
                let lines = (size - first).min(BLOCK);
                tables.push((AliasTable::new(&vec![1; lines as usize]), rate * f64::from(lines)));
            }
            builder.source(name, size, SourceKind::Poisson)
        };
        let own = poisson(&mut builder, "own", self.sizes[0], self.rates[0]);
        let common = poisson(&mut builder, "common", 20, self.rates[1]);
        let ticks = (0..100).map(|k| (Time::from_fs(k * MS / 2), (k % 7) as u32)).collect();
        let list = builder.source("list", 7, SourceKind::List(ticks));
        let mut neuron = lif(self.reset, self.t_ref_ms);
        let a = builder.population("a", self.sizes[0], neuron.clone());
        if self.currents[1] {
            // Some of them fire by themselves.
            neuron.i_bias = Ampere::new(1.1 * neuron.theta() / neuron.r_m.get());
        }
        let b = builder.population("b", self.sizes[1], neuron);
        let mut state = self.seed;
        let mut values = Vec::new();
        let rows = |state: &mut u64, from: u32, to: u32, p: f64| {
            let mut start = vec![0];
            let mut targets = Vec::new();
            for _ in 0..from {
                targets.extend((0..to).filter(|_| draw(state) < p));
                start.push(targets.len());
            }
            Rows::sparse(start, targets)
        };
        let r_m = lif(self.reset, self.t_ref_ms).r_m.get();
        // Kernel, and what makes of a jump a current that moves about as much charge.
        let currents = self.currents;
        let kernel = |name: &str, to: usize| {
            let tau = |ms: f64| Second::new(ms * 1e-3);
            let width = Time::from_fs(3 * self.grid);
            match name {
                _ if !currents[to] => (Kernel::Delta, 1.0),
                "own" => (Kernel::Exponential { tau: tau(2.0) }, 10.0 / r_m),
                "aa" => (Kernel::Alpha { tau: tau(0.5) }, 15.0 / r_m),
                "ab" | "common" => (Kernel::Exponential { tau: tau(2.0) }, 10.0 / r_m),
                "list" => (Kernel::Pulse(Waveform::triangle(1.0, width).breakpoints()), 20.0 / r_m),
                "bb" => (Kernel::Pulse(Waveform::rectangle(1.0, width).breakpoints()), 20.0 / r_m),
                _ => (Kernel::Delta, 1.0),
            }
        };
        let (own_kernel, unit) = kernel("own", a);
        builder.projection("own", own, a, own_kernel, Time::ZERO, Rows::OneToOne);
        builder.fixed(0, Fixed::Constant(8e-3 * unit));
        builder.uncounted(0);
        values.push(Vec::new());
        for (name, from, size, to, p, delay, weight, single) in [
            ("common", common, 20, a, 0.05, 0, 3e-3, false),
            ("list", list, 7, b, 0.3, 3, 15e-3, false),
            ("aa", Origin::Population(a), self.sizes[0], a, 0.01, 2, 1.5e-3, false),
            ("ab", Origin::Population(a), self.sizes[0], b, 0.01, 1, 2e-3, true),
            ("ba", Origin::Population(b), self.sizes[1], a, 0.02, 3, -2e-3, true),
            ("bb", Origin::Population(b), self.sizes[1], b, 0.01, 2, -1e-3, false),
        ] {
            let columns = self.sizes[to];
            let rows = rows(&mut state, size, columns, p);
            let Rows::Sparse { targets, .. } = &rows else { unreachable!() };
            let count = targets.len();
            let (kernel, unit) = kernel(name, to);
            let drawn: Vec<f64> = (0..count).map(|_| unit * weight * (0.5 + draw(&mut state))).collect();
            let delay = Time::from_fs(delay * self.grid);
            let number = builder.projection(name, from, to, kernel, delay, rows);
            if single {
                let delays =
                    (0..count).map(|_| delay.fs() + (4.0 * draw(&mut state)) as u64 * self.grid).collect();
                builder.delays(number, Delays::Exact(delays));
            }
            if self.compact && !single {
                builder.fixed(number, Fixed::Compact(drawn.iter().map(|&w| w as f32).collect()));
            }
            values.push(drawn);
        }
        let network = builder.finish().unwrap();
        let weights = Weights::from_values(&network, &values);
        Built { network, weights, tables, seed: self.seed }
    }
}

impl Built {
    fn rates(&self) -> Vec<BlockRate> {
        self.tables.iter().map(|(table, rate)| BlockRate::new(&table.cells, *rate)).collect()
    }

    /// `end`, or when so many have spiked. Where excitation outgrows inhibition (a large `a`, a small `b`), only
    /// a refractory time or the delay bounds the spikes: with neither, millions of them in a few milliseconds.
    fn busy_until(&self, end: Time, most: usize) -> Time {
        let mut simulation = self.start::<Heap>();
        let mut spikes: Vec<Spike> = Vec::new();
        while spikes.len() < most && simulation.step(&self.weights, end, &mut spikes).unwrap() {}
        spikes.get(most - 1).map_or(end, |last| last.time)
    }

    fn start<Q: Queue<f64>>(&self) -> Simulation<f64, Q> {
        let mut simulation = Simulation::new(&self.network, self.seed);
        simulation.begin(2, &self.rates()).unwrap();
        simulation
    }

    fn finish<Q: Queue<f64>>(
        &self,
        mut simulation: Simulation<f64, Q>,
        end: Time,
    ) -> (Vec<Spike>, State<f64>) {
        let mut spikes = Vec::new();
        simulation.run(&self.weights, end, &mut spikes).unwrap();
        (spikes, simulation.state())
    }
}

fn large() -> impl Strategy<Value = Large> {
    let size = || prop_oneof![3 => 1u32..40, 1 => Just(BLOCK), 2 => BLOCK + 1..2 * BLOCK];
    let reset = prop_oneof![Just(Reset::Rest), Just(Reset::Value), Just(Reset::Subtract), Just(Reset::Hold)];
    let grid = prop_oneof![Just(MS), Just(MS / 10), Just(MS / 3 + 1), Just(1_000_000)];
    let currents = prop_oneof![Just([false; 2]), Just([true; 2]), Just([false, true]), Just([true, false])];
    let how = (any::<bool>(), currents);
    (size(), size(), 10.0..1000.0f64, 100.0..3000.0f64, reset, 0..4, grid, any::<u64>(), how).prop_map(
        |(a, b, own, common, reset, t_ref, grid, seed, (compact, currents))| Large {
            sizes: [a, b],
            rates: [own, common],
            reset,
            t_ref_ms: f64::from(t_ref),
            grid,
            seed,
            compact,
            currents,
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn windows_units_threads_and_cuts_change_no_bit(
        large in large(),
        partitions in 2usize..7,
        window in prop_oneof![Just(1u64), 1..MS / 1000, MS / 1000..2 * MS],
        cuts in proptest::collection::vec(0.0..1.0f64, 0..3),
    ) {
        let built = large.build();
        // One event per window is slow: then the run is shorter.
        let (end, most) = if window < MS / 1000 { (MS / 2, 1_000) } else { (8 * MS, 20_000) };
        let end = built.busy_until(Time::from_fs(end), most);
        let reference = built.finish(built.start::<Heap>(), end);
        let whole = built.finish(built.start::<Lanes>(), end);
        prop_assert!(whole.0 == reference.0, "{} spikes, not {}", whole.0.len(), reference.0.len());
        let (a, b) = (&whole.1, &reference.1);
        prop_assert!(a.blocks == b.blocks, "blocks {:?} {:?}", a.blocks, b.blocks);
        prop_assert!(a.pending == b.pending, "pending");
        prop_assert!(a.counts == b.counts, "counts");
        prop_assert!(a.populations == b.populations, "membranes");
        prop_assert!(whole.1 == reference.1);

        let threads = Threads::new(2).unwrap().cut_into(partitions);
        let mut cut = built.start::<Lanes>();
        cut.shorten_windows(Time::from_fs(window));
        cut.partition(&threads);
        cut.begin(2, &built.rates()).unwrap();
        let mut cuts = cuts;
        cuts.sort_unstable_by(f64::total_cmp);
        let mut spikes = Vec::new();
        for (index, at) in cuts.into_iter().enumerate() {
            let at = Time::from_fs((at * end.fs() as f64) as u64);
            cut.run(&built.weights, at, &mut spikes).unwrap();
            let state = cut.state();
            let same = built.finish(built.start::<Heap>(), at).1;
            prop_assert!(state == same, "at {}", at);
            if index % 2 == 0 {
                // Goes on elsewhere, in one piece.
                cut = Simulation::resume(&built.network, state, &built.rates()).unwrap();
            }
        }
        let (rest, state) = built.finish(cut, end);
        spikes.extend(rest);
        prop_assert!(spikes == reference.0);
        prop_assert!(state == reference.1);
    }
}

#[test]
fn the_large_networks_hold_what_could_go_wrong() {
    let large = Large {
        sizes: [3000, 1500],
        rates: [1000.0, 500.0],
        reset: Reset::Value,
        t_ref_ms: 2.0,
        grid: MS / 10,
        seed: 5,
        compact: false,
        currents: [false; 2],
    };
    let built = large.build();
    let (spikes, state) = built.finish(built.start::<Lanes>(), Time::from_fs(50 * MS));
    let of = |population| spikes.iter().filter(|spike| spike.population == population).count();
    assert!(of(0) > 1000 && of(1) > 300, "{} and {} spikes", of(0), of(1));
    let together = spikes.windows(2).filter(|pair| pair[0].time == pair[1].time).count();
    assert!(together > 100, "{together} simultaneous spikes");
    assert!(state.pending.len() > 1000, "{} pending", state.pending.len());
    let same = state.pending.windows(2).filter(|pair| pair[0].time == pair[1].time).count();
    assert!(same > 100, "{same} arrivals at the same instant");
}

#[test]
fn recording_changes_no_bit() {
    let large = Large {
        sizes: [1500, 40],
        rates: [800.0, 500.0],
        reset: Reset::Rest,
        t_ref_ms: 1.0,
        grid: MS / 10,
        seed: 3,
        compact: false,
        currents: [false; 2],
    };
    let built = large.build();
    let end = Time::from_fs(20 * MS);
    let whole = built.finish(built.start::<Lanes>(), end);
    let mut sampled = built.start::<Lanes>();
    sampled.sample_every(0, Time::from_fs(MS / 3));
    let mut stream = memspike::engine::Stream::default();
    // Looked at in full, then not at all, then in full again.
    sampled.run(&built.weights, Time::from_fs(5 * MS), &mut stream).unwrap();
    sampled.run(&built.weights, Time::from_fs(9 * MS), &mut Silent).unwrap();
    sampled.run(&built.weights, end, &mut stream).unwrap();
    let mut state = sampled.state();
    state.pending.retain(|key| key.kind != memspike::engine::Kind::Sample);
    assert!(state == whole.1);
    let seen = stream.records.iter().filter_map(|record| match record {
        memspike::engine::Record::Spike(spike) => Some(*spike),
        _ => None,
    });
    let unseen = |spike: &&Spike| (5 * MS..9 * MS).contains(&spike.time.fs());
    assert!(seen.eq(whole.0.iter().filter(|spike| !unseen(spike)).copied()));
    let reference = {
        let mut simulation = built.start::<Heap>();
        simulation.sample_every(0, Time::from_fs(MS / 3));
        let mut stream = memspike::engine::Highlights::default();
        simulation.run(&built.weights, end, &mut stream).unwrap();
        stream.records
    };
    let mut simulation = built.start::<Lanes>();
    simulation.sample_every(0, Time::from_fs(MS / 3));
    let mut stream = memspike::engine::Highlights::default();
    simulation.run(&built.weights, end, &mut stream).unwrap();
    assert!(stream.records == reference, "spikes and samples come in one order");
}

#[test]
fn a_neuron_beside_private_blocks_is_released_in_time() {
    let large = Large {
        sizes: [1025, 1],
        rates: [466.493_357_319_228_3, 841.263_933_311_040_4],
        reset: Reset::Rest,
        t_ref_ms: 1.0,
        grid: 1_000_000_000_000,
        seed: 1_057_648_656_081,
        compact: false,
        currents: [false; 2],
    };
    let built = large.build();
    let end = Time::from_fs(8 * MS);
    let reference = built.finish(built.start::<Heap>(), end);
    let whole = built.finish(built.start::<Lanes>(), end);
    assert!(whole.0 == reference.0);
    assert_eq!(whole.1.blocks, reference.1.blocks);
    assert_eq!(whole.1.pending, reference.1.pending);
    assert!(whole.1.counts == reference.1.counts);
    for (a, b) in whole.1.populations.iter().zip(&reference.1.populations) {
        if let (memspike::engine::Membranes::Scaled(a), memspike::engine::Membranes::Scaled(b)) = (a, b) {
            for (i, (x, y)) in a.v.iter().zip(&b.v).enumerate() {
                assert!(x.to_bits() == y.to_bits(), "neuron {i}: {x} {y}");
            }
        }
        assert!(a == b, "other");
    }
    assert!(whole.1 == reference.1);
}
