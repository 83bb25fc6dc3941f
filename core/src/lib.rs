//! What memspike computes with: time, units, devices, neurons, networks and the engine that runs them.
//!
//! Programs use it through the crate `memspike`, which has all of these modules under the same names, and models of
//! neurons beside them. It is a crate of its own because it is compiled as one piece, for speed; what stands around it is not.

#![deny(unsafe_code)]
#![warn(missing_docs)]

pub mod crossbar;
pub mod dataset;
pub mod device;
pub mod encoding;
pub mod energy;
pub mod engine;
pub mod fit;
pub mod hint;
pub mod keys;
pub mod limits;
pub mod network;
pub mod neuron;
pub mod numeric;
mod open;
pub mod plain;
pub mod plasticity;
pub mod random;
pub mod readout;
pub mod record;
pub mod renamed;
mod simd;
pub mod snapshot;
pub mod synapse;
mod threads;
pub mod time;
pub mod training;
pub mod units;
pub mod waveform;
pub mod written;
