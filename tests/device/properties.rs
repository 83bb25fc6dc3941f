//! What holds for every shipped device and any drive: bounds, energy balance, thresholds, and that cutting a pulse
//! changes nothing.

use memspike::device::circuit::{Energies, Ramp};
use memspike::device::preset::Preset;
use memspike::device::resistive::{PulseDraw, Resistive};
use proptest::prelude::*;

fn resistive() -> Vec<Preset> {
    let all = Preset::names().into_iter().map(|name| Preset::named(name).unwrap());
    let found: Vec<Preset> = all.filter(|preset| preset.device.memory().is_some()).collect();
    assert!(found.len() >= 4);
    found
}

/// Pulses of up to 1.5 times the range of a device, lasting from far too short to far too long for it.
#[derive(Clone, Copy, Debug)]
struct Pulse {
    from: f64,
    to: f64,
    decade: f64,
}

impl Pulse {
    fn ramp(self, preset: &Preset) -> Ramp {
        let v = 1.5 * preset.v_max.get();
        Ramp { from: self.from * v, to: self.to * v, length: 10f64.powf(self.decade) }
    }
}

fn pulses() -> impl Strategy<Value = Pulse> {
    let level = || prop_oneof![3 => -1.0..1.0f64, 1 => Just(0.0)];
    let pair = prop_oneof![(level(), level()), level().prop_map(|v| (v, v))];
    (pair, -13.0..3.0f64).prop_map(|((from, to), decade)| Pulse { from, to, decade })
}

fn start(device: &dyn Resistive, place: f64) -> f64 {
    let bounds = device.bounds();
    bounds.g_min * (bounds.g_max / bounds.g_min).powf(place)
}

fn balanced(energies: Energies) -> bool {
    energies.source >= 0.0
        && energies.device >= 0.0
        && energies.limiter >= 0.0
        && energies.imbalance().abs() < 1e-9
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn conductance_stays_in_bounds_and_energy_balances_for_any_sequence(
        train in prop::collection::vec(pulses(), 1..20), place in 0.0..1.0f64, seed in any::<u64>(), noisy: bool,
    ) {
        for preset in resistive() {
            let device = preset.device.memory().unwrap().device;
            let bounds = device.bounds();
            let mut g = start(device, place);
            for (count, pulse) in train.iter().enumerate() {
                let draw = if noisy {
                    PulseDraw::Keyed { seed, entity: 1, count: count as u64 }
                } else {
                    PulseDraw::None
                };
                let after = device.apply(g, pulse.ramp(&preset), draw);
                prop_assert!(after.g >= bounds.g_min * (1.0 - 1e-12) && after.g <= bounds.g_max * (1.0 + 1e-12));
                prop_assert!(balanced(after.energies), "{} {pulse:?} {after:?}", preset.name);
                g = after.g;
            }
        }
    }

    #[test]
    fn cutting_a_noise_free_pulse_into_pieces_changes_nothing(
        pulse in pulses(), place in 0.0..1.0f64, cuts in prop::collection::vec(0.0..1.0f64, 1..6),
    ) {
        let mut cuts = cuts;
        cuts.sort_unstable_by(f64::total_cmp);
        for preset in resistive() {
            let device = preset.device.memory().unwrap().device;
            let (g0, ramp) = (start(device, place), pulse.ramp(&preset));
            let whole = device.apply(g0, ramp, PulseDraw::None);
            let (mut g, mut energies, mut before) = (g0, Energies::default(), 0.0);
            for part in cuts.iter().copied().chain([1.0]) {
                let step = device.apply(g, ramp.piece(before * ramp.length, part * ramp.length), PulseDraw::None);
                (g, before) = (step.g, part);
                energies += step.energies;
            }
            prop_assert!((g / whole.g - 1.0).abs() < 1e-7, "{} {ramp:?} {g} {}", preset.name, whole.g);
            let total = whole.energies.source;
            prop_assert!((energies.source - total).abs() <= 1e-7 * total, "{} {ramp:?}", preset.name);
        }
    }

    #[test]
    fn a_pulse_below_threshold_programs_nothing(
        place in 0.0..1.0f64, from in -1.0..1.0f64, to in -1.0..1.0f64, decade in -13.0..6.0f64,
    ) {
        for preset in resistive() {
            let device = preset.device.memory().unwrap().device;
            let (set, reset) = device.onsets();
            let level = |part: f64| if part > 0.0 { part * set } else { part * reset };
            let g = start(device, place);
            let ramp = Ramp { from: level(from), to: level(to), length: 10f64.powf(decade) };
            let after = device.apply(g, ramp, PulseDraw::None);
            prop_assert_eq!((after.g, after.dose), (g, 0.0));
            prop_assert!(balanced(after.energies));
        }
    }
}
