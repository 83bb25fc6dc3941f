//! `memspike compare`.

use super::args::CompareArgs;
use super::end::End;
use super::failure::Failure;
use super::output::Output;
use super::show::find;
use memspike::record::RecordError;
use memspike::record::rundir::SUMMARY;
use memspike::report::compare::{self, Expected};
use serde_json::Value;
use std::path::Path;

pub fn compare(args: &CompareArgs, output: &Output) -> Result<End, Failure> {
    let left = summary(&args.run)?;
    let yes = if args.other.is_file() {
        let text = read(&args.other)?;
        let expected = Expected::parse(&text).map_err(|message| {
            Failure::new(format!("`{}` is not a list of checks:\n{message}", args.other.display()))
                .with_hint("each check is a [[check]] with `key` and `min`, `max` or `equals`")
        })?;
        let verdicts = expected.judge(&left);
        output.data(&compare::text_of_verdicts(&verdicts))?;
        verdicts.iter().all(|verdict| verdict.passed)
    } else {
        let comparison = compare::runs(&left, &summary(&args.other)?);
        output.data(&compare::text_of_runs(&comparison))?;
        comparison.same()
    };
    Ok(if yes { End::Done } else { End::No })
}

fn summary(run: &Path) -> Result<Value, Failure> {
    let path = find(run)?.join(SUMMARY);
    serde_json::from_str(&read(&path)?)
        .map_err(|error| RecordError::Malformed { path, message: error.to_string() }.into())
}

fn read(path: &Path) -> Result<String, Failure> {
    std::fs::read_to_string(path)
        .map_err(|source| RecordError::Io { action: "read", path: path.to_path_buf(), source }.into())
}
