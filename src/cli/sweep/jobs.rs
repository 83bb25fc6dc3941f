//! The points of a sweep, several at once.

use super::super::end::End;
use super::super::failure::Failure;
use super::super::output::Output;
use super::super::program::Program;
use super::super::progress;
use super::super::run::{self, Among, Ran};
use super::super::values::How;
use super::measures;
use super::points::{self, Task, Tasks};
use memspike::report::compare::lookup;
use memspike::report::summary::Summary;
use memspike::report::{spread::Spread, sweep};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

/// How a point ended.
pub enum Ended {
    /// Computed.
    Done,
    /// Computed, and what it compares is not within its tolerance.
    No,
    /// Stopped before its end.
    Stopped,
    /// Why it could not be computed.
    Failed(String),
}

/// What a worker has to say of a point.
struct Told {
    place: usize,
    ended: Ended,
    summary: Option<Box<Summary>>,
    seconds: f64,
}

/// The points that were begun, in order, and a run that lacks what was asked for.
type Carried<'a> = (Vec<(&'a Task, Ended)>, Option<Lacking>);

/// Computes what is to be computed; one that fails does not end the others. The first run that is done shows whether the
/// measures that are `open` are there: if not, no other is begun.
///
/// # Errors
/// If nobody reads what is said.
pub fn carry_out<'a>(
    tasks: &'a Tasks,
    (measure, open): (&str, &[String]),
    program: &Program<'_>,
    output: &Output,
) -> Result<Carried<'a>, Failure> {
    let among = Among { preparing: Mutex::new(()), jobs: tasks.jobs };
    let next = AtomicUsize::new(0);
    let hushed = output.hushed();
    let (tell, told) = mpsc::channel();
    let mut listener = progress::listener(output, How::Auto, false);
    listener.phase("points", tasks.to_do.len() as u64);
    let mut all: Vec<Option<Ended>> = tasks.to_do.iter().map(|_| None).collect();
    let first = First { open, seen: OnceLock::new() };
    std::thread::scope(|scope| {
        for _ in 0..tasks.jobs {
            let (tell, next, among, hushed) = (tell.clone(), &next, &among, &hushed);
            let first = &first;
            scope.spawn(move || {
                loop {
                    let place = next.fetch_add(1, Ordering::Relaxed);
                    let Some(task) = tasks.to_do.get(place) else { break };
                    if program.stop.asked().load(Ordering::Relaxed) {
                        break;
                    }
                    let begun = Instant::now();
                    let (ended, summary) = one(task, among, program, hushed);
                    if let (Ended::Done | Ended::No, Some(summary)) = (&ended, &summary) {
                        first.look(task, summary, program);
                    }
                    let seconds = begun.elapsed().as_secs_f64();
                    // Who listens no longer has lost interest in all of them.
                    let _ = tell.send(Told { place, ended, summary, seconds });
                }
            });
        }
        drop(tell);
        for (done, Told { place, ended, summary, seconds }) in told.into_iter().enumerate() {
            let task = &tasks.to_do[place];
            listener.advance(1);
            listener.line(&line(
                done + 1,
                tasks.to_do.len(),
                task,
                &ended,
                summary.as_deref(),
                measure,
                seconds,
            ));
            all[place] = Some(ended);
        }
    });
    listener.done();
    let unknown = first.seen.into_inner().flatten();
    if unknown.as_ref().is_some_and(|unknown| unknown.asked) {
        program.stop.withdraw();
    }
    let ended = tasks.to_do.iter().zip(all).filter_map(|(task, ended)| Some((task, ended?))).collect();
    Ok((ended, unknown))
}

/// The first run that is done, which shows whether measures are there.
struct First<'a> {
    open: &'a [String],
    seen: OnceLock<Option<Lacking>>,
}

/// A run without measures that were asked for.
pub struct Lacking {
    pub point: String,
    /// The measures, each with the number that may have been meant.
    pub names: Vec<(String, Option<String>)>,
    /// Whether the others were asked to stop for it.
    asked: bool,
}

impl First<'_> {
    fn look(&self, task: &Task, summary: &Summary, program: &Program<'_>) {
        self.seen.get_or_init(|| {
            let summary = serde_json::to_value(summary).ok()?;
            let names = measures::lacking(self.open, &summary);
            let point = task.point.name.clone();
            (!names.is_empty()).then(|| Lacking { point, names, asked: program.stop.ask_first() })
        });
    }
}

/// One point, from its file to its directory.
fn one(task: &Task, among: &Among, program: &Program<'_>, output: &Output) -> (Ended, Option<Box<Summary>>) {
    match computed(task, among, program, output) {
        Ok(Ran { end, summary, .. }) => {
            let ended = match end {
                End::Done => Ended::Done,
                End::No => Ended::No,
                End::Stopped => Ended::Stopped,
            };
            (ended, summary)
        }
        Err(failure) => (Ended::Failed(said(&failure)), None),
    }
}

fn computed(task: &Task, among: &Among, program: &Program<'_>, output: &Output) -> Result<Ran, Failure> {
    let args = task.run.args(program)?;
    let loaded = run::load(&args, program.registry)?;
    let [scenario] = loaded.as_slice() else {
        return Err(Failure::new("the scenario has become several"));
    };
    if points::digest(&scenario.plan) != task.plan {
        return Err(Failure::new("the scenario was changed after the sweep had begun")
            .with_hint("begin again in another directory"));
    }
    let program = Program { command: task.run.line(), ..*program };
    run::one_of_many(&args, scenario, among, &program, output)
}

/// A failure in one text, hint and all.
fn said(failure: &Failure) -> String {
    let text = failure.to_string();
    let hint = failure.hint().map_or_else(String::new, |hint| format!(" ({hint})"));
    format!("{}{hint}", text.trim_end())
}

/// "[3/15] epochs=2,seed=1: accuracy.test 91.20 %, 3.10 s".
fn line(
    done: usize,
    of: usize,
    task: &Task,
    ended: &Ended,
    summary: Option<&Summary>,
    measure: &str,
    seconds: f64,
) -> String {
    let took = memspike::plot::number::duration(seconds);
    let what = match ended {
        Ended::Failed(_) => "failed".to_string(),
        Ended::Stopped => "stopped".to_string(),
        Ended::Done | Ended::No => {
            let summary = summary.and_then(|summary| serde_json::to_value(summary).ok());
            let mean = summary.as_ref().and_then(|summary| lookup(summary, measure)?.as_f64());
            let shown = |mean| sweep::shown(measure, &Spread { mean, sd: None, n: 1 });
            mean.map_or_else(String::new, |mean| format!("{measure} {}, ", shown(mean))) + &took
        }
    };
    let text = format!("[{done}/{of}] {}: {what}", task.point.name);
    text.replace(['\u{202f}', '\u{a0}'], " ")
}
