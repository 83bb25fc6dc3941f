//! Training and testing read-outs that are deaf after a spike or reset to a level: the gradient and the
//! leakage are those of slow computations, and the bits depend on neither engine nor threads.

use crate::common;
use memspike::dataset::drawn::digits;
use memspike::device::threshold::ThresholdSpread;
use memspike::encoding::RateCode;
use memspike::engine::{Heap, Lanes, Queue, Record, Silent, Simulation, Stream};
use memspike::network::{Builder, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Neuron, Reset, Switch};
use memspike::numeric::Real;
use memspike::readout::cross_entropy;
use memspike::record::fingerprint::Fingerprint;
use memspike::time::Time;
use memspike::training::{
    Evaluation, Reporting, Samples, Schedule, Settings, Test, Trainer, evaluate, shuffled,
};
use memspike::units::{Hertz, Second};
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

const PRESENTATION: Time = Time::from_fs(100_000_000_000_000);
const SEED: u64 = 3;

struct Data {
    code: RateCode,
    labels: Vec<u8>,
}

fn data() -> &'static Data {
    static DATA: OnceLock<Data> = OnceLock::new();
    DATA.get_or_init(|| {
        let set = digits(300, 10);
        Data { code: RateCode::new(&set.train.images, 784, Hertz::new(100.0)), labels: set.train.labels }
    })
}

fn network(neuron: impl Into<Neuron>, outputs: u32) -> Network {
    let mut builder = Builder::default();
    let source = builder.source("retina", 784, SourceKind::Poisson);
    let output = builder.population("output", outputs, neuron);
    builder.projection("input", source, output, Kernel::Delta, Time::ZERO, Rows::Dense);
    builder.finish().unwrap()
}

fn switch(cycle: f64, device: f64) -> Switch {
    Switch { spread: ThresholdSpread { cycle, device, ..ThresholdSpread::default() }, ..Switch::default() }
}

/// Every way in which a spike can act on the membrane and the arrivals after it.
fn readouts() -> Vec<(&'static str, Neuron)> {
    let lif = |reset, t_ref: f64| Neuron::from(Lif { reset, t_ref: Second::new(t_ref), ..Lif::default() });
    vec![
        ("reset to rest", lif(Reset::Rest, 0.0)),
        ("reset to hold", lif(Reset::Hold, 0.0)),
        ("reset to rest and deaf", lif(Reset::Rest, 3e-3)),
        ("subtracting and deaf", lif(Reset::Subtract, 3e-3)),
        ("switch", switch(0.0, 0.0).into()),
        ("switch with spread", switch(0.08, 0.05).into()),
    ]
}

fn values(network: &Network, scale: f64) -> Vec<Vec<f64>> {
    let theta = network.populations[0].lif.theta();
    let mut state = 5;
    let count = 784 * network.populations[0].size;
    let mut draw = || {
        let z = (common::word(&mut state) >> 11) as f64 / (1u64 << 53) as f64;
        scale * theta * (0.005 + 0.034 * (z - 0.5))
    };
    vec![(0..count).map(|_| draw()).collect()]
}

fn settings(batch: usize) -> Settings {
    Settings {
        projection: 0,
        seed: SEED,
        batch,
        presentation: PRESENTATION,
        count_gain: 1.0,
        steepness: 5.0,
        schedule: Schedule { rate: 1e-3, rate_final: 2e-5, steps: 20 },
        betas: (0.9, 0.999),
        epsilon: 1e-8,
        bound: None,
    }
}

/// A neuron followed through the stream: its membrane relative to rest, its thresholds and its holds.
struct Followed<'a> {
    network: &'a Network,
    neuron: u32,
    x: f64,
    /// Since when it moves freely.
    free: u64,
    now: u64,
    fired: u32,
    /// Decay of its membrane since the last event.
    decay: f64,
}

impl<'a> Followed<'a> {
    fn new(network: &'a Network, neuron: u32) -> Self {
        Self { network, neuron, x: 0.0, free: 0, now: 0, fired: 0, decay: 1.0 }
    }

    fn held(&self, time: u64) -> bool {
        time < self.free
    }

    fn advance(&mut self, time: u64) {
        let tau = self.network.populations[0].lif.tau_m.get();
        let from = self.now.max(self.free).min(time);
        self.decay = (-((time - from) as f64) * 1e-15 / tau).exp();
        self.x *= self.decay;
        self.now = time;
    }

    /// Threshold of the cycle, drawn anew by its definition.
    fn v_th(&self, episode: u64) -> f64 {
        let population = &self.network.populations[0];
        let Some(switch) = population.neuron.switch() else { return population.lif.v_th.get() };
        let median = switch.spread.device_median(&switch.device, SEED, self.neuron);
        let mut stream =
            memspike::random::Stream::new(SEED, memspike::random::Purpose::Threshold, self.neuron, episode);
        let drawn = (0..=self.fired).map(|_| stream.next_word()).last().unwrap();
        switch.spread.cycle_v_th(&switch.device, median, drawn)
    }

