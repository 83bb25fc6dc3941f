//! Random draws as a function of (seed, purpose, entity, episode, count).
//!
//! A [`Stream`] is the generator [`GENERATOR`] started from a state that Philox4x32-10 derives from
//! (seed, purpose, entity, episode); its k-th word is therefore a function of those and k alone, and
//! [`Stream::at`] goes to any k directly. Nothing depends on which thread draws, in which order
//! entities are visited, or where a run was cut: a stream's whole state is the number of words used.
//!
//! Where one draw per update of a synapse is wanted, [`word`] gives it without a stream; where draws are
//! wanted by the hundred million, [`Quartet`] gives four at a time.

mod quartet;

use crate::numeric::Real;
use crate::simd::{Work, vectorised};

pub use quartet::Quartet;

/// Name and version of the generator, written into every manifest: a change is value-breaking.
pub const GENERATOR: &str = "pcg64mcg, xoshiro256++ x 4/philox4x32-10 v2";

/// What a draw is for. The number is part of the stream's address and never reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Purpose {
    /// Spikes of a block of Poisson sources.
    Poisson = 1,
    /// Initial weights of a projection.
    InitialWeight = 2,
    /// Order of the samples in an epoch.
    Shuffle = 3,
    /// Split of a data set into training and validation.
    Split = 4,
    /// Error of programming a conductance.
    Programming = 5,
    /// Device-to-device spread.
    DeviceToDevice = 6,
    /// Drawn digits.
    DrawnDigit = 7,
    /// Connectivity of a projection.
    Connect = 8,
    /// Delays of a projection.
    Delay = 9,
    /// Cycle-to-cycle noise of a device update.
    CycleToCycle = 10,
    /// Thresholds redrawn at each switching of a neuron device.
    Threshold = 11,
    /// Faulty devices.
    Fault = 12,
    /// Simulated measurements (device characterisation, tests of fits).
    Measurement = 13,
    /// Spikes of a block of Poisson sources whose rate changes.
    Modulated = 24,
    /// Spikes of a line with a dead time.
    DeadTime = 25,
    /// Hazard after which a neuron with escape noise fires.
    Escape = 26,
    /// Parameters that each neuron of a population has for itself.
    Parameter = 27,
    /// Points of the Yin-Yang data set.
    YinYang = 28,
    /// How a sample is shifted, cut and made noisy in an epoch.
    Augment = 40,
    /// Paths of the moving digits.
    MovingDigit = 44,
    /// Samples of the delayed match to sample.
    DelayedMatch = 45,
    /// Spikes of a line whose train is open.
    Train = 46,
}

/// Multiplier M of the generator (O'Neill, "PCG: a family of simple fast space-efficient statistically
/// good algorithms for random number generation", HMC-CS-2014-0905).
const MULTIPLIER: u128 = 0x2360_ED05_1FC6_5DA4_4385_DF64_9FCC_F645;

/// Output function XSL RR of a state.
#[inline(always)]
fn output(state: u128) -> u64 {
    ((state >> 64) as u64 ^ state as u64).rotate_right((state >> 122) as u32)
}

/// One named stream of random words; implements [`rand::Rng`], so `rand` and `rand_distr` draw from it.
///
/// The generator is PCG XSL RR 128/64 (MCG), `rand_pcg::Pcg64Mcg`, written out here so that it can be
/// entered at any word; a test compares the two.
#[derive(Clone, Debug)]
pub struct Stream {
    state: u128,
}

