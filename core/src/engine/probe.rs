//! What looks at a run while it happens. Statically dispatched: a probe that does not want a kind of
//! event costs nothing for it, and [`Silent`] costs nothing at all.

use super::key::EventKey;
use super::state::Counts;
use crate::network::Weights;
use crate::numeric::{Columns, Real};
use crate::plasticity::Change;
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// A spike of a population.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Spike {
    /// When.
    pub time: Time,
    /// Index of the population.
    pub population: u32,
    /// Number of the neuron.
    pub neuron: u32,
}

/// Everything that took place at one instant and rank, for learning rules.
///
/// Arrivals are in content order and simultaneous; `spikes` are those that this instant caused.
#[derive(Clone, Copy, Debug)]
pub struct Instant<'a> {
    /// When.
    pub time: Time,
    /// What arrived.
    pub arrivals: &'a [EventKey],
    /// What it caused.
    pub spikes: &'a [Spike],
}

/// Receives events in content order. All methods default to nothing.
pub trait Probe<R: Real> {
    /// Whether [`Probe::emit`] and [`Probe::arrival`] are wanted.
    const STREAM: bool = false;
    /// Whether [`Probe::row`] is wanted.
    const TAPE: bool = false;
    /// Whether it takes the rows of membranes that are never held, if it is a tape: a run with a population whose rows it
    /// does not take is refused.
    const FREE_ROWS: bool = Self::TAPE;
    /// The same for those of [`Probe::held_row`].
    const HELD_ROWS: bool = Self::TAPE;
    /// Whether the kernel of a batch writes this tape itself, row by row: what training waits for. Other tapes are shown what
    /// a batch has left, each spike between the rows it falls between, which spares a kernel for each of them. This one is told of
    /// spikes when the batch is over.
    const DIRECT: bool = false;
    /// Whether [`Probe::instant`] is wanted.
    const LEARN: bool = false;
    /// Whether the arrivals of single rows need not be counted: they are what the read energy is booked
    /// from, and nobody books training that runs in software.
    const UNCOUNTED: bool = false;
    /// Whether a step ends with the instant of a spike, because something changes before the next arrival.
    const PAUSE: bool = false;

    /// Whether [`Probe::row`] is wanted now, of a probe that says [`Probe::TAPE`].
    #[inline(always)]
    fn taped(&self) -> bool {
        Self::TAPE
    }

    /// [`Probe::FREE_ROWS`] and [`Probe::HELD_ROWS`].
    #[inline(always)]
    fn kinds_of_rows(&self) -> (bool, bool) {
        (Self::FREE_ROWS, Self::HELD_ROWS)
    }

    /// Whether arrivals of single rows are counted: not if it says [`Probe::UNCOUNTED`].
    #[inline(always)]
    fn counted(&self) -> bool {
        !Self::UNCOUNTED
    }

