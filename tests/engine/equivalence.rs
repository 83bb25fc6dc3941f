//! The fast and the reference engine give the same bits on random networks.

use crate::common::{
    Built, SourceSpec, Spec, Trace, bits, build, build_as_given, crossbar, end_of, networks, spikes,
    spikes_of, ticks, trace,
};
use memspike::engine::{Heap, Lanes, Record, Simulation, Stream, Threads, window};
use memspike::network::{Form, Kernel};
use memspike::neuron::Reset;
use memspike::numeric::Real;
use memspike::time::Time;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4096, ..ProptestConfig::default() }
}

fn agree<R: Real>(spec: &Spec) -> Result<(), TestCaseError> {
    let built = build(spec);
    let end = end_of(&built, ticks(200));
    let (fast, reference) = (trace::<R, Lanes>(&built, end), trace::<R, Heap>(&built, end));
    prop_assert_eq!(fast.difference(&reference), None);
    // A silent probe lets the fast engine do without the stream.
    prop_assert!(spikes::<R, Lanes>(&built, end) == fast.spikes);
    let total: u64 = fast.counts.spikes.iter().flatten().map(|&count| u64::from(count)).sum();
    prop_assert_eq!(total, fast.spikes.len() as u64);
    prop_assert_eq!(fast.counts.fire, total);
    cut::<R>(spec, &built, end, &fast)
}

/// The same in units and windows, where the network can be run in them.
fn cut<R: Real>(spec: &Spec, built: &Built, end: Time, whole: &Trace) -> Result<(), TestCaseError> {
    let mut simulation = built.start::<R, Lanes>();
    // One event per window is slow.
    let shortest = (end.fs() / 3000).max(1);
    simulation.shorten_windows(Time::from_fs(shortest.max(spec.seed % (end.fs() / 4).max(1))));
    simulation.partition(&Threads::one().cut_into(2 + (spec.seed % 3) as usize));
    simulation.begin(3, &built.rates()).unwrap();
    let (weights, mut spikes) = (built.weights(), Vec::new());
    let middle = Time::from_fs(spec.seed.rotate_left(20) % end.fs().max(1));
    simulation.run(&weights, middle, &mut spikes).unwrap();
    if spec.seed.is_multiple_of(2) {
        let state = simulation.state();
        simulation = Simulation::resume(&built.network, state, &built.rates()).unwrap();
    } else if spec.seed.is_multiple_of(3) {
        // Looked at in full for a while.
        let mut stream = Stream::default();
        simulation.run(&weights, Time::from_fs(middle.fs().midpoint(end.fs())), &mut stream).unwrap();
        spikes.extend(spikes_of(&stream.records));
    }
    simulation.run(&weights, end, &mut spikes).unwrap();
    prop_assert!(spikes == whole.spikes);
    prop_assert!(simulation.counts() == &whole.counts);
    prop_assert!(bits(&simulation.state()) == whole.state);
    Ok(())
}

proptest! {
    #![proptest_config(config(300))]

    #[test]
    fn lanes_and_heap_agree_in_f64(spec in networks()) {
        agree::<f64>(&spec)?;
    }

    #[test]
    fn lanes_and_heap_agree_in_f32(spec in networks()) {
        agree::<f32>(&spec)?;
    }
}

/// Sources so fast and delays so short that spikes of one block, of different blocks and what they cause
/// meet at the very femtosecond.
fn crowded(mut spec: Spec) -> Spec {
    for source in &mut spec.sources {
        if let SourceSpec::Poisson { rate, .. } = source {
            *rate = 3e13 + *rate * 5e9;
        }
    }
    for population in &mut spec.populations {
        // What comes back within femtoseconds would be more and more spikes at once.
        if population.reset == Reset::Subtract {
            population.reset = Reset::SubtractOnce;
        }
        // A few femtoseconds, so that many arrivals meet the very end of a refractory period.
        population.t_ref *= 1e-10;
        if population.switch.is_some() {
            population.tau_ms *= 1e-11;
        }
    }
    for projection in &mut spec.projections {
        projection.delay = if projection.delay == 0 { 0 } else { 1 + projection.delay % 30 };
    }
    spec
}

proptest! {
    #![proptest_config(config(200))]

    #[test]
    fn lanes_and_heap_agree_where_everything_meets(
        spec in prop_oneof![crossbar(), networks()].prop_map(crowded),
    ) {
        let built = build_as_given(&spec);
        let end = Time::from_fs(3000);
        let (fast, reference) = (trace::<f64, Lanes>(&built, end), trace::<f64, Heap>(&built, end));
        prop_assert_eq!(fast.difference(&reference), None);
        prop_assert!(spikes::<f64, Lanes>(&built, end) == fast.spikes);
        cut::<f64>(&spec, &built, end, &fast)?;
    }
}

