//! `memspike run`.

use super::args::RunArgs;
use super::directory::{self, Place, REPORT, RUNS};
use super::end::End;
use super::failure::Failure;
use super::host::{self, Clock};
use super::kept::Kept;
use super::output::Output;
use super::overrides::Overrides;
use super::png::Renderer;
use super::program::Program;
use super::progress;
use super::records::CHECKPOINT;
use super::repeat::Original;
use super::request::{self, Request as Asked};
use super::set_page::SetPage;
use super::tensorboard::Watched;
use super::trace::Tracing;
use super::values::{Format, How};
use super::wiring::{self, Recorded, Request};
use super::{calibrate, grid, records, trace};
use memspike::plot::{self, RecordedSpikes};
use memspike::record::npz;
use memspike::record::rundir::{self, RunDir, RunStatus};
use memspike::registry::Registry;
use memspike::report::manifest::{Manifest, ManifestHead};
use memspike::report::performance::{Calibration, HostPerformance};
use memspike::report::set::SetSummary;
use memspike::report::summary::{SCHEMA_VERSION, Summary};
use memspike::report::{html, profile, results, text};
use memspike::scenario::outcome::{Outcome, Status};
use memspike::scenario::plan::Plan;
use memspike::scenario::progress::Progress as _;
use memspike::scenario::run::context::Clock as _;
use memspike::scenario::run::given::GivenWeights;
use memspike::scenario::{Diagnostic, Loaded};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

pub fn run(args: &RunArgs, program: &Program<'_>, output: &Output) -> Result<End, Failure> {
    let clock = Clock::start();
    if args.kept.png {
        Renderer::new("--png")?;
    }
    let (args, name) = &request::meant(args)?;
    let original = Original::of(args)?;
    let (args, loaded) = match &original {
        Some(original) => (&original.args(args)?, original.load(program.registry).map(|loaded| vec![loaded])),
        None => (args, load(args, program.registry)),
    };
    let (mut loaded, faults) = match loaded {
        Ok(loaded) => (Some(loaded), Vec::new()),
        // The arguments may have faults of their own.
        Err(failure @ Failure::Scenario(_)) => (None, vec![failure]),
        Err(failure) => return Err(failure),
    };
    if let (Some(name), Some(loaded)) = (name, &mut loaded) {
        loaded.retain(|loaded| loaded.plan.name == *name);
    }
    let wrong = [
        grid::check(args, loaded.as_deref().unwrap_or_default()),
        check_progress(args, output),
        trace::check(args, loaded.as_deref()),
    ];
    Failure::unless_none(faults.into_iter().chain(wrong.into_iter().filter_map(Result::err)).collect())?;
    let loaded = loaded.unwrap_or_default();
    program.stop.heed();
    let tracing = trace::begin(args, &loaded, program.stop, output)?;
    let session = Session { args, output, program, tracing: &tracing, among: None };
    for scenario in &loaded {
        output.warnings(&scenario.warnings);
        output.warnings(&grid::coarse(args, &scenario.plan));
    }
    tracing.within(|| match loaded.as_slice() {
        [] => Err(Failure::new(format!(
            "`{}` has no scenario `{}`",
            args.scenario.as_deref().unwrap_or_default(),
            name.as_deref().unwrap_or_default()
        ))),
        [one] => {
            let ran = session.run(one, clock, Say::Results)?;
            match (original, ran.summary) {
                (Some(original), Some(summary)) => original.compare(&summary, ran.end, output),
                _ => Ok(ran.end),
            }
        }
        several => session.set(several),
    })
}

/// What is run, as the arguments have it.
///
/// # Errors
/// All its faults.
pub fn load(args: &RunArgs, registry: &Registry) -> Result<Vec<Loaded>, Failure> {
    let recorded = Recorded { names: &args.kept.record, formats: &args.kept.record_format };
    wiring::load(args.scenario.as_deref().unwrap_or_default(), &args.overrides, recorded, registry)
}

/// Several runs of one process, each in its own thread.
#[derive(Debug)]
pub struct Among {
    /// Held by the one that makes what others may need too: weights of another scenario.
    pub preparing: Mutex<()>,
    /// How many run at once.
    pub jobs: usize,
}