    /// Line `line` of source `source` spikes.
    #[inline]
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        let _ = (time, source, line);
    }

    /// Row `row` of projection `projection` arrives.
    #[inline]
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        let _ = (time, projection, row);
    }

    /// Row `row` of projection `projection` is about to arrive; what is done to the weights it delivers is in force.
    /// Asked by [`super::Simulation::step_told`] alone.
    #[inline]
    fn before(&mut self, time: Time, projection: u32, row: u32, weights: &mut Weights<R>) {
        let _ = (time, projection, row, weights);
    }

    /// A neuron of a population spikes.
    #[inline]
    fn spike(&mut self, spike: Spike) {
        let _ = spike;
    }

    /// A row has been added to a shared-decay population: `decay` multiplied every membrane, which was
    /// `before`; `x` are the membranes before the threshold test. Both are relative to u_inf and
    /// include the padding.
    #[inline]
    fn row<X: Columns<R>>(&mut self, projection: u32, row: u32, decay: R, before: X, x: X) {
        let _ = (projection, row, decay, before, x);
    }

    /// Room for the records of `rows` rows over `columns` columns, where the kernel of a batch writes them itself: of a tape
    /// that says [`Probe::DIRECT`]. [`super::write_record`] says how one looks.
    #[inline]
    fn room(&mut self, columns: usize, rows: usize) -> &mut [R] {
        let _ = (columns, rows);
        &mut []
    }

    /// So many of the records for which there was room have been written.
    #[inline]
    fn written(&mut self, rows: usize) {
        let _ = rows;
    }

    /// As [`Probe::row`] for a population whose neurons are held after a spike, or whose thresholds differ:
    /// `factor` is what multiplied each column (1 while it is held), `bar` its threshold relative to u_inf
    /// (infinite while it is held: then the row was lost on it).
    #[inline]
    fn held_row<X: Columns<R>>(&mut self, projection: u32, row: u32, factor: X, bar: X, before: X, x: X) {
        let _ = (projection, row, factor, bar, before, x);
    }

    /// The last row, or the last of an instant, took a neuron below its floor, where it is now.
    #[inline]
    fn lifted(&mut self, neuron: u32) {
        let _ = neuron;
    }

    /// An instant is complete.
    #[inline]
    fn instant(&mut self, instant: Instant<'_>) {
        let _ = instant;
    }

    /// A weight of a projection has been changed: of learning that is told to say so ([`super::Learning::tell`]).
    #[inline]
    fn change(&mut self, projection: u32, change: &Change) {
        let _ = (projection, change);
    }

    /// A recorder's sample: membrane of every neuron of a population relative to ground (volts).
    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        let _ = (time, population, u);
    }
}

/// Looks at nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl<R: Real> Probe<R> for Silent {}

/// Collects the spikes of populations.
impl<R: Real> Probe<R> for Vec<Spike> {
    #[inline]
    fn spike(&mut self, spike: Spike) {
        self.push(spike);
    }
}

/// Is told a neuron, the name and unit of something in its state, and its value.
pub type Tell<'a> = &'a mut dyn FnMut(u32, (&'static str, &'static str), f64);

/// One entry of the stream that observers receive.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A line of a source spikes.
    Emit {
        /// When.
        time: Time,
        /// Index of the source.
        source: u32,
        /// Number of the line.
        line: u32,
    },
    /// A row of a projection arrives.
    Arrival {
        /// When.
        time: Time,
        /// Index of the projection.
        projection: u32,
        /// Number of the row.
        row: u32,
    },
    /// A neuron spikes.
    Spike(Spike),
    /// A weight has been changed.
    Change {
        /// Index of the projection.
        projection: u32,
        /// What became of which weight.
        change: Change,
    },
    /// A sample of the membranes of a population (volts).
    Sample {
        /// When.
        time: Time,
        /// Index of the population.
        population: u32,
        /// Membranes relative to ground, in volts.
        u: Vec<f64>,
    },
    /// A sample of the weight of a synapse (in the unit of its kernel).
    Weight {
        /// When.
        time: Time,
        /// Index of the projection.
        projection: u32,
        /// Where the synapse comes from.
        row: u32,
        /// The neuron it goes to.
        column: u32,
        /// What it is now.
        weight: f64,
        /// What the devices that make it conduct, in siemens: G+ of what learns and G- of what it is compared with (its partners, or a
        /// fixed reference), of several side by side their sums, so that the weight is s (G+ - G-). `None`: it is a number.
        devices: Option<[f64; 2]>,
    },
    /// A weight of a projection that is trained (in volts), after so many samples: of who says [`Observer::wants_weights`].
    Trained {
        /// Samples shown in training so far.
        samples: u64,
        /// Index of the projection.
        projection: u32,
        /// Where the synapse comes from.
        row: u32,
        /// The neuron it goes to.
        column: u32,
        /// What it is now.
        weight: f64,
        /// What the devices that make it conduct, in siemens: G+ of what learns and G- of what it is compared with (its partners, or a
        /// fixed reference), of several side by side their sums, so that the weight is s (G+ - G-). `None`: it is a number.
        devices: Option<[f64; 2]>,
    },
    /// A sample of something in the state of a neuron (in its unit).
    State {
        /// When.
        time: Time,
        /// Index of the population.
        population: u32,
        /// Number of the neuron.
        neuron: u32,
        /// What it is: `theta`.
        variable: &'static str,
        /// What it is now.
        value: f64,
    },
    /// A synapse of the network, told when a run begins.
    Synapse {
        /// Index of the projection.
        projection: u32,
        /// Where it comes from.
        row: u32,
        /// The neuron it goes to.
        column: u32,
        /// Its weight at the start, in the unit of its kernel.
        weight: f64,
        /// From spike to arrival.
        delay: Time,
    },
}

