use super::*;
use crate::record::npz::tests::archive;
use std::fs;

fn described(form: Form, train: &str, test: Test, base: &Path) -> Described {
    Described {
        form,
        train: train.into(),
        test,
        range: None,
        classes: None,
        targets: false,
        name: "own".into(),
        version: "1".into(),
        base: Base(base.to_path_buf()),
    }
}

fn npz(train: &str, test: Test, base: &Path) -> Described {
    described(Form::Npz { x: "x".into(), y: "y".into() }, train, test, base)
}

/// An `.npy` file as NumPy writes it.
fn npy(kind: &str, shape: &str, values: &[u8]) -> Vec<u8> {
    let dictionary = format!("{{'descr': '{kind}', 'fortran_order': False, 'shape': {shape}, }}\n");
    let length = (dictionary.len() as u16).to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &length, dictionary.as_bytes(), values].concat()
}

fn reals(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn faults(described: &Described) -> String {
    let text = described.read(1).unwrap_err().to_string();
    text.replace(&format!("{}/", described.base.0.display()), "")
}

#[test]
fn arrays_of_any_shape_and_type_are_samples() {
    let root = tempfile::tempdir().unwrap();
    let x: Vec<u8> = (0..24).collect();
    let y = [2_i64, 0, 1, 1].map(i64::to_le_bytes).concat();
    let file = archive(&[("x", npy("|u1", "(4, 1, 2, 3)", &x)), ("y", npy("<i8", "(4,)", &y))]);
    fs::write(root.path().join("train.npz"), &file).unwrap();
    let test = reals(&[0.0, 1.0, 0.5, 0.25, 1.0, 0.0]);
    let other = archive(&[("x", npy("<f4", "(1, 1, 2, 3)", &test)), ("y", npy("|u1", "(1, 1)", &[1]))]);
    fs::write(root.path().join("test.npz"), other).unwrap();
    let (set, identity) = npz("train.npz", Test::Of("test.npz".into()), root.path()).read(1).unwrap();
    assert_eq!((&set.shape[..], set.classes, set.size()), (&[1, 2, 3][..], 3, 6));
    assert_eq!(&set.train.image(1)[..], [6, 7, 8, 9, 10, 11]);
    assert_eq!(set.train.labels, [2, 0, 1, 1]);
    assert_eq!(set.test.values(0).collect::<Vec<_>>(), [0.0, 1.0, 0.5, 0.25, 1.0, 0.0]);
    assert_eq!((identity.train, identity.test, identity.name.as_str()), (4, 1, "own"));
    // The same data as two .npy files, and as IDX, are the same data.
    fs::write(root.path().join("x.npy"), npy("|u1", "(4, 1, 2, 3)", &x)).unwrap();
    fs::write(root.path().join("y.npy"), npy("<i8", "(4,)", &y)).unwrap();
    let idx = |axes: &[u32], kind: u8, values: &[u8]| {
        let lengths: Vec<u8> = axes.iter().flat_map(|axis| axis.to_be_bytes()).collect();
        [&[0, 0, kind, axes.len() as u8][..], &lengths, values].concat()
    };
    fs::write(root.path().join("x.idx"), idx(&[4, 1, 2, 3], 8, &x)).unwrap();
    fs::write(root.path().join("y.idx"), idx(&[4], 11, &[0, 2, 0, 0, 0, 1, 0, 1])).unwrap();
    let share = || Test::Share(0.25);
    let labels = |file: &str| (file.to_string(), None);
    let (train_labels, test_labels) = labels("y.npy");
    let as_npy = described(Form::Npy { train_labels, test_labels }, "x.npy", share(), root.path());
    let (train_labels, test_labels) = labels("y.idx");
    let as_idx = described(Form::Idx { train_labels, test_labels }, "x.idx", share(), root.path());
    let as_npz = npz("train.npz", share(), root.path());
    // A seed whose share leaves a sample of each class.
    let seed = (1..100).find(|&seed| as_npy.read(seed).is_ok()).unwrap();
    let [first, second, third] = [as_npy, as_idx, as_npz].map(|one| one.read(seed).unwrap());
    assert_eq!(first, second);
    assert_eq!(first, third);
}

#[test]
fn there_may_be_more_classes_than_a_byte_counts() {
    let root = tempfile::tempdir().unwrap();
    let of = |classes: u32| {
        let rows: String = (0..classes).map(|k| format!("0.5,{k}\n")).collect();
        fs::write(root.path().join("many.csv"), format!("a,label\n{rows}")).unwrap();
        let test = Test::Of("many.csv".into());
        described(Form::Csv { label: "label".into() }, "many.csv", test, root.path())
    };
    let (set, _) = of(300).read(1).unwrap();
    assert_eq!((set.classes, set.train.label(43), set.test.label(299)), (300, 43, 299));
    assert_eq!(of(MAX_CLASSES as u32).read(1).unwrap().0.classes, MAX_CLASSES);
    let more = Described { test: Test::Share(0.5), ..of(MAX_CLASSES as u32 + 1) };
    assert_eq!(
        faults(&more),
        "many.csv, column `label`: the class of sample 2048 is 2048; expected 0 to 2047\n  hint: classes are counted from 0, and there are at \
         most 2048"
    );
}

#[test]
fn a_share_is_drawn_by_the_seed_and_the_identity_is_of_the_whole() {
    let root = tempfile::tempdir().unwrap();
    let rows: String = (0..100).map(|k| format!("{},{},{}\n", f64::from(k) / 100.0, k % 2, 0.5)).collect();
    fs::write(root.path().join("points.csv"), format!("a,label,b\n{rows}")).unwrap();
    let csv =
        |share| described(Form::Csv { label: "label".into() }, "points.csv", Test::Share(share), root.path());
    let (first, one) = csv(0.2).read(1).unwrap();
    assert_eq!((first.train.len(), first.test.len(), &first.shape[..]), (80, 20, &[2][..]));
    assert_eq!(csv(0.2).read(1).unwrap(), (first.clone(), one.clone()));
    let (second, other) = csv(0.2).read(2).unwrap();
    assert_ne!(first.test, second.test);
    assert_eq!(one, other);
    let number = |split: &Split| -> Vec<u32> {
        (0..split.len()).map(|k| (100.0 * split.values(k).next().unwrap()).round() as u32).collect()
    };
    let mut all = [number(&first.train), number(&first.test)].concat();
    assert!(number(&first.test).is_sorted());
    all.sort_unstable();
    assert_eq!(all, (0..100).collect::<Vec<_>>());
    assert_eq!(
        faults(&csv(0.001)),
        "points.csv: 0 samples of 100 samples would be the test set; expected a share that leaves samples to both"
    );
}

#[test]
fn what_has_changed_since_it_was_read_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let write = |x: &[u8]| {
        let file = archive(&[("x", npy("|u1", "(4, 2)", x)), ("y", npy("|u1", "(4,)", &[0, 1, 0, 1]))]);
        fs::write(root.path().join("d.npz"), file).unwrap();
    };
    write(&[1, 2, 3, 4, 5, 6, 7, 8]);
    let own = Own::new(npz("d.npz", Test::Of("d.npz".into()), root.path()), 1).unwrap();
    assert_eq!(own.open(1).unwrap().train.len(), 4);
    write(&[1, 2, 3, 4, 5, 6, 7, 9]);
    let text = own.open(1).unwrap_err().to_string();
    assert!(
        text.contains("d.npz: the data have changed: their SHA-256 is ")
            && text.contains(&own.identity.sha256)
    );
}

