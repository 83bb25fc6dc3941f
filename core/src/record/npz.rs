//! Arrays as `.npz`, the format of NumPy: `numpy.load("weights.npz")["input"]`.

use super::array::{self, Array, MAGIC, Values};
use super::{RecordError, zip};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// A two-dimensional array, row by row.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedArray {
    /// What it is called in the file; see [`files`] for what the names of a run mean.
    pub name: String,
    /// Length of the first axis.
    pub rows: usize,
    /// Length of the second axis.
    pub cols: usize,
    /// `rows` x `cols` values, row after row.
    pub data: Vec<f64>,
}

/// What an array of an outcome is, as the first part of its name says.
///
/// `weight.<projection>` is a weight in volts (amperes for current kernels), `conductance.<projection>.plus`
/// and `.minus` (and `.2.plus` for the second pair of a parallel arrangement) are conductances in
/// siemens. Rows are presynaptic, columns postsynaptic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArrayKind {
    /// A synaptic weight.
    Weight,
    /// A conductance of a device.
    Conductance,
    /// Anything else, such as receptive fields; no table of units knows it.
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

/// The arrays of a run as `weights.npz`, `conductances.npz` and `arrays.npz`: name and bytes of every file
/// that there is something for.
///
/// # Errors
/// If an array is not of its stated shape.
pub fn files(arrays: &[NamedArray]) -> Result<Vec<(&'static str, Vec<u8>)>, RecordError> {
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
            files.push((kind.file(), encode(&of_kind)?));
        }
    }
    Ok(files)
}

/// The bytes of an `.npz` with these arrays.
///
/// # Errors
/// If an array is not of its stated shape.
pub fn encode(arrays: &[(&str, &NamedArray)]) -> Result<Vec<u8>, RecordError> {
    let mut npz = zip::Writer::default();
    for (name, array) in arrays {
        let NamedArray { rows, cols, data, .. } = array;
        if rows.checked_mul(*cols) != Some(data.len()) {
            let message = format!("{rows} x {cols} values are wanted, and there are {}", data.len());
            return Err(RecordError::Encode { name: (*name).to_string(), message });
        }
        let bytes: Vec<u8> = data.iter().flat_map(|value| value.to_le_bytes()).collect();
        npz.add(&format!("{name}.npy"), &[header(*rows, *cols).as_slice(), &bytes]);
    }
    Ok(npz.finish())
}

/// Reads an `.npz` with two-dimensional arrays of real numbers.
///
/// # Errors
/// If the file cannot be read or holds something else.
pub fn read(path: &Path) -> Result<Vec<NamedArray>, RecordError> {
    let bytes = std::fs::read(path).map_err(RecordError::io("read", path))?;
    let malformed = |message: String| RecordError::Malformed { path: path.to_path_buf(), message };
    let mut arrays = Vec::new();
    for (name, content) in members(&bytes).map_err(malformed)? {
        let (rows, cols, data) =
            decode(&content).map_err(|message| malformed(format!("array `{name}`: {message}")))?;
        arrays.push(NamedArray { name, rows, cols, data });
    }
    Ok(arrays)
}

/// The `.npy` files in the bytes of an `.npz`, by the names of their arrays.
///
/// # Errors
/// What is wrong with the archive, as a sentence about "it".
pub fn members(bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    let named = |(name, content): (String, Vec<u8>)| {
        (name.strip_suffix(".npy").map_or_else(|| name.clone(), str::to_string), content)
    };
    Ok(zip::read(bytes)?.into_iter().map(named).collect())
}

/// What stands before the values in an `.npy` file of version 1.0: a Python dictionary, filled up with spaces until
/// the values begin at a multiple of 64 bytes. Source: NumPy, `numpy.lib.format`.
fn header(rows: usize, cols: usize) -> Vec<u8> {
    let dictionary = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({rows}, {cols}), }}");
    let before = MAGIC.len() + 4;
    let length = (before + dictionary.len() + 1).next_multiple_of(64) - before;
    let mut bytes = MAGIC.to_vec();
    bytes.extend_from_slice(&[1, 0]);
    // Two numbers of twenty digits each leave it far below 64 KiB.
    bytes.extend_from_slice(&(length as u16).to_le_bytes());
    bytes.extend_from_slice(format!("{dictionary:<width$}\n", width = length - 1).as_bytes());
    bytes
}

