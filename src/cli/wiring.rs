//! The one place where the command line meets the library: loading, running, listing.

use super::args::Engine;
use super::failure::{Cause, Failure};
use super::host;
use super::memory;
use super::observers::Observers;
use super::overrides::Overrides;
use super::records::{self, CHECKPOINT, Logs, Shared, Shown};
use memspike::dataset::Search;
use memspike::engine::{Observer, Threads};
use memspike::network::Origin;
use memspike::record::RecordError;
use memspike::record::npz;
use memspike::record::rundir::{self, RunDir};
use memspike::record::{Formats, Positions};
use memspike::registry::Registry;
use memspike::report::manifest::MadeFrom;
use memspike::scenario::diagnostic::At;
use memspike::scenario::outcome::{Outcome, Status};
use memspike::scenario::plan::{Input, Plan, ProjectionPlan};
use memspike::scenario::progress::Progress;
use memspike::scenario::run;
use memspike::scenario::run::context::{self, Clock, RunContext, RunError, Store, WriteSnapshot};
use memspike::scenario::run::given::GivenWeights;
use memspike::scenario::set::Set;
use memspike::scenario::{self, Changes, Diagnostic, Loaded, shipped};
use memspike::snapshot::{self, Models, Payload, SnapshotError, Source};
use memspike::time::Time;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Everything a run is given.
pub struct Request<'a> {
    pub plan: &'a Plan,
    pub threads: usize,
    pub engine: Engine,
    /// Step of the clocked engine.
    pub dt: Option<Time>,
    /// `--data`.
    pub data: Option<&'a Path>,
    /// The directory of this run; a checkpoint belongs here.
    pub run_dir: &'a RunDir,
    /// Go on from the checkpoint in `run_dir`.
    pub resume: bool,
    /// How to begin it anew instead.
    pub anew: &'a str,
    /// Asked to stop.
    pub stop: &'a Arc<AtomicBool>,
    /// Seconds between two checkpoints, if that was asked for.
    pub checkpoint_every: Option<f64>,
    /// Pictures are rendered when it is over, which takes long.
    pub png: bool,
    /// (wall, CPU) seconds since the start of the process.
    pub clock: &'a dyn Clock,
    pub progress: &'a mut dyn Progress,
    /// What the formats of records are.
    pub formats: &'a Formats,
    /// Weights for a plan that takes them from another scenario.
    pub given: Option<GivenWeights>,
}

/// What the command line asks to be recorded.
#[derive(Clone, Copy, Debug, Default)]
pub struct Recorded<'a> {
    /// `--record`: names besides those of the scenario.
    pub names: &'a [String],
    /// `--record-format`: in place of the scenario's, if there are any.
    pub formats: &'a [String],
}

/// Loads a scenario: one from a file or name, several from a directory of scenarios.
///
/// # Errors
/// All their faults.
pub fn load(
    scenario: &str,
    overrides: &Overrides,
    recorded: Recorded<'_>,
    registry: &Registry,
) -> Result<Vec<Loaded>, Failure> {
    let set: Vec<String> = overrides.set.iter().map(|(key, value)| format!("{key}={value}")).collect();
    let Recorded { names: record, formats } = recorded;
    let (files, seed) = (&overrides.set_file, overrides.seed);
    let changes = Changes { files, set: &set, seed, record, formats, registry: Some(registry) };
    Ok(scenario::load_all(scenario, changes)?)
}

/// What a directory of scenarios, or a shipped set, says of itself.
///
/// # Errors
/// If its `set.toml` cannot be read.
pub fn set(argument: &str) -> Result<Option<Set>, Failure> {
    Ok(scenario::load_set(argument)?)
}

/// The engine's own choices for a plan: forms, lanes, precision, storage, partitions.
///
/// # Errors
/// If the plan is not a network.
pub fn choices(plan: &Plan) -> Result<Vec<String>, Failure> {
    run::choices(plan).map_err(failed)
}

