//! Data of one's own in every protocol that takes a data set; and which data a run was made with.

use crate::common::{Kept, Way, cut_everywhere, folder, idx, patterns, plan, refused, whole, write_set};
use memspike::dataset::{Name, Search, open};
use memspike::report::performance::HostPerformance;
use memspike::report::summary::Summary;
use memspike::scenario::load;
use memspike::scenario::plan::Plan;
use memspike::scenario::protocol::supervised::SupervisedResult;
use memspike::scenario::run::context::RunError;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

/// Bars of 4 x 2 pixels in three classes: which of the first three columns is lit, with noise.
fn bars(count: usize) -> (Vec<u8>, Vec<u8>) {
    let (mut images, mut labels) = (Vec::new(), Vec::new());
    for index in 0..count {
        let class = index % 3;
        let pixel =
            |k: usize| if k % 4 == class { 200 + (index % 50) as u8 } else { (index * 7 + k) as u8 % 20 };
        images.extend((0..8).map(pixel));
        labels.push(class as u8);
    }
    (images, labels)
}

fn write_idx(folder: &Path, count: usize, name: &str) {
    let (images, labels) = bars(count);
    idx(folder, &format!("{name}-x.idx"), &[count as u32, 2, 4], &images);
    idx(folder, &format!("{name}-y.idx"), &[count as u32], &labels);
}

const IDX: &str = "{ kind = \"idx\", train = \"a-x.idx\", train_labels = \"a-y.idx\", test = \"b-x.idx\", test_labels = \"b-y.idx\" }";

/// A shipped scenario with these data in the place of those it names, and other texts replaced.
fn scenario(folder: &Path, name: &str, dataset: &str, data: &str, replace: &[(&str, &str)]) -> String {
    let found = memspike::scenario::shipped::find(name).unwrap().scenario();
    let named = format!("dataset = \"{dataset}\"");
    assert!(found.contains(&named));
    let mut text = found.replace(&named, &format!("data = {data}"));
    for (old, new) in replace {
        assert!(text.contains(old), "{old}");
        text = text.replace(old, new);
    }
    let file = folder.join("scenario.toml");
    fs::write(&file, text).unwrap();
    file.display().to_string()
}

fn loaded(file: &str, changes: &[&str]) -> Result<Plan, String> {
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    load(file, &changes, None).map(|loaded| loaded.plan).map_err(|faults| faults.render(false))
}

#[test]
fn a_projection_of_jumps_learns_arrays_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    write_idx(folder.path(), 60, "a");
    write_idx(folder.path(), 30, "b");
    let file = scenario(folder.path(), "digits", "drawn_digits", IDX, &[("size = 10", "size = 3")]);
    let plan =
        loaded(&file, &["protocol.epochs=6", "protocol.batch=4", "protocol.optimizer.rate=0.01"]).unwrap();
    assert_eq!(plan.sources[0].size, 8);
    let (outcome, _) = whole(&plan, Way::new(&Search::default()));
    let result = outcome.found.get::<SupervisedResult>().unwrap();
    assert!(result.test_accuracy.unwrap() > 0.9, "{:?}", result.test_accuracy);
    let [data] = &outcome.data[..] else { panic!() };
    assert_eq!((&data.shape[..], data.classes, data.train, data.test), (&[2, 4][..], 3, 60, 30));
    assert_eq!((data.name.as_str(), data.sha256.len()), ("a-x", 64));
    let summary = Summary::new(&plan, &outcome, &HostPerformance::default());
    assert_eq!(summary.data, outcome.data);
    // What is said of the data is part of the plan: the manifest has it before the run begins.
    assert!(serde_json::to_string(&plan).unwrap().contains(&data.sha256));
}

#[test]
fn a_competing_population_learns_arrays_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    write_idx(folder.path(), 60, "a");
    write_idx(folder.path(), 30, "b");
    let file = scenario(folder.path(), "stdp/digits", "drawn_digits", IDX, &[]);
    let plan = loaded(&file, &["protocol.epochs=1"]).unwrap();
    let (outcome, _) = whole(&plan, Way::new(&Search::default()));
    assert_eq!((plan.sources[0].size, outcome.data[0].classes), (8, 3));
    assert!(outcome.counts.episodes >= 120);
}

