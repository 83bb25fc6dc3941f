//! What a simulation refuses to begin with, and what it stops at.

use memspike::encoding::{AliasTable, BlockRate, RateProfile};
use memspike::engine::{
    Clocked, Heap, Highlights, Lanes, Probe, Queue, RatesError, Record, Silent, Simulation, SimulationError,
    Spike,
};
use memspike::network::{Builder, Fault, Form, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Switch};
use memspike::time::Time;
use memspike::training::{HeldTape, Tape};
use memspike::units::{Ampere, Second, Volt};
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;

fn fs(time: u64) -> Time {
    Time::from_fs(time)
}

/// A Poisson source alone.
fn noise(lines: u32) -> Arc<Network> {
    let mut builder = Builder::default();
    builder.source("noise", lines, SourceKind::Poisson);
    builder.finish().unwrap()
}

#[test]
fn a_block_is_refused_above_a_total_rate_and_right_up_to_it() {
    let lines = 1024;
    let network = noise(2 * lines);
    let table = AliasTable::new(&vec![1; lines as usize]);
    let rates = |total: f64| [BlockRate::new(&table.cells, 1.0), BlockRate::new(&table.cells, total)];
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 7);
    let error = simulation.begin(0, &rates(1024e12)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "lines 1024 to 2047 of source `noise` spike at 1.024e15 Hz in total; allowed: 0 Hz to 500 THz for lines that are \
         drawn together, whose spikes lie at least a femtosecond apart"
    );
    for impossible in [f64::NAN, f64::INFINITY, -1.0, 5e14 * (1.0 + 1e-9)] {
        assert!(simulation.begin(0, &rates(impossible)).is_err(), "{impossible} Hz");
    }
    let none = Weights { projections: Vec::new() };
    let clocked = Clocked::new(&network, &none, &rates(1024e12), 1, fs(MS));
    assert!(clocked.err().unwrap()[0].to_string().contains("1.024e15 Hz"));
    // Allowed, it is right: a million spikes, give or take a thousand (and fewer where most femtoseconds have one).
    for (total, fs_of_a_million) in
        [(1e12, 1_000_000_000), (1.5e12, 666_666_667), (1e14, 10_000_000), (5e14, 2_000_000)]
    {
        simulation.begin(0, &rates(total)).unwrap();
        simulation.run(&none, fs(fs_of_a_million), &mut Silent).unwrap();
        let spikes = simulation.counts().poisson as f64;
        assert!((spikes - 1e6).abs() < 4.0 * 1e3, "{spikes} spikes at {total} Hz");
    }
}

#[test]
fn lines_whose_rate_changes_have_the_same_limit() {
    let network = |lines: u32, profile: RateProfile| {
        let mut builder = Builder::default();
        builder.source("waves", lines, SourceKind::Modulated(profile));
        builder.finish()
    };
    let sine = |mean: f64| RateProfile::Sine { mean, depth: 1.0, period: fs(MS), phase: 0.0 };
    let steps = |rate: f64| RateProfile::Steps { steps: vec![(fs(0), 1.0), (fs(MS), rate)] };
    // 1 THz / 1024 = 976562500 Hz; a sine of full depth reaches twice its mean.
    for (fine, fast) in
        [(sine(488_281_250.0), sine(488_281_251.0)), (steps(976_562_500.0), steps(976_562_501.0))]
    {
        assert!(network(1500, fine).is_ok());
        let faults = network(1500, fast).unwrap_err();
        assert!(matches!(&faults[..], [Fault::Rate { name, .. }] if name == "waves"), "{faults:?}");
        assert!(faults[0].to_string().contains("1024 lines drawn together; allowed: up to 1 THz"));
    }
    let mut builder = Builder::default();
    builder.source("deaf", 3, SourceKind::DeadTime { rate: 2e12, dead: fs(0) });
    assert_eq!(
        builder.finish().unwrap_err()[0].to_string(),
        "source `deaf` has a rate of 2e12 Hz; allowed: up to 1 THz"
    );
}

