//! State to bytes and back. The only module that knows `bincode`.
//!
//! ```text
//! head   "MEMSPIKE", format u16 = 2, codec u8 = 1, 0 u8, length u32 of the text that follows
//!        text (TOML): version of the program, kind of payload and its version, models by name and version
//!        length of the payload u64, XXH3-64 of the head
//! body   chunks of 1 MiB (the last one shorter), each followed by its XXH3-64, seeded with its number
//! ```
//!
//! All numbers are little-endian. The codec is bincode 2.0.1 (RUSTSEC-2025-0141: the crate is finished and
//! unmaintained; another codec would get the next id). Writing and reading are streamed: beside the value itself they
//! take one chunk of memory, however long it is, and nothing reaches the codec before its checksum was found right.
//!
//! A snapshot is for going on later with the same program, never for interchange: results are written as JSON, CSV
//! and NPZ. Format 1 was that of memspike 0.1; its payloads mean something else now, and it is refused by name.

mod stream;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use stream::{BodyReader, BodyWriter, CHUNK, Count};
use xxhash_rust::xxh3::xxh3_64;

const MAGIC: [u8; 8] = *b"MEMSPIKE";
const FORMAT: u16 = 2;
const BINCODE: u8 = 1;
/// Bytes of the head before its text.
const START: usize = 16;
/// The text names models; longer than this it is not ours.
const LONGEST_TEXT: usize = 1 << 20;
/// A string in a payload has no more bytes than this, so that a hostile length asks for no more memory. Numbers, of
/// which there may be more, are read one after another as far as there are bytes.
const LIMIT: usize = 1 << 32;
/// The same for payloads that are longer than that themselves.
const LARGE_LIMIT: usize = 1 << 40;

/// What a payload is, and the version of its layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A simulation between two instants.
    State,
    /// Supervised training between two batches, or two rounds of a test.
    Training,
    /// Unsupervised learning between two presentations, or two rounds of a test.
    Learning,
    /// A simulation whose weights learn, between two instants.
    Plastic,
    /// A run of a network as it is, between two instants.
    Simulation,
    /// Experiments with devices, between two of them.
    Devices,
    /// Where the records of a run stand.
    Records,
}

impl Payload {
    /// What it is called in the head.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Training => "training",
            Self::Learning => "learning",
            Self::Plastic => "plastic state",
            Self::Simulation => "simulation",
            Self::Devices => "devices",
            Self::Records => "records",
        }
    }

    /// Raised whenever the layout of the payload changes.
    fn version(self) -> u32 {
        match self {
            Self::State => 2,
            Self::Learning => 3,
            Self::Training => 5,
            Self::Plastic => 4,
            Self::Simulation => 2,
            Self::Devices | Self::Records => 1,
        }
    }
}

/// Models whose state a payload holds: version by name.
pub type Models = BTreeMap<String, u32>;

/// The text of the head.
#[derive(Debug, Serialize, Deserialize)]
struct About {
    /// Version of the program that wrote it.
    memspike: String,
    kind: String,
    version: u32,
    models: Models,
}

