//! The encoding of protocol buffers, as far as messages here need it. Source: protobuf.dev, "Encoding".

/// A number without sign.
fn varint(bytes: &mut Vec<u8>, mut value: u64) {
    while value > 127 {
        bytes.push(value as u8 & 127 | 128);
        value >>= 7;
    }
    bytes.push(value as u8);
}

/// A field that is a number.
pub fn number(bytes: &mut Vec<u8>, field: u32, value: u64) {
    varint(bytes, u64::from(field) << 3);
    varint(bytes, value);
}

/// A field that is a `double`.
pub fn double(bytes: &mut Vec<u8>, field: u32, value: f64) {
    varint(bytes, u64::from(field) << 3 | 1);
    bytes.extend_from_slice(&value.to_bits().to_le_bytes());
}

/// A field of four bytes: a `float` by its bits.
pub fn fixed32(bytes: &mut Vec<u8>, field: u32, value: u32) {
    varint(bytes, u64::from(field) << 3 | 5);
    bytes.extend_from_slice(&value.to_le_bytes());
}

/// A field that is a text.
pub fn text(bytes: &mut Vec<u8>, field: u32, text: &str) {
    delimited(bytes, field, text.as_bytes());
}

/// A field that is bytes of a stated length.
pub fn delimited(bytes: &mut Vec<u8>, field: u32, inner: &[u8]) {
    varint(bytes, u64::from(field) << 3 | 2);
    varint(bytes, inner.len() as u64);
    bytes.extend_from_slice(inner);
}

/// A field that is a message.
pub fn message(bytes: &mut Vec<u8>, field: u32, fill: impl FnOnce(&mut Vec<u8>)) {
    let mut inner = Vec::new();
    fill(&mut inner);
    delimited(bytes, field, &inner);
}

/// The value of a field that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field<'a> {
    /// A varint.
    Number(u64),
    /// Four or eight bytes.
    Bits(u64),
    /// A text, or a message.
    Bytes(&'a [u8]),
}

/// The fields of a message, up to the first byte that belongs to none.
pub fn fields(mut bytes: &[u8]) -> impl Iterator<Item = (u64, Field<'_>)> {
    std::iter::from_fn(move || field(&mut bytes))
}

fn field<'a>(bytes: &mut &'a [u8]) -> Option<(u64, Field<'a>)> {
    let key = read(bytes)?;
    let value = match key & 7 {
        0 => Field::Number(read(bytes)?),
        1 => Field::Bits(u64::from_le_bytes(take(bytes, 8)?.try_into().ok()?)),
        2 => {
            let length = usize::try_from(read(bytes)?).ok()?;
            Field::Bytes(take(bytes, length)?)
        }
        5 => Field::Bits(u64::from(u32::from_le_bytes(take(bytes, 4)?.try_into().ok()?))),
        _ => return None,
    };
    Some((key >> 3, value))
}

fn take<'a>(bytes: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (taken, rest) = bytes.split_at_checked(count)?;
    *bytes = rest;
    Some(taken)
}

fn read(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for shift in (0..64).step_by(7) {
        let byte = take(bytes, 1)?[0];
        value |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return Some(value);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The bytes are those of the page on the encoding.
    #[test]
    fn fields_have_the_published_bytes() {
        let mut bytes = Vec::new();
        number(&mut bytes, 1, 150);
        assert_eq!(bytes, [0x08, 0x96, 0x01]);
        message(&mut bytes, 3, |inner| number(inner, 1, 150));
        assert_eq!(bytes[3..], [0x1A, 0x03, 0x08, 0x96, 0x01]);
        bytes.clear();
        text(&mut bytes, 2, "testing");
        assert_eq!(bytes, [0x12, 0x07, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6E, 0x67]);
        bytes.clear();
        double(&mut bytes, 1, 1.0);
        fixed32(&mut bytes, 2, 1f32.to_bits());
        number(&mut bytes, 60, u64::MAX);
        let one = 1f64.to_bits();
        let all: Vec<_> = fields(&bytes).collect();
        let float = u64::from(1f32.to_bits());
        assert_eq!(all, [(1, Field::Bits(one)), (2, Field::Bits(float)), (60, Field::Number(u64::MAX))]);
        assert_eq!(fields(&bytes[..12]).count(), 1, "what is cut off is no field");
    }
}
