//! Four xoshiro256++ generators side by side, one per lane of a vector unit.

use super::{Purpose, philox4x32_10};
use crate::simd::xoshiro_rounds;

/// Random words for what draws by the hundred million: the spikes of Poisson processes.
///
/// Lane i is xoshiro256++ (Blackman & Vigna, "Scrambled linear pseudorandom number generators", ACM TOMS
/// 47 (2021) 36) from a state that Philox4x32-10 derives from (seed, purpose, entity, episode, i). Draw k
/// is two words of lane k mod 4: its words 2 (k div 4) and 2 (k div 4) + 1. Going to draw k takes k / 2
/// rounds of four lanes, a nanosecond or so each: it is for going on, not for jumping about.
#[derive(Clone, Debug)]
pub struct Quartet {
    /// Word i of the state of every lane.
    state: [[u64; 4]; 4],
}

impl Quartet {
    /// Before draw 0.
    #[must_use]
    pub fn new(seed: u64, purpose: Purpose, entity: u32, episode: u64) -> Self {
        let key = [seed as u32, (seed >> 32) as u32];
        let half = |part: u32| {
            // The upper half of the purpose keeps these counters apart from those of other streams.
            let counter = [purpose as u32 | (1 + part) << 16, entity, episode as u32, (episode >> 32) as u32];
            let [a, b, c, d] = philox4x32_10(counter, key).map(u64::from);
            [a | b << 32, c | d << 32]
        };
        let lanes = [0, 2, 4, 6].map(|part| {
            let ([a, b], [c, d]) = (half(part), half(part + 1));
            // A state of zeros would stay so.
            [a | u64::from(a | b | c | d == 0), b, c, d]
        });
        let state = [0, 1, 2, 3].map(|word| lanes.map(|lane| lane[word]));
        Self { state }
    }

    /// The draws from here on, four per entry: their first and their second words (of equal length).
    #[inline(always)]
    pub fn fill(&mut self, first: &mut [[u64; 4]], second: &mut [[u64; 4]]) {
        xoshiro_rounds(&mut self.state, first, second);
    }

    /// Leaves out `draws` draws, a multiple of four.
    pub fn skip(&mut self, draws: u64) {
        let (mut first, mut second) = ([[0; 4]; 64], [[0; 4]; 64]);
        let mut fours = draws / 4;
        while fours > 0 {
            let now = fours.min(64) as usize;
            self.fill(&mut first[..now], &mut second[..now]);
            fours -= now as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::{Rng as _, SeedableRng as _};

    #[test]
    fn every_lane_is_the_xoshiro_of_rand() {
        let mut quartet = Quartet::new(7, Purpose::Poisson, 3, 11);
        let mut oracles: [_; 4] = std::array::from_fn(|lane| {
            let mut seed = [0; 32];
            for (bytes, word) in seed.chunks_exact_mut(8).zip(quartet.state) {
                bytes.copy_from_slice(&word[lane].to_le_bytes());
            }
            rand::rngs::Xoshiro256PlusPlus::from_seed(seed)
        });
        let (mut first, mut second) = ([[0; 4]; 50], [[0; 4]; 50]);
        quartet.fill(&mut first, &mut second);
        for (first, second) in first.iter().zip(&second) {
            for (lane, oracle) in oracles.iter_mut().enumerate() {
                assert_eq!((first[lane], second[lane]), (oracle.next_u64(), oracle.next_u64()));
            }
        }
    }

    #[test]
    fn draws_can_be_left_out() {
        let (mut all, mut rest) = (([[0; 4]; 90], [[0; 4]; 90]), ([[0; 4]; 20], [[0; 4]; 20]));
        Quartet::new(7, Purpose::Poisson, 3, 11).fill(&mut all.0, &mut all.1);
        let mut quartet = Quartet::new(7, Purpose::Poisson, 3, 11);
        quartet.skip(4 * 70);
        quartet.fill(&mut rest.0, &mut rest.1);
        assert_eq!((&all.0[70..], &all.1[70..]), (&rest.0[..], &rest.1[..]));
    }

    #[test]
    fn lanes_and_every_part_of_the_address_differ() {
        let state = |seed, purpose, entity, episode| Quartet::new(seed, purpose, entity, episode).state;
        let base = state(1, Purpose::Poisson, 0, 0);
        let mut words: Vec<u64> = [
            base,
            state(2, Purpose::Poisson, 0, 0),
            state(1 | 1 << 40, Purpose::Poisson, 0, 0),
            state(1, Purpose::Shuffle, 0, 0),
            state(1, Purpose::Poisson, 1, 0),
            state(1, Purpose::Poisson, 0, 1),
            state(1, Purpose::Poisson, 0, 1 << 40),
        ]
        .into_iter()
        .flatten()
        .flatten()
        .collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), 7 * 16);
    }

    /// The values of the contract: if this fails, the change is value-breaking.
    #[test]
    fn the_values_are_pinned() {
        let (mut first, mut second) = ([[0; 4]; 2], [[0; 4]; 2]);
        Quartet::new(1, Purpose::Poisson, 0, 0).fill(&mut first, &mut second);
        assert_eq!((first[1][2], second[1][2]), PINNED);
    }
    const PINNED: (u64, u64) = (6_090_952_635_165_425_948, 13_173_901_790_611_540_474);
}
