//! The threshold switch as a neuron: `lif` where both apply, itself where not.

use memspike::device::threshold::{ThresholdSpread, ThresholdSwitch};
use memspike::encoding::{AliasTable, BlockRate};
use memspike::engine::{Heap, Lanes, Queue, Record, Silent, Simulation, Spike, Stream};
use memspike::network::{Builder, Form, Kernel, Network, Rows, SourceKind, Weights};
use memspike::neuron::{Lif, Neuron, Reset, Switch};
use memspike::numeric::Real;
use memspike::random::Purpose;
use memspike::scenario::load_text;
use memspike::time::Time;
use memspike::units::{Ampere, Ohm, Second};
use memspike::waveform::Waveform;
use proptest::prelude::*;
use std::sync::Arc;

const MS: u64 = 1_000_000_000_000;

/// `lif` with reset to hold and the switch's on-time as refractory time.
fn as_lif(switch: &Switch) -> Lif {
    let device = &switch.device;
    Lif {
        tau_m: device.tau,
        u_rest: device.u_rest,
        v_th: device.v_th,
        v_hold: device.v_hold,
        reset: Reset::Hold,
        t_ref: device.natural_on_time(),
        r_m: switch.r_m,
        i_bias: switch.i_bias,
        floor: switch.floor,
        ..Lif::default()
    }
}

/// How the 20 Poisson lines reach the neurons.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Wiring {
    Dense,
    Sparse,
    /// Dense, and half of the lines by current pulses.
    Pulses,
    /// Sparse, and a delayed projection of the population onto itself.
    Recurrent,
}

struct Net {
    network: Arc<Network>,
    values: Vec<Vec<f64>>,
    table: AliasTable,
}

fn net(neuron: impl Into<Neuron>, size: u32, wiring: Wiring, seed: u64) -> Net {
    let mut state = seed;
    let mut draw = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 11) as f64 / (1u64 << 53) as f64
    };
    let mut builder = Builder::default();
    let source = builder.source("lines", 20, SourceKind::Poisson);
    let to = builder.population("switches", size, neuron);
    let mut values = Vec::new();
    let sparse = |rows: u32| {
        let start = (0..=rows as usize).map(|row| row * (size as usize).div_ceil(2)).collect();
        let targets = (0..rows).flat_map(|_| (0..size).step_by(2)).collect();
        Rows::sparse(start, targets)
    };
    let (connect, synapses) = match wiring {
        Wiring::Dense | Wiring::Pulses => (Rows::Dense, 20 * size as usize),
        _ => (sparse(20), 20 * (size as usize).div_ceil(2)),
    };
    builder.projection("jumps", source, to, Kernel::Delta, Time::ZERO, connect);
    values.push((0..synapses).map(|_| 0.25 * (0.6 * draw() - 0.12)).collect());
    if wiring == Wiring::Pulses {
        let pulse = Kernel::Pulse(Waveform::triangle(1.0, Time::from_fs(2 * MS)).breakpoints());
        builder.projection("pulses", source, to, pulse, Time::from_fs(MS / 3), Rows::Dense);
        values.push((0..20 * size).map(|_| 3e-7 * draw()).collect());
    }
    if wiring == Wiring::Recurrent {
        let rows = sparse(size);
        let Rows::Sparse { targets, .. } = &rows else { unreachable!() };
        let count = targets.len();
        let from = memspike::network::Origin::Population(to);
        builder.projection("back", from, to, Kernel::Delta, Time::from_fs(MS), rows);
        values.push((0..count).map(|_| 0.25 * (draw() - 0.3)).collect());
    }
    Net { network: builder.finish().unwrap(), values, table: AliasTable::new(&[1; 20]) }
}

fn run<R: Real, Q: Queue<R>>(net: &Net, rate: f64) -> (Vec<Record>, Vec<u128>) {
    let weights = Weights::<R>::from_values(&net.network, &net.values);
    let mut simulation = Simulation::<R, Q>::new(&net.network, 11);
    simulation.begin(5, &[BlockRate::new(&net.table.cells, rate)]).unwrap();
    let mut stream = Stream::default();
    simulation.run(&weights, Time::from_fs(300 * MS), &mut stream).unwrap();
    (stream.records, simulation.counts().held.clone())
}

