//! The tape of read-outs that are reset to a level or held after a spike.
//!
//! With the reset held constant (detached), what follows a spike does not depend on the membrane before it
//! where the reset goes to a level, and depends on it one to one where it subtracts. While a neuron is held
//! its membrane stays and arrivals are lost on it. Let r_j(k) be 0 if neuron j was reset to a level after event
//! k - 1, else 1; a_j(k) what multiplied its membrane at event k (1 while it is held; counted from the end of
//! the hold at the first event after it), and m_j(k) 0 while it is held, else 1. Then
//!
//! lambda_j(k) = m_j(k) e_j s(u_j(k) - theta_j) + r_j(k + 1) a_j(k + 1) lambda_j(k + 1),
//! dL/dw_(i(k), j) += m_j(k) lambda_j(k).
//!
//! At an event that would take it below its floor a membrane is the floor, whatever the weights: m_j and a_j are 0 there.
//!
//! theta_j is the threshold of the neuron's cycle: thresholds that differ are known constants. Without holds and
//! with a subtractive reset this is the sweep of [`super::Tape`].

use super::tape::{MAX_ROWS, Recorder, surrogates};
use crate::engine::{Probe, Spike};
use crate::numeric::{Columns, Pack, Packs, Real, by_width};
use crate::simd::{Work, vectorised};

/// Events of one presentation to one read-out population through one projection.
///
/// One record per event: the distances to threshold before the test (minus infinity for held columns), then
/// r a of each column, then a quad with the row.
#[derive(Clone, Debug, Default)]
pub struct HeldTape<R> {
    used: usize,
    record: usize,
    records: Vec<R>,
    theta: R,
    /// Whether a reset forgets the membrane.
    forgets: bool,
    /// Neurons that were reset to a level after the last event.
    reset: Vec<u32>,
    spikes: Vec<Spike>,
}

/// Values after the columns of a record.
const TAIL: usize = 4;

impl<R: Real> HeldTape<R> {
    /// Room for an event of so many columns: distances, factors and tail.
    #[inline(always)]
    fn room(&mut self, columns: usize) -> (&mut [R], &mut [R], &mut [R]) {
        let record = 2 * columns + TAIL;
        let end = self.used + record;
        if end > self.records.len() {
            self.record = record;
            self.records.resize((2 * self.records.len()).max(256 * record), R::ZERO);
        }
        let (distance, rest) = self.records[self.used..end].split_at_mut(columns);
        let (factor, tail) = rest.split_at_mut(columns);
        self.used = end;
        (distance, factor, tail)
    }

    /// What the last recorded event made of a column is its floor: nothing before counts.
    fn floored(&mut self, column: usize) {
        let Some(columns) = self.record.checked_sub(TAIL).map(|columns| columns / 2) else { return };
        let Some(start) = self.used.checked_sub(self.record) else { return };
        (self.records[start + column], self.records[start + columns + column]) = (held(), R::ZERO);
    }

    /// Marks the columns that were reset after the event before the last recorded one.
    #[inline(always)]
    fn mark(&mut self) {
        if self.reset.is_empty() {
            return;
        }
        let columns = (self.record - TAIL) / 2;
        let factor = self.used - TAIL - columns;
        for neuron in self.reset.drain(..) {
            self.records[factor + neuron as usize] = R::ZERO;
        }
    }

    /// As [`super::Tape::backward_several`]: what a jump left above threshold fires one by one, as holds end.
    fn backward_several(&self, error: &[R], theta: R, steepness: R, gradient: &mut [R]) {
        let stride = error.len().max(1);
        let mut lambda = vec![R::ZERO; stride];
        let mut carried = vec![R::ZERO; stride];
        for record in self.records[..self.used].chunks_exact(2 * stride + TAIL).rev() {
            let start = record[2 * stride].to_f64() as usize * stride;
            let Some(gradient) = gradient.get_mut(start..start + stride) else { return };
            for lane in 0..stride {
                // A column that is held has not spiked, however much is left on it.
                let v = record[lane];
                let spikes = if v > held() { surrogates(v + theta, theta, steepness) } else { R::ZERO };
                lambda[lane] = error[lane] * spikes + carried[lane] * lambda[lane];
                gradient[lane] += if v > held() { lambda[lane] } else { R::ZERO };
            }
            carried.copy_from_slice(&record[stride..2 * stride]);
        }
    }

