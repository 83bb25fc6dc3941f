//! Sound: recordings of one rate, each as long as it is.

use std::ops::Range;
use std::sync::Arc;

/// Full scale: samples are kept in steps of 2^-31 of it, in which every integer of a WAV file is exact.
const ONE: f64 = 2_147_483_648.0;

/// Recordings of one rate and one channel.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sound {
    /// Samples a second.
    rate: u32,
    samples: Arc<Vec<i32>>,
    ends: Vec<usize>,
}

impl Sound {
    /// No recordings yet.
    #[must_use]
    pub fn new(rate: u32) -> Self {
        Self { rate, ..Self::default() }
    }

    /// One more recording, in steps of 2^-31 of full scale.
    pub fn push(&mut self, recording: impl IntoIterator<Item = i32>) {
        let samples = Arc::make_mut(&mut self.samples);
        samples.extend(recording);
        self.ends.push(samples.len());
    }

    /// A value from -1 to 1 in steps of 2^-31.
    #[must_use]
    pub fn step(value: f64) -> i32 {
        // 1 itself is one step too large for its type, and becomes the largest there is.
        (value * ONE).round() as i32
    }

    /// Samples a second.
    #[must_use]
    pub fn rate(&self) -> u32 {
        self.rate
    }

    /// Number of recordings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    fn range(&self, recording: usize) -> Range<usize> {
        let start = if recording == 0 { 0 } else { self.ends[recording - 1] };
        start..self.ends[recording]
    }

    /// The samples of a recording, in steps of 2^-31 of full scale.
    ///
    /// # Panics
    /// If there is no such recording.
    #[must_use]
    pub fn steps(&self, recording: usize) -> &[i32] {
        &self.samples[self.range(recording)]
    }

    /// The samples of a recording, from -1 to 1.
    ///
    /// # Panics
    /// If there is no such recording.
    pub fn values(&self, recording: usize) -> impl Iterator<Item = f64> + '_ {
        self.steps(recording).iter().map(|&step| f64::from(step) / ONE)
    }

    /// The recordings of these numbers, in this order.
    ///
    /// # Panics
    /// If there is no such recording.
    #[must_use]
    pub fn chosen(&self, numbers: &[u32]) -> Self {
        let mut chosen = Self::new(self.rate);
        for &number in numbers {
            chosen.push(self.steps(number as usize).iter().copied());
        }
        chosen
    }
}
