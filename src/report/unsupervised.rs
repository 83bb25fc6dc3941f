//! What a summary says of learning without labels: votes, spikes, pulses, ageing and other devices.

use super::by_name::ByName;
use crate::energy::Category;
use serde::{Deserialize, Serialize};

/// Learning without labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// Samples learned from.
    pub samples: u64,
    /// Of the whole population, mean over the training samples of the last epoch.
    pub spikes_per_sample: f64,
    /// Share of the training samples of the last epoch without any spike.
    pub silent: f64,
    /// Test samples without an answer.
    pub unanswered: u64,
    /// Joules per sample learned, by category, and `total`.
    pub energy_per_sample_j: ByName<f64>,
    /// Categories that exist in the hardware but are not in `energy_per_sample_j`.
    pub energy_not_modelled: Vec<Category>,
    /// Programming pulses that a device has taken, in the mean.
    pub pulses_mean: f64,
    /// Pulses on the device that took most.
    pub pulses_max: u64,
    /// Cycles that were measured on the founding paper's device.
    pub pulses_measured: u64,
    /// Test accuracy after each epoch by the vote of class means.
    pub class_mean_by_epoch: Vec<f64>,
    /// Test accuracy after each epoch by the vote of log-likelihoods.
    pub log_likelihood_by_epoch: Vec<f64>,
}

/// Accuracy after the devices were left alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Aged {
    /// The age of the trained weights, in seconds.
    pub after_s: f64,
    /// By the vote that was asked for.
    pub accuracy: f64,
    /// With all thresholds brought down by the one factor by which the mean weight fell, where they can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub accuracy_recalibrated: Option<f64>,
    /// Test accuracy by the vote of class means.
    pub class_mean: f64,
    /// Test accuracy by the vote of log-likelihoods.
    pub log_likelihood: f64,
    /// Of a device, in siemens.
    pub mean_conductance_s: f64,
}

/// Accuracy after training with other devices.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Variation {
    /// What the scenario calls the case.
    pub name: String,
    /// Coefficient of variation of the devices.
    pub cv: f64,
    /// How often it was trained, each time with other devices.
    pub seeds: usize,
    /// Mean accuracy over the seeds, by the vote that was asked for.
    pub mean: f64,
    /// Standard deviation over the seeds (n - 1).
    pub sd: f64,
    /// Mean of the first case less `mean`.
    pub loss: f64,
    /// Largest `loss` that the scenario accepts.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_loss: Option<f64>,
}
