//! Time to first spike: each value of a sample is the time of one spike.

use crate::time::Time;
use crate::units::Second;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// How a value x from 0 to 1 becomes the time of one spike: t = `at_zero` + (`at_one` - `at_zero`) x. Brighter is earlier where
/// `at_one` is before `at_zero`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// When a value of 0 spikes.
    pub at_zero: Time,
    /// When a value of 1 spikes.
    pub at_one: Time,
    /// Values up to this one do not spike; below zero, all do.
    pub above: f64,
    /// When one more line spikes, in every sample alike; `None`: there is none.
    pub bias: Option<Time>,
}

impl Latency {
    /// When a value spikes, if it does.
    #[must_use]
    pub fn time(&self, value: f64) -> Option<Time> {
        let (zero, one) = (self.at_zero.as_seconds(), self.at_one.as_seconds());
        let seconds = zero + (one - zero) * value;
        (value > self.above).then(|| Time::nearest(Second::of(seconds)).unwrap_or_default())
    }

    /// Lines of a source that shows samples of so many values.
    #[must_use]
    pub fn lines(&self, values: u32) -> u32 {
        values + u32::from(self.bias.is_some())
    }
}

/// Samples as spikes, in order of time and then of line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FirstSpikes {
    spikes: Arc<Vec<(Time, u32)>>,
    ends: Vec<usize>,
}

impl FirstSpikes {
    /// Encodes samples of `size` values each.
    #[must_use]
    pub fn new(values: impl Iterator<Item = f64>, size: usize, latency: &Latency) -> Self {
        let (mut spikes, mut ends) = (Vec::new(), Vec::new());
        let (mut start, mut line) = (0, 0);
        for value in values {
            spikes.extend(latency.time(value).map(|time| (time, line)));
            line += 1;
            if line as usize == size {
                spikes.extend(latency.bias.map(|time| (time, line)));
                spikes[start..].sort_unstable();
                (start, line) = (spikes.len(), 0);
                ends.push(start);
            }
        }
        Self { spikes: Arc::new(spikes), ends }
    }

    /// Samples whose spikes are given, in whatever order.
    #[must_use]
    pub fn of(samples: impl IntoIterator<Item = Vec<(Time, u32)>>) -> Self {
        let (mut spikes, mut ends) = (Vec::new(), Vec::new());
        for mut sample in samples {
            sample.sort_unstable();
            spikes.append(&mut sample);
            ends.push(spikes.len());
        }
        Self { spikes: Arc::new(spikes), ends }
    }

    /// The samples of these numbers, in this order.
    ///
    /// # Panics
    /// If there is no such sample.
    #[must_use]
    pub fn chosen(&self, numbers: &[u32]) -> Self {
        if numbers.iter().copied().eq(0..self.len() as u32) {
            return self.clone();
        }
        Self::of(numbers.iter().map(|&sample| self.sample(sample as usize).to_vec()))
    }

    /// Number of samples.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The spikes of a sample.
    ///
    /// # Panics
    /// If there is no such sample.
    #[must_use]
    pub fn sample(&self, sample: usize) -> &[(Time, u32)] {
        let start = if sample == 0 { 0 } else { self.ends[sample - 1] };
        &self.spikes[start..self.ends[sample]]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brighter_is_earlier_where_it_is_said_and_dark_is_silent() {
        let ms = |ms: u64| Time::from_ms(ms);
        let latency = Latency { at_zero: ms(20), at_one: ms(0), above: 0.1, bias: Some(ms(15)) };
        let code = FirstSpikes::new([0.0, 0.5, 1.0, 0.25, 0.1, 0.2].into_iter(), 3, &latency);
        assert_eq!((code.len(), latency.lines(3)), (2, 4));
        assert_eq!(code.sample(0), [(ms(0), 2), (ms(10), 1), (ms(15), 3)]);
        assert_eq!(code.sample(1), [(ms(15), 0), (ms(15), 3), (ms(16), 2)]);
    }
}
