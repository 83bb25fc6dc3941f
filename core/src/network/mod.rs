//! The frozen description of a network, checked once, and the engine choices that follow from it.
//!
//! Weights are kept apart ([`Weights`]), because training changes them; everything here is constant.

mod build;
mod competition;
mod compile;
mod connect;
mod convolution;
mod current;
mod fault;
pub mod kernel;
mod storage;

pub use build::Builder;
pub(crate) use build::MAX_STEPS;
pub use competition::{Competition, CompetitionFault, Homeostasis, Losers, Rivalry};
pub use compile::{DEEPEST, Form, Lane, LaneKind};
pub(crate) use compile::{decays, predicts};
pub use connect::{Distribution, DrawRule, Drawing, Drawn, delay_shift, draw, expected, longest_delay};
pub use convolution::{Convolution, Maps, Shared, members};
pub use current::{Current, CurrentFault, Sine};
pub use fault::Fault;
pub use kernel::{Effect, Fade, Kernel};
pub use storage::{Delays, Fixed, Targets, quantised, quantum_shift};

use crate::encoding::{AliasTable, BlockRate, OpenTrain, RateProfile};
use crate::neuron::{Behind, Lif, Neuron};
use crate::numeric::Real;
use crate::time::Time;
use std::sync::Arc;

/// Where a projection's rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// Index of a source.
    Source(usize),
    /// Index of a population.
    Population(usize),
}

/// A group of input lines; what they emit is given per episode.
#[derive(Clone, Debug, PartialEq)]
pub struct Source {
    /// Name in messages and records.
    pub name: String,
    /// Number of lines.
    pub size: u32,
    /// How their spikes are made.
    pub kind: SourceKind,
}

/// How a source's spikes are made.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Blocks of [`crate::encoding::BLOCK`] Poisson processes whose rates belong to the episode.
    Poisson,
    /// Spikes sorted by (time, id); repeated entries are several spikes.
    List(Vec<(Time, u32)>),
    /// All lines together at `start`, `start + period`, ...
    Regular {
        /// The first spike.
        start: Time,
        /// From one spike to the next; at least 1 fs.
        period: Time,
    },
    /// All lines together: `count` spikes `interval` apart, from `start` on and again every `period`.
    Bursts {
        /// The first spike of the first burst.
        start: Time,
        /// From one burst to the next.
        period: Time,
        /// Spikes of a burst; at least 1.
        count: u32,
        /// From one spike of a burst to the next.
        interval: Time,
    },
    /// Blocks of [`crate::encoding::BLOCK`] Poisson processes of one changing rate.
    Modulated(RateProfile),
    /// Poisson processes with a dead time after each spike; the rate (hertz) counts it in.
    DeadTime {
        /// Spikes per second, the dead time counted in.
        rate: f64,
        /// Time after a spike in which there is no other.
        dead: Time,
    },
    /// Lines that each draw what their train says.
    #[serde(skip_deserializing)]
    Open(OpenTrain),
    /// No spikes: a current from outside, for [`Kernel::Current`].
    Current(Current),
}

impl SourceKind {
    /// Whether its spikes are drawn.
    #[must_use]
    pub fn is_drawn(&self) -> bool {
        matches!(self, Self::Poisson | Self::Modulated(_) | Self::DeadTime { .. } | Self::Open(_))
    }

    /// Whether it gives a current instead of spikes.
    #[must_use]
    pub fn is_current(&self) -> bool {
        matches!(self, Self::Current(_))
    }
}

/// A group of neurons of one model.
#[derive(Clone, Debug, PartialEq)]
pub struct Population {
    /// Name in messages and records.
    pub name: String,
    /// Number of neurons.
    pub size: u32,
    /// Model and parameters; of neurons that differ, those of the first.
    pub neuron: Neuron,
    /// What `neuron` is between spikes: [`Neuron::membrane`].
    pub lif: Lif,
    /// Each of them, where they differ in parameters; empty where all are as `neuron`.
    pub each: Vec<Neuron>,
    /// For how long current flows in the switch of a neuron that has spiked; zero: there is none.
    pub on: Time,
    /// The switches behind its neurons, where what they spend off is to be told of those in their own time.
    pub behind: Option<Behind>,
    /// How its members compete, if they do.
    pub competition: Option<Competition>,
    /// Arithmetic form, chosen by the plan.
    pub form: Form,
    /// Depth in the graph of zero-delay projections.
    pub rank: u16,
}