fn spikes(records: &[Record]) -> Vec<Spike> {
    let spike = |record: &Record| match record {
        Record::Spike(spike) => Some(*spike),
        _ => None,
    };
    records.iter().filter_map(spike).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn without_spread_a_switch_spikes_to_the_femtosecond_like_lif_reset_to_hold(
        size in 1u32..20, seed: u64, rate in 2e3..2e4f64, bias in 0.0..0.2f64,
        wiring in prop::sample::select(&[Wiring::Dense, Wiring::Sparse, Wiring::Pulses, Wiring::Recurrent]),
    ) {
        let switch = Switch { i_bias: Ampere::new(bias * 1e-6), r_m: Ohm::new(1e6), ..Switch::default() };
        let (own, lif) = (net(switch.clone(), size, wiring, seed), net(as_lif(&switch), size, wiring, seed));
        let want = run::<f64, Lanes>(&lif, rate);
        prop_assert!(run::<f64, Lanes>(&own, rate) == want);
        prop_assert!(run::<f64, Heap>(&own, rate) == want);
        let want = run::<f32, Lanes>(&lif, rate);
        prop_assert!(run::<f32, Heap>(&own, rate) == want);
    }

    /// Thresholds by their definition, decays by `f64::exp`, neuron by neuron.
    #[test]
    fn a_switch_with_spread_spikes_as_a_naive_simulator_says(
        size in 1u32..20, seed: u64, rate in 2e3..2e4f64, cycle in 0.0..0.2f64, device in 0.0..0.2f64,
        weibull: bool, dense: bool,
    ) {
        let law = if weibull {
            memspike::device::threshold::ThresholdLaw::Weibull
        } else {
            memspike::device::threshold::ThresholdLaw::LogNormal
        };
        let spread = ThresholdSpread { cycle, device, law };
        let switch = Switch { spread, ..Switch::default() };
        let net = net(switch.clone(), size, if dense { Wiring::Dense } else { Wiring::Sparse }, seed);
        let (records, held) = run::<f64, Lanes>(&net, rate);
        let got = spikes(&records);
        let (tau, rest, hold) = (9.41e-3, 0.43e-3, 0.10);
        let mut want = Vec::new();
        let mut on = 0u128;
        for neuron in 0..size {
            let median = spread.thresholds(&switch.device).median(11, neuron);
            let mut drawn = memspike::random::Stream::new(11, Purpose::Threshold, neuron, 5);
            let mut v_th = spread.thresholds(&switch.device).cycle(median, drawn.next_word());
            let (mut x, mut free) = (0.0f64, 0u64);
            for record in &records {
                let Record::Arrival { time, row, .. } = record else { continue };
                let weight = if dense {
                    net.values[0][(row * size + neuron) as usize]
                } else if neuron % 2 == 0 {
                    net.values[0][(row * size.div_ceil(2) + neuron / 2) as usize]
                } else {
                    continue;
                };
                if time.fs() < free {
                    continue;
                }
                x = (x * (-((time.fs() - free) as f64) * 1e-15 / tau).exp() + weight).max(0.0);
                free = time.fs();
                if x + rest >= v_th {
                    want.push(Spike { time: *time, population: 0, neuron });
                    let span = (tau * ((v_th - rest) / (hold - rest)).ln() * 1e15).round() as u64;
                    (x, free) = (hold - rest, time.fs() + span);
                    on += u128::from(span);
                    v_th = spread.thresholds(&switch.device).cycle(median, drawn.next_word());
                }
            }
        }
        want.sort_unstable();
        prop_assert_eq!(&got, &want);
        prop_assert!(held[0].abs_diff(on) <= got.len() as u128, "{} {}", held[0], on);
    }
}

