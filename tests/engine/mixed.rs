//! Two hundred random networks that mix every kind of part: the same bits however they are run.

use crate::common::{
    Built, SourceSpec, bits, build_as_given, end_of, mix, mixed, networks, open_models, ticks,
};
use memspike::encoding::BLOCK;
use memspike::engine::{
    Heap, Lanes, Learning, LearningState, Probe, Queue, Simulation, Spike, Stream, Threads, layout, window,
};
use memspike::network::{Form, Kernel, Rows, Weights};
use memspike::numeric::Real;
use memspike::plasticity::{AtZero, Bounds, Dependence, Law, Pair, Pairing, Plastic, Rule, Unit};
use memspike::registry::Registry;
use memspike::snapshot::{Payload, decode, encode};
use memspike::time::Time;
use memspike::units::Second;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;

/// What a recorder sees: spikes and sampled membranes.
#[derive(Default, PartialEq)]
struct Seen {
    spikes: Vec<Spike>,
    samples: Vec<(Time, u32, Vec<u64>)>,
}

impl<R: Real> Probe<R> for Seen {
    fn spike(&mut self, spike: Spike) {
        self.spikes.push(spike);
    }

    fn sample(&mut self, time: Time, population: u32, u: &[f64]) {
        self.samples.push((time, population, u.iter().map(|u| u.to_bits()).collect()));
    }
}

/// A pair rule in one of its ways, or a registered rule.
fn rule(number: usize) -> Rule {
    let dependences = [Dependence::Additive, Dependence::Multiplicative, Dependence::Power { mu: 0.3 }];
    let bounds = Bounds { w_min: -0.1, w_max: 0.4 };
    let law = Law { dependence: dependences[number % 3], unit: Unit::Span, bounds };
    let registry = Registry::shipped();
    let rules = registry.rules();
    let (tau_plus, tau_minus) = (Second::new(3e-3), Second::new(5e-3));
    let Some(entry) = rules.get(number % (rules.len() + Pairing::ALL.len())) else {
        let (pairing, at_zero) = (Pairing::ALL[number % 4], AtZero::Ltp);
        return Rule::Pair(Pair { pairing, at_zero, a_plus: 0.04, a_minus: 0.03, tau_plus, tau_minus, law });
    };
    let value = |name: &str| {
        let key = entry.keys.iter().find(|key| key.name == name)?;
        match (key.unit, key.default_value()) {
            ("", None) => Some(0.05),
            ("s", None) => Some(8e-3),
            _ => None,
        }
    };
    entry.make(&value, Law { dependence: Dependence::Multiplicative, ..law }).expect("a rule")
}

/// A network with what is to be done with it.
struct Case {
    built: Built,
    end: Time,
    /// Samples, and windows no longer than this: samples fall on their ends.
    grid: Time,
    /// Of each projection that learns.
    rules: Vec<Option<usize>>,
}

impl Case {
    fn new(runner: &mut TestRunner, number: u64) -> Self {
        let mut state = number;
        let spec = mixed(networks().new_tree(runner).unwrap().current(), &mut state);
        let built = build_as_given(&spec);
        let large = spec.populations.iter().any(|population| population.size > 100);
        let end = end_of(&built, ticks(if large { 8 } else { 60 }));
        let parts = if large { 7 } else { [7, 64, 1000][(number % 3) as usize] };
        let grid = Time::from_fs((end.fs() / parts).max(1));
        let learns = number.is_multiple_of(4);
        let rules = built.network.projections.iter().map(|projection| {
            let can = projection.kernel == Kernel::Delta
                && projection.synapses(built.network.populations[projection.to].size) < 30_000;
            (learns && can && mix(&mut state) < 0.5).then_some((number / 4) as usize + projection.to)
        });
        let rules = rules.collect();
        Self { built, end, grid, rules }
    }

    fn learns(&self) -> bool {
        self.rules.iter().any(Option::is_some)
    }

    fn learning(&self) -> Learning {
        let network = &self.built.network;
        let plastic = network.projections.iter().zip(&self.rules).map(|(projection, number)| {
            number
                .map(|number| Plastic::new(rule(number), layout(network, projection), None).expect("a rule"))
        });
        Learning::new(network, plastic.collect(), true).expect("learning")
    }

