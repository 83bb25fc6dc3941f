//! `memspike export`: the records of a run in other formats.

use crate::common::{Place, code, err, out};
use std::fs;
use std::path::Path;

fn read(place: &Place, file: &str) -> Vec<u8> {
    fs::read(place.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

/// Spikes of a run as its CSV has them: femtoseconds, population, id.
fn spikes(csv: &str) -> Vec<(u128, String, u32)> {
    let line = |line: &str| {
        let [time, population, id] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (whole, fraction) = time.split_once('.').unwrap_or((time, ""));
        let fs = format!("{whole}{fraction:0<12}").parse().unwrap();
        (fs, population.to_string(), id.parse().unwrap())
    };
    csv.lines().skip(1).map(line).collect()
}

#[test]
fn what_is_exported_is_what_the_run_would_have_written() {
    let place = Place::with_scenario();
    let all = ["run", "small.toml", "--out", "all", "--record-format", "csv,npz,vcd,perfetto"];
    assert_eq!(code(&place.memspike(&all)), 0);
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "csv"])), 0);
    for (format, file) in [("npz", "spikes.npz"), ("vcd", "records.vcd"), ("perfetto", "records.pftrace")] {
        assert!(!place.path().join("csv").join(file).exists());
        let exported = place.memspike(&["export", "csv", "--format", format]);
        assert_eq!(code(&exported), 0);
        assert_eq!(out(&exported).trim_end(), Path::new("csv").join(file).display().to_string());
        assert!(read(&place, &format!("csv/{file}")) == read(&place, &format!("all/{file}")), "{format}");
    }
    let csv = ["export", "csv", "--record", "spikes", "--format", "csv", "--out", "mine.csv"];
    assert_eq!(code(&place.memspike(&csv)), 0);
    assert_eq!(read(&place, "mine.csv"), read(&place, "all/spikes.csv"));
    // The rows alone, and everything else from them.
    let rows = ["run", "small.toml", "--out", "rows", "--record-format", "log"];
    assert_eq!(code(&place.memspike(&rows)), 0);
    assert!(!place.path().join("rows/spikes.csv").exists());
    assert_eq!(code(&place.memspike(&["export", "rows", "--format", "csv"])), 0);
    assert_eq!(read(&place, "rows/spikes.csv"), read(&place, "all/spikes.csv"));
}

#[test]
fn waveforms_have_every_spike_at_its_femtosecond() {
    let place = Place::with_scenario();
    let run = ["run", "small.toml", "--out", "here", "--record-format", "csv,vcd"];
    assert_eq!(code(&place.memspike(&run)), 0);
    let want = spikes(&String::from_utf8(read(&place, "here/spikes.csv")).unwrap());
    let text = String::from_utf8(read(&place, "here/records.vcd")).unwrap();
    let (head, body) = text.split_once("$enddefinitions $end\n").unwrap();
    let mut ids = std::collections::HashMap::new();
    let mut id = 0;
    for line in head.lines() {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["$scope", "module", name, "$end"] => {
                id = name.strip_prefix("id_").map_or(u32::MAX, |id| id.parse().unwrap());
            }
            ["$var", "event", "1", code, "spike", "$end"] => drop(ids.insert(code.to_string(), id)),
            _ => {}
        }
    }
    let (mut time, mut got) = (0, Vec::new());
    for line in body.lines() {
        match line.split_at(1) {
            ("#", at) => time = at.parse().unwrap(),
            ("1", code) => got.push((time, "output".to_string(), ids[code])),
            other => panic!("{other:?}"),
        }
    }
    assert!(want.len() > 10);
    assert_eq!(got, want);
}

/// Samples follow one another: what was shown is a record beside the spikes.
#[test]
fn spikes_of_samples_come_with_what_was_shown() {
    let place = Place::new();
    let few = ["protocol.epochs=1", "protocol.train_samples=20", "protocol.test_samples=10"];
    let mut run = vec!["run", "digits", "--out", "here", "--record", "output"];
    few.iter().for_each(|set| run.extend(["--set", set]));
    assert_eq!(code(&place.memspike(&run)), 0);
    let shown = String::from_utf8(read(&place, "here/presentations.csv")).unwrap();
    let rows: Vec<Vec<&str>> = shown.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["episode", "duration [ms]", "serves"]);
    let serves = |what: &str| rows.iter().filter(|row| row[2] == what).count();
    // One epoch, its test, and the final test.
    assert_eq!((serves("training"), serves("test")), (20, 20));
    assert!(rows[1..].iter().all(|row| row[1] == "100"));
    let exported = place.memspike(&["export", "here", "--format", "vcd", "--out", "digits.vcd"]);
    assert_eq!(code(&exported), 0);
    let text = String::from_utf8(read(&place, "digits.vcd")).unwrap();
    // 40 samples of 100 ms.
    assert!(text.ends_with("#4000000000000000\n"));
    assert!(text.contains("$var integer 64 ! presentation $end"));
}

