use super::*;
use crate::device::circuit::Conduction;
use crate::time::Time;
use crate::units::{Hertz, Ohm, Second};
use proptest::prelude::*;

/// The analog set that gives figs. 2c, 2d and 3c of Yan et al. together.
fn analog(law: StateLaw) -> DoseDevice {
    DoseDevice {
        g_min: Siemens::new(0.2e-3),
        g_max: Siemens::new(4e-3),
        set: Rate::Exponential {
            v_on: Volt::new(0.12),
            v_ref: Volt::new(0.2),
            v_scale: Volt::new(9.80e-3),
            tau: Second::new(13.06),
        },
        reset: Rate::Exponential {
            v_on: Volt::new(0.10),
            v_ref: Volt::new(0.25),
            v_scale: Volt::new(4.465e-3),
            tau: Second::new(5.954),
        },
        law,
        conduction: Conduction::Ohmic,
        i_cc: None,
        dose_sigma: 0.0,
    }
}

/// The device of the energy vector: r = e^4/558 at 0.2 V.
fn vector_device(i_cc: Option<Ampere>) -> DoseDevice {
    DoseDevice {
        set: Rate::Exponential {
            v_on: Volt::new(0.12),
            v_ref: Volt::new(0.12),
            v_scale: Volt::new(0.02),
            tau: Second::new(558.0),
        },
        i_cc,
        ..analog(StateLaw::SoftBound)
    }
}

fn vteam() -> DoseDevice {
    DoseDevice {
        set: Rate::Power { v_on: Volt::new(0.12), k: Hertz::new(2.0), alpha: 3.0 },
        reset: Rate::Power { v_on: Volt::new(0.10), k: Hertz::new(3.0), alpha: 2.0 },
        ..analog(StateLaw::LinearResistance)
    }
}

fn table() -> DoseDevice {
    DoseDevice {
        set: Rate::Pulses { v_on: Volt::new(0.2), width: Second::new(1e-3) },
        reset: Rate::Pulses { v_on: Volt::new(0.2), width: Second::new(1e-3) },
        ..analog(StateLaw::Table {
            set: vec![0.2e-3, 1.5e-3, 2.5e-3, 3.5e-3, 4e-3],
            reset: vec![4e-3, 1e-3, 0.2e-3],
        })
    }
}

fn doses() -> Vec<DoseDevice> {
    let limited = |d: DoseDevice, i: f64| DoseDevice { i_cc: Some(Ampere::new(i)), ..d };
    vec![
        analog(StateLaw::Linear),
        analog(StateLaw::SoftBound),
        limited(analog(StateLaw::SoftBound), 4e-4),
        analog(StateLaw::Querlioz { alpha: 0.7, beta: 3.0 }),
        limited(vteam(), 3e-4),
        vteam(),
        table(),
    ]
}

fn binaries() -> [BinarySwitch; 2] {
    let quiet = BinarySwitch { threshold_cv: 0.0, i_cc: Some(Ampere::new(5e-4)), ..BinarySwitch::default() };
    [BinarySwitch::default(), quiet]
}

fn families() -> Vec<Box<dyn Resistive>> {
    let doses = doses().into_iter().map(|d| Box::new(d) as Box<dyn Resistive>);
    doses.chain(binaries().map(|d| Box::new(d) as Box<dyn Resistive>)).collect()
}

/// The definitions, in `n` midpoint steps.
fn stepped(d: &DoseDevice, g: f64, ramp: Ramp, n: u32) -> Applied {
    let i_cc = d.i_cc.map_or(f64::INFINITY, Ampere::get);
    let mut total = Applied { g, energies: Energies::default(), dose: 0.0 };
    let dt = ramp.length / f64::from(n);
    for k in 0..n {
        let v = ramp.at(dt * (f64::from(k) + 0.5));
        let direction = if v >= 0.0 { Direction::Set } else { Direction::Reset };
        let rate = |g: f64| d.rate(direction).rate(v.abs().min(d.conduction.voltage(g, i_cc)));
        let half = d.law.after(d.bounds(), total.g, rate(total.g) * 0.5 * dt, direction);
        let dose = rate(half) * dt;
        let i = d.conduction.limited_current(half, v, i_cc).abs();
        let v_dev = v.abs().min(d.conduction.voltage(half, i_cc));
        total.g = d.law.after(d.bounds(), total.g, dose, direction);
        total.dose += dose;
        total.energies += Energies {
            source: v.abs() * i * dt,
            device: v_dev * i * dt,
            limiter: (v.abs() - v_dev) * i * dt,
        };
    }
    total
}

