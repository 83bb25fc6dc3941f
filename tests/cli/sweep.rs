//! Sweeps and tables, through the program.

use crate::common::{Page, Place, code, err, json, out};
use std::fs;
use std::path::Path;

fn read(place: &Place, file: &str) -> String {
    fs::read_to_string(place.path().join(file)).unwrap_or_else(|error| panic!("{file}: {error}"))
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

const RATES: &str = "source.noise.rate=20 Hz..60 Hz/3";

#[test]
fn a_sweep_is_ordinary_runs_with_a_table_a_picture_and_a_page_beside_them() {
    let place = Place::with_scenario();
    let sweep = place.memspike(&["sweep", "small.toml", "--vary", RATES, "--repeat", "2"]);
    assert_eq!(code(&sweep), 0);
    let dir = "runs/small/sweep-001";
    let mut want: Vec<String> = [20, 40, 60]
        .iter()
        .flat_map(|rate| [3, 4].map(|seed| format!("rate={rate}Hz,seed={seed}")))
        .collect();
    want.extend(["rate_hz.output.svg", "sweep.html", "sweep.json", "table.csv"].map(String::from));
    if cfg!(feature = "parquet") {
        want.push("table.parquet".into());
    }
    want.sort();
    assert_eq!(names(&place.path().join(dir)), want);

    // A point is what its command line makes.
    let point = format!("{dir}/rate=40Hz,seed=4");
    let alone = ["run", "small.toml", "--set", "source.noise.rate=40 Hz", "--seed", "4", "--out", "alone"];
    assert_eq!(code(&place.memspike(&alone)), 0);
    assert_eq!(code(&place.memspike(&["compare", &point, "alone"])), 0);
    let manifest = json(&read(&place, &format!("{point}/manifest.json")));
    let command: Vec<&str> =
        manifest["command"].as_array().unwrap().iter().filter_map(|a| a.as_str()).collect();
    assert_eq!(
        command[1..],
        ["run", "small.toml", "--set", "source.noise.rate=40 Hz", "--seed", "4", "--out", &point]
    );

    let table = read(&place, &format!("{dir}/table.csv"));
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[0].starts_with("point,source.noise.rate [Hz],seed,status,episodes,"), "{table}");
    assert_eq!(lines.len(), 7);
    assert!(lines[4].starts_with("\"rate=40Hz,seed=4\",40,4,done,1,"), "{table}");
    let summary = json(&read(&place, &format!("{point}/summary.json")));
    let at = lines[0].split(',').position(|head| head == "spikes.output").unwrap();
    // The name of the point has one comma.
    assert_eq!(lines[4].split(',').nth(at + 1).unwrap(), summary["spikes"]["output"].to_string());

    let page = read(&place, &format!("{dir}/sweep.html"));
    assert!(page.contains("href=\"rate=40Hz,seed=4/report.html\"") && page.contains("<svg"), "{page}");
    let said = out(&sweep);
    assert!(
        said.contains("source.noise.rate") && said.contains("40 Hz") && said.contains("6 points"),
        "{said}"
    );
    // The mean over seeds, worked out here.
    let rates = [3, 4].map(|seed| {
        let summary = read(&place, &format!("{dir}/rate=40Hz,seed={seed}/summary.json"));
        json(&summary)["rate_hz"]["output"].as_f64().unwrap()
    });
    let swept = json(&read(&place, &format!("{dir}/sweep.json")));
    let spread = &swept["groups"][1]["measured"]["rate_hz.output"];
    assert!((spread["mean"].as_f64().unwrap() - (rates[0] + rates[1]) / 2.0).abs() < 1e-12);
    let sd = (rates[0] - rates[1]).abs() / 2f64.sqrt();
    assert!((spread["sd"].as_f64().unwrap() - sd).abs() < 1e-12 && spread["n"] == 2, "{spread}");
}

