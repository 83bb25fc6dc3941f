//! The f-I curve: a neuron under constant current fires at f = 1/(t_ref + tau ln((R I - V_r)/(R I - V_th))), and
//! every interval is that long.
//!
//! The formula is written out here, with nothing of the neuron's own. R is a power of two, so that R I is exact, and
//! with it R I - V_th next to the threshold (Sterbenz): the formula has all its digits there too.

use memspike::engine::{Heap, Lanes, Queue, Simulation};
use memspike::network::{Builder, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second, Volt};
use std::sync::Arc;

const R: f64 = (1u64 << 20) as f64;
const V_TH: f64 = 0.25;
const TAU: f64 = 9.41e-3;
const END: f64 = 2.0;

/// In units of the rheobase V_th/R; `1.0` is exactly there, and its neighbours are the next numbers of double precision.
fn currents() -> [f64; 13] {
    let one = 1.0f64;
    let (below, above) = (one.next_down(), one.next_up());
    [0.5, below, one, above, 1.0 + 1e-12, 1.0 + 1e-6, 1.01, 1.1, 1.5, 2.0, 3.0, 10.0, 100.0]
}

/// Time from one potential to the threshold, in seconds.
fn rise(drive: f64, from: f64) -> f64 {
    TAU * ((drive - from) / (drive - V_TH)).ln()
}

/// A neuron for each current; with a synapse that no spike ever comes through, or without.
fn neurons(reset: Reset, t_ref: f64, synapse: bool) -> (Arc<Network>, Weights<f64>) {
    let mut builder = Builder::default();
    let nothing = builder.source("nothing", 1, SourceKind::List(Vec::new()));
    let mut values = Vec::new();
    for (index, current) in currents().into_iter().enumerate() {
        let lif = Lif {
            tau_m: Second::new(TAU),
            u_rest: Volt::ZERO,
            v_th: Volt::new(V_TH),
            u_reset: Volt::new(-0.06),
            v_hold: Volt::new(0.1),
            reset,
            t_ref: Second::new(t_ref),
            r_m: Ohm::new(R),
            i_bias: Ampere::new(current * (V_TH / R)),
            ..Lif::default()
        };
        let neuron = builder.population(&format!("{index}"), 1, lif);
        if synapse {
            let kernel = Kernel::Exponential { tau: Second::new(5e-3) };
            builder.projection(&format!("{index}"), nothing, neuron, kernel, Time::ZERO, Rows::Dense);
            values.push(vec![1e-6]);
        }
    }
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &values);
    (network, weights)
}

/// Spike times of every neuron in femtoseconds.
fn fired<Q: Queue<f64>>((network, weights): &(Arc<Network>, Weights<f64>)) -> Vec<Vec<u64>> {
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    let mut spikes = Vec::new();
    simulation.run(weights, Time::from_fs((END * 1e15) as u64), &mut spikes).unwrap();
    let mut times = vec![Vec::new(); currents().len()];
    spikes.iter().for_each(|spike| times[spike.population as usize].push(spike.time.fs()));
    times
}

/// All that `times` of a neuron have to be.
fn check(current: f64, v_r: f64, t_ref: f64, times: &[u64], tolerance: f64, what: &str) {
    let drive = current * V_TH;
    if drive <= V_TH {
        assert!(times.is_empty(), "{what}: {} spikes", times.len());
        return;
    }
    // The first spike comes from rest, with no refractory time before it.
    let (first, interval) = (rise(drive, 0.0), t_ref + rise(drive, v_r));
    let count = ((END - first) / interval).floor() + 1.0;
    assert!((times.len() as f64 - count).abs() < 0.5, "{what}: {} spikes, not {count}", times.len());
    let late = |got: u64, want: f64| got as f64 - want * 1e15;
    let first = late(times[0], first);
    assert!(first.abs() < tolerance, "{what}: the first is {first} fs late");
    for pair in times.windows(2) {
        let longer = late(pair[1] - pair[0], interval);
        assert!(longer.abs() < tolerance, "{what}: an interval is {longer} fs too long");
    }
    let rate = (times.len() - 1) as f64 / ((times[times.len() - 1] - times[0]) as f64 * 1e-15);
    assert!((rate * interval - 1.0).abs() < tolerance * 1e-15 / interval + 1e-15, "{what}: {rate} Hz");
}

#[test]
fn the_rate_and_every_interval_follow_the_closed_form() {
    for (reset, v_r) in [(Reset::Rest, 0.0), (Reset::Value, -0.06), (Reset::Hold, 0.1)] {
        for (t_ref, synapse) in [(0.0, false), (0.0, true), (2e-3, false), (2e-3, true)] {
            let neurons = neurons(reset, t_ref, synapse);
            let fired = fired::<Lanes>(&neurons);
            assert_eq!(fired, self::fired::<Heap>(&neurons));
            // A firing is rounded up to a femtosecond; 2 more for the last digits of both sides. Beside a synapse the
            // crossing is searched for: 1e-9 ms.
            let tolerance = if synapse { 1000.0 } else { 3.0 };
            for (current, times) in currents().into_iter().zip(&fired) {
                let what =
                    format!("{reset:?}, t_ref {t_ref} s, synapse {synapse}, {current:e} times rheobase");
                check(current, v_r, t_ref, times, tolerance, &what);
            }
            let counts: Vec<usize> = fired.iter().map(Vec::len).collect();
            assert!(counts.is_sorted(), "more current, fewer spikes: {counts:?}");
        }
    }
}

#[test]
fn the_refractory_time_bounds_the_rate_and_the_logarithm_opens_the_curve() {
    // Far above rheobase 1/f = t_ref + tau (V_th - V_r)/(R I) (1 + ...); just above, f = 1/(tau ln(V_th/(R I - V_th))):
    // so infinitely steep that one part in 2^52 of the current makes a neuron fire that is silent without it.
    let times = fired::<Lanes>(&neurons(Reset::Rest, 2e-3, false));
    let interval = |index: usize| (times[index][1] - times[index][0]) as f64 * 1e-15;
    let (last, above) = (currents().len() - 1, 3);
    assert!(interval(last) > 2e-3 && interval(last) < 2e-3 + 1.01 * TAU / 100.0);
    assert!(times[above - 1].is_empty());
    let drive = currents()[above];
    assert!((interval(above) - 2e-3 - TAU * (drive / (drive - 1.0)).ln()).abs() < 1e-14);
    assert!((interval(above) - 2e-3 - TAU * 52.0 * 2f64.ln()).abs() < 1e-14);
}
