//! Off-state leakage of the read-out neurons, integrated exactly along the events.
//!
//! While a switch is off, its membrane voltage u leaks through g_off: E = g_off integral u^2 dt. Between
//! events u = u_inf + x e^(-t / tau_m), so an interval with decay factor d contributes
//! u_inf^2 dt + 2 u_inf tau_m x (1 - d) + (tau_m / 2) x^2 (1 - d^2).
//!
//! The membrane of a switch is the state of its filament on a scale of volts: it has no state below
//! "dissolved" and turns on at the threshold. x is therefore cut to [0, v_th - u_inf] at the start of each
//! interval: what inhibition or a subtractive reset leaves outside is no voltage on a device.
//!
//! While a neuron is held after a spike its switch is on, and what it takes then is booked as on-state: the
//! interval counts from the end of the hold. Without a refractory time the on-time of a spike is not taken out.

use crate::engine::{HeldRows, Probe, Rows, Spike};
use crate::numeric::{Columns, Pack, Real};
use crate::simd::{Work, vectorised};

/// Sums of x (1 - d) and x^2 (1 - d^2) over intervals and neurons of one presentation, and its spikes.
#[derive(Clone, Debug, Default)]
pub struct Leakage<R> {
    /// v_th - u_inf; nothing where only spikes are wanted.
    cap: Option<R>,
    linear: Vec<R>,
    square: Vec<R>,
    /// Room for the factors, bars and membranes of one event.
    columns: [Vec<R>; 3],
    /// Spikes of the presentation.
    pub spikes: Vec<Spike>,
}

impl<R: Real> Leakage<R> {
    /// For membranes that turn on at `cap` above u_inf; without it only spikes are collected, by the same compiled engine.
    #[must_use]
    pub fn new(cap: Option<R>) -> Self {
        Self { cap, ..Self::default() }
    }

    fn cap(&self) -> R {
        self.cap.unwrap_or(R::ZERO)
    }

    /// Adds the interval after the last event and returns (sum x (1 - d), sum x^2 (1 - d^2)) over all
    /// neurons, then starts over.
    pub fn finish(&mut self, last: &[R], decay: R) -> (f64, f64) {
        self.add(decay, last);
        self.sums()
    }

    /// As [`Leakage::finish`] for neurons that are held, with each column's factor.
    pub fn finish_held(&mut self, last: &[R], factors: &[R]) -> (f64, f64) {
        let caps = vec![self.cap(); last.len()];
        self.add_held(factors, &caps, last);
        self.sums()
    }

    fn sums(&mut self) -> (f64, f64) {
        let sum = |values: &mut Vec<R>| {
            let sum = values.iter().map(|value| value.to_f64()).sum();
            values.fill(R::ZERO);
            sum
        };
        self.spikes.clear();
        (sum(&mut self.linear), sum(&mut self.square))
    }

    /// Room for so many columns.
    fn make_room(&mut self, columns: usize) {
        self.linear.resize(columns, R::ZERO);
        self.square.resize(columns, R::ZERO);
    }

    /// Adds an interval in which every column decays by the same factor.
    fn add(&mut self, decay: R, before: &[R]) {
        self.add_rows(before.len(), &[decay], before);
    }

    /// Adds intervals, at the start of which the columns are those of `before`.
    fn add_rows(&mut self, columns: usize, decays: &[R], before: &[R]) {
        self.make_room(columns);
        let cap = self.cap();
        vectorised(Sums { cap, linear: &mut self.linear, square: &mut self.square, decays, before });
    }

    /// Adds an interval in which each column decays by a factor of its own; held ones by 1, which is no
    /// interval at all.
    fn add_held(&mut self, factors: &[R], bar: &[R], before: &[R]) {
        self.make_room(before.len());
        let sums = self.linear.iter_mut().zip(&mut self.square);
        for (((linear, square), &f), (&x, &bar)) in sums.zip(factors).zip(before.iter().zip(bar)) {
            let x = if x > bar { bar } else { x };
            let x = if x > R::ZERO { x } else { R::ZERO };
            *linear += x * (R::ONE - f);
            *square += x * x * (R::ONE - f * f);
        }
    }
}