#[test]
fn what_is_there_is_kept_and_a_failed_point_is_tried_again() {
    let place = Place::with_scenario();
    let args = ["sweep", "small.toml", "--vary", RATES, "--out", "s", "--format", "json"];
    // A file in the way of one point.
    fs::create_dir_all(place.path().join("s")).unwrap();
    assert_eq!(code(&place.memspike(&args)), 0);
    let begun = |point: &str| json(&read(&place, &format!("s/{point}/manifest.json")))["started"].clone();
    let first = read(&place, "s/rate=20Hz/manifest.json");
    fs::remove_dir_all(place.path().join("s/rate=40Hz")).unwrap();
    fs::write(place.path().join("s/rate=40Hz"), "in the way").unwrap();
    let again = place.memspike(&args);
    assert_eq!(code(&again), 1);
    assert!(
        err(&again).contains("1 of 3 points failed") && err(&again).contains("rate=40Hz"),
        "{}",
        err(&again)
    );
    assert!(err(&again).contains("2 points are in `s` already"), "{}", err(&again));
    let swept = json(&out(&again));
    assert_eq!(swept["points"][1]["status"], "failed");
    assert!(swept["points"][1]["why"].as_str().unwrap().contains("not a directory"), "{swept}");
    assert!(read(&place, "s/sweep.html").contains("What failed"));
    assert!(read(&place, "s/table.csv").contains("rate=40Hz,40,,failed"));
    fs::remove_file(place.path().join("s/rate=40Hz")).unwrap();
    assert_eq!(code(&place.memspike(&args)), 0);
    assert_eq!(read(&place, "s/rate=20Hz/manifest.json"), first, "it was not computed again");
    assert!(begun("rate=40Hz").is_string());
    // A summary that somebody has damaged is computed again.
    let whole = read(&place, "s/rate=40Hz/summary.json");
    for damage in ["junk", &whole[..whole.len() / 2], ""] {
        fs::write(place.path().join("s/rate=40Hz/summary.json"), damage).unwrap();
        let again = place.memspike(&args);
        assert_eq!(code(&again), 0);
        assert!(err(&again).contains("2 points are in `s` already"), "{}", err(&again));
        assert!(!read(&place, "s/table.csv").contains("missing"));
        assert_eq!(json(&read(&place, "s/rate=40Hz/summary.json"))["status"], "done");
    }
    // More values and seeds of the same keys join those that are there.
    let more = ["sweep", "small.toml", "--vary", "source.noise.rate=20 Hz,40 Hz,60 Hz,80 Hz", "--out", "s"];
    let more = place.memspike(&more);
    assert_eq!(code(&more), 0);
    assert!(err(&more).contains("3 points are in `s` already"), "{}", err(&more));
    // Another sweep is another directory's, and another scenario too.
    let other = place.memspike(&["sweep", "small.toml", "--repeat", "2", "--out", "s"]);
    assert_eq!(code(&other), 2);
    assert!(err(&other).contains("is a sweep of `small` over source.noise.rate"), "{}", err(&other));
    let changed = read(&place, "small.toml").replace("size = 10\n", "size = 11\n");
    fs::write(place.path().join("small.toml"), changed).unwrap();
    let changed = place.memspike(&args);
    assert_eq!(code(&changed), 2);
    assert_eq!(err(&changed).matches("was made from another plan").count(), 3, "{}", err(&changed));
    assert_eq!(code(&place.memspike(&[&args[..], &["--force"]].concat())), 0);
}

#[test]
fn parts_of_a_sweep_are_together_the_whole() {
    let place = Place::with_scenario();
    let part = |shard: &str| {
        let rates = "source.noise.rate=20 Hz..60 Hz/5";
        place.memspike(&["sweep", "small.toml", "--vary", rates, "--out", "s", "--shard", shard, "--quiet"])
    };
    for (shard, there) in [("1/3", 2), ("3/3", 3), ("2/3", 5)] {
        assert_eq!(code(&part(shard)), 0);
        let done = read(&place, "s/table.csv").lines().filter(|line| line.contains(",done,")).count();
        assert_eq!(done, there, "{shard}");
    }
    let whole =
        place.memspike(&["sweep", "small.toml", "--vary", "source.noise.rate=20 Hz..60 Hz/5", "--out", "s"]);
    assert_eq!(code(&whole), 0);
    assert!(err(&whole).contains("5 points are in `s` already"), "{}", err(&whole));
}

