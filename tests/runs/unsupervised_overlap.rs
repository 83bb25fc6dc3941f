//! Learning without labels by pulses that overlap: what the network makes of its devices is what each device makes
//! of the pulses on its two electrodes.

use crate::common::{Kept, Watcher, Way, array_bits, essence, folder, learned, plan};
use memspike::device::circuit::Ramp;
use memspike::device::electrodes::SpikePulses;
use memspike::device::memory::DoseMemory;
use memspike::device::overlap::{SpikePulse, lone_doses, window_point};
use memspike::device::preset::Preset;
use memspike::device::resistive::{DeviceSpread, DoseDevice, PulseDraw, Resistive as _};
use memspike::energy::Category;
use memspike::plasticity::{Devices, Layout, Overlap, Plastic, ProgramPulse, Rule};
use memspike::scenario::outcome::{Outcome, Status};
use memspike::scenario::plan::Plan;
use memspike::scenario::run::context::Engine;
use memspike::time::Time;
use memspike::units::{Second, Volt};

const NEURONS: usize = 4;

fn short(more: &[&str]) -> Plan {
    let mut overrides = vec![
        "population.output.size=4",
        "protocol.epochs=1",
        "protocol.train_samples=12",
        "protocol.test_samples=10",
        "protocol.label_samples=10",
        "protocol.precision=f64",
        "population.output.v_th=80 mV",
        "population.output.competition.homeostasis.gain=0.5",
        "projection.input.plasticity.time_scale=0.1",
    ];
    overrides.extend_from_slice(more);
    plan("stdp/mnist-100-device", &overrides)
}

fn preset(time_scale: f64) -> (DoseDevice, SpikePulse, DeviceSpread) {
    let device = Preset::named("ag-tio2-pt-rs-analog").unwrap().device;
    let Some(DoseMemory { mut device, pulse: Some(pulse), spread, .. }) = device.get().cloned() else {
        panic!("an analog device")
    };
    device.dose_sigma = 0.0;
    // As the scenario has it.
    let spread = DeviceSpread { v_set: 0.0, v_reset: 0.0, ..spread };
    (device, pulse.stretched(time_scale), spread)
}

/// Voltage of an electrode `s` seconds after its pulse began; at a jump the value before it if `before`.
fn volts(pulse: &SpikePulse, s: f64, before: bool) -> f64 {
    let (w, t) = (pulse.half_width.get(), pulse.tail_length.get());
    let lobe = s < 2.0 * w - 1e-12 || (before && s < 2.0 * w + 1e-12);
    if lobe {
        -pulse.peak.get() * (1.0 - (s - w).abs() / w)
    } else if s < w + t {
        pulse.tail.get() * (1.0 - (s - w) / t)
    } else {
        0.0
    }
}

/// What a device makes of all pulses on its electrodes within a presentation: conductance and joules.
fn replay(
    device: &DoseDevice,
    pulse: &SpikePulse,
    pre: &[f64],
    post: &[f64],
    end: f64,
    g: f64,
) -> (f64, f64) {
    let (w, t) = (pulse.half_width.get(), pulse.tail_length.get());
    let mut cuts = vec![0.0, end];
    for start in pre.iter().chain(post) {
        cuts.extend([*start, start + w, start + 2.0 * w, start + w + t]);
    }
    cuts.retain(|cut| *cut <= end);
    cuts.sort_by(f64::total_cmp);
    let (mut g, mut joules) = (g, 0.0);
    for pair in cuts.windows(2) {
        let (a, b) = (pair[0], pair[1]);
        if b - a < 1e-13 {
            continue;
        }
        let of = |spikes: &[f64]| {
            let last = spikes.iter().rfind(|spike| **spike <= a + 1e-14);
            last.map_or((0.0, 0.0), |last| (volts(pulse, a - last, false), volts(pulse, b - last, true)))
        };
        let (row, column) = (of(pre), of(post));
        let ramp = Ramp { from: row.0 - column.0, to: row.1 - column.1, length: b - a };
        let applied = device.apply(g, ramp, PulseDraw::None);
        g = applied.g;
        joules += applied.energies.device;
    }
    (g, joules)
}

fn weights(outcome: &Outcome) -> &[f64] {
    &outcome.arrays.iter().find(|array| array.name == "weight.input").unwrap().data
}

