//! Drives beyond all physics: whatever is asked of a device, the answer comes, is no panic, and leaves the device a
//! device. Energies may be too large for a number (infinite); they are never negative and never NaN.

use memspike::device::circuit::{Energies, Ramp};
use memspike::device::memory::DoseMemory;
use memspike::device::model::{Draws, Memory};
use memspike::device::overlap::{SpikePulse, fit_exponential, window_point};
use memspike::device::preset::Preset;
use memspike::device::protocol::{
    CycleOptions, PulseProtocol, RetentionOptions, StdpOptions, Sweep, Table, cycles, cycles_switch, iv,
    pulses, pulses_resistive, pulses_switch, relaxation_switch, retention, stdp,
};
use memspike::device::resistive::PulseDraw;
use memspike::device::threshold::{Circuit, MAX_TURNS, VolatileSwitch};
use memspike::fit::{Curve, fit_loop};
use memspike::units::{Ohm, Quantity as _, Second, Siemens, Volt, VoltPerSecond};

const VOLTS: [f64; 13] = [
    0.0,
    5e-324,
    -1e-320,
    0.13,
    -0.13,
    1.0,
    -2.0,
    1e10,
    1e308,
    -1e308,
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
];
const LENGTHS: [f64; 11] =
    [0.0, 5e-324, 1e-320, 1e-15, 1e-3, 1.0, 1e20, 1e308, -1.0, f64::NAN, f64::INFINITY];
const FINITE_VOLTS: [f64; 8] = [0.0, 5e-324, 1e-300, 0.3, -0.3, 1e10, 1e308, -1e308];
const FINITE_TIMES: [f64; 6] = [5e-324, 1e-320, 1e-9, 1.0, 1e100, 1e308];

fn presets() -> Vec<Preset> {
    Preset::names().into_iter().map(|name| Preset::named(name).unwrap()).collect()
}

fn ramps() -> impl Iterator<Item = Ramp> {
    VOLTS.into_iter().flat_map(|from| {
        VOLTS.into_iter().flat_map(move |to| LENGTHS.into_iter().map(move |length| Ramp { from, to, length }))
    })
}

fn sane(energies: Energies, what: &dyn std::fmt::Debug) {
    for joules in [energies.source, energies.device, energies.limiter] {
        assert!(joules >= 0.0, "{energies:?} of {what:?}");
    }
}

#[test]
fn a_resistive_device_survives_every_drive() {
    for preset in presets() {
        let Some(Memory { device, .. }) = preset.device.memory() else { continue };
        let bounds = device.bounds();
        for ramp in ramps() {
            // The middle of the range, and one end, with noise.
            let noisy = PulseDraw::Keyed { seed: 1, entity: 2, count: 3 };
            for (g, draw) in [((bounds.g_min * bounds.g_max).sqrt(), PulseDraw::None), (bounds.g_min, noisy)]
            {
                let after = device.apply(g, ramp, draw);
                let (low, high) = (bounds.g_min * (1.0 - 1e-12), bounds.g_max * (1.0 + 1e-12));
                assert!((low..=high).contains(&after.g), "{} {ramp:?} {g} {after:?}", preset.name);
                assert!(after.dose >= 0.0, "{} {ramp:?} {after:?}", preset.name);
                sane(after.energies, &(&preset.name, ramp, g));
            }
        }
    }
}

#[test]
fn a_switch_survives_every_drive() {
    let preset = Preset::named("ag-tio2-pt-ts").unwrap();
    let VolatileSwitch { switch, spread, .. } = preset.device.get().unwrap();
    let circuits = [Circuit::Bare, Circuit::RESET, Circuit::Series { r_s: Ohm::new(2e5) }];
    // One that fires again and again does so for as long as anybody looks, but for MAX_TURNS.
    let endless =
        |ramp: &Ramp| ramp.length > 1.0 && !(ramp.from == 1.0 && ramp.to == 1.0 && ramp.length == 1e20);
    for (ramp, circuit) in ramps().flat_map(|ramp| circuits.map(|circuit| (ramp, circuit))) {
        if circuit != Circuit::Bare && endless(&ramp) {
            continue;
        }
        for on in [false, true] {
            let mut state = switch.rest();
            if on {
                (state.on, state.x) = (true, state.theta);
            }
            let mut switchings = Vec::new();
            let spent = switch.apply(
                &mut state,
                &circuit,
                ramp,
                |n| spread.v_th(switch, 1, 0, n) - switch.u_rest.get(),
                &mut switchings,
            );
            let most = if circuit == Circuit::Bare { 1000 } else { MAX_TURNS as usize };
            assert!(switchings.len() <= most, "{ramp:?}: {} switchings", switchings.len());
            assert!(!state.x.is_nan() && state.theta > switch.hold(), "{ramp:?} {state:?}");
            sane(spent.off, &ramp);
            sane(spent.on, &ramp);
        }
    }
}