#[test]
fn parts_that_end_at_once_leave_a_table_with_every_row() {
    let place = Place::with_scenario();
    for round in ["a", "b", "c"] {
        let part = |shard: &str| {
            let rates = "source.noise.rate=20 Hz..60 Hz/4";
            let args = ["sweep", "small.toml", "--vary", rates, "--out", round, "--shard", shard, "--quiet"];
            place.command(&args).spawn().unwrap()
        };
        let parts: Vec<_> = ["1/4", "2/4", "3/4", "4/4"].into_iter().map(part).collect();
        for mut part in parts {
            assert!(part.wait().unwrap().success());
        }
        let done = read(&place, &format!("{round}/table.csv"))
            .lines()
            .filter(|line| line.contains(",done,"))
            .count();
        assert_eq!(done, 4, "{round}");
    }
}

#[test]
fn a_file_of_values_is_between_the_scenario_and_set() {
    let place = Place::with_scenario();
    fs::write(place.path().join("fast.toml"), "[source.noise]\nrate = \"80 Hz\"\nsize = 7\n").unwrap();
    let plan = |args: &[&str]| {
        let output = place.memspike(&[&["resolve", "small.toml"], args].concat());
        assert_eq!(code(&output), 0);
        out(&output)
    };
    let both = plan(&["--set-file", "fast.toml", "--set", "source.noise.size=9"]);
    assert!(both.contains("rate = \"80 Hz\"  # fast.toml:2:8") && both.contains("size = 9"), "{both}");
    let sweep =
        ["sweep", "small.toml", "--set-file", "fast.toml", "--vary", "source.noise.size=8,9", "--out", "s"];
    assert_eq!(code(&place.memspike(&sweep)), 0);
    let manifest = json(&read(&place, "s/size=8/manifest.json"));
    assert_eq!(manifest["plan"]["sources"][0]["size"], 8);
    assert_eq!(manifest["plan"]["sources"][0]["input"]["poisson"]["rate"], 80.0);
    fs::write(place.path().join("wrong.toml"), "[source.noise]\nrat = \"80 Hz\"\nsize = \n").unwrap();
    let wrong =
        place.memspike(&["check", "small.toml", "--set-file", "wrong.toml", "--set-file", "none.toml"]);
    assert_eq!(code(&wrong), 2);
    assert!(err(&wrong).contains("wrong.toml:3:") && err(&wrong).contains("`none.toml`"), "{}", err(&wrong));
}

#[test]
fn what_a_sweep_refuses() {
    let place = Place::with_scenario();
    let mut page = Page::new();
    let mut refused = |what: &str, args: &[&str]| {
        page.refused(what, &place, &place.memspike(&[&["sweep", "small.toml"], args].concat()));
    };
    refused("nothing is varied", &[]);
    refused(
        "a billion points",
        &[
            "--vary",
            "source.noise.size=1..1000/1000",
            "--vary",
            "scenario.seed=1..1000/1000",
            "--repeat",
            "1000",
        ],
    );
    refused("a range of a billion", &["--vary", "source.noise.size=1..1000000000/1000000000"]);
    refused(
        "an unknown key and wrong units, each said once",
        &[
            "--vary",
            "source.noise.rat=1 Hz,2 Hz",
            "--vary",
            "population.output.tau_m=5,10 mV",
            "--repeat",
            "3",
        ],
    );
    refused("set and varied", &["--vary", "source.noise.size=1,2", "--set", "source.noise.size=3"]);
    refused(
        "zip of unequal lists",
        &["--zip", "--vary", "source.noise.size=1,2", "--vary", "source.noise.rate=1 Hz,2 Hz,3 Hz"],
    );
    refused("a part beyond the last", &["--vary", "source.noise.size=1,2", "--out", "s", "--shard", "5/4"]);
    refused("a part without a place", &["--vary", "source.noise.size=1,2", "--shard", "1/4"]);
    refused("a seed twice", &["--repeat", "1,1"]);
    refused("nothing to go on with", &["--repeat", "2", "--resume"]);
    fs::create_dir(place.path().join("full")).unwrap();
    fs::write(place.path().join("full/thesis.tex"), "years of work").unwrap();
    refused("a directory of something else", &["--repeat", "2", "--out", "full"]);
    insta::assert_snapshot!("refused_sweeps", page.text());
    assert_eq!(names(place.path()), ["full", "small.toml"], "nothing was begun");
}

