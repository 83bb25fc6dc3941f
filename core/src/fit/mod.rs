//! Measured curves to parameters, with standard errors.
//!
//! Every fit is least squares, with equal weights or, where noise grows with the value, with that of each row ([`Noise`]); of a train of pulses those of its one-step increments. It states its residual, judges whether that is noise, and refuses data
//! that cannot determine a parameter, by name: a number without an error bar that means something is worse than none.

mod branches;
mod columns;
mod combine;
mod csv;
mod curves;
mod distributions;
mod header;
mod iv;
mod judge;
mod laws;
mod least_squares;
mod noise;
mod preset;
mod sides;
mod start;
mod statistics;
mod sweep;
mod table_error;
#[cfg(test)]
mod tests;
mod train;
mod window;

pub use columns::{Wanted, percent, plain, wanted};
pub use combine::{Spread, agree, reml};
pub use csv::{Decimal, Layout, Measured, read_columns};
pub use curves::Curve;
pub use judge::{Judgement, Test};
pub use laws::{LawFit, PulseLaw, compare_laws};
pub use least_squares::Held;
pub use noise::Noise;
pub use preset::{Change, Head, write_preset};
pub use sweep::{Loop, Polarity, Yield, fit_loop};
pub use table_error::CsvError;
pub use window::{Bend, WindowDevice, device_of_window, fit_window};

use serde::{Deserialize, Serialize};

/// One parameter found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedParameter {
    /// As the model and a preset name it: `tau_m`.
    pub name: String,
    /// SI unit; `"%"` or empty for plain numbers.
    pub unit: String,
    /// The estimate, in `unit`.
    pub value: f64,
    /// One standard error (see the head of `least_squares`); zero for a parameter that was held.
    pub error: f64,
}

/// The outcome of a fit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// All of the model, in its order, also those that were held.
    pub parameters: Vec<FittedParameter>,
    /// Measured minus fitted, in the unit of the data, in the order of the data.
    pub residuals: Vec<f64>,
    /// Root of the mean square of the residuals.
    pub rms: f64,
    /// The x of the first row, which `u_0` and `g_0` are of.
    pub origin: f64,
    /// That of the rows, where it grows with the value and they are weighted by it; of none, all count alike.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
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
    #[error(
        "{} for {}; at least {needed} are needed: {what}",
        crate::hint::many(points, "point"),
        crate::hint::many(parameters, "parameter")
    )]
    TooFewPoints {
        /// Rows of data that the fit could use.
        points: usize,
        /// Parameters that were to be found.
        parameters: usize,
        /// The least number of rows.
        needed: usize,
        /// What was fitted.
        what: &'static str,
    },
    /// The data leave a parameter open.
    #[error("the data cannot determine `{parameter}`: {why}")]
    Undetermined {
        /// The one that any value would do for.
        parameter: String,
        /// What the data lack.
        why: String,
    },
    /// The search did not end.
    #[error("the fit of {what} did not converge in {steps} steps; is it the right model for these data?")]
    NotConverged {
        /// What was fitted.
        what: &'static str,
        /// Steps of the search before it gave up.
        steps: usize,
    },
    /// What a loop cannot be.
    #[error("{0}")]
    Loop(&'static str),
    /// A value that the model cannot have.
    #[error("row {row}: {what}")]
    Data {
        /// Counted from 1, without the header.
        row: usize,
        /// The value, and what it should be.
        what: String,
    },
}

impl FitError {
    /// What the user can do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::TooFewPoints { .. } => "measure more points, or hold a parameter with --param NAME=VALUE",
            Self::Undetermined { .. } => {
                "measure where it shows, or hold it at a value known from elsewhere with --param NAME=VALUE"
            }
            Self::NotConverged { .. } => {
                "look at the data in a plot; leave out what another process made with --from and --to"
            }
            Self::Loop(_) => {
                "what can be fitted are loops of a volatile and of a bipolar switch, in the order of the sweep"
            }
            Self::Data { .. } => "remove the row, or the part of the data with --from and --to",
        }
    }
}
