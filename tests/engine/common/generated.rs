//! Random small networks: what they are made of, and how they are built.

use super::Built;
use memspike::device::threshold::{ThresholdSpread, ThresholdSwitch};
use memspike::encoding::{AliasTable, BLOCK, Gamma, OpenTrain, RateProfile};
use memspike::network::{Builder, Competition, Current, Delays, Kernel, Origin, Rows, SourceKind};
use memspike::neuron::model::{Model as _, Scale};
use memspike::neuron::{Floor, Lif, Neuron, Reset, Switch};
use memspike::registry::{NeuronEntry, Registry};
use memspike::time::Time;
use memspike::units::{Ampere, Hertz, Ohm, Second, Volt};
use memspike::waveform::Waveform;
use proptest::prelude::*;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// 0.1 ms: times on this grid meet often.
pub const TICK: u64 = 100_000_000_000;

pub fn ticks(count: u64) -> Time {
    Time::from_fs(count * TICK)
}

pub fn seconds(count: u64) -> Second {
    Second::new(ticks(count).as_seconds())
}

/// Threshold of every random neuron relative to rest, in volts.
pub const THETA: f64 = 0.25;

#[derive(Clone, Debug)]
pub enum SourceSpec {
    /// Relative rates of the first lines (the others have 1), lines, total rate of a block in hertz.
    Poisson {
        marks: Vec<u32>,
        size: u32,
        rate: f64,
    },
    /// (tick, line), in any order and with repeats.
    List {
        size: u32,
        spikes: Vec<(u64, u32)>,
    },
    Regular {
        size: u32,
        start: u64,
        period: u64,
    },
    /// In ticks; the period is raised so that bursts end before the next.
    Bursts {
        size: u32,
        start: u64,
        period: u64,
        count: u32,
        interval: u64,
    },
    /// Steps (ticks, hertz), or a sine of a mean rate and a period.
    Steps {
        size: u32,
        steps: Vec<(u64, f64)>,
    },
    Sine {
        size: u32,
        mean: f64,
        depth: f64,
        period: u64,
    },
    /// Rate and share of the dead time in a mean gap.
    DeadTime {
        size: u32,
        rate: f64,
        share: f64,
    },
    /// Intervals of gamma form: rate and coefficient of variation.
    Gamma {
        size: u32,
        rate: f64,
        cv: f64,
    },
    /// A current (ticks, in units of what holds a neuron at its threshold), in straight lines or in steps.
    Current {
        points: Vec<(u64, f64)>,
        ramps: bool,
        /// In ticks, from the last point on, so that it is long enough.
        pause: Option<u64>,
    },
}

impl SourceSpec {
    /// Points in order of time, and after what time they are repeated, in ticks.
    pub fn course(points: &[(u64, f64)], pause: Option<u64>) -> (Vec<(u64, f64)>, Option<u64>) {
        let mut points = points.to_vec();
        points.sort_by_key(|point| point.0);
        points.dedup_by_key(|point| point.0);
        let length = points[points.len() - 1].0 - points[0].0;
        (points, pause.map(|pause| length + pause))
    }
}

#[derive(Clone, Debug)]
pub struct PopulationSpec {
    pub size: u32,
    pub tau_ms: f64,
    pub reset: Reset,
    pub u_rest: f64,
    /// In seconds.
    pub t_ref: f64,
    /// R I_bias in units of the threshold.
    pub bias: f64,
    /// A threshold switch instead, with this spread from cycle to cycle and device to device; `reset` and
    /// `t_ref` are then its own.
    pub switch: Option<(f64, f64)>,
    /// A registered model instead, by its number modulo theirs, with its defaults.
    pub open: Option<usize>,
    /// Its members compete.
    pub competes: bool,
}

