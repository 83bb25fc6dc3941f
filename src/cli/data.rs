//! `memspike data`.

use super::args::{DataArgs, DataCommand};
use super::end::End;
use super::failure::Failure;
use super::output::Output;
use super::signals::Stop;
use super::{progress, wiring};

pub fn data(args: &DataArgs, output: &Output) -> Result<End, Failure> {
    let DataCommand::Fetch(fetch) = &args.command;
    let stop = Stop::listen()?;
    for &dataset in &fetch.datasets {
        let mut listener = progress::listener(output, false);
        let place =
            wiring::fetch(dataset, fetch.data.as_deref(), &fetch.mirror, stop.flag(), &mut *listener)?;
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
