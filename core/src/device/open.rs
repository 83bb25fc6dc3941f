//! A device of a kind that is not known when the program is compiled: any [`Model`] behind one type.

use super::circuit::{Energies, Ramp};
use super::model::{Draws, Landmark, Measure, Memory, Model, ReadOff, Role};
use super::parameters::Reader;
use super::protocol::Table;
use crate::keys::ModelKey;
use crate::plain::{Plain, Words};
use crate::units::Second;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// A kind of device by name: what a preset file may call it, and all that is said about every one of them.
#[derive(Clone, Copy, Debug)]
pub struct DeviceEntry {
    /// The `kind` of preset files.
    pub name: &'static str,
    /// Version of its state.
    pub version: u32,
    /// One line about it.
    pub title: &'static str,
    /// What it can be in a network.
    pub roles: &'static [Role],
    /// Its keys, in the order of the reference.
    pub keys: &'static [ModelKey],
    /// Names and units of the variables of a device.
    pub variables: &'static [(&'static str, &'static str)],
    /// How many of them tables have.
    pub shown: usize,
    /// The experiments it takes.
    pub experiments: &'static [&'static str],
    /// Why it takes no others.
    pub lacks: &'static [(&'static str, &'static str)],
    /// What its loops are read for.
    pub of_loop: &'static [Measure],
    read: fn(&mut Reader<'_>) -> Option<Open>,
}

impl DeviceEntry {
    /// The entry of a kind.
    #[must_use]
    pub const fn of<M: Model>() -> Self {
        let variables = M::State::NAMES;
        Self {
            name: M::NAME,
            version: M::VERSION,
            title: M::TITLE,
            roles: M::ROLES,
            keys: M::KEYS,
            variables,
            shown: if M::SHOWN < variables.len() { M::SHOWN } else { variables.len() },
            experiments: M::EXPERIMENTS,
            lacks: M::LACKS,
            of_loop: M::LOOP,
            read: |read| M::read(read).map(Open::new),
        }
    }

    /// The device of a preset.
    pub(super) fn read(&self, read: &mut Reader<'_>) -> Option<Open> {
        (self.read)(read)
    }

    /// Whether it takes an experiment.
    #[must_use]
    pub fn takes(&self, experiment: &str) -> bool {
        self.experiments.contains(&experiment)
    }

    /// Why it cannot be what is asked of it, an experiment or a role.
    #[must_use]
    pub fn lacking(&self, asked: &str) -> Option<&'static str> {
        self.lacks.iter().find(|(name, _)| *name == asked).map(|(_, why)| *why)
    }

    /// "a threshold switch", "an oscillator".
    #[must_use]
    pub fn words(&self) -> String {
        let article = if self.name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
        format!("{article} {}", self.name.replace('_', " "))
    }
}

/// [`Model`] without its types.
trait Dynamics: Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn same(&self, other: &dyn Dynamics) -> bool;
    fn start(&self, draws: &Draws) -> Words;
    fn programmed(&self, g: f64) -> Option<Words>;
    fn advance(&self, words: &mut Words, drive: Ramp, draws: &Draws) -> Energies;
    fn current(&self, words: &Words, v: f64) -> f64;
    fn columns(&self, words: &Words) -> Words;
    fn one(&self, of: Option<(u64, u32)>) -> Open;
    fn memory(&self) -> Option<Memory<'_>>;
    fn read_loop(&self, table: &Table, start: &Words) -> ReadOff;
    fn landmarks(&self) -> Vec<Landmark>;
    fn usual_drive(&self, range: [f64; 2]) -> (f64, f64);
    fn usual_rate(&self, amplitude: f64) -> f64;
    fn usual_train(&self, drive: (f64, f64)) -> (Second, u32);
}

