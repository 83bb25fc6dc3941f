//! Random small networks, and what a run of one leaves behind.

#![allow(dead_code, reason = "every test file uses its own part of this")]

mod generated;

pub use generated::*;

use memspike::encoding::{AliasTable, BlockRate};
use memspike::engine::{Counts, Heap, Probe, Queue, Record, Silent, Simulation, Spike, State, Stream};
use memspike::network::{Network, Weights};
use memspike::numeric::Real;
use memspike::snapshot::{Payload, encode};
use memspike::time::Time;
use std::sync::Arc;

/// A network with what a run of it needs.
pub struct Built {
    pub network: Arc<Network>,
    pub values: Vec<Vec<f64>>,
    pub tables: Vec<(AliasTable, f64)>,
    pub seed: u64,
    /// What it was made of.
    pub spec: Spec,
}

impl Built {
    pub fn weights<R: Real>(&self) -> Weights<R> {
        Weights::from_values(&self.network, &self.values)
    }

    pub fn rates(&self) -> Vec<BlockRate> {
        self.tables.iter().map(|(table, rate)| BlockRate::new(&table.cells, *rate)).collect()
    }

    /// A simulation at the beginning of episode 3.
    pub fn start<R: Real, Q: Queue<R>>(&self) -> Simulation<R, Q> {
        let mut simulation = Simulation::new(&self.network, self.seed);
        simulation.begin(3, &self.rates()).unwrap();
        simulation
    }
}

/// What a run leaves behind.
#[derive(Debug, PartialEq)]
pub struct Trace {
    pub spikes: Vec<Spike>,
    pub records: Vec<Record>,
    pub counts: Counts,
    /// The state, bit for bit.
    pub state: Vec<u8>,
}

pub fn bits<R: Real>(state: &State<R>) -> Vec<u8> {
    encode(Payload::State, state).unwrap()
}

impl Trace {
    /// The first thing in which two runs differ.
    pub fn difference(&self, other: &Self) -> Option<String> {
        let pairs = self.records.iter().zip(&other.records).enumerate();
        for (index, (one, another)) in pairs {
            if one != another {
                let before = &self.records[index.saturating_sub(5)..index];
                return Some(format!("record {index}: {one:?} and {another:?}, after {before:?}"));
            }
        }
        if self.records.len() != other.records.len() {
            let index = self.records.len().min(other.records.len());
            let next = (self.records.get(index), other.records.get(index));
            return Some(format!("{} and {} records: {next:?}", self.records.len(), other.records.len()));
        }
        if self.counts != other.counts {
            return Some(format!("counts {:?} and {:?}", self.counts, other.counts));
        }
        (self.state != other.state).then(|| "the states".to_string())
    }
}

/// When to stop: at `end`, or earlier if very much happens (loops of short delays).
pub fn end_of(built: &Built, end: Time) -> Time {
    let mut simulation = built.start::<f64, Heap>();
    let weights = built.weights();
    let mut steps = 0;
    while simulation.step(&weights, end, &mut Silent).unwrap() {
        steps += 1;
        if steps > 3000 || simulation.counts().fire > 5000 {
            return simulation.state().now;
        }
    }
    end
}

/// More steps than any run of these tests has.
const ENDLESS: u32 = 1_000_000;

/// Runs to `end` in one go. A clock that stands still fails the test instead of holding it for ever.
pub fn run<R: Real, Q: Queue<R>, P: Probe<R>>(
    simulation: &mut Simulation<R, Q>,
    weights: &Weights<R>,
    end: Time,
    probe: &mut P,
) {
    let steps = (0..ENDLESS).take_while(|_| simulation.step(weights, end, probe).unwrap()).count();
    assert!(steps < ENDLESS as usize, "a run without end");
    simulation.run(weights, end, probe).unwrap(); // Nothing is left but to bring the clock to `end`.
}

/// Runs to `end` in one go, everything recorded.
pub fn trace<R: Real, Q: Queue<R>>(built: &Built, end: Time) -> Trace {
    let mut simulation = built.start::<R, Q>();
    let mut stream = Stream::default();
    run(&mut simulation, &built.weights(), end, &mut stream);
    finish(&simulation, stream)
}

pub fn finish<R: Real, Q: Queue<R>>(simulation: &Simulation<R, Q>, stream: Stream) -> Trace {
    Trace {
        spikes: spikes_of(&stream.records),
        records: stream.records,
        counts: simulation.counts().clone(),
        state: bits(&simulation.state()),
    }
}

pub fn spikes_of(records: &[Record]) -> Vec<Spike> {
    records
        .iter()
        .filter_map(|record| match record {
            Record::Spike(spike) => Some(*spike),
            _ => None,
        })
        .collect()
}

/// Spikes only: what batches are delivered to.
pub fn spikes<R: Real, Q: Queue<R>>(built: &Built, end: Time) -> Vec<Spike> {
    let mut spikes: Vec<Spike> = Vec::new();
    run(&mut built.start::<R, Q>(), &built.weights(), end, &mut spikes);
    spikes
}

/// (projection, row, occurrence) of what arrives at an instant.
pub type Arrivals = Vec<(u32, u32, u32)>;

/// Takes every instant.
#[derive(Debug, Default)]
pub struct Learner {
    pub instants: Vec<(Time, Arrivals, Vec<Spike>)>,
}

impl<R: Real> Probe<R> for Learner {
    const LEARN: bool = true;

    fn instant(&mut self, instant: memspike::engine::Instant<'_>) {
        let arrivals = instant.arrivals.iter().map(|key| (key.source, key.row, key.occurrence)).collect();
        self.instants.push((instant.time, arrivals, instant.spikes.to_vec()));
    }
}
