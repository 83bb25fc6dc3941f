//! Why a simulation cannot begin, or cannot go on: what, where, which value, what is allowed.

use super::learn::LearningError;
use super::lockstep::{MOST, MOST_ARRIVALS};
use super::probe::Spike;
use super::resume::StateError;
use super::route::{Values, each_target};
use super::state::{Counted, Counts};
use crate::encoding::{BLOCK, BlockRate, MAX_DRAWN_RATE};
use crate::network::{Fault, Form, Network, Origin, Weights, WeightsError};
use crate::neuron::{Floor, MAX_AT_ONCE, Neuron, Reset};
use crate::numeric::Real;
use crate::time::{FS_PER_SECOND, Time};

/// Rates that the Poisson blocks of a network cannot have.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RatesError {
    /// Another number of them than there are blocks.
    #[error(
        "{found} rates for {expected} Poisson blocks; one for each block of up to {BLOCK} lines is wanted, in order of the sources"
    )]
    Count {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// More spikes than femtoseconds.
    #[error(
        "lines {first} to {last} of source `{source_name}` spike at {rate:e} Hz in total; allowed: 0 Hz to {MAX_DRAWN_RATE} for lines that are drawn together, whose spikes lie at least a femtosecond apart"
    )]
    TooFast {
        /// Name of the source.
        source_name: String,
        /// First line of the block.
        first: u32,
        /// Its last line.
        last: u32,
        /// Of all its lines together, in hertz.
        rate: f64,
    },
}

/// What a population does in a training that diverges.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum Divergence {
    /// Its weights are no numbers any more.
    #[error(
        "is reached by what is no number: training diverges; a lower learning rate, or a bound of the weights, keeps it finite"
    )]
    NoNumber,
    /// It fires without end after weights have changed.
    #[error(
        "fires more than {MOST} times in one presentation: training diverges; a lower learning rate, or a bound of the weights, \
         keeps it finite"
    )]
    Spikes,
    /// It fires without end before anything was learned.
    #[error(
        "fires more than {MOST} times in one presentation before anything is learned: the largest weight that leads to it is \
         {largest:.3e} of its threshold; smaller weights (are they in the right unit?) let it rest"
    )]
    FromTheStart {
        /// In units of the threshold, or of what lifts a membrane to it in the long run.
        largest: f64,
    },
    /// More reaches it than a presentation may hold.
    #[error(
        "is reached by more than {MOST_ARRIVALS} spikes in one presentation, each counted at every synapse that has a delay of its own; \
         fewer spikes or synapses, or a shorter presentation, make it possible"
    )]
    Arrivals,
    /// A presentation is too long for its time constants, which learn, or its delays.
    #[error(
        "has a time constant, or a delay to itself, that is too short for the length of a presentation; a shorter presentation or \
         longer times make it possible"
    )]
    Pieces,
}

/// Why a simulation stops before its end.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SimulationError {
    /// What was described is not a network.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Network(Vec<Fault>),
    /// Rates that the blocks cannot have.
    #[error(transparent)]
    Rates(#[from] RatesError),
    /// A state that cannot be continued.
    #[error(transparent)]
    State(#[from] StateError),
    /// A loss that is no number, or a neuron that fires without end, in training.
    #[error("population `{population}` {why}")]
    Diverged {
        /// The first population of which that is so.
        population: String,
        /// What it does.
        why: Divergence,
    },
    /// Weights that are not those of the network.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Rules that are not those of the network, or of the state.
    #[error(transparent)]
    Learning(#[from] LearningError),
    /// Threads that the system does not give.
    #[error(transparent)]
    Threads(#[from] crate::threads::ThreadsError),
    /// The run would be recorded on a tape, and this population tells nothing that the tape takes down.
    #[error("population `{population}` cannot be recorded on this tape: {why}")]
    Tape {
        /// Name of the population.
        population: String,
        /// What it does instead.
        why: &'static str,
    },
    /// More spikes at one instant than can be: a weight in the wrong unit.
    #[error(
        "neuron {neuron} of population `{population}` would spike more than {MAX_AT_ONCE} times at {time}: {}; a weight that is so much larger than the threshold may be in another unit than was meant",
        named(.weight.as_ref())
    )]
    TooOften {
        /// Name of the population.
        population: String,
        /// Number of the neuron.
        neuron: u32,
        /// When it would.
        time: Time,
        /// The largest weight that reaches it, if it is of a jump.
        weight: Option<LargestWeight>,
    },
    /// More spikes in a presentation than are kept.
    #[error(
        "population `{population}` spikes most of more than {most} times in one presentation; shorter presentations, or a weaker drive, \
         make fewer"
    )]
    TooMany {
        /// The population that spikes most.
        population: String,
        /// Spikes of all populations that may be.
        most: u64,
    },
    /// More spikes or arrivals in an episode than are counted.
    #[error(
        "{what} {number} of `{name}` has had 4294967295 {of} in one episode, which is as far as they are counted; shorter episodes end before"
    )]
    Uncounted {
        /// "neuron" or "row".
        what: &'static str,
        /// Its number.
        number: u32,
        /// Name of its population or projection.
        name: String,
        /// "spikes" or "arrivals".
        of: &'static str,
    },
    /// A membrane left the finite numbers.
    #[error(
        "the membrane of neuron {neuron} of population `{population}` is {} V at {time}; it must stay finite: its weights or currents are too large", crate::hint::number(*u)
    )]
    NotFinite {
        /// Name of the population.
        population: String,
        /// Number of the neuron.
        neuron: usize,
        /// When it was found.
        time: Time,
        /// What it is, in volts.
        u: f64,
    },
}

impl From<Vec<Fault>> for SimulationError {
    fn from(faults: Vec<Fault>) -> Self {
        Self::Network(faults)
    }
}

