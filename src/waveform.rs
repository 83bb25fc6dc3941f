//! Pulses as linear segments.
use crate::time::Time;

/// A change of level and slope at an offset from the start of the pulse.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Breakpoint {
    pub offset: Time,
    pub level: f64,
    pub slope: f64,
}
