//! A run may be cut anywhere, kept as bytes and continued under either engine, to the same bits; and looking
//! at a run changes nothing.

use crate::common::{
    self, Built, Learner, Spec, bits, build, crossbar, end_of, finish, networks, spikes_of, ticks, trace,
};
use memspike::engine::{Heap, Lanes, Queue, Record, Silent, Simulation, Spike, State, StateError, Stream};
use memspike::numeric::Real;
use memspike::snapshot::{Payload, decode, encode};
use memspike::time::Time;
use proptest::prelude::*;

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig { cases, failure_persistence: None, max_shrink_iters: 4096, ..ProptestConfig::default() }
}

/// How a run is cut: after so many steps (batches under the fast engine), or at a fraction of its time.
#[derive(Clone, Copy, Debug)]
enum Cut {
    Steps(u32),
    Part(f64),
}

fn cut() -> impl Strategy<Value = Cut> {
    prop_oneof![(0u32..400).prop_map(Cut::Steps), (0.0..1.0).prop_map(Cut::Part)]
}

fn carried<R: Real>(state: &State<R>) -> State<R> {
    decode(Payload::State, &encode(Payload::State, state).unwrap()).unwrap()
}

/// Runs under `Q` to the cut, as bytes to `Q2`, and on to `end`.
fn cut_run<R: Real, Q: Queue<R>, Q2: Queue<R>>(built: &Built, end: Time, cut: Cut) -> common::Trace {
    let weights = built.weights::<R>();
    let mut first = built.start::<R, Q>();
    let mut stream = Stream::default();
    match cut {
        Cut::Steps(steps) => {
            for _ in 0..steps {
                if !first.step(&weights, end, &mut stream).unwrap() {
                    break;
                }
            }
        }
        Cut::Part(part) => {
            first.run(&weights, Time::from_fs((end.fs() as f64 * part) as u64), &mut stream).unwrap()
        }
    }
    let state = first.state();
    let mut second = Simulation::<R, Q2>::resume(&built.network, carried(&state), &built.rates()).unwrap();
    assert_eq!(bits(&second.state()), bits(&state), "a resumed state is the state");
    second.run(&weights, end, &mut stream).unwrap();
    finish(&second, stream)
}

fn cuts_change_nothing<R: Real>(spec: &Spec, cut: Cut) -> Result<(), TestCaseError> {
    let built = build(spec);
    let end = end_of(&built, ticks(150));
    let whole = trace::<R, Lanes>(&built, end);
    prop_assert_eq!(whole.difference(&cut_run::<R, Lanes, Lanes>(&built, end, cut)), None);
    prop_assert_eq!(whole.difference(&cut_run::<R, Lanes, Heap>(&built, end, cut)), None);
    prop_assert_eq!(whole.difference(&cut_run::<R, Heap, Lanes>(&built, end, cut)), None);
    prop_assert_eq!(whole.difference(&cut_run::<R, Heap, Heap>(&built, end, cut)), None);
    Ok(())
}

