//! How fast a voltage programs: dose per second, and the dose of a linear ramp in closed form.
//!
//! A rate takes the magnitude of the voltage across the device; a device has one rate for each
//! polarity. Below the onset a rate is zero: reading disturbs nothing. Doses add.

use crate::device::circuit::Ramp;
use crate::numeric::{exp, ln, relaxation};
use crate::units::{Hertz, Second, Volt};
use serde::{Deserialize, Serialize};

/// Dose per second as a function of |V|.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// r = (1/tau) e^((|V| - v_ref)/v_scale) for |V| > v_on: ions over a barrier that the field lowers.
    ///
    /// `v_ref` is only where `tau` is quoted (the end of a sweep, or the onset). A `v_scale` below kT/e = 25.9 mV
    /// is plausible only for cooperative (several-ion) or heated kinetics: fitted, not derived.
    Exponential {
        /// Onset.
        v_on: Volt,
        /// Where `tau` is quoted.
        v_ref: Volt,
        /// Voltage that makes it e times faster.
        v_scale: Volt,
        /// Time of one dose at `v_ref`.
        tau: Second,
    },
    /// r = k (|V|/v_on - 1)^alpha for |V| > v_on: the VTEAM law.
    ///
    /// Source: Kvatinsky, Ramadan, Friedman & Kolodny, IEEE Trans. Circuits Syst. II 62, 786 (2015).
    Power {
        /// Onset.
        v_on: Volt,
        /// Rate at twice the onset.
        k: Hertz,
        /// Exponent.
        alpha: f64,
    },
    /// One dose per `width` at |V| >= v_on: pulses counted as in a measured table, whatever their amplitude.
    Pulses {
        /// Onset.
        v_on: Volt,
        /// Length of a pulse that is one dose.
        width: Second,
    },
}

impl Rate {
    /// The largest voltage that programs nothing.
    #[must_use]
    pub fn v_on(&self) -> f64 {
        match *self {
            Self::Exponential { v_on, .. } | Self::Power { v_on, .. } | Self::Pulses { v_on, .. } => {
                v_on.get()
            }
        }
    }

    /// Doses per second at magnitude `v`.
    #[must_use]
    pub fn rate(&self, v: f64) -> f64 {
        if !self.is_active(v) {
            return 0.0;
        }
        match *self {
            Self::Exponential { v_ref, v_scale, tau, .. } => {
                (exp((Volt::of(v) - v_ref) / v_scale) / tau).get()
            }
            Self::Power { v_on, k, alpha } => (k * power(Volt::of(v) / v_on - 1.0, alpha)).get(),
            Self::Pulses { width, .. } => (1.0 / width).get(),
        }
    }

    fn is_active(&self, v: f64) -> bool {
        match self {
            Self::Pulses { .. } => v >= self.v_on(),
            _ => v > self.v_on(),
        }
    }

    /// The time span of the ramp (magnitudes) in which it programs; `None` if it never does.
    #[must_use]
    pub fn active(&self, ramp: Ramp) -> Option<(f64, f64)> {
        let v_on = self.v_on();
        let (first, last) = (self.is_active(ramp.from), self.is_active(ramp.to));
        let at = |level: f64| ramp.length * ((level - ramp.from) / (ramp.to - ramp.from));
        match (first, last) {
            (true, true) => Some((0.0, ramp.length)),
            (true, false) => Some((0.0, at(v_on).clamp(0.0, ramp.length))),
            (false, true) => Some((at(v_on).clamp(0.0, ramp.length), ramp.length)),
            (false, false) => None,
        }
    }

    /// Voltage over which the rate changes by a factor of order e at `v`.
    #[must_use]
    pub fn scale(&self, v: f64) -> f64 {
        match *self {
            Self::Exponential { v_scale, .. } => v_scale.get(),
            Self::Power { alpha, .. } => (v - self.v_on()).max(1e-12 * self.v_on()) / alpha.max(1.0),
            Self::Pulses { .. } => f64::INFINITY,
        }
    }

