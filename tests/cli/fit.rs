//! `memspike fit`, from the outside: what was simulated with noise is recovered, what cannot be known is refused.

use crate::common::{Page, Place, code, err, json, out};
use memspike::device::overlap::ExponentialWindow;
use memspike::device::preset::{Preset, Provenance};
use memspike::device::threshold::VolatileSwitch;
use memspike::numeric::standard_normal;
use memspike::random::{Purpose, word};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::process::Stdio;

/// Puts what a device says into a file.
fn measure(place: &Place, file: &str, args: &[&str]) {
    let output = place.memspike(&[&["device"], args].concat());
    assert_eq!(code(&output), 0);
    fs::write(place.path().join(file), out(&output)).unwrap();
}

/// (name, value, error) of every parameter.
fn fit(place: &Place, args: &[&str]) -> Vec<(String, f64, f64)> {
    let output = place.memspike(&[&["fit"], args, &["--format", "json"]].concat());
    assert_eq!(code(&output), 0);
    let answer = json(&out(&output));
    let parameters = answer["parameters"].as_array().unwrap();
    let number = |p: &serde_json::Value, key: &str| p[key].as_f64().unwrap();
    let read = |p: &serde_json::Value| {
        (p["name"].as_str().unwrap().to_owned(), number(p, "value"), number(p, "error"))
    };
    parameters.iter().map(read).collect()
}

/// A standard normal number.
fn noise(k: u64) -> f64 {
    standard_normal(word(77, Purpose::Measurement, 0, k))
}

/// Every parameter within four of its standard errors, which are at most a share `most` of it.
fn recovers(found: &[(String, f64, f64)], truth: &[(&str, f64)], most: f64) {
    for (name, value) in truth {
        let (_, got, error) =
            found.iter().find(|(n, ..)| n == name).unwrap_or_else(|| panic!("{name}: {found:?}"));
        assert!((got - value).abs() <= 4.0 * error, "{name}: {got} +- {error}, was {value}");
        assert!(*error > 0.0 && *error < most * value.abs(), "{name}: {got} +- {error}");
    }
}

#[test]
fn a_relaxation_gives_back_9_41_ms_and_0_43_mv() {
    let place = Place::new();
    for seed in ["1", "2", "3"] {
        measure(&place, "relax.csv", &["ag-tio2-pt-ts", "retention", "--noise", "0.2 mV", "--seed", seed]);
        let found = fit(&place, &["lif", "relax.csv"]);
        recovers(&found, &[("tau", 9.41e-3), ("u_rest", 0.43e-3), ("u_0", 0.25)], 0.1);
    }
}

#[test]
fn a_window_gives_back_the_four_constants_of_the_paper() {
    let place = Place::new();
    let window = ExponentialWindow::default();
    for seed in 0..5 {
        let mut text = String::from("dt [ms],change [%]\n");
        for k in -30..=30i32 {
            let z = standard_normal(word(seed, Purpose::Measurement, 0, (k + 30) as u64));
            let dt = 5.0 * f64::from(k);
            writeln!(text, "{dt},{}", window.percent(dt * 1e-3) + z).unwrap();
        }
        fs::write(place.path().join("window.csv"), text).unwrap();
        let found = fit(&place, &["stdp", "window.csv"]);
        let truth = [("w_plus", 138.61), ("tau_plus", 64.1e-3), ("w_minus", -103.46), ("tau_minus", 29.2e-3)];
        recovers(&found, &truth, 0.03);
    }
    // The device's own window, of which the lobes' overlap is left out.
    measure(&place, "device.csv", &["ag-tio2-pt-rs-analog", "stdp", "--noise", "1 %"]);
    let found = fit(&place, &["stdp", "device.csv", "--from", "10 ms"]);
    let truth = [("w_plus", 138.56), ("tau_plus", 64.1e-3), ("w_minus", -103.39), ("tau_minus", 29.2e-3)];
    recovers(&found, &truth, 0.02);
}

