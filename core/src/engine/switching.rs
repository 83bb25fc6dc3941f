//! Thresholds and on-times of switches that differ: the state behind them is how often each has fired.
//!
//! Cycle k of neuron j has its threshold from word k of the stream (seed, threshold, neuron, episode), neurons
//! counted over all populations; the number of spikes so far is in [`super::Counts`], so a state needs nothing
//! more to go on.

use crate::device::threshold::Thresholds;
use crate::neuron::{OnTimes, Switch};
use crate::random::{Purpose, Stream};
use crate::time::Time;

/// The thresholds of one population of switches with spread.
#[derive(Clone, Debug)]
pub struct Switching {
    thresholds: Thresholds,
    on_times: OnTimes,
    /// Number of the first neuron, over all populations.
    first: u32,
    seed: Option<u64>,
    /// Median threshold of each device in volts.
    medians: Vec<f64>,
    /// What each neuron's next thresholds are drawn from.
    streams: Vec<Stream>,
    /// Threshold of each neuron's cycle in volts.
    v_th: Vec<f64>,
}

impl Switching {
    /// Of `size` switches, the first of which has this number over all populations.
    #[must_use]
    pub fn new(model: &Switch, first: u32, size: u32) -> Self {
        let nominal = vec![model.device.v_th.get(); size as usize];
        Self {
            thresholds: model.spread.thresholds(&model.device),
            on_times: model.on_times(),
            first,
            seed: None,
            medians: nominal.clone(),
            streams: Vec::with_capacity(size as usize),
            v_th: nominal,
        }
    }

    /// The thresholds of an episode after each neuron has fired so many times.
    pub fn begin(&mut self, seed: u64, episode: u64, fired: impl Iterator<Item = u32>) {
        let Self { thresholds, first, medians, streams, v_th, .. } = self;
        if self.seed.replace(seed) != Some(seed) {
            for (neuron, median) in (0..).zip(medians.iter_mut()) {
                *median = thresholds.median(seed, first.wrapping_add(neuron));
            }
        }
        Stream::each(seed, Purpose::Threshold, *first, episode, (medians.len(), streams));
        streams.iter_mut().zip(fired).for_each(|(stream, fired)| stream.skip(u64::from(fired)));
        let words: Vec<u64> = streams.iter_mut().map(Stream::next_word).collect();
        thresholds.cycles(medians, &words, v_th);
    }

    /// Thresholds of all neurons' cycles in volts.
    #[must_use]
    pub fn all_v_th(&self) -> &[f64] {
        &self.v_th
    }

    /// Threshold of the neuron's cycle in volts.
    #[inline]
    #[must_use]
    pub fn v_th(&self, neuron: usize) -> f64 {
        self.v_th[neuron]
    }

    /// The neuron fires: how long it stays on; from then on it has its next threshold.
    pub fn fire(&mut self, neuron: usize) -> Time {
        let on = self.on_times.of(self.v_th[neuron]);
        let drawn = self.streams[neuron].next_word();
        self.v_th[neuron] = self.thresholds.cycle(self.medians[neuron], drawn);
        on
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::threshold::ThresholdSpread;

    fn switching(cycle: f64, device: f64) -> Switching {
        let spread = ThresholdSpread { cycle, device, ..ThresholdSpread::default() };
        Switching::new(&Switch { spread, ..Switch::default() }, 100, 3)
    }

    #[test]
    fn thresholds_are_a_function_of_seed_neuron_episode_and_count() {
        let mut run = switching(0.05, 0.05);
        run.begin(7, 4, [0; 3].into_iter());
        let mut drawn = vec![run.v_th.clone()];
        for _ in 0..10 {
            (0..3).for_each(|neuron| assert!(run.fire(neuron) > Time::ZERO));
            drawn.push(run.v_th.clone());
        }
        let mut other = switching(0.05, 0.05);
        for fired in [0u32, 3, 9] {
            other.begin(7, 4, [fired; 3].into_iter());
            assert_eq!(other.v_th, drawn[fired as usize]);
        }
        let differs = |seed, episode| {
            let mut other = switching(0.05, 0.0);
            other.begin(seed, episode, [0; 3].into_iter());
            other.v_th
        };
        let all = [differs(7, 4), differs(8, 4), differs(7, 5)];
        assert!(all[0] != all[1] && all[0] != all[2]);
        assert!(all[0][0] != all[0][1], "neurons differ");
    }

    #[test]
    fn devices_keep_their_median_over_episodes_and_cycles() {
        let mut run = switching(0.0, 0.05);
        run.begin(7, 4, [0; 3].into_iter());
        let medians = run.v_th.clone();
        assert!(medians[0] != medians[1]);
        run.fire(1);
        assert_eq!(run.v_th, medians);
        run.begin(7, 5, [2; 3].into_iter());
        assert_eq!(run.v_th, medians);
    }

    #[test]
    fn the_on_time_is_that_of_the_threshold_that_was_reached() {
        let mut run = switching(0.05, 0.05);
        run.begin(1, 0, [0; 3].into_iter());
        for _ in 0..5 {
            let v_th = run.v_th(2);
            assert_eq!(run.fire(2), run.on_times.of(v_th));
        }
    }
}
