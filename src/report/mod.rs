//! What a person reads: the end-of-run text, the page, the comparison of two runs. Strings, no I/O.

pub mod accuracy;
pub mod book;
pub mod by_name;
pub mod compare;
pub mod device;
pub mod diverging;
#[cfg(test)]
pub(crate) mod example;
mod frame;
pub mod html;
mod lines;
pub mod manifest;
pub mod parameters;
pub mod performance;
pub mod plan;
pub mod profile;
pub mod results;
pub mod row;
pub mod seeds;
pub mod set;
pub mod spread;
mod sum;
pub mod summary;
pub mod sweep;
pub mod table;
mod tables;
pub mod text;
mod told;
pub mod unsupervised;