impl Population {
    /// Whether its neurons differ in their parameters.
    #[must_use]
    pub fn differ(&self) -> bool {
        !self.each.is_empty()
    }

    /// One of its neurons.
    #[must_use]
    pub fn member(&self, neuron: u32) -> &Neuron {
        self.each.get(neuron as usize).unwrap_or(&self.neuron)
    }

    /// Every neuron where they differ, the one that all of them are where they do not.
    pub fn kinds(&self) -> impl Iterator<Item = &Neuron> {
        let alike = self.each.is_empty().then_some(&self.neuron);
        alike.into_iter().chain(&self.each)
    }

    /// Whether one clock serves all of its neurons, which then differ in constants of their membranes at most: threshold, bias,
    /// what the reset writes, and where they start.
    #[must_use]
    pub fn one_clock(&self) -> bool {
        self.each.iter().all(|neuron| neuron.keeps_time_with(&self.neuron))
    }

    /// The lowest threshold of all, relative to rest, in volts.
    #[must_use]
    pub fn lowest_theta(&self) -> f64 {
        self.kinds().map(Neuron::lowest_theta).fold(f64::INFINITY, f64::min)
    }
}

/// Which targets a row reaches.
#[derive(Clone, Debug, PartialEq)]
pub enum Rows {
    /// Every target, in order.
    Dense,
    /// Row i reaches target i.
    OneToOne,
    /// Row r reaches `targets[start[r]..start[r + 1]]`, ascending.
    Sparse {
        /// Where each row begins in `targets`, and the end of the last: rows + 1 numbers.
        start: Vec<usize>,
        /// Targets of all rows.
        targets: Targets,
    },
}

impl Rows {
    /// Sparse rows: row r reaches `targets[start[r]..start[r + 1]]`, ascending.
    #[must_use]
    pub fn sparse(start: Vec<usize>, targets: Vec<u32>) -> Self {
        Self::Sparse { start, targets: targets.into() }
    }
}

/// Synapses from the lines of one origin to one population.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    /// Name in messages and records.
    pub name: String,
    /// Where its rows come from.
    pub from: Origin,
    /// Number of rows: the size of the origin.
    pub rows: u32,
    /// Index of the target population.
    pub to: usize,
    /// What an arrival does.
    pub kernel: Kernel,
    /// The delay of every synapse, or the shortest of `delays`.
    pub delay: Time,
    /// Delays of single synapses: each is then an arrival of its own, and its row the number of the synapse.
    pub delays: Option<Delays>,
    /// The longest of all delays.
    pub longest: Time,
    /// Which targets a row reaches.
    pub connect: Rows,
    /// Weights that are kept here, not in [`Weights`].
    pub fixed: Option<Fixed>,
    /// Which synapses have a weight in common. In [`Weights`] each has it for itself.
    pub shared: Option<Shared>,
    /// Whether a row may reach a target more than once.
    pub multapses: bool,
    /// Whether the arrivals of each row are counted: where reads cost energy.
    pub counted: bool,
}

impl Projection {
    /// Number of synapses.
    #[must_use]
    pub fn synapses(&self, columns: u32) -> usize {
        match &self.connect {
            Rows::Dense => self.rows as usize * columns as usize,
            Rows::OneToOne => self.rows as usize,
            Rows::Sparse { targets, .. } => targets.len(),
        }
    }

    /// Rows and columns of its weights as files have them: before and behind; of weights in common those of their matrix, of
    /// a list of synapses one column.
    #[must_use]
    pub fn matrix(&self, columns: u32) -> [usize; 2] {
        match (&self.shared, &self.connect) {
            (Some(shared), _) => [shared.rows as usize, shared.columns as usize],
            (None, Rows::Dense) => [self.rows as usize, columns as usize],
            (None, _) => [self.synapses(columns), 1],
        }
    }