    fn start<Q: Queue<f64>>(&self) -> Simulation<f64, Q> {
        let mut simulation = self.built.start::<f64, Q>();
        for population in 0..self.built.network.populations.len() {
            simulation.sample_every(population, self.grid);
        }
        simulation
    }

    /// From the start or from a snapshot, to `end`: all that is left, with the weights.
    fn on<Q: Queue<f64>>(
        &self,
        from: Option<&[u8]>,
        end: Time,
        threads: Option<(usize, &Threads)>,
        probe: &mut impl Probe<f64>,
    ) -> Vec<u8> {
        let rates = self.built.rates();
        let mut learning = self.learning();
        let (mut simulation, mut weights): (Simulation<f64, Q>, Weights<f64>) = match from {
            None => {
                let mut weights = self.built.weights();
                learning.admit(&mut weights);
                (self.start(), weights)
            }
            Some(bytes) => {
                let state: LearningState = decode(Payload::Plastic, bytes).unwrap();
                Simulation::resume_learning(&self.built.network, state, &mut learning, &rates).unwrap()
            }
        };
        if let Some((shares, threads)) = threads {
            simulation.partition(&threads.clone().cut_into(shares));
            simulation.shorten_windows(self.grid);
        }
        if self.learns() {
            simulation.run_learning(&mut weights, end, &mut learning, probe).unwrap();
        } else {
            simulation.run(&weights, end, probe).unwrap();
        }
        let state = simulation.learning_state(&mut weights, &mut learning);
        assert!(state.simulation.now == end && !bits(&state.simulation).is_empty());
        encode(Payload::Plastic, &state).unwrap()
    }
}

const NETWORKS: u64 = 200;

#[test]
fn the_same_bits_on_any_number_of_threads_under_both_engines_and_after_a_cut() {
    let pool = Threads::new(3).unwrap();
    let mut runner = TestRunner::deterministic();
    let cases: Vec<Case> = (0..NETWORKS).map(|number| Case::new(&mut runner, number)).collect();
    let numbered: Vec<(u64, &Case)> = (0..).zip(&cases).collect();
    let two = Threads::new(2).unwrap().team();
    let wants: Vec<Seen> = two.map(&numbered, || (), |(), &(number, case)| same_bits(number, case, &pool));
    let mut seen = BTreeMap::<String, u32>::new();
    cases.iter().zip(&wants).for_each(|(case, want)| note(case, want, &mut seen));
    for (what, count) in &seen {
        assert!(*count >= 5, "only {count} of {NETWORKS} networks have {what}: {seen:#?}");
    }
    println!("{seen:#?}");
}

/// What a network does, whatever carries it out.
fn same_bits(number: u64, case: &Case, pool: &Threads) -> Seen {
    let mut want = Seen::default();
    let state = case.on::<Heap>(None, case.end, None, &mut want);
    let what = |how: &str| format!("network {number}, {how}: {:#?}", case.built.spec);
    for threads in [1, 2, 3, 7] {
        let mut got = Seen::default();
        let bytes = case.on::<Lanes>(None, case.end, Some((threads, pool)), &mut got);
        assert!(got == want && bytes == state, "{}", what(&format!("{threads} threads")));
    }
    let (mut stream, mut slow) = (Stream::default(), Stream::default());
    let bytes = case.on::<Lanes>(None, case.end, Some((2, pool)), &mut stream);
    case.on::<Heap>(None, case.end, None, &mut slow);
    assert!(stream.records == slow.records && bytes == state, "{}", what("streamed"));
    let mut draws = number;
    for (before, after) in [(3, 2), (1, 7)] {
        let at = Time::from_fs((mix(&mut draws) * case.end.fs() as f64) as u64);
        let mut first = Seen::default();
        let saved = case.on::<Lanes>(None, at, Some((before, pool)), &mut first);
        let mut fast = Seen { spikes: first.spikes.clone(), samples: first.samples.clone() };
        let bytes = case.on::<Lanes>(Some(&saved), case.end, Some((after, pool)), &mut fast);
        assert!(fast == want && bytes == state, "{}", what(&format!("cut at {at} for {after} threads")));
        let bytes = case.on::<Heap>(Some(&saved), case.end, None, &mut first);
        assert!(first == want && bytes == state, "{}", what(&format!("cut at {at} for the heap")));
    }
    want
}

