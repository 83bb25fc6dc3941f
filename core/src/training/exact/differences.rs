//! Gradients against central differences, spikes against the engine.

use super::*;
use crate::device::threshold::ThresholdSpread;
use crate::engine::lockstep::{Kind, Layer, Net};
use crate::engine::{Run, Threads};
use crate::network::{Builder, Delays, Kernel, Network, Origin, Rows, SourceKind, Weights};
use crate::neuron::{Floor, Lif, Neuron, Reset, Switch};
use crate::random::{Purpose, Stream, unit};
use crate::time::Time;
use crate::units::{Ohm, Second, Volt};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

pub(super) const TAU: f64 = 9.41e-3;

/// A case: which kernel, where the reset goes, for how long a neuron is deaf, how strong the drive is, and after which time layers
/// hear themselves, in seconds; zero: they do not.
#[derive(Clone, Copy, Debug)]
struct Case {
    back: f64,
    shape: Shape,
    hold: bool,
    delay: f64,
    drive: f64,
    until: f64,
}

/// Of a kernel; with tau_syn in tau_m.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    Pulse,
    Exponential(f64),
    Alpha(f64),
}

pub(super) struct Drawn(pub(super) Stream);

impl Drawn {
    pub(super) fn uniform(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * unit(self.0.next_word())
    }

    /// Near enough to a normal number: twelve uniform ones.
    pub(super) fn normal(&mut self, mean: f64, sd: f64) -> f64 {
        let sum: f64 = (0..12).map(|_| self.uniform(0.0, 1.0)).sum();
        mean + sd * (sum - 6.0)
    }
}

pub(super) const SIZES: [u32; 4] = [10, 8, 5, 3];

/// Threshold 0.25 V, and 1 uA leads to it. Reset to rest, or held at 0.1 V for a time in seconds.
pub(super) fn lif(hold: Option<f64>) -> Lif {
    Lif {
        tau_m: Second::new(TAU),
        u_rest: Volt::new(0.0),
        v_th: Volt::new(0.25),
        v_hold: Volt::new(0.1),
        reset: if hold.is_some() { Reset::Hold } else { Reset::Rest },
        t_ref: Second::new(hold.unwrap_or(0.0)),
        r_m: Ohm::new(250e3),
        ..Lif::default()
    }
}

/// Three layers of such neurons after one source, and a projection that skips one. Layer k is reached after `delay(k)` seconds, and hears
/// itself after `back` (1 + 0.3 k) of them; zero: it does not.
pub(super) fn layers(
    spikes: Vec<(Time, u32)>,
    neuron: &(impl Into<Neuron> + Clone),
    shape: Shape,
    delay: impl Fn(f64) -> f64,
    back: f64,
) -> Arc<Network> {
    let mut builder = Builder::default();
    let kernel = |width: f64| match shape {
        Shape::Pulse => Kernel::rectangle(Time::from_seconds(Second::new(width)).unwrap()),
        Shape::Exponential(tau) => Kernel::Exponential { tau: Second::new(tau * TAU) },
        Shape::Alpha(tau) => Kernel::Alpha { tau: Second::new(tau * TAU) },
    };
    let source = builder.source("in", SIZES[0], SourceKind::List(spikes));
    let mut before = source;
    for (layer, size) in SIZES[1..].iter().enumerate() {
        let to = builder.population(&format!("layer {layer}"), *size, neuron.clone());
        let delay = Time::from_seconds(Second::new(delay(layer as f64))).unwrap();
        builder.projection(&format!("to {layer}"), before, to, kernel(8.65e-3), delay, Rows::Dense);
        if layer == 2 {
            let skipped = Origin::Population(0);
            builder.projection("skip", skipped, to, kernel(3e-3), delay, Rows::Dense);
        }
        before = Origin::Population(to);
        if back > 0.0 {
            let later = Time::from_seconds(Second::new(back * (1.0 + 0.3 * layer as f64))).unwrap();
            builder.projection(&format!("back {layer}"), before, to, kernel(5e-3), later, Rows::Dense);
        }
    }
    builder.finish().unwrap()
}

fn network(case: Case, spikes: Vec<(Time, u32)>) -> Arc<Network> {
    let delay = |layer: f64| case.delay * (1.0 + layer);
    layers(spikes, &lif(case.hold.then_some(4e-3)), case.shape, delay, case.back)
}

