//! The fingerprint of a run: two runs with equal fingerprints had the same spikes and final weights.

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_128;

/// Spikes that are hashed together.
pub const CHUNK_SPIKES: usize = 65_536;
/// Bytes of a chunk, besides the digest it begins with.
const CHUNK: usize = CHUNK_SPIKES * 24;
const DIGEST: usize = 16;

/// XXH3-128 over the spikes of populations in content order, then the final weights, in chunks.
///
/// A spike is (episode: u64, time in femtoseconds: u64, population: u32, id: u32), a weight the bits
/// of its `f64`, all little-endian. Spikes of sources are left out: they are drawn, not computed.
/// A weight kept as `f32` is widened first, which is exact.
///
/// As soon as a chunk has 24 x 65 536 bytes (65 536 spikes) it is hashed, and its digest becomes the first 16
/// bytes of the next chunk. The chunk is also ended before its time after every epoch and test, and before the
/// final weights. Between any two spikes the state is the chunk that has been begun, at most 1.5 MiB: it can be
/// saved and restored (through `serde`), and a run cut there ends with the fingerprint of one that was not.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "State")]
pub struct Fingerprint {
    /// The chunk so far: the digest of the one before, if there was one, and what came after it.
    bytes: Vec<u8>,
    chained: bool,
}

/// A saved fingerprint before it is known to be one.
#[derive(Deserialize)]
struct State {
    bytes: Vec<u8>,
    chained: bool,
}

impl TryFrom<State> for Fingerprint {
    type Error = String;

    fn try_from(State { bytes, chained }: State) -> Result<Self, String> {
        let begun = bytes.len().checked_sub(if chained { DIGEST } else { 0 });
        match begun {
            Some(begun) if begun < CHUNK => Ok(Self { bytes, chained }),
            _ => Err(format!(
                "a fingerprint whose chunk has {} bytes; expected {} to {}",
                bytes.len(),
                if chained { DIGEST } else { 0 },
                CHUNK - 1 + if chained { DIGEST } else { 0 }
            )),
        }
    }
}

impl Fingerprint {
    /// Of a run without spikes and weights.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds one spike; spikes come in content order.
    #[inline]
    pub fn spike(&mut self, episode: u64, time_fs: u64, population: u32, id: u32) {
        self.encoded(&encode(episode, time_fs, population, id));
    }

    /// Adds spikes already encoded by [`encode`], which threads can do before their turn comes.
    #[inline]
    pub fn encoded(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let room = CHUNK + if self.chained { DIGEST } else { 0 } - self.bytes.len();
            let (now, rest) = bytes.split_at(bytes.len().min(room));
            self.bytes.extend_from_slice(now);
            if now.len() == room {
                self.seal();
            }
            bytes = rest;
        }
    }

    /// Adds final weights, projection by projection, row by row.
    pub fn weights(&mut self, weights: impl IntoIterator<Item = f64>) {
        for weight in weights {
            self.encoded(&weight.to_bits().to_le_bytes());
        }
    }

    /// Ends the chunk (it is full, or an epoch or a test is over) and returns its digest, which the next one
    /// starts from.
    pub fn seal(&mut self) -> u128 {
        let digest = xxh3_128(&self.bytes);
        self.bytes.clear();
        self.bytes.extend_from_slice(&digest.to_le_bytes());
        self.chained = true;
        digest
    }

    /// 32 hexadecimal digits, most significant first.
    #[must_use]
    pub fn hex(&self) -> String {
        format!("{:032x}", xxh3_128(&self.bytes))
    }
}

/// The 24 bytes that stand for a spike.
#[inline]
#[must_use]
pub fn encode(episode: u64, time_fs: u64, population: u32, id: u32) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&episode.to_le_bytes());
    bytes[8..16].copy_from_slice(&time_fs.to_le_bytes());
    bytes[16..20].copy_from_slice(&population.to_le_bytes());
    bytes[20..].copy_from_slice(&id.to_le_bytes());
    bytes
}

