//! Codes in which a sample is spikes at given times: what each of them says ([`Encoder`]), one type for all ([`Timed`]), and by what name a
//! scenario knows them ([`EncoderEntry`]).

use super::{Bursts, Cochlea, DeltaCode, FirstSpikes, Latency, PhaseCode, Population, Regular};
use crate::keys::{ModelFault, ModelKey, Reader};
use crate::open::open;
use crate::threads::Threads;
use crate::time::Time;
use std::fmt::Debug;

/// Spikes of a sample: when, and on which line.
pub type Spikes = Vec<(Time, u32)>;

/// The most spikes that a code may make of one value.
pub const MOST_SPIKES: f64 = 1e6;

/// How the values of a sample become spikes at given times. Values are from 0 to 1, or, of sound, from -1 to 1.
///
/// A code depends on its arguments alone, and draws nothing: a sample has the same spikes whenever it is shown.
pub trait Encoder: Clone + Debug + PartialEq + Send + Sync + 'static {
    /// Its word in scenarios.
    const NAME: &'static str;
    /// One line about it.
    const TITLE: &'static str;
    /// Its keys, in the order of the reference.
    const KEYS: &'static [ModelKey];
    /// Whether its samples are sound.
    const SOUND: bool = false;

    /// The code of the values of its keys; what is wrong with them is told to `read`.
    fn from_keys(read: &mut Reader<'_>) -> Self;

    /// Prepares the code for samples of this shape; of sound, with so many values a second.
    ///
    /// # Errors
    /// A key, `kind` for the code as such, that does not fit them.
    fn fit(&mut self, shape: &[usize], rate: Option<u32>) -> Result<(), ModelFault> {
        let _ = (shape, rate);
        Ok(())
    }

    /// The code as it is for such samples.
    ///
    /// # Errors
    /// As [`Encoder::fit`].
    fn fitted(&self, shape: &[usize], rate: Option<u32>) -> Result<Timed, ModelFault> {
        let mut fitted = self.clone();
        fitted.fit(shape, rate)?;
        Ok(Timed::new(fitted))
    }

    /// Lines of a source that shows samples of this shape.
    fn lines(&self, shape: &[usize]) -> u32 {
        shape.iter().product::<usize>() as u32
    }

    /// Adds the spikes of one sample, in whatever order. Values stand row by row.
    fn spikes(&self, values: &[f64], shape: &[usize], spikes: &mut Spikes);

    /// What it does, for reports: "evenly spaced spikes, up to 100 Hz".
    fn told(&self) -> String;
}

/// Adds the spikes of values that have a line each.
pub fn each<I: IntoIterator<Item = Time>>(values: &[f64], spikes: &mut Spikes, times: impl Fn(f64) -> I) {
    for (&value, line) in values.iter().zip(0..) {
        spikes.extend(times(value).into_iter().map(|time| (time, line)));
    }
}

open! {
    /// Any [`Encoder`], with its parameters.
    pub struct Timed of Encoder {
        /// The code for samples of this shape; of sound, with so many values a second.
        ///
        /// # Errors
        /// As [`Encoder::fit`].
        fn fitted(&self, shape: &[usize], rate: Option<u32>) -> Result<Timed, ModelFault>;
        /// Lines of a source that shows samples of this shape.
        #[must_use]
        fn lines(&self, shape: &[usize]) -> u32;
        /// Adds the spikes of one sample; see [`Encoder::spikes`].
        fn spikes(&self, values: &[f64], shape: &[usize], spikes: &mut Spikes);
        /// What it does, for reports.
        #[must_use]
        fn told(&self) -> String;
    }

    /// A code by name.
    pub struct EncoderEntry {
        /// Whether its samples are sound.
        sound: bool = SOUND,
    }
}

impl Timed {
    /// The spikes of one sample, in order of time and then of line.
    #[must_use]
    pub fn sample(&self, values: &[f64], shape: &[usize]) -> Spikes {
        let mut spikes = Vec::new();
        self.spikes(values, shape, &mut spikes);
        spikes.sort_unstable();
        spikes
    }

