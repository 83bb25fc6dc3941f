//! Sign changes of a sum of (p + q s) e^(-nu s), all of them.
//!
//! e^(lambda s) f(s) has the derivative e^(lambda s) (f' + lambda f)(s). Applied with lambda = nu of one of its terms, D f
//! = f' + lambda f lowers that term by one degree and keeps the form of the others. So:
//!
//! 1. Apply D until one term of degree zero is left; it has no zero.
//! 2. Go back up. Between two neighbouring zeros of D f the product e^(lambda s) f is monotone, so f has at most one
//!    sign change there, and whether it has one is seen at the ends.
//!
//! Nothing is searched for by sampling, so two changes that lie close together are not missed unless f stays
//! within rounding of zero between them.
//!
//! Source: the argument is Rolle's, as in Laguerre's rule of signs for exponential sums; see Polya & Szego,
//! Problems and Theorems in Analysis II, part V, no. 77.

use super::MAX_DECAYS;
use crate::numeric::{exp, rising_root};

/// A constant (with a slope) and every decay.
const MAX_TERMS: usize = MAX_DECAYS + 1;
/// Zeros of the longest chain, with room for both ends.
pub const MAX_CHANGES: usize = 2 * MAX_TERMS + 2;

/// (p + q s) e^(-nu s).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Term {
    /// Amplitude of e^(-nu s).
    pub p: f64,
    /// Amplitude of s e^(-nu s).
    pub q: f64,
    /// Rate of decay.
    pub nu: f64,
}

/// A sum of terms of different nu.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sum {
    terms: [Term; MAX_TERMS],
    count: usize,
}

impl Sum {
    /// Adds a term that is not zero; no more than there is room for, and nothing that is not a number: the
    /// chain ends because nu - nu is zero.
    pub fn push(&mut self, term: Term) {
        let finite = term.p.is_finite() && term.q.is_finite() && term.nu.is_finite();
        if self.count < MAX_TERMS && finite && (term.p != 0.0 || term.q != 0.0) {
            self.terms[self.count] = term;
            self.count += 1;
        }
    }

    fn terms(&self) -> &[Term] {
        &self.terms[..self.count]
    }

    /// Value and derivative.
    pub fn at(&self, s: f64) -> (f64, f64) {
        self.terms().iter().fold((0.0, 0.0), |(value, slope), term| {
            let factor = exp(-(term.nu * s));
            let line = term.p + term.q * s;
            (value + line * factor, slope + (term.q - term.nu * line) * factor)
        })
    }

    /// f' + lambda f.
    pub fn derived(&self, lambda: f64) -> Self {
        let mut derived = Self::default();
        for term in self.terms() {
            let rate = lambda - term.nu;
            derived.push(Term { p: term.q + rate * term.p, q: rate * term.q, nu: term.nu });
        }
        derived
    }

    /// Where the sum changes its sign in (0, end), ascending: `changes[..count]`.
    pub fn changes(&self, end: f64, changes: &mut [f64; MAX_CHANGES]) -> usize {
        let (Some(last), true) = (self.terms().last(), end > 0.0) else { return 0 };
        if self.count == 1 && last.q == 0.0 {
            return 0;
        }
        if self.count == 1 {
            let at = -last.p / last.q;
            changes[0] = at;
            return usize::from(at > 0.0 && at < end);
        }
        let mut between = [0.0; MAX_CHANGES];
        let count = self.derived(self.terms()[0].nu).changes(end, &mut between);
        let mut found = 0;
        let mut lo = 0.0;
        let mut sign = self.at(0.0);
        for hi in between[..count].iter().copied().chain([end]) {
            let next = self.at(hi);
            // A zero at the very beginning takes the sign it has right after.
            if sign.0 == 0.0 {
                sign = (sign.1, 0.0);
            }
            if next.0 != 0.0 && (sign.0 > 0.0) != (next.0 > 0.0) && sign.0 != 0.0 {
                let up = if next.0 > 0.0 { 1.0 } else { -1.0 };
                changes[found] = rising_root(lo, hi, lo, |s| {
                    let (value, slope) = self.at(s);
                    (up * value, up * slope)
                });
                found += 1;
            }
            if next.0 != 0.0 {
                sign = next;
            }
            lo = hi;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn sum(terms: &[(f64, f64, f64)]) -> Sum {
        let mut sum = Sum::default();
        terms.iter().for_each(|&(p, q, nu)| sum.push(Term { p, q, nu }));
        sum
    }

    fn changes(sum: &Sum, end: f64) -> Vec<f64> {
        let mut changes = [0.0; MAX_CHANGES];
        let count = sum.changes(end, &mut changes);
        changes[..count].to_vec()
    }

    #[test]
    fn a_cubic_in_e_to_the_minus_s_has_its_three_zeros() {
        // (y - 0.9)(y - 0.5)(y - 0.2) with y = e^-s.
        let cubic = sum(&[(-0.09, 0.0, 0.0), (0.73, 0.0, 1.0), (-1.6, 0.0, 2.0), (1.0, 0.0, 3.0)]);
        let found = changes(&cubic, 50.0);
        assert_eq!(found.len(), 3, "{found:?}");
        for (s, y) in found.iter().zip([0.9f64, 0.5, 0.2]) {
            assert!((s + y.ln()).abs() < 1e-13, "{found:?}");
        }
    }

    #[test]
    fn two_zeros_a_millionth_apart_are_both_found_and_a_double_zero_is_none() {
        // (y - 0.5)^2 - d^2.
        let pair = |d: f64| sum(&[(0.25 - d * d, 0.0, 0.0), (-1.0, 0.0, 1.0), (1.0, 0.0, 2.0)]);
        let found = changes(&pair(1e-6), 50.0);
        assert_eq!(found.len(), 2);
        assert!((found[1] - found[0] - 4e-6).abs() < 1e-9, "{found:?}");
        assert!(changes(&pair(0.0), 50.0).is_empty());
    }

    #[test]
    fn a_ramp_against_a_constant_and_single_terms_are_closed_forms() {
        assert_eq!(changes(&sum(&[(-1.0, 0.5, 0.0)]), 9.0), [2.0]);
        assert!(changes(&sum(&[(-1.0, 0.5, 0.0)]), 1.0).is_empty());
        assert!(changes(&sum(&[(1.0, 0.0, 0.3)]), 9.0).is_empty());
        assert!(changes(&sum(&[]), 9.0).is_empty());
    }

    proptest! {
        #[test]
        fn every_change_that_sampling_sees_is_found(
            terms in proptest::collection::vec((-1.0..1.0f64, -1.0..1.0f64, 0.01..20.0f64), 1..5),
            level in -0.3..0.3f64, slope in -0.1..0.1f64,
        ) {
            let mut all = vec![(level, slope, 0.0)];
            all.extend(terms);
            let sum = sum(&all);
            let found = changes(&sum, 40.0);
            prop_assert!(found.is_sorted());
            let sampled: Vec<f64> = (0..=40_000).map(|k| sum.at(f64::from(k) * 1e-3).0).collect();
            let count = sampled.windows(2).filter(|pair| (pair[0] > 0.0) != (pair[1] > 0.0)).count();
            prop_assert!(found.len() >= count, "{found:?}");
            prop_assert_eq!((found.len() - count) % 2, 0, "{:?}", found);
            for &s in &found {
                prop_assert!(sum.at(s).0.abs() < 1e-12, "{s}: {:?}", sum.at(s));
            }
        }
    }
}