#[test]
fn a_slow_sweep_costs_the_millijoules_of_the_vector() {
    let ramp = Ramp { from: 0.2, to: 0.2, length: 40.0 };
    let e = vector_device(None).apply(1e-3, ramp, PulseDraw::None).energies;
    assert!((e.device * 1e3 - 5.198068).abs() < 0.5e-6, "{} mJ", e.device * 1e3);
    // V^2 [Gmax L - (Gmax - G0)(1 - e^(-rL))/r] and its two limits.
    let r = 4f64.exp() / 558.0;
    let closed = 0.04 * (4e-3 * 40.0 - 3e-3 * (1.0 - (-r * 40.0).exp()) / r);
    assert!((e.device / closed - 1.0).abs() < 1e-13);
    let short = vector_device(None).apply(1e-3, Ramp { length: 1e-6, ..ramp }, PulseDraw::None).energies;
    assert!((short.device / (0.04 * 1e-3 * 1e-6) - 1.0).abs() < 1e-6, "r L -> 0: V^2 G0 L");
    let long = vector_device(None).apply(1e-3, Ramp { length: 1e7, ..ramp }, PulseDraw::None).energies;
    assert!((long.device / (0.04 * 4e-3 * 1e7) - 1.0).abs() < 1e-5, "r L >> 1: V^2 Gmax L");
}

#[test]
fn states_and_energies_agree_with_small_steps_of_the_equations() {
    let limited = |i: f64| DoseDevice { i_cc: Some(Ampere::new(i)), ..vector_device(None) };
    let fast = |d: DoseDevice| DoseDevice {
        set: Rate::Exponential {
            v_on: Volt::new(0.12),
            v_ref: Volt::new(0.2),
            v_scale: Volt::new(0.01),
            tau: Second::new(0.02),
        },
        ..d
    };
    let cases: Vec<(&str, DoseDevice)> = vec![
        ("linear", analog(StateLaw::Linear)),
        ("soft", analog(StateLaw::SoftBound)),
        ("querlioz", analog(StateLaw::Querlioz { alpha: 0.7, beta: 3.0 })),
        ("vteam", vteam()),
        ("vector", vector_device(None)),
        ("limited at 0.5 mA", limited(5e-4)),
        ("limited at 0.2 mA", limited(2e-4)),
        ("limited, fast", fast(limited(3e-4))),
        (
            "limited, sinh",
            DoseDevice { conduction: Conduction::Sinh { v0: Volt::new(0.1) }, ..limited(4e-4) },
        ),
        ("limited vteam", DoseDevice { i_cc: Some(Ampere::new(3e-4)), ..vteam() }),
        ("limited linear reset", DoseDevice { i_cc: Some(Ampere::new(2e-4)), ..analog(StateLaw::Linear) }),
    ];
    for (name, device) in cases {
        for (from, to) in
            [(0.0, 0.2), (0.2, 0.0), (0.2, 0.2), (0.0, -0.25), (-0.25, 0.0), (0.2, -0.25), (-0.2, -0.2)]
        {
            let ramp = Ramp { from, to, length: 20.0 };
            let (got, want) =
                (device.apply(1e-3, ramp, PulseDraw::None), stepped(&device, 1e-3, ramp, 40_000));
            let what = format!("{name}, {from} -> {to} V: {got:?} {want:?}");
            assert!((got.g / want.g - 1.0).abs() < 2e-6, "{what}");
            assert_eq!(device.reached(1e-3, ramp, 1.0).to_bits(), got.g.to_bits(), "{what}");
            assert!((got.dose - want.dose).abs() < 1e-4 * want.dose + 1e-12, "{what}");
            assert!(
                (got.energies.device - want.energies.device).abs() < 5e-6 * want.energies.source,
                "{what}"
            );
            assert!(
                (got.energies.limiter - want.energies.limiter).abs() < 5e-6 * want.energies.source,
                "{what}"
            );
            assert!((got.energies.source / want.energies.source - 1.0).abs() < 5e-6, "{what}");
            assert!(got.energies.imbalance().abs() < 1e-9, "{what}");
        }
    }
}

