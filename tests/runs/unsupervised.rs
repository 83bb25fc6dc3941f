//! Learning without labels: the same whatever carries it out and wherever it is cut, and honest about what
//! it took.

use crate::common::{
    Kept, Stopper, Watcher, Way, array_bits, checkpoint, cut_everywhere, essence, folder, learned, plan,
    refused, stopped, whole,
};
use memspike::energy::Category;
use memspike::engine::Record;
use memspike::scenario::outcome::Status;
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::unsupervised::Unsupervised;
use memspike::scenario::run::context::{Engine, RunError};

/// Twelve neurons, two epochs of a small set, everything that devices can do, with a decay that shows in a minute. The threshold is low and the
/// presentations long, or so few and so faint patterns would make no neuron spike.
fn short(more: &[&str]) -> Plan {
    let mut overrides = vec![
        "population.output.size=12",
        "protocol.epochs=2",
        "protocol.train_samples=150",
        "protocol.test_samples=40",
        "protocol.label_samples=60",
        "protocol.presentation=200 ms",
        "population.output.v_th=80 mV",
        "projection.input.plasticity.cv_cycle=0.1",
        "projection.input.crossbar.faults.stuck_on=0.01",
        "projection.input.crossbar.faults.stuck_off=0.02",
        "projection.input.plasticity.dispersion.a_plus=0.2",
        "projection.input.plasticity.dispersion.g_max=0.2",
        "projection.input.plasticity.normalise=80",
        "device.synapse.parameters.retention_tau=25 s",
    ];
    overrides.extend_from_slice(more);
    plan("stdp/mnist-100", &overrides)
}

