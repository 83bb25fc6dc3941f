//! Neurons whose threshold and current their own spikes adapt: spikes against the engine, gradients against differences.

use super::differences::Shape::{Alpha, Exponential, Pulse};
use super::differences::{Asked, Drawn, SIZES, Shape, TAU, Tally, compare, layers, own, parameters, times};
use super::*;
use crate::engine::lockstep::{Kind, Net, Unfit};
use crate::network::{Builder, Kernel, Network, Rows, SourceKind};
use crate::neuron::Open;
use crate::neuron::adaptive_lif::AdaptiveLif;
use crate::neuron::keys::Described as _;
use crate::random::{Purpose, Stream};
use crate::time::Time;
use crate::units::Second;
use std::sync::Arc;

/// What a spike adds to the threshold and to the current, in volts, with time constants in tau_m; where it puts the membrane (V) and for how long
/// (s); how strong the drive is, and after which time layers hear themselves, in seconds; zero: they do not.
#[derive(Clone, Copy, Debug)]
struct Case {
    shape: Shape,
    threshold: (f64, f64),
    current: (f64, f64),
    reset: f64,
    dead: f64,
    drive: f64,
    back: f64,
}

const NONE: (f64, f64) = (0.0, 1.0);

const fn case(shape: Shape, threshold: (f64, f64), current: (f64, f64), drive: f64) -> Case {
    Case { shape, threshold, current, reset: 0.0, dead: 0.0, drive, back: 0.0 }
}

const fn held(case: Case, reset: f64, dead: f64, back: f64) -> Case {
    Case { reset, dead, back, ..case }
}

const CASES: [Case; 16] = [
    case(Exponential(0.5), (0.05, 10.0), NONE, 2.0),
    held(case(Exponential(0.5), (0.04, 0.5), NONE, 2.5), 0.1, 4e-3, 0.0),
    case(Exponential(0.5), NONE, (0.05, 10.0), 2.0),
    held(case(Exponential(0.5), (0.04, 10.0), (0.03, 5.0), 2.5), 0.05, 2e-3, 3e-3),
    // As fast as the membrane, and faster.
    held(case(Exponential(1.0), (0.05, 1.0), NONE, 1.3), -0.05, 1e-3, 0.0),
    case(Exponential(1.0), (0.06, 1.0), (0.05, 1.0), 1.3),
    case(Exponential(0.3), (0.03, 0.3), (0.05, 3.0), 3.5),
    held(case(Exponential(2.7), (0.05, 2.7), (0.04, 2.7), 0.8), 0.0, 3e-3, 0.0),
    held(case(Exponential(2.7), (0.03, 0.2), NONE, 0.8), 0.0, 0.0, 1.3e-3),
    // A current that drives it on.
    held(case(Exponential(0.5), (0.08, 2.0), (-0.03, 1.5), 1.8), 0.0, 3e-3, 0.0),
    case(Alpha(0.5), (0.05, 10.0), NONE, 0.9),
    held(case(Alpha(0.3), NONE, (0.05, 3.0), 1.4), 0.05, 2e-3, 0.0),
    held(case(Alpha(1.0), (0.05, 1.0), (0.03, 10.0), 0.6), 0.0, 2e-3, 2e-3),
    case(Pulse, (0.05, 10.0), NONE, 0.9),
    held(case(Pulse, NONE, (0.05, 2.0), 0.9), 0.05, 3e-3, 0.0),
    held(case(Pulse, (0.04, 0.7), (0.03, 5.0), 0.9), 0.0, 2e-3, 1.2e-3),
];

const UNTIL: f64 = 50.0;

fn neuron(case: Case) -> AdaptiveLif {
    let values = [
        ("tau_m", TAU),
        ("u_rest", 0.0),
        ("v_th", 0.25),
        ("u_reset", case.reset),
        ("t_ref", case.dead),
        ("r_m", 250e3),
        ("q_theta", case.threshold.0),
        ("tau_theta", case.threshold.1 * TAU),
        ("i_jump", case.current.0 / 250e3),
        ("tau_w", case.current.1 * TAU),
    ];
    AdaptiveLif::with(&values).unwrap()
}

