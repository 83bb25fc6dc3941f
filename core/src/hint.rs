//! What messages share: what a mistyped name may have been meant to be, one or many of a thing, and numbers.

/// The known name closest to `name`, if it is close enough to be a slip: one edit in three characters, whatever the
/// case. Otherwise the only one of which `name` is a part, from one hyphen or underscore to another.
#[must_use]
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let lower = name.to_lowercase();
    let known: Vec<&str> = known.into_iter().collect();
    let close = known
        .iter()
        .copied()
        .map(|candidate| (strsim::damerau_levenshtein(&lower, &candidate.to_lowercase()), candidate))
        .filter(|&(distance, candidate)| {
            let longest = name.chars().count().max(candidate.chars().count());
            distance <= (longest / 3).max(1) && distance < longest
        })
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate);
    close.or_else(|| {
        let mut parts = known.iter().filter(|known| known.split(['-', '_']).any(|part| part == lower));
        parts.next().filter(|_| parts.next().is_none()).copied()
    })
}

/// A shape in a message: `60000 x 28 x 28`.
#[must_use]
pub fn shape(shape: &[usize]) -> String {
    let sizes: Vec<String> = shape.iter().map(ToString::to_string).collect();
    if sizes.is_empty() { "1".into() } else { sizes.join(" x ") }
}

/// "1 row", "3 rows": so many of what `one` is called; a number may come with its separators.
#[must_use]
pub fn many(count: impl ToString, one: &str) -> String {
    let count = count.to_string();
    let ending = match one {
        _ if count == "1" => "",
        _ if one.ends_with('s') => "es",
        _ => "s",
    };
    format!("{count} {one}{ending}")
}

/// Numbers of this size and more are written with a power of ten: `1e300` has 301 digits otherwise.
pub const LARGE: f64 = 1e21;

/// A number in a message: all its digits, and a power of ten where it would have more than 21 of them or begin with six zeros
/// behind its point.
#[must_use]
pub fn number(value: f64) -> String {
    let size = value.abs();
    let short = size == 0.0 || !size.is_finite() || (1e-6..LARGE).contains(&size);
    if short { value.to_string() } else { format!("{value:e}") }
}

/// A number to three digits, for messages that need no more.
#[must_use]
pub fn three(value: f64) -> f64 {
    format!("{value:.2e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_in_a_message_is_never_hundreds_of_digits_long() {
        let said = [0.0, 3.0, -0.25, 1e-6, 123_456_789.0, 1e20, f64::INFINITY].map(number);
        assert_eq!(said, ["0", "3", "-0.25", "0.000001", "123456789", "100000000000000000000", "inf"]);
        assert_eq!([0.0, 1.2345, -98_765.0, 2e-20].map(three), [0.0, 1.23, -98_800.0, 2e-20]);
        let said = [1e21, -1e300, f64::MAX, 2.5e-7, 5e-324].map(number);
        assert_eq!(said, ["1e21", "-1e300", "1.7976931348623157e308", "2.5e-7", "5e-324"]);
    }

    #[test]
    fn one_is_one_and_none_are_many() {
        let said = [many(0, "row"), many(1, "row"), many(2, "row"), many("1,024", "line"), many(10, "class")];
        assert_eq!(said, ["0 rows", "1 row", "2 rows", "1,024 lines", "10 classes"]);
    }

    #[test]
    fn the_nearest_name_is_a_slip_not_a_guess() {
        let known = ["tau_m", "u_rest", "v_th", "size"];
        assert_eq!(nearest("tau_n", known), Some("tau_m"));
        assert_eq!(nearest("taum", known), Some("tau_m"));
        assert_eq!(nearest("V_TH", known), Some("v_th"));
        assert_eq!(nearest("colour", known), None);
        let rules = ["stdp-pair", "stdp-triplet", "overlap"];
        assert_eq!(nearest("pair", rules), Some("stdp-pair"), "part of one name");
        assert_eq!(nearest("stdp", rules), None, "part of two");
        assert_eq!(nearest("air", rules), None, "not from hyphen to hyphen");
        assert_eq!(nearest("", known), None);
    }
}
