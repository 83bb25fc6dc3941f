//! How far from its target a conductance ends up.

use super::mapping::{DeviceRange, MappingError};
use crate::device::model::{Memory, Variation};
use crate::numeric::{LogNormal, Real, ln, log_normal};
use crate::simd::{Work, vectorised};
use serde::{Deserialize, Serialize};

/// Spread of a programmed conductance: log-normal, with the conductance that was asked for as its mean and with this CV.
///
/// A programmed device lies about what it was asked for also at the ends of its range, of which it is the CV that was
/// measured (Yan et al., fig. 2a: R_on and R_off). Cut off there, half of the devices asked for an end would have it, and
/// of a CV of 0.81 % would be left 0.47 %. The CV is interpolated in ln G between `cv_on` at `g_max` and `cv_off` at `g_min`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Coefficient of variation of the conductance at `g_max`. Paper: 0.0081 (fig. 2a).
    pub cv_on: f64,
    /// Coefficient of variation of the conductance at `g_min`. Paper: 0.0115 (fig. 2a).
    pub cv_off: f64,
    /// Device-to-device: coefficient of variation of each device's own `g_max`, drawn once. The whole
    /// range of a device stretches with its `g_max` (programming is blind: a level is a fraction
    /// of the device's own range).
    pub cv_device: f64,
}

impl Spread {
    /// No spread at all.
    pub const NONE: Self = Self { cv_on: 0.0, cv_off: 0.0, cv_device: 0.0 };

    /// That with which a device says it is programmed. A small spread of a resistance is that of its conductance.
    #[must_use]
    pub fn of(memory: &Memory<'_>) -> Self {
        let Variation { on, off, device } = memory.variation;
        Self { cv_on: on, cv_off: off, cv_device: device }
    }

    /// All faults of this spread.
    #[must_use]
    pub fn faults(&self) -> Vec<MappingError> {
        let named = [("cv_on", self.cv_on), ("cv_off", self.cv_off), ("cv_device", self.cv_device)];
        let wrong = named.into_iter().filter(|(_, cv)| !(cv.is_finite() && *cv >= 0.0));
        wrong.map(|(name, value)| MappingError::Spread { name, value }).collect()
    }

    /// Coefficient of variation of a conductance programmed to `g`: linear in ln G from `cv_off` at
    /// `g_min` to `cv_on` at `g_max`.
    #[must_use]
    pub fn cv_at(&self, g: f64, range: &DeviceRange) -> f64 {
        if self.cv_on == self.cv_off {
            return self.cv_on;
        }
        let (g_min, g_max) = range.ends();
        let part = ln(g / g_min) / ln(g_max / g_min);
        self.cv_off + (self.cv_on - self.cv_off) * part
    }

    /// The conductance a device takes when it is asked for `target`, from two standard normal numbers:
    /// its own (`z_device`, the same for ever) and that of this programming (`z`).
    ///
    /// Its range ends at [`Spread::own_max`] and what is asked for stretches with it; then G <- G
    /// [`log_normal`](crate::numeric::log_normal)(CV, z).
    #[must_use]
    pub fn programmed(&self, target: f64, range: &DeviceRange, z_device: f64, z: f64) -> f64 {
        let (g_min, g_max) = range.ends();
        let own_max = self.own_max(range, z_device);
        let asked = if own_max == g_max {
            target
        } else {
            g_min + (target - g_min) * ((own_max - g_min) / (g_max - g_min))
        };
        asked * log_normal(self.cv_at(target, range), z)
    }

    /// [`Spread::programmed`] of many targets, each with its two numbers.
    pub fn all_programmed<R: Real>(
        &self,
        range: &DeviceRange,
        normals: (&[R], &[R]),
        conductances: &mut [R],
    ) {
        vectorised(Programmed { spread: self, range, normals, conductances });
    }

