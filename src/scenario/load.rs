//! From a SCENARIO argument to a plan: which text, what it extends, what the command line changes.
//!
//! Precedence, from weak to strong: defaults, the scenario that `extends` names (and what that one
//! extends), the scenario itself, the files of `--set-file` and then `--set` arguments in their order, `--seed`, what
//! `--record` adds and `--record-format` replaces.

use super::diagnostic::{At, Base, Diagnostic, Diagnostics, Source};
use super::filled::Filled;
use super::kept::{Kept, KeptText};
use super::locate::{Found, MAX_SCENARIO, extended, find, read_file};
use super::plan::Plan;
use super::reader;
use super::sections::merges;
use super::set::{self, Set};
use super::text::{self, Item, Node, Table, Value};
use super::{lower, plausibility, resolve, shipped as scenarios, unread};
use crate::registry::Registry;
use std::path::{Path, PathBuf};

/// A scenario that is ready to run.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// Every value filled in and in SI units.
    pub plan: Plan,
    /// Implausible values; never errors.
    pub warnings: Diagnostics,
    /// The files it was read from, the scenario first, then what it extends.
    pub sources: Vec<String>,
    /// What it was read from, so that it can be again.
    pub kept: Kept,
    filled: Filled,
}

impl Loaded {
    /// The complete scenario as TOML: every value, with where it comes from.
    #[must_use]
    pub fn resolve(&self) -> String {
        resolve::resolve(&self.filled, &self.plan)
    }

    /// Where the scenario gives a key of a section without names, such as `protocol`; `None` if it does not.
    #[must_use]
    pub fn written(&self, section: &str, key: &str) -> Option<&At> {
        self.filled.one(section)?.written(key)
    }
}

/// Longest chain of `extends`.
const MAX_CHAIN: usize = 16;

/// What the command line changes in a scenario.
#[derive(Clone, Copy, Debug, Default)]
pub struct Changes<'a> {
    /// Files of values in place of those of the scenario.
    pub files: &'a [PathBuf],
    /// `KEY=VALUE` each.
    pub set: &'a [String],
    /// In place of the one the scenario has.
    pub seed: Option<u64>,
    /// Populations and sources whose spikes are recorded besides those that the scenario names.
    pub record: &'a [String],
    /// Formats of records in place of those the scenario has, if there are any.
    pub formats: &'a [String],
    /// What the scenario may name; `None`: what is shipped.
    pub registry: Option<&'a Registry>,
}

/// Loads the one scenario that `argument` names.
///
/// # Errors
/// Every fault of the scenario, or that the argument names none or several.
pub fn load(argument: &str, overrides: &[String], seed: Option<u64>) -> Result<Loaded, Diagnostics> {
    let found = find(argument)?;
    match found.as_slice() {
        [one] => load_found(one, Changes { set: overrides, seed, ..Changes::default() }),
        several => {
            let names: Vec<&str> = several.iter().map(|found| found.name.as_str()).collect();
            Err(Diagnostic::error(format!("`{argument}` holds {} scenarios", several.len()))
                .allowed("one scenario")
                .hint(format!("name one of them: {}", names.join(", ")))
                .into())
        }
    }
}

/// Loads every scenario that `argument` names: more than one if it is a directory of several.
///
/// # Errors
/// The faults of all of them, if any has one.
pub fn load_all(argument: &str, overrides: Changes<'_>) -> Result<Vec<Loaded>, Diagnostics> {
    let mut faults = Diagnostics::default();
    let mut all = Vec::new();
    for found in find(argument)? {
        match load_found(&found, overrides) {
            Ok(loaded) => all.push(loaded),
            Err(more) => faults.extend(more),
        }
    }
    if faults.is_empty() { Ok(all) } else { Err(faults) }
}

/// Loads a scenario from a text, as if it were a file of that name in the working directory.
///
/// # Errors
/// Every fault of the scenario.
pub fn load_text(
    name: &str,
    text: &str,
    overrides: &[String],
    seed: Option<u64>,
) -> Result<Loaded, Diagnostics> {
    load_text_with(name, text, Changes { set: overrides, seed, ..Changes::default() })
}

