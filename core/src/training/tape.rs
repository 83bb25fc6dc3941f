//! The tape: what the forward pass leaves for the backward sweep.
//!
//! The loss depends on spike counts n_j. With a surrogate s for the derivative of the spike at each
//! input event k (detached reset), dL/dw_ij = sum over events of e_j s(u_j(k) - theta) x_i(t_k), x_i the
//! exponential trace of input i. Swapping the sums turns 784 traces into one sweep backwards over the
//! events in O(outputs) each:
//!
//! lambda_j(k) = e_j s(u_j(k) - theta) + e^(-(t_(k+1) - t_k) / tau_m) lambda_j(k + 1),
//! dL/dw_(i(k), j) += lambda_j(k).
//!
//! A jump that is n spikes at once has the sum over k = 1 .. n + 1 of s(u - k theta) in place of s(u - theta). That is
//! asked for where a weight reaches the threshold; where none does, no membrane reaches two thresholds and the one
//! term stands for all.
//!
//! This is the sweep of neurons whose reset subtracts and who are never deaf; the others are on a
//! [`super::HeldTape`].
//!
//! Surrogate: derivative of the fast sigmoid, s(v) = 1 / (1 + beta |v|)^2 (Zenke & Ganguli, Neural
//! Computation 30 (2018) 1514).

use crate::engine::{Probe, RECORD_TAIL, Spike, write_record};
use crate::numeric::{Columns, Pack, Packs, Real, by_width};
use crate::simd::{Work, vectorised};

/// Events of one presentation to one read-out population through one projection: rows of another
/// projection would be taken for rows of the same.
///
/// One record per event: the membranes before the threshold test, then a quad with the decay factor and
/// the row. The array only grows; how much of it is in use is one counter, which is all that recording
/// an event has to update.
#[derive(Clone, Debug, Default)]
pub struct Tape<R> {
    used: usize,
    /// Values of one record.
    record: usize,
    records: Vec<R>,
    /// Spikes of the presentation, for the fingerprint and observers.
    pub spikes: Vec<Spike>,
}

/// What a presentation is recorded on, and swept back over for its gradient.
pub(super) trait Recorder<R: Real>: Probe<R> + Default + Send {
    /// Ready for a presentation to neurons of threshold `theta`, whose reset `forgets` the membrane.
    fn prepare(&mut self, theta: R, forgets: bool);
    /// Spikes of the presentation.
    fn spikes(&self) -> &[Spike];
    /// Adds dL/dw to `gradient`: as [`Tape::backward`].
    fn backward(&self, error: &[R], theta: R, steepness: R, several: bool, gradient: &mut [R]);
}

/// The sum over k = 1 .. n + 1 of s(x - k theta), n the thresholds that fit into x, at least for those below x = theta the
/// one term s(x - theta): what a jump that may be n spikes has for the derivative of their number.
pub(super) fn surrogates<R: Real>(x: R, theta: R, steepness: R) -> R {
    let one = |distance: R| {
        let distance = R::ONE + (distance * steepness).abs();
        R::ONE / (distance * distance)
    };
    let mut distance = x - theta;
    let mut sum = one(distance);
    while distance >= R::ZERO && distance < R::from_f64(f64::INFINITY) {
        distance -= theta;
        sum += one(distance);
    }
    sum
}

impl<R: Real> Recorder<R> for Tape<R> {
    fn prepare(&mut self, _theta: R, _forgets: bool) {
        self.clear();
    }

    fn spikes(&self) -> &[Spike] {
        &self.spikes
    }

    fn backward(&self, error: &[R], theta: R, steepness: R, several: bool, gradient: &mut [R]) {
        if several {
            self.backward_several(error, theta, steepness, gradient);
        } else {
            Tape::backward(self, error, theta, steepness, gradient);
        }
    }
}

/// Rows that a tape can tell apart: whole numbers that an `f32` holds exactly.
pub(super) const MAX_ROWS: u32 = 1 << 24;

impl<R: Real> Tape<R> {
    /// Forgets the presentation.
    pub fn clear(&mut self) {
        self.used = 0;
        self.spikes.clear();
    }

    /// Number of recorded events.
    #[must_use]
    pub fn len(&self) -> usize {
        if self.used == 0 { 0 } else { self.used / self.record }
    }

    /// Whether nothing was recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    #[cold]
    fn grow(&mut self, least: usize) {
        self.records.resize((2 * self.records.len()).max(least), R::ZERO);
    }

    /// Rows, decays and membranes in use, event by event.
    #[inline(always)]
    fn recorded(&self, stride: usize) -> impl DoubleEndedIterator<Item = (usize, R, &[R])> {
        self.records[..self.used].chunks_exact(stride + RECORD_TAIL).map(move |record| {
            let (x, tail) = record.split_at(stride);
            (tail[1].to_f64() as usize, tail[0], x)
        })
    }

