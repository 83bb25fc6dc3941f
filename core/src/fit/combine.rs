//! Several measurements of one thing: cycles of several devices, and values that different measurements give.

use super::distributions::chi_squared_tail;
use crate::numeric::{exp, ln};

/// A mean and its two spreads: values differ from cycle to cycle of a device, and devices among each other.
///
/// y_ij = mean + d_i + c_ij with variances between^2 of d and within^2 of c, by residual maximum likelihood (Patterson &
/// Thompson, Biometrika 58, 545 (1971)).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Of all devices, and its standard error.
    pub mean: (f64, f64),
    /// From cycle to cycle, and its standard error.
    pub within: (f64, f64),
    /// From device to device, and its standard error; zero of one device.
    pub between: (f64, f64),
}

/// Spreads of the values of each device; `None` of fewer than five values, or without a repeat.
#[must_use]
pub fn reml(devices: &[Vec<f64>]) -> Option<Spread> {
    let groups: Vec<(f64, f64, f64)> = devices
        .iter()
        .filter(|values| !values.is_empty())
        .map(|values| {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            (n, mean, values.iter().map(|v| (v - mean) * (v - mean)).sum())
        })
        .collect();
    let (n, k) = (groups.iter().map(|g| g.0).sum::<f64>(), groups.len() as f64);
    let squares: f64 = groups.iter().map(|g| g.2).sum();
    if n < 5.0 || n <= k || squares.is_nan() || squares <= 0.0 {
        return None;
    }
    // Weights n/(1 + n r) with r = between^2/within^2, and -2 ln of the restricted likelihood at its best within^2.
    let at = |ratio: f64| {
        let weight = |g: &(f64, f64, f64)| g.0 / (1.0 + g.0 * ratio);
        let total: f64 = groups.iter().map(weight).sum();
        let mean = groups.iter().map(|g| weight(g) * g.1).sum::<f64>() / total;
        let off: f64 = groups.iter().map(|g| weight(g) * (g.1 - mean) * (g.1 - mean)).sum();
        let variance = (squares + off) / (n - 1.0);
        let logs: f64 = groups.iter().map(|g| ln(1.0 + g.0 * ratio)).sum();
        ((n - 1.0) * ln(variance) + logs + ln(total), mean, total, variance)
    };
    let mut ratio = 0.0;
    if k > 1.0 {
        // The likelihood has one minimum over ln r; at its lower end r is zero.
        let (mut low, mut high) = (-30.0, 30.0);
        for _ in 0..120 {
            let (a, b) = (low + (high - low) / 3.0, high - (high - low) / 3.0);
            if at(exp(a)).0 <= at(exp(b)).0 { high = b } else { low = a }
        }
        let found = exp(f64::midpoint(low, high));
        ratio = if at(found).0 < at(0.0).0 { found } else { 0.0 };
    }
    let (_, mean, total, variance) = at(ratio);
    let (within, between) = (variance.sqrt(), (variance * ratio).sqrt());
    let error = |sigma: f64, free: f64| if free > 0.0 { sigma / (2.0 * free).sqrt() } else { 0.0 };
    Some(Spread {
        mean: (mean, (variance / total).sqrt()),
        within: (within, error(within, n - k)),
        between: (between, error(between, k - 1.0)),
    })
}

/// One value for several (value, standard error), its error, and the probability that they differ by as much or more if
/// they are of one thing: the likelihood ratio of one value for all against one for each, which for normal errors is
/// chi squared = sum ((x - mean)/s)^2.
#[must_use]
pub fn agree(values: &[(f64, f64)]) -> (f64, f64, f64) {
    let weight = |s: f64| 1.0 / (s * s);
    let total: f64 = values.iter().map(|v| weight(v.1)).sum();
    let mean = values.iter().map(|v| weight(v.1) * v.0).sum::<f64>() / total;
    let square: f64 = values.iter().map(|v| (v.0 - mean) * (v.0 - mean) * weight(v.1)).sum();
    let p = if values.len() > 1 { chi_squared_tail(square, values.len() - 1) } else { 1.0 };
    (mean, (1.0 / total).sqrt(), p)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_numbers_of_cycles_give_the_analysis_of_variance() {
        let devices = [vec![1.0, 2.0, 3.0], vec![4.0, 6.0, 5.0], vec![7.0, 9.0, 11.0]];
        let spread = reml(&devices).unwrap();
        // Squares within 2 + 2 + 8 over 6; of the means 2, 5, 9 about 16/3, 3 * 74/3 over 2.
        let (within, between) = (2.0, (3.0 * (74.0 / 3.0) / 2.0 - 2.0) / 3.0);
        assert!((spread.within.0 - f64::sqrt(within)).abs() < 1e-6, "{spread:?}");
        assert!((spread.between.0 - f64::sqrt(between)).abs() < 1e-6, "{spread:?}");
        assert!((spread.mean.0 - 16.0 / 3.0).abs() < 1e-9);
        assert!((spread.mean.1 - f64::sqrt((between + within / 3.0) / 3.0)).abs() < 1e-6);
    }

    #[test]
    fn one_device_has_the_usual_spread_and_alike_ones_none_between() {
        let spread = reml(&[vec![1.0, 2.0, 3.0, 4.0, 5.0]]).unwrap();
        assert!((spread.within.0 - 2.5f64.sqrt()).abs() < 1e-12 && spread.between == (0.0, 0.0));
        assert!((spread.mean.1 - 0.5f64.sqrt()).abs() < 1e-12);
        let alike = reml(&[vec![1.0, 3.0, 2.0], vec![3.0, 1.0, 2.0]]).unwrap();
        assert_eq!((alike.mean.0, alike.between.0), (2.0, 0.0));
        assert_eq!(reml(&[vec![1.0, 2.0, 3.0, 4.0]]), None);
        let once: Vec<Vec<f64>> = (0..6).map(|k| vec![f64::from(k)]).collect();
        assert_eq!(reml(&once), None, "no device repeats");
    }

    #[test]
    fn values_agree_within_their_errors_or_contradict_each_other() {
        let (mean, error, p) = agree(&[(10.0, 1.0), (12.0, 2.0)]);
        assert!((mean - 10.4).abs() < 1e-12 && (error - 0.8f64.sqrt()).abs() < 1e-12);
        // 0.4^2 + (1.6/2)^2 = 0.8 with one degree of freedom.
        assert!((p - chi_squared_tail(0.8, 1)).abs() < 1e-15);
        assert!(agree(&[(10.0, 1.0), (20.0, 1.0)]).2 < 1e-3);
    }
}
