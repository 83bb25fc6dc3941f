//! Layers in lockstep: all neurons of a population advance together over one sorted list of what arrives.
//!
//! 1. The spikes of the source, or of the layers before, become arrivals: shifted by the delay, and for pulses with their
//!    ends; sorted by time. Those of one instant are a group.
//! 2. Each group is added to the numbers of every neuron ([`Form`], five at most), then all neurons are asked at once whether they
//!    reach threshold before the next group. Those that do get their crossing, in closed form where there is one, are reset, stay deaf for a while and
//!    are restarted; what arrives meanwhile goes on driving them, as in `neuron::synaptic`.
//! 3. What was done to whom between which groups stays on a [`Tape`], which is read backwards for gradients
//!    (`training::exact`).
//!
//! A layer that hears itself does so in pieces of time as long as its shortest delay: what it says in one arrives after it.
//!
//! It is the arithmetic of layers, and no other physics: a test compares its spikes with those of the engine.
//! Times are in milliseconds, as [`Real`](crate::numeric::Real): no femtoseconds, since derivatives with respect to time are
//! wanted.

mod adapting;
mod fit;
mod form;
mod forward;
mod jumps;
mod kind;
mod net;
mod reach;
mod synaptic;
mod tape;

pub use adapting::Adapted;
pub use fit::Unfit;
pub use form::{Form, weighted};
pub use forward::{Membranes, forward};
pub use kind::{InForm, Kind, MOST_NUMBERS};
pub use net::{Input, LANES, Layer, MOST, Net, Own, Varying};
pub use reach::{Reach, Synapse, credit, drive, later};
pub use tape::{Action, Arrival, Group, MOST_ARRIVALS, NONE, Peak, Probe, Runaway, Tape};
