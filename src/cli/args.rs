//! What can be written on the command line.

use super::device::args::DeviceArgs;
use super::fit::args::FitArgs;
use super::kept::Kept;
use super::overrides::Overrides;
use super::sweep::args::SweepArgs;
use super::values::{Format, How, TableFormat, step, tolerance};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, CommandFactory as _, Parser, Subcommand, ValueEnum, ValueHint};
use memspike::dataset::Name;
use memspike::registry::{LACKING, Registry};
use memspike::time::Time;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  memspike run digits                           train on drawn digits, no download, and report
  memspike run mnist --seed 2 --out results     the founding paper's network
  memspike show digits                          the results of its last run once more
  memspike new my-network                       a scenario to start from

Exit codes: 0 done; 1 done and the answer is no; 2 could not; 129, 130, 143 stopped by a signal.";

/// Simulates spiking neural networks made of memristors, event by event.
///
/// A scenario file in; spike counts, joules, accuracy and pictures out.
#[derive(Debug, Parser)]
#[command(name = "memspike", version, after_help = EXAMPLES, max_term_width = 100)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Options of every command.
#[derive(Clone, Debug, Args)]
pub struct Global {
    /// Say only what went wrong.
    #[arg(short, long, global = true, conflicts_with = "verbose", help_heading = "Common options")]
    pub quiet: bool,
    /// Say more about what is being done.
    #[arg(short, long, global = true, help_heading = "Common options")]
    pub verbose: bool,
    /// When to colour messages; NO_COLOR in the environment also turns colour off.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", help_heading = "Common options")]
    pub color: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum When {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run a scenario and report.
    Run(Box<RunArgs>),
    /// Run a scenario again and again with other values and seeds, and put the results together.
    Sweep(Box<SweepArgs>),
    /// Validate scenarios and warn of what is implausible.
    Check(CheckArgs),
    /// Print the complete plan: every value, with where it comes from.
    Resolve(ResolveArgs),
    /// Show the results of a run.
    Show(ShowArgs),
    /// Compare two runs, or a run with what is expected of it.
    Compare(CompareArgs),
    /// Put the numbers of many runs into one table.
    Table(TableArgs),
    /// Write the records of a run in another format.
    Export(ExportArgs),
    /// Show the events of a recorded run.
    Trace(TraceArgs),
    /// List the shipped scenarios.
    Scenarios(ScenariosArgs),
    /// List the models, or explain one.
    Models(ModelsArgs),
    /// Characterise one device: sweeps, pulses, learning window, retention, cycles.
    Device(Box<DeviceArgs>),
    /// Fit a measurement: parameters with errors, and a preset of them.
    Fit(Box<FitArgs>),
    /// Write a scenario to start from.
    New(NewArgs),
    /// Fetch data sets.
    Data(DataArgs),
    /// Print the JSON schema of scenario files.
    Schema,
    /// Print a completion script for a shell.
    Completions(CompletionsArgs),
}

const RUN_EXAMPLES: &str = "\
Examples:
  memspike run digits
  memspike run my-network/scenario.toml --set protocol.epochs=5 --seed 3
  memspike run mnist --data ~/data/mnist --threads 4
  memspike run paper                            every figure of the founding paper, in one table
  memspike run runs/digits/001/manifest.json    that run once more
  memspike run digits --trace all --trace-format json --trace-file trace.jsonl
  memspike run stdp --trace kind=weight,population=output,neuron=3..7,time=10ms..20ms
  memspike run digits --format json | jq .accuracy.test
  memspike run --resume runs/mnist/001          go on with a run that was stopped or killed
  memspike run mnist --out here --continue      begin, go on, or find that it is done

A run directory (runs/SCENARIO/001 and so on, or --out) keeps manifest.json, summary.json,
report.html, plots and records. Ctrl-C, SIGTERM and SIGHUP stop the run and keep a checkpoint
to go on from; a second Ctrl-C stops at once.";

#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[command(after_help = RUN_EXAMPLES)]
pub struct RunArgs {
    /// A file, a directory with scenario.toml (or with several such), or the name of a shipped scenario; or the
    /// manifest.json of a run, which makes that run again and says whether it is the same.
    #[arg(value_hint = ValueHint::AnyPath, required_unless_present = "resume")]
    pub scenario: Option<String>,
    #[command(flatten)]
    pub overrides: Overrides,
    /// Write the run into this directory instead of the next runs/SCENARIO/NNN; of several, each into DIR/SCENARIO.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Replace the run in the directory given with --out.
    #[arg(long, requires = "out")]
    pub force: bool,
    #[command(flatten)]
    #[serde(flatten)]
    pub kept: Kept,
    /// Threads to use; the results do not depend on it. Default: all processors.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// How time goes on: the two event engines give the same results, the clocked one (with --dt) converges to
    /// them.
    #[arg(long, value_name = "ENGINE", default_value = "fast")]
    pub engine: Engine,
    /// Step of the clocked engine, such as "0.1 ms".
    #[arg(long, value_name = "TIME", value_parser = step, required_if_eq("engine", "clocked"))]
    pub dt: Option<Time>,
    /// Go on with the run in DIR as it was begun, with nothing typed again; without DIR, with the last interrupted run of
    /// this scenario, or the one given with --out.
    #[arg(long, value_name = "DIR", num_args = 0..=1, conflicts_with = "force", value_hint = ValueHint::DirPath)]
    pub resume: Option<Option<PathBuf>>,
    /// Begin, go on with what was begun of just this run (in --out, or the last of its kind), or say that it is done: what a
    /// job needs that is put into the queue again.
    #[arg(long = "continue", conflicts_with_all = ["force", "resume"])]
    pub go_on: bool,
    /// What to print at the end: a table, or summary.json.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
    /// Also print where the time went: phases with their share, and what was done by kind and part. It is `performance` of
    /// summary.json.
    #[arg(long, conflicts_with = "quiet")]
    #[serde(default)]
    pub profile: bool,
    /// How to tell on stderr how far the run is.
    #[arg(long, value_name = "HOW", default_value = "auto")]
    pub progress: How,
    /// Follow the run event by event: "all", or what is wanted, as KEY=VALUE joined by commas.
    ///
    /// kind is one or several of source, arrival, fire, switch, weight, membrane, state, sample, program, read, note, as in kind=fire+weight;
    /// population is a name or several, joined by plus signs; neuron is a number or a range, 3..7 being 3, 4, 5 and 6;
    /// time is a range of simulated time with units, such as 10ms..20ms. An event that has no neuron, or no time, is not
    /// among those that are selected by it.
    #[arg(long, value_name = "SELECTION", help_heading = "Tracing")]
    pub trace: Option<String>,
    /// Write the trace to a file instead of stderr.
    #[arg(long, value_name = "FILE", requires = "trace", value_hint = ValueHint::FilePath, help_heading = "Tracing")]
    pub trace_file: Option<PathBuf>,
    /// Lines for people or JSON lines.
    #[arg(
        long,
        value_name = "FORMAT",
        default_value = "human",
        requires = "trace",
        help_heading = "Tracing"
    )]
    pub trace_format: TraceFormat,
}

