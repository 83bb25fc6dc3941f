//! Numbers of many runs in one table: a row for each, a column for each number of their summaries.
//!
//! Columns have the names that `compare` and `expected.toml` have: the path of a number in `summary.json`. The summary is
//! taken as it was written, so those of any version can be read.

use crate::hint::nearest;
use crate::record::format::field;
use crate::record::table::{Column as Recorded, ColumnKind, Rows, Schema, Value as Cell};
use crate::record::{LogRecorder, RecordError, Recorder as _};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::path::Path;

/// Parts of a summary that are no results: versions, lists, and what stands in other columns.
const LEFT_OUT: [&str; 8] = [
    "schema_version",
    "title",
    "scenario",
    "status",
    "seed",
    "performance.calibrate",
    "performance.phases",
    "performance.samples_per_s",
];

/// A table of numbers and words.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// From left to right.
    pub columns: Vec<Column>,
}

/// One column.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The path of the number in the summary, or the key of a scenario.
    pub name: String,
    /// Where the name does not say it.
    pub unit: Option<String>,
    /// One for each row: a number, a text, or null where the run has none.
    pub cells: Vec<Value>,
}

impl Column {
    /// What stands above it.
    #[must_use]
    pub fn title(&self) -> String {
        self.unit.as_ref().map_or_else(|| self.name.clone(), |unit| format!("{} [{unit}]", self.name))
    }
}

impl Table {
    /// Adds a row; columns that are new stand behind the one that came before them in it.
    pub fn push(&mut self, row: Vec<(String, Option<String>, Value)>) {
        let rows = self.len();
        let mut place = 0;
        for (name, unit, value) in row {
            let known = self.columns.iter().position(|column| column.name == name);
            let at = known.unwrap_or_else(|| {
                self.columns.insert(place, Column { name, unit, cells: vec![Value::Null; rows] });
                place
            });
            self.columns[at].cells.push(value);
            place = at + 1;
        }
        for column in &mut self.columns {
            column.cells.resize(rows + 1, Value::Null);
        }
    }

    /// How many rows there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.columns.iter().map(|column| column.cells.len()).max().unwrap_or(0)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The column of a name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// Keeps the first `always` columns and those that are named: by a whole path, or by its beginning up to a dot.
    ///
    /// # Errors
    /// The names that no column has, each with the one that may have been meant.
    pub fn keep(&mut self, always: usize, names: &[String]) -> Result<(), Vec<(String, Option<String>)>> {
        let meant = |column: &str, name: &str| {
            column.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        let unknown: Vec<(String, Option<String>)> = names
            .iter()
            .filter(|name| !self.columns.iter().any(|column| meant(&column.name, name)))
            .map(|name| {
                let close = nearest(name, self.columns.iter().map(|column| column.name.as_str()));
                (name.clone(), close.map(String::from))
            })
            .collect();
        if !unknown.is_empty() {
            return Err(unknown);
        }
        let mut place = 0;
        self.columns.retain(|column| {
            place += 1;
            place <= always || names.iter().any(|name| meant(&column.name, name))
        });
        Ok(())
    }

    /// As CSV: a header with units, and a line for each row; a cell is empty where a run has no such number.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = self.columns.iter().map(|column| field(&column.title())).collect::<Vec<_>>().join(",");
        text.push('\n');
        for row in 0..self.len() {
            for (place, column) in self.columns.iter().enumerate() {
                if place > 0 {
                    text.push(',');
                }
                // Writing to a string does not fail.
                let _ = match &column.cells[row] {
                    Value::Null => Ok(()),
                    Value::String(word) => write!(text, "{}", field(word)),
                    other => write!(text, "{other}"),
                };
            }
            text.push('\n');
        }
        text
    }

    /// A list of rows, each an object whose keys are the titles of the columns.
    #[must_use]
    pub fn json(&self) -> Value {
        let row = |row: usize| {
            let cells = self.columns.iter().map(|column| (column.title(), column.cells[row].clone()));
            Value::Object(cells.filter(|(_, cell)| !cell.is_null()).collect::<Map<_, _>>())
        };
        json!((0..self.len()).map(row).collect::<Vec<_>>())
    }

