//! Unit strings: `"<number> <prefix><unit>"` to SI and back, exactly.

use super::Quantity;

/// Why a text is not the quantity that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParseQuantityError {
    /// A bare number: the unit would be a guess.
    #[error("`{text}` has no unit; expected a {expected} such as \"{example}\"")]
    NoUnit {
        /// What was read.
        text: String,
        /// What kind of quantity is needed.
        expected: &'static str,
        /// A text that would be right.
        example: &'static str,
    },
    /// A number with a unit of another kind, or an unknown one.
    #[error("`{text}` is in `{unit}`; expected a {expected} in {expected_unit}, such as \"{example}\"")]
    WrongUnit {
        /// What was read.
        text: String,
        /// The unit it has.
        unit: String,
        /// What kind of quantity is needed.
        expected: &'static str,
        /// The unit of that kind, without a prefix.
        expected_unit: &'static str,
        /// A text that would be right.
        example: &'static str,
    },
    /// Not a number in front, or one beyond the range of `f64`.
    #[error("`{text}` is not a finite number with a unit; expected a {expected} such as \"{example}\"")]
    NotANumber {
        /// What was read.
        text: String,
        /// What kind of quantity is needed.
        expected: &'static str,
        /// A text that would be right.
        example: &'static str,
    },
}

/// SI prefixes: symbol and power of ten. `u`, the micro sign and the Greek mu are one prefix.
const PREFIXES: &[(&str, i32)] = &[
    ("f", -15),
    ("p", -12),
    ("n", -9),
    ("u", -6),
    ("\u{b5}", -6),
    ("\u{3bc}", -6),
    ("m", -3),
    ("", 0),
    ("k", 3),
    ("M", 6),
    ("G", 9),
    ("T", 12),
];

/// Other spellings of a unit symbol that users write.
fn spellings(unit: &'static str) -> &'static [&'static str] {
    match unit {
        "Ohm" => &["Ohm", "ohm", "\u{3a9}", "\u{2126}"],
        "s" => &["s"],
        "V" => &["V"],
        "A" => &["A"],
        "S" => &["S"],
        "W" => &["W"],
        "J" => &["J"],
        "C" => &["C"],
        "F" => &["F"],
        "Hz" => &["Hz"],
        "V/s" => &["V/s"],
        _ => &[],
    }
}

/// Splits `"9.41 ms"` into its number and the rest, both trimmed: `("9.41", "ms")`.
#[must_use]
pub fn parse_number_unit(text: &str) -> (&str, &str) {
    let text = text.trim();
    let bytes = text.as_bytes();
    let mut end = 0;
    while end < bytes.len() {
        let sign_ok = end == 0 || matches!(bytes[end - 1], b'e' | b'E');
        let numeric = match bytes[end] {
            b'0'..=b'9' | b'.' => true,
            b'+' | b'-' => sign_ok,
            // An exponent only where digits (after a sign) follow it: "1e3 V", not "1 eV".
            b'e' | b'E' => {
                let mut next = end + 1;
                if matches!(bytes.get(next), Some(b'+' | b'-')) {
                    next += 1;
                }
                end > 0 && matches!(bytes.get(next), Some(b'0'..=b'9'))
            }
            _ => false,
        };
        if !numeric {
            break;
        }
        end += 1;
    }
    (text[..end].trim(), text[end..].trim())
}

/// The value, and the digits it was rounded from: the same number in SI units, exactly, as `9.41e-3`.
pub(super) fn parse<Q: Quantity>(text: &str) -> Result<(Q, String), ParseQuantityError> {
    let not_a_number =
        || ParseQuantityError::NotANumber { text: text.to_string(), expected: Q::NAME, example: Q::EXAMPLE };
    let (number, unit) = parse_number_unit(text);
    if number.is_empty() || number.parse::<f64>().is_err() {
        return Err(not_a_number());
    }
    if unit.is_empty() {
        return Err(ParseQuantityError::NoUnit {
            text: text.to_string(),
            expected: Q::NAME,
            example: Q::EXAMPLE,
        });
    }
    let exponent = PREFIXES
        .iter()
        .find_map(|&(prefix, exponent)| {
            let rest = unit.strip_prefix(prefix)?;
            spellings(Q::UNIT).contains(&rest).then_some(exponent)
        })
        .ok_or_else(|| ParseQuantityError::WrongUnit {
            text: text.to_string(),
            unit: unit.to_string(),
            expected: Q::NAME,
            expected_unit: Q::UNIT,
            example: Q::EXAMPLE,
        })?;
    let digits = shifted(number, exponent).ok_or_else(not_a_number)?;
    let value: f64 = digits.parse().map_err(|_| not_a_number())?;
    Q::from_si(value).map(|quantity| (quantity, digits)).ok_or_else(not_a_number)
}

/// A number times 10^`places`, exactly: the exponent is shifted in the text, so that it is rounded once.
fn shifted(number: &str, places: i32) -> Option<String> {
    let (mantissa, written) = match number.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (number, 0),
    };
    Some(format!("{mantissa}e{}", written.checked_add(places)?))
}

