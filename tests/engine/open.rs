//! Models that come from outside: behind one type they spike as they do when they are built in, under either engine, in
//! units, and after a cut.

use memspike::engine::{
    Clocked, ClockedError, Heap, Lanes, Queue, Silent, Simulation, Spike, State, StateError, Threads,
};
use memspike::network::{Builder, Fault, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::model::{Draws, Fired, Flow, Input, Model, Next, Scale};
use memspike::neuron::{Leaky, Lif, Neuron, Open, Reset, Switch};
use memspike::time::Time;
use memspike::units::{Ampere, Second, Volt};
use memspike::waveform::Waveform;
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;

/// A recurrent network of two populations of these neurons, the second following the first without delay, under jumps,
/// pulses and decaying currents.
fn network(first: impl Into<Neuron>, second: impl Into<Neuron>) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let rows = |pre: u32, post: u32, step: u32| {
        let targets: Vec<u32> =
            (0..pre).flat_map(|row| (0..post).filter(move |t| (row + t) % step == 0)).collect();
        let start =
            (0..=pre).map(|row| (0..row).map(|r| (0..post).filter(|t| (r + t) % step == 0).count()).sum());
        Rows::sparse(start.collect(), targets)
    };
    let drive = builder.source(
        "drive",
        20,
        SourceKind::Regular { start: Time::from_fs(MS / 7), period: Time::from_fs(MS / 3) },
    );
    let a = builder.population("a", 30, first);
    let b = builder.population("b", 10, second);
    let tau = |ms: f64| Second::new(ms * 1e-3);
    builder.projection("in", drive, a, Kernel::Exponential { tau: tau(3.0) }, Time::ZERO, rows(20, 30, 3));
    let pulse = Kernel::Pulse(Waveform::triangle(1.0, Time::from_fs(MS)).breakpoints());
    builder.projection("pulses", drive, a, pulse, Time::from_fs(MS / 5), rows(20, 30, 7));
    builder.projection(
        "back",
        Origin::Population(a),
        a,
        Kernel::Alpha { tau: tau(5.0) },
        Time::from_fs(2 * MS),
        rows(30, 30, 4),
    );
    builder.projection("on", Origin::Population(a), b, Kernel::Delta, Time::ZERO, rows(30, 10, 2));
    let network = builder.finish().expect("a network");
    let weights: Vec<Vec<f64>> = network
        .projections
        .iter()
        .zip([9e-8, 6e-8, -3e-8, 0.06])
        .map(|(projection, weight)| {
            vec![weight; projection.synapses(network.populations[projection.to].size)]
        })
        .collect();
    let weights = Weights::from_values(&network, &weights);
    (network, weights)
}

fn run<Q: Queue<f64>>(
    network: &Arc<Network>,
    weights: &Weights<f64>,
    cut: Option<u64>,
    threads: usize,
) -> (Vec<Spike>, State<f64>) {
    let mut spikes = Vec::new();
    let mut simulation = Simulation::<f64, Q>::new(network, 5);
    if threads > 1 {
        simulation.partition(&Threads::one().cut_into(threads));
        simulation.begin(0, &[]).unwrap();
    }
    if let Some(cut) = cut {
        simulation.run(weights, Time::from_fs(cut), &mut spikes).unwrap();
        let state = simulation.state();
        let mut other = Simulation::<f64, Heap>::resume(network, state, &[]).expect("its own state");
        other.run(weights, Time::from_fs(cut + MS / 9), &mut spikes).unwrap();
        simulation = Simulation::<f64, Q>::resume(network, other.state(), &[]).expect("its own state");
    }
    simulation.run(weights, Time::from_fs(60 * MS), &mut spikes).unwrap();
    (spikes, simulation.state())
}

/// With currents none of them is anything but free.
fn lif(reset: Reset) -> Lif {
    Lif { reset, t_ref: Second::new(0.7e-3), i_bias: Ampere::new(1e-8), ..Lif::default() }
}

#[test]
fn a_built_in_model_behind_the_open_type_spikes_to_the_femtosecond_as_before() {
    let spread = Switch {
        spread: memspike::device::threshold::ThresholdSpread {
            cycle: 0.05,
            device: 0.05,
            ..Default::default()
        },
        ..Switch::default()
    };
    let open = |neuron: &Neuron| Open::new(Leaky::of(neuron).expect("a leaky neuron"));
    for first in [Neuron::Lif(lif(Reset::Rest)), Neuron::Lif(lif(Reset::Value)), Neuron::Switch(spread)] {
        let second = Neuron::Lif(lif(Reset::Rest));
        let (network, weights) = self::network(first.clone(), second.clone());
        let (want, _) = run::<Lanes>(&network, &weights, None, 1);
        assert!(want.iter().filter(|spike| spike.population == 0).count() > 100, "{} spikes", want.len());
        assert!(want.iter().filter(|spike| spike.population == 1).count() > 10, "{} spikes", want.len());
        let (network, weights) = self::network(open(&first), open(&second));
        let (got, state) = run::<Lanes>(&network, &weights, None, 1);
        assert_eq!(got, want);
        assert_eq!(run::<Heap>(&network, &weights, None, 1).0, want);
        for threads in [2, 3, 7] {
            assert_eq!(run::<Lanes>(&network, &weights, None, threads).0, want);
            let (spikes, cut) = run::<Lanes>(&network, &weights, Some(20 * MS + 12345), threads);
            assert_eq!(spikes, want);
            assert_eq!(cut, state);
        }
    }
}

