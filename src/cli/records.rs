//! The records of a run in its directory: logs while it goes on, tables when it is over.

use super::failure::Failure;
use memspike::record::rundir::RunDir;
use memspike::record::spikes::{self, MembraneRecord, Names, Positions, SpikeRecord};
use memspike::record::{Formats, LogRecorder, Position, RecordError, Recorder, Records, SpikeRow, export};
use memspike::scenario::plan::Plan;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The file in a run directory that a run goes on from.
pub const CHECKPOINT: &str = "checkpoint.bin";

const SPIKES: &str = "spikes.log";
const MEMBRANE: &str = "membrane.log";

/// Spikes that are drawn in the raster picture.
const KEPT_FOR_RASTER: usize = 50_000;

/// The run writes into the records, and a checkpoint asks where they stand.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Records>>);

impl Shared {
    pub fn get(&self) -> MutexGuard<'_, Records> {
        // What a thread that panicked left behind is still a record.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The logs of a run. They are removed when this is dropped, unless a checkpoint names places in them.
pub struct Logs<'a> {
    dir: &'a RunDir,
    records: Shared,
    spikes: Option<PathBuf>,
    membrane: Option<PathBuf>,
}

impl<'a> Logs<'a> {
    /// Begins what the plan records, or goes on with it from where a checkpoint says.
    ///
    /// # Errors
    /// If a log cannot be made or gone on with.
    pub fn begin(plan: &Plan, dir: &'a RunDir, from: Option<Positions>) -> Result<Self, Failure> {
        let names = Names {
            sources: plan.sources.iter().map(|source| source.name.clone()).collect(),
            populations: plan.populations.iter().map(|population| population.name.clone()).collect(),
        };
        let recorder = |path: &PathBuf, position: fn(Positions) -> Option<Position>| {
            let Some(from) = from else { return Ok(LogRecorder::new(path)) };
            position(from).map(|position| LogRecorder::from(path, position)).ok_or_else(|| {
                let why = "the checkpoint has no place in it".to_string();
                RecordError::NoSuchPosition { path: path.clone(), position: Position::default(), why }
            })
        };
        let boxed = |recorder: LogRecorder| -> Box<dyn Recorder> { Box::new(recorder) };
        let wanted = !plan.record.spikes.is_empty();
        let mut logs = Self {
            dir,
            records: Shared(Arc::default()),
            spikes: wanted.then(|| dir.path().join(SPIKES)),
            membrane: (!plan.record.membrane.is_empty() && plan.record.membrane_interval.is_some())
                .then(|| dir.path().join(MEMBRANE)),
        };
        let mut records = Records::default();
        if let Some(path) = &logs.spikes {
            let recorder = boxed(recorder(path, |from| from.spikes)?);
            let episodes = plan.protocol.as_it_is().is_none();
            records.spikes = Some(SpikeRecord::begin(recorder, &plan.record.spikes, &names, episodes)?);
        }
        if let Some(path) = &logs.membrane {
            let recorder = boxed(recorder(path, |from| from.membrane)?);
            records.membrane = Some(MembraneRecord::begin(recorder, &names)?);
        }
        logs.records = Shared(Arc::new(Mutex::new(records)));
        Ok(logs)
    }

    pub fn records(&self) -> Shared {
        self.records.clone()
    }

    /// Writes what was recorded in the formats of these names and returns the first spikes and how many there are in all.
    ///
    /// # Errors
    /// The first failure of a write.
    pub fn finish(self, formats: &[String], known: &Formats) -> Result<(Vec<SpikeRow>, u64), Failure> {
        std::mem::take(&mut *self.records.get()).finish()?;
        for format in formats.iter().filter_map(|name| known.find(name)) {
            for (log, name) in [(&self.spikes, "spikes"), (&self.membrane, "membrane")] {
                if let Some(log) = log {
                    export(log, self.dir, name, format)?;
                }
            }
        }
        match &self.spikes {
            Some(log) => Ok(spikes::first(log, KEPT_FOR_RASTER)?),
            None => Ok((Vec::new(), 0)),
        }
    }
}

/// Removes the logs of a run that nothing goes on with any more.
pub fn discard(dir: &RunDir) {
    for log in [SPIKES, MEMBRANE] {
        // If it cannot be removed, it is only in the way.
        let _ = std::fs::remove_file(dir.path().join(log));
    }
}

impl Drop for Logs<'_> {
    fn drop(&mut self) {
        if !self.dir.path().join(CHECKPOINT).is_file() {
            discard(self.dir);
        }
    }
}
