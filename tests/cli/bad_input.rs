//! Bad input, from the outside: every fault is answered with what, where, the value, what is allowed and a
//! hint, and with exit code 2; nothing is left behind.

use crate::common::{Page, Place, SCENARIO, code, err, out};
use memspike::record::npz::{self, NamedArray};
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

/// A complete data set of three training images and two test images, plain, in `data/mnist`.
fn tiny_mnist(place: &Place) -> PathBuf {
    let dir = place.path().join("data/mnist");
    fs::create_dir_all(&dir).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/idx");
    for entry in fs::read_dir(golden).unwrap() {
        let file = entry.unwrap();
        let mut bytes = Vec::new();
        flate2::read::GzDecoder::new(fs::File::open(file.path()).unwrap()).read_to_end(&mut bytes).unwrap();
        fs::write(dir.join(file.path().file_stem().unwrap()), bytes).unwrap();
    }
    dir
}

fn gzip(path: &Path) -> PathBuf {
    let bytes = fs::read(path).unwrap();
    let to = PathBuf::from(format!("{}.gz", path.display()));
    let mut encoder =
        flate2::write::GzEncoder::new(fs::File::create(&to).unwrap(), flate2::Compression::best());
    encoder.write_all(&bytes).unwrap();
    encoder.finish().unwrap();
    fs::remove_file(path).unwrap();
    to
}

fn change(path: &Path, with: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    with(&mut bytes);
    fs::write(path, bytes).unwrap();
}

const RUN: &[&str] = &["run", "mnist", "--data", "data", "--set", "protocol.epochs=1"];

#[test]
fn a_tiny_data_set_is_read_plain_and_compressed() {
    let place = Place::new();
    let dir = tiny_mnist(&place);
    let plain = place.memspike(&[RUN, &["--out", "plain"]].concat());
    assert_eq!(code(&plain), 0);
    gzip(&dir.join("train-images-idx3-ubyte"));
    assert_eq!(code(&place.memspike(&[RUN, &["--out", "gzip"]].concat())), 0);
    assert_eq!(code(&place.memspike(&["compare", "plain", "gzip"])), 0);
}

#[test]
fn faults_of_data_files() {
    let mut page = Page::new();
    let mut fault = |what: &str, spoil: &dyn Fn(&Path)| {
        let place = Place::new();
        spoil(&tiny_mnist(&place));
        let output = place.memspike(RUN);
        page.refused(what, &place, &output);
        assert!(!place.path().join("runs/mnist").exists(), "{what}: a run that cannot begin leaves nothing");
    };
    let images = "train-images-idx3-ubyte";
    fault("no data at all", &|dir| fs::remove_dir_all(dir).unwrap());
    fault("one file missing", &|dir| fs::remove_file(dir.join("t10k-labels-idx1-ubyte")).unwrap());
    fault("wrong magic number", &|dir| change(&dir.join(images), |bytes| bytes[3] = 1));
    fault("truncated", &|dir| change(&dir.join(images), |bytes| bytes.truncate(bytes.len() - 5)));
    fault("cut within the header", &|dir| change(&dir.join(images), |bytes| bytes.truncate(7)));
    fault("bytes after the end", &|dir| change(&dir.join(images), |bytes| bytes.push(0)));
    fault("gzip, truncated", &|dir| {
        change(&gzip(&dir.join(images)), |bytes| bytes.truncate(bytes.len() - 5));
    });
    fault("gzip, one bit of its content turned", &|dir| {
        change(&gzip(&dir.join(images)), |bytes| {
            let middle = bytes.len() / 2;
            bytes[middle] ^= 4;
        });
    });
    fault("gzip, one bit of its checksum turned", &|dir| {
        change(&gzip(&dir.join(images)), |bytes| {
            let at = bytes.len() - 6;
            bytes[at] ^= 1;
        });
    });
    fault("fewer labels than images", &|dir| {
        fs::copy(dir.join("t10k-labels-idx1-ubyte"), dir.join("train-labels-idx1-ubyte"))
            .map(|_| ())
            .unwrap();
    });
    fault("a label that is no digit", &|dir| {
        change(&dir.join("train-labels-idx1-ubyte"), |bytes| bytes[9] = 77);
    });
    fault("a directory where a file is expected", &|dir| {
        fs::remove_file(dir.join(images)).unwrap();
        fs::create_dir(dir.join(images)).unwrap();
    });
    fault("several files at once", &|dir| {
        change(&dir.join(images), |bytes| bytes.truncate(bytes.len() - 5));
        change(&dir.join("t10k-labels-idx1-ubyte"), |bytes| bytes[0] = 1);
        change(&dir.join("t10k-images-idx3-ubyte"), |bytes| bytes[11] = 29);
    });
    insta::assert_snapshot!("data", page.text());
}