impl Stream {
    /// The stream's first word.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, entity: u32, episode: u64) -> Self {
        let key = [seed as u32, (seed >> 32) as u32];
        let counter = [purpose as u32, entity, episode as u32, (episode >> 32) as u32];
        let [a, b, c, d] = philox4x32_10(counter, key).map(u128::from);
        // A multiplicative generator needs an odd state.
        Self { state: (a | b << 32 | c << 64 | d << 96) | 1 }
    }

    /// The streams of so many entities in place of others, of which the first has the number `entity`.
    pub fn each(
        seed: u64,
        purpose: Purpose,
        entity: u32,
        episode: u64,
        (count, streams): (usize, &mut Vec<Self>),
    ) {
        streams.resize(count, Self { state: 1 });
        vectorised(Starts { seed, purpose, entity, episode, streams });
    }

    /// The stream after `count` words.
    #[must_use]
    pub fn at(seed: u64, purpose: Purpose, entity: u32, episode: u64, count: u64) -> Self {
        let mut stream = Self::new(seed, purpose, entity, episode);
        stream.skip(count);
        stream
    }

    /// Goes over so many words.
    pub fn skip(&mut self, count: u64) {
        let (mut power, mut left) = (MULTIPLIER, count);
        while left > 0 {
            if left & 1 == 1 {
                self.state = self.state.wrapping_mul(power);
            }
            power = power.wrapping_mul(power);
            left >>= 1;
        }
    }

    /// The next words, as many as there is room for.
    pub fn fill(&mut self, words: &mut [u64]) {
        let (blocks, rest) = words.as_chunks_mut::<TOGETHER>();
        for block in blocks {
            let states = POWERS.map(|power| self.state.wrapping_mul(power));
            *block = states.map(output);
            self.state = states[TOGETHER - 1];
        }
        rest.iter_mut().for_each(|word| *word = self.next_word());
    }

    /// Standard normal numbers of the next words, as many as there is room for.
    pub fn normals<R: Real>(&mut self, numbers: &mut [R]) {
        let mut words = [0; 256];
        for numbers in numbers.chunks_mut(words.len()) {
            let words = &mut words[..numbers.len()];
            self.fill(words);
            R::standard_normals(words, numbers);
        }
    }

    /// The next word.
    #[inline]
    pub fn next_word(&mut self) -> u64 {
        self.state = self.state.wrapping_mul(MULTIPLIER);
        output(self.state)
    }
}

/// Words that are drawn together: a multiplication of 128 bits takes longer than another one waits to begin.
const TOGETHER: usize = 4;

/// M, M^2, M^3 and M^4.
const POWERS: [u128; TOGETHER] = {
    let mut powers = [MULTIPLIER; TOGETHER];
    let mut index = 1;
    while index < TOGETHER {
        powers[index] = powers[index - 1].wrapping_mul(MULTIPLIER);
        index += 1;
    }
    powers
};

struct Starts<'a> {
    seed: u64,
    purpose: Purpose,
    entity: u32,
    episode: u64,
    streams: &'a mut [Stream],
}

impl Work for Starts<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        const LANES: usize = 16;
        let Self { seed, purpose, entity, episode, streams } = self;
        for (chunk, streams) in streams.chunks_mut(LANES).enumerate() {
            let mut counters = [[0; LANES]; 4];
            counters[0] = [purpose as u32; LANES];
            counters[2] = [episode as u32; LANES];
            counters[3] = [(episode >> 32) as u32; LANES];
            for (lane, counter) in counters[1].iter_mut().enumerate() {
                *counter = entity.wrapping_add((chunk * LANES + lane) as u32);
            }
            let [a, b, c, d] = philox_lanes(counters, [seed as u32, (seed >> 32) as u32]);
            for (lane, stream) in streams.iter_mut().enumerate() {
                let [a, b, c, d] = [a[lane], b[lane], c[lane], d[lane]].map(u128::from);
                stream.state = (a | b << 32 | c << 64 | d << 96) | 1;
            }
        }
    }
}

impl rand::TryRng for Stream {
    type Error = std::convert::Infallible;

    #[inline]
    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        Ok(self.next_word() as u32)
    }

    #[inline]
    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        Ok(self.next_word())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Self::Error> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next_word().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}

/// Word number `count` of (seed, purpose, entity) without a stream: counter-based.
#[must_use]
pub fn word(seed: u64, purpose: Purpose, entity: u32, count: u64) -> u64 {
    // The top bit of the purpose keeps these counters apart from those that start streams.
    let counter = [purpose as u32 | 1 << 31, entity, count as u32, (count >> 32) as u32];
    let block = philox4x32_10(counter, [seed as u32, (seed >> 32) as u32]);
    u64::from(block[0]) | u64::from(block[1]) << 32
}

/// Uniform on (0, 1] from a word, 53 bits.
#[must_use]
pub fn unit(word: u64) -> f64 {
    ((word >> 11) + 1) as f64 * (1.0 / 9_007_199_254_740_992.0)
}

/// Philox4x32 with 10 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
#[must_use]
pub fn philox4x32_10(counter: [u32; 4], key: [u32; 2]) -> [u32; 4] {
    philox_lanes(counter.map(|word| [word]), key).map(|[word]| word)
}

