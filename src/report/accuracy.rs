//! What a summary says of right answers, with labels and without.

use crate::scenario::protocol::unsupervised::{Vote, Votes};
use serde::{Deserialize, Serialize};

/// Fractions of right answers.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Of the training samples as they were answered while training, in the last epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<f64>,
    /// Of the samples held out, after the last epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation: Option<f64>,
    /// Of the test set, by the reported model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test: Option<f64>,
    /// Test samples behind `test`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_samples: Option<u64>,
    /// Epoch whose weights were tested last, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tested_epoch: Option<u32>,
    /// Of the test set after each epoch; nothing where it was not shown (`test_every`).
    pub test_by_epoch: Vec<Option<f64>>,
    /// The run or file that the weights were taken from, where they were not trained here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weights_from: Option<String>,
    /// Without labels: which vote `test` is, and the test accuracy by each of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vote: Option<Vote>,
    /// Of the test set by each of the two votes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by_vote: Option<Votes>,
}

impl Accuracy {
    /// The last epoch after which the test set was shown, from 1, and what came of it.
    #[must_use]
    pub fn last_test(&self) -> Option<(usize, f64)> {
        let tests = self.test_by_epoch.iter().enumerate().rev();
        tests.flat_map(|(epoch, test)| test.map(|test| (epoch + 1, test))).next()
    }

    /// Standard error of `test` as the mean of independent answers: sqrt(p (1 - p) / n).
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        let (p, n) = (self.test?, self.test_samples? as f64);
        (n > 0.0).then(|| (p * (1.0 - p) / n).sqrt())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    #[test]
    fn the_standard_error_is_that_of_a_fraction() {
        let accuracy = Accuracy { test: Some(0.9), test_samples: Some(100), ..Accuracy::default() };
        assert!((accuracy.standard_error().unwrap() - 0.03).abs() < 1e-15);
    }
}
