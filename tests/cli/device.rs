//! `memspike device`, from the outside.

use crate::common::{Page, Place, code, err, out};
use std::fs;

/// Header and columns of a table on stdout.
fn table(text: &str) -> (Vec<String>, Vec<Vec<f64>>) {
    let mut lines = text.lines();
    let header: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let mut columns = vec![Vec::new(); header.len()];
    for line in lines {
        for (column, field) in columns.iter_mut().zip(line.split(',')) {
            column.push(field.parse().unwrap_or(f64::NAN));
        }
    }
    (header, columns)
}

fn column(text: &str, name: &str) -> Vec<f64> {
    let (header, columns) = table(text);
    columns[header.iter().position(|h| h == name).unwrap_or_else(|| panic!("{name} of {header:?}"))].clone()
}

const CAN: [(&str, &[&str]); 6] = [
    ("ag-tio2-pt-ts", &["iv", "pulses", "retention", "cycles"]),
    ("ag-tio2-pt-rs-binary", &["iv", "pulses", "retention", "cycles"]),
    ("ag-tio2-pt-rs-analog", &["iv", "pulses", "stdp", "retention", "cycles"]),
    ("ag-asi-jo-2010", &["iv", "pulses", "retention", "cycles"]),
    ("vteam-kvatinsky-2015", &["iv", "pulses", "retention", "cycles"]),
    ("vo2-debets-2026", &["iv"]),
];

#[test]
fn every_device_does_what_it_can_and_refuses_the_rest() {
    let place = Place::new();
    let models = out(&place.memspike(&["models"]));
    for (name, can) in CAN {
        assert!(models.contains(name), "`memspike models` lists {name}");
        for experiment in ["iv", "pulses", "stdp", "retention", "cycles"] {
            let output = place.memspike(&["device", name, experiment, "--plot", "picture.svg"]);
            if !can.contains(&experiment) {
                assert_eq!(output.status.code(), Some(2), "{name} {experiment}");
                assert!(err(&output).contains("cannot do") && err(&output).contains("it can do"));
                assert!(out(&output).is_empty() && !place.path().join("picture.svg").exists());
                continue;
            }
            assert_eq!(code(&output), 0, "{name} {experiment}");
            let (header, columns) = table(&out(&output));
            assert!(columns[0].len() > 8, "{name} {experiment}");
            assert!(header.iter().any(|h| h.contains('[')), "units in the header: {header:?}");
            assert!(columns.iter().flatten().all(|v| v.is_finite()), "{name} {experiment}");
            let svg = fs::read_to_string(place.path().join("picture.svg")).unwrap();
            assert!(svg.starts_with("<svg") && !svg.contains("NaN"), "{name} {experiment}");
            fs::remove_file(place.path().join("picture.svg")).unwrap();
        }
    }
}

#[test]
fn all_embedded_presets_are_among_the_devices_tested() {
    let mut known: Vec<&str> = CAN.iter().map(|(name, _)| *name).collect();
    known.sort_unstable();
    assert_eq!(known, memspike::device::preset::Preset::names());
}

#[test]
fn the_papers_switch_turns_on_at_0_25_volts_at_7_microamperes() {
    let place = Place::new();
    let text = out(&place.memspike(&["device", "ag-tio2-pt-ts", "iv", "--samples", "1000"]));
    let (v, i, on) = (column(&text, "voltage [V]"), column(&text, "current [A]"), column(&text, "on"));
    let first = on.iter().position(|on| *on == 1.0).unwrap();
    let last = on.iter().rposition(|on| *on == 1.0).unwrap();
    assert!((v[first] - 0.25).abs() < 1e-3 && (v[last] - 0.10).abs() < 1e-3);
    assert_eq!(i.iter().copied().fold(0.0, f64::max), 7e-6);
    let lower = out(&place.memspike(&["device", "ag-tio2-pt-ts", "iv", "--compliance", "3 uA"]));
    assert_eq!(column(&lower, "current [A]").iter().copied().fold(0.0, f64::max), 3e-6);
}

