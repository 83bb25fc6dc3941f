//! Who is joined to whom, from a finished log of connections: weights in blocks of neurons, few enough to be drawn.

use super::table::Value;
use super::{LogReader, RecordError};

/// Blocks of each side.
pub const BLOCKS: u32 = 40;

/// The synapses of one projection.
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    /// Of the projection.
    pub name: String,
    /// Of its weights.
    pub unit: String,
    /// Neurons on either side: pre, post.
    pub size: [u32; 2],
    /// Neurons in a block of either side.
    pub block: [u32; 2],
    /// Synapses of it.
    pub synapses: u64,
    /// Of each block, pre by pre: the sum of the weights, and how many there are.
    pub cells: Vec<Vec<(f64, u64)>>,
}

/// Adds up the synapses of a log; `sizes` are the neurons before and behind each projection, by its number.
///
/// # Errors
/// If the log is damaged.
pub fn matrices(mut reader: LogReader, sizes: &[[u32; 2]]) -> Result<Vec<Matrix>, RecordError> {
    let schema = reader.schema().clone();
    let name = |label: u32| schema.labels.get(label as usize).cloned().unwrap_or_default();
    let mut found: Vec<Option<Matrix>> = vec![None; sizes.len()];
    while let Some(rows) = reader.next_rows()? {
        for row in rows.chunks_exact(schema.width()) {
            let (mut labels, mut ends, mut weight) = ([None; 2], [None; 2], 0.0);
            for value in schema.values(row) {
                match value {
                    Value::Label(label) => *first_free(&mut labels) = Some(label),
                    Value::Index(id) => *first_free(&mut ends) = Some(id),
                    Value::Real(value) => weight = value,
                    Value::Time(_) | Value::Count(_) => {}
                }
            }
            let ([Some(projection), Some(unit)], [Some(pre), Some(post)]) = (labels, ends) else { continue };
            let Some((slot, size)) = found.get_mut(projection as usize).zip(sizes.get(projection as usize))
            else {
                continue;
            };
            let matrix = slot.get_or_insert_with(|| {
                let block = size.map(|size| size.div_ceil(BLOCKS).max(1));
                let [down, across] = [0, 1].map(|side| size[side].div_ceil(block[side]).max(1) as usize);
                let cells = vec![vec![(0.0, 0); across]; down];
                Matrix { name: name(projection), unit: name(unit), size: *size, block, synapses: 0, cells }
            });
            let (down, across) = ((pre / matrix.block[0]) as usize, (post / matrix.block[1]) as usize);
            if let Some(cell) = matrix.cells.get_mut(down).and_then(|row| row.get_mut(across)) {
                *cell = (cell.0 + weight, cell.1 + 1);
                matrix.synapses += 1;
            }
        }
    }
    Ok(found.into_iter().flatten().collect())
}

fn first_free(two: &mut [Option<u32>; 2]) -> &mut Option<u32> {
    let at = usize::from(two[0].is_some());
    &mut two[at]
}

#[cfg(test)]
mod tests {
    use super::super::kept::Records;
    use super::super::spikes::Names;
    use super::super::synapses::SynapseRecord;
    use super::super::{LogRecorder, SelectedSynapses};
    use super::*;
    use crate::engine::{Observer as _, Record};
    use crate::time::Time;

    #[test]
    fn synapses_are_added_up_in_blocks_of_neurons() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("connections.log");
        let projections = vec![("none".into(), "V"), ("some".into(), "A")];
        let names = Names { projections, ..Names::default() };
        let wanted: SelectedSynapses = "some".parse().unwrap();
        let mut records = Records::default();
        let take = Box::new(SynapseRecord::connections(&[wanted], &names));
        records.add(Box::new(LogRecorder::new(&log)), take).unwrap();
        // 100 neurons before it, in blocks of three, and two behind.
        for (row, column, weight) in [(0, 0, 1.0), (2, 0, 0.5), (2, 1, -4.0), (3, 1, 2.0), (99, 0, 8.0)] {
            records.record(0, &Record::Synapse { projection: 1, row, column, weight, delay: Time::ZERO });
        }
        records.finish().unwrap();
        let found = matrices(LogReader::open(&log).unwrap(), &[[7, 7], [100, 2]]).unwrap();
        assert_eq!(found.len(), 1);
        let one = &found[0];
        assert_eq!((one.name.as_str(), one.unit.as_str(), one.block, one.synapses), ("some", "A", [3, 1], 5));
        assert_eq!(one.cells.len(), 34);
        assert_eq!(one.cells[0], [(1.5, 2), (-4.0, 1)]);
        assert_eq!((one.cells[1][1], one.cells[33][0], one.cells[20][0]), ((2.0, 1), (8.0, 1), (0.0, 0)));
    }
}