#[test]
fn every_fault_says_the_file_the_place_the_value_and_what_is_allowed() {
    let root = tempfile::tempdir().unwrap();
    let files = std::cell::Cell::new(0);
    let of = |x: Vec<u8>, y: Vec<u8>| {
        files.set(files.get() + 1);
        let name = format!("d{}.npz", files.get());
        fs::write(root.path().join(&name), archive(&[("x", x), ("y", y)])).unwrap();
        npz(&name, Test::Share(0.5), root.path())
    };
    let as_test_too = |one: Described| Described { test: Test::Of(one.train.clone()), ..one };
    let y = || npy("|u1", "(2,)", &[0, 1]);
    let x = || npy("|u1", "(2, 2)", &[1, 2, 3, 4]);
    let real = |values: &[f32; 4]| npy("<f4", "(2, 2)", &reals(values));
    let hint = "\n  hint: `low` and `high` of the data say what is 0 and what is 1";
    for (described, said) in [
        (
            of(real(&[0.0, 1.0, 0.5, f32::NAN]), y()),
            "array `x`: value 1 of sample 1 is NaN; expected 0 to 1\n  hint: a sample has a number for each value".to_string(),
        ),
        (
            of(real(&[0.0, 3.5, -1.0, 0.0]), y()),
            format!("array `x`: value 1 of sample 0 is 3.5, and 1 more; expected 0 to 1{hint}"),
        ),
        (
            of(npy("<i4", "(2, 1)", &[0; 8]), y()),
            "array `x`: the values are integers; expected bytes or real numbers\n  hint: `low` and `high` of the data say which \
             integer is 0 and which is 1: low = 0, high = 255".into(),
        ),
        (
            of(npy("<c8", "(1,)", &[0; 8]), y()),
            "array `x`: its values are '<c8'; expected bool, integers or real numbers of NumPy; expected an array of numbers".into(),
        ),
        (
            of(x(), npy("<f4", "(2,)", &reals(&[0.0, 1.0]))),
            "array `y`: the classes are real numbers; expected integers, one for each sample\n  hint: y.astype(\"int64\") of \
             NumPy makes them integers; numbers to be learned as they are take targets = \"values\"".into(),
        ),
        (
            of(x(), npy("|u1", "(3,)", &[0, 1, 1])),
            "array `y`: there are classes of shape 3; expected 2, one for each sample of d.npz".into(),
        ),
        (
            of(x(), npy("|u1", "(2, 2)", &[0, 1, 1, 0])),
            "array `y`: there are classes of shape 2 x 2; expected 2, one for each sample of d.npz\n  hint: y.argmax(axis=1) \
             makes classes of one-hot rows".into(),
        ),
        (
            of(x(), npy("|i1", "(2,)", &[0, 255])),
            "array `y`: the class of sample 1 is -1; expected 0 to 0\n  hint: classes are counted from 0, and there are at most 2048".into(),
        ),
        (
            as_test_too(of(x(), npy("|u1", "(2,)", &[0, 3]))),
            ": classes 1, 2 have no training sample; expected samples of all 4 classes\n  hint: classes are numbered from 0 without gaps".into(),
        ),
        (
            Described { classes: Some(2), ..of(x(), npy("|u1", "(2,)", &[0, 2])) },
            "array `y`: the class of sample 1 is 2; expected 0 to 1\n  hint: `classes` of the data says how many there are".into(),
        ),
        (
            Described { form: Form::Npz { x: "x".into(), y: "t".into() }, ..of(x(), y()) },
            ": there is no array `t`; expected one of its arrays: `x`, `y`\n  hint: `x` and `y` of the data name the arrays of \
             samples and of classes or targets".into(),
        ),
    ] {
        let text = faults(&described).replace(&described.train, "d.npz");
        let expected = if said.starts_with(':') { format!("d.npz{said}") } else { format!("d.npz, {said}") };
        assert_eq!(text, expected);
    }
}

