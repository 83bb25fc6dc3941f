//! A learning rule by name: what a registry keeps of it.

use super::local::{LocalRule, made};
use super::rule::{Law, Rule};
use crate::keys::{ModelFault, ModelKey};

/// The rule of the values of its keys in SI units and of its law, or all that is wrong with them.
type Make = fn(&dyn Fn(&str) -> Option<f64>, Law) -> Result<Rule, Vec<ModelFault>>;

/// A learning rule by name.
#[derive(Clone, Copy, Debug)]
pub struct RuleEntry {
    /// What a scenario calls it.
    pub name: &'static str,
    /// Version of what it remembers.
    pub version: u32,
    /// One line about it.
    pub title: &'static str,
    /// Who published it.
    pub source: &'static str,
    /// Its keys, in the order of the reference.
    pub keys: &'static [ModelKey],
    /// The kind of volatile device whose state the weight is.
    pub device: Option<&'static str>,
    pub(super) make: Make,
}

impl RuleEntry {
    /// The entry of a rule.
    #[must_use]
    pub fn of<R: LocalRule>() -> Self {
        Self {
            name: R::NAME,
            version: R::VERSION,
            title: R::TITLE,
            source: R::SOURCE,
            keys: R::KEYS,
            device: R::DEVICE,
            make: |value, law| made::<R>(value).map(|rule| Rule::local(rule, law)),
        }
    }

    /// The rule of these values; a key that `value` does not know has its default.
    ///
    /// # Errors
    /// Every value that makes no rule.
    pub fn make(&self, value: &dyn Fn(&str) -> Option<f64>, law: Law) -> Result<Rule, Vec<ModelFault>> {
        (self.make)(value, law)
    }
}