/// Why bytes are not the snapshot that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the line of each variant names its fields")]
pub enum SnapshotError {
    /// The bytes begin with `found`, so they are no snapshot.
    #[error("not a memspike snapshot: it begins with {found:02x?}, not with `MEMSPIKE`")]
    Magic { found: Vec<u8> },
    /// Of memspike 0.1; its payloads mean something else now.
    #[error(
        "the snapshot has format 1, that of memspike 0.1, and this program reads format 2, that of 0.2: go on with it \
         under memspike 0.1, or begin anew"
    )]
    Old,
    /// There are `found` bytes, and the head says `expected`: cut off, or something appended.
    #[error(
        "the snapshot has {}, its head promises {expected}: it is truncated or has something appended",
        crate::hint::many(found, "byte")
    )]
    Length { found: u64, expected: u64 },
    /// The bytes of `what` (the head or a chunk) were changed: their checksum is `found`, not `expected`.
    #[error(
        "the snapshot is damaged: the checksum of {what} is {found:016x}, {expected:016x} is written beside it"
    )]
    Checksum { what: String, found: u64, expected: u64 },
    /// `what` (the format, the kind or its version) is `found`, and only `expected` can be read.
    #[error(
        "the snapshot has {what} {found}, this program reads {expected}: it was written by another version or for another purpose"
    )]
    Version { what: &'static str, found: String, expected: String },
    /// The state is one of the models `found`, and it is asked for with the models `expected`.
    #[error("the snapshot was made with {found}, and this run has {expected}")]
    Models { found: String, expected: String },
    /// The codec cannot do `action` to `part`, because of `cause`.
    #[error("the snapshot's {part} cannot be {action}: {cause}")]
    Codec { part: &'static str, action: &'static str, cause: String },
    /// A file or stream does not do `action`, for `reason`.
    #[error("the snapshot cannot be {action}: {reason}")]
    Io { action: &'static str, reason: String },
}

fn config<const LIMIT: usize>() -> impl bincode::config::Config {
    bincode::config::standard().with_little_endian().with_fixed_int_encoding().with_limit::<LIMIT>()
}

fn io(action: &'static str) -> impl FnOnce(std::io::Error) -> SnapshotError {
    move |error| {
        // Without the number Rust appends.
        let text = error.to_string();
        let reason = text.split(" (os error").next().unwrap_or(&text).to_lowercase();
        SnapshotError::Io { action, reason }
    }
}

/// Bytes of a body of `length` with its checksums.
fn with_checksums(length: u64) -> u64 {
    length.saturating_add(length.div_ceil(CHUNK as u64).saturating_mul(8))
}

/// Writes a value with its head. `models` are those whose state is in it.
///
/// The value is serialised twice: once to know its length, which costs no memory.
///
/// # Errors
/// If it cannot be serialised or `out` takes no more.
pub fn write<T: Serialize>(
    out: &mut dyn Write,
    payload: Payload,
    models: &Models,
    value: &T,
) -> Result<(), SnapshotError> {
    let written = |cause: String| SnapshotError::Codec { part: "payload", action: "written", cause };
    let mut count = Count::default();
    bincode::serde::encode_into_writer(value, &mut count, config::<LIMIT>())
        .map_err(|error| written(error.to_string()))?;
    let about = About {
        memspike: env!("CARGO_PKG_VERSION").into(),
        kind: payload.name().into(),
        version: payload.version(),
        models: models.clone(),
    };
    let text = toml::to_string(&about).map_err(|error| written(error.to_string()))?;
    if text.len() > LONGEST_TEXT {
        return Err(written("the names of its models are too long".into()));
    }
    let mut head = MAGIC.to_vec();
    head.extend_from_slice(&FORMAT.to_le_bytes());
    head.extend_from_slice(&[BINCODE, 0]);
    head.extend_from_slice(&(text.len() as u32).to_le_bytes());
    head.extend_from_slice(text.as_bytes());
    head.extend_from_slice(&count.bytes.to_le_bytes());
    head.extend_from_slice(&xxh3_64(&head).to_le_bytes());
    out.write_all(&head).map_err(io("written"))?;
    let mut body = BodyWriter::new(out);
    let encoded = bincode::serde::encode_into_writer(value, &mut body, config::<LIMIT>());
    match (encoded, body.finish()) {
        (_, Err(error)) => Err(io("written")(error)),
        (Err(error), _) => Err(written(error.to_string())),
        (Ok(()), Ok(())) => Ok(()),
    }
}

/// Bytes from which snapshots are read, one after another.
pub struct Source<'a> {
    input: Box<dyn Read + 'a>,
    left: u64,
}

impl<'a> Source<'a> {
    /// Reads from `input`, which has `length` bytes.
    #[must_use]
    pub fn new(input: impl Read + 'a, length: u64) -> Self {
        Self { input: Box::new(input), left: length }
    }

    /// Bytes that have not been read.
    #[must_use]
    pub fn left(&self) -> u64 {
        self.left
    }

    /// Reads one value, after checking everything the head says. `models` are those that this program would go on
    /// with.
    ///
    /// # Errors
    /// Says what is wrong with the bytes.
    pub fn read<T: DeserializeOwned>(
        &mut self,
        payload: Payload,
        models: &Models,
    ) -> Result<T, SnapshotError> {
        let available = self.left;
        let (about, length) = self.head()?;
        let version = |what, found: String, expected: String| {
            if found == expected { Ok(()) } else { Err(SnapshotError::Version { what, found, expected }) }
        };
        version("kind", format!("`{}`", about.kind), format!("`{}`", payload.name()))?;
        version("version", about.version.to_string(), payload.version().to_string())?;
        if about.models != *models {
            return Err(SnapshotError::Models { found: list(&about.models), expected: list(models) });
        }
        let body = with_checksums(length);
        if body > self.left {
            let expected = (available - self.left).saturating_add(body);
            return Err(SnapshotError::Length { found: available, expected });
        }
        self.left -= body;
        let mut reader = BodyReader::new(&mut self.input, length);
        let decoded = if length <= LIMIT as u64 {
            bincode::serde::decode_from_reader(&mut reader, config::<LIMIT>())
        } else {
            bincode::serde::decode_from_reader(&mut reader, config::<LARGE_LIMIT>())
        };
        let cause = match (reader.failed.take(), decoded) {
            (Some(error), _) => return Err(error),
            (None, Ok(_)) if reader.left() > 0 => {
                format!("{} left over", crate::hint::many(reader.left(), "byte"))
            }
            (None, Ok(value)) => return Ok(value),
            (None, Err(error)) => error.to_string(),
        };
        Err(SnapshotError::Codec { part: "payload", action: "read", cause })
    }

