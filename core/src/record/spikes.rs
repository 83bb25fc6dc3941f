//! Spikes of populations and sources as a record.

use super::kept::Take;
use super::selected::Selected;
use super::table::{Column, ColumnKind, Schema, Value};
use super::{LogReader, RecordError};
use crate::engine::Record;
use crate::time::Time;
use std::path::Path;

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
    /// By index of the projection, with the unit of its weights.
    pub projections: Vec<(String, &'static str)>,
}

/// Records spikes of some populations and sources, or of some neurons of theirs: (episode,) time, population, id.
pub struct SpikeRecord {
    wanted: Vec<Selected>,
    /// Label of every source and population, if it is recorded.
    sources: Vec<Option<u32>>,
    populations: Vec<Option<u32>>,
    episodes: bool,
}

impl SpikeRecord {
    /// Of what is named in `wanted`, whose order is that of the labels. The episode is a column if there are several.
    #[must_use]
    pub fn new(wanted: &[Selected], names: &Names, episodes: bool) -> Self {
        let label = |name: &String| wanted.iter().position(|other| &other.name == name).map(|at| at as u32);
        let sources = names.sources.iter().map(label).collect();
        let populations = names.populations.iter().map(label).collect();
        Self { wanted: wanted.to_vec(), sources, populations, episodes }
    }
}

impl Take for SpikeRecord {
    fn schema(&self) -> Schema {
        let mut columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
        ];
        if self.episodes {
            columns.insert(0, Column::new("episode", ColumnKind::Count));
        }
        let labels = self.wanted.iter().map(|chosen| chosen.name.clone()).collect();
        Schema { name: "spikes".into(), columns, labels }
    }

    fn wants_all(&self) -> bool {
        self.sources.iter().any(Option::is_some)
    }

    fn take(&mut self, episode: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        let (time, label, id) = match record {
            Record::Emit { time, source, line } => (*time, self.sources.get(*source as usize), *line),
            Record::Spike(spike) => {
                (spike.time, self.populations.get(spike.population as usize), spike.neuron)
            }
            _ => return,
        };
        let Some(label) = label.copied().flatten() else { return };
        if !self.wanted[label as usize].has(id) {
            return;
        }
        let row = [Value::Count(episode), Value::Time(time), Value::Label(label), Value::Index(id)];
        push(if self.episodes { &row } else { &row[1..] });
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
    use super::super::kept::Records;
    use super::super::membrane::MembraneRecord;
    use super::super::recorder::{Counting, Position};
    use super::super::selected::NotSelected;
    use super::super::table::Rows;
    use super::super::{LogRecorder, Recorder};
    use super::*;
    use crate::engine::{Observer as _, Spike};
    use std::sync::{Arc, Mutex};

    fn names() -> Names {
        Names { sources: vec!["noise".into()], populations: vec!["e".into(), "i".into()], ..Names::default() }
    }

    fn spike(k: u32) -> Record {
        Record::Spike(Spike { time: Time::from_fs(u64::from(k)), population: k % 2, neuron: k })
    }

    fn spikes(recorder: impl Recorder + 'static, wanted: &[&str]) -> Records {
        let wanted: Vec<Selected> = wanted.iter().map(|text| text.parse().unwrap()).collect();
        let mut records = Records::default();
        records.add(Box::new(recorder), Box::new(SpikeRecord::new(&wanted, &names(), true))).unwrap();
        records
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
    fn some_neurons_are_chosen_by_a_range_that_is_read_as_it_is_written() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("spikes.log");
        let mut records = spikes(LogRecorder::new(&log), &["i[3..12]", "e[0..1]"]);
        (0..20).for_each(|k| records.record(0, &spike(k)));
        records.finish().unwrap();
        let ids: Vec<(u32, u32)> =
            first(&log, 99).unwrap().0.into_iter().map(|row| (row.label, row.id)).collect();
        assert_eq!(ids, [(1, 0), (0, 3), (0, 5), (0, 7), (0, 9), (0, 11)]);
        for text in ["e", "e[0..1]", "e-2[7..4294967295]"] {
            assert_eq!(text.parse::<Selected>().unwrap().to_string(), text);
        }
        for text in ["e[", "e[]", "e[3]", "e[3..3]", "e[4..3]", "e[-1..3]", "e[0..9", "e[0..4294967296]"] {
            assert_eq!(text.parse::<Selected>(), Err(NotSelected::Neurons), "{text}");
        }
    }

    #[test]
    fn a_sample_is_a_row_for_every_neuron() {
        let counting = Arc::new(Mutex::new(Counting::default()));
        let mut records = Records::default();
        let membrane = Box::new(MembraneRecord::new(&[Selected::all(&names().populations[0])], &names()));
        records.add(Box::new(Arc::clone(&counting)), membrane).unwrap();
        for k in 0..1000 {
            let sample = Record::Sample { time: Time::from_fs(k), population: 0, u: vec![0.1, 0.2, 0.3] };
            records.record(0, &sample);
        }
        assert_eq!(records.positions()["membrane"].rows, 3000);
        records.finish().unwrap();
        assert_eq!(counting.lock().unwrap().rows(), 3000);
    }

    #[test]
    fn records_go_on_from_where_a_checkpoint_says() {
        let root = tempfile::tempdir().unwrap();
        let (cut, whole) = (root.path().join("cut.log"), root.path().join("whole.log"));
        let mut records = spikes(LogRecorder::new(&cut), &["e", "i"]);
        (0..3000).for_each(|k| records.record(0, &spike(k)));
        let position = records.positions()["spikes"];
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
        assert!(records.positions().contains_key("spikes"));
        (0..5000).for_each(|k| records.record(0, &spike(k)));
        assert!(!records.positions().contains_key("spikes"));
        let error = records.finish().unwrap_err();
        assert!(error.to_string().contains("full"), "{error}");
    }
}
