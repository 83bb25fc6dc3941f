//! What the devices of synapses that learn without labels are: range, pulses, spread, wear and faults.

use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::numeric::{exp, ln, standard_normal};
use crate::random::{Purpose, Stream};
use crate::synapse::{DeviceRange, ReadPulse};
use serde::{Deserialize, Serialize};

/// Device-to-device coefficients of variation, normal numbers drawn once per device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dispersion {
    /// Of the step a+; a negative step is not valid and becomes zero.
    pub a_plus: f64,
    /// Of the step a-.
    pub a_minus: f64,
    /// Of the highest conductance; never below the device's lowest.
    pub g_max: f64,
    /// Of the lowest conductance.
    pub g_min: f64,
    /// Of the weight before anything is learned.
    pub initial: f64,
    /// Of the neurons' thresholds before they adapt.
    pub threshold: f64,
}

impl Dispersion {
    /// Everything by one coefficient of variation.
    #[must_use]
    pub fn of_all(cv: f64) -> Self {
        Self { a_plus: cv, a_minus: cv, g_max: cv, g_min: cv, initial: cv, threshold: cv }
    }

    /// Whether devices have steps and ranges of their own.
    pub(super) fn of_devices(&self) -> bool {
        [self.a_plus, self.a_minus, self.g_max, self.g_min].iter().any(|&cv| cv != 0.0)
    }

    /// 1 + cv z of each of `count` neurons, and at least a hundredth; empty without dispersion of thresholds. Neuron j
    /// uses word j of (seed, device-to-device, `entity`, 3).
    #[must_use]
    pub fn thresholds(&self, count: usize, seed: u64, entity: u32) -> Vec<f64> {
        if self.threshold == 0.0 {
            return Vec::new();
        }
        let mut stream = Stream::new(seed, Purpose::DeviceToDevice, entity, 3);
        (0..count).map(|_| (1.0 + self.threshold * standard_normal(stream.next_word())).max(0.01)).collect()
    }
}

/// What the devices are.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceModel {
    /// Bounds, and the levels a programmed conductance is rounded to.
    pub range: DeviceRange,
    /// What each read applies to a device.
    pub read: ReadPulse,
    /// The pulse behind each step upwards.
    pub set: ReadPulse,
    /// The pulse behind each step downwards.
    pub reset: ReadPulse,
    /// How devices differ; drawn once.
    pub dispersion: Dispersion,
    /// Cycle to cycle: coefficient of variation of every single step.
    pub cycle: f64,
    /// Shares of devices stuck at their bounds.
    pub faults: FaultRates,
    /// How pulses wear them; `None`: they do not.
    pub endurance: Option<Endurance>,
}

impl DeviceModel {
    /// Siemens per volt of weight.
    #[must_use]
    pub fn slope(&self, w_max: f64) -> f64 {
        (self.range.g_max - self.range.g_min).get() / w_max
    }

    /// The conductance that makes a weight.
    #[must_use]
    pub fn conductance(&self, w: f64, w_max: f64) -> f64 {
        self.range.g_min.get() + self.slope(w_max) * w
    }

    /// The lowest conductance a device can be brought to after `taken` pulses: its off state rises towards its on
    /// state.
    #[must_use]
    pub fn lowest(&self, endurance: &Endurance, taken: u64) -> f64 {
        let (g_min, g_max) = self.range.ends();
        g_max * exp(-endurance.window_share(taken) * ln(g_max / g_min))
    }

    /// Pulses that each of rows x cols devices survives, column by column; empty if they do not die. Device (row, column)
    /// is entity row cols + column.
    #[must_use]
    pub fn survives(&self, (rows, cols): (usize, usize), seed: u64) -> Vec<f64> {
        match &self.endurance {
            Some(endurance) if endurance.weibull_shape.is_some() => (0..rows * cols)
                .map(|at| endurance.survives(seed, (at % rows * cols + at / rows) as u32))
                .collect(),
            _ => Vec::new(),
        }
    }

    /// The weight that a conductance makes.
    #[must_use]
    pub fn weight(&self, g: f64, w_max: f64) -> f64 {
        (g - self.range.g_min.get()) / self.slope(w_max)
    }
}