#[test]
fn loops_pulses_and_retention_give_back_their_devices() {
    let place = Place::new();
    measure(
        &place,
        "ts.csv",
        &["ag-tio2-pt-ts", "iv", "--set", "g_pre=0.1 uS", "--noise", "1 %", "--cycles", "3"],
    );
    let found = fit(&place, &["iv", "ts.csv"]);
    let truth = [("v_th", 0.25), ("v_hold", 0.10), ("i_cc", 7e-6), ("g_on", 35e-6), ("g_off", 1e-7)];
    recovers(&found, &truth, 0.02);
    measure(&place, "rs.csv", &["ag-tio2-pt-rs-binary", "iv", "--noise", "1 %", "--cycles", "3"]);
    let found = fit(&place, &["iv", "rs.csv"]);
    let truth =
        [("v_set", 0.12), ("v_reset", 0.08), ("r_on", 200.0), ("r_off", 3_162_277.66), ("off_v0", 0.1)];
    recovers(&found, &truth, 0.05);
    measure(
        &place,
        "held.csv",
        &["ag-tio2-pt-rs-binary", "retention", "--until", "100 ks", "--devices", "1", "--noise", "2 %"],
    );
    recovers(&fit(&place, &["retention", "held.csv"]), &[("tau", 78e3), ("g_p", 5e-3)], 0.02);
    let soft = [
        "ag-tio2-pt-rs-analog",
        "pulses",
        "--set",
        "law=soft_bound",
        "--width",
        "400 ms",
        "--noise",
        "0.5 %",
    ];
    measure(&place, "pulses.csv", &[&soft[..], &["--count", "100"]].concat());
    // Of the rate at 0.2 V, 400 ms are a dose of 0.4/13.06.
    let truth = [("g_0", 1e-3), ("g_end", 4e-3), ("dose", 0.4 / 13.06)];
    recovers(&fit(&place, &["pulses", "pulses.csv"]), &truth, 0.05);
}

#[test]
fn a_preset_of_a_fit_is_a_device_at_once() {
    let place = Place::new();
    measure(&place, "relax.csv", &["ag-tio2-pt-ts", "retention", "--set", "tau=5 ms", "--noise", "0.2 mV"]);
    let output = place.memspike(&["fit", "lif", "relax.csv", "--out", "mine.toml", "--plot", "fit.svg"]);
    assert_eq!(code(&output), 0);
    assert!(
        out(&output).starts_with("parameter") && out(&output).contains("standard error"),
        "{}",
        out(&output)
    );
    assert!(err(&output).contains("memspike device ./mine.toml"), "{}", err(&output));
    assert!(fs::read_to_string(place.path().join("fit.svg")).unwrap().starts_with("<svg "));
    let preset =
        Preset::parse("mine.toml", &fs::read_to_string(place.path().join("mine.toml")).unwrap()).unwrap();
    let VolatileSwitch { switch, .. } = preset.device.get().unwrap();
    assert!((switch.tau.get() / 5e-3 - 1.0).abs() < 0.01);
    let fitted: Vec<&str> = preset
        .parameters
        .iter()
        .filter(|p| p.provenance == Provenance::Fitted && p.source.starts_with("relax.csv"))
        .map(|p| p.key.as_str())
        .collect();
    assert_eq!(fitted, ["tau", "u_rest"]);
    assert!(
        preset.parameters.iter().all(|p| p.provenance != Provenance::Measured),
        "nothing else was measured"
    );
    assert_eq!(code(&place.memspike(&["device", "mine.toml", "pulses"])), 0);
}