#[test]
fn missing_data_are_looked_for_in_every_place_that_is_named() {
    let place = Place::new();
    let mut page = Page::new();
    let output = place.command(&["run", "mnist"]).env("MEMSPIKE_DATA", "mine").output().unwrap();
    page.refused("without --data", &place, &output);
    fs::write(place.path().join("file"), "").unwrap();
    let output = place.memspike(&["run", "mnist", "--data", "file"]);
    page.refused("--data names a file", &place, &output);
    insta::assert_snapshot!("where_data_are_looked_for", page.text());
}

#[test]
fn faults_of_scenarios() {
    let mut page = Page::new();
    let mut fault = |what: &str, from: &str, to: &str| {
        let place = Place::new();
        assert!(SCENARIO.contains(from), "{what}");
        fs::write(place.path().join("net.toml"), SCENARIO.replacen(from, to, 1)).unwrap();
        let output = place.memspike(&["run", "net.toml"]);
        assert!(err(&output).contains("net.toml:"), "{what}: file and line are named\n{}", err(&output));
        page.refused(what, &place, &output);
        assert!(!place.path().join("runs").exists());
    };
    let size = "size = 10\n";
    let kernel = "kernel = \"delta\"\n";
    fault("unknown key", size, "size = 10\ntau_n = \"9.41 ms\"\n");
    fault("wrong unit", size, "size = 10\ntau_m = \"9.41 mV\"\n");
    fault("missing unit, as a number", size, "size = 10\ntau_m = 9.41\n");
    fault("missing unit, as a text", size, "size = 10\ntau_m = \"9.41\"\n");
    fault("negative tau_m", size, "size = 10\ntau_m = \"-9.41 ms\"\n");
    fault("v_th below u_rest", size, "size = 10\nv_th = \"0.1 mV\"\n");
    fault("a crossbar without devices", kernel, "kernel = \"delta\"\ncrossbar = { levels = 4 }\n");
    fault("NaN as a number", "rate = \"50 Hz\"", "rate = nan");
    fault("NaN as a text", "rate = \"50 Hz\"", "rate = \"NaN Hz\"");
    fault("infinite", "duration = \"200 ms\"", "duration = \"inf s\"");
    fault("not TOML", "[record]", "[record");
    insta::assert_snapshot!("scenario", page.text());
}

#[test]
fn all_faults_of_a_scenario_are_reported_at_once() {
    let place = Place::new();
    let text = SCENARIO
        .replace("rate = \"50 Hz\"", "rate = 50")
        .replace("size = 10\n", "size = -10\ntau_n = \"9.41 ms\"\nv_th = \"0.1 mV\"\n")
        .replace("\"10 mV\"", "\"10 ms\"");
    fs::write(place.path().join("net.toml"), text).unwrap();
    let mut page = Page::new();
    let output = place.memspike(&["check", "net.toml", "digits", "nothing"]);
    assert!(out(&output).contains("digits: valid"));
    page.refused("check goes on after a scenario with faults", &place, &output);
    insta::assert_snapshot!("all_at_once", page.text());
}

