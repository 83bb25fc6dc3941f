//! A command line that signals stop: what the `memspike` program is, and the command that comes with the Python package.

use super::{STOPPED, Stop, run};
use crate::registry::Registry;
#[cfg(unix)]
use signal_hook::consts::SIGHUP;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::ffi::OsString;
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// As [`run`](super::run()), stopped by Ctrl-C, SIGTERM and SIGHUP: 128 and the number of the signal is the exit code then.
///
/// The first signal asks a command that can be stopped to stop, and ends any other; the second ends the process. A process
/// that has handlers of its own for these signals takes them away before: they would be called too.
pub fn main(args: impl IntoIterator<Item = OsString>, registry: &Registry) -> u8 {
    let (stop, signal) = (Stop::default(), Arc::default());
    if let Err(error) = listen(&stop, &signal) {
        let _ = writeln!(std::io::stderr(), "error: cannot listen for Ctrl-C: {error}");
        return 2;
    }
    let code = run(args, registry, &stop);
    match (code, u8::try_from(signal.load(Ordering::Relaxed))) {
        (STOPPED, Ok(signal @ 1..)) => 128 + signal,
        _ => code,
    }
}

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