#[test]
fn every_model_writes_a_preset_that_behaves_like_the_data() {
    let place = Place::new();
    // A window of its own through the device's kinetics.
    let mut text = String::from("dt [ms],change [%]\n");
    let window = ExponentialWindow { w_plus: 60.0, w_minus: -40.0, ..ExponentialWindow::default() };
    for k in (-30..=30i32).filter(|k| *k != 0) {
        let dt = 5.0 * f64::from(k);
        writeln!(text, "{dt},{}", window.percent(dt * 1e-3) + 0.1 * noise((k + 30) as u64)).unwrap();
    }
    fs::write(place.path().join("window.csv"), text).unwrap();
    let wanted = fit(&place, &["stdp", "window.csv", "--out", "window.toml"]);
    measure(&place, "again.csv", &["window.toml", "stdp", "--noise", "0.01 %"]);
    let found = fit(&place, &["stdp", "again.csv", "--from", "10 ms"]);
    for ((name, got, _), (_, want, _)) in found.iter().zip(&wanted) {
        assert!((got / want - 1.0).abs() < 2e-3, "{name}: {got}, wanted {want}");
    }
    // A loop of each kind.
    for (device, file, ends) in [
        ("ag-tio2-pt-ts", "ts", [None, Some("400 mV")]),
        ("ag-tio2-pt-rs-binary", "rs", [Some("-100 mV"), Some("200 mV")]),
    ] {
        let (csv, toml) = (format!("{file}.csv"), format!("{file}.toml"));
        measure(&place, &csv, &[device, "iv", "--vary", "--cycles", "6", "--noise", "1 %"]);
        let wanted = fit(&place, &["iv", &csv, "--out", &toml]);
        // It is stated for the voltages of the sweep: those of the other sign are no matter for a switch that forgets.
        let written: toml::Table = fs::read_to_string(place.path().join(&toml)).unwrap().parse().unwrap();
        let end = |key| written["parameters"].get(key).and_then(|end| end["value"].as_str());
        assert_eq!(["v_min", "v_max"].map(end), ends, "{device}");
        measure(&place, "again.csv", &[&toml, "iv"]);
        let found = fit(&place, &["iv", "again.csv"]);
        for (name, want, _) in wanted.iter().filter(|(name, ..)| name.starts_with(['v', 'g', 'r'])) {
            let got = found.iter().find(|(n, ..)| n == name).map_or(0.0, |f| f.1);
            assert!((got / want - 1.0).abs() < 0.02, "{name}: {got}, wanted {want}");
        }
    }
    // A train of pulses, up and down.
    for (sign, args) in [
        ("0.2 V", &["--set", "law=soft_bound", "--amplitude", "0.2 V", "--width", "800 ms"][..]),
        (
            "-0.25 V",
            &["--set", "law=soft_bound", "--amplitude", "-0.25 V", "--width", "800 ms", "--start", "3 mS"],
        ),
    ] {
        measure(
            &place,
            "train.csv",
            &[&["ag-tio2-pt-rs-analog", "pulses", "--noise", "0.2 %"], args].concat(),
        );
        let args = [
            "pulses",
            "train.csv",
            "--amplitude",
            sign,
            "--width",
            "800 ms",
            "--out",
            "train.toml",
            "--force",
        ];
        let wanted = fit(&place, &args);
        measure(&place, "again.csv", &["train.toml", "pulses", "--amplitude", sign, "--width", "800 ms"]);
        let found = fit(&place, &["pulses", "again.csv"]);
        for ((name, got, _), (_, want, _)) in found.iter().zip(&wanted) {
            assert!((got / want - 1.0).abs() < 5e-3, "{sign} {name}: {got}, wanted {want}");
        }
    }
    measure(
        &place,
        "held.csv",
        &["ag-tio2-pt-rs-binary", "retention", "--until", "100 ks", "--devices", "1", "--noise", "1 %"],
    );
    let wanted = fit(&place, &["retention", "held.csv", "--stretched", "--out", "held.toml"]);
    measure(&place, "again.csv", &["held.toml", "retention", "--until", "100 ks", "--devices", "1"]);
    let found = fit(&place, &["retention", "again.csv", "--stretched"]);
    for ((name, got, _), (_, want, _)) in found.iter().zip(&wanted) {
        assert!((got / want - 1.0).abs() < 0.01, "{name}: {got}, wanted {want}");
    }
}

