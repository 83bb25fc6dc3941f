use super::*;
use crate::device::circuit::{Energies, Ramp};
use crate::units::{Joule, Ohm, Second, Volt, Watt};
use proptest::prelude::*;

const MS: f64 = 1e-3;
const TAU: f64 = 9.41e-3;

fn switch() -> ThresholdSwitch {
    ThresholdSwitch::default()
}

/// As fig. 1c, with the offset of the fit left out.
fn without_offset() -> ThresholdSwitch {
    ThresholdSwitch { u_rest: Volt::ZERO, ..switch() }
}

fn apply(s: &ThresholdSwitch, state: &mut SwitchState, from: f64, to: f64, length: f64) -> Vec<Switching> {
    let mut switchings = Vec::new();
    s.apply(state, &Circuit::Bare, Ramp { from, to, length }, |_| s.theta(), &mut switchings);
    switchings
}

#[test]
fn rectangles_turn_on_at_the_corrected_times_of_eq_3() {
    for (v, want) in [(0.3, 16.779877), (0.4, 9.202667), (0.5, 6.506344), (1.0, 2.701695)] {
        let t = switch().turn_on(0.0, v, 0.0, switch().theta(), 1.0).unwrap() / MS;
        assert!((t - want).abs() < 0.5e-6, "{v} V: {t} ms, not {want} ms");
    }
    for (v, want, digit) in [(0.3, 16.86, 0.01), (0.4, 9.23, 0.01), (0.5, 6.52, 0.01), (1.0, 2.707, 0.001)] {
        let t = without_offset().turn_on(0.0, v, 0.0, 0.25, 1.0).unwrap() / MS;
        assert!((t - want).abs() <= digit / 2.0, "{v} V: {t} ms, not {want} ms");
    }
}

#[test]
fn ramps_turn_on_at_the_times_of_lambert_w() {
    for (u, a, b, want) in
        [(0.0, 0.0, 50.0, 11.69441), (0.0, 0.2, 20.0, 12.07354), (0.1, 0.6, -30.0, 3.96333)]
    {
        let t = without_offset().turn_on(u, a, b, 0.25, 1.0).unwrap() / MS;
        assert!((t - want).abs() < 0.5e-5, "({u}, {a}, {b}): {t} ms, not {want} ms");
    }
}

#[test]
fn an_undriven_filament_stays_on_for_8_62_ms_at_most_116_times_a_second() {
    assert!((without_offset().natural_on_time().get() / MS - 8.62).abs() < 0.005);
    assert!((switch().natural_on_time().get() / MS - 8.646647).abs() < 0.5e-6);
    assert_eq!((1.0 / without_offset().natural_on_time()).get() as u64, 115, "116 needs the next digit");
    let mut state = SwitchState { x: switch().theta(), on: true, ..switch().rest() };
    let off = apply(&switch(), &mut state, 0.0, 0.0, 0.02);
    assert!((off[0].after / MS - 8.646647).abs() < 0.5e-6 && !off[0].on);
    assert!((state.x - 0.24957 * (-20.0f64 / 9.41).exp()).abs() < 1e-12, "it goes on relaxing");
}

#[test]
fn one_spike_of_full_relaxation_costs_12_07_nanojoules() {
    assert!((switch().on_power() - Watt::new(1.4e-6)).abs() < Watt::new(1e-20));
    assert!(
        (switch().on_power() * without_offset().natural_on_time() - Joule::new(12.07e-9)).abs()
            < Joule::new(0.005e-9)
    );
}

