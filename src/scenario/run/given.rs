//! Weights trained elsewhere.

use super::super::diagnostic::At;
use super::super::outcome::NamedArray;
use crate::network::Network;

/// Weights trained elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct GivenWeights {
    /// Those of some projections: the number of the projection, and a matrix of rows before and columns behind it, in the unit
    /// of its kernel. (Of a convolution the weights in common; of a list of synapses one column.)
    pub values: Vec<(usize, NamedArray)>,
    /// For the report: "runs/mnist/003".
    pub origin: String,
    /// Where a scenario names them, for messages.
    pub at: Option<At>,
}

impl GivenWeights {
    /// Puts them in place of the weights of their projections, one for every synapse.
    ///
    /// # Errors
    /// If a matrix has another shape than the projection, or holds what is no number.
    pub fn replace(&self, network: &Network, weights: &mut [Vec<f64>]) -> Result<(), GivenError> {
        for (index, array) in &self.values {
            let projection = &network.projections[*index];
            let expected = projection.matrix(network.populations[projection.to].size);
            let error = |fault| GivenError {
                fault,
                projection: projection.name.clone(),
                origin: self.origin.clone(),
                at: self.at.clone(),
            };
            let found = [array.rows, array.cols];
            if found != expected || array.data.len() != expected[0] * expected[1] {
                return Err(error(GivenFault::Shape { found, expected }));
            }
            if let Some(place) = array.data.iter().position(|value| !value.is_finite()) {
                let (row, column) = (place / array.cols, place % array.cols);
                return Err(error(GivenFault::NotFinite { row, column, value: array.data[place] }));
            }
            weights[*index] = match &projection.shared {
                Some(shared) => shared.expand(&array.data),
                None => array.data.clone(),
            };
        }
        Ok(())
    }
}

/// Weights trained elsewhere that a run cannot take.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("the weights of `{projection}` in {origin} {fault}")]
pub struct GivenError {
    /// What is wrong with them.
    pub fault: GivenFault,
    /// The projection they are for.
    pub projection: String,
    /// The run they are from.
    pub origin: String,
    /// Where the scenario names it.
    pub at: Option<At>,
}

/// What is wrong with weights trained elsewhere.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum GivenFault {
    /// A matrix of another shape.
    #[error("are {} x {}, and the projection is {} x {}", found[0], found[1], expected[0], expected[1])]
    Shape {
        /// Rows and columns that there are.
        found: [usize; 2],
        /// Rows and columns of the projection.
        expected: [usize; 2],
    },
    /// A weight that is no number.
    #[error("hold {value} in row {row}, column {column}")]
    NotFinite {
        /// Counted from 0.
        row: usize,
        /// Counted from 0.
        column: usize,
        /// NaN or an infinity.
        value: f64,
    },
}

impl GivenFault {
    /// What would do.
    #[must_use]
    pub fn allowed(&self) -> String {
        match self {
            Self::Shape { expected: [rows, columns], .. } => {
                format!("{rows} rows (before the projection) of {columns} (behind it)")
            }
            Self::NotFinite { .. } => "finite numbers".into(),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn hint(&self) -> &'static str {
        match self {
            Self::Shape { found, expected } if found[0] == expected[1] && found[1] == expected[0] => {
                "they are the transpose: write `weights.T`"
            }
            Self::Shape { .. } => "train them again, or name another run",
            Self::NotFinite { .. } => {
                "a training that diverged leaves such weights: train them again, or name another run"
            }
        }
    }
}