    fn fire(&mut self, time: u64, episode: u64) -> u64 {
        let lif = &self.network.populations[0].lif;
        let v_th = self.v_th(episode);
        let rest = lif.u_rest.get();
        self.x = match lif.reset {
            Reset::Rest => 0.0,
            Reset::Value => lif.u_reset.get() - rest,
            Reset::Hold => lif.v_hold.get() - rest,
            Reset::Subtract => self.x - lif.theta(),
        };
        let seconds = match self.network.populations[0].neuron.switch() {
            Some(_) => lif.tau_m.get() * ((v_th - rest) / (lif.v_hold.get() - rest)).ln(),
            None => lif.t_ref.get(),
        };
        let span = (seconds * 1e15).round() as u64;
        self.free = time + span;
        self.fired += 1;
        span
    }
}

fn stream(network: &Network, weights: &Weights<f64>, sample: usize, episode: u64) -> (Vec<Record>, Vec<u32>) {
    let mut simulation = Simulation::<f64, Heap>::new(network, SEED);
    simulation.begin(episode, &[data().code.block(sample, 0)]);
    let mut stream = Stream::default();
    simulation.run(weights, PRESENTATION, &mut stream);
    (stream.records, simulation.counts().spikes[0].clone())
}

/// dL/dw of one neuron by its definition: a trace per input, which decays with the membrane, is lost where
/// an arrival is, and forgotten where the reset forgets.
fn slow_gradient(
    network: &Network,
    values: &[f64],
    records: &[Record],
    error: f64,
    neuron: u32,
    episode: u64,
) -> Vec<f64> {
    let lif = &network.populations[0].lif;
    let outputs = network.populations[0].size as usize;
    let beta = 5.0 / lif.theta();
    let mut followed = Followed::new(network, neuron);
    let mut traces = vec![0.0; 784];
    let mut gradient = vec![0.0; 784];
    for record in records {
        match record {
            Record::Arrival { time, row, .. } => {
                followed.advance(time.fs());
                traces.iter_mut().for_each(|trace| *trace *= followed.decay);
                if followed.held(time.fs()) {
                    continue;
                }
                traces[*row as usize] += 1.0;
                followed.x += values[*row as usize * outputs + neuron as usize];
                let theta = followed.v_th(episode) - lif.u_rest.get();
                let s = 1.0 / (1.0 + beta * (followed.x - theta).abs()).powi(2);
                for (gradient, trace) in gradient.iter_mut().zip(&traces) {
                    *gradient += error * s * trace;
                }
            }
            Record::Spike(spike) if spike.neuron == neuron => {
                let theta = followed.v_th(episode) - lif.u_rest.get();
                assert!(followed.x >= theta - 1e-12 && !followed.held(spike.time.fs()));
                followed.fire(spike.time.fs(), episode);
                if lif.reset != Reset::Subtract {
                    traces.fill(0.0);
                }
            }
            _ => {}
        }
    }
    gradient
}

#[test]
fn the_gradient_of_a_held_readout_is_that_of_a_slow_computation() {
    for (what, neuron) in readouts() {
        for outputs in [10u32, 18] {
            let network = network(neuron.clone(), outputs);
            let values = values(&network, 4.0);
            let weights = Weights::<f64>::from_values(&network, &values);
            let batch: Vec<u32> = (40..46).collect();
            let (mut sum, mut spikes) = (vec![0.0; 784 * outputs as usize], 0);
            for (position, &sample) in batch.iter().enumerate() {
                let episode = 100 + position as u64;
                let (records, counts) = stream(&network, &weights, sample as usize, episode);
                spikes += counts.iter().sum::<u32>();
                let mut error = vec![0.0; outputs as usize];
                let _ = cross_entropy(&counts, usize::from(data().labels[sample as usize]), 1.0, &mut error);
                for (j, &error) in error.iter().enumerate() {
                    let part = slow_gradient(&network, &values[0], &records, error, j as u32, episode);
                    for (i, part) in part.into_iter().enumerate() {
                        sum[i * outputs as usize + j] += part / batch.len() as f64;
                    }
                }
            }
            assert!(spikes > 60, "{what}: {spikes} spikes");
            let mut trainer = Trainer::<f64, Lanes, Silent>::new(&network, settings(batch.len()), weights);
            let samples = Samples { code: &data().code, labels: &data().labels };
            let (cancel, mut fingerprint) = (AtomicBool::new(false), Fingerprint::new());
            trainer.epoch(samples, &batch, 100, &cancel, &mut fingerprint, None, &mut |_, _, _| {});
            let stride = trainer.adam.first.len() / 784;
            let largest = sum.iter().fold(0.0f64, |largest, g| largest.max(g.abs()));
            assert!(largest > 1e-3, "{what}: {largest}");
            for (index, &want) in sum.iter().enumerate() {
                let (row, column) = (index / outputs as usize, index % outputs as usize);
                // The first moment of Adam is 0.1 g after one step.
                let got = trainer.adam.first[row * stride + column] / 0.1;
                assert!((got - want).abs() < 1e-9 * largest, "{what}: {row} {column}: {got} {want}");
            }
        }
    }
}

