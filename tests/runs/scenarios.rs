//! Every shipped scenario, shortened, runs to the same fingerprint whatever carries it out.

use crate::common::{self, Kept, Stopper, Watcher, Way, array_bits, essence, folder, plan};
use memspike::dataset::Search;
use memspike::energy::Category;
use memspike::engine::Record;
use memspike::scenario::outcome::{NamedArray, Outcome, Status};
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::{Supervised, SupervisedResult};
use memspike::scenario::protocol::unsupervised::UnsupervisedResult;
use memspike::scenario::run::context::{Engine, RunError};
use memspike::scenario::run::given::GivenWeights;
use memspike::scenario::shipped;
use std::collections::BTreeSet;

const MS: u64 = 1_000_000_000_000;

/// Shorter, but through every stage.
fn shortened(name: &str) -> Plan {
    match plan(name, &[]).protocol.word() {
        "supervised" => {
            plan(name, &["protocol.epochs=1", "protocol.train_samples=200", "protocol.test_samples=50"])
        }
        "unsupervised" => plan(
            name,
            &[
                "population.output.size=20",
                "protocol.epochs=1",
                "protocol.train_samples=120",
                "protocol.label_samples=60",
                "protocol.test_samples=50",
            ],
        ),
        _ => plan(name, &[]),
    }
}

/// Synthetic data and, for a plan that takes weights, some.
pub fn carried_out(plan: &Plan, way: Way<'_>) -> Outcome {
    let given = plan.protocol.weights_from().map(|_| {
        let mut state = 9;
        let mut value = || (common::word(&mut state) % 1000) as f64 * 1e-5 - 0.003;
        let data = (0..7840).map(|_| value()).collect();
        GivenWeights {
            values: vec![(0, NamedArray { name: "input".into(), rows: 784, cols: 10, data })],
            origin: "test".into(),
            at: None,
        }
    });
    let outcome = Way { given, ..way }.run(plan, &mut Kept::default()).unwrap();
    assert_eq!(outcome.status, Status::Done, "{}", plan.name);
    outcome
}

fn whatever_carries_it_out(plan: &Plan, search: &Search) -> Outcome {
    let want = carried_out(plan, Way::new(search));
    let same = |got: Outcome, what: &str| {
        assert_eq!(got.fingerprint, want.fingerprint, "{} {what}", plan.name);
        assert_eq!(array_bits(&got), array_bits(&want), "{} {what}", plan.name);
        assert_eq!(essence(&got), essence(&want), "{} {what}", plan.name);
    };
    same(
        carried_out(plan, Way { engine: Engine::Reference, ..Way::new(search) }),
        "under the reference engine",
    );
    same(carried_out(plan, Way { threads: 2, ..Way::new(search) }), "on two threads");
    let mut watcher = Watcher::default();
    same(carried_out(plan, Way { watcher: Some(&mut watcher), threads: 2, ..Way::new(search) }), "observed");
    let mut reference = Watcher::default();
    let way = Way { engine: Engine::Reference, watcher: Some(&mut reference), ..Way::new(search) };
    same(carried_out(plan, way), "observed under the reference engine");
    assert!(watcher.records == reference.records && watcher.episodes == reference.episodes);
    let count = |wanted: fn(&Record) -> bool| {
        watcher.records.iter().filter(|record| wanted(&record.1)).count() as u64
    };
    let events = want.counts.events;
    assert_eq!(count(|r| matches!(r, Record::Emit { .. })), events.poisson + events.source);
    assert_eq!(count(|r| matches!(r, Record::Arrival { .. })), events.arrival);
    assert_eq!(count(|r| matches!(r, Record::Spike(_))), events.fire);
    assert_eq!(want.counts.spikes.iter().sum::<u64>(), events.fire);
    the_ledger_adds_up(plan, &want, &watcher);
    want
}

/// Seconds for which the switches of a population were on in the final test, of what was seen of its spikes: none is on twice.
fn on_in_final_test(plan: &Plan, population: usize, watcher: &Watcher) -> f64 {
    let protocol = plan.protocol.get::<Supervised>().unwrap();
    let end = protocol.test_presentation.as_seconds();
    let on = plan.populations[population].switch.as_ref().unwrap().on_time.get();
    let tested: BTreeSet<u64> =
        watcher.episodes.iter().filter(|(_, what)| what == "final test").map(|episode| episode.0).collect();
    // The cases of `programming` show the same samples again, from the first one on.
    let mut last = 0;
    let seen = watcher.records.iter().filter(|(episode, _)| tested.contains(episode));
    let seen = seen.take_while(|(episode, _)| std::mem::replace(&mut last, *episode) <= *episode);
    let spans = seen.filter_map(|(_, record)| match record {
        Record::Spike(spike) if spike.population as usize == population => {
            Some(on.min(end - spike.time.as_seconds()))
        }
        _ => None,
    });
    spans.sum()
}

