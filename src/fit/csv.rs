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
    #[error("{file}: the file is empty; expected a header with the columns {expected}, and rows of numbers")]
    Empty { file: String, expected: String },
    #[error("{file}:{line}: the columns are separated by `{separator}`; expected commas")]
    Separator { file: String, line: usize, separator: char },
    #[error("{file}:{line}: the header is `{header}`; expected columns {expected}")]
    Header { file: String, line: usize, header: String, expected: String },
    #[error("{file}:{line}: column `{column}` is there twice; one of its name is expected")]
    Twice { file: String, line: usize, column: String },
    #[error("{file}:{line}: column `{column}` {message}")]
    Unit { file: String, line: usize, column: String, message: String },
    #[error("{file}:{line}: `{text}` has {fields} fields; expected {columns}")]
    Fields { file: String, line: usize, text: String, fields: usize, columns: usize },
    #[error("{file}:{line}: `{text}` in column `{column}` is not a finite number")]
    Number { file: String, line: usize, column: String, text: String },
    #[error("{file}:{line}: {column} {value} does not come after {before}; it must increase from row to row")]
    Order { file: String, line: usize, column: String, value: String, before: String },
    #[error("{file}: {rows} rows of data; at least {needed} are needed")]
    TooFew { file: String, rows: usize, needed: usize },
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
    pub name: &'static str,
    /// Other names it may have.
    pub also: &'static [&'static str],
    /// Factor of a unit text to SI, or why it is not a unit.
    pub factor: fn(&str) -> Result<f64, String>,
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
    let factor = |unit: &str| match unit {
        "" => Err(format!("has no unit; expected one of a {}, such as [{}]", Q::NAME, Q::UNIT)),
        unit => Q::parse(&format!("1 {unit}")).map(Q::si).map_err(|_| {
            format!(
                "is in `{unit}`; expected a unit of a {}, such as [{}] or [m{}]",
                Q::NAME,
                Q::UNIT,
                Q::UNIT
            )
        }),
    };
    Wanted { name, also: &[], factor, example: Q::UNIT, increasing }
}

/// A column in percent (kept in percent) or of plain numbers.
#[must_use]
pub fn plain(name: &'static str, unit: &'static str, increasing: bool) -> Wanted {
    let factor = |unit: &str| match unit {
        "%" | "" => Ok(1.0),
        other => Err(format!("is in `{other}`; expected no unit, or [%]")),
    };
    Wanted { name, also: &[], factor, example: unit, increasing }
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
    let mut lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim().trim_start_matches('\u{feff}');
        // A comment before or between the rows is nobody's number.
        !line.is_empty() && !line.starts_with('#')
    });
    let Some((first, header)) = lines.next() else { return Err(vec![CsvError::Empty { file, expected }]) };
    let (line, header) = (first + 1, header.trim_start_matches('\u{feff}').trim());
    if !header.contains(',')
        && let Some(separator) = [';', '\t'].into_iter().find(|c| header.contains(*c))
    {
        return Err(vec![CsvError::Separator { file, line, separator }]);
    }
    let names: Vec<(String, String)> = header.split(',').map(split_unit).collect();
    let mut faults = Vec::new();
    let mut chosen = Vec::new();
    for w in wanted {
        // The name itself, else one of the others.
        let own = names.iter().position(|(name, _)| name.eq_ignore_ascii_case(w.name));
        let Some(at) = own.or_else(|| names.iter().position(|(name, _)| w.is(name))) else {
            faults.push(CsvError::Header { file, line, header: shortened(header), expected });
            return Err(faults);
        };
        let column = names[at].0.clone();
        if names.iter().filter(|(name, _)| name.eq_ignore_ascii_case(&column)).count() > 1 {
            faults.push(CsvError::Twice { file: file.clone(), line, column: column.clone() });
        }
        match (w.factor)(&names[at].1) {
            Ok(factor) => chosen.push((at, factor)),
            Err(message) => faults.push(CsvError::Unit { file: file.clone(), line, column, message }),
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
            let text = shortened(line);
            faults.push(CsvError::Fields { file: file.clone(), line: number, text, fields, columns });
            continue;
        }
        for ((column, w), &(at, factor)) in columns.iter_mut().zip(wanted).zip(&chosen) {
            let text = fields[at];
            let value = text.parse::<f64>().ok().map(|v| v * factor).filter(|v| v.is_finite());
            let column_name = names[at].0.clone();
            match (value, column.last()) {
                (None, _) => faults.push(CsvError::Number {
                    file: file.clone(),
                    line: number,
                    column: column_name,
                    text: shortened(text),
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
    let rows = |line: &&str| {
        let line = line.trim().trim_start_matches('\u{feff}');
        !line.is_empty() && !line.starts_with('#')
    };
    let mut lines = text.lines().filter(rows);
    let header = lines.next()?.trim_start_matches('\u{feff}');
    let at = header.split(',').map(split_unit).position(|(own, _)| own.eq_ignore_ascii_case(name))?;
    lines.map(|line| line.split(',').nth(at)?.trim().parse().ok()).collect()
}

/// What a message quotes of a line.
fn shortened(text: &str) -> String {
    let clean: String = text.chars().take(61).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() > 60 { clean.chars().take(60).chain(['\u{2026}']).collect() } else { clean }
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