    /// Adds dL/dw of this presentation to `gradient` (padded row-major, like the weights).
    ///
    /// `error` is dL/dn_j, `theta` the threshold relative to rest, `steepness` beta in 1/V.
    pub fn backward(&self, error: &[R], theta: R, steepness: R, gradient: &mut [R]) {
        vectorised(Sweep { tape: self, error, theta, steepness, gradient });
    }

    /// As [`Tape::backward`] where a jump may have been several spikes: s(u - theta) becomes the sum over k of
    /// s(u - k theta), up to the first threshold that was not reached.
    pub fn backward_several(&self, error: &[R], theta: R, steepness: R, gradient: &mut [R]) {
        let stride = error.len().max(1);
        let mut lambda = vec![R::ZERO; stride];
        let mut next_decay = R::ZERO;
        for (row, decay, x) in self.recorded(stride).rev() {
            let start = row * stride;
            let Some(gradient) = gradient.get_mut(start..start + stride) else { return };
            for lane in 0..stride {
                let spikes = surrogates(x[lane], theta, steepness);
                lambda[lane] = error[lane] * spikes + next_decay * lambda[lane];
                gradient[lane] += lambda[lane];
            }
            next_decay = decay;
        }
    }

    /// For the columns of `X`; lambda stays in registers over the whole sweep.
    #[inline(always)]
    fn sweep<X: Swept<R>>(&self, error: &[R], theta: R, steepness: R, gradient: &mut [R]) {
        let e = X::load(error);
        let mut lambda = X::load(&[R::ZERO; 16]);
        let mut next_decay = R::ZERO;
        for (row, decay, x) in self.recorded(X::COUNT).rev() {
            let start = row * X::COUNT;
            let Some(gradient) = gradient.get_mut(start..start + X::COUNT) else { return };
            lambda = lambda.back(e, x, theta, steepness, next_decay, gradient);
            next_decay = decay;
        }
    }

    #[inline(always)]
    fn sweep_wide(&self, error: &[R], theta: R, steepness: R, gradient: &mut [R]) {
        let stride = error.len().max(1);
        let mut lambda = vec![R::ZERO; stride];
        let mut next_decay = R::ZERO;
        for (row, decay, x) in self.recorded(stride).rev() {
            let start = row * stride;
            let Some(gradient) = gradient.get_mut(start..start + stride) else { return };
            for lane in 0..stride {
                let distance = R::ONE + ((x[lane] - theta) * steepness).abs();
                lambda[lane] = error[lane] / (distance * distance) + next_decay * lambda[lane];
                gradient[lane] += lambda[lane];
            }
            next_decay = decay;
        }
    }
}

/// lambda of one event from that of the next.
trait Swept<R: Real>: Packs<R> {
    /// lambda(k) = e s(x - theta) + decay lambda(k + 1), added to the gradient's row.
    fn back(self, e: Self, x: &[R], theta: R, steepness: R, decay: R, gradient: &mut [R]) -> Self;
}

impl<R: Real, const N: usize> Swept<R> for Pack<R, N> {
    #[inline(always)]
    fn back(self, e: Self, x: &[R], theta: R, steepness: R, decay: R, gradient: &mut [R]) -> Self {
        let scaled = (Self::load(x) - Self::splat(theta)) * Self::splat(steepness);
        let distance = Self::splat(R::ONE) + scaled.abs();
        let lambda = e / (distance * distance) + Self::splat(decay) * self;
        (Self::load(gradient) + lambda).store(gradient);
        lambda
    }
}

impl<R: Real, const N: usize, T: Swept<R>> Swept<R> for (Pack<R, N>, T) {
    #[inline(always)]
    fn back(self, e: Self, x: &[R], theta: R, steepness: R, decay: R, gradient: &mut [R]) -> Self {
        let (first, rest) = gradient.split_at_mut(N);
        (
            self.0.back(e.0, x, theta, steepness, decay, first),
            self.1.back(e.1, &x[N..], theta, steepness, decay, rest),
        )
    }
}

/// The loop of [`Tape::backward`].
struct Sweep<'a, R> {
    tape: &'a Tape<R>,
    error: &'a [R],
    theta: R,
    steepness: R,
    gradient: &'a mut [R],
}

impl<R: Real> Work for Sweep<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { tape, error, theta, steepness, gradient } = self;
        by_width!(
            error.len(),
            R,
            X => tape.sweep::<X<R>>(error, theta, steepness, gradient),
            tape.sweep_wide(error, theta, steepness, gradient)
        );
    }
}