#[test]
fn numbers_may_be_wanted_in_place_of_classes() {
    let root = tempfile::tempdir().unwrap();
    let with = |form, train: &str| Described {
        targets: true,
        ..described(form, train, Test::Of(train.into()), root.path())
    };
    let csv = |label: &str| with(Form::Csv { label: label.into() }, "t.csv");
    fs::write(root.path().join("t.csv"), "up,a,down\n-3.5,0.5,1e3\n2,1,0\n2,0,7\n").unwrap();
    let (set, identity) = csv("down, up").read(1).unwrap();
    assert_eq!((&set.shape[..], set.classes, identity.targets), (&[1][..], 1, 2));
    let targets = set.train.targets().unwrap();
    assert_eq!((targets.of(0), targets.of(1), targets.len()), (&[1e3, -3.5][..], &[0.0, 2.0][..], 3));
    assert_eq!(set.train.values(1).collect::<Vec<_>>(), [1.0]);
    assert_eq!(
        (set.train.labels.as_slice(), set.train.chosen(&[2]).targets().unwrap().of(0)),
        (&[0; 3][..], &[7.0, 2.0][..])
    );
    // The same numbers as arrays are the same data.
    fs::write(root.path().join("x.npy"), npy("<f4", "(3, 1)", &reals(&[0.5, 1.0, 0.0]))).unwrap();
    fs::write(root.path().join("y.npy"), npy("<f4", "(3, 2)", &reals(&[1e3, -3.5, 0.0, 2.0, 7.0, 2.0])))
        .unwrap();
    let form = Form::Npy { train_labels: "y.npy".into(), test_labels: Some("y.npy".into()) };
    let (_, other) = with(form, "x.npy").read(1).unwrap();
    assert_eq!(other.sha256, identity.sha256);
    let of = |y: Vec<u8>| {
        let x = npy("<f4", "(3,)", &reals(&[0.5, 1.0, 0.0]));
        fs::write(root.path().join("d.npz"), archive(&[("x", x), ("y", y)])).unwrap();
        faults(&with(Form::Npz { x: "x".into(), y: "y".into() }, "d.npz"))
    };
    for (said, expected) in [
        (
            of(npy("<f4", "(2,)", &reals(&[1.0, 2.0]))),
            "d.npz, array `y`: there are targets of shape 2; expected a row for each of the 3 samples of d.npz",
        ),
        (
            of(npy("<f4", "(3,)", &reals(&[1.0, f32::NAN, 2.0]))),
            "d.npz, array `y`: target 0 of sample 1 is NaN; expected a number",
        ),
        (
            of(npy("|u1", "(3,)", &[4, 4, 4])),
            "d.npz: target 0 is the same of all training samples; expected targets that differ from sample to sample",
        ),
        (
            faults(&csv("up,dwn")),
            "t.csv, line 1: there is no column `dwn`; expected a header with the column of the classes and one for each value\n  hint: did you mean `label = \"down\"`?",
        ),
        (
            faults(&csv("up,up")),
            "t.csv, line 1: `label` names column `up` twice; expected each column of targets once",
        ),
        (
            faults(&csv("up,a,down")),
            "t.csv, line 1: there is no column of values; expected at least one beside the class or the targets",
        ),
    ] {
        // The file is read as training and as test samples.
        let hint = said.find("\n  hint").map_or("", |at| &said[at..]);
        assert_eq!(
            format!(
                "{}{}",
                said.lines().next().unwrap_or_default(),
                hint.lines().take(2).collect::<Vec<_>>().join("\n")
            ),
            expected
        );
    }
}

