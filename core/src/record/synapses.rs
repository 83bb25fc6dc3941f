//! Synapses as records: who is joined to whom, and weights over time.
//!
//! Weights have the unit of their projection's kernel (volts, amperes or siemens). It is a column of its own, because
//! projections of one record may differ in it.

use super::kept::Take;
use super::selected::SelectedSynapses;
use super::spikes::{Names, lasting};
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;
use crate::time::Time;

/// A record of synapses, one row for each that is told: a time, projection, pre, post, weight, unit.
pub struct SynapseRecord {
    /// What it is called, and its time; without one, rows have the number of samples shown.
    name: &'static str,
    time: Option<&'static str>,
    /// What an entry of the stream has, if it is one of this record.
    entry: fn(&Record) -> Option<Entry>,
    /// Whether it is one of changes; then how long the pulses last that make them.
    changes: bool,
    lasts: Vec<Time>,
    /// Samples between two samples of the weights, in training.
    every: Option<u64>,
    /// What is recorded of each projection.
    wanted: Vec<Option<SelectedSynapses>>,
    /// Projections first, then units.
    labels: Vec<String>,
    /// Unit of each projection.
    units: Vec<u32>,
    /// What each projection joins.
    ends: Vec<[String; 2]>,
}

/// Time or samples, projection, pre, post, weight.
type Entry = (Value, u32, u32, u32, f64);

impl SynapseRecord {
    /// The synapses that are told when a run begins, with their delays.
    #[must_use]
    pub fn connections(wanted: &[SelectedSynapses], names: &Names) -> Self {
        Self::new("connections", Some("delay"), wanted, names, |record| match *record {
            Record::Synapse { projection, row, column, weight, delay } => {
                Some((Value::Time(delay), projection, row, column, weight))
            }
            _ => None,
        })
    }

    /// Weights at the instants of their samples; or every so many samples in training.
    #[must_use]
    pub fn weights(wanted: &[SelectedSynapses], names: &Names, every: Option<u64>) -> Self {
        let time = if every.is_some() { None } else { Some("time") };
        let mut made = Self::new("weight_samples", time, wanted, names, |record| match *record {
            Record::Weight { time, projection, row, column, weight } => {
                Some((Value::Time(time), projection, row, column, weight))
            }
            Record::Trained { samples, projection, row, column, weight } => {
                Some((Value::Count(samples), projection, row, column, weight))
            }
            _ => None,
        });
        made.every = every;
        made
    }

    /// Every change of a weight, from what to what, with what a device spent on it.
    #[must_use]
    pub fn changes(wanted: &[SelectedSynapses], names: &Names) -> Self {
        let mut made = Self::new("weight_changes", Some("time"), wanted, names, |_| None);
        (made.changes, made.lasts) = (true, lasting(names.pulses.clone()));
        made
    }

    fn new(
        name: &'static str,
        time: Option<&'static str>,
        wanted: &[SelectedSynapses],
        names: &Names,
        entry: fn(&Record) -> Option<Entry>,
    ) -> Self {
        let of = |(name, _): &(String, _)| wanted.iter().find(|chosen| chosen.name == *name).cloned();
        let wanted = names.projections.iter().map(of).collect();
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
        Self {
            name,
            time,
            entry,
            changes: false,
            lasts: Vec::new(),
            every: None,
            wanted,
            labels,
            units,
            ends: names.ends.clone(),
        }
    }
}

impl SynapseRecord {
    /// Projection and unit of a synapse that is recorded.
    fn labels(&self, projection: u32, pre: u32, post: u32) -> Option<[Value; 2]> {
        let wanted = self.wanted.get(projection as usize)?.as_ref()?;
        let unit = *self.units.get(projection as usize)?;
        wanted.has(pre, post).then_some([Value::Label(projection), Value::Label(unit)])
    }
}

impl Take for SynapseRecord {
    fn schema(&self) -> Schema {
        let mut columns = vec![
            self.time.map_or_else(
                || Column::new("sample", ColumnKind::Count),
                |time| Column::new(time, ColumnKind::Time),
            ),
            Column::new("projection", ColumnKind::Label),
            Column::new("pre", ColumnKind::Index),
            Column::new("post", ColumnKind::Index),
        ];
        if self.changes {
            let real = |name| Column::new(name, ColumnKind::Real);
            columns.extend([real("before"), real("after"), Column::real("energy", "J")]);
        } else {
            columns.push(Column::new("weight", ColumnKind::Real));
        }
        columns.push(Column::new("unit", ColumnKind::Label));
        let (labels, ends, lasts) = (self.labels.clone(), self.ends.clone(), self.lasts.clone());
        Schema { name: self.name.into(), columns, labels, ends, lasts }
    }

