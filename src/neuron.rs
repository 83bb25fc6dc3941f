//! Neuron models: those that the engine knows, and a file for each further one.

pub mod accumulate;
pub mod adaptive_lif;
pub mod adex;
pub mod conductance_lif;
pub mod integrator;
pub mod izhikevich;
pub mod oscillator;
pub mod poisson_neuron;
// What runs one neuron in a test, and what every model has to pass.
#[cfg(test)]
#[path = "../core/src/neuron/tests.rs"]
mod tests;

#[doc(inline)]
pub use memspike_core::neuron::*;
