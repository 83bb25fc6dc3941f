//! Results as CSV: a header, one line per row, `.` for the decimal point.

use crate::record::format;
use std::fmt::Display;

/// `NAME.csv`, if there is any row.
pub(super) fn csv(name: &str, head: &str, rows: impl Iterator<Item = String>) -> Option<(String, String)> {
    let rows: String = rows.collect();
    (!rows.is_empty()).then(|| (format!("{name}.csv"), format!("{head}\n{rows}")))
}

/// One row.
pub(super) fn line(cells: &[&dyn Display]) -> String {
    let cells: Vec<String> = cells.iter().map(ToString::to_string).collect();
    cells.join(",") + "\n"
}

/// A number, or an empty field.
pub(super) fn stated(number: Option<f64>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

/// A text as a field.
pub(super) fn field(text: &str) -> String {
    format::field(text).to_string()
}

/// `confusion.csv`: rows are true classes, columns answers.
pub(super) fn confusion(matrix: &[Vec<u64>]) -> Option<(String, String)> {
    let columns = matrix.iter().map(Vec::len).max().unwrap_or(0);
    let head: String = (0..columns).map(|column| format!(",answer {column}")).collect();
    let rows = matrix.iter().enumerate().map(|(class, row)| {
        let cells: String = row.iter().map(|count| format!(",{count}")).collect();
        format!("{class}{cells}\n")
    });
    csv("confusion", &format!("true class{head}"), rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absent_number_leaves_its_field_empty_and_a_table_without_rows_is_none() {
        let row = line(&[&1, &0.5, &stated(None), &stated(Some(1e-3))]);
        assert_eq!(
            csv("t", "a,b,c,d", [row].into_iter()),
            Some(("t.csv".into(), "a,b,c,d\n1,0.5,,0.001\n".into()))
        );
        assert_eq!(csv("t", "a", std::iter::empty()), None);
    }

    #[test]
    fn a_confusion_matrix_names_its_axes() {
        let (name, text) = confusion(&[vec![5, 1], vec![0, 6]]).unwrap();
        assert_eq!(
            (name.as_str(), text.as_str()),
            ("confusion.csv", "true class,answer 0,answer 1\n0,5,1\n1,0,6\n")
        );
    }
}
