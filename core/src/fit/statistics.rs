//! Order statistics and tests by which measurements are judged.

/// The middle value; NaN of none.
pub(super) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    match sorted.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// Standard deviation that a few wild values do not move: 1.4826 times the median distance from the median.
pub(super) fn robust_sigma(values: &[f64]) -> f64 {
    let middle = median(values);
    let off: Vec<f64> = values.iter().map(|value| (value - middle).abs()).collect();
    1.4826 * median(&off)
}

/// The median of each value and its two neighbours to either side; towards the ends of one, then of none.
pub(super) fn median_of_five(values: &[f64]) -> Vec<f64> {
    let n = values.len();
    (0..n)
        .map(|k| {
            let reach = k.min(n - 1 - k).min(2);
            median(&values[k - reach..=k + reach])
        })
        .collect()
}

/// Mean and standard deviation (zero for one value).
pub(super) fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let m = values.iter().sum::<f64>() / n;
    let square: f64 = values.iter().map(|v| (v - m) * (v - m)).sum();
    (m, if values.len() > 1 { (square / (n - 1.0)).sqrt() } else { 0.0 })
}

/// Wilcoxon's signed-rank test: how many standard deviations the sum of the ranks of the positive differences lies above
/// what it would be if their signs were a coin's. Zeros do not count; equal sizes share their ranks.
///
/// Source: Wilcoxon, Biometrics Bull. 1, 80 (1945).
pub(super) fn signed_rank(differences: &[f64]) -> f64 {
    let mut sorted: Vec<f64> = differences.iter().copied().filter(|d| *d != 0.0).collect();
    sorted.sort_unstable_by(|a, b| a.abs().total_cmp(&b.abs()));
    let (mut above, mut k) = (0.0, 0);
    while k < sorted.len() {
        let same = sorted[k..].iter().take_while(|d| d.abs() == sorted[k].abs()).count();
        let rank = k as f64 + (same as f64 + 1.0) / 2.0;
        above += rank * sorted[k..k + same].iter().filter(|d| **d > 0.0).count() as f64;
        k += same;
    }
    let n = sorted.len() as f64;
    let sigma = (n * (n + 1.0) * (2.0 * n + 1.0) / 24.0).sqrt();
    if n == 0.0 { 0.0 } else { (above - n * (n + 1.0) / 4.0) / sigma }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_their_spread() {
        assert_eq!((median(&[3.0, 1.0, 2.0]), median(&[4.0, 1.0, 2.0, 3.0])), (2.0, 2.5));
        assert!(median(&[]).is_nan());
        // Distances from 3 are 2, 1, 0, 1, 97.
        assert_eq!(robust_sigma(&[1.0, 2.0, 3.0, 4.0, 100.0]), 1.4826);
        assert_eq!(median_of_five(&[0.0, 1.0, 90.0, 3.0, 4.0, 5.0]), [0.0, 1.0, 3.0, 4.0, 4.0, 5.0]);
        assert_eq!(moments(&[1.0, 3.0]), (2.0, 2.0f64.sqrt()));
    }

    #[test]
    fn signed_ranks_are_those_of_the_textbook() {
        // Ranks by hand: 1, 2.5, 2.5, 4, 5; the sum of the positive ones is 12.5, that of a coin 7.5 +- sqrt(13.75).
        let z = signed_rank(&[1.0, -2.0, 2.0, 0.0, 3.0, 4.0]);
        assert!((z - 5.0 / 13.75f64.sqrt()).abs() < 1e-12, "{z}");
        assert_eq!(signed_rank(&[0.0]), 0.0);
        assert!(signed_rank(&[-1.0; 20]) < -3.9);
    }
}
