//! The fingerprint of a run: two runs with equal fingerprints had the same spikes and final weights.

use xxhash_rust::xxh3::Xxh3;

/// XXH3-128 over the spikes of populations in content order, then the final weights.
///
/// A spike is (episode: u64, time in femtoseconds: u64, population: u32, id: u32), a weight the bits
/// of its `f64`, all little-endian. Spikes of sources are left out: they are drawn, not computed.
/// A weight kept as `f32` is widened first, which is exact. The hash is chained at the end of every
/// epoch and test: the digest so far becomes the first input of what follows.
#[derive(Clone, Default)]
pub struct Fingerprint {
    hash: Xxh3,
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
        self.hash.update(&encode(episode, time_fs, population, id));
    }

    /// Adds spikes already encoded by [`encode`], which threads can do before their turn comes.
    pub fn encoded(&mut self, bytes: &[u8]) {
        self.hash.update(bytes);
    }

    /// Adds final weights, projection by projection, row by row.
    pub fn weights(&mut self, weights: impl IntoIterator<Item = f64>) {
        for weight in weights {
            self.hash.update(&weight.to_bits().to_le_bytes());
        }
    }

    /// Closes a phase (an epoch, a test) and returns its digest, which the next phase starts from: a run
    /// that goes on from a checkpoint ends with the fingerprint of one that was never cut.
    pub fn seal(&mut self) -> u128 {
        let digest = self.hash.digest128();
        *self = Self::after(digest);
        digest
    }

    /// The fingerprint that goes on after a sealed phase.
    #[must_use]
    pub fn after(digest: u128) -> Self {
        let mut hash = Xxh3::new();
        hash.update(&digest.to_le_bytes());
        Self { hash }
    }

    /// 32 hexadecimal digits, most significant first.
    #[must_use]
    pub fn hex(&self) -> String {
        format!("{:032x}", self.hash.digest128())
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
    use xxhash_rust::xxh3::xxh3_128;

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
}
