//! What a batch leaves behind: who fired at which of its events, and on request the membranes of every row.
//!
//! The row kernels know no probe: each is compiled for two or three sinks, and what they left is told to whoever looks
//! afterwards ([`Told::hand_on`]), event by event. A tape that training waits for is written by the kernel itself ([`Direct`]).

use super::held::{HeldDelivery, HeldSink};
use super::probe::{Probe, Spike};
use super::shared_decay::{BATCH, Delivery, RowSink};
use crate::engine::competition::Contest;
use crate::neuron::MAX_AT_ONCE;
use crate::numeric::{Columns, Pack, Real};
use crate::time::Time;

/// A batch of rows, by a function of its own: the kernels keep their registers, and callers do not hold copies of them.
#[inline(never)]
pub(super) fn deliver<R: Real, K: RowSink<R>>(delivery: Delivery<'_, R, K>) -> usize {
    crate::simd::vectorised(delivery)
}

/// As [`deliver`], for neurons that are held or differ.
#[inline(never)]
pub(super) fn deliver_held<R: Real, K: HeldSink<R>>(delivery: HeldDelivery<'_, R, K>) -> usize {
    crate::simd::vectorised(delivery)
}

/// As [`deliver`], for neurons that compete.
#[inline(never)]
pub(super) fn compete<R: Real, K: RowSink<R> + HeldSink<R>>(contest: Contest<'_, R, K>) -> usize {
    crate::simd::vectorised(contest)
}

/// Room for what the events of a batch leave behind, kept so that no batch asks for memory.
#[derive(Debug)]
pub(super) struct Left<R> {
    /// The spikes, in order, and at which event of the batch each of them is.
    pub spikes: Vec<Spike>,
    events: Vec<u8>,
    /// Neurons that an event took below their floor.
    lifted: Vec<(u8, u32)>,
    /// What multiplied all columns at each event.
    decays: Vec<R>,
    /// Columns before and after each event.
    before: Vec<R>,
    x: Vec<R>,
    /// What multiplied each column, and its bar, where columns differ in that.
    factors: Vec<R>,
    bars: Vec<R>,
}

impl<R> Default for Left<R> {
    fn default() -> Self {
        Self {
            spikes: Vec::new(),
            events: Vec::new(),
            lifted: Vec::new(),
            decays: Vec::new(),
            before: Vec::new(),
            x: Vec::new(),
            factors: Vec::new(),
            bars: Vec::new(),
        }
    }
}

impl<R: Real> Left<R> {
    /// Nothing yet.
    pub fn clear(&mut self) {
        self.spikes.clear();
        self.events.clear();
        self.lifted.clear();
    }

    /// Makes room for the rows of a batch over so many columns.
    fn make_room(&mut self, columns: usize, held: bool) {
        self.decays.resize(BATCH, R::ZERO);
        for values in [&mut self.before, &mut self.x] {
            values.resize(BATCH * columns, R::ZERO);
        }
        if held {
            for values in [&mut self.factors, &mut self.bars] {
                values.resize(BATCH * columns, R::ZERO);
            }
        }
    }
}

/// Where and when the events of a batch are, and when it ends early.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub source: u32,
    pub projection: u32,
    pub population: u32,
    pub times: &'a [u64],
    /// Rows relative to `first_row`.
    pub rows: &'a [u16],
    pub first_row: u32,
    /// Whether the batch ends with the first spike.
    pub pause: bool,
    /// Shortest delay of the population's own projections: a spike may cause nothing before that.
    pub feedback: Option<u64>,
}

/// Keeps who fired.
pub(super) struct Told<'a, R> {
    pub place: Place<'a>,
    pub left: &'a mut Left<R>,
    /// Femtoseconds of refractory time begun.
    pub held: u128,
    /// A neuron that would spike more often at once than there is.
    pub excess: Option<Spike>,
}

impl<'a, R: Real> Told<'a, R> {
    pub fn new(place: Place<'a>, left: &'a mut Left<R>) -> Self {
        left.clear();
        Self { place, left, held: 0, excess: None }
    }

