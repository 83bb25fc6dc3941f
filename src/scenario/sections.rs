//! Every section of a scenario.

use super::about::{About, EnginePlan};
use super::device;
use super::opened::Opened;
use super::population;
use super::projection;
use super::protocol;
use super::record::RecordPlan;
use super::source;
use super::spec::{Choice, Key, Kind, Section};
use super::table::Table as _;
use crate::dataset;
use crate::registry::Registry;
use std::sync::LazyLock;

/// Every section of a scenario, in the order `resolve` writes them.
pub static SECTIONS: LazyLock<Vec<Section>> = LazyLock::new(|| {
    vec![
        Section {
            name: "scenario",
            noun: "scenario",
            named: false,
            required: false,
            doc: "What this scenario is called and shows.",
            keys: About::KEYS,
        },
        Section {
            name: "source",
            noun: "source",
            named: true,
            required: false,
            doc: "Where input spikes come from. A source has no state and is not influenced by the network.",
            keys: source::Described::KEYS,
        },
        Section {
            name: "device",
            noun: "device",
            named: true,
            required: false,
            doc: "A device: what experiments measure, and what populations of switches are made of. Positive voltage SETs.",
            keys: device::Device::KEYS,
        },
        Section {
            name: "population",
            noun: "population",
            named: true,
            required: true,
            doc: "A group of like neurons. Not needed with `kind = \"device\"` of the protocol.",
            keys: population::Described::KEYS,
        },
        Section {
            name: "projection",
            noun: "projection",
            named: true,
            required: false,
            doc: "The synapses from one source or population to one population.",
            keys: projection::Described::KEYS,
        },
        Section {
            name: "experiment",
            noun: "experiment",
            named: true,
            required: false,
            doc: "One measurement of one device, with `kind = \"device\"` of the protocol. They are made in the order of the file.",
            keys: device::Described::KEYS,
        },
        Section {
            name: "protocol",
            noun: "protocol",
            named: false,
            required: true,
            doc: "What is done.",
            keys: protocol::keys(),
        },
        Section {
            name: "record",
            noun: "record",
            named: false,
            required: false,
            doc: "What is written beside the summary.",
            keys: RecordPlan::KEYS,
        },
        Section {
            name: "engine",
            noun: "engine",
            named: false,
            required: false,
            doc: "How the engine goes about it. No spike depends on `window` or `partitions`.",
            keys: EnginePlan::KEYS,
        },
    ]
});

/// The keys of the table that a key is, if it is one, with those that a registry adds.
#[must_use]
pub fn inner(key: &Key, registry: &Registry) -> Option<&'static [Key]> {
    Opened::of(key).map_or_else(|| key.inner(), |opened| Some(opened.keys(registry, None)))
}

/// The words that a key may have, if it is one of several; a registry may have others.
#[must_use]
pub fn choices(key: &Key, registry: &Registry) -> Option<Vec<Choice>> {
    let Kind::Choice(choices) = key.kind else { return None };
    let known = |name: &dataset::Name| Choice { name: name.word(), doc: name.known().about };
    Some(match key.name {
        "dataset" => registry.datasets().iter().map(known).collect(),
        _ => choices.to_vec(),
    })
}

/// The section of that name.
#[must_use]
pub fn section(name: &str) -> Option<&'static Section> {
    SECTIONS.iter().find(|section| section.name == name)
}

/// Whether a table at this path is merged with what it extends (else it is replaced whole).
///
/// Sections, and tables with keys of their own, are merged; a weight or a spread is one value.
#[must_use]
pub fn merges(path: &[&str]) -> bool {
    let Some((section_name, rest)) = path.split_first() else { return true };
    let Some(section) = section(section_name) else { return true };
    let rest = if section.named { rest.get(1..).unwrap_or(&[]) } else { rest };
    let mut keys = section.keys;
    for name in rest {
        match keys.iter().find(|key| key.name == *name).map(|key| key.kind) {
            Some(Kind::Table(inner)) => keys = inner,
            Some(Kind::Overrides) => keys = &[],
            _ => return false,
        }
    }
    true
}
