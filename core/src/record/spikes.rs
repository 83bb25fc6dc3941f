//! Spikes of populations and sources as a record.

use super::kept::Take;
use super::selected::Selected;
use super::table::{Column, ColumnKind, Schema, Value};
use super::{LogReader, RecordError};
use crate::engine::Record;
use crate::time::Time;
use std::ops::Range;

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
    /// By index of the population: how long the devices behind its neurons conduct when they have fired.
    pub on: Vec<Time>,
    /// By index of the projection, with the unit of its weights.
    pub projections: Vec<(String, &'static str)>,
    /// By index of the projection: what it comes from, and the population it goes to.
    pub ends: Vec<[String; 2]>,
    /// By index of the projection: how long the pulse is that changes one of its weights.
    pub pulses: Vec<Time>,
}

/// Nothing where nothing lasts.
pub(super) fn lasting(times: Vec<Time>) -> Vec<Time> {
    if times.iter().all(|time| *time == Time::ZERO) { Vec::new() } else { times }
}

/// Records spikes of some populations and sources, or of some neurons of theirs: (episode,) time, population, id.
pub struct SpikeRecord {
    wanted: Vec<Selected>,
    /// Label of every source and population, if it is recorded.
    sources: Vec<Option<u32>>,
    populations: Vec<Option<u32>>,
    /// As [`Schema::lasts`].
    lasts: Vec<Time>,
    /// The episode is a column, and spikes are kept of one in so many; `None`: there is only one.
    every: Option<u64>,
}

impl SpikeRecord {
    /// Of what is named in `wanted`, whose order is that of the labels. Where there are several episodes, the episode is a column,
    /// and spikes are those of the ones whose number is a multiple of `every`.
    #[must_use]
    pub fn new(wanted: &[Selected], names: &Names, every: Option<u64>) -> Self {
        let label = |name: &String| wanted.iter().position(|other| &other.name == name).map(|at| at as u32);
        let sources = names.sources.iter().map(label).collect();
        let populations: Vec<Option<u32>> = names.populations.iter().map(label).collect();
        let mut lasts = vec![Time::ZERO; wanted.len()];
        for (label, on) in populations.iter().zip(&names.on) {
            label.map(|label| lasts[label as usize] = *on);
        }
        Self { wanted: wanted.to_vec(), sources, populations, lasts: lasting(lasts), every }
    }
}

impl Take for SpikeRecord {
    fn schema(&self) -> Schema {
        let mut columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
        ];
        if self.every.is_some() {
            columns.insert(0, Column::new("episode", ColumnKind::Count));
        }
        let labels = self.wanted.iter().map(|chosen| chosen.name.clone()).collect();
        Schema { name: "spikes".into(), columns, labels, lasts: self.lasts.clone(), ..Schema::default() }
    }

    fn wants_all(&self) -> bool {
        self.sources.iter().any(Option::is_some)
    }

    fn take(&mut self, episode: u64, record: &Record, push: &mut dyn FnMut(&[Value])) {
        if self.every.is_some_and(|every| !episode.is_multiple_of(every)) {
            return;
        }
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
        push(if self.every.is_some() { &row } else { &row[1..] });
    }
}

/// Spikes of a record that are drawn: those of its first episode, thinned by neurons where there are too many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawn {
    /// By time.
    pub rows: Vec<SpikeRow>,
    /// One neuron in so many is kept of each group, the first of it among them.
    pub every: u32,
    /// Spikes of that episode, whether they are kept or not.
    pub of_episode: u64,
    /// Spikes of all episodes.
    pub total: u64,
    /// There were still too many of one neuron in each group: those at the end are left out.
    pub cut: bool,
}

impl Drawn {
    /// Whether there are episodes after the one that is drawn.
    #[must_use]
    pub fn of_several(&self) -> bool {
        self.total > self.of_episode
    }

    fn push(&mut self, row: SpikeRow, groups: &[Range<u32>], most: usize) {
        let start = |label: u32| groups.get(label as usize).map_or(0, |ids| ids.start);
        let kept = |row: &SpikeRow, every: u32| row.id.wrapping_sub(start(row.label)).is_multiple_of(every);
        if self.cut || !kept(&row, self.every) {
            return;
        }
        let widest = groups.iter().map(ExactSizeIterator::len).max().unwrap_or(0);
        while self.rows.len() >= most && kept(&row, self.every) {
            if self.every as usize >= widest {
                self.cut = true;
                return;
            }
            self.every *= 2;
            let every = self.every;
            self.rows.retain(|row| kept(row, every));
        }
        if kept(&row, self.every) {
            self.rows.push(row);
        }
    }
}

