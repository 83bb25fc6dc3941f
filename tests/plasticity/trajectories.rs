//! Weight trajectories through the network engine against an independent computation: every pair of spikes is
//! enumerated anew at every instant, in double-double arithmetic.

use crate::common::{self, DELAY, Dd, MS, Trains, decay, learning, trajectory};
use memspike::engine::{Heap, Lanes};
use memspike::network::Rows;
use memspike::plasticity::{
    AtZero, Bounds, Dependence, Law, Pair, Pairing, PostTrace, Rectangular, Rule, Triplet, Unit,
};
use memspike::time::Time;
use memspike::units::Second;

const TOLERANCE: f64 = 1e-12;

fn law(dependence: Dependence, unit: Unit) -> Law {
    Law { dependence, unit, bounds: Bounds { w_min: 0.0, w_max: 1.0 } }
}

fn pair(pairing: Pairing, law: Law, at_zero: AtZero) -> Pair {
    Pair {
        pairing,
        at_zero,
        a_plus: 0.021,
        a_minus: 0.0247,
        tau_plus: Second::new(16.8e-3),
        tau_minus: Second::new(33.7e-3),
        law,
    }
}

fn share_to(share: Dd, mu: f64) -> Dd {
    if mu == 0.0 {
        Dd::ONE
    } else if share.0 <= 0.0 {
        Dd::ZERO
    } else {
        (Dd::of(mu) * share.ln()).exp()
    }
}

/// s f+ and s f- on [0, 1].
fn gains(law: &Law, w: Dd) -> (Dd, Dd) {
    let (low, high) = (w, Dd::ONE - w);
    let (up, down) = match law.dependence {
        Dependence::Additive => (Dd::ONE, Dd::ONE),
        Dependence::Multiplicative => (high, low),
        Dependence::Power { mu } => (share_to(high, mu), share_to(low, mu)),
        Dependence::Exponential { beta } => ((-(Dd::of(beta) * low)).exp(), (-(Dd::of(beta) * high)).exp()),
    };
    match law.unit {
        Unit::Span => (up, down),
        Unit::Weight => (w * up, w * down),
    }
}

fn clip(w: Dd) -> Dd {
    w.min(Dd::ONE).max(Dd::ZERO)
}

/// What one synapse does at an instant.
trait Oracle {
    /// Change in units of the gain before the test (arrival), down.
    fn depression(&self, pre: &[u64], post: &[u64], t: u64) -> Dd;
    /// Changes in units of the gains after it: (up, down), in order.
    fn after(&self, pre: &[u64], post: &[u64], t: u64) -> Vec<(Dd, Dd)>;
}

fn before(spikes: &[u64], t: u64) -> &[u64] {
    &spikes[..spikes.partition_point(|&s| s < t)]
}

fn sum(spikes: impl Iterator<Item = u64>, t: u64, tau: Second) -> Dd {
    spikes.fold(Dd::ZERO, |sum, s| sum + decay(t, s, tau))
}

impl Oracle for Pair {
    fn depression(&self, pre: &[u64], post: &[u64], t: u64) -> Dd {
        let (pre, post) = (before(pre, t), before(post, t));
        let partners: Vec<u64> = match self.pairing {
            Pairing::AllToAll => post.to_vec(),
            Pairing::Nearest | Pairing::PreCentred => post.last().copied().into_iter().collect(),
            Pairing::Restricted => {
                let nearest = post.last().copied();
                // An arrival at the instant of that post comes after it, and so between.
                nearest.filter(|&n| !pre.iter().any(|&p| p >= n)).into_iter().collect()
            }
        };
        Dd::of(self.a_minus) * sum(partners.into_iter(), t, self.tau_minus)
    }

    fn after(&self, pre: &[u64], post: &[u64], t: u64) -> Vec<(Dd, Dd)> {
        let mut changes = Vec::new();
        let coincide = pre.contains(&t) && post.contains(&t);
        if post.contains(&t) {
            let (pre, post) = (before(pre, t), before(post, t));
            let partners: Vec<u64> = match self.pairing {
                Pairing::AllToAll => pre.to_vec(),
                Pairing::Nearest => pre.last().copied().into_iter().collect(),
                // An arrival at the instant of the last post was not paired with it: it comes after.
                Pairing::PreCentred => match post.last() {
                    Some(&last) => pre.iter().copied().filter(|&p| p >= last).collect(),
                    None => pre.to_vec(),
                },
                Pairing::Restricted => {
                    let nearest = pre.last().copied();
                    nearest.filter(|&n| !post.iter().any(|&p| p > n)).into_iter().collect()
                }
            };
            changes.push((Dd::of(self.a_plus) * sum(partners.into_iter(), t, self.tau_plus), Dd::ZERO));
        }
        if coincide {
            match self.at_zero {
                AtZero::None => {}
                AtZero::Ltp => changes.push((Dd::of(self.a_plus), Dd::ZERO)),
                AtZero::Ltd => changes.push((Dd::ZERO, Dd::of(self.a_minus))),
            }
        }
        changes
    }
}

