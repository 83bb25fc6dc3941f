//! Tables whose words a registry adds to: learning rules, sources, codes of samples, and objectives of
//! layers. Each entry is a word of the key that decides, and
//! has keys of its own, which exist with that word alone.

use super::plasticity;
use super::protocol::supervised::OBJECTIVE;
use super::source::{self, encode};
use super::spec::{Choice, Key, Kind, Section, kept, model_key};
use super::table::Table as _;
use crate::keys::ModelKey;
use crate::registry::Registry;

/// A table whose words a registry adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opened {
    /// `plasticity` of a projection.
    Rules,
    /// A `[source.NAME]` itself.
    Sources,
    /// `encode` of a source.
    Encoders,
    /// `objective` of an exact gradient.
    Objectives,
}

/// What a registry adds.
#[derive(Clone, Debug)]
pub struct Added {
    /// The word.
    pub name: &'static str,
    /// What it is.
    pub about: String,
    /// Its keys.
    pub keys: &'static [ModelKey],
    /// The kind of volatile device that gives what keys of its own name are.
    device: Option<&'static str>,
}

impl Opened {
    /// Of the table that a key is, if it is one of these.
    #[must_use]
    pub fn of(key: &Key) -> Option<Self> {
        match (key.name, key.kind) {
            ("plasticity", Kind::Table(_)) => Some(Self::Rules),
            ("encode", Kind::Table(_)) => Some(Self::Encoders),
            ("objective", Kind::Table(_)) => Some(Self::Objectives),
            _ => None,
        }
    }

    /// Of the tables of a section, if they are of these.
    #[must_use]
    pub fn section(section: &Section) -> Option<Self> {
        (section.name == "source").then_some(Self::Sources)
    }

    /// The key whose words they are.
    #[must_use]
    pub fn decider(self) -> &'static str {
        let [decider, ..] = self.built_in() else { return "" };
        decider.name
    }

    /// What `registry` adds, in its order.
    #[must_use]
    pub fn added(self, registry: &Registry) -> Vec<Added> {
        let one = |name, about: &str, keys| Added { name, about: about.into(), keys, device: None };
        match self {
            Self::Rules => {
                let of = registry.rules().iter().map(|rule| Added {
                    about: format!("{} ({})", rule.title, rule.source),
                    device: rule.device,
                    ..one(rule.name, "", rule.keys)
                });
                of.collect()
            }
            Self::Sources => registry.sources().iter().map(|of| one(of.name, of.title, of.keys)).collect(),
            Self::Encoders => registry.encoders().iter().map(|of| one(of.name, of.title, of.keys)).collect(),
            Self::Objectives => {
                registry.objectives().iter().map(|of| one(of.name, of.title, of.keys)).collect()
            }
        }
    }

    /// The keys that are there without a registry; the first decides.
    fn built_in(self) -> &'static [Key] {
        match self {
            Self::Rules => plasticity::KEYS,
            Self::Sources => source::Described::KEYS,
            Self::Encoders => encode::KEYS,
            Self::Objectives => OBJECTIVE,
        }
    }

    /// Whether the default is the first entry of a registry.
    fn built_in_last(self) -> bool {
        matches!(self, Self::Rules | Self::Objectives)
    }

    /// The keys in a scenario with this word (`None` or unknown: the default one): its own, those that all have, and those of other
    /// words, which have no meaning then.
    #[must_use]
    pub fn keys(self, registry: &Registry, word: Option<&str>) -> &'static [Key] {
        let added = self.added(registry);
        let first = self.built_in_last().then(|| added.first()).flatten();
        let chosen = word.and_then(|word| added.iter().find(|one| one.name == word)).or(first);
        let of = format!("{self:?} {}{}", chosen.map_or("", |one| one.name), known(&added, registry));
        kept(of, || {
            let mut own: Vec<Key> = Vec::new();
            for one in chosen.into_iter().chain(&added) {
                for key in one.keys {
                    if own.iter().any(|other| other.name == key.name) {
                        continue;
                    }
                    let has = added.iter().filter(|one| one.keys.iter().any(|other| other.name == key.name));
                    // A volatile device gives what keys of its own name are.
                    let of_device = registry.devices().iter().find(|kind| Some(kind.name) == one.device);
                    let theirs =
                        of_device.is_some_and(|kind| kind.keys.iter().any(|own| own.name == key.name));
                    let stated = model_key(key);
                    let stated = if theirs { stated.preset(key.name) } else { stated };
                    own.push(stated.when(self.decider(), names(has.map(|one| one.name))));
                }
            }
            self.joined(&added, own, chosen)
        })
    }

    /// The keys that are not those of an entry.
    #[must_use]
    pub fn common(self, registry: &Registry) -> &'static [Key] {
        let added = self.added(registry);
        let of = format!("{self:?} common {}", known(&added, registry));
        kept(of, || self.joined(&added, Vec::new(), None))
    }

    /// The table with the words of all, and the keys of entries after the one that decides. A key that a built-in word has too is
    /// the one of the word that was chosen.
    fn joined(self, added: &[Added], mut own: Vec<Key>, chosen: Option<&Added>) -> Vec<Key> {
        let [decider, rest @ ..] = self.built_in() else { return own };
        let Kind::Choice(built_in) = decider.kind else { return own };
        let words = added.iter().map(|one| Choice { name: one.name, doc: one.about.clone().leak() });
        let choices: Vec<Choice> = match self.built_in_last() {
            true => words.chain(built_in.iter().copied()).collect(),
            false => built_in.iter().copied().chain(words).collect(),
        };
        let decider = Key { kind: Kind::Choice(choices.leak()), ..*decider };
        let mut of_all = Vec::with_capacity(rest.len());
        for key in rest {
            let key = match key.when {
                Some((decider, plasticity::LAWS)) => {
                    key.when(decider, names(added.iter().map(|one| one.name)))
                }
                // Lines are what every source has that draws.
                Some((decider, words)) if self == Self::Sources && key.name == "size" => {
                    let all = words.iter().copied().chain(added.iter().map(|one| one.name));
                    key.when(decider, names(all))
                }
                _ => *key,
            };
            let Some(place) = own.iter().position(|other| other.name == key.name) else {
                of_all.push(key);
                continue;
            };
            let words = |key: &Key| key.when.map_or(&[][..], |(_, words)| words);
            let both = names(words(&key).iter().chain(words(&own[place])).copied());
            if chosen.is_some_and(|one| one.keys.iter().any(|other| other.name == key.name)) {
                own[place] = own[place].when(self.decider(), both);
            } else {
                own.remove(place);
                of_all.push(key.when(self.decider(), both));
            }
        }
        std::iter::once(decider).chain(own).chain(of_all).collect()
    }
}

