//! Membranes of a population that every event reaches: one last-update time, one decay factor per
//! event, then multiply and add along the row.
//!
//! x_j = u_j - u_inf with u_inf = u_rest + R I_bias; between events x_j(t + d) = x_j(t) e^(-d / tau_m);
//! an arrival adds the weight; x_j >= theta = v_th - u_inf fires. The decay multiplies first and the
//! rows of one instant are added in content order, in the batch kernel and one by one alike.

use super::levels::Levels;
use crate::network::{Population, stride};
use crate::neuron::{Firing, Spent};
use crate::numeric::{Columns, Packs, Real, by_width};
use crate::simd::Work;
use crate::time::{FS_PER_SECOND, Time};
use serde::{Deserialize, Serialize};

/// State of the membranes; plain data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound = "")]
pub struct SharedDecay<R: Real> {
    /// Relative to u_inf, padded with zeros to the stride of the weight matrix.
    pub x: Vec<R>,
    /// When `x` was last updated.
    pub last: Time,
    /// End of each neuron's refractory period; empty if the model has none.
    pub until: Vec<Time>,
    /// Neurons whose membrane has been held since their spike and has not moved again.
    pub held: u32,
}

/// Constants of the population in the plan's precision.
#[derive(Clone, Debug)]
pub struct SharedParameters<R: Real> {
    pub size: usize,
    /// -1 / tau_m in 1/fs.
    pub(super) minus_rate: f64,
    /// Of all; the lowest of thresholds that differ.
    pub theta: R,
    /// Where neurons do not differ.
    firing: Firing<R>,
    pub levels: Levels<R>,
    pub(super) refractory: Time,
    /// Whether jumps do not take a membrane as low as they would.
    pub floored: bool,
}

impl<R: Real> SharedParameters<R> {
    pub fn new(population: &Population) -> Self {
        let (lif, levels) = (&population.lif, Levels::new(population));
        Self {
            size: population.size as usize,
            minus_rate: -1.0 / (lif.tau_m.get() * FS_PER_SECOND),
            theta: levels.lowest(),
            firing: levels.common().firing,
            floored: levels.floored(),
            levels,
            refractory: Time::from_seconds(lif.t_ref).unwrap_or(Time::MAX),
        }
    }

    /// e^(-(to - from) / tau_m).
    #[inline(always)]
    pub fn decay(&self, from: u64, to: u64) -> R {
        R::from_f64((to - from) as i64 as f64 * self.minus_rate).exp()
    }
}

impl<R: Real> SharedDecay<R> {
    /// Where it is at the start of an episode.
    pub fn new(parameters: &SharedParameters<R>) -> Self {
        let x = vec![R::ZERO; stride(parameters.size as u32)];
        let until =
            if parameters.refractory > Time::ZERO { vec![Time::ZERO; parameters.size] } else { Vec::new() };
        let mut this = Self { x, last: Time::ZERO, until, held: 0 };
        this.restart(parameters);
        this
    }

    /// Back there, without moving the buffers.
    pub fn restart(&mut self, parameters: &SharedParameters<R>) {
        for (neuron, x) in self.x[..parameters.size].iter_mut().enumerate() {
            *x = parameters.levels.of(neuron).start;
        }
        self.last = Time::ZERO;
        self.until.fill(Time::ZERO);
        self.held = 0;
    }

    /// Decays every membrane to `time`; returns the factor.
    pub fn advance(&mut self, parameters: &SharedParameters<R>, time: Time) -> R {
        let decay = parameters.decay(self.last.fs(), time.fs());
        if self.held == 0 {
            self.x.iter_mut().for_each(|x| *x *= decay);
        } else {
            for (neuron, x) in self.x[..parameters.size].iter_mut().enumerate() {
                let until = self.until[neuron];
                if until > self.last {
                    // Held when last updated: it has decayed only since the end of the period.
                    if until <= time {
                        *x *= parameters.decay(until.fs(), time.fs());
                        self.held -= 1;
                    }
                } else {
                    *x *= decay;
                }
            }
        }
        self.last = time;
        decay
    }

    /// Adds a row of weights; held neurons lose it.
    pub fn add(&mut self, row: &[R]) {
        if self.held == 0 {
            for (x, &weight) in self.x.iter_mut().zip(row) {
                *x += weight;
            }
        } else {
            for (neuron, until) in self.until.iter().enumerate() {
                if *until <= self.last {
                    self.x[neuron] += row[neuron];
                }
            }
        }
    }

