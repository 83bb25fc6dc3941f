//! What the command line changes in a scenario.

use super::values::key_value;
use clap::{Args, ValueHint};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Options of every command that loads a scenario.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Overrides {
    /// Seed of every random draw; the same seed gives the same results.
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Change one value of the scenario, such as protocol.epochs=5; can be repeated.
    #[arg(long, value_name = "KEY=VALUE", value_parser = key_value)]
    pub set: Vec<(String, String)>,
    /// Change the values that this TOML file has, written as in a scenario; before --set; can be repeated.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    #[serde(default)]
    pub set_file: Vec<PathBuf>,
}