#[test]
fn a_run_is_the_same_whatever_carries_it_out() {
    let (_folder, search) = folder(150, 40);
    for more in [
        &["protocol.precision=f64"][..],
        &["population.output.competition.inhibition=3 ms"],
        &[
            "projection.input.crossbar.levels=32",
            "projection.input.plasticity.endurance={ n_f = 300, m = 1.0 }",
        ],
        // Inhibition that takes its time is an ordinary projection.
        &[
            "projection.lateral={ from = \"output\", to = \"output\", weight = \"-4 mV\", delay = \"1 ms\" }",
            "population.output.competition={ kind = \"lateral_inhibition\", strength = \"0 V\", \
             homeostasis = { kind = \"rate_target\", gain = 0.05, spikes = 2.0 } }",
            "projection.input.plasticity.dispersion.initial=0.3",
            "population.output.v_th={ normal = [\"80 mV\", \"8 mV\"] }",
        ],
    ] {
        let plan = short(more);
        let want = Way::new(&search).run(&plan, &mut Kept::default()).unwrap();
        assert_eq!(want.status, Status::Done);
        assert!(learned(&want).epochs.iter().all(|epoch| epoch.spikes_per_sample > 0.5), "{more:?}");
        let mut watcher = Watcher::default();
        let ways = [
            Way { threads: 2, ..Way::new(&search) },
            Way { engine: Engine::Reference, ..Way::new(&search) },
            Way { engine: Engine::Reference, threads: 3, watcher: Some(&mut watcher), ..Way::new(&search) },
        ];
        for (index, way) in ways.into_iter().enumerate() {
            let got = way.run(&plan, &mut Kept::default()).unwrap();
            assert_eq!(got.fingerprint, want.fingerprint, "{more:?} way {index}");
            assert_eq!(array_bits(&got), array_bits(&want), "{more:?} way {index}");
            assert_eq!(essence(&got), essence(&want), "{more:?} way {index}");
        }
        // Two epochs of learning, labels and test, and the final test.
        assert_eq!(watcher.episodes.len(), 2 * (150 + 60 + 40) + 40);
        assert!(watcher.episodes.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

fn plan_vote(plan: &Plan) -> memspike::training::unsupervised::Vote {
    plan.protocol.get::<Unsupervised>().unwrap().vote
}

fn with_cases() -> Plan {
    short(&WITH_CASES)
}

const WITH_CASES: [&str; 4] = [
    "protocol.variation=[{ name = \"0\", cv = 0.0, seeds = 2 }, { name = \"half\", cv = 0.5, seeds = 1 }]",
    "protocol.retention={ tau = \"78 ks\", lifetime_sigma = 0.5 }",
    "protocol.ageing=[{ after = \"0 s\" }, { after = \"20 ks\" }]",
    "protocol.validation=0.1",
];

#[test]
fn devices_decay_from_one_presentation_to_the_next() {
    let (_folder, search) = folder(150, 40);
    // Nobody spikes, so nothing is programmed: 300 presentations of 0.2 s, each with a pause of 0.05 s.
    let of = |law: &[&str]| {
        let mut more = vec!["population.output.v_th=100 V", "protocol.precision=f64", "protocol.rest=50 ms"];
        more.extend(["device.synapse.parameters.lifetime_sigma=0", "protocol.test_samples=2"]);
        more.extend_from_slice(law);
        let outcome = Way::new(&search).run(&short(&more), &mut Kept::default()).unwrap();
        outcome.arrays.iter().find(|array| array.name == "weight.input").unwrap().data.clone()
    };
    let fresh = of(&["device.synapse.parameters.retention_tau=1 Ts"]);
    let share = (-75.0f64 / 25.0).exp();
    let power = 8.5f64.powf(-0.5);
    for (law, share) in [
        (&["device.synapse.parameters.retention_tau=25 s"][..], share),
        (
            &[
                "device.synapse.model.decay=power",
                "device.synapse.parameters={ retention_t0 = \"10 s\", retention_nu = 0.5, lifetime_sigma = 0 }",
            ],
            power,
        ),
    ] {
        let (mut left, mut stuck) = (0, 0);
        for (got, was) in of(law).iter().zip(&fresh) {
            // Down by the law, to the end of a cell, or stuck.
            let decayed = (got / (was * share) - 1.0).abs() < 3e-3;
            left += u32::from(decayed && *was > 0.0);
            stuck += u32::from(got == was);
        }
        assert!(left > 9000 && left + stuck == 784 * 12 && stuck > 100, "{law:?}: {left}, {stuck}");
    }
}

#[test]
fn a_run_goes_on_from_every_checkpoint_to_the_same_end() {
    let (_folder, search) = folder(150, 40);
    let plan = with_cases();
    let (want, kept) = whole(&plan, Way::new(&search));
    assert_eq!(kept.saved.len(), 4, "two epochs and two cases of variation");
    for (done, bytes) in kept.saved.iter().enumerate() {
        let mut from = Kept::from(bytes);
        let engine = if done % 2 == 0 { Engine::Reference } else { Engine::Fast };
        let outcome =
            Way { engine, threads: 1 + done % 2, ..Way::new(&search) }.run(&plan, &mut from).unwrap();
        assert_eq!(learned(&outcome), learned(&want), "after checkpoint {done}");
        assert_eq!(array_bits(&outcome), array_bits(&want), "after checkpoint {done}");
        assert_eq!(essence(&outcome), essence(&want), "after checkpoint {done}");
        assert_eq!(from.saved[..], kept.saved[done + 1..]);
    }
    let result = learned(&want);
    // The comparisons can fail: the epochs differ, both know the patterns (chance is 0.1), and the model tested is not
    // the last. The two tie in validation, so the earlier one stays, on a resumed run too.
    let validation = |epoch: usize| result.epochs[epoch].validation.unwrap().by(plan_vote(&plan));
    assert_ne!(result.epochs[0].theta_mean, result.epochs[1].theta_mean);
    assert!(result.epochs.iter().all(|epoch| epoch.test.class_mean > 0.5), "{:?}", result.epochs);
    assert_eq!((validation(0), result.tested_epoch), (validation(1), Some(1)));
    // Fresh devices are those of the final test.
    assert_eq!(Some(result.ageing[0].test), result.test);
    assert!(result.ageing[1].conductance < result.ageing[0].conductance);
    assert_eq!(result.variation.iter().map(|case| case.test.len()).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(result.variation[0].loss, 0.0);
}

#[test]
fn a_run_goes_on_from_the_middle_of_an_epoch() {
    let (_folder, search) = folder(300, 20);
    let more = ["protocol.train_samples=300", "population.output.size=8", "protocol.presentation=40 ms"];
    cut_everywhere(&short(&[&WITH_CASES[..], &more].concat()), &search, 2);
}

#[test]
fn a_run_stopped_anywhere_says_so_and_keeps_what_it_has() {
    let (_folder, search) = folder(150, 40);
    let plan = with_cases();
    let (want, kept) = whole(&plan, Way::new(&search));
    // Phase, how often it began before; epochs finished then, and whether the final test was made.
    for (phase, nth, finished, tested) in [
        ("train", 0, 0, false),
        ("label", 0, 0, false),
        ("train", 1, 1, false),
        ("test", 3, 1, false),
        ("test", 4, 2, false),
        ("variation", 0, 2, true),
    ] {
        let what = format!("{phase} {nth}");
        let (outcome, stopped) = stopped(&plan, &search, Stopper::at(phase, nth, 0), &want);
        let got = learned(&outcome);
        assert_eq!(got.epochs[..], learned(&want).epochs[..finished], "{what}");
        assert_eq!(got.test, if tested { learned(&want).test } else { None }, "{what}");
        assert_eq!(stopped.saved[..finished], kept.saved[..finished], "{what}");
        assert_eq!(stopped.saved.len(), finished + 1, "{what}");
    }
}

#[test]
fn a_checkpoint_of_another_run_is_refused_with_what_differs() {
    let (_folder, search) = folder(150, 40);
    let plan = short(&["protocol.epochs=1"]);
    let bytes = checkpoint(&plan, &search);
    let refused = |plan: &Plan, bytes: &[u8]| refused(plan, &search, bytes);
    let other = short(&["protocol.epochs=1", "population.output.size=13"]);
    assert!(matches!(refused(&other, &bytes), RunError::OtherRun { what: "plan", .. }));
    let mut damaged = bytes;
    damaged[300] ^= 1;
    assert!(matches!(refused(&plan, &damaged), RunError::Checkpoint(_)));
}

#[test]
fn learning_is_paid_for_and_told_apart_from_the_test() {
    let (_folder, search) = folder(150, 40);
    // Nothing but the plain rule, so that every joule can be reckoned.
    let plan = plan(
        "stdp/mnist-100",
        &[
            "population.output.size=12",
            "protocol.epochs=1",
            "protocol.train_samples=150",
            "protocol.test_samples=40",
            "protocol.label_samples=60",
        ],
    );
    let outcome = Way::new(&search).run(&plan, &mut Kept::default()).unwrap();
    let result = learned(&outcome);
    let booked = |ledger: &memspike::energy::Ledger, category| {
        ledger.entries.iter().filter(|e| e.category == category).map(|e| e.joules).sum::<f64>()
    };
    // Pulses of 0.28 V and 1 ms on 784 devices between 0.2 and 4 mS, one per winner's spike.
    let spikes = 12.0 * result.pulses_mean;
    assert_eq!(spikes, (result.epochs[0].spikes_per_sample * 150.0).round());
    let per_pulse = booked(&result.learning, Category::Program) / (spikes * 784.0);
    let at = |g: f64| 0.28 * 0.28 * g * 1e-3;
    assert!(per_pulse > at(2e-4) && per_pulse < at(4e-3), "{per_pulse}");
    // The on-state of a switch: 1.4 uW for 100 us, or until the sample ends.
    let neuron = booked(&result.learning, Category::Neuron);
    assert!(neuron <= spikes * 1.4e-10 * (1.0 + 1e-9) && neuron > 0.98 * spikes * 1.4e-10);
    assert!(booked(&result.learning, Category::Read) > 0.0);
    assert!(result.learning.not_modelled.contains(&Category::Wire));
    assert!(!result.learning.not_modelled.contains(&Category::Program));
    // The test only reads.
    assert_eq!(booked(&outcome.energy, Category::Program), 0.0);
    let inference = outcome.inference.as_ref().unwrap();
    let total = inference.per_inference.total() * inference.inferences as f64;
    assert!((total / outcome.energy.total() - 1.0).abs() < 1e-9);
    // Every sample is somewhere.
    assert_eq!(result.confusion.iter().flatten().sum::<u64>() + result.unanswered, 40);
    let right: u64 = (0..10).map(|class| result.confusion[class][class]).sum();
    assert_eq!(result.test.unwrap().log_likelihood, right as f64 / 40.0);
    assert_eq!((result.classes.len(), result.theta.len()), (12, 12));
    assert_eq!(result.learned, 150);
}

#[test]
fn ideal_weights_learn_the_same_without_joules() {
    let (_folder, search) = folder(150, 40);
    let sizes = ["population.output.size=12", "protocol.epochs=1", "protocol.precision=f64"];
    let with = plan("stdp/mnist-100", &sizes);
    let mut without = with.clone();
    without.projections[0].device = None;
    let devices = Way::new(&search).run(&with, &mut Kept::default()).unwrap();
    let ideal = Way::new(&search).run(&without, &mut Kept::default()).unwrap();
    assert!(learned(&ideal).epochs[0].spikes_per_sample > 0.0);
    assert_eq!(devices.fingerprint, ideal.fingerprint);
    assert_eq!(learned(&devices).test, learned(&ideal).test);
    let categories: Vec<Category> = learned(&ideal).learning.entries.iter().map(|e| e.category).collect();
    assert_eq!(categories, [Category::Neuron, Category::Limiter]);
}

#[test]
fn every_change_is_told_and_leads_to_the_weights_that_are_left() {
    let (_folder, search) = folder(40, 10);
    let small = ["protocol.train_samples=40", "protocol.test_samples=10", "protocol.label_samples=10"];
    for (name, size, more) in [
        (
            "stdp/mnist-100",
            12,
            &["projection.input.plasticity.normalise=80", "population.output.v_th=80 mV"][..],
        ),
        (
            "stdp/mnist-100",
            12,
            &[
                "projection.input.plasticity={ rule = \"stdp_pair\", w_max = \"1 mV\", \
            a_minus = 0.2, dependence = \"multiplicative\" }",
                "population.output.v_th=80 mV",
            ],
        ),
        ("stdp/mnist-memristor", 4, &["population.output.competition.reference=0 V"]),
    ] {
        let size_key = format!("population.output.size={size}");
        let mut keys = vec!["protocol.epochs=1", "protocol.precision=f64", size_key.as_str()];
        keys.extend(small.iter().chain(more));
        let plan = plan(name, &keys);
        let quiet = Way::new(&search).run(&plan, &mut Kept::default()).unwrap();
        let mut watcher = Watcher { changes: true, ..Watcher::default() };
        let way = Way { watcher: Some(&mut watcher), ..Way::new(&search) };
        let told = way.run(&plan, &mut Kept::default()).unwrap();
        assert_eq!(told.fingerprint, quiet.fingerprint, "{name}");
        assert_eq!(array_bits(&told), array_bits(&quiet), "{name}");
        let mut weights = std::collections::BTreeMap::new();
        let (mut joules, mut changes) = (0.0, 0);
        for (_, record) in &watcher.records {
            let Record::Change { change, .. } = record else { continue };
            let at = change.row as usize * size + change.column as usize;
            if let Some(before) = weights.insert(at, change.after) {
                assert_eq!(before, change.before, "{name}");
            }
            changes += 1;
            joules += change.joules.unwrap();
        }
        assert!(changes > 1000, "{name}: {changes}");
        let left = &told.arrays.iter().find(|array| array.name == "weight.input").unwrap().data;
        assert!(weights.iter().all(|(at, w)| left[*at] == *w), "{name}");
        let booked = learned(&told).learning.entries.iter();
        let booked: f64 = booked.filter(|e| e.category == Category::Program).map(|e| e.joules).sum();
        // What pulses of rows spend on devices whose column rests is nobody's change.
        let overlap = name == "stdp/mnist-memristor";
        assert!(
            if overlap { joules < booked } else { (joules / booked - 1.0).abs() < 1e-9 },
            "{joules} {booked}"
        );
    }
}

#[test]
fn any_rule_is_the_same_whatever_carries_it_out_and_wherever_it_is_cut() {
    let (_folder, search) = folder(40, 10);
    for rule in [
        "{ rule = \"post_trace\", a_plus = 0.1, target = 0.2, tau_plus = \"1 ms\", w_max = \"1 mV\" }",
        "{ rule = \"stdp_triplet\", a_plus = 0.1, a_minus = 0.1, relative_to = \"span\", w_max = \"1 mV\", \
         cv_cycle = 0.2, endurance = { n_f = 300, m = 1.0 }, dispersion = { a_minus = 0.3, g_min = 0.2 } }",
    ] {
        let mut plan =
            short(&["protocol.train_samples=40", "protocol.test_samples=10", "protocol.label_samples=10"]);
        let key = format!("projection.input.plasticity={rule}");
        let other = memspike::scenario::load("stdp/mnist-100", &[key], None).unwrap().plan;
        plan.projections[0].plasticity.clone_from(&other.projections[0].plasticity);
        let (want, kept) = whole(&plan, Way::new(&search));
        let spikes = learned(&want).epochs[1].spikes_per_sample;
        assert!(spikes > 0.2, "{rule}: {spikes}");
        let mut from = Kept::from(&kept.saved[0]);
        let others = [
            Way { engine: Engine::Reference, ..Way::new(&search) }.run(&plan, &mut Kept::default()).unwrap(),
            Way { threads: 2, ..Way::new(&search) }.run(&plan, &mut from).unwrap(),
        ];
        for got in &others {
            assert_eq!(array_bits(got), array_bits(&want), "{rule}");
            assert_eq!(essence(got), essence(&want), "{rule}");
        }
    }
}