    /// Everything of an instant has been added: lifts who is below the floor, and shows who that is.
    pub fn lift(&mut self, parameters: &SharedParameters<R>, mut lifted: impl FnMut(usize)) {
        for (neuron, x) in self.x[..parameters.size].iter_mut().enumerate() {
            let lowest = parameters.levels.of(neuron).lowest;
            if *x < lowest && self.until.get(neuron).is_none_or(|&until| until <= self.last) {
                *x = lowest;
                lifted(neuron);
            }
        }
    }

    /// Whether rows are added column by column: neurons that are held, differ, or have a floor.
    pub fn by_column(&self, parameters: &SharedParameters<R>, varies: bool) -> bool {
        !self.until.is_empty() || varies || parameters.levels.differ() || parameters.floored
    }

    /// Whether a neuron of threshold `theta` (relative to u_inf) may fire now.
    pub fn above(&self, theta: R, neuron: usize) -> bool {
        self.x[neuron] >= theta && self.until.get(neuron).is_none_or(|&until| until <= self.last)
    }

    /// Resets a neuron that fires now and holds it for `refractory`; returns how many spikes that is.
    pub fn fire(&mut self, parameters: &SharedParameters<R>, neuron: usize, refractory: Time) -> u32 {
        let Spent { times, x } = parameters.levels.of(neuron).firing.jump(self.x[neuron]);
        self.x[neuron] = x;
        if let Some(until) = self.until.get_mut(neuron)
            && refractory > Time::ZERO
        {
            *until = self.last.after(refractory);
            self.held += 1;
        }
        times
    }

    /// When the refractory time of a neuron ends that was left above threshold and fires again then.
    pub fn again(&self, parameters: &SharedParameters<R>, neuron: usize) -> Option<Time> {
        let until = self.until.get(neuron).copied().filter(|&until| until > Time::ZERO)?;
        parameters.levels.of(neuron).firing.fires_again(self.x[neuron]).then_some(until)
    }

    /// What was left above threshold fires at `time`, where the refractory time ends, and is held for another; false if
    /// nothing was. Nobody else is moved.
    pub fn fire_again(&mut self, parameters: &SharedParameters<R>, neuron: usize, time: Time) -> bool {
        let due = self.again(parameters, neuron) == Some(time);
        if due {
            self.x[neuron] = parameters.levels.of(neuron).firing.once(self.x[neuron]);
            self.until[neuron] = time.after(parameters.refractory);
        }
        due
    }

    /// Membranes at `time` relative to u_inf, without touching the state.
    pub fn at(&self, parameters: &SharedParameters<R>, time: Time) -> Vec<R> {
        let mut copy = self.clone();
        copy.advance(parameters, time);
        copy.x.truncate(parameters.size);
        copy.x
    }
}

/// What the batch kernel reports about one event.
pub trait RowSink<R: Real> {
    /// Whether [`RowSink::row`] is wanted.
    const ROWS: bool;
    /// Whether its `before` is wanted.
    const BEFORE: bool = Self::ROWS;
    /// Whether a firing may end the batch early.
    fn stops(&self) -> bool;
    /// The row has been added; `x` is not yet reset.
    fn row<X: Columns<R>>(&mut self, index: usize, row: u32, decay: R, before: X, x: X);
    /// Neuron `neuron` fires `times` spikes at event `index`, which may be more than there can be. Returns the number of
    /// events that may still be taken from this batch, counted from its start.
    fn fire(&mut self, index: usize, neuron: u32, times: u32) -> usize;
}

/// Most events in one batch.
pub const BATCH: usize = crate::encoding::BATCH;

/// A batch of rows; running it, for a population of neurons that are alike and never refractory, returns how many it took.
pub struct Delivery<'a, R: Real, K> {
    pub state: &'a mut SharedDecay<R>,
    pub parameters: &'a SharedParameters<R>,
    pub times: &'a [u64],
    /// Rows relative to `first_row`.
    pub rows: &'a [u16],
    pub first_row: u32,
    pub weights: &'a [R],
    /// Whether a row may make a neuron fire several spikes; without it nobody asks.
    pub several: bool,
    pub sink: &'a mut K,
}

impl<R: Real, K: RowSink<R>> Work for Delivery<'_, R, K> {
    type Output = usize;

    #[inline(always)]
    fn run(self) -> usize {
        by_width!(self.state.x.len(), R, X => deliver::<R, X<R>, K>(self), deliver_wide(self))
    }
}