fn spikes(drawn: &mut Drawn) -> Vec<(f64, u32)> {
    let mut spikes: Vec<(f64, u32)> =
        (0..SIZES[0]).map(|line| ((drawn.uniform(0.0, 20.0) * 1e12).floor() / 1e12, line)).collect();
    spikes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    spikes
}

pub(super) fn times(spikes: &[(f64, u32)]) -> Vec<(Time, u32)> {
    spikes.iter().map(|&(ms, line)| (Time::nearest(Second::new(ms * 1e-3)).unwrap(), line)).collect()
}

/// Weights about `drive` over the number of inputs, with this standard deviation over their mean.
pub(super) fn parameters(net: &Net, drive: f64, spread: f64, drawn: &mut Drawn) -> Parameters<f64> {
    let weights = net.layers.iter().map(|layer| {
        let mut matrix = vec![0.0; layer.weights];
        let mean = drive / layer.dense as f64;
        for row in matrix.chunks_mut(layer.stride) {
            row[..layer.size].fill_with(|| drawn.normal(mean, spread * mean.abs()));
        }
        // What a layer tells itself neither silences nor ignites it.
        for input in layer.inputs.iter().filter(|input| input.from == Some(layer.place)) {
            matrix[input.first_weight..][..input.weights].iter_mut().for_each(|w| *w = 0.4 * (*w - mean));
        }
        matrix
    });
    Parameters { weights: weights.collect(), ..Parameters::default() }
}

/// Delays, thresholds and time constants of single neurons.
pub(super) fn own(net: &mut Net, parameters: &mut Parameters<f64>, drawn: &mut Drawn) {
    for layer in &mut net.layers {
        let own = Some(layer.place);
        layer.inputs.iter_mut().for_each(|input| input.own_delays = input.from != own);
    }
    let mut of = |count: usize, least: f64, most: f64| -> Vec<f64> {
        (0..count).map(|_| drawn.uniform(least, most)).collect()
    };
    parameters.delays = parameters.weights.iter().map(|list| of(list.len(), 0.0, 3.0)).collect();
    let fire = |layer: &Layer| if layer.fires { layer.size } else { 0 };
    parameters.thresholds = net.layers.iter().map(|layer| of(fire(layer), 0.9, 1.1)).collect();
    parameters.taus = net.layers.iter().map(|_| of(1, 9.0, 10.0)).collect();
}

const CASES: [Case; 16] = [
    Case { shape: Shape::Exponential(0.5), hold: false, delay: 0.0, drive: 1.5, until: 60.0, back: 0.0 },
    Case { shape: Shape::Exponential(0.5), hold: true, delay: 0.7e-3, drive: 2.0, until: 60.0, back: 0.0 },
    Case { shape: Shape::Pulse, hold: false, delay: 0.3e-3, drive: 0.6, until: 45.0, back: 0.0 },
    Case { shape: Shape::Pulse, hold: true, delay: 0.0, drive: 0.7, until: 45.0, back: 0.0 },
    // So little drive that read-outs stay silent.
    Case { shape: Shape::Exponential(0.5), hold: false, delay: 0.5e-3, drive: 0.85, until: 60.0, back: 0.0 },
    Case { shape: Shape::Pulse, hold: false, delay: 0.5e-3, drive: 0.3, until: 45.0, back: 0.0 },
    // Layers that hear themselves.
    Case { shape: Shape::Exponential(0.5), hold: false, delay: 0.0, drive: 1.4, until: 50.0, back: 1.3e-3 },
    Case { shape: Shape::Exponential(0.5), hold: true, delay: 0.4e-3, drive: 2.0, until: 60.0, back: 3e-3 },
    Case { shape: Shape::Pulse, hold: true, delay: 0.2e-3, drive: 0.6, until: 45.0, back: 0.8e-3 },
    // Currents of other time constants.
    Case { shape: Shape::Exponential(1.0), hold: false, delay: 0.4e-3, drive: 0.8, until: 60.0, back: 0.0 },
    Case { shape: Shape::Exponential(0.2), hold: true, delay: 0.0, drive: 4.0, until: 60.0, back: 0.0 },
    Case { shape: Shape::Exponential(2.7), hold: true, delay: 0.3e-3, drive: 0.5, until: 60.0, back: 0.0 },
    Case { shape: Shape::Alpha(0.5), hold: false, delay: 0.3e-3, drive: 0.6, until: 60.0, back: 0.0 },
    Case { shape: Shape::Alpha(1.0), hold: true, delay: 0.0, drive: 0.4, until: 60.0, back: 0.0 },
    Case { shape: Shape::Alpha(0.3), hold: true, delay: 0.2e-3, drive: 1.0, until: 50.0, back: 2e-3 },
    Case { shape: Shape::Alpha(0.7), hold: false, delay: 0.0, drive: 0.2, until: 60.0, back: 0.0 },
];