impl Oracle for Triplet {
    fn depression(&self, pre: &[u64], post: &[u64], t: u64) -> Dd {
        let (pre, post) = (self.kept(before(pre, t)), self.kept(before(post, t)));
        let o1 = sum(post.into_iter(), t, self.tau_minus);
        o1 * (Dd::of(self.a_minus) + Dd::of(self.a3_minus) * sum(pre.into_iter(), t, self.tau_x))
    }

    fn after(&self, pre: &[u64], post: &[u64], t: u64) -> Vec<(Dd, Dd)> {
        if !post.contains(&t) {
            return Vec::new();
        }
        let (pre, post) = (self.kept(before(pre, t)), self.kept(before(post, t)));
        let r1 = sum(pre.into_iter(), t, self.tau_plus);
        let amplitude = Dd::of(self.a_plus) + Dd::of(self.a3_plus) * sum(post.into_iter(), t, self.tau_y);
        vec![(r1 * amplitude, Dd::ZERO)]
    }
}

trait Kept {
    fn kept(&self, spikes: &[u64]) -> Vec<u64>;
}

impl Kept for Triplet {
    fn kept(&self, spikes: &[u64]) -> Vec<u64> {
        if self.nearest { spikes.last().copied().into_iter().collect() } else { spikes.to_vec() }
    }
}

impl Oracle for Rectangular {
    fn depression(&self, _: &[u64], _: &[u64], _: u64) -> Dd {
        Dd::ZERO
    }

    fn after(&self, pre: &[u64], post: &[u64], t: u64) -> Vec<(Dd, Dd)> {
        if !post.contains(&t) {
            return Vec::new();
        }
        let window = self.window.fs();
        let active = pre.iter().any(|&p| p <= t && t - p <= window);
        let up = if active { self.a_plus } else { 0.0 };
        let down = if active { 0.0 } else { self.a_minus };
        vec![(Dd::of(up), Dd::of(down))]
    }
}

impl Oracle for PostTrace {
    fn depression(&self, _: &[u64], _: &[u64], _: u64) -> Dd {
        Dd::ZERO
    }

    fn after(&self, pre: &[u64], post: &[u64], t: u64) -> Vec<(Dd, Dd)> {
        if !post.contains(&t) {
            return Vec::new();
        }
        let seen: Vec<u64> = pre.iter().copied().filter(|&p| p <= t).collect();
        let kept = if self.saturate { &seen[seen.len().saturating_sub(1)..] } else { &seen[..] };
        let x = sum(kept.iter().copied(), t, self.tau_plus);
        vec![(Dd::of(self.a_plus) * (x - Dd::of(self.target)), Dd::ZERO)]
    }
}

/// The largest difference between the engine's trajectories and the oracle's; all engines have the same bits.
fn compare(rule: &Rule, oracle: &dyn Oracle, law: &Law, trains: &Trains, connect: &Rows, seed: u64) -> f64 {
    compare_late(rule, oracle, law, trains, (connect, &[]), seed)
}

