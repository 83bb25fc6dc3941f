//! Records as the logs that everything else is written from.

use super::super::LogReader;
use super::super::log::{Chunks, head};
use super::{Format, WriteError};
use std::io::Write;

/// A finished log: what [`LogReader`] reads, and `memspike export` and `memspike trace` with it.
///
/// The log of a run that was stopped and gone on with has chunks where it was cut. Here they are all full, so that the same
/// record is the same file.
#[derive(Clone, Copy, Debug)]
pub struct Log;

impl Format for Log {
    fn name(&self) -> &'static str {
        "log"
    }

    fn extension(&self) -> &'static str {
        "rows"
    }

    fn about(&self) -> &'static str {
        "The rows as they are kept in every run, for `memspike export` and `memspike trace`, and nothing else"
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        log.rewind()?;
        out.write_all(&head(log.schema())?)?;
        let mut chunks = Chunks::new(log.schema().width());
        while let Some(rows) = log.next_rows()? {
            chunks.add(rows, |chunk| out.write_all(chunk))?;
        }
        Ok(chunks.end(|chunk| out.write_all(chunk))?)
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::recorder::Recorder as _;
    use super::super::super::table::{Column, ColumnKind, Rows, Schema, Value};
    use super::*;
    use crate::record::LogRecorder;

    #[test]
    fn the_same_rows_are_the_same_file_wherever_the_run_was_cut() {
        let columns = vec![Column::new("id", ColumnKind::Index)];
        let schema = Schema { name: "ids".into(), columns, labels: Vec::new(), ..Schema::default() };
        let root = tempfile::tempdir().unwrap();
        let of = |name: &str, cuts: &[u32]| {
            let path = root.path().join(name);
            let mut log = LogRecorder::new(&path);
            log.begin(&schema).unwrap();
            for k in 0..40_000 {
                let mut rows = Rows::new(&schema);
                rows.push(&[Value::Index(k)]).unwrap();
                log.append(&rows).unwrap();
                if cuts.contains(&k) {
                    log.position().unwrap();
                }
            }
            log.finish().unwrap();
            let mut bytes = Vec::new();
            Log.write(&mut LogReader::open(&path).unwrap(), &mut bytes).unwrap();
            (std::fs::read(&path).unwrap(), bytes)
        };
        let (whole, kept) = of("whole", &[]);
        assert!(whole == kept, "a log that was never cut is that file");
        let (cut, again) = of("cut", &[7, 8, 30_000]);
        assert!(cut != whole && again == whole);
    }
}
