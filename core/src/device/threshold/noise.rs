//! Randomness of a threshold switch: thresholds that differ, and escape before the threshold.

use super::ThresholdSwitch;
use crate::numeric::{exp, gauss, ln, relaxation, rising_root, scaled_ei, standard_normal, standard_normals};
use crate::random::{Purpose, unit, word};
use crate::simd::{Work, vectorised};
use crate::units::{Second, Volt};
use serde::{Deserialize, Serialize};

/// Law of the thresholds of successive cycles.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThresholdLaw {
    /// ln V_th is normal.
    #[default]
    LogNormal,
    /// Weakest link: V_th = scale (-ln U)^(1/k), k from the coefficient of variation (k = 1.2/CV, good to 5 %
    /// for CV below 0.2), scaled to the nominal median.
    Weibull,
}

/// Spread of the turn-on voltage around its nominal value (the median).
///
/// 5 % each in device presets. Assumed: Yan et al. give none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ThresholdSpread {
    /// Coefficient of variation from cycle to cycle.
    pub cycle: f64,
    /// Coefficient of variation from device to device (log-normal).
    pub device: f64,
    /// Law of the cycles.
    pub law: ThresholdLaw,
}

impl ThresholdSpread {
    /// Threshold in volts of `entity` after its n-th return to off: a function of the arguments alone.
    #[must_use]
    pub fn v_th(&self, switch: &ThresholdSwitch, seed: u64, entity: u32, cycle: u64) -> f64 {
        let thresholds = self.thresholds(switch);
        let median = thresholds.median(seed, entity);
        thresholds.cycle(median, word(seed, Purpose::Threshold, entity, cycle))
    }

    /// Thresholds of such switches.
    #[must_use]
    pub fn thresholds(&self, switch: &ThresholdSwitch) -> Thresholds {
        Thresholds {
            spread: *self,
            v_th: switch.v_th.get(),
            floor: self.floor(switch).get(),
            cycle: log_sigma(self.cycle),
            device: log_sigma(self.device),
        }
    }

    /// The lowest threshold there is: 1.01 V_h (at 5 % an event of 18 sigma). A switch that turns on
    /// below its hold voltage would never be off.
    #[must_use]
    pub fn floor(&self, switch: &ThresholdSwitch) -> Volt {
        1.01 * switch.v_hold
    }
}

/// What thresholds of switches are drawn with, worked out once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    spread: ThresholdSpread,
    /// Nominal and lowest, in volts.
    v_th: f64,
    floor: f64,
    /// sigma of ln V_th from cycle to cycle and from device to device.
    cycle: f64,
    device: f64,
}

impl Thresholds {
    /// Median threshold of one device in volts: V_th e^(sigma z), z its own for ever.
    #[must_use]
    pub fn median(&self, seed: u64, entity: u32) -> f64 {
        if self.spread.device > 0.0 {
            let z = standard_normal(word(seed, Purpose::DeviceToDevice, entity, 0));
            self.v_th * exp(self.device * z)
        } else {
            self.v_th
        }
    }

    /// Threshold in volts of one cycle of a device with the given median, from a random word.
    #[must_use]
    pub fn cycle(&self, median: f64, drawn: u64) -> f64 {
        let mut v_th = median;
        if self.spread.cycle > 0.0 {
            v_th *= match self.spread.law {
                ThresholdLaw::LogNormal => exp(self.cycle * standard_normal(drawn)),
                ThresholdLaw::Weibull => {
                    let exponential = -ln(unit(drawn));
                    exp(ln((exponential / std::f64::consts::LN_2).max(1e-300)) * self.spread.cycle / 1.2)
                }
            };
        }
        v_th.max(self.floor)
    }

    /// [`Thresholds::cycle`] of many devices.
    pub fn cycles(&self, medians: &[f64], drawn: &[u64], v_th: &mut [f64]) {
        if self.spread.cycle > 0.0 && self.spread.law == ThresholdLaw::LogNormal {
            standard_normals(drawn, v_th);
            vectorised(Cycles { sigma: self.cycle, floor: self.floor, medians, v_th });
        } else {
            let devices = medians.iter().zip(drawn);
            v_th.iter_mut()
                .zip(devices)
                .for_each(|(v_th, (&median, &drawn))| *v_th = self.cycle(median, drawn));
        }
    }
}

