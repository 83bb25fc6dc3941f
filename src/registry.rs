//! What can be named: the neuron models, learning rules, sources, codes of samples, objectives, data sets and formats of records that a scenario may
//! use, and the kinds of device that presets describe.
//!
//! A registry is a value, not a global: the program makes [`Registry::shipped`], and who brings a model of their own adds
//! it there. Being registered is being documented, checked and tested: the scenario's keys, the schema, the reference
//! chapter, `memspike models` and the conformance tests are read from the entries.

mod devices;
#[cfg(feature = "parquet")]
mod parquet;
#[cfg(feature = "sonata")]
mod sonata;

use crate::dataset;
use crate::device::{self, DeviceEntry};
use crate::encoding::{self, Encoder, EncoderEntry, Train, TrainEntry};
use crate::neuron::Open;
use crate::neuron::accumulate::Accumulate;
use crate::neuron::adaptive_lif::AdaptiveLif;
use crate::neuron::adex::Adex;
use crate::neuron::conductance_lif::ConductanceLif;
use crate::neuron::integrator::Integrator;
use crate::neuron::izhikevich::Izhikevich;
use crate::neuron::keys::{Described, ModelFault, ModelKey};
use crate::neuron::model::Plain as _;
use crate::neuron::oscillator::Oscillator;
use crate::neuron::poisson_neuron::PoissonNeuron;
use crate::plasticity::{LocalRule, RuleEntry};
use crate::record::{Format, Formats};
use crate::training::exact::{self, Objective, ObjectiveEntry};

/// Formats of records that this build lacks: what each is called, and its feature, have one name.
pub const LACKING: &[&str] = match (cfg!(feature = "parquet"), cfg!(feature = "sonata")) {
    (true, true) => &[],
    (false, true) => &["parquet"],
    (true, false) => &["sonata"],
    (false, false) => &["parquet", "sonata"],
};

/// A model made of the values of its keys, and remarks on values that are allowed and probably not meant.
pub type Made = Result<(Open, Vec<ModelFault>), Vec<ModelFault>>;

/// The value of a key in SI units, if it has one.
type ValueOf<'a> = &'a dyn Fn(&str) -> Option<f64>;

/// A neuron model by name.
#[derive(Clone, Copy, Debug)]
pub struct NeuronEntry {
    /// What a scenario calls it.
    pub name: &'static str,
    /// Version of its state.
    pub version: u32,
    /// One line about it.
    pub title: &'static str,
    /// Its keys, in the order of the reference.
    pub keys: &'static [ModelKey],
    /// The kind of the devices that it is made of.
    pub device: Option<&'static str>,
    /// What conductances may be sent to.
    pub receptors: &'static [&'static str],
    /// Names and units of the variables of a neuron.
    pub variables: &'static [(&'static str, &'static str)],
    make: fn(Option<&device::Open>, ValueOf<'_>) -> Made,
}

impl NeuronEntry {
    /// The entry of a model.
    #[must_use]
    pub fn of<M: Described>() -> Self {
        Self {
            name: M::NAME,
            version: M::VERSION,
            title: M::TITLE,
            keys: M::KEYS,
            device: M::DEVICE,
            receptors: M::RECEPTORS,
            variables: M::State::NAMES,
            make: |device, value| {
                let model = match device {
                    Some(device) => M::from_device(device, value)?,
                    None => M::from_keys(value)?,
                };
                let remarks = model.remarks();
                Ok((Open::new(model), remarks))
            },
        }
    }

    /// The model of these values in SI units; a key that `value` does not know has its default.
    ///
    /// # Errors
    /// Every value that makes no neuron of the model.
    pub fn make(&self, value: ValueOf<'_>) -> Made {
        (self.make)(None, value)
    }

    /// The same of a device.
    ///
    /// # Errors
    /// As [`NeuronEntry::make`].
    pub fn make_of(&self, device: Option<&device::Open>, value: ValueOf<'_>) -> Made {
        (self.make)(device, value)
    }
}

