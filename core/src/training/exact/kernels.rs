//! Kernels, pooling and sparse rows: spikes against the engine, gradients against differences.

use super::differences::{Asked, Drawn, TAU, Tally, compare, lif, times};
use super::*;
use crate::engine::lockstep::Net;
use crate::network::{Builder, Convolution, Fixed, Kernel, Maps, Network, Origin, Rows, SourceKind, Weights};
use crate::random::{Purpose, Stream};
use crate::time::Time;
use crate::units::Second;
use std::sync::Arc;

/// How strong the drive of each kind of input is, in amperes, for pulses and for currents that fade.
const DRIVES: [[f64; 4]; 2] = [[0.5e-6, 0.3e-6, 0.25e-6, 0.2e-6], [1.6e-6, 1.0e-6, 0.8e-6, 0.35e-6]];

/// 6 x 6 lines; two maps by a kernel of 3 x 3; their sums over 2 x 2 places; four maps by two groups of kernels; three neurons that
/// reach all of these, and some of the first maps.
fn network(pulsed: bool, hold: bool, lines: Vec<(Time, u32)>) -> (Arc<Network>, Vec<usize>) {
    let mut builder = Builder::default();
    let lif = lif(hold.then_some(4e-3));
    let kernel = || match pulsed {
        true => Kernel::rectangle(Time::from_fs(8_650_000_000_000)),
        false => Kernel::Exponential { tau: Second::new(0.5 * TAU) },
    };
    let convolution = |from: Maps, channels, [size, stride, padding]: [u32; 3], groups| Convolution {
        from,
        channels,
        kernel: [size; 2],
        stride: [stride; 2],
        padding: [padding; 2],
        groups,
    };
    let source = builder.source("lines", 36, SourceKind::List(lines));
    let maps = builder.population("maps", 72, lif.clone());
    let pooled = builder.population("pooled", 18, lif.clone());
    let grouped = builder.population("grouped", 16, lif.clone());
    let output = builder.population("output", 3, lif);
    let at = Origin::Population;
    let delay = Time::from_fs(300_000_000_000);

    let (rows, shared) = convolution([1, 6, 6], 2, [3, 1, 1], 1).synapses();
    let first = builder.projection("first", source, maps, kernel(), Time::ZERO, rows);
    builder.share(first, shared);
    let (rows, _) = convolution([2, 6, 6], 2, [2, 2, 0], 2).synapses();
    let pool = builder.projection("pool", at(maps), pooled, kernel(), delay, rows);
    builder.fixed(pool, Fixed::Constant(DRIVES[usize::from(!pulsed)][1]));
    let (rows, shared) = convolution([2, 3, 3], 4, [2, 1, 0], 2).synapses();
    let second = builder.projection("second", at(pooled), grouped, kernel(), delay, rows);
    builder.share(second, shared);
    builder.projection("read", at(grouped), output, kernel(), Time::ZERO, Rows::Dense);
    // Every third of them, by one synapse each.
    let start = (0..=72).map(|row: usize| row.div_ceil(3)).collect();
    let few = Rows::sparse(start, (0..24).map(|k| k % 3).collect());
    builder.projection("skip", at(maps), output, kernel(), delay, few);
    let network = builder.finish().unwrap();
    (network, vec![first, pool, second])
}

/// A weight for every synapse, those that are shared the same.
fn weights(network: &Network, pulsed: bool, drawn: &mut Drawn) -> Vec<Vec<f64>> {
    let [first, _, second, read] = DRIVES[usize::from(!pulsed)];
    let laws = [first, 0.0, second, read, 0.3 * read];
    network
        .projections
        .iter()
        .zip(laws)
        .map(|(projection, mean)| {
            let mut draw =
                |count: usize| -> Vec<f64> { (0..count).map(|_| drawn.normal(mean, 0.7 * mean)).collect() };
            match &projection.shared {
                _ if projection.fixed.is_some() => Vec::new(),
                Some(shared) => shared.expand(&draw(shared.count())),
                None => draw(projection.synapses(network.populations[projection.to].size)),
            }
        })
        .collect()
}

fn lines(drawn: &mut Drawn) -> Vec<(f64, u32)> {
    let mut spikes: Vec<(f64, u32)> = (0..36).map(|line| (drawn.uniform(0.0, 12.0), line)).collect();
    spikes.iter_mut().for_each(|spike| spike.0 = (spike.0 * 1e12).floor() / 1e12);
    spikes.retain(|spike| spike.1 % 5 != 0);
    spikes.sort_by(|a, b| a.partial_cmp(b).unwrap());
    spikes
}

const KINDS: [(bool, bool); 4] = [(true, false), (true, true), (false, false), (false, true)];