#[test]
fn reset_to_hold_gives_the_intervals_of_the_closed_form() {
    for (v, want, digit) in [(0.3, 12.98466, 1e-5), (0.5, 4.416673, 1e-6), (1.0, 1.714747, 1e-6)] {
        let t = switch().turn_on(switch().hold(), v, 0.0, switch().theta(), 1.0).unwrap() / MS;
        assert!((t - want).abs() <= digit / 2.0, "{v} V: {t} ms, not {want} ms");
    }
    for (v, want, digit) in [(0.3, 13.05, 0.01), (0.5, 4.42, 0.01), (1.0, 1.716, 0.001)] {
        let t = without_offset().turn_on(0.10, v, 0.0, 0.25, 1.0).unwrap() / MS;
        assert!((t - want).abs() <= digit / 2.0, "{v} V: {t} ms, not {want} ms");
    }
}

#[test]
fn pulse_trains_fire_at_the_counted_pulse_or_never() {
    for (v, width, period, want) in
        [(0.5, 1.0, 2.0, Some(15)), (0.3, 5.0, 6.0, Some(5)), (0.5, 1.0, 5.0, None), (1.0, 1.0, 5.0, None)]
    {
        let s = without_offset();
        let mut state = s.rest();
        let first = (1..=500).find(|_| {
            let fired = !apply(&s, &mut state, v, v, width * MS).is_empty();
            apply(&s, &mut state, 0.0, 0.0, (period - width) * MS);
            fired
        });
        assert_eq!(first, want, "({v} V, {width} ms, {period} ms)");
    }
}

#[test]
fn a_slow_loop_turns_on_at_0_25_and_off_at_0_10_volts() {
    let s = switch();
    let mut state = s.rest();
    let rate = 0.01; // V/s, as in figs. 2c and 2d
    let up = apply(&s, &mut state, 0.0, 0.5, 0.5 / rate);
    let down = apply(&s, &mut state, 0.5, 0.0, 0.5 / rate);
    let (on, off) = (up[0].after * rate, 0.5 - down[0].after * rate);
    // u lags V by tau times the rate, 0.094 mV, and leads it by u_rest.
    assert!((on - 0.25).abs() < 1e-3, "{on}");
    assert!((off - 0.10).abs() < 1e-3, "{off}");
    assert!((on - (0.25 - 0.43e-3 + 0.0941e-3)).abs() < 1e-9);
    assert_eq!((up.len(), down.len()), (1, 1));
}

#[test]
fn a_drive_above_hold_holds_and_one_below_lets_go() {
    let s = without_offset();
    let on = SwitchState { x: 0.25, on: true, ..s.rest() };
    for (v, off) in [(0.3, None), (0.15, None), (0.101, None), (0.05, Some(TAU * (0.2f64 / 0.05).ln()))] {
        let got = s.turn_off(on.x, v, 0.0, 0.25, 1.0);
        match (got, off) {
            (Some(t), Some(want)) => assert!((t - want).abs() < 1e-15, "{v} V"),
            (got, want) => assert_eq!(got.is_some(), want.is_some(), "{v} V"),
        }
    }
    // Pinned while the drive is above V_h, then relaxing behind it.
    let u = s.advance_on(0.25, 0.35, -10.0, 0.25, 0.025);
    assert!((u - 0.25).abs() < 1e-12, "{u}");
    let u = s.advance_on(0.25, 0.35, -10.0, 0.25, 0.03);
    let want = crate::numeric::first_order::advance(TAU, 0.25, 0.1, -10.0, 0.005);
    assert!((u - want).abs() < 1e-12);
}

/// Times in milliseconds at which a switch in a circuit turns, through pieces of (voltage, milliseconds).
fn turns(circuit: Circuit, pieces: &[(f64, f64)]) -> Vec<(f64, bool)> {
    let (s, mut at, mut turned) = (switch(), 0.0, Vec::new());
    let mut state = s.rest();
    for &(v, ms) in pieces {
        let mut found = Vec::new();
        s.apply(&mut state, &circuit, Ramp { from: v, to: v, length: ms * MS }, |_| s.theta(), &mut found);
        turned.extend(found.iter().map(|turn| (at + turn.after / MS, turn.on)));
        at += ms;
    }
    turned
}

