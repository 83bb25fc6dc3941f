//! What is varied, as it is written on a command line.
//!
//! A key is varied by a list, `KEY=A,B,C`, or by a range of so many values with both ends, `KEY=LO..HI/STEPS`, whose
//! values are equally far apart, or, with ` log` behind, equal factors apart. A value is what `--set KEY=VALUE` takes.

use super::super::diagnostic::{At, Diagnostic, Source};
use super::super::spec;
use super::{MOST_POINTS, Seeds, Shard, Varied};
use crate::numeric::{exp, ln};
use crate::units::parse_number_unit;
use std::collections::BTreeSet;
use std::ops::Range;

impl Shard {
    /// Reads `I/N`.
    ///
    /// # Errors
    /// If it is something else, or I is not one of 1 to N.
    pub fn parse(text: &str) -> Result<Self, String> {
        let numbers = text.split_once('/').map(|(i, n)| (i.trim().parse::<u64>(), n.trim().parse::<u64>()));
        match numbers {
            Some((Ok(_), Ok(0))) => Err("there is no part of 0 parts; expected such as 1/4".into()),
            Some((Ok(index), Ok(of))) if (1..=of).contains(&index) => Ok(Self { index, of }),
            Some((Ok(_), Ok(of))) => Err(format!("there are {of} parts; expected 1/{of} to {of}/{of}")),
            _ => Err("expected the number of a part and how many there are, such as 2/4".into()),
        }
    }
}

impl Seeds {
    /// Reads a number of seeds, or a list of them.
    ///
    /// # Errors
    /// If it is neither, or one is given twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.trim().parse::<u64>() {
            return match number {
                0 => Err("no seed at all would leave nothing to compute; expected 1 or more".into()),
                number => Ok(Self::Number(number)),
            };
        }
        let list: Result<Vec<u64>, _> =
            text.trim_end_matches(',').split(',').map(|seed| seed.trim().parse::<u64>()).collect();
        let list = list.map_err(|_| "expected a number of seeds, such as 5, or seeds, such as 1,7,23")?;
        let mut seen = BTreeSet::new();
        match list.iter().find(|seed| !seen.insert(**seed)) {
            Some(twice) => Err(format!("the seed {twice} is given twice")),
            None => Ok(Self::These(list)),
        }
    }
}

impl Varied {
    /// Reads `KEY=VALUES`.
    ///
    /// # Errors
    /// Says what is wrong with it, and where.
    pub fn parse(text: &str) -> Result<Self, Diagnostic> {
        let source = Source::argument("--vary", text);
        let at = |span: Range<usize>| At { source: source.clone(), span };
        let fault = |span: Range<usize>, what: String| Diagnostic::error(what).at(&at(span));
        let allowed = "a key, `=`, and values apart by commas, or a range with a number of steps, such as \
                       protocol.epochs=1,2,5 or \"population.output.tau_m=5 ms..20 ms/4\"";
        let Some((key, values)) = text.split_once('=').filter(|(key, _)| !key.trim().is_empty()) else {
            return Err(fault(0..text.len(), format!("`{text}` is not KEY=VALUES")).allowed(allowed));
        };
        let start = key.len() + 1;
        let key = key.trim().to_string();
        if let Some(range) = range(values) {
            let (values, log) = range.map_err(|(what, allowed)| {
                fault(start..text.len(), format!("the values of `{key}` {what}")).allowed(allowed)
            })?;
            return Ok(Self { key, values, log });
        }
        let values: Vec<String> = split(values).into_iter().map(|value| value.trim().to_string()).collect();
        if values.iter().any(String::is_empty) {
            let what = format!("`{key}` has an empty value");
            return Err(fault(start..text.len(), what).allowed(allowed));
        }
        if values.len() as u64 > MOST_POINTS {
            let what = format!("`{key}` has {} values", values.len());
            return Err(fault(start..text.len(), what).allowed(format!("at most {MOST_POINTS}")));
        }
        let mut seen = BTreeSet::new();
        if let Some(twice) = values.iter().find(|value| !seen.insert(value.as_str())) {
            let what = format!("`{key}` has the value {twice} twice");
            return Err(fault(start..text.len(), what)
                .allowed("each value once")
                .hint("the same point with other seeds is what --repeat is for"));
        }
        Ok(Self { key, values, log: false })
    }
}

