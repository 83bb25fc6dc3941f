//! What a person reads: the end-of-run text, the page, the comparison of two runs. Strings, no I/O.

pub mod book;
pub mod compare;
pub mod device;
#[cfg(test)]
pub(crate) mod example;
pub mod html;
pub mod manifest;
pub mod plan;
pub mod set;
pub mod summary;
pub mod tables;
pub mod text;
