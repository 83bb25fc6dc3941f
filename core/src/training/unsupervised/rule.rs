//! What a winner's spike does to its synapses.
//!
//! With x_i in [0, 1] telling how recently input i spiked, weights w in [0, w_max]:
//!
//! dw_i = a+ x_i f+(w_i) - a- (1 - x_i) f-(w_i).
//!
//! Recent: within a rectangular window (Querlioz et al., IEEE Trans. Nanotechnol. 12 (2013) 288), or an
//! exponential trace of the last spike. Dependence on the weight: f+ = w_max - w, f- = w (multiplicative), or
//! f+ = w_max e^(-beta w / w_max), f- = w_max e^(-beta (1 - w / w_max)) (Querlioz et al.).

use crate::device::electrodes::SpikePulses;
use crate::device::resistive::{DeviceSpread, DoseDevice};
use crate::numeric::{Real, exp, ln};
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};

/// How synapses learn from the spikes of winners.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "rule")]
pub enum WinnerRule {
    /// One step of each synapse of the winner, at its spike.
    Step(Step),
    /// What the overlap of pulses does to the devices.
    Overlap(Box<PulseOverlap>),
}

/// The step of every synapse of a winner, and how its size falls.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Which inputs count as recent.
    pub window: Window,
    /// How the step depends on the weight.
    pub dependence: Dependence,
    /// Step of recent inputs, as a share of the range.
    pub a_plus: f64,
    /// Step of the others, as a share of the range.
    pub a_minus: f64,
    /// Share of the rates that is left at the end of the schedule; they fall geometrically.
    pub final_share: f64,
}

impl Step {
    /// Rates at a share `progress` of the schedule.
    #[must_use]
    pub fn rates(&self, progress: f64) -> Rates {
        let share = exp(ln(self.final_share) * progress);
        Rates { plus: self.a_plus * share, minus: self.a_minus * share }
    }
}

/// Every spike puts a pulse on its electrode, and the kinetics of the devices do the rest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PulseOverlap {
    /// Nominal kinetics over the range of the projection's devices.
    pub device: DoseDevice,
    /// The pulses as they are applied, all times of the preset's multiplied by `time_scale`.
    pub pulses: SpikePulses,
    /// How many times longer than the pulse of its preset it is.
    pub time_scale: f64,
    /// Share of the doses that is left at the end of the schedule, by lobes that fall: see [`Lobes::weakened`].
    ///
    /// [`Lobes::weakened`]: crate::device::electrodes::Lobes::weakened
    pub final_share: f64,
    /// How devices differ, besides the model's own dispersion.
    pub spread: DeviceSpread,
}

/// Which inputs count as recent.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Window {
    /// x = 1 if the last spike is at most `width` old, else 0. The instant's own arrivals are recent: they
    /// caused the spike.
    Rectangular {
        /// Largest age that is recent.
        width: Time,
    },
    /// x = e^(-(age of the last spike) / tau), tau in seconds.
    Trace {
        /// In seconds.
        tau: f64,
    },
}

/// How a step depends on the weight.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Dependence {
    /// In proportion to what is left of the range.
    Multiplicative,
    /// Exponential with exponent `beta`.
    Exponential {
        /// f+ = w_max e^(-beta w / w_max), and f- the same of w_max - w.
        beta: f64,
    },
}

/// Rates of one presentation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rates {
    /// Step of recent inputs, as a share of the range.
    pub plus: f64,
    /// Step of the others, as a share of the range.
    pub minus: f64,
}

/// Time of the last spike of an input that has not spiked.
pub const NEVER: u64 = u64::MAX;

impl Window {
    /// Writes x of every input at `now` from the times of the last spikes.
    pub fn recent<R: Real>(&self, last: &[u64], now: u64, x: &mut [R]) {
        match *self {
            Self::Rectangular { width } => {
                // Unsigned: what never spiked is in the future.
                let width = width.fs();
                for (x, &last) in x.iter_mut().zip(last) {
                    *x = if now.wrapping_sub(last) <= width && last != NEVER { R::ONE } else { R::ZERO };
                }
            }
            Self::Trace { tau } => {
                let minus_rate = -1.0 / (tau * FS_PER_SECOND);
                for (x, &last) in x.iter_mut().zip(last) {
                    let age = now.saturating_sub(last) as i64 as f64;
                    let trace = R::from_f64(age * minus_rate).exp();
                    *x = if last == NEVER { R::ZERO } else { trace };
                }
            }
        }
    }
}

impl Dependence {
    /// f+ and f- of a weight.
    #[inline(always)]
    pub fn factors<R: Real>(self, w: R, w_max: R) -> (R, R) {
        match self {
            Self::Multiplicative => (w_max - w, w),
            Self::Exponential { beta } => {
                let beta = R::from_f64(beta);
                let share = w / w_max;
                (w_max * (-beta * share).exp(), w_max * (-beta * (R::ONE - share)).exp())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_holds_both_its_ends_and_nothing_that_never_spiked() {
        let window = Window::Rectangular { width: Time::from_fs(50) };
        let mut x = [9.0f64; 5];
        window.recent(&[100, 50, 49, NEVER, 99], 100, &mut x);
        assert_eq!(x, [1.0, 1.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn the_trace_is_exponential() {
        let window = Window::Trace { tau: 20e-3 };
        let mut x = [9.0f64; 3];
        window.recent(&[30_000_000_000_000, 10_000_000_000_000, NEVER], 30_000_000_000_000, &mut x);
        assert_eq!((x[0], x[2]), (1.0, 0.0));
        assert!((x[1] - (-1.0f64).exp()).abs() < 1e-15);
    }

    #[test]
    fn the_dependences_have_their_values() {
        assert_eq!(Dependence::Multiplicative.factors(0.25, 1.0), (0.75, 0.25));
        let (plus, minus) = Dependence::Exponential { beta: 3.0 }.factors(0.5f64, 2.0);
        assert!((plus - 2.0 * (-0.75f64).exp()).abs() < 1e-14);
        assert!((minus - 2.0 * (-2.25f64).exp()).abs() < 1e-14);
    }
}
