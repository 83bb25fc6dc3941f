//! The engine against a simulator that shares nothing with it but the description: absolute potentials,
//! `f64::exp`, one neuron after the other, crossings found by brute force.

use crate::common::{self, Built, KernelSpec, SourceSpec, Spec, THETA, build, end_of, networks, ticks};
use memspike::engine::{Lanes, Record, Spike, Stream};
use memspike::network::{Kernel, Origin, Rows, SourceKind};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use proptest::prelude::*;
use std::collections::BTreeMap;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4096, ..ProptestConfig::default() }
}

/// 1e-9 ms.
const TOLERANCE: u64 = 1000;

fn seconds(span: u64) -> f64 {
    span as f64 * 1e-15
}

/// Nothing exactly at threshold: there the last bit decides, and the oracle promises no bits.
fn without_ties_at_threshold(mut spec: Spec) -> Spec {
    for population in &mut spec.populations {
        if population.bias == 1.0 {
            population.bias = 0.97;
        }
        // A switch shows its filament while it is on; tests/engine/switch_neuron.rs has an oracle of its own.
        population.switch = None;
    }
    for (index, projection) in spec.projections.iter_mut().enumerate() {
        let (mean, spread, _) = &mut projection.weight;
        if *spread == 0.0 {
            *mean += 0.013 + 0.0017 * index as f64;
        }
    }
    spec
}

/// As above, and no currents: all times are sums of given ones, hence exact.
fn only_jumps(spec: Spec) -> Spec {
    let mut spec = without_ties_at_threshold(spec);
    spec.populations.iter_mut().for_each(|population| population.bias = population.bias.min(0.9));
    for source in &mut spec.sources {
        if let SourceSpec::Current { points, .. } = source {
            *source = SourceSpec::List { size: 2, spikes: points.iter().map(|point| (point.0, 1)).collect() };
        }
    }
    spec.projections.iter_mut().for_each(|projection| projection.kernel = KernelSpec::Delta);
    spec
}

/// (time, source, line) of every source spike before `end`: lists and regular trains from their
/// description, Poisson spikes as the run drew them.
fn emissions(built: &Built, records: &[Record], end: u64) -> Vec<(u64, usize, u32)> {
    let mut all = Vec::new();
    for (index, source) in built.network.sources.iter().enumerate() {
        match &source.kind {
            SourceKind::Poisson
            | SourceKind::Modulated(_)
            | SourceKind::DeadTime { .. }
            | SourceKind::Open(_) => all.extend(records.iter().filter_map(|record| match record {
                Record::Emit { time, source, line } if *source as usize == index => {
                    Some((time.fs(), index, *line))
                }
                _ => None,
            })),
            SourceKind::Current(_) => {}
            SourceKind::List(spikes) => {
                all.extend(spikes.iter().map(|&(time, line)| (time.fs(), index, line)));
            }
            SourceKind::Regular { start, period } => {
                let mut time = start.fs();
                while time < end {
                    all.extend((0..source.size).map(|line| (time, index, line)));
                    time += period.fs();
                }
            }
            SourceKind::Bursts { start, period, count, interval } => {
                let mut burst = start.fs();
                while burst < end {
                    let times = (0..u64::from(*count)).map(|k| burst + k * interval.fs());
                    all.extend(times.flat_map(|time| (0..source.size).map(move |line| (time, index, line))));
                    burst += period.fs();
                }
            }
        }
    }
    all.retain(|spike| spike.0 < end);
    all.sort_unstable();
    all
}

/// (target, weight) of one row.
fn targets(built: &Built, projection: usize, row: u32) -> Vec<(u32, f64)> {
    let description = &built.network.projections[projection];
    let columns = built.network.populations[description.to].size;
    let values = &built.values[projection];
    match &description.connect {
        Rows::Dense => (0..columns).map(|c| (c, values[(row * columns + c) as usize])).collect(),
        Rows::OneToOne => vec![(row, values[row as usize])],
        Rows::Sparse { start, targets } => {
            (start[row as usize]..start[row as usize + 1]).map(|k| (targets.get(k), values[k])).collect()
        }
    }
}

/// One neuron of a jumps-only network, in absolute potentials.
#[derive(Clone)]
struct Cell {
    u: f64,
    /// Since when it moves freely.
    free: u64,
    /// How far from zero it has been, as far as that has not faded or been reset: what is left after subtractions is
    /// rounded as that was.
    rounded_at: f64,
}

