//! `memspike compare`.

use super::args::CompareArgs;
use super::end::End;
use super::export::logs;
use super::failure::Failure;
use super::output::Output;
use super::show::find;
use super::table::runs_below;
use super::values::Format;
use memspike::hint::many;
use memspike::record::rundir::{self, SUMMARY};
use memspike::record::{LogReader, RecordError, export, read_json};
use memspike::report::compare::{self, Expected};
use memspike::report::manifest::MadeFrom;
use memspike::report::{diverging, parameters, seeds};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};

/// Runs beside one that are looked at for its repetitions.
const BESIDE: usize = 2000;

pub fn compare(args: &CompareArgs, output: &Output) -> Result<End, Failure> {
    if args.other.is_file() {
        if args.tolerance.is_some() {
            return Err(Failure::new("--tolerance is of two runs, and an expected.toml has its own bounds")
                .with_hint("omit --tolerance"));
        }
        return expected(args, output);
    }
    let yes = match (side(&args.run)?, side(&args.other)?) {
        (Side::Run(left), Side::Run(right)) => runs(&left, &right, args, output)?,
        (left, right) => sets(&left, &right, args.format, output)?,
    };
    Ok(if yes { End::Done } else { End::No })
}

fn expected(args: &CompareArgs, output: &Output) -> Result<End, Failure> {
    let left = summary(&find(&args.run)?)?;
    let text = std::fs::read_to_string(&args.other).map_err(|source| RecordError::Io {
        action: "read",
        path: args.other.clone(),
        source,
    })?;
    let expected = Expected::parse(&text).map_err(|message| {
        Failure::new(format!("`{}` is not a list of checks:\n{message}", args.other.display()))
            .with_hint("each check is a [[check]] with `key` and `min`, `max` or `equals`")
    })?;
    let verdicts = expected.judge(&left);
    let passed = verdicts.iter().all(|verdict| verdict.passed);
    let value = json!({ "same": passed, "checks": verdicts });
    output.answer(args.format, || compare::text_of_verdicts(&verdicts), &value)?;
    Ok(if passed { End::Done } else { End::No })
}

/// What an argument means.
enum Side {
    Run(PathBuf),
    /// Runs of one plan that differ in their seed.
    Seeds(Vec<PathBuf>),
}

fn side(named: &Path) -> Result<Side, Failure> {
    if !named.is_dir() || rundir::is_run(named) {
        return Ok(Side::Run(find(named)?));
    }
    let runs: Vec<PathBuf> =
        runs_below(named).iter().filter_map(|summary| summary.parent().map(Path::to_path_buf)).collect();
    let Some((first, others)) = runs.split_first() else { return Ok(Side::Run(find(named)?)) };
    let plan = plan(first)?;
    for other in others {
        if !parameters::same_but_seed(&plan, &self::plan(other)?) {
            return Err(Failure::new(format!(
                "the runs in `{}` differ in more than their seed: `{}` and `{}` do",
                named.display(),
                first.display(),
                other.display()
            ))
            .with_hint("name one of them; those with other seeds beside it are found"));
        }
    }
    Ok(Side::Seeds(runs))
}

/// Two runs: what differs in what they were made from, in their numbers and in their spikes.
fn runs(left: &Path, right: &Path, args: &CompareArgs, output: &Output) -> Result<bool, Failure> {
    let (first, second) = (summary(left)?, summary(right)?);
    let mut comparison = compare::runs(&first, &second);
    if let Some(tolerance) = args.tolerance {
        comparison = comparison.beyond(tolerance);
    }
    let (mut text, mut more) = (String::new(), Vec::new());
    let (plan_left, plan_right) = (plan(left)?, plan(right)?);
    let changed = parameters::differing(&plan_left, &plan_right);
    if !changed.is_empty() {
        text.push_str(&parameters::text(&changed));
        text.push('\n');
    }
    text.push_str(&compare::text_of_runs(&comparison));
    if !comparison.same() {
        for part in [records(left, right)?, over_seeds((left, &plan_left), (right, &plan_right))?] {
            if !part.0.is_empty() {
                text.push('\n');
                text.push_str(&part.0);
            }
            more.push(part.1);
        }
    }
    let value = json!({
        "same": comparison.same(),
        "fingerprints": comparison.fingerprints,
        "parameters": changed,
        "differences": comparison.differences,
        "first_rows": more.first(),
        "over_seeds": more.get(1),
    });
    output.answer(args.format, || text, &value)?;
    Ok(comparison.same())
}