#[test]
fn thresholds_that_can_fall_below_the_bias_are_predicted_and_others_are_not() {
    let form = |bias: f64, cycle: f64| {
        let spread = ThresholdSpread { cycle, ..ThresholdSpread::default() };
        let switch = Switch { i_bias: Ampere::new(bias * 1e-6), spread, ..Switch::default() };
        net(switch, 3, Wiring::Dense, 1).network.populations[0].form
    };
    assert_eq!(form(0.2, 0.0), Form::SharedDecay);
    assert_eq!(form(0.2, 0.05), Form::OwnTime);
    assert_eq!(form(0.1, 0.05), Form::SharedDecay);
    // Under a bias above some thresholds only, the fast engine still gives the bits of the reference.
    let spread = ThresholdSpread { cycle: 0.2, device: 0.1, ..ThresholdSpread::default() };
    let switch = Switch { i_bias: Ampere::new(0.25e-6), spread, ..Switch::default() };
    let net = net(switch, 9, Wiring::Pulses, 3);
    let want = run::<f64, Heap>(&net, 3e3);
    assert!(spikes(&want.0).len() > 40);
    assert!(run::<f64, Lanes>(&net, 3e3) == want);
}

#[test]
fn a_membrane_that_is_looked_at_while_on_falls_from_threshold_to_hold() {
    for wiring in [Wiring::Dense, Wiring::Sparse] {
        let mut net = net(Switch::default(), 1, wiring, 1);
        net.values[0].fill(0.3);
        let weights = Weights::<f64>::from_values(&net.network, &net.values);
        let mut simulation = Simulation::<f64, Lanes>::new(&net.network, 11);
        simulation.begin(0, &[BlockRate::new(&net.table.cells, 100.0)]).unwrap();
        let mut first: Vec<Spike> = Vec::new();
        while first.is_empty() {
            simulation.step(&weights, Time::MAX, &mut first).unwrap();
        }
        let spiked = first[0].time.fs();
        let (rest, hold) = (0.43e-3, 0.10f64);
        for (after, want) in [
            (0.0, 0.25),
            (4e-3, rest + (0.25 - rest) * (-4e-3f64 / 9.41e-3).exp()),
            (8.646e-3, rest + (0.25 - rest) * (-8.646e-3f64 / 9.41e-3).exp()),
        ] {
            let mut again = Simulation::<f64, Heap>::new(&net.network, 11);
            again.begin(0, &[BlockRate::new(&net.table.cells, 100.0)]).unwrap();
            again.run(&weights, Time::from_fs(spiked + 1 + (after * 1e15) as u64), &mut Silent).unwrap();
            let u = again.membranes(0)[0];
            assert!((u - want).abs() < 1e-9, "{after} s after the spike: {u} V, not {want} V");
            assert!(u > hold);
        }
    }
}

#[test]
fn a_fixed_on_time_replaces_the_devices_own() {
    let spread = ThresholdSpread { cycle: 0.1, ..ThresholdSpread::default() };
    let switch = Switch { on_time: Some(Second::new(2e-3)), spread, ..Switch::default() };
    let net = net(switch, 4, Wiring::Dense, 2);
    let (records, held) = run::<f64, Lanes>(&net, 2e4);
    let count = spikes(&records).len() as u128;
    assert!(count > 20);
    assert_eq!(held, [count * 2_000_000_000_000]);
}

const SCENARIO: &str = r#"[source.noise]
kind = "poisson"
size = 40
rate = "80 Hz"

[population.cells]
model = "switch"
size = 3

[projection.jumps]
from = "noise"
to = "cells"
weight = "30 mV"

[protocol]
kind = "simulate"
duration = "2 s"
"#;

fn with(from: &str, to: &str) -> String {
    assert!(SCENARIO.contains(from));
    SCENARIO.replacen(from, to, 1)
}

fn refusal(text: &str) -> String {
    match load_text("test.toml", text, &[], None) {
        Ok(loaded) => panic!("accepted: {:?}", loaded.plan.populations),
        Err(faults) => faults.render(false),
    }
}

