//! The scenario reference of the book, generated from the specification.

use super::opened::Opened;
use super::reader::header;
use super::sections::SECTIONS;
use super::spec::{Choice, Fallback, Key, Kind, allowed, model_keys, neuron_keys, population_keys};
use crate::device::DeviceEntry;
use crate::device::model::Role;
use crate::device::parameters::Provenance;
use crate::registry::{NeuronEntry, Registry};
use std::fmt::Write as _;

const HEAD: &str = "\
# Scenario reference

<!-- Generated from src/scenario/sections.rs; the test `the_reference_chapter_is_up_to_date` writes it. -->

A scenario is a TOML file. A physical quantity is a text with its unit (`\"9.41 ms\"`, `\"7 uA\"`); a number
without a unit is refused, because the unit would be a guess. A plain number (a share, a coefficient of variation, an
amplitude) may be written as a percentage: `\"5 %\"` is 0.05. An unknown key is an error. Files that a scenario names are
looked for beside it.

`extends = \"NAME\"`, before the first section, makes a variant: everything is taken from the scenario of that
name (a shipped one, or a path beside the file) except what is written here. Tables are merged key by key;
lists, weights and spreads are replaced whole. `--set KEY=VALUE` on the command line has the last word:
`--set protocol.epochs=5 --set 'population.output.tau_m=10 ms'`, and an element of a list is reached by its
number: `--set protocol.programming.0.draws=3`.

Each default says where it comes from: *measured* or *fitted* by Yan et al., taken from the *literature*, or
*assumed*. Every report repeats the assumed ones. `memspike resolve` prints a scenario with all of them.
";

/// Behind the value of a key that may differ from neuron to neuron.
const EACH: &str = "; or of each neuron";

/// What that means.
const OF_EACH: &str = "
A key that says *or of each neuron* takes, instead of one value for all, a list with one value for each neuron; a
distribution, which is drawn for each: `{ normal = [\"20 mV\", \"2 mV\"] }`, `uniform`, `log_normal`, as a weight; or a column of a CSV
file beside the scenario, whose row k is for neuron k: `{ file = \"neurons.csv\", column = \"v_th\" }`. The header of the column
carries its unit, `v_th [mV]`.
";

/// The text of `docs/src/reference/scenario.md`.
#[must_use]
pub fn markdown() -> String {
    let (mut out, registry) = (HEAD.to_string(), Registry::shipped());
    for section in SECTIONS.iter() {
        let _ = write!(out, "\n## `{}`\n\n{}", header(section), section.doc);
        out.push_str(if section.required { " Required.\n" } else { "\n" });
        let path = if section.named { format!("{}.NAME", section.name) } else { section.name.to_string() };
        let of_section =
            if section.name == "population" { population_keys(&registry, None) } else { section.keys };
        let opened = Opened::section(section);
        let of_section = opened.map_or(of_section, |opened| opened.common(&registry));
        keys(&mut out, &path, of_section, &registry);
        opened.into_iter().for_each(|opened| added(&mut out, &path, opened, &registry));
        if section.name == "population" {
            out.push_str(OF_EACH);
            for entry in registry.neurons() {
                let _ = write!(
                    out,
                    "\n### `{}` with `model = \"{}\"`\n\n{}. Beside `size` it has:\n",
                    header(section),
                    entry.name,
                    entry.title
                );
                keys(&mut out, &path, &neuron_keys(entry.keys), &registry);
                receptors(&mut out, entry);
            }
        }
        if section.name == "device" {
            registry.devices().iter().for_each(|kind| preset(&mut out, kind, &registry));
            roles(&mut out, &registry);
        }
    }
    out
}

/// The keys of the preset files of a kind of device.
fn preset(out: &mut String, kind: &DeviceEntry, registry: &Registry) {
    let role = |role: &Role| match role {
        Role::Neuron => "neuron",
        Role::Synapse => "synapse",
    };
    let _ = write!(
        out,
        "\n### Presets with `kind = \"{}\"`\n\nThat is {}. It can be a {}; its experiments are {}. Words stand in \
         `[model]`, all else in `[parameters]`.\n",
        kind.name,
        kind.title,
        kind.roles.iter().map(role).collect::<Vec<_>>().join(" or a "),
        kind.experiments.join(", ")
    );
    keys(out, "", &model_keys(kind.keys), registry);
}

