//! The first row in which what two runs have recorded differs.

use crate::record::format::{field, line, title};
use crate::record::{LogReader, RecordError};

/// Where two records part.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Diverging {
    /// Rows that are the same.
    pub same: u64,
    /// The next row of the first record as CSV, `None` where it has ended.
    pub first: Option<String>,
    /// The same of the second.
    pub second: Option<String>,
    /// The columns; empty: the two have others.
    pub head: String,
}

/// Compares two records row by row, by what the rows say; `None` if they are the same.
///
/// # Errors
/// If one cannot be read.
pub fn first(first: &mut LogReader, second: &mut LogReader) -> Result<Option<Diverging>, RecordError> {
    let head = |log: &LogReader| log.schema().columns.iter().map(title).collect::<Vec<_>>().join(",");
    let (heads, alike) = ([head(first), head(second)], first.schema() == second.schema());
    if heads[0] != heads[1] {
        return Ok(Some(Diverging { same: 0, first: None, second: None, head: String::new() }));
    }
    let (mut a, mut b) = (Rows::new(first), Rows::new(second));
    for same in 0.. {
        if !(a.advance()? | b.advance()?) {
            break;
        }
        // (The bytes of equal rows are equal, if their labels have the same numbers.)
        if alike && a.row() == b.row() {
            continue;
        }
        let (first, second) = (a.line(), b.line());
        if first != second {
            let [head, _] = heads;
            return Ok(Some(Diverging { same, first, second, head }));
        }
    }
    Ok(None)
}

/// A log row by row.
struct Rows<'a> {
    log: &'a mut LogReader,
    width: usize,
    labels: Vec<String>,
    chunk: Vec<u8>,
    /// Where the row begins; at the end of the log where its last one ends.
    at: usize,
}

impl<'a> Rows<'a> {
    fn new(log: &'a mut LogReader) -> Self {
        let width = log.schema().width();
        let labels = log.schema().labels.iter().map(|label| field(label)).collect();
        Self { log, width, labels, chunk: Vec::new(), at: 0 }
    }

    /// Goes to the next row; whether there is one.
    fn advance(&mut self) -> Result<bool, RecordError> {
        self.at = (self.at + self.width).min(self.chunk.len());
        if self.at == self.chunk.len() {
            self.chunk.clear();
            self.chunk.extend_from_slice(self.log.next_rows()?.unwrap_or_default());
            self.at = 0;
        }
        Ok(!self.chunk.is_empty())
    }

    fn row(&self) -> Option<&[u8]> {
        self.chunk.get(self.at..self.at + self.width)
    }

    fn line(&self) -> Option<String> {
        let mut text = String::new();
        line(self.log.schema(), &self.labels, self.row()?, &mut text);
        Some(text)
    }
}

/// In words; `record` is its name.
#[must_use]
pub fn text(record: &str, diverging: Option<&Diverging>) -> String {
    let of = |row: &Option<String>| row.clone().unwrap_or_else(|| "no further row".into());
    let Some(Diverging { same, first, second, head }) = diverging else {
        return format!("the rows of `{record}` are the same\n");
    };
    if head.is_empty() {
        return format!("the rows of `{record}` have other columns\n");
    }
    format!(
        "first row of `{record}` that differs, after {} that are equal ({head}):\n  first   {}\n  second  {}\n",
        crate::plot::number::count(*same).replace('\u{202f}', " "),
        of(first),
        of(second)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::table::{Column, ColumnKind, Rows as Table, Schema, Value};
    use crate::record::{LogRecorder, Recorder as _};
    use crate::time::Time;

    /// Spikes of two populations: when in ms, of which, and which neuron.
    fn log(dir: &tempfile::TempDir, name: &str, labels: [&str; 2], rows: &[(u64, u32, u32)]) -> LogReader {
        let path = dir.path().join(name);
        let columns = vec![
            Column::new("time", ColumnKind::Time),
            Column::new("population", ColumnKind::Label),
            Column::new("id", ColumnKind::Index),
        ];
        let labels = labels.map(String::from).to_vec();
        let schema = Schema { name: "spikes".into(), columns, labels, ..Schema::default() };
        let (mut table, mut recorder) = (Table::new(&schema), LogRecorder::new(&path));
        for &(ms, label, id) in rows {
            let row = [Value::Time(Time::from_ms(ms)), Value::Label(label), Value::Index(id)];
            table.push(&row).unwrap();
        }
        recorder.begin(&schema).unwrap();
        recorder.append(&table).unwrap();
        recorder.finish().unwrap();
        LogReader::open(&path).unwrap()
    }

    #[test]
    fn the_first_row_that_differs_is_found_and_an_end_is_one() {
        let dir = tempfile::tempdir().unwrap();
        let rows = [(1, 0, 3), (2, 1, 1)];
        let of = |labels, other: &[(u64, u32, u32)]| {
            let mut a = log(&dir, "a", ["output", "hidden"], &rows);
            first(&mut a, &mut log(&dir, "b", labels, other)).unwrap()
        };
        assert_eq!(of(["output", "hidden"], &rows), None);
        // Names are compared, and not in which order they are listed.
        assert_eq!(of(["hidden", "output"], &[(1, 1, 3), (2, 0, 1)]), None);
        let other = of(["output", "hidden"], &[(1, 0, 3), (2, 1, 2)]).unwrap();
        assert_eq!((other.same, other.first.as_deref()), (1, Some("2,hidden,1")));
        assert_eq!(other.second.as_deref(), Some("2,hidden,2"));
        let short = of(["output", "hidden"], &rows[..1]).unwrap();
        assert_eq!((short.same, short.second), (1, None));
        let text = text("spikes", of(["output", "hidden"], &[]).as_ref());
        assert!(text.contains("`spikes` that differs, after 0") && text.contains("no further row"), "{text}");
    }
}
