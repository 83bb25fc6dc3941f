//! One arrival at a dense plastic projection: the instant that a learning crossbar spends its time on.
//!
//! The same operations as [`super::core`] does for an instant of one arrival, without its tables. Held membranes
//! are not asked for along the row: all move, and the few that must not are put back. They are kept in the order in
//! which they were held, which is the order in which they are released.

use super::shared_decay::{SharedDecay, SharedParameters};
use crate::simd::{Work, vectorised};
use crate::time::Time;
use std::collections::VecDeque;

/// Held neurons of a population, the first to be released first, as of its last update.
#[derive(Clone, Debug, Default)]
pub(super) struct Held {
    queue: VecDeque<u32>,
    /// Up to when this is known, so that a change made elsewhere is seen.
    last: Option<Time>,
    saved: Vec<f64>,
}

/// x <- x d + w along a row; whether any may have reached the threshold.
struct Row<'a> {
    x: &'a mut [f64],
    weights: &'a [f64],
    decay: f64,
    theta: f64,
}

impl Work for Row<'_> {
    type Output = bool;

    #[inline(always)]
    fn run(self) -> bool {
        let Self { x, weights, decay, theta } = self;
        let mut highest = [f64::NEG_INFINITY; 4];
        for (x, weights) in x.chunks_exact_mut(4).zip(weights.chunks_exact(4)) {
            for lane in 0..4 {
                let moved = x[lane] * decay + weights[lane];
                x[lane] = moved;
                highest[lane] = if moved > highest[lane] { moved } else { highest[lane] };
            }
        }
        highest.iter().any(|&x| x >= theta)
    }
}

impl Held {
    /// Delivers one row at `time`; returns whether a neuron may fire. As [`SharedDecay::advance`] and
    /// [`SharedDecay::add`].
    pub fn deliver(
        &mut self,
        state: &mut SharedDecay<f64>,
        parameters: &SharedParameters<f64>,
        time: Time,
        weights: &[f64],
    ) -> bool {
        if self.last != Some(state.last) || self.queue.len() != state.held as usize {
            self.look(state);
        }
        let decay = parameters.decay(state.last.fs(), time.fs());
        self.saved.clear();
        self.saved.extend(self.queue.iter().map(|&neuron| state.x[neuron as usize]));
        let mut any = vectorised(Row { x: &mut state.x, weights, decay, theta: parameters.theta });
        let mut released = 0;
        for (&neuron, &before) in self.queue.iter().zip(&self.saved) {
            let neuron = neuron as usize;
            let until = state.until[neuron];
            state.x[neuron] = if until <= time {
                released += 1;
                let x = before * parameters.decay(until.fs(), time.fs()) + weights[neuron];
                any |= x >= parameters.theta;
                x
            } else {
                before
            };
        }
        self.queue.drain(..released);
        state.held -= released as u32;
        state.last = time;
        self.last = Some(time);
        any
    }

    /// A neuron fired and is held from now on.
    pub fn hold(&mut self, state: &SharedDecay<f64>, neuron: u32) {
        if !state.until.is_empty() {
            self.queue.push_back(neuron);
        }
    }

    /// Something else may have changed who is held, and until when.
    pub fn forget(&mut self) {
        self.last = None;
    }

    /// Who is held, from the membranes themselves.
    fn look(&mut self, state: &SharedDecay<f64>) {
        self.queue.clear();
        let held = state.until.iter().enumerate().filter(|(_, until)| **until > state.last);
        self.queue.extend(held.map(|(neuron, _)| neuron as u32));
        // Stable: those released together stay in order.
        self.queue.make_contiguous().sort_by_key(|&neuron| state.until[neuron as usize]);
        self.last = Some(state.last);
    }
}
