//! Synapses as records: who is joined to whom, and weights over time.
//!
//! Weights have the unit of their projection's kernel (volts, amperes or siemens). It is a column of its own, because
//! projections of one record may differ in it.

use super::kept::Take;
use super::spikes::Names;
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;

/// Labels of projections and of the units of their weights.
struct Labels {
    /// Projections first, then units.
    names: Vec<String>,
    /// Unit of each projection.
    units: Vec<u32>,
}

impl Labels {
    fn new(names: &Names) -> Self {
        let mut labels: Vec<String> = names.projections.iter().map(|(name, _)| name.clone()).collect();
        let mut units = Vec::new();
        for (_, unit) in &names.projections {
            let known = labels[names.projections.len()..].iter().position(|label| label == unit);
            let at = known.unwrap_or_else(|| {
                labels.push((*unit).to_string());
                labels.len() - 1 - names.projections.len()
            });
            units.push((names.projections.len() + at) as u32);
        }
        Self { names: labels, units }
    }

    /// Label of a projection, and of its unit.
    fn of(&self, projection: u32) -> Option<[Value; 2]> {
        let unit = self.units.get(projection as usize)?;
        Some([Value::Label(projection), Value::Label(*unit)])
    }

    fn schema(&self, name: &str, mut columns: Vec<Column>) -> Schema {
        let own = [
            Column::new("projection", ColumnKind::Label),
            Column::new("pre", ColumnKind::Index),
            Column::new("post", ColumnKind::Index),
            Column::new("weight", ColumnKind::Real),
            Column::new("unit", ColumnKind::Label),
        ];
        columns.extend(own);
        Schema { name: name.into(), columns, labels: self.names.clone() }
    }
}

/// Records the synapses that are told when a run begins: delay, projection, pre, post, weight, unit.
pub struct ConnectionRecord(Labels);

impl ConnectionRecord {
    /// Of a network with these projections.
    #[must_use]
    pub fn new(names: &Names) -> Self {
        Self(Labels::new(names))
    }
}

impl Take for ConnectionRecord {
    fn schema(&self) -> Schema {
        self.0.schema("connections", vec![Column::new("delay", ColumnKind::Time)])
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        if let Record::Synapse { projection, row, column, weight, delay } = record
            && let Some([name, unit]) = self.0.of(*projection)
        {
            let (pre, post) = (Value::Index(*row), Value::Index(*column));
            push(&[Value::Time(*delay), name, pre, post, Value::Real(*weight), unit]);
        }
    }
}

/// Records weights at the instants of their samples: time, projection, pre, post, weight, unit.
pub struct WeightRecord(Labels);

impl WeightRecord {
    /// Of a network with these projections.
    #[must_use]
    pub fn new(names: &Names) -> Self {
        Self(Labels::new(names))
    }
}

impl Take for WeightRecord {
    fn schema(&self) -> Schema {
        self.0.schema("weight_samples", vec![Column::new("time", ColumnKind::Time)])
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        if let Record::Weight { time, projection, row, column, weight } = record
            && let Some([name, unit]) = self.0.of(*projection)
        {
            let (pre, post) = (Value::Index(*row), Value::Index(*column));
            push(&[Value::Time(*time), name, pre, post, Value::Real(*weight), unit]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::Records;
    use super::super::{LogReader, LogRecorder};
    use super::*;
    use crate::engine::Observer as _;
    use crate::time::Time;

    #[test]
    fn each_synapse_is_a_row_with_the_unit_of_its_projection() {
        let projections = vec![("fast".into(), "A"), ("jump".into(), "V"), ("slow".into(), "A")];
        let names = Names { projections, ..Names::default() };
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("connections.log");
        let mut records = Records::default();
        records.add(Box::new(LogRecorder::new(&log)), Box::new(ConnectionRecord::new(&names))).unwrap();
        records
            .add(Box::new(LogRecorder::new(&root.path().join("w"))), Box::new(WeightRecord::new(&names)))
            .unwrap();
        for (projection, weight) in [(0, 2e-12), (1, 1e-3), (2, 3e-12), (9, 0.0)] {
            let delay = Time::from_ms(u64::from(projection));
            records.record(0, &Record::Synapse { projection, row: 4, column: 5, weight, delay });
        }
        assert_eq!(records.positions()["weight_samples"].rows, 0);
        records.finish().unwrap();
        let mut reader = LogReader::open(&log).unwrap();
        let schema = reader.schema().clone();
        assert_eq!(schema.labels, ["fast", "jump", "slow", "A", "V"]);
        let rows = reader.next_rows().unwrap().unwrap();
        let rows: Vec<Vec<Value>> =
            rows.chunks_exact(schema.width()).map(|row| schema.values(row).collect()).collect();
        let want = |delay, name, weight, unit| {
            let (pre, post) = (Value::Index(4), Value::Index(5));
            vec![
                Value::Time(Time::from_ms(delay)),
                Value::Label(name),
                pre,
                post,
                Value::Real(weight),
                Value::Label(unit),
            ]
        };
        assert_eq!(rows, [want(0, 0, 2e-12, 3), want(1, 1, 1e-3, 4), want(2, 2, 3e-12, 3)]);
    }
}
