//! Synapses: how the conductances of one or more devices make one signed weight.

mod mapping;
mod spread;

pub use mapping::{Arrangement, DeviceRange, MAX_PAIRS, Mapping, MappingError, Placement, ReadPulse, Scale};
pub use spread::Spread;