/// Values apart by commas, but not within quotes and brackets.
fn split(text: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0i32, None, 0);
    let mut parts = Vec::new();
    for (place, c) in text.char_indices() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            (None, ',') if depth <= 0 => {
                parts.push(&text[start..place]);
                start = place + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

type Fault = (String, String);

/// The values of a range, if the text is one: it begins with a number and has two dots.
fn range(text: &str) -> Option<Result<(Vec<String>, bool), Fault>> {
    let (low, rest) = text.split_once("..")?;
    let low = low.trim();
    parse_number_unit(low).0.parse::<f64>().ok()?;
    Some(values_of(low, rest))
}

fn values_of(low: &str, rest: &str) -> Result<(Vec<String>, bool), Fault> {
    let form = "LO..HI/STEPS, such as 1..5/5, or with log behind it, such as \"1 Hz..1 kHz/4 log\"";
    let fault = |what: String, allowed: &str| (what, allowed.to_string());
    let (rest, log) = match rest.trim_end().strip_suffix("log") {
        Some(rest) if rest.ends_with(|c: char| c.is_whitespace()) => (rest, true),
        _ => (rest, false),
    };
    let Some((high, steps)) = rest.rsplit_once('/') else {
        return Err(fault("are a range without a number of steps".into(), form));
    };
    let (high, steps) = (high.trim(), steps.trim());
    let number = |text: &str| parse_number_unit(text).0.parse::<f64>().ok().filter(|x| x.is_finite());
    let ends = number(low).zip(number(high));
    let Some((from, to)) = ends else {
        return Err(fault(format!("are a range to `{high}`, which is not a number"), form));
    };
    let (unit, other) = (parse_number_unit(low).1, parse_number_unit(high).1);
    // Of different prefixes both are taken in the unit itself.
    let (from, to, unit) = if unit == other {
        (from, to, unit)
    } else {
        match (spec::unit_of(low), spec::unit_of(high)) {
            (Some(a), Some(b)) if a == b => match (a.parse(low), a.parse(high)) {
                (Ok(from), Ok(to)) => (from, to, a.symbol()),
                _ => return Err(fault(format!("go from {low} to {high}"), form)),
            },
            _ => {
                let what = format!("go from `{low}` to `{high}`, which do not have the same unit");
                return Err(fault(what, "two ends with one unit, each with its own"));
            }
        }
    };
    let Some(steps) = steps.parse::<u64>().ok().filter(|steps| *steps >= 2) else {
        return Err(fault(format!("are a range of `{steps}` steps"), "a whole number, 2 or more"));
    };
    if steps > MOST_POINTS {
        return Err(fault(format!("are {steps} steps"), &format!("at most {MOST_POINTS}")));
    }
    if from == to {
        return Err(fault(format!("go from {low} to the same"), "two ends that differ"));
    }
    if log && (from <= 0.0 || to <= 0.0) {
        let what = format!("go from {low} to {high} by equal factors");
        return Err(fault(what, "two ends above zero; without log the steps are equal differences"));
    }
    let last = steps - 1;
    let value = |k: u64| {
        let (a, b) = ((last - k) as f64 / last as f64, k as f64 / last as f64);
        let value = if log { exp(a * ln(from) + b * ln(to)) } else { a * from + b * to };
        let value = match k {
            0 => from,
            k if k == last => to,
            _ => value,
        };
        // Between the ends a factor has no last digit: six are more than anybody reads.
        let digits = if log && k > 0 && k < last { 6 } else { 12 };
        format!("{}{}{unit}", rounded(value, digits), if unit.is_empty() { "" } else { " " })
    };
    Ok(((0..steps).map(value).collect(), log))
}

/// A number with at most so many significant digits, none of them a zero at the end: of 0.1 + 0.2 twelve are 0.3.
fn rounded(value: f64, digits: usize) -> String {
    let rounded: f64 = format!("{value:.0$e}", digits - 1).parse().unwrap_or(value);
    if rounded != 0.0 && !(1e-5..1e15).contains(&rounded.abs()) {
        return format!("{rounded:e}");
    }
    format!("{rounded}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<String> {
        Varied::parse(text).unwrap_or_else(|fault| panic!("{}", fault.what)).values
    }

    #[test]
    fn lists_are_cut_at_commas_outside_quotes_and_brackets() {
        assert_eq!(values("a.b=1, 2,5"), ["1", "2", "5"]);
        assert_eq!(values("a=5 ms,\"1, 2\""), ["5 ms", "\"1, 2\""]);
        assert_eq!(values("a=[1, 2],{ normal = [0, 1] }"), ["[1, 2]", "{ normal = [0, 1] }"]);
        assert_eq!(values("a=../x,../y"), ["../x", "../y"]);
    }

    #[test]
    fn ranges_have_both_ends_and_the_digits_a_person_would_write() {
        assert_eq!(values("a=1..5/5"), ["1", "2", "3", "4", "5"]);
        assert_eq!(values("a=0.1..0.5/5"), ["0.1", "0.2", "0.3", "0.4", "0.5"]);
        assert_eq!(values("a=5 ms..20 ms/4"), ["5 ms", "10 ms", "15 ms", "20 ms"]);
        assert_eq!(values("a=500 us..2 ms/4"), ["0.0005 s", "0.001 s", "0.0015 s", "0.002 s"]);
        assert_eq!(values("a=1 V/s..3 V/s/3"), ["1 V/s", "2 V/s", "3 V/s"]);
        assert_eq!(values("a=1..1000/4 log"), ["1", "10", "100", "1000"]);
        assert_eq!(values("a=20 Hz..200 Hz/6 log")[1..3], ["31.6979 Hz", "50.2377 Hz"]);
        assert_eq!(values("a=-2..2/3"), ["-2", "0", "2"]);
        assert_eq!(values("a=1e-9..1e-7/3 log"), ["1e-9", "1e-8", "1e-7"]);
        assert_eq!(values("a=10 %..0 %/3"), ["10 %", "5 %", "0 %"]);
    }

    #[test]
    fn what_is_no_list_and_no_range_is_refused_with_what_would_be() {
        for (text, what) in [
            ("a", "is not KEY=VALUES"),
            ("=1,2", "is not KEY=VALUES"),
            ("a=", "empty value"),
            ("a=1,,2", "empty value"),
            ("a=1,2,1", "the value 1 twice"),
            ("a=1..5", "without a number of steps"),
            ("a=1..x/3", "not a number"),
            ("a=1 ms..5 mV/3", "the same unit"),
            ("a=1..5 ms/3", "the same unit"),
            ("a=1..5/1", "`1` steps"),
            ("a=1..5/2.5", "`2.5` steps"),
            ("a=1..5/1000000000", "1000000000 steps"),
            ("a=1..1/3", "to the same"),
            ("a=0..1/3 log", "equal factors"),
        ] {
            let fault = Varied::parse(text).expect_err(text);
            assert!(fault.what.contains(what) && fault.allowed.is_some(), "{text}: {}", fault.what);
        }
    }

    #[test]
    fn shards_and_seeds_say_what_they_take() {
        let parts: Vec<usize> = (0..7).filter(|k| Shard { index: 2, of: 3 }.has(*k)).collect();
        assert_eq!(parts, [1, 4]);
        assert_eq!(Shard::parse("2/3"), Ok(Shard { index: 2, of: 3 }));
        assert!(Shard::parse("5/4").unwrap_err().contains("1/4 to 4/4"));
        assert!(Shard::parse("0/4").unwrap_err().contains("1/4 to 4/4"));
        assert!(Shard::parse("1/0").is_err() && Shard::parse("1").is_err());
        assert_eq!(Seeds::parse("3"), Ok(Seeds::Number(3)));
        assert_eq!(Seeds::parse("3,"), Ok(Seeds::These(vec![3])));
        assert_eq!(Seeds::parse("3, 5"), Ok(Seeds::These(vec![3, 5])));
        assert!(Seeds::parse("0").is_err() && Seeds::parse("3,3").is_err() && Seeds::parse("x").is_err());
    }
}
