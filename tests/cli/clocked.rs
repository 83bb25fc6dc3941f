//! The step of the clocked engine, from the outside.

use crate::common::{Place, code, err};

#[test]
fn a_step_that_is_longer_than_what_happens_is_warned_of() {
    let place = Place::with_scenario();
    let said = |dt: &str, set: &[&str]| {
        let run = ["run", "small.toml", "--engine", "clocked", "--dt", dt, "--out", "run", "--force"];
        let output = place.memspike(&[&run[..], set].concat());
        assert_eq!(code(&output), 0);
        err(&output)
    };
    let choose = "= hint: results converge to those of the event engines with the step: --dt \"900 us\"";
    let both = said("1 s", &[]);
    assert!(
        both.contains("warning: --dt 1 s is longer than the run of `small`, which takes 200 ms"),
        "{both}"
    );
    let tau = "warning: --dt 1 s is longer than `tau_m` of population `output`, which is 9.41 ms";
    assert!(both.contains(tau) && both.matches(choose).count() == 2, "{both}");
    let one = said("10 ms", &[]);
    assert!(
        one.contains("--dt 10 ms is longer than `tau_m`") && !one.contains("longer than the run"),
        "{one}"
    );
    let none = said("1 ms", &[]);
    assert!(!none.contains("warning"), "{none}");
    // What else is rounded to whole steps.
    for (set, told) in [
        ("population.output.t_ref=100 us", "`t_ref` of population `output`, which is 100 us"),
        ("projection.input.delay=100 us", "the delay of projection `input`, which is 100 us"),
    ] {
        let said = said("1 ms", &["--set", set]);
        assert!(said.contains(told) && said.contains("--dt \"10 us\""), "{set}: {said}");
    }
    let current =
        ["--set", "projection.input.kernel=exponential", "--set", "projection.input.tau_syn=0.5 ms", "--set"];
    let fades = said("1 ms", &[&current[..], &["projection.input.weight=1 nA"]].concat());
    assert!(fades.contains("`tau_syn` of projection `input`, which is 500 us"), "{fades}");
}
