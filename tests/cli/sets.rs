//! Several scenarios in one run, and scenarios of devices, through the program.

use crate::common::{Place, code, err, json, out};
use std::fs;

/// A device scenario that is done at once; it agrees if `paper` is near 0.25 V.
fn device(paper: &str) -> String {
    format!(
        r#"[scenario]
title = "Turn-on"
reproduces = {{ paper = "Yan et al.", figure = "1c" }}
[device.switch]
preset = "ag-tio2-pt-ts"
[experiment.sweep]
kind = "iv"
points = ["0 V", "0.5 V", "0 V"]
[[experiment.sweep.compare]]
quantity = "v_th"
paper = "{paper}"
tolerance = "3 mV"
why = "sampled every 2.5 mV"
[protocol]
kind = "device"
"#
    )
}

/// A directory of two scenarios.
fn place(second: &str) -> Place {
    let place = Place::new();
    for (name, paper) in [("right", "0.25 V"), ("second", second)] {
        let directory = place.path().join("set").join(name);
        fs::create_dir_all(&directory).unwrap();
        fs::write(directory.join("scenario.toml"), device(paper)).unwrap();
    }
    place
}

#[test]
fn a_device_scenario_leaves_its_curve_its_table_and_its_picture() {
    let place = place("0.25 V");
    let run = place.memspike(&["run", "set/right"]);
    assert_eq!(code(&run), 0);
    let said = out(&run);
    assert!(said.contains("paper") && said.contains("turn-on voltage") && said.contains("ok"), "{said}");
    let directory = place.path().join("runs/right/001");
    let curve = fs::read_to_string(directory.join("sweep.csv")).unwrap();
    assert!(curve.starts_with("cycle,time [s],voltage [V],current [A],"), "{curve}");
    assert_eq!(curve.lines().count(), 401);
    let table = fs::read_to_string(directory.join("compare.csv")).unwrap();
    assert!(table.lines().nth(1).unwrap().starts_with("sweep,v_th,V,equal,0.25,"), "{table}");
    assert!(fs::read_to_string(directory.join("sweep.svg")).unwrap().contains("paper: on at 0.25 V"));
    let page = fs::read_to_string(directory.join("report.html")).unwrap();
    for part in ["Paper and simulation", "turn-on voltage", "sampled every 2.5 mV", "<svg", "1 of 1"] {
        assert!(page.contains(part), "{part}");
    }
    let summary = json(&fs::read_to_string(directory.join("summary.json")).unwrap());
    assert_eq!(summary["experiments"][0]["compare"][0]["status"], "ok");
    assert_eq!(summary["experiments"][0]["measured"]["v_th"]["unit"], "V");
    assert_eq!(summary["paper"]["within"], 1);
    // The run can be shown and compared like any other.
    assert_eq!(out(&place.memspike(&["show", "right"])), said);
    assert_eq!(code(&place.memspike(&["run", "set/right", "--engine", "reference", "--quiet"])), 0);
    assert_eq!(code(&place.memspike(&["compare", "runs/right/001", "runs/right/002"])), 0);
}

#[test]
fn a_set_ends_with_one_table_and_each_run_has_a_directory() {
    let place = place("0.25 V");
    fs::write(
        place.path().join("set/set.toml"),
        "title = \"Two of them\"\n[[elsewhere]]\nfigure = \"5c\"\nwhat = \"accuracy\"\npaper = \"91.57 %\"\nreference = \"92.63 %\"\ndifference = \"+1.06 points\"\nscenario = \"mnist\"\nwhy = \"seed 1\"\n",
    )
    .unwrap();
    let run = place.memspike(&["run", "set"]);
    assert_eq!(code(&run), 0);
    let said = out(&run);
    assert!(said.starts_with("Two of them\n"), "{said}");
    assert!(said.contains("reference: mnist") && said.contains("all 2 within their tolerance"), "{said}");
    assert!(err(&run).contains("right: 1 of 1 within tolerance"));
    assert!(place.path().join("runs/right/001/summary.json").exists());

    let run = place.memspike(&["run", "set", "--out", "all", "--format", "json", "--set", "scenario.seed=7"]);
    assert_eq!(code(&run), 0);
    let summary = json(&out(&run));
    assert_eq!(
        (summary["within_tolerance"].as_bool(), summary["status"].as_str()),
        (Some(true), Some("done"))
    );
    assert_eq!(summary["figures"].as_array().unwrap().len(), 3);
    assert_eq!(summary["runs"][1]["seed"], 7);
    assert!(place.path().join("all/second/report.html").exists());
    // What is there is not overwritten unasked.
    assert_eq!(code(&place.memspike(&["run", "set", "--out", "all"])), 2);
    assert_eq!(code(&place.memspike(&["run", "set", "--out", "all", "--force", "--quiet"])), 0);
}

#[test]
fn a_set_has_a_page_that_links_its_runs_and_runs_link_each_other() {
    let place = place("0.25 V");
    let read = |file: &str| fs::read_to_string(place.path().join(file)).unwrap();
    for _ in 0..2 {
        assert_eq!(code(&place.memspike(&["run", "set", "-q"])), 0);
    }
    let page = read("runs/set-002.html");
    for part in [
        "href=\"right/002/report.html\"",
        "href=\"second/002/report.html\"",
        "1 of 1 numbers",
        "<svg",
        "turn-on voltage",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(read("runs/set-001.html").contains("right/001/report.html"));
    // The first run was there before the second, which has shown it the way.
    assert!(read("runs/right/001/report.html").contains("<a id=\"next\" href=\"../002/report.html\">"));
    assert!(read("runs/right/001/report.html").contains("<a id=\"previous\" hidden>"));
    assert!(read("runs/right/002/report.html").contains("<a id=\"previous\" href=\"../001/report.html\">"));
    // Below a directory that is named the page is at its top, and the runs lead to it.
    assert_eq!(code(&place.memspike(&["run", "set", "-q", "--out", "here"])), 0);
    assert!(read("here/set.html").contains("href=\"right/report.html\""));
    assert!(read("here/right/report.html").contains("<a id=\"all\" href=\"../set.html\">"));
}

#[test]
fn a_number_out_of_tolerance_is_the_answer_no_and_the_others_are_made_all_the_same() {
    let place = place("0.3 V");
    let run = place.memspike(&["run", "set"]);
    assert_eq!(code(&run), 1);
    assert!(out(&run).contains("OUT") && out(&run).contains("1 of 2 out of tolerance"), "{}", out(&run));
    assert!(place.path().join("runs/second/001/summary.json").exists());
    assert_eq!(code(&place.memspike(&["run", "set/second", "--quiet"])), 1);
    assert_eq!(code(&place.memspike(&["run", "set/right", "--quiet"])), 0);
}

#[test]
fn experiments_are_explained_and_the_set_of_the_paper_is_listed() {
    let place = Place::new();
    let page = out(&place.memspike(&["models", "retention"]));
    assert!(page.contains("length") && page.contains("measures") && page.contains("held"), "{page}");
    let list = out(&place.memspike(&["scenarios"]));
    assert!(list.contains("\npaper ") && list.contains("\n  fig3c-stdp "), "{list}");
    let checked = place.memspike(&["check", "paper", "--verbose"]);
    assert_eq!(code(&checked), 0);
    assert!(
        out(&checked).contains("fig2a-cycles: valid") && err(&checked).contains("experiment hundred: cycles")
    );
}
