//! `memspike data`.

use super::args::DataArgs;
use super::end::End;
use super::failure::Failure;
use super::output::Output;
use super::program::Program;

/// Asks only what this program can do.
///
/// # Errors
/// Always.
#[cfg(not(feature = "fetch"))]
pub fn data(_args: &DataArgs, _program: &Program<'_>, _output: &Output) -> Result<End, Failure> {
    Err(Failure::lacking("`data fetch`", "fetch"))
}

#[cfg(feature = "fetch")]
pub fn data(args: &DataArgs, program: &Program<'_>, output: &Output) -> Result<End, Failure> {
    let super::args::DataCommand::Fetch(args) = &args.command;
    let stop = program.stop.heed();
    for &dataset in &args.datasets {
        let mut listener = super::progress::listener(output, super::values::How::Auto, false);
        let place = super::fetch::fetch(dataset, args.data.as_deref(), &args.mirror, stop, &mut *listener)?;
        listener.done();
        let Some(place) = place else {
            output.note("stopped; what has arrived is kept, the same command goes on with it");
            return Ok(End::Stopped);
        };
        // The place is the answer: a script may want it.
        output.data(&place.display().to_string())?;
    }
    Ok(End::Done)
}