/// What is told of a comparison, to people and to machines.
type Part = (String, Value);

/// The first row that differs of every record that both runs have kept.
fn records(left: &Path, right: &Path) -> Result<Part, Failure> {
    let (mut text, mut value) = (String::new(), serde_json::Map::new());
    let (kept, others) = (logs(left)?, logs(right)?);
    for log in &kept {
        let record = export::name(log);
        let Some(other) = others.iter().find(|other| export::name(other) == record) else {
            text += &format!("only the first run has a finished record `{record}`\n");
            continue;
        };
        let found = diverging::first(&mut LogReader::open(log)?, &mut LogReader::open(other)?)?;
        text += &diverging::text(&record, found.as_ref());
        value.insert(record, json!(found));
    }
    let known = |record: &str| kept.iter().any(|log| export::name(log) == record);
    for record in others.iter().map(|log| export::name(log)).filter(|record| !known(record)) {
        text += &format!("only the second run has a finished record `{record}`\n");
    }
    Ok((text, value.into()))
}

/// Whether two runs and their repetitions with other seeds beside them differ by more than seeds make.
fn over_seeds(
    (left, plan_left): (&Path, &Value),
    (right, plan_right): (&Path, &Value),
) -> Result<Part, Failure> {
    if parameters::same_but_seed(plan_left, plan_right) {
        let text = "the two differ in their seed alone: this is the spread over seeds\n";
        return Ok((text.into(), Value::Null));
    }
    let (a, b) = (repetitions(left, plan_left)?, repetitions(right, plan_right)?);
    if a.len() + b.len() <= 2 {
        let text = "one seed each: whether the difference exceeds the spread over seeds is not known\n";
        return Ok((text.into(), Value::Null));
    }
    let weighed = seeds::weigh(&a, &b);
    Ok((seeds::text(&weighed), json!(weighed)))
}

/// Summaries of the runs beside one, and its own, that differ from it in their seed at most; each seed once.
fn repetitions(run: &Path, made_from: &Value) -> Result<Vec<Value>, Failure> {
    let own = summary(run)?;
    let mut seen = vec![own["seed"].clone()];
    let mut found = vec![own];
    let parent = run.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    for path in runs_below(parent).iter().take(BESIDE) {
        let Some(dir) = path.parent().filter(|dir| *dir != run) else { continue };
        // What cannot be read is no repetition.
        let (Ok(plan), Ok(summary)) = (plan(dir), summary(dir)) else { continue };
        if !seen.contains(&summary["seed"]) && parameters::same_but_seed(made_from, &plan) {
            seen.push(summary["seed"].clone());
            found.push(summary);
        }
    }
    Ok(found)
}

/// Two sets of seeds, or one and a run.
fn sets(left: &Side, right: &Side, format: Format, output: &Output) -> Result<bool, Failure> {
    let of = |side: &Side| -> Result<(Vec<Value>, Value), Failure> {
        let runs = match side {
            Side::Run(run) => std::slice::from_ref(run),
            Side::Seeds(runs) => runs,
        };
        let summaries: Result<Vec<Value>, Failure> = runs.iter().map(|run| summary(run)).collect();
        Ok((summaries?, plan(&runs[0])?))
    };
    let ((first, plan_first), (second, plan_second)) = (of(left)?, of(right)?);
    let mut text = format!("{} and {}\n\n", many(first.len(), "seed"), many(second.len(), "seed"));
    let mut changed = parameters::differing(&plan_first, &plan_second);
    changed.retain(|one| one.key != "seed");
    if !changed.is_empty() {
        text.push_str(&parameters::text(&changed));
        text.push('\n');
    }
    let weighed = seeds::weigh(&first, &second);
    text.push_str(&seeds::text(&weighed));
    let same = !weighed.iter().any(|one| one.difference.is_none_or(|difference| difference.exceeds));
    let seeds = [first.len(), second.len()];
    let value = json!({ "same": same, "seeds": seeds, "parameters": changed, "over_seeds": weighed });
    output.answer(format, || text, &value)?;
    Ok(same)
}

fn summary(run: &Path) -> Result<Value, Failure> {
    Ok(read_json(&run.join(SUMMARY))?)
}

/// The plan of a run, as its manifest has it.
fn plan(run: &Path) -> Result<Value, Failure> {
    Ok(MadeFrom::read(run)?.plan().clone())
}