#[test]
fn layers_learn_a_table_of_ones_own_whose_test_is_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let mut table = String::from("x,y,class\n");
    for k in 0..120 {
        let (class, y) = (k % 2, f64::from(k / 12) / 9.0);
        let x = 0.7 * f64::from(class) + 0.06 * f64::from(k % 12 / 2);
        writeln!(table, "{x},{y},{class}").unwrap();
    }
    fs::write(folder.path().join("points.csv"), table).unwrap();
    let data = "{ kind = \"csv\", train = \"points.csv\", label = \"class\", test = \"25 %\" }";
    let sizes = [("size = 3", "size = 2")];
    let file = scenario(folder.path(), "layers/yin-yang", "yin_yang", data, &sizes);
    let plan = loaded(&file, &["protocol.epochs=150", "protocol.batch=10"]).unwrap();
    let (outcome, _) = whole(&plan, Way::new(&Search::default()));
    assert_eq!((plan.sources[0].size, outcome.data[0].train, outcome.data[0].test), (3, 90, 30));
    let accuracy = outcome.found.get::<SupervisedResult>().unwrap().test_accuracy.unwrap();
    assert!(accuracy > 0.85, "{accuracy}");
}

#[test]
fn layers_tell_more_classes_apart_than_a_byte_counts() {
    let folder = tempfile::tempdir().unwrap();
    let rows: String = (0..300).map(|k| format!("{},{k}\n", f64::from(k) / 300.0)).collect();
    fs::write(folder.path().join("many.csv"), format!("x,label\n{rows}")).unwrap();
    let data = "{ kind = \"csv\", train = \"many.csv\", test = \"many.csv\" }";
    let sizes = [("size = 200", "size = 8"), ("size = 3", "size = 300")];
    let file = scenario(folder.path(), "layers/yin-yang", "yin_yang", data, &sizes);
    let plan = loaded(&file, &["protocol.epochs=1", "protocol.batch=100"]).unwrap();
    let (outcome, _) = whole(&plan, Way::new(&Search::default()));
    let confusion = &outcome.found.get::<SupervisedResult>().unwrap().confusion;
    assert_eq!(confusion.len(), 300);
    assert!(confusion.iter().all(|row| row.iter().sum::<u64>() == 1));
}

#[test]
fn what_does_not_fit_the_data_says_both() {
    let folder = tempfile::tempdir().unwrap();
    write_idx(folder.path(), 60, "a");
    let write = |data: &str, replace: &[(&str, &str)]| {
        scenario(folder.path(), "digits", "drawn_digits", data, replace)
    };
    let share = "{ kind = \"idx\", train = \"a-x.idx\", train_labels = \"a-y.idx\", test = \"20 %\" }";
    let said = loaded(&write(share, &[]), &[]).unwrap_err();
    assert!(said.contains("10 neurons, and the data set 3 classes"), "{said}");
    let said = loaded(&write(&share.replace("20 %", "120 %"), &[]), &[]).unwrap_err();
    assert!(
        said.contains("is \"120 %\"") && said.contains("a percentage above 0 % and below 100 %"),
        "{said}"
    );
    let said = loaded(&write(IDX, &[]), &[]).unwrap_err();
    assert!(
        said.contains("b-x.idx: cannot be read (") && said.contains("b-y.idx: cannot be read ("),
        "{said}"
    );
    let both = ("data = {", "dataset = \"mnist\"\ndata = {");
    let said = loaded(&write(share, &[both]), &[]).unwrap_err();
    assert!(said.contains("has both `dataset` and `data`"), "{said}");
    let encode = ("encode = { kind = \"poisson\", max_rate = \"100 Hz\" }", "encode = { kind = \"events\" }");
    let said = loaded(&write(share, &[encode]), &[]).unwrap_err();
    assert!(said.contains("the samples of `a-x` are values") && said.contains("a code for values"), "{said}");
    let high = share.replace("test =", "low = 3, test =");
    let said = loaded(&write(&high, &[]), &[]).unwrap_err();
    assert!(said.contains("`low` of") && said.contains("no `high`"), "{said}");
    let lone = share.replace("test =", "test_labels = \"a-y.idx\", test =");
    let said = loaded(&write(&lone, &[]), &[]).unwrap_err();
    assert!(said.contains("there is no file of test samples for `test_labels`"), "{said}");
}

