//! Synapses that learn by pulses against what pulses give by hand, and a small network of them.

use super::pulsed::{Bank, Cell, Pulsed, Update};
use crate::device::endurance::Endurance;
use crate::device::fault::FaultRates;
use crate::device::memory::DoseMemory;
use crate::device::preset::Preset;
use crate::device::resistive::{DeviceSpread, PulseDraw, Resistive as _, StateLaw};
use crate::numeric::exp;
use crate::plasticity::{ProgramPulse, entity};
use crate::synapse::{Arrangement, DeviceRange, Mapping, Placement, ReadPulse, Spread};
use crate::time::Time;
use crate::units::{Second, Volt};
use crate::waveform::Waveform;

const W_MAX: f64 = 0.3;
const G_MIN: f64 = 0.2e-3;
const SPAN: f64 = 3.8e-3;

/// Devices of Yan et al. that pulses of 0.24 V and 2 ms raise and of 0.25 V and 2 ms lower, without spread or limiter.
fn pulsed(arrangement: Arrangement, update: Update) -> Pulsed {
    let preset = Preset::named("ag-tio2-pt-rs-analog").unwrap();
    let mut device = preset.device.get::<DoseMemory>().unwrap().device.clone();
    (device.dose_sigma, device.i_cc) = (0.0, None);
    let range = DeviceRange { g_min: device.g_min, g_max: device.g_max, levels: None };
    Pulsed {
        projection: 3,
        mapping: Mapping::new(arrangement, Placement::OneSided, range, W_MAX).unwrap(),
        spread: Spread::NONE,
        faults: FaultRates::default(),
        device,
        differ: DeviceSpread::default(),
        pulse: ProgramPulse { v_set: Volt::new(0.24), v_reset: Volt::new(0.27), width: Second::new(2e-3) },
        endurance: None,
        read: ReadPulse { amplitude: Volt::new(0.1), width: Second::new(1e-6) },
        refresh: 0.9,
        update,
    }
}

/// Doses of a SET and of a RESET pulse, t/tau e^((V - V_ref)/V_scale).
fn doses() -> [f64; 2] {
    [2e-3 / 13.06 * exp(0.04 / 9.80e-3), 2e-3 / 5.954 * exp(0.02 / 4.465e-3)]
}

fn at(parts: &[f64]) -> Vec<Cell> {
    parts.iter().map(|part| Cell { g: G_MIN + SPAN * part, ..Cell::default() }).collect()
}

fn near(got: f64, want: f64, what: &str) {
    assert!((got - want).abs() <= 1e-9 * want.abs() + 1e-15, "{what}: {got:e}, {want:e}");
}

const SIZE: Update = Update::Size { most: 10 };

#[test]
fn a_step_is_so_many_pulses_of_the_law_and_its_rest_stays() {
    let [up, down] = doses();
    // One device: up by SET, down by RESET; G moves by the span times the dose, straight, and V^2 int G dt is spent.
    let bank = Bank::new(pulsed(Arrangement::Unipolar, SIZE), 1, 8);
    let [set, reset] = bank.granularity();
    near(set, W_MAX * up, "granularity of SET");
    near(reset, W_MAX * down, "granularity of RESET");
    let mut cells = at(&[0.5]);
    near(bank.step(0, 3.7 * set, &mut cells).unwrap(), 0.7 * set, "what is left");
    near(cells[0].g, G_MIN + SPAN * (0.5 + 3.0 * up), "three SET pulses");
    near(cells[0].programmed, 0.24 * 0.24 * 2e-3 * 3.0 * (G_MIN + SPAN * (0.5 + 1.5 * up)), "their joules");
    assert_eq!((cells[0].pulses, cells[0].limited), (3, 0.0));
    near(bank.step(0, -2.25 * reset, &mut cells).unwrap(), -0.25 * reset, "what is left");
    near(cells[0].g, G_MIN + SPAN * (0.5 + 3.0 * up - 2.0 * down), "two RESET pulses");
    // A pair: either way SET pulses, on G+ or on G-.
    let bank = Bank::new(pulsed(Arrangement::Differential, SIZE), 1, 8);
    let mut cells = at(&[0.2, 0.3]);
    let weight = bank.weight(&cells);
    near(weight, -0.1 * W_MAX, "s (G+ - G-)");
    near(bank.step(1, -1.5 * set, &mut cells).unwrap(), -0.5 * set, "what is left");
    near(bank.step(1, 2.5 * set, &mut cells).unwrap(), 0.5 * set, "what is left");
    assert_eq!([cells[0].pulses, cells[1].pulses], [2, 1]);
    near(bank.weight(&cells), weight + set, "two pulses up and one down");
    assert_eq!(bank.step(1, 0.99 * set, &mut cells), None, "less than a pulse");
    near(bank.step(1, 12.5 * set, &mut cells).unwrap(), 2.5 * set, "no more than ten in a step");
}

