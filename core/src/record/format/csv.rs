//! Records as CSV (RFC 4180): a header with units, one line per row, `.` for the decimal point.

use super::super::LogReader;
use super::super::table::{Column, ColumnKind, Schema, Value};
use super::{Format, WriteError};
use std::fmt::Write as _;
use std::io::Write;

/// A text table.
///
/// Times are in milliseconds with every digit down to the femtosecond, reals have the fewest digits that read as the
/// same number.
#[derive(Clone, Copy, Debug)]
pub struct Csv;

impl Format for Csv {
    fn name(&self) -> &'static str {
        "csv"
    }

    fn extension(&self) -> &'static str {
        "csv"
    }

    fn about(&self) -> &'static str {
        "A text table, one line per row, times in milliseconds"
    }

    fn write(&self, log: &mut LogReader, out: &mut (dyn Write + Send)) -> Result<(), WriteError> {
        log.rewind()?;
        let schema = log.schema().clone();
        let header: Vec<String> = schema.columns.iter().map(title).collect();
        writeln!(out, "{}", header.join(","))?;
        let labels: Vec<String> = schema.labels.iter().map(|label| field(label)).collect();
        let mut lines = String::new();
        while let Some(rows) = log.next_rows()? {
            lines.clear();
            for row in rows.chunks_exact(schema.width()) {
                line(&schema, &labels, row, &mut lines);
                lines.push('\n');
            }
            out.write_all(lines.as_bytes())?;
        }
        Ok(())
    }
}

/// Adds the cells of a row to a text; `labels` are those of the schema as cells.
pub fn line(schema: &Schema, labels: &[String], row: &[u8], text: &mut String) {
    for (index, value) in schema.values(row).enumerate() {
        if index > 0 {
            text.push(',');
        }
        // Writing to a string does not fail.
        let _ = match value {
            Value::Time(time) => write!(text, "{}", time.to_string().trim_end_matches(" ms")),
            Value::Count(count) => write!(text, "{count}"),
            Value::Index(index) => write!(text, "{index}"),
            Value::Label(label) => {
                write!(text, "{}", labels.get(label as usize).map_or("", String::as_str))
            }
            Value::Real(real) => write!(text, "{real}"),
        };
    }
}

/// What stands above a column.
#[must_use]
pub fn title(column: &Column) -> String {
    match (&column.unit, column.kind) {
        (Some(unit), _) => field(&format!("{} [{unit}]", column.name)),
        (None, ColumnKind::Time) => field(&format!("{} [ms]", column.name)),
        (None, _) => field(&column.name),
    }
}

/// Quotes a field where CSV needs it.
#[must_use]
pub fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", text.replace('"', "\"\""))
    } else {
        text.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::Selected;
    use super::super::super::membrane::MembraneRecord;
    use super::super::super::recorder::Recorder;
    use super::super::super::spikes::{Names, SpikeRecord};
    use super::super::super::table::{Rows, Schema};
    use super::*;
    use crate::record::{LogRecorder, Take as _};
    use crate::time::Time;

    fn text(schema: &Schema, row: &[Value]) -> String {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("a.log");
        let mut log = LogRecorder::new(&path);
        let mut rows = Rows::new(schema);
        rows.push(row).unwrap();
        log.begin(schema).unwrap();
        log.append(&rows).unwrap();
        log.finish().unwrap();
        let mut out = Vec::new();
        Csv.write(&mut LogReader::open(&path).unwrap(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn spikes_have_all_their_digits_and_an_episode_only_where_there_are_several() {
        let time = Value::Time(Time::from_fs(9_410_000_000_001));
        let row = [Value::Count(3), time, Value::Label(1), Value::Index(7)];
        let labels = ["output", "a,b"].map(Selected::all);
        let of = |every| SpikeRecord::new(&labels, &Names::default(), every).schema();
        assert_eq!(text(&of(None), &row[1..]), "time [ms],population,id\n9.410000000001,\"a,b\",7\n");
        assert_eq!(text(&of(Some(1)), &row), "episode,time [ms],population,id\n3,9.410000000001,\"a,b\",7\n");
    }

    #[test]
    fn membranes_have_a_unit() {
        let names = Names { populations: vec!["ring".into()], ..Names::default() };
        let row = [Value::Time(Time::ZERO), Value::Label(0), Value::Index(2), Value::Real(-0.1)];
        assert_eq!(
            text(&MembraneRecord::new(&[Selected::all("ring")], &names).schema(), &row),
            "time [ms],population,id,u [V]\n0,ring,2,-0.1\n"
        );
    }
}