#[test]
fn faults_of_files_and_directories() {
    let place = Place::with_scenario();
    let mut page = Page::new();
    fs::create_dir_all(place.path().join("folder/scenario.toml")).unwrap();
    fs::create_dir(place.path().join("empty")).unwrap();
    fs::write(place.path().join("noise.toml"), [0xbf, 0x00, 0xff]).unwrap();
    fs::create_dir(place.path().join("pairs.csv")).unwrap();
    let listed = SCENARIO
        .replace("\"all_to_all\"", "\"list\"\nfile = \"pairs.csv\"")
        .replace("weight = { normal = [\"10 mV\", \"2 mV\"] }\n", "");
    fs::write(place.path().join("listed.toml"), listed).unwrap();
    for (what, args) in [
        ("a directory where a scenario file is expected", &["run", "folder/scenario.toml"][..]),
        ("a directory in place of scenario.toml", &["run", "folder"]),
        ("a directory without a scenario", &["run", "empty"]),
        ("a scenario that is not a text", &["run", "noise.toml"]),
        ("a directory where a list of synapses is expected", &["run", "listed.toml"]),
        ("no such scenario", &["run", "digitz"]),
        ("a file where a run is expected", &["show", "small.toml"]),
    ] {
        page.refused(what, &place, &place.memspike(args));
    }
    insta::assert_snapshot!("files", page.text());
}

/// Trains a projection `input` in a moment.
const TRAINS: &str =
    concat!(include_str!("../data/trains.toml"), "epochs = 1\ntrain_samples = 40\ntest_samples = 20\n",);