#[test]
fn a_wrong_number_of_rates_is_an_error_that_says_both_numbers() {
    let network = noise(1025);
    let silent = BlockRate::silent();
    let mut simulation = Simulation::<f64, Heap>::new(&network, 1);
    for found in [0, 1, 3] {
        let error = simulation.begin(0, &vec![silent.clone(); found]).unwrap_err();
        assert_eq!(error, RatesError::Count { found, expected: 2 }.into());
    }
    simulation.begin(4, &[silent.clone(), silent.clone()]).unwrap();
    let state = simulation.state();
    let resumed = Simulation::<f64, Lanes>::resume(&network, state, &[silent]);
    assert!(resumed.err().unwrap().to_string().starts_with("1 rates for 2 Poisson blocks"));
}

/// One neuron that a list makes fire, by jumps from all lines to all neurons.
fn crossbar(lif: impl Into<memspike::neuron::Neuron>, rows: Rows) -> Arc<Network> {
    let mut builder = Builder::default();
    let list = SourceKind::List(vec![(fs(MS), 0), (fs(2 * MS), 0)]);
    let source = builder.source("in", 2, list);
    let population = builder.population("out", 2, lif);
    builder.projection("w", source, population, Kernel::Delta, fs(0), rows);
    builder.finish().unwrap()
}

fn taped<P: Probe<f64>, Q: Queue<f64>>(network: &Arc<Network>, tape: &mut P) -> Result<(), SimulationError> {
    let columns = network.projections[0].synapses(2);
    let weights = Weights::from_values(network, &[vec![0.1; columns]]);
    Simulation::<f64, Q>::new(network, 1).run(&weights, fs(3 * MS), tape)
}

#[test]
fn a_tape_that_would_stay_empty_is_refused() {
    let free = Lif { t_ref: Second::ZERO, ..Lif::default() };
    let deaf = Lif { t_ref: Second::new(1e-4), ..Lif::default() };
    let tape = |network: &Arc<Network>| {
        let mut tape = Tape::default();
        let run = taped::<_, Lanes>(network, &mut tape);
        assert_eq!(taped::<_, Heap>(network, &mut Tape::default()), run);
        run.map(|()| tape.len())
    };
    assert_eq!(tape(&crossbar(free.clone(), Rows::Dense)), Ok(2), "both rows are on it");
    let refused = tape(&crossbar(deaf.clone(), Rows::Dense)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "population `out` cannot be recorded on this tape: its neurons are refractory or differ in threshold, which \
         takes a tape of held membranes"
    );
    let mut held = HeldTape::default();
    assert_eq!(taped::<_, Lanes>(&crossbar(deaf, Rows::Dense), &mut held), Ok(()));
    assert_eq!(taped::<_, Lanes>(&crossbar(free.clone(), Rows::Dense), &mut HeldTape::default()), Ok(()));
    // Sparse rows, whose targets keep their own potentials, and a switch in its own time.
    let one_to_one = crossbar(free.clone(), Rows::OneToOne);
    assert_eq!(one_to_one.populations[0].form, Form::Scaled);
    let own = crossbar(Switch::default(), Rows::OneToOne);
    assert_eq!(own.populations[0].form, Form::OwnTime);
    for network in [&one_to_one, &own] {
        assert!(
            matches!(tape(network), Err(SimulationError::Tape { population, .. }) if population == "out")
        );
        assert!(taped::<_, Lanes>(network, &mut HeldTape::default()).is_err());
        assert!(taped::<_, Lanes>(network, &mut Silent).is_ok());
    }
    // A probe that only looks beside it changes nothing.
    let both = &mut (Tape::default(), Vec::<Spike>::new());
    assert!(taped::<_, Lanes>(&one_to_one, both).is_err());
}

/// A population that a weight of `weight` reaches at 1 ms and at 2 ms, in each form.
fn forms(weight: f64) -> Vec<(Arc<Network>, Weights<f64>)> {
    let lif = |i_bias: f64| Lif { u_rest: Volt::ZERO, i_bias: Ampere::new(i_bias), ..Lif::default() };
    let network = |lif: Lif, kernel: Kernel, rows: Rows| {
        let mut builder = Builder::default();
        let source = builder.source("in", 2, SourceKind::List(vec![(fs(MS), 1), (fs(2 * MS), 1)]));
        let population = builder.population("out", 2, lif);
        builder.projection("w", source, population, kernel, fs(0), rows);
        builder.finish().unwrap()
    };
    let decaying = Kernel::Exponential { tau: Second::new(1e-3) };
    let networks = [
        (network(lif(0.0), Kernel::Delta, Rows::Dense), Form::SharedDecay),
        (network(lif(0.0), Kernel::Delta, Rows::OneToOne), Form::Scaled),
        (network(lif(0.0), decaying, Rows::OneToOne), Form::OwnTime),
        (network(lif(1e-6), Kernel::Delta, Rows::OneToOne), Form::OwnTime),
    ];
    let with_weights = |(network, form): (Arc<Network>, Form)| {
        assert_eq!(network.populations[0].form, form);
        let mut values = vec![0.0; network.projections[0].synapses(2)];
        if let Some(last) = values.last_mut() {
            *last = weight;
        }
        let weights = Weights::from_values(&network, &[values]);
        (network, weights)
    };
    networks.into_iter().map(with_weights).collect()
}

