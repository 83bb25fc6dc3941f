//! A probe behind a pointer: the engine is compiled once for all that look on where speed does not matter.
//!
//! Every kind of probe is another instance of the row kernels and of everything around them. The reference engine, and a
//! presentation that an observer watches, look through an [`Onlooker`] instead: the same events in the same order.

use super::probe::{Instant, Probe, Spike};
use crate::numeric::{Columns, Real};
use crate::plasticity::Change;
use crate::time::Time;

/// What a probe is told, as one value.
pub(crate) enum Sight<'a, R> {
    Emit(Time, u32, u32),
    Arrival(Time, u32, u32),
    Spike(Spike),
    Row { at: (u32, u32), decay: R, before: &'a [R], x: &'a [R] },
    HeldRow { at: (u32, u32), factor: &'a [R], bar: &'a [R], before: &'a [R], x: &'a [R] },
    Lifted(u32),
    Instant(Instant<'a>),
    Change(u32, &'a Change),
    Sample(Time, u32, &'a [f64]),
}

/// As the methods of [`Probe`] of these names.
#[derive(Clone, Copy)]
pub(crate) struct Wants {
    taped: bool,
    kinds: (bool, bool),
    counted: bool,
}

/// A probe whose type is not known.
pub(crate) trait Onlooker<R> {
    fn wants(&self) -> Wants;
    fn see(&mut self, sight: Sight<'_, R>);
}

impl<R: Real, P: Probe<R>> Onlooker<R> for P {
    fn wants(&self) -> Wants {
        let taped = P::TAPE && self.taped();
        Wants { taped, kinds: self.kinds_of_rows(), counted: self.counted() }
    }

    fn see(&mut self, sight: Sight<'_, R>) {
        match sight {
            Sight::Emit(time, source, line) => self.emit(time, source, line),
            Sight::Arrival(time, projection, row) => self.arrival(time, projection, row),
            Sight::Spike(spike) => self.spike(spike),
            Sight::Row { at: (projection, row), decay, before, x } => {
                self.row(projection, row, decay, before, x);
            }
            Sight::HeldRow { at: (projection, row), factor, bar, before, x } => {
                self.held_row(projection, row, factor, bar, before, x);
            }
            Sight::Lifted(neuron) => self.lifted(neuron),
            Sight::Instant(instant) => self.instant(instant),
            Sight::Change(projection, change) => self.change(projection, change),
            Sight::Sample(time, population, u) => self.sample(time, population, u),
        }
    }
}

/// Looks for an [`Onlooker`], who is told of whole instants if `LEARN` says so.
pub(crate) struct Through<'a, R, const LEARN: bool> {
    onlooker: &'a mut dyn Onlooker<R>,
    wants: Wants,
    columns: [Vec<R>; 4],
}

impl<'a, R: Real, const LEARN: bool> Through<'a, R, LEARN> {
    pub fn new(onlooker: &'a mut dyn Onlooker<R>) -> Self {
        Self { wants: onlooker.wants(), onlooker, columns: Default::default() }
    }
}

impl<R: Real, const LEARN: bool> Probe<R> for Through<'_, R, LEARN> {
    const STREAM: bool = true;
    const TAPE: bool = true;
    const LEARN: bool = LEARN;

    fn taped(&self) -> bool {
        self.wants.taped
    }

    fn kinds_of_rows(&self) -> (bool, bool) {
        self.wants.kinds
    }

    fn counted(&self) -> bool {
        self.wants.counted
    }

    fn emit(&mut self, time: Time, source: u32, line: u32) {
        self.onlooker.see(Sight::Emit(time, source, line));
    }

    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        self.onlooker.see(Sight::Arrival(time, projection, row));
    }

    fn spike(&mut self, spike: Spike) {
        self.onlooker.see(Sight::Spike(spike));
    }

    fn row<X: Columns<R>>(&mut self, projection: u32, row: u32, decay: R, before: X, x: X) {
        if self.wants.taped {
            let [first, second, ..] = &mut self.columns;
            let (before, x) = (before.slice(first), x.slice(second));
            self.onlooker.see(Sight::Row { at: (projection, row), decay, before, x });
        }
    }

    fn held_row<X: Columns<R>>(&mut self, projection: u32, row: u32, factor: X, bar: X, before: X, x: X) {
        if self.wants.taped {
            let [first, second, third, fourth] = &mut self.columns;
            let (factor, bar) = (factor.slice(first), bar.slice(second));
            let (before, x) = (before.slice(third), x.slice(fourth));
            self.onlooker.see(Sight::HeldRow { at: (projection, row), factor, bar, before, x });
        }
    }

    fn lifted(&mut self, neuron: u32) {
        if self.wants.taped {
            self.onlooker.see(Sight::Lifted(neuron));
        }
    }

    fn instant(&mut self, instant: Instant<'_>) {
        self.onlooker.see(Sight::Instant(instant));
    }

    fn change(&mut self, projection: u32, change: &Change) {
        self.onlooker.see(Sight::Change(projection, change));
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.onlooker.see(Sight::Sample(time, population, u));
    }
}

/// Whoever watches a run behind a pointer: the engine is compiled for it once, in this crate. All methods default to
/// nothing; they are told what [`Probe`] says of those of the same names.
#[expect(missing_docs, reason = "said there")]
pub trait Watcher {
    fn emit(&mut self, time: Time, source: u32, line: u32) {
        let _ = (time, source, line);
    }

    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        let _ = (time, projection, row);
    }

    fn spike(&mut self, spike: Spike) {
        let _ = spike;
    }

    fn change(&mut self, projection: u32, change: &Change) {
        let _ = (projection, change);
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        let _ = (time, population, u);
    }

    /// Whether the run is to return before its end; engines ask between two steps.
    fn enough(&self) -> bool {
        false
    }
}

/// Hands on to a watcher what it sees; the spikes of sources and the arrivals only if it is to see `ALL`.
pub(crate) struct Watched<'a, const ALL: bool>(pub &'a mut dyn Watcher);

impl<const ALL: bool> Probe<f64> for Watched<'_, ALL> {
    const STREAM: bool = ALL;

    fn emit(&mut self, time: Time, source: u32, line: u32) {
        self.0.emit(time, source, line);
    }

    fn arrival(&mut self, time: Time, projection: u32, row: u32) {
        self.0.arrival(time, projection, row);
    }

    fn spike(&mut self, spike: Spike) {
        self.0.spike(spike);
    }

    fn change(&mut self, projection: u32, change: &Change) {
        self.0.change(projection, change);
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.0.sample(time, population, u);
    }
}