#[test]
fn spikes_of_kernels_and_of_sparse_rows_are_those_of_the_engine() {
    for (number, (pulsed, hold)) in (0..).zip(KINDS) {
        let mut drawn = Drawn(Stream::new(23, Purpose::Measurement, number, 0));
        let input = lines(&mut drawn);
        let (network, _) = network(pulsed, hold, times(&input));
        let net = Net::new(&network).unwrap();
        let values = weights(&network, pulsed, &mut drawn);
        let parameters = Parameters::of(&net, &Weights::from_values(&network, &values));
        let spikes = compare(&net, &parameters, &input, 40.0, &format!("pulsed {pulsed}, hold {hold}"));
        assert!(spikes > 40, "{spikes} spikes, pulsed {pulsed}, hold {hold}");
    }
}

#[test]
fn weights_are_as_many_as_there_are_and_come_back() {
    let (network, _) = network(true, false, Vec::new());
    let net = Net::new(&network).unwrap();
    let counts: Vec<(usize, usize)> = net.layers.iter().map(|layer| (layer.learned, layer.weights)).collect();
    // Kernels of 9 x 2; one weight that stays; 4 x 4 of one line channel each; 16 x 8 with its padding and 24 synapses.
    assert_eq!(counts, [(18, 18), (0, 1), (16, 16), (152, 152)]);
    let mut drawn = Drawn(Stream::new(5, Purpose::Measurement, 0, 0));
    let values = weights(&network, true, &mut drawn);
    let there = Weights::<f64>::from_values(&network, &values);
    let back = Parameters::of(&net, &there).to_weights(&net);
    for (index, values) in values.iter().enumerate().filter(|(index, _)| *index != 1) {
        for (one, other) in back.values(&network, index).iter().zip(values) {
            assert!((one - other).abs() <= 1e-15 * other.abs());
        }
    }
}

#[test]
fn gradients_by_shared_weights_are_central_differences() {
    let first = FirstSpike { tau: 2.0, early: 0.05, tau_early: 10.0, silent: 9.41 };
    // First spikes of the right class at 10 ms, of the others at 24 ms.
    let squared = OpenObjective::new(SquaredError { right: Some(-1.0), wrong: -2.4 });
    let hinge = OpenObjective::new(Hinge { margin: 5.0 });
    let losses = [
        (Loss::cross_entropy(ReadOut::FirstSpike(first)), 1),
        (Loss::cross_entropy(ReadOut::SpikeSum(SpikeSum { tau: 15.0, gain: 0.4 })), 1),
        (Loss::cross_entropy(ReadOut::MeanVoltage(Voltage { gain: 3.0 })), 3),
        (Loss::cross_entropy(ReadOut::MaxVoltage(Voltage { gain: 2.0 })), 1),
        (Loss { read: ReadOut::FirstSpike(FirstSpike { tau: 10.0, ..first }), objective: squared }, 1),
        (Loss { read: ReadOut::MeanVoltage(Voltage { gain: 3.0 }), objective: hinge }, 3),
    ];
    // What is wanted of each neuron: first spikes at 10, 12 and 20 ms, sums and potentials.
    let beside = OpenObjective::new(SquaredError { right: None, wrong: 0.0 });
    let near = OpenObjective::new(Huber { within: 0.2 });
    let (late, early) = ([-1.0, -1.2, -2.0], FirstSpike { tau: 10.0, ..first });
    let of_targets = [
        (Loss { read: ReadOut::FirstSpike(early), objective: beside.clone() }, late),
        (
            Loss { read: ReadOut::SpikeSum(SpikeSum { tau: 15.0, gain: 1.0 }), objective: beside.clone() },
            [0.5, 0.1, 2.0],
        ),
        (
            Loss { read: ReadOut::MeanVoltage(Voltage { gain: 1.0 }), objective: near.clone() },
            [0.5, -0.3, 0.2],
        ),
        (Loss { read: ReadOut::MaxVoltage(Voltage { gain: 1.0 }), objective: beside }, [0.5, 0.3, 1.2]),
    ];
    let of_classes = losses.iter().map(|(loss, per_class)| (loss, *per_class, Target::Class(0)));
    let of_targets = of_targets.iter().map(|(loss, wanted)| (loss, 1, Target::Scores(wanted)));
    let losses: Vec<_> = of_classes.chain(of_targets).collect();
    let mut tally = Tally::default();
    for (number, (pulsed, hold)) in (0..).zip(KINDS) {
        for (draw, &(loss, per_class, target)) in (0..).zip(&losses) {
            let mut drawn = Drawn(Stream::new(88, Purpose::Measurement, number, draw));
            let input = lines(&mut drawn);
            let (network, _) = network(pulsed, hold, times(&input));
            let net = Net::new(&network).unwrap().read_out(!loss.integrates(), per_class);
            let values = weights(&network, pulsed, &mut drawn);
            let parameters = Parameters::of(&net, &Weights::from_values(&network, &values));
            let (net, parameters, input) = (&net, &parameters, &input[..]);
            let asked = Asked { net, parameters, input, until: 40.0, loss, target, steps: &[1.0] };
            asked.check(false, 0, &mut tally, &format!("pulsed {pulsed}, hold {hold}"));
        }
    }
    let Tally { compared, left_out } = tally;
    assert!(compared > 300, "{compared} compared");
    assert!(left_out * 10 <= compared, "{left_out} left out of {compared}");
}
