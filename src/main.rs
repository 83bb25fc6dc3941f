//! The `memspike` command: the library's command line with what is shipped.

use memspike::cli;
use memspike::registry::Registry;
use std::process::ExitCode;

fn main() -> ExitCode {
    cli::main(std::env::args_os(), &Registry::shipped()).into()
}
