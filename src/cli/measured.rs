//! Files of measurements, as `memspike fit` and `memspike device --over` take them.

use super::failure::Failure;
use super::{files, spreadsheet};
use clap::{Args, ValueEnum};
use memspike::fit::{CsvError, Curve, Decimal, Layout, Wanted, read_columns, wanted};
use memspike::hint::many;
use memspike::record::csv::{Encoding, decode};
use memspike::units::Volt;
use std::path::Path;

/// How the file is written, where that is not recognised.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "How the data are written, where that is not recognised")]
pub struct LayoutArgs {
    /// The two columns by name or number, perhaps with units, such as "AV,AI" or "2 [V],5 [uA]".
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub columns: Vec<String>,
    /// Lines at the beginning to leave out.
    #[arg(long, value_name = "LINES", default_value_t = 0)]
    pub skip: usize,
    /// What stands before the decimals.
    #[arg(long, value_name = "WHAT")]
    pub decimal: Option<Mark>,
    /// The sheet of a spreadsheet, where several have tables.
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Mark {
    Point,
    Comma,
}

/// A measurement of two columns.
#[derive(Clone, Debug)]
pub struct Measured {
    /// The path as given.
    pub file: String,
    /// SI units; a change in percent.
    pub points: Vec<(f64, f64)>,
    /// What was recognised and left out.
    pub notes: Vec<String>,
    /// Voltage of the train that was read, if the file says it: pulses only.
    pub train: Option<f64>,
    /// The train of the other sign that follows it, or that it follows.
    pub back: Option<Back>,
}

/// The other train of a device that was driven up and down, with the conductance that it begins from.
#[derive(Clone, Debug)]
pub struct Back {
    /// Volts of its pulses.
    pub volts: f64,
    /// As those of [`Measured`].
    pub points: Vec<(f64, f64)>,
    /// Whether it came first.
    pub first: bool,
}

impl Measured {
    /// The name of the file, for what others may read.
    pub fn name(&self) -> String {
        let name = Path::new(&self.file).file_name();
        name.map_or_else(|| self.file.clone(), |name| name.to_string_lossy().into_owned())
    }
}

/// Reads the measurement of a curve; `-` is standard input.
///
/// # Errors
/// All faults of the header, or of the rows.
pub fn read(path: &Path, curve: Curve, layout: &LayoutArgs) -> Result<Measured, Failure> {
    let file = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let bytes = files::read_bytes(path, "data")?;
    let comma = layout.decimal == Some(Mark::Comma);
    let (text, read) = if spreadsheet::is_one(&bytes) {
        spreadsheet::table(&file, &bytes, layout.sheet.as_deref(), if comma { ',' } else { '.' })?
    } else {
        if layout.sheet.is_some() {
            return Err(Failure::new(format!("{file}: it is no spreadsheet, and has no sheets"))
                .with_hint("leave --sheet out"));
        }
        let Some((text, encoding)) = decode(&bytes) else {
            return Err(
                Failure::new(format!("{file}: it is not a text file")).with_hint("save the table as CSV")
            );
        };
        (text, if encoding == Encoding::Utf8 { String::new() } else { encoding.name().to_owned() })
    };
    let layout = Layout {
        skip: layout.skip,
        decimal: layout.decimal.map(|mark| if mark == Mark::Comma { Decimal::Comma } else { Decimal::Point }),
        columns: layout.columns.clone(),
    };
    let [x, y] = curve.columns();
    let mut columns: Vec<Wanted> = vec![x, y];
    if curve == Curve::Pulses {
        columns.push(wanted::<Volt>("amplitude", false).optional());
    }
    let measured = read_columns(&file, &text, &columns, 2, &layout).map_err(|faults| several(&faults))?;
    let [x, y, rest @ ..] = measured.columns.as_slice() else {
        return Err(Failure::new(format!("{file}: two columns are needed")));
    };
    let mut points: Vec<(f64, f64)> = x.iter().copied().zip(y.iter().copied()).collect();
    let written = if read.is_empty() { read } else { format!("{read}, ") };
    let mut notes = vec![format!("{file}: {written}{}", measured.recognised)];
    let (mut train, mut back) = (None, None);
    if let [volts] = rest {
        // The row before the first pulse has no voltage.
        train = volts.iter().copied().find(|v| *v != 0.0);
        let end = train.and_then(|first| volts.iter().position(|v| *v != 0.0 && *v != first));
        if let Some(end) = end {
            let all = points.len();
            notes.push(format!(
                "the first train counts, {end} of {}: then the amplitude changes",
                many(all, "row")
            ));
            back = train.and_then(|first| behind((first, end), volts, &points));
            points.truncate(end);
        }
    }
    Ok(Measured { file, points, notes, train, back })
}

/// The train from row `end` on, if it is of the other sign than the first.
fn behind((first, end): (f64, usize), volts: &[f64], points: &[(f64, f64)]) -> Option<Back> {
    let own = volts.get(end).copied().filter(|own| own * first < 0.0)?;
    let length = volts.iter().skip(end).take_while(|v| **v == own).count();
    Some(Back { volts: own, points: points.get(end.checked_sub(1)?..end + length)?.to_vec(), first: false })
}

fn several(faults: &[CsvError]) -> Failure {
    Failure::Several(faults.iter().map(|f| (f.to_string(), f.hint().map(str::to_owned))).collect())
}
