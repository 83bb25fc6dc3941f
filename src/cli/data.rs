//! `memspike data`.

use super::End;
use super::args::{DataArgs, DataCommand};
use super::failure::Failure;
use super::output::Output;
use super::{progress, wiring};

pub fn data(args: &DataArgs, output: &Output) -> Result<End, Failure> {
    let DataCommand::Fetch(fetch) = &args.command;
    for &dataset in &fetch.datasets {
        let mut listener = progress::listener(output, false);
        let place = wiring::fetch(dataset, fetch.data.as_deref(), &fetch.mirror, &mut *listener)?;
        listener.done();
        // The place is the answer: a script may want it.
        output.data(&place.display().to_string())?;
    }
    Ok(End::Done)
}
