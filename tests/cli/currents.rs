//! Currents from outside, from a scenario file to a run: the example of the book, CSV files, and what is refused.

use crate::common::{Place, code, err, out};
use memspike::network::Current;
use memspike::scenario::load_text;
use memspike::time::Time;
use std::fs;

/// The scenario in the book.
fn book() -> String {
    let path = format!("{}/docs/src/concepts/kernels.md", env!("CARGO_MANIFEST_DIR"));
    let chapter = fs::read_to_string(path).unwrap();
    let (_, rest) = chapter.split_once("```toml\n").expect("an example");
    rest.split_once("```").unwrap().0.to_string()
}

fn current(source: &str, rest: &str) -> String {
    format!(
        "[source.in]\n{source}\n[population.cells]\nsize = 2\n[projection.p]\nfrom = \"in\"\nto = \"cells\"\n{rest}\n\
         [protocol]\nkind = \"simulate\"\nduration = \"50 ms\"\n"
    )
}

const PLAIN: &str = "kernel = \"current\"\nweight = 1";

#[test]
fn the_example_of_the_book_runs_alike_whatever_runs_it() {
    let place = Place::new();
    let scenario = format!("{}\n[record]\nspikes = [\"cells\"]\n", book());
    fs::write(place.path().join("book.toml"), &scenario).unwrap();
    let check = place.memspike(&["check", "book.toml", "-v"]);
    assert!(code(&check) == 0 && err(&check).contains("form own-time"), "{}{}", out(&check), err(&check));
    let spikes = |run: &str, more: &[&str]| {
        let run_it = place.memspike(&[&["run", "book.toml", "--out", run], more].concat());
        assert_eq!(code(&run_it), 0, "{}", err(&run_it));
        fs::read_to_string(place.path().join(run).join("spikes.csv")).unwrap()
    };
    let fast = spikes("fast", &[]);
    assert_eq!(fast, spikes("heap", &["--engine", "reference"]));
    assert_eq!(fast, spikes("two", &["--threads", "2"]));
    let of = |text: &str, neuron: u32| -> Vec<f64> {
        let rows = text.lines().filter(|line| line.split(',').nth(2) == Some(&neuron.to_string()));
        rows.map(|line| line.split(',').next().unwrap().parse().unwrap()).collect()
    };
    let counts: Vec<usize> = (0..4).map(|neuron| of(&fast, neuron).len()).collect();
    assert!(counts[0] > counts[1] && counts[1] > counts[2] && counts[2] > 0 && counts[3] == 0, "{counts:?}");
    let grid = spikes("grid", &["--engine", "clocked", "--dt", "0.01 ms"]);
    // Before spikes on the grid make another one more or less.
    let late = of(&grid, 0).iter().zip(of(&fast, 0)).take(10).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(of(&grid, 0).len().abs_diff(counts[0]) < 5 && late < 0.5, "late by {late} ms");
}

#[test]
fn every_current_reads_resolves_and_reads_again_to_the_same_plan() {
    let place = Place::new();
    fs::write(
        place.path().join("w.csv"),
        "# measured\ntime [us],current [pA]\n500,0\n\n1500.25,200\n2500,-100\n",
    )
    .unwrap();
    let text = current("kind = \"current_ramps\"\nfile = \"w.csv\"\nrepeat = \"4 ms\"", PLAIN);
    let path = place.path().join("net.toml");
    fs::write(&path, text).unwrap();
    let resolved = place.memspike(&["resolve", "net.toml"]);
    assert_eq!(code(&resolved), 0, "{}", err(&resolved));
    let plan = |text: &str| {
        let loaded = load_text("again.toml", text, &[], None);
        loaded.unwrap_or_else(|faults| panic!("{}\n{text}", faults.render(false)))
    };
    let at = |fs: u64| Time::from_fs(fs * 1_000_000);
    let points = [(at(500_000), 0.0), (at(1_500_250), 200e-12), (at(2_500_000), -100e-12)];
    let want = Current::ramps(&points, Time::ZERO, Some(Time::from_ms(4))).unwrap();
    assert_eq!(plan(&out(&resolved)).plan.sources[0].current(), Some(&want));
    let book = plan(&book());
    let again = plan(&book.resolve());
    assert_eq!((&book.plan.sources, &book.plan.projections), (&again.plan.sources, &again.plan.projections));
}