    /// As the log of a record, which every format of records can write; a number that is missing is not a number there.
    ///
    /// # Errors
    /// If the log cannot be written.
    pub fn log(&self, path: &Path) -> Result<(), RecordError> {
        let words = |column: &Column| column.cells.iter().any(Value::is_string);
        let mut labels: Vec<String> = Vec::new();
        let columns = self.columns.iter().map(|column| {
            let kind = if words(column) {
                ColumnKind::Label
            } else if column.cells.iter().all(Value::is_u64) {
                ColumnKind::Count
            } else {
                ColumnKind::Real
            };
            Recorded { name: column.name.clone(), unit: column.unit.clone(), kind }
        });
        let columns: Vec<Recorded> = columns.collect();
        let mut cells = Vec::new();
        for row in 0..self.len() {
            let of = |(column, recorded): (&Column, &Recorded)| {
                let value = &column.cells[row];
                match recorded.kind {
                    ColumnKind::Count => Cell::Count(value.as_u64().unwrap_or(0)),
                    ColumnKind::Label => {
                        let word = match value {
                            Value::String(word) => word.clone(),
                            Value::Null => String::new(),
                            other => other.to_string(),
                        };
                        let known = labels.iter().position(|label| *label == word).unwrap_or_else(|| {
                            labels.push(word);
                            labels.len() - 1
                        });
                        Cell::Label(known as u32)
                    }
                    _ => Cell::Real(value.as_f64().unwrap_or(f64::NAN)),
                }
            };
            cells.push(self.columns.iter().zip(&columns).map(of).collect::<Vec<Cell>>());
        }
        let schema = Schema { name: "table".into(), columns, labels, ..Schema::default() };
        let mut rows = Rows::new(&schema);
        cells.iter().try_for_each(|row| rows.push(row))?;
        let mut log = LogRecorder::new(path);
        log.begin(&schema)?;
        log.append(&rows)?;
        log.finish()
    }
}

/// The row of a summary as it was written: every number in it by its path, but for lists without names.
#[must_use]
pub fn row(summary: &Value) -> Vec<(String, Option<String>, Value)> {
    let mut row = Vec::new();
    for name in ["scenario", "seed", "status"] {
        row.push((name.to_string(), None, summary[name].clone()));
    }
    flatten("", summary, &mut row);
    row
}

/// A name as it stands in a path.
pub(super) fn part(name: &str) -> String {
    if name.contains('.') { format!("\"{name}\"") } else { name.to_string() }
}

fn flatten(path: &str, value: &Value, into: &mut Vec<(String, Option<String>, Value)>) {
    let join = |name: &str| if path.is_empty() { part(name) } else { format!("{path}.{}", part(name)) };
    if LEFT_OUT.contains(&path) {
        return;
    }
    match value {
        Value::Number(_) => into.push((path.to_string(), None, value.clone())),
        Value::String(_) if path == "fingerprint" => into.push((path.to_string(), None, value.clone())),
        Value::Object(parts) => match (parts.get("value"), parts.get("unit")) {
            (Some(number @ Value::Number(_)), Some(Value::String(unit))) => {
                let unit = (!unit.is_empty()).then(|| unit.clone());
                into.push((path.to_string(), unit, number.clone()));
            }
            _ => parts.iter().for_each(|(name, part)| flatten(&join(name), part, into)),
        },
        Value::Array(items) => {
            for item in items {
                if let Some(name) = item["name"].as_str() {
                    flatten(&join(name), item, into);
                }
            }
        }
        _ => {}
    }
}

/// The unit that the name of a number says it has: `energy_j.total` joules, `sim_time_s` seconds.
#[must_use]
pub fn unit_of(name: &str) -> &'static str {
    let last = name.rsplit('.').next().unwrap_or(name);
    if is_fraction(name) {
        return "%";
    }
    let unit = |word: &str| match word.rsplit('_').next() {
        Some("j") => Some("J"),
        Some("s") if word != "s" => Some("s"),
        Some("hz") => Some("Hz"),
        Some("v") => Some("V"),
        _ => None,
    };
    unit(last).or_else(|| name.split('.').find_map(unit)).unwrap_or("")
}