fn near(got: f64, want: f64) {
    assert!((got - want).abs() < 0.5e-6, "{got} ms, not {want} ms");
}

/// 0.5 V for 1 ms every 2 ms.
fn train() -> Vec<(f64, f64)> {
    [(0.5, 1.0), (0.0, 1.0)].repeat(50)
}

#[test]
fn bare_a_drive_that_stays_latches_it_and_a_train_lets_go_when_it_ends() {
    let held = turns(Circuit::Bare, &[(0.5, 1000.0)]);
    near(held[0].0, 6.506344);
    assert_eq!(held.len(), 1);
    let pulsed = turns(Circuit::Bare, &[train(), vec![(0.0, 100.0)]].concat());
    assert!((pulsed[0].0 - 26.99).abs() < 0.005, "{pulsed:?}");
    near(pulsed[1].0, 107.646647);
    assert_eq!(pulsed.len(), 2);
}

#[test]
fn a_drive_between_hold_and_threshold_refreshes_an_on_filament() {
    let s = switch();
    let mut state = SwitchState { x: s.theta(), on: true, ..s.rest() };
    for (v, want) in [(0.0, 0.147130), (0.15, 0.189532)] {
        assert_eq!(apply(&s, &mut state, v, v, 5.0 * MS), []);
        assert!((s.u(&state) - want).abs() < 0.5e-6, "{} V", s.u(&state));
    }
    near(apply(&s, &mut state, 0.0, 0.0, 1.0)[0].after / MS, 6.035809);
}

#[test]
fn reset_takes_the_drive_away_and_it_fires_again_and_again() {
    let held = turns(Circuit::RESET, &[(0.5, 100.0)]);
    for (k, turn) in held.iter().enumerate() {
        let cycles = 13.063320 * (k / 2) as f64 + if turn.1 { 0.0 } else { 8.646647 };
        assert!((turn.0 - 6.506344 - cycles).abs() < 0.5e-6 * (k + 1) as f64, "{held:?}");
    }
    assert_eq!(held.len(), 15);
    let fired: Vec<f64> =
        turns(Circuit::RESET, &train()).iter().filter(|turn| turn.1).map(|turn| turn.0).collect();
    for (got, want) in fired.iter().zip([26.99, 58.94, 90.95]) {
        assert!((got - want).abs() < 0.005, "{fired:?}");
    }
    assert_eq!(fired.len(), 3);
}

#[test]
fn series_fires_again_and_again_is_silent_or_latches_with_the_numbers_of_its_load_line() {
    let series = |ohm: f64| Circuit::Series { r_s: Ohm::new(ohm) };
    for (v, first, on, off) in [(0.5, 6.695792, 15.231730, 4.559207), (0.3, 17.760627, 11.561631, 13.871448)]
    {
        let turned = turns(series(2e5), &[(v, 60.0)]);
        near(turned[0].0, first);
        near(turned[1].0 - turned[0].0, on);
        near(turned[2].0 - turned[1].0, off);
        assert_eq!(series(2e5).fate(&switch(), v), Fate::Fires);
    }
    let on = SwitchState { x: switch().theta(), on: true, ..switch().rest() };
    assert!((switch().current(&on, &series(2e5), 0.5) - 2.1875e-6).abs() < 1e-19);
    assert_eq!(turns(series(1e5), &[(0.5, 1000.0)]).len(), 1);
    assert_eq!(turns(series(2e5), &[(0.25, 1000.0)]).len(), 0);
    assert_eq!(
        [0.25, 0.5, 1.0].map(|v| series(2e5).told(&switch(), v)),
        [
            "off, the filament goes to 245.528 mV, not above v_th = 250 mV: it stays silent (it fires again and again between \
             254.561 mV and 796.56 mV)",
            "off, the filament goes to 490.626 mV, above v_th = 250 mV, on to 62.93 mV, below v_hold = 100 mV: it fires again and \
             again (it fires again and again between 254.561 mV and 796.56 mV)",
            "on, the filament is held at 125.43 mV, not below v_hold = 100 mV: it latches (it fires again and again between \
             254.561 mV and 796.56 mV)",
        ]
    );
    assert!(
        series(1e3).told(&switch(), 0.5).ends_with("it latches (it fires again and again at no voltage)")
    );
    assert_eq!(Circuit::Bare.fate(&switch(), 0.2), Fate::Silent);
    assert_eq!(Circuit::Bare.fate(&switch(), 0.5), Fate::Latches);
    assert_eq!(Circuit::RESET.fate(&switch(), 0.5), Fate::Fires);
}

