//! Measured curves to parameters, with standard errors.
//!
//! Every fit is least squares with equal weights. It states its residual, and refuses data that cannot
//! determine a parameter, by name: a number without an error bar that means something is worse than none.

mod csv;
mod curves;
mod least_squares;

pub use csv::{CsvError, Measured, Wanted, plain, read_columns, wanted};
pub use curves::{fit_iv, fit_pulses, fit_relaxation, fit_retention, fit_stdp};
pub use least_squares::{Unknown, least_squares};

use serde::{Deserialize, Serialize};

/// One parameter found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedParameter {
    pub name: String,
    /// SI unit; `"%"` or empty for plain numbers.
    pub unit: String,
    pub value: f64,
    /// One standard error, from the residuals and the curvature at the optimum.
    pub error: f64,
}

/// The outcome of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    pub parameters: Vec<FittedParameter>,
    /// Measured minus fitted, in the unit of the data, in the order of the data.
    pub residuals: Vec<f64>,
    pub rms: f64,
}

impl Fitted {
    /// A parameter by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&FittedParameter> {
        self.parameters.iter().find(|p| p.name == name)
    }
}

/// Why there is no fit.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    /// More parameters than the points can carry.
    #[error("{points} points for {parameters} parameters; at least {needed} are needed: {what}")]
    TooFewPoints { points: usize, parameters: usize, needed: usize, what: &'static str },
    /// The data leave a parameter open.
    #[error("the data cannot determine `{parameter}`: {why}")]
    Undetermined { parameter: String, why: String },
    /// The search did not end.
    #[error("the fit of {what} did not converge in {steps} steps; is it the right model for these data?")]
    NotConverged { what: &'static str, steps: usize },
    /// A value that the model cannot have.
    #[error("row {row}: {what}")]
    Data { row: usize, what: String },
}