/// The largest weight of a neuron.
#[derive(Clone, Debug, PartialEq)]
pub struct LargestWeight {
    /// Name of its projection.
    pub projection: String,
    /// The line it comes from; with delays of single synapses the number of the synapse.
    pub row: u32,
    /// In volts.
    pub volts: f64,
    /// In thresholds of the neuron.
    pub thresholds: f64,
}

fn named(weight: Option<&LargestWeight>) -> String {
    match weight {
        Some(LargestWeight { projection, row, volts, thresholds }) => format!(
            "its largest weight, from row {row} of projection `{projection}`, is {volts:e} V or {thresholds:e} thresholds"
        ),
        None => "it has no weight that is a jump".into(),
    }
}

/// Whether everything could be counted so far.
pub(super) fn check_counts(network: &Network, counts: &Counts) -> Result<(), SimulationError> {
    let Some((counted, number)) = counts.full() else { return Ok(()) };
    let (what, name, of) = match counted {
        Counted::Neuron(index) => ("neuron", &network.populations[index].name, "spikes"),
        Counted::Row(index) => ("row", &network.projections[index].name, "arrivals"),
    };
    Err(SimulationError::Uncounted { what, number, name: name.clone(), of })
}

/// The error of a neuron that would spike more often at once than there is.
#[cold]
pub(super) fn too_often<R: Real>(network: &Network, weights: &Weights<R>, spike: Spike) -> SimulationError {
    let (index, neuron) = (spike.population as usize, spike.neuron);
    let population = &network.populations[index];
    let mut largest: Option<LargestWeight> = None;
    for (projection, values) in network.projections.iter().zip(&weights.projections) {
        if projection.to != index || !projection.kernel.jumps() {
            continue;
        }
        for row in 0..projection.arrival_rows() as u32 {
            each_target(
                projection,
                population.size,
                Values::All(values),
                row,
                neuron..neuron + 1,
                |_, volts| {
                    if largest.as_ref().is_none_or(|largest| volts > largest.volts) {
                        let thresholds = volts / population.member(neuron).membrane().theta();
                        largest = Some(LargestWeight {
                            projection: projection.name.clone(),
                            row,
                            volts,
                            thresholds,
                        });
                    }
                },
            );
        }
    }
    let (population, time) = (population.name.clone(), spike.time);
    SimulationError::TooOften { population, neuron, time, weight: largest }
}

/// Whether the blocks of a network can have these rates; `sources` are the source and first line of each.
pub(super) fn check_rates(
    network: &Network,
    sources: &[(u32, u32)],
    rates: &[BlockRate],
) -> Result<(), RatesError> {
    if rates.len() != sources.len() {
        return Err(RatesError::Count { found: rates.len(), expected: sources.len() });
    }
    match rates.iter().zip(sources).find(|(rate, _)| !rate.possible()) {
        None => Ok(()),
        Some((rate, &(source, first))) => {
            let source = &network.sources[source as usize];
            let last = first.saturating_add(BLOCK).min(source.size) - 1;
            let rate = FS_PER_SECOND / rate.mean_gap_fs;
            Err(RatesError::TooFast { source_name: source.name.clone(), first, last, rate })
        }
    }
}

/// What the populations of a network can tell a tape of the rows that reach them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Taped {
    /// A population that tells [`super::Probe::row`], one that tells [`super::Probe::held_row`], and one that tells neither.
    free: Option<usize>,
    held: Option<usize>,
    silent: Option<usize>,
    /// A population of neurons that differ: gradients are those of one threshold.
    differ: Option<usize>,
    /// A population that neurons reach which may spike several times at once: a row has one weight on a tape.
    gathers: Option<usize>,
}

impl Taped {
    pub fn of(network: &Network) -> Self {
        let mut taped = Self::default();
        for (index, population) in network.populations.iter().enumerate() {
            let reached = network.projections.iter().any(|projection| projection.to == index);
            let holds = population.lif.t_ref.get() > 0.0
                || population.neuron.varies()
                || population.lif.floor == Floor::Rest;
            let several = network.projections.iter().any(|projection| {
                let Origin::Population(from) = projection.from else { return false };
                let drains = |neuron: &Neuron| neuron.membrane().reset == Reset::Subtract;
                projection.to == index && network.populations[from].kinds().any(drains)
            });
            taped.differ = taped.differ.or((reached && population.differ()).then_some(index));
            taped.gathers = taped.gathers.or(several.then_some(index));
            match population.form {
                _ if !reached => {}
                Form::SharedDecay if holds => taped.held = taped.held.or(Some(index)),
                Form::SharedDecay => taped.free = taped.free.or(Some(index)),
                Form::OwnTime | Form::Scaled => taped.silent = taped.silent.or(Some(index)),
            }
        }
        taped
    }

    /// Whether a probe that takes rows of membranes that are free, of those that are held, or of both sees all of them.
    pub fn check(self, network: &Network, free: bool, held: bool) -> Result<(), SimulationError> {
        let wrong = [
            (
                self.silent,
                "rows are taped only where every row reaches every neuron by jumps and the bias stays below threshold",
            ),
            (self.differ, "its neurons differ in their parameters, and those of a tape are alike"),
            (
                self.held.filter(|_| !held),
                "its neurons are refractory or differ in threshold, which takes a tape of held membranes",
            ),
            (
                self.gathers,
                "neurons that may spike several times at once reach it, and a row has one weight on a tape",
            ),
            (self.free.filter(|_| !free), "its neurons are never refractory, which this tape does not take"),
        ];
        match wrong.into_iter().find_map(|(population, why)| Some((population?, why))) {
            None => Ok(()),
            Some((population, why)) => {
                Err(SimulationError::Tape { population: network.populations[population].name.clone(), why })
            }
        }
    }
}
