//! What a kind of device has to say: [`Model`]. It answers; bench and network ask.
//!
//! A device answers three questions, in closed form or within a stated tolerance where there is none: its state after a
//! segment of voltage, its current at a voltage, and what the segment spent. Time is counted from the state on, so that
//! a model holds no clock; what it draws comes from named streams ([`Draws`]). All else has an answer already, and is for
//! kinds that have more to say: what stays in them ([`Memory`]), what can be read off their loops, what is usual.

use super::circuit::{Energies, Ramp};
use super::endurance::Endurance;
use super::overlap::SpikePulse;
use super::parameters::Reader;
use super::protocol::Table;
use super::resistive::{PulseDraw, Resistive};
use super::retention::Retention;
use crate::keys::ModelKey;
use crate::plain::{Plain, Words};
use crate::units::Second;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Where a device's random numbers come from; nothing is drawn before it is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Draws {
    /// Of the run.
    pub seed: u64,
    /// The device: a part of the address of every draw.
    pub device: u32,
    /// Pulses before this one. A draw belongs to a whole pulse, so that cutting it changes nothing.
    pub pulse: u64,
    /// Whether there is a spread from cycle to cycle; without it all is nominal.
    pub noise: bool,
}

impl Draws {
    /// Of the first pulse of device 0.
    #[must_use]
    pub fn new(seed: u64, noise: bool) -> Self {
        Self { seed, device: 0, pulse: 0, noise }
    }

    /// The numbers of the pulse.
    #[must_use]
    pub fn of_pulse(&self) -> PulseDraw {
        if self.noise {
            PulseDraw::Keyed { seed: self.seed, entity: self.device, count: self.pulse }
        } else {
            PulseDraw::None
        }
    }
}

/// What a device can be in a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It integrates and fires.
    Neuron,
    /// Its conductance is a weight.
    Synapse,
}

/// The unit a measured number is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum MeasuredIn {
    /// Volts.
    #[serde(rename = "V")]
    Volt,
    /// Amperes.
    #[serde(rename = "A")]
    Ampere,
    /// Siemens.
    #[serde(rename = "S")]
    Siemens,
    /// Ohms.
    #[serde(rename = "Ohm")]
    Ohm,
    /// Seconds.
    #[serde(rename = "s")]
    Second,
    /// Watts.
    #[serde(rename = "W")]
    Watt,
    /// Joules.
    #[serde(rename = "J")]
    Joule,
    /// Shown in percent.
    #[serde(rename = "fraction")]
    Fraction,
    /// How many.
    #[serde(rename = "count")]
    Count,
    /// A plain number.
    #[serde(rename = "ratio")]
    Ratio,
}

impl MeasuredIn {
    /// "V", "%"; empty for a plain number.
    #[must_use]
    pub const fn symbol(self) -> &'static str {
        match self {
            Self::Volt => "V",
            Self::Ampere => "A",
            Self::Siemens => "S",
            Self::Ohm => "Ohm",
            Self::Second => "s",
            Self::Watt => "W",
            Self::Joule => "J",
            Self::Fraction => "%",
            Self::Count | Self::Ratio => "",
        }
    }
}

/// A quantity that is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// As scenarios name it.
    pub name: &'static str,
    /// Its unit.
    pub unit: MeasuredIn,
    /// Words for tables: "turn-on voltage".
    pub what: &'static str,
}

/// A quantity, for tables.
#[must_use]
pub const fn measure(name: &'static str, unit: MeasuredIn, what: &'static str) -> Measure {
    Measure { name, unit, what }
}

/// The axis on which a [`Landmark`] is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    /// Of a loop.
    Voltage,
    /// Of a loop.
    Current,
    /// After pulses.
    Conductance,
    /// Of cycles.
    Resistance,
}

/// Where a preset says that something happens: a mark in pictures.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Landmark {
    /// Where it is drawn.
    pub on: On,
    /// In the unit of the axis.
    pub at: f64,
    /// As print has it: "V_th".
    pub symbol: &'static str,
    /// The parameter that states it (of a negative voltage the magnitude).
    pub key: &'static str,
}

/// A landmark, for lists.
#[must_use]
pub const fn landmark(on: On, at: f64, symbol: &'static str, key: &'static str) -> Landmark {
    Landmark { on, at, symbol, key }
}

/// How far conductances that are programmed alike lie apart: coefficients of variation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Variation {
    /// From programming to programming, at the highest conductance.
    pub on: f64,
    /// The same at the lowest.
    pub off: f64,
    /// Of each device's own highest conductance, from device to device.
    pub device: f64,
}

