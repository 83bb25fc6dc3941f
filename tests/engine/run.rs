//! A run is one value: however it is cut, lent threads, cloned, saved or handed to another engine, it has the same bits.

use memspike::engine::{Engine, Harvest, LearningState, Recording, Run, SimulationError, Threads, window};
use memspike::network::{Builder, Form, Kernel, Network, Origin, Rows, SourceKind, WeightsError};
use memspike::neuron::{Lif, Reset};
use memspike::snapshot::{Payload, decode, encode};
use memspike::time::Time;
use memspike::units::{Ampere, Hertz, Ohm, Second};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// Jumps on a fixed-point clock and currents in their own time, which drive each other, with noise of their own; with a
/// read-out whose membranes decay together nothing of it is handled many instants at a time.
fn network(readout: bool) -> (Arc<Network>, Vec<Vec<f64>>) {
    let mut builder = Builder::default();
    let noise = builder.poisson("noise", 600, Hertz::new(900.0));
    let clock =
        builder.source("clock", 3, SourceKind::Regular { start: Time::from_ms(1), period: Time::from_ms(3) });
    let jumps = builder.population("jumps", 600, Lif { reset: Reset::Subtract, ..Lif::default() });
    let biased = Lif { r_m: Ohm::new(1e8), i_bias: Ampere::new(1.5e-9), ..Lif::default() };
    let currents = builder.population("currents", 40, biased);
    let every = |rows: u32, to: u32, step: u32| {
        let start = (0..=rows as usize).map(|row| row * (to / step) as usize).collect();
        let targets = (0..rows).flat_map(|row| (0..to / step).map(move |k| k * step + row % step)).collect();
        Rows::sparse(start, targets)
    };
    let ms = |ms: f64| Time::from_fs((ms * 1e12) as u64);
    let fading = Kernel::Exponential { tau: Second::new(5e-3) };
    builder.projection("own", noise, jumps, Kernel::Delta, Time::ZERO, Rows::OneToOne);
    builder.projection("beat", clock, jumps, Kernel::Delta, ms(0.5), every(3, 600, 3));
    builder.projection("forth", Origin::Population(0), currents, fading, ms(1.5), every(600, 40, 8));
    builder.projection("back", Origin::Population(1), jumps, Kernel::Delta, ms(2.0), every(40, 600, 10));
    if readout {
        let readout = builder.population("readout", 5, Lif::default());
        builder.projection("out", Origin::Population(1), readout, Kernel::Delta, Time::ZERO, Rows::Dense);
    }
    let network = builder.finish().unwrap();
    let forms: Vec<_> = network.populations.iter().map(|population| population.form).collect();
    assert_eq!(forms[..2], [Form::Scaled, Form::OwnTime]);
    assert_eq!(window(&network).is_none(), readout);
    let weights =
        [0.04, 0.02, 2e-10, 0.03, 0.05].iter().zip(&network.projections).map(|(&weight, projection)| {
            vec![weight; projection.synapses(network.populations[projection.to].size)]
        });
    let weights = weights.collect();
    (network, weights)
}

const END: Time = Time::from_ms(60);

fn never() -> AtomicBool {
    AtomicBool::new(false)
}

fn joined(harvest: &mut Harvest, next: Harvest) {
    harvest.spikes.extend(next.spikes);
    harvest.samples.extend(next.samples);
    harvest.emissions.extend(next.emissions);
    harvest.arrivals.extend(next.arrivals);
}

fn whole(engine: Engine, recording: Recording, readout: bool) -> (Harvest, LearningState) {
    let (network, weights) = network(readout);
    let mut run = Run::with(&network, &weights, 9, engine).unwrap();
    run.recording = recording;
    run.sample_every(1, Time::from_ms(7));
    assert_eq!(run.until(END), Ok(END));
    let harvest = run.harvest();
    assert!(run.harvest().is_empty());
    assert_eq!(harvest.spikes.len() as u64, run.counts().fire);
    (harvest, run.state())
}