#[test]
fn a_circuit_pays_for_what_flows_in_it() {
    let spent = |circuit: Circuit, ms: f64| {
        let s = switch();
        let mut state = SwitchState { x: s.theta(), on: true, ..s.rest() };
        let ramp = Ramp { from: 0.5, to: 0.5, length: ms * MS };
        s.apply(&mut state, &circuit, ramp, |_| s.theta(), &mut Vec::new()).on
    };
    // 1.4 uW and 2.1 uW in the limiter, for 100 us of the 8.6 ms that it relaxes.
    let open = spent(Circuit::RESET, 5.0);
    assert!(
        (open.device / 1.4e-10 - 1.0).abs() < 1e-12 && (open.limiter / 2.1e-10 - 1.0).abs() < 1e-12,
        "{open:?}"
    );
    let on_time = spent(Circuit::Series { r_s: Ohm::new(2e5) }, 15.231730);
    assert!((on_time.device - 2.082463e-9).abs() < 0.5e-15, "{on_time:?}");
    assert!(on_time.imbalance().abs() < 1e-14 && (on_time.limiter / on_time.device - 7.0).abs() < 1e-12);
}

#[test]
fn the_loop_agrees_with_small_steps_of_the_equation() {
    let s = switch();
    let ramps =
        [(0.0, 0.8, 0.02), (0.8, -0.2, 0.03), (-0.2, 0.6, 0.015), (0.1, 0.1, 0.02), (0.0, 1.0, 0.004)];
    let (mut state, mut switchings, mut at) = (s.rest(), Vec::new(), 0.0);
    for (from, to, length) in ramps {
        let found = apply(&s, &mut state, from, to, length);
        switchings.extend(found.iter().map(|w| (at + w.after, w.on)));
        at += length;
    }
    // Explicit midpoint steps of 0.2 us.
    let (mut u, mut on, mut stepped, mut t0) = (0.43e-3, false, Vec::new(), 0.0);
    for (from, to, length) in ramps {
        let n = (length / 2e-7) as u32;
        for k in 0..n {
            let dt = length / f64::from(n);
            let v = from + (to - from) * (f64::from(k) + 0.5) / f64::from(n);
            let before = u;
            let half = u + 0.5 * dt * (v - (u - 0.43e-3)) / TAU;
            u += dt * (v - (half - 0.43e-3)) / TAU;
            if on && v + 0.43e-3 > 0.10 {
                let target = (v + 0.43e-3).max(0.25);
                u = (before + dt * (target - before) / TAU).min(0.25);
            }
            let changed = if on { u < 0.10 } else { u > 0.25 };
            if changed {
                on = !on;
                stepped.push((t0 + dt * f64::from(k + 1), on));
            }
        }
        t0 += length;
    }
    assert_eq!(switchings.len(), stepped.len(), "{switchings:?} {stepped:?}");
    assert!(switchings.len() >= 3);
    for (a, b) in switchings.iter().zip(&stepped) {
        assert!((a.0 - b.0).abs() < 1e-6 && a.1 == b.1, "{a:?} {b:?}");
    }
    assert!((s.u(&state) - u).abs() < 1e-5 && state.on == on);
}

