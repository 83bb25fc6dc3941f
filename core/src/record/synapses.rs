//! Synapses as records: who is joined to whom, and weights over time.
//!
//! Weights have the unit of their projection's kernel (volts, amperes or siemens). It is a column of its own, because
//! projections of one record may differ in it.

use super::kept::Take;
use super::spikes::Names;
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;
use crate::time::Time;

/// A record of synapses, one row for each that is told: a time, projection, pre, post, weight, unit.
pub struct SynapseRecord {
    /// What it is called, and its time.
    name: &'static str,
    time: &'static str,
    /// What an entry of the stream has, if it is one of this record.
    entry: fn(&Record) -> Option<Entry>,
    /// Projections first, then units.
    labels: Vec<String>,
    /// Unit of each projection.
    units: Vec<u32>,
}

/// Time, projection, pre, post, weight.
type Entry = (Time, u32, u32, u32, f64);

impl SynapseRecord {
    /// The synapses that are told when a run begins, with their delays.
    #[must_use]
    pub fn connections(names: &Names) -> Self {
        Self::new("connections", "delay", names, |record| match *record {
            Record::Synapse { projection, row, column, weight, delay } => {
                Some((delay, projection, row, column, weight))
            }
            _ => None,
        })
    }

    /// Weights at the instants of their samples.
    #[must_use]
    pub fn weights(names: &Names) -> Self {
        Self::new("weight_samples", "time", names, |record| match *record {
            Record::Weight { time, projection, row, column, weight } => {
                Some((time, projection, row, column, weight))
            }
            _ => None,
        })
    }

    fn new(
        name: &'static str,
        time: &'static str,
        names: &Names,
        entry: fn(&Record) -> Option<Entry>,
    ) -> Self {
        let mut labels: Vec<String> = names.projections.iter().map(|(name, _)| name.clone()).collect();
        let first = labels.len();
        let mut units = Vec::new();
        for (_, unit) in &names.projections {
            let known = labels[first..].iter().position(|label| label == unit);
            let at = known.unwrap_or_else(|| {
                labels.push((*unit).to_string());
                labels.len() - 1 - first
            });
            units.push((first + at) as u32);
        }
        Self { name, time, entry, labels, units }
    }
}

impl Take for SynapseRecord {
    fn schema(&self) -> Schema {
        let columns = vec![
            Column::new(self.time, ColumnKind::Time),
            Column::new("projection", ColumnKind::Label),
            Column::new("pre", ColumnKind::Index),
            Column::new("post", ColumnKind::Index),
            Column::new("weight", ColumnKind::Real),
            Column::new("unit", ColumnKind::Label),
        ];
        Schema { name: self.name.into(), columns, labels: self.labels.clone() }
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        let Some((time, projection, pre, post, weight)) = (self.entry)(record) else { return };
        let Some(&unit) = self.units.get(projection as usize) else { return };
        let (pre, post) = (Value::Index(pre), Value::Index(post));
        let (projection, unit) = (Value::Label(projection), Value::Label(unit));
        push(&[Value::Time(time), projection, pre, post, Value::Real(weight), unit]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::Records;
    use super::super::{LogReader, LogRecorder};
    use super::*;
    use crate::engine::Observer as _;

    #[test]
    fn each_synapse_is_a_row_with_the_unit_of_its_projection() {
        let projections = vec![("fast".into(), "A"), ("jump".into(), "V"), ("slow".into(), "A")];
        let names = Names { projections, ..Names::default() };
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("connections.log");
        let mut records = Records::default();
        records.add(Box::new(LogRecorder::new(&log)), Box::new(SynapseRecord::connections(&names))).unwrap();
        records
            .add(Box::new(LogRecorder::new(&root.path().join("w"))), Box::new(SynapseRecord::weights(&names)))
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
