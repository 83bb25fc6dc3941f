//! `memspike run`.

use super::End;
use super::args::{Format, Overrides, RunArgs};
use super::failure::Failure;
use super::host::{self, Clock};
use super::output::Output;
use super::signals::Stop;
use super::wiring::{self, Request};
use super::{calibrate, progress, trace};
use memspike::plot::{self, RecordedSpikes};
use memspike::record::csv::{SpikeRow, SpikeWriter};
use memspike::record::npz;
use memspike::record::rundir::{self, RunDir, RunStatus, SUMMARY};
use memspike::report::manifest::Manifest;
use memspike::report::summary::{HostPerformance, SCHEMA_VERSION, Summary};
use memspike::report::{html, tables, text};
use memspike::scenario::outcome::{Outcome, Status};
use memspike::scenario::plan::{Plan, Protocol, SourceKind};
use memspike::scenario::run::GivenWeights;
use std::path::Path;

/// Where run directories are made.
pub const RUNS: &str = "runs";

pub fn run(args: &RunArgs, output: &Output) -> Result<End, Failure> {
    let clock = Clock::start();
    let loaded = wiring::load(&args.scenario, &args.overrides, output.colour())?;
    if loaded.len() > 1 && args.out.is_some() {
        return Err(Failure::new(format!(
            "--out names one directory, but `{}` holds {} scenarios",
            args.scenario,
            loaded.len()
        ))
        .with_hint("run them one by one, or leave --out away"));
    }
    let stop = Stop::listen()?;
    let tracing = trace::install(args, output.colour())?;
    let several = loaded.len() > 1;
    let mut end = End::Done;
    for scenario in loaded {
        for warning in &scenario.warnings {
            output.warning(warning);
        }
        let mut plan = scenario.plan;
        add_recorded(&mut plan, &args.record)?;
        let clock = if several { Clock::start() } else { clock };
        end = run_plan(args, output, &plan, &stop, clock, tracing)?;
        if end != End::Done {
            break;
        }
    }
    Ok(end)
}

/// `--record NAME`: adds to what the scenario records.
fn add_recorded(plan: &mut Plan, names: &[String]) -> Result<(), Failure> {
    let known: Vec<&str> = plan
        .populations
        .iter()
        .map(|population| population.name.as_str())
        .chain(plan.sources.iter().map(|source| source.name.as_str()))
        .collect();
    let unknown: Vec<&str> = names.iter().map(String::as_str).filter(|name| !known.contains(name)).collect();
    if !unknown.is_empty() {
        return Err(Failure::new(format!("--record: nothing is named `{}`", unknown.join("`, `")))
            .with_hint(format!("this scenario has {}", known.join(", "))));
    }
    for name in names {
        if !plan.record.spikes.contains(name) {
            plan.record.spikes.push(name.clone());
        }
    }
    Ok(())
}

