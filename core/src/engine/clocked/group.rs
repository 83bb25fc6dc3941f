//! The neurons of one population on the grid: what a step makes of their membranes, currents and drives.

use crate::engine::route::Changes;
use crate::network::{Effect, Network, decays};
use crate::neuron::synaptic::{Current, Decay};
use crate::neuron::{Firing, Lif};
use crate::numeric::exp;
use crate::time::Time;
use crate::units::Second;

/// What a neuron is made of.
#[derive(Clone)]
pub(super) struct Member {
    pub lif: Lif,
    pub theta: f64,
    pub firing: Firing<f64>,
    pub bias: f64,
    /// In steps.
    pub refractory: u64,
    /// e^-(dt/tau_m), and for each time constant the factor, response to p and response to q of one step.
    pub membrane: f64,
    pub responses: Vec<(f64, f64, f64)>,
    pub decays: Vec<Decay>,
}

impl Member {
    fn new(lif: Lif, taus: &[f64], dt: Time) -> Self {
        let tau_m = lif.tau_m.get();
        let s = dt.as_seconds() / tau_m;
        let decays: Vec<Decay> = taus.iter().map(|&tau| Decay::new(tau, tau_m)).collect();
        let mut refractory = lif.refractory().fs().saturating_add(dt.fs() / 2) / dt.fs();
        if lif.t_ref > Second::ZERO {
            refractory = refractory.max(1);
        }
        Self {
            theta: lif.theta(),
            firing: Firing::above_rest(&lif),
            bias: lif.bias(),
            refractory,
            membrane: exp(-s),
            responses: decays.iter().map(|decay| decay.response(s, exp(-s))).collect(),
            decays,
            lif,
        }
    }
}

/// One population on the grid.
#[derive(Clone)]
pub(super) struct Group {
    /// Of all neurons, or of each.
    pub kinds: Vec<Member>,
    /// Whether pulses drive it.
    pub pulsed: bool,
    pub x: Vec<f64>,
    pub level: Vec<f64>,
    pub slope: Vec<f64>,
    /// Pulses, and pieces of currents, in progress.
    pub pulses: Vec<u32>,
    pub currents: Vec<Current>,
    /// Step at which the neuron is free again.
    pub until: Vec<u64>,
    pub jumped: Vec<bool>,
    pub touched: Vec<u32>,
    /// A sample every so many steps.
    pub sampled: Option<u64>,
}

impl Group {
    /// A population at the start of an episode, for steps of `dt`.
    pub fn new(network: &Network, index: usize, dt: Time) -> Self {
        let population = &network.populations[index];
        let size = population.size as usize;
        let taus = decays(network.arriving(index));
        let kinds: Vec<Member> =
            population.kinds().map(|neuron| Member::new(neuron.membrane(), &taus, dt)).collect();
        let pulsed =
            network.arriving(index).any(|p| matches!(p.kernel.effect(), Effect::Steps(_) | Effect::Follows));
        let pulses = if pulsed { size } else { 0 };
        Self {
            currents: vec![Current::default(); size * taus.len()],
            pulsed,
            x: (0..population.size).map(|neuron| population.member(neuron).membrane().start()).collect(),
            kinds,
            level: vec![0.0; pulses],
            slope: vec![0.0; pulses],
            pulses: vec![0; pulses],
            until: vec![0; size],
            jumped: vec![false; size],
            touched: Vec::new(),
            sampled: None,
        }
    }

    pub fn kind(&self, neuron: usize) -> &Member {
        self.kinds.get(neuron).unwrap_or(&self.kinds[0])
    }

    /// Membranes in volts.
    pub fn u(&self) -> Vec<f64> {
        let x = self.x.iter().enumerate();
        x.map(|(neuron, x)| x + self.kind(neuron).lif.u_rest.get()).collect()
    }

    /// Whether a refractory time ends at step `k` whose spike left the membrane above threshold.
    pub fn left(&self, neuron: usize, k: u64) -> bool {
        let kind = self.kind(neuron);
        kind.refractory > 0 && self.until[neuron] == k && kind.firing.fires_again(self.x[neuron])
    }

    /// Changes the drive of a neuron by what began `late` seconds ago.
    pub fn change(&mut self, neuron: usize, changes: &Changes, drive: f64, late: f64) {
        for change in changes.iter().flatten() {
            self.level[neuron] += drive * (change.level + change.slope * late);
            self.slope[neuron] += drive * change.slope;
            self.pulses[neuron] += u32::from(change.starts);
            if change.ends {
                self.pulses[neuron] = self.pulses[neuron].saturating_sub(1);
                if self.pulses[neuron] == 0 {
                    (self.level[neuron], self.slope[neuron]) = (0.0, 0.0);
                }
            }
        }
    }

    /// From step `k - 1` to step `k`.
    pub fn advance(&mut self, k: u64, dt: f64) {
        for neuron in 0..self.x.len() {
            let kind = self.kinds.get(neuron).unwrap_or(&self.kinds[0]);
            let each = kind.decays.len();
            let free = self.until[neuron] < k;
            let mut drive = kind.bias;
            let mut slope = 0.0;
            if self.pulsed {
                drive += self.level[neuron];
                slope = self.slope[neuron];
                self.level[neuron] += slope * dt;
            }
            let mut x = if slope == 0.0 {
                drive + (self.x[neuron] - drive) * kind.membrane
            } else {
                kind.lif.advance(self.x[neuron], drive, slope, dt)
            };
            let currents = &mut self.currents[neuron * each..(neuron + 1) * each];
            for ((decay, current), response) in kind.decays.iter().zip(currents).zip(&kind.responses) {
                x += current.p * response.1 + current.q * response.2;
                current.p = (current.p + current.q * (dt / decay.tau)) * response.0;
                current.q *= response.0;
            }
            if free {
                self.x[neuron] = x;
            }
        }
    }

    /// Whether the drive is above threshold, so that it and nothing else carries the membrane there: a membrane
    /// above threshold that falls was left there by a single subtraction, or has crossed within the step.
    pub fn raised(&self, neuron: usize) -> bool {
        let kind = self.kind(neuron);
        if !kind.firing.leaves() {
            return true;
        }
        let each = kind.decays.len();
        let currents = &self.currents[neuron * each..(neuron + 1) * each];
        let drive = kind.bias + self.level.get(neuron).unwrap_or(&0.0);
        currents.iter().fold(drive, |sum, current| sum + current.p) > self.x[neuron]
    }
}
