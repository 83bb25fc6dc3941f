//! A train of equal rectangular pulses on a leaky integrator: closed forms to check simulations against.

use crate::numeric::{ln, relaxation};
use serde::{Deserialize, Serialize};

/// Rectangular drive pulses, the first at t = 0, until the neuron fires.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulseTrain {
    /// Drive during a pulse (R I), in volts.
    pub amplitude: f64,
    /// Width of a pulse in seconds.
    pub width: f64,
    /// From one pulse's start to the next one's, in seconds; at least `width`.
    pub period: f64,
}

impl PulseTrain {
    /// Membrane, relative to rest, at the end of pulse n (from 1 on), with p = e^(-width/tau), q = e^(-period/tau):
    /// V (1 - p) (1 - q^n)/(1 - q).
    #[must_use]
    pub fn peak(&self, tau: f64, n: u64) -> f64 {
        self.steady_peak(tau) * relaxation(n as f64 * self.period / tau).0
    }

    /// The peak after many pulses: V (1 - p)/(1 - q). It is approached from below and never reached.
    #[must_use]
    pub fn steady_peak(&self, tau: f64) -> f64 {
        self.amplitude * relaxation(self.width / tau).0 / relaxation(self.period / tau).0
    }

    /// The first pulse (from 1 on) whose peak exceeds `theta`; `None` if none does:
    /// the least n > ln(1 - theta/steady peak)/ln q.
    #[must_use]
    pub fn first_firing_pulse(&self, tau: f64, theta: f64) -> Option<u64> {
        let steady = self.steady_peak(tau);
        if theta.is_nan() || theta < 0.0 || steady.is_nan() || steady <= theta {
            return None;
        }
        let n = -ln((steady - theta) / steady) * tau / self.period;
        Some(n as u64 + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::membrane::{advance, crossing};
    use super::*;

    const TAU: f64 = 9.41e-3;

    fn train(amplitude: f64, width_ms: f64, period_ms: f64) -> PulseTrain {
        PulseTrain { amplitude, width: width_ms * 1e-3, period: period_ms * 1e-3 }
    }

    /// Pulse after pulse with the exact crossing test.
    fn counted(train: PulseTrain, theta: f64) -> Option<u64> {
        let mut x = 0.0;
        for n in 1..=10_000 {
            if crossing(TAU, x, train.amplitude, 0.0, theta, train.width).is_some() {
                return Some(n);
            }
            x = advance(TAU, x, train.amplitude, 0.0, train.width);
            x = advance(TAU, x, 0.0, 0.0, train.period - train.width);
        }
        None
    }

    #[test]
    fn the_first_firing_pulse_is_the_one_that_counting_finds() {
        let cases = [
            (train(0.5, 1.0, 2.0), Some(15)),
            (train(0.3, 5.0, 6.0), Some(5)),
            (train(0.5, 1.0, 5.0), None),
            (train(1.0, 1.0, 5.0), None),
            (train(0.3, 20.0, 30.0), Some(1)),
        ];
        for (train, want) in cases {
            assert_eq!(train.first_firing_pulse(TAU, 0.25), want, "{train:?}");
            assert_eq!(counted(train, 0.25), want, "{train:?}");
        }
    }

    #[test]
    fn trains_that_never_fire_have_their_steady_peaks() {
        assert!((train(0.5, 1.0, 5.0).steady_peak(TAU) - 0.1223).abs() < 0.5e-4);
        assert!((train(1.0, 1.0, 5.0).steady_peak(TAU) - 0.2446).abs() < 0.5e-4);
    }

    #[test]
    fn the_peak_of_pulse_n_is_what_n_pulses_give() {
        let pulses = train(0.5, 1.0, 2.0);
        let mut x = 0.0;
        for n in 1..=40 {
            x = advance(TAU, x, 0.5, 0.0, 1e-3);
            assert!((pulses.peak(TAU, n) - x).abs() < 1e-14, "pulse {n}");
            x = advance(TAU, x, 0.0, 0.0, 1e-3);
        }
    }
}