    /// For the columns of `X`; lambda stays in registers over the whole sweep.
    #[inline(always)]
    fn sweep<X: Swept<R>>(&self, error: &[R], steepness: R, gradient: &mut [R]) {
        let e = X::load(error);
        let mut lambda = X::load(&[R::ZERO; 16]);
        let mut carried = lambda;
        for record in self.records[..self.used].chunks_exact(2 * X::COUNT + TAIL).rev() {
            let start = record[2 * X::COUNT].to_f64() as usize * X::COUNT;
            let Some(gradient) = gradient.get_mut(start..start + X::COUNT) else { return };
            lambda = lambda.back(e, record, carried, steepness, gradient);
            carried = X::load(&record[X::COUNT..]);
        }
    }

    #[inline(always)]
    fn sweep_wide(&self, error: &[R], steepness: R, gradient: &mut [R]) {
        let stride = error.len().max(1);
        let mut lambda = vec![R::ZERO; stride];
        let mut carried = vec![R::ZERO; stride];
        for record in self.records[..self.used].chunks_exact(2 * stride + TAIL).rev() {
            let start = record[2 * stride].to_f64() as usize * stride;
            let Some(gradient) = gradient.get_mut(start..start + stride) else { return };
            for lane in 0..stride {
                let v = record[lane];
                let distance = R::ONE + (v * steepness).abs();
                lambda[lane] = error[lane] / (distance * distance) + carried[lane] * lambda[lane];
                gradient[lane] += if v > held() { lambda[lane] } else { R::ZERO };
            }
            carried.copy_from_slice(&record[stride..2 * stride]);
        }
    }
}

/// The distance to threshold of a held column.
fn held<R: Real>() -> R {
    R::from_f64(f64::NEG_INFINITY)
}

/// lambda of one event from that of the next.
trait Swept<R: Real>: Packs<R> {
    /// lambda(k) = e s(v) + carried lambda(k + 1) for distances `v` to threshold; added to the gradient's row
    /// where the column is not held.
    fn back(self, e: Self, v: &[R], carried: Self, steepness: R, gradient: &mut [R]) -> Self;
}

impl<R: Real, const N: usize> Swept<R> for Pack<R, N> {
    #[inline(always)]
    fn back(self, e: Self, v: &[R], carried: Self, steepness: R, gradient: &mut [R]) -> Self {
        let v = Self::load(v);
        let distance = Self::splat(R::ONE) + (v * Self::splat(steepness)).abs();
        let lambda = e / (distance * distance) + carried * self;
        let mut free = lambda.0;
        for (free, v) in free.iter_mut().zip(v.0) {
            *free = if v > held() { *free } else { R::ZERO };
        }
        (Self::load(gradient) + Self(free)).store(gradient);
        lambda
    }
}

impl<R: Real, const N: usize, T: Swept<R>> Swept<R> for (Pack<R, N>, T) {
    #[inline(always)]
    fn back(self, e: Self, v: &[R], carried: Self, steepness: R, gradient: &mut [R]) -> Self {
        let (first, rest) = gradient.split_at_mut(N);
        (
            self.0.back(e.0, v, carried.0, steepness, first),
            self.1.back(e.1, &v[N..], carried.1, steepness, rest),
        )
    }
}

