//! What records of synapses have in them.

use crate::common::{Kept, Watcher, Way, plan};
use memspike::dataset::Search;
use memspike::engine::Record;
use memspike::scenario::outcome::{NamedArray, Outcome};
use memspike::scenario::plan::Plan;
use memspike::time::Time;

fn watched(plan: &Plan) -> (Vec<Record>, Outcome) {
    let (mut seen, search) = (Watcher::default(), Search::default());
    let outcome =
        Way { watcher: Some(&mut seen), ..Way::new(&search) }.run(plan, &mut Kept::default()).unwrap();
    (seen.records.into_iter().map(|(_, record)| record).collect(), outcome)
}

fn array<'a>(outcome: &'a Outcome, name: &str) -> &'a NamedArray {
    outcome.arrays.iter().find(|array| array.name == name).unwrap()
}

/// Every sample is what a run that ends there ends with; a device between two pulses too.
#[test]
fn sampled_weights_are_those_of_a_run_that_ends_then() {
    for (name, projection, duration, interval) in
        [("stdp/plastic-crossbar", "synapses", "140 ms", 50), ("stdp/pairs-device", "synapse", "250 ms", 100)]
    {
        let lasting = |duration: &str, weights: &str| {
            let duration = format!("protocol.duration={duration}");
            let every = format!("record.weights_interval={interval} ms");
            let changes: &[&str] =
                if weights.is_empty() { &[&duration] } else { &[&duration, weights, &every] };
            plan(name, changes)
        };
        let weights = format!("record.weights=[\"{projection}\"]");
        let (records, _) = watched(&lasting(duration, &weights));
        let at = |ms: u64| -> Vec<((u32, u32), f64)> {
            let of = |record: &Record| match *record {
                Record::Weight { time, row, column, weight, .. } if time == Time::from_ms(ms) => {
                    Some(((row, column), weight))
                }
                _ => None,
            };
            records.iter().filter_map(of).collect()
        };
        let last: u64 = duration.trim_end_matches(" ms").parse().unwrap();
        let times: Vec<u64> = (0..last).step_by(interval).chain([last]).collect();
        let sampled: usize = times.iter().map(|&ms| at(ms).len()).sum();
        let all = records.iter().filter(|record| matches!(record, Record::Weight { .. })).count();
        assert_eq!(sampled, all, "{name}: at no other time");
        let mut changed = 0;
        for (k, &ms) in times.iter().enumerate().skip(1) {
            let (_, whole) = watched(&lasting(&format!("{ms} ms"), ""));
            let want = array(&whole, &format!("weight.{projection}"));
            let got = at(ms);
            assert!(got.iter().map(|(_, weight)| weight).eq(&want.data), "{name} at {ms} ms");
            if want.cols > 1 {
                let ends = |(n, ((row, column), _)): (usize, &((u32, u32), f64))| {
                    (n / want.cols, n % want.cols) == (*row as usize, *column as usize)
                };
                assert!(got.iter().enumerate().all(ends), "{name}");
            }
            changed += at(times[k - 1]).iter().zip(&got).filter(|(one, other)| one != other).count();
        }
        assert!(changed > 0, "{name}: nothing has learned");
    }
}

/// Who is joined to whom, from the description of a network that draws nothing, and of one that draws everything.
#[test]
fn connections_are_the_synapses_with_weight_and_delay() {
    let pairs = plan("stdp/pairs", &["record.connections=[\"synapse\"]", "protocol.duration=1 ms"]);
    let (records, outcome) = watched(&pairs);
    let weights = &array(&outcome, "weight.synapse").data;
    let mut count = 0;
    for record in &records {
        if let Record::Synapse { projection: 0, row, column, weight, delay } = *record {
            assert_eq!((row, column, weight), (count, count, weights[count as usize]));
            assert_eq!(delay, pairs.projections[0].delay);
            count += 1;
        }
    }
    assert_eq!(count as usize, weights.len());

    let names = "record.connections=[\"ee\"]";
    let brunel = plan("networks/brunel-small", &[names, "protocol.duration=1 ms"]);
    let (records, _) = watched(&brunel);
    let size = brunel.populations[0].size;
    let mut to = vec![0; size as usize];
    for record in &records {
        if let Record::Synapse { projection, row, column, weight, delay } = *record {
            assert_eq!(&brunel.projections[projection as usize].name, "ee");
            assert!(row < size && column < size);
            assert_eq!((weight, delay), (0.1e-3, Time::from_fs(1_500_000_000_000)));
            to[column as usize] += 1;
        }
    }
    // A fixed number of synapses for every neuron.
    assert!(to.iter().all(|&synapses| synapses == to[0] && synapses > 0));
}

/// Where samples are shown, before the first of them.
#[test]
fn connections_are_told_where_a_projection_is_trained() {
    let (_folder, search) = crate::common::folder(20, 10);
    for (name, projection) in [("mnist", "input"), ("stdp/mnist-100", "input")] {
        let names = format!("record.connections=[\"{projection}\"]");
        let few = ["protocol.epochs=1", "protocol.train_samples=10", "protocol.test_samples=2"];
        let mut changes = vec![names.as_str()];
        changes.extend(few);
        if name.starts_with("stdp") {
            changes.push("protocol.label_samples=4");
        }
        let plan = plan(name, &changes);
        let mut seen = Watcher::default();
        let way = Way { watcher: Some(&mut seen), ..Way::new(&search) };
        way.run(&plan, &mut Kept::default()).unwrap();
        let synapse = |record: &Record| matches!(record, Record::Synapse { projection: 0, .. });
        let first = seen.records.iter().take_while(|(_, record)| synapse(record)).count();
        let size = plan.populations[0].size as usize;
        assert_eq!(first, 784 * size, "{name}");
        assert_eq!(seen.records.iter().filter(|(_, record)| synapse(record)).count(), first);
    }
}
