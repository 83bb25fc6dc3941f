//! Memristors: what a pulse does to one device, what it costs, and what the device does when left alone.
//!
//! A model answers, the engine acts: everything here is a function of parameters, state, the drive, elapsed
//! time and draws. State is plain data.
//!
//! - [`threshold`]: volatile switches (neurons, oscillators).
//! - [`resistive`]: non-volatile devices (synapses).
//! - [`retention`], [`endurance`], [`fault`]: what time, use and bad luck do; [`Cell`] is one device with all of it.
//! - [`overlap`]: learning from two pulses on the two electrodes, and the window it leaves.
//! - [`passage`]: a device while pulses run on its electrodes, from one time to another.
//! - [`preset`]: published parameter sets with the origin of every number.
//! - [`protocol`]: characterisation of one device as tables.
//! - [`circuit`]: source, limiter and device in series, with the energy of each.
//!
//! Sign: V = V_TE - V_BE; positive voltage SETs.

mod cell;
#[warn(missing_docs)]
pub mod circuit;
#[warn(missing_docs)]
pub mod endurance;
#[warn(missing_docs)]
pub mod fault;
#[warn(missing_docs)]
pub mod overlap;
#[warn(missing_docs)]
pub mod passage;
pub mod preset;
pub mod protocol;
pub mod resistive;
#[warn(missing_docs)]
pub mod retention;
#[warn(missing_docs)]
pub mod threshold;

pub use cell::{Cell, CellModel};