/// A loop as `voltage, current` pairs, from a table of ours.
fn loop_of(place: &Place, file: &str) -> Vec<(f64, f64)> {
    let text = fs::read_to_string(place.path().join(file)).unwrap();
    let mut lines = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let header = lines.next().unwrap();
    let at = |name: &str| header.iter().position(|h| h.starts_with(name)).unwrap();
    let (v, i) = (at("voltage"), at("current"));
    lines.map(|line| (line[v].parse().unwrap(), line[i].parse().unwrap())).collect()
}

#[test]
fn what_instruments_write_is_read_at_the_first_try() {
    let place = Place::new();
    measure(&place, "ours.csv", &["ag-tio2-pt-ts", "iv", "--noise", "1 %", "--cycles", "2"]);
    let points = loop_of(&place, "ours.csv");
    let rows = |scale: f64, row: &dyn Fn(usize, f64, f64) -> String| -> String {
        points.iter().enumerate().map(|(k, &(v, i))| row(k, v, i * scale)).collect()
    };
    let settings =
        "Test Name,vds-id#1@1\r\nMode,Sweeping\r\nForcing,Sweep,Common\r\nCompliance,7e-06,0.1\r\n\r\n";
    let keithley = format!("{settings}Time,AV,AI\r\n{}", rows(1.0, &|k, v, i| format!("{k},{v},{i:E}\r\n")));
    let analyser = format!(
        "SetupTitle, IV\nMetaData, Analysis.Setup.Vector, V, I\nDimension1, {n}, {n}\nDataName, Vtop, Itop\n{}",
        rows(1.0, &|_, v, i| format!("DataValue, {v}, {i:e}\n")),
        n = points.len()
    );
    let german = rows(1e6, &|_, v, i| format!("{v};{i}\r\n").replace('.', ","));
    let german = format!("Gerät: Nr. 7\r\nSpannung / V;Strom / µA\r\n{german}");
    let latin: Vec<u8> = german.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    let tabs = format!("V (V)\tI (mA)\n{}", rows(1e3, &|_, v, i| format!("{v}\t{i:e}\n")));
    let sheet = format!(
        "Voltage_V;Current_A\r\n{}",
        rows(1.0, &|_, v, i| format!("{v};{i:e}\r\n").replace('.', ","))
    );
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain(sheet.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let half = points.len() / 2;
    let blank = rows(1e6, &|k, v, i| {
        let between = if k == half { "\nV[V] I[uA]\n" } else { "" };
        format!("{between}{v} {i}\n")
    });
    let appended = format!("V[V] I[uA]\n{blank}");
    let want = fit(&place, &["iv", "ours.csv"]);
    for (what, bytes, told) in [
        (
            "keithley.csv",
            keithley.into_bytes(),
            "header on line 6, separated by commas; column 2 as voltage in V",
        ),
        ("b1500.csv", analyser.into_bytes(), "header on line 4"),
        ("latin.csv", latin, "Latin-1, header on line 2, separated by semicolons, decimal commas"),
        ("tabs.txt", tabs.into_bytes(), "separated by tabs"),
        ("sheet.txt", wide, "UTF-16, header on line 1"),
        ("appended.txt", appended.into_bytes(), "2 tables, one after the other"),
    ] {
        fs::write(place.path().join(what), bytes).unwrap();
        let output = place.memspike(&["fit", "iv", what]);
        assert_eq!(code(&output), 0, "{what}: {}", err(&output));
        assert!(err(&output).contains(told), "{what}: {}", err(&output));
        for ((name, got, _), (_, want, _)) in fit(&place, &["iv", what]).iter().zip(&want) {
            assert!((got / want - 1.0).abs() < 1e-9, "{what} {name}: {got}, wanted {want}");
        }
    }
    // A pipe, of columns that are asked for.
    let text = rows(1.0, &|k, v, i| format!("{k} {v} {i:e}\n"));
    let mut command = place.command(&["fit", "iv", "-", "--columns", "2 [V],3 [A]", "--format", "json"]);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("standard input: no header, separated by blanks"), "{}", err(&output));
    // Pulses, and a measurement over the model of a device.
    let pulses: String = (0..60u32)
        .map(|n| {
            format!("{n},{},0.1\n", 1e3 + 3e3 * (1.0 - (-0.05 * f64::from(n)).exp()) + 5.0 * noise(n as u64))
        })
        .collect();
    fs::write(place.path().join("pulses.csv"), format!("Pulse #,G (uS),Vread (V)\n{pulses}")).unwrap();
    recovers(&fit(&place, &["pulses", "pulses.csv"]), &[("g_end", 4e-3)], 0.02);
    for (device, experiment, file) in
        [("ag-tio2-pt-ts", "iv", "keithley.csv"), ("ag-tio2-pt-rs-analog", "pulses", "pulses.csv")]
    {
        let output =
            place.memspike(&["device", device, experiment, "--over", file, "--plot", "over.svg", "--quiet"]);
        assert_eq!(code(&output), 0, "{}", err(&output));
        let svg = fs::read_to_string(place.path().join("over.svg")).unwrap();
        assert!(svg.contains(">measured<"), "{experiment}");
    }
}

