//! Root of an increasing function: Newton inside a bracket.

/// The s in [lo, hi] where `f` (value, derivative) changes from negative to positive.
///
/// Holds throughout: f(lo) <= 0 and f(hi) > 0 as far as rounding can tell. Newton's step from
/// `start` is taken while it stays inside the bracket, a bisection where it does not, so
/// the result is never outside [lo, hi] and the work is bounded. A bracket whose upper end is not
/// above zero, by rounding, converges to that end.
#[must_use]
pub fn rising_root(mut lo: f64, mut hi: f64, start: f64, f: impl Fn(f64) -> (f64, f64)) -> f64 {
    let mut s = if start >= lo && start <= hi { start } else { hi };
    // 200 bisections exhaust any bracket of f64 numbers that a simulation can hold.
    for _ in 0..200 {
        let (value, slope) = f(s);
        if value > 0.0 {
            hi = s;
        } else {
            lo = s;
        }
        let newton = s - value / slope;
        if (newton - s).abs() <= 2.0 * f64::EPSILON * s.abs() {
            return newton.clamp(lo, hi);
        }
        let next = if newton > lo && newton < hi { newton } else { lo + 0.5 * (hi - lo) };
        if next <= lo || next >= hi {
            return hi;
        }
        s = next;
    }
    s
}

/// Where `f` changes between above zero and not above zero, from `low` to `high`, at one of which it is the one and at the other
/// the other: two neighbouring numbers, between which it does.
#[must_use]
pub fn bisected(mut low: f64, mut high: f64, f: &dyn Fn(f64) -> f64) -> (f64, f64) {
    let above = f(low) > 0.0;
    loop {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            return (low, high);
        }
        if (f(middle) > 0.0) == above {
            low = middle;
        } else {
            high = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_of_sign_is_between_two_neighbouring_numbers() {
        for (low, high, root) in
            [(0.0, 2.0, std::f64::consts::SQRT_2), (-3.0, -1.0, -std::f64::consts::SQRT_2)]
        {
            let (below, above) = bisected(low, high, &|x| x * x - 2.0);
            assert!(below.next_up() == above && below <= root.next_up() && root.next_down() <= above);
        }
    }

    #[test]
    fn a_root_is_found_from_either_side_and_where_newton_would_leave() {
        for start in [0.0, 1.0, 3.0, f64::NAN] {
            let root = rising_root(0.0, 3.0, start, |s| (s * s * s - 2.0, 3.0 * s * s));
            assert!((root - 2f64.cbrt()).abs() < 1e-15, "from {start}: {root}");
        }
        // The derivative vanishes at the start: only bisection gets away from it.
        let root = rising_root(0.0, 1.0, 0.0, |s| (s * s - 0.5, 2.0 * s));
        assert!((root - 0.5f64.sqrt()).abs() < 1e-15);
    }

    #[test]
    fn a_bracket_that_ends_at_the_root_gives_its_end() {
        assert_eq!(rising_root(0.0, 1.0, 0.3, |s| (s - 1.0, 1.0)), 1.0);
        assert_eq!(rising_root(0.0, 1.0, 0.0, |_| (-1e-17, 0.0)), 1.0);
    }

    #[test]
    fn a_function_that_is_not_a_number_does_not_trap_the_search() {
        let end = rising_root(0.0, 1.0, 0.5, |_| (f64::NAN, f64::NAN));
        assert!((0.0..=1.0).contains(&end));
    }
}
