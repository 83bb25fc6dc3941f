//! Memristors: what a pulse does to one device, what it costs, and what the device does when left alone.
//!
//! A model answers, the engine acts: everything here is a function of parameters, state, the drive, elapsed
//! time and draws. State is plain data.
//!
//! - [`model`]: what a kind of device says; [`Open`] is a device of any kind, [`kinds`] has those that are shipped.
//! - [`threshold`]: volatile switches (neurons, oscillators).
//! - [`resistive`]: what a pulse does to non-volatile devices (synapses); [`memory`]: the kinds made of that.
//! - [`retention`], [`endurance`], [`fault`]: what time, use and bad luck do.
//! - [`overlap`]: learning from two pulses on the two electrodes, and the window it leaves; [`electrodes`]: what a spike puts
//!   on each of them; [`lobes`]: what that does to many devices at once.
//! - [`passage`]: a device while pulses run on its electrodes, from one time to another.
//! - [`preset`]: published parameter sets with the origin of every number; [`parameters`]: how their files are read.
//! - [`protocol`]: characterisation of one device as tables.
//! - [`circuit`]: source, limiter and device in series, with the energy of each.
//!
//! Sign: V = V_TE - V_BE; positive voltage SETs.

pub mod circuit;
pub mod electrodes;
pub mod endurance;
pub mod fault;
pub mod kinds;
pub mod lobes;
pub mod memory;
pub mod model;
mod open;
pub mod overlap;
pub mod parameters;
pub mod passage;
pub mod preset;
pub mod protocol;
pub mod resistive;
pub mod retention;
pub mod threshold;

pub use crate::plain::Words;
pub use open::{DeviceEntry, Open};
