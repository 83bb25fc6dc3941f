//! A layer through the time of one presentation.

use super::form::Form;
use super::kind::{InForm, MOST_NUMBERS};
use super::net::{LANES, Layer, MOST, Own, Varying};
use super::reach::drive;
use super::tape::{Action, Arrival, Group, NONE, Runaway, Tape};
use crate::engine::Switching;
use crate::neuron::Switch;
use crate::numeric::{Pack, Real, ln};
use crate::simd::{Work, prefetch, vectorised};

/// The neurons of a layer while a presentation goes on, and room to work.
#[derive(Clone, Debug, Default)]
pub struct Membranes<R> {
    /// The numbers of [`Form`], one list for each.
    numbers: [Vec<R>; MOST_NUMBERS],
    /// What each neuron fires at, in units of the layer's threshold; infinite while it is deaf.
    bar: Vec<R>,
    flagged: Vec<u32>,
    /// Deaf neurons: when they are restarted (ms), which, and after which spike.
    waiting: Vec<(R, u32, u32)>,
    /// Thresholds that are drawn, if they are, of this layer.
    switching: Option<Switching>,
}

impl<R: Real> Membranes<R> {
    fn begin(&mut self, stride: usize, count: usize) {
        for values in self.numbers.iter_mut().take(count) {
            values.clear();
            values.resize(stride, R::ZERO);
        }
        self.bar.clear();
        self.bar.resize(stride, R::ONE);
        self.waiting.clear();
    }

    /// The numbers of a neuron.
    #[inline(always)]
    fn of<const N: usize>(&self, place: usize) -> [R; N] {
        let mut x = [R::ZERO; N];
        for (x, list) in x.iter_mut().zip(&self.numbers) {
            *x = list[place];
        }
        x
    }

    #[inline(always)]
    fn put<const N: usize>(&mut self, place: usize, x: [R; N]) {
        for (x, list) in x.into_iter().zip(&mut self.numbers) {
            list[place] = x;
        }
    }
}

/// Advances a layer from rest through what the tape has [gathered](Tape::gather) up to `until` (ms), and leaves there what it
/// did. `weights` is row by row, in units of the threshold. Thresholds that are drawn are those of this seed and episode, as
/// the engine draws them. A layer that hears itself goes in pieces of time as long as its shortest delay: no spike is heard in the
/// piece in which it falls.
pub fn forward<R: Real>(
    (layer, own): (&Layer, Own<'_, R>),
    weights: &[R],
    (seed, episode): (u64, u64),
    until: R,
    membranes: &mut Membranes<R>,
    tape: &mut Tape<R>,
) {
    membranes.begin(layer.stride, layer.kind.numbers::<R>());
    tape.until = until;
    let (tau, unheard) = (own.tau, R::from_f64(layer.unheard()));
    if !layer.fires {
        membranes.bar.fill(R::from_f64(f64::INFINITY));
    } else if let Some(Varying { switch, first }) = &layer.varying {
        let new = || Switching::new(switch, *first, layer.size as u32);
        let switching = membranes.switching.get_or_insert_with(new);
        switching.begin(seed, episode, std::iter::empty());
        for (bar, &v_th) in membranes.bar.iter_mut().zip(switching.all_v_th()) {
            *bar = R::from_f64(relative(layer, switch, v_th));
        }
    } else {
        membranes.bar.iter_mut().zip(own.thresholds).for_each(|(bar, &own)| *bar = own);
    }
    let mut time = tape.next().unwrap_or(until);
    let mut origin = R::ZERO;
    while time < until && tape.runaway.is_none() {
        let last = time + unheard;
        let end = if last < until { last } else { until };
        let (first, spikes) = (tape.groups.len(), tape.spikes.len());
        tape.group((tau, R::from_f64(layer.kind.span())), layer.most_pieces(), origin, (time, end));
        let pass = Pass { layer, own, weights, until: end, tau, origin };
        origin = layer.kind.with(Run { pass, first, membranes, tape });
        if end < until {
            tape.feed_back(layer, spikes, until);
            if end <= time {
                tape.runaway = Some(Runaway::Pieces);
            }
        }
        time = end;
    }
    tape.finish();
}

/// A threshold in volts in units of that of the layer.
fn relative(layer: &Layer, switch: &Switch, v_th: f64) -> f64 {
    (v_th - switch.device.u_rest.get()) / layer.theta
}

#[derive(Clone, Copy)]
struct Pass<'a, R> {
    layer: &'a Layer,
    own: Own<'a, R>,
    weights: &'a [R],
    /// Where the last group ends, in ms.
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

/// A layer through the groups of its tape from one on; then it says where t is zero.
struct Run<'a, R> {
    pass: Pass<'a, R>,
    first: usize,
    membranes: &'a mut Membranes<R>,
    tape: &'a mut Tape<R>,
}

