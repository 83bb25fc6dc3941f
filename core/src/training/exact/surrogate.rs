//! What stands for the derivative of a spike where there is none.

use crate::numeric::Real;
use serde::{Deserialize, Serialize};

/// The derivative of the number of spikes by V at an arrival, s(u), u = (V - what the neuron fires at)/(v_th - u_rest).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Surrogate {
    /// Which function.
    pub shape: Shape,
    /// b, how fast it falls.
    pub steepness: f64,
}

/// Functions that are 1 at threshold and fall on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// 1/(1 + b |u|)^2, the derivative of a fast sigmoid (Zenke & Ganguli, Neural Computation 30, 1514 (2018)).
    FastSigmoid,
    /// 1/(1 + (b u)^2), the derivative of an arc tangent (Fang et al., ICCV 2021).
    Arctan,
    /// max(0, 1 - b |u|) (Esser et al., PNAS 113, 11441 (2016)): nothing far from threshold.
    Triangle,
    /// e^(-b |u|) (Shrestha & Orchard, NeurIPS 2018).
    Exponential,
}

impl Surrogate {
    /// s by how much V is above what the neuron fires at, in units of v_th - u_rest.
    #[inline]
    pub fn slope<R: Real>(&self, above: R) -> R {
        let b = R::from_f64(self.steepness);
        let u = if above < R::ZERO { -above } else { above };
        if u == R::from_f64(f64::INFINITY) {
            return R::ZERO;
        }
        match self.shape {
            Shape::FastSigmoid => {
                let root = R::ONE + b * u;
                R::ONE / (root * root)
            }
            Shape::Arctan => R::ONE / (R::ONE + b * u * (b * u)),
            Shape::Triangle => {
                let left = R::ONE - b * u;
                if left > R::ZERO { left } else { R::ZERO }
            }
            Shape::Exponential => Real::exp(-(b * u)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_one_at_threshold_and_fall_by_what_is_said() {
        for (shape, at) in [
            (Shape::FastSigmoid, 1.0 / 2.25),
            (Shape::Arctan, 1.0 / 1.25),
            (Shape::Triangle, 0.5),
            (Shape::Exponential, 0.606_530_659_712_633_4),
        ] {
            let surrogate = Surrogate { shape, steepness: 5.0 };
            assert_eq!(surrogate.slope(0.0), 1.0);
            for u in [0.1_f64, -0.1] {
                assert!((surrogate.slope(u) - at).abs() < 1e-15, "{shape:?}: {}", surrogate.slope(u));
            }
            assert_eq!(surrogate.slope(f64::NEG_INFINITY), 0.0, "deaf: {shape:?}");
        }
    }
}