fn network(case: Case, spikes: Vec<(Time, u32)>) -> Arc<Network> {
    layers(spikes, &Open::new(neuron(case)), case.shape, |layer| 0.3e-3 * layer, case.back)
}

fn spikes(drawn: &mut Drawn) -> Vec<(f64, u32)> {
    let mut spikes: Vec<(f64, u32)> =
        (0..2 * SIZES[0]).map(|k| ((drawn.uniform(0.0, 30.0) * 1e12).floor() / 1e12, k % SIZES[0])).collect();
    spikes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    spikes
}

#[test]
fn spikes_of_neurons_that_adapt_are_those_of_the_engine() {
    let (mut again, mut leaky) = (0, 0);
    for (number, case) in (0..).zip(CASES) {
        for draw in 0..3 {
            let mut drawn = Drawn(Stream::new(53, Purpose::Measurement, number, draw));
            let input = spikes(&mut drawn);
            let net = Net::new(&network(case, times(&input))).unwrap();
            assert!(net.layers.iter().all(|layer| matches!(layer.kind, Kind::Adapting(_))), "{case:?}");
            let parameters = parameters(&net, 6.0 * case.drive, 1.0, &mut drawn);
            let spikes = compare(&net, &parameters, &input, UNTIL, &format!("{case:?}"));
            let neurons: u32 = SIZES[1..].iter().sum();
            again += spikes.saturating_sub(neurons as usize);
            // The same without adaptation does otherwise.
            let plain = Case { threshold: NONE, current: NONE, ..case };
            let plain = Net::new(&network(plain, times(&input))).unwrap();
            assert!(plain.layers.iter().all(|layer| !matches!(layer.kind, Kind::Adapting(_))), "{case:?}");
            leaky +=
                compare(&plain, &parameters, &input, UNTIL, &format!("{case:?}, plain")).abs_diff(spikes);
        }
    }
    assert!(
        again > 500 && leaky > 200,
        "{again} spikes after the first, {leaky} more or less without adaptation"
    );
}

/// A sample of a case, with a loss, and with delays, thresholds and time constants of single neurons or without.
fn check(case: Case, read: ReadOut, with_own: bool, (number, draw): (u32, u64), tally: &mut Tally) {
    let loss = Loss::cross_entropy(read);
    let mut drawn = Drawn(Stream::new(59, Purpose::Measurement, number, draw));
    let input = spikes(&mut drawn);
    let mut net = Net::new(&network(case, times(&input))).unwrap().read_out(!loss.integrates(), 1);
    let mut parameters = parameters(&net, 6.0 * case.drive, 1.0, &mut drawn);
    if with_own {
        own(&mut net, &mut parameters, &mut drawn);
    }
    let (net, parameters, input) = (&net, &parameters, &input[..]);
    let label = draw as usize % 3;
    // Where a spike comes about slowly the loss is bent, which takes small steps; large ones round less.
    let steps = &[0.0625, 0.25, 1.0];
    let asked =
        Asked { net, parameters, input, until: UNTIL, loss: &loss, target: Target::Class(label), steps };
    asked.check(with_own, number as usize, tally, &format!("{case:?}"));
}

