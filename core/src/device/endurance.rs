//! Endurance: pulses counted, a window that shrinks, and an end.
//!
//! log10(R_off/R_on) after n programming pulses is its first value times 1 - (n/N_f)^m; a device dies
//! (stuck where it is) at its own N, Weibull with scale N_f and shape k. Assumed: Yan et al. cycle 100 times and
//! online learning takes 1e4 to 1e6 updates, so results beyond the measured range are flagged.

use crate::numeric::{exp, ln};
use crate::random::{Purpose, unit, word};
use serde::{Deserialize, Serialize};

/// How a device wears.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Endurance {
    /// Pulses after which the window has closed. Assumed: 1e6.
    pub n_f: f64,
    /// Exponent of the shrinking; `None`: the window stays as it is. Assumed: 1.
    pub m: Option<f64>,
    /// Shape of the Weibull law of sudden death; `None`: only the window shrinks. Assumed: 1.5.
    pub weibull_shape: Option<f64>,
    /// Smallest dose that counts as programming.
    pub d_min: f64,
    /// Cycles that were measured. Measured: 100 (Yan et al., fig. 2a).
    pub measured: u64,
}

impl Default for Endurance {
    fn default() -> Self {
        Self { n_f: 1e6, m: Some(1.0), weibull_shape: Some(1.5), d_min: 1e-6, measured: 100 }
    }
}

/// A parameter that is not valid for endurance.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum EnduranceError {
    /// A number of cycles that is not above zero.
    #[error("{name} is {}; it must be finite and above zero", crate::hint::number(*value))]
    NotPositive {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
}

impl Endurance {
    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<EnduranceError> {
        [
            ("n_f", self.n_f),
            ("m", self.m.unwrap_or(1.0)),
            ("weibull_shape", self.weibull_shape.unwrap_or(1.0)),
            ("d_min", self.d_min),
        ]
        .into_iter()
        .filter(|(_, value)| !(value.is_finite() && *value > 0.0))
        .map(|(name, value)| EnduranceError::NotPositive { name, value })
        .collect()
    }

    /// What is left of log10(R_off/R_on) after `n` pulses: 1 - (n/N_f)^m, not below zero.
    #[must_use]
    pub fn window_share(&self, n: u64) -> f64 {
        match self.m {
            Some(m) if n > 0 => (1.0 - exp(m * ln(n as f64 / self.n_f))).max(0.0),
            _ => 1.0,
        }
    }

    /// The number of pulses device `entity` survives: N_f (-ln U)^(1/k).
    #[must_use]
    pub fn survives(&self, seed: u64, entity: u32) -> f64 {
        match self.weibull_shape {
            None => f64::INFINITY,
            Some(k) => {
                let exponential = -ln(unit(word(seed, Purpose::DeviceToDevice, entity, 7)));
                self.n_f * exp(ln(exponential.max(f64::MIN_POSITIVE)) / k)
            }
        }
    }

    /// A warning for results of devices that took `n` cycles; `None` within the measured range.
    #[must_use]
    pub fn warning(&self, n: u64) -> Option<String> {
        (n > self.measured).then(|| {
            format!(
                "{} are outside the measured range: {} were measured; the shrinking window (N_f = {:e}) is assumed; \
                 fewer and larger updates stay within it",
                crate::hint::many(n, "cycle"), self.measured, self.n_f
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_closes_at_n_f() {
        let e = Endurance::default();
        assert_eq!((e.window_share(0), e.window_share(1_000_000), e.window_share(u64::MAX)), (1.0, 0.0, 0.0));
        assert!((e.window_share(500_000) - 0.5).abs() < 1e-12);
        let d = crate::device::resistive::BinarySwitch::default();
        let half = d.with_window(e.window_share(500_000));
        let decades = (half.r_off.get() / half.r_on.get()).log10();
        assert!((decades - 0.5 * (d.r_off.get() / d.r_on.get()).log10()).abs() < 1e-9);
    }

    #[test]
    fn deaths_follow_the_weibull_law() {
        let e = Endurance::default();
        let n = 20_000;
        let dead = (0..n).filter(|&k| e.survives(1, k) < 1e6).count() as f64 / f64::from(n);
        // 1 - 1/e at the scale; standard error 0.0034.
        assert!((dead - 0.632).abs() < 0.014, "{dead}");
        assert_eq!(Endurance { weibull_shape: None, ..e }.survives(1, 1), f64::INFINITY);
    }

    #[test]
    fn beyond_100_cycles_a_result_is_flagged() {
        let e = Endurance::default();
        assert_eq!(e.warning(100), None);
        assert!(e.warning(101).is_some());
        assert_eq!(
            e.warning(10_000).unwrap(),
            "10000 cycles are outside the measured range: 100 were measured; the shrinking window (N_f = 1e6) is assumed; fewer and larger updates stay within it"
        );
        assert_eq!(Endurance { n_f: 0.0, ..e }.faults().len(), 1);
    }
}
