//! Arrays as `.npz`, the format of NumPy: `numpy.load("weights.npz")["input"]`.

use super::RecordError;
use super::rundir::RunDir;
use ndarray::{Array2, ArrayView2};
use ndarray_npy::{NpzReader, NpzWriter};
use serde::{Deserialize, Serialize};
use std::io::Cursor;
use std::path::Path;

/// A two-dimensional array, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedArray {
    pub name: String,
    pub rows: usize,
    pub cols: usize,
    pub data: Vec<f64>,
}

/// What an array of an outcome is, as the first part of its name says.
///
/// `weight.<projection>` is a weight in volts (amperes for current kernels), `conductance.<projection>.plus`
/// and `.minus` (and `.2.plus` for the second pair of a parallel arrangement) are conductances in
/// siemens. Rows are presynaptic, columns postsynaptic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrayKind {
    Weight,
    Conductance,
    Other,
}

impl ArrayKind {
    /// The kind of an array and what is left of its name.
    #[must_use]
    pub fn of(name: &str) -> (Self, &str) {
        match name.split_once('.') {
            Some(("weight", rest)) => (Self::Weight, rest),
            Some(("conductance", rest)) => (Self::Conductance, rest),
            _ => (Self::Other, name),
        }
    }

    /// The file arrays of this kind are kept in.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Weight => "weights.npz",
            Self::Conductance => "conductances.npz",
            Self::Other => "arrays.npz",
        }
    }
}

/// Writes the arrays of a run into `weights.npz`, `conductances.npz` and `arrays.npz`; a file is
/// written only if there is something for it. Returns the names of the files.
///
/// # Errors
/// If an array is not of its stated shape or a file cannot be written.
pub fn write_all(dir: &RunDir, arrays: &[NamedArray]) -> Result<Vec<&'static str>, RecordError> {
    let mut files = Vec::new();
    for kind in [ArrayKind::Weight, ArrayKind::Conductance, ArrayKind::Other] {
        let of_kind: Vec<(&str, &NamedArray)> = arrays
            .iter()
            .filter_map(|array| {
                let (this, name) = ArrayKind::of(&array.name);
                (this == kind).then_some((name, array))
            })
            .collect();
        if !of_kind.is_empty() {
            dir.write(kind.file(), &encode(&of_kind)?)?;
            files.push(kind.file());
        }
    }
    Ok(files)
}

/// The bytes of an `.npz` with these arrays.
///
/// # Errors
/// If an array is not of its stated shape.
pub fn encode(arrays: &[(&str, &NamedArray)]) -> Result<Vec<u8>, RecordError> {
    let failed = |name: &str, message: String| RecordError::Encode { name: name.to_string(), message };
    let mut npz = NpzWriter::new(Cursor::new(Vec::new()));
    for (name, array) in arrays {
        let view = ArrayView2::from_shape((array.rows, array.cols), &array.data)
            .map_err(|error| failed(name, error.to_string()))?;
        npz.add_array(*name, &view).map_err(|error| failed(name, error.to_string()))?;
    }
    npz.finish().map(Cursor::into_inner).map_err(|error| failed(".npz", error.to_string()))
}

/// Reads every two-dimensional `f64` array of an `.npz`.
///
/// # Errors
/// If the file cannot be read or holds something else.
pub fn read(path: &Path) -> Result<Vec<NamedArray>, RecordError> {
    let bytes = std::fs::read(path).map_err(RecordError::io("read", path))?;
    let malformed = |message: String| RecordError::Malformed { path: path.to_path_buf(), message };
    let mut npz = NpzReader::new(Cursor::new(bytes)).map_err(|error| malformed(error.to_string()))?;
    let names = npz.names().map_err(|error| malformed(error.to_string()))?;
    let mut arrays = Vec::new();
    for name in names {
        let array: Array2<f64> =
            npz.by_name(&name).map_err(|error| malformed(format!("array `{name}`: {error}")))?;
        let (rows, cols) = array.dim();
        // A file written by NumPy may be in column order; ours is row-major.
        let data = array.iter().copied().collect();
        arrays.push(NamedArray { name: name.trim_end_matches(".npy").to_string(), rows, cols, data });
    }
    Ok(arrays)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(name: &str, rows: usize, cols: usize) -> NamedArray {
        let data = (0..rows * cols).map(|k| k as f64 * 0.1 - 1.0).collect();
        NamedArray { name: name.into(), rows, cols, data }
    }

    #[test]
    fn arrays_are_read_back_bit_for_bit_from_the_file_of_their_kind() {
        let root = tempfile::tempdir().unwrap();
        let dir = RunDir::create_at(root.path(), false).unwrap();
        let mut weight = array("weight.input", 3, 2);
        weight.data[0] = f64::from_bits(1);
        let arrays =
            [weight.clone(), array("conductance.input.plus", 3, 2), array("conductance.input.minus", 3, 2)];
        assert_eq!(write_all(&dir, &arrays).unwrap(), ["weights.npz", "conductances.npz"]);
        let read_back = read(&root.path().join("weights.npz")).unwrap();
        assert_eq!(read_back, [NamedArray { name: "input".into(), ..weight }]);
        let names: Vec<_> =
            read(&root.path().join("conductances.npz")).unwrap().into_iter().map(|a| a.name).collect();
        assert_eq!(names, ["input.plus", "input.minus"]);
    }

    #[test]
    fn a_file_that_is_no_npz_is_refused_by_name() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("weights.npz");
        std::fs::write(&path, b"PK not a zip").unwrap();
        let error = read(&path).unwrap_err();
        assert!(matches!(error, RecordError::Malformed { .. }));
        assert!(error.to_string().contains("weights.npz"), "{error}");
    }

    #[test]
    fn an_array_that_is_not_of_its_shape_is_refused() {
        let mut short = array("weight.input", 3, 2);
        short.data.pop();
        assert!(matches!(encode(&[("input", &short)]), Err(RecordError::Encode { .. })));
    }
}