impl Cell {
    fn at(&self, lif: &Lif, time: u64) -> f64 {
        let u_inf = lif.u_rest.get() + lif.r_m.get() * lif.i_bias.get();
        u_inf + (self.u - u_inf) * self.fades(lif, time)
    }

    fn fades(&self, lif: &Lif, time: u64) -> f64 {
        (-seconds(time.saturating_sub(self.free)) / lif.tau_m.get()).exp()
    }
}

fn after_reset(lif: &Lif, u: f64) -> f64 {
    match lif.reset {
        Reset::Rest => lif.u_rest.get(),
        Reset::Value => lif.u_reset.get(),
        Reset::Hold => lif.v_hold.get(),
        Reset::Subtract | Reset::SubtractOnce => u - (lif.v_th.get() - lif.u_rest.get()),
    }
}

/// Spikes of a jump to `u`, and what they leave.
fn after_jump(lif: &Lif, mut u: f64) -> (u32, f64) {
    if lif.reset != Reset::Subtract || refractory(lif) > 0 {
        return (1, after_reset(lif, u));
    }
    let mut times = 0;
    while u >= lif.v_th.get() {
        u = after_reset(lif, u);
        times += 1;
    }
    (times, u)
}

/// Whether what a spike left above threshold fires when the neuron is free again.
fn fires_again(lif: &Lif, u: f64) -> bool {
    lif.reset == Reset::Subtract && refractory(lif) > 0 && u >= lif.v_th.get()
}

fn refractory(lif: &Lif) -> u64 {
    (lif.t_ref.get() * 1e15).round() as u64
}

/// Spikes of a jumps-only network; final membranes, and what each was rounded at.
fn jumps(built: &Built, emissions: &[(u64, usize, u32)], end: u64) -> (Vec<Spike>, Vec<Vec<(f64, f64)>>) {
    let network = &built.network;
    let mut cells: Vec<Vec<Cell>> = network
        .populations
        .iter()
        .map(|p| vec![Cell { u: p.lif.u_rest.get(), free: 0, rounded_at: 0.0 }; p.size as usize])
        .collect();
    // (time, depth, population, neuron) -> sum of the jumps.
    let mut pending = BTreeMap::<(u64, u16, usize, u32), f64>::new();
    let send = |pending: &mut BTreeMap<_, f64>, origin: Origin, row: u32, time: u64, times: u32| {
        for (index, projection) in network.projections.iter().enumerate() {
            if projection.from == origin {
                let rank = network.populations[projection.to].rank;
                for (target, weight) in targets(built, index, row) {
                    *pending
                        .entry((time + projection.delay.fs(), rank, projection.to, target))
                        .or_default() += weight * f64::from(times);
                }
            }
        }
    };
    for &(time, source, line) in emissions {
        send(&mut pending, Origin::Source(source), line, time, 1);
    }
    let mut spikes = Vec::new();
    while let Some(((time, rank, population, neuron), jump)) = pending.pop_first() {
        if time >= end {
            break;
        }
        let lif = &network.populations[population].lif;
        let cell = &mut cells[population][neuron as usize];
        if time < cell.free {
            continue;
        }
        let spike = Spike { time: Time::from_fs(time), population: population as u32, neuron };
        if time == cell.free && fires_again(lif, cell.u) {
            // What arrives now is lost: the neuron is refractory again.
            cell.u = after_reset(lif, cell.u);
            cell.free = time + refractory(lif);
            if fires_again(lif, cell.u) {
                pending.entry((cell.free, rank, population, neuron)).or_default();
            }
            spikes.push(spike);
            send(&mut pending, Origin::Population(population), neuron, time, 1);
            continue;
        }
        let rounded_at = cell.rounded_at * cell.fades(lif, time);
        cell.u = cell.at(lif, time) + jump;
        cell.free = time;
        cell.rounded_at = rounded_at.max(cell.u.abs());
        if cell.u >= lif.v_th.get() {
            let times;
            (times, cell.u) = after_jump(lif, cell.u);
            if !lif.reset.subtracts() {
                cell.rounded_at = 0.0;
            }
            cell.free = time + refractory(lif);
            if fires_again(lif, cell.u) {
                pending.entry((cell.free, rank, population, neuron)).or_default();
            }
            spikes.extend((0..times).map(|_| spike));
            send(&mut pending, Origin::Population(population), neuron, time, times);
        }
    }
    let membranes = cells
        .iter()
        .zip(&network.populations)
        .map(|(cells, population)| {
            let lif = &population.lif;
            cells.iter().map(|cell| (cell.at(lif, end), cell.rounded_at * cell.fades(lif, end))).collect()
        })
        .collect();
    (spikes, membranes)
}