#[test]
fn compliance_sets_the_conductance_that_a_set_leaves() {
    // SET stops where I_cc/G has fallen to V_SET: G = I_cc/V_SET.
    let device = DoseDevice { i_cc: Some(Ampere::new(2e-4)), ..vector_device(None) };
    let g = device.apply(1e-3, Ramp { from: 0.2, to: 0.2, length: 4e3 }, PulseDraw::None).g;
    assert!((g / (2e-4 / 0.12) - 1.0).abs() < 1e-9, "{g}");
}

#[test]
fn a_sweep_moves_the_papers_synapse_by_15_percent_of_its_range() {
    let d = analog(StateLaw::Linear);
    let sweep = |g: f64, v: f64, t: f64| {
        let up = d.apply(g, Ramp { from: 0.0, to: v, length: t }, PulseDraw::None);
        d.apply(up.g, Ramp { from: v, to: 0.0, length: t }, PulseDraw::None).g
    };
    // 2 V_p/(tau_p 10 mV/s), less e^(-80/9.8) at the onset.
    let up = (sweep(1e-3, 0.2, 20.0) - 1e-3) / 3.8e-3;
    assert!((up - 0.150).abs() < 0.0005, "{up}");
    let down = (sweep(1e-3, -0.25, 25.0) - 1e-3) / 3.8e-3;
    assert!((down + 0.150).abs() < 0.0005, "{down}");
}

#[test]
fn the_binary_device_sets_at_0_12_and_resets_before_0_1_volts() {
    let d = BinarySwitch { threshold_cv: 0.0, ..BinarySwitch::default() };
    let off = d.median(false);
    assert_eq!(d.apply(off, Ramp { from: 0.0, to: 0.12, length: 1.0 }, PulseDraw::None).dose, 0.0);
    let set = d.apply(off, Ramp { from: 0.0, to: 0.2, length: 1.0 }, PulseDraw::None);
    assert_eq!((set.dose, set.g), (1.0, 1.0 / 200.0));
    let back = d.apply(set.g, Ramp { from: 0.2, to: -0.079, length: 1.0 }, PulseDraw::None);
    assert_eq!((back.dose, back.g), (0.0, set.g));
    let reset = d.apply(set.g, Ramp { from: 0.2, to: -0.1, length: 1.0 }, PulseDraw::None);
    assert_eq!((reset.dose, reset.g), (1.0, off));
    assert!((set.g / reset.g - 1.58e4).abs() < 0.01e4, "the window of fig. 2a exceeds 1e4");
    let both = d.apply(set.g, Ramp { from: -0.1, to: 0.2, length: 1.0 }, PulseDraw::None);
    assert_eq!((both.dose, both.g), (2.0, set.g), "RESET at once, then SET on the way up");
}

#[test]
fn the_two_readings_of_the_printed_spreads_are_4_7_and_17_percent_apart() {
    let log = ResistanceSpread::log_reading(0.0081, 0.0115, 2.5, 6.5);
    assert!((log.on - 0.047).abs() < 0.0005 && (log.off - 0.17).abs() < 0.005, "{log:?}");
}

#[test]
fn ten_thousand_cycles_have_the_spread_that_was_asked_for() {
    for spread in [ResistanceSpread::AS_PRINTED, ResistanceSpread::log_reading(0.0081, 0.0115, 2.5, 6.5)] {
        let d = BinarySwitch { spread, ..BinarySwitch::default() };
        let (mut on, mut off, mut g) = (Vec::new(), Vec::new(), d.median(false));
        for count in 0..10_000 {
            let draw = PulseDraw::Keyed { seed: 1, entity: 0, count };
            g = d.apply(g, Ramp { from: 0.0, to: 0.2, length: 20.0 }, draw).g;
            on.push(1.0 / g);
            g = d.apply(g, Ramp { from: 0.0, to: -0.13, length: 13.0 }, draw).g;
            off.push(1.0 / g);
        }
        for (values, cv) in [(on, spread.on), (off, spread.off)] {
            let n = values.len() as f64;
            let mean = values.iter().sum::<f64>() / n;
            let sd = (values.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / n).sqrt();
            // Three standard errors of a coefficient of variation from 1e4 cycles: 3/sqrt(2e4) = 2.1 %.
            assert!((sd / mean / cv - 1.0).abs() < 0.025, "{}", sd / mean);
        }
    }
}