    /// Row and column of every synapse, in the order of their weights.
    pub fn ends(&self, columns: u32) -> Box<dyn Iterator<Item = (u32, u32)> + '_> {
        match &self.connect {
            Rows::Dense => {
                Box::new((0..self.rows).flat_map(move |row| (0..columns).map(move |col| (row, col))))
            }
            Rows::OneToOne => Box::new((0..self.rows).map(|row| (row, row))),
            Rows::Sparse { start, targets } => Box::new(
                (0..self.rows)
                    .zip(start.windows(2))
                    .flat_map(|(row, ends)| targets.of(ends[0]..ends[1]).map(move |col| (row, col))),
            ),
        }
    }

    /// Whether arrivals of one row at one instant are the spikes of a neuron at once, delivered as one: n w.
    #[must_use]
    pub fn gathers(&self) -> bool {
        matches!(self.from, Origin::Population(_)) && self.kernel.steps().is_empty()
    }

    /// Synapses of one row among all of a sparse projection.
    #[must_use]
    pub fn row(&self, row: u32) -> std::ops::Range<usize> {
        match &self.connect {
            Rows::Sparse { start, .. } => start[row as usize]..start[row as usize + 1],
            Rows::Dense | Rows::OneToOne => row as usize..row as usize + 1,
        }
    }

    /// Weight number k in [`Weights`] (with its padding, if dense), wherever it is kept.
    #[inline(always)]
    #[must_use]
    pub fn weight<R: Real>(&self, values: &[R], k: usize) -> f64 {
        match &self.fixed {
            None => values[k].to_f64(),
            Some(Fixed::Constant(weight)) => *weight,
            Some(Fixed::Compact(weights)) => weights[k].into(),
        }
    }

    /// Shortest time from a spike of a line to what it causes; `None` if it causes nothing: delays belong to
    /// single synapses, and there is no synapse.
    #[must_use]
    pub fn shortest(&self) -> Option<Time> {
        let carries = self.delays.as_ref().is_none_or(|delays| !delays.is_empty());
        carries.then_some(self.delay)
    }

    /// Number of different rows of its arrivals: rows, or synapses that have delays of their own.
    #[must_use]
    pub fn arrival_rows(&self) -> usize {
        self.delays.as_ref().map_or(self.rows as usize, Delays::len)
    }

    /// Number of synapses of one row.
    #[must_use]
    pub fn fan_out(&self, row: u32, columns: u32) -> usize {
        match &self.connect {
            Rows::Dense => columns as usize,
            Rows::OneToOne => 1,
            Rows::Sparse { start, .. } => start[row as usize + 1] - start[row as usize],
        }
    }
}

/// A network that has passed every check.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    /// Input lines, in order of description.
    pub sources: Vec<Source>,
    /// Neurons, in order of description.
    pub populations: Vec<Population>,
    /// Synapses, in order of description.
    pub projections: Vec<Projection>,
    /// Projections that start at each source and at each population.
    pub from_source: Vec<Vec<usize>>,
    /// As `from_source`, of each population.
    pub from_population: Vec<Vec<usize>>,
    /// Projections that reach each population.
    pub to_population: Vec<Vec<usize>>,
    /// The event sources of the fast engine, in tournament order.
    pub lanes: Vec<Lane>,
    /// Marks and total rate of every Poisson block.
    steady: Vec<(AliasTable, f64)>,
}

impl Network {
    /// The rates that [`Builder::poisson`] was given, one per Poisson block; a source without a rate is silent.
    #[must_use]
    pub fn rates(&self) -> Vec<BlockRate> {
        self.steady.iter().map(|(table, rate)| BlockRate::steady(&table.cells, *rate)).collect()
    }

    /// What reaches a population, in order of description.
    pub(crate) fn arriving(&self, population: usize) -> impl Iterator<Item = &Projection> + Clone {
        self.to_population[population].iter().map(|&index| &self.projections[index])
    }

    /// The same network with thresholds that no longer adapt: for labelling and testing.
    #[must_use]
    pub fn frozen(&self) -> Arc<Self> {
        let mut frozen = self.clone();
        for competition in frozen.populations.iter_mut().filter_map(|p| p.competition.as_mut()) {
            competition.homeostasis = None;
        }
        Arc::new(frozen)
    }
}

/// Columns of a dense row are padded to a multiple of this, so that row loops need no remainder.
pub const PAD: usize = 4;

/// Columns of a dense matrix in memory: the population's size, padded.
#[must_use]
pub fn stride(columns: u32) -> usize {
    (columns as usize).next_multiple_of(PAD)
}

/// Weights that are not those of a network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum WeightsError {
    /// Another number of lists.
    #[error(
        "{} of weights for {}; one for each is wanted, in order of description",
        crate::hint::many(found, "list"),
        crate::hint::many(expected, "projection")
    )]
    Lists {
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// Another number of weights.
    #[error(
        "{} for the {} of projection `{projection}`; one for each is wanted, row by row",
        crate::hint::many(found, "weight"),
        crate::hint::many(expected, "synapse")
    )]
    Count {
        /// Name of the projection.
        projection: String,
        /// How many there are.
        found: usize,
        /// How many there must be.
        expected: usize,
    },
    /// A weight that is no number.
    #[error("weight {synapse} of projection `{projection}` is {value}; weights must be finite")]
    NotFinite {
        /// Name of the projection.
        projection: String,
        /// Number of the synapse, row by row.
        synapse: usize,
        /// What it is.
        value: f64,
    },
}

