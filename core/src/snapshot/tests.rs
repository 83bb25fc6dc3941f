use super::*;
use proptest::prelude::*;
use serde::de::{Error as _, Visitor};
use serde::{Deserializer, Serializer};

type Value = (u64, Vec<f64>, Option<String>);

fn example() -> Value {
    (7, vec![0.25, -0.0, f64::MIN_POSITIVE], Some("µ".into()))
}

fn models(list: &[(&str, u32)]) -> Models {
    list.iter().map(|(name, version)| ((*name).to_string(), *version)).collect()
}

#[test]
fn a_value_comes_back() {
    let bytes = encode(Payload::State, &example()).unwrap();
    assert_eq!(decode::<Value>(Payload::State, &bytes).unwrap(), example());
}

/// Values of none, one, just one and several chunks.
#[test]
fn values_of_any_length_come_back() {
    for length in [0, 1, CHUNK / 8 - 1, CHUNK / 8, CHUNK / 8 + 1, 3 * CHUNK / 8 + 5] {
        let value: Vec<f64> = (0..length).map(|k| k as f64 * 0.1).collect();
        let bytes = encode(Payload::Plastic, &value).unwrap();
        assert!(decode::<Vec<f64>>(Payload::Plastic, &bytes).unwrap() == value, "{length}");
    }
    assert_eq!(decode::<()>(Payload::State, &encode(Payload::State, &()).unwrap()), Ok(()));
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
    assert!(decode::<Value>(Payload::State, &[&bytes[..], &[0]].concat()).is_err());
}

#[test]
fn damage_in_a_later_chunk_is_found_there_and_chunks_keep_their_places() {
    let value: Vec<u64> = (0..400_000).collect();
    let bytes = encode(Payload::State, &value).unwrap();
    let start = bytes.len() - (8 + 8 * 400_000) - 4 * 8;
    let mut damaged = bytes.clone();
    damaged[start + 2 * (CHUNK + 8) + 5] ^= 1;
    let error = decode::<Vec<u64>>(Payload::State, &damaged).unwrap_err();
    assert!(error.to_string().contains("its chunk 3"), "{error}");
    let mut exchanged = bytes;
    let (first, second) = exchanged[start..start + 2 * (CHUNK + 8)].split_at_mut(CHUNK + 8);
    first.swap_with_slice(second);
    assert!(matches!(
        decode::<Vec<u64>>(Payload::State, &exchanged),
        Err(SnapshotError::Checksum { what, .. }) if what == "its chunk 1"
    ));
}

#[test]
fn a_snapshot_for_another_purpose_is_refused_with_the_reason() {
    let bytes = encode(Payload::State, &example()).unwrap();
    let error = decode::<Value>(Payload::Training, &bytes).unwrap_err();
    assert!(error.to_string().contains("kind `state`, this program reads `training`"), "{error}");
}

/// As memspike 0.1 wrote the number 7 as a state: container 1, codec 1, kind 1, schema 1, length, checksum, payload.
#[test]
fn a_snapshot_of_0_1_is_refused_by_its_version() {
    let body = 7u64.to_le_bytes();
    let mut bytes = b"MEMSPIKE\x01\x00\x01\x01\x01\x00\x00\x00".to_vec();
    bytes.extend_from_slice(&8u64.to_le_bytes());
    bytes.extend_from_slice(&xxh3_64(&body).to_le_bytes());
    bytes.extend_from_slice(&body);
    let error = decode::<u64>(Payload::State, &bytes).unwrap_err();
    assert_eq!(error, SnapshotError::Old);
    let text = error.to_string();
    assert!(
        text.contains("memspike 0.1") && text.contains("format 2") && text.contains("begin anew"),
        "{text}"
    );
}

#[test]
fn models_are_named_with_their_versions() {
    let mut bytes = Vec::new();
    let of = models(&[("lif", 1), ("switch", 2)]);
    write(&mut bytes, Payload::State, &of, &7u64).unwrap();
    let read = |of: &Models| Source::new(&bytes[..], bytes.len() as u64).read::<u64>(Payload::State, of);
    assert_eq!(read(&of), Ok(7));
    let error = read(&models(&[("lif", 1), ("switch", 3)])).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the snapshot was made with model `lif` of version 1, model `switch` of version 2, and this run has model \
         `lif` of version 1, model `switch` of version 3"
    );
    assert!(String::from_utf8_lossy(&bytes).contains("[models]\nlif = 1\nswitch = 2\n"));
}

#[test]
fn snapshots_are_read_one_after_another() {
    let none = Models::new();
    let mut bytes = Vec::new();
    write(&mut bytes, Payload::Records, &none, &1u8).unwrap();
    write(&mut bytes, Payload::State, &none, &example()).unwrap();
    let mut source = Source::new(&bytes[..], bytes.len() as u64);
    assert_eq!(source.read::<u8>(Payload::Records, &none), Ok(1));
    assert_eq!(source.read::<Value>(Payload::State, &none), Ok(example()));
    source.finish().unwrap();
}

