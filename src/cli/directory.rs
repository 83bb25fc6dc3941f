//! The directory of a run: a new one, or that of the run which is gone on with.

use super::args::RunArgs;
use super::failure::Failure;
use super::output::Output;
use super::records::CHECKPOINT;
use memspike::record::rundir::{self, RunDir, RunStatus};
use memspike::report::html::{Beside, Other, Role, linked};
use memspike::report::manifest::{MadeFrom, ManifestHead, condensed};
use memspike::report::{compare, parameters};
use memspike::scenario::plan::Plan;
use std::path::{Path, PathBuf};

/// Where run directories are made.
pub const RUNS: &str = "runs";

/// The page of a run.
pub const REPORT: &str = "report.html";

/// The page of several scenarios, in the directory that has their runs.
pub const SET: &str = "set.html";

/// What there is to do for a run.
#[derive(Debug)]
pub enum Place {
    /// It begins, in a directory of its own.
    New(RunDir),
    /// It goes on from what this directory keeps.
    Begun(RunDir),
    /// It is done.
    Done(RunDir),
}

/// The directory to write into: the one named, the one to go on with, or the next number.
///
/// # Errors
/// If there is none to go on with, or none can be made.
pub fn of_run(args: &RunArgs, plan: &Plan, output: &Output) -> Result<Place, Failure> {
    let root = Path::new(RUNS);
    if args.go_on {
        let begun = match &args.out {
            Some(out) => rundir::is_run(out).then(|| out.clone()),
            None => last_of(root, plan)?,
        };
        if let Some(path) = begun {
            return go_on(path, args, plan, output);
        }
    }
    if args.resume.is_none() {
        return Ok(Place::New(match &args.out {
            Some(out) => RunDir::create_at(out, args.force)?,
            None => RunDir::create_numbered(root, &plan.name)?,
        }));
    }
    let path = match &args.out {
        Some(out) => out.clone(),
        None => match rundir::latest(root, &plan.name, &[RunStatus::Interrupted])? {
            Some(path) => path,
            None => return Err(nothing_to_resume(plan)?),
        },
    };
    go_on(path, args, plan, output)
}

/// What the page of a run links to: its files, the page of all runs that it is one of, and those of the runs before and after it.
pub fn beside(dir: &RunDir) -> Beside {
    // What a run goes on from is gone when it is done.
    let stays = |name: &String| !name.ends_with(".log") && ![CHECKPOINT, REPORT].contains(&name.as_str());
    let files = dir.files().into_iter().filter(stays).collect();
    let all = [("sweep.json", "../sweep.html"), (SET, "../set.html"), ("../set.html", "../../set.html")];
    let all = all.into_iter().find(|(there, _)| dir.path().join("..").join(there).is_file());
    let all = all.map(|(_, page)| Other { role: Role::All, page: Some(page.to_string()) });
    let runs = neighbours(dir).into_iter().map(|(role, path)| {
        let page = path.as_deref().and_then(Path::file_name).and_then(|name| name.to_str());
        Other { role, page: page.map(of_neighbour) }
    });
    Beside { files, pages: all.into_iter().chain(runs).collect() }
}

/// Shows the runs before and after a run the way to it, where their pages have kept a link ready. Whatever stands against that is
/// no fault of this run.
pub fn tell_neighbours(dir: &RunDir) {
    let Some(page) = dir.path().file_name().and_then(|name| name.to_str()).map(of_neighbour) else { return };
    for (role, path) in neighbours(dir) {
        let role = if role == Role::Previous { Role::Next } else { Role::Previous };
        let Some(path) = path else { continue };
        let text = std::fs::read_to_string(path.join(REPORT)).unwrap_or_default();
        let linked = linked(&text, &Other { role, page: Some(page.clone()) });
        // A page that is being written finds this one by itself.
        if let (Some(linked), Ok(other)) = (linked, RunDir::reopen(&path)) {
            let _ = other.write(REPORT, linked.as_bytes());
        }
    }
}

fn of_neighbour(name: &str) -> String {
    format!("../{name}/{REPORT}")
}

