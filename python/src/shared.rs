//! Numbers that Python sees where Rust keeps them.
//!
//! NumPy is told the address of numbers that no longer change, by its array interface (version 3), and keeps alive what owns
//! them. Nothing is copied, and the arrays cannot be written into. No line of this is `unsafe`: the pointer is handed over as a
//! number, and its owner is immutable and shared.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyTuple};
use std::any::Any;
use std::mem::{offset_of, size_of};
use std::sync::Arc;

/// A column of numbers in something that does not change any more.
#[pyclass(module = "memspike._core", frozen)]
pub struct Shared {
    address: usize,
    length: usize,
    stride: usize,
    kind: &'static str,
    _owner: Arc<dyn Any + Send + Sync>,
}

#[pymethods]
impl Shared {
    /// What NumPy asks for.
    #[getter]
    fn __array_interface__<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let interface = PyDict::new(py);
        interface.set_item("version", 3)?;
        interface.set_item("shape", PyTuple::new(py, [self.length])?)?;
        interface.set_item("typestr", self.kind)?;
        // The second says that it is not to be written into.
        interface.set_item("data", (self.address, true))?;
        interface.set_item("strides", PyTuple::new(py, [self.stride])?)?;
        Ok(interface)
    }
}

/// What NumPy has a number of the same bits for.
pub trait Number: Sized {
    /// As NumPy calls it, of this machine's order of bytes.
    const KIND: &'static str;
}

macro_rules! numbers {
    ($($number:ty => $kind:literal),*) => {
        $(impl Number for $number {
            const KIND: &'static str = if cfg!(target_endian = "little") { concat!("<", $kind) } else { concat!(">", $kind) };
        })*
    };
}

// Times are below 2^63, so that they are the same numbers with a sign.
numbers!(u16 => "u2", u32 => "u4", u64 => "i8", usize => "u8", f32 => "f4", f64 => "f8");

/// An array of numbers that `owner` keeps, without a copy.
pub fn seen<'py, T: Number>(
    py: Python<'py>,
    owner: Arc<dyn Any + Send + Sync>,
    numbers: &[T],
) -> PyResult<Bound<'py, PyAny>> {
    let address = numbers.as_ptr().expose_provenance();
    column(
        py,
        Shared { address, length: numbers.len(), stride: size_of::<T>(), kind: T::KIND, _owner: owner },
    )
}

/// Columns of rows that have come to an end: time, and two numbers.
pub fn rows<'py>(py: Python<'py>, rows: Vec<Row>) -> PyResult<[Bound<'py, PyAny>; 3]> {
    let rows = Arc::new(rows);
    let start = rows.as_ptr().expose_provenance();
    let one = |offset, kind| {
        let owner: Arc<dyn Any + Send + Sync> = Arc::clone(&rows) as _;
        let (address, length) = (if rows.is_empty() { start } else { start + offset }, rows.len());
        column(py, Shared { address, length, stride: size_of::<Row>(), kind, _owner: owner })
    };
    Ok([
        one(offset_of!(Row, time), u64::KIND)?,
        one(offset_of!(Row, population), u32::KIND)?,
        one(offset_of!(Row, neuron), u32::KIND)?,
    ])
}

/// What spikes are recorded as: a time of 64 bits and two numbers of 32.
pub type Row = memspike::engine::Spike;

// `offset_of` says where they are, and this that the time is one number.
const _: () = assert!(size_of::<memspike::time::Time>() == 8 && size_of::<Row>() == 16);

fn column(py: Python<'_>, shared: Shared) -> PyResult<Bound<'_, PyAny>> {
    py.import("numpy")?.call_method1("asarray", (Bound::new(py, shared)?,))
}
