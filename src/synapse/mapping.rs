//! Weight <-> conductance: which devices make a weight and where in their range they sit.

use crate::units::{Second, Siemens, Volt};
use serde::{Deserialize, Serialize};

/// Which devices make one weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "devices")]
pub enum Arrangement {
    /// One device; w = s (G - G_ref), G_ref a fixed reference conductance in the middle of the range.
    Single,
    /// Two devices; w = s (G+ - G-).
    Differential,
    /// n pairs side by side; w = s sum(G+ - G-), each pair carrying w / n.
    Parallel(u32),
}

/// Where the two devices of a pair sit for a given weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// The device that is not needed rests at `g_min`.
    OneSided,
    /// Both sit symmetrically around the middle of the range.
    Balanced,
}

/// Bounds of a device's conductance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct DeviceRange {
    pub g_min: Siemens,
    pub g_max: Siemens,
    /// Number of evenly spaced conductances a device can be programmed to; `None`: continuous.
    pub levels: Option<u32>,
}

/// Spread of a programmed conductance: G <- G (1 + CV z), z standard normal, clipped to the range.
///
/// The CV is interpolated in ln G between `cv_on` at `g_max` and `cv_off` at `g_min`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// Coefficient of variation of the conductance at `g_max`. Paper: 0.0081 (fig. 2a).
    pub cv_on: f64,
    /// Coefficient of variation of the conductance at `g_min`. Paper: 0.0115 (fig. 2a).
    pub cv_off: f64,
    /// Device-to-device: coefficient of variation of each device's own `g_max`, drawn once.
    pub cv_device: f64,
}

/// The rectangular pulse that reads a row.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReadPulse {
    pub amplitude: Volt,
    pub width: Second,
}
