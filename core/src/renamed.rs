//! What had another name in version 0.1: the one list from which messages and the page on moving are made.
//!
//! An old name of a scenario or a preset is refused where it stands, and the message names its successor
//! (`hint`); in results of an old run it is read as its successor ([`current`]). `docs/src/migrating.md` shows
//! the list, and a test holds the two together.

/// What was renamed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A word that is the value of this key, in scenarios and with `--set`.
    Word {
        /// The key it is given to.
        key: &'static str,
    },
    /// A word that is the value of this key in a preset file, and in the `model` of a [device.NAME].
    PresetWord {
        /// The key it is given to.
        key: &'static str,
    },
    /// A key of this table.
    Key {
        /// The table it stands in, without the names that a user gives.
        table: &'static str,
    },
    /// A type, function or constant of the library.
    Item,
}

/// One name, and the name that stands for it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Renamed {
    /// Where the name is used.
    pub what: What,
    /// As version 0.1 had it.
    pub old: &'static str,
    /// As it is now.
    pub new: &'static str,
}

const fn word(key: &'static str, old: &'static str, new: &'static str) -> Renamed {
    Renamed { what: What::Word { key }, old, new }
}

const fn preset(key: &'static str, old: &'static str, new: &'static str) -> Renamed {
    Renamed { what: What::PresetWord { key }, old, new }
}

const fn key(table: &'static str, old: &'static str, new: &'static str) -> Renamed {
    Renamed { what: What::Key { table }, old, new }
}

const fn item(old: &'static str, new: &'static str) -> Renamed {
    Renamed { what: What::Item, old, new }
}

/// Everything that has another name since 0.1, in the order of the page.
pub static RENAMED: &[Renamed] = &[
    word("dataset", "drawn-digits", "drawn_digits"),
    word("dataset", "fashion-mnist", "fashion_mnist"),
    word("threshold_law", "log-normal", "log_normal"),
    word("rule", "stdp-pair", "stdp_pair"),
    word("rule", "stdp-triplet", "stdp_triplet"),
    word("rule", "post-trace", "post_trace"),
    word("kind", "spike-pulses", "spike_pulses"),
    key("weight", "lognormal", "log_normal"),
    key("delay", "lognormal", "log_normal"),
    preset("kind", "threshold-switch", "threshold_switch"),
    preset("kind", "binary-switch", "binary_switch"),
    preset("kind", "dose-device", "dose_device"),
    preset("threshold_law", "log-normal", "log_normal"),
    item("network::Rule", "network::DrawRule"),
    item("scenario::plan::CLASSES", "dataset::Name::classes"),
    item("scenario::plan::DATASET_PIXELS", "dataset::Name::size"),
    item("scenario::plan::DatasetName", "dataset::Name"),
    item("scenario::plan::DrawRule", "network::DrawRule"),
    item("scenario::plan::Kernel", "network::Kernel"),
    item("scenario::plan::Origin", "network::Origin"),
    item("scenario::plan::SourceKind", "scenario::plan::Input and network::SourceKind"),
    item("scenario::plan::WeightInit", "network::Distribution"),
    item("scenario::filled::Origin", "scenario::filled::ValueOrigin"),
    item("scenario::filled::Given", "scenario::filled::PresetValue"),
    item("scenario::plan::Learning", "scenario::plan::PlasticityPlan"),
    item("scenario::spec::EXPERIMENTS", "scenario::device::Experiment"),
    item("scenario::spec::Provenance", "device::preset::Provenance"),
    item("report::device::Comparison", "report::device::PaperComparison"),
    item("report::device::Verdict", "report::device::PaperVerdict"),
    item("plot::PAPER_ACCURACY", "scenario::plan::Reproduces::accuracy"),
    item("plot::paper_accuracy", "scenario::plan::Reproduces::accuracy"),
];