/// What the networks hold: the test is worth no more.
fn note(case: &Case, seen: &Seen, all: &mut BTreeMap<String, u32>) {
    let network = &case.built.network;
    let mut saw = |what: &str, holds: bool| *all.entry(what.into()).or_default() += u32::from(holds);
    let windows = window(network);
    saw("windows", windows.is_some());
    saw("windows of 1 fs", windows == Some(Time::from_fs(1)));
    saw("samples", seen.samples.len() > 5);
    saw("spikes", seen.spikes.len() > 20);
    saw("learning", case.learns());
    let late =
        network.projections.iter().zip(&case.rules).any(|(p, rule)| rule.is_some() && p.delays.is_some());
    saw("plastic delays of single synapses", late);
    saw("plastic delays of single synapses in windows", late && windows.is_some());
    for form in [Form::SharedDecay, Form::Scaled, Form::OwnTime] {
        saw(&format!("{form:?}"), network.populations.iter().any(|p| p.form == form));
    }
    let spiked = |index: usize| seen.spikes.iter().any(|spike| spike.population as usize == index);
    for (entry, _) in open_models() {
        let of = |(index, p): (usize, &memspike::network::Population)| {
            p.neuron.model() == entry.name && spiked(index)
        };
        saw(entry.name, network.populations.iter().enumerate().any(of));
    }
    saw(
        "switches in own time",
        network.populations.iter().any(|p| p.form == Form::OwnTime && p.neuron.varies()),
    );
    saw("competition", network.populations.iter().any(|p| p.competition.is_some()));
    saw("three shares", windows.is_some() && network.populations.iter().any(|p| p.size > 2 * BLOCK));
    saw("zero-delay chains", network.populations.iter().any(|p| p.rank > 0));
    for (what, kernel) in [
        ("jumps", 0),
        ("pulses", 1),
        ("exponential", 2),
        ("alpha", 3),
        ("conductance", 4),
        ("current", 5),
        ("double exponential", 6),
    ] {
        let of = |kernel: &Kernel| match kernel {
            Kernel::Delta => 0,
            Kernel::Pulse(_) => 1,
            Kernel::Exponential { .. } => 2,
            Kernel::Alpha { .. } => 3,
            Kernel::Conductance { .. } => 4,
            Kernel::Current => 5,
            Kernel::DoubleExponential { .. } => 6,
        };
        saw(what, network.projections.iter().any(|projection| of(&projection.kernel) == kernel));
    }
    saw(
        "delays of single synapses in windows",
        windows.is_some() && network.projections.iter().any(|p| p.delays.is_some()),
    );
    let private = |p: &memspike::network::Projection| p.connect == Rows::OneToOne && !p.counted;
    saw("private sources", windows.is_some() && network.projections.iter().any(private));
    for (kind, source) in [
        ("poisson", 0),
        ("list", 1),
        ("regular", 2),
        ("bursts", 3),
        ("steps", 4),
        ("sine", 5),
        ("dead time", 6),
        ("from outside", 7),
        ("gamma", 8),
    ] {
        let of = |source: &SourceSpec| match source {
            SourceSpec::Poisson { .. } => 0,
            SourceSpec::List { .. } => 1,
            SourceSpec::Regular { .. } => 2,
            SourceSpec::Bursts { .. } => 3,
            SourceSpec::Steps { .. } => 4,
            SourceSpec::Sine { .. } => 5,
            SourceSpec::DeadTime { .. } => 6,
            SourceSpec::Current { .. } => 7,
            SourceSpec::Gamma { .. } => 8,
        };
        saw(kind, case.built.spec.sources.iter().any(|spec| of(spec) == source));
    }
}