fn run(built: &Built, end: Time) -> (Vec<Record>, Vec<Vec<f64>>) {
    let mut simulation = built.start::<f64, Lanes>();
    let mut stream = Stream::default();
    common::run(&mut simulation, &built.weights(), end, &mut stream);
    let membranes = (0..built.network.populations.len()).map(|p| simulation.membranes(p)).collect();
    (stream.records, membranes)
}

proptest! {
    // CASES=5000 for a long search.
    #![proptest_config(config(std::env::var("CASES").map_or(100, |c| c.parse().unwrap())))]

    #[test]
    fn networks_of_jumps_spike_as_a_naive_simulator_says(spec in networks().prop_map(only_jumps)) {
        let built = build(&spec);
        let end = end_of(&built, ticks(200));
        let (records, membranes) = run(&built, end);
        let emitted = emissions(&built, &records, end.fs());
        let listed = records.iter().filter(|record| matches!(record, Record::Emit { .. })).count();
        prop_assert_eq!(listed, emitted.len());
        let (mut want, potentials) = jumps(&built, &emitted, end.fs());
        let mut got = common::spikes_of(&records);
        want.sort_unstable();
        got.sort_unstable();
        let first = got.iter().zip(&want).find(|(got, want)| got != want);
        prop_assert!(first.is_none(), "{first:?}");
        prop_assert_eq!(got.len(), want.len());
        for (got, (want, rounded_at)) in membranes.iter().flatten().zip(potentials.iter().flatten()) {
            let scale = want.abs().max(common::THETA).max(*rounded_at);
            prop_assert!((got - want).abs() <= 1e-12 * scale, "{got} V, oracle {want} V, rounded at {rounded_at} V");
        }
    }

    #[test]
    fn neurons_under_currents_spike_as_brute_force_says(spec in networks().prop_map(without_ties_at_threshold)) {
        let built = build(&spec);
        let end = end_of(&built, ticks(120));
        let (records, membranes) = run(&built, end);
        let spikes = common::spikes_of(&records);
        let arrivals = arrivals(&built, &records, end.fs());
        for (population, description) in built.network.populations.iter().enumerate() {
            for neuron in 0..description.size {
                let mut cell = Driven::new(&description.lif);
                let mut want = cell.run(&built, &arrivals, population, neuron, end.fs());
                let mut got: Vec<u64> = spikes
                    .iter()
                    .filter(|spike| spike.population as usize == population && spike.neuron == neuron)
                    .map(|spike| spike.time.fs())
                    .collect();
                let off = got.iter().zip(&want).find(|(got, want)| got.abs_diff(**want) > TOLERANCE);
                prop_assert!(off.is_none(), "neuron {neuron} of {population}: {off:?} of {got:?}");
                let late = got.iter().zip(&want).map(|(got, want)| got.abs_diff(*want)).max().unwrap_or(0);
                // The run may have been cut at a spike, which one of the two has a femtosecond after the end. Its
                // membrane is then not reset, so there is nothing to compare.
                let all = (got.len(), want.len());
                got.retain(|&time| time + TOLERANCE < end.fs());
                want.retain(|&time| time + TOLERANCE < end.fs());
                prop_assert_eq!(got.len(), want.len(), "neuron {} of {}: {:?} and {:?}", neuron, population, got, want);
                if all.0 != all.1 {
                    continue;
                }
                let u = cell.x + description.lif.u_rest.get();
                let scale = u.abs().max(common::THETA).max(cell.largest).max(cell.rounded_at());
                let error = (membranes[population][neuron as usize] - u).abs();
                // Spikes are early or late by so much, under a drive of `largest`; what is left after a subtraction adds up.
                let late = seconds(late + 3) * (1.0 + got.len() as f64);
                let tolerance = 1e-12 * scale + late * cell.largest / description.lif.tau_m.get();
                prop_assert!(error <= tolerance, "{error:e} V of {u} V, largest drive {}", cell.largest);
            }
        }
    }
}