#[test]
fn impossible_currents_are_refused_with_what_is_allowed() {
    let refused = |source: &str, rest: &str| {
        load_text("test.toml", &current(source, rest), &[], None).unwrap_err().render(false)
    };
    let steps = |list: &str| refused(&format!("kind = \"current_steps\"\ncurrents = {list}"), PLAIN);
    let good = "kind = \"current_steps\"\ncurrents = [[\"0 ms\", \"1 nA\"]]";
    let sine = "kind = \"current_sine\"\namplitude = \"1 nA\"\nperiod = \"20 ms\"";
    let spikes = "kind = \"regular\"\nsize = 1\nperiod = \"1 ms\"";
    let mut pages: Vec<(&str, String)> = vec![
        (
            "time that runs backwards, stands still, has no unit; currents without a unit, of another, not finite",
            steps(
                "[[\"5 ms\", \"1 nA\"], [\"3 ms\", \"1 nA\"], [\"3 ms\", \"2 nA\"], [7, \"1 nA\"], [\"9 ms\", 1.5], [\"10 ms\", \"1 nV\"], [\"11 ms\", \"inf nA\"], [\"-1 ms\", \"1 nA\"], [\"12 ms\"]]",
            ),
        ),
        ("no current at all", steps("[]")),
        ("neither a list nor a file", refused("kind = \"current_ramps\"", PLAIN)),
        (
            "repeated before it is over",
            refused(
                "kind = \"current_steps\"\ncurrents = [[\"1 ms\", \"1 nA\"], [\"9 ms\", \"0 A\"]]\nrepeat = \"8 ms\"",
                PLAIN,
            ),
        ),
        ("too few segments", refused(&format!("{sine}\nsegments = 3"), PLAIN)),
        ("more segments than femtoseconds", refused(&sine.replace("20 ms", "20 fs"), PLAIN)),
        ("keys that would do nothing", refused(&format!("{sine}\nsize = 3\nrepeat = \"1 s\""), PLAIN)),
        ("another kernel", refused(good, "weight = \"1 mV\"")),
        ("spikes for a current", refused(spikes, PLAIN)),
        ("a weight with a unit", refused(good, "kernel = \"current\"\nweight = \"1 nA\"")),
        (
            "in units of the threshold",
            refused(good, "kernel = \"current\"\nweight = { constant = 1, unit = \"threshold\" }"),
        ),
        (
            "delays of single synapses",
            refused(good, &format!("{PLAIN}\ndelay = {{ uniform = [\"1 ms\", \"2 ms\"] }}")),
        ),
        (
            "devices and learning",
            refused(
                good,
                &format!(
                    "{PLAIN}\ndevice = \"d\"\ncrossbar = {{ arrangement = \"single\" }}\nplasticity = {{ rule = \"stdp_pair\" }}\n[device.d]\npreset = \"ag-tio2-pt-rs-analog\""
                ),
            ),
        ),
        ("recorded spikes", refused(good, &format!("{PLAIN}\n[record]\nspikes = [\"in\"]"))),
    ];
    let place = Place::new();
    let from_file = |csv: &str| {
        fs::write(place.path().join("w.csv"), csv).unwrap();
        let scenario = current("kind = \"current_steps\"\nfile = \"w.csv\"", PLAIN);
        fs::write(place.path().join("net.toml"), scenario).unwrap();
        let check = place.memspike(&["check", "net.toml"]);
        assert_eq!(code(&check), 2, "{csv}");
        err(&check)
    };
    pages.extend([
        (
            "a file: time that runs backwards, not finite, negative, not a number; too few values",
            from_file("time [ms],current [nA]\n0,1\n5,2\n4,3\n6,inf\n-1,4\n7,NaN\n8,x\n9\n"),
        ),
        (
            "a file in the wrong unit, and in none",
            from_file("time [ms],current [mV]\n0,1\n") + &from_file("time,current [nA]\n0,1\n"),
        ),
        ("a file without the column, and with another", from_file("time [ms],voltage [mV]\n0,1\n")),
        ("an empty file, and a header alone", from_file("") + &from_file("time [ms],current [nA]\n")),
    ]);
    let ramps = "kind = \"current_ramps\"\ncurrents = [[\"1 ms\", \"1 nA\"], [\"1 ms\", \"0 A\"], [\"1 ms\", \"2 nA\"]]";
    pages.push(("three points at one time", refused(ramps, PLAIN)));
    let text: String =
        pages.iter().map(|(title, message)| format!("---- {title} ----\n{message}\n")).collect();
    insta::assert_snapshot!(text);
}