#[test]
fn a_devices_own_parameters_are_its_own_for_ever() {
    let spread = DeviceSpread { g_min: 0.05, g_max: 0.05, v_set: 0.05, v_reset: 0.05, v_scale: 0.05 };
    let d = analog(StateLaw::Linear);
    assert_eq!(d.own(&spread, 1, 7), d.own(&spread, 1, 7));
    assert_ne!(d.own(&spread, 1, 7), d.own(&spread, 1, 8));
    assert_eq!(d.own(&DeviceSpread::default(), 1, 7), d);
    let mean: f64 = (0..2000).map(|k| d.own(&spread, 1, k).onsets().0).sum::<f64>() / 2000.0;
    assert!((mean / 0.12 - 1.0).abs() < 0.005, "{mean}");
}

#[test]
fn the_noise_of_a_dose_leaves_its_mean() {
    let d = DoseDevice { dose_sigma: 0.2, ..analog(StateLaw::Linear) };
    let n = 20_000;
    let factors = (0..n).map(|count| d.dose_factor(PulseDraw::Keyed { seed: 3, entity: 1, count }));
    let mean = factors.sum::<f64>() / n as f64;
    assert!((mean - 1.0).abs() < 4.0 * 0.2 / (n as f64).sqrt(), "{mean}");
}

#[test]
fn a_table_answers_pulses_and_nothing_else() {
    let d = table();
    let pulse = |v: f64, ms: f64| Waveform::rectangle(v, Time::from_fs((ms * 1e12) as u64));
    let g = d.apply_pulse(0.2e-3, &pulse(0.2, 1.0), PulseDraw::None).g;
    assert!((g - 1.5e-3).abs() < 1e-12);
    let g = d.apply_pulse(g, &pulse(0.2, 0.5), PulseDraw::None).g;
    assert!((g - 2.0e-3).abs() < 1e-12, "half a pulse is half a step");
    assert_eq!(d.apply_pulse(g, &pulse(0.19, 5.0), PulseDraw::None).g, g);
    let g = d.apply_pulse(4e-3, &pulse(-0.2, 1.0), PulseDraw::None).g;
    assert!((g - 1e-3).abs() < 1e-12);
}

#[test]
fn every_fault_is_reported_at_once() {
    assert!(
        doses().iter().all(|d| d.faults().is_empty()) && binaries().iter().all(|d| d.faults().is_empty())
    );
    let broken = DoseDevice {
        g_min: Siemens::new(5e-3),
        set: Rate::Power { v_on: Volt::ZERO, k: Hertz::ZERO, alpha: 1.0 },
        law: StateLaw::Table { set: vec![1.0], reset: vec![4e-3, 5e-3] },
        i_cc: Some(Ampere::ZERO),
        dose_sigma: -1.0,
        ..table()
    };
    let text: Vec<String> = broken.faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "g_min = 5 mS, g_max = 4 mS; required: 0 < g_min < g_max",
            "set.v_on is 0; it must be above zero",
            "set.k is 0; it must be above zero",
            "the set table has 1 point; it must run from 5 mS strictly rising to 4 mS",
            "the reset table has 2 points; it must run from 4 mS strictly falling to 5 mS",
            "i_cc is 0 A; it must be above zero, such as \"1 mA\"",
            "dose_sigma is -1; a coefficient of variation must be finite and zero or more, such as 0.05",
        ]
    );
    let blurred = BinarySwitch { r_off: Ohm::new(220.0), v_set: Volt::new(-0.1), ..BinarySwitch::default() };
    assert_eq!(blurred.faults().len(), 1);
    let blurred = BinarySwitch { r_off: Ohm::new(220.0), ..BinarySwitch::default() };
    assert_eq!(blurred.faults().len(), 1);
}

