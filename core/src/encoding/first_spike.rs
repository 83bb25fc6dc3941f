//! Time to first spike: each value of a sample is the time of one spike.

use super::encoder::{Encoder, Spikes, each};
use crate::keys::{ModelKey, Reader, optional, required};
use crate::time::Time;
use crate::units::Second;
use std::sync::Arc;

/// How a value x from 0 to 1 becomes the time of one spike: t = `at_zero` + (`at_one` - `at_zero`) x. Brighter is earlier where
/// `at_one` is before `at_zero`.
#[derive(Clone, Copy, Debug, PartialEq)]
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

impl Encoder for Latency {
    const NAME: &'static str = "first_spike";
    const TITLE: &'static str = "each value one spike, whose time is linear in the value";
    const KEYS: &'static [ModelKey] = &[
        required("at_zero", "s", "when a value of 0 (a dark pixel) spikes"),
        required(
            "at_one",
            "s",
            "when a value of 1 (a pixel of full intensity) spikes; before `at_zero`, if brighter is to be earlier",
        ),
        optional("above", "", "values up to this one do not spike", "all spike"),
        optional("bias", "s", "when one more line spikes, in every sample alike", "there is no such line"),
    ];

    fn from_keys(read: &mut Reader<'_>) -> Self {
        let (at_zero, at_one) = (read.span("at_zero"), read.span("at_one"));
        let seconds = at_one.as_seconds();
        let apart = "it must differ from at_zero, or all values spike at one time";
        let stated = !read.faulty("at_zero");
        read.require("at_one", seconds, at_zero != at_one || !stated, apart);
        let above = read.stated("above").map_or(-1.0, |_| read.share("above"));
        let bias = read.stated("bias").map(|_| read.span("bias"));
        Self { at_zero, at_one, above, bias }
    }

    fn lines(&self, shape: &[usize]) -> u32 {
        self.lines(shape.iter().product::<usize>() as u32)
    }

    fn spikes(&self, values: &[f64], _: &[usize], spikes: &mut Spikes) {
        each(values, spikes, |value| self.time(value));
        spikes.extend(self.bias.map(|time| (time, values.len() as u32)));
    }

    fn told(&self) -> String {
        let silent = if self.above < 0.0 { String::new() } else { format!(", silent up to {}", self.above) };
        let bias = self.bias.map_or_else(String::new, |time| format!(", one more line at {time}"));
        format!("each value the time of one spike: 0 at {}, 1 at {}{silent}{bias}", self.at_zero, self.at_one)
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

    /// How many samples have no spike before `end`.
    #[must_use]
    pub fn silent(&self, end: Time) -> usize {
        (0..self.len())
            .filter(|&sample| self.sample(sample).first().is_none_or(|first| first.0 >= end))
            .count()
    }

    /// When the first spike of all samples comes.
    #[must_use]
    pub fn earliest(&self) -> Option<Time> {
        self.spikes.iter().map(|spike| spike.0).min()
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
        assert_eq!([0, 1, 15, 16].map(|end| code.silent(ms(end))), [2, 1, 1, 0]);
        assert_eq!(code.earliest(), Some(ms(0)));
        assert_eq!(
            (FirstSpikes::of([vec![]]).earliest(), FirstSpikes::of([vec![]]).silent(ms(9))),
            (None, 1)
        );
    }
}
