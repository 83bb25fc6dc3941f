//! Stimulus -> spikes: Poisson sources as marked processes, and the rate code of images.

mod alias;
mod inhomogeneous;
mod poisson;
mod process;
mod rate;

pub use alias::{AliasCell, AliasTable, Cells, choose};
pub use inhomogeneous::RateProfile;
pub use poisson::{BATCH, BLOCK, Block, BlockRate, MAX_BLOCK_RATE, MAX_DRAWN_RATE, crowded_gap_fs, gap_fs};
pub use process::{Law, Process};
pub use rate::RateCode;
