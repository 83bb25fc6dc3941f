//! Synapses as records: who is joined to whom, and weights and what devices conduct over time.
//!
//! Weights have the unit of their projection's kernel (volts, amperes or siemens). It is a column of its own, because
//! projections of one record may differ in it.

use super::kept::Take;
use super::selected::SelectedSynapses;
use super::spikes::{Names, lasting};
use super::table::{Column, ColumnKind, Schema, Value};
use crate::engine::Record;
use crate::time::Time;

/// What is told of synapses.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    Connections,
    /// Weights, and how many samples are shown between two samples of them, in training.
    Weights(Option<u64>),
    /// What devices conduct, as often.
    Conductances(Option<u64>),
    Changes,
}

impl What {
    /// The name of the record.
    fn name(self) -> &'static str {
        match self {
            Self::Connections => "connections",
            Self::Weights(_) => "weight_samples",
            Self::Conductances(_) => "conductance_samples",
            Self::Changes => "weight_changes",
        }
    }

    /// The column that says when: in training rows have the number of samples shown.
    fn when(self) -> Column {
        match self {
            Self::Connections => Column::new("delay", ColumnKind::Time),
            Self::Weights(Some(_)) | Self::Conductances(Some(_)) => Column::new("sample", ColumnKind::Count),
            _ => Column::new("time", ColumnKind::Time),
        }
    }

    /// The columns of what is told.
    fn values(self) -> Vec<Column> {
        let real = |name| Column::new(name, ColumnKind::Real);
        match self {
            Self::Connections | Self::Weights(_) => vec![real("weight")],
            Self::Conductances(_) => ["conductance", "partner"].map(|name| Column::real(name, "S")).into(),
            Self::Changes => vec![real("before"), real("after"), Column::real("energy", "J")],
        }
    }

    /// What an entry of the stream is of this: when, of which synapse, and values of which the first ones count.
    fn entry(self, record: &Record) -> Option<Entry> {
        let (when, ends, weight, devices) = match *record {
            Record::Synapse { projection, row, column, weight, delay } if self == Self::Connections => {
                return Some((Value::Time(delay), [projection, row, column], [weight, 0.0, 0.0]));
            }
            Record::Change { projection, change } if self == Self::Changes => {
                // Nobody spends anything on a weight that is a number.
                let values = [change.before, change.after, change.joules.unwrap_or(f64::NAN)];
                return Some((Value::Time(change.time?), [projection, change.row, change.column], values));
            }
            Record::Weight { time, projection, row, column, weight, devices } => {
                (Value::Time(time), [projection, row, column], weight, devices)
            }
            Record::Trained { samples, projection, row, column, weight, devices } => {
                (Value::Count(samples), [projection, row, column], weight, devices)
            }
            _ => return None,
        };
        match self {
            Self::Weights(_) => Some((when, ends, [weight, 0.0, 0.0])),
            Self::Conductances(_) => devices.map(|[plus, minus]| (when, ends, [plus, minus, 0.0])),
            Self::Connections | Self::Changes => None,
        }
    }
}

/// When; projection, pre and post; values.
type Entry = (Value, [u32; 3], [f64; 3]);

/// A record of synapses, one row for each that is told: when, projection, pre, post, values, and the unit of its weights.
pub struct SynapseRecord {
    what: What,
    /// How long the pulses last that make changes.
    lasts: Vec<Time>,
    /// What is recorded of each projection.
    wanted: Vec<Option<SelectedSynapses>>,
    /// Projections first, then units.
    labels: Vec<String>,
    /// Unit of each projection.
    units: Vec<u32>,
    /// What each projection joins.
    ends: Vec<[String; 2]>,
}

impl SynapseRecord {
    /// The synapses that are told when a run begins, with their delays.
    #[must_use]
    pub fn connections(wanted: &[SelectedSynapses], names: &Names) -> Self {
        Self::new(What::Connections, wanted, names)
    }

    /// Weights at the instants of their samples; or every so many samples in training.
    #[must_use]
    pub fn weights(wanted: &[SelectedSynapses], names: &Names, every: Option<u64>) -> Self {
        Self::new(What::Weights(every), wanted, names)
    }

    /// What the devices of weights conduct when these are sampled: those that learn, and what they are compared with.
    #[must_use]
    pub fn conductances(wanted: &[SelectedSynapses], names: &Names, every: Option<u64>) -> Self {
        Self::new(What::Conductances(every), wanted, names)
    }

    /// Every change of a weight, from what to what, with what a device spent on it.
    #[must_use]
    pub fn changes(wanted: &[SelectedSynapses], names: &Names) -> Self {
        Self { lasts: lasting(names.pulses.clone()), ..Self::new(What::Changes, wanted, names) }
    }

