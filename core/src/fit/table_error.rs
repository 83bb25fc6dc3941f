//! What can be wrong with a file of measurements.

/// What is wrong with a file of measurements; `file` and `line`, counted from 1, say where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
pub enum CsvError {
    /// `file` has no line; it should have a header with the columns `expected`.
    #[error("{file}: the file is empty; expected a header with the columns {expected}, and rows of numbers")]
    Empty { file: String, expected: String },
    /// No line has the columns `expected`; the first one, `line`, is `header`.
    #[error("{file}:{line}: the header is `{header}`; expected columns {expected}")]
    Header { file: String, line: usize, header: String, expected: String },
    /// Not as many columns are `given` as are `expected`.
    #[error("{file}: the columns `{given}` were asked for; expected one for each of {expected}")]
    Columns { file: String, given: String, expected: String },
    /// Several `columns` of the header could be the one called `name`.
    #[error("{file}:{line}: the {name} may be {columns}; one is expected")]
    Ambiguous { file: String, line: usize, name: &'static str, columns: String },
    /// The unit of `column` is none of its quantity; `message` goes on after its name.
    #[error("{file}:{line}: column `{column}` {message}")]
    Unit { file: String, line: usize, column: String, message: String },
    /// The row `text` has `fields` fields and the header has `columns`.
    #[error("{file}:{line}: `{text}` has {fields} fields; expected {columns}")]
    Fields { file: String, line: usize, text: String, fields: usize, columns: usize },
    /// `text`, and with it all numbers, may have a decimal comma or thousands.
    #[error("{file}:{line}: `{text}` may be {} or {}", text.replace(',', "."), text.replace(',', ""))]
    Decimal { file: String, line: usize, text: String },
    /// `text` in `column` is not a finite number.
    #[error("{file}:{line}: `{text}` in column `{column}` is not a finite number")]
    Number { file: String, line: usize, column: String, text: String },
    /// `value` of `column`, which must increase, does not come after `before`, the value of the row above.
    #[error("{file}:{line}: {column} {value} does not come after {before}; it must increase from row to row")]
    Order { file: String, line: usize, column: String, value: String, before: String },
    /// `rows` rows of data, and the fit wants `needed`.
    #[error("{file}: {} of data; at least {needed} are needed", crate::hint::many(rows, "row"))]
    TooFew { file: String, rows: usize, needed: usize },
    /// The rest of a long list of faults: `count` of them.
    #[error("{file}: {} of this kind", crate::hint::many(count, "more fault"))]
    More { file: String, count: usize },
}

impl CsvError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::Empty { .. } | Self::Header { .. } => Some(
                "a line names the columns, each with its unit, such as `time [ms],state [mV]`; other names are given with \
                 --columns, such as --columns \"elapsed [ms],Vm [mV]\" or --columns \"2 [ms],3 [mV]\"",
            ),
            Self::Columns { .. } => {
                Some("give names or numbers, each with its unit, such as --columns \"2 [V],3 [uA]\"")
            }
            Self::Ambiguous { .. } => {
                Some("say which with --columns, by name or by number, such as --columns 1,3")
            }
            Self::Unit { .. } => Some(
                "write the unit in brackets behind the name, such as `time [ms]`, or say it with --columns \"time [ms],...\"",
            ),
            Self::Fields { .. } => Some(
                "where columns are separated by commas write 0.5 and not 0,5; semicolons, tabs and blanks separate columns too",
            ),
            Self::Decimal { .. } => {
                Some("say what the comma is with --decimal comma, or --decimal point and no comma")
            }
            Self::Number { .. } => Some("remove the row, or write a number such as 0.25 or 2.5e-1"),
            Self::Order { .. } => Some("sort the rows, or take out those measured twice"),
            Self::TooFew { .. } => Some("measure more points than there are parameters"),
            Self::More { .. } => None,
        }
    }

    pub(super) fn line(&self) -> usize {
        match self {
            Self::Header { line, .. }
            | Self::Ambiguous { line, .. }
            | Self::Unit { line, .. }
            | Self::Fields { line, .. }
            | Self::Decimal { line, .. }
            | Self::Number { line, .. }
            | Self::Order { line, .. } => *line,
            Self::Empty { .. } | Self::Columns { .. } | Self::TooFew { .. } | Self::More { .. } => 0,
        }
    }
}

/// What a message quotes of a line.
pub(super) fn shortened(text: &str) -> String {
    let clean: String = text.chars().take(61).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if clean.chars().count() > 60 { clean.chars().take(60).chain(['\u{2026}']).collect() } else { clean }
}