#[test]
fn a_law_that_is_not_that_of_the_data_is_told_and_writes_no_preset() {
    let place = Place::new();
    let rows: String = (1..200)
        .map(|k| {
            let t = 500.0 * f64::from(k);
            format!("{t},{}\n", 5e-3 * (-(t / 78e3).powf(0.5)).exp() * (1.0 + 0.01 * noise(k as u64)))
        })
        .collect();
    fs::write(place.path().join("held.csv"), format!("time [s],conductance [S]\n{rows}")).unwrap();
    let fit = |args: &[&str]| {
        place.memspike(
            &[&["fit", "retention", "held.csv", "--out", "mine.toml", "--plot", "fit.svg"], args].concat(),
        )
    };
    let exists = |file: &str| place.path().join(file).exists();
    let output = fit(&[]);
    assert_eq!(code(&output), 1, "{}", err(&output));
    assert!(out(&output).contains("what is left has a pattern: runs of one sign p = "), "{}", out(&output));
    assert!(
        err(&output).contains("try --stretched") && err(&output).contains("--anyway"),
        "{}",
        err(&output)
    );
    assert!(!exists("mine.toml") && exists("fit.svg"), "the picture shows why");
    assert_eq!((code(&fit(&["--anyway"])), exists("mine.toml")), (1, true));
    let output = fit(&["--stretched", "--force"]);
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    assert!(out(&output).contains("what is left may be noise"), "{}", out(&output));
}