#[test]
fn a_run_does_not_go_on_with_other_data() {
    let (first, search) = folder(64, 20);
    let plan = plan("mnist", &["protocol.epochs=2", "protocol.batch=32"]);
    let mut kept = Kept::default();
    Way::new(&search).run(&plan, &mut kept).unwrap();
    let mut other = patterns(64, 1);
    other[63].0[5] ^= 1;
    write_set(first.path(), &other, &patterns(20, 2));
    let error = refused(&plan, &search, &kept.saved[0]);
    assert!(matches!(error, RunError::OtherRun { what: "data", .. }), "{error}");
    let said = error.to_string();
    assert!(said.contains("its data is SHA-256 ") && said.contains(", and that of this run "), "{said}");
}

#[test]
fn only_files_with_the_published_sums_are_called_mnist() {
    let (_folder, search) = folder(30, 20);
    let set = open(Name::MNIST, &search).unwrap();
    assert_eq!(set.name, "not MNIST: other files of these names");
    if let Some(folder) = std::env::var_os("MEMSPIKE_DATA") {
        let search = Search { environment: Some(folder.into()), ..Search::default() };
        let identity = open(Name::MNIST, &search).unwrap().identity();
        assert_eq!((identity.name.as_str(), identity.train, identity.test), ("mnist", 60_000, 10_000));
    } else {
        println!("MEMSPIKE_DATA is not set: the real files were not looked at");
    }
}

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/data");

/// Layers on recordings in this folder, which are shown as they are.
fn recorded(folder: &Path, train: &str) -> Plan {
    let data = format!("{{ kind = \"recordings\", train = \"{train}\", test = \"{train}\" }}");
    let replace = [
        ("size = 200", "size = 10"),
        ("size = 3", "size = 2"),
        (
            "encode = { kind = \"first_spike\", at_zero = \"1 ms\", at_one = \"25 ms\", bias = \"15 ms\" }",
            "encode = { kind = \"events\" }",
        ),
    ];
    let file = scenario(folder, "layers/yin-yang", "yin_yang", &data, &replace);
    loaded(&file, &["protocol.epochs=1", "protocol.presentation=320 ms", "protocol.batch=2"]).unwrap()
}

#[test]
fn layers_are_shown_the_events_of_a_recording_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let plan = recorded(folder.path(), &format!("{GOLDEN}/recordings"));
    assert_eq!(plan.sources[0].size, 2 * 34 * 34);
    let (outcome, _) = whole(&plan, Way::new(&Search::default()));
    // Two samples of three events and two of two, in the epoch and in each test.
    let events = outcome.counts.events;
    assert_eq!((events.poisson + events.source) % 10, 0, "{events:?}");
    assert!(events.poisson + events.source >= 20, "{events:?}");
    let Some(data) = std::env::var_os("MEMSPIKE_DATA") else {
        println!("MEMSPIKE_DATA is not set: no real recording was shown");
        return;
    };
    // A real digit, and the same seen in a mirror.
    let real = fs::read(Path::new(&data).join("events/tonic_nmnist_sample.bin")).unwrap();
    let mirrored: Vec<u8> = real.chunks_exact(5).flat_map(|e| [33 - e[0], e[1], e[2], e[3], e[4]]).collect();
    for (class, bytes) in [("0", &real), ("1", &mirrored)] {
        let folder = folder.path().join("real").join(class);
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("a.bin"), bytes).unwrap();
    }
    let (outcome, _) = whole(&recorded(folder.path(), "real"), Way::new(&Search::default()));
    let events = outcome.counts.events;
    let shown = events.poisson + events.source;
    assert!(shown > 0 && shown.is_multiple_of(2 * 4_325), "{events:?}");
}