/// What trains of pulses, cycles and time do to a device whose conductance stays.
#[derive(Clone, Copy)]
pub struct Memory<'a> {
    /// What a pulse does.
    pub device: &'a dyn Resistive,
    /// Conductances that it can stay at, where there are but few.
    pub levels: Option<u32>,
    /// How far from what is asked for it is programmed.
    pub variation: Variation,
    /// Conductance that experiments start from, in siemens.
    pub start: f64,
    /// Conductances of its two ends, (on, off), in siemens.
    pub ends: (f64, f64),
    /// What time does.
    pub retention: &'a Retention,
    /// How it wears out, if that is stated.
    pub endurance: Option<&'a Endurance>,
    /// The spike pulse it learns with, if one is known.
    pub pulse: Option<&'a SpikePulse>,
}

/// Numbers read off a curve by their names; `None` where there is nothing to read.
pub type ReadOff = Vec<(&'static str, Option<f64>)>;

/// Rate of sweeps: 10 mV/s, in volts per second.
pub const SLOW: f64 = 0.01;

/// A kind of device: the parameters of one, and what they do to its state.
///
/// Spans are in seconds, V = V_TE - V_BE in volts. Every function depends on its arguments alone.
pub trait Model: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// One device at one time. Its variables are columns of tables.
    type State: Plain;

    /// The `kind` of its preset files.
    const NAME: &'static str;

    /// Changes with the meaning of its state: what was saved with another version is refused.
    const VERSION: u32 = 1;

    /// One line for lists.
    const TITLE: &'static str;

    /// What it can be in a network, the usual first.
    const ROLES: &'static [Role];

    /// Every key that [`Model::read`] asks for, in the order of the reference.
    const KEYS: &'static [ModelKey];

    /// How many variables of the state tables have: the first so many.
    const SHOWN: usize = usize::MAX;

    /// The experiments that it takes, as scenarios call them.
    const EXPERIMENTS: &'static [&'static str] = &["iv", "pulses"];

    /// Why it has no other one that `memspike device` may be asked for.
    const LACKS: &'static [(&'static str, &'static str)] = &[];

    /// What [`Model::read_loop`] reads.
    const LOOP: &'static [Measure] = &[];

    /// The device of a preset; `None` after a fault.
    fn read(read: &mut Reader<'_>) -> Option<Self>;

    /// The state of a device that was left alone for long.
    fn start(&self, draws: &Draws) -> Self::State;

    /// The state after a linear piece of drive, and where its energy went. Cutting a piece in two changes nothing.
    fn advance(&self, state: &mut Self::State, drive: Ramp, draws: &Draws) -> Energies;

    /// Current through limiter and device at a voltage, in amperes.
    fn current(&self, state: &Self::State, v: f64) -> f64;

    /// The variables as tables show them: as they are, unless they are kept in another way than they are measured.
    fn columns(&self, state: &Self::State) -> Words {
        state.words()
    }

    /// The same parameters for one device among many, drawn by (seed, device); `None`: for the nominal one.
    #[must_use]
    fn one(&self, of: Option<(u64, u32)>) -> Self {
        let _ = of;
        self.clone()
    }

    /// The part whose conductance stays, if there is one.
    fn memory(&self) -> Option<Memory<'_>> {
        None
    }

    /// The state in which that conductance is `g` siemens.
    fn programmed(&self, g: f64) -> Option<Self::State> {
        let _ = g;
        None
    }

    /// The numbers of a loop that began in a state; its columns are those of [`super::protocol::iv`].
    fn read_loop(&self, table: &Table, start: &Self::State) -> ReadOff {
        let _ = (table, start);
        Vec::new()
    }

    /// Marks in its pictures.
    fn landmarks(&self) -> Vec<Landmark> {
        Vec::new()
    }

    /// The voltages it is usually driven to, (SET, RESET), of a preset that holds from `v_min` to `v_max`, in volts: the
    /// second negative, or zero for none.
    fn usual_drive(&self, [v_min, v_max]: [f64; 2]) -> (f64, f64) {
        (v_max, if self.memory().is_some() { v_min } else { 0.0 })
    }

    /// The usual rate of a sweep to `amplitude`, in volts per second.
    fn usual_rate(&self, amplitude: f64) -> f64 {
        let _ = amplitude;
        SLOW
    }

    /// Width and number of the pulses of a usual train to these voltages.
    fn usual_train(&self, drive: (f64, f64)) -> (Second, u32) {
        let _ = drive;
        (Second::new(1e-3), 5)
    }
}
