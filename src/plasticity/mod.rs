//! Learning rules: spike times of a projection to changes of its weights.
//!
//! A rule is told, instant by instant, which rows arrive and which targets spike, and changes weights; it knows
//! neither queue nor network. Times are at the synapse: that of the arrival (after the delay) and that of the
//! post-synaptic spike. Within an instant:
//!
//! 1. traces decay;
//! 2. arrivals depress by strictly earlier spikes ([`Plastic::arrive`]);
//! 3. the engine delivers all arrivals with the weights as they are now, and tests once;
//! 4. spikes potentiate by strictly earlier arrivals, and pairs at dt = 0 do what the rule says
//!    ([`Plastic::settle`]);
//! 5. arrivals and spikes of the instant leave their marks.
//!
//! Rules that look back at the post-synaptic spike ([`Rectangular`], [`PostTrace`]) count this instant's arrivals:
//! they caused it.

mod cells;
mod dependence;
mod layout;
mod memory;
mod others;
mod overlap;
mod pair;
mod plastic;
mod rule;
mod trace;

pub use cells::{DeviceState, Devices, ProgramPulse, entity};
pub use dependence::{Bounds, Dependence, Unit};
pub use layout::Layout;
pub use memory::Memory;
pub use plastic::{MemoryError, Plastic};
pub use rule::{AtZero, Law, Overlap, Pair, Pairing, PostTrace, Rectangular, Rule, RuleError, Triplet};
