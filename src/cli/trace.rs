//! `--trace`: what the library emits through `tracing`, filtered, for people or machines.

use super::args::{RunArgs, TraceFormat};
use super::failure::Failure;
use std::fs::File;
use std::io::IsTerminal as _;
use std::sync::Mutex;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::FmtSpan;

/// Installs the subscriber, if a trace was asked for. Returns whether one was.
///
/// # Errors
/// If the filter is not one or the file cannot be created.
pub fn install(args: &RunArgs, colour: bool) -> Result<bool, Failure> {
    let Some(filter) = &args.trace else { return Ok(false) };
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::new(format!("--trace `{filter}` is not a filter: {error}")).with_hint(
            "write a level (error, warn, info, debug, trace) or TARGET=LEVEL, such as memspike=trace",
        )
    })?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
        .with_ansi(colour && args.trace_file.is_none() && std::io::stderr().is_terminal());
    // Simulated time is in the events; the time of day would make every trace differ.
    let builder = builder.without_time();
    let json = args.trace_format == TraceFormat::Json;
    let installed = match &args.trace_file {
        Some(path) => {
            let file = File::create(path).map_err(|error| {
                let error = error.to_string();
                let reason = error.split(" (os error").next().unwrap_or(&error).to_lowercase();
                Failure::new(format!("cannot write the trace to `{}`: {reason}", path.display()))
                    .with_hint("its directory must exist and be writable")
            })?;
            let writer = Mutex::new(std::io::BufWriter::new(file));
            if json {
                builder.json().with_writer(writer).try_init()
            } else {
                builder.with_writer(writer).try_init()
            }
        }
        None if json => builder.json().with_writer(std::io::stderr).try_init(),
        None => builder.with_writer(std::io::stderr).try_init(),
    };
    installed.map_err(|error| Failure::new(format!("cannot trace: {error}")))?;
    Ok(true)
}
