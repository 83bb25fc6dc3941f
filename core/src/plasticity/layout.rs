//! Which synapses a row and a column have, and where their weights lie.

use serde::{Deserialize, Serialize};

/// The synapses of a projection.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Layout {
    /// Every row reaches every column; weights row by row, each row padded to `stride`.
    Dense {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        cols: usize,
        /// Length of a padded row.
        stride: usize,
    },
    /// Every row reaches every column; weights column by column: what rules that look at spikes are fastest on.
    Columns {
        /// Number of rows.
        rows: usize,
        /// Number of columns.
        cols: usize,
    },
    /// Row i reaches column i.
    OneToOne {
        /// Number of rows and of columns.
        size: usize,
    },
    /// Row r has the synapses `start[r]..start[r + 1]`, to `targets`; column c those in
    /// `incoming[begin[c]..begin[c + 1]]`, as (synapse, row).
    Sparse {
        /// Where each row begins in `targets`, and the end of the last.
        start: Vec<usize>,
        /// Column of each synapse.
        targets: Vec<u32>,
        /// Where each column begins in `incoming`, and the end of the last.
        begin: Vec<usize>,
        /// (synapse, row) of the synapses of all columns.
        incoming: Vec<(u32, u32)>,
    },
    /// Synapses with delays of their own, each with arrivals of its own: row k is synapse k and reaches column
    /// `targets[k]`; column c has the synapses `incoming[begin[c]..begin[c + 1]]`.
    Singles {
        /// Where the synapses of each line of the origin begin, and the end of the last.
        start: Vec<usize>,
        /// Column of each synapse.
        targets: Vec<u32>,
        /// Where each column begins in `incoming`, and the end of the last.
        begin: Vec<usize>,
        /// Synapses of all columns.
        incoming: Vec<u32>,
        /// Where the synapses of each line begin among those that this has a share of; empty: it has all.
        whole: Vec<usize>,
    },
}

/// What each of some synapses is noted as, column by column, and where each column begins, with the end of the last.
fn by_column<T: Clone + Default>(
    targets: &[u32],
    cols: usize,
    each: impl Iterator<Item = T>,
) -> (Vec<usize>, Vec<T>) {
    let mut begin = vec![0; cols + 1];
    for &target in targets {
        begin[target as usize + 1] += 1;
    }
    for col in 0..cols {
        begin[col + 1] += begin[col];
    }
    let mut next = begin.clone();
    let mut incoming = vec![T::default(); targets.len()];
    for (&target, synapse) in targets.iter().zip(each) {
        let slot = &mut next[target as usize];
        incoming[*slot] = synapse;
        *slot += 1;
    }
    (begin, incoming)
}

impl Layout {
    /// Sparse rows, with the columns worked out.
    #[must_use]
    pub fn sparse(start: &[usize], targets: &[u32], cols: usize) -> Self {
        let rows = (0..).zip(start.windows(2));
        let each = rows.flat_map(|(row, ends)| (ends[0]..ends[1]).map(move |k| (k as u32, row)));
        let (begin, incoming) = by_column(targets, cols, each);
        Self::Sparse { start: start.to_vec(), targets: targets.to_vec(), begin, incoming }
    }

