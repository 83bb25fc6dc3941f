//! Threshold switching: volatile devices that turn on above V_th and forget below V_h.
//!
//! The switch integrates the voltage it sees and relaxes with tau, so it is a leaky integrator that fires
//! without any other component. Source of the default parameters: Yan et al. (Ag/TiO2/Pt at 7 uA), figs. 1c
//! and 4; escape rate after Gerstner & Kistler, *Spiking Neuron Models* (2002), ch. 5.

mod circuit;
mod conductance;
mod load;
mod noise;
mod oscillator;
mod switch;
mod volatile;

pub use circuit::{Circuit, Fate, OPEN_AFTER};
pub use load::{Load, Loaded};
pub use noise::{EscapeNoise, ThresholdLaw, ThresholdSpread, Thresholds, log_sigma};
pub use oscillator::{Connected, PeriodEnergies, RelaxationOscillator};
pub use switch::{MAX_TURNS, SwitchEnergies, SwitchError, SwitchState, Switching, ThresholdSwitch};
pub use volatile::VolatileSwitch;

#[cfg(test)]
mod tests;