impl<R: Real> Probe<R> for Tape<R> {
    const TAPE: bool = true;
    const DIRECT: bool = true;
    const HELD_ROWS: bool = false;
    const UNCOUNTED: bool = true;

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, _projection: u32, row: u32, decay: R, _before: X, x: X) {
        debug_assert!(row < MAX_ROWS, "row {row} is not exact in f32");
        write_record(self.room(x.columns(), 1), row, decay, x);
        self.written(1);
    }

    #[inline]
    fn room(&mut self, columns: usize, rows: usize) -> &mut [R] {
        self.record = columns + RECORD_TAIL;
        let end = self.used + rows * self.record;
        if end > self.records.len() {
            self.grow(end.max(256 * self.record));
        }
        &mut self.records[self.used..end]
    }

    #[inline]
    fn written(&mut self, rows: usize) {
        self.used += rows * self.record;
    }

    #[inline(always)]
    fn spike(&mut self, spike: Spike) {
        self.spikes.push(spike);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_over_several_thresholds_has_a_surrogate_for_each_and_for_the_next() {
        let s = |v: f64| 1.0 / (1.0 + 5.0 * v.abs()).powi(2);
        let close = |x: f64, want: f64| {
            let got = surrogates(x, 1.0, 5.0);
            assert!((got - want).abs() < 1e-15, "{x}: {got}, not {want}");
        };
        close(3.5, s(2.5) + s(1.5) + s(0.5) + s(-0.5));
        close(1.0, s(0.0) + s(-1.0));
        close(0.25, s(-0.75));
        close(-4.0, s(-5.0));
        // And the sweep takes it: two events, the second after a decay of a half.
        for outputs in [4usize, 20] {
            let mut tape = Tape::<f64>::default();
            tape.row(0, 0, 1.0, &[][..], vec![3.5; outputs].as_slice());
            tape.row(0, 1, 0.5, &[][..], vec![0.25; outputs].as_slice());
            let mut gradient = vec![0.0; 2 * outputs];
            Recorder::backward(&tape, &vec![2.0; outputs], 1.0, 5.0, true, &mut gradient);
            let later = 2.0 * s(-0.75);
            let first = 2.0 * (s(2.5) + s(1.5) + s(0.5) + s(-0.5)) + 0.5 * later;
            for lane in 0..outputs {
                assert!(
                    (gradient[lane] - first).abs() < 1e-14
                        && (gradient[outputs + lane] - later).abs() < 1e-14
                );
            }
        }
    }

    /// The definition, with one trace per input.
    fn naive(
        rows: &[u32],
        decays: &[f64],
        x: &[f64],
        e: &[f64],
        theta: f64,
        beta: f64,
        inputs: usize,
    ) -> Vec<f64> {
        let outputs = e.len();
        let mut traces = vec![0.0; inputs];
        let mut gradient = vec![0.0; inputs * outputs];
        for (k, &row) in rows.iter().enumerate() {
            traces.iter_mut().for_each(|trace| *trace *= decays[k]);
            traces[row as usize] += 1.0;
            for j in 0..outputs {
                let s = 1.0 / (1.0 + beta * (x[k * outputs + j] - theta).abs());
                for (i, trace) in traces.iter().enumerate() {
                    gradient[i * outputs + j] += e[j] * s * s * trace;
                }
            }
        }
        gradient
    }

    #[test]
    fn the_backward_sweep_is_the_sum_over_traces() {
        for outputs in [4usize, 8, 12, 16, 20] {
            let mut tape = Tape::<f64>::default();
            let (mut decays, mut x) = (Vec::new(), Vec::new());
            let rows: Vec<u32> = (0..50u32).map(|k| k * 7 % 5).collect();
            for k in 0..50 {
                let membranes: Vec<f64> =
                    (0..outputs).map(|j| f64::from((k * 31 + j as u32 * 17) % 23) / 20.0).collect();
                let decay = 1.0 - f64::from(k % 9) / 12.0;
                tape.row(0, rows[k as usize], decay, &[][..], membranes.as_slice());
                decays.push(decay);
                x.extend(membranes);
            }
            let e: Vec<f64> = (0..outputs).map(|j| 0.1 * j as f64 - 0.3).collect();
            let mut gradient = vec![0.0; 5 * outputs];
            tape.backward(&e, 1.0, 5.0, &mut gradient);
            for (got, want) in gradient.iter().zip(naive(&rows, &decays, &x, &e, 1.0, 5.0, 5)) {
                assert!((got - want).abs() < 1e-12 * (1.0 + want.abs()), "{got} {want}");
            }
        }
    }
}
