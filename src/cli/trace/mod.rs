//! `--trace`: the events of a run, those that are selected, for people or machines.

pub mod records;
mod selection;
pub mod told;

use super::args::{RunArgs, TraceFormat};
use super::failure::Failure;
use super::output::Output;
use super::stop::Stop;
use memspike::record::RecordError;
use memspike::scenario::Loaded;
use selection::Selection;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tracing::Dispatch;
use tracing::subscriber::NoSubscriber;
use tracing_subscriber::Layer as _;
use tracing_subscriber::layer::SubscriberExt as _;

/// A trace that is being taken, or none.
#[derive(Clone, Default)]
pub struct Tracing(Option<Taken>);

#[derive(Clone)]
struct Taken {
    /// Of the threads that are not traced. `tracing` asks only the thread that comes to an event first whether it is ever
    /// wanted, unless there are two to ask.
    _others: Dispatch,
    to: Dispatch,
    written: Written,
    place: Place,
}

/// Where a trace goes.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    File(PathBuf),
    /// To stderr.
    Messages,
    /// To stdout: it is what was asked for.
    Data,
}

/// Where the subscriber writes, and we flush.
#[derive(Clone)]
struct Written(Arc<Mutex<Sink>>);

struct Sink {
    to: Box<dyn Write + Send>,
    /// The first failure. The subscriber could only repeat it for every event; it is not notified of any.
    failed: Option<std::io::Error>,
    /// A run whose trace cannot be written is asked to end.
    stop: Stop,
    /// Whether that was done here.
    asked: bool,
}

impl Written {
    fn finish(&self) -> std::io::Result<()> {
        let mut sink = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if std::mem::take(&mut sink.asked) {
            sink.stop.withdraw();
        }
        match sink.failed.take() {
            Some(error) => Err(error),
            None => sink.to.flush(),
        }
    }
}

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut sink = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sink.failed.is_none()
            && let Err(error) = sink.to.write_all(bytes)
        {
            sink.failed = Some(error);
            sink.asked = sink.stop.ask_first();
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Tracing {
    /// Whether the trace goes where messages go.
    pub fn among_messages(&self) -> bool {
        self.0.as_ref().is_some_and(|taken| taken.place == Place::Messages)
    }

    /// Does `act`, whose events on this thread it has.
    pub fn within<T>(&self, act: impl FnOnce() -> T) -> T {
        match &self.0 {
            Some(taken) => tracing::dispatcher::with_default(&taken.to, act),
            None => act(),
        }
    }

    /// Writes what is still in memory.
    ///
    /// # Errors
    /// If it, or anything before it, could not be written.
    pub fn flush(&self) -> Result<(), Failure> {
        let Some(Taken { written, place, .. }) = &self.0 else { return Ok(()) };
        written.finish().map_err(|source| match place {
            Place::File(path) => RecordError::Io { action: "write", path: path.clone(), source }.into(),
            // Whoever read the trace has seen enough.
            _ if source.kind() == ErrorKind::BrokenPipe => Failure::ClosedPipe,
            Place::Messages => Failure::new(format!("cannot write the trace to stderr: {}", reason(&source)))
                .with_hint("write it to a file with --trace-file"),
            Place::Data => Failure::new(format!("cannot write to stdout: {}", reason(&source)))
                .with_hint("write it to a file with --out"),
        })
    }
}

/// "no space left on device".
fn reason(error: &std::io::Error) -> String {
    let error = error.to_string();
    error.split(" (os error").next().unwrap_or(&error).to_lowercase()
}

/// Checks what is selected, of what is run if that is known.
///
/// # Errors
/// Everything that is wrong with it.
pub fn check(args: &RunArgs, loaded: Option<&[Loaded]>) -> Result<(), Failure> {
    match (&args.trace, loaded) {
        (None, _) => Ok(()),
        (Some(selection), Some(loaded)) => selected(selection, loaded).map(|_| ()),
        (Some(selection), None) => Selection::check(selection),
    }
}

fn selected(selection: &str, loaded: &[Loaded]) -> Result<Selection, Failure> {
    let populations = loaded.iter().flat_map(|scenario| &scenario.plan.populations);
    Selection::of(selection, populations.map(|population| (population.name.as_str(), population.size)))
}

/// Begins a trace of what is run, if one was asked for.
///
/// # Errors
/// If what is selected is not there, or the file cannot be created.
pub fn begin(args: &RunArgs, loaded: &[Loaded], stop: &Stop, output: &Output) -> Result<Tracing, Failure> {
    let Some(selection) = &args.trace else { return Ok(Tracing::default()) };
    let selection = selected(selection, loaded)?;
    let place = args.trace_file.clone().map_or(Place::Messages, Place::File);
    begin_at(selection, place, args.trace_format, stop, output)
}

/// Begins a trace of the events that are selected.
fn begin_at(
    selection: Selection,
    place: Place,
    format: TraceFormat,
    stop: &Stop,
    output: &Output,
) -> Result<Tracing, Failure> {
    let (to, colour): (Box<dyn Write + Send>, bool) = match &place {
        Place::File(path) => {
            let file = File::create(path).map_err(|error| {
                let reason = reason(&error);
                Failure::new(format!("cannot write the trace to `{}`: {reason}", path.display()))
                    .with_hint("its directory must exist and be writable")
            })?;
            (Box::new(BufWriter::new(file)), false)
        }
        Place::Messages => (Box::new(output.messages()), output.colour() && std::io::stderr().is_terminal()),
        Place::Data => {
            (Box::new(BufWriter::new(output.results())), output.colour() && std::io::stdout().is_terminal())
        }
    };
    let sink = Sink { to, failed: None, stop: stop.clone(), asked: false };
    let written = Written(Arc::new(Mutex::new(sink)));
    let writer = {
        let written = written.clone();
        move || written.clone()
    };
    // Simulated time is in the events; the time of day would make every trace differ.
    let layer = tracing_subscriber::fmt::layer()
        .with_ansi(colour)
        .with_target(false)
        .with_level(false)
        .without_time();
    let layer = if format == TraceFormat::Json {
        layer.json().flatten_event(true).with_current_span(false).with_writer(writer).boxed()
    } else {
        layer.with_writer(writer).boxed()
    };
    let others = Dispatch::new(NoSubscriber::new());
    let to = Dispatch::new(tracing_subscriber::registry().with(layer.with_filter(selection)));
    Ok(Tracing(Some(Taken { _others: others, to, written, place })))
}
