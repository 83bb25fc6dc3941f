//! Protocols: what can be done with a network, or with devices on their own.
//!
//! One file or folder each, which has all of it: keys, lowering, warnings, and how it is carried out. Here they are listed.

pub mod device;
pub(in crate::scenario) mod entry;
mod keys;
mod one_layer;
pub mod simulate;
pub mod supervised;
pub mod unsupervised;

use super::filled::Fields;
use super::plan::Plan;
use super::spec::{Choice, Key, Kind};
use entry::Entry;
use std::sync::LazyLock;

/// Every protocol, in the order of the reference.
pub(super) static SHIPPED: &[Entry] = &[
    Entry::of::<simulate::Simulate>(),
    Entry::of::<supervised::Supervised>(),
    Entry::of::<unsupervised::Unsupervised>(),
    Entry::of::<device::Devices>(),
];

/// The protocol of this word.
pub(super) fn find(word: &str) -> Option<&'static Entry> {
    SHIPPED.iter().find(|entry| entry.word == word)
}

/// The protocol that `[protocol]` names.
pub(super) fn named(fields: &Fields) -> Option<&'static Entry> {
    find(fields.word("kind")?)
}

/// The protocol of a plan.
///
/// # Panics
/// If it is not listed.
pub(super) fn of(plan: &Plan) -> &'static Entry {
    let word = plan.protocol.word();
    find(word).unwrap_or_else(|| panic!("no protocol `{word}` is listed"))
}

/// The keys of `[protocol]`: those of every protocol, each with the words it belongs to.
pub(super) fn keys() -> &'static [Key] {
    static KEYS: LazyLock<Vec<Key>> = LazyLock::new(|| {
        let words: Vec<Choice> =
            SHIPPED.iter().map(|entry| Choice { name: entry.word, doc: entry.doc }).collect();
        let mut keys = vec![Key::new("kind", Kind::Choice(words.leak()), "What is done.")];
        for key in SHIPPED.iter().flat_map(|entry| entry.keys) {
            if keys.iter().all(|known| known.name != key.name) {
                let has = |entry: &&Entry| entry.keys.iter().any(|other| other.name == key.name);
                let words: Vec<&str> = SHIPPED.iter().filter(has).map(|entry| entry.word).collect();
                keys.push(key.when("kind", words.leak()));
            }
        }
        keys
    });
    &KEYS
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_two_protocols_have_is_one_key() {
        for entry in SHIPPED {
            assert_eq!(find(entry.word).map(|found| found.doc), Some(entry.doc), "{}", entry.word);
            for key in entry.keys {
                let listed = keys().iter().find(|listed| listed.name == key.name).unwrap();
                let (_, words) = listed.when.unwrap();
                assert!(words.contains(&entry.word), "{}", key.name);
                let same = Key { when: None, ..*listed };
                assert_eq!(format!("{same:?}"), format!("{key:?}"), "of {}", entry.word);
            }
        }
    }
}