/// The command line of a program with this registry, whose formats of records it knows by name.
pub fn command(registry: &Registry) -> clap::Command {
    let formats = registry.formats().iter();
    let mut formats: Vec<PossibleValue> =
        formats.map(|format| PossibleValue::new(format.name()).help(format.about())).collect();
    // Without its feature it is refused where formats are looked up, with the line that installs it.
    formats.extend(LACKING.iter().map(|name| PossibleValue::new(*name).hide(true)));
    let parser = PossibleValuesParser::new(formats);
    Cli::command()
        .mut_subcommand("run", |run| {
            run.mut_arg("record_format", |format| format.value_parser(parser.clone()))
        })
        .mut_subcommand("sweep", |sweep| {
            sweep.mut_arg("record_format", |format| format.value_parser(parser.clone()))
        })
        .mut_subcommand("export", |export| export.mut_arg("format", |format| format.value_parser(parser)))
}

/// The same for a shell that completes what is typed: `--set` and `--vary` know the keys of scenarios, with NAME where a
/// scenario has names of its own.
pub fn completed(registry: &Registry) -> clap::Command {
    let keys = || PossibleValuesParser::new(super::meant::SETTINGS.iter().map(String::as_str));
    let set = |name: &str, command: clap::Command| {
        command.mut_subcommand(name, |one| one.mut_arg("set", |set| set.value_parser(keys())))
    };
    let command = super::meant::TAKE_SET.iter().fold(command(registry), |command, name| set(name, command));
    command.mut_subcommand("sweep", |sweep| sweep.mut_arg("vary", |vary| vary.value_parser(keys())))
}

