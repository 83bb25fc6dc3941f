//! A neuron model that is not known when the engine is compiled: any [`Model`] behind one type.

use super::model::{Adapting, Draws, Fired, Flow, Input, Model, Next, Plain, Scale, VARIABLES};
use super::{Floor, Lif, Reset};
use crate::time::Time;
use crate::units::{Ampere, Ohm, Second, Volt};
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// The variables of a neuron whose model is not known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Words([f64; VARIABLES]);

impl Plain for Words {
    /// The model has them: [`Model::variables`].
    const NAMES: &'static [(&'static str, &'static str)] = &[];

    fn words(&self) -> [f64; VARIABLES] {
        self.0
    }

    fn of(words: &[f64; VARIABLES]) -> Self {
        Self(*words)
    }
}

/// [`Model`] without its types.
trait Dynamics: Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn same(&self, other: &dyn Dynamics) -> bool;
    fn identity(&self) -> (&'static str, u32);
    fn variables(&self) -> &'static [(&'static str, &'static str)];
    fn decays(&self) -> usize;
    fn takes_ramps(&self) -> bool;
    fn pays_for_jumps(&self) -> bool;
    fn receptors(&self) -> &'static [&'static str];
    fn scale(&self) -> Scale;
    fn adapting(&self) -> Option<Adapting>;
    fn start(&self, draws: &Draws) -> Words;
    fn advance(&self, words: &mut Words, flow: &mut Flow<'_>, span: f64);
    fn advance_dead(&self, words: &mut Words, flow: &mut Flow<'_>, span: f64);
    fn receive(&self, words: &mut Words, input: Input);
    fn fires(&self, words: &Words) -> bool;
    fn next(&self, words: &Words, flow: &Flow<'_>, limit: Time) -> Next;
    fn again(&self, words: &Words, flow: &Flow<'_>, waited: Time, limit: Time) -> Option<Next>;
    fn reach(&self, words: &mut Words);
    fn fire(&self, words: &mut Words, draws: &Draws) -> Fired;
    fn jump(&self, words: &mut Words, draws: &Draws) -> Fired;
    fn drains(&self) -> bool;
    fn left(&self, words: &Words) -> bool;
    fn potential(&self, words: &Words, dead: f64) -> f64;
    fn spent(&self, words: &Words) -> Option<[f64; 3]>;
    fn conductance(&self, words: &Words, dead: f64) -> Option<f64>;
}

/// Does something with the state as the model knows it.
fn with<S: Plain, T>(words: &mut Words, work: impl FnOnce(&mut S) -> T) -> T {
    let mut state = S::of(&words.0);
    let result = work(&mut state);
    words.0 = state.words();
    result
}

impl<M: Model> Dynamics for M {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn Dynamics) -> bool {
        other.as_any().downcast_ref::<M>() == Some(self)
    }

    fn identity(&self) -> (&'static str, u32) {
        Model::identity(self)
    }

    fn variables(&self) -> &'static [(&'static str, &'static str)] {
        Model::variables(self)
    }

    fn decays(&self) -> usize {
        Model::decays(self)
    }

    fn takes_ramps(&self) -> bool {
        Model::takes_ramps(self)
    }

    fn pays_for_jumps(&self) -> bool {
        Model::pays_for_jumps(self)
    }

    fn receptors(&self) -> &'static [&'static str] {
        Model::receptors(self)
    }

    fn scale(&self) -> Scale {
        Model::scale(self)
    }

    fn adapting(&self) -> Option<Adapting> {
        Model::adapting(self)
    }

    fn start(&self, draws: &Draws) -> Words {
        Words(Model::start(self, draws).words())
    }

    fn advance(&self, words: &mut Words, flow: &mut Flow<'_>, span: f64) {
        with(words, |state| Model::advance(self, state, flow, span));
    }

    fn advance_dead(&self, words: &mut Words, flow: &mut Flow<'_>, span: f64) {
        with(words, |state| Model::advance_dead(self, state, flow, span));
    }

    fn receive(&self, words: &mut Words, input: Input) {
        with(words, |state| Model::receive(self, state, input));
    }

    fn fires(&self, words: &Words) -> bool {
        Model::fires(self, &M::State::of(&words.0))
    }

    fn next(&self, words: &Words, flow: &Flow<'_>, limit: Time) -> Next {
        Model::next(self, &M::State::of(&words.0), flow, limit)
    }

    fn again(&self, words: &Words, flow: &Flow<'_>, waited: Time, limit: Time) -> Option<Next> {
        Model::again(self, &M::State::of(&words.0), flow, waited, limit)
    }

    fn reach(&self, words: &mut Words) {
        with(words, |state| Model::reach(self, state));
    }

    fn fire(&self, words: &mut Words, draws: &Draws) -> Fired {
        with(words, |state| Model::fire(self, state, draws))
    }

    fn jump(&self, words: &mut Words, draws: &Draws) -> Fired {
        with(words, |state| Model::jump(self, state, draws))
    }

    fn drains(&self) -> bool {
        Model::drains(self)
    }

    fn left(&self, words: &Words) -> bool {
        Model::left(self, &M::State::of(&words.0))
    }

    fn potential(&self, words: &Words, dead: f64) -> f64 {
        Model::potential(self, &M::State::of(&words.0), dead)
    }

    fn spent(&self, words: &Words) -> Option<[f64; 3]> {
        Model::spent(self, &M::State::of(&words.0))
    }

    fn conductance(&self, words: &Words, dead: f64) -> Option<f64> {
        Model::conductance(self, &M::State::of(&words.0), dead)
    }
}

