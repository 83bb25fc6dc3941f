//! Bursts: a stronger value is more spikes, closer together.
//!
//! N = ceil(N_max x) spikes from `start` on, t_min <= interval <= t_max apart: interval = t_max - (t_max - t_min) x.
//! Source: W. Guo, M. E. Fouda, A. M. Eltawil and K. N. Salama, "Neural coding in spiking neural networks: a comparative study for robust
//! neuromorphic systems", *Frontiers in Neuroscience* 15, 638474 (2021), equations 4 and 5; there intervals are rounded up to steps.

use crate::time::Time;
use crate::units::Second;
use serde::{Deserialize, Serialize};

/// A burst for each value.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
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
