//! A published network of integrators with subtractive reset on a published recording: spikes per layer, to the last
//! one.
//!
//! The graph is `paper/02_cnn/cnn_sinabs.nir` of the repository neuromorphs/NIR, the recording an N-MNIST digit
//! (`test/test_data/sample_nmnist.bin` of neuromorphs/tonic). Neither is kept here: the test looks for both under
//! `MEMSPIKE_DATA`, in `nir/` and `events/`, and reads the graph with `MEMSPIKE_PYTHON` (or `python3`) and h5py. Where
//! any of them is missing it says so and is over.

use memspike::engine::{Heap, Lanes, Queue, Silent, Simulation};
use memspike::network::{Builder, Form, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use memspike::units::{Second, Volt};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// A matrix of weights: its shape, and its values in row-major order.
struct Matrix {
    shape: Vec<usize>,
    values: Vec<f64>,
}

/// Rows of (target, weight), ascending by target.
type Synapses = Vec<Vec<(u32, f64)>>;

/// Channels and sides of what a convolution reads, and of what it makes.
struct Sizes {
    from: (usize, usize),
    to: usize,
    stride: usize,
    padding: usize,
    /// Neighbours in each direction that are summed before it.
    pool: usize,
}

/// Synapses of a convolution of square images, after a sum over `pool` x `pool` neighbours.
fn convolution(kernel: &Matrix, sizes: &Sizes) -> Synapses {
    let [outputs, channels, width, _] = kernel.shape[..] else { panic!("a convolution has four axes") };
    let (side, pool) = (sizes.from.1, sizes.pool);
    assert_eq!(channels, sizes.from.0);
    // Where input `at` is seen through tap `k` of the kernel.
    let seen = |at: usize, k: usize| {
        let shifted = (at / pool + sizes.padding).checked_sub(k)?;
        (shifted % sizes.stride == 0 && shifted / sizes.stride < sizes.to).then_some(shifted / sizes.stride)
    };
    let row = |channel: usize, y: usize, x: usize| {
        let mut row = Vec::new();
        for output in 0..outputs {
            for (ky, kx) in (0..width).flat_map(|ky| (0..width).map(move |kx| (ky, kx))) {
                if let (Some(to_y), Some(to_x)) = (seen(y, ky), seen(x, kx)) {
                    let weight = kernel.values[((output * channels + channel) * width + ky) * width + kx];
                    row.push((((output * sizes.to + to_y) * sizes.to + to_x) as u32, weight));
                }
            }
        }
        row.sort_unstable_by_key(|synapse| synapse.0);
        row
    };
    let places = (0..channels).flat_map(|c| (0..side).flat_map(move |y| (0..side).map(move |x| (c, y, x))));
    places.map(|(c, y, x)| row(c, y, x)).collect()
}

/// Synapses of a dense layer; `column` is the column of each line.
fn affine(matrix: &Matrix, lines: usize, column: impl Fn(usize) -> usize) -> Synapses {
    let [outputs, columns] = matrix.shape[..] else { panic!("a dense layer has two axes") };
    let weight = |line: usize, output: usize| matrix.values[output * columns + column(line)];
    (0..lines)
        .map(|line| (0..outputs).map(|output| (output as u32, weight(line, output))).collect())
        .collect()
}

fn network(events: &[(Time, u32)], weights: &[Matrix]) -> (Arc<Network>, Weights<f64>) {
    let [first, second, third, fourth, fifth] = weights else { panic!("five layers") };
    let sizes = |from, to, stride, padding, pool| Sizes { from, to, stride, padding, pool };
    let layers = [
        (16 * 16 * 16, convolution(first, &sizes((2, 34), 16, 2, 1, 1))),
        (16 * 16 * 16, convolution(second, &sizes((16, 16), 16, 1, 1, 1))),
        (8 * 8 * 8, convolution(third, &sizes((16, 16), 8, 1, 1, 2))),
        // Four by four sums of each of eight channels of eight by eight.
        (256, affine(fourth, 512, |line| (line / 64 * 4 + line % 64 / 16) * 4 + line % 8 / 2)),
        (10, affine(fifth, 256, |line| line)),
    ];
    // An integrator: over a third of a second nothing leaks, since e^(-t/tau) is one to the last bit.
    let lif = Lif {
        tau_m: Second::new(1e18),
        u_rest: Volt::ZERO,
        v_th: Volt::new(1.0),
        reset: Reset::Subtract,
        ..Lif::default()
    };
    let mut builder = Builder::default();
    let mut from = builder.source("camera", 2 * 34 * 34, SourceKind::List(events.to_vec()));
    let mut values = Vec::new();
    for (index, (size, synapses)) in layers.into_iter().enumerate() {
        let population = builder.population(&format!("layer {}", index + 1), size, lif.clone());
        let mut start = vec![0];
        let mut targets = Vec::new();
        let mut row_values = Vec::new();
        for row in &synapses {
            targets.extend(row.iter().map(|synapse| synapse.0));
            row_values.extend(row.iter().map(|synapse| synapse.1));
            start.push(targets.len());
        }
        let dense = synapses.iter().all(|row| row.len() == size as usize);
        let rows = if dense { Rows::Dense } else { Rows::sparse(start, targets) };
        builder.projection("weights", from, population, Kernel::Delta, Time::ZERO, rows);
        values.push(row_values);
        from = Origin::Population(population);
    }
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &values);
    (network, weights)
}