#[test]
fn a_measure_that_no_run_has_is_refused_before_it_costs_anything() {
    let place = Place::with_scenario();
    let sweep = |measure: &str, more: &[&str]| {
        place.memspike(&[&["sweep", "small.toml", "--vary", RATES, "--measure", measure], more].concat())
    };
    let mut page = Page::new();
    for measure in ["nosuch.key,rate_hz.outptu", "rate_hz", "accuracy.test", "fingerprint"] {
        page.refused(measure, &place, &sweep(measure, &[]));
    }
    let faulty = sweep("nosuch.key", &["--set", "scenario.sed=3"]);
    page.refused("with faults of the scenario", &place, &faulty);
    assert_eq!(names(place.path()), ["small.toml"], "nothing was begun");
    // Where only a run tells, the first one does, and it is kept.
    let late = sweep("results.magic", &["--out", "s", "--jobs", "1"]);
    assert_eq!(code(&late), 2);
    let told = err(&late);
    assert!(
        told.contains("error: `rate=20Hz` has no number `results.magic`, which --measure asks for"),
        "{told}"
    );
    assert!(told.contains("what is computed is kept") && !told.contains("[2/3]"), "{told}");
    assert!(place.path().join("s/rate=20Hz/summary.json").is_file());
    assert!(!place.path().join("s/rate=40Hz").exists(), "the others are not begun");
    page.refused("of what is there", &place, &sweep("performance.wal_s", &["--out", "s"]));
    insta::assert_snapshot!("measures", page.text());
    let whole = sweep("performance.wall_s,spikes.output,source.noise.rate", &["--out", "s"]);
    assert_eq!(code(&whole), 0);
    assert!(err(&whole).contains("1 point is in `s` already"), "{}", err(&whole));
    assert!(out(&whole).contains("performance.wall_s"), "{}", out(&whole));
}

#[test]
fn a_message_of_vary_is_that_of_set() {
    let place = Place::with_scenario();
    let set = place.memspike(&["check", "small.toml", "--set", "source.noise.rat=1 Hz"]);
    let vary = place.memspike(&["sweep", "small.toml", "--vary", "source.noise.rat=1 Hz,2 Hz"]);
    let first = |output: &std::process::Output| -> String {
        err(output).split("\n\n").next().unwrap_or("").to_string()
    };
    assert!(first(&set).contains("rat") && first(&set) == first(&vary), "{}\n{}", err(&set), err(&vary));
}

#[test]
fn runs_are_put_into_one_table_whatever_version_wrote_them() {
    let place = Place::with_scenario();
    for seed in ["1", "2"] {
        assert_eq!(code(&place.memspike(&["run", "small.toml", "--seed", seed, "--quiet"])), 0);
    }
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/0.1/run/summary.json");
    let old = old.to_str().unwrap();
    let table = place.memspike(&["table", "runs/small", old, "--only", "spikes,fingerprint"]);
    assert_eq!(code(&table), 0);
    let text = out(&table);
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].starts_with("run,scenario,seed,status,spikes.output"), "{text}");
    assert!(
        lines[1].starts_with("runs/small/001,small,1,done,")
            && lines[2].starts_with("runs/small/002,small,2,done,")
    );
    let of = |run: &str| json(&read(&place, &format!("runs/small/{run}/summary.json")));
    assert!(lines[2].ends_with(of("002")["fingerprint"].as_str().unwrap()), "{text}");
    assert!(lines[3].starts_with(old.trim_end_matches("/summary.json")), "{text}");
    let rows = json(&out(&place.memspike(&["table", "small", "--format", "json"])));
    assert_eq!(rows[0]["spikes.output"], of("002")["spikes"]["output"]);
    assert_eq!(code(&place.memspike(&["table", "runs/small", "--out", "t.csv"])), 0);
    assert_eq!(read(&place, "t.csv").lines().count(), 3);
    let wrong = place.memspike(&["table", "runs/small", "nothing", "small.toml", "--only", "x"]);
    assert_eq!(code(&wrong), 2);
    assert!(err(&wrong).contains("`nothing`") && err(&wrong).contains("small.toml"), "{}", err(&wrong));
    let wrong = place.memspike(&["table", "runs/small", "--only", "spikes.outptu"]);
    assert!(code(&wrong) == 2 && err(&wrong).contains("did you mean `spikes.output`?"), "{}", err(&wrong));
}