/// Of a numbered run the nearest ones on either side that have a page.
fn neighbours(dir: &RunDir) -> Vec<(Role, Option<PathBuf>)> {
    let parent = dir.path().parent().filter(|_| dir.numbered());
    let Some(all) = parent.and_then(|parent| rundir::all_in(parent).ok()) else { return Vec::new() };
    let here = all.iter().position(|path| path.file_name() == dir.path().file_name());
    let Some((before, after)) = here.map(|here| (&all[..here], &all[here + 1..])) else { return Vec::new() };
    let has_page = |path: &&PathBuf| path.join(REPORT).is_file();
    vec![
        (Role::Previous, before.iter().rev().find(has_page).cloned()),
        (Role::Next, after.iter().find(has_page).cloned()),
    ]
}

/// The last run that was made of this plan.
fn last_of(root: &Path, plan: &Plan) -> Result<Option<PathBuf>, Failure> {
    let made = |path: &PathBuf| MadeFrom::read(path).is_ok_and(|manifest| manifest.is(plan));
    Ok(rundir::all(root, &plan.name)?.into_iter().rev().find(made))
}

/// Takes the directory of a run to go on with it.
fn go_on(path: PathBuf, args: &RunArgs, plan: &Plan, output: &Output) -> Result<Place, Failure> {
    let dir = RunDir::reopen(&path)?;
    same_version(&path)?;
    let manifest = MadeFrom::read(&path)?;
    // One that was killed before its summary was written is not, nor one whose summary was damaged.
    let done = manifest.status == RunStatus::Done && rundir::has_summary(&path);
    if done && !args.go_on {
        return Err(Failure::new(format!("the run in `{}` is finished", path.display()))
            .with_hint("omit --resume to run again"));
    }
    if !manifest.is(plan) {
        let option = match (&args.out, args.go_on) {
            (_, true) => "--continue",
            (Some(_), false) => "--out",
            (None, false) => "--resume",
        };
        let path = path.display();
        return Err(Failure::new(format!(
            "{option} goes on with the run in `{path}`, which was made from another plan{}",
            difference(manifest.plan(), plan)
        ))
        .with_hint("go on with the same scenario, --seed, --set and --record as it was begun with"));
    }
    if done {
        return Ok(Place::Done(dir));
    }
    if !path.join(CHECKPOINT).is_file() {
        output.note(&format!("`{}` kept nothing to go on from: it begins anew", path.display()));
    }
    Ok(Place::Begun(dir))
}

/// The first value in which the plan of a run differs from the one at hand, if both are short.
fn difference(of_run: &serde_json::Value, here: &Plan) -> String {
    let here = condensed(here);
    let differences = compare::runs(of_run, &here).differences;
    let first = differences.first().map(|first| {
        let short = |value: &Option<serde_json::Value>| match value {
            None => "absent".into(),
            value => parameters::shown(&first.key, value.as_ref()),
        };
        (&first.key, short(&first.left), short(&first.right))
    });
    match first {
        Some((key, left, right)) if left.len() + right.len() < 60 => {
            format!(": `{key}` is {left} in its manifest, and {right} here")
        }
        _ => String::new(),
    }
}

/// A run that another version has begun has another plan: this one cannot go on with it.
fn same_version(path: &Path) -> Result<(), Failure> {
    let series = |version: &str| version.rsplit_once('.').map(|(series, _)| series.to_owned());
    let (begun, here) = (ManifestHead::read(path)?.memspike, env!("CARGO_PKG_VERSION"));
    if series(&begun) == series(here) {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the run in `{}` was begun with memspike {begun}, and this is {here}",
        path.display()
    ))
    .with_hint("run the scenario again, or go on with the version it was begun with"))
}

fn nothing_to_resume(plan: &Plan) -> Result<Failure, Failure> {
    let failure = Failure::new(format!("no interrupted run of `{}` in `{RUNS}` to go on with", plan.name));
    let broken = rundir::latest(Path::new(RUNS), &plan.name, &[RunStatus::Running, RunStatus::Failed])?;
    Ok(failure.with_hint(match broken {
        Some(path) => format!(
            "`{}` was broken off, or is still being computed; if it is not, name it with --out {0}",
            path.display()
        ),
        None => "omit --resume to begin, or name the run with --out DIR".into(),
    }))
}
