//! The data a fit is given: columns by model, cut to what was asked for.

use super::super::failure::Failure;
use super::super::files;
use super::args::{FitArgs, Model};
use memspike::fit::{CsvError, Held, Wanted, optional_column, plain, read_columns, wanted};
use memspike::hint::nearest;
use memspike::units::{Ampere, Ohm, Quantity, Second, Siemens, Volt};

/// A measurement of two columns.
pub struct Measured {
    /// The path as given.
    pub file: String,
    /// SI units; a change in percent.
    pub points: Vec<(f64, f64)>,
    /// What was left out.
    pub notes: Vec<String>,
    /// Voltage of the train that was read, if the file says it: pulses only.
    pub train: Option<f64>,
}

impl Measured {
    /// The name of the file, for what others may read.
    pub fn name(&self) -> String {
        let name = std::path::Path::new(&self.file).file_name();
        name.map_or_else(|| self.file.clone(), |name| name.to_string_lossy().into_owned())
    }
}

pub fn read(args: &FitArgs) -> Result<Measured, Failure> {
    let file = args.data.display().to_string();
    let text = files::read_text(&args.data, "data")?;
    let columns: [Wanted; 2] = match args.model {
        Model::Iv => [wanted::<Volt>("voltage", false), wanted::<Ampere>("current", false)],
        Model::Pulses => [plain("pulse", "", true), wanted::<Siemens>("conductance", false)],
        Model::Stdp => [wanted::<Second>("dt", false), plain("change", "%", false)],
        Model::Lif => {
            [wanted::<Second>("time", true), wanted::<Volt>("state", false).also(&["u", "voltage"])]
        }
        Model::Retention => {
            [wanted::<Second>("time", true), wanted::<Siemens>("conductance", false).also(&["on"])]
        }
    };
    let measured = read_columns(&file, &text, &columns, 2).map_err(|faults| several(&faults))?;
    let mut points: Vec<(f64, f64)> = match measured.columns.as_slice() {
        [x, y] => x.iter().copied().zip(y.iter().copied()).collect(),
        _ => Vec::new(),
    };
    let mut notes = Vec::new();
    let all = points.len();
    let mut train = None;
    if args.model == Model::Pulses
        && let Some(volts) = optional_column(&text, "amplitude").filter(|v| v.len() == all)
    {
        // The row before the first pulse has no voltage.
        let first = volts.iter().copied().find(|v| *v != 0.0);
        let end = first.and_then(|first| volts.iter().position(|v| *v != 0.0 && *v != first)).unwrap_or(all);
        points.truncate(end);
        train = first;
        if end < all {
            notes.push(format!("the first train is fitted, {end} of {all} rows: then the amplitude changes"));
        }
    }
    let (from, to) = (limit(args, args.from.as_deref())?, limit(args, args.to.as_deref())?);
    let x = |p: &(f64, f64)| if args.model == Model::Stdp { p.0.abs() } else { p.0 };
    let before = points.len();
    // A limit may be written a rounding away from the row it names.
    let near = |limit: f64| 1e-9 * limit.abs();
    points.retain(|p| {
        from.is_none_or(|from| x(p) >= from - near(from)) && to.is_none_or(|to| x(p) <= to + near(to))
    });
    if points.len() < before {
        notes.push(format!("{} of {before} rows lie within --from and --to", points.len()));
    }
    if points.is_empty() {
        return Err(Failure::new(format!("{file}: no row lies within --from and --to"))
            .with_hint("the limits are in the quantity of the first column, such as --from \"10 ms\""));
    }
    Ok(Measured { file, points, notes, train })
}

fn several(faults: &[CsvError]) -> Failure {
    Failure::Several(faults.iter().map(|f| (f.to_string(), f.hint().map(str::to_owned))).collect())
}

/// `--from` or `--to` in the quantity of the first column.
fn limit(args: &FitArgs, text: Option<&str>) -> Result<Option<f64>, Failure> {
    let Some(text) = text else { return Ok(None) };
    let unit = match args.model {
        Model::Iv => {
            return Err(Failure::new(
                "--from and --to do not apply to a loop, whose voltage goes up and down",
            )
            .with_hint("take the rows out of the file"));
        }
        Model::Pulses => "",
        Model::Stdp | Model::Lif | Model::Retention => "s",
    };
    value(text, unit)
        .map(Some)
        .map_err(|message| Failure::new(format!("--from or --to {message}")).with_hint(example(unit)))
}

/// What `--param` holds, checked against what the model has.
///
/// # Errors
/// For every name that is none of `parameters`, and every value that is not in its unit.
pub fn held(args: &FitArgs, parameters: &[(&str, &str)]) -> Result<Vec<Held>, Failure> {
    let mut held = Vec::new();
    let mut faults = Vec::new();
    for (name, text) in &args.param {
        let text = text.trim_matches('"');
        let Some((_, unit)) = parameters.iter().find(|(known, _)| known == name) else {
            let known: Vec<&str> = parameters.iter().map(|(known, _)| *known).collect();
            let hint = match nearest(name, known.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("it has {}", known.join(", ")),
            };
            faults.push((format!("--param: `{}` has no parameter `{name}`", args.model.name()), Some(hint)));
            continue;
        };
        match value(text, unit) {
            Ok(value) if value != 0.0 || may_be_zero(name) => held.push(Held { name: name.clone(), value }),
            Ok(_) => {
                faults.push((format!("--param {name}={text}: it must not be zero"), Some(example(unit))))
            }
            Err(message) => faults.push((format!("--param {name}={text}: {message}"), Some(example(unit)))),
        }
    }
    if faults.is_empty() { Ok(held) } else { Err(Failure::Several(faults)) }
}

/// Offsets and starts may be zero; times, conductances and amplitudes not.
fn may_be_zero(name: &str) -> bool {
    matches!(name, "u_rest" | "u_0")
}

fn example(unit: &str) -> String {
    match unit {
        "s" => "write it such as \"9.41 ms\"".into(),
        "V" => "write it such as \"0.25 V\"".into(),
        "A" => "write it such as \"7 uA\"".into(),
        "S" => "write it such as \"35 uS\"".into(),
        "Ohm" => "write it such as \"200 Ohm\"".into(),
        "%" => "write it such as \"138.61 %\"".into(),
        _ => "a number without unit, such as 0.05".into(),
    }
}

/// A value in SI units (percent in percent).
fn value(text: &str, unit: &str) -> Result<f64, String> {
    fn of<Q: Quantity>(text: &str) -> Result<f64, String> {
        Q::parse(text).map(Q::si).map_err(|error| error.to_string())
    }
    match unit {
        "s" => of::<Second>(text),
        "V" => of::<Volt>(text),
        "A" => of::<Ampere>(text),
        "S" => of::<Siemens>(text),
        "Ohm" => of::<Ohm>(text),
        _ => match text.trim_end_matches('%').trim().parse::<f64>() {
            Ok(number) if number.is_finite() => Ok(number),
            _ => Err(format!("`{text}` is not a finite number")),
        },
    }
}