fn failed(error: RunError) -> Failure {
    let error = match error {
        RunError::Data(faults) => return Failure::Data(faults),
        error => error,
    };
    if let RunError::Given(error) = &error {
        return Diagnostic::error(error.to_string())
            .maybe_at(error.at.as_ref())
            .label("names them")
            .allowed(error.fault.allowed())
            .hint(error.fault.hint())
            .into();
    }
    let hint = match &error {
        RunError::Memory { .. } => Some(
            "fewer synapses, one weight or delay for all, or storage = \"compact\" in [engine] take less",
        ),
        RunError::Stopped => return Failure::Stopped,
        RunError::Unheard { .. } => Some(
            "show them for longer, or let the encoding put spikes earlier; where every value is below `above`, none is drawn",
        ),
        RunError::Clocked(_) => Some("take another --dt, or an event engine"),
        RunError::Threads { .. } => Some("ask for fewer with --threads"),
        RunError::Store(reason) if reason.ends_with("no such file or directory") => {
            Some("its directory was removed while it ran: leave it in its place until the run is done")
        }
        RunError::Store(_) => Some("free some space, or write elsewhere with --out DIR"),
        _ => None,
    };
    let cause = match error {
        RunError::Memory { .. } => Cause::Memory,
        RunError::Store(_) => Cause::File,
        _ => Cause::Value,
    };
    let failure = Failure::new(error.to_string()).because(cause);
    match hint {
        Some(hint) => failure.with_hint(hint),
        None => failure,
    }
}

/// A run that cannot go on from what is in its directory: which file, and which option asked for it.
fn failed_with(error: RunError, dir: &RunDir, anew: Option<&str>) -> Failure {
    match (&error, anew) {
        (RunError::Checkpoint(_) | RunError::State(_) | RunError::OtherRun { .. }, Some(anew)) => {
            let file = dir.path().join(CHECKPOINT);
            let message = format!("--resume goes on from `{}`, and {error}", file.display());
            Failure::CannotGoOn { message, hint: anew.to_string() }
        }
        _ => failed(error),
    }
}

/// Where data sets are: `--data`, the environment, the folder of the user.
pub fn search(data: Option<&Path>) -> Search {
    Search {
        explicit: data.map(Path::to_path_buf),
        environment: std::env::var_os("MEMSPIKE_DATA").filter(|value| !value.is_empty()).map(PathBuf::from),
        user: super::host::data_folder().map(|folder| folder.join("memspike")),
    }
}

/// The checkpoint file of a run directory: where its records stand, and then what the run goes on from.
struct Checkpoint<'a> {
    dir: &'a RunDir,
    resume: bool,
    records: Shared,
    clock: &'a dyn Clock,
    /// Seconds between two that nobody asks for; `None`: so many that they cost a hundredth.
    every: Option<f64>,
    /// Wall-clock seconds when the last one was there, and what it took.
    last: f64,
    cost: f64,
    /// Bytes that the process may have.
    allowed: Option<u64>,
    /// Pictures are rendered in the end.
    png: bool,
}

impl Checkpoint<'_> {
    /// Seconds between two checkpoints at least, where nobody has said how many.
    const SELDOM: f64 = 30.0;
}

/// The checkpoint of a run that is gone on with, and where its records stood; nothing if there is none.
fn kept(dir: &RunDir) -> Result<Option<(Positions, Source<'static>)>, SnapshotError> {
    let unread =
        |error: std::io::Error| SnapshotError::Io { action: "read", reason: super::files::reason(&error) };
    let file = match std::fs::File::open(dir.path().join(CHECKPOINT)) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        file => file.map_err(unread)?,
    };
    let length = file.metadata().map_err(unread)?.len();
    let mut source = Source::new(std::io::BufReader::new(file), length);
    let positions = source.read(Payload::Records, &Models::new())?;
    Ok(Some((positions, source)))
}

impl Store for Checkpoint<'_> {
    fn load(&mut self) -> Result<Option<Source<'_>>, SnapshotError> {
        if self.resume { Ok(kept(self.dir)?.map(|(_, source)| source)) } else { Ok(None) }
    }

    fn due(&self) -> bool {
        let interval = self.every.unwrap_or((100.0 * self.cost).max(Self::SELDOM));
        self.clock.wall() - self.last >= interval
    }

    fn beyond_memory(&self) -> Option<(u64, u64)> {
        let (allowed, taken) = (self.allowed?, host::rss_bytes()?);
        (taken > allowed).then_some((taken, allowed))
    }

    fn due_at_end(&self) -> bool {
        self.png || records::bytes(self.dir) > records::MANY
    }

    fn save(&mut self, write: &mut WriteSnapshot<'_>) -> Result<(), String> {
        let begun = self.clock.wall();
        let positions = self.records.get().positions();
        let mut file = self.dir.begin(CHECKPOINT).map_err(|error| error.to_string())?;
        let mut out = file.writer();
        snapshot::write(&mut out, Payload::Records, &Models::new(), &positions)
            .and_then(|()| write(&mut out))
            .map_err(|error| match error {
                SnapshotError::Io { reason, .. } => {
                    format!("cannot write `{}`: {reason}", self.dir.path().join(CHECKPOINT).display())
                }
                other => other.to_string(),
            })?;
        drop(out);
        file.finish().map_err(|error| error.to_string())?;
        self.last = self.clock.wall();
        self.cost = self.last - begun;
        Ok(())
    }
}

