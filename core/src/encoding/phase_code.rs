//! Phases: a value is a binary number, and each of its digits has a place in a period.
//!
//! With B bits, n = round(x (2^B - 1)) = sum of b_k 2^(B - k), k = 1 to B: where b_k is 1, there is a spike at (k - 1) T/B in every period of
//! length T. The most significant digit comes first.
//! Source: J. Kim, H. Kim, S. Huh, J. Lee and K. Choi, "Deep neural networks with weighted spikes", *Neurocomputing* 311, 373 (2018). There a
//! spike weighs 2^-k; here it is the network that tells the phases apart.

use super::encoder::{Encoder, MOST_SPIKES, Spikes, each};
use crate::keys::{ModelKey, Reader, key, required};
use crate::time::Time;

/// Digits as phases.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PhaseCode {
    /// B, at most 16.
    pub bits: u32,
    /// T.
    pub period: Time,
    /// How often the period is repeated.
    pub periods: u32,
}

impl PhaseCode {
    /// The spikes of a value.
    pub fn times(&self, value: f64) -> impl Iterator<Item = Time> + '_ {
        let most = f64::from((1_u32 << self.bits) - 1);
        let number = (value * most).round() as u32;
        (0..self.periods).flat_map(move |period| {
            let start = u128::from(self.period.fs()) * u128::from(period);
            let set = (0..self.bits).filter(move |k| number >> (self.bits - 1 - k) & 1 == 1);
            set.map(move |k| {
                let within = u128::from(self.period.fs()) * u128::from(k) / u128::from(self.bits);
                Time::from_fs((start + within) as u64)
            })
        })
    }
}

impl Encoder for PhaseCode {
    const NAME: &'static str = "phase";
    const TITLE: &'static str = "each value a binary number, whose digits are phases of a period";
    const KEYS: &'static [ModelKey] = &[
        key("bits", "", "8", "digits", "setting"),
        required("period", "s", "the time that all digits take"),
        key("periods", "", "1", "how often the period is repeated", "setting"),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let bits = read.count("bits", 1, 16);
        let period = read.positive_span("period");
        Self { bits, period, periods: read.count("periods", 1, MOST_SPIKES as u32 / 16) }
    }

    fn spikes(&self, values: &[f64], _: &[usize], spikes: &mut Spikes) {
        each(values, spikes, |value| self.times(value));
    }

    fn told(&self) -> String {
        format!("{} bits as phases of {}, {} times", self.bits, self.period, self.periods)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_have_their_phases_and_give_the_value_back() {
        let code = PhaseCode { bits: 8, period: Time::from_ms(8), periods: 2 };
        let ms = |value: f64| -> Vec<u64> {
            code.times(value).map(|time| time.fs() / 1_000_000_000_000).collect()
        };
        assert_eq!(ms(0.0), [0_u64; 0]);
        assert_eq!(ms(1.0), (0..16).collect::<Vec<u64>>());
        // 255 x 2/3 = 170 = 10101010.
        assert_eq!(ms(2.0 / 3.0), [0, 2, 4, 6, 8, 10, 12, 14]);
        for byte in 0..=255_u32 {
            let value = f64::from(byte) / 255.0;
            let read: u32 = ms(value).iter().filter(|&&at| at < 8).map(|&at| 1 << (7 - at)).sum();
            assert_eq!(read, byte);
        }
    }
}
