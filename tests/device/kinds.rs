//! What every registered kind of device must keep to, held for every preset that is shipped: being registered is being
//! tested.

use memspike::device::circuit::{Energies, Ramp};
use memspike::device::model::Draws;
use memspike::device::preset::{Preset, RANGE};
use memspike::device::{Open, Words};
use memspike::registry::Registry;
use proptest::prelude::*;

fn presets() -> Vec<Preset> {
    Preset::names().into_iter().map(|name| Preset::named(name).unwrap()).collect()
}

/// Drives of up to 1.2 times the range of a device, from far too short to far too long for it.
fn drives() -> impl Strategy<Value = Vec<(f64, f64, f64)>> {
    let level = || prop_oneof![3 => -1.0..1.0f64, 1 => Just(0.0)];
    let pair = prop_oneof![2 => (level(), level()), 1 => level().prop_map(|v| (v, v))];
    prop::collection::vec((pair, -8.0..3.0f64).prop_map(|((a, b), decade)| (a, b, decade)), 1..12)
}

fn ramp(preset: &Preset, (from, to, decade): (f64, f64, f64)) -> Ramp {
    let v = 1.2 * preset.v_max.get();
    Ramp { from: from * v, to: to * v, length: 10f64.powf(decade) }
}

fn bits(words: &Words) -> Vec<u64> {
    words.iter().map(|word| word.to_bits()).collect()
}

/// Whether two states are one, but for the roundings of a cut: of every variable by its own size or that of the range.
fn close(one: &Words, other: &Words, range: f64) -> bool {
    one.iter().zip(other).all(|(a, b)| (a - b).abs() <= 1e-7 * a.abs().max(b.abs()).max(1e-3 * range))
}

fn sane(energies: Energies) -> bool {
    energies.source >= 0.0
        && energies.device >= 0.0
        && energies.limiter >= 0.0
        && energies.imbalance().abs() < 1e-9
}