/// What each kind of device can be in a network, and what it lacks where it cannot.
fn roles(out: &mut String, registry: &Registry) {
    out.push_str(
        "\n### What a device can be\n\nA shipped preset, a file that `memspike fit` wrote, or a kind that a program registers:\n\n\
         | kind | experiments | neuron | synapse |\n|---|---|---|---|\n",
    );
    for kind in registry.devices() {
        let role = |role: Role, word: &str| {
            if kind.roles.contains(&role) {
                "yes".to_string()
            } else {
                format!("no: {}", kind.lacking(word).unwrap_or("-"))
            }
        };
        let (neuron, synapse) = (role(Role::Neuron, "neuron"), role(Role::Synapse, "synapse"));
        let _ = writeln!(out, "| `{}` | {} | {neuron} | {synapse} |", kind.name, kind.experiments.join(", "));
    }
}

/// What conductances may be sent to.
fn receptors(out: &mut String, entry: &NeuronEntry) {
    if !entry.receptors.is_empty() {
        let names: Vec<String> = entry.receptors.iter().map(|name| format!("`\"{name}\"`")).collect();
        let _ = write!(
            out,
            "\nReceptors, for projections with `kernel = \"conductance\"`: {}.\n",
            names.join(", ")
        );
    }
}

fn keys(out: &mut String, path: &str, list: &[Key], registry: &Registry) {
    out.push_str("\n| key | value | default | |\n|---|---|---|---|\n");
    for key in list {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {}{} |",
            key.name,
            cell(&(value(&key.kind) + if key.each { EACH } else { "" })),
            cell(&default(key)),
            cell(key.doc),
            cell(&condition(key))
        );
    }
    for key in list {
        if let Kind::Choice(choices) = key.kind
            && choices.len() > 1
        {
            let _ = write!(out, "\n`{}` is one of:\n\n", key.name);
            for Choice { name, doc } in choices {
                let _ = writeln!(out, "- `\"{name}\"`: {doc}");
            }
        }
    }
    for key in list {
        if let Some(inner) = key.inner() {
            let many = if matches!(key.kind, Kind::Tables(_)) { ", a list of tables" } else { "" };
            let _ = write!(out, "\n### `{path}.{}`{many}\n\n{}{}\n", key.name, key.doc, condition(key));
            let path = format!("{path}.{}", key.name);
            let Some(opened) = Opened::of(key) else {
                keys(out, &path, inner, registry);
                continue;
            };
            keys(out, &path, opened.common(registry), registry);
            added(out, &path, opened, registry);
        }
    }
}

/// What a registry adds to the words of a table.
fn added(out: &mut String, path: &str, opened: Opened, registry: &Registry) {
    for one in opened.added(registry).into_iter().filter(|one| !one.keys.is_empty()) {
        let (decider, name, about) = (opened.decider(), one.name, &one.about);
        let _ = write!(out, "\n### `{path}` with `{decider} = \"{name}\"`\n\n{about}. Of its own it has:\n");
        keys(out, path, &model_keys(one.keys), registry);
    }
}

fn value(kind: &Kind) -> String {
    match kind {
        Kind::Choice(choices) if choices.len() > 1 => "a word, see below".to_string(),
        Kind::Table(_) | Kind::Tables(_) => format!("{}, see below", allowed(kind)),
        _ => allowed(kind),
    }
}

fn default(key: &Key) -> String {
    match key.default {
        Fallback::Required => "required".to_string(),
        Fallback::Absent("none") => "none".to_string(),
        Fallback::Absent(meaning) => format!("none: {meaning}"),
        Fallback::Value(literal, _, "") => format!("`{literal}`"),
        Fallback::Value(literal, provenance, why) => {
            format!("`{literal}`, {}: {why}", provenance.map_or("setting", Provenance::name))
        }
        Fallback::SameAs(other) => format!("as `{other}`"),
        Fallback::Derived(how) => how.to_string(),
    }
}

fn condition(key: &Key) -> String {
    match key.when {
        None => String::new(),
        Some((decider, values)) => {
            let values: Vec<String> =
                values.iter().map(|value| format!("`{decider} = \"{value}\"`")).collect();
            format!(" Only with {}.", values.join(" or "))
        }
    }
}

/// A `|` would end the cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}