/// Weights of layers as the engine has them.
fn values(net: &Net, parameters: &Parameters<f64>) -> Vec<Vec<f64>> {
    let weights = parameters.to_weights(net);
    (0..net.network.projections.len()).map(|index| weights.values(&net.network, index)).collect()
}

/// Compares spikes with those of the engine, and says how many there were.
pub(super) fn compare(
    net: &Net,
    parameters: &Parameters<f64>,
    input: &[(f64, u32)],
    until: f64,
    case: &str,
) -> usize {
    let mut passage = Passage::default();
    passage.forward(net, parameters, (1, 0), input, until);
    let mut run = Run::new(&net.network, &values(net, parameters), 1).unwrap();
    run.begin(0, &[]).unwrap();
    let end = Time::nearest(Second::new(until * 1e-3)).unwrap();
    run.run(end, &Threads::one(), &AtomicBool::new(false)).unwrap();
    let all = run.harvest().spikes;
    let mut spikes = 0;
    for (layer, tape) in net.layers.iter().zip(&passage.tapes) {
        let of_layer = all.iter().filter(|spike| spike.population as usize == layer.population);
        let mut want: Vec<(u32, f64)> =
            of_layer.map(|spike| (spike.neuron, spike.time.as_seconds() * 1e3)).collect();
        let mut got: Vec<(u32, f64)> = tape.spikes.iter().map(|&(t, neuron)| (neuron, t)).collect();
        let order = |a: &(u32, f64), b: &(u32, f64)| a.partial_cmp(b).unwrap();
        want.sort_by(order);
        got.sort_by(order);
        assert_eq!(got.len(), want.len(), "{case}, layer {}", layer.population);
        for (got, want) in got.iter().zip(&want) {
            assert_eq!(got.0, want.0);
            assert!((got.1 - want.1).abs() < 1e-6, "{case}: {got:?} and {want:?}");
        }
        spikes += got.len();
    }
    spikes
}

#[test]
fn spikes_are_those_of_the_engine() {
    let mut all = 0;
    for (number, case) in (0..).zip(CASES) {
        let mut drawn = Drawn(Stream::new(7, Purpose::Measurement, number, 0));
        let input = spikes(&mut drawn);
        let network = network(case, times(&input));
        let net = Net::new(&network).unwrap();
        let parameters = parameters(&net, 8.0 * case.drive, 1.2, &mut drawn);
        all += compare(&net, &parameters, &input, case.until, &format!("{case:?}"));
    }
    assert!(all > 100, "{all} spikes");
}

#[test]
fn drawn_thresholds_and_delays_of_single_synapses_are_those_of_the_engine() {
    let mut drawn = Drawn(Stream::new(3, Purpose::Measurement, 0, 0));
    let input = spikes(&mut drawn);
    let mut builder = Builder::default();
    let source = builder.source("in", SIZES[0], SourceKind::List(times(&input)));
    let switch = Switch {
        spread: ThresholdSpread { cycle: 0.05, device: 0.05, ..ThresholdSpread::default() },
        floor: Floor::None,
        r_m: Ohm::new(250e3),
        ..Switch::default()
    };
    let hidden = builder.population("hidden", SIZES[1], Neuron::Switch(switch.clone()));
    let output = builder.population("output", SIZES[2], Neuron::Switch(switch));
    let kernel = || Kernel::rectangle(Time::from_ms(20));
    let sparse = |rows: u32, columns: u32| {
        let start = (0..=rows as usize).map(|row| row * columns as usize).collect();
        Rows::sparse(start, (0..rows).flat_map(|_| 0..columns).collect())
    };
    let all = sparse(SIZES[0], SIZES[1]);
    let first = builder.projection("first", source, hidden, kernel(), Time::ZERO, all);
    let fs = (0..SIZES[0] * SIZES[1]).map(|_| drawn.uniform(0.0, 3e12) as u64);
    builder.delays(first, Delays::Exact(fs.collect()));
    let from = Origin::Population(hidden);
    builder.projection("second", from, output, kernel(), Time::from_ms(1), Rows::Dense);
    let network = builder.finish().unwrap();
    let net = Net::new(&network).unwrap();
    let mut weights = vec![Vec::new(), Vec::new()];
    weights[0].resize_with((SIZES[0] * SIZES[1]) as usize, || 1e-6 * drawn.normal(0.4, 0.3));
    weights[1].resize_with((SIZES[1] * SIZES[2]) as usize, || 1e-6 * drawn.normal(0.5, 0.3));
    let parameters = Parameters::of(&net, &Weights::from_values(&network, &weights));
    for (one, other) in values(&net, &parameters).iter().flatten().zip(weights.iter().flatten()) {
        assert!((one - other).abs() <= 1e-15 * other.abs());
    }
    let spikes = compare(&net, &parameters, &input, 45.0, "switches");
    assert!(spikes > 20, "{spikes} spikes");
}