#[derive(Clone, Copy, Debug)]
pub enum KernelSpec {
    Delta,
    Rect(u64),
    Triangle(u64),
    /// Time constant in ticks.
    Exponential(u64),
    Alpha(u64),
    DoubleExponential,
    /// A receptor, by its number modulo those of the target; a jump where it has none.
    Conductance(u8),
}

#[derive(Clone, Debug)]
pub struct ProjectionSpec {
    /// Index among sources, then populations (modulo their number).
    pub from: usize,
    pub to: usize,
    pub kernel: KernelSpec,
    /// In femtoseconds; raised where 0 would close a cycle.
    pub delay: u64,
    /// 0: dense; 1: one to one, if the sizes allow; otherwise bits that say which synapses exist.
    pub connect: u64,
    /// Mean and spread of the weights in units of the threshold, and what draws them.
    pub weight: (f64, f64, u64),
    /// Delays of single synapses up to so many femtoseconds above `delay`, if it is sparse.
    pub own: Option<u64>,
    /// Arrivals are not counted, so that a source may be left to the threads.
    pub uncounted: bool,
}

#[derive(Clone, Debug)]
pub struct Spec {
    pub seed: u64,
    pub sources: Vec<SourceSpec>,
    pub populations: Vec<PopulationSpec>,
    pub projections: Vec<ProjectionSpec>,
}

fn current() -> impl Strategy<Value = SourceSpec> {
    let value = prop_oneof![1 => Just(0.0), 4 => -1.0..2.5];
    let pause = prop_oneof![1 => Just(None), 2 => (1u64..30).prop_map(Some)];
    (proptest::collection::vec((0u64..150, value), 1..8), any::<bool>(), pause)
        .prop_map(|(points, ramps, pause)| SourceSpec::Current { points, ramps, pause })
}

fn source() -> impl Strategy<Value = SourceSpec> {
    prop_oneof![14 => spiking(), 2 => current()]
}

fn spiking() -> impl Strategy<Value = SourceSpec> {
    let size = || prop_oneof![8 => 1u32..=5, 1 => Just(BLOCK + 3)];
    prop_oneof![
        4 => (proptest::collection::vec(0u32..4, 0..5), size(), 100.0..20_000.0)
            .prop_map(|(marks, size, rate)| SourceSpec::Poisson { marks, size, rate }),
        3 => (1u32..=5, proptest::collection::vec((0u64..200, 0u32..5), 0..40))
            .prop_map(|(size, spikes)| SourceSpec::List { size, spikes }),
        2 => (1u32..=5, 0u64..30, 1u64..40)
            .prop_map(|(size, start, period)| SourceSpec::Regular { size, start, period }),
        1 => (1u32..=4, 0u64..30, 1u64..40, 1u32..5, 1u64..6)
            .prop_map(|(size, start, period, count, interval)| SourceSpec::Bursts { size, start, period, count, interval }),
        1 => (size(), proptest::collection::vec((0u64..150, prop_oneof![Just(0.0), 10.0..2_000.0]), 1..5))
            .prop_map(|(size, steps)| SourceSpec::Steps { size, steps }),
        1 => (size(), 10.0..2_000.0, prop_oneof![Just(1.0), 0.0..1.0], 1u64..100)
            .prop_map(|(size, mean, depth, period)| SourceSpec::Sine { size, mean, depth, period }),
        1 => (1u32..40, 10.0..2_000.0, prop_oneof![Just(0.0), 0.0..0.99])
            .prop_map(|(size, rate, share)| SourceSpec::DeadTime { size, rate, share }),
        1 => (1u32..40, 10.0..2_000.0, 0.05..3.0).prop_map(|(size, rate, cv)| SourceSpec::Gamma { size, rate, cv }),
    ]
}

fn poisson() -> impl Strategy<Value = SourceSpec> {
    (
        proptest::collection::vec(1u32..4, 0..5),
        prop_oneof![4 => 1u32..=9, 1 => Just(BLOCK + 3)],
        1_000.0..50_000.0,
    )
        .prop_map(|(marks, size, rate)| SourceSpec::Poisson { marks, size, rate })
}