#[test]
fn a_membrane_that_is_no_longer_finite_stops_the_run() {
    fn run<Q: Queue<f64>>(network: &Arc<Network>, weights: &Weights<f64>) -> Result<(), SimulationError> {
        Simulation::<f64, Q>::new(network, 1).run(weights, fs(3 * MS), &mut Silent)
    }
    for (network, weights) in forms(-f64::MAX) {
        for error in [run::<Lanes>(&network, &weights), run::<Heap>(&network, &weights)] {
            let Err(SimulationError::NotFinite { population, neuron, time, .. }) = &error else {
                panic!("{:?}: {error:?}", network.populations[0].form)
            };
            assert_eq!((population.as_str(), *neuron, *time), ("out", 1, fs(3 * MS)));
        }
        let mut clocked = Clocked::new(&network, &weights, &[], 1, fs(MS / 10)).unwrap();
        assert!(matches!(
            clocked.run(fs(3 * MS), &mut Silent),
            Err(SimulationError::NotFinite { neuron: 1, .. })
        ));
    }
    for (network, weights) in forms(-0.1) {
        assert_eq!(run::<Lanes>(&network, &weights), Ok(()));
    }
}

#[test]
fn a_recorded_membrane_has_a_sample_at_zero_and_at_the_end() {
    let sampled = |records: Vec<Record>| {
        let samples = records.into_iter().filter_map(|record| match record {
            Record::Sample { time, u, .. } => Some((time.fs(), u[1])),
            _ => None,
        });
        samples.collect::<Vec<_>>()
    };
    // A jump of 0.1 V at 1 ms and at 2 ms, tau 9.41 ms, seen every 0.75 ms and at the end, 2.5 ms.
    let decay = |ms: f64| (-ms / 9.41f64).exp();
    let want = [
        (0, 0.0),
        (3 * MS / 4, 0.0),
        (3 * MS / 2, 0.1 * decay(0.5)),
        (9 * MS / 4, 0.1 * (decay(1.25) + decay(0.25))),
        (5 * MS / 2, 0.1 * (decay(1.5) + decay(0.5))),
    ];
    for (network, weights) in &forms(0.1)[..2] {
        fn look<Q: Queue<f64>>(network: &Arc<Network>, weights: &Weights<f64>) -> Vec<Record> {
            let mut simulation = Simulation::<f64, Q>::new(network, 1);
            let mut seen = Highlights::default();
            simulation.sample_every(0, fs(3 * MS / 4));
            for end in [MS, 3 * MS / 2, 5 * MS / 2] {
                simulation.run(weights, fs(end), &mut seen).unwrap();
                // Asked again, it goes on as it was.
                simulation.sample_every(0, fs(3 * MS / 4));
            }
            simulation.sample(0, &mut seen);
            seen.records
        }
        let mut on_grid = Highlights::default();
        let mut clocked = Clocked::new(network, weights, &[], 1, fs(MS / 4)).unwrap();
        clocked.sample_every(0, fs(3 * MS / 4));
        clocked.run(fs(5 * MS / 2), &mut on_grid).unwrap();
        clocked.sample(0, &mut on_grid);
        for records in [look::<Lanes>(network, weights), look::<Heap>(network, weights), on_grid.records] {
            let got = sampled(records);
            assert_eq!(got.len(), want.len(), "{got:?}");
            for (got, want) in got.iter().zip(want) {
                assert!(got.0 == want.0 && (got.1 - want.1).abs() < 1e-15, "{got:?}, not {want:?}");
            }
        }
    }
}
