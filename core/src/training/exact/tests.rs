//! Training of a small network, whatever the threads and wherever it is cut.

use super::*;
use crate::dataset::{Dataset, yin_yang};
use crate::encoding::{FirstSpikes, Latency};
use crate::engine::lockstep::Net;
use crate::engine::{Observer, Record, Threads};
use crate::network::{Builder, Kernel, Origin, Rows, SourceKind, Weights};
use crate::neuron::Lif;
use crate::random::{Purpose, Stream, unit};
use crate::record::Fingerprint;
use crate::time::Time;
use crate::training::{EpochReport, Optimizer, Samples, Schedule, Settings, Until, shuffled};
use crate::units::{Ohm, Second, Volt};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

const SAMPLES: usize = 300;

/// Samples, and the times of their spikes.
fn points() -> (Dataset, FirstSpikes) {
    let set = yin_yang::points(SAMPLES, 0);
    let ms = Time::from_ms;
    let latency = Latency { at_zero: ms(1), at_one: ms(25), above: -1.0, bias: Some(ms(15)) };
    let values = (0..SAMPLES).flat_map(|index| set.train.values(index));
    let code = FirstSpikes::new(values, yin_yang::SIZE, &latency);
    (set, code)
}

/// 5-30-3, all to all; thresholds and time constants learn too.
fn trainer() -> Layered<f32> {
    let (net, settings, exact, weights) = network(Rows::Dense);
    let learned = |rate: f64, least: f64, most: f64| {
        let schedule = Schedule { rate, rate_final: 0.1 * rate, ..settings.schedule };
        Some(Learned { schedule, least, most })
    };
    let exact = Exact { thresholds: learned(0.01, 0.8, 1.2), taus: learned(0.05, 9.0, 9.6), ..exact };
    Layered::new(net, settings, exact, &weights)
}

/// 5-30-3, of which the first projection has these synapses.
fn connected(rows: Rows) -> Layered<f32> {
    let (net, settings, exact, weights) = network(rows);
    Layered::new(net, settings, exact, &weights)
}