#[test]
fn thresholds_have_the_spread_asked_for_and_are_functions_of_their_address() {
    let s = switch();
    for law in [ThresholdLaw::LogNormal, ThresholdLaw::Weibull] {
        let spread = ThresholdSpread { cycle: 0.05, device: 0.0, law };
        let n = 20_000;
        let drawn: Vec<f64> = (0..n).map(|k| spread.v_th(&s, 1, 7, k)).collect();
        let mean = drawn.iter().sum::<f64>() / n as f64;
        let sd = (drawn.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n as f64).sqrt();
        // 0.5 % is the standard error of the deviation; Weibull's k = 1.2/CV is good to 5 %.
        assert!((sd / mean / 0.05 - 1.0).abs() < 0.05, "{law:?}: {}", sd / mean);
        let mut sorted = drawn.clone();
        sorted.sort_by(f64::total_cmp);
        assert!((sorted[n as usize / 2] / 0.25 - 1.0).abs() < 0.003, "{law:?}: the median is nominal");
        assert_eq!(spread.v_th(&s, 1, 7, 33), drawn[33]);
        assert_ne!(spread.v_th(&s, 1, 8, 33), drawn[33]);
    }
    let per_device = ThresholdSpread { cycle: 0.0, device: 0.05, law: ThresholdLaw::LogNormal };
    assert_eq!(per_device.v_th(&s, 1, 3, 0), per_device.v_th(&s, 1, 3, 99));
    assert_ne!(per_device.v_th(&s, 1, 3, 0), per_device.v_th(&s, 1, 4, 0));
    assert_eq!(ThresholdSpread::default().v_th(&s, 1, 3, 0), 0.25);
}

#[test]
fn the_hazard_vector_comes_out_to_its_digits() {
    let noise = EscapeNoise { v_scale: Volt::new(0.01), tau0: Second::new(1e-3) };
    let h = noise.hazard(TAU, 0.1, 0.27, 0.25, 12e-3);
    assert!((h - 0.1072750).abs() < 0.5e-7, "{h}");
}

#[test]
fn every_form_of_the_hazard_agrees_with_quadrature() {
    for d_v in [1e-3, 0.01, 0.1, 1.0] {
        let noise = EscapeNoise { v_scale: Volt::new(d_v), tau0: Second::new(1e-3) };
        for (u, target) in [(0.1, 0.27), (0.27, 0.1), (0.2, 0.2), (0.0, 0.001), (0.3, 0.29)] {
            for t in [1e-5, 1e-3, 12e-3, 0.05, 0.5] {
                let n = 200_000;
                let step = t / f64::from(n);
                let want: f64 = (0..n)
                    .map(|k| {
                        let now = step * (f64::from(k) + 0.5);
                        let state = target + (u - target) * (-now / TAU).exp();
                        ((state - 0.25) / d_v).exp() / 1e-3 * step
                    })
                    .sum();
                let got = noise.hazard(TAU, u, target, 0.25, t);
                assert!(
                    (got / want - 1.0).abs() < 3e-4,
                    "dV {d_v}, {u} -> {target}, {t} s: {got:e} {want:e}"
                );
            }
        }
    }
}

#[test]
fn escape_happens_when_the_hazard_reaches_the_draw() {
    let noise = EscapeNoise { v_scale: Volt::new(0.01), tau0: Second::new(1e-3) };
    for draw in [1e-6, 0.01, 0.1072750, 1.0, 5.0] {
        let t = noise.escape(TAU, 0.1, 0.27, 0.25, draw, 1.0).unwrap();
        assert!((noise.hazard(TAU, 0.1, 0.27, 0.25, t) / draw - 1.0).abs() < 1e-9, "{draw}");
    }
    assert_eq!(noise.escape(TAU, 0.1, 0.15, 0.25, 36.0, 1.0), None);
}