#[test]
fn several_measurements_make_one_device() {
    let place = Place::new();
    let preset =
        |file: &str| Preset::parse(file, &fs::read_to_string(place.path().join(file)).unwrap()).unwrap();
    // A synapse: its train and its window, the slope of the rate from one and its speed from both.
    let analog = "ag-tio2-pt-rs-analog";
    measure(
        &place,
        "p.csv",
        &[analog, "pulses", "--amplitude", "0.2 V", "--width", "100 ms", "--count", "60", "--noise", "2 uS"],
    );
    measure(&place, "s.csv", &[analog, "stdp", "--noise", "1 %", "--points", "60"]);
    let args = [
        "fit",
        "device",
        "--pulses",
        "p.csv",
        "--stdp",
        "s.csv",
        "--amplitude",
        "0.2 V",
        "--width",
        "100 ms",
    ];
    let output = place.memspike(&[&args[..], &["--out", "synapse.toml"]].concat());
    assert_eq!(code(&output), 0, "{}{}", out(&output), err(&output));
    let said = err(&output);
    assert!(said.contains("p.csv: the law is linear") && said.contains("set_tau is "), "{said}");
    let text = fs::read_to_string(place.path().join("synapse.toml")).unwrap();
    for (key, source) in [
        ("set_tau", "p.csv and s.csv together"),
        ("reset_v_scale", "s.csv"),
        ("retention_tau", "not in the data"),
    ] {
        let line = text.lines().find(|line| line.starts_with(&format!("{key} ="))).unwrap();
        assert!(line.contains(source), "{line}");
    }
    measure(
        &place,
        "again.csv",
        &["synapse.toml", "pulses", "--amplitude", "0.2 V", "--width", "100 ms", "--count", "60"],
    );
    let ends = ["p.csv", "again.csv"].map(|file| {
        let text = fs::read_to_string(place.path().join(file)).unwrap();
        text.lines().last().unwrap().split(',').nth(2).unwrap().parse::<f64>().unwrap()
    });
    assert!((ends[1] / ends[0] - 1.0).abs() < 0.02, "{ends:?}");
    // A switch: its loops and its retention agree on the on resistance, or contradict each other.
    let binary = "ag-tio2-pt-rs-binary";
    measure(&place, "loops.csv", &[binary, "iv", "--vary", "--cycles", "6", "--noise", "1 %"]);
    for (set, agrees) in [("r_on=200 Ohm", true), ("r_on=260 Ohm", false)] {
        measure(
            &place,
            "held.csv",
            &[binary, "retention", "--until", "100 ks", "--devices", "1", "--noise", "1 %", "--set", set],
        );
        let args = [
            "fit",
            "device",
            "--iv",
            "loops.csv",
            "--retention",
            "held.csv",
            "--out",
            "switch.toml",
            "--force",
        ];
        let output = place.memspike(&args);
        assert_eq!(code(&output), if agrees { 0 } else { 1 }, "{set}: {}{}", out(&output), err(&output));
        if agrees {
            let text = fs::read_to_string(place.path().join("switch.toml")).unwrap();
            assert!(text.contains("loops.csv and held.csv together"), "{text}");
            let fitted = |key: &str| {
                preset("switch.toml").parameters.iter().find(|p| p.key == key).unwrap().provenance
            };
            assert_eq!((fitted("v_set"), fitted("retention_tau")), (Provenance::Fitted, Provenance::Fitted));
            fs::remove_file(place.path().join("switch.toml")).unwrap();
        } else {
            let said = err(&output);
            assert!(
                said.contains(
                    "in loops.csv and 260 Ohm in held.csv: one value for both is out of the question"
                ),
                "{said}"
            );
            assert!(!place.path().join("switch.toml").exists());
        }
    }
    // Loops of several devices.
    for (seed, file) in [("1", "a.csv"), ("2", "b.csv"), ("3", "c.csv")] {
        measure(
            &place,
            file,
            &["ag-tio2-pt-ts", "iv", "--vary", "--cycles", "8", "--noise", "1 %", "--seed", seed],
        );
    }
    let output = place
        .memspike(&["fit", "device", "--iv", "a.csv", "--iv", "b.csv", "--iv", "c.csv", "--out", "ts.toml"]);
    assert_eq!(code(&output), 0, "{}", err(&output));
    assert!(err(&output).contains("v_th of 3 devices: "), "{}", err(&output));
    let mut page = Page::new();
    let mut refused = |what: &str, args: &[&str]| {
        let output = place.memspike(&[&["fit"], args].concat());
        page.refused(what, &place, &output);
    };
    refused("nothing", &["device"]);
    refused("no file", &["iv"]);
    refused("another model", &["iv", "a.csv", "--stdp", "s.csv"]);
    refused("a file without an option", &["device", "a.csv", "--iv", "a.csv", "--skip", "2"]);
    refused("two kinds of device", &["device", "--iv", "a.csv", "--stdp", "s.csv"]);
    refused("files that are not there", &["device", "--iv", "none.csv", "--stdp", "none.csv"]);
    insta::assert_snapshot!("faults_of_devices", page.text());
}

