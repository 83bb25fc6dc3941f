//! Retention: what a programmed conductance becomes when left alone.
//!
//! Lazy and exact: the present conductance is a function of the one that was programmed, G_p, and the time since then. When, or how often, one looks cannot matter.
//!
//! A test that ends at 4000 s without visible loss bounds a lifetime from below and does not measure it (10 years
//! are 3e8 s): for at most 5 % loss there, a mono-exponential lifetime is at least 7.8e4 s.

use crate::numeric::{exp, ln, ln_1p, standard_normal};
use crate::random::{Purpose, word};
use crate::units::{Second, Siemens};
use serde::{Deserialize, Serialize};

/// The law of the decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DecayLaw {
    /// Nothing is lost.
    Perfect,
    /// G = G_inf + (G_p - G_inf) e^(-(t/tau)^b); b = 1 is mono-exponential, b < 1 stretched.
    Exponential {
        /// Time constant.
        tau: Second,
        /// Stretching exponent.
        b: f64,
    },
    /// G = G_inf + (G_p - G_inf) ((t + t0)/t0)^-nu.
    PowerLaw {
        /// Time from which on the power law shows.
        t0: Second,
        /// Exponent.
        nu: f64,
    },
}

impl std::fmt::Display for DecayLaw {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Perfect => f.write_str("no decay"),
            Self::Exponential { tau, b } => write!(f, "exp(\u{2212}(t/\u{3c4})^b) with \u{3c4} {tau}, b {b}"),
            Self::PowerLaw { t0, nu } => write!(f, "(1 + t/t0)^\u{2212}\u{3bd} with t0 {t0}, \u{3bd} {nu}"),
        }
    }
}

/// How conductances decay.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Retention {
    /// Which law, with its constants.
    pub law: DecayLaw,
    /// Where everything ends: the state without a filament.
    pub g_inf: Siemens,
    /// Device-to-device spread of the lifetime: sigma of ln tau (or ln t0). Assumed: 0.5 to 1.
    pub lifetime_sigma: f64,
}

/// A parameter that is not valid for retention.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RetentionError {
    /// A constant that is not above zero.
    #[error("{name} is {}; it must be above zero", crate::hint::number(*value))]
    NotPositive {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A spread that is negative or not finite.
    #[error("lifetime_sigma is {}; it must be finite and zero or more, such as 0.5", crate::hint::number(*value))]
    Sigma {
        /// Its value.
        value: f64,
    },
}

impl Retention {
    /// No decay.
    pub const PERFECT: Self = Self { law: DecayLaw::Perfect, g_inf: Siemens::ZERO, lifetime_sigma: 0.0 };

    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<RetentionError> {
        let mut faults = Vec::new();
        let named = match self.law {
            DecayLaw::Perfect => [("tau", 1.0), ("b", 1.0)],
            DecayLaw::Exponential { tau, b } => [("tau", tau.get()), ("b", b)],
            DecayLaw::PowerLaw { t0, nu } => [("t0", t0.get()), ("nu", nu)],
        };
        for (name, value) in named {
            if !(value.is_finite() && value > 0.0) {
                faults.push(RetentionError::NotPositive { name, value });
            }
        }
        if self.g_inf < Siemens::ZERO {
            faults.push(RetentionError::NotPositive { name: "g_inf", value: self.g_inf.get() });
        }
        if !(self.lifetime_sigma.is_finite() && self.lifetime_sigma >= 0.0) {
            faults.push(RetentionError::Sigma { value: self.lifetime_sigma });
        }
        faults
    }

    /// Share of G_p - G_inf that is left after `seconds`; `lifetime` scales the device's tau (or t0).
    #[must_use]
    pub fn share(&self, seconds: f64, lifetime: f64) -> f64 {
        if seconds <= 0.0 {
            return 1.0;
        }
        let held = Second::of(seconds);
        match self.law {
            DecayLaw::Perfect => 1.0,
            DecayLaw::Exponential { tau, b } => {
                let s = held / (tau * lifetime);
                exp(-(if b == 1.0 { s } else { exp(b * ln(s)) }))
            }
            DecayLaw::PowerLaw { t0, nu } => exp(-nu * ln_1p(held / (t0 * lifetime))),
        }
    }

