//! `memspike new`.

use super::args::NewArgs;
use super::end::End;
use super::failure::Failure;
use super::files::argument;
use super::output::Output;
use super::wiring;
use memspike::record::RecordError;
use std::fs;
use std::path::Path;

const TEMPLATE: &str = include_str!("template.toml");

pub fn new(args: &NewArgs, output: &Output) -> Result<End, Failure> {
    let name = args.name.file_name().map(|name| name.to_string_lossy().into_owned()).ok_or_else(|| {
        Failure::new(format!("`{}` is not a name for a directory", args.name.display()))
            .with_hint("give a name such as my-network")
    })?;
    let files = match &args.from {
        None => vec![("scenario.toml".to_string(), TEMPLATE.replace("{name}", &name))],
        Some(shipped) => wiring::scenario_files(shipped, &name).ok_or_else(|| {
            Failure::new(format!("no shipped scenario is named `{shipped}`")).with_hint(
                wiring::scenario_meant(shipped).map_or_else(
                    || "`memspike scenarios` lists them".to_string(),
                    |meant| format!("did you mean `{meant}`?"),
                ),
            )
        })?,
    };
    let failed = |action: &'static str, path: &Path| {
        let path = path.to_path_buf();
        move |source| Failure::from(RecordError::Io { action, path, source })
    };
    if args.name.exists() {
        return Err(
            Failure::new(format!("`{}` exists", args.name.display())).with_hint("choose another name")
        );
    }
    fs::create_dir_all(&args.name).map_err(failed("create the directory", &args.name))?;
    for (file, text) in files {
        let path = args.name.join(file);
        fs::write(&path, text).map_err(failed("write", &path))?;
        output.data(&path.display().to_string())?;
    }
    output.note(&format!("run it with `memspike run {}`", argument(&args.name)));
    Ok(End::Done)
}