#[test]
fn the_papers_synapse_has_its_window_and_says_so() {
    let place = Place::new();
    let output = place.memspike(&["device", "ag-tio2-pt-rs-analog", "stdp"]);
    let text = out(&output);
    let (dt, change) = (column(&text, "dt [s]"), column(&text, "change [%]"));
    assert_eq!((dt.len(), dt[30], change[30]), (61, 0.0, 0.0));
    assert!((change[36] - 138.61 * (-30.0f64 / 64.1).exp()).abs() < 0.5, "{}", change[36]);
    let said = err(&output);
    assert!(
        said.contains("W = 138.56 %, tau = 64.10 ms") && said.contains("W = -103.39 %, tau = 29.20 ms"),
        "{said}"
    );
}

#[test]
fn a_million_cycles_can_be_summed_up() {
    let place = Place::new();
    let args = ["device", "ag-tio2-pt-rs-binary", "cycles", "--number", "1000000", "--summary"];
    let output = place.memspike(&args);
    assert_eq!(code(&output), 0);
    let text = out(&output);
    assert_eq!(text.lines().count(), 3);
    let (cv, failed) = (column(&text, "cv [%]"), column(&text, "failed"));
    // A RESET that failed (3e-7 of them) is counted, and no resistance of the off state.
    let expected = [0.81, 1.15];
    assert_eq!(column(&text, "count")[1] + failed[1], 1e6);
    for (got, expected) in cv.iter().zip(expected) {
        // Three standard errors of a million cycles.
        assert!((got / expected - 1.0).abs() < 0.0022, "{cv:?} {failed:?}");
    }
    assert!(err(&output).contains("outside the measured range"), "{}", err(&output));
}

#[test]
fn one_cycle_has_no_spread_and_voltages_have_none_of_their_logarithm() {
    let place = Place::new();
    for device in ["ag-tio2-pt-rs-binary", "ag-tio2-pt-ts"] {
        let args = ["device", device, "cycles", "--number", "1"];
        for output in [place.memspike(&args), place.memspike(&[&args[..], &["--summary"]].concat())] {
            assert_eq!(code(&output), 0, "{}", err(&output));
            let told = out(&output) + &err(&output);
            assert!(!told.contains("NaN") && !told.contains("CV"), "{told}");
        }
    }
    let volts = place.memspike(&["device", "ag-tio2-pt-ts", "cycles", "--number", "50"]);
    assert!(!err(&volts).contains("log"), "{}", err(&volts));
}

#[test]
fn a_passive_column_is_driven_by_rows_and_swept_by_nothing() {
    let place = Place::new();
    let node = ["--circuit", "node", "--series-resistor", "1 MOhm", "--capacitor", "2 nF"];
    let pulses = ["device", "ag-tio2-pt-ts", "pulses", "--amplitude", "0.6 V"];
    let missing = place.memspike(&[&pulses[..], &node].concat());
    assert_eq!(code(&missing), 2);
    assert!(err(&missing).contains("add --row-voltage"), "{}", err(&missing));
    let row = ["--row-voltage", "0.6 V", "--beyond-range"];
    let output = place.memspike(&[&pulses[..], &node, &row].concat());
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("circuit node"), "{}", err(&output));
    let swept = place.memspike(&[&["device", "ag-tio2-pt-ts", "iv"], &node[..], &row[..2]].concat());
    assert_eq!(code(&swept), 2);
    assert!(err(&swept).contains("`iv` sweeps a voltage"), "{}", err(&swept));
}

#[test]
fn numbers_depend_on_the_seed_where_something_is_drawn_and_only_there() {
    let place = Place::new();
    let run = |args: &[&str]| out(&place.memspike(&[&["device", "ag-tio2-pt-ts"], args].concat()));
    assert_eq!(run(&["iv"]), run(&["iv", "--seed", "2"]));
    for drawn in [&["iv", "--vary"][..], &["iv", "--noise", "1 %"], &["cycles"]] {
        assert_eq!(run(drawn), run(drawn));
        assert_ne!(run(drawn), run(&[drawn, &["--seed", "2"]].concat()), "{drawn:?}");
    }
}

