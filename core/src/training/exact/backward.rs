//! Backwards through the tape of a layer: what a loss gains or loses by every weight, delay and earlier spike.
//!
//! a = dL/dx of the numbers x of every neuron, g = dL/dt of its spikes, from the end to the start (Wunderlich & Pehle, Scientific
//! Reports 11, 12829 (2021), in the variables of `engine::lockstep`, in which the membranes stand still between events and
//! so does a):
//!
//! - a restart: a and the g of its spike as [`Form::restarted`] says;
//! - a spike: lambda = -g/V', a += lambda dV/dx; dL/dtheta is -lambda, summed. V is less what the threshold of a neuron that adapts is
//!   raised by; what a spike adds to that and to its current ([`Form::fired`]) changes with its instant, and so is part of its g;
//! - an arrival of weight w, with f what a unit of it adds to x: dL/dw += a f, dL/dt += w a f', which is dL/d(delay) too; the end
//!   of a pulse is one of weight -w;
//! - a loss on the largest V: lambda = dL/dV at that instant. Where it is the instant of an arrival, V rises before and falls
//!   after it, and the maximum moves with the arrival: lambda V' is added to its dL/dt;
//! - a spike of a layer of jumps: it has the instant of an arrival, to which its g goes. Whether there is one, at any group at which
//!   something arrives or would, has a surrogate s for its derivative by V: with e what a spike there would change, which the layers after it
//!   say ([`Probe`]), a += e s dV/dx, and the instant gains -e s V by being later;
//! - tau_m: in units of it every arrival, restart and end of the presentation is earlier by t/tau^2 for every ms that it is longer,
//!   and a spike comes tau later for every unit: dL/dtau is the sum of t/tau dL/dt over the spikes, less the same over the arrivals,
//!   restarts and maxima at the end;
//! - a loss on the integral of V: between two groups a gains dL/d(integral) times its derivative by x. V does not jump
//!   at arrivals, so their times move it by what they add alone;
//! - the beginning of a window ([`Windows`]), if there are some: a is zero before it, and no spike before it is credited with what comes
//!   of it later.

use super::surrogate::Surrogate;
use super::windows::Windows;
use crate::engine::lockstep::{
    Form, InForm, LANES, Layer, MOST_NUMBERS, NONE, Own, Peak, Probe, Synapse, Tape, credit as credit_each,
    later,
};
use crate::numeric::Real;
use crate::simd::{Work, prefetch, vectorised};

/// What a loss gains by what one layer did.
#[derive(Clone, Debug, Default)]
pub struct Credits<R> {
    /// dL/dt of every spike, per ms, in the order in which they were found.
    pub spikes: Vec<R>,
    /// dL/dV of largest potentials, by neuron.
    pub peaks: Vec<(u32, Peak<R>, R)>,
    /// dL by the integral of V, in tau_m, of every neuron; empty: the loss does not depend on it.
    pub integrals: Vec<R>,
    /// dL by the thresholds of neurons, in units of that of the layer, beside what their spikes make of it.
    pub thresholds: Vec<(u32, R)>,
    /// dL/dtau_m, per ms, beside what is found on the way.
    pub tau: R,
    /// Of a layer of jumps: dL by a spike, of every neuron after every group.
    pub there: Vec<R>,
}

/// What is divided by or stands for the derivative of a spike, and how far back it counts.
#[derive(Clone, Copy, Debug)]
pub struct Slopes<R> {
    /// A spike steeper than nothing has at least this slope, per tau_m.
    pub least: R,
    /// Of layers of jumps.
    pub surrogate: Option<Surrogate>,
    /// Length in ms of windows, from the start of a presentation, to whose beginnings the gradient goes back; `None`: to the start. (What
    /// time constants gain by is not known then.)
    pub window: Option<R>,
}

impl<R: Real> Slopes<R> {
    /// As they are.
    #[must_use]
    pub fn exact() -> Self {
        Self { least: R::ZERO, surrogate: None, window: None }
    }
}

