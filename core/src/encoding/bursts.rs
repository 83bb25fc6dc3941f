//! Bursts: a stronger value is more spikes, closer together.
//!
//! N = ceil(N_max x) spikes from `start` on, t_min <= interval <= t_max apart: interval = t_max - (t_max - t_min) x.
//! Source: W. Guo, M. E. Fouda, A. M. Eltawil and K. N. Salama, "Neural coding in spiking neural networks: a comparative study for robust
//! neuromorphic systems", *Frontiers in Neuroscience* 15, 638474 (2021), equations 4 and 5; there intervals are rounded up to steps.

use super::encoder::{Encoder, MOST_SPIKES, Spikes, each};
use crate::keys::{ModelKey, Reader, key, required};
use crate::time::Time;
use crate::units::Second;

/// A burst for each value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bursts {
    /// N_max: spikes of a value of 1.
    pub most: u32,
    /// t_min: interval of a value of 1.
    pub shortest: Time,
    /// t_max: interval of a value close to 0.
    pub longest: Time,
    /// When bursts begin.
    pub start: Time,
}

impl Bursts {
    /// The spikes of a value.
    pub fn times(&self, value: f64) -> impl Iterator<Item = Time> + '_ {
        let count = (f64::from(self.most) * value).ceil() as u32;
        let (shortest, longest) = (self.shortest.as_seconds(), self.longest.as_seconds());
        let interval = longest - (longest - shortest) * value;
        let at = move |k: u32| Time::nearest(Second::of(f64::from(k) * interval)).ok();
        (0..count).map_while(at).map(|since| Time::from_fs(self.start.fs() + since.fs()))
    }
}

impl Encoder for Bursts {
    const NAME: &'static str = "bursts";
    const TITLE: &'static str = "each value a burst: the stronger, the more spikes and the closer together";
    const KEYS: &'static [ModelKey] = &[
        key("most", "", "5", "spikes of a value of 1", "literature: Guo et al. 2021"),
        key("shortest", "s", "2 ms", "between two spikes of a value of 1", "literature: Guo et al. 2021"),
        required("longest", "s", "between two spikes of a value close to 0"),
        key("start", "s", "0 s", "when bursts begin", "setting"),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let most = read.count("most", 1, MOST_SPIKES as u32);
        let (shortest, longest) = (read.positive_span("shortest"), read.positive_span("longest"));
        let fine = shortest <= longest || read.faulty("shortest");
        read.require("longest", longest.as_seconds(), fine, "it must be at least shortest");
        Self { most, shortest, longest, start: read.span("start") }
    }

    fn spikes(&self, values: &[f64], _: &[usize], spikes: &mut Spikes) {
        each(values, spikes, |value| self.times(value));
    }

    fn told(&self) -> String {
        format!("bursts of up to {} spikes, {} to {} apart", self.most, self.shortest, self.longest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stronger_is_more_and_faster() {
        let code = Bursts {
            most: 5,
            shortest: Time::from_ms(2),
            longest: Time::from_ms(10),
            start: Time::from_ms(1),
        };
        let us =
            |value: f64| -> Vec<u64> { code.times(value).map(|time| time.fs() / 1_000_000_000).collect() };
        assert_eq!(us(0.0), [0_u64; 0]);
        assert_eq!(us(0.2), [1_000]);
        // ceil(2.5) = 3 spikes, 10 - 8/2 = 6 ms apart.
        assert_eq!(us(0.5), [1_000, 7_000, 13_000]);
        assert_eq!(us(1.0), [1_000, 3_000, 5_000, 7_000, 9_000]);
    }
}
