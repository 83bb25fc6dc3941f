//! Batches of rows for a shared-decay population whose neurons are held after a spike, or differ.
//!
//! A held neuron stays at its reset value until `until` and loses what arrives before; then it decays from
//! there on, so the first event at or after `until` multiplies it by its own e^(-(t - until) / tau_m). The kernel
//! keeps one *bar* per column: its threshold, or infinity while it is held, which selects the old value in the
//! row loop and cannot be reached. Events at which a hold ends are done column by column: there is one per spike.
//! Operations and order are those of [`SharedDecay::advance`] and [`SharedDecay::add`].

use super::shared_decay::{BATCH, Delivery, SharedDecay, SharedParameters, decays};
use super::switching::Switching;
use crate::numeric::{Columns, Pack, Packs, Real, by_width};
use crate::simd::Work;
use crate::time::Time;

/// Threshold of a neuron relative to u_inf.
pub fn shared_theta<R: Real>(
    parameters: &SharedParameters<R>,
    switching: Option<&Switching>,
    neuron: usize,
) -> R {
    let level = parameters.levels.of(neuron);
    switching.map_or(level.firing.threshold, |switching| R::from_f64(switching.v_th(neuron) - level.u_inf))
}

/// The bar of a held neuron.
fn held<R: Real>() -> R {
    R::from_f64(f64::INFINITY)
}

/// What the kernel reports about one event.
pub trait HeldSink<R: Real> {
    /// Whether [`HeldSink::row`] is wanted.
    const ROWS: bool;
    /// The row has been added; nothing is reset yet. `factor` is what multiplied each column (1 if it is
    /// held), `bar` its threshold (infinite if it is held).
    fn row<X: Columns<R>>(&mut self, index: usize, row: u32, factor: X, bar: X, before: X, x: X);
    /// Event `index` took neuron `neuron` below its floor, where it is now.
    fn lifted(&mut self, index: usize, neuron: u32);
    /// Neuron `neuron` fires `times` spikes at event `index` and is held for `span`. Returns the number of events that
    /// may still be taken from this batch, counted from its start.
    fn fire(&mut self, index: usize, neuron: u32, span: Time, times: u32) -> usize;
}

/// A batch of rows for a population with refractory neurons, or neurons that differ; running it returns how many it took.
pub struct HeldDelivery<'a, R: Real, K> {
    pub delivery: Delivery<'a, R, K>,
    pub switching: &'a mut Option<Switching>,
    pub wide: &'a mut Wide<R>,
}

/// Bars and factors of a population that is too wide for registers, kept so that no batch asks for memory.
#[derive(Debug)]
pub struct Wide<R> {
    bars: Vec<R>,
    factors: Vec<R>,
}

impl<R> Default for Wide<R> {
    fn default() -> Self {
        Self { bars: Vec::new(), factors: Vec::new() }
    }
}

impl<R: Real, K: HeldSink<R>> Work for HeldDelivery<'_, R, K> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        let columns = self.delivery.state.x.len();
        if self.delivery.parameters.floored {
            by_width!(columns, R, X => deliver::<R, X<R>, K, true>(self), deliver_wide::<R, K, true>(self))
        } else {
            by_width!(columns, R, X => deliver::<R, X<R>, K, false>(self), deliver_wide::<R, K, false>(self))
        }
    }
}

/// Columns of which some are held.
trait Barred<R: Real>: Packs<R> {
    /// self x factor + addend where the bar is finite, self where it is not.
    #[must_use]
    fn free_scale_add(self, bar: Self, factor: R, addend: &[R]) -> Self;
    /// `factor` where the bar is finite, 1 where it is not.
    #[must_use]
    fn factors(bar: Self, factor: R) -> Self;
    /// Whether any column reaches its bar.
    fn reaches(self, bar: Self) -> bool;
}

