//! Numbers that are wanted of samples, where these have no classes: regression.

/// The same number of real numbers for every sample.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Targets {
    each: usize,
    values: Vec<f64>,
}

impl Targets {
    /// `each` numbers per sample, sample after sample. `None` unless all of them are there and finite.
    #[must_use]
    pub fn new(values: Vec<f64>, each: usize) -> Option<Self> {
        let whole = each > 0 && values.len().is_multiple_of(each);
        (whole && values.iter().all(|value| value.is_finite())).then_some(Self { each, values })
    }

    /// Numbers per sample.
    #[must_use]
    pub fn each(&self) -> usize {
        self.each
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len() / self.each.max(1)
    }

    /// Whether there is no sample.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// Those of sample `i`.
    ///
    /// # Panics
    /// If `i` is not below [`Targets::len`].
    #[must_use]
    pub fn of(&self, i: usize) -> &[f64] {
        &self.values[i * self.each..][..self.each]
    }

    /// All of them, sample after sample.
    #[must_use]
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    /// Those of the samples of these numbers, in this order.
    ///
    /// # Panics
    /// If one of them is not below [`Targets::len`].
    #[must_use]
    pub fn chosen(&self, numbers: &[u32]) -> Self {
        let values = numbers.iter().flat_map(|&k| self.of(k as usize)).copied().collect();
        Self { each: self.each, values }
    }

    /// Of each number of a sample, the mean over all samples of its squared distance from its own mean: sum of (y - mean y)^2 / n.
    #[must_use]
    pub fn variances(&self) -> Vec<f64> {
        let count = self.len().max(1) as f64;
        let column = |k: usize| self.values.iter().skip(k).step_by(self.each.max(1));
        let variance = |k: usize| {
            let mean = column(k).fold(0.0, |sum, y| sum + y) / count;
            column(k).fold(0.0, |sum, y| sum + (y - mean) * (y - mean)) / count
        };
        (0..self.each).map(variance).collect()
    }

    /// How far outputs, as many and in the same order, are off: of each number of a sample, the mean of the squared error.
    ///
    /// # Panics
    /// If they are not as many.
    #[must_use]
    pub fn errors(&self, outputs: &[f64]) -> Vec<f64> {
        assert_eq!(outputs.len(), self.values.len(), "an output for each target");
        let mut sums = vec![0.0; self.each];
        for (sample, wanted) in outputs.chunks(self.each).zip(self.values.chunks(self.each)) {
            for ((sum, z), y) in sums.iter_mut().zip(sample).zip(wanted) {
                *sum += (z - y) * (z - y);
            }
        }
        let count = self.len().max(1) as f64;
        sums.iter().map(|sum| sum / count).collect()
    }
}

/// The share of a variance that is not left as a mean squared error, R^2 = 1 - error/variance: 1 if all is right, 0 for who always says
/// the mean, below 0 for worse. Where nothing varies it is 0.
#[must_use]
pub fn explained(error: f64, variance: f64) -> f64 {
    if variance > 0.0 { 1.0 - error / variance } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_explained_is_what_no_error_is_left_of() {
        assert!(Targets::new(vec![1.0; 5], 2).is_none());
        assert!(Targets::new(vec![1.0, f64::NAN], 2).is_none());
        let targets = Targets::new(vec![1.0, 10.0, 2.0, 10.0, 6.0, 40.0], 2).unwrap();
        assert_eq!((targets.len(), targets.of(2)), (3, &[6.0, 40.0][..]));
        assert_eq!(targets.chosen(&[2, 0]).values(), [6.0, 40.0, 1.0, 10.0]);
        // About 3 and 20: (4 + 1 + 9)/3 and (100 + 100 + 400)/3.
        let variances = targets.variances();
        assert!((variances[0] - 14.0 / 3.0).abs() < 1e-12 && (variances[1] - 200.0).abs() < 1e-12);
        let errors = targets.errors(&[1.0, 10.0, 3.0, 10.0, 4.0, 10.0]);
        assert!((errors[0] - 5.0 / 3.0).abs() < 1e-12 && (errors[1] - 300.0).abs() < 1e-12);
        assert!((explained(errors[0], variances[0]) - 9.0 / 14.0).abs() < 1e-12);
        assert!((explained(errors[1], variances[1]) + 0.5).abs() < 1e-12);
        assert_eq!(explained(1.0, 0.0), 0.0);
    }
}
