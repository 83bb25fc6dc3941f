//! Arrays of NumPy: what an `.npy` file holds, of any shape and of every plain type of number.
//!
//! Source: NumPy, `numpy.lib.format`, versions 1 to 3.

/// An array, its last index running fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each axis.
    pub shape: Vec<usize>,
    /// As many as the product of the shape.
    pub values: Values,
}

/// The numbers of an array. What is stored more narrowly is widened, which loses nothing.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// uint8.
    Bytes(Vec<u8>),
    /// bool, and every other integer; of uint64 those below 2^63.
    Integers(Vec<i64>),
    /// float16, float32 and float64.
    Reals(Vec<f64>),
}

impl Values {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bytes(values) => values.len(),
            Self::Integers(values) => values.len(),
            Self::Reals(values) => values.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Value `k`, if there are so many. Integers beyond 2^53 are rounded.
    #[must_use]
    pub fn real(&self, k: usize) -> Option<f64> {
        match self {
            Self::Bytes(values) => values.get(k).map(|&value| f64::from(value)),
            Self::Integers(values) => values.get(k).map(|&value| value as f64),
            Self::Reals(values) => values.get(k).copied(),
        }
    }

    /// What they are, in words.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Bytes(_) => "bytes (uint8)",
            Self::Integers(_) => "integers",
            Self::Reals(_) => "real numbers",
        }
    }

    /// The same in another order: at place k what stood at `from(k)`.
    fn in_order(self, from: impl Fn(usize) -> usize) -> Self {
        fn of<T: Copy>(values: &[T], from: impl Fn(usize) -> usize) -> Vec<T> {
            (0..values.len()).map(|k| values[from(k)]).collect()
        }
        match self {
            Self::Bytes(values) => Self::Bytes(of(&values, from)),
            Self::Integers(values) => Self::Integers(of(&values, from)),
            Self::Reals(values) => Self::Reals(of(&values, from)),
        }
    }
}

pub(super) const MAGIC: &[u8] = b"\x93NUMPY";

/// The array of an `.npy` file.
///
/// # Errors
/// What is wrong with it, as a sentence about "it".
pub fn decode(bytes: &[u8]) -> Result<Array, String> {
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
    let (dictionary, content) = rest.split_at_checked(length).ok_or_else(damaged)?;
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
    let kind = kind.split(',').next().unwrap_or(kind).trim_matches('\'');
    let shape: Vec<usize> = shape
        .split(',')
        .map(str::trim)
        .filter(|size| !size.is_empty())
        .map(|size| size.parse().map_err(|_| damaged()))
        .collect::<Result<_, _>>()?;
    let values = values(kind, content)?;
    let count = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    if count != Some(values.len()) {
        return Err(format!("it does not hold {} values", crate::hint::shape(&shape)));
    }
    let values = if columns_first.starts_with("True") {
        values.in_order(|k| first_index_fastest(k, &shape))
    } else {
        values
    };
    Ok(Array { shape, values })
}

/// Where the element that has place `k` with the last index running fastest stands with the first one running fastest.
fn first_index_fastest(mut k: usize, shape: &[usize]) -> usize {
    let mut stride: usize = shape.iter().product();
    let mut place = 0;
    for &size in shape.iter().rev() {
        stride /= size;
        place += k % size * stride;
        k /= size;
    }
    place
}

/// The numbers of a type as NumPy calls it (`<f4`, `|u1`).
///
/// # Errors
/// If the type is none of ours, or the last number is cut off.
pub fn values(kind: &str, content: &[u8]) -> Result<Values, String> {
    let big = kind.starts_with('>');
    let (class, size) = kind.trim_start_matches(['<', '>', '|', '=']).split_at_checked(1).unwrap_or_default();
    let ends = || format!("its values end in the middle of one of {size} bytes");
    /// N bytes each, the lowest first.
    fn each<const N: usize, T>(bytes: &[u8], big: bool, of: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
        let (all, rest) = bytes.as_chunks::<N>();
        let turned = |mut one: [u8; N]| {
            if big {
                one.reverse();
            }
            of(one)
        };
        rest.is_empty().then(|| all.iter().map(|&one| turned(one)).collect())
    }
    let whole = |values: Option<Vec<i64>>| values.map(Values::Integers).ok_or_else(ends);
    let real = |values: Option<Vec<f64>>| values.map(Values::Reals).ok_or_else(ends);
    match (class, size) {
        ("u", "1") => Ok(Values::Bytes(content.to_vec())),
        ("b", "1") => whole(each(content, big, |[byte]| i64::from(byte != 0))),
        ("i", "1") => whole(each(content, big, |[byte]| i64::from(byte as i8))),
        ("i", "2") => whole(each(content, big, |bytes| i64::from(i16::from_le_bytes(bytes)))),
        ("i", "4") => whole(each(content, big, |bytes| i64::from(i32::from_le_bytes(bytes)))),
        ("i", "8") => whole(each(content, big, i64::from_le_bytes)),
        ("u", "2") => whole(each(content, big, |bytes| i64::from(u16::from_le_bytes(bytes)))),
        ("u", "4") => whole(each(content, big, |bytes| i64::from(u32::from_le_bytes(bytes)))),
        ("u", "8") => {
            let wide = each(content, big, |bytes| i64::try_from(u64::from_le_bytes(bytes)).ok());
            let fits = wide.ok_or_else(ends)?.into_iter().collect::<Option<Vec<i64>>>();
            fits.map(Values::Integers).ok_or_else(|| "one of its values is 2^63 or more".into())
        }
        ("f", "2") => real(each(content, big, |bytes| half(u16::from_le_bytes(bytes)))),
        ("f", "4") => real(each(content, big, |bytes| f64::from(f32::from_le_bytes(bytes)))),
        ("f", "8") => real(each(content, big, f64::from_le_bytes)),
        _ => Err(format!("its values are '{kind}'; expected bool, integers or real numbers of NumPy")),
    }
}

