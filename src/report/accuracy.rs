//! What a summary says of right answers, with labels and without.

use crate::scenario::outcome::{SupervisedResult, UnsupervisedResult, Vote, Votes};
use serde::{Deserialize, Serialize};

/// Fractions of right answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
    /// Of the test set after each epoch.
    pub test_by_epoch: Vec<f64>,
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
    /// Of training with labels.
    pub(super) fn supervised(result: &SupervisedResult) -> Self {
        Self {
            train: result.epochs.last().map(|epoch| epoch.train_accuracy),
            validation: result.epochs.last().and_then(|epoch| epoch.validation_accuracy),
            test: result.test_accuracy,
            test_samples: result
                .test_accuracy
                .is_some()
                .then(|| result.confusion.iter().flatten().sum())
                .filter(|&n| n > 0),
            tested_epoch: result.tested_epoch,
            test_by_epoch: result.epochs.iter().map(|epoch| epoch.test_accuracy).collect(),
            weights_from: result.weights_from.clone(),
            vote: None,
            by_vote: None,
        }
    }

    /// Of learning without labels: by the vote that is asked for.
    pub(super) fn unsupervised(result: &UnsupervisedResult) -> Self {
        let by = |votes: &Votes| votes.by(result.vote);
        let answered: u64 = result.confusion.iter().flatten().sum();
        Self {
            train: result.epochs.last().map(|epoch| by(&epoch.labelled)),
            validation: result.epochs.last().and_then(|epoch| epoch.validation.as_ref().map(by)),
            test: result.test.as_ref().map(by),
            test_samples: result.test.map(|_| answered + result.unanswered).filter(|&n| n > 0),
            tested_epoch: result.tested_epoch,
            test_by_epoch: result.epochs.iter().map(|epoch| by(&epoch.test)).collect(),
            weights_from: None,
            vote: Some(result.vote),
            by_vote: result.test,
        }
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
    use crate::report::example;

    #[test]
    fn the_standard_error_is_that_of_a_fraction() {
        let accuracy = Accuracy::supervised(&example::trained().1.supervised.unwrap());
        let (p, n) = (accuracy.test.unwrap(), accuracy.test_samples.unwrap() as f64);
        assert!((accuracy.standard_error().unwrap() - (p * (1.0 - p) / n).sqrt()).abs() < 1e-15);
    }
}
