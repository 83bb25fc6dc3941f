//! Predicted firing times of one population: an indexed tree of minima, 16 children to a node.
//!
//! Leaves hold one time per neuron, `u64::MAX` for "never"; each node above holds the minimum of its
//! 16 children. Replacing a leaf that neither was nor becomes the minimum of its block stops there and
//! looks at none of its neighbours, so re-scheduling costs about the same whatever the number of neurons. Equal times resolve to the
//! lowest id by construction.

const FAN: usize = 16;
const NEVER: u64 = u64::MAX;

/// Minima of all levels, leaves first.
#[derive(Clone, Debug, Default)]
pub struct MinTree {
    levels: Vec<Vec<u64>>,
}

impl MinTree {
    /// `size` leaves, none of them predicted to fire.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let mut levels = vec![vec![NEVER; size.max(1).next_multiple_of(FAN)]];
        while levels[levels.len() - 1].len() > FAN {
            let above = levels[levels.len() - 1].len() / FAN;
            levels.push(vec![NEVER; above.next_multiple_of(FAN)]);
        }
        Self { levels }
    }

    /// Forgets every prediction.
    pub fn clear(&mut self) {
        for level in &mut self.levels {
            level.fill(NEVER);
        }
    }

    /// Replaces one leaf.
    #[inline]
    pub fn set(&mut self, leaf: usize, time: Option<u64>) {
        let mut index = leaf;
        let mut value = time.unwrap_or(NEVER);
        for depth in 0..self.levels.len() {
            let old = std::mem::replace(&mut self.levels[depth][index], value);
            let parent = index / FAN;
            let Some(&least) = self.levels.get(depth + 1).and_then(|above| above.get(parent)) else { return };
            if old == value || (old > least && value > least) {
                return;
            }
            if value > least {
                // The least has gone up: only now the others matter.
                let block = parent * FAN;
                value = self.levels[depth][block..block + FAN].iter().copied().fold(NEVER, u64::min);
            }
            index = parent;
        }
    }

    /// Time of one leaf; `u64::MAX` for "never".
    #[inline]
    #[must_use]
    pub fn leaf(&self, leaf: usize) -> u64 {
        self.levels[0][leaf]
    }

    /// Earliest time, if any.
    #[must_use]
    pub fn min(&self) -> Option<u64> {
        let top = &self.levels[self.levels.len() - 1];
        let time = top.iter().copied().fold(NEVER, u64::min);
        (time != NEVER).then_some(time)
    }

    /// Calls `visit` for every leaf whose time is `time`, in ascending order.
    pub fn each_at(&self, time: u64, mut visit: impl FnMut(usize)) {
        self.descend(self.levels.len() - 1, 0, time, &mut visit);
    }

    fn descend(&self, depth: usize, block: usize, time: u64, visit: &mut impl FnMut(usize)) {
        for index in block * FAN..(block + 1) * FAN {
            if self.levels[depth][index] <= time {
                if depth > 0 {
                    self.descend(depth - 1, index, time, visit);
                } else if self.levels[0][index] == time {
                    visit(index);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn agrees_with_a_scan(size in 1usize..700, sets in proptest::collection::vec((0usize..700, 0u64..40), 1..200)) {
            let mut tree = MinTree::new(size);
            let mut plain = vec![NEVER; size];
            for (leaf, time) in sets {
                let leaf = leaf % size;
                let time = (time < 35).then_some(time);
                tree.set(leaf, time);
                plain[leaf] = time.unwrap_or(NEVER);
                let least = plain.iter().copied().min().unwrap_or(NEVER);
                prop_assert_eq!(tree.min(), (least != NEVER).then_some(least));
                if least != NEVER {
                    let mut seen = Vec::new();
                    tree.each_at(least, |leaf| seen.push(leaf));
                    let want: Vec<usize> = (0..size).filter(|&leaf| plain[leaf] == least).collect();
                    prop_assert_eq!(seen, want);
                }
            }
        }
    }
}
