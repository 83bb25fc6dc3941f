//! Backwards through the tape of a layer: what a loss gains or loses by every weight, delay and earlier spike.
//!
//! (a, b) = (dL/dp, dL/dq) of every neuron, g = dL/dt of its spikes, from the end to the start (Wunderlich & Pehle, Scientific
//! Reports 11, 12829 (2021), in the variables of `engine::lockstep`, in which the membranes stand still between events and
//! so do a and b):
//!
//! - a restart: (a, b) and the g of its spike as [`Form::restarted`] says;
//! - a spike: lambda = -g/V', a += lambda dV/dp, b += lambda dV/dq; dL/dtheta is -lambda, summed;
//! - an arrival of weight w, with (f, h) what a unit of it adds to (p, q): dL/dw += a f + b h, dL/dt += w (a f' + b h'), which
//!   is dL/d(delay) too; the end of a pulse is one of weight -w;
//! - a loss on the largest V: lambda = dL/dV at that instant. Where it is the instant of an arrival, V rises before and falls
//!   after it, and the maximum moves with the arrival: lambda V' is added to its dL/dt;
//! - tau_m: in units of it every arrival, restart and end of the presentation is earlier by t/tau^2 for every ms that it is longer,
//!   and a spike comes tau later for every unit: dL/dtau is the sum of t/tau dL/dt over the spikes, less the same over the arrivals,
//!   restarts and maxima at the end;
//! - a loss on the integral of V: between two groups (a, b) gain dL/d(integral) times its derivatives by p and q. V does not jump
//!   at arrivals, so their times move it by what they add alone.

use crate::engine::lockstep::{
    Fading, Form, LANES, Layer, NONE, Own, Peak, Pulsed, Tape, credit as credit_each, later,
};
use crate::numeric::Real;
use crate::simd::{Work, prefetch, vectorised};
use std::marker::PhantomData;

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
}