    /// The spikes of all samples, worked out by these threads.
    #[must_use]
    pub fn all(
        &self,
        mut samples: impl Iterator<Item = Vec<f64>>,
        shape: &[usize],
        threads: &Threads,
    ) -> FirstSpikes {
        let (mut coded, team) = (Vec::new(), threads.team());
        // Sound takes long: some recordings at a time, on all threads.
        loop {
            let some: Vec<_> = samples.by_ref().take(256).collect();
            if some.is_empty() {
                return FirstSpikes::of(coded);
            }
            coded.extend(team.map(&some, || (), |(), values| self.sample(values, shape)));
        }
    }
}

/// The codes that are shipped.
#[must_use]
pub fn shipped() -> Vec<EncoderEntry> {
    vec![
        EncoderEntry::of::<Latency>(),
        EncoderEntry::of::<Regular>(),
        EncoderEntry::of::<PhaseCode>(),
        EncoderEntry::of::<Bursts>(),
        EncoderEntry::of::<Population>(),
        EncoderEntry::of::<DeltaCode>(),
        EncoderEntry::of::<Cochlea>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_many_as_a_code_needs() {
        let ms = Time::from_ms;
        let latency = Latency { at_zero: ms(20), at_one: ms(0), above: 0.1, bias: Some(ms(15)) };
        let first = Timed::new(latency);
        assert_eq!(first.lines(&[2, 3]), 7);
        let values = [0.0, 0.5, 1.0];
        assert_eq!(first.sample(&values, &[3]), FirstSpikes::new(values.into_iter(), 3, &latency).sample(0));
        let population = Timed::new(Population { fields: 4, width: 1.5, latest: ms(10), least: 0.1 });
        assert_eq!(population.lines(&[2, 3]), 24);
        assert!(population.sample(&[0.0, 1.0], &[2]).iter().all(|&(_, line)| line < 8));
        let delta = Timed::new(DeltaCode { step: ms(1), threshold: 0.25 });
        assert_eq!(delta.lines(&[10, 3, 2]), 12);
        assert!(first == Timed::new(latency) && first != delta);
    }

    fn faults(name: &str, values: &[(&str, f64)]) -> Vec<String> {
        let entries = shipped();
        let entry = entries.iter().find(|entry| entry.name == name).unwrap();
        let value = |name: &str| values.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
        entry.make(&value).map_or_else(|faults| faults.iter().map(ToString::to_string).collect(), |_| vec![])
    }

    #[test]
    fn every_code_says_what_is_missing_and_what_cannot_be() {
        for entry in shipped() {
            assert!(!entry.title.is_empty() && !entry.keys.is_empty());
            assert!(!faults(entry.name, &[]).is_empty(), "{} has a key that must be stated", entry.name);
        }
        assert_eq!(
            faults("first_spike", &[("at_zero", 1e-3), ("at_one", 1e-3)]),
            ["`at_one` is 1 ms; it must differ from at_zero, or all values spike at one time"]
        );
        assert_eq!(
            faults("bursts", &[("shortest", 3e-3), ("longest", 2e-3)]),
            ["`longest` is 2 ms; it must be at least shortest"]
        );
        assert_eq!(
            faults("phase", &[("period", 1e-3), ("bits", 1.5)]),
            ["`bits` is 1.5; it must be a whole number from 1 to 16"]
        );
        let many = "it must be at most 1000000/max_rate: a value has up to a million spikes";
        assert_eq!(
            faults("regular", &[("max_rate", 1e9), ("duration", 1.0)]),
            [format!("`duration` is 1 s; {many}")]
        );
        assert!(faults("regular", &[("max_rate", 1e3), ("duration", 1.0)]).is_empty());
    }

    #[test]
    fn codes_fit_their_samples() {
        let delta = Timed::new(DeltaCode { step: Time::from_ms(1), threshold: 0.25 });
        assert!(delta.fitted(&[2, 3], None).is_ok());
        let fault = delta.fitted(&[6], None).unwrap_err();
        assert_eq!(
            fault.to_string(),
            "`kind` is \"delta\", and samples of 6 have no axis of time; samples of (times, channels), at least two times"
        );
    }
}
