//! Layers trained by the exact gradient of their own spikes.
//!
//! A sample passes the layers in lockstep (`engine::lockstep`), which leaves a tape; a [`Loss`] says what the spikes of the
//! read-out gain by being later; the tapes are read backwards (EventProp), and Adam takes a step.

mod backward;
mod convert;
mod in_situ;
mod loss;
mod passage;
mod programmed;
mod pulsed;
mod show;
mod trainer;

#[cfg(test)]
mod differences;
#[cfg(test)]
mod kernels;
#[cfg(test)]
mod pulses;
#[cfg(test)]
mod tests;

pub use in_situ::{InSitu, State, Taken};
pub use loss::{Answer, FirstSpike, Loss, SpikeSum, Voltage};
pub use passage::{Parameters, Passage};
pub use programmed::Programmed;
pub use pulsed::{Cell, Pulsed, Update};
pub(super) use show::answers_in;
pub use show::{Question, Shown, answers, read_out};
pub use trainer::{Activity, Exact, Layered, Learned};
