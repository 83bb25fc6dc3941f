//! Spikes in HDF5. The good files are h5py's, and so is what is known of them (`tests/golden/data/make_packed.py`); the faulty ones are made
//! here.

use hdf5_writer::{ByteOrder, DatasetBuilder, Datatype, Hdf5Builder, WriteOptions};
use memspike::dataset::own::{Base, Described, Form, Test};
use memspike::dataset::{Dataset, Faults, Split};
use memspike::time::Time;
use std::path::{Path, PathBuf};

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/data")
}

fn described(folder: &Path, train: &str, test: Test) -> Described {
    Described {
        form: Form::Spikes { lines: 700, tick: None },
        train: train.into(),
        test,
        range: None,
        classes: None,
        targets: false,
        name: "shd".into(),
        version: "1".into(),
        base: Base(folder.into()),
    }
}

fn shd() -> Dataset {
    described(&golden(), "shd_train.h5", Test::Of("shd_test.h5".into())).read(1).unwrap().0
}

/// Halves of 16 bits beside compressed and shuffled chunks of 32 bits, old and new forms of the file.
#[test]
fn what_h5py_reads_is_read() {
    let set = shd();
    assert_eq!((&set.shape[..], set.classes, set.train.len(), set.test.len()), (&[700][..], 2, 6, 4));
    let of = |name: &str, split: &Split| -> Vec<String> {
        let events = split.recorded().unwrap();
        let row = |k: usize| {
            let spikes = events.sample(k);
            assert!(spikes.is_sorted());
            let units: u32 = spikes.iter().map(|&(_, line)| line).sum();
            let fs: u64 = spikes.iter().map(|(time, _)| time.fs()).sum();
            format!("{name},{k},{},{},{units},{fs}", split.label(k), spikes.len())
        };
        (0..split.len()).map(row).collect()
    };
    let known = include_str!("../golden/data/heidelberg.csv");
    let read = [of("shd_train.h5", &set.train), of("shd_test.h5", &set.test)].concat();
    assert_eq!(read, known.lines().skip(1).collect::<Vec<_>>());
}

/// The same spikes as a table are the same data.
#[test]
fn the_identity_is_that_of_the_spikes() {
    let folder = tempfile::tempdir().unwrap();
    let share = || Test::Share(0.5);
    let mut table = String::from("sample,label,time [ns],line\n");
    let set = shd();
    let events = set.test.recorded().unwrap();
    for k in 0..set.test.len() {
        for (time, line) in events.sample(k) {
            let (ns, fs) = (time.fs() / 1_000_000, time.fs() % 1_000_000);
            table += &format!("{k},{},{ns}.{fs:06},{line}\n", set.test.label(k));
        }
    }
    std::fs::write(folder.path().join("a.csv"), table).unwrap();
    let seed =
        (1..100).find(|&seed| described(&golden(), "shd_test.h5", share()).read(seed).is_ok()).unwrap();
    let (_, of_table) = described(folder.path(), "a.csv", share()).read(seed).unwrap();
    let (_, of_arrays) = described(&golden(), "shd_test.h5", share()).read(seed).unwrap();
    assert_eq!(of_table, of_arrays);
}

const U16: Datatype = Datatype::FixedPoint { size: 2, signed: false, byte_order: ByteOrder::LittleEndian };
const F32: Datatype = Datatype::FloatingPoint { size: 4, byte_order: ByteOrder::LittleEndian };

fn times(samples: &[&[f32]]) -> DatasetBuilder {
    let bytes = samples.iter().map(|times| times.iter().flat_map(|time| time.to_le_bytes()).collect());
    DatasetBuilder::vlen_sequence_data("spikes/times", F32, [samples.len() as u64], bytes.collect()).unwrap()
}

fn units(name: &str, samples: &[&[u16]]) -> DatasetBuilder {
    let bytes = samples.iter().map(|units| units.iter().flat_map(|unit| unit.to_le_bytes()).collect());
    DatasetBuilder::vlen_sequence_data(name, U16, [samples.len() as u64], bytes.collect()).unwrap()
}

fn labels(labels: &[i8]) -> DatasetBuilder {
    DatasetBuilder::typed_data("labels", [labels.len() as u64], labels).unwrap()
}

fn file(sets: impl IntoIterator<Item = DatasetBuilder>) -> Vec<u8> {
    let file = sets.into_iter().fold(Hdf5Builder::new(), Hdf5Builder::dataset);
    file.into_plan().unwrap().encode(WriteOptions::default()).unwrap()
}

fn read(bytes: &[u8], change: impl Fn(&mut Described)) -> Result<Dataset, Faults> {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.h5"), bytes).unwrap();
    let mut described = described(folder.path(), "a.h5", Test::Of("a.h5".into()));
    change(&mut described);
    described.read(1).map(|(set, _)| set)
}