#[test]
fn every_fault_is_reported_at_once() {
    assert_eq!(switch().faults(), []);
    let broken = ThresholdSwitch {
        tau: Second::ZERO,
        v_hold: Volt::new(0.3),
        g_on: crate::units::Siemens::new(1e-9),
        i_cc: crate::units::Ampere::ZERO,
        ..switch()
    };
    let text: Vec<String> = broken.faults().iter().map(ToString::to_string).collect();
    assert_eq!(
        text,
        [
            "tau is 0 s; it must be above zero, such as \"9.41 ms\"",
            "u_rest = 430 uV, v_hold = 300 mV, v_th = 250 mV; required: u_rest < v_hold < v_th",
            "g_off = 100 nS, g_pre = 1 uS, g_on = 1 nS; required: 0 < g_off <= g_pre < g_on",
            "i_cc is 0 A; it must be above zero, such as \"7 uA\"",
        ]
    );
}

#[test]
fn the_conductance_follows_the_filament_and_fades_after_firing_without_a_step() {
    let s = switch();
    let conductance = |state: &SwitchState| s.conductance_at(state.x, state.theta, state.r) * 1e6;
    for (ms, want) in [(0.0, 35.0), (5.0, 20.6152), (8.646647, 14.0249), (20.0, 4.2679)] {
        let mut state = s.fired();
        apply(&s, &mut state, 0.0, 0.0, ms * MS);
        assert!((conductance(&state) - want).abs() < 0.5e-4, "{} uS after {ms} ms", conductance(&state));
    }
    let mut state = s.rest();
    apply(&s, &mut state, 0.5, 0.5, 3.0 * MS);
    assert!(
        (s.u(&state) - 0.136923).abs() < 0.5e-6 && (conductance(&state) - 0.592923).abs() < 0.5e-6,
        "{state:?}"
    );
    // No drive takes it below rest, which is 0.43 mV of 250: 0.1 + 0.9 x 0.43/250 uS. Nothing grows below u = 0.
    apply(&s, &mut state, -0.5, -0.5, 30.0 * MS);
    assert!((conductance(&state) - 0.101_548).abs() < 1e-12, "{}", conductance(&state));
    assert!((s.conductance_at(-0.01, state.theta, 0.0) * 1e6 - 0.1).abs() < 1e-15);
}

#[test]
fn up_to_the_first_firing_the_filament_spends_0_979423_nanojoules() {
    let spent = |s: &ThresholdSwitch| {
        let ramp = Ramp { from: 0.5, to: 0.5, length: 7.0 * MS };
        s.apply(&mut s.rest(), &Circuit::Bare, ramp, |_| s.theta(), &mut Vec::new()).off.device * 1e9
    };
    assert!((spent(&switch()) - 0.979423).abs() < 0.5e-6, "{} nJ", spent(&switch()));
    let flat = ThresholdSwitch { g_pre: switch().g_off, ..switch() };
    assert!((spent(&flat) - 0.162659).abs() < 0.5e-6, "{} nJ", spent(&flat));
}