/// Collects the whole stream of an episode, to be handed on in episode order.
#[derive(Clone, Debug, Default)]
pub struct Stream {
    /// What was collected, in order.
    pub records: Vec<Record>,
}

impl<R: Real> Probe<R> for Stream {
    const STREAM: bool = true;

    fn emit(&mut self, time: Time, source: u32, line: u32) {
        self.records.push(Record::Emit { time, source, line });
    }

    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        self.records.push(Record::Arrival { time, projection, row });
    }

    fn spike(&mut self, spike: Spike) {
        self.records.push(Record::Spike(spike));
    }

    fn change(&mut self, projection: u32, change: &Change) {
        self.records.push(Record::Change { projection, change: *change });
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.records.push(Record::Sample { time, population, u: u.to_vec() });
    }
}

/// Collects the spikes of populations and the samples: what is recorded where nobody wants the spikes of
/// sources and the arrivals.
#[derive(Clone, Debug, Default)]
pub struct Highlights {
    /// What was collected, in order.
    pub records: Vec<Record>,
}

impl<R: Real> Probe<R> for Highlights {
    fn spike(&mut self, spike: Spike) {
        self.records.push(Record::Spike(spike));
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.records.push(Record::Sample { time, population, u: u.to_vec() });
    }
}

/// Two probes at once.
impl<R: Real, A: Probe<R>, B: Probe<R>> Probe<R> for (A, B) {
    const STREAM: bool = A::STREAM || B::STREAM;
    const TAPE: bool = A::TAPE || B::TAPE;
    const FREE_ROWS: bool = (!A::TAPE || A::FREE_ROWS) && (!B::TAPE || B::FREE_ROWS);
    const HELD_ROWS: bool = (!A::TAPE || A::HELD_ROWS) && (!B::TAPE || B::HELD_ROWS);
    const LEARN: bool = A::LEARN || B::LEARN;
    const UNCOUNTED: bool = A::UNCOUNTED || B::UNCOUNTED;
    const PAUSE: bool = A::PAUSE || B::PAUSE;

    #[inline(always)]
    fn taped(&self) -> bool {
        self.0.taped() || self.1.taped()
    }

    #[inline(always)]
    fn counted(&self) -> bool {
        self.0.counted() && self.1.counted()
    }

    #[inline(always)]
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        self.0.emit(time, source, line);
        self.1.emit(time, source, line);
    }

    #[inline(always)]
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        self.0.arrival(time, projection, row);
        self.1.arrival(time, projection, row);
    }

    #[inline(always)]
    fn before(&mut self, time: Time, projection: u32, row: u32, weights: &mut Weights<R>) {
        self.0.before(time, projection, row, weights);
        self.1.before(time, projection, row, weights);
    }

    #[inline(always)]
    fn spike(&mut self, spike: Spike) {
        self.0.spike(spike);
        self.1.spike(spike);
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, projection: u32, row: u32, decay: R, before: X, x: X) {
        self.0.row(projection, row, decay, before, x);
        self.1.row(projection, row, decay, before, x);
    }

    #[inline(always)]
    fn held_row<X: Columns<R>>(&mut self, projection: u32, row: u32, factor: X, bar: X, before: X, x: X) {
        self.0.held_row(projection, row, factor, bar, before, x);
        self.1.held_row(projection, row, factor, bar, before, x);
    }

    #[inline(always)]
    fn lifted(&mut self, neuron: u32) {
        self.0.lifted(neuron);
        self.1.lifted(neuron);
    }

    #[inline(always)]
    fn instant(&mut self, instant: Instant<'_>) {
        self.0.instant(instant);
        self.1.instant(instant);
    }

    #[inline(always)]
    fn change(&mut self, projection: u32, change: &Change) {
        self.0.change(projection, change);
        self.1.change(projection, change);
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.0.sample(time, population, u);
        self.1.sample(time, population, u);
    }
}

