//! Neuron models: what a membrane does between events, when it fires and where it resets to.
//!
//! A model answers, the engine acts: nothing here schedules anything or knows what time it is.

mod lif;

pub use lif::{Lif, Reset};