impl<M: Model> Dynamics for M {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn Dynamics) -> bool {
        other.as_any().downcast_ref::<M>() == Some(self)
    }

    fn start(&self, draws: &Draws) -> Words {
        Model::start(self, draws).words()
    }

    fn programmed(&self, g: f64) -> Option<Words> {
        Model::programmed(self, g).map(|state| state.words())
    }

    fn advance(&self, words: &mut Words, drive: Ramp, draws: &Draws) -> Energies {
        let mut state = M::State::of(words);
        let energies = Model::advance(self, &mut state, drive, draws);
        *words = state.words();
        energies
    }

    fn current(&self, words: &Words, v: f64) -> f64 {
        Model::current(self, &M::State::of(words), v)
    }

    fn columns(&self, words: &Words) -> Words {
        Model::columns(self, &M::State::of(words))
    }

    fn one(&self, of: Option<(u64, u32)>) -> Open {
        Open::new(Model::one(self, of))
    }

    fn memory(&self) -> Option<Memory<'_>> {
        Model::memory(self)
    }

    fn read_loop(&self, table: &Table, start: &Words) -> ReadOff {
        Model::read_loop(self, table, &M::State::of(start))
    }

    fn landmarks(&self) -> Vec<Landmark> {
        Model::landmarks(self)
    }

    fn usual_drive(&self, range: [f64; 2]) -> (f64, f64) {
        Model::usual_drive(self, range)
    }

    fn usual_rate(&self, amplitude: f64) -> f64 {
        Model::usual_rate(self, amplitude)
    }

    fn usual_train(&self, drive: (f64, f64)) -> (Second, u32) {
        Model::usual_train(self, drive)
    }
}

/// A device of any [`Model`], with its parameters.
#[derive(Clone, Debug)]
pub struct Open {
    entry: DeviceEntry,
    device: Arc<dyn Dynamics>,
}

impl Open {
    /// Of a model.
    #[must_use]
    pub fn new<M: Model>(device: M) -> Self {
        Self { entry: DeviceEntry::of::<M>(), device: Arc::new(device) }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(&self) -> &DeviceEntry {
        &self.entry
    }

    /// The device itself, if it is of this kind.
    #[must_use]
    pub fn get<M: Model>(&self) -> Option<&M> {
        self.device.as_any().downcast_ref()
    }

    /// [`Model::start`].
    #[must_use]
    pub fn start(&self, draws: &Draws) -> Words {
        self.device.start(draws)
    }

    /// [`Model::programmed`].
    #[must_use]
    pub fn programmed(&self, g: f64) -> Option<Words> {
        self.device.programmed(g)
    }

    /// [`Model::advance`].
    pub fn advance(&self, state: &mut Words, drive: Ramp, draws: &Draws) -> Energies {
        self.device.advance(state, drive, draws)
    }

    /// [`Model::current`].
    #[must_use]
    pub fn current(&self, state: &Words, v: f64) -> f64 {
        self.device.current(state, v)
    }

    /// [`Model::columns`].
    #[must_use]
    pub fn columns(&self, state: &Words) -> Words {
        self.device.columns(state)
    }

    /// [`Model::one`].
    #[must_use]
    pub fn one(&self, of: Option<(u64, u32)>) -> Self {
        self.device.one(of)
    }

    /// [`Model::memory`].
    #[must_use]
    pub fn memory(&self) -> Option<Memory<'_>> {
        self.device.memory()
    }

    /// [`Model::read_loop`].
    #[must_use]
    pub fn read_loop(&self, table: &Table, start: &Words) -> ReadOff {
        self.device.read_loop(table, start)
    }

    /// [`Model::landmarks`].
    #[must_use]
    pub fn landmarks(&self) -> Vec<Landmark> {
        self.device.landmarks()
    }

    /// [`Model::usual_drive`].
    #[must_use]
    pub fn usual_drive(&self, range: [f64; 2]) -> (f64, f64) {
        self.device.usual_drive(range)
    }

    /// [`Model::usual_rate`].
    #[must_use]
    pub fn usual_rate(&self, amplitude: f64) -> f64 {
        self.device.usual_rate(amplitude)
    }

    /// [`Model::usual_train`].
    #[must_use]
    pub fn usual_train(&self, drive: (f64, f64)) -> (Second, u32) {
        self.device.usual_train(drive)
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.device.same(&*other.device)
    }
}

impl Serialize for Open {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Open", 3)?;
        fields.serialize_field("kind", self.entry.name)?;
        fields.serialize_field("version", &self.entry.version)?;
        fields.serialize_field("parameters", &format!("{:?}", self.device))?;
        fields.end()
    }
}