fn the_ledger_adds_up(plan: &Plan, outcome: &Outcome, watcher: &Watcher) {
    let name = &plan.name;
    let energy = &outcome.energy;
    let sum: f64 = energy.entries.iter().map(|entry| entry.joules).sum();
    assert!((energy.total() - sum).abs() <= 1e-12 * sum, "{name}: {} {sum}", energy.total());
    let spends = plan.populations.iter().any(|population| population.switch.is_some())
        || plan.projections.iter().any(|projection| projection.device.is_some());
    assert_eq!(sum > 0.0, spends, "{name}: joules if and only if there is a device: {energy:?}");
    assert!(energy.entries.iter().all(|entry| entry.joules >= 0.0), "{name}: {energy:?}");
    let by_category: Vec<(Category, f64)> = energy.by_category();
    assert!(by_category.iter().fold(0.0, |sum, line| sum + line.1) == energy.total(), "{name}");
    assert!(by_category.iter().all(|line| !energy.not_modelled.contains(&line.0)), "{name}");
    // 7 uA at 35 uS for 100 us: 0.14 nJ per spike at most, 1.4 uW while on: less where the episode ends or a switch was on.
    for (index, population) in plan.populations.iter().enumerate() {
        let Some(switch) = &population.switch else { continue };
        let spikes = match (&outcome.inference, outcome.counts.spikes[index]) {
            (Some(inference), _) => inference.output_spikes * inference.inferences as f64,
            (None, spikes) => spikes as f64,
        };
        let per_spike = switch.i_cc.get() * switch.i_cc.get() / switch.g_on.get() * switch.on_time.get();
        let of = |category| {
            let lines =
                energy.entries.iter().filter(|e| e.owner == population.name && e.category == category);
            lines.map(|entry| entry.joules).sum::<f64>()
        };
        let (most, booked) = (spikes * per_spike, of(Category::Neuron));
        if plan.populations.len() > 1 && outcome.inference.is_some() {
            // Of layers, population by population: every spike of the final test for its on-time, cut at the end.
            let want = on_in_final_test(plan, index, watcher) / switch.on_time.get() * per_spike;
            assert!((booked - want).abs() <= 1e-9 * want, "{name}: {booked} and {want} J");
        } else {
            assert!(booked <= most * (1.0 + 1e-9) && booked >= 0.9 * most, "{name}: {booked} of {most} J");
        }
        assert!((per_spike / switch.on_time.get() - 1.4e-6).abs() < 1e-12, "{name}");
    }
    if let Some(inference) = &outcome.inference {
        let per = inference.per_inference.total();
        assert!(
            (per * inference.inferences as f64 - energy.total()).abs() <= 1e-9 * energy.total(),
            "{name}"
        );
    }
}

#[test]
fn the_ring_spikes_as_computed_by_hand() {
    let plan = shortened("networks/ring");
    let nothing = Search::default();
    let outcome = whatever_carries_it_out(&plan, &nothing);
    let mut watcher = Watcher::default();
    carried_out(&plan, Way { watcher: Some(&mut watcher), ..Way::new(&nothing) });
    let spikes: Vec<(u64, u32)> = watcher
        .records
        .iter()
        .filter_map(|(_, record)| match record {
            Record::Spike(spike) => Some((spike.time.fs(), spike.neuron)),
            _ => None,
        })
        .collect();
    let mut want: Vec<(u64, u32)> = Vec::new();
    for start in [3 * MS / 2, 13 * MS / 2] {
        want.extend((0..50).map(|k| (start + 2 * MS * k, (k % 8) as u32)).filter(|spike| spike.0 < 100 * MS));
    }
    want.sort_unstable();
    assert_eq!(want.len(), 97);
    assert_eq!(spikes, want);
    assert_eq!(outcome.counts.events.arrival, 97);
    assert_eq!(outcome.fingerprint, "73bfef8f2f301326ba8473d85445444d");
    // Sampled at the beginning, every 0.5 ms and at the end of the run, and at rest but for the jumps.
    let samples = watcher.records.iter().filter(|record| matches!(record.1, Record::Sample { .. })).count();
    assert_eq!(samples, 201);
}

#[test]
fn the_fan_is_the_same_whatever_carries_it_out() {
    let plan = shortened("fan");
    let outcome = whatever_carries_it_out(&plan, &Search::default());
    assert!(outcome.counts.events.fire > 500 && outcome.counts.events.source == 50);
    assert_eq!(outcome.counts.synaptic_events, 100 * outcome.counts.events.arrival);
}