    /// Synapses with delays of their own, from lines of which each has those from one place in `start` to the next: all of them,
    /// or, with where each line has them in the `whole`, a share.
    #[must_use]
    pub fn singles(start: Vec<usize>, targets: Vec<u32>, cols: usize, whole: Vec<usize>) -> Self {
        let (begin, incoming) = by_column(&targets, cols, 0..targets.len() as u32);
        Self::Singles { start, targets, begin, incoming, whole }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Dense { rows, .. } | Self::Columns { rows, .. } => *rows,
            Self::OneToOne { size } => *size,
            Self::Sparse { start, .. } => start.len().saturating_sub(1),
            Self::Singles { targets, .. } => targets.len(),
        }
    }

    /// Lines of the origin: rows, but where each synapse is one.
    #[must_use]
    pub fn lines(&self) -> usize {
        if let Self::Singles { start, .. } = self { start.len().saturating_sub(1) } else { self.rows() }
    }

    /// Synapses of a line of the origin.
    #[must_use]
    pub fn of_line(&self, line: usize) -> usize {
        if let Self::Singles { start, .. } = self {
            start[line + 1] - start[line]
        } else {
            self.fan_out(line)
        }
    }

    /// The line that a row belongs to.
    #[must_use]
    pub fn line(&self, row: usize) -> usize {
        // Of lines that begin at one place, the last has the synapses.
        if let Self::Singles { start, .. } = self { start.partition_point(|&k| k <= row) - 1 } else { row }
    }

    /// What number a row of the whole has here, if this is a share of it that the row reaches.
    #[inline]
    #[must_use]
    pub fn own(&self, row: u32) -> u32 {
        match self {
            Self::Singles { start, whole, .. } if !whole.is_empty() => {
                let line = whole.partition_point(|&k| k <= row as usize) - 1;
                (start[line] + row as usize - whole[line]) as u32
            }
            _ => row,
        }
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> usize {
        match self {
            Self::Dense { cols, .. } | Self::Columns { cols, .. } => *cols,
            Self::OneToOne { size } => *size,
            Self::Sparse { begin, .. } | Self::Singles { begin, .. } => begin.len().saturating_sub(1),
        }
    }

    /// Length of the list of weights, with its padding.
    #[must_use]
    pub fn weights(&self) -> usize {
        match self {
            Self::Dense { rows, stride, .. } => rows * stride,
            Self::Columns { rows, cols } => rows * cols,
            Self::OneToOne { size } => *size,
            Self::Sparse { targets, .. } | Self::Singles { targets, .. } => targets.len(),
        }
    }

    /// Synapses of a row.
    #[must_use]
    pub fn fan_out(&self, row: usize) -> usize {
        match self {
            Self::Dense { cols, .. } | Self::Columns { cols, .. } => *cols,
            Self::OneToOne { .. } | Self::Singles { .. } => 1,
            Self::Sparse { start, .. } => start[row + 1] - start[row],
        }
    }

    /// Synapses of a column.
    #[must_use]
    pub fn fan_in(&self, col: usize) -> usize {
        match self {
            Self::Dense { rows, .. } | Self::Columns { rows, .. } => *rows,
            Self::OneToOne { .. } => 1,
            Self::Sparse { begin, .. } | Self::Singles { begin, .. } => begin[col + 1] - begin[col],
        }
    }

    /// Number of a synapse: its place among the weights without the padding.
    #[must_use]
    pub fn number(&self, weight: usize) -> usize {
        match self {
            Self::Dense { cols, stride, .. } => weight / stride * cols + weight % stride,
            _ => weight,
        }
    }

    /// Which device each synapse has by its number, where they are not the same: devices are counted row by row.
    #[must_use]
    pub fn devices(&self) -> Vec<u32> {
        match self {
            Self::Columns { rows, cols } => {
                (0..rows * cols).map(|n| (n % rows * cols + n / rows) as u32).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Calls `visit` with (weight, column) of every synapse of a row, ascending.
    #[inline(always)]
    pub fn row(&self, row: usize, mut visit: impl FnMut(usize, usize)) {
        match self {
            Self::Dense { cols, stride, .. } => (0..*cols).for_each(|col| visit(row * stride + col, col)),
            Self::Columns { rows, cols } => (0..*cols).for_each(|col| visit(col * rows + row, col)),
            Self::OneToOne { .. } => visit(row, row),
            Self::Sparse { start, targets, .. } => {
                let range = start[row]..start[row + 1];
                for (&target, synapse) in targets[range.clone()].iter().zip(range) {
                    visit(synapse, target as usize);
                }
            }
            Self::Singles { targets, .. } => visit(row, targets[row] as usize),
        }
    }

    /// Calls `visit` with (weight, row) of every synapse of a column, ascending.
    #[inline(always)]
    pub fn column(&self, col: usize, mut visit: impl FnMut(usize, usize)) {
        match self {
            Self::Dense { rows, stride, .. } => (0..*rows).for_each(|row| visit(row * stride + col, row)),
            Self::Columns { rows, .. } => (0..*rows).for_each(|row| visit(col * rows + row, row)),
            Self::OneToOne { .. } => visit(col, col),
            Self::Sparse { begin, incoming, .. } => {
                for &(synapse, row) in &incoming[begin[col]..begin[col + 1]] {
                    visit(synapse as usize, row as usize);
                }
            }
            Self::Singles { begin, incoming, .. } => {
                for &synapse in &incoming[begin[col]..begin[col + 1]] {
                    visit(synapse as usize, synapse as usize);
                }
            }
        }
    }

    /// Calls `visit` with (weight, number) of every synapse, ascending.
    #[inline(always)]
    pub fn each(&self, mut visit: impl FnMut(usize, usize)) {
        if let Self::Dense { rows, cols, stride } = self {
            for row in 0..*rows {
                (0..*cols).for_each(|col| visit(row * stride + col, row * cols + col));
            }
        } else {
            (0..self.weights()).for_each(|k| visit(k, k));
        }
    }

    /// The synapse from a row to a column, if there is one.
    #[must_use]
    pub fn find(&self, row: usize, col: usize) -> Option<usize> {
        match self {
            Self::Dense { stride, .. } => Some(row * stride + col),
            Self::Columns { rows, .. } => Some(col * rows + row),
            Self::OneToOne { .. } => (row == col).then_some(row),
            Self::Sparse { start, targets, .. } => {
                let range = start[row]..start[row + 1];
                let at = targets[range].binary_search(&(col as u32)).ok()?;
                Some(start[row] + at)
            }
            Self::Singles { targets, .. } => (targets[row] as usize == col).then_some(row),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_and_columns_visit_the_same_synapses() {
        let sparse = Layout::sparse(&[0, 2, 2, 5], &[1, 3, 0, 1, 2], 4);
        let columns = Layout::Columns { rows: 3, cols: 5 };
        let singles = Layout::singles(vec![0, 2, 2, 5], vec![1, 3, 0, 1, 2], 4, Vec::new());
        assert_eq!([0, 1, 2, 4].map(|row| singles.line(row)), [0, 0, 2, 2]);
        let dense = Layout::Dense { rows: 3, cols: 5, stride: 8 };
        for layout in [sparse, singles, dense, columns, Layout::OneToOne { size: 4 }] {
            let mut by_row = Vec::new();
            for row in 0..layout.rows() {
                let before = by_row.len();
                layout.row(row, |k, col| by_row.push((k, row, col)));
                assert_eq!(by_row.len() - before, layout.fan_out(row));
            }
            let mut by_column = Vec::new();
            for col in 0..layout.cols() {
                let before = by_column.len();
                layout.column(col, |k, row| by_column.push((k, row, col)));
                assert_eq!(by_column.len() - before, layout.fan_in(col));
            }
            by_column.sort_unstable_by_key(|&(_, row, col)| (row, col));
            assert_eq!(by_row, by_column);
            for (number, &(k, row, col)) in by_row.iter().enumerate() {
                assert_eq!(layout.find(row, col), Some(k));
                let device = layout.devices().get(layout.number(k)).map_or(layout.number(k), |&n| n as usize);
                assert_eq!(device, number);
            }
        }
    }
}
