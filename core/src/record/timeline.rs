//! Several finished logs as one course of simulated time: what formats that show records together are written from, and what
//! shows the events of a run once more.
//!
//! Samples that are shown one after another have a time each, from 0 on. Here they follow one another in order of their
//! episodes, each as long as the record `presentations` says, or as the last thing that is recorded of it.

use super::table::{ColumnKind, Schema, Value};
use super::{LogReader, RecordError};
use crate::time::Time;
use std::collections::BTreeMap;

/// Numbers that an entry has at most: the neuron, or both ends of a synapse.
const ENDS: usize = 2;

/// What one record consists of, as far as it lies in time.
#[derive(Debug)]
pub struct Lane {
    schema: Schema,
    shape: Shape,
    /// Names and units of its values; a record without any is one of instants.
    pub values: Vec<(String, Option<String>)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Something at a time.
    Points,
    /// The samples that are shown: an episode, how long it is and what it serves.
    Spans,
}

/// A row in its place in time.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Femtoseconds since the start of the first episode.
    pub time: u128,
    /// The same since the start of its own.
    pub within: Time,
    /// Which record it is of.
    pub lane: usize,
    /// Of a span: where it ends.
    pub until: Option<u128>,
    /// Of a point that tells of something which lasts: when that is over.
    pub over: Option<u128>,
    /// The episode it belongs to.
    pub episode: u64,
    /// The population, source or projection, as a label of the record.
    pub label: u32,
    /// What its value is, where that is a column.
    pub variable: Option<u32>,
    /// The unit of its value, where that is a column.
    unit: Option<u32>,
    /// Neuron or line; or where a synapse comes from, and where it goes to.
    pub ends: [Option<u32>; ENDS],
    /// As `values` of its lane.
    pub values: Vec<f64>,
}

impl Lane {
    /// The name of the record.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.schema.name
    }

    /// Nothing if the record does not lie in simulated time, as connections do not.
    #[must_use]
    pub fn of(schema: &Schema) -> Option<Self> {
        let time = schema.columns.iter().find(|column| column.kind == ColumnKind::Time)?;
        let shape = match time.name.as_str() {
            "time" => Shape::Points,
            "duration" => Shape::Spans,
            _ => return None,
        };
        let reals = schema.columns.iter().filter(|column| column.kind == ColumnKind::Real);
        let values = reals.map(|column| (column.name.clone(), column.unit.clone())).collect();
        Some(Self { schema: schema.clone(), shape, values })
    }

    /// A row, whose time is still that of its episode.
    fn read(&self, lane: usize, row: &[u8]) -> Entry {
        let mut entry = Entry {
            time: 0,
            within: Time::ZERO,
            lane,
            until: None,
            over: None,
            episode: 0,
            label: 0,
            variable: None,
            unit: None,
            ends: [None; ENDS],
            values: Vec::with_capacity(self.values.len()),
        };
        let (mut labels, mut ends) = (0, 0);
        for (column, value) in self.schema.columns.iter().zip(self.schema.values(row)) {
            match value {
                Value::Time(time) => (entry.within, entry.time) = (time, u128::from(time.fs())),
                Value::Count(count) => entry.episode = count,
                Value::Index(index) => {
                    if let Some(end) = entry.ends.get_mut(ends) {
                        *end = Some(index);
                    }
                    ends += 1;
                }
                Value::Label(label) => {
                    match labels {
                        0 => entry.label = label,
                        _ if column.name == "variable" => entry.variable = Some(label),
                        _ => entry.unit = Some(label),
                    }
                    labels += 1;
                }
                Value::Real(real) => entry.values.push(real),
            }
        }
        entry
    }

    /// Whether it has the samples that are shown.
    #[must_use]
    pub fn spans(&self) -> bool {
        self.shape == Shape::Spans
    }

    /// What a label of it stands for.
    #[must_use]
    pub fn label(&self, label: u32) -> &str {
        self.schema.labels.get(label as usize).map_or("", String::as_str)
    }

    /// What a value of an entry is: `u`.
    #[must_use]
    pub fn quantity(&self, variable: Option<u32>, value: usize) -> &str {
        match variable {
            Some(label) => self.label(label),
            None => self.values.get(value).map_or("", |(name, _)| name.as_str()),
        }
    }

    /// The unit of a value of an entry, if it has one.
    #[must_use]
    pub fn unit(&self, entry: &Entry, value: usize) -> Option<&str> {
        self.values
            .get(value)
            .and_then(|(_, unit)| unit.as_deref())
            .or_else(|| entry.unit.map(|unit| self.label(unit)))
    }
}

