//! `memspike run RUN/manifest.json`: the same run again, and whether it came out the same.

use super::args::{Engine, RunArgs};
use super::end::End;
use super::failure::Failure;
use super::output::Output;
use super::values;
use memspike::record::read_json;
use memspike::record::rundir::{MANIFEST, RunStatus, SUMMARY};
use memspike::registry::Registry;
use memspike::report::compare::Difference;
use memspike::report::manifest::{Repeatable, condensed};
use memspike::report::parameters;
use memspike::report::summary::Summary;
use memspike::scenario::outcome::Status;
use memspike::scenario::{Loaded, load_kept};
use std::path::{Path, PathBuf};

/// A run that is repeated.
pub struct Original {
    file: PathBuf,
    manifest: Repeatable,
}

impl Original {
    /// The run whose manifest is named in place of a scenario; `None` if a scenario is.
    ///
    /// # Errors
    /// If it cannot be read, or does not say what it was made from.
    pub fn of(args: &RunArgs) -> Result<Option<Self>, Failure> {
        let named = args.scenario.as_deref().unwrap_or_default();
        let file = Path::new(named);
        let json = file.extension().is_some_and(|ending| ending == "json");
        if !json || !file.is_file() {
            return Ok(None);
        }
        // A manifest may have been copied to another name; what else is JSON is no scenario either.
        let said = read_json::<serde_json::Value>(file);
        if file.file_name().is_none_or(|name| name != MANIFEST)
            && !said.is_ok_and(|said| said.get("memspike").is_some() && said.get("plan").is_some())
        {
            return Err(Failure::new(format!("`{named}` is neither a scenario nor the manifest of a run"))
                .with_hint("a scenario is a TOML file, such as scenario.toml; a run is repeated by its manifest.json"));
        }
        let overrides = &args.overrides;
        let changed = [
            ("--seed", overrides.seed.is_some()),
            ("--set", !overrides.set.is_empty()),
            ("--set-file", !overrides.set_file.is_empty()),
            ("--record", !args.kept.record.is_empty()),
            ("--record-format", !args.kept.record_format.is_empty()),
        ];
        if let Some((option, _)) = changed.iter().find(|(_, given)| *given) {
            return Err(Failure::new(format!(
                "`{named}` is repeated as it is: {option} would make another run"
            ))
            .with_hint(format!("omit {option}, or run the scenario itself")));
        }
        let manifest = Repeatable::read(file)?;
        if manifest.made_from.is_none() {
            return Err(Failure::new(format!(
                "`{named}` does not say what it was made from: it was written by memspike {}",
                manifest.memspike
            ))
            .with_hint("run its scenario; the manifest has the command that was given then"));
        }
        Ok(Some(Self { file: file.to_path_buf(), manifest }))
    }

    /// The arguments with the engine of the original: the clocked one gives results of its own, the others all the same.
    ///
    /// # Errors
    /// If its step cannot be read.
    pub fn args(&self, args: &RunArgs) -> Result<RunArgs, Failure> {
        let mut args = args.clone();
        if let Some(dt) = self.manifest.engine.strip_prefix("clocked, dt ") {
            args.engine = Engine::Clocked;
            args.dt = Some(values::step(dt).map_err(Failure::new)?);
        }
        Ok(args)
    }

    /// The scenario as it was.
    ///
    /// # Errors
    /// If a file that it needs is not what it was, or it makes another plan here.
    pub fn load(&self, registry: &Registry) -> Result<Loaded, Failure> {
        let made_from = self.manifest.made_from.clone().unwrap_or_default();
        let loaded = load_kept(&made_from, registry)?;
        // Paths are from another working directory.
        let elsewhere = |one: &Difference| one.key == "protocol.weights_from";
        let mut differing = parameters::differing(&self.manifest.plan, &condensed(&loaded.plan));
        differing.retain(|one| !elsewhere(one));
        if !differing.is_empty() {
            return Err(Failure::new(format!(
                "`{}` cannot be repeated: what it was made from gives another plan now (first: then, second: now)\n{}",
                self.file.display(),
                parameters::text(&differing).trim_end()
            ))
            .with_hint("a file that the scenario names was changed, or another version of memspike reads it otherwise"));
        }
        Ok(loaded)
    }

    /// Says whether the same came out.
    ///
    /// # Errors
    /// If the summary of the original cannot be read.
    pub fn compare(&self, summary: &Summary, end: End, output: &Output) -> Result<End, Failure> {
        let run = self.file.parent().filter(|run| !run.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let place = run.display();
        if summary.status == Status::Interrupted {
            return Ok(end);
        }
        if self.manifest.status != RunStatus::Done || !run.join(SUMMARY).is_file() {
            output.note(&format!("`{place}` has no final result to compare with"));
            return Ok(end);
        }
        let original = Summary::read(run)?;
        if original.fingerprint == summary.fingerprint {
            output.note(&format!("the same to the bit: the fingerprint is that of `{place}`"));
            return Ok(end);
        }
        let by = if self.manifest.memspike == env!("CARGO_PKG_VERSION") {
            String::new()
        } else {
            format!(", which memspike {} made", self.manifest.memspike)
        };
        output.warning(&format!(
            "not the same: the fingerprint of `{place}`{by} is {}, and that of this run {}",
            original.fingerprint, summary.fingerprint
        ));
        Ok(if end == End::Stopped { end } else { End::No })
    }
}
