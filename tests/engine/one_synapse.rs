//! A memory on the bench and the same device as the synapse of a network of one neuron before and one behind it: under the
//! same pulses its conductance and its joules are the same.

use memspike::device::Open;
use memspike::device::circuit::{Energies, Ramp};
use memspike::device::electrodes::{Lobes, SpikePulses};
use memspike::device::memory::{BinaryMemory, DoseMemory};
use memspike::device::model::Draws;
use memspike::device::overlap::SpikePulse;
use memspike::device::preset::Preset;
use memspike::device::resistive::{DeviceSpread, Kinetics};
use memspike::engine::{Heap, Lanes, Learning, Queue, Silent, Simulation, layout};
use memspike::network::{Builder, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Reset};
use memspike::plasticity::{Devices, Overlap, Plastic, ProgramPulse, Rule, entity};
use memspike::time::Time;
use memspike::units::{Second, Volt};
use memspike::waveform::{Segment, Waveform};
use std::sync::Arc;

const SEED: u64 = 11;
const W_MAX: f64 = 2e-3;

/// A shipped memory, with or without its limiter, and voltages and a length at which a pulse moves it by some percent.
struct Case {
    what: String,
    open: Open,
    kinetics: Kinetics,
    /// Of SET, of RESET.
    peaks: [f64; 2],
    seconds: f64,
}

fn cases() -> Vec<Case> {
    let mut cases = Vec::new();
    for preset in Preset::names().into_iter().map(|name| Preset::named(name).unwrap()) {
        if preset.device.memory().is_none() {
            continue;
        }
        let (peaks, seconds) = match preset.name.as_str() {
            "ag-asi-jo-2010" => ([3.2, 2.8], 300e-6),
            "ag-tio2-pt-rs-analog" => ([0.26, 0.275], 2e-3),
            "ag-tio2-pt-rs-binary" => ([0.16, 0.11], 2e-3),
            "vteam-kvatinsky-2015" => ([0.22, 0.5], 20e-9),
            other => panic!("`{other}` is a memory: say at which voltages a pulse moves it"),
        };
        for limited in [true, false] {
            let (open, kinetics): (Open, Kinetics) = if let Some(memory) = preset.device.get::<DoseMemory>() {
                let mut memory = memory.clone();
                memory.device.i_cc = memory.device.i_cc.filter(|_| limited);
                (Open::new(memory.clone()), memory.device.into())
            } else {
                let mut memory = preset.device.get::<BinaryMemory>().unwrap().clone();
                memory.device.i_cc = memory.device.i_cc.filter(|_| limited);
                (Open::new(memory.clone()), memory.device.into())
            };
            let what = format!("{}{}", preset.name, if limited { "" } else { " without its limiter" });
            cases.push(Case { what, open, kinetics, peaks, seconds });
        }
    }
    assert_eq!(cases.len(), 8, "four shipped memories");
    cases
}

impl Case {
    /// Both electrodes with lobes of their own, and the same biphasic pulse on both.
    fn pulses(&self) -> [SpikePulses; 2] {
        let [set, reset] = self.peaks;
        let level = 0.25 * set;
        let seconds = |times: f64| Second::new(times * self.seconds);
        let own = Lobes {
            level: Volt::new(level),
            length: seconds(9.0),
            set: Volt::new(set - level),
            reset: Volt::new(reset),
            width: seconds(1.0),
        };
        let shared = SpikePulse {
            peak: Volt::new(0.7 * set),
            half_width: seconds(1.0),
            tail: Volt::new(0.3 * set),
            tail_length: seconds(11.0),
        };
        [SpikePulses::Own(own), SpikePulses::Shared(shared)]
    }
}

/// Spikes of the row and of the column, in femtoseconds.
type Trains = [Vec<u64>; 2];

