//! What experiments with devices find out.

use super::{MeasuredIn, PaperValue};
use crate::device::protocol::Table;
use serde::{Deserialize, Serialize};

/// One experiment with a device: its curves, what was measured on them, and the paper's values beside it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExperimentResult {
    /// What the scenario calls it.
    pub name: String,
    /// "iv", "stdp".
    pub kind: String,
    /// The title of its pictures.
    pub title: String,
    /// The preset of the device.
    pub device: String,
    /// The main table first, then what belongs to it.
    pub curves: Vec<Curve>,
    /// What was read off them.
    pub measured: Vec<MeasuredValue>,
    /// Beside the paper's values.
    pub compared: Vec<Compared>,
    /// What a reader must know, such as a spread that was not drawn.
    pub notes: Vec<String>,
}

impl ExperimentResult {
    /// A measured value.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<f64> {
        self.measured.iter().find(|measured| measured.name == name)?.value
    }

    /// A curve by its name.
    #[must_use]
    pub fn curve(&self, name: &str) -> Option<&Table> {
        self.curves.iter().find(|curve| curve.name == name).map(|curve| &curve.table)
    }
}

/// A table of numbers that an experiment gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    /// Empty for the curve itself.
    pub name: String,
    /// Columns with their units, and rows.
    pub table: Table,
}

/// A number read off the curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MeasuredValue {
    /// The quantity, as `compare` names it.
    pub name: String,
    /// The same in words: "turn-on voltage".
    pub what: String,
    /// The unit of `value`.
    pub unit: MeasuredIn,
    /// SI; a percentage as a fraction. `None`: it did not happen, or cannot be determined.
    pub value: Option<f64>,
}

/// A number of the paper and what came out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// What the paper says.
    pub paper: PaperValue,
    /// What came out, in SI units; `None`: it did not happen.
    pub simulated: Option<f64>,
    /// Whether it is there and close enough.
    pub within: bool,
}