fn finite_rows(table: &Table) -> usize {
    // Drawing and writing must cope with whatever comes.
    assert!(table.to_csv().lines().count() == table.len() + 1);
    table.len()
}

#[test]
fn every_protocol_ends_for_every_finite_setting() {
    for preset in presets() {
        for v in FINITE_VOLTS {
            for t in FINITE_TIMES {
                let (volt, second) = (Volt::new(v), Second::new(t));
                let sweep = Sweep {
                    points: vec![Volt::ZERO, volt, Volt::ZERO],
                    rate: VoltPerSecond::from_si((v.abs() / t).clamp(1e-320, 1e308)).unwrap(),
                    samples: 8,
                    repeat: 2,
                };
                let train = PulseProtocol { amplitude: volt, width: second, period: second, count: 4 };
                let options = CycleOptions {
                    cycles: 3,
                    v_set: volt,
                    v_reset: Volt::new(-v),
                    edge: second,
                    ..CycleOptions::default()
                };
                let (device, draws) = (&preset.device, Draws::new(1, true));
                let start = device.start(&draws);
                finite_rows(&iv(device, &start, &sweep, &draws));
                finite_rows(&pulses(device, &start, &train, 1, &draws));
                if let Some(switch) = device.get::<VolatileSwitch>() {
                    finite_rows(&pulses_switch(switch, &train, 1, &draws));
                    finite_rows(&relaxation_switch(&switch.switch, second, 5));
                    finite_rows(&cycles_switch(switch, &options).0);
                }
                if let Some(Memory { device, start, retention: model, endurance, .. }) = device.memory() {
                    finite_rows(&pulses_resistive(device, start, &[train], Some(1)));
                    finite_rows(&cycles(device, start, endurance, &options).0);
                    let g = Siemens::new(1e-3);
                    let held = RetentionOptions {
                        g_on: g,
                        g_off: g,
                        length: second,
                        samples: 3,
                        devices: 3,
                        seed: 1,
                    };
                    finite_rows(&retention(model, &held));
                }
                if let Some(DoseMemory { device, pulse: Some(pulse), g_start, .. }) = device.get() {
                    let step = Second::new((t / 3.0).max(5e-324));
                    let pairs = StdpOptions { g0: *g_start, reach: second, step, fit_from: step };
                    finite_rows(&stdp(device, pulse, &pairs));
                }
            }
        }
    }
}

#[test]
fn pairs_of_pulses_of_any_height_leave_a_device() {
    let preset = Preset::named("ag-tio2-pt-rs-analog").unwrap();
    let DoseMemory { device, .. } = preset.device.get().unwrap();
    for peak in [1e-300, 0.2, 10.0, 1e10, 1e307] {
        for dt in [0.0, 1e-320, -1e-9, 0.02, -0.5, 1e10, 1e308, f64::NAN, f64::INFINITY] {
            let pulse = SpikePulse {
                peak: Volt::new(peak),
                half_width: Second::new(5e-3),
                tail: Volt::new(peak / 2.0),
                tail_length: Second::new(0.5),
            };
            let point = window_point(device, &pulse, 1e-3, dt);
            assert!((-80.1..=300.1).contains(&point.percent), "{peak} {dt} {point:?}");
        }
    }
}

#[test]
fn a_fit_of_anything_is_an_answer_or_a_refusal() {
    let values = [0.0, 1.0, -1.0, 1e-320, 1e308, -1e308, f64::NAN, f64::INFINITY, 3.0, 1e-9];
    let mut sets: Vec<Vec<(f64, f64)>> = vec![Vec::new()];
    for shift in 0..values.len() {
        for n in [1, 2, 4, 9, 30] {
            let at = |k: usize| values[(k * 7 + shift * 3) % values.len()];
            sets.push((0..n).map(|k| (at(k), at(k + shift + 1))).collect());
            sets.push((0..n).map(|k| (k as f64 * 1e-3, at(k))).collect());
            sets.push((0..n).map(|k| (k as f64, at(shift))).collect());
        }
    }
    for set in &sets {
        for curve in [
            Curve::Relaxation,
            Curve::Stdp,
            Curve::Pulses,
            Curve::Retention { stretched: false },
            Curve::Retention { stretched: true },
            Curve::Iv { ohmic: true },
            Curve::Iv { ohmic: false },
        ] {
            if let Ok(fit) = curve.fit(set, &[]) {
                for p in &fit.parameters {
                    assert!(
                        p.value.is_finite() && p.error.is_finite() && p.error >= 0.0,
                        "{curve:?} {set:?} {p:?}"
                    );
                }
            }
        }
        let _ = fit_loop(set, &[]);
        let _ = fit_exponential(set);
    }
}