/// Times in half widths of a pulse.
fn trains(unit: u64) -> [(&'static str, Trains); 3] {
    let at = |list: &[u64]| list.iter().map(|k| k * unit / 2).collect::<Vec<_>>();
    let pairs = [at(&[4, 40, 44, 80, 130, 160]), at(&[7, 39, 45, 80, 120, 171])];
    let bursts = [at(&[3, 5, 6, 7, 9, 60, 61, 62, 63, 64]), at(&[8, 9, 11, 55, 59, 65, 66, 90, 91])];
    // A linear congruence: anywhere, odd femtoseconds included.
    let mut word = 12_345u64;
    let mut anywhere = |count: usize| {
        let mut times: Vec<u64> = (0..count)
            .map(|_| {
                word = word.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
                (word >> 33) % (100 * unit) + 1
            })
            .collect();
        times.sort_unstable();
        times.dedup();
        times
    };
    [("pairs", pairs), ("bursts", bursts), ("anywhere", [anywhere(30), anywhere(24)])]
}

/// What an electrode has: each spike begins its pulse anew.
fn electrode(pulse: &Waveform, spikes: &[u64], until: u64) -> Waveform {
    let mut segments = Vec::new();
    for (k, &spike) in spikes.iter().enumerate().filter(|(_, spike)| **spike < until) {
        let next = spikes.get(k + 1).map_or(until, |next| until.min(*next));
        for piece in &pulse.segments {
            let [start, end] = [piece.start, piece.end].map(|t| t.fs() + spike);
            let cut = end.min(next);
            if start < cut {
                let to = piece.value_at(Time::from_fs(cut - spike));
                let [start, end] = [start, cut].map(Time::from_fs);
                segments.push(Segment { start, end, from: piece.from, to });
            }
        }
    }
    Waveform { segments, impulses: Vec::new() }
}

/// The bench puts the voltage between both electrodes across the device, piece by piece.
fn bench(
    case: &Case,
    pulses: &SpikePulses,
    trains: &Trains,
    until: u64,
    g: f64,
    noise: bool,
) -> (f64, Energies) {
    let [row, column] = pulses.waveforms();
    let across = electrode(&row, &trains[0], until).minus(&electrode(&column, &trains[1], until));
    let mut state = case.open.programmed(g).unwrap();
    let mut spent = Energies::default();
    for piece in &across.segments {
        let before = trains.iter().flatten().filter(|spike| **spike <= piece.start.fs()).count();
        let draws = Draws { seed: SEED, device: entity(0, 0), pulse: before as u64, noise };
        let ramp = Ramp { from: piece.from, to: piece.to, length: piece.length() };
        spent += case.open.advance(&mut state, ramp, &draws);
    }
    (case.open.columns(&state)[0], spent)
}

fn network(trains: &Trains) -> Arc<Network> {
    let mut builder = Builder::default();
    let list = |train: &[u64]| SourceKind::List(train.iter().map(|t| (Time::from_fs(*t), 0)).collect());
    let pre = builder.source("pre", 1, list(&trains[0]));
    let kick = builder.source("kick", 1, list(&trains[1]));
    let lif = Lif { v_th: Volt::new(1e6), u_rest: Volt::ZERO, reset: Reset::Rest, ..Lif::default() };
    let post = builder.population("post", 1, lif);
    builder.projection("synapse", pre, post, Kernel::Delta, Time::ZERO, Rows::Dense);
    builder.projection("kick", kick, post, Kernel::Delta, Time::ZERO, Rows::Dense);
    builder.finish().unwrap()
}

/// Conductance and joules of the device of a network of one synapse.
fn synapse<Q: Queue<f64>>(rule: &Overlap, trains: &Trains, until: u64, g: f64) -> (f64, [f64; 2]) {
    let network = network(trains);
    let ends = rule.device.ends();
    let devices = Devices {
        seed: SEED,
        projection: 0,
        siemens_per_weight: ends.span() / rule.w_max,
        base: vec![ends.g_min],
        partners: 1.0,
        own: Vec::new(),
        steps: Vec::new(),
        range: [ends.g_min, ends.g_max],
        ends: Vec::new(),
        kinetics: Vec::new(),
        levels: None,
        cycle_sigma: 0.0,
        pulse: ProgramPulse { v_set: Volt::new(1.0), v_reset: Volt::new(1.0), width: Second::new(1e-3) },
        endurance: None,
        retention: None,
        stuck: Vec::new(),
    };
    let layout = layout(&network, &network.projections[0]);
    let plastic = Plastic::new(Rule::Overlap(rule.clone()), layout, Some(devices)).unwrap();
    let mut learning = Learning::new(&network, vec![Some(plastic), None], false).unwrap();
    let mut weights = Weights::from_values(&network, &[vec![rule.weight(g)], vec![2e6]]);
    learning.begin(&mut weights);
    let mut simulation = Simulation::<f64, Q>::new(&network, 1);
    let end = Time::from_fs(until);
    simulation.run_learning(&mut weights, end, &mut learning, &mut Silent).unwrap();
    learning.finish(&mut weights, end);
    let state = &learning.plastic(0).unwrap().memory().devices;
    let w = weights.values(&network, 0)[0];
    (rule.conductance(w), [state.joules[0], state.limiter[0]])
}

#[test]
fn bench_and_network_of_one_synapse_have_the_same_conductance_and_joules() {
    let mut moved = [0; 2];
    for case in cases() {
        let unit = Time::from_seconds(Second::new(case.seconds)).unwrap().fs();
        for pulses in case.pulses() {
            let rule = Overlap {
                device: case.kinetics.clone(),
                pulses,
                spread: DeviceSpread::default(),
                w_max: W_MAX,
            };
            let ends = rule.device.ends();
            let starts = match rule.device {
                Kinetics::Dose(_) => [0.3, 0.7].map(|share| ends.g_min + share * ends.span()),
                Kinetics::Abrupt(_) => [ends.g_min, ends.g_max],
            };
            for ((name, trains), (end, g)) in trains(unit).into_iter().flat_map(|train| {
                let ends = [5, 31, 64, 83, 101, 140].into_iter();
                ends.flat_map(|end| starts.map(|g| (end, g))).map(move |end| (train.clone(), end))
            }) {
                let until = end * unit + 17;
                let what = format!("{} under {name}, {pulses:?}, {end} widths", case.what);
                let (want, spent) = bench(&case, &pulses, &trains, until, g, true);
                let (got, joules) = synapse::<Lanes>(&rule, &trains, until, g);
                assert_eq!((got, joules), synapse::<Heap>(&rule, &trains, until, g), "{what}");
                assert!((got / want - 1.0).abs() < 1e-12, "{what}: {got} S, on the bench {want} S");
                for (got, want) in joules.into_iter().zip([spent.device, spent.limiter]) {
                    assert!(
                        (got - want).abs() <= 1e-9 * spent.source,
                        "{what}: {got} J, on the bench {want} J"
                    );
                }
                moved[usize::from((want / g - 1.0).abs() > 0.01)] += 1;
            }
        }
    }
    assert!(moved[1] > 300, "{moved:?}");
}

/// What is compared above has a spread from pulse to pulse in it, where the device has one.
#[test]
fn the_bench_draws_from_pulse_to_pulse() {
    for case in cases() {
        let unit = Time::from_seconds(Second::new(case.seconds)).unwrap().fs();
        let [.., (_, trains)] = trains(unit);
        let pulses = case.pulses()[0];
        let ends = case.kinetics.ends();
        let after = |end: u64, noise| bench(&case, &pulses, &trains, end * unit, ends.g_min, noise).0;
        let differs = (10..120).step_by(7).any(|end| after(end, true) != after(end, false));
        let spreads = match &case.kinetics {
            Kinetics::Dose(device) => device.dose_sigma > 0.0,
            Kinetics::Abrupt(device) => device.spread.on > 0.0,
        };
        assert_eq!(differs, spreads, "{}", case.what);
    }
}
