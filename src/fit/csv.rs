//! Measured columns: a header with units, numbers below.

use crate::record::csv::{self, Field};
use crate::units::Quantity;

/// Columns in SI units.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// One list of values for each column that was wanted, in that order.
    pub columns: Vec<Vec<f64>>,
}

/// What is wrong with a file of measurements; `file` and `line`, counted from 1, say where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
pub enum CsvError {
    /// `file` has no line; it should have a header with the columns `expected`.
    #[error("{file}: the file is empty; expected a header with the columns {expected}, and rows of numbers")]
    Empty { file: String, expected: String },
    /// The header, on `line`, has no commas and may be meant to be separated by `separator`.
    #[error("{file}:{line}: the columns are separated by `{separator}`; expected commas")]
    Separator { file: String, line: usize, separator: char },
    /// The `header` on `line` lacks some of the columns `expected`.
    #[error("{file}:{line}: the header is `{header}`; expected columns {expected}")]
    Header { file: String, line: usize, header: String, expected: String },
    /// Two columns of the header are called `column`.
    #[error("{file}:{line}: column `{column}` is there twice; one of its name is expected")]
    Twice { file: String, line: usize, column: String },
    /// The unit of `column` is none of its quantity; `message` goes on after its name.
    #[error("{file}:{line}: column `{column}` {message}")]
    Unit { file: String, line: usize, column: String, message: String },
    /// The row `text` has `fields` fields and the header has `columns`.
    #[error("{file}:{line}: `{text}` has {fields} fields; expected {columns}")]
    Fields { file: String, line: usize, text: String, fields: usize, columns: usize },
    /// `text` in `column` is not a finite number.
    #[error("{file}:{line}: `{text}` in column `{column}` is not a finite number")]
    Number { file: String, line: usize, column: String, text: String },
    /// `value` of `column`, which must increase, does not come after `before`, the value of the row above.
    #[error("{file}:{line}: {column} {value} does not come after {before}; it must increase from row to row")]
    Order { file: String, line: usize, column: String, value: String, before: String },
    /// `rows` rows of data, and the fit wants `needed`.
    #[error("{file}: {rows} rows of data; at least {needed} are needed")]
    TooFew { file: String, rows: usize, needed: usize },
    /// The rest of a long list of faults: `count` of them.
    #[error("{file}: {count} more faults of this kind")]
    More { file: String, count: usize },
}

impl CsvError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Empty { .. } | Self::Header { .. } => {
                Some("the first line names the columns, each with its unit, such as `time [ms],state [mV]`")
            }
            Self::Separator { .. } => {
                Some("save it with commas between the columns and points in the numbers")
            }
            Self::Twice { .. } => Some("rename or remove the other one"),
            Self::Unit { .. } => Some("write the unit in brackets behind the name, such as `time [ms]`"),
            Self::Fields { .. } => {
                Some("write numbers with a point, 0.5 and not 0,5, and a comma between the columns")
            }
            Self::Number { .. } => Some("remove the row, or write a number such as 0.25 or 2.5e-1"),
            Self::Order { .. } => Some("sort the rows, or take out those measured twice"),
            Self::TooFew { .. } => Some("measure more points than there are parameters"),
            Self::More { .. } => None,
        }
    }
}

/// A column that a fit asks for.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// What the header calls it: `time`.
    pub name: &'static str,
    /// Other names it may have.
    pub also: &'static [&'static str],
    /// A number with the unit of the header to SI, rounded once; `None` if it is no finite number.
    pub read: fn(&str, &str) -> Option<f64>,
    /// Why a unit is none of this column; `None` if it is one.
    pub refuses: fn(&str) -> Option<String>,
    /// A unit to show in messages; empty for a plain number.
    pub example: &'static str,
    /// Whether it must increase.
    pub increasing: bool,
}

impl Wanted {
    /// As the header writes it: `time [s]`.
    fn header(&self) -> String {
        if self.example.is_empty() {
            self.name.to_owned()
        } else {
            format!("{} [{}]", self.name, self.example)
        }
    }

    fn is(&self, name: &str) -> bool {
        std::iter::once(&self.name).chain(self.also).any(|known| known.eq_ignore_ascii_case(name))
    }

