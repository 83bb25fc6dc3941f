//! memspike from Python: what the package `memspike` is made of.
//!
//! Rust computes and Python speaks: this crate hands over numbers, lines and errors as they are, and the modules beside it
//! (`python/memspike`) make objects of them.

#![deny(unsafe_code)]
#![warn(missing_docs)]

mod called;
mod described;
mod errors;
mod numbers;
mod shared;
mod simulation;

use pyo3::prelude::*;

/// What computes.
#[pymodule]
mod _core {
    #[pymodule_export]
    use super::called::{command, main};
    #[pymodule_export]
    use super::numbers::{scaled, times};
    #[pymodule_export]
    use super::shared::Shared;
    #[pymodule_export]
    use super::simulation::Simulation;

    use pyo3::prelude::*;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}