/// The same of synapses that may have delays of their own.
fn compare_late(
    rule: &Rule,
    oracle: &dyn Oracle,
    law: &Law,
    trains: &Trains,
    (connect, delays): (&Rows, &[u64]),
    seed: u64,
) -> f64 {
    let network = trains.network(connect.clone(), delays);
    let instants = trains.instants(delays);
    let synapses: Vec<(usize, usize)> = match connect {
        Rows::Dense => {
            (0..trains.rows.len()).flat_map(|row| (0..trains.cols.len()).map(move |col| (row, col))).collect()
        }
        Rows::OneToOne => (0..trains.rows.len()).map(|row| (row, row)).collect(),
        Rows::Sparse { start, targets } => (0..trains.rows.len())
            .flat_map(|row| targets.of(start[row]..start[row + 1]).map(move |col| (row, col as usize)))
            .collect(),
    };
    let mut dice = common::Dice(seed | 1);
    let initial: Vec<f64> = synapses.iter().map(|_| 0.2 + 0.6 * dice.unit()).collect();
    let weights = trains.weights(&network, &initial);
    let got = trajectory::<Heap>(&network, &weights, &mut learning(&network, rule, false), &instants);
    for wait in [false, true] {
        let fast = trajectory::<Lanes>(&network, &weights, &mut learning(&network, rule, wait), &instants);
        assert_eq!(fast.len(), got.len());
        for (fast, got) in fast.iter().zip(&got) {
            let bits = |w: &[f64]| w.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
            assert_eq!((fast.0, bits(&fast.1)), (got.0, bits(&got.1)), "{rule:?} wait {wait}");
        }
    }
    let mut worst = 0.0f64;
    for (k, &(row, col)) in synapses.iter().enumerate() {
        let delay = delays.get(k).copied().unwrap_or(DELAY);
        let pre: Vec<u64> = trains.rows[row].iter().map(|t| t - DELAY + delay).collect();
        let (pre, post) = (&pre[..], &trains.cols[col][..]);
        let mut w = Dd::of(initial[k]);
        let mut travelled = 0.0;
        for &t in &instants {
            let start = w.0;
            if pre.contains(&t) {
                let change = oracle.depression(pre, post, t);
                w = clip(w - change * gains(law, w).1);
            }
            for (up, down) in oracle.after(pre, post, t) {
                let gains = gains(law, w);
                w = clip(w + (up * gains.0 - down * gains.1));
            }
            travelled += (w.0 - start).abs();
            let got = got[got.binary_search_by_key(&t, |record| record.0).expect("a record")].1[k];
            let error = (Dd::of(got) - w).0.abs();
            assert!(error <= TOLERANCE, "{rule:?}: {got} is {error:e} off at {t} fs, synapse {row} -> {col}");
            worst = worst.max(error);
        }
        assert!(travelled > 1e-4, "{rule:?}: nothing was learnt at {row} -> {col}");
    }
    worst
}

const DEPENDENCES: [Dependence; 4] = [
    Dependence::Additive,
    Dependence::Multiplicative,
    Dependence::Power { mu: 0.37 },
    Dependence::Exponential { beta: 3.0 },
];

fn sparse() -> Rows {
    Rows::sparse(vec![0, 2, 3, 5], vec![0, 1, 1, 0, 1])
}

#[test]
fn every_pairing_with_every_dependence_is_the_sum_over_its_pairs() {
    let mut worst = 0.0f64;
    let mut seed = 1;
    for pairing in Pairing::ALL {
        for dependence in DEPENDENCES {
            for unit in [Unit::Span, Unit::Weight] {
                for at_zero in [AtZero::None, AtZero::Ltp, AtZero::Ltd] {
                    seed += 1;
                    let law = law(dependence, unit);
                    let pair = pair(pairing, law, at_zero);
                    let trains = Trains::new(seed * 977, 3, 2, 30.0, 1200 * MS);
                    let connect = if seed % 4 == 0 { sparse() } else { Rows::Dense };
                    worst = worst.max(compare(&Rule::Pair(pair), &pair, &law, &trains, &connect, seed));
                }
            }
        }
    }
    assert!(worst > 0.0, "rounding must be seen, or nothing was compared");
}

/// The weight that a synapse ends with, under both engines, after arrivals and posts at these times in ms.
fn after_pairs(pairing: Pairing, arrivals: &[u64], posts: &[u64]) -> f64 {
    let of = |times: &[u64]| vec![times.iter().map(|t| t * MS).collect()];
    let trains = Trains { rows: of(arrivals), cols: of(posts) };
    let network = trains.network(Rows::Dense, &[]);
    let rule = Rule::Pair(pair(pairing, law(Dependence::Additive, Unit::Span), AtZero::None));
    let weights = trains.weights(&network, &[0.5]);
    let last = |all: Vec<(u64, Vec<f64>)>| all.last().map_or(f64::NAN, |record| record.1[0]);
    let heap = last(trajectory::<Heap>(
        &network,
        &weights,
        &mut learning(&network, &rule, false),
        &trains.instants(&[]),
    ));
    let lanes = last(trajectory::<Lanes>(
        &network,
        &weights,
        &mut learning(&network, &rule, false),
        &trains.instants(&[]),
    ));
    assert_eq!(heap.to_bits(), lanes.to_bits());
    heap
}

