//! Random trains of spikes, on each line of a source by itself: what a kind of them says ([`Train`]), one type for all ([`OpenTrain`]),
//! and by what name a scenario knows them ([`TrainEntry`]).

use super::Gamma;
use crate::keys::{ModelKey, Reader};
use crate::open::open;
use crate::random::Stream;
use crate::time::Time;
use std::fmt::Debug;

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

open! {
    /// Any [`Train`], with its parameters.
    pub struct OpenTrain of Train {
        /// Seconds to the next spike; see [`Train::gap`].
        #[must_use]
        fn gap(&self, last: Option<Time>, words: &mut Stream) -> f64;
        /// Spikes of one line to expect from time 0 until `duration`.
        #[must_use]
        fn expected(&self, duration: Time) -> f64;
        /// What it is, for reports.
        #[must_use]
        fn told(&self) -> String;
    }

    /// A train by name.
    pub struct TrainEntry {}
}

/// The trains that are shipped.
#[must_use]
pub fn trains() -> Vec<TrainEntry> {
    vec![TrainEntry::of::<Gamma>()]
}