#[derive(Debug, Args)]
pub struct ScenarioArgs {
    /// Files, directories with scenario.toml, or names of shipped scenarios.
    #[arg(required = true, value_name = "SCENARIO", value_hint = ValueHint::AnyPath)]
    pub scenarios: Vec<String>,
    #[command(flatten)]
    pub overrides: Overrides,
}

#[derive(Debug, Args)]
pub struct ResolveArgs {
    #[command(flatten)]
    pub of: ScenarioArgs,
    /// What to print: the complete scenario as TOML with where each value comes from, or a list of plans in SI units, with times
    /// in femtoseconds.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub of: ScenarioArgs,
    /// What to print: a line for each, or a list of JSON objects.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ShowArgs {
    /// A run directory, or the name of a scenario (its last run under runs/).
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// A table, or summary.json as it is.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

const COMPARE_EXAMPLES: &str = "\
Examples:
  memspike compare runs/digits/001 runs/digits/002     same results? key by key
  memspike compare digits scenarios/digits/expected.toml
  memspike compare seeds-of-a seeds-of-b               two directories of runs with several seeds

Says which parameters of two runs differ, which numbers (accuracies in points), the first row
of each record that does, and whether the difference exceeds the spread over seeds, where runs
with other seeds are beside one of them. Exits with 1 if the runs differ (two sets of seeds: by
more than their spread) or a check fails. An expected.toml holds checks:
  [[check]]
  key = \"accuracy.test\"
  min = 0.90";

#[derive(Debug, Args)]
#[command(after_help = COMPARE_EXAMPLES)]
pub struct CompareArgs {
    /// A run directory, or the name of a scenario (its last run under runs/).
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// Another run, or an expected.toml.
    #[arg(value_name = "RUN|EXPECTED", value_hint = ValueHint::AnyPath)]
    pub other: PathBuf,
    /// Numbers that differ by no more than this, relative to the larger one, are equal: 1e-9, or 0.1 %.
    #[arg(long, value_name = "FRACTION", value_parser = tolerance)]
    pub tolerance: Option<f64>,
    /// What to print: a table, or a JSON object.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

const TABLE_EXAMPLES: &str = "\
Examples:
  memspike table runs/digits/*                        every number of every run of digits, as CSV
  memspike table runs/digits mnist --only accuracy    directories of runs, and last runs by name
  memspike table my-sweep --out all.csv

Columns have the names that compare and expected.toml have: the path of a number in summary.json.";

/// Options of a table.
#[derive(Clone, Debug, Args)]
#[command(after_help = TABLE_EXAMPLES)]
pub struct TableArgs {
    /// Run directories, directories of such (a sweep, runs/digits), files summary.json, or names of scenarios (the last run).
    #[arg(required = true, value_name = "RUN", value_hint = ValueHint::AnyPath)]
    pub runs: Vec<PathBuf>,
    /// Only these numbers, by their path or its beginning, such as accuracy or energy_j.total; several with commas.
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub only: Vec<String>,
    /// Write into this file instead of stdout; one that ends in the name of a format of records, such as .parquet, is of it.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
    /// CSV, or a list of JSON objects.
    #[arg(long, value_name = "FORMAT", default_value = "csv")]
    pub format: TableFormat,
}

const EXPORT_EXAMPLES: &str = "\
Examples:
  memspike export brunel --format npz                  every record, beside the others of the last run
  memspike export runs/digits/001 --format perfetto    one trace, to be opened at https://ui.perfetto.dev
  memspike export brunel --format vcd --out brunel.vcd && gtkwave brunel.vcd
  memspike export brunel --record spikes --format csv --out spikes.csv";

#[derive(Debug, Args)]
#[command(after_help = EXPORT_EXAMPLES)]
pub struct ExportArgs {
    /// A run directory, or the name of a scenario (its last run under runs/).
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// The format to write.
    #[arg(long, value_name = "FORMAT")]
    pub format: String,
    /// Only these records, such as spikes; several with commas. Default: all that the run has.
    #[arg(long, value_name = "RECORD", value_delimiter = ',')]
    pub record: Vec<String>,
    /// Write this file instead of one in the run directory.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

const TRACE_EXAMPLES: &str = "\
Examples:
  memspike trace brunel time=10ms..11ms,population=e
  memspike trace runs/stdp/001 kind=sample,neuron=3 --format json --out weights.jsonl";

#[derive(Debug, Args)]
#[command(after_help = TRACE_EXAMPLES)]
pub struct TraceArgs {
    /// A run directory, or the name of a scenario (its last run under runs/).
    #[arg(value_hint = ValueHint::DirPath)]
    pub run: PathBuf,
    /// Which events: "all", or as after `memspike run --trace`.
    #[arg(default_value = "all")]
    pub selection: String,
    /// Lines for people or JSON lines.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    pub format: TraceFormat,
    /// Write this file instead of stdout.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub out: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct ScenariosArgs {
    /// What to print: a list, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct ModelsArgs {
    /// The model to explain.
    pub name: Option<String>,
    /// What to print: text, or JSON.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}

#[derive(Debug, Args)]
pub struct NewArgs {
    /// Name of the scenario: a directory of this name is made.
    pub name: PathBuf,
    /// Copy a shipped scenario instead of the commented template.
    #[arg(long, value_name = "SCENARIO")]
    pub from: Option<String>,
}

#[derive(Debug, Args)]
pub struct DataArgs {
    #[command(subcommand)]
    pub command: DataCommand,
}

#[derive(Debug, Subcommand)]
pub enum DataCommand {
    /// Download a data set, check it, and keep it where scenarios find it.
    Fetch(FetchArgs),
}

#[derive(Debug, Args)]
pub struct FetchArgs {
    /// Which one.
    #[arg(required = true, value_name = "DATASET", value_parser = dataset())]
    pub datasets: Vec<Name>,
    /// Where to keep it; also read from MEMSPIKE_DATA. Default: the data directory of the user.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub data: Option<PathBuf>,
    /// Base address to download from instead of the known mirrors; can be repeated.
    #[arg(long, value_name = "URL")]
    pub mirror: Vec<String>,
}

/// One of the data sets that can be downloaded.
fn dataset() -> impl TypedValueParser<Value = Name> {
    let names = Name::ALL.into_iter().filter(|name| name.files().is_some()).map(Name::as_str);
    PossibleValuesParser::new(names).try_map(|name| name.parse::<Name>())
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    pub shell: clap_complete::Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub enum Engine {
    /// Batched lanes.
    Fast,
    /// One priority queue, one entry per pending event: slow and plain.
    Reference,
    /// The same models on a grid of step --dt; does not train.
    Clocked,
}

impl Engine {
    pub fn name(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Reference => "reference",
            Self::Clocked => "clocked",
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
pub enum TraceFormat {
    Human,
    Json,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        command(&Registry::shipped()).debug_assert();
        completed(&Registry::shipped()).debug_assert();
    }
}
