//! What a neuron model has to say: [`Model`]. It answers; the engine asks, and only the engine knows what time it is.
//!
//! Time is counted from the state's own time on, so a model holds no clock. Between its events a neuron follows its
//! equation under a [`Flow`], which the engine changes at arrivals; the model says what the state is some time later, when
//! it has to be asked again, and what a spike does. A model without a closed form integrates to its stated tolerance and
//! answers [`Next::NotBefore`] step by step.

use super::Lif;
use super::synaptic::{Current, Decay, Drive, MAX_DECAYS};
pub use crate::plain::{Plain, VARIABLES};
use crate::random::{Purpose, Stream};
use crate::time::Time;
use std::fmt::Debug;

/// What acts on a neuron from its time on, in volts (currents times [`Scale::resistance`]):
/// level + slope t + sum (p + q t/tau) e^(-t/tau). Bias is the model's own.
#[derive(Debug)]
pub struct Flow<'a> {
    /// Volts.
    pub level: f64,
    /// Volts per second.
    pub slope: f64,
    /// [`Scale::tau`], in seconds.
    pub tau: f64,
    /// Time constants of the decaying currents, relative to it.
    pub decays: &'a [Decay],
    /// One for each of them.
    pub currents: &'a mut [Current],
}

impl Flow<'_> {
    /// The same with a constant part added to the level, to be asked.
    #[must_use]
    pub fn drive(&self, bias: f64) -> Drive<'_> {
        Drive { a: self.level + bias, b: self.slope, decays: self.decays, currents: self.currents }
    }

    /// Moves the decaying currents along by `span` seconds; level and slope are moved by the engine.
    pub fn pass(&mut self, span: f64) {
        let s = span / self.tau;
        self.currents.iter_mut().zip(self.decays).for_each(|(current, decay)| current.decay(decay, s));
    }

    /// The whole of it `t` seconds from now, in volts.
    #[must_use]
    pub fn at(&self, t: f64) -> f64 {
        let decaying = self.currents.iter().zip(self.decays).filter(|(c, _)| c.p != 0.0 || c.q != 0.0);
        let sum = decaying.fold(0.0, |sum, (current, decay)| {
            let s = t / decay.tau;
            sum + (current.p + current.q * s) * crate::numeric::exp(-s)
        });
        self.level + self.slope * t + sum
    }
}

/// When a neuron has to be looked at next if nothing arrives, counted from the time of its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It does not fire under this drive.
    Never,
    /// It does not fire before that much later and must be asked again then; more than zero.
    NotBefore(Time),
    /// It fires then: the first femtosecond at which its condition holds.
    At(Time),
}

/// What an arrival brings, apart from currents, which are part of the drive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Input {
    /// The potential jumps by so many volts: the sum of all jumps of an instant.
    Jump(f64),
    /// The conductance of a receptor (by its place among [`Model::RECEPTORS`]) jumps by so many siemens.
    Conductance {
        /// Which of them.
        receptor: u8,
        /// By how much.
        siemens: f64,
    },
}

/// What a spike began.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fired {
    /// For how long the neuron is dead: jumps are lost.
    pub dead: Time,
    /// How many spikes it is at once: more than one only where a jump passed several thresholds, and more than
    /// [`super::MAX_AT_ONCE`] where that cannot be, which ends the run.
    pub spikes: u32,
}

impl Fired {
    /// One spike and a dead time.
    #[must_use]
    pub fn once(dead: Time) -> Self {
        Self { dead, spikes: 1 }
    }
}

/// Where a neuron's random words come from; nothing is drawn before it is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Draws {
    /// Of the run.
    pub seed: u64,
    /// The neuron, counted over all populations.
    pub neuron: u32,
    /// The episode.
    pub episode: u64,
    /// Spikes of the neuron so far in the episode.
    pub spikes: u32,
}

impl Draws {
    /// The word for what follows so many spikes: a function of seed, purpose, neuron, episode and their number.
    #[must_use]
    pub fn word(&self, purpose: Purpose) -> u64 {
        Stream::at(self.seed, purpose, self.neuron, self.episode, u64::from(self.spikes)).next_word()
    }
}

/// Sizes by which a population's inputs are expressed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The time that synaptic time constants are compared with, in seconds: of a membrane, tau_m.
    pub tau: f64,
    /// What turns a synaptic current in amperes into a drive in volts, in ohms.
    pub resistance: f64,
    /// The potential without input, relative to ground, in volts.
    pub rest: f64,
    /// How far a jump from rest must go to make it fire, in volts: what weights in thresholds are fractions of.
    pub threshold: f64,
}

/// Something that a spike adds to, and that fades exponentially.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Adaptation {
    /// What a spike adds, in volts; zero: there is none of it.
    pub jump: f64,
    /// Time constant, in seconds.
    pub tau: f64,
}

impl Adaptation {
    /// Spikes leave nothing.
    pub const NONE: Self = Self { jump: 0.0, tau: 1.0 };
}

/// A leaky membrane that its own spikes adapt, and nothing else does: it fires at v_th + q, a current i_w is taken from its drive, and a spike adds
/// to both. That is all that layers in lockstep (`engine::lockstep`) have to know of a neuron.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapting {
    /// What it is without adaptation.
    pub lif: Lif,
    /// q.
    pub threshold: Adaptation,
    /// i_w, times R.
    pub current: Adaptation,
}

