//! What users write: TOML as a tree in which every key and value knows where it was written, and what is wrong with it.
//!
//! Scenarios, what extends them, presets and arguments of the command line are all read into this tree, so that a
//! fault in any of them is told in one way: what, where, the value, what is allowed, what to do.

pub mod diagnostic;
pub mod long;
mod render;
pub mod text;

pub use diagnostic::{At, Diagnostic, Diagnostics, Severity, Source, nearest};
pub use long::Rows;
pub use text::{Item, Node, Table, Value};
