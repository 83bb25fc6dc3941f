//! Currents from outside: against closed forms and a fine integration, and the same bits however they are run.

use memspike::engine::{
    Clocked, Counts, Heap, Lanes, Membranes, Queue, Saved, Simulation, Spike, State, Stream, Threads,
};
use memspike::network::{
    Builder, Current, Delays, Fault, Form, Kernel, Network, Origin, Rows, Sine, SourceKind, Weights,
};
use memspike::neuron::{Lif, Reset};
use memspike::snapshot::{Payload, decode, encode};
use memspike::time::Time;
use memspike::units::{Ohm, Second, Volt};
use std::f64::consts::PI;
use std::sync::Arc;

const US: u64 = 1_000_000_000;

fn us(microseconds: u64) -> Time {
    Time::from_fs(microseconds * US)
}

fn lif(tau: f64, theta: f64) -> Lif {
    let (tau_m, v_th) = (Second::new(tau), Volt::new(theta));
    let r_m = Ohm::new(1e6);
    Lif { tau_m, v_th, u_rest: Volt::ZERO, reset: Reset::Rest, t_ref: Second::ZERO, r_m, ..Lif::default() }
}

/// Neurons of one model under one current.
fn driven(neuron: Lif, current: Current, weights: &[f64]) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let source = builder.source("waveform", 1, SourceKind::Current(current));
    let to = builder.population("n", weights.len() as u32, neuron);
    builder.projection("p", source, to, Kernel::Current, Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    assert_eq!(network.populations[0].form, Form::OwnTime);
    let weights = Weights::from_values(&network, &[weights.to_vec()]);
    (network, weights)
}

fn spikes<Q: Queue<f64>>(network: &Arc<Network>, weights: &Weights<f64>, end: Time) -> Vec<Spike> {
    let mut spikes = Vec::new();
    Simulation::<f64, Q>::new(network, 1).run(weights, end, &mut spikes).unwrap();
    spikes
}

#[test]
fn spikes_under_steps_and_ramps_are_those_of_the_closed_form_to_a_femtosecond() {
    let mut compared = 0;
    for line in include_str!("../data/current_crossings.csv").lines().skip(1) {
        let fields: Vec<&str> = line.split(',').collect();
        let list = |k: usize| fields[k].split_whitespace().map(|x| x.parse::<i64>().unwrap());
        let micro = |text: &str| text.parse::<f64>().unwrap() / 1e6;
        // A drive in microvolts at 1 MOhm is a current in picoamperes.
        let points: Vec<(Time, f64)> =
            list(3).zip(list(4)).map(|(at, drive)| (us(at as u64), drive as f64 / 1e12)).collect();
        let make = if fields[0] == "steps" { Current::steps } else { Current::ramps };
        let current = make(&points, Time::ZERO, None).unwrap();
        let (network, weights) = driven(lif(micro(fields[1]), micro(fields[2])), current, &[1.0]);
        let got = spikes::<Lanes>(&network, &weights, us(fields[5].parse().unwrap()));
        let want: Vec<u64> = list(6).map(|at| at as u64).collect();
        assert_eq!(got.len(), want.len(), "{line}");
        for (k, (got, want)) in got.iter().zip(&want).enumerate() {
            assert!(
                got.time.fs().abs_diff(*want) <= 1 + k as u64,
                "spike {k} at {}, not {want} fs: {line}",
                got.time
            );
        }
        compared += want.len();
    }
    assert!(compared > 200, "only {compared} spikes");
}

/// x' = (drive(t) - x)/tau from 0 by Runge and Kutta's fourth-order steps of `h` seconds.
fn integrated(tau: f64, drive: impl Fn(f64) -> f64, steps: usize, h: f64) -> f64 {
    let slope = |t: f64, x: f64| (drive(t) - x) / tau;
    (0..steps).fold(0.0, |x, k| {
        let t = k as f64 * h;
        let a = slope(t, x);
        let b = slope(t + h / 2.0, x + h / 2.0 * a);
        let c = slope(t + h / 2.0, x + h / 2.0 * b);
        x + h / 6.0 * (a + 2.0 * b + 2.0 * c + slope(t + h, x + h * c))
    })
}

