//! `memspike data`.

use super::args::DataArgs;
use super::end::End;
use super::failure::Failure;
use super::output::Output;

/// Asks only what this program can do.
///
/// # Errors
/// Always.
#[cfg(not(feature = "fetch"))]
pub fn data(_args: &DataArgs, _output: &Output) -> Result<End, Failure> {
    Err(Failure::lacking("`data fetch`", "fetch"))
}

#[cfg(feature = "fetch")]
pub fn data(args: &DataArgs, output: &Output) -> Result<End, Failure> {
    let super::args::DataCommand::Fetch(args) = &args.command;
    let stop = super::signals::Stop::listen()?;
    for &dataset in &args.datasets {
        let mut listener = super::progress::listener(output, false);
        let place =
            super::fetch::fetch(dataset, args.data.as_deref(), &args.mirror, stop.flag(), &mut *listener)?;
        listener.done();
        let Some(place) = place else {
            output.note("stopped; what has arrived is kept, the same command goes on with it");
            return Ok(End::Signal(stop.signal().unwrap_or(signal_hook::consts::SIGINT)));
        };
        // The place is the answer: a script may want it.
        output.data(&place.display().to_string())?;
    }
    Ok(End::Done)
}
