//! Where texts are: what a SCENARIO argument, `extends` and the names of files in a scenario lead to.

use super::diagnostic::{At, Base, Diagnostic, Diagnostics, Source, nearest};
use super::shipped;
use crate::record::rundir::{MANIFEST, is_run};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Largest scenario file.
pub(super) const MAX_SCENARIO: u64 = 1 << 26;
/// Largest file a scenario may name; a list of synapses has tens of bytes per row.
const MAX_LIST: u64 = 1 << 30;

/// A scenario text that was found.
#[derive(Clone, Debug)]
pub(super) struct Found {
    /// What the scenario is called if it does not say.
    pub name: String,
    /// How messages call the file.
    pub source: String,
    /// The same for the same file, however it was named.
    pub identity: String,
    pub base: Base,
    pub text: Arc<str>,
}

/// Finds what a SCENARIO argument names: a file, a directory, or a shipped scenario.
pub(super) fn find(argument: &str) -> Result<Vec<Found>, Diagnostics> {
    let path = Path::new(argument);
    if path.is_dir() {
        let inner = path.join("scenario.toml");
        if inner.is_file() {
            return Ok(vec![on_disk(&inner)?]);
        }
        let mut several = Vec::new();
        below(path, 0, &mut several).map_err(|error| unreadable(argument, &error))?;
        if !several.is_empty() {
            let mut faults = Diagnostics::default();
            let mut all = Vec::new();
            for file in several {
                match on_disk(&file) {
                    Ok(found) => all.push(found),
                    Err(fault) => faults.push(fault),
                }
            }
            return if faults.is_empty() { Ok(all) } else { Err(faults) };
        }
        if let Some(found) = embedded(argument) {
            return Ok(found);
        }
        let misplaced = [path, &inner]
            .into_iter()
            .find(|path| path.extension().is_some_and(|extension| extension == "toml") && path.is_dir());
        if let Some(misplaced) = misplaced {
            return Err(Diagnostic::error(format!("`{}` is a directory", misplaced.display()))
                .allowed("a scenario file, or a directory with a file scenario.toml")
                .hint("`memspike new NAME` makes one")
                .into());
        }
        if is_run(path) {
            let manifest = path.join(MANIFEST);
            return Err(Diagnostic::error(format!("`{argument}` is a run, and no scenario"))
                .allowed("a scenario file, or a directory with a file scenario.toml")
                .hint(format!("`memspike run {}` makes that run again", manifest.display()))
                .into());
        }
        return Err(Diagnostic::error(format!("the directory `{argument}` holds no scenario"))
            .allowed("a directory with a file scenario.toml, or with directories that have one")
            .hint("`memspike new NAME` makes one")
            .into());
    }
    if path.exists() {
        return Ok(vec![on_disk(path)?]);
    }
    embedded(argument).ok_or_else(|| {
        let fault = not_found(argument, None);
        let near = if fault.hint.is_none() { nearby(path) } else { None };
        fault.maybe_hint(near).into()
    })
}

/// What stands beside a path that leads nowhere, and has nearly its name.
fn nearby(path: &Path) -> Option<String> {
    let parent = path.parent()?;
    let listed = std::fs::read_dir(if parent.as_os_str().is_empty() { Path::new(".") } else { parent });
    let mut names: Vec<String> =
        listed.ok()?.flatten().filter_map(|entry| entry.file_name().into_string().ok()).collect();
    names.sort();
    let close = nearest(path.file_name()?.to_str()?, names.iter().map(String::as_str))?;
    Some(format!("did you mean `{}`?", parent.join(close).display()))
}

/// Directories below each other that are searched for scenarios.
const MAX_DEPTH: usize = 4;

/// Every `scenario.toml` in the directories of a directory, by path. What holds a scenario is not searched further.
fn below(directory: &Path, depth: usize, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    let mut inner: Vec<PathBuf> = std::fs::read_dir(directory)?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.is_dir())
        .collect();
    inner.sort();
    for path in inner {
        let file = path.join("scenario.toml");
        if file.is_file() {
            into.push(file);
        } else if depth < MAX_DEPTH {
            // What may not be entered holds nothing for us.
            let _ = below(&path, depth + 1, into);
        }
    }
    Ok(())
}

/// A shipped scenario, or those of a shipped set.
fn embedded(name: &str) -> Option<Vec<Found>> {
    match (shipped_found(name), shipped::set(name)) {
        (Some(found), _) => Some(vec![found]),
        (None, Some(set)) => {
            Some(set.scenarios().iter().filter_map(|one| shipped_found(one.name())).collect())
        }
        (None, None) => None,
    }
}

fn shipped_found(name: &str) -> Option<Found> {
    let shipped = shipped::find(name)?;
    Some(Found {
        name: shipped.name().to_string(),
        source: format!("{} (shipped)", shipped.name()),
        identity: format!("shipped:{}/scenario.toml", shipped.name()),
        base: Base::Shipped(shipped.path().to_path_buf()),
        text: shipped.scenario().into(),
    })
}

/// Finds what `extends` names, beside the text that says so or among the shipped ones.
pub(super) fn extended(name: &str, at: &At) -> Result<Found, Diagnostic> {
    if let Some(path) = scenario_beside(name, at) {
        return on_disk(&path).map_err(|fault| fault.at(at));
    }
    if let Base::Shipped(directory) = &at.source.base {
        for candidate in [directory.join(name).join("scenario.toml"), directory.join(name)] {
            if let Some((path, _)) = shipped::read(&candidate)
                && let Some(found) = path.parent().and_then(Path::to_str).and_then(shipped_found)
            {
                return Ok(found);
            }
        }
    }
    shipped_found(name).ok_or_else(|| not_found(name, Some(at)))
}