    /// The end of the range of one device, from its standard normal number: log-normal about g_max with the CV `cv_device`,
    /// and not below g_min.
    #[must_use]
    pub fn own_max(&self, range: &DeviceRange, z_device: f64) -> f64 {
        let (g_min, g_max) = range.ends();
        (g_max * log_normal(self.cv_device, z_device)).max(g_min)
    }
}

struct Programmed<'a, R> {
    spread: &'a Spread,
    range: &'a DeviceRange,
    normals: (&'a [R], &'a [R]),
    conductances: &'a mut [R],
}

impl<R: Real> Work for Programmed<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { spread, range, normals: (own, error), conductances } = self;
        if spread.cv_device == 0.0 && spread.cv_on == spread.cv_off {
            // Each device has the range of all, and the spread is one.
            let spread = LogNormal::of(spread.cv_on);
            // (A loop, and no `for_each`: what that calls is not compiled for these vectors.)
            for (g, &z) in conductances.iter_mut().zip(error) {
                *g *= spread.factor(z);
            }
        } else {
            for (g, (&own, &z)) in conductances.iter_mut().zip(own.iter().zip(error)) {
                let programmed = spread.programmed(g.to_f64(), range, own.to_f64(), z.to_f64());
                *g = R::from_f64(programmed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Siemens;
    use proptest::prelude::*;

    fn range(levels: Option<u32>) -> DeviceRange {
        DeviceRange { g_min: Siemens::new(1e-9), g_max: Siemens::new(1e-5), levels }
    }

    #[test]
    fn the_spread_is_interpolated_in_the_logarithm_of_the_conductance() {
        let spread = Spread { cv_on: 0.0081, cv_off: 0.0115, cv_device: 0.0 };
        let range = range(None);
        assert_eq!(spread.cv_at(1e-9, &range), 0.0115);
        assert!((spread.cv_at(1e-5, &range) - 0.0081).abs() < 1e-16);
        assert!((spread.cv_at(1e-7, &range) - 0.0098).abs() < 1e-15);
    }

    #[test]
    fn a_conductance_has_the_mean_and_the_cv_that_were_asked_for_at_the_ends_of_the_range_too() {
        let n = 20_000;
        for cv in [0.0081, 0.3] {
            let spread = Spread { cv_on: cv, cv_off: cv, cv_device: 0.0 };
            for target in [1e-9, 5e-6, 1e-5] {
                // Evenly spaced probabilities: the law itself, to the width of a step.
                let z = |k: u32| crate::numeric::normal_quantile((f64::from(k) + 0.5) / f64::from(n));
                let g: Vec<f64> =
                    (0..n).map(|k| spread.programmed(target, &range(None), 0.0, z(k))).collect();
                let mean = g.iter().sum::<f64>() / f64::from(n);
                let sd = (g.iter().map(|g| (g - mean) * (g - mean)).sum::<f64>() / f64::from(n)).sqrt();
                assert!((mean / target - 1.0).abs() < 1e-4 * cv, "{target} {cv}: {mean}");
                assert!((sd / mean / cv - 1.0).abs() < 2e-3, "{target} {cv}: {}", sd / mean);
            }
        }
        let own = Spread { cv_device: 0.1, ..Spread::NONE };
        assert_eq!(own.own_max(&range(None), -1e3), 1e-9);
    }

    proptest! {
        #[test]
        fn a_programmed_conductance_is_positive_whatever_the_spread(
            x in 0.0..1.0f64, cv in 0.0..2.0f64, z in -8.0..8.0f64, z_device in -8.0..8.0f64, cv_device in 0.0..0.5f64,
        ) {
            let range = range(None);
            let spread = Spread { cv_on: cv, cv_off: 0.5 * cv, cv_device };
            let target = 1e-9 + x * (1e-5 - 1e-9);
            let g = spread.programmed(target, &range, z_device, z);
            prop_assert!(g > 0.0 && g.is_finite());
            prop_assert_eq!(Spread::NONE.programmed(target, &range, z_device, z), target);
        }
    }
}
