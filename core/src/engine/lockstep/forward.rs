//! A layer through the time of one presentation.

use super::form::{Fading, Form, Pulsed};
use super::net::{LANES, Layer, Varying};
use super::reach::drive;
use super::tape::{Action, Arrival, Group, NONE, Tape};
use crate::neuron::model::Draws;
use crate::numeric::{Pack, Real, ln};
use crate::simd::{Work, vectorised};

/// Groups that are further apart than this, in tau_m, have empty ones between them; and after so long the origin of time is
/// moved. e^t stays below 150 and its square below 2.2e4: single precision has digits to spare.
const SPAN: f64 = 2.5;

/// Spikes of a layer in one presentation, at most: what would fire more often is left at that, and the tape says so.
pub const MOST: usize = 1 << 17;

/// The neurons of a layer while a presentation goes on, and room to work.
#[derive(Clone, Debug, Default)]
pub struct Membranes<R> {
    p: Vec<R>,
    q: Vec<R>,
    /// What each neuron fires at, in units of the layer's threshold; infinite while it is deaf.
    bar: Vec<R>,
    sum: Vec<R>,
    /// Spikes of each neuron so far.
    cycles: Vec<u32>,
    flagged: Vec<u32>,
    /// Deaf neurons: when they are restarted (ms), which, and after which spike.
    waiting: Vec<(R, u32, u32)>,
}

impl<R: Real> Membranes<R> {
    fn begin(&mut self, stride: usize) {
        for values in [&mut self.p, &mut self.q, &mut self.sum] {
            values.clear();
            values.resize(stride, R::ZERO);
        }
        self.bar.clear();
        self.bar.resize(stride, R::ONE);
        self.cycles.clear();
        self.cycles.resize(stride, 0);
        self.waiting.clear();
    }
}

/// Advances a layer from rest through what the tape has [gathered](Tape::gather) up to `until` (ms), and leaves there what it
/// did. `weights` is row by row, in units of the threshold. Thresholds that are drawn are those of this seed and episode, as
/// the engine draws them.
pub fn forward<R: Real>(
    layer: &Layer,
    weights: &[R],
    (seed, episode): (u64, u64),
    until: R,
    membranes: &mut Membranes<R>,
    tape: &mut Tape<R>,
) {
    membranes.begin(layer.stride);
    let tau = R::from_f64(layer.tau);
    let pass = Pass { layer, weights, seed, episode, until, tau, origin: R::ZERO };
    if !layer.fires {
        membranes.bar.fill(R::from_f64(f64::INFINITY));
    } else if layer.varying.is_some() {
        for (neuron, bar) in (0..).zip(&mut membranes.bar[..layer.size]) {
            *bar = R::from_f64(pass.threshold(neuron, 0));
        }
    }
    if layer.pulsed {
        pass.run::<Pulsed>(membranes, tape);
    } else {
        pass.run::<Fading>(membranes, tape);
    }
    tape.finish();
}

struct Pass<'a, R> {
    layer: &'a Layer,
    weights: &'a [R],
    seed: u64,
    episode: u64,
    until: R,
    tau: R,
    /// Where t is zero, in ms.
    origin: R,
}

/// The time between two groups.
#[derive(Clone, Copy)]
struct Interval<R> {
    group: u32,
    y: R,
    /// Its end in ms, and as y.
    end: R,
    next: R,
}