impl std::fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Fingerprint({})", self.hex())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn example() -> Fingerprint {
        let mut fingerprint = Fingerprint::new();
        fingerprint.spike(0, 9_410_000_000_000, 0, 7);
        fingerprint.spike(1, 1, 2, 3);
        fingerprint.weights([0.25, -1e-3]);
        fingerprint
    }

    /// The value of the contract: if this fails, the change is value-breaking.
    #[test]
    fn the_value_is_pinned() {
        assert_eq!(example().hex(), "1a55a91b96ae24bbb5e786c9cb18f840");
    }

    #[test]
    fn the_bytes_are_those_of_the_definition() {
        let mut bytes = Vec::new();
        for (episode, time, population, id) in [(0u64, 9_410_000_000_000u64, 0u32, 7u32), (1, 1, 2, 3)] {
            bytes.extend(episode.to_le_bytes());
            bytes.extend(time.to_le_bytes());
            bytes.extend(population.to_le_bytes());
            bytes.extend(id.to_le_bytes());
        }
        bytes.extend(0.25f64.to_bits().to_le_bytes());
        bytes.extend((-1e-3f64).to_bits().to_le_bytes());
        assert_eq!(example().hex(), format!("{:032x}", xxh3_128(&bytes)));
    }

    #[test]
    fn order_and_the_sign_of_zero_matter() {
        let of = |weights: [f64; 2]| {
            let mut fingerprint = Fingerprint::new();
            fingerprint.weights(weights);
            fingerprint.hex()
        };
        assert_ne!(of([1.0, 2.0]), of([2.0, 1.0]));
        assert_ne!(of([0.0, 0.0]), of([0.0, -0.0]));
    }

    /// Spikes 0 to `count` of a made-up run.
    fn train(fingerprint: &mut Fingerprint, spikes: std::ops::Range<u64>) {
        for k in spikes {
            fingerprint.spike(k / 90_000, k * 1_000_003, (k % 3) as u32, (k % 1009) as u32);
        }
    }

    #[test]
    fn a_full_chunk_is_folded_into_the_next() {
        let chunk = CHUNK_SPIKES as u64;
        let mut fingerprint = Fingerprint::new();
        train(&mut fingerprint, 0..2 * chunk + 5);
        fingerprint.weights([0.5]);
        let (mut bytes, mut chained) = (Vec::new(), Vec::new());
        for k in 0..2 * chunk + 5 {
            bytes.extend(encode(k / 90_000, k * 1_000_003, (k % 3) as u32, (k % 1009) as u32));
        }
        bytes.extend(0.5f64.to_bits().to_le_bytes());
        for piece in bytes.chunks(CHUNK) {
            chained = if chained.is_empty() { Vec::new() } else { xxh3_128(&chained).to_le_bytes().to_vec() };
            chained.extend_from_slice(piece);
        }
        assert_eq!(fingerprint.hex(), format!("{:032x}", xxh3_128(&chained)));
        assert_eq!(fingerprint.hex(), "a57f37f62bdfaae912348bffcef91070");
    }

    #[test]
    fn many_spikes_at_once_are_those_spikes_one_by_one() {
        let mut singly = Fingerprint::new();
        train(&mut singly, 0..150_000);
        let mut bytes = Vec::new();
        for k in 0..150_000 {
            bytes.extend(encode(k / 90_000, k * 1_000_003, (k % 3) as u32, (k % 1009) as u32));
        }
        let mut at_once = Fingerprint::new();
        at_once.encoded(&bytes);
        assert_eq!(at_once.hex(), singly.hex());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Saved and restored at any spike, also at the ends of chunks and of epochs.
        #[test]
        fn a_cut_anywhere_gives_the_same(at in 0u64..140_000, chunk_end in any::<bool>(), sealed in any::<bool>()) {
            let at = if chunk_end { (at / 65_536) * 65_536 } else { at };
            let mut whole = Fingerprint::new();
            train(&mut whole, 0..at);
            if sealed {
                whole.seal();
            }
            let text = serde_json::to_string(&whole).unwrap();
            let mut again: Fingerprint = serde_json::from_str(&text).unwrap();
            prop_assert!(again == whole);
            for fingerprint in [&mut whole, &mut again] {
                train(fingerprint, at..140_000);
                fingerprint.seal();
                fingerprint.weights([1.0, 2.0]);
            }
            prop_assert_eq!(again.hex(), whole.hex());
        }
    }

    #[test]
    fn what_no_fingerprint_saves_is_refused() {
        for (length, chained, good) in [
            (0, false, true),
            (CHUNK - 1, false, true),
            (CHUNK, false, false),
            (15, true, false),
            (16, true, true),
        ] {
            let text = serde_json::json!({ "bytes": vec![0u8; length], "chained": chained }).to_string();
            assert_eq!(serde_json::from_str::<Fingerprint>(&text).is_ok(), good, "{length} {chained}");
        }
    }
}