impl<R: Real, const N: usize> Barred<R> for Pack<R, N> {
    #[inline(always)]
    fn free_scale_add(self, bar: Self, factor: R, addend: &[R]) -> Self {
        let mut moved = (self * Self::splat(factor) + Self::load(addend)).0;
        for ((moved, bar), x) in moved.iter_mut().zip(bar.0).zip(self.0) {
            *moved = if bar < held() { *moved } else { x };
        }
        Self(moved)
    }

    #[inline(always)]
    fn factors(bar: Self, factor: R) -> Self {
        Self(bar.0.map(|bar| if bar < held() { factor } else { R::ONE }))
    }

    #[inline(always)]
    fn reaches(self, bar: Self) -> bool {
        // A difference of floating-point numbers has the sign of the exact one.
        Pack::reaching(self - bar, R::ZERO) != 0
    }
}

impl<R: Real, const N: usize, T: Barred<R>> Barred<R> for (Pack<R, N>, T) {
    #[inline(always)]
    fn free_scale_add(self, bar: Self, factor: R, addend: &[R]) -> Self {
        (self.0.free_scale_add(bar.0, factor, addend), self.1.free_scale_add(bar.1, factor, &addend[N..]))
    }

    #[inline(always)]
    fn factors(bar: Self, factor: R) -> Self {
        (Pack::factors(bar.0, factor), T::factors(bar.1, factor))
    }

    #[inline(always)]
    fn reaches(self, bar: Self) -> bool {
        self.0.reaches(bar.0) | self.1.reaches(bar.1)
    }
}

/// The columns in memory, for what happens once per spike.
struct Spilled<'a, R: Real> {
    x: &'a mut [R],
    bar: &'a mut [R],
    factor: &'a mut [R],
    until: &'a mut [Time],
    parameters: &'a SharedParameters<R>,
    switching: &'a mut Option<Switching>,
}

impl<R: Real> Spilled<'_, R> {
    /// Advances every column from `last` to `time` and adds the row, ending the holds that end by then.
    /// Returns when the next one ends.
    fn release(&mut self, last: u64, time: u64, decay: R, row: &[R]) -> u64 {
        let mut wake = u64::MAX;
        for (neuron, &weight) in row.iter().enumerate().take(self.parameters.size) {
            let until = self.until.get(neuron).map_or(0, |until| until.fs());
            let mut factor = decay;
            if until > time {
                self.factor[neuron] = R::ONE;
                wake = wake.min(until);
                continue;
            }
            if until > last {
                factor = self.parameters.decay(until, time);
                self.bar[neuron] = shared_theta(self.parameters, self.switching.as_ref(), neuron);
            }
            self.factor[neuron] = factor;
            self.x[neuron] = self.x[neuron] * factor + weight;
        }
        wake
    }

    /// Fires, resets and holds every neuron that reaches its bar; returns how many events may still be
    /// taken and when the first of the new holds ends.
    ///
    /// Where something is left above threshold, no event is taken that comes when the hold ends, or later: it fires then.
    fn fire<K: HeldSink<R>>(&mut self, index: usize, times: &[u64], sink: &mut K) -> (usize, u64) {
        let (mut limit, mut wake) = (usize::MAX, u64::MAX);
        let time = times[index];
        for neuron in 0..self.parameters.size {
            let (x, bar) = (self.x[neuron], self.bar[neuron]);
            let fires = x >= bar && bar < held();
            if !fires {
                continue;
            }
            let firing = &self.parameters.levels.of(neuron).firing;
            let spent = firing.jump(x);
            self.x[neuron] = spent.x;
            let span = self
                .switching
                .as_mut()
                .map_or(self.parameters.refractory, |switching| switching.fire(neuron));
            if let Some(until) = self.until.get_mut(neuron)
                && span > Time::ZERO
            {
                *until = Time::from_fs(time).after(span);
                self.bar[neuron] = held();
                wake = wake.min(until.fs());
                if firing.fires_again(spent.x) {
                    limit = limit.min(times.partition_point(|&time| time < until.fs()));
                }
            } else {
                self.bar[neuron] = shared_theta(self.parameters, self.switching.as_ref(), neuron);
            }
            limit = limit.min(sink.fire(index, neuron as u32, span, spent.times));
        }
        (limit, wake)
    }
}

