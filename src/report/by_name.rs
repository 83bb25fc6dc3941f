//! Values under names, in the order they were given.

use crate::energy::Ledger;
use serde::{Deserialize, Serialize};

/// A JSON object whose keys keep the order they were given in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByName<T>(Vec<(String, T)>);

impl<T> ByName<T> {
    /// The value under a name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// Names and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value))
    }

    /// Whether nothing is named.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl ByName<f64> {
    /// Sums a ledger by category, in the order of the categories, with `total` at the end. One in which nobody has a line has
    /// no total either: nothing names a device or the `cost` of a chip.
    pub(super) fn by_category(ledger: &Ledger) -> Self {
        if ledger.entries.is_empty() {
            return Self::default();
        }
        ledger
            .by_category()
            .into_iter()
            .map(|(category, joules)| (category.name().to_string(), joules))
            .chain([("total".to_string(), ledger.total())])
            .collect()
    }
}

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> FromIterator<(String, T)> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = (String, T)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(name, value)| (name, value)))
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pairs<T>(std::marker::PhantomData<T>);
        impl<'de, T: Deserialize<'de>> serde::de::Visitor<'de> for Pairs<T> {
            type Value = ByName<T>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut pairs = Vec::new();
                while let Some(pair) = map.next_entry()? {
                    pairs.push(pair);
                }
                Ok(ByName(pairs))
            }
        }
        deserializer.deserialize_map(Pairs(std::marker::PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_spends_has_no_total() {
        assert!(ByName::by_category(&Ledger::default()).is_empty());
    }

    #[test]
    fn categories_sum_to_the_total_and_owners_are_added_up() {
        let (_, outcome) = crate::report::example::trained();
        let sums = ByName::by_category(&outcome.energy);
        let total = *sums.get("total").unwrap();
        let parts: f64 = sums.iter().filter(|(name, _)| *name != "total").map(|(_, j)| j).sum();
        let entries: f64 = outcome.energy.entries.iter().map(|entry| entry.joules).sum();
        assert!((parts - total).abs() <= 1e-15 * total && (entries - total).abs() <= 1e-12 * total);
    }
}