/// Any [`Model`], with its parameters.
#[derive(Clone, Debug)]
pub struct Open(Arc<dyn Dynamics>);

impl Open {
    /// Of a model.
    #[must_use]
    pub fn new(model: impl Model) -> Self {
        Self(Arc::new(model))
    }

    /// A leaky integrator of the same rest, threshold, time constant and resistance: what weights and currents are
    /// expressed by. It is not what the model does.
    #[must_use]
    pub(crate) fn stand_in(&self) -> Lif {
        let Scale { tau, resistance, rest, threshold } = Model::scale(self);
        let rest_si = Volt::new(rest);
        Lif {
            tau_m: Second::new(tau),
            u_rest: rest_si,
            v_th: Volt::new(rest + threshold),
            u_reset: rest_si,
            v_hold: rest_si,
            reset: Reset::Rest,
            t_ref: Second::ZERO,
            r_m: Ohm::new(resistance),
            i_bias: Ampere::ZERO,
            u_0: None,
            floor: Floor::None,
        }
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(&*other.0)
    }
}

impl Serialize for Open {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (model, version) = Model::identity(self);
        let mut fields = serializer.serialize_struct("Open", 3)?;
        fields.serialize_field("model", model)?;
        fields.serialize_field("version", &version)?;
        fields.serialize_field("parameters", &format!("{:?}", self.0))?;
        fields.end()
    }
}

impl Model for Open {
    type State = Words;
    const NAME: &'static str = "open";

    fn identity(&self) -> (&'static str, u32) {
        self.0.identity()
    }

    fn variables(&self) -> &'static [(&'static str, &'static str)] {
        self.0.variables()
    }

    fn decays(&self) -> usize {
        self.0.decays()
    }

    fn takes_ramps(&self) -> bool {
        self.0.takes_ramps()
    }

    fn pays_for_jumps(&self) -> bool {
        self.0.pays_for_jumps()
    }

    fn receptors(&self) -> &'static [&'static str] {
        self.0.receptors()
    }

    fn scale(&self) -> Scale {
        self.0.scale()
    }

    fn adapting(&self) -> Option<Adapting> {
        self.0.adapting()
    }

    fn start(&self, draws: &Draws) -> Words {
        self.0.start(draws)
    }

    fn advance(&self, state: &mut Words, flow: &mut Flow<'_>, span: f64) {
        self.0.advance(state, flow, span);
    }

    fn advance_dead(&self, state: &mut Words, flow: &mut Flow<'_>, span: f64) {
        self.0.advance_dead(state, flow, span);
    }

    fn receive(&self, state: &mut Words, input: Input) {
        self.0.receive(state, input);
    }

    fn fires(&self, state: &Words) -> bool {
        self.0.fires(state)
    }

    fn next(&self, state: &Words, flow: &Flow<'_>, limit: Time) -> Next {
        self.0.next(state, flow, limit)
    }

    fn again(&self, state: &Words, flow: &Flow<'_>, waited: Time, limit: Time) -> Option<Next> {
        self.0.again(state, flow, waited, limit)
    }

    fn reach(&self, state: &mut Words) {
        self.0.reach(state);
    }

    fn fire(&self, state: &mut Words, draws: &Draws) -> Fired {
        self.0.fire(state, draws)
    }

    fn jump(&self, state: &mut Words, draws: &Draws) -> Fired {
        self.0.jump(state, draws)
    }

    fn drains(&self) -> bool {
        self.0.drains()
    }

    fn left(&self, state: &Words) -> bool {
        self.0.left(state)
    }

    fn potential(&self, state: &Words, dead: f64) -> f64 {
        self.0.potential(state, dead)
    }

    fn spent(&self, state: &Words) -> Option<[f64; 3]> {
        self.0.spent(state)
    }

    fn conductance(&self, state: &Words, dead: f64) -> Option<f64> {
        self.0.conductance(state, dead)
    }
}
