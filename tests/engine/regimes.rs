//! The four states of Brunel's network: N. Brunel, J. Comput. Neurosci. 8, 183 (2000), fig. 8.
//!
//! In-degrees (1000 and 250), J = 0.1 mV, delay D = 1.5 ms and neurons are the paper's, so that mean, variance and
//! stability of the mean-field theory are too; only the neurons are fewer, 5000 instead of 12 500. That leaves the
//! states as they are and makes the fluctuations of the activity larger, in proportion to 1/N. With fewer inputs, each
//! stronger, the noise would be larger, and the fast oscillation would go.
//!
//! Where the theory gives a number it is the bound. The other bounds are from seeds 1 to 3 (in brackets), and they
//! separate the states: each is broken by another of the four.

use crate::mean_field::{Activity, mean_field};
use std::f64::consts::TAU;

/// Threshold rate: with it the external input alone would bring the mean to threshold, 20 mV/(J C_E tau) = 10 Hz.
const NU_THR: f64 = 10.0;
const D: f64 = 1.5e-3;

/// The network of strength of inhibition g and external input eta, from one time to another (in ms).
fn network(g: f64, eta: f64, from: u64, to: u64) -> Activity {
    let external = 1000.0 * eta * NU_THR;
    let weight = -0.1 * g;
    let settings = [
        "source.external-e.size=4000".to_string(),
        "source.external-i.size=1000".to_string(),
        "population.e.size=4000".to_string(),
        "population.i.size=1000".to_string(),
        "projection.ee.in_degree=1000".to_string(),
        "projection.ei.in_degree=1000".to_string(),
        "projection.ie.in_degree=250".to_string(),
        "projection.ii.in_degree=250".to_string(),
        format!("source.external-e.rate=\"{external} Hz\""),
        format!("source.external-i.rate=\"{external} Hz\""),
        format!("projection.ie.weight=\"{weight} mV\""),
        format!("projection.ii.weight=\"{weight} mV\""),
    ];
    Activity::measured(&settings, from, to)
}

fn theory(g: f64, eta: f64) -> f64 {
    mean_field(1000.0 * eta * NU_THR, 1000.0, 250.0, 0.1e-3, -0.1e-3 * g)
}

/// Spectrum of all spikes together, averaged over `pieces`: (frequency, power), in multiples of one per piece up to
/// 1 kHz. The power |sum of e^(-i omega t)|^2 per spike is 1 for Poisson spikes, and their number if all are in phase.
fn spectrum(activity: &Activity, pieces: u32) -> Vec<(f64, f64)> {
    let piece = activity.span / f64::from(pieces);
    let last = (1000.0 * piece).round() as usize;
    (1..=last)
        .map(|k| {
            let omega = TAU * k as f64 / piece;
            let mut sums = vec![(0.0, 0.0); pieces as usize];
            for &(time, _) in &activity.spikes {
                let (sin, cos) = (omega * time).sin_cos();
                let sum = &mut sums[(time / piece) as usize];
                *sum = (sum.0 + cos, sum.1 + sin);
            }
            let power: f64 = sums.iter().map(|(re, im)| re * re + im * im).sum();
            (k as f64 / piece, power / activity.spikes.len() as f64)
        })
        .collect()
}