    fn wants_changes(&self) -> bool {
        self.changes
    }

    fn wants_weights(&self) -> Option<u64> {
        self.every
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        if let (true, Record::Change { projection, change }) = (self.changes, record) {
            let Some([name, unit]) = self.labels(*projection, change.row, change.column) else { return };
            let Some(time) = change.time else { return };
            let (pre, post) = (Value::Index(change.row), Value::Index(change.column));
            let [before, after] = [change.before, change.after].map(Value::Real);
            // Nobody spends anything on a weight that is a number.
            let energy = Value::Real(change.joules.unwrap_or(f64::NAN));
            return push(&[Value::Time(time), name, pre, post, before, after, energy, unit]);
        }
        let Some((when, projection, pre, post, weight)) = (self.entry)(record) else { return };
        let Some([name, unit]) = self.labels(projection, pre, post) else { return };
        push(&[when, name, Value::Index(pre), Value::Index(post), Value::Real(weight), unit]);
    }
}

#[cfg(test)]
mod tests {
    use super::super::kept::Records;
    use super::super::{LogReader, LogRecorder};
    use super::*;
    use crate::engine::Observer as _;
    use crate::plasticity::Change;

    #[test]
    fn each_synapse_is_a_row_with_the_unit_of_its_projection() {
        let projections = vec![("fast".into(), "A"), ("jump".into(), "V"), ("slow".into(), "A")];
        let names = Names { projections, ..Names::default() };
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("connections.log");
        let mut records = Records::default();
        let wanted = ["fast", "jump[0..5, ..]", "slow"].map(|text| text.parse().unwrap());
        let mut add = |file: &str, take| {
            records.add(Box::new(LogRecorder::new(&root.path().join(file))), Box::new(take)).unwrap();
        };
        add("connections.log", SynapseRecord::connections(&wanted, &names));
        add("w", SynapseRecord::weights(&wanted, &names, None));
        for (projection, weight) in [(0, 2e-12), (1, 1e-3), (2, 3e-12), (9, 0.0)] {
            let delay = Time::from_ms(u64::from(projection));
            let far = Record::Synapse { projection: 1, row: 5, column: 5, weight, delay };
            records.record(0, &far);
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

    #[test]
    fn weights_in_training_have_the_number_of_samples_and_changes_both_values() {
        let names = Names { projections: vec![("input".into(), "V")], ..Names::default() };
        let wanted = ["input[.., 3..4]".parse().unwrap()];
        let trained = |column| Record::Trained { samples: 50, projection: 0, row: 9, column, weight: 0.5 };
        let change = |column, time| {
            let change = Change { time, row: 9, column, before: 1.0, after: 2.0, joules: None };
            Record::Change { projection: 0, change }
        };
        let mut rows = Vec::new();
        let mut weights = SynapseRecord::weights(&wanted, &names, Some(25));
        let mut changes = SynapseRecord::changes(&wanted, &names);
        assert_eq!((weights.wants_weights(), weights.wants_changes()), (Some(25), false));
        assert_eq!((changes.wants_weights(), changes.wants_changes()), (None, true));
        let time = Some(Time::from_ms(4));
        for record in [trained(2), trained(3), change(2, time), change(3, time), change(3, None)] {
            weights.take(0, &record, &mut |row| rows.push(row.to_vec()));
            changes.take(0, &record, &mut |row| rows.push(row.to_vec()));
        }
        let ends = [Value::Label(0), Value::Index(9), Value::Index(3)];
        let sample = [&[Value::Count(50)], &ends[..], &[Value::Real(0.5), Value::Label(1)]].concat();
        assert_eq!(rows[0], sample);
        assert_eq!(
            rows[1][..6],
            [&[Value::Time(Time::from_ms(4))], &ends[..], &[1.0, 2.0].map(Value::Real)].concat()
        );
        assert!(matches!(rows[1][6..], [Value::Real(energy), Value::Label(1)] if energy.is_nan()));
        assert_eq!(rows.len(), 2);
    }
}