#[test]
fn rows_of_a_table_say_their_line() {
    let root = tempfile::tempdir().unwrap();
    let of = |text: &str, label: &str| {
        fs::write(root.path().join("t.csv"), text).unwrap();
        faults(&described(Form::Csv { label: label.into() }, "t.csv", Test::Share(0.5), root.path()))
    };
    assert_eq!(
        of("a,label\n0.5,0\n0.5\n", "label"),
        "t.csv, line 3: it has 1 field; expected 2, as in the header"
    );
    assert_eq!(of("a,label\n0.5,0\nred,1\n", "label"), "t.csv, line 3: `a` is \"red\"; expected a number");
    assert_eq!(of("a,label\nNaN,0\n", "label"), "t.csv, line 2: `a` is \"NaN\"; expected a number");
    assert_eq!(
        of("a,label\n0.5,cat\n", "label"),
        "t.csv, line 2: `label` is \"cat\"; expected a class: a whole number from 0"
    );
    assert_eq!(
        of("a,label\n0.5,0\n", "lable"),
        "t.csv, line 1: there is no column `lable`; expected a header with the column of the classes and one for each value\n  \
         hint: did you mean `label = \"label\"`?"
    );
    let twice = "are both called `label`; expected one column of the classes\n  hint: the other one would be a value, and give the class \
                 away";
    assert_eq!(of("label,a,label\n0,0.5,0\n", "label"), format!("t.csv, line 1: columns 1 and 3 {twice}"));
    assert_eq!(
        of("a,label,label [mV]\n0.5,0,0\n", "label"),
        format!("t.csv, line 1: columns 2 and 3 {twice}")
    );
    assert_eq!(
        of("a,label\n", "label"),
        "t.csv: there is no row after the header; expected a row for each sample"
    );
}

