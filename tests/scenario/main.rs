//! Scenario files: those that are shipped, those that are wrong, and what is made of them.

mod devices;
mod in_situ;
mod layers;
mod layers_told;
mod live;
mod messages;
mod paper_figures;
mod per_neuron;
mod robust;
mod shipped;
mod voltages;
mod words;
