//! Random trains of spikes, on each line of a source by itself: what a kind of them says ([`Train`]), one type for all ([`OpenTrain`]),
//! and by what name a scenario knows them ([`TrainEntry`]).

use super::Gamma;
use crate::keys::{ModelFault, ModelKey, Reader};
use crate::random::Stream;
use crate::time::Time;
use serde::ser::{Serialize, SerializeStruct, Serializer};
use std::any::Any;
use std::fmt::Debug;
use std::sync::Arc;

/// Random words of each spike: number k begins at word 64 k of its line's stream.
pub const TRAIN_WORDS: u64 = 64;

/// A random train of spikes in which the next depends on the last: a renewal process, or one whose rate changes with time.
///
/// It depends on its arguments alone. Then it gives the same spikes under both engines, on any number of threads, and after a cut.
pub trait Train: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Its word in scenarios.
    const NAME: &'static str;
    /// One line about it.
    const TITLE: &'static str;
    /// Its keys, in the order of the reference; `size` is one that all have.
    const KEYS: &'static [ModelKey];

    /// The train of the values of its keys; what is wrong with them is told to `read`.
    fn from_keys(read: &mut Reader<'_>) -> Self;

    /// Seconds from the last spike of a line to the next, or from time 0 to the first; infinite: there is none. A gap of less than a
    /// femtosecond is one. `words` are those of this spike, [`TRAIN_WORDS`] of them.
    fn gap(&self, last: Option<Time>, words: &mut Stream) -> f64;

    /// Spikes of one line to expect from time 0 until `duration`.
    fn expected(&self, duration: Time) -> f64;

    /// What it is, for reports: "gamma, 20 Hz, CV 0.5".
    fn told(&self) -> String;
}

/// [`Train`] without its type.
trait Drawn: Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn same(&self, other: &dyn Drawn) -> bool;
    fn name(&self) -> &'static str;
    fn gap(&self, last: Option<Time>, words: &mut Stream) -> f64;
    fn expected(&self, duration: Time) -> f64;
    fn told(&self) -> String;
}

impl<T: Train> Drawn for T {
    fn as_any(&self) -> &dyn Any {
        self
    }

    fn same(&self, other: &dyn Drawn) -> bool {
        other.as_any().downcast_ref::<T>() == Some(self)
    }

    fn name(&self) -> &'static str {
        T::NAME
    }

    fn gap(&self, last: Option<Time>, words: &mut Stream) -> f64 {
        Train::gap(self, last, words)
    }

    fn expected(&self, duration: Time) -> f64 {
        Train::expected(self, duration)
    }

    fn told(&self) -> String {
        Train::told(self)
    }
}

/// Any [`Train`], with its parameters.
#[derive(Clone, Debug)]
pub struct OpenTrain(Arc<dyn Drawn>);

impl PartialEq for OpenTrain {
    fn eq(&self, other: &Self) -> bool {
        self.0.same(&*other.0)
    }
}

impl Serialize for OpenTrain {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("OpenTrain", 2)?;
        fields.serialize_field("train", self.0.name())?;
        fields.serialize_field("parameters", &format!("{:?}", self.0))?;
        fields.end()
    }
}

impl OpenTrain {
    /// Of a train.
    #[must_use]
    pub fn new(train: impl Train) -> Self {
        Self(Arc::new(train))
    }

    /// Its word in scenarios.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// Seconds to the next spike; see [`Train::gap`].
    #[must_use]
    pub fn gap(&self, last: Option<Time>, words: &mut Stream) -> f64 {
        self.0.gap(last, words)
    }

    /// Spikes of one line to expect.
    #[must_use]
    pub fn expected(&self, duration: Time) -> f64 {
        self.0.expected(duration)
    }

    /// What it is, for reports.
    #[must_use]
    pub fn told(&self) -> String {
        self.0.told()
    }
}

/// A train by name.
#[derive(Clone, Copy, Debug)]
pub struct TrainEntry {
    /// What a scenario calls it.
    pub name: &'static str,
    /// One line about it.
    pub title: &'static str,
    /// Its keys, in the order of the reference.
    pub keys: &'static [ModelKey],
    make: fn(&dyn Fn(&str) -> Option<f64>) -> Result<OpenTrain, Vec<ModelFault>>,
}

impl TrainEntry {
    /// The entry of a train.
    #[must_use]
    pub fn of<T: Train>() -> Self {
        Self {
            name: T::NAME,
            title: T::TITLE,
            keys: T::KEYS,
            make: |value| {
                let mut read = Reader::new(T::KEYS, value);
                let train = T::from_keys(&mut read);
                read.finish(train).map(OpenTrain::new)
            },
        }
    }

    /// The train of these values in SI units; a key that `value` does not know has its default.
    ///
    /// # Errors
    /// Every value that makes no train.
    pub fn make(&self, value: &dyn Fn(&str) -> Option<f64>) -> Result<OpenTrain, Vec<ModelFault>> {
        (self.make)(value)
    }
}

/// The trains that are shipped.
#[must_use]
pub fn trains() -> Vec<TrainEntry> {
    vec![TrainEntry::of::<Gamma>()]
}
