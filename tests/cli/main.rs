//! The program, from the outside.

mod bad_input;
mod common;
mod currents;
mod device;
mod features;
mod fit;
mod library;
mod migrating;
mod run;
mod scenarios;
mod sets;
mod sources;
mod trace;
mod usage;