/// Why an entry cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// One name, one model.
    #[error("there is a {kind} `{name}` already")]
    Taken {
        /// "neuron model", "learning rule", "source", "code", "objective", "format of records", "data set".
        kind: &'static str,
        /// The name.
        name: &'static str,
    },
    /// Names and keys are words of scenario files.
    #[error(
        "`{word}` of {kind} `{name}` is not a word; allowed: small letters, digits and _, such as \"tau_m\""
    )]
    Word {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// Its name, a key, or a word that a key may be.
        word: &'static str,
    },
    /// A key that the scenario has for all of its kind.
    #[error("`{key}` of {kind} `{name}` is a key that every {kind} has")]
    Key {
        /// What it is.
        kind: &'static str,
        /// Its name.
        name: &'static str,
        /// The key.
        key: &'static str,
    },
}

/// What can be named.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    neurons: Vec<NeuronEntry>,
    rules: Vec<RuleEntry>,
    trains: Vec<TrainEntry>,
    encoders: Vec<EncoderEntry>,
    objectives: Vec<ObjectiveEntry>,
    devices: Vec<DeviceEntry>,
    formats: Formats,
    datasets: Vec<dataset::Name>,
}

/// What is known about models of one kind beside the registered ones.
struct Known {
    kind: &'static str,
    /// Names of those that are built in.
    built_in: &'static [&'static str],
    /// Keys that a scenario has for all of them.
    keys: &'static [&'static str],
}

const NEURON: Known = Known { kind: "neuron model", built_in: &["lif", "switch"], keys: &["model", "size"] };

const RULE: Known = Known { kind: "learning rule", built_in: &["overlap"], keys: RULE_KEYS };

const SOURCE: Known = Known { kind: "source", built_in: SOURCES, keys: &["kind", "size"] };

const ENCODER: Known = Known { kind: "code", built_in: &["poisson", "events"], keys: &["kind"] };

const OBJECTIVE: Known = Known { kind: "objective", built_in: &[], keys: &["kind"] };

const DATASET: Known = Known { kind: "data set", built_in: &[], keys: &[] };

const FORMAT: Known = Known { kind: "format of records", built_in: &[], keys: &[] };

/// The words of sources that are built in.
pub const SOURCES: &[&str] = &[
    "poisson",
    "poisson_steps",
    "poisson_sine",
    "spike_list",
    "replay",
    "regular",
    "bursts",
    "dataset",
    "current_steps",
    "current_ramps",
    "current_sine",
];

/// Keys that every learning rule has in a scenario beside its own, and those of the one that is built in.
pub const RULE_KEYS: &[&str] = &[
    "rule",
    "dependence",
    "mu",
    "beta",
    "relative_to",
    "time_scale",
    "spread",
    "row",
    "column",
    "w_min",
    "w_max",
    "cv_cycle",
    "program",
    "dispersion",
    "endurance",
    "normalise",
];

impl Known {
    /// Whether an entry of this name with these keys and words can stand beside the others.
    fn admit(
        &self,
        name: &'static str,
        mut others: impl Iterator<Item = &'static str>,
        keys: &'static [ModelKey],
        more: &[&'static str],
    ) -> Result<(), RegistryError> {
        let kind = self.kind;
        if self.built_in.contains(&name) || others.any(|other| other == name) {
            return Err(RegistryError::Taken { kind, name });
        }
        if let Some(key) = keys.iter().find(|key| self.keys.contains(&key.name)) {
            return Err(RegistryError::Key { kind, name, key: key.name });
        }
        let plain = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        let of_key =
            |key: &'static ModelKey| std::iter::once(key.name).chain(key.words.iter().map(|word| word.0));
        let mut words = std::iter::once(name).chain(keys.iter().flat_map(of_key)).chain(more.iter().copied());
        match words.find(|word| !plain(word)) {
            Some(word) => Err(RegistryError::Word { kind, name, word }),
            None => Ok(()),
        }
    }
}

impl Registry {
    /// Everything that is shipped.
    #[must_use]
    pub fn shipped() -> Self {
        let neurons = vec![
            NeuronEntry::of::<AdaptiveLif>(),
            NeuronEntry::of::<ConductanceLif>(),
            NeuronEntry::of::<Adex>(),
            NeuronEntry::of::<Izhikevich>(),
            NeuronEntry::of::<Oscillator>(),
            NeuronEntry::of::<Integrator>(),
            NeuronEntry::of::<PoissonNeuron>(),
            NeuronEntry::of::<Accumulate>(),
        ];
        let (rules, devices) = (crate::plasticity::shipped(), crate::device::kinds::SHIPPED.to_vec());
        let (trains, encoders) = (encoding::trains(), encoding::shipped());
        let datasets = dataset::Name::ALL.to_vec();
        let formats = Formats::built_in();
        #[cfg(feature = "parquet")]
        let formats = formats.with(parquet::Parquet);
        #[cfg(feature = "sonata")]
        let formats = formats.with(sonata::Sonata);
        Self { neurons, rules, trains, encoders, objectives: exact::objectives(), devices, formats, datasets }
    }

