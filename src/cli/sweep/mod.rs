//! `memspike sweep`: a run for each point, and all of them together.
//!
//! A point is a command line of `memspike run`, which stands in its manifest, carried out by the code of that command.

pub mod args;
mod jobs;
mod measures;
mod place;
mod points;
mod results;

use super::end::End;
use super::failure::Failure;
use super::host;
use super::output::Output;
use super::program::Program;
use args::SweepArgs;
use memspike::hint::many;
use memspike::report::sweep::{About, Found, PointStatus, SweepSummary, text};
use memspike::scenario::vary::{Point, Variation, Varied, described};
use memspike::scenario::{Diagnostics, Loaded};
use points::{Task, Tasks};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering;

pub fn sweep(args: &SweepArgs, program: &Program<'_>, output: &Output) -> Result<End, Failure> {
    if args.kept.png {
        super::png::Renderer::new("--png")?;
    }
    let variation = variation(args)?;
    let (first, seed) = first(args, &variation, program)?;
    let all = variation.points(seed);
    let (name, title) = match &first {
        Ok(loaded) => (loaded.plan.name.clone(), loaded.plan.title.clone()),
        Err(_) => (String::new(), String::new()),
    };
    // Nothing is made before every point is known to be in order.
    let place = place::of_sweep(args, &name)?;
    let tasks = points::check(args, &all, &variation.varied, &place.path, program, output)?;
    first?;
    if args.dry_run {
        return dry_run(&all, &tasks, output);
    }
    let about = About { scenario: name, title, command: program.command.clone(), started: host::now_utc() };
    let before = results::collect(&place.path, &all, &[]);
    let done = before.iter().filter_map(|(point, found)| match found {
        Found::Done(summary) => Some((point, summary)),
        _ => None,
    });
    let open = measures::open(&args.measure, &tasks.possible, done.clone().map(|(_, summary)| summary));
    // With --force what is there says nothing of what will be.
    if let (Some((point, summary)), false, false) = (done.clone().next(), open.is_empty(), args.force) {
        let unknown = measures::lacking(&open, summary);
        return Err(measures::missing(&unknown, &point.name, &place.path));
    }
    let kept = tasks.kept;
    output.note(&format!("{}: {}", many(all.len(), "point"), described(&variation)));
    if kept > 0 {
        output.note(&format!("{} in `{}` already", there(kept), place.path.display()));
    }
    place.begin(&variation, &about)?;
    program.stop.heed();
    let (ended, unknown) = jobs::carry_out(&tasks, (&measure_of(args), &open), program, output)?;
    if let Some(jobs::Lacking { point, names, .. }) = unknown {
        return Err(measures::missing(&names, &point, &place.path));
    }
    // Parts that end at the same time write one after another: whoever is last has seen the points of all.
    let _alone = place::alone(&place.path);
    let found = results::collect(&place.path, &all, &ended);
    let (summary, unknown) = SweepSummary::new(about, &variation, &found, &args.measure);
    let stop = program.stop.asked();
    // Whoever has stopped a point does not wait for pictures of it.
    let png = args.kept.png && !stop.load(Ordering::Relaxed);
    match results::write(&place.path, &summary, png, (program.registry, stop)) {
        Err(Failure::Stopped) => {
            output.note(&format!(
                "stopped; the same command with --out {} draws the rest",
                place.path.display()
            ));
            return Ok(End::Stopped);
        }
        written => written?,
    }
    tell(args, &summary, &place.path, output)?;
    // What was computed is not lost for it.
    if !unknown.is_empty() {
        return Err(super::table::unknown(&unknown, "--measure"));
    }
    Ok(end(&ended, &found))
}

fn measure_of(args: &SweepArgs) -> String {
    args.measure.first().cloned().unwrap_or_else(|| "accuracy.test".into())
}

fn there(points: usize) -> String {
    format!("{} {}", many(points, "point"), if points == 1 { "is" } else { "are" })
}