/// Whether a number is a fraction of right answers, or a difference of two.
#[must_use]
pub fn is_fraction(name: &str) -> bool {
    let (first, last) = (name.split('.').next().unwrap_or(""), name.rsplit('.').next().unwrap_or(""));
    match first {
        "accuracy" => !matches!(last, "test_samples" | "tested_epoch"),
        "programming" | "ageing" | "variation" => {
            matches!(last, "mean" | "sd" | "loss" | "max_loss" | "accuracy")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first() -> Value {
        json!({
            "schema_version": 1, "status": "done", "scenario": "digits", "title": "=1+1", "seed": 18_446_744_073_709_551_615_u64,
            "spikes": {"output": 10},
            "accuracy": {"test": 0.91, "test_by_epoch": [0.8, 0.91]},
            "programming": [{"name": "CV 0.5", "loss": 0.01}],
            "experiments": [{"name": "sweep", "measured": {"v_th": {"what": "turn-on", "value": 0.25, "unit": "V"}}}],
            "fingerprint": "ab",
            "performance": {"wall_s": 1.5, "phases": {"train": {"wall_s": 1.0}}}
        })
    }

    #[test]
    fn every_number_has_a_column_and_what_is_missing_an_empty_cell() {
        let mut table = Table::default();
        table.push(row(&first()));
        let other = json!({"scenario": "a,b", "seed": 2, "status": "done", "spikes": {"output": 11, "hidden": 3}, "fingerprint": "cd"});
        table.push(row(&other));
        let want = "scenario,seed,status,spikes.output,spikes.hidden,accuracy.test,\"programming.\"\"CV 0.5\"\".loss\",\
                    experiments.sweep.measured.v_th [V],fingerprint,performance.wall_s\n\
                    digits,18446744073709551615,done,10,,0.91,0.01,0.25,ab,1.5\n\
                    \"a,b\",2,done,11,3,,,,cd,\n";
        assert_eq!(table.csv(), want);
        assert_eq!(
            table.json()[1],
            json!({"scenario": "a,b", "seed": 2, "status": "done", "spikes.output": 11, "spikes.hidden": 3, "fingerprint": "cd"})
        );
    }

    #[test]
    fn columns_are_chosen_by_the_beginning_of_their_path() {
        let mut table = Table::default();
        table.push(row(&first()));
        assert_eq!(table.clone().keep(3, &["spike".into()]), Err(vec![("spike".into(), None)]));
        let meant = table.clone().keep(3, &["acuracy.test".into()]).unwrap_err();
        assert_eq!(meant[0].1.as_deref(), Some("accuracy.test"));
        table.keep(3, &["accuracy".into(), "performance.wall_s".into()]).unwrap();
        assert_eq!(
            table.csv(),
            "scenario,seed,status,accuracy.test,performance.wall_s\ndigits,18446744073709551615,done,0.91,1.5\n"
        );
    }

    #[test]
    fn a_name_says_its_unit() {
        let units = [
            "energy_j.total",
            "rate_hz.output",
            "sim_time_s",
            "spikes.output",
            "accuracy.test",
            "accuracy.test_samples",
        ];
        assert_eq!(units.map(unit_of), ["J", "Hz", "s", "", "%", ""]);
        assert_eq!(unit_of("energy_per_inference_j"), "J");
    }

    #[test]
    fn a_table_is_a_record_that_every_format_writes() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("t.log");
        let mut table = Table::default();
        table.push(vec![
            ("seed".into(), None, json!(3)),
            ("x".into(), Some("V".into()), json!(0.5)),
            ("w".into(), None, json!("a")),
        ]);
        table.push(vec![
            ("seed".into(), None, json!(4)),
            ("x".into(), Some("V".into()), Value::Null),
            ("w".into(), None, Value::Null),
        ]);
        table.log(&path).unwrap();
        let mut out = Vec::new();
        let mut reader = crate::record::LogReader::open(&path).unwrap();
        crate::record::Format::write(&crate::record::format::Csv, &mut reader, &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "seed,x [V],w\n3,0.5,a\n4,NaN,\n");
    }
}