#[test]
fn a_switch_population_is_the_preset_and_what_is_written_over_it() {
    let plan = load_text("test.toml", SCENARIO, &[], None).unwrap().plan;
    let Neuron::Switch(switch) = &plan.populations[0].neuron else { panic!("no switch") };
    assert_eq!(switch.device, ThresholdSwitch::default());
    assert_eq!((switch.spread.cycle, switch.spread.device, switch.on_time), (0.05, 0.05, None));
    for line in ["cycle_cv = 0.05", "device_cv = 0.05", "switch.g_off = 100 nS"] {
        let wanted = format!("population.cells.{line}");
        assert!(
            plan.assumed.iter().any(|assumed| assumed.to_string().starts_with(&wanted)),
            "{wanted}: {:?}",
            plan.assumed
        );
    }
    let of = |key: &str| plan.assumed.iter().any(|assumed| assumed.to_string().contains(key));
    assert!(!of("tau_m") && !of("on_time"));
    let other = with("size = 3", "size = 3\ntau_m = \"5 ms\"\ncycle_cv = 0.0\non_time = \"1 ms\"");
    let plan = load_text("test.toml", &other, &[], None).unwrap().plan;
    let Neuron::Switch(switch) = &plan.populations[0].neuron else { panic!("no switch") };
    assert_eq!(switch.device.tau, Second::new(5e-3));
    assert_eq!((switch.spread.cycle, switch.spread.device), (0.0, 0.05));
    assert_eq!(switch.on_time, Some(Second::new(1e-3)));
}

