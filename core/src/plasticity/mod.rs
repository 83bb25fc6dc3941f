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
//!
//! A rule of one's own is a [`LocalRule`]; [`Pair`] has loops of its own, because it is fast where its potentiation may
//! wait, and [`Overlap`] is followed through the kinetics of devices.

mod ageing;
mod behind;
mod cells;
mod dependence;
mod dispersion;
mod entry;
mod filament;
mod journal;
mod layout;
mod local;
mod memory;
mod overlap;
mod pair;
mod plastic;
mod post_trace;
mod rectangular;
mod rule;
mod running;
mod share;
mod singly;
mod trace;
mod triplet;

pub use ageing::Since;
pub use behind::{Behind, Pulsed};
pub use cells::{DeviceState, Devices, ProgramPulse, entity};
pub use dependence::{Bounds, Dependence, Unit};
pub use dispersion::{Differs, Dispersion};
pub use entry::RuleEntry;
pub use filament::Filament;
pub use journal::Change;
pub use layout::Layout;
pub use local::{Decay, Local, LocalRule, Seen, Step, TRACES};
pub use memory::{Last, Memory};
pub use overlap::Overlap;
pub use pair::{AtZero, Pair, Pairing};
pub use plastic::{MemoryError, Plastic};
pub use post_trace::PostTrace;
pub use rectangular::Rectangular;
pub use rule::{Law, Rule, RuleError};
pub use singly::Reached;
pub use trace::Mark;
pub use triplet::Triplet;

/// The rules that a registry begins with, in the order of the reference chapter.
#[must_use]
pub fn shipped() -> Vec<RuleEntry> {
    vec![
        Pair::entry(),
        RuleEntry::of::<Triplet>(),
        RuleEntry::of::<Rectangular>(),
        RuleEntry::of::<PostTrace>(),
        RuleEntry::of::<Filament>(),
    ]
}