struct Cycles<'a> {
    sigma: f64,
    floor: f64,
    medians: &'a [f64],
    /// Standard normal numbers; then thresholds.
    v_th: &'a mut [f64],
}

impl Work for Cycles<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (v_th, &median) in self.v_th.iter_mut().zip(self.medians) {
            *v_th = (median * exp(self.sigma * *v_th)).max(self.floor);
        }
    }
}

/// sigma of ln X for a log-normal X of this coefficient of variation: sqrt(ln(1 + CV^2)).
#[must_use]
pub fn log_sigma(cv: f64) -> f64 {
    crate::numeric::ln_1p(cv * cv).sqrt()
}

/// Escape over a barrier that the state lowers: rho(u) = (1/tau0) e^((u - V_th)/dV).
///
/// An alternative to spread thresholds: nucleation at any u, with a rate of 1/tau0 at the threshold.
/// Assumed values: Yan et al. give no switching statistics.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct EscapeNoise {
    /// Voltage that makes it e times faster.
    pub v_scale: Volt,
    /// Mean waiting time at the threshold.
    pub tau0: Second,
}

impl EscapeNoise {
    /// Escapes per second at state `u`.
    #[must_use]
    pub fn rate(&self, u: f64, v_th: f64) -> f64 {
        (exp(Volt::of(u - v_th) / self.v_scale) / self.tau0).get()
    }

    /// Hazard H of `dt` seconds of relaxation from `u` towards `target` = V + u_rest:
    ///
    /// H = (tau/tau0) e^((target - V_th)/dV) [Ei(c) - Ei(c e^(-t/tau))], c = (u - target)/dV.
    ///
    /// The probability to have escaped is 1 - e^-H. Three forms of the bracket avoid overflow and
    /// cancellation: the power series for small c, quadrature where Ei hardly changes, else Ei scaled
    /// with the rate at either end.
    #[must_use]
    pub fn hazard(&self, tau: f64, u: f64, target: f64, v_th: f64, dt: f64) -> f64 {
        let d_v = self.v_scale.get();
        let s = dt / tau;
        let c = (u - target) / d_v;
        let scale = Second::of(tau) / self.tau0;
        if s > 30.0 {
            // c e^-30 < 1e-10 for every c that does not overflow: from there on the rate is constant.
            let rest = scale * exp((target - v_th) / d_v) * (s - 30.0);
            return self.hazard(tau, u, target, v_th, 30.0 * tau) + rest;
        }
        if c.abs() <= 2.0 {
            let (mut power, mut sum, mut k) = (1.0, s, 1.0);
            while k < 30.0 {
                power *= c / k;
                sum += power / k * relaxation(k * s).0;
                k += 1.0;
            }
            return scale * exp((target - v_th) / d_v) * sum;
        }
        let c1 = c * exp(-s);
        let at = |c: f64| exp((target - v_th) / d_v + c);
        if (c - c1).abs() < 1.0 {
            return scale * gauss(0.0, s, |s| at(c * exp(-s)));
        }
        scale * (at(c) * scaled_ei(c) - at(c1) * scaled_ei(c1))
    }

    /// Seconds until the hazard reaches `draw` (exponential with mean 1), if that is within `limit` seconds.
    #[must_use]
    pub fn escape(&self, tau: f64, u: f64, target: f64, v_th: f64, draw: f64, limit: f64) -> Option<f64> {
        let reached = self.hazard(tau, u, target, v_th, limit);
        if reached.is_nan() || reached < draw {
            return None;
        }
        let root = rising_root(0.0, limit, 0.5 * limit, |t| {
            let state = target + (u - target) * exp(-(t / tau));
            (self.hazard(tau, u, target, v_th, t) - draw, self.rate(state, v_th))
        });
        Some(root)
    }
}
