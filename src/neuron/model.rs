//! What a neuron model has to say: [`Model`]. It answers; the engine asks, and only the engine knows what time it is.
//!
//! Time is counted from the state's own time on, so a model holds no clock. Between its events a neuron follows its
//! equation under a [`Drive`], which the engine changes at arrivals and moves along; the model says what the state is
//! some time later, when it has to be asked again, and what a spike does. A model without a closed form integrates to
//! its stated tolerance and answers [`Next::NotBefore`] step by step.

use super::synaptic::Drive;
use crate::time::Time;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fmt::Debug;

/// When a neuron has to be looked at next if nothing arrives, counted from the time of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It does not fire under this drive.
    Never,
    /// It does not fire before that much later and must be asked again then; more than zero.
    NotBefore(Time),
    /// It fires then: the first femtosecond at which its condition holds; zero only if it holds already.
    At(Time),
}

/// What an arrival brings, apart from currents, which are part of the drive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// The potential jumps by so many volts.
    Jump(f64),
    /// The conductance of a receptor (by its place among [`Model::receptors`]) jumps by so many siemens.
    Conductance { receptor: u8, siemens: f64 },
}

/// A neuron model: the constants of a population, and what they do to the state of one neuron.
///
/// All spans are in seconds unless they are a [`Time`], all potentials in volts. Every function depends on its arguments
/// alone.
pub trait Model: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// One neuron at one time; plain data.
    type State: Copy + Debug + PartialEq + Send + Sync + Serialize + DeserializeOwned + 'static;

    /// The state at the beginning of an episode; `word` is the neuron's draw number 0.
    fn start(&self, word: u64) -> Self::State;

    /// Names of what conductances may be sent to, in order; empty for models without.
    fn receptors(&self) -> &'static [&'static str] {
        &[]
    }

    /// The state, and with it the drive, `span` seconds later. `span` is at most what [`Model::next`] has answered for
    /// this state and drive.
    fn advance(&self, state: &mut Self::State, drive: &mut Drive<'_>, span: f64);

    /// The same while the neuron is in its dead time: what is held is held, the rest goes on.
    fn advance_dead(&self, state: &mut Self::State, drive: &mut Drive<'_>, span: f64);

    /// What an arrival does to the state. Not asked in dead time for jumps; conductances arrive at any time.
    fn receive(&self, state: &mut Self::State, input: Input);

    /// Whether the neuron is to fire in the state as it is, because of what has arrived.
    fn fires(&self, state: &Self::State) -> bool;

    /// When the drive alone makes it fire, and up to when that is known; `limit` ends the episode.
    fn next(&self, state: &Self::State, drive: &Drive<'_>, limit: Time) -> Next;

    /// It fires: resets, and says for how long it is dead. `word` is the neuron's draw number 1 + its spikes so far.
    fn fire(&self, state: &mut Self::State, word: u64) -> Time;

    /// Its potential relative to ground, in volts: what a recorder sees.
    fn potential(&self, state: &Self::State) -> f64;
}