/// What `old` is called now, if it is an old name of the kind that `of` recognises.
fn successor(old: &str, of: impl Fn(What) -> bool) -> Option<&'static str> {
    RENAMED.iter().find(|renamed| renamed.old == old && of(renamed.what)).map(|renamed| renamed.new)
}

fn hint(old: &str, of: impl Fn(What) -> bool) -> Option<String> {
    successor(old, of).map(|new| format!("`{old}` is now written `{new}`"))
}

/// What to write instead of an old word of a key of a scenario.
#[must_use]
pub fn word_hint(key: &str, old: &str) -> Option<String> {
    hint(old, |what| matches!(what, What::Word { key: of } if of == key))
}

/// What to write instead of an old word of a key of a preset.
#[must_use]
pub fn preset_hint(key: &str, old: &str) -> Option<String> {
    hint(old, |what| matches!(what, What::PresetWord { key: of } if of == key))
}

/// What to write instead of an old key of a table.
#[must_use]
pub fn key_hint(table: &str, old: &str) -> Option<String> {
    hint(old, |what| matches!(what, What::Key { table: of } if of == table))
}

/// A word of a key as it is written now: in results of 0.1 it may be an old one.
#[must_use]
pub fn current<'a>(key: &str, word: &'a str) -> &'a str {
    successor(word, |what| matches!(what, What::Word { key: of } if of == key)).unwrap_or(word)
}

/// The same of a key of a preset.
#[must_use]
pub fn current_in_preset<'a>(key: &str, word: &'a str) -> &'a str {
    successor(word, |what| matches!(what, What::PresetWord { key: of } if of == key)).unwrap_or(word)
}

/// The list as the tables of the page on moving from 0.1.
#[must_use]
pub fn markdown() -> String {
    let mut page = String::new();
    let mut table = |head: &str, row: &dyn Fn(What) -> Option<String>| {
        page.push_str(head);
        for Renamed { what, old, new } in RENAMED {
            if let Some(of) = row(*what) {
                let new = new.replace(" and ", "` and `");
                page.push_str(&format!("| {of}`{old}` | `{new}` |\n"));
            }
        }
        page.push('\n');
    };
    table("### Words of scenarios\n\n| key | 0.1 | 0.2 |\n|---|---|---|\n", &|what| match what {
        What::Word { key } => Some(format!("`{key}` | ")),
        _ => None,
    });
    table("### Keys of scenarios\n\n| table | 0.1 | 0.2 |\n|---|---|---|\n", &|what| match what {
        What::Key { table } => Some(format!("`{table}` | ")),
        _ => None,
    });
    table("### Words of preset files\n\n| key | 0.1 | 0.2 |\n|---|---|---|\n", &|what| match what {
        What::PresetWord { key } => Some(format!("`{key}` | ")),
        _ => None,
    });
    table("### The library\n\n| 0.1 | 0.2 |\n|---|---|\n", &|what| match what {
        What::Item => Some(String::new()),
        _ => None,
    });
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_successor_is_itself_an_old_name() {
        for one in RENAMED {
            assert!(RENAMED.iter().all(|other| other.what != one.what || other.old != one.new), "{one:?}");
            let same = RENAMED.iter().filter(|other| other.what == one.what && other.old == one.old);
            assert_eq!(same.count(), 1, "{one:?}");
        }
    }

    #[test]
    fn an_old_name_is_known_only_where_it_was_one() {
        assert_eq!(word_hint("rule", "stdp-pair").as_deref(), Some("`stdp-pair` is now written `stdp_pair`"));
        assert_eq!(word_hint("kind", "stdp-pair"), None);
        assert_eq!(preset_hint("kind", "spike-pulses"), None);
        assert_eq!(
            key_hint("weight", "lognormal").as_deref(),
            Some("`lognormal` is now written `log_normal`")
        );
        assert_eq!((current("kind", "spike-pulses"), current("kind", "iv")), ("spike_pulses", "iv"));
    }
}
