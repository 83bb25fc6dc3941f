//! Synapses with delays of their own: each learns as if it had a projection to itself, whatever the rule.

use crate::common::{DELAY, Dice, MS, Trains};
use crate::engines::{W_MAX, rules};
use memspike::engine::{Heap, Lanes, Learning, Queue, Silent, Simulation, layout};
use memspike::network::{Builder, Delays, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::plasticity::{Layout, Plastic, Rule};
use memspike::time::Time;
use memspike::units::{Second, Volt};
use std::sync::Arc;

/// (line, neuron, delay) of every synapse, some of them at once, two from one line to one neuron.
const SYNAPSES: [(usize, u32, u64); 7] = [
    (0, 0, MS / 2),
    (0, 1, 5 * MS / 2),
    (1, 0, 3 * MS / 2),
    (1, 1, 3 * MS / 2),
    (1, 1, 40 * MS),
    (2, 0, 17 * MS + 3),
    (2, 1, 3 * MS / 2),
];
const END: Time = Time::from_fs(900 * MS);

/// Neurons that spike as they are taught, behind projections of (connectivity, delays); the last one teaches.
fn network(trains: &Trains, projections: &[(Rows, Vec<u64>)]) -> Arc<Network> {
    let list = |trains: &[Vec<u64>], early: u64| {
        let of = |(id, train): (usize, &Vec<u64>)| {
            train.iter().map(move |t| (Time::from_fs(t - early), id as u32)).collect::<Vec<_>>()
        };
        let mut spikes: Vec<_> = trains.iter().enumerate().flat_map(of).collect();
        spikes.sort_unstable();
        SourceKind::List(spikes)
    };
    let mut builder = Builder::default();
    let pre = builder.source("pre", 3, list(&trains.rows, DELAY));
    let teacher = builder.source("teacher", 2, list(&trains.cols, 0));
    let (tau_m, v_th, reset) = (Second::new(1e-2), Volt::new(1e6), Reset::Rest);
    let lif = Lif { tau_m, v_th, reset, u_rest: Volt::ZERO, ..Lif::default() };
    let post = builder.population("post", 2, lif);
    for (index, (connect, delays)) in projections.iter().enumerate() {
        let (name, delay) = (format!("plastic {index}"), Time::from_fs(delays[0]));
        let number = builder.projection(&name, pre, post, Kernel::Delta, delay, connect.clone());
        builder.multapses(number);
        if delays.len() > 1 {
            builder.delays(number, Delays::Exact(delays.clone()));
        }
    }
    builder.projection("teacher", teacher, post, Kernel::Delta, Time::ZERO, Rows::OneToOne);
    builder.finish().expect("a network")
}

/// What every synapse has learned in the end, projection by projection.
fn learned<Q: Queue<f64>>(network: &Arc<Network>, rule: &Rule, weights: &[f64], wait: bool) -> Vec<u64> {
    let learns = network.projections.len() - 1;
    let plastic = network.projections.iter().enumerate().map(|(index, projection)| {
        let made = || Plastic::new(rule.clone(), layout(network, projection), None).expect("a rule");
        (index < learns).then(made)
    });
    let mut learning = Learning::new(network, plastic.collect(), wait).expect("learning");
    let mut rest = weights;
    let mut values: Vec<Vec<f64>> = Vec::new();
    for projection in &network.projections[..learns] {
        let (own, others) = rest.split_at(projection.synapses(2));
        values.push(own.to_vec());
        rest = others;
    }
    values.push(vec![2e6; 2]);
    let mut weights = Weights::from_values(network, &values);
    learning.admit(&mut weights);
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    simulation.run_learning(&mut weights, END, &mut learning, &mut Silent).unwrap();
    learning.finish(&mut weights, END);
    (0..learns).flat_map(|index| weights.values(network, index)).map(f64::to_bits).collect()
}

#[test]
fn whatever_the_rule_it_is_as_if_every_synapse_had_a_projection_to_itself() {
    let trains = Trains::new(2718, 3, 2, 35.0, 800 * MS);
    let mut start = vec![0; 4];
    let line = |synapses: &[(usize, u32, u64)], line: usize| synapses.iter().filter(|s| s.0 < line).count();
    start.iter_mut().enumerate().for_each(|(row, start)| *start = line(&SYNAPSES, row));
    let all = Rows::sparse(start, SYNAPSES.iter().map(|synapse| synapse.1).collect());
    let together = network(&trains, &[(all, SYNAPSES.iter().map(|synapse| synapse.2).collect())]);
    let single = |synapse: &(usize, u32, u64)| {
        let start = (0..=3).map(|row| line(&[*synapse], row)).collect();
        (Rows::sparse(start, vec![synapse.1]), vec![synapse.2])
    };
    let apart = network(&trains, &SYNAPSES.iter().map(single).collect::<Vec<_>>());
    let mut dice = Dice(31);
    let weights: Vec<f64> = SYNAPSES.iter().map(|_| (0.2 + 0.6 * dice.unit()) * W_MAX).collect();
    for rule in rules() {
        let want = learned::<Heap>(&apart, &rule, &weights, false);
        assert_eq!(learned::<Heap>(&together, &rule, &weights, false), want, "{rule:?}");
        assert_eq!(learned::<Lanes>(&together, &rule, &weights, true), want, "{rule:?}");
        let changed = want.iter().zip(&weights).filter(|(after, before)| **after != before.to_bits());
        assert_eq!(changed.count(), SYNAPSES.len(), "{rule:?}");
    }
}

#[test]
fn a_change_is_told_with_the_line_that_the_synapse_comes_from() {
    let layout = Layout::singles(vec![0, 1, 1, 3], vec![0, 0, 1], 2, Vec::new());
    let mut plastic = Plastic::new(rules().remove(0), layout, None).unwrap();
    let mut weights = [0.04; 3];
    plastic.tell(&mut weights);
    for (ms, rows, spikes) in [(1, &[2][..], &[][..]), (3, &[0, 1], &[]), (5, &[], &[0, 1])] {
        let time = Time::from_fs(ms * MS);
        plastic.arrive(time, rows, &mut weights);
        plastic.settle(time, rows, spikes, &mut weights);
    }
    let told: Vec<_> = plastic.changes().map(|change| (change.row, change.column, change.after)).collect();
    assert_eq!(told, [(0, 0, weights[0]), (2, 0, weights[1]), (2, 1, weights[2])]);
}
