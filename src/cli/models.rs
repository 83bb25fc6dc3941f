//! `memspike models` and `memspike scenarios`.

use super::args::{ModelsArgs, ScenariosArgs};
use super::end::End;
use super::failure::Failure;
use super::output::Output;
use super::values::Format;
use super::wiring;
use memspike::device::DeviceEntry;
use memspike::device::preset::{Preset, Provenance};
use memspike::hint::nearest;
use memspike::registry::{NeuronEntry, Registry};
use memspike::scenario::device::all_quantities;
use memspike::scenario::spec::{Fallback, Key, Kind, model_keys, neuron_keys};
use memspike::scenario::{Opened, SECTIONS, choices, inner};
use serde_json::json;
use std::fmt::Write as _;

/// What can be named in a scenario.
#[derive(Clone, Debug, serde::Serialize)]
struct ModelPage {
    /// What it is a kind of: "population model", "source kind".
    kind: String,
    name: &'static str,
    summary: String,
    parameters: Vec<Parameter>,
}

/// One parameter of a model.
#[derive(Clone, Debug, serde::Serialize)]
struct Parameter {
    /// Keys of a table within the section have the table's name before them: `switch.i_cc`.
    name: String,
    default: String,
    provenance: &'static str,
    meaning: String,
}

pub fn scenarios(args: &ScenariosArgs, output: &Output) -> Result<End, Failure> {
    let scenarios = wiring::scenarios();
    if args.format == Format::Json {
        let list: Vec<_> =
            scenarios.iter().map(|one| json!({ "name": one.name, "title": one.title })).collect();
        output.answer(args.format, String::new, &list)?;
        return Ok(End::Done);
    }
    let indent = |in_set: bool| if in_set { "  " } else { "" };
    let width = scenarios.iter().map(|one| one.name.len() + indent(one.in_set).len()).max().unwrap_or(0);
    let mut text = String::new();
    for wiring::Listed { name, title, in_set } in &scenarios {
        let name = format!("{}{name}", indent(*in_set));
        let _ = writeln!(text, "{name:width$}  {title}");
    }
    output.data(&text)?;
    output.note("run one with `memspike run NAME`, copy one with `memspike new MINE --from NAME`");
    Ok(End::Done)
}

pub fn models(args: &ModelsArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    let pages = pages(registry);
    match &args.name {
        None if args.format == Format::Json => output.answer(args.format, String::new, &pages),
        None => output.data(&list(&pages)),
        Some(name) => {
            let found = pages.iter().find(|page| page.name == name.as_str()).ok_or_else(|| {
                let nearest = nearest(name, pages.iter().map(|page| page.name));
                Failure::new(format!("no model is named `{name}`")).with_hint(match nearest {
                    Some(nearest) => format!("did you mean `{nearest}`?"),
                    None => "`memspike models` lists them".into(),
                })
            })?;
            match args.format {
                Format::Text => output.data(&describe(found, registry)),
                Format::Json => output.answer(args.format, String::new, found),
            }
        }
    }?;
    Ok(End::Done)
}

fn list(pages: &[ModelPage]) -> String {
    let width = pages.iter().map(|page| page.name.len()).max().unwrap_or(0);
    let mut text = String::new();
    let mut kind = "";
    for page in pages {
        if page.kind != kind {
            let _ = writeln!(text, "{}{}", if kind.is_empty() { "" } else { "\n" }, page.kind);
            kind = &page.kind;
        }
        // Of a device its title; the page of each has the rest.
        let summary = page.summary.split("; ").next().unwrap_or_default();
        let summary = if page.kind.starts_with("device") { summary } else { &page.summary };
        let _ = writeln!(text, "  {:width$}  {summary}", page.name);
    }
    text
}

fn describe(page: &ModelPage, registry: &Registry) -> String {
    let mut text = format!("{} ({})\n{}\n", page.name, page.kind, page.summary);
    let width = |of: fn(&Parameter) -> usize| page.parameters.iter().map(of).max().unwrap_or(0);
    let (names, defaults) = (width(|p| p.name.len()), width(|p| p.default.chars().count()));
    let provenances = width(|p| p.provenance.len());
    if !page.parameters.is_empty() {
        text.push('\n');
    }
    for p in &page.parameters {
        let _ = writeln!(
            text,
            "  {:names$}  {:defaults$}  {:provenances$}  {}",
            p.name, p.default, p.provenance, p.meaning
        );
    }
    let measured = match page.kind.starts_with("experiment") {
        true => all_quantities(page.name, registry.devices()),
        false => Vec::new(),
    };
    if !measured.is_empty() {
        text.push_str("\nmeasures (quantity of a [[experiment.NAME.compare]]):\n");
        let width = measured.iter().map(|m| m.name.len()).max().unwrap_or(0);
        for m in &measured {
            let unit =
                if m.unit.symbol().is_empty() { String::new() } else { format!(" [{}]", m.unit.symbol()) };
            let _ = writeln!(text, "  {:width$}  {}{unit}", m.name, m.what);
        }
    }
    text
}