/// (time, projection, row) of everything that arrives before `end`, from the source spikes and the spikes
/// that the run reports; it must be what the run reports as arrivals.
fn arrivals(built: &Built, records: &[Record], end: u64) -> Vec<(u64, usize, u32)> {
    let mut spikes: Vec<(u64, Origin, u32)> = emissions(built, records, end)
        .into_iter()
        .map(|(time, source, line)| (time, Origin::Source(source), line))
        .collect();
    for spike in common::spikes_of(records) {
        spikes.push((spike.time.fs(), Origin::Population(spike.population as usize), spike.neuron));
    }
    let mut all = Vec::new();
    for (time, origin, row) in spikes {
        for (index, projection) in built.network.projections.iter().enumerate() {
            if projection.from == origin && time + projection.delay.fs() < end {
                all.push((time + projection.delay.fs(), index, row));
            }
        }
    }
    all.sort_unstable();
    let mut reported: Vec<(u64, usize, u32)> = records
        .iter()
        .filter_map(|record| match record {
            Record::Arrival { time, projection, row } => Some((time.fs(), *projection as usize, *row)),
            _ => None,
        })
        .collect();
    reported.sort_unstable();
    assert!(all == reported, "arrivals are spikes after their delay");
    all
}

/// Pieces of a current (start, end, volts at both through the resistance of these neurons), as far as they begin before
/// `end`.
fn flowing(points: &[(u64, f64)], ramps: bool, pause: Option<u64>, end: u64) -> Vec<(u64, u64, f64, f64)> {
    let (points, repeat) = SourceSpec::course(points, pause);
    let mut knots: Vec<(u64, f64)> = Vec::new();
    for round in 0.. {
        let begins = points[0].0 + round * repeat.unwrap_or(0);
        if ticks(begins).fs() >= end || (round > 0 && repeat.is_none()) {
            break;
        }
        knots.extend(points.iter().map(|&(at, v)| (ticks(begins + at - points[0].0).fs(), v * THETA)));
    }
    // It may begin after the end.
    let Some(&(last, _)) = knots.last() else { return Vec::new() };
    knots.push((last.max(end) + 1, 0.0));
    let pieces = knots.windows(2).enumerate().map(|(k, pair)| {
        // The last value of a round holds.
        let straight = ramps && (k + 1) % points.len() > 0;
        (pair[0].0, pair[1].0, pair[0].1, if straight { pair[1].1 } else { pair[0].1 })
    });
    pieces.collect()
}

/// What drives a neuron from some instant on: a + b t + sum (p + q t/tau) e^(-t/tau), in volts.
struct Drive {
    a: f64,
    b: f64,
    /// (tau, p, q).
    fading: Vec<(f64, f64, f64)>,
}

impl Drive {
    fn at(&self, t: f64) -> f64 {
        let fading = self.fading.iter().map(|&(tau, p, q)| (p + q * t / tau) * (-t / tau).exp());
        self.a + self.b * t + fading.sum::<f64>()
    }
}

/// One neuron under jumps and currents; x relative to rest.
struct Driven<'a> {
    lif: &'a Lif,
    x: f64,
    now: u64,
    held_until: u64,
    /// Largest drive so far, in volts.
    largest: f64,
    /// What x was rounded at in jumps, in volts, faded since as x fades, and when that was.
    rounded_at: (f64, u64),
}

impl<'a> Driven<'a> {
    fn new(lif: &'a Lif) -> Self {
        Self { lif, x: 0.0, now: 0, held_until: 0, largest: 0.0, rounded_at: (0.0, 0) }
    }

    /// What x was rounded at, as of `now`.
    fn rounded_at(&self) -> f64 {
        let (at, since) = self.rounded_at;
        at * (-seconds(self.now - since) / self.lif.tau_m.get()).exp()
    }

