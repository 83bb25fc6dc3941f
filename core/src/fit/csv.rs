//! Measured columns out of the tables that instruments, spreadsheets and this program write.
//!
//! 1. The first line that has all columns that are wanted, with numbers below it, is the header; what stands above it are
//!    an instrument's settings. Tabs, semicolons, commas and blanks are tried in this order; the names may follow a `#`, their
//!    units may be a row of their own.
//! 2. The numbers have a decimal point or comma; one that may be a thousand is refused with both readings.
//! 3. A repeated header, with its row of units if it has one, begins the next table, which is appended. In files of `DataName` and `DataValue` rows only those count.

use super::columns::{Place, Wanted};
use super::header::{Header, header, is_number};
use super::table_error::{CsvError, shortened};
use crate::record::csv::{self, Row};

/// Columns in SI units.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// One list of values for each column that was wanted, in that order.
    pub columns: Vec<Vec<f64>>,
    /// How the file was understood.
    pub recognised: String,
}

/// What stands before the decimals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decimal {
    /// 0.5
    Point,
    /// 0,5
    Comma,
}

/// What the user says about a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// Lines at the beginning that are left out.
    pub skip: usize,
    /// If it is not to be recognised.
    pub decimal: Option<Decimal>,
    /// Names or numbers (from 1) of the columns, perhaps with units, `AV [V]`; empty if they are to be recognised.
    pub columns: Vec<String>,
}

