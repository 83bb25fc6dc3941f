//! What the unsupervised protocol finds out.

use crate::energy::Ledger;
use crate::scenario::outcome::Missed;
use crate::training::unsupervised::Vote;
use serde::{Deserialize, Serialize};

/// Fractions of right answers by the two votes; a sample without a spike counts as wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Votes {
    /// By [`Vote::ClassMean`].
    pub class_mean: f64,
    /// By [`Vote::LogLikelihood`].
    pub log_likelihood: f64,
}

impl Votes {
    /// The one that was asked for.
    #[must_use]
    pub fn by(&self, vote: Vote) -> f64 {
        match vote {
            Vote::ClassMean => self.class_mean,
            Vote::LogLikelihood => self.log_likelihood,
        }
    }
}

/// One epoch of learning without labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LearnedEpoch {
    /// Counted from 1.
    pub epoch: u32,
    /// Of the samples whose labels were looked at.
    pub labelled: Votes,
    /// Of the samples held out.
    pub validation: Option<Votes>,
    /// Of the test set.
    pub test: Votes,
    /// Spikes of the population per training sample.
    pub spikes_per_sample: f64,
    /// Share of the training samples without any.
    pub silent: f64,
    /// Mean of v_th - u_rest over the neurons that compete (volts); `None`: their thresholds are their own.
    pub theta_mean: Option<f64>,
    /// What was left of the steps of the rule at the end of the epoch.
    pub share: f64,
    /// Joules per training sample, all categories.
    pub energy_per_sample_j: f64,
}

/// Accuracy after ageing.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AgedResult {
    /// Seconds since the last step of learning.
    pub after_s: f64,
    /// With the thresholds as they were.
    pub test: Votes,
    /// With all thresholds brought down by the one factor by which the mean weight fell, where they can be.
    pub recalibrated: Option<Votes>,
    /// Mean conductance of the devices (siemens).
    pub conductance: f64,
}

/// Training anew with other devices: the accuracies of each seed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VariationResult {
    /// What the scenario calls the case.
    pub name: String,
    /// Coefficient of variation of the devices.
    pub cv: f64,
    /// Of each seed.
    pub test: Vec<Votes>,
    /// By the vote that was asked for.
    pub mean: f64,
    /// Standard deviation over the seeds (n - 1), by the same vote.
    pub sd: f64,
    /// Mean of the first case less that of this one.
    pub loss: f64,
    /// Largest `loss` that the scenario accepts.
    pub max_loss: Option<f64>,
}

/// Results of the unsupervised protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct UnsupervisedResult {
    /// The vote behind the accuracy that is reported.
    pub vote: Vote,
    /// In their order; fewer than planned if interrupted.
    pub epochs: Vec<LearnedEpoch>,
    /// Of the reported model.
    pub test: Option<Votes>,
    /// Epoch whose weights were tested last (chosen on validation, or the last).
    pub tested_epoch: Option<u32>,
    /// Rows: true class; columns: answer.
    pub confusion: Vec<Vec<u64>>,
    /// Test samples without an answer.
    pub unanswered: u64,
    /// The first test samples that were answered wrongly, or not at all.
    #[serde(default)]
    pub missed: Vec<Missed>,
    /// Class of each neuron; `None`: it never spiked while labels were looked at.
    pub classes: Vec<Option<u16>>,
    /// v_th - u_rest of each neuron (volts).
    pub theta: Vec<f64>,
    /// Samples learned from, all epochs together.
    pub learned: u64,
    /// Joules that learning from them took.
    pub learning: Ledger,
    /// Pulses that a device has taken, in the mean.
    pub pulses_mean: f64,
    /// Pulses on the device that took most.
    pub pulses_max: u64,
    /// The trained devices tested again, for each age.
    pub ageing: Vec<AgedResult>,
    /// Training anew with other devices, for each case.
    pub variation: Vec<VariationResult>,
}

/// What the runs of one case came to, as far as they are made.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Varied {
    pub test: Vec<Votes>,
    pub presentations: u64,
    pub events: u64,
    /// Fingerprints of the runs, one after another.
    pub digests: Vec<u8>,
}
