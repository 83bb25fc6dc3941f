//! Learning rules through the network engine.

mod apart;
mod common;
mod engines;
mod own;
mod threads;
mod trajectories;