/// Faults of rows that are told one by one.
const MOST_FAULTS: usize = 10;
/// A column that is read.
struct Chosen<'w> {
    wanted: &'w Wanted,
    /// Its place among the wanted.
    slot: usize,
    /// Its place in a row.
    at: usize,
    unit: String,
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
    layout: &Layout,
) -> Result<Measured, Vec<CsvError>> {
    let file = file.to_owned();
    let required = wanted.iter().filter(|w| !w.optional);
    let expected = required.clone().map(Wanted::header).collect::<Vec<_>>().join(", ");
    if !layout.columns.is_empty() && layout.columns.len() != required.count() {
        return Err(vec![CsvError::Columns { file, given: layout.columns.join(","), expected }]);
    }
    let header = match header(text, wanted, layout) {
        Ok(header) => header,
        Err(None) => return Err(vec![CsvError::Empty { file, expected }]),
        Err(Some((line, shown))) => {
            let asked = layout.columns.join(", ");
            let expected = if asked.is_empty() { expected } else { asked };
            return Err(vec![CsvError::Header { file, line, header: shortened(shown), expected }]);
        }
    };
    let line = header.line;
    let mut faults = Vec::new();
    let mut chosen = Vec::new();
    for (k, (w, place)) in wanted.iter().zip(&header.places).enumerate() {
        match place {
            Place::At(at) => {
                let heading = &header.headings[*at];
                let unit = w.unit(heading, header.analyser);
                match (w.refuses)(&unit) {
                    None => chosen.push(Chosen { wanted: w, slot: k, at: *at, unit }),
                    Some(_) if w.optional => {}
                    Some(message) => {
                        let column = heading.shown.clone();
                        faults.push(CsvError::Unit { file: file.clone(), line, column, message });
                    }
                }
            }
            Place::Nowhere | Place::Several(_) if w.optional => {}
            Place::Nowhere => {
                let header = shortened(header.text);
                return Err(vec![CsvError::Header { file, line, header, expected }]);
            }
            Place::Several(all) => {
                let shown = |at: &usize| format!("column {} `{}`", at + 1, header.headings[*at].shown);
                let columns = all.iter().map(shown).collect::<Vec<_>>().join(" or ");
                faults.push(CsvError::Ambiguous { file: file.clone(), line, name: w.name, columns });
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let required: Vec<usize> = chosen.iter().filter(|c| !c.wanted.optional).map(|c| c.at).collect();
    let (rows, tables) = rows(text, &header, &required, &file, &mut faults);
    let decimal = match layout.decimal {
        Some(decimal) => decimal,
        None => decimal(&rows, &required, header.lines).unwrap_or_else(|(line, text)| {
            faults.push(CsvError::Decimal { file: file.clone(), line, text });
            Decimal::Comma
        }),
    };
    let mut columns = vec![Vec::new(); wanted.len()];
    for Chosen { wanted: w, slot, at, unit } in &chosen {
        let (column, heading) = (&mut columns[*slot], &header.headings[*at]);
        let mut before = "";
        for row in &rows {
            let (line, text) = (row.line + header.lines, row.fields.get(*at).map_or("", |f| f.text.as_ref()));
            match ((w.read)(&number(text, decimal), unit), column.last()) {
                (None, _) if w.optional => {
                    column.clear();
                    break;
                }
                (None, _) => {
                    let (file, column, text) = (file.clone(), heading.shown.clone(), shortened(text));
                    faults.push(CsvError::Number { file, line, column, text });
                }
                (Some(v), Some(&last)) if w.increasing && v <= last => {
                    let (file, column) = (file.clone(), w.name.to_owned());
                    let (value, before) = (text.to_owned(), before.to_owned());
                    faults.push(CsvError::Order { file, line, column, value, before });
                }
                (Some(v), _) => {
                    column.push(v);
                    before = text;
                }
            }
        }
    }
    faults.sort_by_key(CsvError::line);
    if faults.is_empty() && rows.len() < needed {
        faults.push(CsvError::TooFew { file: file.clone(), rows: rows.len(), needed });
    }
    if faults.len() > MOST_FAULTS {
        let count = faults.len() - MOST_FAULTS;
        faults.truncate(MOST_FAULTS);
        faults.push(CsvError::More { file, count });
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Measured { columns, recognised: recognised(&header, &chosen, decimal, tables) })
}

/// What is told of a file.
fn recognised(header: &Header<'_>, chosen: &[Chosen<'_>], decimal: Decimal, tables: usize) -> String {
    let column = |Chosen { wanted, at, unit, .. }: &Chosen<'_>| {
        let unit = if unit.is_empty() { String::new() } else { format!(" in {unit}") };
        format!("column {} as {}{unit}", at + 1, wanted.name)
    };
    let columns = chosen.iter().map(column).collect::<Vec<_>>().join(", ");
    let decimal = if decimal == Decimal::Comma { ", decimal commas" } else { "" };
    let tables = if tables > 1 { format!("; {tables} tables, one after the other") } else { String::new() };
    let place = if header.text.is_empty() {
        "no header".to_owned()
    } else {
        format!("header on line {}", header.line)
    };
    format!("{place}, separated by {}{decimal}; {columns}{tables}", header.separator.name())
}

/// The rows of numbers, and of how many tables they are.
fn rows<'a>(
    text: &'a str,
    header: &Header<'_>,
    at: &[usize],
    file: &str,
    faults: &mut Vec<CsvError>,
) -> (Vec<Row<'a>>, usize) {
    let below = &text[header.below..];
    let all: Vec<Row<'a>> = csv::separated(below, header.separator).collect();
    let field = |row: &Row<'_>, at: usize| row.fields.get(at).is_some_and(|f| is_number(&f.text));
    let empty = |row: &Row<'_>, at: usize| row.fields.get(at).is_none_or(|f| f.text.is_empty());
    let (mut kept, mut tables, mut k) = (Vec::new(), 1, 0);
    while k < all.len() {
        let row = &all[k];
        k += 1;
        if header.again(row, below) {
            tables += 1;
            k += usize::from(all.get(k).is_some_and(|row| header.units_again(row)));
            continue;
        }
        if header.analyser && row.fields.first().is_none_or(|first| first.text != "DataValue") {
            continue;
        }
        let width = row.fields.iter().rposition(|f| !f.text.is_empty()).map_or(0, |last| last + 1);
        if at.iter().all(|&at| empty(row, at)) {
            // Another column of a sheet is longer.
            continue;
        }
        if at.iter().any(|&at| !field(row, at)) {
            // Settings of the next table, if there is one.
            let rest = all[k..].iter().position(|row| at.iter().all(|&at| field(row, at)));
            let upto = rest.map_or(all.len(), |rest| k + rest);
            if let Some(next) = all[k..upto].iter().position(|row| header.again(row, below)) {
                k += next;
                continue;
            }
        }
        if width > header.headings.len() || at.iter().any(|&at| at >= width) {
            let (file, line) = (file.to_owned(), row.line + header.lines);
            let text = shortened(&below[row.span.clone()]);
            faults.push(CsvError::Fields { file, line, text, fields: width, columns: header.headings.len() });
            continue;
        }
        kept.push(row.clone());
    }
    (kept, tables)
}