/// What is said of a file that is training and test set, once.
fn said(bytes: &[u8], change: impl Fn(&mut Described)) -> String {
    let Faults(faults) = read(bytes, change).unwrap_err();
    let text = Faults(vec![faults[0].clone()]).to_string();
    text[text.find("a.h5").unwrap()..].to_string()
}

#[test]
fn what_is_wrong_is_said_with_place_value_and_what_is_allowed() {
    let [t, u, l]: [fn() -> DatasetBuilder; 3] =
        [|| times(&[&[0.5, 0.25], &[1.0]]), || units("spikes/units", &[&[0, 699], &[3]]), || labels(&[0, 1])];
    let set = read(&file([t(), u(), l()]), |_| ()).unwrap();
    let ms = |ms: u64| Time::from_ms(ms);
    assert_eq!(set.train.recorded().unwrap().sample(0), [(ms(250), 699), (ms(500), 0)]);
    let wanted = "expected `/spikes/times` and `/spikes/units`, an array for each sample, and `/labels`\n  \
                  hint: spikes of another layout are written as an .npz with NumPy";
    let line = "expected 0 to 699\n  hint: `lines` of the data says how many there are";
    let time = "expected a time from 0 s to 9223 s";
    for (sets, expected) in [
        (vec![t(), u()], format!("a.h5: there is no `/labels`; {wanted}")),
        (vec![l()], format!("a.h5: there is no `/spikes/times`; {wanted}")),
        (vec![t(), l(), units("units", &[&[0, 1], &[3]])], format!("a.h5: there is no `/spikes/units`; {wanted}")),
        (
            vec![times(&[&[0.5, 0.25]]), u(), l()],
            "a.h5, `/spikes/times`: there are 1 array; expected 2, as in `/labels`".into(),
        ),
        (
            vec![t(), units("spikes/units", &[&[0], &[3]]), l()],
            "a.h5, `/spikes/units`: sample 0 has 1 value; expected 2, as in `/spikes/times`".into(),
        ),
        (
            vec![t(), units("spikes/units", &[&[0, 1], &[700]]), l()],
            format!("a.h5, `/spikes/units`: value 0, of sample 1, is 700; {line}"),
        ),
        (
            vec![times(&[&[0.5, -0.25], &[1.0]]), u(), l()],
            format!("a.h5, `/spikes/times`: value 1, of sample 0, is -0.25; {time}"),
        ),
        (
            vec![times(&[&[0.5, 0.25], &[f32::NAN]]), u(), l()],
            format!("a.h5, `/spikes/times`: value 0, of sample 1, is NaN; {time}"),
        ),
        (
            vec![times(&[&[0.5, 0.25], &[f32::INFINITY]]), u(), l()],
            format!("a.h5, `/spikes/times`: value 0, of sample 1, is inf; {time}"),
        ),
        (
            vec![t(), u(), labels(&[0, -1])],
            "a.h5, `/labels`: the class of sample 1 is -1; expected 0 to 0\n  hint: classes are counted from 0, and there are at \
             most 2048"
                .into(),
        ),
        (vec![times(&[]), units("spikes/units", &[]), labels(&[])], "a.h5: there is no sample; expected at least one".into()),
        (
            vec![t(), u(), DatasetBuilder::typed_data("labels", [2], &[0.0_f64, 1.0]).unwrap()],
            "a.h5, `/labels`: the classes are real numbers; expected integers, one for each sample".into(),
        ),
        (
            vec![t(), u(), DatasetBuilder::typed_data("labels", [2, 1], &[0_i8, 1]).unwrap()],
            "a.h5, `/labels`: its shape is 2 x 1; expected one axis, of samples".into(),
        ),
        (
            vec![t(), u(), DatasetBuilder::vlen_string_data("labels", [2], &["a", "b"]).unwrap()],
            "a.h5, `/labels`: its values are no plain numbers; expected integers".into(),
        ),
        (
            vec![DatasetBuilder::typed_data("spikes/times", [2], &[0.5_f32, 1.0]).unwrap(), u(), l()],
            "a.h5, `/spikes/times`: its elements are no arrays of plain numbers; expected an array of numbers, of its own length, for each \
             sample"
                .into(),
        ),
        (
            vec![units("spikes/times", &[&[0, 699], &[3]]), u(), l()],
            "a.h5, `/spikes/times`: the values are integers; expected real numbers, in seconds\n  hint: `tick = \"1 us\"` of the data says \
             what 1 is"
                .into(),
        ),
    ] {
        assert_eq!(said(&file(sets), |_| ()), expected);
    }
    let two = |described: &mut Described| described.classes = Some(2);
    assert_eq!(
        said(&file([t(), u(), labels(&[0, 2])]), two),
        "a.h5, `/labels`: the class of sample 1 is 2; expected 0 to 1\n  hint: `classes` of the data says how many there are"
    );
    // Whole ticks, exact.
    let ticks = file([units("spikes/times", &[&[65_535, 1], &[3]]), u(), l()]);
    let set = read(&ticks, |described| {
        described.form = Form::Spikes { lines: 700, tick: Some(Time::from_fs(7)) };
    });
    assert_eq!(set.unwrap().train.recorded().unwrap().sample(0)[1], (Time::from_fs(7 * 65_535), 0));
}

