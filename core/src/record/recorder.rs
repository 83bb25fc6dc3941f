//! What takes the rows of one record while a run goes on.

use super::RecordError;
use super::table::{Rows, Schema};
use serde::{Deserialize, Serialize};

/// A place in a record between two rows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Position {
    /// Rows before it.
    pub rows: u64,
    /// Bytes before it, where the record is a file.
    pub bytes: u64,
}

/// Takes the rows of one record: a log on disk ([`super::LogRecorder`]), a count, a list, or what a program that uses
/// the library makes of them.
///
/// ```text
/// begin, (append | position | truncate)*, finish
/// ```
///
/// Rows come in content order and in batches; where one batch ends depends on how the run is carried out, so a
/// recorder gives it no meaning. A checkpoint names the `position` of each record; what goes on from it begins by
/// `truncate`, and the record is in the end the same as if the run had never been cut.
pub trait Recorder: Send {
    /// The record begins.
    ///
    /// # Errors
    /// If it cannot be made, or goes on with one that has other columns.
    fn begin(&mut self, schema: &Schema) -> Result<(), RecordError>;

    /// Takes some more rows.
    ///
    /// # Errors
    /// If they cannot be kept.
    fn append(&mut self, rows: &Rows) -> Result<(), RecordError>;

    /// Where the record stands. What is before it is there even if the process ends now.
    ///
    /// # Errors
    /// If that cannot be brought about.
    fn position(&mut self) -> Result<Position, RecordError>;

    /// Forgets everything after a position that this record gave.
    ///
    /// # Errors
    /// If it did not, or what is before it is not whole.
    fn truncate(&mut self, to: Position) -> Result<(), RecordError>;

    /// No row follows.
    ///
    /// # Errors
    /// If what is left cannot be kept.
    fn finish(&mut self) -> Result<(), RecordError>;
}

/// Counts rows and keeps none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counting {
    rows: u64,
}

impl Counting {
    /// Rows so far.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.rows
    }
}

impl Recorder for Counting {
    fn begin(&mut self, _: &Schema) -> Result<(), RecordError> {
        self.rows = 0;
        Ok(())
    }

    fn append(&mut self, rows: &Rows) -> Result<(), RecordError> {
        self.rows += rows.len() as u64;
        Ok(())
    }

    fn position(&mut self) -> Result<Position, RecordError> {
        Ok(Position { rows: self.rows, bytes: 0 })
    }

    fn truncate(&mut self, to: Position) -> Result<(), RecordError> {
        // What goes on from a checkpoint in another process begins with nothing counted.
        self.rows = to.rows;
        Ok(())
    }

    fn finish(&mut self) -> Result<(), RecordError> {
        Ok(())
    }
}

/// A recorder that somebody else looks at too: the run writes into it, and its owner reads it afterwards, or asks for
/// its position when a checkpoint is made.
impl<T: Recorder + ?Sized> Recorder for std::sync::Arc<std::sync::Mutex<T>> {
    fn begin(&mut self, schema: &Schema) -> Result<(), RecordError> {
        held(self).begin(schema)
    }

    fn append(&mut self, rows: &Rows) -> Result<(), RecordError> {
        held(self).append(rows)
    }

    fn position(&mut self) -> Result<Position, RecordError> {
        held(self).position()
    }

    fn truncate(&mut self, to: Position) -> Result<(), RecordError> {
        held(self).truncate(to)
    }

    fn finish(&mut self) -> Result<(), RecordError> {
        held(self).finish()
    }
}

/// The lock; what a thread that panicked left behind is still a record.
fn held<T: ?Sized>(shared: &std::sync::Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::table::{Column, ColumnKind, Value};
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_counting_recorder_goes_on_from_a_position() {
        let columns = vec![Column::new("id", ColumnKind::Index)];
        let schema = Schema { name: "ids".into(), columns, labels: Vec::new(), ..Schema::default() };
        let mut rows = Rows::new(&schema);
        (0..5).for_each(|id| rows.push(&[Value::Index(id)]).unwrap());
        let counting = Arc::new(Mutex::new(Counting::default()));
        let mut recorder: Box<dyn Recorder> = Box::new(Arc::clone(&counting));
        recorder.begin(&schema).unwrap();
        recorder.append(&rows).unwrap();
        let at = recorder.position().unwrap();
        recorder.append(&rows).unwrap();
        assert_eq!((at.rows, counting.lock().unwrap().rows()), (5, 10));
        recorder.truncate(at).unwrap();
        recorder.append(&rows).unwrap();
        recorder.finish().unwrap();
        assert_eq!(counting.lock().unwrap().rows(), 10);
    }
}
