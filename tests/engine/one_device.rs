//! A device on the bench and the same device as a network of one neuron: under the same waveform, in the same circuit, they
//! switch at the same times and their filaments are at the same place.

use memspike::device::circuit::Ramp;
use memspike::device::model::{Draws, Model as _};
use memspike::device::preset::Preset;
use memspike::device::threshold::{Circuit, RelaxationOscillator, ThresholdSpread, VolatileSwitch};
use memspike::engine::{Heap, Lanes, Membranes, Queue, Simulation, Spike};
use memspike::network::{Builder, Current, Kernel, Rows, SourceKind, Weights};
use memspike::neuron::driven::{Driven, DrivenState};
use memspike::neuron::oscillator::Oscillator;
use memspike::neuron::{Behind, Neuron, Open, Switch};
use memspike::plain::Plain as _;
use memspike::time::Time;
use memspike::units::{Farad, Ohm, Volt};

/// A power of two, so that R I has the bits of the voltage.
const R: f64 = (1u64 << 20) as f64;
const MS: u64 = 1_000_000_000_000;

/// Points (femtoseconds, volts), joined by straight lines; two at one time are a jump. The last voltage stays.
type Waveform = Vec<(u64, f64)>;

fn rectangles() -> Waveform {
    [(0.5, 30), (0.0, 15), (0.15, 10), (0.3, 40), (-0.1, 20), (1.0, 25), (0.02, 30)]
        .iter()
        .scan(0, |at, &(v, ms)| {
            let begin = *at;
            *at += ms * MS;
            Some([(begin, v), (*at, v)])
        })
        .flatten()
        .collect()
}

fn ramps() -> Waveform {
    let corners = [
        (0, 0.0),
        (20, 0.6),
        (35, 0.0),
        (60, 0.4),
        (61, 0.12),
        (90, 0.11),
        (100, -0.2),
        (140, 0.9),
        (200, 0.0),
    ];
    corners.iter().map(|&(ms, v)| (ms * MS, v)).collect()
}

fn train() -> Waveform {
    (0..50)
        .flat_map(|k| [(2 * k, 0.5), (2 * k + 1, 0.5), (2 * k + 1, 0.0), (2 * k + 2, 0.0)])
        .map(|(ms, v)| (ms * MS, v))
        .collect()
}

/// The straight pieces of a waveform up to `until`, with their beginnings in seconds.
fn pieces(waveform: &Waveform, until: u64) -> Vec<(f64, Ramp)> {
    let last = *waveform.last().unwrap();
    let ends = waveform.iter().skip(1).copied().chain([(until.max(last.0), last.1)]);
    let between = waveform.iter().copied().zip(ends).filter(|(from, to)| to.0 > from.0 && from.0 < until);
    between
        .map(|((at, from), (end, to))| {
            let whole = Ramp { from, to, length: Time::from_fs(end - at).as_seconds() };
            let length = Time::from_fs(end.min(until) - at).as_seconds();
            (Time::from_fs(at).as_seconds(), whole.piece(0.0, length))
        })
        .collect()
}

/// What the bench says it spent in the device while on, in the limiter, and in the device while off, in joules.
fn spent(switch: &VolatileSwitch, waveform: &Waveform, until: u64) -> [f64; 3] {
    let draws = Draws::new(1, false);
    let mut state = switch.start(&draws);
    pieces(waveform, until).into_iter().fold([0.0; 3], |[on, limiter, off], (_, ramp)| {
        let spent = switch.apply(&mut state, ramp, &draws, &mut Vec::new());
        [on + spent.on.device, limiter + spent.on.limiter + spent.off.limiter, off + spent.off.device]
    })
}

/// When it turned on, in seconds; u at the end, in volts, and its conductance, in siemens.
fn bench(switch: &VolatileSwitch, waveform: &Waveform, until: u64) -> (Vec<f64>, f64, f64) {
    let draws = Draws::new(1, false);
    let (mut state, mut fired) = (switch.start(&draws), Vec::new());
    for (begin, ramp) in pieces(waveform, until) {
        let mut switchings = Vec::new();
        switch.apply(&mut state, ramp, &draws, &mut switchings);
        fired.extend(switchings.iter().filter(|turn| turn.on).map(|turn| begin + turn.after));
    }
    let columns = switch.columns(&state);
    (fired, columns[0], columns[3])
}

