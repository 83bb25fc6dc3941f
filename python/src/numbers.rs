//! Numbers with units, by the digits they are written with.
//!
//! A number of Python stands for the shortest decimal that reads as it: 0.1 of a millisecond is 10^11 fs, and 0.3 mV the volts
//! that a scenario with "0.3 mV" has. Multiplying by a power of ten would round twice.

use numpy::{PyArray1, PyReadonlyArray1, ToPyArray as _};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

/// x 10^exponent, rounded once from the digits of x.
fn shifted(x: f64, exponent: i32) -> f64 {
    if exponent == 0 || x == 0.0 || !x.is_finite() {
        return x;
    }
    let written = format!("{x:e}");
    let (digits, power) = written.split_once('e').unwrap_or((&written, "0"));
    let power = power.parse::<i32>().unwrap_or(0).saturating_add(exponent);
    format!("{digits}e{power}").parse().unwrap_or(f64::NAN)
}

/// Each number times 10 to the power of `exponent`, rounded once from its shortest decimal.
///
/// Raises
/// ------
/// ValueError
///     If a number is not finite.
#[pyfunction]
pub fn scaled<'py>(
    py: Python<'py>,
    numbers: PyReadonlyArray1<'py, f64>,
    exponent: i32,
) -> PyResult<Bound<'py, PyArray1<f64>>> {
    let numbers = numbers.as_array();
    if let Some((index, x)) = numbers.iter().enumerate().find(|(_, x)| !x.is_finite()) {
        return Err(PyValueError::new_err(format!("value {index} is {x}; allowed: finite numbers")));
    }
    let made: Vec<f64> = numbers.iter().map(|&x| shifted(x, exponent)).collect();
    Ok(made.to_pyarray(py))
}

/// Largest time in femtoseconds, 2^63 - 1.
const LATEST: f64 = 9.223_372_036_854_775e18;

/// Times in units of 10 to the power of `exponent` seconds as whole femtoseconds, each the nearest.
///
/// Raises
/// ------
/// ValueError
///     If one is negative, not finite or beyond 9.223 ks.
#[pyfunction]
pub fn times<'py>(
    py: Python<'py>,
    numbers: PyReadonlyArray1<'py, f64>,
    exponent: i32,
) -> PyResult<Bound<'py, PyArray1<i64>>> {
    let one = |(index, &x): (usize, &f64)| {
        let fs = shifted(x, exponent + 15).round_ties_even();
        if (0.0..=LATEST).contains(&fs) {
            return Ok(fs as i64);
        }
        let power = if exponent == 0 || !x.is_finite() { String::new() } else { format!("e{exponent}") };
        let fault = format!("time {index} is {x}{power} s; allowed: from 0 s up to 9.223 ks");
        Err(PyValueError::new_err(fault))
    };
    let made = numbers.as_array().iter().enumerate().map(one).collect::<PyResult<Vec<i64>>>()?;
    Ok(made.to_pyarray(py))
}