/// Runs one scenario in the directory that the arguments name, and leaves it to the caller to tell of it.
///
/// # Errors
/// If it cannot be carried out.
pub fn one_of_many(
    args: &RunArgs,
    scenario: &Loaded,
    among: &Among,
    program: &Program<'_>,
    output: &Output,
) -> Result<Ran, Failure> {
    let session = Session { args, output, program, tracing: &Tracing::default(), among: Some(among) };
    session.run(scenario, Clock::start(), Say::Nothing)
}

/// Objects on stderr are alone there.
fn check_progress(args: &RunArgs, output: &Output) -> Result<(), Failure> {
    let failure = if args.progress == How::Auto {
        return Ok(());
    } else if output.quiet() {
        Failure::new("--progress says how the run is followed, and with --quiet nothing is said")
            .with_hint("omit one of them")
    } else if args.progress == How::Json && args.trace.is_some() && args.trace_file.is_none() {
        Failure::new("--progress json and --trace both write to stderr").with_hint("add --trace-file FILE")
    } else {
        return Ok(());
    };
    Err(failure)
}

/// What is said of a run besides its directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Say {
    /// The results, on stdout.
    Results,
    /// One line on stderr: the run serves another one.
    OneLine,
    /// One line on stderr: the run is one of several, whose results are told together.
    OneOfSeveral,
    /// Nothing: whoever runs it tells of it.
    Nothing,
}

/// How a run ended, and what came of it.
pub struct Ran {
    pub end: End,
    pub summary: Option<Box<Summary>>,
    /// Where it is, if anything of it is there.
    pub dir: Option<PathBuf>,
}

/// What all runs of one command share.
#[derive(Clone, Copy)]
struct Session<'a> {
    args: &'a RunArgs,
    output: &'a Output,
    program: &'a Program<'a>,
    tracing: &'a Tracing,
    /// Those that run at the same time, if there are any.
    among: Option<&'a Among>,
}