/// The example of the book, with the program that is tested.
#[cfg(unix)]
#[test]
fn the_shell_example_of_the_book_makes_the_whole_sweep_in_parts() {
    let place = Place::with_scenario();
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sweeps/shards.sh");
    let run = std::process::Command::new("bash")
        .arg(example)
        .args(["3", "parts", "small.toml", "--vary", RATES, "--repeat", "2"])
        .env("MEMSPIKE", env!("CARGO_BIN_EXE_memspike"))
        .current_dir(place.path())
        .output()
        .unwrap();
    assert_eq!(code(&run), 0);
    assert!(err(&run).contains("6 points are in `parts` already"), "{}", err(&run));
    assert_eq!(
        code(&place.memspike(&["sweep", "small.toml", "--vary", RATES, "--repeat", "2", "--out", "one"])),
        0
    );
    let table = |file: &str| -> Vec<String> {
        let spikes = |line: &str| line.split(",performance").next().unwrap_or("").to_string();
        let columns = ["spikes", "fingerprint"].join(",");
        let output = place.memspike(&["table", file, "--only", &columns]);
        out(&output).lines().map(|line| spikes(line.split_once('/').map_or(line, |(_, rest)| rest))).collect()
    };
    assert_eq!(table("parts").len(), 7);
    assert_eq!(table("parts"), table("one"));
    // Slurm calls the same with its own numbers.
    let slurm = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/sweeps/slurm.sh");
    let task = |arguments: &[&str], index: &str| {
        let run = std::process::Command::new("bash")
            .arg(&slurm)
            .args(arguments)
            .env("MEMSPIKE", env!("CARGO_BIN_EXE_memspike"))
            .envs([("SCENARIO", "small.toml"), ("OUT", "array")])
            .envs([("SLURM_ARRAY_TASK_ID", index), ("SLURM_ARRAY_TASK_COUNT", "8")])
            .current_dir(place.path())
            .output()
            .unwrap();
        assert_eq!(code(&run), 0, "{index}");
        err(&run)
    };
    for index in ["1", "2", "3", "4", "5", "6", "7", "8"] {
        task(&[], index);
    }
    assert!(task(&["collect"], "1").contains("32 points are in `array` already"));
}