    /// tau x' = -x + drive, solved the plain way; by its series where the plain form cancels.
    fn solution(&self, drive: &Drive, t: f64) -> f64 {
        let (a, b) = (drive.a, drive.b);
        let tau = self.lif.tau_m.get();
        let s = t / tau;
        let decay = (-s).exp();
        let ramp = if s < 1e-2 {
            // s - 1 + e^-s
            let mut term = s * s / 2.0;
            let mut sum = 0.0;
            for k in 3..12 {
                sum += term;
                term *= -s / f64::from(k);
            }
            sum
        } else {
            s - 1.0 + decay
        };
        // (c + d t) e^(-t/tau_s) solves the equation for each fading current, by partial fractions. Where its time
        // constant is close to the membrane's they cancel: e^-s int_0^s (p + q nu r) e^(k r) dr, by its series in k.
        let fading = drive.fading.iter().map(|&(slow, p, q)| {
            let nu = tau / slow;
            let k = 1.0 - nu;
            if k.abs() < 0.05 {
                let (mut power, mut sum) = (s, 0.0);
                for n in 1..40 {
                    let n = f64::from(n);
                    sum += power * (p / n + q * nu * s / (n + 1.0));
                    power *= k * s / n;
                }
                return decay * sum;
            }
            let d = q / slow / k;
            let c = (p - tau * d) / k;
            (c + d * t) * (-t / slow).exp() - c * decay
        });
        a + (self.x - a) * decay + b * tau * ramp + fading.sum::<f64>()
    }

    /// First femtosecond span after which x is at threshold and rising, within `limit`.
    fn crossing(&self, drive: &Drive, limit: u64) -> Option<u64> {
        let theta = self.lif.theta();
        let rising = |t: f64| drive.at(t) - self.solution(drive, t) > 0.0;
        let over = |t: f64| self.solution(drive, t) > theta && rising(t);
        let whole = seconds(limit);
        if self.x >= theta && rising(0.0) {
            return Some(1);
        }
        let steps = 400;
        let at = |k: usize| whole * k as f64 / steps as f64;
        let (mut lo, mut hi) = (1..=steps).find_map(|k| {
            if over(at(k)) {
                return Some((at(k - 1), at(k)));
            }
            // A maximum between two samples: where it turns from rising to falling.
            if !rising(at(k - 1)) || rising(at(k)) {
                return None;
            }
            let (mut lo, mut hi) = (at(k - 1), at(k));
            for _ in 0..200 {
                let middle = 0.5 * (lo + hi);
                if rising(middle) { lo = middle } else { hi = middle }
            }
            over(lo).then(|| (at(k - 1), lo))
        })?;
        for _ in 0..200 {
            let middle = 0.5 * (lo + hi);
            if over(middle) { hi = middle } else { lo = middle }
        }
        let span = ((hi * 1e15).ceil() as u64).max(1);
        (span <= limit).then_some(span)
    }

