//! Layers of jumps: spikes against the engine, gradients against sums over traces, times through jumps against differences.

use super::differences::{Asked, Drawn, TAU, Tally, compare, lif, times};
use super::*;
use crate::engine::lockstep::{Kind, Net};
use crate::network::{Builder, Kernel, Network, Origin, Rows, SourceKind};
use crate::numeric::{exp, ln};
use crate::random::{Purpose, Stream};
use crate::time::Time;
use crate::units::Second;
use std::sync::Arc;

pub(super) const LINES: u32 = 12;
const HIDDEN: u32 = 9;
const UNTIL: f64 = 40.0;

/// Lines, a hidden population and three that are read: what drives the first and what the second.
pub(super) fn network(
    kernels: [Kernel; 2],
    hold: bool,
    delay: f64,
    spikes: Vec<(Time, u32)>,
) -> Arc<Network> {
    let mut builder = Builder::default();
    let lif = lif(hold.then_some(3e-3));
    let source = builder.source("in", LINES, SourceKind::List(spikes));
    let hidden = builder.population("hidden", HIDDEN, lif.clone());
    let output = builder.population("output", 3, lif);
    let [first, second] = kernels;
    builder.projection("first", source, hidden, first, Time::ZERO, Rows::Dense);
    let delay = Time::from_seconds(Second::new(delay)).unwrap();
    builder.projection("second", Origin::Population(hidden), output, second, delay, Rows::Dense);
    builder.finish().unwrap()
}

fn square(x: f64) -> f64 {
    x * x
}

fn spikes(drawn: &mut Drawn) -> Vec<(f64, u32)> {
    let each = (0..4 * LINES).map(|k| ((drawn.uniform(0.0, 25.0) * 1e12).floor() / 1e12, k % LINES));
    let mut spikes: Vec<(f64, u32)> = each.collect();
    spikes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    spikes
}

pub(super) fn parameters(net: &Net, drawn: &mut Drawn, strength: [f64; 2]) -> Parameters<f64> {
    let weights = net.layers.iter().zip(strength).map(|(layer, mean)| {
        let mut matrix = vec![0.0; layer.weights];
        for row in matrix.chunks_mut(layer.stride) {
            row[..layer.size].fill_with(|| drawn.normal(mean, mean.abs()));
        }
        matrix
    });
    Parameters { weights: weights.collect(), ..Parameters::default() }
}

#[test]
fn spikes_of_jumps_are_those_of_the_engine() {
    let exponential = Kernel::Exponential { tau: Second::new(0.5 * TAU) };
    for (number, (second, hold)) in
        (0..).zip([(Kernel::Delta, false), (Kernel::Delta, true), (exponential, false)])
    {
        let mut drawn = Drawn(Stream::new(31, Purpose::Measurement, number, 0));
        let input = spikes(&mut drawn);
        let strength = if second == Kernel::Delta { 0.25 } else { 1.0 };
        let net = Net::new(&network([Kernel::Delta, second], hold, 0.4e-3, times(&input))).unwrap();
        assert_eq!(net.layers[0].kind, Kind::Jumps);
        let parameters = parameters(&net, &mut drawn, [0.3, strength]);
        let spikes = compare(&net, &parameters, &input, UNTIL, &format!("case {number}"));
        assert!(spikes > 40, "{spikes} spikes");
    }
}

/// How V of a neuron at one instant of its layer depends on what came at instants up to it: e^-(t - t'), from its last restart on.
/// Zero at instants at which it is deaf.
fn keeps(instants: &[f64], spikes: &[f64], dead: f64) -> Vec<Vec<f64>> {
    let of = |&now: &f64| {
        let before = spikes.iter().copied().filter(|spike| *spike < now).fold(f64::NEG_INFINITY, f64::max);
        let keep = |&then: &f64| {
            let heard = then <= now && then > before + dead && now > before + dead;
            if heard { exp(-(now - then) / (1e3 * TAU)) } else { 0.0 }
        };
        instants.iter().map(keep).collect()
    };
    instants.iter().map(of).collect()
}