#[test]
fn a_preset_can_be_a_file_and_its_numbers_can_be_changed() {
    let place = Place::new();
    let text =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/presets/ag-tio2-pt-ts.toml")).unwrap();
    fs::write(place.path().join("mine.toml"), text).unwrap();
    let own = out(&place.memspike(&["device", "mine.toml", "iv"]));
    assert_eq!(own, out(&place.memspike(&["device", "ag-tio2-pt-ts", "iv"])));
    let changed =
        place.memspike(&["device", "mine.toml", "cycles", "--set", "v_th=0.3 V", "--set", "cycle_cv=0"]);
    assert_eq!(code(&changed), 0);
    let v_on = column(&out(&changed), "v_on [V]");
    // The spread from device to device is left: 5 % of this device, the same in every cycle.
    assert!(v_on.iter().all(|v| (v / v_on[0] - 1.0).abs() < 1e-3 && (0.24..0.36).contains(v)), "{v_on:?}");
    let law = place.memspike(&["device", "ag-tio2-pt-rs-analog", "pulses", "--set", "law=soft_bound"]);
    assert_eq!(code(&law), 0);
}

#[test]
fn pictures_are_written_whole() {
    let place = Place::new();
    for name in ["loop.svg", "again.SVG"] {
        let output = place.memspike(&["device", "ag-tio2-pt-rs-binary", "iv", "--plot", name]);
        assert_eq!(code(&output), 0);
        assert!(err(&output).contains(&format!("drawn in {name}")));
    }
    let [one, other] = ["loop.svg", "again.SVG"].map(|name| fs::read(place.path().join(name)).unwrap());
    assert!(one.starts_with(b"<svg ") && one == other);
    // Nothing else is left behind.
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 2);
    let quiet = place.memspike(&["device", "ag-tio2-pt-rs-binary", "iv", "--plot", "loop.svg", "-q"]);
    assert!(err(&quiet).is_empty(), "an existing picture is replaced: {}", err(&quiet));
}

/// Rendered where that can be done.
const PICTURE: &str = if cfg!(feature = "png") { "picture.png" } else { "picture.svg" };

#[test]
fn drives_beyond_all_physics_end_with_a_table_and_a_picture() {
    let place = Place::new();
    for args in [
        &["ag-tio2-pt-ts", "iv", "--amplitude", "1e308 V"][..],
        &["ag-tio2-pt-rs-analog", "iv", "--amplitude", "1e308 V", "--duration", "1e-320 s"],
        &["ag-tio2-pt-rs-binary", "iv", "--through", "0 V,1e308 V,-1e308 V,0 V"],
        &["ag-tio2-pt-rs-analog", "pulses", "--amplitude", "1e308 V", "--width", "1e-320 s"],
        &["ag-tio2-pt-ts", "pulses", "--amplitude", "-1e308 V", "--width", "1e300 s", "--period", "1e301 s"],
        &["ag-tio2-pt-rs-analog", "stdp", "--reach", "1e-320 s"],
        &["ag-tio2-pt-rs-analog", "stdp", "--reach", "1e300 s"],
        &["ag-tio2-pt-rs-binary", "retention", "--until", "1e308 s"],
        &["ag-tio2-pt-rs-binary", "cycles", "--amplitude", "1e308 V", "--rate", "1e-300 V/s"],
    ] {
        let args = [&["device"], args, &["--beyond-range", "--plot", PICTURE]].concat();
        let output = place.memspike(&args);
        // A sweep that no number can time may be refused; nothing else may happen.
        let ended = code(&output);
        assert!(ended == 0 || ended == 2 && err(&output).contains("error: "), "{args:?}: {ended}");
    }
}

