//! What neurons are called does not matter: a network whose neurons and source lines are renumbered does the same.
//!
//! Compared are the times of all spikes, to the femtosecond, and the membranes at the end, to the last bit. That much
//! can be asked for where no two arrivals meet at a neuron: then each neuron adds the same numbers in the same order.
//! Delays are drawn to the femtosecond, and still they meet in one network of a thousand: two loops through one neuron
//! take as long in either order. Arrivals that meet are added in order of projection and row, so that another numbering
//! may move the last bit of their sum; there membranes are compared to within rounding, spikes as everywhere.

use crate::common::mix;
use memspike::engine::{Heap, Lanes, Queue, Simulation};
use memspike::network::{Builder, Delays, Form, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second, Volt};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;
const END: u64 = 150 * MS;
/// In volts.
const V_TH: f64 = 20e-3;

/// Lines of the source, excitatory neurons, inhibitory neurons.
const SIZES: [u32; 3] = [25, 45, 15];
/// (from, to) among them.
const PAIRS: [(usize, usize); 6] = [(0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2)];

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kernels {
    /// Jumps of the membrane.
    Jumps,
    /// Exponential currents of 5 ms (excitation) and 10 ms (inhibition), and a bias that fires excitatory neurons.
    Currents,
}

/// A network as explicit lists.
#[derive(Clone)]
struct Listed {
    kernels: Kernels,
    /// (time in fs, line).
    spikes: Vec<(u64, u32)>,
    /// For each of `PAIRS`: (pre, post, weight in volts, delay in fs).
    synapses: [Vec<(u32, u32, f64, u64)>; 6],
}

impl Listed {
    fn random(kernels: Kernels, seed: u64) -> Self {
        let mut state = seed;
        let mut spikes: Vec<(u64, u32)> = (0..300)
            .map(|_| {
                let time = (0.9 * END as f64 * mix(&mut state)) as u64;
                (time, (f64::from(SIZES[0]) * mix(&mut state)) as u32)
            })
            .collect();
        spikes.sort_unstable();
        let synapses = PAIRS.map(|(from, to)| {
            let mut list = Vec::new();
            for pre in 0..SIZES[from] {
                for post in 0..SIZES[to] {
                    if mix(&mut state) < 0.25 {
                        let mean = match (kernels, from) {
                            (Kernels::Jumps, 0) => 6e-3,
                            (Kernels::Jumps, 1) => 1.5e-3,
                            (Kernels::Jumps, _) => -4e-3,
                            (Kernels::Currents, 0) => 25e-3,
                            (Kernels::Currents, 1) => 6e-3,
                            (Kernels::Currents, _) => -10e-3,
                        };
                        let weight = mean * (0.5 + mix(&mut state));
                        let delay = MS / 2 + (9.5 * MS as f64 * mix(&mut state)) as u64;
                        list.push((pre, post, weight, delay));
                    }
                }
            }
            list
        });
        Self { kernels, spikes, synapses }
    }

    /// Neuron (or line) i of each is called `names[i]`.
    fn renamed(&self, names: &[Vec<u32>; 3]) -> Self {
        let mut new = self.clone();
        new.spikes.iter_mut().for_each(|spike| spike.1 = names[0][spike.1 as usize]);
        new.spikes.sort_unstable();
        for ((from, to), list) in PAIRS.into_iter().zip(&mut new.synapses) {
            list.iter_mut().for_each(|s| (s.0, s.1) = (names[from][s.0 as usize], names[to][s.1 as usize]));
            list.sort_by_key(|s| (s.0, s.1));
        }
        new
    }

    fn build(&self) -> (Arc<Network>, Weights<f64>) {
        let r_m = 100e6;
        let lif = |bias: f64| Lif {
            tau_m: Second::new(20e-3),
            u_rest: Volt::ZERO,
            v_th: Volt::new(V_TH),
            u_reset: Volt::new(10e-3),
            reset: Reset::Value,
            t_ref: Second::new(2e-3),
            r_m: Ohm::new(r_m),
            i_bias: Ampere::new(bias / r_m),
            ..Lif::default()
        };
        let currents = self.kernels == Kernels::Currents;
        let mut builder = Builder::default();
        let spikes = self.spikes.iter().map(|&(time, line)| (Time::from_fs(time), line)).collect();
        let source = builder.source("list", SIZES[0], SourceKind::List(spikes));
        let e = builder.population("e", SIZES[1], lif(if currents { 20.5e-3 } else { 0.0 }));
        let i = builder.population("i", SIZES[2], lif(0.0));
        let origins = [source, Origin::Population(e), Origin::Population(i)];
        let mut values = Vec::new();
        for ((from, to), list) in PAIRS.into_iter().zip(&self.synapses) {
            let mut start = vec![0; SIZES[from] as usize + 1];
            list.iter().for_each(|s| start[s.0 as usize + 1] += 1);
            (0..SIZES[from] as usize).for_each(|row| start[row + 1] += start[row]);
            let rows = Rows::sparse(start, list.iter().map(|s| s.1).collect());
            let tau = Second::new(if from == 2 { 10e-3 } else { 5e-3 });
            let kernel = if currents { Kernel::Exponential { tau } } else { Kernel::Delta };
            let unit = if currents { 1.0 / r_m } else { 1.0 };
            let name = format!("{from} to {to}");
            let projection = builder.projection(&name, origins[from], to - 1, kernel, Time::from_fs(1), rows);
            builder.delays(projection, Delays::Exact(list.iter().map(|s| s.3).collect()));
            values.push(list.iter().map(|s| s.2 * unit).collect());
        }
        let network = builder.finish().unwrap();
        let form = if currents { Form::OwnTime } else { Form::Scaled };
        assert!(network.populations.iter().all(|population| population.form == form));
        let weights = Weights::from_values(&network, &values);
        (network, weights)
    }

