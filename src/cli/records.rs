//! The records of a run in its directory: logs while it goes on, tables when it is over.

use super::failure::Failure;
use memspike::network::Origin;
use memspike::plasticity::Rule;
use memspike::record::courses::{self, Course};
use memspike::record::matrix::{self, Matrix};
use memspike::record::membrane::MembraneRecord;
use memspike::record::presentations::PresentationRecord;
use memspike::record::rundir::RunDir;
use memspike::record::spikes::{self, Drawn, Names, SpikeRecord};
use memspike::record::states::StateRecord;
use memspike::record::synapses::SynapseRecord;
use memspike::record::{
    Format, Formats, LogReader, LogRecorder, Position, Positions, RecordError, Records, Take, export, format,
};
use memspike::scenario::plan::{Plan, PopulationPlan, ProjectionPlan};
use memspike::time::Time;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The file in a run directory that a run goes on from.
pub const CHECKPOINT: &str = "checkpoint.bin";

/// Every record that a run may have: `NAME.log` while it goes on.
const NAMES: [&str; 8] = [
    "spikes",
    "presentations",
    "membrane",
    "states",
    "weight_samples",
    "conductance_samples",
    "weight_changes",
    "connections",
];

fn log(dir: &RunDir, name: &str) -> PathBuf {
    dir.path().join(format!("{name}.log"))
}

/// The format that every run keeps its records in.
const KEPT: format::Log = format::Log;

/// Spikes that are drawn in the raster picture: some 2.5 MB of a page.
const KEPT_FOR_RASTER: usize = 1_000_000;

/// Neurons of a population whose membranes are drawn.
const KEPT_OF_MEMBRANES: u32 = 3;

/// What of the records of a run is drawn.
#[derive(Default)]
pub struct Shown {
    /// Spikes of `plan.record.spikes`; labels are indices into it.
    pub spikes: Option<Drawn>,
    pub membranes: Vec<Course<1>>,
    pub weights: Vec<Course<5>>,
    pub matrices: Vec<Matrix>,
}

/// The run writes into the records, and a checkpoint asks where they stand.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<Records>>);

impl Shared {
    pub fn get(&self) -> MutexGuard<'_, Records> {
        // What a thread that panicked left behind is still a record.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a plan asks to be recorded.
fn wanted(plan: &Plan) -> Vec<Box<dyn Take>> {
    let projections = plan.projections.iter().map(|one| (one.name.clone(), one.kernel.weight_unit()));
    let names = Names {
        sources: plan.sources.iter().map(|source| source.name.clone()).collect(),
        populations: plan.populations.iter().map(|population| population.name.clone()).collect(),
        on: plan.populations.iter().map(on_time).collect(),
        projections: projections.collect(),
        ends: plan.projections.iter().map(|one| ends(plan, one)).collect(),
        pulses: plan.projections.iter().map(pulse).collect(),
    };
    let record = &plan.record;
    let mut wanted: Vec<Box<dyn Take>> = Vec::new();
    if !record.spikes.is_empty() {
        let several = plan.protocol.as_it_is().is_none();
        let every = several.then(|| record.spikes_every.map_or(1, u64::from));
        wanted.push(Box::new(SpikeRecord::new(&record.spikes, &names, every)));
        wanted.extend(every.map(|every| Box::new(PresentationRecord::new(every)) as Box<dyn Take>));
    }
    if !record.membrane.is_empty() {
        wanted.push(Box::new(MembraneRecord::new(&record.membrane, &names)));
    }
    if !record.states.is_empty() {
        let recorded = |name: &String| record.states.iter().any(|chosen| chosen.name == *name);
        let populations = plan.populations.iter().filter(|one| recorded(&one.name));
        let told: Vec<_> = populations.flat_map(|population| population.neuron.told()).collect();
        wanted.push(Box::new(StateRecord::new(&record.states, &names, &told)));
    }
    let every = record.weights_every.map(u64::from);
    if !record.weights.is_empty() {
        wanted.push(Box::new(SynapseRecord::weights(&record.weights, &names, every)));
    }
    if !record.conductances.is_empty() {
        wanted.push(Box::new(SynapseRecord::conductances(&record.conductances, &names, every)));
    }
    if !record.weight_changes.is_empty() {
        wanted.push(Box::new(SynapseRecord::changes(&record.weight_changes, &names)));
    }
    if !record.connections.is_empty() {
        wanted.push(Box::new(SynapseRecord::connections(&record.connections, &names)));
    }
    wanted
}

/// How long the devices behind the neurons of a population conduct when they have fired.
fn on_time(population: &PopulationPlan) -> Time {
    let on = population.switch.as_ref().map(|switch| Time::from_seconds(switch.on_time));
    on.and_then(Result::ok).unwrap_or_default()
}

/// How long the pulse is that changes a device of a projection: of two that overlap, the longer one.
fn pulse(projection: &ProjectionPlan) -> Time {
    if let Some(pulse) = projection.plasticity.as_ref().and_then(|plasticity| plasticity.rule.pulsed(1.0)) {
        return Time::from_seconds(pulse.width).unwrap_or_default();
    }
    let Some(plasticity) = projection.plasticity.as_ref().filter(|_| projection.device.is_some()) else {
        return Time::ZERO;
    };
    match &plasticity.rule {
        Rule::Overlap(overlap) => {
            let [row, column] = overlap.pulses.waveforms();
            row.end().max(column.end())
        }
        _ => Time::from_seconds(plasticity.program.width).unwrap_or_default(),
    }
}

/// What a projection joins.
fn ends(plan: &Plan, projection: &ProjectionPlan) -> [String; 2] {
    let from = match projection.from {
        Origin::Source(source) => &plan.sources[source].name,
        Origin::Population(population) => &plan.populations[population].name,
    };
    [from.clone(), plan.populations[projection.to].name.clone()]
}

/// The logs of a run. They are removed when this is dropped, unless a checkpoint names places in them.
pub struct Logs<'a> {
    dir: &'a RunDir,
    records: Shared,
    names: Vec<String>,
}

