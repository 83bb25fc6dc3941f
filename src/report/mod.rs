//! What a person reads: the end-of-run text, the page, the comparison of two runs. Strings, no I/O.

pub mod compare;
#[doc(hidden)]
pub mod example;
pub mod html;
pub mod number;
pub mod plan;
pub mod text;
