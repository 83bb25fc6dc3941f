//! Exponential pair STDP with four ways of pairing.
//!
//! At an instant: arrivals depress by strictly earlier posts; (the engine delivers and tests;) posts potentiate by
//! strictly earlier arrivals; pairs at dt = 0 do what `at_zero` says; then the instant leaves its own marks. A
//! spike's mark is made after what it ends: a post that coincides with an arrival lies before it.
//!
//! Potentiation may wait ([`Log`]): a post writes down its column and its coefficient, and a row applies what has
//! been written down since it was last looked at, in order, when it is next looked at. Each weight sees the same
//! operations in the same order as if it had been done at once, so it has the same bits; and a row is in the
//! nearest cache when it is worked on, where a column is spread over all of memory.

use super::cells::{Cells, Ideal};
use super::dependence::{Bounds, Gain, ceiling, floor};
use super::layout::Layout;
use super::memory::Memory;
use super::rule::{AtZero, Pair, Pairing};
use crate::simd::{Work, vectorised};
use crate::time::Time;

/// Potentiation that waits to be applied: (column, coefficient) of each post, and how much of it each
/// row has seen.
#[derive(Clone, Debug, Default)]
pub struct Log {
    pub posts: Vec<(u32, f64)>,
    pub seen: Vec<u32>,
}

/// More posts than this do not wait.
const MOST: usize = 1 << 16;

impl Log {
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self { posts: Vec::new(), seen: vec![0; rows] }
    }

    #[must_use]
    pub fn full(&self) -> bool {
        self.posts.len() > MOST
    }
}

impl Pair {
    /// Whether potentiation of this rule may wait.
    #[must_use]
    pub fn can_wait(&self) -> bool {
        matches!(self.pairing, Pairing::AllToAll | Pairing::Nearest)
    }

    /// Depression of one row that arrives.
    pub(super) fn depress<C: Cells>(
        &self,
        memory: &Memory,
        cells: &mut C,
        layout: &Layout,
        weights: &mut [f64],
        time: Time,
        row: usize,
    ) {
        let post = &memory.traces[1];
        let c = self.a_minus * self.law.scale() * post.factor(time);
        let y = post.values();
        let restricted = self.pairing == Pairing::Restricted;
        layout.row(row, |k, col| {
            // No post since the last arrival: somebody else's pair. An arrival at the instant of a post lies
            // after it, so between that post and this arrival.
            if restricted && memory.last_pre[row] >= memory.last_post[col] {
                return;
            }
            let w = &mut weights[k];
            let gain = cells.gain(k).down(*w);
            cells.change(k, w, -(c * y[col]) * gain);
        });
    }

    /// Potentiation of one column that spikes.
    pub(super) fn potentiate<C: Cells>(
        &self,
        memory: &mut Memory,
        cells: &mut C,
        layout: &Layout,
        weights: &mut [f64],
        time: Time,
        col: usize,
    ) {
        let c = self.a_plus * self.law.scale() * memory.traces[0].factor(time);
        let per_synapse = self.pairing == Pairing::PreCentred;
        let restricted = self.pairing == Pairing::Restricted;
        let (pre, last_pre, last_post) = (&mut memory.traces[0], &memory.last_pre, &memory.last_post);
        layout.column(col, |k, row| {
            if restricted && last_post[col] > last_pre[row] {
                return;
            }
            let index = if per_synapse { k } else { row };
            let x = pre.values()[index];
            let w = &mut weights[k];
            let gain = cells.gain(k).up(*w);
            cells.change(k, w, c * x * gain);
            if per_synapse {
                pre.clear(k);
            }
        });
    }

    /// The pairs at dt = 0 of an instant.
    pub(super) fn coincide<C: Cells>(
        &self,
        cells: &mut C,
        layout: &Layout,
        weights: &mut [f64],
        rows: &[u32],
        spikes: &[u32],
    ) {
        if self.at_zero == AtZero::None {
            return;
        }
        for &row in rows {
            for &col in spikes {
                let Some(k) = layout.find(row as usize, col as usize) else { continue };
                let w = &mut weights[k];
                let gain = cells.gain(k);
                let dw = match self.at_zero {
                    AtZero::Ltp => self.a_plus * self.law.scale() * gain.up(*w),
                    _ => -(self.a_minus * self.law.scale() * gain.down(*w)),
                };
                cells.change(k, w, dw);
            }
        }
    }

    /// The marks an instant leaves.
    pub(super) fn mark(
        &self,
        memory: &mut Memory,
        layout: &Layout,
        time: Time,
        rows: &[u32],
        spikes: &[u32],
    ) {
        let (pre, post) = memory.traces.split_at_mut(1);
        let (pre, post) = (&mut pre[0], &mut post[0]);
        if !rows.is_empty() {
            let worth = pre.worth(time);
            for &row in rows {
                if self.pairing == Pairing::PreCentred {
                    layout.row(row as usize, |k, _| pre.mark(k, worth));
                } else {
                    pre.mark(row as usize, worth);
                }
            }
        }
        if !spikes.is_empty() {
            let worth = post.worth(time);
            spikes.iter().for_each(|&col| post.mark(col as usize, worth));
        }
        if self.pairing == Pairing::Restricted {
            rows.iter().for_each(|&row| memory.last_pre[row as usize] = Some(time));
            spikes.iter().for_each(|&col| memory.last_post[col as usize] = Some(time));
        }
    }
}

/// Depression of a dense row of ideal weights: as [`Pair::depress`], in vector instructions.
pub(super) struct DepressRow<'a, G> {
    pub weights: &'a mut [f64],
    pub post: &'a [f64],
    pub c: f64,
    pub gain: G,
    pub bounds: Bounds,
}

impl<G: Gain> Work for DepressRow<'_, G> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { weights, post, c, gain, bounds } = self;
        for (w, &y) in weights.iter_mut().zip(post) {
            *w = floor(ceiling(*w + -(c * y) * gain.down(*w), bounds.w_max), bounds.w_min);
        }
    }
}

/// Applies what waits for one dense row.
pub(super) fn catch_up<G: Gain>(cells: &Ideal<G>, weights: &mut [f64], x: f64, posts: &[(u32, f64)]) {
    for &(col, c) in posts {
        if let Some(w) = weights.get_mut(col as usize) {
            *w = cells.bounds.clip(*w + c * x * cells.gain.up(*w));
        }
    }
}

/// As [`DepressRow`] with the vector unit of the machine.
pub(super) fn depress_row<G: Gain>(weights: &mut [f64], post: &[f64], c: f64, cells: &Ideal<G>) {
    vectorised(DepressRow { weights, post, c, gain: cells.gain, bounds: cells.bounds });
}
