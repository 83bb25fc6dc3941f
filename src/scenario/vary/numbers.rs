//! Values that are varied, as numbers for tables and pictures.

use super::super::spec;
use crate::units::{parse_number_unit, parse_percent};

/// The values of a key as numbers with one unit: in that of all of them, or in the unit itself where prefixes differ.
/// `None` if they are words, or lists.
#[must_use]
pub fn numbers(values: &[&str]) -> Option<(Vec<f64>, String)> {
    let plain = |value: &&str| value.trim().trim_matches('"').to_string();
    let values: Vec<String> = values.iter().map(plain).collect();
    let parts: Vec<(&str, &str)> = values.iter().map(|value| parse_number_unit(value)).collect();
    let symbol = parts.first()?.1;
    let known = symbol.is_empty() || symbol == "%" || spec::unit_of(values.first()?).is_some();
    if known && parts.iter().all(|(_, other)| *other == symbol) {
        let numbers: Option<Vec<f64>> = parts.iter().map(|(number, _)| number.parse().ok()).collect();
        return numbers.map(|numbers| (numbers, symbol.to_string()));
    }
    let (numbers, unit) = si(&values)?;
    Some((numbers, unit))
}

/// The values of a key in SI units, percentages as fractions, and the symbol of the unit.
#[must_use]
pub fn si(values: &[String]) -> Option<(Vec<f64>, String)> {
    let first = values.first()?.trim().trim_matches('"');
    if let Some(unit) = spec::unit_of(first) {
        let numbers: Result<Vec<f64>, _> =
            values.iter().map(|value| unit.parse(value.trim().trim_matches('"'))).collect();
        return numbers.ok().map(|numbers| (numbers, unit.symbol().to_string()));
    }
    let number = |value: &String| {
        let value = value.trim().trim_matches('"');
        value.parse::<f64>().ok().or_else(|| parse_percent(value))
    };
    let numbers: Option<Vec<f64>> = values.iter().map(number).collect();
    numbers.map(|numbers| (numbers, String::new()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbers_in_one_unit_where_they_are_numbers() {
        assert_eq!(numbers(&["5 ms", "10 ms"]), Some((vec![5.0, 10.0], "ms".into())));
        assert_eq!(numbers(&["500 us", "1 ms"]), Some((vec![0.0005, 0.001], "s".into())));
        assert_eq!(numbers(&["1", "2.5"]), Some((vec![1.0, 2.5], String::new())));
        assert_eq!(numbers(&["5 %", "0.1"]), Some((vec![0.05, 0.1], String::new())));
        assert_eq!(numbers(&["subtract", "zero"]), None);
        assert_eq!(numbers(&["5 ms", "zero"]), None);
        assert_eq!(numbers(&["[1, 2]"]), None);
    }
}
