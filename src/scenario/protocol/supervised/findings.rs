//! What the supervised protocol finds out.

use crate::energy::Ledger;
use crate::scenario::outcome::Missed;
use crate::training::exact::Taken;
use serde::{Deserialize, Serialize};

/// One epoch of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochResult {
    /// Counted from 1.
    pub epoch: u32,
    /// Mean softmax cross-entropy of the training samples, as they were answered while training.
    pub loss: f64,
    /// Fraction of them answered rightly.
    pub train_accuracy: f64,
    /// The same of the samples held out, with the weights at the end of the epoch.
    pub validation_accuracy: Option<f64>,
    /// The same of the test set, after the epochs in which it was shown.
    pub test_accuracy: Option<f64>,
    /// Adam's rate in the last step, in units of v_th - u_rest.
    pub learning_rate: f64,
    /// Of layers: each population, and its spikes per training sample.
    #[serde(default)]
    pub spikes_per_sample: Vec<(String, f64)>,
    /// Of layers: each population, and the root mean square of the loss by a weight that leads to it, in units of v_th - u_rest, in the mean
    /// over steps.
    #[serde(default)]
    pub gradient: Vec<(String, f64)>,
    /// Of layers: fraction of the training samples in which no neuron of the read-out fired.
    #[serde(default)]
    pub silent: Option<f64>,
}

/// One programming case: accuracy of each draw beside the float accuracy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgrammingResult {
    /// What the scenario calls the case.
    pub name: String,
    /// Of the weights as trained.
    pub float_accuracy: f64,
    /// Of each draw.
    pub accuracy: Vec<f64>,
    /// Of `accuracy`.
    pub mean: f64,
    /// Standard deviation of `accuracy` (n - 1).
    pub sd: f64,
    /// float_accuracy - mean.
    pub loss: f64,
    /// Largest `loss` that the scenario accepts.
    pub max_loss: Option<f64>,
    /// Joules in the devices per test presentation, mean over the draws.
    pub read_energy_per_inference_j: f64,
}

/// Output rates for one shown sample (figure 5b).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ShownSample {
    /// Its true class.
    pub class: u32,
    /// Its place in the test set, from 0.
    pub index: u32,
    /// Of each output, in hertz.
    pub rates_hz: Vec<f64>,
    /// Spike times of each output, in ms.
    pub spikes_ms: Vec<Vec<f64>>,
    /// Its image, row by row.
    #[serde(default)]
    pub image: Vec<u8>,
}

/// What learning in the devices took.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InSituResult {
    /// Samples learned from.
    pub samples: u64,
    /// Joules of learning: reading and programming every projection, and the switches that were on meanwhile.
    pub learning: Ledger,
    /// Of each projection, in the order of its layers.
    pub taken: Vec<Taken>,
}

/// Results of the supervised protocol.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SupervisedResult {
    /// In their order; fewer than planned if interrupted.
    pub epochs: Vec<EpochResult>,
    /// Accuracy of the reported model on the test set.
    pub test_accuracy: Option<f64>,
    /// Epoch whose weights were tested last (chosen on validation, or the last).
    pub tested_epoch: Option<u32>,
    /// Rows: true class; columns: answer.
    pub confusion: Vec<Vec<u64>>,
    /// One for each way of programming that the scenario has.
    pub programming: Vec<ProgrammingResult>,
    /// The sample whose outputs are to be shown, if there is one.
    pub shown: Option<ShownSample>,
    /// The first test samples that were answered wrongly.
    #[serde(default)]
    pub missed: Vec<Missed>,
    /// Where the weights came from when they were not trained here.
    pub weights_from: Option<String>,
    /// Where weights were learned in their devices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_situ: Option<InSituResult>,
}
