//! The command line, called.

use crate::errors::panicked;
use memspike::cli::{self, Stop, Streams};
use memspike::registry::Registry;
use pyo3::prelude::*;
use std::io::Write;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::Duration;

/// How long Python's signals wait at most.
const PATIENCE: Duration = Duration::from_millis(20);

/// Threads of the system start with less than the main thread has.
const STACK: usize = 8 << 20;

/// Sends each line that is written to it.
struct Lines {
    rest: Vec<u8>,
    to: Sender<String>,
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.rest.extend_from_slice(bytes);
        while let Some(end) = self.rest.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.rest.drain(..=end).collect();
            // Nobody listens any more once an error is on its way.
            let _ = self.to.send(String::from_utf8_lossy(&line[..end]).into_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn lines() -> (Lines, Receiver<String>) {
    let (to, from) = channel();
    (Lines { rest: Vec::new(), to }, from)
}

/// Carries out what the command line `memspike ARGS` would, in a thread of its own, without the interpreter's lock.
///
/// Parameters
/// ----------
/// args
///     The arguments, without the name of the program.
/// tell
///     Is called with each line of messages, on the calling thread. If it raises, the command is stopped.
///
/// Returns
/// -------
/// tuple[int, str]
///     The exit code (0 done, 1 done and the answer is no, 2 could not, 130 stopped), and what went to stdout.
///
/// Raises
/// ------
/// RuntimeError
///     If memspike itself is wrong (a panic).
/// BaseException
///     What a signal handler or `tell` raised, after the command has stopped.
#[pyfunction]
pub fn command(py: Python<'_>, args: Vec<String>, tell: Py<PyAny>) -> PyResult<(u8, String)> {
    let ((data, asked), (messages, said)) = (lines(), lines());
    let arguments = std::iter::once("memspike".to_string()).chain(args).map(Into::into).collect::<Vec<_>>();
    let (code, fault, printed) = py.detach(move || {
        let stop = Stop::default();
        let work = {
            let stop = stop.clone();
            let run = move || {
                cli::run_to(arguments, &Registry::shipped(), &stop, Streams::new(data, messages).in_objects())
            };
            std::thread::Builder::new().name("memspike".into()).stack_size(STACK).spawn(run)?
        };
        let mut fault = None;
        loop {
            let line = said.recv_timeout(PATIENCE);
            if line == Err(RecvTimeoutError::Disconnected) {
                break;
            }
            if fault.is_some() {
                continue;
            }
            let heard = Python::attach(|py| {
                py.check_signals()?;
                line.map_or(Ok(()), |line| tell.call1(py, (line,)).map(drop))
            });
            if let Err(error) = heard {
                stop.ask();
                fault = Some(error);
            }
        }
        let code = work.join().map_err(|cause| panicked(&*cause))?;
        let printed: String = asked.iter().map(|line| line + "\n").collect();
        Ok::<_, PyErr>((code, fault, printed))
    })?;
    // What came after the last look.
    py.check_signals()?;
    match fault {
        Some(fault) => Err(fault),
        None => Ok((code, printed)),
    }
}

/// The `memspike` command: carries out `sys.argv`, and answers Ctrl-C, SIGTERM and SIGHUP itself.
///
/// Returns
/// -------
/// int
///     The exit code.
#[pyfunction]
pub fn main(py: Python<'_>) -> PyResult<u8> {
    let args: Vec<std::ffi::OsString> = py.import("sys")?.getattr("argv")?.extract()?;
    // Python's handler would be called beside ours, and raise once we return.
    let signal = py.import("signal")?;
    signal.call_method1("signal", (signal.getattr("SIGINT")?, signal.getattr("SIG_DFL")?))?;
    Ok(py.detach(|| cli::main(args, &Registry::shipped())))
}