/// The source that the chapter shows, in the scenario that it names.
#[cfg(feature = "hdf5")]
#[test]
fn layers_are_shown_spikes_in_hdf5_as_the_chapter_says() {
    let chapter = include_str!("../../docs/src/own-data.md");
    let source = chapter.split("```").find(|block| block.contains("shd_train.h5")).unwrap();
    let source = source.strip_prefix("toml").unwrap().replace("\"shd_", &format!("\"{GOLDEN}/shd_"));
    let shipped = memspike::scenario::shipped::find("layers/spoken-digits").unwrap().scenario();
    let start = shipped.find("[source.cochlea]").unwrap();
    let end = shipped.find("# 1 uA into r_m").unwrap();
    let text = format!("{}{source}{}", &shipped[..start], &shipped[end..]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scenario.toml");
    fs::write(&file, text).unwrap();
    let changes =
        ["population.output.size=2", "population.hidden.size=20", "protocol.epochs=1", "protocol.batch=3"];
    let plan = loaded(&file.display().to_string(), &changes).unwrap();
    let (outcome, _) = whole(&plan, Way::new(&Search::default()));
    let [data] = &outcome.data[..] else { panic!() };
    assert_eq!((data.name.as_str(), &data.shape[..], data.classes), ("SHD", &[700][..], 2));
    assert_eq!((data.train, data.test), (6, 4));
    // 40 spikes of six samples and 24 of four, as often as each is shown.
    let events = outcome.counts.events;
    let shown = events.poisson + events.source;
    assert!(shown > 0 && shown.is_multiple_of(8), "{events:?}");
}

#[test]
fn samples_that_differ_from_epoch_to_epoch_are_the_same_wherever_a_run_is_cut() {
    let (_folder, search) = folder(48, 20);
    let changes = ["protocol.epochs=2", "protocol.batch=16", "protocol.presentation=20 ms"];
    let augment = "source.retina.augment={ shift = 1, noise = 0.02 }";
    let shifted = plan("mnist", &[&changes[..], &[augment]].concat());
    cut_everywhere(&shifted, &search, 3);
    let (plain, _) = whole(&plan("mnist", &changes), Way::new(&search));
    let (moved, _) = whole(&shifted, Way::new(&search));
    assert_ne!(plain.fingerprint, moved.fingerprint);
    // Nothing drawn, nothing changed: not a bit.
    let (none, _) = whole(
        &plan("mnist", &[&changes[..], &["source.retina.augment={ shift = 0 }"]].concat()),
        Way::new(&search),
    );
    assert_eq!(none.fingerprint, plain.fingerprint);
}

#[test]
fn what_cannot_be_shifted_or_cut_is_refused() {
    let said = |name: &str, change: &str| {
        let faults = load(name, &[change.to_string()], None).unwrap_err();
        faults.render(false)
    };
    let none = said("layers/yin-yang", "source.points.augment={ shift = 1 }");
    assert!(
        none.contains("its samples are of 4") && none.contains("a shift below both sides of a picture"),
        "{none}"
    );
    let large = said("digits", "source.retina.augment={ crop = 29 }");
    assert!(
        large.contains("its samples are of 28 x 28") && large.contains("up to the shorter side of a picture"),
        "{large}"
    );
    let flat = said(
        "layers/yin-yang",
        "source.points.encode={ kind = \"delta\", step = \"1 ms\", threshold = 0.1 }",
    );
    assert!(
        flat.contains("samples of 4 have no axis of time") && flat.contains("samples of (times, channels)"),
        "{flat}"
    );
    let timed = said("digits", "source.retina.encode={ kind = \"regular\", duration = \"50 ms\" }");
    assert!(timed.contains("spikes at given times (`regular`) have no rate"), "{timed}");
}