fn run_plan(
    args: &RunArgs,
    output: &Output,
    plan: &Plan,
    stop: &Stop,
    clock: Clock,
    tracing: bool,
) -> Result<End, Failure> {
    let given = match trained_elsewhere(args, output, plan, stop, tracing)? {
        Elsewhere::Nothing => None,
        Elsewhere::Weights(given) => Some(given),
        Elsewhere::Stopped(end) => return Ok(end),
    };
    let calibration = calibrate::measure();
    let threads = args.threads.map_or_else(host::cpus, usize::from);
    let dir = directory(args, plan)?;
    let mut manifest = Manifest {
        schema_version: SCHEMA_VERSION,
        status: RunStatus::Running,
        memspike: env!("CARGO_PKG_VERSION").into(),
        commit: option_env!("MEMSPIKE_COMMIT").map(String::from),
        command: std::env::args_os().map(|arg| arg.to_string_lossy().into_owned()).collect(),
        started: host::now_utc(),
        host: host::describe(),
        generator: memspike::random::GENERATOR.into(),
        engine: args.engine.name().into(),
        threads,
        seed: plan.seed,
        calibrate: Some(calibration),
        plan: plan.clone(),
    };
    manifest.write(&dir)?;
    output.detail(&format!("writing to {}", dir.path().display()));

    let result = simulate(args, output, plan, stop, clock, tracing, threads, &dir, given).and_then(
        |(outcome, spikes, recorded)| {
            let (wall_s, cpu_s) = clock.now();
            let host = HostPerformance {
                wall_s,
                cpu_s,
                peak_rss_bytes: host::peak_rss_bytes(),
                calibrate: Some(calibration),
            };
            let summary = Summary::new(plan, &outcome, &host);
            let groups = recorded_groups(plan);
            let spikes = RecordedSpikes { groups: &groups, rows: &spikes, total: recorded };
            write_results(args, output, &dir, &manifest, &outcome, &summary, spikes)?;
            manifest.status = match outcome.status {
                Status::Done => RunStatus::Done,
                Status::Interrupted => RunStatus::Interrupted,
            };
            manifest.write(&dir)?;
            summary.write(&dir)?;
            Ok(summary)
        },
    );
    let summary = match result {
        Ok(summary) => summary,
        Err(failure) => {
            manifest.status = RunStatus::Failed;
            // The reason that is reported is the first one; this write may well fail for the same.
            let _ = manifest.write(&dir);
            return Err(failure);
        }
    };
    match args.format {
        Format::Text => output.data(&text::summary(&summary, plot::paper_accuracy(plan)))?,
        Format::Json => output.data(&String::from_utf8_lossy(&summary.to_json()?))?,
    }
    for note in &summary.notes {
        output.detail(note);
    }
    output.note(&format!("report in {}", dir.path().join("report.html").display()));
    Ok(match (summary.status, stop.signal()) {
        (Status::Interrupted, Some(signal)) => End::Signal(signal),
        _ => End::Done,
    })
}

/// Weights that a plan takes from another scenario.
enum Elsewhere {
    Nothing,
    Weights(GivenWeights),
    /// Training them was stopped.
    Stopped(End),
}

/// Finds the weights of the scenario that the plan names among its finished runs, or trains it first.
fn trained_elsewhere(
    args: &RunArgs,
    output: &Output,
    plan: &Plan,
    stop: &Stop,
    tracing: bool,
) -> Result<Elsewhere, Failure> {
    let Some(name) = wiring::weights_from(plan) else { return Ok(Elsewhere::Nothing) };
    let overrides = Overrides { seed: Some(plan.seed), set: Vec::new() };
    let mut loaded = wiring::load(name, &overrides, output.colour())?;
    let (Some(source), true) = (loaded.pop(), loaded.is_empty()) else {
        return Err(Failure::new(format!("weights_from: `{name}` holds several scenarios"))
            .with_hint("name one of them"));
    };
    let runs = Path::new(RUNS);
    if let Some(given) = wiring::given(runs, plan, &source.plan)? {
        output.note(&format!("weights from {}", given.origin));
        return Ok(Elsewhere::Weights(given));
    }
    output.note(&format!("no finished run of `{name}` with seed {} yet: training it first", plan.seed));
    let first = RunArgs { out: None, force: false, resume: false, record: Vec::new(), ..args.clone() };
    let quiet_end = run_plan(&first, output, &source.plan, stop, Clock::start(), tracing)?;
    if quiet_end != End::Done {
        return Ok(Elsewhere::Stopped(quiet_end));
    }
    wiring::given(runs, plan, &source.plan)?.map(Elsewhere::Weights).ok_or_else(|| {
        Failure::new(format!("the run of `{name}` left no weights for projection of `{}`", plan.name))
    })
}

/// The directory to write into: the one named, the one to go on with, or the next number.
fn directory(args: &RunArgs, plan: &Plan) -> Result<RunDir, Failure> {
    let root = Path::new(RUNS);
    if !args.resume {
        return Ok(match &args.out {
            Some(out) => RunDir::create_at(out, args.force)?,
            None => RunDir::create_numbered(root, &plan.name)?,
        });
    }
    let path = match &args.out {
        Some(out) => out.clone(),
        None => rundir::latest(root, &plan.name, &[RunStatus::Interrupted])?.ok_or_else(|| {
            Failure::new(format!("no interrupted run of `{}` in `{RUNS}` to go on with", plan.name))
                .with_hint("leave --resume away to begin, or name the run with --out DIR")
        })?,
    };
    let dir = RunDir::open(&path)?;
    let manifest = Manifest::read(&path)?;
    if manifest.status == RunStatus::Done {
        return Err(Failure::new(format!("the run in `{}` is finished", path.display()))
            .with_hint("leave --resume away to run again"));
    }
    if manifest.plan != *plan {
        return Err(Failure::new(format!("the run in `{}` was made from another plan", path.display()))
            .with_hint("go on with the same scenario, --seed, --set and --record as it was begun with"));
    }
    // From here on the run is not finished.
    let _ = std::fs::remove_file(path.join(SUMMARY));
    Ok(dir)
}

