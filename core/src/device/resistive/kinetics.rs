//! What pulses do to a device, of either family: what synapses are made of whose devices are moved by pulses.

use super::{Applied, BinarySwitch, Bounds, DeviceSpread, DoseDevice, PulseDraw, Resistive, ResistiveError};
use crate::device::circuit::Ramp;
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// A device that pulses move.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kinetics {
    /// Little by little.
    Dose(DoseDevice),
    /// From off to on and back.
    Abrupt(BinarySwitch),
}

impl From<DoseDevice> for Kinetics {
    fn from(device: DoseDevice) -> Self {
        Self::Dose(device)
    }
}

impl From<BinarySwitch> for Kinetics {
    fn from(device: BinarySwitch) -> Self {
        Self::Abrupt(device)
    }
}

impl Kinetics {
    /// The device, if doses move it.
    #[must_use]
    pub fn dose(&self) -> Option<&DoseDevice> {
        match self {
            Self::Dose(device) => Some(device),
            Self::Abrupt(_) => None,
        }
    }

    fn device(&self) -> &dyn Resistive {
        match self {
            Self::Dose(device) => device,
            Self::Abrupt(device) => device,
        }
    }

    /// The conductances (siemens) that the ends of a weight stand for: its bounds, or the medians of its two states.
    #[must_use]
    pub fn ends(&self) -> Bounds {
        match self {
            Self::Dose(device) => device.bounds(),
            Self::Abrupt(device) => Bounds { g_min: device.median(false), g_max: device.median(true) },
        }
    }

    /// The parameters of one device among many ([`DoseDevice::own`]); abrupt ones are alike.
    #[must_use]
    pub fn own(&self, spread: &DeviceSpread, seed: u64, entity: u32) -> Self {
        match self {
            Self::Dose(device) => Self::Dose(device.own(spread, seed, entity)),
            Self::Abrupt(_) => self.clone(),
        }
    }

    /// All faults of these parameters.
    #[must_use]
    pub fn faults(&self) -> Vec<ResistiveError> {
        match self {
            Self::Dose(device) => device.faults(),
            Self::Abrupt(device) => device.faults(),
        }
    }

    /// (SET, RESET) doses of a whole waveform; of an abrupt device 1 where it passes the nominal onset.
    #[must_use]
    pub fn doses(&self, pulse: &Waveform) -> (f64, f64) {
        match self {
            Self::Dose(device) => device.pulse_doses(pulse),
            Self::Abrupt(device) => {
                let (set, reset) = device.onsets();
                let ends = || pulse.segments.iter().flat_map(|segment| [segment.from, segment.to]);
                let beyond = |sign: f64, onset: f64| f64::from(ends().any(|v| sign * v > onset));
                (beyond(1.0, set), beyond(-1.0, reset))
            }
        }
    }
}

impl Resistive for Kinetics {
    fn bounds(&self) -> Bounds {
        self.device().bounds()
    }

    fn onsets(&self) -> (f64, f64) {
        self.device().onsets()
    }

    fn current(&self, g: f64, v: f64) -> f64 {
        self.device().current(g, v)
    }

    fn switched(&self, g: f64) -> Option<bool> {
        self.device().switched(g)
    }

    fn worn(&self, share: f64) -> Option<Box<dyn Resistive>> {
        self.device().worn(share)
    }

    fn apply(&self, g: f64, ramp: Ramp, draw: PulseDraw) -> Applied {
        self.device().apply(g, ramp, draw)
    }
}
