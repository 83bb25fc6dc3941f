//! A simulation that is held: run in pieces, and driven anew between two of them.

use memspike::engine::{Spike, Threads};
use memspike::scenario::live::{ChangeError, Live};
use memspike::scenario::plan::Plan;
use memspike::scenario::{Diagnostics, load_text};
use memspike::time::Time;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

/// A network whose drive is given: rates of noise, the current, spikes of the clock.
fn live(rates: &str, currents: &str, spikes: &str) -> Live {
    let text = format!(
        r#"
[source.noise]
kind = "poisson_steps"
size = 30
rates = {rates}

[source.bias]
kind = "current_steps"
currents = {currents}

[source.clock]
kind = "spike_list"
size = 2
spikes = {spikes}

[source.regular]
kind = "gamma"
size = 10
rate = "40 Hz"
cv = 0.5

[population.cells]
size = 8
tau_m = "20 ms"
r_m = "100 MOhm"
v_th = "6 mV"
t_ref = "1 ms"

[projection.drive]
from = "noise"
to = "cells"
weight = {{ uniform = ["0 mV", "2 mV"] }}
plasticity = {{ rule = "stdp_pair", w_max = "2 mV" }}

[projection.in]
from = "bias"
to = "cells"
kernel = "current"
weight = 1.0

[projection.beat]
from = "clock"
to = "cells"
weight = "3 mV"
delay = "1.5 ms"

[projection.back]
from = "cells"
to = "cells"
connect = "probability"
probability = 0.3
weight = "-1 mV"
delay = "2 ms"

[projection.other]
from = "regular"
to = "cells"
weight = "0.5 mV"

[protocol]
kind = "simulate"
duration = "1 s"
"#
    );
    let plan = load_text("live.toml", &text, &[], Some(3))
        .unwrap_or_else(|faults| panic!("{}", faults.render(false)));
    Live::new(&Arc::new(plan.plan), None, &Threads::one(), &AtomicBool::new(false)).unwrap()
}

const RATE: &str = r#"[["0 s", "60 Hz"]]"#;
const SILENT: &str = r#"[["0 s", "0 A"]]"#;
const CLOCK: &str = r#"[["10 ms", 0], ["55 ms", 1]]"#;

fn run(live: &mut Live, until: u64) {
    let end = Time::from_ms(until);
    assert_eq!(live.run(end, &Threads::one(), &AtomicBool::new(false)).unwrap(), end);
}

/// What came of it: spikes, membranes, weights.
fn seen(live: &mut Live) -> (Vec<Spike>, Vec<f64>, Vec<f64>) {
    (live.harvest().spikes, live.view().membranes(0), live.view().weights(0))
}

#[test]
fn what_is_driven_anew_is_what_had_these_steps_from_the_start() {
    let mut planned = live(
        r#"[["0 s", "60 Hz"], ["40 ms", "200 Hz"], ["90 ms", "0 Hz"]]"#,
        r#"[["0 s", "0 A"], ["40 ms", "40 pA"], ["70 ms", "-10 pA"]]"#,
        r#"[["10 ms", 0], ["55 ms", 1], ["75 ms", 0], ["75 ms", 1]]"#,
    );
    run(&mut planned, 150);
    let mut driven = live(RATE, SILENT, r#"[["10 ms", 0], ["55 ms", 1], ["80 ms", 0]]"#);
    run(&mut driven, 40);
    driven.set_rate(0, 200.0).unwrap();
    driven.set_current(1, 40e-12).unwrap();
    run(&mut driven, 70);
    driven.set_current(1, -10e-12).unwrap();
    driven.set_spikes(2, vec![(Time::from_ms(75), 1), (Time::from_ms(75), 0)]).unwrap();
    run(&mut driven, 90);
    driven.set_rate(0, 0.0).unwrap();
    run(&mut driven, 150);
    let planned = seen(&mut planned);
    assert!(planned.0.len() > 20, "{} spikes", planned.0.len());
    assert_eq!(seen(&mut driven), planned);
}

#[test]
fn a_snapshot_holds_how_it_was_driven_and_reset_forgets_it() {
    let mut first = live(RATE, SILENT, CLOCK);
    run(&mut first, 30);
    first.set_rate(0, 150.0).unwrap();
    run(&mut first, 50);
    let kept = first.snapshot().unwrap();
    first.harvest();
    run(&mut first, 100);
    let then = seen(&mut first);
    // Nothing of the text is needed: no parameter was changed.
    let described: &dyn Fn(&[String]) -> Result<Plan, Diagnostics> = &|_| unreachable!();
    first.restore(&kept, described).unwrap();
    assert_eq!(first.view().now(), Time::from_ms(50));
    run(&mut first, 100);
    assert_eq!(seen(&mut first), then);
    assert!(first.restore(&kept[..kept.len() / 2], described).is_err());
    first.reset(&Threads::one(), &AtomicBool::new(false)).unwrap();
    let mut fresh = live(RATE, SILENT, CLOCK);
    run(&mut first, 60);
    run(&mut fresh, 60);
    assert_eq!(seen(&mut first), seen(&mut fresh));
}

#[test]
fn what_cannot_be_changed_is_refused_and_nothing_is() {
    let mut one = live(RATE, r#"[["0 s", "0 A"], ["1 ms", "1 pA"]]"#, CLOCK);
    let mut other = one.clone();
    run(&mut one, 20);
    assert!(matches!(one.set_rate(1, 5.0), Err(ChangeError::Kind { .. })));
    assert!(matches!(one.set_current(0, 0.0), Err(ChangeError::Kind { .. })));
    for rate in [-1.0, f64::NAN, 1e30] {
        assert!(one.set_rate(0, rate).is_err(), "{rate} Hz");
    }
    assert!(matches!(one.set_current(1, f64::INFINITY), Err(ChangeError::Value { .. })));
    assert!(matches!(one.set_spikes(2, vec![(Time::from_ms(19), 0)]), Err(ChangeError::Value { .. })));
    assert!(matches!(one.set_spikes(2, vec![(Time::from_ms(25), 2)]), Err(ChangeError::Value { .. })));
    assert!(matches!(one.set_weights(3, &[0.0]), Err(ChangeError::Fixed(name)) if name == "back"));
    assert!(one.set_weights(0, &[0.0; 3]).is_err());
    run(&mut one, 60);
    run(&mut other, 60);
    assert_eq!(seen(&mut one), seen(&mut other));
}