impl<R: Real> Credits<R> {
    /// No credit for any of the spikes of a tape.
    pub fn begin(&mut self, tape: &Tape<R>) {
        let spikes = tape.spikes.len();
        self.there.clear();
        self.there.resize(tape.heard.len(), R::ZERO);
        self.peaks.clear();
        self.integrals.clear();
        self.thresholds.clear();
        self.tau = R::ZERO;
        self.spikes.clear();
        self.spikes.resize(spikes, R::ZERO);
    }
}

/// Where the derivatives of one layer are added.
#[derive(Debug)]
pub struct Gradient<'a, R> {
    /// By its weights, in units of the threshold.
    pub weights: &'a mut [R],
    /// By its delays, per ms, in the order of the weights; empty: none are learned.
    pub delays: &'a mut [R],
    /// By its thresholds, in units of that of the layer; empty: none are learned.
    pub thresholds: &'a mut [R],
    /// By its tau_m, per ms, if that is learned.
    pub tau: Option<&'a mut R>,
}

/// Room for the sweep.
#[derive(Clone, Debug, Default)]
pub struct Sweep<R> {
    /// dL by each of the numbers of the membranes.
    adjoint: [Vec<R>; MOST_NUMBERS],
    unit: Vec<R>,
    moved: Vec<R>,
    /// Of jumps, what the instant of a group gains by being later, per ms: through what each neuron has kept until then, and through
    /// the spike that it brings about.
    kept: Vec<R>,
    brought: Vec<R>,
    windows: Windows<R>,
}

/// Goes backwards through a layer, the last of those that have `tapes`. `credits` are its own, which become complete on the way;
/// `earlier` those of the layers before it, of which spikes of the inputs are credited.
pub fn backward<R: Real>(
    of: (&Layer, Own<'_, R>, &[R]),
    tapes: &[Tape<R>],
    credits: &mut Credits<R>,
    earlier: &mut [Credits<R>],
    slopes: Slopes<R>,
    gradient: &mut Gradient<'_, R>,
    sweep: &mut Sweep<R>,
) {
    let Some((tape, before)) = tapes.split_last() else { return };
    of.0.kind.with(Back { of, tape, before, credits, earlier, slopes, gradient, sweep });
}

struct Back<'a, 'b, R> {
    of: (&'a Layer, Own<'a, R>, &'a [R]),
    tape: &'a Tape<R>,
    before: &'a [Tape<R>],
    credits: &'a mut Credits<R>,
    earlier: &'a mut [Credits<R>],
    slopes: Slopes<R>,
    gradient: &'a mut Gradient<'b, R>,
    sweep: &'a mut Sweep<R>,
}

impl<R: Real> InForm<R> for Back<'_, '_, R> {
    type Output = ();

    fn run<F: Form<R, N>, const N: usize>(self, form: F) {
        vectorised(Wide { back: self, form });
    }
}

struct Wide<'a, 'b, R, F, const N: usize> {
    back: Back<'a, 'b, R>,
    form: F,
}

impl<R: Real, F: Form<R, N>, const N: usize> Work for Wide<'_, '_, R, F, N> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        in_form(self.form, self.back);
    }
}