/// Counts jumps and fires at the third: the smallest model there is.
#[derive(Clone, Debug, PartialEq)]
struct Third;

memspike::plain! {
    /// What has arrived.
    struct Count {
        /// Volts so far.
        sum: "V",
    }
}

impl Model for Third {
    type State = Count;
    const NAME: &'static str = "third";
    const VERSION: u32 = 4;
    const RECEPTORS: &'static [&'static str] = &["only"];

    fn scale(&self) -> Scale {
        Scale { tau: 1e-3, resistance: 1e6, rest: -0.07, threshold: 3.0 }
    }

    fn start(&self, _: &Draws) -> Count {
        Count { sum: 0.0 }
    }

    fn advance(&self, _: &mut Count, flow: &mut Flow<'_>, span: f64) {
        flow.pass(span);
    }

    fn receive(&self, state: &mut Count, input: Input) {
        match input {
            Input::Jump(volts) => state.sum += volts,
            Input::Conductance { siemens, .. } => state.sum += 10.0 * siemens,
        }
    }

    fn fires(&self, state: &Count) -> bool {
        state.sum >= 3.0
    }

    fn next(&self, _: &Count, _: &Flow<'_>, _: Time) -> Next {
        Next::Never
    }

    fn fire(&self, state: &mut Count, _: &Draws) -> Fired {
        state.sum = 0.0;
        Fired::once(Time::from_fs(10))
    }

    fn potential(&self, state: &Count, dead: f64) -> f64 {
        if dead > 0.0 { 0.0 } else { state.sum - 0.07 }
    }
}

#[test]
fn a_model_of_ones_own_fires_where_it_says_and_is_saved_by_name_and_version() {
    let mut builder = Builder::default();
    let list = (1..=10).map(|ms| (Time::from_fs(ms * MS), 0)).collect();
    let input = builder.source("input", 1, SourceKind::List(list));
    let to = builder.population("third", 1, Open::new(Third));
    builder.projection("jumps", input, to, Kernel::Delta, Time::ZERO, Rows::Dense);
    let network = builder.finish().expect("a network");
    let weights = Weights::from_values(&network, &[vec![1.0]]);
    let mut spikes: Vec<Spike> = Vec::new();
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.run(&weights, Time::from_fs(20 * MS), &mut spikes).unwrap();
    let times: Vec<u64> = spikes.iter().map(|spike| spike.time.fs() / MS).collect();
    assert_eq!(times, [3, 6, 9]);
    assert_eq!(simulation.membranes(to), [1.0 - 0.07]);
    // A state of another version is none of this network's.
    let mut state = simulation.state();
    let memspike::engine::Membranes::Free(saved) = &mut state.populations[0] else { panic!("free") };
    assert_eq!((saved.model.as_str(), saved.version, &saved.variables[..]), ("third", 4, &[1.0][..]));
    saved.version = 3;
    let refused = Simulation::<f64, Lanes>::resume(&network, state, &[]).err();
    assert_eq!(refused, Some(StateError::Model { population: 0, model: "third".into(), version: 3 }));
    // It is not computed on a grid.
    let clocked = Clocked::new(&network, &weights, &[], 1, Time::from_fs(MS)).err();
    assert_eq!(clocked, Some(vec![ClockedError::Model { population: "third".into(), model: "third" }]));
}

#[test]
fn conductances_reach_the_receptor_they_name_and_no_other_model() {
    let with = |neuron: Neuron, receptor: u8| {
        let mut builder = Builder::default();
        let list = (1..=10).map(|ms| (Time::from_fs(ms * MS), 0)).collect();
        let input = builder.source("input", 1, SourceKind::List(list));
        let to = builder.population("p", 1, neuron);
        builder.projection("g", input, to, Kernel::Conductance { receptor }, Time::ZERO, Rows::Dense);
        builder.finish()
    };
    let network = with(Open::new(Third).into(), 0).expect("a network");
    let weights = Weights::from_values(&network, &[vec![0.1]]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.run(&weights, Time::from_fs(2 * MS + 1), &mut Silent).unwrap();
    assert_eq!(simulation.membranes(0), [2.0 - 0.07]);
    let fault = |neuron: Neuron, receptor, model, receptors| {
        let fault = Fault::Receptor { name: "g".into(), receptor, population: "p".into(), model, receptors };
        assert_eq!(with(neuron, receptor).err(), Some(vec![fault]));
    };
    fault(Open::new(Third).into(), 1, "third", 1);
    fault(Lif { v_th: Volt::new(0.2), ..Lif::default() }.into(), 0, "lif", 0);
}
