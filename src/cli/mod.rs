//! The command line as a library: what `memspike` does with its arguments, for a program that has models of its own too.
//!
//! [`run`] never ends the process. It is the only part that reads the environment and the clock and writes to a terminal.
//!
//! ```no_run
//! use memspike::cli::{self, Stop};
//! use memspike::registry::Registry;
//!
//! # fn main() -> std::process::ExitCode {
//! let mut registry = Registry::shipped();
//! // registry.neuron::<Mine>()?; as in `examples/own_neuron.rs`
//! cli::run(std::env::args_os(), &registry, &Stop::default()).into()
//! # }
//! ```

mod args;
mod calibrate;
mod check;
mod compare;
mod data;
mod device;
mod directory;
mod end;
mod export;
mod failure;
#[cfg(feature = "fetch")]
mod fetch;
mod files;
mod fit;
mod grid;
mod host;
mod kept;
mod meant;
mod measured;
mod memory;
mod models;
mod new;
mod observers;
mod output;
mod overrides;
mod png;
mod program;
mod progress;
mod records;
mod repeat;
mod request;
mod run;
mod set_page;
mod show;
mod signals;
mod spreadsheet;
mod stop;
mod sweep;
mod table;
mod tensorboard;
mod trace;
mod values;
mod wiring;

pub use memory::available as available_memory;
pub use output::Streams;
pub use signals::main;
pub use stop::Stop;

use crate::registry::Registry;
use args::{Cli, Command};
use clap::FromArgMatches as _;
use end::End;
use failure::Failure;
use output::Output;
use program::Program;
use std::ffi::OsString;

/// Exit code of a command that was stopped, as after Ctrl-C.
pub const STOPPED: u8 = 130;

/// Carries out what `args` say, the name of the program first, and returns the exit code: 0, 1 where the answer is no, 2 after
/// an error, [`STOPPED`]. Scenarios may name what `registry` has.
pub fn run(args: impl IntoIterator<Item = OsString>, registry: &Registry, stop: &Stop) -> u8 {
    run_to(args, registry, stop, Streams::standard())
}

/// The same, which writes to `streams` instead of stdout and stderr.
pub fn run_to(
    args: impl IntoIterator<Item = OsString>,
    registry: &Registry,
    stop: &Stop,
    streams: Streams,
) -> u8 {
    let args: Vec<OsString> = args.into_iter().collect();
    let parsed = args::command(registry).try_get_matches_from(&args);
    let cli = match parsed.and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        Err(mut error) => {
            // Help and version go to stdout and are no errors; a broken pipe is nobody's fault.
            let hint = meant::hint(&mut error, &args, args::command(registry));
            streams.usage(&error, hint);
            return if error.use_stderr() { 2 } else { 0 };
        }
    };
    let objects =
        streams.objects() || matches!(&cli.command, Command::Run(run) if run.progress == values::How::Json);
    let output = Output::new(&cli.global, streams);
    let output = if objects { output.in_objects() } else { output };
    let command = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    let program = Program { registry, stop, command };
    let end = dispatch(cli.command, &program, &output);
    stop.leave();
    match end {
        Ok(End::Done) => 0,
        Ok(End::No) => 1,
        Ok(End::Stopped) => STOPPED,
        // Whoever read our output has seen enough.
        Err(Failure::ClosedPipe) => 0,
        Err(failure) => {
            output.failure(&failure);
            2
        }
    }
}

fn dispatch(command: Command, program: &Program<'_>, output: &Output) -> Result<End, Failure> {
    let registry = program.registry;
    match command {
        Command::Run(args) => run::run(&args, program, output),
        Command::Sweep(args) => sweep::sweep(&args, program, output),
        Command::Table(args) => table::table(&args, registry, output),
        Command::Check(args) => check::check(&args, registry, output),
        Command::Resolve(args) => check::resolve(&args, registry, output),
        Command::Show(args) => show::show(&args, output),
        Command::Compare(args) => compare::compare(&args, output),
        Command::Export(args) => export::export(&args, registry, output),
        Command::Trace(args) => trace::records::trace(&args, program.stop, output),
        Command::Scenarios(args) => models::scenarios(&args, output),
        Command::Models(args) => models::models(&args, registry, output),
        Command::Device(args) => device::device(&args, registry, output),
        Command::Fit(args) => fit::fit(&args, output),
        Command::New(args) => new::new(&args, output),
        Command::Data(args) => data::data(&args, program, output),
        Command::Schema => output.data(&wiring::schema(registry)).map(|()| End::Done),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut args::completed(registry), "memspike", &mut script);
            output.data(&String::from_utf8_lossy(&script)).map(|()| End::Done)
        }
    }
}
