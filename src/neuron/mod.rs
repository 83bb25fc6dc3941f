//! Neuron models: what a membrane does between events, when it fires and where it resets to.
//!
//! A model answers, the engine acts: nothing here schedules anything or knows what time it is.
//!
//! `lif` is the paper's eq. (2). The same device seen as a volatile threshold switch (on and off
//! states, turn-off at the hold voltage, thresholds redrawn at each switching) will be a model of
//! its own beside it, on the same `membrane`.

mod lif;
pub mod synaptic;
mod train;

/// The membrane's equation; a volatile filament obeys the same one.
pub use crate::numeric::first_order as membrane;
pub use lif::{Lif, LifError, Reset};
pub use train::PulseTrain;
