//! Layers trained by the exact gradient of their own spikes, and where these have none, by a surrogate.
//!
//! A sample passes the layers in lockstep (`engine::lockstep`), which leaves a tape; a [`Loss`] says what the spikes of the
//! read-out gain by being later; the tapes are read backwards (EventProp), and Adam takes a step. Spikes of layers of jumps come at
//! arrivals, whatever the weights are: a [`Surrogate`] stands for the derivative of their being there at all.

mod backward;
mod convert;
mod in_situ;
mod loss;
mod objective;
mod passage;
mod programmed;
mod pulsed;
mod show;
mod steps;
mod surrogate;
mod trainer;
mod windows;

#[cfg(test)]
mod adapting;
#[cfg(test)]
mod differences;
#[cfg(test)]
mod jumps;
#[cfg(test)]
mod kernels;
#[cfg(test)]
mod pulses;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod truncated;

pub use backward::Slopes;
pub use in_situ::{InSitu, State, Taken};
pub use loss::{Answer, FirstSpike, Loss, ReadOut, SpikeSum, Target, Voltage};
pub use objective::{
    CrossEntropy, Hinge, Huber, Objective, ObjectiveEntry, OpenObjective, SquaredError, objectives,
};
pub use passage::{Parameters, Passage};
pub use programmed::Programmed;
pub use pulsed::{Cell, Pulsed, Update};
pub(super) use show::answers_in;
pub use show::{Question, Shown, answers, read_out};
pub use surrogate::{Shape, Surrogate};
pub use trainer::{Activity, Exact, Layered, Learned};