fn reset() -> impl Strategy<Value = Reset> {
    prop_oneof![
        Just(Reset::Rest),
        Just(Reset::Value),
        Just(Reset::Hold),
        Just(Reset::Subtract),
        Just(Reset::SubtractOnce)
    ]
}

fn population() -> impl Strategy<Value = PopulationSpec> {
    let size = prop_oneof![6 => 1u32..=6, 1 => Just(9), 1 => Just(13), 1 => Just(19)];
    let t_ref =
        prop_oneof![3 => Just(0.0), 2 => (1u32..20).prop_map(|k| f64::from(k) * 1e-4), 1 => Just(3e-16)];
    let bias = prop_oneof![3 => Just(0.0), 2 => -0.5..0.99, 1 => Just(1.0), 2 => 1.01..3.0];
    let u_rest = prop_oneof![Just(0.0), Just(0.43e-3), Just(-0.02)];
    let switch = prop_oneof![
        5 => Just(None),
        1 => Just(Some((0.0, 0.0))),
        2 => (0.0..0.3, 0.0..0.3).prop_map(Some),
    ];
    (size, 0.5..20.0, reset(), u_rest, t_ref, bias, switch).prop_map(
        |(size, tau_ms, reset, u_rest, t_ref, bias, switch)| PopulationSpec {
            size,
            tau_ms,
            reset,
            u_rest,
            t_ref,
            bias,
            switch,
            open: None,
            competes: false,
        },
    )
}

fn delay() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => Just(0),
        4 => (1u64..20).prop_map(|k| k * TICK),
        1 => Just(TICK / 20),
        2 => 1u64..30 * TICK,
    ]
}

fn projection() -> impl Strategy<Value = ProjectionSpec> {
    let kernel = prop_oneof![
        8 => Just(KernelSpec::Delta),
        1 => (1u64..40).prop_map(KernelSpec::Rect),
        1 => (1u64..40).prop_map(KernelSpec::Triangle),
        1 => (1u64..6).prop_map(|k| KernelSpec::Exponential(10 * k)),
        1 => (1u64..6).prop_map(|k| KernelSpec::Alpha(10 * k)),
    ];
    let connect = prop_oneof![3 => Just(0), 1 => Just(1), 2 => any::<u64>()];
    (0usize..8, 0usize..4, kernel, delay(), connect, weight()).prop_map(
        |(from, to, kernel, delay, connect, weight)| ProjectionSpec {
            from,
            to,
            kernel,
            delay,
            connect,
            weight,
            own: None,
            uncounted: false,
        },
    )
}

/// Some weights are exactly the threshold.
fn weight() -> impl Strategy<Value = (f64, f64, u64)> {
    prop_oneof![
        4 => (-0.2..0.8, 0.0..0.5, any::<u64>()),
        1 => Just((1.0, 0.0, 0)),
        1 => (1.0..3.0, 0.0..1.0, any::<u64>()),
    ]
}

/// Anything.
fn any_network() -> impl Strategy<Value = Spec> {
    (
        any::<u64>(),
        proptest::collection::vec(source(), 1..=3),
        proptest::collection::vec(population(), 1..=4),
        proptest::collection::vec(projection(), 1..=7),
    )
        .prop_map(|(seed, sources, populations, projections)| Spec {
            seed,
            sources,
            populations,
            projections,
        })
}