#[test]
fn a_soft_bound_is_approached_and_a_limiter_is_paid_for() {
    let mut of = pulsed(Arrangement::Unipolar, SIZE);
    of.device.law = StateLaw::SoftBound;
    let [up, _] = doses();
    let bank = Bank::new(of.clone(), 1, 1);
    near(bank.granularity()[0], W_MAX * 0.5 * (1.0 - exp(-up)), "half of the range is left in its middle");
    let mut cells = at(&[0.4]);
    bank.step(0, 7.2 * bank.granularity()[0], &mut cells).unwrap();
    near(cells[0].g, G_MIN + SPAN * (1.0 - 0.6 * exp(-7.0 * up)), "seven pulses");
    of.device.i_cc = Some(crate::units::Ampere::new(0.1e-3));
    let mut limited = at(&[0.4]);
    Bank::new(of, 1, 1).step(0, W_MAX, &mut limited);
    assert!(limited[0].limited > 0.0);
}

/// The bench draws the same numbers and comes to the same conductances and joules.
#[test]
fn pulses_spread_as_those_of_the_bench() {
    let mut of = pulsed(Arrangement::Unipolar, SIZE);
    of.device.dose_sigma = 0.3;
    let preset = Preset::named("ag-tio2-pt-rs-analog").unwrap();
    of.differ = preset.device.get::<DoseMemory>().unwrap().spread;
    let bank = Bank::new(of.clone(), 7, 40);
    for n in [0, 1, 39] {
        let entity = entity(3, n);
        let own = of.device.own(&of.differ, 7, entity);
        let mut cells = at(&[0.3]);
        bank.step(n, 5.5 * bank.granularity()[0], &mut cells).unwrap();
        bank.step(n, -2.5 * bank.granularity()[1], &mut cells).unwrap();
        let (mut g, mut joules) = (G_MIN + SPAN * 0.3, 0.0);
        for count in 0..7 {
            let volts = if count < 5 { 0.24 } else { -0.27 };
            let pulse = Waveform::rectangle(volts, Time::from_ms(2));
            let applied = own.apply_pulse(g, &pulse, PulseDraw::Keyed { seed: 7, entity, count });
            (g, joules) = (applied.g, joules + applied.energies.device);
        }
        assert!(cells[0].pulses == 7 && (cells[0].g / g - 1.0).abs() < 1e-12, "{n}: {:e} {g:e}", cells[0].g);
        assert!((cells[0].programmed / joules - 1.0).abs() < 1e-9);
    }
}