#[test]
fn what_a_piece_spends_is_the_sum_of_its_moments() {
    let s = switch();
    let circuits = [Circuit::Bare, Circuit::RESET, Circuit::Series { r_s: Ohm::new(2e5) }];
    let ramps = [
        (0.5, 0.5, 5.0),
        (0.24, 0.24, 60.0),
        (0.6, -0.4, 30.0),
        (-0.3, 0.2, 50.0),
        (0.0, 3.0, 0.5),
        (0.15, 0.15, 30.0),
        (20.0, 9.0, 20.0),
    ];
    let starts = [
        s.rest(),
        s.fired(),
        SwitchState { x: -0.1, ..s.rest() },
        SwitchState { x: 0.12, r: 0.4, ..s.rest() },
    ];
    for circuit in circuits {
        for (from, to, ms) in ramps {
            for start in starts {
                let (n, mut state, mut whole) = (10_000, start, start);
                let ramp = Ramp { from, to, length: ms * MS };
                let got = s.apply(&mut whole, &circuit, ramp, |_| s.theta(), &mut Vec::new());
                let mut want = Energies::default();
                for k in 0..n {
                    let at = |k: f64| ramp.length * k / f64::from(n);
                    let piece = |a: f64, b: f64| ramp.piece(at(a), at(b));
                    let k = f64::from(k);
                    s.apply(&mut state, &circuit, piece(k, k + 0.5), |_| s.theta(), &mut Vec::new());
                    let (v, i) = (ramp.at(at(k + 0.5)), s.current(&state, &circuit, ramp.at(at(k + 0.5))));
                    s.apply(&mut state, &circuit, piece(k + 0.5, k + 1.0), |_| s.theta(), &mut Vec::new());
                    want.source += (v * i).abs() * at(1.0);
                }
                let source = got.off.source + got.on.source;
                // A moment may be on the other side of a turn, of which there are a few.
                let moments = 4.0 * ramp.peak() * s.i_cc.get() * ramp.length / f64::from(n);
                assert!(
                    (source - want.source).abs() < 2e-4 * want.source + moments,
                    "{circuit} {ramp:?} {start:?}: {source:e}, not {:e}",
                    want.source
                );
                assert!(got.off.imbalance().abs() < 1e-12 && got.on.imbalance().abs() < 1e-12, "{got:?}");
            }
        }
    }
}

proptest! {
    #[test]
    fn cutting_a_ramp_moves_no_switching_and_no_energy(
        from in -0.5..1.0f64, to in -0.5..1.0f64, ms in 1.0..60.0f64, cut in 0.05..0.95f64, on: bool, x in 0.11..0.24f64,
    ) {
        let s = switch();
        let start = SwitchState { x, on, ..s.rest() };
        let ramp = Ramp { from, to, length: ms * MS };
        let (mut whole, mut first) = (start, Vec::new());
        let spent = s.apply(&mut whole, &Circuit::Bare, ramp, |_| s.theta(), &mut first);
        let (mut parts, mut second, at) = (start, Vec::new(), cut * ms * MS);
        let left = s.apply(&mut parts, &Circuit::Bare, ramp.piece(0.0, at), |_| s.theta(), &mut second);
        let n = second.len();
        let right = s.apply(&mut parts, &Circuit::Bare, ramp.piece(at, ms * MS), |_| s.theta(), &mut second);
        for w in &mut second[n..] {
            w.after += at;
        }
        prop_assert_eq!(first.len(), second.len());
        for (a, b) in first.iter().zip(&second) {
            prop_assert!((a.after - b.after).abs() < 1e-9 && a.on == b.on);
        }
        prop_assert!((whole.x - parts.x).abs() < 1e-7);
        let total = |e: SwitchEnergies| e.off.source + e.on.source;
        prop_assert!((total(spent) - total(left) - total(right)).abs() <= 1e-9 * total(spent) + 1e-18);
    }

    #[test]
    fn energies_balance_and_are_not_negative(from in -1.0..1.0f64, to in -1.0..1.0f64, ms in 0.1..60.0f64, on: bool) {
        let s = switch();
        let mut state = SwitchState { x: 0.2, on, ..s.rest() };
        let e = s.apply(&mut state, &Circuit::Bare, Ramp { from, to, length: ms * MS }, |_| s.theta(), &mut Vec::new());
        for e in [e.off, e.on] {
            prop_assert!(e.device >= 0.0 && e.limiter >= 0.0);
            prop_assert!(e.imbalance().abs() < 1e-9);
        }
    }

    #[test]
    fn a_negative_drive_turns_nothing_on(from in -2.0..0.0f64, to in -2.0..0.0f64, ms in 0.1..60.0f64) {
        let s = switch();
        let mut state = s.rest();
        prop_assert!(apply(&s, &mut state, from, to, ms * MS).is_empty());
    }
}
