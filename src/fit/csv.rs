//! Measured columns: a header with units, numbers below.

use crate::units::Quantity;

/// Columns in SI units.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    pub columns: Vec<Vec<f64>>,
}

/// What is wrong with a file of measurements.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CsvError {
    #[error("{file}:1: the header is `{header}`; expected columns {expected}")]
    Header { file: String, header: String, expected: String },
    #[error("{file}:1: column `{column}`: {message}")]
    Unit { file: String, column: String, message: String },
    #[error(
        "{file}:{line}: {fields} fields for {columns} columns; write numbers with a point, 0.5, and commas between them"
    )]
    Fields { file: String, line: usize, fields: usize, columns: usize },
    #[error("{file}:{line}: `{text}` in column `{column}` is not a finite number")]
    Number { file: String, line: usize, column: String, text: String },
    #[error("{file}:{line}: {column} {value} does not come after {before}; it must increase from row to row")]
    Order { file: String, line: usize, column: String, value: String, before: String },
    #[error("{file}: {rows} rows of data; at least {needed} are needed")]
    TooFew { file: String, rows: usize, needed: usize },
}

/// A column that a fit asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    pub name: &'static str,
    /// Factor of a unit text to SI, or why it is none.
    pub factor: fn(&str) -> Result<f64, String>,
    pub example: &'static str,
    /// Whether it must increase.
    pub increasing: bool,
}

/// A column in a unit of `Q`.
#[must_use]
pub fn wanted<Q: Quantity>(name: &'static str, increasing: bool) -> Wanted {
    let factor = |unit: &str| Q::parse(&format!("1 {unit}")).map(Q::si).map_err(|e| e.to_string());
    Wanted { name, factor, example: Q::UNIT, increasing }
}

/// A column in percent (kept in percent) or of plain numbers.
#[must_use]
pub fn plain(name: &'static str, unit: &'static str) -> Wanted {
    let factor = |unit: &str| match unit {
        "%" | "" => Ok(1.0),
        other => Err(format!("`{other}` is not a unit it can have; leave it out or write [%]")),
    };
    Wanted { name, factor, example: unit, increasing: false }
}

/// Reads the wanted columns (others may be there too), reporting all faults of the header, or of the rows.
///
/// # Errors
/// See [`CsvError`].
pub fn read_columns(
    file: &str,
    text: &str,
    wanted: &[Wanted],
    needed: usize,
) -> Result<Measured, Vec<CsvError>> {
    let file = file.to_owned();
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let header = lines.next().map_or("", |(_, line)| line.trim_start_matches('\u{feff}'));
    let names: Vec<(String, String)> = header.split(',').map(split_unit).collect();
    let mut faults = Vec::new();
    let mut chosen = Vec::new();
    for w in wanted {
        match names.iter().position(|(name, _)| name.eq_ignore_ascii_case(w.name)) {
            None => {
                let unit = |w: &Wanted| {
                    if w.example.is_empty() {
                        w.name.to_owned()
                    } else {
                        format!("{} [{}]", w.name, w.example)
                    }
                };
                let expected = wanted.iter().map(unit).collect::<Vec<_>>().join(", ");
                faults.push(CsvError::Header { file: file.clone(), header: header.to_owned(), expected });
                break;
            }
            Some(at) => match (w.factor)(&names[at].1) {
                Ok(factor) => chosen.push((at, factor)),
                Err(message) => {
                    faults.push(CsvError::Unit { file: file.clone(), column: w.name.to_owned(), message });
                }
            },
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut columns = vec![Vec::new(); wanted.len()];
    for (index, line) in lines {
        let fields: Vec<&str> = line.split(',').map(str::trim).collect();
        let number = index + 1;
        if fields.len() != names.len() {
            let (fields, columns) = (fields.len(), names.len());
            faults.push(CsvError::Fields { file: file.clone(), line: number, fields, columns });
            continue;
        }
        for ((column, w), &(at, factor)) in columns.iter_mut().zip(wanted).zip(&chosen) {
            let text = fields[at];
            let value = text.parse::<f64>().ok().map(|v| v * factor).filter(|v| v.is_finite());
            let column_name = w.name.to_owned();
            match (value, column.last()) {
                (None, _) => faults.push(CsvError::Number {
                    file: file.clone(),
                    line: number,
                    column: column_name,
                    text: text.to_owned(),
                }),
                (Some(v), Some(&before)) if w.increasing && v <= before => faults.push(CsvError::Order {
                    file: file.clone(),
                    line: number,
                    column: column_name,
                    value: text.to_owned(),
                    before: format!("{}", before / factor),
                }),
                (Some(v), _) => column.push(v),
            }
        }
    }
    let rows = columns.first().map_or(0, Vec::len);
    if faults.is_empty() && rows < needed {
        faults.push(CsvError::TooFew { file, rows, needed });
    }
    if faults.is_empty() { Ok(Measured { columns }) } else { Err(faults) }
}

/// `"time [ms]"` to its name and unit.
fn split_unit(column: &str) -> (String, String) {
    let column = column.trim();
    match column.split_once('[') {
        Some((name, unit)) => (name.trim().to_owned(), unit.trim().trim_end_matches(']').trim().to_owned()),
        None => (column.to_owned(), String::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Second, Volt};

    fn read(text: &str) -> Result<Measured, Vec<String>> {
        let columns = [wanted::<Second>("time", true), wanted::<Volt>("state", false)];
        read_columns("m.csv", text, &columns, 2).map_err(|f| f.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn columns_are_found_by_name_and_converted_by_their_unit() {
        let m = read("n,State [mV],time [ms]\n1,250,0\n2,100,8.62\n").unwrap();
        assert_eq!(m.columns, [vec![0.0, 8.62e-3], vec![0.25, 0.1]]);
    }

    #[test]
    fn bad_files_are_answered_with_what_and_where() {
        let cases: [(&str, &[&str]); 6] = [
            ("t,u\n", &["m.csv:1: the header is `t,u`; expected columns time [s], state [V]"]),
            (
                "time [V],state\n",
                &[
                    "m.csv:1: column `time`: `1 V` is in `V`; expected a time in s, such as \"9.41 ms\"",
                    "m.csv:1: column `state`: `1 ` has no unit; expected a voltage such as \"0.25 V\"",
                ],
            ),
            (
                "time [s],state [V]\n0,5,1,2\n",
                &[
                    "m.csv:2: 4 fields for 2 columns; write numbers with a point, 0.5, and commas between them",
                ],
            ),
            (
                "time [s],state [V]\n0,NaN\n1,x\n",
                &[
                    "m.csv:2: `NaN` in column `state` is not a finite number",
                    "m.csv:3: `x` in column `state` is not a finite number",
                ],
            ),
            (
                "time [s],state [V]\n1,1\n0.5,1\n",
                &["m.csv:3: time 0.5 does not come after 1; it must increase from row to row"],
            ),
            ("time [s],state [V]\n1,1\n", &["m.csv: 1 rows of data; at least 2 are needed"]),
        ];
        for (text, want) in cases {
            assert_eq!(read(text).unwrap_err(), want);
        }
    }
}