impl<R: Real> Pass<'_, R> {
    /// e^-t at a time in ms.
    fn y(&self, time: R) -> R {
        Real::exp(-((time - self.origin) / self.tau))
    }

    fn run<F: Form<R>>(mut self, membranes: &mut Membranes<R>, tape: &mut Tape<R>) {
        let span = R::from_f64(SPAN) * self.tau;
        let count = tape.arrivals.len();
        let (mut first, mut number) = (0, 0);
        let Some(start) = tape.arrivals.first() else { return };
        let mut time = start.time;
        while time < self.until {
            let mut end = first;
            while end < count && tape.arrivals[end].time <= time {
                end += 1;
            }
            let mut factor = R::ONE;
            if time - self.origin > span {
                factor = self.y(time);
                self.origin = time;
                for (p, q) in membranes.p.iter_mut().zip(&mut membranes.q) {
                    (*p, *q) = F::rebase(*p, *q, factor);
                }
            }
            let following = tape.arrivals.get(end).map_or(self.until, |arrival| arrival.time);
            let until = if following - time > span { time + span } else { following };
            let interval = Interval { group: number, y: self.y(time), end: until, next: self.y(until) };
            tape.groups.push(Group { time, y: interval.y, next: interval.next, factor, end: end as u32 });
            let Membranes { p, q, bar, sum, flagged, .. } = &mut *membranes;
            flagged.clear();
            vectorised(Step::<R, F> {
                layer: self.layer,
                arrivals: &tape.arrivals[first..end],
                weights: self.weights,
                p,
                q,
                bar,
                sum,
                flagged,
                y: interval.y,
                next: interval.next,
                form: std::marker::PhantomData,
            });
            self.restart_due::<F>(interval, membranes, tape);
            for index in 0..membranes.flagged.len() {
                let neuron = membranes.flagged[index];
                self.fires::<F>(interval, (neuron, interval.y), membranes, tape);
            }
            (first, number, time) = (end, number + 1, until);
        }
    }

    /// Neurons that hear again within the interval.
    fn restart_due<F: Form<R>>(
        &self,
        interval: Interval<R>,
        membranes: &mut Membranes<R>,
        tape: &mut Tape<R>,
    ) {
        let mut index = 0;
        while index < membranes.waiting.len() {
            let (time, neuron, spike) = membranes.waiting[index];
            if time > interval.end {
                index += 1;
                continue;
            }
            membranes.waiting.remove(index);
            let y = self.restart::<F>(interval, (time, neuron, spike), membranes, tape);
            self.fires::<F>(interval, (neuron, y), membranes, tape);
        }
    }

    /// Restarts a neuron after its dead time; at which y.
    fn restart<F: Form<R>>(
        &self,
        interval: Interval<R>,
        (time, neuron, spike): (R, u32, u32),
        membranes: &mut Membranes<R>,
        tape: &mut Tape<R>,
    ) -> R {
        let place = neuron as usize;
        let y = self.y(time);
        let (p, q) = (membranes.p[place], membranes.q[place]);
        let value = F::kept(p, q);
        tape.actions.push(Action { group: interval.group, neuron, spike, restarts: true, y, value });
        let reset = R::from_f64(self.layer.reset);
        (membranes.p[place], membranes.q[place]) = F::restart(p, q, y, reset);
        membranes.bar[place] = R::from_f64(self.threshold(neuron, membranes.cycles[place]));
        y
    }

    /// The spikes of a neuron from `y` on to the end of the interval.
    fn fires<F: Form<R>>(
        &self,
        interval: Interval<R>,
        (neuron, mut y): (u32, R),
        membranes: &mut Membranes<R>,
        tape: &mut Tape<R>,
    ) {
        let place = neuron as usize;
        loop {
            let (p, q, theta) = (membranes.p[place], membranes.q[place], membranes.bar[place]);
            // (A deaf neuron has no finite threshold, and a membrane that is no number reaches none.)
            let reaches = F::score(p, q, theta, y, interval.next) >= R::ZERO;
            if !reaches || q <= R::ZERO {
                return;
            }
            if tape.spikes.len() >= MOST {
                tape.runaway = true;
                return;
            }
            let root = F::crossing(p, q, theta);
            // What was rounded stays within the interval.
            let at = if root > y { y } else { root };
            let at = if at < interval.next { interval.next } else { at };
            let time = self.time(at);
            let slope = F::slope(p, q, at);
            let spike = tape.spikes.len() as u32;
            tape.spikes.push((time, neuron));
            let (group, value) = (interval.group, slope);
            tape.actions.push(Action { group, neuron, spike, restarts: false, y: at, value });
            membranes.bar[place] = R::from_f64(f64::INFINITY);
            let again = time + self.dead(neuron, membranes.cycles[place]);
            membranes.cycles[place] += 1;
            if again > interval.end {
                membranes.waiting.push((again, neuron, spike));
                return;
            }
            y = if self.layer.dead == 0.0 {
                let (p, q) = (membranes.p[place], membranes.q[place]);
                let value = F::kept(p, q);
                tape.actions.push(Action { group, neuron, spike, restarts: true, y: at, value });
                let reset = R::from_f64(self.layer.reset);
                (membranes.p[place], membranes.q[place]) = F::restart(p, q, at, reset);
                membranes.bar[place] = R::from_f64(self.threshold(neuron, membranes.cycles[place]));
                at
            } else {
                self.restart::<F>(interval, (again, neuron, spike), membranes, tape)
            };
        }
    }

    /// The threshold of a neuron after so many spikes, in units of that of the layer.
    fn threshold(&self, neuron: u32, spikes: u32) -> f64 {
        let Some(Varying { switch, first }) = &self.layer.varying else { return 1.0 };
        let draws = Draws { seed: self.seed, neuron: first + neuron, episode: self.episode, spikes };
        (switch.v_th(&draws) - switch.device.u_rest.get()) / self.layer.theta
    }

    /// For how long it is deaf after the spike of that threshold, in ms.
    fn dead(&self, neuron: u32, spikes: u32) -> R {
        let Some(Varying { switch, .. }) = &self.layer.varying else { return R::from_f64(self.layer.dead) };
        let v_th = self.threshold(neuron, spikes) * self.layer.theta + switch.device.u_rest.get();
        R::from_f64(switch.on_time(v_th).as_seconds() * 1e3)
    }

    /// The time of y, in ms.
    fn time(&self, y: R) -> R {
        self.origin - self.tau * R::from_f64(ln(y.to_f64()))
    }
}

