//! Supervised runs that are interrupted, continued, validated and observed.

use crate::common::{
    Kept, Stopper, Watcher, Way, array_bits, checkpoint, cut_everywhere, essence, folder, plan, refused,
    stopped, whole, write_set,
};
use memspike::engine::{Record, Spike};
use memspike::network::Weights;
use memspike::record::Fingerprint;
use memspike::scenario::outcome::{NamedArray, PhaseCounts, Status};
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::{EpochResult, Supervised, SupervisedResult};
use memspike::scenario::run::context::{Engine, RunError};
use memspike::scenario::run::given::{GivenFault, GivenWeights};
use memspike::snapshot::{Models, Payload, Source, write};
use memspike::training::exact::State;
use memspike::training::{EpochReport, Evaluation, OptimizerState};
use std::collections::{BTreeMap, BTreeSet};

/// The layout of a checkpoint: scenario, seed, plan and hash of the data, weights, Adam, best, epochs, counts, fingerprint, devices that learn,
/// for how long switches were on; the epoch under way, its tests that are over, and the one that is not.
type Checkpoint = (
    (String, u64, String, String),
    Weights<f32>,
    OptimizerState<f32>,
    Option<(f64, u32, Weights<f32>)>,
    Vec<EpochResult>,
    PhaseCounts,
    Fingerprint,
    Option<State<f32>>,
    Vec<u128>,
    EpochReport,
    Vec<Evaluation>,
    Evaluation,
);

fn models() -> Models {
    Models::from([("lif".into(), 1)])
}

fn parts(checkpoint: &[u8]) -> Checkpoint {
    Source::new(checkpoint, checkpoint.len() as u64).read(Payload::Training, &models()).unwrap()
}

fn short(extra: &[&str]) -> Plan {
    let mut overrides = vec![
        "protocol.epochs=4",
        "protocol.precision=f32",
        "protocol.validation=0.2",
        "protocol.batch=32",
        "protocol.optimizer.rate=0.01",
    ];
    overrides.extend(extra);
    plan("mnist", &overrides)
}

#[test]
fn a_run_that_goes_on_from_any_checkpoint_ends_like_one_that_was_never_stopped() {
    let (_folder, search) = folder(300, 60);
    let plan = short(&[]);
    let (want, kept) = whole(&plan, Way::new(&search));
    assert_eq!(kept.saved.len(), 4);
    for (done, bytes) in kept.saved.iter().enumerate() {
        let mut from = Kept::from(bytes);
        let way = Way {
            engine: if done % 2 == 0 { Engine::Reference } else { Engine::Fast },
            threads: 1 + done % 3,
            ..Way::new(&search)
        };
        let outcome = way.run(&plan, &mut from).unwrap();
        assert_eq!(from.saved[..], kept.saved[done + 1..], "the same checkpoints after epoch {}", done + 1);
        assert_eq!(essence(&outcome), essence(&want), "after epoch {}", done + 1);
    }
}

/// Between two batches, two rounds of a test, two draws of a device; the test has more samples than a round.
#[test]
fn a_run_goes_on_from_the_middle_of_an_epoch() {
    let (_folder, search) = folder(96, 520);
    let devices = "protocol.programming=[{ name = \"six\", levels = 6, draws = 1 }]";
    let plan = plan(
        "mnist-devices",
        &[
            "protocol.epochs=2",
            "protocol.validation=0.2",
            "protocol.batch=32",
            "record.energy=true",
            devices,
            "protocol.presentation=20 ms",
        ],
    );
    cut_everywhere(&plan, &search, 3);
}

