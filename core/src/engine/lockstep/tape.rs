//! What a layer has done in one presentation, in order: enough to go backwards through it.

use super::form::{Form, weighted};
use super::kind::InForm;
use super::net::{Input, Layer};
use crate::numeric::Real;
use crate::simd::{Work, vectorised};

/// No spike, or no single column.
pub const NONE: u32 = u32::MAX;

/// A synaptic drive that begins, or a pulse that ends.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival<R> {
    /// When, in ms.
    pub time: R,
    /// Row of the layer; of a synapse with a delay of its own the number of its weight.
    pub row: u32,
    /// The one column it reaches; [`NONE`]: all of them.
    pub column: u32,
    /// The spike it comes of, among those of its layer in their order of time; [`NONE`]: the source's.
    pub spike: u32,
    /// Which input of the layer.
    pub input: u16,
    /// Whether a pulse ends.
    pub ends: bool,
}

/// A time at which something would have arrived, had a neuron of a layer of jumps fired when it might have: at an arrival of its own.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Probe<R> {
    /// When, in ms.
    pub time: R,
    /// At which group of its layer it would have fired.
    pub group: u32,
    /// Which input of the layer.
    pub input: u16,
    /// Whether it is the end of a pulse.
    pub ends: bool,
}

/// Arrivals of one instant, and the time until the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Group<R> {
    /// When, in ms.
    pub time: R,
    /// e^-t about the origin that holds from here on.
    pub y: R,
    /// The same of the next group, or of the end.
    pub next: R,
    /// e^-(change of the origin) before its arrivals are added; one: it stays.
    pub factor: R,
    /// Its arrivals end here.
    pub end: u32,
    /// Its probes end here.
    pub probed: u32,
}

/// What happened to a neuron after the arrivals of a group and before the next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Action<R> {
    /// After which group.
    pub group: u32,
    /// To which neuron.
    pub neuron: u32,
    /// Its spike, in the order in which they were found.
    pub spike: u32,
    /// Whether the membrane is restarted after that spike; else it is the spike itself.
    pub restarts: bool,
    /// When, as y.
    pub y: R,
    /// V' of a spike, per tau_m; of a restart what [`Form::restart`] says.
    pub value: R,
}

/// The largest V of a neuron.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Peak<R> {
    /// After which group.
    pub group: u32,
    /// When, as y.
    pub y: R,
    /// V there, in units of the threshold.
    pub value: R,
    /// V' before the next group, or the end, per tau_m, if the maximum is there; zero within.
    pub slope: R,
}

/// Arrivals at a layer in one presentation, at most. (A spike arrives once, or with delays of their own at every synapse.)
pub const MOST_ARRIVALS: usize = 1 << 22;

/// Why a tape ends before its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Runaway {
    /// There would have been more spikes than [`MOST`](super::MOST).
    Spikes,
    /// More would have arrived than [`MOST_ARRIVALS`].
    Arrivals,
    /// Its time is too long beside what it is cut by (see [`Layer::pieces`]), or for the precision to tell a spike from its arrival at
    /// its own layer.
    Pieces,
}

/// One layer in one presentation.
#[derive(Clone, Debug, Default)]
pub struct Tape<R> {
    /// Sorted by time.
    pub arrivals: Vec<Arrival<R>>,
    /// Sorted by time.
    pub probes: Vec<Probe<R>>,
    /// In order of time.
    pub groups: Vec<Group<R>>,
    /// Of a layer of jumps: V of every neuron after the arrivals of every group, and by how much it is above what the neuron fires
    /// at; minus infinity where it is deaf.
    pub heard: Vec<[R; 2]>,
    /// In order of groups; those of one neuron in order of time.
    pub actions: Vec<Action<R>>,
    /// When it ended, in ms.
    pub until: R,
    /// When, in ms, and which neuron, as they were found.
    pub spikes: Vec<(R, u32)>,
    /// Numbers of `spikes` in order of time, then of neuron.
    pub order: Vec<u32>,
    /// Why it ends before its time, if it does.
    pub runaway: Option<Runaway>,
    exponents: Vec<R>,
    keys: Vec<u64>,
}