/// The rows of one record, one after another.
struct Cursor {
    lane: Lane,
    index: usize,
    chunk: Vec<u8>,
    at: usize,
    /// What comes next.
    next: Option<Entry>,
}

impl Cursor {
    fn read(&mut self, log: &mut LogReader) -> Result<Option<Entry>, RecordError> {
        let width = self.lane.schema.width();
        if self.at + width > self.chunk.len() {
            self.at = 0;
            self.chunk.clear();
            match log.next_rows()? {
                Some(rows) => self.chunk.extend_from_slice(rows),
                None => return Ok(None),
            }
        }
        let row = self.chunk.get(self.at..self.at + width);
        self.at += width;
        Ok(row.map(|row| self.lane.read(self.index, row)))
    }
}

/// Some logs, merged by time.
pub struct Timeline<'a> {
    logs: Vec<&'a mut LogReader>,
    cursors: Vec<Cursor>,
    /// Where each episode begins.
    starts: BTreeMap<u64, u128>,
    end: u128,
}

impl<'a> Timeline<'a> {
    /// Of those logs that lie in time, spans first. Each of them is read once to know how long its episodes are.
    ///
    /// # Errors
    /// If a log is damaged.
    pub fn new(logs: &'a mut [LogReader]) -> Result<Self, RecordError> {
        let mut found: Vec<(Lane, &mut LogReader)> =
            logs.iter_mut().filter_map(|log| Lane::of(log.schema()).map(|lane| (lane, log))).collect();
        found.sort_by_key(|(lane, _)| lane.shape != Shape::Spans);
        let (mut logs, mut cursors) = (Vec::new(), Vec::new());
        for (index, (lane, log)) in found.into_iter().enumerate() {
            cursors.push(Cursor { lane, index, chunk: Vec::new(), at: 0, next: None });
            logs.push(log);
        }
        let mut timeline = Self { logs, cursors, starts: BTreeMap::new(), end: 0 };
        let mut lengths: BTreeMap<u64, u128> = BTreeMap::new();
        timeline.rewind()?;
        for (cursor, log) in timeline.cursors.iter_mut().zip(&mut timeline.logs) {
            while let Some(entry) = cursor.read(log)? {
                let length = lengths.entry(entry.episode).or_default();
                *length = entry.time.max(*length);
            }
        }
        for (episode, length) in lengths {
            timeline.starts.insert(episode, timeline.end);
            timeline.end += length;
        }
        Ok(timeline)
    }

    /// The records, as `lane` of an entry counts them.
    #[must_use]
    pub fn lane(&self, index: usize) -> &Lane {
        &self.cursors[index].lane
    }

    /// Femtoseconds from the start of the first episode to the end of the last.
    #[must_use]
    pub fn end(&self) -> u128 {
        self.end
    }

    fn rewind(&mut self) -> Result<(), RecordError> {
        for (cursor, log) in self.cursors.iter_mut().zip(&mut self.logs) {
            log.rewind()?;
            cursor.chunk.clear();
            cursor.at = 0;
        }
        Ok(())
    }

    /// Calls `see` with every entry in order of time; of those at one time, spans come first.
    ///
    /// # Errors
    /// If a log is damaged, and what `see` fails with.
    pub fn each<E: From<RecordError>>(
        &mut self,
        mut see: impl FnMut(&Lane, &Entry) -> Result<(), E>,
    ) -> Result<(), E> {
        self.rewind()?;
        for index in 0..self.cursors.len() {
            self.cursors[index].next = self.placed(index)?;
        }
        loop {
            let times = self
                .cursors
                .iter()
                .enumerate()
                .filter_map(|(index, cursor)| cursor.next.as_ref().map(|entry| (entry.time, index)));
            let Some((_, first)) = times.min() else { return Ok(()) };
            if let Some(entry) = self.cursors[first].next.take() {
                see(&self.cursors[first].lane, &entry)?;
            }
            self.cursors[first].next = self.placed(first)?;
        }
    }