impl<R: Real> Credits<R> {
    /// No credit for any of so many spikes.
    pub fn begin(&mut self, spikes: usize) {
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
    a: Vec<R>,
    b: Vec<R>,
    unit: Vec<R>,
    moved: Vec<R>,
}

/// Goes backwards through a layer. `credits` are its own, which become complete on the way; `earlier` those of the layers before
/// it, of which spikes of the inputs are credited. A spike steeper than nothing has at least the slope `least`, per tau_m.
pub fn backward<R: Real>(
    of: (&Layer, Own<'_, R>, &[R]),
    tape: &Tape<R>,
    credits: &mut Credits<R>,
    earlier: &mut [Credits<R>],
    least: R,
    gradient: &mut Gradient<'_, R>,
    sweep: &mut Sweep<R>,
) {
    if of.0.pulsed {
        vectorised(Back::<R, Pulsed> {
            of,
            tape,
            credits,
            earlier,
            least,
            gradient,
            sweep,
            form: PhantomData,
        });
    } else {
        vectorised(Back::<R, Fading> {
            of,
            tape,
            credits,
            earlier,
            least,
            gradient,
            sweep,
            form: PhantomData,
        });
    }
}

struct Back<'a, 'b, R, F> {
    of: (&'a Layer, Own<'a, R>, &'a [R]),
    tape: &'a Tape<R>,
    credits: &'a mut Credits<R>,
    earlier: &'a mut [Credits<R>],
    least: R,
    gradient: &'a mut Gradient<'b, R>,
    sweep: &'a mut Sweep<R>,
    form: PhantomData<F>,
}

impl<R: Real, F: Form<R>> Work for Back<'_, '_, R, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { of, tape, credits, earlier, least, gradient, sweep, .. } = self;
        in_form::<R, F>(of, tape, credits, earlier, least, gradient, sweep);
    }
}

#[inline(always)]
fn in_form<R: Real, F: Form<R>>(
    (layer, own, weights): (&Layer, Own<'_, R>, &[R]),
    tape: &Tape<R>,
    credits: &mut Credits<R>,
    earlier: &mut [Credits<R>],
    least: R,
    gradient: &mut Gradient<'_, R>,
    sweep: &mut Sweep<R>,
) {
    for values in [&mut sweep.a, &mut sweep.b, &mut sweep.unit, &mut sweep.moved] {
        values.clear();
        values.resize(layer.stride, R::ZERO);
    }
    let Sweep { a, b, unit, moved } = sweep;
    let (tau, reset) = (own.tau, R::from_f64(layer.reset));
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
        while let Some((action, before)) = actions.split_last()
            && action.group == index
        {
            actions = before;
            let place = action.neuron as usize;
            let credit = &mut credits.spikes[action.spike as usize];
            if action.restarts {
                let (one, two, rate) = F::restarted(a[place], b[place], action.value, action.y, reset);
                (a[place], b[place]) = (one, two);
                *credit += rate / tau;
                longer -= rate / tau * (tape.spikes[action.spike as usize].0 + dead);
            } else if *credit != R::ZERO {
                let slope = if action.value > least { action.value } else { least };
                let lambda = -(*credit * tau) / slope;
                longer += *credit * tape.spikes[action.spike as usize].0;
                if let Some(gain) = gradient.thresholds.get_mut(place) {
                    *gain -= lambda;
                }
                let (one, two) = F::shares(action.y);
                a[place] += lambda * one;
                b[place] += lambda * two;
                alive = true;
            }
        }
        if !credits.integrals.is_empty() {
            let (one, two) = F::integral(group.y, group.next);
            for (k, &lambda) in credits.integrals.iter().enumerate() {
                (a[k], b[k]) = (a[k] + lambda * one, b[k] + lambda * two);
            }
            alive = true;
        }
        let mut kink = R::ZERO;
        for &(neuron, peak, lambda) in &credits.peaks {
            if peak.group == index {
                let (one, two) = F::shares(peak.y);
                a[neuron as usize] += lambda * one;
                b[neuron as usize] += lambda * two;
                if peak.group as usize + 1 == tape.groups.len() {
                    longer -= lambda * peak.slope / tau * tape.until;
                }
                alive = true;
            } else if peak.group + 1 == index {
                kink += lambda * peak.slope / tau;
            }
        }
        let first = if index == 0 { 0 } else { tape.groups[index as usize - 1].end };
        let arrivals = &tape.arrivals[first as usize..group.end as usize];
        if (!alive && kink == R::ZERO) || arrivals.is_empty() {
            if alive && group.factor != R::ONE {
                rebase::<R, F>(a, b, group.factor);
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
        share::<R, F>((a, b), (unit, moved), group.y, times);
        for arrival in arrivals {
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
            let credit = (if arrival.ends { -sum } else { sum }) / tau + kink;
            kink = R::ZERO;
            longer -= credit * arrival.time;
            if arrival.column != NONE && !gradient.delays.is_empty() {
                gradient.delays[place] += credit;
            }
            if arrival.spike != NONE
                && let Some(from) = layer.inputs[usize::from(arrival.input)].from
            {
                // (Of its own spikes, those that are still to come, backwards.)
                let of = if from == layer.place { &mut *credits } else { &mut earlier[from] };
                of.spikes[arrival.spike as usize] += credit;
            }
        }
        if group.factor != R::ONE {
            rebase::<R, F>(a, b, group.factor);
        }
    }
    if let Some(gain) = &mut gradient.tau {
        **gain += longer / tau;
    }
}

/// The adjoint of moving the origin.
#[inline(always)]
fn rebase<R: Real, F: Form<R>>(a: &mut [R], b: &mut [R], factor: R) {
    for (a, b) in a.iter_mut().zip(b) {
        (*a, *b) = F::rebase(*a, *b, factor);
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

/// What a unit of weight gains at an instant by being there (`unit`) and by being later (`moved`, per tau_m), of every neuron.
#[inline(always)]
fn share<R: Real, F: Form<R>>((a, b): (&[R], &[R]), (unit, moved): (&mut [R], &mut [R]), y: R, times: bool) {
    let (one, two) = F::arrival(y);
    for (unit, (&a, &b)) in unit.iter_mut().zip(a.iter().zip(b)) {
        *unit = a * one + b * two;
    }
    if times {
        let (one, two) = F::arrival_rate(y);
        for (moved, (&a, &b)) in moved.iter_mut().zip(a.iter().zip(b)) {
            *moved = a * one + b * two;
        }
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