    fn run(
        &mut self,
        built: &Built,
        arrivals: &[(u64, usize, u32)],
        population: usize,
        neuron: u32,
        end: u64,
    ) -> Vec<u64> {
        let lif = self.lif;
        // A bias at rheobase is not above threshold, whatever either was rounded to: both are formed in decimal.
        let theta = lif.theta();
        let t_ref = (lif.t_ref.get() * 1e15).round() as u64;
        // Jumps by time, and pieces of current (start, end, drive at start, slope) in volts.
        let mut jumps = BTreeMap::<u64, f64>::new();
        let mut pieces: Vec<(u64, u64, f64, f64)> = Vec::new();
        // Fading currents (start, tau, p, q).
        let mut currents: Vec<(u64, f64, f64, f64)> = Vec::new();
        for &(time, index, row) in arrivals {
            let projection = &built.network.projections[index];
            if projection.to != population {
                continue;
            }
            for (_, weight) in targets(built, index, row).into_iter().filter(|target| target.0 == neuron) {
                let drive = weight * lif.r_m.get();
                match &projection.kernel {
                    Kernel::Exponential { tau } => currents.push((time, tau.get(), drive, 0.0)),
                    Kernel::Alpha { tau } => {
                        currents.push((time, tau.get(), 0.0, drive * std::f64::consts::E));
                    }
                    Kernel::DoubleExponential { rise, tau } => {
                        let (r, d) = (rise.get(), tau.get());
                        let peak = (d / r).ln() * r * d / (d - r);
                        let n = 1.0 / ((-peak / d).exp() - (-peak / r).exp());
                        currents.extend([(time, d, drive * n, 0.0), (time, r, -drive * n, 0.0)]);
                    }
                    Kernel::Delta => *jumps.entry(time).or_default() += weight,
                    Kernel::Conductance { .. } => unreachable!("these neurons have no receptors"),
                    Kernel::Current => unreachable!("nothing arrives from a source of current"),
                    Kernel::Pulse(breakpoints) if breakpoints.len() == 2 => {
                        pieces.push((time, time + breakpoints[1].at.fs(), drive, 0.0));
                    }
                    Kernel::Pulse(breakpoints) => {
                        let (half, whole) = (breakpoints[1].at.fs(), breakpoints[2].at.fs());
                        pieces.push((time, time + half, 0.0, drive / seconds(half)));
                        pieces.push((time + half, time + whole, drive, -drive / seconds(whole - half)));
                    }
                }
            }
        }
        for (index, projection) in built.network.projections.iter().enumerate() {
            let Origin::Source(source) = projection.from else { continue };
            let SourceSpec::Current { points, ramps, pause } = &built.spec.sources[source] else { continue };
            let to = targets(built, index, 0).into_iter().filter(|target| target.0 == neuron);
            for (_, weight) in to.filter(|_| projection.to == population) {
                let delay = projection.delay.fs();
                for (start, stop, from, to) in flowing(points, *ramps, *pause, end) {
                    let slope = weight * (to - from) / seconds(stop - start);
                    pieces.push((start + delay, stop + delay, weight * from, slope));
                }
            }
        }
        let mut corners: Vec<u64> =
            pieces.iter().flat_map(|p| [p.0, p.1]).chain(jumps.keys().copied()).collect();
        corners.extend(currents.iter().map(|current| current.0));
        corners.push(end);
        corners.retain(|&time| time <= end);
        corners.sort_unstable();
        corners.dedup();
        let mut spikes = Vec::new();
        for corner in corners {
            let live: Vec<_> = pieces.iter().filter(|p| p.0 <= self.now && self.now < p.1).copied().collect();
            // All changes are at corners, so the drive is one line up to this one.
            let mut fired_here = false;
            while self.now < corner {
                if self.held_until > self.now {
                    self.now = corner.min(self.held_until);
                    if self.now == self.held_until
                        && self.now < end
                        && fires_again(lif, self.x + lif.u_rest.get())
                    {
                        self.fire(self.x, t_ref);
                        spikes.push(self.now);
                    }
                    continue;
                }
                let a = lif.bias() + live.iter().map(|p| p.2 + p.3 * seconds(self.now - p.0)).sum::<f64>();
                let b: f64 = live.iter().map(|p| p.3).sum();
                let mut fading: Vec<(f64, f64, f64)> = Vec::new();
                for &(start, tau, p, q) in currents.iter().filter(|current| current.0 <= self.now) {
                    let t = seconds(self.now - start) / tau;
                    let (p, q) = ((p + q * t) * (-t).exp(), q * (-t).exp());
                    match fading.iter_mut().find(|sum| sum.0 == tau) {
                        Some(sum) => (sum.1, sum.2) = (sum.1 + p, sum.2 + q),
                        None => fading.push((tau, p, q)),
                    }
                }
                let drive = Drive { a, b, fading };
                let most: f64 = drive.fading.iter().map(|current| current.1.abs() + current.2.abs()).sum();
                self.largest =
                    self.largest.max(a.abs() + most).max((a + b * seconds(corner - self.now)).abs() + most);
                match self.crossing(&drive, corner - self.now) {
                    // At the end of the run nothing fires any more.
                    Some(span) if self.now + span < end => {
                        let x = self.solution(&drive, seconds(span));
                        self.now += span;
                        self.fire(x.max(theta), t_ref);
                        spikes.push(self.now);
                        fired_here = self.now == corner;
                    }
                    _ => {
                        self.x = self.solution(&drive, seconds(corner - self.now));
                        self.now = corner;
                    }
                }
            }
            if let Some(&jump) = jumps.get(&corner)
                && corner < end
                && self.held_until <= corner
            {
                self.x += jump;
                self.rounded_at = (self.rounded_at().max(self.x.abs()), self.now);
                let drains = lif.reset == Reset::Subtract;
                if self.x >= theta && (drains || !fired_here) {
                    let (times, u) = after_jump(lif, self.x + lif.u_rest.get());
                    self.x = u - lif.u_rest.get();
                    self.held_until = self.now + t_ref;
                    spikes.extend((0..times).map(|_| corner));
                }
            }
        }
        spikes
    }

    fn fire(&mut self, x: f64, t_ref: u64) {
        self.x = after_reset(self.lif, x + self.lif.u_rest.get()) - self.lif.u_rest.get();
        self.held_until = self.now + t_ref;
    }
}
