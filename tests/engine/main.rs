//! The engine: both of them, against each other and against computations that share nothing with them.

mod common;
mod competition;
mod current_frequency;
mod currents;
mod cuts;
mod equivalence;
mod instants;
mod limits;
mod mean_field;
mod networks;
mod oracle;
mod regimes;
mod renumbering;
mod statistics;
mod switch_neuron;