/// What happens to whom after how many arrivals: what has to stay as it is, since the slope of a membrane jumps at arrivals.
fn pattern(passage: &Passage<f64>) -> Vec<[u32; 4]> {
    let mut pattern = Vec::new();
    for (number, tape) in (0..).zip(&passage.tapes) {
        let after = |group: u32| tape.groups[group as usize].end;
        let of = tape.actions.iter().map(|a| [number, a.neuron, after(a.group), u32::from(a.restarts)]);
        pattern.extend(of);
    }
    pattern.sort_unstable();
    pattern
        .extend(passage.peaks().map(|(neuron, peak)| [9, neuron, peak.group, u32::from(peak.slope > 0.0)]));
    pattern
}

/// How many derivatives were compared, and how many left out since the pattern of spikes does not stay or a slope is small.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) compared: usize,
    pub(super) left_out: usize,
}

/// A network, what it is shown, and what is asked of it.
pub(super) struct Asked<'a> {
    pub(super) net: &'a Net,
    pub(super) parameters: &'a Parameters<f64>,
    pub(super) input: &'a [(f64, u32)],
    pub(super) until: f64,
    pub(super) loss: &'a Loss,
    pub(super) target: Target<'a>,
    /// Steps of the differences over the usual ones: one of them has to say what the gradient says.
    pub(super) steps: &'a [f64],
}

impl Asked<'_> {
    /// Compares the derivatives by every fourth weight and, if so, delay, and by all thresholds and time constants that learn, with
    /// five-point differences.
    pub(super) fn check(&self, with_delays: bool, first: usize, tally: &mut Tally, case: &str) {
        let Self { net, parameters, input, until, loss, target, steps } = *self;
        let mut passage = Passage::default();
        passage.forward(net, parameters, (1, 0), input, until);
        passage.judge(net, parameters, until, loss, Some(target));
        let mut gradient = parameters.zeroed();
        passage.backward(net, parameters, Slopes::exact(), &mut gradient);
        let before = pattern(&passage);
        let closed = net.layers.iter().all(|layer| matches!(layer.kind, Kind::Pulses | Kind::Fading));
        let steep = passage
            .tapes
            .iter()
            .zip(&net.layers)
            .filter(|(_, layer)| layer.kind != Kind::Jumps)
            .all(|(tape, _)| tape.actions.iter().all(|action| action.restarts || action.value > 0.05));
        let mut at = |parameters: &Parameters<f64>| {
            passage.forward(net, parameters, (1, 0), input, until);
            let value = passage.judge(net, parameters, until, loss, Some(target)).loss;
            (value, pattern(&passage) == before)
        };
        let mut check =
            |get: &dyn Fn(&mut Parameters<f64>) -> &mut f64, analytic: f64, (rms, usual): (f64, f64)| {
                let (mut least, mut told) = (None, 0.0);
                for h in steps.iter().map(|step| step * usual).filter(|_| steep) {
                    if least.is_some_and(|least| least < 1e-6) {
                        break;
                    }
                    let mut all = true;
                    let mut value = |steps: f64| {
                        let mut moved = parameters.clone();
                        *get(&mut moved) += steps * h;
                        let (loss, same) = at(&moved);
                        all &= same;
                        loss
                    };
                    let difference =
                        (value(-2.0) - 8.0 * value(-1.0) + 8.0 * value(1.0) - value(2.0)) / (12.0 * h);
                    if !all {
                        continue;
                    }
                    // What is rounded in the loss is divided by h; a membrane is a difference of numbers up to e^5 times as large, which are
                    // rounded by 1e-16 of themselves several times, and more often where there is no closed form.
                    let unit = if loss.integrates() || !closed { 8e-14 } else { 1e-14 };
                    let rounded = unit * (1.0 + analytic.abs()) / h;
                    let error = ((analytic - difference).abs() - rounded) / analytic.abs().max(1e-3 * rms);
                    (least, told) = (Some(least.map_or(error, |least: f64| least.min(error))), difference);
                }
                let Some(error) = least else {
                    tally.left_out += 1;
                    return;
                };
                tally.compared += 1;
                assert!(error < 1e-6, "{case}, {loss:?}, step {usual:e}: {analytic:e}, differences {told:e}");
            };
        for (index, layer) in net.layers.iter().enumerate() {
            let rms = |list: &[f64]| (list.iter().map(|g| g * g).sum::<f64>() / list.len() as f64).sqrt();
            let norm = rms(&gradient.weights[index]);
            let there = |k: &usize| *k >= layer.dense * layer.stride || k % layer.stride < layer.size;
            for k in (0..layer.weights).filter(there).filter(|k| (k + first).is_multiple_of(4)) {
                check(&|all| &mut all.weights[index][k], gradient.weights[index][k], (norm, 1e-4));
                if with_delays {
                    let norm = rms(&gradient.delays[index]);
                    check(&|all| &mut all.delays[index][k], gradient.delays[index][k], (norm, 1e-4));
                }
            }
            for k in 0..gradient.thresholds.get(index).map_or(0, Vec::len) {
                let norm = rms(&gradient.thresholds[index]);
                // A threshold moves a spike further than one weight of many does.
                check(&|all| &mut all.thresholds[index][k], gradient.thresholds[index][k], (norm, 4e-5));
            }
            if let Some(&[by_tau]) = gradient.taus.get(index).map(Vec::as_slice) {
                // In ms: of ten of them a smaller share than of a weight.
                check(&|all| &mut all.taus[index][0], by_tau, (by_tau.abs(), 1e-3));
            }
        }
    }
}