impl<R: Real, P: Probe<R>> Probe<R> for &mut P {
    const STREAM: bool = P::STREAM;
    const TAPE: bool = P::TAPE;
    const FREE_ROWS: bool = P::FREE_ROWS;
    const HELD_ROWS: bool = P::HELD_ROWS;
    const DIRECT: bool = P::DIRECT;
    const LEARN: bool = P::LEARN;
    const UNCOUNTED: bool = P::UNCOUNTED;
    const PAUSE: bool = P::PAUSE;

    #[inline(always)]
    fn taped(&self) -> bool {
        (**self).taped()
    }

    #[inline(always)]
    fn kinds_of_rows(&self) -> (bool, bool) {
        (**self).kinds_of_rows()
    }

    #[inline(always)]
    fn counted(&self) -> bool {
        (**self).counted()
    }

    #[inline(always)]
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        (**self).emit(time, source, line);
    }

    #[inline(always)]
    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        (**self).arrival(time, projection, row);
    }

    #[inline(always)]
    fn before(&mut self, time: Time, projection: u32, row: u32, weights: &mut Weights<R>) {
        (**self).before(time, projection, row, weights);
    }

    #[inline(always)]
    fn spike(&mut self, spike: Spike) {
        (**self).spike(spike);
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, projection: u32, row: u32, decay: R, before: X, x: X) {
        (**self).row(projection, row, decay, before, x);
    }

    #[inline(always)]
    fn room(&mut self, columns: usize, rows: usize) -> &mut [R] {
        (**self).room(columns, rows)
    }

    #[inline(always)]
    fn written(&mut self, rows: usize) {
        (**self).written(rows);
    }

    #[inline(always)]
    fn held_row<X: Columns<R>>(&mut self, projection: u32, row: u32, factor: X, bar: X, before: X, x: X) {
        (**self).held_row(projection, row, factor, bar, before, x);
    }

    #[inline(always)]
    fn lifted(&mut self, neuron: u32) {
        (**self).lifted(neuron);
    }

    #[inline(always)]
    fn instant(&mut self, instant: Instant<'_>) {
        (**self).instant(instant);
    }

    #[inline(always)]
    fn change(&mut self, projection: u32, change: &Change) {
        (**self).change(projection, change);
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        (**self).sample(time, population, u);
    }
}

/// Receives the content-ordered stream of whole episodes, in episode order, on one thread.
pub trait Observer: Send {
    /// An episode begins; `what` says which presentation it is.
    fn begin(&mut self, episode: u64, what: &str) {
        let _ = (episode, what);
    }

    /// Whether spikes of sources and arrivals are wanted too. A network of scaled populations runs much
    /// faster without.
    fn wants_all(&self) -> bool {
        true
    }

    /// Whether every change of a weight is wanted. Windows are too coarse for that, so it takes time.
    fn wants_changes(&self) -> bool {
        false
    }

    /// Every how many samples the weights that are trained are wanted, if they are.
    fn wants_weights(&self) -> Option<u64> {
        None
    }

    /// An episode is gone on with that has counted so much.
    fn go_on(&mut self, episode: u64, counts: &Counts) {
        let _ = (episode, counts);
    }

    /// One entry of the episode's stream.
    fn record(&mut self, episode: u64, record: &Record);

    /// An episode has got so far, and ends there or is gone on with.
    fn end(&mut self, episode: u64, reached: Time) {
        let _ = (episode, reached);
    }
}