/// Frequency and power of its highest point.
fn peak(spectrum: &[(f64, f64)]) -> (f64, f64) {
    spectrum.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

/// Variance of the activity in steps of a millisecond over its squared mean, without what Poisson spikes would have.
fn modulation(activity: &Activity) -> f64 {
    let mut counts = vec![0.0; (activity.span * 1e3).round() as usize];
    activity.spikes.iter().for_each(|spike| counts[(spike.0 * 1e3) as usize] += 1.0);
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let variance =
        counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / counts.len() as f64;
    (variance - mean) / (mean * mean)
}

#[test]
fn synchronous_regular_with_weak_inhibition() {
    // A volley arrives after D = 1.5 ms, when those that fired in it are refractory (2 ms) and the others fire. Two
    // groups take turns: each neuron fires every 2 D, all of them together every D.
    let activity = network(3.0, 2.0, 30, 60);
    let (frequency, power) = peak(&spectrum(&activity, 1));
    let in_phase = power / activity.spikes.len() as f64;
    let (rate, cv) = (activity.rate(), activity.cv(4));
    println!("{rate:.2} Hz, CV {cv:.4}, peak at {frequency:.1} Hz, {in_phase:.3} in phase");
    assert!((rate * 2.0 * D - 1.0).abs() < 0.02, "{rate} Hz");
    assert!((frequency * D - 1.0).abs() < 1e-9, "peak at {frequency} Hz");
    assert!(cv < 0.03, "CV {cv} (0.003 to 0.005)");
    assert!(in_phase > 0.8, "{in_phase} in phase (0.98)");
}

#[test]
fn fast_oscillation_of_neurons_that_fire_irregularly() {
    // 1/(4 D) = 167 Hz is where the fast oscillation is for strong inhibition; 12 500 neurons have 175 Hz, and fire
    // at 60.8 Hz. They fire in one of three cycles, and more than theory has of a state that does not oscillate.
    let activity = network(6.0, 4.0, 60, 240);
    let (frequency, power) = peak(&spectrum(&activity, 3));
    let (rate, cv, stationary) = (activity.rate(), activity.cv(4), theory(6.0, 4.0));
    println!("{rate:.2} Hz, theory {stationary:.2}, CV {cv:.3}, peak at {frequency:.1} Hz, power {power:.0}");
    assert!((140.0..200.0).contains(&frequency), "peak at {frequency} Hz");
    assert!(rate > stationary && rate < 1.15 * stationary, "{rate} Hz, theory {stationary} Hz (1.07 to 1.1)");
    assert!(rate < 0.5 * frequency);
    assert!(power > 2000.0, "power {power} (3000 to 5000)");
    assert!(cv > 0.75, "CV {cv} (0.89 to 1.0)");
}

#[test]
fn asynchronous_irregular_where_inhibition_balances_excitation() {
    let activity = network(5.0, 2.0, 60, 240);
    let (frequency, power) = peak(&spectrum(&activity, 3));
    let (rate, cv, stationary) = (activity.rate(), activity.cv(4), theory(5.0, 2.0));
    println!("{rate:.2} Hz, theory {stationary:.2}, CV {cv:.3}, peak at {frequency:.1} Hz, power {power:.0}");
    assert!((rate / stationary - 1.0).abs() < 0.08, "{rate} Hz, theory {stationary} Hz");
    // What is left of order is that of few neurons: noise, amplified near the frequencies that would oscillate.
    assert!(power < 1600.0, "power {power} (750 to 1200)");
    assert!((0.35..0.65).contains(&cv), "CV {cv} (0.46 to 0.51)");
}

#[test]
fn slow_oscillation_below_threshold() {
    // The mean input stays below threshold (eta < 1): neurons fire a few times per second, when all of them may.
    let activity = network(4.5, 0.9, 100, 700);
    let (frequency, _) = peak(&spectrum(&activity, 5));
    let (rate, stationary, modulation) = (activity.rate(), theory(4.5, 0.9), modulation(&activity));
    println!("{rate:.2} Hz, theory {stationary:.2}, peak at {frequency:.1} Hz, modulation {modulation:.1}");
    assert!((rate / stationary - 1.0).abs() < 0.12, "{rate} Hz, theory {stationary} Hz");
    assert!(frequency < 60.0, "peak at {frequency} Hz (17 to 42)");
    assert!(frequency > 2.0 * rate);
    // Bursts and silence; the other states have 0.5 to 1.2.
    assert!(modulation > 3.0, "modulation {modulation} (7 to 10)");
}