    /// Adds a neuron model.
    ///
    /// # Errors
    /// If its name is taken, its name or a key is not a word of scenario files, or every model has such a key.
    pub fn neuron<M: Described>(&mut self) -> Result<(), RegistryError> {
        let entry = NeuronEntry::of::<M>();
        NEURON.admit(entry.name, self.neurons.iter().map(|other| other.name), entry.keys, entry.receptors)?;
        self.neurons.push(entry);
        Ok(())
    }

    /// Adds a learning rule.
    ///
    /// # Errors
    /// As [`Registry::neuron`].
    pub fn rule<R: LocalRule>(&mut self) -> Result<(), RegistryError> {
        let entry = RuleEntry::of::<R>();
        RULE.admit(entry.name, self.rules.iter().map(|other| other.name), entry.keys, &[])?;
        self.rules.push(entry);
        Ok(())
    }

    /// Adds a kind of source: a train of spikes, of which each line draws its own.
    ///
    /// # Errors
    /// As [`Registry::neuron`].
    pub fn source<T: Train>(&mut self) -> Result<(), RegistryError> {
        let entry = TrainEntry::of::<T>();
        SOURCE.admit(entry.name, self.trains.iter().map(|other| other.name), entry.keys, &[])?;
        self.trains.push(entry);
        Ok(())
    }

    /// Adds a code of samples.
    ///
    /// # Errors
    /// As [`Registry::neuron`].
    pub fn encoder<E: Encoder>(&mut self) -> Result<(), RegistryError> {
        let entry = EncoderEntry::of::<E>();
        ENCODER.admit(entry.name, self.encoders.iter().map(|other| other.name), entry.keys, &[])?;
        self.encoders.push(entry);
        Ok(())
    }

    /// Adds what may be wanted of the scores of a read-out.
    ///
    /// # Errors
    /// As [`Registry::neuron`].
    pub fn objective<O: Objective>(&mut self) -> Result<(), RegistryError> {
        let entry = ObjectiveEntry::of::<O>();
        OBJECTIVE.admit(entry.name, self.objectives.iter().map(|other| other.name), entry.keys, &[])?;
        self.objectives.push(entry);
        Ok(())
    }

    /// Adds a format of records.
    ///
    /// # Errors
    /// As [`Registry::neuron`].
    pub fn format(&mut self, format: impl Format + 'static) -> Result<(), RegistryError> {
        FORMAT.admit(format.name(), self.formats.iter().map(Format::name), &[], &[])?;
        self.formats = std::mem::take(&mut self.formats).with(format);
        Ok(())
    }

    /// Adds a data set.
    ///
    /// # Errors
    /// As [`Registry::neuron`].
    pub fn dataset(&mut self, known: &'static dataset::known::Known) -> Result<(), RegistryError> {
        DATASET.admit(known.word, self.datasets.iter().map(|name| name.word()), &[], &[])?;
        self.datasets.push(dataset::Name::of(known));
        Ok(())
    }

    /// The data sets.
    #[must_use]
    pub fn datasets(&self) -> &[dataset::Name] {
        &self.datasets
    }

    /// The data set that a scenario calls so.
    #[must_use]
    pub fn find_dataset(&self, word: &str) -> Option<dataset::Name> {
        self.datasets.iter().copied().find(|name| name.word() == word)
    }

    /// The formats of records.
    #[must_use]
    pub fn formats(&self) -> &Formats {
        &self.formats
    }

    /// All learning rules but the one that is made of devices, in the order in which they were added.
    #[must_use]
    pub fn rules(&self) -> &[RuleEntry] {
        &self.rules
    }

    /// The learning rule of this name.
    #[must_use]
    pub fn find_rule(&self, name: &str) -> Option<&RuleEntry> {
        self.rules.iter().find(|entry| entry.name == name)
    }

