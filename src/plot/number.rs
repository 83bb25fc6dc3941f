//! Numbers as a person writes them.

use crate::hint::LARGE;

/// Thousands apart by a narrow space: `1 042`.
#[must_use]
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() * 4 / 3);
    for (k, digit) in digits.chars().enumerate() {
        if k > 0 && (digits.len() - k).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// A large count in words: `18.9 billion`; below a million as [`count`].
#[must_use]
pub fn rough(n: u64) -> String {
    let x = n as f64;
    match n {
        0..=999_999 => count(n),
        1_000_000..=999_999_999 => format!("{} million", significant(x / 1e6, 3)),
        1_000_000_000..=999_999_999_999 => format!("{} billion", significant(x / 1e9, 3)),
        _ => format!("{} trillion", significant(x / 1e12, 3)),
    }
}

/// Prefixes of SI units with their factors, from tera to zepto.
pub const PREFIXES: [(&str, f64); 12] = [
    ("T", 1e12),
    ("G", 1e9),
    ("M", 1e6),
    ("k", 1e3),
    ("", 1.0),
    ("m", 1e-3),
    ("\u{b5}", 1e-6),
    ("n", 1e-9),
    ("p", 1e-12),
    ("f", 1e-15),
    ("a", 1e-18),
    ("z", 1e-21),
];

/// A value with an SI prefix and three significant digits: `27.7 nJ`.
#[must_use]
pub fn si(value: f64, unit: &str) -> String {
    if value == 0.0 {
        return format!("0 {unit}");
    }
    if !value.is_finite() {
        return format!("{value} {unit}");
    }
    if value.abs() >= LARGE {
        return format!("{value:.2e} {unit}");
    }
    // 999.7 becomes 1.00 of the next prefix, so the choice is made on the rounded value.
    for (prefix, factor) in PREFIXES {
        if value.abs() >= factor * 0.9995 {
            return format!("{} {prefix}{unit}", significant(value / factor, 3));
        }
    }
    format!("{value:.2e} {unit}")
}

/// So many significant digits, without an exponent below 1e21; a whole number keeps the digits that an `f64` holds.
#[must_use]
pub fn significant(value: f64, digits: usize) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    if value.abs() >= LARGE {
        return format!("{:.*e}", digits.saturating_sub(1), value);
    }
    let exponent = exponent(&format!("{:.*e}", digits.saturating_sub(1), value));
    let whole = (f64::DIGITS as i32 - 1 - exponent).min(0);
    rounded(value, (digits as i32 - 1 - exponent).max(whole))
}

/// Rounded to a decimal place, counted behind the point: 2 gives hundredths, -2 hundreds with zeros below them.
#[must_use]
pub fn rounded(value: f64, place: i32) -> String {
    if place >= 0 && value.is_finite() && value.abs() >= LARGE {
        return format!("{value:e}");
    }
    if place >= 0 || !value.is_finite() {
        return format!("{value:.*}", place.max(0) as usize);
    }
    // All digits of the exact binary value would be printed: 99999999999999983616 for 1e20.
    let decimals = exponent(&format!("{value:e}")) + place;
    let shown = if decimals >= 0 {
        format!("{:.*e}", decimals as usize, value)
    } else {
        // Less than one unit of the place: none of it or one.
        let unit = format!("1e{}", -place);
        let half = unit.parse::<f64>().unwrap_or(f64::INFINITY) / 2.0;
        if value.abs() < half {
            return "0".to_owned();
        } else if value < 0.0 {
            format!("-{unit}")
        } else {
            unit
        }
    };
    if value.abs() >= LARGE {
        return shown;
    }
    let zeros = exponent(&shown) as usize;
    let mantissa = shown.split_once('e').map_or(shown.as_str(), |(mantissa, _)| mantissa);
    let fraction = mantissa.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    mantissa.replace('.', "") + &"0".repeat(zeros.saturating_sub(fraction))
}

/// A number without superfluous zeros behind its point.
#[must_use]
pub fn trimmed(text: &str) -> String {
    if let Some((mantissa, exponent)) = text.split_once('e') {
        format!("{}e{exponent}", trimmed(mantissa))
    } else if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_string()
    } else {
        text.to_string()
    }
}