/// For `X::COUNT` columns; membranes stay in registers over the whole batch.
#[inline(always)]
fn deliver<R: Real, X: Packs<R>, K: RowSink<R>>(batch: Delivery<'_, R, K>) -> usize {
    let Delivery { state, parameters, times, several, sink, .. } = &batch;
    debug_assert!(state.until.is_empty() && state.x.len() == X::COUNT && times.len() <= BATCH);
    let (firing, level) = (parameters.firing, parameters.firing.level);
    if sink.stops() || firing.leaves() {
        in_order::<R, X, K>(batch)
    } else if firing.at_once() && *several {
        in_one_go::<R, X, K, true>(batch, |x, theta| x.lowered_at(theta, level))
    } else if firing.subtracts() {
        in_one_go::<R, X, K, false>(batch, |x, theta| x.lowered_at(theta, level))
    } else {
        in_one_go::<R, X, K, false>(batch, |x, theta| x.replaced_at(theta, level))
    }
}

/// Membranes on their way through a batch.
struct InOneGo<'a, R, X, K, F> {
    x: X,
    theta: R,
    reset: F,
    first_row: u32,
    weights: &'a [R],
    sink: &'a mut K,
    /// Which events made somebody fire, and whom.
    at: [u8; BATCH],
    who: [u16; BATCH],
    firings: usize,
}

impl<R: Real, X: Packs<R>, K: RowSink<R>, F: Fn(X, R) -> X> InOneGo<'_, R, X, K, F> {
    /// Adds one row, resetting without a branch: nobody can guess which event makes a neuron fire, and a
    /// wrong guess costs more than ten resets. False, with nothing done, if there is no such row.
    ///
    /// `DRAINS`: false too if somebody would be left above threshold, who fires several spikes then.
    #[inline(always)]
    fn add<const DRAINS: bool>(&mut self, index: usize, row: u16, decay: R) -> bool {
        let row = self.first_row + u32::from(row);
        let start = row as usize * X::COUNT;
        let Some(weights) = self.weights.get(start..start + X::COUNT) else { return false };
        let before = self.x;
        let x = before.scale_add(decay, weights);
        let after = (self.reset)(x, self.theta);
        if DRAINS && after.reaching(self.theta) != 0 {
            return false;
        }
        if K::ROWS {
            self.sink.row(index, row, decay, before, x);
        }
        self.x = after;
        let bits = x.reaching(self.theta);
        // Written every time, kept only if somebody fired.
        self.at[self.firings % BATCH] = index as u8;
        self.who[self.firings % BATCH] = bits as u16;
        self.firings += usize::from(bits != 0);
        true
    }
}

/// Every row of a batch; who fired when is told afterwards. From a row on that makes a neuron fire several spikes, in order.
#[inline(always)]
fn in_one_go<R: Real, X: Packs<R>, K: RowSink<R>, const DRAINS: bool>(
    batch: Delivery<'_, R, K>,
    reset: impl Fn(X, R) -> X,
) -> usize {
    let Delivery { state, parameters, times, rows, first_row, weights, several, sink } = batch;
    let mut going = InOneGo {
        x: X::load(&state.x),
        theta: parameters.theta,
        reset,
        first_row,
        weights,
        sink: &mut *sink,
        at: [0; BATCH],
        who: [0; BATCH],
        firings: 0,
    };
    let decays = decays(parameters.minus_rate, state.last, times);
    let mut taken = 0;
    for (&row, &decay) in rows.iter().zip(&decays) {
        if !going.add::<DRAINS>(taken, row, decay) {
            break;
        }
        taken += 1;
    }
    let x = going.x;
    x.store(&mut state.x);
    if taken > 0 {
        state.last = Time::from_fs(times[taken - 1]);
    }
    for (&index, &bits) in going.at.iter().zip(&going.who).take(going.firings) {
        let mut bits = bits;
        while bits != 0 {
            going.sink.fire(usize::from(index), bits.trailing_zeros(), 1);
            bits &= bits - 1;
        }
    }
    if DRAINS && taken < rows.len() {
        let rest = Delivery { state, parameters, times, rows, first_row, weights, several, sink };
        return row_by_row::<R, X, K>(rest, x, &decays, taken);
    }
    taken
}