/// What tells the entries of a registry from those of another, briefly: every such table asks.
fn known(added: &[Added], registry: &Registry) -> String {
    let devices = registry.devices().iter().map(|kind| kind.name);
    added.iter().fold(devices.collect(), |text: String, one| {
        format!("{text} {}{:?}{:p}{}", one.name, one.device, one.keys, one.keys.len())
    })
}

fn names(names: impl Iterator<Item = &'static str>) -> &'static [&'static str] {
    names.collect::<Vec<_>>().leak()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::spec::Fallback;

    fn key(of: Opened, word: Option<&str>, name: &str) -> Key {
        let keys = of.keys(&Registry::shipped(), word);
        assert_eq!(keys.iter().filter(|key| key.name == name).count(), 1);
        *keys.iter().find(|key| key.name == name).unwrap()
    }

    #[test]
    fn a_key_is_that_of_the_rule_that_was_chosen() {
        let default = |rule| key(Opened::Rules, rule, "a_plus").default;
        assert!(matches!(default(None), Fallback::Value("1.3861", ..)));
        assert!(matches!(default(Some("rectangular")), Fallback::Required));
        let tau_minus = |rule| key(Opened::Rules, rule, "tau_minus").when;
        assert_eq!(tau_minus(Some("rectangular")), Some(("rule", &["stdp_pair", "stdp_triplet"][..])));
        let registry = Registry::shipped();
        assert!(std::ptr::eq(
            Opened::Rules.keys(&registry, None),
            Opened::Rules.keys(&registry, Some("stdp_pair"))
        ));
    }

    #[test]
    fn a_key_that_a_built_in_word_has_too_is_that_of_the_word_that_was_chosen() {
        let rate = |word| key(Opened::Encoders, word, "max_rate");
        let both: &[&str] = &["poisson", "regular"];
        for word in [None, Some("poisson"), Some("regular"), Some("bursts")] {
            assert_eq!(rate(word).when, Some(("kind", both)), "{word:?}");
        }
        assert!(rate(Some("poisson")).doc.starts_with("Rate of a pixel"));
        assert!(rate(Some("regular")).doc.starts_with("rate of a pixel"));
        assert_eq!(key(Opened::Encoders, Some("bursts"), "start").when, Some(("kind", &["bursts"][..])));
        let lines = key(Opened::Sources, Some("gamma"), "size").when.unwrap().1;
        assert!(lines.contains(&"gamma") && lines.contains(&"poisson") && !lines.contains(&"dataset"));
        assert!(key(Opened::Sources, Some("gamma"), "rate").doc.starts_with("mean rate"));
    }

    #[test]
    fn a_registry_knows_the_sources_that_are_built_in() {
        let Kind::Choice(words) = source::Described::KEYS[0].kind else { panic!("the first key decides") };
        let words: Vec<&str> = words.iter().map(|word| word.name).collect();
        assert_eq!(words, crate::registry::SOURCES);
    }
}
