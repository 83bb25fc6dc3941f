//! Event-driven simulation of spiking neural networks made of memristors.

pub mod energy;
pub mod neuron;
pub mod numeric;
pub mod plot;
pub mod random;
pub mod record;
pub mod report;
pub mod scenario;
pub mod synapse;
pub mod time;
pub mod units;
pub mod waveform;
