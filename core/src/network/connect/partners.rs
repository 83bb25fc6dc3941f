//! Who a unit is connected with: a fixed number of partners, or each with a probability.

use crate::numeric::{ln_1p, neg_ln_unit};
use crate::random::Stream;

/// Which partners a unit has already: one bit each.
pub(super) struct Marks {
    bits: Vec<u64>,
}

impl Marks {
    /// For numbers below `partners`.
    pub fn new(partners: u32) -> Self {
        Self { bits: vec![0; (partners as usize).div_ceil(64)] }
    }

    /// Marks one; false if it was marked before.
    fn mark(&mut self, partner: u32) -> bool {
        let word = &mut self.bits[partner as usize / 64];
        let bit = 1 << (partner % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    fn clear(&mut self, partners: &[u32]) {
        for &partner in partners {
            self.bits[partner as usize / 64] = 0;
        }
    }
}

/// Draws `degree` partners of `partners`, without `without`.
pub(super) fn pick(
    stream: &mut Stream,
    degree: u32,
    partners: u32,
    without: Option<u32>,
    repeats: bool,
    marks: &mut Marks,
    out: &mut Vec<u32>,
) {
    let possible = partners - u32::from(without.is_some());
    if possible == 0 {
        return;
    }
    // Numbers below `possible` leave `without` out.
    let one = |stream: &mut Stream| {
        let number = ((u128::from(stream.next_word()) * u128::from(possible)) >> 64) as u32;
        number + u32::from(without.is_some_and(|without| number >= without))
    };
    if repeats {
        out.extend((0..degree).map(|_| one(stream)));
        return;
    }
    let degree = degree.min(possible);
    let before = out.len();
    // Of many, it is quicker to draw those that are left out.
    let left_out = degree > possible / 2;
    let wanted = if left_out { possible - degree } else { degree };
    while out.len() - before < wanted as usize {
        let partner = one(stream);
        if marks.mark(partner) {
            out.push(partner);
        }
    }
    if left_out {
        let excluded = out.split_off(before);
        let keeps = |partner: &u32| {
            Some(*partner) != without && marks.bits[*partner as usize / 64] >> (partner % 64) & 1 == 0
        };
        out.extend((0..partners).filter(keeps));
        marks.clear(&excluded);
    } else {
        marks.clear(&out[before..]);
    }
}

/// Draws every partner with probability p: gaps between those taken are geometric.
pub(super) fn scatter(stream: &mut Stream, p: f64, partners: u32, without: Option<u32>, out: &mut Vec<u32>) {
    let rate = -ln_1p(-p);
    let mut next = 0u64;
    loop {
        // p = 1 has an infinite rate and no gaps.
        let gap = (neg_ln_unit(stream.next_word()) / rate).min(u64::MAX as f64 / 4.0);
        next += gap as u64;
        if next >= u64::from(partners) {
            return;
        }
        if without.is_none_or(|without| u64::from(without) != next) {
            out.push(next as u32);
        }
        next += 1;
    }
}