#[test]
fn what_is_no_whole_hdf5_file_is_refused() {
    let good = std::fs::read(golden().join("shd_train.h5")).unwrap();
    let half = good.len() / 2;
    assert_eq!(
        said(&good[..half], |_| ()),
        format!(
            "a.h5: it ends after {half} bytes; expected {}, as it says itself\n  hint: the file is cut off: copy or download it again",
            good.len()
        )
    );
    assert!(said(&good[..20], |_| ()).starts_with("a.h5: it cannot be read ("));
    let forms = "expected a table, an .npz or an HDF5 file";
    assert_eq!(said(&[1, 0, 2], |_| ()), format!("a.h5: it is neither a text, an .npz nor HDF5; {forms}"));
    let gzip = [0x1f, 0x8b, 8, 0, 0];
    assert_eq!(
        said(&gzip, |_| ()),
        format!("a.h5: it is compressed with gzip; {forms}\n  hint: gunzip unpacks it")
    );
    // Real numbers of another form than IEEE 754: the bias of 16 bits is 15.
    let form = [16, 0, 10, 5, 0, 10, 15, 0, 0, 0];
    let at = good.windows(form.len()).position(|window| window == form).unwrap();
    let mut other = good.clone();
    other[at + 6] = 16;
    assert!(said(&other, |_| ()).contains("`/spikes/times`: its elements are no arrays of plain numbers"));
}

/// Neither the lengths nor the shapes that a file claims are room that is taken.
#[test]
fn what_a_file_claims_is_not_believed() {
    let long = [7_u16; 1000];
    let claims = |samples: usize, count: u32, address: u64| {
        let reference = [&count.to_le_bytes()[..], &address.to_le_bytes(), &1_u32.to_le_bytes()].concat();
        let of = |name: &str| units(name, &vec![&[][..]; samples]).raw_data(reference.repeat(samples));
        let labels = vec![0; samples];
        file([units("extra", &[&long]), of("spikes/times"), of("spikes/units"), self::labels(&labels)])
    };
    let ticks = |described: &mut Described| {
        described.form = Form::Spikes { lines: 700, tick: Some(Time::from_ms(1)) };
    };
    // Where the heap with the array of `/extra` is does not depend on what the others claim of it.
    let heap = |samples| {
        let draft = claims(samples, 0, 0);
        draft.windows(4).position(|window| window == b"GCOL").unwrap() as u64
    };
    assert_eq!(
        read(&claims(1, 1000, heap(1)), ticks).unwrap().train.recorded().unwrap().sample(0).len(),
        1000
    );
    assert_eq!(
        said(&claims(1, u32::MAX, heap(1)), ticks),
        "a.h5, `/spikes/times`, sample 0: it is said to have 4294967295 values; expected at most 1000, which are there\n  hint: the file \
         is damaged: copy or download it again"
    );
    let shared = said(&claims(500, 1000, heap(500)), ticks);
    assert!(
        shared.contains(
            ": the arrays up to this one have more bytes than the file; expected a place of its own"
        ),
        "{shared}"
    );
    // A shape of one axis: version 1, one axis, flags, five bytes that are reserved, its length.
    let mut wide = std::fs::read(golden().join("shd_train.h5")).unwrap();
    let six = |window: &[u8]| window[..2] == [1, 1] && window[3..] == [0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0];
    let shapes: Vec<usize> = (0..wide.len() - 16).filter(|&at| six(&wide[at..at + 16])).collect();
    assert!(shapes.len() >= 3);
    shapes.iter().for_each(|at| wide[at + 8..at + 16].copy_from_slice(&(1_u64 << 40).to_le_bytes()));
    let wide = said(&wide, |_| ());
    assert!(wide.starts_with("a.h5, `/labels`: it cannot be read (") && wide.contains("limit"), "{wide}");
}

/// No bytes whatever are a panic.
#[test]
fn damaged_files_are_refused_or_read() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 33) as usize
    };
    for name in ["shd_train.h5", "shd_test.h5"] {
        let good = std::fs::read(golden().join(name)).unwrap();
        let mut refused = 0;
        for _ in 0..150 {
            let mut bytes = good.clone();
            for _ in 0..1 + next() % 8 {
                let at = next() % bytes.len();
                bytes[at] = next() as u8;
            }
            refused += usize::from(read(&bytes, |_| ()).is_err());
        }
        assert!(refused > 30, "{refused}");
    }
}