#[test]
fn a_membrane_under_a_sine_is_as_near_to_a_fine_integration_as_the_segments_say() {
    let (tau, period, amplitude, offset) = (10e-3, 20e-3, 0.2e-6, 0.02e-6);
    let drive = |t: f64| 1e6 * (offset + amplitude * (2.0 * PI * (t / period + 0.1)).sin());
    for segments in [8, 40, 100] {
        let sine = Sine { amplitude, offset, period: us(20_000), phase: 0.1, segments };
        let (network, weights) = driven(lif(tau, 1.0), Current::sine(&sine, Time::ZERO).unwrap(), &[1.0]);
        let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
        let bound = 1e6 * amplitude * (1.0 - (PI / f64::from(segments)).cos());
        let mut worst = 0f64;
        for at in (1..=60).map(|k| 1_370 * k) {
            simulation.run(&weights, us(at), &mut Vec::<Spike>::new()).unwrap();
            let h = 5e-6;
            let want = integrated(tau, drive, (at / 5) as usize, h);
            worst = worst.max((simulation.membranes(0)[0] - want).abs());
        }
        assert!(worst <= bound, "{segments} segments: off by {worst:e} V, not within {bound:e} V");
        assert!(worst > 0.1 * bound, "{segments} segments: {worst:e} V says little about {bound:e} V");
    }
}

#[test]
fn spikes_under_a_sine_come_when_a_fine_integration_crosses() {
    let (tau, theta, period, segments) = (10e-3, 0.1, 25e-3, 200);
    let (amplitude, offset) = (0.25e-6, 0.05e-6);
    let sine = Sine { amplitude, offset, period: us(25_000), phase: 0.0, segments };
    let (network, weights) = driven(lif(tau, theta), Current::sine(&sine, Time::ZERO).unwrap(), &[1.0]);
    let got = spikes::<Lanes>(&network, &weights, us(200_000));
    // Each spike from the one before, as the engine has it: x = 0 there.
    let bound = 1e6 * amplitude * (1.0 - (PI / f64::from(segments)).cos());
    let mut from = 0.0;
    for spike in &got {
        let at = spike.time.as_seconds();
        let drive = |t: f64| 1e6 * (offset + amplitude * (2.0 * PI * (from + t) / period).sin());
        let steps = 4000;
        let x = integrated(tau, drive, steps, (at - from) / steps as f64);
        assert!((x - theta).abs() <= bound + 1e-12, "{x} V at {}", spike.time);
        from = at;
    }
    assert!(got.len() > 6, "{} spikes", got.len());
}

/// Three neurons that a sawtooth and a sine reach late, with other weights and not all of them; a fourth that none does.
fn mixed() -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let points = [(us(1_000), 0.0), (us(9_000), 0.9e-6), (us(10_000), 0.0)];
    let saw = Current::ramps(&points, us(500), Some(us(13_000))).unwrap();
    let sine = Sine { amplitude: 0.2e-6, offset: 0.1e-6, period: us(7_001), phase: 0.3, segments: 24 };
    let saw = builder.source("saw", 1, SourceKind::Current(saw));
    let sine = builder.source("sine", 1, SourceKind::Current(Current::sine(&sine, us(3)).unwrap()));
    let to = builder.population("n", 4, lif(10e-3, 0.25));
    let some = Rows::sparse(vec![0, 2], vec![0, 2]);
    builder.projection("saw", saw, to, Kernel::Current, us(2_000), Rows::Dense);
    builder.projection("sine", sine, to, Kernel::Current, Time::from_fs(1), some);
    let back = Rows::OneToOne;
    builder.projection("back", Origin::Population(to), to, Kernel::rectangle(us(400)), us(1_000), back);
    let network = builder.finish().unwrap();
    let values = [vec![1.0, 0.7, -0.1, 0.0], vec![1.5, 2.0], vec![-0.1e-6; 4]];
    let weights = Weights::from_values(&network, &values);
    (network, weights)
}

#[test]
fn a_ramp_may_be_cut_anywhere_and_units_and_engines_are_not_seen() {
    let (network, weights) = mixed();
    let end = us(100_000);
    let mut whole = Simulation::<f64, Heap>::new(&network, 1);
    let mut want = Vec::new();
    whole.run(&weights, end, &mut want).unwrap();
    let counts = |neuron| want.iter().filter(|spike| spike.neuron == neuron).count();
    assert!(counts(0) > 5 && counts(1) > 2 && counts(3) == 0, "{want:?}");
    let carried = |state: &State<f64>| -> State<f64> {
        decode(Payload::State, &encode(Payload::State, state).unwrap()).unwrap()
    };
    for cut in [0, 1, 2_600, 5_555, 11_000, 12_500, 33_333, 77_777] {
        for units in [1, 2, 4] {
            let mut first = Simulation::<f64, Lanes>::new(&network, 1);
            first.partition(&Threads::one().cut_into(units));
            let mut spikes = Vec::new();
            first.run(&weights, us(cut), &mut spikes).unwrap();
            let state = carried(&first.state());
            let mut fast =
                Simulation::<f64, Lanes>::resume(&network, state.clone(), &network.rates()).unwrap();
            fast.partition(&Threads::one().cut_into(5 - units));
            let mut slow = Simulation::<f64, Heap>::resume(&network, state, &network.rates()).unwrap();
            let mut others = spikes.clone();
            fast.run(&weights, end, &mut spikes).unwrap();
            slow.run(&weights, end, &mut others).unwrap();
            assert!(spikes == want && others == want, "cut at {cut} us in {units} units");
            assert!(fast.state() == whole.state() && slow.state() == whole.state(), "cut at {cut} us");
        }
    }
}