/// A linear law without bounds in the way loses nothing: weight and accumulator together stay what they were.
#[test]
fn a_pair_that_is_high_is_brought_down_and_its_weight_is_kept_in_the_accumulator() {
    let bank = Bank::new(pulsed(Arrangement::Differential, SIZE), 1, 2);
    let set = bank.granularity()[0];
    let mut cells = at(&[0.93, 0.52]);
    let (before, chi) = (bank.weight(&cells), 2.6 * set);
    let left = bank.step(0, chi, &mut cells).unwrap();
    near(bank.weight(&cells) + left, before + chi, "weight and accumulator");
    let [_, down] = doses();
    let part = |cell: &Cell| (cell.g - G_MIN) / SPAN;
    assert!(part(&cells[1]) <= 0.5 * down && part(&cells[0]) < 0.45, "{cells:?}");
    assert_eq!([cells[0].refreshed, cells[1].refreshed], [1, 1]);
    // Every read is paid for: one before the first pulse and one after each.
    let resets = cells[1].pulses;
    assert_eq!(resets, ((0.52 - 0.5 * down) / down).ceil() as u64);
    let sum: f64 = (0..=resets).map(|k| G_MIN + SPAN * (0.52 - k as f64 * down).max(0.0)).sum();
    near(cells[1].checked, 0.1 * 0.1 * 1e-6 * sum, "joules of reads");
    // As large as it can be: the pulse is left out, and nothing waits for it.
    let mut full = at(&[0.93, 0.0]);
    near(bank.step(0, 2.6 * set, &mut full).unwrap(), 0.6 * set, "what is left");
    assert_eq!((full[0].pulses, full[1].pulses, full[0].refreshed), (0, 0, 0));
    // The other way there is room.
    bank.step(0, -2.6 * set, &mut full).unwrap();
    assert_eq!((full[0].pulses, full[1].pulses), (0, 2));
}

#[test]
fn a_sign_is_one_pulse_and_forgotten() {
    let bank = Bank::new(pulsed(Arrangement::Differential, Update::Sign { threshold: 2.0 }), 1, 2);
    let set = bank.granularity()[0];
    let mut cells = at(&[0.2, 0.2]);
    assert_eq!(bank.step(0, 1.9 * set, &mut cells), None);
    assert_eq!(bank.step(0, 7.9 * set, &mut cells), Some(0.0));
    assert_eq!([cells[0].pulses, cells[1].pulses], [1, 0]);
    let always = Bank::new(pulsed(Arrangement::Differential, Update::Sign { threshold: 0.0 }), 1, 2);
    assert_eq!(always.step(0, 0.0, &mut cells), None, "nothing asks for nothing");
    assert!(always.step(0, -1e-9 * set, &mut cells).is_some() && cells[1].pulses == 1);
}

#[test]
fn what_is_stuck_stays_and_is_paid_for_and_pulses_wear() {
    let mut of = pulsed(Arrangement::Unipolar, SIZE);
    of.endurance = Some(Endurance { n_f: 40.0, m: None, weibull_shape: Some(3.0), ..Endurance::default() });
    let bank = Bank::new(of.clone(), 5, 30);
    let [set, reset] = bank.granularity();
    for n in 0..30 {
        let life = of.endurance.unwrap().survives(5, entity(3, n));
        let mut cells = at(&[0.5]);
        while !cells[0].stuck {
            bank.step(n, set, &mut cells);
            bank.step(n, -reset, &mut cells);
        }
        assert!(cells[0].pulses as f64 >= life && (cells[0].pulses - 1) as f64 <= life.max(1.0));
        let (before, spent) = (cells[0].g, cells[0].programmed);
        assert_eq!(bank.step(n, 2.5 * set, &mut cells).map(|left| (left / set * 2.0).round()), Some(1.0));
        assert_eq!(cells[0].g, before);
        near(cells[0].programmed - spent, 2.0 * 0.24 * 0.24 * 2e-3 * before, "current that moves nothing");
    }
    of.faults = FaultRates { stuck_on: 0.5, stuck_off: 0.5 };
    let bank = Bank::new(of, 5, 30);
    let mut cells = at(&[0.0; 30]);
    bank.program((0, 30), &[0.1; 30], &mut cells);
    let ends = [G_MIN, G_MIN + SPAN];
    assert!(cells.iter().all(|cell| cell.stuck && ends.iter().any(|end| (cell.g / end - 1.0).abs() < 1e-12)));
    assert!(ends.iter().all(|end| cells.iter().any(|cell| (cell.g / end - 1.0).abs() < 1e-12)));
}