#[test]
fn what_cannot_be_exported_is_refused_with_what_can() {
    let place = Place::with_scenario();
    let connections = ["--set", "record.connections=[\"input\"]"];
    let run = [&["run", "small.toml", "--out", "here", "-q"], &connections[..]].concat();
    assert_eq!(code(&place.memspike(&run)), 0);
    let bare = ["run", "small.toml", "--out", "bare", "-q", "--set", "record.spikes=[]"];
    assert_eq!(code(&place.memspike(&bare)), 0);
    fs::create_dir(place.path().join("folder")).unwrap();
    let refused = |args: &[&str], says: &[&str]| {
        let output = place.memspike(&[&["export"], args].concat());
        assert_eq!(code(&output), 2, "{args:?}");
        for part in says {
            assert!(err(&output).contains(part), "{args:?}: {part}");
        }
    };
    refused(&["here", "--format", "excel"], &["invalid value 'excel'", "csv", "perfetto"]);
    refused(
        &["here", "--format", "csv", "--record", "spiks,weights"],
        &[
            "`spiks` is not a record",
            "allowed: connections, spikes",
            "did you mean `spikes`?",
            "`weights` is not",
        ],
    );
    refused(
        &["here", "--format", "csv", "--out", "all.csv"],
        &["is one file", "--record: connections, spikes"],
    );
    refused(&["here", "--format", "vcd", "--record", "connections"], &["nothing of `connections`", "csv"]);
    refused(&["here", "--format", "vcd", "--out", "folder"], &["cannot write `folder`"]);
    refused(&["bare", "--format", "csv"], &["`bare` has kept no records", "--record NAME"]);
    refused(&["nothing", "--format", "csv"], &["there is no run `nothing`"]);
    // Somebody has cut off the end of what was kept.
    let rows = read(&place, "here/spikes.rows");
    fs::write(place.path().join("here/spikes.rows"), &rows[..rows.len() - 30]).unwrap();
    refused(&["here", "--format", "csv", "--record", "spikes"], &["spikes.rows` is damaged at byte"]);
}

#[cfg(unix)]
#[test]
fn what_is_no_file_or_is_kept_by_a_run_is_not_replaced() {
    use std::os::unix::fs::{FileTypeExt as _, symlink};
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "here", "-q"])), 0);
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "other", "-q"])), 0);
    let file = |name: &str| place.path().join(name);
    assert!(std::process::Command::new("mkfifo").arg(file("pipe")).status().unwrap().success());
    fs::write(file("mine.csv"), "mine").unwrap();
    symlink("mine.csv", file("link")).unwrap();
    symlink("here/manifest.json", file("disguised")).unwrap();
    let export = ["export", "here", "--format", "csv", "--record", "spikes", "--out"];
    let table = ["table", "here", "--out"];
    let fit = ["fit", "lif", "curve.csv", "--force", "--out"];
    let curve: String =
        (0..40).map(|k| format!("{},{}\n", 0.1 * f64::from(k), (-0.02 * f64::from(k)).exp())).collect();
    fs::write(file("curve.csv"), format!("time [ms],u [V]\n{curve}")).unwrap();
    for (command, to, says) in [
        (&export[..], "pipe", "it is not a regular file"),
        (&export[..], "here/manifest.json", "a run has kept it"),
        (&export[..], "other/spikes.csv", "a run has kept it"),
        (&export[..], "disguised", "a run has kept it"),
        (&table[..], "pipe", "it is not a regular file"),
        (&table[..], "other/summary.json", "a run has kept it"),
        (&fit[..], "here/summary.json", "a run has kept it"),
    ] {
        let kept = read(&place, "here/manifest.json");
        let output = place.memspike(&[command, &[to]].concat());
        assert_eq!(code(&output), 2, "{command:?} {to}: {}", err(&output));
        assert!(err(&output).contains(says), "{command:?} {to}: {}", err(&output));
        assert_eq!(read(&place, "here/manifest.json"), kept);
    }
    assert!(fs::symlink_metadata(file("pipe")).unwrap().file_type().is_fifo());
    // A link stays, and what it leads to is written.
    assert_eq!(code(&place.memspike(&[&export[..], &["link"]].concat())), 0);
    assert!(fs::symlink_metadata(file("link")).unwrap().is_symlink());
    assert_eq!(read(&place, "mine.csv"), read(&place, "here/spikes.csv"));
}

