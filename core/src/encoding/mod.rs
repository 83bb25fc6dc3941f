//! Stimulus -> spikes: Poisson sources as marked processes, the rate code of images, and codes in which values are spikes at given
//! times (`encoder`), sound among them (`cochlea`).

mod alias;
mod augment;
mod bursts;
pub mod cochlea;
mod delta;
mod encoder;
mod first_spike;
mod gamma;
mod inhomogeneous;
mod phase_code;
mod poisson;
mod population;
mod process;
mod rate;
mod regular;
mod train;

pub use alias::{AliasCell, AliasTable, Cells, choose};
pub use augment::Augment;
pub use bursts::Bursts;
pub use cochlea::Cochlea;
pub use delta::DeltaCode;
pub use encoder::{Encoder, EncoderEntry, MOST_SPIKES, Spikes, Timed, each, shipped};
pub use first_spike::{FirstSpikes, Latency};
pub use gamma::Gamma;
pub use inhomogeneous::RateProfile;
pub use phase_code::PhaseCode;
pub use poisson::{BATCH, BLOCK, Block, BlockRate, MAX_BLOCK_RATE, MAX_DRAWN_RATE, crowded_gap_fs, gap_fs};
pub use population::Population;
pub use process::{Law, Process};
pub use rate::RateCode;
pub use regular::Regular;
pub use train::{OpenTrain, TRAIN_WORDS, Train, TrainEntry, trains};