/// As [`load_text`], with all that can be changed: a registry with models of one's own, for one.
///
/// # Errors
/// Every fault of the scenario.
pub fn load_text_with(name: &str, text: &str, changes: Changes<'_>) -> Result<Loaded, Diagnostics> {
    let found = Found {
        name: Path::new(name)
            .file_stem()
            .map_or_else(|| name.to_string(), |s| s.to_string_lossy().into_owned()),
        source: name.to_string(),
        identity: name.to_string(),
        base: Base::Directory(PathBuf::new()),
        text: text.into(),
    };
    load_found(&found, changes)
}

/// Loads a scenario again from what was kept of it.
///
/// # Errors
/// If a long text is no longer what it was, and every fault of the scenario.
pub fn load_kept(kept: &Kept, registry: &Registry) -> Result<Loaded, Diagnostics> {
    let mut faults = Diagnostics::default();
    let mut found = |texts: &[KeptText]| -> Vec<Found> {
        let found = texts.iter().filter_map(|text| text.found().map_err(|fault| faults.push(fault)).ok());
        found.collect()
    };
    let (chain, files) = (found(&kept.texts), found(&kept.files));
    if chain.is_empty() && faults.is_empty() {
        faults.push(Diagnostic::error("no scenario is kept").allowed("a manifest as memspike wrote it"));
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let changes = Changes {
        set: &kept.set,
        seed: kept.seed,
        record: &kept.record,
        formats: &kept.formats,
        registry: Some(registry),
        ..Changes::default()
    };
    load_chain(chain, files, changes)
}

/// What is needed to load the same again.
fn kept(chain: &[Found], files: &[Found], changes: &Changes<'_>) -> Kept {
    let texts = |found: &[Found]| found.iter().map(KeptText::of).collect();
    Kept {
        texts: texts(chain),
        files: texts(files),
        set: changes.set.to_vec(),
        seed: changes.seed,
        record: changes.record.to_vec(),
        formats: changes.formats.to_vec(),
    }
}

/// What the directory or shipped set says of itself, if `argument` is one.
///
/// # Errors
/// If its `set.toml` cannot be read.
pub fn load_set(argument: &str) -> Result<Option<Set>, Diagnostics> {
    let path = Path::new(argument);
    if path.exists() {
        let file = path.join(set::FILE);
        if !path.is_dir() || path.join("scenario.toml").is_file() || !file.is_file() {
            return Ok(None);
        }
        let text = read_file(&file, MAX_SCENARIO)?;
        return set::parse(&file.display().to_string(), &text).map(Some).map_err(Into::into);
    }
    match scenarios::set(argument).and_then(|set| set.about()) {
        Some(text) => {
            set::parse(&format!("{argument}/{} (shipped)", set::FILE), text).map(Some).map_err(Into::into)
        }
        None => Ok(None),
    }
}

fn load_found(found: &Found, overrides: Changes<'_>) -> Result<Loaded, Diagnostics> {
    let mut files = Vec::new();
    let mut faults = Diagnostics::default();
    for file in overrides.files {
        match set_file(file) {
            Ok(found) => files.push(found),
            Err(fault) => faults.push(fault),
        }
    }
    match load_chain(vec![found.clone()], files, overrides) {
        Ok(_) if !faults.is_empty() => Err(faults),
        Ok(loaded) => Ok(loaded),
        Err(more) => {
            faults.extend(more);
            Err(faults)
        }
    }
}

/// Loads a scenario, with those that it extends behind it where they are known already, and the texts of `--set-file`.
fn load_chain(known: Vec<Found>, files: Vec<Found>, overrides: Changes<'_>) -> Result<Loaded, Diagnostics> {
    let mut faults = Diagnostics::default();
    let mut chain: Vec<Found> = known.first().cloned().into_iter().collect();
    let name = chain.first().map_or_else(String::new, |found| found.name.clone());
    let mut layers = Vec::new();
    // From the scenario inwards; a fault in one text does not hide those of the others.
    while let Some(current) = chain.last() {
        let layer = (MAX_CHAIN - chain.len().min(MAX_CHAIN)) as u32;
        let source = Source::new(current.source.clone(), current.text.clone(), layer, current.base.clone());
        let mut table = text::parse(&source, &mut faults);
        let extends =
            table.entries.iter().position(|item| item.key == "extends").map(|i| table.entries.remove(i));
        layers.push(table);
        let Some(item) = extends else { break };
        match known.get(chain.len()).map_or_else(|| next(&item, &chain), |found| Ok(found.clone())) {
            Ok(next) => chain.push(next),
            Err(fault) => {
                // Without what it extends, half the scenario would be reported missing.
                faults.push(fault);
                return Err(faults);
            }
        }
    }
    let sources: Vec<String> = chain.iter().map(|found| found.source.clone()).collect();
    let mut root = Table::default();
    for layer in layers.into_iter().rev() {
        root.overlay(layer, &merges);
    }
    for file in &files {
        // Later than every scenario, earlier than arguments.
        let (name, text) = (file.source.clone(), file.text.clone());
        let source = Source::new(name, text, u32::MAX - 1, file.base.clone());
        root.overlay(text::parse(&source, &mut faults), &merges);
    }
    for argument in overrides.set {
        text::set(&mut root, argument, &mut faults);
    }
    if let Some(seed) = overrides.seed {
        set_seed(&mut root, seed);
    }
    let (event_files, names): (Vec<&String>, Vec<&String>) =
        overrides.record.iter().partition(|name| *name == EVENT_FILES && !is_named(&root, name));
    add_recorded(&mut root, &names);
    if let [name, ..] = event_files[..] {
        let at = argument("--record", name).at;
        put(&mut root, ("record", EVENT_FILES), Node { value: Value::Flag(true), at });
    }
    if let [first, ..] = overrides.formats {
        let formats = overrides.formats.iter().map(|name| argument("--record-format", name)).collect();
        let at = argument("--record-format", first).at;
        put(&mut root, ("record", "formats"), Node { value: Value::List(formats), at });
    }
    // After a syntax error the tree has holes, and every hole would be reported again.
    if faults.has_errors() && faults.iter().any(|fault| fault.what.starts_with("not valid TOML")) {
        return Err(faults);
    }
    let shipped;
    let registry = match overrides.registry {
        Some(registry) => registry,
        None => {
            shipped = Registry::shipped();
            &shipped
        }
    };
    let filled = reader::read(&root, &name, registry, &mut faults);
    // A large tree is not kept for nothing.
    let root = unread::states(&root).then_some(root);
    let plan = lower::lower(&filled, registry, &mut faults);
    match plan {
        Some(plan) if !faults.has_errors() => {
            if let Some(root) = &root {
                let outermost = match (overrides.set, &files[..]) {
                    ([], []) => MAX_CHAIN as u32 - 1,
                    ([], _) => u32::MAX - 1,
                    _ => u32::MAX,
                };
                let found = unread::parameters((root, outermost), &name, registry, (&plan, &filled));
                found.into_iter().for_each(|fault| faults.push(fault));
            }
            if faults.has_errors() {
                return Err(faults);
            }
            plausibility::check(&plan, &filled, &mut faults);
            let kept = kept(&chain, &files, &overrides);
            Ok(Loaded { plan, warnings: faults, sources, kept, filled })
        }
        None if !faults.has_errors() => {
            Err(Diagnostic::error(format!("`{name}` cannot be read, and nothing says why"))
                .allowed("any scenario: this is a mistake of memspike, please report it")
                .into())
        }
        _ => Err(faults),
    }
}

/// The scenario that `extends = ...` names, unless that closes a circle.
fn next(item: &Item, chain: &[Found]) -> Result<Found, Diagnostic> {
    let at = &item.node.at;
    let Value::Text(name) = &item.node.value else {
        return Err(Diagnostic::error(format!("`extends` is {}", item.node.type_name()))
            .at(at)
            .allowed("the name of a shipped scenario, or a path beside this file"));
    };
    let found = extended(name, at)?;
    if chain.iter().any(|earlier| earlier.identity == found.identity) || chain.len() >= MAX_CHAIN {
        let mut names: Vec<&str> = chain.iter().map(|found| found.source.as_str()).collect();
        names.push(&found.source);
        return Err(Diagnostic::error(format!("`extends` goes in a circle: {}", names.join(" -> ")))
            .at(at)
            .label("comes back")
            .allowed("a scenario that does not extend this one"));
    }
    Ok(found)
}

/// A file of values in place of those of the scenario: sections and keys as a scenario has them.
fn set_file(path: &Path) -> Result<Found, Diagnostic> {
    let text = read_file(path, MAX_SCENARIO)?;
    let identity = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()).display().to_string();
    let base = Base::Directory(path.parent().unwrap_or_else(|| Path::new("")).to_path_buf());
    Ok(Found { name: String::new(), source: path.display().to_string(), identity, base, text: text.into() })
}