/// The number that 16 bits of IEEE 754 are: sign, 5 bits of exponent, 10 of mantissa.
#[must_use]
pub fn half(bits: u16) -> f64 {
    let mantissa = f64::from(bits & 0x3ff);
    let size = match (bits >> 10) & 0x1f {
        0 => mantissa / 16_777_216.0,
        31 if mantissa == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        exponent => (1024.0 + mantissa) / 1024.0 * f64::from(1_u32 << exponent) / 32_768.0,
    };
    if bits >> 15 == 1 { -size } else { size }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(kind: &str, shape: &str, columns_first: bool, values: &[u8]) -> Vec<u8> {
        let order = if columns_first { "True" } else { "False" };
        let dictionary = format!("{{'descr': '{kind}', 'fortran_order': {order}, 'shape': {shape}, }}\n");
        let length = (dictionary.len() as u16).to_le_bytes();
        [MAGIC, &[1, 0], &length, dictionary.as_bytes(), values].concat()
    }

    #[test]
    fn every_plain_type_of_either_byte_order_is_read() {
        let read = |kind: &str, bytes: &[u8]| decode(&file(kind, "(2,)", false, bytes)).unwrap().values;
        assert_eq!(read("|u1", &[7, 255]), Values::Bytes(vec![7, 255]));
        assert_eq!(read("|b1", &[0, 1]), Values::Integers(vec![0, 1]));
        assert_eq!(read("<i2", &[0xff, 0xff, 2, 1]), Values::Integers(vec![-1, 258]));
        assert_eq!(read(">i2", &[0xff, 0xff, 1, 2]), Values::Integers(vec![-1, 258]));
        let wide = [3_i64, -4].map(i64::to_le_bytes).concat();
        assert_eq!(read("<i8", &wide), Values::Integers(vec![3, -4]));
        assert_eq!(
            read(">f4", &[0.5_f32, -2.0].map(f32::to_be_bytes).concat()),
            Values::Reals(vec![0.5, -2.0])
        );
        // One and the smallest positive number of IEEE 754 binary16.
        assert_eq!(read("<f2", &[0x00, 0x3c, 1, 0]), Values::Reals(vec![1.0, 2.0_f64.powi(-24)]));
        assert_eq!((half(0x7bff), half(0xc000), half(0x7c00)), (65_504.0, -2.0, f64::INFINITY));
        assert!(half(0x7e00).is_nan());
    }

    #[test]
    fn three_dimensions_with_the_first_index_fastest_are_put_in_order() {
        // numpy.asfortranarray(numpy.arange(24, dtype="u1").reshape(2, 3, 4)).
        let at = |i: u8, j: u8, k: u8| i * 12 + j * 4 + k;
        let mut stored = Vec::new();
        for k in 0..4 {
            for j in 0..3 {
                stored.extend((0..2).map(|i| at(i, j, k)));
            }
        }
        let array = decode(&file("|u1", "(2, 3, 4)", true, &stored)).unwrap();
        assert_eq!(array, Array { shape: vec![2, 3, 4], values: Values::Bytes((0..24).collect()) });
    }

    #[test]
    fn what_is_no_number_or_not_of_its_shape_is_refused() {
        for (kind, shape, bytes, why) in [
            ("<c8", "(1,)", 8, "'<c8'; expected bool, integers or real numbers"),
            ("<U3", "(1,)", 12, "'<U3'"),
            ("<f4", "(2,)", 7, "in the middle of one of 4 bytes"),
            ("<f4", "(3, 5)", 8, "it does not hold 3 x 5 values"),
        ] {
            let error = decode(&file(kind, shape, false, &vec![0; bytes])).unwrap_err();
            assert!(error.contains(why), "{error}");
        }
        let large = u64::MAX.to_le_bytes();
        assert!(decode(&file("<u8", "(1,)", false, &large)).unwrap_err().contains("2^63"));
    }
}
