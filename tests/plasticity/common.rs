//! Double-double arithmetic (about 31 digits) and trains of spikes for the plasticity tests.

#![allow(dead_code, reason = "every test file uses its own part of this")]

use memspike::engine::{Learning, Queue, Silent, Simulation, layout};
use memspike::network::{Builder, Delays, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::plasticity::{Plastic, Rule};
use memspike::time::Time;
use memspike::units::{Second, Volt};
use std::sync::Arc;

/// An unevaluated sum of two f64.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Dd(pub f64, pub f64);

impl Dd {
    pub const ZERO: Self = Self(0.0, 0.0);
    pub const ONE: Self = Self(1.0, 0.0);

    fn sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let t = s - a;
        Self(s, (a - (s - t)) + (b - t))
    }

    pub fn of(x: f64) -> Self {
        Self(x, 0.0)
    }

    /// e^x by halving, a Taylor series, and squaring.
    pub fn exp(self) -> Self {
        let mut halvings = 0;
        let mut x = self;
        while x.0.abs() > 0.01 {
            x = Self(0.5 * x.0, 0.5 * x.1);
            halvings += 1;
        }
        let (mut term, mut sum) = (Self::ONE, Self::ONE);
        for k in 1..16 {
            term = term * x / Self::of(f64::from(k));
            sum = sum + term;
        }
        for _ in 0..halvings {
            sum = sum * sum;
        }
        sum
    }

    /// ln x by two Newton steps from the f64 value.
    pub fn ln(self) -> Self {
        let mut y = Self::of(self.0.ln());
        for _ in 0..2 {
            y = y + self * (-y).exp() - Self::ONE;
        }
        y
    }

    pub fn min(self, other: Self) -> Self {
        if (self - other).0 > 0.0 { other } else { self }
    }

    pub fn max(self, other: Self) -> Self {
        if (self - other).0 < 0.0 { other } else { self }
    }
}

impl std::ops::Add for Dd {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        let s = Self::sum(self.0, other.0);
        let t = Self::sum(self.1, other.1);
        let s = Self::sum(s.0, s.1 + t.0);
        Self::sum(s.0, s.1 + t.1)
    }
}

impl std::ops::Neg for Dd {
    type Output = Self;
    fn neg(self) -> Self {
        Self(-self.0, -self.1)
    }
}

impl std::ops::Sub for Dd {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self + -other
    }
}

impl std::ops::Mul for Dd {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        let p = self.0 * other.0;
        let error = self.0.mul_add(other.0, -p);
        Self::sum(p, error + (self.0 * other.1 + self.1 * other.0))
    }
}

impl std::ops::Div for Dd {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let q = self.0 / other.0;
        let rest = self - other * Self::of(q);
        let q2 = rest.0 / other.0;
        let rest = rest - other * Self::of(q2);
        Self::sum(q, q2) + Self::of(rest.0 / other.0)
    }
}

/// e^(-(later - earlier)/tau).
pub fn decay(later: u64, earlier: u64, tau: Second) -> Dd {
    let span = Dd::of((later - earlier) as f64);
    (-(span / (Dd::of(tau.get()) * Dd::of(1e15)))).exp()
}

/// A generator for trains, independent of the program's.
pub struct Dice(pub u64);

