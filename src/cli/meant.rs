//! What a mistyped command line may have meant.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use memspike::hint::nearest;
use memspike::scenario::SECTIONS;
use memspike::scenario::spec::Kind;
use std::ffi::OsString;

/// Commands whose options are joined by `--set`.
const TAKE_SET: [&str; 4] = ["run", "check", "resolve", "sweep"];

/// A key of a scenario that was given as an option: how it is set. Tables within sections are not searched.
pub fn key(error: &clap::Error, args: &[OsString]) -> Option<String> {
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
    let keys = |name: &str| {
        let mut found: Vec<String> = Vec::new();
        for section in SECTIONS.iter() {
            let single = |kind: Kind| !matches!(kind, Kind::Table(_) | Kind::Tables(_));
            if section.keys.iter().any(|key| key.name == name && single(key.kind)) {
                found.push(if section.named {
                    format!("{}.NAME.{name}", section.name)
                } else {
                    format!("{}.{name}", section.name)
                });
            }
        }
        found
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
