//! What can be named: the neuron models that a scenario may use.
//!
//! A registry is a value, not a global: the program makes [`Registry::shipped`], and who brings a model of their own adds
//! it there. Being registered is being documented, checked and tested: the scenario's keys, the schema, the reference
//! chapter, `memspike models` and the conformance tests are read from the entries.

use crate::neuron::Open;
use crate::neuron::adaptive_lif::AdaptiveLif;
use crate::neuron::adex::Adex;
use crate::neuron::conductance_lif::ConductanceLif;
use crate::neuron::integrator::Integrator;
use crate::neuron::izhikevich::Izhikevich;
use crate::neuron::keys::{Described, ModelFault, ModelKey};
use crate::neuron::model::Plain as _;
use crate::neuron::oscillator::Oscillator;
use crate::neuron::poisson_neuron::PoissonNeuron;

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
    /// What conductances may be sent to.
    pub receptors: &'static [&'static str],
    /// Names and units of the variables of a neuron.
    pub variables: &'static [(&'static str, &'static str)],
    make: fn(ValueOf<'_>) -> Made,
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
            receptors: M::RECEPTORS,
            variables: M::State::NAMES,
            make: |value| {
                let model = M::from_keys(value)?;
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
        (self.make)(value)
    }
}

/// Why an entry cannot be added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RegistryError {
    /// One name, one model.
    #[error("there is a neuron model `{name}` already")]
    Taken {
        /// The name.
        name: &'static str,
    },
    /// Names and keys are words of scenario files.
    #[error(
        "`{word}` of neuron model `{name}` is not a word; allowed: small letters, digits and _, such as \"tau_m\""
    )]
    Word {
        /// The model.
        name: &'static str,
        /// Its name or key.
        word: &'static str,
    },
}

/// What can be named.
#[derive(Clone, Debug, Default)]
pub struct Registry {
    neurons: Vec<NeuronEntry>,
}

/// The models that are built in beside the registered ones.
const BUILT_IN: [&str; 2] = ["lif", "switch"];

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
        ];
        Self { neurons }
    }

    /// Adds a neuron model.
    ///
    /// # Errors
    /// If its name is taken, or its name or a key is not a word of scenario files.
    pub fn neuron<M: Described>(&mut self) -> Result<(), RegistryError> {
        let entry = NeuronEntry::of::<M>();
        let name = entry.name;
        if BUILT_IN.contains(&name) || self.find(name).is_some() {
            return Err(RegistryError::Taken { name });
        }
        let plain = |word: &str| {
            word.starts_with(|c: char| c.is_ascii_lowercase())
                && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if let Some(&word) = std::iter::once(&name)
            .chain(entry.keys.iter().map(|key| &key.name))
            .chain(entry.receptors)
            .find(|word| !plain(word))
        {
            return Err(RegistryError::Word { name, word });
        }
        self.neurons.push(entry);
        Ok(())
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
    fn a_name_is_given_once() {
        let mut registry = Registry::shipped();
        let taken = |name| Err(RegistryError::Taken { name });
        assert_eq!(registry.neuron::<Adex>(), taken(<Adex as crate::neuron::model::Model>::NAME));
        assert_eq!(Registry::default().neuron::<Adex>(), Ok(()));
    }
}