/// Adds a group to all neurons and finds those that reach threshold before the next.
struct Step<'a, R, F> {
    layer: &'a Layer,
    arrivals: &'a [Arrival<R>],
    weights: &'a [R],
    p: &'a mut [R],
    q: &'a mut [R],
    bar: &'a [R],
    sum: &'a mut [R],
    flagged: &'a mut Vec<u32>,
    y: R,
    next: R,
    form: std::marker::PhantomData<F>,
}

impl<R: Real, F: Form<R>> Work for Step<'_, R, F> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { layer, arrivals, weights, p, q, bar, sum, flagged, y, next, .. } = self;
        let stride = p.len();
        let (one, two) = F::arrival(y);
        let row = |arrival: &Arrival<R>| {
            let start = arrival.row as usize * stride;
            &weights[start..start + stride]
        };
        sum.fill(R::ZERO);
        for arrival in arrivals {
            if arrival.column != NONE {
                let w = weights[arrival.row as usize];
                sum[arrival.column as usize] += if arrival.ends { -w } else { w };
                continue;
            }
            if let Some(synapses) = layer.listed(arrival) {
                drive(synapses, weights, arrival.ends, sum);
                continue;
            }
            let row = row(arrival);
            if arrival.ends {
                sum.iter_mut().zip(row).for_each(|(sum, &w)| *sum -= w);
            } else {
                sum.iter_mut().zip(row).for_each(|(sum, &w)| *sum += w);
            }
        }
        let numbers = p.as_chunks_mut::<LANES>().0.iter_mut().zip(q.as_chunks_mut::<LANES>().0);
        let rest = bar.as_chunks::<LANES>().0.iter().zip(sum.as_chunks::<LANES>().0);
        for (chunk, ((p, q), (bar, sum))) in numbers.zip(rest).enumerate() {
            let mut score = [R::ZERO; LANES];
            let lanes = p.iter_mut().zip(q).zip(sum.iter().zip(bar));
            for (((p, q), (&sum, &bar)), score) in lanes.zip(&mut score) {
                *p += sum * one;
                *q += sum * two;
                *score = F::score(*p, *q, bar, y, next);
            }
            let mut bits = Pack(score).reaching(R::ZERO);
            while bits != 0 {
                flagged.push((chunk * LANES) as u32 + bits.trailing_zeros());
                bits &= bits - 1;
            }
        }
    }
}