impl<R: Real> Tape<R> {
    /// Forgets everything.
    pub fn clear(&mut self) {
        self.arrivals.clear();
        self.probes.clear();
        self.groups.clear();
        self.heard.clear();
        self.actions.clear();
        self.spikes.clear();
        self.order.clear();
        self.runaway = None;
    }

    /// Adds what arrives through an input before `until`: for every spike (time and line, in order) its row, with the delay of
    /// the input or, as the matrix of the layer has them, of each of its synapses.
    pub fn gather(
        &mut self,
        (index, input, stride): (u16, &Input, usize),
        spikes: impl Iterator<Item = (R, u32, u32)> + Clone,
        delays: Option<&[R]>,
        until: R,
    ) {
        let shift = R::from_f64(input.delay);
        for (late, ends) in [(Some(R::ZERO), false), (input.width.map(R::from_f64), true)] {
            let Some(late) = late else { continue };
            for (time, line, spike) in spikes.clone() {
                if self.arrivals.len() >= MOST_ARRIVALS {
                    self.runaway = Some(Runaway::Arrivals);
                    return;
                }
                let row = input.first_row as u32 + line;
                let Some(delays) = delays.filter(|_| input.own_delays) else {
                    let arrival =
                        Arrival { time: time + shift + late, row, column: NONE, spike, input: index, ends };
                    if arrival.time < until {
                        self.arrivals.push(arrival);
                    }
                    continue;
                };
                let mut arrive = |column: u32, weight: u32| {
                    let time = time + delays[weight as usize] + late;
                    if time < until {
                        self.arrivals.push(Arrival { time, row: weight, column, spike, input: index, ends });
                    }
                };
                match &input.reach {
                    Some(reach) => {
                        reach.row(line).iter().for_each(|synapse| arrive(synapse.column, synapse.weight));
                    }
                    None => {
                        (0..stride as u32).for_each(|column| arrive(column, row * stride as u32 + column));
                    }
                }
            }
        }
    }

    /// Notes when spikes would arrive, before `until`, that a layer of jumps might have fired.
    pub fn watch(&mut self, (index, input): (u16, &Input), jumps: &Self, until: R) {
        let shift = R::from_f64(input.delay);
        for (late, ends) in [(Some(R::ZERO), false), (input.width.map(R::from_f64), true)] {
            let Some(late) = late else { continue };
            let instants = (0..).zip(&jumps.groups).filter(|(group, _)| jumps.is_instant(*group));
            let probes =
                instants.map(|(group, of)| Probe { time: of.time + shift + late, group, input: index, ends });
            self.probes.extend(probes.filter(|probe| probe.time < until));
        }
    }

    /// Whether something arrives at a group, or would.
    #[must_use]
    pub fn is_instant(&self, group: u32) -> bool {
        let of = &self.groups[group as usize];
        let before = group.checked_sub(1).map_or((0, 0), |before| {
            let before = &self.groups[before as usize];
            (before.end, before.probed)
        });
        before != (of.end, of.probed)
    }

    /// Adds what arrives at a layer of its own spikes, from the one with this number on, before `until`.
    pub fn feed_back(&mut self, layer: &Layer, first: usize, until: R) {
        let number = (first as u32..).zip(&self.spikes[first..]);
        let spikes: Vec<_> = number.map(|(spike, &(time, neuron))| (time, neuron, spike)).collect();
        let own = (0..).zip(&layer.inputs).filter(|(_, input)| input.from == Some(layer.place));
        for (number, input) in own.filter(|_| !spikes.is_empty()) {
            self.gather((number, input, layer.stride), spikes.iter().copied(), None, until);
        }
        self.sort();
    }

    /// Puts arrivals that are in no group in order of time; those of one instant stay in the order in which they were gathered.
    pub fn sort(&mut self) {
        let by_time =
            |a: &Arrival<R>, b: &Arrival<R>| a.time.partial_cmp(&b.time).unwrap_or(std::cmp::Ordering::Equal);
        let grouped = self.grouped();
        self.arrivals[grouped..].sort_by(by_time);
        let probed = self.groups.last().map_or(0, |group| group.probed as usize);
        let by_time =
            |a: &Probe<R>, b: &Probe<R>| a.time.partial_cmp(&b.time).unwrap_or(std::cmp::Ordering::Equal);
        self.probes[probed..].sort_by(by_time);
    }