#[test]
fn an_arrival_at_the_instant_of_a_post_lies_between_that_post_and_the_next_arrival() {
    // Of an arrival and a post at 10 ms the arrival is the later one. So the arrival at 20 ms has it between itself
    // and the post, and leaves the weight alone under `restricted`; the post at 20 ms finds nothing between.
    // 0.0247 e^(-10/33.7) = 0.018358034... and 0.021 e^(-10/16.8) = 0.011580056...
    let close = |got: f64, want: f64| assert!((got - want).abs() < 1e-15, "{got}, not {want}");
    let (up, down) = (0.021 * (-10.0f64 / 16.8).exp(), 0.0247 * (-10.0f64 / 33.7).exp());
    close(after_pairs(Pairing::Restricted, &[10, 20], &[10]), 0.5);
    close(after_pairs(Pairing::Restricted, &[10], &[10, 20]), 0.5 + up);
    // Apart by an instant, with the post the later one, nothing lies between.
    close(after_pairs(Pairing::Restricted, &[9, 20], &[10]), 0.5 + 0.021 * (-1.0f64 / 16.8).exp() - down);
    close(after_pairs(Pairing::Nearest, &[10, 20], &[10]), 0.5 - down);
}

#[test]
fn long_silences_and_long_trains_lose_nothing() {
    // The epoch of the traces moves every 44 time constants, 0.75 s and 1.5 s; here bursts are 0.7 s apart, 4 s in all.
    for pairing in Pairing::ALL {
        let law = law(Dependence::Power { mu: 0.02 }, Unit::Span);
        let mut pair = pair(pairing, law, AtZero::None);
        (pair.a_plus, pair.a_minus) = (0.004, 0.0042);
        let mut trains = Trains::new(5, 2, 2, 60.0, 4000 * MS);
        for train in trains.rows.iter_mut().chain(&mut trains.cols) {
            train.retain(|t| t / (700 * MS) % 3 != 1);
        }
        compare(&Rule::Pair(pair), &pair, &law, &trains, &Rows::Dense, 9);
    }
}

#[test]
fn one_synapse_per_row_learns_like_the_others() {
    let law = law(Dependence::Multiplicative, Unit::Span);
    let pair = pair(Pairing::AllToAll, law, AtZero::None);
    let trains = Trains::new(77, 3, 3, 40.0, 800 * MS);
    compare(&Rule::Pair(pair), &pair, &law, &trains, &Rows::OneToOne, 3);
}

fn triplet(nearest: bool) -> Triplet {
    Triplet {
        nearest,
        a_plus: 0.004,
        a_minus: 0.012,
        a3_plus: 0.011,
        a3_minus: 0.003,
        tau_plus: Second::new(16.8e-3),
        tau_minus: Second::new(33.7e-3),
        tau_x: Second::new(101e-3),
        tau_y: Second::new(125e-3),
    }
}

#[test]
fn triplets_are_products_of_four_traces() {
    for nearest in [false, true] {
        for dependence in DEPENDENCES {
            let law = law(dependence, Unit::Span);
            let triplet = triplet(nearest);
            let trains = Trains::new(1234, 3, 2, 35.0, 1000 * MS);
            compare(&Rule::local(triplet, law), &triplet, &law, &trains, &Rows::Dense, 21);
        }
    }
}

#[test]
fn window_and_trace_rules_count_the_arrivals_of_their_instant() {
    for dependence in DEPENDENCES {
        let law = law(dependence, Unit::Span);
        let trains = Trains::new(4321, 3, 2, 35.0, 1000 * MS);
        let rectangular = Rectangular { a_plus: 0.07, a_minus: 0.05, window: Time::from_fs(10 * MS) };
        compare(&Rule::local(rectangular, law), &rectangular, &law, &trains, &Rows::Dense, 2);
        for saturate in [false, true] {
            let tau_plus = Second::new(20e-3);
            let trace = PostTrace { a_plus: 0.05, a_minus: None, target: 0.4, tau_plus, saturate };
            compare(&Rule::local(trace, law), &trace, &law, &trains, &Rows::Dense, 2);
        }
    }
}