#[test]
fn a_current_is_no_spike_no_arrival_and_no_read() {
    let (network, weights) = driven(
        lif(10e-3, 0.25),
        Current::steps(&[(us(1), 0.2e-6), (us(2), 0.1e-6)], Time::ZERO, Some(us(10))).unwrap(),
        &[1.0; 3],
    );
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    let mut stream = Stream::default();
    simulation.run(&weights, us(1_000), &mut stream).unwrap();
    assert_eq!((stream.records.len(), simulation.counts()), (0, &Counts::new(&network)));
}

/// Thousands of rounds leave no rounding: the drive is set anew where nothing else drives.
#[test]
fn level_and_slope_are_exact_after_any_number_of_pieces() {
    let (value, weight) = (0.123_456_7e-6, 0.9);
    let points = [(us(0), 0.0), (us(3), value), (us(7), -value / 3.0)];
    let (network, weights) =
        driven(lif(10e-3, 0.25), Current::ramps(&points, Time::ZERO, Some(us(10))).unwrap(), &[weight]);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.run(&weights, Time::from_fs(us(50_003).fs() + 1), &mut Vec::<Spike>::new()).unwrap();
    let Membranes::Free(Saved { clocks, .. }) = &simulation.state().populations[0] else {
        panic!("own time")
    };
    assert_eq!((clocks[0].last, clocks[0].level), (us(50_003), weight * 1e6 * value));
    assert_eq!(clocks[0].slope, weight * 1e6 * ((-value / 3.0 - value) / 4e-6));
}

#[test]
fn the_grid_converges_to_the_event_engine() {
    let (network, weights) = mixed();
    let end = us(100_000);
    let want = spikes::<Lanes>(&network, &weights, end);
    let mut before = f64::INFINITY;
    for dt in [40, 10, 3, 1] {
        let mut clocked = Clocked::new(&network, &weights, &network.rates(), 1, us(dt)).unwrap();
        let mut got: Vec<Spike> = Vec::new();
        clocked.run(end, &mut got).unwrap();
        assert_eq!(got.len(), want.len(), "steps of {dt} us");
        let mut late = 0f64;
        for neuron in 0..4 {
            let times = |all: &[Spike]| -> Vec<f64> {
                all.iter()
                    .filter(|spike| spike.neuron == neuron)
                    .map(|spike| spike.time.as_seconds())
                    .collect()
            };
            let pairs: Vec<_> = times(&got).into_iter().zip(times(&want)).collect();
            late = pairs.iter().fold(late, |late, (got, want)| late.max((got - want).abs()));
        }
        assert!(late < 20.0 * dt as f64 * 1e-6 && late < before, "steps of {dt} us: late by {late} s");
        before = late;
    }
}

#[test]
fn a_current_and_its_kernel_belong_together() {
    let current = || SourceKind::Current(Current::steps(&[(us(0), 1e-9)], Time::ZERO, None).unwrap());
    let refused = |kind: SourceKind, kernel: Kernel| {
        let mut builder = Builder::default();
        let source = builder.source("s", 1, kind);
        let to = builder.population("n", 1, lif(1e-2, 0.1));
        builder.projection("p", source, to, kernel, Time::ZERO, Rows::Dense);
        builder.finish().unwrap_err()
    };
    let spiking = || SourceKind::List(vec![(us(1), 0)]);
    let name = || "p".to_string();
    let carries = |found, wanted| vec![Fault::Carries { name: name(), found, wanted }];
    assert_eq!(refused(current(), Kernel::Delta), carries("a current", "spikes"));
    assert_eq!(refused(spiking(), Kernel::Current), carries("spikes", "a current"));
    let mut builder = Builder::default();
    let source = builder.source("s", 1, current());
    let to = builder.population("n", 2, lif(1e-2, 0.1));
    let rows = Rows::sparse(vec![0, 2], vec![0, 1]);
    let projection = builder.projection("p", source, to, Kernel::Current, Time::ZERO, rows);
    builder.delays(projection, Delays::Exact(vec![1, 2]));
    assert_eq!(builder.finish().unwrap_err(), [Fault::OwnDelays { name: name() }]);
}