const TRAINED: [&str; 6] = [
    "--set",
    "protocol.train_samples=100",
    "--set",
    "protocol.test_samples=10",
    "--set",
    "protocol.epochs=2",
];

/// Weights in training, after so many samples: the last of them are those that the run ends with.
#[test]
fn weights_are_sampled_while_they_are_trained() {
    let place = Place::new();
    let record = ["--set", "record.weights=[\"input[300..302, ..]\"]", "--set", "record.weights_every=50"];
    // Batches of 50, so that samples are at their ends; the last epoch is the one that is kept.
    let batch = ["--set", "protocol.batch=50", "--set", "protocol.validation=0", "--out", "here", "-q"];
    let run = [&["run", "digits"], &TRAINED[..], &record, &batch].concat();
    assert_eq!(code(&place.memspike(&run)), 0);
    let csv = String::from_utf8(read(&place, "here/weight_samples.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["sample", "projection", "pre", "post", "weight", "unit"]);
    let samples: Vec<&str> = rows[1..].chunks(20).map(|rows| rows[0][0]).collect();
    assert_eq!(samples, ["0", "50", "100", "150", "200"]);
    let moved = rows[1..21].iter().zip(&rows[81..]).filter(|(first, last)| first[4] != last[4]).count();
    assert!(moved > 0 && rows[81..].len() == 20);
    assert!(
        rows[1..].iter().all(|row| row[1] == "input" && row[5] == "V" && ["300", "301"].contains(&row[2]))
    );
    let traced = place.memspike(&["trace", "here", "kind=sample,neuron=4"]);
    assert_eq!(code(&traced), 0);
}

/// Spikes of every tenth sample are those that all spikes have of it.
#[test]
fn spikes_of_some_samples_are_some_of_all_spikes() {
    let place = Place::new();
    let rows = |out: &str, more: &[&str], name: &str| -> Vec<String> {
        let run = [&["run", "digits", "--record", "output", "-q", "--out", out], &TRAINED[..], more].concat();
        assert_eq!(code(&place.memspike(&run)), 0);
        let csv = String::from_utf8(read(&place, &format!("{out}/{name}.csv"))).unwrap();
        csv.lines().skip(1).map(str::to_string).collect()
    };
    let some = ["--set", "record.spikes_every=10"];
    for name in ["spikes", "presentations"] {
        let all = rows(&format!("all-{name}"), &[], name);
        let tenth = |row: &&String| row.split(',').next().unwrap().parse::<u64>().unwrap() % 10 == 0;
        let want: Vec<String> = all.iter().filter(tenth).cloned().collect();
        assert!(!want.is_empty() && want.len() < all.len() / 5);
        assert_eq!(rows(&format!("some-{name}"), &some, name), want);
    }
}

/// Every change of a weight in a simulation: what it was after one is what it was before the next.
#[test]
fn every_change_of_a_weight_is_a_row() {
    let place = Place::new();
    let record = ["--set", "record.weight_changes=[\"synapse\"]", "--set", "record.weights=[\"synapse\"]"];
    let often = ["--set", "record.weights_interval=1 s", "--out", "here", "-q"];
    assert_eq!(code(&place.memspike(&[&["run", "stdp/pairs"], &record[..], &often].concat())), 0);
    let text = |file: &str| String::from_utf8(read(&place, file)).unwrap();
    let changes = text("here/weight_changes.csv");
    let mut lines = changes.lines();
    assert_eq!(lines.next(), Some("time [ms],projection,pre,post,before,after,energy [J],unit"));
    let mut now = std::collections::BTreeMap::new();
    for line in lines {
        let row: Vec<&str> = line.split(',').collect();
        let weight = now.insert((row[2].to_string(), row[3].to_string()), row[5].to_string());
        assert!(weight.is_none_or(|weight| weight == row[4]), "{line}");
    }
    let samples = text("here/weight_samples.csv");
    let last: std::collections::BTreeMap<_, _> = samples
        .lines()
        .skip(1)
        .map(|line| line.split(',').collect::<Vec<_>>())
        .map(|row| ((row[2].to_string(), row[3].to_string()), row[4].to_string()))
        .collect();
    assert!(now.len() > 1);
    assert!(now.iter().all(|(ends, weight)| last[ends] == *weight));
    // The same, told by the trace that was taken of it.
    let trace = place.memspike(&["trace", "here", "kind=weight", "--format", "json"]);
    assert_eq!(out(&trace).lines().count(), changes.lines().count() - 1);
}

/// The weight is the difference of two conductances times a constant, and the last of them are those that the run ends with.
#[test]
fn conductances_are_sampled_with_the_weights_that_they_make() {
    let place = Place::new();
    let read = |file: &str| String::from_utf8(read(&place, file)).unwrap();
    let rows = |file: &str| -> Vec<Vec<String>> {
        read(file).lines().map(|line| line.split(',').map(String::from).collect()).collect()
    };
    let number = |row: &[String], column: usize| row[column].parse::<f64>().unwrap();
    for (name, projection, set, when) in [
        ("stdp/pairs-device", "synapse", &["record.weights_interval=1 s"][..], "time [ms]"),
        (
            "stdp/digits",
            "input",
            &[
                "record.weights_every=25",
                "protocol.train_samples=50",
                "protocol.label_samples=10",
                "protocol.test_samples=10",
                "protocol.epochs=1",
                "population.output.size=5",
            ],
            "sample",
        ),
    ] {
        let key = |key: &str| format!("record.{key}=[\"{projection}\"]");
        let mut args: Vec<String> = ["run", name, "--out", "here", "--force", "-q"].map(String::from).into();
        for set in set.iter().map(ToString::to_string).chain([key("weights"), key("conductances")]) {
            args.extend(["--set".to_string(), set]);
        }
        let args: Vec<&str> = args.iter().map(String::as_str).collect();
        assert_eq!(code(&place.memspike(&args)), 0, "{name}");
        let (weights, conductances) = (rows("here/weight_samples.csv"), rows("here/conductance_samples.csv"));
        assert_eq!(
            conductances[0],
            [when, "projection", "pre", "post", "conductance [S]", "partner [S]"],
            "{name}"
        );
        assert!(weights.len() > 2 && weights.len() == conductances.len(), "{name}");
        let mut scale: Option<f64> = None;
        let mut moved = false;
        for (weight, pair) in weights[1..].iter().zip(&conductances[1..]) {
            assert_eq!(weight[..4], pair[..4], "{name}");
            let (w, plus, minus) = (number(weight, 4), number(pair, 4), number(pair, 5));
            assert!(plus > 0.0 && minus > 0.0, "{name}: {pair:?}");
            // Where the difference is small, its last digits are those of the conductances.
            if (plus - minus).abs() > 1e-3 * plus {
                let scale = *scale.get_or_insert(w / (plus - minus));
                assert!((w - scale * (plus - minus)).abs() <= 1e-9 * w.abs(), "{name}: {w} {pair:?}");
            }
            moved |= pair[4..] != conductances[1][4..];
        }
        assert!(scale.is_some() && moved, "{name}");
    }
}

/// Layers that are trained on devices: what these are programmed to, every so many samples.
#[test]
fn layers_tell_what_their_devices_are_programmed_to() {
    let place = Place::new();
    let scenario = "extends = \"layers/yin-yang\"\n[device.synapse]\npreset = \"ag-tio2-pt-rs-analog\"\n\
                    [projection.readout]\ndevice = \"synapse\"\n[projection.readout.crossbar]\narrangement = \
                    \"differential\"\nw_max = \"2 uA\"\n[protocol]\nepochs = 1\ntrain_samples = 100\n\
                    test_samples = 20\n[record]\nconductances = [\"readout[.., 0..2]\"]\nweights_every = 50\n";
    std::fs::write(place.path().join("own.toml"), scenario).unwrap();
    assert_eq!(code(&place.memspike(&["run", "own.toml", "--out", "here", "-q"])), 0);
    let csv = String::from_utf8(read(&place, "here/conductance_samples.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    assert!(!rows.is_empty() && rows.iter().all(|row| row[1] == "readout" && ["0", "1"].contains(&row[3])));
    // One-sided: the device that is not needed rests at 0.2 mS, and none has more than 4 mS.
    let g = |row: &[&str], column: usize| row[column].parse::<f64>().unwrap();
    for row in &rows {
        let (plus, minus) = (g(row, 4), g(row, 5));
        assert!(plus.min(minus) == 0.2e-3 && plus.max(minus) <= 4e-3, "{row:?}");
    }
    assert!(!place.path().join("here/weight_samples.csv").exists());
}

/// A threshold that adapts, synaptic currents and their decay, from states at multiples of an interval.
#[test]
fn states_are_variables_of_the_model_and_currents() {
    let place = Place::new();
    let scenario = r#"
[source.clock]
kind = "regular"
size = 1
period = "100 ms"

[population.cells]
model = "adaptive_lif"
size = 3

[projection.currents]
from = "clock"
to = "cells"
kernel = "exponential"
tau_syn = "5 ms"
weight = "3 pA"

[protocol]
kind = "simulate"
duration = "120 ms"

[record]
states = ["cells[0..2]"]
states_interval = "5 ms"
"#;
    fs::write(place.path().join("cells.toml"), scenario).unwrap();
    assert_eq!(code(&place.memspike(&["run", "cells.toml", "--out", "here", "-q"])), 0);
    let csv = String::from_utf8(read(&place, "here/states.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().map(|line| line.split(',').collect()).collect();
    assert_eq!(rows[0], ["time [ms]", "population", "id", "variable", "value", "unit"]);
    assert!(rows[1..].iter().all(|row| row[1] == "cells" && ["0", "1"].contains(&row[2])));
    let of = |variable: &str| -> Vec<(f64, f64)> {
        let rows = rows[1..].iter().filter(|row| row[3] == variable && row[2] == "1");
        rows.map(|row| (row[0].parse().unwrap(), row[4].parse().unwrap())).collect()
    };
    // 25 samples: at 0, 5, ... 120 ms; the last of them once.
    assert_eq!((of("x").len(), of("q").len(), of("w").len()), (25, 25, 25));
    let currents: Vec<(f64, f64)> = of("i_syn").into_iter().filter(|(time, _)| *time > 100.0).collect();
    assert_eq!(currents.len(), 4);
    for two in currents.windows(2) {
        assert!((two[1].1 / two[0].1 - (-1.0_f64).exp()).abs() < 1e-12, "{two:?}");
    }
    assert!(currents[0].1 > 0.0 && currents[0].1 < 3e-12);
    let traced = place.memspike(&["trace", "here", "kind=state,neuron=1", "--format", "json"]);
    assert_eq!(out(&traced).lines().count(), 100);
    let vcd = place.memspike(&["export", "here", "--format", "vcd", "--out", "states.vcd"]);
    assert_eq!(code(&vcd), 0);
    let text = String::from_utf8(read(&place, "states.vcd")).unwrap();
    assert!(["x", "q", "w", "i_syn"].iter().all(|name| text.contains(&format!(" {name} $end"))));
    let clocked = ["run", "cells.toml", "--engine", "clocked", "--dt", "0.1 ms"];
    assert_eq!(code(&place.memspike(&clocked)), 2);
}

/// What a device behind a membrane conducts and spends: the last sample is what the summary has.
#[test]
fn states_of_devices_have_their_conductance_and_energy() {
    let place = Place::with_scenario();
    let text = fs::read_to_string(place.path().join("small.toml")).unwrap();
    let text = text
        .replace("model = \"lif\"", "model = \"switch\"\ndevice = \"switch\"")
        .replace("kernel = \"delta\"", "kernel = \"exponential\"\ntau_syn = \"5 ms\"")
        .replace("normal = [\"10 mV\", \"2 mV\"]", "normal = [\"10 nA\", \"1 nA\"]")
        .replace("[population.output]", "[device.switch]\npreset = \"ag-tio2-pt-ts\"\n\n[population.output]");
    let record = "energy = true\nstates = [\"output\"]\nstates_interval = \"10 ms\"\n";
    fs::write(place.path().join("small.toml"), text + record).unwrap();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "here", "-q"])), 0);
    let csv = String::from_utf8(read(&place, "here/states.csv")).unwrap();
    let rows: Vec<Vec<&str>> = csv.lines().skip(1).map(|line| line.split(',').collect()).collect();
    let energies: Vec<f64> = rows
        .iter()
        .filter(|row| row[3] == "energy" && row[2] == "4")
        .map(|row| row[4].parse().unwrap())
        .collect();
    assert!(energies.len() == 21 && energies.is_sorted() && energies[20] > 0.0, "{energies:?}");
    let conducts = |row: &&Vec<&str>| row[3] == "g" && row[5] == "S";
    assert!(rows.iter().filter(conducts).all(|row| row[4].parse::<f64>().unwrap() > 0.0));
    assert_eq!(rows.iter().filter(conducts).count(), 210);
    // Under jumps alone there is nothing but the membrane.
    let place = Place::with_scenario();
    let states = ["--set", "record.states=[\"output\"]", "--set", "record.states_interval=1 ms"];
    let refused = place.memspike(&[&["run", "small.toml"], &states[..]].concat());
    assert_eq!(code(&refused), 2);
    assert!(err(&refused).contains("which is its membrane alone"));
}