#[expect(clippy::too_many_arguments, reason = "called once, to keep the error path in one place")]
fn simulate(
    args: &RunArgs,
    output: &Output,
    plan: &Plan,
    stop: &Stop,
    clock: Clock,
    tracing: bool,
    threads: usize,
    dir: &RunDir,
    given: Option<GivenWeights>,
) -> Result<(Outcome, Vec<SpikeRow>, u64), Failure> {
    let mut listener = progress::listener(output, tracing && args.trace_file.is_none());
    let mut writer = if plan.record.spikes.is_empty() {
        None
    } else {
        let episodes = !matches!(plan.protocol, Protocol::Simulate { .. });
        Some(SpikeWriter::new(dir, plan.record.spikes.clone(), episodes)?)
    };
    let outcome = wiring::run(Request {
        plan,
        threads,
        engine: args.engine,
        data: args.data.as_deref(),
        run_dir: dir,
        resume: args.resume,
        stop: stop.flag(),
        clock: &|| clock.now(),
        trace: tracing,
        progress: &mut *listener,
        spikes: writer.as_mut(),
        given,
    })?;
    listener.done();
    let recorded = writer.as_ref().map_or(0, SpikeWriter::written);
    let spikes = writer.map_or_else(|| Ok(Vec::new()), SpikeWriter::finish)?;
    Ok((outcome, spikes, recorded))
}

/// Names and sizes of what is recorded.
fn recorded_groups(plan: &Plan) -> Vec<(String, u32)> {
    plan.record
        .spikes
        .iter()
        .map(|name| {
            let population = plan.populations.iter().find(|p| p.name == *name).map(|p| p.size);
            let source = || {
                plan.sources.iter().find(|s| s.name == *name).map(|s| match s.kind {
                    SourceKind::Poisson { size, .. }
                    | SourceKind::SpikeList { size, .. }
                    | SourceKind::Regular { size, .. } => size,
                    // All data sets there are have 28 x 28 pixels.
                    SourceKind::Dataset { .. } => 784,
                })
            };
            (name.clone(), population.or_else(source).unwrap_or(1))
        })
        .collect()
}

fn write_results(
    args: &RunArgs,
    output: &Output,
    dir: &RunDir,
    manifest: &Manifest,
    outcome: &Outcome,
    summary: &Summary,
    spikes: RecordedSpikes<'_>,
) -> Result<(), Failure> {
    if let Some(result) = &outcome.supervised {
        if !result.epochs.is_empty() {
            dir.write("epochs.csv", tables::epochs(&result.epochs).as_bytes())?;
        }
        if !result.confusion.is_empty() {
            dir.write("confusion.csv", tables::confusion(&result.confusion).as_bytes())?;
        }
        if !result.programming.is_empty() {
            dir.write("programming.csv", tables::programming(&result.programming).as_bytes())?;
        }
    }
    npz::write_all(dir, &outcome.arrays)?;
    let figures =
        plot::figures(&manifest.plan, outcome, spikes).map_err(|error| Failure::new(error.to_string()))?;
    for figure in &figures {
        dir.write(&format!("{}.svg", figure.name), figure.svg.as_bytes())?;
    }
    if args.png {
        let renderer = plot::Renderer::new();
        if !renderer.has_fonts() {
            output.note("no fonts were found on this system: the PNG plots have no text, the SVG plots do");
        }
        for figure in &figures {
            let png = renderer.render(&figure.svg).map_err(|error| Failure::new(error.to_string()))?;
            dir.write(&format!("{}.png", figure.name), &png)?;
        }
    }
    dir.write("report.html", html::page(manifest, outcome, summary, &figures).as_bytes())?;
    Ok(())
}