proptest! {
    #![proptest_config(config(150))]

    #[test]
    fn a_cut_run_is_the_uncut_one_in_f64((spec, cut) in (networks(), cut())) {
        cuts_change_nothing::<f64>(&spec, cut)?;
    }

    #[test]
    fn a_cut_run_is_the_uncut_one_in_f32((spec, cut) in (networks(), cut())) {
        cuts_change_nothing::<f32>(&spec, cut)?;
    }

    #[test]
    fn cuts_inside_a_poisson_batch_change_nothing((spec, part) in (crossbar(), 0.0f64..1.0)) {
        let built = build(&spec);
        let end = end_of(&built, ticks(150));
        let whole = trace::<f64, Lanes>(&built, end);
        // Just before, at and just after a spike of the batched source.
        let emissions: Vec<u64> = whole.records.iter().filter_map(|record| match record {
            Record::Emit { time, source: 0, .. } => Some(time.fs()),
            _ => None,
        }).collect();
        prop_assume!(!emissions.is_empty());
        let at = emissions[(emissions.len() as f64 * part) as usize];
        let weights = built.weights::<f64>();
        for cut in [at - 1, at, at + 1] {
            let mut first = built.start::<f64, Lanes>();
            let mut stream = Stream::default();
            first.run(&weights, Time::from_fs(cut), &mut stream).unwrap();
            let handed = emissions.iter().filter(|&&time| time < cut).count() as u64;
            prop_assert_eq!(first.counts().poisson >= handed, true);
            let mut second = Simulation::<f64, Lanes>::resume(&built.network, carried(&first.state()), &built.rates()).unwrap();
            second.run(&weights, end, &mut stream).unwrap();
            prop_assert_eq!(whole.difference(&finish(&second, stream)), None);
        }
    }

    #[test]
    fn many_small_runs_are_one_long_run((spec, pieces) in (networks(), proptest::collection::vec(0.0f64..1.0, 1..40))) {
        let built = build(&spec);
        let end = end_of(&built, ticks(150));
        let whole = trace::<f64, Lanes>(&built, end);
        let weights = built.weights::<f64>();
        let mut pieces = pieces;
        pieces.sort_by(f64::total_cmp);
        let mut fast = built.start::<f64, Lanes>();
        let mut reference = built.start::<f64, Heap>();
        let (mut one, mut other) = (Stream::default(), Stream::default());
        for part in pieces.into_iter().map(|part| Time::from_fs((end.fs() as f64 * part) as u64)).chain([end]) {
            fast.run(&weights, part, &mut one).unwrap();
            reference.run(&weights, part, &mut other).unwrap();
            prop_assert_eq!(bits(&fast.state()), bits(&reference.state()));
        }
        prop_assert_eq!(whole.difference(&finish(&fast, one)), None);
        prop_assert_eq!(whole.difference(&finish(&reference, other)), None);
    }

    #[test]
    fn looking_changes_nothing((spec, interval) in (networks(), 1u64..50)) {
        let built = build(&spec);
        let end = end_of(&built, ticks(150));
        let whole = trace::<f64, Lanes>(&built, end);
        looked_at::<Lanes>(&built, end, interval, &whole)?;
        looked_at::<Heap>(&built, end, interval, &whole)?;
    }
}

/// Samples, learning and membranes asked for at odd times.
fn looked_at<Q: Queue<f64>>(
    built: &Built,
    end: Time,
    interval: u64,
    whole: &common::Trace,
) -> Result<(), TestCaseError> {
    let weights = built.weights::<f64>();
    let mut simulation = built.start::<f64, Q>();
    for population in 0..built.network.populations.len() {
        simulation.sample_every(population, Time::from_fs(interval * 130_000_000_003));
    }
    let mut probe = (Stream::default(), Learner::default());
    while simulation.step(&weights, end, &mut probe).unwrap() {
        for population in 0..built.network.populations.len() {
            let _ = simulation.membranes(population);
        }
    }
    simulation.run(&weights, end, &mut probe).unwrap();
    let records: Vec<Record> =
        probe.0.records.into_iter().filter(|record| !matches!(record, Record::Sample { .. })).collect();
    prop_assert!(records == whole.records);
    prop_assert_eq!(&whole.counts, simulation.counts());
    let mut state = simulation.state();
    state.pending.retain(|key| key.kind != memspike::engine::Kind::Sample);
    prop_assert!(bits(&state) == whole.state);
    let learnt: Vec<Spike> = probe.1.instants.into_iter().flat_map(|instant| instant.2).collect();
    prop_assert!(learnt == spikes_of(&whole.records));
    // The same without the learner, so that batches are taken between samples.
    let mut simulation = built.start::<f64, Q>();
    for population in 0..built.network.populations.len() {
        simulation.sample_every(population, Time::from_fs(interval * 130_000_000_003));
    }
    let mut silent: Vec<Spike> = Vec::new();
    while simulation.step(&weights, end, &mut silent).unwrap() {
        let _ = simulation.membranes(0);
    }
    prop_assert!(silent == whole.spikes);
    Ok(())
}

