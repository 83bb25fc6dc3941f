//! Event-driven simulation of spiking neural networks made of memristors.

#![deny(unsafe_code)]

pub mod crossbar;
pub mod dataset;
pub mod device;
pub mod encoding;
pub mod energy;
pub mod engine;
pub mod fit;
pub mod network;
pub mod neuron;
pub mod numeric;
pub mod plasticity;
pub mod plot;
pub mod random;
pub mod readout;
pub mod record;
pub mod report;
pub mod scenario;
mod simd;
pub mod snapshot;
pub mod synapse;
pub mod time;
pub mod training;
pub mod units;
pub mod waveform;
pub mod written;