/// Integral of u^2 while off, by stepping along the events.
#[test]
fn leakage_leaves_out_the_time_a_switch_is_on() {
    let network = network(switch(0.08, 0.05), 10);
    let lif = &network.populations[0].lif;
    let (tau, rest) = (lif.tau_m.get(), lif.u_rest.get());
    let values = values(&network, 4.0);
    let weights = Weights::<f64>::from_values(&network, &values);
    let (cancel, mut fingerprint) = (AtomicBool::new(false), Fingerprint::new());
    let mut reporting =
        Reporting { cancel: &cancel, fingerprint: &mut fingerprint, observer: None, advance: &mut |_| {} };
    let few = Samples { code: &data().code, labels: &data().labels[..3] };
    let test = Test {
        population: 0,
        seed: SEED,
        first_episode: 100,
        duration: PRESENTATION,
        leakage: true,
        what: "",
    };
    let got = evaluate::<f64, Lanes, Silent>(&network, &weights, few, test, &mut reporting);
    let (mut want, mut on) = (0.0, 0u128);
    for sample in 0..3 {
        let episode = 100 + sample as u64;
        let (records, _) = stream(&network, &weights, sample, episode);
        for neuron in 0..10u32 {
            let mut followed = Followed::new(&network, neuron);
            let mut off = |followed: &mut Followed<'_>, until: u64| {
                let from = followed.now.max(followed.free);
                if until > from {
                    let dt = (until - from) as f64 * 1e-15 / 20.0;
                    let x = followed.x.clamp(0.0, followed.v_th(episode) - rest);
                    for k in 0..20 {
                        let u = rest + x * (-(f64::from(k) + 0.5) * dt / tau).exp();
                        want += u * u * dt;
                    }
                }
                followed.advance(until);
            };
            for record in &records {
                match record {
                    Record::Arrival { time, row, .. } => {
                        off(&mut followed, time.fs());
                        if !followed.held(time.fs()) {
                            followed.x += values[0][*row as usize * 10 + neuron as usize];
                        }
                    }
                    Record::Spike(spike) if spike.neuron == neuron => {
                        on += u128::from(followed.fire(spike.time.fs(), episode));
                    }
                    _ => {}
                }
            }
            off(&mut followed, PRESENTATION.fs());
        }
    }
    let square = got.square_voltage.unwrap();
    assert!((square - want).abs() < 1e-6 * want, "{square} {want}");
    // The same logarithm from another library, rounded to femtoseconds.
    let spikes = got.totals.spikes[0];
    assert!(got.totals.held[0].abs_diff(on) <= u128::from(spikes), "{} {on}", got.totals.held[0]);
    assert!(spikes > 30);
}

fn trained<R: Real, Q: Queue<R> + Send>(network: &Network, threads: usize) -> (Vec<u64>, String, Evaluation) {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    pool.install(|| {
        let weights = Weights::<R>::from_values(network, &values(network, 1.0));
        let mut trainer = Trainer::<R, Q, Silent>::new(network, settings(64), weights);
        let samples = Samples { code: &data().code, labels: &data().labels };
        let (cancel, mut fingerprint) = (AtomicBool::new(false), Fingerprint::new());
        let order = shuffled(300, SEED, 0);
        trainer.epoch(samples, &order, 7, &cancel, &mut fingerprint, None, &mut |_, _, _| {});
        let test = Test {
            population: 0,
            seed: SEED,
            first_episode: 307,
            duration: PRESENTATION,
            leakage: true,
            what: "",
        };
        let mut reporting = Reporting {
            cancel: &cancel,
            fingerprint: &mut fingerprint,
            observer: None,
            advance: &mut |_| {},
        };
        let test = evaluate::<R, Q, Silent>(network, &trainer.weights, samples, test, &mut reporting);
        let weights = trainer.weights.values(network, 0).iter().map(|w| w.to_bits()).collect();
        (weights, fingerprint.hex(), test)
    })
}

#[test]
fn an_epoch_of_switches_has_the_same_bits_under_both_engines_and_any_threads() {
    for outputs in [10, 21] {
        let network = network(switch(0.08, 0.05), outputs);
        let want = trained::<f32, Lanes>(&network, 1);
        assert!(want.2.totals.fire > 100, "{:?}", want.2.totals.fire);
        assert!(trained::<f32, Lanes>(&network, 3) == want, "3 threads");
        assert!(trained::<f32, Heap>(&network, 2) == want, "reference engine");
        let want = trained::<f64, Lanes>(&network, 2);
        assert!(trained::<f64, Heap>(&network, 1) == want, "reference engine in f64");
    }
}