/// Spikes of a finished log that are drawn, at most `most`; `groups` are the neurons that are recorded, by label. One pass in
/// the memory of those that are kept: whenever there are too many, every second neuron goes.
///
/// # Errors
/// If the log is damaged or not one of spikes.
pub fn drawn(mut reader: LogReader, groups: &[Range<u32>], most: usize) -> Result<Drawn, RecordError> {
    let mut found = Drawn { every: 1, ..Drawn::default() };
    let mut episode = None;
    each(&mut reader, |spike| {
        if *episode.get_or_insert(spike.episode) == spike.episode {
            found.of_episode += 1;
            found.push(spike, groups, most);
        }
    })?;
    found.total = reader.position().rows;
    Ok(found)
}

/// Gives the spikes of a finished log one by one, in its order.
///
/// # Errors
/// If the log is damaged, was not finished, or is not one of spikes.
pub fn each(reader: &mut LogReader, mut spike: impl FnMut(SpikeRow)) -> Result<(), RecordError> {
    let schema = reader.schema().clone();
    if schema.columns.iter().any(|column| column.kind == ColumnKind::Real) {
        return Err(reader.damaged("it is not a record of spikes"));
    }
    while let Some(rows) = reader.next_rows()? {
        for row in rows.chunks_exact(schema.width()) {
            let mut found = SpikeRow { episode: 0, time: Time::ZERO, label: 0, id: 0 };
            for value in schema.values(row) {
                match value {
                    Value::Count(episode) => found.episode = episode,
                    Value::Time(time) => found.time = time,
                    Value::Label(label) => found.label = label,
                    Value::Index(id) => found.id = id,
                    Value::Real(_) => {}
                }
            }
            spike(found);
        }
    }
    Ok(())
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
        records.add(Box::new(recorder), Box::new(SpikeRecord::new(&wanted, &names(), Some(1)))).unwrap();
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
        let found = drawn(LogReader::open(&log).unwrap(), &[0..20, 0..20], 10).unwrap();
        assert_eq!((found.rows, found.every, found.total), (vec![row(5, 1, 9), row(11, 0, 11)], 1, 2));
    }

    #[test]
    fn some_neurons_are_chosen_by_a_range_that_is_read_as_it_is_written() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("spikes.log");
        let mut records = spikes(LogRecorder::new(&log), &["i[3..12]", "e[0..1]"]);
        (0..20).for_each(|k| records.record(0, &spike(k)));
        records.finish().unwrap();
        let found = drawn(LogReader::open(&log).unwrap(), &[3..12, 0..1], 99).unwrap();
        let ids: Vec<(u32, u32)> = found.rows.into_iter().map(|row| (row.label, row.id)).collect();
        assert_eq!(ids, [(1, 0), (0, 3), (0, 5), (0, 7), (0, 9), (0, 11)]);
        for text in ["e", "e[0..1]", "e-2[7..4294967295]"] {
            assert_eq!(text.parse::<Selected>().unwrap().to_string(), text);
        }
        for text in ["e[", "e[]", "e[3]", "e[3..3]", "e[4..3]", "e[-1..3]", "e[0..9", "e[0..4294967296]"] {
            assert_eq!(text.parse::<Selected>(), Err(NotSelected::Neurons), "{text}");
        }
    }

    #[test]
    fn of_too_many_spikes_every_second_neuron_goes_and_of_one_neuron_the_end() {
        let root = tempfile::tempdir().unwrap();
        let log = root.path().join("spikes.log");
        let mut records = spikes(LogRecorder::new(&log), &["e"]);
        // Neurons 10 to 29 of `e` spike in turn, a hundred times each; then another episode.
        for k in 0..2000_u32 {
            let spike = Spike { time: Time::from_fs(u64::from(k)), population: 0, neuron: 10 + k % 20 };
            records.record(4, &Record::Spike(spike));
        }
        records.record(5, &spike(0));
        records.finish().unwrap();
        let found = drawn(LogReader::open(&log).unwrap(), std::slice::from_ref(&(10..30)), 700).unwrap();
        assert_eq!((found.every, found.rows.len(), found.cut), (4, 500, false));
        assert!(found.rows.iter().all(|row| (row.id - 10) % 4 == 0) && found.of_several());
        assert_eq!((found.of_episode, found.total), (2000, 2001));
        let last = drawn(LogReader::open(&log).unwrap(), std::slice::from_ref(&(10..30)), 60).unwrap();
        assert_eq!((last.every, last.rows.len(), last.cut), (32, 60, true));
        assert!(last.rows.iter().all(|row| row.id == 10));
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
        let all = [0..10_000, 0..10_000];
        let want = drawn(LogReader::open(&whole).unwrap(), &all, usize::MAX).unwrap();
        assert!(
            drawn(LogReader::open(&cut).unwrap(), &all, usize::MAX).unwrap() == want && want.total == 10_000
        );
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
