//! The one place where the command line meets the library: loading, running, fetching, listing.

use super::args::{Dataset, Engine, Overrides};
use super::failure::Failure;
use super::models::ModelPage;
use memspike::record::csv::SpikeWriter;
use memspike::scenario::outcome::Outcome;
use memspike::scenario::plan::Plan;
use memspike::scenario::progress::Progress;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// A scenario with every value filled in and checked.
pub struct Loaded {
    pub plan: Plan,
    /// What is possible but implausible.
    pub warnings: Vec<String>,
    /// The complete plan as a scenario file, with the provenance of every value.
    pub resolved: String,
}

/// Everything a run is given.
pub struct Request<'a> {
    pub plan: &'a Plan,
    pub threads: usize,
    pub engine: Engine,
    /// `--data`.
    pub data: Option<&'a Path>,
    /// Where earlier runs are: `runs`.
    pub runs: &'a Path,
    /// The directory of this run; a checkpoint belongs here.
    pub run_dir: &'a Path,
    /// Go on from the checkpoint in `run_dir`.
    pub resume: bool,
    /// Asked to stop.
    pub stop: &'a AtomicBool,
    /// (wall, CPU) seconds since the start of the process.
    pub clock: &'a (dyn Fn() -> (f64, f64) + Sync),
    /// Whether a trace is being taken.
    pub trace: bool,
    pub progress: &'a mut dyn Progress,
    /// Takes the spikes of `plan.record.spikes`; labels are indices into it.
    pub spikes: Option<&'a mut SpikeWriter>,
}

/// Loads a scenario: one from a file or name, several from a directory of scenarios.
///
/// # Errors
/// With all faults rendered, and source lines where there are any.
pub fn load(scenario: &str, overrides: &Overrides, _colour: bool) -> Result<Vec<Loaded>, Failure> {
    let (mut plan, _) = memspike::report::example::trained();
    if scenario != plan.name && !Path::new(scenario).exists() {
        return Err(Failure::new(format!("no scenario `{scenario}`"))
            .with_hint("`memspike scenarios` lists the shipped ones; a path may also be given"));
    }
    plan.seed = overrides.seed.unwrap_or(plan.seed);
    let resolved = serde_json::to_string_pretty(&plan).unwrap_or_default();
    Ok(vec![Loaded { plan, warnings: Vec::new(), resolved }])
}

/// Runs a plan.
///
/// # Errors
/// If it cannot be carried out: data is missing, a checkpoint does not fit.
pub fn run(request: Request<'_>) -> Result<Outcome, Failure> {
    let (_, mut outcome) = memspike::report::example::trained();
    request.progress.phase("train", 30);
    for epoch in outcome.supervised.iter().flat_map(|result| &result.epochs) {
        request.progress.advance(1);
        request.progress.line(&format!(
            "epoch {:>3}  loss {:.3}  train {:.2} %  test {:.2} %",
            epoch.epoch,
            epoch.loss,
            100.0 * epoch.train_accuracy,
            100.0 * epoch.test_accuracy
        ));
        if request.stop.load(std::sync::atomic::Ordering::Relaxed) {
            outcome.status = memspike::scenario::outcome::Status::Interrupted;
            break;
        }
        if std::env::var_os("MEMSPIKE_STUB_SLOW").is_some() {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
    }
    request.progress.done();
    Ok(outcome)
}

/// (name, title) of the shipped scenarios.
pub fn scenarios() -> Vec<(String, String)> {
    vec![("mnist".into(), "MNIST on a 784 x 10 memristor crossbar".into())]
}

/// The files of a shipped scenario: (name, text).
pub fn scenario_files(_name: &str) -> Option<Vec<(String, String)>> {
    None
}

/// What can be named in a scenario.
pub fn models() -> Vec<ModelPage> {
    super::models::built_in()
}

/// The JSON schema of scenario files.
pub fn schema() -> String {
    "{}".into()
}

/// Fetches one data set and returns where it is kept.
///
/// # Errors
/// If no mirror has it, the network fails, or a file does not have its checksum.
pub fn fetch(
    _dataset: Dataset,
    _data: Option<&Path>,
    _mirrors: &[String],
    _progress: &mut dyn Progress,
) -> Result<std::path::PathBuf, Failure> {
    Err(Failure::new("fetching is not connected"))
}
