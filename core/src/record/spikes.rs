//! The records that every run can have: spikes and membranes, taken from the stream of a run.

use super::recorder::{Position, Recorder};
use super::table::{Column, ColumnKind, Rows, Schema, Value};
use super::{LogReader, RecordError};
use crate::engine::{Observer, Record};
use crate::time::Time;
use std::path::Path;

/// Rows that are handed on together.
const BATCH: usize = 1024;

/// One recorded spike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SpikeRow {
    /// Presentation or run in which it fell; 0 where there is only one.
    pub episode: u64,
    /// Since the start of that episode.
    pub time: Time,
    /// Index into the labels of the record.
    pub label: u32,
    /// Neuron of the population, or line of the source.
    pub id: u32,
}

/// Names of the sources and populations of a network, in its order.
#[derive(Clone, Debug, Default)]
pub struct Names {
    /// By index of the source.
    pub sources: Vec<String>,
    /// By index of the population.
    pub populations: Vec<String>,
}

/// A recorder with what waits for it, and its first failure: a full disk does not end the run.
struct Writing {
    recorder: Box<dyn Recorder>,
    rows: Rows,
    failed: Option<RecordError>,
}

impl Writing {
    fn begin(mut recorder: Box<dyn Recorder>, schema: &Schema) -> Result<Self, RecordError> {
        recorder.begin(schema)?;
        Ok(Self { recorder, rows: Rows::new(schema), failed: None })
    }

    fn push(&mut self, row: &[Value]) {
        if self.failed.is_none() {
            let pushed = self.rows.push(row);
            self.failed = pushed.err();
            if self.rows.len() >= BATCH {
                self.hand_on();
            }
        }
    }

    fn hand_on(&mut self) {
        if self.failed.is_none() && !self.rows.is_empty() {
            self.failed = self.recorder.append(&self.rows).err();
        }
        self.rows.clear();
    }

    /// The first failure is told at the end of the run: until then positions stand still.
    fn position(&mut self) -> Option<Position> {
        self.hand_on();
        if self.failed.is_some() {
            return None;
        }
        match self.recorder.position() {
            Ok(position) => Some(position),
            Err(error) => {
                self.failed = Some(error);
                None
            }
        }
    }

    fn finish(mut self) -> Result<(), RecordError> {
        self.hand_on();
        match self.failed {
            Some(error) => Err(error),
            None => self.recorder.finish(),
        }
    }
}

/// Records spikes of some populations and sources: (episode,) time, population, id.
pub struct SpikeRecord {
    writing: Writing,
    /// Label of every source and population, if it is recorded.
    sources: Vec<Option<u32>>,
    populations: Vec<Option<u32>>,
    episodes: bool,
}

impl SpikeRecord {
    /// Begins a record of what is named in `wanted`, whose order is that of the labels. The episode is a column if
    /// there are several.
    ///
    /// # Errors
    /// If the recorder cannot begin.
    pub fn begin(
        recorder: Box<dyn Recorder>,
        wanted: &[String],
        names: &Names,
        episodes: bool,
    ) -> Result<Self, RecordError> {
        let label = |name: &String| wanted.iter().position(|other| other == name).map(|at| at as u32);
        Ok(Self {
            writing: Writing::begin(recorder, &Self::schema(wanted, episodes))?,
            sources: names.sources.iter().map(label).collect(),
            populations: names.populations.iter().map(label).collect(),
            episodes,
        })
    }

    /// Columns of such a record.
    #[must_use]
    pub fn schema(wanted: &[String], episodes: bool) -> Schema {
        let mut columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
        ];
        if episodes {
            columns.insert(0, Column::new("episode", ColumnKind::Count));
        }
        Schema { name: "spikes".into(), columns, labels: wanted.to_vec() }
    }

    /// Whether the spikes of a source are recorded, which takes the whole stream.
    #[must_use]
    pub fn of_sources(&self) -> bool {
        self.sources.iter().any(Option::is_some)
    }

    /// Takes an entry of the stream, if it is a spike that is recorded.
    pub fn take(&mut self, episode: u64, record: &Record) {
        let (time, label, id) = match record {
            Record::Emit { time, source, line } => (*time, self.sources.get(*source as usize), *line),
            Record::Spike(spike) => {
                (spike.time, self.populations.get(spike.population as usize), spike.neuron)
            }
            Record::Arrival { .. } | Record::Change { .. } | Record::Sample { .. } => return,
        };
        let Some(label) = label.copied().flatten() else { return };
        let row = [Value::Count(episode), Value::Time(time), Value::Label(label), Value::Index(id)];
        self.writing.push(if self.episodes { &row } else { &row[1..] });
    }
}