/// A Poisson source that feeds a crossbar and nothing else, so that its spikes come in batches, with other
/// sources, feedback and what follows.
pub fn crossbar() -> impl Strategy<Value = Spec> {
    let output = (population(), 0.0f64..0.9).prop_map(|(population, bias)| PopulationSpec {
        // A switch may have thresholds just above its hold voltage.
        bias: if population.switch.is_some() { bias / 3.0 } else { bias },
        ..population
    });
    let dense = || {
        (delay(), weight()).prop_map(|(delay, weight)| ProjectionSpec {
            from: 0,
            to: 0,
            kernel: KernelSpec::Delta,
            delay,
            connect: 0,
            weight,
            own: None,
            uncounted: false,
        })
    };
    (
        any::<u64>(),
        poisson(),
        proptest::collection::vec(spiking(), 0..=2),
        output,
        proptest::collection::vec(population(), 0..=2),
        dense(),
        proptest::collection::vec((1usize..5, dense()), 0..=2),
        proptest::collection::vec((1usize..8, 1usize..4, projection()), 0..=3),
    )
        .prop_map(|(seed, first, rest, output, others, input, feedback, further)| {
            let sources: Vec<_> = std::iter::once(first).chain(rest).collect();
            let populations: Vec<_> = std::iter::once(output).chain(others).collect();
            let ends = sources.len() + populations.len();
            // `from` 0 is the batched source: nothing else starts there.
            let mut projections = vec![ProjectionSpec { delay: 0, ..input }];
            for (from, dense) in feedback {
                projections.push(ProjectionSpec { from: 1 + from % (ends - 1), ..dense });
            }
            for (from, to, projection) in further {
                if populations.len() > 1 {
                    let to = 1 + to % (populations.len() - 1);
                    projections.push(ProjectionSpec { from: 1 + from % (ends - 1), to, ..projection });
                }
            }
            Spec { seed, sources, populations, projections }
        })
}

/// The place of `conductance_lif` among the registered models.
const CONDUCTANCE_LIF: usize = 1;

/// The same with everything else that there is: registered models, conductances, members that compete, delays of 1 fs and of
/// single synapses, a source whose lines each have a neuron of their own, and now and then thousands of neurons.
pub fn mixed(mut spec: Spec, state: &mut u64) -> Spec {
    let mut draw = |n: u64| (mix(state) * n as f64) as u64;
    let mut one_in = |n: u64| draw(n) == 0;
    let models = open_models().len() as u64;
    for population in &mut spec.populations {
        if one_in(2) {
            // Each as likely as the others.
            population.open =
                (0..models).find(|number| one_in(models - number)).map(|number| number as usize);
        }
        if one_in(26) {
            population.size = 2_100 + 37 * population.size;
        }
    }
    for projection in &mut spec.projections {
        if one_in(4) {
            projection.kernel = KernelSpec::Conductance((spec.seed % 7) as u8);
            if one_in(2) {
                let to = projection.to % spec.populations.len();
                // Which has receptors.
                spec.populations[to].open = Some(CONDUCTANCE_LIF);
            }
        } else if one_in(6) {
            projection.kernel = KernelSpec::DoubleExponential;
        }
        // Few time constants: some models have room for six.
        if let KernelSpec::Exponential(tau) | KernelSpec::Alpha(tau) = &mut projection.kernel {
            *tau = 10 + *tau % 2 * 15;
        }
        if one_in(6) {
            projection.delay = 1;
        }
        if one_in(5) {
            projection.own = Some([1, 3, 5 * TICK][(projection.weight.2 % 3) as usize]);
            projection.connect = projection.connect.max(2);
        }
    }
    let (sources, to) = (spec.sources.len(), (spec.seed % spec.populations.len() as u64) as usize);
    if one_in(2) {
        // Private: one line for each neuron, fast enough that windows leave it to the threads.
        let size = spec.populations[to].size;
        spec.sources.push(SourceSpec::Poisson { marks: Vec::new(), size, rate: 2e5 });
        let weight = (0.1, 0.05, spec.seed);
        spec.projections.iter_mut().for_each(|p| p.from += usize::from(p.from >= sources));
        spec.projections.push(ProjectionSpec {
            from: sources,
            to,
            kernel: KernelSpec::Delta,
            delay: 0,
            connect: 1,
            weight,
            own: None,
            uncounted: true,
        });
    }
    if one_in(5) {
        let ends = spec.sources.len() + spec.populations.len();
        let spiking: Vec<usize> = (0..ends)
            .filter(|&end| !matches!(spec.sources.get(end), Some(SourceSpec::Current { .. })))
            .collect();
        let last = spec.populations.len() - 1;
        let population = &mut spec.populations[last];
        (population.competes, population.open, population.switch) = (true, None, None);
        (population.size, population.bias, population.t_ref) = (1 + population.size % 9, 0.0, 0.0);
        population.reset = if population.reset.subtracts() { Reset::Rest } else { population.reset };
        let small = |size: u32| size <= 1_100;
        let sizes = spec.populations.iter().map(|population| population.size).collect::<Vec<_>>();
        for projection in &mut spec.projections {
            if projection.to % spec.populations.len() == last {
                let from = spiking[projection.from % spiking.len()];
                let source = from < spec.sources.len();
                projection.from =
                    if source || small(sizes[from - spec.sources.len()]) { from } else { spiking[0] };
                (projection.kernel, projection.connect, projection.own) = (KernelSpec::Delta, 0, None);
            }
        }
        if spec.projections.iter().all(|projection| projection.to % spec.populations.len() != last) {
            spec.populations[last].competes = false;
        }
    }
    spec
}