    /// When the first thing arrives that is in no group, if anything does.
    #[must_use]
    pub fn next(&self) -> Option<R> {
        let probed = self.groups.last().map_or(0, |group| group.probed as usize);
        soonest(self.arrivals.get(self.grouped()), self.probes.get(probed))
    }

    /// How many arrivals are in groups.
    fn grouped(&self) -> usize {
        self.groups.last().map_or(0, |group| group.end as usize)
    }

    /// Puts arrivals of one instant together, from one time up to another (ms), with their times as y about an origin. Groups that
    /// are further apart than `span` (in tau, ms) have empty ones between them, of which there are `most`, and after so long the
    /// origin is moved.
    pub fn group(&mut self, (tau, span): (R, R), most: usize, mut origin: R, (from, until): (R, R)) {
        let (first, mut end) = (self.groups.len(), self.grouped());
        let mut probed = self.groups.last().map_or(0, |group| group.probed as usize);
        let Self { arrivals, probes, groups, exponents, runaway, .. } = self;
        let (span, mut time) = (span * tau, from);
        let most = most + arrivals.len() + probes.len();
        exponents.clear();
        exponents.push(-((time - origin) / tau));
        while time < until {
            if groups.len() >= most {
                *runaway = Some(Runaway::Pieces);
                break;
            }
            end += arrivals[end..].iter().take_while(|arrival| arrival.time <= time).count();
            probed += probes[probed..].iter().take_while(|probe| probe.time <= time).count();
            let moves = time - origin > span;
            origin = if moves { time } else { origin };
            // (Where the origin is moved, `factor` is not one: it is known when the exponents are.)
            let factor = if moves { R::ZERO } else { R::ONE };
            let (end_of, probed_of) = (end as u32, probed as u32);
            groups.push(Group { time, y: R::ONE, next: R::ONE, factor, end: end_of, probed: probed_of });
            let following = soonest(arrivals.get(end), probes.get(probed)).unwrap_or(until);
            let following = if following < until { following } else { until };
            time = if following - time > span { time + span } else { following };
            exponents.push(-((time - origin) / tau));
        }
        vectorised(Exponentials(exponents));
        for (group, y) in groups[first..].iter_mut().zip(exponents.windows(2)) {
            (group.y, group.next) = (y[0], y[1]);
            if group.factor != R::ONE {
                (group.y, group.factor) = (R::ONE, y[0]);
            }
        }
    }

    /// Says in which order the spikes came.
    pub fn finish(&mut self) {
        let Self { spikes, order, keys, .. } = self;
        keys.clear();
        // Times are not negative, and the bits of such numbers are in their order: first in single precision, which is quick.
        let key = |(number, &(time, _)): (u64, &(R, u32))| {
            u64::from((time.to_f64() as f32).to_bits()) << 32 | number
        };
        keys.extend((0..).zip(spikes.iter()).map(key));
        keys.sort_unstable();
        order.clear();
        order.extend(keys.iter().map(|&key| key as u32));
        // What is left are times that have the same bits there.
        for last in 1..order.len() {
            let mut place = last;
            while place > 0 && spikes[order[place] as usize] < spikes[order[place - 1] as usize] {
                order.swap(place, place - 1);
                place -= 1;
            }
        }
    }

    /// The spikes in order of time: when, which neuron, and the number in `spikes`.
    pub fn in_order(&self) -> impl Iterator<Item = (R, u32, u32)> + Clone + '_ {
        self.order.iter().map(|&spike| {
            let (time, neuron) = self.spikes[spike as usize];
            (time, neuron, spike)
        })
    }

    /// The largest V of a neuron that has not fired, if anything reached it.
    #[must_use]
    pub fn peak(&self, layer: &Layer, weights: &[R], neuron: u32) -> Option<Peak<R>> {
        layer.kind.with(Highest(Replay { tape: self, layer, weights, neuron }))
    }

    /// The integral of V, in units of the threshold and in tau_m, of a neuron that has not fired, and V at the end.
    #[must_use]
    pub fn integral(&self, layer: &Layer, weights: &[R], neuron: u32) -> (f64, f64) {
        layer.kind.with(Area(Replay { tape: self, layer, weights, neuron }))
    }
}

