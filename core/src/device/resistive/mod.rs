//! Resistive switching: non-volatile devices whose conductance a voltage moves.
//!
//! One contract ([`Resistive`]) for all of them: a linear piece of voltage takes a conductance to another and
//! costs energy in device and limiter. Families:
//!
//! - [`DoseDevice`]: a rate of the voltage ([`Rate`]: exponential, threshold power law, counted pulses) times a
//!   state law ([`StateLaw`]: soft bound, linear, Querlioz, linear in resistance, measured table). Analog devices,
//!   VTEAM-like devices and pulse tables are combinations of these.
//! - [`BinarySwitch`]: abrupt between two log-normal resistances.
//!
//! [`Kinetics`] is a device of either.

mod binary;
mod dose;
mod kinetics;
mod law;
mod limited;
mod rate;
mod side;
#[cfg(test)]
mod tests;

pub use binary::{BinarySwitch, ResistanceSpread};
pub use dose::{DeviceSpread, DoseDevice};
pub use kinetics::Kinetics;
pub use law::{Bounds, Direction, StateLaw};
pub use rate::Rate;

use super::circuit::{Energies, Ramp};
use crate::numeric::standard_normal;
use crate::random::{Purpose, word};
use crate::units::{Ampere, Siemens, Volt};
use crate::waveform::Waveform;
use serde::{Deserialize, Serialize};

/// What a drive did to a device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Applied {
    /// Conductance afterwards, in siemens.
    pub g: f64,
    /// Where the energy went.
    pub energies: Energies,
    /// Sum of all doses, whatever their direction; for an abrupt device the number of switchings. Zero
    /// means that nothing was programmed.
    pub dose: f64,
}

/// The random numbers of one pulse: a function of (seed, device, number of the pulse).
///
/// Drawn per pulse and not per piece of it, so cutting a pulse changes nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum PulseDraw {
    /// The nominal device: every draw is zero.
    #[default]
    None,
    /// Pulse `count` of device `entity`.
    Keyed {
        /// Of the run.
        seed: u64,
        /// The device.
        entity: u32,
        /// Its pulses before this one.
        count: u64,
    },
}

/// Which of a pulse's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    /// Factor of the doses.
    Dose = 0,
    /// Where SET happens.
    SetThreshold = 1,
    /// Where RESET happens.
    ResetThreshold = 2,
    /// Resistance after SET.
    OnLevel = 3,
    /// Resistance after RESET.
    OffLevel = 4,
}

impl PulseDraw {
    /// A standard normal number.
    #[must_use]
    pub fn normal(self, slot: Slot) -> f64 {
        match self {
            Self::None => 0.0,
            Self::Keyed { seed, entity, count } => {
                let index = count.wrapping_mul(8).wrapping_add(slot as u64);
                standard_normal(word(seed, Purpose::CycleToCycle, entity, index))
            }
        }
    }
}

/// A non-volatile device.
pub trait Resistive {
    /// Bounds that no sequence of pulses leaves, in siemens.
    fn bounds(&self) -> Bounds;

    /// (SET, RESET): the largest magnitudes that program nothing in a nominal device, in volts.
    fn onsets(&self) -> (f64, f64);

    /// Current through limiter and device at conductance `g` and voltage `v`, in amperes.
    fn current(&self, g: f64, v: f64) -> f64;

    /// Whether it is on at conductance `g`, of a device that is either on or off.
    fn switched(&self, g: f64) -> Option<bool> {
        let _ = g;
        None
    }

    /// The same device with its window shrunk to this share of the logarithm of its ratio, of one that has a window.
    fn worn(&self, share: f64) -> Option<Box<dyn Resistive>> {
        let _ = share;
        None
    }

    /// Applies one linear piece of a pulse.
    fn apply(&self, g: f64, ramp: Ramp, draw: PulseDraw) -> Applied;

    /// Applies the segments of a pulse. (An impulse has no voltage and does nothing.)
    fn apply_pulse(&self, g: f64, pulse: &Waveform, draw: PulseDraw) -> Applied {
        let mut total = Applied { g, energies: Energies::default(), dose: 0.0 };
        for s in &pulse.segments {
            let step = self.apply(total.g, Ramp { from: s.from, to: s.to, length: s.length() }, draw);
            total.g = step.g;
            total.energies += step.energies;
            total.dose += step.dose;
        }
        total
    }
}

/// A parameter that is not valid for a resistive device.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ResistiveError {
    /// Two different bounds in their order.
    #[error("g_min = {g_min}, g_max = {g_max}; required: 0 < g_min < g_max")]
    Range {
        /// Lowest.
        g_min: Siemens,
        /// Highest.
        g_max: Siemens,
    },
    /// A time, rate or voltage that must be positive.
    #[error("{name} is {}; it must be above zero", crate::hint::number(*value))]
    NotPositive {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// Spreads are fractions.
    #[error("{name} is {}; a coefficient of variation must be finite and zero or more, such as 0.05", crate::hint::number(*value))]
    Spread {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A table that is not a curve.
    #[error(
        "the {list} table has {}; it must run from {from} strictly {way} to {to}",
        crate::hint::many(len, "point")
    )]
    Table {
        /// Which of the two.
        list: &'static str,
        /// How many points it has.
        len: usize,
        /// Where it must begin.
        from: Siemens,
        /// Where it must end.
        to: Siemens,
        /// "rising" or "falling".
        way: &'static str,
    },
    /// Two states that cannot be told apart.
    #[error(
        "r_on = {r_on:e} Ohm, r_off = {r_off:e} Ohm; their spreads overlap, so on and off cannot be told apart"
    )]
    Window {
        /// Median on, in ohms.
        r_on: f64,
        /// Median off, in ohms.
        r_off: f64,
    },
    /// A limiter that lets nothing pass.
    #[error("i_cc is {i_cc}; it must be above zero, such as \"1 mA\"")]
    Compliance {
        /// The value.
        i_cc: Ampere,
    },
    /// Onset voltages are magnitudes.
    #[error("{name} is {value}; write the magnitude of the voltage, above zero")]
    Onset {
        /// Name of the parameter.
        name: &'static str,
        /// Its value.
        value: Volt,
    },
}