impl<'a> Logs<'a> {
    /// Begins what the plan records, or goes on with it from where a checkpoint says.
    ///
    /// # Errors
    /// If a log cannot be made or gone on with.
    pub fn begin(plan: &Plan, dir: &'a RunDir, from: Option<Positions>) -> Result<Self, Failure> {
        let recorder = |path: &PathBuf, name: &str| {
            let Some(from) = &from else { return Ok(LogRecorder::new(path)) };
            from.get(name).map(|&position| LogRecorder::from(path, position)).ok_or_else(|| {
                let why = "the checkpoint has no place in it".to_string();
                RecordError::NoSuchPosition { path: path.clone(), position: Position::default(), why }
            })
        };
        let wanted = wanted(plan);
        let names = wanted.iter().map(|take| take.schema().name).collect();
        let logs = Self { dir, records: Shared(Arc::default()), names };
        let mut records = Records::default();
        for (take, name) in wanted.into_iter().zip(&logs.names) {
            let place = dir.claim(&format!("{name}.log"))?;
            records.add(Box::new(recorder(&place, name)?), take)?;
        }
        *logs.records.get() = records;
        Ok(logs)
    }

    pub fn records(&self) -> Shared {
        self.records.clone()
    }

    /// Bytes of all logs now.
    pub fn bytes(&self) -> u64 {
        bytes(self.dir)
    }

    /// Writes what was recorded in the formats of these names, unless `stop` is set, and returns what is drawn of it; `groups`
    /// are the neurons whose spikes are recorded, `sizes` the neurons on either side of each projection.
    ///
    /// # Errors
    /// The first failure of a write, and if it was stopped.
    pub fn finish(
        self,
        (groups, sizes): (&[Range<u32>], &[[u32; 2]]),
        (formats, known): (&[String], &Formats),
        stop: &Arc<AtomicBool>,
    ) -> Result<Shown, Failure> {
        std::mem::take(&mut *self.records.get()).finish()?;
        let logs: Vec<PathBuf> = self.names.iter().map(|name| log(self.dir, name)).collect();
        // What is kept is what other formats are written from later.
        let chosen =
            formats.iter().filter_map(|name| known.find(name)).filter(|format| format.name() != KEPT.name());
        for format in std::iter::once(&KEPT as &dyn Format).chain(chosen) {
            export(&logs, self.dir, format, Some(stop))?;
        }
        let mut shown = Shown::default();
        for name in &self.names {
            let log = LogReader::open(&log(self.dir, name))?.unless(stop);
            match name.as_str() {
                "spikes" => shown.spikes = Some(spikes::drawn(log, groups, KEPT_FOR_RASTER)?),
                "membrane" => shown.membranes = courses::membranes(log, KEPT_OF_MEMBRANES)?,
                "connections" => shown.matrices = matrix::matrices(log, sizes)?,
                "weight_samples" => shown.weights = courses::weights(log)?,
                _ => {}
            }
        }
        Ok(shown)
    }
}

/// Bytes of records whose writing takes longer than whoever stops a run waits.
pub const MANY: u64 = 4 << 20;

/// Bytes of the logs of a run.
pub fn bytes(dir: &RunDir) -> u64 {
    NAMES.iter().filter_map(|name| std::fs::metadata(log(dir, name)).ok()).map(|log| log.len()).sum()
}

/// Removes the logs of a run that nothing goes on with any more.
pub fn discard(dir: &RunDir) {
    for name in NAMES {
        // If it cannot be removed, it is only in the way.
        let _ = std::fs::remove_file(log(dir, name));
    }
}

impl Drop for Logs<'_> {
    fn drop(&mut self) {
        if !self.dir.path().join(CHECKPOINT).is_file() {
            discard(self.dir);
        }
    }
}
