//! Training gives the same bits under both engines and any number of threads, and its gradient is the one
//! that a slow computation finds.

use crate::readouts::{
    Desk, PRESENTATION, SEED, SURROGATE, Trained, network, recorded, settings, several, some_large,
    surrogates, train_samples, trained, values,
};
use memspike::engine::{Engine, Heap, Lanes, Queue, Record, Simulation, Spike};
use memspike::network::{Network, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::readout::cross_entropy;
use memspike::training::{Scalar, Settings, Surrogate, Tape, Trainer, shuffled};
use std::sync::Arc;

const GAIN: f64 = 0.3;

fn subtracting(outputs: u32) -> Arc<Network> {
    network(Lif { reset: Reset::Subtract, ..Lif::default() }, outputs)
}

fn same_bits<R: Scalar>(outputs: u32, bound: Option<f64>) -> Trained {
    let network = subtracting(outputs);
    let surrogate = Surrogate { count_gain: GAIN, ..SURROGATE };
    let settings = (Settings { bound, ..settings() }, surrogate);
    let want = trained::<R>(&network, settings, 600, 1);
    assert_eq!(want.report.presented, 600);
    assert!(want.report.totals.fire > 600, "{:?}", want.report.totals.fire);
    for threads in [2, 3] {
        assert!(trained::<R>(&network, settings, 600, threads) == want, "{threads} threads");
    }
    assert!(
        trained::<R>(&network, (settings.0, Surrogate { engine: Engine::Reference, ..surrogate }), 600, 2)
            == want,
        "reference engine"
    );
    want
}

#[test]
fn an_epoch_has_the_same_bits_under_both_engines_and_any_threads_in_f32() {
    let result = same_bits::<f32>(10, None);
    assert!(result.test.accuracy() > 0.3, "it learns: {}", result.test.accuracy());
}

#[test]
fn an_epoch_has_the_same_bits_under_both_engines_and_any_threads_in_f64() {
    let result = same_bits::<f64>(10, Some(0.02));
    let bound = 0.02 * Lif::default().theta();
    let weights: Vec<f64> = result.weights.iter().map(|&bits| f64::from_bits(bits)).collect();
    assert!(weights.iter().all(|w| w.abs() <= bound) && weights.contains(&bound));
}

#[test]
fn a_wide_layer_has_the_same_bits_too() {
    same_bits::<f32>(21, None);
}

#[test]
fn an_epoch_that_is_stopped_has_whole_batches_only() {
    let network = subtracting(10);
    let weights = Weights::<f32>::from_values(&network, &values(&network, 1.0));
    let mut trainer = Trainer::<f32>::new(&network, settings(), SURROGATE, weights);
    let mut desk = Desk::default();
    let cancel = std::sync::Arc::clone(&desk.cancel);
    let report = desk.epoch(&mut trainer, &shuffled(600, SEED, 0), 7, &mut |presented, _, _| {
        if presented >= 128 {
            cancel.store(true, std::sync::atomic::Ordering::Relaxed);
        }
    });
    assert_eq!((report.presented, report.totals.presentations, trainer.adam.steps), (128, 128, 2));
}

/// dL/dw of one presentation by its definition: a trace per input, membranes by `f64::exp`.
fn slow_gradient(network: &Arc<Network>, values: &[f64], records: &[Record], error: &[f64]) -> Vec<f64> {
    let lif = &network.populations[0].lif;
    let several = several(lif, values);
    let (tau, theta) = (lif.tau_m.get(), lif.v_th.get() - lif.u_rest.get());
    let outputs = network.populations[0].size as usize;
    let beta = 5.0 / theta;
    let mut traces = vec![0.0; 784];
    let mut u = vec![0.0; outputs];
    let mut gradient = vec![0.0; 784 * outputs];
    let mut last = 0.0;
    for record in records {
        match record {
            Record::Arrival { time, row, .. } => {
                let now = time.fs() as f64 * 1e-15;
                let decay = (-(now - last) / tau).exp();
                last = now;
                traces.iter_mut().for_each(|trace| *trace *= decay);
                traces[*row as usize] += 1.0;
                for (j, u) in u.iter_mut().enumerate() {
                    *u = *u * decay + values[*row as usize * outputs + j];
                    let s = surrogates(several, *u, theta, beta);
                    for (i, trace) in traces.iter().enumerate() {
                        gradient[i * outputs + j] += error[j] * s * trace;
                    }
                }
            }
            Record::Spike(Spike { neuron, .. }) => u[*neuron as usize] -= theta,
            _ => {}
        }
    }
    gradient
}

#[test]
fn the_gradient_is_that_of_a_slow_computation_and_the_step_is_adams() {
    for (outputs, large) in [(10u32, false), (18, false), (10, true), (18, true)] {
        let network = subtracting(outputs);
        // Large enough weights that every presentation has spikes.
        let mut values = values(&network, 3.0);
        if large {
            some_large(&network, &mut values[0]);
        }
        let weights = Weights::<f64>::from_values(&network, &values);
        let batch: Vec<u32> = (40..51).collect();
        let (mut sum, mut spiking, mut loss) = (vec![0.0; 784 * outputs as usize], 0, 0.0);
        for (position, &sample) in batch.iter().enumerate() {
            let (records, counts) = recorded(&network, &weights, sample as usize, 100 + position as u64);
            let label = usize::from(train_samples(600).labels[sample as usize]);
            // Softmax over gain x counts, written out.
            let exps: Vec<f64> = counts.iter().map(|&n| (GAIN * f64::from(n)).exp()).collect();
            let total: f64 = exps.iter().sum();
            let error: Vec<f64> = exps
                .iter()
                .enumerate()
                .map(|(j, e)| GAIN * (e / total - f64::from(u8::from(j == label))))
                .collect();
            loss -= (exps[label] / total).ln();
            let mut ours = vec![0.0; outputs as usize];
            let _ = cross_entropy(&counts, label, GAIN, &mut ours);
            assert!(ours.iter().zip(&error).all(|(a, b)| (a - b).abs() < 1e-14));
            spiking += u32::from(counts.iter().sum::<u32>() > 0);
            for (sum, part) in sum.iter_mut().zip(slow_gradient(&network, &values[0], &records, &error)) {
                *sum += part / batch.len() as f64;
            }
        }
        assert!(spiking >= 10, "{spiking}");
        let settings = Settings { batch: batch.len(), ..settings() };
        let surrogate = Surrogate { count_gain: GAIN, ..SURROGATE };
        let mut trainer = Trainer::<f64>::new(&network, settings, surrogate, weights);
        let report = Desk::default().epoch(&mut trainer, &batch, 100, &mut |_, _, _| {});
        assert!((report.loss_sum - loss).abs() < 1e-10 * loss, "{} {loss}", report.loss_sum);
        // The first moment of Adam is 0.1 g after one step, padded to the rows of the weights.
        let stride = trainer.adam.first.len() / 784;
        let largest = sum.iter().fold(0.0f64, |largest, g| largest.max(g.abs()));
        assert!(largest > 1e-3);
        let theta = network.populations[0].lif.theta();
        let trained = trainer.weights.values(&network, 0);
        for (index, &want) in sum.iter().enumerate() {
            let (row, column) = (index / outputs as usize, index % outputs as usize);
            let got = trainer.adam.first[row * stride + column] / 0.1;
            assert!((got - want).abs() < 1e-10 * largest, "{row} {column}: {got} {want}");
            // m^ = g, v^ = g^2 after one step.
            let step = 1e-3 * theta * want / (want.abs() + 1e-8);
            let moved = values[0][index] - trained[index];
            assert!((moved - step).abs() < 1e-6 * 1e-3 * theta, "{row} {column}: {moved} {step}");
        }
    }
}

fn taped<Q: Queue<f64>>(network: &Arc<Network>, weights: &Weights<f64>) -> (Tape<f64>, Vec<u64>) {
    let mut simulation = Simulation::<f64, Q>::new(network, SEED);
    simulation.begin(1, &[train_samples(600).code.block(5, 0)]).unwrap();
    let mut tape = Tape::default();
    simulation.run(weights, PRESENTATION, &mut tape).unwrap();
    let error: Vec<f64> = (0..weights.projections[0].len() / 784).map(|j| 0.1 * j as f64 - 0.3).collect();
    let mut gradient = vec![0.0; weights.projections[0].len()];
    tape.backward(&error, 0.25, 20.0, &mut gradient);
    (tape, gradient.iter().map(|g| g.to_bits()).collect())
}

/// In batches and one by one.
#[test]
fn the_tape_is_the_same_under_both_engines() {
    for outputs in [3, 10, 16, 21] {
        let network = subtracting(outputs);
        let weights = Weights::<f64>::from_values(&network, &values(&network, 1.0));
        let (fast, gradient) = taped::<Lanes>(&network, &weights);
        let (reference, want) = taped::<Heap>(&network, &weights);
        assert!(fast.len() > 500 && fast.len() == reference.len());
        assert!(gradient == want && fast.spikes == reference.spikes, "{outputs} outputs");
    }
}