/// Everything the scenario specification lets one choose by name, with the keys that belong to it.
fn pages(registry: &Registry) -> Vec<ModelPage> {
    let mut pages = Vec::new();
    for section in SECTIONS.iter() {
        let opened = Opened::section(section);
        let keys = opened.map_or(section.keys, |opened| opened.keys(registry, None));
        collect(section.noun, keys, opened, registry, &mut pages);
        if section.name == "population" {
            // After the built-in models, the registered ones.
            let at =
                pages.iter().rposition(|page| page.kind == "population model").map_or(0, |last| last + 1);
            pages.splice(at..at, registry.neurons().iter().map(registered));
        }
    }
    for (name, summary) in [
        ("fast", "a merge of lanes, Poisson spikes delivered in batches"),
        ("clocked", "the same models on a grid of step --dt; converges to the event engines, does not train"),
        ("reference", "one priority queue with one entry per pending event: the same results, slowly"),
    ] {
        pages.push(ModelPage {
            kind: "engine (--engine)".into(),
            name,
            summary: summary.into(),
            parameters: Vec::new(),
        });
    }
    pages.extend(registry.devices().iter().map(kind_of_device));
    pages.extend(presets());
    pages
}

/// A kind of device, with the keys of its preset files.
fn kind_of_device(entry: &DeviceEntry) -> ModelPage {
    ModelPage {
        kind: "kind of device (kind = in a preset file)".into(),
        name: entry.name,
        summary: format!("{}; experiments: {}", entry.title, entry.experiments.join(", ")),
        parameters: model_keys(entry.keys).iter().flat_map(|key| parameters("", key, entry.name)).collect(),
    }
}

/// A registered neuron model.
fn registered(entry: &NeuronEntry) -> ModelPage {
    let size = SECTIONS.iter().flat_map(|section| section.keys).find(|key| key.name == "size").copied();
    let keys = size.into_iter().chain(neuron_keys(entry.keys));
    ModelPage {
        kind: "population model".into(),
        name: entry.name,
        summary: entry.title.into(),
        parameters: keys.flat_map(|key| parameters("", &key, entry.name)).collect(),
    }
}

/// The embedded devices, each number with where it comes from.
fn presets() -> Vec<ModelPage> {
    let page = |name: &'static str| {
        // Embedded presets are read by the tests; one that could not be would only be missing here.
        let preset = Preset::named(name).ok()?;
        let parameters = preset
            .parameters
            .iter()
            .map(|p| Parameter {
                name: p.key.clone(),
                default: p.value.clone(),
                provenance: p.provenance.name(),
                meaning: p.source.clone(),
            })
            .collect();
        let summary = format!("{}; {}. Valid for {}", preset.title, preset.source, preset.validity);
        Some(ModelPage { kind: "device preset (memspike device NAME)".into(), name, summary, parameters })
    };
    Preset::names().into_iter().filter_map(page).collect()
}

fn collect(
    noun: &str,
    keys: &'static [Key],
    opened: Option<Opened>,
    registry: &Registry,
    pages: &mut Vec<ModelPage>,
) {
    for key in keys {
        if let Some(choices) = choices(key, registry) {
            // The model or kind of a section owns every key without a condition of its own.
            let owner = matches!(key.name, "model" | "kind");
            for choice in choices {
                // Of what a registry adds to each has its own.
                let of = opened.filter(|opened| opened.decider() == key.name);
                let keys = of.map_or(keys, |opened| opened.keys(registry, Some(choice.name)));
                let parameters = keys
                    .iter()
                    .filter(|other| match other.when {
                        Some((on, values)) => on == key.name && values.contains(&choice.name),
                        None => owner && other.name != key.name,
                    })
                    .flat_map(|key| parameters("", key, choice.name))
                    .collect();
                pages.push(ModelPage {
                    kind: format!("{noun} {}", key.name),
                    name: choice.name,
                    summary: choice.doc.into(),
                    parameters,
                });
            }
        }
        if let Some(inner) = inner(key, registry) {
            collect(&format!("{noun} {}", key.name), inner, Opened::of(key), registry, pages);
        }
    }
}

fn parameters(table: &str, key: &Key, model: &str) -> Vec<Parameter> {
    let name = format!("{table}{}", key.name);
    if let Kind::Table(inner) = key.kind {
        let has = |key: &&Key| key.when.is_none_or(|(on, values)| on != "model" || values.contains(&model));
        return inner
            .iter()
            .filter(has)
            .flat_map(|key| parameters(&format!("{name}."), key, model))
            .collect();
    }
    let (default, provenance) = match key.default {
        Fallback::Required => ("required".to_string(), ""),
        Fallback::Absent(_) => ("none".to_string(), ""),
        Fallback::Value(literal, provenance, _) => {
            (literal.trim_matches('"').to_string(), provenance.map_or("setting", Provenance::name))
        }
        Fallback::SameAs(other) => (format!("as {other}"), ""),
        Fallback::Derived(_) => ("derived".to_string(), ""),
    };
    vec![Parameter { name, default, provenance, meaning: key.doc.into() }]
}
