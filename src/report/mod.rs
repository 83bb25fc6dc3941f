//! What a person reads: the end-of-run text, the page, the comparison of two runs. Strings, no I/O.

pub mod compare;
#[cfg(test)]
pub(crate) mod example;
pub mod html;
mod learning;
pub mod manifest;
pub mod plan;
pub mod summary;
pub mod tables;
pub mod text;
