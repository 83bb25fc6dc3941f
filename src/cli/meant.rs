//! What a mistyped command line may have meant.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use memspike::hint::nearest;
use memspike::scenario::SECTIONS;
use memspike::scenario::spec::{Kind, Section};
use std::ffi::OsString;
use std::sync::LazyLock;

/// Commands whose options are joined by `--set`.
pub const TAKE_SET: [&str; 4] = ["run", "check", "resolve", "sweep"];

/// Every key of a scenario that one value sets and the equals sign behind it, with NAME for the names of its own; tables within
/// sections are left out.
pub static SETTINGS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |section: &'static Section| {
        let single = |kind: Kind| !matches!(kind, Kind::Table(_) | Kind::Tables(_));
        let name = if section.named { ".NAME" } else { "" };
        let keys = section.keys.iter().filter(move |key| single(key.kind));
        keys.map(move |key| format!("{}{name}.{}=", section.name, key.name))
    };
    let mut keys: Vec<String> = SECTIONS.iter().flat_map(of).collect();
    let mut seen = std::collections::BTreeSet::new();
    keys.retain(|key| seen.insert(key.clone()));
    keys
});

/// What stands below a wrong command line, in place of what its parser, `of`, would guess.
pub fn hint(error: &mut clap::Error, args: &[OsString], of: clap::Command) -> Option<String> {
    let found = command(error, of).or_else(|| key(error, args));
    if found.is_some() {
        for guess in [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::Suggested] {
            error.remove(guess);
        }
    }
    found
}

/// The command that a mistyped one is nearest to, at its place.
fn command(error: &clap::Error, mut of: clap::Command) -> Option<String> {
    let ErrorKind::InvalidSubcommand = error.kind() else { return None };
    let Some(ContextValue::String(written)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    of.build();
    let names = |of: &clap::Command| of.get_subcommands().map(|one| one.get_name().to_string()).collect();
    let inner = of.get_subcommands().filter(|one| one.has_subcommands() && one.get_name() != "help");
    let all: Vec<Vec<String>> = std::iter::once(names(&of)).chain(inner.map(names)).collect();
    let meant = all.iter().find_map(|names| nearest(written, names.iter().map(String::as_str)))?;
    Some(format!("did you mean `{meant}`?"))
}

/// A key of a scenario that was given as an option: how it is set. Tables within sections are not searched.
fn key(error: &clap::Error, args: &[OsString]) -> Option<String> {
    let ErrorKind::UnknownArgument = error.kind() else { return None };
    let command = args.get(1)?.to_str()?;
    if !TAKE_SET.contains(&command) {
        return None;
    }
    let Some(ContextValue::String(option)) = error.get(ContextKind::InvalidArg) else { return None };
    let written =
        args.iter().filter_map(|arg| arg.to_str()).find_map(|arg| arg.strip_prefix(option.as_str()));
    let place =
        args.iter().position(|arg| arg.to_str().is_some_and(|arg| arg.starts_with(option.as_str())))?;
    let value = match written.and_then(|rest| rest.strip_prefix('=')) {
        Some(value) => Some(value.to_string()),
        None => args
            .get(place + 1)
            .and_then(|next| next.to_str())
            .filter(|next| !next.starts_with('-'))
            .map(String::from),
    };
    let name = option.trim_start_matches('-').replace('-', "_");
    // Of one name in several sections the one that a scenario must have is the likeliest.
    let keys = |name: &str| -> Vec<&str> {
        let keys = SETTINGS.iter().filter_map(|setting| setting.strip_suffix('='));
        keys.filter(|key| key.rsplit('.').next() == Some(name)).collect()
    };
    let mut found = keys(&name);
    if found.is_empty() {
        let all = SECTIONS.iter().flat_map(|section| section.keys).map(|key| key.name);
        found = keys(nearest(&name, all)?);
    }
    let value = value.unwrap_or_else(|| "VALUE".into());
    let value = if value.contains(' ') { format!("\"{value}\"") } else { value };
    let ways: Vec<String> = found.iter().map(|key| format!("`--set {key}={value}`")).collect();
    (!ways.is_empty()).then(|| format!("`{option}` is a key of scenarios: {}", ways.join(" or ")))
}
