//! Regular rates: a value x is spikes every 1/(r x), without chance.
//!
//! t_k = k/(r x), k = 1, 2, ..., up to and with `duration`: floor(r x duration) spikes. It is the rate code whose counts have no variance.

use super::encoder::{Encoder, MOST_SPIKES, Spikes, each};
use crate::keys::{ModelKey, Reader, key, required};
use crate::time::Time;
use crate::units::{Hertz, Second};

/// Evenly spaced spikes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Regular {
    /// r: the rate of a value of 1.
    pub max_rate: Hertz,
    /// Until when there are spikes.
    pub duration: Time,
}

impl Regular {
    /// The spikes of a value.
    pub fn times(&self, value: f64) -> impl Iterator<Item = Time> + '_ {
        let rate = self.max_rate.get() * value;
        let at = move |k: u32| Time::nearest(Second::of(f64::from(k) / rate)).ok();
        let within = move |time: &Time| *time <= self.duration;
        (1..).take_while(move |_| rate > 0.0).map_while(at).take_while(within)
    }
}

impl Encoder for Regular {
    const NAME: &'static str = "regular";
    const TITLE: &'static str = "each value the rate of evenly spaced spikes";
    const KEYS: &'static [ModelKey] = &[
        key(
            "max_rate",
            "Hz",
            "100 Hz",
            "rate of a pixel of full intensity",
            "assumed: Yan et al. give no rate",
        ),
        required("duration", "s", "until when there are spikes"),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let max_rate = Hertz::of(read.above_zero("max_rate"));
        let duration = read.positive_span("duration");
        let seconds = duration.as_seconds();
        let few = seconds * max_rate.get() <= MOST_SPIKES || read.faulty("max_rate");
        let allowed = "it must be at most 1000000/max_rate: a value has up to a million spikes";
        read.require("duration", seconds, few, allowed);
        Self { max_rate, duration }
    }

    fn spikes(&self, values: &[f64], _: &[usize], spikes: &mut Spikes) {
        each(values, spikes, |value| self.times(value));
    }

    fn told(&self) -> String {
        format!("evenly spaced spikes, up to {}, until {}", self.max_rate, self.duration)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_a_rate_and_counts_are_whole() {
        let code = Regular { max_rate: Hertz::new(100.0), duration: Time::from_ms(100) };
        for (value, count) in [(0.0, 0), (0.09, 0), (0.1, 1), (0.5, 5), (0.55, 5), (1.0, 10)] {
            assert_eq!(code.times(value).count(), count, "{value}");
        }
        let times: Vec<u64> = code.times(0.4).map(|time| time.fs() / 1_000_000_000_000).collect();
        assert_eq!(times, [25, 50, 75, 100]);
    }
}