/// Records membranes of all neurons of some populations at the instants of their samples: time, population, id, u.
pub struct MembraneRecord {
    writing: Writing,
}

impl MembraneRecord {
    /// Begins a record.
    ///
    /// # Errors
    /// If the recorder cannot begin.
    pub fn begin(recorder: Box<dyn Recorder>, names: &Names) -> Result<Self, RecordError> {
        Ok(Self { writing: Writing::begin(recorder, &Self::schema(names))? })
    }

    /// Columns of such a record.
    #[must_use]
    pub fn schema(names: &Names) -> Schema {
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
            Column::real("u", "V"),
        ];
        Schema { name: "membrane".into(), columns, labels: names.populations.clone() }
    }

    /// Takes an entry of the stream, if it is a sample.
    pub fn take(&mut self, record: &Record) {
        if let Record::Sample { time, population, u } = record {
            for (id, u) in u.iter().enumerate() {
                let (label, id) = (Value::Label(*population), Value::Index(id as u32));
                self.writing.push(&[Value::Time(*time), label, id, Value::Real(*u)]);
            }
        }
    }
}

/// What a run records: an observer to be handed to it.
#[derive(Default)]
pub struct Records {
    /// Spikes of the populations and sources that were asked for.
    pub spikes: Option<SpikeRecord>,
    /// Sampled membranes.
    pub membrane: Option<MembraneRecord>,
}

impl Records {
    /// Whether there is anything to record.
    #[must_use]
    pub fn any(&self) -> bool {
        self.spikes.is_some() || self.membrane.is_some()
    }

    /// Where the records stand, for a checkpoint: what a resumed run cuts them back to. One that has failed has none.
    pub fn positions(&mut self) -> Positions {
        Positions {
            spikes: self.spikes.as_mut().and_then(|record| record.writing.position()),
            membrane: self.membrane.as_mut().and_then(|record| record.writing.position()),
        }
    }

    /// Ends all records.
    ///
    /// # Errors
    /// The first failure of a write, if there was one.
    pub fn finish(self) -> Result<(), RecordError> {
        self.spikes.map_or(Ok(()), |record| record.writing.finish())?;
        self.membrane.map_or(Ok(()), |record| record.writing.finish())
    }
}

/// Where the records of a run stood when a checkpoint was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Positions {
    /// As the log of spikes ended.
    pub spikes: Option<Position>,
    /// As the log of membranes ended.
    pub membrane: Option<Position>,
}

impl Observer for Records {
    fn wants_all(&self) -> bool {
        self.spikes.as_ref().is_some_and(SpikeRecord::of_sources)
    }

    fn record(&mut self, episode: u64, record: &Record) {
        if let Some(spikes) = &mut self.spikes {
            spikes.take(episode, record);
        }
        if let Some(membrane) = &mut self.membrane {
            membrane.take(record);
        }
    }
}

/// The first spikes of a finished log, at most `most`, and how many it has in all.
///
/// # Errors
/// If the log is damaged or not one of spikes.
pub fn first(log: &Path, most: usize) -> Result<(Vec<SpikeRow>, u64), RecordError> {
    let mut reader = LogReader::open(log)?;
    let schema = reader.schema().clone();
    let mut found = Vec::new();
    while let Some(rows) = reader.next_rows()? {
        for row in rows.chunks_exact(schema.width()).take(most - found.len()) {
            let mut spike = SpikeRow { episode: 0, time: Time::ZERO, label: 0, id: 0 };
            for value in schema.values(row) {
                match value {
                    Value::Count(episode) => spike.episode = episode,
                    Value::Time(time) => spike.time = time,
                    Value::Label(label) => spike.label = label,
                    Value::Index(id) => spike.id = id,
                    Value::Real(_) => {
                        let message = "it is not a record of spikes".to_string();
                        return Err(RecordError::Malformed { path: log.to_path_buf(), message });
                    }
                }
            }
            found.push(spike);
        }
    }
    Ok((found, reader.position().rows))
}

#[cfg(test)]
mod tests {
    use super::super::recorder::Counting;
    use super::super::{LogRecorder, Recorder};
    use super::*;
    use crate::engine::Spike;
    use std::sync::{Arc, Mutex};

    fn names() -> Names {
        Names { sources: vec!["noise".into()], populations: vec!["e".into(), "i".into()] }
    }

