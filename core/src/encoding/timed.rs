//! Codes in which a sample is spikes at given times: one type for all of them, a file for each equation.

use super::{Bursts, Cochlea, DeltaCode, FirstSpikes, Latency, PhaseCode, Population, Regular};
use crate::time::Time;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

/// Tells the times of the spikes of a value.
type Times<'a> = dyn Fn(f64, &mut dyn FnMut(Time)) + 'a;

/// Spikes of a sample, before they are put into order.
pub type Spikes = Vec<(Time, u32)>;

/// How values from 0 to 1 become spikes at given times.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Timed {
    /// Each value is the time of one spike.
    FirstSpike(Latency),
    /// Each value is the rate of evenly spaced spikes.
    Regular(Regular),
    /// Each value is a binary number, whose digits are phases of a period.
    Phase(PhaseCode),
    /// Each value is the number and the spacing of the spikes of a burst.
    Bursts(Bursts),
    /// Each value is the times of spikes of several lines, which prefer different values.
    Population(Population),
    /// The first axis of a sample is time, and spikes say when a value has risen or fallen.
    Delta(DeltaCode),
    /// A sample is sound, and spikes are those of hair cells behind band filters.
    Cochlea(Cochlea),
}

impl Timed {
    /// Lines of a source that shows samples of this shape.
    #[must_use]
    pub fn lines(&self, shape: &[usize]) -> u32 {
        let values = shape.iter().product::<usize>() as u32;
        match self {
            Self::FirstSpike(code) => code.lines(values),
            Self::Regular(_) | Self::Phase(_) | Self::Bursts(_) => values,
            Self::Population(code) => values * code.fields,
            Self::Cochlea(code) => code.lines(),
            Self::Delta(_) => 2 * shape.iter().skip(1).product::<usize>() as u32,
        }
    }

    /// The spikes of one sample, in order of time and then of line.
    #[must_use]
    pub fn sample(&self, values: &[f64], shape: &[usize]) -> Spikes {
        let mut spikes = Vec::new();
        let each = |spikes: &mut Spikes, of: &Times<'_>| {
            for (&value, line) in values.iter().zip(0..) {
                of(value, &mut |time| spikes.push((time, line)));
            }
        };
        match self {
            Self::FirstSpike(code) => {
                each(&mut spikes, &|value, spike| code.time(value).into_iter().for_each(spike));
                spikes.extend(code.bias.map(|time| (time, values.len() as u32)));
            }
            Self::Regular(code) => each(&mut spikes, &|value, spike| code.times(value).for_each(spike)),
            Self::Phase(code) => each(&mut spikes, &|value, spike| code.times(value).for_each(spike)),
            Self::Bursts(code) => each(&mut spikes, &|value, spike| code.times(value).for_each(spike)),
            Self::Population(code) => {
                for (&value, first) in values.iter().zip((0..).step_by(code.fields as usize)) {
                    let times =
                        (0..code.fields).filter_map(|field| Some((code.time(value, field)?, first + field)));
                    spikes.extend(times);
                }
            }
            Self::Cochlea(code) => code.spikes(values, &mut spikes),
            Self::Delta(code) => code.spikes(values, shape.iter().skip(1).product(), &mut spikes),
        }
        spikes.sort_unstable();
        spikes
    }

    /// The spikes of all samples.
    #[must_use]
    pub fn all(&self, mut samples: impl Iterator<Item = Vec<f64>>, shape: &[usize]) -> FirstSpikes {
        let mut coded: Vec<Spikes> = Vec::new();
        // Sound takes long: some recordings at a time, on all cores.
        loop {
            let some: Vec<_> = samples.by_ref().take(256).collect();
            if some.is_empty() {
                return FirstSpikes::of(coded);
            }
            coded.par_extend(some.par_iter().map(|values| self.sample(values, shape)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_as_many_as_a_code_needs() {
        let ms = Time::from_ms;
        let latency = Latency { at_zero: ms(20), at_one: ms(0), above: 0.1, bias: Some(ms(15)) };
        let first = Timed::FirstSpike(latency);
        assert_eq!(first.lines(&[2, 3]), 7);
        let values = [0.0, 0.5, 1.0];
        assert_eq!(first.sample(&values, &[3]), FirstSpikes::new(values.into_iter(), 3, &latency).sample(0));
        let population = Timed::Population(Population { fields: 4, width: 1.5, latest: ms(10), least: 0.1 });
        assert_eq!(population.lines(&[2, 3]), 24);
        assert!(population.sample(&[0.0, 1.0], &[2]).iter().all(|&(_, line)| line < 8));
        let delta = Timed::Delta(DeltaCode { step: ms(1), threshold: 0.25 });
        assert_eq!(delta.lines(&[10, 3, 2]), 12);
    }
}
