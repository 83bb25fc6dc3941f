//! The engine: both of them, against each other and against computations that share nothing with them.

mod common;
mod competition;
mod current_frequency;
mod currents;
mod cuts;
mod equivalence;
mod floor;
mod initial;
mod instants;
mod leakage;
mod limits;
#[cfg(feature = "scenario")]
mod mean_field;
mod mixed;
mod networks;
mod nmnist;
mod one_device;
mod one_synapse;
mod open;
mod oracle;
mod per_neuron;
mod regimes;
mod registered;
mod renumbering;
mod run;
mod several;
mod statistics;
#[cfg(feature = "scenario")]
mod switch_neuron;
mod waveforms;
