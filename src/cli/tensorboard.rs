//! What a run measures on its way, for TensorBoard: beside the listener that tells it to the terminal.

use super::failure::Failure;
use super::host;
use memspike::record::RecordError;
use memspike::record::rundir::RunDir;
use memspike::record::tensorboard::{EventFile, FILE};
use memspike::report::summary::Summary;
use memspike::scenario::outcome::Status;
use memspike::scenario::plan::Plan;
use memspike::scenario::progress::{Measured, Progress};

/// A listener that also writes an event file, if the plan wants one.
pub struct Watched {
    listener: Box<dyn Progress>,
    file: Option<EventFile>,
    /// The first failure: a full disk does not end the run, and is told when it is over.
    failed: Option<RecordError>,
}

impl Watched {
    /// Begins the file in a run directory, or goes on with the one that is there.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn new(plan: &Plan, dir: &RunDir, listener: Box<dyn Progress>) -> Result<Self, Failure> {
        let begin = || EventFile::resume(&dir.claim(FILE)?, host::unix_seconds());
        let file = plan.record.tensorboard.then(begin).transpose()?;
        Ok(Self { listener, file, failed: None })
    }

    /// Writes what the whole run came to.
    ///
    /// # Errors
    /// The first failure of a write.
    pub fn finish(mut self, summary: &Summary) -> Result<(), Failure> {
        let energy = summary.energy_j.iter().map(|(name, joules)| (format!("energy/{name} [J]"), *joules));
        let inference =
            summary.energy_per_inference_j.map(|joules| ("energy/per inference [J]".into(), joules));
        let test = summary.accuracy.as_ref().and_then(|of| Some((of.measure, of.test?)));
        let test = test.map(|(measure, test)| (format!("{}/test", measure.name().replace(' ', "_")), test));
        let rates = summary.rate_hz.iter().map(|(name, rate)| (format!("rate/{name} [Hz]"), *rate));
        let values: Vec<(String, f64)> = rates.chain(test).chain(energy).chain(inference).collect();
        if summary.status == Status::Done {
            self.write(Measured { axis: "run", step: 0, values: &values });
        }
        self.failed.map_or(Ok(()), |failed| Err(failed.into()))
    }

    fn write(&mut self, measured: Measured<'_>) {
        let Some(file) = &mut self.file else { return };
        let values: Vec<(&str, f64)> =
            measured.values.iter().map(|(name, value)| (name.as_str(), *value)).collect();
        if self.failed.is_none() && !values.is_empty() {
            self.failed = file.measured(host::unix_seconds(), (measured.axis, measured.step), &values).err();
        }
    }
}

impl Progress for Watched {
    fn phase(&mut self, name: &str, total: u64) {
        self.listener.phase(name, total);
    }

    fn whole(&mut self, done: u64, parts: u64) {
        self.listener.whole(done, parts);
    }

    fn advance(&mut self, by: u64) {
        self.listener.advance(by);
    }

    fn message(&mut self, text: &str) {
        self.listener.message(text);
    }

    fn steps(&mut self, each: f64, unit: &'static str) {
        self.listener.steps(each, unit);
    }

    fn measured(&mut self, measured: Measured<'_>) {
        self.write(measured);
        self.listener.measured(measured);
    }

    fn line(&mut self, text: &str) {
        self.listener.line(text);
    }

    fn done(&mut self) {
        self.listener.done();
    }
}
