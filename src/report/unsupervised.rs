//! What a summary says of learning without labels: votes, spikes, pulses, ageing and other devices.

use super::by_name::ByName;
use crate::device::endurance::Endurance;
use crate::energy::Category;
use crate::scenario::outcome::{AgedResult, UnsupervisedResult, VariationResult};
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
    /// With all thresholds brought down by the one factor by which the mean weight fell.
    pub accuracy_recalibrated: f64,
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

pub(super) fn learning(result: &UnsupervisedResult) -> Learning {
    let last = result.epochs.last();
    Learning {
        samples: result.learned,
        spikes_per_sample: last.map_or(0.0, |epoch| epoch.spikes_per_sample),
        silent: last.map_or(0.0, |epoch| epoch.silent),
        unanswered: result.unanswered,
        energy_per_sample_j: ByName::by_category(&result.learning.scaled(1.0 / result.learned.max(1) as f64)),
        energy_not_modelled: result.learning.not_modelled.clone(),
        pulses_mean: result.pulses_mean,
        pulses_max: result.pulses_max,
        pulses_measured: Endurance::default().measured,
        class_mean_by_epoch: result.epochs.iter().map(|epoch| epoch.test.class_mean).collect(),
        log_likelihood_by_epoch: result.epochs.iter().map(|epoch| epoch.test.log_likelihood).collect(),
    }
}

pub(super) fn aged(result: &UnsupervisedResult) -> Vec<Aged> {
    let of = |age: &AgedResult| Aged {
        after_s: age.after_s,
        accuracy: age.test.by(result.vote),
        accuracy_recalibrated: age.recalibrated.by(result.vote),
        class_mean: age.test.class_mean,
        log_likelihood: age.test.log_likelihood,
        mean_conductance_s: age.conductance,
    };
    result.ageing.iter().map(of).collect()
}

pub(super) fn varied(result: &UnsupervisedResult) -> Vec<Variation> {
    let of = |case: &VariationResult| Variation {
        name: case.name.clone(),
        cv: case.cv,
        seeds: case.test.len(),
        mean: case.mean,
        sd: case.sd,
        loss: case.loss,
        max_loss: case.max_loss,
    };
    result.variation.iter().map(of).collect()
}
