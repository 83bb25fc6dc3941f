//! Points as commands of `memspike run`, and what is known of them before anything is computed.

use super::super::args::{self, Cli, Command, RunArgs};
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::program::Program;
use super::super::{host, memory, run, wiring};
use super::args::SweepArgs;
use super::measures;
use clap::FromArgMatches as _;
use memspike::dataset::Name;
use memspike::hint::many;
use memspike::record::rundir::{self, RunStatus};
use memspike::report::manifest::MadeFrom;
use memspike::report::sweep::Possible;
use memspike::scenario::data_plan::DataPlan;
use memspike::scenario::plan::{Input, Plan};
use memspike::scenario::vary::{Point, Varied};
use memspike::scenario::{Diagnostics, synapses};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::Path;

/// A point that is to be computed.
pub struct Task {
    pub point: Point,
    pub run: Run,
    /// What its plan was when it was checked.
    pub plan: String,
}

/// The command of a point, which makes it anywhere.
#[derive(Clone)]
pub struct Run {
    line: Vec<OsString>,
    /// What is added here, because of what is there already and of the others.
    here: Vec<OsString>,
}

impl Run {
    /// The options of `memspike run` that it is.
    ///
    /// # Errors
    /// If `memspike run` does not take it.
    pub fn args(&self, program: &Program<'_>) -> Result<RunArgs, Failure> {
        let parsed = args::command(program.registry).try_get_matches_from(self.line.iter().chain(&self.here));
        match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
            Ok(Cli { command: Command::Run(run), .. }) => Ok(*run),
            Ok(_) => Err(Failure::new("a point is not a command of `memspike run`")),
            Err(error) => Err(Failure::new(format!("`memspike run` does not take this point:\n{error}"))),
        }
    }

    /// As it stands in the manifest.
    pub fn line(&self) -> Vec<String> {
        self.line.iter().map(|part| part.to_string_lossy().into_owned()).collect()
    }
}

/// What there is to do.
#[derive(Default)]
pub struct Tasks {
    pub to_do: Vec<Task>,
    /// Points of this part that are there.
    pub kept: usize,
    /// Points of other parts.
    pub of_others: BTreeSet<String>,
    /// At once, and threads for each.
    pub jobs: usize,
    pub threads: usize,
    /// The numbers that their runs may have.
    pub possible: Possible,
}

/// The command of a point, which is written into `out`.
pub fn command(args: &SweepArgs, varied: &[Varied], point: &Point, out: &Path, program: &Program<'_>) -> Run {
    let name = program.command.first().cloned().unwrap_or_else(|| "memspike".into());
    let mut line: Vec<OsString> = vec![name.into(), "run".into(), args.scenario.clone().into()];
    let mut option = |name: &str, value: OsString| line.extend([OsString::from(name), value]);
    for file in &args.overrides.set_file {
        option("--set-file", file.into());
    }
    let given = args.overrides.set.iter().map(|(key, value)| format!("{key}={value}"));
    let values = varied.iter().zip(&point.values).map(|(varied, value)| format!("{}={value}", varied.key));
    given.chain(values).for_each(|set| option("--set", set.into()));
    if let Some(seed) = point.seed.or(args.overrides.seed) {
        option("--seed", seed.to_string().into());
    }
    if let Some(data) = &args.kept.data {
        option("--data", data.into());
    }
    for (name, values) in [("--record", &args.kept.record), ("--record-format", &args.kept.record_format)] {
        if !values.is_empty() {
            option(name, values.join(",").into());
        }
    }
    if !out.as_os_str().is_empty() {
        option("--out", out.into());
    }
    if args.kept.png {
        line.push("--png".into());
    }
    Run { line, here: Vec::new() }
}