/// Reads the data sets of a plan once, to know before anything is replaced that they can be read.
///
/// # Errors
/// Every fault of their files.
pub fn check_data(plan: &Plan, data: Option<&Path>) -> Result<(), Failure> {
    for source in &plan.sources {
        if let Input::Dataset { dataset, .. } = &source.input
            && dataset.is_read()
        {
            dataset.open(&search(data), plan.seed).map_err(|faults| failed(RunError::Data(faults)))?;
        }
    }
    Ok(())
}

/// Whether the records of a plan have room where its run is written, as far as that is known before.
#[cfg(unix)]
fn room(plan: &Plan, dir: &RunDir) -> Result<(), Failure> {
    let (_, needed) = scenario::load_estimate::needs(plan);
    let Ok(disk) = rustix::fs::statvfs(dir.path()) else { return Ok(()) };
    let free = disk.f_bavail as f64 * disk.f_frsize as f64;
    if needed <= free {
        return Ok(());
    }
    Err(Failure::new(format!(
        "the records need about {} of disk, and `{}` has {} left",
        scenario::synapses::shown(needed),
        dir.path().display(),
        scenario::synapses::shown(free)
    ))
    .with_hint("record less, at longer intervals, or write elsewhere with --out DIR"))
}

#[cfg(not(unix))]
fn room(_: &Plan, _: &RunDir) -> Result<(), Failure> {
    Ok(())
}

/// What came of a run.
pub struct Ran {
    pub outcome: Outcome,
    pub shown: Shown,
}

/// Runs a plan.
///
/// # Errors
/// If it cannot be carried out: data is missing, a checkpoint does not fit, a record cannot be written.
pub fn run(request: Request<'_>) -> Result<Ran, Failure> {
    let Request { plan, threads, engine, dt, data, run_dir, resume, stop, clock, progress, formats, .. } =
        request;
    let (given, every, png) = (request.given, request.checkpoint_every, request.png);
    let anew = request.anew;
    let unusable = |error| failed_with(error, run_dir, resume.then_some(anew));
    room(plan, run_dir)?;
    let kept = if resume { kept(run_dir).map_err(|error| unusable(error.into()))? } else { None };
    let logs =
        Logs::begin(plan, run_dir, kept.map(|(positions, _)| positions)).map_err(
            |failure| match failure {
                Failure::Record(error @ RecordError::NoSuchPosition { .. }) => {
                    Failure::CannotGoOn { message: error.to_string(), hint: anew.to_string() }
                }
                other => other,
            },
        )?;
    let mut observers = Observers::new(plan, logs.records());
    let search = search(data);
    let records = logs.records();
    let free = memory::available();
    let allowed = match plan.engine.memory_gb {
        Some(gb) => Some((gb * 1e9) as u64),
        None => free.map(|free| free.saturating_add(host::rss_bytes().unwrap_or(0))),
    };
    let last = clock.wall();
    let mut store = Checkpoint { dir: run_dir, resume, records, clock, every, last, cost: 0.0, allowed, png };
    let mut context = RunContext {
        threads: Threads::new(threads).map_err(|error| unusable(error.into()))?,
        memory: free,
        engine: match engine {
            Engine::Fast => context::Engine::Fast,
            Engine::Reference => context::Engine::Reference,
            Engine::Clocked => context::Engine::Clocked(dt.unwrap_or(Time::ZERO)),
        },
        search: &search,
        stop,
        clock,
        progress,
        observer: if observers.wanted() { Some(&mut observers as &mut dyn Observer) } else { None },
        store: &mut store,
        given,
    };
    let outcome = run::run(plan, &mut context).map_err(unusable)?;
    let groups: Vec<_> = recorded(plan).into_iter().map(|(_, ids)| ids).collect();
    let sizes: Vec<[u32; 2]> = plan.projections.iter().map(|projection| sides(plan, projection)).collect();
    let (drawn, formats) = ((&groups[..], &sizes[..]), (&plan.record.formats[..], formats));
    let shown = match outcome.status {
        Status::Done => logs.finish(drawn, formats, stop)?,
        // Who stops a run does not wait for its records: they are there when it is done.
        Status::Interrupted if logs.bytes() > records::MANY => Shown::default(),
        Status::Interrupted => logs.finish(drawn, formats, &Arc::default())?,
    };
    Ok(Ran { outcome, shown })
}

