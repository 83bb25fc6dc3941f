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
use super::entry::RuleEntry;
use super::layout::Layout;
use super::memory::{Last, Memory};
use super::rule::{Law, Rule};
use super::trace::{Mark, Of, Trace};
use crate::keys::{ModelKey, Reader, choice, key};
use crate::simd::{Work, vectorised};
use crate::time::Time;
use crate::units::Second;
use serde::{Deserialize, Serialize};

/// Which pairs of spikes count (Morrison, Diesmann & Gerstner, Biol. Cybern. 98, 459 (2008), fig. 7).
///
/// There is no spike before the first one, and none at time 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pairing {
    /// Every post with every earlier pre, every pre with every earlier post.
    AllToAll,
    /// Every post with the last earlier pre, every pre with the last earlier post.
    Nearest,
    /// Every pre with the last earlier post and with the next post: a post takes all pres since the
    /// post before it, summed.
    PreCentred,
    /// As `Nearest`, if no spike of the same side lies between the two. An arrival at the instant of a post lies
    /// after it: between that post and the next arrival, and not between itself and the next post.
    Restricted,
}

impl Pairing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AllToAll, Self::Nearest, Self::PreCentred, Self::Restricted];
}

/// What a pair at dt = 0 contributes, whatever the pairing and beside what it does otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AtZero {
    /// Nothing: equal pulses cancel across a device.
    #[default]
    None,
    /// a_plus f+.
    Ltp,
    /// -a_minus f-.
    Ltd,
}

/// Exponential pair STDP.
///
/// dt = t_post - t_arrival: dw = +a_plus s f+(w) e^(-dt/tau_plus) for dt > 0, at the post-synaptic spike;
/// dw = -a_minus s f-(w) e^(+dt/tau_minus) for dt < 0, at the arrival. Several pairs of one instant are summed
/// first, the weight is clipped after every update.
///
/// Source: Song, Miller & Abbott, Nat. Neurosci. 3, 919 (2000); all-to-all sums by traces as in Morrison, Diesmann &
/// Gerstner (2008). The constants of Yan et al. (fitted to their fig. 3c, in percent of the present conductance) are
/// in [`crate::device::overlap::ExponentialWindow`].
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Which pairs count.
    pub pairing: Pairing,
    /// What an arrival and a spike at the same instant do.
    pub at_zero: AtZero,
    /// Size of a change at dt -> 0, as a fraction of `law.unit`; both are positive.
    pub a_plus: f64,
    /// Depression, as `a_plus`.
    pub a_minus: f64,
    /// Time constant of the potentiating side.
    pub tau_plus: Second,
    /// Time constant of the depressing side.
    pub tau_minus: Second,
    /// How a change becomes a weight.
    pub law: Law,
}

impl Pair {
    /// Area of potentiation over that of depression: above 1, uncorrelated spikes drive additive weights up.
    #[must_use]
    pub fn balance(&self) -> f64 {
        self.a_plus * self.tau_plus / (self.a_minus * self.tau_minus)
    }
}

const FITTED: &str = "fitted: Yan et al., fig. 3c";

impl Pair {
    pub(super) const IDENTITY: (&'static str, u32) = ("stdp_pair", 1);

    const KEYS: &'static [ModelKey] = &[
        choice(
            "pairing",
            &[
                ("all_to_all", "every spike with every earlier one of the other side"),
                ("nearest", "every spike with the last earlier one of the other side"),
                ("pre_centred", "every arrival with the last spike and with the next one"),
                ("restricted", "as nearest, if no spike of the same side lies between"),
            ],
            "all_to_all",
            "which pairs of spikes count",
        ),
        choice(
            "at_zero",
            &[("none", "nothing"), ("ltp", "potentiation by a_plus"), ("ltd", "depression by a_minus")],
            "none",
            "what an arrival and a spike of the same instant do to each other",
        ),
        key(
            "a_plus",
            "",
            "1.3861",
            "amplitude of potentiation",
            "fitted: Yan et al., fig. 3c: 138.61 percent of the conductance",
        ),
        key(
            "a_minus",
            "",
            "1.0346",
            "amplitude of depression",
            "fitted: Yan et al., fig. 3c: 103.46 percent of the conductance",
        ),
        key("tau_plus", "s", "64.1 ms", "time constant of potentiation", FITTED),
        key("tau_minus", "s", "29.2 ms", "time constant of depression", FITTED),
    ];

    /// What a registry says about it.
    #[must_use]
    pub fn entry() -> RuleEntry {
        let (name, version) = Self::IDENTITY;
        RuleEntry {
            name,
            version,
            title: "exponential window of pairs of spikes",
            source: "Song, Miller & Abbott 2000; Morrison, Diesmann & Gerstner 2008",
            keys: Self::KEYS,
            device: None,
            make: |value, law| {
                let mut read = Reader::new(Self::KEYS, value);
                let pair = Self {
                    pairing: Pairing::ALL.get(read.word("pairing")).copied().unwrap_or(Pairing::AllToAll),
                    at_zero: [AtZero::None, AtZero::Ltp, AtZero::Ltd]
                        .get(read.word("at_zero"))
                        .copied()
                        .unwrap_or_default(),
                    a_plus: read.zero_or_more("a_plus"),
                    a_minus: read.zero_or_more("a_minus"),
                    tau_plus: Second::of(read.trace_constant("tau_plus")),
                    tau_minus: Second::of(read.trace_constant("tau_minus")),
                    law,
                };
                read.finish(Rule::Pair(pair))
            },
        }
    }

    /// What it remembers of a projection: traces of arrivals and of spikes.
    pub(super) fn remember(&self, memory: &mut Memory, layout: &Layout) {
        let mark = if self.pairing == Pairing::AllToAll { Mark::Add } else { Mark::Set };
        let pre = match self.pairing {
            Pairing::PreCentred => Trace::new(Of::Synapse, layout, self.tau_plus, Mark::Add),
            _ => Trace::new(Of::Row, layout, self.tau_plus, mark),
        };
        memory.traces = vec![pre, Trace::new(Of::Column, layout, self.tau_minus, mark)];
        if self.pairing == Pairing::Restricted {
            memory.last_pre = vec![Last::NEVER; layout.rows()];
            memory.last_post = vec![Last::NEVER; layout.cols()];
        }
    }
}

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
            rows.iter().for_each(|&row| memory.last_pre[row as usize] = Last::at(time));
            spikes.iter().for_each(|&col| memory.last_post[col as usize] = Last::at(time));
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
