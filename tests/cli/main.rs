//! The program, from the outside.

mod bad_input;
mod clocked;
mod common;
mod currents;
mod device;
mod export;
mod features;
mod fit;
mod fit_presets;
#[cfg(unix)]
mod kills;
mod library;
mod migrating;
mod numbers;
mod one_file;
mod pages;
mod repeat;
#[cfg(unix)]
mod resume;
mod run;
mod scenarios;
mod sets;
mod sources;
#[cfg(feature = "spreadsheet")]
mod spreadsheet;
mod sweep;
mod trace;
mod usage;
mod watching;