fn network(rows: Rows) -> (Net, Settings, Exact, Weights<f32>) {
    let mut builder = Builder::default();
    let lif = Lif { u_rest: Volt::new(0.0), r_m: Ohm::new(250e3), ..Lif::default() };
    let source = builder.source("points", 5, SourceKind::List(Vec::new()));
    let hidden = builder.population("hidden", 30, lif.clone());
    let output = builder.population("output", 3, lif);
    let kernel = || Kernel::Exponential { tau: Second::new(4.705e-3) };
    builder.projection("first", source, hidden, kernel(), Time::ZERO, rows);
    builder.projection("second", Origin::Population(hidden), output, kernel(), Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    let mut stream = Stream::new(5, Purpose::InitialWeight, 0, 0);
    let mut drawn = |count: usize, low: f64, high: f64| -> Vec<f64> {
        (0..count).map(|_| 1e-6 * (low + (high - low) * unit(stream.next_word()))).collect()
    };
    let values = [drawn(network.projections[0].synapses(30), 0.0, 3.0), drawn(90, 0.0, 0.3)];
    let net = Net::new(&network).unwrap();
    let first = FirstSpike { tau: 0.4, early: 0.003, tau_early: 10.0, silent: 9.41 };
    let settings = Settings {
        seed: 1,
        batch: 32,
        presentation: Time::from_ms(60),
        schedule: Schedule::cosine(0.02, 2e-3, 60),
        optimizer: Optimizer::default(),
        bound: None,
    };
    let exact = Exact {
        loss: Loss::cross_entropy(ReadOut::FirstSpike(first)),
        least_slope: 0.2,
        surrogate: None,
        window: None,
        activity: Some(Activity { floor: 0.3, raise: 1e-3, ceiling: f64::INFINITY, lower: 0.0 }),
        delays: None,
        thresholds: None,
        taus: None,
        devices: Vec::new(),
        in_situ: Vec::new(),
    };
    (net, settings, exact, Weights::from_values(&network, &values))
}

/// What is told of weights, and when.
#[derive(Default)]
struct Watching(Vec<(u64, [u32; 3], f64)>);

impl Observer for Watching {
    fn wants_weights(&self) -> Option<u64> {
        Some(64)
    }

    fn record(&mut self, _: u64, record: &Record) {
        if let Record::Trained { samples, projection, row, column, weight, .. } = *record {
            self.0.push((samples, [projection, row, column], weight));
        }
    }
}

#[test]
fn weights_are_told_with_their_ends_before_the_first_batch_and_every_so_many_samples() {
    let (set, code) = points();
    let samples = Samples { code: &code, labels: &set.train.labels, targets: None };
    let (mut fingerprint, stop) = (Fingerprint::new(), AtomicBool::new(false));
    let order: Vec<u32> = (0..96).collect();
    for sparse in [false, true] {
        // Every third synapse from the source.
        let targets = (0..5).flat_map(|row| (0..30).filter(move |column| (row + column) % 3 == 0));
        let rows = Rows::sparse((0..6).map(|row| 10 * row).collect(), targets.collect());
        let mut trainer = connected(if sparse { rows } else { Rows::Dense });
        let network = Arc::clone(&trainer.net().network);
        let before: Vec<f64> = (0..2).flat_map(|index| trainer.weights().values(&network, index)).collect();
        let mut watching = Watching::default();
        let until = Until::stopped(&stop);
        let lessons =
            (samples, &order[..], 0, until, &mut fingerprint, Some(&mut watching as &mut dyn Observer));
        trainer.epoch(EpochReport::default(), lessons, &Threads::one(), &mut |_, _, _| {}).unwrap();
        let of_first = if sparse { 50 } else { 150 };
        let told = |at| watching.0.iter().filter(move |told| told.0 == at).collect::<Vec<_>>();
        for at in [0, 64] {
            let told = told(at);
            assert_eq!(told.len(), of_first + 90, "sparse {sparse}, after {at}");
            assert_eq!(told[1].1, [0, 0, if sparse { 3 } else { 1 }]);
            assert_eq!(told[of_first + 4].1, [1, 1, 1]);
        }
        assert_eq!(told(0).iter().map(|told| told.2).collect::<Vec<_>>(), before);
        assert!(told(0).iter().zip(told(64)).any(|(before, after)| before.2 != after.2));
        assert!(told(96).is_empty(), "no whole 64 are over");
    }
}

/// Six epochs, whose weights, fingerprint and last report come back. `cut`: every epoch is interrupted after each batch.
fn train(threads: usize, cut: bool) -> (Vec<Vec<f32>>, String, EpochReport) {
    let (set, code) = points();
    let samples = Samples { code: &code, labels: &set.train.labels, targets: None };
    let mut trainer = trainer();
    let mut fingerprint = Fingerprint::new();
    let (stop, threads) = (AtomicBool::new(false), Threads::new(threads).unwrap());
    let mut last = EpochReport::default();
    for epoch in 0..6 {
        let order = shuffled(SAMPLES as u32, 1, epoch);
        let mut report = EpochReport::default();
        while report.presented < SAMPLES as u64 {
            let until = Until { stop: &stop, due: &|| cut };
            let lessons = (samples, &order[..], epoch * SAMPLES as u64, until, &mut fingerprint, None);
            report = trainer.epoch(report, lessons, &threads, &mut |_, _, _| {}).unwrap();
        }
        last = report;
    }
    let weights = trainer.weights();
    let kept = Parameters::of(trainer.net(), &weights);
    assert!(kept.thresholds == trainer.parameters.thresholds && kept.taus == trainer.parameters.taus);
    let weights = weights.projections.into_iter().map(Arc::unwrap_or_clone).collect();
    (weights, fingerprint.hex(), last)
}

#[test]
fn points_are_learned_with_the_same_bits_on_any_threads_and_with_any_cuts() {
    let (weights, fingerprint, report) = train(1, false);
    assert!(report.accuracy() > 0.7, "{} after six epochs, loss {}", report.accuracy(), report.loss());
    assert_eq!(report.totals.presentations, SAMPLES as u64);
    assert_eq!(report.totals.source, 5 * SAMPLES as u64);
    // Two projections, no delays, thresholds and time constants of both layers.
    let [_, _, none, no_more, hidden, output, tau, other] = &weights[..] else { panic!("{}", weights.len()) };
    assert!(none.is_empty() && no_more.is_empty() && (hidden.len(), output.len()) == (30, 3));
    let moved = |all: &[f32]| all.iter().any(|&v| v != 1.0) && all.iter().all(|v| (0.8..=1.2).contains(v));
    assert!(moved(hidden) && moved(output), "{hidden:?} {output:?}");
    for tau in [tau, other] {
        assert!((9.0..=9.6).contains(&tau[0]) && (tau[0] - 9.41).abs() > 1e-3, "{tau:?}");
    }
    for (threads, cut) in [(2, false), (1, true)] {
        let other = train(threads, cut);
        assert_eq!(other.0, weights, "{threads} threads, cut {cut}");
        assert_eq!((&other.1, other.2), (&fingerprint, report.clone()));
    }
}

/// A batch in which Adam moves nothing.
#[test]
fn what_leads_to_a_hidden_neuron_that_fires_too_often_is_lowered() {
    let (set, code) = points();
    let (net, settings, exact, weights) = network(Rows::Dense);
    let schedule = Schedule::cosine(0.0, 0.0, 1);
    let activity = Activity { floor: 0.0, raise: 0.0, ceiling: 1.5, lower: 0.25 };
    let before = Parameters::of(&net, &weights);
    let settings = Settings { schedule, ..settings };
    let exact = Exact { activity: Some(activity), ..exact };
    let mut trainer = Layered::new(net.clone(), settings, exact, &weights);
    let (mut fingerprint, stop, order) =
        (Fingerprint::new(), AtomicBool::new(false), (0..32).collect::<Vec<_>>());
    let samples = Samples { code: &code, labels: &set.train.labels, targets: None };
    let until = Until { stop: &stop, due: &|| false };
    let lessons = (samples, &order[..], 0, until, &mut fingerprint, None);
    trainer.epoch(EpochReport::default(), lessons, &Threads::one(), &mut |_, _, _| {}).unwrap();
    let (mut passage, mut spikes) = (Passage::default(), [0_u32; 30]);
    for sample in 0..32 {
        let shown = code.sample(sample).iter();
        let source: Vec<(f32, u32)> =
            shown.map(|&(time, line)| ((time.as_seconds() * 1e3) as f32, line)).collect();
        passage.forward(&net, &before, (1, sample as u64), &source, 60.0);
        passage.tapes[0].spikes.iter().for_each(|spike| spikes[spike.1 as usize] += 1);
    }
    let busy = spikes.map(|count| count > 48);
    assert!(busy.contains(&true) && busy.contains(&false), "{spikes:?}");
    for (k, (after, before)) in trainer.parameters.weights[0].iter().zip(&before.weights[0]).enumerate() {
        let neuron = k % net.layers[0].stride;
        let lowered = neuron < 30 && busy[neuron];
        assert_eq!(*after, if lowered { before - 0.25 } else { *before }, "weight {k}");
    }
    assert_eq!(trainer.parameters.weights[1], before.weights[1], "the read-out");
}

/// Of the first projection in devices.
const W_MAX: f64 = 5.0;

/// The same network, whose weights are learned in pairs of devices.
fn in_devices() -> Layered<f32> {
    use crate::device::memory::DoseMemory;
    use crate::synapse::{Arrangement, DeviceRange, Mapping, Placement, ReadPulse, Spread};
    let preset = crate::device::preset::Preset::named("ag-tio2-pt-rs-analog").unwrap();
    let memory = preset.device.get::<DoseMemory>().unwrap();
    let range = DeviceRange { g_min: memory.device.g_min, g_max: memory.device.g_max, levels: None };
    let pulsed = |projection, w_max| Pulsed {
        projection,
        mapping: Mapping::new(Arrangement::Differential, Placement::OneSided, range, w_max).unwrap(),
        spread: Spread { cv_on: 0.05, cv_off: 0.05, cv_device: 0.0 },
        faults: crate::device::fault::FaultRates { stuck_on: 0.0, stuck_off: 0.01 },
        device: memory.device.clone(),
        differ: memory.spread,
        pulse: crate::plasticity::ProgramPulse {
            v_set: Volt::new(0.24),
            v_reset: Volt::new(0.265),
            width: Second::new(1e-3),
        },
        endurance: None,
        read: ReadPulse { amplitude: Volt::new(0.1), width: Second::new(1e-6) },
        refresh: 0.3,
        update: Update::Size { most: 10 },
    };
    let (net, settings, exact, weights) = network(Rows::Dense);
    let exact = Exact { in_situ: vec![pulsed(0, W_MAX), pulsed(1, 1.0)], ..exact };
    Layered::new(net, settings, exact, &weights)
}

/// Six epochs in devices; `cut`: after every batch another trainer goes on with what was kept.
fn train_in_devices(threads: usize, cut: bool) -> (Vec<Vec<f32>>, State<f32>, EpochReport, Vec<Taken>) {
    let (set, code) = points();
    let samples = Samples { code: &code, labels: &set.train.labels, targets: None };
    let mut trainer = in_devices();
    let mut fingerprint = Fingerprint::new();
    let (stop, threads) = (AtomicBool::new(false), Threads::new(threads).unwrap());
    let mut last = EpochReport::default();
    for epoch in 0..6 {
        let order = shuffled(SAMPLES as u32, 1, epoch);
        let mut report = EpochReport::default();
        while report.presented < SAMPLES as u64 {
            let until = Until { stop: &stop, due: &|| cut };
            let lessons = (samples, &order[..], epoch * SAMPLES as u64, until, &mut fingerprint, None);
            report = trainer.epoch(report, lessons, &threads, &mut |_, _, _| {}).unwrap();
            if cut {
                let (adam, state) = (trainer.adam.clone(), trainer.in_situ().unwrap().state.clone());
                trainer = in_devices();
                trainer.adam = adam;
                assert!(trainer.in_situ().unwrap().fits(&state));
                trainer.go_on_in_situ(state);
            }
        }
        last = report;
    }
    let devices = trainer.in_situ().unwrap();
    (trainer.parameters.weights.clone(), devices.state.clone(), last, devices.taken())
}

#[test]
fn devices_learn_with_the_same_bits_on_any_threads_and_with_any_cuts() {
    let (weights, state, report, taken) = train_in_devices(1, false);
    assert!(report.accuracy() > 0.6, "{} after six epochs, loss {}", report.accuracy(), report.loss());
    for (threads, cut) in [(2, false), (1, true)] {
        let other = train_in_devices(threads, cut);
        assert!(other.0 == weights && other.1 == state, "{threads} threads, cut {cut}");
        assert_eq!((&other.2, &other.3), (&report, &taken));
    }
    // Weights are what their devices make, and nothing else.
    let (scale, stride) = (W_MAX / 3.8e-3, in_devices().net().layers[0].stride);
    for (k, cells) in state.cells[0].chunks(2).enumerate() {
        let w = weights[0][k / 30 * stride + k % 30];
        let want = scale * (cells[0].g - cells[1].g);
        assert!((f64::from(w) - want).abs() < 1e-6, "{w} {want}");
    }
    // What is told is the sum of what was booked.
    for (taken, cells) in taken.iter().zip(&state.cells) {
        assert!(taken.pulses > 0 && taken.pulses == cells.iter().map(|cell| cell.pulses).sum::<u64>());
        let sum: f64 = cells.iter().map(|cell| cell.programmed).sum();
        assert!(sum > 0.0 && (taken.programmed / sum - 1.0).abs() < 1e-12 && taken.read > 0.0);
        assert_eq!(taken.pulses_max, cells.iter().map(|cell| cell.pulses).max().unwrap());
    }
    let sum = |of: fn(&Taken) -> u64| taken.iter().map(of).sum::<u64>();
    assert!(sum(|taken| taken.refreshes) > 10 && sum(|taken| taken.stuck) > 0, "{taken:?}");
}

#[test]
fn the_size_of_the_gradient_is_told_by_layer() {
    let (set, code) = points();
    let samples = Samples { code: &code, labels: &set.train.labels, targets: None };
    let (mut fingerprint, stop) = (Fingerprint::new(), AtomicBool::new(false));
    let order: Vec<u32> = (0..32).collect();
    let mut trainer = connected(Rows::Dense);
    let (net, before) = (trainer.net().clone(), trainer.parameters.clone());
    let lessons = (samples, &order[..], 0, Until::stopped(&stop), &mut fingerprint, None);
    let report = trainer.epoch(EpochReport::default(), lessons, &Threads::one(), &mut |_, _, _| {}).unwrap();
    assert_eq!((report.looked_at, report.gradients.len()), (1, 2));
    // The same batch, sample by sample.
    let (mut passage, mut sum) = (Passage::default(), before.zeroed());
    for &sample in &order {
        let spikes = code.sample(sample as usize).iter();
        let spikes: Vec<(f32, u32)> =
            spikes.map(|&(t, line)| ((t.as_seconds() * 1e3) as f32, line)).collect();
        passage.forward(&net, &before, (1, u64::from(sample)), &spikes, 60.0);
        let label = usize::from(set.train.labels[sample as usize]);
        passage.judge(&net, &before, 60.0, &trainer.exact().loss, Some(Target::Class(label)));
        passage.backward(&net, &before, Slopes { least: 0.2, surrogate: None, window: None }, &mut sum);
    }
    for (index, layer) in net.layers.iter().enumerate() {
        let squares: f64 = sum.weights[index].iter().map(|&g| (f64::from(g) / 32.0).powi(2)).sum();
        let want = (squares / layer.learned as f64).sqrt();
        let got = report.gradients[layer.population];
        assert!(want > 0.0 && (got / want - 1.0).abs() < 1e-4, "layer {index}: {got} and {want}");
    }
}