/// dL/dw of the first layer, of a sample without ties: sums over all pairs of instants, forwards.
#[test]
fn the_surrogate_gradient_is_the_sum_over_traces() {
    let surrogate = Surrogate { shape: Shape::FastSigmoid, steepness: 2.0 };
    let slopes = Slopes { least: 0.0, surrogate: Some(surrogate), window: None };
    let (delay, gain) = (0.4, 0.7);
    for (number, hold) in [(0, false), (1, true)] {
        let mut drawn = Drawn(Stream::new(37, Purpose::Measurement, number, 0));
        let input = spikes(&mut drawn);
        let net =
            Net::new(&network([Kernel::Delta, Kernel::Delta], hold, delay * 1e-3, times(&input))).unwrap();
        let parameters = parameters(&net, &mut drawn, [0.3, 0.25]);
        let mut passage = Passage::default();
        passage.forward(&net, &parameters, (1, 0), &input, UNTIL);
        let loss = Loss::cross_entropy(ReadOut::SpikeSum(SpikeSum { tau: f64::INFINITY, gain }));
        let answer = passage.judge(&net, &parameters, UNTIL, &loss, Some(Target::Class(1)));
        let mut gradient = parameters.zeroed();
        passage.backward(&net, &parameters, slopes, &mut gradient);

        let (dead, v_reset) = if hold { (3.0, 0.4) } else { (0.0, 0.0) };
        let spikes_of = |layer: usize, neuron: u32| -> Vec<f64> {
            let all = passage.tapes[layer].spikes.iter().filter(|spike| spike.1 == neuron);
            all.map(|spike| spike.0).collect()
        };
        let hidden_at: Vec<f64> = input.iter().map(|spike| spike.0).collect();
        let output_at: Vec<f64> = hidden_at.iter().map(|time| time + delay).collect();
        // V before a reset, and the surrogate, from what came.
        let slope = |instants: &[f64], spikes: &[f64], keeps: &[Vec<f64>], came: &[f64]| -> Vec<f64> {
            let each = instants.iter().zip(keeps);
            each.map(|(&now, keep)| {
                let before =
                    spikes.iter().copied().filter(|spike| *spike < now).fold(f64::NEG_INFINITY, f64::max);
                if now <= before + dead {
                    return 0.0;
                }
                let left = v_reset * exp(-(now - before - dead) / (1e3 * TAU));
                let v = left + keep.iter().zip(came).map(|(keep, came)| keep * came).sum::<f64>();
                1.0 / square(1.0 + 2.0 * (v - 1.0_f64).abs())
            })
            .collect()
        };
        let weight = |layer: usize, row: u32, column: u32| {
            parameters.weights[layer][row as usize * net.layers[layer].stride + column as usize]
        };
        let counts: Vec<f64> = (0..3).map(|neuron| spikes_of(1, neuron).len() as f64).collect();
        let sum: f64 = counts.iter().map(|count| exp(gain * count)).sum();
        let share = |k: usize| gain * (exp(gain * counts[k]) / sum - f64::from(u8::from(k == 1)));
        assert!((answer.loss - (ln(sum) - gain * counts[1])).abs() < 1e-12);
        // What a spike of a hidden neuron at each of its instants would change.
        let outputs: Vec<(Vec<Vec<f64>>, Vec<f64>)> = (0..3)
            .map(|k| {
                let spikes = spikes_of(1, k);
                let keeps = keeps(&output_at, &spikes, dead);
                let came: Vec<f64> = output_at
                    .iter()
                    .map(|&at| {
                        let fired = passage.tapes[0]
                            .spikes
                            .iter()
                            .filter(|spike| (spike.0 + delay - at).abs() < 1e-9);
                        fired.map(|spike| weight(1, spike.1, k)).sum()
                    })
                    .collect();
                let slope = slope(&output_at, &spikes, &keeps, &came);
                (keeps, slope)
            })
            .collect();
        let rms =
            gradient.weights[0].iter().map(|g| g * g).sum::<f64>().sqrt() / f64::from(LINES * HIDDEN).sqrt();
        assert!(rms > 1e-3);
        for neuron in 0..HIDDEN {
            let spikes = spikes_of(0, neuron);
            let keeps = keeps(&hidden_at, &spikes, dead);
            let came: Vec<f64> = input.iter().map(|spike| weight(0, spike.1, neuron)).collect();
            let slope = slope(&hidden_at, &spikes, &keeps, &came);
            let there: Vec<f64> = (0..hidden_at.len())
                .map(|m| {
                    let of = |(k, (keeps, slope)): (usize, &(Vec<Vec<f64>>, Vec<f64>))| {
                        let later: f64 = keeps.iter().zip(slope).map(|(keep, slope)| keep[m] * slope).sum();
                        share(k) * weight(1, neuron, k as u32) * later
                    };
                    outputs.iter().enumerate().map(of).sum()
                })
                .collect();
            for line in 0..LINES {
                let trace = |m: usize| -> f64 {
                    let of = input.iter().zip(&keeps[m]).filter(|(spike, _)| spike.1 == line);
                    of.map(|(_, keep)| keep).sum()
                };
                let want: f64 = (0..hidden_at.len()).map(|m| there[m] * slope[m] * trace(m)).sum();
                let got = gradient.weights[0][line as usize * net.layers[0].stride + neuron as usize];
                assert!(
                    (got - want).abs() < 1e-9 * rms.max(want.abs()),
                    "hold {hold}, {line} to {neuron}: {got} and {want}"
                );
            }
        }
    }
}

