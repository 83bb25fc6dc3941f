//! Where the rows of a projection pass from one unit to the next.
//!
//! The targets of a row ascend and units are consecutive neurons, so each unit has one stretch of the row. Looking the
//! stretches up at every arrival takes longer than delivering a short one; they are found once.

use crate::network::{Network, Rows};
use crate::threads::Team;
use std::ops::Range;

/// Rows that a thread looks up at a time.
const ROWS: usize = 1 << 10;

/// The stretches of all rows of one sparse projection; empty for any other.
#[derive(Clone, Debug, Default)]
pub struct Cuts {
    /// Boundaries between the units of a row.
    between: usize,
    /// Of every row in turn: how many of its targets lie below each boundary.
    below: Vec<u32>,
}

impl Cuts {
    /// The rows of projection `index`, whose target population is cut into units of `piece` neurons.
    pub fn new(network: &Network, index: usize, piece: u32, team: &Team) -> Self {
        let projection = &network.projections[index];
        let size = network.populations[projection.to].size;
        let (Rows::Sparse { start, targets }, true) = (&projection.connect, piece < size) else {
            return Self::default();
        };
        let between = (size.div_ceil(piece) - 1) as usize;
        let mut below = vec![0u32; projection.rows as usize * between];
        team.share(below.chunks_mut(ROWS * between).enumerate(), |(chunk, below)| {
            for (below, row) in below.chunks_exact_mut(between).zip(start[chunk * ROWS..].windows(2)) {
                for (below, boundary) in below.iter_mut().zip(1..) {
                    // A boundary of a unit lies within the population.
                    *below = targets.below(row[0]..row[1], boundary * piece) as u32;
                }
            }
        });
        Self { between, below }
    }

    /// The synapses, of those that are `whole`, of row `row` that end in unit number `piece` of its population.
    #[inline]
    pub fn stretch(&self, whole: Range<usize>, row: u32, piece: usize) -> Range<usize> {
        let first = row as usize * self.between;
        let Some(below) = self.below.get(first..first + self.between) else { return whole };
        let begin =
            piece.checked_sub(1).and_then(|piece| below.get(piece)).map_or(0, |&below| below as usize);
        let end = below.get(piece).map_or(whole.end, |&below| whole.start + below as usize);
        whole.start + begin..end
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Builder, Kernel, Origin, SourceKind};
    use crate::neuron::Lif;
    use crate::time::Time;

    #[test]
    fn the_stretches_of_a_row_are_the_row_each_within_its_unit() {
        let mut builder = Builder::default();
        let source = builder.source("source", 4, SourceKind::List(Vec::new()));
        let population = builder.population("population", 10, Lif::default());
        let targets: Vec<u32> = vec![0, 2, 3, 5, 9, 4, 5, 0, 1, 2, 6, 7, 8];
        let start = vec![0, 5, 7, 7, 13];
        let rows = Rows::sparse(start.clone(), targets.clone());
        builder.projection("projection", source, population, Kernel::Delta, Time::from_fs(1), rows);
        let network = builder.finish().unwrap();
        assert!(matches!(network.projections[0].from, Origin::Source(0)));
        for piece in [1, 3, 4, 5, 9, 10, 11] {
            let cuts = Cuts::new(&network, 0, piece, &Team::default());
            for row in 0..4 {
                let whole = start[row]..start[row + 1];
                let mut next = whole.start;
                for unit in 0..10u32.div_ceil(piece) {
                    let stretch = cuts.stretch(whole.clone(), row as u32, unit as usize);
                    assert_eq!(stretch.start, next);
                    assert!(
                        targets[stretch.clone()].iter().all(|target| target / piece == unit),
                        "{piece} {row}"
                    );
                    next = stretch.end;
                }
                assert_eq!(next, whole.end);
            }
        }
    }
}