    /// All kinds of source but those that are built in.
    #[must_use]
    pub fn sources(&self) -> &[TrainEntry] {
        &self.trains
    }

    /// The kind of source of this name.
    #[must_use]
    pub fn find_source(&self, name: &str) -> Option<&TrainEntry> {
        self.trains.iter().find(|entry| entry.name == name)
    }

    /// All codes of samples but those that draw, or take events as they are.
    #[must_use]
    pub fn encoders(&self) -> &[EncoderEntry] {
        &self.encoders
    }

    /// The code of this name.
    #[must_use]
    pub fn find_encoder(&self, name: &str) -> Option<&EncoderEntry> {
        self.encoders.iter().find(|entry| entry.name == name)
    }

    /// What may be wanted of the scores of a read-out.
    #[must_use]
    pub fn objectives(&self) -> &[ObjectiveEntry] {
        &self.objectives
    }

    /// The objective of this name.
    #[must_use]
    pub fn find_objective(&self, name: &str) -> Option<&ObjectiveEntry> {
        self.objectives.iter().find(|entry| entry.name == name)
    }

    /// All neuron models, in the order in which they were added.
    #[must_use]
    pub fn neurons(&self) -> &[NeuronEntry] {
        &self.neurons
    }

    /// The neuron model of this name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&NeuronEntry> {
        self.neurons.iter().find(|entry| entry.name == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::neuron::keys::Unstated;
    use crate::plasticity::Triplet;

    #[test]
    fn every_entry_has_keys_that_make_it_by_their_defaults() {
        for entry in Registry::shipped().neurons() {
            let required = entry.keys.iter().find(|key| key.default == Unstated::Required);
            let made = entry.make(&|_| None);
            assert_eq!(made.is_ok(), required.is_none(), "{}: {made:?}", entry.name);
            assert!(!entry.title.is_empty() && !entry.variables.is_empty());
            for key in entry.keys {
                assert!(!key.what.is_empty() && !key.origin.is_empty(), "{}.{}", entry.name, key.name);
            }
        }
    }

    #[test]
    fn every_rule_has_its_keys_in_the_chapter_on_learning() {
        let chapter = include_str!("../docs/src/concepts/plasticity.md");
        for entry in Registry::shipped().rules() {
            assert!(!entry.title.is_empty() && !entry.source.is_empty(), "{}", entry.name);
            let heading = format!("`{}`", entry.name);
            let is_its_own = |part: &&str| part.lines().next().is_some_and(|line| line.contains(&heading));
            let section = chapter.split("\n## ").find(is_its_own);
            let section = section.unwrap_or_else(|| panic!("there is no section {heading}"));
            for key in entry.keys {
                assert!(section.contains(&format!("`{}`", key.name)), "{}.{}", entry.name, key.name);
                assert!(!key.what.is_empty() && !key.origin.is_empty(), "{}.{}", entry.name, key.name);
            }
        }
    }

    #[test]
    fn a_name_is_given_once() {
        let mut registry = Registry::shipped();
        let error = registry.neuron::<Adex>().unwrap_err();
        assert_eq!(error.to_string(), "there is a neuron model `adex` already");
        let error = registry.rule::<Triplet>().unwrap_err();
        assert_eq!(error.to_string(), "there is a learning rule `stdp_triplet` already");
        assert_eq!(Registry::default().neuron::<Adex>(), Ok(()));
        assert_eq!(Registry::default().rule::<Triplet>(), Ok(()));
    }

    #[test]
    fn keys_are_words_and_not_those_that_all_have() {
        const OWN: &[ModelKey] = &[crate::keys::key("tau", "s", "1 ms", "", "")];
        let admit = |name, keys| {
            RULE.admit(name, ["taken"].into_iter(), keys, &[]).map_err(|error| error.to_string())
        };
        assert_eq!(admit("free", OWN), Ok(()));
        assert_eq!(
            admit("Free", OWN).unwrap_err().split(';').next(),
            Some("`Free` of learning rule `Free` is not a word")
        );
        const BOUND: &[ModelKey] = &[crate::keys::key("w_max", "V", "1 V", "", "")];
        assert_eq!(
            admit("free", BOUND).unwrap_err(),
            "`w_max` of learning rule `free` is a key that every learning rule has"
        );
    }
}