#[test]
fn faults_of_the_command_line() {
    let mut page = Page::new();
    let place = Place::new();
    let mut refused = |what: &str, args: &[&str]| {
        let output = place.memspike(&[&["device"], args].concat());
        assert!(output.stdout.is_empty(), "{what}");
        page.refused(what, &place, &output);
    };
    refused("an unknown device", &["ag-tio2-pt-tss", "iv"]);
    refused("a device nobody knows", &["quartz", "iv"]);
    refused("an unknown experiment", &["ag-tio2-pt-ts", "pulse"]);
    refused("no experiment", &["ag-tio2-pt-ts"]);
    refused("a window of a switch", &["ag-tio2-pt-ts", "stdp"]);
    refused("a window without a pulse", &["ag-asi-jo-2010", "stdp"]);
    refused("pulses on a circuit", &["vo2-debets-2026", "pulses"]);
    refused("cycles of a circuit", &["vo2-debets-2026", "cycles"]);
    refused("a voltage beyond the range", &["ag-tio2-pt-rs-binary", "iv", "--amplitude", "0.5 V"]);
    refused("a sweep further down than up", &["ag-asi-jo-2010", "iv", "--reverse", "-3 V"]);
    refused("cycles without a voltage to reset", &["ag-tio2-pt-rs-binary", "cycles", "--set", "v_min=0 V"]);
    refused("a voltage without a unit", &["ag-tio2-pt-ts", "iv", "--amplitude", "0.3"]);
    refused("a time in volts", &["ag-tio2-pt-ts", "pulses", "--width", "1 V"]);
    refused("a sweep that goes nowhere", &["ag-tio2-pt-ts", "iv", "--amplitude", "0 V"]);
    refused(
        "a period shorter than the pulse",
        &["ag-tio2-pt-ts", "pulses", "--width", "2 ms", "--period", "1 ms"],
    );
    refused("a start of a volatile device", &["ag-tio2-pt-ts", "iv", "--start", "1 mS"]);
    refused("a start outside the bounds", &["ag-tio2-pt-rs-analog", "iv", "--start", "1 S"]);
    refused("a reverse voltage that is none", &["ag-tio2-pt-rs-binary", "cycles", "--reverse", "0.1 V"]);
    refused("wear without endurance", &["ag-tio2-pt-rs-analog", "cycles", "--wear"]);
    refused("an unknown parameter", &["ag-tio2-pt-ts", "iv", "--set", "v_thr=0.3 V"]);
    refused("a parameter in another unit", &["ag-tio2-pt-ts", "iv", "--set", "v_th=0.3 A"]);
    refused("a parameter that makes no device", &["ag-tio2-pt-ts", "iv", "--set", "v_hold=0.3 V"]);
    refused("a law that is none", &["ag-tio2-pt-rs-analog", "iv", "--set", "law=cubic"]);
    refused("a setting without a value", &["ag-tio2-pt-ts", "iv", "--set", "v_th"]);
    refused("noise in another unit", &["ag-tio2-pt-ts", "iv", "--noise", "1 mV"]);
    refused("noise without a unit", &["ag-tio2-pt-ts", "iv", "--noise", "0.1"]);
    refused("a picture of another kind", &["ag-tio2-pt-ts", "iv", "--plot", "loop.pdf"]);
    refused("a picture where there is no directory", &["ag-tio2-pt-ts", "iv", "--plot", "none/loop.svg"]);
    refused(
        "more rows than memory",
        &["ag-tio2-pt-ts", "iv", "--cycles", "4000000000", "--samples", "4000000000"],
    );
    fs::create_dir(place.path().join("dir.svg")).unwrap();
    let output = place.memspike(&["device", "ag-tio2-pt-ts", "iv", "--plot", "dir.svg"]);
    page.refused("a picture where a directory is", &place, &output);
    insta::assert_snapshot!("faults_of_the_command_line", page.text());
}

#[test]
fn faults_of_preset_files() {
    let mut page = Page::new();
    let good =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/presets/ag-tio2-pt-ts.toml")).unwrap();
    let mut refused = |what: &str, text: &[u8]| {
        let place = Place::new();
        fs::write(place.path().join("mine.toml"), text).unwrap();
        let output = place.memspike(&["device", "mine.toml", "iv"]);
        page.refused(what, &place, &output);
    };
    refused("empty", b"");
    refused("not TOML", b"name = \nkind = [");
    refused("not text", &[0x6e, 0x0a, 0xff, 0xfe, 0x00]);
    refused("a missing and an unknown key", good.replace("tau = ", "tauu = ").as_bytes());
    refused("a unit of another kind", good.replace("9.41 ms", "9.41 mV").as_bytes());
    refused("no unit", good.replace("9.41 ms", "9.41").as_bytes());
    refused("a provenance nobody knows", good.replacen("\"measured\"", "\"guessed\"", 1).as_bytes());
    refused("a hold voltage above threshold", good.replace("\"0.10 V\"", "\"0.30 V\"").as_bytes());
    refused("not a number", good.replace("9.41 ms", "NaN ms").as_bytes());
    let place = Place::new();
    page.refused("a file that is not there", &place, &place.memspike(&["device", "./mine.toml", "iv"]));
    fs::create_dir(place.path().join("mine.toml")).unwrap();
    page.refused("a directory", &place, &place.memspike(&["device", "mine.toml", "iv"]));
    insta::assert_snapshot!("faults_of_preset_files", page.text());
}