    fn spike(k: u32) -> Record {
        Record::Spike(Spike { time: Time::from_fs(u64::from(k)), population: k % 2, neuron: k })
    }

    fn spikes(recorder: impl Recorder + 'static, wanted: &[&str]) -> Records {
        let wanted: Vec<String> = wanted.iter().map(ToString::to_string).collect();
        let record = SpikeRecord::begin(Box::new(recorder), &wanted, &names(), true).unwrap();
        Records { spikes: Some(record), membrane: None }
    }

    #[test]
    fn what_is_named_is_recorded_in_the_order_of_the_labels_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("spikes.log");
        let mut records = spikes(LogRecorder::new(&log), &["i", "noise"]);
        assert!(records.wants_all() && !spikes(Counting::default(), &["i"]).wants_all());
        for record in [
            Record::Emit { time: Time::from_fs(5), source: 0, line: 9 },
            Record::Arrival { time: Time::from_fs(6), projection: 0, row: 9 },
            spike(8),
            spike(11),
            Record::Sample { time: Time::from_fs(12), population: 1, u: vec![0.5] },
        ] {
            records.record(3, &record);
        }
        records.finish().unwrap();
        let row = |time, label, id| SpikeRow { episode: 3, time: Time::from_fs(time), label, id };
        assert_eq!(first(&log, 10).unwrap(), (vec![row(5, 1, 9), row(11, 0, 11)], 2));
        assert_eq!(first(&log, 1).unwrap(), (vec![row(5, 1, 9)], 2));
    }

    #[test]
    fn a_sample_is_a_row_for_every_neuron() {
        let counting = Arc::new(Mutex::new(Counting::default()));
        let membrane = MembraneRecord::begin(Box::new(Arc::clone(&counting)), &names()).unwrap();
        let mut records = Records { spikes: None, membrane: Some(membrane) };
        for k in 0..1000 {
            let sample = Record::Sample { time: Time::from_fs(k), population: 0, u: vec![0.1, 0.2, 0.3] };
            records.record(0, &sample);
        }
        assert_eq!(records.positions().membrane.unwrap().rows, 3000);
        records.finish().unwrap();
        assert_eq!(counting.lock().unwrap().rows(), 3000);
    }

    #[test]
    fn records_go_on_from_where_a_checkpoint_says() {
        let root = tempfile::tempdir().unwrap();
        let (cut, whole) = (root.path().join("cut.log"), root.path().join("whole.log"));
        let mut records = spikes(LogRecorder::new(&cut), &["e", "i"]);
        (0..3000).for_each(|k| records.record(0, &spike(k)));
        let position = records.positions().spikes.unwrap();
        (3000..9000).for_each(|k| records.record(0, &spike(k)));
        drop(records);
        let mut records = spikes(LogRecorder::from(&cut, position), &["e", "i"]);
        (3000..10_000).for_each(|k| records.record(0, &spike(k)));
        records.finish().unwrap();
        let mut records = spikes(LogRecorder::new(&whole), &["e", "i"]);
        (0..10_000).for_each(|k| records.record(0, &spike(k)));
        records.finish().unwrap();
        let want = first(&whole, usize::MAX).unwrap();
        assert!(first(&cut, usize::MAX).unwrap() == want && want.1 == 10_000);
    }

    /// Takes so many batches and then fails.
    struct Failing(usize);

    impl Recorder for Failing {
        fn begin(&mut self, _: &Schema) -> Result<(), RecordError> {
            Ok(())
        }

        fn append(&mut self, _: &Rows) -> Result<(), RecordError> {
            let Some(left) = self.0.checked_sub(1) else {
                return Err(RecordError::Encode { name: "spikes".into(), message: "full".into() });
            };
            self.0 = left;
            Ok(())
        }

        fn position(&mut self) -> Result<Position, RecordError> {
            Ok(Position::default())
        }

        fn truncate(&mut self, _: Position) -> Result<(), RecordError> {
            Ok(())
        }

        fn finish(&mut self) -> Result<(), RecordError> {
            Ok(())
        }
    }

    #[test]
    fn a_recorder_that_fails_does_not_end_the_run_and_is_told_at_its_end() {
        let mut records = spikes(Failing(1), &["e", "i"]);
        (0..1024).for_each(|k| records.record(0, &spike(k)));
        assert!(records.positions().spikes.is_some());
        (0..5000).for_each(|k| records.record(0, &spike(k)));
        assert!(records.positions().spikes.is_none());
        let error = records.finish().unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
    }
}
