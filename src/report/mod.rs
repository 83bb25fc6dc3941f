//! What a person reads: the end-of-run text, the page, the comparison of two runs. Strings, no I/O.

pub mod accuracy;
pub mod book;
pub mod by_name;
pub mod compare;
pub mod device;
#[cfg(test)]
pub(crate) mod example;
pub mod html;
mod lines;
pub mod manifest;
pub mod performance;
pub mod plan;
pub mod results;
pub mod row;
pub mod set;
mod sum;
pub mod summary;
mod tables;
pub mod text;
mod told;
pub mod unsupervised;