#[test]
fn cut_anywhere_on_any_number_of_threads_it_is_the_same_run() {
    for readout in [false, true] {
        let all = Recording { all: true, ..Recording::default() };
        let (want, state) = whole(Engine::Reference, all, readout);
        assert!(want.spikes.len() > 1000 && want.samples.len() == 9);
        assert!(whole(Engine::Fast, all, readout) == (want.clone(), state.clone()));
        let (network, weights) = network(readout);
        let rates = network.rates();
        let mut run = Run::new(&network, &weights, 9).unwrap();
        run.recording = all;
        run.sample_every(1, Time::from_ms(7));
        let mut got = Harvest::default();
        let threads: Vec<_> = [1, 3, 2, 1, 7].map(|count| Threads::new(count).unwrap()).into();
        for (piece, cut) in [3.1, 7.0, 7.000_000_1, 20.0, 33.3, 49.9].iter().enumerate() {
            let end = Time::from_fs((cut * 1e12) as u64);
            assert_eq!(run.run(end, &threads[piece % threads.len()], &never()), Ok(end));
            joined(&mut got, run.harvest());
            // Through bytes, and at times under the other engine.
            let bytes = encode(Payload::Plastic, &run.state()).unwrap();
            let state = decode(Payload::Plastic, &bytes).unwrap();
            let engine = if piece == 3 { Engine::Reference } else { Engine::Fast };
            run = Run::resume(&network, state, None, &rates, engine).unwrap();
            run.recording = all;
        }
        let mut branch = run.clone();
        run.run(END, &threads[1], &never()).unwrap();
        joined(&mut got, run.harvest());
        assert!(got.spikes == want.spikes && got.samples == want.samples);
        assert!(got == want);
        assert!(run.state() == state);
        branch.until(END).unwrap();
        assert!(branch.state() == state);
    }
}

#[test]
fn it_stops_when_it_is_told_or_has_recorded_enough_and_goes_on_with_the_same_bits() {
    let (want, state) = whole(Engine::Fast, Recording::default(), false);
    let (network, weights) = network(false);
    let mut run = Run::new(&network, &weights, 9).unwrap();
    run.sample_every(1, Time::from_ms(7));
    run.recording.at_most = 100;
    let (mut got, mut calls) = (Harvest::default(), 0);
    while run.until(END).unwrap() < END {
        joined(&mut got, run.harvest());
        // A flag that is set: one step, and back.
        let reached = run.run(END, &Threads::one(), &AtomicBool::new(true)).unwrap();
        assert!(reached == run.now() && reached <= END);
        calls += 1;
    }
    joined(&mut got, run.harvest());
    assert!(calls > 5);
    assert!(got == want && run.state() == state);
    // What is not recorded is not kept.
    run.recording.spikes = false;
    run.until(Time::from_ms(90)).unwrap();
    assert!(run.harvest().spikes.is_empty() && run.counts().fire > want.spikes.len() as u64);
}

#[test]
fn weights_that_are_not_those_of_the_network_are_refused_with_place_and_value() {
    let (network, weights) = network(true);
    let refused = |change: &dyn Fn(&mut Vec<Vec<f64>>)| {
        let mut weights = weights.clone();
        change(&mut weights);
        match Run::new(&network, &weights, 1) {
            Err(SimulationError::Weights(fault)) => fault,
            _ => panic!("taken"),
        }
    };
    assert_eq!(refused(&|weights| _ = weights.pop()), WeightsError::Lists { found: 4, expected: 5 });
    let projection = || "back".to_string();
    let count = WeightsError::Count { projection: projection(), found: 2399, expected: 2400 };
    assert_eq!(refused(&|weights| _ = weights[3].pop()), count);
    let text = refused(&|weights| weights[3][17] = f64::NAN).to_string();
    assert_eq!(text, "weight 17 of projection `back` is NaN; weights must be finite");
}

#[test]
fn it_can_be_sent_and_held() {
    fn held<T: Send + 'static>() {}
    held::<Run>();
    held::<Threads>();
}
