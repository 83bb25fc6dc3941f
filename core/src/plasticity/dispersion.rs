//! How devices differ: drawn once, the same whatever rule they learn by.

use crate::device::resistive::{DoseDevice, Rate};
use crate::numeric::standard_normal;
use crate::random::{Purpose, Stream};
use crate::units::{Quantity as _, Siemens};
use serde::{Deserialize, Serialize};

/// Device-to-device coefficients of variation, normal numbers drawn once per device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dispersion {
    /// Of steps upwards, or of SET doses; a negative step is not valid and becomes zero.
    pub a_plus: f64,
    /// Of steps downwards, or of RESET doses.
    pub a_minus: f64,
    /// Of the highest conductance; never below the device's lowest.
    pub g_max: f64,
    /// Of the lowest conductance.
    pub g_min: f64,
    /// Of the weight before anything is learned.
    pub initial: f64,
}

/// What dispersion makes of one device.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Differs {
    /// Factors of its steps up and down, or of its doses.
    pub steps: [f64; 2],
    /// Factors of g_min and g_max.
    pub low: f64,
    /// Of g_max.
    pub high: f64,
}

impl Dispersion {
    /// Everything by one coefficient of variation.
    #[must_use]
    pub fn of_all(cv: f64) -> Self {
        Self { a_plus: cv, a_minus: cv, g_max: cv, g_min: cv, initial: cv }
    }

    /// What each of `count` devices of a projection is; empty if they are alike. Device k uses words 4k to 4k + 3 of (seed,
    /// device-to-device, projection, 1): a+, a-, g_max, g_min.
    #[must_use]
    pub fn draw(&self, seed: u64, projection: u32, count: usize) -> Vec<Differs> {
        let Self { a_plus, a_minus, g_max, g_min, .. } = *self;
        if [a_plus, a_minus, g_max, g_min].iter().all(|&cv| cv == 0.0) {
            return Vec::new();
        }
        let mut stream = Stream::new(seed, Purpose::DeviceToDevice, projection, 1);
        let mut factor = |cv: f64| (1.0 + cv * standard_normal(stream.next_word())).max(0.0);
        let differs = |_| {
            let steps = [factor(a_plus), factor(a_minus)];
            let (high, low) = (factor(g_max), factor(g_min));
            Differs { steps, low, high }
        };
        (0..count).map(differs).collect()
    }

    /// Multiplies the weights of all synapses before anything is learned. Synapse k uses word k of (seed, device-to-device,
    /// projection, 2).
    pub fn start(&self, seed: u64, projection: u32, weights: &mut [f64]) {
        if self.initial > 0.0 {
            let mut stream = Stream::new(seed, Purpose::DeviceToDevice, projection, 2);
            weights.iter_mut().for_each(|w| *w *= 1.0 + self.initial * standard_normal(stream.next_word()));
        }
    }
}

impl Differs {
    /// The device with these parameters of its own.
    #[must_use]
    pub fn of(self, device: &DoseDevice) -> DoseDevice {
        let mut device = device.clone();
        let low = device.g_min.get() * self.low;
        // A range that has closed keeps a hundredth.
        let high = (device.g_max.get() * self.high).max(1.01 * low);
        device.g_min = Siemens::from_si(low).unwrap_or(device.g_min);
        device.g_max = Siemens::from_si(high).unwrap_or(device.g_max);
        for (rate, factor) in [&mut device.set, &mut device.reset].into_iter().zip(self.steps) {
            // What does not move takes forever.
            let slower = 1.0 / factor.max(1e-12);
            match rate {
                Rate::Exponential { tau, .. } => *tau = (*tau * slower).finite().unwrap_or(*tau),
                Rate::Power { k, .. } => *k = (*k / slower).finite().unwrap_or(*k),
                Rate::Pulses { width, .. } => *width = (*width * slower).finite().unwrap_or(*width),
            }
        }
        device
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dispersion_has_the_spread_that_was_asked_for() {
        let dispersion = Dispersion { a_plus: 0.2, g_max: 0.1, ..Dispersion::default() };
        let drawn = dispersion.draw(1, 0, 4000);
        let moments = |of: &dyn Fn(&Differs) -> f64| {
            let values: Vec<f64> = drawn.iter().map(of).collect();
            let mean = values.iter().sum::<f64>() / values.len() as f64;
            let square = values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / values.len() as f64;
            (mean, square.sqrt())
        };
        for (of, cv) in [
            (&(|d: &Differs| d.steps[0]) as &dyn Fn(&Differs) -> f64, 0.2),
            (&|d: &Differs| d.steps[1], 0.0),
            (&|d: &Differs| d.high, 0.1),
            (&|d: &Differs| d.low, 0.0),
        ] {
            let (mean, sd) = moments(of);
            assert!((mean - 1.0).abs() < 0.01 && (sd - cv).abs() <= 0.06 * cv, "{mean} {sd} {cv}");
        }
        assert!(Dispersion { initial: 0.3, ..Dispersion::default() }.draw(1, 0, 5).is_empty());
    }
}