    #[inline(always)]
    fn stops(&self) -> bool {
        self.place.pause || self.place.feedback.is_some()
    }

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, times: u32) -> usize {
        let time = Time::from_fs(self.place.times[index]);
        let spike = Spike { time, population: self.place.population, neuron };
        if times > MAX_AT_ONCE {
            self.excess = self.excess.or(Some(spike));
            return index + 1;
        }
        for _ in 0..times {
            self.left.spikes.push(spike);
            self.left.events.push(index as u8);
        }
        if self.place.pause {
            return index + 1;
        }
        match self.place.feedback {
            None => self.place.times.len(),
            Some(delay) => {
                let horizon = time.fs() + delay;
                let after =
                    self.place.times[index + 1..].iter().take_while(|&&later| later < horizon).count();
                index + 1 + after
            }
        }
    }

    /// Tells a probe of the first `taken` events, in order. `kept`: the columns of the rows that were kept, and whether
    /// they have factors and bars of their own.
    pub fn hand_on<P: Probe<R>>(&self, taken: usize, kept: Option<(usize, bool)>, probe: &mut P) {
        let (place, left) = (&self.place, &*self.left);
        if !P::STREAM && kept.is_none() {
            left.spikes.iter().for_each(|&spike| probe.spike(spike));
            return;
        }
        let (mut spikes, mut lifted) = (0, 0);
        for index in 0..taken {
            let row = place.first_row + u32::from(place.rows[index]);
            if P::STREAM {
                let time = Time::from_fs(place.times[index]);
                probe.emit(time, place.source, row);
                probe.arrival(time, place.projection, row);
            }
            if let Some((columns, held)) = kept {
                let of = index * columns..(index + 1) * columns;
                let (before, x) = (&left.before[of.clone()], &left.x[of.clone()]);
                if held {
                    let (factors, bars) = (&left.factors[of.clone()], &left.bars[of]);
                    probe.held_row(place.projection, row, factors, bars, before, x);
                } else {
                    probe.row(place.projection, row, left.decays[index], before, x);
                }
            }
            while let Some(&(_, neuron)) = left.lifted.get(lifted).filter(|at| usize::from(at.0) == index) {
                probe.lifted(neuron);
                lifted += 1;
            }
            while left.events.get(spikes).is_some_and(|&at| usize::from(at) == index) {
                probe.spike(left.spikes[spikes]);
                spikes += 1;
            }
        }
    }
}

impl<R: Real> RowSink<R> for Told<'_, R> {
    const ROWS: bool = false;

    #[inline(always)]
    fn stops(&self) -> bool {
        Told::stops(self)
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, _index: usize, _row: u32, _decay: R, _before: X, _x: X) {}

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, times: u32) -> usize {
        Told::fire(self, index, neuron, times)
    }
}

impl<R: Real> HeldSink<R> for Told<'_, R> {
    const ROWS: bool = false;

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, _index: usize, _row: u32, _factor: X, _bar: X, _before: X, _x: X) {}

    #[inline(always)]
    fn lifted(&mut self, _index: usize, _neuron: u32) {}

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, span: Time, times: u32) -> usize {
        self.held += u128::from(span.fs());
        Told::fire(self, index, neuron, times)
    }
}

/// Keeps the columns of every row too.
pub(super) struct Kept<'a, 'b, R>(pub &'b mut Told<'a, R>);

impl<'a, 'b, R: Real> Kept<'a, 'b, R> {
    /// With room for so many columns.
    pub fn new(told: &'b mut Told<'a, R>, columns: usize, held: bool) -> Self {
        told.left.make_room(columns, held);
        Self(told)
    }
}

impl<R: Real> RowSink<R> for Kept<'_, '_, R> {
    const ROWS: bool = true;

    #[inline(always)]
    fn stops(&self) -> bool {
        self.0.stops()
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, index: usize, _row: u32, decay: R, before: X, x: X) {
        let (columns, left) = (x.columns(), &mut *self.0.left);
        left.decays[index] = decay;
        before.write(&mut left.before[index * columns..][..columns]);
        x.write(&mut left.x[index * columns..][..columns]);
    }

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, times: u32) -> usize {
        self.0.fire(index, neuron, times)
    }
}

impl<R: Real> HeldSink<R> for Kept<'_, '_, R> {
    const ROWS: bool = true;

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, index: usize, _row: u32, factor: X, bar: X, before: X, x: X) {
        let (columns, left) = (x.columns(), &mut *self.0.left);
        let at = |values: &mut Vec<R>, what: X| what.write(&mut values[index * columns..][..columns]);
        at(&mut left.factors, factor);
        at(&mut left.bars, bar);
        at(&mut left.before, before);
        at(&mut left.x, x);
    }

    #[inline(always)]
    fn lifted(&mut self, index: usize, neuron: u32) {
        self.0.left.lifted.push((index as u8, neuron));
    }

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, span: Time, times: u32) -> usize {
        HeldSink::fire(self.0, index, neuron, span, times)
    }
}

/// Values of a record after the membranes.
pub const RECORD_TAIL: usize = 4;

/// Writes a row to the record of a tape: the columns before the threshold test, then the factor that multiplied them, the
/// number of the row, and two values that make the record of a narrow population as long as a line of the cache.
#[inline(always)]
pub fn write_record<R: Real, X: Columns<R>>(record: &mut [R], row: u32, decay: R, x: X) {
    x.write(record);
    Pack([decay, R::from_f64(f64::from(row)), R::ZERO, R::ZERO]).store(&mut record[x.columns()..]);
}

/// Writes every row to the records of a tape, and keeps who fired.
pub(super) struct Direct<'a, 'b, R> {
    pub told: &'b mut Told<'a, R>,
    /// Room for the records of the whole batch.
    pub records: &'b mut [R],
}

impl<R: Real> RowSink<R> for Direct<'_, '_, R> {
    const ROWS: bool = true;
    const BEFORE: bool = false;

    #[inline(always)]
    fn stops(&self) -> bool {
        self.told.stops()
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, index: usize, row: u32, decay: R, _before: X, x: X) {
        let record = x.columns() + RECORD_TAIL;
        if let Some(record) = self.records.get_mut(index * record..(index + 1) * record) {
            write_record(record, row, decay, x);
        }
    }

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, times: u32) -> usize {
        self.told.fire(index, neuron, times)
    }
}