#[inline(always)]
fn in_form<R: Real, F: Form<R, N>, const N: usize>(form: F, back: Back<'_, '_, R>) {
    let Back { of: (layer, own, weights), tape, before: tapes, credits, earlier, slopes, gradient, sweep } =
        back;
    let Slopes { least, surrogate, window } = slopes;
    let Sweep { adjoint, unit, moved, kept, brought, windows } = sweep;
    for values in adjoint.iter_mut().take(N).chain([&mut *unit, moved, kept, brought]) {
        values.clear();
        values.resize(layer.stride, R::ZERO);
    }
    let Some(adjoint) = adjoint.first_chunk_mut::<N>() else { return };
    windows.begin(window, tape.until, layer.stride);
    let tau = own.tau;
    for &(neuron, gain) in &credits.thresholds {
        gradient.thresholds.get_mut(neuron as usize).into_iter().for_each(|sum| *sum += gain);
    }
    // dL/dtau, times tau.
    let mut longer = credits.tau * tau;
    let dead = R::from_f64(layer.dead);
    let mut actions = tape.actions.as_slice();
    // Whether anything has been credited yet: before that, nothing is to be done.
    let mut alive = false;
    for (index, group) in tape.groups.iter().enumerate().rev() {
        let index = index as u32;
        if F::JUMPS {
            kept.fill(R::ZERO);
            brought.fill(R::ZERO);
        }
        while let Some((action, before)) = actions.split_last()
            && action.group == index
        {
            actions = before;
            let place = action.neuron as usize;
            let credit = &mut credits.spikes[action.spike as usize];
            let spike = tape.spikes[action.spike as usize].0;
            let time = if action.restarts { spike + dead } else { spike };
            windows.enter_alone(place, time, adjoint);
            if action.restarts {
                let mut x = [R::ZERO; N];
                x.iter_mut().zip(&*adjoint).for_each(|(x, list)| *x = list[place]);
                let (x, rate) = form.restarted(x, action.value, action.y);
                adjoint.iter_mut().zip(x).for_each(|(list, x)| list[place] = x);
                if windows.joins(spike, time) {
                    *credit += rate / tau;
                    longer -= rate / tau * time;
                }
                continue;
            }
            if F::ADAPTS && alive {
                let mut x = [R::ZERO; N];
                x.iter_mut().zip(&*adjoint).for_each(|(x, list)| *x = list[place]);
                let rate = form.fired_rate(x, action.y) / tau;
                *credit += rate;
                longer -= rate * spike;
            }
            if F::JUMPS {
                brought[place] += *credit;
                alive = true;
            } else if *credit != R::ZERO {
                let slope = if action.value > least { action.value } else { least };
                let lambda = -(*credit * tau) / slope;
                longer += *credit * spike;
                if let Some(gain) = gradient.thresholds.get_mut(place) {
                    *gain -= lambda;
                }
                let shares = form.shares(action.y);
                adjoint.iter_mut().zip(shares).for_each(|(list, share)| list[place] += lambda * share);
                alive = true;
            }
        }
        windows.enter(group.time, adjoint);
        // Where its window ends, if that is before the next group.
        let border = windows.left(group.time).map(|left| group.y * Real::exp(-(left / tau)));
        if !credits.integrals.is_empty() {
            let end = border.map_or(group.next, |border| border.max(group.next));
            for (list, share) in adjoint.iter_mut().zip(form.integral(group.y, end)) {
                list.iter_mut().zip(&credits.integrals).for_each(|(x, &lambda)| *x += lambda * share);
            }
            alive = true;
        }
        let mut kink = R::ZERO;
        for &(neuron, peak, lambda) in &credits.peaks {
            if peak.group == index {
                if border.is_some_and(|border| peak.y < border) {
                    continue;
                }
                for (list, share) in adjoint.iter_mut().zip(form.shares(peak.y)) {
                    list[neuron as usize] += lambda * share;
                }
                if F::JUMPS {
                    kept[neuron as usize] -= lambda * peak.value / tau;
                } else if peak.group as usize + 1 == tape.groups.len() {
                    longer -= lambda * peak.slope / tau * tape.until;
                }
                alive = true;
            } else if peak.group + 1 == index {
                kink += lambda * peak.slope / tau;
            }
        }
        let (first, probed) = match index.checked_sub(1) {
            None => (0, 0),
            Some(before) => (tape.groups[before as usize].end, tape.groups[before as usize].probed),
        };
        let arrivals = &tape.arrivals[first as usize..group.end as usize];
        let probes = &tape.probes[probed as usize..group.probed as usize];
        let nothing = arrivals.is_empty() && probes.is_empty();
        if F::JUMPS
            && !nothing
            && layer.fires
            && let Some(surrogate) = surrogate
        {
            let heard = (&*credits, tape, index as usize);
            surrogates((layer, surrogate, tau), heard, group.y, (&mut adjoint[0], kept), gradient.thresholds);
            alive = true;
        }
        if (!alive && kink == R::ZERO) || nothing {
            if alive && group.factor != R::ONE {
                rebase(form, adjoint, group.factor);
            }
            continue;
        }
        if index > 0 {
            // The rows of the group before lie anywhere in the matrix.
            let earlier = if index == 1 { 0 } else { tape.groups[index as usize - 2].end };
            for arrival in &tape.arrivals[earlier as usize..first as usize] {
                let row = arrival.row as usize * layer.stride;
                prefetch(gradient.weights, row..row + layer.stride);
            }
        }
        let times = !gradient.delays.is_empty()
            || gradient.tau.is_some()
            || arrivals.iter().any(|arrival| arrival.spike != NONE);
        share(adjoint, &form.arrival(group.y), unit);
        if times {
            share(adjoint, &form.arrival_rate(group.y), moved);
            if F::JUMPS {
                // V jumps where its integral begins.
                moved.iter_mut().zip(&credits.integrals).for_each(|(moved, &lambda)| *moved -= lambda);
            }
        }
        for probe in probes {
            let input = &layer.inputs[usize::from(probe.input)];
            let from = input.from.map(|from| &tapes[from].groups[probe.group as usize]);
            if from.is_some_and(|from| windows.joins(from.time, group.time)) {
                would(probe, (layer, weights, unit), earlier);
            }
        }
        for arrival in arrivals {
            // What was on before the window does not become less by ending in it.
            let width = layer.inputs[usize::from(arrival.input)].width.filter(|_| arrival.ends);
            if width.is_some_and(|width| !windows.joins(arrival.time - R::from_f64(width), arrival.time)) {
                continue;
            }
            let (place, column) = (arrival.row as usize, arrival.column as usize);
            let row = place * layer.stride..(place + 1) * layer.stride;
            let listed = layer.listed(arrival);
            match listed {
                _ if arrival.column != NONE => {
                    let gain = unit[column];
                    gradient.weights[place] += if arrival.ends { -gain } else { gain };
                }
                Some(synapses) => credit_each(synapses, gradient.weights, arrival.ends, unit),
                None => add(&mut gradient.weights[row.clone()], unit, arrival.ends),
            }
            if !times {
                continue;
            }
            let sum = match listed {
                _ if arrival.column != NONE => weights[place] * moved[column],
                Some(synapses) => later(synapses, weights, moved),
                None => dot(&weights[row], moved),
            };
            let mut credit = (if arrival.ends { -sum } else { sum }) / tau + kink;
            kink = R::ZERO;
            if F::JUMPS {
                credit += taken(kept, (arrival.column, listed));
            }
            longer -= credit * arrival.time;
            if F::JUMPS {
                credit += taken(brought, (arrival.column, listed));
            }
            if arrival.column != NONE && !gradient.delays.is_empty() {
                gradient.delays[place] += credit;
            }
            if arrival.spike != NONE
                && let Some(from) = layer.inputs[usize::from(arrival.input)].from
            {
                // (Of its own spikes, those that are still to come, backwards.)
                let (of, tape) = if from == layer.place {
                    (&mut *credits, tape)
                } else {
                    (&mut earlier[from], &tapes[from])
                };
                if windows.joins(tape.spikes[arrival.spike as usize].0, arrival.time) {
                    of.spikes[arrival.spike as usize] += credit;
                }
            }
        }
        if group.factor != R::ONE {
            rebase(form, adjoint, group.factor);
        }
    }
    if let Some(gain) = &mut gradient.tau {
        **gain += longer / tau;
    }
}

