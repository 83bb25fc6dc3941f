//! The parameters with their errors, for people or machines.

use super::super::failure::Failure;
use super::super::measured::Measured;
use super::super::values::Format;
use super::args::{FitArgs, Model};
use super::found::Found;
use memspike::fit::{FittedParameter, Test};
use memspike::hint::many;
use memspike::plot::number::{rounded, si, significant, trimmed};
use std::fmt::Write as _;

pub fn text(args: &FitArgs, data: &Measured, found: &Found) -> Result<String, Failure> {
    match args.format {
        Format::Text => Ok(lines(args, data, found)),
        Format::Json => {
            let value = serde_json::json!({
                "schema_version": 1,
                "model": args.model.name(),
                "data": data.file,
                "points": data.points.len(),
                "parameters": found.fit.parameters,
                "rms": found.fit.rms,
                "rms_unit": rms_unit(args.model),
                "noise": found.fit.noise,
                "fits": found.judgement.fits(),
                "tests": found.judgement.tests.iter().map(|test| serde_json::json!({ "name": test.name, "p": test.p })).collect::<Vec<_>>(),
            });
            serde_json::to_string_pretty(&value).map_err(|error| Failure::new(error.to_string()))
        }
    }
}

/// Unit of the residuals.
pub fn rms_unit(model: Model) -> &'static str {
    match model {
        Model::Iv => "A",
        Model::Pulses => "S",
        Model::Stdp => "%",
        Model::Lif => "V",
        Model::Retention | Model::Device => "",
    }
}

fn lines(args: &FitArgs, data: &Measured, found: &Found) -> String {
    let rows: Vec<[String; 4]> = found
        .fit
        .parameters
        .iter()
        .map(|p| {
            let (value, error) = with_error(p);
            // Nothing is a share of zero.
            let share = if p.error == 0.0 || p.value == 0.0 {
                String::new()
            } else {
                format!("{:.2} %", 100.0 * (p.error / p.value).abs())
            };
            [p.name.clone(), value, error, share]
        })
        .collect();
    let head = ["parameter", "value", "standard error", ""].map(str::to_owned);
    let width = |k: usize| rows.iter().chain([&head]).map(|row| row[k].chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for row in std::iter::once(&head).chain(&rows) {
        // Writing to a String cannot fail.
        let line = format!(
            "{:<a$}  {:>b$}  {:>c$}  {:>d$}",
            row[0],
            row[1],
            row[2],
            row[3],
            a = width(0),
            b = width(1),
            c = width(2),
            d = width(3)
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let rms = if args.model == Model::Retention {
        format!("{:.2} % of the conductance", 100.0 * found.fit.rms)
    } else if args.model == Model::Stdp {
        format!("{:.3} % of G0", found.fit.rms)
    } else {
        si(found.fit.rms, rms_unit(args.model))
    };
    let _ = writeln!(text, "{}, residual {rms} rms", many(data.points.len(), "point"));
    if let Some(noise) = found.fit.noise {
        let share = trimmed(&significant(100.0 * noise.share, 2));
        let (floor, unit) = (noise.floor, rms_unit(args.model));
        let floor =
            if unit == "%" { format!("{} %", trimmed(&significant(floor, 2))) } else { si(floor, unit) };
        let _ = writeln!(
            text,
            "noise grows with the value, {share} % of it and {floor} at zero; rows are weighted by it"
        );
    }
    if !found.judgement.tests.is_empty() {
        let test = |test: &Test| format!("{} p = {}", test.name, trimmed(&significant(test.p, 2)));
        let tests = found.judgement.tests.iter().map(test).collect::<Vec<_>>().join(", ");
        let verdict = if found.judgement.fits() { "may be noise" } else { "has a pattern" };
        let _ = writeln!(text, "what is left {verdict}: {tests}");
    }
    text
}

/// A value and its error with one prefix, and as many places as the error has two digits.
pub fn with_error(p: &FittedParameter) -> (String, String) {
    const PREFIXES: [(&str, f64); 8] =
        [("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1.0), ("m", 1e-3), ("u", 1e-6), ("n", 1e-9), ("p", 1e-12)];
    let plain = p.unit.is_empty() || p.unit == "%";
    let largest = p.value.abs().max(p.error);
    let (prefix, factor) = if plain || largest == 0.0 {
        ("", 1.0)
    } else {
        PREFIXES.into_iter().find(|(_, factor)| largest >= *factor * 0.9995).unwrap_or(("p", 1e-12))
    };
    let unit = format!("{prefix}{}", p.unit);
    let (value, error) = (p.value / factor, p.error / factor);
    if p.error == 0.0 {
        let held = trimmed(&significant(value, 6));
        return (format!("{held} {unit}").trim_end().to_owned(), "held".to_owned());
    }
    // Two digits of the error; the value to the same place.
    let place = (1.0 - error.log10().floor()).min(12.0) as i32;
    let write = |number: f64| format!("{} {unit}", rounded(number, place)).trim_end().to_owned();
    (write(value), write(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_has_the_places_that_its_error_leaves_it() {
        let p = |value, error, unit: &str| {
            with_error(&FittedParameter { name: "x".into(), unit: unit.into(), value, error })
        };
        let pair = |value: &str, error: &str| (value.to_owned(), error.to_owned());
        assert_eq!(p(9.4123e-3, 0.0123e-3, "s"), pair("9.412 ms", "0.012 ms"));
        assert_eq!(p(138.612, 0.44, "%"), pair("138.61 %", "0.44 %"));
        assert_eq!(p(0.43e-3, 12e-6, "V"), pair("430 uV", "12 uV"));
        assert_eq!(p(4.3e-4, 3e-3, "V"), pair("0.4 mV", "3.0 mV"));
        assert_eq!(p(0.05, 0.002, ""), pair("0.0500", "0.0020"));
        assert_eq!(p(7e-6, 0.0, "A"), pair("7 uA", "held"));
        assert_eq!(p(0.0, 0.0, "V"), pair("0 V", "held"));
        assert_eq!(p(1e30, 1e29, "V"), pair("1.00e21 GV", "100000000000000000000 GV"));
    }
}
