//! Runs again from their manifest, and runs side by side.

use crate::common::{Place, code, err, json, out};
use std::fs;

fn read(place: &Place, file: &str) -> String {
    fs::read_to_string(place.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

#[test]
fn a_manifest_repeats_its_run_to_the_bit_though_the_scenario_was_edited() {
    let place = Place::with_scenario();
    let args = ["run", "small.toml", "--set", "source.noise.rate=70 Hz", "--seed", "9", "--out", "first"];
    assert_eq!(code(&place.memspike(&args)), 0);
    fs::write(place.path().join("small.toml"), "nothing of the kind").unwrap();
    let again = place.memspike(&["run", "first/manifest.json", "--out", "again"]);
    assert_eq!(code(&again), 0);
    assert!(
        err(&again).contains("the same to the bit: the fingerprint is that of `first`"),
        "{}",
        err(&again)
    );
    assert_eq!(code(&place.memspike(&["compare", "first", "again"])), 0);
    assert_eq!(read(&place, "again/spikes.csv"), read(&place, "first/spikes.csv"));
    // And once more, of the repetition.
    assert_eq!(code(&place.memspike(&["run", "again/manifest.json", "--out", "third", "--quiet"])), 0);
    for option in [&["--seed", "3"][..], &["--set", "source.noise.size=3"], &["--record", "noise"]] {
        let refused = place.memspike(&[&["run", "first/manifest.json"], option].concat());
        assert_eq!(code(&refused), 2);
        assert!(
            err(&refused).contains(&format!("{} would make another run", option[0])),
            "{}",
            err(&refused)
        );
    }
    // It may be called otherwise; what else is JSON is no scenario, and says so once.
    fs::copy(place.path().join("first/manifest.json"), place.path().join("kept.json")).unwrap();
    let kept = place.memspike(&["run", "kept.json", "--out", "kept"]);
    assert_eq!((code(&kept), read(&place, "kept/spikes.csv")), (0, read(&place, "first/spikes.csv")));
    for text in ["{}", "[1, 2,\n3]", &read(&place, "first/summary.json")] {
        fs::write(place.path().join("other.json"), text).unwrap();
        let refused = place.memspike(&["run", "other.json"]);
        assert_eq!(code(&refused), 2);
        let said = err(&refused);
        assert!(said.contains("`other.json` is neither a scenario nor the manifest of a run"), "{said}");
        assert!(said.lines().count() < 4, "{said}");
    }
    let run = place.memspike(&["run", "first"]);
    assert_eq!(code(&run), 2);
    assert!(err(&run).contains("`memspike run first/manifest.json` makes that run again"), "{}", err(&run));
    // A result that was tampered with is not the same.
    let other = read(&place, "first/summary.json").replace("\"fingerprint\": \"", "\"fingerprint\": \"0");
    fs::write(place.path().join("first/summary.json"), other).unwrap();
    let differs = place.memspike(&["run", "first/manifest.json", "--out", "fourth"]);
    assert_eq!(code(&differs), 1);
    assert!(err(&differs).contains("not the same"), "{}", err(&differs));
    let clocked = ["run", "again/manifest.json", "--out", "fifth", "--engine", "clocked", "--dt", "0.1 ms"];
    assert_eq!(code(&place.memspike(&clocked)), 1);
    let clocked = place.memspike(&["run", "fifth/manifest.json", "--out", "sixth"]);
    assert_eq!(code(&clocked), 0);
    assert!(err(&clocked).contains("the same to the bit"), "{}", err(&clocked));
}

#[test]
fn a_file_that_a_scenario_names_must_be_what_it_was() {
    let place = Place::new();
    let scenario = "[source.a]\nkind = \"spike_list\"\nsize = 3\nfile = \"in/spikes.csv\"\n\
                    [population.b]\nmodel = \"lif\"\nsize = 1\n\
                    [projection.c]\nfrom = \"a\"\nto = \"b\"\nconnect = \"all_to_all\"\nweight = \"5 mV\"\n\
                    [protocol]\nkind = \"simulate\"\nduration = \"100 ms\"\n";
    let rows: String = (0..2000).map(|k| format!("{}.{:02},{}\n", k / 100, k % 100, k % 3)).collect();
    fs::create_dir(place.path().join("in")).unwrap();
    fs::write(place.path().join("in/spikes.csv"), format!("time [ms],id\n{rows}")).unwrap();
    fs::write(place.path().join("net.toml"), scenario).unwrap();
    assert_eq!(code(&place.memspike(&["run", "net.toml", "--out", "first"])), 0);
    // Neither the manifest nor the page has two thousand spikes.
    let manifest = read(&place, "first/manifest.json");
    assert_eq!(json(&manifest)["plan"]["sources"][0]["input"]["train"]["list"]["elements"], 2000);
    assert!(manifest.len() < 20_000, "{}", manifest.len());
    assert!(!read(&place, "first/report.html").contains("19.99"));
    // From another directory.
    fs::create_dir(place.path().join("elsewhere")).unwrap();
    let mut command = place.command(&["run", "../first/manifest.json", "--out", "again"]);
    let again = command.current_dir(place.path().join("elsewhere")).output().unwrap();
    assert_eq!(code(&again), 0);
    assert!(err(&again).contains("the same to the bit"), "{}", err(&again));
    let changed = read(&place, "in/spikes.csv").replace("\n19.99,", "\n19.98,");
    fs::write(place.path().join("in/spikes.csv"), changed).unwrap();
    let refused = place.memspike(&["run", "first/manifest.json"]);
    assert_eq!(code(&refused), 2);
    assert!(
        err(&refused).contains("another plan") && err(&refused).contains("sources.a"),
        "{}",
        err(&refused)
    );
}

#[test]
fn a_manifest_of_0_1_is_not_repeated_and_says_why() {
    let place = Place::new();
    let old = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/0.1/run/manifest.json");
    let refused = place.memspike(&["run", old.to_str().unwrap()]);
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("written by memspike 0.1.0"), "{}", err(&refused));
}

#[test]
fn two_runs_are_compared_in_parameters_numbers_spikes_and_against_the_spread_over_seeds() {
    let place = Place::with_scenario();
    let run = |rate: &str, seed: &str, to: &str| {
        let set = format!("source.noise.rate={rate}");
        assert_eq!(
            code(&place.memspike(&["run", "small.toml", "--set", &set, "--seed", seed, "--out", to, "-q"])),
            0
        );
    };
    run("50 Hz", "1", "slow/1");
    run("200 Hz", "1", "fast/1");
    let alone = place.memspike(&["compare", "slow/1", "fast/1"]);
    assert_eq!(code(&alone), 1);
    let said = out(&alone);
    assert!(said.starts_with("parameter") && said.contains("sources.noise.input.poisson.rate"), "{said}");
    assert!(said.contains("50.0") && said.contains("200.0"), "{said}");
    assert!(said.contains("first row of `spikes` that differs, after 0"), "{said}");
    assert!(said.contains("whether the difference exceeds the spread over seeds is not known"), "{said}");
    for seed in ["2", "3", "4"] {
        run("50 Hz", seed, &format!("slow/{seed}"));
        run("200 Hz", seed, &format!("fast/{seed}"));
    }
    let said = out(&place.memspike(&["compare", "slow/1", "fast/1"]));
    let row = said.lines().find(|line| line.starts_with("rate_hz.output") && line.contains("(n 4)")).unwrap();
    assert!(row.ends_with("exceeds it"), "{said}");
    // It is the means that are compared, whichever of the seeds are named: more of them tell finer.
    let sets = out(&place.memspike(&["compare", "slow", "fast"]));
    assert!(sets.lines().any(|line| line == row), "{row}\n{sets}");
    let seeds = out(&place.memspike(&["compare", "slow/1", "slow/2"]));
    assert!(seeds.contains("differ in their seed alone"), "{seeds}");
    let sets = place.memspike(&["compare", "slow", "fast"]);
    assert_eq!(code(&sets), 1);
    assert!(out(&sets).starts_with("4 seeds and 4 seeds\n\nparameter"), "{}", out(&sets));
    // Two halves of the same seeds are not apart.
    for (from, to) in [("slow/1", "a/1"), ("slow/3", "a/3"), ("slow/2", "b/2"), ("slow/4", "b/4")] {
        fs::create_dir_all(place.path().join(to)).unwrap();
        for file in ["manifest.json", "summary.json"] {
            fs::copy(place.path().join(from).join(file), place.path().join(to).join(file)).unwrap();
        }
    }
    let halves = place.memspike(&["compare", "a", "b"]);
    assert!(!out(&halves).contains("parameter "), "{}", out(&halves));
    fs::rename(place.path().join("fast/1"), place.path().join("slow/5")).unwrap();
    let mixed = place.memspike(&["compare", "slow", "fast"]);
    assert_eq!(code(&mixed), 2);
    assert!(err(&mixed).contains("differ in more than their seed"), "{}", err(&mixed));
}

#[test]
fn numbers_within_a_tolerance_are_equal() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "a", "-q"])), 0);
    fs::create_dir(place.path().join("b")).unwrap();
    fs::copy(place.path().join("a/manifest.json"), place.path().join("b/manifest.json")).unwrap();
    let summary = read(&place, "a/summary.json");
    let spikes = json(&summary)["spikes"]["output"].as_u64().unwrap();
    let other = summary.replace(&format!("\"output\": {spikes}\n"), &format!("\"output\": {}\n", spikes + 1));
    assert_ne!(other, summary);
    fs::write(place.path().join("b/summary.json"), other).unwrap();
    assert_eq!(code(&place.memspike(&["compare", "a", "b"])), 1);
    assert_eq!(code(&place.memspike(&["compare", "a", "b", "--tolerance", "1e-6"])), 1);
    assert_eq!(code(&place.memspike(&["compare", "a", "b", "--tolerance", "5 %"])), 0);
    let refused = place.memspike(&["compare", "a", "b", "--tolerance", "2"]);
    assert!(code(&refused) == 2 && err(&refused).contains("fraction"), "{}", err(&refused));
}
