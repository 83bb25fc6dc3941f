//! Neurons that spike several times at one instant: what is counted, recorded and delivered, under every engine.

use memspike::engine::{
    Clocked, Heap, Lanes, Queue, Record, Silent, Simulation, SimulationError, Spike, Stream, Threads, Watcher,
};
use memspike::network::{Builder, Delays, Form, Kernel, Network, Origin, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second, Volt};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const MS: u64 = 1_000_000_000_000;

fn fs(time: u64) -> Time {
    Time::from_fs(time)
}

/// Rest at 0 V, threshold 0.25 V, tau 9.41 ms.
fn subtracting(t_ref_ms: f64) -> Lif {
    Lif { u_rest: Volt::ZERO, reset: Reset::Subtract, t_ref: Second::new(t_ref_ms * 1e-3), ..Lif::default() }
}

/// How the rows of a projection end, and so the form of what they reach.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Way {
    Dense,
    Sparse,
    /// Sparse, each synapse with a delay of its own.
    Delays,
    /// Sparse, beside a current: the target keeps its own time.
    Own,
}

const WAYS: [Way; 4] = [Way::Dense, Way::Sparse, Way::Delays, Way::Own];

impl Way {
    fn connect(self, builder: &mut Builder, from: Origin, to: usize, delay: u64) {
        let rows = match self {
            Self::Dense => Rows::Dense,
            _ => Rows::sparse(vec![0, 2, 4], vec![0, 1, 0, 1]),
        };
        let projection = builder.projection("w", from, to, Kernel::Delta, fs(delay), rows);
        if self == Self::Delays {
            builder.delays(projection, Delays::Exact(vec![delay; 4]));
        }
    }

    fn form(self) -> Form {
        match self {
            Self::Dense => Form::SharedDecay,
            Self::Sparse | Self::Delays => Form::Scaled,
            Self::Own => Form::OwnTime,
        }
    }
}

/// A list that kicks two neurons, which reach two others, 1 ms later.
fn chain(way: Way, kicks: &[u64], first: Lif) -> Arc<Network> {
    let mut builder = Builder::default();
    let list = kicks.iter().flat_map(|&time| [(fs(time), 0), (fs(time), 1)]).collect();
    let source = builder.source("kicks", 2, SourceKind::List(list));
    let fires = builder.population("fires", 2, first);
    let sums = builder.population("sums", 2, Lif { v_th: Volt::new(100.0), ..subtracting(0.0) });
    way.connect(&mut builder, source, fires, 0);
    way.connect(&mut builder, Origin::Population(fires), sums, MS);
    for to in [fires, sums] {
        if way == Way::Own {
            let rows = Rows::sparse(vec![0, 0, 0], Vec::new());
            builder.projection(
                "none",
                source,
                to,
                Kernel::Exponential { tau: Second::new(1e-3) },
                fs(1),
                rows,
            );
        }
    }
    builder.finish().unwrap()
}

/// `kick` from each line to its own neuron, `weight` from each neuron to its own partner.
fn weights(network: &Arc<Network>, kick: f64, weight: f64) -> Weights<f64> {
    let diagonal = |w: f64| vec![w, 0.0, 0.0, w];
    let mut values = vec![diagonal(kick), diagonal(weight)];
    values.resize(network.projections.len(), Vec::new());
    Weights::from_values(network, &values)
}

struct Seen {
    records: Vec<Record>,
    spikes: Vec<u32>,
    rows: Vec<u32>,
    counts: [u64; 3],
    membranes: [Vec<f64>; 2],
}

fn see<Q: Queue<f64>>(network: &Arc<Network>, weights: &Weights<f64>, end: u64, threads: usize) -> Seen {
    let mut simulation = Simulation::<f64, Q>::new(network, 1);
    simulation.partition(&Threads::one().cut_into(threads));
    simulation.begin(0, &[]).unwrap();
    let mut stream = Stream::default();
    let mut spikes: Vec<Spike> = Vec::new();
    if threads == 1 {
        simulation.run(weights, fs(end), &mut (&mut stream, &mut spikes)).unwrap();
    } else {
        // In windows nobody may look at the arrivals.
        simulation.run(weights, fs(end), &mut spikes).unwrap();
        stream.records = spikes.iter().copied().map(Record::Spike).collect();
    }
    let counts = simulation.counts();
    Seen {
        records: stream.records,
        spikes: counts.spikes[0].clone(),
        rows: counts.rows[1].clone(),
        counts: [counts.fire, counts.arrival, counts.synaptic],
        membranes: [simulation.membranes(0), simulation.membranes(1)],
    }
}

