//! A simulation that is stopped goes on from there: the outcome, and every record, of one that was not.

use crate::common::{Kept, Stopper, Watcher, Way, essence, plan};
use memspike::dataset::Search;
use memspike::engine::Record;
use memspike::scenario::outcome::Status;
use memspike::scenario::plan::Plan;
use memspike::scenario::run::context::{Engine, RunError};
use memspike::time::Time;

/// Plans of every form, learning and not, sampled and not.
fn plans() -> Vec<Plan> {
    let membrane = "record.membrane=[\"e\"]";
    vec![
        plan(
            "networks/brunel-small",
            &["protocol.duration=20 ms", membrane, "record.membrane_interval=0.7 ms"],
        ),
        plan("networks/vogels-abbott-currents", &["protocol.duration=40 ms"]),
        plan("networks/ring", &[]),
        plan("networks/synfire", &[]),
        plan("stdp/pairs", &[]),
        plan("stdp/pairs-device", &["record.weights=[\"synapse\"]", "record.weights_interval=33 ms"]),
        plan(
            "stdp/plastic-crossbar",
            &[
                "protocol.duration=400 ms",
                "record.connections=[\"synapses\"]",
                "record.weights=[\"synapses\"]",
                "record.weights_interval=100 ms",
            ],
        ),
    ]
}

#[test]
fn a_simulation_that_is_stopped_twice_has_the_outcome_and_the_records_of_one_that_is_not() {
    let search = Search::default();
    for plan in plans() {
        let name = plan.name.clone();
        let mut seen = Watcher::default();
        let whole = Way { watcher: Some(&mut seen), ..Way::new(&search) };
        let whole = whole.run(&plan, &mut Kept::default()).unwrap();
        assert!(whole.status == Status::Done && whole.counts.events.fire > 0, "{name}");

        let mut records: Vec<Record> = Vec::new();
        let mut kept = Kept::default();
        let cuts = [(3, Engine::Fast, 2), (110, Engine::Reference, 1), (u64::MAX, Engine::Fast, 1)];
        for (steps, engine, threads) in cuts {
            let mut part = Watcher::default();
            let stopper = Stopper::at("simulate", 0, steps);
            let way = Way { engine, threads, stopper, watcher: Some(&mut part), ..Way::new(&search) };
            let outcome = way.run(&plan, &mut kept).unwrap();
            let end = if steps == u64::MAX { Status::Done } else { Status::Interrupted };
            assert_eq!(outcome.status, end, "{name}");
            if end == Status::Interrupted {
                // What is sampled at the end of a part comes after what is kept of it.
                let weights = seen.records.iter().filter(
                    |(_, record)| matches!(record, Record::Weight { time, .. } if *time == Time::ZERO),
                );
                let last = plan.record.membrane.len() + weights.count();
                part.records.truncate(part.records.len() - last);
                kept = Kept::from(kept.saved.last().unwrap());
            } else {
                assert!(kept.saved.is_empty());
                assert_eq!(essence(&outcome), essence(&whole), "{name}");
            }
            records.extend(part.records.into_iter().map(|(_, record)| record));
        }
        let want: Vec<Record> = seen.records.into_iter().map(|(_, record)| record).collect();
        assert!(records == want, "{name}: {} records, not {}", records.len(), want.len());
    }
}

#[test]
fn a_checkpoint_of_another_seed_or_plan_is_refused_and_a_damaged_one_too() {
    let search = Search::default();
    let plan = plan("stdp/pairs", &[]);
    let mut kept = Kept::default();
    Way { stopper: Stopper::at("simulate", 0, 9), ..Way::new(&search) }.run(&plan, &mut kept).unwrap();
    let bytes = kept.saved.pop().unwrap();
    let refused =
        |plan: &Plan, bytes: &[u8]| Way::new(&search).run(plan, &mut Kept::from(bytes)).unwrap_err();
    let other = Plan { seed: plan.seed + 1, ..plan.clone() };
    assert!(matches!(refused(&other, &bytes), RunError::OtherRun { what: "seed", .. }));
    let other = crate::common::plan("stdp/pairs", &["protocol.duration=2 s"]);
    assert!(matches!(refused(&other, &bytes), RunError::OtherRun { what: "plan", .. }));
    for place in [0, 40, bytes.len() / 2, bytes.len() - 1] {
        let mut damaged = bytes.clone();
        damaged[place] ^= 4;
        assert!(matches!(refused(&plan, &damaged), RunError::Checkpoint(_)), "byte {place}");
    }
    assert!(matches!(refused(&plan, &bytes[..bytes.len() - 9]), RunError::Checkpoint(_)));
}