#[test]
fn weights_and_checkpoints_of_other_runs() {
    let place = Place::with_scenario();
    let refused = |args: &[&str], parts: &[&str]| {
        let output = place.memspike(args);
        assert_eq!(code(&output), 2);
        for part in parts {
            assert!(err(&output).contains(part), "{part}");
        }
    };
    let write = |name: &str, text: &str| fs::write(place.path().join(name), text).unwrap();
    let interrupted = |run: &str| {
        change(&place.path().join(run).join("manifest.json"), |bytes| {
            let text = String::from_utf8(std::mem::take(bytes)).unwrap();
            assert!(text.contains("\"done\""));
            *bytes = text.replace("\"done\"", "\"interrupted\"").into_bytes();
        });
    };
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    let tests = format!("{TRAINS}weights_from = \"run\"\n");
    write("tests.toml", &tests);
    refused(
        &["run", "tests.toml"],
        &[
            "the weights of `input` in run are 100 x 10, and the projection is 784 x 10",
            "tests.toml:19:16",
            "allowed: 784 rows",
            "hint: ",
        ],
    );
    let array = |rows: usize, cols: usize, value: f64| {
        let mut data = vec![0.0; rows * cols];
        data[7] = value;
        let array = NamedArray { name: "input".into(), rows, cols, data };
        fs::write(place.path().join("run/weights.npz"), npz::encode(&[("input", &array)]).unwrap()).unwrap();
    };
    array(10, 784, 0.0);
    refused(&["run", "tests.toml"], &["are 10 x 784, and", "they are the transpose"]);
    array(784, 10, f64::NAN);
    refused(&["run", "tests.toml"], &["hold NaN in row 0, column 7", "allowed: finite numbers"]);
    write("other.toml", &tests.replace("projection.input", "projection.other"));
    refused(&["run", "other.toml"], &["`run` has no weights", "other.toml:19:16", "allowed: "]);
    write("run/weights.npz", "no archive");
    refused(&["run", "tests.toml"], &["run/weights.npz", "tests.toml:19:16", "allowed: "]);
    let named = ["run", "tests.toml", "--set", "protocol.weights_from=run"];
    refused(&named, &["run/weights.npz", "--> --set", "protocol.weights_from=run"]);

    interrupted("run");
    let resumed = ["run", "small.toml", "--out", "run", "--resume", "--seed", "5"];
    refused(
        &resumed,
        &["--out goes on with the run in `run`", "another plan: `seed` is 3 in its manifest, and 5 here"],
    );
    write("trains.toml", TRAINS);
    assert_eq!(code(&place.memspike(&["run", "trains.toml", "--quiet"])), 0);
    interrupted("runs/trains/001");
    write("runs/trains/001/checkpoint.bin", "no snapshot");
    refused(
        &["run", "trains.toml", "--resume"],
        &["--resume goes on from `runs/trains/001/checkpoint.bin`", "not a memspike snapshot", "hint: "],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn outputs_that_cannot_be_written() {
    let place = Place::with_scenario();
    let mut page = Page::new();
    fs::write(place.path().join("file"), "").unwrap();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    for (what, args) in [
        ("below a file", &["run", "small.toml", "--out", "file/run"][..]),
        ("a file", &["run", "small.toml", "--out", "file"]),
        ("a run that exists", &["run", "small.toml", "--out", "run"]),
        ("where nobody may write", &["run", "small.toml", "--out", "/proc/memspike"]),
        (
            "a trace on a full device",
            &["run", "small.toml", "--trace", "all", "--trace-file", "/dev/full", "--quiet"],
        ),
    ] {
        let output = place.memspike(args);
        page.refused(what, &place, &output);
    }
    insta::assert_snapshot!("outputs", page.text());
}

/// In a name space of its own anybody may mount a small file system; where not even that is allowed,
/// there is nothing to test with.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_ends_a_run_with_the_file_that_could_not_be_written() {
    let place = Place::with_scenario();
    let script = |size: &str, args: &str| {
        let line = format!(
            "mkdir -p disk && mount -t tmpfs -o size={size} none disk && exec {} run {args}",
            env!("CARGO_BIN_EXE_memspike")
        );
        std::process::Command::new("unshare")
            .args(["-rm", "sh", "-c", &line])
            .current_dir(place.path())
            .output()
    };
    let may_mount = script("1m", "small.toml --out disk/run --quiet");
    if !may_mount.is_ok_and(|output| output.status.success()) {
        eprintln!("no file system can be mounted here: not tested");
        return;
    }
    let mut page = Page::new();
    let digits = "digits --out disk/run --set protocol.epochs=1 --set protocol.train_samples=64 \
                  --set protocol.test_samples=64 --quiet";
    page.refused("a checkpoint", &place, &script("64k", digits).unwrap());
    let spikes = "small.toml --out disk/run --set 'protocol.duration=60 s' --quiet";
    page.refused("spikes", &place, &script("64k", spikes).unwrap());
    insta::assert_snapshot!("full_disk", page.text());
}

#[test]
fn a_run_is_not_replaced_by_one_that_cannot_begin() {
    let place = Place::with_scenario();
    assert_eq!(code(&place.memspike(&["run", "small.toml", "--out", "run"])), 0);
    let before = fs::read(place.path().join("run/summary.json")).unwrap();
    let output = place.memspike(&["run", "mnist", "--data", "nowhere", "--out", "run", "--force"]);
    assert_eq!(code(&output), 2);
    assert_eq!(fs::read(place.path().join("run/summary.json")).unwrap(), before);
}

#[cfg(unix)]
#[test]
fn arguments_that_are_not_unicode_are_refused_or_taken_as_they_are() {
    use std::os::unix::ffi::OsStrExt as _;
    let place = Place::with_scenario();
    let strange = std::ffi::OsStr::from_bytes(b"o\xff");
    let output = place.command(&["run"]).arg(strange).output().unwrap();
    assert_eq!(code(&output), 2);
    let output = place.command(&["show"]).arg(strange).output().unwrap();
    assert_eq!(code(&output), 2);
    // A path need not be text.
    let output = place.command(&["run", "small.toml", "--out"]).arg(strange).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    assert!(place.path().join(strange).join("summary.json").exists());
}