/// Checks every point of this part, and finds those that are there.
///
/// # Errors
/// All faults of all of them, each once.
pub fn check(
    args: &SweepArgs,
    all: &[Point],
    varied: &[Varied],
    place: &Path,
    program: &Program<'_>,
    output: &Output,
) -> Result<Tasks, Failure> {
    let mut tasks = Tasks::default();
    let (mut faults, mut warnings) = (Once::default(), Once::default());
    let (mut others, mut data): (Vec<(String, Option<String>)>, BTreeSet<Name>) = Default::default();
    let mut largest: f64 = 0.0;
    let mut name: Option<String> = None;
    for (place_in_order, point) in all.iter().enumerate() {
        if args.shard.is_some_and(|shard| !shard.has(place_in_order)) {
            tasks.of_others.insert(point.name.clone());
            continue;
        }
        let out = place.join(&point.name);
        let mut run = command(args, varied, point, &out, program);
        let loaded = match run::load(&run.args(program)?, program.registry) {
            Ok(mut loaded) => loaded.pop(),
            Err(Failure::Scenario(more)) => {
                faults.take(more);
                continue;
            }
            Err(failure) => return Err(failure),
        };
        let Some(loaded) = loaded else { continue };
        warnings.take(loaded.warnings.clone());
        let plan = &loaded.plan;
        tasks.possible.add(plan);
        name.get_or_insert_with(|| plan.name.clone());
        for name in data_sets(plan) {
            if data.insert(name) {
                wiring::check_data(plan, args.kept.data.as_deref())?;
            }
        }
        largest = largest.max(synapses::estimate(plan).drawn().unwrap_or(0.0));
        match state(&out, plan) {
            State::Done if !args.force => {
                tasks.kept += 1;
                continue;
            }
            State::Other if !args.force => {
                others.push((
                    format!("the run in `{}` was made from another plan", out.display()),
                    Some("choose another --out, or compute all points anew with --force".into()),
                ));
                continue;
            }
            State::Unfinished if !args.force => run.here.push("--resume".into()),
            State::New => {}
            State::Done | State::Other | State::Unfinished => run.here.push("--force".into()),
        }
        tasks.to_do.push(Task { point: point.clone(), run, plan: digest(plan) });
    }
    tasks.possible.varied(varied.iter().map(|varied| varied.key.as_str()));
    let faults = faults.found;
    let mut failures: Vec<Failure> = (!faults.is_empty()).then(|| faults.into()).into_iter().collect();
    // A part of the sweep without points knows of none.
    if let Some(name) = &name {
        failures.extend(measures::check(&args.measure, &tasks.possible, name).err());
    }
    Failure::unless_none(failures)?;
    if !others.is_empty() {
        return Err(Failure::Several(others));
    }
    output.warnings(&warnings.found);
    (tasks.jobs, tasks.threads) = divided(args, tasks.to_do.len(), largest, output);
    for task in &mut tasks.to_do {
        task.run.here.extend(["--threads".into(), tasks.threads.min(1024).to_string().into()]);
        if let Some(every) = args.kept.checkpoint_every {
            task.run.here.extend(["--checkpoint-every".into(), format!("{every} s").into()]);
        }
    }
    Ok(tasks)
}

/// Faults of many points, each once.
#[derive(Default)]
struct Once {
    found: Diagnostics,
    seen: BTreeSet<String>,
}

impl Once {
    fn take(&mut self, faults: Diagnostics) {
        for fault in faults {
            let text = format!("{}\n{:?}\n{:?}", fault.what, fault.allowed, fault.hint);
            if self.seen.insert(text) {
                self.found.push(fault);
            }
        }
    }
}

fn data_sets(plan: &Plan) -> impl Iterator<Item = Name> + '_ {
    // Files of one's own were read with the scenario.
    plan.sources.iter().filter_map(|source| match source.input {
        Input::Dataset { dataset: DataPlan::Named(name), .. } => Some(name),
        _ => None,
    })
}

/// What a plan is, in a few characters.
pub fn digest(plan: &Plan) -> String {
    let mut hash = memspike::record::Fingerprint::new();
    hash.encoded(&serde_json::to_vec(plan).unwrap_or_default());
    hash.hex()
}

enum State {
    New,
    Done,
    Unfinished,
    /// Of another plan.
    Other,
}

/// What is in the directory of a point.
fn state(out: &Path, plan: &Plan) -> State {
    if !rundir::is_run(out) {
        return State::New;
    }
    match MadeFrom::read(out) {
        Ok(made) if !made.is(plan) => State::Other,
        Ok(made) if made.status == RunStatus::Done && rundir::has_summary(out) => State::Done,
        Ok(_) => State::Unfinished,
        Err(_) => State::Other,
    }
}

/// How many points are computed at once, and with how many threads: as many as the processors are, and as the memory has room for.
fn divided(args: &SweepArgs, points: usize, largest: f64, output: &Output) -> (usize, usize) {
    let cores = host::cpus();
    let threads = args.threads.map(usize::from);
    let jobs = args.jobs.map_or_else(
        || {
            let room = match (largest, memory::available()) {
                (largest, Some(free)) if largest > 0.0 => (free as f64 / largest) as usize,
                _ => usize::MAX,
            };
            let jobs = (cores / threads.unwrap_or(1)).max(1);
            if room < jobs.min(points) {
                output.note(&format!("memory has room for {} at once", many(room.max(1), "point")));
            }
            jobs.min(room)
        },
        usize::from,
    );
    let jobs = jobs.clamp(1, points.max(1));
    let threads = threads.unwrap_or_else(|| (cores / jobs).max(1));
    if jobs * threads > cores {
        output.warning(&format!(
            "{} with {} each are more than the {} of this machine: they wait for each other",
            many(jobs, "job"),
            many(threads, "thread"),
            many(cores, "processor")
        ));
    }
    (jobs, threads)
}