#[test]
fn seven_spikes_at_once_are_counted_and_recorded_seven_times_and_delivered_as_seven_weights() {
    // 7.25 thresholds. 7 x 0.1 is another number than the sum of seven times 0.1.
    let sum = (0..7).fold(0.0, |sum, _| sum + 0.1);
    assert_ne!(sum, 7.0 * 0.1f64);
    for way in WAYS {
        let network = chain(way, &[MS], subtracting(0.0));
        assert_eq!(network.populations[0].form, way.form());
        let weights = weights(&network, 7.25 * 0.25, 0.1);
        let runs = [
            see::<Lanes>(&network, &weights, 2 * MS + 1, 1),
            see::<Heap>(&network, &weights, 2 * MS + 1, 1),
            see::<Lanes>(&network, &weights, 2 * MS + 1, 2),
        ];
        for seen in &runs {
            assert_eq!(seen.spikes, [7, 7], "{way:?}");
            assert_eq!(seen.rows.iter().sum::<u32>(), if way == Way::Delays { 28 } else { 14 }, "{way:?}");
            let synapses = 2 * 2 + 14 * 2;
            // Those of the current that never flows are two more on either side.
            let arrivals = match way {
                Way::Delays => synapses,
                Way::Own => 2 + 14 + 4,
                Way::Dense | Way::Sparse => 2 + 14,
            };
            assert_eq!(seen.counts, [14, arrivals, synapses], "{way:?}");
            let spikes: Vec<Spike> = seen
                .records
                .iter()
                .filter_map(|record| if let Record::Spike(spike) = record { Some(*spike) } else { None })
                .collect();
            let spike = |neuron| Spike { time: fs(MS), population: 0, neuron };
            assert_eq!(spikes, [[spike(0); 7], [spike(1); 7]].concat(), "{way:?}");
            let arrived =
                seen.records.iter().filter(|record| matches!(record, Record::Arrival { projection: 1, .. }));
            let of_one = if way == Way::Delays { 28 } else { 14 };
            assert!(matches!(arrived.count(), count if count == of_one || count == 0));
            // Half of a millisecond has passed for nobody: the second population was reached a femtosecond ago.
            for u in &seen.membranes[1] {
                let decay = (-1e-12f64 / 9.41).exp();
                assert!((u - 0.7 * decay).abs() < 1e-15, "{way:?}: {u}");
            }
            for u in &seen.membranes[0] {
                let want = 0.0625 * (-(1.0 + 1e-12) / 9.41f64).exp();
                assert!((u - want).abs() < 1e-15, "{way:?}: {u}");
            }
            assert_eq!(seen.membranes, runs[0].membranes, "{way:?}");
        }
        let mut clocked = Clocked::new(&network, &weights, &[], 1, fs(MS / 2)).unwrap();
        clocked.run(fs(2 * MS + 1), &mut Silent).unwrap();
        assert_eq!(clocked.counts().spikes[0], [7, 7]);
        assert!((clocked.membranes(1)[0] - 0.7).abs() < 1e-15);
    }
    // Delivered as one jump, to the bit.
    let network = chain(Way::Own, &[MS], subtracting(0.0));
    let weights = weights(&network, 7.25 * 0.25, 0.1);
    let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
    simulation.run(&weights, fs(2 * MS), &mut Silent).unwrap();
    while simulation.step(&weights, fs(2 * MS + 1), &mut Vec::<Spike>::new()).unwrap() {}
    let state = simulation.state();
    let memspike::engine::Membranes::Free(saved) = &state.populations[1] else { panic!("own time") };
    assert_eq!(saved.variables[0], 7.0 * 0.1);
}