impl<R: Real> InForm<R> for Run<'_, R> {
    type Output = R;

    fn run<F: Form<R, N>, const N: usize>(self, form: F) -> R {
        vectorised(Wide { run: self, form })
    }
}

struct Wide<'a, R, F, const N: usize> {
    run: Run<'a, R>,
    form: F,
}

impl<R: Real, F: Form<R, N>, const N: usize> Work for Wide<'_, R, F, N> {
    type Output = R;

    #[inline(always)]
    fn run(self) -> R {
        let (Run { mut pass, first: from, membranes, tape }, form) = (self.run, self.form);
        let mut first = if from == 0 { 0 } else { tape.groups[from - 1].end };
        for index in from..tape.groups.len() {
            let group = tape.groups[index];
            if group.factor != R::ONE {
                pass.origin = group.time;
                let shift = form.shift(group.factor);
                for place in 0..pass.layer.stride {
                    membranes.put(place, F::rebase(membranes.of(place), &shift));
                }
            }
            let end = tape.groups.get(index + 1).map_or(pass.until, |next| next.time);
            let interval = Interval { group: index as u32, y: group.y, end, next: group.next };
            let arrivals = &tape.arrivals[first as usize..group.end as usize];
            first = group.end;
            if let Some(next) = tape.groups.get(index + 1) {
                fetch(pass.layer, &tape.arrivals[first as usize..next.end as usize], pass.weights);
            }
            step::<R, F, N>(form, pass.layer, arrivals, pass.weights, membranes, &group);
            if F::JUMPS {
                tape.heard.extend((0..pass.layer.stride).map(|place| {
                    let v = form.potential(membranes.of(place), group.y);
                    [v, v - membranes.bar[place]]
                }));
            }
            if !membranes.waiting.is_empty() {
                pass.restart_due(form, interval, membranes, tape);
            }
            for index in 0..membranes.flagged.len() {
                let neuron = membranes.flagged[index];
                pass.fires(form, interval, (neuron, interval.y), membranes, tape);
            }
        }
        pass.origin
    }
}