pub fn networks() -> impl Strategy<Value = Spec> {
    prop_oneof![any_network(), crossbar()]
}

/// SplitMix64: what draws the weights of a test.
pub fn mix(state: &mut u64) -> f64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
}

pub fn lif(population: &PopulationSpec) -> Lif {
    let r_m = 1e6;
    let v_th = population.u_rest + THETA;
    Lif {
        tau_m: Second::new(population.tau_ms * 1e-3),
        u_rest: Volt::new(population.u_rest),
        v_th: Volt::new(v_th),
        u_reset: Volt::new(population.u_rest - 0.03),
        v_hold: Volt::new(0.1),
        reset: population.reset,
        t_ref: Second::new(population.t_ref),
        r_m: Ohm::new(r_m),
        // So that a bias of 1 is the threshold to the last bit, as the neuron computes it.
        i_bias: Ampere::new(population.bias * ((v_th - population.u_rest) / r_m)),
        u_0: None,
        floor: Floor::None,
    }
}

/// The registered models that take currents of every form.
pub fn open_models() -> &'static [(NeuronEntry, Neuron)] {
    // (A model that looks for its voltages takes its time to be made.)
    static MODELS: LazyLock<Vec<(NeuronEntry, Neuron)>> = LazyLock::new(|| {
        let made = |entry: &NeuronEntry| (*entry, entry.make(&|_| None));
        let registry = Registry::shipped();
        let usual = registry.neurons().iter().map(made);
        let fades = usual.filter_map(|(entry, usual)| Some((entry, usual.ok()?.0)));
        fades.filter(|(_, open)| open.decays() > 0).map(|(entry, open)| (entry, open.into())).collect()
    });
    &MODELS
}

pub fn neuron(population: &PopulationSpec) -> Neuron {
    if let Some(number) = population.open {
        let models = open_models();
        return models[number % models.len()].1.clone();
    }
    let lif = lif(population);
    let Some((cycle, device)) = population.switch else { return lif.into() };
    let Lif { r_m, i_bias, .. } = lif;
    let spread = ThresholdSpread { cycle, device, ..ThresholdSpread::default() };
    let device = ThresholdSwitch {
        tau: lif.tau_m,
        u_rest: lif.u_rest,
        v_th: lif.v_th,
        v_hold: lif.v_hold,
        ..ThresholdSwitch::default()
    };
    Switch { device, spread, r_m, i_bias, ..Switch::default() }.into()
}

pub fn build(spec: &Spec) -> Built {
    build_with(spec, TICK / 20)
}

