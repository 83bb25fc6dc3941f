//! What a run was asked for, kept in its manifest until it is done: `run --resume DIR` needs nothing else.

use super::args::RunArgs;
use super::directory::RUNS;
use super::failure::Failure;
use super::files;
use memspike::record::read_json;
use memspike::record::rundir::{self, MANIFEST, RunStatus, SUMMARY};
use memspike::report::manifest::ManifestHead;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::path::{Path, PathBuf, absolute};

/// A command and the one of its scenarios that a directory is about.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Request {
    /// Name of the scenario: of a set, one of several.
    pub name: String,
    pub args: RunArgs,
}

impl Request {
    /// As it stands in a manifest. What it names by paths is found from elsewhere too.
    ///
    /// # Errors
    /// If it is nothing that JSON knows.
    pub fn of(args: &RunArgs, name: &str) -> Result<Value, Failure> {
        let whole = |path: &PathBuf| {
            let path = absolute(path).unwrap_or_else(|_| path.clone());
            PathBuf::from(path.to_string_lossy().into_owned())
        };
        // Where it is, is where it is found.
        let mut args = RunArgs { out: None, resume: None, ..args.clone() };
        args.kept.data = args.kept.data.as_ref().map(whole);
        args.trace_file = args.trace_file.as_ref().map(whole);
        args.overrides.set_file = args.overrides.set_file.iter().map(whole).collect();
        args.scenario = args.scenario.map(|scenario| {
            let path = PathBuf::from(&scenario);
            if path.exists() { whole(&path).to_string_lossy().into_owned() } else { scenario }
        });
        serde_json::to_value(Self { name: name.into(), args })
            .map_err(|error| Failure::new(error.to_string()))
    }

    /// Of the run in `path`; `None` if it is done, or its manifest does not say it.
    fn read(path: &Path) -> Option<Self> {
        #[derive(Deserialize)]
        struct Begun {
            asked: Option<Request>,
        }
        read_json::<Begun>(&path.join(MANIFEST)).ok()?.asked
    }
}

/// How a run that was begun with a command is begun again from its start.
pub fn anew(command: &[String]) -> String {
    let goes_on = ["--resume", "--continue", "--force"];
    let mut words: Vec<String> = command
        .iter()
        .filter(|word| !goes_on.contains(&word.as_str()))
        // Options are not taken for paths.
        .map(|word| if word.starts_with('-') { word.clone() } else { files::argument(Path::new(word)) })
        .collect();
    let placed = words.iter().any(|word| word == "--out" || word.starts_with("--out="));
    let place = if placed { "in its place" } else { "in a directory of its own" };
    words.extend(placed.then(|| "--force".to_string()));
    format!("a run keeps no other checkpoint; `{}` begins it anew, {place}", words.join(" "))
}

/// The command that is meant: with `--resume DIR`, the one that the run in DIR was begun with; then also the name of its
/// scenario.
///
/// # Errors
/// If there is nothing to go on with.
pub fn meant(args: &RunArgs) -> Result<(RunArgs, Option<String>), Failure> {
    let Some(Some(named)) = &args.resume else { return Ok((args.clone(), None)) };
    let bare = RunArgs { resume: Some(None), ..args.clone() };
    if args.scenario.is_some() {
        if args.out.is_some() {
            return Err(
                Failure::new("--resume DIR and --out both name a directory").with_hint("omit one of them")
            );
        }
        return Ok((RunArgs { out: Some(named.clone()), ..bare }, None));
    }
    let Some(path) = run_of(named)? else {
        // `run --resume SCENARIO`.
        return Ok((RunArgs { scenario: Some(named.to_string_lossy().into_owned()), ..bare }, None));
    };
    let Some(Request { name, args: begun }) = Request::read(&path) else {
        let finished = ManifestHead::read(&path)?.status == RunStatus::Done && path.join(SUMMARY).is_file();
        let failure = if finished {
            Failure::new(format!("the run in `{}` is finished", path.display()))
                .with_hint("run the scenario again, or look at it with `memspike show`")
        } else {
            Failure::new(format!("`{}` does not say what it was asked for", path.display()))
                .with_hint("name its scenario too: memspike run SCENARIO --resume DIR")
        };
        return Err(failure);
    };
    let mut overrides = begun.overrides;
    overrides.seed = args.overrides.seed.or(overrides.seed);
    overrides.set.extend(args.overrides.set.iter().cloned());
    overrides.set_file.extend(args.overrides.set_file.iter().cloned());
    let mut kept = begun.kept;
    kept.data = args.kept.data.clone().or(kept.data);
    kept.png |= args.kept.png;
    kept.checkpoint_every = args.kept.checkpoint_every.or(kept.checkpoint_every);
    let args = RunArgs {
        overrides,
        kept,
        out: Some(path),
        resume: Some(None),
        threads: args.threads.or(begun.threads),
        format: args.format,
        ..begun
    };
    Ok((args, Some(name)))
}

/// The run that is meant by a directory or the name of a scenario that was run here.
fn run_of(named: &Path) -> Result<Option<PathBuf>, Failure> {
    if rundir::is_run(named) {
        return Ok(Some(named.to_path_buf()));
    }
    let name = named.to_string_lossy();
    if named.exists() || !Path::new(RUNS).join(named).is_dir() {
        return Ok(None);
    }
    if rundir::is_run(&Path::new(RUNS).join(named)) {
        return Ok(Some(Path::new(RUNS).join(named)));
    }
    Ok(rundir::latest(Path::new(RUNS), &name, &[RunStatus::Interrupted])?)
}