/// The power of ten in a number as `{:e}` writes it.
fn exponent(scientific: &str) -> i32 {
    scientific.rsplit_once('e').and_then(|(_, exponent)| exponent.parse().ok()).unwrap_or(0)
}

/// A fraction in per cent with two places: `92.41 %`.
#[must_use]
pub fn percent(fraction: f64) -> String {
    format!("{:.2}\u{a0}%", fraction * 100.0)
}

/// Seconds as a person says them: `1 min 12 s`, `52.1 s`, `3.2 ms`, `50 h 17 min`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    if !(60.0..LARGE).contains(&seconds) {
        return si(seconds, "s");
    }
    let whole = seconds.round() as u64;
    match whole {
        0..=3599 => format!("{} min {} s", whole / 60, whole % 60),
        _ => format!("{} h {} min", whole / 3600, whole % 3600 / 60),
    }
}

/// Bytes in binary units: `287 MiB`.
#[must_use]
pub fn bytes(n: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = n as f64;
    let mut unit = "B";
    for next in UNITS {
        if value < 1024.0 {
            break;
        }
        value /= 1024.0;
        unit = next;
    }
    if unit == "B" { format!("{n} B") } else { format!("{} {unit}", significant(value, 3)) }
}

/// A span that may be long, as a tick says it: in the largest unit that it fills, without superfluous zeros (`6 h`,
/// `1.5 days`, `10 years`).
#[must_use]
pub fn span(seconds: f64) -> String {
    const UNITS: [(f64, &str, &str); 4] = [
        (365.0 * 86_400.0, "year", "years"),
        (86_400.0, "day", "days"),
        (3600.0, "h", "h"),
        (60.0, "min", "min"),
    ];
    for (unit, one, many) in UNITS {
        if seconds >= unit {
            let number = trimmed(&significant(seconds / unit, 3));
            let name = if number == "1" { one } else { many };
            return format!("{number} {name}");
        }
    }
    si(seconds, "s")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_a_person_writes_them() {
        assert_eq!(count(1_886_020), "1\u{202f}886\u{202f}020");
        assert_eq!(count(42), "42");
        assert_eq!(rough(18_860_200_000), "18.9 billion");
        assert_eq!(si(2.77e-8, "J"), "27.7 nJ");
        assert_eq!(si(-2.5e-7, "V"), "-250 nV");
        assert_eq!(si(9.997e-7, "J"), "1.00 \u{b5}J");
        assert_eq!(si(0.0, "J"), "0 J");
        assert_eq!(significant(0.0123456, 3), "0.0123");
        assert_eq!(significant(123_456.0, 3), "123456");
        assert_eq!(significant(1e20 / 1.000_000_000_000_000_2, 3), "100000000000000000000");
        assert_eq!(span(21_600.0), "6 h");
        assert_eq!(span(4000.0), "1.11 h");
        assert_eq!(span(86_400.0), "1 day");
        assert_eq!(span(315_360_000.0), "10 years");
        assert_eq!(span(2.592e6), "30 days");
        assert_eq!(percent(0.92414), "92.41\u{a0}%");
        assert_eq!(duration(72.0), "1 min 12 s");
        assert_eq!(duration(181_000.0), "50 h 16 min");
        assert_eq!(duration(0.0032), "3.20 ms");
        assert_eq!(duration(1e300), "1.00e300 s");
        assert_eq!(si(-1e300, "V/s"), "-1.00e300 V/s");
        assert_eq!(trimmed(&significant(1e300, 3)), "1e300");
        assert_eq!(rounded(1.25e300, 2), "1.25e300");
        assert_eq!(rounded(1.234e300, -298), "1.23e300");
        assert_eq!(bytes(287 << 20), "287 MiB");
        assert_eq!(bytes(512), "512 B");
    }

    #[test]
    fn digits_below_the_place_are_not_shown() {
        assert_eq!(rounded(0.0123456, 4), "0.0123");
        assert_eq!(rounded(1386.12, -1), "1390");
        assert_eq!(rounded(-1e20, -18), "-100000000000000000000");
        assert_eq!(rounded(960.0, -2), "1000");
        assert_eq!(rounded(40.0, -2), "0");
        assert_eq!(rounded(-60.0, -2), "-100");
        assert_eq!(rounded(f64::INFINITY, -3), "inf");
    }
}