/// A current that rises is no row that is active or idle.
fn refuses_ramps(switch: &VolatileSwitch, waveform: &Waveform) {
    let current: Vec<_> = waveform.iter().map(|&(at, v)| (Time::from_fs(at), v / R)).collect();
    let mut builder = Builder::default();
    let current = Current::ramps(&current, Time::ZERO, None).unwrap();
    let source = builder.source("waveform", 1, SourceKind::Current(current));
    let neuron = Switch {
        device: switch.switch.clone(),
        circuit: switch.circuit,
        r_m: Ohm::new(R),
        ..Switch::default()
    };
    let one = builder.population("one", 1, Neuron::from(neuron));
    builder.projection("drive", source, one, Kernel::Current, Time::ZERO, Rows::Dense);
    let faults = builder.finish().unwrap_err();
    assert!(faults[0].to_string().contains("rises or falls, which `one` does not follow"), "{faults:?}");
}

/// Spikes, u at the end, the conductance at a time, and the joules, as [`spent`] has them, if they are told.
type Seen = (Vec<Spike>, f64, (Time, f64), Option<[f64; 3]>);

fn network<Q: Queue<f64>>(switch: &VolatileSwitch, waveform: &Waveform, until: u64) -> Seen {
    let current: Vec<_> = waveform.iter().map(|&(at, v)| (Time::from_fs(at), v / R)).collect();
    let current = Current::ramps(&current, Time::ZERO, None).unwrap();
    let mut builder = Builder::default();
    let source = builder.source("waveform", 1, SourceKind::Current(current));
    let neuron = Switch {
        device: switch.switch.clone(),
        circuit: switch.circuit,
        r_m: Ohm::new(R),
        ..Switch::default()
    };
    let one = builder.population("one", 1, Neuron::from(neuron.clone()));
    builder.behind(one, Behind::from(&switch.switch));
    builder.projection("drive", source, one, Kernel::Current, Time::ZERO, Rows::Dense);
    let network = builder.finish().unwrap();
    let weights = Weights::from_values(&network, &[vec![1.0]]);
    let mut simulation = Simulation::<f64, Q>::new(&network, 1);
    let mut spikes = Vec::new();
    simulation.run(&weights, Time::from_fs(until), &mut spikes).unwrap();
    let u = simulation.membranes(0)[0];
    let last = |time: Time| spikes.last().map(|spike: &Spike| time.seconds_since(spike.time));
    let Membranes::Free(saved) = &simulation.state().populations[0] else { panic!("own time") };
    let conductance = if neuron.is_reset() {
        (Time::from_fs(until), neuron.conductance(u, last(Time::from_fs(until))))
    } else {
        let state =
            DrivenState::of(&std::array::from_fn(|k| saved.variables.get(k).copied().unwrap_or_default()));
        (saved.clocks[0].last, Driven::new(neuron).conductance(&state))
    };
    (spikes, u, conductance, simulation.spent(0))
}

/// Each shipped device that can be such a neuron, without spread, in each circuit.
fn devices() -> Vec<VolatileSwitch> {
    let presets = Preset::names().into_iter().map(|name| Preset::named(name).unwrap());
    let switches: Vec<VolatileSwitch> = presets.filter_map(|preset| preset.device.get().cloned()).collect();
    assert!(!switches.is_empty());
    let circuits = [
        Circuit::Bare,
        Circuit::RESET,
        Circuit::Series { r_s: Ohm::new(2e5) },
        Circuit::Series { r_s: Ohm::new(1e5) },
        Circuit::Load { r_s: Ohm::new(2e5), c: Farad::new(1e-8) },
        Circuit::Load { r_s: Ohm::new(2e5), c: Farad::new(1e-7) },
        Circuit::Load { r_s: Ohm::new(1e5), c: Farad::new(1e-9) },
        // A drive of R I is that of I/v_row of rows.
        Circuit::Node { r_s: Ohm::new(R), v_row: Volt::new(0.6), c: Farad::new(1e-8) },
        Circuit::Node { r_s: Ohm::new(R), v_row: Volt::new(0.4), c: Farad::new(1e-10) },
    ];
    let in_circuit = |switch: VolatileSwitch| {
        circuits.map(|circuit| VolatileSwitch {
            circuit,
            spread: ThresholdSpread::default(),
            ..switch.clone()
        })
    };
    switches.into_iter().flat_map(in_circuit).collect()
}