    /// Dose of a ramp of magnitudes, clipped at the onset.
    ///
    /// Exponential: (v_scale L/(tau (b - a))) (e^((b - v_ref)/v_scale) - e^((a - v_ref)/v_scale)), written from the
    /// larger end so that nothing cancels; power law: k v_on L/((alpha + 1)(b - a)) [(V/v_on - 1)^(alpha + 1)];
    /// constant voltage: r L.
    #[must_use]
    pub fn dose(&self, ramp: Ramp) -> f64 {
        let Some((start, end)) = self.active(ramp) else { return 0.0 };
        let length = Second::of(end - start);
        let v_on = self.v_on();
        let (low, high) = {
            let at = |v: f64| v.max(v_on);
            (at(ramp.from.min(ramp.to)), at(ramp.from.max(ramp.to)))
        };
        match *self {
            Self::Exponential { v_ref, v_scale, tau, .. } => {
                let x = Volt::of(high - low) / v_scale;
                let mean = if x > 0.0 { relaxation(x).0 / x } else { 1.0 };
                length / tau * exp((Volt::of(high) - v_ref) / v_scale) * mean
            }
            Self::Power { k, alpha, .. } => {
                let (p, q) = (low / v_on - 1.0, high / v_on - 1.0);
                let mean = if q - p > 1e-6 * q {
                    (power(q, alpha + 1.0) - power(p, alpha + 1.0)) / ((alpha + 1.0) * (q - p))
                } else {
                    power(0.5 * (p + q), alpha)
                };
                k * length * mean
            }
            Self::Pulses { width, .. } => length / width,
        }
    }
}

/// x^p for x >= 0.
fn power(x: f64, p: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { exp(p * ln(x)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::gauss;
    use proptest::prelude::*;

    fn exponential() -> Rate {
        Rate::Exponential {
            v_on: Volt::new(0.12),
            v_ref: Volt::new(0.12),
            v_scale: Volt::new(0.02),
            tau: Second::new(558.0),
        }
    }

    fn rates() -> [Rate; 3] {
        [
            exponential(),
            Rate::Power { v_on: Volt::new(0.12), k: Hertz::new(3.0), alpha: 3.0 },
            Rate::Pulses { v_on: Volt::new(0.12), width: Second::new(1e-3) },
        ]
    }

    #[test]
    fn the_dose_of_a_ramp_is_the_integral_of_the_rate() {
        for rate in rates() {
            for (from, to) in
                [(0.12, 0.3), (0.3, 0.12), (0.2, 0.2), (0.2, 0.2 + 1e-9), (0.0, 0.25), (0.25, 0.0)]
            {
                let ramp = Ramp { from, to, length: 2.0 };
                let Some((t0, t1)) = rate.active(ramp) else { continue };
                let n = 50;
                let want: f64 = (0..n)
                    .map(|k| {
                        let at = |k: f64| t0 + (t1 - t0) * k / f64::from(n);
                        gauss(at(f64::from(k)), at(f64::from(k) + 1.0), |t| rate.rate(ramp.at(t)))
                    })
                    .sum();
                let got = rate.dose(ramp);
                assert!((got / want - 1.0).abs() < 1e-12, "{rate:?} {from} -> {to}: {got:e} {want:e}");
            }
        }
    }

    #[test]
    fn nothing_at_or_below_the_onset_programs() {
        for rate in &rates()[..2] {
            for ramp in [(0.0, 0.12), (0.12, 0.12), (0.05, 0.1)] {
                assert_eq!(rate.dose(Ramp { from: ramp.0, to: ramp.1, length: 1e6 }), 0.0);
            }
        }
        assert_eq!(rates()[2].dose(Ramp { from: 0.0, to: 0.1199, length: 1.0 }), 0.0);
        assert_eq!(rates()[2].dose(Ramp { from: 0.12, to: 0.12, length: 5e-3 }), 5.0);
    }

    #[test]
    fn vteam_doses_agree_with_hand_calculation() {
        // k (V/v_on - 1)^3 at V = 2 v_on is k; the ramp from v_on to 2 v_on gives a quarter of it.
        let r = rates()[1];
        assert!((r.dose(Ramp { from: 0.24, to: 0.24, length: 2.0 }) - 6.0).abs() < 1e-12);
        assert!((r.dose(Ramp { from: 0.12, to: 0.24, length: 2.0 }) - 1.5).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn doses_add(from in 0.0..0.4f64, to in 0.0..0.4f64, cut in 0.01..0.99f64) {
            let ramp = Ramp { from, to, length: 3.0 };
            for rate in rates() {
                let whole = rate.dose(ramp);
                let parts = rate.dose(ramp.piece(0.0, 3.0 * cut)) + rate.dose(ramp.piece(3.0 * cut, 3.0));
                prop_assert!((whole - parts).abs() <= 1e-11 * whole + 1e-14 , "{:?} {} {}", rate, whole, parts);
                prop_assert!(whole >= 0.0);
            }
        }
    }
}