/// Events of an N-MNIST recording, five bytes each: x, y, polarity and 23 bits of microseconds. Those of one microsecond
/// follow one another by a femtosecond. Lines are (polarity, y, x).
fn recording(bytes: &[u8]) -> Vec<(Time, u32)> {
    let mut events: Vec<(Time, u32)> = Vec::new();
    let mut at = 0;
    for event in bytes.chunks_exact(5) {
        let [x, y, a, b, c] = [0, 1, 2, 3, 4].map(|k| u32::from(event[k]));
        let microseconds = u64::from((a & 0x7F) << 16 | b << 8 | c);
        at = (microseconds * 1_000_000_000).max(at + 1);
        events.push((Time::from_fs(at), (a >> 7) * 34 * 34 + y * 34 + x));
    }
    events
}

/// A recording, and the weights of each layer.
type Data = (Vec<(Time, u32)>, Vec<Matrix>);

/// The data, or what is missing.
fn data() -> Result<Data, String> {
    let root = std::env::var_os("MEMSPIKE_DATA").ok_or("MEMSPIKE_DATA is not set")?;
    let there = |name: &str| -> Result<PathBuf, String> {
        let path = Path::new(&root).join(name);
        if path.is_file() { Ok(path) } else { Err(format!("there is no {}", path.display())) }
    };
    let (graph, events) = (there("nir/cnn_sinabs.nir")?, there("events/tonic_nmnist_sample.bin")?);
    let text = Path::new(env!("CARGO_TARGET_TMPDIR")).join("cnn_sinabs.txt");
    let python = std::env::var_os("MEMSPIKE_PYTHON").unwrap_or_else(|| "python3".into());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/nir_weights.py");
    let output = Command::new(&python).args([Path::new(script), &graph, &text]).output();
    let output = output.map_err(|error| format!("{} cannot be run: {error}", python.display()))?;
    if !output.status.success() {
        return Err(format!("the graph cannot be read: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let text = std::fs::read_to_string(&text).map_err(|error| error.to_string())?;
    let lines: Vec<&str> = text.lines().collect();
    let matrix = |lines: &[&str]| Matrix {
        shape: lines[0].split(' ').skip(1).map(|length| length.parse().unwrap()).collect(),
        values: lines[1].split(' ').map(|value| value.parse().unwrap()).collect(),
    };
    let events = std::fs::read(events).map_err(|error| error.to_string())?;
    Ok((recording(&events), lines.chunks_exact(2).map(matrix).collect()))
}

fn spikes<Q: Queue<f64>>(network: &Arc<Network>, weights: &Weights<f64>) -> Vec<u64> {
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    simulation.run(weights, Time::MAX, &mut Silent).unwrap();
    simulation.counts().spikes.iter().map(|layer| layer.iter().map(|&n| u64::from(n)).sum()).collect()
}

#[test]
fn a_published_network_of_integrators_spikes_as_often_as_it_should_in_every_layer() {
    let (events, weights) = match data() {
        Ok(data) => data,
        Err(missing) => {
            println!("skipped: {missing}");
            return;
        }
    };
    assert_eq!(events.len(), 4325);
    let (network, weights) = network(&events, &weights);
    let forms: Vec<Form> = network.populations.iter().map(|population| population.form).collect();
    let own = Form::OwnTime;
    assert_eq!(forms, [own, own, own, Form::SharedDecay, Form::SharedDecay]);
    // By a simulation of the same graph in another language, event by event, layer by layer.
    let want = [6173, 13_043, 9030, 10_297, 999];
    assert_eq!(spikes::<Lanes>(&network, &weights), want);
    assert_eq!(spikes::<Heap>(&network, &weights), want);
}
