//! What connects the row kernels of batches to a probe.

use super::held::{HeldDelivery, HeldSink};
use super::probe::{Probe, Spike};
use super::shared_decay::RowSink;
use crate::neuron::MAX_AT_ONCE;
use crate::numeric::{Columns, Real};
use crate::time::Time;

/// A function of its own, so that the kernel without holds keeps its caller to itself.
#[inline(never)]
pub(super) fn deliver_held<R: Real, K: HeldSink<R>>(delivery: HeldDelivery<'_, R, K>) -> usize {
    crate::simd::vectorised(delivery)
}

/// Connects the row kernels to a probe.
pub(super) struct Sink<'a, R, P> {
    pub probe: &'a mut P,
    pub projection: u32,
    pub population: u32,
    pub source: u32,
    pub times: &'a [u64],
    /// Shortest delay of the population's own projections: a spike may cause nothing before that.
    pub feedback: Option<u64>,
    pub spikes: &'a mut Vec<Spike>,
    /// Femtoseconds of refractory time begun.
    pub held: u128,
    /// A neuron that would spike more often at once than there is.
    pub excess: Option<Spike>,
    pub real: std::marker::PhantomData<R>,
}

impl<R: Real, P: Probe<R>> RowSink<R> for Sink<'_, R, P> {
    const ROWS: bool = P::STREAM || P::TAPE;
    const BEFORE: bool = P::TAPE;
    const ORDERED: bool = P::STREAM || P::ORDERED;

    #[inline(always)]
    fn stops(&self) -> bool {
        P::PAUSE || self.feedback.is_some()
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, index: usize, row: u32, decay: R, before: X, x: X) {
        if P::STREAM {
            let time = Time::from_fs(self.times[index]);
            self.probe.emit(time, self.source, row);
            self.probe.arrival(time, self.projection, row);
        }
        if P::TAPE {
            self.probe.row(self.projection, row, decay, before, x);
        }
    }

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, times: u32) -> usize {
        let time = Time::from_fs(self.times[index]);
        let spike = Spike { time, population: self.population, neuron };
        if times > MAX_AT_ONCE {
            self.excess = self.excess.or(Some(spike));
            return index + 1;
        }
        for _ in 0..times {
            self.probe.spike(spike);
            self.spikes.push(spike);
        }
        if P::PAUSE {
            return index + 1;
        }
        match self.feedback {
            None => self.times.len(),
            Some(delay) => {
                let horizon = time.fs() + delay;
                let after = self.times[index + 1..].iter().take_while(|&&later| later < horizon).count();
                index + 1 + after
            }
        }
    }
}

impl<R: Real, P: Probe<R>> HeldSink<R> for Sink<'_, R, P> {
    const ROWS: bool = P::STREAM || P::TAPE;

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, index: usize, row: u32, factor: X, bar: X, before: X, x: X) {
        if P::STREAM {
            let time = Time::from_fs(self.times[index]);
            self.probe.emit(time, self.source, row);
            self.probe.arrival(time, self.projection, row);
        }
        if P::TAPE {
            self.probe.held_row(self.projection, row, factor, bar, before, x);
        }
    }

    #[inline(always)]
    fn lifted(&mut self, neuron: u32) {
        if P::TAPE {
            self.probe.lifted(neuron);
        }
    }

    #[inline(always)]
    fn fire(&mut self, index: usize, neuron: u32, span: Time, times: u32) -> usize {
        self.held += u128::from(span.fs());
        RowSink::fire(self, index, neuron, times)
    }
}