/// The weights of every projection, in the plan's precision.
///
/// Dense projections are row-major with rows of [`stride`] entries, the padding zero; the others hold
/// one weight per synapse in row order.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(bound = "")]
pub struct Weights<R: Real> {
    /// One list per projection; empty where the weights are kept in the network. Who goes on with the same weights shares the
    /// list, and who changes a list that others have has its own from then on ([`Weights::own`]).
    #[serde(with = "shared")]
    pub projections: Vec<Arc<Vec<R>>>,
}

/// Lists that are shared are written as lists.
mod shared {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};
    use std::sync::Arc;

    pub fn serialize<T: Serialize, S: Serializer>(lists: &[Arc<Vec<T>>], to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(lists.iter().map(|list| &**list))
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Vec<Arc<Vec<T>>>, D::Error> {
        Ok(Vec::<Vec<T>>::deserialize(from)?.into_iter().map(Arc::new).collect())
    }
}

impl<R: Real> Weights<R> {
    /// Weights from plain row-major values without padding, one list per projection. (A list of fixed weights is not
    /// looked at.)
    ///
    /// # Errors
    /// If there is not one list for each projection, and in it one finite weight for each synapse.
    pub fn new(network: &Network, values: &[Vec<f64>]) -> Result<Self, WeightsError> {
        let (found, expected) = (values.len(), network.projections.len());
        if found != expected {
            return Err(WeightsError::Lists { found, expected });
        }
        let projections = network.projections.iter().zip(values).map(|(projection, values)| {
            if projection.fixed.is_some() {
                return Ok(Arc::default());
            }
            let columns = network.populations[projection.to].size;
            let (found, expected) = (values.len(), projection.synapses(columns));
            let name = || projection.name.clone();
            if found != expected {
                return Err(WeightsError::Count { projection: name(), found, expected });
            }
            if let Some(synapse) = values.iter().position(|value| !value.is_finite()) {
                return Err(WeightsError::NotFinite { projection: name(), synapse, value: values[synapse] });
            }
            let weights = values.iter().map(|&value| R::from_f64(value));
            if !matches!(projection.connect, Rows::Dense) {
                return Ok(Arc::new(weights.collect()));
            }
            let mut padded = vec![R::ZERO; projection.rows as usize * stride(columns)];
            let rows = padded.chunks_exact_mut(stride(columns));
            rows.flat_map(|row| &mut row[..columns as usize]).zip(weights).for_each(|(place, w)| *place = w);
            Ok(Arc::new(padded))
        });
        Ok(Self { projections: projections.collect::<Result<_, _>>()? })
    }

    /// The list of a projection, to be changed: nobody else has it from then on.
    #[inline]
    pub fn own(&mut self, projection: usize) -> &mut Vec<R> {
        Arc::make_mut(&mut self.projections[projection])
    }

    /// As [`Weights::new`].
    ///
    /// # Panics
    /// Where that returns an error.
    #[must_use]
    pub fn from_values(network: &Network, values: &[Vec<f64>]) -> Self {
        Self::new(network, values).unwrap_or_else(|fault| panic!("{fault}"))
    }

    /// Shows the weights of one projection, row-major without padding; the one weight of a projection whose
    /// synapses all have the same.
    pub fn each(&self, network: &Network, projection: usize, mut visit: impl FnMut(f64)) {
        let description = &network.projections[projection];
        let columns = network.populations[description.to].size;
        let weights = &self.projections[projection];
        match (&description.fixed, &description.connect) {
            (Some(Fixed::Constant(weight)), _) => visit(*weight),
            (Some(Fixed::Compact(weights)), _) => weights.iter().for_each(|&weight| visit(weight.into())),
            (None, Rows::Dense) => {
                for row in weights.chunks_exact(stride(columns)) {
                    row[..columns as usize].iter().for_each(|weight| visit(weight.to_f64()));
                }
            }
            (None, _) => weights.iter().for_each(|weight| visit(weight.to_f64())),
        }
    }

    /// What [`Weights::each`] shows, as a list.
    #[must_use]
    pub fn values(&self, network: &Network, projection: usize) -> Vec<f64> {
        let mut values = Vec::new();
        self.each(network, projection, |weight| values.push(weight));
        values
    }
}