/// Whose spikes are recorded, and which neurons of it.
pub fn recorded(plan: &Plan) -> Vec<(String, Range<u32>)> {
    let size = |name: &String| {
        let population = plan.populations.iter().find(|p| p.name == *name).map(|p| p.size);
        population.or_else(|| plan.sources.iter().find(|s| s.name == *name).map(|s| s.size)).unwrap_or(1)
    };
    plan.record.spikes.iter().map(|chosen| (chosen.to_string(), chosen.of(size(&chosen.name)))).collect()
}

/// Neurons, or lines of a source, before and behind a projection.
fn sides(plan: &Plan, projection: &ProjectionPlan) -> [u32; 2] {
    let from = match projection.from {
        Origin::Source(source) => plan.sources[source].size,
        Origin::Population(population) => plan.populations[population].size,
    };
    [from, plan.populations[projection.to].size]
}

/// The trained weights of the last finished run of exactly `trained` under `runs`, if there is one.
///
/// # Errors
/// If there is one and its weights cannot be read.
pub fn given(runs: &Path, scenario: &Loaded, trained: &Plan) -> Result<Option<GivenWeights>, Failure> {
    for path in rundir::all(runs, &trained.name)?.into_iter().rev() {
        let done = MadeFrom::read(&path)
            .is_ok_and(|manifest| manifest.status == rundir::RunStatus::Done && manifest.is(trained));
        if done && let Some(given) = weights_of(&path, scenario)? {
            return Ok(Some(given));
        }
    }
    Ok(None)
}

/// The trained weights in a run directory for the projections that a scenario tests: all of them, or none.
///
/// # Errors
/// If the file cannot be read.
pub fn weights_of(run: &Path, scenario: &Loaded) -> Result<Option<GivenWeights>, Failure> {
    let trained = scenario.plan.trained();
    let at = weights_at(scenario);
    let arrays = npz::read(&run.join("weights.npz")).map_err(|error| {
        let fault = Diagnostic::error(error.to_string()).maybe_at(at).label("names this run");
        fault.allowed("a finished run with its weights").maybe_hint(error.hint())
    })?;
    let of = |index: usize| {
        let name = &scenario.plan.projections[index].name;
        arrays.iter().find(|array| array.name == *name).map(|array| (index, array.clone()))
    };
    let values: Option<Vec<_>> = trained.into_iter().map(of).collect();
    let origin = run.display().to_string();
    let values = values.filter(|values| !values.is_empty());
    Ok(values.map(|values| GivenWeights { values, origin, at: at.cloned() }))
}

/// Where a scenario says whose weights it takes.
pub fn weights_at(scenario: &Loaded) -> Option<&At> {
    scenario.written("protocol", "weights_from")
}

/// A line of the list of shipped scenarios.
pub struct Listed {
    pub name: String,
    pub title: String,
    /// Whether it belongs to the set that was listed last.
    pub in_set: bool,
}

/// The shipped scenarios and sets.
pub fn scenarios() -> Vec<Listed> {
    let mut list = Vec::new();
    for one in shipped::all() {
        let set = one.path().parent().and_then(Path::to_str).and_then(shipped::set);
        if let Some(set) = set
            && !list.iter().any(|listed: &Listed| listed.name == set.name())
        {
            let about = scenario::load_set(set.name()).ok().flatten();
            let title = about.map_or(String::new(), |about| format!("all of: {}", about.title));
            list.push(Listed { name: set.name().to_string(), title, in_set: false });
        }
        let name = one.name().to_string();
        let title = scenario::load(&name, &[], None).map_or(String::new(), |loaded| loaded.plan.title);
        list.push(Listed { name, title, in_set: set.is_some() });
    }
    list
}

/// The files of a shipped scenario as they are copied to a directory of another name: (name, text).
pub fn scenario_files(shipped: &str, name: &str) -> Option<Vec<(String, String)>> {
    Some(shipped::find(shipped)?.copies(name))
}

/// The shipped scenario that may have been meant.
pub fn scenario_meant(name: &str) -> Option<&'static str> {
    shipped::meant(name)
}

/// The JSON schema of scenario files.
pub fn schema(registry: &Registry) -> String {
    serde_json::to_string_pretty(&scenario::schema(registry)).unwrap_or_default()
}