fn set_seed(root: &mut Table, seed: u64) {
    let source = Source::argument("--seed", &seed.to_string());
    let at = At { span: 0..source.text.len(), source };
    put(root, ("scenario", "seed"), Node { value: Value::Integer(i128::from(seed)), at });
}

/// What `--record` has besides the names of populations and sources: the key of the same name.
const EVENT_FILES: &str = "tensorboard";

/// Whether a population or a source has this name.
fn is_named(root: &Table, name: &str) -> bool {
    ["population", "source"].into_iter().any(|section| {
        matches!(root.get(section).map(|item| &item.node.value), Some(Value::Table(all)) if all.get(name).is_some())
    })
}

/// Names that `[record] spikes` has besides its own.
fn add_recorded(root: &mut Table, names: &[&String]) {
    let Some(first) = names.first() else { return };
    let written = match root.get("record").map(|item| &item.node.value) {
        Some(Value::Table(record)) => record.get("spikes"),
        None => None,
        // The reader says what is wrong with it.
        Some(_) => return,
    };
    let mut list = match written.map(|item| &item.node.value) {
        Some(Value::List(list)) => list.clone(),
        None => Vec::new(),
        Some(_) => return,
    };
    for &name in names {
        // What is asked for last is what is recorded of a name.
        let whole = |text: &str| text.split('[').next().map(str::to_string);
        list.retain(
            |node| !matches!(&node.value, Value::Text(there) if there != name && whole(there) == whole(name)),
        );
        if !list.iter().any(|node| matches!(&node.value, Value::Text(there) if there == name)) {
            list.push(argument("--record", name));
        }
    }
    let at = written.map_or_else(|| argument("--record", first).at, |item| item.node.at.clone());
    put(root, ("record", "spikes"), Node { value: Value::List(list), at });
}