/// [`philox4x32_10`] of counters side by side: word by word of all of them.
#[inline(always)]
fn philox_lanes<const N: usize>(mut counters: [[u32; N]; 4], key: [u32; 2]) -> [[u32; N]; 4] {
    let [mut k0, mut k1] = key;
    for _ in 0..10 {
        let [c0, c1, c2, c3] = &mut counters;
        for (((c0, c1), c2), c3) in c0.iter_mut().zip(c1).zip(c2).zip(c3) {
            let p0 = u64::from(*c0) * 0xD251_1F53;
            let p1 = u64::from(*c2) * 0xCD9E_8D57;
            (*c0, *c2) = ((p1 >> 32) as u32 ^ *c1 ^ k0, (p0 >> 32) as u32 ^ *c3 ^ k1);
            (*c1, *c3) = (p1 as u32, p0 as u32);
        }
        k0 = k0.wrapping_add(0x9E37_79B9);
        k1 = k1.wrapping_add(0xBB67_AE85);
    }
    counters
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt as _;

    #[test]
    fn philox_gives_the_known_answers_of_random123() {
        assert_eq!(philox4x32_10([0; 4], [0; 2]), [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]);
        assert_eq!(
            philox4x32_10([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        assert_eq!(
            philox4x32_10([0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0]),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn a_stream_can_be_entered_at_any_word() {
        let mut from_start = Stream::new(7, Purpose::Poisson, 3, 11);
        let words: Vec<u64> = (0..100).map(|_| from_start.next_word()).collect();
        for k in [0, 1, 17, 99] {
            assert_eq!(Stream::at(7, Purpose::Poisson, 3, 11, k).next_word(), words[k as usize]);
        }
        let mut together = Stream::new(7, Purpose::Poisson, 3, 11);
        let mut drawn = [0; 96];
        let (first, rest) = drawn.split_at_mut(7);
        let (few, some) = first.split_at_mut(3);
        [&mut [][..], few, some, rest].into_iter().for_each(|words| together.fill(words));
        assert_eq!(drawn, words[..96]);
        assert_eq!(together.next_word(), words[96]);
    }

    #[test]
    fn streams_that_are_begun_together_are_those_that_are_begun_alone() {
        for (first, count) in [(3, 37), (u32::MAX - 5, 9)] {
            let mut together = Vec::new();
            Stream::each(7 | 9 << 40, Purpose::Threshold, first, 1 << 33 | 5, (count, &mut together));
            for (number, stream) in (0..).zip(&mut together) {
                let entity = first.wrapping_add(number);
                let mut alone = Stream::new(7 | 9 << 40, Purpose::Threshold, entity, 1 << 33 | 5);
                assert_eq!(stream.next_word(), alone.next_word());
            }
        }
    }

    #[test]
    fn the_generator_is_the_one_of_rand_pcg() {
        use rand::{Rng as _, SeedableRng as _};
        let block = philox4x32_10([Purpose::Poisson as u32, 3, 11, 0], [7, 0]);
        let mut state = [0u8; 16];
        for (bytes, word) in state.chunks_exact_mut(4).zip(block) {
            bytes.copy_from_slice(&word.to_le_bytes());
        }
        let mut oracle = rand_pcg::Pcg64Mcg::from_seed(state);
        let mut stream = Stream::new(7, Purpose::Poisson, 3, 11);
        for _ in 0..100 {
            assert_eq!(stream.next_word(), oracle.next_u64());
        }
    }

    #[test]
    fn every_part_of_the_address_matters() {
        let first = |seed, purpose, entity, episode| Stream::new(seed, purpose, entity, episode).next_word();
        let base = first(1, Purpose::Poisson, 0, 0);
        for other in [
            first(2, Purpose::Poisson, 0, 0),
            first(1 | 1 << 40, Purpose::Poisson, 0, 0),
            first(1, Purpose::Shuffle, 0, 0),
            first(1, Purpose::Poisson, 1, 0),
            first(1, Purpose::Poisson, 0, 1),
            first(1, Purpose::Poisson, 0, 1 << 40),
        ] {
            assert_ne!(base, other);
        }
    }

    /// The values of the contract: if this fails, the change is value-breaking.
    #[test]
    fn the_streams_values_are_pinned() {
        let mut stream = Stream::new(1, Purpose::Poisson, 0, 0);
        let words = [stream.next_word(), stream.next_word()];
        assert_eq!(words, PINNED);
        assert_eq!(word(1, Purpose::CycleToCycle, 5, 9), PINNED_WORD);
    }
    const PINNED: [u64; 2] = [10_728_935_805_996_113_617, 6_803_512_160_900_202_646];
    const PINNED_WORD: u64 = 6_869_220_678_455_152_989;

    #[test]
    fn rand_draws_from_a_stream() {
        let mut stream = Stream::new(1, Purpose::Shuffle, 0, 0);
        let mean = (0..10_000).map(|_| stream.random::<f64>()).sum::<f64>() / 1e4;
        assert!((mean - 0.5).abs() < 0.01);
    }
}