/// The decay before each event of a batch. All at once, because exponentials side by side cost a fraction of what
/// they cost one by one.
#[inline(always)]
pub(super) fn decays<R: Real>(minus_rate: f64, last: Time, times: &[u64]) -> [R; BATCH] {
    let mut last = last.fs();
    let mut spans = [0.0f64; BATCH];
    for (span, &time) in spans.iter_mut().zip(times) {
        *span = (time - last) as i64 as f64;
        last = time;
    }
    let mut decays = [R::ZERO; BATCH];
    for (decay, span) in decays.iter_mut().zip(spans) {
        *decay = R::from_f64(span * minus_rate).exp();
    }
    decays
}

/// Row by row, each firing told before the next row.
#[inline(always)]
fn in_order<R: Real, X: Packs<R>, K: RowSink<R>>(batch: Delivery<'_, R, K>) -> usize {
    let decays = decays(batch.parameters.minus_rate, batch.state.last, batch.times);
    let x = X::load(&batch.state.x);
    row_by_row::<R, X, K>(batch, x, &decays, 0)
}

/// As [`in_order`], from the event at `index` on, which finds the membranes `x`.
#[inline(always)]
fn row_by_row<R: Real, X: Packs<R>, K: RowSink<R>>(
    batch: Delivery<'_, R, K>,
    mut x: X,
    decays: &[R; BATCH],
    mut index: usize,
) -> usize {
    let Delivery { state, parameters, times, rows, first_row, weights, sink, .. } = batch;
    let columns = X::COUNT;
    let theta = parameters.theta;
    let mut limit = times.len();
    while index < limit {
        let decay = decays[index];
        let row = first_row + u32::from(rows[index]);
        let start = row as usize * columns;
        let Some(row_weights) = weights.get(start..start + columns) else { break };
        let before = x;
        x = x.scale_add(decay, row_weights);
        if K::ROWS {
            sink.row(index, row, decay, before, x);
        }
        if x.reaching(theta) != 0 {
            let mut membranes = [R::ZERO; 16];
            x.store(&mut membranes);
            limit = limit.min(fire(&mut membranes[..parameters.size.min(columns)], parameters, index, sink));
            x = X::load(&membranes);
        }
        index += 1;
    }
    x.store(&mut state.x);
    if index > 0 {
        state.last = Time::from_fs(times[index - 1]);
    }
    index
}

/// Fires and resets every membrane at threshold; returns how many events may still be taken.
///
/// A function of its own: calls in the loop of [`in_order`] would push its membranes out of the registers.
#[inline(never)]
fn fire<R: Real, K: RowSink<R>>(
    membranes: &mut [R],
    parameters: &SharedParameters<R>,
    index: usize,
    sink: &mut K,
) -> usize {
    // Which ones first, without branches: it is nearly always one, and nobody can guess which.
    let mut firing = 0u32;
    for (neuron, &x) in membranes.iter().enumerate() {
        firing |= u32::from(x >= parameters.theta) << neuron;
    }
    let mut limit = usize::MAX;
    while firing != 0 {
        let neuron = firing.trailing_zeros();
        let membrane = &mut membranes[neuron as usize];
        let Spent { times, x } = parameters.firing.jump(*membrane);
        *membrane = x;
        limit = limit.min(sink.fire(index, neuron, times));
        firing &= firing - 1;
    }
    limit
}

/// As [`in_order`] for any number of columns.
#[inline(always)]
fn deliver_wide<R: Real, K: RowSink<R>>(batch: Delivery<'_, R, K>) -> usize {
    let Delivery { state, parameters, times, rows, first_row, weights, sink, .. } = batch;
    let stride = state.x.len();
    let mut before = if K::ROWS { state.x.clone() } else { Vec::new() };
    let mut limit = times.len();
    let mut index = 0;
    while index < limit {
        let row = first_row + u32::from(rows[index]);
        let start = row as usize * stride;
        let Some(row_weights) = weights.get(start..start + stride) else { break };
        let decay = parameters.decay(state.last.fs(), times[index]);
        let mut any = false;
        if K::ROWS {
            before.copy_from_slice(&state.x);
        }
        for (x, &weight) in state.x.iter_mut().zip(row_weights) {
            *x = *x * decay + weight;
            any |= *x >= parameters.theta;
        }
        state.last = Time::from_fs(times[index]);
        if K::ROWS {
            sink.row(index, row, decay, before.as_slice(), state.x.as_slice());
        }
        if any {
            for neuron in 0..parameters.size {
                if state.x[neuron] >= parameters.theta {
                    let Spent { times, x } = parameters.firing.jump(state.x[neuron]);
                    state.x[neuron] = x;
                    limit = limit.min(sink.fire(index, neuron as u32, times));
                }
            }
        }
        index += 1;
    }
    index
}
