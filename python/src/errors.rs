//! What goes wrong, as the exceptions of the package.

use memspike::scenario::diagnostic::Sort;
use memspike::scenario::live::ChangeError;
use memspike::scenario::run::context::RunError;
use memspike::scenario::{Diagnostics, Severity};
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The exception of the package for a cause, as `_errors.failure` chooses it.
pub fn failure(py: Python<'_>, cause: &str, text: &str) -> PyErr {
    let made = || py.import("memspike._errors")?.call_method1("failure", (cause, text));
    made().map_or_else(|error| error, PyErr::from_value)
}

/// Faults of a description, all of them.
pub fn faults(py: Python<'_>, faults: &Diagnostics) -> PyErr {
    let all = |sort| {
        faults.iter().filter(|fault| fault.severity == Severity::Error).all(|fault| fault.sort == sort)
    };
    let cause = match (all(Sort::Unknown), all(Sort::Missing)) {
        (true, _) => "unknown",
        (_, true) => "missing",
        _ => "value",
    };
    failure(py, cause, faults.render(false).trim_end())
}

/// What a simulation has against it.
pub fn refused(py: Python<'_>, error: &RunError) -> PyErr {
    failure(py, if matches!(error, RunError::Memory { .. }) { "memory" } else { "value" }, &error.to_string())
}

/// What cannot be changed.
pub fn unchanged(py: Python<'_>, error: &ChangeError) -> PyErr {
    match error {
        ChangeError::Parameters(found) => faults(py, found),
        other => PyValueError::new_err(other.to_string()),
    }
}

/// What a panic said.
pub fn panicked(cause: &(dyn Any + Send)) -> PyErr {
    let said = cause.downcast_ref::<&str>().map(|text| (*text).to_string());
    let said = said.or_else(|| cause.downcast_ref::<String>().cloned()).unwrap_or_default();
    PyRuntimeError::new_err(format!("memspike has made a mistake, please report it: {said}"))
}

/// Does work that is ours, a mistake in which is told as one and goes no further.
pub fn caught<T>(work: impl FnOnce() -> PyResult<T>) -> PyResult<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|cause| Err(panicked(&*cause)))
}