    /// The next entry of a record in its place.
    fn placed(&mut self, index: usize) -> Result<Option<Entry>, RecordError> {
        let cursor = &mut self.cursors[index];
        let Some(mut entry) = cursor.read(self.logs[index])? else { return Ok(None) };
        let start = self.starts.get(&entry.episode).copied().unwrap_or(0);
        entry.time += start;
        let lasts = cursor.lane.schema.lasts.get(entry.label as usize).filter(|lasts| **lasts > Time::ZERO);
        entry.over = lasts.map(|lasts| entry.time + u128::from(lasts.fs()));
        if cursor.lane.shape == Shape::Spans {
            entry.until = Some(entry.time);
            entry.time = start;
            entry.within = Time::ZERO;
        }
        Ok(Some(entry))
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::recorder::Recorder as _;
    use super::super::table::{Column, Rows};
    use super::*;
    use crate::record::LogRecorder;

    /// A finished log of these rows.
    pub fn log(root: &std::path::Path, schema: &Schema, rows: &[Vec<Value>]) -> LogReader {
        let path = root.join(format!("{}.log", schema.name));
        let mut log = LogRecorder::new(&path);
        log.begin(schema).unwrap();
        let mut all = Rows::new(schema);
        rows.iter().for_each(|row| all.push(row).unwrap());
        log.append(&all).unwrap();
        log.finish().unwrap();
        LogReader::open(&path).unwrap()
    }

    /// Two samples of 3 and 2 ms with spikes of two neurons of `e` and one line of `pixels`.
    pub fn shown(root: &std::path::Path) -> Vec<LogReader> {
        let columns = vec![
            Column::new("episode", ColumnKind::Count),
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
        ];
        let spikes = Schema {
            name: "spikes".into(),
            columns,
            labels: vec!["e".into(), "pixels".into()],
            ..Schema::default()
        };
        let spike = |episode, us: u64, label, id| {
            let time = Value::Time(Time::from_fs(us * 1_000_000_000));
            vec![Value::Count(episode), time, Value::Label(label), Value::Index(id)]
        };
        let columns = vec![
            Column::new("episode", ColumnKind::Count),
            Column::new("duration", ColumnKind::Time),
            Column::new("what", ColumnKind::Label),
        ];
        let labels = vec!["training".into(), "test".into()];
        let spans = Schema { name: "presentations".into(), columns, labels, ..Schema::default() };
        let span = |episode, ms, label| {
            vec![Value::Count(episode), Value::Time(Time::from_ms(ms)), Value::Label(label)]
        };
        vec![
            log(root, &spikes, &[spike(4, 500, 1, 7), spike(4, 2500, 0, 2), spike(9, 1000, 0, 11)]),
            log(root, &spans, &[span(4, 3, 0), span(9, 2, 1)]),
        ]
    }

    #[test]
    fn samples_follow_one_another() {
        let root = tempfile::tempdir().unwrap();
        let mut logs = shown(root.path());
        let mut timeline = Timeline::new(&mut logs).unwrap();
        assert_eq!(timeline.end(), 5_000_000_000_000);
        let mut seen = Vec::new();
        for _ in 0..2 {
            seen.clear();
            timeline
                .each(|lane, entry| {
                    let us = |fs: u128| fs / 1_000_000_000;
                    seen.push((us(entry.time), lane.label(entry.label).to_string(), entry.until.map(us)));
                    Ok::<(), RecordError>(())
                })
                .unwrap();
        }
        let seen: Vec<_> = seen.iter().map(|(time, label, until)| (*time, label.as_str(), *until)).collect();
        let spikes = [(500, "pixels", None), (2500, "e", None), (4000, "e", None)];
        let spans = [(0, "training", Some(3000)), (3000, "test", Some(5000))];
        assert_eq!(seen, [spans[0], spikes[0], spikes[1], spans[1], spikes[2]]);
    }
}