/// The scenario file a name leads to from the directory of the text that gives it.
fn scenario_beside(name: &str, at: &At) -> Option<PathBuf> {
    let Base::Directory(directory) = &at.source.base else { return None };
    let path = directory.join(name);
    [path.join("scenario.toml"), path.clone(), path.with_extension("toml")]
        .into_iter()
        .find(|file| file.is_file())
}

/// The SCENARIO argument or run directory for a name that a scenario gives: a path from the working
/// directory, or a shipped name.
pub(super) fn argument(name: &str, at: &At) -> Result<String, Diagnostic> {
    match scenario_beside(name, at) {
        Some(path) => Ok(path.display().to_string()),
        None => match &at.source.base {
            Base::Directory(directory) if is_run(&directory.join(name)) => {
                Ok(directory.join(name).display().to_string())
            }
            _ if shipped::find(name).is_some() => Ok(name.to_string()),
            _ => Err(not_found(name, Some(at))),
        },
    }
}

/// Reads a file that a scenario names, beside the text that names it.
pub(super) fn beside(name: &str, at: &At) -> Result<Arc<Source>, Diagnostic> {
    let (shown, text, base) = match &at.source.base {
        Base::Directory(directory) => {
            let path = directory.join(name);
            if !path.exists() {
                return Err(Diagnostic::error(format!("there is no file `{}`", path.display()))
                    .missing()
                    .at(at)
                    .label("not found")
                    .allowed("a file beside the scenario, or an absolute path"));
            }
            let text = read_file(&path, MAX_LIST).map_err(|fault| fault.at(at))?;
            (path.display().to_string(), text, at.source.base.clone())
        }
        Base::Shipped(directory) => {
            let path = directory.join(name);
            let (path, text) = shipped::read(&path).ok_or_else(|| {
                Diagnostic::error(format!("there is no shipped file `{}`", path.display())).at(at)
            })?;
            (format!("{} (shipped)", path.display()), text.to_string(), at.source.base.clone())
        }
    };
    Ok(Source::new(shown, text, at.source.layer, base))
}

fn on_disk(path: &Path) -> Result<Found, Diagnostic> {
    let text = read_file(path, MAX_SCENARIO)?;
    let parent = path.parent().unwrap_or_else(|| Path::new("")).to_path_buf();
    // `scenario.toml` is called after its directory, any other file after itself.
    let named = if path.file_name().is_some_and(|name| name == "scenario.toml") {
        std::fs::canonicalize(if parent.as_os_str().is_empty() { Path::new(".") } else { &parent })
            .ok()
            .and_then(|dir| dir.file_name().map(|name| name.to_string_lossy().into_owned()))
    } else {
        path.file_stem().map(|stem| stem.to_string_lossy().into_owned())
    };
    Ok(Found {
        name: named.unwrap_or_else(|| "scenario".to_string()),
        source: path.display().to_string(),
        identity: std::fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf()).display().to_string(),
        base: Base::Directory(parent),
        text: text.into(),
    })
}

/// Reads a text file of bounded size.
pub(super) fn read_file(path: &Path, limit: u64) -> Result<String, Diagnostic> {
    let shown = path.display().to_string();
    if path.is_dir() {
        return Err(Diagnostic::error(format!("`{shown}` is a directory"))
            .allowed("a file")
            .hint("name the file in it"));
    }
    let file = std::fs::File::open(path).map_err(|error| unreadable(&shown, &error))?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&shown, &error))?;
    if bytes.len() as u64 > limit {
        return Err(Diagnostic::error(format!("`{shown}` is too large"))
            .allowed(format!("at most {} MiB", limit >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let line =
            error.as_bytes()[..error.utf8_error().valid_up_to()].iter().filter(|&&b| b == b'\n').count();
        Diagnostic::error(format!("`{shown}` is not a text: line {} is not UTF-8", line + 1))
            .allowed("a text file in UTF-8")
            .hint("save it as UTF-8; is it the right file?")
    })
}

fn not_found(argument: &str, at: Option<&At>) -> Diagnostic {
    let mut names: Vec<&str> =
        shipped::all().filter(|one| one.path() == Path::new(one.name())).map(|one| one.name()).collect();
    names.extend(shipped::sets().iter().map(shipped::ShippedSet::name));
    Diagnostic::error(format!("there is no scenario `{argument}`"))
        .missing()
        .maybe_at(at)
        .label("not found")
        .allowed(format!(
            "a file, a directory with scenario.toml, or a shipped scenario: {}",
            names.join(", ")
        ))
        .maybe_hint(shipped::meant(argument).map(|close| format!("did you mean `{close}`?")))
}

fn unreadable(file: &str, error: &std::io::Error) -> Diagnostic {
    // The number of the error belongs to the operating system; the words are enough.
    let words = error.to_string();
    let words = words.split(" (os error").next().unwrap_or(&words);
    let fault = Diagnostic::error(format!("cannot read `{file}`: {words}"));
    if error.kind() == std::io::ErrorKind::NotFound { fault.missing() } else { fault }
}