/// What the neurons that an arrival reaches have for its instant; of several arrivals at once, the first takes it.
fn taken<R: Real>(values: &mut [R], (column, listed): (u32, Option<&[Synapse]>)) -> R {
    let mut take = |sum: R, place: usize| sum + std::mem::take(&mut values[place]);
    match listed {
        _ if column != NONE => take(R::ZERO, column as usize),
        Some(synapses) => synapses.iter().fold(R::ZERO, |sum, synapse| take(sum, synapse.column as usize)),
        None => values.iter_mut().fold(R::ZERO, |sum, value| sum + std::mem::take(value)),
    }
}

/// The adjoint of moving the origin.
#[inline(always)]
fn rebase<R: Real, F: Form<R, N>, const N: usize>(form: F, adjoint: &mut [Vec<R>; N], factor: R) {
    let shift = form.shift(factor);
    for place in 0..adjoint[0].len() {
        let mut x = [R::ZERO; N];
        x.iter_mut().zip(&*adjoint).for_each(|(x, list)| *x = list[place]);
        let x = F::rebased(x, &shift);
        adjoint.iter_mut().zip(x).for_each(|(list, x)| list[place] = x);
    }
}

/// Adds what a unit of weight would have gained, or takes it where a pulse ends.
#[inline(always)]
fn add<R: Real>(row: &mut [R], unit: &[R], ends: bool) {
    let lanes = row.iter_mut().zip(unit);
    if ends {
        lanes.for_each(|(sum, &value)| *sum -= value);
    } else {
        lanes.for_each(|(sum, &value)| *sum += value);
    }
}

