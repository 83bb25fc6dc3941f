//! `memspike trace`: the events of a recorded run, those that are selected.

use super::selection::Selection;
use super::told::Trace;
use super::{Place, begin_at};
use crate::cli::args::TraceArgs;
use crate::cli::end::End;
use crate::cli::export::kept;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::show;
use crate::cli::stop::Stop;
use memspike::engine::{Observer as _, Record, Spike};
use memspike::plasticity::Change;
use memspike::record::LogReader;
use memspike::record::timeline::{Entry, Lane, Timeline};
use memspike::report::manifest::MadeFrom;
use serde_json::Value;
use std::path::Path;
use std::sync::atomic::Ordering;

pub fn trace(args: &TraceArgs, stop: &Stop, output: &Output) -> Result<End, Failure> {
    let run = show::find(&args.run)?;
    let names = Names::of(&run)?;
    let populations = names.populations.iter().map(|(name, size)| (name.as_str(), *size));
    let selection = Selection::of(&args.selection, populations)?;
    let logs = kept(&run)?;
    let mut logs = logs.iter().map(|log| LogReader::open(log)).collect::<Result<Vec<_>, _>>()?;
    let place = args.out.clone().map_or(Place::Data, Place::File);
    let asked = stop.heed();
    let tracing = begin_at(selection, place, args.format, stop, output)?;
    let told = tracing.within(|| tell(&mut logs, &names, &|| asked.load(Ordering::Relaxed)));
    tracing.flush()?;
    told
}

/// Tells every event of the logs to the trace of this thread.
fn tell(logs: &mut [LogReader], names: &Names, asked: &dyn Fn() -> bool) -> Result<End, Failure> {
    let populations = names.populations.iter().map(|(name, _)| name.clone()).collect();
    let mut trace = Trace::of_records(names.sources.clone(), populations, names.projections.clone());
    let mut timeline = Timeline::new(logs)?;
    let mut shown = None;
    let told = timeline.each(|lane, entry| {
        if asked() {
            return Err(Told::Stopped);
        }
        if lane.spans() || shown.is_none() {
            let what = if lane.spans() { lane.label(entry.label) } else { "simulation" };
            trace.begin(entry.episode, what);
            shown = Some(entry.episode);
        }
        if let Some(record) = names.record(lane, entry) {
            trace.record(entry.episode, &record);
        } else if let ("membrane", [Some(id), _], &[u]) = (lane.name(), entry.ends, entry.values.as_slice()) {
            trace.within(|trace| trace.membrane(entry.within, lane.label(entry.label), id, u));
        } else if let ("states", [Some(id), _], &[value]) = (lane.name(), entry.ends, entry.values.as_slice())
        {
            let (population, variable) = (lane.label(entry.label), lane.quantity(entry.variable, 0));
            trace.within(|trace| trace.state(entry.within, (population, id), variable, value));
        }
        Ok(())
    });
    match told {
        Ok(()) => Ok(End::Done),
        Err(Told::Stopped) => Ok(End::Stopped),
        Err(Told::Failed(failure)) => Err(failure),
    }
}

/// Why the events were not told to their end.
enum Told {
    Stopped,
    Failed(Failure),
}

impl From<memspike::record::RecordError> for Told {
    fn from(error: memspike::record::RecordError) -> Self {
        Self::Failed(error.into())
    }
}

/// What the manifest says of the network: its plan may be that of another version, or have models of somebody.
struct Names {
    sources: Vec<String>,
    /// With their sizes.
    populations: Vec<(String, u32)>,
    /// With the population they go to.
    projections: Vec<(String, usize)>,
}

impl Names {
    fn of(run: &Path) -> Result<Self, Failure> {
        let manifest = MadeFrom::read(run)?;
        let all = |section: &str| manifest.plan()[section].as_array().cloned().unwrap_or_default();
        let name = |one: &Value| one["name"].as_str().unwrap_or_default().to_string();
        let number = |one: &Value| one.as_u64().unwrap_or_default();
        Ok(Self {
            sources: all("sources").iter().map(name).collect(),
            populations: all("populations")
                .iter()
                .map(|one| (name(one), number(&one["size"]) as u32))
                .collect(),
            projections: all("projections")
                .iter()
                .map(|one| (name(one), number(&one["to"]) as usize))
                .collect(),
        })
    }

    /// What a row of a record was in the stream of the run.
    fn record(&self, lane: &Lane, entry: &Entry) -> Option<Record> {
        let (time, label) = (entry.within, lane.label(entry.label));
        let population = || self.populations.iter().position(|(name, _)| name == label);
        let source = || self.sources.iter().position(|name| name == label);
        let projection = self.projections.iter().position(|(name, _)| name == label).map(|at| at as u32);
        match (lane.name(), entry.ends, entry.values.as_slice()) {
            ("spikes", [Some(id), _], _) => match population() {
                Some(at) => Some(Record::Spike(Spike { time, population: at as u32, neuron: id })),
                None => source().map(|at| Record::Emit { time, source: at as u32, line: id }),
            },
            ("weight_samples", [Some(row), Some(column)], &[weight]) => {
                Some(Record::Weight { time, projection: projection?, row, column, weight, devices: None })
            }
            ("weight_changes", [Some(row), Some(column)], &[before, after, joules]) => {
                let joules = Some(joules).filter(|joules| !joules.is_nan());
                let change = Change { time: Some(time), row, column, before, after, joules };
                Some(Record::Change { projection: projection?, change })
            }
            _ => None,
        }
    }
}
