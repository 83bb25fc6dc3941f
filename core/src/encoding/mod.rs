//! Stimulus -> spikes: Poisson sources as marked processes, the rate code of images, and the code of times of first spikes.

mod alias;
mod first_spike;
mod inhomogeneous;
mod poisson;
mod process;
mod rate;

pub use alias::{AliasCell, AliasTable, Cells, choose};
pub use first_spike::{FirstSpikes, Latency};
pub use inhomogeneous::RateProfile;
pub use poisson::{BATCH, BLOCK, Block, BlockRate, MAX_BLOCK_RATE, MAX_DRAWN_RATE, crowded_gap_fs, gap_fs};
pub use process::{Law, Process};
pub use rate::RateCode;