/// A jump that is followed by currents: what a spike is worth is what it adds to the mean of a membrane, which has a closed form.
#[test]
fn jumps_before_currents_are_worth_what_these_make_of_them() {
    let surrogate = Surrogate { shape: Shape::Arctan, steepness: 3.0 };
    let mut drawn = Drawn(Stream::new(41, Purpose::Measurement, 0, 0));
    let input = spikes(&mut drawn);
    let exponential = Kernel::Exponential { tau: Second::new(0.5 * TAU) };
    let network = network([Kernel::Delta, exponential], false, 0.0, times(&input));
    let net = Net::new(&network).unwrap().read_out(false, 1);
    let parameters = parameters(&net, &mut drawn, [0.3, 0.5]);
    let mut passage = Passage::default();
    passage.forward(&net, &parameters, (1, 0), &input, UNTIL);
    let loss = Loss::cross_entropy(ReadOut::MeanVoltage(Voltage { gain: 3.0 }));
    let answer = passage.judge(&net, &parameters, UNTIL, &loss, Some(Target::Class(2)));
    let mut gradient = parameters.zeroed();
    passage.backward(
        &net,
        &parameters,
        Slopes { least: 0.0, surrogate: Some(surrogate), window: None },
        &mut gradient,
    );
    assert!(answer.loss > 0.0);
    // One more spike of a neuron at the time of an input spike, by differences of the loss: as much of one as h.
    let (tau, h) = (1e3 * TAU, 1e-5);
    let area = |t: f64| {
        let s = (UNTIL - t) / tau;
        ((1.0 - exp(-s)) - 0.5 * (1.0 - exp(-2.0 * s))) * tau / UNTIL
    };
    let means: Vec<f64> = (0..3_usize)
        .map(|k| {
            let spikes = passage.tapes[0].spikes.iter();
            spikes.map(|&(t, i)| parameters.weights[1][i as usize * net.layers[1].stride + k] * area(t)).sum()
        })
        .collect();
    let value = |means: &[f64]| -> f64 {
        let sum: f64 = means.iter().map(|mean| exp(3.0 * mean)).sum();
        ln(sum) - 3.0 * means[2]
    };
    assert!((value(&means) - answer.loss).abs() < 1e-12);
    let instants: Vec<f64> = input.iter().map(|spike| spike.0).collect();
    for neuron in 0..HIDDEN {
        let spikes: Vec<f64> =
            passage.tapes[0].spikes.iter().filter(|spike| spike.1 == neuron).map(|spike| spike.0).collect();
        let keeps = keeps(&instants, &spikes, 0.0);
        let of = |line: u32| parameters.weights[0][line as usize * net.layers[0].stride + neuron as usize];
        let mut want = vec![0.0; LINES as usize];
        for (m, &at) in instants.iter().enumerate() {
            let v: f64 = input.iter().zip(&keeps[m]).map(|(spike, keep)| keep * of(spike.1)).sum();
            let moved = |sign: f64| {
                let row = &parameters.weights[1][neuron as usize * net.layers[1].stride..];
                let means: Vec<f64> =
                    means.iter().zip(row).map(|(mean, w)| mean + sign * h * w * area(at)).collect();
                value(&means)
            };
            let there = (moved(1.0) - moved(-1.0)) / (2.0 * h);
            let slope = 1.0 / (1.0 + square(3.0 * (v - 1.0_f64)));
            for (spike, keep) in input.iter().zip(&keeps[m]) {
                want[spike.1 as usize] += there * slope * keep;
            }
        }
        for (line, want) in want.iter().enumerate() {
            let got = gradient.weights[0][line * net.layers[0].stride + neuron as usize];
            assert!((got - want).abs() < 1e-8 * (1.0 + want.abs()), "{line} to {neuron}: {got} and {want}");
        }
    }
}

/// Spikes of currents move those of jumps with them: as long as none comes or goes, exactly.
#[test]
fn times_pass_through_jumps_as_differences_say() {
    let mut tally = Tally::default();
    let loss = Loss::cross_entropy(ReadOut::SpikeSum(SpikeSum { tau: 15.0, gain: 2.0 }));
    for draw in 0..3 {
        let mut drawn = Drawn(Stream::new(43, Purpose::Measurement, draw, 0));
        let input = spikes(&mut drawn);
        let exponential = Kernel::Exponential { tau: Second::new(0.5 * TAU) };
        let net = Net::new(&network([exponential, Kernel::Delta], false, 0.3e-3, times(&input))).unwrap();
        let parameters = parameters(&net, &mut drawn, [0.5, 0.35]);
        let (net, parameters, input) = (&net, &parameters, &input[..]);
        let asked = Asked {
            net,
            parameters,
            input,
            until: UNTIL,
            loss: &loss,
            target: Target::Class(0),
            steps: &[1.0],
        };
        asked.check(false, 0, &mut tally, &format!("draw {draw}"));
    }
    assert!(tally.compared > 40, "{tally:?}");
}
