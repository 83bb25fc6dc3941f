//! Runs of plans: the same whatever carries them out, and wherever they are cut.

mod combinations;
mod common;
mod cut;
mod endless;
mod fingerprints;
mod idle;
mod in_situ;
mod keys;
mod leakage;
mod offsets;
mod optimizers;
mod own_data;
mod own_parameters;
mod plasticity;
mod reach;
mod readouts;
mod records;
mod regression;
mod same_counts;
mod scenarios;
mod training;
mod training_bits;
mod training_held;
mod unsupervised;
mod unsupervised_memristor;
mod unsupervised_overlap;