#[test]
fn bench_and_network_of_one_switch_at_the_same_femtosecond() {
    let mut compared = 0;
    for device in devices() {
        for (name, waveform) in [("rectangles", rectangles()), ("ramps", ramps()), ("train", train())] {
            if name == "ramps" && !device.circuit.takes_ramps() {
                // Rows are active or idle: a network of one refuses it.
                refuses_ramps(&device, &waveform);
                continue;
            }
            for ms in (7..250).step_by(27) {
                let (fired, u, _) = bench(&device, &waveform, ms * MS);
                let (spikes, membrane, (at, siemens), joules) = network::<Lanes>(&device, &waveform, ms * MS);
                assert_eq!(
                    network::<Heap>(&device, &waveform, ms * MS),
                    (spikes.clone(), membrane, (at, siemens), joules)
                );
                let what = format!("{} under {name} after {ms} ms", device.circuit);
                assert_eq!(spikes.len(), fired.len(), "{what}: {spikes:?} {fired:?}");
                for (k, (spike, seconds)) in spikes.iter().zip(&fired).enumerate() {
                    // Each turn is rounded up to a femtosecond, and a network goes on from there.
                    let late = spike.time.fs() as f64 - seconds * 1e15;
                    assert!(late.abs() <= 1.0 + 2.0 * k as f64, "{what}: spike {k} is {late} fs late");
                }
                assert!((membrane - u).abs() < 1e-12, "{what}: {membrane} V, on the bench {u} V");
                // In `reset` what is spent on is counted by spikes, at the supply that is stated.
                let counted = if matches!(device.circuit, Circuit::Reset { .. }) { 2 } else { 0 };
                let spent = spent(&device, &waveform, ms * MS);
                for (got, want) in joules.unwrap().into_iter().zip(spent).skip(counted) {
                    let most = spent[counted..].iter().sum::<f64>();
                    assert!((got - want).abs() <= 1e-9 * most, "{what}: {got} J, on the bench {want} J");
                }
                // A neuron that turns has its new state then, and is half a femtosecond late.
                let turned = spikes.iter().any(|spike| spike.time == at);
                let (_, u, g) = bench(&device, &waveform, at.fs());
                if !turned && (u - device.switch.v_hold.get()).abs() > 1e-9 {
                    compared += 1;
                    assert!(
                        (siemens / g - 1.0).abs() < 1e-12,
                        "{what}: {siemens} S, on the bench {g} S at {at}"
                    );
                }
            }
        }
    }
    assert!(compared > 50, "{compared}");
}

#[test]
fn a_network_of_one_has_the_stated_times_in_every_circuit() {
    let device = |circuit| VolatileSwitch {
        circuit,
        ..VolatileSwitch::from(memspike::device::threshold::ThresholdSwitch::default())
    };
    let held = vec![(0, 0.5)];
    let fired = |circuit, waveform: &Waveform, ms: u64| -> Vec<f64> {
        let spikes = network::<Lanes>(&device(circuit), waveform, ms * MS).0;
        spikes.iter().map(|spike| spike.time.as_seconds() * 1e3).collect()
    };
    let near = |got: &[f64], want: &[f64]| {
        assert_eq!(got.len(), want.len(), "{got:?}");
        for (k, (got, want)) in got.iter().zip(want).enumerate() {
            assert!((got - want).abs() < 0.5e-6 * (k + 1) as f64, "{got} ms, not {want} ms");
        }
    };
    near(&fired(Circuit::Bare, &held, 1000), &[6.506344]);
    near(&fired(Circuit::RESET, &held, 34), &[6.506344, 6.506344 + 13.063320, 6.506344 + 2.0 * 13.063320]);
    let series = |ohm| Circuit::Series { r_s: Ohm::new(ohm) };
    near(&fired(series(2e5), &held, 30), &[6.695792, 6.695792 + 19.790938]);
    near(&fired(series(2e5), &vec![(0, 0.3)], 45), &[17.760627, 17.760627 + 11.561631 + 13.871448]);
    near(&fired(series(1e5), &held, 1000), &[6.695792 + first_of(1e5) - first_of(2e5)]);
    assert!(fired(series(2e5), &vec![(0, 0.25)], 1000).is_empty());
    let train = fired(Circuit::RESET, &train(), 100);
    assert!(
        train.len() == 3 && train.iter().zip([26.99, 58.94, 90.95]).all(|(t, want)| (t - want).abs() < 0.005),
        "{train:?}"
    );
    assert_eq!(fired(Circuit::Bare, &self::train(), 200).len(), 1);
}