#[test]
fn the_network_changes_every_device_as_the_pulses_on_its_electrodes_do() {
    let (_folder, search) = folder(12, 10);
    for spread in ["none", "device"] {
        // All weights alike at first, and nothing but the pulses changes them.
        let spread_key = format!("projection.input.plasticity.spread={spread}");
        let mut plan = short(&[
            "projection.input.weight=0.3 mV",
            "projection.input.plasticity.cv_cycle=0.0",
            "projection.input.plasticity.normalise=1e9",
            spread_key.as_str(),
        ]);
        plan.projections[0].plasticity.as_mut().unwrap().normalise = None;
        let mut watcher = Watcher::default();
        let way = Way { watcher: Some(&mut watcher), ..Way::new(&search) };
        let outcome = way.run(&plan, &mut Kept::default()).unwrap();
        let (nominal, pulse, spread_of) = preset(0.1);
        let span = nominal.g_max.get() - nominal.g_min.get();
        let (pre, post, spikes) = watcher.trains(784, NEURONS);
        assert_eq!(pre.len(), 12);
        let (mut joules, mut moved) = (0.0, 0.0f64);
        assert!(spikes > 20, "{spikes}");
        for row in 0..784 {
            for column in 0..NEURONS {
                let n = row * NEURONS + column;
                let device = if spread == "device" {
                    nominal.own(&spread_of, plan.seed, n as u32)
                } else {
                    nominal.clone()
                };
                let mut g =
                    (nominal.g_min.get() + 0.3 * span).max(device.g_min.get()).min(device.g_max.get());
                let before = g;
                for (pre, post) in pre.iter().zip(&post) {
                    let (after, spent) = replay(&device, &pulse, &pre[row], &post[column], 0.15, g);
                    g = after;
                    joules += spent;
                }
                moved = moved.max((g - before).abs() / span);
                let got = weights(&outcome)[n] / 1e-3;
                let want = (g - nominal.g_min.get()) / span;
                // Lone pulses, which the network leaves out, are 1e-11 of the range each.
                assert!((got - want).abs() < 1e-8, "{spread} {row} {column}: {got} instead of {want}");
            }
        }
        assert!(moved > 0.05, "{moved}");
        let booked: f64 = learned(&outcome)
            .learning
            .entries
            .iter()
            .filter(|entry| entry.category == Category::Program)
            .map(|entry| entry.joules)
            .sum();
        assert!((booked / joules - 1.0).abs() < 1e-7, "{booked} J booked, {joules} J spent");
    }
}

#[test]
fn a_single_pair_does_what_the_device_does_alone() {
    let (device, pulse, _) = preset(0.1);
    let (w_max, span) = (1e-3, device.g_max.get() - device.g_min.get());
    let overlap = Overlap {
        device: device.clone().into(),
        pulses: SpikePulses::Shared(pulse),
        spread: DeviceSpread::default(),
        w_max,
    };
    let devices = Devices {
        seed: 1,
        projection: 0,
        siemens_per_weight: span / w_max,
        base: vec![device.g_min.get()],
        partners: 1.0,
        own: Vec::new(),
        steps: Vec::new(),
        range: [device.g_min.get(), device.g_max.get()],
        ends: Vec::new(),
        kinetics: Vec::new(),
        levels: None,
        cycle_sigma: 0.0,
        pulse: ProgramPulse { v_set: Volt::new(0.2), v_reset: Volt::new(0.2), width: Second::new(1e-3) },
        endurance: None,
        retention: None,
        stuck: Vec::new(),
    };
    let w0 = w_max * (1e-3 - device.g_min.get()) / span;
    let (mut up, mut down) = (0, 0);
    for step in -60..=60 {
        let dt = f64::from(step) * 0.25e-3;
        let mut weights = vec![w0];
        let layout = Layout::Columns { rows: 1, cols: 1 };
        let mut plastic =
            Plastic::new(Rule::Overlap(overlap.clone()), layout, Some(devices.clone())).unwrap();
        plastic.restart(&mut weights);
        let at = |seconds: f64| Time::from_fs((seconds * 1e15).round() as u64);
        let (pre, post) = (at(0.05), at(0.05 + dt));
        let mut instants = vec![(pre, &[0][..], &[][..]), (post, &[][..], &[0][..])];
        instants.sort_by_key(|instant| instant.0);
        if pre == post {
            instants = vec![(pre, &[0], &[0])];
        }
        for (time, rows, spikes) in instants {
            plastic.arrive(time, rows, &mut weights);
            plastic.settle(time, rows, spikes, &mut weights);
        }
        plastic.finish(&mut weights, at(1.0));
        let alone = window_point(&device, &pulse, 1e-3, dt);
        let got = 100.0 * ((device.g_min.get() + span * weights[0] / w_max) / 1e-3 - 1.0);
        assert!((got - alone.percent).abs() < 1e-7, "{got} % instead of {} % at {dt} s", alone.percent);
        let memory = &plastic.memory().devices;
        let (booked, spent) = (memory.joules[0] + memory.alone, alone.energies.device);
        assert!((booked - spent).abs() <= 1e-9 * spent, "{booked} J booked, {spent} J spent at {dt} s");
        assert!((memory.resting[0] / 1e-3 - 1.0 - got / 100.0).abs() < 1e-9);
        up += i32::from(got > 1.0);
        down += i32::from(got < -1.0);
    }
    assert!(up > 20 && down > 10, "{up} {down}");
}