    /// Nothing may follow.
    ///
    /// # Errors
    /// If something does.
    pub fn finish(self) -> Result<(), SnapshotError> {
        if self.left == 0 {
            return Ok(());
        }
        let cause = format!("it goes on for {}", crate::hint::many(self.left, "byte"));
        Err(SnapshotError::Codec { part: "end", action: "found", cause })
    }

    /// What the head says, and the length of the body.
    fn head(&mut self) -> Result<(About, u64), SnapshotError> {
        let available = self.left;
        let mut head = Vec::new();
        self.more(&mut head, START)?;
        let magic = &head[..head.len().min(MAGIC.len())];
        if magic != MAGIC {
            return Err(SnapshotError::Magic { found: magic.to_vec() });
        }
        // Format 1 is the only one there was before this one.
        if head[MAGIC.len()..].starts_with(&1u16.to_le_bytes()) {
            return Err(SnapshotError::Old);
        }
        let short = |expected: usize| SnapshotError::Length { found: available, expected: expected as u64 };
        if head.len() < START {
            return Err(short(START));
        }
        let version = |what, found: u32, expected: u32| {
            let (found, expected) = (found.to_string(), expected.to_string());
            if found == expected { Ok(()) } else { Err(SnapshotError::Version { what, found, expected }) }
        };
        version("format", u32::from(u16::from_le_bytes([head[8], head[9]])), u32::from(FORMAT))?;
        version("codec", u32::from(head[10]), u32::from(BINCODE))?;
        version("reserved byte", u32::from(head[11]), 0)?;
        let text = u32::from_le_bytes([head[12], head[13], head[14], head[15]]) as usize;
        if text > LONGEST_TEXT {
            let cause = format!("its text of {text} bytes is longer than {LONGEST_TEXT}");
            return Err(SnapshotError::Codec { part: "head", action: "read", cause });
        }
        self.more(&mut head, text + 16)?;
        let end = START + text + 16;
        if head.len() < end {
            return Err(short(end));
        }
        let word = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&head[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let (found, expected) = (xxh3_64(&head[..end - 8]), word(end - 8));
        if found != expected {
            return Err(SnapshotError::Checksum { what: "its head".into(), found, expected });
        }
        let about = toml::from_slice(&head[START..START + text]).map_err(|error| SnapshotError::Codec {
            part: "head",
            action: "read",
            cause: error.to_string(),
        })?;
        Ok((about, word(end - 16)))
    }

    /// Reads up to `count` more bytes; fewer if there are no more.
    fn more(&mut self, into: &mut Vec<u8>, count: usize) -> Result<(), SnapshotError> {
        let count = self.left.min(count as u64);
        let read = (&mut self.input).take(count).read_to_end(into).map_err(io("read"))?;
        self.left -= read as u64;
        Ok(())
    }
}

/// `lif 1, switch 2`.
fn list(models: &Models) -> String {
    let names: Vec<String> =
        models.iter().map(|(name, version)| format!("model `{name}` of version {version}")).collect();
    if names.is_empty() { "no models".into() } else { names.join(", ") }
}

/// Encodes a value that names no models into memory.
///
/// # Errors
/// If the value cannot be serialised.
pub fn encode<T: Serialize>(payload: Payload, value: &T) -> Result<Vec<u8>, SnapshotError> {
    let mut bytes = Vec::new();
    write(&mut bytes, payload, &Models::new(), value)?;
    Ok(bytes)
}

/// Decodes such a value, which must be all there is.
///
/// # Errors
/// Says what is wrong with the bytes.
pub fn decode<T: DeserializeOwned>(payload: Payload, bytes: &[u8]) -> Result<T, SnapshotError> {
    let mut source = Source::new(bytes, bytes.len() as u64);
    let value = source.read(payload, &Models::new())?;
    source.finish()?;
    Ok(value)
}

#[cfg(test)]
mod tests;