#[test]
fn gradients_of_neurons_that_adapt_are_central_differences() {
    let first = ReadOut::FirstSpike(FirstSpike { tau: 2.0, early: 0.05, tau_early: 10.0, silent: 9.41 });
    let sum = ReadOut::SpikeSum(SpikeSum { tau: 15.0, gain: 0.4 });
    let mean = ReadOut::MeanVoltage(Voltage { gain: 3.0 });
    let max = ReadOut::MaxVoltage(Voltage { gain: 2.0 });
    let mut all = Tally::default();
    for (number, case) in (0..).zip(CASES) {
        let mut tally = Tally::default();
        // Sums know of all spikes of the read-out, so that is asked of every case.
        check(case, sum, true, (number, 0), &mut tally);
        check(case, [first, mean, max][number as usize % 3], number % 4 == 0, (number, 1), &mut tally);
        assert!(tally.compared > 30, "{case:?}: {tally:?}");
        all.compared += tally.compared;
        all.left_out += tally.left_out;
    }
    assert!(all.compared > 1000 && all.left_out * 10 <= all.compared, "{all:?}");
}

#[test]
fn the_next_spike_comes_later_by_what_the_first_has_left() {
    // One neuron under one long pulse of twice the threshold: u = 2 (1 - e^-t) - q reaches 1.
    let mut builder = Builder::default();
    let source = builder.source("in", 1, SourceKind::List(Vec::new()));
    let case = case(Pulse, (0.05, 1.0), NONE, 1.0);
    let one = builder.population("one", 1, Open::new(neuron(case)));
    let long = Kernel::rectangle(Time::from_ms(1000));
    builder.projection("drive", source, one, long, Time::ZERO, Rows::Dense);
    let net = Net::new(&builder.finish().unwrap()).unwrap();
    let mut weights = vec![0.0; net.layers[0].weights];
    weights[0] = 2.0;
    let parameters = Parameters { weights: vec![weights], ..Parameters::default() };
    let mut passage = Passage::default();
    passage.forward(&net, &parameters, (1, 0), &[(0.0, 0)], 100.0);
    let spikes = &passage.tapes[0].spikes;
    // tau_theta = tau_m: after a spike at t_k, u = 2 - (2 + q) e^-(t - t_k), and q = q_k e^-(t - t_k) + 0.2.
    let (mut t, mut q) = (0.0, 0.0);
    assert!(spikes.len() > 8);
    for (time, _) in spikes {
        let wait = crate::numeric::ln(2.0 + q);
        t += wait;
        q = q * crate::numeric::exp(-wait) + 0.2;
        assert!((time - t * 1e3 * TAU).abs() < 1e-9, "{time} and {}", t * 1e3 * TAU);
    }
}

#[test]
fn what_has_no_gradient_is_refused() {
    let of = |case: Case, kernel: Kernel| {
        let mut builder = Builder::default();
        let source = builder.source("in", 2, SourceKind::List(Vec::new()));
        let to = builder.population("adapting", 2, Open::new(neuron(case)));
        builder.projection("drive", source, to, kernel, Time::ZERO, Rows::Dense);
        Net::new(&builder.finish().unwrap()).map(|net| net.layers.len())
    };
    let adapts = case(Pulse, (0.05, 10.0), NONE, 1.0);
    let exponential = Kernel::Exponential { tau: Second::new(TAU) };
    assert_eq!(of(adapts, exponential.clone()), Ok(1));
    let [Unfit::Projection { key, what, .. }] = &of(adapts, Kernel::Delta).unwrap_err()[..] else { panic!() };
    assert_eq!((*key, what.as_str()), ("kernel", "jumps, to neurons whose spikes adapt them"));
    // Nothing adapts: these are leaky neurons.
    assert_eq!(of(case(Pulse, NONE, NONE, 1.0), Kernel::Delta), Ok(1));
    for (fast, wanted) in [
        (case(Pulse, (0.05, 0.9e-3), NONE, 1.0), Some("tau_theta")),
        (case(Pulse, (0.05, 1.0), (0.1, 0.9e-3), 1.0), Some("tau_w")),
        (case(Pulse, (0.05, 1.0), (0.0, 0.9e-3), 1.0), None),
    ] {
        let found = of(fast, exponential.clone()).err();
        let key = found.as_deref().map(|faults| match faults {
            [Unfit::Population { key, .. }] => *key,
            other => panic!("{other:?}"),
        });
        assert_eq!(key, wanted);
    }
}