/// int |V I| dt of a piece in `n` midpoint steps, each from the state that the device has there.
fn summed(device: &Open, start: &Words, ramp: Ramp, draws: &Draws, n: u32) -> f64 {
    let (mut state, mut sum, mut t) = (*start, 0.0, 0.0);
    let step = ramp.length / f64::from(n);
    for k in 0..n {
        let middle = step * (f64::from(k) + 0.5);
        device.advance(&mut state, ramp.piece(t, middle), draws);
        let v = ramp.at(middle);
        sum += (v * device.current(&state, v)).abs() * step;
        t = middle;
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    #[test]
    fn a_device_gives_no_energy_and_repeats_its_bits(train in drives(), seed in any::<u64>(), noise: bool) {
        for preset in presets() {
            let device = &preset.device;
            let draws = |pulse: usize| Draws { pulse: pulse as u64, ..Draws::new(seed, noise) };
            let mut states = [device.start(&draws(0)); 2];
            for (pulse, &drive) in train.iter().enumerate() {
                let ramp = ramp(&preset, drive);
                let [first, second] = states.each_mut().map(|state| device.advance(state, ramp, &draws(pulse)));
                prop_assert!(sane(first), "{} {ramp:?} {first:?}", preset.name);
                prop_assert_eq!(first, second);
                prop_assert_eq!(bits(&states[0]), bits(&states[1]));
                prop_assert!(states[0].iter().all(|word| word.is_finite()), "{} {:?}", preset.name, states[0]);
                let current = device.current(&states[0], ramp.to);
                prop_assert!(current.is_finite() && current * ramp.to >= 0.0, "{} {current}", preset.name);
            }
        }
    }

    #[test]
    fn a_piece_cut_in_two_is_the_piece(train in drives(), cut in 0.0..1.0f64, seed in any::<u64>(), noise: bool) {
        for preset in presets() {
            let device = &preset.device;
            let mut state = device.start(&Draws::new(seed, noise));
            for (pulse, &drive) in train.iter().enumerate() {
                let (ramp, draws) = (ramp(&preset, drive), Draws { pulse: pulse as u64, ..Draws::new(seed, noise) });
                let (mut whole, mut cut_state, at) = (state, state, cut * ramp.length);
                let spent = device.advance(&mut whole, ramp, &draws);
                let first = device.advance(&mut cut_state, ramp.piece(0.0, at), &draws);
                let parts = first + device.advance(&mut cut_state, ramp.piece(at, ramp.length), &draws);
                prop_assert!(
                    close(&whole, &cut_state, preset.v_max.get()),
                    "{} {ramp:?} at {cut}: {whole:?} {cut_state:?}", preset.name
                );
                let least = 1e-6 * spent.source.max(parts.source);
                prop_assert!((spent.source - parts.source).abs() <= least, "{} {ramp:?}", preset.name);
                prop_assert!((spent.device - parts.device).abs() <= least, "{} {ramp:?}", preset.name);
                state = whole;
            }
        }
    }

    #[test]
    fn without_drive_nothing_is_spent_and_what_is_volatile_relaxes(train in drives(), decade in -8.0..3.0f64) {
        for preset in presets() {
            let (device, draws) = (&preset.device, Draws::new(1, false));
            let mut state = device.start(&draws);
            for &drive in &train {
                device.advance(&mut state, ramp(&preset, drive), &draws);
            }
            let (before, rest) = (state, device.start(&draws));
            let nothing = Ramp { from: 0.0, to: 0.0, length: 10f64.powf(decade) };
            let spent = device.advance(&mut state, nothing, &draws);
            prop_assert_eq!((spent.source, spent.device, spent.limiter), (0.0, 0.0, 0.0));
            prop_assert_eq!(device.current(&state, 0.0), 0.0);
            if device.memory().is_some() {
                prop_assert_eq!(bits(&state), bits(&before), "what is programmed stays: {}", preset.name);
            } else {
                // The first variable is that of the filament; long alone, all but a count is as at the start.
                prop_assert!((state[0] - rest[0]).abs() <= (before[0] - rest[0]).abs(), "{}", preset.name);
                device.advance(&mut state, Ramp { length: 1e6, ..nothing }, &draws);
                prop_assert!((state[0] - rest[0]).abs() < 1e-12 && state[1] == rest[1], "{}", preset.name);
            }
        }
    }
}

#[test]
fn what_is_spent_is_the_integral_of_voltage_times_current() {
    for preset in presets() {
        let (device, draws) = (&preset.device, Draws::new(1, false));
        let v = preset.v_max.get();
        // From far below to far above the times of each device.
        for length in [1e-7, 1e-5, 1e-3, 0.1, 10.0] {
            for (from, to) in
                [(0.0, v), (v, 0.0), (v, v), (-0.5 * v, v), (v, -v), (0.0, -v), (0.3 * v, 0.31 * v)]
            {
                let (mut state, ramp) = (device.start(&draws), Ramp { from, to, length });
                let start = state;
                let spent = device.advance(&mut state, ramp, &draws).source;
                let want = summed(device, &start, ramp, &draws, 4000);
                // One of 4000 steps may be on the other side of a switching.
                assert!(
                    (spent - want).abs() <= 2e-3 * want.max(spent),
                    "{} {ramp:?}: {spent:e} {want:e}",
                    preset.name
                );
            }
        }
    }
}

#[test]
fn every_drive_beyond_physics_leaves_a_state() {
    const EXTREMES: [f64; 9] =
        [0.0, 5e-324, 0.3, -0.3, 1e10, 1e308, f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for preset in presets() {
        let (device, draws) = (&preset.device, Draws::new(1, true));
        for from in EXTREMES {
            for to in EXTREMES {
                for length in EXTREMES {
                    let mut state = device.start(&draws);
                    let spent = device.advance(&mut state, Ramp { from, to, length }, &draws);
                    let told =
                        || format!("{} from {from} to {to} in {length}: {state:?} {spent:?}", preset.name);
                    assert!(state.iter().all(|word| word.is_finite()), "{}", told());
                    assert!(spent.source >= 0.0 && spent.device >= 0.0 && spent.limiter >= 0.0, "{}", told());
                }
            }
        }
    }
}

#[test]
fn every_kind_has_a_preset_and_every_preset_a_kind() {
    let registry = Registry::shipped();
    let presets = presets();
    for kind in registry.devices() {
        assert!(presets.iter().any(|preset| preset.device.kind().name == kind.name), "{}", kind.name);
    }
    for preset in presets {
        let kind = preset.device.kind();
        assert!(
            registry.devices().iter().any(|entry| entry.name == kind.name && entry.version == kind.version)
        );
        // Whatever a preset states is a key of its kind, and all that must be stated unconditionally is there.
        for parameter in &preset.parameters {
            let known = kind.keys.iter().any(|key| key.name == parameter.key);
            assert!(known || RANGE.contains(&&*parameter.key), "{} of {}", parameter.key, preset.name);
        }
    }
}
