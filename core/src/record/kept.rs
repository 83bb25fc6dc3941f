//! What a run keeps of its stream, record by record: each says which rows an entry is, and all are written the same way.

use super::RecordError;
use super::recorder::{Position, Recorder};
use super::table::{Rows, Schema, Value};
use crate::engine::{Observer, Record};
use crate::time::Time;
use std::collections::BTreeMap;

/// Rows that are handed on together.
const BATCH: usize = 1024;

/// What a record takes of the stream of a run.
pub trait Take: Send {
    /// Its columns and labels; its name is that of the file.
    fn schema(&self) -> Schema;

    /// Whether it needs the spikes of sources and the arrivals, which others do not ask for.
    fn wants_all(&self) -> bool {
        false
    }

    /// Whether it needs every change of a weight, which makes a run go from instant to instant.
    fn wants_changes(&self) -> bool {
        false
    }

    /// Every how many samples it needs the weights that are trained, if it does.
    fn wants_weights(&self) -> Option<u64> {
        None
    }

    /// Pushes the rows that an entry of the stream is, if it is any.
    fn take(&mut self, episode: u64, record: &Record, push: &mut dyn FnMut(&[Value]));

    /// An episode begins; `what` says which presentation it is.
    fn begin(&mut self, episode: u64, what: &str) {
        let _ = (episode, what);
    }

    /// Pushes the rows that the end of an episode is, which has got so far.
    fn end(&mut self, episode: u64, reached: Time, push: &mut dyn FnMut(&[Value])) {
        let _ = (episode, reached, push);
    }
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

/// One record of a run.
struct Kept {
    name: String,
    take: Box<dyn Take>,
    writing: Writing,
}

/// What a run records: an observer to be handed to it.
#[derive(Default)]
pub struct Records {
    kept: Vec<Kept>,
}

/// Where the records of a run stood when a checkpoint was made, by name. One that has failed has no place.
pub type Positions = BTreeMap<String, Position>;

impl Records {
    /// Begins one more record.
    ///
    /// # Errors
    /// If the recorder cannot begin.
    pub fn add(&mut self, recorder: Box<dyn Recorder>, take: Box<dyn Take>) -> Result<(), RecordError> {
        let schema = take.schema();
        let writing = Writing::begin(recorder, &schema)?;
        self.kept.push(Kept { name: schema.name, take, writing });
        Ok(())
    }

    /// Whether there is anything to record.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.kept.is_empty()
    }

    /// Where the records stand, for a checkpoint: what a resumed run cuts them back to.
    pub fn positions(&mut self) -> Positions {
        let of = |kept: &mut Kept| Some((kept.name.clone(), kept.writing.position()?));
        self.kept.iter_mut().filter_map(of).collect()
    }

    /// Ends all records.
    ///
    /// # Errors
    /// The first failure of a write, if there was one.
    pub fn finish(self) -> Result<(), RecordError> {
        self.kept.into_iter().try_for_each(|kept| kept.writing.finish())
    }
}

impl Observer for Records {
    fn wants_all(&self) -> bool {
        self.kept.iter().any(|kept| kept.take.wants_all())
    }

    fn wants_changes(&self) -> bool {
        self.kept.iter().any(|kept| kept.take.wants_changes())
    }

    fn wants_weights(&self) -> Option<u64> {
        self.kept.iter().filter_map(|kept| kept.take.wants_weights()).min()
    }

    fn begin(&mut self, episode: u64, what: &str) {
        self.kept.iter_mut().for_each(|kept| kept.take.begin(episode, what));
    }

    fn end(&mut self, episode: u64, reached: Time) {
        for Kept { take, writing, .. } in &mut self.kept {
            take.end(episode, reached, &mut |row| writing.push(row));
        }
    }

    fn record(&mut self, episode: u64, record: &Record) {
        for Kept { take, writing, .. } in &mut self.kept {
            take.take(episode, record, &mut |row| writing.push(row));
        }
    }
}