#[test]
fn a_run_stopped_anywhere_says_so_and_goes_on_to_the_same_end() {
    let (_folder, search) = folder(300, 60);
    let plan = short(&[]);
    let (want, kept) = whole(&plan, Way::new(&search));
    let want_epochs = &want.found.get::<SupervisedResult>().unwrap().epochs;
    // Phase, how often it began before, steps in it; epochs that are finished then.
    let stops: [(&'static str, usize, u64, usize); 7] = [
        ("train", 0, 0, 0),
        ("train", 0, 64, 0),
        ("train", 2, 100, 2),
        ("train", 1, 240, 1), // after the last batch: the validation is not run
        ("test", 0, 1, 0),    // the first epoch's validation ran, its test not
        ("test", 1, 60, 1),   // at the very end of an epoch's test
        ("test", 8, 0, 4),    // at the final test
    ];
    for (phase, nth, steps, finished) in stops {
        let what = format!("{phase} {nth} {steps}");
        let (outcome, stopped) = stopped(&plan, &search, Stopper::at(phase, nth, steps), &want);
        let result = outcome.found.get::<SupervisedResult>().unwrap();
        assert_eq!(result.epochs[..], want_epochs[..finished], "{what}");
        assert_eq!(result.test_accuracy, None, "{what}");
        assert!(outcome.inference.is_none() && outcome.energy.entries.is_empty(), "{what}");
        // One after each epoch, and the one it was stopped with.
        assert_eq!(stopped.saved[..finished], kept.saved[..finished], "{what}");
        assert!(stopped.saved.len() <= finished + 1, "{what}");
        assert_eq!(outcome.arrays[0].data.len(), 7840, "{what}");
        assert!(outcome.counts.episodes <= want.counts.episodes);
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_what_differs() {
    let (_folder, search) = folder(100, 20);
    let plan = short(&["protocol.epochs=1"]);
    let bytes = checkpoint(&plan, &search);
    let refused = |plan: &Plan, bytes: &[u8]| refused(plan, &search, bytes);
    let other = short(&["protocol.epochs=2"]);
    assert!(matches!(refused(&other, &bytes), RunError::OtherRun { what: "plan", .. }));
    let mut other = plan.clone();
    other.name = "other".into();
    assert!(matches!(refused(&other, &bytes), RunError::OtherRun { what: "scenario", .. }));
    let double = short(&["protocol.epochs=1", "protocol.precision=f64"]);
    assert!(matches!(refused(&double, &bytes), RunError::Checkpoint(_) | RunError::OtherRun { .. }));
    let mut damaged = bytes.clone();
    damaged[200] ^= 1;
    assert!(matches!(refused(&plan, &damaged), RunError::Checkpoint(_)));
    assert!(matches!(refused(&plan, &bytes[..100]), RunError::Checkpoint(_)));
    // A whole snapshot whose moments belong to another network.
    let mut parts = parts(&bytes);
    parts.2.first.pop();
    let mut bytes = Vec::new();
    write(&mut bytes, Payload::Training, &models(), &parts).unwrap();
    assert!(matches!(refused(&plan, &bytes), RunError::OtherRun { what: "network", .. }));
}

/// One pixel per training sample tells which one is shown.
fn numbered(train: usize) -> Vec<([u8; 784], u8)> {
    (0..train)
        .map(|index| {
            let mut image = [0; 784];
            image[index] = 255;
            (image, (index % 10) as u8)
        })
        .collect()
}

/// Pixels (hence samples) that were shown, by what the presentations were for.
fn shown(watcher: &Watcher) -> BTreeMap<String, BTreeSet<u32>> {
    let what: BTreeMap<u64, &str> = watcher.episodes.iter().map(|(e, what)| (*e, what.as_str())).collect();
    let mut shown = BTreeMap::<String, BTreeSet<u32>>::new();
    for (episode, record) in &watcher.records {
        if let Record::Emit { line, .. } = record {
            shown.entry(what[episode].to_string()).or_default().insert(*line);
        }
    }
    shown
}

#[test]
fn held_out_samples_are_never_trained_on_and_depend_on_the_seed_alone() {
    let folder = tempfile::tempdir().unwrap();
    write_set(folder.path(), &numbered(200), &numbered(20));
    let search = memspike::dataset::Search { explicit: Some(folder.path().into()), ..Default::default() };
    let split = |plan: &Plan, engine| {
        let mut watcher = Watcher::default();
        let way = Way { engine, watcher: Some(&mut watcher), ..Way::new(&search) };
        whole(plan, way);
        let shown = shown(&watcher);
        let episodes: BTreeSet<u64> = watcher.episodes.iter().map(|episode| episode.0).collect();
        assert_eq!(episodes.len(), watcher.episodes.len(), "every episode is shown once");
        assert!(watcher.episodes.is_sorted(), "in order");
        (
            shown["training"].clone(),
            shown["validation of epoch 1"].clone(),
            shown["validation of epoch 2"].clone(),
        )
    };
    let two = ["protocol.epochs=2", "protocol.presentation=300 ms", "protocol.test_presentation=300 ms"];
    let first = split(&short(&two), Engine::Fast);
    assert_eq!((first.0.len(), first.1.len()), (160, 40));
    assert!(first.0.is_disjoint(&first.1), "disjoint");
    assert_eq!(first.1, first.2, "the same ones in every epoch");
    assert_eq!(first.0.union(&first.1).count(), 200, "and nothing is left out");
    assert_eq!(split(&short(&two), Engine::Reference), first);
    let mut other = short(&two);
    other.seed = 77;
    assert_ne!(split(&other, Engine::Fast).1, first.1);
    // From the front of the set if only some are used.
    let some = split(&short(&[&two[..], &["protocol.train_samples=50"]].concat()), Engine::Fast);
    assert_eq!(some.0.union(&some.1).copied().collect::<Vec<_>>(), (0..50).collect::<Vec<_>>());
    assert_eq!(some.1.len(), 10);
}

#[test]
fn the_epoch_with_the_best_validation_is_tested_and_its_weights_are_kept() {
    let (_folder, search) = folder(200, 60);
    // So large a rate that accuracy goes up and down.
    let plan = short(&["protocol.epochs=6", "protocol.optimizer.rate=0.3"]);
    let (outcome, kept) = whole(&plan, Way::new(&search));
    let result = outcome.found.get::<SupervisedResult>().unwrap();
    let accuracy: Vec<f64> = result.epochs.iter().map(|epoch| epoch.validation_accuracy.unwrap()).collect();
    let best = accuracy.iter().copied().fold(0.0, f64::max);
    let first = accuracy.iter().position(|&a| a == best).unwrap();
    assert_eq!(result.tested_epoch, Some(first as u32 + 1), "{accuracy:?}");
    let checkpoint = parts(&kept.saved[first]);
    let weights: Vec<u64> = checkpoint.1.projections[0]
        .chunks(12)
        .flat_map(|row| row[..10].iter().map(|&w| f64::from(w).to_bits()))
        .collect();
    assert_eq!(array_bits(&outcome)[0].1, weights);
    // Without validation it is the last one.
    let last = short(&["protocol.validation=0", "protocol.epochs=2"]);
    let (outcome, _) = whole(&last, Way::new(&search));
    let result = outcome.found.get::<SupervisedResult>().unwrap();
    assert_eq!(result.tested_epoch, Some(2));
    assert!(result.epochs.iter().all(|epoch| epoch.validation_accuracy.is_none()));
}

#[test]
fn observers_and_engines_and_threads_change_nothing() {
    let (_folder, search) = folder(150, 40);
    for precision in ["protocol.precision=f32", "protocol.precision=f64"] {
        let plan = short(&["protocol.epochs=2", precision]);
        let (want, _) = whole(&plan, Way::new(&search));
        for (engine, threads) in
            [(Engine::Fast, 2), (Engine::Fast, 3), (Engine::Reference, 1), (Engine::Reference, 2)]
        {
            let (got, _) = whole(&plan, Way { engine, threads, ..Way::new(&search) });
            assert_eq!(essence(&got), essence(&want), "{engine:?} {threads}");
        }
        let mut streams = Vec::new();
        for (engine, threads) in [(Engine::Fast, 1), (Engine::Fast, 3), (Engine::Reference, 2)] {
            let mut watcher = Watcher::default();
            let way = Way { engine, threads, watcher: Some(&mut watcher), ..Way::new(&search) };
            let (got, _) = whole(&plan, way);
            assert_eq!(essence(&got), essence(&want), "observed, {engine:?} {threads}");
            streams.push(watcher);
        }
        assert!(streams[0].records == streams[1].records && streams[0].episodes == streams[1].episodes);
        assert!(streams[0].records == streams[2].records && streams[0].episodes == streams[2].episodes);
        let counts = &want.counts;
        let count = |wanted: fn(&Record) -> bool| {
            streams[0].records.iter().filter(|record| wanted(&record.1)).count() as u64
        };
        assert_eq!(count(|r| matches!(r, Record::Emit { .. })), counts.events.poisson);
        assert_eq!(count(|r| matches!(r, Record::Arrival { .. })), counts.events.arrival);
        assert_eq!(count(|r| matches!(r, Record::Spike(_))), counts.events.fire);
        assert_eq!(counts.synaptic_events, 10 * counts.events.arrival);
    }
}

#[test]
fn given_weights_are_tested_as_they_are() {
    let (_folder, search) = folder(150, 40);
    let plan = short(&["protocol.epochs=2", "protocol.show_class=3"]);
    let (trained, _) = whole(&plan, Way::new(&search));
    let weights = trained.arrays[0].clone();
    let given = |weights: NamedArray| Way {
        given: Some(GivenWeights { values: vec![(0, weights)], origin: "somewhere".into(), at: None }),
        ..Way::new(&search)
    };
    let (outcome, kept) = whole(&plan, given(weights.clone()));
    let (got, want) =
        (outcome.found.get::<SupervisedResult>().unwrap(), trained.found.get::<SupervisedResult>().unwrap());
    assert_eq!(got.test_accuracy, want.test_accuracy);
    assert_eq!((&got.confusion, &got.shown), (&want.confusion, &want.shown));
    assert_eq!(
        (got.epochs.len(), got.tested_epoch, got.weights_from.as_deref()),
        (0, None, Some("somewhere"))
    );
    assert_eq!((&outcome.energy, &outcome.inference), (&trained.energy, &trained.inference));
    assert!(kept.saved.is_empty());
    let fault = |weights: NamedArray| match given(weights).run(&plan, &mut Kept::default()) {
        Err(RunError::Given(error)) => error.fault,
        other => panic!("{other:?}"),
    };
    for [rows, cols] in [[783, 10], [10, 784], [7840, 1]] {
        let data = vec![0.0; rows * cols];
        let (found, expected) = ([rows, cols], [784, 10]);
        let other = NamedArray { rows, cols, data, ..weights.clone() };
        assert_eq!(fault(other), GivenFault::Shape { found, expected });
    }
    for value in [f64::INFINITY, f64::NEG_INFINITY] {
        let mut other = weights.clone();
        other.data[123] = value;
        assert_eq!(fault(other), GivenFault::NotFinite { row: 12, column: 3, value });
    }
}

#[test]
fn the_shown_sample_is_the_one_that_was_tested() {
    let (_folder, search) = folder(150, 40);
    let plan = short(&["protocol.epochs=1", "protocol.show_class=3"]);
    let protocol = plan.protocol.get::<Supervised>().unwrap();
    let mut watcher = Watcher::default();
    let (outcome, _) = whole(&plan, Way { watcher: Some(&mut watcher), ..Way::new(&search) });
    let shown = outcome.found.get::<SupervisedResult>().unwrap().shown.clone().unwrap();
    let first = watcher.episodes.iter().find(|episode| episode.1 == "final test").unwrap().0;
    let episode = first + u64::from(shown.index);
    let mut spikes = vec![Vec::new(); 10];
    for (_, record) in watcher.records.iter().filter(|record| record.0 == episode) {
        if let Record::Spike(Spike { time, neuron, .. }) = record {
            spikes[*neuron as usize].push(time.as_seconds() * 1e3);
        }
    }
    assert_eq!(shown.spikes_ms, spikes);
    let rates: Vec<f64> =
        spikes.iter().map(|s| s.len() as f64 / protocol.test_presentation.as_seconds()).collect();
    assert_eq!(shown.rates_hz, rates);
}

#[test]
fn a_stopped_programming_case_is_left_out_whole() {
    let (_folder, search) = folder(150, 40);
    let plan =
        plan("mnist-devices", &["protocol.epochs=1", "protocol.batch=32", "protocol.optimizer.rate=0.01"]);
    let (want, _) = whole(&plan, Way::new(&search));
    let programming = &want.found.get::<SupervisedResult>().unwrap().programming;
    assert_eq!(programming.len(), 2);
    assert!(programming.iter().all(|case| case.accuracy.len() == 10));
    // Tests: of the epoch, final, then ten draws of each case; the fourth of the second case is stopped.
    let way = Way { stopper: Stopper::at("test", 2 + 10 + 3, 0), ..Way::new(&search) };
    let stopped = way.run(&plan, &mut Kept::default()).unwrap();
    assert_eq!(stopped.status, Status::Interrupted);
    let result = stopped.found.get::<SupervisedResult>().unwrap();
    assert_eq!(result.programming[..], programming[..1]);
    assert_eq!(result.test_accuracy, want.found.get::<SupervisedResult>().unwrap().test_accuracy);
    assert_eq!(stopped.inference, want.inference);
}
