//! Samples and classes as arrays: `.npz`, `.npy` and IDX.

use super::{Part, Read, fault, hinted};
use crate::dataset::{Fault, Faults, Targets, idx};
use crate::hint::shape as shown;
use crate::record::array::{Array, Values, decode};
use crate::record::npz::members;
use std::path::Path;

/// An `.npz` with arrays `x` and `y`, of classes or `targets`.
pub(super) fn npz(file: &Path, (x, y): (&str, &str), targets: bool) -> Result<Part, Faults> {
    let bytes = bytes(file)?;
    let files = members(&bytes).map_err(|why| fault(file, "", why, "an .npz file of NumPy"))?;
    let find = |name: &str| {
        let found = files.iter().find(|(known, _)| known == name);
        let (_, content) = found.ok_or_else(|| {
            let known: Vec<String> = files.iter().map(|(name, _)| format!("`{name}`")).collect();
            let known = if known.is_empty() { "no array".into() } else { known.join(", ") };
            let missing =
                fault(file, "", format!("there is no array `{name}`"), format!("one of its arrays: {known}"));
            hinted(missing, "`x` and `y` of the data name the arrays of samples and of classes or targets")
        })?;
        decode(content).map_err(|why| fault(file, &format!("array `{name}`"), why, "an array of numbers"))
    };
    let (samples, labels) = both(find(x), find(y))?;
    let places = [format!("array `{x}`"), format!("array `{y}`")];
    part((samples, labels), [file, file], places, targets)
}

/// Two `.npy` files.
pub(super) fn npy(file: &Path, labels: Option<&Path>, targets: bool) -> Result<Part, Faults> {
    let read =
        |file: &Path| decode(&bytes(file)?).map_err(|why| fault(file, "", why, "an .npy file of NumPy"));
    two(file, (labels, targets), read)
}

/// Two IDX files.
pub(super) fn idx(file: &Path, labels: Option<&Path>, targets: bool) -> Result<Part, Faults> {
    two(file, (labels, targets), idx::read_array)
}

fn two(
    file: &Path,
    (labels, targets): (Option<&Path>, bool),
    read: impl Fn(&Path) -> Result<Array, Fault>,
) -> Result<Part, Faults> {
    let Some(labels) = labels else {
        let missing =
            fault(file, "", "its classes have no file".into(), "a file of classes beside that of samples");
        return Err(hinted(missing, "`train_labels` and `test_labels` of the data name them").into());
    };
    let arrays = both(read(file), read(labels))?;
    part(arrays, [file, labels], [String::new(), String::new()], targets)
}

fn bytes(file: &Path) -> Result<Vec<u8>, Fault> {
    let unreadable =
        |error: std::io::Error| Fault::Unreadable { file: file.into(), reason: error.to_string() };
    if file.is_dir() {
        return Err(fault(file, "", "it is a directory".into(), "a file"));
    }
    std::fs::read(file).map_err(unreadable)
}

/// Both, or the faults of both.
fn both(x: Result<Array, Fault>, y: Result<Array, Fault>) -> Result<(Array, Array), Faults> {
    match (x, y) {
        (Ok(x), Ok(y)) => Ok((x, y)),
        (x, y) => Err(Faults(x.err().into_iter().chain(y.err()).collect())),
    }
}

/// Numbers that are wanted of samples: a row of the array for each.
fn targets_of(
    y: &Array,
    (count, of): (usize, &Path),
    (file, place): (&Path, &str),
) -> Result<Targets, Fault> {
    let each = y.values.len() / count.max(1);
    if y.shape.first() != Some(&count) || each == 0 {
        let what = format!("there are targets of shape {}", shown(&y.shape));
        return Err(fault(
            file,
            place,
            what,
            format!("a row for each of the {count} samples of {}", of.display()),
        ));
    }
    let values: Vec<f64> = (0..y.values.len()).map(|k| y.values.real(k).unwrap_or(f64::NAN)).collect();
    if let Some(bad) = values.iter().position(|value| !value.is_finite()) {
        let what = format!("target {} of sample {} is {}", bad % each, bad / each, values[bad]);
        return Err(fault(file, place, what, "a number"));
    }
    Ok(Targets::new(values, each).unwrap_or_default())
}

fn part(
    (x, y): (Array, Array),
    files: [&Path; 2],
    places: [String; 2],
    targets: bool,
) -> Result<Part, Faults> {
    let (&count, shape) = x.shape.split_first().unwrap_or((&1, &[]));
    let targets = targets.then(|| targets_of(&y, (count, files[0]), (files[1], &places[1]))).transpose()?;
    let labels = match &y.values {
        _ if targets.is_some() => vec![0; count],
        Values::Bytes(labels) => labels.iter().map(|&label| i64::from(label)).collect(),
        Values::Integers(labels) => labels.clone(),
        Values::Reals(_) => {
            let what = "the classes are real numbers".to_string();
            let found = fault(files[1], &places[1], what, "integers, one for each sample");
            return Err(hinted(
                found,
                "y.astype(\"int64\") of NumPy makes them integers; numbers to be learned as they are take targets = \"values\"",
            )
            .into());
        }
    };
    let shape = if shape.is_empty() { vec![1] } else { shape.to_vec() };
    if x.values.is_empty() {
        let what = format!("there are no samples: its shape is {}", shown(&x.shape));
        return Err(fault(files[0], &places[0], what, "at least one sample of at least one value").into());
    }
    let as_column = y.shape.len() == 2 && y.shape[1] == 1;
    if targets.is_none() && (labels.len() != count || !(y.shape.len() == 1 || as_column)) {
        let what = format!("there are classes of shape {}", shown(&y.shape));
        let found = fault(
            files[1],
            &places[1],
            what,
            format!("{count}, one for each sample of {}", files[0].display()),
        );
        let one_hot = y.shape.len() == 2 && y.shape[0] == count;
        let found =
            if one_hot { hinted(found, "y.argmax(axis=1) makes classes of one-hot rows") } else { found };
        return Err(found.into());
    }
    let files = files.map(Path::to_path_buf);
    Ok(Part {
        shape,
        samples: Read::Values(x.values),
        labels,
        targets,
        files,
        places,
        names: Vec::new(),
        tested: Vec::new(),
    })
}