/// Delays that would close a cycle are raised no more than they must be.
pub fn build_as_given(spec: &Spec) -> Built {
    build_with(spec, 1)
}

fn build_with(spec: &Spec, least_feedback: u64) -> Built {
    let mut builder = Builder::default();
    let mut tables = Vec::new();
    let mut origins = Vec::new();
    for (index, source) in spec.sources.iter().enumerate() {
        let name = format!("source {index}");
        let (size, origin) = match source {
            SourceSpec::Poisson { marks, size, rate } => {
                for first in (0..*size).step_by(BLOCK as usize) {
                    let lines = (*size - first).min(BLOCK) as usize;
                    let mut weights = vec![1; lines];
                    for (weight, mark) in weights.iter_mut().zip(marks) {
                        *weight = *mark;
                    }
                    tables.push((AliasTable::new(&weights), *rate));
                }
                (*size, builder.source(&name, *size, SourceKind::Poisson))
            }
            SourceSpec::List { size, spikes } => {
                let mut list: Vec<(Time, u32)> =
                    spikes.iter().map(|&(at, line)| (ticks(at), line % size)).collect();
                list.sort_unstable();
                (*size, builder.source(&name, *size, SourceKind::List(list)))
            }
            SourceSpec::Regular { size, start, period } => {
                let kind = SourceKind::Regular { start: ticks(*start), period: ticks(*period) };
                (*size, builder.source(&name, *size, kind))
            }
            SourceSpec::Bursts { size, start, period, count, interval } => {
                let kind = SourceKind::Bursts {
                    start: ticks(*start),
                    period: ticks((*period).max(u64::from(*count) * interval)),
                    count: *count,
                    interval: ticks(*interval),
                };
                (*size, builder.source(&name, *size, kind))
            }
            SourceSpec::Steps { size, steps } => {
                let mut steps: Vec<(Time, f64)> = steps.iter().map(|&(at, rate)| (ticks(at), rate)).collect();
                steps.sort_by_key(|step| step.0);
                steps.dedup_by_key(|step| step.0);
                let kind = SourceKind::Modulated(RateProfile::Steps { steps });
                (*size, builder.source(&name, *size, kind))
            }
            SourceSpec::Sine { size, mean, depth, period } => {
                let profile =
                    RateProfile::Sine { mean: *mean, depth: *depth, period: ticks(*period), phase: 0.2 };
                (*size, builder.source(&name, *size, SourceKind::Modulated(profile)))
            }
            SourceSpec::DeadTime { size, rate, share } => {
                let dead = Time::from_fs((share / rate * 1e15) as u64);
                (*size, builder.source(&name, *size, SourceKind::DeadTime { rate: *rate, dead }))
            }
            SourceSpec::Gamma { size, rate, cv } => {
                let train = OpenTrain::new(Gamma { rate: Hertz::new(*rate), cv: *cv });
                (*size, builder.source(&name, *size, SourceKind::Open(train)))
            }
            SourceSpec::Current { points, ramps, pause } => {
                let (points, repeat) = SourceSpec::course(points, *pause);
                let points: Vec<_> = points.iter().map(|&(at, v)| (ticks(at), v * THETA / 1e6)).collect();
                let make = if *ramps { Current::ramps } else { Current::steps };
                let current = make(&points, Time::ZERO, repeat.map(ticks)).unwrap();
                (1, builder.source(&name, 1, SourceKind::Current(current)))
            }
        };
        origins.push((size, origin));
    }
    for (index, population) in spec.populations.iter().enumerate() {
        let index = builder.population(&format!("population {index}"), population.size, neuron(population));
        if population.competes {
            builder.compete(index, Competition { inhibition: ticks(3), ..Competition::winner_take_all() });
        }
        origins.push((population.size, Origin::Population(index)));
    }
    let mut values = Vec::new();
    for (index, projection) in spec.projections.iter().enumerate() {
        let (rows, from) = origins[projection.from % origins.len()];
        let to = projection.to % spec.populations.len();
        let columns = spec.populations[to].size;
        let mut delay = projection.delay;
        if matches!(from, Origin::Population(from) if from >= to) {
            delay = delay.max(least_feedback);
        }
        let many = rows * columns > 100_000;
        let connect = match projection.connect {
            1 if rows == columns => Rows::OneToOne,
            0 | 1 if !many => Rows::Dense,
            bits => sparse(rows, columns, bits),
        };
        let current = matches!(from, Origin::Source(index)
            if matches!(spec.sources[index], SourceSpec::Current { .. }));
        let (theta, r_m, receptors) = match neuron(&spec.populations[to]) {
            Neuron::Open(open) => {
                let Scale { threshold, resistance, .. } = open.scale();
                (threshold, resistance, open.receptors().len())
            }
            _ => (THETA, 1e6, 0),
        };
        let (unit, kernel) = match projection.kernel {
            // Its current is in units of what holds a LIF at its threshold.
            _ if current => ((theta / THETA) * (1e6 / r_m), Kernel::Current),
            KernelSpec::Conductance(receptor) if receptors > 0 => {
                (0.3 / r_m, Kernel::Conductance { receptor: receptor % receptors as u8 })
            }
            KernelSpec::Delta | KernelSpec::Conductance(_) => (theta, Kernel::Delta),
            KernelSpec::Rect(width) => {
                (4.0 * theta / r_m, Kernel::Pulse(Waveform::rectangle(1.0, ticks(width)).breakpoints()))
            }
            KernelSpec::Triangle(width) => {
                (6.0 * theta / r_m, Kernel::Pulse(Waveform::triangle(1.0, ticks(width)).breakpoints()))
            }
            KernelSpec::Exponential(tau) => (4.0 * theta / r_m, Kernel::Exponential { tau: seconds(tau) }),
            KernelSpec::DoubleExponential => {
                (4.0 * theta / r_m, Kernel::DoubleExponential { rise: seconds(10), tau: seconds(25) })
            }
            KernelSpec::Alpha(tau) => (3.0 * theta / r_m, Kernel::Alpha { tau: seconds(tau) }),
        };
        let synapses = match &connect {
            Rows::Dense => rows as usize * columns as usize,
            Rows::OneToOne => rows as usize,
            Rows::Sparse { targets, .. } => targets.len(),
        };
        let (mean, spread, mut state) = projection.weight;
        let own = projection.own.filter(|_| matches!(connect, Rows::Sparse { .. }) && !current);
        values.push(
            (0..synapses)
                .map(|_| {
                    unit * if spread == 0.0 { mean } else { mean + spread * (2.0 * mix(&mut state) - 1.0) }
                })
                .collect(),
        );
        let name = format!("projection {index}");
        let number = builder.projection(&name, from, to, kernel, Time::from_fs(delay), connect);
        if let Some(most) = own {
            let each = (0..synapses).map(|_| delay + (mix(&mut state) * most as f64) as u64);
            builder.delays(number, Delays::Exact(each.collect()));
        }
        if projection.uncounted {
            builder.uncounted(number);
        }
    }
    let network = builder.finish().unwrap_or_else(|faults| panic!("{faults:?}\n{spec:#?}"));
    Built { network, values, tables, seed: spec.seed, spec: spec.clone() }
}

fn sparse(rows: u32, columns: u32, bits: u64) -> Rows {
    let mut state = bits;
    let (mut start, mut targets) = (vec![0], Vec::new());
    for _ in 0..rows {
        if columns <= 1_000 {
            targets.extend((0..columns).filter(|_| mix(&mut state) < 0.5));
        } else {
            let drawn: BTreeSet<u32> =
                (0..8).map(|_| (mix(&mut state) * f64::from(columns)) as u32).collect();
            targets.extend(drawn);
        }
        start.push(targets.len());
    }
    Rows::sparse(start, targets)
}
