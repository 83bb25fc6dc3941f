//! A read-out of drawn digits that is trained by hand, without a scenario and with nobody looking.

use crate::common;
use memspike::dataset::drawn::digits;
use memspike::encoding::RateCode;
use memspike::engine::{Engine, Heap, Record, Simulation, Stream, Threads};
use memspike::network::{Builder, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Neuron, Reset};
use memspike::record::fingerprint::Fingerprint;
use memspike::time::Time;
use memspike::training::{
    Advance, EpochReport, Evaluation, Optimizer, Reporting, Samples, Scalar, Schedule, Settings, Surrogate,
    Test, Trainer, Until, evaluate, shuffled,
};
use memspike::units::Hertz;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, OnceLock};

pub const PRESENTATION: Time = Time::from_fs(100_000_000_000_000);
pub const SEED: u64 = 3;

struct Data {
    train: RateCode,
    train_labels: Vec<u16>,
    test: RateCode,
    test_labels: Vec<u16>,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        let set = digits(600, 100);
        Data {
            train: RateCode::new(set.train.images(), 784, Hertz::new(100.0)),
            train_labels: set.train.labels,
            test: RateCode::new(set.test.images(), 784, Hertz::new(100.0)),
            test_labels: set.test.labels,
        }
    })
}

/// The first of 600 training samples.
pub fn train_samples(count: usize) -> Samples<'static> {
    Samples { code: &data().train, labels: &data().train_labels[..count], targets: None }
}

/// A hundred test samples.
pub fn test_samples() -> Samples<'static> {
    Samples { code: &data().test, labels: &data().test_labels, targets: None }
}

/// `outputs` such neurons, each reached from every pixel.
pub fn network(neuron: impl Into<Neuron>, outputs: u32) -> Arc<Network> {
    let mut builder = Builder::default();
    let source = builder.source("retina", 784, SourceKind::Poisson);
    let output = builder.population("output", outputs, neuron);
    builder.projection("input", source, output, Kernel::Delta, Time::ZERO, Rows::Dense);
    builder.finish().unwrap()
}

/// Weights around `scale` times what makes a neuron spike now and then.
pub fn values(network: &Arc<Network>, scale: f64) -> Vec<Vec<f64>> {
    let theta = network.populations[0].lif.theta();
    let mut state = 5;
    let count = 784 * network.populations[0].size;
    let mut draw = || {
        let z = (common::word(&mut state) >> 11) as f64 / (1u64 << 53) as f64;
        scale * theta * (0.005 + 0.034 * (z - 0.5))
    };
    vec![(0..count).map(|_| draw()).collect()]
}

/// Some weights of 2.7 thresholds, which jump past several at once.
pub fn some_large(network: &Arc<Network>, values: &mut [f64]) {
    values.iter_mut().skip(11).step_by(397).for_each(|w| *w = 2.7 * network.populations[0].lif.theta());
}

/// Whether a weight alone reaches the threshold, and a spike subtracts.
pub fn several(lif: &Lif, values: &[f64]) -> bool {
    let theta = lif.theta();
    lif.reset == Reset::Subtract && values.iter().any(|&w| w >= theta)
}

/// The surrogate derivative of the spikes of a membrane at `u` relative to rest: of one threshold, or, where they may
/// be several, of every one up to the first that it does not reach.
pub fn surrogates(several: bool, u: f64, theta: f64, beta: f64) -> f64 {
    let n = if several { (u / theta).floor().max(0.0) as u32 } else { 0 };
    (1..=n + 1).map(|k| 1.0 / (1.0 + beta * (u - f64::from(k) * theta).abs()).powi(2)).sum()
}

pub fn settings() -> Settings {
    Settings {
        seed: SEED,
        batch: 64,
        presentation: PRESENTATION,
        schedule: Schedule::cosine(1e-3, 2e-5, 20),
        optimizer: Optimizer::default(),
        bound: None,
    }
}

pub const SURROGATE: Surrogate =
    Surrogate { engine: Engine::Fast, projection: 0, count_gain: 1.0, steepness: 5.0 };

/// Everything and what was counted in one presentation of a training sample, on the reference engine.
pub fn recorded(
    network: &Arc<Network>,
    weights: &Weights<f64>,
    sample: usize,
    episode: u64,
) -> (Vec<Record>, Vec<u32>) {
    let mut simulation = Simulation::<f64, Heap>::new(network, SEED);
    simulation.begin(episode, &[data().train.block(sample, 0)]).unwrap();
    let mut stream = Stream::default();
    simulation.run(weights, PRESENTATION, &mut stream).unwrap();
    (stream.records, simulation.counts().spikes[0].clone())
}

/// Where epochs and tests report.
#[derive(Default)]
pub struct Desk {
    pub cancel: Arc<AtomicBool>,
    threads: Threads,
    fingerprint: Fingerprint,
}

impl Desk {
    /// An epoch over the training samples at `order`, the first of which is episode `first`.
    pub fn epoch<R: Scalar>(
        &mut self,
        trainer: &mut Trainer<R>,
        order: &[u32],
        first: u64,
        advance: Advance<'_>,
    ) -> EpochReport {
        let (samples, fingerprint) = (train_samples(600), &mut self.fingerprint);
        let until = Until::stopped(&self.cancel);
        let lessons = (samples, order, first, until, fingerprint, None);
        trainer.epoch(EpochReport::default(), lessons, &self.threads, advance).unwrap()
    }

    /// A test; the first sample is episode `first`.
    pub fn test<R: Scalar>(
        &mut self,
        engine: Engine,
        network: &Arc<Network>,
        weights: &Weights<R>,
        samples: Samples<'_>,
        first: u64,
    ) -> Evaluation {
        let test = Test {
            engine,
            population: 0,
            seed: SEED,
            first_episode: first,
            duration: PRESENTATION,
            what: "test",
        };
        let mut reporting = Reporting {
            threads: &self.threads,
            until: Until::stopped(&self.cancel),
            fingerprint: &mut self.fingerprint,
            observer: None,
            advance: &mut |_| {},
        };
        evaluate(network, weights, samples, (test, Evaluation::default()), &mut reporting).unwrap()
    }
}

/// What an epoch and a test leave behind.
#[derive(Debug, PartialEq)]
pub struct Trained {
    pub weights: Vec<u64>,
    pub fingerprint: String,
    pub report: EpochReport,
    pub test: Evaluation,
}

/// Trains an epoch on the first `count` samples and tests, on so many threads.
pub fn trained<R: Scalar>(
    network: &Arc<Network>,
    (settings, surrogate): (Settings, Surrogate),
    count: u32,
    threads: usize,
) -> Trained {
    let weights = Weights::<R>::from_values(network, &values(network, 1.0));
    let mut trainer = Trainer::<R>::new(network, settings, surrogate, weights);
    let mut desk = Desk { threads: Threads::new(threads).unwrap(), ..Desk::default() };
    let order = shuffled(count, SEED, 0);
    let report = desk.epoch(&mut trainer, &order, 7, &mut |_, _, _| {});
    let first = 7 + u64::from(count);
    let test = desk.test(surrogate.engine, network, &trainer.weights, test_samples(), first);
    let weights = trainer.weights.values(network, 0).iter().map(|w| w.to_bits()).collect();
    Trained { weights, fingerprint: desk.fingerprint.hex(), report, test }
}