/// tau ln(V_d/(V_d - theta)) in milliseconds, of 0.5 V through a resistor.
fn first_of(ohm: f64) -> f64 {
    let v = 0.5 / (1.0 + ohm * 1e-7);
    9.41 * (v / (v - 0.24957)).ln()
}

/// Supplies in volts from so many femtoseconds on.
type Supply = Vec<(u64, f64)>;

/// When the oscillator of the bench turns on, in seconds, and the voltage of its capacitor at the end, from its levels and time
/// constants alone.
fn oscillator_on_the_bench(circuit: &RelaxationOscillator, supply: &Supply, until: u64) -> (Vec<f64>, f64) {
    let (mut v, mut on, mut fired) = (0.0, false, Vec::new());
    for (k, &(begin, v_dc)) in supply.iter().enumerate().filter(|(_, (begin, _))| *begin < until) {
        let end = supply.get(k + 1).map_or(until, |next| next.0.min(until)) as f64 * 1e-15;
        let mut at = begin as f64 * 1e-15;
        let circuit = RelaxationOscillator { v_dc: Volt::new(v_dc), ..circuit.clone() };
        loop {
            let (level, tau) = circuit.thevenin(on);
            let (level, tau) = (level.get(), tau.get());
            let bound = if on { circuit.v_hold.get() } else { circuit.v_th.get() };
            let passes = if on { level < bound } else { level > bound };
            let span = if passes { tau * ((level - v) / (level - bound)).ln() } else { f64::INFINITY };
            if at + span >= end {
                v = level + (v - level) * (-(end - at) / tau).exp();
                break;
            }
            (v, on, at) = (bound, !on, at + span);
            if on {
                fired.push(at);
            }
        }
    }
    (fired, v)
}

#[test]
fn bench_and_network_of_one_oscillate_at_the_same_femtosecond_in_load() {
    const US: u64 = 1_000_000_000;
    let presets = Preset::names().into_iter().map(|name| Preset::named(name).unwrap());
    let circuits: Vec<RelaxationOscillator> =
        presets.filter_map(|preset| preset.device.get().cloned()).collect();
    assert_eq!(circuits.len(), 1);
    for circuit in circuits {
        let v_dc = circuit.v_dc.get();
        // As it is; silent, oscillating and latched by turns; faster and faster.
        let stairs = (0..12).map(|k| (k * 40 * US, v_dc - 0.1 + 0.02 * k as f64)).collect();
        let turns = vec![(0, 2.9), (150 * US, v_dc), (333 * US, 5.0), (500 * US, 0.5), (700 * US, v_dc)];
        for (name, supply) in [("held", vec![(0, v_dc)]), ("turns", turns), ("stairs", stairs)] {
            // What the supply has more drives a current through the resistor.
            let current: Vec<_> = supply
                .iter()
                .map(|&(at, v): &(u64, f64)| (Time::from_fs(at), (v - v_dc) / circuit.r_s.get()))
                .collect();
            let current = Current::steps(&current, Time::ZERO, None).unwrap();
            let mut builder = Builder::default();
            let source = builder.source("supply", 1, SourceKind::Current(current));
            let oscillator = Open::new(Oscillator::new(circuit.clone(), 0.0).unwrap());
            let one = builder.population("one", 1, Neuron::from(oscillator));
            builder.projection("drive", source, one, Kernel::Current, Time::ZERO, Rows::Dense);
            let network = builder.finish().unwrap();
            let weights = Weights::from_values(&network, &[vec![1.0]]);
            for us in (31..1000).step_by(97) {
                let until = us * US;
                let (fired, v) = oscillator_on_the_bench(&circuit, &supply, until);
                let mut simulation = Simulation::<f64, Lanes>::new(&network, 1);
                let mut spikes: Vec<Spike> = Vec::new();
                simulation.run(&weights, Time::from_fs(until), &mut spikes).unwrap();
                assert_eq!(spikes.len(), fired.len(), "{name} after {us} us");
                for (k, (spike, seconds)) in spikes.iter().zip(&fired).enumerate() {
                    // Both turns of a period are rounded up to a femtosecond.
                    let late = spike.time.fs() as f64 - seconds * 1e15;
                    assert!(late.abs() <= 1.0 + 2.0 * k as f64, "{name}: spike {k} is {late} fs late");
                }
                let got = simulation.membranes(0)[0];
                assert!((got - v).abs() < 1e-7, "{name} after {us} us: {got} V, on the bench {v} V");
            }
        }
    }
}