/// What the arguments vary.
fn variation(args: &SweepArgs) -> Result<Variation, Failure> {
    let mut faults = Diagnostics::default();
    let mut varied = Vec::new();
    for text in &args.vary {
        match Varied::parse(text) {
            Ok(one) => varied.push(one),
            Err(fault) => faults.push(fault),
        }
    }
    let variation = Variation { varied, zip: args.zip, seeds: args.repeat.clone().unwrap_or_default() };
    if faults.is_empty() || !variation.varied.is_empty() {
        let seed = args.overrides.seed.map(|_| "scenario.seed");
        let set = args.overrides.set.iter().map(|(key, _)| key.as_str()).chain(seed);
        if let Err(more) = variation.check(set) {
            faults.extend(more);
        }
    }
    if faults.is_empty() { Ok(variation) } else { Err(faults.into()) }
}

/// The first point, or what is wrong with it, and the seed that the scenario has.
fn first(
    args: &SweepArgs,
    variation: &Variation,
    program: &Program<'_>,
) -> Result<(Result<Loaded, Failure>, u64), Failure> {
    let point = variation.points(0).into_iter().next().map(|point| Point { seed: None, ..point });
    let Some(point) = point else { return Err(Failure::new("nothing is varied")) };
    let run = points::command(args, &variation.varied, &point, Path::new(""), program);
    match super::run::load(&run.args(program)?, program.registry) {
        Ok(mut loaded) => match (loaded.pop(), loaded.is_empty()) {
            (Some(one), true) => {
                let seed = one.plan.seed;
                Ok((Ok(one), seed))
            }
            _ => Err(Failure::new(format!("`{}` holds several scenarios", args.scenario))
                .with_hint("a sweep is of one: name it")),
        },
        // The other points may have faults of their own, which are found with any seed.
        Err(failure @ Failure::Scenario(_)) => Ok((Err(failure), args.overrides.seed.unwrap_or(1))),
        Err(failure) => Err(failure),
    }
}

fn dry_run(all: &[Point], tasks: &Tasks, output: &Output) -> Result<End, Failure> {
    let mut text = String::new();
    let to_do: BTreeSet<&str> = tasks.to_do.iter().map(|task| task.point.name.as_str()).collect();
    for point in all {
        let state = if tasks.of_others.contains(&point.name) {
            "of another part"
        } else if to_do.contains(point.name.as_str()) {
            "to be computed"
        } else {
            "there"
        };
        text.push_str(&format!("{}: {state}\n", point.name));
    }
    output.data(&text)?;
    Ok(End::Done)
}

fn tell(args: &SweepArgs, summary: &SweepSummary, place: &Path, output: &Output) -> Result<(), Failure> {
    output.answer(args.format, || text(summary), summary)?;
    let failed: Vec<String> = summary
        .points
        .iter()
        .filter(|point| point.status == PointStatus::Failed)
        .map(|point| {
            format!("  {}: {}", point.name, point.why.as_deref().unwrap_or("").replace('\n', "\n    "))
        })
        .collect();
    if !failed.is_empty() {
        let failure = format!(
            "{} of {} failed:\n{}",
            failed.len(),
            many(summary.points.len(), "point"),
            failed.join("\n")
        );
        output.failure(&Failure::new(failure).with_hint(format!(
            "the same command with --out {} tries them again and keeps the others",
            place.display()
        )));
    }
    if summary.count(PointStatus::Missing) > 0 && args.shard.is_none() {
        output.note(&format!("the same command with --out {} goes on from there", place.display()));
    }
    output.note(&format!("table, pictures and report in {}", place.join("sweep.html").display()));
    Ok(())
}

/// How the sweep ended, of the points that were to be computed here and those that were there.
fn end(ended: &[(&Task, jobs::Ended)], found: &[(Point, Found)]) -> End {
    let any = |wanted: &dyn Fn(&jobs::Ended) -> bool| ended.iter().any(|(_, ended)| wanted(ended));
    let failed = found.iter().any(|(_, found)| matches!(found, Found::Failed(_)));
    if any(&|ended| matches!(ended, jobs::Ended::Stopped)) {
        End::Stopped
    } else if failed || any(&|ended| matches!(ended, jobs::Ended::No)) {
        End::No
    } else {
        End::Done
    }
}
