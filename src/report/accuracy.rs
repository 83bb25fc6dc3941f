//! What a summary says of right answers, with labels and without, and of numbers that were to be learned.

use crate::scenario::protocol::supervised::{Measure, OutputResult};
use crate::scenario::protocol::unsupervised::{Vote, Votes};
use serde::{Deserialize, Serialize};

/// Fractions of right answers, or of the variance of targets that is explained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Accuracy {
    /// Which of both the fractions are; not written of right answers.
    #[serde(default, skip_serializing_if = "Measure::is_accuracy")]
    pub measure: Measure,
    /// Of samples with numbers as targets: each neuron of the read-out, over the test set.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub outputs: Vec<OutputResult>,
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

    /// Root mean square of score less target over all outputs and test samples, where there are targets.
    #[must_use]
    pub fn rms_error(&self) -> Option<f64> {
        let squares = self.outputs.iter().fold(0.0, |sum, of| sum + of.rms_error * of.rms_error);
        (!self.outputs.is_empty()).then(|| (squares / self.outputs.len() as f64).sqrt())
    }

    /// Standard error of `test` as the mean of independent answers: sqrt(p (1 - p) / n).
    #[must_use]
    pub fn standard_error(&self) -> Option<f64> {
        if !self.measure.is_accuracy() {
            return None;
        }
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
        // Errors of 3 and 4 are 3.5355 in root mean square.
        let of = |rms_error| OutputResult { explained: 0.5, rms_error };
        let numbers =
            Accuracy { measure: Measure::VarianceExplained, outputs: vec![of(3.0), of(4.0)], ..accuracy };
        assert_eq!(numbers.standard_error(), None);
        assert!((numbers.rms_error().unwrap() - 12.5_f64.sqrt()).abs() < 1e-15);
    }
}