#[test]
fn a_drive_without_sense_ends_within_bounds() {
    for device in families() {
        for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.0] {
            for ramp in [
                Ramp { from: bad, to: 0.2, length: 1.0 },
                Ramp { from: 0.0, to: bad, length: 1.0 },
                Ramp { from: 0.0, to: 0.2, length: bad },
            ] {
                let g = device.apply(1e-3, ramp, PulseDraw::None).g;
                let Bounds { g_min, g_max } = device.bounds();
                assert!((g_min..=g_max).contains(&g), "{ramp:?}: {g}");
            }
        }
    }
}

fn ramps() -> impl Strategy<Value = Ramp> {
    (-0.4..0.4f64, -0.4..0.4f64, -3.0..1.5f64).prop_map(|(from, to, log)| Ramp {
        from,
        to,
        length: 10f64.powf(log),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_sequence_of_pulses_stays_in_bounds_and_balances(
        which in 0..9usize, start in 0.0..1.0f64, ramps in prop::collection::vec(ramps(), 1..12), seed: u64,
    ) {
        let device = &families()[which];
        let Bounds { g_min, g_max } = device.bounds();
        let mut g = g_min + (g_max - g_min) * start;
        for (count, ramp) in ramps.into_iter().enumerate() {
            let step = device.apply(g, ramp, PulseDraw::Keyed { seed, entity: 3, count: count as u64 });
            prop_assert!((g_min..=g_max).contains(&step.g), "{:?} {:?}", ramp, step);
            let e = step.energies;
            prop_assert!(e.device >= 0.0 && e.limiter >= 0.0 && e.source >= 0.0, "{:?} {:?} {:?}", g, ramp, e);
            prop_assert!(e.imbalance().abs() < 1e-9, "{} {:?} {:?} {:?}", g, ramp, e, e.imbalance());
            prop_assert!(step.dose > 0.0 || step.g == g);
            g = step.g;
        }
    }

    #[test]
    fn splitting_a_pulse_changes_nothing(which in 0..9usize, start in 0.0..1.0f64, ramp in ramps(), cut in 0.01..0.99f64) {
        let device = &families()[which];
        let Bounds { g_min, g_max } = device.bounds();
        let g = g_min + (g_max - g_min) * start;
        let draw = PulseDraw::Keyed { seed: 1, entity: 3, count: 5 };
        let whole = device.apply(g, ramp, draw);
        let at = cut * ramp.length;
        let first = device.apply(g, ramp.piece(0.0, at), draw);
        let second = device.apply(first.g, ramp.piece(at, ramp.length), draw);
        // The steepest rate (a scale of 4.5 mV) turns a rounding of the voltage into 1e-13 of the dose.
        prop_assert!((whole.g / second.g - 1.0).abs() < 1e-9, "{:?} {} {}", ramp, whole.g, second.g);
        let parts = first.energies + second.energies;
        let source = whole.energies.source;
        prop_assert!((source - parts.source).abs() <= 1e-9 * source, "{:?} {:?}", whole.energies, parts);
        prop_assert!((whole.energies.device - parts.device).abs() <= 1e-9 * source);
    }

    #[test]
    fn a_pulse_below_threshold_programs_nothing(which in 0..9usize, start in 0.0..1.0f64, a in -1.0..1.0f64, b in -1.0..1.0f64) {
        let device = &families()[which];
        let Bounds { g_min, g_max } = device.bounds();
        let g = g_min + (g_max - g_min) * start;
        let (set, reset) = device.onsets();
        // Half of it for the binary device, whose thresholds jitter.
        let level = |x: f64| 0.5 * x * if x > 0.0 { set } else { reset };
        let draw = PulseDraw::Keyed { seed: 1, entity: 3, count: 5 };
        let step = device.apply(g, Ramp { from: level(a), to: level(b), length: 1e9 }, draw);
        prop_assert_eq!((step.g, step.dose), (g, 0.0));
    }
}