/// Intervals in which every column decays by the same factor, of a batch of rows.
struct Sums<'a, R> {
    cap: R,
    linear: &'a mut [R],
    square: &'a mut [R],
    decays: &'a [R],
    /// The columns before each of them.
    before: &'a [R],
}

impl<R: Real> Work for Sums<'_, R> {
    type Output = ();

    /// Four columns after four, so that their sums stay in registers; there is always a multiple of four.
    #[inline(always)]
    fn run(self) {
        let columns = self.linear.len();
        let sums = self.linear.as_chunks_mut::<4>().0.iter_mut().zip(self.square.as_chunks_mut::<4>().0);
        for (quad, (linear, square)) in sums.enumerate() {
            let (mut l, mut s) = (Pack(*linear), Pack(*square));
            for (&decay, before) in self.decays.iter().zip(self.before.chunks_exact(columns)) {
                let x = Pack::<R, 4>::load(&before[4 * quad..]).clipped(self.cap);
                l = l + x * Pack::splat(R::ONE - decay);
                s = s + x * x * Pack::splat(R::ONE - decay * decay);
            }
            (*linear, *square) = (l.0, s.0);
        }
    }
}

impl<R: Real> Probe<R> for Leakage<R> {
    const TAPE: bool = true;

    #[inline(always)]
    fn taped(&self) -> bool {
        self.cap.is_some()
    }

    #[inline(always)]
    fn row<X: Columns<R>>(&mut self, _projection: u32, _row: u32, decay: R, before: X, _x: X) {
        let mut columns = std::mem::take(&mut self.columns);
        self.add(decay, before.slice(&mut columns[0]));
        self.columns = columns;
    }

    fn rows(&mut self, _projection: u32, rows: Rows<'_, R>) {
        self.add_rows(rows.columns, rows.decays, rows.before);
    }

    #[inline(always)]
    fn held_row<X: Columns<R>>(&mut self, _projection: u32, _row: u32, factor: X, bar: X, before: X, _x: X) {
        let mut columns = std::mem::take(&mut self.columns);
        let [f, b, x] = &mut columns;
        self.add_held(factor.slice(f), bar.slice(b), before.slice(x));
        self.columns = columns;
    }

    fn held_rows(&mut self, _projection: u32, rows: HeldRows<'_, R>) {
        let columns = rows.columns;
        let own = rows.factors.chunks_exact(columns).zip(rows.bars.chunks_exact(columns));
        for ((factors, bar), before) in own.zip(rows.before.chunks_exact(columns)) {
            self.add_held(factors, bar, before);
        }
    }

    #[inline]
    fn spike(&mut self, spike: Spike) {
        self.spikes.push(spike);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sums_integrate_u_squared() {
        // x = 0.2 decays for 3 ms, is raised to 0.15 by an arrival, decays for 5 ms; tau 9.41 ms.
        let (tau, u_inf) = (9.41e-3, 0.43e-3);
        let mut probe = Leakage::<f64>::new(Some(0.25));
        let d1 = (-3e-3f64 / tau).exp();
        let d2 = (-5e-3f64 / tau).exp();
        // The other lanes: inhibited, inhibited, at rest.
        probe.row(0, 0, d1, &[0.2, -3.0, -0.1, 0.0][..], &[0.15, -2.0, 0.0, 0.0][..]);
        let (linear, square) = probe.finish(&[0.15, -2.0, 0.0, 0.0], d2);
        let exact = u_inf * u_inf * 8e-3 + 2.0 * u_inf * tau * linear + 0.5 * tau * square;
        let mut sum = 0.0;
        let n = 200_000;
        for (start, length) in [(0.2, 3e-3), (0.15, 5e-3)] {
            let h = length / f64::from(n);
            for i in 0..n {
                let u = u_inf + start * (-(f64::from(i) + 0.5) * h / tau).exp();
                sum += u * u * h;
            }
        }
        assert!((exact - sum).abs() < 1e-9 * sum, "{exact} {sum}");
    }
}
