//! `memspike export`: the records of a finished run in another format.

use super::args::ExportArgs;
use super::end::End;
use super::failure::Failure;
use super::files;
use super::output::Output;
use super::show;
use memspike::hint::nearest;
use memspike::record::export::{KEPT, files as pieces, name, write};
use memspike::record::{RecordError, RunDir};
use memspike::registry::Registry;
use std::path::{Path, PathBuf};

pub fn export(args: &ExportArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    let run = show::find(&args.run)?;
    let logs = chosen(kept(&run)?, &args.record)?;
    let Some(format) = registry.formats().find(&args.format) else {
        // What is left out of this build has a name all the same.
        return Err(Failure::new(format!("--format: `{}` is left out of this memspike", args.format))
            .with_hint(format!("cargo install memspike --features {}", args.format)));
    };
    let pieces = pieces(&logs, format)?;
    if pieces.is_empty() {
        let names: Vec<String> = logs.iter().map(|log| format!("`{}`", name(log))).collect();
        return Err(Failure::new(format!(
            "--format: nothing of {} can be shown over time in `{}`",
            names.join(", "),
            args.format
        ))
        .with_hint("take csv, npz or parquet"));
    }
    if let (Some(out), true) = (&args.out, pieces.len() > 1) {
        let names: Vec<String> = logs.iter().map(|log| name(log)).collect();
        return Err(Failure::new(format!(
            "--out: `{}` is one file, and the records of this run are {} in `{}`",
            out.display(),
            pieces.len(),
            args.format
        ))
        .with_hint(format!("name one of them with --record: {}", names.join(", "))));
    }
    let dir = RunDir::open(&run)?;
    let mut written = String::new();
    for piece in pieces {
        let place = match &args.out {
            Some(out) => files::place(out, "--out")?,
            None => dir.claim(&piece.file)?,
        };
        write(&piece, &place, format, None)?;
        written += &format!("{}\n", place.display());
    }
    output.data(&written)?;
    Ok(End::Done)
}

/// The logs that a run has kept, by name.
///
/// # Errors
/// If there is none.
pub fn kept(run: &Path) -> Result<Vec<PathBuf>, Failure> {
    let logs = logs(run)?;
    if logs.is_empty() {
        return Err(Failure::new(format!("the run in `{}` has kept no records", run.display())).with_hint(
            "record something: memspike run SCENARIO --record NAME, or [record] in the scenario",
        ));
    }
    Ok(logs)
}

/// The same, or none.
pub fn logs(run: &Path) -> Result<Vec<PathBuf>, Failure> {
    let listed = std::fs::read_dir(run).map_err(|source| RecordError::Io {
        action: "list the directory",
        path: run.to_path_buf(),
        source,
    })?;
    let files = listed.flatten().map(|entry| entry.path());
    let mut logs: Vec<PathBuf> =
        files.filter(|file| file.extension().is_some_and(|extension| extension == KEPT)).collect();
    logs.sort();
    Ok(logs)
}

/// Those of these names; all of them if none is named.
fn chosen(logs: Vec<PathBuf>, names: &[String]) -> Result<Vec<PathBuf>, Failure> {
    let known: Vec<String> = logs.iter().map(|log| name(log)).collect();
    let unknown: Vec<(String, Option<String>)> = names
        .iter()
        .filter(|name| !known.contains(name))
        .map(|name| {
            let meant = nearest(name, known.iter().map(String::as_str));
            (
                format!("--record: `{name}` is not a record of this run; allowed: {}", known.join(", ")),
                meant.map(|meant| format!("did you mean `{meant}`?")),
            )
        })
        .collect();
    if !unknown.is_empty() {
        return Err(Failure::Several(unknown));
    }
    Ok(logs.into_iter().filter(|log| names.is_empty() || names.contains(&name(log))).collect())
}