    /// It may also have one of these names.
    #[must_use]
    pub fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

/// A column in a unit of `Q`.
#[must_use]
pub fn wanted<Q: Quantity>(name: &'static str, increasing: bool) -> Wanted {
    let refuses = |unit: &str| match unit {
        "" => Some(format!("has no unit; expected one of a {}, such as [{}]", Q::NAME, Q::UNIT)),
        unit if Q::parse(&format!("1 {unit}")).is_ok() => None,
        unit => Some(format!(
            "is in `{unit}`; expected a unit of a {}, such as [{}] or [m{}]",
            Q::NAME,
            Q::UNIT,
            Q::UNIT
        )),
    };
    let read = |number: &str, unit: &str| {
        number.parse::<f64>().ok()?;
        Q::parse(&format!("{number} {unit}")).ok().map(Q::si)
    };
    Wanted { name, also: &[], read, refuses, example: Q::UNIT, increasing }
}

/// A column in percent (kept in percent) or of plain numbers.
#[must_use]
pub fn plain(name: &'static str, unit: &'static str, increasing: bool) -> Wanted {
    let refuses = |unit: &str| match unit {
        "%" | "" => None,
        other => Some(format!("is in `{other}`; expected no unit, or [%]")),
    };
    let read = |number: &str, _: &str| number.parse().ok().filter(|value: &f64| value.is_finite());
    Wanted { name, also: &[], read, refuses, example: unit, increasing }
}

/// Faults of rows that are told one by one.
const MOST_FAULTS: usize = 10;

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
    let expected = wanted.iter().map(Wanted::header).collect::<Vec<_>>().join(", ");
    let mut rows = csv::rows(text);
    let Some(header) = rows.next() else { return Err(vec![CsvError::Empty { file, expected }]) };
    let (line, shown) = (header.line, &text[header.span]);
    if !shown.contains(',')
        && let Some(separator) = [';', '\t'].into_iter().find(|c| shown.contains(*c))
    {
        return Err(vec![CsvError::Separator { file, line, separator }]);
    }
    let names: Vec<(&str, &str)> = header.fields.iter().map(name_and_unit).collect();
    let mut faults = Vec::new();
    let mut chosen = Vec::new();
    for w in wanted {
        // The name itself, else one of the others.
        let own = names.iter().position(|(name, _)| name.eq_ignore_ascii_case(w.name));
        let Some(at) = own.or_else(|| names.iter().position(|(name, _)| w.is(name))) else {
            faults.push(CsvError::Header { file, line, header: shortened(shown), expected });
            return Err(faults);
        };
        let (name, unit) = names[at];
        let column = name.to_owned();
        if names.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name)).count() > 1 {
            faults.push(CsvError::Twice { file: file.clone(), line, column: column.clone() });
        }
        match (w.refuses)(unit) {
            None => chosen.push(at),
            Some(message) => faults.push(CsvError::Unit { file: file.clone(), line, column, message }),
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let mut columns = vec![Vec::new(); wanted.len()];
    // The last good number of each column, as it was written.
    let mut before = vec![String::new(); wanted.len()];
    for row in rows {
        let (number, fields) = (row.line, &row.fields);
        if fields.len() != names.len() {
            let text = shortened(&text[row.span]);
            let (fields, columns) = (fields.len(), names.len());
            faults.push(CsvError::Fields { file: file.clone(), line: number, text, fields, columns });
            continue;
        }
        for (((column, before), w), &at) in columns.iter_mut().zip(&mut before).zip(wanted).zip(&chosen) {
            let ((name, unit), text) = (names[at], &fields[at].text);
            match ((w.read)(text, unit), column.last()) {
                (None, _) => faults.push(CsvError::Number {
                    file: file.clone(),
                    line: number,
                    column: name.to_owned(),
                    text: shortened(text),
                }),
                (Some(v), Some(&last)) if w.increasing && v <= last => faults.push(CsvError::Order {
                    file: file.clone(),
                    line: number,
                    column: name.to_owned(),
                    value: text.to_string(),
                    before: before.clone(),
                }),
                (Some(v), _) => {
                    column.push(v);
                    *before = text.to_string();
                }
            }
        }
    }
    let rows = columns.first().map_or(0, Vec::len);
    if faults.is_empty() && rows < needed {
        faults.push(CsvError::TooFew { file: file.clone(), rows, needed });
    }
    if faults.len() > MOST_FAULTS {
        let count = faults.len() - MOST_FAULTS;
        faults.truncate(MOST_FAULTS);
        faults.push(CsvError::More { file, count });
    }
    if faults.is_empty() { Ok(Measured { columns }) } else { Err(faults) }
}