    /// Conductance `seconds` after it was programmed to `g`.
    #[must_use]
    pub fn conductance(&self, g: f64, seconds: f64, lifetime: f64) -> f64 {
        let share = self.share(seconds, lifetime);
        if share == 1.0 { g } else { (self.g_inf + (Siemens::of(g) - self.g_inf) * share).get() }
    }

    /// The factor of device `entity`'s lifetime: log-normal with median 1, drawn once.
    #[must_use]
    pub fn lifetime(&self, seed: u64, entity: u32) -> f64 {
        if self.lifetime_sigma == 0.0 {
            return 1.0;
        }
        exp(self.lifetime_sigma * standard_normal(word(seed, Purpose::DeviceToDevice, entity, 6)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn exponential(tau: f64, b: f64) -> Retention {
        Retention {
            law: DecayLaw::Exponential { tau: Second::new(tau), b },
            g_inf: Siemens::new(3.16e-7),
            lifetime_sigma: 0.0,
        }
    }

    #[test]
    fn a_test_of_4000_seconds_bounds_a_lifetime() {
        let held = exponential(78e3, 1.0).conductance(5e-3, 4000.0, 1.0);
        assert!((held / 5e-3 - 0.95).abs() < 1e-4, "{held}");
        // The pessimistic reading: a window a decade smaller at 4000 s.
        let lost = exponential(1.74e3, 1.0).conductance(5e-3, 4000.0, 1.0);
        assert!((lost / 5e-3 - 0.1).abs() < 0.001, "{lost}");
    }

    #[test]
    fn the_three_laws_have_their_values() {
        assert_eq!(Retention::PERFECT.conductance(1e-3, 1e9, 1.0), 1e-3);
        let stretched = exponential(100.0, 0.5).share(400.0, 1.0);
        assert!((stretched - (-2.0f64).exp()).abs() < 1e-15);
        let power =
            Retention { law: DecayLaw::PowerLaw { t0: Second::new(10.0), nu: 0.1 }, ..exponential(1.0, 1.0) };
        assert!((power.share(90.0, 1.0) - 10f64.powf(-0.1)).abs() < 1e-15);
        assert_eq!(exponential(100.0, 0.5).share(0.0, 1.0), 1.0);
        assert!((exponential(100.0, 1.0).share(200.0, 2.0) - (-1.0f64).exp()).abs() < 1e-15);
    }

    #[test]
    fn lifetimes_are_log_normal_and_a_devices_own() {
        let r = Retention { lifetime_sigma: 0.7, ..exponential(100.0, 1.0) };
        let n = 20_000;
        let logs: Vec<f64> = (0..n).map(|k| r.lifetime(1, k).ln()).collect();
        let mean = logs.iter().sum::<f64>() / f64::from(n);
        let sd = (logs.iter().map(|l| (l - mean) * (l - mean)).sum::<f64>() / f64::from(n)).sqrt();
        assert!(mean.abs() < 4.0 * 0.7 / 141.0 && (sd / 0.7 - 1.0).abs() < 0.02, "{mean} {sd}");
        assert_eq!(r.lifetime(1, 5), r.lifetime(1, 5));
    }

    #[test]
    fn faults_name_the_parameter() {
        let r = Retention { lifetime_sigma: f64::NAN, ..exponential(-1.0, 0.0) };
        let text: Vec<String> = r.faults().iter().map(ToString::to_string).collect();
        assert_eq!(
            text,
            [
                "tau is -1; it must be above zero",
                "b is 0; it must be above zero",
                "lifetime_sigma is NaN; it must be finite and zero or more, such as 0.5",
            ]
        );
        assert_eq!(exponential(1.0, 1.0).faults(), []);
    }
}
