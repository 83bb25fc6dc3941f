//! What the supervised protocol finds out.

use crate::energy::Ledger;
use crate::scenario::outcome::Missed;
use crate::training::exact::Taken;
use serde::{Deserialize, Serialize};

/// The array of the scores of the test samples, where these have numbers as targets: a row for each sample.
pub const OUTPUT: &str = "output";
/// The array of their targets.
pub const TARGET: &str = "target";

/// What a fraction from which all else is told says of answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// How many of the samples were answered with their class.
    #[default]
    RightAnswers,
    /// Of samples with numbers as targets: R^2 = 1 - sum of (z - y)^2 / sum of (y - mean y)^2 over all samples and outputs, 1 where every score z
    /// is its target y.
    VarianceExplained,
}

impl Measure {
    /// What it is called: "accuracy".
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::RightAnswers => "accuracy",
            Self::VarianceExplained => "variance explained",
        }
    }

    /// Whether it is the fraction of right answers.
    #[must_use]
    pub fn is_accuracy(&self) -> bool {
        *self == Self::RightAnswers
    }
}

/// How well one neuron of the read-out has its target, over the test set.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct OutputResult {
    /// R^2 of its own.
    pub explained: f64,
    /// Root mean square of score less target, in the unit of the targets.
    pub rms_error: f64,
}

/// One epoch of training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochResult {
    /// Counted from 1.
    pub epoch: u32,
    /// Mean loss of the training samples, as they were answered while training.
    pub loss: f64,
    /// Fraction of them answered rightly, or what [`SupervisedResult::measure`] says.
    pub train_accuracy: f64,
    /// The same of the samples held out, with the weights at the end of the epoch.
    pub validation_accuracy: Option<f64>,
    /// The same of the test set, after the epochs in which it was shown.
    pub test_accuracy: Option<f64>,
    /// Learning rate in the last step, in units of v_th - u_rest.
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
    /// In their order; fewer than planned if interrupted, or ended early (`patience`).
    pub epochs: Vec<EpochResult>,
    /// What all that is called accuracy here says.
    #[serde(default)]
    pub measure: Measure,
    /// Of samples with numbers as targets: each neuron of the read-out.
    #[serde(default)]
    pub outputs: Vec<OutputResult>,
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