/// Rows, columns and values, row by row, of an `.npy` file with an array of real numbers.
fn decode(bytes: &[u8]) -> Result<(usize, usize, Vec<f64>), String> {
    let Array { shape, values } = array::decode(bytes)?;
    let Values::Reals(data) = values else {
        return Err(format!("its values are {}; expected real numbers, such as float64", values.kind()));
    };
    let &[rows, cols] = shape.as_slice() else {
        return Err(format!("its shape is {}; expected two dimensions", crate::hint::shape(&shape)));
    };
    Ok((rows, cols, data))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// An `.npz` of these `.npy` files.
    pub(crate) fn archive(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
        let mut npz = zip::Writer::default();
        files.iter().for_each(|(name, bytes)| npz.add(&format!("{name}.npy"), &[bytes]));
        npz.finish()
    }

    fn array(name: &str, rows: usize, cols: usize) -> NamedArray {
        let data = (0..rows * cols).map(|k| k as f64 * 0.1 - 1.0).collect();
        NamedArray { name: name.into(), rows, cols, data }
    }

    #[test]
    fn arrays_are_read_back_bit_for_bit_from_the_file_of_their_kind() {
        let root = tempfile::tempdir().unwrap();
        let mut weight = array("weight.input", 3, 2);
        weight.data[0] = f64::from_bits(1);
        let arrays =
            [weight.clone(), array("conductance.input.plus", 3, 2), array("conductance.input.minus", 3, 2)];
        let files = files(&arrays).unwrap();
        for (name, bytes) in &files {
            std::fs::write(root.path().join(name), bytes).unwrap();
        }
        assert_eq!([files[0].0, files[1].0], ["weights.npz", "conductances.npz"]);
        assert_eq!(files.len(), 2);
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
    #[test]
    fn a_header_is_that_of_numpy() {
        // numpy.save(f, numpy.zeros((784, 10))), NumPy 2.
        let text = "{'descr': '<f8', 'fortran_order': False, 'shape': (784, 10), }";
        let expected =
            [b"\x93NUMPY\x01\x00\x76\x00".as_slice(), format!("{text:<117}\n").as_bytes()].concat();
        assert_eq!(header(784, 10), expected);
        for (rows, cols) in [(1, 1), (usize::MAX, usize::MAX), (12_345, 678)] {
            assert_eq!(header(rows, cols).len() % 64, 0);
        }
    }

    #[test]
    fn columns_first_and_big_endian_and_longer_lengths_are_understood() {
        let file = |version: u8, dictionary: &str, values: &[u8]| {
            let mut bytes = MAGIC.to_vec();
            bytes.extend_from_slice(&[version, 0]);
            let length = (dictionary.len() as u32).to_le_bytes();
            bytes.extend_from_slice(if version == 1 { &length[..2] } else { &length });
            [&bytes, dictionary.as_bytes(), values].concat()
        };
        let big: Vec<u8> = [1.0, 4.0, 2.0, 5.0, 3.0, 6.0_f64].iter().flat_map(|v| v.to_be_bytes()).collect();
        let columns = "{'descr': '>f8', 'fortran_order': True, 'shape': (2, 3), }\n";
        for version in 1..=3 {
            let read = decode(&file(version, columns, &big)).unwrap();
            assert_eq!(read, (2, 3, vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
        }
        for (dictionary, why) in [
            ("{'descr': '<i4', 'fortran_order': False, 'shape': (2, 6), }", "integers"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }", "its shape is 6;"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (7, 3), }", "7 x 3"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999, 3), }", "damaged"),
            ("{'descr': '<f8', 'shape': (2, 3), }", "damaged"),
        ] {
            let error = decode(&file(1, dictionary, &big)).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        assert!(decode(&file(4, columns, &big)).unwrap_err().contains("version"));
        assert!(decode(b"\x93NUMPY\x01\x00\xff").unwrap_err().contains("damaged"));
    }

    /// A few bytes that promise more than any memory has.
    #[test]
    fn an_array_that_is_not_there_is_refused_before_room_is_made_for_it() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("weights.npz");
        for (rows, cols) in [(1 << 40, 1), (1 << 40, 1 << 40), (usize::MAX, 2)] {
            let mut npz = zip::Writer::default();
            npz.add("p.npy", &[&header(rows, cols), &[0; 8]]);
            let bytes = npz.finish();
            assert!(bytes.len() < 400);
            std::fs::write(&path, bytes).unwrap();
            let error = read(&path).unwrap_err().to_string();
            assert!(error.contains(&format!("it does not hold {rows} x {cols} values")), "{error}");
        }
    }
}