#[test]
fn a_sample_that_is_no_number_is_refused_in_every_row() {
    let root = tempfile::tempdir().unwrap();
    let of = |rows: &str| {
        fs::write(root.path().join("s.csv"), format!("sample,label,time [ms],line\n{rows}")).unwrap();
        let form = Form::Spikes { lines: 3, tick: None };
        faults(&described(form, "s.csv", Test::Share(0.5), root.path()))
    };
    let said = |line: u32, value: &str, allowed: &str| {
        format!(
            "s.csv, line {line}: `sample` is \"{value}\"; expected {allowed}\n  hint: rows of one sample follow each other, and \
             samples are counted from 0"
        )
    };
    let most = usize::MAX.to_string();
    for value in ["", "0.5", "x", "-1", "nan", "1e0", "1e5", "1", &most, "99999999999999999999"] {
        assert_eq!(of(&format!("{value},0,1.0,0\n1,1,2.0,1\n")), said(2, value, "0"));
    }
    fs::write(root.path().join("s.csv"), "sample,label,time [ms],line,label\n0,0,1.0,0,1\n").unwrap();
    let form = Form::Spikes { lines: 3, tick: None };
    let twice = faults(&described(form, "s.csv", Test::Share(0.5), root.path()));
    assert!(twice.starts_with("s.csv, line 1: two columns are called `label`;"), "{twice}");
    for value in ["", "0.5", "-1", "2", &most] {
        assert_eq!(of(&format!("0,0,1.0,0\n{value},1,2.0,1\n")), said(3, value, "0 or 1"));
    }
}

#[test]
fn training_and_test_samples_have_one_shape_and_both_are_said() {
    let root = tempfile::tempdir().unwrap();
    for (name, shape) in [("a.npz", "(2, 2)"), ("b.npz", "(1, 4)")] {
        let labels = if name == "a.npz" { npy("|u1", "(2,)", &[0, 1]) } else { npy("|u1", "(1,)", &[0]) };
        fs::write(root.path().join(name), archive(&[("x", npy("|u1", shape, &[0; 4])), ("y", labels)]))
            .unwrap();
    }
    assert_eq!(
        faults(&npz("a.npz", Test::Of("b.npz".into()), root.path()))
            .replace(&root.path().display().to_string(), ""),
        "b.npz, array `x`: a sample is of 4; expected 2, as in a.npz"
    );
    let missing = faults(&npz("gone.npz", Test::Share(0.5), root.path()));
    assert!(missing.starts_with("gone.npz: cannot be read ("), "{missing}");
}

#[cfg(feature = "png")]
#[test]
fn folders_of_pictures_are_classes_in_the_order_of_their_numbers() {
    let root = tempfile::tempdir().unwrap();
    let write = |name: &str, (width, height): (u32, u32), colour, bytes: &[u8]| {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut encoder = png::Encoder::new(fs::File::create(path).unwrap(), width, height);
        encoder.set_color(colour);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.write_header().unwrap().write_image_data(bytes).unwrap();
    };
    let grey = png::ColorType::Grayscale;
    write("train/2/a.png", (2, 1), grey, &[5, 6]);
    write("train/10/b.png", (2, 1), grey, &[7, 8]);
    write("train/10/c.png", (2, 1), grey, &[9, 10]);
    write("test/10/d.png", (2, 1), grey, &[1, 2]);
    let of = |test: &str| described(Form::Png, "train", Test::Of(test.into()), root.path());
    let (set, _) = of("test").read(1).unwrap();
    assert_eq!((&set.train.labels[..], &set.test.labels[..]), (&[0, 1, 1][..], &[1][..]));
    assert_eq!((set.train.images(), &set.shape[..]), (&[5, 6, 7, 8, 9, 10][..], &[1, 2][..]));
    write("rgb/10/d.png", (2, 1), png::ColorType::Rgb, &[1, 2, 3, 4, 5, 6]);
    assert_eq!(faults(&of("rgb")), "rgb: a sample is of 3 x 1 x 2; expected 1 x 2, as in train");
    write("other/3/d.png", (2, 1), grey, &[1, 2]);
    assert_eq!(
        faults(&of("other")),
        "other: class `3` is none of the training samples; expected folders 2, 10"
    );
    write("train/10/e.png", (1, 1), grey, &[9]);
    assert_eq!(
        faults(&of("test")),
        "train/10/e.png: the picture is of 1 x 1; expected 1 x 2, as train/2/a.png"
    );
    fs::write(root.path().join("train/10/e.png"), b"no picture").unwrap();
    assert!(faults(&of("test")).starts_with("train/10/e.png: it cannot be decoded ("));
}
