//! Numbers as messages and results tell them, whatever their size.

use crate::common::{Place, code, err, out};
use std::fs;

/// The longest row of digits in a text.
fn digits(text: &str) -> usize {
    let mut longest = 0;
    for part in text.split(|c: char| !c.is_ascii_digit()) {
        longest = longest.max(part.len());
    }
    longest
}

#[test]
fn numbers_of_three_hundred_digits_are_told_with_a_power_of_ten() {
    let place = Place::with_scenario();
    let device = |args: &[&'static str]| [&["device", "ag-tio2-pt-ts"], args].concat();
    let check = |set: &'static str| vec!["check", "small.toml", "--set", set];
    let memory = ["device", "ag-tio2-pt-rs-analog", "retention", "--until", "1e300s", "--points", "2"];
    for (args, told) in [
        (check("population.output.tau_m=1e300"), "is 1e300, without a unit"),
        (check("population.output.size=-1e300"), "is -1e300, a number"),
        (check("population.output.size=2.5e-300"), "is 2.5e-300, a number"),
        (check("projection.input.weight=1e300"), "is 1e300, without a unit"),
        (check("record.spikes_every=1e300"), "is 1e300, a number"),
        (check("projection.input.weight={log_normal=[\"1 mV\", 1e300]}"), "is 1e300\n"),
        (device(&["iv", "--rate", "1e300V/s", "--samples", "2"]), "1.00e300 V/s"),
        (device(&["iv", "--set", "cycle_cv=1e300", "--samples", "2"]), "is 1e300, a spread of 1e302 %"),
        (device(&["iv", "--set", "cycle_cv=-1e300"]), "cycle_cv is -1e300; it must be zero or more"),
        (memory.to_vec(), "devices over 1.00e300 s"),
        // A number of seconds that no time of an episode has, and parameters that a model refuses.
        (
            vec!["run", "small.toml", "--engine", "clocked", "--dt", "1e300ms"],
            "1e297 s is beyond the horizon",
        ),
        (
            vec!["device", "ag-tio2-pt-rs-analog", "pulses", "--set", "lifetime_sigma=-1e300"],
            "lifetime_sigma is -1e300; it must be",
        ),
    ] {
        let output = place.memspike(&args);
        let said = err(&output);
        assert!(said.contains(told), "{args:?}: {said}");
        assert!(digits(&said) <= 21, "{args:?}: {said}");
    }
}

#[test]
fn a_difference_from_zero_is_no_percentage() {
    let place = Place::new();
    let scenario = r#"
[device.memory]
preset = "ag-tio2-pt-rs-binary"
[protocol]
kind = "device"
[experiment.cycles]
kind = "cycles"
cycles = 20
[[experiment.cycles.compare]]
quantity = "cv_on"
paper = "0 %"
relative_tolerance = "1 %"
why = "nothing else is as exact"
[[experiment.cycles.compare]]
quantity = "r_on"
relation = "at_most"
paper = "0 Ohm"
relative_tolerance = "1 %"
why = "nothing else is as exact"
"#;
    fs::write(place.path().join("zero.toml"), scenario).unwrap();
    let run = place.memspike(&["run", "zero.toml", "--out", "run"]);
    assert_eq!(code(&run), 1);
    let page = fs::read_to_string(place.path().join("run/report.html")).unwrap();
    for told in [out(&run), page] {
        assert!(!told.contains("inf\u{a0}%") && !told.contains("inf %"), "{told}");
    }
    let told = out(&run);
    let row = |what: &str| told.lines().find(|line| line.contains(what)).unwrap_or_else(|| panic!("{told}"));
    assert!(row("mean R_on ").contains(" \u{3a9}      \u{b1} 1 %"), "{told}");
}