/// A name as it was given after an option.
fn argument(option: &str, name: &str) -> Node {
    let at = At { span: 0..name.len(), source: Source::argument(option, name) };
    Node { value: Value::Text(name.to_string()), at }
}

/// Puts one key of a section on top of what there is.
fn put(root: &mut Table, (section, key): (&str, &str), node: Node) {
    let at = node.at.clone();
    let item = Item { key: key.into(), key_at: at.clone(), node };
    let table = Node { value: Value::Table(Table { entries: vec![item] }), at: at.clone() };
    root.overlay(Table { entries: vec![Item { key: section.into(), key_at: at, node: table }] }, &merges);
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_nobody_states_is_kept_once_for_all_populations() {
        let text = "[population.a]\nsize = 1\n[population.b]\nsize = 2\ntau_m = \"5 ms\"\n[population.c]\nmodel = \"switch\"\npreset = \"ag-tio2-pt-ts\"\n\
                    size = 1\n[protocol]\nkind = \"simulate\"\nduration = \"1 ms\"\n";
        let loaded = load_text("three.toml", text, &[], None).unwrap();
        let [(_, a), (_, b), (_, c)] = loaded.filled.all("population") else { panic!() };
        let shared = |other: &super::super::filled::Fields| {
            a.entries.iter().zip(&other.entries).filter(|(one, other)| Arc::ptr_eq(one, other)).count()
        };
        // All but `size`, `tau_m`, and those that are derived from others.
        assert!(2 * shared(b) > a.entries.len(), "{} of {}", shared(b), a.entries.len());
        assert_ne!(a.quantity("tau_m"), b.quantity("tau_m"));
        // Another model has defaults of its own.
        assert_ne!(a.word("reset"), c.word("reset"));
    }
}
