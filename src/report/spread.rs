//! Repetitions with other seeds: their mean, how far they are spread, and whether a difference is more than that.

use serde::Serialize;

/// Mean and spread of a number over seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Of all of them.
    pub mean: f64,
    /// Standard deviation of one of them (n - 1); absent for one alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sd: Option<f64>,
    /// How many there are.
    pub n: usize,
}

impl Spread {
    /// Of these values; `None` if there is none.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let n = values.len();
        if n == 0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares: f64 = values.iter().map(|x| (x - mean) * (x - mean)).sum();
        Some(Self { mean, sd: (n > 1).then(|| (squares / (n - 1) as f64).sqrt()), n })
    }
}

/// The difference of two means and the interval that it lies in with 95 %.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// Second less first.
    pub difference: f64,
    /// Half the width of the interval.
    pub margin: f64,
    /// Whether zero is outside: the difference is more than seeds make.
    pub exceeds: bool,
}

/// Compares two means, with the spread of both taken as one (Student's test): t(0.975, df) s sqrt(1/n1 + 1/n2).
///
/// `None` if neither was repeated, so that nothing is known of the spread.
#[must_use]
pub fn difference(first: &Spread, second: &Spread) -> Option<Difference> {
    let (difference, weight) = (second.mean - first.mean, 1.0 / first.n as f64 + 1.0 / second.n as f64);
    let freedom = (first.n + second.n).checked_sub(2).filter(|freedom| *freedom > 0)?;
    let squares = |spread: &Spread| spread.sd.map_or(0.0, |sd| sd * sd * (spread.n - 1) as f64);
    let variance = (squares(first) + squares(second)) / freedom as f64;
    let margin = student_975(freedom) * (variance * weight).sqrt();
    Some(Difference { difference, margin, exceeds: difference.abs() > margin })
}

/// The 97.5th percentile of Student's distribution with so many degrees of freedom, to 1e-3 from the fourth on and exact to
/// the digits written below.
///
/// Source: Cornish and Fisher's expansion (Abramowitz and Stegun 26.7.5), in which four terms stay.
fn student_975(freedom: usize) -> f64 {
    const FEW: [f64; 4] = [12.7062, 4.3027, 3.1824, 2.7764];
    if let Some(value) = freedom.checked_sub(1).and_then(|k| FEW.get(k)) {
        return *value;
    }
    let (z, v) = (1.959_963_984_540_054_f64, freedom as f64);
    let z2 = z * z;
    let g1 = z * (z2 + 1.0) / 4.0;
    let g2 = z * ((5.0 * z2 + 16.0) * z2 + 3.0) / 96.0;
    let g3 = z * (((3.0 * z2 + 19.0) * z2 + 17.0) * z2 - 15.0) / 384.0;
    let g4 = z * ((((79.0 * z2 + 776.0) * z2 + 1482.0) * z2 - 1920.0) * z2 - 945.0) / 92160.0;
    z + (g1 + (g2 + (g3 + g4 / v) / v) / v) / v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_those_of_the_tables() {
        // R 4.2: qt(0.975, c(1, 2, 4, 5, 8, 10, 30, 1000)).
        let table = [
            (1, 12.7062),
            (2, 4.302_653),
            (4, 2.776_445),
            (5, 2.570_582),
            (8, 2.306_004),
            (10, 2.228_139),
            (30, 2.042_272),
            (1000, 1.962_339),
        ];
        for (freedom, value) in table {
            assert!((student_975(freedom) - value).abs() < 1e-3, "{freedom}: {}", student_975(freedom));
        }
    }

    #[test]
    fn a_difference_is_weighed_against_the_spread_of_both() {
        // 1, 2, 3 and 5, 6, 7: each with sd 1; t(4) sqrt(2/3) = 2.267.
        let (a, b) = (Spread::of(&[1.0, 2.0, 3.0]).unwrap(), Spread::of(&[5.0, 6.0, 7.0]).unwrap());
        let apart = difference(&a, &b).unwrap();
        assert!(
            (apart.difference - 4.0).abs() < 1e-12 && (apart.margin - 2.267).abs() < 1e-3 && apart.exceeds
        );
        // One run against three: t(2) sqrt(4/3) = 4.968.
        let near = difference(&a, &Spread::of(&[6.0]).unwrap()).unwrap();
        assert!((near.margin - 4.968).abs() < 1e-3 && !near.exceeds);
        assert_eq!(difference(&Spread::of(&[1.0]).unwrap(), &Spread::of(&[2.0]).unwrap()), None);
        assert_eq!(Spread::of(&[]), None);
    }
}