/// What a spike at the instant of a group would change, times the surrogate, as if V of its neuron were changed.
fn surrogates<R: Real>(
    (layer, surrogate, tau): (&Layer, Surrogate, R),
    (credits, tape, group): (&Credits<R>, &Tape<R>, usize),
    y: R,
    (adjoint, kept): (&mut [R], &mut [R]),
    thresholds: &mut [R],
) {
    let here = group * layer.stride..(group + 1) * layer.stride;
    let neurons = credits.there[here.clone()].iter().zip(&tape.heard[here]).enumerate();
    for (place, (&there, &[v, above])) in neurons.take(layer.size) {
        let lambda = there * surrogate.slope(above);
        adjoint[place] += lambda * y;
        kept[place] -= lambda * v / tau;
        if let Some(gain) = thresholds.get_mut(place) {
            *gain -= lambda;
        }
    }
}

/// Tells the layer before what each of its neurons would have changed by a spike that arrives now.
#[inline(always)]
fn would<R: Real>(
    probe: &Probe<R>,
    (layer, weights, unit): (&Layer, &[R], &[R]),
    earlier: &mut [Credits<R>],
) {
    let input = &layer.inputs[usize::from(probe.input)];
    let Some(from) = input.from else { return };
    let places = probe.group as usize * layer.before(input)..;
    for (line, there) in (0..input.rows).zip(&mut earlier[from].there[places]) {
        let sum = match &input.reach {
            Some(reach) => later(reach.row(line as u32), weights, unit),
            None => dot(&weights[(input.first_row + line) * layer.stride..][..layer.stride], unit),
        };
        *there += if probe.ends { -sum } else { sum };
    }
}

/// What every neuron gains of a unit that adds this to its numbers: by being there, or by being later.
#[inline(always)]
fn share<R: Real, const N: usize>(adjoint: &[Vec<R>; N], added: &[R; N], gains: &mut [R]) {
    let mut terms = adjoint.iter().zip(added);
    if let Some((list, &added)) = terms.next() {
        gains.iter_mut().zip(list).for_each(|(gain, &x)| *gain = x * added);
    }
    for (list, &added) in terms {
        gains.iter_mut().zip(list).for_each(|(gain, &x)| *gain += x * added);
    }
}

/// The inner product, in as many sums as there are lanes, which are added in their order.
#[inline(always)]
fn dot<R: Real>(one: &[R], other: &[R]) -> R {
    let mut sums = [R::ZERO; LANES];
    for (one, other) in one.as_chunks::<LANES>().0.iter().zip(other.as_chunks::<LANES>().0) {
        for (sum, (&one, &other)) in sums.iter_mut().zip(one.iter().zip(other)) {
            *sum += one * other;
        }
    }
    sums.iter().fold(R::ZERO, |sum, &lane| sum + lane)
}
