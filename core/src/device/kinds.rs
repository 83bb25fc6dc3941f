//! The kinds of device that are shipped.

use super::memory::{BinaryMemory, DoseMemory};
use super::open::DeviceEntry;
use super::threshold::{RelaxationOscillator, VolatileSwitch};

/// All of them, in the order of lists.
pub static SHIPPED: [DeviceEntry; 4] = [
    DeviceEntry::of::<VolatileSwitch>(),
    DeviceEntry::of::<BinaryMemory>(),
    DeviceEntry::of::<DoseMemory>(),
    DeviceEntry::of::<RelaxationOscillator>(),
];