#[test]
fn gradients_are_central_differences() {
    let first = FirstSpike { tau: 2.0, early: 0.05, tau_early: 10.0, silent: 9.41 };
    let losses = [ReadOut::FirstSpike(first), ReadOut::SpikeSum(SpikeSum { tau: 15.0, gain: 0.4 })];
    let membranes = [ReadOut::MeanVoltage(Voltage { gain: 3.0 }), ReadOut::MaxVoltage(Voltage { gain: 2.0 })];
    let (mut tally, mut silent) = (Tally::default(), 0);
    for draw in 0..2 {
        for (number, case) in (0..).zip(CASES) {
            let [first, sum] = losses;
            let [mean, max] = membranes;
            for (read, with_delays) in
                [(first, false), (first, true), (sum, false), (mean, true), (max, true)]
            {
                let loss = Loss::cross_entropy(read);
                // Of layers that hear themselves, what is read last is nothing new, nor are other losses of currents that have no closed
                // form.
                let again = case.back > 0.0 || number > 8;
                if again && !(with_delays && draw == 0) {
                    continue;
                }
                let mut drawn = Drawn(Stream::new(11, Purpose::Measurement, number, draw));
                let input = spikes(&mut drawn);
                let network = network(case, times(&input));
                let mut net = Net::new(&network).unwrap().read_out(!loss.integrates(), 1);
                let mut parameters = parameters(&net, 8.0 * case.drive, 1.2, &mut drawn);
                if with_delays {
                    own(&mut net, &mut parameters, &mut drawn);
                }
                let mut passage = Passage::default();
                passage.forward(&net, &parameters, (1, 0), &input, case.until);
                // A silent read-out is the right one where there is one.
                let fired: Vec<u32> = passage.tapes[2].spikes.iter().map(|spike| spike.1).collect();
                let label = (0..3).find(|k| !fired.contains(k)).unwrap_or(draw as u32) as usize;
                silent += usize::from(!loss.integrates() && !fired.contains(&(label as u32)));
                let (net, parameters, input) = (&net, &parameters, &input[..]);
                let asked = Asked {
                    net,
                    parameters,
                    input,
                    until: case.until,
                    loss: &loss,
                    target: Target::Class(label),
                    steps: &[1.0],
                };
                asked.check(with_delays, draw as usize, &mut tally, &format!("{case:?}"));
            }
        }
    }
    let Tally { compared, left_out } = tally;
    assert!(compared > 1000 && silent >= 3, "{compared} compared, {silent} with a silent read-out");
    assert!(left_out * 10 <= compared, "{left_out} left out of {compared}");
}
