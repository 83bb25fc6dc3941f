//! Arrays as `.npz`, the format of NumPy: `numpy.load("weights.npz")["input"]`.

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

/// Reads every two-dimensional `f64` array of an `.npz`.
///
/// # Errors
/// If the file cannot be read or holds something else.
pub fn read(path: &Path) -> Result<Vec<NamedArray>, RecordError> {
    let bytes = std::fs::read(path).map_err(RecordError::io("read", path))?;
    let malformed = |message: String| RecordError::Malformed { path: path.to_path_buf(), message };
    let files = zip::read(&bytes).map_err(malformed)?;
    let mut arrays = Vec::new();
    for (name, content) in files {
        let name = name.trim_end_matches(".npy").to_string();
        let (rows, cols, data) =
            decode(&content).map_err(|message| malformed(format!("array `{name}`: {message}")))?;
        arrays.push(NamedArray { name, rows, cols, data });
    }
    Ok(arrays)
}

const MAGIC: &[u8] = b"\x93NUMPY";

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

/// Rows, columns and values, row by row, of an `.npy` file with an array of `f64`.
fn decode(bytes: &[u8]) -> Result<(usize, usize, Vec<f64>), String> {
    let damaged = || "its header is cut short or damaged".to_string();
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is not an .npy file")?;
    // Version 1 has a length of two bytes, versions 2 and 3 of four.
    let (length, rest) = match rest.first() {
        Some(1) => rest
            .get(2..)
            .and_then(<[u8]>::split_first_chunk::<2>)
            .map(|(length, rest)| (usize::from(u16::from_le_bytes(*length)), rest)),
        Some(2 | 3) => rest
            .get(2..)
            .and_then(<[u8]>::split_first_chunk::<4>)
            .map(|(length, rest)| (u32::from_le_bytes(*length) as usize, rest)),
        _ => return Err("it is of a version of .npy that is not known; expected 1, 2 or 3".into()),
    }
    .ok_or_else(damaged)?;
    let (dictionary, values) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let dictionary = std::str::from_utf8(dictionary).map_err(|_| damaged())?;
    let entry = |key: &str| {
        let (_, after) = dictionary.split_once(&format!("'{key}'"))?;
        Some(after.trim_start().strip_prefix(':')?.trim_start())
    };
    let (kind, columns_first, shape) =
        (entry("descr"), entry("fortran_order"), entry("shape").and_then(|shape| shape.strip_prefix('(')));
    let (Some(kind), Some(columns_first), Some((shape, _))) =
        (kind, columns_first, shape.and_then(|shape| shape.split_once(')')))
    else {
        return Err(damaged());
    };
    let value: fn([u8; 8]) -> f64 = if kind.starts_with("'<f8'") {
        f64::from_le_bytes
    } else if kind.starts_with("'>f8'") {
        f64::from_be_bytes
    } else {
        let kind = kind.split(',').next().unwrap_or(kind);
        return Err(format!("its values are {kind}; expected '<f8' (float64)"));
    };
    let sizes: Vec<usize> = shape
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty())
        .map(|size| size.parse().map_err(|_| damaged()))
        .collect::<Result<_, _>>()?;
    let &[rows, cols] = sizes.as_slice() else {
        return Err(format!("its shape is ({shape}); expected two dimensions"));
    };
    let (values, rest) = values.as_chunks::<8>();
    if rows.checked_mul(cols) != Some(values.len()) || !rest.is_empty() {
        return Err(format!("it does not hold {rows} x {cols} values"));
    }
    let data = if columns_first.starts_with("True") {
        (0..rows * cols).map(|k| value(values[k % cols * rows + k / cols])).collect()
    } else {
        values.iter().map(|&bytes| value(bytes)).collect()
    };
    Ok((rows, cols, data))
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
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", "'<f4'"),
            ("{'descr': '<f8', 'fortran_order': False, 'shape': (6,), }", "(6,)"),
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
