//! `memspike table`: the numbers of many runs in one table.

use super::args::TableArgs;
use super::directory::RUNS;
use super::end::End;
use super::failure::Failure;
use super::files;
use super::output::Output;
use super::show::find;
use super::values::TableFormat;
use memspike::record::rundir::{self, SUMMARY};
use memspike::record::{LogReader, PendingFile, RecordError, WriteError, read_json};
use memspike::registry::Registry;
use memspike::report::table::{Table, row};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

pub fn table(args: &TableArgs, registry: &Registry, output: &Output) -> Result<End, Failure> {
    let (mut table, mut faults) = (Table::default(), Vec::new());
    for named in &args.runs {
        match summaries(named) {
            Ok(paths) => {
                for path in paths {
                    match read_json::<Value>(&path) {
                        Ok(summary) if summary.is_object() => {
                            let of = path.parent().unwrap_or(Path::new("")).display().to_string();
                            let mut cells = vec![("run".to_string(), None, json!(of))];
                            cells.extend(row(&summary));
                            table.push(cells);
                        }
                        Ok(_) => faults.push((format!("`{}` is not a summary", path.display()), None)),
                        Err(error) => faults.push((error.to_string(), error.hint())),
                    }
                }
            }
            Err(failure) => faults.push((failure.to_string(), failure.hint())),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::Several(faults));
    }
    if !args.only.is_empty() {
        table.keep(4, &args.only).map_err(|names| unknown(&names, "--only"))?;
    }
    let text = match args.format {
        TableFormat::Csv => table.csv(),
        TableFormat::Json => {
            serde_json::to_string_pretty(&table.json()).map_err(|error| Failure::new(error.to_string()))?
        }
    };
    let Some(out) = &args.out else {
        output.data(&text)?;
        return Ok(End::Done);
    };
    let ending = out.extension().map(|ending| ending.to_string_lossy().to_lowercase()).unwrap_or_default();
    let format = registry.formats().iter().find(|format| format.extension() == ending && ending != "csv");
    match format {
        Some(format) if args.format == TableFormat::Csv => recorded(&table, out, format)?,
        _ => files::write_whole(out, text.as_bytes(), "--out")?,
    }
    Ok(End::Done)
}

/// Names that no column has, as a failure.
pub fn unknown(names: &[(String, Option<String>)], option: &str) -> Failure {
    let fault = |(name, meant): &(String, Option<String>)| {
        let hint = meant.as_ref().map_or_else(
            || "`memspike table RUN` without it has all numbers there are".to_string(),
            |meant| format!("did you mean `{meant}`?"),
        );
        (format!("no run has a number `{name}`, which {option} asks for"), Some(hint))
    };
    Failure::Several(names.iter().map(fault).collect())
}

/// The summaries that an argument means.
fn summaries(named: &Path) -> Result<Vec<PathBuf>, Failure> {
    if named.is_file() {
        return Ok(vec![named.to_path_buf()]);
    }
    if named.is_dir() && !rundir::is_run(named) {
        let below = runs_below(named);
        if !below.is_empty() {
            return Ok(below);
        }
        if !Path::new(RUNS).join(named).is_dir() {
            return Err(Failure::new(format!("`{}` holds no finished run", named.display()))
                .with_hint("name run directories, or a directory that has some"));
        }
    }
    Ok(vec![find(named)?.join(SUMMARY)])
}

/// Summaries of the runs in a directory, by name.
pub fn runs_below(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.join(SUMMARY).is_file() && rundir::is_run(path))
        .map(|path| path.join(SUMMARY))
        .collect();
    found.sort();
    found
}

/// Writes a table in a format of records.
///
/// # Errors
/// If it cannot be written.
pub fn recorded(table: &Table, path: &Path, format: &dyn memspike::record::Format) -> Result<(), Failure> {
    let path = &files::place(path, "--out")?;
    let log = path.with_extension(format!("{}.log", std::process::id()));
    let write = || -> Result<(), Failure> {
        table.log(&log)?;
        let mut reader = LogReader::open(&log)?;
        let mut file = PendingFile::create(path)?;
        format.write(&mut reader, &mut file.writer()).map_err(|error| match error {
            WriteError::Log(error) => Failure::from(error),
            WriteError::Out(error) => {
                RecordError::Io { action: "write", path: path.to_path_buf(), source: error }.into()
            }
        })?;
        Ok(file.finish()?)
    };
    let written = write();
    // It was needed for this alone.
    let _ = std::fs::remove_file(&log);
    written
}