/// A number as Rust reads it.
fn number(text: &str, decimal: Decimal) -> String {
    let text = text.trim().replace('\u{2212}', "-");
    match decimal {
        Decimal::Point => text,
        Decimal::Comma if text.contains('.') => String::new(),
        Decimal::Comma => text.replace(',', "."),
    }
}

/// What stands before the decimals in these columns; the first number that may have either.
fn decimal(rows: &[Row<'_>], at: &[usize], lines: usize) -> Result<Decimal, (usize, String)> {
    let mut either = None;
    let mut point = false;
    for row in rows {
        for text in at.iter().filter_map(|&at| row.fields.get(at)).map(|field| field.text.as_ref()) {
            match text.trim_start_matches(['+', '-', '\u{2212}']).split_once(',') {
                Some((whole, rest)) if !text.contains('.') => {
                    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
                    let thousand = (1..=3).contains(&whole.len())
                        && !whole.starts_with('0')
                        && rest.len() == 3
                        && digits(whole)
                        && digits(rest);
                    if !thousand {
                        return Ok(Decimal::Comma);
                    }
                    either.get_or_insert((row.line + lines, text.to_owned()));
                }
                _ => point |= text.contains('.'),
            }
        }
    }
    either.filter(|_| !point).map_or(Ok(Decimal::Point), Err)
}

#[cfg(test)]
mod tests {
    use super::super::{Curve, plain, wanted};
    use super::*;
    use crate::units::{Second, Volt};

    fn told(faults: &[CsvError]) -> Vec<String> {
        faults.iter().map(ToString::to_string).collect()
    }

    fn read(text: &str) -> Result<Measured, Vec<String>> {
        let columns = [wanted::<Second>("time", true), wanted::<Volt>("state", false)];
        read_columns("m.csv", text, &columns, 2, &Layout::default()).map_err(|faults| told(&faults))
    }

    fn loops(text: &str, layout: &Layout) -> Result<Measured, Vec<String>> {
        let columns = Curve::Iv { ohmic: false }.columns();
        read_columns("m.csv", text, &columns, 2, layout).map_err(|faults| told(&faults))
    }

    #[test]
    fn columns_are_found_by_name_and_converted_by_their_unit() {
        let m = read("n,State [mV],time [ms]\n1,250,0\n2,100,8.62\n").unwrap();
        assert_eq!(m.columns, [vec![0.0, 8.62e-3], vec![0.25, 0.1]]);
        assert_eq!(
            m.recognised,
            "header on line 1, separated by commas; column 3 as time in ms, column 2 as state in mV"
        );
    }

    #[test]
    fn tables_of_instruments_and_spreadsheets_are_read_at_the_first_try() {
        let want = [vec![0.0, 0.1, 0.2], vec![1e-9, 2.5e-6, -3e-3]];
        for (what, text) in [
            (
                "a 4200: settings, channels, SI",
                "Test Name,vds-id#1@1\nMode,Sweep\nCompliance,0.001,0.1\n\nTime,AV,AI\n0,0,1e-9\n0.1,0.1,2.5E-6\n0.2,0.2,-3E-3\n",
            ),
            (
                "an analyser: rows with names, twice",
                "SetupTitle, I/V Sweep\nMetaData, Channel.VName, V1, I1\nDimension1, 2, 2\nDataName, V1, I1, G\n\
                 DataValue, 0, 1e-9, 0\nDataValue, 0.1, 2.5e-6, 0\nSetupTitle, I/V Sweep\nDataName, V1, I1, G\n\
                 DataValue, 0.2, -3e-3, 0\n",
            ),
            ("semicolons and decimal commas", "U / V;I / mA\n0;0,000001\n0,1;2,5e-3\n0,2;-3\n"),
            ("tabs", "V (V)\tI (mA)\tnote\n0\t1e-6\tfine\n0.1\t2.5e-3\t\n0.2\t\u{2212}3\n"),
            ("blanks", "  V (V)   I (uA)\n 0.0  0.001\n 0.1  2.5\n 0.2  -3000\n"),
            ("a header behind a #", "# made today\n# V (V) I (A)\n0 1e-9\n0.1 2.5e-6\n0.2 -3e-3\n"),
            ("units in a row of their own", "Voltage\tCurrent\nV\t\u{b5}A\n0\t0.001\n0.1\t2.5\n0.2\t-3000\n"),
            (
                "several loops, with a blank line",
                "Voltage_V,Current_A\n0,1e-9\n0.1,2.5e-6\n\nVoltage_V,Current_A\n0.2,-3e-3\n",
            ),
            ("without one", "V[V],I[uA]\n0,0.001\nV[V],I[uA]\n0.1,2.5\nV[V],I[uA]\n0.2,-3000\n"),
            (
                "loops appended to each other, each with its units below its names",
                "V,I\nV,uA\n0,0.001\nV,I\nV,uA\n0.1,2.5\nV,I\nV,uA\n0.2,-3000\n",
            ),
            (
                "the same behind settings, with blanks and columns that are not needed",
                "run,1\nI,V,t,\n(mA),(V),(s),\n1e-6,0,1\n2.5e-3,0.1,2\n\nrun,2\nmade,today\nI,V,t,\n (mA) ,(V),(s)\n-3,0.2,1\n",
            ),
            ("settings between", "run,1\nV[V],I[uA]\n0,0.001\n0.1,2.5\nrun,2\n\nV[V],I[uA]\n0.2,-3000\n"),
            (
                "a sheet whose other column is longer",
                "V[V],I[uA],T[s]\n0,0.001,1\n0.1,2.5,2\n0.2,-3000,3\n,,4\n,,\n",
            ),
        ] {
            let found = loops(text, &Layout::default()).unwrap_or_else(|faults| panic!("{what}: {faults:?}"));
            assert_eq!(found.columns, want, "{what}: {}", found.recognised);
        }
        let pulses =
            [plain("pulse", true), wanted::<crate::units::Siemens>("conductance", false).also(&["g"])];
        let text = "Pulse #,G (uS),Vread (V)\n1,2.5,0.1\n2,3,0.1\n";
        let found = read_columns("m.csv", text, &pulses, 2, &Layout::default()).unwrap();
        assert_eq!(found.columns, [[1.0, 2.0], [2.5e-6, 3e-6]]);
    }

    #[test]
    fn a_table_in_other_units_than_the_first_is_not_appended_as_if_it_were_in_them() {
        let told = loops("V,I\nV,uA\n0,1\n0.1,2\nV,I\nV,mA\n0.2,3\n", &Layout::default()).unwrap_err();
        assert_eq!(told[0], "m.csv:6: `V` in column `V` is not a finite number");
    }

    #[test]
    fn what_is_asked_for_replaces_what_would_be_recognised() {
        let columns = |columns: &[&str]| Layout {
            columns: columns.iter().map(ToString::to_string).collect(),
            ..Layout::default()
        };
        let want = [vec![0.0, 0.1], vec![1e-6, 2e-6]];
        for (text, layout) in [
            ("AV,AI,BI\n0,9,1e-6\n0.1,9,2e-6\n", columns(&["AV", "BI"])),
            ("AV,AI,BI\n0,9,1\n0.1,9,2\n", columns(&["1", "3 [uA]"])),
            ("x;y\n0;1\n0,1;2\n", columns(&["x [V]", "y [uA]"])),
            ("0 9 1\n0.1 9 2\n", columns(&["1 [V]", "3 [uA]"])),
            ("V[V],I[A]\n5,5\nV[V],I[uA]\n0,1\n0.1,2\n", Layout { skip: 2, ..Layout::default() }),
        ] {
            assert_eq!(loops(text, &layout).map(|m| m.columns), Ok(want.to_vec()), "{text}");
        }
        let thousands = "V[V];I[nA]\n0;1,000\n1;2,500\n";
        assert_eq!(
            loops(thousands, &Layout::default()),
            Err(vec!["m.csv:2: `1,000` may be 1.000 or 1000".to_owned()])
        );
        let comma = Layout { decimal: Some(Decimal::Comma), ..Layout::default() };
        assert_eq!(loops(thousands, &comma).unwrap().columns[1], [1e-9, 2.5e-9]);
        let one = loops("AV,AI\n0,1\n", &columns(&["AV"])).unwrap_err();
        assert_eq!(
            one,
            ["m.csv: the columns `AV` were asked for; expected one for each of voltage [V], current [A]"]
        );
    }

    #[test]
    fn bad_files_are_answered_with_what_and_where() {
        let cases: [(&str, &[&str]); 15] = [
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
            (
                "time [V],state\n",
                &[
                    "m.csv:1: column `time [V]` is in `V`; expected a unit of a time, such as [s] or [ms]",
                    "m.csv:1: column `state` has no unit; expected one of a voltage, such as [V]",
                ],
            ),
            (
                "time [s],state [V],time [s]\n",
                &["m.csv:1: the time may be column 1 `time [s]` or column 3 `time [s]`; one is expected"],
            ),
            (
                "time [s],a [mV],b [V]\n0,1,2\n",
                &["m.csv:1: the state may be column 2 `a [mV]` or column 3 `b [V]`; one is expected"],
            ),
            ("time [s],state [V]\n0,5,1,2\n", &["m.csv:2: `0,5,1,2` has 4 fields; expected 2"]),
            ("time [s],state [V]\n0,1\n1\n", &["m.csv:3: `1` has 1 fields; expected 2"]),
            (
                "time [s],state [V]\n0,NaN\n1,x\n",
                &[
                    "m.csv:2: `NaN` in column `state [V]` is not a finite number",
                    "m.csv:3: `x` in column `state [V]` is not a finite number",
                ],
            ),
            (
                "time [s],state [V]\n0,1e999\n",
                &["m.csv:2: `1e999` in column `state [V]` is not a finite number"],
            ),
            (
                "time [s];state [V]\n0,5;1.5\n",
                &["m.csv:2: `1.5` in column `state [V]` is not a finite number"],
            ),
            (
                "time [s],state [V]\n1,1\n0.5,1\n",
                &["m.csv:3: time 0.5 does not come after 1; it must increase from row to row"],
            ),
            (
                "# measured today\n\ntime [ms],state [V]\n1,1\n1,1\n",
                &["m.csv:5: time 1 does not come after 1; it must increase from row to row"],
            ),
            ("time [s],state [V]\n1,1\n", &["m.csv: 1 row of data; at least 2 are needed"]),
            ("time [s],state [V]\n", &["m.csv: 0 rows of data; at least 2 are needed"]),
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
        let read = |text: &str, optional: &'static str| {
            let columns =
                [wanted::<Volt>("state", false).also(&["u"]), wanted::<Volt>(optional, false).optional()];
            read_columns("m.csv", text, &columns, 1, &Layout::default()).unwrap().columns
        };
        let text = "u [mV],amplitude [V]\n1,2\n3,4\n";
        assert_eq!(read(text, "amplitude"), [vec![1e-3, 3e-3], vec![2.0, 4.0]]);
        assert_eq!(read(text, "width"), [vec![1e-3, 3e-3], vec![]]);
        assert!(read("u [mV],amplitude [V]\n1,1\n3,x\n", "amplitude")[1].is_empty());
    }
}
