//! Stimulus -> spikes: Poisson sources as marked processes, and the rate code of images.

mod alias;
mod poisson;
mod rate;

pub use alias::{AliasCell, AliasTable, choose};
pub use poisson::{BATCH, BLOCK, Block, BlockRate, gap_fs};
pub use rate::RateCode;