impl<R: Real> Pass<'_, R> {
    /// e^-t at a time in ms.
    fn y(&self, time: R) -> R {
        Real::exp(-((time - self.origin) / self.tau))
    }

    /// Neurons that hear again within the interval.
    fn restart_due<F: Form<R, N>, const N: usize>(
        &self,
        form: F,
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
            let y = self.restart(form, interval, (time, neuron, spike), membranes, tape);
            self.fires(form, interval, (neuron, y), membranes, tape);
        }
    }

    /// Restarts a neuron after its dead time; at which y.
    fn restart<F: Form<R, N>, const N: usize>(
        &self,
        form: F,
        interval: Interval<R>,
        (time, neuron, spike): (R, u32, u32),
        membranes: &mut Membranes<R>,
        tape: &mut Tape<R>,
    ) -> R {
        let y = self.y(time);
        self.restart_at(form, interval.group, (y, neuron, spike), membranes, tape);
        y
    }

    /// The same at y.
    fn restart_at<F: Form<R, N>, const N: usize>(
        &self,
        form: F,
        group: u32,
        (y, neuron, spike): (R, u32, u32),
        membranes: &mut Membranes<R>,
        tape: &mut Tape<R>,
    ) {
        let place = neuron as usize;
        let (x, value) = form.restart(membranes.of(place), y, R::from_f64(self.layer.reset));
        tape.actions.push(Action { group, neuron, spike, restarts: true, y, value });
        membranes.put(place, x);
        membranes.bar[place] = self.threshold(place, membranes);
    }

    /// The spikes of a neuron from `y` on to the end of the interval.
    fn fires<F: Form<R, N>, const N: usize>(
        &self,
        form: F,
        interval: Interval<R>,
        (neuron, mut y): (u32, R),
        membranes: &mut Membranes<R>,
        tape: &mut Tape<R>,
    ) {
        let place = neuron as usize;
        loop {
            let x = membranes.of(place);
            let Some(root) = form.crossing(x, membranes.bar[place], y, interval.next) else { return };
            if tape.spikes.len() >= MOST {
                tape.runaway = Some(Runaway::Spikes);
                return;
            }
            // What was rounded stays within the interval.
            let at = if root > y { y } else { root };
            let at = if at < interval.next { interval.next } else { at };
            // (What a jump brings about comes at its instant, to the bit.)
            let jumped = F::JUMPS.then(|| tape.groups[interval.group as usize].time);
            let time = jumped.unwrap_or_else(|| self.time(at));
            let slope = form.slope(x, at);
            let spike = tape.spikes.len() as u32;
            tape.spikes.push((time, neuron));
            let (group, value) = (interval.group, slope);
            tape.actions.push(Action { group, neuron, spike, restarts: false, y: at, value });
            membranes.bar[place] = R::from_f64(f64::INFINITY);
            if F::ADAPTS {
                membranes.put(place, form.fired(x, at));
            }
            let again = time + self.dead(place, membranes);
            if again > interval.end {
                membranes.waiting.push((again, neuron, spike));
                return;
            }
            y = if self.layer.dead == 0.0 {
                self.restart_at(form, group, (at, neuron, spike), membranes, tape);
                at
            } else {
                self.restart(form, interval, (again, neuron, spike), membranes, tape)
            };
        }
    }

    /// The threshold of a neuron's cycle, in units of that of the layer.
    fn threshold(&self, neuron: usize, membranes: &Membranes<R>) -> R {
        let (Some(Varying { switch, .. }), Some(switching)) = (&self.layer.varying, &membranes.switching)
        else {
            return self.own.threshold(neuron);
        };
        R::from_f64(relative(self.layer, switch, switching.v_th(neuron)))
    }

    /// For how long it is deaf after the spike that ends its cycle, in ms.
    fn dead(&self, neuron: usize, membranes: &mut Membranes<R>) -> R {
        let (Some(_), Some(switching)) = (&self.layer.varying, &mut membranes.switching) else {
            return R::from_f64(self.layer.dead);
        };
        R::from_f64(switching.fire(neuron).as_seconds() * 1e3)
    }

    /// The time of y, in ms.
    fn time(&self, y: R) -> R {
        self.origin - self.tau * R::from_f64(ln(y.to_f64()))
    }
}

/// Asks for the rows of these arrivals to be brought to the cache: they lie anywhere in the matrix.
#[inline(always)]
fn fetch<R: Real>(layer: &Layer, arrivals: &[Arrival<R>], weights: &[R]) {
    let stride = layer.stride;
    let whole = |arrival: &&Arrival<R>| arrival.column == NONE && (arrival.row as usize) < layer.dense;
    for arrival in arrivals.iter().filter(whole) {
        let row = arrival.row as usize * stride;
        prefetch(weights, row..row + stride);
    }
}

/// Columns that are worked on together: their sums stay in registers while the rows of a group are added.
const BLOCK: usize = 4 * LANES;

