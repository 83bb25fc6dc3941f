//! Spreadsheets (xlsx, xlsm, xlsb, xls, ods) as the tables that `fit` reads: a row a line, cells with tabs between.

use super::failure::Failure;

/// Whether a file is one, or the like: an archive (xlsx, ods), or a compound file (xls).
pub fn is_one(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0")
}

/// The table of one sheet, and what was read.
///
/// # Errors
/// If it is no spreadsheet, or does not say which sheet is meant. Without the feature `spreadsheet`: always.
#[cfg(not(feature = "spreadsheet"))]
pub fn table(file: &str, _: &[u8], _: Option<&str>, _: char) -> Result<(String, String), Failure> {
    Err(Failure::lacking(&format!("{file} is a spreadsheet, and reading it"), "spreadsheet"))
}

/// The table of one sheet, with this mark before the decimals of its numbers; and what was read.
///
/// # Errors
/// If it is no spreadsheet, or does not say which sheet is meant.
#[cfg(feature = "spreadsheet")]
pub fn table(
    file: &str,
    bytes: &[u8],
    sheet: Option<&str>,
    decimal: char,
) -> Result<(String, String), Failure> {
    use calamine::{Data, Range, Reader as _, open_workbook_auto_from_rs};
    let unread = |error: calamine::Error| {
        Failure::new(format!("{file}: it cannot be read as a spreadsheet: {error}"))
            .with_hint("save it as .xlsx, .ods or CSV")
    };
    let mut book = open_workbook_auto_from_rs(std::io::Cursor::new(bytes)).map_err(unread)?;
    let mut tables: Vec<(String, Range<Data>)> = Vec::new();
    for name in book.sheet_names() {
        if sheet.is_none_or(|sheet| sheet == name) {
            let range = book.worksheet_range(&name).map_err(unread)?;
            // A number somewhere, in more than one column: what is to be fitted.
            let numbers = range.used_cells().any(|(.., cell)| matches!(cell, Data::Float(_) | Data::Int(_)));
            if sheet.is_some() || (numbers && range.width() > 1) {
                tables.push((name, range));
            }
        }
    }
    let quoted =
        |names: &[String]| names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    let (name, range) = match (tables.pop(), tables.is_empty(), sheet) {
        (Some(table), true, _) => table,
        (Some(last), false, _) => {
            let names: Vec<String> = tables.into_iter().chain([last]).map(|table| table.0).collect();
            return Err(Failure::new(format!("{file}: there are tables on the sheets {}", quoted(&names)))
                .with_hint(format!("say which: --sheet \"{}\"", names[0])));
        }
        (None, _, Some(sheet)) => {
            let names = book.sheet_names();
            return Err(Failure::new(format!("{file}: there is no sheet `{sheet}`"))
                .with_hint(format!("it has {}", quoted(&names))));
        }
        (None, _, None) => {
            return Err(Failure::new(format!("{file}: no sheet has a table of numbers"))
                .with_hint("a row of names and at least two columns of numbers below it"));
        }
    };
    let cell = |cell: &Data| match cell {
        Data::Float(number) => number.to_string().replace('.', &decimal.to_string()),
        Data::Empty => String::new(),
        other => other.to_string().replace(['\t', '\n', '\r'], " "),
    };
    // Lines are counted as the rows of the sheet are.
    let above = range.start().map_or(0, |start| start.0 as usize);
    let mut text = "\n".repeat(above);
    for row in range.rows() {
        let cells: Vec<String> = row.iter().map(cell).collect();
        text.push_str(&cells.join("\t"));
        text.push('\n');
    }
    Ok((text, format!("sheet `{name}`")))
}