fn small() -> Built {
    use crate::common::{KernelSpec, PopulationSpec, ProjectionSpec, SourceSpec};
    use memspike::neuron::Reset;
    let population = |size, bias| PopulationSpec {
        size,
        tau_ms: 9.41,
        reset: Reset::Rest,
        u_rest: 0.0,
        t_ref: 1e-3,
        bias,
        switch: None,
        open: None,
        competes: false,
    };
    build(&Spec {
        seed: 7,
        sources: vec![
            SourceSpec::Poisson { marks: vec![], size: 4, rate: 2000.0 },
            SourceSpec::List { size: 1, spikes: vec![(3, 0), (9, 0)] },
        ],
        populations: vec![population(3, 0.0), population(2, 1.5)],
        projections: vec![
            ProjectionSpec {
                from: 0,
                to: 0,
                kernel: KernelSpec::Delta,
                delay: 0,
                connect: 0,
                weight: (0.4, 0.1, 1),
                own: None,
                uncounted: false,
            },
            ProjectionSpec {
                from: 1,
                to: 1,
                kernel: KernelSpec::Rect(5),
                delay: 1,
                connect: 0,
                weight: (0.4, 0.1, 2),
                own: None,
                uncounted: false,
            },
            ProjectionSpec {
                from: 2,
                to: 1,
                kernel: KernelSpec::Delta,
                delay: 7,
                connect: 0,
                weight: (0.4, 0.1, 3),
                own: None,
                uncounted: false,
            },
        ],
    })
}

/// A state after 2 ms.
fn small_state(built: &Built) -> State<f64> {
    let mut simulation = built.start::<f64, Lanes>();
    simulation.sample_every(0, Time::from_fs(1_000_000));
    let weights = built.weights();
    // To where a spike is on its way besides the sample.
    (0..200)
        .map(|tick| {
            simulation.run(&weights, ticks(tick), &mut Silent).unwrap();
            simulation.state()
        })
        .find(|state| state.pending.len() >= 2)
        .expect("an instant with two pending events")
}

#[test]
fn a_state_of_another_network_is_refused_with_the_reason() {
    let built = small();
    let state = small_state(&built);
    let resume =
        |state: State<f64>| Simulation::<f64, Lanes>::resume(&built.network, state, &built.rates()).err();
    assert_eq!(resume(state.clone()), None);
    let mut shorter = state.clone();
    shorter.populations.pop();
    assert!(matches!(
        resume(shorter),
        Some(StateError::Shape { what: "populations", found: 1, expected: 2 })
    ));
    let mut swapped = state.clone();
    swapped.populations.swap(0, 1);
    assert!(matches!(resume(swapped), Some(StateError::Form { population: 0 })));
    let mut counts = state.clone();
    counts.counts.spikes[1].pop();
    assert!(resume(counts).is_some(), "spike counts of another size");
    let mut rows = state.clone();
    rows.counts.rows[0].push(0);
    assert!(resume(rows).is_some(), "row counts of another size");
    let mut blocks = state;
    blocks.blocks.clear();
    assert!(matches!(resume(blocks), Some(StateError::Shape { what: "Poisson blocks", .. })));
}

#[test]
fn a_pending_event_that_the_network_does_not_have_is_refused() {
    let built = small();
    let state = small_state(&built);
    assert!(state.pending.len() >= 2, "{:?}", state.pending);
    for index in 0..state.pending.len() {
        for damage in 0..4 {
            let mut damaged = state.clone();
            let key = &mut damaged.pending[index];
            match damage {
                0 => key.source = 99,
                1 if key.kind != memspike::engine::Kind::Sample => key.row = 99,
                2 => key.rank = 77,
                3 => key.time = Time::ZERO,
                _ => continue,
            }
            let resumed = Simulation::<f64, Heap>::resume(&built.network, damaged.clone(), &built.rates());
            assert!(resumed.is_err(), "damage {damage} of {:?}", state.pending[index]);
            let resumed = Simulation::<f64, Lanes>::resume(&built.network, damaged, &built.rates());
            assert!(resumed.is_err(), "damage {damage} of {:?}", state.pending[index]);
        }
    }
}

#[test]
fn a_snapshot_of_one_precision_is_no_state_of_the_other() {
    let built = small();
    let bytes = encode(Payload::State, &small_state(&built)).unwrap();
    assert!(decode::<State<f32>>(Payload::State, &bytes).is_err());
    assert!(decode::<State<f64>>(Payload::Training, &bytes).is_err());
    assert!(decode::<State<f64>>(Payload::State, &bytes).is_ok());
}