/// Synapses with delays of their own: two of the second line lead to one neuron, and two arrive together.
fn late() -> (Rows, [u64; 6]) {
    let rows = Rows::sparse(vec![0, 2, 4, 6], vec![0, 1, 1, 1, 0, 1]);
    (rows, [MS / 2, 5 * MS / 2, 3 * MS / 2, 15 * MS, 3 * MS / 2, 200 * MS + 7])
}

#[test]
fn a_synapse_with_a_delay_of_its_own_learns_from_its_own_arrivals() {
    let (connect, delays) = late();
    let late = (&connect, &delays[..]);
    let mut seed = 500;
    for pairing in Pairing::ALL {
        for (dependence, at_zero) in
            DEPENDENCES.into_iter().zip([AtZero::None, AtZero::Ltp, AtZero::Ltd, AtZero::Ltp])
        {
            seed += 1;
            let law = law(dependence, Unit::Span);
            let pair = pair(pairing, law, at_zero);
            let trains = Trains::new(seed * 977, 3, 2, 30.0, 1200 * MS);
            compare_late(&Rule::Pair(pair), &pair, &law, &trains, late, seed);
        }
    }
    let law = law(Dependence::Multiplicative, Unit::Span);
    let trains = Trains::new(4321, 3, 2, 35.0, 1000 * MS);
    for nearest in [false, true] {
        let triplet = triplet(nearest);
        compare_late(&Rule::local(triplet, law), &triplet, &law, &trains, late, 21);
    }
    let rectangular = Rectangular { a_plus: 0.07, a_minus: 0.05, window: Time::from_fs(10 * MS) };
    compare_late(&Rule::local(rectangular, law), &rectangular, &law, &trains, late, 2);
    for saturate in [false, true] {
        let tau_plus = Second::new(20e-3);
        let trace = PostTrace { a_plus: 0.05, a_minus: None, target: 0.4, tau_plus, saturate };
        compare_late(&Rule::local(trace, law), &trace, &law, &trains, late, 2);
    }
}

#[test]
fn three_synapses_of_one_pair_see_one_spike_before_after_and_with_their_arrivals() {
    // A line spikes at 10 ms, its neuron at 20 ms. After 3, 10 and 14 ms it arrives 7 ms before, at that instant and 4 ms after it:
    // dw = a_plus e^(-7/16.8), what `at_zero` says of a_plus and a_minus, and -a_minus e^(-4/33.7).
    let trains = Trains { rows: vec![vec![10 * MS + DELAY]], cols: vec![vec![20 * MS]] };
    let delays = [3 * MS, 10 * MS, 14 * MS];
    let network = trains.network(Rows::sparse(vec![0, 3], vec![0; 3]), &delays);
    let weights = trains.weights(&network, &[0.5; 3]);
    let (before, after) = (0.021 * (-7.0f64 / 16.8).exp(), -0.0247 * (-4.0f64 / 33.7).exp());
    for (at_zero, at_once) in [(AtZero::None, 0.0), (AtZero::Ltp, 0.021), (AtZero::Ltd, -0.0247)] {
        for pairing in Pairing::ALL {
            let rule = Rule::Pair(pair(pairing, law(Dependence::Additive, Unit::Span), at_zero));
            let learn = |wait| learning(&network, &rule, wait);
            let end = [100 * MS];
            let heap = trajectory::<Heap>(&network, &weights, &mut learn(false), &end);
            let lanes = trajectory::<Lanes>(&network, &weights, &mut learn(true), &end);
            assert_eq!(heap, lanes);
            for (w, change) in heap[0].1.iter().zip([before, at_once, after]) {
                assert!((w - 0.5 - change).abs() < 1e-15, "{pairing:?}, {at_zero:?}: {w} - 0.5 != {change}");
            }
        }
    }
}

#[test]
fn the_oracles_arithmetic_is_good_to_25_digits() {
    // e = 2.71828182845904523536028747135266...; ln 2 = 0.693147180559945309417232121458...
    let e = Dd::ONE.exp();
    assert!((e - Dd(std::f64::consts::E, 1.445_646_891_729_250_2e-16)).0.abs() < 1e-29);
    let ln2 = Dd::of(2.0).ln();
    assert!((ln2 - Dd(std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17)).0.abs() < 1e-29);
    let third = Dd::ONE / Dd::of(3.0);
    assert!((third * Dd::of(3.0) - Dd::ONE).0.abs() < 1e-31);
}