/// A column that may be missing: its values, if the header has it and all its fields are numbers.
#[must_use]
pub fn optional_column(text: &str, name: &str) -> Option<Vec<f64>> {
    let mut rows = csv::rows(text);
    let header = rows.next()?;
    let at = header.fields.iter().position(|field| field.name_and_unit().0.eq_ignore_ascii_case(name))?;
    rows.map(|row| row.fields.get(at)?.text.parse().ok()).collect()
}

/// What a message quotes of a line.
fn shortened(text: &str) -> String {
    let clean: String = text.chars().take(61).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() > 60 { clean.chars().take(60).chain(['\u{2026}']).collect() } else { clean }
}

/// `"time [ms]"` to its name and unit, which is empty if there is none.
fn name_and_unit<'a>(field: &'a Field<'_>) -> (&'a str, &'a str) {
    let (name, unit) = field.name_and_unit();
    (name, unit.unwrap_or(""))
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
        let cases: [(&str, &[&str]); 12] = [
            (
                "",
                &[
                    "m.csv: the file is empty; expected a header with the columns time [s], state [V], and rows of numbers",
                ],
            ),
            (
                "\n# only a comment\n",
                &[
                    "m.csv: the file is empty; expected a header with the columns time [s], state [V], and rows of numbers",
                ],
            ),
            ("t,u\n", &["m.csv:1: the header is `t,u`; expected columns time [s], state [V]"]),
            ("time [s];state [V]\n0;0,5\n", &["m.csv:1: the columns are separated by `;`; expected commas"]),
            (
                "time [V],state\n",
                &[
                    "m.csv:1: column `time` is in `V`; expected a unit of a time, such as [s] or [ms]",
                    "m.csv:1: column `state` has no unit; expected one of a voltage, such as [V]",
                ],
            ),
            (
                "time [s],state [V],time [s]\n",
                &["m.csv:1: column `time` is there twice; one of its name is expected"],
            ),
            ("time [s],state [V]\n0,5,1,2\n", &["m.csv:2: `0,5,1,2` has 4 fields; expected 2"]),
            (
                "time [s],state [V]\n0,NaN\n1,x\n",
                &[
                    "m.csv:2: `NaN` in column `state` is not a finite number",
                    "m.csv:3: `x` in column `state` is not a finite number",
                ],
            ),
            ("time [s],state [V]\n0,1e999\n", &["m.csv:2: `1e999` in column `state` is not a finite number"]),
            (
                "time [s],state [V]\n1,1\n0.5,1\n",
                &["m.csv:3: time 0.5 does not come after 1; it must increase from row to row"],
            ),
            (
                "# measured today\n\ntime [ms],state [V]\n1,1\n1,1\n",
                &["m.csv:5: time 1 does not come after 1; it must increase from row to row"],
            ),
            ("time [s],state [V]\n1,1\n", &["m.csv: 1 rows of data; at least 2 are needed"]),
        ];
        for (text, want) in cases {
            assert_eq!(read(text).unwrap_err(), want);
        }
    }

    #[test]
    fn many_faults_are_counted_after_the_first_ten() {
        let rows: String = (0..1000).map(|k| format!("{k},x\n")).collect();
        let faults = read(&format!("time [s],state [V]\n{rows}")).unwrap_err();
        assert_eq!((faults.len(), faults[10].as_str()), (11, "m.csv: 990 more faults of this kind"));
    }

    #[test]
    fn a_column_may_have_another_name_and_an_optional_one_may_be_missing() {
        let column = [wanted::<Volt>("state", false).also(&["u"])];
        let text = "u [mV],amplitude\n1,2\n3,4\n";
        assert_eq!(read_columns("m.csv", text, &column, 1).unwrap().columns, [vec![1e-3, 3e-3]]);
        assert_eq!(optional_column(text, "amplitude"), Some(vec![2.0, 4.0]));
        assert_eq!(optional_column(text, "width"), None);
        assert_eq!(optional_column("amplitude\n1\nx\n", "amplitude"), None);
    }
}