impl<R: Real> Probe<R> for HeldTape<R> {
    const TAPE: bool = true;
    const UNCOUNTED: bool = true;

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, _projection: u32, row: u32, decay: R, _before: X, x: X) {
        debug_assert!(row < MAX_ROWS, "row {row} is not exact in f32");
        let theta = self.theta;
        let (distance, factor, tail) = self.room(x.columns());
        x.write(distance);
        distance.iter_mut().for_each(|x| *x -= theta);
        factor.fill(decay);
        Pack([R::from_f64(f64::from(row)), R::ZERO, R::ZERO, R::ZERO]).store(tail);
        self.mark();
    }

    #[inline(always)]
    fn held_row<X: Columns<R>>(&mut self, _projection: u32, row: u32, factors: X, bar: X, _before: X, x: X) {
        debug_assert!(row < MAX_ROWS, "row {row} is not exact in f32");
        let (distance, factor, tail) = self.room(x.columns());
        x.write(distance);
        bar.write(factor);
        distance.iter_mut().zip(factor.iter()).for_each(|(x, &bar)| *x -= bar);
        factors.write(factor);
        Pack([R::from_f64(f64::from(row)), R::ZERO, R::ZERO, R::ZERO]).store(tail);
        self.mark();
    }

    fn lifted(&mut self, neuron: u32) {
        self.floored(neuron as usize);
    }

    #[inline(always)]
    fn spike(&mut self, spike: Spike) {
        self.spikes.push(spike);
        if self.forgets {
            self.reset.push(spike.neuron);
        }
    }
}

impl<R: Real> Recorder<R> for HeldTape<R> {
    fn prepare(&mut self, theta: R, forgets: bool) {
        (self.theta, self.forgets) = (theta, forgets);
        self.used = 0;
        self.reset.clear();
        self.spikes.clear();
    }

    fn spikes(&self) -> &[Spike] {
        &self.spikes
    }

    fn backward(&self, error: &[R], theta: R, steepness: R, several: bool, gradient: &mut [R]) {
        if several {
            self.backward_several(error, theta, steepness, gradient);
        } else {
            vectorised(Sweep { tape: self, error, steepness, gradient });
        }
    }
}

/// The loop of [`HeldTape::backward`].
struct Sweep<'a, R> {
    tape: &'a HeldTape<R>,
    error: &'a [R],
    steepness: R,
    gradient: &'a mut [R],
}

impl<R: Real> Work for Sweep<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { tape, error, steepness, gradient } = self;
        by_width!(
            error.len(),
            R,
            X => tape.sweep::<X<R>>(error, steepness, gradient),
            tape.sweep_wide(error, steepness, gradient)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::super::Tape;
    use super::*;
    use crate::time::Time;

    /// The same events on both tapes: nothing held, nothing forgotten.
    #[test]
    fn without_holds_and_with_subtraction_it_is_the_plain_sweep() {
        for outputs in [4usize, 8, 12, 16, 20] {
            let (mut plain, mut held) = (Tape::<f64>::default(), HeldTape::<f64>::default());
            held.prepare(1.0, false);
            let bar = vec![1.0; outputs];
            for k in 0..40u32 {
                let x: Vec<f64> =
                    (0..outputs).map(|j| f64::from((k * 31 + j as u32 * 17) % 23) / 20.0).collect();
                let decay = 1.0 - f64::from(k % 9) / 12.0;
                plain.row(0, k * 7 % 5, decay, &[][..], x.as_slice());
                if k % 2 == 0 {
                    held.row(0, k * 7 % 5, decay, &[][..], x.as_slice());
                } else {
                    let factors = vec![decay; outputs];
                    held.held_row(0, k * 7 % 5, factors.as_slice(), bar.as_slice(), &[][..], x.as_slice());
                }
                held.spike(Spike { time: Time::ZERO, population: 0, neuron: k % 4 });
            }
            let e: Vec<f64> = (0..outputs).map(|j| 0.1 * j as f64 - 0.3).collect();
            let (mut a, mut b) = (vec![0.0; 5 * outputs], vec![0.0; 5 * outputs]);
            plain.backward(&e, 1.0, 5.0, &mut a);
            Recorder::backward(&held, &e, 1.0, 5.0, false, &mut b);
            assert_eq!(a, b);
        }
    }
}