impl Session<'_> {
    /// Runs several scenarios, each in a directory of its own, and tells of all of them together.
    fn set(self, scenarios: &[Loaded]) -> Result<End, Failure> {
        let named = self.args.scenario.as_deref().unwrap_or_default();
        let set = wiring::set(named)?;
        let mut page = SetPage::begin(self.args.out.as_deref(), named, scenarios, self.program)?;
        let mut summary = SetSummary::new(set.as_ref(), Vec::new());
        page.write(&summary)?;
        let mut end = End::Done;
        for scenario in scenarios {
            // Below the directory that is named, one for each.
            let out = self.args.out.as_ref().map(|out| out.join(&scenario.plan.name));
            let args = RunArgs { out, ..self.args.clone() };
            let ran = Session { args: &args, ..self }.run(scenario, Clock::start(), Say::OneOfSeveral)?;
            if let Some(one) = ran.summary {
                let mut runs = summary.runs;
                runs.push(*one);
                summary = SetSummary::new(set.as_ref(), runs);
                page.ran(&scenario.plan.name, ran.dir.as_deref());
                page.write(&summary)?;
            }
            if ran.end == End::Stopped {
                end = ran.end;
                break;
            }
            if ran.end == End::No {
                end = End::No;
            }
        }
        // One document for all of them.
        self.output.answer(self.args.format, || summary.text(), &summary)?;
        self.output.note(&format!("page of all of them: {}", page.path().display()));
        Ok(end)
    }

    /// Runs a scenario in a directory of its own.
    fn run(self, scenario: &Loaded, clock: Clock, say: Say) -> Result<Ran, Failure> {
        let plan = &scenario.plan;
        if self.args.force {
            // The run that is there is not given up for one that cannot begin.
            wiring::check_data(plan, self.args.kept.data.as_deref())?;
        }
        let (dir, begun) = match directory::of_run(self.args, plan, self.output)? {
            Place::New(dir) => (dir, false),
            Place::Begun(dir) => (dir, true),
            Place::Done(dir) => return self.done(dir),
        };
        let (command, made_from) = if begun {
            let head = ManifestHead::read(dir.path())?;
            (head.command, scenario.kept.clone().as_named(&head.made_from))
        } else {
            (self.program.command.clone(), scenario.kept.clone())
        };
        let calibration = calibrate::measure();
        let mut manifest = Manifest {
            schema_version: SCHEMA_VERSION,
            status: RunStatus::Running,
            memspike: env!("CARGO_PKG_VERSION").into(),
            commit: option_env!("MEMSPIKE_COMMIT").map(String::from),
            command,
            started: host::now_utc(),
            host: host::describe(),
            generator: memspike::random::GENERATOR.into(),
            engine: match self.args.dt {
                Some(dt) => format!("{}, dt {dt}", self.args.engine.name()),
                None => self.args.engine.name().into(),
            },
            threads: self.args.threads.map_or_else(host::cpus, usize::from),
            seed: plan.seed,
            calibrate: Some(calibration),
            data: Vec::new(),
            made_from,
            asked: Some(Asked::of(self.args, &plan.name)?),
            plan: plan.clone(),
        };
        manifest.write(&dir)?;
        self.output.detail(&format!("writing to {}", dir.path().display()));

        let result = self.carry_out(scenario, clock, (&dir, begun), &mut manifest, calibration);
        let summary = match result {
            Ok(Made::Summary(summary)) => summary,
            Ok(Made::Stopped(end)) => {
                let _ = dir.discard_if_bare();
                return Ok(Ran { end, summary: None, dir: None });
            }
            Err(Failure::Stopped) => {
                manifest.status = RunStatus::Interrupted;
                manifest.write(&dir)?;
                self.output.note(&format!(
                    "stopped; `memspike run --resume {}` goes on{}",
                    dir.path().display(),
                    if dir.path().join(CHECKPOINT).is_file() { "" } else { ", from the start" }
                ));
                return Ok(Ran { end: End::Stopped, summary: None, dir: None });
            }
            Err(failure) => {
                if !dir.discard_if_bare() {
                    // Who reads no further has not made it fail.
                    manifest.status = match failure {
                        Failure::ClosedPipe => RunStatus::Interrupted,
                        _ => RunStatus::Failed,
                    };
                    // The reason that is reported is the first one; this write may well fail for the same.
                    let _ = manifest.write(&dir);
                    if !matches!(failure, Failure::CannotGoOn { .. }) {
                        self.kept(&dir);
                    }
                }
                return Err(failure);
            }
        };
        self.tell(plan, &dir, &summary, say)?;
        let disagrees = summary.paper.as_ref().is_some_and(|paper| !paper.complete());
        let end = match summary.status {
            Status::Interrupted => End::Stopped,
            Status::Done if disagrees => End::No,
            Status::Done => End::Done,
        };
        Ok(Ran { end, summary: Some(summary), dir: Some(dir.path().to_path_buf()) })
    }

    /// A run that was done before: what else was in its directory is removed.
    fn done(self, dir: RunDir) -> Result<Ran, Failure> {
        clear(&dir);
        let summary = Summary::read(dir.path())?;
        self.output.note(&format!("the run in `{}` is done", dir.path().display()));
        let disagrees = summary.paper.as_ref().is_some_and(|paper| !paper.complete());
        let end = if disagrees { End::No } else { End::Done };
        Ok(Ran { end, summary: Some(Box::new(summary)), dir: Some(dir.path().to_path_buf()) })
    }

    /// Says what is left of a run that failed, and how to go on with it.
    fn kept(self, dir: &RunDir) {
        let path = dir.path().display();
        let done = Summary::read(dir.path()).is_ok_and(|summary| summary.status == Status::Done);
        if done {
            self.output.note(&format!("its results are there: memspike show {path}"));
        } else if dir.path().join(CHECKPOINT).is_file() {
            self.output.note(&format!("its last checkpoint is there: memspike run --resume {path}"));
        }
    }

    /// From the manifest to the summary.
    fn carry_out(
        self,
        scenario: &Loaded,
        clock: Clock,
        (dir, begun): (&RunDir, bool),
        manifest: &mut Manifest,
        calibration: Calibration,
    ) -> Result<Made, Failure> {
        let plan = &scenario.plan;
        let (given, clock) = match self.trained_elsewhere(scenario)? {
            Elsewhere::Nothing => (None, clock),
            // Training another scenario is not part of this run's time.
            Elsewhere::Weights(given) => (Some(given), Clock::start()),
            Elsewhere::Stopped(end) => return Ok(Made::Stopped(end)),
        };
        let listener = progress::listener(self.output, self.args.progress, self.tracing.among_messages());
        let mut watched = Watched::new(plan, dir, listener)?;
        let wiring::Ran { outcome, shown } =
            self.simulate(plan, clock, manifest, (dir, begun), given, &mut watched)?;
        let (wall_s, cpu_s) = clock.now();
        let host = HostPerformance {
            wall_s,
            cpu_s,
            peak_rss_bytes: host::peak_rss_bytes(),
            calibrate: Some(calibration),
            at_once: self.among.map(|among| among.jobs).filter(|jobs| *jobs > 1),
        };
        let summary = Summary::new(plan, &outcome, &host);
        watched.finish(&summary)?;
        let groups = wiring::recorded(plan);
        let spikes = RecordedSpikes { groups: &groups, drawn: shown.spikes.as_ref() };
        let recorded = plot::Recorded {
            spikes,
            membranes: &shown.membranes,
            weights: &shown.weights,
            matrices: &shown.matrices,
        };
        self.write_results(dir, manifest, &outcome, &summary, recorded)?;
        self.tracing.flush()?;
        manifest.status = match outcome.status {
            Status::Done => RunStatus::Done,
            Status::Interrupted => RunStatus::Interrupted,
        };
        manifest.data.clone_from(&outcome.data);
        if outcome.status == Status::Done {
            // Nothing is left to go on with.
            manifest.asked = None;
        }
        manifest.write(dir)?;
        if outcome.status == Status::Done {
            clear(dir);
        }
        Ok(Made::Summary(Box::new(summary)))
    }

    fn tell(self, plan: &Plan, dir: &RunDir, summary: &Summary, say: Say) -> Result<(), Failure> {
        let (args, output) = (self.args, self.output);
        match (say, args.format) {
            (Say::Results, format) => {
                let told = || {
                    let text = text::summary(summary, plan.published_accuracy());
                    if args.profile { format!("{text}\n{}", profile::text(summary)) } else { text }
                };
                output.answer(format, told, summary)?;
            }
            // What compares nothing has nothing for the table of all of them.
            (Say::OneOfSeveral, Format::Text) if summary.paper.is_none() => {
                output.told(&text::summary(summary, plan.published_accuracy()))?;
            }
            (Say::OneOfSeveral, _) => {
                let agreement = summary.paper.as_ref().map_or_else(String::new, |paper| {
                    format!(": {} of {} within tolerance", paper.within, paper.compared)
                });
                output.note(&format!(
                    "{}{agreement}, report in {}",
                    plan.name,
                    dir.path().join("report.html").display()
                ));
                return Ok(());
            }
            (Say::Nothing, _) => return Ok(()),
            (Say::OneLine, _) => {
                let accuracy = summary.accuracy.as_ref();
                output.note(&match accuracy.and_then(|of| Some((of.measure.name(), of.test?))) {
                    Some((what, test)) => {
                        format!("`{}` is trained: test {what} {:.2} %", plan.name, 100.0 * test)
                    }
                    None => format!("`{}` was stopped before it was trained", plan.name),
                });
            }
        }
        for note in &summary.notes {
            output.detail(note);
        }
        output.note(&format!("report in {}", dir.path().join("report.html").display()));
        if summary.status == Status::Interrupted {
            let from =
                if dir.path().join(CHECKPOINT).is_file() { "from there" } else { "with it, from the start" };
            output.note(&format!("`memspike run --resume {}` goes on {from}", dir.path().display()));
        }
        Ok(())
    }

    /// Finds the weights of the scenario that the plan names among its finished runs, or trains it first.
    fn trained_elsewhere(self, scenario: &Loaded) -> Result<Elsewhere, Failure> {
        let plan = &scenario.plan;
        let Some(name) = plan.protocol.weights_from() else { return Ok(Elsewhere::Nothing) };
        // What one of several trains, the others find.
        let _preparing =
            self.among.map(|among| among.preparing.lock().unwrap_or_else(std::sync::PoisonError::into_inner));
        let fault = |what: String| Diagnostic::error(what).maybe_at(wiring::weights_at(scenario));
        let missing = || {
            Failure::from(
                fault(format!("`{name}` has no weights for the projection of `{}`", plan.name))
                    .label("not with these names")
                    .allowed("a run, or a scenario, whose projection has the same name"),
            )
        };
        if rundir::is_run(Path::new(name)) {
            let given = wiring::weights_of(Path::new(name), scenario)?.ok_or_else(missing)?;
            self.output.note(&format!("weights from {}", given.origin));
            return Ok(Elsewhere::Weights(given));
        }
        let overrides = Overrides { seed: Some(plan.seed), ..Overrides::default() };
        let registry = self.program.registry;
        let mut loaded = wiring::load(name, &overrides, Recorded::default(), registry)?;
        let (Some(source), true) = (loaded.pop(), loaded.is_empty()) else {
            return Err(fault(format!("`{name}` holds several scenarios"))
                .allowed("one scenario, or a run of one")
                .hint("name one of them")
                .into());
        };
        let runs = Path::new(RUNS);
        if let Some(given) = wiring::given(runs, scenario, &source.plan)? {
            self.output.note(&format!("weights from {}", given.origin));
            return Ok(Elsewhere::Weights(given));
        }
        let others = rundir::latest(runs, &source.plan.name, &[RunStatus::Done])?;
        self.output.note(&format!(
            "no finished run of `{name}` as it stands with seed {} under {RUNS}: training it first",
            plan.seed
        ));
        if let Some(other) = others {
            self.output.note(&format!(
                "{} was made with other values; --set protocol.weights_from={0} takes its weights",
                other.display()
            ));
        }
        let args = RunArgs {
            scenario: Some(name.to_string()),
            overrides,
            out: None,
            force: false,
            resume: None,
            // One that was begun for a run that goes on is gone on with too.
            go_on: self.args.go_on || self.args.resume.is_some(),
            kept: Kept { record: Vec::new(), record_format: Vec::new(), ..self.args.kept.clone() },
            ..self.args.clone()
        };
        let ran = Session { args: &args, ..self }.run(&source, Clock::start(), Say::OneLine)?;
        if ran.end != End::Done {
            return Ok(Elsewhere::Stopped(ran.end));
        }
        wiring::given(runs, scenario, &source.plan)?.map(Elsewhere::Weights).ok_or_else(missing)
    }

    fn simulate(
        self,
        plan: &Plan,
        clock: Clock,
        manifest: &Manifest,
        (dir, resume): (&RunDir, bool),
        given: Option<GivenWeights>,
        watched: &mut Watched,
    ) -> Result<wiring::Ran, Failure> {
        let ran = wiring::run(Request {
            plan,
            threads: manifest.threads,
            engine: self.args.engine,
            dt: self.args.dt,
            data: self.args.kept.data.as_deref(),
            run_dir: dir,
            resume,
            anew: &request::anew(&manifest.command),
            checkpoint_every: self.args.kept.checkpoint_every,
            png: self.args.kept.png,
            stop: self.program.stop.asked(),
            clock: &clock,
            progress: watched,
            formats: self.program.registry.formats(),
            given,
        })?;
        watched.done();
        Ok(ran)
    }

    fn write_results(
        self,
        dir: &RunDir,
        manifest: &Manifest,
        outcome: &Outcome,
        summary: &Summary,
        recorded: plot::Recorded<'_>,
    ) -> Result<(), Failure> {
        for (name, table) in results::tables(&manifest.plan, outcome, summary) {
            dir.write(&name, table.as_bytes())?;
        }
        for (name, bytes) in npz::files(&outcome.arrays)? {
            dir.write(name, &bytes)?;
        }
        // What is drawn and told of it can be made again.
        summary.write(dir)?;
        let figures = results::figures(&manifest.plan, outcome, recorded);
        for figure in &figures {
            dir.write(&format!("{}.svg", figure.name), figure.svg.as_bytes())?;
        }
        if let Some(svg) = results::overview(&manifest.plan, outcome) {
            dir.write("overview.svg", svg.as_bytes())?;
        }
        if self.args.kept.png {
            let renderer = Renderer::new("--png")?;
            if !renderer.has_fonts() {
                self.output
                    .note("no fonts were found on this system: the PNG plots have no text, the SVG plots do");
            }
            for figure in &figures {
                let png = renderer.render_unless(&figure.svg, self.program.stop.asked())?;
                dir.write(&format!("{}.png", figure.name), &png)?;
            }
        }
        let beside = directory::beside(dir);
        let spikes = recorded.spikes;
        let told = html::Told { manifest, outcome, summary, figures: &figures, spikes, beside: &beside };
        dir.write(REPORT, html::page(told).as_bytes())?;
        directory::tell_neighbours(dir);
        Ok(())
    }
}

/// Removes what a run goes on from: nothing is left to go on with. What cannot be removed is only in the way.
fn clear(dir: &RunDir) {
    let _ = std::fs::remove_file(dir.path().join(CHECKPOINT));
    records::discard(dir);
}

/// What came of a run.
enum Made {
    Summary(Box<Summary>),
    /// The user stopped what comes before the run itself.
    Stopped(End),
}

/// Weights that a plan takes from another scenario.
enum Elsewhere {
    Nothing,
    Weights(GivenWeights),
    /// Training them was stopped.
    Stopped(End),
}