/// Adds a group to all neurons, and flags those that reach threshold before the next.
#[inline(always)]
fn step<R: Real, F: Form<R, N>, const N: usize>(
    form: F,
    layer: &Layer,
    arrivals: &[Arrival<R>],
    weights: &[R],
    membranes: &mut Membranes<R>,
    group: &Group<R>,
) {
    let Membranes { numbers, bar, flagged, .. } = membranes;
    let Some(numbers) = numbers.first_chunk_mut::<N>() else { return };
    let numbers = &mut numbers.each_mut().map(|list| &mut list[..]);
    flagged.clear();
    let unit = form.arrival(group.y);
    let mut whole = 0;
    for arrival in arrivals {
        if arrival.column != NONE {
            let (column, w) = (arrival.column as usize, weights[arrival.row as usize]);
            let w = if arrival.ends { -w } else { w };
            numbers.iter_mut().zip(&unit).for_each(|(list, &unit)| list[column] += w * unit);
        } else if let Some(synapses) = layer.listed(arrival) {
            drive(synapses, weights, (&unit, arrival.ends), numbers);
        } else {
            whole += 1;
        }
    }
    let arrivals = (if whole == 0 { &[] } else { arrivals }, layer.dense);
    let between = form.between(group.y, group.next);
    let (stride, mut first) = (bar.len(), 0);
    while first + BLOCK <= stride {
        let sum = add_rows::<R, BLOCK>(arrivals, weights, stride, first);
        ask::<R, F, N, BLOCK>((numbers, bar, &sum), &unit, &between, first, flagged);
        first += BLOCK;
    }
    while first < stride {
        let sum = add_rows::<R, LANES>(arrivals, weights, stride, first);
        ask::<R, F, N, LANES>((numbers, bar, &sum), &unit, &between, first, flagged);
        first += LANES;
    }
}

/// What arrives at the columns from `first` on, over the rows that reach all of them: the first `dense`.
#[inline(always)]
fn add_rows<R: Real, const N: usize>(
    (arrivals, dense): (&[Arrival<R>], usize),
    weights: &[R],
    stride: usize,
    first: usize,
) -> [R; N] {
    let mut sum = [R::ZERO; N];
    let whole = |arrival: &&Arrival<R>| arrival.column == NONE && (arrival.row as usize) < dense;
    for arrival in arrivals.iter().filter(whole) {
        let row = weights[arrival.row as usize * stride + first..].first_chunk::<N>();
        let Some(row) = row else { continue };
        if arrival.ends {
            sum.iter_mut().zip(row).for_each(|(sum, &w)| *sum -= w);
        } else {
            sum.iter_mut().zip(row).for_each(|(sum, &w)| *sum += w);
        }
    }
    sum
}

/// Adds what arrives at the neurons from `first` on, and flags those that reach threshold.
#[inline(always)]
fn ask<R: Real, F: Form<R, N>, const N: usize, const LANES: usize>(
    (numbers, bar, sum): (&mut [&mut [R]; N], &[R], &[R; LANES]),
    unit: &[R; N],
    between: &F::Between,
    first: usize,
    flagged: &mut Vec<u32>,
) {
    let mut lanes = [[R::ZERO; LANES]; N];
    for ((list, &unit), lanes) in numbers.iter_mut().zip(unit).zip(&mut lanes) {
        let Some(list) = list[first..].first_chunk_mut::<LANES>() else { return };
        for ((value, &sum), lane) in list.iter_mut().zip(sum).zip(lanes) {
            *value += sum * unit;
            *lane = *value;
        }
    }
    let Some(bar) = bar[first..].first_chunk::<LANES>() else { return };
    let mut score = [R::ZERO; LANES];
    for (lane, (score, &bar)) in score.iter_mut().zip(bar).enumerate() {
        let mut x = [R::ZERO; N];
        for (x, lanes) in x.iter_mut().zip(&lanes) {
            *x = lanes[lane];
        }
        *score = F::score(x, bar, between);
    }
    if !score.iter().fold(false, |any, &score| any | (score >= R::ZERO)) {
        return;
    }
    let mut bits = Pack(score).reaching(R::ZERO);
    while bits != 0 {
        flagged.push(first as u32 + bits.trailing_zeros());
        bits &= bits - 1;
    }
}
