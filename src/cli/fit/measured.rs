//! The data a fit is given: columns by model, cut to what was asked for.

use super::super::failure::Failure;
use super::super::measured::{self, Measured};
use super::args::{FitArgs, Model};
use memspike::fit::Held;
use memspike::hint::many;
use memspike::hint::nearest;
use memspike::keys;
use memspike::units::{Ampere, Ohm, Quantity, Second, Siemens, Volt};

pub fn read(args: &FitArgs) -> Result<Measured, Failure> {
    let Some(path) = &args.data else {
        return Err(Failure::new(format!("`fit {}` needs a measurement", args.model.name()))
            .with_hint("give the file, or - for standard input"));
    };
    let Measured { file, mut points, mut notes, train, back } =
        measured::read(path, args.curve(), &args.layout)?;
    let (from, to) = (limit(args, args.from.as_deref())?, limit(args, args.to.as_deref())?);
    let x = |p: &(f64, f64)| if args.model == Model::Stdp { p.0.abs() } else { p.0 };
    let before = points.len();
    // A limit may be written a rounding away from the row it names.
    let near = |limit: f64| 1e-9 * limit.abs();
    points.retain(|p| {
        from.is_none_or(|from| x(p) >= from - near(from)) && to.is_none_or(|to| x(p) <= to + near(to))
    });
    if points.len() < before {
        notes.push(format!("{} of {} within --from and --to", points.len(), many(before, "row")));
    }
    if points.is_empty() {
        return Err(Failure::new(format!("{file}: no row lies within --from and --to"))
            .with_hint("the limits are in the quantity of the first column, such as --from \"10 ms\""));
    }
    Ok(Measured { file, points, notes, train, back })
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
        Model::Stdp | Model::Lif | Model::Retention | Model::Device => "s",
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
        _ => {
            let percent = text.trim_end_matches('%').trim().parse().ok();
            let number = if unit == "%" { percent } else { keys::number(text.trim(), "") };
            number
                .filter(|number| number.is_finite())
                .ok_or_else(|| format!("`{text}` is not a finite number"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::value;

    #[test]
    fn a_number_without_unit_may_be_a_percentage_and_one_in_percent_is() {
        assert_eq!((value("80 %", ""), value("0.8", "")), (Ok(0.8), Ok(0.8)));
        assert_eq!(value("138.61 %", "%"), Ok(138.61));
        assert!(value("80 %%", "").is_err() && value("inf", "").is_err());
    }
}