#[test]
fn a_held_parameter_is_not_fitted_and_the_table_says_so() {
    let place = Place::new();
    measure(&place, "relax.csv", &["ag-tio2-pt-ts", "retention", "--noise", "0.2 mV"]);
    let output = place.memspike(&[
        "fit",
        "lif",
        "relax.csv",
        "--param",
        "u_rest=0 V",
        "--to",
        "20 ms",
        "--out",
        "m.toml",
    ]);
    assert_eq!(code(&output), 0);
    assert!(out(&output).contains("u_rest") && out(&output).contains("held"), "{}", out(&output));
    let preset = fs::read_to_string(place.path().join("m.toml")).unwrap();
    assert!(preset.contains("u_rest = { value = \"0 V\", provenance = \"assumed\""), "{preset}");
}

#[test]
fn faults_of_data_are_told_with_their_line_and_what_is_allowed() {
    let mut page = Page::new();
    let mut refused = |what: &str, model: &str, text: &[u8], more: &[&str]| {
        let place = Place::new();
        fs::write(place.path().join("data.csv"), text).unwrap();
        let args = [&["fit", model, "data.csv", "--out", "out.toml", "--plot", "out.svg"], more].concat();
        let output = place.memspike(&args);
        assert!(output.stdout.is_empty(), "{what}");
        page.refused(what, &place, &output);
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 1, "{what}: nothing is written");
    };
    refused("empty", "lif", b"", &[]);
    refused("Latin-1", "lif", b"time [s],state [V]\n0,\xff\n", &[]);
    refused("another header", "lif", b"t,u\n0,1\n", &[]);
    refused("no units", "lif", b"time,state\n0,1\n", &[]);
    refused("units of something else", "lif", b"time [V],state [ms]\n0,1\n", &[]);
    refused("header only", "lif", b"time [s];state [V]\n", &[]);
    refused("points and commas", "lif", b"time [s];state [V]\n0;0,5\n1;0.4\n", &[]);
    refused("decimals or thousands", "lif", b"time [s];state [mV]\n1;2,500\n2;1,500\n", &[]);
    refused("two columns that may be it", "iv", b"AV,AI,BI\n0,1,2\n", &[]);
    refused("columns that are not there", "iv", b"AV,AI,BI\n0,1,2\n", &["--columns", "AV,CI"]);
    refused("too few columns", "iv", b"AV,AI,BI\n0,1,2\n", &["--columns", "AV"]);
    refused("percent or fractions", "stdp", b"dt [ms],change\n10,0.5\n", &[]);
    refused("an archive", "lif", b"PK\x03\x04\0\0", &[]);
    refused("decimal commas", "lif", b"time [ms],state [V]\n0,0,25\n1,0,2\n", &[]);
    refused("NaN, inf and words", "lif", b"time [ms],state [V]\n0,NaN\n1,inf\n2,off\n", &[]);
    refused("time that goes back", "lif", b"time [ms],state [V]\n0,0.25\n2,0.2\n1,0.15\n", &[]);
    refused("a column twice", "lif", b"time [ms],state [V],time [ms]\n0,1,2\n", &[]);
    refused("too few points", "lif", b"time [ms],state [V]\n0,0.25\n1,0.2\n2,0.15\n", &[]);
    let line = |n: usize, f: &dyn Fn(f64) -> f64| -> String {
        (0..n).map(|k| format!("{k},{:e}\n", f(k as f64))).collect()
    };
    let flat = format!("time [s],state [V]\n{}", line(20, &|_| 0.25));
    refused("a state that does not relax", "lif", flat.as_bytes(), &[]);
    let rising = format!("time [s],state [V]\n{}", line(20, &|t| t * t * t));
    refused("a state that runs away", "lif", rising.as_bytes(), &[]);
    let held = format!("time [s],conductance [S]\n{}", line(20, &|t| 5e-3 + 1e-6 * (7.0 * t).sin()));
    refused("a retention without a loss", "retention", held.as_bytes(), &[]);
    let negative = format!("time [s],conductance [S]\n{}", line(20, &|t| 1e-3 - 1e-4 * t));
    refused("a conductance below zero", "retention", negative.as_bytes(), &[]);
    let straight =
        format!("pulse,conductance [S]\n{}", line(20, &|n| 1e-3 + 1e-6 * n + 1e-8 * (5.0 * n).sin()));
    refused("a train that does not bend", "pulses", straight.as_bytes(), &[]);
    let bent = format!(
        "pulse,conductance [S]\n{}",
        line(60, &|n| 1e-3 + 3e-3 * (1.0 - (-0.1 * n).exp()) + 1e-6 * noise(n as u64))
    );
    refused("a preset without the pulse", "pulses", bent.as_bytes(), &[]);
    refused(
        "a pulse of the wrong sign",
        "pulses",
        bent.as_bytes(),
        &["--amplitude", "-0.2 V", "--width", "1 ms"],
    );
    refused("one side of a window", "stdp", b"dt [ms],change [%]\n10,100\n20,80\n30,66\n40,50\n", &[]);
    let ohmic = format!("voltage [V],current [A]\n{}", line(20, &|v| 1e-5 * v + 1e-7 * (7.0 * v).sin()));
    refused("a straight curve", "iv", ohmic.as_bytes(), &[]);
    let half =
        format!("voltage [V],current [A]\n{}", line(40, &|v| if v > 25.0 { 1e-3 * v } else { 1e-7 * v }));
    refused("half a loop", "iv", half.as_bytes(), &[]);
    refused("a limit of a loop", "iv", half.as_bytes(), &["--from", "1 V"]);
    refused("no row within the limits", "lif", flat.as_bytes(), &["--from", "50 s"]);
    refused("a limit without a unit", "lif", flat.as_bytes(), &["--from", "50"]);
    refused(
        "an unknown parameter",
        "lif",
        flat.as_bytes(),
        &["--param", "tua=1 ms", "--param", "u_rest=1 s"],
    );
    refused("an unknown base", "lif", flat.as_bytes(), &["--base", "ag-tio2-pt-tss"]);
    refused("an unknown model", "liff", flat.as_bytes(), &[]);
    insta::assert_snapshot!("faults_of_data", page.text());
}