/// Networks made small and short: each with a piece of everything.
#[test]
fn every_network_is_the_same_whatever_carries_it_out() {
    for (name, settings) in [
        (
            "networks/brunel",
            &[
                "source.external-e.size=300",
                "source.external-i.size=70",
                "population.e.size=300",
                "population.i.size=70",
                "projection.ee.in_degree=60",
                "projection.ei.in_degree=60",
                "projection.ie.in_degree=20",
                "projection.ii.in_degree=20",
                "protocol.duration=\"20 ms\"",
            ][..],
        ),
        ("networks/brunel-small", &["protocol.duration=\"20 ms\""]),
        (
            "networks/sparse",
            &["source.kicks.size=3000", "population.cells.size=3000", "protocol.duration=\"100 ms\""],
        ),
        (
            "networks/sparse-million",
            &[
                "source.kicks.size=2000",
                "population.cells.size=2000",
                "protocol.duration=\"100 ms\"",
                "engine.storage=\"compact\"",
            ],
        ),
        (
            "networks/vogels-abbott-delta",
            &["protocol.duration=\"20 ms\"", "projection.kick-e.probability=0.2"],
        ),
        ("networks/vogels-abbott-currents", &["protocol.duration=\"20 ms\""]),
        ("networks/synfire", &[]),
    ] {
        let outcome = whatever_carries_it_out(&plan(name, settings), &Search::default());
        assert!(outcome.counts.events.fire > 100, "{name}: {}", outcome.counts.events.fire);
    }
}

#[test]
fn every_supervised_scenario_is_the_same_whatever_carries_it_out() {
    let (_folder, search) = folder(200, 50);
    let mut seen = 0;
    for name in shipped::names() {
        let plan = shortened(name);
        if plan.protocol.word() == "supervised" {
            let outcome = whatever_carries_it_out(&plan, &search);
            let result = outcome.found.get::<SupervisedResult>().unwrap();
            assert_eq!(result.confusion.iter().flatten().sum::<u64>(), 50, "{name}");
            let right: u64 = (0..result.confusion.len()).map(|class| result.confusion[class][class]).sum();
            assert_eq!(result.test_accuracy, Some(right as f64 / 50.0), "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn every_unsupervised_scenario_is_the_same_whatever_carries_it_out() {
    let (_folder, search) = folder(200, 50);
    let mut seen = 0;
    for name in shipped::names() {
        let plan = shortened(name);
        if plan.protocol.word() == "unsupervised" {
            let outcome = whatever_carries_it_out(&plan, &search);
            let result = outcome.found.get::<UnsupervisedResult>().unwrap();
            assert_eq!(result.confusion.iter().flatten().sum::<u64>() + result.unanswered, 50, "{name}");
            seen += 1;
        }
    }
    assert!(seen >= 5, "{seen}");
}

#[test]
fn scenarios_of_real_data_are_the_same_whatever_carries_them_out() {
    let Some(folder) = std::env::var_os("MEMSPIKE_DATA") else {
        println!("skipped: MEMSPIKE_DATA is not set");
        return;
    };
    let search = Search { environment: Some(folder.into()), ..Search::default() };
    for name in ["mnist", "mnist-devices"] {
        whatever_carries_it_out(&shortened(name), &search);
    }
}

#[test]
fn a_seed_changes_the_fingerprint_of_what_is_random_and_nothing_else() {
    let nothing = Search::default();
    let with = |name: &str, seed: u64| {
        let mut plan = shortened(name);
        plan.seed = seed;
        carried_out(&plan, Way::new(&nothing)).fingerprint
    };
    assert_ne!(with("fan", 1), with("fan", 2));
    assert_eq!(with("fan", 2), with("fan", 2));
    assert_eq!(with("networks/ring", 1), with("networks/ring", 2));
}

#[test]
fn a_stopped_simulation_says_how_far_it_came() {
    let plan = shortened("networks/ring");
    let nothing = Search::default();
    let way = Way { stopper: Stopper::at("simulate", 0, 50), ..Way::new(&nothing) };
    let outcome = way.run(&plan, &mut Kept::default()).unwrap();
    assert_eq!(outcome.status, Status::Interrupted);
    // Little happens: of 200 slices 1 + 2 + 4 are taken at once, and then, as numbers are told after every tenth, 3 + 10 + 10 +
    // 10 + 10, which are the first 50.
    assert_eq!(outcome.counts.sim_time_fs, u128::from(25 * MS));
    // From 1.5 and from 6.5 ms on, every 2 ms.
    assert_eq!(outcome.counts.events.fire, 12 + 10);
}

#[test]
fn missing_data_is_an_error_that_says_where_it_looked() {
    let empty = tempfile::tempdir().unwrap();
    let search = Search { explicit: Some(empty.path().into()), ..Search::default() };
    let error = Way::new(&search).run(&shortened("mnist"), &mut Kept::default()).unwrap_err();
    assert!(matches!(&error, RunError::Data(_)));
    assert!(error.to_string().contains(&empty.path().display().to_string()), "{error}");
}
