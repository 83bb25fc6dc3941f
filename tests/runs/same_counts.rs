//! What was trained is what runs: the weights of a training, as a list in a scenario of their own, answer the spikes of a sample
//! in `simulate` as they did in the final test, spike by spike.

use crate::common::{Kept, Watcher, Way};
use memspike::dataset::Search;
use memspike::engine::Record;
use memspike::scenario::load_text;
use memspike::scenario::outcome::Outcome;
use memspike::time::Time;
use std::fmt::Write as _;

const PRESENTATION_MS: u32 = 60;

/// Ten read-outs of the drawn digits; the neurons are those of `population`.
fn trained(population: &str) -> String {
    format!(
        "[source.in]\nkind = \"dataset\"\ndataset = \"drawn_digits\"\nencode = {{ kind = \"poisson\", max_rate = \"100 Hz\" }}\n\
         [device.ts]\npreset = \"ag-tio2-pt-ts\"\n{population}\
         [projection.p]\nfrom = \"in\"\nto = \"out\"\nweight = {{ normal = [0.02, 0.03], unit = \"threshold\" }}\n\
         [protocol]\nkind = \"supervised\"\nepochs = 1\ntrain_samples = 40\ntest_samples = 6\npresentation = \"{PRESENTATION_MS} ms\"\n"
    )
}

/// The same neurons behind the weights `rows` by 10, given the spikes of one sample.
fn alone(population: &str, weights: &[f64], arrivals: &[(Time, u32)]) -> String {
    let mut spikes = String::new();
    for (time, line) in arrivals {
        let _ = write!(spikes, "[\"{} fs\", {line}], ", time.fs());
    }
    let mut synapses = String::new();
    for (k, w) in weights.iter().enumerate() {
        let _ = write!(synapses, "[{}, {}, \"{w:e} V\"], ", k / 10, k % 10);
    }
    format!(
        "[source.in]\nkind = \"spike_list\"\nsize = {}\nspikes = [{spikes}]\n[device.ts]\npreset = \"ag-tio2-pt-ts\"\n{population}\
         [projection.p]\nfrom = \"in\"\nto = \"out\"\nconnect = \"list\"\nsynapses = [{synapses}]\n\
         [protocol]\nkind = \"simulate\"\nduration = \"{PRESENTATION_MS} ms\"\n",
        weights.len() / 10
    )
}

fn watched(text: &str) -> (Outcome, Watcher) {
    let plan = load_text("test.toml", text, &[], None).unwrap_or_else(|faults| panic!("{faults}")).plan;
    let (search, mut watcher) = (Search::default(), Watcher::default());
    let outcome =
        Way { watcher: Some(&mut watcher), ..Way::new(&search) }.run(&plan, &mut Kept::default()).unwrap();
    (outcome, watcher)
}

/// (Time, neuron) of the spikes of the population in an episode, in the order of time and neuron.
fn spikes(watcher: &Watcher, episode: u64) -> Vec<(Time, u32)> {
    let of = |(number, record): &(u64, Record)| match record {
        Record::Spike(spike) if *number == episode => Some((spike.time, spike.neuron)),
        _ => None,
    };
    let mut spikes: Vec<_> = watcher.records.iter().filter_map(of).collect();
    spikes.sort_unstable();
    spikes
}

fn answers_as_it_was_tested(population: &str) {
    let (outcome, test) = watched(&trained(population));
    let weights = &outcome.arrays.iter().find(|array| array.name == "weight.p").unwrap().data;
    assert_eq!(weights.len(), 7840);
    let episodes: Vec<u64> =
        test.episodes.iter().filter(|(_, what)| what == "final test").map(|(number, _)| *number).collect();
    assert_eq!(episodes.len(), 6);
    let mut fired = [0; 10];
    for episode in episodes {
        let arrivals: Vec<(Time, u32)> = test
            .records
            .iter()
            .filter_map(|(number, record)| match record {
                Record::Arrival { time, row, .. } if *number == episode => Some((*time, *row)),
                _ => None,
            })
            .collect();
        assert!(arrivals.len() > 100, "{}", arrivals.len());
        let (_, alone) = watched(&alone(population, weights, &arrivals));
        let (want, got) = (spikes(&test, episode), spikes(&alone, 0));
        assert_eq!(got, want, "episode {episode}");
        want.iter().for_each(|(_, neuron)| fired[*neuron as usize] += 1);
    }
    assert!(fired.iter().filter(|count| **count > 0).count() > 3, "{fired:?}");
}

#[test]
fn leaky_neurons_answer_in_a_simulation_as_they_were_tested() {
    answers_as_it_was_tested("[population.out]\nsize = 10\ndevice = \"ts\"\nreset = \"subtract\"\n");
}

#[test]
fn switches_that_differ_answer_in_a_simulation_as_they_were_tested() {
    // Each device has a threshold of its own; what is drawn for each cycle belongs to its presentation.
    answers_as_it_was_tested(
        "[population.out]\nmodel = \"switch\"\nsize = 10\ndevice = \"ts\"\ncycle_cv = 0.0\ndevice_cv = 0.05\n",
    );
}