/// Reads a percentage as the fraction it is: `"5 %"` is 0.05. `None` for what is not a finite one.
#[must_use]
pub fn parse_percent(text: &str) -> Option<f64> {
    let (number, "%") = parse_number_unit(text) else { return None };
    shifted(number, -2)?.parse().ok().filter(|fraction: &f64| fraction.is_finite())
}

/// Prints with the prefix that leaves one to three digits before the point.
pub(super) fn format(value: f64, unit: &str) -> String {
    if value == 0.0 {
        return format!("0 {unit}");
    }
    // Shortest digits that round-trip, as d.ddd and a power of ten.
    let scientific = format!("{value:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let prefix_exponent = (exponent.div_euclid(3) * 3).clamp(-15, 12);
    let shift = exponent - prefix_exponent;
    if !(0..=8).contains(&shift) {
        return format!("{scientific} {unit}");
    }
    let prefix = PREFIXES.iter().find(|p| p.1 == prefix_exponent).map_or("", |p| p.0);
    format!("{} {prefix}{unit}", move_point(mantissa, shift as usize))
}

/// Moves the decimal point of `d.ddd` to the right by `shift` places.
fn move_point(mantissa: &str, shift: usize) -> String {
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let mut fraction = fraction.to_string();
    while fraction.len() < shift {
        fraction.push('0');
    }
    let (moved, rest) = fraction.split_at(shift);
    if rest.is_empty() { format!("{sign}{whole}{moved}") } else { format!("{sign}{whole}{moved}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::super::{Second, Volt};
    use super::*;

    #[test]
    fn a_refusal_says_what_was_read_and_what_is_allowed() {
        for (text, message) in [
            ("9.41", "`9.41` has no unit; expected a time such as \"9.41 ms\""),
            ("20 mV", "`20 mV` is in `mV`; expected a time in s, such as \"9.41 ms\""),
            ("ms", "`ms` is not a finite number with a unit; expected a time such as \"9.41 ms\""),
            ("NaN s", "`NaN s` is not a finite number with a unit; expected a time such as \"9.41 ms\""),
            ("1e999 s", "`1e999 s` is not a finite number with a unit; expected a time such as \"9.41 ms\""),
        ] {
            assert_eq!(Second::parse(text).unwrap_err().to_string(), message);
        }
    }

    #[test]
    fn a_percentage_is_a_fraction_rounded_once() {
        for (text, fraction) in [("5 %", 0.05), ("138.61%", 1.3861), ("0.81 %", 0.0081), ("-1e1 %", -0.1)] {
            assert_eq!(parse_percent(text), Some(fraction), "{text}");
        }
        for text in ["5", "%", "5 percent", "5 %%", "1e999 %", "nan %", "5 m%", ""] {
            assert_eq!(parse_percent(text), None, "{text}");
        }
    }

    #[test]
    fn an_exponent_is_not_taken_for_a_unit() {
        assert_eq!(Volt::parse("1e-3V").unwrap().get(), 1e-3);
        assert_eq!(Volt::parse("1.5E2 mV").unwrap().get(), 0.15);
        assert!(Volt::parse("1 eV").is_err());
    }
}