/// The time of the first of these.
fn soonest<R: Real>(arrival: Option<&Arrival<R>>, probe: Option<&Probe<R>>) -> Option<R> {
    match (arrival, probe) {
        (Some(arrival), Some(probe)) => {
            Some(if probe.time < arrival.time { probe.time } else { arrival.time })
        }
        (arrival, probe) => arrival.map(|of| of.time).or(probe.map(|of| of.time)),
    }
}

/// A neuron that has not fired, once more.
struct Replay<'a, R> {
    tape: &'a Tape<R>,
    layer: &'a Layer,
    weights: &'a [R],
    neuron: u32,
}

impl<R: Real> Replay<'_, R> {
    /// Tells its numbers after each group.
    fn each<F: Form<R, N>, const N: usize>(&self, form: F, mut tell: impl FnMut(u32, &Group<R>, [R; N])) {
        let mut x = [R::ZERO; N];
        let mut first = 0;
        for (index, group) in (0..).zip(&self.tape.groups) {
            if group.factor != R::ONE {
                x = F::rebase(x, &form.shift(group.factor));
            }
            let unit = form.arrival(group.y);
            for arrival in &self.tape.arrivals[first..group.end as usize] {
                if let Some(place) = self.layer.weight_of(arrival, self.neuron) {
                    let w = self.weights[place];
                    let w = if arrival.ends { -w } else { w };
                    x.iter_mut().zip(&unit).for_each(|(x, &unit)| *x += w * unit);
                }
            }
            first = group.end as usize;
            tell(index, group, x);
        }
    }
}

struct Highest<'a, R>(Replay<'a, R>);

impl<R: Real> InForm<R> for Highest<'_, R> {
    type Output = Option<Peak<R>>;

    fn run<F: Form<R, N>, const N: usize>(self, form: F) -> Option<Peak<R>> {
        let mut best: Option<Peak<R>> = None;
        self.0.each(form, |index, group, x| {
            let mut found = |y: R, slope: R| {
                let peak = Peak { group: index, y, value: form.potential(x, y), slope };
                if best.is_none_or(|best| peak.value > best.value) {
                    best = Some(peak);
                }
            };
            if let Some(y) = form.top(x, group.y, group.next) {
                found(y, R::ZERO);
            }
            found(group.next, form.slope(x, group.next));
        });
        best
    }
}

struct Area<'a, R>(Replay<'a, R>);

impl<R: Real> InForm<R> for Area<'_, R> {
    type Output = (f64, f64);

    fn run<F: Form<R, N>, const N: usize>(self, form: F) -> (f64, f64) {
        let (mut sum, mut last) = (0.0, 0.0);
        self.0.each(form, |_, group, x| {
            sum += weighted(&x, &form.integral(group.y, group.next)).to_f64();
            last = form.potential(x, group.next).to_f64();
        });
        (sum, last)
    }
}

struct Exponentials<'a, R>(&'a mut [R]);

impl<R: Real> Work for Exponentials<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        // (A loop, and no `for_each`: what that calls is not compiled for these vectors.)
        for x in self.0.iter_mut() {
            *x = Real::exp(*x);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_arrivals_than_a_presentation_may_hold_are_left_out_and_told() {
        let input = Input {
            projection: 0,
            from: None,
            first_row: 0,
            rows: 1,
            first_weight: 0,
            weights: 8,
            learns: true,
            reach: None,
            delay: 0.0,
            own_delays: true,
            width: None,
            gain: 1.0,
        };
        let gathered = |spikes: usize| {
            let mut tape = Tape::<f32>::default();
            let spikes = (0..spikes as u32).map(|spike| (0.0, 0, spike));
            tape.gather((0, &input, 8), spikes, Some(&[0.5; 8]), 1.0);
            (tape.arrivals.len(), tape.runaway)
        };
        assert_eq!(gathered(MOST_ARRIVALS / 8), (MOST_ARRIVALS, None));
        assert_eq!(gathered(MOST_ARRIVALS / 8 + 100), (MOST_ARRIVALS, Some(Runaway::Arrivals)));
    }
}