#[test]
fn a_run_is_the_same_whatever_carries_it_out_and_wherever_it_is_cut() {
    let (_folder, search) = folder(60, 20);
    let plan = short(&[
        "protocol.train_samples=60",
        "protocol.epochs=2",
        "protocol.precision=f32",
        "population.output.competition.inhibition=3 ms",
        "projection.input.crossbar.levels=64",
        "projection.input.crossbar.faults.stuck_on=0.01",
        "projection.input.crossbar.faults.stuck_off=0.02",
        "projection.input.plasticity.dispersion.a_plus=0.2",
        "projection.input.plasticity.dispersion.g_max=0.2",
        "projection.input.plasticity.dispersion.initial=0.3",
        "population.output.v_th={ normal = [\"80 mV\", \"8 mV\"] }",
        "projection.input.plasticity.endurance={ n_f = 300, weibull_shape = 1.5, m = 1.0 }",
        "device.synapse.parameters.retention_tau=10 s",
    ]);
    let mut kept = Kept::default();
    let want = Way::new(&search).run(&plan, &mut kept).unwrap();
    assert_eq!(want.status, Status::Done);
    assert!(learned(&want).pulses_max > 10 && learned(&want).epochs[1].spikes_per_sample > 0.5);
    let mut watcher = Watcher::default();
    let mut from = Kept { from: Some(kept.saved[0].clone()), ..Kept::default() };
    let others = [
        Way { threads: 2, ..Way::new(&search) }.run(&plan, &mut Kept::default()).unwrap(),
        Way { engine: Engine::Reference, ..Way::new(&search) }.run(&plan, &mut Kept::default()).unwrap(),
        Way { engine: Engine::Reference, threads: 2, watcher: Some(&mut watcher), ..Way::new(&search) }
            .run(&plan, &mut Kept::default())
            .unwrap(),
        Way { engine: Engine::Reference, ..Way::new(&search) }.run(&plan, &mut from).unwrap(),
    ];
    for (index, got) in others.iter().enumerate() {
        assert_eq!(got.fingerprint, want.fingerprint, "way {index}");
        assert_eq!(array_bits(got), array_bits(&want), "way {index}");
        assert_eq!(essence(got), essence(&want), "way {index}");
    }
    // Every weight is at one of the levels.
    let step = 1e-3 / 63.0;
    assert!(weights(&want).iter().all(|w| (w / step - (w / step).round()).abs() < 1e-3));
}

/// What a pulse alone programs is left out while its column rests: nobody is told of 3e-12 of the range, and everybody
/// of more than 1e-7. Doses are proportional to the time scale.
#[test]
fn a_pulse_that_programs_alone_is_warned_of() {
    let warned = |time_scale: &str| {
        let scale = format!("projection.input.plasticity.time_scale={time_scale}");
        let loaded = memspike::scenario::load("stdp/mnist-100-device", &[scale], None).unwrap();
        loaded.warnings.render(false)
    };
    let shipped = warned("0.05");
    assert!(!shipped.contains("alone programs"), "{shipped}");
    let long = warned("1e4");
    let (device, pulse, _) = preset(1e4);
    let [(set, reset), _] = lone_doses(&device, &pulse);
    assert!(set + reset > 1e-7, "{set} {reset}");
    let told = format!("a pulse on a row alone programs {:.1e} of the range", set + reset);
    for part in [told.as_str(), "allowed: up to 1e-7 of the range", "time_scale"] {
        assert!(long.contains(part), "{part}: {long}");
    }
}
