//! The threshold switch and the leaky integrate-and-fire neuron are one equation where both apply.

use memspike::device::threshold::ThresholdSwitch;
use memspike::neuron::{Lif, Reset};
use proptest::prelude::*;

proptest! {
    #[test]
    fn an_off_switch_integrates_and_fires_like_lif(
        x0 in -0.2..0.2499f64, a in -0.5..1.5f64, b in -200.0..200.0f64, dt in 1e-6..0.1f64,
    ) {
        let (switch, lif) = (ThresholdSwitch::default(), Lif::default());
        let rest = lif.u_rest.get();
        let fires = lif.crossing(x0, a, b, lif.theta(), dt);
        let turns_on = switch.turn_on(rest + x0, a, b, switch.v_th.get(), dt);
        match (fires, turns_on) {
            // Adding and subtracting u_rest rounds: 1e-9 s where the crossing grazes.
            (Some(t), Some(s)) => prop_assert!((t - s).abs() < 1e-9),
            (t, s) => prop_assert_eq!(t.is_some(), s.is_some()),
        }
        let u = switch.advance_off(rest + x0, a, b, dt) - rest;
        prop_assert!((u - lif.advance(x0, a, b, dt)).abs() < 1e-14);
    }
}

#[test]
fn a_switch_that_relaxes_to_hold_has_the_intervals_of_reset_to_hold() {
    let (switch, lif) = (ThresholdSwitch::default(), Lif { reset: Reset::Hold, ..Lif::default() });
    for drive in [0.3, 0.5, 1.0] {
        let rise = switch.turn_on(switch.v_hold.get(), drive, 0.0, switch.v_th.get(), 1.0).unwrap();
        assert!((rise - lif.interval(drive).unwrap()).abs() < 1e-15, "{drive} V");
    }
    let hold = lif.v_hold.get() - lif.u_rest.get();
    let fallen = lif.advance(lif.theta(), 0.0, 0.0, switch.natural_on_time().get());
    assert!((fallen - hold).abs() < 1e-15, "after its on time the switch is where lif would be");
}