#[cfg(unix)]
#[test]
fn a_closed_pipe_is_nobodys_fault_and_a_full_disk_is_told() {
    use std::process::Stdio;
    let place = Place::new();
    let mut child = place
        .command(&["device", "ag-tio2-pt-ts", "iv", "--cycles", "200"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0);
    assert!(!err(&output).contains("error"), "{}", err(&output));
    if std::path::Path::new("/dev/full").exists() {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let output = place.command(&["device", "ag-tio2-pt-ts", "iv"]).stdout(full).output().unwrap();
        assert_eq!(code(&output), 2);
        assert!(err(&output).contains("cannot write to stdout"));
    }
    // A device file is not replaced by a picture.
    fs::create_dir(place.path().join("d")).unwrap();
    std::os::unix::fs::symlink("/dev/null", place.path().join("d/null.svg")).unwrap();
    let output = place.memspike(&["device", "ag-tio2-pt-ts", "iv", "--plot", "d/null.svg"]);
    assert_eq!(code(&output), 2);
    assert!(err(&output).contains("it is not a regular file"));
}

/// The commands of a chapter of the book, with lines that go on joined.
fn commands(chapter: &str) -> Vec<String> {
    let path = format!("{}/docs/src/{chapter}.md", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(path).unwrap().replace("\\\n", " ");
    let lines = text.lines().filter_map(|line| line.strip_prefix("    memspike "));
    lines.map(|line| line.split(" #").next().unwrap().trim().to_owned()).collect()
}

/// As a shell would split it; there are no quotes within quotes.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (k, part) in command.split('"').enumerate() {
        if k % 2 == 1 {
            // A quoted piece belongs to the word before it, as in tau="5 ms".
            match words.last_mut().filter(|word: &&mut String| word.ends_with('=')) {
                Some(word) => word.push_str(part),
                None => words.push(part.to_owned()),
            }
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

#[test]
fn the_commands_of_the_book_run_and_its_pictures_are_there() {
    let place = Place::new();
    for chapter in ["device-characterise", "device-fit"] {
        let (commands, mut said) = (commands(chapter), String::new());
        assert!(commands.len() >= 8, "{chapter}: {commands:?}");
        for command in commands {
            let (command, file) = command.split_once(" > ").unwrap_or((&command, ""));
            let words = words(command);
            let args: Vec<&str> = words.iter().map(String::as_str).collect();
            let output = place.memspike(&args);
            // One of them shows what a refusal looks like.
            let refusal = command == "fit retention held.csv";
            assert_eq!(code(&output), if refusal { 2 } else { 0 }, "{command}");
            if !file.is_empty() {
                fs::write(place.path().join(file.trim()), out(&output)).unwrap();
            }
            said += &(out(&output) + &err(&output));
            for word in words.iter().filter(|word| word.ends_with(".svg")) {
                let there = format!("{}/docs/src/images/{word}", env!("CARGO_MANIFEST_DIR"));
                let shown = ["loop.svg", "fit.svg"].contains(&word.as_str());
                assert!(shown || std::path::Path::new(&there).exists(), "{there}");
            }
        }
        let text =
            fs::read_to_string(format!("{}/docs/src/{chapter}.md", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for block in text.split("```text\n").skip(1) {
            let block = block.split("```").next().unwrap();
            assert!(said.contains(block), "the book shows what nobody said:\n{block}\n{said}");
        }
    }
}

#[test]
fn the_sign_of_a_drive_is_told_and_warned_of_where_it_does_nothing() {
    let place = Place::new();
    let said = |args: &[&str]| {
        let output = place.memspike(&[&["device"], args].concat());
        assert_eq!(code(&output), 0);
        err(&output)
    };
    let silent = said(&["ag-tio2-pt-ts", "pulses", "--amplitude", "-0.4V"]);
    let why = "warning: pulses of -400 mV never turn `ag-tio2-pt-ts` on; allowed: voltages of 0 V or more";
    assert!(silent.contains(why) && silent.contains("write 400 mV"), "{silent}");
    let off = said(&["ag-tio2-pt-rs-binary", "pulses", "--amplitude", "-0.1V"]);
    assert!(off.contains("warning: pulses of -100 mV cannot RESET `ag-tio2-pt-rs-binary`"), "{off}");
    let both = said(&["ag-tio2-pt-rs-analog", "pulses"]);
    assert!(
        both.contains("mV (SET), then 50 of \u{2212}250 mV (RESET)") && !both.contains("warning"),
        "{both}"
    );
}