#[test]
fn faults_of_files_are_told_before_anything_is_written() {
    let mut page = Page::new();
    let place = Place::new();
    measure(&place, "relax.csv", &["ag-tio2-pt-ts", "retention", "--noise", "0.2 mV"]);
    let fit = |args: &[&str]| place.memspike(&[&["fit", "lif"], args].concat());
    page.refused("no such file", &place, &fit(&["none.csv"]));
    fs::create_dir(place.path().join("dir")).unwrap();
    page.refused("a directory", &place, &fit(&["dir"]));
    page.refused("a picture of another kind", &place, &fit(&["relax.csv", "--plot", "fit.jpg"]));
    page.refused(
        "a picture where there is no directory",
        &place,
        &fit(&["relax.csv", "--plot", "none/fit.svg"]),
    );
    page.refused(
        "a preset where there is no directory",
        &place,
        &fit(&["relax.csv", "--out", "none/mine.toml"]),
    );
    assert_eq!(code(&fit(&["relax.csv", "--out", "mine.toml"])), 0);
    page.refused("a preset that exists", &place, &fit(&["relax.csv", "--out", "mine.toml"]));
    assert_eq!(code(&fit(&["relax.csv", "--out", "mine.toml", "--force"])), 0);
    page.refused(
        "a base that cannot take the numbers",
        &place,
        &fit(&["relax.csv", "--out", "b.toml", "--base", "vo2-debets-2026"]),
    );
    insta::assert_snapshot!("faults_of_files", page.text());
}
