//! Options of `memspike sweep`.

use super::super::kept::Kept;
use super::super::overrides::Overrides;
use super::super::values::Format;
use clap::{Args, ValueHint};
use memspike::scenario::vary::{Seeds, Shard};
use std::path::PathBuf;

const EXAMPLES: &str = "\
Examples:
  memspike sweep digits --vary protocol.epochs=1,2,5,10 --repeat 3
  memspike sweep digits --vary \"population.output.tau_m=5 ms..20 ms/4\" --zip \\
                        --vary protocol.epochs=2,4,6,8 --out tau
  memspike sweep my-network --vary \"source.noise.rate=5 Hz..50 Hz/6 log\" --measure spikes.output
  memspike sweep digits --repeat 1,7,23                          seeds alone
  memspike sweep digits --repeat 40 --out all --shard 2/4        a quarter of it, the second

A sweep directory (runs/SCENARIO/sweep-001 and so on, or --out) keeps a run directory for each
point, table.csv with every number of every point, sweep.json, pictures and sweep.html. The same
command with the same --out computes what is not there: points that were stopped or failed, and
new ones. Exits with 1 if a point failed.";

/// Options of a sweep.
#[derive(Clone, Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct SweepArgs {
    /// A file, a directory with scenario.toml, or the name of a shipped scenario.
    #[arg(value_hint = ValueHint::AnyPath)]
    pub scenario: String,
    /// A key that --set takes, and its values: KEY=A,B,C, or STEPS values from LO to HI as KEY=LO..HI/STEPS, equal
    /// differences apart, or equal factors with " log" behind. Several make a grid.
    #[arg(long, value_name = "KEY=VALUES", help_heading = "What is varied")]
    pub vary: Vec<String>,
    /// Take the values of all keys together, the first with the first, instead of each with each.
    #[arg(long, help_heading = "What is varied")]
    pub zip: bool,
    /// Compute every point with so many seeds, that of the scenario and those after it; or with these: 1,7,23.
    #[arg(long, value_name = "SEEDS", value_parser = Seeds::parse, help_heading = "What is varied")]
    pub repeat: Option<Seeds>,
    /// Compute only every N-th point, from the I-th on: one of N parts, on machines that share --out.
    #[arg(long, value_name = "I/N", value_parser = Shard::parse, requires = "out", help_heading = "What is varied")]
    pub shard: Option<Shard>,
    #[command(flatten)]
    pub overrides: Overrides,
    /// Write into this directory instead of the next runs/SCENARIO/sweep-NNN, or go on with the sweep in it.
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub out: Option<PathBuf>,
    /// Go on with the last sweep of this scenario, or with the one given with --out, which must be there.
    #[arg(long, conflicts_with = "force")]
    pub resume: bool,
    /// Compute points anew that are there already.
    #[arg(long, requires = "out")]
    pub force: bool,
    /// Check every point and list them; compute nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Points to compute at once. Default: as many as there are processors and memory for.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub jobs: Option<u16>,
    /// Threads for each of them; the results do not depend on it. Default: processors divided by jobs.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
    /// What is told and drawn, as a path in summary.json, such as accuracy.test; several with commas. Default: accuracy and
    /// energy, or what else there is.
    #[arg(long, value_name = "KEY", value_delimiter = ',')]
    pub measure: Vec<String>,
    #[command(flatten)]
    pub kept: Kept,
    /// What to print at the end: a table of means, or sweep.json.
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: Format,
}