#[cfg(unix)]
#[test]
fn a_signal_stops_all_points_and_the_same_command_goes_on() {
    use rustix::process::{Pid, Signal, kill_process};
    let place = Place::with_scenario();
    let args =
        ["sweep", "small.toml", "--vary", "protocol.duration=50 ms,9000 s", "--set", "record.spikes=[]"];
    let args = [&args[..], &["--out", "s", "--jobs", "1"]].concat();
    let state = |key: &str, file: &str| -> Option<serde_json::Value> {
        let text = fs::read_to_string(place.path().join("s/duration=9000s").join(file)).ok()?;
        Some(json(&text)[key].clone())
    };
    let (mut reached, mut told) = (0.0, 0);
    for tries in 0.. {
        assert!(tries < 50, "it never gets to an event");
        let mut command = place.command(&args);
        let child = command
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        while state("status", "manifest.json").is_none_or(|status| status != "running") {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(code(&output), 130);
        assert!(out(&output).contains("2 points, 1 not computed"), "{}", out(&output));
        assert!(
            err(&output).contains("the same command with --out s goes on from there"),
            "{}",
            err(&output)
        );
        assert_eq!(state("status", "manifest.json").unwrap(), "interrupted");
        // It may have been stopped before its first event.
        let Some(time) = state("sim_time_s", "summary.json") else { continue };
        let time = time.as_f64().unwrap();
        assert!(time >= reached && place.path().join("s/duration=9000s/checkpoint.bin").is_file());
        (reached, told) = (time, told + 1);
        if told >= 2 && reached > 0.0 {
            break;
        }
    }
    assert!(reached > 0.0);
    let listed = place.memspike(&[&args[..], &["--dry-run"]].concat());
    assert_eq!(out(&listed), "duration=50ms: there\nduration=9000s: to be computed\n");
}

/// Killed in the middle of an epoch: what was trained until its checkpoint is not trained again.
#[cfg(unix)]
#[test]
fn a_point_that_is_killed_goes_on_from_its_checkpoint() {
    let place = Place::new();
    let set = ["--set", "protocol.train_samples=4000", "--set", "protocol.test_samples=20", "-q"];
    let vary =
        ["sweep", "digits", "--vary", "protocol.epochs=1", "--checkpoint-every", "0.1 s", "--out", "s"];
    let sweep = [&vary[..], &set].concat();
    let path = place.path().join("s/epochs=1/checkpoint.bin");
    let mut child = place.command(&sweep).spawn().unwrap();
    while !path.is_file() {
        assert!(child.try_wait().unwrap().is_none(), "it was done before it was killed");
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    // Without its checkpoint it would not notice.
    let kept = fs::read(&path).unwrap();
    fs::write(&path, &kept[..kept.len() / 2]).unwrap();
    let damaged = place.memspike(&sweep);
    assert_eq!(code(&damaged), 1);
    assert!(err(&damaged).contains("1 of 1 point failed"), "{}", err(&damaged));
    fs::write(&path, &kept).unwrap();
    assert_eq!(code(&place.memspike(&sweep)), 0);
    assert!(!path.is_file());
    let alone = [&["run", "digits", "--set", "protocol.epochs=1", "--out", "alone"], &set[..]].concat();
    assert_eq!(code(&place.memspike(&alone)), 0);
    assert_eq!(code(&place.memspike(&["compare", "s/epochs=1", "alone"])), 0);
    let refused = place.memspike(&["sweep", "digits", "--repeat", "2", "--checkpoint-every", "10 ms"]);
    assert!(code(&refused) == 2 && err(&refused).contains("at least 0.1 s"), "{}", err(&refused));
}

#[test]
fn points_that_need_the_weights_of_one_training_train_once() {
    let place = Place::new();
    let short = "[protocol]\nepochs = 1\ntrain_samples = 60\ntest_samples = 10\n";
    fs::write(place.path().join("trained.toml"), format!("extends = \"digits\"\n{short}")).unwrap();
    let tested = "extends = \"trained\"\n[protocol]\nweights_from = \"trained\"\n";
    fs::write(place.path().join("tested.toml"), tested).unwrap();
    let args =
        ["sweep", "tested.toml", "--vary", "protocol.test_samples=4,6,8", "--jobs", "2", "--threads", "1"];
    let sweep = place.memspike(&[&args[..], &["--out", "s"]].concat());
    assert_eq!(code(&sweep), 0);
    assert_eq!(names(&place.path().join("runs/trained")), ["001"]);
    let from = |point: &str| {
        json(&read(&place, &format!("s/{point}/summary.json")))["accuracy"]["weights_from"].clone()
    };
    for point in ["test_samples=4", "test_samples=6", "test_samples=8"] {
        assert_eq!(from(point), "runs/trained/001");
    }
    // Two that ran at once say so of their CPU time.
    let summary = json(&read(&place, "s/test_samples=4/summary.json"));
    assert_eq!(summary["performance"]["at_once"], 2);
    let page = read(&place, "s/test_samples=4/report.html");
    assert!(page.contains("in which up to 2 runs were computed at once"));
    assert!(page.contains("<a id=\"all\" href=\"../sweep.html\">"));
}