#[test]
fn what_is_left_fires_when_each_refractory_time_ends_under_every_engine() {
    // 3.5 thresholds at 1 ms, deaf for 0.5 ms; kicks at 1.2 and 2.0 ms are lost, the next at 2.5 ms counts.
    for way in WAYS {
        let kicks = [MS, 6 * MS / 5, 2 * MS, 5 * MS / 2];
        let network = chain(way, &kicks, subtracting(0.5));
        let weights = weights(&network, 0.875, 0.1);
        let want = [MS, 3 * MS / 2, 2 * MS, 5 * MS / 2, 3 * MS, 7 * MS / 2, 4 * MS];
        for threads in [1, 2, 3] {
            let seen = [
                see::<Lanes>(&network, &weights, 20 * MS, threads),
                see::<Heap>(&network, &weights, 20 * MS, 1),
            ];
            for seen in seen {
                let times: Vec<u64> = seen
                    .records
                    .iter()
                    .filter_map(|record| match record {
                        Record::Spike(spike) if spike.neuron == 1 => Some(spike.time.fs()),
                        _ => None,
                    })
                    .collect();
                // Half a threshold and 3.5 more at 2.5 ms are exactly four.
                assert_eq!(times, want, "{way:?}, {threads} threads");
            }
        }
        let mut clocked = Clocked::new(&network, &weights, &[], 1, fs(MS / 10)).unwrap();
        let mut spikes: Vec<Spike> = Vec::new();
        clocked.run(fs(20 * MS), &mut spikes).unwrap();
        let times: Vec<u64> = spikes.iter().filter(|s| s.neuron == 1).map(|s| s.time.fs()).collect();
        assert_eq!(times, want, "{way:?} on a grid");
    }
}

#[test]
fn more_than_65535_spikes_at_once_are_an_error_that_names_the_weight() {
    for way in WAYS {
        let network = chain(way, &[MS], subtracting(0.0));
        let most = weights(&network, 65_535.5 * 0.25, 0.0);
        assert_eq!(see::<Lanes>(&network, &most, 3 * MS, 1).spikes, [65_535; 2]);
        let weights = weights(&network, 1e5, 0.0);
        let run = |run: Result<(), SimulationError>| {
            let error = run.unwrap_err();
            let SimulationError::TooOften { population, neuron: 0, time, weight: Some(weight) } = &error
            else {
                panic!("{way:?}: {error:?}")
            };
            assert_eq!((population.as_str(), *time), ("fires", fs(MS)));
            assert_eq!((weight.projection.as_str(), weight.row, weight.volts), ("w", 0, 1e5));
            error.to_string()
        };
        let text = run(Simulation::<f64, Heap>::new(&network, 1).run(&weights, fs(3 * MS), &mut Silent));
        assert_eq!(
            text,
            run(Simulation::<f64, Lanes>::new(&network, 1).run(&weights, fs(3 * MS), &mut Silent))
        );
        assert_eq!(
            text,
            run(Clocked::new(&network, &weights, &[], 1, fs(MS)).unwrap().run(fs(3 * MS), &mut Silent))
        );
        if way == Way::Dense {
            assert_eq!(
                text,
                "neuron 0 of population `fires` would spike more than 65535 times at 1 ms: its largest weight, from row 0 of \
                 projection `w`, is 1e5 V or 4e5 thresholds; a weight that is so much larger than the threshold may be in \
                 another unit than was meant"
            );
        }
    }
}

