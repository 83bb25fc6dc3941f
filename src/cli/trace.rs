//! `--trace`: what the library emits through `tracing`, filtered, for people or machines.

use super::args::{RunArgs, TraceFormat};
use super::failure::Failure;
use memspike::record::RecordError;
use std::fs::File;
use std::io::{BufWriter, IsTerminal as _, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::Targets;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

/// A trace that is being taken, or none.
#[derive(Clone, Debug, Default)]
pub struct Tracing {
    /// Whether one was asked for.
    pub on: bool,
    file: Option<(PathBuf, Shared)>,
}

/// A file that the subscriber writes and we flush.
#[derive(Clone, Debug)]
struct Shared(Arc<Mutex<TraceFile>>);

#[derive(Debug)]
struct TraceFile {
    file: BufWriter<File>,
    /// The first failure. The subscriber could only repeat it for every event; it is not notified of any.
    failed: Option<std::io::Error>,
}

impl Shared {
    fn finish(&self) -> std::io::Result<()> {
        let mut trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match trace.failed.take() {
            Some(error) => Err(error),
            None => trace.file.flush(),
        }
    }
}

impl Write for Shared {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let mut trace = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if trace.failed.is_none()
            && let Err(error) = trace.file.write_all(bytes)
        {
            trace.failed = Some(error);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Tracing {
    /// Whether the trace goes to stderr.
    pub fn on_stderr(&self) -> bool {
        self.on && self.file.is_none()
    }

    /// Writes what is still in memory. The subscriber lives as long as the process and is never dropped.
    ///
    /// # Errors
    /// If the rest cannot be written.
    pub fn flush(&self) -> Result<(), Failure> {
        let Some((path, file)) = &self.file else { return Ok(()) };
        file.finish().map_err(|source| RecordError::Io { action: "write", path: path.clone(), source }.into())
    }
}

/// Installs the subscriber, if a trace was asked for.
///
/// # Errors
/// If the filter is not one or the file cannot be created.
pub fn install(args: &RunArgs, colour: bool) -> Result<Tracing, Failure> {
    let Some(filter) = &args.trace else { return Ok(Tracing::default()) };
    let targets: Targets = filter.parse().map_err(|error: tracing_subscriber::filter::ParseError| {
        Failure::new(format!("--trace `{filter}` is not a filter: {error}")).with_hint(
            "write a level (error, warn, info, debug, trace) or TARGET=LEVEL, such as memspike=trace",
        )
    })?;
    let layer = tracing_subscriber::fmt::layer()
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_ansi(colour && args.trace_file.is_none() && std::io::stderr().is_terminal());
    // Simulated time is in the events; the time of day would make every trace differ.
    let layer = layer.without_time();
    let json = args.trace_format == TraceFormat::Json;
    let mut tracing = Tracing { on: true, file: None };
    let layer = match &args.trace_file {
        Some(path) => {
            let file = File::create(path).map_err(|error| {
                let error = error.to_string();
                let reason = error.split(" (os error").next().unwrap_or(&error).to_lowercase();
                Failure::new(format!("cannot write the trace to `{}`: {reason}", path.display()))
                    .with_hint("its directory must exist and be writable")
            })?;
            let shared = Shared(Arc::new(Mutex::new(TraceFile { file: BufWriter::new(file), failed: None })));
            tracing.file = Some((path.clone(), shared.clone()));
            let writer = move || shared.clone();
            if json { layer.json().with_writer(writer).boxed() } else { layer.with_writer(writer).boxed() }
        }
        None if json => layer.json().with_writer(std::io::stderr).boxed(),
        None => layer.with_writer(std::io::stderr).boxed(),
    };
    tracing_subscriber::registry()
        .with(layer)
        .with(targets)
        .try_init()
        .map_err(|error| Failure::new(format!("cannot trace: {error}")))?;
    Ok(tracing)
}