impl Dice {
    pub fn word(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn unit(&mut self) -> f64 {
        ((self.word() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
    }
}

pub const MS: u64 = 1_000_000_000_000;

/// Spikes of a train of `rate` hertz until `end` fs; every other one is moved to a grid of 1 ms, so that
/// trains meet.
pub fn train(dice: &mut Dice, rate: f64, end: u64) -> Vec<u64> {
    let mut spikes = Vec::new();
    let mut t = 0.0;
    loop {
        t -= dice.unit().ln() / rate;
        let mut at = (t * 1e15) as u64;
        if dice.word().is_multiple_of(2) {
            at = at / MS * MS;
        }
        if at >= end {
            break;
        }
        spikes.push(at);
    }
    spikes.sort_unstable();
    spikes.dedup();
    spikes
}

/// Delay of the plastic projection.
pub const DELAY: u64 = 3 * MS / 2;

/// Trains of rows and columns: rows at the synapse, columns as they spike.
#[derive(Clone, Debug)]
pub struct Trains {
    pub rows: Vec<Vec<u64>>,
    pub cols: Vec<Vec<u64>>,
}

impl Trains {
    pub fn new(seed: u64, rows: usize, cols: usize, rate: f64, end: u64) -> Self {
        let mut dice = Dice(seed | 1);
        let shifted = |train: Vec<u64>| train.into_iter().map(|t| t + 2 * MS).collect::<Vec<_>>();
        Self {
            rows: (0..rows).map(|_| shifted(train(&mut dice, rate, end))).collect(),
            cols: (0..cols).map(|_| shifted(train(&mut dice, rate, end))).collect(),
        }
    }

    /// All instants, ascending; synapses may have delays of their own.
    pub fn instants(&self, delays: &[u64]) -> Vec<u64> {
        let mut all: Vec<u64> = self.rows.iter().chain(&self.cols).flatten().copied().collect();
        let late = |&delay: &u64| self.rows.iter().flatten().map(move |t| t - DELAY + delay);
        all.extend(delays.iter().flat_map(late));
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Neurons that spike exactly when they are told to, whatever their plastic inputs are: inputs are volts
    /// against a threshold of a megavolt, and a teacher gives two. Synapses have delays of their own unless there are none.
    pub fn network(&self, connect: Rows, delays: &[u64]) -> Arc<Network> {
        let mut builder = Builder::default();
        let list = |trains: &[Vec<u64>], early: u64| {
            let spikes = trains.iter().enumerate();
            let mut spikes: Vec<(Time, u32)> = spikes
                .flat_map(|(id, train)| train.iter().map(move |t| (Time::from_fs(t - early), id as u32)))
                .collect();
            spikes.sort_unstable();
            SourceKind::List(spikes)
        };
        let pre = builder.source("pre", self.rows.len() as u32, list(&self.rows, DELAY));
        let teacher = builder.source("teacher", self.cols.len() as u32, list(&self.cols, 0));
        let lif = Lif {
            tau_m: Second::new(1e-2),
            u_rest: Volt::ZERO,
            v_th: Volt::new(1e6),
            reset: Reset::Rest,
            ..Lif::default()
        };
        let post = builder.population("post", self.cols.len() as u32, lif);
        let plastic = builder.projection("plastic", pre, post, Kernel::Delta, Time::from_fs(DELAY), connect);
        if !delays.is_empty() {
            builder.delays(plastic, Delays::Exact(delays.to_vec()));
            builder.multapses(plastic);
        }
        builder.projection("teacher", teacher, post, Kernel::Delta, Time::ZERO, Rows::Dense);
        builder.finish().expect("a network")
    }

    /// Weights: the plastic ones as given, the teacher's on the diagonal.
    pub fn weights(&self, network: &Arc<Network>, plastic: &[f64]) -> Weights<f64> {
        let n = self.cols.len();
        let teacher = (0..n * n).map(|k| if k % (n + 1) == 0 { 2e6 } else { 0.0 }).collect();
        Weights::from_values(network, &[plastic.to_vec(), teacher])
    }
}

pub fn learning(network: &Arc<Network>, rule: &Rule, wait: bool) -> Learning {
    let layout = layout(network, &network.projections[0]);
    let plastic = Plastic::new(rule.clone(), layout, None).expect("a rule");
    Learning::new(network, vec![Some(plastic), None], wait).expect("a learning network")
}

/// Weights (without padding) after each of these instants, by time.
pub fn trajectory<Q: Queue<f64>>(
    network: &Arc<Network>,
    weights: &Weights<f64>,
    learning: &mut Learning,
    instants: &[u64],
) -> Vec<(u64, Vec<f64>)> {
    let mut weights = weights.clone();
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    let after = |&instant: &u64| {
        let end = Time::from_fs(instant + 1);
        while simulation.step_learning(&mut weights, end, learning, &mut Silent).unwrap() {}
        (instant, learning.current(&weights, end).values(network, 0))
    };
    instants.iter().map(after).collect()
}