    fn new(what: What, wanted: &[SelectedSynapses], names: &Names) -> Self {
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
        Self { what, lasts: Vec::new(), wanted, labels, units, ends: names.ends.clone() }
    }

    /// Projection and unit of a synapse that is recorded.
    fn labels(&self, [projection, pre, post]: [u32; 3]) -> Option<[Value; 2]> {
        let wanted = self.wanted.get(projection as usize)?.as_ref()?;
        let unit = *self.units.get(projection as usize)?;
        wanted.has(pre, post).then_some([Value::Label(projection), Value::Label(unit)])
    }

    /// Whether rows say the unit of their projection's weights: conductances have one of their own.
    fn has_unit(&self) -> bool {
        !matches!(self.what, What::Conductances(_))
    }
}

impl Take for SynapseRecord {
    fn schema(&self) -> Schema {
        let mut columns = vec![self.what.when(), Column::new("projection", ColumnKind::Label)];
        columns.extend(["pre", "post"].map(|name| Column::new(name, ColumnKind::Index)));
        columns.extend(self.what.values());
        columns.extend(self.has_unit().then(|| Column::new("unit", ColumnKind::Label)));
        let (labels, ends, lasts) = (self.labels.clone(), self.ends.clone(), self.lasts.clone());
        Schema { name: self.what.name().into(), columns, labels, ends, lasts }
    }

    fn wants_changes(&self) -> bool {
        self.what == What::Changes
    }

    fn wants_weights(&self) -> Option<u64> {
        match self.what {
            What::Weights(every) | What::Conductances(every) => every,
            What::Connections | What::Changes => None,
        }
    }

    fn take(&mut self, _: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        let Some((when, ends, values)) = self.what.entry(record) else { return };
        let Some([name, unit]) = self.labels(ends) else { return };
        let [_, pre, post] = ends.map(Value::Index);
        let [a, b, c] = values.map(Value::Real);
        match self.what {
            What::Connections | What::Weights(_) => push(&[when, name, pre, post, a, unit]),
            What::Conductances(_) => push(&[when, name, pre, post, a, b]),
            What::Changes => push(&[when, name, pre, post, a, b, c, unit]),
        }
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
        let devices = Some([3e-3, 1e-3]);
        let trained =
            |column| Record::Trained { samples: 50, projection: 0, row: 9, column, weight: 0.5, devices };
        let change = |column, time| {
            let change = Change { time, row: 9, column, before: 1.0, after: 2.0, joules: None };
            Record::Change { projection: 0, change }
        };
        let mut rows = Vec::new();
        let mut weights = SynapseRecord::weights(&wanted, &names, Some(25));
        let mut conductances = SynapseRecord::conductances(&wanted, &names, Some(25));
        let mut changes = SynapseRecord::changes(&wanted, &names);
        assert_eq!((weights.wants_weights(), weights.wants_changes()), (Some(25), false));
        assert_eq!((changes.wants_weights(), changes.wants_changes()), (None, true));
        let time = Some(Time::from_ms(4));
        for record in [trained(2), trained(3), change(2, time), change(3, time), change(3, None)] {
            weights.take(0, &record, &mut |row| rows.push(row.to_vec()));
            conductances.take(0, &record, &mut |row| rows.push(row.to_vec()));
            changes.take(0, &record, &mut |row| rows.push(row.to_vec()));
        }
        let ends = [Value::Label(0), Value::Index(9), Value::Index(3)];
        let sample = [&[Value::Count(50)], &ends[..], &[Value::Real(0.5), Value::Label(1)]].concat();
        assert_eq!(rows[0], sample);
        let conductance = [&[Value::Count(50)], &ends[..], &[3e-3, 1e-3].map(Value::Real)].concat();
        assert_eq!(rows[1], conductance);
        let schema = conductances.schema();
        assert_eq!(schema.columns.len(), 6);
        assert_eq!((schema.name.as_str(), conductances.wants_weights()), ("conductance_samples", Some(25)));
        assert_eq!(
            rows[2][..6],
            [&[Value::Time(Time::from_ms(4))], &ends[..], &[1.0, 2.0].map(Value::Real)].concat()
        );
        assert!(matches!(rows[2][6..], [Value::Real(energy), Value::Label(1)] if energy.is_nan()));
        assert_eq!(rows.len(), 3);
        // A weight that is a number has none.
        let number =
            Record::Trained { samples: 75, projection: 0, row: 9, column: 3, weight: 0.5, devices: None };
        conductances.take(0, &number, &mut |_| panic!("no device"));
    }
}
