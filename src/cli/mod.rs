//! The command line: the only part that reads the environment and the clock and writes to a terminal.

mod args;
mod calibrate;
mod check;
mod compare;
mod data;
mod device;
mod end;
mod failure;
#[cfg(feature = "fetch")]
mod fetch;
mod files;
mod fit;
mod host;
mod models;
mod new;
mod observers;
mod output;
mod png;
mod progress;
mod records;
mod run;
mod show;
mod signals;
mod trace;
mod values;
mod wiring;

use args::{Cli, Command};
use clap::{CommandFactory as _, Parser as _};
use end::End;
use failure::Failure;
use output::Output;
use std::process::ExitCode;

/// Parses the command line and carries it out.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout and are no errors; a broken pipe is nobody's fault.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    let output = Output::new(&cli.global);
    match dispatch(cli.command, &output) {
        Ok(End::Done) => ExitCode::SUCCESS,
        Ok(End::No) => ExitCode::from(1),
        Ok(End::Signal(signal)) => ExitCode::from(u8::try_from(128 + signal).unwrap_or(2)),
        // Whoever read our output has seen enough.
        Err(Failure::ClosedPipe) => ExitCode::SUCCESS,
        Err(failure) => {
            output.failure(&failure);
            ExitCode::from(2)
        }
    }
}

fn dispatch(command: Command, output: &Output) -> Result<End, Failure> {
    match command {
        Command::Run(args) => run::run(&args, output),
        Command::Check(args) => check::check(&args, output),
        Command::Resolve(args) => check::resolve(&args, output),
        Command::Show(args) => show::show(&args, output),
        Command::Compare(args) => compare::compare(&args, output),
        Command::Scenarios => models::scenarios(output),
        Command::Models(args) => models::models(&args, output),
        Command::Device(args) => device::device(&args, output),
        Command::Fit(args) => fit::fit(&args, output),
        Command::New(args) => new::new(&args, output),
        Command::Data(args) => data::data(&args, output),
        Command::Schema => output.data(&wiring::schema()).map(|()| End::Done),
        Command::Completions(args) => {
            let mut script = Vec::new();
            clap_complete::generate(args.shell, &mut Cli::command(), "memspike", &mut script);
            output.data(&String::from_utf8_lossy(&script)).map(|()| End::Done)
        }
    }
}