impl From<Lif> for Adapting {
    fn from(lif: Lif) -> Self {
        Self { lif, threshold: Adaptation::NONE, current: Adaptation::NONE }
    }
}

impl Adapting {
    /// Whether spikes leave anything.
    #[must_use]
    pub fn adapts(&self) -> bool {
        self.threshold.jump != 0.0 || self.current.jump != 0.0
    }
}

/// A neuron model: the constants of a neuron, and what they do to its state.
///
/// Spans are in seconds unless they are a [`Time`], potentials in volts. Every function depends on its arguments alone.
pub trait Model: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// One neuron at one time.
    type State: Plain;

    /// Its name in scenarios and snapshots.
    const NAME: &'static str;

    /// Changes with the meaning of its state: a snapshot of another version is refused.
    const VERSION: u32 = 1;

    /// How many synaptic time constants its flow may have: a model with decaying currents of its own has less room.
    const DECAYS: usize = MAX_DECAYS;

    /// Names of what conductances may be sent to, in order; empty for models without.
    const RECEPTORS: &'static [&'static str] = &[];

    /// [`Model::NAME`] and [`Model::VERSION`].
    fn identity(&self) -> (&'static str, u32) {
        (Self::NAME, Self::VERSION)
    }

    /// Names and units of the state's variables.
    fn variables(&self) -> &'static [(&'static str, &'static str)] {
        Self::State::NAMES
    }

    /// [`Model::DECAYS`].
    fn decays(&self) -> usize {
        Self::DECAYS
    }

    /// Whether its drive may rise and fall between changes, and not step alone.
    fn takes_ramps(&self) -> bool {
        true
    }

    /// Whether what [`Model::spent`] tells has the jumps in it, because they are pulses of a stated width.
    fn pays_for_jumps(&self) -> bool {
        false
    }

    /// [`Model::RECEPTORS`].
    fn receptors(&self) -> &'static [&'static str] {
        Self::RECEPTORS
    }

    /// The sizes of its inputs.
    fn scale(&self) -> Scale;

    /// The model as a leaky membrane that its own spikes adapt, if it is no more than that: layers of such neurons have exact gradients.
    fn adapting(&self) -> Option<Adapting> {
        None
    }

    /// The state at the beginning of an episode.
    fn start(&self, draws: &Draws) -> Self::State;

    /// The state and the decaying currents, `span` seconds later; at most what [`Model::next`] has answered for this
    /// state and drive.
    fn advance(&self, state: &mut Self::State, flow: &mut Flow<'_>, span: f64);

    /// The same while the neuron is in its dead time: what is held is held, the rest goes on.
    fn advance_dead(&self, state: &mut Self::State, flow: &mut Flow<'_>, span: f64) {
        let _ = state;
        flow.pass(span);
    }

    /// What an arrival does to the state. Jumps in dead time are lost and not shown to it; conductances never are.
    fn receive(&self, state: &mut Self::State, input: Input);

    /// Whether the neuron is to fire in the state as it is, after what has arrived.
    fn fires(&self, state: &Self::State) -> bool;

    /// When the drive alone makes it fire, or up to when it is known not to; `limit` ends the episode. Asked in a state
    /// that does not fire as it is.
    fn next(&self, state: &Self::State, flow: &Flow<'_>, limit: Time) -> Next;

    /// The time of a [`Next::NotBefore`] has come, `waited` after the time of the state, and nothing has arrived. A model in
    /// closed form answers anew from the state as it was, counted from now ([`Next::At`] zero: it fires now), and is not
    /// advanced; `None`: it is to be advanced and asked again.
    fn again(&self, state: &Self::State, flow: &Flow<'_>, waited: Time, limit: Time) -> Option<Next> {
        let _ = (state, flow, waited, limit);
        None
    }

    /// A foretold firing is now: the state is at threshold by definition, whatever was rounded on the way.
    fn reach(&self, state: &mut Self::State) {
        let _ = state;
    }

    /// It fires. `draws` counts the spikes up to and with this one.
    fn fire(&self, state: &mut Self::State, draws: &Draws) -> Fired;

    /// It fires because of what has arrived, which may be several spikes at once: as [`Model::fire`] if it never is.
    fn jump(&self, state: &mut Self::State, draws: &Draws) -> Fired {
        self.fire(state, draws)
    }

    /// Whether a neuron that has fired at an instant by its drive may fire once more at what arrives then.
    fn drains(&self) -> bool {
        false
    }

    /// Whether it fires when its dead time ends, because of what was left above threshold.
    fn left(&self, state: &Self::State) -> bool {
        let _ = state;
        false
    }

    /// What it has spent since the start of the episode in its device while that was on, in what limits its current, and
    /// in its device while that was off, in joules, if its state tells.
    fn spent(&self, state: &Self::State) -> Option<[f64; 3]> {
        let _ = state;
        None
    }

    /// What its device conducts, in siemens, `dead` seconds before its dead time ends, if its state tells.
    fn conductance(&self, state: &Self::State, dead: f64) -> Option<f64> {
        let _ = (state, dead);
        None
    }

    /// Its potential relative to ground, `dead` seconds before its dead time ends (zero: it is not in it).
    fn potential(&self, state: &Self::State, dead: f64) -> f64;
}
