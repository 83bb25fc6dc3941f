//! `memspike show`.

use super::args::ShowArgs;
use super::directory::RUNS;
use super::end::End;
use super::failure::{Cause, Failure};
use super::output::Output;
use super::values::Format;
use memspike::record::RecordError;
use memspike::record::rundir::{self, RunDir, RunStatus, SUMMARY};
use memspike::report::manifest::ManifestHead;
use memspike::report::summary::Summary;
use memspike::report::text;
use std::path::{Path, PathBuf};

pub fn show(args: &ShowArgs, output: &Output) -> Result<End, Failure> {
    let path = find(&args.run)?;
    let head = ManifestHead::read(&path)?;
    let summary = Summary::read(&path)?;
    match args.format {
        Format::Json => {
            let bytes = std::fs::read(path.join(SUMMARY)).map_err(|source| RecordError::Io {
                action: "read",
                path: path.join(SUMMARY),
                source,
            })?;
            output.data(&String::from_utf8_lossy(&bytes))?;
        }
        Format::Text => {
            output.data(&text::summary(&summary, head.published_accuracy()))?;
            output.note(&format!(
                "{}, made {} with memspike {}, seed {}",
                path.display(),
                head.started,
                head.memspike,
                head.seed
            ));
        }
    }
    Ok(End::Done)
}

/// The run directory meant: a path, or the last run of a scenario of this name.
pub fn find(run: &Path) -> Result<PathBuf, Failure> {
    if run.exists() && (rundir::is_run(run) || !Path::new(RUNS).join(run).is_dir()) {
        let dir = RunDir::open(run)?;
        let path = dir.path().to_path_buf();
        if !path.join(SUMMARY).is_file() {
            let status = ManifestHead::read(&path)?.status;
            return Err(unfinished(&path, status));
        }
        return Ok(path);
    }
    let name = run.to_string_lossy();
    if Path::new(RUNS).join(run).is_dir() {
        let finished = [RunStatus::Done, RunStatus::Interrupted];
        if rundir::is_run(&Path::new(RUNS).join(run)) {
            return find(&Path::new(RUNS).join(run));
        }
        return rundir::latest(Path::new(RUNS), &name, &finished)?.ok_or_else(|| {
            Failure::Record(RecordError::NoRun {
                what: "finished run",
                scenario: name.into_owned(),
                root: RUNS.into(),
            })
        });
    }
    Err(Failure::new(format!("there is no run `{name}`"))
        .with_hint(format!("give a run directory such as {RUNS}/digits/001, or a scenario that was run here"))
        .because(Cause::Missing))
}

fn unfinished(path: &Path, status: RunStatus) -> Failure {
    let (state, hint) = match status {
        RunStatus::Failed => ("failed", "run the scenario again"),
        _ => ("is not finished", "wait for it, or go on with it: memspike run --resume DIR"),
    };
    Failure::new(format!("the run in `{}` {state}: it has no {SUMMARY}", path.display())).with_hint(hint)
}
