//! How a finished record log is written for others to read.
//!
//! A further format is a file here with its [`Format`], and an entry in [`Formats::built_in`]. A program that uses the
//! library adds its own with [`Formats::with`], or to a registry, so that scenarios can name it.

mod csv;
mod npz;
mod perfetto;
mod rows;
mod vcd;

pub use csv::{Csv, field, line, title};
pub use npz::Npz;
pub use perfetto::Perfetto;
pub use rows::Log;
pub use vcd::Vcd;

use super::table::Schema;
use super::timeline::{Lane, Timeline};
use super::{LogReader, RecordError};
use std::fmt::{Debug, Formatter};
use std::io::Write;
use std::sync::Arc;

/// A way to write records.
pub trait Format: Send + Sync {
    /// What it is called where one is chosen.
    fn name(&self) -> &'static str;

    /// What the name of a file ends in, without the dot.
    fn extension(&self) -> &'static str;

    /// One line on what it is good for.
    fn about(&self) -> &'static str;

    /// Writes all rows of a finished log, from the first.
    ///
    /// # Errors
    /// If the log is damaged or `out` takes no more.
    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError>;

    /// Whether it has a place for a record: not all of them lie in simulated time.
    fn takes(&self, schema: &Schema) -> bool {
        let _ = schema;
        true
    }

    /// Rows that one file may have; more of them make several files, each with those that follow.
    fn most(&self) -> Option<u64> {
        None
    }

    /// Whether all records of a run make one file, [`JOINED`], instead of one each.
    fn joins(&self) -> bool {
        false
    }

    /// Writes all rows of several finished logs: what is asked of a format that joins them.
    ///
    /// # Errors
    /// If a log is damaged or `out` takes no more.
    fn write_all(&self, logs: &mut [LogReader], out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        logs.iter_mut().try_for_each(|log| self.write(log, out))
    }
}

/// A format that has all records of a run in one file, over simulated time. What does not lie in it (connections) is left out.
trait OverTime: Send + Sync {
    /// As [`Format::name`].
    const NAME: &'static str;
    /// As [`Format::extension`].
    const EXTENSION: &'static str;
    /// As [`Format::about`].
    const ABOUT: &'static str;

    /// Writes the records of a run in order of time.
    fn course(timeline: &mut Timeline<'_>, out: &mut (dyn Write + Send)) -> Result<(), WriteError>;
}

impl<T: OverTime> Format for T {
    fn name(&self) -> &'static str {
        T::NAME
    }

    fn extension(&self) -> &'static str {
        T::EXTENSION
    }

    fn about(&self) -> &'static str {
        T::ABOUT
    }

    fn takes(&self, schema: &Schema) -> bool {
        Lane::of(schema).is_some()
    }

    fn joins(&self) -> bool {
        true
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        self.write_all(std::slice::from_mut(log), out)
    }

    fn write_all(&self, logs: &mut [LogReader], out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        T::course(&mut Timeline::new(logs)?, out)
    }
}

/// Name of the file that has all records of a run, without its extension.
pub const JOINED: &str = "records";

/// Why a log was not written in a format.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The log cannot be read.
    #[error(transparent)]
    Log(#[from] RecordError),
    /// What is written to takes no more.
    #[error(transparent)]
    Out(#[from] std::io::Error),
}

/// The formats that can be chosen from.
#[derive(Clone)]
pub struct Formats {
    entries: Vec<Arc<dyn Format>>,
}

impl Default for Formats {
    fn default() -> Self {
        Self::built_in()
    }
}

impl Debug for Formats {
    fn fmt(&self, f: &mut Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.iter().map(Format::name)).finish()
    }
}

impl Formats {
    /// `csv`, `npz`, `perfetto`, `vcd` and `log`.
    #[must_use]
    pub fn built_in() -> Self {
        let entries: Vec<Arc<dyn Format>> =
            vec![Arc::new(Csv), Arc::new(Npz), Arc::new(Perfetto), Arc::new(Vcd), Arc::new(Log)];
        Self { entries }
    }

    /// One more; it takes the place of one with the same name.
    #[must_use]
    pub fn with(mut self, format: impl Format + 'static) -> Self {
        self.entries.retain(|entry| entry.name() != format.name());
        self.entries.push(Arc::new(format));
        self
    }

    /// The format of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&dyn Format> {
        self.iter().find(|format| format.name() == name)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Format> {
        self.entries.iter().map(Arc::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Rows;

    impl Format for Rows {
        fn name(&self) -> &'static str {
            "csv"
        }

        fn extension(&self) -> &'static str {
            "rows"
        }

        fn about(&self) -> &'static str {
            "the number of rows"
        }

        fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
            while log.next_rows()?.is_some() {}
            Ok(writeln!(out, "{}", log.position().rows)?)
        }
    }

    #[test]
    fn every_format_has_a_name_of_its_own_and_one_can_be_replaced() {
        let formats = Formats::built_in();
        let names: Vec<&str> = formats.iter().map(Format::name).collect();
        assert_eq!(names, ["csv", "npz", "perfetto", "vcd", "log"]);
        assert!(formats.iter().all(|format| !format.about().is_empty()));
        assert!(formats.find("parquet").is_none());
        let formats = formats.with(Rows);
        assert_eq!(formats.iter().count(), 5);
        assert_eq!(formats.find("csv").unwrap().extension(), "rows");
    }
}
