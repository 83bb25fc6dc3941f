//! Training of a small network, whatever the threads and wherever it is cut.

use super::*;
use crate::dataset::yin_yang;
use crate::encoding::{FirstSpikes, Latency};
use crate::engine::Threads;
use crate::engine::lockstep::Net;
use crate::network::{Builder, Kernel, Origin, Rows, SourceKind, Weights};
use crate::neuron::Lif;
use crate::random::{Purpose, Stream, unit};
use crate::record::Fingerprint;
use crate::time::Time;
use crate::training::{EpochReport, Schedule, Until, shuffled};
use crate::units::{Ohm, Second, Volt};
use std::sync::atomic::AtomicBool;

const SAMPLES: usize = 300;

/// 5-30-3.
fn trainer() -> Layered<f32> {
    let mut builder = Builder::default();
    let lif = Lif { u_rest: Volt::new(0.0), r_m: Ohm::new(250e3), ..Lif::default() };
    let source = builder.source("points", 5, SourceKind::List(Vec::new()));
    let hidden = builder.population("hidden", 30, lif.clone());
    let output = builder.population("output", 3, lif);
    let kernel = || Kernel::Exponential { tau: Second::new(4.705e-3) };
    builder.projection("first", source, hidden, kernel(), Time::ZERO, Rows::Dense);
    builder.projection("second", Origin::Population(hidden), output, kernel(), Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    let mut stream = Stream::new(5, Purpose::InitialWeight, 0, 0);
    let mut drawn = |count: usize, low: f64, high: f64| -> Vec<f64> {
        (0..count).map(|_| 1e-6 * (low + (high - low) * unit(stream.next_word()))).collect()
    };
    let values = [drawn(150, 0.0, 3.0), drawn(90, 0.0, 0.3)];
    let net = Net::new(&network).unwrap();
    let first = FirstSpike { tau: 0.4, early: 0.003, tau_early: 10.0, silent: 9.41 };
    let settings = Settings {
        seed: 1,
        batch: 32,
        presentation: Time::from_ms(60),
        loss: Loss::FirstSpike(first),
        least_slope: 0.2,
        activity: Some(Activity { floor: 0.3, raise: 1e-3 }),
        schedule: Schedule { rate: 0.02, rate_final: 2e-3, steps: 60 },
        betas: (0.9, 0.999),
        epsilon: 1e-8,
        bound: None,
        delays: None,
        devices: Vec::new(),
    };
    Layered::new(net, settings, &Weights::from_values(&network, &values))
}

/// Six epochs, whose weights, fingerprint and last report come back. `cut`: every epoch is interrupted after each batch.
fn train(threads: usize, cut: bool) -> (Vec<Vec<f32>>, String, EpochReport) {
    let set = yin_yang::points(SAMPLES, 0);
    let ms = Time::from_ms;
    let latency = Latency { at_zero: ms(1), at_one: ms(25), above: -1.0, bias: Some(ms(15)) };
    let values = (0..SAMPLES).flat_map(|index| set.train.values(index));
    let code = FirstSpikes::new(values, yin_yang::SIZE, &latency);
    let samples = Samples { code: &code, labels: &set.train.labels };
    let mut trainer = trainer();
    let mut fingerprint = Fingerprint::new();
    let (stop, threads) = (AtomicBool::new(false), Threads::new(threads).unwrap());
    let mut last = EpochReport::default();
    for epoch in 0..6 {
        let order = shuffled(SAMPLES as u32, 1, epoch);
        let mut report = EpochReport::default();
        while report.presented < SAMPLES as u64 {
            let until = Until { stop: &stop, due: &|| cut };
            let shows = Shows { fingerprint: &mut fingerprint, observer: None };
            let lessons = (samples, &order[..], epoch * SAMPLES as u64, until, shows);
            report = trainer.epoch(report, lessons, &threads, &mut |_, _, _| {}).unwrap();
        }
        last = report;
    }
    (trainer.weights().projections, fingerprint.hex(), last)
}

#[test]
fn points_are_learned_with_the_same_bits_on_any_threads_and_with_any_cuts() {
    let (weights, fingerprint, report) = train(1, false);
    assert!(report.accuracy() > 0.7, "{} after six epochs, loss {}", report.accuracy(), report.loss());
    assert_eq!(report.totals.presentations, SAMPLES as u64);
    assert_eq!(report.totals.source, 5 * SAMPLES as u64);
    for (threads, cut) in [(2, false), (1, true)] {
        let other = train(threads, cut);
        assert_eq!(other.0, weights, "{threads} threads, cut {cut}");
        assert_eq!((&other.1, other.2), (&fingerprint, report.clone()));
    }
}
