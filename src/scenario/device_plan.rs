//! The devices that make the weights of a projection, as the plan has them.

use crate::device::fault::FaultRates;
use crate::device::retention::Retention;
use crate::synapse::{Arrangement, DeviceRange, Placement, ReadPulse, Spread};
use crate::units::Second;

/// The devices that make a projection's weights.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct DevicePlan {
    /// As in `[device.NAME]`.
    pub name: String,
    /// The preset it is, which may be changed there.
    pub preset: String,
    /// Which devices make one weight.
    pub arrangement: Arrangement,
    /// Where the two devices of a pair sit.
    pub placement: Placement,
    /// Bounds of a conductance, and its levels.
    pub range: DeviceRange,
    /// Spread of a programmed conductance.
    pub spread: Spread,
    /// Shares of devices that are stuck: of those that learn the ones that do, else of all.
    pub faults: FaultRates,
    /// How long ago they were programmed; `None`: just now.
    pub age: Option<Second>,
    /// What time does to their conductances.
    pub retention: Retention,
    /// The pulse that reads a row.
    pub read: ReadPulse,
    /// The weight at the end of the conductance range.
    pub w_max: Option<f64>,
}