#[test]
fn a_disk_that_is_full_is_an_error() {
    struct Full(usize);
    impl Write for Full {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            let taken = bytes.len().min(self.0);
            self.0 -= taken;
            if taken == 0 { Err(std::io::ErrorKind::StorageFull.into()) } else { Ok(taken) }
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let value = vec![0.5; 400_000];
    for room in [0, 100, 3_000_000] {
        let error = write(&mut Full(room), Payload::State, &Models::new(), &value).unwrap_err();
        assert!(matches!(error, SnapshotError::Io { .. }), "{error}");
    }
}

/// Many bytes that are the same, without holding them.
struct Repeated;

const PIECES: usize = 72;
const PIECE: usize = 1 << 26;

impl Serialize for Repeated {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeTuple as _;
        struct Piece<'a>(&'a [u8]);
        impl Serialize for Piece<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_bytes(self.0)
            }
        }
        let piece = vec![7; PIECE];
        let mut tuple = serializer.serialize_tuple(PIECES)?;
        (0..PIECES).try_for_each(|_| tuple.serialize_element(&Piece(&piece)))?;
        tuple.end()
    }
}

impl<'de> Deserialize<'de> for Repeated {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Pieces;
        impl<'de> Visitor<'de> for Pieces {
            type Value = Repeated;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("pieces")
            }

            fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut pieces: A) -> Result<Repeated, A::Error> {
                let mut count = 0;
                while let Some(Piece) = pieces.next_element()? {
                    count += 1;
                }
                if count == PIECES { Ok(Repeated) } else { Err(A::Error::custom(count)) }
            }
        }
        struct Piece;
        impl<'de> Deserialize<'de> for Piece {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Bytes;
                impl Visitor<'_> for Bytes {
                    type Value = Piece;

                    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                        f.write_str("bytes")
                    }

                    fn visit_byte_buf<E: serde::de::Error>(self, bytes: Vec<u8>) -> Result<Piece, E> {
                        let right = bytes.len() == PIECE && bytes[0] == 7 && bytes[PIECE - 1] == 7;
                        if right { Ok(Piece) } else { Err(E::custom("other bytes")) }
                    }
                }
                deserializer.deserialize_byte_buf(Bytes)
            }
        }
        deserializer.deserialize_tuple(PIECES, Pieces)
    }
}

/// 4.5 GiB go through a pipe; a snapshot is nowhere whole.
#[test]
fn a_snapshot_may_have_more_than_4_gib() {
    let length = with_checksums(PIECES as u64 * (PIECE as u64 + 8)) + 200;
    assert!(length > 1 << 32);
    let (output, mut input) = std::io::pipe().unwrap();
    let writer = std::thread::spawn(move || write(&mut input, Payload::State, &Models::new(), &Repeated));
    let mut source = Source::new(output, length);
    source.read::<Repeated>(Payload::State, &Models::new()).map(|_| ()).unwrap();
    writer.join().unwrap().unwrap();
}

/// A head with everything right in front of an arbitrary body.
fn headed(body: &[u8]) -> Vec<u8> {
    let mut bytes = encode(Payload::State, &()).unwrap();
    bytes.truncate(bytes.len() - 16);
    bytes.extend_from_slice(&(body.len() as u64).to_le_bytes());
    bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
    if !body.is_empty() {
        bytes.extend_from_slice(body);
        bytes.extend_from_slice(&xxhash_rust::xxh3::xxh3_64_with_seed(body, 0).to_le_bytes());
    }
    bytes
}

#[test]
fn a_hostile_length_does_not_ask_for_memory() {
    for length in [1u64 << 33, 1 << 62, u64::MAX] {
        let bytes = headed(&length.to_le_bytes());
        assert!(matches!(decode::<String>(Payload::State, &bytes), Err(SnapshotError::Codec { .. })));
        assert!(matches!(decode::<Vec<f64>>(Payload::State, &bytes), Err(SnapshotError::Codec { .. })));
        // A body that is promised and not there.
        let mut bytes = headed(&[]);
        bytes.truncate(bytes.len() - 16);
        bytes.extend_from_slice(&length.to_le_bytes());
        bytes.extend_from_slice(&xxh3_64(&bytes).to_le_bytes());
        assert!(matches!(decode::<u64>(Payload::State, &bytes), Err(SnapshotError::Length { .. })));
    }
}

proptest! {
    #[test]
    fn arbitrary_bytes_never_panic(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), head: bool) {
        if head {
            bytes = headed(&bytes);
        }
        let _ = decode::<Value>(Payload::State, &bytes);
    }
}
