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
        let fires = lif.crossing(x0, a, b, lif.theta(), dt);
        let turns_on = switch.turn_on(x0, a, b, switch.theta(), dt);
        // Both are kept relative to rest: the same bits.
        prop_assert_eq!(fires, turns_on);
        prop_assert_eq!(switch.advance_off(x0, a, b, dt).to_bits(), lif.advance(x0, a, b, dt).to_bits());
    }
}

#[test]
fn a_switch_that_relaxes_to_hold_has_the_intervals_of_reset_to_hold() {
    let (switch, lif) = (ThresholdSwitch::default(), Lif { reset: Reset::Hold, ..Lif::default() });
    for drive in [0.3, 0.5, 1.0] {
        let rise = switch.turn_on(switch.hold(), drive, 0.0, switch.theta(), 1.0).unwrap();
        assert!((rise - lif.interval(drive).unwrap()).abs() < 1e-15, "{drive} V");
    }
    let hold = lif.v_hold.get() - lif.u_rest.get();
    let fallen = lif.advance(lif.theta(), 0.0, 0.0, switch.natural_on_time().get());
    assert!((fallen - hold).abs() < 1e-15, "after its on time the switch is where lif would be");
}
