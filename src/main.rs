//! The `memspike` command: the library's command line with what is shipped, stopped by Ctrl-C, SIGTERM and SIGHUP.

use memspike::cli::{self, Stop};
use memspike::registry::Registry;
#[cfg(unix)]
use signal_hook::consts::SIGHUP;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() -> ExitCode {
    let (stop, signal) = (Stop::default(), Arc::default());
    if let Err(error) = listen(&stop, &signal) {
        let _ = writeln!(std::io::stderr(), "error: cannot listen for Ctrl-C: {error}");
        return ExitCode::from(2);
    }
    let code = cli::run(std::env::args_os(), &Registry::shipped(), &stop);
    match (code, u8::try_from(signal.load(Ordering::Relaxed))) {
        (cli::STOPPED, Ok(signal @ 1..)) => ExitCode::from(128 + signal),
        _ => ExitCode::from(code),
    }
}

/// The first signal asks a command that can be stopped to stop, and ends any other; the second ends the process.
fn listen(stop: &Stop, last: &Arc<AtomicUsize>) -> std::io::Result<()> {
    for signal in [
        SIGINT,
        SIGTERM,
        // Where the terminal is closed or the connection lost.
        #[cfg(unix)]
        SIGHUP,
    ] {
        // Registered first, so that they see the flags as they were before this signal.
        flag::register_conditional_default(signal, Arc::clone(stop.unheeded()))?;
        flag::register_conditional_shutdown(signal, 128 + signal, Arc::clone(stop.asked()))?;
        flag::register_usize(signal, Arc::clone(last), signal as usize)?;
        flag::register(signal, Arc::clone(stop.asked()))?;
    }
    Ok(())
}
