//! What protocols tell of their numbers while they run.

use crate::scenario::plan::Plan;
use crate::scenario::progress::{Measured, Progress};
use crate::time::Time;
use crate::training::Totals;

/// Steps of an epoch at which numbers are told.
const TOLD: u64 = 50;

/// Says when numbers of an epoch are told: after every fiftieth of its samples, wherever batches end.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    every: u64,
    /// Samples of the epochs before.
    before: u64,
}

impl Told {
    /// In an epoch of so many samples, after so many others.
    pub fn new(epoch: u32, samples: usize) -> Self {
        let samples = samples as u64;
        Self { every: samples.div_ceil(TOLD).max(1), before: u64::from(epoch) * samples }
    }

    /// Tells values if a step is due between two counts of samples.
    pub fn tell<const N: usize>(
        self,
        progress: &mut dyn Progress,
        (from, to): (u64, u64),
        values: impl FnOnce() -> [(&'static str, f64); N],
    ) {
        if from / self.every != to / self.every {
            let values = values().map(|(name, value)| (name.to_string(), value));
            progress.measured(Measured { axis: "sample", step: self.before + to, values: &values });
        }
    }
}

/// Tells what an epoch came to: values, and mean rates of populations while it trained.
pub fn epoch(
    progress: &mut dyn Progress,
    number: u32,
    values: &[(&str, Option<f64>)],
    (plan, totals, presentation): (&Plan, &Totals, Time),
) {
    let known = values.iter().filter_map(|(name, value)| Some(((*name).to_string(), (*value)?)));
    let seconds = totals.presentations as f64 * presentation.as_seconds();
    let all: Vec<(String, f64)> = known.chain(rates(plan, &totals.spikes, seconds)).collect();
    progress.measured(Measured { axis: "epoch", step: u64::from(number), values: &all });
}

/// Mean rate of a neuron of each population that spiked so often within some time.
pub fn rates(plan: &Plan, spikes: &[u64], seconds: f64) -> impl Iterator<Item = (String, f64)> {
    plan.populations.iter().zip(spikes).filter(move |_| seconds > 0.0).map(move |(population, spikes)| {
        let rate = *spikes as f64 / (f64::from(population.size) * seconds);
        (format!("rate/{} [Hz]", population.name), rate)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Steps(Vec<(u64, f64)>);

    impl Progress for Steps {
        fn phase(&mut self, _: &str, _: u64) {}
        fn advance(&mut self, _: u64) {}
        fn message(&mut self, _: &str) {}
        fn measured(&mut self, measured: Measured<'_>) {
            self.0.push((measured.step, measured.values[0].1));
        }
        fn line(&mut self, _: &str) {}
        fn done(&mut self) {}
    }

    #[test]
    fn an_epoch_is_told_in_fifty_steps_at_the_ends_of_batches() {
        let mut steps = Steps::default();
        let told = Told::new(2, 1000);
        // Batches of 30: the first that ends at or after each 20th sample.
        for batch in 0..34_u64 {
            let (from, to) = (30 * batch, (30 * batch + 30).min(1000));
            told.tell(&mut steps, (from, to), || [("loss", to as f64)]);
        }
        assert_eq!(steps.0[..3], [(2030, 30.0), (2060, 60.0), (2090, 90.0)]);
        assert_eq!(steps.0.last(), Some(&(3000, 1000.0)));
        let mut few = Steps::default();
        (0..3).for_each(|n| Told::new(0, 3).tell(&mut few, (n, n + 1), || [("loss", 0.0)]));
        assert_eq!(few.0.len(), 3);
    }
}
