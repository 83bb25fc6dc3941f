//! What runs take from the disk and leave on it: options of one run and of those of a sweep.

use super::values::patience;
use clap::{Args, ValueHint};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What runs take and leave on disk, one alone and those of a sweep.
#[derive(Clone, Debug, Default, Args, Serialize, Deserialize)]
pub struct Kept {
    /// Where the data sets are; also read from MEMSPIKE_DATA.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,
    /// Also write the spikes of these populations or sources; "tensorboard" is what a run measures on its way, for TensorBoard.
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub record: Vec<String>,
    /// How records are written, in place of `formats` of [record]; several with commas.
    #[arg(long, value_name = "FORMAT", value_delimiter = ',')]
    pub record_format: Vec<String>,
    /// Also write every plot as PNG.
    #[arg(long)]
    pub png: bool,
    /// Keep a checkpoint that often, such as "5 min" of computing. Default: so often that it costs about 1 %.
    #[arg(long, value_name = "TIME", value_parser = patience)]
    pub checkpoint_every: Option<f64>,
}
