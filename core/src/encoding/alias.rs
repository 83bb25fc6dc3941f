//! Which source of a block spikes: Walker's alias method in exact integer arithmetic.
//!
//! n sources with integer weights w_i, W = sum w_i. Column c of the table holds its own source, an
//! alias and a threshold; a random column is accepted or aliased by one comparison. One 64-bit word
//! serves both: its high half picks the column, its low half is compared with the threshold.
//! Source i is then chosen with probability w_i / W to within n 2^-32.
//!
//! Source: A. J. Walker, "An efficient method for generating discrete random variables with general
//! distributions", ACM TOMS 3 (1977) 253; construction after M. D. Vose, IEEE TSE 17 (1991) 972.

use std::ops::{Deref, Range};
use std::sync::Arc;

/// One column: 8 bytes, so that a table of 784 sources stays in the first-level cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AliasCell {
    /// The column's own source is taken if the low half of the word does not exceed this.
    threshold: u32,
    own: u16,
    alias: u16,
}

/// The columns of one block: a stretch of a list that is shared, so that a copy costs nothing.
#[derive(Clone, Debug)]
pub struct Cells {
    // Not an `Arc<[AliasCell]>`, which copies the list it is made from: that of a data set has hundreds of megabytes.
    all: Arc<Vec<AliasCell>>,
    range: Range<usize>,
}

impl Cells {
    /// A stretch of a shared list.
    pub(super) fn of(all: &Arc<Vec<AliasCell>>, range: Range<usize>) -> Self {
        Self { all: Arc::clone(all), range }
    }
}

impl From<Vec<AliasCell>> for Cells {
    fn from(cells: Vec<AliasCell>) -> Self {
        Self { range: 0..cells.len(), all: Arc::new(cells) }
    }
}

impl Default for Cells {
    fn default() -> Self {
        Vec::new().into()
    }
}

impl Deref for Cells {
    type Target = [AliasCell];

    #[inline(always)]
    fn deref(&self) -> &[AliasCell] {
        &self.all[self.range.clone()]
    }
}

impl PartialEq for Cells {
    fn eq(&self, other: &Self) -> bool {
        self[..] == other[..]
    }
}

/// The columns of one block; only sources of non-zero weight have one.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct AliasTable {
    /// One column per line of non-zero weight.
    pub cells: Cells,
    /// Sum of the weights.
    pub total: u64,
}

impl AliasTable {
    /// Table for the given weights (each below 2^32; at most 2^16 of them).
    #[must_use]
    pub fn new(weights: &[u32]) -> Self {
        let mut cells = Vec::new();
        let total = append(weights.iter().copied(), &mut cells);
        Self { cells: cells.into(), total }
    }
}

/// Appends the columns for `weights` to `cells` and returns the sum of the weights.
///
/// Column heights are kept as integers: source i starts with w_i n units and a full column holds W,
/// so the heights add up exactly and nothing is left over at the end.
pub(super) fn append(weights: impl Iterator<Item = u32>, cells: &mut Vec<AliasCell>) -> u64 {
    let start = cells.len();
    let mut heights: Vec<u64> = Vec::new();
    let mut total = 0u64;
    for (source, weight) in weights.enumerate() {
        if weight > 0 {
            let source = source as u16;
            cells.push(AliasCell { threshold: u32::MAX, own: source, alias: source });
            heights.push(u64::from(weight));
            total += u64::from(weight);
        }
    }
    let n = heights.len() as u64;
    heights.iter_mut().for_each(|height| *height *= n);
    let cells = &mut cells[start..];
    let (mut small, mut large): (Vec<usize>, Vec<usize>) =
        (0..heights.len()).partition(|&column| heights[column] < total);
    while let (Some(under), Some(&over)) = (small.pop(), large.last()) {
        // height / total of the column is its own; the rest is filled from `over`.
        cells[under].threshold = (((u128::from(heights[under])) << 32) / u128::from(total)) as u32;
        cells[under].alias = cells[over].own;
        heights[over] -= total - heights[under];
        if heights[over] < total {
            large.pop();
            small.push(over);
        }
    }
    total
}

/// Whether column c always chooses source c.
pub(super) fn all_alike(cells: &[AliasCell]) -> bool {
    cells.iter().enumerate().all(|(column, cell)| {
        let own = usize::from(cell.own) == column;
        own && (cell.threshold == u32::MAX || cell.own == cell.alias)
    })
}

/// The source that a random word chooses from a table's columns.
#[inline(always)]
#[must_use]
pub fn choose(cells: &[AliasCell], word: u64) -> u16 {
    let column = ((word >> 32) * cells.len() as u64) >> 32;
    let cell = cells[column as usize];
    if word as u32 <= cell.threshold { cell.own } else { cell.alias }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Probability of each source implied by the table, in units of 2^-32 / n.
    fn implied(table: &AliasTable, sources: usize) -> Vec<f64> {
        let n = table.cells.len() as f64;
        let mut probability = vec![0.0; sources];
        for cell in table.cells.iter() {
            let own = if cell.own == cell.alias {
                1.0
            } else {
                (f64::from(cell.threshold) + 1.0) / 4_294_967_296.0
            };
            probability[usize::from(cell.own)] += own / n;
            probability[usize::from(cell.alias)] += (1.0 - own) / n;
        }
        probability
    }

    proptest! {
        #[test]
        fn every_source_has_its_share(weights in proptest::collection::vec(0u32..=255, 1..200)) {
            let table = AliasTable::new(&weights);
            prop_assert_eq!(table.total, weights.iter().map(|&w| u64::from(w)).sum::<u64>());
            let probability = implied(&table, weights.len());
            for (p, &w) in probability.iter().zip(&weights) {
                let want = if table.total == 0 { 0.0 } else { f64::from(w) / table.total as f64 };
                prop_assert!((p - want).abs() < 1e-7, "{} against {}", p, want);
            }
        }
    }

    #[test]
    fn a_silent_block_has_no_columns() {
        assert!(AliasTable::new(&[0, 0, 0]).cells.is_empty());
    }

    #[test]
    fn one_source_is_always_chosen() {
        let table = AliasTable::new(&[0, 9]);
        for word in [0, 1, u64::MAX, u64::MAX >> 1] {
            assert_eq!(choose(&table.cells, word), 1);
        }
    }
}