/// The bars of a population, padded, and when the first hold ends.
fn bars<R: Real>(
    state: &SharedDecay<R>,
    parameters: &SharedParameters<R>,
    switching: Option<&Switching>,
    bars: &mut [R],
) -> u64 {
    bars.fill(parameters.theta);
    let mut wake = u64::MAX;
    for (neuron, bar) in bars[..parameters.size].iter_mut().enumerate() {
        let until = state.until.get(neuron).copied().unwrap_or(Time::ZERO);
        if until > state.last {
            *bar = held();
            wake = wake.min(until.fs());
        } else {
            *bar = shared_theta(parameters, switching, neuron);
        }
    }
    wake
}

/// What multiplies every column when it advances to `time`, and the bars then, padded.
pub fn columns_at<R: Real>(
    state: &SharedDecay<R>,
    parameters: &SharedParameters<R>,
    switching: Option<&Switching>,
    time: Time,
) -> (Vec<R>, Vec<R>) {
    let decay = parameters.decay(state.last.fs(), time.fs());
    let mut factors = vec![decay; state.x.len()];
    let mut bars = vec![parameters.theta; state.x.len()];
    for neuron in 0..parameters.size {
        let until = state.until.get(neuron).copied().unwrap_or(Time::ZERO);
        if until > time {
            (factors[neuron], bars[neuron]) = (R::ONE, held());
            continue;
        }
        if until > state.last {
            factors[neuron] = parameters.decay(until.fs(), time.fs());
        }
        bars[neuron] = shared_theta(parameters, switching, neuron);
    }
    (factors, bars)
}

/// For `X::COUNT` columns; membranes and bars stay in registers between spikes.
#[inline(always)]
fn deliver<R: Real, X: Barred<R>, K: HeldSink<R>, const FLOORED: bool>(
    batch: HeldDelivery<'_, R, K>,
) -> usize {
    let HeldDelivery { delivery, switching, .. } = batch;
    let Delivery { state, parameters, times, rows, first_row, weights, sink, .. } = delivery;
    let columns = X::COUNT;
    debug_assert!(state.x.len() == columns && times.len() <= BATCH);
    let decays = decays(parameters.minus_rate, state.last, times);
    let (mut membranes, mut barred, mut factors) = ([R::ZERO; 16], [R::ZERO; 16], [R::ONE; 16]);
    let mut wake = bars(state, parameters, switching.as_ref(), &mut barred[..columns]);
    let mut x = X::load(&state.x);
    let mut bar = X::load(&barred);
    let mut last = state.last.fs();
    let mut limit = times.len();
    let mut index = 0;
    while index < limit {
        let row = first_row + u32::from(rows[index]);
        let start = row as usize * columns;
        let Some(row_weights) = weights.get(start..start + columns) else { break };
        let (time, decay, before) = (times[index], decays[index], x);
        if time < wake {
            x = x.free_scale_add(bar, decay, row_weights);
            if K::ROWS {
                sink.row(index, row, X::factors(bar, decay), bar, before, x);
            }
        } else {
            x.store(&mut membranes);
            bar.store(&mut barred);
            wake = spilled(&mut membranes, &mut barred, &mut factors, state, parameters, switching).release(
                last,
                time,
                decay,
                row_weights,
            );
            (x, bar) = (X::load(&membranes), X::load(&barred));
            if K::ROWS {
                sink.row(index, row, X::load(&factors), bar, before, x);
            }
        }
        if FLOORED {
            x.store(&mut membranes);
            bar.store(&mut barred);
            lift(&mut membranes, &barred, parameters, index, sink);
            x = X::load(&membranes);
        }
        if x.reaches(bar) {
            x.store(&mut membranes);
            bar.store(&mut barred);
            let (left, ends) =
                spilled(&mut membranes, &mut barred, &mut factors, state, parameters, switching)
                    .fire(index, times, sink);
            limit = limit.min(left);
            wake = wake.min(ends);
            (x, bar) = (X::load(&membranes), X::load(&barred));
        }
        last = time;
        index += 1;
    }
    x.store(&mut state.x);
    finish(state, last);
    index
}