    fn run<Q: Queue<f64>>(&self) -> Run {
        let (network, weights) = self.build();
        let mut simulation = Simulation::<f64, Q>::new(&network, 1);
        let mut spikes = Vec::new();
        simulation.run(&weights, Time::from_fs(END), &mut spikes).unwrap();
        Run {
            spikes: spikes.iter().map(|s| (s.time.fs(), s.population as usize, s.neuron)).collect(),
            membranes: [0, 1].map(|p| simulation.membranes(p).iter().map(|u| u.to_bits()).collect()),
        }
    }

    /// Whether two arrivals of this run meet at a neuron. They never come through one synapse.
    fn has_simultaneous_arrivals(&self, run: &Run) -> bool {
        let sent = self.spikes.iter().map(|&(time, line)| (time, 0, line));
        let sent = sent.chain(run.spikes.iter().map(|&(time, population, id)| (time, population + 1, id)));
        let (mut arrivals, mut meet) = (BTreeMap::new(), false);
        for (time, from, id) in sent {
            for (pair, list) in PAIRS.into_iter().zip(&self.synapses).filter(|(pair, _)| pair.0 == from) {
                for s in list.iter().filter(|s| s.0 == id) {
                    let other = arrivals.insert((pair.1, s.1, time + s.3), (from, id));
                    assert_ne!(other, Some((from, id)), "twice through one synapse");
                    meet |= other.is_some();
                }
            }
        }
        meet
    }

    /// The run with other names, by both engines, is `run`.
    fn compare_with_renamed(&self, run: &Run, names: &[Vec<u32>; 3]) {
        let renamed = self.renamed(names);
        for other in [renamed.run::<Lanes>(), renamed.run::<Heap>()].map(|other| other.named_back(names)) {
            if self.has_simultaneous_arrivals(run) {
                assert_eq!(other.spikes, run.spikes);
                for (bits, want) in other.membranes.iter().flatten().zip(run.membranes.iter().flatten()) {
                    let (u, want) = (f64::from_bits(*bits), f64::from_bits(*want));
                    assert!((u - want).abs() <= 1e-14 * V_TH, "{u} V, under the first names {want} V");
                }
            } else {
                assert_eq!(&other, run);
            }
        }
    }
}

#[derive(Debug, PartialEq)]
struct Run {
    /// (time in fs, population, neuron), in the engine's order.
    spikes: Vec<(u64, usize, u32)>,
    membranes: [Vec<u64>; 2],
}

impl Run {
    /// Every neuron called as before.
    fn named_back(mut self, names: &[Vec<u32>; 3]) -> Self {
        for (population, new) in names[1..].iter().enumerate() {
            let old = |id: u32| new.iter().position(|&name| name == id).unwrap() as u32;
            let of = self.spikes.iter_mut().filter(|spike| spike.1 == population);
            of.for_each(|spike| spike.2 = old(spike.2));
            self.membranes[population] =
                new.iter().map(|&name| self.membranes[population][name as usize]).collect();
        }
        self
    }
}

fn names() -> impl Strategy<Value = [Vec<u32>; 3]> {
    SIZES.map(|size| Just((0..size).collect::<Vec<u32>>()).prop_shuffle())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn names_of_neurons_do_not_matter(
        kernels in prop_oneof![Just(Kernels::Jumps), Just(Kernels::Currents)],
        seed in any::<u64>(),
        names in names(),
    ) {
        let listed = Listed::random(kernels, seed);
        let run = listed.run::<Lanes>();
        // Both populations fire, and in response to each other.
        let of = |population| run.spikes.iter().filter(|spike| spike.1 == population).count();
        prop_assert!(of(0) > 100 && of(1) > 20, "{} and {} spikes", of(0), of(1));
        listed.compare_with_renamed(&run, &names);
    }
}

#[test]
fn names_do_not_matter_where_two_loops_through_one_neuron_meet() {
    let listed = Listed::random(Kernels::Jumps, 13_684_113_793_882_486_157);
    let run = listed.run::<Lanes>();
    assert!(listed.has_simultaneous_arrivals(&run));
    listed.compare_with_renamed(&run, &SIZES.map(|size| (0..size).rev().collect()));
}

#[test]
fn names_that_are_mixed_up_are_noticed() {
    // Had the renamed network one synapse less, or one line's name left as it was, the comparison would see it.
    let backwards = SIZES.map(|size| (0..size).rev().collect::<Vec<u32>>());
    for kernels in [Kernels::Jumps, Kernels::Currents] {
        let listed = Listed::random(kernels, 7);
        let run = listed.run::<Lanes>();
        let mut one_less = listed.renamed(&backwards);
        one_less.synapses[2].pop();
        assert_ne!(one_less.run::<Lanes>().named_back(&backwards), run);
        let mut one_line = listed.renamed(&backwards);
        let line = &mut one_line.spikes[150].1;
        *line = (*line + 1) % SIZES[0];
        one_line.spikes.sort_unstable();
        assert_ne!(one_line.run::<Lanes>().named_back(&backwards), run);
        assert_ne!(listed.renamed(&backwards).run::<Lanes>(), run, "without taking the names back");
    }
}
