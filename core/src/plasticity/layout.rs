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
}

impl Layout {
    /// Sparse rows, with the columns worked out.
    #[must_use]
    pub fn sparse(start: &[usize], targets: &[u32], cols: usize) -> Self {
        let mut begin = vec![0; cols + 1];
        for &target in targets {
            begin[target as usize + 1] += 1;
        }
        for col in 0..cols {
            begin[col + 1] += begin[col];
        }
        let mut next = begin.clone();
        let mut incoming = vec![(0, 0); targets.len()];
        for (row, window) in start.windows(2).enumerate() {
            for synapse in window[0]..window[1] {
                let slot = &mut next[targets[synapse] as usize];
                incoming[*slot] = (synapse as u32, row as u32);
                *slot += 1;
            }
        }
        Self::Sparse { start: start.to_vec(), targets: targets.to_vec(), begin, incoming }
    }

    /// Number of rows.
    #[must_use]
    pub fn rows(&self) -> usize {
        match self {
            Self::Dense { rows, .. } | Self::Columns { rows, .. } => *rows,
            Self::OneToOne { size } => *size,
            Self::Sparse { start, .. } => start.len().saturating_sub(1),
        }
    }

    /// Number of columns.
    #[must_use]
    pub fn cols(&self) -> usize {
        match self {
            Self::Dense { cols, .. } | Self::Columns { cols, .. } => *cols,
            Self::OneToOne { size } => *size,
            Self::Sparse { begin, .. } => begin.len().saturating_sub(1),
        }
    }

    /// Length of the list of weights, with its padding.
    #[must_use]
    pub fn weights(&self) -> usize {
        match self {
            Self::Dense { rows, stride, .. } => rows * stride,
            Self::Columns { rows, cols } => rows * cols,
            Self::OneToOne { size } => *size,
            Self::Sparse { targets, .. } => targets.len(),
        }
    }

    /// Synapses of a row.
    #[must_use]
    pub fn fan_out(&self, row: usize) -> usize {
        match self {
            Self::Dense { cols, .. } | Self::Columns { cols, .. } => *cols,
            Self::OneToOne { .. } => 1,
            Self::Sparse { start, .. } => start[row + 1] - start[row],
        }
    }

    /// Synapses of a column.
    #[must_use]
    pub fn fan_in(&self, col: usize) -> usize {
        match self {
            Self::Dense { rows, .. } | Self::Columns { rows, .. } => *rows,
            Self::OneToOne { .. } => 1,
            Self::Sparse { begin, .. } => begin[col + 1] - begin[col],
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
        for layout in
            [sparse, Layout::Dense { rows: 3, cols: 5, stride: 8 }, columns, Layout::OneToOne { size: 4 }]
        {
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