/// Lifts every column that a row took below its floor.
#[inline(always)]
fn lift<R: Real, K: HeldSink<R>>(
    x: &mut [R],
    bar: &[R],
    parameters: &SharedParameters<R>,
    index: usize,
    sink: &mut K,
) {
    for (neuron, (x, &bar)) in x.iter_mut().zip(bar).enumerate().take(parameters.size) {
        let lowest = parameters.levels.of(neuron).lowest;
        if *x < lowest && bar < held() {
            *x = lowest;
            if K::ROWS {
                sink.lifted(index, neuron as u32);
            }
        }
    }
}

fn spilled<'a, R: Real>(
    x: &'a mut [R],
    bar: &'a mut [R],
    factor: &'a mut [R],
    state: &'a mut SharedDecay<R>,
    parameters: &'a SharedParameters<R>,
    switching: &'a mut Option<Switching>,
) -> Spilled<'a, R> {
    Spilled { x, bar, factor, until: &mut state.until, parameters, switching }
}

fn finish<R: Real>(state: &mut SharedDecay<R>, last: u64) {
    state.last = Time::from_fs(last);
    state.held = state.until.iter().filter(|until| **until > state.last).count() as u32;
}

/// As [`deliver`] for any number of columns.
#[inline(always)]
fn deliver_wide<R: Real, K: HeldSink<R>, const FLOORED: bool>(batch: HeldDelivery<'_, R, K>) -> usize {
    let HeldDelivery { delivery, switching, wide } = batch;
    let Delivery { state, parameters, times, rows, first_row, weights, sink, .. } = delivery;
    let columns = state.x.len();
    let mut x = std::mem::take(&mut state.x);
    let mut before = if K::ROWS { x.clone() } else { Vec::new() };
    let Wide { bars: bar, factors } = wide;
    for (values, value) in [(&mut *bar, R::ZERO), (&mut *factors, R::ONE)] {
        values.clear();
        values.resize(columns, value);
    }
    let (bar, factors) = (bar.as_mut_slice(), factors.as_mut_slice());
    let mut wake = bars(state, parameters, switching.as_ref(), bar);
    let mut last = state.last.fs();
    let mut limit = times.len();
    let mut index = 0;
    while index < limit {
        let row = first_row + u32::from(rows[index]);
        let start = row as usize * columns;
        let Some(row_weights) = weights.get(start..start + columns) else { break };
        let time = times[index];
        let decay = parameters.decay(last, time);
        if K::ROWS {
            before.copy_from_slice(&x);
        }
        if time < wake {
            for ((x, &bar), &weight) in x.iter_mut().zip(&*bar).zip(row_weights) {
                let moved = *x * decay + weight;
                *x = if bar < held() { moved } else { *x };
            }
            if K::ROWS {
                for (factor, &bar) in factors.iter_mut().zip(&*bar) {
                    *factor = if bar < held() { decay } else { R::ONE };
                }
            }
        } else {
            wake = spilled(&mut x, bar, factors, state, parameters, switching).release(
                last,
                time,
                decay,
                row_weights,
            );
        }
        if K::ROWS {
            sink.row(index, row, &factors[..], &bar[..], &before[..], &x[..]);
        }
        if FLOORED {
            lift(&mut x, bar, parameters, index, sink);
        }
        if x.iter().zip(&*bar).any(|(x, bar)| x >= bar) {
            let (left, ends) =
                spilled(&mut x, bar, factors, state, parameters, switching).fire(index, times, sink);
            limit = limit.min(left);
            wake = wake.min(ends);
        }
        last = time;
        index += 1;
    }
    state.x = x;
    finish(state, last);
    index
}
