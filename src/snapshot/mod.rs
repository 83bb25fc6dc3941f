//! State to bytes and back. The only module that knows `bincode`.
//!
//! A snapshot is our header and a payload: magic `MEMSPIKE`, container version (u16), codec (u8), kind of
//! payload (u8), its schema version (u32), its length (u64) and the XXH3-64 of the payload, all
//! little-endian. The codec is bincode 2.0.1 (RUSTSEC-2025-0141: the crate is finished and unmaintained;
//! another codec would get the next id). A snapshot is for going on later with the same program, never
//! for interchange: results are written as JSON, CSV and NPZ.

use serde::Serialize;
use serde::de::DeserializeOwned;
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: [u8; 8] = *b"MEMSPIKE";
const CONTAINER: u16 = 1;
const BINCODE: u8 = 1;
const HEADER: usize = 32;
/// Largest payload that is read: a length in a damaged file must not ask for more memory than this.
const LIMIT: usize = 1 << 32;

/// What a payload is, and the version of its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Payload {
    /// A simulation between two instants.
    State = 1,
    /// Supervised training between two epochs.
    Training = 2,
    /// Unsupervised learning between two epochs.
    Learning = 3,
    /// A simulation whose weights learn, between two instants.
    Plastic = 4,
}

impl Payload {
    /// Raised whenever the layout of the payload changes.
    fn schema(self) -> u32 {
        match self {
            Self::State | Self::Training | Self::Learning | Self::Plastic => 1,
        }
    }
}

/// Why bytes are not the snapshot that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    #[error("not a memspike snapshot: it begins with {found:02x?}, not with `MEMSPIKE`")]
    Magic { found: Vec<u8> },
    #[error(
        "the snapshot has {found} bytes, its header promises {expected}: it is truncated or has something appended"
    )]
    Length { found: u64, expected: u64 },
    #[error("the snapshot is damaged: its checksum is {found:016x}, the header says {expected:016x}")]
    Checksum { found: u64, expected: u64 },
    #[error(
        "the snapshot has {what} {found}, this program reads {expected}: it was written by another version or for another purpose"
    )]
    Version { what: &'static str, found: u32, expected: u32 },
    #[error("the snapshot's payload cannot be {action}: {cause}")]
    Codec { action: &'static str, cause: String },
}

fn config() -> impl bincode::config::Config {
    bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_limit::<LIMIT>()
}

/// Encodes a value with its header.
///
/// # Errors
/// If the value cannot be serialised or is larger than 4 GiB.
pub fn encode<T: Serialize>(payload: Payload, value: &T) -> Result<Vec<u8>, SnapshotError> {
    let body = bincode::serde::encode_to_vec(value, config())
        .map_err(|error| SnapshotError::Codec { action: "written", cause: error.to_string() })?;
    let mut bytes = Vec::with_capacity(HEADER + body.len());
    bytes.extend_from_slice(&MAGIC);
    bytes.extend_from_slice(&CONTAINER.to_le_bytes());
    bytes.push(BINCODE);
    bytes.push(payload as u8);
    bytes.extend_from_slice(&payload.schema().to_le_bytes());
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&xxh3_64(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    Ok(bytes)
}

/// Decodes a value, after checking everything the header says.
///
/// # Errors
/// Says what is wrong with the bytes.
pub fn decode<T: DeserializeOwned>(payload: Payload, bytes: &[u8]) -> Result<T, SnapshotError> {
    let magic = &bytes[..bytes.len().min(MAGIC.len())];
    if magic != MAGIC {
        return Err(SnapshotError::Magic { found: magic.to_vec() });
    }
    let Some((header, body)) = bytes.split_at_checked(HEADER) else {
        return Err(SnapshotError::Length { found: bytes.len() as u64, expected: HEADER as u64 });
    };
    let version = |what, found: u32, expected: u32| {
        if found == expected { Ok(()) } else { Err(SnapshotError::Version { what, found, expected }) }
    };
    version("container version", u32::from(u16_at(header, 8)), u32::from(CONTAINER))?;
    version("codec", u32::from(header[10]), u32::from(BINCODE))?;
    version("kind", u32::from(header[11]), payload as u32)?;
    version("schema version", u64_at(header, 12) as u32, payload.schema())?;
    let length = u64_at(header, 16);
    if length != body.len() as u64 {
        return Err(SnapshotError::Length {
            found: bytes.len() as u64,
            expected: length.saturating_add(HEADER as u64),
        });
    }
    let (found, expected) = (xxh3_64(body), u64_at(header, 24));
    if found != expected {
        return Err(SnapshotError::Checksum { found, expected });
    }
    let read = bincode::serde::decode_from_slice(body, config());
    let (value, used): (T, usize) =
        read.map_err(|error| SnapshotError::Codec { action: "read", cause: error.to_string() })?;
    if used != body.len() {
        let cause = format!("{} bytes are left over", body.len() - used);
        return Err(SnapshotError::Codec { action: "read", cause });
    }
    Ok(value)
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let mut word = [0; 8];
    word.copy_from_slice(&bytes[at..at + 8]);
    u64::from_le_bytes(word)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Value = (u64, Vec<f64>, Option<String>);

    fn example() -> Value {
        (7, vec![0.25, -0.0, f64::MIN_POSITIVE], Some("µ".into()))
    }

    #[test]
    fn a_value_comes_back() {
        let bytes = encode(Payload::State, &example()).unwrap();
        assert_eq!(decode::<Value>(Payload::State, &bytes).unwrap(), example());
    }

    #[test]
    fn every_flipped_bit_and_every_cut_is_noticed() {
        let bytes = encode(Payload::State, &example()).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode::<Value>(Payload::State, &damaged).is_err(), "bit {bit}");
        }
        for length in 0..bytes.len() {
            assert!(decode::<Value>(Payload::State, &bytes[..length]).is_err(), "cut at {length}");
        }
    }

    #[test]
    fn a_snapshot_for_another_purpose_is_refused_with_the_reason() {
        let bytes = encode(Payload::State, &example()).unwrap();
        let error = decode::<Value>(Payload::Training, &bytes).unwrap_err();
        assert_eq!(error, SnapshotError::Version { what: "kind", found: 1, expected: 2 });
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), header: bool) {
            if header {
                // A valid header in front of an arbitrary body reaches the codec.
                let body = bytes.clone();
                bytes = MAGIC.to_vec();
                bytes.extend_from_slice(&CONTAINER.to_le_bytes());
                bytes.extend_from_slice(&[BINCODE, 1]);
                bytes.extend_from_slice(&1u32.to_le_bytes());
                bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
                bytes.extend_from_slice(&xxh3_64(&body).to_le_bytes());
                bytes.extend_from_slice(&body);
            }
            let _ = decode::<Value>(Payload::State, &bytes);
        }
    }
}