#[test]
fn a_batch_of_poisson_spikes_with_weights_of_several_thresholds_is_what_the_reference_computes() {
    use memspike::encoding::{AliasTable, BlockRate};
    let table = AliasTable::new(&[1, 2, 1, 3]);
    for (size, t_ref_ms, bias) in
        [(3u32, 0.0, 0.0), (10, 0.0, 0.1), (21, 0.0, 0.0), (3, 0.7, 0.0), (21, 0.7, 0.1)]
    {
        let lif = Lif { r_m: Ohm::new(1e6), i_bias: Ampere::new(bias * 1e-6), ..subtracting(t_ref_ms) };
        let mut builder = Builder::default();
        let source = builder.source("noise", 4, SourceKind::Poisson);
        let population = builder.population("p", size, lif.clone());
        builder.projection("w", source, population, Kernel::Delta, fs(0), Rows::Dense);
        let network = builder.finish().unwrap();
        let values: Vec<f64> = (0..4 * size).map(|k| 0.25 * (f64::from(k * 7 % 11) / 2.3 - 1.1)).collect();
        let weights = Weights::from_values(&network, std::slice::from_ref(&values));
        fn run<Q: Queue<f64>>(
            network: &Arc<Network>,
            weights: &Weights<f64>,
            rate: BlockRate,
        ) -> (Vec<Spike>, Vec<f64>, Stream) {
            // Once as fast as may be, and once with everything shown.
            let mut spikes: Vec<Spike> = Vec::new();
            let mut simulation = Simulation::<f64, Q>::new(network, 9);
            simulation.begin(0, std::slice::from_ref(&rate)).unwrap();
            simulation.run(weights, fs(400 * MS), &mut spikes).unwrap();
            let mut stream = Stream::default();
            let mut shown = Simulation::<f64, Q>::new(network, 9);
            shown.begin(0, &[rate]).unwrap();
            shown.run(weights, fs(400 * MS), &mut stream).unwrap();
            assert_eq!(shown.membranes(0), simulation.membranes(0));
            (spikes, simulation.membranes(0), stream)
        }
        let rate = BlockRate::new(&table.cells, 900.0);
        let (fast, u, stream) = run::<Lanes>(&network, &weights, rate.clone());
        let (reference, u_reference, _) = run::<Heap>(&network, &weights, rate);
        assert!(fast == reference && u == u_reference);
        // By definition, neuron by neuron, from the arrivals that were shown.
        let (tau, u_inf) = (lif.tau_m.get(), bias);
        let mut several = 0;
        for neuron in 0..size {
            let (mut x, mut last, mut free) = (-u_inf, 0u64, 0u64);
            let mut want: Vec<u64> = Vec::new();
            let t_ref = (t_ref_ms * MS as f64).round() as u64;
            for record in &stream.records {
                let Record::Arrival { time, row, .. } = record else { continue };
                let time = time.fs();
                while t_ref > 0 && free <= time && x + u_inf >= 0.25 {
                    want.push(free);
                    (x, free) = (x - 0.25, free + t_ref);
                }
                if time < free {
                    continue;
                }
                x *= (-((time - last.max(free)) as f64) * 1e-15 / tau).exp();
                last = time;
                x += values[(row * size + neuron) as usize];
                while x + u_inf >= 0.25 {
                    want.push(time);
                    x -= 0.25;
                    if t_ref > 0 {
                        free = time + t_ref;
                        break;
                    }
                }
            }
            while t_ref > 0 && free < 400 * MS && x + u_inf >= 0.25 {
                want.push(free);
                (x, free) = (x - 0.25, free + t_ref);
            }
            let got: Vec<u64> = fast.iter().filter(|s| s.neuron == neuron).map(|s| s.time.fs()).collect();
            assert_eq!(got, want, "neuron {neuron} of {size}, deaf for {t_ref_ms} ms");
            several += want.windows(2).filter(|pair| pair[0] == pair[1]).count();
        }
        assert_eq!(several > 20, t_ref_ms == 0.0, "{several} spikes at once");
    }
}

/// Keeps spikes, and asks for a stop once there are three.
struct Stopping<'a> {
    stop: &'a AtomicBool,
    seen: Vec<Spike>,
}

impl Watcher for Stopping<'_> {
    fn spike(&mut self, spike: Spike) {
        self.seen.push(spike);
        if self.seen.len() == 3 {
            self.stop.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_clock_stops_at_its_next_step_and_goes_on_from_there() {
    let network = chain(Way::Own, &[MS, 6 * MS / 5, 5 * MS / 2], subtracting(0.5));
    let weights = weights(&network, 0.875, 0.1);
    let mut whole: Vec<Spike> = Vec::new();
    Clocked::new(&network, &weights, &[], 1, fs(MS / 10)).unwrap().run(fs(20 * MS), &mut whole).unwrap();
    assert!(whole.len() > 3);
    let stop = AtomicBool::new(false);
    let mut watcher = Stopping { stop: &stop, seen: Vec::new() };
    let mut clocked = Clocked::new(&network, &weights, &[], 1, fs(MS / 10)).unwrap();
    let reached = clocked.run_watched(fs(20 * MS), &stop, false, &mut watcher).unwrap();
    let third = whole[2].time;
    let next = whole.iter().map(|spike| spike.time).find(|time| *time > third).unwrap();
    assert_eq!(watcher.seen, whole.iter().copied().filter(|spike| spike.time <= third).collect::<Vec<_>>());
    assert!(third < reached && reached <= next && reached.fs() - third.fs() == MS / 10, "{reached}");
    stop.store(false, Ordering::Relaxed);
    assert_eq!(clocked.run_watched(fs(20 * MS), &stop, false, &mut watcher), Ok(fs(20 * MS)));
    assert_eq!(watcher.seen, whole);
}