#[test]
fn a_preset_file_beside_the_scenario_gives_the_defaults() {
    let folder = std::env::temp_dir().join(format!("memspike-switch-preset-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let text = memspike::device::preset::Preset::embedded_text("ag-tio2-pt-ts").unwrap();
    let text = text.replace("9.41 ms", "7 ms").replace("ag-tio2-pt-ts", "mine");
    std::fs::write(folder.join("mine.toml"), text).unwrap();
    std::fs::write(
        folder.join("scenario.toml"),
        with("model = \"switch\"", "model = \"switch\"\npreset = \"mine.toml\""),
    )
    .unwrap();
    let loaded = memspike::scenario::load(&folder.display().to_string(), &[], None).unwrap();
    let tau = loaded.plan.populations[0].neuron.membrane().tau_m;
    let again = load_text("resolved.toml", &loaded.resolve(), &[], None);
    std::fs::remove_dir_all(&folder).unwrap();
    assert_eq!(tau, Second::new(7e-3));
    let again = again.unwrap_or_else(|faults| panic!("{faults}\n{}", loaded.resolve()));
    assert_eq!(again.plan.populations, loaded.plan.populations);
}

#[test]
fn what_a_switch_cannot_be_is_refused_with_what_it_can() {
    let cells = "model = \"switch\"";
    for (line, says) in [
        ("reset = \"subtract\"", "a switch turns off at its hold voltage"),
        ("t_ref = \"1 ms\"", "`t_ref` of population `cells` has no meaning with model = \"switch\""),
        ("switch = { on_time = \"1 ms\" }", "has no meaning with model = \"switch\""),
        ("preset = \"ag-tio2-pt-tz\"", "did you mean \"ag-tio2-pt-ts\"?"),
        ("preset = \"ag-tio2-pt-rs-binary\"", "is not a threshold switch"),
        ("v_hold = \"0.3 V\"", "the switch would turn off before it turns on"),
        ("circuit = \"series\"", "population `cells` has no `r_s`"),
        ("r_s = \"1 kOhm\"", "`r_s` of population `cells` has no meaning with circuit = \"reset\""),
        (
            "circuit = \"bare\"\nopen_after = \"1 ms\"",
            "`open_after` of population `cells` has no meaning with circuit = \"bare\"",
        ),
        ("circuit = \"bare\"\non_time = \"1 ms\"", "only \"reset\" has a stated on-time"),
        (
            "circuit = \"bare\"\nswitch = { i_cc = \"1 uA\" }",
            "the table `switch` of population `cells` has no effect",
        ),
        ("circuit = \"loop\"", "`circuit` of population `cells` is `loop`"),
        ("circuit = \"load\"\nr_s = \"200 kOhm\"", "population `cells` has no `c`"),
        ("circuit = \"series\"", "population `cells` has no `r_s`"),
        ("u_rest = \"0.12 V\"", "the switch would never turn off"),
        ("switch = { g_off = \"50 uS\" }", "on must conduct better than off"),
    ] {
        let message = refusal(&with(cells, &format!("{cells}\n{line}")));
        assert!(message.contains(says), "{line}:\n{message}");
    }
    let text = with(cells, &format!("{cells}\ncircuit = \"series\"\nr_s = \"1 kOhm\""));
    let loaded = load_text("test.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    let warnings = loaded.warnings.render(false);
    assert!(
        warnings.contains("`r_s` of population `cells` lets it fire again and again at no drive"),
        "{warnings}"
    );
    for line in ["circuit = \"bare\"", "open_after = \"1 ms\""] {
        let lif = refusal(&with(cells, &format!("model = \"lif\"\n{line}")));
        assert!(lif.contains("has no meaning with model = \"lif\""), "{lif}");
    }
    let lif = refusal(&with(cells, "model = \"lif\"\ncycle_cv = 0.1"));
    assert!(lif.contains("`cycle_cv` of population `cells` has no meaning with model = \"lif\""), "{lif}");
}

const MINE: &str =
    "[device.mine]\npreset = \"ag-tio2-pt-ts\"\nparameters = { tau = \"7 ms\", cycle_cv = 0.02 }\n\n";

#[test]
fn a_device_is_described_once_and_populations_are_made_of_it() {
    let text = format!(
        "{MINE}{}",
        with("model = \"switch\"", "model = \"switch\"\ndevice = \"mine\"\nv_hold = \"90 mV\"")
    );
    let loaded = load_text("test.toml", &text, &[], None).unwrap_or_else(|faults| panic!("{faults}"));
    let Neuron::Switch(switch) = &loaded.plan.populations[0].neuron else { panic!("no switch") };
    let device = ThresholdSwitch::default();
    assert_eq!((switch.device.tau, switch.device.v_th), (Second::new(7e-3), device.v_th));
    assert_eq!((switch.device.i_cc, switch.device.g_on), (device.i_cc, device.g_on));
    assert_eq!(switch.device.v_hold.get(), 0.09, "what is written over it");
    assert_eq!((switch.spread.cycle, switch.spread.device), (0.02, 0.05));
    let again = load_text("resolved.toml", &loaded.resolve(), &[], None);
    let again = again.unwrap_or_else(|faults| panic!("{faults}\n{}", loaded.resolve()));
    assert_eq!(again.plan.populations, loaded.plan.populations);
}

#[test]
fn what_a_named_device_cannot_be_is_told_with_what_it_lacks() {
    let named = |device: &str, more: &str| {
        let keys = format!("model = \"switch\"\ndevice = \"{device}\"{more}");
        refusal(&format!("{MINE}{}", with("model = \"switch\"", &keys)))
    };
    let of = |preset: &str| {
        let text = with("model = \"switch\"", "model = \"switch\"\ndevice = \"other\"");
        refusal(&format!("[device.other]\npreset = \"{preset}\"\n\n{text}"))
    };
    for (message, says) in [
        (named("mime", ""), "did you mean `mine`?"),
        (named("mine", "\npreset = \"ag-tio2-pt-ts\""), "population `cells` has both `device` and `preset`"),
        (of("ag-tio2-pt-rs-binary"), "it does not integrate: it is on or off, and stays so"),
        (of("ag-tio2-pt-rs-analog"), "no threshold at which it fires; model = \"accumulate\" counts in it"),
        (of("vo2-debets-2026"), "it is a circuit of its own; model = \"oscillator\" is one"),
        (refusal(&format!("{MINE}{SCENARIO}")), "device `mine` is not measured here"),
    ] {
        assert!(message.contains(says), "{says}:\n{message}");
    }
}

#[test]
fn a_model_chosen_on_the_command_line_leaves_the_reset_of_the_file_behind() {
    let text = with("model = \"switch\"", "reset = \"subtract\"\nt_ref = \"1 ms\"");
    let overrides = ["population.cells.model=switch".to_string()];
    let plan = load_text("test.toml", &text, &overrides, None).unwrap_or_else(|f| panic!("{f}")).plan;
    assert!(plan.populations[0].neuron.switch().is_some());
}
