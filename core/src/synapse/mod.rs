//! Synapses: how the conductances of one or more devices make one signed weight.

mod mapping;

pub use mapping::{
    Arrangement, DeviceRange, MAX_PAIRS, Mapping, MappingError, Placement, ReadPulse, Scale, Spread,
};