/// Arrivals at the very femtosecond at which a neuron of a batched crossbar is free again, and one before.
#[test]
fn crowded_crossbars_hold_arrivals_at_the_end_of_refractory_periods() {
    let mut runner = TestRunner::deterministic();
    let (mut at, mut before) = (0, 0);
    for _ in 0..60 {
        let built = build_as_given(&crowded(crossbar().new_tree(&mut runner).unwrap().current()));
        let lif = &built.network.populations[0].lif;
        if built.network.populations[0].neuron.varies()
            || built.network.populations[0].form != Form::SharedDecay
        {
            continue;
        }
        let t_ref = (lif.t_ref.get() * 1e15).round() as u64;
        let run = trace::<f64, Heap>(&built, Time::from_fs(3000));
        let arrivals: std::collections::BTreeSet<u64> = run
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Arrival { time, projection: 0, .. } => Some(time.fs()),
                _ => None,
            })
            .collect();
        for spike in run.spikes.iter().filter(|spike| spike.population == 0 && t_ref > 0) {
            at += u32::from(arrivals.contains(&(spike.time.fs() + t_ref)));
            before += u32::from(t_ref > 1 && arrivals.contains(&(spike.time.fs() + t_ref - 1)));
        }
    }
    assert!(at >= 20 && before >= 20, "only {at} arrivals at the end and {before} one before");
}

/// The property above is worth what its networks contain.
#[test]
fn the_random_networks_hold_what_could_go_wrong() {
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<&str, u32>::new();
    let mut saw = |what, holds: bool| *seen.entry(what).or_default() += u32::from(holds);
    for _ in 0..200 {
        let spec = networks().new_tree(&mut runner).unwrap().current();
        let built = build(&spec);
        let end = end_of(&built, ticks(200));
        let mut simulation = built.start::<f64, Lanes>();
        let mut silent: Vec<memspike::engine::Spike> = Vec::new();
        let mut steps = 0u64;
        while simulation.step(&built.weights(), end, &mut silent).unwrap() {
            steps += 1;
        }
        let run = trace::<f64, Heap>(&built, end);
        let network = &built.network;
        saw("batches", steps < run.counts.poisson);
        saw("spikes", run.spikes.len() > 20);
        saw("many spikes", run.spikes.len() > 500);
        saw("shared decay", network.populations.iter().any(|p| p.form == Form::SharedDecay));
        saw("own time", network.populations.iter().any(|p| p.form == Form::OwnTime));
        saw(
            "refractory crossbar",
            network.populations.iter().any(|p| p.form == Form::SharedDecay && p.lif.t_ref.get() > 1e-5),
        );
        let held = network.populations.iter().zip(&simulation.counts().held);
        saw(
            "refractory crossbar in batches",
            steps < run.counts.poisson
                && held
                    .clone()
                    .any(|(p, &held)| p.form == Form::SharedDecay && p.lif.t_ref.get() > 0.0 && held > 0),
        );
        saw(
            "spread switches in shared decay",
            held.clone().any(|(p, &held)| p.form == Form::SharedDecay && p.neuron.varies() && held > 0),
        );
        saw(
            "spread switches in own time",
            held.clone().any(|(p, &held)| p.form == Form::OwnTime && p.neuron.varies() && held > 0),
        );
        let own = |network: &memspike::network::Network| {
            network.populations.iter().any(|p| p.form == Form::OwnTime)
        };
        saw("own time in windows", own(network) && window(network).is_some());
        saw(
            "pulses in windows",
            window(network).is_some()
                && network.projections.iter().any(|p| matches!(p.kernel, Kernel::Pulse(_))),
        );
        saw(
            "currents from outside in windows",
            window(network).is_some() && network.projections.iter().any(|p| p.kernel == Kernel::Current),
        );
        saw("zero-delay chain", network.populations.iter().any(|p| p.rank > 0));
        saw("pulses", network.projections.iter().any(|p| matches!(p.kernel, Kernel::Pulse(_))));
        let arrivals: Vec<_> = run
            .records
            .iter()
            .filter_map(|record| match record {
                Record::Arrival { time, projection, row } => {
                    Some((*time, network.projections[*projection as usize].to, *projection, *row))
                }
                _ => None,
            })
            .collect();
        saw(
            "simultaneous arrivals",
            arrivals.windows(2).any(|pair| pair[0].0 == pair[1].0 && pair[0].1 == pair[1].1),
        );
        saw("the same row twice at an instant", arrivals.windows(2).any(|pair| pair[0] == pair[1]));
        saw(
            "simultaneous spikes",
            run.spikes
                .windows(2)
                .any(|pair| pair[0].time == pair[1].time && pair[0].population == pair[1].population),
        );
        saw("pending events at the end", !simulation.state().pending.is_empty());
        let _ = bits(&simulation.state());
    }
    for (what, count) in &seen {
        assert!(*count >= 8, "only {count} of 200 networks have {what}: {seen:?}");
    }
    println!("{seen:?}");
}
